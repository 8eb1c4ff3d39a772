"""Assessments, their objections and rulings: who may do what and when is decided in objections.py.

A ruling is written through availability's own functions, as a plan of excluded time with the objector as author and
the ruler as second person, so every book follows it. Each act is one transaction with its audit entry.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, insert, or_, select, update

from lenskeeper.audit import rows as audit
from lenskeeper.availability.exclusions import Claim, Exclusion, Kind
from lenskeeper.availability.figures import REPORTED, Window
from lenskeeper.availability.maintenance import Target
from lenskeeper.availability.rows_exclusions import POINTS_AT_ONCE, active_plans, aimed_at, windows_if
from lenskeeper.availability.rows_maintenance import approve, propose
from lenskeeper.availability.rows_windows import all_of_windows
from lenskeeper.base.access import ActorId, Scope
from lenskeeper.base.days import date_of, day_span
from lenskeeper.base.errors import Conflict, Invalid, NotFound
from lenskeeper.base.spans import Span, union
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_present import slices
from lenskeeper.inventory.schema import contract_point
from lenskeeper.reporting.assessment import assessment_of
from lenskeeper.reporting.definitions import Metric
from lenskeeper.reporting.lots import Lot
from lenskeeper.reporting.objections import (
    OBJECTIONS_MAX,
    REGISTER,
    Cause,
    Causes,
    Effect,
    Explained,
    Objection,
    Proceeding,
    Why,
    admit_issue,
    admit_objection,
    admit_ruling,
    by_point,
    causes_of_point,
    explained,
    less,
    packed,
    places,
    reason_of_plan,
    seal_of,
    sums_of_point,
    unpacked,
)
from lenskeeper.reporting.periods import Period, PeriodKind
from lenskeeper.reporting.report import Part, Report
from lenskeeper.reporting.rows import report, sums_of
from lenskeeper.reporting.rows_issues import issue as issue_report
from lenskeeper.reporting.rows_issues import snapshot
from lenskeeper.reporting.rows_schemes import patrols
from lenskeeper.reporting.schema import assessment as assessment_table
from lenskeeper.reporting.schema import objection as objection_table
from lenskeeper.reporting.schemes import assess, parse_schemes, scheme_named
from lenskeeper.reporting.snapshots import Snapshot, compare_revisions
from lenskeeper.reporting.sums import Sums, added
from lenskeeper.tickets.contracts import ContractId
from lenskeeper.tickets.rows_contracts import contract, in_lots, span_of
from lenskeeper.units.ids import UnitId
from lenskeeper.units.rows import within

SUPPOSED: Final = 1 << 40  # the number of a plan that is only supposed: later than each that is there


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be assessed: a contract's lot or a unit, over a month of its own calendar.

    scheme, scheme_text: its name in the text, and the whole text as it was read.
    calendar:            by whose working days the period of objection was counted; empty: Monday to Friday.
    open_until_day:      the last local day on which somebody may object.
    """

    contract_id: ContractId | None
    unit_id: UnitId | None
    period: Period
    scheme: str
    scheme_text: str
    open_until_day: int
    calendar: str = ""
    exercise: bool = False


@dataclass(frozen=True, slots=True)
class Issued:
    """What came of an issue. changes: against the draft, each with its causes; empty where nothing changed."""

    proceeding: Proceeding
    snapshot: Snapshot
    changes: tuple[Explained, ...]


# -- reading


def proceedings(connection: Connection, scope: Scope) -> list[Proceeding]:
    """All assessments that may be seen, the newest first."""
    query = select(assessment_table).where(_sees(scope)).order_by(assessment_table.c.id.desc())
    return [_proceeding(row) for row in connection.execute(query)]


def proceeding(connection: Connection, scope: Scope, assessment_id: int) -> Proceeding:
    """One of them. NotFound: there is none of this number, or it may not be seen."""
    query = select(assessment_table).where(assessment_table.c.id == assessment_id, _sees(scope))
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(
            f"there is no assessment {assessment_id}; `lenskeeper assess list` shows those there are"
        )
    return _proceeding(row)


