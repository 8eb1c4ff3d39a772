"""The work of repair as screens list it: tickets filtered, counted and read on by key, and what stands behind one."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, false, func, not_, or_, select

from lenskeeper.availability.lanes import Lane, State
from lenskeeper.availability.rows import runs_of
from lenskeeper.base.access import Scope
from lenskeeper.diagnosis.schema import held_fault
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_points import unit_paths
from lenskeeper.inventory.rows_present import with_unit
from lenskeeper.inventory.rows_seen import seen_at
from lenskeeper.inventory.schema import membership, point
from lenskeeper.tickets import rows
from lenskeeper.tickets.causes import CauseKind
from lenskeeper.tickets.desk import TicketId
from lenskeeper.tickets.routing import Desk
from lenskeeper.tickets.rows_contracts import in_lots
from lenskeeper.tickets.schema import contract, ticket, ticket_event, ticket_pause, ticket_point
from lenskeeper.tickets.states import Stage
from lenskeeper.units.ids import UnitId

PERCENT_ESCAPE: Final = "\\"
COUNTED_MAX: Final = (
    10_000  # of those that are over: years of them would be counted for a number that nobody reads
)
LOOKED_BACK_S: Final = 7 * 86_400  # states of a camera beside its ticket


class Order(StrEnum):
    """By what a list of tickets is sorted."""

    DUE = "due"  # the clock that runs out first
    NEWEST = "newest"
    CAMERAS = "cameras"  # what took most cameras along


@dataclass(frozen=True, slots=True)
class Filters:
    """Which tickets; what is left out does not narrow the list.

    is_live: those that are not over, those that are, or (None) both.
    words:   the number, a part of the thing's name, or of the name or code of a camera that the asker may see.
    is_late: as Ticket.is_late. since_s, until_s: opened in [since, until). point_id: it is behind the ticket.
    """

    is_live: bool | None = True
    desks: tuple[Desk, ...] = ()
    contract_id: int | None = None
    klasses: tuple[int, ...] = ()
    stages: tuple[Stage, ...] = ()
    kinds: tuple[CauseKind, ...] = ()
    what: str = ""
    is_late: bool | None = None
    is_held: bool | None = None
    is_paused: bool | None = None
    unit_id: UnitId | None = None
    point_id: PointId | None = None
    since_s: int | None = None
    until_s: int | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """A ticket in a list. contract: the name of it, or empty."""

    ticket: rows.Ticket
    contract: str
    is_paused: bool


@dataclass(frozen=True, slots=True)
class Counts:
    """How many there are, and how they are spread. is_cut: only the newest COUNTED_MAX were counted, there are more."""

    total: int
    is_cut: bool
    late: int
    held: int
    paused: int
    by_stage: dict[str, int]
    by_desk: dict[str, int]
    by_class: dict[int, int]


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where a camera of a ticket is. unit: the path of who keeps it."""

    point_id: PointId
    code: str
    name: str
    unit: str
    address: str
    lon: float | None
    lat: float | None
    klass: int


