"""Rates from the books: exactly from the runs, or quickly from the day rollups; both are equal to the second.

A day is the local day of each point's own time zone. A point that moved counts for each unit while it belonged
there; who belongs to no unit is seen by Scope.ALL alone. Withdrawn points are in no sum.
"""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import Connection, select

from lenskeeper.availability.figures import REPORTED, LanePart, Part, PointSums, Totals, UnitDay, added
from lenskeeper.availability.lanes import Lane
from lenskeeper.availability.rows_stays import Stay, part_s, stays
from lenskeeper.availability.rows_sums import (
    Cut,
    RollupSums,
    by_point,
    by_unit,
    revision,
    rolled_by_point,
    rolled_by_unit,
    rolled_days,
)
from lenskeeper.availability.rows_windows import Placed, of_windows, tallied
from lenskeeper.availability.shares import Share, served, share_in, share_of, totals_of
from lenskeeper.base.access import Scope
from lenskeeper.base.days import day_span
from lenskeeper.base.spans import Span, clip
from lenskeeper.inventory.schema import point
from lenskeeper.units.ids import UnitId
from lenskeeper.units.schema import unit_closure

__all__ = [
    "all_from_rollups",
    "by_unit_and_day",
    "exact",
    "exact_by_unit_and_day",
    "from_rollups",
    "of_windows",
    "revision",
]


def exact(
    connection: Connection,
    scope: Scope,
    lane: Lane,
    a: int,
    b: int,
    part: Part = Part.WHOLE,
    *,
    outages: bool = True,
) -> list[PointSums]:
    """The sums of each point over any [a, b), from the runs; ordered by point and time.

    A point registered but not in service has all its seconds excluded.
    outages: without them the database adds up by two plain joins, and no run is brought here.
    """
    found = stays(connection, scope, a, b)
    if outages or part is not Part.WHOLE:
        sums = _tallied(connection, found, (lane, part))
        return [_point_sums(stay, part, [share]) for stay, share in zip(found, sums, strict=True)]
    cuts = [Cut(tz, 0, a, b) for tz in sorted({stay.tz for stay in found})]
    got = by_point(connection, scope, lane, cuts)
    of_none = [stay for stay in found if stay.unit_id is None]
    rest = iter(_tallied(connection, of_none, (lane, part)))
    return [
        _point_sums(
            stay,
            part,
            [next(rest) if stay.unit_id is None else Share(*got.get((stay.point_id, stay.began_s), ()))],
        )
        for stay in found
    ]


def from_rollups(
    connection: Connection, scope: Scope, lane: Lane, a: int, b: int, part: Part = Part.WHOLE
) -> list[PointSums]:
    """The same sums, whole local days from the rollups and the rest from the runs.

    A lane and part that is not in figures.REPORTED comes wholly from the runs.
    """
    if (lane, part) not in REPORTED:
        return exact(connection, scope, lane, a, b, part)
    return _from_rollups(connection, scope, a, b, ((lane, part),))[lane, part]


def all_from_rollups(connection: Connection, scope: Scope, a: int, b: int) -> dict[LanePart, list[PointSums]]:
    """The same for all of figures.REPORTED at once, in one pass over the rollups; the lists have one order."""
    return _from_rollups(connection, scope, a, b, REPORTED)


def by_unit_and_day(
    connection: Connection,
    scope: Scope,
    lane: Lane,
    first_day: int,
    end_day: int,
    *,
    groups: Collection[UnitId] | None = None,
    part: Part = Part.WHOLE,
) -> list[UnitDay]:
    """Sums of units over the local days [first_day, end_day), from the rollups where there are any.

    groups: the units to add up to, each with all that hangs below it (a point is in two groups if they nest);
    None: each point's own unit. Ordered by unit and day; a unit without a point on a day has no row.
    """
    grid = _Grid(_day_stays(connection, scope, first_day, end_day), (lane, part), range(first_day, end_day))
    closed = rolled_days(connection) if (lane, part) in REPORTED else {}
    cuts = [cut for tz in grid.zones for cut in grid.cuts(tz) if cut.key in closed.get(tz, ())]
    grid.take(rolled_by_unit(connection, scope, cuts, looks=lane is not Lane.REACHABLE), closed)
    grid.take_rest(connection)
    return grid.rows(_above(connection, groups))


def exact_by_unit_and_day(
    connection: Connection,
    scope: Scope,
    lane: Lane,
    first_day: int,
    end_day: int,
    *,
    groups: Collection[UnitId] | None = None,
    part: Part = Part.WHOLE,
    outages: bool = True,
) -> list[UnitDay]:
    """The same from the runs alone: slow, and what the rollups are checked against. outages: as in exact()."""
    grid = _Grid(_day_stays(connection, scope, first_day, end_day), (lane, part), range(first_day, end_day))
    if not outages and part is Part.WHOLE:
        cuts = [cut for tz in grid.zones for cut in grid.cuts(tz)]
        for cell, got in by_unit(connection, scope, lane, cuts).items():
            grid.shares[cell].append(Share(*got))
        grid.is_taken = {(stay.unit_id, day) for stay in grid.kinds for day in grid.days if stay.unit_id}
    grid.take_rest(connection)
    return grid.rows(_above(connection, groups))


