"""One key frame in, planes out."""

import re
from typing import Any, Final

import av
import numpy as np
from av.codec.context import CodecContext, Flags
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane
from numpy.typing import NDArray

from lenskeeper.base.codecs import Codec
from lenskeeper.pictures.encoded import Encoded
from lenskeeper.pictures.planes import Planes
from lenskeeper.pictures.reduce import Samples, from_yuv
from lenskeeper.pictures.stills import decode_jpeg, decode_still
from lenskeeper.pictures.undecodable import PIXELS_MAX, Undecodable, refused_size

CODED_BYTES_MAX: Final = (
    32 * 1024 * 1024
)  # an image file of this machine: a BMP of 4K has 25 MB. Cameras get less

FULL_RANGE: Final = 2  # AVCOL_RANGE_JPEG; 0, not said, means limited (H.264 and H.265, annex E.2.1)

_DECODER: Final = {Codec.H264: "h264", Codec.H265: "hevc"}
_PLANAR_YUV: Final = re.compile(r"yuvj?4(20|22|40|44)p(9|10|12|14)?(le)?")
_GREY: Final = re.compile(r"gray(9|10|12|14|16)?(le)?")
_PLANAR_RGB: Final = re.compile(r"gbrp(9|10|12|14|16)?(le)?")


def decode(encoded: Encoded) -> Planes | Undecodable:
    """The planes of one key frame or still; of a damaged one too, with `decoder_errors` > 0.

    Never raises for what is in `encoded`, but hostile bytes may crash the process or keep it busy:
    call it in a picture worker, which its pool kills and replaces.
    """
    if len(encoded.data) > CODED_BYTES_MAX:
        return Undecodable("the picture has more bytes than we decode")
    match encoded.codec:
        case Codec.H264 | Codec.H265:
            return key_frame_planes(_DECODER[encoded.codec], Packet(encoded.data))
        case Codec.JPEG:
            return decode_jpeg(encoded.data)
        case Codec.STILL:
            return decode_still(encoded.data)


def key_frame_planes(
    decoder_name: str, coded: "Packet[Any]", extradata: bytes | None = None
) -> Planes | Undecodable:
    """The planes of one coded video picture, by libavcodec's decoder of that name.

    Each picture gets a decoder of its own. A kept one hands on what it had from another camera:
    the colour range, parameter sets, and the very pixels where a damaged H.265 picture paints none
    (1013 of 1080 rows were seen). Keeping it would save nothing as long as the C library keeps the
    freed memory, see `pool.ENVIRONMENT`; without that, 2 ms at 1080p.
    """
    decoder = CodecContext.create(decoder_name, "r")
    assert isinstance(decoder, VideoCodecContext)
    decoder.thread_count = 1
    decoder.flags |= Flags.low_delay | Flags.output_corrupt  # at once, and damaged pictures too
    decoder.options = {"max_pixels": str(PIXELS_MAX)}  # checked before anything is allocated
    if extradata:
        decoder.extradata = extradata
    try:
        frames = decoder.decode(coded)
        frames += decoder.decode(None)  # the end of the stream: a frame held back comes out now
    except av.FFmpegError as error:
        return Undecodable(f"the decoder refuses it: {error.strerror}")
    return planes_of(frames[0]) if frames else Undecodable("the decoder makes no picture of it")


def planes_of(frame: VideoFrame) -> Planes | Undecodable:
    """Planes of a decoded video frame; nothing of the frame itself is kept."""
    if refused := refused_size(frame.width, frame.height):
        return refused
    name = frame.format.name
    if _PLANAR_RGB.fullmatch(name):
        return planes_of(frame.reformat(format="yuvj444p"))
    if not (_PLANAR_YUV.fullmatch(name) or _GREY.fullmatch(name)):
        return Undecodable(f"its pixels are of a kind that we do not measure: {name}")
    bits = frame.format.components[0].bits
    is_grey = len(frame.planes) == 1
    return from_yuv(
        _view(frame, 0, bits),
        None if is_grey else (_view(frame, 1, bits), _view(frame, 2, bits)),
        bits=bits,
        full_range=name.startswith("yuvj") or frame.color_range == FULL_RANGE,
        decoder_errors=int(frame.is_corrupt) + (0 if is_grey else _unpainted(frame, bits)),
    )


def _view(frame: VideoFrame, index: int, bits: int) -> Samples:
    """One plane as decoded, without its padding, not copied: (height, width)."""
    plane = frame.planes[index]
    rows = _bytes_of(plane).reshape(plane.height, plane.line_size)
    samples: Samples = rows if bits == 8 else rows.view(np.uint16)
    return samples[:, : plane.width]


def _bytes_of(plane: VideoPlane) -> NDArray[np.uint8]:
    # a plane is a buffer, which its stubs do not say
    view: NDArray[np.uint8] = np.frombuffer(plane, np.uint8)  # type: ignore[call-overload]
    return view


def _unpainted(frame: VideoFrame, bits: int) -> int:
    """1 when a part of the picture was never painted, else 0.

    Such a part is zero in all three planes, which no colour is: it would be a blacker-than-black
    green. A fresh decoder's memory is zeroed, and libavcodec 62 says nothing of an H.265 picture that
    ends early, so this is the only sign, and it shows only where the rows are coded apart.
    """
    step = 16  # a coding tree block of 16 luma samples is the smallest that goes missing
    u = _view(frame, 1, bits)[::step, ::step]
    v = _view(frame, 2, bits)[::step, ::step]
    return int(bool(((u == 0) & (v == 0)).any()))
