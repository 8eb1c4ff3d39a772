"""Contracts with their lots and deductions, the acceptance of batches, and assessments with their objections.

A contractor's person has a grant over the lot: sees its month and may object. What binds both sides (a draft, a ruling, an issue, a
signature) is for whoever sees the lot's cameras by their units.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path as File
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field

from lenskeeper.accounts.verbs import Verb
from lenskeeper.base.access import Scope
from lenskeeper.base.days import day_span
from lenskeeper.base.errors import NotAllowed, NotFound
from lenskeeper.base.languages import Language
from lenskeeper.house import acceptance, assessments
from lenskeeper.house import contracts as house
from lenskeeper.house.cameras import find_camera
from lenskeeper.house.reports import SchemeOrder
from lenskeeper.inventory import rows_points
from lenskeeper.inventory.ids import PointId
from lenskeeper.reporting.definitions import Metric
from lenskeeper.reporting.objections import DAYS_USUAL, Effect, Objection
from lenskeeper.reporting.snapshots import Snapshot
from lenskeeper.tickets import rows_contracts
from lenskeeper.tickets.acceptance import AcceptanceSheet, Check, Why, Word, counted
from lenskeeper.tickets.contracts import ContractId
from lenskeeper.tickets.rows_acceptance import Batch
from lenskeeper.units import rows as units
from lenskeeper.web.asking import Asking, may
from lenskeeper.web.files import a_file
from lenskeeper.web.pages import Id, InstantSaid, Number, Shown
from lenskeeper.web.plans import download
from lenskeeper.web.second import Second, second_hand

router = APIRouter(prefix="/api", tags=["work"])

See = Annotated[Asking, may(Verb.SEE)]
Contracts = Annotated[Asking, may(Verb.CONTRACT)]
Name = Annotated[str, Path(min_length=1, max_length=200)]
Month = Annotated[str, Path(pattern=r"^\d{4}-\d{2}$")]
Text = Annotated[str, Field(max_length=1_000)]
Short = Annotated[str, Field(max_length=200)]

FILE_CHARS_MAX: Final = 4 * 1024 * 1024  # of boundaries or a scheme as text


# ---- contracts


class ClockRow(Shown):
    """The clocks of a class, in seconds of the contract's own time."""

    klass: int
    respond_s: int
    restore_s: int


class ContractRow(Shown):
    """A contract. state: "to come", "in force" or "over". points: of its lot now, as far as they may be seen."""

    contract_id: int
    name: str
    contractor: str
    document: str
    from_day: int
    to_day: int
    calendar: str
    tz: str
    points: int
    state: str
    monthly_fee_cents: int
    tickets_per_day_max: int
    warranty_months: int
    lease_end_day: int | None
    clocks: list[ClockRow]
    penalties: dict[str, int | bool | None]


class LotPointRow(Shown):
    """A point of a lot."""

    point_id: int
    code: str
    name: str
    klass: int
    from_s: int
    to_s: int


class ContractShown(Shown):
    """A contract and its lot as of now; before it begins, as of its first day."""

    contract: ContractRow
    points: list[LotPointRow]


class DeductionRow(Shown):
    """count x each_cents = amount_cents by a clause; or nothing, with the reason. left_out_s: by why."""

    clause: str
    reason: str
    ticket_id: int | None
    kind: str
    subject: str
    count: int
    each_cents: int
    amount_cents: int
    payer: str
    left_out_s: dict[str, int]
    refused_s: int
    guarantee: str
    is_capped: bool


class MonthShown(Shown):
    """The deductions of a month as the books stand. numerator, denominator: of the lot's online rate, camera-seconds."""

    name: str
    contractor: str
    first_day: int
    end_day: int
    tz: str
    until_s: int
    is_over: bool
    sum_cents: int
    cap_cents: int | None
    total_cents: int
    numerator: int
    denominator: int
    expected_s: int
    target_hundredths: int
    lines: list[DeductionRow]


@router.get("/contracts")
def contracts(asking: See) -> list[ContractRow]:
    """Every contract that may be seen, by name."""
    return [_contract(one) for one in house.contract_lines(asking.home, asking.scope)]


