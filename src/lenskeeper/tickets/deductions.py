"""What a contractor is not paid for a month, line by line, and why each other ticket of it costs him nothing.

Each failure is counted as it comes to be owed: a started hour falls in the month in which it starts, a missed answer in
the month in which its clock ran out. So the months of a failure that lasts add up to what it costs in all, and a month
that is over does not change because its tickets go on. All money is whole cents.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from lenskeeper.base.spans import Span, clip, length, union
from lenskeeper.tickets.contracts import HOUR_S, Penalties, Terms
from lenskeeper.tickets.routing import Payer
from lenskeeper.tickets.states import Resolution

TENTH: Final = 10  # hundredths of a per cent in 0.1 percentage point
WHOLE: Final = 10_000  # hundredths of a per cent in all


class Clause(StrEnum):
    """By which clause a line stands. NONE: by none, it explains why nothing is deducted."""

    LATE_RESPONSE = "late_response"
    LATE_RESTORE = "late_restore"
    REPEATED = "repeated_fault"
    ONLINE = "online_rate"
    DIRTY = "dirty_picture"
    NONE = "none"


class Reason(StrEnum):
    """Why a line is what it is. OWED: it is counted; the rest are lines of nothing."""

    OWED = "owed"
    PAYER = "payer"  # somebody else bears it: power, carrier, third party, warranty, owner
    CANCELLED = "cancelled"  # no work after all
    IN_TIME = "in_time"
    IN_TIME_BUT_FOR = "in_time_but_for"  # late by the wall clock, in time without what is not his
    RUNNING = "running"  # its clocks have not run out yet
    EARLIER = "earlier"  # what it costs stands in another month, or its cap is reached
    TARGET_MET = "target_met"
    NO_DATA = "no_data"


class Why(StrEnum):
    """Why a stretch of a ticket's time is not the contractor's."""

    PAUSED = "paused"
    HELD = "held"  # nobody had been sent yet: a storm, the day's budget, a review
    ELSEWHERE = "elsewhere"  # another desk had it
    ASKED = "asked"  # the desk whose it was said to be took it, or left the question unanswered


@dataclass(frozen=True, slots=True)
class Excused:
    """A stretch [from_s, to_s) of a ticket that is not the contractor's."""

    why: Why
    from_s: int
    to_s: int


@dataclass(frozen=True, slots=True)
class Failure:
    """One time that a ticket's clocks ran: from its opening, or from when it failed again, to its end.

    respond_by_s, restore_by_s: by when, with what is not the contractor's taken out already.
    responded_s, restored_s:    None: not yet.
    late: stretches beyond restore_by_s, until it was restored or until now, in which the contract's clock ran.
    """

    began_s: int
    respond_by_s: int
    restore_by_s: int
    responded_s: int | None
    restored_s: int | None
    late: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class TicketFacts:
    """Exactly what of a ticket a deduction rests on. All instants are UTC seconds.

    kind:      a word of causes.CauseKind; thing: the name of the camera, or of what several hang on.
    failed_s:  when it failed again while the contractor had it.
    refused_s: how long other desks took to refuse what he said was theirs.
    guarantee: the name of the guarantee period that made its clocks tighter, or empty.
    """

    ticket_id: int
    kind: str
    thing: str
    klass: int
    opened_s: int
    ended_s: int | None
    payer: Payer
    resolution: Resolution
    failures: tuple[Failure, ...]
    failed_s: tuple[int, ...] = ()
    excused: tuple[Excused, ...] = ()
    refused_s: int = 0
    guarantee: str = ""


@dataclass(frozen=True, slots=True)
class DirtyPicture:
    """A picture on the cleaning list. due_s: the end of its day. done_s: None: not clean yet."""

    name: str
    what: str
    due_s: int
    done_s: int | None


@dataclass(frozen=True, slots=True)
class LotRate:
    """Camera-seconds of the lot over the month.

    theirs_down_s: the part of the time down that tickets put down to somebody else: it counts in neither number.
    expected_s:    what should have been known.
    """

    up_s: int
    down_s: int
    theirs_down_s: int
    expected_s: int

    @property
    def numerator(self) -> int:
        """Seconds online."""
        return self.up_s

    @property
    def denominator(self) -> int:
        """Seconds known that are the contractor's to answer for; 0: nothing is known."""
        return self.up_s + self.down_s - self.theirs_down_s


