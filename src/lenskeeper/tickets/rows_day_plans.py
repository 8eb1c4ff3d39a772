"""Plans of a day in the database: the work that waits for a crew, the plan that was made of it, and what came back.

A plan of a contract is its contractor's; of any other, a unit sees the halts at its own points.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    exists,
    insert,
    or_,
    select,
    update,
)

from lenskeeper.base.access import ActorId, Scope
from lenskeeper.base.days import day_span
from lenskeeper.base.errors import Conflict, NotFound
from lenskeeper.base.spans import Span
from lenskeeper.inventory.geodesy import Pair
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_present import slices, standing, with_device
from lenskeeper.inventory.rows_seen import seen_at
from lenskeeper.inventory.schema import contract_point, device, point
from lenskeeper.tickets import rows
from lenskeeper.tickets.causes import CauseKind
from lenskeeper.tickets.contracts import ContractId
from lenskeeper.tickets.day_codes import new_code
from lenskeeper.tickets.day_plan import (
    CleaningKey,
    DayPlan,
    Job,
    Part,
    PartKind,
    Permit,
    Reason,
    Stop,
    minutes_for,
    parts_for,
)
from lenskeeper.tickets.desk import TicketId
from lenskeeper.tickets.routing import Desk
from lenskeeper.tickets.rows_calendars import guarantees_of
from lenskeeper.tickets.rows_contracts import in_lots
from lenskeeper.tickets.schema import (
    cleaning,
    contract,
    day_job,
    day_plan,
    day_stop,
    ticket,
    ticket_pause,
    ticket_point,
)
from lenskeeper.tickets.states import NEXT, Stage, Step

PLANS_LISTED_MAX: Final = 200
DRAWS_MAX: Final = 50  # of a code that nobody has: one in a million is taken after fifty years
WITH_CLEANINGS: Final = frozenset({Desk.CONTRACTOR, Desk.US})  # a carrier's crew wipes no lens
PLANNED_FROM: Final = frozenset(stage for stage, step in NEXT if step is Step.FINISH)


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose crew: a contract's, or a desk's."""

    desk: Desk
    contract_id: ContractId | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """The work that waits. aside: what of it may not be planned, with the reason."""

    jobs: tuple[Job, ...]
    cleanings: tuple[Job, ...]
    aside: Mapping[TicketId | CleaningKey, Reason]


@dataclass(frozen=True, slots=True)
class NewPlan:
    """The head of a plan: the local day of tz, or the night that begins on it."""

    day: int
    tz: str
    whose: Whose
    is_night: bool
    permit: Permit
    start: Pair | None


@dataclass(frozen=True, slots=True)
class Task:
    """A ticket or a cleaning at a halt. cause, thing: of a cleaning empty. cameras: how many are put down to it."""

    of: TicketId | CleaningKey
    point_id: PointId
    name: str
    cause: str
    thing: str
    what: str
    klass: int
    due_s: int
    cameras: int
    stage: str


@dataclass(frozen=True, slots=True)
class Halt:
    """A stop as it stands in the database. done_s: None until it is."""

    number: int
    code: str
    name: str
    address: str
    lon: float
    lat: float
    leg_m: float
    minutes: int
    height_m: float | None
    permit: Permit
    night_only: bool
    parts: tuple[tuple[Part, int], ...]
    tasks: tuple[Task, ...]
    done_s: int | None
    words: str
    parts_used: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan as it stands. contract: its name, or empty."""

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
    halts: tuple[Halt, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A plan in a list."""

    plan_id: int
    day: int
    contract: str
    desk: Desk
    stops: int
    done: int
    dropped_s: int | None


@dataclass(frozen=True, slots=True)
class Finished:
    """What a code did. passed: tickets that were not finished by it, with the stage they are in."""

    plan_id: int
    number: int
    name: str
    tickets: tuple[TicketId, ...]
    cleanings: int
    passed: tuple[tuple[TicketId, str], ...]


# ---- what waits


