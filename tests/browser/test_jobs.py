"""The five core jobs by mouse, by keys alone and by a thumb at 360 px; and from the address to last month's PDF in few actions."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import Connection
from tests.browser.conftest import a_port
from tests.browser.kit import Script, Served, session_of_everybody
from tests.sheet_maker import city, csv_bytes
from tests.tickets.test_day_plan_rows import opened as opened_ticket

from lenskeeper.base.days import date_of, local_day
from lenskeeper.house.demo import TZ, Demo, DemoOrder, live_today, make_demo
from lenskeeper.house.home import opened
from lenskeeper.inventory.ids import PointId
from lenskeeper.probing.simulator.river_city import CITY
from lenskeeper.tickets.desk import TicketId

HANDS: Final = ("mouse", "keys", "thumb")
CAMERAS, DAYS, ROWS = 60, 30, 3
HOUR = 3_600


@dataclass(frozen=True, slots=True)
class Town:
    """A served city with thirty days behind it. tickets: one for each hand; month: the last whole one, as "2026-10"."""

    folder: Path
    url: str
    secret: str
    tickets: dict[str, TicketId]
    month: str


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Lived through to this minute, so that what is down is down now: for five minutes nobody looks and it is known all the same."""
    folder, now_s = tmp_path_factory.mktemp("jobs") / "city", int(time.time())  # noqa: TID251  the browser's clock is the real one
    order = DemoOrder(folder, Demo(CAMERAS), DAYS)
    live_today(order, make_demo(order, now_s), int(time.time()))  # noqa: TID251

    def tickets(connection: Connection) -> dict[str, TicketId]:
        due = {
            "respond_by_s": now_s + HOUR,
            "restore_by_s": now_s + 8 * HOUR,
            "onset_s": now_s - HOUR,
            "opened_s": now_s - HOUR,
        }
        return {
            hand: opened_ticket(connection, PointId(number), **due) for number, hand in enumerate(HANDS, 1)
        }

    with opened(folder / "lenskeeper.toml") as home:
        secret, made = session_of_everybody(home), home.store.write(tickets)
    last = date_of(local_day(now_s, TZ)).replace(day=1) - timedelta(days=1)
    served = Served(a_port())
    yield Town(folder, served(folder), secret, made, f"{last:%Y-%m}")
    served.stop()


@pytest.mark.timeout(120)
@pytest.mark.parametrize("hand", HANDS)
def test_the_five_core_jobs_are_done(town: Town, script: Script, hand: str) -> None:
    sheet = town.folder / f"{hand}.csv"
    first = ROWS * HANDS.index(hand)
    sheet.write_bytes(csv_bytes(city(ROWS * len(HANDS))[first : first + ROWS]))
    said = script(
        "jobs.mjs",
        LENSKEEPER_URL=town.url,
        LENSKEEPER_COOKIE=town.secret,
        LENSKEEPER_HAND=hand,
        LENSKEEPER_TICKET=str(town.tickets[hand]),
        LENSKEEPER_SHEET=str(sheet),
        LENSKEEPER_ROWS=str(ROWS),
        LENSKEEPER_MONTH=town.month,
        LENSKEEPER_UNIT=CITY,
    )
    assert said.count("yes ") == 5


@pytest.mark.timeout(60)
def test_from_the_worst_unit_to_its_cause_its_ticket_and_last_months_pdf_in_ten_actions(
    town: Town, script: Script
) -> None:
    said = script(
        "journey.mjs",
        LENSKEEPER_URL=town.url,
        LENSKEEPER_COOKIE=town.secret,
        LENSKEEPER_MONTH=town.month,
        LENSKEEPER_UNIT=CITY,
    )
    assert said.count("yes ") == 5