@dataclass(frozen=True, slots=True)
class MonthFacts:
    """A month [a_s, b_s) of a lot. known_s: until when the books are known; what ran out later is not owed yet."""

    a_s: int
    b_s: int
    known_s: int
    tickets: tuple[TicketFacts, ...]
    dirty: tuple[DirtyPicture, ...]
    rate: LotRate


@dataclass(frozen=True, slots=True)
class Line:
    """count x each_cents = amount_cents, by a clause; or nothing, with its reason.

    ticket_id:  None: the line is of a figure or a picture.
    kind:       of the ticket's cause; of a picture the fault; empty of a figure. subject: what it is about, by name.
    left_out_s: seconds by why they are not the contractor's, of a ticket.
    """

    clause: Clause
    reason: Reason
    ticket_id: int | None
    kind: str
    subject: str
    count: int = 0
    each_cents: int = 0
    payer: Payer = Payer.MAINTENANCE
    left_out_s: tuple[tuple[Why, int], ...] = ()
    refused_s: int = 0
    guarantee: str = ""
    is_capped: bool = False  # the hours of one failure reached their limit

    @property
    def amount_cents(self) -> int:
        """What is deducted."""
        return self.count * self.each_cents


@dataclass(frozen=True, slots=True)
class Settlement:
    """The deductions of a month. cap_cents: None: without limit."""

    lines: tuple[Line, ...]
    rate: LotRate
    cap_cents: int | None

    @property
    def sum_cents(self) -> int:
        """All lines, before the cap."""
        return sum(line.amount_cents for line in self.lines)

    @property
    def total_cents(self) -> int:
        """What is deducted in the end."""
        return self.sum_cents if self.cap_cents is None else min(self.sum_cents, self.cap_cents)


def settle(facts: MonthFacts, terms: Terms) -> Settlement:
    """The deductions of a month: the lot's rate, then each ticket by its number, then the pictures.

    Every ticket has a line; one that costs nothing says why.
    """
    tickets = sorted(facts.tickets, key=lambda one: one.ticket_id)
    lines = [
        _of_rate(facts.rate, terms.penalties),
        *(line for one in tickets for line in _of_ticket(one, facts, terms.penalties)),
        *_of_pictures(facts, terms.penalties),
    ]
    return Settlement(tuple(line for line in lines if line is not None), facts.rate, terms.cap_cents)