def waiting(connection: Connection, scope: Scope, whose: Whose, work: Span, *, now_s: int) -> Waiting:
    """The live tickets and open cleanings of a crew. work: when it would be there, UTC seconds."""
    jobs = _tickets(connection, scope, whose, now_s)
    cleanings = _cleanings(connection, scope, whose, now_s) if whose.desk in WITH_CLEANINGS else ()
    aside: dict[TicketId | CleaningKey, Reason] = {}
    points = sorted({job.point_id for job in cleanings})
    for some in slices(points):
        frozen = guarantees_of(connection, Scope.ALL, some, *work)
        frozen_points = {p for p, periods in frozen.items() if any(each.freezes_works for each in periods)}
        aside |= {job.of: Reason.FROZEN for job in cleanings if job.point_id in frozen_points}
    aside |= _paused(connection) | _planned(connection, now_s)
    return Waiting(jobs, cleanings, aside)


def _tickets(connection: Connection, scope: Scope, whose: Whose, now_s: int) -> tuple[Job, ...]:
    condition = and_(
        ticket.c.desk == whose.desk,
        ticket.c.stage.in_(sorted(PLANNED_FROM)),
        ticket.c.held == "",
        rows.sees(scope, now_s),
    )
    if whose.contract_id is not None:
        condition = and_(condition, ticket.c.contract_id == whose.contract_id)
    children: dict[int, list[PointId]] = defaultdict(list)
    found: dict[int, Row[Any]] = {}
    query = (
        select(ticket, ticket_point.c.point_id)
        .join(ticket_point, ticket_point.c.ticket_id == ticket.c.id)
        .where(condition, ticket_point.c.left_s.is_(None), seen_at(scope, ticket_point.c.point_id, now_s))
        .order_by(ticket.c.id, ticket_point.c.point_id)
    )
    for row in connection.execute(query):
        found[row.id] = row
        children[row.id].append(PointId(row.point_id))
    places = _places(connection, {p for ids in children.values() for p in ids}, now_s)
    return tuple(
        _job(row, place)
        for number, row in found.items()
        if (place := _stands_for([places[p] for p in children[number] if p in places])) is not None
    )


def _stands_for(places: Sequence[Row[Any]]) -> Row[Any] | None:
    """The camera where a crew begins: one with coordinates, of the worst class."""
    return min(places, key=lambda row: (row.lon is None, row.klass, row.id), default=None)


def _job(row: Row[Any], place: Row[Any]) -> Job:
    return Job(
        of=TicketId(row.id),
        due_s=row.restore_by_s,
        minutes=minutes_for(row.cause),
        what=row.what,
        cause=row.cause,
        parts=parts_for(row.cause, row.what, _model(place)),
        **_of_place(place, row.klass),
        # a switch, a feeder or a cabinet is worked on from the ground
        height_m=place.mount_height_m if row.cause == CauseKind.CAMERA else None,
    )


def _cleanings(connection: Connection, scope: Scope, whose: Whose, now_s: int) -> tuple[Job, ...]:
    query = select(cleaning).where(cleaning.c.done_s.is_(None), seen_at(scope, cleaning.c.point_id, now_s))
    if whose.contract_id is not None:
        lot = select(contract_point.c.point_id).where(
            contract_point.c.contract_id == whose.contract_id,
            standing(contract_point.c.from_s, contract_point.c.to_s, now_s),
        )
        query = query.where(cleaning.c.point_id.in_(lot))
    found = connection.execute(query.order_by(cleaning.c.point_id, cleaning.c.kind, cleaning.c.since_s)).all()
    places = _places(connection, {PointId(row.point_id) for row in found}, now_s)
    return tuple(
        Job(
            of=CleaningKey(PointId(row.point_id), row.kind, row.since_s),
            due_s=day_span(row.due_day, place.tz)[1],
            minutes=minutes_for(""),
            what=row.kind,
            parts=parts_for("", row.kind),
            height_m=place.mount_height_m,
            **_of_place(place, place.klass),
        )
        for row in found
        if (place := places.get(PointId(row.point_id))) is not None
    )


