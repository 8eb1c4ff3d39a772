"""Plans of excluded work: entered by one person and, where that could flatter a figure, approved by a second.

Each act is one transaction with its audit entry, and the windows of its points are derived again in it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, and_, insert, or_, select, true, update

from lenskeeper.audit import rows as audit
from lenskeeper.availability.exclusions import FOREVER_S, Kind
from lenskeeper.availability.maintenance import (
    DAY_S,
    HORIZON_DAYS,
    HORIZON_DAYS_MAX,
    REASON_CHARS_MAX,
    Plan,
    Recurrence,
    Standing,
    Target,
    began_before,
    expand,
    once,
    over_limit,
)
from lenskeeper.availability.rows_exclusions import (
    POINTS_AT_ONCE,
    aimed_at,
    points_of,
    refresh,
    windows_of,
)
from lenskeeper.availability.schema import maintenance, maintenance_point, maintenance_window
from lenskeeper.base.access import ActorId, Scope
from lenskeeper.base.errors import Conflict, Invalid, NotAllowed, NotFound
from lenskeeper.base.spans import Span, intersect, length, subtract, union
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_seen import seen_in, times_seen
from lenskeeper.inventory.schema import membership, point
from lenskeeper.units.ids import UnitId
from lenskeeper.units.rows import within
from lenskeeper.units.schema import unit, unit_closure

PLANS_MAX: Final = 1_000  # of one answer


@dataclass(frozen=True, slots=True)
class PlanSeconds:
    """What a plan takes out of a range. pending: it waits for a second person, and would take this if approved."""

    plan: Plan
    excluded_s: int
    pending: bool


def propose(
    connection: Connection,
    *,
    target: Target,
    when: Sequence[Span] | Recurrence,
    kind: Kind,
    reason: str,
    actor: ActorId,
    now_s: int,
) -> Plan:
    """Enter a plan. It holds at once, unless a second person must approve it: then its standing is pending.

    A second person is needed where a window began before it was entered, or where it takes a camera above
    ALONE_S_MAX excluded in a local calendar month within the next HORIZON_DAYS_MAX days.
    when: windows [a, b) in UTC seconds, or a recurrence.
    Invalid: no reason, a kind that is no plan's, no window. NotFound: no such unit, site or point.
    """
    if not reason.strip() or len(reason) > REASON_CHARS_MAX:
        raise Invalid(f"say why, in at most {REASON_CHARS_MAX} characters", field="reason")
    if not actor:
        raise Invalid("say who enters this", field="actor")
    if kind == Kind.OUT_OF_SERVICE:
        raise Invalid("set the dates of service in the register", field="kind")
    _must_exist(connection, target)
    windows, foreseen, horizon_s = _written_out(when, now_s)
    plan_id = _insert(
        connection, target=target, when=when, kind=kind, reason=reason.strip(), actor=actor, now_s=now_s,
        horizon_s=horizon_s, first=windows[0] if windows else foreseen[0],
    )  # fmt: skip
    pending = began_before(foreseen, now_s) or bool(_over(connection, plan_id, foreseen))
    _insert_windows(connection, plan_id, windows, pending=windows if pending else ())
    if not pending:
        refresh(connection, points_of(connection, plan_id))
    audit.append(
        connection, actor=actor, at_s=now_s, act="maintenance.propose", subject=f"maintenance:{plan_id}",
        detail={"kind": kind.name, "reason": reason.strip(), "pending": pending,
                "windows": len(windows), "first_s": foreseen[0][0]},
    )  # fmt: skip
    return plan(connection, Scope.ALL, plan_id)


def approve(connection: Connection, plan_id: int, *, actor: ActorId, now_s: int) -> Plan:
    """Agree, as a second person, to the windows that wait.

    NotAllowed: the author himself. Conflict: revoked, or nothing waits. NotFound: no such plan.
    """
    found = plan(connection, Scope.ALL, plan_id)
    if found.standing is Standing.REVOKED:
        raise Conflict(f"plan {plan_id} was revoked; enter a new one")
    if not found.pending:
        raise Conflict(f"plan {plan_id} holds already: nothing waits for approval")
    if not actor or actor == found.author:
        raise NotAllowed(f"plan {plan_id} was entered by {found.author}: somebody else must approve it")
    connection.execute(
        update(maintenance).where(maintenance.c.id == plan_id).values(approver=actor, approved_s=now_s)
    )
    connection.execute(
        update(maintenance_window).where(maintenance_window.c.plan_id == plan_id).values(pending=0)
    )
    refresh(connection, points_of(connection, plan_id))
    audit.append(
        connection, actor=actor, at_s=now_s, act="maintenance.approve", subject=f"maintenance:{plan_id}",
        detail={"author": found.author, "windows": len(found.pending)},
    )  # fmt: skip
    return plan(connection, Scope.ALL, plan_id)


def revoke(
    connection: Connection,
    plan_id: int,
    *,
    reason: str,
    actor: ActorId,
    now_s: int,
    ends_s: int | None = None,
) -> Plan:
    """Take a plan back: wholly, or from `ends_s` on, so that what it excluded before stays so.

    Invalid: no reason. Conflict: revoked already. NotFound: no such plan.
    """
    if not reason.strip() or len(reason) > REASON_CHARS_MAX:
        raise Invalid(f"say why, in at most {REASON_CHARS_MAX} characters", field="reason")
    found = plan(connection, Scope.ALL, plan_id)
    if found.standing is Standing.REVOKED:
        raise Conflict(f"plan {plan_id} was revoked already, by {found.revoker}")
    connection.execute(
        update(maintenance)
        .where(maintenance.c.id == plan_id)
        .values(revoker=actor, revoked_s=now_s, ends_s=ends_s or 0)
    )
    refresh(connection, points_of(connection, plan_id))
    audit.append(
        connection, actor=actor, at_s=now_s, act="maintenance.revoke", subject=f"maintenance:{plan_id}",
        detail={"reason": reason.strip(), "ends_s": ends_s or 0},
    )  # fmt: skip
    return plan(connection, Scope.ALL, plan_id)


def extend_horizon(connection: Connection, *, now_s: int) -> int:
    """Write recurring plans out further, to HORIZON_DAYS ahead; gives how many windows were added. Call it daily.

    Windows that would take a camera above ALONE_S_MAX in a month wait for a second person, unless one has approved
    the plan. At most HORIZON_DAYS_MAX days at once: after a longer sleep call it again.
    """
    wanted_s = now_s + HORIZON_DAYS * DAY_S
    due = connection.execute(
        select(maintenance)
        .where(
            maintenance.c.rule != "", maintenance.c.revoked_s.is_(None), maintenance.c.horizon_s < wanted_s
        )
        .order_by(maintenance.c.id)
    ).all()
    added = 0
    for row in due:
        to_s = min(wanted_s, row.horizon_s + HORIZON_DAYS_MAX * DAY_S)
        had = _windows(connection, [row.id]).get(row.id, [])
        new = subtract(expand(_recurrence(row), row.horizon_s, to_s), union((a, b) for a, b, _ in had))
        connection.execute(update(maintenance).where(maintenance.c.id == row.id).values(horizon_s=to_s))
        if not new:
            continue
        waits = all(is_pending for *_, is_pending in had) and bool(had)
        over = [] if row.approver else (new if waits else _over(connection, row.id, new))
        pending = [span for span in new if intersect([span], over)]
        _insert_windows(connection, row.id, new, pending=pending)
        refresh(connection, points_of(connection, row.id))
        added += len(new)
    return added


def plan(connection: Connection, scope: Scope, plan_id: int) -> Plan:
    """One plan. NotFound: there is none of this number in the scope."""
    found = _plans(connection, and_(maintenance.c.id == plan_id, _visible(scope)))
    if not found:
        raise NotFound(f"there is no plan {plan_id}; `maintenance list` shows those there are")
    return found[0]


def plans(
    connection: Connection, scope: Scope, *, a: int = 0, b: int = FOREVER_S, pending_only: bool = False
) -> list[Plan]:
    """The plans that aim at anything in the scope and have a window in [a, b), newest first, at most PLANS_MAX."""
    has = select(maintenance_window.c.plan_id).where(maintenance_window.c.a < b, maintenance_window.c.b > a)
    if pending_only:
        has = has.where(maintenance_window.c.pending == 1)
    condition = and_(maintenance.c.id.in_(has), _visible(scope))
    if pending_only:
        condition = and_(condition, maintenance.c.revoked_s.is_(None))
    return _plans(connection, condition)


def pending_seconds(
    connection: Connection,
    scope: Scope,
    a: int,
    b: int,
    *,
    times: Mapping[PointId, Sequence[Span]] | None = None,
) -> list[PlanSeconds]:
    """What the plans that wait would take out of [a, b), beyond what is excluded now; excluded in no figure.

    times: only of these points, and only while they are in them.
    """
    out: list[PlanSeconds] = []
    for one in plans(connection, scope, a=a, b=b, pending_only=True):
        seconds = 0
        ids = [p for p in points_of(connection, one.plan_id) if times is None or p in times]
        for first in range(0, len(ids), POINTS_AT_ONCE):
            some = ids[first : first + POINTS_AT_ONCE]
            seen = times_seen(connection, scope, some) if times is None else times
            seconds += _would_exclude(connection, seen, one, some, (a, b))
        out.append(PlanSeconds(one, seconds, pending=True))
    return out


def _would_exclude(
    connection: Connection,
    seen: Mapping[PointId, Sequence[Span]],
    one: Plan,
    ids: Sequence[PointId],
    span: Span,
) -> int:
    aimed = aimed_at(connection, ids, one.plan_id)
    now = windows_of(connection, ids, *span)
    wanted = intersect(one.pending, [span])
    return sum(
        length(
            subtract(
                intersect(intersect(wanted, union(s for time in times for s in time.spans)), seen.get(point_id, [])),
                [(window.a, window.b) for window in now.get(point_id, [])],
            )
        )
        for point_id, times in aimed.items()
    )  # fmt: skip


def _written_out(
    when: Sequence[Span] | Recurrence, now_s: int
) -> tuple[tuple[Span, ...], tuple[Span, ...], int | None]:
    """The windows to store, those foreseen within the longest horizon, and how far the stored ones go."""
    if not isinstance(when, Recurrence):
        windows = once(when)
        return windows, windows, None
    foreseen = expand(when, when.first_s, when.first_s + HORIZON_DAYS_MAX * DAY_S)
    if not foreseen:
        raise Invalid(f"the rule has no window within {HORIZON_DAYS_MAX} days of its start", field="rule")
    horizon_s = min(max(now_s, when.first_s) + HORIZON_DAYS * DAY_S, when.first_s + HORIZON_DAYS_MAX * DAY_S)
    return tuple(span for span in foreseen if span[0] < horizon_s), foreseen, horizon_s


def _must_exist(connection: Connection, target: Target) -> None:
    if target.unit_id is not None:
        if connection.execute(select(unit.c.id).where(unit.c.id == target.unit_id)).first() is None:
            raise NotFound(f"there is no unit {target.unit_id}")
    elif target.site:
        if connection.execute(select(point.c.id).where(point.c.site == target.site)).first() is None:
            raise NotFound(f"no point stands at site {target.site!r}")
    else:
        missing = set(target.points)
        for first in range(0, len(target.points), POINTS_AT_ONCE):
            some = target.points[first : first + POINTS_AT_ONCE]
            missing -= set(connection.execute(select(point.c.id).where(point.c.id.in_(some))).scalars())
        if missing:
            raise NotFound(f"there is no point {min(missing)}")


def _insert(
    connection: Connection,
    *,
    target: Target,
    when: Sequence[Span] | Recurrence,
    kind: Kind,
    reason: str,
    actor: ActorId,
    now_s: int,
    horizon_s: int | None,
    first: Span,
) -> int:
    recurs = when if isinstance(when, Recurrence) else None
    plan_id = connection.execute(
        insert(maintenance)
        .values(
            kind=kind, unit_id=target.unit_id, site=target.site, reason=reason, author=actor, entered_s=now_s,
            tz=recurs.tz if recurs else "", rule=recurs.rule if recurs else "",
            first_s=recurs.first_s if recurs else first[0],
            length_s=recurs.length_s if recurs else first[1] - first[0], horizon_s=horizon_s,
        )
        .returning(maintenance.c.id)
    ).scalar_one()  # fmt: skip
    named = [{"plan_id": plan_id, "point_id": one} for one in sorted(set(target.points))]
    if named:
        connection.execute(insert(maintenance_point), named)
    return int(plan_id)


def _insert_windows(
    connection: Connection, plan_id: int, windows: Sequence[Span], pending: Sequence[Span]
) -> None:
    waits = set(pending)
    rows = [{"plan_id": plan_id, "a": a, "b": b, "pending": int((a, b) in waits)} for a, b in windows]
    if rows:
        connection.execute(insert(maintenance_window), rows)


def _over(connection: Connection, plan_id: int, windows: Sequence[Span]) -> list[Span]:
    """Which windows take any point of the plan above what one person may exclude."""
    ids = points_of(connection, plan_id)
    known: dict[tuple[tuple[Span, ...], tuple[Span, ...], str], list[Span]] = {}
    over: list[Span] = []
    for first in range(0, len(ids), POINTS_AT_ONCE):
        some = ids[first : first + POINTS_AT_ONCE]
        zones = connection.execute(select(point.c.id, point.c.tz).where(point.c.id.in_(some))).all()
        aimed = aimed_at(connection, some, plan_id)
        already = _by_plans(connection, some, windows)
        for point_id, tz in zones:
            spans = union(span for time in aimed.get(point_id, ()) for span in time.spans)
            key = already.get(point_id, ()), tuple(intersect(windows, spans)), tz
            if key not in known:
                known[key] = over_limit(*key)
                over.extend(known[key])
    return union(over)


def _by_plans(
    connection: Connection, points: Sequence[PointId], around: Sequence[Span]
) -> dict[PointId, tuple[Span, ...]]:
    """What plans exclude of each point, in all months that these windows touch: service life is not counted."""
    begin, end = around[0][0] - 32 * DAY_S, around[-1][1] + 32 * DAY_S
    found = windows_of(connection, points, begin, end)
    return {
        point_id: tuple(union((w.a, w.b) for w in windows if w.kind != Kind.OUT_OF_SERVICE))
        for point_id, windows in found.items()
    }


def _visible(scope: Scope) -> ColumnElement[bool]:
    """The plan aims at some point that belongs to the scope, now or once."""
    if scope.units is None:
        return true()
    above = (
        select(unit_closure.c.ancestor_id)
        .where(unit_closure.c.descendant_id.in_(sorted(scope.units)))
    )  # fmt: skip
    ways = [
        within(scope, maintenance.c.unit_id),
        maintenance.c.unit_id.in_(above),
        maintenance.c.site.in_(
            select(point.c.site).where(seen_in(scope, point.c.id, None, None), point.c.site != "")
        ),
        maintenance.c.id.in_(
            select(maintenance_point.c.plan_id).where(
                seen_in(scope, maintenance_point.c.point_id, None, None)
            )
        ),
    ]
    if scope.lots or scope.parts:  # of a unit, single cameras
        over = (
            select(unit_closure.c.ancestor_id)
            .join(membership, membership.c.unit_id == unit_closure.c.descendant_id)
            .where(seen_in(scope, membership.c.point_id, None, None))
        )
        ways.append(maintenance.c.unit_id.in_(over))
    return or_(*ways)


def _plans(connection: Connection, condition: ColumnElement[bool]) -> list[Plan]:
    rows = connection.execute(
        select(maintenance).where(condition).order_by(maintenance.c.id.desc()).limit(PLANS_MAX)
    ).all()
    ids = [row.id for row in rows]
    windows = _windows(connection, ids)
    named: dict[int, list[PointId]] = {}
    for plan_id, point_id in connection.execute(
        select(maintenance_point.c.plan_id, maintenance_point.c.point_id)
        .where(maintenance_point.c.plan_id.in_(ids))
        .order_by(maintenance_point.c.plan_id, maintenance_point.c.point_id)
    ):
        named.setdefault(plan_id, []).append(point_id)
    return [_plan(row, windows.get(row.id, []), named.get(row.id, [])) for row in rows]


def _plan(row: Row[Any], windows: Sequence[tuple[int, int, bool]], points: Sequence[PointId]) -> Plan:
    pending = tuple((a, b) for a, b, waits in windows if waits)
    if row.revoked_s is not None:
        standing = Standing.REVOKED
    elif not pending:
        standing = Standing.ACTIVE
    else:
        standing = Standing.PENDING if len(pending) == len(windows) else Standing.PARTLY_PENDING
    return Plan(
        plan_id=row.id,
        kind=Kind(row.kind),
        target=Target(tuple(points), None if row.unit_id is None else UnitId(row.unit_id), row.site),
        reason=row.reason,
        author=ActorId(row.author),
        entered_s=row.entered_s,
        standing=standing,
        windows=tuple((a, b) for a, b, _ in windows),
        pending=pending,
        recurrence=_recurrence(row) if row.rule else None,
        approver=row.approver,
        approved_s=row.approved_s,
        revoker=row.revoker,
        revoked_s=row.revoked_s,
        ends_s=row.ends_s,
    )


def _recurrence(row: Row[Any]) -> Recurrence:
    return Recurrence(row.rule, row.tz, row.first_s, row.length_s)


def _windows(connection: Connection, ids: Iterable[int]) -> dict[int, list[tuple[int, int, bool]]]:
    found: dict[int, list[tuple[int, int, bool]]] = {}
    for plan_id, a, b, waits in connection.execute(
        select(
            maintenance_window.c.plan_id,
            maintenance_window.c.a,
            maintenance_window.c.b,
            maintenance_window.c.pending,
        )
        .where(maintenance_window.c.plan_id.in_(list(ids)))
        .order_by(maintenance_window.c.plan_id, maintenance_window.c.a)
    ):
        found.setdefault(plan_id, []).append((a, b, bool(waits)))
    return found
