"""The rounds as they live: slots by the clock, late and missed ones in the tally, stopped and set clocks."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

from tests.probing.rounds_kit import (
    BEGIN_S,
    GOOD,
    SLOT_S,
    Desk,
    VirtualClock,
    World,
    camera,
    host_of,
    rounds_of,
)

from lenskeeper.base.outcomes import Outcome
from lenskeeper.probing.errands import Errand, Looked
from lenskeeper.probing.manners import Manners
from lenskeeper.probing.round_results import CODE_OF, DOWN, UNKNOWN, UP, Held
from lenskeeper.probing.rounds import Rounds
from lenskeeper.probing.targets import Target, parse_target
from lenskeeper.probing.witness import Landmarks


class SlowWorld(World):
    """Answers in its own time, by a virtual clock."""

    here: Counter[int]
    clock: VirtualClock
    greeting_s: float = 1.0
    looking_s: float = 2.0
    at_once = 0
    most_at_once = 0
    most_of_one = 0

    async def greet(self, doors: Sequence[Target], starts_s: Sequence[float], found: bytearray) -> None:
        began_s = self.clock.elapsed_s()
        for n, (door, start_s) in enumerate(zip(doors, starts_s, strict=True)):
            ahead_s = start_s - (self.clock.elapsed_s() - began_s)
            if ahead_s > 0:
                await self.clock.sleep(ahead_s)
            self.greeted[door.host] += 1
            found[n] = CODE_OF[Outcome.TIMED_OUT if door.host in self.dead else Outcome.ANSWERS]
        await self.clock.sleep(self.greeting_s)

    async def look(self, errand: Errand) -> Looked:
        self.errands.append(errand)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.here[errand.watched.point_id] += 1
        self.most_of_one = max(self.most_of_one, self.here[errand.watched.point_id])
        try:
            await self.clock.sleep(self.looking_s)
        finally:
            self.at_once -= 1
            self.here[errand.watched.point_id] -= 1
        if parse_target(errand.url).host in self.dead:
            return Looked(Outcome.TIMED_OUT)
        return self.said.get(errand.watched.point_id, GOOD)


def slow(plan: Sequence[Any], **more: Any) -> tuple[Rounds, SlowWorld, Desk, VirtualClock]:
    world, desk, clock = SlowWorld(), Desk(), VirtualClock(BEGIN_S - 10)
    world.clock, world.here = clock, Counter()
    return rounds_of(plan, world, desk, clock=clock, **more), world, desk, clock


async def lived(rounds: Rounds, clock: VirtualClock, until_s: float) -> "asyncio.Task[None]":
    """Until so long after the first slot's begin."""
    task = asyncio.create_task(rounds.run())
    await clock.live(10 + until_s)
    return task


async def ended(rounds: Rounds, clock: VirtualClock, task: "asyncio.Task[None]") -> float:
    """Stop; how long it took."""
    began_s = clock.since_s
    stop = asyncio.create_task(rounds.stop())
    while not (stop.done() and task.done()):
        await clock.live(clock.since_s + 0.1)
    await stop
    await task
    return clock.since_s - began_s


async def test_slots_come_by_the_clock_and_zones_after_their_looks() -> None:
    rounds, world, desk, clock = slow([camera(n, klass=1) for n in range(60)])
    task = await lived(rounds, clock, 10 * SLOT_S - 1)
    assert [z.slot_s for z in desk.zones] == [BEGIN_S + n * SLOT_S for n in range(10)]
    assert rounds.tally.slots_due == rounds.tally.slots_done == 10
    assert all(code == UP for z in desk.zones for code in z.codes)
    assert set(world.greeted.values()) == {10}
    assert world.most_at_once < 6  # of twelve a slot: spread, not all at :00
    assert 110 <= len(desk.looks) <= 125
    assert await ended(rounds, clock, task) < 5
    assert rounds.tally.slots_missed == 0


async def test_a_slot_that_ends_late_counts_and_one_that_is_not_over_by_the_next_slots_end_is_unknown() -> (
    None
):
    rounds, world, desk, clock = slow([camera(n) for n in range(5)])
    world.greeting_s = 50  # and the sweep itself goes on for 30 s
    task = await lived(rounds, clock, 70)
    world.greeting_s = 200
    await clock.live(10 + 200)
    world.greeting_s = 1
    await clock.live(10 + 600)
    tally = rounds.tally
    assert tally.slots_late == 1
    assert tally.slots_missed >= 1
    assert tally.slots_due == tally.slots_done + tally.slots_late + tally.slots_missed
    handed = [z.slot_s for z in desk.zones]
    assert len(handed) == len(set(handed)) == tally.slots_done + tally.slots_late
    assert BEGIN_S in handed
    assert BEGIN_S + SLOT_S not in handed
    assert BEGIN_S + 9 * SLOT_S in handed
    await ended(rounds, clock, task)


async def test_a_look_that_outlasts_its_slot_is_handed_on_with_the_next() -> None:
    rounds, world, desk, clock = slow([camera(n, klass=1) for n in range(10)])
    world.looking_s = 55
    task = await lived(rounds, clock, 6 * SLOT_S)
    assert rounds.tally.slots_done >= 5
    assert rounds.tally.slots_late == rounds.tally.slots_missed == 0
    assert len(desk.looks) >= 8
    assert await ended(rounds, clock, task) <= 5


