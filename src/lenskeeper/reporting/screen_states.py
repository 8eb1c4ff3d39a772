"""How a camera stands at this moment, in the five words of screens; unknown is never counted as down."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from lenskeeper.availability.lanes import State
from lenskeeper.base.outcomes import Outcome

FRESH_S: Final = 300  # as the desk: reachability that nobody confirmed for five slots is not known any more
LOOKED_S: Final = 26 * 3_600  # of a picture: the rarest look is one a day
REFUSED: Final = frozenset(
    {Outcome.AUTH_REFUSED, Outcome.TLS_REFUSED, Outcome.NOT_SUPPORTED, Outcome.HELD_BACK}
)


class Seen(IntEnum):
    """The numbers are stored: never give one a new meaning. The order is that of worry, but for the first."""

    NOT_WATCHED = 0  # not in service now, or nothing is known to look at
    UNKNOWN = 1  # nobody could say in the last minutes
    DOWN = 2  # it does not answer
    FAULTY = 3  # it answers, and its picture does not serve, or none comes
    SERVES = 4  # it answers, and nothing is known against its picture


@dataclass(frozen=True, slots=True)
class Said:
    """The last thing known in one lane. since_s: since when nobody said otherwise; until_s: to here it is confirmed."""

    state: State
    since_s: int
    until_s: int
    reason: str


@dataclass(frozen=True, slots=True)
class Known:
    """All that decides how a camera stands. faults: kinds that stand, with since when; the worst first."""

    is_watched: bool
    reach: Said | None = None
    delivery: Said | None = None
    held: Said | None = None
    faults: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """A state with its reason, and since when; None: never known."""

    state: Seen
    reason: str = ""
    since_s: int | None = None


def standing_of(known: Known, now_s: int) -> Standing:
    """How a camera stands. Silence is not health, and a picture counts only of a camera that answers."""
    reach = known.reach
    if not known.is_watched:
        return Standing(Seen.NOT_WATCHED)
    if reach is None or reach.until_s < now_s - FRESH_S:
        return Standing(Seen.UNKNOWN, since_s=None if reach is None else reach.until_s)
    if reach.state is State.DOWN:
        return Standing(Seen.DOWN, reach.reason, reach.since_s)
    if known.faults:
        kind, since_s = known.faults[0]
        return Standing(Seen.FAULTY, kind, since_s)
    delivery = known.delivery
    if delivery is not None and delivery.state is State.DOWN and _is_fresh(delivery, now_s):
        return Standing(Seen.FAULTY, delivery.reason, max(delivery.since_s, reach.since_s))
    held = known.held
    if held is not None and held.reason in REFUSED and _is_fresh(held, now_s):
        return Standing(Seen.FAULTY, held.reason, max(held.since_s, reach.since_s))
    return Standing(Seen.SERVES, since_s=reach.since_s)


def _is_fresh(said: Said, now_s: int) -> bool:
    return said.until_s >= now_s - LOOKED_S


STATE_WORDS: Final[Mapping[Seen, str]] = {
    Seen.NOT_WATCHED: "not_watched",
    Seen.UNKNOWN: "unknown",
    Seen.DOWN: "down",
    Seen.FAULTY: "fault",
    Seen.SERVES: "up",
}
"""As the web says them."""
