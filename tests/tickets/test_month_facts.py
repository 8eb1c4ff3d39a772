"""From tickets, their events and the runs of a lot to the lines of a month, on both engines."""

from typing import Any

import msgspec
import pytest
from sqlalchemy import Connection, insert, update
from tests.register_kit import DAY, TZ, camera, city

from lenskeeper.availability.lanes import Lane, State
from lenskeeper.availability.rows_runs import put_runs
from lenskeeper.availability.runs import Run
from lenskeeper.base.access import LOCAL_OPERATOR, Scope
from lenskeeper.base.days import day_span
from lenskeeper.base.errors import NotAllowed, NotFound
from lenskeeper.inventory import rows_points
from lenskeeper.store.database import Store
from lenskeeper.tickets import rows, rows_calendars, rows_clocks, rows_handings
from lenskeeper.tickets import rows_contracts as lots
from lenskeeper.tickets.causes import Cause, CauseKind, Trouble
from lenskeeper.tickets.contracts import Clock, ContractId, Penalties, Terms
from lenskeeper.tickets.deductions import (
    Clause,
    LotRate,
    MonthFacts,
    Reason,
    Settlement,
    TicketFacts,
    Why,
    settle,
)
from lenskeeper.tickets.desk import TicketId
from lenskeeper.tickets.routing import Desk, Payer
from lenskeeper.tickets.rows import Opening
from lenskeeper.tickets.rows_deductions import month_facts
from lenskeeper.tickets.schema import cleaning
from lenskeeper.tickets.schema import ticket as ticket_table
from lenskeeper.tickets.states import Step
from lenskeeper.units import rows as units

HOUR = 3_600
BEGIN = day_span(DAY, TZ)[0]  # Friday 2024-10-04, midnight
END = day_span(DAY + 27, TZ)[0]
KNOWN = END + 10 * HOUR
TERMS = Terms(
    clocks={k: Clock(2 * HOUR, 8 * HOUR) for k in (1, 2, 3)},
    penalties=Penalties(
        late_response_cents=100,
        late_restore_hour_cents=1_000,
        repeated_fault_cents=10_000,
        online_target_hundredths=9_900,
        online_tenth_cents=7,
        dirty_picture_cents=100_000,
    ),
)


