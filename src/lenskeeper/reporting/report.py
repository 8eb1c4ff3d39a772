"""A report as frozen facts: no text but names, no float, so that its bytes and its hash never waver."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from lenskeeper.inventory.ids import DeviceId, PointId
from lenskeeper.reporting.definitions import EDITION, HEADLINE, Figure, Metric, figure
from lenskeeper.reporting.periods import Period
from lenskeeper.reporting.sums import Sums
from lenskeeper.units.ids import UnitId

NOBODY: Final = UnitId(0)  # points that belonged to no unit


@dataclass(frozen=True, slots=True)
class Part:
    """One point in that part of the range in which its unit, its class and its device were the same.

    A range is cut where a point changes its unit or a device is hung elsewhere, so each group is a plain sum of parts.
    branch:  the unit directly beneath the report's own that it belonged to; the report's own where there is none.
    faults:  seconds of picture fault by kind, longest first.
    """

    point_id: PointId
    name: str
    code: str
    unit_id: UnitId
    branch: UnitId
    klass: int
    device_id: DeviceId | None
    make: str
    model: str
    a_s: int
    b_s: int
    sums: Sums
    faults: tuple[tuple[str, int], ...] = ()


class Grouped(StrEnum):
    """What the members of a group have in common."""

    WHOLE = "whole"
    UNIT = "unit"
    CLASS = "class"
    MODEL = "model"
    POINT = "point"


@dataclass(frozen=True, slots=True)
class Group:
    """The sums of the parts that have something in common.

    key:             names the group among its kind: a unit's or a point's id, a class, make and model.
    rank:            1 is where most weighted hours were lost; None where there are too few cameras to rank fairly.
    weighted_lost_s: offline camera-seconds, each times the weight of its class.
    """

    by: Grouped
    key: str
    name: str
    cameras: int
    sums: Sums
    weighted_lost_s: int
    rank: int | None = None

    def figure(self, metric: Metric) -> Figure:
        """One figure of this group."""
        return figure(metric, self.sums)


@dataclass(frozen=True, slots=True)
class DayLine:
    """One local day of the range. day: days since 1970-01-01."""

    day: int
    sums: Sums


@dataclass(frozen=True, slots=True)
class ExcludedHours:
    """What one author excluded for one reason. pending: it waits for a second person and is not excluded yet."""

    author: str
    reason: str
    pending: bool
    cameras: int
    excluded_s: int


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch in which nothing was known of so many cameras that should have been seen."""

    a_s: int
    b_s: int
    cameras: int


@dataclass(frozen=True, slots=True)
class LongDead:
    """A camera that is still down at the end of the range and has been for long. reason: the last outcome."""

    point_id: PointId
    name: str
    code: str
    unit_name: str
    since_s: int
    reason: str


@dataclass(frozen=True, slots=True)
class PictureState:
    """How many cameras of a report stood so at their last look when it was made, whatever its range.

    word:        as diagnosis writes it; empty where no look has been judged yet.
    provisional: fit by absolute floors alone, since the camera has no reference of its own yet.
    flapping:    fault and fit by turns, so often that the turning itself is the fault.
    """

    word: str
    provisional: bool
    flapping: bool
    cameras: int


@dataclass(frozen=True, slots=True)
class Report:
    """Everything a report says of one unit and range.

    watermark_s:  what was known up to this instant is in it; an observation that came later is not.
    made_at_s:    when it was put together; metadata completeness is as of then.
    exercise:     the figures come from a drill and no camera stood behind them; stamped on every page.
    gaps, worst, long_dead: the greatest of them; `*_left_out` says how many more there were.
    pictures:     how they stood at made_at_s: counts beside the figures, which are of the range.
    """

    unit_id: UnitId
    unit_name: str
    period: Period
    watermark_s: int
    made_at_s: int
    exercise: bool
    whole: Group
    by_unit: tuple[Group, ...]
    by_class: tuple[Group, ...]
    by_model: tuple[Group, ...]
    worst: tuple[Group, ...]
    worst_left_out: int
    days: tuple[DayLine, ...]
    excluded: tuple[ExcludedHours, ...]
    gaps: tuple[Gap, ...]
    gaps_left_out: int
    long_dead: tuple[LongDead, ...]
    long_dead_left_out: int
    parts: tuple[Part, ...]
    edition: int = EDITION
    pictures: tuple[PictureState, ...] = ()

    def headline(self) -> tuple[Figure, ...]:
        """The figures of the whole, in the order of the definitions."""
        return tuple(self.whole.figure(metric) for metric in HEADLINE)