def _of_place(place: Row[Any], klass: int) -> dict[str, Any]:
    return {
        "point_id": PointId(place.id),
        "name": place.name,
        "lon": place.lon,
        "lat": place.lat,
        "klass": klass,
        "permit": Permit(place.permit),
        "night_only": bool(place.night_only),
        "district": place.civil_code,
        "street": place.address or place.name,
        "spot": f"pole {place.pole}" if place.pole else f"site {place.site}" if place.site else "",
    }


def _model(place: Row[Any]) -> str:
    return f"{place.make or ''} {place.model or ''}".strip()


def _places(connection: Connection, ids: Iterable[PointId], now_s: int) -> dict[PointId, Row[Any]]:
    """The rows of points, with the make and model of what hangs there; a withdrawn one is missing."""
    columns: tuple[ColumnElement[Any], ...] = (
        point.c.id, point.c.name, point.c.address, point.c.lon, point.c.lat, point.c.klass, point.c.tz, point.c.permit,
        point.c.night_only, point.c.mount_height_m, point.c.civil_code, point.c.pole, point.c.site,
        device.c.make, device.c.model,
    )  # fmt: skip
    found: dict[PointId, Row[Any]] = {}
    for some in slices(sorted(ids)):
        query = (
            select(*columns)
            .select_from(with_device(now_s))
            .where(point.c.id.in_(some), point.c.withdrawn_s.is_(None))
        )
        found |= {PointId(row.id): row for row in connection.execute(query)}
    return found


def _paused(connection: Connection) -> dict[TicketId | CleaningKey, Reason]:
    query = select(ticket_pause.c.ticket_id).where(ticket_pause.c.to_s.is_(None))
    return {TicketId(found): Reason.PAUSED for found in connection.execute(query).scalars()}


def _planned(connection: Connection, now_s: int) -> dict[TicketId | CleaningKey, Reason]:
    """What is in a plan whose day is not over, and not done. A day that is over has given its work back."""
    query = (
        select(day_job, day_plan.c.day, day_plan.c.tz)
        .join(day_plan, day_plan.c.id == day_job.c.plan_id)
        .join(day_stop, and_(day_stop.c.plan_id == day_job.c.plan_id, day_stop.c.number == day_job.c.number))
        .where(
            day_plan.c.dropped_s.is_(None),
            day_stop.c.done_s.is_(None),
            day_plan.c.day >= now_s // 86_400 - 2,  # no zone is further from UTC; the exact end is seen below
        )
    )
    return {
        _of(row): Reason.PLANNED
        for row in connection.execute(query)
        if day_span(row.day + 1, row.tz)[1] > now_s  # a night ends on the next day
    }


def _of(row: Row[Any]) -> TicketId | CleaningKey:
    if row.ticket_id is not None:
        return TicketId(row.ticket_id)
    return CleaningKey(PointId(row.point_id), row.kind, row.since_s)


# ---- who may see


def _sees_stop(scope: Scope, now_s: int) -> ColumnElement[bool]:
    """Of a join of day_stop and day_plan: the whole plan of a lot, else the halts at points that may be seen."""
    return or_(in_lots(scope, day_plan.c.contract_id), seen_at(scope, day_stop.c.point_id, now_s))


def _sees_plan(scope: Scope, now_s: int) -> ColumnElement[bool]:
    seen = exists().where(day_stop.c.plan_id == day_plan.c.id, seen_at(scope, day_stop.c.point_id, now_s))
    return or_(in_lots(scope, day_plan.c.contract_id), seen)


# ---- written


def keep(
    connection: Connection,
    head: NewPlan,
    made: DayPlan,
    pick: Callable[[str], str],
    *,
    actor: ActorId,
    now_s: int,
) -> int:
    """Keep a plan and give each stop its code; gives the plan's number.

    Conflict: it has no stop, or some of its work came into another plan meanwhile.
    pick: as in day_codes.new_code.
    """
    if not made.stops:
        raise Conflict(_why_empty(made))
    taken = _planned(connection, now_s)
    if any(job.of in taken for stop in made.stops for job in stop.jobs):
        raise Conflict("somebody planned some of this work meanwhile: ask again")
    plan_id = connection.execute(
        insert(day_plan)
        .values(
            day=head.day, tz=head.tz, contract_id=head.whose.contract_id, desk=head.whose.desk,
            is_night=int(head.is_night), permit=head.permit, length_m=made.length_m, minutes=made.minutes,
            start_lon=head.start[0] if head.start else None, start_lat=head.start[1] if head.start else None,
            made_s=now_s, made_by=actor,
        )
        .returning(day_plan.c.id)
    ).scalar_one()  # fmt: skip
    for number, stop in enumerate(made.stops, start=1):
        connection.execute(insert(day_stop).values(_stop_row(plan_id, number, stop, _free(connection, pick))))
        connection.execute(
            insert(day_job),
            [
                {"plan_id": plan_id, "number": number, "place": place, **_job_row(job)}
                for place, job in enumerate(stop.jobs, start=1)
            ],
        )
    return int(plan_id)


