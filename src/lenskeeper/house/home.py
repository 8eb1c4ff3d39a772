"""An installation: a folder with settings, a database, a key and backups; made by `init`, opened by every command."""

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import URL, Connection

from lenskeeper.audit.rows import append
from lenskeeper.base.access import LOCAL_OPERATOR, Scope
from lenskeeper.base.clock import Clock
from lenskeeper.base.days import zone_of
from lenskeeper.base.errors import Conflict, Invalid, NotFound
from lenskeeper.house.clock import StandingClock, SystemClock
from lenskeeper.house.settings import SETTINGS_FILE, Settings, read_settings
from lenskeeper.inventory.vault import make_key
from lenskeeper.store.address import parsed, shown
from lenskeeper.store.backup import SUFFIX, free_name
from lenskeeper.store.database import Store, open_store
from lenskeeper.store.marks import EPOCH, EXERCISE, epoch_of, read_mark, set_mark
from lenskeeper.store.migrate import bring_up, is_of_others
from lenskeeper.units.rows import add, tree

EPOCH_BYTES: Final = 8
EXERCISE_NOW: Final = "EXERCISE_NOW"

SETTINGS_TEXT: Final = """\
# The settings of this installation. Every one of them: docs/reference/settings.md
[store]
url = "{url}"
key_file = "lenskeeper.key"      # opens the cameras' passwords: copy it to another place than the backups
backups = "backups"
"""


@dataclass(frozen=True, slots=True)
class Home:
    """An open installation.

    folder:   where its settings lie; relative paths in them are seen from here.
    exercise: empty for a real fleet; else which invented one it is, and every report says so.
    """

    folder: Path
    settings: Settings
    store: Store
    clock: Clock
    exercise: str

    @property
    def key_file(self) -> Path:
        """The key of the cameras' passwords."""
        return self.folder / self.settings.store.key_file

    @property
    def backups(self) -> Path:
        """Where backups go that nobody named a place for."""
        return self.folder / self.settings.store.backups

    def now_s(self) -> int:
        """UTC seconds by our clock."""
        return self.clock.now_ms() // 1000

    def tz(self) -> str:
        """The time zone of the topmost unit, in which days are named on the command line."""
        with self.store.read() as connection:
            return next(unit.tz for unit in tree(connection, Scope.ALL) if unit.parent_id is None)


@dataclass(frozen=True, slots=True)
class NewHome:
    """What `init` is told. organisation: the name of the topmost unit; tz: its time zone; exercise: as in Home."""

    folder: Path
    organisation: str
    tz: str
    url: str = field(default="sqlite:///lenskeeper.db", repr=False)  # it may hold a password
    exercise: str = ""


def make_home(order: NewHome, clock: Clock | None = None) -> Home:
    """Make an installation and open it; the caller closes its store.

    Conflict: one is there already, in the folder or in the database. Invalid: no such time zone, no such URL.
    """
    clock = clock or SystemClock()
    zone_of(order.tz)
    parsed(order.url)
    if not order.organisation.strip():
        raise Invalid("give the organisation a name", field="organisation")
    if (order.folder / SETTINGS_FILE).exists():
        raise Conflict(f"{order.folder} holds an installation already: choose another folder")
    order.folder.mkdir(parents=True, exist_ok=True)
    store = open_store(database_url(order.folder, order.url).render_as_string(hide_password=False))
    try:
        _must_be_empty(store)
        bring_up(store, backup_to=None)
        now_s = clock.now_ms() // 1000

        def found(connection: Connection) -> None:
            set_mark(connection, EPOCH, secrets.token_hex(EPOCH_BYTES))
            if order.exercise:
                set_mark(connection, EXERCISE, order.exercise)
            unit = add(connection, name=order.organisation, tz=order.tz, actor=LOCAL_OPERATOR, now_s=now_s)
            append(
                connection,
                actor=LOCAL_OPERATOR,
                at_s=now_s,
                act="installation.made",
                subject=f"unit:{unit}",
                detail={"organisation": order.organisation, "exercise": order.exercise},
            )

        store.write(found, durable=True)
        make_key(order.folder / "lenskeeper.key")
        (order.folder / "backups").mkdir(exist_ok=True)
        _write_settings(order)
        settings = read_settings(order.folder / SETTINGS_FILE)
    except BaseException:
        store.close()
        raise
    return Home(order.folder, settings, store, clock, order.exercise)


