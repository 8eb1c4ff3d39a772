"""Key frames and stills of every kind, whole and damaged, made into planes."""

import struct
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from lenskeeper.base.codecs import Codec
from lenskeeper.pictures import decode as decode_module
from lenskeeper.pictures.decode import CODED_BYTES_MAX, decode
from lenskeeper.pictures.encoded import Encoded
from lenskeeper.pictures.planes import Planes
from lenskeeper.pictures.stills import jpeg_header, still_header
from lenskeeper.pictures.undecodable import Undecodable

Bgr = NDArray[np.uint8]
Scene = Callable[..., Bgr]
Filmed = Callable[..., Encoded]

VIDEO = [Codec.H264, Codec.H265]


def planes_of(encoded: Encoded) -> Planes:
    planes = decode(encoded)
    assert isinstance(planes, Planes), planes
    return planes


def reason_of(encoded: Encoded) -> str:
    answer = decode(encoded)
    assert isinstance(answer, Undecodable), answer
    return answer.reason


def start_codes(data: bytes) -> list[int]:
    found, at = [], data.find(b"\x00\x00\x01")
    while at >= 0:
        found.append(at)
        at = data.find(b"\x00\x00\x01", at + 3)
    return found


@pytest.mark.parametrize("codec", [Codec.H264, Codec.H265, Codec.JPEG])
@pytest.mark.parametrize("full", [False, True])
def test_one_scene_measures_the_same_through_every_codec_and_range(
    street: Scene, filmed: Filmed, codec: Codec, full: bool
) -> None:
    scene = street()
    truth = cv2.cvtColor(scene, cv2.COLOR_BGR2YCrCb)
    planes = planes_of(filmed(scene, codec, full=full))
    assert planes.u is not None
    assert planes.v is not None
    assert planes.fine.mean() == pytest.approx(truth[:, :, 0].mean(), abs=1.0)
    assert planes.fine.std() == pytest.approx(truth[:, :, 0].std(), rel=0.02)
    assert planes.u.mean() == pytest.approx(truth[:, :, 2].mean(), abs=1.0)
    assert planes.v.mean() == pytest.approx(truth[:, :, 1].mean(), abs=1.0)
    assert planes.u.std() == pytest.approx(truth[:, :, 2].std(), rel=0.05)


@pytest.mark.parametrize(
    ("codec", "pixels"),
    [
        *[
            (Codec.H264, kind)
            for kind in ("yuv420p", "yuvj420p", "yuv422p", "yuv444p", "yuv420p10le", "gray")
        ],
        *[(Codec.H265, kind) for kind in ("yuv420p", "yuv422p10le", "yuv444p", "yuv420p10le", "yuv420p12le")],
        *[(Codec.H265, kind) for kind in ("gray", "gbrp")],
    ],
)
def test_every_pixel_format_gives_the_same_planes(
    street: Scene, filmed: Filmed, codec: Codec, pixels: str
) -> None:
    scene = street(352, 288)
    truth = cv2.cvtColor(scene, cv2.COLOR_BGR2YCrCb)
    is_full = pixels.startswith("yuvj") or pixels in {"gbrp", "gray"}  # swscale makes grey full
    planes = planes_of(filmed(scene, codec, pixels=pixels, full=is_full))
    assert planes.fine.dtype == np.uint8
    assert planes.fine.mean() == pytest.approx(truth[:, :, 0].mean(), abs=1.5)
    assert planes.fine.std() == pytest.approx(truth[:, :, 0].std(), rel=0.03)
    assert planes.decoder_errors == 0
    if pixels == "gray" and codec is Codec.H265:
        assert planes.u is planes.v is None
    elif pixels == "gray":  # libavcodec adds neutral chroma to H.264's 4:0:0
        assert planes.u is not None
        assert (planes.u == 128).all()
    else:
        assert planes.u is not None
        assert planes.u.shape == (144, 176)
        assert planes.u.mean() == pytest.approx(truth[:, :, 2].mean(), abs=1.5)


