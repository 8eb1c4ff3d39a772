"""Boundaries of districts as an operator hands them over, and whether a coordinate lies inside. We ship none."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from lenskeeper.base.errors import Invalid

BYTES_MAX: Final = 16 * 1024 * 1024  # of the file: a province by county has 5 MB
CODE_DIGITS_MIN: Final = 2

Ring = tuple[tuple[float, float], ...]
"""Corners (longitude, latitude) in degrees WGS-84; the last may repeat the first."""

Rings = tuple[Ring, ...]
"""One polygon: its outer ring, then its holes."""


@dataclass(frozen=True, slots=True)
class District:
    """An administrative division with its polygons. code: GB/T 2260, without trailing zeros of two."""

    code: str
    polygons: tuple[Rings, ...]

    def holds(self, lon: float, lat: float) -> bool:
        """Whether a position lies inside; on the boundary itself either may come."""
        return any(in_polygon(rings, lon, lat) for rings in self.polygons)


def in_polygon(rings: Rings, lon: float, lat: float) -> bool:
    """Even-odd rule: a ray to the east crosses the rings an odd number of times. Holes need no rule of their own.

    Source: Shimrat, "Algorithm 112: position of point relative to polygon", CACM 5 (1962).
    """
    inside = False
    for ring in rings:
        x0, y0 = ring[-1]
        for x1, y1 in ring:
            # half-open in latitude: a corner on the ray is crossed once, by the edge that goes up from it
            if (y0 > lat) != (y1 > lat) and lon < x0 + (lat - y0) / (y1 - y0) * (x1 - x0):
                inside = not inside
            x0, y0 = x1, y1
    return inside


def significant(code: str) -> str:
    """A division code without the pairs of zeros at its end: 330100 is 3301. At most the six digits of a county."""
    code = code[:6]
    while len(code) > CODE_DIGITS_MIN and code.endswith("00"):
        code = code[:-2]
    return code


def of_code(districts: Sequence[District], code: str) -> list[District]:
    """The finest districts that a division code lies in; none where the boundaries know none."""
    wanted = significant(code)
    found = [one for one in districts if wanted.startswith(one.code)]
    finest = max((len(one.code) for one in found), default=0)
    return [one for one in found if len(one.code) == finest]


def read_districts(data: bytes) -> tuple[District, ...]:
    """The districts of a GeoJSON FeatureCollection: polygons in WGS-84, with a property `code`.

    Invalid: it is none, a code is missing, or a coordinate is none in degrees (projected, or latitude first).
    """
    if len(data) > BYTES_MAX:
        raise Invalid(f"the boundaries are over {BYTES_MAX // 2**20} MB: simplify them", field="districts")
    try:
        features = msgspec.json.decode(data)["features"]
        found = tuple(_district(each) for each in features)
    except (msgspec.MsgspecError, KeyError, TypeError, ValueError, IndexError) as wrong:
        raise Invalid(
            f"the boundaries are no GeoJSON of polygons with a property `code`: {wrong}", field="districts"
        ) from None
    if not found:
        raise Invalid("the boundaries hold no district", field="districts")
    return found


def _district(feature: Any) -> District:
    code = str(feature["properties"]["code"])
    if not (code.isascii() and code.isdigit() and len(code) >= CODE_DIGITS_MIN):
        raise ValueError(f"{code!r} is no division code")
    geometry = feature["geometry"]
    match geometry["type"]:
        case "Polygon":
            polygons = [geometry["coordinates"]]
        case "MultiPolygon":
            polygons = geometry["coordinates"]
        case other:
            raise ValueError(f"{code} is a {other}, not a polygon")
    return District(significant(code), tuple(tuple(_ring(r) for r in p) for p in polygons))


def _ring(corners: Any) -> Ring:
    ring = tuple((float(corner[0]), float(corner[1])) for corner in corners)
    if len(ring) < 3:
        raise ValueError("a ring has fewer than three corners")
    if any(abs(lon) > 180 or abs(lat) > 90 for lon, lat in ring):
        raise ValueError(f"{ring[0]} is no longitude and latitude in degrees")
    return ring
