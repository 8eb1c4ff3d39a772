"""The windows of each point that do not count, derived from service life and plans. This file alone writes them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, insert, literal, null, select

from lenskeeper.availability.exclusions import (
    FOREVER_S,
    Claim,
    Exclusion,
    Kind,
    disjoint,
    moved,
    out_of_service,
)
from lenskeeper.availability.rows_dirty import mark_spans
from lenskeeper.availability.schema import exclusion, maintenance, maintenance_point, maintenance_window
from lenskeeper.base.access import Scope
from lenskeeper.base.spans import Span, intersect
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_seen import seen
from lenskeeper.inventory.rows_trials import on_trial
from lenskeeper.inventory.schema import membership, point
from lenskeeper.units.schema import unit_closure

POINTS_AT_ONCE: Final = 500
_GONE: Final = delete(exclusion).where(
    exclusion.c.point_id == bindparam("p"), exclusion.c.a == bindparam("at")
)


@dataclass(frozen=True, slots=True)
class PlanTime:
    """What one plan wants of one point: the spans in which it is aimed at by the plan."""

    plan_id: int
    spans: tuple[Span, ...]


def refresh(connection: Connection, point_ids: Iterable[PointId] | None = None) -> int:
    """Derive the windows of these points (None: of all) again and write what differs; gives how many points did.

    Call it in the transaction of whatever changed a plan, a service life, a membership or a site. Days already
    added up are marked where their figures change.
    """
    plans = active_plans(connection)
    ids = iter(_all_points(connection) if point_ids is None else sorted(set(point_ids)))
    known: dict[
        tuple[Claim, ...], list[Exclusion]
    ] = {}  # most points share their claims with their neighbours
    changed = 0
    while chunk := list(islice(ids, POINTS_AT_ONCE)):
        before = windows_of(connection, chunk)
        differs: dict[PointId, tuple[list[Exclusion], list[Exclusion]]] = {}
        for point_id, claims in _claims(connection, chunk, plans).items():
            if claims not in known:
                known[claims] = disjoint(claims)
            old = before.get(point_id, [])
            if old != known[claims]:
                differs[point_id] = old, known[claims]
        _write(connection, differs)
        mark_spans(connection, {one: moved(old, new) for one, (old, new) in differs.items()})
        changed += len(differs)
    return changed


def windows_of(
    connection: Connection, points: Sequence[PointId], a: int = 0, b: int = FOREVER_S
) -> dict[PointId, list[Exclusion]]:
    """The windows of at most POINTS_AT_ONCE points that meet [a, b), sorted; no point, no window."""
    found: dict[PointId, list[Exclusion]] = defaultdict(list)
    for point_id, *window in connection.execute(
        select(exclusion.c.point_id, exclusion.c.a, exclusion.c.b, exclusion.c.kind, exclusion.c.source_id)
        .where(exclusion.c.point_id.in_(points), exclusion.c.a < b, exclusion.c.b > a)
        .order_by(exclusion.c.point_id, exclusion.c.a)
    ):
        found[point_id].append(Exclusion(window[0], window[1], Kind(window[2]), window[3]))
    return found


def windows_if(
    connection: Connection,
    points: Sequence[PointId],
    plans: Mapping[int, Claim],
    more: Sequence[Claim] = (),
) -> dict[PointId, list[Exclusion]]:
    """The windows that at most POINTS_AT_ONCE points would have if these were all the plans there are.

    plans: `active_plans`, with some taken out or as they once stood. more: claims upon each of the points, by no plan.
    Nothing is written: for whoever asks what an act would do, or did.
    """
    found = _claims(connection, points, plans)
    return {point_id: disjoint((*claims, *more)) for point_id, claims in found.items()}


def active_plans(connection: Connection, as_of_s: int | None = None) -> dict[int, Claim]:
    """What each plan excludes now: its approved windows, as far as it was not revoked.

    as_of_s: what it excluded at that instant; one that was approved later had not, one revoked later still did.
    """
    spans: dict[tuple[Kind, int], list[Span]] = defaultdict(list)
    rows = connection.execute(
        select(
            maintenance.c.id,
            maintenance.c.kind,
            maintenance.c.ends_s,
            maintenance.c.revoked_s,
            maintenance_window.c.a,
            maintenance_window.c.b,
        )
        .join(maintenance_window, maintenance_window.c.plan_id == maintenance.c.id)
        .where(maintenance_window.c.pending == 0, *_in_force(as_of_s))
        .order_by(maintenance_window.c.plan_id, maintenance_window.c.a)
    )
    for plan_id, kind, ends_s, revoked_s, a, b in rows:
        stands = ends_s is None or (as_of_s is not None and revoked_s > as_of_s)
        end = b if stands else min(b, ends_s)
        if a < end:
            spans[Kind(kind), plan_id].append((a, end))
    return {plan_id: Claim(kind, plan_id, tuple(own)) for (kind, plan_id), own in spans.items()}


def _in_force(as_of_s: int | None) -> list[ColumnElement[bool]]:
    if as_of_s is None:
        return []
    agreed_s = func.coalesce(maintenance.c.approved_s, maintenance.c.entered_s)
    return [agreed_s <= as_of_s]


def aimed_at(
    connection: Connection, points: Sequence[PointId], plan_id: int | None = None
) -> dict[PointId, list[PlanTime]]:
    """Which plans aim at each of at most POINTS_AT_ONCE points, and when: by unit only while it belonged there."""
    found: dict[PointId, list[PlanTime]] = defaultdict(list)
    always = ((0, FOREVER_S),)
    named = select(maintenance_point.c.point_id, maintenance_point.c.plan_id).where(
        maintenance_point.c.point_id.in_(points)
    )
    by_site = (
        select(point.c.id, maintenance.c.id.label("plan_id"))
        .join(maintenance, maintenance.c.site == point.c.site)
        .where(point.c.id.in_(points), point.c.site != "")
    )
    by_unit = (
        select(
            membership.c.point_id, maintenance.c.id.label("plan_id"), membership.c.from_s, membership.c.to_s
        )
        .join(unit_closure, unit_closure.c.descendant_id == membership.c.unit_id)
        .join(maintenance, maintenance.c.unit_id == unit_closure.c.ancestor_id)
        .where(membership.c.point_id.in_(points))
    )
    if plan_id is not None:
        named = named.where(maintenance_point.c.plan_id == plan_id)
        by_site, by_unit = (
            by_site.where(maintenance.c.id == plan_id),
            by_unit.where(maintenance.c.id == plan_id),
        )
    for query in (named, by_site):
        for point_id, plan in connection.execute(query):
            found[point_id].append(PlanTime(plan, always))
    for point_id, plan, from_s, to_s in connection.execute(by_unit):
        found[point_id].append(PlanTime(plan, ((from_s, FOREVER_S if to_s is None else to_s),)))
    return found


def points_of(connection: Connection, plan_id: int) -> list[PointId]:
    """The points that a plan aims at now or ever did."""
    named = select(maintenance_point.c.point_id).where(maintenance_point.c.plan_id == plan_id)
    by_site = (
        select(point.c.id)
        .join(maintenance, maintenance.c.site == point.c.site)
        .where(maintenance.c.id == plan_id, point.c.site != "")
    )
    by_unit = (
        select(membership.c.point_id)
        .join(unit_closure, unit_closure.c.descendant_id == membership.c.unit_id)
        .join(maintenance, maintenance.c.unit_id == unit_closure.c.ancestor_id)
        .where(maintenance.c.id == plan_id)
    )
    return sorted({row[0] for query in (named, by_site, by_unit) for row in connection.execute(query)})


def excluded_by(connection: Connection, scope: Scope, a: int, b: int) -> dict[int, int]:
    """How many camera-seconds of [a, b) each plan excludes in this scope, and 0 for service life; effective only."""
    query = (
        select(exclusion.c.source_id, exclusion.c.a, exclusion.c.b, membership.c.from_s, membership.c.to_s)
        .join(point, point.c.id == exclusion.c.point_id)
        .join(membership, membership.c.point_id == exclusion.c.point_id)
        .where(seen(scope, exclusion.c.point_id, membership.c.unit_id, a, b))
    )
    if scope.units is None:
        query = select(exclusion.c.source_id, exclusion.c.a, exclusion.c.b, literal(0), null()).join(
            point, point.c.id == exclusion.c.point_id
        )
    rows = connection.execute(
        query.where(point.c.withdrawn_s.is_(None), exclusion.c.a < b, exclusion.c.b > a)
    )
    sums: dict[int, int] = defaultdict(int)
    for source_id, begin, end, from_s, to_s in rows:
        low, high = max(a, begin, from_s), min(b, end, FOREVER_S if to_s is None else to_s)
        sums[source_id] += max(0, high - low)
    return {source_id: seconds for source_id, seconds in sums.items() if seconds}


def _all_points(connection: Connection) -> list[PointId]:
    return list(connection.execute(select(point.c.id).order_by(point.c.id)).scalars())


def _claims(
    connection: Connection, points: Sequence[PointId], plans: Mapping[int, Claim]
) -> dict[PointId, tuple[Claim, ...]]:
    """What each point's service life and plans claim."""
    lives = connection.execute(
        select(point.c.id, point.c.in_service_from_s, point.c.in_service_to_s).where(point.c.id.in_(points))
    )
    times = aimed_at(connection, points) if plans else {}
    tried = on_trial(connection, points)
    out: dict[PointId, tuple[Claim, ...]] = {}
    for point_id, from_s, to_s in lives:
        aimed = sorted(
            (time.plan_id, time.spans) for time in times.get(point_id, ()) if time.plan_id in plans
        )
        out[point_id] = (
            out_of_service(FOREVER_S if point_id in tried else from_s, to_s),
            *(replace(plans[plan], spans=_while_aimed(plans[plan].spans, spans)) for plan, spans in aimed),
        )
    return out


def _while_aimed(windows: tuple[Span, ...], aimed: tuple[Span, ...]) -> tuple[Span, ...]:
    if not windows or (aimed[0][0] <= windows[0][0] and aimed[0][1] >= windows[-1][1]):
        return windows
    return tuple(intersect(windows, aimed))


def _write(connection: Connection, differs: dict[PointId, tuple[list[Exclusion], list[Exclusion]]]) -> None:
    gone = [
        {"p": one, "at": window.a} for one, (old, new) in differs.items() for window in set(old) - set(new)
    ]
    made = [
        {"point_id": one, "a": w.a, "b": w.b, "kind": w.kind, "source_id": w.source_id}
        for one, (old, new) in differs.items()
        for w in sorted(set(new) - set(old))
    ]
    if gone:
        connection.execute(_GONE, gone)
    if made:
        connection.execute(insert(exclusion), made)