@dataclass(frozen=True, slots=True)
class _Whole:
    """The whole days of a stay that are added up: [first, end), how many rows they have, how long they serve."""

    first: int
    end: int
    a: int
    b: int
    rows: int
    served_s: int


def _from_rollups(
    connection: Connection, scope: Scope, a: int, b: int, wanted: Sequence[LanePart]
) -> dict[LanePart, list[PointSums]]:
    found = stays(connection, scope, a, b)
    cuts: dict[str, list[Cut]] = {}
    for tz, days in rolled_days(connection).items():
        spans = ((day, *day_span(day, tz)) for day in days)
        cuts[tz] = [Cut(tz, day, begin, end) for day, begin, end in spans if begin >= a and end <= b]
    rolled = rolled_by_point(
        connection,
        scope,
        [cut for own in cuts.values() for cut in own],
        looks=any(lane is not Lane.REACHABLE for lane, _ in wanted),
    )
    known: dict[tuple[str, int, int, tuple[Span, ...]], _Whole] = {}
    shares: list[list[list[Share]]] = [[] for _ in found]
    rest: list[tuple[int, int, int]] = []
    for number, stay in enumerate(found):
        key = stay.tz, stay.a, stay.b, stay.out
        if key not in known:
            known[key] = _whole_days(cuts.get(stay.tz, []), stay)
        whole = known[key]
        got = rolled.get((stay.point_id, stay.began_s), RollupSums(0, {}))
        if got.rows != whole.rows or stay.unit_id is None:
            rest.append((number, stay.a, stay.b))  # some day is dirty: its point is read anew
            continue
        if got.rows:
            shares[number].append([share_of(got.values, whole.served_s, one) for one in wanted])
        edges = ((stay.a, whole.a), (whole.b, stay.b))
        rest += [(number, begin, end) for begin, end in edges if begin < end]
    windows = [
        Placed(found[number].point_id, begin, end, found[number].cell, found[number].tz)
        for number, begin, end in rest
    ]
    for (number, _, _), sums in zip(rest, tallied(connection, windows, wanted), strict=True):
        shares[number].append([share_in(one) for one in sums])
    return {
        one: [
            _point_sums(stay, one[1], [share[place] for share in own])
            for stay, own in zip(found, shares, strict=True)
        ]
        for place, one in enumerate(wanted)
    }


def _whole_days(cuts: Sequence[Cut], stay: Stay) -> _Whole:
    first = bisect_left(cuts, stay.a, key=lambda cut: cut.a)
    end = bisect_right(cuts, stay.b, key=lambda cut: cut.b)
    if first >= end:
        return _Whole(0, 0, stay.a, stay.a, 0, 0)
    serving = [served((cut.a, cut.b), stay.out) for cut in cuts[first:end]]
    return _Whole(first, end, cuts[first].a, cuts[end - 1].b, sum(s > 0 for s in serving), sum(serving))


def _point_sums(stay: Stay, part: Part, shares: Iterable[Share]) -> PointSums:
    out_s = sum(part_s(span, stay.cell, stay.tz, part) for span in clip(stay.out, stay.a, stay.b))
    totals = totals_of(shares, part_s((stay.a, stay.b), stay.cell, stay.tz, part), out_s)
    return PointSums(stay.point_id, stay.unit_id, stay.klass, stay.a, stay.b, totals)


def _tallied(connection: Connection, found: Sequence[Stay], wanted: LanePart) -> list[Share]:
    windows = [Placed(stay.point_id, stay.a, stay.b, stay.cell, stay.tz) for stay in found]
    return [share_in(own[0]) for own in tallied(connection, windows, (wanted,))]


def _day_stays(connection: Connection, scope: Scope, first_day: int, end_day: int) -> list[Stay]:
    """The stays that meet the days, wherever a zone's days begin."""
    if first_day >= end_day:
        return []
    zones = connection.execute(select(point.c.tz).distinct()).scalars().all()
    begins = [day_span(first_day, tz)[0] for tz in zones]
    ends = [day_span(end_day - 1, tz)[1] for tz in zones]
    return stays(connection, scope, min(begins), max(ends)) if zones else []


_Cell = tuple[UnitId | None, int]


class _Kind(NamedTuple):
    """What the stays of one kind have in common: most points of a unit are of one."""

    unit_id: UnitId | None
    tz: str
    cell: tuple[int, int]
    a: int
    b: int
    out: tuple[Span, ...]


def _kind_of(stay: Stay) -> _Kind:
    return _Kind(stay.unit_id, stay.tz, stay.cell, stay.a, stay.b, stay.out)


