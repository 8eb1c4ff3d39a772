"""The clock of this machine. The one file that may read it."""

import asyncio
import time


class SystemClock:
    """The clock of this machine."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def elapsed_s(self) -> float:
        return time.monotonic()

    async def sleep(self, length_s: float) -> None:
        await asyncio.sleep(length_s)


class StandingClock:
    """A clock that stands until it is told to go on. Sleeping takes no time."""

    def __init__(self, now_s: int) -> None:
        self.now = now_s

    def now_ms(self) -> int:
        """Where it stands."""
        return self.now * 1000

    def elapsed_s(self) -> float:
        """The same; only differences mean anything."""
        return float(self.now)

    async def sleep(self, length_s: float) -> None:
        """No time at all."""
