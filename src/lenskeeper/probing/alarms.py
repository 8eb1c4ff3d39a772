"""One timer for everybody who waits: thousands of visits wait at a time, and a timer of the loop costs each 1.2 kB."""

import asyncio
from collections.abc import Callable
from typing import Final
from weakref import WeakKeyDictionary

TICK_S: Final = 0.05  # an alarm is so much late at most; no deadline of a visit is finer than this


class Alarms:
    """Calls at their time, to a tick. Setting and clearing one costs no more than an entry in a set."""

    __slots__ = ("_due", "_ticks")

    def __init__(self) -> None:
        self._due: dict[int, set[Callable[[], object]]] = {}
        self._ticks = False

    def set(self, call: Callable[[], object], until_s: float) -> int:
        """Call at loop time `until_s`, never earlier; returns what `clear` needs to call it off."""
        tick = int(until_s / TICK_S) + 1
        calls = self._due.get(tick)
        if calls is None:
            calls = self._due[tick] = set()
            self._go_on()
        calls.add(call)
        return tick

    def clear(self, call: Callable[[], object], tick: int) -> None:
        """Call an alarm off; one that has rung is no error."""
        calls = self._due.get(tick)
        if calls is not None:
            calls.discard(call)

    def _go_on(self) -> None:
        if not self._ticks:
            self._ticks = True
            asyncio.get_running_loop().call_later(TICK_S, self._tick)

    def _tick(self) -> None:
        self._ticks = False
        now = int(asyncio.get_running_loop().time() / TICK_S)
        for tick in [tick for tick in self._due if tick <= now]:
            for call in self._due.pop(tick):
                call()
        if self._due:
            self._go_on()


# By loop and weakly: an alarm of one loop must not wait for the ticks of another that has ended.
_ALARMS: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, Alarms]] = WeakKeyDictionary()


def alarms() -> Alarms:
    """The alarms of the running loop."""
    loop = asyncio.get_running_loop()
    found = _ALARMS.get(loop)
    if found is None:
        found = _ALARMS[loop] = Alarms()
    return found
