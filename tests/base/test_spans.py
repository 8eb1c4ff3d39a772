"""The algebra of time against plain sets of seconds, and local days against the calendar."""

from datetime import date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenskeeper.base.days import date_of, day_of, day_span, local_day, local_instant, zone_of
from lenskeeper.base.errors import Invalid
from lenskeeper.base.spans import Span, clip, intersect, length, subtract, union

LATEST = 40
spans = st.lists(st.tuples(st.integers(0, LATEST), st.integers(0, LATEST)), max_size=8)
ZONES = ["Asia/Shanghai", "Europe/Berlin", "America/Santiago", "Asia/Beirut", "Australia/Lord_Howe", "UTC"]


def seconds(of: list[Span]) -> set[int]:
    return {s for a, b in of for s in range(a, b)}


@given(spans)
def test_a_union_is_sorted_disjoint_not_touching_and_covers_the_same(some: list[Span]) -> None:
    whole = union(some)
    assert seconds(whole) == seconds(some)
    assert all(one[1] < other[0] for one, other in pairwise(whole))
    assert length(whole) == len(seconds(some))


@given(spans, spans)
def test_intersecting_and_subtracting_are_those_of_sets(one: list[Span], other: list[Span]) -> None:
    x, y = union(one), union(other)
    assert seconds(intersect(x, y)) == seconds(x) & seconds(y)
    assert seconds(subtract(x, y)) == seconds(x) - seconds(y)
    assert union(subtract(x, y)) == subtract(x, y)


@given(spans, st.integers(0, LATEST), st.integers(0, LATEST))
def test_clipping_keeps_what_lies_inside(some: list[Span], a: int, b: int) -> None:
    assert seconds(clip(union(some), a, b)) == {s for s in seconds(some) if a <= s < b}


@pytest.mark.parametrize("zone", ZONES)
@given(day=st.integers(0, 25_000))
def test_days_of_a_zone_follow_each_other_without_gap_and_hold_their_own_seconds(zone: str, day: int) -> None:
    begin, end = day_span(day, zone)
    assert day_span(day + 1, zone)[0] == end
    assert 22 * 3600 <= end - begin <= 26 * 3600
    assert local_day(begin, zone) == local_day(end - 1, zone) == day


def test_the_days_when_clocks_are_changed_have_23_and_25_hours() -> None:
    lengths = [day_span(day_of(date(2026, m, d)), "Europe/Berlin") for m, d in ((3, 29), (10, 25), (6, 1))]
    assert [(b - a) // 3600 for a, b in lengths] == [23, 25, 24]


def test_a_day_number_is_a_date_and_back() -> None:
    assert date_of(day_of(date(2026, 11, 23))) == date(2026, 11, 23)


def test_a_wall_clock_time_is_the_instant_that_people_there_mean() -> None:
    at = local_instant(day_of(date(2026, 11, 23)), 8 * 3600, "Asia/Shanghai")
    assert datetime.fromtimestamp(at, ZoneInfo("Asia/Shanghai")).isoformat() == "2026-11-23T08:00:00+08:00"


@pytest.mark.parametrize("name", ["", "Peking", "../../etc/passwd", "Asia/Shanghai\n"])
def test_a_zone_that_does_not_exist_is_named_with_an_example(name: str) -> None:
    with pytest.raises(Invalid, match="Asia/Shanghai"):
        zone_of(name)