def objections(connection: Connection, scope: Scope, assessment_id: int) -> list[Objection]:
    """The objections to an assessment, in the order they were made. NotFound: as `proceeding`."""
    proceeding(connection, scope, assessment_id)
    query = select(objection_table).where(objection_table.c.assessment_id == assessment_id)
    return [_objection(row) for row in connection.execute(query.order_by(objection_table.c.number))]


def objection(connection: Connection, scope: Scope, assessment_id: int, number: int) -> Objection:
    """One of them. NotFound: there is none, or the assessment may not be seen."""
    for one in objections(connection, scope, assessment_id):
        if one.number == number:
            return one
    raise NotFound(f"assessment {assessment_id} has no objection {number}")


def draft_of(connection: Connection, of: Proceeding) -> Snapshot:
    """The draft that objections were made to, byte for byte; of an assessment that was just read under a scope."""
    return snapshot(connection, Scope.ALL, of.draft_id)


def issue_of(connection: Connection, of: Proceeding) -> Snapshot | None:
    """What was issued of an assessment that was just read under a scope; None while it is a draft."""
    return None if of.report_id is None else snapshot(connection, Scope.ALL, of.report_id)


def changes(connection: Connection, scope: Scope, assessment_id: int, *, now_s: int) -> tuple[Explained, ...]:
    """Each figure that is not as the draft has it, with its causes: as it was issued, or as the books stand now.

    Of a draft this makes a whole report. NotFound: as `proceeding`.
    """
    of = proceeding(connection, scope, assessment_id)
    before = draft_of(connection, of).issue.report
    issued = issue_of(connection, of)
    if issued is None:
        after = _report(connection, of, now_s=now_s, exercise=before.exercise)
        causes = _causes(connection, of, before, after, objections(connection, scope, assessment_id))
    else:
        after = issued.issue.report
        kept = select(assessment_table.c.causes).where(assessment_table.c.id == assessment_id)
        causes = unpacked(connection.execute(kept).scalar_one() or "{}")
    return explained(compare_revisions(before, after), before, after, causes)


def effect(connection: Connection, scope: Scope, one: Objection, span: Span | None = None) -> Effect:
    """What upholding an objection would do, in full or for a narrower span. Nothing is written."""
    of = proceeding(connection, scope, one.assessment_id)
    had = objections(connection, scope, one.assessment_id)
    draft = draft_of(connection, of).issue.report
    parts = by_point(draft)
    upheld = {other.point_id for other in had if other.upheld}
    some = {point_id: parts[point_id] for point_id in sorted(upheld | {one.point_id})}
    now = _sums_if(connection, some)
    claim = Claim(Kind.RULING, SUPPOSED, (span or (one.a, one.b),))
    windows = windows_if(connection, [one.point_id], active_plans(connection), [claim])
    then = _sums_if(connection, {one.point_id: parts[one.point_id]}, windows)[one.point_id]
    rest = less(draft.whole.sums, added(sums_of_point(own) for own in some.values()))
    whole = added([rest, *now.values()])
    return Effect(
        point_before=now[one.point_id],
        point_after=then,
        whole_before=whole,
        whole_after=added([less(whole, now[one.point_id]), then]),
    )


def lot_of(connection: Connection, scope: Scope, contract_id: ContractId, a: int, b: int) -> Lot:
    """The points of a contract's lot in [a, b), and when. NotFound: no such contract. Invalid: it keeps none then."""
    one = contract(connection, scope, contract_id)
    begin_s, end_s = span_of(one)
    spans: dict[PointId, list[Span]] = defaultdict(list)
    rows = connection.execute(select(contract_point).where(contract_point.c.contract_id == contract_id))
    for row in rows:
        begin, end = max(a, begin_s, row.from_s), min(b, end_s, end_s if row.to_s is None else row.to_s)
        if begin < end:
            spans[PointId(row.point_id)].append((begin, end))
    if not spans:
        raise Invalid(f"the lot of {one.name} has no camera in that month", field="contract")
    return Lot(contract_id, one.name, {point_id: tuple(union(own)) for point_id, own in spans.items()})


