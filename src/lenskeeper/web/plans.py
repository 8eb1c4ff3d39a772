"""A crew's day on screen: planned, shown stop by stop, printed, and finished by code; and the shift handed over."""

from collections.abc import Callable
from pathlib import Path as File
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Final

import segno
from fastapi import APIRouter, Body, Path, Request, Response
from pydantic import Field

from lenskeeper.accounts.verbs import Verb
from lenskeeper.base.days import local_day
from lenskeeper.base.errors import NotAllowed
from lenskeeper.base.languages import Language
from lenskeeper.house import day_plans as house
from lenskeeper.house import handover
from lenskeeper.reporting.handover import Shift, Signed
from lenskeeper.tickets.day_codes import qr_text, spelt_out
from lenskeeper.tickets.day_plan import STOPS_MAX, STOPS_MIN, WORK_MINUTES, CleaningKey, Permit
from lenskeeper.tickets.routing import Desk
from lenskeeper.tickets.rows_day_plans import Halt, Planned
from lenskeeper.units import rows as units
from lenskeeper.web.asking import Asking, may
from lenskeeper.web.files import a_file, file_named
from lenskeeper.web.pages import Number, Shown
from lenskeeper.web.second import Second, second_hand

router = APIRouter(prefix="/api", tags=["work"])

See = Annotated[Asking, may(Verb.SEE)]
Dispatch = Annotated[Asking, may(Verb.DISPATCH)]
Repair = Annotated[Asking, may(Verb.REPAIR)]
Text = Annotated[str, Field(max_length=200)]

QR_ERROR: Final = "m"
PARTS_MAX: Final = 30
NOTES_MAX: Final = 20
SHEET_BYTES_MAX: Final = 4 * 1024 * 1024  # a filled work sheet has a few kB


def download(name: str, suffix: str, write: Callable[[File], Any]) -> Response:
    """A file as an answer. name: without its suffix, in plain letters. write: writes it at a path."""
    with TemporaryDirectory() as folder:
        path = File(folder) / f"file{suffix}"
        write(path)
        body = path.read_bytes()
    return file_named(f"{name}{suffix}", body)


def squares(text: str) -> list[str]:
    """A QR code, a row each, "1" is dark."""
    symbol = segno.make(text, error=QR_ERROR, micro=False)
    return ["".join(str(int(bit)) for bit in line) for line in symbol.matrix]


class PlanLine(Shown):
    """A plan in a list. day: a local day since 1970-01-01."""

    plan_id: int
    day: int
    contract: str
    desk: Desk
    stops: int
    done: int
    dropped_s: int | None


class TaskRow(Shown):
    """What is to be done at a stop: a ticket, or (ticket_id None) a picture to be cleaned."""

    ticket_id: int | None
    point_id: int
    name: str
    cause: str
    thing: str
    what: str
    klass: int
    due_s: int
    cameras: int
    stage: str


class PartToLoad(Shown):
    """A thing to load. kind: a word of day_plan.PartKind."""

    kind: str
    model: str
    count: int


class Stop(Shown):
    """A stop. code: as it is read out. square: its QR code as printed, empty once it is done."""

    number: int
    code: str
    square: list[str]
    name: str
    address: str
    lon: float
    lat: float
    leg_m: float
    minutes: int
    height_m: float | None
    permit: Permit
    night_only: bool
    parts: list[PartToLoad]
    tasks: list[TaskRow]
    done_s: int | None
    words: str
    parts_used: list[str]


class PlanShown(Shown):
    """A plan of a day, or of the night that begins on it."""

    plan_id: int
    day: int
    tz: str
    contract: str
    desk: Desk
    is_night: bool
    permit: Permit
    length_m: float
    minutes: int
    made_s: int
    dropped_s: int | None
    stops: list[Stop]


class LeftOutRow(Shown):
    """Work that is not in the day, and why."""

    name: str
    what: str
    is_cleaning: bool
    reason: str


class PlanMade(Shown):
    """A plan that was made, and what is not in it."""

    plan: PlanShown
    left_out: list[LeftOutRow]


class PlanAsked(Shown):
    """A day to be planned. day: a local day. contract: its name, or empty; then desk."""

    day: int
    contract: Text = ""
    desk: Desk = Desk.CONTRACTOR
    district: Text = ""
    street: Text = ""
    height_m_max: float | None = None
    permit: Permit = Permit.NONE
    night: bool = False
    stops_min: int = STOPS_MIN
    stops_max: int = STOPS_MAX
    minutes: int = WORK_MINUTES


class StopDone(Shown):
    """A stop is done: its code, and what was used. is_sure: stands by words that seem to hold a person's number."""

    code: Text
    words: Annotated[str, Field(max_length=house.WORDS_CHARS_MAX)] = ""
    parts_used: Annotated[tuple[Text, ...], Field(max_length=PARTS_MAX)] = ()
    is_sure: bool = False


