"""Copies of an installation, the way back, and the check that its books can be trusted."""

import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import URL, Connection

from lenskeeper.audit import rows as audit
from lenskeeper.availability.rows_upkeep import check
from lenskeeper.base.access import LOCAL_OPERATOR, Scope
from lenskeeper.base.errors import NotFound
from lenskeeper.house.clock import SystemClock
from lenskeeper.house.home import EPOCH_BYTES, Home, database_url
from lenskeeper.house.serve import JOB
from lenskeeper.house.settings import SETTINGS_FILE, read_settings
from lenskeeper.leases.rows import Lease, release, take, void
from lenskeeper.store.backup import SUFFIX, Copy, backup, faults_of_file
from lenskeeper.store.database import Store, open_store, size_bytes
from lenskeeper.store.marks import EPOCH, epoch_of, set_mark
from lenskeeper.store.migrate import bring_up, revision_of
from lenskeeper.store.restore import origin_of_file, restore
from lenskeeper.units.rows import tree

RESTORE_TTL_S: Final = 600


@dataclass(frozen=True, slots=True)
class Verified:
    """What a check of everything found. faults: one sentence each."""

    revision: str
    size_mb: float
    audit_entries: int
    faults: tuple[str, ...]


def back_up_to(home: Home, to: Path | None) -> Copy:
    """A copy at `to`, or under a name of its own in the folder of backups."""
    if to is None:
        home.backups.mkdir(parents=True, exist_ok=True)
        made = f"by-hand-{datetime.fromtimestamp(home.now_s(), UTC):%Y%m%d-%H%M%S}"
        to = home.backups / f"{made}{SUFFIX[home.store.dialect]}"
    return backup(home.store.url, to)


def restore_from(config: Path | None, file: Path) -> Path | None:
    """Put a backup in place. The present database, if it can be opened, must not be in use; it is set aside.

    NotFound: no installation here. Conflict: `serve` is running. Invalid, StoreTooNew: the file is no whole backup of
    lenskeeper, or of a newer one. Whatever is raised, the present database is as it was.
    """
    place = config or Path(SETTINGS_FILE)
    if not place.is_file():
        raise NotFound(f"there is no installation here ({place} is missing): run `lenskeeper init` first")
    settings = read_settings(place)
    folder = place.absolute().parent
    url = database_url(folder, settings.store.url)
    now_s = SystemClock().now_ms() // 1000

    def enter(connection: Connection) -> None:
        set_mark(connection, EPOCH, secrets.token_hex(EPOCH_BYTES))
        void(connection, JOB)
        audit.append(
            connection,
            actor=LOCAL_OPERATOR,
            at_s=now_s,
            act="database.restore",
            subject="database",
            detail={"from": file.name},
        )

    def settle(store: Store) -> None:
        bring_up(store, backup_to=None)  # the file that is restored is the copy
        store.write(enter, durable=True)

    with _idle(url, now_s):
        return restore(file, url, settle=settle, aside_in=folder / settings.store.backups)


def verified(home: Home) -> Verified:
    """Check the file, the rules of the books and the audit chain."""
    faults: list[str] = []
    with home.store.read() as connection:
        revision = revision_of(connection) or ""
        faults += _lacks(connection)
        faults += check(connection)
        chain = audit.verify(connection)
        size = size_bytes(connection)
    if chain.broken_at is not None:
        faults.append(
            f"audit entry {chain.broken_at} was changed or is missing: find out who can write the database"
        )
    if home.store.dialect == "sqlite":
        faults += faults_of_file(Path(str(home.store.url.database)))
    return Verified(revision, size / 1e6, chain.entries, tuple(faults))


def _lacks(connection: Connection) -> list[str]:
    """What every installation has, and nothing else would miss."""
    missing: list[str] = []
    if epoch_of(connection) is None:
        missing.append("the database has no epoch, so it is no whole installation: restore a backup")
    if not any(unit.parent_id is None for unit in tree(connection, Scope.ALL)):
        missing.append("the topmost unit is missing, so no day can be told: restore a backup")
    return missing


@contextmanager
def _idle(url: URL, now_s: int) -> Iterator[None]:
    """No `serve` runs, and none begins meanwhile, on a database that can be asked."""
    address = url.render_as_string(hide_password=False)
    if not _can_be_asked(url):
        yield
        return
    with closing(open_store(address)) as store:
        held: Lease = store.write(lambda c: take(c, JOB, "restore", now_s=now_s, ttl_s=RESTORE_TTL_S))
    try:
        yield
    except BaseException:
        with closing(open_store(address)) as store:
            store.write(lambda c: release(c, held))
        raise


def _can_be_asked(url: URL) -> bool:
    """Whether there are books: no file, an empty database and a damaged file know of no `serve`."""
    if url.get_backend_name() == "sqlite":
        file = Path(str(url.database))
        return file.is_file() and not faults_of_file(file) and origin_of_file(file).epoch is not None
    with closing(open_store(url.render_as_string(hide_password=False))) as store, store.read() as connection:
        return epoch_of(connection) is not None