# -- writing


def draft(connection: Connection, new: Draft, *, actor: ActorId, now_s: int) -> Proceeding:
    """Freeze an assessment as a draft, and open the time for objections.

    Conflict: this one is there already, or the month is not over. Invalid, NotFound: no such scheme; an empty lot.
    """
    period = new.period
    if period.kind is not PeriodKind.MONTH:
        raise Invalid(f"{period.name}: an assessment is of a month; write 2026-10", field="period")
    if now_s < period.b_s:
        raise Conflict(f"{period.name} is not over: assess it from {date_of(period.end_day)} on")
    columns = assessment_table.c
    same = select(columns.id).where(
        columns.contract_id == new.contract_id if new.contract_id else columns.unit_id == new.unit_id,
        columns.first_day == period.first_day,
        columns.scheme == new.scheme,
    )
    if (there := connection.execute(same).scalar()) is not None:
        raise Conflict(f"assessment {there} is of that month by this scheme already")
    row: dict[str, Any] = {
        "contract_id": new.contract_id, "unit_id": new.unit_id, "first_day": period.first_day,
        "end_day": period.end_day, "tz": period.tz, "scheme": new.scheme, "scheme_text": new.scheme_text,
        "scheme_sha256": "", "calendar": new.calendar, "open_until_day": new.open_until_day,
        "drafted_s": now_s, "drafted_by": actor,
    }  # fmt: skip
    # not a row yet: it is only written with the number of its report
    of = Proceeding(assessment_id=0, draft_id=0, **row)
    draft_id, made = _frozen(connection, of, actor=actor, now_s=now_s, exercise=new.exercise)
    assert made.issue.assessment is not None
    row |= {"draft_id": draft_id, "scheme_sha256": made.issue.assessment.scheme_sha256}
    written = connection.execute(insert(assessment_table).values(row).returning(columns.id)).scalar_one()
    of = proceeding(connection, Scope.ALL, int(written))
    _enter(
        connection, f"assessment:{of.assessment_id}", "assessment.draft", actor, now_s,
        {"month": of.month, "contract": of.contract_id, "unit": of.unit_id, "scheme": of.scheme,
         "scheme_sha256": of.scheme_sha256, "report": draft_id, "sha256": made.sha256,
         "open_until": date_of(of.open_until_day).isoformat()},
    )  # fmt: skip
    return of


def enter_objection(
    connection: Connection,
    scope: Scope,
    assessment_id: int,
    point_id: PointId,
    span: Span,
    *,
    reason: str,
    actor: ActorId,
    now_s: int,
) -> Objection:
    """Dispute a stretch of one camera.

    NotFound: no such assessment, or the camera is not in it. Conflict, Invalid: as objections.admit_objection.
    """
    of = _locked(connection, scope, assessment_id)
    parts = by_point(draft_of(connection, of).issue.report).get(point_id)
    if parts is None:
        raise NotFound(f"assessment {assessment_id} has no camera {point_id}: it is not of that lot or unit")
    had = objections(connection, scope, assessment_id)
    mine = [one for one in had if one.point_id == point_id]
    admit_objection(of, span, union((p.a_s, p.b_s) for p in parts), reason, mine, now_s)
    if len(had) >= OBJECTIONS_MAX:
        raise Conflict(f"assessment {assessment_id} has {OBJECTIONS_MAX} objections: no more are taken")
    number = len(had) + 1
    values = {"assessment_id": assessment_id, "number": number, "point_id": point_id, "a": span[0], "b": span[1],
              "reason": reason.strip(), "entered_s": now_s, "author": actor}  # fmt: skip
    connection.execute(insert(objection_table).values(values))
    one = objection(connection, scope, assessment_id, number)
    detail = {"point": point_id, "from_s": span[0], "to_s": span[1], "reason": one.reason}
    _enter(connection, f"objection:{one.name}", "objection.enter", actor, now_s, detail)
    return one


