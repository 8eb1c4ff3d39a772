"""The way back: a backup in the place of the database. What was there is set aside, and comes back if anything fails.

The backup is judged, read through, copied and settled (its schema brought up, its epoch drawn) before the present
database is touched: on SQLite in a file beside it, which takes its place by one rename; on PostgreSQL, where the server
has room for one only, by one transaction, with a dump of the present one to go back to.
"""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import URL, inspect

from lenskeeper.base.errors import Conflict, Invalid, NotFound
from lenskeeper.store import programs
from lenskeeper.store.backup import SUFFIX, backup, faults_of_file, free_name
from lenskeeper.store.database import ONE_WRITER, Store, open_store
from lenskeeper.store.errors import StoreUnavailable
from lenskeeper.store.faults import in_our_words
from lenskeeper.store.marks import EPOCH, epoch_of
from lenskeeper.store.migrate import STAMP, must_be_known
from lenskeeper.store.schema import mark

LOGS: Final = ("-wal", "-shm")
IN_USE_MS: Final = 2_000  # a command that is about to end may end

# All tables but those of extensions; the sequences and indices are theirs and go along.
DROP_ALL: Final = """
DO $$ DECLARE one record; BEGIN
  FOR one IN SELECT c.relname FROM pg_class c
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
      AND NOT EXISTS (SELECT FROM pg_depend d
                      WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
  LOOP EXECUTE format('DROP TABLE IF EXISTS %I CASCADE', one.relname); END LOOP;
END $$;
"""
ALONE: Final = f"SELECT pg_advisory_xact_lock({ONE_WRITER});"

Settle = Callable[[Store], None]


@dataclass(frozen=True, slots=True)
class Origin:
    """What a database says of where it comes from. None: it does not say."""

    revision: str | None
    epoch: str | None


def restore(file: Path, url: URL, *, settle: Settle, aside_in: Path) -> Path | None:
    """Put a backup in the place of the database; where the present one was set aside, if there was one.

    settle: what is done to the restored database before it counts. aside_in: a folder for the dump of a PostgreSQL
    database; an SQLite file is set aside beside itself. Nothing may be running on it: the caller has seen to that.
    NotFound, Invalid, StoreTooNew: the file is none, no whole backup, not of lenskeeper, or of a newer one. Conflict:
    the present database is in use, or not ours. Whatever is raised, the present database is as it was.
    """
    if not file.is_file():
        raise NotFound(f"there is no backup {file}")
    if url.get_backend_name() == "sqlite":
        return _restore_file(file, Path(str(url.database)), settle)
    return _restore_dump(file, url, settle, aside_in)


def _must_be_ours(origin: Origin, file: Path) -> None:
    if origin.revision is None or origin.epoch is None:
        raise Invalid(
            f"{file} is no backup of lenskeeper, and nothing was changed: name a file that `lenskeeper backup` made",
            field="backup",
        )
    must_be_known(origin.revision)


# -- SQLite: a file for a file


def _restore_file(file: Path, place: Path, settle: Settle) -> Path | None:
    if faults := faults_of_file(file):
        raise Invalid(f"{file} is no whole backup, and nothing was changed: {faults[0]}", field="backup")
    _must_be_ours(origin_of_file(file), file)
    fresh = place.with_name(f"{place.name}.restoring")
    _discard(fresh)  # what a killed restore has left
    try:
        _copy(file, fresh)
        store = open_store(f"sqlite:///{fresh}")
        try:
            settle(store)
        finally:
            store.close()
        _into_one_file(fresh)
        return _swap(fresh, place)
    finally:
        _discard(fresh)


def origin_of_file(file: Path) -> Origin:
    """What an SQLite file says of itself."""

    def one(statement: str) -> str | None:
        try:
            row = raw.execute(statement).fetchone()
        except sqlite3.OperationalError:  # no such table, no such column
            return None
        return None if row is None else str(row[0])

    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as raw:
        return Origin(
            one("SELECT version_num FROM alembic_version"),
            one("SELECT value FROM mark WHERE name = 'epoch'"),
        )


def _copy(file: Path, fresh: Path) -> None:
    """By SQLite, since a database that was copied in use has its last pages in a log beside it."""
    with (
        in_our_words(URL.create("sqlite", database=str(fresh))),
        closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(fresh)) as to,
    ):
        source.backup(to)


