"""A ticket from open to done in a real browser: by mouse, by keyboard alone and with one thumb."""

from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert
from tests.browser.kit import Script, Served, session_of_everybody
from tests.register_kit import camera, city, commit
from tests.tickets.test_day_plan_rows import opened

from lenskeeper.base.access import Scope
from lenskeeper.base.outcomes import Outcome
from lenskeeper.house.home import NewHome, make_home
from lenskeeper.inventory.rows_watched import watched
from lenskeeper.tickets.causes import CauseKind
from lenskeeper.tickets.routing import Desk
from lenskeeper.tickets.schema import review_case
from lenskeeper.tickets.states import Stage

HOUR = 3_600
BEHIND = 48


def planted(connection: Connection, now_s: int) -> None:
    """One switch with 48 cameras behind it, five cameras of their own trouble, one of them held, and a case to judge."""
    city(connection, "City/North")
    files = [camera(n, klass=2, switch="SW-7" if n < BEHIND else "") for n in range(BEHIND + 6)]
    commit(connection, *files, now_s=now_s - 86_400)
    points = [one.point_id for one in watched(connection, Scope.ALL, now_s)]
    at = {
        "onset_s": now_s - 2 * HOUR,
        "opened_s": now_s - HOUR,
        "respond_by_s": now_s + HOUR,
        "restore_by_s": now_s + 8 * HOUR,
    }
    opened(connection, *points[:BEHIND], cause=CauseKind.SWITCH, thing="SW-7", **at)
    own = points[BEHIND:]
    for nth, point_id in enumerate(own[:4]):
        opened(connection, point_id, what=Outcome.TIMED_OUT, desk=Desk.US, **(at | {"restore_by_s": now_s + (nth + 1) * HOUR}))  # fmt: skip
    opened(connection, own[4], stage=Stage.OPEN, held="budget", **at)
    case = {"point_id": own[5], "kind": "moved", "since_s": now_s - HOUR, "found_s": now_s - HOUR}
    connection.execute(insert(review_case).values(case))


@pytest.mark.timeout(300)
def test_a_ticket_goes_from_open_to_done_by_mouse_by_keyboard_and_with_one_thumb(
    tmp_path: Path, served: Served, script: Script
) -> None:
    home = make_home(NewHome(tmp_path / "city", "City", "Asia/Shanghai", exercise="test"))
    home.store.write(partial(planted, now_s=home.now_s()))
    first, second = session_of_everybody(home), session_of_everybody(home, "bob")
    home.store.close()
    said = script(
        "work.mjs", LENSKEEPER_URL=served(tmp_path / "city"), LENSKEEPER_FIRST=first, LENSKEEPER_SECOND=second
    )
    assert said.count("yes ") >= 18
