"""Looks at the main stream beside a cheaper way, the lines that looks share, and facts across restarts and new plans."""

from dataclasses import replace

import pytest
from tests.probing.rounds_kit import (
    BEGIN_S,
    GOOD,
    SLOT_S,
    CredentialId,
    Desk,
    World,
    camera,
    channel,
    host_of,
    pass_slots,
    rounds_of,
)

from lenskeeper.base.outcomes import Outcome
from lenskeeper.inventory.points import Watched
from lenskeeper.probing.errands import Errand, Looked, Stream, Why
from lenskeeper.probing.manners import Manners
from lenskeeper.probing.round_results import FactKind, Held
from lenskeeper.probing.rounds import Rounds

HOUR_S = 3_600


def two_streams(n: int, **changes: object) -> Watched:
    return camera(
        n,
        **({"url": f"rtsp://{host_of(n)}:554/Streaming/Channels/101", "picture_period_s": HOUR_S} | changes),
    )


def owing(world: World, size: int = 90_000) -> None:
    """Every look by the cheap way asks for the main stream."""
    world.on_look = lambda e: replace(GOOD, received_bytes=size, main_due=not e.is_beside)


async def hours(rounds: Rounds, count: int, from_s: int = BEGIN_S) -> int:
    return await pass_slots(rounds, count, from_s, HOUR_S)


def streams(world: World, from_s: int = 0) -> list[tuple[Stream, bool]]:
    return [(e.stream, e.is_beside) for e in world.errands if e.slot_s >= from_s]


async def test_what_diagnosis_asks_for_is_looked_at_next_and_the_cheap_way_goes_on_between() -> None:
    world = World()
    owing(world)
    rounds = rounds_of([two_streams(1)], world, Desk(), Manners(slot_s=HOUR_S))
    last = await hours(rounds, 3)  # each way is tried once
    await hours(rounds, 8, last)
    beside = [is_beside for _, is_beside in streams(world, last)]
    assert beside in ([True, False] * 4, [False, True] * 4)
    assert all((stream is Stream.MAIN) is is_beside for stream, is_beside in streams(world, last))


async def test_the_look_that_confirms_one_at_the_main_stream_is_of_the_main_stream_too() -> None:
    world = World()
    owing(world)
    rounds = rounds_of([two_streams(1)], world, Desk(), Manners(slot_s=HOUR_S))
    last = await hours(rounds, 3)

    def doubtful(errand: Errand) -> Looked:
        return replace(GOOD, needs_confirmation=errand.why is not Why.CONFIRM, main_due=not errand.is_beside)

    world.on_look = doubtful
    for _ in range(3):  # what a person asks for is the main stream too, when its turn has come
        rounds.request(rounds.fleet.watched[0].point_id)
        last = await hours(rounds, 1, last)
    confirming = [(e.stream, e.is_beside) for e in world.errands if e.why is Why.CONFIRM]
    assert (Stream.MAIN, True) in confirming
    assert all((stream is Stream.MAIN) is is_beside for stream, is_beside in confirming)


async def test_a_main_stream_that_brings_nothing_is_not_asked_for_again_and_again() -> None:
    world = World()
    rounds = rounds_of([two_streams(1)], world, Desk(), Manners(slot_s=HOUR_S))
    owing(world)
    last = await hours(rounds, 3)
    world.on_look = lambda e: (
        Looked(Outcome.TIMED_OUT) if e.stream is Stream.MAIN else replace(GOOD, main_due=True)
    )
    await hours(rounds, 40, last)
    assert 1 <= sum(is_beside for _, is_beside in streams(world, last)) <= 5


async def test_the_daily_work_of_a_metered_camera_goes_before_its_main_stream() -> None:
    world, desk = World(), Desk()
    world.on_look = lambda e: replace(
        GOOD, received_bytes=20_000 if e.stream is Stream.SUB else 900_000, main_due=not e.is_beside
    )
    rounds = rounds_of([two_streams(1, budget_mb_month=3)], world, desk, Manners(slot_s=HOUR_S))
    await hours(rounds, 30)
    assert sum(e.stream is Stream.MAIN for e in world.errands) <= 2
    assert [e.stream for e in world.errands[-20:]] == [Stream.SUB] * 20
    assert desk.told(FactKind.BUDGET_SPENT) == []


# -- lines


