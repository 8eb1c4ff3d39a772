"""A report read from the books: the parts of each point, cut where it changed its unit or its device."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from sqlalchemy import Connection, or_, select

from lenskeeper.availability.figures import REPORTED, LanePart, PointSums, Totals, Window
from lenskeeper.availability.figures import Part as DayPart
from lenskeeper.availability.lanes import Lane
from lenskeeper.availability.rows_figures import all_from_rollups, by_unit_and_day
from lenskeeper.availability.rows_windows import all_of_windows
from lenskeeper.base.access import Scope
from lenskeeper.base.days import day_span
from lenskeeper.base.spans import clip
from lenskeeper.inventory.completeness import completeness
from lenskeeper.inventory.ids import DeviceId, PointId
from lenskeeper.inventory.rows_present import slices
from lenskeeper.inventory.rows_snapshot import files
from lenskeeper.inventory.schema import device, installation, point
from lenskeeper.reporting.assemble import Books, assemble
from lenskeeper.reporting.lots import Lot
from lenskeeper.reporting.periods import Period, until
from lenskeeper.reporting.report import NOBODY, DayLine, Part, Report
from lenskeeper.reporting.rows_beside import excluded_hours, fault_seconds, gaps, long_dead
from lenskeeper.reporting.rows_pictures import pictures_now
from lenskeeper.reporting.sums import Sums, added
from lenskeeper.units.ids import UnitId
from lenskeeper.units.rows import Unit, get, tree

REACHABLE = (Lane.REACHABLE, DayPart.WHOLE)
OF_DAY = (REACHABLE, (Lane.PICTURE_FIT, DayPart.WHOLE))


def report(
    connection: Connection,
    scope: Scope,
    unit_id: UnitId | None,
    period: Period,
    *,
    now_s: int,
    watermark_s: int | None = None,
    exercise: bool = False,
    lot: Lot | None = None,
) -> Report:
    """The report of one unit with all below it, or of everything that may be seen (None), as the books stand.

    watermark_s: the instant up to which the books are taken as written; now_s where nothing is said.
    lot:         of this contract's points instead, in whatever units they are; unit_id is None then.
    NotFound: no such unit. Invalid: nothing of the period is over at the watermark.
    """
    known_s = now_s if watermark_s is None else watermark_s
    cut = until(period, known_s)
    name = "" if unit_id is None else get(connection, scope, unit_id).name
    own = scope if unit_id is None else Scope(frozenset({unit_id}))
    units = tree(connection, own)
    parts = _with_completeness(connection, own, _parts(connection, own, unit_id, units, cut, lot), now_s)
    names = {unit.unit_id: unit.name for unit in units}
    books = Books(
        parts=_with_faults(connection, parts, cut),
        days=_days(connection, own, unit_id, cut) if lot is None else _days_of(connection, parts, cut),
        excluded=excluded_hours(connection, own, parts, cut.a_s, cut.b_s, lot),
        gaps=gaps(connection, parts),
        long_dead=long_dead(connection, own, parts, names, known_s),
        pictures=pictures_now(connection, {part.point_id for part in parts}),
        unit_names=names,
    )
    return assemble(
        books,
        unit_id=lot.unit_id if lot is not None else NOBODY if unit_id is None else unit_id,
        unit_name=name if lot is None else lot.name,
        period=cut,
        watermark_s=known_s,
        made_at_s=now_s,
        exercise=exercise,
    )


@dataclass(frozen=True, slots=True)
class _Hung:
    a_s: int
    b_s: int
    device_id: DeviceId
    make: str
    model: str


def _parts(
    connection: Connection,
    own: Scope,
    unit_id: UnitId | None,
    units: Sequence[Unit],
    period: Period,
    lot: Lot | None,
) -> list[Part]:
    sums = all_from_rollups(connection, own, period.a_s, period.b_s)
    stays = [
        stay
        for stay in sums[REACHABLE]
        if stay.totals.out_of_service_s < stay.totals.span_s  # else it was no camera of this range
        and (lot is None or stay.point_id in lot.times)
    ]
    whole = {(stay.point_id, stay.a): sums_of(found) for stay, found in _aligned(sums)}
    ids = sorted({stay.point_id for stay in stays})
    labels = _labels(connection, ids)
    hung = _hung(connection, ids, period)
    branch = _branches(units, unit_id if lot is None else _root(units))
    pieces: list[tuple[PointSums, int, int, _Hung | None]] = []
    for stay in stays:
        for a, b, what in _pieces(stay, hung.get(stay.point_id, [])):
            kept = [(a, b)] if lot is None else clip(lot.times[stay.point_id], a, b)
            pieces += [(stay, begin, end, what) for begin, end in kept]
    torn = [
        (stay, a, b) for stay, a, b, _ in pieces if (a, b) != (stay.a, stay.b)
    ]  # few: only where a device was hung or taken down, or a lot was left or joined, within the range
    windows = [Window(stay.point_id, a, b) for stay, a, b in torn]
    exact = {
        (window.point_id, window.a): sums_of(dict(zip(REPORTED, found, strict=True)))
        for window, found in zip(windows, all_of_windows(connection, windows, REPORTED), strict=True)
    }
    return [
        Part(
            point_id=stay.point_id,
            name=labels[stay.point_id][0],
            code=labels[stay.point_id][1],
            unit_id=NOBODY if stay.unit_id is None else stay.unit_id,
            branch=NOBODY if stay.unit_id is None else branch.get(stay.unit_id, NOBODY),
            klass=stay.klass,
            device_id=what.device_id if what else None,
            make=what.make if what else "",
            model=what.model if what else "",
            a_s=a,
            b_s=b,
            sums=whole[stay.point_id, stay.a] if (a, b) == (stay.a, stay.b) else exact[stay.point_id, a],
        )
        for stay, a, b, what in pieces
    ]


def _aligned(
    sums: Mapping[LanePart, Sequence[PointSums]],
) -> Iterable[tuple[PointSums, dict[LanePart, Totals]]]:
    """Each stay with its totals in all lanes: the lists of the books have one order."""
    lanes = list(sums)
    for row in zip(*(sums[lane] for lane in lanes), strict=True):
        assert len({(one.point_id, one.a) for one in row}) == 1
        yield row[0], {lane: one.totals for lane, one in zip(lanes, row, strict=True)}


def sums_of(found: Mapping[LanePart, Totals]) -> Sums:
    """The sums of one stretch from those of its lanes; the fields of the register are not among them."""
    reach, fit = found[REACHABLE], found[Lane.PICTURE_FIT, DayPart.WHOLE]
    day, night = found[Lane.PICTURE_FIT, DayPart.DAY], found[Lane.PICTURE_FIT, DayPart.NIGHT]
    delivery = found[Lane.DELIVERY, DayPart.WHOLE]
    return Sums(
        span_s=reach.span_s,
        excluded_s=reach.excluded_s,
        out_of_service_s=reach.out_of_service_s,
        up_s=reach.up_s,
        down_s=reach.down_s,
        outages=reach.outages,
        repaired=reach.repaired,
        repair_s=reach.repair_s,
        fit_s=fit.up_s,
        fault_s=fit.down_s,
        fit_day_s=day.up_s,
        fault_day_s=day.down_s,
        fit_night_s=night.up_s,
        fault_night_s=night.down_s,
        delivered_s=delivery.up_s,
        undelivered_s=delivery.down_s,
        low_visibility_s=found[Lane.LOW_VISIBILITY, DayPart.WHOLE].up_s,
        not_checkable_s=found[Lane.NOT_CHECKABLE, DayPart.WHOLE].up_s,
        no_picture_s=found[Lane.NO_PICTURE, DayPart.WHOLE].up_s,
        held_s=found[Lane.HELD, DayPart.WHOLE].up_s,
    )


def _labels(connection: Connection, ids: Sequence[PointId]) -> dict[PointId, tuple[str, str]]:
    found: dict[PointId, tuple[str, str]] = {}
    for piece in slices(ids):
        rows = connection.execute(select(point.c.id, point.c.name, point.c.code).where(point.c.id.in_(piece)))
        found.update({PointId(row.id): (row.name, row.code) for row in rows})
    return found


def _hung(connection: Connection, ids: Sequence[PointId], period: Period) -> dict[PointId, list[_Hung]]:
    """What hung at each point in the range, by time."""
    found: dict[PointId, list[_Hung]] = defaultdict(list)
    for piece in slices(ids):
        rows = connection.execute(
            select(
                installation.c.point_id,
                installation.c.from_s,
                installation.c.to_s,
                device.c.id,
                device.c.make,
                device.c.model,
            )
            .join(device, device.c.id == installation.c.device_id)
            .where(
                installation.c.point_id.in_(piece),
                installation.c.from_s < period.b_s,
                or_(installation.c.to_s.is_(None), installation.c.to_s > period.a_s),
            )
            .order_by(installation.c.point_id, installation.c.from_s)
        )
        for point_id, from_s, to_s, device_id, make, model in rows:
            end_s = period.b_s if to_s is None else to_s
            found[point_id].append(_Hung(from_s, end_s, DeviceId(device_id), make, model))
    return found


def _pieces(stay: PointSums, hung: Sequence[_Hung]) -> list[tuple[int, int, _Hung | None]]:
    """A stay cut where a device came or went; a stretch in which nothing hung is a piece of its own.

    A device that was taken down before the point counted, or hung later, cuts nothing.
    """
    cuts = {stay.a, stay.b}
    for one in hung:
        cuts |= {at_s for at_s in (one.a_s, one.b_s) if stay.a < at_s < stay.b}
    edges = sorted(cuts)
    found: list[tuple[int, int, _Hung | None]] = []
    for a, b in pairwise(edges):
        what = next((one for one in hung if one.a_s <= a < one.b_s), None)
        found.append((a, b, what))
    return found


def _root(units: Sequence[Unit]) -> UnitId | None:
    """The topmost unit: a lot's cameras are told apart by the units beneath it."""
    return next((unit.unit_id for unit in units if unit.parent_id is None), None)