@dataclass(slots=True)
class _Grid:
    """Units by days: what is expected in each cell, and what was found of it."""

    found: Sequence[Stay]
    wanted: LanePart
    days: range
    kinds: Counter[_Kind] = field(init=False)
    shares: dict[_Cell, list[Share]] = field(default_factory=lambda: defaultdict(list))
    is_taken: set[_Cell] = field(default_factory=set)
    by_zone: dict[str, list[Cut]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.kinds = Counter(map(_kind_of, self.found))

    @property
    def zones(self) -> list[str]:
        """The time zones of the points."""
        return sorted({kind.tz for kind in self.kinds})

    def cuts(self, tz: str) -> list[Cut]:
        """The days in a zone."""
        if tz not in self.by_zone:
            self.by_zone[tz] = [Cut(tz, day, *day_span(day, tz)) for day in self.days]
        return self.by_zone[tz]

    def take(self, rolled: Mapping[tuple[UnitId, int], RollupSums], closed: Mapping[str, range]) -> None:
        """Take the cells whose rows are all there, none of them dirty; the others are left to the runs."""
        rows: dict[_Cell, int] = defaultdict(int)
        served_s: dict[_Cell, int] = defaultdict(int)
        torn: set[_Cell] = set()
        for kind, count in self.kinds.items():
            for cut in self.cuts(kind.tz):
                if cut.a >= kind.b or cut.b <= kind.a:
                    continue
                cell = kind.unit_id, cut.key
                if kind.unit_id is None or cut.key not in closed.get(kind.tz, ()) or not _holds(kind, cut):
                    torn.add(cell)
                elif serves_s := served((cut.a, cut.b), kind.out):
                    rows[cell] += count
                    served_s[cell] += count * serves_s
        for cell, got in rolled.items():
            if cell not in torn and rows[cell] == got.rows:
                self.shares[cell].append(share_of(got.values, served_s[cell], self.wanted))
                self.is_taken.add(cell)

    def take_rest(self, connection: Connection) -> None:
        """Read what was not taken from the runs."""
        left = {kind: pieces for kind in self.kinds if (pieces := self._left(kind))}
        windows: list[Placed] = []
        cells: list[_Cell] = []
        for stay in self.found if left else ():
            for day, a, b in left.get(_kind_of(stay), ()):
                windows.append(Placed(stay.point_id, a, b, stay.cell, stay.tz))
                cells.append((stay.unit_id, day))
        for cell, sums in zip(cells, tallied(connection, windows, (self.wanted,)), strict=True):
            self.shares[cell].append(share_in(sums[0]))

    def _left(self, kind: _Kind) -> list[tuple[int, int, int]]:
        """Days and their spans of one kind of stay that were not taken and in which it serves."""
        return [
            (cut.key, a, b)
            for cut in self.cuts(kind.tz)
            if (a := max(cut.a, kind.a)) < (b := min(cut.b, kind.b))
            and (kind.unit_id, cut.key) not in self.is_taken
            and served((a, b), kind.out)
        ]

    def rows(self, above: Mapping[UnitId, Sequence[UnitId]] | None) -> list[UnitDay]:
        """The cells, added up to the groups above each unit; in order."""
        part = self.wanted[1]
        spans: dict[_Cell, list[int]] = defaultdict(lambda: [0, 0])
        for kind, count in self.kinds.items():
            for cut in self.cuts(kind.tz):
                a, b = max(cut.a, kind.a), min(cut.b, kind.b)
                if a < b:
                    own = spans[kind.unit_id, cut.key]
                    own[0] += count * part_s((a, b), kind.cell, kind.tz, part)
                    own[1] += count * sum(part_s(s, kind.cell, kind.tz, part) for s in clip(kind.out, a, b))
        sums: dict[_Cell, list[Totals]] = defaultdict(list)
        for (unit_id, day), (span_s, out_s) in spans.items():
            totals = totals_of(self.shares.get((unit_id, day), ()), span_s, out_s)
            for group in [unit_id] if above is None else above.get(unit_id, ()) if unit_id else ():
                sums[group, day].append(totals)
        ordered = sorted(sums, key=lambda cell: (cell[0] is None, cell[0] or 0, cell[1]))
        return [UnitDay(unit_id, day, added(sums[unit_id, day])) for unit_id, day in ordered]


def _holds(kind: _Kind, cut: Cut) -> bool:
    return kind.a <= cut.a and cut.b <= kind.b


def _above(connection: Connection, groups: Collection[UnitId] | None) -> dict[UnitId, list[UnitId]] | None:
    """The groups that each unit belongs to."""
    if groups is None:
        return None
    found: dict[UnitId, list[UnitId]] = defaultdict(list)
    for ancestor, descendant in connection.execute(
        select(unit_closure.c.ancestor_id, unit_closure.c.descendant_id).where(
            unit_closure.c.ancestor_id.in_(sorted(groups))
        )
    ):
        found[UnitId(descendant)].append(UnitId(ancestor))
    return found
