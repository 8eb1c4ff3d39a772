"""The cheapest way to each camera's picture, learnt by looking: bytes, processor time and waiting of each."""

import re
from collections.abc import Iterable
from typing import Final

import numpy as np

from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.points import Watched
from lenskeeper.probing.errands import Looked, Stream
from lenskeeper.probing.manners import DAY_S
from lenskeeper.probing.memory import RouteRecord
from lenskeeper.probing.schedule import Bools

STREAMS: Final = len(Stream)
# Of a first look by a way that nobody has gone yet; probing.md section 7.
GUESS_BYTES: Final = {Stream.STILL: 180_000, Stream.SUB: 90_000, Stream.MAIN: 310_000}
# One core decodes 1,000 ms a second; its share of a 100 Mbit/s line in that time is 12.5 MB.
BYTES_PER_CORE_MS: Final = 12_500
BYTES_PER_WAIT_MS: Final = 6  # a place in flight that is held; a tenth of what a sub-stream sends meanwhile
LEARN_SHARE: Final = 0.3  # how fast a figure follows what is seen; pictures differ by day and night
SWITCH_SHARE: Final = 0.7  # another way must be so much cheaper: a baseline holds for one way only
FAILURES_MAX: Final = 3  # looks in a row without a picture, and another way is tried
NO_SUCH_WAY: Final = 255

_MAIN_AND_SUB: Final = (  # how makes name their streams: main, sub
    (re.compile(r"(?i)(/Streaming/(?:Channels|tracks)/\d+0)([12])(?=\D|$)"), ("1", "2")),  # Hikvision
    (re.compile(r"(?i)(/h26[45]/ch\d+/)(main|sub)(?=/)"), ("main", "sub")),  # Hikvision before 2012
    (re.compile(r"(?i)([?&]subtype=)([01])(?=\D|$)"), ("0", "1")),  # Dahua
    (re.compile(r"(?i)(/media/video)([12])(?=\D|$)"), ("1", "2")),  # Uniview
)


def ways(watched: Watched, *, derive: bool) -> tuple[str, str, str]:
    """The addresses of still, sub-stream and main stream; empty where there is none that we know of.

    The registered address is one of the last two by its path; where the path tells nothing it is the main stream.
    derive: its sibling is named after its make's habit.
    """
    for pattern, (main, sub) in _MAIN_AND_SUB:
        if found := pattern.search(watched.url):
            is_sub = found[2].lower() == sub
            other = watched.url[: found.end(1)] + (main if is_sub else sub) + watched.url[found.end(2) :]
            pair = (watched.url, other if derive else "")
            return watched.still_url, *(pair if is_sub else (pair[1], pair[0]))
    return watched.still_url, "", watched.url


