"""What changes while a page is open."""

import asyncio
import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from starlette.testclient import TestClient
from tests.register_kit import camera
from tests.repair_kit import RepairCity, always, silent
from tests.web_kit import ClientOf

from lenskeeper.accounts.ids import AccountId
from lenskeeper.accounts.verbs import Role
from lenskeeper.base.access import Scope
from lenskeeper.house.clock import SystemClock
from lenskeeper.house.home import Home
from lenskeeper.house.screens import Keeper
from lenskeeper.inventory.ids import PointId
from lenskeeper.journal.rows import KEPT_S, last_position, prune
from lenskeeper.units.rows import tree
from lenskeeper.web.asking import COOKIE
from lenskeeper.web.errors import TooMany
from lenskeeper.web.listening import CLOSE_WITHIN_S, bind, serve_at
from lenskeeper.web.live import FRAMES_WAITING_MAX, PER_PERSON_MAX, Hub, Listener, Watch

EVERY = frozenset({"cameras", "tickets", "overview", "register"})
SOMEBODY = AccountId(1)
CLOCK = SystemClock()

Frame = tuple[str, int, dict[str, Any]]


class Town:
    """Two districts of three cameras, whose books and screens are kept; its clock is the test's."""

    def __init__(self, home: Home) -> None:
        self.home = home
        files = [camera(n, unit="City/North" if n < 4 else "City/South") for n in range(1, 7)]
        self.city = RepairCity(home.store, files)
        self.city.now_s = home.now_s() // 60 * 60
        self.keeper = Keeper(replace(home, clock=CityClock(self.city)))
        self.keeper.turn()
        with home.store.read() as connection:
            self.units = {unit.path: int(unit.unit_id) for unit in tree(connection, Scope.ALL)}

    def live(self, *down: PointId, minutes: int = 1) -> None:
        self.city.live(minutes, always(silent(*down)))
        self.keeper.whole_s = (
            0  # the kit folds rounds without house/books.py, which announces: it takes all again
        )
        self.keeper.turn()


class CityClock(SystemClock):
    """The clock of a planted city."""

    def __init__(self, city: RepairCity) -> None:
        self._city = city

    def now_ms(self) -> int:
        return self._city.now_s * 1000


def frames_of(chunk: bytes) -> list[Frame]:
    out = []
    for block in chunk.decode().split("\n\n")[:-1]:  # what stands after the last empty line is not whole yet
        said = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
        if "event" in said:
            out.append((said["event"], int(said["id"]), msgspec.json.decode(said["data"])))
    return out


def waiting(listener: Listener) -> list[Frame]:
    out: list[Frame] = []
    while not listener.frames.empty():
        out += frames_of(listener.frames.get_nowait() or b"")
    return out


def watch(scope: Scope = Scope.ALL, topics: frozenset[str] = EVERY, point: int | None = None) -> Watch:
    return Watch(scope, topics, None if point is None else PointId(point))


def test_everybody_is_told_of_his_own_cameras_only_and_each_frame_is_built_once(home: Home) -> None:
    town = Town(home)
    north = Scope(frozenset({town.units["City/North"]}))
    south = Scope(frozenset({town.units["City/South"]}))
    one = town.city.points[0]

    async def open_pages() -> tuple[list[Listener], int]:
        hub = Hub(home)
        listeners = [Listener(watch(scope), AccountId(n)) for n, scope in enumerate([north] * 50 + [south])]
        for each in listeners:
            await hub.join(each)
        town.live()
        town.live(one, minutes=2)
        await hub.turn()
        for each in listeners:
            hub.leave(each)
        return listeners, hub.frames_built

    listeners, built = asyncio.run(open_pages())
    told = [waiting(each) for each in listeners]
    rows = {name: body for name, _, body in told[0]}
    assert {row["point_id"]: row["state"] for row in rows["cameras"]["rows"]}[one] == "down"
    assert {row["point_id"] for row in rows["cameras"]["rows"]} == set(town.city.points[:3])
    assert all(each == told[0] for each in told[:50])
    other = {name: body for name, _, body in told[50]}
    assert {row["point_id"] for row in other["cameras"]["rows"]} == set(town.city.points[3:])
    assert rows["overview"]["figures"]["states"]["down"] == 1
    assert other["overview"]["figures"]["states"]["down"] == 0
    assert built <= 2 * len(EVERY), "once for each scope and topic, not for each of 51 pages"


def test_who_comes_back_hears_what_he_missed_and_who_was_away_too_long_is_told_so(home: Home) -> None:
    town = Town(home)
    town.live()
    hub = Hub(home)
    with home.store.read() as connection:
        before = last_position(connection)
    town.live(town.city.points[1])
    town.live(town.city.points[1], town.city.points[4])
    with home.store.read() as connection:
        after = last_position(connection)
    assert after > before
    missed = frames_of(hub.missed(watch(topics=frozenset({"cameras"})), before, after))
    assert [(name, position) for name, position, _ in missed] == [("cameras", after)]
    states = {row["point_id"]: row["state"] for row in missed[0][2]["rows"]}
    assert states == {town.city.points[1]: "down", town.city.points[4]: "down"}
    assert hub.missed(watch(), after, after) == b"", "nothing was missed"
    home.store.write(lambda c: prune(c, home.now_s() + KEPT_S + 3_600))
    assert [name for name, *_ in frames_of(hub.missed(watch(), before, after))] == ["missed"]


