"""Healthy cameras through real pixels in all weathers, and a month driven by them: hardly a ticket; faulty ones: tickets."""

from dataclasses import replace

import pytest

from healthy import (
    BEGIN_S,
    Desk,
    Lived,
    MonthPlan,
    Spell,
    camera_of,
    desk_month,
    figures_of,
    fleet_spells,
    is_false,
    klass_of,
    live,
    measured_spells,
    reboots,
)
from lenskeeper.diagnosis.kinds import Diagnosis, Finding, Kind, Severity, Verdict
from lenskeeper.diagnosis.verdict import conclude
from lenskeeper.inventory.ids import PointId
from lenskeeper.tickets.causes import CauseKind
from skies import DAY_S, HOUR_S, Sky, Stretch

SEED, DAYS = 500, 2
PLAN = MonthPlan(fleet=90, days=8, seed=1)


@pytest.fixture(scope="module")
def lived() -> list[Lived]:
    """A street and a junction."""
    return [live(camera_of(n, DAYS, SEED), DAYS, phase_s=n * 331) for n in range(2)]


def test_cameras_in_fog_rain_wind_and_snow_call_nobody(lived: list[Lived]) -> None:
    skies = {look.cell[1] for one in lived for look in one.looks}
    assert skies == set(Sky)
    desk = desk_month(MonthPlan(2, DAYS, SEED, (3, 3)), measured_spells(lived), frozenset(Kind))
    assert desk.opened == []


def test_a_month_driven_by_them_keeps_within_one_false_ticket_for_1000_cameras_and_day(
    lived: list[Lived],
) -> None:
    every_class = [replace(one, klass=klass) for one in lived for klass in (1, 2, 3)]
    figures = figures_of(every_class, DAYS, PLAN)
    assert figures["reboots"] > 500
    assert figures["per_1000_cameras_and_day_all_trusted"] <= 1
    assert figures["per_1000_cameras_and_day_shipped"] == 0


def faulty(lived: Lived, kind: Kind, from_s: int, to_s: int) -> Lived:
    """The same camera with a fault that each look finds."""
    found = conclude([Finding(kind, Severity.SEVERE, 1.0, 0.5, "planted")], [])
    looks = (
        replace(look, first=found, second=found) if from_s <= look.at_s < to_s else look
        for look in lived.looks
    )
    return replace(lived, looks=tuple(looks))


def tickets(one: Lived, trusted: frozenset[Kind] = frozenset(Kind)) -> Desk:
    return desk_month(MonthPlan(1, DAYS, SEED, (3,)), measured_spells([one]), trusted)


def test_the_bench_is_not_blind_a_fault_that_lasts_has_its_ticket(lived: list[Lived]) -> None:
    blurred = faulty(lived[0], Kind.BLUR, 10 * HOUR_S, 30 * HOUR_S)
    (opened,) = tickets(blurred).opened
    assert opened[1:] == (CauseKind.CAMERA, Kind.BLUR)
    assert 10 <= (opened[0] - BEGIN_S) / HOUR_S <= 12
    assert tickets(blurred, frozenset()).opened == []


def test_a_fault_of_two_looks_a_minute_apart_has_none(lived: list[Lived]) -> None:
    assert tickets(faulty(lived[0], Kind.BLUR, 10 * HOUR_S, 10 * HOUR_S + 1_800)).opened == []


def test_a_reboot_opens_nothing_and_a_long_silence_does() -> None:
    plan = MonthPlan(100, 1, 1)
    assert len(reboots(plan)) > 50
    assert desk_month(plan, reboots(plan), frozenset(Kind)).opened == []
    at_s = BEGIN_S + 6 * HOUR_S
    switch = [Spell(at_s, at_s + 5 * HOUR_S, PointId(n), None) for n in range(25)]
    assert [kind for _, kind, _ in desk_month(plan, switch, frozenset()).opened] == [CauseKind.SWITCH]


def test_the_fleet_is_made_of_what_was_measured(lived: list[Lived]) -> None:
    """A model that is faulty by night alone makes a fleet that is faulty by night alone."""
    night = conclude([Finding(Kind.BLUR, Severity.SEVERE, 1.0, 0.5, "planted")], [])
    fit = Diagnosis(Verdict.FIT)
    looks = tuple(
        replace(look, first=found, second=found)
        for look in lived[0].looks
        for found in [night if look.cell[0].value == "night" else fit]
    )
    assert any(is_false(look.first) for look in looks)
    models = [replace(lived[0], klass=klass, looks=looks) for klass in (1, 2, 3)]
    began = [spell.from_s % DAY_S // HOUR_S for spell in fleet_spells(PLAN, models) if not spell.is_doubted]
    assert began
    assert set(began) <= {*range(18, 24), *range(7)}


def test_weather_comes_and_goes_by_and_by() -> None:
    rain = Stretch(0, 4 * HOUR_S, Sky.RAIN, 0.8)
    assert [rain.strength(h * HOUR_S) for h in (-1, 0, 1, 2, 3, 4)] == [0, 0, 0.8, 0.8, 0.8, 0]
    assert {klass_of(n) for n in range(0, 36, 6)} == {1, 2, 3}, "each place has cameras of each class"