@pytest.mark.parametrize("codec", [*VIDEO, Codec.JPEG, Codec.STILL])
@pytest.mark.parametrize(
    ("size", "by"), [((1920, 1080), 4), ((1278, 718), 2), ((354, 290), 1), ((64, 64), 1)]
)
def test_the_coded_size_and_its_reduction_are_told(
    street: Scene, filmed: Filmed, codec: Codec, size: tuple[int, int], by: int
) -> None:
    width_px, height_px = size
    scene = cv2.resize(street(), (width_px, height_px), interpolation=cv2.INTER_AREA)
    planes = planes_of(filmed(scene, codec))
    assert (planes.width_px, planes.height_px, planes.reduced_by) == (width_px, height_px, by)
    assert planes.fine.shape == planes.smooth.shape == (height_px // by, width_px // by)
    assert planes.fine.flags.c_contiguous
    assert planes.smooth.flags.c_contiguous


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".webp", ".jpg"])
def test_stills_are_told_by_their_first_bytes(street: Scene, suffix: str) -> None:
    scene = street(641, 353)
    planes = planes_of(Encoded(Codec.STILL, cv2.imencode(suffix, scene)[1].tobytes()))
    assert (planes.width_px, planes.height_px) == (641, 353)
    assert planes.fine.mean() == pytest.approx(cv2.cvtColor(scene, cv2.COLOR_BGR2GRAY).mean(), abs=1.0)


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_a_grey_file_has_no_chroma(street: Scene, suffix: str) -> None:
    grey = cv2.cvtColor(street(), cv2.COLOR_BGR2GRAY)
    planes = planes_of(Encoded(Codec.STILL, cv2.imencode(suffix, grey)[1].tobytes()))
    assert planes.u is planes.v is None
    assert planes.fine.mean() == pytest.approx(grey.mean(), abs=1.0)