def test_a_page_of_one_camera_hears_of_that_one_only(home: Home) -> None:
    town = Town(home)
    two, five = town.city.points[1], town.city.points[4]

    async def listened() -> list[Frame]:
        hub, listener = Hub(home), Listener(watch(topics=frozenset({"cameras"}), point=two), SOMEBODY)
        town.live()
        await hub.join(listener)
        town.live(five)
        await hub.turn()
        assert waiting(listener) == []
        town.live(five, two)
        await hub.turn()
        hub.leave(listener)
        return waiting(listener)

    [(name, _, body)] = asyncio.run(listened())
    assert name == "cameras"
    assert [row["point_id"] for row in body["rows"]] == [two]


def test_a_slow_page_is_dropped_and_one_person_has_only_so_many() -> None:
    listener = Listener(watch(), SOMEBODY)
    for _ in range(FRAMES_WAITING_MAX):
        listener.give(b"x")
    assert not listener.is_dropped
    listener.give(b"x")
    assert listener.is_dropped


def test_one_person_has_only_so_many_pages_open(home: Home) -> None:
    async def many() -> None:
        hub = Hub(home)
        pages = [Listener(watch(), SOMEBODY) for _ in range(PER_PERSON_MAX + 1)]
        try:
            for each in pages[:-1]:
                await hub.join(each)
            with pytest.raises(TooMany):
                await hub.join(pages[-1])
            await hub.join(Listener(watch(), AccountId(2)))
        finally:
            for each in set(hub.listeners):
                hub.leave(each)

    asyncio.run(many())


@contextmanager
def served(client: TestClient, home: Home) -> Iterator[int]:
    """The application at a real port, in a thread."""
    place = bind(home, "127.0.0.1:0")
    port = place.bound.getsockname()[1]
    loop = asyncio.new_event_loop()
    task = loop.create_task(serve_at(client.app, place))  # type: ignore[arg-type]

    def run() -> None:
        asyncio.set_event_loop(loop)
        with pytest.raises(asyncio.CancelledError):
            loop.run_until_complete(task)
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield port
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join(20)


def read_until(answer: http.client.HTTPResponse, name: str, within_s: float = 10) -> list[Frame]:
    said, end = b"", CLOCK.elapsed_s() + within_s
    while CLOCK.elapsed_s() < end:
        said += answer.readline()
        found = frames_of(said)
        if said.endswith(b"\n\n") and any(each[0] == name for each in found):
            return found
    raise AssertionError(f"no {name} in {said!r}")


def test_the_server_goes_and_comes_back_and_nothing_is_missed(home: Home, client_of: ClientOf) -> None:
    town = Town(home)
    client = client_of(home, Role.VIEWER)
    headers = {"cookie": f"{COOKIE}={client.cookies[COOKIE]}"}
    path = "/api/live?kinds=cameras,overview"
    with served(client, home) as port:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        line.request("GET", path, headers=headers)
        answer = line.getresponse()
        assert answer.status == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        read_until(answer, "hello")
        town.live()
        began = CLOCK.elapsed_s()
        last = read_until(answer, "cameras")[-1][1]
        assert CLOCK.elapsed_s() - began < 2, "a change is told within two seconds"
        line.close()
    town.live(town.city.points[2])  # while nobody serves
    with served(client, home) as port:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        line.request("GET", path, headers={**headers, "last-event-id": str(last)})
        found = read_until(line.getresponse(), "cameras")
        line.close()
    [rows] = [body["rows"] for name, _, body in found if name == "cameras"]
    assert [(row["point_id"], row["state"]) for row in rows] == [(town.city.points[2], "down")]


def test_open_pages_do_not_hold_up_a_server_that_stops(home: Home, client_of: ClientOf) -> None:
    client = client_of(home, Role.VIEWER)
    with served(client, home) as port:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        line.request("GET", "/api/live", headers={"cookie": f"{COOKIE}={client.cookies[COOKIE]}"})
        answer = line.getresponse()
        read_until(answer, "hello")
        began = CLOCK.elapsed_s()
    assert CLOCK.elapsed_s() - began < CLOSE_WITHIN_S
    assert answer.read() == b"", "it ended as a stream ends, and was not cut"
    line.close()


def test_a_stream_can_end_once_caught_up_and_what_it_watches_is_checked(
    home: Home, client_of: ClientOf
) -> None:
    client = client_of(home, Role.VIEWER)
    answer = client.get("/api/live?kinds=cameras&for_s=0")
    assert [name for name, *_ in frames_of(answer.content)] == ["hello"]
    assert client.get("/api/live?kinds=people&for_s=0").status_code == 422
    assert client.get("/api/live?kinds=cameras&for_s=0", headers={"last-event-id": "x"}).status_code == 422
