"""What the deductions of a month rest on, read from tickets, their events, pauses, questions, and the runs of the lot.

A ticket's own row tells of its last failure only; its events tell of all. So a month can be settled again years later.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, and_, func, or_, select

from lenskeeper.availability.figures import Window, added
from lenskeeper.availability.lanes import Lane
from lenskeeper.availability.rows_figures import of_windows
from lenskeeper.base.access import Scope
from lenskeeper.base.days import day_span, local_day
from lenskeeper.base.spans import Span, clip, intersect, subtract, union
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_present import slices
from lenskeeper.inventory.schema import point
from lenskeeper.tickets.causes import CauseKind
from lenskeeper.tickets.clocks import Guarantee, WorkCalendar, due, working
from lenskeeper.tickets.contracts import ContractId, Terms
from lenskeeper.tickets.deductions import (
    DirtyPicture,
    Excused,
    Failure,
    LotRate,
    MonthFacts,
    TicketFacts,
    Why,
)
from lenskeeper.tickets.desk import SETTLE_S
from lenskeeper.tickets.routing import Desk, Payer
from lenskeeper.tickets.rows_calendars import calendar_named, guarantees_of
from lenskeeper.tickets.rows_contracts import contract, must_see_whole, times_of
from lenskeeper.tickets.schema import cleaning, handing, ticket, ticket_event, ticket_pause, ticket_point
from lenskeeper.tickets.states import Resolution, Stage, Step

ANSWERS: Final = frozenset({Step.ACCEPT, Step.ARRIVE, Step.FINISH})
AHEAD_S: Final = 400 * 86_400  # how far guarantee periods are looked for: no clock runs longer

Times = Mapping[PointId, tuple[Span, ...]]


def month_facts(
    connection: Connection, scope: Scope, contract_id: ContractId, span: Span, terms: Terms, *, known_s: int
) -> MonthFacts:
    """The facts of a lot over [a, b), as far as the books are known.

    terms: those that hold for the month (rows_contracts.terms_at).
    NotFound: no such contract. NotAllowed: not all of the lot's points may be seen.
    """
    a, b = span
    must_see_whole(connection, scope, contract_id, a, b)
    times = times_of(connection, scope, contract_id, a, b)
    of = contract(connection, scope, contract_id)
    calendar = calendar_named(connection, Scope.ALL, of.calendar) if of.calendar else None
    rows = _tickets(connection, contract_id, a, min(b, known_s))
    reader = _Reader(connection, [row.id for row in rows], terms, calendar, known_s)
    return MonthFacts(
        a_s=a,
        b_s=b,
        known_s=known_s,
        tickets=tuple(reader.facts(row) for row in rows),
        dirty=_dirty(connection, times, a, b),
        rate=_rate(connection, times, known_s),
    )


def _tickets(connection: Connection, contract_id: ContractId, a: int, b: int) -> Sequence[Row[Any]]:
    c = ticket.c
    mine = and_(c.contract_id == contract_id, c.opened_s < b, or_(c.ended_s.is_(None), c.ended_s >= a))
    return connection.execute(select(ticket).where(mine).order_by(c.id)).all()


@dataclass(slots=True)
class _Lap:
    """A failure while its events are gone through. is_refuted: somebody said that it was done, and it was not."""

    began_s: int
    responded_s: int | None = None
    finished_s: int | None = None
    ended_s: int | None = None
    restored_s: int | None = None
    is_refuted: bool = False


class _Reader:
    """All rows beside some tickets, read at once."""

    def __init__(
        self,
        connection: Connection,
        ids: Sequence[int],
        terms: Terms,
        calendar: WorkCalendar | None,
        known_s: int,
    ) -> None:
        """known_s: later than this nothing has happened."""
        self._terms, self._calendar, self._known_s = terms, calendar, known_s
        self._events = _by_ticket(connection, ticket_event, ticket_event.c.id, ids)
        self._pauses = _by_ticket(connection, ticket_pause, ticket_pause.c.from_s, ids)
        self._handings = _by_ticket(connection, handing, handing.c.id, ids)
        self._points = _by_ticket(connection, ticket_point, ticket_point.c.point_id, ids)
        every = [PointId(row.point_id) for rows in self._points.values() for row in rows]
        # each failure takes those that have not ended when it begins (clocks.due)
        self._guarantees = guarantees_of(connection, Scope.ALL, every, 0, known_s + AHEAD_S)
        self._names = _names(connection, every)

    def facts(self, row: Row[Any]) -> TicketFacts:
        """The facts of one ticket."""
        events = [event for event in self._events[row.id] if event.at_s <= self._known_s]
        elsewhere = _elsewhere(row, events, self._end(row))
        excused = self._excused(row, events, elsewhere)
        laps, failed = _laps(row, events, elsewhere)
        guarantees = self._guarantees_of(row.id)
        failures = tuple(
            self._failure(row, lap, excused, guarantees, is_last=lap is laps[-1]) for lap in laps
        )
        stops = [(each.from_s, each.to_s) for each in excused]
        clock = self._terms.clock(row.klass)
        return TicketFacts(
            ticket_id=row.id,
            kind=row.cause,
            thing=self._thing(row),
            klass=row.klass,
            opened_s=row.opened_s,
            ended_s=row.ended_s,
            payer=Payer(row.payer),
            resolution=Resolution(row.resolution),
            failures=failures,
            failed_s=failed,
            excused=tuple(excused),
            refused_s=self._refused_s(row.id),
            guarantee=due(laps[-1].began_s, clock, self._calendar, stops, guarantees).guarantee,
        )

    def _thing(self, row: Row[Any]) -> str:
        if row.cause == CauseKind.CAMERA and row.thing.isdecimal():
            return self._names.get(PointId(int(row.thing)), str(row.thing))
        return str(row.thing)

    def _end(self, row: Row[Any]) -> int:
        return self._known_s if row.ended_s is None else min(self._known_s, int(row.ended_s))

    def _guarantees_of(self, ticket_id: int) -> list[Guarantee]:
        periods: dict[int, Guarantee] = {}
        for child in self._points[ticket_id]:
            if child.left_s is None:
                for one in self._guarantees.get(PointId(child.point_id), ()):
                    periods[one.guarantee_id] = one
        return list(periods.values())

    def _excused(self, row: Row[Any], events: Sequence[Row[Any]], elsewhere: Sequence[Span]) -> list[Excused]:
        end = self._end(row)
        sent_s = next((e.at_s for e in events if e.act == Step.ASSIGN), None)
        if sent_s is None:
            sent_s = end if row.held or row.stage == Stage.OPEN else row.opened_s
        found = [Excused(Why.HELD, row.opened_s, min(sent_s, end))]
        found += [Excused(Why.ELSEWHERE, a, b) for a, b in elsewhere]
        found += [
            Excused(Why.PAUSED, p.from_s, end if p.to_s is None else p.to_s) for p in self._pauses[row.id]
        ]
        for asked in self._handings[row.id]:
            if asked.from_desk == Desk.CONTRACTOR and self._is_excused(asked):
                until = asked.answer_by_s if asked.answered_s is None else asked.answered_s
                found.append(Excused(Why.ASKED, asked.asked_s, min(until, asked.answer_by_s, end)))
        return [each for each in found if each.from_s < each.to_s]

    def _is_excused(self, asked: Row[Any]) -> bool:
        """Taken: he was right. Lapsed or open: the other desk is silent, at most until its answer is due."""
        return asked.answer != "refused" or not self._terms.penalties.refused_time_counts

    def _refused_s(self, ticket_id: int) -> int:
        return sum(
            asked.answered_s - asked.asked_s
            for asked in self._handings[ticket_id]
            if asked.from_desk == Desk.CONTRACTOR and not self._is_excused(asked)
        )

    def _failure(
        self,
        row: Row[Any],
        lap: _Lap,
        excused: Sequence[Excused],
        guarantees: Sequence[Guarantee],
        *,
        is_last: bool,
    ) -> Failure:
        stops = union((each.from_s, each.to_s) for each in excused)
        by = due(lap.began_s, self._terms.clock(row.klass), self._calendar, stops, guarantees)
        respond_by_s, restore_by_s = by.respond_by_s, by.restore_by_s
        is_plain = lap.began_s == row.opened_s and not lap.is_refuted
        if is_plain and all(each.why is Why.PAUSED for each in excused) and is_last:
            respond_by_s, restore_by_s = row.respond_by_s, row.restore_by_s  # as everybody saw them
        until = self._known_s if lap.restored_s is None else min(lap.restored_s, self._known_s)
        counted = working(self._calendar, restore_by_s, until)
        pressed = union((max(g.from_s, lap.began_s), g.to_s) for g in guarantees if g.to_s > lap.began_s)
        counted = union([*counted, *clip(pressed, restore_by_s, until)])
        late = tuple(subtract(counted, stops))
        return Failure(lap.began_s, respond_by_s, restore_by_s, lap.responded_s, lap.restored_s, late)


def _laps(
    row: Row[Any], events: Sequence[Row[Any]], elsewhere: Sequence[Span]
) -> tuple[list[_Lap], tuple[int, ...]]:
    """Each time that its clocks ran, and when it failed again in the contractor's hands.

    What was only said to be done, and was not, is no new failure: its clock runs on from the beginning.
    """
    laps, failed = [_Lap(row.opened_s)], []
    for event in events:
        lap, is_his = laps[-1], not any(a <= event.at_s < b for a, b in elsewhere)
        if event.act in ANSWERS and is_his and lap.responded_s is None:
            lap.responded_s = event.at_s
        match event.act:
            case Step.FINISH:
                lap.finished_s = event.at_s
            case Step.VERIFY | Step.RECOVER:
                lap.ended_s = event.at_s
                lap.restored_s = _restored(lap, event)
            case Step.FAIL:
                if is_his:
                    failed.append(event.at_s)
                if lap.ended_s is not None:
                    laps.append(_Lap(event.at_s))
                else:
                    lap.finished_s, lap.is_refuted = None, True
            case _:
                pass
    last = laps[-1]
    if row.recovered_s is not None and row.recovered_s >= last.began_s:
        last.restored_s = row.recovered_s
    return laps, tuple(failed)


def _restored(lap: _Lap, event: Row[Any]) -> int:
    """Since when it worked: looks agree SETTLE_S after that at the earliest, and whoever finished said so himself."""
    said = [event.at_s - SETTLE_S, *([] if lap.finished_s is None else [lap.finished_s])]
    return max(lap.began_s, int(min(said)))


def _elsewhere(row: Row[Any], events: Sequence[Row[Any]], end: int) -> list[Span]:
    """When another desk than the contractor's had it."""
    moves = [(e.at_s, msgspec.json.decode(e.detail)) for e in events if e.act == "handed"]
    desk = moves[0][1]["from"] if moves else row.desk
    begin, spans = row.opened_s, []
    for at_s, detail in [*moves, (end, {"to": ""})]:
        if desk != Desk.CONTRACTOR:
            spans.append((begin, at_s))
        begin, desk = at_s, detail["to"]
    return union(spans)


