"""Lists that leave the house as files: asked for, written one after another in a thread beside the pages, kept for a day.

What is asked for is entered in the audit log before anything is written, and each handing out before its first byte. What
the asker may see is worked out anew for every page of rows; a file never holds rows of two different answers to that.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import structlog
from sqlalchemy import Connection

from lenskeeper.accounts.grants import NOTHING, scope_for
from lenskeeper.accounts.rows_sessions import still
from lenskeeper.accounts.signed import Signed
from lenskeeper.accounts.verbs import Verb
from lenskeeper.audit.rows import append
from lenskeeper.base.access import Scope
from lenskeeper.base.errors import Conflict, Invalid, NotAllowed
from lenskeeper.base.languages import Language
from lenskeeper.house.audit import entered
from lenskeeper.house.home import Home
from lenskeeper.reporting import rows_exports, screens_cameras, screens_work
from lenskeeper.reporting.as_csv import csv_file
from lenskeeper.reporting.as_xlsx import xlsx_file
from lenskeeper.reporting.camera_list import cameras_sheet
from lenskeeper.reporting.rows_exports import Export, Kind, NewExport, What
from lenskeeper.reporting.screen_states import STATE_WORDS
from lenskeeper.reporting.screens_cameras import CameraFilter
from lenskeeper.reporting.screens_exports import addresses
from lenskeeper.reporting.screens_work import Filters, Order
from lenskeeper.reporting.tables import Cell, Sheet
from lenskeeper.reporting.ticket_list import tickets_sheet

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()

ROWS_MAX: Final = 200_000
ROWS_AT_ONCE: Final = 2_000
FOLDER: Final = "exports"
UNFINISHED: Final = ".part"
Add = Callable[[Sequence[Cell]], None]


@dataclass(frozen=True, slots=True)
class ExportOrder:
    """What somebody carries away. with_addresses: of cameras a column of addresses, where the address may be seen."""

    wanted: CameraFilter | Filters
    kind: Kind
    language: Language
    with_addresses: bool = False

    @property
    def what(self) -> What:
        """Which list it is of."""
        return "cameras" if isinstance(self.wanted, CameraFilter) else "tickets"


@dataclass(frozen=True, slots=True)
class May:
    """What somebody may carry away now. addresses: whose address may stand in it; None: none is asked for."""

    scope: Scope
    addresses: Scope | None

    @property
    def text(self) -> str:
        """The same for the same, for the database."""
        return msgspec.json.encode([_told(each) for each in (self.scope, self.addresses)]).decode()


class _Ended(Exception):
    """It goes on no more: its owner deleted it, or we stop."""


class ExportDesk:
    """Writes the exports of one installation, one after another."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self._hand = ThreadPoolExecutor(1, thread_name_prefix="exports")
        self._stops = threading.Event()

    def begin(self) -> None:
        """What another process had begun is told as interrupted, and what no row stands for is deleted."""
        now_s = self.home.now_s()
        if found := self.home.store.write(lambda c: rows_exports.interrupt(c, now_s=now_s)):
            log.info("exports_interrupted", exports=found, cure="whoever asked for them asks again")
        forget_exports(self.home)

    def ask(self, person: Signed, order: ExportOrder) -> int:
        """Enter what is asked for, and write it when its turn comes; its number.

        Invalid: more rows than a file holds. NotAllowed: nothing of it may be carried away, or no address be seen.
        Conflict: too many are kept, or wait.
        """
        home, now_s = self.home, self.home.now_s()
        forget_exports(home)
        may = may_of(person, order, now_s)
        with home.store.read() as connection:
            total = _counted(connection, may, order, now_s)
        if total is not None and total > ROWS_MAX:
            raise Invalid(
                f"{total} rows are more than a file of ours holds ({ROWS_MAX}): filter them", field="kind"
            )
        asked = _asked(order)
        new = NewExport(
            person.account_id, order.what, order.kind, msgspec.json.encode(asked).decode(), order.with_addresses, may.text, total
        )  # fmt: skip

        def work(connection: Connection) -> int:
            number = rows_exports.add(connection, new, now_s=now_s)
            detail = {"export": number, "filter": asked, "count": total, "kind": order.kind}
            if order.with_addresses:
                append(
                    connection,
                    actor=person.actor,
                    at_s=now_s,
                    act="export.addresses",
                    subject=order.what,
                    detail=detail,
                )
            else:
                append(
                    connection,
                    actor=person.actor,
                    at_s=now_s,
                    act="export.list",
                    subject=order.what,
                    detail=detail,
                )
            return number

        number = home.store.write(work, durable=True)
        self._hand.submit(self._write, number, person, order)
        return number

    def wait(self) -> None:
        """Until all that was asked for so far is written."""
        self._hand.submit(lambda: None).result()

    def close(self) -> None:
        """Stop. What is not written is told as interrupted."""
        self._stops.set()
        self._hand.shutdown(wait=True, cancel_futures=True)
        now_s = self.home.now_s()
        self.home.store.write(lambda c: rows_exports.interrupt(c, now_s=now_s))

    def _write(self, number: int, person: Signed, order: ExportOrder) -> None:
        path = file_of(self.home, number, order.kind)
        unfinished = path.with_suffix(UNFINISHED)
        try:
            path.parent.mkdir(mode=0o700, exist_ok=True)
            done = self._written(unfinished, number, person, order)
            unfinished.replace(path)
            self._end(number, done=done)
        except _Ended:
            pass
        except NotAllowed:
            self._end(number, fault="rights_changed")
        except Invalid:
            self._end(number, fault="too_many")
        except OSError as error:
            log.warning("export_failed", export=number, error=str(error))
            self._end(number, fault="no_room")
        except Exception:  # told by its number; the next one is written all the same
            log.exception("export_failed", export=number)
            self._end(number, fault="our_fault")
        finally:
            unfinished.unlink(missing_ok=True)

    def _end(self, number: int, *, done: int | None = None, fault: str = "") -> None:
        now_s = self.home.now_s()
        self.home.store.write(lambda c: rows_exports.end(c, number, done=done, fault=fault, now_s=now_s))

    def _written(self, path: Path, number: int, person: Signed, order: ExportOrder) -> int:
        """Write the file; how many rows stand in it. A page is a read of its own: no long snapshot.

        NotAllowed: what its asker may see is not what it was. Invalid: more rows than a file holds. _Ended.
        """
        home, begun, after, done = self.home, may_of(person, order, self.home.now_s()), None, 0
        with _opened(home, path, order) as add:
            while True:
                if self._stops.is_set() or not self._goes_on(number, done):
                    raise _Ended
                now_s = home.now_s()
                with home.store.read() as connection:
                    may = may_of(still(connection, person, now_s), order, now_s)
                    if may != begun:
                        raise NotAllowed("what its asker may see has changed")
                    sheet, after = _page(connection, may, order, after, now_s)
                for row in sheet.rows:
                    add(row)
                done += len(sheet.rows)
                if done > ROWS_MAX:
                    raise Invalid("more rows than a file of ours holds", field="kind")
                if after is None:
                    return done

    def _goes_on(self, number: int, done: int) -> bool:
        return self.home.store.write(lambda c: rows_exports.progress(c, number, done))


