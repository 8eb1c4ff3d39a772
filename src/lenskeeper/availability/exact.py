"""The exact path: any observation, late, repeated or out of order, merged into the books.

The state of a slot is the highest rank that anybody gave it: unknown < down < up. That is commutative, associative and
idempotent, so the order and the number of arrivals do not matter. Results in order extend an open run and read no
other row; all others read the month they speak of.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from sqlalchemy import Connection

from lenskeeper.availability import rows_runs
from lenskeeper.availability.lanes import (
    ASSERTED_S_MAX,
    FUTURE_S_MAX,
    REASON_RETOLD_S,
    SETTLED_S,
    UNKNOWN,
    Lane,
    State,
)
from lenskeeper.availability.observations import Change, Folded, Observation
from lenskeeper.availability.rows_runs import POINTS_AT_ONCE, Row, Standing
from lenskeeper.availability.runs import Run, cut, held_since, merged, month_start, within, witnessed
from lenskeeper.base.access import ActorId
from lenskeeper.base.limits import REMARK_CHARS_MAX
from lenskeeper.base.spans import Span
from lenskeeper.inventory.ids import PointId

Mark = Callable[[Connection, Sequence[PointId], int, int], None]
"""Marks the days of points that [a, b) touches to be counted again, in the same transaction."""

Numbers = Mapping[tuple[str, str], int]
"""(reason, prober) to the number of the look."""

DAY_EDGES_S: Final = 900  # every zone's midnight lies on a quarter of an hour of UTC


class Looks:
    """The numbers of looks, read once; a way that was not known gets a number."""

    def __init__(self, connection: Connection) -> None:
        self.known = rows_runs.looks_of(connection)

    def number(self, connection: Connection, reason: str, prober: str) -> int:
        found = self.known.get((reason, prober))
        if found is None:
            found = self.known[reason, prober] = rows_runs.number_of_look(connection, reason, prober)
        return found


@dataclass(slots=True)
class Writes:
    """What a batch comes to, written together at its end.

    closed, turned: rows of the usual turns of a round, as rows_runs writes them.
    """

    lane: Lane
    now_s: int
    closed: list[tuple[int, ...]] = field(default_factory=list)
    turned: list[tuple[int, ...]] = field(default_factory=list)
    gone: list[tuple[PointId, Run]] = field(default_factory=list)
    runs: list[tuple[PointId, Run]] = field(default_factory=list)
    standing: dict[PointId, Standing] = field(default_factory=dict)
    evidence: list[Row] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    marks: dict[Span, list[PointId]] = field(default_factory=lambda: defaultdict(list))

    def replace(self, point_id: PointId, old: Sequence[Run], new: Sequence[Run]) -> None:
        """Let the stored runs of a point be `new` where they were `old`."""
        before, after = set(old), set(new)
        self.gone += [(point_id, r) for r in old if r not in after]
        self.runs += [(point_id, r) for r in new if r not in before]

    def tell(self, point_id: PointId, at_s: int, state: int, look: int, remark: str) -> None:
        """Keep a look that says more than its run."""
        self.evidence.append(
            {
                "point_id": point_id,
                "lane": self.lane,
                "at_s": at_s,
                "state": state,
                "look": look,
                "remark": remark[:REMARK_CHARS_MAX],
            }
        )

    def mark(self, point_id: PointId, a: int, b: int) -> None:
        """Have the days that [a, b) touches counted again, unless they cannot have been counted yet.

        Widened to whole quarters of an hour, so that batches share a mark.
        """
        if a < self.now_s - SETTLED_S:
            self.marks[a - a % DAY_EDGES_S, b + -b % DAY_EDGES_S].append(point_id)

    def flush(self, connection: Connection, mark: Mark) -> None:
        """Write it all."""
        rows_runs.take_runs(connection, self.lane, self.gone)
        rows_runs.put_runs(connection, self.lane, self.runs)
        rows_runs.put_rows(connection, self.closed)
        rows_runs.turn_standing(connection, self.turned)
        rows_runs.put_standing(connection, self.lane, self.standing.values())
        rows_runs.put_evidence(connection, self.evidence)
        for (a, b), points in self.marks.items():
            mark(connection, points, a, b)


def observe(
    connection: Connection,
    observations: Iterable[Observation],
    *,
    now_s: int,
    mark: Mark,
    actor: ActorId,  # noqa: ARG001  no write of the books is nameless; evidence names the prober
) -> Folded:
    """Book what looks found, of any lane and age, in any order.

    What lies further ahead than two slots, or asserts more than a day, is counted as refused and not booked.
    """
    by_lane: dict[Lane, dict[PointId, list[Observation]]] = defaultdict(lambda: defaultdict(list))
    refused = 0
    for seen in observations:
        if seen.a > now_s + FUTURE_S_MAX or not 0 < seen.b - seen.a <= ASSERTED_S_MAX:
            refused += 1
        else:
            by_lane[seen.lane][seen.point_id].append(seen)
    changes: list[Change] = []
    looks = Looks(connection) if by_lane else None
    for lane, by_point in by_lane.items():
        assert looks is not None
        numbers = {
            (o.reason, o.prober): looks.number(connection, o.reason, o.prober)
            for seen in by_point.values()
            for o in seen
        }
        changes += _observe_lane(connection, lane, by_point, now_s, numbers, mark)
    return Folded(tuple(changes), refused)


def join(connection: Connection, writes: Writes, ends: Sequence[tuple[PointId, list[Run]]]) -> None:
    """Book closed runs of points that have no later ones, where they may touch an equal run before them."""
    by_point = {point_id: pieces for point_id, pieces in ends if pieces}
    for points in slices(by_point):
        first, last = min(by_point[p][0].a for p in points), max(by_point[p][-1].b for p in points)
        stored = rows_runs.runs_of_points(connection, writes.lane, points, month_start(first - 1), last)
        for point_id in points:
            old = stored.get(point_id, [])
            known = [*old, *by_point[point_id]]
            writes.replace(point_id, old, cut(witnessed(merged(known), known)))


def slices(points: Iterable[PointId]) -> Iterator[list[PointId]]:
    """In order of the key, so that neighbours share pages; as many as one statement takes."""
    ordered = iter(sorted(points))
    while some := list(islice(ordered, POINTS_AT_ONCE)):
        yield some


def _observe_lane(
    connection: Connection,
    lane: Lane,
    by_point: dict[PointId, list[Observation]],
    now_s: int,
    numbers: Numbers,
    mark: Mark,
) -> list[Change]:
    covers: dict[str, list[Span]] = {}
    changes: list[Change] = []
    touched = False
    for points in slices(by_point):
        writes = Writes(lane, now_s)
        present = rows_runs.standing_of(connection, lane, points)
        for shard in {s.shard for s in present.values() if s.shard is not None} - covers.keys():
            covers[shard] = rows_runs.cover_of(connection, shard, lane)
        slow: list[PointId] = []
        for point_id in points:
            seen = by_point[point_id]
            seen.sort(key=_begin)
            if not _goes_on(writes, present.get(point_id), seen, covers, numbers):
                slow.append(point_id)
        if slow:
            first = min(by_point[p][0].a for p in slow)
            lasts = [_read_to(present.get(p), max(o.b for o in by_point[p])) for p in slow]
            last = None if None in lasts else max(end_s for end_s in lasts if end_s is not None)
            stored = rows_runs.runs_of_points(connection, lane, slow, month_start(first - 1), last)
            for point_id in slow:
                standing = present.get(point_id)
                stretches = covers[standing.shard] if standing and standing.shard is not None else []
                _merge(writes, standing, stored.get(point_id, []), by_point[point_id], stretches, numbers)
        writes.flush(connection, mark)
        changes += writes.changes
        touched = touched or bool(writes.standing)
    if touched:
        rows_runs.next_edition(connection, lane)
    return changes


def _begin(seen: Observation) -> tuple[int, int]:
    return seen.a, seen.b


def _goes_on(
    writes: Writes,
    standing: Standing | None,
    seen: Sequence[Observation],
    covers: dict[str, list[Span]],
    numbers: Numbers,
) -> bool:
    """The usual case, read from the open run alone; False where more must be read."""
    if standing is None:
        return False
    if standing.shard is not None:
        return _says_nothing_new(standing, seen, covers[standing.shard])
    return _goes_forward(writes, standing, seen, numbers)


def _says_nothing_new(standing: Standing, seen: Sequence[Observation], stretches: Sequence[Span]) -> bool:
    """A round that is told twice."""
    if seen[0].a < standing.since_s or any(o.state > standing.state for o in seen):
        return False
    return all(any(a <= o.a and o.b <= b for a, b in reversed(stretches)) for o in seen)


def _goes_forward(writes: Writes, standing: Standing, seen: Sequence[Observation], numbers: Numbers) -> bool:
    """Looks in order: they confirm the open run, extend it, or close it and open another."""
    now, confirmed_s = standing, standing.confirmed_s or standing.since_s
    closed: list[Run] = []
    told: list[tuple[Observation, int]] = []
    changes: list[Change] = []
    for o in seen:
        if o.a < now.since_s:
            return False
        if o.b <= confirmed_s and o.state <= now.state:
            continue
        look = numbers[o.reason, o.prober]
        opens = o.state != now.state or o.a > confirmed_s
        if opens:
            if o.a < confirmed_s:
                return False
            closed.append(Run(now.since_s, confirmed_s, State(now.state), now.look))
            if o.state != now.state:
                changes.append(Change(o.point_id, o.lane, o.a, now.state, o.state, o.reason))
            held_s = o.a if o.state != now.state else now.held_s
            now = Standing(o.point_id, None, o.state, o.a, o.b, held_s, o.a, look, look)
            if o.remark:
                told.append((o, look))
        elif look != now.last_look and o.a - now.told_s >= REASON_RETOLD_S:
            now = now._replace(told_s=o.a, last_look=look)
            told.append((o, look))
        confirmed_s = o.b if opens else max(confirmed_s, o.b)
    if now is standing and confirmed_s == standing.confirmed_s:
        return True
    writes.standing[now.point_id] = now._replace(confirmed_s=confirmed_s)
    writes.runs += [(now.point_id, r) for r in cut(closed)]
    for o, look in told:
        writes.tell(o.point_id, o.a, o.state, look, o.remark)
    writes.changes += changes
    writes.mark(now.point_id, seen[0].a, confirmed_s)
    return True


def _merge(
    writes: Writes,
    standing: Standing | None,
    stored: Sequence[Run],
    seen: Sequence[Observation],
    stretches: Sequence[Span],
    numbers: Numbers,
) -> None:
    """Everything else: cut the union, take the highest rank, join, and let the last run stand open."""
    point_id = seen[0].point_id
    new = [Run(o.a, o.b, o.state, numbers[o.reason, o.prober]) for o in seen]
    end_s = max(r.b for r in new)
    past_only = standing is not None and _is_past(standing, end_s, stretches)
    known = [*stored, *(() if standing is None or past_only else _known(standing, stretches))]
    before = merged(known)
    after = merged([*before, *new])
    if after == before:
        return
    after = witnessed(after, [*known, *new])
    starts = {(r.a, r.state) for r in after}.difference((r.a, r.state) for r in before)
    for o in seen:
        if o.remark and (o.a, o.state) in starts:
            writes.tell(point_id, o.a, o.state, numbers[o.reason, o.prober], o.remark)
    writes.mark(point_id, new[0].a, end_s)
    if standing is not None and past_only:
        _mend_past(writes, standing, stored, after)
        return
    now = _standing_after(point_id, standing, after, stretches)
    closed = [Run(r.a, min(r.b, now.since_s), r.state, r.look) for r in after if r.a < now.since_s]
    writes.replace(point_id, stored, cut(closed))
    if now != standing:
        writes.standing[point_id] = now
    was = standing.state if standing else UNKNOWN
    if now.state != was:
        reason = next((o.reason for o in seen if numbers[o.reason, o.prober] == now.look), "")
        writes.changes.append(Change(point_id, writes.lane, after[-1].a, was, now.state, reason))


def _is_past(standing: Standing, end_s: int, stretches: Sequence[Span]) -> bool:
    """Whether what ends here leaves the open run as it is.

    One without a shard grows backward where it is touched. One that no round has confirmed yet, because single
    looks ran ahead of the rounds, stands for the last of its closed runs.
    """
    if standing.shard is None:
        return end_s < standing.since_s
    confirmed = bool(stretches) and stretches[-1][1] > standing.since_s
    return end_s < standing.held_s or (confirmed and end_s <= standing.since_s)


def _known(standing: Standing, stretches: Sequence[Span]) -> list[Run]:
    """What an open run says."""
    if standing.confirmed_s is None:
        return within(stretches, standing.since_s, State(standing.state), standing.look)
    return [Run(standing.since_s, standing.confirmed_s, State(standing.state), standing.look)]


def _mend_past(writes: Writes, standing: Standing, stored: Sequence[Run], after: Sequence[Run]) -> None:
    """What lies before an open run changes. The run stays as it is, but its state may be held for longer or shorter."""
    writes.replace(standing.point_id, stored, cut(after))
    if after[-1].b >= standing.held_s:
        held_s = _held(standing, [*after, Run(standing.since_s, standing.since_s, State(standing.state))])
        if held_s != standing.held_s:
            writes.standing[standing.point_id] = standing._replace(held_s=held_s)


def _held(standing: Standing | None, after: Sequence[Run]) -> int:
    """Since when the state of the last run is held, by these runs or, where they do not reach so far, as it was."""
    held_s = held_since(after)
    unbroken = held_s == after[0].a and standing is not None and standing.state == after[-1].state
    return min(held_s, standing.held_s) if standing is not None and unbroken else held_s


def _read_to(standing: Standing | None, end_s: int) -> int | None:
    """How far runs must be read to book what ends at end_s; None where all of them must be."""
    if standing is None:
        return None
    return end_s if end_s < standing.held_s else max(end_s, standing.since_s)


def _standing_after(
    point_id: PointId, standing: Standing | None, after: Sequence[Run], stretches: Sequence[Span]
) -> Standing:
    """The open run that the last of the merged runs has become.

    With a shard it may speak of what the last stretch of cover confirms, and no more: what came by other ways, or
    lies before, is closed. So its rows in run may touch it, and held_s tells that they do.
    """
    last = after[-1]
    shard = standing.shard if standing is not None else None
    since_s = last.a
    if shard is not None:
        ends_with_cover = bool(stretches) and stretches[-1][1] == last.b
        since_s = max(last.a, stretches[-1][0]) if ends_with_cover else last.b
    told_s, last_look = last.a, last.look
    if standing is not None and standing.state == last.state and standing.look == last.look:
        told_s, last_look = standing.told_s, standing.last_look
    return Standing(
        point_id,
        shard,
        last.state,
        since_s,
        last.b if shard is None else None,
        _held(standing, after),
        told_s,
        last.look,
        last_look,
    )
