"""Coordinates: known vectors, and what goes there and back."""

from math import cos, radians

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenskeeper.base.errors import Invalid
from lenskeeper.inventory.geodesy import (
    FROM_WGS84,
    TO_WGS84,
    crs_of,
    distance_m,
    from_gauss_krueger,
    place,
    to_bd09,
    to_gauss_krueger,
    to_gcj02,
)

HANGZHOU = (120.16, 30.25)
MICROMETRE_DEG = 1e-6 / 111_000
in_china = st.tuples(st.floats(75, 133), st.floats(20, 50))


def test_hangzhou_lies_where_gcoord_says_it_does() -> None:
    assert to_gcj02(*HANGZHOU) == pytest.approx((120.164678, 30.247660), abs=1e-6)
    assert to_bd09(*HANGZHOU) == pytest.approx((120.171249, 30.253412), abs=1e-6)
    assert distance_m(HANGZHOU, to_gcj02(*HANGZHOU)) == pytest.approx(519, abs=1)


@given(in_china, st.sampled_from(sorted(TO_WGS84)))
def test_what_is_shifted_comes_back_within_a_micrometre(where: tuple[float, float], crs: str) -> None:
    lon, lat = TO_WGS84[crs](*FROM_WGS84[crs](*where))
    assert abs(lon - where[0]) * cos(radians(lat)) < MICROMETRE_DEG
    assert abs(lat - where[1]) < MICROMETRE_DEG


# By pyproj 3.7, EPSG:4490 to 4549 (3-degree zone, 120 E), and 111 E for the last, to the micrometre.
GRID_VECTORS = [
    ((120.16, 30.25), 120, (515398.973133, 3347837.867697)),
    ((118.75, 22.5), 120, (371372.422806, 2489704.316128)),
    ((122.9, 30.25), 120, (779165.328831, 3351388.070648)),
    ((121.4, 52.9), 120, (594206.59526, 5864409.901864)),
    ((113.9, 22.5), 111, (798489.8640199, 2492059.7814857)),
]


@pytest.mark.parametrize(("where", "meridian", "grid"), GRID_VECTORS)
def test_the_grid_agrees_with_pyproj_to_a_micrometre(
    where: tuple[float, float], meridian: int, grid: tuple[float, float]
) -> None:
    assert to_gauss_krueger(*where, meridian) == pytest.approx(grid, abs=2e-6, rel=0)
    assert from_gauss_krueger(*grid, meridian) == pytest.approx(where, abs=2e-11, rel=0)


@given(st.floats(-3.4, 3.4), st.floats(0.1, 60), st.sampled_from([75, 120, 135]))
def test_a_place_on_the_grid_comes_back(off: float, lat: float, meridian: int) -> None:
    lon, back = from_gauss_krueger(*to_gauss_krueger(meridian + off, lat, meridian), meridian)
    assert abs(lon - meridian - off) < 10 * MICROMETRE_DEG
    assert abs(back - lat) < 10 * MICROMETRE_DEG


@pytest.mark.parametrize(
    ("x", "y", "crs", "wrong"),
    [
        (30.25, 120.16, "wgs84", "swapped"),
        (200, 30, "wgs84", "range"),
        (120, -91, "gcj02", "range"),
        (0, 0, "bd09", "zero"),
        (515398.97, 3347837.87, "gk120", ""),
        (40515398.97, 3347837.87, "gk120", ""),  # zone 40 of three degrees
        (19798489.86, 2492059.78, "gk111", ""),  # zone 19 of six degrees
        (39515398.97, 3347837.87, "gk120", "zone"),
        (3347837.87, 515398.97, "gk120", "swapped"),
        (3347837.87, 40515398.97, "gk120", "swapped"),
        (120.16, 30.25, "gk120", "range"),
    ],
)
def test_figures_that_are_no_place_of_the_system_say_why(x: float, y: float, crs: str, wrong: str) -> None:
    assert place(x, y, crs).wrong == wrong


def test_zone_digits_do_not_change_the_place() -> None:
    plain, digits = (place(x, 3347837.867697, "gk120") for x in (515398.973133, 40515398.973133))
    assert (plain.lon, plain.lat) == pytest.approx(HANGZHOU)
    assert (digits.lon, digits.lat) == pytest.approx(HANGZHOU)


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("WGS-84", "wgs84"),
        ("GCJ-02", "gcj02"),
        ("百度", "bd09"),
        ("CGCS 2000", "cgcs2000"),
        ("gk120", "gk120"),
    ],
)
def test_a_system_is_known_by_its_usual_names(said: str, name: str) -> None:
    assert crs_of(said) == name


def test_a_system_that_is_not_declared_is_not_guessed() -> None:
    with pytest.raises(Invalid, match="declare"):
        crs_of("")