async def held_on(plan: list[Watched], manners: Manners) -> tuple[dict[Held, int], World]:
    world = World()
    world.on_look = lambda _: replace(GOOD, received_bytes=900_000)
    rounds = rounds_of(plan, world, Desk(), manners)
    await pass_slots(rounds, 10)
    return dict(rounds.tally.held), world


@pytest.mark.parametrize("reason", [Held.UPLINK, Held.SITE_LINE, Held.HOST_LINE])
async def test_each_line_that_is_full_has_its_own_word(reason: Held) -> None:
    plan = [channel(n, 900, klass=1, uplink="fibre", site="mall") for n in range(1, 30)]
    slow = {
        Held.UPLINK: Manners(slot_s=SLOT_S, uplinks_bps={"fibre": 16_000}),
        Held.SITE_LINE: Manners(slot_s=SLOT_S, sites_bps={"mall": 16_000}),
        Held.HOST_LINE: Manners(slot_s=SLOT_S, host_bps=16_000),
    }
    held, _ = await held_on(plan, slow[reason])
    assert {r for r in held if r in slow} == {reason}


async def test_a_recorders_line_binds_its_own_channels_only() -> None:
    plan = [channel(n, 900, klass=1) for n in range(1, 30)]
    others = [camera(n, klass=1) for n in range(100, 110)]
    _, world = await held_on([*plan, *others], Manners(slot_s=SLOT_S, host_bps=16_000))
    looked = [int(e.watched.point_id) for e in world.errands]
    assert sum(n < 100 for n in looked) <= 4
    assert {n for n in looked if n >= 100} == set(range(100, 110))


# -- facts


async def test_a_sites_fault_that_stood_before_a_restart_is_ended_once_and_not_told_again() -> None:
    plan = [camera(n, klass=1, site="mall") for n in range(20)] + [camera(n) for n in range(100, 110)]
    world = World()
    standing = [(FactKind.SITE_FAULT, "mall")]
    world.dead = {host_of(n) for n in range(8)}
    desk = Desk()
    rounds = rounds_of(plan, world, desk, standing=standing)
    last = await pass_slots(rounds, 4)
    assert desk.facts == []
    assert not [e for e in world.errands if e.watched.site == "mall" and e.slot_s > BEGIN_S]
    world.dead = set()
    last = await pass_slots(rounds, 2, last)
    assert desk.told(FactKind.SITE_FAULT) == [("mall", False)]
    await pass_slots(rounds, 6, last)
    assert any(e.watched.site == "mall" for e in world.errands)


async def test_a_site_that_was_repaired_while_we_were_away_is_told_at_once() -> None:
    plan = [camera(n, site="mall") for n in range(20)]
    world, desk = World(dead={host_of(1)}), Desk()
    await pass_slots(rounds_of(plan, world, desk, standing=[(FactKind.SITE_FAULT, "mall")]), 1)
    assert desk.told(FactKind.SITE_FAULT) == [("mall", False)]


async def test_facts_of_what_the_register_has_no_more_are_ended() -> None:
    standing = [
        (FactKind.SITE_FAULT, "gone"),
        (FactKind.BLIND_ZONE, "gone"),
        (FactKind.WITNESS_DOUBT, ""),
        (FactKind.BUDGET_SPENT, "2"),
        (FactKind.ACCOUNT_REFUSED, f"{host_of(1)}#4"),
        (FactKind.ACCOUNT_REFUSED, f"{host_of(1)}#5"),
    ]
    world, desk = World(), Desk()
    world.said = {1: Looked(Outcome.AUTH_REFUSED)}
    plan = [camera(1, credential_id=CredentialId(5)), camera(2)]
    await pass_slots(rounds_of(plan, world, desk, standing=standing), 1)
    ended = {(f.kind, f.subject) for f in desk.facts if not f.began}
    assert ended == set(standing[:-1])


async def test_a_budget_that_was_raised_ends_the_fact_that_it_was_spent() -> None:
    world, desk = World(), Desk()
    world.on_look = lambda _: replace(GOOD, received_bytes=900_000)
    plan = [camera(1, klass=1, budget_mb_month=2), camera(2)]
    rounds = rounds_of([], world, desk)
    rounds._plan = lambda: plan
    rounds.replan()
    last = await pass_slots(rounds, 30)
    assert desk.told(FactKind.BUDGET_SPENT) == [("1", True)]
    plan = [camera(1, klass=1, budget_mb_month=50), camera(2)]
    rounds.replan()
    await pass_slots(rounds, 10, last)
    assert desk.told(FactKind.BUDGET_SPENT) == [("1", True), ("1", False)]
