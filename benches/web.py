"""What a page waits for: the questions of the screens at 20,000 and at 200,000 cameras, asked at the real port.

    ./run bench web [--sizes 20000 200000] [--asked N]

Each question is asked N times with other words and places, by somebody who may see everything and by somebody of one
district, from a process of its own. Beside them, in the same run: an act with the list read again, and what a screen
without pages does for one action, every camera read and written out. Users of Uptime Kuma tell of 45 s an action at
700 monitors (louislam/uptime-kuma#7079), which loads all for each; their figure, not measured here.

First load, map and open overviews have their own: tests/browser/test_size.py, tests/browser/test_map.py, ./run bench live.
"""

import argparse
import asyncio
import http.client
import json
import multiprocessing
import os
import tempfile
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from random import Random
from statistics import quantiles
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
import uvloop
from sqlalchemy import Connection, insert
from tests.fleet_kit import DISTRICTS, ROADS, fleet

from bench import keep
from lenskeeper.accounts import rows_grants, rows_sessions
from lenskeeper.accounts.grants import Wanted
from lenskeeper.accounts.ids import AccountId
from lenskeeper.accounts.schema import account
from lenskeeper.accounts.verbs import Role
from lenskeeper.base.access import LOCAL_OPERATOR, Scope
from lenskeeper.house.home import Home, NewHome, make_home
from lenskeeper.house.screens import Keeper
from lenskeeper.reporting.screens_cameras import CameraFilter, listed
from lenskeeper.units.ids import UnitId
from lenskeeper.units.rows import tree
from lenskeeper.web.app import make_app
from lenskeeper.web.asking import COOKIE
from lenskeeper.web.listening import bind, serve_at

SIZES: Final = (20_000, 200_000)
BOUNDS_MS: Final = {20_000: 200.0, 200_000: 300.0}
SEARCH_MS: Final = 150.0
ACTION_MS: Final = 150.0
GROWTH_MAX: Final = 2.0
WHOLE, PART = "whole city", "one district"
INITIALS: Final = ("rm", "zs", "jf", "bj", "cq", "js", "cj", "gy")  # of the names of the roads
Said = dict[str, list[float]]


def session(home: Home, number: int, role: Role, unit: UnitId | None) -> str:
    """The cookie of a new person with this one grant."""

    def work(connection: Connection) -> str:
        now_s = home.now_s()
        values = {"name": f"asker{number}", "shown": "Asker", "kind": "staff", "language": "en"}
        made = insert(account).values(**values, made_s=now_s, made_by=LOCAL_OPERATOR).returning(account.c.id)
        who = AccountId(connection.execute(made).scalar_one())
        wanted = Wanted(role, unit, None, frozenset(), now_s, None, "bench")
        rows_grants.give(connection, who, wanted, actor=LOCAL_OPERATOR, now_s=now_s)
        return rows_sessions.begin(
            connection, who, is_half=False, address="127.0.0.1", client="bench", now_s=now_s
        )

    return home.store.write(work)


def questions(cameras: int, districts: list[int], cursors: list[str]) -> dict[str, Iterator[str]]:
    """Paths without end for each question, with other words each time."""
    chance = Random(7)

    def of(path: str, **words: Any) -> str:
        return f"{path}?{urlencode(words)}"

    def window() -> dict[str, float]:
        """A part of the city, from all of it to a few streets."""
        size = chance.choice((1.6, 0.4, 0.1, 0.02))
        west, south = 119.5 + chance.random() * (1.7 - size), 29.7 + chance.random() * (1.7 - size)
        return {"west": west, "south": south, "east": west + size, "north": south + size}

    def filtered() -> dict[str, Any]:
        kinds: tuple[dict[str, Any], ...] = (
            {"state": "down"},
            {"state": "down,fault", "unit": chance.choice(districts)},
            {"klass": str(chance.randint(1, 3)), "order": "-since"},
            {"unit": chance.choice(districts), "order": "state"},
            {"q": chance.choice(ROADS)},
            {"q": f"{chance.randint(1, cameras):05d}"},
        )
        return chance.choice(kinds)

    def words() -> str:
        return chance.choice((
            chance.choice(ROADS), chance.choice(INITIALS), f"{chance.randint(1, cameras)}号",
            f"{chance.randint(1, cameras):020d}", f"区{chance.randrange(DISTRICTS)}",
        ))  # fmt: skip

    return {
        "list, first page and count": (of("/api/cameras", limit=100) for _ in count()),
        "list, a page far down": (of("/api/cameras", limit=100, cursor=chance.choice(cursors)) for _ in count()),
        "list, filtered and sorted": (of("/api/cameras", limit=100, **filtered()) for _ in count()),
        "counts of the map": (of("/api/map", **({"state": "down"} if chance.random() < 0.5 else {})) for _ in count()),
        "rings of the map": (of("/api/map/rings", **window()) for _ in count()),
        "search": (of("/api/search", q=words()) for _ in count()),
        "overview": (of("/api/overview") for _ in count()),
    }  # fmt: skip