def rule(
    connection: Connection,
    scope: Scope,
    assessment_id: int,
    number: int,
    *,
    upheld: bool,
    words: str,
    span: Span | None = None,
    actor: ActorId,
    now_s: int,
) -> tuple[Objection, Effect | None]:
    """Decide an objection as another person, in full or for a narrower span; with what it did, if it was upheld.

    Upheld, it is a plan of excluded time: author the objector, second person the ruler.
    NotFound: no such objection. Conflict, NotAllowed, Invalid: as objections.admit_ruling.
    """
    of = _locked(connection, scope, assessment_id)
    one = objection(connection, scope, assessment_id, number)
    wanted = span or (one.a, one.b)
    admit_ruling(of, one, wanted, words, upheld=upheld, actor=actor)
    values: dict[str, Any] = {
        "ruled_s": now_s,
        "ruled_by": actor,
        "is_upheld": int(upheld),
        "words": words.strip(),
    }
    found = None
    if upheld:
        found = effect(connection, scope, one, wanted)
        plan = propose(
            connection, target=Target(points=(one.point_id,)), when=[wanted], kind=Kind.RULING,
            reason=reason_of_plan(one, words), actor=one.author, now_s=now_s,
        )  # fmt: skip
        assert plan.pending  # its month is over, so it began before it was entered
        approve(connection, plan.plan_id, actor=actor, now_s=now_s)
        values |= {"ruled_a": wanted[0], "ruled_b": wanted[1], "plan_id": plan.plan_id}
    where = (objection_table.c.assessment_id == assessment_id, objection_table.c.number == number)
    connection.execute(update(objection_table).where(*where).values(values))
    detail = {"author": one.author, "upheld": upheld, "from_s": wanted[0], "to_s": wanted[1], "words": words.strip(),
              "plan": values.get("plan_id")}  # fmt: skip
    _enter(connection, f"objection:{one.name}", "objection.rule", actor, now_s, detail)
    return objection(connection, scope, assessment_id, number), found


def issue(
    connection: Connection,
    scope: Scope,
    assessment_id: int,
    *,
    agreed_by: ActorId | None = None,
    actor: ActorId,
    now_s: int,
) -> Issued:
    """Count it again, once for all rulings, and freeze what it came to beside the draft, which stays.

    Where nothing changed, the draft's own revision is what is issued. agreed_by: for the other side, before the time.
    Errors: as objections.admit_issue.
    """
    of = _locked(connection, scope, assessment_id)
    had = objections(connection, scope, assessment_id)
    admit_issue(of, had, actor, agreed_by, now_s)
    early = agreed_by if of.is_open(now_s) else None
    before = draft_of(connection, of).issue.report
    report_id, made = _frozen(connection, of, actor=actor, now_s=now_s, exercise=before.exercise)
    after = made.issue.report
    causes = {} if report_id == of.draft_id else _causes(connection, of, before, after, had)
    seal = seal_of(had)
    connection.execute(
        update(assessment_table)
        .where(assessment_table.c.id == assessment_id)
        .values(
            issued_s=now_s, issued_by=actor, agreed_by=early, report_id=report_id, causes=packed(causes),
            rulings_sha256=seal,
        )
    )  # fmt: skip
    _enter(
        connection, f"assessment:{assessment_id}", "assessment.issue", actor, now_s,
        {"report": report_id, "sha256": made.sha256, "objections": len(had),
         "upheld": sum(bool(one.upheld) for one in had), "rulings_sha256": seal, "agreed_by": early},
    )  # fmt: skip
    told = explained(compare_revisions(before, after), before, after, causes)
    return Issued(proceeding(connection, scope, assessment_id), made, told)


# -- the report of an assessment, and why it changed