def _by_ticket(
    connection: Connection, table: Any, order: Any, ids: Sequence[int]
) -> dict[int, list[Row[Any]]]:
    found: dict[int, list[Row[Any]]] = defaultdict(list)
    for piece in slices(ids):
        for row in connection.execute(select(table).where(table.c.ticket_id.in_(piece)).order_by(order)):
            found[row.ticket_id].append(row)
    return found


def _names(connection: Connection, ids: Sequence[PointId]) -> dict[PointId, str]:
    found: dict[PointId, str] = {}
    for piece in slices(sorted(set(ids))):
        query = select(point.c.id, point.c.name).where(point.c.id.in_(piece))
        found |= {PointId(point_id): name for point_id, name in connection.execute(query)}
    return found


def _dirty(connection: Connection, times: Times, a: int, b: int) -> tuple[DirtyPicture, ...]:
    """The pictures whose day ends in [a, b), of points that were in the lot then."""
    c = cleaning.c
    days = c.due_day.between(local_day(a, "UTC") - 2, local_day(b, "UTC") + 2)  # of whatever zone
    found = []
    for piece in slices(sorted(times)):
        query = (
            select(cleaning, point.c.name, point.c.tz)
            .join(point, point.c.id == c.point_id)
            .where(c.point_id.in_(piece), days)
            .order_by(c.due_day, c.point_id, c.kind, c.since_s)
        )
        for row in connection.execute(query):
            due_s = day_span(row.due_day, row.tz)[1]
            if a <= due_s < b and any(x < due_s <= y for x, y in times[PointId(row.point_id)]):
                found.append(DirtyPicture(row.name, row.kind, due_s, row.done_s))
    return tuple(found)


