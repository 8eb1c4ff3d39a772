"""`serve` against simulated cameras on real sockets: what it finds is in the books, one alone runs, and it ends cleanly."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.request import urlopen

import pytest
from sqlalchemy import Connection, select

from lenskeeper.availability.lanes import Lane, State
from lenskeeper.availability.rows import current, runs_in
from lenskeeper.base.access import LOCAL_OPERATOR, Scope
from lenskeeper.cli.simulate import simulated
from lenskeeper.house.home import NewHome, make_home, opened
from lenskeeper.house.upkeep import verified
from lenskeeper.inventory.camera_file import CameraFile
from lenskeeper.inventory.rows_points import add_many
from lenskeeper.units.rows import add

CAMERAS, FAULTY = 12, 6
SETTINGS = """
[rounds]
slot_s = 5
picture_minutes_1 = 1
picture_minutes_2 = 1
picture_minutes_3 = 1
[probing]
key_frame_s = 4
[serve]
metrics = "127.0.0.1:{port}"
[web]
listen = ""
"""


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def registered(folder: Path, targets: list[str], port: int) -> Path:
    home = make_home(NewHome(folder, "City", "UTC"))
    files = [CameraFile(f"camera {n}", code=f"{n:020}", klass=1, url=url) for n, url in enumerate(targets)]
    now_s = home.now_s()

    def work(connection: Connection) -> None:
        unit = add(connection, name="all", tz="UTC", actor=LOCAL_OPERATOR, now_s=now_s)
        add_many(connection, files, [unit] * len(files), now_s=now_s)

    home.store.write(work)
    home.store.close()
    with (folder / "lenskeeper.toml").open("a") as file:
        file.write(SETTINGS.format(port=port))
    return folder / "lenskeeper.toml"


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "lenskeeper.cli", *words]


@contextmanager
def serving(folder: Path) -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(command("serve"), cwd=folder, stderr=subprocess.PIPE, text=True) as serve:  # noqa: S603  ourselves
        try:
            yield serve
        finally:
            if serve.poll() is None:
                serve.kill()


def figures(port: int) -> dict[str, float]:
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        lines = answer.read().decode().splitlines()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if line[0] != "#"}


def until(what: Callable[[], bool], within_s: float = 90) -> None:
    for _ in range(int(within_s * 5)):
        try:
            if what():
                return
        except OSError:
            pass
        time.sleep(0.2)
    pytest.fail(f"not within {within_s} s")


@pytest.mark.timeout(300)
def test_what_serve_finds_is_in_the_books_and_it_ends_when_told(tmp_path: Path) -> None:
    options = ["--cameras", str(CAMERAS), "--faulty", str(FAULTY), "--seed", "3"]
    port = free_port()
    with simulated(options, tmp_path / "targets.csv") as table:
        truth = {line.split(",")[0]: line.split(",") for line in table.read_text().splitlines()[1:]}
        config = registered(tmp_path / "home", list(truth), port)
        with serving(config.parent) as serve:
            until(lambda: figures(port)["lenskeeper_pictures_total"] >= CAMERAS - FAULTY)
            until(lambda: figures(port)['lenskeeper_slots_total{end="done"}'] >= 3)
            with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as health:
                assert health.read() == b"ok\n"
            second = subprocess.run(  # noqa: S603  ourselves
                command("serve", "--for", "5"),
                cwd=config.parent,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            assert second.returncode == 2
            assert "does this already" in second.stderr
            stop = subprocess.run(  # noqa: S603  the same
                command("stop", "--everything", "--reason", "exercise of the guardians"),
                cwd=config.parent, capture_output=True, text=True, timeout=60, check=True,
            )  # fmt: skip
            assert "stopped: everything" in stop.stdout
            time.sleep(7)  # two seconds to obey, and the slot that had begun
            before = figures(port)["lenskeeper_greetings_total"]
            time.sleep(6)
            assert figures(port)["lenskeeper_greetings_total"] == before
            os.kill(serve.pid, signal.SIGTERM)
            assert serve.wait(15) == 0
            assert serve.stderr is not None
            words = serve.stderr.read()
            assert "our_fault" not in words
            assert (
                f"lenskeeper: serving {CAMERAS} cameras, books in sqlite, http://127.0.0.1:{port}/metrics"
                in words
            )
            assert "lenskeeper: ended after" in words
    with opened(config) as home:
        assert verified(home).faults == ()
        with home.store.read() as connection:
            now_s = home.now_s()
            runs = runs_in(now_s - 3600, now_s)
            rows = connection.execute(select(runs).where(runs.c.lane == Lane.REACHABLE)).all()
            reach = {row.point_id: row.state for row in rows}
            fit = [now for now in current(connection, Scope.ALL, Lane.PICTURE_FIT) if now.state is State.UP]
    silent = sum(row[1] in ("refused", "timed_out", "garbled", "closed") for row in truth.values())
    assert len(reach) == CAMERAS
    assert 0 < list(reach.values()).count(State.DOWN) <= silent + 1
    assert len(fit) >= (CAMERAS - FAULTY) // 2


def children_of(pid: int) -> set[int]:
    """The processes whose parent it is."""
    found = set()
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            words = status.read_text().rpartition(")")[2].split()
            if int(words[1]) == pid and words[0] != "Z":
                found.add(int(status.parent.name))
    return found


@pytest.mark.timeout(120)
def test_no_picture_worker_outlives_a_serve_that_is_killed(tmp_path: Path) -> None:
    port = free_port()
    config = registered(tmp_path / "home", ["rtsp://127.0.0.1:9/none"], port)
    with serving(config.parent) as serve:
        until(lambda: figures(port)["lenskeeper_points"] == 1)
        workers = children_of(serve.pid)
        assert workers
        serve.kill()
        serve.wait(5)
        until(lambda: not any(alive(pid) for pid in workers), within_s=5)


def alive(pid: int) -> bool:
    """Whether it still is a picture worker: dead ones may wait for whoever is to bury them."""
    with suppress(OSError):
        return b"lenskeeper.house.worker" in Path(f"/proc/{pid}/cmdline").read_bytes()
    return False