def _why_empty(made: DayPlan) -> str:
    counts = Counter(each.reason.value for each in made.left_out)
    why = ", ".join(f"{count} {reason}" for reason, count in counts.most_common())
    return f"no stop is left for this day: {f'left out were {why}' if why else 'nothing waits for this crew'}"


def _stop_row(plan_id: int, number: int, stop: Stop, code: str) -> dict[str, Any]:
    parts = [[part.kind, part.model, count] for part, count in stop.parts]
    return {
        "plan_id": plan_id, "number": number, "code": code, "point_id": stop.jobs[0].point_id, "lon": stop.lon,
        "lat": stop.lat, "leg_m": stop.leg_m, "minutes": stop.minutes, "height_m": stop.height_m, "permit": stop.permit,
        "night_only": int(stop.night_only), "parts": msgspec.json.encode(parts).decode(),
    }  # fmt: skip


def _job_row(job: Job) -> dict[str, Any]:
    match job.of:
        case CleaningKey(point_id, kind, since_s):
            return {"ticket_id": None, "point_id": point_id, "kind": kind, "since_s": since_s}
        case ticket_id:
            return {"ticket_id": ticket_id, "point_id": job.point_id, "kind": "", "since_s": None}


def _free(connection: Connection, pick: Callable[[str], str]) -> str:
    for _ in range(DRAWS_MAX):
        code = new_code(pick)
        if connection.execute(select(day_stop.c.code).where(day_stop.c.code == code)).first() is None:
            return code
    raise AssertionError("the source of codes gives the same again and again")


def drop(connection: Connection, scope: Scope, plan_id: int, *, actor: ActorId, now_s: int) -> None:
    """Give a plan up: its work is free for another one, its codes end. NotFound. Conflict: dropped before."""
    if _head(connection, scope, plan_id, now_s).dropped_s is not None:
        raise Conflict(f"plan {plan_id} was dropped already")
    connection.execute(
        update(day_plan).where(day_plan.c.id == plan_id).values(dropped_s=now_s, dropped_by=actor)
    )


def finish(
    connection: Connection,
    scope: Scope,
    code: str,
    *,
    words: str = "",
    parts_used: Sequence[str] = (),
    actor: ActorId,
    now_s: int,
) -> Finished:
    """The crew has done a stop: its cleanings are crossed out, its tickets are done, the code is used up.

    A ticket that has moved on meanwhile (it came back by itself, it was cancelled, handed back) is passed over and
    named. code: as day_codes.regular gives it. NotFound: no stop has it. Conflict: it was used, or its plan dropped.
    """
    stop = _open_stop(connection, scope, code, now_s)
    mine = and_(day_stop.c.plan_id == stop.plan_id, day_stop.c.number == stop.number)
    connection.execute(
        update(day_stop)
        .where(mine)
        .values(
            done_s=now_s,
            done_by=actor,
            words=words,
            parts_used=msgspec.json.encode(list(parts_used)).decode(),
        )
    )
    finished: list[TicketId] = []
    passed: list[tuple[TicketId, str]] = []
    cleaned = 0
    for of, stage in _jobs_of(connection, stop):
        if isinstance(of, CleaningKey):
            cleaned += _clean(connection, of, actor, now_s)
        elif stage in PLANNED_FROM:
            rows.take_step(connection, of, Step.FINISH, remark=words, actor=actor, now_s=now_s)
            finished.append(of)
        else:
            passed.append((of, stage or ""))
    return Finished(stop.plan_id, stop.number, stop.name, tuple(finished), cleaned, tuple(passed))


