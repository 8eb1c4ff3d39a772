"""The fictitious city: whole, drawn the same each time, and its cameras fail and come back as the script says."""

import asyncio
import csv
import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenskeeper.base.errors import Invalid
from lenskeeper.house.clock import SystemClock
from lenskeeper.probing.simulator.faults import PictureFault
from lenskeeper.probing.simulator.fleet import Ports
from lenskeeper.probing.simulator.living import Living, read_script, write_script
from lenskeeper.probing.simulator.river_city import OFFICES, WRONG, RiverCity, river, water
from lenskeeper.probing.simulator.running import running
from lenskeeper.probing.simulator.spells import WORST, Course, Spell, live_spells, spells_of
from lenskeeper.probing.simulator.troubles import Trouble

DAY = (1_793_462_400, 1_793_548_800)
CITY = RiverCity(2_000)


@given(st.integers(1, 3_000))
def test_every_camera_of_every_size_of_city_hangs_in_one_office(cameras: int) -> None:
    city = RiverCity(cameras)
    assert [one.number for one in city.hung] == list(range(cameras))
    assert [one.office for one in city.hung] == sorted(one.office for one in city.hung)


def test_the_first_sheet_has_its_mistakes_and_no_two_cameras_share_a_code(tmp_path: Path) -> None:
    place = tmp_path / "sheet.csv"
    CITY.write_sheet(place, Ports(), credential="demo", of=range(1_960))
    with place.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 1_960 + len(WRONG)
    codes = [row["设备编码"] for row in rows]
    assert len(set(codes)) == len(codes)
    assert all(len(code) == 20 for code in codes)
    lons = [float(row["经度"]) for row in rows[:1_960]]
    lats = [float(row["纬度"]) for row in rows[:1_960]]
    assert 110.3 < min(lons) < max(lons) < 110.7
    assert 31.95 < min(lats) < max(lats) < 32.2


def test_the_river_runs_through_the_city() -> None:
    west, east = river(0.0), river(1.0)
    assert west[0] < min(o.centre[0] for o in OFFICES if o.centre) < east[0]


def test_a_day_is_drawn_the_same_again_on_whole_minutes() -> None:
    one, other = spells_of(CITY, DAY), spells_of(RiverCity(2_000), DAY)
    assert one == other
    assert all(spell.a % 60 == spell.b % 60 == 0 and spell.a < spell.b for spell in one)
    assert all(DAY[0] <= spell.a < DAY[1] for spell in one)
    assert spells_of(RiverCity(2_000, seed=2), DAY) != one


def test_one_district_loses_more_camera_hours_than_any_other() -> None:
    lost: dict[str, float] = {}
    cameras: dict[str, int] = {}
    for one in CITY.hung:
        name = OFFICES[one.office].department
        cameras[name] = cameras.get(name, 0) + 1
    for k in range(14):
        for spell in spells_of(CITY, (DAY[0] + k * 86_400, DAY[1] + k * 86_400)):
            for number in spell.cameras if isinstance(spell.illness, Trouble) else ():
                name = OFFICES[CITY.hung[number].office].department
                lost[name] = lost.get(name, 0) + (spell.b - spell.a) / 3_600 / cameras[name]
    assert max(lost, key=lambda name: lost[name]) == WORST.split("/")[0]


def test_whoever_watches_sees_something_fail_every_few_minutes_and_come_back() -> None:
    begins = [spell.a for spell in live_spells(CITY, DAY[0], 1) if len(spell.cameras) == 1]
    assert all(b - a <= 6 * 60 for a, b in pairwise(begins))
    assert any(len(spell.cameras) > 3 for spell in live_spells(CITY, DAY[0], 1))


def test_a_course_tells_who_is_ill_and_silence_hides_the_picture() -> None:
    course = Course(
        [Spell((1,), 100, 200, Trouble.DOWN), Spell((1, 2), 150, 300, PictureFault.BLUR)],
    )
    assert course.illness(1, 99) is None
    assert course.illness(1, 150) is Trouble.DOWN
    assert course.illness(1, 200) is PictureFault.BLUR
    assert course.illness(2, 299) is PictureFault.BLUR
    assert course.illness(2, 300) is None
    assert course.down_at(150) == {1}


def test_a_script_is_read_as_it_was_written_and_nonsense_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "script.csv"
    spells = [Spell((1, 2), 60, 120, Trouble.DOWN), Spell((3,), 0, 60, PictureFault.BLACK)]
    write_script(place, spells)
    assert read_script(place) == spells
    place.write_text("cameras,from,until,illness\n1,0,60,tired\n")
    with pytest.raises(Invalid, match="tired"):
        read_script(place)


def test_a_running_fleet_follows_its_script_and_a_script_that_takes_its_place(tmp_path: Path) -> None:
    place, clock = tmp_path / "script.csv", SystemClock()
    plan = RiverCity(6).fleet
    write_script(place, [Spell((2,), 100, 200, Trouble.DOWN)])

    async def watch() -> None:
        async with running(plan, clock) as fleet:
            living = Living(fleet, place, clock)

            def trouble(number: int) -> Trouble | None:
                here = plan.cameras[number]
                found = fleet.site.camera(here.address, here.path)
                assert found is not None
                return found.trouble

            assert (living.step(99), trouble(2)) == (0, None)
            assert (living.step(100), trouble(2)) == (1, Trouble.DOWN)
            assert living.step(150) == 0
            write_script(place, [Spell((4,), 100, 200, Trouble.DOWN)])
            assert (living.step(151), trouble(2), trouble(4)) == (2, None, Trouble.DOWN)
            assert (living.step(200), trouble(4)) == (1, None)

    asyncio.run(watch())


def test_the_river_flows_between_the_cameras_of_its_two_banks() -> None:
    (shape,) = json.loads(water())["features"]
    ring = shape["geometry"]["coordinates"][0]
    assert ring[0] == ring[-1]
    for share in (0.1, 0.5, 0.9):
        lon, lat = river(share)
        beside = [place[1] for place in ring if abs(place[0] - lon) < 0.002]
        assert min(beside) < lat < max(beside)
        assert max(beside) - min(beside) < 0.006