def _contract(line: house.ContractLine) -> ContractRow:
    one, terms = line.contract, line.contract.terms
    own = {
        name: getattr(one, name)
        for name in ("contract_id", "name", "contractor", "document", "from_day", "to_day", "calendar", "tz")
    }
    penalties = {name: getattr(terms.penalties, name) for name in terms.penalties.__struct_fields__}
    return ContractRow(
        **own, points=line.points, state=line.state, monthly_fee_cents=terms.monthly_fee_cents,
        tickets_per_day_max=terms.tickets_per_day_max, warranty_months=terms.warranty_months,
        lease_end_day=terms.lease_end_day, penalties=penalties,
        clocks=[
            ClockRow(klass=klass, respond_s=terms.clock(klass).respond_s, restore_s=terms.clock(klass).restore_s)
            for klass in (1, 2, 3)
        ],
    )  # fmt: skip


@router.get("/contracts/{name}")
def contract(asking: See, name: Name) -> ContractShown:
    """One contract with its lot, as far as its points may be seen."""
    one, points = house.shown_contract(asking.home, name, asking.scope)
    line = house.ContractLine(one, len(points), house.state_of(one, asking.now_s))
    return ContractShown(
        contract=_contract(line),
        points=[LotPointRow.model_validate(each, from_attributes=True) for each in points],
    )


@router.get("/contracts/{name}/months/{month}")
def month(asking: Contracts, name: Name, month: Month) -> MonthShown:
    """A month's deductions line by line. NotAllowed: some of the lot's cameras may not be seen."""
    found = house.month_of(asking.home, name, month, asking.scope)
    settled, period = found.settlement, found.period
    return MonthShown(
        name=found.contract.name, contractor=found.contract.contractor, first_day=period.first_day,
        end_day=period.end_day, tz=period.tz, until_s=period.b_s, is_over=found.made_s >= _end_s(period),
        sum_cents=settled.sum_cents, cap_cents=settled.cap_cents, total_cents=settled.total_cents,
        numerator=settled.rate.numerator, denominator=settled.rate.denominator, expected_s=settled.rate.expected_s,
        target_hundredths=found.terms.penalties.online_target_hundredths,
        lines=[
            DeductionRow(
                clause=line.clause, reason=line.reason, ticket_id=line.ticket_id, kind=line.kind, subject=line.subject,
                count=line.count, each_cents=line.each_cents, amount_cents=line.amount_cents, payer=line.payer,
                left_out_s={why.value: length_s for why, length_s in line.left_out_s}, refused_s=line.refused_s,
                guarantee=line.guarantee, is_capped=line.is_capped,
            )
            for line in settled.lines
        ],
    )  # fmt: skip


def _end_s(period: Any) -> int:
    return int(day_span(period.end_day, period.tz)[0])


@router.get("/contracts/{name}/months/{month}/sheet.{kind}", **a_file("pdf", "xlsx", "csv"))
def month_sheet(
    asking: Contracts,
    name: Name,
    month: Month,
    kind: Annotated[str, Path(pattern="^(pdf|xlsx|csv)$")],
    language: Language = Language.EN,
) -> Response:
    """A month's deductions as a file, .pdf to be signed."""
    found = house.month_of(asking.home, name, month, asking.scope)
    number = found.contract.contract_id
    return download(
        f"deductions-{number}-{month}", f".{kind}", lambda path: house.write_month(found, path, language)
    )


# ---- acceptance


class BatchRow(Shown):
    """A batch of new cameras. end: "signed", "dropped", or empty while it is open. ready_s: when it may be signed."""

    batch_id: int
    name: str
    document: str
    began_s: int
    ready_s: int
    ended_s: int | None
    end: str
    sha256: str
    points: int
    left_out: int


class AnswerRow(Shown):
    """One check of a point. word: passed, failed or untested; there is no fourth."""

    check: Check
    word: Word
    figure: str
    limit: str
    why: Why
    is_demanded: bool
    words: str
    by: str


class SheetPointRow(Shown):
    """A camera of a batch."""

    point_id: int
    name: str
    code: str
    unit: str
    word: Word
    left_out: bool
    answers: list[AnswerRow]


