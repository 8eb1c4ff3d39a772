"""From a fault to a desk, or not: what waits for the next cleaning round, what a person must look at first, what is held.

A kind of picture fault earns its trust in each installation: 90 of the last 100 cases that a person judged were right.
Until then its cases go to the review tray and call nobody.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from lenskeeper.base.days import local_day
from lenskeeper.diagnosis.holding import Held
from lenskeeper.diagnosis.kinds import SEVERITIES, Kind
from lenskeeper.inventory.ids import PointId
from lenskeeper.tickets.causes import Trouble

# Slow, and no night's work: it waits for whoever passes by with a cloth.
CLEANING: Final = frozenset({Kind.LENS_DIRTY, Kind.COLOUR_CAST, Kind.NOISE, Kind.LOW_CONTRAST})
CLEANING_DAYS: Final = 30
JUDGED_MIN: Final = 100
RIGHT_MIN: Final = 90
STORM_CAUSES: Final = (
    50  # new ones in an hour, and a hundredth of the fleet: beyond it crews are sent by a person
)
STORM_WINDOW_S: Final = 3_600
STORM_SHARE: Final = 100


@dataclass(frozen=True, slots=True, order=True)
class Case:
    """A fault of a picture, as it is filed in the tray or on the cleaning list."""

    point_id: PointId
    kind: Kind
    since_s: int


@dataclass(frozen=True, slots=True)
class Sorted:
    """Faults of pictures, sorted. troubles: those that may call somebody, one for each point."""

    troubles: Mapping[PointId, Trouble]
    to_review: Sequence[Case]
    to_clean: Sequence[Case]


def sort_faults(
    faults: Mapping[PointId, Sequence[Held]], trusted: Collection[Kind], right: Collection[Case]
) -> Sorted:
    """Sort the faults that stand. right: the cases of kinds without trust that a person found right."""
    troubles: dict[PointId, Trouble] = {}
    review: list[Case] = []
    clean: list[Case] = []
    for point_id, standing in faults.items():
        for held in sorted(standing, key=lambda one: (-SEVERITIES.index(one.severity), one.since_s)):
            case = Case(point_id, held.kind, held.since_s)
            if held.kind in CLEANING:
                clean.append(case)
            elif held.kind in trusted or case in right:
                troubles.setdefault(point_id, Trouble(point_id, held.kind, held.since_s))
            else:
                review.append(case)
    return Sorted(troubles, tuple(sorted(review)), tuple(sorted(clean)))


def cases_of(faults: Mapping[PointId, Sequence[Held]]) -> list[Case]:
    """Every fault as a case."""
    return [Case(p, held.kind, held.since_s) for p, standing in faults.items() for held in standing]


def has_earned_trust(last: Sequence[bool]) -> bool:
    """Whether the last judgements of a kind, newest first, suffice."""
    return len(last) >= JUDGED_MIN and sum(last[:JUDGED_MIN]) >= RIGHT_MIN


def cleaning_due_day(found_s: int, tz: str) -> int:
    """The local day by which a picture shall be clean again."""
    return local_day(found_s, tz) + CLEANING_DAYS


def is_storm(opened_in_window: int, fleet: int) -> bool:
    """Whether so many new causes in STORM_WINDOW_S are more than any crew can be sent to."""
    return opened_in_window >= max(STORM_CAUSES, fleet // STORM_SHARE)
