"""The one clock. Rooms are handed it; `house.py` binds the real one, tests bind their own."""

from typing import Protocol


class Clock(Protocol):
    """Wall time, elapsed time and sleep, kept together so that a test can move all three."""

    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01 UTC, by our own clock."""
        ...

    def elapsed_s(self) -> float:
        """Seconds on a clock that never steps back; only differences mean anything."""
        ...

    async def sleep(self, length_s: float) -> None:
        """Wait for at least `length_s` seconds of this clock."""
        ...
