"""A whole server on a fast clock: when it says that it is unwell, what it says at its start, and when it makes copies."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from time import gmtime, strftime

import pytest
from structlog.testing import capture_logs
from tests.house.test_books import books_of

from lenskeeper.base.access import ROUNDS, Scope
from lenskeeper.house import chores
from lenskeeper.house.clock import StandingClock, SystemClock
from lenskeeper.house.home import Home, NewHome, make_home, opened
from lenskeeper.house.serve import JOB, LEASE_TTL_S, ServeOrder, Server
from lenskeeper.house.settings import read_settings
from lenskeeper.leases.rows import take
from lenskeeper.probing.memory import Changes, Payer, UsedRecord
from lenskeeper.probing.round_results import Fact, FactKind
from lenskeeper.probing.rows import remembered
from lenskeeper.probing.rows import save as save_visits

SPEED = 25  # a slot of 5 s is over in 0.2 s
SLOT_S = 5
SETTINGS = f'[rounds]\nslot_s = {SLOT_S}\n[serve]\nmetrics = ""\n[pictures]\nworkers = 1\n'
WITHIN_S = 20


class FastClock:
    """Our own clock, and all goes faster by it. It stands at a slot's first second until it is let go, if so asked."""

    def __init__(self, *, is_held: bool = False) -> None:
        self.clock = SystemClock()
        self.began_s = self.clock.elapsed_s()
        self.wall_s = self.clock.now_ms() // 1000 // SLOT_S * SLOT_S + 1
        self.going = asyncio.Event()
        if not is_held:
            self.going.set()

    def let_go(self) -> None:
        self.began_s = self.clock.elapsed_s()
        self.going.set()

    def elapsed_s(self) -> float:
        return (self.clock.elapsed_s() - self.began_s) * SPEED if self.going.is_set() else 0.0

    def now_ms(self) -> int:
        return int((self.wall_s + self.elapsed_s()) * 1000)

    async def sleep(self, length_s: float) -> None:
        await self.going.wait()
        await asyncio.sleep(length_s / SPEED)


def home_in(folder: Path, clock: FastClock | StandingClock) -> Home:
    made = make_home(NewHome(folder, "City", "UTC"), clock)
    file = folder / "lenskeeper.toml"
    file.write_text(file.read_text() + SETTINGS)
    return Home(folder, read_settings(file), made.store, clock, "")


@asynccontextmanager
async def serving(home: Home, order: ServeOrder | None = None) -> AsyncIterator[Server]:
    server = Server(home, order or ServeOrder())
    running = asyncio.create_task(server.run())
    try:
        await until(lambda: hasattr(server, "rounds") or running.done())
        if running.done():
            await running
        yield server
    finally:
        server.stopping.set()
        with suppress(asyncio.CancelledError):
            await running
        home.store.close()


async def until(what: Callable[[], bool]) -> None:
    for _ in range(WITHIN_S * 50):
        if what():
            return
        await asyncio.sleep(0.02)
    pytest.fail(f"not within {WITHIN_S} s")


