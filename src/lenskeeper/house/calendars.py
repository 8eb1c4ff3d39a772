"""What commands do to calendars and guarantee periods; open tickets have their clocks worked out anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from lenskeeper.availability.maintenance import HORIZON_DAYS_MAX, Plan, Standing, expand
from lenskeeper.availability.rows_maintenance import plans
from lenskeeper.base.access import ActorId, Scope
from lenskeeper.base.days import date_of, local_day
from lenskeeper.base.errors import NotFound
from lenskeeper.base.spans import Span, clip, union
from lenskeeper.house.home import Home
from lenskeeper.house.upkeep import WORKS, frozen_at
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_points import find
from lenskeeper.inventory.rows_watched import watched
from lenskeeper.tickets import rows_calendars
from lenskeeper.tickets.calendar_lists import hours_said, read_codes, read_year
from lenskeeper.tickets.clocks import DAY_S, Guarantee, WorkCalendar
from lenskeeper.tickets.desk import TicketId
from lenskeeper.tickets.rows_calendars import Entered, NewGuarantee
from lenskeeper.tickets.rows_clocks import redo
from lenskeeper.units import rows as units


@dataclass(frozen=True, slots=True)
class CalendarLine:
    """A calendar, how many odd days are loaded for each year, and whether this year's are not."""

    calendar: WorkCalendar
    years: dict[int, int]
    lacks_year: int | None


@dataclass(frozen=True, slots=True)
class Guaranteed:
    """A guarantee period that was entered. clashing: plans of work that fall into it although it freezes works.

    tickets: how many open ones had their clocks worked out anew.
    """

    period: Guarantee
    points: int
    clashing: tuple[Plan, ...]
    tickets: int


def calendar_lines(home: Home) -> list[CalendarLine]:
    """Every calendar, by name."""
    now_s = home.now_s()
    with home.store.read() as connection:
        found = rows_calendars.calendars(connection, Scope.ALL)
    lines = []
    for one in found:
        years: dict[int, int] = {}
        for day in sorted(one.days):
            years[date_of(day).year] = years.get(date_of(day).year, 0) + 1
        this = date_of(local_day(now_s, one.tz)).year
        lines.append(CalendarLine(one, years, None if this in years else this))
    return lines


def set_calendar(home: Home, name: str, tz: str, hours: str, actor: ActorId) -> int:
    """Set a calendar up, or change its hours ("Mon-Fri 08:30-17:30"). tz: empty for the topmost unit's.

    Gives how many open tickets had their clocks worked out anew. Invalid: as rows_calendars.set_calendar.
    """
    week, zone, now_s = hours_said(hours), tz or home.tz(), home.now_s()

    def work(connection: Connection) -> int:
        made = rows_calendars.set_calendar(connection, name, tz=zone, hours=week, actor=actor, now_s=now_s)
        return _redo(connection, rows_calendars.tickets_by(connection, made.name), actor, now_s)

    return home.store.write(work, durable=True)


def load_year(home: Home, name: str, file: Path, year: int, actor: ActorId) -> tuple[int, int]:
    """Put a list of odd days in the place of a year's; gives how many days, and how many tickets were worked out anew.

    Invalid: any row is wrong, and then nothing is changed. NotFound: no such calendar.
    """
    days, now_s = read_year(file, year), home.now_s()

    def work(connection: Connection) -> tuple[int, int]:
        count = rows_calendars.load_year(
            connection, name, year, days, source=file.name, actor=actor, now_s=now_s
        )
        return count, _redo(connection, rows_calendars.tickets_by(connection, name), actor, now_s)

    return home.store.write(work, durable=True)


def points_said(home: Home, named: Sequence[str], path: str) -> list[PointId]:
    """The points of a unit with all below it that are in service, or those of codes; a name of a file holds codes.

    NotFound: no such unit, or a code that no camera has. Invalid: the file is no text.
    """
    now_s = home.now_s()
    with home.store.read() as connection:
        if path:
            scope = Scope(frozenset({units.find(connection, Scope.ALL, path)}))
            return [one.point_id for one in watched(connection, scope, now_s)]
    codes = [code for word in named for code in (read_codes(Path(word)) if Path(word).is_file() else [word])]
    return points_coded(home, codes)


def points_coded(home: Home, codes: Sequence[str]) -> list[PointId]:
    """The points that bear these codes now. NotFound: a code that no camera has."""
    with home.store.read() as connection:
        found = find(connection, Scope.ALL, codes, home.now_s())
    if missing := [code for code in codes if code not in found]:
        more = f" ({len(missing)} codes have none)" if len(missing) > 1 else ""
        raise NotFound(f"no camera has the code {missing[0]}{more}: see `lenskeeper cameras`")
    return [point_id for ids in found.values() for point_id in ids]


def add_guarantee(home: Home, new: NewGuarantee, actor: ActorId) -> Guaranteed:
    """Enter a guarantee period. Plans of work that fall into one with frozen works stay, and are told.

    Errors: as rows_calendars.add_guarantee.
    """
    now_s = home.now_s()

    def work(connection: Connection) -> Guaranteed:
        made = rows_calendars.add_guarantee(connection, new, actor=actor, now_s=now_s)
        anew = _redo(connection, rows_calendars.tickets_on(connection, new.points), actor, now_s)
        clashing = _clashing(connection, made) if made.freezes_works else ()
        return Guaranteed(made, len(set(new.points)), clashing, anew)

    return home.store.write(work, durable=True)


def revoke_guarantee(
    home: Home, guarantee_id: int, reason: str, actor: ActorId, *, wholly: bool = False
) -> tuple[Entered, int]:
    """End a guarantee period now, or as if it had never been; gives it, and how many tickets were worked out anew.

    Errors: as rows_calendars.revoke_guarantee.
    """
    now_s = home.now_s()

    def work(connection: Connection) -> tuple[Entered, int]:
        gone = rows_calendars.revoke_guarantee(
            connection, guarantee_id, reason=reason, wholly=wholly, actor=actor, now_s=now_s
        )
        points = rows_calendars.points_guaranteed(connection, Scope.ALL, guarantee_id)
        return gone, _redo(connection, rows_calendars.tickets_on(connection, points), actor, now_s)

    return home.store.write(work, durable=True)


def guarantees(home: Home) -> list[Entered]:
    """Every guarantee period, newest first."""
    with home.store.read() as connection:
        return rows_calendars.guarantees(connection, Scope.ALL)


def _redo(connection: Connection, tickets: Sequence[int], actor: ActorId, now_s: int) -> int:
    for each in tickets:
        redo(connection, TicketId(each), actor=actor, now_s=now_s)
    return len(tickets)


def _clashing(connection: Connection, period: Guarantee) -> tuple[Plan, ...]:
    """Plans of work that aim at a point of the period while it lasts."""
    return tuple(
        plan
        for plan in plans(connection, Scope.ALL)
        if plan.kind in WORKS
        and plan.standing is not Standing.REVOKED
        and (windows := _windows_in(plan, (period.from_s, period.to_s)))
        and frozen_at(connection, plan.plan_id, windows)
    )


def _windows_in(plan: Plan, span: Span) -> list[Span]:
    """The windows of a plan in a span: those that are written out, and those that its rule will give."""
    found = list(plan.windows)
    if plan.recurrence:
        begin = max(plan.recurrence.first_s, span[0] - plan.recurrence.length_s)
        end = min(span[1], begin + HORIZON_DAYS_MAX * DAY_S)
        if begin < end:
            found += expand(plan.recurrence, begin, end)
    return clip(union(found), *span)
