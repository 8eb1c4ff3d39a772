"""One key frame in, planes out. For the single-threaded picture worker: decoders are kept between calls."""

import re
from typing import Final

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

ENCODED_BYTES_MAX: Final = 4 * 1024 * 1024  # one picture; an IDR of 4K at 20 Mbit/s has about 1 MB
UNITS_BEFORE_PICTURE_MAX: Final = 64  # parameter sets, SEI and delimiter are fewer than ten

FULL_RANGE: Final = 2  # AVCOL_RANGE_JPEG; 0, not said, means limited (H.264 and H.265, annex E.2.1)

_FFMPEG_NAME: Final = {Codec.H264: "h264", Codec.H265: "hevc"}
_PLANAR_YUV: Final = re.compile(r"yuvj?4(20|22|40|44)p(9|10|12|14)?(le)?")
_GREY: Final = re.compile(r"gray(9|10|12|14|16)?(le)?")
_PLANAR_RGB: Final = re.compile(r"gbrp(9|10|12|14|16)?(le)?")

_decoders: dict[Codec, VideoCodecContext] = {}


def decode(encoded: Encoded) -> Planes | Undecodable:
    """The planes of one key frame or still; of a damaged one too, with `decoder_errors` > 0.

    Never raises for what is in `encoded`, but hostile bytes may crash the process or keep it busy:
    call it in a picture worker, which its pool kills and replaces.
    """
    if len(encoded.data) > ENCODED_BYTES_MAX:
        return Undecodable("the picture has more bytes than we decode")
    match encoded.codec:
        case Codec.H264 | Codec.H265:
            return _decode_video(encoded.codec, encoded.data)
        case Codec.JPEG:
            return decode_jpeg(encoded.data)
        case Codec.STILL:
            return decode_still(encoded.data)


def _decode_video(codec: Codec, data: bytes) -> Planes | Undecodable:
    if not has_parameter_sets(codec, data):
        return Undecodable("no parameter sets came before the key frame")
    # A decoder is kept, which saves 2 ms at 1080p, but only while it does as it should: after any
    # surprise it may hold a frame back, and with it a picture of another camera.
    decoder = _decoders.pop(codec, None) or video_decoder(_FFMPEG_NAME[codec])
    frames: list[VideoFrame] = []
    try:
        frames += decoder.decode(Packet(data))
        frames += decoder.decode(None)  # the end of the stream: a frame held back comes out now
        decoder.flush_buffers()
    except av.FFmpegError as error:
        planes: Planes | Undecodable = Undecodable(f"the decoder refuses it: {error.strerror}")
        for frame in frames:
            wipe(frame)
        return planes
    planes = planes_of(frames[0]) if frames else Undecodable("the decoder makes no picture of it")
    for frame in frames:
        wipe(frame)
    if len(frames) == 1 and isinstance(planes, Planes) and planes.decoder_errors == 0:
        _decoders[codec] = decoder
    return planes


def video_decoder(ffmpeg_name: str) -> VideoCodecContext:
    """A decoder for single key frames: one thread, no delay, damaged pictures too, bounded in size."""
    decoder = CodecContext.create(ffmpeg_name, "r")
    assert isinstance(decoder, VideoCodecContext)
    bound(decoder)
    return decoder


def bound(decoder: VideoCodecContext) -> None:
    """Set a decoder that is not yet open to give every single frame at once, and none too large."""
    decoder.thread_count = 1
    decoder.flags |= Flags.low_delay | Flags.output_corrupt
    decoder.options = {"max_pixels": str(PIXELS_MAX)}  # checked before anything is allocated


def planes_of(frame: VideoFrame) -> Planes | Undecodable:
    """Planes of a decoded video frame; nothing of the frame itself is kept."""
    if refused := refused_size(frame.width, frame.height):
        return refused
    name = frame.format.name
    if _PLANAR_RGB.fullmatch(name):
        planes = planes_of(converted := frame.reformat(format="yuvj444p"))
        wipe(converted)
        return planes
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


def wipe(frame: VideoFrame) -> None:
    """Zero a frame that nobody needs any more.

    libavcodec paints the next picture into the same memory, and where a damaged H.265 picture ends
    early it paints nothing: without this, the picture of another camera shows through.
    """
    for plane in frame.planes:
        _bytes_of(plane).fill(0)


def has_parameter_sets(codec: Codec, data: bytes) -> bool:
    """Whether the parameter sets come before the first slice, as a kept decoder demands.

    With its own it cannot fall back on those of the camera that it decoded before.
    """
    wanted = {7, 8} if codec is Codec.H264 else {32, 33, 34}
    at = 0
    for _ in range(UNITS_BEFORE_PICTURE_MAX):
        at = data.find(b"\x00\x00\x01", at) + 3
        if at < 3 or at >= len(data):
            return False
        kind = data[at] & 0x1F if codec is Codec.H264 else data[at] >> 1 & 0x3F
        wanted.discard(kind)
        if not wanted:
            return True
        if (1 <= kind <= 5) if codec is Codec.H264 else kind < 32:
            return False
    return False


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
    green. H.265 says nothing about slices that are missing (libavcodec 62), so this is the sign.
    """
    step = 16  # a coding tree block of 16 luma samples is the smallest that goes missing
    u = _view(frame, 1, bits)[::step, ::step]
    v = _view(frame, 2, bits)[::step, ::step]
    return int(bool(((u == 0) & (v == 0)).any()))