def handed_out(home: Home, person: Signed, export_id: int) -> tuple[Export, Path]:
    """The file of one of one's own; that it leaves is entered first.

    NotFound. NotAllowed: one may no longer see what one might when it was written. Conflict: it is not written.
    """
    now_s = home.now_s()
    with home.store.read() as connection:
        found = rows_exports.export_of(connection, person.account_id, export_id, now_s)
    addresses = scope_for(person, Verb.SEE_ADDRESSES, now_s) if found.with_addresses else None
    if May(scope_for(person, Verb.EXPORT, now_s), addresses).text != found.may:
        raise NotAllowed("your rights are not what they were when this was written: ask for it again")
    path = file_of(home, export_id, found.kind)
    if found.state in rows_exports.GOING:
        raise Conflict("it is not written yet: wait until its state is done")
    if found.state != "done" or not path.is_file():
        raise Conflict("it was not written to its end: ask for it again")
    detail = {"count": found.done, "kind": found.kind, "what": found.what}
    entered(home, person.actor, act="export.fetch", subject=f"export:{export_id}", detail=detail)
    return found, path


def drop_export(home: Home, person: Signed, export_id: int) -> None:
    """Delete one of one's own; one that is being written ends. NotFound."""
    now_s = home.now_s()

    def work(connection: Connection) -> Export:
        found = rows_exports.export_of(connection, person.account_id, export_id, now_s)
        rows_exports.drop(connection, person.account_id, export_id)
        return found

    found = home.store.write(work)
    file_of(home, export_id, found.kind).unlink(missing_ok=True)