async def test_rounds_that_stand_still_are_unwell_but_never_before_the_first_slot_is_due(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = FastClock(is_held=True)
    async with serving(home_in(tmp_path / "home", clock)) as server:
        assert server.unwell() == ""
        assert server.rounds.silent_s is None
        clock.let_go()
        await until(lambda: server.rounds.tally.slots_done >= 5)
        await until(lambda: server.unwell() == "")
        with monkeypatch.context() as hanging:
            hanging.setattr(server.rounds._doors, "greet_all", forever)
            await until(lambda: "no slot of the rounds was finished" in server.unwell())
        await until(lambda: server.unwell() == "")


async def forever(_codes: bytearray) -> None:
    await asyncio.Event().wait()


async def test_books_that_fail_by_a_fault_of_ours_again_and_again_are_unwell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(home_in(tmp_path / "home", FastClock())) as server:
        await until(lambda: server.rounds.tally.slots_done >= 1)

        def one_more() -> bool:
            server.books.take_fact(Fact(FactKind.SITE_FAULT, "mall", 1, began=True))
            return "by a fault of ours" in server.unwell()

        with monkeypatch.context() as broken:
            broken.setattr("lenskeeper.house.books._announce", lambda *_: 1 / 0)
            await until(one_more)
            await until(
                lambda: server.books.tally.dropped >= 3
            )  # the third is counted once its pieces were tried
        await until(lambda: not one_more())


async def test_a_serve_that_was_killed_is_followed_by_the_next_as_soon_as_its_lease_has_run_out(
    tmp_path: Path,
) -> None:
    home = home_in(tmp_path / "home", FastClock())
    dead = home.store.write(lambda c: take(c, JOB, "dead:1", now_s=home.now_s(), ttl_s=LEASE_TTL_S))
    async with serving(home) as server:
        await until(lambda: server.rounds.tally.slots_done >= 1)
        assert server.lease.fence == dead.fence + 1


async def test_a_chore_that_fails_keeps_no_other_from_its_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = FastClock()
    home = home_in(tmp_path / "home", clock)
    now = clock.now_ms() // 1000
    old, recent = (int(strftime("%Y%m", gmtime(now - days * chores.DAY_S))) for days in (800, 40))
    used = tuple(UsedRecord(Payer.UPLINK, "harbour", month, 5) for month in (old, recent))
    home.store.write(lambda c: save_visits(c, Changes(used=used), actor=ROUNDS))

    async def add_up_days(_home: Home) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(chores, "add_up_days", add_up_days)
    monkeypatch.setattr("lenskeeper.house.serve.CHORES_S", 10.0)
    async with serving(home) as server:
        await until(lambda: server.failures["add_up_days"] >= 2)
    with opened(home.folder / "lenskeeper.toml") as again, again.store.read() as connection:
        assert [one.month for one in remembered(connection, Scope.ALL).used] == [recent]


async def test_picture_workers_that_do_not_start_any_more_are_unwell(tmp_path: Path) -> None:
    async with serving(home_in(tmp_path / "home", FastClock())) as server:
        await until(lambda: server.rounds.tally.slots_done >= 1)
        await until(lambda: server.unwell() == "")
        usual, server.pool.command = server.pool.command, ("/bin/false",)
        for child in list(server.pool._children):
            child.process.kill()
        await until(lambda: "no picture worker can be started" in server.unwell())
        server.pool.command = usual
        await until(lambda: server.unwell() == "")


async def test_a_server_says_that_it_runs_and_that_it_has_ended(tmp_path: Path) -> None:
    said: list[str] = []
    with capture_logs() as logs:
        async with serving(
            home_in(tmp_path / "home", FastClock()), ServeOrder(survey=True, say=said.append)
        ) as server:
            await until(lambda: server.rounds.tally.slots_done >= 1)
    (begins,) = [line for line in logs if line["event"] == "serving"]
    assert (begins["points"], begins["database"], begins["survey"], begins["metrics"]) == (
        0,
        "sqlite",
        True,
        "",
    )
    assert [line["event"] for line in logs][-1] == "served"
    assert said[0].startswith("survey of 0 cameras, books in sqlite")
    assert said[1].startswith("ended after")
    assert len(said) == 2


async def test_what_stood_before_a_restart_is_not_told_again(tmp_path: Path) -> None:
    home = home_in(tmp_path / "home", FastClock())
    books = books_of(home.store, StandingClock(home.now_s()))
    home.store.write(lambda c: c.exec_driver_sql("DELETE FROM point").close())
    for kind, subject in ((FactKind.SITE_FAULT, "mall"), (FactKind.ACCOUNT_REFUSED, "10.0.0.1#5")):
        books.take_fact(Fact(kind, subject, home.now_s(), began=True))
    assert await books.flush()
    with capture_logs() as logs:
        async with serving(home) as server:
            assert server._standing() == [
                (FactKind.ACCOUNT_REFUSED, "10.0.0.1#5"),
                (FactKind.SITE_FAULT, "mall"),
            ]
            await until(lambda: server.rounds.tally.slots_done >= 2)
            await until(lambda: server._standing() == [])
    told = [line["event"] for line in logs if line["event"].endswith(("_began", "_ended"))]
    assert told == ["site_fault_ended", "account_refused_ended"], "neither is in the register any more"


async def test_a_copy_is_due_by_the_newest_in_the_folder_and_not_by_when_we_were_started(
    tmp_path: Path,
) -> None:
    clock = StandingClock(1_795_000_200)
    home = home_in(tmp_path / "home", clock)
    (home.backups / "books-by-hand.db").write_text("a name that somebody gave it")
    assert chores.newest_copy_s(home) is None
    first = await chores.back_up_if_due(home)
    assert first is not None
    assert chores.newest_copy_s(home) == clock.now
    for hours, is_due in ((1, False), (22, False), (1, True), (23, False), (1, True)):
        clock.now += hours * 3600
        made = await chores.back_up_if_due(Home(home.folder, home.settings, home.store, clock, ""))
        assert (made is not None) is is_due, hours
    clock.now -= 400 * 86_400  # it was set wrong when the copies were made
    assert await chores.back_up_if_due(home) is not None
    home.store.close()


async def test_the_log_of_the_database_is_brought_home_each_night_and_a_reader_in_the_way_is_told(
    tmp_path: Path,
) -> None:
    home = home_in(tmp_path / "city", StandingClock(0))
    log = tmp_path / "city" / "lenskeeper.db-wal"
    assert log.stat().st_size > 0
    with home.store.read() as connection, capture_logs() as logs:
        connection.exec_driver_sql("SELECT count(*) FROM lease")  # from here on it has its snapshot
        home.store.write(lambda c: c.exec_driver_sql("DELETE FROM lease").close())
        await chores.tidy(home)
    assert [one["event"] for one in logs] == ["log_is_not_home"]
    await chores.tidy(home)
    assert log.stat().st_size == 0
    home.store.close()
