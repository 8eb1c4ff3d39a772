"""What the rounds hand on: a batch per zone and slot, facts that begin and end, and the count of their own work."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from lenskeeper.base.outcomes import Outcome
from lenskeeper.inventory.ids import PointId

UNKNOWN: Final = 0
DOWN: Final = 1
UP: Final = 2

OUTCOMES: Final = tuple(Outcome)
CODE_OF: Final[Mapping[Outcome, int]] = MappingProxyType({o: n for n, o in enumerate(OUTCOMES, 1)})
NOT_LOOKED: Final = 0  # in a buffer of outcome codes: nothing was heard of this door


@dataclass(frozen=True, slots=True)
class ZoneRound:
    """Reachability of one zone in one slot.

    roster:  the zone's points in service, always the same tuple until the plan changes.
    codes:   one byte per point of the roster: 0 unknown, 1 down, 2 up.
    reasons: the outcome of each point that is down, by its place in the roster.
    """

    zone: str
    slot_s: int
    roster: tuple[PointId, ...]
    codes: bytes
    reasons: Mapping[int, str]
    length_s: int = 60


class FactKind(StrEnum):
    """What the rounds tell once when it begins and once when it ends."""

    SITE_FAULT = "site_fault"  # subject: the site
    BLIND_ZONE = "blind_zone"  # subject: the zone. We are cut off; nothing is known of its cameras
    WITNESS_DOUBT = (
        "witness_doubt"  # subject: the zone. Its declared witnesses are silent while cameras answer
    )
    ACCOUNT_REFUSED = "account_refused"  # subject: host#credential id
    BUDGET_SPENT = "budget_spent"  # subject: the point's id


@dataclass(frozen=True, slots=True)
class Fact:
    """A state that began or ended. detail: words and figures for the operator, cure included."""

    kind: FactKind
    subject: str
    at_s: int
    began: bool
    detail: Mapping[str, str | int] = field(default_factory=dict)


class Held(StrEnum):
    """Why a picture that was due was not asked for."""

    DOWN = "down"  # nobody answers there; told by the reachability look of this slot
    BLIND = "blind"  # nothing is known of its door in this slot
    HOURS = "hours"
    DARK = "dark"
    PASSIVE = "passive"
    BUDGET = "budget"
    UPLINK = "uplink"  # the line's share of bytes is used up; asked in a later slot
    SITE_LINE = "site_line"  # the same, of its site's line
    HOST_LINE = "host_line"  # the same, of the recorder or converter it hangs at
    NET = "net"  # enough new connections into its network; asked in a later slot
    IN_FLIGHT = "in_flight"  # enough visits at a time; asked in a later slot
    BACK_OFF = "back_off"
    BUSY = "busy"  # put off a slot or two
    SITE = "site"  # the breaker of its site is open
    RAMP = "ramp"
    STOPPED = "stopped"  # the stop switch
    UNDER_WAY = "under_way"  # the look before it still goes on: one stream at a time
    NO_ADDRESS = "no_address"


@dataclass(slots=True)
class RoundsTally:
    """The rounds' own work since they began. A missed slot is visible here, and unknown in the books.

    due = done + late + missed + cut. late: done after the slot's end, before the next slot's end, and valid.
    missed: not begun or not done by then. cut: broken off because we were told to stop.
    """

    slots_due: int = 0
    slots_done: int = 0
    slots_late: int = 0
    slots_missed: int = 0
    slots_cut: int = 0
    clock_steps: int = 0
    greetings: int = 0
    retries: int = 0
    our_faults: int = 0
    pictures_due: int = 0
    looks: int = 0
    confirmations: int = 0
    pictures: int = 0
    received_bytes: int = 0
    blind_zone_slots: int = 0
    held: Counter[Held] = field(default_factory=Counter)
    outcomes: Counter[Outcome] = field(default_factory=Counter)
