"""What the simulated cameras say and do, read byte by byte: each trouble must be the trouble it is named after."""

import asyncio
import base64
import hashlib
import re
import socket
import struct
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.probing.simulator_kit import REAL_CLOCK, SMALL, Talk, talk

from lenskeeper.base.codecs import Codec
from lenskeeper.base.errors import Invalid
from lenskeeper.probing.simulator import running as running_module
from lenskeeper.probing.simulator.cameras import Route, SimulatedCamera, Start
from lenskeeper.probing.simulator.clips import ClipSpec
from lenskeeper.probing.simulator.faults import PictureFault
from lenskeeper.probing.simulator.films import Film
from lenskeeper.probing.simulator.fleet import FleetPlan, account, address_of, ill
from lenskeeper.probing.simulator.logins import Scheme
from lenskeeper.probing.simulator.running import RunningFleet, running
from lenskeeper.probing.simulator.site import Limits
from lenskeeper.probing.simulator.troubles import Trouble

WELL = SimulatedCamera("127.16.0.1", clip=SMALL, start=Start.AT_KEY)


def fleet_of(
    *cameras: SimulatedCamera, limits: Limits | None = None
) -> AbstractAsyncContextManager[RunningFleet]:
    return running(FleetPlan(cameras), REAL_CLOCK, limits=limits)


def in_trouble(trouble: Trouble) -> SimulatedCamera:
    return ill(WELL, trouble)


def kind_of(packet: bytes) -> int:
    """The H.264 NAL type that a packet begins with; of a fragment, that of the whole."""
    kind = packet[12] & 0x1F
    if kind == 28:
        return packet[13] & 0x1F
    return packet[15] & 0x1F if kind == 24 else kind


async def answered(talk_: Talk, method: str = "DESCRIBE") -> int:
    reply = await talk_.ask(method, Accept="application/sdp")
    return reply.status


# ---------------------------------------------------------------- a camera that is well


async def test_a_visit_from_options_to_teardown_is_counted_and_polite() -> None:
    async with fleet_of(WELL) as fleet:
        async with talk(fleet.targets()[0]) as t:
            assert "DESCRIBE" in (await t.ask("OPTIONS")).headers["public"]
            sdp = (await t.ask("DESCRIBE")).body.decode()
            assert "m=video 0 RTP/AVP 96" in sdp
            assert "sprop-parameter-sets=" in sdp
            played = await t.play()
            packets = await t.video(8)
            seq, stamp = struct.unpack(">HI", packets[0][2:8])
            assert f"seq={seq};rtptime={stamp}" in played.headers["rtp-info"]
            assert kind_of(packets[0]) == 7  # a key frame comes first, with its parameter sets
            assert (await t.ask("GET_PARAMETER")).status == 200
            assert (await t.ask("TEARDOWN")).status == 200
        visits = fleet.ledger[WELL.address]
        assert (visits.connections, visits.plays, visits.teardowns, visits.abandoned) == (1, 1, 1, 0)
        assert visits.methods == {
            "OPTIONS": 1,
            "DESCRIBE": 1,
            "SETUP": 1,
            "PLAY": 1,
            "GET_PARAMETER": 1,
            "TEARDOWN": 1,
        }


async def test_a_viewer_who_just_leaves_is_counted_as_impolite() -> None:
    async with fleet_of(WELL) as fleet:
        async with talk(fleet.targets()[0]) as t:
            await t.play()
            await t.video(1)
        for _ in range(100):
            if fleet.ledger[WELL.address].abandoned:
                break
            await asyncio.sleep(0.01)
        assert (fleet.ledger[WELL.address].abandoned, fleet.ledger[WELL.address].open_now) == (1, 0)


async def test_packets_are_numbered_without_a_gap_and_paced_in_real_time() -> None:
    async with fleet_of(WELL) as fleet, talk(fleet.targets()[0]) as t:
        await t.play()
        clock = asyncio.get_running_loop()
        began_s = clock.time()
        packets = []
        while clock.time() - began_s < 1.0:
            packets += await t.video(1)
        numbers = [struct.unpack(">H", p[2:4])[0] for p in packets]
        assert all((b - a) & 0xFFFF == 1 for a, b in pairwise(numbers))
        pictures = len({p[4:8] for p in packets})
        assert 20 <= pictures <= 30  # 25 a second; the loop of 15 has begun anew once


