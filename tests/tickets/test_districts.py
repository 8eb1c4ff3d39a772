"""A coordinate lies inside its district or it does not, by boundaries that the operator brought."""

import json
from math import cos, pi, sin

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lenskeeper.base.errors import Invalid
from lenskeeper.tickets.districts import District, in_polygon, of_code, read_districts, significant

BOX = ((120.0, 30.0), (121.0, 30.0), (121.0, 31.0), (120.0, 31.0), (120.0, 30.0))
HOLE = ((120.4, 30.4), (120.6, 30.4), (120.6, 30.6), (120.4, 30.6))
degrees = st.floats(119, 122)
heights = st.floats(29, 32)


def geojson(code: object, coordinates: object, kind: str = "Polygon") -> bytes:
    feature = {
        "type": "Feature",
        "properties": {"code": code},
        "geometry": {"type": kind, "coordinates": coordinates},
    }
    return json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()


@given(degrees, heights)
def test_a_box_with_a_hole_is_what_two_comparisons_say(lon: float, lat: float) -> None:
    edges = (120.0, 121.0, 120.4, 120.6, 30.0, 31.0, 30.4, 30.6)
    assume(all(abs(one - edge) > 1e-9 for one in (lon, lat) for edge in edges))
    in_box = 120 < lon < 121 and 30 < lat < 31
    in_hole = 120.4 < lon < 120.6 and 30.4 < lat < 30.6
    assert in_polygon((BOX, HOLE), lon, lat) == (in_box and not in_hole)


@given(st.integers(3, 40), st.floats(0, 2 * pi), st.floats(-1.3, 1.3), st.floats(-1.3, 1.3))
def test_a_convex_ring_is_what_its_half_planes_say(corners: int, turn: float, x: float, y: float) -> None:
    ring = tuple((cos(turn + 2 * pi * n / corners), sin(turn + 2 * pi * n / corners)) for n in range(corners))
    sides = [
        (bx - ax) * (y - ay) - (by - ay) * (x - ax)
        for (ax, ay), (bx, by) in zip(ring, (*ring[1:], ring[0]), strict=True)
    ]
    assume(min(map(abs, sides)) > 1e-9)
    assert in_polygon((ring,), x, y) == all(side > 0 for side in sides)
    assert in_polygon((ring[::-1],), x, y) == all(side > 0 for side in sides)


def test_a_file_of_polygons_is_read_and_the_finest_division_decides() -> None:
    (found,) = read_districts(geojson("330106", [BOX, HOLE]))
    assert found.holds(120.1, 30.1)
    assert not found.holds(120.5, 30.5)
    (islands,) = read_districts(geojson(330106, [[BOX], [HOLE]], "MultiPolygon"))
    assert islands.holds(120.5, 30.5)
    city, county = District("3301", ()), District("330106", ())
    assert of_code([city, county], "33010600") == [county]
    assert of_code([city, county], "330107") == [city]
    assert of_code([city], "440100") == []
    assert [significant(code) for code in ("330100", "330106002", "330000", "33")] == [
        "3301",
        "330106",
        "33",
        "33",
    ]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"nonsense", "GeoJSON"),
        (b'{"features": []}', "no district"),
        (geojson("", [BOX]), "no division code"),
        (geojson("3301x6", [BOX]), "no division code"),
        (geojson("330106", [BOX], "Point"), "not a polygon"),
        (geojson("330106", [BOX[:2]]), "three corners"),
        (geojson("330106", [[(512000.0, 3350000.0)] * 4]), "degrees"),
        (geojson("330106", [[(30.1, 120.1)] * 4]), "degrees"),
    ],
)
def test_a_file_that_is_none_is_told(data: bytes, told: str) -> None:
    with pytest.raises(Invalid, match=told):
        read_districts(data)
