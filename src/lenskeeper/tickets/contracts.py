"""A contract of maintenance: whose lot, by which clocks, and what a failure costs."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import Final, NewType

import msgspec

from lenskeeper.base.days import date_of, day_of

ContractId = NewType("ContractId", int)

HOUR_S: Final = 3_600


class Clock(msgspec.Struct, frozen=True):
    """Seconds of the contract's own time (its calendar, pauses left out) from the opening of a ticket.

    respond_s: until the desk says that it goes (accepted, or somebody is there). restore_s: until it works again.
    """

    respond_s: int
    restore_s: int


# Respond in 2 h and restore in 24 h is what tenders say (diagnosis.md section 15); class I more tightly, III at leisure.
USUAL_CLOCKS: Final = {
    1: Clock(1 * HOUR_S, 8 * HOUR_S),
    2: Clock(2 * HOUR_S, 24 * HOUR_S),
    3: Clock(4 * HOUR_S, 48 * HOUR_S),
}


class Penalties(msgspec.Struct, frozen=True, kw_only=True):
    """What a failure costs, in cents (分): whole numbers everywhere, never a float. 0: the contract has no such clause.

    late_response_cents:     for each time that a ticket was not answered by its clock.
    late_restore_hour_cents: for each started hour beyond the clock, at most late_restore_hours_max (0: no limit) of
                             one failure.
    repeated_fault_cents:    for each time that it failed again after somebody had said that it was done.
    online_target_hundredths: online rate that the lot owes over a month, in hundredths of a per cent; 0: none.
    online_tenth_cents:      for each started 0.1 percentage point below it.
    dirty_picture_cents:     for each picture that was not cleaned by the end of its day.
    cap_percent:             of the monthly fee: more is not deducted in one month; None: no limit.
    refused_time_counts:     a question "this is yours" that the other desk refused was the contractor's own time.
    """

    late_response_cents: int = 0
    late_restore_hour_cents: int = 0
    late_restore_hours_max: int = 0
    repeated_fault_cents: int = 0
    online_target_hundredths: int = 0
    online_tenth_cents: int = 0
    dirty_picture_cents: int = 0
    cap_percent: int | None = None
    refused_time_counts: bool = True


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What a contract says, as it is kept in its row. clocks: by class of point; a class that is missing has the usual.

    tickets_per_day_max: how many the contractor is sent on one local day; the rest wait, the worst class first.
    answer_s:            how long a desk may leave "this is yours" unanswered.
    monthly_fee_cents:   what a month costs; the cap of its deductions is a share of it.
    warranty_months:     how long a device that was accepted under this contract is under warranty; 0: not told.
    lease_end_day:       the last local day on which leased devices are leased; None: nothing is leased.
    """

    clocks: dict[int, Clock] = msgspec.field(default_factory=lambda: dict(USUAL_CLOCKS))
    tickets_per_day_max: int = 60
    answer_s: int = 4 * HOUR_S
    monthly_fee_cents: int = 0
    warranty_months: int = 0
    lease_end_day: int | None = None
    penalties: Penalties = Penalties()

    @property
    def cap_cents(self) -> int | None:
        """The most that is deducted in one month, rounded down to a cent; None: no limit."""
        percent = self.penalties.cap_percent
        return None if percent is None else self.monthly_fee_cents * percent // 100

    def clock(self, klass: int) -> Clock:
        """The clock of a class, 1 to 3."""
        return self.clocks.get(klass, USUAL_CLOCKS[klass])


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract as it stands. from_day, to_day: local days [from, to) of tz. calendar: empty runs around the clock."""

    contract_id: ContractId
    name: str
    contractor: str
    document: str
    from_day: int
    to_day: int
    calendar: str
    tz: str
    terms: Terms


def warranty_until_day(accepted_day: int, months: int) -> int | None:
    """The last local day of a warranty of whole months that begins on accepted_day; None: 0 months, no warranty.

    A month ends on the day before the one of its number, and at the latest on the last day of the month.
    """
    if months <= 0:
        return None
    begins = date_of(accepted_day)
    year, month = divmod(begins.year * 12 + begins.month - 1 + months, 12)
    last = monthrange(year, month + 1)[1]
    if begins.day > last:
        return day_of(date(year, month + 1, last))
    return day_of(date(year, month + 1, begins.day)) - 1
