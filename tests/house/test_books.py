"""What the rounds hand on is in the books: whole, once, and also after the disk was full."""

from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert
from tests.engines import empty_sqlite

from lenskeeper.availability.lanes import Lane, State
from lenskeeper.availability.rows import current, runs_of
from lenskeeper.base.access import Scope
from lenskeeper.base.outcomes import Outcome
from lenskeeper.base.spans import Span
from lenskeeper.diagnosis.kinds import Verdict
from lenskeeper.house.books import Books
from lenskeeper.house.findings import Found
from lenskeeper.house.memories import Memories
from lenskeeper.house.rehearse import RehearsalClock
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.points import Watched
from lenskeeper.inventory.schema import point
from lenskeeper.journal.rows import since
from lenskeeper.probing.errands import Errand, Looked, Stream, Why
from lenskeeper.probing.memory import NOTHING_REMEMBERED
from lenskeeper.probing.round_results import Fact, FactKind, ZoneRound
from lenskeeper.store.database import Store, open_store

BEGIN_S = 1_795_000_200
ROSTER = (PointId(1), PointId(2), PointId(3))


def books_of(store: Store, clock: RehearsalClock) -> Books:
    def slot_of(errand: Errand) -> Span:
        return errand.slot_s, errand.slot_s + 300

    rows = [
        {"id": n, "name": f"c{n}", "klass": 1, "tz": "UTC", "in_service_from_s": 0, "revision": 1}
        for n in ROSTER
    ]
    store.write(lambda c: c.execute(insert(point), rows))
    return Books(
        store, clock, Memories(store), prober="here", slot_of=slot_of, visits=lambda: NOTHING_REMEMBERED
    )


def zone(slot_s: int, codes: bytes, *reasons: tuple[int, str]) -> ZoneRound:
    return ZoneRound("zone", slot_s, ROSTER, codes, dict(reasons))


def errand(number: int, slot_s: int) -> Errand:
    watched = Watched(PointId(number), None, f"c{number}", 1, f"rtsp://127.0.0.{number}/", "UTC")
    return Errand(watched, Stream.SUB, watched.url, Why.ROUTINE, slot_s)


def states(connection: Connection, lane: Lane) -> dict[int, tuple[State, str]]:
    return {now.point_id: (now.state, now.reason) for now in current(connection, Scope.ALL, lane)}


async def test_a_tick_is_one_transaction_and_one_announcement_for_all_changes(store: Store) -> None:
    clock = RehearsalClock(BEGIN_S + 60)
    books = books_of(store, clock)
    books.take_zone(zone(BEGIN_S, bytes([2, 1, 0]), (1, "timed_out")))
    books.take_look(errand(1, BEGIN_S), Looked(Outcome.PLAYING, findings=Found(Verdict.FAULT, "blur noise")))
    books.take_fact(
        Fact(FactKind.BLIND_ZONE, "other", BEGIN_S, began=True, detail={"cure": "look at the line"})
    )
    assert await books.flush()
    assert books.tally.transactions == 1
    with store.read() as connection:
        assert states(connection, Lane.REACHABLE) == {1: (State.UP, ""), 2: (State.DOWN, "timed_out")}
        assert states(connection, Lane.PICTURE_FIT) == {1: (State.DOWN, "blur noise")}
        facts = {fact.fact: fact for fact in since(connection, 0)}
    assert set(facts) == {"states_changed", "blind_zone_began"}
    assert facts["blind_zone_began"].body == {"cure": "look at the line"}


async def test_results_wait_while_the_disk_is_full_and_none_is_lost(tmp_path: Path) -> None:
    store = open_store(empty_sqlite(tmp_path / "small.db"))
    clock = RehearsalClock(BEGIN_S)
    books = books_of(store, clock)
    with store.read() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    limit = partial(Connection.exec_driver_sql, statement=f"PRAGMA max_page_count={pages}")
    store.write(lambda c: limit(c).close())
    written, minute = True, 0
    while written:
        minute += 1
        assert minute < 3_000, "the disk was never full"
        clock.now = BEGIN_S + minute * 60
        books.take_zone(zone(clock.now - 60, bytes([2, 1 + minute % 2, 2]), (1, f"reason {minute}")))
        written = await books.flush()
    assert books.tally.failed == 1
    assert books.tally.waiting_since_s == clock.now
    for _ in range(3):
        minute += 1
        clock.now = BEGIN_S + minute * 60
        books.take_zone(zone(clock.now - 60, bytes([2, 1 + minute % 2, 2]), (1, f"reason {minute}")))
        assert not await books.flush()
    store.write(lambda c: c.exec_driver_sql("PRAGMA max_page_count=1000000").close())
    assert await books.flush()
    with store.read() as connection:
        runs = runs_of(connection, Scope.ALL, PointId(2), Lane.REACHABLE, BEGIN_S, clock.now)
    assert sum(run.b - run.a for run in runs) == minute * 60
    assert all(run.state == 1 + ((run.a - BEGIN_S) // 60 + 1) % 2 for run in runs)
    store.close()


async def test_a_fault_of_ours_takes_the_tick_back_and_the_next_is_written(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = RehearsalClock(BEGIN_S + 60)
    books = books_of(store, clock)
    books.take_zone(zone(BEGIN_S, bytes([2, 2, 2])))
    with monkeypatch.context() as broken:
        broken.setattr("lenskeeper.house.books.observe", lambda *_a, **_k: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            await books.flush()
    clock.now += 60
    books.take_zone(zone(BEGIN_S + 60, bytes([2, 2, 2])))
    assert await books.flush()
    with store.read() as connection:
        (run,) = runs_of(connection, Scope.ALL, PointId(1), Lane.REACHABLE, BEGIN_S, BEGIN_S + 120)
    assert (run.a, run.b) == (BEGIN_S + 60, BEGIN_S + 120)
