"""A few fast slots of the living rounds among simulated cameras on real sockets: what each camera saw of us."""

import asyncio
from dataclasses import replace
from random import Random

from tests.probing.rounds_kit import Desk

from lenskeeper.base.outcomes import Outcome
from lenskeeper.house.clock import SystemClock
from lenskeeper.inventory.ids import CredentialId, PointId
from lenskeeper.inventory.points import Watched
from lenskeeper.probing.credentials import Credentials, credential
from lenskeeper.probing.errands import Errand, Looked
from lenskeeper.probing.greeting import greeter
from lenskeeper.probing.look import look_at
from lenskeeper.probing.manners import Manners
from lenskeeper.probing.probe import ONE_LOOK, Prober, VisitLimits
from lenskeeper.probing.refusals import Refusals
from lenskeeper.probing.round_results import DOWN, UNKNOWN, UP, FactKind, ZoneRound
from lenskeeper.probing.rounds import Rounds
from lenskeeper.probing.simulator.cameras import SimulatedCamera, Start
from lenskeeper.probing.simulator.clips import ClipSpec
from lenskeeper.probing.simulator.films import Film
from lenskeeper.probing.simulator.fleet import FleetPlan, account, address_of
from lenskeeper.probing.simulator.running import running
from lenskeeper.probing.simulator.troubles import Trouble
from lenskeeper.probing.targets import parse_target

SLOT_S = 2
SLOTS = 4
TINY = ClipSpec(film=Film(size=(160, 96)), fps=10, gop=3, gops=2)
LIMITS = VisitLimits(connect_s=0.5, reply_s=0.5, first_packet_s=0.5, key_frame_s=1, visit_s=1.5)
RECORDER = address_of(100)
LOCKED = (12, 13)


def cameras() -> list[SimulatedCamera]:
    """Twenty cameras, some of them ill, and a recorder with four channels of which one shows nothing."""
    out = [SimulatedCamera(address=address_of(n), clip=TINY, start=Start.AT_KEY) for n in range(20)]
    out[3] = replace(out[3], trouble=Trouble.DOWN)
    out[4] = replace(out[4], trouble=Trouble.HALF_OPEN)
    out[5] = replace(out[5], trouble=Trouble.BUSY)
    for n in LOCKED:
        out[n] = replace(out[n], login=account(), trouble=Trouble.WRONG_PASSWORD)
    for n in range(4):
        one = SimulatedCamera(address=RECORDER, path=f"/ch{n}", clip=TINY, start=Start.AT_KEY)
        out.append(replace(one, trouble=Trouble.NO_VIDEO) if n == 2 else one)
    return out


async def test_a_few_fast_slots_among_simulated_cameras() -> None:
    clock, desk = SystemClock(), Desk()
    login = account()
    everywhere = credential(login.user, login.password.reveal())
    prober = Prober(clock, Refusals(clock=clock), Credentials(everywhere=everywhere), LIMITS)

    async def look(errand: Errand) -> Looked:
        seen: list[int] = []
        probe = await look_at(
            parse_target(errand.url), prober, ONE_LOOK, lambda frame: seen.append(len(frame.encoded.data))
        )
        has_picture = probe.outcome is Outcome.PLAYING
        return Looked(probe.outcome, sum(seen), has_picture=has_picture, first_frame_ms=probe.first_frame_ms)

    enough = asyncio.Event()

    def take(batch: ZoneRound) -> None:
        desk.zones.append(batch)
        if len(desk.zones) == SLOTS:
            enough.set()

    async with running(FleetPlan(tuple(cameras())), clock) as fleet:
        plan = [
            Watched(PointId(n), None, f"camera {n}", 1, url, "UTC", credential_id=CredentialId(1))
            for n, url in enumerate(fleet.targets())
        ]
        rounds = Rounds(
            lambda: plan,
            greeter(prober, in_flight=100, failed=lambda target, error: desk.failed(target.name, error)),
            look,
            on_zone=take,
            on_looked=desk.look,
            on_fact=desk.facts.append,
            failed=desk.failed,
            clock=clock,
            chance=Random(1),
            manners=Manners(
                slot_s=SLOT_S,
                picture_period_s=(SLOT_S,) * 3,
                retry_after_s=(0.1, 0.2),
                confirm_after_s=(0.1, 0.2),
            ),
        )
        life = asyncio.create_task(rounds.run())
        async with asyncio.timeout(30):
            await enough.wait()
            began_s = clock.elapsed_s()
            await rounds.stop()
            await life
        assert clock.elapsed_s() - began_s < 5
        await asyncio.sleep(0.2)
        seen = {n: fleet.ledger[address_of(n)] for n in range(20)}
        recorder = fleet.ledger[RECORDER]
    assert desk.errors == []
    tally = rounds.tally
    assert tally.slots_missed == 0
    assert tally.slots_done + tally.slots_late == SLOTS
    well = [n for n in range(20) if n not in (3, 4, 5, *LOCKED)]
    assert all(set(desk.codes(n)) == {UP} for n in (*well, 5, *LOCKED))
    assert all(set(desk.codes(n)) == {DOWN} for n in (3, 4))
    assert [desk.codes(n)[-1] for n in range(20, 24)] == [UP, UP, DOWN, UP]
    assert desk.zones[-1].reasons == {3: "refused", 4: "timed_out", 22: "no_video"}
    assert set(desk.codes(22)) <= {UNKNOWN, DOWN}
    for n in well:
        assert seen[n].methods["OPTIONS"] >= SLOTS
        assert seen[n].open_most <= 2  # a greeting beside a visit
        assert seen[n].plays >= SLOTS - 1
        assert seen[n].abandoned == 0
    for n in LOCKED:  # one refusal stops the logging in, however many slots pass
        assert seen[n].refused == 1
    assert sorted(desk.told(FactKind.ACCOUNT_REFUSED)) == [(f"{address_of(n)}#1", True) for n in LOCKED]
    assert recorder.open_most <= 3  # two visits and a greeting, for all its channels
    assert recorder.abandoned == 0