class Asker:
    """A browser that keeps its connection."""

    def __init__(self, port: int, cookie: str) -> None:
        self.port = port
        self.line = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.headers = {"Cookie": f"{COOKIE}={cookie}", "Origin": f"http://127.0.0.1:{port}"}

    def ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """The answer. RuntimeError: it is none of what was asked for."""
        if body is None:
            self.line.request("GET", path, headers=self.headers)
        else:
            headers = {**self.headers, "Content-Type": "application/json"}
            self.line.request("POST", path, body=json.dumps(body), headers=headers)
        answer = self.line.getresponse()
        said = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{path}: {answer.status} {said[:300]!r}")
        return json.loads(said)

    def timed_ms(self, path: str) -> float:
        """How long the answer took, its reading as JSON left out."""
        began = time.perf_counter()
        self.line.request("GET", path, headers=self.headers)
        answer = self.line.getresponse()
        said = answer.read()
        spent_ms = (time.perf_counter() - began) * 1000
        if answer.status >= 300:
            raise RuntimeError(f"{path}: {answer.status} {said[:300]!r}")
        return spent_ms

    def acted_ms(self, point_id: int, site: str) -> float:
        """An act, durable and in the audit log, with the list read again: what a page shows after it."""
        check = {"cameras": [point_id], "values": {"site": site}}
        (change,) = self.ask("/api/register/edits/check", check)["changes"]
        cameras = [{"point_id": point_id, "revision": change["revision"]}]
        began = time.perf_counter()
        self.ask("/api/register/edits", {"cameras": cameras, "values": {"site": site}, "reason": "bench"})
        self.ask("/api/cameras?limit=100")
        return (time.perf_counter() - began) * 1000


