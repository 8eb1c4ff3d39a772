"""Coordinates as sheets deliver them, made WGS-84. The system is declared and never guessed from the figures.

A rectangle around China, by which libraries guess GCJ-02, moves Seoul by 456 m and Taipei by 501 m (web.md section 9).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import asinh, atan2, atanh, cos, cosh, degrees, hypot, pi, radians, sin, sinh, sqrt, tan
from typing import Final, Literal

from lenskeeper.base.errors import Invalid

Pair = tuple[float, float]  # longitude, latitude in degrees; or easting, northing in metres

GRID: Final = re.compile(r"gk(\d{1,3})")
MERIDIANS: Final = range(
    75, 136, 3
)  # degrees east: the 3-degree zones 25 to 45, which hold the 6-degree ones
CRS_NAMES: Final = ("wgs84", "gcj02", "bd09", "cgcs2000", *(f"gk{m}" for m in MERIDIANS))
CRS_SAID: Final = (
    "wgs84, gcj02, bd09, cgcs2000, or gk120 for a Gauss-Krueger grid with the central meridian 120 E"
)

# What people call the systems, after spaces, hyphens and underscores are taken out.
_CRS_WORDS: Final = {
    "wgs84": "wgs84", "epsg:4326": "wgs84", "4326": "wgs84", "gps": "wgs84", "84坐标系": "wgs84",
    "gcj02": "gcj02", "高德": "gcj02", "火星坐标系": "gcj02", "国测局": "gcj02", "腾讯": "gcj02", "amap": "gcj02",
    "bd09": "bd09", "bd09ll": "bd09", "百度": "bd09", "百度坐标系": "bd09", "baidu": "bd09",
    "cgcs2000": "cgcs2000", "epsg:4490": "cgcs2000", "4490": "cgcs2000", "2000国家大地坐标系": "cgcs2000",
    "国家2000": "cgcs2000",
}  # fmt: skip

# CGCS2000, on which the grids lie. WGS-84 differs by 0.1 mm in the polar radius, and poles are surveyed to a decimetre.
SEMI_MAJOR_M: Final = 6_378_137.0
FLATTENING: Final = 1 / 298.257222101
ECCENTRICITY: Final = sqrt(FLATTENING * (2 - FLATTENING))
FALSE_EASTING_M: Final = 500_000.0
ZONE_DIGITS_M: Final = 1_000_000.0  # an easting of 40 512 345 m is 512 345 m in zone 40
EARTH_RADIUS_M: Final = 6_371_008.8  # mean of the three axes

GCJ02_STEPS: Final = 4  # 3 leave 0.14 mm, 4 less than a micrometre (web.md section 9)
BD09_STEPS: Final = 6  # both formulas at once: 4 leave 44 um, 5 one, 6 a hundredth
LATITUDE_STEPS: Final = 8  # each gains a factor of e^2 = 0.0067


@dataclass(frozen=True, slots=True)
class Place:
    """A point in WGS-84, degrees; where `wrong` says why the figures are none of the declared system, 0 and 0."""

    lon: float
    lat: float
    wrong: Literal["", "range", "swapped", "zone", "zero"] = ""


def crs_of(text: str) -> str:
    """The name of a declared system, as in CRS_NAMES. Invalid: none of that name; the system is never guessed."""
    word = re.sub(r"[\s_\-]", "", text.strip().lower())
    name = _CRS_WORDS.get(word, word)
    if name not in CRS_NAMES:
        raise Invalid(f"{text!r} is no coordinate system we know; declare {CRS_SAID}", field="crs")
    return name


def place(x: float, y: float, crs: str) -> Place:
    """What was delivered as a place in WGS-84, or what is wrong with it.

    x: longitude, or easting in metres with or without the digits of its zone. y: latitude, or northing.
    crs: one of CRS_NAMES.
    """
    if x == 0 and y == 0:
        return Place(0, 0, "zero")  # the sea off Africa: an empty form, not a camera
    grid = GRID.fullmatch(crs)
    if grid:
        return _grid_place(x, y, int(grid[1]))
    if not (-180 <= x <= 180 and -90 <= y <= 90):
        return Place(0, 0, "swapped" if -90 <= x <= 90 and -180 <= y <= 180 else "range")
    lon, lat = TO_WGS84[crs](x, y)
    return Place(lon, lat)


def _grid_place(x: float, y: float, meridian: int) -> Place:
    if 1e6 <= x <= 6.5e6 and not 1e6 <= y <= 6.5e6:
        return Place(0, 0, "swapped")  # surveyors call the northing X
    zone, easting = divmod(x, ZONE_DIGITS_M)
    named = {0, meridian // 3, (meridian + 3) // 6 if meridian % 6 == 3 else 0}
    if zone not in named:
        return Place(0, 0, "zone")
    if not (100_000 <= easting <= 900_000 and 0 <= y <= 1e7):
        return Place(0, 0, "range")
    lon, lat = from_gauss_krueger(easting, y, meridian)
    return Place(lon, lat)


def distance_m(one: Pair, other: Pair) -> float:
    """Metres between two places in degrees, along a sphere: within 0.6 % of the ellipsoid.

    Source: the haversine formula; R. W. Sinnott, "Virtues of the Haversine", 1984.
    """
    lon_1, lat_1, lon_2, lat_2 = map(radians, (*one, *other))
    half = sin((lat_2 - lat_1) / 2) ** 2 + cos(lat_1) * cos(lat_2) * sin((lon_2 - lon_1) / 2) ** 2
    return 2 * EARTH_RADIUS_M * atan2(sqrt(half), sqrt(max(0.0, 1 - half)))


# GCJ-02: the true one is not public; this formula is good to metres. Its ellipsoid is that of Krassovsky 1940.
_GCJ_AXIS_M: Final = 6_378_245.0
_GCJ_E2: Final = 0.00669342162296594323
_BD_TURN: Final = pi * 3000 / 180


def to_gcj02(lon: float, lat: float) -> Pair:
    """WGS-84 to GCJ-02 by the formula in public use, degrees. Metres off the true one, which is not public.

    Source: artoria2e5.github.io/PRCoords; vectors agree with gcoord to 1e-7 degrees.
    """
    x, y = lon - 105, lat - 35
    root = sqrt(abs(x))
    ripple = 20 * sin(6 * pi * x) + 20 * sin(2 * pi * x)
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north += (ripple + _waves(y, (20, 1), (40, 3), (160, 12), (320, 30))) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east += (ripple + _waves(x, (20, 1), (40, 3), (150, 12), (300, 30))) * 2 / 3
    squared = 1 - _GCJ_E2 * sin(radians(lat)) ** 2
    meridian_m = _GCJ_AXIS_M * (1 - _GCJ_E2) / (squared * sqrt(squared))
    parallel_m = _GCJ_AXIS_M / sqrt(squared) * cos(radians(lat))
    return lon + degrees(east / parallel_m), lat + degrees(north / meridian_m)


def _waves(t: float, *waves: tuple[int, int]) -> float:
    return sum(height * sin(pi * t / slow) for height, slow in waves)


def gcj02_to_bd09(lon: float, lat: float) -> Pair:
    """GCJ-02 to BD-09, degrees."""
    length = hypot(lon, lat) + 0.00002 * sin(lat * _BD_TURN)
    angle = atan2(lat, lon) + 0.000003 * cos(lon * _BD_TURN)
    return length * cos(angle) + 0.0065, length * sin(angle) + 0.006


def to_bd09(lon: float, lat: float) -> Pair:
    """WGS-84 to BD-09, degrees."""
    return gcj02_to_bd09(*to_gcj02(lon, lat))


def from_gcj02(lon: float, lat: float) -> Pair:
    """GCJ-02 to WGS-84, degrees, to less than a micrometre of the formula's own inverse."""
    return _inverse(to_gcj02, lon, lat, GCJ02_STEPS)


