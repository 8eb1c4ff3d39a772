"""What stands beside the rates: who excluded what, when nothing was known, what is long dead, what kind of fault."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from sqlalchemy import Connection, func, literal, select, union_all

from lenskeeper.availability.exclusions import covered
from lenskeeper.availability.lanes import Lane, State
from lenskeeper.availability.rows import current, runs_in
from lenskeeper.availability.rows_exclusions import excluded_by, points_of, windows_of
from lenskeeper.availability.rows_maintenance import pending_seconds
from lenskeeper.availability.runs import month_start
from lenskeeper.availability.schema import evidence, exclusion, look, maintenance, run, standing
from lenskeeper.base.access import Scope
from lenskeeper.base.spans import Span, clip, length, subtract
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_present import slices
from lenskeeper.reporting.lots import Lot
from lenskeeper.reporting.report import ExcludedHours, Gap, LongDead, Part
from lenskeeper.reporting.takeover import LONG_DEAD_S
from lenskeeper.units.ids import UnitId


def excluded_hours(
    connection: Connection,
    own: Scope,
    parts: Sequence[Part],
    a_s: int,
    b_s: int,
    lot: Lot | None = None,
) -> list[ExcludedHours]:
    """By author and reason; service life has neither, and what waits for approval is told apart.

    Those that do not wait add up to the excluded seconds of the parts.
    """
    ids = sorted({part.point_id for part in parts})
    seconds = excluded_by(connection, own, a_s, b_s) if lot is None else _excluded_of(connection, parts)
    touched: dict[int, set[PointId]] = defaultdict(set)
    for piece in slices(ids):
        rows = connection.execute(
            select(exclusion.c.source_id, exclusion.c.point_id)
            .where(exclusion.c.point_id.in_(piece), exclusion.c.a < b_s, exclusion.c.b > a_s)
            .distinct()
        )
        for source_id, point_id in rows:
            touched[source_id].add(point_id)
    said = _said(connection, sorted(seconds.keys() - {0}))
    merged: dict[tuple[str, str], int] = Counter()
    cameras: dict[tuple[str, str], set[PointId]] = defaultdict(set)
    for plan_id, found_s in seconds.items():
        if plan_id:
            merged[said[plan_id]] += found_s
            cameras[said[plan_id]] |= touched[plan_id]
    found = [
        ExcludedHours(author, reason, pending=False, cameras=len(cameras[author, reason]), excluded_s=plan_s)
        for (author, reason), plan_s in merged.items()
    ]
    unborn = [part for part in parts if part.sums.out_of_service_s]
    if unborn:
        served_s = sum(part.sums.out_of_service_s for part in unborn)
        points = len({part.point_id for part in unborn})
        found.append(ExcludedHours("", "", pending=False, cameras=points, excluded_s=served_s))
    known = set(ids)
    for waiting in pending_seconds(connection, own, a_s, b_s, times=None if lot is None else lot.times):
        points = len(known.intersection(points_of(connection, waiting.plan.plan_id)))
        plan = waiting.plan
        found.append(
            ExcludedHours(
                plan.author, plan.reason, pending=True, cameras=points, excluded_s=waiting.excluded_s
            )
        )
    return found


def _excluded_of(connection: Connection, parts: Sequence[Part]) -> dict[int, int]:
    """Like excluded_by, of these parts alone."""
    sums: Counter[int] = Counter()
    by_point = _by_point(parts)
    for ids in slices(sorted(by_point)):
        for point_id, windows in windows_of(connection, ids).items():
            for part in by_point[point_id]:
                for one in windows:
                    sums[one.source_id] += length(clip([(one.a, one.b)], part.a_s, part.b_s))
    return {source_id: seconds for source_id, seconds in sums.items() if seconds}


def gaps(connection: Connection, parts: Sequence[Part]) -> list[Gap]:
    """When nothing was known of cameras that should have been seen; equal stretches of many cameras are one."""
    counts: Counter[Span] = Counter()
    by_point = _by_point(part for part in parts if part.sums.unknown_s > 0)
    for ids in slices(sorted(by_point)):
        some = [part for point_id in ids for part in by_point[point_id]]
        a, b = min(part.a_s for part in some), max(part.b_s for part in some)
        holes, out = _holes(connection, ids, a, b), windows_of(connection, ids, a, b)
        for part in some:
            unknown = clip(holes[part.point_id], part.a_s, part.b_s)
            counts.update(subtract(unknown, covered(out.get(part.point_id, []))))
    return [Gap(a, b, cameras) for (a, b), cameras in counts.items()]


def _holes(connection: Connection, ids: Sequence[PointId], a: int, b: int) -> dict[PointId, list[Span]]:
    """Where no run is, point by point. The database looks at each run: a month of a fleet has three million."""
    runs = runs_in(a, b, lane=Lane.REACHABLE, points=ids)
    before = func.lag(runs.c.b).over(partition_by=runs.c.point_id, order_by=runs.c.a).label("before")
    pairs = select(runs.c.point_id, before, runs.c.a).subquery()
    rows = connection.execute(
        select(pairs.c.point_id, func.coalesce(pairs.c.before, a), pairs.c.a)
        .where(pairs.c.a > func.coalesce(pairs.c.before, a))
        .order_by(pairs.c.point_id, pairs.c.a)
    )
    found: dict[PointId, list[Span]] = {point_id: [] for point_id in ids}
    for point_id, end, begin in rows:
        found[point_id].append((end, begin))
    last = {
        row[0]: row[1]
        for row in connection.execute(select(runs.c.point_id, func.max(runs.c.b)).group_by(runs.c.point_id))
    }
    for point_id in ids:
        if (end := last.get(point_id, a)) < b:
            found[point_id].append((end, b))
    return found


def long_dead(
    connection: Connection, own: Scope, parts: Sequence[Part], names: Mapping[UnitId, str], at_s: int
) -> list[LongDead]:
    """Cameras of the range that are down now and have been for LONG_DEAD_S or more before the watermark."""
    last = {part.point_id: part for part in parts}
    found = []
    for now in current(connection, own, Lane.REACHABLE, now_s=at_s):
        part = last.get(now.point_id)
        if part is not None and now.state is State.DOWN and now.since_s <= at_s - LONG_DEAD_S:
            unit = names.get(part.unit_id, "")
            found.append(LongDead(now.point_id, part.name, part.code, unit, now.since_s, now.reason))
    return found


def fault_seconds(
    connection: Connection, parts: Sequence[Part], b_s: int
) -> dict[tuple[PointId, int], tuple[tuple[str, int], ...]]:
    """How long each kind of fault held in each part, by point and begin; together they are its fault_s.

    A stretch of fault is of the kind that its last look before named first: the worst.
    """
    found: dict[tuple[PointId, int], tuple[tuple[str, int], ...]] = {}
    for some, known, out in _faulty(connection, parts):
        told = _told(
            connection, sorted({part.point_id for part in some}), min(part.a_s for part in some), b_s
        )
        for part in some:
            counts: Counter[str] = Counter()
            excluded = out.get(part.point_id, [])
            faulty = clip(known.get(part.point_id, []), part.a_s, part.b_s)
            for span in subtract(faulty, excluded):
                counts.update(_by_kind(span, told.get(part.point_id, [])))
            kinds = sorted(counts.items(), key=lambda kind: (-kind[1], kind[0]))
            found[part.point_id, part.a_s] = tuple(kinds)
    return found


def _faulty(
    connection: Connection, parts: Sequence[Part]
) -> Iterator[tuple[list[Part], dict[PointId, list[Span]], dict[PointId, list[Span]]]]:
    """Parts, some at a time, with the time in which their points' pictures were faulty, and what is excluded."""
    by_point = _by_point(parts)
    for ids in slices(sorted(by_point)):
        some = [part for point_id in ids for part in by_point[point_id]]
        a, b = min(part.a_s for part in some), max(part.b_s for part in some)
        runs = runs_in(a, b, lane=Lane.PICTURE_FIT, points=ids)
        query = select(runs.c.point_id, runs.c.a, runs.c.b).where(runs.c.state == State.DOWN)
        known: dict[PointId, list[Span]] = defaultdict(list)
        for point_id, begin, end in connection.execute(query.order_by(runs.c.point_id, runs.c.a)):
            known[point_id].append((begin, end))
        out = {point_id: covered(windows) for point_id, windows in windows_of(connection, ids, a, b).items()}
        yield some, known, out


