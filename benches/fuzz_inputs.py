"""Mutated RTSP, SDP, RTP, HTTP and login input, seeded: what `benches/fuzz.py` and a quick test throw at the parsers.

A target is a function that feeds bytes to one parser and asks everything of what comes out: `parse_everything`.
It may return whatever it likes and must not raise; a mutant that makes it raise, hang or grow is a finding.
To add a target, write the function, give it seeds, and put it into `TARGETS`.
"""

import base64
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from tests.protocols import capture, clips
from tests.protocols.packetiser import (
    JpegParts,
    Picture,
    h264_payloads,
    h265_payloads,
    interleaved,
    jpeg_payloads,
    nal_units,
    stream,
)

from lenskeeper.base.codecs import Codec
from lenskeeper.base.secret import Secret
from lenskeeper.protocols import bitstream, sdp
from lenskeeper.protocols.auth import Credential, authorization, read_challenges, strongest
from lenskeeper.protocols.collectors import Reordering, collector
from lenskeeper.protocols.http import HttpDialogue, StillReply
from lenskeeper.protocols.keyunits import KeyUnit
from lenskeeper.protocols.messages import Headers, date_ms
from lenskeeper.protocols.rtp import ReportReader, sender_report
from lenskeeper.protocols.rtsp import Interleaved, RtspDialogue
from lenskeeper.protocols.rtsp_wire import Event, Reply