@dataclass(frozen=True, slots=True)
class Seen:
    """What our looks last said of a camera in one lane: since when, until when that was seen."""

    lane: Lane
    state: State
    from_s: int
    to_s: int


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of the picture that stands, with the figure, its limit and what it was compared with."""

    point_id: PointId
    kind: str
    severity: str
    since_s: int
    figure: float
    limit: float
    compared_with: str


def tickets(
    connection: Connection,
    scope: Scope,
    filters: Filters,
    order: Order,
    after: tuple[int, int] | None,
    limit: int,
    *,
    now_s: int,
) -> list[Listed]:
    """A page of tickets. after: the sort key and the number of the last one before; the key is `key_of`."""
    own = (rows.sees(scope, now_s), *_conditions(scope, filters, now_s))
    if order is Order.CAMERAS:  # the only order for which the cameras of all must be counted
        counted = rows.with_count(scope, now_s).where(*own).subquery()
        first, number = counted.c.cameras, counted.c.id
    else:
        first, number = (ticket.c.restore_by_s if order is Order.DUE else ticket.c.id), ticket.c.id
    up = order is Order.DUE
    picked = select(number)
    if order is not Order.CAMERAS:
        picked = picked.where(*own)
    if after is not None:
        beyond = (first > after[0], number > after[1]) if up else (first < after[0], number < after[1])
        picked = picked.where(or_(beyond[0], and_(first == after[0], beyond[1])))
    picked = picked.order_by(first, number) if up else picked.order_by(first.desc(), number.desc())
    ids = list(connection.execute(picked.limit(limit)).scalars())
    statement = _listed(scope, now_s).where(ticket.c.id.in_(ids))
    found = {row.id: row for row in connection.execute(statement)}
    return [
        Listed(rows.ticket_in(found[one]), found[one].contract or "", bool(found[one].is_paused))
        for one in ids
    ]


def key_of(listed: Listed, order: Order) -> tuple[int, int]:
    """The sort key of a ticket in a list, and its number."""
    one = listed.ticket
    first = {Order.DUE: one.restore_by_s, Order.NEWEST: one.ticket_id, Order.CAMERAS: one.cameras}[order]
    return first, one.ticket_id


def ticket_listed(connection: Connection, scope: Scope, ticket_id: int, *, now_s: int) -> Listed:
    """One ticket as lists show it. NotFound: there is none, or it may not be seen."""
    one = rows.ticket_of(connection, scope, TicketId(ticket_id), now_s=now_s)
    query = select(contract.c.name.label("contract"), _is_paused().label("is_paused")).select_from(_joined())
    row = connection.execute(query.where(ticket.c.id == ticket_id)).one()
    return Listed(one, row.contract or "", bool(row.is_paused))


def counts(connection: Connection, scope: Scope, filters: Filters, *, now_s: int) -> Counts:
    """How many tickets pass the filters, by stage, desk and class."""
    # one row per ticket, and the sums outside: a subquery is not allowed among what is grouped by
    each = (
        select(
            ticket.c.stage, ticket.c.desk, ticket.c.klass, rows.late(now_s).label("late"), (ticket.c.held != "").label("held"),
            _is_paused().label("paused"),
        )
        .where(rows.sees(scope, now_s), *_conditions(scope, filters, now_s))
    )  # fmt: skip
    if filters.is_live is not True:
        each = each.order_by(ticket.c.id.desc()).limit(COUNTED_MAX + 1)
    sub = each.subquery()
    columns = (sub.c.stage, sub.c.desk, sub.c.klass, sub.c.late, sub.c.held, sub.c.paused)
    query = select(*columns, func.count().label("n")).group_by(*columns)
    found = connection.execute(query).all()
    by_stage: dict[str, int] = {}
    by_desk: dict[str, int] = {}
    by_class: dict[int, int] = {}
    for row in found:
        by_stage[row.stage] = by_stage.get(row.stage, 0) + row.n
        by_desk[row.desk] = by_desk.get(row.desk, 0) + row.n
        by_class[row.klass] = by_class.get(row.klass, 0) + row.n
    total = sum(row.n for row in found)
    return Counts(
        min(total, COUNTED_MAX) if filters.is_live is not True else total,
        filters.is_live is not True and total > COUNTED_MAX,
        sum(row.n for row in found if row.late),
        sum(row.n for row in found if row.held),
        sum(row.n for row in found if row.paused),
        by_stage,
        by_desk,
        by_class,
    )


def _joined() -> Any:
    return ticket.outerjoin(contract, contract.c.id == ticket.c.contract_id)


def _is_paused() -> ColumnElement[bool]:
    return exists().where(ticket_pause.c.ticket_id == ticket.c.id, ticket_pause.c.to_s.is_(None))


def _listed(scope: Scope, now_s: int) -> Select[Any]:
    extra = contract.c.name.label("contract"), _is_paused().label("is_paused")
    return rows.with_count(scope, now_s).add_columns(*extra).select_from(_joined())


def _conditions(scope: Scope, filters: Filters, now_s: int) -> list[ColumnElement[bool]]:
    c = ticket.c
    found = _flags(filters, now_s)
    for column, wanted in (
        (c.desk, filters.desks),
        (c.klass, filters.klasses),
        (c.stage, filters.stages),
        (c.cause, filters.kinds),
        (c.what, (filters.what,) if filters.what else ()),
        (c.contract_id, () if filters.contract_id is None else (filters.contract_id,)),
    ):
        if wanted:
            found.append(column.in_(wanted))
    if filters.since_s is not None:
        found.append(c.opened_s >= filters.since_s)
    if filters.until_s is not None:
        found.append(c.opened_s < filters.until_s)
    if filters.unit_id is not None:
        found.append(rows.sees(Scope(frozenset({filters.unit_id})), now_s))
    if filters.point_id is not None:
        found.append(_has_camera(scope, select(point.c.id).where(point.c.id == filters.point_id), now_s))
    if words := filters.words.strip():
        found.append(_says(scope, words, now_s))
    return found


def _flags(filters: Filters, now_s: int) -> list[ColumnElement[bool]]:
    c = ticket.c
    asked = (
        (filters.is_live, c.ended_s.is_(None)),
        (filters.is_late, rows.late(now_s)),
        (filters.is_held, c.held != ""),
        (filters.is_paused, _is_paused()),
    )
    return [said if wanted else not_(said) for wanted, said in asked if wanted is not None]


def _says(scope: Scope, words: str, now_s: int) -> ColumnElement[bool]:
    if words.removeprefix("#").isdecimal():
        number = int(words.removeprefix("#"))
        is_number = ticket.c.id == number if number < 1 << 31 else false()
    else:
        is_number = false()
    like = "%" + words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    of_camera = or_(
        point.c.name.ilike(like, escape=PERCENT_ESCAPE), point.c.code.ilike(like, escape=PERCENT_ESCAPE)
    )
    thing = and_(ticket.c.cause != CauseKind.CAMERA, ticket.c.thing.ilike(like, escape=PERCENT_ESCAPE))
    return or_(is_number, thing, _has_camera(scope, select(point.c.id).where(of_camera), now_s))


def _has_camera(scope: Scope, wanted: Select[Any], now_s: int) -> ColumnElement[bool]:
    """One of these cameras is behind the ticket, and the asker may see it there.

    Two sets that are made once each, and not a question for each ticket.
    """
    c = ticket_point.c
    behind = select(c.ticket_id).where(c.point_id.in_(wanted))
    if scope.units is None:
        return ticket.c.id.in_(behind)
    seen = ticket.c.id.in_(behind.where(seen_at(scope, c.point_id, now_s)))
    return or_(seen, and_(in_lots(scope, ticket.c.contract_id), ticket.c.id.in_(behind)))


def whereabouts(
    connection: Connection, points: Sequence[PointId], *, now_s: int
) -> dict[PointId, Whereabouts]:
    """Where some cameras are; for whoever may see the ticket they are behind already."""
    paths = unit_paths(connection)
    p = point.c
    query = select(p.id, p.code, p.name, p.address, p.lon, p.lat, p.klass, membership.c.unit_id)
    found = connection.execute(query.select_from(with_unit(now_s)).where(p.id.in_(points)))
    return {
        PointId(row.id): Whereabouts(
            PointId(row.id), row.code, row.name, paths.get(row.unit_id, ""), row.address or "", row.lon, row.lat,
            row.klass,
        )
        for row in found
    }  # fmt: skip


def last_seen(connection: Connection, scope: Scope, point_id: PointId, *, now_s: int) -> list[Seen]:
    """The last state of each lane of one camera within a week, as far as it may be seen."""
    found = []
    for lane in (Lane.REACHABLE, Lane.PICTURE_FIT, Lane.NO_PICTURE, Lane.LOW_VISIBILITY):
        spans = runs_of(connection, scope, point_id, lane, now_s - LOOKED_BACK_S, now_s + 1)
        if spans:
            last = spans[-1]
            found.append(Seen(lane, last.state, last.a, last.b))
    return found


def faults(connection: Connection, scope: Scope, points: Sequence[PointId], *, now_s: int) -> list[Fault]:
    """The faults of the picture that stand at some cameras, the oldest first."""
    c = held_fault.c
    query = select(held_fault).where(c.point_id.in_(points), seen_at(scope, c.point_id, now_s))
    return [
        Fault(
            PointId(row.point_id), row.kind, row.severity, row.since_s, row.figure, row.limit_value, row.compared_with
        )
        for row in connection.execute(query.order_by(c.since_s))
    ]  # fmt: skip


def last_done(connection: Connection, ticket_id: int) -> tuple[str, int] | None:
    """Who moved a ticket last, and when: what is told to somebody who came second. None: nobody did yet."""
    c = ticket_event.c
    query = select(c.actor, c.at_s).where(c.ticket_id == ticket_id).order_by(c.id.desc()).limit(1)
    row = connection.execute(query).first()
    return None if row is None else (row.actor, row.at_s)
