"""A shift handed over with two names, and the page that is read at eight o'clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy import Connection

from lenskeeper.base.access import ActorId, Scope
from lenskeeper.base.errors import Invalid
from lenskeeper.base.languages import Language
from lenskeeper.house.home import Home
from lenskeeper.house.lists import must_be_free
from lenskeeper.house.organisation import scope_of
from lenskeeper.house.tickets import admitted
from lenskeeper.reporting import eight, handover, rows_handover
from lenskeeper.reporting.as_pdf import document_pdf
from lenskeeper.reporting.as_xlsx import sheets_xlsx
from lenskeeper.reporting.eight import Eight
from lenskeeper.reporting.handover import Shift, Signed
from lenskeeper.reporting.rows_eight import eight_books
from lenskeeper.reporting.rows_handover import SignedLine
from lenskeeper.reporting.tables import Heading, Sheet
from lenskeeper.units import rows as units
from lenskeeper.units.ids import UnitId

SHIFT_S: Final = 12 * 3_600  # where nothing was handed over before
NOTES_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class ShiftOrder:
    """Which shift. unit: a path, empty for all. from_s None: where the last handover ended. to_s None: now.

    notes: what the giver has to say beside the lists; is_sure: he stands by notes that seem to hold a person's number.
    """

    unit: str = ""
    from_s: int | None = None
    to_s: int | None = None
    notes: Sequence[str] = ()
    is_sure: bool = False


def shift_now(home: Home, order: ShiftOrder) -> Shift:
    """The shift as the books stand; nothing is kept. Invalid: it is not over, or no shift. NotFound: no such unit."""
    with home.store.read() as connection:
        return _shift(home, connection, order)


def sign(home: Home, order: ShiftOrder, giver: ActorId, taker: ActorId, actor: ActorId) -> Signed:
    """Freeze the shift with both names. Conflict: some of it was handed over before. Invalid: both are one person."""
    now_s = home.now_s()

    def work(connection: Connection) -> Signed:
        shift = _shift(home, connection, order)
        done = handover.signed(shift, giver=giver, taker=taker, signed_s=now_s)
        number = rows_handover.keep(connection, done, actor=actor, now_s=now_s)
        return Signed(done.handover, done.body, done.sha256, number)

    return home.store.write(work, durable=True)


def signed_shifts(home: Home) -> list[SignedLine]:
    """All that were handed over, the newest first."""
    with home.store.read() as connection:
        return rows_handover.handovers(connection, Scope.ALL)


def kept_shift(home: Home, number: int) -> Signed:
    """A handover as it was signed. NotFound: there is none of this number."""
    with home.store.read() as connection:
        return rows_handover.handover(connection, Scope.ALL, number)


def write_shift(shift: Shift, done: Signed | None, path: Path, language: Language) -> None:
    """A handover as .pdf, .xlsx or .json. Conflict: the file is there. Invalid: another kind of file."""
    must_be_free(path)
    match path.suffix:
        case ".pdf":
            document = handover.document_of(shift, done, language)
            at_s = done.handover.signed_s if done else shift.to_s
            path.write_bytes(document_pdf(document, "handover.typ", at_s=at_s))
        case ".xlsx":
            tables = (_cover(shift, done, language), *handover.sheets_of(shift, language))
            path.write_bytes(sheets_xlsx(tables, language, shift.tz, exercise=shift.exercise))
        case ".json":
            path.write_bytes(done.body if done else msgspec.json.encode(shift, order="sorted"))
        case other:
            raise Invalid(
                f"a handover is written as .pdf, .xlsx or .json, not as {other or 'a folder'}", field="to"
            )


def eight_now(home: Home, unit: str) -> Eight:
    """The page as the books stand. NotFound: no such unit. Invalid: yesterday is in no books."""
    now_s = home.now_s()
    with home.store.read() as connection:
        unit_id, tz = _unit(connection, unit)
        scope = Scope(frozenset({unit_id})) if unit else Scope.ALL
        books = eight_books(connection, scope, unit_id, tz=tz, now_s=now_s)
        name = units.get(connection, Scope.ALL, unit_id).name
    return eight.eight_of(books, made_at_s=now_s, tz=tz, unit=name, exercise=bool(home.exercise))


def write_eight(page: Eight, path: Path, language: Language) -> None:
    """The page as .pdf or .json. Conflict: the file is there. Invalid: another kind of file."""
    must_be_free(path)
    match path.suffix:
        case ".pdf":
            document = eight.document_of(page, language)
            path.write_bytes(document_pdf(document, "eight.typ", at_s=page.made_at_s))
        case ".json":
            path.write_bytes(eight_json(page, language))
        case other:
            raise Invalid(f"the page is written as .pdf or .json, not as {other or 'a folder'}", field="to")


def eight_json(page: Eight, language: Language) -> bytes:
    """The page for programs: one line of UTF-8, keys sorted."""
    return msgspec.json.encode(eight.data_of(page, language), order="sorted") + b"\n"


def _shift(home: Home, connection: Connection, order: ShiftOrder) -> Shift:
    now_s = home.now_s()
    if len(order.notes) > NOTES_MAX:
        raise Invalid(f"at most {NOTES_MAX} notes", field="note")
    notes = [admitted(note, is_sure=order.is_sure) for note in order.notes if note.strip()]
    to_s = now_s if order.to_s is None else order.to_s
    if to_s > now_s:
        raise Invalid("the shift is not over: --to lies in the future", field="to")
    _, tz = _unit(connection, order.unit)
    from_s = order.from_s
    if from_s is None:
        from_s = rows_handover.last_end_s(connection, Scope.ALL, order.unit) or to_s - SHIFT_S
    scope = scope_of(connection, order.unit)
    books = rows_handover.shift_books(connection, scope, from_s, to_s, tz=tz, now_s=now_s)
    return handover.shift_of(
        books, from_s=from_s, to_s=to_s, tz=tz, unit=order.unit, exercise=bool(home.exercise), notes=notes
    )


def _unit(connection: Connection, path: str) -> tuple[UnitId, str]:
    """A unit and its time zone; the topmost where none is named."""
    tree = units.tree(connection, Scope.ALL)
    wanted = units.find(connection, Scope.ALL, path) if path else None
    return next(
        (one.unit_id, one.tz)
        for one in tree
        if one.unit_id == wanted or (wanted is None and one.parent_id is None)
    )


def tz_of(home: Home, unit: str) -> str:
    """The time zone of a unit, in which times are typed."""
    with home.store.read() as connection:
        return _unit(connection, unit)[1]


def _cover(shift: Shift, done: Signed | None, language: Language) -> Sheet:
    headings = (
        Heading(handover.text("item", language)),
        Heading(handover.text("note", language), wide=True),
    )
    facts = tuple(handover.facts_of(shift, done, language))
    return Sheet("cover", handover.text("title", language), headings, facts)
