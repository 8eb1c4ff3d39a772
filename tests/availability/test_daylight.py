"""Where day ends and night begins."""

from datetime import date
from math import asin, atan2, cos, degrees, radians, sin

from hypothesis import given, settings
from hypothesis import strategies as st

from lenskeeper.availability.daylight import cell_of, daylight
from lenskeeper.base.days import day_of, day_span
from lenskeeper.base.spans import length

DAYS = st.integers(day_of(date(2024, 1, 1)), day_of(date(2030, 12, 31)))


def altitude_deg(lat: float, lon: float, at_s: int) -> float:
    """How high the sun stands: the Astronomical Almanac's low-precision formula, which is not ours."""
    n = at_s / 86_400 - 10_957.5
    g = radians(357.528 + 0.9856003 * n)
    longitude = radians(280.460 + 0.9856474 * n + 1.915 * sin(g) + 0.020 * sin(2 * g))
    tilt = radians(23.439 - 0.0000004 * n)
    ascension = atan2(cos(tilt) * sin(longitude), cos(longitude))
    declination = asin(sin(tilt) * sin(longitude))
    sidereal = radians((280.46061837 + 360.98564736629 * n + lon) % 360)
    hour = sidereal - ascension
    phi = radians(lat)
    return degrees(asin(sin(phi) * sin(declination) + cos(phi) * cos(declination) * cos(hour)))


@settings(max_examples=60)
@given(
    st.integers(-66, 66),
    st.integers(-180, 179),
    DAYS,
    st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/Los_Angeles", "Pacific/Kiritimati", "UTC"]),
)
def test_day_is_where_the_sun_is_higher_than_six_degrees_below(lat: int, lon: int, day: int, tz: str) -> None:
    a, b = day_span(day, tz)
    light = daylight((lat, lon), day, tz)
    for at_s in range(a, b, 1_200):
        height = altitude_deg(lat + 0.5, lon + 0.5, at_s)
        if abs(height + 6) > 0.5:  # two minutes of a steep sun
            assert (height > -6) == any(begin <= at_s < end for begin, end in light)


@given(st.integers(-90, 89), st.integers(-180, 179), DAYS)
def test_day_lies_within_its_day(lat: int, lon: int, day: int) -> None:
    a, b = day_span(day, "Asia/Shanghai")
    light = daylight((lat, lon), day, "Asia/Shanghai")
    assert all(a <= begin < end <= b for begin, end in light)
    assert length(light) <= b - a


def test_a_polar_summer_has_no_dark_second_and_a_polar_night_no_light_one() -> None:
    north = cell_of(78.2, 15.6, "Europe/Oslo")
    summer, winter = day_of(date(2026, 6, 21)), day_of(date(2026, 12, 21))
    for day in range(summer - 20, summer + 20):
        a, b = day_span(day, "Europe/Oslo")
        assert length(daylight(north, day, "Europe/Oslo")) == b - a
    assert daylight(north, winter, "Europe/Oslo") == ()


def test_without_a_position_the_place_of_the_zone_counts() -> None:
    assert cell_of(None, None, "Asia/Shanghai") == (31, 121)
    assert cell_of(None, None, "America/Sao_Paulo") == (-24, -47)
    assert cell_of(39.5, -75.9, "Asia/Shanghai") == (39, -76)
    assert cell_of(None, None, "UTC") == (0, 0)
