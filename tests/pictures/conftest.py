"""Pictures of our own making, and encoders to send them through."""

from collections.abc import Callable
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from lenskeeper.base.codecs import Codec
from lenskeeper.pictures.encoded import Encoded

Bgr = NDArray[np.uint8]
Scene = Callable[..., Bgr]
Filmed = Callable[..., Encoded]

QUIET = {
    Codec.H264: {"preset": "ultrafast", "x264-params": "keyint=1:log=-1:threads=1"},
    Codec.H265: {
        "preset": "ultrafast",
        "x265-params": "keyint=1:log-level=none:pools=none:frame-threads=1:repeat-headers=1",
    },
}
ENCODER = {Codec.H264: "libx264", Codec.H265: "libx265"}


def a_street(width: int = 640, height: int = 352, seed: int = 1, noise: float = 4.0) -> Bgr:
    """Sky, road, some coloured boxes and a little noise; levels from about 20 to 230."""
    random = np.random.default_rng(seed)
    rows = np.linspace(210, 60, height)[:, None, None] * np.ones((1, width, 3))
    image = rows * np.array([1.0, 0.95, 0.9])
    for _ in range(24):
        x, y = int(random.integers(0, width - 8)), int(random.integers(0, height - 8))
        w, h = int(random.integers(8, width // 4)), int(random.integers(8, height // 4))
        image[y : y + h, x : x + w] = random.integers(20, 220, 3)
    image += random.normal(0, noise, (height, width, 1))
    street: Bgr = np.clip(np.rint(image), 0, 255).astype(np.uint8)
    return street


def film(
    image: Bgr,
    codec: Codec = Codec.H264,
    *,
    pixels: str = "yuv420p",
    full: bool = False,
    quality: int = 8,
    wavefronts: bool = False,
) -> Encoded:
    """One key frame of a picture, by an encoder that tells the truth about its range."""
    if codec is Codec.JPEG:
        flags = [cv2.IMWRITE_JPEG_QUALITY, 95]
        return Encoded(codec, cv2.imencode(".jpg", image, flags)[1].tobytes())
    if codec is Codec.STILL:
        return Encoded(codec, cv2.imencode(".png", image)[1].tobytes())
    frame = VideoFrame.from_ndarray(np.ascontiguousarray(image), "bgr24").reformat(
        format=pixels, dst_colorspace="ITU601", dst_color_range="JPEG" if full else "MPEG"
    )
    encoder = av.CodecContext.create(ENCODER[codec], "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = frame.width, frame.height, pixels
    encoder.time_base = Fraction(1, 25)
    encoder.color_range = 2 if full else 1
    encoder.options = {**QUIET[codec], "crf": str(quality)}
    if wavefronts:
        encoder.options = {
            "preset": "ultrafast",
            "x265-params": "keyint=1:log-level=none:pools=2:wpp=1:repeat-headers=1",
        }
    frame.pts = 0
    packets = [*encoder.encode(frame), *encoder.encode(None)]
    return Encoded(codec, b"".join(bytes(packet) for packet in packets))


@pytest.fixture(scope="session")
def street() -> Scene:
    return a_street


@pytest.fixture(scope="session")
def filmed() -> Filmed:
    return film
