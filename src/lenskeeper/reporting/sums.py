"""What is added up: whole numbers of camera-seconds and counts. Every figure is made of two of them."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from operator import attrgetter

from lenskeeper.availability.figures import Totals


@dataclass(frozen=True, slots=True)
class Sums(Totals):
    """Camera-seconds and counts of any set of cameras over any range; all add up over disjoint parts.

    Those of `Totals` are of the lane REACHABLE.

    fit_*, fault_*: the picture as judged; day and night are told apart where the day's part is known, and the
                 two need not add up to the whole then.
    delivered_s, undelivered_s: picture slots in which a look was tried, by whether a whole key frame came.
    *_visibility_s ... held_s: picture slots without a judgement, by cause.
    fields_*:    of the register, per point.
    """

    fit_s: int = 0
    fault_s: int = 0
    fit_day_s: int = 0
    fault_day_s: int = 0
    fit_night_s: int = 0
    fault_night_s: int = 0
    delivered_s: int = 0
    undelivered_s: int = 0
    low_visibility_s: int = 0
    not_checkable_s: int = 0
    no_picture_s: int = 0
    held_s: int = 0
    fields_filled: int = 0
    fields_required: int = 0


NAMES = tuple(field.name for field in fields(Sums))
_numbers = attrgetter(*NAMES)


def added(parts: Iterable[Sums]) -> Sums:
    """The sum of the parts; of none it is zero."""
    totals = [0] * len(NAMES)
    for part in parts:
        totals = list(map(int.__add__, totals, _numbers(part)))
    return Sums(*totals)
