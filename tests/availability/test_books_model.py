"""Both paths into the books, mixed and disturbed, against an array of slots for each point."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete

from lenskeeper.availability import rows
from lenskeeper.availability.exact import observe
from lenskeeper.availability.lanes import Lane, State
from lenskeeper.availability.observations import Observation, Round
from lenskeeper.availability.rounds import RoundFolder
from lenskeeper.availability.rows_upkeep import check
from lenskeeper.availability.runs import Run, merged
from lenskeeper.availability.schema import book_edition, evidence, look, round_cover, run, standing
from lenskeeper.base.access import ROUNDS, Scope
from lenskeeper.inventory.ids import PointId
from lenskeeper.store.database import Store

SLOT_S = 60
MARCH_S = int(datetime(2026, 3, 1, tzinfo=UTC).timestamp())
START_S = MARCH_S - 15 * SLOT_S  # the end of a month lies in the middle of each history
NOW_S = START_S + 1_000_000
POINTS = [PointId(n) for n in range(1, 7)]
LANES = (Lane.REACHABLE, Lane.PICTURE_FIT)

REASONS = {State.DOWN: "blur", State.UP: "fit"}

codes = st.lists(st.sampled_from([0, 1, 2, 2]), min_size=len(POINTS), max_size=len(POINTS))
a_round = st.tuples(st.just("round"), st.sampled_from("AB"), st.sampled_from([0, 0, 0, 0, 1, 3]), codes)
a_late_round = st.tuples(st.just("late"), st.sampled_from("AB"), st.integers(1, 8), codes)
a_look = st.tuples(
    st.sampled_from(POINTS),
    st.sampled_from(LANES),
    st.integers(-10, 3),
    st.sampled_from([1, 1, 5, 10, 30]),
    st.sampled_from(State),
)
some_looks = st.tuples(st.just("looks"), st.lists(a_look, min_size=1, max_size=5))
a_disturbance = st.sampled_from([("restart",), ("rollback",), ("forget",)])
a_move = st.tuples(
    st.just("roster"), st.sampled_from("AB"), st.permutations(POINTS), st.integers(0, len(POINTS))
)
histories = st.lists(
    st.one_of(a_round, a_round, a_round, a_late_round, some_looks, a_disturbance, a_move), max_size=25
)


class Broken(Exception):
    """The transaction fails for a reason of its own."""


def unmarked(_connection: Connection, _points: Sequence[PointId], _a: int, _b: int) -> None:
    """Nothing is counted yet."""


class Model:
    """The books, and beside them a dictionary: (point, lane) -> slot -> the highest rank it was ever given."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.slots: dict[tuple[PointId, Lane], dict[int, int]] = defaultdict(dict)
        self.rosters = {"A": POINTS[:3], "B": POINTS[3:]}
        self.next_s = {"A": START_S, "B": START_S}
        self.folders = {shard: self.folder(shard) for shard in "AB"}
        self.reasons: dict[tuple[PointId, Lane, int], set[str]] = defaultdict(set)
        self.fails = False
        self.forgets = False
        self.changes: list[tuple[PointId, Lane, int, int]] = []

    def folder(self, shard: str) -> RoundFolder:
        return RoundFolder(shard, Lane.REACHABLE, self.rosters[shard], mark=unmarked)

    def give(self, point_id: PointId, lane: Lane, a: int, b: int, state: int, reason: str) -> None:
        self.reasons[point_id, lane, state].add(reason)
        slots = self.slots[point_id, lane]
        for at_s in range(a, b, SLOT_S):
            slots[at_s] = max(slots.get(at_s, 0), state)

    def fold(self, shard: str, slot_s: int, some: Sequence[int]) -> None:
        roster = self.rosters[shard]
        found = bytes(some[: len(roster)])
        reasons = {i: "timed_out" for i, code in enumerate(found) if code == 1}
        folder = self.folders[shard]

        def book(connection: Connection) -> None:
            seen = Round(slot_s, SLOT_S, found, reasons, prober="p1")
            self.changes += [
                (c.point_id, c.lane, c.before, c.after)
                for c in folder.fold(connection, seen, now_s=NOW_S, actor=ROUNDS).changes
            ]
            if self.fails:
                raise Broken

        kept = len(self.changes)
        try:
            self.store.write(book)
        except Broken:
            del self.changes[kept:]
            self.fails = False
            return
        if not self.forgets:  # killed between the commit and the news of it
            folder.applied()
        self.forgets = False
        for i, (point_id, code) in enumerate(zip(roster, found, strict=True)):
            if code:
                self.give(point_id, Lane.REACHABLE, slot_s, slot_s + SLOT_S, code, reasons.get(i, ""))

    def step(self, op: tuple[Any, ...]) -> None:
        match op:
            case ("round", shard, gap, some):
                self.fold(shard, self.next_s[shard] + gap * SLOT_S, some)
                self.next_s[shard] += (gap + 1) * SLOT_S
            case ("late", shard, back, some):
                self.fold(shard, self.next_s[shard] - back * SLOT_S, some)
            case ("looks", looks):
                at_s = max(self.next_s.values())
                seen = [
                    Observation(
                        p, lane, at_s + back * SLOT_S, at_s + (back + n) * SLOT_S, state, REASONS[state]
                    )
                    for p, lane, back, n, state in looks
                ]
                self.store.write(lambda c: observe(c, seen, now_s=NOW_S, mark=unmarked, actor=ROUNDS))
                for o in seen:
                    self.give(o.point_id, o.lane, o.a, o.b, o.state, o.reason)
            case ("restart",):
                self.folders = {shard: self.folder(shard) for shard in "AB"}
            case ("rollback",):
                self.fails = True
            case ("forget",):
                self.forgets = True
            case ("roster", shard, order, size):
                other = "B" if shard == "A" else "A"
                self.rosters[shard] = list(order[:size])
                self.rosters[other] = list(order[size:])
                self.folders = {s: self.folders[s].with_roster(self.rosters[s]) for s in "AB"}

    def said(self, point_id: PointId, lane: Lane) -> list[Run]:
        """The slow plain way from slots to runs."""
        slots = self.slots[point_id, lane]
        return merged(Run(at_s, at_s + SLOT_S, State(state)) for at_s, state in slots.items())


