"""The deductions of a month: each clause, what is not the contractor's, and both against a count of every second."""

from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenskeeper.base.spans import Span, union
from lenskeeper.tickets.contracts import Penalties, Terms, warranty_until_day
from lenskeeper.tickets.deductions import (
    Clause,
    DirtyPicture,
    Excused,
    Failure,
    Line,
    LotRate,
    MonthFacts,
    Reason,
    TicketFacts,
    Why,
    settle,
    tenths_below,
)
from lenskeeper.tickets.routing import Payer
from lenskeeper.tickets.states import Resolution

HOUR = 3_600
A, B = 1_000_000, 1_000_000 + 30 * 24 * HOUR
PRICES = Penalties(
    late_response_cents=5_000,
    late_restore_hour_cents=2_000,
    repeated_fault_cents=20_000,
    online_target_hundredths=9_850,
    online_tenth_cents=50_000,
    dirty_picture_cents=3_000,
)
TERMS = Terms(penalties=PRICES, monthly_fee_cents=1_000_000)
ALL_WELL = LotRate(up_s=1_000, down_s=0, theirs_down_s=0, expected_s=1_000)


def failure(began_s: int = A + HOUR, late_s: int = 0, **how: Any) -> Failure:
    """Answered and restored in time, or restored late_s beyond its clock."""
    restore_by_s = began_s + 24 * HOUR
    late = ((restore_by_s, restore_by_s + late_s),) if late_s else ()
    values: dict[str, Any] = {
        "respond_by_s": began_s + 2 * HOUR,
        "restore_by_s": restore_by_s,
        "responded_s": began_s + HOUR,
        "restored_s": restore_by_s + late_s,
        "late": late,
    }
    return Failure(**{"began_s": began_s, **values, **how})


def ticket(number: int = 1, *failures: Failure, **how: Any) -> TicketFacts:
    failures = failures or (failure(),)
    values: dict[str, Any] = {
        "kind": "camera",
        "thing": "crossing 1",
        "klass": 2,
        "opened_s": failures[0].began_s,
        "ended_s": failures[-1].restored_s,
        "payer": Payer.MAINTENANCE,
        "resolution": Resolution.REPAIRED,
    }
    return TicketFacts(**{"ticket_id": number, "failures": failures, **values, **how})


def month(*tickets: TicketFacts, **how: Any) -> MonthFacts:
    values: dict[str, Any] = {"a_s": A, "b_s": B, "known_s": B + 1, "dirty": (), "rate": ALL_WELL}
    return MonthFacts(tickets=tickets, **{**values, **how})


def of_tickets(facts: MonthFacts, terms: Terms = TERMS) -> list[tuple[Clause, Reason, int, int]]:
    return [
        (line.clause, line.reason, line.count, line.amount_cents)
        for line in settle(facts, terms).lines
        if line.ticket_id is not None
    ]


@pytest.mark.parametrize(
    ("one", "owed"),
    [
        (ticket(), (Clause.NONE, Reason.IN_TIME, 0, 0)),
        (ticket(1, failure(late_s=1)), (Clause.LATE_RESTORE, Reason.OWED, 1, 2_000)),
        (ticket(1, failure(late_s=HOUR)), (Clause.LATE_RESTORE, Reason.OWED, 1, 2_000)),
        (ticket(1, failure(late_s=2 * HOUR + 1)), (Clause.LATE_RESTORE, Reason.OWED, 3, 6_000)),
        (ticket(1, failure(responded_s=A + 3 * HOUR)), (Clause.NONE, Reason.IN_TIME, 0, 0)),
        (ticket(1, failure(responded_s=A + 3 * HOUR + 1)), (Clause.LATE_RESPONSE, Reason.OWED, 1, 5_000)),
        (ticket(1, failure(responded_s=None)), (Clause.LATE_RESPONSE, Reason.OWED, 1, 5_000)),
        # it was well again before anybody had to answer
        (ticket(1, failure(responded_s=None, restored_s=A + 2 * HOUR)), (Clause.NONE, Reason.IN_TIME, 0, 0)),
        (ticket(failed_s=(A + 5, B - 1)), (Clause.REPEATED, Reason.OWED, 2, 40_000)),
        (ticket(1, failure(late_s=HOUR), payer=Payer.POWER), (Clause.NONE, Reason.PAYER, 0, 0)),
        (ticket(1, failure(late_s=HOUR), payer=Payer.WARRANTY), (Clause.NONE, Reason.PAYER, 0, 0)),
        (ticket(failed_s=(A,), payer=Payer.THIRD_PARTY), (Clause.NONE, Reason.PAYER, 0, 0)),
        (ticket(1, failure(late_s=9), resolution=Resolution.CANCELLED), (Clause.NONE, Reason.CANCELLED, 0, 0)),
        (ticket(excused=(Excused(Why.PAUSED, A, A + 9),)), (Clause.NONE, Reason.IN_TIME_BUT_FOR, 0, 0)),
        (ticket(1, failure(B - HOUR, restored_s=None), ended_s=None), (Clause.NONE, Reason.RUNNING, 0, 0)),
        (ticket(1, failure(A - 30 * HOUR, late_s=2 * HOUR)), (Clause.NONE, Reason.EARLIER, 0, 0)),
    ],
)  # fmt: skip
def test_each_ticket_has_its_line(one: TicketFacts, owed: tuple[Clause, Reason, int, int]) -> None:
    assert of_tickets(month(one)) == [owed]


