"""Image files: JPEG by scaled decoding, and PNG, BMP and WebP; sizes are read before anything is decoded."""

import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from lenskeeper.pictures.planes import Planes
from lenskeeper.pictures.reduce import averaged, reduction
from lenskeeper.pictures.undecodable import Undecodable, refused_size

JPEG_SEGMENTS_MAX: Final = 512  # before the frame header; real files have fewer than forty
COMPLAINT_BYTES_MAX: Final = 4096  # libjpeg says its first complaint only

# JPEG, ITU-T T.81 table B.1
_SOI: Final = b"\xff\xd8"
_EOI: Final = b"\xff\xd9"
_SOS: Final = 0xDA
_FRAME_HEADERS: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE_MARKERS: Final = frozenset({0x01, *range(0xD0, 0xD9)})

_SCALED_COLOUR: Final = {
    1: cv2.IMREAD_COLOR,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8,
}
_SCALED_GREY: Final = {
    1: cv2.IMREAD_GRAYSCALE,
    2: cv2.IMREAD_REDUCED_GRAYSCALE_2,
    4: cv2.IMREAD_REDUCED_GRAYSCALE_4,
    8: cv2.IMREAD_REDUCED_GRAYSCALE_8,
}


@dataclass(frozen=True, slots=True)
class Header:
    """What the head of an image file says of itself."""

    width_px: int
    height_px: int
    is_grey: bool


