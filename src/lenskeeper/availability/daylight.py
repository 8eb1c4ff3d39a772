"""Where day ends and night begins, so that a picture is told for both apart: dead infra-red lamps hide in one figure.

Day is civil daylight: the sun less than 6 degrees below the horizon, about when cameras switch to infra-red.
"""

from functools import lru_cache
from importlib.resources import files
from math import acos, asin, cos, degrees, floor, radians, sin, tan
from typing import Final

from lenskeeper.base.days import day_span
from lenskeeper.base.spans import Span, clip, union

CIVIL_ZENITH_DEG: Final = 96.0
CELL_DEG: Final = 1  # a position is known to a degree here: 4 minutes of sun, and a city is one or two cells
DAY_S: Final = 86_400
DAYS_REMEMBERED: Final = 65_536  # a province of 40 cells over four years
EPOCH_JULIAN_DAY: Final = 2_440_587.5
SEAM_S: Final = 60  # solar days are not of one length: without it a polar summer had dark seconds at midnight
NOWHERE: Final = (0, 0)  # the cell of a zone that names no place, such as UTC

Cell = tuple[int, int]  # latitude and longitude of its south-west corner, whole degrees


def cell_of(lat: float | None, lon: float | None, zone: str) -> Cell:
    """The cell of a position in degrees WGS-84; without one, of the place that the time zone is named after."""
    if lat is None or lon is None:
        return _places().get(zone, NOWHERE)
    return floor(lat / CELL_DEG) * CELL_DEG, floor(lon / CELL_DEG) * CELL_DEG


@lru_cache(DAYS_REMEMBERED)
def daylight(cell: Cell, day: int, zone: str) -> tuple[Span, ...]:
    """The daylight [rise, set) of a local day, UTC seconds, clipped to the day; right to about two minutes.

    Usually one span; none in a polar night, the whole day in a polar summer, two where the zone's midnight is far
    from the sun's.
    """
    a, b = day_span(day, zone)
    around = range(a // DAY_S - 1, b // DAY_S + 2)
    return tuple(clip(union(_solar_day(cell, solar) for solar in around), a, b))


def _solar_day(cell: Cell, day: int) -> Span:
    """Dawn and dusk around the solar noon of a UTC day; an empty span where the sun stays down."""
    lat, lon = cell[0] + CELL_DEG / 2, cell[1] + CELL_DEG / 2
    mean_noon_s = day * DAY_S + DAY_S / 2 - lon * 240
    noon_s = mean_noon_s - _sun(mean_noon_s)[1]
    return _event(lat, noon_s, -1), _event(lat, noon_s, +1)


def _event(lat: float, noon_s: float, side: int) -> int:
    """Dawn (side -1) or dusk (+1); asked twice, because the sun moves on between noon and then."""
    at_s = noon_s
    for _ in range(2):
        at_s = noon_s + side * _half_day_s(lat, _sun(at_s)[0])
    return round(at_s)


def _half_day_s(lat: float, declination: float) -> float:
    """Seconds from noon to dusk: 0 in a polar night, half a day in a polar summer."""
    phi = radians(lat)
    cosine = cos(radians(CIVIL_ZENITH_DEG)) / (cos(phi) * cos(declination)) - tan(phi) * tan(declination)
    if cosine >= 1:
        return 0.0
    return DAY_S / 2 + SEAM_S if cosine <= -1 else degrees(acos(cosine)) * 240


def _sun(at_s: float) -> tuple[float, float]:
    """Declination in radians, and how many seconds the sundial is ahead of the clock.

    Source: NOAA Solar Calculator, calculation details (after Meeus, Astronomical Algorithms, 1991).
    """
    t = (at_s / DAY_S + EPOCH_JULIAN_DAY - 2_451_545) / 36_525  # Julian centuries since 2000
    mean_longitude = radians((280.46646 + t * (36_000.76983 + t * 0.0003032)) % 360)
    anomaly = radians(357.52911 + t * (35_999.05029 - 0.0001537 * t))
    eccentricity = 0.016708634 - t * (0.000042037 + 0.0000001267 * t)
    centre = (
        sin(anomaly) * (1.914602 - t * (0.004817 + 0.000014 * t))
        + sin(2 * anomaly) * (0.019993 - 0.000101 * t)
        + sin(3 * anomaly) * 0.000289
    )
    node = radians(125.04 - 1_934.136 * t)
    longitude = mean_longitude + radians(centre - 0.00569 - 0.00478 * sin(node))
    tilt = radians(23.439291 - 0.0130042 * t + 0.00256 * cos(node))
    y = tan(tilt / 2) ** 2
    ahead = (
        y * sin(2 * mean_longitude)
        - 2 * eccentricity * sin(anomaly)
        + 4 * eccentricity * y * sin(anomaly) * cos(2 * mean_longitude)
        - y * y / 2 * sin(4 * mean_longitude)
        - 1.25 * eccentricity * eccentricity * sin(2 * anomaly)
    )
    return asin(sin(tilt) * sin(longitude)), degrees(ahead) * 240


@lru_cache(1)
def _places() -> dict[str, Cell]:
    """Time zones and the places they are named after.

    Source: zone1970.tab of the tz database, as the package tzdata brings it.
    """
    text = (files("tzdata") / "zoneinfo" / "zone1970.tab").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in text.splitlines() if line and not line.startswith("#"))
    return {row[2]: _iso6709(row[1]) for row in rows}


def _iso6709(text: str) -> Cell:
    """+3114+12128 or +404251-0740023: degrees, minutes, maybe seconds, of latitude and longitude."""
    cut = max(text.rfind("+"), text.rfind("-"))
    return _degree(text[:cut], 2), _degree(text[cut:], 3)


def _degree(text: str, digits: int) -> int:
    whole, minutes = int(text[1 : 1 + digits]), int(text[1 + digits : 3 + digits])
    return floor((whole + minutes / 60) * (-1 if text[0] == "-" else 1) / CELL_DEG) * CELL_DEG
