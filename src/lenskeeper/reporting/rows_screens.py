"""How each camera stands now, kept in screen_camera with what it is counted and found by: worked out again for some cameras.

Derived; nothing is decided by it. It is the one table that lists, counts, clusters and searches of screens read.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, and_, bindparam, case, delete, func, insert, select, update

from lenskeeper.availability.lanes import Lane, State
from lenskeeper.availability.schema import exclusion, look, round_cover, standing
from lenskeeper.base.access import ActorId
from lenskeeper.diagnosis.kinds import Severity
from lenskeeper.diagnosis.schema import held_fault, verdict_change
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_present import slices, with_device
from lenskeeper.inventory.schema import device, installation, membership, point
from lenskeeper.reporting.map_cells import FINEST, KEPT_LEVELS, cell_of
from lenskeeper.reporting.schema import screen_camera, screen_cell, screen_word
from lenskeeper.reporting.screen_states import Known, Said, standing_of
from lenskeeper.reporting.screen_words import plain, words_of
from lenskeeper.store.statements import greatest, insert_into
from lenskeeper.tickets.desk import TicketId
from lenskeeper.tickets.schema import ticket, ticket_event, ticket_point

AT_ONCE: Final = 1_000  # cameras of one refresh: a transaction of some 0.1 s
NO_UNIT: Final = 0
BETWEEN: Final = "\x1f"  # between what a camera is found by; nobody types it
ADDRESS_PART: Final = 5  # the place of the network address in `sought`, which not everybody may see

_COLUMNS: Final = (
    "unit_id", "name", "code", "klass", "state", "reason", "since_s", "ticket_id", "is_planned",
    "lon", "lat", "cell", "sought",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Refreshed:
    """Which cameras' rows came to be, changed or went; has_moved: one came, went or belongs to another unit now."""

    changed: tuple[PointId, ...]
    has_moved: bool


def refresh(
    connection: Connection,
    points: Collection[PointId],
    *,
    actor: ActorId,  # noqa: ARG001  what is derived from others' acts is nobody's
    now_s: int,
) -> Refreshed:
    """Work the rows of some cameras out again, and write what differs; withdrawn ones go."""
    assert len(points) <= AT_ONCE, "give them in slices: the writer is needed by the rounds"
    wanted = sorted(set(points))
    before = {
        PointId(row[0]): tuple(row[1:])
        for row in connection.execute(
            select(screen_camera.c.point_id, *(screen_camera.c[n] for n in _COLUMNS)).where(
                screen_camera.c.point_id.in_(wanted)
            )
        )
    }
    after, words = _worked_out(connection, wanted, now_s)
    new = [p for p in after if p not in before]
    gone = [p for p in before if p not in after]
    changed = [p for p, row in after.items() if p in before and before[p] != row]
    found_anew = [p for p in changed if _found_by(before[p]) != _found_by(after[p])]
    _forget_words(connection, [*gone, *found_anew])
    if gone:
        connection.execute(delete(screen_camera).where(screen_camera.c.point_id.in_(gone)))
    if new:
        rows = [{"point_id": p, **dict(zip(_COLUMNS, after[p], strict=True))} for p in new]
        connection.execute(insert(screen_camera), rows)
    if changed:
        statement = update(screen_camera).where(screen_camera.c.point_id == bindparam("p"))
        rows = [{"p": p, **dict(zip(_COLUMNS, after[p], strict=True))} for p in changed]
        connection.execute(statement.values({n: bindparam(n) for n in _COLUMNS}), rows)
    _write_words(connection, {p: words[p] for p in (*new, *found_anew)}, after)
    _count_anew(connection, [before[p] for p in (*gone, *changed)], [after[p] for p in (*new, *changed)])
    has_moved = bool(new or gone) or any(before[p][0] != after[p][0] for p in changed)
    return Refreshed(tuple(sorted([*new, *gone, *changed])), has_moved)


def every_camera(connection: Connection) -> list[PointId]:
    """All there are, and those that still have a row and are no more."""
    here = select(point.c.id).where(point.c.withdrawn_s.is_(None))
    was = select(screen_camera.c.point_id)
    return [PointId(p) for p in connection.execute(here.union(was)).scalars()]


def confirmed_until(connection: Connection) -> dict[str, int]:
    """How far the rounds of each shard confirm what is reachable."""
    query = select(round_cover.c.shard, func.max(round_cover.c.b)).where(round_cover.c.lane == Lane.REACHABLE)
    return {shard: int(b) for shard, b in connection.execute(query.group_by(round_cover.c.shard))}


def cameras_of_shard(connection: Connection, shard: str) -> list[PointId]:
    """Whose reachability the rounds of a shard confirm."""
    query = select(standing.c.point_id).where(standing.c.lane == Lane.REACHABLE, standing.c.shard == shard)
    return [PointId(p) for p in connection.execute(query).scalars()]


