"""What the rounds hand on is in the books: whole, once, and also after the disk was full."""

import asyncio
import resource
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, insert, text
from structlog.testing import capture_logs
from tests.diagnosis.days import look_of
from tests.diagnosis.test_learning import healthy, lived, spoilt
from tests.engines import empty_sqlite
from tests.founded import founded

from lenskeeper.availability.exact import observe
from lenskeeper.availability.lanes import Lane, State
from lenskeeper.availability.observations import Folded, Observation
from lenskeeper.availability.rows import current, runs_of
from lenskeeper.base.access import ROUNDS, ActorId, Scope
from lenskeeper.base.errors import Conflict
from lenskeeper.base.outcomes import Outcome
from lenskeeper.base.spans import Span
from lenskeeper.diagnosis.changes import Change, What
from lenskeeper.diagnosis.evidence import evidence_of
from lenskeeper.diagnosis.kinds import Kind, Verdict
from lenskeeper.diagnosis.learning import LOOKS_MIN
from lenskeeper.diagnosis.rows import Saving, last_changes, save
from lenskeeper.diagnosis.watch import excuse, watch
from lenskeeper.house.books import Books
from lenskeeper.house.clock import StandingClock
from lenskeeper.house.findings import Found
from lenskeeper.house.memories import Memories
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.points import Watched
from lenskeeper.inventory.schema import point
from lenskeeper.journal.rows import since
from lenskeeper.leases.rows import must_hold, take
from lenskeeper.probing.errands import Errand, Looked, Stream, Why
from lenskeeper.probing.memory import NOTHING_REMEMBERED
from lenskeeper.probing.round_results import Fact, FactKind, ZoneRound
from lenskeeper.store.database import Store, open_store
from lenskeeper.store.errors import StoreUnavailable

BEGIN_S = 1_795_000_200
SOME_ROOM_BYTES = 60_000
ROSTER = (PointId(1), PointId(2), PointId(3))


def books_of(store: Store, clock: StandingClock) -> Books:
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
    clock = StandingClock(BEGIN_S + 60)
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


def pages(store: Store, most: int) -> None:
    limit = partial(Connection.exec_driver_sql, statement=f"PRAGMA max_page_count={most}")
    store.write(lambda c: limit(c).close())


@contextmanager
def full_disk(store: Store) -> Iterator[None]:
    """No page more than there are; SQLite says of it what it says of ENOSPC."""
    with store.read() as connection:
        there = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    pages(store, there)
    yield
    pages(store, 1_000_000)