def test_what_has_not_run_out_when_the_books_end_is_not_owed_yet() -> None:
    one = ticket(1, failure(responded_s=None, restored_s=None), ended_s=None)
    assert of_tickets(month(one, known_s=A + 3 * HOUR)) == [(Clause.NONE, Reason.RUNNING, 0, 0)]
    assert of_tickets(month(one, known_s=A + 3 * HOUR + 1)) == [(Clause.LATE_RESPONSE, Reason.OWED, 1, 5_000)]


def test_the_hours_of_one_failure_have_a_limit_and_the_line_says_so() -> None:
    terms = replace_penalties(late_restore_hours_max=3)
    lines = settle(
        month(ticket(1, failure(late_s=99 * HOUR), failure(A + 200 * HOUR, 2 * HOUR))), terms
    ).lines
    late = next(line for line in lines if line.clause is Clause.LATE_RESTORE)
    assert (late.count, late.is_capped) == (5, True)
    exact = settle(month(ticket(1, failure(late_s=3 * HOUR))), terms).lines[-1]
    assert (exact.count, exact.is_capped) == (3, False)


def replace_penalties(**how: Any) -> Terms:
    values = {name: getattr(PRICES, name) for name in PRICES.__struct_fields__}
    return Terms(penalties=Penalties(**{**values, **how}), monthly_fee_cents=TERMS.monthly_fee_cents)


@pytest.mark.parametrize(
    ("up", "down", "theirs", "target", "tenths"),
    [(985, 15, 0, 9_850, 0), (9_849, 151, 0, 9_850, 1), (984, 16, 0, 9_850, 1), (9_839, 161, 0, 9_850, 2),
     (0, 5, 0, 9_850, 985), (984, 16, 1, 9_850, 1), (984, 16, 2, 9_850, 0), (984, 16, 16, 10_000, 0), (999_999, 1, 0, 10_000, 1)],
)  # fmt: skip
def test_the_rate_is_below_its_target_by_started_tenths_and_without_what_is_others(
    up: int, down: int, theirs: int, target: int, tenths: int
) -> None:
    terms = replace_penalties(online_target_hundredths=target)
    line = settle(month(rate=LotRate(up, down, theirs, up + down)), terms).lines[0]
    assert (line.clause, line.count, line.amount_cents) == (Clause.ONLINE, tenths, tenths * 50_000)
    assert line.reason is (Reason.OWED if tenths else Reason.TARGET_MET)


def test_a_rate_of_nothing_costs_nothing_and_one_without_target_has_no_line() -> None:
    nothing = month(rate=LotRate(0, 7, 7, 9))
    assert settle(nothing, TERMS).lines[0].reason is Reason.NO_DATA
    assert settle(nothing, Terms()).lines == ()


def test_a_picture_is_owed_when_its_day_ends_uncleaned_and_in_that_month_alone() -> None:
    def picture(due_s: int, done_s: int | None) -> DirtyPicture:
        return DirtyPicture("crossing 1", "lens_dirty", due_s, done_s)

    for one, cents in (
        (picture(A, None), 3_000), (picture(A + 5, A + 6), 3_000), (picture(A + 5, A + 5), 0),
        (picture(A - 1, None), 0), (picture(B, None), 0), (picture(B - 1, B), 3_000),
    ):  # fmt: skip
        assert settle(month(dirty=(one,)), TERMS).sum_cents == cents


