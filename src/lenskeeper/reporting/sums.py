"""What is added up: whole numbers of camera-seconds and counts. Every figure is made of two of them."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from operator import attrgetter


@dataclass(frozen=True, slots=True)
class Sums:
    """Camera-seconds and counts of any set of cameras over any range; all add up over disjoint parts.

    span_s:      length of the range times cameras; excluded_s of it left the denominators.
    out_of_service_s: the part of excluded_s in which the point was not yet or no longer in service.
    up_s, down_s: known to answer, known not to; what is left of the expected time is unknown.
    fit_*, fault_*: the picture as judged; day and night are told apart where the day's part is known, and the
                 two need not add up to the whole then.
    delivered_s, undelivered_s: picture slots in which a look was tried, by whether a whole key frame came.
    *_visibility_s ... held_s: picture slots without a judgement, by cause.
    outages:     begun in the range; repaired: ended in it, having lasted repair_s together.
    fields_*:    of the register, per point.
    """

    span_s: int = 0
    excluded_s: int = 0
    out_of_service_s: int = 0
    up_s: int = 0
    down_s: int = 0
    outages: int = 0
    repaired: int = 0
    repair_s: int = 0
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

    @property
    def expected_s(self) -> int:
        """The length of the range less what is excluded."""
        return self.span_s - self.excluded_s

    @property
    def known_s(self) -> int:
        """Up or down."""
        return self.up_s + self.down_s

    @property
    def unknown_s(self) -> int:
        """Expected, and neither seen up nor seen down."""
        return self.expected_s - self.known_s


NAMES = tuple(field.name for field in fields(Sums))
_numbers = attrgetter(*NAMES)


def added(parts: Iterable[Sums]) -> Sums:
    """The sum of the parts; of none it is zero."""
    totals = [0] * len(NAMES)
    for part in parts:
        totals = list(map(int.__add__, totals, _numbers(part)))
    return Sums(*totals)
