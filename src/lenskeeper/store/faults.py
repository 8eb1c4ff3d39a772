"""Faults of the database's world, told to the operator with the cure; our own wrong statements fall through."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoneFree

from lenskeeper.store.address import shown
from lenskeeper.store.errors import StoreFull, StoreUnavailable

MORE_ROOM: Final = "free space, or raise the limit on file sizes (ulimit -f)"

_FULL_CODES: Final = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR_WRITE,  # EFBIG, EDQUOT; SQLite tells only ENOSPC as full
    sqlite3.SQLITE_IOERR_SHMSIZE,
}
_FULL_SAID: Final = ("No space left", "could not extend file", "File too large")
_WORLD_CODES: Final = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_PERM,
}
_PRIMARY: Final = 0xFF  # the low byte of an SQLite code says the kind, the next one the particular


@contextmanager
def in_our_words(url: URL) -> Iterator[None]:
    """What happens inside is raised as StoreFull or StoreUnavailable where the world is at fault, else as it is."""
    try:
        yield
    except NoneFree as error:
        raise StoreUnavailable(f"{shown(url)}: too many read it at once; try again in a moment") from error
    except (DBAPIError, sqlite3.Error) as error:
        original = error.orig if isinstance(error, DBAPIError) else error
        told = _of_sqlite(original, url) if isinstance(original, sqlite3.Error) else _of_server(original, url)
        if told is None:
            raise
        raise told from error


def no_room(place: object, said: str) -> StoreFull:
    """The one sentence for a disk, a quota or a limit that is reached."""
    return StoreFull(f"{place}: no room left; {MORE_ROOM}: {said}")


def says_no_room(said: str) -> bool:
    """Whether a program or a server tells of a full disk."""
    return any(words in said for words in _FULL_SAID)


def _of_sqlite(error: sqlite3.Error, url: URL) -> StoreUnavailable | None:
    code = getattr(error, "sqlite_errorcode", 0)  # absent where the module itself refused
    place, said = shown(url), str(error)
    if code in _FULL_CODES:
        return no_room(place, said)
    primary = code & _PRIMARY
    if primary == sqlite3.SQLITE_READONLY:
        return StoreUnavailable(f"{place}: the database cannot be written; check its owner: {said}")
    if primary == sqlite3.SQLITE_BUSY:
        return StoreUnavailable(
            f"{place}: another lenskeeper command is writing just now; try again in a moment: {said}"
        )
    if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return StoreUnavailable(f"{place}: the file is damaged; restore a backup: {said}")
    return StoreUnavailable(f"{place}: {said}") if primary in _WORLD_CODES else None


def _of_server(error: BaseException | None, url: URL) -> StoreUnavailable | None:
    """psycopg's classes by name, since the driver may not be installed; all that is operational is of the world."""
    kinds = {kind.__name__ for kind in type(error).__mro__}
    place, said = shown(url), (str(error).strip().splitlines() or ["it said nothing"])[0]
    if "DiskFull" in kinds or says_no_room(said):
        return no_room(place, said)
    if "ReadOnlySqlTransaction" in kinds:
        return StoreUnavailable(f"{place}: the database cannot be written; check its owner: {said}")
    return StoreUnavailable(f"{place}: {said}") if "OperationalError" in kinds else None