def ask_all(  # noqa: PLR0917  the start of a process of its own
    port: int, whole: str, part: str, districts: list[int], cameras: int, asked: int, told: "multiprocessing.Queue[Any]"
) -> None:  # fmt: skip
    """In a process of its own: every question by both; answers milliseconds by asker and question."""
    out: dict[str, Said] = {}
    for who, cookie in ((WHOLE, whole), (PART, part)):
        asker = Asker(port, cookie)
        cursors, cursor, step = [], "", 500 if who == WHOLE else 50
        for _ in range(cameras // 1_000):  # half way down the list
            words = {"limit": step} | ({"cursor": cursor} if cursor else {})
            cursor = asker.ask(f"/api/cameras?{urlencode(words)}")["next"]
            if cursor is None:
                break
            cursors.append(cursor)
        seen = out[who] = {}
        for name, paths in questions(cameras, districts, cursors).items():
            asker.timed_ms(next(paths))
            seen[name] = [asker.timed_ms(next(paths)) for _ in range(asked)]
        if who == WHOLE:
            seen["an act, and the list again"] = [asker.acted_ms(n + 1, f"site {n}") for n in range(asked)]
    told.put(out)


async def served(
    home: Home, whole: str, part: str, districts: list[int], cameras: int, asked: int
) -> dict[str, Said]:
    """The answers of a real server."""
    place = bind(home, "127.0.0.1:0")
    serving = asyncio.create_task(serve_at(make_app(home), place))
    context = multiprocessing.get_context("spawn")
    told: Any = context.Queue()
    arguments = (place.bound.getsockname()[1], whole, part, districts, cameras, asked, told)
    asking = context.Process(target=ask_all, args=arguments)
    asking.start()
    while asking.is_alive() and told.empty():  # noqa: ASYNC110  another process is waited for
        await asyncio.sleep(0.5)
    found: dict[str, Said] = await asyncio.to_thread(told.get, timeout=5)
    await asyncio.to_thread(asking.join)
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    return found


def load_all_ms(home: Home, cameras: int) -> float:
    """Every camera read and written out for one action: the alternative."""
    began = time.perf_counter()
    with home.store.read() as connection:
        rows = listed(connection, Scope.ALL, CameraFilter(), "name", now_s=home.now_s(), limit=cameras)
        body = msgspec.json.encode(rows)
    assert len(rows) == cameras, "some cameras are not on the screens"
    assert body
    return (time.perf_counter() - began) * 1000


def of_size(cameras: int, asked: int) -> dict[str, Any]:
    """All times at one size."""
    with tempfile.TemporaryDirectory() as folder:
        home = make_home(NewHome(Path(folder) / "city", "City", "Asia/Shanghai"))
        home.store.write(lambda c: fleet(c, cameras, now_s=home.now_s(), top="City"))
        Keeper(home).turn()
        with home.store.read() as connection:
            districts = [int(u.unit_id) for u in tree(connection, Scope.ALL) if u.path.count("/") == 1]
        whole = session(home, 1, Role.REGISTRAR, None)
        part = session(home, 2, Role.OPERATOR, UnitId(districts[0]))
        load = os.getloadavg()[0]
        alone_ms = sorted(load_all_ms(home, cameras) for _ in range(3))[1]
        found = uvloop.run(served(home, whole, part, districts, cameras, asked))
        home.store.close()
    times = {
        who: {
            name: {"p50": quantiles(ms, n=20)[9], "p95": quantiles(ms, n=20)[18]} for name, ms in said.items()
        }
        for who, said in found.items()
    }
    return {"times": times, "load_all_ms": alone_ms, "load_average": round(load, 2)}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs=2, default=SIZES)
    parser.add_argument("--asked", type=int, default=100)
    asked = parser.parse_args()
    small, large = asked.sizes
    found = {size: of_size(size, asked.asked) for size in asked.sizes}
    table = [["question", "by", f"p95 at {small:,}", f"p95 at {large:,}", "growth of p50, of p95", "bound"]]
    for who in (WHOLE, PART):
        for name, few in found[small]["times"][who].items():
            many = found[large]["times"][who][name]
            bound = (
                f"{ACTION_MS:.0f} ms" if name.startswith("an act")
                else f"{SEARCH_MS:.0f} ms, {GROWTH_MAX:g} x" if name == "search"
                else f"{BOUNDS_MS.get(small, 200):.0f}, {BOUNDS_MS.get(large, 300):.0f} ms, {GROWTH_MAX:g} x"
            )  # fmt: skip
            growth = f"{many['p50'] / few['p50']:.1f} x, {many['p95'] / few['p95']:.1f} x"
            table.append([name, who, f"{few['p95']:.0f} ms", f"{many['p95']:.0f} ms", growth, bound])
    alone = [found[size]["load_all_ms"] for size in asked.sizes]
    acts = [found[size]["times"][WHOLE]["an act, and the list again"]["p50"] for size in asked.sizes]
    table += [
        ["every camera read for one action", WHOLE, f"{alone[0]:.0f} ms", f"{alone[1]:.0f} ms", f"{alone[1] / alone[0]:.1f} x", "the alternative"],
        ["that against our act, p50", WHOLE, f"{alone[0] / acts[0]:.1f} x", f"{alone[1] / acts[1]:.1f} x", "", ""],
        ["load average before", "", str(found[small]["load_average"]), str(found[large]["load_average"]), "", ""],
    ]  # fmt: skip
    keep(
        "web", {"asked": asked.asked, "sizes": {str(size): figures for size, figures in found.items()}}, table
    )


if __name__ == "__main__":
    main()