class Passed(Shown):
    """A ticket that the code did not finish, and the stage that it is in."""

    ticket_id: int
    stage: str


class StopFinished(Shown):
    """What a code did."""

    plan_id: int
    number: int
    name: str
    tickets: list[int]
    cleanings: int
    passed: list[Passed]


def _plan(found: Planned, *, with_codes: bool) -> PlanShown:
    own = {name: getattr(found, name) for name in PlanShown.model_fields if name != "stops"}
    return PlanShown(**own, stops=[_stop(found.plan_id, halt, with_codes=with_codes) for halt in found.halts])


def _stop(plan_id: int, halt: Halt, *, with_codes: bool) -> Stop:
    own = {
        name: getattr(halt, name)
        for name in Stop.model_fields
        if name not in {"code", "square", "tasks", "parts", "parts_used"}
    }
    is_open = halt.done_s is None and with_codes
    return Stop(
        **own,
        code=spelt_out(halt.code) if is_open else "",
        square=squares(qr_text(plan_id, halt.code)) if is_open else [],
        tasks=[
            TaskRow(
                ticket_id=None if isinstance(task.of, CleaningKey) else int(task.of),
                **{name: getattr(task, name) for name in TaskRow.model_fields if name != "ticket_id"},
            )
            for task in halt.tasks
        ],
        parts=[PartToLoad(kind=part.kind.value, model=part.model, count=count) for part, count in halt.parts],
        parts_used=list(halt.parts_used),
    )


@router.get("/plans")
def plans(asking: See) -> list[PlanLine]:
    """The last plans, the newest first."""
    found = house.day_lines(asking.home, asking.scope)
    return [PlanLine.model_validate(one, from_attributes=True) for one in found]


@router.get("/plans/today")
def today(asking: Repair) -> list[PlanShown]:
    """The plans of today that are not dropped, with their stops: what a crew has to do."""
    day = local_day(asking.now_s, asking.home.tz())
    lines = house.day_lines(asking.home, asking.scope)
    return [
        _plan(house.day_of_number(asking.home, asking.scope, one.plan_id), with_codes=True)
        for one in lines
        if one.day == day and one.dropped_s is None
    ]


@router.post("/plans")
def make(asking: Dispatch, body: PlanAsked) -> PlanMade:
    """Plan a crew's day and keep it. Conflict: no stop is left."""
    order = house.DayOrder(**body.model_dump())
    made = house.make_day(asking.home, asking.scope, order, asking.actor)
    left = [
        LeftOutRow(
            name=one.job.name, what=one.job.what, is_cleaning=isinstance(one.job.of, CleaningKey), reason=one.reason
        )
        for one in made.left_out
    ]  # fmt: skip
    return PlanMade(plan=_plan(made.plan, with_codes=True), left_out=left)


@router.get("/plans/{plan_id}")
def plan(asking: Repair, plan_id: Number) -> PlanShown:
    """One plan, with its stops in order and their codes: for whoever goes there or sends them."""
    return _plan(house.day_of_number(asking.home, asking.scope, plan_id), with_codes=True)


@router.delete("/plans/{plan_id}", status_code=204)
def drop(asking: Dispatch, plan_id: Number) -> None:
    """Give a plan up: its codes are good for nothing."""
    house.drop_day(asking.home, asking.scope, plan_id, asking.actor)


@router.get("/plans/{plan_id}/sheet.{kind}", **a_file("pdf", "xlsx"))
def sheet(
    asking: Repair,
    plan_id: Number,
    kind: Annotated[str, Path(pattern="^(pdf|xlsx)$")],
    language: Language = Language.EN,
) -> Response:
    """The work sheet, to be printed or filled in."""
    suffix = f".{kind}"
    return download(
        f"work-{plan_id}",
        suffix,
        lambda path: house.write_sheet(asking.home, asking.scope, plan_id, path, language),
    )


@router.post("/stops/done")
def finish(asking: Repair, body: StopDone) -> StopFinished:
    """A code was read out, typed or scanned: its stop is done. NotFound: nobody's code. Conflict: used, or dropped."""
    done = house.finish_stop(
        asking.home, asking.scope, body.code, asking.actor, words=body.words, parts_used=body.parts_used,
        is_sure=body.is_sure,
    )  # fmt: skip
    return StopFinished(
        plan_id=done.plan_id, number=done.number, name=done.name, tickets=list(done.tickets), cleanings=done.cleanings,
        passed=[Passed(ticket_id=number, stage=stage) for number, stage in done.passed],
    )  # fmt: skip


class ReadBack(Shown):
    """What a returned sheet did. before: stops that were done already."""

    finished: int
    before: int
    undone: int


