"""A fresh schema is a migrated one, a newer one is refused, and a copy is made before anything changes."""

import re
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from tests.engines import all_tables, empty_sqlite
from tests.founded import bare

from lenskeeper.store.database import Store, open_store
from lenskeeper.store.errors import StoreTooNew
from lenskeeper.store.migrate import bring_up, newest_revision, revision_of
from lenskeeper.store.tables import metadata

SHAPES = (
    "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'alembic%' ORDER BY name"
)


def shapes(store: Store) -> dict[str, str]:
    """Each table and index as SQLite has it, whatever the brackets and the order of constraints."""
    with store.read() as connection:
        return {
            name: " ".join(sorted(re.sub(r"[(),]", " ", sql).split()))
            for name, sql in connection.execute(text(SHAPES))
        }


def test_a_migrated_sqlite_is_a_fresh_one(tmp_path: Path) -> None:
    fresh, migrated = open_store(empty_sqlite(tmp_path / "fresh.db")), bare("sqlite", tmp_path)
    bring_up(migrated, backup_to=None)
    assert shapes(migrated) == shapes(fresh)
    assert all("STRICT" in shapes(fresh)[name].split() for name in metadata.tables)
    fresh.close()
    migrated.close()


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_nothing_is_left_to_do_after_the_last_step(engine: str, tmp_path: Path) -> None:
    all_tables()
    store = bare(engine, tmp_path)
    assert bring_up(store, backup_to=None)
    assert not bring_up(store, backup_to=None)

    def differences(connection: Connection) -> list[object]:
        assert revision_of(connection) == newest_revision()
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    assert store.write(differences) == []
    store.close()


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_newer_schema_is_refused_and_the_cure_named(engine: str, tmp_path: Path) -> None:
    store = bare(engine, tmp_path)
    bring_up(store, backup_to=None)
    store.write(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    with pytest.raises(StoreTooNew, match="install the newer"):
        bring_up(store, backup_to=None)
    store.close()
