"""Visits to simulated cameras on real sockets: each trouble ends with its own word, and we leave politely."""

import asyncio
import contextlib
import gc
import itertools
import tracemalloc
from collections.abc import Sequence
from dataclasses import replace

import pytest

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
from lenskeeper.probing.rtsp_line import Line
from lenskeeper.probing.simulator.cameras import SimulatedCamera, Start
from lenskeeper.probing.simulator.clips import ClipSpec
from lenskeeper.probing.simulator.films import Film
from lenskeeper.probing.simulator.fleet import FleetPlan, address_of, ill
from lenskeeper.probing.simulator.ledger import Ledger
from lenskeeper.probing.simulator.logins import Login, Scheme
from lenskeeper.probing.simulator.running import running
from lenskeeper.probing.simulator.troubles import Trouble
from lenskeeper.probing.targets import parse_target
from lenskeeper.protocols.rtsp import RtspDialogue

SMALL = ClipSpec(film=Film(size=(320, 176)), gop=6, gops=3)
BRIEF = VisitLimits(connect_s=1, reply_s=2.5, first_packet_s=1, key_frame_s=1.5, visit_s=6, teardown_s=1)
LOGIN = Login("operator", Secret("harbour"), Scheme.MD5_PLAIN)
RIGHT = Credentials(everywhere=credential("operator", "harbour"))


def prober(credentials: Credentials | None = None, limits: VisitLimits = BRIEF) -> Prober:
    return Prober(SystemClock(), Refusals(), credentials or Credentials(), limits)


async def visit(
    cameras: Sequence[SimulatedCamera], who: Prober | None = None, looks: Looks = ONE_LOOK
) -> tuple[list[Probe], list[list[KeyFrame]], Ledger]:
    """Look at every camera at the same time; the ledger is what they saw of us."""
    who = who or prober()
    frames: list[list[KeyFrame]] = [[] for _ in cameras]
    async with running(FleetPlan(tuple(cameras)), SystemClock()) as fleet:
        probes = await asyncio.gather(
            *(
                look_at(parse_target(t), who, looks, f.append)
                for t, f in zip(fleet.targets(), frames, strict=True)
            )
        )
        await asyncio.sleep(0.05)  # the cameras hear the last FIN
        return list(probes), frames, fleet.ledger