def _branches(units: Sequence[Unit], top: UnitId | None) -> dict[UnitId, UnitId]:
    """The unit directly beneath the report's own that each unit hangs in; parents come before their children."""
    found: dict[UnitId, UnitId] = {}
    for unit in units:
        parent = unit.parent_id
        if parent is None or top in (parent, unit.unit_id) or parent not in found:
            found[unit.unit_id] = unit.unit_id
        else:
            found[unit.unit_id] = found[parent]
    return found


def _with_completeness(connection: Connection, own: Scope, parts: Sequence[Part], now_s: int) -> list[Part]:
    """Each camera's required fields, in its last part: they are of the register as it stands, and count once."""
    known = files(connection, own, now_s)
    last = {part.point_id: part.a_s for part in parts}
    out = []
    for part in parts:
        if part.a_s == last[part.point_id] and part.point_id in known:
            found = completeness(known[part.point_id])
            sums = replace(part.sums, fields_filled=found.filled, fields_required=found.required)
            out.append(replace(part, sums=sums))
        else:
            out.append(part)
    return out


def _with_faults(connection: Connection, parts: Sequence[Part], period: Period) -> list[Part]:
    kinds = fault_seconds(connection, [part for part in parts if part.sums.fault_s], period.b_s)
    return [
        replace(part, faults=kinds[part.point_id, part.a_s]) if (part.point_id, part.a_s) in kinds else part
        for part in parts
    ]