def tenths_below(numerator: int, denominator: int, target_hundredths: int) -> int:
    """How many 0.1 percentage points, started ones counted whole, a rate lies below its target; 0: it does not."""
    below = target_hundredths * denominator - WHOLE * numerator
    return max(0, -(-below // (TENTH * denominator)))


def _of_rate(rate: LotRate, said: Penalties) -> Line | None:
    if not said.online_target_hundredths:
        return None
    if rate.denominator <= 0:
        return Line(Clause.ONLINE, Reason.NO_DATA, None, "", "")
    count = tenths_below(rate.numerator, rate.denominator, said.online_target_hundredths)
    if not count:
        return Line(Clause.ONLINE, Reason.TARGET_MET, None, "", "")
    return Line(Clause.ONLINE, Reason.OWED, None, "", "", count, said.online_tenth_cents)


def _of_ticket(one: TicketFacts, facts: MonthFacts, said: Penalties) -> list[Line]:
    b = max(facts.a_s, min(facts.b_s, facts.known_s))  # of a month that has not begun nothing is owed
    about = _About(one, facts.a_s, b)
    if one.payer is not Payer.MAINTENANCE:
        return [about.nothing(Reason.PAYER)]
    if one.resolution is Resolution.CANCELLED:
        return [about.nothing(Reason.CANCELLED)]
    hours = [_late_hours(each, facts.a_s, b, said.late_restore_hours_max) for each in one.failures]
    owed = (
        (
            Clause.LATE_RESPONSE,
            sum(about.is_in(_missed_s(each)) for each in one.failures),
            said.late_response_cents,
        ),
        (Clause.LATE_RESTORE, sum(count for count, _ in hours), said.late_restore_hour_cents),
        (Clause.REPEATED, sum(about.is_in(at_s) for at_s in one.failed_s), said.repeated_fault_cents),
    )
    capped = any(is_capped for _, is_capped in hours)
    lines = [
        about.owed(clause, count, each, is_capped=capped and clause is Clause.LATE_RESTORE)
        for clause, count, each in owed
        if count
    ]
    return lines or [about.nothing(_why_nothing(one, facts.a_s, b, is_capped=capped))]


@dataclass(frozen=True, slots=True)
class _About:
    """The lines of one ticket over [a, b)."""

    one: TicketFacts
    a: int
    b: int

    def is_in(self, at_s: int | None) -> bool:
        return at_s is not None and self.a <= at_s < self.b

    def owed(self, clause: Clause, count: int, each_cents: int, *, is_capped: bool) -> Line:
        return self._line(clause, Reason.OWED, count, each_cents, is_capped=is_capped)

    def nothing(self, reason: Reason) -> Line:
        return self._line(Clause.NONE, reason, 0, 0, is_capped=False)

    def _line(self, clause: Clause, reason: Reason, count: int, each_cents: int, *, is_capped: bool) -> Line:
        one = self.one
        return Line(
            clause, reason, one.ticket_id, one.kind, one.thing, count, each_cents, one.payer, left_out(one.excused), one.refused_s,
            one.guarantee, is_capped,
        )  # fmt: skip


def left_out(excused: Sequence[Excused]) -> tuple[tuple[Why, int], ...]:
    """Seconds by why they are not the contractor's; one that is so for two reasons stands with both."""
    found = ((why, length(union((e.from_s, e.to_s) for e in excused if e.why is why))) for why in Why)
    return tuple((why, seconds) for why, seconds in found if seconds)


def _missed_s(failure: Failure) -> int | None:
    """When the clock of the answer ran out without one; None: it was answered, or well again, by then."""
    ends = [at_s for at_s in (failure.responded_s, failure.restored_s) if at_s is not None]
    return None if ends and min(ends) <= failure.respond_by_s else failure.respond_by_s


def _late_hours(failure: Failure, a: int, b: int, most: int) -> tuple[int, bool]:
    """Started hours beyond the clock that start in [a, b), and whether the limit of one failure cut them."""
    until_b, until_a = _started(failure.late, b), _started(failure.late, a)
    if not most:
        return until_b - until_a, False
    return min(most, until_b) - min(most, until_a), until_b > most


def _started(late: Sequence[Span], at_s: int) -> int:
    """Hours of the late time that had started before an instant."""
    gone = length(clip(late, late[0][0], at_s)) if late else 0
    return -(-gone // HOUR_S)


def _why_nothing(one: TicketFacts, a: int, b: int, *, is_capped: bool) -> Reason:
    missed = [at_s for each in one.failures if (at_s := _missed_s(each)) is not None]
    late = [each.late[0][0] for each in one.failures if each.late]
    if is_capped or any(at_s < a for at_s in (*missed, *late, *one.failed_s)):
        return Reason.EARLIER
    if any(at_s >= b for at_s in (*missed, *late)) or one.ended_s is None or one.ended_s >= b:
        return Reason.RUNNING
    return Reason.IN_TIME_BUT_FOR if one.excused else Reason.IN_TIME


def _of_pictures(facts: MonthFacts, said: Penalties) -> list[Line]:
    """A picture that is not clean when its day ends is owed then."""
    b = min(facts.b_s, facts.known_s)
    late = [
        one for one in facts.dirty
        if facts.a_s <= one.due_s < b and (one.done_s is None or one.done_s > one.due_s)
    ]  # fmt: skip
    return [
        Line(Clause.DIRTY, Reason.OWED, None, one.what, one.name, 1, said.dirty_picture_cents)
        for one in sorted(late, key=lambda one: (one.due_s, one.name, one.what))
    ]