def from_bd09(lon: float, lat: float) -> Pair:
    """BD-09 to WGS-84, degrees: both formulas undone at once."""
    return _inverse(to_bd09, lon, lat, BD09_STEPS)


def _inverse(forward: Callable[[float, float], Pair], lon: float, lat: float, steps: int) -> Pair:
    """Fixed point: the offset changes so slowly over a few hundred metres that each step gains two digits."""
    x, y = lon, lat
    for _ in range(steps):
        there_x, there_y = forward(x, y)
        x, y = x + lon - there_x, y + lat - there_y
    return x, y


def _unchanged(lon: float, lat: float) -> Pair:
    return lon, lat


TO_WGS84: Final[dict[str, Callable[[float, float], Pair]]] = {
    "wgs84": _unchanged,
    "cgcs2000": _unchanged,
    "gcj02": from_gcj02,
    "bd09": from_bd09,
}
FROM_WGS84: Final[dict[str, Callable[[float, float], Pair]]] = {
    "wgs84": _unchanged,
    "cgcs2000": _unchanged,
    "gcj02": to_gcj02,
    "bd09": to_bd09,
}


@dataclass(frozen=True, slots=True)
class _Series:
    """Krueger's series in the third flattening n, to the fourth order: below a micrometre in a 6-degree zone.

    Source: C. F. F. Karney, "Transverse Mercator with an accuracy of a few nanometers", 2011, eqs. 35 and 36.
    """

    radius_m: float  # of the rectifying sphere
    out: tuple[float, ...]  # alpha: from the sphere to the grid
    back: tuple[float, ...]  # beta


