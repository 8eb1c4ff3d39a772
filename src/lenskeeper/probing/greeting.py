"""Reachability looks of one slot: each door greeted at its own moment, each answer one byte."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Final, Protocol

from lenskeeper.base.outcomes import Outcome
from lenskeeper.probing.probe import Prober
from lenskeeper.probing.round_results import CODE_OF
from lenskeeper.probing.sweep import collecting_seldom, knock
from lenskeeper.probing.targets import Target

MANY: Final = 500  # doors; below, the cycle collector has nothing to walk over
TICK_S: Final = 0.05  # doors whose moments lie closer together are greeted together


class Greet(Protocol):
    """How the rounds ask who is there; a rehearsal answers from memory."""

    async def __call__(self, doors: Sequence[Target], starts_s: Sequence[float], found: bytearray) -> None:
        """Greet each door `starts_s` seconds from now (ascending) and write the outcome's code into `found`.

        What is not written stays 0: not looked at. So a round that is called off keeps what it has heard.
        """
        ...


def greeter(prober: Prober, *, in_flight: int, failed: Callable[[Target, Exception], None]) -> Greet:
    """The live greeting: OPTIONS or HEAD over real sockets. failed: told when a look itself raises."""

    async def greet(doors: Sequence[Target], starts_s: Sequence[float], found: bytearray) -> None:
        places = asyncio.Semaphore(in_flight)
        began_s = prober.clock.elapsed_s()

        async def one(n: int, door: Target) -> None:
            try:
                found[n] = CODE_OF[(await knock(door, prober)).outcome]
            except Exception as error:  # noqa: BLE001  the loop that keeps a round alive; it tells what it caught
                found[n] = CODE_OF[Outcome.OUR_FAULT]
                failed(door, error)
            finally:
                places.release()

        seldom = collecting_seldom() if len(doors) >= MANY else nullcontext()
        with seldom:
            async with asyncio.TaskGroup() as group:
                for n, (door, start_s) in enumerate(zip(doors, starts_s, strict=True)):
                    ahead_s = start_s - (prober.clock.elapsed_s() - began_s)
                    if ahead_s > TICK_S:
                        await prober.clock.sleep(ahead_s)
                    await places.acquire()
                    group.create_task(one(n, door))

    return greet