def _frozen(
    connection: Connection, of: Proceeding, *, actor: ActorId, now_s: int, exercise: bool
) -> tuple[int, Snapshot]:
    found = _report(connection, of, now_s=now_s, exercise=exercise)
    scheme = scheme_named(parse_schemes(of.scheme_text), of.scheme)
    points = assessment_of(assess(scheme, found, patrols(connection, scheme, found)), of.scheme_text.encode())
    report_id, made, _ = issue_report(connection, found, actor=actor, at_s=now_s, assessment=points)
    return report_id, made


def _report(connection: Connection, of: Proceeding, *, now_s: int, exercise: bool) -> Report:
    a, b = day_span(of.first_day, of.tz)[0], day_span(of.end_day - 1, of.tz)[1]
    period = Period(PeriodKind.MONTH, of.first_day, of.end_day, of.tz, a, b)
    lot = None
    if of.contract_id is not None:
        lot = lot_of(connection, Scope.ALL, ContractId(of.contract_id), a, b)
    return report(connection, Scope.ALL, of.unit_id, period, now_s=now_s, exercise=exercise, lot=lot)


def _causes(
    connection: Connection, of: Proceeding, before: Report, after: Report, had: Sequence[Objection]
) -> Causes:
    """Why the figures of each camera changed: what excluded time did is worked out, what is left is late or register."""
    old, new = by_point(before), by_point(after)
    found: dict[PointId, dict[Metric, tuple[Cause, ...]]] = {
        point_id: dict.fromkeys(Metric, (REGISTER,)) for point_id in old.keys() ^ new.keys()
    }
    sums = {p: (sums_of_point(old[p]), sums_of_point(new[p])) for p in old.keys() & new.keys()}
    differ = sorted(point_id for point_id, (was, now) in sums.items() if was != now)
    rulings = {one.plan_id: Cause(Why.RULING, one.number) for one in had if one.plan_id is not None}
    plans = _Plans.read(connection, of.drafted_s, rulings)
    for some in slices(differ, POINTS_AT_ONCE):
        aimed = _moved_at(connection, some, plans)
        mine = {point_id: new[point_id] for point_id in aimed}
        undone = _sums_if(connection, mine, windows_if(connection, list(mine), plans.then)) if mine else {}
        without: dict[PointId, dict[Cause, Sums]] = defaultdict(dict)
        several = {point_id: own for point_id, own in aimed.items() if len(own) > 1}
        for point_id in aimed.keys() - several.keys():  # nearly all: without its one plan is without any
            plan_id = min(aimed[point_id])
            without[point_id][rulings.get(plan_id, Cause(Why.PLAN, plan_id))] = undone[point_id]
        for plan_id in sorted({one for own in several.values() for one in own}):
            these = {point_id: new[point_id] for point_id, own in several.items() if plan_id in own}
            windows = windows_if(connection, list(these), plans.without(plan_id))
            for point_id, one in _sums_if(connection, these, windows).items():
                without[point_id][rulings.get(plan_id, Cause(Why.PLAN, plan_id))] = one
        as_was = _sums_as_was(
            connection, {p: old[p] for p in some if places(old[p]) != places(new[p])}, plans
        )
        for point_id in some:
            was, now = sums[point_id]
            reset = undone.get(point_id, now)
            found[point_id] = causes_of_point(was, as_was.get(point_id, reset), reset, now, without[point_id])
    return found


@dataclass(frozen=True, slots=True)
class _Plans:
    """What plans exclude now, what they excluded when the draft was made, and which of them came or went since."""

    now: Mapping[int, Claim]
    then: Mapping[int, Claim]
    moved: frozenset[int]

    @classmethod
    def read(cls, connection: Connection, drafted_s: int, rulings: Mapping[int, Cause]) -> "_Plans":
        now = active_plans(connection)
        then = {
            plan_id: claim
            for plan_id, claim in active_plans(connection, drafted_s).items()
            if plan_id not in rulings  # of the very second of the draft, perhaps
        }
        ids = now.keys() | then.keys()
        return cls(now, then, frozenset(one for one in ids if now.get(one) != then.get(one)))

    def without(self, plan_id: int) -> dict[int, Claim]:
        """All as they are now, but this one as it was."""
        others = {one: claim for one, claim in self.now.items() if one != plan_id}
        return others | ({plan_id: self.then[plan_id]} if plan_id in self.then else {})


