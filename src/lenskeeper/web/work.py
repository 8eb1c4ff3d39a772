"""Tickets and their steps, causes, the cleaning list, the review tray and storms, as the pages of work ask for them."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Annotated, Any, Final

import segno
from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field

from lenskeeper.accounts.grants import scope_for
from lenskeeper.accounts.verbs import Verb
from lenskeeper.base.access import Scope
from lenskeeper.base.errors import CallerError, NotAllowed, NotFound
from lenskeeper.diagnosis.kinds import Kind
from lenskeeper.house import tickets as house
from lenskeeper.inventory import rows_points
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_devices import Equipment
from lenskeeper.reporting import screens_work as screens
from lenskeeper.reporting.screens_work import Filters, Listed, Order
from lenskeeper.tickets import rows, rows_clocks, rows_handings
from lenskeeper.tickets.causes import CauseKind
from lenskeeper.tickets.desk import TicketId
from lenskeeper.tickets.remarks import doubts
from lenskeeper.tickets.routing import Desk, Payer
from lenskeeper.tickets.shapes import Shape
from lenskeeper.tickets.states import ENDED, NEXT, Resolution, Stage, Step
from lenskeeper.units.ids import UnitId
from lenskeeper.web.asking import Asking, may
from lenskeeper.web.errors import STATUS
from lenskeeper.web.pages import (
    LIMIT,
    Cursor,
    Id,
    InstantSaid,
    Limit,
    Number,
    Page,
    Shown,
    cursor_of,
    read_cursor,
)

router = APIRouter(prefix="/api", tags=["work"])

MANY_MAX: Final = 500  # tickets of one act: more than a screen of them
CAMERAS_MAX: Final = 500  # of a ticket on one page; the count tells the rest
WORDS_CHARS_MAX: Final = 100
REMARK_CHARS_MAX: Final = house.REMARK_CHARS_MAX
CREW_STEPS: Final = (Step.ACCEPT, Step.ARRIVE, Step.LEAVE, Step.FINISH)
QR_ERROR: Final = "m"

See = Annotated[Asking, may(Verb.SEE)]
Dispatch = Annotated[Asking, may(Verb.DISPATCH)]
Repair = Annotated[Asking, may(Verb.REPAIR)]
Words = Annotated[str, Field(max_length=REMARK_CHARS_MAX)]


# ---- what is shown


class TicketRow(Shown):
    """A ticket in a list. thing: of a camera's ticket its id; name: for people. contract: the name, or empty.

    is_late: restore_by_s was not kept, and it is not over. Of the clocks: respond_by_s was kept where responded_s is there.
    """

    ticket_id: int
    kind: CauseKind
    thing: str
    name: str
    what: str
    klass: int
    stage: Stage
    held: str
    desk: Desk
    contract_id: int | None
    contract: str
    payer: Payer
    onset_s: int
    opened_s: int
    respond_by_s: int
    responded_s: int | None
    restore_by_s: int
    recovered_s: int | None
    finished_s: int | None
    ended_s: int | None
    resolution: Resolution
    shape: Shape
    regressions: int
    escalation: int
    revision: int
    cameras: int
    is_paused: bool
    is_late: bool


class CameraBehind(Shown):
    """A camera behind a ticket. well_s: since when it is well; left_s: it was put down to another ticket."""

    point_id: int
    name: str
    code: str
    unit: str
    address: str
    lon: float | None
    lat: float | None
    klass: int
    what: str
    onset_s: int
    well_s: int | None
    left_s: int | None


class EventRow(Shown):
    """One thing that happened to a ticket."""

    at_s: int
    actor: str
    act: str
    stage: Stage
    remark: str
    detail: Mapping[str, Any]


class PauseRow(Shown):
    """A stretch in which its clocks stood; to_s None: they stand."""

    from_s: int
    to_s: int | None
    until_s: int | None
    reason: str
    actor: str


class HandingRow(Shown):
    """A desk's word that it is another's."""

    from_desk: Desk
    to_desk: Desk
    reason: str
    asked_s: int
    asked_by: str
    answer_by_s: int
    answered_s: int | None
    answered_by: str | None
    answer: str | None


class TicketFault(Shown):
    """A fault of a picture that stands: the figure, its limit, and what it was compared with."""

    point_id: int
    kind: str
    severity: str
    since_s: int
    figure: float
    limit: float
    compared_with: str


class SeenRow(Shown):
    """What our looks last said of the camera in one lane."""

    lane: str
    is_up: bool
    from_s: int
    to_s: int


class ViewAsked(Shown):
    """Somebody says that it was turned on purpose, and another person must approve."""

    by: str
    at_s: int
    reason: str
    may_approve: bool


class TicketFile(Shown):
    """All that is known of one ticket, and what the asker may do to it now.

    steps: of states.Step. acts: the other things that may be done: say, pause, resume, ask, answer, payer, swap, view,
    approve_view. cameras: as far as they may be seen, at most 500.
    """

    ticket: TicketRow
    cameras: list[CameraBehind]
    events: list[EventRow]
    pauses: list[PauseRow]
    handings: list[HandingRow]
    faults: list[TicketFault]
    seen: list[SeenRow]
    view_asked: ViewAsked | None
    steps: list[Step]
    acts: list[str]


class TicketCounts(Shown):
    """How many tickets pass the filters, and how they are spread. is_cut: the newest 10,000 were counted, there are more."""

    total: int
    is_cut: bool
    late: int
    held: int
    paused: int
    by_stage: dict[str, int]
    by_desk: dict[str, int]
    by_class: dict[int, int]


def row_of(listed: Listed, now_s: int) -> TicketRow:
    """A ticket as lists show it."""
    one = listed.ticket
    own = {each.name: getattr(one, each.name) for each in fields(one) if each.name in TicketRow.model_fields}
    return TicketRow(**own, contract=listed.contract, is_paused=listed.is_paused, is_late=one.is_late(now_s))


# ---- lists


def filters_of(
    *,
    live: Annotated[bool | None, Query(description="not over yet; false: over; without: both")] = None,
    desk: Annotated[list[Desk], Query()] = [],  # noqa: B006  FastAPI copies it
    contract: Id | None = None,
    klass: Annotated[list[Id], Query()] = [],  # noqa: B006  the same
    stage: Annotated[list[Stage], Query()] = [],  # noqa: B006  the same
    kind: Annotated[list[CauseKind], Query()] = [],  # noqa: B006  the same
    what: Annotated[str, Query(max_length=WORDS_CHARS_MAX)] = "",
    late: bool | None = None,
    held: bool | None = None,
    paused: bool | None = None,
    unit: Id | None = None,
    point: Id | None = None,
    since_s: InstantSaid | None = None,
    until_s: InstantSaid | None = None,
    text: Annotated[str, Query(max_length=WORDS_CHARS_MAX)] = "",
) -> Filters:
    """The filters of a list of tickets, from its address."""
    return Filters(
        live, tuple(desk), contract, tuple(klass), tuple(stage), tuple(kind), what, late, held, paused,
        None if unit is None else UnitId(unit), None if point is None else PointId(point), since_s, until_s, text,
    )  # fmt: skip


Asked = Annotated[Filters, Depends(filters_of)]


@router.get("/tickets")
def tickets(
    asking: See,
    filters: Asked,
    order: Order = Order.DUE,
    limit: Limit = LIMIT,
    cursor: Cursor = None,
) -> Page[TicketRow]:
    """Tickets, sorted by the clock that runs out first, by age, or by how many cameras they took along."""
    after = read_cursor(cursor, int, int)
    with asking.home.store.read() as connection:
        found = screens.tickets(
            connection, asking.scope, filters, order, after, limit + 1, now_s=asking.now_s
        )
        counted = screens.counts(connection, asking.scope, filters, now_s=asking.now_s)
    total = None if counted.is_cut else counted.total
    more = cursor_of(*screens.key_of(found[limit - 1], order)) if len(found) > limit else None
    return Page[TicketRow](rows=[row_of(one, asking.now_s) for one in found[:limit]], next=more, total=total)


@router.get("/tickets/counts")
def counts(asking: See, filters: Asked) -> TicketCounts:
    """How many, by stage, desk and class."""
    with asking.home.store.read() as connection:
        found = screens.counts(connection, asking.scope, filters, now_s=asking.now_s)
    return TicketCounts.model_validate(found, from_attributes=True)


# ---- one ticket


@router.get("/tickets/{ticket_id}")
def ticket(asking: See, ticket_id: Number) -> TicketFile:
    """One ticket with its clock, its history, its cameras and their evidence, and what the asker may do to it."""
    return _file(asking, asking.scope, ticket_id)


@router.get("/tickets/{ticket_id}/square")
def square(asking: See, ticket_id: Number, request: Request) -> list[str]:
    """The QR code of the ticket's page, a row each, "1" is dark: for the telephone of whoever goes there."""
    _must_see(asking, ticket_id)
    symbol = segno.make(f"{request.base_url}work/tickets/{ticket_id}", error=QR_ERROR, micro=False)
    return ["".join(str(int(bit)) for bit in line) for line in symbol.matrix]


