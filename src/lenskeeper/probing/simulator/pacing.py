"""One wheel for all viewers: each turn sends one picture to everybody who stands on that spoke."""

import asyncio
from typing import Final, Protocol

SPOKES: Final = (
    8  # viewers are spread over the time of one picture, so that the socket work comes in small heaps
)
LATE_S_MAX: Final = 0.5  # a wheel that is later than this slows down rather than sending heaps


class Viewer(Protocol):
    """Whoever wants a picture at each turn."""

    def turn(self, picture: int) -> None:
        """Send picture number `picture`, counted from the beginning of the wheel."""
        ...


class Wheel:
    """Turns at `fps` while anybody watches, by the loop's clock."""

    def __init__(self, loop: asyncio.AbstractEventLoop, fps: float) -> None:
        self._loop = loop
        self._step_s = 1 / (fps * SPOKES)
        self._spokes: list[dict[Viewer, None]] = [{} for _ in range(SPOKES)]
        self._began = loop.time()
        self._turn = 0
        self._timer: asyncio.TimerHandle | None = None

    def join(self, viewer: Viewer, spoke: int) -> int:
        """Take a viewer on; the number of the picture that is on now. The next turn brings the next one."""
        spoke %= SPOKES
        if self._timer is None:
            self._turn = max(int((self._loop.time() - self._began) / self._step_s), self._turn) + 1
            self._timer = self._loop.call_at(self._due(), self._go)
        self._spokes[spoke][viewer] = None
        return (self._turn - 1 - spoke) // SPOKES

    def now(self) -> int:
        """The number of the picture that is on, watched or not."""
        return int((self._loop.time() - self._began) / self._step_s) // SPOKES

    def leave(self, viewer: Viewer, spoke: int) -> None:
        """Let a viewer go; one who is not there is no error."""
        self._spokes[spoke % SPOKES].pop(viewer, None)

    def stop(self) -> None:
        """Stand still for good."""
        for spoke in self._spokes:
            spoke.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _due(self) -> float:
        return self._began + self._turn * self._step_s

    def _go(self) -> None:
        if not any(self._spokes):
            self._timer = None
            return
        spoke, picture = self._turn % SPOKES, self._turn // SPOKES
        for viewer in tuple(self._spokes[spoke]):
            viewer.turn(picture)
        self._turn += 1
        late = self._loop.time() - self._due()
        if late > LATE_S_MAX:
            self._began += late
        self._timer = self._loop.call_at(self._due(), self._go)
