"""The list of cameras on screen: filtered, sorted and counted within what may be seen; and the bands of one camera's past."""

from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Connection, func, literal, or_, select, tuple_

from lenskeeper.availability.lanes import Lane, State
from lenskeeper.availability.rows import runs_of
from lenskeeper.base.access import Scope
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_points import unit_paths
from lenskeeper.inventory.rows_seen import seen
from lenskeeper.inventory.schema import point
from lenskeeper.reporting.schema import screen_camera
from lenskeeper.reporting.screen_states import STATE_WORDS, Seen
from lenskeeper.units.ids import UnitId
from lenskeeper.units.rows import below

LANES: Final = (Lane.REACHABLE, Lane.DELIVERY, Lane.PICTURE_FIT)
LANE_WORDS: Final = {Lane.REACHABLE: "reachable", Lane.DELIVERY: "delivery", Lane.PICTURE_FIT: "picture_fit"}
PAST_DAYS_MAX: Final = 62
BANDS_MAX: Final = 2_000  # of one lane; a camera that changes more often is told by its tickets
Order = Literal["name", "-name", "since", "-since", "state", "-state"]
After = tuple[str | int, int]


@dataclass(frozen=True, slots=True)
class CameraFilter:
    """Which cameras; empty leaves all in. words: each in name or code. undeclared: without what charter clause 6 asks."""

    states: frozenset[Seen] = frozenset()
    klasses: frozenset[int] = frozenset()
    unit_id: UnitId | None = None
    words: str = ""
    reason: str = ""
    has_ticket: bool = False
    undeclared: bool = False


@dataclass(frozen=True, slots=True)
class CameraLine:
    """A camera in the list. unit: its path."""

    point_id: PointId
    name: str
    code: str
    klass: int
    unit_id: UnitId | None
    unit: str
    state: str
    reason: str
    since_s: int | None
    ticket_id: int | None
    is_planned: bool


@dataclass(frozen=True, slots=True)
class Band:
    """A state that held over [from_s, to_s); what no band covers is unknown."""

    lane: str
    from_s: int
    to_s: int
    is_up: bool


def listed(
    connection: Connection,
    scope: Scope,
    wanted: CameraFilter,
    order: Order,
    *,
    now_s: int,
    after: After | None = None,
    limit: int,
) -> list[CameraLine]:
    """Cameras in order; the number of the camera decides between equals. after: the key and number of the last before."""
    c = screen_camera.c
    key = _key(order)
    columns = (
        c.point_id,
        c.name,
        c.code,
        c.klass,
        c.unit_id,
        c.state,
        c.reason,
        c.since_s,
        c.ticket_id,
        c.is_planned,
    )
    query = select(*columns).where(*_conditions(scope, wanted, now_s))
    falls = order.startswith("-")
    if after is not None:
        last = tuple_(literal(after[0]), literal(after[1]))
        here = tuple_(key, c.point_id)
        query = query.where(here < last if falls else here > last)
    if wanted.words and order.endswith("name"):
        key = key.op("||")(
            ""
        )  # else SQLite walks the index of names and looks up each row: four times the work
    ordered = (key.desc(), c.point_id.desc()) if falls else (key, c.point_id)
    paths = unit_paths(connection)
    return [_line(row, paths) for row in connection.execute(query.order_by(*ordered).limit(limit))]


def key_of(line: CameraLine, order: Order) -> str | int:
    """What a line is sorted by."""
    match order.lstrip("-"):
        case "name":
            return line.name
        case "since":
            return line.since_s or 0
        case _:
            return next(int(state) for state, word in STATE_WORDS.items() if word == line.state)


def counted(connection: Connection, scope: Scope, wanted: CameraFilter, *, now_s: int) -> int:
    """How many there are."""
    conditions = _conditions(scope, wanted, now_s)
    query = select(func.count()).select_from(screen_camera).where(*conditions)
    return int(connection.execute(query).scalar_one())


def bands(connection: Connection, scope: Scope, point_id: PointId, a: int, b: int) -> list[Band]:
    """The past of one camera over [a, b), lane by lane."""
    out: list[Band] = []
    for lane in LANES:
        runs = runs_of(connection, scope, point_id, lane, a, b)[-BANDS_MAX:]
        out += [Band(LANE_WORDS[lane], max(run.a, a), min(run.b, b), run.state is State.UP) for run in runs]
    return out


def _key(order: Order) -> ColumnElement[Any]:
    c = screen_camera.c
    match order.lstrip("-"):
        case "name":
            return c.name
        case "since":
            return func.coalesce(c.since_s, 0)
        case _:
            return c.state


def _conditions(scope: Scope, wanted: CameraFilter, now_s: int) -> list[ColumnElement[bool]]:
    c = screen_camera.c
    out: list[ColumnElement[bool]] = [seen(scope, c.point_id, c.unit_id, now_s)]
    if wanted.states:
        out.append(c.state.in_(sorted(int(each) for each in wanted.states)))
    if wanted.klasses:
        out.append(c.klass.in_(sorted(wanted.klasses)))
    if wanted.unit_id is not None:
        out.append(below(wanted.unit_id, c.unit_id))
    if wanted.reason:
        out.append(c.reason == wanted.reason)
    if wanted.has_ticket:
        out.append(c.ticket_id.is_not(None))
    if wanted.undeclared:
        p = point.c
        empty = or_(
            p.place_kind == "",
            p.purpose == "",
            p.legal_basis == "",
            p.owner_department == "",
            p.contact == "",
        )
        out.append(c.point_id.in_(select(p.id).where(empty)))
    for word in wanted.words.lower().split():
        is_in_name = func.lower(c.name).contains(word, autoescape=True)
        out.append(or_(is_in_name, func.lower(c.code).contains(word, autoescape=True)))
    return out


def _line(row: Any, paths: dict[int, str]) -> CameraLine:
    return CameraLine(
        point_id=PointId(row.point_id),
        name=row.name,
        code=row.code,
        klass=row.klass,
        unit_id=None if row.unit_id is None else UnitId(row.unit_id),
        unit=paths.get(row.unit_id, ""),
        state=STATE_WORDS[Seen(row.state)],
        reason=row.reason,
        since_s=row.since_s,
        ticket_id=row.ticket_id,
        is_planned=bool(row.is_planned),
    )
