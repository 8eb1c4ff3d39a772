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
