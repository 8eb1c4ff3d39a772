"""A database as `init` leaves it, for tests of the store: the schema by its steps, and an epoch."""

from pathlib import Path

from tests.engines import bare_postgresql

from lenskeeper.store.database import Store, open_store
from lenskeeper.store.marks import EPOCH, set_mark
from lenskeeper.store.migrate import bring_up

ENGINES = ("sqlite", "postgresql")


def bare(engine: str, folder: Path, name: str = "bare.db") -> Store:
    """A database with nothing in it."""
    return open_store(f"sqlite:///{folder}/{name}" if engine == "sqlite" else bare_postgresql())


def founded(engine: str, folder: Path, name: str = "bare.db") -> Store:
    """One that knows it is lenskeeper's."""
    store = bare(engine, folder, name)
    bring_up(store, backup_to=None)
    store.write(lambda c: set_mark(c, EPOCH, "first"))
    return store
