"""What crosses between us and a picture worker: a coded picture in, bounded figures out."""

from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenskeeper.base.codecs import Codec
from lenskeeper.base.limits import REMARK_CHARS_MAX
from lenskeeper.house.worker import Reply, image_job, look, picture_job, read_reply, video_job
from lenskeeper.pictures.encoded import Encoded

ANSWER_BYTES_MAX = (
    8 * 1024
)  # the least picture below has more pixels than that: figures, two 32 x 18 maps, edge profiles and the ink of the text bands


def noise(width: int, height: int) -> bytes:
    chance = np.random.default_rng(width * height)
    return cv2.imencode(".png", chance.integers(0, 255, (height, width, 3), np.uint8))[1].tobytes()


@pytest.mark.parametrize("size", [(128, 96), (640, 360), (1920, 1080)])
def test_figures_come_back_and_never_more_than_a_few_kilobytes(size: tuple[int, int]) -> None:
    """The size of the answer does not grow with the picture: no picture can be in it."""
    answer = look(b"".join(picture_job(Encoded(Codec.STILL, noise(*size)))))
    assert len(answer) <= ANSWER_BYTES_MAX < size[0] * size[1]
    reply = read_reply(answer)
    (one,) = reply.measured
    assert (reply.failure, one.width_px, one.height_px) == ("", *size)
    assert one.decode_ms >= 0
    assert one.score_ms > 0


def test_what_is_no_picture_comes_back_as_a_reason() -> None:
    reply = read_reply(look(b"".join(picture_job(Encoded(Codec.H264, b"no picture")))))
    assert reply.measured == []
    assert reply.failure


def test_a_video_file_comes_back_as_the_figures_of_its_key_frames(tmp_path: Path) -> None:
    reply = read_reply(look(video_job(tmp_path / "none.mp4", 3, 1.0)))
    assert reply.measured == []
    assert "cannot be opened" in reply.failure


@given(st.binary(max_size=200))
def test_a_worker_is_read_as_a_stranger(answer: bytes) -> None:
    """Whatever it says: no figures that are none, and few words that a terminal can bear."""
    reply = read_reply(answer)
    assert reply.measured == []
    assert len(reply.failure) <= REMARK_CHARS_MAX
    assert reply.failure.isprintable()


def test_a_workers_words_are_cut_and_made_printable() -> None:
    reply = read_reply(msgspec.msgpack.encode(Reply([], "\x1b[2J" + "a" * 1_000_000)))
    assert reply.failure == ("[2J" + "a" * 1_000)[:REMARK_CHARS_MAX]


def test_a_picture_file_is_opened_by_the_worker(tmp_path: Path) -> None:
    picture = tmp_path / "noise.png"
    picture.write_bytes(noise(320, 180))
    (one,) = read_reply(look(image_job(picture))).measured
    assert (one.width_px, one.height_px, one.fingerprint) == (320, 180, "")
    assert "cannot be opened" in read_reply(look(image_job(tmp_path / "none.png"))).failure
