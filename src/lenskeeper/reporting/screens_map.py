"""The map: cameras as points, as rings of states for a part of the map, as a list, and one of them as a card.

All pass the one filter of what may be seen; a ring counts nothing that its reader's list would hide.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, and_, func, literal, or_, select, tuple_

from lenskeeper.availability.lanes import Lane
from lenskeeper.availability.rows import evidence_of
from lenskeeper.base.access import Scope
from lenskeeper.base.errors import NotFound
from lenskeeper.diagnosis.schema import held_fault
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_points import unit_paths
from lenskeeper.inventory.rows_seen import seen
from lenskeeper.inventory.schema import point
from lenskeeper.reporting.map_cells import FINEST, KEPT_LEVELS, ranges_of, square_of
from lenskeeper.reporting.schema import screen_camera, screen_cell
from lenskeeper.reporting.screen_states import STATE_WORDS, Seen
from lenskeeper.tickets.rows import sees
from lenskeeper.tickets.schema import ticket
from lenskeeper.units.ids import UnitId
from lenskeeper.units.rows import below, within

POINTS_MAX: Final = 50_000  # that a browser clusters by itself; of more, it asks for rings of what it shows
SINGLE_MAX: Final = 300  # so few on screen are shown one by one
SQUARES_ACROSS: Final = 32  # of one screen: a ring each 50 pixels or so
COARSER: Final = 3  # ranges are asked for in squares so much coarser: a few dozen, whatever the screen
EVIDENCE_DAYS: Final = 31
EVIDENCE_MAX: Final = 12

Condition = ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class MapFilter:
    """Which cameras; empty leaves all in. unit_id: this unit and what hangs below it; words: in name or code."""

    states: frozenset[Seen] = frozenset()
    klasses: frozenset[int] = frozenset()
    unit_id: UnitId | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Window:
    """A part of the map, degrees WGS-84: west < east, south < north. It does not cross the date line."""

    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True, slots=True)
class Dots:
    """Cameras with a place, column by column: a name for each value would be three quarters of the bytes."""

    point_id: list[int]
    lon: list[float]
    lat: list[float]
    state: list[int]


@dataclass(frozen=True, slots=True)
class Ring:
    """Some cameras near each other: where their middle is, and how many stand in each state, by number of Seen."""

    lon: float
    lat: float
    states: tuple[int, int, int, int, int]


@dataclass(frozen=True, slots=True)
class Totals:
    """How many cameras stand in each state, by number of Seen, and how many of all have no place."""

    states: tuple[int, int, int, int, int]
    without_place: int


@dataclass(frozen=True, slots=True)
class MapRow:
    """A camera in the list beside the map."""

    point_id: PointId
    name: str
    code: str
    klass: int
    state: str
    reason: str
    since_s: int | None
    ticket_id: int | None
    lon: float | None
    lat: float | None


@dataclass(frozen=True, slots=True)
class Proof:
    """A look behind a state: when, what it found, who looked."""

    at_s: int
    state: str
    reason: str
    prober: str


@dataclass(frozen=True, slots=True)
class StandingFault:
    """A fault of the picture that stands: its figure beside the limit, and what it was compared with."""

    kind: str
    severity: str
    since_s: int
    figure: float
    limit: float
    compared_with: str


@dataclass(frozen=True, slots=True)
class CardTicket:
    """The work under way."""

    ticket_id: int
    cause: str
    stage: str
    desk: str
    restore_by_s: int


@dataclass(frozen=True, slots=True)
class Card:
    """One camera: how it stands, since when, why, by what evidence, who mends it, and what it is for."""

    row: MapRow
    unit: str
    purpose: str
    legal_basis: str
    owner_department: str
    is_planned: bool
    evidence: tuple[Proof, ...]
    faults: tuple[StandingFault, ...]
    ticket: CardTicket | None


def totals(connection: Connection, scope: Scope, wanted: MapFilter, *, now_s: int) -> Totals:
    """How many there are, before anybody draws them."""
    c = screen_camera.c
    states = [0] * len(Seen)
    if is_of_units(scope) and not wanted.words:
        level = KEPT_LEVELS[0]
        cells = _cells(scope, wanted, level)
        query = select(screen_cell.c.state, func.sum(screen_cell.c.cameras)).where(*cells)
        for state, n in connection.execute(query.group_by(screen_cell.c.state)):
            states[state] += int(n)
        return Totals(_five(states), _without_place(connection, scope, wanted, now_s))
    by_state = select(c.state, func.count(), func.count(c.cell)).where(*_cameras(scope, wanted, now_s))
    without = 0
    for state, n, placed in connection.execute(by_state.group_by(c.state)):
        states[state] += int(placed)
        without += int(n) - int(placed)
    return Totals(_five(states), without)


def dots(
    connection: Connection, scope: Scope, wanted: MapFilter, *, now_s: int, window: Window | None = None
) -> Dots:
    """Cameras with a place, at most POINTS_MAX; ask `totals` first. window: only those in it."""
    c = screen_camera.c
    query = select(c.point_id, c.lon, c.lat, c.state).where(
        *_cameras(scope, wanted, now_s), c.cell.is_not(None)
    )
    if window is not None:
        query = query.where(
            _in_ranges(c.cell, window, _level(window), FINEST),
            c.lon.between(window.west, window.east),
            c.lat.between(window.south, window.north),
        )
    rows = connection.execute(query.order_by(c.point_id).limit(POINTS_MAX)).all()
    columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
    return Dots(*(list(each) for each in columns))


def rings(
    connection: Connection, scope: Scope, wanted: MapFilter, window: Window, *, now_s: int
) -> list[Ring]:
    """The cameras of a part of the map, gathered in squares of a size that suits a screen."""
    level = _level(window)
    if is_of_units(scope) and not wanted.words and level <= KEPT_LEVELS[-1]:
        kept = next(each for each in KEPT_LEVELS if each >= level)
        d = screen_cell.c
        square = d.cell.op(">>")(literal(2 * (kept - level))).label("square")
        query = select(square, d.state, func.sum(d.cameras), func.sum(d.sum_lon), func.sum(d.sum_lat))
        query = query.where(
            *_cells(scope, wanted, kept), _in_ranges(d.cell, window, level, kept), d.cameras > 0
        )
        rows = connection.execute(query.group_by("square", d.state))
    else:
        c = screen_camera.c
        square = c.cell.op(">>")(literal(2 * (FINEST - level))).label("square")
        query = select(square, c.state, func.count(), func.sum(c.lon), func.sum(c.lat))
        query = query.where(*_cameras(scope, wanted, now_s), _in_ranges(c.cell, window, level, FINEST))
        rows = connection.execute(query.group_by("square", c.state))
    return _gathered(rows)


def listed(
    connection: Connection,
    scope: Scope,
    wanted: MapFilter,
    *,
    now_s: int,
    window: Window | None = None,
    after: tuple[str, int] | None = None,
    limit: int = 100,
) -> list[MapRow]:
    """The same cameras by name, for eyes and readers that take no map. after: name and id of the last row before."""
    c = screen_camera.c
    query = select(*_row_columns()).where(*_cameras(scope, wanted, now_s))
    if window is not None:
        query = query.where(
            _in_ranges(c.cell, window, _level(window), FINEST),
            c.lon.between(window.west, window.east),
            c.lat.between(window.south, window.north),
        )
    if after is not None:
        query = query.where(tuple_(c.name, c.point_id) > tuple_(literal(after[0]), literal(after[1])))
    return [map_row(row) for row in connection.execute(query.order_by(c.name, c.point_id).limit(limit))]


def card(connection: Connection, scope: Scope, point_id: PointId, *, now_s: int) -> Card:
    """One camera. NotFound: there is none, or it may not be seen."""
    c, p = screen_camera.c, point.c
    query = (
        select(*_row_columns(), c.unit_id, c.is_planned, p.purpose, p.legal_basis, p.owner_department)
        .join(point, p.id == c.point_id)
        .where(c.point_id == point_id, seen(scope, c.point_id, c.unit_id, now_s))
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"there is no camera {point_id}")
    return Card(
        row=map_row(row),
        unit=unit_paths(connection).get(row.unit_id, ""),
        purpose=row.purpose,
        legal_basis=row.legal_basis,
        owner_department=row.owner_department,
        is_planned=bool(row.is_planned),
        evidence=_proofs(connection, scope, point_id, now_s),
        faults=_standing(connection, point_id),
        ticket=_ticket(connection, scope, row.ticket_id, now_s),
    )


def extent(connection: Connection, scope: Scope, *, now_s: int) -> Window | None:
    """The part of the map that holds the cameras of a scope; None: none of them has a place."""
    query: Select[Any, Any, Any, Any]
    if is_of_units(scope):
        d = screen_cell.c
        west, south = d.sum_lon / d.cameras, d.sum_lat / d.cameras
        query = select(func.min(west), func.min(south), func.max(west), func.max(south)).where(
            d.level == KEPT_LEVELS[4], d.cameras > 0, within(scope, d.unit_id)
        )
    else:
        c = screen_camera.c
        query = select(func.min(c.lon), func.min(c.lat), func.max(c.lon), func.max(c.lat)).where(
            seen(scope, c.point_id, c.unit_id, now_s)
        )
    row = connection.execute(query).one()
    return None if row[0] is None else Window(float(row[0]), float(row[1]), float(row[2]), float(row[3]))


def is_of_units(scope: Scope) -> bool:
    """Whether it is made of whole units, so that sums over units tell no more than it may see."""
    return not scope.lots and not scope.parts


# -- conditions


def _cameras(scope: Scope, wanted: MapFilter, now_s: int) -> list[Condition]:
    c = screen_camera.c
    out: list[Condition] = [seen(scope, c.point_id, c.unit_id, now_s), *_narrowed(c, wanted)]
    words = wanted.words.lower().split()
    return out + [
        or_(func.lower(c.name).contains(word, autoescape=True), c.code.contains(word, autoescape=True))
        for word in words
    ]


def _cells(scope: Scope, wanted: MapFilter, level: int) -> list[Condition]:
    d = screen_cell.c
    return [d.level == level, within(scope, d.unit_id), *_narrowed(d, wanted)]


def _narrowed(c: Any, wanted: MapFilter) -> list[Condition]:
    out: list[Condition] = []
    if wanted.states:
        out.append(c.state.in_(sorted(int(each) for each in wanted.states)))
    if wanted.klasses:
        out.append(c.klass.in_(sorted(wanted.klasses)))
    if wanted.unit_id is not None:
        out.append(below(wanted.unit_id, c.unit_id))
    return out


def _in_ranges(cell: ColumnElement[int], window: Window, level: int, kept: int) -> Condition:
    """The condition that a square of level `kept` lies in a window or near it."""
    coarse = max(0, min(level, kept) - COARSER)
    shift = 2 * (kept - coarse)
    ranges = ranges_of(window.west, window.south, window.east, window.north, coarse)
    return or_(*(and_(cell >= a << shift, cell < b << shift) for a, b in ranges))


def _level(window: Window) -> int:
    """The finest level at which a window is at most SQUARES_ACROSS squares wide and high."""
    level = FINEST
    while level > 0:
        x0, y0 = square_of(window.west, window.north, level)
        x1, y1 = square_of(window.east, window.south, level)
        if max(x1 - x0, y1 - y0) <= SQUARES_ACROSS:
            break
        level -= 1
    return level


# -- rows


def _gathered(rows: Any) -> list[Ring]:
    squares: dict[int, list[Any]] = {}
    for square, state, n, lon, lat in rows:
        sums = squares.setdefault(square, [0.0, 0.0, [0] * len(Seen)])
        sums[0] += float(lon)
        sums[1] += float(lat)
        sums[2][state] += int(n)
    return [
        Ring(round(lon / sum(states), 6), round(lat / sum(states), 6), _five(states))
        for lon, lat, states in squares.values()
    ]


def _five(states: Sequence[int]) -> tuple[int, int, int, int, int]:
    a, b, c, d, e = states
    return a, b, c, d, e


def _without_place(connection: Connection, scope: Scope, wanted: MapFilter, now_s: int) -> int:
    c = screen_camera.c
    query = select(func.count()).where(c.cell.is_(None), *_cameras(scope, wanted, now_s))
    return int(connection.execute(query).scalar_one())


def _row_columns() -> tuple[ColumnElement[Any], ...]:
    c = screen_camera.c
    return c.point_id, c.name, c.code, c.klass, c.state, c.reason, c.since_s, c.ticket_id, c.lon, c.lat


def map_row(row: Any) -> MapRow:
    """A row of `_row_columns`, perhaps with more behind."""
    return MapRow(
        PointId(row.point_id),
        row.name,
        row.code,
        row.klass,
        STATE_WORDS[Seen(row.state)],
        row.reason,
        row.since_s,
        row.ticket_id,
        row.lon,
        row.lat,
    )


def _proofs(connection: Connection, scope: Scope, point_id: PointId, now_s: int) -> tuple[Proof, ...]:
    """The last looks by which its reachability, or its delivery of pictures, became another one."""
    from_s = now_s - EVIDENCE_DAYS * 86_400
    found = [
        Proof(each.at_s, each.state.name.lower(), each.reason, each.prober)
        for lane in (Lane.REACHABLE, Lane.DELIVERY)
        for each in evidence_of(connection, scope, point_id, lane, from_s, now_s)
    ]
    return tuple(sorted(found, key=lambda proof: -proof.at_s)[:EVIDENCE_MAX])


def _standing(connection: Connection, point_id: PointId) -> tuple[StandingFault, ...]:
    c = held_fault.c
    query = select(c.kind, c.severity, c.since_s, c.figure, c.limit_value, c.compared_with)
    query = query.where(c.point_id == point_id).order_by(c.since_s, c.kind)
    return tuple(StandingFault(*row) for row in connection.execute(query))


def _ticket(connection: Connection, scope: Scope, ticket_id: int | None, now_s: int) -> CardTicket | None:
    c = ticket.c
    query = select(c.id, c.cause, c.stage, c.desk, c.restore_by_s).where(
        c.id == ticket_id, sees(scope, now_s)
    )
    row = None if ticket_id is None else connection.execute(query).one_or_none()
    return None if row is None else CardTicket(*row)
