"""Copies of the whole database, and the way back. The key of the camera passwords is no part of them."""

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import URL

from lenskeeper.base.errors import Conflict, Invalid, NotFound
from lenskeeper.store.errors import StoreFull, StoreUnavailable

PROGRAM_S_MAX: Final = 6 * 3600  # pg_dump of the largest database we can think of
SQLITE_BEGINS: Final = b"SQLite format 3\0"


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
    if url.get_backend_name() == "sqlite":
        _copy_sqlite(Path(str(url.database)), to)
        if faults := faults_of_file(to):
            to.unlink()
            raise StoreUnavailable(f"the copy was faulty and is deleted: {faults[0]}")
    else:
        _run(url, "pg_dump", "--format=custom", f"--file={to}", f"--dbname={_without_password(url)}")
        _run(url, "pg_restore", "--list", str(to))
    return Copy(to, to.stat().st_size)


def _copy_sqlite(source: Path, to: Path) -> None:
    if not source.exists():
        raise NotFound(f"there is no database {source}")
    try:
        with closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as raw:
            raw.execute("VACUUM INTO ?", (str(to),))
    except sqlite3.Error as error:
        to.unlink(missing_ok=True)
        if "full" in str(error):
            raise StoreFull(
                f"no room for the backup at {to}: free space there, or name another disk"
            ) from error
        raise StoreUnavailable(f"{source}: {error}") from error


def restore(backup_file: Path, url: URL) -> Path | None:
    """Put a backup in the place of the database; where the present one was set aside, if there was one.

    Nothing may be running on it: the caller has seen to that. Invalid: the file is no whole backup.
    """
    if not backup_file.is_file():
        raise NotFound(f"there is no backup {backup_file}")
    if url.get_backend_name() != "sqlite":
        _run(url, "pg_restore", "--list", str(backup_file))
        into = f"--dbname={_without_password(url)}"
        _run(url, "pg_restore", "--clean", "--if-exists", "--single-transaction", into, str(backup_file))
        return None
    if faults := faults_of_file(backup_file):
        raise Invalid(
            f"{backup_file} is no whole backup, and nothing was changed: {faults[0]}", field="backup"
        )
    place = Path(str(url.database))
    fresh = place.with_name(f"{place.name}.restoring")
    try:
        shutil.copyfile(backup_file, fresh)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise StoreFull(f"{fresh}: {error.strerror}; nothing was changed") from error
    aside = _set_aside(place)
    fresh.replace(place)
    return aside


def _set_aside(place: Path) -> Path | None:
    """The present database, with what its log still holds, under another name."""
    if not place.exists():
        return None
    with closing(sqlite3.connect(place)) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    number = 1
    while (aside := place.with_name(f"{place.name}.before-restore-{number}")).exists():
        number += 1
    place.replace(aside)
    for log in (f"{place.name}-wal", f"{place.name}-shm"):
        place.with_name(log).unlink(missing_ok=True)
    return aside


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


def _without_password(url: URL) -> str:
    """Whoever lists processes reads the command line, so the password goes by the environment."""
    return url.set(drivername="postgresql", password=None).render_as_string()


def _run(url: URL, program: str, *arguments: str) -> None:
    """PostgreSQL's own tools: they know their server, and no copy of ours would know it better."""
    found = shutil.which(program)
    if found is None:
        raise StoreUnavailable(
            f"{program} is not on the path: install the PostgreSQL client of your server's version"
        )
    secret = {"PGPASSWORD": str(url.password)} if url.password else {}
    done = subprocess.run(  # noqa: S603  a program of the operator's own path, without a shell
        [found, *arguments],
        env=dict(os.environ) | secret,
        capture_output=True,
        text=True,
        timeout=PROGRAM_S_MAX,
        check=False,
    )
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise StoreUnavailable(f"{program}: {said}")