def _file(asking: Asking, scope: Scope, ticket_id: int) -> TicketFile:
    home, now_s = asking.home, asking.now_s
    with home.store.read() as connection:
        listed = screens.ticket_listed(connection, scope, ticket_id, now_s=now_s)
        behind = rows.children(connection, scope, TicketId(ticket_id), now_s=now_s)[:CAMERAS_MAX]
        points = [PointId(row.point_id) for row in behind]
        places = screens.whereabouts(connection, points, now_s=now_s)
        faults = screens.faults(connection, scope, points, now_s=now_s)
        is_one = listed.ticket.kind is CauseKind.CAMERA and len(points) == 1
        seen = screens.last_seen(connection, scope, points[0], now_s=now_s) if is_one else []
        found = house.TicketFile(
            listed.ticket,
            (),
            rows.events(connection, scope, TicketId(ticket_id), now_s=now_s),
            rows_clocks.pauses(connection, TicketId(ticket_id)),
            rows_handings.handings(connection, TicketId(ticket_id)),
            listed.contract,
        )
    cameras = []
    for row in behind:
        at = places[PointId(row.point_id)]
        cameras.append(
            CameraBehind(
                point_id=row.point_id, name=at.name, code=at.code, unit=at.unit, address=at.address, lon=at.lon, lat=at.lat,
                klass=at.klass, what=row.what, onset_s=row.onset_s, well_s=row.well_s, left_s=row.left_s,
            )
        )  # fmt: skip
    asked = _view_asked(asking, found)
    steps, acts = _possible(asking, listed, found, asked)
    return TicketFile(
        ticket=row_of(listed, now_s),
        cameras=cameras,
        events=[EventRow.model_validate(one, from_attributes=True) for one in found.events],
        pauses=[PauseRow.model_validate(one, from_attributes=True) for one in found.pauses],
        handings=[_handing(one) for one in found.handings],
        faults=[TicketFault.model_validate(one, from_attributes=True) for one in faults],
        seen=[
            SeenRow(lane=one.lane.name.lower(), is_up=one.state == 2, from_s=one.from_s, to_s=one.to_s)
            for one in seen
        ],
        view_asked=asked,
        steps=steps,
        acts=acts,
    )