@router.post("/plans/results")
def results(
    asking: Repair,
    body: Annotated[bytes, Body(media_type="application/octet-stream", max_length=SHEET_BYTES_MAX)],
) -> ReadBack:
    """A workbook that came back, all of it or none: the raw bytes of an .xlsx."""
    with TemporaryDirectory() as folder:
        path = File(folder) / "sheet.xlsx"
        path.write_bytes(body)
        found = house.read_sheet_back(asking.home, asking.scope, path, asking.actor)
    return ReadBack(finished=len(found.finished), before=found.before, undone=found.undone)


# ---- the shift


class ShiftAsked(Shown):
    """Which shift. unit: a path, empty for all. from_s None: where the last handover ended. to_s None: now."""

    unit: Annotated[str, Field(max_length=1_000)] = ""
    from_s: int | None = None
    to_s: int | None = None
    notes: Annotated[tuple[Annotated[str, Field(max_length=1_000)], ...], Field(max_length=NOTES_MAX)] = ()
    is_sure: bool = False


class ShiftSigned(ShiftAsked):
    """The shift to be signed: the giver is who asks, and the taker proves himself at the same desk."""

    taker: Second


class HandoverLine(Shown):
    """A handover that was signed."""

    number: int
    unit: str
    from_s: int
    to_s: int
    giver: str
    taker: str
    signed_s: int
    sha256: str


class HandoverShown(Shown):
    """A shift; giver, taker, signed_s, sha256: where it was signed. Lists are cut, shift.counts are not."""

    number: int | None
    giver: str
    taker: str
    signed_s: int | None
    sha256: str
    shift: Shift


def _order(asking: Asking, body: ShiftAsked) -> handover.ShiftOrder:
    """What is asked for, within the scope. NotAllowed: all, and the scope is narrower. NotFound: no such unit there."""
    if asking.scope.units is not None:
        if not body.unit:
            raise NotAllowed("your grants are not over everything: name the unit whose shift it is")
        with asking.home.store.read() as connection:
            units.find(connection, asking.scope, body.unit)
    return handover.ShiftOrder(body.unit, body.from_s, body.to_s, tuple(body.notes), body.is_sure)


def _must_be_whole(asking: Asking, unit: str) -> None:
    if asking.scope.units is not None:
        with asking.home.store.read() as connection:
            units.find(connection, asking.scope, unit)


@router.post("/handovers/now")
def shift_now(asking: Dispatch, body: ShiftAsked) -> HandoverShown:
    """The shift as the books stand; nothing is kept."""
    shift = handover.shift_now(asking.home, _order(asking, body))
    return HandoverShown(number=None, giver="", taker="", signed_s=None, sha256="", shift=shift)


@router.post("/handovers")
def sign(asking: Dispatch, request: Request, body: ShiftSigned) -> HandoverShown:
    """Freeze the shift with both names. Conflict: some of it was handed over before."""
    order = _order(asking, body)
    taker, scope = second_hand(asking, request, body.taker, Verb.DISPATCH)
    if scope.units is not None:
        with asking.home.store.read() as connection:
            units.find(connection, scope, body.unit)
    done = handover.sign(asking.home, order, asking.actor, taker, asking.actor)
    return _signed(done)


def _signed(done: Signed) -> HandoverShown:
    kept = done.handover
    return HandoverShown(
        number=done.number, giver=kept.giver, taker=kept.taker, signed_s=kept.signed_s, sha256=done.sha256, shift=kept.shift
    )  # fmt: skip


@router.get("/handovers")
def handovers(asking: Dispatch) -> list[HandoverLine]:
    """All that were signed of units that may be seen, the newest first."""
    found = handover.signed_shifts(asking.home)
    if asking.scope.units is not None:
        with asking.home.store.read() as connection:
            mine = units.by_path(connection, asking.scope)
        found = [one for one in found if one.unit in mine]
    return [HandoverLine.model_validate(one, from_attributes=True) for one in found]


@router.get("/handovers/{number}")
def kept(asking: Dispatch, number: Number) -> HandoverShown:
    """A handover as it was signed."""
    done = handover.kept_shift(asking.home, number)
    _must_be_whole(asking, done.handover.shift.unit)
    return _signed(done)


@router.get("/handovers/{number}/sheet.{kind}", **a_file("pdf", "xlsx", "json"))
def handover_sheet(
    asking: Dispatch,
    number: Number,
    kind: Annotated[str, Path(pattern="^(pdf|xlsx|json)$")],
    language: Language = Language.EN,
) -> Response:
    """A signed handover as a file."""
    done = handover.kept_shift(asking.home, number)
    _must_be_whole(asking, done.handover.shift.unit)
    return download(
        f"handover-{number}",
        f".{kind}",
        lambda path: handover.write_shift(done.handover.shift, done, path, language),
    )
