"""What open pages cost: processor time of the server with 1 and with 200 open overviews, while cameras change each second.

    ./run bench live [--cameras N] [--pages P] [--seconds S]

Each page is a connection of its own at the real port, read by one child process whose time is not counted. Every second
50 cameras cease to answer or answer again; the keeper of screens writes it, and each page is told. All pages belong to
people who may see everything, ten pages each, so that one frame serves them all. Beside the ratio stands the ratio
without what the bytes themselves cost (on uvloop, as `serve` runs): the same chunks sent to as many connections by a bare loop.
"""

import argparse
import asyncio
import multiprocessing
import resource
import socket
import tempfile
import time
from pathlib import Path
from typing import Final

import uvloop
from sqlalchemy import Connection, insert
from tests.fleet_kit import fleet, turn_over

from bench import keep
from lenskeeper.accounts import rows_grants, rows_sessions
from lenskeeper.accounts.grants import Wanted
from lenskeeper.accounts.ids import AccountId
from lenskeeper.accounts.schema import account
from lenskeeper.accounts.verbs import Role
from lenskeeper.base.access import LOCAL_OPERATOR
from lenskeeper.house.home import Home, NewHome, make_home
from lenskeeper.house.screens import Keeper
from lenskeeper.journal.rows import announce
from lenskeeper.web.app import make_app
from lenskeeper.web.asking import COOKIE
from lenskeeper.web.listening import bind, serve_at

CHANGING: Final = 50
PAGES_PER_PERSON: Final = 10
RATIO_MAX: Final = 1.2
WARM_S: Final = 12.0  # two hundred sessions are looked up meanwhile
KINDS: Final = "overview"


def session(home: Home, number: int) -> str:
    """The cookie of a new person who may see everything."""

    def work(connection: Connection) -> str:
        now_s = home.now_s()
        values = {"name": f"viewer{number}", "shown": "Viewer", "kind": "staff", "language": "en"}
        made = insert(account).values(**values, made_s=now_s, made_by=LOCAL_OPERATOR).returning(account.c.id)
        who = AccountId(connection.execute(made).scalar_one())
        wanted = Wanted(Role.VIEWER, None, None, frozenset(), now_s, None, "bench")
        rows_grants.give(connection, who, wanted, actor=LOCAL_OPERATOR, now_s=now_s)
        return rows_sessions.begin(
            connection, who, is_half=False, address="127.0.0.1", client="bench", now_s=now_s
        )

    return home.store.write(work)


def read_pages(
    port: int, cookies: list[str], length_s: float, told: "multiprocessing.Queue[tuple[int, int]]"
) -> None:
    """In a process of its own: open so many pages, read what comes; answers the bytes and frames of all."""

    async def page(cookie: str) -> tuple[int, int]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        request = (
            f"GET /api/live?kinds={KINDS} HTTP/1.1\r\nHost: localhost\r\nCookie: {COOKIE}={cookie}\r\n\r\n"
        )
        writer.write(request.encode())
        received, frames = 0, 0
        try:
            async with asyncio.timeout(length_s):
                while part := await reader.read(65_536):
                    received += len(part)
                    frames += part.count(b"event: ")
        except TimeoutError:
            pass
        writer.close()
        return received, frames

    async def pages() -> tuple[int, int]:
        every = await asyncio.gather(*(page(cookie) for cookie in cookies))
        return sum(each[0] for each in every), sum(each[1] for each in every)

    told.put(asyncio.run(pages()))


async def measured(home: Home, cookies: list[str], length_s: float) -> dict[str, float]:
    """CPU seconds of this process over some seconds with so many pages open."""
    place = bind(home, "127.0.0.1:0")
    serving = asyncio.create_task(serve_at(make_app(home), place))
    keeper = Keeper(home)
    await asyncio.to_thread(keeper.turn)
    context = multiprocessing.get_context("spawn")
    told = context.Queue()
    port = place.bound.getsockname()[1]
    reading = context.Process(target=read_pages, args=(port, cookies, WARM_S + length_s + 2, told))
    reading.start()
    began, down, cpu_s = time.perf_counter(), False, 0.0
    while (passed_s := time.perf_counter() - began) < WARM_S + length_s:
        if passed_s >= WARM_S and not cpu_s:
            cpu_s = process_s()
        down = not down
        await asyncio.to_thread(change, home, keeper, down=down)
        await asyncio.sleep(max(0.0, 1 - (time.perf_counter() - began - passed_s)))
    spent_s = process_s() - cpu_s
    received, frames = await asyncio.to_thread(told.get)
    reading.join()
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    return {"cpu_ms_per_s": spent_s / length_s * 1000, "bytes": received, "frames": frames}


