"""Packets and streams: nothing is lost between coded pictures and the wire, unless a trouble says so."""

import contextlib
import struct
from dataclasses import replace
from itertools import pairwise

import av
import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.probing.simulator_kit import SMALL

from lenskeeper.base.codecs import Codec
from lenskeeper.probing.simulator import packets
from lenskeeper.probing.simulator.clips import Clip, ClipSpec, encode, is_set
from lenskeeper.probing.simulator.streams import Stream
from lenskeeper.probing.simulator.troubles import Trouble

sizes = st.lists(st.integers(3, 4_000), min_size=1, max_size=8)


def nals_of(sizes_: list[int], head: bytes) -> list[bytes]:
    return [head + bytes((i * 37 + n) % 251 + 1 for i in range(size)) for n, size in enumerate(sizes_)]


def is_start(p: bytes) -> bool:
    """Whether a payload is the first fragment of a unit, H.264 or H.265."""
    return (p[0] & 0x1F == 28 and p[1] & 0x80 != 0) or (p[0] >> 1 & 0x3F == 49 and p[2] & 0x80 != 0)


def joined_h264(payloads: list[bytes]) -> list[bytes]:
    """RFC 6184 read backwards, as plainly as can be."""
    out: list[bytes] = []
    ends: list[bool] = []
    for p in payloads:
        kind = p[0] & 0x1F
        if kind == 24:
            at = 1
            while at < len(p):
                (size,) = struct.unpack(">H", p[at : at + 2])
                out.append(p[at + 2 : at + 2 + size])
                at += 2 + size
        elif kind == 28:
            if p[1] & 0x80:
                out.append(bytes([p[0] & 0xE0 | p[1] & 0x1F]))
            out[-1] += p[2:]
            ends.append(bool(p[1] & 0x40))
            assert not (p[1] & 0x80 and p[1] & 0x40)
        else:
            out.append(p)
    assert sum(ends) == sum(is_start(p) for p in payloads)  # each fragmented unit has one start and one end
    return out


def joined_h265(payloads: list[bytes]) -> list[bytes]:
    """RFC 7798 read backwards."""
    out: list[bytes] = []
    ends: list[bool] = []
    for p in payloads:
        kind = p[0] >> 1 & 0x3F
        if kind == 48:
            at = 2
            while at < len(p):
                (size,) = struct.unpack(">H", p[at : at + 2])
                out.append(p[at + 2 : at + 2 + size])
                at += 2 + size
        elif kind == 49:
            if p[2] & 0x80:
                out.append(bytes([p[0] & 0x81 | (p[2] & 0x3F) << 1, p[1]]))
            out[-1] += p[3:]
            ends.append(bool(p[2] & 0x40))
        else:
            out.append(p)
    assert sum(ends) == sum(is_start(p) for p in payloads)  # each fragmented unit has one start and one end
    return out


@given(sizes, st.integers(100, 1_500))
def test_h264_units_survive_their_packets(lengths: list[int], most: int) -> None:
    nals = nals_of(lengths, b"\x65")
    payloads = packets.h264_payloads(nals, most)
    assert joined_h264(payloads) == nals
    assert max(map(len, payloads)) <= most


@given(sizes, st.integers(100, 1_500))
def test_h265_units_survive_their_packets(lengths: list[int], most: int) -> None:
    nals = nals_of(lengths, b"\x26\x01")
    payloads = packets.h265_payloads(nals, most)
    assert joined_h265(payloads) == nals
    assert max(map(len, payloads)) <= most


@given(sizes)
def test_start_codes_part_what_they_joined(lengths: list[int]) -> None:
    nals = nals_of(lengths, b"\x65")
    assert packets.nal_units(b"".join(packets.START_CODE + n for n in nals)) == nals


@settings(max_examples=20)
@given(st.integers(2, 24), st.integers(2, 24), st.integers(30, 95))
def test_jpeg_packets_carry_the_whole_scan_and_its_tables(wide: int, high: int, quality: int) -> None:
    picture = np.random.default_rng(wide * high).integers(0, 255, (high * 8, wide * 8, 3), np.uint8)
    jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
    payloads = packets.jpeg_payloads(jpeg)
    scan = bytearray()
    for n, p in enumerate(payloads):
        offset, _kind, q, w8, h8 = struct.unpack(">IBBBB", p[:8])
        assert (offset & 0xFFFFFF, q, w8, h8) == (len(scan), 255, wide, high)
        head = 8
        if n == 0:
            (length,) = struct.unpack(">H", p[10:12])
            assert length == 128
            assert p[12 : 12 + 64] in jpeg
            head = 12 + length
        scan += p[head:]
    assert bytes(scan) + b"\xff\xd9" == jpeg[-len(scan) - 2 :]


def test_a_jpeg_that_rfc_2435_cannot_carry_is_refused() -> None:
    jpeg = cv2.imencode(".jpg", np.zeros((12, 12, 3), np.uint8))[1].tobytes()
    with pytest.raises(ValueError, match="12 x 12"):
        packets.jpeg_payloads(jpeg)


# ---------------------------------------------------------------- streams


def clip_of(codec: Codec = Codec.H264, slices: int = 1) -> Clip:
    return encode(replace(SMALL, codec=codec, slices=slices))


def stream(trouble: Trouble | None = None, codec: Codec = Codec.H264) -> Stream:
    return Stream(clip_of(codec), trouble, ssrc=7)


def seq(packet: bytes) -> int:
    (n,) = struct.unpack(">H", packet[2:4])
    return int(n)


def is_marked(packet: bytes) -> bool:
    return packet[1] >= 0x80


