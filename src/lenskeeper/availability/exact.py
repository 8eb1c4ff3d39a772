"""The exact path: any observation, late, repeated or out of order, merged into the books.

The state of a slot is the highest rank that anybody gave it: unknown < down < up. That is commutative, associative and
idempotent, so the order and the number of arrivals do not matter. Results in order extend an open run and read no
other row; all others read the month they speak of.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise
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
from lenskeeper.availability.runs import Run, cut, held_since, merged, month_start, within
from lenskeeper.base.access import ActorId
from lenskeeper.base.spans import Span
from lenskeeper.inventory.ids import PointId

Mark = Callable[[Connection, Sequence[PointId], int, int], None]
"""Marks the days of points that [a, b) touches to be counted again, in the same transaction."""

DAY_EDGES_S: Final = 900  # every zone's midnight lies on a quarter of an hour of UTC


@dataclass(slots=True)
class Writes:
    """What a batch comes to, written together at its end."""

    lane: Lane
    now_s: int
    gone: list[tuple[PointId, Run]] = field(default_factory=list)
    runs: list[tuple[PointId, Run]] = field(default_factory=list)
    standing: dict[PointId, Standing] = field(default_factory=dict)
    evidence: list[Row] = field(default_factory=list)
    orphans: list[tuple[PointId, Run]] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    marks: dict[Span, list[PointId]] = field(default_factory=lambda: defaultdict(list))

    def replace(self, point_id: PointId, old: Sequence[Run], new: Sequence[Run]) -> None:
        """Let the stored runs of a point be `new` where they were `old`."""
        before, after = set(old), set(new)
        self.gone += [(point_id, r) for r in old if r not in after]
        self.runs += [(point_id, r) for r in new if r not in before]

    def tell(self, seen: Observation, at_s: int) -> None:
        """Keep who saw it: the look with which a run begins at this instant."""
        self.evidence.append(
            {
                "point_id": seen.point_id,
                "lane": self.lane,
                "at_s": at_s,
                "state": seen.state,
                "reason": seen.reason,
                "prober": seen.prober,
                "remark": seen.remark,
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
        self.evidence += rows_runs.evidence_before(connection, self.lane, self.orphans)
        rows_runs.take_runs(connection, self.lane, self.gone)
        rows_runs.put_runs(connection, self.lane, self.runs)
        rows_runs.put_standing(connection, self.lane, list(self.standing.values()))
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
    for lane, by_point in by_lane.items():
        changes += _observe_lane(connection, lane, by_point, now_s, mark)
    return Folded(tuple(changes), refused)


def join(connection: Connection, writes: Writes, ends: Sequence[tuple[PointId, list[Run]]]) -> None:
    """Book closed runs of points that have no later ones, where they may touch an equal run before them."""
    by_point = {point_id: pieces for point_id, pieces in ends if pieces}
    for points in slices(by_point):
        first, last = min(by_point[p][0].a for p in points), max(by_point[p][-1].b for p in points)
        stored = rows_runs.runs_of_points(connection, writes.lane, points, month_start(first - 1), last)
        for point_id in points:
            old = stored.get(point_id, [])
            writes.replace(point_id, old, cut(merged([*old, *by_point[point_id]])))


def slices(points: Iterable[PointId]) -> Iterator[list[PointId]]:
    """In order of the key, so that neighbours share pages; as many as one statement takes."""
    ordered = iter(sorted(points))
    while some := list(islice(ordered, POINTS_AT_ONCE)):
        yield some


def _observe_lane(
    connection: Connection, lane: Lane, by_point: dict[PointId, list[Observation]], now_s: int, mark: Mark
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
            if not _goes_on(writes, present.get(point_id), seen, covers):
                slow.append(point_id)
        if slow:
            first = min(by_point[p][0].a for p in slow)
            lasts = [_read_to(present.get(p), max(o.b for o in by_point[p])) for p in slow]
            last = None if None in lasts else max(end_s for end_s in lasts if end_s is not None)
            stored = rows_runs.runs_of_points(connection, lane, slow, month_start(first - 1), last)
            for point_id in slow:
                standing = present.get(point_id)
                stretches = covers[standing.shard] if standing and standing.shard is not None else []
                _merge(writes, standing, stored.get(point_id, []), by_point[point_id], stretches)
        writes.flush(connection, mark)
        changes += writes.changes
        touched = touched or bool(writes.standing)
    if touched:
        rows_runs.next_edition(connection, lane)
    return changes


def _begin(seen: Observation) -> tuple[int, int]:
    return seen.a, seen.b


def _goes_on(
    writes: Writes, standing: Standing | None, seen: Sequence[Observation], covers: dict[str, list[Span]]
) -> bool:
    """The usual case, read from the open run alone; False where more must be read."""
    if standing is None:
        return False
    if standing.shard is not None:
        return _says_nothing_new(standing, seen, covers[standing.shard])
    return _goes_forward(writes, standing, seen)


def _says_nothing_new(standing: Standing, seen: Sequence[Observation], stretches: Sequence[Span]) -> bool:
    """A round that is told twice."""
    if seen[0].a < standing.since_s or any(o.state > standing.state for o in seen):
        return False
    return all(any(a <= o.a and o.b <= b for a, b in reversed(stretches)) for o in seen)


def _goes_forward(writes: Writes, standing: Standing, seen: Sequence[Observation]) -> bool:
    """Looks in order: they confirm the open run, extend it, or close it and open another."""
    now, confirmed_s = standing, standing.confirmed_s or standing.since_s
    closed: list[Run] = []
    told: list[Observation] = []
    changes: list[Change] = []
    for o in seen:
        if o.a < now.since_s:
            return False
        if o.b <= confirmed_s and o.state <= now.state:
            continue
        opens = o.state != now.state or o.a > confirmed_s
        if opens and o.a < confirmed_s:
            return False
        if opens:
            closed.append(Run(now.since_s, confirmed_s, State(now.state)))
        if o.state != now.state:
            changes.append(Change(o.point_id, o.lane, o.a, now.state, o.state, o.reason))
        tells = o.state != now.state or (
            o.reason != now.reason and (o.a - now.told_s >= REASON_RETOLD_S or o.a > confirmed_s)
        )
        if tells:
            told.append(o)
        confirmed_s = max(confirmed_s, o.b) if not opens else o.b
        now = Standing(
            now.point_id,
            None,
            o.state,
            o.a if opens else now.since_s,
            confirmed_s,
            o.a if o.state != now.state else now.held_s,
            o.a if tells else now.told_s,
            o.reason if tells else now.reason,
        )
    if now is not standing:
        writes.standing[now.point_id] = now
    writes.runs += [(now.point_id, r) for r in cut(closed)]
    for o in told:
        writes.tell(o, o.a)
    writes.changes += changes
    if now is not standing:
        writes.mark(now.point_id, seen[0].a, confirmed_s)
    return True


def _merge(
    writes: Writes,
    standing: Standing | None,
    stored: Sequence[Run],
    seen: Sequence[Observation],
    stretches: Sequence[Span],
) -> None:
    """Everything else: cut the union, take the highest rank, join, and let the last run stand open."""
    point_id = seen[0].point_id
    new = [Run(o.a, o.b, o.state) for o in seen]
    past_only = standing is not None and _is_past(standing, max(r.b for r in new), stretches)
    before = merged([*stored, *(() if standing is None or past_only else _known(standing, stretches))])
    after = merged([*before, *new])
    if after == before:
        return
    begun = _tell_beginnings(writes, before, after, seen)
    writes.mark(point_id, new[0].a, max(r.b for r in new))
    if standing is not None and past_only:
        _mend_past(writes, standing, stored, after)
        return
    now = _standing_after(point_id, standing, after, begun, stretches)
    closed = [Run(r.a, min(r.b, now.since_s), r.state) for r in after if r.a < now.since_s]
    writes.replace(point_id, stored, cut(closed))
    if now != standing:
        writes.standing[point_id] = now
    was = standing.state if standing else UNKNOWN
    if now.state != was:
        writes.changes.append(Change(point_id, writes.lane, after[-1].a, was, now.state, now.reason))


def _tell_beginnings(
    writes: Writes, before: Sequence[Run], after: Sequence[Run], seen: Sequence[Observation]
) -> list[Observation]:
    """Keep the looks with which runs begin now that did not before; those looks.

    A run that now follows a contradiction begins anew, with the look that it began with before.
    """
    known = {(r.a, r.state) for r in before}
    turns = {(r.a, r.state) for earlier, r in pairwise(before) if earlier.state != r.state}
    begun: list[Observation] = []
    for i, r in enumerate(after):
        is_turn = i > 0 and after[i - 1].state != r.state
        if (r.a, r.state) in (turns if is_turn else known):
            continue
        first = next((o for o in seen if o.state == r.state and o.a <= r.a < o.b), None)
        if first is not None:
            writes.tell(first, r.a)
            begun.append(first)
        elif is_turn:
            writes.orphans.append((seen[0].point_id, r))
    return begun


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
        return within(stretches, standing.since_s, State(standing.state))
    return [Run(standing.since_s, standing.confirmed_s, State(standing.state))]


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
    point_id: PointId,
    standing: Standing | None,
    after: Sequence[Run],
    begun: Sequence[Observation],
    stretches: Sequence[Span],
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
    same = standing is not None and standing.state == last.state
    first = next((o for o in begun if o.state == last.state and o.a <= last.a < o.b), None)
    if first is not None:
        told_s, reason = last.a, first.reason
    elif standing is not None and same:
        told_s, reason = standing.told_s, standing.reason
    else:
        told_s, reason = last.a, ""
    confirmed_s = last.b if shard is None else None
    return Standing(point_id, shard, last.state, since_s, confirmed_s, _held(standing, after), told_s, reason)