class Routes:
    """What each way to each point costs. About 50 bytes a point."""

    def __init__(self, has: Bools) -> None:
        """has: (points, streams), whether there is such a way."""
        shape = has.shape
        self._has = has
        self._bytes = np.zeros(shape, np.float32)
        self._cost_ms = np.zeros(shape, np.float32)
        self._wait_ms = np.zeros(shape, np.float32)
        self._failures = np.zeros(shape, np.uint8)
        self._last_s = np.zeros(shape, np.int64)
        self._usual = np.full(shape[0], NO_SUCH_WAY, np.uint8)
        self._changed: set[tuple[int, int]] = set()

    def take_over(self, mine: list[int], other: "Routes", theirs: list[int]) -> None:
        """Keep what was known of points that stay as they are."""
        for name in ("_bytes", "_cost_ms", "_wait_ms", "_failures", "_last_s", "_usual"):
            getattr(self, name)[mine] = getattr(other, name)[theirs]
        place = dict(zip(theirs, mine, strict=True))
        self._changed |= {(place[i], s) for i, s in other._changed if i in place}

    def recall(self, i: int, record: RouteRecord) -> None:
        """What was written down before a restart."""
        s = int(record.stream)
        self._bytes[i, s], self._cost_ms[i, s] = record.received_bytes, record.cost_ms
        self._wait_ms[i, s], self._last_s[i, s] = record.first_frame_ms, record.last_s
        self._failures[i, s] = min(record.failures, NO_SUCH_WAY)

    def usual(self, i: int, now_s: int) -> Stream | None:
        """The way of the next routine look: the cheapest that brings pictures; each is tried once. None: no way."""
        open_ = [s for s in range(STREAMS) if self.is_open(i, s, now_s)]
        if not open_:
            open_ = [s for s in range(STREAMS) if self._has[i, s] and self._failures[i, s] < NO_SUCH_WAY]
            open_.sort(key=lambda s: int(self._last_s[i, s]))  # all fail: the one not tried for longest
            return Stream(open_[0]) if open_ else None
        untried = [s for s in open_ if not self._last_s[i, s]]
        if untried:
            return Stream(Stream.SUB if Stream.SUB in untried else untried[0])
        best = min(open_, key=lambda s: self._price(i, s))
        now = int(self._usual[i])
        if now in open_ and self._price(i, best) > SWITCH_SHARE * self._price(i, now):
            best = now
        self._usual[i] = best
        return Stream(best)

    def is_open(self, i: int, s: int, now_s: int) -> bool:
        """Whether a way exists and has not failed again and again; after a day it gets another chance."""
        if not self._has[i, s] or self._failures[i, s] == NO_SUCH_WAY:
            return False
        return bool(self._failures[i, s] < FAILURES_MAX or now_s - self._last_s[i, s] >= DAY_S)

    def _price(self, i: int, s: int) -> float:
        """What one look by this way costs, in bytes."""
        return float(
            self._bytes[i, s]
            + BYTES_PER_CORE_MS * self._cost_ms[i, s]
            + BYTES_PER_WAIT_MS * self._wait_ms[i, s]
        )

    def has(self, i: int, stream: Stream) -> bool:
        """Whether there is such a way to this point."""
        return bool(self._has[i, stream] and self._failures[i, stream] < NO_SUCH_WAY)

    def expected_bytes(self, i: int, stream: Stream) -> int:
        """What a look by this way will probably receive."""
        return int(self._bytes[i, stream]) or GUESS_BYTES[stream]

    def learn(self, i: int, stream: Stream, looked: Looked, now_s: int) -> None:
        """What a look has cost. One without a picture teaches that it failed, and nothing of its price."""
        s = int(stream)
        self._last_s[i, s] = now_s
        if not looked.has_picture:
            if self._failures[i, s] < NO_SUCH_WAY - 1:
                self._failures[i, s] += 1
                self._changed.add((i, s))
            return
        is_first = not self._bytes[i, s]
        share = 1.0 if is_first else LEARN_SHARE
        was = float(self._bytes[i, s])
        self._failures[i, s] = 0
        for column, seen in (
            (self._bytes, float(looked.received_bytes)),
            (self._cost_ms, looked.cost_ms),
            (self._wait_ms, looked.first_frame_ms or 0.0),
        ):
            column[i, s] += share * (seen - float(column[i, s]))
        if is_first or stream is Stream.MAIN or abs(float(self._bytes[i, s]) - was) > 0.25 * was:
            self._changed.add((i, s))

    def forget(self, i: int, stream: Stream, now_s: int) -> None:
        """There is no such way: the device says that it knows no such path."""
        self._failures[i, stream] = NO_SUCH_WAY
        self._last_s[i, stream] = now_s
        self._changed.add((i, int(stream)))

    def last_s(self, i: int, stream: Stream) -> int:
        """When this way was last gone; 0: never."""
        return int(self._last_s[i, stream])

    def take_changes(self, ids: Iterable[PointId]) -> list[RouteRecord]:
        """What differs from what was written down. ids: of all points, in their order."""
        names = list(ids)
        changed, self._changed = sorted(self._changed), set()
        return [
            RouteRecord(
                names[i],
                Stream(s),
                int(self._bytes[i, s]),
                round(float(self._cost_ms[i, s]), 2),
                round(float(self._wait_ms[i, s]), 1),
                int(self._failures[i, s]),
                int(self._last_s[i, s]),
            )
            for i, s in changed
        ]
