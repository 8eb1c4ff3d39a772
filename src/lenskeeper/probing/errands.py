"""The looks for pictures that the rounds order, and what comes back of each."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum

from lenskeeper.base.outcomes import Outcome
from lenskeeper.inventory.points import Watched


class Stream(IntEnum):
    """A way to a camera's picture, cheapest first as a rule; what is cheapest for one camera is learnt."""

    STILL = 0
    SUB = 1
    MAIN = 2


class Why(StrEnum):
    """Why a look was ordered."""

    ROUTINE = "routine"  # its time has come
    CONFIRM = "confirm"  # the look before it found something; the same slot
    MAIN = "main"  # the weekly look at the main stream, or one that diagnosis asked for
    REQUESTED = "requested"  # a person asked for it


@dataclass(frozen=True, slots=True)
class Errand:
    """One look for a picture.

    url:    the address of the route that was chosen; may hold a password in its query: never show it.
    slot_s: the slot that it belongs to.
    after:  of a confirming look, what the first look found.
    due_s:  the moment that it was due, UTC seconds: which of its periods it speaks of, however late it is made.
    is_beside: the main stream, where a cheaper way does the daily work: it is compared with looks of its own kind,
            and so are the look that confirms it and one that a person asked for.
    """

    watched: Watched
    stream: Stream
    url: str
    why: Why
    slot_s: int
    after: "Looked | None" = None
    due_s: int = 0
    is_beside: bool = False


@dataclass(frozen=True, slots=True)
class Looked:
    """What one errand came to.

    received_bytes:     all that came over the line, whether or not a picture was made of it.
    has_picture:        a whole key frame came and was measured.
    verdict:            the word of the diagnosis; empty where there was no picture.
    needs_confirmation: the rounds shall look once more within the slot before they hand this on.
    cost_ms:            processor time of decoding and measuring.
    first_frame_ms:     time to the picture; None where none came.
    is_confirmed:       a second look in the same slot came to the same outcome and verdict.
    was_visited:        False: no connection was made, since the reachability look of this slot had shown that
                        nobody answers; the outcome is that look's.
    main_due:           the main stream should be looked at next, beside the cheaper way that this was.
    findings:           whatever the look wants handed on with it, untouched; never pixels.
    """

    outcome: Outcome
    received_bytes: int = 0
    has_picture: bool = False
    verdict: str = ""
    needs_confirmation: bool = False
    cost_ms: float = 0.0
    first_frame_ms: float | None = None
    is_confirmed: bool = False
    was_visited: bool = True
    main_due: bool = False
    findings: object = None

    def joined(self, second: "Looked") -> "Looked":
        """This look and the one that was to confirm it, as one: a picture is more than none, then the later counts."""
        agrees = (self.outcome, self.verdict) == (second.outcome, second.verdict)
        counts = self if self.has_picture and not second.has_picture else second
        return replace(
            counts,
            received_bytes=self.received_bytes + second.received_bytes,
            cost_ms=self.cost_ms + second.cost_ms,
            needs_confirmation=False,
            is_confirmed=agrees,
        )


Look = Callable[[Errand], Awaitable[Looked]]  # never raises for the world