async def test_one_stream_at_a_time_and_no_more_visits_than_there_are_places() -> None:
    manners = Manners(slot_s=SLOT_S, pictures_in_flight=5)
    rounds, world, _, clock = slow([camera(n, klass=1) for n in range(200)], manners=manners)
    world.looking_s = 20
    task = await lived(rounds, clock, 8 * SLOT_S)
    assert world.most_at_once == 5
    assert rounds.tally.held[Held.IN_FLIGHT] > 0
    assert rounds.tally.slots_done >= 7
    await ended(rounds, clock, task)


async def test_a_camera_that_is_still_being_looked_at_is_not_visited_beside_it() -> None:
    rounds, world, _, clock = slow([camera(n, picture_period_s=SLOT_S) for n in range(10)])
    world.looking_s = 200
    task = await lived(rounds, clock, 15 * SLOT_S)
    assert world.most_of_one == 1
    assert rounds.tally.held[Held.UNDER_WAY] > 0
    await ended(rounds, clock, task)


async def test_one_that_fell_silent_is_asked_again_after_two_to_five_seconds() -> None:
    rounds, world, desk, clock = slow([camera(n) for n in range(10)])
    task = await lived(rounds, clock, SLOT_S)
    world.dead = {host_of(3)}
    asked_s: list[float] = []
    for count in (2, 3):
        while world.greeted[host_of(3)] < count:
            await clock.live(clock.since_s + 0.1)
        asked_s.append(clock.since_s)
        world.dead = set()  # back within the pause
    assert 2 <= asked_s[1] - asked_s[0] <= 40
    await clock.live(10 + 2 * SLOT_S)
    assert desk.codes(3) == [UP, UP]
    world.dead = {host_of(3)}
    await clock.live(10 + 3 * SLOT_S)
    assert desk.codes(3) == [UP, UP, DOWN]
    await ended(rounds, clock, task)


async def test_stopping_amid_a_slot_takes_five_seconds_at_most_and_hands_on_no_half_slot() -> None:
    rounds, world, desk, clock = slow([camera(n, klass=1) for n in range(100)])
    world.looking_s = 40
    task = await lived(rounds, clock, 3 * SLOT_S + 25)
    slots = len(desk.zones)
    assert await ended(rounds, clock, task) <= 5.2
    assert len(desk.zones) == slots == 3
    assert rounds.tally.slots_cut == 1
    assert world.at_once == 0
    assert {looked.outcome for _, looked in desk.looks} == {Outcome.PLAYING, Outcome.OUR_FAULT}


async def test_a_clock_that_is_set_back_or_forward_costs_slots_and_makes_nobody_down() -> None:
    rounds, _, desk, clock = slow([camera(n) for n in range(5)])
    task = await lived(rounds, clock, 5 * SLOT_S)
    clock.wall_s -= 3_600
    await clock.live(10 + 10 * SLOT_S)
    assert rounds.tally.clock_steps == 1
    after = [z.slot_s for z in desk.zones][5:]
    assert after[0] < BEGIN_S
    assert len(after) >= 4
    clock.wall_s += 7_200
    await clock.live(10 + 20 * SLOT_S)
    assert 58 <= rounds.tally.slots_missed <= 120
    assert desk.zones[-1].slot_s > BEGIN_S + 3_600
    assert all(code == UP for z in desk.zones for code in z.codes)
    await ended(rounds, clock, task)


async def test_an_error_of_our_own_in_one_slot_does_not_end_the_rounds() -> None:
    rounds, world, desk, clock = slow([camera(n) for n in range(5)])
    task = await lived(rounds, clock, SLOT_S)
    world.clock = None  # type: ignore[assignment]
    await clock.live(10 + 2 * SLOT_S)
    world.clock = clock
    await clock.live(10 + 4 * SLOT_S)
    assert rounds.tally.slots_missed == 1
    assert [type(error) for error in desk.errors] == [AttributeError]
    assert UNKNOWN not in {code for z in desk.zones for code in z.codes}
    assert len(desk.zones) == 3
    await ended(rounds, clock, task)


async def test_a_line_that_is_cut_amid_a_slot_is_no_fault_of_the_cameras_that_were_being_looked_at() -> None:
    gate = parse_target("http://10.99.0.1:80/")
    rounds, world, desk, clock = slow(
        [camera(n, klass=1, zone="z") for n in range(100)], landmarks=Landmarks({"z": (gate,)})
    )
    task = await lived(rounds, clock, 2 * SLOT_S + 12)
    world.dead = {host_of(n) for n in range(100)} | {gate.host}
    await clock.live(10 + 3 * SLOT_S)
    cut = [looked for errand, looked in desk.looks if errand.slot_s == BEGIN_S + 2 * SLOT_S]
    assert {looked.outcome for looked in cut} == {Outcome.PLAYING, Outcome.OUR_FAULT}
    assert len({looked.outcome for _, looked in desk.looks}) == 2
    assert desk.codes(1) == [UP, UP, UNKNOWN]
    assert set(desk.zones[-1].codes) == {UNKNOWN}
    await ended(rounds, clock, task)
