"""A contract of maintenance: whose lot, by which clocks, and what a failure costs."""

from dataclasses import dataclass
from typing import Final, NewType

import msgspec

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


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What a contract says, as it is kept in its row. clocks: by class of point; a class that is missing has the usual.

    tickets_per_day_max: how many the contractor is sent on one local day; the rest wait, the worst class first.
    answer_s:            how long a desk may leave "this is yours" unanswered.
    """

    clocks: dict[int, Clock] = msgspec.field(default_factory=lambda: dict(USUAL_CLOCKS))
    tickets_per_day_max: int = 60
    answer_s: int = 4 * HOUR_S

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