class BatchShown(Shown):
    """A batch and its sheet: as signed, or as it stands now. word: of the whole batch. counts: points by word."""

    batch: BatchRow
    tz: str
    word: Word | None
    counts: dict[Word, int]
    from_s: int | None
    to_s: int | None
    signed_s: int | None
    signed_by: str
    signed_with: str
    points: list[SheetPointRow]


class BatchAsked(Shown):
    """A batch to be begun. tender: TOML; districts: GeoJSON or empty. Codes, an import and a unit add up."""

    name: Short
    document: Short
    tender: Annotated[str, Field(max_length=64 * 1024)]
    codes: Annotated[tuple[Short, ...], Field(max_length=5_000)] = ()
    import_id: Id | None = None
    unit: Text = ""
    districts: Annotated[str, Field(max_length=FILE_CHARS_MAX)] = ""


class AnswerSaid(Shown):
    """What a person saw at one camera."""

    point_id: int
    check: Check
    is_passed: bool
    words: Text


class BatchSigned(Shown):
    """A batch to be signed by two: who asks, and another who proves himself. leave_out: points that stay on trial."""

    leave_out: Annotated[tuple[int, ...], Field(max_length=5_000)] = ()
    beside: Second


class DropAsked(Shown):
    """Why."""

    because: Text


@router.get("/acceptance")
def batches(asking: See) -> list[BatchRow]:
    """The batches all of whose points may be seen, the last first."""
    found = acceptance.listed(asking.home, asking.scope)
    return [_batch(one.batch, one.points, one.left_out) for one in found]


def _batch(one: Batch, points: int, left_out: int) -> BatchRow:
    own = {
        name: getattr(one, name)
        for name in ("batch_id", "name", "document", "began_s", "ended_s", "end", "sha256")
    }
    return BatchRow(**own, ready_s=one.began_s + one.tender.watched_s, points=points, left_out=left_out)


@router.get("/acceptance/{name}")
def batch(asking: See, name: Name) -> BatchShown:
    """One batch with every check of every point."""
    return _shown(acceptance.shown(asking.home, name, asking.scope))


def _shown(found: acceptance.Shown) -> BatchShown:
    one, sheet = found.batch, found.sheet
    points = () if sheet is None else sheet.points
    row = _batch(one, len(points), sum(point.left_out for point in points))
    said: dict[str, Any] = {"word": None, "counts": {}, "from_s": None, "to_s": None, "signed_s": None}
    said |= {"signed_by": "", "signed_with": ""}
    if sheet is not None:
        said = {name: getattr(sheet, name) for name in said if name != "counts"} | {"counts": counted(sheet)}
    return BatchShown(batch=row, tz=one.tz, points=_points(sheet), **said)


def _points(sheet: AcceptanceSheet | None) -> list[SheetPointRow]:
    if sheet is None:
        return []
    return [SheetPointRow.model_validate(each, from_attributes=True) for each in sheet.points]


@router.post("/acceptance", status_code=201)
def begin(asking: Contracts, body: BatchAsked) -> BatchShown:
    """Begin a batch: from now on its points are watched, and count nowhere. NotFound: a point that may not be seen."""
    home, scope = asking.home, asking.scope
    with home.store.read() as connection:
        for code in body.codes:
            point = find_camera(connection, code, asking.now_s)
            rows_points.get(connection, scope, point.point_id, asking.now_s)
        if body.unit:
            units.find(connection, scope, body.unit)
    if body.import_id is not None and scope.units is not None:
        raise NotAllowed("an import may hold cameras of other units: name codes or a unit")
    with _files(tender=body.tender, districts=body.districts) as (tender, districts):
        order = acceptance.BatchOrder(
            body.name, tender, body.document, body.codes, body.import_id, body.unit,
            districts if body.districts else None,
        )  # fmt: skip
        acceptance.begin(home, order, asking.actor)
    return _shown(acceptance.shown(home, body.name, scope))


@contextmanager
def _files(**texts: str) -> Iterator[list[File]]:
    """Texts as files for as long as they are read; what is wrong in one is told of its name."""
    with TemporaryDirectory() as folder:
        paths = [File(folder) / name for name in texts]
        for path, text in zip(paths, texts.values(), strict=True):
            path.write_text(text, encoding="utf-8")
        yield paths