class Lot:
    """A lot of four cameras in two units, a fifth outside it, and a desk that is told what happens when."""

    def __init__(self, connection: Connection, terms: Terms = TERMS, calendar: str = "") -> None:
        self.connection = connection
        city(connection, "City/North", "City/South")
        self.points = [
            rows_points.add(
                connection, camera(n, "City/North" if n < 2 else "City/South", klass=2), actor=LOCAL_OPERATOR, now_s=BEGIN
            )
            for n in range(5)
        ]  # fmt: skip
        self.contract_id: ContractId = lots.set_up(
            connection, name="Lot 1", contractor="Bright Eyes Ltd.", document="No. 7", from_day=DAY, to_day=DAY + 365,
            tz=TZ, terms=terms, calendar=calendar, actor=LOCAL_OPERATOR, now_s=BEGIN,
        ).contract_id  # fmt: skip
        lots.take_in(connection, self.contract_id, self.points[:4], BEGIN, actor=LOCAL_OPERATOR, now_s=BEGIN)

    def open(self, at_s: int, n: int = 0, **how: Any) -> TicketId:
        point_id = self.points[n]
        cause = Cause(
            CauseKind.CAMERA, str(point_id), "timed_out", at_s - 600, (Trouble(point_id, "timed_out", at_s - 600),), 0
        )  # fmt: skip
        due = rows_clocks.due_of(self.connection, self.contract_id, 2, [point_id], at_s)
        values: dict[str, Any] = {"desk": Desk.CONTRACTOR, "payer": Payer.MAINTENANCE, **how}
        new = Opening(cause=cause, klass=2, contract_id=self.contract_id, due=due, **values)
        return rows.open_ticket(self.connection, new, actor=LOCAL_OPERATOR, now_s=at_s)

    def step(self, ticket_id: TicketId, step: Step, at_s: int) -> None:
        rows.take_step(self.connection, ticket_id, step, actor=LOCAL_OPERATOR, now_s=at_s)

    def well(self, ticket_id: TicketId, at_s: int, n: int = 0) -> None:
        rows.set_well(self.connection, ticket_id, self.points[n], at_s, actor=LOCAL_OPERATOR)

    def ill(self, ticket_id: TicketId, at_s: int, n: int = 0) -> None:
        trouble = Trouble(self.points[n], "timed_out", at_s)
        rows.join(self.connection, ticket_id, trouble, actor=LOCAL_OPERATOR, now_s=at_s)

    def fail(self, ticket_id: TicketId, at_s: int) -> None:
        self.step(ticket_id, Step.FAIL, at_s)
        rows_clocks.redo(self.connection, ticket_id, actor=LOCAL_OPERATOR, now_s=at_s)

    def mended(self, ticket_id: TicketId, accept_s: int, well_s: int, n: int = 0) -> None:
        """Accepted, mended by hand, and seen by the looks ten minutes later."""
        self.step(ticket_id, Step.ACCEPT, accept_s)
        self.finished(ticket_id, well_s, n)

    def finished(self, ticket_id: TicketId, well_s: int, n: int = 0) -> None:
        """Mended, and seen so."""
        self.step(ticket_id, Step.FINISH, well_s)
        self.well(ticket_id, well_s, n)
        self.step(ticket_id, Step.VERIFY, well_s + 600)

    def facts(self, scope: Scope = Scope.ALL, terms: Terms = TERMS, **how: int) -> MonthFacts:
        span = how.get("a", BEGIN), how.get("b", END)
        known_s = how.get("known_s", KNOWN)
        return month_facts(self.connection, scope, self.contract_id, span, terms, known_s=known_s)

    def ticket(self) -> TicketFacts:
        (one,) = self.facts().tickets
        return one

    def settled(self, terms: Terms = TERMS) -> Settlement:
        return settle(self.facts(terms=terms), terms)

    def owed(self, terms: Terms = TERMS) -> list[tuple[Clause, int]]:
        """The clauses of the month's tickets, and how often."""
        return [(line.clause, line.count) for line in self.settled(terms).lines if line.ticket_id is not None]


def hours(n: float) -> int:
    return BEGIN + int(n * HOUR)


def test_a_ticket_that_was_mended_late_is_counted_until_its_cameras_were_well_and_not_until_it_was_verified(
    store: Store,
) -> None:
    def work(connection: Connection) -> None:
        lot = Lot(connection)
        lot.mended(lot.open(hours(10)), hours(11), hours(20))  # due after 8 h: at 18
        lot.mended(
            lot.open(hours(30), 1), hours(33), hours(38), 1
        )  # answered an hour late, mended on the second
        assert lot.owed() == [(Clause.LATE_RESTORE, 2), (Clause.LATE_RESPONSE, 1)]
        first = lot.facts().tickets[0]
        assert (first.kind, first.thing, first.klass) == ("camera", "crossing 0", 2)
        assert first.failures[0].late == ((hours(18), hours(20)),)
        one = lot.open(hours(50), 2)
        lot.step(one, Step.ACCEPT, hours(51))
        lot.well(one, hours(58), 2)
        lot.step(one, Step.FINISH, hours(70))  # he says so at his desk, twelve hours later
        lot.step(one, Step.VERIFY, hours(70) + 60)
        assert lot.owed()[2:] == [(Clause.NONE, 0)]

    store.write(work)


def test_what_was_late_before_it_failed_again_stays_owed_and_the_next_failure_has_clocks_of_its_own(
    store: Store,
) -> None:
    def work(connection: Connection) -> None:
        lot = Lot(connection)
        one = lot.open(hours(10))
        lot.mended(one, hours(11), hours(20))  # two hours late
        lot.fail(one, hours(25))
        lot.ill(one, hours(25))
        lot.mended(
            one, hours(29), hours(33.5)
        )  # answered two hours late, half an hour too late: due at 27 and 33
        assert lot.owed() == [(Clause.LATE_RESPONSE, 1), (Clause.LATE_RESTORE, 3), (Clause.REPEATED, 1)]
        first, again = lot.ticket().failures
        assert (first.restore_by_s, again.restore_by_s) == (hours(18), hours(33))
        assert (first.responded_s, again.responded_s) == (hours(11), hours(29))

    store.write(work)


