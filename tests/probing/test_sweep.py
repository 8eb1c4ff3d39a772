"""Reachability: every camera gets its answer, and one that says 401 is there."""

import asyncio
import contextlib
from collections import Counter
from dataclasses import replace

from lenskeeper.base.outcomes import Outcome
from lenskeeper.house.clock import SystemClock
from lenskeeper.probing.credentials import Credentials
from lenskeeper.probing.probe import Prober, VisitLimits
from lenskeeper.probing.refusals import Refusals
from lenskeeper.probing.simulator.cameras import Route, SimulatedCamera
from lenskeeper.probing.simulator.clips import ClipSpec
from lenskeeper.probing.simulator.films import Film
from lenskeeper.probing.simulator.fleet import FleetPlan, account, address_of
from lenskeeper.probing.simulator.running import running
from lenskeeper.probing.simulator.troubles import Trouble
from lenskeeper.probing.sweep import Knock, knock, sweep
from lenskeeper.probing.targets import Target, parse_target

TINY = ClipSpec(film=Film(size=(160, 96)), gop=2, gops=1)
PROBER = Prober(SystemClock(), Refusals(), Credentials(), VisitLimits(connect_s=1, reply_s=1))


def cameras() -> list[SimulatedCamera]:
    fleet = [SimulatedCamera(address=address_of(n), clip=TINY) for n in range(200)]
    fleet[7] = replace(fleet[7], trouble=Trouble.DOWN)
    fleet[8] = replace(fleet[8], trouble=Trouble.HALF_OPEN)
    fleet[9] = replace(fleet[9], trouble=Trouble.GARBAGE)
    fleet[10] = replace(fleet[10], login=account())
    fleet[11] = replace(fleet[11], route=Route.HTTP, path="/still.jpg")
    return fleet


async def test_every_camera_gets_its_answer() -> None:
    found: list[Knock] = []
    async with running(FleetPlan(tuple(cameras())), SystemClock()) as fleet:
        targets = [parse_target(t) for t in fleet.targets()]

        async def one(target: object) -> None:
            found.append(await knock(target, PROBER))  # type: ignore[arg-type]

        await sweep(targets, one, in_flight=64, per_host=2, failed=never)
        logins = fleet.ledger.total().logins
    outcomes = {k.target.name: k.outcome for k in found}
    assert len(outcomes) == 200
    odd = {targets.index(k.target): k.outcome for k in found if k.outcome is not Outcome.ANSWERS}
    assert odd == {7: Outcome.REFUSED, 8: Outcome.TIMED_OUT, 9: Outcome.GARBLED}
    assert all(k.answer_ms is not None for k in found if k.outcome is Outcome.ANSWERS)
    assert logins == 0


async def test_a_peer_that_hangs_up_or_talks_without_end_costs_one_deadline() -> None:
    async def mute(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async def endless(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):  # we hang up on it
            for _ in range(20):
                writer.write(b"x" * 500)
                await asyncio.sleep(0.01)
        writer.close()

    for handler, outcome in ((mute, Outcome.CLOSED), (endless, Outcome.GARBLED)):
        server = await asyncio.start_server(handler, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        found = await knock(parse_target(f"rtsp://127.0.0.1:{port}/"), PROBER)
        await asyncio.sleep(0.3)
        server.close()
        await server.wait_closed()
        assert found.outcome is outcome


async def test_a_name_that_does_not_resolve_is_told() -> None:
    found = await knock(parse_target("rtsp://no-such-camera.invalid/"), PROBER)
    assert found.outcome in {Outcome.UNREACHABLE, Outcome.TIMED_OUT}


def never(target: object, error: Exception) -> None:
    raise AssertionError(f"{target}: {error}")


async def test_one_recorder_does_not_hold_up_the_other_hosts() -> None:
    """Its channels wait in a queue of their own: the places in flight are for those who can use them."""
    channels = [parse_target(f"rtsp://10.0.0.1/{n}") for n in range(20)]
    others = [parse_target(f"rtsp://10.0.1.{n}/1") for n in range(8)]
    now: Counter[str] = Counter()
    order: list[str] = []

    async def look(target: Target) -> None:
        now[target.host] += 1
        assert now[target.host] <= 2
        assert now.total() <= 10
        await asyncio.sleep(0.05 if target.host == "10.0.0.1" else 0.001)
        now[target.host] -= 1
        order.append(target.host)

    await sweep([*channels, *others], look, in_flight=10, per_host=2, failed=never)
    assert sorted(order) == sorted(t.host for t in [*channels, *others])
    assert set(order[:8]) == {t.host for t in others}


async def test_a_look_that_breaks_is_told_and_the_round_goes_on() -> None:
    broken: list[str] = []
    looked: list[str] = []

    async def look(target: Target) -> None:
        if target.host == "10.0.0.3":
            raise ValueError("ours")
        looked.append(target.host)

    targets = [parse_target(f"rtsp://10.0.0.{n}/1") for n in range(1, 9)]
    await sweep(targets, look, in_flight=2, per_host=2, failed=lambda t, e: broken.append(f"{t.host} {e}"))
    assert broken == ["10.0.0.3 ours"]
    assert len(looked) == 7


async def test_a_look_that_is_called_off_by_nobody_is_told_and_the_round_goes_on() -> None:
    broken: list[str] = []

    async def look(target: Target) -> None:
        if target.host == "10.0.0.1":
            raise asyncio.CancelledError

    targets = [parse_target(f"rtsp://10.0.0.{n}/1") for n in range(1, 4)]
    await sweep(targets, look, in_flight=1, per_host=1, failed=lambda t, _: broken.append(t.host))
    assert broken == ["10.0.0.1"]
