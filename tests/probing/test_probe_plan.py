"""The plan that the guardians of a network are shown: what it says is what the rounds then do."""

import pytest
from tests.probing.rounds_kit import BEGIN_S, SLOT_S, Desk, World, camera, channel, pass_slots, rounds_of

from lenskeeper.probing.manners import Manners
from lenskeeper.probing.probe_plan import as_rows, probe_plan
from lenskeeper.probing.targets import parse_target
from lenskeeper.probing.witness import Landmarks

CITY = [
    *(camera(n, klass=1 + n % 3) for n in range(600)),
    *(channel(n, recorder=900) for n in range(1_000, 1_064)),
    camera(2_000, passive_only=True, budget_mb_month=50),
    camera(2_001, url=""),
]


async def test_the_plan_says_what_the_rounds_then_do() -> None:
    manners = Manners(slot_s=SLOT_S)
    plan = probe_plan(CITY, manners, sources=["192.0.2.7"])
    world = World()
    rounds = rounds_of(CITY, world, Desk(), manners)
    await pass_slots(rounds, 60)
    assert set(world.greeted) == {address.rpartition(":")[0] for address in plan.addresses}
    totals = plan.totals()
    assert totals["greetings_minute"] * 60 == world.greeted.total()
    assert totals["pictures_minute"] * 60 == pytest.approx(len(world.errands), rel=0.05)
    assert totals["points"] == len(CITY) - 1
    assert plan.without_address == ("camera 2001",)


def test_each_network_has_a_row_with_its_ports_its_rates_and_its_hours() -> None:
    points = [
        camera(1, url="rtsp://10.1.1.1:554/", hours=((28_800, 64_800),), klass=1),
        camera(2, url="rtsp://10.1.1.2:8554/", hours=((28_800, 64_800),), klass=1),
        camera(3, url="rtsp://10.1.2.1:554/", budget_mb_month=9),
    ]
    marks = Landmarks(
        {"": (parse_target("http://10.1.1.254/"),)}, {"x": parse_target("http://10.9.9.9:8080/")}
    )
    plan = probe_plan(points, Manners(ramp_from_s=BEGIN_S, ramp=(0.5,)), sources=["a"], landmarks=marks)
    first, second = as_rows(plan)
    assert (first["network"], first["ports"], first["hours"]) == ("10.1.1.0/24", "554, 8554", "08:00-18:00")
    assert (first["pictures_minute"], first["doors"]) == (0.4, 2)
    assert (second["hours"], second["metered"]) == ("00:00-24:00", 1)
    ten_hours = 10 / 24 * 288 * 2 * 310_000
    assert first["bytes_day"] == pytest.approx(ten_hours + 2 * 1_440 * 560, rel=0.01)
    assert plan.witnesses == ("10.1.1.254:80", "10.9.9.9:8080")
    assert [(day.day, day.date, day.share) for day in plan.ramp] == [
        (1, "2023-11-15", 0.5),
        (2, "2023-11-16", 1.0),
    ]
    assert "5 s" in plan.stop


def test_an_empty_register_gives_an_empty_plan() -> None:
    plan = probe_plan([], Manners(), sources=[])
    assert plan.destinations == ()
    assert plan.totals()["bytes_day"] == 0
