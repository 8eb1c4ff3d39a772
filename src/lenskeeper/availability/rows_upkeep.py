"""Upkeep of the books: what is older than it must be kept goes, and the rules they live by are checked."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, and_, case, delete, func, literal, or_, select, tuple_

from lenskeeper.availability.runs import month_start, months_between
from lenskeeper.availability.schema import evidence, round_cover, run, standing
from lenskeeper.base.access import ActorId

SLICE_ROWS: Final = 5_000  # a transaction of a few hundredths of a second: the rounds wait no longer
FAULTS_SHOWN: Final = 20
MONTH_S_MAX: Final = 31 * 86_400

Key = tuple[int, int, int]
START: Final[Key] = (0, 0, 0)


@dataclass(frozen=True, slots=True)
class Pruned:
    """One slice of what was to go. after: where the next slice goes on; None when all is done."""

    rows: int
    after: Key | None


def prune_evidence(
    connection: Connection,
    before_s: int,
    after: Key = START,
    *,
    actor: ActorId,  # noqa: ARG001  the caller notes a whole pruning in the audit log, not each slice
) -> Pruned:
    """Forget who saw what before the instant, but of each point's state the look it began with, however old."""
    key, newer = (evidence.c.point_id, evidence.c.lane, evidence.c.at_s), evidence.alias()
    again = (
        select(literal(1))
        .where(newer.c.point_id == key[0], newer.c.lane == key[1])
        .where(newer.c.at_s > key[2], newer.c.at_s <= before_s)
        .exists()
    )
    old = (
        select(*key)
        .where(tuple_(*key) > tuple_(*after), key[2] < before_s, again)
        .order_by(*key)
        .limit(SLICE_ROWS)
    )
    found = connection.execute(old).all()
    if not found:
        return Pruned(0, None)
    connection.execute(delete(evidence).where(tuple_(*key).in_(old)))
    point_id, lane, at_s = found[-1]
    return Pruned(len(found), (point_id, lane, at_s) if len(found) == SLICE_ROWS else None)


def check(connection: Connection) -> list[str]:
    """Where the books break their own rules, in words; nothing where they keep them. At most 20 of each kind."""
    return [
        *_overlapping(connection),
        *_across_months(connection),
        *_booked_twice(connection),
        *_cover_overlapping(connection),
    ]


def _overlapping(connection: Connection) -> list[str]:
    """Runs that overlap, or touch and are equal although no month ends there."""
    whose = (run.c.point_id, run.c.lane)
    pairs = select(
        run.c.point_id,
        run.c.lane,
        run.c.a,
        run.c.state,
        func.lag(run.c.b).over(partition_by=whose, order_by=run.c.a).label("before_b"),
        func.lag(run.c.state).over(partition_by=whose, order_by=run.c.a).label("before_state"),
    ).subquery()
    touching = and_(
        pairs.c.before_b == pairs.c.a,
        pairs.c.before_state == pairs.c.state,
        pairs.c.a.not_in(_months(connection)),
    )
    query = select(pairs).where(or_(pairs.c.before_b > pairs.c.a, touching)).limit(FAULTS_SHOWN)
    return [
        f"runs of point {row.point_id}, lane {row.lane}: the one at {row.a} "
        + ("overlaps" if row.before_b > row.a else "should be one with")
        + " the one before"
        for row in connection.execute(query)
    ]


def _across_months(connection: Connection) -> list[str]:
    months = _months(connection)
    ends = [(run.c.a < month, month) for month in months]
    if not ends:
        return []
    query = select(run).where(run.c.b > case(*ends, else_=months[-1] + MONTH_S_MAX)).limit(FAULTS_SHOWN)
    return [
        f"run of point {row.point_id}, lane {row.lane}, at {row.a}: goes across the end of its month"
        for row in connection.execute(query)
    ]


def _months(connection: Connection) -> list[int]:
    """The first seconds of all months that any run may meet."""
    first, last = connection.execute(select(func.min(run.c.a), func.max(run.c.b))).one()
    return [] if first is None else [*months_between(month_start(first) - 1, last + 1)]


def _booked_twice(connection: Connection) -> list[str]:
    """Closed runs later than the beginning of the open one."""
    query = (
        select(standing.c.point_id, standing.c.lane, run.c.a)
        .join(run, and_(run.c.point_id == standing.c.point_id, run.c.lane == standing.c.lane))
        .where(run.c.a > standing.c.since_s - MONTH_S_MAX, run.c.b > standing.c.since_s)
        .limit(FAULTS_SHOWN)
    )
    return [
        f"run of point {row.point_id}, lane {row.lane}, at {row.a}: reaches into the open run"
        for row in connection.execute(query)
    ]


def _cover_overlapping(connection: Connection) -> list[str]:
    before_b = func.lag(round_cover.c.b).over(
        partition_by=(round_cover.c.shard, round_cover.c.lane), order_by=round_cover.c.a
    )
    pairs = select(round_cover.c.shard, round_cover.c.lane, round_cover.c.a, before_b.label("b")).subquery()
    query = select(pairs).where(pairs.c.b >= pairs.c.a).limit(FAULTS_SHOWN)
    return [
        f"cover of {row.shard!r}, lane {row.lane}: the stretch at {row.a} begins before the one before it ended"
        for row in connection.execute(query)
    ]
