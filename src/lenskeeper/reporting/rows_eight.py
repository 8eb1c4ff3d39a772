"""The eight-o'clock page read from the books: yesterday's report, what stands now, and the tickets."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, and_, func, select

from lenskeeper.availability.lanes import Lane, State
from lenskeeper.availability.rows import current
from lenskeeper.base.access import Scope
from lenskeeper.base.days import date_of, day_span, local_day
from lenskeeper.inventory.rows_takeover import owed
from lenskeeper.inventory.rows_watched import watched
from lenskeeper.reporting.definitions import Metric, figure
from lenskeeper.reporting.eight import DAY_S, Cameras, DayFigures, EightBooks, Standing
from lenskeeper.reporting.periods import period_of
from lenskeeper.reporting.rows import report
from lenskeeper.reporting.rows_handover import works_of
from lenskeeper.reporting.sums import Sums
from lenskeeper.tickets.rows import sees
from lenskeeper.tickets.rows_messages import unit_names
from lenskeeper.tickets.rows_troubles import FRESH_S
from lenskeeper.tickets.schema import storm, ticket, ticket_event, ticket_pause, ticket_point
from lenskeeper.tickets.states import Step
from lenskeeper.units.ids import UnitId

IN_NO_BOOKS = Sums()


def eight_books(
    connection: Connection, scope: Scope, unit_id: UnitId | None, *, tz: str, now_s: int
) -> EightBooks:
    """What the books say now. scope: of the unit with all below it. tz: whose midnight parts the days.

    Invalid: yesterday is not over in the books.
    """
    today = local_day(now_s, tz)
    before, yesterday = _two_days(connection, scope, unit_id, today, tz, now_s)
    live = _live(connection, scope, now_s)
    acts = _acts(connection, scope, now_s)
    _, ends_s = day_span(today, tz)
    return EightBooks(
        yesterday=yesterday,
        before=before,
        cameras=_cameras(connection, scope, now_s),
        live=live,
        opened=acts["open"],
        repaired=acts[Step.VERIFY],
        by_itself=acts[Step.RECOVER],
        cancelled=acts[Step.CANCEL],
        pauses_today=sum(one.until_s is not None and one.until_s < ends_s for one in live),
        owed_today=sum(one.agreed_day == today for one in owed(connection, scope)),
        storm_since_s=connection.execute(
            select(func.max(storm.c.from_s)).where(storm.c.to_s.is_(None))
        ).scalar_one(),
    )


def _two_days(
    connection: Connection, scope: Scope, unit_id: UnitId | None, today: int, tz: str, now_s: int
) -> tuple[DayFigures, DayFigures]:
    """Of the day before yesterday and of yesterday: one report of both, which has a line for each."""
    period = period_of(f"{date_of(today - 2)}..{date_of(today - 1)}", tz)
    lines = report(connection, scope, unit_id, period, now_s=now_s).days
    sums = {line.day: line.sums for line in lines}
    return _figures(sums.get(today - 2, IN_NO_BOOKS)), _figures(sums.get(today - 1, IN_NO_BOOKS))


def _figures(sums: Sums) -> DayFigures:
    metrics = (Metric.ONLINE, Metric.COVERAGE, Metric.INTEGRITY, Metric.INTEGRITY_COVERAGE)
    return DayFigures(*(figure(metric, sums) for metric in metrics))


def _cameras(connection: Connection, scope: Scope, now_s: int) -> Cameras:
    """Only what was confirmed of late counts as up or down."""
    served = {one.point_id for one in watched(connection, scope, now_s)}
    states = Counter(
        one.state
        for one in current(connection, scope, Lane.REACHABLE, now_s=now_s)
        if one.point_id in served and one.until_s >= now_s - FRESH_S
    )
    return Cameras(len(served), states[State.UP], states[State.DOWN])


def _acts(connection: Connection, scope: Scope, now_s: int) -> Mapping[str, int]:
    """How many tickets were opened in the last 24 h, and how those that were closed then stand closed.

    One that failed again is not closed; one that was opened and closed counts as both.
    """
    c = ticket.c
    opened = select(func.count()).where(sees(scope, now_s), c.opened_s >= now_s - DAY_S)
    found: Counter[str] = Counter({"open": connection.execute(opened).scalar_one()})
    last = (
        select(func.max(ticket_event.c.id))
        .join(ticket, ticket.c.id == ticket_event.c.ticket_id)
        .where(
            sees(scope, now_s),
            ticket_event.c.at_s >= now_s - DAY_S,
            ticket_event.c.act.in_(sorted({Step.VERIFY, Step.RECOVER, Step.CANCEL, Step.FAIL})),
        )
        .group_by(ticket_event.c.ticket_id)
    )
    rows = (
        select(ticket_event.c.act, func.count())
        .where(ticket_event.c.id.in_(last))
        .group_by(ticket_event.c.act)
    )
    found.update({act: count for act, count in connection.execute(rows)})  # noqa: C416  rows are no pairs to mypy
    return found


def _live(connection: Connection, scope: Scope, now_s: int) -> list[Standing]:
    mine = and_(sees(scope, now_s), ticket.c.ended_s.is_(None))
    works = works_of(connection, mine)
    ids = select(ticket.c.id).where(mine)
    c = ticket_pause.c
    paused = {
        row.ticket_id: row
        for row in connection.execute(select(ticket_pause).where(c.ticket_id.in_(ids), c.to_s.is_(None)))
    }
    lost: Counter[int] = Counter()
    ill: Counter[int] = Counter()
    onset: dict[int, int] = {}
    for row in connection.execute(select(ticket_point).where(ticket_point.c.ticket_id.in_(ids))):
        lost[row.ticket_id] += _lost_s(row, now_s)
        ill[row.ticket_id] += row.well_s is None and row.left_s is None
        onset[row.ticket_id] = min(onset.get(row.ticket_id, row.onset_s), row.onset_s)
    names = unit_names(connection, list(works))
    return [
        Standing(
            work,
            names.get(number, ""),
            onset.get(number, work.opened_s),
            ill[number],
            lost[number],
            is_paused=number in paused,
            until_s=paused[number].until_s if number in paused else None,
        )
        for number, work in works.items()
    ]


def _lost_s(row: Row[Any], now_s: int) -> int:
    """Seconds of the last 24 h in which this camera was ill by this cause."""
    ends: list[int] = [at_s for at_s in (row.well_s, row.left_s, now_s) if at_s is not None]
    began: int = max(row.onset_s, now_s - DAY_S)
    return max(0, min(ends) - began)
