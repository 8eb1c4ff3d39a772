"""Assessments as commands ask for them: drafted, disputed, ruled, issued; each act in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from lenskeeper.base.access import ActorId, Scope
from lenskeeper.base.days import local_day
from lenskeeper.base.errors import Invalid
from lenskeeper.base.languages import Language
from lenskeeper.base.spans import Span
from lenskeeper.house.cameras import find_camera
from lenskeeper.house.home import Home
from lenskeeper.house.lists import must_be_free
from lenskeeper.house.reports import SchemeOrder, scheme_text
from lenskeeper.inventory.ids import PointId
from lenskeeper.reporting import rows_objections
from lenskeeper.reporting.as_pdf import pdf_bytes
from lenskeeper.reporting.as_xlsx import xlsx_bytes
from lenskeeper.reporting.objections import (
    DAYS_MAX,
    DAYS_USUAL,
    Effect,
    Explained,
    Objection,
    Page,
    Proceeding,
    admit_ruling,
)
from lenskeeper.reporting.periods import period_of
from lenskeeper.reporting.rows_disputed import page
from lenskeeper.reporting.rows_objections import Draft, Issued
from lenskeeper.reporting.snapshots import Snapshot
from lenskeeper.reporting.tables_objections import annex
from lenskeeper.tickets import rows_contracts
from lenskeeper.tickets.clocks import working_day_after
from lenskeeper.tickets.contracts import ContractId
from lenskeeper.tickets.rows_calendars import calendar_named
from lenskeeper.units import rows as units


@dataclass(frozen=True, slots=True)
class NewAssessment:
    """What is to be assessed. month: 2026-10. contract, unit: a name or a path, one of them.

    days:     working days in which somebody may object, after the day of the draft.
    calendar: by whose working days; empty: the contract's, else Monday to Friday.
    """

    month: str
    scheme: SchemeOrder
    contract: str = ""
    unit: str = ""
    days: int = DAYS_USUAL
    calendar: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """An assessment in a list. whose: the contract's name or the unit's path."""

    proceeding: Proceeding
    whose: str
    objections: tuple[Objection, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """An assessment with all that belongs to it. issued: None while it is a draft."""

    line: Line
    draft: Snapshot
    issued: Snapshot | None


def draft_assessment(home: Home, new: NewAssessment, actor: ActorId) -> Proceeding:
    """Freeze a draft and open the time for objections. Errors: as rows_objections.draft; no such scheme or calendar."""
    if bool(new.contract) == bool(new.unit):
        raise Invalid("name a contract or a unit, one of them", field="contract")
    if not 1 <= new.days <= DAYS_MAX:
        raise Invalid(f"--days is 1 to {DAYS_MAX} working days", field="days")
    text, now_s = scheme_text(new.scheme), home.now_s()

    def work(connection: Connection) -> Proceeding:
        contract_id = unit_id = None
        calendar = new.calendar
        if new.contract:
            kept = rows_contracts.named(connection, Scope.ALL, new.contract)
            contract_id, tz, calendar = kept.contract_id, kept.tz, calendar or kept.calendar
        else:
            unit_id = units.find(connection, Scope.ALL, new.unit)
            tz = units.get(connection, Scope.ALL, unit_id).tz
        hours = calendar_named(connection, Scope.ALL, calendar) if calendar else None
        until_day = working_day_after(local_day(now_s, tz), new.days, hours)
        order = Draft(
            contract_id, unit_id, period_of(new.month, tz), new.scheme.name, text, until_day, calendar,
            exercise=bool(home.exercise),
        )  # fmt: skip
        return rows_objections.draft(connection, order, actor=actor, now_s=now_s)

    return home.store.write(work, durable=True)


def assessments(home: Home, scope: Scope = Scope.ALL) -> list[Line]:
    """All that may be seen, the newest first."""
    with home.store.read() as connection:
        return [_line(connection, of) for of in rows_objections.proceedings(connection, scope)]


def shown(home: Home, assessment_id: int, scope: Scope = Scope.ALL) -> Shown:
    """One of them. NotFound: there is none of this number."""
    with home.store.read() as connection:
        of = rows_objections.proceeding(connection, scope, assessment_id)
        draft = rows_objections.draft_of(connection, of)
        return Shown(_line(connection, of), draft, rows_objections.issue_of(connection, of))


def changes_of(home: Home, assessment_id: int) -> tuple[Explained, ...]:
    """Each figure that is not as the draft has it, with its causes; of a draft, as the books stand now."""
    with home.store.read() as connection:
        return rows_objections.changes(connection, Scope.ALL, assessment_id, now_s=home.now_s())


def object_to(
    home: Home, assessment_id: int, camera: str | PointId, span: Span, reason: str, actor: ActorId
) -> Objection:
    """Dispute a stretch of a camera. camera: its code or whole name. Errors: as rows_objections.enter_objection."""
    now_s = home.now_s()

    def work(connection: Connection) -> Objection:
        point_id = find_camera(connection, camera, now_s).point_id
        return rows_objections.enter_objection(
            connection, Scope.ALL, assessment_id, point_id, span, reason=reason, actor=actor, now_s=now_s
        )

    return home.store.write(work, durable=True)


def page_of(
    home: Home, assessment_id: int, number: int, scope: Scope = Scope.ALL
) -> tuple[Page, Effect | None]:
    """The page of an objection, and what upholding it in full would do; None once it was ruled."""
    with home.store.read() as connection:
        one = rows_objections.objection(connection, scope, assessment_id, number)
        is_ruled = one.upheld is not None
        would = None if is_ruled else rows_objections.effect(connection, Scope.ALL, one)
        return page(connection, scope, one), would


@dataclass(frozen=True, slots=True)
class Ruling:
    """What somebody decides. span: narrower than the objection, or None for all of it."""

    upheld: bool
    words: str
    span: Span | None = None


def try_ruling(
    home: Home, assessment_id: int, number: int, ruling: Ruling, actor: ActorId
) -> tuple[Objection, Effect | None]:
    """What a ruling would do; nothing is written. Errors: as rule_on."""
    with home.store.read() as connection:
        of = rows_objections.proceeding(connection, Scope.ALL, assessment_id)
        one = rows_objections.objection(connection, Scope.ALL, assessment_id, number)
        span = ruling.span or (one.a, one.b)
        admit_ruling(of, one, span, ruling.words, upheld=ruling.upheld, actor=actor)
        return one, rows_objections.effect(connection, Scope.ALL, one, span) if ruling.upheld else None


def rule_on(
    home: Home, assessment_id: int, number: int, ruling: Ruling, actor: ActorId
) -> tuple[Objection, Effect | None]:
    """Decide an objection, and what that did where it was upheld. Errors: as rows_objections.rule."""
    now_s = home.now_s()
    return home.store.write(
        lambda connection: rows_objections.rule(
            connection, Scope.ALL, assessment_id, number, upheld=ruling.upheld, words=ruling.words,
            span=ruling.span, actor=actor, now_s=now_s,
        ),
        durable=True,
    )  # fmt: skip


def issue_assessment(
    home: Home, assessment_id: int, actor: ActorId, agreed_by: ActorId | None = None
) -> Issued:
    """Count it again and freeze it. agreed_by: for the other side, before the time. Errors: as rows_objections.issue."""
    now_s = home.now_s()
    return home.store.write(
        lambda connection: rows_objections.issue(
            connection, Scope.ALL, assessment_id, agreed_by=agreed_by, actor=actor, now_s=now_s
        ),
        durable=True,
    )


def write_assessment(home: Home, assessment_id: int, paths: Sequence[Path], language: Language) -> None:
    """The draft or what was issued, with its objections and rulings, as .pdf or .xlsx.

    Conflict: a file is there already. Invalid: another kind of file; no font for the language.
    """
    if not paths:
        return
    found = shown(home, assessment_id)
    of, frozen = found.line.proceeding, found.issued or found.draft
    draft = found.draft.issue.report, found.draft.sha256
    told = () if found.issued is None else changes_of(home, assessment_id)
    for path in paths:
        must_be_free(path)
        beside = annex(of, found.line.objections, told, draft, language, cameras=path.suffix == ".xlsx")
        match path.suffix:
            case ".pdf":
                path.write_bytes(pdf_bytes(frozen, language, annex=beside))
            case ".xlsx":
                path.write_bytes(xlsx_bytes(frozen, language, beside))
            case other:
                raise Invalid(
                    f"an assessment is written as .pdf or .xlsx, not as {other or 'a folder'}", field="to"
                )


def _line(connection: Connection, of: Proceeding) -> Line:
    found = rows_objections.objections(connection, Scope.ALL, of.assessment_id)
    if of.contract_id is not None:
        whose = rows_contracts.contract(connection, Scope.ALL, ContractId(of.contract_id)).name
    else:
        paths = {unit.unit_id: unit.path for unit in units.tree(connection, Scope.ALL)}
        whose = paths.get(of.unit_id, "") if of.unit_id is not None else ""
    return Line(of, whose, tuple(found))