def tickets_since(connection: Connection, event_id: int) -> tuple[int, list[TicketId]]:
    """The number of the last event of any ticket, and the tickets to which something happened after one."""
    query = select(ticket_event.c.id, ticket_event.c.ticket_id).where(ticket_event.c.id > event_id)
    rows = connection.execute(query).all()
    return max((row.id for row in rows), default=event_id), sorted({TicketId(row.ticket_id) for row in rows})


def cameras_of_tickets(connection: Connection, tickets: Sequence[TicketId]) -> list[PointId]:
    """The cameras that are put down to some tickets."""
    return [
        PointId(p)
        for some in slices(tickets, AT_ONCE)
        for p in connection.execute(
            select(ticket_point.c.point_id).where(ticket_point.c.ticket_id.in_(some))
        ).scalars()
    ]


def verdicts_since(connection: Connection, change_id: int) -> tuple[int, list[PointId]]:
    """The number of the last change of a verdict, and the cameras of which one changed after another."""
    query = select(verdict_change.c.id, verdict_change.c.point_id).where(verdict_change.c.id > change_id)
    rows = connection.execute(query).all()
    return max((row.id for row in rows), default=change_id), sorted({PointId(row.point_id) for row in rows})


def last_event(connection: Connection) -> int:
    """The number of the last event of any ticket; 0: there is none."""
    return int(connection.execute(select(func.coalesce(func.max(ticket_event.c.id), 0))).scalar_one())


def last_verdict(connection: Connection) -> int:
    """The number of the last change of a verdict; 0: there is none."""
    return int(connection.execute(select(func.coalesce(func.max(verdict_change.c.id), 0))).scalar_one())


# -- what a row is made of


def _worked_out(
    connection: Connection, points: Sequence[PointId], now_s: int
) -> tuple[dict[PointId, tuple[Any, ...]], dict[PointId, set[tuple[str, Any]]]]:
    """The values of each row in the order of _COLUMNS, and the words by which it is found."""
    reach = _lane(connection, points, Lane.REACHABLE)
    delivery = _lane(connection, points, Lane.DELIVERY)
    held = _lane(connection, points, Lane.HELD)
    faults = _faults(connection, points)
    work = _work(connection, points)
    planned = _planned(connection, points, now_s)
    after: dict[PointId, tuple[Any, ...]] = {}
    words: dict[PointId, set[tuple[str, Any]]] = {}
    for row in _register(connection, points, now_s):
        p = PointId(row.id)
        serves = row.in_service_from_s <= now_s and (
            row.in_service_to_s is None or now_s < row.in_service_to_s
        )
        known = Known(
            serves and bool(row.url or row.still_url),
            reach.get(p),
            delivery.get(p),
            held.get(p),
            faults.get(p, ()),
        )
        stands = standing_of(known, now_s)
        parts = (row.name, row.common_name, row.code, row.serial or "", row.address, row.ipv4 or "")
        words[p] = words_of(
            name=row.name, common_name=row.common_name, code=row.code, serial=row.serial or "", road=row.address,
            ipv4=row.ipv4 or "",
        )  # fmt: skip
        cell = None if row.lon is None else cell_of(row.lon, row.lat)
        after[p] = (
            row.unit_id, row.name, row.code, row.klass, int(stands.state), stands.reason, stands.since_s,
            work.get(p), int(p in planned), row.lon, row.lat, cell, BETWEEN.join(plain(each) for each in parts),
        )  # fmt: skip
    return after, words


def _register(connection: Connection, points: Sequence[PointId], now_s: int) -> Iterable[Any]:
    c = point.c
    return connection.execute(
        select(
            c.id, membership.c.unit_id, c.name, c.common_name, c.code, c.klass, c.address, c.lon, c.lat,
            c.in_service_from_s, c.in_service_to_s, installation.c.url, installation.c.still_url,
            installation.c.ipv4, device.c.serial,
        )
        .select_from(with_device(now_s))
        .where(c.id.in_(points), c.withdrawn_s.is_(None))
    )  # fmt: skip


def _lane(connection: Connection, points: Sequence[PointId], lane: Lane) -> dict[PointId, Said]:
    """The last known state of each, as `availability.rows.current` says it."""
    ends = (
        select(round_cover.c.shard, func.max(round_cover.c.b).label("b"))
        .where(round_cover.c.lane == lane)
        .group_by(round_cover.c.shard)
        .subquery()
    )
    until = func.coalesce(standing.c.confirmed_s, greatest(standing.c.since_s, func.coalesce(ends.c.b, 0)))
    query = (
        select(standing.c.point_id, standing.c.state, standing.c.held_s, until, look.c.reason)
        .join(look, look.c.id == standing.c.last_look)
        .outerjoin(ends, ends.c.shard == standing.c.shard)
        .where(standing.c.lane == lane, standing.c.point_id.in_(points))
    )
    return {PointId(row[0]): Said(State(row[1]), *row[2:]) for row in connection.execute(query)}