def _into_one_file(place: Path) -> None:
    """Bring the log home and leave none. Conflict: somebody has the database open."""
    with closing(sqlite3.connect(place)) as raw:
        raw.execute(f"PRAGMA busy_timeout={IN_USE_MS}")
        try:
            raw.execute("PRAGMA journal_mode=DELETE")  # SQLite refuses unless we are alone
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            raise Conflict(
                f"{place} is in use by another lenskeeper command: let it end, or stop it, and nothing was changed"
            ) from error


def _swap(fresh: Path, place: Path) -> Path | None:
    """`fresh` in the place of the present file, which gets another name. What fails leaves the present one there."""
    if not place.exists():
        fresh.replace(place)
        _on_disk(place.parent)
        return None
    with suppress(sqlite3.DatabaseError):  # too damaged to be opened: it is set aside as it lies there
        _into_one_file(place)
    _same_owner(place, fresh)
    aside = free_name(place.parent, f"{place.name}.before-restore", "")
    logs = [log for log in LOGS if place.with_name(place.name + log).exists()]
    try:
        aside.hardlink_to(place)
    except OSError:  # a file system without links: for a moment there is no database
        place.replace(aside)
    try:
        for log in logs:
            place.with_name(place.name + log).replace(aside.with_name(aside.name + log))
        fresh.replace(place)
    except OSError as error:
        for log in logs:
            with suppress(FileNotFoundError):
                aside.with_name(aside.name + log).replace(place.with_name(place.name + log))
        if place.exists():
            aside.unlink()
        else:
            aside.replace(place)
        raise StoreUnavailable(f"{place}: {error.strerror}; nothing was changed") from error
    _on_disk(place.parent)
    return aside


def _same_owner(place: Path, fresh: Path) -> None:
    """Who could write the old one can write the new one: restore is often run as root, and serve is not."""
    shutil.copymode(place, fresh)
    if os.geteuid() == 0:
        there = place.stat()
        os.chown(fresh, there.st_uid, there.st_gid)


def _on_disk(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _discard(fresh: Path) -> None:
    for name in (fresh.name, *(fresh.name + log for log in (*LOGS, "-journal"))):
        fresh.with_name(name).unlink(missing_ok=True)


# -- PostgreSQL: all tables in one transaction


def _restore_dump(file: Path, url: URL, settle: Settle, aside_in: Path) -> Path | None:
    _must_be_ours(origin_of_dump(file, url), file)
    aside: Path | None = None
    if _holds_ours(url):
        aside_in.mkdir(parents=True, exist_ok=True)
        aside = backup(url, free_name(aside_in, "before-restore", SUFFIX["postgresql"])).path
    programs.replace_all(url, ALONE + DROP_ALL, file)
    try:
        store = open_store(url.render_as_string(hide_password=False))
        try:
            settle(store)
        finally:
            store.close()
    except BaseException:
        programs.replace_all(url, ALONE + DROP_ALL, aside)
        raise
    return aside


def origin_of_dump(file: Path, url: URL) -> Origin:
    """What a dump says of itself. Invalid: it is none, or it cannot be read to its end."""
    tables = (str(STAMP.name), str(mark.name))
    try:
        rows = programs.rows_in(url, file, tables)
        programs.read_through(url, file)
    except programs.ProgramFailed as error:
        raise Invalid(
            f"{file} is no whole backup, and nothing was changed: {error}", field="backup"
        ) from error
    stamps, marks = (rows.get(name, []) for name in tables)
    return Origin(
        stamps[0][0] if stamps else None,
        next((row[1] for row in marks if len(row) > 1 and row[0] == EPOCH), None),
    )


def _holds_ours(url: URL) -> bool:
    """Whether there is a database of ours to set aside; False where it is empty. Conflict: it is somebody else's."""
    store = open_store(url.render_as_string(hide_password=False))
    try:
        with store.read() as connection:
            if epoch_of(connection) is not None:
                return True
            if inspect(connection).get_table_names():
                raise Conflict(
                    "the database holds tables that are not lenskeeper's, and nothing was changed: name one of its own "
                    "in store.url"
                )
            return False
    finally:
        store.close()