def leave_undone(
    connection: Connection, scope: Scope, code: str, words: str, *, actor: ActorId, now_s: int
) -> None:
    """The crew was there, or not, and the stop is not done: what it says goes to the tickets, the code stays good.

    Errors as `finish`.
    """
    stop = _open_stop(connection, scope, code, now_s)
    if words == stop.words:
        return
    mine = and_(day_stop.c.plan_id == stop.plan_id, day_stop.c.number == stop.number)
    connection.execute(update(day_stop).where(mine).values(words=words))
    for of, stage in _jobs_of(connection, stop):
        if not isinstance(of, CleaningKey) and words and stage is not None:
            rows.enter(connection, of, "remarked", Stage(stage), remark=words, actor=actor, now_s=now_s)


def is_done(connection: Connection, scope: Scope, code: str, *, now_s: int) -> bool:
    """Whether the stop of a code is done already; no, where nobody has the code."""
    query = (
        select(day_stop.c.done_s)
        .join(day_plan, day_plan.c.id == day_stop.c.plan_id)
        .where(day_stop.c.code == code, _sees_stop(scope, now_s))
    )
    return connection.execute(query).scalar_one_or_none() is not None


def _open_stop(connection: Connection, scope: Scope, code: str, now_s: int) -> Row[Any]:
    row = connection.execute(
        select(day_stop, day_plan.c.dropped_s, point.c.name)
        .join(day_plan, day_plan.c.id == day_stop.c.plan_id)
        .join(point, point.c.id == day_stop.c.point_id)
        .where(day_stop.c.code == code, _sees_stop(scope, now_s))
        .with_for_update(of=day_stop)
    ).one_or_none()
    if row is None:
        raise NotFound(f"no stop has the code {code}: read it again, sign by sign")
    if row.dropped_s is not None:
        raise Conflict(
            f"plan {row.plan_id}, to which {code} belongs, was dropped: finish its tickets one by one"
        )
    if row.done_s is not None:
        raise Conflict(f"the code {code} was used already: stop {row.number} of plan {row.plan_id} is done")
    return row


def _jobs_of(connection: Connection, stop: Row[Any]) -> list[tuple[TicketId | CleaningKey, str | None]]:
    query = (
        select(day_job, ticket.c.stage)
        .outerjoin(ticket, ticket.c.id == day_job.c.ticket_id)
        .where(day_job.c.plan_id == stop.plan_id, day_job.c.number == stop.number)
        .order_by(day_job.c.place)
    )
    return [(_of(row), row.stage) for row in connection.execute(query)]


def _clean(connection: Connection, key: CleaningKey, actor: ActorId, now_s: int) -> int:
    c = cleaning.c
    mine = and_(c.point_id == key.point_id, c.kind == key.kind, c.since_s == key.since_s, c.done_s.is_(None))
    return connection.execute(update(cleaning).where(mine).values(done_s=now_s, done_by=actor)).rowcount


# ---- read


def plans(connection: Connection, scope: Scope, *, now_s: int) -> list[Line]:
    """The last plans, the newest first, at most PLANS_LISTED_MAX."""
    query = (
        select(day_plan, contract.c.name.label("contract"))
        .outerjoin(contract, contract.c.id == day_plan.c.contract_id)
        .where(_sees_plan(scope, now_s))
        .order_by(day_plan.c.id.desc())
        .limit(PLANS_LISTED_MAX)
    )
    heads = connection.execute(query).all()
    stops: dict[int, list[int | None]] = defaultdict(list)
    for row in connection.execute(
        select(day_stop.c.plan_id, day_stop.c.done_s)
        .join(day_plan, day_plan.c.id == day_stop.c.plan_id)
        .where(day_stop.c.plan_id.in_([head.id for head in heads]), _sees_stop(scope, now_s))
    ):
        stops[row.plan_id].append(row.done_s)
    return [
        Line(
            head.id, head.day, head.contract or "", Desk(head.desk), len(stops[head.id]),
            sum(done is not None for done in stops[head.id]), head.dropped_s,
        )
        for head in heads
    ]  # fmt: skip