def _must_be_empty(store: Store) -> None:
    """What an `init` has left that was killed before its end is no installation, and is gone on with."""
    with store.read() as connection:
        if epoch_of(connection) is not None:
            raise Conflict("there is an installation in this database already: name another one")
        if is_of_others(connection):
            raise Conflict(
                f"{shown(store.url)} holds tables that are not lenskeeper's: make a database of its own for it"
            )


def _write_settings(order: NewHome) -> None:
    """For everybody to read, unless a password stands in them."""
    place, secret = order.folder / SETTINGS_FILE, parsed(order.url).password is not None
    with place.open("w", encoding="utf-8") as file:
        if secret:
            os.fchmod(file.fileno(), stat.S_IRUSR | stat.S_IWUSR)
        file.write(SETTINGS_TEXT.format(url=order.url))


@contextmanager
def opened(config: Path | None, clock: Clock | None = None) -> Iterator[Home]:
    """The installation whose settings are `config`, or that of this folder; its schema is brought up to date.

    NotFound: there is none. Invalid: the database is not lenskeeper's. StoreTooNew: made by a newer lenskeeper.
    UpgradeFailed: the schema could not be brought up; the database is as it was.
    """
    told_s = exercise_now_s() if clock is None else None
    clock = clock or (SystemClock() if told_s is None else StandingClock(told_s))
    place = config or Path(SETTINGS_FILE)
    if not place.is_file():
        raise NotFound(
            f"there is no installation here ({place} is missing): run `lenskeeper init`, go to its folder, "
            "or name its settings with --config"
        )
    settings = read_settings(place)
    folder = place.absolute().parent
    url = database_url(folder, settings.store.url)
    if url.get_backend_name() == "sqlite" and not Path(str(url.database)).is_file():
        raise NotFound(
            f"there is no database {url.database}: run `lenskeeper init`, or restore a backup there"
        )
    store = open_store(url.render_as_string(hide_password=False))
    try:
        _must_be_ours(store)
        backups = folder / settings.store.backups
        backups.mkdir(parents=True, exist_ok=True)
        name = f"before-upgrade-{clock.now_ms() // 1000}"
        bring_up(store, backup_to=free_name(backups, name, SUFFIX[store.dialect]))
        with store.read() as connection:
            exercise = read_mark(connection, EXERCISE) or ""
        if told_s is not None and not exercise:
            raise Conflict(f"this installation is real: its time is not {EXERCISE_NOW}'s to say. Unset it")
        yield Home(folder, settings, store, clock, exercise)
    finally:
        store.close()


def exercise_now_s() -> int | None:
    """The instant at which a command upon an exercise shall believe itself, where the environment tells one.

    Invalid: it is no instant with its offset from UTC.
    """
    words = os.environ.get(EXERCISE_NOW)
    if not words:
        return None
    try:
        at = datetime.fromisoformat(words)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise Invalid(f"{EXERCISE_NOW} is written like 2026-10-05T08:00+08:00", field=EXERCISE_NOW)
    return int(at.timestamp())


def _must_be_ours(store: Store) -> None:
    """No schema is laid over tables of somebody else, nor over an empty database that was named by mistake."""
    with store.read() as connection:
        if epoch_of(connection) is None:
            raise Invalid(
                f"{shown(store.url)} is no database of lenskeeper: correct store.url, or run `lenskeeper init` with an "
                "empty one, or restore a backup there",
                field="store.url",
            )


def database_url(folder: Path, url: str) -> URL:
    """The database's address with a relative file seen from the installation's folder."""
    address = parsed(url)
    if address.get_backend_name() == "sqlite":
        return address.set(database=str(folder.absolute() / str(address.database)))
    return address