INPUT_BYTES_MAX: Final = 200_000  # a mutant grows by doubling pieces; beyond this it is cut
URL: Final = "rtsp://192.0.2.1/live"
CREDENTIAL: Final = Credential("admin", Secret("pass"))
H264: Final = sdp.Track("video", 96, Codec.H264, control="t1")
H265: Final = sdp.Track("video", 96, Codec.H265, control="t1")
JPEG: Final = sdp.Track("video", 96, Codec.JPEG, control="t1", width=64, height=48)
WORDS: Final = (
    b"RTSP/1.0 ", b"\r\n\r\n", b"\n", b"$\0\xff\xff", b"$\0\0\0", b"Content-Length: 99999999999\r\n", b"Content-Length: -1\r\n",
    b"CSeq: 1\r\n", b"a=control:", b"m=video 0 RTP/AVP 96\r\n", b'"', b",", b"=", b"\0" * 64, b"\xff" * 64, b"\x1c\x85", b"\x62\x01\x93",
    b"Session: ;timeout=0\r\n", b"WWW-Authenticate: Digest nonce=\r\n", b"Transfer-Encoding: chunked\r\n", b"ffffffff\r\n", b"--cut\r\n",
    b"Content-Type: multipart/x-mixed-replace\r\n", b"\xe6\x91\x84", b"-1", b"4294967296", b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n", b"x" * 2000, b"Content-Length: 70000\r\n", b"\x80\xe0\0\0",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Target:
    """One parser under fire."""

    name: str
    parse_everything: Callable[[bytes], object]
    seeds: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Input:
    """One mutant: call `run` to throw it."""

    target: Target
    data: bytes

    def run(self) -> object:
        """Feed the mutant to its target."""
        return self.target.parse_everything(self.data)


# -- targets


def parse_rtsp(data: bytes) -> list[Event]:
    """A whole session: the first byte chooses how TCP cuts, the rest is what the server says."""
    step = (1460, 65_536, 7, 333)[data[0] % 4 if data else 0]
    talk = RtspDialogue(URL, user_agent="x", credential=CREDENTIAL, cnonce="c")
    track, reports = (H264, H265, JPEG)[data[1] % 3 if len(data) > 1 else 0], ReportReader()
    behind = collector(track)
    assert behind is not None
    talk.options()
    talk.describe()
    talk.setup(track, Interleaved(), on_rtp=behind.packet, on_rtcp=reports.packet)
    talk.play()
    events = []
    for at in range(2, len(data), step):
        for event in talk.receive(data[at : at + step]):
            events.append(event)
            if isinstance(event, Reply):
                _follow(talk, event)
    events += talk.settle()
    for rate in (
        behind.tally.frame_rate(90_000),
        behind.tally.bitrate_bps(90_000),
        behind.tally.key_interval_s(90_000),
    ):
        assert rate is None or rate >= 0
    return events


def _follow(talk: RtspDialogue, reply: Reply) -> None:
    """What a session asks of every reply."""
    date_ms(reply.headers)
    if talk.may_answer(reply):
        talk.answer(reply)
    described = sdp.parse(reply.body)
    for track in described.tracks[:4]:
        request = talk.setup(track, Interleaved())
        assert request.count(b"\r\n\r\n") == 1
    talk.play(described)
    talk.keep_alive()


def parse_sdp(data: bytes) -> sdp.Description:
    """A description, and everything that is derived from it."""
    described = sdp.parse(data)
    talk = RtspDialogue(URL, user_agent="x")
    for track in described.tracks:
        talk.resolve(track.control)
        collector(track)
        assert track.packetization_mode >= 0
        assert track.max_don_diff >= 0
        if track.codec is not None:
            bitstream.facts(track.codec, track.parameter_sets)
    return described


def parse_rtp(data: bytes) -> list[KeyUnit]:
    """Datagrams (each with two bytes of length) through reordering into a collector; the first byte names the codec."""
    behind = collector((H264, H265, JPEG)[data[0] % 3 if data else 0])
    assert behind is not None
    ordered = Reordering(behind)
    found = []
    at = 1
    while at + 2 <= len(data):
        size = data[at] << 8 | data[at + 1]
        packet = data[at + 2 : at + 2 + size]
        found += ordered.packet(packet, 0, len(packet))
        sender_report(packet)
        at += 2 + size
    found += ordered.flush()
    for unit in found:
        assert unit.fingerprint
        bitstream.facts(unit.codec, unit.parameter_sets)
        bitstream.jpeg_facts(unit.data)
    return found


def parse_http(data: bytes) -> list[object]:
    """One still; the first byte chooses how TCP cuts."""
    step = (1460, 65_536, 17, 333)[data[0] % 4 if data else 0]
    talk = HttpDialogue("http://192.0.2.1/still", user_agent="x", credential=CREDENTIAL, cnonce="c")
    talk.get()
    events: list[object] = []
    for at in range(1, len(data), step):
        for event in talk.receive(data[at : at + step]):
            events.append(event)
            if isinstance(event, StillReply) and talk.may_answer(event):
                talk.answer(event)
    return events + list(talk.settle())


def parse_login(data: bytes) -> str:
    """Challenges, one in each line."""
    challenge = strongest(read_challenges(data.decode("latin-1").split("\n")))
    date_ms(Headers((("date", data.decode("latin-1")),)))
    if challenge is None:
        return ""
    return authorization(challenge, CREDENTIAL, method="DESCRIBE", uri=URL, nc=1, cnonce="c")


def parse_bits(data: bytes) -> tuple[object, ...]:
    """Parameter sets, SEI and JPEG headers."""
    return (
        bitstream.h264_sps(data),
        bitstream.h265_sps(data),
        bitstream.jpeg_facts(data),
        bitstream.set_key(Codec.H264, data),
        bitstream.set_key(Codec.H265, data),
        bitstream.h264_sei_recovers(data),
        bitstream.h264_slice_is_intra(data, 0, len(data)),
    )


# -- seeds


def _datagrams(index: int, packets: list[bytes]) -> bytes:
    return bytes([index]) + b"".join(len(packet).to_bytes(2, "big") + packet for packet in packets)


def _streams() -> list[list[bytes]]:
    """A short stream of each codec, small enough that mutations hit headers and not only payload."""
    h264 = clips.clip("libx264", clips.X264, 64, 48, 3)
    h265 = clips.clip("libx265", clips.X265, 64, 64, 3)
    parts = JpegParts(64, 48, 1, bytes(range(1, 129)), 0, bytes(range(256)) * 3)
    return [
        stream(
            [
                Picture(tuple(h264_payloads(nal_units(unit), 300, aggregate=True)), 3600 * i)
                for i, unit in enumerate(h264)
            ]
        ),
        stream(
            [
                Picture(tuple(h265_payloads(nal_units(unit), 300, aggregate=True)), 3600 * i)
                for i, unit in enumerate(h265)
            ]
        ),
        stream([Picture(tuple(jpeg_payloads(parts, 300)), 3600 * i) for i in range(3)]),
    ]


def targets() -> tuple[Target, ...]:
    """Every target with its seeds: the captures and synthetic streams."""
    sessions = [capture.read(name) for name in capture.names()]
    streams = _streams()
    answers = [b"".join(turn.answer[:8000] for turn in session.turns) for session in sessions]
    opening = b"".join(b"RTSP/1.0 200 OK\r\nCSeq: %d\r\n\r\n" % cseq for cseq in range(1, 5))
    opening += b"GET_PARAMETER rtsp://192.0.2.9/ RTSP/1.0\r\nCSeq: 9\r\n\r\n"
    rtsp_seeds = [b"\0\0" + answer for answer in answers]
    rtsp_seeds += [
        bytes([index + 1, index]) + opening + interleaved(packets) for index, packets in enumerate(streams)
    ]
    bodies = [
        answer[answer.index(b"v=0") : answer.index(b"RTSP/1.0", answer.index(b"v=0"))] for answer in answers
    ]
    logins = [
        b"\n".join(line[18:] for line in answer.split(b"\r\n") if line.startswith(b"WWW-Auth"))
        for answer in answers
    ]
    picture = base64.b64encode(bytes(range(256)) * 4)
    stills = [
        b"\0HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(picture)
        + picture,
        b"\1HTTP/1.1 401 No\r\nWWW-Authenticate: Digest realm=a, nonce=b\r\nContent-Length: 0\r\n\r\n",
        b"\2HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n"
        % (len(picture), picture),
        b"\3HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=cut\r\n\r\n"
        + b"--cut\r\nContent-Type: image/jpeg\r\n\r\n%s\r\n" % picture * 2,
    ]
    units = [*clips.clip("libx264", clips.X264, 64, 48, 3), *clips.clip("libx265", clips.X265, 64, 64, 3)]
    nals = [nal[:400] for unit in units for nal in nal_units(unit)]
    return (
        Target("rtsp", parse_rtsp, tuple(rtsp_seeds)),
        Target("sdp", parse_sdp, tuple(bodies)),
        Target("rtp", parse_rtp, tuple(_datagrams(index, packets) for index, packets in enumerate(streams))),
        Target("http", parse_http, tuple(stills)),
        Target("login", parse_login, tuple(login for login in logins if login)),
        Target("bits", parse_bits, tuple(nals)),
    )


# -- mutants


def mutated(data: bytes, chance: random.Random, others: tuple[bytes, ...]) -> bytes:
    """`data` after one to six small accidents."""
    out = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(out) + 1)
        size = min(1 << chance.randrange(10), len(out) - at)
        match chance.randrange(9):
            case 0 if out:
                out[at % len(out)] ^= 1 << chance.randrange(8)
            case 1 if out:
                out[at % len(out)] = chance.choice((0, 1, 0x0A, 0x20, 0x24, 0x7F, 0x80, 0xFF))
            case 2:
                del out[at : at + size]
            case 3:
                out[at:at] = out[at : at + size] * chance.randint(1, 8)
            case 4:
                out[at:at] = chance.choice(WORDS)
            case 5:
                out[at:at] = chance.randbytes(chance.randint(1, 40))
            case 6:
                del out[at:]
            case 7:
                other = chance.choice(others)
                begin = chance.randrange(len(other) + 1)
                out[at : at + size] = other[begin : begin + max(size, 16)]
            case _:
                begin = chance.randrange(len(out) + 1)
                out[at : at + size], out[begin : begin + size] = (
                    out[begin : begin + size],
                    out[at : at + size],
                )
    return bytes(out[:INPUT_BYTES_MAX])


def inputs(n: int, seed: int) -> Iterator[Input]:
    """`n` mutants, the targets in turn; the same for the same seed."""
    chance = random.Random(seed)
    all_targets = targets()
    for index in range(n):
        target = all_targets[index % len(all_targets)]
        yield Input(target, mutated(chance.choice(target.seeds), chance, target.seeds))