@contextmanager
def limit_on_files(store: Store) -> Iterator[None]:
    """RLIMIT_FSIZE, as `ulimit -f` and systemd's LimitFSIZE set it; of this process, for these few seconds."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = Path(str(store.url.database)).stat().st_size + SOME_ROOM_BYTES
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


class Minutes:
    """One camera that is up and down by turns, minute for minute."""

    def __init__(self, books: Books, clock: StandingClock) -> None:
        self.books, self.clock, self.number = books, clock, 0

    async def write_next(self) -> bool:
        self.number += 1
        self.clock.now = BEGIN_S + self.number * 60
        codes = bytes([2, 1 + self.number % 2, 2])
        self.books.take_zone(zone(self.clock.now - 60, codes, (1, f"reason {self.number}")))
        return await self.books.flush()

    def must_be_whole(self, store: Store) -> None:
        with store.read() as connection:
            runs = runs_of(connection, Scope.ALL, PointId(2), Lane.REACHABLE, BEGIN_S, self.clock.now)
        assert sum(run.b - run.a for run in runs) == self.number * 60
        assert all(run.state == 1 + ((run.a - BEGIN_S) // 60 + 1) % 2 for run in runs)


@pytest.mark.parametrize("full", [full_disk, limit_on_files])
async def test_results_wait_while_there_is_no_room_and_none_is_lost(
    full: Callable[[Store], AbstractContextManager[None]], tmp_path: Path
) -> None:
    store = open_store(empty_sqlite(tmp_path / "small.db"))
    clock = StandingClock(BEGIN_S)
    books = books_of(store, clock)
    minutes = Minutes(books, clock)
    with full(store), capture_logs() as logs:
        while await minutes.write_next():
            assert minutes.number < 3_000, "the disk was never full"
        assert books.tally.failed == 1
        assert books.tally.waiting_since_s == clock.now
        for _ in range(3):
            assert not await minutes.write_next()
    (told,) = (log for log in logs if log["event"] == "books_cannot_be_written")
    assert "free space, or raise the limit on file sizes (ulimit -f)" in told["error"]
    assert await books.flush()
    minutes.must_be_whole(store)
    store.close()


def as_admin(store: Store, *statements: str) -> None:
    """From another database of the same server."""
    address = store.url.set(drivername="postgresql+psycopg", database="postgres")
    admin = create_engine(address, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        for statement in statements:
            connection.execute(text(statement.format(name=store.url.database)))
    admin.dispose()


async def test_results_wait_while_the_server_is_lost_and_none_is_lost_when_it_is_back(tmp_path: Path) -> None:
    store = founded("postgresql", tmp_path)
    clock = StandingClock(BEGIN_S)
    books = books_of(store, clock)
    minutes = Minutes(books, clock)
    assert await minutes.write_next()
    with store.read() as connection:
        connection.execute(text("SELECT 1"))
    as_admin(
        store,
        "ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
    )
    for _ in range(3):
        assert not await minutes.write_next()
    with pytest.raises(StoreUnavailable), store.read():
        pass
    assert books.tally.failed == 3
    as_admin(store, "ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true")
    assert await minutes.write_next()
    assert books.tally.waiting_since_s is None
    minutes.must_be_whole(store)
    store.close()


async def test_a_piece_that_cannot_be_written_by_a_fault_of_ours_takes_nothing_else_with_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    books = books_of(store, StandingClock(BEGIN_S + 120))
    books.take_zone(zone(BEGIN_S, bytes([2, 2, 2])))
    for n in ROSTER:
        books.take_look(errand(n, BEGIN_S), Looked(Outcome.PLAYING, findings=Found(Verdict.FIT)))
    right = observe

    def stumbles(connection: Connection, said: Sequence[Observation], **how: Any) -> Folded:
        if any(one.point_id == 2 for one in said):
            raise ZeroDivisionError
        return right(connection, said, **how)

    monkeypatch.setattr("lenskeeper.house.books.observe", stumbles)
    assert await books.flush()
    assert books.tally.dropped == 1
    with store.read() as connection:
        assert states(connection, Lane.REACHABLE) == dict.fromkeys(ROSTER, (State.UP, ""))
        assert set(states(connection, Lane.PICTURE_FIT)) == {1, 3}
    books.take_zone(zone(BEGIN_S + 60, bytes([2, 2, 2])))
    assert await books.flush()
    with store.read() as connection:
        (run,) = runs_of(connection, Scope.ALL, PointId(1), Lane.REACHABLE, BEGIN_S, BEGIN_S + 120)
    assert (run.a, run.b) == (BEGIN_S, BEGIN_S + 120)


async def test_a_flush_that_is_called_off_loses_nothing(store: Store) -> None:
    clock = StandingClock(BEGIN_S)
    books = books_of(store, clock)
    minutes = Minutes(books, clock)
    assert await minutes.write_next()
    gate = threading.Event()
    store.submit(lambda _: gate.wait(10))  # the one writer is busy with another's work
    late = asyncio.create_task(minutes.write_next())
    await asyncio.sleep(0.05)
    late.cancel()
    with pytest.raises(asyncio.CancelledError):
        await late
    gate.set()
    assert await minutes.write_next()
    minutes.must_be_whole(store)


async def test_books_that_are_another_process_s_by_now_are_not_written_and_say_so(store: Store) -> None:
    books = books_of(store, StandingClock(BEGIN_S + 60))
    mine = store.write(lambda c: take(c, "serve", "one", now_s=100, ttl_s=15))
    books._guard = lambda connection: must_hold(connection, mine)
    store.write(lambda c: take(c, "serve", "two", now_s=115, ttl_s=15))
    books.take_zone(zone(BEGIN_S, bytes([2, 2, 2])))
    with pytest.raises(Conflict, match="must stop"):
        await books.flush()
    with store.read() as connection:
        assert states(connection, Lane.REACHABLE) == {}


async def test_an_hour_that_waited_is_written_round_by_round(store: Store) -> None:
    clock = StandingClock(BEGIN_S + 3_600)
    books = books_of(store, clock)
    for n in range(5):
        books.take_zone(zone(BEGIN_S + n * 60, bytes([2, 2, 2])))
    assert await books.flush()
    assert books.tally.transactions == 5
    with store.read() as connection:
        (run,) = runs_of(connection, Scope.ALL, PointId(1), Lane.REACHABLE, BEGIN_S, BEGIN_S + 300)
    assert (run.a, run.b) == (BEGIN_S, BEGIN_S + 300)


async def test_what_was_judged_before_a_person_acted_is_not_written_over_the_act(store: Store) -> None:
    clock = StandingClock(BEGIN_S + 60)
    books = books_of(store, clock)
    memories = books._memories
    faulty, _ = lived([*(healthy(n) for n in range(LOOKS_MIN)), spoilt("blur", 0), spoilt("blur", 1)])
    opened = [Saving(PointId(1), replace(faulty, chapters={}), BEGIN_S)]
    store.write(lambda c: save(c, opened, software="test", actor=ROUNDS))
    known = await memories.of(PointId(1), BEGIN_S)
    assert known.hold.held
    # a person excuses it while a look that had read the memory before is still being judged
    act, told = excuse(known, Kind.BLUR, BEGIN_S + 10)
    saying = [Saving(PointId(1), act, BEGIN_S + 10, records=told)]
    store.write(lambda c: save(c, saying, software="test", actor=ActorId("local:li")))
    _, after, late = watch(known, look_of(spoilt("blur", 2), BEGIN_S + 30))
    gathering, _ = lived([healthy(0)])
    after = memories.put(PointId(1), replace(after, chapters=gathering.chapters))
    books.take_look(
        errand(1, BEGIN_S),
        Looked(
            Outcome.PLAYING,
            findings=Found(
                Verdict.FAULT, "blur", saving=Saving(PointId(1), after, BEGIN_S + 30, records=late)
            ),
        ),
    )
    assert await books.flush()
    assert books.tally.overtaken == 1
    now = await memories.of(PointId(1), BEGIN_S + 60)
    assert now.learnt.excused == (Kind.BLUR,)
    assert now.chapters == {}, "what was gathered belongs to what was there before"
    assert not now.hold.held, "read from the database, and not what the late look had left in memory"
    # the next look knows of the act, and is written
    _, after, _ = watch(now, look_of(healthy(3), BEGIN_S + 90))
    seen = Found(Verdict.FIT, saving=Saving(PointId(1), memories.put(PointId(1), after), BEGIN_S + 90))
    books.take_look(errand(1, BEGIN_S + 60), Looked(Outcome.PLAYING, findings=seen))
    assert await books.flush()
    assert books.tally.overtaken == 1
    assert (await memories.of(PointId(1), BEGIN_S + 120)).learnt.excused == (Kind.BLUR,)


async def test_the_records_of_looks_that_waited_are_all_written(store: Store) -> None:
    books = books_of(store, StandingClock(BEGIN_S + 60))
    memory, _ = lived([healthy(0)])
    changes = [Change(what, BEGIN_S, BEGIN_S) for what in (What.FLAPPING, What.STEADY)]
    records = [evidence_of(change, None, None, None, None, {}) for change in changes]
    for n, record in enumerate(records):
        saving = Saving(PointId(1), memory, BEGIN_S + n, records=(record,))
        books.take_look(
            errand(1, BEGIN_S), Looked(Outcome.PLAYING, findings=Found(Verdict.FIT, saving=saving))
        )
    assert await books.flush()
    with store.read() as connection:
        assert len(last_changes(connection, Scope.ALL, PointId(1))) == 2


async def test_a_fact_is_logged_by_its_own_name_when_it_begins_and_when_it_ends(store: Store) -> None:
    books = books_of(store, StandingClock(BEGIN_S + 60))
    with capture_logs() as lines:
        for kind in FactKind:
            for began in (True, False):
                books.take_fact(Fact(kind, "there", BEGIN_S, began, detail={"cure": "look at the line"}))
    assert [line["event"] for line in lines] == [
        f"{k.value}_{w}" for k in FactKind for w in ("began", "ended")
    ]
    assert {(line["log_level"], line["subject"], line["cure"]) for line in lines} == {
        ("warning", "there", "look at the line")
    }


async def test_faults_of_ours_in_a_row_are_counted_until_something_is_written(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    books = books_of(store, StandingClock(BEGIN_S + 600))
    with monkeypatch.context() as broken:
        broken.setattr("lenskeeper.house.books.observe", lambda *_a, **_k: 1 / 0)
        for n in range(2):
            books.take_zone(zone(BEGIN_S + n * 60, bytes([2, 2, 2])))
            assert await books.flush(), "nothing waits"
    assert (books.tally.own_faults, books.tally.dropped) == (2, 2)
    books.take_zone(zone(BEGIN_S + 120, bytes([2, 2, 2])))
    assert await books.flush()
    assert books.tally.own_faults == 0
