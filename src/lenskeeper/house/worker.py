"""The picture worker: a coded picture in, figures out. No pixel leaves this process.

    job     P | codec | coded picture          one key frame or still
            I | path                           a picture file of this machine
            V | JSON {path, count, every_s}    key frames of a video file of this machine
    reply   MessagePack of `Reply`

Started by `picture_workers` as a child process, with the number of its socket as the only argument.
"""

import os
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final

import msgspec
import numpy as np

from lenskeeper.base.codecs import Codec
from lenskeeper.base.limits import FINGERPRINT_BYTES
from lenskeeper.diagnosis.checks import measure
from lenskeeper.diagnosis.figures import Figures
from lenskeeper.pictures.decode import decode
from lenskeeper.pictures.encoded import Encoded
from lenskeeper.pictures.image_file import image_planes
from lenskeeper.pictures.planes import Planes
from lenskeeper.pictures.undecodable import Undecodable
from lenskeeper.pictures.video_file import key_frames
from lenskeeper.pictures.worker import serve
from lenskeeper.probing.connection import remark

PICTURE: Final = b"P"
IMAGE_FILE: Final = b"I"
VIDEO_FILE: Final = b"V"
CODECS: Final = tuple(Codec)
NONSENSE: Final = "the picture worker answered nonsense"


class VideoJob(msgspec.Struct, frozen=True):
    """At most `count` key frames of the file at `path`, each at least `every_s` after the one before."""

    path: str
    count: int
    every_s: float


class Measured(msgspec.Struct, frozen=True):
    """The figures of one picture. media_ms, fingerprint: of a video file's frame only. CPU in milliseconds."""

    figures: Figures
    width_px: int
    height_px: int
    decode_ms: float
    score_ms: float
    media_ms: int | None = None
    fingerprint: Annotated[str, msgspec.Meta(pattern=f"^([0-9a-f]{{{2 * FINGERPRINT_BYTES}}})?$")] = ""


class Reply(msgspec.Struct, frozen=True):
    """What a worker answers: the pictures it measured, and why it measured no (further) one."""

    measured: list[Measured]
    failure: str = ""


def picture_job(encoded: Encoded) -> tuple[bytes, bytes]:
    """The two parts of a job for one picture; the picture itself is not copied."""
    return PICTURE + bytes([CODECS.index(encoded.codec)]), encoded.data


def image_job(path: Path) -> bytes:
    """A job for a picture file."""
    return IMAGE_FILE + os.fsencode(path)


def video_job(path: Path, count: int, every_s: float) -> bytes:
    """A job for key frames of a video file."""
    return VIDEO_FILE + msgspec.json.encode(VideoJob(str(path), count, every_s))


def read_reply(reply: bytes) -> Reply:
    """The worker's answer, parsed as from a stranger: anything but a Reply becomes a failure, words stay short."""
    try:
        read = msgspec.msgpack.decode(reply, type=Reply)
    except (msgspec.MsgspecError, ValueError):
        return Reply([], NONSENSE)
    return Reply(read.measured, remark(read.failure))


def look(job: bytes) -> bytes:
    """Answer one job."""
    match job[:1]:
        case b"P":
            reply = _one(lambda: decode(Encoded(CODECS[job[1]], job[2:])))
        case b"I":
            reply = _one(lambda: image_planes(Path(os.fsdecode(job[1:]))))
        case _:
            reply = _video_file(msgspec.json.decode(job[1:], type=VideoJob))
    return msgspec.msgpack.encode(reply)


def _one(decoded: Callable[[], Planes | Undecodable]) -> Reply:
    began = time.process_time()
    planes = decoded()
    if isinstance(planes, Undecodable):
        return Reply([], planes.reason)
    return Reply([_measured(planes, began)])


def _video_file(job: VideoJob) -> Reply:
    measured: list[Measured] = []
    failures: list[str] = []
    began = time.process_time()
    for frame in key_frames(Path(job.path), count=job.count, every_s=job.every_s):
        if isinstance(frame, Undecodable):
            failures.append(frame.reason)
        else:
            one = _measured(frame.planes, began)
            measured.append(
                msgspec.structs.replace(one, media_ms=frame.media_ms, fingerprint=frame.fingerprint)
            )
        began = time.process_time()
    return Reply(measured, failures[0] if failures else "")


def _measured(planes: Planes, began: float) -> Measured:
    decoded = time.process_time()
    figures = measure(planes)
    scored = time.process_time()
    return Measured(
        figures, planes.width_px, planes.height_px, (decoded - began) * 1000, (scored - decoded) * 1000
    )


def warm_up() -> None:
    """Measure a grey picture, so that the first real one does not pay for what libraries set up on first use."""
    grey = np.full((270, 480), 128, np.uint8)
    measure(Planes(grey, grey, grey[::2, ::2], grey[::2, ::2], 480, 270, 1, 0))


if __name__ == "__main__":
    warm_up()
    serve(socket.socket(fileno=int(sys.argv[1])), look)