def test_who_says_done_when_it_is_not_gains_no_new_clock(store: Store) -> None:
    def work(connection: Connection) -> None:
        lot = Lot(connection)
        one = lot.open(hours(10))
        lot.step(one, Step.ACCEPT, hours(11))
        lot.step(one, Step.FINISH, hours(17.5))
        lot.fail(one, hours(18.5))
        lot.mended(one, hours(19), hours(21))
        assert lot.owed() == [(Clause.LATE_RESTORE, 3), (Clause.REPEATED, 1)]
        (only,) = lot.ticket().failures
        assert (only.restore_by_s, only.late) == (hours(18), ((hours(18), hours(21)),))

    store.write(work)


def test_a_ticket_that_is_still_open_is_counted_as_far_as_the_books_are_known(store: Store) -> None:
    def work(connection: Connection) -> None:
        lot = Lot(connection)
        lot.open(END - 20 * HOUR)
        facts = lot.facts()
        assert [x.count for x in settle(facts, TERMS).lines[1:]] == [1, 12]
        early = lot.facts(known_s=END - 11 * HOUR)
        assert [x.count for x in settle(early, TERMS).lines[1:]] == [1, 1]
        after = lot.facts(a=END, b=END + 30 * 24 * HOUR)
        assert [(x.clause, x.count) for x in settle(after, TERMS).lines[1:]] == [(Clause.LATE_RESTORE, 10)]

    store.write(work)


def test_a_pause_stops_the_clocks_before_and_after_the_deadline(store: Store) -> None:
    def work(connection: Connection) -> None:
        lot = Lot(connection)
        one = lot.open(hours(10))
        for begin, end in ((12, 15), (22, 30)):
            rows_clocks.pause(connection, one, "no permit", actor=LOCAL_OPERATOR, now_s=hours(begin))
            rows_clocks.resume(connection, one, actor=LOCAL_OPERATOR, now_s=hours(end))
        lot.mended(one, hours(10.5), hours(31))
        assert lot.ticket().failures[0].restore_by_s == hours(21)
        assert lot.ticket().failures[0].late == ((hours(21), hours(22)), (hours(30), hours(31)))
        assert lot.owed() == [(Clause.LATE_RESTORE, 2)]
        assert lot.settled().lines[-1].left_out_s == ((Why.PAUSED, 11 * HOUR),)

    store.write(work)


@pytest.mark.parametrize(
    ("said", "counts", "late"),
    [("taken", True, 0), ("refused", True, 5), ("refused", False, 2), ("lapsed", True, 1)],
)
def test_the_time_of_a_question_is_whose_it_is_by_its_answer(
    store: Store, said: str, counts: bool, late: int
) -> None:
    """Due after 8 h at 18; the contractor says at 12 that it is the carrier's, and mends it at 23 if it stays his."""
    terms = Terms(
        clocks=TERMS.clocks, penalties=Penalties(late_restore_hour_cents=1, refused_time_counts=counts)
    )

    def work(connection: Connection) -> None:
        lot = Lot(connection, terms)
        one = lot.open(hours(10))
        lot.step(one, Step.ACCEPT, hours(11))
        rows_handings.ask(connection, one, Desk.CARRIER, "no link", actor=LOCAL_OPERATOR, now_s=hours(12))
        if said == "lapsed":
            rows_handings.lapse(connection, actor=LOCAL_OPERATOR, now_s=hours(16))
        else:
            rows_handings.answer(
                connection, one, is_taken=said == "taken", remark="", actor=LOCAL_OPERATOR, now_s=hours(15)
            )
        if said != "taken":
            lot.finished(one, hours(23))
        (line,) = [x for x in settle(lot.facts(terms=terms), terms).lines if x.ticket_id is not None]
        assert line.count == late
        assert (line.reason is Reason.PAYER) == (said == "taken")
        assert line.refused_s == (3 * HOUR if said == "refused" and counts else 0)

    store.write(work)