@router.post("/acceptance/{name}/answers")
def answer_check(asking: Contracts, name: Name, body: AnswerSaid) -> BatchShown:
    """Enter what a person saw at one camera; the last answer holds."""
    code = _code_in(asking, name, body.point_id)
    acceptance.answer(
        asking.home, name, code, body.check, asking.actor, is_passed=body.is_passed, words=body.words
    )
    return _shown(acceptance.shown(asking.home, name, asking.scope))


def _code_in(asking: Asking, name: str, point_id: int) -> str:
    acceptance.shown(asking.home, name, asking.scope)  # NotFound: it may not be seen
    with asking.home.store.read() as connection:
        file = rows_points.get(connection, asking.scope, PointId(point_id), asking.now_s).file
    return file.code or file.name


@router.post("/acceptance/{name}/signature")
def sign_batch(asking: Contracts, request: Request, name: Name, body: BatchSigned) -> BatchShown:
    """Sign a batch with two names: service and warranty of its points begin now. Conflict: untested is not passed."""
    codes = [_code_in(asking, name, each) for each in body.leave_out]
    _must_be_units_own(asking)
    acceptance.shown(asking.home, name, asking.scope)
    beside, scope = second_hand(asking, request, body.beside, Verb.CONTRACT)
    acceptance.shown(asking.home, name, scope)
    return _shown(acceptance.sign(asking.home, name, leave_out=codes, by=asking.actor, beside=beside))


@router.post("/acceptance/{name}/drop", status_code=204)
def drop_batch(asking: Contracts, name: Name, body: DropAsked) -> None:
    """End a batch that nobody will sign."""
    _must_be_units_own(asking)
    acceptance.shown(asking.home, name, asking.scope)
    acceptance.drop(asking.home, name, body.because, asking.actor)


@router.get("/acceptance/{name}/sheet.{kind}", **a_file("pdf", "xlsx", "json"))
def acceptance_sheet(
    asking: Contracts,
    name: Name,
    kind: Annotated[str, Path(pattern="^(pdf|xlsx|json)$")],
    language: Language = Language.EN,
) -> Response:
    """The sheet: a draft says so; .json is the very bytes that were signed."""
    found = acceptance.shown(asking.home, name, asking.scope)
    number = found.batch.batch_id
    return download(
        f"acceptance-{number}", f".{kind}", lambda path: acceptance.write_sheet(found, path, language)
    )


# ---- assessment


class AssessmentRow(Shown):
    """An assessment of a month. report_id: None while it is a draft. open_until_day: the last for objections."""

    assessment_id: int
    whose: str
    contract_id: int | None
    unit_id: int | None
    month: str
    scheme: str
    tz: str
    open_until_day: int
    is_open: bool
    drafted_s: int
    drafted_by: str
    issued_s: int | None
    issued_by: str | None
    agreed_by: str | None
    report_id: int | None
    objections: int
    waiting: int


class ObjectionRow(Shown):
    """An objection. upheld: None while nobody has ruled. ruled_a, ruled_b: the stretch that was excluded."""

    number: int
    point_id: int
    name: str
    a: int
    b: int
    reason: str
    entered_s: int
    author: str
    upheld: bool | None
    ruled_a: int | None
    ruled_b: int | None
    ruled_s: int | None
    ruled_by: str | None
    words: str
    plan_id: int | None


class SchemeLine(Shown):
    """A line of the scheme, counted. points: a fraction as text; None where nothing was known."""

    measure: str
    weight: int
    numerator: int
    denominator: int
    unknown: int
    excluded: int
    points: str | None


class Result(Shown):
    """What a draft or an issue came to. numerator, denominator: of the online rate."""

    revision: int
    issued_s: int
    sha256: str
    title: str
    points: str
    out_of: int
    passed: bool | None
    numerator: int
    denominator: int
    lines: list[SchemeLine]


class ChangeRow(Shown):
    """A figure that is not as the draft has it, and why: pairs of a word and a number."""

    by: str
    key: str
    name: str
    metric: str
    before: list[int] | None
    after: list[int] | None
    causes: list[tuple[str, int]]


