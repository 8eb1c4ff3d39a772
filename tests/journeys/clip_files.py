"""Video files for the journeys, made by PyAV."""

from collections.abc import Iterable
from pathlib import Path

import av
import numpy as np
from av.video.stream import VideoStream
from numpy.typing import NDArray

SIZE = (480, 272)


def film(path: Path, codec: str) -> None:
    """Three seconds of a moving pattern."""
    x, y = np.meshgrid(np.arange(SIZE[0]), np.arange(SIZE[1]))
    waves = ((128 + 60 * np.sin((x + 4 * n) / 17) + 50 * np.cos(y / 11)).astype(np.uint8) for n in range(75))
    write(path, codec, (np.dstack([wave, wave, wave]) for wave in waves))


def write(path: Path, codec: str, shown: Iterable[NDArray[np.uint8]]) -> None:
    """Pictures as a file, a key frame each second."""
    with av.open(str(path), "w") as container:
        quick = {"preset": "ultrafast", "x265-params": "log-level=error"}
        stream = container.add_stream(codec, rate=25, options=quick)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.gop_size = 25
        for picture in shown:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode())
