"""Areas for the map as an operator hands them over: GeoJSON polygons, made WGS-84, with a name each and nothing else."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from lenskeeper.base.errors import Invalid
from lenskeeper.inventory.geodesy import TO_WGS84, crs_of

BYTES_MAX: Final = 8 * 1024 * 1024  # a city by town has 1 MB
FEATURES_MAX: Final = 5_000
CORNERS_MAX: Final = 300_000
NAME_CHARS_MAX: Final = 100
RING_CORNERS_MIN: Final = 3
NAMED_BY: Final = ("name", "NAME", "Name", "名称", "title", "code")
PLACES: Final = 6  # of a degree: a decimetre


def read_overlay(data: bytes, crs: str) -> bytes:
    """The areas of a GeoJSON file as the map gets them. crs: as declared; it is never guessed.

    Invalid: it is none, too large, has no polygons, or coordinates that are none in degrees.
    """
    if len(data) > BYTES_MAX:
        raise Invalid(f"the file is over {BYTES_MAX // 2**20} MB: simplify its lines", field="file")
    system = crs_of(crs)
    if system not in TO_WGS84:
        raise Invalid("areas are taken in degrees: wgs84, gcj02, bd09 or cgcs2000", field="crs")
    try:
        said = msgspec.json.decode(data)
        features = said["features"] if said["type"] == "FeatureCollection" else [said]
        made = list(_features(features, system))
    except (msgspec.MsgspecError, KeyError, TypeError, ValueError, IndexError) as wrong:
        raise Invalid(f"this is no GeoJSON of polygons: {wrong}", field="file") from None
    if not made:
        raise Invalid("the file holds no area", field="file")
    return msgspec.json.encode({"type": "FeatureCollection", "features": made})


def _features(features: Any, system: str) -> Iterator[Mapping[str, Any]]:
    if len(features) > FEATURES_MAX:
        raise ValueError(f"more than {FEATURES_MAX} areas")
    left = CORNERS_MAX
    for each in features:
        geometry = each["geometry"]
        match geometry["type"]:
            case "Polygon":
                polygons = [geometry["coordinates"]]
            case "MultiPolygon":
                polygons = geometry["coordinates"]
            case other:
                raise ValueError(f"{str(other)[:40]} is not a polygon")
        moved = [[_ring(ring, system) for ring in rings] for rings in polygons]
        left -= sum(len(ring) for rings in moved for ring in rings)
        if left < 0:
            raise ValueError(f"more than {CORNERS_MAX} corners")
        yield {
            "type": "Feature",
            "properties": {"name": _name(each.get("properties") or {})},
            "geometry": {"type": "MultiPolygon", "coordinates": moved},
        }


def _name(properties: Mapping[str, Any]) -> str:
    named = next((properties[key] for key in NAMED_BY if properties.get(key)), "")
    return str(named)[:NAME_CHARS_MAX]


def _ring(corners: Any, system: str) -> list[tuple[float, float]]:
    to_wgs84 = TO_WGS84[system]
    out = []
    for corner in corners:
        x, y = float(corner[0]), float(corner[1])
        if not (-180 <= x <= 180 and -90 <= y <= 90):
            raise ValueError(f"({x}, {y}) is no longitude and latitude in degrees")
        lon, lat = to_wgs84(x, y)
        out.append((round(lon, PLACES), round(lat, PLACES)))
    if len(out) < RING_CORNERS_MIN:
        raise ValueError("a ring has fewer than three corners")
    return out
