"""The page of eight o'clock: the days that are over, what changed, which units lost most, what is broken.

Days come from the days added up; nothing is worked out anew for a page.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, func, select

from lenskeeper.availability.figures import Totals
from lenskeeper.availability.lanes import Lane
from lenskeeper.availability.rows_figures import by_unit_and_day
from lenskeeper.availability.schema import day_closed
from lenskeeper.base.access import Scope
from lenskeeper.base.days import local_day
from lenskeeper.inventory.rows_points import unit_paths
from lenskeeper.inventory.rows_seen import seen
from lenskeeper.reporting.schema import screen_camera
from lenskeeper.reporting.screen_states import Seen
from lenskeeper.reporting.sums import Sums, added
from lenskeeper.tickets import rows
from lenskeeper.tickets.rows import Asked, Ticket, sees, tickets
from lenskeeper.tickets.schema import ticket

WORST: Final = 8
WORST_DAYS: Final = 7
CAUSES: Final = 6


@dataclass(frozen=True, slots=True)
class DaySums:
    """One local day that is over, in camera-seconds: what a rate and its coverage are made of."""

    day: int
    up_s: int
    down_s: int
    expected_s: int
    fit_s: int
    fault_s: int


@dataclass(frozen=True, slots=True)
class Lost:
    """The cameras of one unit over the last WORST_DAYS days that are over; down_s is what they lost."""

    unit_id: int
    unit: str
    up_s: int
    down_s: int
    expected_s: int


@dataclass(frozen=True, slots=True)
class Past:
    """What the days that are over say; the oldest first, and the unit that lost most first."""

    days: tuple[DaySums, ...]
    lost: tuple[Lost, ...]


@dataclass(frozen=True, slots=True)
class ChangedSince:
    """What happened since an instant: tickets opened and ended, and cameras that do not answer since."""

    at_s: int
    opened: int
    ended: int
    gone_down: int


def past(connection: Connection, scope: Scope, days: int, *, tz: str, now_s: int) -> Past:
    """So many days before today, in the local days of tz."""
    today = local_day(now_s, tz)
    first, end = _added_up(connection, tz, today - max(days, WORST_DAYS), today)
    of_day: dict[int, list[Sums]] = defaultdict(list)
    of_unit: dict[int, list[Sums]] = defaultdict(list)
    if first == end:
        return Past((), ())
    for row in by_unit_and_day(connection, scope, Lane.REACHABLE, first, end):
        said = _sums(row.totals)
        of_day[row.day].append(said)
        if row.unit_id is not None and row.day >= today - WORST_DAYS:
            of_unit[row.unit_id].append(said)
    for row in by_unit_and_day(connection, scope, Lane.PICTURE_FIT, first, end):
        of_day[row.day].append(replace(Sums(), fit_s=row.totals.up_s, fault_s=row.totals.down_s))
    told = [
        (day, added(of_day[day])) for day in range(today - days, today) if day in of_day
    ]  # a day without a camera is none
    return Past(
        tuple(DaySums(day, s.up_s, s.down_s, s.expected_s, s.fit_s, s.fault_s) for day, s in told),
        _lost(connection, {unit_id: added(each) for unit_id, each in of_unit.items()}),
    )


def _added_up(connection: Connection, tz: str, first: int, end: int) -> tuple[int, int]:
    """The part of some days that has been added up: the others would be read from their runs, for seconds."""
    c = day_closed.c
    row = connection.execute(select(c.first_day, c.last_day).where(c.tz == tz)).one_or_none()
    if row is None:
        return end, end
    begin = max(first, row.first_day)
    return begin, max(begin, min(end, row.last_day + 1))


def causes(connection: Connection, scope: Scope, *, now_s: int) -> list[Ticket]:
    """What is broken now, what took most cameras along first."""
    live = tickets(connection, scope, Asked(live=True), now_s=now_s)
    return sorted(live, key=lambda each: (-each.cameras, each.onset_s, each.ticket_id))[:CAUSES]


def late(connection: Connection, scope: Scope, *, now_s: int) -> int:
    """How many tickets are late."""
    return _count(connection, scope, [rows.late(now_s)], now_s)


def changed_since(connection: Connection, scope: Scope, at_s: int, *, now_s: int) -> ChangedSince:
    """What happened since somebody was here last."""
    t, c = ticket.c, screen_camera.c
    down = select(func.count()).where(
        c.state == int(Seen.DOWN), c.since_s >= at_s, seen(scope, c.point_id, c.unit_id, now_s)
    )
    return ChangedSince(
        at_s,
        opened=_count(connection, scope, [t.opened_s >= at_s], now_s),
        ended=_count(connection, scope, [t.ended_s >= at_s], now_s),
        gone_down=int(connection.execute(down).scalar_one()),
    )


def _count(connection: Connection, scope: Scope, which: Sequence[ColumnElement[bool]], now_s: int) -> int:
    query = select(func.count()).select_from(ticket).where(*which, sees(scope, now_s))
    return int(connection.execute(query).scalar_one())


def _sums(totals: Totals) -> Sums:
    held: dict[str, Any] = {each.name: getattr(totals, each.name) for each in fields(Totals)}
    return Sums(**held)


def _lost(connection: Connection, of_unit: dict[int, Sums]) -> tuple[Lost, ...]:
    worst = sorted(
        (unit_id for unit_id, sums in of_unit.items() if sums.down_s > 0),
        key=lambda unit_id: (-of_unit[unit_id].down_s, unit_id),
    )[:WORST]
    paths = unit_paths(connection) if worst else {}
    return tuple(
        Lost(
            unit_id,
            paths.get(unit_id, ""),
            of_unit[unit_id].up_s,
            of_unit[unit_id].down_s,
            of_unit[unit_id].expected_s,
        )
        for unit_id in worst
    )
