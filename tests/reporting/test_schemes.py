"""A contract's scheme is counted from the same runs, exactly, and never changes a figure of the house."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reporting.reporting_kit import TZ, report_of

from lenskeeper.availability.lanes import State
from lenskeeper.availability.runs import Run
from lenskeeper.base.errors import Invalid, NotFound
from lenskeeper.inventory.ids import PointId
from lenskeeper.reporting.definitions import Metric
from lenskeeper.reporting.periods import period_of
from lenskeeper.reporting.schemes import (
    Patrolled,
    assess,
    instants,
    parse_schemes,
    patrolled,
    scheme_named,
)

TEXT = """
[scheme.bridge]
title = "大桥标段考核办法 2026"
pass = 80
class_factors = { 1 = 3, 2 = 2, 3 = 1 }

[[scheme.bridge.item]]
measure = "patrol_rate"
at = ["08:00", "14:00", "20:00"]
weight = 60
steps = [[98, 100], [95, 80], [90, 60]]

[[scheme.bridge.item]]
measure = "picture_integrity_rate"
weight = 40
steps = [[95.5, 100], [90, 50]]
"""
LENGTH = 60

slots = st.lists(st.sampled_from([0, 1, 2]), min_size=LENGTH, max_size=LENGTH)


def runs_of(states: list[int]) -> list[Run]:
    found: list[Run] = []
    for at, state in enumerate(states):
        if not state:
            continue
        if found and found[-1].b == at and found[-1].state == state:
            found[-1] = Run(found[-1].a, at + 1, found[-1].state)
        else:
            found.append(Run(at, at + 1, State(state)))
    return found


@given(slots, st.lists(st.booleans(), min_size=LENGTH, max_size=LENGTH), st.sets(st.integers(0, LENGTH - 1)))
def test_a_patrol_finds_what_held_at_its_instant(states: list[int], out: list[bool], at: set[int]) -> None:
    spans = [(s, s + 1) for s, is_out in enumerate(out) if is_out]
    plain = [("excluded" if out[s] else ("unknown", "down", "up")[states[s]]) for s in sorted(at)]
    found = patrolled(runs_of(states), spans, sorted(at))
    assert found == Patrolled(*(plain.count(word) for word in ("up", "down", "unknown", "excluded")))


@given(
    st.dictionaries(
        st.integers(1, 40).map(PointId),
        st.builds(Patrolled, st.integers(80, 90), st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)),
    )
)
@settings(max_examples=50)
def test_points_are_those_of_brute_force(counted: dict[PointId, Patrolled]) -> None:
    scheme = parse_schemes(TEXT)["bridge"]
    report = report_of(3, cameras=40)
    hours = scheme.items[0].patrols
    assessed = assess(scheme, report, {hours: counted})
    klass = {part.point_id: part.klass for part in report.parts}
    factor = {1: 3, 2: 2, 3: 1}
    ups = sum(factor[klass[p]] * seen.up for p, seen in counted.items())
    known = sum(factor[klass[p]] * (seen.up + seen.down) for p, seen in counted.items())
    patrol, integrity = assessed.items
    assert (patrol.numerator, patrol.denominator) == (ups, known)
    assert patrol.unknown == sum(seen.unknown for seen in counted.values())
    if known == 0:
        assert patrol.points is None
    else:
        rate = ups / known
        share = 1.0 if rate >= 0.98 else 0.8 if rate >= 0.95 else 0.6 if rate >= 0.90 else 0.0
        assert float(patrol.points or 0) == pytest.approx(60 * share)
    assert assessed.out_of == 40 + (60 if known else 0)
    assert integrity.points is not None
    assert assessed.points == integrity.points + (patrol.points or 0)
    assert assessed.passed == (assessed.points * 100 >= 80 * assessed.out_of)
    assert report == report_of(3, cameras=40)


def test_a_line_of_which_nothing_is_known_leaves_the_total_and_does_not_count_as_nought() -> None:
    scheme = parse_schemes(TEXT)["bridge"]
    empty = assess(scheme, report_of(1, cameras=0), {scheme.items[0].patrols: {}})
    assert [result.points for result in empty.items] == [None, None]
    assert (empty.out_of, empty.passed) == (0, None)


def test_patrols_keep_to_the_wall_clock_over_a_change_of_clocks() -> None:
    item = parse_schemes(TEXT)["bridge"].items[0]
    week = period_of("2026-W43", "Europe/Berlin")
    found = instants(item, week)
    assert len(found) == 21
    assert found[-1] - found[-4] == 25 * 3_600
    month = period_of("2026-11", TZ)
    assert len(instants(item, month)) == 90
    assert all(month.a_s <= at_s < month.b_s for at_s in instants(item, month))


def test_a_threshold_is_taken_as_it_is_written() -> None:
    item = parse_schemes(TEXT)["bridge"].items[1]
    assert item.steps == ((Fraction(955, 1000), Fraction(1)), (Fraction(9, 10), Fraction(1, 2)))
    assert item.measure == Metric.INTEGRITY


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('measure = "patrol_rate"', 'measure = "loyalty"', "scheme.bridge.item.measure"),
        ('measure = "patrol_rate"', 'measure = "outages"', "scheme.bridge.item.measure"),
        ("weight = 60", "weight = 0", "scheme.bridge.item.weight"),
        ("weight = 60", "weight = 1.5", "scheme.bridge.item.weight"),
        ('"08:00"', '"8 am"', "scheme.bridge.item.at"),
        ('"08:00"', '"24:00"', "scheme.bridge.item.at"),
        ('at = ["08:00", "14:00", "20:00"]', "", "scheme.bridge.item.at"),
        ("[98, 100]", "[90, 100]", "scheme.bridge.item.steps"),
        ("[98, 100]", "[98, 70]", "scheme.bridge.item.steps"),
        ("[98, 100]", "[980, 100]", "scheme.bridge.item.steps"),
        ("[98, 100]", "[nan, 100]", "scheme.bridge.item.steps"),
        ("1 = 3", "4 = 3", "scheme.bridge.class_factors"),
        ("pass = 80", "pass = 800", "scheme.bridge.pass"),
        ("pass = 80", "passs = 80", "scheme.bridge"),
        ("[scheme.bridge]", "[scheme.bridge", "scheme"),
    ],
)
def test_a_wrong_scheme_is_told_with_the_key_it_stands_at(old: str, new: str, field: str) -> None:
    assert old in TEXT
    with pytest.raises(Invalid) as told:
        parse_schemes(TEXT.replace(old, new, 1))
    assert told.value.field == field


def test_a_scheme_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(NotFound, match="bridge"):
        scheme_named(parse_schemes(TEXT), "tunnel")