def agree(model: Model, connection: Connection) -> None:
    assert check(connection) == []
    far = (START_S - 86_400, START_S + 86_400)
    near = (START_S + 7 * SLOT_S, START_S + 22 * SLOT_S)
    for a, b in (far, near):
        known = rows.runs_in(a, b)
        pieces = defaultdict(list)
        for row in connection.execute(known.select()):
            pieces[row.point_id, row.lane].append(Run(row.a, row.b, State(row.state)))
        for point_id in POINTS:
            for lane in LANES:
                expected = [
                    Run(max(r.a, a), min(r.b, b), r.state)
                    for r in model.said(point_id, lane)
                    if r.a < b and r.b > a
                ]
                mine = sorted(pieces[point_id, lane])
                assert all(a <= r.a < r.b <= b for r in mine)
                assert all(one.b <= two.a for one, two in pairwise(mine)), "booked twice"
                assert merged(mine) == expected, (point_id, lane)
                assert rows.runs_of(connection, Scope.ALL, point_id, lane, a, b) == expected


def agree_on_the_last(model: Model, connection: Connection) -> None:
    """The last known state, and since when nobody said otherwise."""
    for lane in LANES:
        for now in rows.current(connection, Scope.ALL, lane):
            said = model.said(now.point_id, lane)
            assert (now.state, now.until_s) == (said[-1].state, said[-1].b)
            assert now.since_s <= said[-1].b
            assert {r.state for r in said if r.b > now.since_s} <= {now.state}


def agree_on_evidence(model: Model, connection: Connection) -> None:
    """Behind each run that contradicts the one before it stands a look that said so, and no other."""
    far = (START_S - 86_400, START_S + 86_400)
    for point_id, lane in model.slots:
        looks = {
            (e.at_s, e.state): e.reason for e in rows.evidence_of(connection, Scope.ALL, point_id, lane, *far)
        }
        before = None
        for r in model.said(point_id, lane):
            if r.state != before:
                assert looks.get((r.a, r.state)) in model.reasons[point_id, lane, r.state], (
                    point_id,
                    lane,
                    r,
                )
            before = r.state


def empty(connection: Connection) -> None:
    for table in (run, standing, round_cover, book_edition, evidence, look):
        connection.execute(delete(table))


@pytest.mark.parametrize("examples", [40])
def test_the_books_say_of_every_slot_what_was_seen(store: Store, examples: int) -> None:
    if store.dialect == "postgresql":
        examples //= 4  # each step is a transaction, and a commit there is a journey

    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(histories)
    def keeps(history: list[tuple[Any, ...]]) -> None:
        store.write(empty)
        model = Model(store)
        for op in history:
            model.step(op)
        with store.read() as connection:
            agree(model, connection)
            agree_on_the_last(model, connection)
            agree_on_evidence(model, connection)

    keeps()
