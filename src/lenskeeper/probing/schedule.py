"""When each point's picture is due: at its own moment of its own period, the same after every restart.

A moment is drawn from the point's number, never from a list or a counter, so that nothing begins at :00 together
and nothing needs to be written down to go on where it was.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lenskeeper.base.days import zone_of
from lenskeeper.base.errors import Invalid
from lenskeeper.base.spans import Span
from lenskeeper.probing.manners import DAY_S
from lenskeeper.probing.round_results import Held

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

JITTER_PARTS: Final = (
    20  # a moment moves by up to a twentieth of the period, 5 %, from one period to the next
)
JITTER_S_MAX: Final = (
    60  # a look that comes before its period begins must not be one from the future (lanes.FUTURE_S_MAX)
)
PHASE, JITTER, RAMP, WEEK = 1, 2, 3, 4  # what a draw is for: each has nothing to do with the others
NOT_DUE: Final = -1
FALLBACK_TZ: Final = "UTC"  # a zone that the register has wrong must not end the round


def drawn(ids: Ints, purpose: int, turn: Ints | int = 0) -> NDArray[np.uint64]:
    """A number of 64 bits for each point, purpose and turn: always the same, and evenly spread.

    Source: the finaliser of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
    """
    with np.errstate(over="ignore"):
        z = ids.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z += np.asarray(turn).astype(np.uint64) * np.uint64(0xD1B54A32D192ED03) + np.uint64(purpose)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def drawn_name(name: str) -> int:
    """The same for a name: 64 bits, always the same."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big")


def phases(ids: Ints, period_s: Ints) -> Ints:
    """Seconds from the begin of a period to a point's moment, before jitter. Periods are counted from 1970."""
    return (drawn(ids, PHASE) % period_s.astype(np.uint64)).astype(np.int64)


def due_moments(
    ids: Ints, period_s: Ints, from_s: int, to_s: int, jitter_s_max: Ints | int | None = None
) -> Ints:
    """The instant in [from_s, to_s) at which each point's picture is due, or NOT_DUE.

    Each period has exactly one moment. period_s must not be below to_s - from_s. jitter_s_max: at most so much,
    where 5 % is too much.
    """
    jitter = np.minimum(period_s // JITTER_PARTS, JITTER_S_MAX)
    if jitter_s_max is not None:
        jitter = np.minimum(jitter, jitter_s_max)
    base = phases(ids, period_s)
    last = (to_s - 1 - base + jitter) // period_s
    due = np.full(len(ids), NOT_DUE, np.int64)
    for turn in (last, last - 1):  # the earlier of two goes before: one look a slot is enough
        shift = (drawn(ids, JITTER, turn) % (2 * jitter + 1).astype(np.uint64)).astype(np.int64) - jitter
        at = turn * period_s + base + shift
        due = np.where((at >= from_s) & (at < to_s), at, due)
    return due


def period_of(point_id: int, period_s: int, due_s: int) -> Span:
    """The period that a look speaks of, from the moment that it was due, which jitter may have taken over an end."""
    base = int(phases(np.array([point_id], np.int64), np.array([period_s], np.int64))[0])
    turn = (due_s - base + min(period_s // JITTER_PARTS, JITTER_S_MAX)) // period_s
    return turn * period_s, (turn + 1) * period_s


def turns(ids: Ints, at_s: int, period_s: int) -> Ints:
    """How many of its own weeks (or whatever the period is) each point has begun since 1970."""
    return (at_s - (drawn(ids, WEEK) % np.uint64(period_s)).astype(np.int64)) // period_s


def asked_on_day(ids: Ints, ramp: tuple[float, ...], day: int) -> Bools:
    """Who is asked for pictures on day `day` (from 1) of a takeover. Who was asked once is asked from then on."""
    share = 1.0 if day > len(ramp) else ramp[max(day, 1) - 1]
    return drawn(ids, RAMP) / 2.0**64 < share


def ramp_day(ramp_from_s: int | None, at_s: int) -> int | None:
    """The day of the takeover, from 1; None where there is no ramp."""
    return None if ramp_from_s is None else max((at_s - ramp_from_s) // DAY_S + 1, 1)


@dataclass(frozen=True, slots=True)
class Calendar:
    """When points may be asked for pictures, by the local day. Many points share one."""

    tz: str
    hours: tuple[Span, ...] = ()
    dark: tuple[Span, ...] = ()

    def closed(self, at_s: int) -> Held | None:
        """Why no picture is asked for now, or None."""
        if not self.hours and not self.dark:
            return None
        local = self._local(at_s)
        second = local.hour * 3_600 + local.minute * 60 + local.second
        if self.hours and not any(_within(second, span) for span in self.hours):
            return Held.HOURS
        return Held.DARK if any(_within(second, span) for span in self.dark) else None

    def month(self, at_s: int) -> int:
        """The local calendar month: year * 100 + month."""
        local = self._local(at_s)
        return local.year * 100 + local.month

    def _local(self, at_s: int) -> datetime:
        try:
            zone = zone_of(self.tz)
        except Invalid:
            zone = zone_of(FALLBACK_TZ)
        return datetime.fromtimestamp(at_s, zone)


def _within(second: int, span: Span) -> bool:
    a, b = span
    return a <= second < b if a <= b else second >= a or second < b  # 22:00 to 06:00 goes over midnight