def _handing(one: Any) -> HandingRow:
    return HandingRow(**{name: getattr(one, name) for name in HandingRow.model_fields})


def _view_asked(asking: Asking, found: house.TicketFile) -> ViewAsked | None:
    told = [one for one in found.events if one.act in (house.VIEW_ASKED, "view_approved")]
    if not told or told[-1].act != house.VIEW_ASKED:
        return None
    last = told[-1]
    return ViewAsked(
        by=last.actor, at_s=last.at_s, reason=last.remark, may_approve=last.actor != asking.actor
    )


def _possible(
    asking: Asking, listed: Listed, found: house.TicketFile, asked: ViewAsked | None
) -> tuple[list[Step], list[str]]:
    """What the asker may do to a ticket now, by its stage and by the grants."""
    one = listed.ticket
    repairs, dispatches = (_reaches(asking, verb, one.ticket_id) for verb in (Verb.REPAIR, Verb.DISPATCH))
    may_take = dict.fromkeys(CREW_STEPS, repairs) | {Step.ASSIGN: dispatches, Step.CANCEL: dispatches}
    steps = [step for step, may_ in may_take.items() if may_ and (one.stage, step) in NEXT]
    is_live, is_one = one.stage not in ENDED, one.kind is CauseKind.CAMERA
    is_asked = any(each.answer is None for each in found.handings)
    able = {
        "say": repairs,
        "pause": dispatches and is_live and not listed.is_paused,
        "resume": dispatches and listed.is_paused,
        "ask": repairs and (one.stage, Step.ASSIGN) in NEXT and not is_asked,
        "answer": dispatches and is_asked,
        "payer": dispatches,
        "swap": repairs and is_live and is_one,
        "view": repairs and is_live and is_one and asked is None,
        "approve_view": dispatches and is_live and asked is not None and asked.may_approve,
    }
    return steps, [act for act, may_ in able.items() if may_]