class AssessmentShown(Shown):
    """An assessment with its objections. may_rule: the asker is of the side that rules and issues."""

    assessment: AssessmentRow
    objections: list[ObjectionRow]
    draft: Result
    issued: Result | None
    may_rule: bool


class DraftAsked(Shown):
    """What is to be assessed. scheme_text: TOML; scheme: its name in it. contract or unit, one of them."""

    month: Annotated[str, Field(pattern=r"^\d{4}-\d{2}$")]
    scheme_text: Annotated[str, Field(max_length=64 * 1024)]
    scheme: Short
    contract: Short = ""
    unit: Text = ""
    days: int = DAYS_USUAL
    calendar: Short = ""


class ObjectionAsked(Shown):
    """A stretch of a camera that is disputed, UTC seconds."""

    point_id: Id
    a: InstantSaid
    b: InstantSaid
    reason: Text


class RulingAsked(Shown):
    """A decision. a, b: narrower than the objection; without: all of it. is_trial: nothing is written."""

    upheld: bool
    words: Text
    a: InstantSaid | None = None
    b: InstantSaid | None = None
    is_trial: bool = False


class EffectRow(Shown):
    """What a ruling does to the online rate: seconds up and seconds known, of the camera and of the whole."""

    point_before: tuple[int, int]
    point_after: tuple[int, int]
    whole_before: tuple[int, int]
    whole_after: tuple[int, int]


class Ruled(Shown):
    """An objection after a ruling, or after a trial of one."""

    objection: ObjectionRow
    effect: EffectRow | None


class StretchRow(Shown):
    """A part of the disputed time in which one lane said one thing. state: up, down, or unknown."""

    lane: str
    a: int
    b: int
    state: str
    reasons: list[str]
    probers: list[str]
    remarks: list[str]


class NeighbourRow(Shown):
    """A camera that hangs on the same, in the disputed time."""

    point_id: int
    name: str
    code: str
    up_s: int
    down_s: int
    unknown_s: int


class TogetherRow(Shown):
    """How the neighbours were while the camera was down."""

    a: int
    b: int
    up: int
    down: int
    unknown: int


class AroundRow(Shown):
    """Excluded time or work near it. waits: not approved, and excludes nothing."""

    plan_id: int
    kind: str
    a: int
    b: int
    author: str
    reason: str
    waits: bool


class WorkRow(Shown):
    """A ticket of the camera that was open then."""

    ticket_id: int
    cause: str
    what: str
    stage: str
    onset_s: int
    opened_s: int
    ended_s: int | None


class ObjectionPage(Shown):
    """All that is known of a disputed stretch, and what upholding it in full would do."""

    objection: ObjectionRow
    name: str
    code: str
    tz: str
    stretches: list[StretchRow]
    near: str
    thing: str
    neighbours: list[NeighbourRow]
    together: list[TogetherRow]
    around: list[AroundRow]
    tickets: list[WorkRow]
    would: EffectRow | None


class IssueAsked(Shown):
    """Issue it. agreed: the other side's person, where it is before the time."""

    agreed: Second | None = None


@router.get("/assessments")
def listed(asking: Contracts) -> list[AssessmentRow]:
    """The assessments of units and lots that may be seen, the newest first."""
    return [_row(asking, line) for line in assessments.assessments(asking.home, asking.scope)]


def _row(asking: Asking, line: assessments.Line) -> AssessmentRow:
    of = line.proceeding
    same = {
        name: getattr(of, name)
        for name in AssessmentRow.model_fields
        if name not in {"whose", "is_open", "objections", "waiting"}
    }
    return AssessmentRow(
        **same, whose=line.whose, is_open=of.is_open(asking.now_s), objections=len(line.objections),
        waiting=sum(one.upheld is None for one in line.objections),
    )  # fmt: skip


@router.get("/assessments/{assessment_id}")
def assessment(asking: Contracts, assessment_id: Number) -> AssessmentShown:
    """One of them, with its objections and what it came to."""
    found = assessments.shown(asking.home, assessment_id, asking.scope)
    return AssessmentShown(
        assessment=_row(asking, found.line),
        objections=[_objection(asking, one) for one in found.line.objections],
        draft=_result(found.draft),
        issued=None if found.issued is None else _result(found.issued),
        may_rule=_rules(asking, found.line),
    )


