"""What commands do to contracts: signed, amended, their lots, and the deductions of a month as a file to be signed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from lenskeeper.base.access import ActorId, Scope
from lenskeeper.base.days import day_span, local_day
from lenskeeper.base.errors import Invalid, NotFound
from lenskeeper.base.languages import Language
from lenskeeper.house.home import Home
from lenskeeper.house.lists import must_be_free
from lenskeeper.inventory.ids import PointId
from lenskeeper.reporting.as_csv import sheets_csv
from lenskeeper.reporting.as_pdf import document_pdf
from lenskeeper.reporting.as_xlsx import sheets_xlsx
from lenskeeper.reporting.periods import PeriodKind, period_of, until
from lenskeeper.reporting.tables_contract import LAYOUT, Month, deduction_document, deduction_sheets
from lenskeeper.tickets import rows_contracts
from lenskeeper.tickets.contract_terms import FIELD, parse_terms
from lenskeeper.tickets.contracts import Contract, Terms
from lenskeeper.tickets.deductions import settle
from lenskeeper.tickets.desk import TicketId
from lenskeeper.tickets.rows_clocks import redo
from lenskeeper.tickets.rows_contracts import LotPoint, span_of
from lenskeeper.tickets.rows_deductions import month_facts

SUFFIXES: Final = (".pdf", ".xlsx", ".csv")


@dataclass(frozen=True, slots=True)
class NewContract:
    """A contract to be entered. last_day: the last local day it is in force."""

    name: str
    contractor: str
    document: str
    from_day: int
    last_day: int
    terms: Path
    calendar: str = ""


@dataclass(frozen=True, slots=True)
class Changes:
    """What a supplement to a contract changes; None stays. calendar "": around the clock from now on."""

    document: str
    contractor: str | None = None
    last_day: int | None = None
    calendar: str | None = None
    terms: Path | None = None
    is_correction: bool = False


@dataclass(frozen=True, slots=True)
class ContractLine:
    """A contract, how many points are in its lot now, and whether it is in force, to come or over."""

    contract: Contract
    points: int
    state: str


def contract_lines(home: Home, scope: Scope = Scope.ALL) -> list[ContractLine]:
    """Every contract that may be seen, by name; of its lot as many points as may be."""
    now_s = home.now_s()
    with home.store.read() as connection:
        return [
            ContractLine(
                one,
                len(rows_contracts.points_of(connection, scope, one.contract_id, now_s)),
                state_of(one, now_s),
            )
            for one in rows_contracts.contracts(connection, scope)
        ]


def state_of(one: Contract, now_s: int) -> str:
    """Whether it is in force."""
    today = local_day(now_s, one.tz)
    return "to come" if today < one.from_day else "over" if today >= one.to_day else "in force"


def add_contract(home: Home, new: NewContract, actor: ActorId) -> Contract:
    """Enter a signed contract. NotFound: no such file or calendar. Invalid, Conflict: as rows_contracts.set_up."""
    terms, tz, now_s = _terms(new.terms), home.tz(), home.now_s()
    return home.store.write(
        lambda connection: rows_contracts.set_up(
            connection, name=new.name, contractor=new.contractor, document=new.document, from_day=new.from_day,
            to_day=new.last_day + 1, tz=tz, terms=terms, calendar=new.calendar, actor=actor, now_s=now_s,
        ),
        durable=True,
    )  # fmt: skip


def amend_contract(home: Home, name: str, changes: Changes, actor: ActorId) -> tuple[Contract, int]:
    """Change what a supplement changes; gives it, and how many open tickets had their clocks worked out anew.

    Errors: as rows_contracts.amend.
    """
    terms = None if changes.terms is None else _terms(changes.terms)
    to_day = None if changes.last_day is None else changes.last_day + 1
    now_s = home.now_s()

    def work(connection: Connection) -> tuple[Contract, int]:
        before = rows_contracts.named(connection, Scope.ALL, name)
        after = rows_contracts.amend(
            connection, before.contract_id, document=changes.document, contractor=changes.contractor, to_day=to_day,
            calendar=changes.calendar, terms=terms, is_correction=changes.is_correction, actor=actor, now_s=now_s,
        )  # fmt: skip
        tickets: list[int] = []
        if (before.terms, before.calendar) != (after.terms, after.calendar):
            tickets = rows_contracts.live_tickets(connection, after.contract_id)
        for ticket_id in tickets:
            redo(connection, TicketId(ticket_id), actor=actor, now_s=now_s)
        return after, len(tickets)

    return home.store.write(work, durable=True)


def add_points(home: Home, name: str, points: Sequence[PointId], day: int | None, actor: ActorId) -> int:
    """Put points into a lot from a local day on (None: today, or the contract's first day where that is later).

    Gives how many that changed. Errors: as rows_contracts.take_in.
    """
    now_s = home.now_s()

    def work(connection: Connection) -> int:
        one = rows_contracts.named(connection, Scope.ALL, name)
        from_day = max(one.from_day, local_day(now_s, one.tz)) if day is None else day
        from_s = day_span(from_day, one.tz)[0]
        return rows_contracts.take_in(connection, one.contract_id, points, from_s, actor=actor, now_s=now_s)

    return home.store.write(work, durable=True)


def remove_points(home: Home, name: str, points: Sequence[PointId], day: int | None, actor: ActorId) -> int:
    """Take points out of a lot from a local day on (None: today); what they were before stays."""
    now_s = home.now_s()

    def work(connection: Connection) -> int:
        one = rows_contracts.named(connection, Scope.ALL, name)
        to_s = day_span(local_day(now_s, one.tz) if day is None else day, one.tz)[0]
        return rows_contracts.take_out(connection, one.contract_id, points, to_s, actor=actor, now_s=now_s)

    return home.store.write(work, durable=True)


def shown_contract(home: Home, name: str, scope: Scope = Scope.ALL) -> tuple[Contract, list[LotPoint]]:
    """A contract and its lot as of now; before it begins, as of its first day. NotFound: there is none."""
    now_s = home.now_s()
    with home.store.read() as connection:
        one = rows_contracts.named(connection, scope, name)
        at_s = max(now_s, span_of(one)[0])
        return one, rows_contracts.points_of(connection, scope, one.contract_id, at_s)


def month_of(home: Home, name: str, text: str, scope: Scope = Scope.ALL) -> Month:
    """The deductions of a month such as "2026-11", as the books stand; one that is not over is told so.

    NotFound: no such contract. Invalid: it names no month, or none in which the contract is in force.
    """
    now_s = home.now_s()
    with home.store.read() as connection:
        one = rows_contracts.named(connection, scope, name)
        whole = period_of(text, one.tz)
        if whole.kind is not PeriodKind.MONTH:
            raise Invalid(f"{text!r} is no month: write 2026-11", field="month")
        if whole.end_day <= one.from_day or whole.first_day >= one.to_day:
            raise Invalid(f"{one.name} is not in force in {text}", field="month")
        period = until(whole, now_s)
        terms = rows_contracts.terms_at(connection, scope, one.contract_id, period.b_s - 1)
        facts = month_facts(connection, scope, one.contract_id, (whole.a_s, whole.b_s), terms, known_s=now_s)
    return Month(one, terms, period, settle(facts, terms), now_s, home.exercise)


def write_month(month: Month, path: Path, language: Language, folders: Sequence[Path] | None = None) -> None:
    """The month as a file: .pdf to be signed, .xlsx or .csv. Conflict: it is there. Invalid: none of these."""
    if path.suffix not in SUFFIXES:
        raise Invalid(f"a month is written as {', '.join(SUFFIXES)}, not as {path.suffix!r}", field="to")
    must_be_free(path)
    tz = month.period.tz
    match path.suffix:
        case ".pdf":
            document = deduction_document(month, language)
            path.write_bytes(document_pdf(document, LAYOUT, at_s=month.made_s, folders=folders))
        case ".xlsx":
            tables = deduction_sheets(month, language)
            path.write_bytes(sheets_xlsx(tables, language, tz, exercise=bool(month.exercise)))
        case _:
            path.write_bytes(sheets_csv(deduction_sheets(month, language), language, tz))


def _terms(path: Path) -> Terms:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (FileNotFoundError, IsADirectoryError):
        raise NotFound(f"there is no file {path}") from None
    except UnicodeDecodeError:
        raise Invalid(f"{path} is not written in UTF-8; save it so", field=FIELD) from None
    return parse_terms(text)