def test_the_time_that_another_desk_had_it_or_nobody_was_sent_is_not_the_contractors(store: Store) -> None:
    def work(connection: Connection) -> None:
        lot = Lot(connection)
        one = lot.open(hours(10), desk=Desk.POWER, payer=Payer.POWER)
        lot.step(one, Step.ACCEPT, hours(11))  # the power supply's word
        rows.set_desk(
            connection, one, Desk.CONTRACTOR, Payer.MAINTENANCE, actor=LOCAL_OPERATOR, now_s=hours(20)
        )
        lot.step(one, Step.ASSIGN, hours(20))
        lot.mended(one, hours(22.5), hours(29))  # his 2 h and 8 h run from 20: both missed
        two = lot.open(hours(40), 1, held="storm")
        lot.step(two, Step.ASSIGN, hours(60))
        lot.mended(two, hours(61), hours(68), 1)
        assert lot.owed() == [(Clause.LATE_RESPONSE, 1), (Clause.LATE_RESTORE, 1), (Clause.NONE, 0)]
        lines = [x for x in lot.settled().lines if x.ticket_id is not None]
        assert lines[0].left_out_s == ((Why.ELSEWHERE, 10 * HOUR),)
        assert (lines[2].reason, lines[2].left_out_s) == (Reason.IN_TIME_BUT_FOR, ((Why.HELD, 20 * HOUR),))

    store.write(work)


def test_by_a_calendar_only_working_hours_count_and_in_a_guarantee_period_all_of_them(store: Store) -> None:
    def work(connection: Connection) -> None:
        day = ((9 * HOUR, 17 * HOUR),)
        rows_calendars.set_calendar(
            connection, "office", tz=TZ, hours=[day] * 5 + [()] * 2, actor=LOCAL_OPERATOR, now_s=BEGIN
        )
        lot = Lot(connection, calendar="office")
        one = lot.open(hours(10))  # Friday 10:00, due on Monday at 10:00
        lot.mended(one, hours(11), hours(4 * 24 + 9.5))  # Tuesday 9:30
        assert lot.owed() == [(Clause.LATE_RESTORE, 8)]  # seven hours of Monday and half an hour of Tuesday
        new = rows_calendars.NewGuarantee(
            "festival", hours(10 * 24), hours(12 * 24), HOUR, 4 * HOUR, "No. 3", lot.points[1:2]
        )
        rows_calendars.add_guarantee(connection, new, actor=LOCAL_OPERATOR, now_s=BEGIN)
        two = lot.open(hours(10 * 24), 1)  # Monday at midnight: four hours, around the clock
        lot.mended(two, hours(10 * 24 + 0.5), hours(10 * 24 + 7), 1)
        assert lot.owed()[1:] == [(Clause.LATE_RESTORE, 3)]
        assert lot.facts().tickets[1].guarantee == "festival"

    store.write(work)


def test_the_clocks_that_everybody_saw_hold_although_the_calendar_has_changed_since(store: Store) -> None:
    def work(connection: Connection) -> None:
        lot = Lot(connection)
        one = lot.open(hours(10))
        values = {"respond_by_s": hours(13), "restore_by_s": hours(19)}
        connection.execute(update(ticket_table).where(ticket_table.c.id == one).values(**values))
        (seen,) = lot.ticket().failures
        assert (seen.respond_by_s, seen.restore_by_s) == (hours(13), hours(19))

    store.write(work)


def test_the_rate_leaves_out_what_tickets_put_down_to_others_and_cameras_while_out_of_the_lot(
    store: Store,
) -> None:
    def work(connection: Connection) -> None:
        lot = Lot(connection)
        runs = [
            (0, Run(BEGIN, hours(90), State.UP)),
            (0, Run(hours(90), hours(100), State.DOWN)),  # his
            (1, Run(BEGIN, hours(40), State.UP)),
            (
                1,
                Run(hours(40), hours(60), State.DOWN),
            ),  # the power supply's from its onset at 45 until it is well at 60
            (2, Run(BEGIN, hours(100), State.DOWN)),  # out of the lot from day 2 on
            (4, Run(BEGIN, hours(100), State.DOWN)),  # never in it
        ]
        put_runs(connection, Lane.REACHABLE, [(lot.points[n], one) for n, one in runs])
        lots.take_out(
            connection, lot.contract_id, [lot.points[2]], hours(48), actor=LOCAL_OPERATOR, now_s=BEGIN
        )
        theirs = lot.open(hours(45) + 600, 1, desk=Desk.POWER, payer=Payer.POWER)
        lot.well(theirs, hours(60), 1)
        lot.step(theirs, Step.RECOVER, hours(61))
        rate = lot.facts().rate
        expected = 3 * (END - BEGIN) + 48 * HOUR
        assert rate == LotRate(130 * HOUR, (10 + 20 + 48) * HOUR, 15 * HOUR, expected)
        assert (rate.numerator, rate.denominator) == (130 * HOUR, 193 * HOUR)

    store.write(work)


