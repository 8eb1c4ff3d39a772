"""Stills by HTTP and HTTPS, and streams by RTSPS, from simulated cameras on real sockets."""

import asyncio
import hashlib
import ssl
from collections.abc import Sequence
from dataclasses import replace

import pytest
import trustme

from lenskeeper.base.codecs import Codec
from lenskeeper.base.outcomes import Outcome
from lenskeeper.base.secret import Secret
from lenskeeper.house.clock import SystemClock
from lenskeeper.pictures.decode import decode
from lenskeeper.pictures.planes import Planes
from lenskeeper.probing.credentials import Credentials, KnownHost, credential
from lenskeeper.probing.look import look_at
from lenskeeper.probing.probe import ONE_LOOK, KeyFrame, Looks, Probe, Prober, VisitLimits
from lenskeeper.probing.refusals import Refusals
from lenskeeper.probing.simulator.cameras import Route, SimulatedCamera, Start
from lenskeeper.probing.simulator.clips import ClipSpec
from lenskeeper.probing.simulator.films import Film
from lenskeeper.probing.simulator.fleet import FleetPlan, address_of
from lenskeeper.probing.simulator.ledger import Ledger
from lenskeeper.probing.simulator.logins import Login, Scheme
from lenskeeper.probing.simulator.running import running
from lenskeeper.probing.simulator.troubles import Trouble
from lenskeeper.probing.targets import parse_target

SMALL = ClipSpec(film=Film(size=(320, 176)), codec=Codec.JPEG, gop=4, gops=3)
BRIEF = VisitLimits(connect_s=1, reply_s=2, first_packet_s=1, key_frame_s=2, visit_s=5)
LOGIN = Login("operator", Secret("harbour"), Scheme.MD5_PLAIN)
RIGHT = Credentials(everywhere=credential("operator", "harbour"))


def still(index: int = 0, **more: object) -> SimulatedCamera:
    plain = SimulatedCamera(
        address=address_of(index), path="/still.jpg", route=Route.HTTP, clip=SMALL, start=Start.AT_KEY
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def certificate() -> tuple[ssl.SSLContext, str]:
    """A server's context with a certificate of its own, and the pin that an owner would write down."""
    issued = trustme.CA().issue_cert("127.16.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issued.configure_cert(context)
    der = ssl.PEM_cert_to_DER_cert(issued.cert_chain_pems[0].bytes().decode())
    return context, hashlib.sha256(der).hexdigest()


async def visit(
    cameras: Sequence[SimulatedCamera],
    credentials: Credentials | None = None,
    looks: Looks = ONE_LOOK,
    tls: ssl.SSLContext | None = None,
) -> tuple[list[Probe], list[list[KeyFrame]], Ledger]:
    who = Prober(SystemClock(), Refusals(), credentials or Credentials(), BRIEF)
    frames: list[list[KeyFrame]] = [[] for _ in cameras]
    async with running(FleetPlan(tuple(cameras)), SystemClock(), tls=tls) as fleet:
        probes = await asyncio.gather(
            *(
                look_at(parse_target(t), who, looks, f.append)
                for t, f in zip(fleet.targets(), frames, strict=True)
            )
        )
        return list(probes), frames, fleet.ledger


async def test_a_still_comes_and_decodes() -> None:
    (probe,), (frames,), _ = await visit([still(clock_offset_ms=-3_600_000)], looks=Looks(2, 0.2))
    assert (probe.outcome, probe.remark) == (Outcome.PLAYING, "")
    assert (probe.stream.codec, probe.stream.width_px, probe.stream.clock_source) == ("jpeg", 320, "date")
    assert probe.stream.clock_offset_ms == pytest.approx(-3_600_000, abs=2000)
    assert len(frames) == 2
    assert probe.received_bytes > sum(len(frame.encoded.data) for frame in frames)
    assert isinstance(decode(frames[0].encoded), Planes)


@pytest.mark.parametrize("scheme", list(Scheme))
async def test_a_still_behind_a_login(scheme: Scheme) -> None:
    asks = still(login=replace(LOGIN, scheme=scheme))
    known = Credentials({asks.address: KnownHost(RIGHT.everywhere, may_use_basic=True)})
    (probe,), _, ledger = await visit([asks], known)
    assert (probe.outcome, probe.remark) == (Outcome.PLAYING, "")
    assert ledger.total().refused == 0


async def test_a_refused_still_is_not_asked_for_again() -> None:
    cameras = [still(path=f"/{n}.jpg", login=LOGIN, trouble=Trouble.WRONG_PASSWORD) for n in range(4)]
    probes, _, ledger = await visit(cameras, RIGHT)
    assert sorted(p.outcome for p in probes) == [Outcome.AUTH_REFUSED] + [Outcome.HELD_BACK] * 3
    assert ledger.total().logins == 1


async def test_a_redirect_is_told_and_not_followed() -> None:
    (probe,), _, ledger = await visit([still(trouble=Trouble.REDIRECT)])
    assert probe.outcome is Outcome.REDIRECTED
    assert "name that address if it is yours" in probe.remark
    assert ledger.total().connections == 1


@pytest.mark.parametrize(
    "trouble", [Trouble.DOWN, Trouble.HALF_OPEN, Trouble.GARBAGE, Trouble.NOT_FOUND, Trouble.DRIBBLE]
)
async def test_a_still_in_trouble_ends_with_its_own_word(trouble: Trouble) -> None:
    sick = still(trouble=trouble)
    (probe,), (frames,), _ = await visit([sick])
    assert probe.outcome in sick.truth().outcomes
    assert probe.remark
    assert not frames


@pytest.mark.parametrize("route", [Route.RTSPS, Route.HTTPS])
async def test_tls_holds_where_the_pin_is_right_and_ends_where_it_is_wrong(route: Route) -> None:
    context, pin = certificate()
    secured = still(route=route)
    for known, outcome in [
        (KnownHost(None, pin), Outcome.PLAYING),
        (KnownHost(), Outcome.PLAYING),
        (KnownHost(None, "0" * 64), Outcome.TLS_REFUSED),
    ]:
        credentials = Credentials({secured.address: known})
        (probe,), _, _ = await visit([secured], credentials, tls=context)
        assert probe.outcome is outcome, probe.remark


async def test_plain_words_where_tls_is_due_are_told_apart_from_a_dead_camera() -> None:
    async def plain(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(plain, "127.0.0.1", 0)
    target = parse_target(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    probe = await look_at(
        target, Prober(SystemClock(), Refusals(), Credentials(), BRIEF), ONE_LOOK, lambda _: None
    )
    server.close()
    await server.wait_closed()
    assert probe.outcome is Outcome.TLS_REFUSED


async def test_a_server_that_hangs_up_is_not_called_garbled_and_a_large_picture_needs_room() -> None:
    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    target = parse_target(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/a.jpg")
    who = Prober(SystemClock(), Refusals(), Credentials(), BRIEF)
    probe = await look_at(target, who, ONE_LOOK, lambda _: None)
    server.close()
    await server.wait_closed()
    assert (probe.outcome, probe.remark) == (Outcome.CLOSED, "it hung up instead of answering")
    async with running(FleetPlan((still(),)), SystemClock()) as fleet:
        target = parse_target(fleet.targets()[0])
        probe = await look_at(target, who, ONE_LOOK, lambda _: None, hold=lambda size: size < 1000)
    assert probe.outcome is Outcome.OUR_FAULT