def forget_exports(home: Home) -> None:
    """Delete what was kept for its day, and every file that no row stands for."""
    now_s = home.now_s()
    folder = home.folder / FOLDER
    files = (
        list(folder.iterdir()) if folder.is_dir() else []
    )  # before the rows: a new one's row is there first

    def work(connection: Connection) -> Sequence[int]:
        rows_exports.forget(connection, now_s)
        return rows_exports.kept(connection)

    kept = {str(number) for number in home.store.write(work)}
    for file in files:
        if file.stem not in kept:
            file.unlink(missing_ok=True)


def file_of(home: Home, export_id: int, kind: Kind) -> Path:
    """Where its file lies."""
    return home.folder / FOLDER / f"{export_id}.{kind}"


def may_of(person: Signed, order: ExportOrder, now_s: int) -> May:
    """What somebody may carry away of it now. NotAllowed: nothing, or no address where addresses are asked for."""
    scope = scope_for(person, Verb.EXPORT, now_s)
    places = scope_for(person, Verb.SEE_ADDRESSES, now_s) if order.with_addresses else None
    if scope == NOTHING:
        raise NotAllowed(f"your grants do not hold {Verb.EXPORT.value}: ask whoever keeps the accounts")
    if places == NOTHING:
        raise NotAllowed(f"your grants do not hold {Verb.SEE_ADDRESSES.value}: export without addresses")
    return May(scope, places)


def _told(scope: Scope | None) -> object:
    if scope is None:
        return None
    parts = sorted((each.purpose, each.unit or 0, each.lot or 0) for each in scope.parts)
    return [None if scope.units is None else sorted(scope.units), sorted(scope.lots), parts]


def _asked(order: ExportOrder) -> dict[str, Any]:
    """The filter in words, without what does not narrow it."""
    blank = asdict(type(order.wanted)())
    blank.pop("is_live", None)  # its blank is a filter, too: what is over is left out
    said = {name: value for name, value in asdict(order.wanted).items() if value != blank.get(name)}
    if "states" in said:
        said["states"] = {STATE_WORDS[each] for each in said["states"]}
    return {
        name: sorted(value) if isinstance(value, (frozenset, set)) else value for name, value in said.items()
    }


def _counted(connection: Connection, may: May, order: ExportOrder, now_s: int) -> int | None:
    """How many rows it will have; None: so many that nobody counts them."""
    if isinstance(order.wanted, CameraFilter):
        return screens_cameras.counted(connection, may.scope, order.wanted, now_s=now_s)
    found = screens_work.counts(connection, may.scope, order.wanted, now_s=now_s)
    return None if found.is_cut else found.total


def _page(connection: Connection, may: May, order: ExportOrder, after: Any, now_s: int) -> tuple[Sheet, Any]:
    """The next rows, and behind which the page after begins (None: there is none). By what does not change while it is
    read: cameras by name, tickets by number."""
    if isinstance(order.wanted, CameraFilter):
        some = screens_cameras.listed(
            connection, may.scope, order.wanted, "name", now_s=now_s, after=after, limit=ROWS_AT_ONCE
        )
        places = None
        if may.addresses is not None:
            places = addresses(connection, may.addresses, [one.point_id for one in some], now_s)
        last = (some[-1].name, some[-1].point_id) if len(some) == ROWS_AT_ONCE else None
        return cameras_sheet(some, places, order.language), last
    found = screens_work.tickets(
        connection, may.scope, order.wanted, Order.NEWEST, after, ROWS_AT_ONCE, now_s=now_s
    )
    more = screens_work.key_of(found[-1], Order.NEWEST) if len(found) == ROWS_AT_ONCE else None
    return tickets_sheet(found, order.language, now_s), more


@contextmanager
def _opened(home: Home, path: Path, order: ExportOrder) -> Iterator[Add]:
    """The file with its headings, and what adds a row to it."""
    if order.what == "cameras":
        head = cameras_sheet([], {} if order.with_addresses else None, order.language)
    else:
        head = tickets_sheet([], order.language, home.now_s())
    path.touch(mode=0o600)
    if order.kind == "csv":
        with csv_file(path, head, order.language, home.tz()) as add:
            yield add
    else:
        with xlsx_file(path, head, order.language, home.tz(), exercise=bool(home.exercise)) as add:
            yield add