def test_the_orientation_tag_does_not_turn_the_picture(street: Scene, filmed: Filmed) -> None:
    data = filmed(street(640, 352), Codec.JPEG).data
    tag = struct.pack("<HHIHH", 0x0112, 3, 1, 6, 0)  # Exif 2.3, orientation 6: a quarter turn
    exif = b"Exif\x00\x00" + b"II*\x00" + struct.pack("<IH", 8, 1) + tag + bytes(4)
    turned = data[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + data[2:]
    assert planes_of(Encoded(Codec.JPEG, turned)).fine.shape == (352, 640)


def test_a_jpeg_that_ends_early_gives_what_there_is_of_it(street: Scene, filmed: Filmed) -> None:
    whole = filmed(street(), Codec.JPEG)
    cut = planes_of(Encoded(Codec.JPEG, whole.data[: len(whole.data) // 2]))
    assert cut.decoder_errors > 0
    assert (cut.fine[:64] == planes_of(whole).fine[:64]).all()
    assert cut.fine[-16:].std() < 1


def test_a_jpeg_with_a_hole_is_told_from_a_whole_one(street: Scene, filmed: Filmed) -> None:
    data = filmed(street(), Codec.JPEG).data
    assert planes_of(Encoded(Codec.JPEG, data)).decoder_errors == 0
    middle = len(data) // 2
    assert planes_of(Encoded(Codec.JPEG, data[:middle] + data[middle + 1400 :])).decoder_errors > 0


def test_an_h264_picture_with_a_hole_is_told_from_a_whole_one(street: Scene, filmed: Filmed) -> None:
    data = filmed(street(), Codec.H264).data
    assert planes_of(Encoded(Codec.H264, data)).decoder_errors == 0
    middle = len(data) // 2
    assert planes_of(Encoded(Codec.H264, data[:middle])).decoder_errors > 0


@pytest.mark.parametrize("codec", VIDEO)
def test_a_damaged_picture_never_shows_the_camera_before(street: Scene, filmed: Filmed, codec: Codec) -> None:
    """libavcodec leaves unpainted what is missing of an H.265 picture, in memory that is used again."""
    white = filmed(np.full((352, 640, 3), 250, np.uint8), codec)
    dark = filmed(street() // 4, codec)
    half = Encoded(codec, dark.data[: len(dark.data) // 2])
    alone = planes_of(half)
    for _ in range(3):
        planes_of(white)
        after = planes_of(half)
        assert (after.fine == alone.fine).all()
        assert after.decoder_errors == alone.decoder_errors


def test_an_h265_picture_of_rows_coded_apart_that_ends_early_is_told(street: Scene, filmed: Filmed) -> None:
    data = filmed(street(1280, 720), Codec.H265, wavefronts=True).data
    assert planes_of(Encoded(Codec.H265, data)).decoder_errors == 0
    assert planes_of(Encoded(Codec.H265, data[: len(data) // 2])).decoder_errors > 0


def test_the_colour_range_of_one_camera_does_not_stick_to_the_next(street: Scene, filmed: Filmed) -> None:
    """A stream that says nothing of its range is limited; a kept decoder remembers the last that did."""
    scene = street()
    before = planes_of(filmed(scene)).fine
    planes_of(filmed(scene, full=True))
    assert (planes_of(filmed(scene)).fine == before).all()


@pytest.mark.parametrize("codec", VIDEO)
def test_a_key_frame_without_parameter_sets_is_not_read_with_those_of_another_camera(
    street: Scene, filmed: Filmed, codec: Codec
) -> None:
    whole = filmed(street(), codec)
    planes_of(whole)
    slice_alone = whole.data[start_codes(whole.data)[-1] :]
    assert reason_of(Encoded(codec, slice_alone))


@pytest.mark.parametrize("codec", VIDEO)
def test_a_decoder_is_as_good_as_new_after_damage(street: Scene, filmed: Filmed, codec: Codec) -> None:
    whole = filmed(street(), codec)
    before = planes_of(whole).fine
    decode(Encoded(codec, whole.data[:200]))
    decode(Encoded(codec, whole.data[: len(whole.data) // 2]))
    decode(Encoded(codec, whole.data + whole.data))
    after = planes_of(whole)
    assert (after.fine == before).all()
    assert after.decoder_errors == 0


def test_a_picture_too_large_is_refused_before_it_is_decoded(
    street: Scene, filmed: Filmed, monkeypatch: pytest.MonkeyPatch
) -> None:
    jpeg = filmed(street(), Codec.JPEG).data
    at = jpeg.index(b"\xff\xc0") + 5
    assert "larger" in reason_of(
        Encoded(Codec.JPEG, jpeg[:at] + struct.pack(">HH", 65000, 65000) + jpeg[at + 4 :])
    )
    png = filmed(street(), Codec.STILL).data
    assert "larger" in reason_of(Encoded(Codec.STILL, png[:16] + struct.pack(">II", 30000, 9000) + png[24:]))
    monkeypatch.setattr(decode_module, "PIXELS_MAX", 640 * 352 - 1)
    for codec in VIDEO:
        reason_of(filmed(street(), codec))


def test_a_picture_too_small_or_too_heavy_is_refused(street: Scene, filmed: Filmed) -> None:
    assert "small" in reason_of(filmed(street()[:8, :8], Codec.STILL))
    assert "bytes" in reason_of(Encoded(Codec.JPEG, bytes(CODED_BYTES_MAX + 1)))


def test_an_uncompressed_file_of_1080p_is_read(street: Scene) -> None:
    bitmap = cv2.imencode(".bmp", street(1920, 1080))[1].tobytes()
    assert planes_of(Encoded(Codec.STILL, bitmap)).fine.shape == (270, 480)


@pytest.mark.parametrize("codec", [*VIDEO, Codec.JPEG, Codec.STILL])
@pytest.mark.parametrize(
    "data", [b"", b"\x00", b"\x00\x00\x01", b"\xff\xd8", b"\xff\xd8\xff", b"BM", b"RIFF", b"\xff" * 999]
)
def test_next_to_nothing_is_no_picture(codec: Codec, data: bytes) -> None:
    assert reason_of(Encoded(codec, data))


@settings(deadline=None)
@given(
    st.binary(max_size=400),
    st.sampled_from(
        [
            b"",
            b"\xff\xd8",
            b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR",
            b"BM",
            b"RIFF\x00\x00\x00\x00WEBPVP8X",
            b"RIFF\x00\x00\x00\x00WEBPVP8L",
            b"RIFF\x00\x00\x00\x00WEBPVP8 ",
        ]
    ),
)
def test_no_head_of_a_file_upsets_the_readers_of_heads(rest: bytes, head: bytes) -> None:
    jpeg_header(head + rest)
    still_header(head + rest)
    decode(Encoded(Codec.STILL, head + rest))


def test_planes_and_encoded_pictures_print_without_their_pixels(street: Scene, filmed: Filmed) -> None:
    encoded = filmed(street(), Codec.H264)
    assert repr(encoded) == "Encoded(codec=<Codec.H264: 'h264'>)"
    assert repr(planes_of(encoded)) == "Planes(width_px=640, height_px=352, reduced_by=1, decoder_errors=0)"