def _reaches(asking: Asking, verb: Verb, ticket_id: int) -> bool:
    scope = scope_for(asking.person, verb, asking.now_s)
    with asking.home.store.read() as connection:
        try:
            rows.ticket_of(connection, scope, TicketId(ticket_id), now_s=asking.now_s)
        except NotFound:
            return False
    return True


def _must_see(asking: Asking, ticket_id: int) -> TicketId:
    """A ticket upon which the asker may act. NotFound: there is none in the scope of the route's verb."""
    with asking.home.store.read() as connection:
        return rows.ticket_of(connection, asking.scope, TicketId(ticket_id), now_s=asking.now_s).ticket_id


# ---- acts upon one


class StepAsked(Shown):
    """A step of whoever repairs. is_sure: stands by a remark that seems to hold a telephone number or a plate."""

    step: Step
    remark: Words = ""
    is_sure: bool = False


class Remark(Shown):
    """Words on a ticket; is_sure as in StepAsked."""

    remark: Words
    is_sure: bool = False


class PauseAsked(Shown):
    """Why the clocks stand. until_s: when it is promised to end."""

    reason: Words
    until_s: InstantSaid | None = None


class HandAsked(Shown):
    """Another desk, and why."""

    desk: Desk
    reason: Words


class Answered(Shown):
    """The other desk's word."""

    is_taken: bool
    remark: Words = ""


class PayerSaid(Shown):
    """Who pays, and why."""

    payer: Payer
    remark: Words


class Swapped(Shown):
    """The device that hangs there now."""

    make: Annotated[str, Field(max_length=WORDS_CHARS_MAX)] = ""
    model: Annotated[str, Field(max_length=WORDS_CHARS_MAX)] = ""
    serial: Annotated[str, Field(max_length=WORDS_CHARS_MAX)] = ""
    mac: Annotated[str, Field(max_length=WORDS_CHARS_MAX)] = ""


class AssignAsked(Shown):
    """Tickets to be sent out. desk: to another one at once, with the reason; without: to the desk they are at."""

    ticket_ids: Annotated[list[Id], Field(min_length=1, max_length=MANY_MAX)]
    desk: Desk | None = None
    because: Words = ""


class Refused(Shown):
    """A ticket that was not assigned, and how it stands: somebody was quicker, or it admits none."""

    ticket_id: int
    code: str
    detail: str
    stage: Stage | None
    by: str
    at_s: int | None


class Assigned(Shown):
    """What assigning many came to, ticket by ticket."""

    done: list[TicketRow]
    refused: list[Refused]


@router.post("/tickets/assign")
def assign(asking: Dispatch, body: AssignAsked) -> Assigned:
    """Send out many tickets, each for itself: one that cannot be is told with the reason, and the rest are."""
    done: list[TicketRow] = []
    refused: list[Refused] = []
    for number in dict.fromkeys(body.ticket_ids):
        try:
            _must_see(asking, number)
            house.assign(asking.home, TicketId(number), body.desk, body.because, asking.actor)
        except CallerError as error:
            refused.append(_refused(asking, number, error))
            continue
        with asking.home.store.read() as connection:
            now = screens.ticket_listed(connection, asking.scope, number, now_s=asking.now_s)
        done.append(row_of(now, asking.now_s))
    return Assigned(done=done, refused=refused)


def _refused(asking: Asking, number: int, error: CallerError) -> Refused:
    stage, by, at_s = None, "", None
    if not isinstance(error, NotFound):
        with asking.home.store.read() as connection:
            stage = rows.ticket_of(connection, asking.scope, TicketId(number), now_s=asking.now_s).stage
            if (last := screens.last_done(connection, number)) is not None:
                by, at_s = last
    code = STATUS[type(error)][1]
    return Refused(ticket_id=number, code=code, detail=str(error), stage=stage, by=by, at_s=at_s)


@router.post("/tickets/{ticket_id}/steps")
def take_step(asking: Repair, ticket_id: Number, body: StepAsked) -> TicketFile:
    """Accept it, be there, leave, or say that it works. Conflict: its stage admits no such step."""
    if body.step not in CREW_STEPS:
        raise NotAllowed(f"{body.step.value} is no step of whoever repairs")
    number = _must_see(asking, ticket_id)
    house.step(asking.home, number, body.step, asking.actor, body.remark, is_sure=body.is_sure)
    return _file(asking, asking.scope, ticket_id)


