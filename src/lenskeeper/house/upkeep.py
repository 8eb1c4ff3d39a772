"""Copies of an installation, the way back, and the check that its books can be trusted."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from lenskeeper.audit import rows as audit
from lenskeeper.availability.rows_upkeep import check
from lenskeeper.base.access import LOCAL_OPERATOR
from lenskeeper.base.errors import NotFound
from lenskeeper.house.clock import SystemClock
from lenskeeper.house.home import EPOCH_BYTES, Home, database_url
from lenskeeper.house.serve import JOB
from lenskeeper.house.settings import SETTINGS_FILE, read_settings
from lenskeeper.leases.rows import Lease, release, take
from lenskeeper.store.backup import Copy, backup, faults_of_file, restore
from lenskeeper.store.database import open_store, size_bytes
from lenskeeper.store.marks import EPOCH, set_mark
from lenskeeper.store.migrate import revision_of

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
        suffix = "db" if home.store.dialect == "sqlite" else "dump"
        to = home.backups / f"by-hand-{datetime.fromtimestamp(home.now_s(), UTC):%Y%m%d-%H%M%S}.{suffix}"
    return backup(home.store.url, to)


def restore_from(config: Path | None, file: Path) -> Path | None:
    """Put a backup in place. The present database, if it can be opened, must not be in use; it is set aside.

    NotFound: no installation here. Conflict: `serve` is running. Invalid: the file is no whole backup.
    """
    place = config or Path(SETTINGS_FILE)
    if not place.is_file():
        raise NotFound(f"there is no installation here ({place} is missing): run `lenskeeper init` first")
    settings = read_settings(place)
    url = database_url(place.absolute().parent, settings.store.url)
    clock = SystemClock()
    now_s = clock.now_ms() // 1000
    if url.get_backend_name() != "sqlite" or Path(str(url.database)).is_file():
        _must_be_idle(url.render_as_string(hide_password=False), now_s)
    aside = restore(file, url)
    store = open_store(url.render_as_string(hide_password=False))

    def enter(connection: Connection) -> None:
        set_mark(connection, EPOCH, secrets.token_hex(EPOCH_BYTES))
        audit.append(
            connection,
            actor=LOCAL_OPERATOR,
            at_s=now_s,
            act="database.restore",
            subject="database",
            detail={"from": file.name},
        )

    try:
        store.write(enter, durable=True)
    finally:
        store.close()
    return aside


def verified(home: Home) -> Verified:
    """Check the file, the rules of the books and the audit chain."""
    faults: list[str] = []
    with home.store.read() as connection:
        revision = revision_of(connection) or ""
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


def _must_be_idle(url: str, now_s: int) -> None:
    store = open_store(url)
    try:
        held: Lease = store.write(lambda c: take(c, JOB, "restore", now_s=now_s, ttl_s=RESTORE_TTL_S))
        store.write(lambda c: release(c, held))
    finally:
        store.close()
