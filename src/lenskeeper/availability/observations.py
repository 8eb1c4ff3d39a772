"""What looks say of a point's state, and what came of it in the books."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from lenskeeper.availability.lanes import Lane, State
from lenskeeper.inventory.ids import PointId


@dataclass(frozen=True, slots=True)
class Observation:
    """One result. It speaks of its own slots [a, b) only, never "until further notice".

    a, b:   UTC seconds on the lane's slot grid.
    reason: outcome or kind of fault, "" where none.
    prober: who looked, as he is called in the list of workers.
    remark: the peer's own words, at most 200 characters.
    """

    point_id: PointId
    lane: Lane
    a: int
    b: int
    state: State
    reason: str = ""
    prober: str = ""
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Round:
    """The results of one slot for a whole shard, by place in its roster.

    codes:   one byte each: 0 unknown (not looked at, or the look failed here), 1 down, 2 up.
    reasons: outcome of those that are down, by place; absent is "".
    remarks: the peer's own words, by place, where there are any.
    """

    slot_s: int
    length_s: int
    codes: bytes
    reasons: Mapping[int, str] = field(default_factory=dict)
    remarks: Mapping[int, str] = field(default_factory=dict)
    prober: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """The last known state of a point became another one. before, after: a State, or 0 for unknown."""

    point_id: PointId
    lane: Lane
    at_s: int
    before: int
    after: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Folded:
    """What came of a batch.

    changes: of the last known states; corrections of the past are in none.
    refused: results that were not booked: too far in the future, or of no possible length.
    """

    changes: tuple[Change, ...] = ()
    refused: int = 0


class Current(msgspec.Struct, frozen=True):
    """The last known state of a point.

    since_s: since when no look said otherwise; what was unknown in between does not end it.
    until_s: to here it is confirmed. Later nothing is known: who shows "now" compares it with now.
    """

    point_id: PointId
    state: State
    since_s: int
    until_s: int
    reason: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """Who found what when a state, or its reason, began."""

    at_s: int
    state: State
    reason: str
    prober: str
    remark: str
