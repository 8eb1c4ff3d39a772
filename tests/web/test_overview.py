"""The page of eight o'clock over HTTP."""

import asyncio
from dataclasses import replace

from tests.register_kit import camera
from tests.repair_kit import RepairCity, always, silent
from tests.web_kit import ClientOf

from lenskeeper.accounts.verbs import Role
from lenskeeper.base.access import ROUNDS, Scope
from lenskeeper.base.days import local_day
from lenskeeper.house.chores import add_up_days
from lenskeeper.house.clock import StandingClock
from lenskeeper.house.home import Home
from lenskeeper.reporting.rows_screens import every_camera, refresh
from lenskeeper.units.rows import tree


def test_it_tells_the_days_the_units_that_lost_most_and_what_is_broken_of_what_may_be_seen(
    home: Home, client_of: ClientOf
) -> None:
    files = [camera(n, unit="Linjiang/North" if n < 4 else "Linjiang/South") for n in range(1, 7)]
    city = RepairCity(home.store, files)
    first = local_day(city.now_s, "Asia/Shanghai")
    city.live(60 * 14, always(silent(city.points[0])), turn_every=30)  # over midnight
    home.store.write(lambda c: refresh(c, every_camera(c), actor=ROUNDS, now_s=city.now_s))
    with home.store.read() as connection:
        units = {unit.path: int(unit.unit_id) for unit in tree(connection, Scope.ALL)}
    then = replace(home, clock=StandingClock(city.now_s))
    asyncio.run(add_up_days(then))
    said = client_of(then, Role.VIEWER).get("/api/overview?days=5").json()
    assert said["states"] == {"not_watched": 0, "unknown": 0, "down": 1, "fault": 0, "up": 5}
    assert said["tickets_open"] == 1
    by_day = {each["day"]: each for each in said["days"]}
    assert by_day[first]["down_s"] == 12 * 3_600
    assert by_day[first]["up_s"] == 5 * 12 * 3_600
    assert [(each["unit"], each["lost_s"]) for each in said["worst"]] == [("Linjiang/North", 12 * 3_600)]
    assert [each["cameras"] for each in said["causes"]] == [1]
    assert said["since"] is None
    south = client_of(then, Role.VIEWER, unit=units["Linjiang/South"]).get("/api/overview").json()
    assert south["states"]["up"] == 3
    assert (south["worst"], south["causes"], south["tickets_open"]) == ([], [], 0)
    assert {each["down_s"] for each in south["days"]} == {0}