async def test_live_cameras_start_anywhere_in_their_gop() -> None:
    cameras = [replace(WELL, address=address_of(i), start=Start.LIVE) for i in range(40)]
    async with fleet_of(*cameras) as fleet:

        async def first(url: str) -> bytes:
            async with talk(url) as t:
                await t.play()
                return (await t.video(1))[0]

        packets = await asyncio.gather(*(first(u) for u in fleet.targets()))
    assert 1 <= sum(kind_of(p) == 7 for p in packets) <= 20  # one in five is expected
    assert (
        len({p[4:8] for p in packets}) >= 8
    )  # they look at one moment and stand all over the 15 pictures of the clip


async def test_sender_reports_tell_the_cameras_clock() -> None:
    camera = replace(WELL, clock_offset_ms=90_000)
    async with fleet_of(camera) as fleet, talk(fleet.targets()[0]) as t:
        await t.play()
        while (await t.frame())[0] != 1:
            pass
        t2 = fleet.ledger[camera.address]
        assert t2.plays == 1
    async with fleet_of(camera) as fleet, talk(fleet.targets()[0]) as t:
        await t.play()
        channel, report = await t.frame()
        while channel != 1:
            channel, report = await t.frame()
        seconds, stamp = struct.unpack(">I4xI", report[8:20])
        assert report[1] == 200
        assert abs(seconds - 2_208_988_800 - 90 - REAL_CLOCK.now_ms() / 1000) < 2
        assert stamp


async def test_udp_comes_from_the_cameras_own_address() -> None:
    async with fleet_of(WELL) as fleet, talk(fleet.targets()[0]) as t:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(5)
            sock.bind(("127.0.0.1", 0))
            port = sock.getsockname()[1]
            wanted = f"RTP/AVP;unicast;client_port={port}-{port + 1}"
            setup = await t.ask("SETUP", f"{t.base}/trackID=1", Transport=wanted)
            t.session = setup.headers["session"].partition(";")[0]
            await t.ask("PLAY")
            packet, source = await asyncio.to_thread(sock.recvfrom, 2048)
        server = re.search(r"server_port=(\d+)", setup.headers["transport"])
    assert server
    assert source == (WELL.address, int(server[1]))
    assert packet[1] & 0x7F == 96


# ---------------------------------------------------------------- nobody else can come in