def _days(connection: Connection, own: Scope, unit_id: UnitId | None, period: Period) -> list[DayLine]:
    """What answered and what was fit, day by day; each point's own local days. The last may be cut short."""
    days = period.days()
    last_a, last_b = day_span(days[-1], period.tz)
    whole_days = days[:-1] if period.b_s < last_b else days
    groups = None if unit_id is None else (unit_id,)
    found: dict[int, list[Sums]] = {day: [] for day in days}
    if whole_days:
        span = (whole_days[0], whole_days[-1] + 1)
        for row in by_unit_and_day(connection, own, Lane.REACHABLE, *span, groups=groups):
            found[row.day].append(_reach_sums(row.totals))
        for row in by_unit_and_day(connection, own, Lane.PICTURE_FIT, *span, groups=groups):
            found[row.day].append(Sums(fit_s=row.totals.up_s, fault_s=row.totals.down_s))
    if len(whole_days) < len(days):
        rest = all_from_rollups(connection, own, last_a, period.b_s)
        found[days[-1]] = [sums_of(totals) for _, totals in _aligned(rest)]
    return [DayLine(day, added(sums)) for day, sums in found.items()]


def _days_of(connection: Connection, parts: Sequence[Part], period: Period) -> list[DayLine]:
    """The same of some points alone: the days added up know units and no lots, so this is from the runs."""
    windows: list[Window] = []
    days: list[int] = []
    for day in period.days():
        a, b = day_span(day, period.tz)
        for part in parts:
            if a < part.b_s and part.a_s < b:
                windows.append(Window(part.point_id, max(a, part.a_s), min(b, part.b_s)))
                days.append(day)
    found: dict[int, list[Sums]] = {day: [] for day in period.days()}
    for day, (reach, fit) in zip(days, all_of_windows(connection, windows, OF_DAY), strict=True):
        found[day].append(replace(_reach_sums(reach), fit_s=fit.up_s, fault_s=fit.down_s))
    return [DayLine(day, added(sums)) for day, sums in found.items()]


def _reach_sums(totals: Totals) -> Sums:
    return Sums(
        span_s=totals.span_s,
        excluded_s=totals.excluded_s,
        out_of_service_s=totals.out_of_service_s,
        up_s=totals.up_s,
        down_s=totals.down_s,
        outages=totals.outages,
        repaired=totals.repaired,
        repair_s=totals.repair_s,
    )
