"""How many visits one host and port has at a time. A count while there is room; a queue only where there is none."""

import asyncio
from collections import deque

Door = tuple[str, int]  # host and port


class Gates:
    """The doors of a fleet. What nobody stands at or behind takes no memory, and a visit a tenth of a semaphore's."""

    __slots__ = ("_inside", "_waiting", "places")

    def __init__(self, places: int) -> None:
        assert places > 0
        self.places = places
        self._inside: dict[Door, int] = {}
        self._waiting: dict[Door, deque[asyncio.Future[None]]] = {}

    async def enter(self, door: Door) -> None:
        """Wait for a place, first come, first served. A visit that is called off while it waits loses its turn."""
        inside = self._inside.get(door, 0)
        if inside < self.places:
            self._inside[door] = inside + 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(door, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # the place was ours already
                self.leave(door)
            raise

    def leave(self, door: Door) -> None:
        """Give the place to whoever waits longest, or back."""
        queue = self._waiting.get(door)
        while queue:
            turn = queue.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._waiting.pop(door, None)
        if self._inside[door] == 1:
            del self._inside[door]
        else:
            self._inside[door] -= 1