def listening(port: int) -> list[str]:
    """The local addresses, as /proc/net/tcp has them, on which anybody listens at a port."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return [r[1] for r in rows if r[3] == "0A" and int(r[1].split(":")[1], 16) == port]


async def test_a_wide_listener_is_bound_to_the_loopback_device() -> None:
    async with fleet_of(WELL) as fleet:
        if fleet.listening != "lo":
            assert fleet.listening == "addresses"  # each of them loopback, see the test of the fallback
            return
        held = running_module._bound_to_lo(0)
        assert held is not None
        with held:
            assert held.getsockopt(socket.SOL_SOCKET, running_module.BIND_TO_DEVICE, 16).startswith(b"lo\0")
        assert listening(fleet.ports.rtsp) == [f"00000000:{fleet.ports.rtsp:04X}"]


async def test_without_binding_to_a_device_each_camera_has_a_socket_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(running_module, "_bound_to_lo", lambda _port: None)
    cameras = [replace(WELL, address=address_of(i)) for i in range(3)]
    async with fleet_of(*cameras, replace(in_trouble(Trouble.DOWN), address=address_of(9))) as fleet:
        assert fleet.listening == "addresses"
        assert len(listening(fleet.ports.rtsp)) == 3
        async with talk(fleet.targets()[2]) as t:
            assert await answered(t) == 200
        with pytest.raises(ConnectionRefusedError):
            async with talk(fleet.targets()[3]):
                pass
    many = tuple(replace(WELL, address=address_of(i)) for i in range(1_001))
    with pytest.raises(Invalid, match="at most 1000"):
        async with running(FleetPlan(many), REAL_CLOCK):
            pass


# ---------------------------------------------------------------- troubles of the connection


async def test_what_is_down_refuses() -> None:
    async with fleet_of(in_trouble(Trouble.DOWN)) as fleet:
        with pytest.raises(ConnectionRefusedError):
            async with talk(fleet.targets()[0]):
                pass


async def test_where_no_camera_lives_or_lives_no_longer_the_connection_is_reset() -> None:
    async with fleet_of(WELL) as fleet:
        if fleet.listening != "lo":
            assert fleet.listening == "addresses"  # then nobody listens there at all: the kernel refuses
            return
        fleet.put(in_trouble(Trouble.DOWN))
        for address in (WELL.address, "127.99.0.1"):
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                async with talk(f"rtsp://{address}:{fleet.ports.rtsp}/live/main") as t:
                    await t.ask("OPTIONS")
        assert fleet.ledger.total().connections == 0


async def test_half_open_takes_the_call_and_says_nothing() -> None:
    async with fleet_of(in_trouble(Trouble.HALF_OPEN)) as fleet, talk(fleet.targets()[0]) as t:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(t.ask("OPTIONS"), 0.4)
        assert fleet.ledger[WELL.address].connections == 1


async def test_dribble_gives_a_byte_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lenskeeper.probing.simulator.conversations.DRIBBLE_S", 0.1)
    async with fleet_of(in_trouble(Trouble.DRIBBLE)) as fleet, talk(fleet.targets()[0]) as t:
        t.writer.write(b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n")
        await asyncio.sleep(0.25)
        assert await t.reader.read(100) == b"RT"


async def test_slow_answers_late() -> None:
    async with (
        fleet_of(replace(in_trouble(Trouble.SLOW), delay_s=0.4)) as fleet,
        talk(fleet.targets()[0]) as t,
    ):
        began_s = asyncio.get_running_loop().time()
        assert await answered(t, "OPTIONS") == 200
        assert asyncio.get_running_loop().time() - began_s >= 0.39


async def test_garbage_is_no_rtsp() -> None:
    async with fleet_of(in_trouble(Trouble.GARBAGE)) as fleet, talk(fleet.targets()[0]) as t:
        t.writer.write(b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n")
        said = await t.reader.readexactly(400)
        assert b"RTSP/1.0" not in said


async def test_an_endless_header_goes_on() -> None:
    async with fleet_of(in_trouble(Trouble.ENDLESS_HEADER)) as fleet, talk(fleet.targets()[0]) as t:
        t.writer.write(b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n")
        said = await asyncio.wait_for(t.reader.readexactly(200_000), 5)
        assert said.startswith(b"RTSP/1.0 200 OK\r\n")
        assert b"\r\n\r\n" not in said


async def test_a_connection_has_an_end() -> None:
    async with fleet_of(WELL, limits=Limits(connection_s=0.3)) as fleet, talk(fleet.targets()[0]) as t:
        with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
            await asyncio.wait_for(t.reader.readexactly(1), 3)


async def test_a_reader_that_sleeps_costs_pictures_and_not_memory() -> None:
    clip = replace(SMALL, codec=Codec.JPEG, film=Film(size=(640, 360)), gop=2, gops=2, fps=60.0)
    limits = Limits(unsent_bytes=100_000)
    async with fleet_of(replace(WELL, clip=clip), limits=limits) as fleet:
        with socket.socket() as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sock.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(sock, (WELL.address, fleet.ports.rtsp))
            base = fleet.targets()[0]
            setup = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1"
            await loop.sock_sendall(
                sock, f"SETUP {base}/trackID=1 RTSP/1.0\r\nCSeq: 1\r\n{setup}\r\n\r\n".encode()
            )
            reply = await loop.sock_recv(sock, 4096)
            session = re.search(rb"Session: (\w+)", reply)
            assert session
            await loop.sock_sendall(
                sock, f"PLAY {base} RTSP/1.0\r\nCSeq: 2\r\nSession: {session[1].decode()}\r\n\r\n".encode()
            )
            for _ in range(100):
                await asyncio.sleep(0.1)
                if fleet.ledger[WELL.address].pictures_skipped:
                    break
        assert fleet.ledger[WELL.address].pictures_skipped > 0


async def test_what_is_no_request_is_refused_and_counted() -> None:
    async with fleet_of(WELL) as fleet:
        for rubbish in (
            b"hello\r\n\r\n",
            b"A" * 20_000,
            b"DESCRIBE x RTSP/1.0\r\nContent-Length: -3\r\n\r\n",
        ):
            async with talk(fleet.targets()[0]) as t:
                t.writer.write(rubbish)
                assert (await t.reader.read(100)).startswith(b"RTSP/1.0 400 ")
        assert fleet.ledger[WELL.address].malformed == 3


# ---------------------------------------------------------------- troubles of the replies


@pytest.mark.parametrize(
    ("trouble", "status"),
    [
        (Trouble.NOT_FOUND, 404),
        (Trouble.REDIRECT, 302),
        (Trouble.OVERLOADED, 503),
        (Trouble.WANTS_USER_AGENT, 403),
        (Trouble.WRONG_PASSWORD, 401),
    ],
)
async def test_describe_is_answered_with_the_status_of_the_trouble(trouble: Trouble, status: int) -> None:
    async with fleet_of(in_trouble(trouble)) as fleet, talk(fleet.targets()[0]) as t:
        reply = await t.ask("DESCRIBE")
        assert reply.status == status
        if trouble is Trouble.REDIRECT:
            assert WELL.address not in reply.headers["location"]
        if trouble is Trouble.WANTS_USER_AGENT:
            assert (await t.ask("DESCRIBE", User_Agent="test")).status == 200


async def test_setup_is_refused_by_who_is_busy_or_speaks_udp_only() -> None:
    tcp = "RTP/AVP/TCP;unicast;interleaved=0-1"
    for trouble, status in ((Trouble.BUSY, 453), (Trouble.UDP_ONLY, 461)):
        async with fleet_of(in_trouble(trouble)) as fleet, talk(fleet.targets()[0]) as t:
            assert (await t.ask("SETUP", f"{t.base}/trackID=1", Transport=tcp)).status == status
    async with fleet_of(in_trouble(Trouble.UDP_ONLY)) as fleet, talk(fleet.targets()[0]) as t:
        udp = "RTP/AVP;unicast;client_port=40000-40001"
        assert (await t.ask("SETUP", f"{t.base}/trackID=1", Transport=udp)).status == 200
        assert (await t.ask("SETUP", f"{t.base}/trackID=1", Transport="RTP/AVP;multicast")).status == 461


async def test_who_hangs_up_does_so_behind_the_description() -> None:
    async with fleet_of(in_trouble(Trouble.HANGS_UP)) as fleet, talk(fleet.targets()[0]) as t:
        assert (await t.ask("DESCRIBE")).body.startswith(b"v=0")
        assert await t.reader.read() == b""


async def test_bare_lf_is_bare() -> None:
    async with fleet_of(in_trouble(Trouble.BARE_LF)) as fleet, talk(fleet.targets()[0]) as t:
        t.writer.write(f"DESCRIBE {t.base} RTSP/1.0\r\nCSeq: 1\r\n\r\n".encode())
        said = await t.reader.readuntil(b"trackID=1\n")
        assert b"\r" not in said


async def test_a_short_session_ends_without_keep_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lenskeeper.probing.simulator.rtsp_server.SHORT_TIMEOUT_S", 0.4)
    async with fleet_of(in_trouble(Trouble.SHORT_SESSION)) as fleet, talk(fleet.targets()[0]) as t:
        await t.play()
        for _ in range(3):
            await asyncio.sleep(0.25)
            assert (await t.ask("GET_PARAMETER")).status == 200
        with pytest.raises(asyncio.IncompleteReadError):
            await asyncio.wait_for(t.video(100_000), 3)


# ---------------------------------------------------------------- logins


def digest(reply_header: str, *, method: str, uri: str, password: str, user: str = "operator") -> str:
    """An Authorization header, made here from RFC 7616 and from nothing of ours."""
    given = dict(re.findall(r'(\w+)="?([^",]+)"?', reply_header))
    made = hashlib.sha256 if given.get("algorithm") == "SHA-256" else hashlib.md5

    def h(text: str) -> str:
        return made(text.encode()).hexdigest()

    first, last = h(f"{user}:{given['realm']}:{password}"), h(f"{method}:{uri}")
    if "qop" in given:
        response = h(f"{first}:{given['nonce']}:00000001:abc:auth:{last}")
        extra = ', qop=auth, nc=00000001, cnonce="abc"'
    else:
        response, extra = h(f"{first}:{given['nonce']}:{last}"), ""
    algorithm = f", algorithm={given['algorithm']}" if "algorithm" in given else ""
    return f'Digest username="{user}", realm="{given["realm"]}", nonce="{given["nonce"]}", uri="{uri}", response="{response}"{algorithm}{extra}'


@pytest.mark.parametrize("scheme", [Scheme.MD5, Scheme.MD5_PLAIN, Scheme.SHA256])
async def test_a_right_digest_is_let_in_and_a_wrong_one_refused(scheme: Scheme) -> None:
    login = account(scheme)
    password = login.password.reveal()
    async with fleet_of(replace(WELL, login=login)) as fleet, talk(fleet.targets()[0]) as t:
        asked = (await t.ask("DESCRIBE")).headers["www-authenticate"]
        wrong = digest(asked, method="DESCRIBE", uri=t.base, password="guess")
        assert (await t.ask("DESCRIBE", Authorization=wrong)).status == 401
        right = digest(asked, method="DESCRIBE", uri=t.base, password=password)
        elsewhere = right.replace(f'uri="{t.base}"', f'uri="{t.base}/"')
        assert (await t.ask("DESCRIBE", Authorization=elsewhere)).status == 401
        assert (await t.ask("DESCRIBE", Authorization=right)).status == 200
        visits = fleet.ledger[WELL.address]
        assert (visits.logins, visits.refused) == (3, 2)


async def test_basic_is_let_in_where_it_is_asked_for_and_only_there() -> None:
    token = base64.b64encode(b"operator:harbour-lamp-7").decode()
    for scheme, status in ((Scheme.BASIC, 200), (Scheme.SEVERAL, 200), (Scheme.MD5, 401)):
        async with fleet_of(replace(WELL, login=account(scheme))) as fleet, talk(fleet.targets()[0]) as t:
            assert (await t.ask("DESCRIBE", Authorization=f"Basic {token}")).status == status


async def test_a_stale_nonce_is_asked_for_again_once() -> None:
    async with fleet_of(in_trouble(Trouble.STALE_ONCE)) as fleet, talk(fleet.targets()[0]) as t:
        password = account().password.reveal()
        asked = (await t.ask("DESCRIBE")).headers["www-authenticate"]
        first = digest(asked, method="DESCRIBE", uri=t.base, password=password)
        again = await t.ask("DESCRIBE", Authorization=first)
        assert again.status == 401
        assert "stale=true" in again.headers["www-authenticate"]
        second = digest(again.headers["www-authenticate"], method="DESCRIBE", uri=t.base, password=password)
        assert (await t.ask("DESCRIBE", Authorization=second)).status == 200
        assert fleet.ledger[WELL.address].refused == 0


# ---------------------------------------------------------------- lies in the description


@pytest.mark.parametrize(
    ("trouble", "said", "not_said"),
    [
        (Trouble.NO_VIDEO, b"m=audio", b"m=video"),
        (Trouble.WRONG_CONTROL, b"a=control:trackID=77", b"a=control:trackID=1\r\n"),
        (Trouble.ABSOLUTE_CONTROL, b"a=control:rtsp://127.16.0.1:", b"a=control:trackID=1\r\n"),
        (Trouble.WRONG_RTPMAP, b"H264/8000", b"H264/90000"),
        (Trouble.WRONG_SPROP, b"sprop-parameter-sets=Z0LAH9oBQBbo", b"\n\n"),
        (Trouble.SETS_IN_BAND_ONLY, b"packetization-mode=1", b"sprop"),
    ],
)
async def test_the_description_lies_as_it_was_told(trouble: Trouble, said: bytes, not_said: bytes) -> None:
    async with fleet_of(in_trouble(trouble)) as fleet, talk(fleet.targets()[0]) as t:
        sdp = (await t.ask("DESCRIBE")).body
        assert said in sdp
        assert not_said not in sdp


async def test_sound_first_and_a_length_that_is_too_short() -> None:
    async with fleet_of(in_trouble(Trouble.AUDIO_FIRST)) as fleet, talk(fleet.targets()[0]) as t:
        sdp = (await t.ask("DESCRIBE")).body
        assert 0 < sdp.index(b"m=audio") < sdp.index(b"m=video")
    async with fleet_of(in_trouble(Trouble.WRONG_LENGTH)) as fleet, talk(fleet.targets()[0]) as t:
        await t.ask("DESCRIBE")
        assert await t.reader.readexactly(20) == b"5\r\na=control:trackID=1\r\n"[-20:]


async def test_a_wrong_control_is_not_found_by_setup() -> None:
    async with fleet_of(in_trouble(Trouble.WRONG_CONTROL)) as fleet, talk(fleet.targets()[0]) as t:
        tcp = "RTP/AVP/TCP;unicast;interleaved=0-1"
        assert (await t.ask("SETUP", f"{t.base}/trackID=77", Transport=tcp)).status == 404


# ---------------------------------------------------------------- troubles on the wire


async def test_no_packets_means_silence_after_play() -> None:
    async with fleet_of(in_trouble(Trouble.NO_PACKETS)) as fleet, talk(fleet.targets()[0]) as t:
        assert (await t.play()).status == 200
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(t.frame(), 0.4)


async def test_rtp_may_come_before_the_reply_to_play() -> None:
    async with fleet_of(in_trouble(Trouble.RTP_BEFORE_REPLY)) as fleet, talk(fleet.targets()[0]) as t:
        await t.play()
        assert len(t.frames) > 1


async def test_junk_stands_between_frames() -> None:
    async with fleet_of(in_trouble(Trouble.JUNK)) as fleet, talk(fleet.targets()[0]) as t:
        await t.play()
        with pytest.raises(AssertionError):  # a reader that trusts the framing falls over it
            await t.video(40)


# ---------------------------------------------------------------- stills


async def get(url: str, path: str, *headers: str) -> tuple[bytes, bytes]:
    host, port = urlsplit(url).netloc.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write("\r\n".join([f"GET {path} HTTP/1.1", f"Host: {host}", *headers, "", ""]).encode())
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"Content-Length: (\d+)", head)
    body = await reader.readexactly(int(length[1])) if length else await reader.read(4000)
    writer.close()
    return head, body


STILL = SimulatedCamera(
    "127.16.0.2",
    path="/still.jpg",
    route=Route.HTTP,
    clip=ClipSpec(film=Film(size=(160, 96)), codec=Codec.JPEG, fps=25, gop=5, gops=2),
    clock_offset_ms=-3_600_000,
)


async def test_a_still_is_a_jpeg_with_the_cameras_date() -> None:
    async with fleet_of(STILL) as fleet:
        head, body = await get(fleet.targets()[0], "/still.jpg")
        assert head.startswith(b"HTTP/1.1 200 OK\r\n")
        assert body[:2] == b"\xff\xd8"
        assert body[-2:] == b"\xff\xd9"
        assert b"\r\nDate: " in head
        assert (await get(fleet.targets()[0], "/other.jpg"))[0].startswith(b"HTTP/1.1 404 ")


@pytest.mark.parametrize(
    ("trouble", "status"), [(Trouble.REDIRECT, 302), (Trouble.BUSY, 503), (Trouble.WRONG_PASSWORD, 401)]
)
async def test_stills_have_their_troubles_too(trouble: Trouble, status: int) -> None:
    async with fleet_of(ill(STILL, trouble)) as fleet:
        head, _ = await get(fleet.targets()[0], "/still.jpg")
        assert head.startswith(f"HTTP/1.1 {status} ".encode())


# ---------------------------------------------------------------- change


async def test_a_camera_can_fall_ill_while_it_runs() -> None:
    async with fleet_of(WELL) as fleet:
        async with talk(fleet.targets()[0]) as t:
            assert await answered(t) == 200
        fleet.put(in_trouble(Trouble.NOT_FOUND))
        async with talk(fleet.targets()[0]) as t:
            assert await answered(t) == 404


async def test_a_fault_may_begin_later() -> None:
    film = replace(SMALL.film, fault=PictureFault.BLACK)
    camera = replace(WELL, clip=replace(SMALL, film=film), trouble=Trouble.NOT_FOUND, well_for_s=0.5)
    async with fleet_of(camera) as fleet:
        async with talk(fleet.targets()[0]) as t:
            assert await answered(t) == 200
        await asyncio.sleep(0.6)
        async with talk(fleet.targets()[0]) as t:
            assert await answered(t) == 404


async def test_two_paths_of_one_address_are_two_channels_of_a_recorder() -> None:
    second = replace(ill(WELL, Trouble.BUSY), path="/live/2")
    async with fleet_of(WELL, second) as fleet:
        for url, status in zip(fleet.targets(), (200, 453), strict=True):
            async with talk(url) as t:
                tcp = "RTP/AVP/TCP;unicast;interleaved=0-1"
                assert (await t.ask("SETUP", f"{t.base}/trackID=1", Transport=tcp)).status == status