def _faults(connection: Connection, points: Sequence[PointId]) -> dict[PointId, tuple[tuple[str, int], ...]]:
    """Faults that stand and are more than worth telling: the severest first, then the oldest."""
    c = held_fault.c
    worst = case((c.severity == Severity.SEVERE, 0), else_=1)
    query = select(c.point_id, c.kind, c.since_s).where(c.point_id.in_(points), c.severity != Severity.MINOR)
    out: dict[PointId, list[tuple[str, int]]] = defaultdict(list)
    for p, kind, since_s in connection.execute(query.order_by(c.point_id, worst, c.since_s, c.kind)):
        out[PointId(p)].append((kind, since_s))
    return {p: tuple(each) for p, each in out.items()}


def _work(connection: Connection, points: Sequence[PointId]) -> dict[PointId, int]:
    """The oldest live ticket that each camera is put down to."""
    c = ticket_point.c
    query = (
        select(c.point_id, func.min(c.ticket_id))
        .join(ticket, ticket.c.id == c.ticket_id)
        .where(c.point_id.in_(points), c.left_s.is_(None), ticket.c.ended_s.is_(None))
    )
    return {PointId(p): int(t) for p, t in connection.execute(query.group_by(c.point_id))}


def _planned(connection: Connection, points: Sequence[PointId], now_s: int) -> frozenset[PointId]:
    c = exclusion.c
    query = select(c.point_id).where(c.point_id.in_(points), c.a <= now_s, c.b > now_s)
    return frozenset(PointId(p) for p in connection.execute(query).scalars())


# -- what it is found and counted by


def _found_by(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return row[_COLUMNS.index("unit_id")], row[_COLUMNS.index("sought")]


def _forget_words(connection: Connection, points: Sequence[PointId]) -> None:
    if points:
        connection.execute(delete(screen_word).where(screen_word.c.point_id.in_(points)))


def _write_words(
    connection: Connection, words: dict[PointId, set[tuple[str, Any]]], after: dict[PointId, tuple[Any, ...]]
) -> None:
    unit = _COLUMNS.index("unit_id")
    rows = [
        {"word": word, "point_id": p, "kind": int(kind), "unit_id": after[p][unit]}
        for p, each in words.items()
        for word, kind in each
    ]
    if rows:
        connection.execute(insert(screen_word), sorted(rows, key=lambda row: (row["word"], row["point_id"])))


def _count_anew(
    connection: Connection, less: Sequence[tuple[Any, ...]], more: Sequence[tuple[Any, ...]]
) -> None:
    """Move the sums of the squares by what was and what is."""
    moved: dict[tuple[int, int, int, int, int], list[float]] = defaultdict(lambda: [0, 0.0, 0.0])
    for rows, sign in ((less, -1), (more, 1)):
        for row in rows:
            at = dict(zip(_COLUMNS, row, strict=True))
            if at["cell"] is None:
                continue
            for level in KEPT_LEVELS:
                square = at["cell"] >> 2 * (FINEST - level)
                sums = moved[level, square, at["unit_id"] or NO_UNIT, at["state"], at["klass"]]
                for n, each in enumerate((1, at["lon"], at["lat"])):
                    sums[n] += sign * each
    names = ("level", "cell", "unit_id", "state", "klass", "cameras", "sum_lon", "sum_lat")
    # the order of the key, so that two writers never wait for each other crosswise
    for some in slices([(*key, *sums) for key, sums in sorted(moved.items()) if any(sums)], AT_ONCE):
        _move(connection, [dict(zip(names, each, strict=True)) for each in some])


def _move(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    statement = insert_into(connection, screen_cell)
    c, more = screen_cell.c, statement.excluded
    # a row that is to shrink is there: SQLite would hold the new one against its check before it finds that
    grown = [row for row in rows if row["cameras"] >= 0]
    shrunk = [row for row in rows if row["cameras"] < 0]
    if grown:
        sums = {n: c[n] + more[n] for n in ("cameras", "sum_lon", "sum_lat")}
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=[c.level, c.cell, c.unit_id, c.state, c.klass], set_=sums
            ),
            grown,
        )
    if shrunk:
        keys = ("level", "cell", "unit_id", "state", "klass")
        here = and_(*(c[n] == bindparam(f"k_{n}") for n in keys))
        sums = {n: c[n] + bindparam(f"d_{n}") for n in ("cameras", "sum_lon", "sum_lat")}
        connection.execute(
            update(screen_cell).where(here).values(sums),
            [
                {f"k_{n}": row[n] for n in keys}
                | {f"d_{n}": row[n] for n in ("cameras", "sum_lon", "sum_lat")}
                for row in shrunk
            ],
        )
