"""What parameter sets say: held against the encoder that wrote them, and hostile ones end quickly."""

import time

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.protocols import clips
from tests.protocols.packetiser import nal_units

from lenskeeper.base.codecs import Codec
from lenskeeper.protocols.bitstream import (
    PictureFacts,
    facts,
    h264_sps,
    h265_sps,
    jpeg_facts,
    set_key,
    unescaped,
)

SIZES = [(320, 240), (642, 364), (200, 116), (1920, 1080)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("encoder", "codec", "params"),
    [
        ("libx264", Codec.H264, clips.X264),
        ("libx264", Codec.H264, clips.X264 + ":cqm=jvt:cabac=1:8x8dct=1"),
        ("libx264", Codec.H264, clips.X264 + ":interlaced=1"),
        ("libx265", Codec.H265, clips.X265),
        ("libx265", Codec.H265, clips.X265 + ":scaling-list=default:ref=4"),
    ],
)
def test_size_and_rate_are_those_that_the_encoder_was_given(
    encoder: str, codec: Codec, params: str, size: tuple[int, int]
) -> None:
    sets = nal_units(clips.clip(encoder, params, *size, n_pictures=1)[0])
    found = facts(codec, sets)
    assert found is not None
    assert (found.width, found.height, found.frame_rate) == (*size, 25.0)
    assert (found.chroma_format, found.bit_depth) == (1, 8)
    assert found.level > 0


def test_parameter_sets_of_real_cameras_are_read() -> None:
    # x264 as in GStreamer's and mediamtx's examples: High, level 3.1, 1280x720
    found = h264_sps(bytes.fromhex("6764001facd9405005bb011000000300100000030320f1831960"))
    assert found is not None
    assert (found.width, found.height, found.profile, found.level) == (1280, 720, 100, 3.1)


def test_every_set_has_a_key_by_kind_and_number() -> None:
    h264 = [set_key(Codec.H264, nal) for nal in nal_units(clips.h264()[0])]
    h265 = [set_key(Codec.H265, nal) for nal in nal_units(clips.h265()[0])]
    assert h264[:3] == [(7, 0), (8, 0), None]
    assert h265[:4] == [(32, 0), (33, 0), (34, 0), None]
    assert set_key(Codec.H264, b"") is None


@given(st.binary(max_size=300))
def test_emulation_prevention_is_undone_as_the_standard_says(plain: bytes) -> None:
    escaped, zeros = bytearray(), 0
    for byte in plain:
        if zeros >= 2 and byte <= 3:
            escaped.append(3)
            zeros = 0
        escaped.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    assert unescaped(bytes(escaped)) == plain


@given(st.binary(max_size=3000), st.sampled_from([h264_sps, h265_sps, jpeg_facts]), st.data())
@settings(max_examples=300, deadline=1000)
def test_a_hostile_set_ends_quickly(noise: bytes, read: object, data: st.DataObject) -> None:
    assert callable(read)
    good = nal_units((clips.h264 if read is h264_sps else clips.h265)()[0])[0 if read is h264_sps else 1]
    cut = data.draw(st.integers(0, len(good)))
    began = time.perf_counter()
    for nal in (noise, good[:cut] + noise, good[:4] + b"\xff" * 3000, good[:4] + bytes(3000)):
        found = read(nal)
        assert found is None or isinstance(found, PictureFacts)
        assert found is None or (1 <= found.width <= 16384 and 1 <= found.height <= 16384)
    assert time.perf_counter() - began < 0.5


def test_a_jpeg_tells_its_size() -> None:
    picture = np.zeros((120, 200, 3), np.uint8)
    ok, jpeg = cv2.imencode(".jpg", picture)
    assert ok
    assert jpeg_facts(jpeg.tobytes()) == PictureFacts(200, 120)
    ok, grey = cv2.imencode(".jpg", picture[:, :, 0])
    assert ok
    assert jpeg_facts(grey.tobytes()) == PictureFacts(200, 120, chroma_format=0)


def test_a_jpeg_cut_anywhere_ends_quietly() -> None:
    # found by `./run bench fuzz --seed 2`: a frame header one byte short of its component count
    assert jpeg_facts(bytes.fromhex("68000003004000000d83c489a8ffc18f813b140e50b9")) is None
    ok, jpeg = cv2.imencode(".jpg", np.zeros((120, 200, 3), np.uint8))
    assert ok
    whole = jpeg.tobytes()
    assert {jpeg_facts(whole[:cut]) for cut in range(len(whole))} <= {None, PictureFacts(200, 120)}
