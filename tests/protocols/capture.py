"""Captures read from tests/captures: see the README there for the form."""

import re
from dataclasses import dataclass
from pathlib import Path

from tests.protocols import clips
from tests.protocols.packetiser import Picture, h264_payloads, h265_payloads, interleaved, nal_units, stream

from lenskeeper.base.codecs import Codec

FOLDER = Path(__file__).parents[1] / "captures"


@dataclass(frozen=True, slots=True)
class Turn:
    """What we say (lines without their ends) and the bytes that come back."""

    asks: tuple[str, ...]
    answer: bytes


@dataclass(frozen=True, slots=True)
class Capture:
    """One session with a camera."""

    name: str
    codec: Codec
    channel: int
    expect: dict[str, str]
    turns: tuple[Turn, ...]


def names() -> list[str]:
    """Every capture there is."""
    return sorted(path.name for path in FOLDER.glob("*.txt"))


def read(name: str) -> Capture:
    """Read one capture, media put in."""
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    expect = dict(
        pair.split("=") for line in lines if line.startswith("# expect:") for pair in line[9:].split()
    )
    codec = Codec(expect["codec"])
    channel = int(expect.get("channels", "0-1").split("-")[0])
    media = key_picture(codec, channel, int(expect.get("payload_type", "96")))
    turns: list[Turn] = []
    asks: list[str] = []
    said: list[str] = []
    for line in [*lines, "> END"]:
        if line.startswith(">"):
            if said:
                turns.append(Turn(tuple(asks), _answer(said, media)))
                asks, said = [], []
            asks.append(line[2:])
        elif line.startswith("<"):
            said.append(line)
    return Capture(name, codec, channel, expect, tuple(turns))


def _answer(said: list[str], media: bytes) -> bytes:
    wire = b""
    for line in said:
        if line.startswith("<$"):
            wire += media
        else:
            wire += line[2:].strip(" ").encode() + (b"\n" if line.startswith("<|") else b"\r\n")
    return re.sub(rb"(Content-Length: *)\*(-\d+)?", lambda match: _length(match, wire), wire)


def _length(match: re.Match[bytes], wire: bytes) -> bytes:
    body = wire[wire.index(b"\r\n\r\n", match.end()) + 4 :]
    return match[1] + str(len(body) + int(match[2] or 0)).encode()


def key_picture(codec: Codec, channel: int, payload_type: int) -> bytes:
    """A key picture of ours with its parameter sets, and the next picture, interleaved."""
    units, cut = (clips.h264(), h264_payloads) if codec is Codec.H264 else (clips.h265(), h265_payloads)
    pictures = [
        Picture(tuple(cut(nal_units(unit), 1400)), 3600 * index) for index, unit in enumerate(units[:2])
    ]
    return interleaved(stream(pictures, payload_type=payload_type), channel)