def test_no_more_is_deducted_than_the_cap_rounded_down_to_a_cent() -> None:
    owed = month(ticket(1, failure(late_s=100 * HOUR)))
    terms = replace_penalties(cap_percent=7)
    small = Terms(penalties=terms.penalties, monthly_fee_cents=99_999)
    assert settle(owed, TERMS).total_cents == settle(owed, TERMS).sum_cents == 200_000
    assert settle(owed, terms).total_cents == 70_000
    assert (settle(owed, small).cap_cents, settle(owed, small).total_cents) == (6_999, 6_999)
    assert settle(owed, replace_penalties(cap_percent=0)).total_cents == 0


# ---- against a count of every second, hours being short here and the clock the same

SPAN = 40 * HOUR
instants = st.integers(0, SPAN)


@st.composite
def failures(draw: st.DrawFn) -> Failure:
    began = draw(st.integers(0, SPAN // 2))
    respond_by = began + draw(st.integers(1, 6 * HOUR))
    restore_by = respond_by + draw(st.integers(0, 6 * HOUR))
    restored = draw(st.none() | st.integers(began, SPAN))
    responded = draw(st.none() | st.integers(began, SPAN))
    cuts = draw(st.lists(st.tuples(instants, instants), max_size=3))
    end = SPAN if restored is None else restored
    late = union((max(a, restore_by), min(b, end)) for a, b in (*cuts, (restore_by, end)) if a < b)
    if draw(st.booleans()):  # the clock stood in between
        late = [(a, a + (b - a) // 2) for a, b in late if b - a > 1]
    return Failure(began, respond_by, restore_by, responded, restored, tuple(late))


@st.composite
def tickets_of(draw: st.DrawFn) -> TicketFacts:
    own = tuple(draw(st.lists(failures(), min_size=1, max_size=3)))
    return ticket(
        draw(st.integers(1, 9)),
        *own,
        ended_s=draw(st.none() | instants),
        payer=draw(st.just(Payer.MAINTENANCE) | st.sampled_from(Payer)),
        resolution=draw(st.just(Resolution.NONE) | st.sampled_from(Resolution)),
        failed_s=tuple(draw(st.lists(instants, max_size=3))),
    )


penalties = st.builds(
    Penalties,
    late_response_cents=st.integers(0, 999),
    late_restore_hour_cents=st.integers(0, 999),
    late_restore_hours_max=st.integers(0, 12),
    repeated_fault_cents=st.integers(0, 999),
    online_target_hundredths=st.integers(0, 10_000),
    online_tenth_cents=st.integers(0, 999),
    dirty_picture_cents=st.integers(0, 999),
    cap_percent=st.none() | st.integers(0, 100),
)
rates = st.builds(
    lambda up, down, part: LotRate(up, down, min(down, part), up + down + 1),
    st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6),
)  # fmt: skip
pictures = st.builds(
    DirtyPicture, st.just("x"), st.just("lens_dirty"), st.integers(0, SPAN), st.none() | st.integers(0, SPAN)
)


def counted_plainly(facts: MonthFacts, said: Penalties) -> int:
    """Second by second, as somebody with much time would."""
    owed = 0
    months = range(facts.a_s, min(facts.b_s, facts.known_s))
    for one in facts.tickets:
        if one.payer is not Payer.MAINTENANCE or one.resolution is Resolution.CANCELLED:
            continue
        for each in one.failures:
            answered = [
                x for x in (each.responded_s, each.restored_s) if x is not None and x <= each.respond_by_s
            ]
            owed += said.late_response_cents * (not answered and each.respond_by_s in months)
            owed += said.late_restore_hour_cents * hours_plainly(
                each.late, months, said.late_restore_hours_max
            )
        owed += said.repeated_fault_cents * sum(at_s in months for at_s in one.failed_s)
    for picture in facts.dirty:
        in_time = picture.done_s is not None and picture.done_s <= picture.due_s
        owed += said.dirty_picture_cents * (picture.due_s in months and not in_time)
    if said.online_target_hundredths and facts.rate.denominator:
        tenths = 0
        while (
            10_000 * facts.rate.numerator + 10 * tenths * facts.rate.denominator
            < said.online_target_hundredths * facts.rate.denominator
        ):
            tenths += 1
        owed += said.online_tenth_cents * tenths
    return owed


def hours_plainly(late: tuple[Span, ...], months: range, most: int) -> int:
    """Every late second is gone through; with each 3600th an hour starts, and it is counted where it does."""
    gone = hours = 0
    for a, b in late:
        for second in range(a, b):
            if gone % HOUR == 0 and (not most or gone // HOUR < most):
                hours += second in months
            gone += 1
    return hours


months_of = st.builds(
    lambda found, dirty, rate, a, b, known: MonthFacts(
        min(a, b), max(a, b) + 1, known, tuple(found), tuple(dirty), rate
    ),
    st.lists(tickets_of(), max_size=3), st.lists(pictures, max_size=3), rates, instants, instants, st.just(SPAN + 1) | instants,
)  # fmt: skip


@given(months_of, penalties, st.integers(0, 10**6))
def test_the_sum_is_what_a_count_of_every_second_gives(facts: MonthFacts, said: Penalties, fee: int) -> None:
    terms = Terms(penalties=said, monthly_fee_cents=fee)
    settled = settle(facts, terms)
    assert settled.sum_cents == sum(line.count * line.each_cents for line in settled.lines)
    assert settled.sum_cents == counted_plainly(facts, said)
    assert all(line.count >= 0 and line.amount_cents >= 0 for line in settled.lines)
    most = fee * said.cap_percent // 100 if said.cap_percent is not None else settled.sum_cents
    assert settled.total_cents == min(settled.sum_cents, most)
    assert {t.ticket_id for t in facts.tickets} == {
        x.ticket_id for x in settled.lines if x.ticket_id is not None
    }
    assert all(is_explained(line) for line in settled.lines)


def is_explained(line: Line) -> bool:
    """Either it counts something, or it says why it does not."""
    return (line.reason is Reason.OWED) == (line.count > 0)


@given(st.lists(tickets_of(), max_size=3), penalties, st.lists(instants, max_size=4))
def test_the_months_of_a_failure_add_up_to_what_it_costs_in_all(
    found: list[TicketFacts], said: Penalties, cuts: list[int]
) -> None:
    edges = [0, *sorted(set(cuts) - {0}), SPAN + 1]
    terms = Terms(penalties=Penalties(**{
        name: getattr(said, name)
        for name in ("late_response_cents", "late_restore_hour_cents", "late_restore_hours_max", "repeated_fault_cents")
    }))  # fmt: skip

    def owed(a: int, b: int) -> int:
        return settle(month(*found, a_s=a, b_s=b, known_s=SPAN + 1), terms).sum_cents

    assert sum(owed(a, b) for a, b in pairwise(edges)) == owed(0, SPAN + 1)


@given(st.integers(0, 10**9), st.integers(1, 10**9), st.integers(1, 10_000))
def test_tenths_are_the_smallest_number_that_reaches_the_target(up: int, down: int, target: int) -> None:
    known = up + down
    tenths = tenths_below(up, known, target)

    def reaches(n: int) -> bool:
        return 10_000 * up + 10 * n * known >= target * known

    assert reaches(tenths)
    assert tenths == 0 or not reaches(tenths - 1)


@pytest.mark.parametrize(
    ("accepted", "months", "last"),
    [("2026-11-23", 24, "2028-11-22"), ("2026-12-01", 1, "2026-12-31"), ("2026-01-31", 1, "2026-02-28"),
     ("2024-02-29", 12, "2025-02-28"), ("2026-11-30", 3, "2027-02-28"), ("2026-11-23", 0, None)],
)  # fmt: skip
def test_a_warranty_of_whole_months_ends_on_the_day_before_its_number(
    accepted: str, months: int, last: str | None
) -> None:
    from_day, to_day = (None if text is None else _day(text) for text in (accepted, last))
    assert from_day is not None
    assert warranty_until_day(from_day, months) == to_day


def _day(text: str) -> int:
    return (date.fromisoformat(text) - date(1970, 1, 1)).days