@router.post("/tickets/{ticket_id}/cancel")
def cancel(asking: Dispatch, ticket_id: Number, body: Remark) -> TicketFile:
    """There is no work after all, and why."""
    number = _must_see(asking, ticket_id)
    house.step(asking.home, number, Step.CANCEL, asking.actor, body.remark, is_sure=body.is_sure)
    return _file(asking, asking.scope, ticket_id)


@router.post("/tickets/{ticket_id}/remarks")
def say(asking: Repair, ticket_id: Number, body: Remark) -> TicketFile:
    """A remark. Invalid: it seems to hold a telephone number or a number plate, and nobody stands by it."""
    number = _must_see(asking, ticket_id)
    house.say(asking.home, number, body.remark, asking.actor, is_sure=body.is_sure)
    return _file(asking, asking.scope, ticket_id)


@router.post("/tickets/{ticket_id}/pause")
def pause(asking: Dispatch, ticket_id: Number, body: PauseAsked) -> TicketFile:
    """Its clocks stand, with the reason; the looks go on."""
    number = _must_see(asking, ticket_id)
    house.admitted(body.reason, is_sure=False)
    house.pause(asking.home, number, body.reason, body.until_s, asking.actor)
    return _file(asking, asking.scope, ticket_id)


@router.post("/tickets/{ticket_id}/resume")
def resume(asking: Dispatch, ticket_id: Number) -> TicketFile:
    """Its clocks run on."""
    house.resume(asking.home, _must_see(asking, ticket_id), asking.actor)
    return _file(asking, asking.scope, ticket_id)


@router.post("/tickets/{ticket_id}/ask")
def ask(asking: Repair, ticket_id: Number, body: HandAsked) -> TicketFile:
    """Say that it is another desk's; the question has a clock of its own, and the ticket's run on."""
    number = _must_see(asking, ticket_id)
    house.admitted(body.reason, is_sure=False)
    house.ask(asking.home, number, body.desk, body.reason, asking.actor)
    return _file(asking, asking.scope, ticket_id)


@router.post("/tickets/{ticket_id}/answer")
def answer(asking: Dispatch, ticket_id: Number, body: Answered) -> TicketFile:
    """The other desk takes it, or does not."""
    number = _must_see(asking, ticket_id)
    house.admitted(body.remark, is_sure=False)
    house.answer(asking.home, number, asking.actor, body.remark, is_taken=body.is_taken)
    return _file(asking, asking.scope, ticket_id)


@router.post("/tickets/{ticket_id}/payer")
def set_payer(asking: Dispatch, ticket_id: Number, body: PayerSaid) -> TicketFile:
    """Who pays, by a person's word."""
    number = _must_see(asking, ticket_id)
    house.admitted(body.remark, is_sure=False)
    house.set_payer(asking.home, number, body.payer, body.remark, asking.actor)
    return _file(asking, asking.scope, ticket_id)


@router.post("/tickets/{ticket_id}/swap")
def swap(asking: Repair, ticket_id: Number, body: Swapped) -> TicketFile:
    """Another device hangs there now: the register and the picture's past learn of it with the ticket."""
    number = _must_see(asking, ticket_id)
    house.swap_device(
        asking.home, number, Equipment(body.make, body.model, body.serial, body.mac), asking.actor
    )
    return _file(asking, asking.scope, ticket_id)


@router.post("/tickets/{ticket_id}/view")
def ask_for_view(asking: Repair, ticket_id: Number, body: Remark) -> TicketFile:
    """It was turned on purpose: ask that its new view be taken as right."""
    number = _must_see(asking, ticket_id)
    house.ask_for_view(asking.home, number, house.admitted(body.remark, is_sure=body.is_sure), asking.actor)
    return _file(asking, asking.scope, ticket_id)


@router.post("/tickets/{ticket_id}/view/approval")
def approve_view(asking: Dispatch, ticket_id: Number) -> TicketFile:
    """The second person's word: its references are learnt anew. NotAllowed: whoever asked does not approve."""
    house.approve_view(asking.home, _must_see(asking, ticket_id), asking.actor)
    return _file(asking, asking.scope, ticket_id)


class Doubts(Shown):
    """What a text seems to hold that does not belong here."""

    telephone: bool
    numberplate: bool