def _rate(connection: Connection, times: Times, known_s: int) -> LotRate:
    """The lot's online seconds, and those of the time down that tickets put down to somebody else."""
    kept = {point_id: clip(spans, 0, known_s) for point_id, spans in times.items()}
    whole = added(of_windows(connection, _windows(kept), Lane.REACHABLE))
    theirs = _theirs(connection, sorted(kept), known_s)
    foreign = {point_id: intersect(kept[point_id], spans) for point_id, spans in theirs.items()}
    down = added(of_windows(connection, _windows(foreign), Lane.REACHABLE)).down_s
    return LotRate(whole.up_s, whole.down_s, down, whole.expected_s)


def _windows(spans: Mapping[PointId, Sequence[Span]]) -> list[Window]:
    return [Window(point_id, a, b) for point_id, mine in sorted(spans.items()) for a, b in mine]


def _theirs(connection: Connection, ids: Sequence[PointId], known_s: int) -> dict[PointId, list[Span]]:
    """When each point's fault was put down to a ticket that somebody else pays for."""
    c = ticket_point.c
    ends = func.coalesce(c.well_s, c.left_s, ticket.c.ended_s, known_s)
    spans: dict[PointId, list[Span]] = defaultdict(list)
    for piece in slices(ids):
        query = (
            select(c.point_id, c.onset_s, ends.label("end_s"))
            .join(ticket, ticket.c.id == c.ticket_id)
            .where(
                c.point_id.in_(piece), ticket.c.payer != Payer.MAINTENANCE, ticket.c.stage != Stage.CANCELLED
            )
        )
        for row in connection.execute(query):
            spans[PointId(row.point_id)].append((row.onset_s, row.end_s))
    return {point_id: union(mine) for point_id, mine in spans.items()}