def _by_point(parts: Iterable[Part]) -> dict[PointId, list[Part]]:
    found: dict[PointId, list[Part]] = defaultdict(list)
    for part in parts:
        found[part.point_id].append(part)
    return found


def _told(
    connection: Connection, ids: Sequence[PointId], a_s: int, b_s: int
) -> dict[PointId, list[tuple[int, str]]]:
    """When which kind of fault was named of each point, by time; the worst kind of each look.

    The looks that runs began with, and those by which the kind became another one while the fault held.
    """
    begun = [
        select(table.c.point_id, at_s.label("at_s"), table.c.look, literal(place).label("place")).where(
            table.c.point_id.in_(ids),
            table.c.lane == Lane.PICTURE_FIT,
            table.c.state == State.DOWN,
            at_s >= month_start(a_s),
            at_s < b_s,
        )
        for place, (table, at_s) in enumerate(
            ((run, run.c.a), (standing, standing.c.since_s), (evidence, evidence.c.at_s))
        )
    ]
    looks = union_all(*begun).subquery()
    rows = connection.execute(
        select(looks.c.point_id, looks.c.at_s, look.c.reason)
        .join(look, look.c.id == looks.c.look)
        .order_by(looks.c.point_id, looks.c.at_s, looks.c.place)
    )
    found: dict[PointId, list[tuple[int, str]]] = defaultdict(list)
    for point_id, at_s, reason in rows:
        found[point_id].append((at_s, reason.split(" ")[0]))
    return found


def _by_kind(span: Span, told: Sequence[tuple[int, str]]) -> Counter[str]:
    """The seconds of a stretch of fault, by the kind named last before each."""
    a, b = span
    counts: Counter[str] = Counter()
    place = bisect_right(told, a, key=_at)
    kind = told[place - 1][1] if place else ""
    begin = a
    for at_s, after in islice(told, place, None):
        if at_s >= b:
            break
        counts[kind] += at_s - begin
        begin, kind = at_s, after
    counts[kind] += b - begin
    return counts


def _at(look: tuple[int, str]) -> int:
    return look[0]


def _said(connection: Connection, plan_ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    found: dict[int, tuple[str, str]] = {}
    for piece in slices(plan_ids):
        rows = connection.execute(
            select(maintenance.c.id, maintenance.c.author, maintenance.c.reason).where(
                maintenance.c.id.in_(piece)
            )
        )
        found.update({row.id: (row.author, row.reason) for row in rows})
    return found