@pytest.mark.parametrize("codec", [Codec.H264, Codec.H265, Codec.JPEG])
def test_numbers_and_times_go_on_when_the_clip_begins_anew(codec: Codec) -> None:
    s = stream(codec=codec)
    run = [s.wire(f) for f in range(s.frames * 3 + 2)]
    flat = [p for unit in run for p in unit]
    assert all((seq(b) - seq(a)) & 0xFFFF == 1 for a, b in pairwise(flat))
    times = [struct.unpack(">I", unit[0][4:8])[0] for unit in run]
    assert {(b - a) & 0xFFFF_FFFF for a, b in pairwise(times)} == {3_600}
    assert [sum(map(is_marked, unit)) for unit in run] == [1] * len(run)
    assert all(is_marked(unit[-1]) for unit in run)
    assert seq(run[5][0]) == s.seq(5)


def test_the_framed_run_is_the_packets_with_their_lengths() -> None:
    s = stream()
    for f in (0, 1, s.frames + 3):
        assert s.interleaved(f, 4) == b"".join(b"$\x04" + struct.pack(">H", len(p)) + p for p in s.wire(f))
    assert s.interleaved(3, 0) is s.interleaved(3, 0)  # all who stand there get the same object


def test_the_memory_of_a_stream_has_an_end() -> None:
    s = stream()
    for f in range(1_000):
        s.interleaved(f, 0)
    assert len(s._framed) <= s.frames + 64


def test_a_clip_keeps_its_pictures_apart_and_begins_each_gop_with_a_key() -> None:
    for codec in (Codec.H264, Codec.H265):
        clip = clip_of(codec)
        keys = [u for u in clip.units if u.key]
        assert [u.key for u in clip.units] == [i % SMALL.gop == 0 for i in range(SMALL.frames)]
        assert len({u.parts for u in keys}) == len(keys)
        assert all(tuple(p for p in u.parts if is_set(p, codec)) == clip.sets for u in keys)
        assert len(clip.sets) == (2 if codec is Codec.H264 else 3)


def test_each_trouble_of_the_stream_is_what_its_name_says() -> None:
    well = stream()
    all_f = range(well.frames * 2)
    assert all(not stream(Trouble.NO_KEYFRAME).wire(f) for f in all_f if f % 5 == 0)
    assert all(stream(Trouble.NO_KEYFRAME).wire(f) for f in all_f if f % 5)
    assert not any(stream(Trouble.NO_PACKETS).wire(f) for f in all_f)
    assert not any(is_marked(p) for f in all_f for p in stream(Trouble.NO_MARKER).wire(f))
    assert all(is_marked(p) for f in all_f for p in stream(Trouble.ALL_MARKERS).wire(f))
    gaps = stream(Trouble.GAPS)
    assert len(gaps.wire(0)) == len(well.wire(0)) - 1
    assert gaps.seq(1) == well.seq(1)
    assert gaps.wire(5) == well.wire(5)
    bare = stream(Trouble.SETS_IN_SDP_ONLY).wire(0)
    assert sum(map(len, bare)) < sum(map(len, well.wire(0)))
    assert not any(p[12] & 0x1F in (7, 8, 24) for p in bare)
    broken = stream(Trouble.UNDECODABLE)
    assert [len(p) for p in broken.wire(0)] == [len(p) for p in well.wire(0)]
    assert broken.wire(0)[-1] != well.wire(0)[-1]


@pytest.mark.parametrize(("codec", "name"), [(Codec.H264, "h264"), (Codec.H265, "hevc")])
@pytest.mark.parametrize("trouble", [None, Trouble.UNDECODABLE])
def test_no_decoder_makes_a_picture_of_what_is_called_undecodable(
    codec: Codec, name: str, trouble: Trouble | None
) -> None:
    s, pictures = stream(trouble, codec), 0
    joined = joined_h264 if codec is Codec.H264 else joined_h265
    for f in range(0, s.frames, SMALL.gop):
        decoder = av.CodecContext.create(name, "r")
        assert isinstance(decoder, av.VideoCodecContext)
        nals = joined([p[12:] for p in s.wire(f)])
        with contextlib.suppress(av.error.InvalidDataError):
            pictures += len(decoder.decode(av.Packet(b"".join(packets.START_CODE + n for n in nals))))
            pictures += len(decoder.decode(None))
    assert pictures == (0 if trouble else SMALL.gops)


def test_a_smart_codec_sends_a_key_frame_a_minute() -> None:
    s = stream(Trouble.LONG_GOP)
    sent = [f for f in range(25 * 130) if f % 5 == 0 and s.wire(f)]
    assert sent == [0, 1_500, 3_000]


def test_a_giant_unit_has_a_start_and_no_end() -> None:
    for codec in (Codec.H264, Codec.H265):
        s = stream(Trouble.GIANT_UNIT, codec)
        run = [p for f in range(4) for p in s.wire(f)]
        assert len({p[4:8] for p in run}) == 1
        flags = [p[13] if codec is Codec.H264 else p[14] for p in run]
        assert [bool(f & 0x80) for f in flags[:2]] == [True, False]
        assert not any(f & 0x40 for f in flags)
        assert not any(map(is_marked, run))
        assert all((seq(b) - seq(a)) & 0xFFFF == 1 for a, b in pairwise(run))


def test_several_slices_are_several_nal_units() -> None:
    one, four = clip_of().units[0], clip_of(slices=4).units[0]
    assert sum(n[0] & 0x1F == 5 for n in one.parts) == 1
    assert sum(n[0] & 0x1F == 5 for n in four.parts) == 4


def test_the_rate_asked_for_is_the_rate_that_comes() -> None:
    clip = encode(
        ClipSpec(film=replace(SMALL.film, size=(320, 192)), fps=25, gop=25, gops=4, bitrate_kbps=300)
    )
    assert 200 < clip.mean_kbps < 400
