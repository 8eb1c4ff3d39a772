"""Copies of the whole database, read through. The key of the camera passwords is no part of them."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import URL

from lenskeeper.base.errors import Conflict, NotFound
from lenskeeper.store import programs
from lenskeeper.store.errors import StoreUnavailable
from lenskeeper.store.faults import in_our_words

SQLITE_BEGINS: Final = b"SQLite format 3\0"
SUFFIX: Final = {"sqlite": ".db", "postgresql": ".dump"}  # of a copy, by engine


@dataclass(frozen=True, slots=True)
class Copy:
    """A backup that was read back after it was written."""

    path: Path
    size_bytes: int


def backup(url: URL, to: Path) -> Copy:
    """Write a consistent copy of a database that may be in use, and read it through once.

    Conflict: there is a file already. StoreFull, StoreUnavailable: the copy could not be made; nothing is left.
    """
    if to.exists():
        raise Conflict(f"{to} is there already: name another file; a backup never overwrites one")
    if not to.parent.is_dir():
        raise NotFound(f"there is no folder {to.parent}: make it first")
    try:
        if url.get_backend_name() == "sqlite":
            _copy_sqlite(Path(str(url.database)), to)
        else:
            programs.dump(url, to)
            programs.read_through(url, to)
    except BaseException:
        to.unlink(missing_ok=True)
        raise
    return Copy(to, to.stat().st_size)


def free_name(folder: Path, name: str, suffix: str) -> Path:
    """folder/name-1.suffix, or the next number that is free: no copy takes the place of another."""
    number = 1
    while (free := folder / f"{name}-{number}{suffix}").exists():
        number += 1
    return free


def _copy_sqlite(source: Path, to: Path) -> None:
    if not source.exists():
        raise NotFound(f"there is no database {source}")
    target = URL.create("sqlite", database=str(to))
    with (
        in_our_words(target),
        closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as raw,
    ):
        raw.execute("VACUUM INTO ?", (str(to),))
    if faults := faults_of_file(to):
        raise StoreUnavailable(f"the copy was faulty and is deleted: {faults[0]}")


def faults_of_file(path: Path) -> list[str]:
    """What is wrong with an SQLite file; nothing where it is whole."""
    try:
        with path.open("rb") as file:
            if file.read(len(SQLITE_BEGINS)) != SQLITE_BEGINS:
                return ["it is no SQLite file"]
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as raw:
            found = [row[0] for row in raw.execute("PRAGMA integrity_check(20)") if row[0] != "ok"]
            found += [
                f"a row of {row[0]} points to nothing in {row[2]}"
                for row in raw.execute("PRAGMA foreign_key_check")
            ]
    except (sqlite3.Error, OSError) as error:
        return [str(error)]
    return found
