"""What a channel's own looks have shown: a recorder that answers is not sixty-four cameras that answer."""

from typing import Final

from lenskeeper.base.outcomes import Outcome
from lenskeeper.probing.errands import Looked
from lenskeeper.probing.round_results import DOWN, UNKNOWN, UP

# The channel was described or showed something: it is there, whatever is wrong with its picture.
SHOWS_CHANNEL: Final = frozenset({Outcome.PLAYING, Outcome.NO_KEYFRAME, Outcome.UNDECODABLE})
# The recorder answered, and says that there is nothing behind this channel.
DENIES_CHANNEL: Final = frozenset({Outcome.NOT_FOUND, Outcome.NO_VIDEO, Outcome.REJECTED})


def evidence_of(looked: Looked) -> int:
    """UP, DOWN, or UNKNOWN: this look tells nothing of the channel, and what was known before holds for its time.

    Logins refused, busy recorders and silence amid a visit tell of the recorder, not of the channel.
    """
    if looked.outcome in SHOWS_CHANNEL:
        return UP
    return DOWN if looked.outcome in DENIES_CHANNEL else UNKNOWN