@router.post("/remarks/doubts")
def doubted(asking: See, body: Remark) -> Doubts:  # noqa: ARG001  whoever is signed in may ask
    """Whether a remark seems to hold a telephone number or a number plate; nothing is kept."""
    names = {each.name for each in doubts(body.remark)}
    return Doubts(telephone="TELEPHONE" in names, numberplate="NUMBERPLATE" in names)


# ---- the cleaning list and the review tray


class PictureCase(Shown):
    """A picture to be cleaned, by a local day; or a fault that waits for a person's word (due_day None)."""

    point_id: int
    name: str
    code: str
    unit: str
    kind: str
    since_s: int
    found_s: int
    due_day: int | None


class TrustRow(Shown):
    """How a kind of fault stands here. judged, right: of the last 100 cases. said: a person's reason, if any decreed it."""

    kind: str
    judged: int
    right: int
    is_trusted: bool
    said: str


class Judged(Shown):
    """A person's word on a case."""

    is_right: bool


class TrustSaid(Shown):
    """A person's word on a kind."""

    is_trusted: bool
    because: Words


def _cases(asking: Asking, found: Any) -> Page[PictureCase]:
    with asking.home.store.read() as connection:
        places = screens.whereabouts(
            connection, sorted({one.case.point_id for one in found}), now_s=asking.now_s
        )
    shown = []
    for one in found:
        at = places.get(one.case.point_id)
        shown.append(
            PictureCase(
                point_id=one.case.point_id, name=one.name, code=at.code if at else "", unit=at.unit if at else "",
                kind=one.case.kind.value, since_s=one.case.since_s, found_s=one.found_s, due_day=one.due_day,
            )
        )  # fmt: skip
    return Page[PictureCase](rows=shown, total=len(shown))


@router.get("/cleaning")
def cleaning(asking: See) -> Page[PictureCase]:
    """Pictures to be cleaned by whoever passes, by their days; at most 1,000."""
    return _cases(asking, house.to_clean(asking.home, asking.scope))


@router.get("/review")
def review(asking: See) -> Page[PictureCase]:
    """Faults of kinds that have not earned their trust here: a person says whether they are right. At most 1,000."""
    return _cases(asking, house.waiting(asking.home, asking.scope))


@router.post("/review/{point_id}/{kind}")
def judge(asking: Dispatch, point_id: Number, kind: Kind, body: Judged) -> TrustRow:
    """Right or wrong; how the kind stands with it. NotFound: no such case waits, or somebody was quicker."""
    with asking.home.store.read() as connection:
        rows_points.get(connection, asking.scope, PointId(point_id), asking.now_s)
    house.judge_case(asking.home, PointId(point_id), kind, asking.actor, is_right=body.is_right)
    return next(one for one in trust(asking) if one.kind == kind.value)


@router.get("/trust")
def trust(asking: See) -> list[TrustRow]:
    """How each kind of fault stands here."""
    return [TrustRow.model_validate(one, from_attributes=True) for one in house.trust(asking.home)]


@router.put("/trust/{kind}")
def set_trust(asking: Dispatch, kind: Kind, body: TrustSaid) -> list[TrustRow]:
    """Give a kind its trust, or take it away, for the whole installation."""
    _must_reach_all(asking)
    house.set_trust(asking.home, kind, body.because, asking.actor, is_trusted=body.is_trusted)
    return trust(asking)


# ---- storms


class StormShown(Shown):
    """A time in which tickets are opened and nobody is sent."""

    from_s: int
    why: str
    actor: str


class StormAsked(Shown):
    """Why dispatch is held."""

    why: Words


@router.get("/storm")
def storm(asking: See) -> StormShown | None:
    """The storm that is on; null: none is."""
    now = house.storm(asking.home)
    return None if now is None else StormShown(from_s=now.from_s, why=now.why, actor=now.actor)


@router.post("/storm")
def begin_storm(asking: Dispatch, body: StormAsked) -> StormShown | None:
    """Hold dispatch; looks and tickets go on. Conflict: it is held already."""
    _must_reach_all(asking)
    house.begin_storm(asking.home, house.admitted(body.why, is_sure=False), asking.actor)
    return storm(asking)


@router.delete("/storm", status_code=204)
def end_storm(asking: Dispatch) -> None:
    """Send crews again. Conflict: no storm is on."""
    _must_reach_all(asking)
    house.end_storm(asking.home, asking.actor)


def _must_reach_all(asking: Asking) -> None:
    if asking.scope.units is not None:
        raise NotAllowed("this holds for the whole installation: ask somebody who dispatches for all of it")
