"""How many at a time: never more than there are places, in the order of coming, and no place is lost."""

import asyncio
import random

from lenskeeper.probing.gates import Gates

DOOR = ("127.0.0.1", 554)


async def test_never_more_inside_than_places_whoever_is_called_off() -> None:
    gates, inside, most, done = Gates(2), 0, 0, 0
    chance = random.Random(5)

    async def visit() -> None:
        nonlocal inside, most, done
        await gates.enter(DOOR)
        try:
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.001)
            inside -= 1
            done += 1
        except asyncio.CancelledError:
            inside -= 1
            raise
        finally:
            gates.leave(DOOR)

    visits = [asyncio.create_task(visit()) for _ in range(200)]
    for _ in range(60):
        await asyncio.sleep(0.0007)
        for one in chance.sample(visits, 2):
            one.cancel()
    await asyncio.wait_for(asyncio.gather(*visits, return_exceptions=True), 10)
    assert (most, inside) == (2, 0)
    assert done >= 80
    await asyncio.wait_for(asyncio.gather(gates.enter(DOOR), gates.enter(DOOR)), 1)  # both places are back


async def test_a_place_that_was_given_to_a_visit_called_off_goes_on_to_the_next() -> None:
    gates = Gates(1)
    await gates.enter(DOOR)
    second, third = (asyncio.create_task(gates.enter(DOOR)) for _ in range(2))
    await asyncio.sleep(0)
    gates.leave(DOOR)  # it is the second's now, who has not run yet
    second.cancel()
    await asyncio.wait_for(third, 1)


async def test_first_come_first_served_and_other_doors_stay_open() -> None:
    gates, order = Gates(1), list[int]()
    await gates.enter(DOOR)

    async def visit(n: int) -> None:
        await gates.enter(DOOR)
        order.append(n)
        gates.leave(DOOR)

    visits = [asyncio.create_task(visit(n)) for n in range(5)]
    await asyncio.wait_for(gates.enter(("127.0.0.1", 555)), 1)
    await asyncio.sleep(0)
    gates.leave(DOOR)
    await asyncio.gather(*visits)
    assert order == [0, 1, 2, 3, 4]
