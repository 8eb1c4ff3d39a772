"""The kinds of state that are booked for a point, and the two states there are. Unknown is no state: it is no row."""

from enum import IntEnum
from typing import Final


class Lane(IntEnum):
    """One kind of state of a point. The numbers are stored: never give one a new meaning."""

    REACHABLE = 1  # it answered a look of its minute
    PICTURE_FIT = 2  # the picture serves its purpose
    DELIVERY = (
        3  # a look that asked for a picture brought a whole key frame; busy, budget and login are absent
    )
    CLOCK = 4  # the camera's clock is right
    LOW_VISIBILITY = 10  # from here on only UP is written: it was so
    NOT_CHECKABLE = 11
    NO_PICTURE = 12
    HELD = 13  # busy, login refused, budget spent: not looked at, and no fault of the picture


class State(IntEnum):
    """What is known of a slot, ranked: whoever says UP outweighs whoever says DOWN, and anybody outweighs silence."""

    DOWN = 1
    UP = 2


UNKNOWN: Final = 0  # in the codes of a round, and in a change; never in a row
SLOT_S: Final = 60  # the reachability grid
FUTURE_S_MAX: Final = 2 * SLOT_S  # further ahead of our clock, a result is of a clock that was set wrong
ASSERTED_S_MAX: Final = 86_400  # a look a day is the rarest there is; longer is "until further notice"
SETTLED_S: Final = (
    600  # so long after its end a slot is settled; whatever comes later marks its day to be recounted
)
REASON_RETOLD_S: Final = (
    3_600  # routers limit what they send: silence and "unreachable" may alternate by the minute
)
EVIDENCE_KEPT_DAYS: Final = 397  # 13 months: a yearly settlement, and the month to dispute it in
