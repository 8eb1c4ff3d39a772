"""Sums of camera-seconds and the rates they make. Unknown is never online and never offline.

A rate is a share of what is known, or of what was expected; without one known second there is no rate, neither
0 nor 100 %. Excluded time stands beside each sum. Definitions: design/security.md section 9.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from lenskeeper.availability.lanes import Lane
from lenskeeper.inventory.ids import PointId
from lenskeeper.units.ids import UnitId


class Part(IntEnum):
    """Which part of each local day is added up. Day is civil daylight at the point's position (daylight.py)."""

    WHOLE = 0
    DAY = 1
    NIGHT = 2


@dataclass(frozen=True, slots=True)
class Totals:
    """Camera-seconds of one lane over any set of points and any range; they add up over disjoint parts.

    span_s:           the length of the range, by points; `excluded_s` of it does not count.
    out_of_service_s: the part of excluded_s in which the point was not yet, or no longer, in service.
    up_s, down_s:     known and not excluded. Of a presence lane (LOW_VISIBILITY and on) up_s is how long it was so.
    outages:          stretches of down that began in the range. Down, unknown, down is one; so is one that crosses
                      midnight; an excluded second begins none.
    repaired:         outages whose end was seen in the range (the point was up again), repair_s: the seconds they
                      were down altogether, without unknown and excluded ones.
    Of a part of the day, and of lanes not in OUTAGE_LANES, the three about outages are 0.
    """

    span_s: int = 0
    excluded_s: int = 0
    out_of_service_s: int = 0
    up_s: int = 0
    down_s: int = 0
    outages: int = 0
    repaired: int = 0
    repair_s: int = 0

    @property
    def expected_s(self) -> int:
        """What should be known."""
        return self.span_s - self.excluded_s

    @property
    def known_s(self) -> int:
        """Up or down."""
        return self.up_s + self.down_s

    @property
    def unknown_s(self) -> int:
        """Expected, and neither up nor down."""
        return self.expected_s - self.known_s

    @property
    def online(self) -> float | None:
        """Online rate: up / known, 0 to 1. None: no data. Never show it without its coverage."""
        return _share(self.up_s, self.known_s)

    @property
    def coverage(self) -> float | None:
        """Known / expected, 0 to 1. None: nothing was expected."""
        return _share(self.known_s, self.expected_s)

    @property
    def strict(self) -> float | None:
        """Strict online rate: up / expected, so that unknown counts against the operator. None: nothing expected."""
        return _share(self.up_s, self.expected_s)


@dataclass(frozen=True, slots=True)
class PointSums:
    """Totals of one point over [a, b), while it belonged to one unit. A point that moved has one for each unit.

    unit_id: None where it belonged to no unit.
    """

    point_id: PointId
    unit_id: UnitId | None
    klass: int
    a: int
    b: int
    totals: Totals


@dataclass(frozen=True, slots=True)
class UnitDay:
    """Totals of a unit's points over one local day of each point. day: days since 1970-01-01."""

    unit_id: UnitId | None
    day: int
    totals: Totals


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch [a, b) of one point, such as the time in which one device hung there."""

    point_id: PointId
    a: int
    b: int


LanePart = tuple[Lane, Part]

REPORTED: Final[tuple[LanePart, ...]] = (
    (Lane.REACHABLE, Part.WHOLE),
    (Lane.PICTURE_FIT, Part.WHOLE),
    (Lane.PICTURE_FIT, Part.DAY),
    (Lane.PICTURE_FIT, Part.NIGHT),
    (Lane.DELIVERY, Part.WHOLE),
    (Lane.CLOCK, Part.WHOLE),
    (Lane.LOW_VISIBILITY, Part.WHOLE),
    (Lane.NOT_CHECKABLE, Part.WHOLE),
    (Lane.NO_PICTURE, Part.WHOLE),
    (Lane.HELD, Part.WHOLE),
)
"""What the day rollups hold; any other lane and part is read from the runs."""


OUTAGE_LANES: Final = (Lane.REACHABLE, Lane.PICTURE_FIT)
"""Lanes in which down is an outage that is repaired: a single look without a picture is none."""


def added(parts: Iterable[Totals]) -> Totals:
    """The sum of disjoint parts; of none it is zero."""
    span = excluded = out = up = down = outages = repaired = repair = 0
    for one in parts:
        span += one.span_s
        excluded += one.excluded_s
        out += one.out_of_service_s
        up += one.up_s
        down += one.down_s
        outages += one.outages
        repaired += one.repaired
        repair += one.repair_s
    return Totals(span, excluded, out, up, down, outages, repaired, repair)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole > 0 else None