def change(home: Home, keeper: Keeper, *, down: bool) -> None:
    """Some cameras change, and the keeper takes its turn."""
    now_s, some = home.now_s(), list(range(1, CHANGING + 1))

    def work(connection: Connection) -> None:
        turn_over(connection, some, down=down)
        body = {"changes": [[point, now_s, 0, 0, ""] for point in some]}
        announce(
            connection, at_s=now_s, room="availability", fact="states_changed", subject="reachable", body=body
        )

    home.store.write(work)
    keeper.turn()


def process_s() -> float:
    """Processor time of this process, all its threads."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def bytes_alone(pages: int, chunk: int, times: int) -> float:
    """CPU milliseconds to send `times` chunks to so many sockets by a bare loop: what the bytes themselves cost."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=pages)
    pairs = []
    for _ in range(pages):
        far = socket.create_connection(listening.getsockname())
        pairs.append((listening.accept()[0], far))
    listening.close()
    readers = [await asyncio.open_connection(sock=far) for _, far in pairs]
    body = bytes(chunk)
    loop = asyncio.get_running_loop()
    for near, _ in pairs:
        near.setblocking(False)  # noqa: FBT003  the socket's own signature
    spent = 0.0
    for _ in range(times):
        began = process_s()
        for near, _ in pairs:
            await loop.sock_sendall(near, body)
        spent += process_s() - began
        for reader, _ in readers:
            await reader.readexactly(chunk)
    for near, _ in pairs:
        near.close()
    for _, writer in readers:
        writer.close()
    return spent * 1000


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cameras", type=int, default=20_000)
    parser.add_argument("--pages", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=30)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = make_home(NewHome(Path(folder) / "city", "City", "Asia/Shanghai"))
        home.store.write(lambda c: fleet(c, asked.cameras, now_s=home.now_s(), top="City"))
        cookies = [session(home, n) for n in range(asked.pages // PAGES_PER_PERSON + 1)]
        every = [cookies[n // PAGES_PER_PERSON] for n in range(asked.pages)]
        none = uvloop.run(measured(home, [], asked.seconds))
        one = uvloop.run(measured(home, every[:1], asked.seconds))
        many = uvloop.run(measured(home, every, asked.seconds))
        chunk = int(many["bytes"] / max(1, asked.pages) / (asked.seconds + WARM_S))
        alone = uvloop.run(bytes_alone(asked.pages, chunk, 20)) / 20
        home.store.close()
    ratio = many["cpu_ms_per_s"] / one["cpu_ms_per_s"]
    without = (many["cpu_ms_per_s"] - alone) / one["cpu_ms_per_s"]
    figures = {
        "cameras": asked.cameras,
        "pages": asked.pages,
        "changes_per_s": CHANGING,
        "none_cpu_ms_per_s": round(none["cpu_ms_per_s"], 1),
        "one_cpu_ms_per_s": round(one["cpu_ms_per_s"], 1),
        "many_cpu_ms_per_s": round(many["cpu_ms_per_s"], 1),
        "bytes_alone_cpu_ms_per_s": round(alone, 1),
        "bytes_per_page_and_s": chunk,
        "frames": int(many["frames"]),
        "ratio": round(ratio, 2),
        "ratio_without_bytes": round(without, 2),
        "bound": RATIO_MAX,
    }
    table = [
        ["what", "figure"],
        ["cameras, pages", f"{asked.cameras}, {asked.pages}"],
        ["cameras that change each second", str(CHANGING)],
        ["CPU with no page open", f"{none['cpu_ms_per_s']:.1f} ms a second"],
        ["CPU with one", f"{one['cpu_ms_per_s']:.1f} ms a second"],
        [f"CPU with {asked.pages}", f"{many['cpu_ms_per_s']:.1f} ms a second"],
        ["their bytes alone, by a bare loop", f"{alone:.1f} ms a second, {chunk} bytes a page and second"],
        ["frames that came", str(int(many["frames"]))],
        [f"{asked.pages} pages against one", f"{ratio:.2f} x"],
        ["the same without the bytes", f"{without:.2f} x (bound {RATIO_MAX})"],
    ]
    keep("live", figures, table)


if __name__ == "__main__":
    main()
