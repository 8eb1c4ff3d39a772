"""The map in a real browser without a graphics card: 50,000 cameras at once, and the same cameras by keyboard alone."""

import re
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import Connection
from tests.browser.kit import Script, Served, session_of_everybody
from tests.fleet_kit import fleet, turn_over

from lenskeeper.house.home import NewHome, make_home, opened
from lenskeeper.house.screens import refreshed
from lenskeeper.journal.rows import announce
from lenskeeper.store.errors import StoreUnavailable

CAMERAS = 50_000
CHANGE_S = 4.0
IDLE_MS_MAX = 30_000  # against a map that hangs; how fast it is, is a bench


@pytest.mark.timeout(600)
def test_fifty_thousand_cameras_are_drawn_found_by_keyboard_and_change_as_they_are(
    tmp_path: Path, served: Served, script: Script
) -> None:
    home = make_home(NewHome(tmp_path / "city", "Linjiang", "Asia/Shanghai"))
    home.store.write(lambda c: fleet(c, CAMERAS, now_s=home.now_s(), top="Linjiang"))
    refreshed(home)
    secret = session_of_everybody(home)
    home.store.close()
    over = threading.Event()

    def come_and_go() -> None:
        """Seven cameras that answered cease to and answer again, in turn."""
        down = False
        with opened(tmp_path / "city" / "lenskeeper.toml") as beside:
            while not over.wait(CHANGE_S):
                down = not down

                def work(connection: Connection, *, down: bool = down) -> None:
                    seven = list(range(1, 8))
                    turn_over(connection, seven, down=down)
                    body = {"changes": [[point, beside.now_s(), 0, 0, ""] for point in seven]}
                    announce(
                        connection,
                        at_s=beside.now_s(),
                        room="availability",
                        fact="states_changed",
                        subject="reachable",
                        body=body,
                    )

                with suppress(
                    StoreUnavailable
                ):  # the keeper writes 50,000 rows at once: the next turn does it
                    beside.store.write(work)

    address = served(tmp_path / "city")
    thread = threading.Thread(target=come_and_go)
    thread.start()
    try:
        said = script(
            "map.mjs", LENSKEEPER_URL=address, LENSKEEPER_COOKIE=secret, LENSKEEPER_CAMERAS=str(CAMERAS)
        )
    finally:
        over.set()
        thread.join()
    [idle_ms] = re.findall(r"idle after (\d+) ms", said)
    assert int(idle_ms) <= IDLE_MS_MAX, said
