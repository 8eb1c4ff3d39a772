"""Back-pressure in bytes: how much of the coded pictures may be in memory at once."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from lenskeeper.base.limits import PICTURE_BYTES_MAX

BYTES_IN_FLIGHT_MAX: Final = 128 * 1024 * 1024  # 667 MB were seen with 500 probes and no limit
ADMITTED_SHARE: Final = 0.75  # the rest is left to those inside, who may need more than they guessed


class Reservation:
    """Bytes that one look holds, from before its picture comes until its figures are there."""

    __slots__ = ("_budget", "held_bytes")

    def __init__(self, budget: "ByteBudget", held_bytes: int) -> None:
        self._budget = budget
        self.held_bytes = held_bytes

    def resize(self, wanted_bytes: int) -> bool:
        """Hold this many instead. False, and nothing changed, when one picture or all would be too much.

        Never waits, so that two who both need more cannot wait for each other: whoever hears False
        gives its picture up.
        """
        return self._budget._resize(self, wanted_bytes)


class ByteBudget:
    """Counts the bytes of pictures on their way. First come, first served: no one is overtaken."""

    def __init__(self, total_bytes: int = BYTES_IN_FLIGHT_MAX, one_bytes: int = PICTURE_BYTES_MAX) -> None:
        assert 0 < one_bytes <= total_bytes * ADMITTED_SHARE
        self.total_bytes = total_bytes
        self.one_bytes = one_bytes
        self.used_bytes = 0
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @asynccontextmanager
    async def reserve(self, wanted_bytes: int) -> AsyncIterator[Reservation]:
        """Wait for room for `wanted_bytes`, at most `one_bytes`, and hold it within the block.

        Ask for what the camera's pictures usually weigh, before the visit, and `resize` to what
        really came.
        """
        wanted_bytes = max(0, min(wanted_bytes, self.one_bytes))
        if self._waiting or not self._admits(wanted_bytes):
            await self._turn(wanted_bytes)
        else:
            self.used_bytes += wanted_bytes
        reservation = Reservation(self, wanted_bytes)
        try:
            yield reservation
        finally:
            self.used_bytes -= reservation.held_bytes
            reservation.held_bytes = 0
            self._let_in()

    def _admits(self, wanted_bytes: int) -> bool:
        return self.used_bytes + wanted_bytes <= self.total_bytes * ADMITTED_SHARE

    async def _turn(self, wanted_bytes: int) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        place = (wanted_bytes, turn)
        self._waiting.append(place)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.used_bytes -= wanted_bytes  # let in and called off in one breath
            elif place in self._waiting:
                self._waiting.remove(place)
            self._let_in()
            raise

    def _let_in(self) -> None:
        while self._waiting and self._admits(self._waiting[0][0]):
            wanted_bytes, turn = self._waiting.popleft()
            if turn.cancelled():
                continue
            self.used_bytes += wanted_bytes  # counted here and not by the one who wakes: no one slips between
            turn.set_result(None)

    def _resize(self, reservation: Reservation, wanted_bytes: int) -> bool:
        used_bytes = self.used_bytes - reservation.held_bytes + wanted_bytes
        if wanted_bytes > self.one_bytes or (
            wanted_bytes > reservation.held_bytes and used_bytes > self.total_bytes
        ):
            return False
        self.used_bytes = used_bytes
        reservation.held_bytes = wanted_bytes
        self._let_in()
        return True
