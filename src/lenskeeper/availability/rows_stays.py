"""Which point belonged to which unit, when, and since when it serves: whose seconds a sum is made of. Reads only."""

from collections import defaultdict
from functools import lru_cache
from typing import Final, NamedTuple

from sqlalchemy import Connection, or_, select

from lenskeeper.availability.daylight import Cell, cell_of, daylight
from lenskeeper.availability.exclusions import BEGINNING_S, FOREVER_S, Kind
from lenskeeper.availability.figures import Part
from lenskeeper.availability.schema import exclusion
from lenskeeper.availability.tally import dark_of, light_of
from lenskeeper.base.access import Scope
from lenskeeper.base.days import local_day
from lenskeeper.base.spans import Span, length, subtract
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_seen import seen
from lenskeeper.inventory.schema import membership, point
from lenskeeper.units.ids import UnitId

RANGES_REMEMBERED: Final = 4_096  # cells and ranges of one report: neighbours share them


class Stay(NamedTuple):
    """A point while it belonged to one unit, clipped to [a, b). began_s tells it from its other stays.

    A tuple: each figure of a fleet begins with one for each point.

    unit_id: None while it belonged to no unit. out: when it was out of service, not clipped.
    """

    point_id: PointId
    unit_id: UnitId | None
    klass: int
    tz: str
    cell: Cell
    began_s: int
    a: int
    b: int
    out: tuple[Span, ...]


def stays(connection: Connection, scope: Scope, a: int, b: int) -> list[Stay]:
    """The stays that meet [a, b), by point and time. With Scope.ALL they cover each point's whole range."""
    if a >= b:
        return []
    belonged = (
        select(membership.c.point_id, membership.c.unit_id, membership.c.from_s, membership.c.to_s)
        .where(seen(scope, membership.c.point_id, membership.c.unit_id, a, b))
        .where(membership.c.from_s < b, or_(membership.c.to_s.is_(None), membership.c.to_s > a))
    )
    units: dict[int, list[tuple[int, int, UnitId | None]]] = defaultdict(list)
    for point_id, unit_id, from_s, to_s in connection.execute(belonged).all():
        units[point_id].append((from_s, FOREVER_S if to_s is None else to_s, unit_id))
    out = _out_of_service(connection, a, b)
    found: list[Stay] = []
    places = connection.execute(
        select(point.c.id, point.c.klass, point.c.tz, point.c.lat, point.c.lon)
        .where(point.c.withdrawn_s.is_(None))
        .order_by(point.c.id)
    ).all()
    for point_id, klass, tz, lat, lon in places:
        own = units.get(point_id, [])
        cell, idle = cell_of(lat, lon, tz), out.get(point_id, ())
        if len(own) == 1 and own[0][0] <= a and own[0][1] >= b:  # nearly all of them
            found.append(Stay(point_id, own[0][2], klass, tz, cell, own[0][0], a, b, idle))
            continue
        if scope.units is None:
            gaps = subtract([(BEGINNING_S, FOREVER_S)], sorted((stay[0], stay[1]) for stay in own))
            own = [*own, *((begin, end, None) for begin, end in gaps)]
        found += [
            Stay(point_id, unit_id, klass, tz, cell, begin, max(a, begin), min(b, end), idle)
            for begin, end, unit_id in sorted(own, key=lambda stay: stay[0])
            if begin < b and end > a
        ]
    return found


def part_of(span: Span, cell: Cell, tz: str, part: Part) -> list[Span]:
    """The day or the night of a span, or all of it."""
    if part is Part.WHOLE:
        return [span]
    light = _light(cell, tz, *span)
    return light_of(light, *span) if part is Part.DAY else dark_of(light, *span)


def part_s(span: Span, cell: Cell, tz: str, part: Part) -> int:
    """How long that is."""
    if part is Part.WHOLE:
        return max(0, span[1] - span[0])
    light_s = _light_s(cell, tz, *span)
    return light_s if part is Part.DAY else max(0, span[1] - span[0]) - light_s


@lru_cache(RANGES_REMEMBERED)
def _light(cell: Cell, tz: str, a: int, b: int) -> tuple[Span, ...]:
    if a >= b:
        return ()
    return tuple(
        piece
        for day in range(local_day(a, tz), local_day(b - 1, tz) + 1)
        for piece in daylight(cell, day, tz)
    )


@lru_cache(RANGES_REMEMBERED)
def _light_s(cell: Cell, tz: str, a: int, b: int) -> int:
    return length(light_of(_light(cell, tz, a, b), a, b))


def _out_of_service(connection: Connection, a: int, b: int) -> dict[PointId, tuple[Span, ...]]:
    found: dict[PointId, list[Span]] = defaultdict(list)
    for point_id, begin, end in connection.execute(
        select(exclusion.c.point_id, exclusion.c.a, exclusion.c.b)
        .where(exclusion.c.kind == Kind.OUT_OF_SERVICE, exclusion.c.a < b, exclusion.c.b > a)
        .order_by(exclusion.c.point_id, exclusion.c.a)
    ):
        found[point_id].append((begin, end))
    return {point_id: tuple(spans) for point_id, spans in found.items()}
