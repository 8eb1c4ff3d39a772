"""What the books say after what happens to a fleet: outages, crashes, late and impossible results, retention."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

import pytest
from sqlalchemy import Connection, delete, insert, update

from lenskeeper.availability import rows
from lenskeeper.availability.exact import observe
from lenskeeper.availability.lanes import Lane, State
from lenskeeper.availability.observations import Change, Evidence, Folded, Observation, Round
from lenskeeper.availability.rounds import RoundFolder
from lenskeeper.availability.rows_upkeep import check, prune_evidence
from lenskeeper.availability.runs import Run, outages
from lenskeeper.availability.schema import round_cover, run, standing
from lenskeeper.base.access import ROUNDS, Scope
from lenskeeper.inventory.ids import PointId
from lenskeeper.store.database import Store

HOUR_S = 3_600
DAY_S = 86_400
START_S = int(datetime(2026, 3, 10, tzinfo=UTC).timestamp())
UP, DOWN = State.UP, State.DOWN


class Zone:
    """A prober and its cameras."""

    def __init__(self, store: Store, size: int, name: str = "zone") -> None:
        self.store, self.name = store, name
        self.roster = [PointId(n + 1) for n in range(size)]
        self.marked: list[tuple[Sequence[PointId], int, int]] = []
        self.restart()

    def restart(self) -> None:
        self.folder = RoundFolder(self.name, Lane.REACHABLE, self.roster, mark=self.mark)

    def mark(self, _connection: Connection, points: Sequence[PointId], a: int, b: int) -> None:
        self.marked.append((points, a, b))

    def look(
        self, slot_s: int, codes: bytes, reason: str = "timed_out", now_s: int | None = None, remark: str = ""
    ) -> Folded:
        reasons = {i: reason for i, code in enumerate(codes) if code == DOWN}
        remarks = dict.fromkeys(reasons, remark) if remark else {}
        seen = Round(slot_s, 60, codes, reasons, remarks, prober="p1")
        found = self.store.write(
            partial(self.folder.fold, seen=seen, now_s=slot_s + 60 if now_s is None else now_s, actor=ROUNDS)
        )
        self.folder.applied()
        return found

    def runs(self, point_id: int, a: int = START_S, b: int = START_S + DAY_S) -> list[Run]:
        with self.store.read() as connection:
            assert check(connection) == []
            return rows.runs_of(connection, Scope.ALL, PointId(point_id), Lane.REACHABLE, a, b)

    def observe(self, *seen: Observation, now_s: int = START_S + DAY_S) -> Folded:
        return self.store.write(
            partial(observe, observations=seen, now_s=now_s, mark=self.mark, actor=ROUNDS)
        )


def down_s(runs: Sequence[Run]) -> int:
    return sum(r.b - r.a for r in runs if r.state == DOWN)


def known_s(runs: Sequence[Run]) -> int:
    return sum(r.b - r.a for r in runs)


def test_two_hundred_cameras_dead_for_eight_hours_lose_eight_hours_each(store: Store) -> None:
    zone = Zone(store, 400)
    well, dead = bytes([UP]) * 400, bytes([DOWN]) * 200 + bytes([UP]) * 200
    for slot in range(8 * 60 + 20):
        zone.look(START_S + slot * 60, dead if 10 <= slot < 10 + 8 * 60 else well)
    for point_id in (1, 100, 200):
        found = zone.runs(point_id)
        assert (down_s(found), known_s(found)) == (8 * HOUR_S, 8 * HOUR_S + 20 * 60)
        assert len(outages(found)) == 1
    with store.read() as connection:
        known = rows.runs_in(START_S, START_S + DAY_S, lane=Lane.REACHABLE)
        lost: dict[int, int] = {}
        for row in connection.execute(known.select().where(known.c.state == DOWN)):
            lost[row.point_id] = lost.get(row.point_id, 0) + row.b - row.a
    assert lost == dict.fromkeys(range(1, 201), 8 * HOUR_S)


def test_a_prober_that_dies_leaves_unknown_and_not_down(store: Store) -> None:
    zone = Zone(store, 2)
    for slot in (*range(10), *range(30, 40)):
        if slot == 30:
            zone.restart()
        zone.look(START_S + slot * 60, bytes([UP, DOWN]))
    assert zone.runs(1) == [Run(START_S, START_S + 600, UP), Run(START_S + 1800, START_S + 2400, UP)]
    assert [r.state for r in zone.runs(2)] == [DOWN, DOWN]
    assert [o.down_s for o in outages(zone.runs(2))] == [1200]


def test_a_camera_that_was_not_looked_at_is_unknown_until_it_is(store: Store) -> None:
    zone = Zone(store, 1)
    for slot, code in enumerate([UP, 0, 0, UP]):
        zone.look(START_S + slot * 60, bytes([code]))
    assert zone.runs(1) == [Run(START_S, START_S + 60, UP), Run(START_S + 180, START_S + 240, UP)]


def test_results_of_the_future_are_refused_and_counted(store: Store) -> None:
    zone = Zone(store, 3)
    assert zone.look(START_S + 180, bytes([UP, DOWN, 0]), now_s=START_S).refused == 2
    assert zone.look(START_S + 120, bytes([UP, DOWN, 0]), now_s=START_S).refused == 0
    ahead = Observation(PointId(1), Lane.CLOCK, START_S + 121, START_S + 181, DOWN)
    endless = Observation(PointId(1), Lane.CLOCK, START_S, START_S + 2 * DAY_S, DOWN)
    reversed_one = Observation(PointId(1), Lane.CLOCK, START_S, START_S, DOWN)
    assert zone.observe(ahead, endless, reversed_one, now_s=START_S).refused == 3
    with store.read() as connection:
        assert rows.runs_of(connection, Scope.ALL, PointId(1), Lane.CLOCK, 0, START_S * 2) == []


def test_a_change_is_told_once_and_names_its_reason(store: Store) -> None:
    zone = Zone(store, 1)
    told = [
        zone.look(START_S + slot * 60, bytes([code])).changes for slot, code in enumerate([2, 2, 1, 1, 2])
    ]
    point_id, lane = PointId(1), Lane.REACHABLE
    assert told == [
        (Change(point_id, lane, START_S, 0, 2),),
        (),
        (Change(point_id, lane, START_S + 120, 2, 1, "timed_out"),),
        (),
        (Change(point_id, lane, START_S + 240, 1, 2),),
    ]


def test_a_disputed_hour_is_shown_with_who_found_what(store: Store) -> None:
    zone = Zone(store, 1)
    zone.look(START_S, bytes([UP]))
    zone.look(START_S + 60, bytes([DOWN]), remark="no route")
    zone.look(START_S + 120, bytes([DOWN]), reason="refused")  # within the hour: not told
    for slot in range(3, 63):
        zone.look(START_S + slot * 60, bytes([DOWN]), reason="refused")
    with store.read() as connection:
        found = rows.evidence_of(connection, Scope.ALL, PointId(1), Lane.REACHABLE, START_S, START_S + DAY_S)
        (now,) = rows.current(connection, Scope.ALL, Lane.REACHABLE)
    assert found == [
        Evidence(START_S, UP, "", "p1", ""),
        Evidence(START_S + 60, DOWN, "timed_out", "p1", "no route"),
        Evidence(START_S + 60 + HOUR_S, DOWN, "refused", "p1", ""),
    ]
    assert (now.state, now.reason, now.since_s, now.until_s) == (
        DOWN,
        "refused",
        START_S + 60,
        START_S + 63 * 60,
    )


def test_who_sees_nothing_of_a_point_gets_nothing(store: Store) -> None:
    zone = Zone(store, 1)
    zone.look(START_S, bytes([UP]))
    nobody = Scope(frozenset())
    with store.read() as connection:
        assert rows.runs_of(connection, nobody, PointId(1), Lane.REACHABLE, START_S, START_S + 60) == []
        assert rows.evidence_of(connection, nobody, PointId(1), Lane.REACHABLE, START_S, START_S + 60) == []
        assert rows.current(connection, nobody, Lane.REACHABLE) == []


def test_what_comes_late_marks_its_day_and_what_comes_in_time_does_not(store: Store) -> None:
    zone = Zone(store, 2)
    zone.look(START_S, bytes([UP, UP]))
    zone.look(START_S + 60, bytes([UP, DOWN]))
    assert zone.marked == []
    zone.look(START_S + 120, bytes([UP, 0]), now_s=START_S + 2 * HOUR_S)
    assert zone.marked == [([1], START_S, START_S + 900)]
    zone.look(START_S + 60, bytes([UP, UP]), now_s=START_S + 2 * HOUR_S)  # late, and only one of them is news
    assert zone.marked[1:] == [([2], START_S, START_S + 900)]


def test_old_evidence_goes_and_what_still_holds_stays(store: Store) -> None:
    zone = Zone(store, 2)
    january, april = START_S - 60 * DAY_S, START_S + 30 * DAY_S
    for at_s in (january, START_S, april):
        for slot, code in enumerate([UP, DOWN, UP]):
            zone.look(at_s + slot * 60, bytes([code, UP]), remark="silent")
    gone = store.write(partial(prune_evidence, before_s=april, actor=ROUNDS))
    assert gone.rows == 1  # the latest before the instant still holds there


def test_the_check_finds_each_kind_of_fault(store: Store) -> None:
    zone = Zone(store, 1)
    for slot, code in enumerate([UP, DOWN, UP, DOWN]):
        zone.look(START_S + slot * 60, bytes([code]))
    assert zone.runs(1)
    row = {"point_id": 1, "lane": 1, "look": 1}
    month_s = int(datetime(2026, 3, 1, tzinfo=UTC).timestamp())
    faults = (
        ("overlaps", insert(run).values(**row, a=START_S + 30, b=START_S + 50, state=2)),
        ("should be one", insert(run).values(**row, a=START_S - 60, b=START_S, state=2)),
        ("end of its month", insert(run).values(**row, a=month_s - 60, b=month_s + 60, state=2)),
        ("into the open run", update(standing).values(since_s=START_S + 150, held_s=START_S + 150)),
        (
            "begins before",
            insert(round_cover).values(shard="zone", lane=1, a=START_S + 60, b=START_S + 90),
        ),
    )
    for words, fault in faults:

        def planted(connection: Connection) -> list[str]:
            connection.execute(fault)  # noqa: B023  used before the next turn
            found = check(connection)
            connection.rollback()
            return found

        with store._writer.connect() as connection:
            found = planted(connection)
        assert any(words in said for said in found), (words, found)


def test_a_closed_run_is_not_lost_when_its_rounds_are_forgotten(store: Store) -> None:
    zone = Zone(store, 1)
    zone.look(START_S, bytes([UP]))
    zone.look(START_S + 60, bytes([DOWN]))
    store.write(lambda c: c.execute(delete(round_cover)).rowcount)
    assert zone.runs(1) == [Run(START_S, START_S + 60, UP)]


def seen_by_another(slot: int, state: State, slots: int = 1) -> Observation:
    a = START_S + slot * 60
    return Observation(PointId(1), Lane.REACHABLE, a, a + slots * 60, state, "x")


def test_a_round_knows_what_others_booked_since_the_last(store: Store) -> None:
    zone = Zone(store, 1)
    zone.look(START_S, bytes([DOWN]))
    zone.observe(seen_by_another(0, UP))
    zone.look(START_S + 60, bytes([DOWN]))
    assert zone.runs(1) == [Run(START_S, START_S + 60, UP), Run(START_S + 60, START_S + 120, DOWN)]


def test_a_round_whose_transaction_failed_is_not_remembered(store: Store) -> None:
    zone = Zone(store, 1)
    zone.look(START_S, bytes([UP]))

    def fails(connection: Connection) -> None:
        zone.folder.fold(connection, Round(START_S + 60, 60, bytes([DOWN])), now_s=START_S + 60, actor=ROUNDS)
        raise KeyError

    with pytest.raises(KeyError):
        store.write(fails)
    zone.look(START_S + 120, bytes([DOWN]))
    assert zone.runs(1) == [Run(START_S, START_S + 60, UP), Run(START_S + 120, START_S + 180, DOWN)]


def test_a_run_that_was_closed_in_parts_is_one_row_again(store: Store) -> None:
    zone = Zone(store, 1)
    zone.look(START_S, bytes([UP]))
    zone.look(START_S + 120, bytes([UP]))
    zone.observe(seen_by_another(1, UP))
    zone.look(START_S + 180, bytes([DOWN]))
    assert zone.runs(1) == [Run(START_S, START_S + 180, UP), Run(START_S + 180, START_S + 240, DOWN)]


def test_the_last_state_is_right_where_single_looks_ran_ahead_of_the_rounds(store: Store) -> None:
    zone = Zone(store, 1)
    zone.look(START_S, bytes([UP]))
    zone.observe(seen_by_another(1, DOWN, slots=2))
    zone.observe(seen_by_another(2, UP))
    with store.read() as connection:
        (now,) = rows.current(connection, Scope.ALL, Lane.REACHABLE)
    assert (now.state, now.until_s) == (UP, START_S + 180)
