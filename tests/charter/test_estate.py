"""Clause 8: declared networks only, no password guessed, one refusal is enough, no redirect followed."""

import ipaddress
from dataclasses import replace

from lenskeeper.base.outcomes import Outcome
from lenskeeper.base.secret import Secret
from lenskeeper.house.clock import SystemClock
from lenskeeper.probing.credentials import Credentials, credential
from lenskeeper.probing.look import look_at
from lenskeeper.probing.probe import ONE_LOOK, Prober, VisitLimits
from lenskeeper.probing.refusals import Refusals
from lenskeeper.probing.simulator.cameras import SimulatedCamera
from lenskeeper.probing.simulator.clips import ClipSpec
from lenskeeper.probing.simulator.films import Film
from lenskeeper.probing.simulator.fleet import FleetPlan, address_of
from lenskeeper.probing.simulator.logins import Login, Scheme
from lenskeeper.probing.simulator.running import running
from lenskeeper.probing.simulator.troubles import Trouble
from lenskeeper.probing.sweep import knock
from lenskeeper.probing.targets import parse_target

CAMERA = SimulatedCamera(address=address_of(0), clip=ClipSpec(film=Film(size=(160, 96)), gop=2, gops=1))
LIMITS = VisitLimits(connect_s=1, reply_s=2, first_packet_s=1, key_frame_s=2, visit_s=5)


async def test_8_an_address_outside_the_declared_networks_hears_nothing_of_us() -> None:
    elsewhere = (ipaddress.ip_network("10.0.0.0/8"),)
    prober = Prober(SystemClock(), Refusals(), limits=LIMITS, networks=elsewhere)
    async with running(FleetPlan((CAMERA,)), SystemClock()) as fleet:
        target = parse_target(fleet.targets()[0])
        probe = await look_at(target, prober, ONE_LOOK, lambda _: None)
        found = await knock(target, prober)
        assert (probe.outcome, found.outcome) == (Outcome.HELD_BACK, Outcome.HELD_BACK)
        assert "declared network" in probe.remark
        assert fleet.ledger.total().connections == 0


async def test_8_no_password_is_guessed_and_one_refusal_is_enough() -> None:
    locked = replace(CAMERA, login=Login("owner", Secret("right"), Scheme.MD5_PLAIN))
    async with running(FleetPlan((locked,)), SystemClock()) as fleet:
        target = parse_target(fleet.targets()[0])
        unknown = Prober(SystemClock(), Refusals(), limits=LIMITS)
        assert (await look_at(target, unknown, ONE_LOOK, lambda _: None)).outcome is Outcome.AUTH_REFUSED
        assert fleet.ledger.total().logins == 0
        wrong = Credentials(everywhere=credential("owner", "wrong"))
        stubborn = Prober(SystemClock(), Refusals(), wrong, LIMITS)
        outcomes = [(await look_at(target, stubborn, ONE_LOOK, lambda _: None)).outcome for _ in range(5)]
        assert outcomes == [Outcome.AUTH_REFUSED] + [Outcome.HELD_BACK] * 4
        assert fleet.ledger.total().logins == 1


async def test_8_a_redirect_leads_nowhere() -> None:
    astray = replace(CAMERA, trouble=Trouble.REDIRECT)
    async with running(FleetPlan((astray,)), SystemClock()) as fleet:
        prober = Prober(SystemClock(), Refusals(), limits=LIMITS)
        probe = await look_at(parse_target(fleet.targets()[0]), prober, ONE_LOOK, lambda _: None)
        assert probe.outcome is Outcome.REDIRECTED
        assert fleet.ledger.total().connections == 1
