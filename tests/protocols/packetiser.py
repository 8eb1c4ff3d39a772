"""Pictures cut into RTP packets, as a camera would: the plain opposite of what the product does, written apart from it."""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Picture:
    """The NAL units of one picture (or the payloads of one JPEG), ready to send."""

    payloads: tuple[bytes, ...]
    timestamp: int


def nal_units(annex_b: bytes) -> list[bytes]:
    """The NAL units between the start codes."""
    return annex_b.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")[1:]


def rtp(
    sequence: int,
    timestamp: int,
    payload: bytes,
    *,
    marker: bool = False,
    payload_type: int = 96,
    csrcs: Sequence[int] = (),
    extension: bytes | None = None,
    padding: int = 0,
) -> bytes:
    """One RTP packet. extension: whole words behind the 0xABAC word of ONVIF; padding: bytes, 0 for none."""
    first = 0x80 | len(csrcs) | (0x10 if extension is not None else 0) | (0x20 if padding else 0)
    head = struct.pack(
        ">BBHII", first, payload_type | (0x80 if marker else 0), sequence & 0xFFFF, timestamp, 0xC0FFEE
    )
    head += b"".join(struct.pack(">I", source) for source in csrcs)
    if extension is not None:
        head += struct.pack(">HH", 0xABAC, len(extension) // 4) + extension
    tail = bytes(padding - 1) + bytes([padding]) if padding else b""
    return head + payload + tail


def stream(
    pictures: Iterable[Picture], *, first_sequence: int = 65_500, payload_type: int = 96
) -> list[bytes]:
    """The packets of some pictures; the marker on the last of each; numbers that wrap around early."""
    packets = []
    sequence = first_sequence
    for picture in pictures:
        for index, payload in enumerate(picture.payloads):
            marker = index == len(picture.payloads) - 1
            packets.append(
                rtp(sequence, picture.timestamp, payload, marker=marker, payload_type=payload_type)
            )
            sequence = (sequence + 1) & 0xFFFF
    return packets


def interleaved(packets: Iterable[bytes], channel: int = 0) -> bytes:
    """The packets as they stand on an RTSP connection."""
    return b"".join(struct.pack(">BBH", 0x24, channel, len(packet)) + packet for packet in packets)


def h264_payloads(units: Sequence[bytes], mtu: int, *, aggregate: bool = False) -> list[bytes]:
    """Single NAL units, FU-A where they are too long, and STAP-A for runs of short ones if asked for."""
    payloads: list[bytes] = []
    run: list[bytes] = []
    for unit in units:
        if aggregate and len(unit) < 200:
            run.append(unit)
            continue
        payloads += _stap_a(run)
        run = []
        payloads += [unit] if len(unit) <= mtu else _fu_a(unit, mtu)
    return payloads + _stap_a(run)


def _stap_a(run: Sequence[bytes]) -> list[bytes]:
    if len(run) < 2:
        return list(run)
    return [b"\x78" + b"".join(struct.pack(">H", len(unit)) + unit for unit in run)]


def _fu_a(unit: bytes, mtu: int) -> list[bytes]:
    pieces = [unit[at : at + mtu - 2] for at in range(1, len(unit), mtu - 2)]
    payloads = []
    for index, piece in enumerate(pieces):
        flags = (0x80 if index == 0 else 0) | (0x40 if index == len(pieces) - 1 else 0)
        payloads.append(bytes([unit[0] & 0xE0 | 28, flags | unit[0] & 0x1F]) + piece)
    return payloads


def h265_payloads(
    units: Sequence[bytes], mtu: int, *, aggregate: bool = False, order: bool = False
) -> list[bytes]:
    """Single NAL units, FU where too long, AP for runs of short ones; order: with decoding order numbers."""
    payloads: list[bytes] = []
    run: list[bytes] = []
    don = struct.pack(">H", 7) if order else b""
    for unit in units:
        if aggregate and len(unit) < 200:
            run.append(unit)
            continue
        payloads += _ap(run, don)
        run = []
        payloads += [unit[:2] + don + unit[2:]] if len(unit) <= mtu else _fu(unit, mtu, don)
    return payloads + _ap(run, don)


def _ap(run: Sequence[bytes], don: bytes) -> list[bytes]:
    if len(run) < 2:
        return [unit[:2] + don + unit[2:] for unit in run]
    body = b""
    for index, unit in enumerate(run):
        body += (don if index == 0 else b"\0" * (len(don) // 2)) + struct.pack(">H", len(unit)) + unit
    return [b"\x60\x01" + body]


def _fu(unit: bytes, mtu: int, don: bytes) -> list[bytes]:
    pieces = [unit[at : at + mtu - 3] for at in range(2, len(unit), mtu - 3)]
    payloads = []
    for index, piece in enumerate(pieces):
        flags = (0x80 if index == 0 else 0) | (0x40 if index == len(pieces) - 1 else 0)
        head = bytes([unit[0] & 0x81 | 49 << 1, unit[1], flags | unit[0] >> 1 & 0x3F])
        payloads.append(head + (don if index == 0 else b"") + piece)
    return payloads


@dataclass(frozen=True, slots=True)
class JpegParts:
    """A baseline JPEG taken apart: what RFC 2435 sends and what it leaves out."""

    width: int
    height: int
    kind: int
    tables: bytes
    interval: int
    scan: bytes


def jpeg_parts(jpeg: bytes) -> JpegParts:
    """Take a JPEG with standard Huffman tables apart."""
    at, tables, interval, size, kind = 2, b"", 0, (0, 0), 1
    while True:
        marker, length = jpeg[at + 1], int.from_bytes(jpeg[at + 2 : at + 4], "big")
        content = jpeg[at + 4 : at + 2 + length]
        if marker == 0xDB:
            for begin in range(0, len(content), 65):
                tables += content[begin + 1 : begin + 65]
        elif marker == 0xDD:
            interval = int.from_bytes(content, "big")
        elif marker == 0xC0:
            size = (int.from_bytes(content[3:5], "big"), int.from_bytes(content[1:3], "big"))
            kind = {0x21: 0, 0x22: 1}[content[7]]
        at += 2 + length
        if marker == 0xDA:
            scan = jpeg[at:].removesuffix(b"\xff\xd9")
            return JpegParts(size[0], size[1], kind, tables, interval, scan)


def jpeg_payloads(parts: JpegParts, mtu: int, *, quality: int = 255, send_tables: bool = True) -> list[bytes]:
    """RFC 2435 payloads; tables in band from quality 128 on."""
    payloads = []
    kind = parts.kind + (64 if parts.interval else 0)
    cuts = [*range(0, len(parts.scan), mtu), len(parts.scan)]
    for begin, stop in pairwise(cuts):
        head = struct.pack(">IBBBB", begin, kind, quality, parts.width // 8 & 0xFF, parts.height // 8 & 0xFF)
        if parts.interval:
            head += struct.pack(">HH", parts.interval, 0xFFFF)
        if begin == 0 and quality >= 128:
            tables = parts.tables if send_tables else b""
            head += struct.pack(">BBH", 0, 0, len(tables)) + tables
        payloads.append(head + parts.scan[begin:stop])
    return payloads
