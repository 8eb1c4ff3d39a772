"""Reports that issue themselves: each week or month of a unit, some hours after it is over."""

import asyncio
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final, Literal

import msgspec
import structlog
from sqlalchemy import Connection

from lenskeeper.audit.rows import append
from lenskeeper.base.access import ROUNDS, ActorId, Scope
from lenskeeper.base.days import date_of, local_day
from lenskeeper.base.errors import CallerError, Conflict, NotFound
from lenskeeper.house.home import Home
from lenskeeper.house.reports import ReportOrder, issue_report
from lenskeeper.reporting.periods import Period, period_of
from lenskeeper.reporting.rows_issues import issued
from lenskeeper.store.marks import read_mark, set_mark
from lenskeeper.units import rows as units
from lenskeeper.units.ids import UnitId

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()

MARK: Final = "report_schedule"
GRACE_S: Final = 3 * 3_600  # late looks of the last day are in by then
BACK_MAX: Final = 12  # periods: so far back is made up for after `serve` stood still
Every = Literal["week", "month"]


class Scheduled(msgspec.Struct, frozen=True):
    """A unit's report that is issued by itself. since_s: periods that were over by then are not made up for."""

    unit_id: int
    every: Every
    since_s: int
    by: str


def scheduled(connection: Connection, scope: Scope) -> list[Scheduled]:
    """What is set for the units of the scope, by unit."""
    known = {int(unit.unit_id) for unit in units.tree(connection, scope)}
    return [each for each in _read(connection) if each.unit_id in known]


def schedule(home: Home, unit_id: UnitId, every: Every, *, actor: ActorId) -> None:
    """From the period on that is going now. Conflict: it is set already."""

    def work(connection: Connection) -> None:
        held = _read(connection)
        if any((each.unit_id, each.every) == (unit_id, every) for each in held):
            raise Conflict("this unit's report is issued by itself already")
        line = Scheduled(unit_id, every, home.now_s(), actor)
        _write(connection, [*held, line], "report.schedule", line, actor, home.now_s())

    home.store.write(work, durable=True)


def unschedule(home: Home, unit_id: UnitId, every: Every, *, actor: ActorId) -> None:
    """No more from now on; what was issued stays. NotFound: it is not set."""

    def work(connection: Connection) -> None:
        held = _read(connection)
        gone = [each for each in held if (each.unit_id, each.every) == (unit_id, every)]
        if not gone:
            raise NotFound("this unit's report is not issued by itself")
        left = [each for each in held if each not in gone]
        _write(connection, left, "report.unschedule", gone[0], actor, home.now_s())

    home.store.write(work, durable=True)


async def issue_due(home: Home) -> int:
    """Issue what is over and was not issued yet; how many. One report that fails keeps no other from its turn."""
    return await asyncio.to_thread(_issue_due, home)


def _issue_due(home: Home) -> int:
    done, now_s = 0, home.now_s()
    with home.store.read() as connection:
        due = [order for line in _read(connection) for order in _due(connection, line, now_s)]
    for order in due:
        try:
            number, _, is_new = issue_report(home, order, actor=ROUNDS)
        except CallerError as error:
            log.warning("report_put_off", unit=order.unit, period=order.period, error=str(error))
            continue
        log.info("report_issued", report=number, unit=order.unit, period=order.period, is_new=is_new)
        done += is_new
    return done


def _due(connection: Connection, line: Scheduled, now_s: int) -> list[ReportOrder]:
    """What of one line is over and was not issued; nothing of a unit that is there no more."""
    number = UnitId(line.unit_id)
    try:
        unit = units.get(connection, Scope.ALL, number)
    except NotFound:
        return []
    there = {(each.kind, each.first_day) for each in issued(connection, Scope.ALL, number)}
    over = _over(line, unit.tz, now_s)
    return [ReportOrder(each.name, unit.path) for each in over if (each.kind, each.first_day) not in there]


def _over(line: Scheduled, tz: str, now_s: int) -> list[Period]:
    """The periods that ended since it was set, the oldest first."""
    found: list[Period] = []
    day = date_of(local_day(now_s - GRACE_S, tz))
    for _ in range(BACK_MAX):
        first = _first(day, line.every)
        period = _named(first - timedelta(days=1), line.every, tz)
        if period.b_s <= line.since_s:
            break
        found.append(period)
        day = date_of(period.first_day)
    return found[::-1]


def _first(day: date, every: Every) -> date:
    return day.replace(day=1) if every == "month" else day - timedelta(days=day.weekday())


def _named(day: date, every: Every, tz: str) -> Period:
    year, week, _ = day.isocalendar()
    return period_of(f"{day:%Y-%m}" if every == "month" else f"{year:04d}-W{week:02d}", tz)


def _read(connection: Connection) -> list[Scheduled]:
    text = read_mark(connection, MARK)
    return msgspec.json.decode(text, type=list[Scheduled]) if text else []


def _write(
    connection: Connection, lines: Sequence[Scheduled], act: str, line: Scheduled, actor: ActorId, now_s: int
) -> None:
    held = sorted(lines, key=lambda each: (each.unit_id, each.every))
    set_mark(connection, MARK, msgspec.json.encode(held).decode())
    detail: dict[str, object] = {"every": line.every}
    append(connection, actor=actor, at_s=now_s, act=act, subject=f"unit:{line.unit_id}", detail=detail)
