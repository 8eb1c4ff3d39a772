"""What the pages of settings count: cameras below each unit, and what each line has carried this month."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from lenskeeper.base.access import Scope
from lenskeeper.base.days import date_of, day_of, day_span, local_day
from lenskeeper.base.errors import NotAllowed
from lenskeeper.inventory.rows_present import visible, with_unit
from lenskeeper.inventory.schema import membership, point
from lenskeeper.probing.memory import Payer
from lenskeeper.probing.rows import remembered
from lenskeeper.units.ids import UnitId

MB: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Line:
    """What one uplink has carried for us in this local month. metered: its cameras with a budget of their own.

    budget_bytes, spent_bytes: of its metered cameras together. out_day: the local day on which, at the pace of this
    month, the first of them will have spent its budget; None: none will within the month. over: how many have.
    """

    name: str
    cameras: int
    used_bytes: int
    metered: int
    budget_bytes: int
    spent_bytes: int
    out_day: int | None
    over: int


def cameras_of_units(connection: Connection, scope: Scope, *, now_s: int) -> dict[UnitId, int]:
    """How many cameras in service each unit has itself, of those that may be seen."""
    query = (
        select(membership.c.unit_id, func.count())
        .select_from(with_unit(now_s))
        .where(visible(scope, now_s), _in_service(now_s), membership.c.unit_id.is_not(None))
        .group_by(membership.c.unit_id)
    )
    return {UnitId(unit_id): count for unit_id, count in connection.execute(query)}


def lines(connection: Connection, scope: Scope, *, tz: str, now_s: int) -> list[Line]:
    """Every uplink that the register names, the one that runs out first at the top. NotAllowed: only some may be seen."""
    if scope.units is not None:
        raise NotAllowed("lines are shared by all units: ask with the right to all of them")
    today = date_of(local_day(now_s, tz))
    month = today.year * 100 + today.month
    used = {
        (one.payer, one.subject): one.used_bytes
        for one in remembered(connection, scope, month=month).used
        if one.month == month
    }
    query = (
        select(point.c.uplink, point.c.id, point.c.budget_mb_month)
        .select_from(with_unit(now_s))
        .where(visible(scope, now_s), _in_service(now_s), point.c.uplink != "")
    )
    found: dict[str, list[tuple[int, int | None]]] = {}
    for name, point_id, budget_mb in connection.execute(query):
        found.setdefault(name, []).append((point_id, budget_mb))
    begin, days = day_of(today.replace(day=1)), _days_of(today.year, today.month)
    share = max((now_s - day_span(begin, tz)[0]) / 86_400, 0.5)
    out = []
    for name, members in found.items():
        spent = [
            (used.get((Payer.POINT, str(point_id)), 0), budget * MB) for point_id, budget in members if budget
        ]
        outs = [day for cost, budget in spent if (day := _out_day(cost, budget, begin, days, share))]
        out.append(
            Line(
                name,
                len(members),
                used.get((Payer.UPLINK, name), 0),
                len(spent),
                sum(budget for _, budget in spent),
                sum(cost for cost, _ in spent),
                min(outs, default=None),
                sum(cost >= budget for cost, budget in spent),
            )
        )
    far = begin + 1_000
    return sorted(out, key=lambda line: (line.out_day or far, not line.metered, -line.used_bytes, line.name))


def _out_day(cost: int, budget: int, begin: int, days: int, share: float) -> int | None:
    """The local day on which a camera's budget is spent at its pace so far. share: days of the month that are over."""
    if cost <= 0:
        return None
    day = begin + int(budget / (cost / share))
    if cost >= budget:
        day = min(day, begin + int(share))
    return day if day < begin + days else None


def _days_of(year: int, month: int) -> int:
    first = date_of(0).replace(year=year, month=month, day=1)
    after = first.replace(year=year + month // 12, month=month % 12 + 1)
    return (after - first).days


def _in_service(now_s: int) -> ColumnElement[bool]:
    c = point.c
    return and_(
        or_(c.in_service_from_s.is_(None), c.in_service_from_s <= now_s),
        or_(c.in_service_to_s.is_(None), c.in_service_to_s > now_s),
    )