def _objection(asking: Asking, one: Objection) -> ObjectionRow:
    with asking.home.store.read() as connection:
        name = rows_points.get(connection, Scope.ALL, one.point_id, asking.now_s).file.name
    same = {
        name: getattr(one, name) for name in ObjectionRow.model_fields if name not in {"name", "ruled_a", "ruled_b"}
    }  # fmt: skip
    a, b = one.ruled or (None, None)
    return ObjectionRow(**same, name=name, ruled_a=a, ruled_b=b)


def _result(of: Snapshot) -> Result:
    came = of.assessment
    assert came is not None, "an assessment is frozen with its scheme"
    rate = of.issue.report.whole.figure(Metric.ONLINE)
    return Result(
        revision=of.issue.revision, issued_s=of.issue.issued_at_s, sha256=of.sha256, title=came.title,
        points=came.points, out_of=came.out_of, passed=came.passed, numerator=rate.numerator,
        denominator=rate.denominator,
        lines=[
            SchemeLine(**{name: getattr(line, name) for name in SchemeLine.model_fields}) for line in came.lines
        ],
    )  # fmt: skip


def _rules(asking: Asking, line: assessments.Line) -> bool:
    try:
        _must_rule(asking, line)
    except NotAllowed:
        return False
    return True


def _must_rule(asking: Asking, line: assessments.Line) -> None:
    """NotAllowed: the asker has the lot, and not its cameras by their units: the contractor's side objects."""
    of = line.proceeding
    if of.contract_id is not None:
        _must_own(asking, ContractId(of.contract_id))


def _must_own(asking: Asking, contract_id: ContractId) -> None:
    if asking.scope.units is None:
        return
    _must_be_units_own(asking)
    own = replace(asking.scope, lots=frozenset(), parts=frozenset())
    with asking.home.store.read() as connection:
        one = rows_contracts.contract(connection, asking.scope, contract_id)
        try:
            rows_contracts.must_see_whole(connection, own, contract_id, *rows_contracts.span_of(one))
        except NotFound:
            raise NotAllowed("this lot is of other units: ask somebody who sees the whole of it") from None


def _must_be_units_own(asking: Asking) -> None:
    """NotAllowed: the asker has nothing but lots: a contractor's side signs nothing for the owner."""
    if asking.scope.units is not None and not asking.scope.units:
        raise NotAllowed("who is granted a lot only signs nothing for its owner: ask the owner's side")


@router.post("/assessments", status_code=201)
def draft(asking: Contracts, body: DraftAsked) -> AssessmentShown:
    """Freeze a draft and open the time for objections."""
    home = asking.home
    contract_id = None
    with home.store.read() as connection:
        if body.contract:
            contract_id = rows_contracts.named(connection, asking.scope, body.contract).contract_id
        elif body.unit:
            units.find(connection, asking.scope, body.unit)
    if contract_id is not None:
        _must_own(asking, contract_id)
    with _files(scheme=body.scheme_text) as (path,):
        made = assessments.draft_assessment(
            home,
            assessments.NewAssessment(
                body.month,
                SchemeOrder(path, body.scheme),
                body.contract,
                body.unit,
                body.days,
                body.calendar,
            ),
            asking.actor,
        )
    return assessment(asking, made.assessment_id)


@router.post("/assessments/{assessment_id}/objections", status_code=201)
def object_to(asking: Contracts, assessment_id: Number, body: ObjectionAsked) -> AssessmentShown:
    """Dispute a stretch of a camera, by either side."""
    assessments.shown(asking.home, assessment_id, asking.scope)
    with asking.home.store.read() as connection:
        rows_points.get(connection, asking.scope, PointId(body.point_id), asking.now_s)
    assessments.object_to(
        asking.home, assessment_id, PointId(body.point_id), (body.a, body.b), body.reason, asking.actor
    )
    return assessment(asking, assessment_id)


