"""Bytes in flight are bounded, nobody is overtaken, and nobody waits for ever."""

import asyncio
import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lenskeeper.pictures.budget import ADMITTED_SHARE, ByteBudget

TOTAL = 100
ONE = 40

looks = st.lists(
    st.tuples(
        st.integers(0, 60),  # what is asked for
        st.lists(st.integers(0, 60), max_size=3),  # what it turns out to be
        st.integers(0, 3),  # how many turns of the loop it takes
        st.booleans(),  # called off midway
    ),
    max_size=25,
)


@settings(deadline=None)
@given(looks)
def test_the_bytes_in_flight_never_exceed_the_budget_and_all_come_back(
    plan: list[tuple[int, list[int], int, bool]],
) -> None:
    async def all_of_them() -> None:
        budget = ByteBudget(TOTAL, ONE)
        held: dict[int, int] = {}
        admitted: list[int] = []

        async def one(number: int, wanted: int, sizes: list[int], turns: int) -> None:
            async with budget.reserve(wanted) as reservation:
                admitted.append(number)
                held[number] = reservation.held_bytes
                assert held[number] == min(wanted, ONE)
                assert sum(held.values()) <= budget.used_bytes <= TOTAL
                try:
                    for size in sizes:
                        free = TOTAL - budget.used_bytes + held[number]
                        fits = size <= ONE and (size <= free or size <= held[number])
                        assert reservation.resize(size) is fits
                        held[number] = reservation.held_bytes
                        assert budget.used_bytes <= TOTAL
                    for _ in range(turns):
                        await asyncio.sleep(0)
                finally:
                    del held[number]

        tasks = [
            asyncio.create_task(one(number, wanted, sizes, turns))
            for number, (wanted, sizes, turns, _) in enumerate(plan)
        ]
        await asyncio.sleep(0)
        called_off = {number for number, look in enumerate(plan) if look[3]}
        for number in called_off:
            tasks[number].cancel()
        for task in tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait_for(task, 5)
        assert budget.used_bytes == 0
        assert admitted == sorted(admitted), "somebody was overtaken"
        assert set(admitted) >= set(range(len(plan))) - called_off

    asyncio.run(all_of_them())


async def test_newcomers_leave_room_for_those_inside_to_grow() -> None:
    budget = ByteBudget(TOTAL, ONE)
    async with budget.reserve(35) as first, budget.reserve(35) as second:
        third = asyncio.create_task(contextlib.AsyncExitStack().enter_async_context(budget.reserve(10)))
        await asyncio.sleep(0)
        assert not third.done()
        assert budget.used_bytes <= TOTAL * ADMITTED_SHARE
        assert first.resize(40)
        assert second.resize(40)
        assert not second.resize(41)
        assert first.resize(0)
        await asyncio.wait_for(third, 1)


def test_a_budget_that_one_picture_could_never_enter_is_an_error_of_ours() -> None:
    with pytest.raises(AssertionError):
        ByteBudget(total_bytes=40, one_bytes=40)


async def test_bytes_granted_to_one_who_is_called_off_at_that_moment_come_back() -> None:
    budget = ByteBudget(TOTAL, ONE)
    async with budget.reserve(40):
        waiting = asyncio.create_task(contextlib.AsyncExitStack().enter_async_context(budget.reserve(40)))
        await asyncio.sleep(0)
    assert budget.used_bytes == 40, "the one who waited has been let in"
    waiting.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await waiting
    assert budget.used_bytes == 0
