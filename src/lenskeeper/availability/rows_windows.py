"""Exact sums of any windows of any points, run by run. Reads only."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final, NamedTuple

from sqlalchemy import Connection, select

from lenskeeper.availability.daylight import Cell, cell_of
from lenskeeper.availability.exclusions import Exclusion
from lenskeeper.availability.figures import OUTAGE_LANES, LanePart, Part, Totals, Window
from lenskeeper.availability.lanes import Lane
from lenskeeper.availability.rows_pieces import Pieces, pieces
from lenskeeper.availability.rows_stays import part_of
from lenskeeper.availability.runs import Run
from lenskeeper.availability.tally import NOTHING, Spell, counted, excluded_in, seconds, spells
from lenskeeper.base.spans import clip, length
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.schema import point

POINTS_AT_ONCE: Final = 500


class Placed(NamedTuple):
    """A window [a, b) of a point, with what its daylight hangs on."""

    point_id: PointId
    a: int
    b: int
    cell: Cell
    tz: str


def of_windows(
    connection: Connection, windows: Sequence[Window], lane: Lane, part: Part = Part.WHOLE
) -> list[Totals]:
    """The exact sums of each window, in their order: for parts of a range, such as one device's time at a point.

    Takes windows of points that the caller may see: they came from a query with a scope. Assumes that they exist.
    """
    return [one[0] for one in all_of_windows(connection, windows, ((lane, part),))]


def all_of_windows(
    connection: Connection,
    windows: Sequence[Window],
    wanted: Sequence[LanePart],
    *,
    instead: Mapping[PointId, Sequence[Exclusion]] | None = None,
) -> list[list[Totals]]:
    """The same for several lanes and parts at once; each window has a list in the order of `wanted`.

    instead: what would be excluded of these points, whatever is.
    """
    places: dict[PointId, tuple[Cell, str]] = {}
    for some in _slices(sorted({window.point_id for window in windows})):
        for point_id, tz, lat, lon in connection.execute(
            select(point.c.id, point.c.tz, point.c.lat, point.c.lon).where(point.c.id.in_(some))
        ):
            places[point_id] = cell_of(lat, lon, tz), tz
    placed = [Placed(one.point_id, one.a, one.b, *places[one.point_id]) for one in windows]
    return tallied(connection, placed, wanted, instead=instead)


def tallied(
    connection: Connection,
    windows: Sequence[Placed],
    wanted: Sequence[LanePart],
    *,
    instead: Mapping[PointId, Sequence[Exclusion]] | None = None,
) -> list[list[Totals]]:
    """The sums of windows whose points' places are known already."""
    by_point: dict[PointId, list[int]] = defaultdict(list)
    for number, window in enumerate(windows):
        if window.a < window.b:
            by_point[window.point_id].append(number)
    out: list[list[Totals]] = [[Totals()] * len(wanted) for _ in windows]
    lanes = {lane for lane, _ in wanted}
    for some in _slices(sorted(by_point)):
        numbers = [number for one in some for number in by_point[one]]
        a, b = min(windows[n].a for n in numbers), max(windows[n].b for n in numbers)
        found = pieces(connection, some, a, b, lanes)
        if instead is not None:
            for point_id in instead.keys() & set(some):
                found[point_id].exclude(instead[point_id])
        for point_id in some:
            mine = by_point[point_id]
            for number, sums in zip(
                mine, _of_point(found[point_id], [windows[n] for n in mine], wanted), strict=True
            ):
                out[number] = sums
    return out


def _of_point(known: Pieces, windows: Sequence[Placed], wanted: Sequence[LanePart]) -> Iterator[list[Totals]]:
    outages: dict[Lane, list[Spell]] = {
        lane: spells(known.runs.get(lane, ()), known.excluded, known.out_of_service)
        for lane, part in wanted
        if part is Part.WHOLE and lane in OUTAGE_LANES
    }
    for window in windows:
        yield [_totals(known, window, lane, part, outages.get(lane, ())) for lane, part in wanted]


def _totals(known: Pieces, window: Placed, lane: Lane, part: Part, outages: Sequence[Spell]) -> Totals:
    spans = part_of((window.a, window.b), window.cell, window.tz, part)
    excluded = clip(known.excluded, window.a, window.b) if known.excluded else []
    runs = known.runs.get(lane)
    got = seconds(_meeting(runs, window), counted(spans, excluded)) if runs else NOTHING
    begun = repaired = repair_s = 0
    if part is Part.WHOLE:
        for spell in outages:
            begun += window.a <= spell.begun_s < window.b
            if spell.repaired_s is not None and window.a <= spell.repaired_s < window.b:
                repaired += 1
                repair_s += spell.repair_s
    return Totals(
        span_s=length(spans),
        excluded_s=excluded_in(spans, excluded),
        out_of_service_s=excluded_in(spans, known.out_of_service),
        up_s=got.up_s,
        down_s=got.down_s,
        outages=begun,
        repaired=repaired,
        repair_s=repair_s,
    )


def _meeting(runs: Sequence[Run], window: Placed) -> Sequence[Run]:
    """Those runs that meet a window, without looking at all before it."""
    first = max(0, bisect_left(runs, (window.a,)) - 1)
    return runs[first : bisect_left(runs, (window.b,))]


def _slices(points: Iterable[PointId]) -> Iterator[list[PointId]]:
    left = iter(points)
    while some := list(islice(left, POINTS_AT_ONCE)):
        yield some
