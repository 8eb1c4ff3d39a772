"""The rounds: every camera once in every slot, whatever befalls it; pictures at their own pace; manners in between."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.probing.rounds_kit import (
    BEGIN_S,
    GOOD,
    SLOT_S,
    Desk,
    World,
    camera,
    channel,
    host_of,
    pass_slots,
    replace,
    rounds_of,
)

from lenskeeper.base.errors import NotFound
from lenskeeper.base.outcomes import Outcome
from lenskeeper.inventory.ids import CredentialId, DeviceId, PointId
from lenskeeper.inventory.points import Watched
from lenskeeper.probing.errands import Errand, Looked, Stream, Why
from lenskeeper.probing.fleet import fleet_of
from lenskeeper.probing.manners import Manners
from lenskeeper.probing.memory import Remembered
from lenskeeper.probing.pacing import StopSwitch
from lenskeeper.probing.picture_desk import GREETING_BYTES
from lenskeeper.probing.round_results import DOWN, UNKNOWN, UP, FactKind, Held
from lenskeeper.probing.routes import Routes
from lenskeeper.probing.targets import Target, parse_target
from lenskeeper.probing.witness import Landmarks

FAILS = Looked(Outcome.NO_KEYFRAME, 40_000)


async def test_every_camera_in_service_is_looked_at_exactly_once_in_every_slot() -> None:
    plan = [camera(n, zone="north" if n % 3 else "south") for n in range(500)]
    world, desk = World(), Desk()
    await pass_slots(rounds_of(plan, world, desk), 5)
    assert set(world.greeted.values()) == {5}
    assert len(world.greeted) == 500
    for slot_s in range(BEGIN_S, BEGIN_S + 5 * SLOT_S, SLOT_S):
        points = Counter(p for z in desk.zones if z.slot_s == slot_s for p in z.roster)
        assert points == Counter({w.point_id: 1 for w in plan})
    assert all(z.codes == bytes([UP]) * len(z.roster) for z in desk.zones)
    assert desk.zones[0].roster is desk.zones[2].roster


async def test_two_hundred_cameras_dead_for_eight_hours_lose_exactly_eight_hours_each() -> None:
    world, desk = World(), Desk()
    rounds = rounds_of([camera(n, site=f"s{n // 40}") for n in range(600)], world, desk)
    await pass_slots(rounds, 60)
    world.dead = {host_of(n) for n in range(200)}
    await pass_slots(rounds, 480, BEGIN_S + 60 * SLOT_S)
    world.dead = set()
    await pass_slots(rounds, 60, BEGIN_S + 540 * SLOT_S)
    down = Counter(
        point
        for batch in desk.zones
        for point, code in zip(batch.roster, batch.codes, strict=True)
        if code == DOWN
    )
    assert down == Counter({PointId(n): 480 for n in range(200)})
    assert all(UNKNOWN not in batch.codes for batch in desk.zones)
    assert {reason for batch in desk.zones for reason in batch.reasons.values()} == {"timed_out"}
    assert desk.told(FactKind.SITE_FAULT) == [(f"s{n}", began) for began in (True, False) for n in range(5)]
    assert rounds.tally.retries in range(
        200, 204
    )  # once each when they fell, and our own witnesses with them
    assert all(world.greeted[host_of(n)] in (600, 601) for n in range(3, 600))


async def test_one_that_answers_the_second_time_was_never_down() -> None:
    world, desk = World(), Desk()
    rounds = rounds_of([camera(n) for n in range(10)], world, desk)
    await pass_slots(rounds, 1)
    seen: Counter[str] = Counter()

    def once_silent(door: Target) -> Outcome | None:
        seen[door.host] += 1
        return Outcome.TIMED_OUT if door.host == host_of(4) and seen[door.host] == 1 else None

    world.reply = once_silent
    await pass_slots(rounds, 1, BEGIN_S + SLOT_S)
    assert desk.codes(4) == [UP, UP]
    assert seen[host_of(4)] == 2


@pytest.mark.parametrize(
    ("outcome", "code"),
    [(Outcome.ANSWERS, UP), (Outcome.REFUSED, DOWN), (Outcome.TIMED_OUT, DOWN), (Outcome.UNREACHABLE, DOWN),
     (Outcome.GARBLED, DOWN), (Outcome.OUR_FAULT, UNKNOWN)],
)  # fmt: skip
async def test_what_an_answer_means(outcome: Outcome, code: int) -> None:
    world, desk = World(), Desk()
    world.reply = lambda door: outcome if door.host == host_of(1) else None
    await pass_slots(rounds_of([camera(n) for n in range(4)], world, desk), 1)
    assert desk.codes(1) == [code]
    assert desk.codes(2) == [UP]


async def test_an_address_that_cannot_be_used_is_unknown_and_counted() -> None:
    desk = Desk()
    plan = [camera(1), camera(2, url=""), camera(3, url="ftp://x/"), camera(4, url="/tmp/film.mp4")]  # noqa: S108
    rounds = rounds_of(plan, World(), desk)
    await pass_slots(rounds, 30)
    assert [set(desk.codes(n)) for n in (1, 2, 3, 4)] == [{UP}, {UNKNOWN}, {UNKNOWN}, {UNKNOWN}]
    assert rounds.tally.held[Held.NO_ADDRESS] in range(2, 5)


async def test_an_empty_plan_is_a_quiet_day() -> None:
    desk = Desk()
    await pass_slots(rounds_of([], World(), desk), 3)
    assert desk.zones == []


# -- blindness


def gateway(n: int) -> Target:
    return parse_target(f"http://10.99.0.{n}:80/")


async def test_when_the_witnesses_of_a_zone_are_silent_it_is_we_who_are_blind() -> None:
    plan = [camera(n, zone="north" if n < 50 else "south", klass=1) for n in range(100)]
    world, desk = World(), Desk()
    rounds = rounds_of(plan, world, desk, landmarks=Landmarks({"north": (gateway(1), gateway(2))}))
    await pass_slots(rounds, 2)
    cut = {w.url[7:].partition(":")[0] for w in plan[:50]} | {"10.99.0.1", "10.99.0.2"}
    world.dead = cut
    await pass_slots(rounds, 10, BEGIN_S + 2 * SLOT_S)
    world.dead = {host_of(7)}
    await pass_slots(rounds, 1, BEGIN_S + 12 * SLOT_S)
    assert desk.codes(7) == [UP] * 2 + [UNKNOWN] * 10 + [DOWN]
    assert desk.codes(8) == [UP] * 2 + [UNKNOWN] * 10 + [UP]
    assert desk.codes(60) == [UP] * 13
    assert desk.told(FactKind.BLIND_ZONE) == [("north", True), ("north", False)]
    assert rounds.tally.blind_zone_slots == 10
    assert rounds.tally.held[Held.BLIND] > 0
    blind = range(BEGIN_S + 2 * SLOT_S, BEGIN_S + 12 * SLOT_S)
    assert not [e for e, _ in desk.looks if e.slot_s in blind and e.watched.zone == "north"]


async def test_a_gateway_that_answers_tells_a_dead_zone_from_a_dead_line() -> None:
    plan, world, desk = [camera(n, zone="z") for n in range(30)], World(), Desk()
    rounds = rounds_of(plan, world, desk, landmarks=Landmarks({"z": (gateway(1),)}))
    await pass_slots(rounds, 1)
    world.dead = {host_of(n) for n in range(30)}
    world.reply = lambda door: Outcome.REFUSED if door.host == "10.99.0.1" else None  # whatever it says
    await pass_slots(rounds, 3, BEGIN_S + SLOT_S)
    assert desk.codes(0) == [UP, DOWN, DOWN, DOWN]
    assert desk.told(FactKind.BLIND_ZONE) == []


async def test_without_declared_witnesses_a_whole_zone_that_falls_silent_at_once_is_unknown() -> None:
    plan, world, desk = [camera(n) for n in range(60)], World(), Desk()
    rounds = rounds_of(plan, world, desk)
    await pass_slots(rounds, 3)
    world.dead = {host_of(n) for n in range(60)}
    greeted = world.greeted.total()
    await pass_slots(rounds, 3, BEGIN_S + 3 * SLOT_S)
    assert world.greeted.total() - greeted == 180  # looked at all the same, and not asked again
    world.dead = {host_of(n) for n in range(20)}
    await pass_slots(rounds, 2, BEGIN_S + 6 * SLOT_S)
    assert desk.codes(1) == [UP] * 3 + [UNKNOWN] * 3 + [DOWN] * 2
    assert desk.codes(59) == [UP] * 3 + [UNKNOWN] * 3 + [UP] * 2
    (began, _) = [fact for fact in desk.facts if fact.kind is FactKind.BLIND_ZONE]
    assert "declare its gateway" in str(began.detail["cure"])


async def test_a_line_that_is_cut_amid_a_slot_makes_nobody_down() -> None:
    plan, world, desk = [camera(n, site=f"s{n}") for n in range(60)], World(), Desk()
    rounds = rounds_of(plan, world, desk)
    await pass_slots(rounds, 3)
    asked: Counter[str] = Counter()

    def cut_after_half(door: Target) -> Outcome | None:
        asked[door.host] += 1
        early = [t.host for t in rounds.fleet.targets].index(door.host) < 30
        return None if early and asked[door.host] == 1 else Outcome.TIMED_OUT

    world.reply = cut_after_half
    witnesses = rounds.fleet.targets[0].host
    # our own witnesses are the steadiest; make them stand early in the sweep
    rounds._watch._chosen[""] = rounds.fleet.zones[0].doors[:3]
    assert witnesses
    await pass_slots(rounds, 1, BEGIN_S + 3 * SLOT_S)
    assert {code for z in desk.zones if z.slot_s == BEGIN_S + 3 * SLOT_S for code in z.codes} == {UNKNOWN}


async def test_witnesses_that_are_gone_while_cameras_answer_are_doubted_and_not_believed() -> None:
    plan, world, desk = [camera(n, zone="z") for n in range(30)], World(), Desk()
    world.dead = {"10.99.0.1", host_of(3)}
    await pass_slots(rounds_of(plan, world, desk, landmarks=Landmarks({"z": (gateway(1),)})), 3)
    assert desk.told(FactKind.WITNESS_DOUBT) == [("z", True)]
    assert desk.codes(3) == [DOWN] * 3
    assert desk.codes(4) == [UP] * 3


# -- sites


async def test_a_site_that_fails_is_one_fault_and_its_pictures_wait_until_its_gateway_answers() -> None:
    plan = [camera(n, klass=1, site="mall" if n < 20 else "park") for n in range(60)]
    world, desk = World(), Desk()
    rounds = rounds_of(plan, world, desk, landmarks=Landmarks(gateways={"mall": gateway(1)}))
    await pass_slots(rounds, 6)
    world.dead = {host_of(n) for n in range(12)} | {"10.99.0.1"}  # eight of the mall still answer
    await pass_slots(rounds, 10, BEGIN_S + 6 * SLOT_S)
    shut = range(BEGIN_S + 7 * SLOT_S, BEGIN_S + 16 * SLOT_S)
    asked = [e for e in world.errands if e.slot_s in shut and e.watched.site == "mall"]
    assert asked == []
    assert rounds.tally.held[Held.SITE] > 8
    assert all(world.greeted[host_of(n)] >= 16 for n in range(20))  # reachability goes on
    world.dead.discard("10.99.0.1")
    await pass_slots(rounds, 7, BEGIN_S + 16 * SLOT_S)
    again = {e.watched.point_id for e in world.errands if e.slot_s > shut[-1] and e.watched.site == "mall"}
    assert again == {PointId(n) for n in range(12, 20)}
    assert desk.told(FactKind.SITE_FAULT) == [("mall", True)]
    world.dead = set()
    await pass_slots(rounds, 1, BEGIN_S + 23 * SLOT_S)
    assert desk.told(FactKind.SITE_FAULT) == [("mall", True), ("mall", False)]
    assert desk.facts[0].detail["gateway"] == "silent"
    assert desk.facts[0].detail["silent"] == 12


async def test_cameras_long_dead_open_no_breaker() -> None:
    plan, world, desk = [camera(n, site="old") for n in range(20)], World(), Desk()
    world.dead = {host_of(n) for n in range(8)}
    rounds = rounds_of(plan, world, desk)
    await pass_slots(rounds, 10)
    world.dead |= {host_of(8), host_of(9)}
    await pass_slots(rounds, 10, BEGIN_S + 10 * SLOT_S)
    assert desk.told(FactKind.SITE_FAULT) == []


# -- recorders


async def test_a_recorder_is_greeted_once_for_its_sixty_four_channels_and_each_needs_evidence_of_its_own() -> (
    None
):
    plan = [channel(n, recorder=900, klass=1) for n in range(64)] + [camera(n) for n in range(100, 110)]
    world, desk = World(), Desk()
    world.said = {3: Looked(Outcome.NOT_FOUND, 500), 4: Looked(Outcome.NO_VIDEO, 900)}
    world.said[5] = Looked(Outcome.BUSY, 300)
    rounds = rounds_of(plan, world, desk)
    await pass_slots(rounds, 12)
    assert world.greeted[host_of(900)] == 12
    first_up = [desk.codes(n).index(UP) for n in range(64) if n not in (3, 4, 5)]
    assert max(first_up) <= 6  # its first picture, at the latest
    for n in range(64):
        codes = desk.codes(n)
        if n in (3, 4):
            first = codes.index(DOWN)
            assert codes == [UNKNOWN] * first + [DOWN] * (12 - first)
        elif n == 5:
            assert set(codes) == {UNKNOWN}
        else:
            assert set(codes[codes.index(UP) :]) == {UP}, "evidence lasts until the next picture"
    reasons = {z.reasons.get(z.roster.index(PointId(3))) for z in desk.zones if 3 in z.roster}
    assert reasons == {None, "not_found"}
    world.dead = {host_of(900)}
    await pass_slots(rounds, 1, BEGIN_S + 12 * SLOT_S)
    assert [desk.codes(n)[-1] for n in range(64)] == [DOWN] * 64


async def test_a_channel_that_its_recorder_denies_is_down_all_the_time_and_not_in_patches() -> None:
    plan = [channel(n, recorder=900, klass=1) for n in (1, 2)] + [camera(n) for n in range(100, 105)]
    world, desk = World(), Desk()
    world.said = {1: Looked(Outcome.NOT_FOUND), 2: FAILS}
    await pass_slots(rounds_of(plan, world, desk), 240)
    for n, code in ((1, DOWN), (2, UP)):
        codes = desk.codes(n)
        first = codes.index(code)
        assert codes == [UNKNOWN] * first + [code] * (240 - first)
        assert first <= 6


async def test_a_channel_that_nobody_can_look_at_any_more_is_unknown_after_its_period_and_a_slot() -> None:
    plan = [channel(n, recorder=900, klass=1) for n in (1, 2)] + [camera(n) for n in range(100, 105)]
    world, desk = World(), Desk()
    rounds = rounds_of(plan, world, desk)
    last = await pass_slots(rounds, 10)
    assert desk.codes(1)[-1] == UP
    rounds.switch.pictures = True
    await pass_slots(rounds, 10, last)
    left = desk.codes(1)[10:]
    known = left.index(UNKNOWN)
    assert left == [UP] * known + [UNKNOWN] * (10 - known)
    assert known <= 6


async def test_paths_on_one_host_and_port_are_channels_even_where_the_register_does_not_say() -> None:
    plan = [camera(n, url=f"rtsp://10.9.9.9:554/{n}", passive_only=n == 2) for n in (1, 2)]
    world, desk = World(), Desk()
    rounds = rounds_of([*plan, *(camera(n) for n in range(100, 105))], world, desk)
    await pass_slots(rounds, 31)
    assert desk.codes(1)[-1] == UP
    world.dead = {"10.9.9.9"}
    await pass_slots(rounds, 2, BEGIN_S + 31 * SLOT_S)
    assert desk.codes(1)[-1] == DOWN
    assert set(desk.codes(2)) == {
        UNKNOWN
    }  # nobody ever asks it: its recorder's silences alone would be unfair


# -- pictures


@settings(max_examples=8, deadline=None)
@given(st.lists(st.sampled_from([1, 2, 3]), min_size=1, max_size=40), st.integers(0, 10**6))
async def test_each_picture_comes_once_in_its_period(classes: list[int], shift: int) -> None:
    plan = [camera(n + shift, klass=klass) for n, klass in enumerate(classes)]
    world, desk = World(), Desk()
    await pass_slots(rounds_of(plan, world, desk), 120)
    counts = Counter(e.watched.point_id for e in world.errands)
    for one in plan:
        due = 7_200 / Manners().picture_period_s[one.klass - 1]
        assert abs(counts[one.point_id] - due) <= 1


async def test_pictures_come_at_the_same_moments_after_a_restart() -> None:
    plan = [camera(n) for n in range(300)]

    async def looked_at(cut: int) -> list[tuple[int, int]]:
        world = World()
        await pass_slots(rounds_of(plan, world, Desk()), cut)
        await pass_slots(rounds_of(plan, world, Desk()), 30 - cut, BEGIN_S + cut * SLOT_S)
        return [(e.slot_s, e.watched.point_id) for e in world.errands]

    assert sorted(await looked_at(13)) == sorted(await looked_at(30))


async def test_a_new_plan_keeps_the_phases_and_what_is_known_and_drops_it_for_another_device() -> None:
    plan = [channel(n, recorder=900, klass=1, device_id=DeviceId(n)) for n in range(8)]
    world, desk = World(), Desk()
    plans = [plan]
    rounds = rounds_of(plan, world, desk)
    rounds._plan = lambda: plans[-1]
    await pass_slots(rounds, 8)
    plans.append([camera(50), *plan[2:], replace(plan[1], device_id=DeviceId(99))])
    rounds.replan()
    before = rounds.tally.looks
    await pass_slots(rounds, 1, BEGIN_S + 8 * SLOT_S)
    assert [desk.codes(n)[-1] for n in range(2, 8)] == [UP] * 6
    assert rounds.tally.looks - before < 5  # phases are kept: nobody begins anew
    assert len(desk.codes(0)) == 8
    looked_now = {e.watched.point_id for e in world.errands if e.slot_s == BEGIN_S + 8 * SLOT_S}
    assert desk.codes(1)[-1] == (UP if 1 in looked_now else UNKNOWN)


async def test_a_dead_camera_is_asked_for_no_picture_and_its_failure_is_told_all_the_same() -> None:
    world, desk = World(), Desk()
    world.dead = {host_of(1)}
    rounds = rounds_of([camera(n, klass=1) for n in range(6)], world, desk)
    await pass_slots(rounds, 20)
    assert not [e for e in world.errands if e.watched.point_id == 1]
    told = [looked for errand, looked in desk.looks if errand.watched.point_id == 1]
    assert len(told) in (3, 4, 5)
    assert {(looked.outcome, looked.was_visited) for looked in told} == {(Outcome.TIMED_OUT, False)}
    assert rounds.tally.held[Held.DOWN] == len(told)


async def test_failures_are_asked_less_often_and_never_more() -> None:
    world, desk = World(), Desk()
    world.said = dict.fromkeys(range(50), FAILS)
    await pass_slots(rounds_of([camera(n, klass=1) for n in range(100)], world, desk), 240)
    counts = Counter(e.watched.point_id for e in world.errands)
    well, ill = (sum(counts[PointId(n)] for n in some) / 50 for some in (range(50, 100), range(50)))
    assert 46 <= well <= 50
    assert 0.5 * well < ill < 0.9 * well


async def test_busy_is_put_off_a_few_times_and_is_no_failure() -> None:
    world, desk = World(), Desk()
    answers = [Looked(Outcome.BUSY, 100), Looked(Outcome.BUSY, 100), GOOD]
    world.on_look = lambda _: answers.pop(0) if answers else None
    rounds = rounds_of([camera(1), camera(2, passive_only=True)], world, desk)
    await pass_slots(rounds, 45)
    slots = [e.slot_s for e in world.errands]
    assert len(slots) in (3, 4)
    assert all(SLOT_S <= b - a <= 4 * SLOT_S for a, b in pairwise(slots[:3]))
    assert rounds.tally.held[Held.BUSY] >= 1
    assert rounds.tally.held[Held.BACK_OFF] == 0
    answers[:] = [Looked(Outcome.BUSY)] * 50
    world.errands.clear()
    await pass_slots(rounds, 60, BEGIN_S + 60 * SLOT_S)
    assert len(world.errands) <= 3 * 4  # a period has one look and three more at most


async def test_a_finding_is_confirmed_within_the_slot_and_handed_on_once() -> None:
    world, desk = World(), Desk()
    doubtful = Looked(Outcome.PLAYING, 90_000, has_picture=True, verdict="covered", needs_confirmation=True)
    world.on_look = lambda e: None if e.why is Why.CONFIRM and e.watched.point_id == 2 else doubtful
    await pass_slots(rounds_of([camera(1), camera(2)], world, desk), 30)
    assert {e.watched.point_id for e, _ in desk.looks} == {1, 2}
    for errand, looked in desk.looks:
        asked = [e for e in world.errands if (e.watched, e.slot_s) == (errand.watched, errand.slot_s)]
        assert [e.why for e in asked] == [Why.ROUTINE, Why.CONFIRM]
        assert asked[1].after == doubtful
        assert looked.is_confirmed is (errand.watched.point_id == 1)
        assert looked.verdict == ("covered" if errand.watched.point_id == 1 else "fit")
        assert looked.received_bytes == 180_000
        assert not looked.needs_confirmation


def test_a_picture_that_came_counts_more_than_a_confirmation_that_brought_none() -> None:
    first = replace(GOOD, verdict="covered", needs_confirmation=True)
    joined = first.joined(Looked(Outcome.BUSY, 300))
    assert (joined.outcome, joined.verdict, joined.is_confirmed) == (Outcome.PLAYING, "covered", False)
    assert joined.received_bytes == GOOD.received_bytes + 300
    assert Looked(Outcome.NO_KEYFRAME).joined(GOOD).outcome is Outcome.PLAYING
    assert FAILS.joined(FAILS).is_confirmed


async def test_a_looks_own_crash_ends_no_round() -> None:
    world, desk = World(), Desk()

    def falls_over(errand: Errand) -> Looked | None:
        if errand.watched.point_id == 1:
            raise ZeroDivisionError
        return None

    world.on_look = falls_over
    rounds = rounds_of([camera(n, klass=1) for n in range(4)], world, desk)
    await pass_slots(rounds, 6)
    assert len(desk.errors) >= 1
    assert rounds.tally.slots_done == 6
    assert {lk.outcome for e, lk in desk.looks if e.watched.point_id == 1} == {Outcome.OUR_FAULT}
    assert desk.codes(1) == [UP] * 6


# -- what holds pictures back


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"passive_only": True}, Held.PASSIVE),
        ({"hours": ((0, 3_600),)}, Held.HOURS),  # it is eight in the morning there
        ({"dark_by_design": ((0, 86_400),)}, Held.DARK),
        ({"url": ""}, Held.NO_ADDRESS),
        ({"budget_mb_month": 0, "still_url": ""}, None),  # 0 is no budget: it would be "never"; not metered
    ],
)
async def test_why_a_picture_was_not_asked_for_is_counted(
    changes: dict[str, Any], reason: Held | None
) -> None:
    world, desk = World(), Desk()
    rounds = rounds_of([camera(1, klass=1, **changes), camera(2, klass=1)], world, desk)
    await pass_slots(rounds, 10)
    asked = [e for e in world.errands if e.watched.point_id == 1]
    assert bool(asked) is (reason is None)
    if reason is not None:
        assert rounds.tally.held[reason] in (1, 2, 3)


async def test_a_metered_camera_stays_within_its_budget_and_goes_on_next_month() -> None:
    plan = [camera(1, klass=1, budget_mb_month=2), *(camera(n) for n in range(2, 6))]
    world, desk = World(), Desk()
    rounds = rounds_of(plan, world, desk)
    end_of_november = 1_701_360_000 - 600 * SLOT_S  # midnight in Shanghai, ten hours before
    await pass_slots(rounds, 600, end_of_november)
    used = rounds._desk.points.used_bytes[0]
    assert 1_500_000 < used <= 1_800_000 + 600 * GREETING_BYTES  # reachability goes on, and is counted
    pictures = len([e for e in world.errands if e.watched.point_id == 1])
    assert pictures * 90_000 <= 1_800_000
    assert desk.codes(1) == [UP] * 600
    assert desk.told(FactKind.BUDGET_SPENT) == [("1", True)]
    spent = rounds.changes().used
    assert [(u.subject, u.month, u.used_bytes) for u in spent] == [("1", 202311, used)]
    await pass_slots(rounds, 12, end_of_november + 600 * SLOT_S)
    assert len([e for e in world.errands if e.watched.point_id == 1]) > pictures
    assert desk.told(FactKind.BUDGET_SPENT) == [("1", True), ("1", False)]


async def test_a_budget_that_was_spent_stays_spent_over_a_restart() -> None:
    plan = [camera(1, klass=1, budget_mb_month=2), *(camera(n) for n in range(2, 6))]
    world = World()
    rounds = rounds_of(plan, world, Desk())
    await pass_slots(rounds, 200)
    remembered = rounds.changes()
    world.errands.clear()
    again = rounds_of(plan, world, Desk(), remembered=remembered)
    await pass_slots(again, 60, BEGIN_S + 200 * SLOT_S)
    assert not [e for e in world.errands if e.watched.point_id == 1]


@settings(max_examples=10, deadline=None)
@example(200_000, 261_529, 1)
@given(st.integers(200_000, 3_000_000), st.integers(20_000, 400_000), st.integers(0, 10**6))
async def test_a_line_carries_no_more_than_its_share_and_nobody_waits_for_ever(
    rate_bps: int, size: int, shift: int
) -> None:
    plan = [camera(shift + n, klass=1, uplink="4G", site="") for n in range(40)]
    world, desk = World(), Desk()
    world.on_look = lambda _: replace(GOOD, received_bytes=size)
    manners = Manners(slot_s=SLOT_S, uplinks_bps={"4G": rate_bps})
    rounds = rounds_of(plan, world, desk, manners)
    await pass_slots(rounds, 90)
    spent = sum(looked.received_bytes for _, looked in desk.looks)
    assert spent <= max(rate_bps / 8 * 60, 2_000_000) + rate_bps / 8 * 90 * 60 + 40 * size
    assert set(desk.codes(shift)) == {UP}
    counts = Counter(e.watched.point_id for e in world.errands)
    if rate_bps / 8 * 300 > 2 * size * 40:
        assert rounds.tally.held[Held.UPLINK] <= 40
    if min(counts.values(), default=0) < max(counts.values()) / 3:
        assert rate_bps / 8 * 90 * 60 < 4 * 40 * size, (
            "only a line that is hopelessly slow may leave somebody out"
        )


async def test_a_slow_site_takes_nothing_from_its_neighbours_on_the_same_line() -> None:
    crowd = [camera(n, klass=1, uplink="fibre", site="slow") for n in range(60)]
    others = [camera(n, klass=1, uplink="fibre") for n in range(100, 105)]
    world, desk = World(), Desk()
    manners = Manners(slot_s=SLOT_S, uplinks_bps={"fibre": 400_000}, sites_bps={"slow": 8_000})
    await pass_slots(rounds_of([*crowd, *others], world, desk, manners), 100)
    counts = Counter(e.watched.point_id for e in world.errands)
    assert min(counts[w.point_id] for w in others) >= 18


async def test_the_stop_switch_stops_everything_and_leaves_unknown() -> None:
    plan = [
        camera(n, klass=1, zone="a" if n < 10 else "b", site="s" if n in (12, 13) else "") for n in range(20)
    ]
    world, desk = World(), Desk()
    rounds = rounds_of(plan, world, desk)
    await pass_slots(rounds, 2)
    cases: list[tuple[StopSwitch, Sequence[int]]] = [
        (StopSwitch(zones={"a"}), range(10)),
        (StopSwitch(sites={"s"}), (12, 13)),
        (StopSwitch(everything=True), range(20)),
    ]
    for switch, stopped in cases:
        world.greeted.clear()
        world.errands.clear()
        rounds.switch.zones, rounds.switch.sites = switch.zones, switch.sites
        rounds.switch.everything = switch.everything
        await pass_slots(rounds, 5, BEGIN_S + 2 * SLOT_S)
        touched = {host_of(n) for n in stopped}
        assert not touched & set(world.greeted)
        assert not {e.watched.point_id for e in world.errands} & set(stopped)
        assert {desk.codes(n)[-1] for n in stopped} == {UNKNOWN}
        assert {desk.codes(n)[-1] for n in set(range(20)) - set(stopped)} <= {UP}
    assert desk.told(FactKind.BLIND_ZONE) == []
    rounds.switch.everything = False
    await pass_slots(rounds, 1, BEGIN_S + 20 * SLOT_S)
    assert desk.codes(3)[-1] == UP


async def test_a_takeover_asks_for_few_pictures_on_its_first_day() -> None:
    world, desk = World(), Desk()
    manners = Manners(slot_s=SLOT_S, ramp=(0.1, 0.5), ramp_from_s=BEGIN_S)
    rounds = rounds_of([camera(n) for n in range(400)], world, desk, manners)
    per_day = []
    for day in range(3):
        world.errands.clear()
        await pass_slots(rounds, 30, BEGIN_S + day * 86_400)
        per_day.append(len(world.errands) / 400)
        assert set(desk.codes(1)) == {UP}
    assert per_day == pytest.approx([0.1, 0.5, 1.0], abs=0.1)


async def test_a_person_may_ask_for_a_picture_at_any_hour_but_not_of_a_stranger() -> None:
    world, desk = World(), Desk()
    rounds = rounds_of([camera(1, hours=((0, 1),)), camera(2)], world, desk)
    with pytest.raises(NotFound):
        rounds.request(PointId(3))
    rounds.request(PointId(1))
    await pass_slots(rounds, 2)
    assert [(e.watched.point_id, e.why, e.slot_s) for e in world.errands if e.watched.point_id == 1] == [
        (1, Why.REQUESTED, BEGIN_S)
    ]


async def test_an_account_that_was_refused_is_told_once_for_its_host_and_once_when_it_works() -> None:
    plan = [channel(n, recorder=900, klass=1, credential_id=CredentialId(5)) for n in range(6)]
    world, desk = World(), Desk()
    world.said = {n: Looked(Outcome.AUTH_REFUSED) for n in range(6)}
    rounds = rounds_of([*plan, *(camera(n) for n in range(100, 105))], world, desk)
    await pass_slots(rounds, 20)
    assert desk.told(FactKind.ACCOUNT_REFUSED) == [(f"{host_of(900)}#5", True)]
    world.said = {}
    await pass_slots(rounds, 12, BEGIN_S + 20 * SLOT_S)
    assert desk.told(FactKind.ACCOUNT_REFUSED) == [(f"{host_of(900)}#5", True), (f"{host_of(900)}#5", False)]


# -- ways to a picture


HIKVISION = "/Streaming/Channels/101"


async def test_the_sub_stream_does_the_daily_work_and_the_main_stream_is_looked_at_once_a_week() -> None:
    plan = [camera(n, url=f"rtsp://{host_of(n)}:554{HIKVISION}", picture_period_s=7_200) for n in range(40)]
    world, desk = World(), Desk()
    manners = Manners(slot_s=1_800)
    sizes = {Stream.SUB: 90_000, Stream.MAIN: 800_000, Stream.STILL: 0}
    world.on_look = lambda e: replace(GOOD, received_bytes=sizes[e.stream])
    rounds = rounds_of(plan, world, desk, manners)
    await pass_slots(rounds, 48 * 15, length_s=1_800)
    by_why = Counter((e.watched.point_id, e.why) for e in world.errands if e.slot_s > BEGIN_S + 86_400)
    assert {by_why[w.point_id, Why.MAIN] for w in plan} <= {1, 2, 3}
    assert (
        abs(sum(by_why[w.point_id, Why.MAIN] for w in plan) - 2 * len(plan)) <= 4
    )  # at the edges of two weeks
    assert {e.stream for e in world.errands if e.why is Why.MAIN} == {Stream.MAIN}
    routine = Counter(e.stream for e in world.errands if e.why is Why.ROUTINE)
    assert routine[Stream.MAIN] <= 40  # each way is tried once, to learn what it costs
    assert all("Channels/102" in e.url for e in world.errands if e.stream is Stream.SUB)
    days = {(e.slot_s - BEGIN_S) // 86_400 for e in world.errands if e.why is Why.MAIN}
    assert len(days) > 5  # and not for everybody on one day


async def test_a_still_that_is_cheaper_takes_over_and_is_still_known_after_a_restart() -> None:
    plan = [camera(1, klass=1, still_url="http://10.0.0.2/still.jpg"), camera(2)]
    world = World()
    world.on_look = lambda e: replace(GOOD, received_bytes=50_000 if e.stream is Stream.STILL else 400_000)
    rounds = rounds_of(plan, world, Desk())
    last = await pass_slots(rounds, 40)
    remembered: Remembered = rounds.changes()
    assert rounds.changes().routes == ()
    world.errands.clear()
    await pass_slots(rounds_of(plan, world, Desk(), remembered=remembered), 20, last)
    assert {e.stream for e in world.errands if e.watched.point_id == 1} == {Stream.STILL}
    assert {e.url for e in world.errands if e.watched.point_id == 1} == {"http://10.0.0.2/still.jpg"}


async def test_a_way_that_fails_again_and_again_gives_way_to_another() -> None:
    plan = [camera(1, klass=1, still_url="http://10.0.0.2/still.jpg"), camera(2)]
    world = World()
    world.on_look = lambda e: FAILS if e.stream is Stream.STILL else GOOD
    await pass_slots(rounds_of(plan, world, Desk()), 200)
    streams = [e.stream for e in world.errands if e.watched.point_id == 1]
    assert streams.count(Stream.STILL) <= 3
    assert streams[-1] is Stream.MAIN


def test_a_way_that_is_a_little_cheaper_now_and_then_changes_nothing_and_one_that_is_much_cheaper_does() -> (
    None
):
    routes = Routes(np.array([[True, False, True]]))
    for at_s, (stream, size) in enumerate(((Stream.MAIN, 1_000_000), (Stream.STILL, 900_000)), 1):
        routes.learn(0, stream, replace(GOOD, received_bytes=size), at_s)
    assert routes.usual(0, 3) is Stream.STILL
    for at_s in range(3, 40):
        routes.learn(0, Stream.STILL, replace(GOOD, received_bytes=1_200_000), at_s)
        assert routes.usual(0, at_s) is Stream.STILL
    for at_s in range(40, 80):
        routes.learn(0, Stream.STILL, replace(GOOD, received_bytes=2_000_000), at_s)
    assert routes.usual(0, 80) is Stream.MAIN


async def test_a_main_stream_that_is_not_there_is_not_asked_for_every_week() -> None:
    sub = f"rtsp://{host_of(1)}:554/Streaming/Channels/102"
    world, desk = World(), Desk()
    world.on_look = lambda e: Looked(Outcome.NOT_FOUND, 500) if e.stream is Stream.MAIN else None
    rounds = rounds_of(
        [camera(1, url=sub, picture_period_s=7_200), camera(2)], world, desk, Manners(slot_s=1_800)
    )
    await pass_slots(rounds, 48 * 30, length_s=1_800)
    assert len([e for e in world.errands if e.stream is Stream.MAIN and e.watched.point_id == 1]) == 1
    assert {looked.outcome for e, looked in desk.looks if e.watched.point_id == 1} == {Outcome.PLAYING}


async def test_a_sub_stream_that_we_only_thought_of_and_is_not_there_is_no_fault_of_the_camera() -> None:
    plan = [
        camera(n, klass=1, url=f"rtsp://{host_of(n)}:554/cam/realmonitor?channel=1&subtype=0") for n in (1, 2)
    ]
    world, desk = World(), Desk()
    world.on_look = lambda e: Looked(Outcome.NOT_FOUND, 500) if "subtype=1" in e.url else None
    await pass_slots(rounds_of(plan, world, desk), 15)
    assert {looked.outcome for _, looked in desk.looks} == {Outcome.PLAYING}
    assert len([e for e in world.errands if "subtype=1" in e.url]) == 2


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32))
def test_a_plan_laid_over_another_is_the_plan_laid_out_afresh(seed: int) -> None:
    chance, manners = Random(seed), Manners()
    first, second = random_city(chance), random_city(chance)
    afresh, over = fleet_of(second, manners), fleet_of(second, manners, fleet_of(first, manners))
    assert over.door_keys == afresh.door_keys
    assert over.starts_s == afresh.starts_s
    assert over.watched == afresh.watched
    for name in ("door_of", "has_way", "has_evidence", "zone_of", "site_of", "period_s"):
        assert (getattr(over, name) == getattr(afresh, name)).all()


def random_city(chance: Random) -> list[Watched]:
    """Recorders, zones, sites, some without an address."""
    out: list[Watched] = []
    for n in range(chance.randint(1, 60)):
        place = {
            "zone": chance.choice("ab"),
            "site": chance.choice(["", "x", "y"]),
            "klass": chance.randint(1, 3),
        }
        if chance.random() < 0.4:
            out.append(channel(n, recorder=1_000 + chance.randint(0, 2), **place))
        else:
            out.append(camera(n, **place, **({"url": ""} if chance.random() < 0.1 else {})))
    return out


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32))
async def test_whatever_happens_nobody_is_up_who_did_not_answer_nor_down_who_did(seed: int) -> None:
    chance = Random(seed)
    plan, world, desk = random_city(chance), World(), Desk()
    rounds = rounds_of(plan, world, desk)
    told: dict[str, Outcome] = {}
    world.reply = lambda door: told.setdefault(
        door.host, chance.choice([Outcome.ANSWERS, Outcome.ANSWERS, Outcome.TIMED_OUT, Outcome.OUR_FAULT])
    )
    for n in range(12):
        told.clear()  # within a slot a device says the same
        desk.zones.clear()
        await rounds.slot(BEGIN_S + n * SLOT_S)
        assert sorted(p for z in desk.zones for p in z.roster) == sorted(w.point_id for w in plan)
        by_id = {w.point_id: w for w in plan}
        for batch in desk.zones:
            for place, (point, code) in enumerate(zip(batch.roster, batch.codes, strict=True)):
                url = by_id[point].url
                said = told.get(url[7:].partition(":")[0])
                assert code != UP or said is Outcome.ANSWERS
                assert code != DOWN or (said is Outcome.TIMED_OUT and batch.reasons[place] == "timed_out")
                assert code in (UP, DOWN) or place not in batch.reasons