@router.get("/assessments/{assessment_id}/objections/{number}")
def objection(asking: Contracts, assessment_id: Number, number: Number) -> ObjectionPage:
    """The page of an objection: what our looks said, its neighbours, excluded time and tickets around it."""
    page, would = assessments.page_of(asking.home, assessment_id, number, asking.scope)
    return ObjectionPage(
        objection=_objection(asking, page.objection), name=page.name, code=page.code, tz=page.tz,
        stretches=[
            StretchRow(
                lane=one.lane.name.lower(), a=one.a, b=one.b, state="unknown" if one.state is None else one.state.name.lower(),
                reasons=list(one.reasons), probers=list(one.probers), remarks=list(one.remarks),
            )
            for one in page.stretches
        ],
        near=page.near, thing=page.thing,
        neighbours=[NeighbourRow(**asdict(one)) for one in page.neighbours],
        together=[TogetherRow(**asdict(one)) for one in page.together],
        around=[AroundRow(**asdict(one)) for one in page.around],
        tickets=[WorkRow(**asdict(one)) for one in page.tickets],
        would=None if would is None else _effect(would),
    )  # fmt: skip


def _effect(found: Effect) -> EffectRow:
    return EffectRow(
        **{
            name: (getattr(found, name).up_s, getattr(found, name).up_s + getattr(found, name).down_s)
            for name in EffectRow.model_fields
        }
    )


@router.post("/assessments/{assessment_id}/objections/{number}/ruling")
def rule(asking: Contracts, assessment_id: Number, number: Number, body: RulingAsked) -> Ruled:
    """Decide an objection, or try what a decision would do. NotAllowed: the objector himself, or the lot's side."""
    _must_rule(asking, assessments.shown(asking.home, assessment_id, asking.scope).line)
    span = None if body.a is None or body.b is None else (body.a, body.b)
    ruling = assessments.Ruling(body.upheld, body.words, span)
    decide = assessments.try_ruling if body.is_trial else assessments.rule_on
    one, did = decide(asking.home, assessment_id, number, ruling, asking.actor)
    return Ruled(objection=_objection(asking, one), effect=None if did is None else _effect(did))


@router.get("/assessments/{assessment_id}/changes")
def changes(
    asking: Contracts, assessment_id: Number, limit: Annotated[int, Query(ge=1, le=2_000)] = 500
) -> list[ChangeRow]:
    """Each figure that is not as the draft has it, with its causes; of a draft this makes a whole report."""
    assessments.shown(asking.home, assessment_id, asking.scope)
    found = assessments.changes_of(asking.home, assessment_id)[:limit]
    return [
        ChangeRow(
            by=one.changed.by, key=one.changed.key, name=one.changed.name, metric=one.changed.metric,
            before=_pair(one.changed.before), after=_pair(one.changed.after),
            causes=[(cause.why, cause.number) for cause in one.causes],
        )
        for one in found
    ]  # fmt: skip


def _pair(figure: Any) -> list[int] | None:
    return None if figure is None else [figure.numerator, figure.denominator]


@router.post("/assessments/{assessment_id}/issue")
def issue(asking: Contracts, request: Request, assessment_id: Number, body: IssueAsked) -> AssessmentShown:
    """Count it again and freeze it. Conflict: an objection waits, or the time is not over and nobody agreed."""
    line = assessments.shown(asking.home, assessment_id, asking.scope).line
    _must_rule(asking, line)
    agreed = None
    if body.agreed is not None:
        agreed, scope = second_hand(asking, request, body.agreed, Verb.CONTRACT)
        assessments.shown(asking.home, assessment_id, scope)
    assessments.issue_assessment(asking.home, assessment_id, asking.actor, agreed)
    return assessment(asking, assessment_id)


@router.get("/assessments/{assessment_id}/sheet.{kind}", **a_file("pdf", "xlsx"))
def assessment_sheet(
    asking: Contracts,
    assessment_id: Number,
    kind: Annotated[str, Path(pattern="^(pdf|xlsx)$")],
    language: Language = Language.EN,
) -> Response:
    """The draft or what was issued, with its objections and rulings."""
    assessments.shown(asking.home, assessment_id, asking.scope)
    return download(
        f"assessment-{assessment_id}",
        f".{kind}",
        lambda path: assessments.write_assessment(asking.home, assessment_id, [path], language),
    )