def camera(index: int = 0, codec: Codec = Codec.H264, **more: object) -> SimulatedCamera:
    clip = replace(SMALL, codec=codec)
    return replace(SimulatedCamera(address=address_of(index), clip=clip, start=Start.AT_KEY), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("codec", [Codec.H264, Codec.H265, Codec.JPEG])
async def test_a_whole_key_frame_comes_and_decodes(codec: Codec) -> None:
    (probe,), (frames,), ledger = await visit([camera(codec=codec)])
    assert (probe.outcome, probe.remark) == (Outcome.PLAYING, "")
    assert (probe.stream.codec, probe.stream.width_px, probe.stream.height_px) == (codec, 320, 176)
    assert probe.first_frame_ms is not None
    assert probe.phases_ms.keys() == {"connect", "describe", "setup", "play", "key_frame"}
    (frame,) = frames
    assert probe.received_bytes > len(frame.encoded.data)
    planes = decode(frame.encoded)
    assert isinstance(planes, Planes)
    assert (planes.width_px, planes.decoder_errors) == (320, 0)
    total = ledger.total()
    assert (total.connections, total.plays, total.teardowns, total.abandoned, total.malformed) == (
        1,
        1,
        1,
        0,
        0,
    )


TROUBLES = [t for t in Trouble if t not in {Trouble.WRONG_PASSWORD, Trouble.STALE_ONCE}]  # need a login


async def test_every_trouble_ends_with_its_own_word_and_nobody_is_left_hanging() -> None:
    cameras = [ill(camera(n), trouble) for n, trouble in enumerate(TROUBLES)]
    cameras = [replace(c, delay_s=0.3) for c in cameras]
    probes, _, ledger = await visit(cameras)
    wrong = {
        trouble: (probe.outcome, probe.remark)
        for trouble, c, probe in zip(TROUBLES, cameras, probes, strict=True)
        if probe.outcome
        not in c.truth().outcomes | ({Outcome.PLAYING} if trouble is Trouble.UNDECODABLE else set())
    }
    assert not wrong
    assert ledger.total().malformed == 0
    playing = [a for a, p in zip(cameras, probes, strict=True) if p.outcome is Outcome.PLAYING]
    assert [a.trouble for a in playing if ledger[a.address].abandoned] == []
    assert all(p.remark for p in probes if p.outcome is not Outcome.PLAYING)


async def test_a_camera_that_dribbles_costs_one_deadline() -> None:
    began = asyncio.get_running_loop().time()
    (probe,), _, _ = await visit([ill(camera(), Trouble.DRIBBLE)])
    assert probe.outcome is Outcome.TIMED_OUT
    assert asyncio.get_running_loop().time() - began < BRIEF.reply_s + 3


async def test_each_phase_has_a_deadline_of_its_own() -> None:
    half_open, silent, endless = (
        ill(camera(n), t) for n, t in enumerate([Trouble.HALF_OPEN, Trouble.NO_PACKETS, Trouble.NO_KEYFRAME])
    )
    probes, _, _ = await visit([half_open, silent, endless])
    assert [p.remark.partition(" (")[0] for p in probes] == [
        "no answer within 2.5 s",
        "no packet of video within 1 s of PLAY",
        "no whole key frame within 1.5 s",
    ]


@pytest.mark.parametrize("scheme", list(Scheme))
async def test_every_way_to_log_in_is_spoken(scheme: Scheme) -> None:
    asks = camera(login=replace(LOGIN, scheme=scheme))
    (probe,), _, ledger = await visit([asks], prober(named(asks.address)))
    assert (probe.outcome, probe.remark) == (Outcome.PLAYING, "")
    assert ledger.total().refused == 0


def named(address: str) -> Credentials:
    """The right account, given for this very host."""
    return Credentials({address: KnownHost(RIGHT.everywhere, may_use_basic=True)})


async def test_an_account_given_for_all_is_not_sent_in_clear() -> None:
    (probe,), _, ledger = await visit([camera(login=replace(LOGIN, scheme=Scheme.BASIC))], prober(RIGHT))
    assert probe.outcome is Outcome.AUTH_REFUSED
    assert "only Basic" in probe.remark
    assert ledger.total().logins == 0


async def test_a_stale_nonce_earns_one_more_try() -> None:
    (probe,), _, ledger = await visit([camera(login=LOGIN, trouble=Trouble.STALE_ONCE)], prober(RIGHT))
    assert probe.outcome is Outcome.PLAYING
    assert ledger.total().methods["DESCRIBE"] == 3  # asked, challenged, stale


async def test_without_an_account_the_operator_is_told_to_give_one() -> None:
    (probe,), _, ledger = await visit([camera(login=LOGIN)])
    assert probe.outcome is Outcome.AUTH_REFUSED
    assert "--credentials" in probe.remark
    assert ledger.total().logins == 0


async def test_one_refusal_holds_back_the_other_channels_of_a_recorder() -> None:
    channels = [camera(login=LOGIN, path=f"/channel/{n}", trouble=Trouble.WRONG_PASSWORD) for n in range(8)]
    probes, _, ledger = await visit(channels, prober(RIGHT))
    assert sorted(p.outcome for p in probes) == [Outcome.AUTH_REFUSED] + [Outcome.HELD_BACK] * 7
    assert ledger.total().logins == 1


async def test_a_wrong_password_meets_three_cameras_of_forty() -> None:
    cameras = [camera(n, login=LOGIN, trouble=Trouble.WRONG_PASSWORD) for n in range(40)]
    probes, _, ledger = await visit(cameras, prober(RIGHT))
    outcomes = [p.outcome for p in probes]
    assert (outcomes.count(Outcome.AUTH_REFUSED), outcomes.count(Outcome.HELD_BACK)) == (3, 37)
    assert ledger.total().logins == 3


async def test_one_recorder_is_visited_by_two_at_a_time() -> None:
    channels = [camera(path=f"/channel/{n}") for n in range(10)]
    probes, _, ledger = await visit(channels)
    assert {p.outcome for p in probes} == {Outcome.PLAYING}
    assert ledger.total().open_most <= 2


async def test_looks_close_together_share_one_stream_that_is_kept_alive() -> None:
    keep = camera(trouble=Trouble.SHORT_SESSION)
    (probe,), (frames,), ledger = await visit(
        [keep], prober(limits=replace(BRIEF, visit_s=20)), Looks(4, 2.0)
    )
    assert probe.outcome is Outcome.PLAYING
    assert len(frames) == 4
    assert all(
        b.media_ms is not None and a.media_ms is not None and b.media_ms > a.media_ms
        for a, b in itertools.pairwise(frames)
    )
    assert len({f.fingerprint for f in frames}) > 1
    total = ledger.total()
    assert (total.connections, total.teardowns) == (1, 1)
    assert total.methods["GET_PARAMETER"] + total.methods["OPTIONS"] >= 1
    assert probe.stream.key_frame_interval_s == pytest.approx(6 / SMALL.fps, rel=0.2)
    assert probe.stream.frame_rate_hz == pytest.approx(SMALL.fps, rel=0.1)


async def test_the_clock_of_the_camera_is_told() -> None:
    (probe,), _, _ = await visit([camera(clock_offset_ms=90_000)], looks=Looks(2, 0.5))
    assert probe.stream.clock_offset_ms == pytest.approx(90_000, abs=1500)


async def test_visits_leave_no_rings_of_references_for_the_collector() -> None:
    """The sweep collects seldom: what dead visits left behind would pile up for 66,000 of them."""
    troubled = [ill(camera(n), t) for n, t in enumerate([Trouble.GARBAGE, Trouble.NO_KEYFRAME, Trouble.DOWN])]
    cameras = [*troubled, camera(7), camera(8, login=LOGIN)]
    gc.collect()
    gc.disable()
    try:
        before = {id(thing) for thing in gc.get_objects() if isinstance(thing, Line | RtspDialogue)}
        await visit(cameras, prober(RIGHT))
        await asyncio.sleep(0.05)
        left = [t for t in gc.get_objects() if isinstance(t, Line | RtspDialogue) and id(t) not in before]
    finally:
        gc.enable()
    assert left == []


async def test_a_visit_that_is_called_off_says_goodbye_too() -> None:
    keep = camera()
    async with running(FleetPlan((keep,)), SystemClock()) as fleet:
        looking = asyncio.create_task(
            look_at(parse_target(fleet.targets()[0]), prober(), Looks(50, 0.5), lambda _: None)
        )
        await asyncio.sleep(0.5)
        assert fleet.ledger[keep.address].plays == 1
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
        await asyncio.sleep(0.2)
        assert (fleet.ledger[keep.address].teardowns, fleet.ledger[keep.address].abandoned) == (1, 0)


async def test_a_camera_that_says_461_is_looked_at_by_udp() -> None:
    (probe,), (frames,), _ = await visit([camera(trouble=Trouble.UDP_ONLY)])
    assert (probe.outcome, probe.stream.transport) == (Outcome.PLAYING, "udp")
    assert len(frames) == 1


async def test_a_picture_for_which_there_is_no_room_is_our_fault_and_not_the_cameras() -> None:
    asked: list[int] = []

    def no_room(size: int) -> bool:
        asked.append(size)
        return size == 0

    async with running(FleetPlan((camera(),)), SystemClock()) as fleet:
        target = parse_target(fleet.targets()[0])
        probe = await look_at(target, prober(), ONE_LOOK, lambda _: None, hold=no_room)
    # a small key frame may come whole in one read, and then nothing was held while it came
    assert probe.outcome is (Outcome.OUR_FAULT if any(asked) else Outcome.PLAYING)


async def chatter(said: bytes, times: int) -> tuple[Probe, int]:
    """A peer that answers DESCRIBE, SETUP and PLAY, and then talks without end and reads nothing."""
    sent = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        body = b"v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            for number in (1, 2, 3):
                await reader.readuntil(b"\r\n\r\n")
                writer.write(b"RTSP/1.0 200 OK\r\nCSeq: %d\r\nSession: 1\r\n" % number)
                writer.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body) if number == 1 else b"\r\n")
            for _ in range(times):
                writer.write(said * 100)
                sent += 100
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    target = parse_target(f"rtsp://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    probe = await look_at(target, prober(), ONE_LOOK, lambda _: None)
    await asyncio.sleep(0.1)
    server.close()
    return probe, sent


async def test_a_peer_that_asks_without_end_is_left() -> None:
    probe, _ = await chatter(b"OPTIONS * RTSP/1.0\r\nCSeq: 9\r\n\r\n", 10_000)
    assert (probe.outcome, probe.remark) == (Outcome.GARBLED, "it asks and asks, and does not serve")


async def test_replies_that_nobody_asked_for_are_not_kept() -> None:
    tracemalloc.start()
    probe, sent = await chatter(b"RTSP/1.0 200 OK\r\nCSeq: 900\r\n\r\n", 2_000)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert probe.outcome in {Outcome.NO_VIDEO, Outcome.CLOSED}
    assert sent > 10_000
    assert most < 8_000_000


async def test_a_fault_of_ours_is_not_called_the_cameras(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_self: object, _data: bytes) -> None:
        raise ValueError("ours")

    monkeypatch.setattr("lenskeeper.protocols.rtsp.RtspDialogue.receive", broken)
    asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)
    with pytest.raises(ValueError, match="ours"):
        await visit([camera()])
