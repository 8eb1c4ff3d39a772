"""What the books say: runs of any range, the last known states, and the looks behind them. Reads only.

What is known of a point and lane is its rows in run; with them, of an open run, what its shard's rounds confirm from its
beginning on, or, without a shard, what its looks confirm. The three never overlap.
"""

from collections.abc import Sequence

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Subquery,
    and_,
    func,
    literal,
    or_,
    select,
    union_all,
)

from lenskeeper.availability.lanes import Lane, State
from lenskeeper.availability.observations import Current, Evidence
from lenskeeper.availability.runs import Run, merged, month_start
from lenskeeper.availability.schema import evidence, look, round_cover, run, standing
from lenskeeper.base.access import Scope
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_seen import seen_at, seen_in
from lenskeeper.store.statements import greatest, least


def runs_in(
    a: int, b: int, *, lane: Lane | None = None, points: Sequence[PointId] | Select[tuple[int]] | None = None
) -> Subquery:
    """Everything known in [a, b), clipped to it: point_id, lane, a, b, state. Pieces that touch may be equal.

    lane, points: what the caller's own conditions would say too, put where each engine uses its index.
    The caller adds the scope.
    """
    closed = select(
        run.c.point_id,
        run.c.lane,
        greatest(run.c.a, a).label("a"),
        least(run.c.b, b).label("b"),
        run.c.state,
    ).where(run.c.a >= month_start(a), run.c.a < b, run.c.b > a)
    by_rounds = (
        select(
            standing.c.point_id,
            standing.c.lane,
            greatest(standing.c.since_s, round_cover.c.a, a).label("a"),
            least(round_cover.c.b, b).label("b"),
            standing.c.state,
        )
        .join(
            round_cover, and_(round_cover.c.shard == standing.c.shard, round_cover.c.lane == standing.c.lane)
        )
        .where(standing.c.since_s < b, round_cover.c.b > standing.c.since_s)
        .where(round_cover.c.a < b, round_cover.c.b > a)
    )
    by_looks = select(
        standing.c.point_id,
        standing.c.lane,
        greatest(standing.c.since_s, a).label("a"),
        least(standing.c.confirmed_s, b).label("b"),
        standing.c.state,
    ).where(standing.c.since_s < b, standing.c.confirmed_s > a)
    return union_all(
        *(_narrowed(part, table.c.point_id, table.c.lane, lane, points)
          for part, table in ((closed, run), (by_rounds, standing), (by_looks, standing)))
    ).subquery("runs_in")  # fmt: skip


def _narrowed(
    part: Select[tuple[int, int, int, int, int]],
    point_id: ColumnElement[int],
    of_lane: ColumnElement[int],
    lane: Lane | None,
    points: Sequence[PointId] | Select[tuple[int]] | None,
) -> Select[tuple[int, int, int, int, int]]:
    if lane is not None:
        part = part.where(of_lane == lane)
    return part if points is None else part.where(point_id.in_(points))


def runs_of(connection: Connection, scope: Scope, point_id: PointId, lane: Lane, a: int, b: int) -> list[Run]:
    """The runs of one point in [a, b), clipped to it, joined where they touch; nothing where scope sees none of it."""
    known = runs_in(a, b, lane=lane, points=[point_id])
    query = select(known.c.a, known.c.b, known.c.state).where(seen_in(scope, known.c.point_id, a, b))
    return merged(Run(row.a, row.b, State(row.state)) for row in connection.execute(query))


def current(connection: Connection, scope: Scope, lane: Lane, *, now_s: int | None = None) -> list[Current]:
    """The last known state of each point that belongs to the scope now (None: until further notice), by point."""
    ends = (
        select(round_cover.c.shard, round_cover.c.lane, func.max(round_cover.c.b).label("b"))
        .where(round_cover.c.lane == lane)
        .group_by(round_cover.c.shard, round_cover.c.lane)
        .subquery()
    )
    query = (
        select(
            standing.c.point_id,
            standing.c.state,
            standing.c.held_s,
            func.coalesce(standing.c.confirmed_s, greatest(standing.c.since_s, func.coalesce(ends.c.b, 0))),
            look.c.reason,
        )
        .join(look, look.c.id == standing.c.last_look)
        .outerjoin(ends, ends.c.shard == standing.c.shard)
        .where(standing.c.lane == lane)
        .order_by(standing.c.point_id)
    )
    query = query.where(seen_at(scope, standing.c.point_id, now_s))
    states = {int(state): state for state in State}
    return [Current(p, states[state], a, b, why) for p, state, a, b, why in connection.execute(query).all()]


def evidence_of(
    connection: Connection, scope: Scope, point_id: PointId, lane: Lane, a: int, b: int
) -> list[Evidence]:
    """Which looks stand behind the states of [a, b), by time: those that its runs began with, also before a.

    A run that was cut at a month's end, or by a gap, is told with each of its parts. Among them are the looks by
    which the reason became another one while the state held.
    """
    mine = (run.c.point_id == point_id, run.c.lane == lane)
    closed = select(run.c.a.label("at_s"), run.c.state, run.c.look, literal("").label("remark")).where(
        *mine, run.c.a >= month_start(a), run.c.a < b, run.c.b > a, seen_in(scope, run.c.point_id, a, b)
    )
    open_one = select(standing.c.since_s, standing.c.state, standing.c.look, literal("")).where(
        standing.c.point_id == point_id,
        standing.c.lane == lane,
        standing.c.since_s < b,
        or_(standing.c.confirmed_s > a, _confirmed_in(a, b)),
        seen_in(scope, standing.c.point_id, a, b),
    )
    of_point = (evidence.c.point_id == point_id, evidence.c.lane == lane)
    first = select(func.max(evidence.c.at_s)).where(*of_point, evidence.c.at_s <= a).scalar_subquery()
    more = select(evidence.c.at_s, evidence.c.state, evidence.c.look, evidence.c.remark).where(
        *of_point,
        evidence.c.at_s >= func.coalesce(first, a),
        evidence.c.at_s < b,
        seen_in(scope, evidence.c.point_id, a, b),
    )
    found = union_all(closed, open_one, more).subquery()
    query = (
        select(found.c.at_s, found.c.state, look.c.reason, look.c.prober, func.max(found.c.remark))
        .join(look, look.c.id == found.c.look)
        .group_by(found.c.at_s, found.c.state, look.c.reason, look.c.prober)
        .order_by(found.c.at_s, found.c.state)
    )
    return [Evidence(row[0], State(row[1]), *row[2:]) for row in connection.execute(query)]


def _confirmed_in(a: int, b: int) -> ColumnElement[bool]:
    """Some round of [a, b) confirms the open run."""
    return (
        select(literal(1))
        .where(round_cover.c.shard == standing.c.shard, round_cover.c.lane == standing.c.lane)
        .where(round_cover.c.a < b, round_cover.c.b > greatest(standing.c.since_s, a))
        .exists()
    )