@lru_cache(1)
def _series() -> _Series:
    n = FLATTENING / (2 - FLATTENING)
    return _Series(
        SEMI_MAJOR_M / (1 + n) * (1 + n**2 / 4 + n**4 / 64),
        (
            n / 2 - 2 / 3 * n**2 + 5 / 16 * n**3 + 41 / 180 * n**4,
            13 / 48 * n**2 - 3 / 5 * n**3 + 557 / 1440 * n**4,
            61 / 240 * n**3 - 103 / 140 * n**4,
            49561 / 161280 * n**4,
        ),
        (
            n / 2 - 2 / 3 * n**2 + 37 / 96 * n**3 - 1 / 360 * n**4,
            1 / 48 * n**2 + 1 / 15 * n**3 - 437 / 1440 * n**4,
            17 / 480 * n**3 - 37 / 840 * n**4,
            4397 / 161280 * n**4,
        ),
    )


def to_gauss_krueger(lon: float, lat: float, meridian: int) -> Pair:
    """Easting with 500 km added and northing in metres, scale 1, from degrees; |lon - meridian| below 30."""
    conformal = asinh(tan(radians(lat))) - ECCENTRICITY * atanh(ECCENTRICITY * sin(radians(lat)))
    turned = radians(lon - meridian)
    xi = atan2(sinh(conformal), cos(turned))
    eta = asinh(sin(turned) / hypot(sinh(conformal), cos(turned)))
    series = _series()
    x, y = eta, xi
    for j, alpha in enumerate(series.out, 1):
        x += alpha * cos(2 * j * xi) * sinh(2 * j * eta)
        y += alpha * sin(2 * j * xi) * cosh(2 * j * eta)
    return FALSE_EASTING_M + series.radius_m * x, series.radius_m * y


def from_gauss_krueger(easting: float, northing: float, meridian: int) -> Pair:
    """Degrees from an easting (500 km added, without zone digits) and a northing in metres."""
    series = _series()
    eta, xi = (easting - FALSE_EASTING_M) / series.radius_m, northing / series.radius_m
    x, y = eta, xi
    for j, beta in enumerate(series.back, 1):
        x -= beta * cos(2 * j * xi) * sinh(2 * j * eta)
        y -= beta * sin(2 * j * xi) * cosh(2 * j * eta)
    conformal = asinh(sin(y) / hypot(sinh(x), cos(y)))
    lat = atan2(sinh(conformal), 1)
    for _ in range(LATITUDE_STEPS):
        lat = atan2(sinh(conformal + ECCENTRICITY * atanh(ECCENTRICITY * sin(lat))), 1)
    return meridian + degrees(atan2(sinh(x), cos(y))), degrees(lat)
