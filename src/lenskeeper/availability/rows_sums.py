"""The sums that SQL makes: two plain joins over the runs, or one pass over the day rollups. Reads only."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    Select,
    Text,
    and_,
    column,
    func,
    literal,
    or_,
    select,
    values,
)

from lenskeeper.availability.exclusions import FOREVER_S, Kind
from lenskeeper.availability.lanes import Lane, State
from lenskeeper.availability.runs import month_start
from lenskeeper.availability.schema import (
    day_closed,
    day_looks,
    day_rollup,
    dirty_day,
    exclusion,
    round_cover,
    run,
    standing,
)
from lenskeeper.base.access import Scope
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_seen import seen, seen_in
from lenskeeper.inventory.schema import membership, point
from lenskeeper.store.statements import greatest, least
from lenskeeper.units.ids import UnitId


class Cut(NamedTuple):
    """A stretch [a, b) for all points of a time zone. key: the local day, or 0 for a range that is not cut."""

    tz: str
    key: int
    a: int
    b: int


class Counted(NamedTuple):
    """Seconds that count, and those that a plan excluded; service life is in neither."""

    up_s: int
    down_s: int
    excluded_s: int


KEY: Final = ("day", "point_id", "rev")
OF_DAY: Final = tuple(column for column in day_rollup.c if column.name not in KEY)
OF_LOOKS: Final = tuple(column for column in day_looks.c if column.name not in KEY)


class RollupSums(NamedTuple):
    """Sums over rows of day_rollup, and of day_looks if asked for. rows: of the former; values: by column."""

    rows: int
    values: dict[str, int]


ByPoint = dict[tuple[PointId, int], Counted]
ByUnit = dict[tuple[UnitId, int], Counted]


def by_point(connection: Connection, scope: Scope, lane: Lane, cut: Sequence[Cut]) -> ByPoint:
    """Keyed by point and beginning of its membership. Points of no unit are not in it."""
    return _overlaps(connection, scope, lane, cut, (membership.c.point_id, membership.c.from_s))


def by_unit(connection: Connection, scope: Scope, lane: Lane, cut: Sequence[Cut]) -> ByUnit:
    """Keyed by unit and the key of the cut. Points of no unit are not in it."""
    return _overlaps(connection, scope, lane, cut, (membership.c.unit_id, None))


def rolled_by_point(
    connection: Connection, scope: Scope, days: Sequence[Cut], *, looks: bool
) -> dict[tuple[PointId, int], RollupSums]:
    """Keyed by point and beginning of its membership: the rows of days that lie wholly in it and are not dirty.

    looks: sum the columns of day_looks as well; without, those of day_rollup alone.
    """
    return _rolled(connection, scope, days, (membership.c.point_id, membership.c.from_s), looks=looks)


def rolled_by_unit(
    connection: Connection, scope: Scope, days: Sequence[Cut], *, looks: bool
) -> dict[tuple[UnitId, int], RollupSums]:
    """The same by unit and day."""
    return _rolled(connection, scope, days, (membership.c.unit_id, day_rollup.c.day), looks=looks)


def rolled_days(connection: Connection) -> dict[str, range]:
    """The days that are added up, by time zone."""
    return {
        tz: range(first, last + 1)
        for tz, first, last in connection.execute(
            select(day_closed.c.tz, day_closed.c.first_day, day_closed.c.last_day)
        )
    }


def revision(connection: Connection, scope: Scope, first_day: int, end_day: int) -> int:
    """How often later results changed days [first_day, end_day) that were already added up.

    It differs after each such change: a report that stored it can tell whether a new revision is due.
    """
    query = select(func.coalesce(func.sum(day_rollup.c.rev), 0)).where(
        day_rollup.c.day >= first_day, day_rollup.c.day < end_day, day_rollup.c.rev > 0
    )
    if scope.units is not None:
        query = query.where(seen_in(scope, day_rollup.c.point_id, None, None))
    return int(connection.execute(query).scalar_one())


def _cuts(cut: Sequence[Cut]) -> FromClause:
    """The cuts as rows; a common table expression, because SQLite names the columns of no other VALUES."""
    return (
        values(
            column("tz", Text), column("key", Integer), column("a", BigInteger), column("b", BigInteger), name="cut"
        )
        .data([tuple(one) for one in cut])
        .cte("cut")
    )  # fmt: skip


def _overlaps(
    connection: Connection,
    scope: Scope,
    lane: Lane,
    cut: Sequence[Cut],
    keys: tuple[ColumnElement[Any], ColumnElement[Any] | None],
) -> dict[tuple[Any, int], Counted]:
    """up = sum overlap(run, window) - sum overlap(run, window, exclusion), and down the same (availability.md 5).

    A window is a cut as far as the point belonged to the unit in it.
    """
    if not cut:
        return {}
    cuts = _cuts(cut)
    a = greatest(cuts.c.a, membership.c.from_s)
    b = least(cuts.c.b, func.coalesce(membership.c.to_s, FOREVER_S))
    key = (keys[0], cuts.c.key if keys[1] is None else keys[1])
    windows = (
        cuts.join(point, point.c.tz == cuts.c.tz)
        .join(membership, and_(membership.c.point_id == point.c.id, membership.c.from_s < cuts.c.b))
    )  # fmt: skip
    mine = (
        point.c.withdrawn_s.is_(None),
        or_(membership.c.to_s.is_(None), membership.c.to_s > cuts.c.a),
        seen(scope, point.c.id, membership.c.unit_id, cuts.c.a, cuts.c.b),
    )
    met = windows.join(
        exclusion, and_(exclusion.c.point_id == point.c.id, exclusion.c.a < b, exclusion.c.b > a)
    )
    first_s = min(one.a for one in cut)
    sums: dict[tuple[Any, int], list[int]] = defaultdict(lambda: [0, 0, 0])
    for sign, where, low, high in (
        (1, windows, a, b),
        (-1, met, greatest(a, exclusion.c.a), least(b, exclusion.c.b)),
    ):
        for known, state, begin, end in _known(where, lane, low, high, first_s):
            held = func.sum(least(end, high) - greatest(begin, low))
            for first, second, what, seconds in connection.execute(
                select(*key, state, held).select_from(known).where(*mine).group_by(*key, state)
            ):
                if what is not None:
                    sums[first, second][0 if what == State.UP else 1] += sign * int(seconds)
    by_plans = and_(
        exclusion.c.point_id == point.c.id,
        exclusion.c.kind != Kind.OUT_OF_SERVICE,
        exclusion.c.a < b,
        exclusion.c.b > a,
    )
    taken = func.sum(least(exclusion.c.b, b) - greatest(exclusion.c.a, a))
    for first, second, seconds in connection.execute(
        select(*key, taken).select_from(windows.join(exclusion, by_plans)).where(*mine).group_by(*key)
    ):
        sums[first, second][2] += int(seconds)
    return {one: Counted(*own) for one, own in sums.items()}


Known = tuple[FromClause, ColumnElement[int], ColumnElement[int], ColumnElement[int]]


def _known(
    windows: Any, lane: Lane, a: ColumnElement[int], b: ColumnElement[int], first_s: int
) -> list[Known]:
    """The three places where the books say what is known, each joined to the windows: with state, begin and end.

    Closed runs by an outer join: else SQLite would walk through all runs once for each cut. Where there is none, the
    state is NULL.
    """
    earlier = run.alias()
    begins = (
        select(func.max(earlier.c.a))
        .where(earlier.c.point_id == point.c.id, earlier.c.lane == lane, earlier.c.a <= a)
        .correlate_except(earlier)
        .scalar_subquery()
    )
    closed = windows.outerjoin(
        run,
        and_(
            run.c.point_id == point.c.id,
            run.c.lane == lane,
            run.c.a >= func.coalesce(begins, literal(month_start(max(0, first_s)), BigInteger)),
            run.c.a < b,
            run.c.b > a,
        ),
    )
    open_ones = windows.join(
        standing, and_(standing.c.point_id == point.c.id, standing.c.lane == lane, standing.c.since_s < b)
    )
    by_rounds = open_ones.join(
        round_cover,
        and_(
            round_cover.c.shard == standing.c.shard,
            round_cover.c.lane == lane,
            round_cover.c.b > standing.c.since_s,
            round_cover.c.a < b,
            round_cover.c.b > a,
        ),
    )
    by_looks = windows.join(
        standing,
        and_(
            standing.c.point_id == point.c.id,
            standing.c.lane == lane,
            standing.c.since_s < b,
            standing.c.confirmed_s > a,
        ),
    )
    return [
        (closed, run.c.state, run.c.a, run.c.b),
        (by_rounds, standing.c.state, greatest(standing.c.since_s, round_cover.c.a), round_cover.c.b),
        (by_looks, standing.c.state, standing.c.since_s, standing.c.confirmed_s),
    ]


def _rolled(
    connection: Connection,
    scope: Scope,
    days: Sequence[Cut],
    key: tuple[ColumnElement[Any], ColumnElement[Any]],
    *,
    looks: bool,
) -> dict[tuple[Any, int], RollupSums]:
    if not days:
        return {}
    cuts = _cuts(days)
    summed = (*OF_DAY, *OF_LOOKS) if looks else OF_DAY
    query: Select[Any] = (
        select(*key, func.count(), *(func.coalesce(func.sum(one), 0) for one in summed))
        .select_from(cuts)
        .join(day_rollup, day_rollup.c.day == cuts.c.key)
        .join(
            membership, and_(membership.c.point_id == day_rollup.c.point_id, membership.c.from_s <= cuts.c.a)
        )
        .where(or_(membership.c.to_s.is_(None), membership.c.to_s >= cuts.c.b))
        .where(seen(scope, day_rollup.c.point_id, membership.c.unit_id, cuts.c.a, cuts.c.b))
        .group_by(*key)
    )
    if not _all_of_one_zone(connection, days[0].tz):
        own = and_(point.c.id == day_rollup.c.point_id, point.c.tz == cuts.c.tz)
        query = query.join(point, own).where(point.c.withdrawn_s.is_(None))
    if looks:
        of_day = and_(day_looks.c.day == day_rollup.c.day, day_looks.c.point_id == day_rollup.c.point_id)
        query = query.outerjoin(day_looks, of_day)
    if connection.execute(select(dirty_day.c.day).limit(1)).first() is not None:
        query = query.where(
            ~select(literal(1))
            .where(dirty_day.c.day == day_rollup.c.day, dirty_day.c.point_id == day_rollup.c.point_id)
            .exists()
        )
    return {
        (row[0], row[1]): RollupSums(
            row[2], dict(zip((one.name for one in summed), map(int, row[3:]), strict=True))
        )
        for row in connection.execute(query)
    }


def _all_of_one_zone(connection: Connection, tz: str) -> bool:
    """Every point is of this zone and none was withdrawn: then a fifth of the time need not be spent on asking."""
    others = select(point.c.id).where(or_(point.c.tz != tz, point.c.withdrawn_s.is_not(None)))
    return connection.execute(others.limit(1)).first() is None
