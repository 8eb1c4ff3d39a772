"""One refusal is enough, and a new credential meets three hosts before the rest."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from lenskeeper.base.secret import Secret
from lenskeeper.probing.refusals import UNPROVEN_HOSTS_MAX, Refusals
from lenskeeper.protocols.auth import Credential

CREDENTIAL = Credential("admin", Secret("wrong"))


async def test_one_refusal_on_a_recorder_holds_back_its_other_channels() -> None:
    refusals = Refusals()
    assert await refusals.may_try("recorder", CREDENTIAL)
    await refusals.was_refused("recorder", CREDENTIAL)
    assert not await refusals.may_try("recorder", CREDENTIAL)
    assert await refusals.may_try("recorder", Credential("admin", Secret("right")))


async def test_sixty_four_channels_of_one_recorder_try_one_after_another() -> None:
    refusals, tries = Refusals(), 0

    async def channel() -> None:
        nonlocal tries
        if await refusals.may_try("recorder", CREDENTIAL):
            tries += 1
            await asyncio.sleep(0)
            await refusals.was_refused("recorder", CREDENTIAL)

    await asyncio.gather(*(channel() for _ in range(64)))
    assert tries == 1


async def test_a_credential_that_worked_once_may_go_everywhere() -> None:
    refusals = Refusals()
    assert await refusals.may_try("a", CREDENTIAL)
    await refusals.worked("a", CREDENTIAL)
    assert all([await refusals.may_try(str(n), CREDENTIAL) for n in range(20)])


async def test_a_visit_that_broke_off_leaves_its_place_to_the_next() -> None:
    refusals = Refusals()
    for n in range(10):
        assert await refusals.may_try(str(n), CREDENTIAL)
        await refusals.let_go(str(n), CREDENTIAL)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 40))
def test_a_wrong_credential_never_meets_more_than_three_hosts(hosts: int) -> None:
    async def run() -> int:
        refusals, shown = Refusals(), set()

        async def visit(host: str) -> None:
            if await refusals.may_try(host, CREDENTIAL):
                shown.add(host)
                await asyncio.sleep(0)
                await refusals.was_refused(host, CREDENTIAL)

        async with asyncio.timeout(5):
            await asyncio.gather(*(visit(str(n % hosts)) for n in range(2 * hosts)))
        return len(shown)

    assert asyncio.run(run()) == min(hosts, UNPROVEN_HOSTS_MAX)
