"""A server that goes away and comes back: open pages say so, go on by themselves, and have missed nothing."""

import os
import subprocess
import time
from pathlib import Path

import pytest
from tests.browser.conftest import NODE, fonts
from tests.browser.kit import ROOT, Served, session_of_everybody

from lenskeeper.base.access import LOCAL_OPERATOR, Scope
from lenskeeper.house.demo import Demo, DemoOrder, make_demo
from lenskeeper.house.home import opened
from lenskeeper.house.screens import Keeper
from lenskeeper.house.tickets import listed, step
from lenskeeper.tickets.rows import Asked
from lenskeeper.tickets.states import Stage, Step

GONE_S = 10


@pytest.mark.timeout(300)
def test_a_page_that_was_open_while_the_server_was_gone_for_ten_seconds_shows_what_happened_meanwhile(
    tmp_path: Path, served: Served
) -> None:
    folder = tmp_path / "city"
    make_demo(DemoOrder(folder, Demo(60), 5), int(time.time()))  # noqa: TID251  the browser's clock is the real one
    with opened(folder / "lenskeeper.toml") as home:
        secret = session_of_everybody(home)
        ticket = next(
            each for each in listed(home, Scope.ALL, Asked(live=True)) if each.stage is Stage.ASSIGNED
        )
    told = {
        "LENSKEEPER_URL": served(folder),
        "LENSKEEPER_COOKIE": secret,
        "LENSKEEPER_TICKET": str(ticket.ticket_id),
        "LENSKEEPER_STAGE": Stage.ACCEPTED.value,
    }
    env = {**os.environ, **told, "LENSKEEPER_FONTS": str(fonts())}
    with subprocess.Popen(  # noqa: S603  ourselves
        [NODE, "browser/gone.mjs"],
        cwd=ROOT / "frontend",
        env=env,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as page:
        assert page.stdin
        assert page.stdout
        assert page.stderr
        if page.stdout.readline() != "READY\n":
            raise AssertionError(page.stderr.read())
        served.stop()
        began = time.perf_counter()
        with opened(folder / "lenskeeper.toml") as home:
            keeper = Keeper(home)
            keeper.turn()
            step(home, ticket.ticket_id, Step.ACCEPT, LOCAL_OPERATOR)
            keeper.turn()
        page.stdin.write("gone\n")
        page.stdin.flush()
        if page.stdout.readline() != "GONE\n":
            raise AssertionError(page.stderr.read())
        time.sleep(max(0.0, GONE_S - (time.perf_counter() - began)))
        served(folder)
        page.stdin.write("back\n")
        page.stdin.flush()
        said = page.stderr.read()
        assert page.wait(60) == 0, said
