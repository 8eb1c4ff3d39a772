"""One timer for everybody who waits: never early, a tick late at most, and silent once called off."""

import asyncio

from lenskeeper.probing.alarms import TICK_S, alarms

LATE_S = 0.2  # beyond a tick: a busy machine


async def test_each_alarm_rings_once_at_its_time() -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    rang: list[tuple[float, float]] = []
    for n in range(40):
        due = began + n * 0.011
        alarms().set(lambda due=due: rang.append((due, loop.time())), due)  # type: ignore[misc]
    await asyncio.sleep(40 * 0.011 + TICK_S + LATE_S)
    assert len(rang) == 40
    assert all(due <= at <= due + TICK_S + LATE_S for due, at in rang)


async def test_an_alarm_that_was_called_off_stays_silent() -> None:
    rang: list[int] = []
    due = asyncio.get_running_loop().time() + TICK_S

    def first() -> None:
        rang.append(1)

    tick = alarms().set(first, due)
    alarms().set(lambda: rang.append(2), due)
    alarms().clear(first, tick)
    alarms().clear(first, tick)  # twice is no error
    await asyncio.sleep(3 * TICK_S + LATE_S)
    assert rang == [2]
    alarms().clear(first, tick)  # nor after its time


def test_alarms_of_a_loop_that_ended_keep_nobody_waiting() -> None:
    async def wait() -> bool:
        rings = asyncio.Event()
        alarms().set(rings.set, asyncio.get_running_loop().time() + TICK_S)
        return await asyncio.wait_for(rings.wait(), 5)

    async def leave_early() -> None:
        alarms().set(print, asyncio.get_running_loop().time() + 5)

    asyncio.run(leave_early())
    assert asyncio.run(wait())