def decode_still(data: bytes) -> Planes | Undecodable:
    """Planes of an image file of any format that we know, told by its first bytes."""
    if data.startswith(_SOI):
        return decode_jpeg(data)
    header = still_header(data)
    if header is None:
        return Undecodable("not a JPEG, PNG, BMP or WebP file")
    if refused := refused_size(header.width_px, header.height_px):
        return refused
    flags = cv2.IMREAD_GRAYSCALE if header.is_grey else cv2.IMREAD_COLOR
    image = _imdecode(data, flags)
    if image is None or image.shape[:2] != (header.height_px, header.width_px):
        return Undecodable("the image file is damaged")
    by = reduction(header.width_px, header.height_px)
    luma = image if header.is_grey else cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.uint8, copy=False)
    whole = luma[: header.height_px // by * by, : header.width_px // by * by]
    u, v = (None, None) if header.is_grey else _chroma(np.array(image[:: 2 * by, :: 2 * by], order="C"))
    fine = np.array(whole[::by, ::by], order="C")
    return Planes(
        fine=fine,
        smooth=fine if by == 1 else averaged(whole, by).astype(np.uint8, copy=False),
        u=u,
        v=v,
        width_px=header.width_px,
        height_px=header.height_px,
        reduced_by=by,
        decoder_errors=0,
    )


def decode_jpeg(data: bytes) -> Planes | Undecodable:
    """Planes of a JPEG file, scaled down while it is decoded, its orientation tag ignored.

    A file that ends early gives what there is of it, the rest grey, with `decoder_errors` > 0.
    """
    header = jpeg_header(data)
    if header is None:
        return Undecodable("the JPEG has no frame header")
    if refused := refused_size(header.width_px, header.height_px):
        return refused
    errors = 0
    if data.rfind(_EOI) < data.rfind(bytes((0xFF, _SOS))):
        data += _EOI  # OpenCV gives nothing at all for a file without its end
        errors += 1
    by = reduction(header.width_px, header.height_px)
    scaled_by = min(by, 8)  # libjpeg scales by eight at most
    with _complaints() as complaints:
        image = _imdecode(data, (_SCALED_GREY if header.is_grey else _SCALED_COLOUR)[scaled_by])
    if image is None:
        return Undecodable("the JPEG is damaged")
    height, width = header.height_px // by, header.width_px // by
    # a scaled JPEG rounds its size up; ours is rounded down
    image = image[: height * by // scaled_by, : width * by // scaled_by]
    if image.shape[:2] != (height * by // scaled_by, width * by // scaled_by):
        return Undecodable("the JPEG is damaged")
    if header.is_grey:
        luma, u, v = averaged(image, by // scaled_by), None, None
    else:
        ycc = cv2.cvtColor(image, cv2.COLOR_BGR2YCrCb)
        luma = averaged(ycc[:, :, 0].astype(np.uint8), by // scaled_by)
        step = 2 * by // scaled_by
        u = np.array(ycc[::step, ::step, 2], dtype=np.uint8, order="C")
        v = np.array(ycc[::step, ::step, 1], dtype=np.uint8, order="C")
    fine = np.array(luma, dtype=np.uint8, order="C")
    return Planes(
        fine=fine,
        smooth=fine,
        u=u,
        v=v,
        width_px=header.width_px,
        height_px=header.height_px,
        reduced_by=by,
        decoder_errors=errors + len(complaints),
    )


def jpeg_header(data: bytes) -> Header | None:
    """The first frame header of a JPEG file (ITU-T T.81, B.2.2); None when there is none."""
    at = 2
    for _ in range(JPEG_SEGMENTS_MAX):
        at = data.find(b"\xff", at)
        while 0 <= at < len(data) - 1 and data[at + 1] == 0xFF:  # fill bytes, B.1.1.2
            at += 1
        if at < 0 or at + 4 > len(data):
            return None
        marker = data[at + 1]
        if marker in _BARE_MARKERS or marker == 0:
            at += 2
            continue
        if marker == _SOS:
            return None
        if marker in _FRAME_HEADERS:
            if at + 10 > len(data):
                return None
            height_px, width_px, components = struct.unpack_from(">HHB", data, at + 5)
            return Header(width_px, height_px, is_grey=components == 1)
        at += 2 + int.from_bytes(data[at + 2 : at + 4])
    return None


def still_header(data: bytes) -> Header | None:
    """Size and kind of a PNG, BMP or WebP file; None for anything else, so nothing else is decoded."""
    if data.startswith(b"\x89PNG\r\n\x1a\n") and data[12:16] == b"IHDR" and len(data) > 25:
        width_px, height_px = struct.unpack_from(">II", data, 16)
        return Header(width_px, height_px, is_grey=data[25] in {0, 4})
    if data.startswith(b"BM") and len(data) > 26:
        if int.from_bytes(data[14:18], "little") == 12:  # OS/2's own header
            width_px, height_px = struct.unpack_from("<HH", data, 18)
        else:
            width_px, height_px = struct.unpack_from("<ii", data, 18)
        return Header(width_px, abs(height_px), is_grey=False)  # a negative height: top row first
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP" and len(data) > 30:
        return _webp_header(data)
    return None


def _webp_header(data: bytes) -> Header | None:
    """RFC 9649, section 2.5 to 2.7: three kinds of first chunk, three ways to write a size."""
    kind = data[12:16]
    if kind == b"VP8X":
        width_px = 1 + int.from_bytes(data[24:27], "little")
        height_px = 1 + int.from_bytes(data[27:30], "little")
    elif kind == b"VP8 ":
        width_px, height_px = (size & 0x3FFF for size in struct.unpack_from("<HH", data, 26))
    elif kind == b"VP8L":
        sizes = int.from_bytes(data[21:25], "little")
        width_px, height_px = 1 + (sizes & 0x3FFF), 1 + (sizes >> 14 & 0x3FFF)
    else:
        return None
    return Header(width_px, height_px, is_grey=False)


def _imdecode(data: bytes, flags: int) -> NDArray[np.uint8] | None:
    try:
        # its stubs promise an array; it gives None for what it cannot read
        image = cv2.imdecode(np.frombuffer(data, np.uint8), flags | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error:
        return None
    return None if image is None else image.astype(np.uint8, copy=False)


def _chroma(bgr: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    ycc = cv2.cvtColor(bgr, cv2.COLOR_BGR2YCrCb)
    return np.array(ycc[:, :, 2], np.uint8, order="C"), np.array(ycc[:, :, 1], np.uint8, order="C")


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """What libjpeg says on descriptor 2 meanwhile: it reports damage there and nowhere else.

    Descriptors belong to the whole process, so this is for the single-threaded picture worker;
    what another thread wrote meanwhile would be counted as damage.
    """
    said: list[str] = []
    reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)  # a pipe: a worker may write no file
    kept = os.dup(2)
    try:
        os.dup2(writer, 2)
        try:
            yield said
        finally:
            os.dup2(kept, 2)
        with suppress(BlockingIOError):  # nothing was said
            said += os.read(reader, COMPLAINT_BYTES_MAX).decode(errors="replace").splitlines()
    finally:
        os.close(kept)
        os.close(reader)
        os.close(writer)
