"""Squares of the map: Web Mercator halved again and again, numbered along a Morton curve, so that a square is one range."""

from math import asinh, atan, degrees, pi, radians, sinh, tan
from typing import Final

FINEST: Final = 20  # 38 m at the equator: finer than any cluster is drawn
KEPT_LEVELS: Final = (4, 6, 8, 10, 12, 14, 16)  # what lies between is added up from the next finer one
LAT_MAX: Final = 85.0511287798066  # where the square world ends
_SPREAD: Final = ((16, 0x0000FFFF0000FFFF), (8, 0x00FF00FF00FF00FF), (4, 0x0F0F0F0F0F0F0F0F),
                  (2, 0x3333333333333333), (1, 0x5555555555555555))  # fmt: skip


def cell_of(lon: float, lat: float, level: int = FINEST) -> int:
    """The number of the square that a place lies in. lon, lat: degrees WGS-84."""
    x, y = square_of(lon, lat, level)
    return _spread(x) | _spread(y) << 1


def square_of(lon: float, lat: float, level: int) -> tuple[int, int]:
    """Column from the west and row from the north."""
    side = 1 << level
    north = asinh(tan(radians(max(-LAT_MAX, min(LAT_MAX, lat)))))
    x, y = int((lon + 180) / 360 * side), int((1 - north / pi) / 2 * side)
    return max(0, min(side - 1, x)), max(0, min(side - 1, y))


def corner_of(x: int, y: int, level: int) -> tuple[float, float]:
    """The north-west corner of a square, longitude and latitude in degrees."""
    side = 1 << level
    return x / side * 360 - 180, degrees(atan(sinh(pi * (1 - 2 * y / side))))


def ranges_of(west: float, south: float, east: float, north: float, level: int) -> list[tuple[int, int]]:
    """The squares of a level that meet a rectangle, as joined ranges [a, b) of their numbers.

    At most a few dozen ranges where the rectangle is some squares wide; choose the level so.
    """
    x0, y0 = square_of(west, north, level)
    x1, y1 = square_of(east, south, level)
    numbers = sorted(_spread(x) | _spread(y) << 1 for y in range(y0, y1 + 1) for x in range(x0, x1 + 1))
    out: list[tuple[int, int]] = []
    for each in numbers:
        if out and out[-1][1] == each:
            out[-1] = (out[-1][0], each + 1)
        else:
            out.append((each, each + 1))
    return out


def level_for(west: float, east: float, squares: int) -> int:
    """The finest level at which a rectangle is at most so many squares wide."""
    level = 0
    while level < FINEST and (east - west) / 360 * (1 << level + 1) <= squares:
        level += 1
    return level


def _spread(n: int) -> int:
    """The bits of a number with a zero between each two: Morton's interleaving, one half of it."""
    for shift, mask in _SPREAD:
        n = (n | n << shift) & mask
    return n
