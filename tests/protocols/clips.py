"""Small clips that PyAV encodes for the tests, once per session."""

from fractions import Fraction
from functools import cache

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

X264 = "repeat-headers=1:sliced-threads=0:scenecut=0:bframes=0:keyint=5:min-keyint=5"
X265 = "repeat-headers=1:scenecut=0:bframes=0:keyint=5:min-keyint=5:log-level=none:pools=1:frame-threads=1"


@cache
def clip(
    encoder: str, params: str, width: int = 320, height: int = 240, n_pictures: int = 12
) -> tuple[bytes, ...]:
    """Access units in Annex B form; picture n shows noise shifted by n pixels."""
    context = av.codec.CodecContext.create(encoder, "w")
    assert isinstance(context, VideoCodecContext)
    context.width, context.height, context.pix_fmt = width, height, "yuv420p"
    context.time_base, context.framerate, context.thread_count = Fraction(1, 25), Fraction(25), 1
    context.options = {"preset": "ultrafast", f"{encoder.removeprefix('lib')}-params": params}
    noise = np.random.default_rng(1).integers(0, 255, (height * 3 // 2, width), dtype=np.uint8)
    units: list[bytes] = []
    for index in range(n_pictures):
        frame = av.VideoFrame.from_ndarray(np.roll(noise, index, axis=1), format="yuv420p")
        frame.pts = index
        units += [bytes(packet) for packet in context.encode(frame)]
    units += [bytes(packet) for packet in context.encode(None)]
    return tuple(units)


def h264(params: str = X264) -> tuple[bytes, ...]:
    """An H.264 clip of 12 pictures, a key picture every 5."""
    return clip("libx264", params)


def h265(params: str = X265) -> tuple[bytes, ...]:
    """An H.265 clip of 12 pictures, a key picture every 5."""
    return clip("libx265", params)


def decoded(codec: str, unit: bytes) -> NDArray[np.uint8]:
    """The luma plane of the one picture in an access unit, decoded alone; AssertionError unless it is exactly one."""
    context = av.codec.CodecContext.create(codec, "r")
    assert isinstance(context, VideoCodecContext)
    context.thread_count = 1
    frames = [*context.decode(av.Packet(unit)), *context.decode(None)]
    assert len(frames) == 1, f"{len(frames)} pictures"
    return frames[0].to_ndarray(format="gray").astype(np.uint8)
