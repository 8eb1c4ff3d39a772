"""Key frames of a video file on this machine. Demultiplexing is hostile ground too: for the picture worker."""

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final, Never

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from lenskeeper.base.limits import FINGERPRINT_BYTES, PICTURE_BYTES_MAX
from lenskeeper.pictures.decode import key_frame_planes
from lenskeeper.pictures.image_file import open_regular
from lenskeeper.pictures.planes import Planes
from lenskeeper.pictures.undecodable import Undecodable

# Containers that recorders write. Playlists (hls, dash, concat) are left out: they name other files.
FORMATS: Final = "mov,matroska,avi,mpegts,mpeg,mpegvideo,h264,hevc,m4v,flv,asf,ivf,dhav,mxf,mjpeg"
PACKETS_MAX: Final = 500_000  # read in one call: more than four hours at 25 frames a second with sound
SEEK_WORTH_S: Final = 5.0  # nearer than that, reading on is as quick as seeking
FRAMES_MAX: Final = 1000  # asked for in one call


@dataclass(frozen=True, slots=True)
class FileFrame:
    """One key frame of a file.

    media_ms:    its place in the file, from the file's own beginning.
    fingerprint: BLAKE2b of 16 bytes, hexadecimal, over the coded frame: equal for byte-identical frames.
    """

    media_ms: int
    fingerprint: str
    planes: Planes


def key_frames(path: Path, *, count: int, every_s: float) -> Iterator[FileFrame | Undecodable]:
    """At most `count` key frames, each at least `every_s` after the one before.

    Whatever is wrong with the file is an `Undecodable`, and a file that cannot be read at all gives
    one and ends. Only a regular file of this machine is opened, never a URL, a device or what a
    playlist names.
    """
    opened = open_regular(path)
    if isinstance(opened, Undecodable):
        yield opened
        return
    with opened as file:
        try:
            with _container(file) as container:
                yield from _key_frames(container, min(count, FRAMES_MAX), every_s)
        except (av.FFmpegError, OSError) as error:
            yield Undecodable(f"not a video file that we read: {error.strerror}")


def _container(file: io.FileIO) -> InputContainer:
    return av.open(
        file,
        mode="r",
        container_options={"format_whitelist": FORMATS, "protocol_whitelist": "none"},
        io_open=_open_nothing_else,
    )


def _open_nothing_else(url: str, flags: int, options: dict[str, str]) -> Never:  # noqa: ARG001 - libavformat's call
    raise PermissionError("a video file may not name another file")


def _key_frames(container: InputContainer, count: int, every_s: float) -> Iterator[FileFrame | Undecodable]:
    if not container.streams.video:
        yield Undecodable("the file has no video")
        return
    stream = container.streams.video[0]
    tick = stream.time_base or Fraction(1, 1000)
    begins = stream.start_time or 0
    due, found, read = begins, 0, 0
    packets = container.demux(stream)
    while found < count and read < PACKETS_MAX:
        packet = next(packets, None)
        read += 1
        if packet is None or packet.size == 0:
            return
        at = packet.pts if packet.pts is not None else packet.dts
        if not packet.is_keyframe or (at is not None and at < due):
            continue
        found += 1
        yield _file_frame(stream, packet, media_ms=int(((at or begins) - begins) * tick * 1000))
        if at is not None:
            due = at + int(Fraction(every_s) / tick)
            if every_s >= SEEK_WORTH_S:
                container.seek(due, stream=stream)  # to the key frame before; the loop reads on from there
                packets = container.demux(stream)


def _file_frame(
    stream: VideoStream, packet: "Packet[VideoStream]", *, media_ms: int
) -> FileFrame | Undecodable:
    if packet.size > PICTURE_BYTES_MAX:
        return Undecodable("a key frame has more bytes than we decode")
    fingerprint = hashlib.blake2b(packet, digest_size=FINGERPRINT_BYTES).hexdigest()
    planes = key_frame_planes(stream.codec_context.codec.name, packet, stream.codec_context.extradata)
    return planes if isinstance(planes, Undecodable) else FileFrame(media_ms, fingerprint, planes)
