"""What the books hold of a few points at a time, ready to be added up. Reads only."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection, and_, func, select

from lenskeeper.availability.exclusions import Exclusion, Kind
from lenskeeper.availability.figures import OUTAGE_LANES
from lenskeeper.availability.lanes import Lane, State
from lenskeeper.availability.rows import runs_in
from lenskeeper.availability.rows_exclusions import windows_of
from lenskeeper.availability.runs import Run, merged
from lenskeeper.availability.schema import round_cover, run, standing
from lenskeeper.base.spans import Span, union
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.schema import point
from lenskeeper.store.statements import greatest, least

POINTS_AT_ONCE: Final = 500


@dataclass(slots=True)
class Pieces:
    """What is known of one point over a range.

    runs:     by lane, sorted and disjoint. Where an outage goes on at the beginning of the range, it is there from
              its own beginning.
    excluded: all windows that meet the range, and those that meet such an outage.
    """

    runs: dict[Lane, list[Run]] = field(default_factory=dict)
    excluded: list[Span] = field(default_factory=list)
    out_of_service: list[Span] = field(default_factory=list)

    def exclude(self, windows: Iterable[Exclusion]) -> None:
        """Let these windows be all that is excluded."""
        own = list(windows)
        self.excluded = union((w.a, w.b) for w in own)
        self.out_of_service = union((w.a, w.b) for w in own if _is_out_of_service(w))


def pieces(
    connection: Connection, points: Sequence[PointId], a: int, b: int, lanes: Iterable[Lane] = tuple(Lane)
) -> dict[PointId, Pieces]:
    """What is known in [a, b) of at most POINTS_AT_ONCE points; each of them has an entry."""
    found = {one: Pieces() for one in points}
    raw: dict[tuple[PointId, Lane], list[Run]] = defaultdict(list)
    wanted = set(lanes)
    only = next(iter(wanted)) if len(wanted) == 1 else None
    known = runs_in(a - 1, b, lane=only, points=points)  # one second early: what goes on shows as such
    for point_id, lane, begin, end, state in connection.execute(
        select(known.c.point_id, known.c.lane, known.c.a, known.c.b, known.c.state)
    ):
        if lane in wanted:
            raw[point_id, Lane(lane)].append(Run(begin, end, State(state)))
    goes_on: dict[Lane, list[PointId]] = defaultdict(list)
    for (point_id, lane), runs in raw.items():
        runs.sort()
        if lane in OUTAGE_LANES and (runs[0].state == State.DOWN or runs[0].a >= a):
            goes_on[lane].append(point_id)
    earliest: dict[PointId, int] = {}
    for lane, some in goes_on.items():
        for point_id, before in _before(connection, lane, some, a).items():
            earliest[point_id] = min(before[0].a, earliest.get(point_id, a))
            raw[point_id, lane] += before
    for (point_id, lane), runs in raw.items():
        found[point_id].runs[lane] = merged(runs)
    _add_excluded(connection, found, a, b, earliest)
    return found


def _add_excluded(
    connection: Connection, found: dict[PointId, Pieces], a: int, b: int, earliest: dict[PointId, int]
) -> None:
    windows = windows_of(connection, list(found), a, b)
    if earliest:
        before = windows_of(connection, list(earliest), min(earliest.values()), a)
        for point_id, earlier in before.items():
            windows[point_id] = list({*earlier, *windows.get(point_id, ())})
    for point_id, own in windows.items():
        found[point_id].exclude(own)


def _is_out_of_service(window: Exclusion) -> bool:
    return window.kind == Kind.OUT_OF_SERVICE


def _before(
    connection: Connection, lane: Lane, points: Sequence[PointId], at_s: int
) -> dict[PointId, list[Run]]:
    """What is known of a lane before an instant, since each point was last up: the outage that is going on."""
    other = run.alias()
    last_up = (
        select(func.max(other.c.a))
        .where(other.c.point_id == point.c.id, other.c.lane == lane)
        .where(other.c.state == State.UP, other.c.a < at_s)
        .correlate(point)
        .scalar_subquery()
    )
    closed = (
        select(run.c.point_id, run.c.a, least(run.c.b, at_s), run.c.state)
        .select_from(point)
        .join(run, and_(run.c.point_id == point.c.id, run.c.lane == lane))
        .where(point.c.id.in_(points), run.c.a < at_s, run.c.a >= func.coalesce(last_up, 0))
    )
    by_rounds = (
        select(
            standing.c.point_id,
            greatest(standing.c.since_s, round_cover.c.a),
            least(round_cover.c.b, at_s),
            standing.c.state,
        )
        .join(
            round_cover, and_(round_cover.c.shard == standing.c.shard, round_cover.c.lane == standing.c.lane)
        )
        .where(standing.c.point_id.in_(points), standing.c.lane == lane, standing.c.since_s < at_s)
        .where(round_cover.c.b > standing.c.since_s, round_cover.c.a < at_s)
    )
    by_looks = select(
        standing.c.point_id, standing.c.since_s, least(standing.c.confirmed_s, at_s), standing.c.state
    ).where(
        standing.c.point_id.in_(points),
        standing.c.lane == lane,
        standing.c.since_s < at_s,
        standing.c.confirmed_s.is_not(None),
    )
    found: dict[PointId, list[Run]] = defaultdict(list)
    for query in (closed, by_rounds, by_looks):
        for point_id, begin, end, state in connection.execute(query):
            found[point_id].append(Run(begin, end, State(state)))
    return {point_id: sorted(runs) for point_id, runs in found.items()}
