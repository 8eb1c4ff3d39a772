"""`lenskeeper demo`, small: its pages answer, whoever has the one-time code signs up and sees numbers, SIGTERM ends it with 0."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pyotp
import pytest
from tests.journeys.test_serve import free_port

from lenskeeper.availability.lanes import Lane, State
from lenskeeper.availability.rows import current
from lenskeeper.base.access import Scope
from lenskeeper.house.clock import SystemClock
from lenskeeper.house.demo import ports_from
from lenskeeper.house.home import opened
from lenskeeper.probing.simulator.fleet import Ports

CAMERAS = 60
READY_S = 240  # against one that hangs: how long it takes stands in the manual
PASSWORD = "four quiet words about rivers"


def free_ports() -> int:
    """The first of five in a row; the next four are as good as free."""
    return min(free_port(), 65_000)


class Demo:
    """The command, running."""

    def __init__(self, *words: str) -> None:
        command = [sys.executable, "-m", "lenskeeper.cli", "demo", "--cameras", str(CAMERAS), "--days", "2", "--seed", "5", *words]  # fmt: skip
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)  # noqa: S603  ourselves
        self.said: list[str] = []
        self.cookie = ""

    def wait_for(self, pattern: str) -> str:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said.append(line)
            if found := re.search(pattern, line):
                return found[1]
        raise AssertionError(f"it ended without a word of {pattern}: {''.join(self.said)}")

    def ask(self, url: str, path: str, body: object = None) -> Any:
        headers = {"content-type": "application/json", "origin": url.rstrip("/")}
        if self.cookie:
            headers["cookie"] = self.cookie
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Request(url.rstrip("/") + path, data, headers), timeout=10) as answer:  # noqa: S310  loopback
            if cookie := answer.headers.get("set-cookie"):
                self.cookie = cookie.partition(";")[0]
            text = answer.read()
        return json.loads(text) if text else None

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)


@pytest.fixture
def running() -> Iterator[list[Demo]]:
    """Demos that a test starts; none outlives it."""
    demos: list[Demo] = []
    yield demos
    for demo in demos:
        if demo.process.poll() is None:
            demo.process.kill()
        demo.process.wait(10)
        assert demo.process.stderr is not None
        demo.process.stderr.close()


@pytest.mark.timeout(180)
def test_the_demo_becomes_ready_and_ends_cleanly(running: list[Demo], tmp_path: Path) -> None:
    clock = SystemClock()
    began_s = clock.elapsed_s()
    first = free_ports()
    demo = Demo("--listen", "127.0.0.1:0", "--port", str(first), "--home", str(tmp_path / "city"))
    running.append(demo)
    url = demo.wait_for(r"(http://localhost:\d+/)")
    code = demo.wait_for(r"([A-Z0-9]{5}(?:-[A-Z0-9]{5}){3})")
    demo.wait_for(r"(serving \d+ cameras)")
    assert demo.ask(url, "/api/start")["organisation"] == "澜川市"
    assert clock.elapsed_s() - began_s < READY_S
    with pytest.raises(HTTPError, match="401"):
        demo.ask(url, "/api/me")
    who = {"code": code, "password": PASSWORD, "login": "chief", "name": "Chief", "language": "en"}
    assert demo.ask(url, "/api/set-up", who)["stage"] in {"enrol", "ready"}
    secret = demo.ask(url, "/api/me/factor", {"password": PASSWORD})["secret"]
    demo.ask(url, "/api/me/factor/confirm", {"code": pyotp.TOTP(secret).now()})
    units = demo.ask(url, "/api/settings/units")
    assert sum(unit["cameras"] for unit in units) == CAMERAS
    assert demo.ask(url, "/api/settings/guarantees")
    time.sleep(70)  # a whole slot of the real rounds
    assert demo.end() == 0
    with opened(tmp_path / "city" / "lenskeeper.toml") as home, home.store.read() as connection:
        states = current(connection, Scope.ALL, Lane.REACHABLE, now_s=home.now_s())
    assert len(states) == CAMERAS
    assert max(one.until_s for one in states) > home.now_s() - 150, "the rounds went on from the lived past"
    assert sum(one.state is State.UP for one in states) > CAMERAS * 0.6, "they look at what answers"


def test_its_cameras_listen_on_five_ports_in_a_row() -> None:
    assert ports_from(5_000) == Ports(5_000, 5_001, 5_002, 5_003, 5_004)


def test_a_home_is_made_and_left_for_others(running: list[Demo], tmp_path: Path) -> None:
    home = tmp_path / "city"
    demo = Demo("--home", str(home), "--no-serve")
    running.append(demo)
    demo.wait_for(r"(holds the installation)")
    assert demo.process.wait(20) == 0
    assert (home / "lenskeeper.toml").is_file()
    again = Demo("--home", str(home), "--no-serve")
    running.append(again)
    again.wait_for(r"(choose another folder)")
    assert again.process.wait(20) == 2


def test_one_that_is_stopped_while_it_is_made_leaves_nothing(running: list[Demo], tmp_path: Path) -> None:
    os.environ["TMPDIR"] = str(tmp_path)
    try:
        demo = Demo(
            "--listen", "127.0.0.1:0", "--port", str(free_ports()), "--cameras", "1500", "--days", "3"
        )
    finally:
        del os.environ["TMPDIR"]
    running.append(demo)
    demo.wait_for(r"(living through)")
    time.sleep(1)
    assert demo.end() == 0
    assert not list(tmp_path.iterdir())
