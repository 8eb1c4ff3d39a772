"""Key frames out of files on this machine, and nothing out of anything else."""

import os
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from lenskeeper.pictures.undecodable import Undecodable
from lenskeeper.pictures.video_file import FileFrame, key_frames

Scene = Callable[..., NDArray[np.uint8]]

SECONDS = 12


def a_film(path: Path, scene: NDArray[np.uint8], codec: str = "libx264") -> Path:
    """Twelve seconds at 5 frames a second with a key frame each second; it brightens after six."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=5)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = (
            scene.shape[1],
            scene.shape[0],
            "yuvj420p" if codec == "mjpeg" else "yuv420p",
        )
        stream.gop_size = 5
        if codec == "libx264":
            stream.options = {
                "preset": "ultrafast",
                "x264-params": "keyint=5:min-keyint=5:scenecut=0:bframes=2",
            }
        for number in range(SECONDS * 5):
            lit = scene if number < 30 else np.minimum(scene, 200) + 50
            frame = VideoFrame.from_ndarray(lit.astype(np.uint8), "bgr24")
            frame.pts, frame.time_base = number, Fraction(1, 5)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory, street: Scene) -> Path:
    return a_film(tmp_path_factory.mktemp("film") / "film.mp4", street(320, 240))


def frames_of(path: Path, count: int = 99, every_s: float = 0) -> list[FileFrame]:
    found = list(key_frames(path, count=count, every_s=every_s))
    frames = [frame for frame in found if isinstance(frame, FileFrame)]
    assert len(frames) == len(found), found
    return frames


def reason_of(path: Path) -> str:
    (only,) = key_frames(path, count=3, every_s=0)
    assert isinstance(only, Undecodable)
    return only.reason


@pytest.mark.parametrize("name", ["film.mp4", "film.mkv", "film.avi", "film.ts", "film.mov"])
def test_every_key_frame_of_every_container_comes_with_its_time(
    tmp_path: Path, street: Scene, name: str
) -> None:
    frames = frames_of(a_film(tmp_path / name, street(320, 240)))
    late_ms = frames[0].media_ms  # an AVI counts from the decoder's first frame, not from the first shown
    assert 0 <= late_ms <= (200 if name.endswith("avi") else 0)
    assert [frame.media_ms - late_ms for frame in frames] == [second * 1000 for second in range(SECONDS)]
    means = [frame.planes.fine.mean() for frame in frames]
    assert max(means[:6]) + 10 < min(means[6:])


@pytest.mark.parametrize(
    ("every_s", "seconds"), [(0, [0, 1, 2]), (1.5, [0, 2, 4]), (4, [0, 4, 8]), (5.5, [0, 6])]
)
def test_key_frames_keep_their_distance(film: Path, every_s: float, seconds: list[int]) -> None:
    assert [frame.media_ms // 1000 for frame in frames_of(film, 3, every_s)] == seconds


def test_fingerprints_are_equal_for_equal_bytes_only(film: Path) -> None:
    first, again = frames_of(film), frames_of(film)
    assert [frame.fingerprint for frame in first] == [frame.fingerprint for frame in again]
    assert first[0].fingerprint != first[-1].fingerprint
    assert len(first[0].fingerprint) == 32


def test_old_codecs_are_read_too(tmp_path: Path, street: Scene) -> None:
    for codec in ("mpeg4", "mjpeg"):
        frames = frames_of(a_film(tmp_path / f"{codec}.avi", street(320, 240), codec), count=2)
        assert [frame.planes.fine.shape for frame in frames] == [(240, 320)] * 2


@pytest.mark.parametrize(
    "name",
    [
        "rtsp://127.0.0.1/live",
        "http://127.0.0.1/a.mp4",
        "file:///etc/passwd",
        "concat:a|b",
        "no-such",
        "a\0b",
    ],
)
def test_a_url_is_no_file(name: str) -> None:
    assert "cannot be opened" in reason_of(Path(name))


@pytest.mark.timeout(5)  # an SDP that was obeyed would listen for packets
@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfilm.ts\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile film.ts\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5000 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
    ],
)
def test_a_playlist_does_not_lead_elsewhere(
    tmp_path: Path, street: Scene, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    a_film(tmp_path / "film.ts", street(320, 240))
    monkeypatch.chdir(tmp_path)
    Path("list").write_text(text, encoding="ascii")
    assert "not a video file" in reason_of(Path("list"))


def test_a_pipe_a_device_and_a_folder_are_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert reason_of(tmp_path / "pipe") == "not a regular file"
    assert reason_of(Path("/dev/zero")) == "not a regular file"
    assert reason_of(tmp_path) == "not a regular file"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32 - 1), st.floats(0, 1))
def test_a_damaged_file_ends_in_values(film: Path, tmp_path: Path, seed: int, kept: float) -> None:
    data = bytearray(film.read_bytes())
    dice = np.random.default_rng(seed)
    for at in dice.integers(0, len(data), 20):
        data[at] = int(dice.integers(0, 256))
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(data[: int(len(data) * (0.5 + kept / 2))])
    assert all(isinstance(found, FileFrame | Undecodable) for found in key_frames(bad, count=20, every_s=0))