def plan_of(connection: Connection, scope: Scope, plan_id: int, *, now_s: int) -> Planned:
    """One plan with its halts in order, as far as they may be seen. NotFound: there is none of this number."""
    head = _head(connection, scope, plan_id, now_s)
    tasks = _tasks(connection, plan_id)
    query = (
        select(day_stop, point.c.name, point.c.address)
        .join(day_plan, day_plan.c.id == day_stop.c.plan_id)
        .join(point, point.c.id == day_stop.c.point_id)
        .where(day_stop.c.plan_id == plan_id, _sees_stop(scope, now_s))
        .order_by(day_stop.c.number)
    )
    halts = tuple(_halt(row, tasks[row.number]) for row in connection.execute(query))
    return Planned(
        head.id, head.day, head.tz, head.contract or "", Desk(head.desk), bool(head.is_night), Permit(head.permit),
        head.length_m, head.minutes, head.made_s, head.dropped_s, halts,
    )  # fmt: skip


def _head(connection: Connection, scope: Scope, plan_id: int, now_s: int) -> Row[Any]:
    row = connection.execute(
        select(day_plan, contract.c.name.label("contract"))
        .outerjoin(contract, contract.c.id == day_plan.c.contract_id)
        .where(day_plan.c.id == plan_id, _sees_plan(scope, now_s))
    ).one_or_none()
    if row is None:
        raise NotFound(f"there is no plan {plan_id}: `lenskeeper plan day list` shows those there are")
    return row


def _halt(row: Row[Any], tasks: Sequence[Task]) -> Halt:
    parts = msgspec.json.decode(row.parts, type=list[tuple[str, str, int]])
    return Halt(
        number=row.number,
        code=row.code,
        name=row.name,
        address=row.address,
        lon=row.lon,
        lat=row.lat,
        leg_m=row.leg_m,
        minutes=row.minutes,
        height_m=row.height_m,
        permit=Permit(row.permit),
        night_only=bool(row.night_only),
        parts=tuple((Part(PartKind(kind), model), count) for kind, model, count in parts),
        tasks=tuple(tasks),
        done_s=row.done_s,
        words=row.words,
        parts_used=tuple(msgspec.json.decode(row.parts_used, type=list[str])),
    )


def _tasks(connection: Connection, plan_id: int) -> dict[int, list[Task]]:
    query = (
        select(
            day_job, point.c.name, point.c.klass.label("point_klass"), point.c.tz, ticket.c.cause, ticket.c.thing,
            ticket.c.what, ticket.c.klass, ticket.c.restore_by_s, ticket.c.stage, cleaning.c.due_day, cleaning.c.done_s,
        )
        .join(point, point.c.id == day_job.c.point_id)
        .outerjoin(ticket, ticket.c.id == day_job.c.ticket_id)
        .outerjoin(
            cleaning,
            and_(
                cleaning.c.point_id == day_job.c.point_id,
                cleaning.c.kind == day_job.c.kind,
                cleaning.c.since_s == day_job.c.since_s,
            ),
        )
        .where(day_job.c.plan_id == plan_id)
        .order_by(day_job.c.number, day_job.c.place)
    )  # fmt: skip
    found = connection.execute(query).all()
    cameras = rows.points_of(
        connection, [TicketId(row.ticket_id) for row in found if row.ticket_id is not None]
    )
    out: dict[int, list[Task]] = defaultdict(list)
    for row in found:
        of = _of(row)
        if isinstance(of, CleaningKey):
            done = "" if row.done_s is None else "done"
            due_s = day_span(row.due_day, row.tz)[1]
            task = Task(of, of.point_id, row.name, "", "", of.kind, row.point_klass, due_s, 1, done)
        else:
            task = Task(
                of, PointId(row.point_id), row.name, row.cause, row.thing, row.what, row.klass, row.restore_by_s,
                len(cameras[of]), row.stage,
            )  # fmt: skip
        out[row.number].append(task)
    return out