def _sums_as_was(
    connection: Connection, parts: Mapping[PointId, Sequence[Part]], plans: _Plans
) -> dict[PointId, Sums]:
    """What the books give now for the parts that cameras had in the draft, with what was excluded then."""
    return _sums_if(connection, parts, windows_if(connection, list(parts), plans.then)) if parts else {}


def _moved_at(
    connection: Connection, points: Sequence[PointId], plans: _Plans
) -> dict[PointId, frozenset[int]]:
    """Those of the points at which a plan is aimed that came or went, with these plans."""
    if not plans.moved:
        return {}
    return {
        point_id: own
        for point_id, times in sorted(aimed_at(connection, points).items())
        if (own := plans.moved & {time.plan_id for time in times})
    }


def _sums_if(
    connection: Connection,
    parts: Mapping[PointId, Sequence[Part]],
    instead: Mapping[PointId, Sequence[Exclusion]] | None = None,
) -> dict[PointId, Sums]:
    """What the books give for these parts now, or would give if other time were excluded; the register's as it is."""
    flat = [part for own in parts.values() for part in own]
    windows = [Window(part.point_id, part.a_s, part.b_s) for part in flat]
    found: dict[PointId, list[Sums]] = {point_id: [] for point_id in parts}
    for part, lanes in zip(flat, all_of_windows(connection, windows, REPORTED, instead=instead), strict=True):
        filed = {"fields_filled": part.sums.fields_filled, "fields_required": part.sums.fields_required}
        one = sums_of(dict(zip(REPORTED, lanes, strict=True)))
        found[part.point_id].append(replace(one, **filed))
    return {point_id: added(own) for point_id, own in found.items()}


# -- rows


def _sees(scope: Scope) -> ColumnElement[bool]:
    return or_(
        within(scope, assessment_table.c.unit_id),
        in_lots(scope, assessment_table.c.contract_id),
    )


def _locked(connection: Connection, scope: Scope, assessment_id: int) -> Proceeding:
    """The assessment, so that nobody issues it while somebody objects or rules."""
    query = select(assessment_table.c.id).where(assessment_table.c.id == assessment_id).with_for_update()
    connection.execute(query).all()
    return proceeding(connection, scope, assessment_id)


def _enter(
    connection: Connection, subject: str, act: str, actor: ActorId, now_s: int, detail: Mapping[str, object]
) -> None:
    audit.append(connection, actor=actor, at_s=now_s, act=act, subject=subject, detail=detail)


def _proceeding(row: Row[Any]) -> Proceeding:
    return Proceeding(
        assessment_id=row.id, contract_id=row.contract_id,
        unit_id=None if row.unit_id is None else UnitId(row.unit_id),
        first_day=row.first_day, end_day=row.end_day, tz=row.tz, scheme=row.scheme, scheme_text=row.scheme_text,
        scheme_sha256=row.scheme_sha256, calendar=row.calendar, open_until_day=row.open_until_day,
        drafted_s=row.drafted_s, drafted_by=ActorId(row.drafted_by), draft_id=row.draft_id, issued_s=row.issued_s,
        issued_by=row.issued_by, agreed_by=row.agreed_by, report_id=row.report_id,
        rulings_sha256=row.rulings_sha256,
    )  # fmt: skip


def _objection(row: Row[Any]) -> Objection:
    return Objection(
        assessment_id=row.assessment_id, number=row.number, point_id=PointId(row.point_id), a=row.a, b=row.b,
        reason=row.reason, entered_s=row.entered_s, author=ActorId(row.author),
        upheld=None if row.is_upheld is None else bool(row.is_upheld),
        ruled=None if row.ruled_a is None else (row.ruled_a, row.ruled_b), ruled_s=row.ruled_s,
        ruled_by=row.ruled_by, words=row.words, plan_id=row.plan_id,
    )  # fmt: skip