def test_pictures_are_owed_by_whose_lot_they_were_in_when_their_day_ended(store: Store) -> None:
    def work(connection: Connection) -> None:
        lot = Lot(connection)
        lots.take_out(
            connection, lot.contract_id, [lot.points[1]], hours(48), actor=LOCAL_OPERATOR, now_s=BEGIN
        )
        for n, due, done in (
            (0, 3, None),
            (0, 4, 4.9),
            (1, 1, None),
            (1, 2, None),
            (2, 30, None),
            (4, 3, None),
        ):
            done_s = None if done is None else hours(24 * done)
            connection.execute(
                insert(cleaning).values(
                    point_id=lot.points[n], kind="lens_dirty", since_s=BEGIN + due, found_s=BEGIN, due_day=DAY + due,
                    done_s=done_s,
                )
            )  # fmt: skip
        found = [(x.name, x.due_s) for x in lot.facts().dirty]
        assert found == [("crossing 1", hours(48)), ("crossing 0", hours(96)), ("crossing 0", hours(120))]
        owed = [line.subject for line in lot.settled().lines if line.clause is Clause.DIRTY]
        assert owed == ["crossing 1", "crossing 0"]

    store.write(work)


def test_a_month_is_read_by_the_contractor_and_by_whoever_sees_the_whole_lot(store: Store) -> None:
    def work(connection: Connection) -> None:
        lot = Lot(connection)
        lot.open(hours(10))
        other = lots.set_up(
            connection, name="Lot 2", contractor="Other", document="No. 8", from_day=DAY, to_day=DAY + 9, tz=TZ,
            terms=TERMS, actor=LOCAL_OPERATOR, now_s=BEGIN,
        )  # fmt: skip
        north, whole = (units.find(connection, Scope.ALL, path) for path in ("City/North", "City"))
        mine = Scope(frozenset(), lots=frozenset({lot.contract_id}))
        assert len(lot.facts(mine).tickets) == len(lot.facts(Scope(frozenset({whole}))).tickets) == 1
        with pytest.raises(NotAllowed, match="other units"):
            lot.facts(Scope(frozenset({north})))
        with pytest.raises(NotFound):
            lot.facts(Scope(frozenset(), lots=frozenset({other.contract_id})))
        seen = lots.times_of(connection, Scope(frozenset({north})), lot.contract_id, BEGIN, END)
        assert seen == dict.fromkeys(lot.points[:2], ((BEGIN, END),))

    store.write(work)


def test_a_month_that_is_over_is_settled_by_the_terms_that_stood_when_it_ended(store: Store) -> None:
    def work(connection: Connection) -> None:
        lot = Lot(connection)
        who: dict[str, Any] = {"actor": LOCAL_OPERATOR, "document": "No. 9"}
        later, last, right = (msgspec.structs.replace(TERMS, tickets_per_day_max=n) for n in (2, 3, 4))
        lots.amend(connection, lot.contract_id, terms=later, now_s=hours(100), **who)
        lots.amend(connection, lot.contract_id, terms=last, now_s=hours(200), **who)
        lots.amend(connection, lot.contract_id, terms=right, is_correction=True, now_s=hours(300), **who)

        def at(n: float) -> int:
            return lots.terms_at(connection, Scope.ALL, lot.contract_id, hours(n)).tickets_per_day_max

        assert [at(n) for n in (-9, 99, 100, 199.9, 200, 299, 400)] == [60, 60, 2, 2, 4, 4, 4]
        assert lots.terms_at(connection, Scope.ALL, lot.contract_id, BEGIN) == TERMS

    store.write(work)
