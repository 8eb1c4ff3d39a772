"""Access units cut into RTP payloads, as cameras cut them (RFC 6184, RFC 7798, RFC 2435).

Written from the documents and apart from our own depacketiser, so that each can find the other wrong.
"""

import struct
from collections.abc import Iterator, Sequence
from typing import Final

PAYLOAD_BYTES_MAX: Final = 1_400  # what an Ethernet frame holds with a VPN's header to spare
START_CODE: Final = b"\x00\x00\x00\x01"


def nal_units(annex_b: bytes) -> list[bytes]:
    """The NAL units between the start codes (00 00 01), without trailing zero bytes."""
    out = []
    at = annex_b.find(b"\x00\x00\x01")
    while at >= 0:
        start = at + 3
        at = annex_b.find(b"\x00\x00\x01", start)
        out.append((annex_b[start:at] if at >= 0 else annex_b[start:]).rstrip(b"\x00"))
    return [nal for nal in out if nal]


def _groups(nals: Sequence[bytes], overhead: int, most: int) -> Iterator[list[bytes]]:
    """Neighbouring NAL units that fit into one packet together; one that does not fit stands alone."""
    group: list[bytes] = []
    size = overhead
    for nal in nals:
        need = 2 + len(nal)
        if group and size + need > most:
            yield group
            group, size = [], overhead
        group.append(nal)
        size += need
    if group:
        yield group


def h264_payloads(nals: Sequence[bytes], most: int = PAYLOAD_BYTES_MAX) -> list[bytes]:
    """Single packets, STAP-A where small units stand side by side, FU-A where one is too large."""
    out: list[bytes] = []
    for group in _groups(nals, 1, most):
        if len(group) > 1:
            importance = max(nal[0] & 0x60 for nal in group)
            out.append(bytes([importance | 24]) + b"".join(struct.pack(">H", len(n)) + n for n in group))
        elif len(group[0]) <= most:
            out.append(group[0])
        else:
            head, body = group[0][0], group[0][1:]
            cuts = range(0, len(body), most - 2)
            for at in cuts:
                flags = (0x80 if at == 0 else 0) | (0x40 if at == cuts[-1] else 0)
                out.append(bytes([head & 0x60 | 28, flags | head & 0x1F]) + body[at : at + most - 2])
    return out


def h265_payloads(nals: Sequence[bytes], most: int = PAYLOAD_BYTES_MAX) -> list[bytes]:
    """Single packets, aggregation packets (48) and fragmentation units (49); no DON fields."""
    out: list[bytes] = []
    for group in _groups(nals, 2, most):
        if len(group) > 1:
            out.append(bytes([48 << 1, group[0][1]]) + b"".join(struct.pack(">H", len(n)) + n for n in group))
        elif len(group[0]) <= most:
            out.append(group[0])
        else:
            nal = group[0]
            kind, body = nal[0] >> 1 & 0x3F, nal[2:]
            cuts = range(0, len(body), most - 3)
            for at in cuts:
                flags = (0x80 if at == 0 else 0) | (0x40 if at == cuts[-1] else 0)
                out.append(bytes([nal[0] & 0x81 | 49 << 1, nal[1], flags | kind]) + body[at : at + most - 3])
    return out


def _segments(jpeg: bytes) -> Iterator[tuple[int, bytes, int]]:
    """(marker, body, offset behind it) of each segment of a JPEG file up to the start of scan."""
    at = 2
    while at + 4 <= len(jpeg):
        marker = jpeg[at + 1]
        size = int.from_bytes(jpeg[at + 2 : at + 4], "big")
        yield marker, jpeg[at + 4 : at + 2 + size], at + 2 + size
        if marker == 0xDA:
            return
        at += 2 + size


def jpeg_payloads(jpeg: bytes, most: int = PAYLOAD_BYTES_MAX) -> list[bytes]:
    """RFC 2435 payloads of a baseline JPEG file with the usual Huffman tables.

    Type 1 for 4:2:0 and 0 for 4:2:2, Q 255: the quantisation tables travel in the first packet of each picture.
    Sides must be multiples of 8 and at most 2040, else ValueError.
    """
    tables, kind, size, scan = b"", 1, (0, 0), b""
    for marker, body, end in _segments(jpeg):
        if marker == 0xDB:
            at = 0
            while at < len(body):
                tables += body[at + 1 : at + 65]
                at += 65
        elif marker == 0xC0:
            height, width = struct.unpack(">HH", body[1:5])
            size = (width, height)
            kind = {0x22: 1, 0x21: 0}[body[7]]
        elif marker == 0xDA:
            scan = jpeg[end : jpeg.rindex(b"\xff\xd9")]
    if size[0] % 8 or size[1] % 8 or not 0 < max(size) <= 2040:
        raise ValueError(f"RFC 2435 cannot carry a JPEG of {size[0]} x {size[1]}")
    out = []
    at = 0
    while at < len(scan):
        head = struct.pack(">IBBBB", at, kind, 255, size[0] // 8, size[1] // 8)
        if at == 0:
            head += struct.pack(">BBH", 0, 0, len(tables)) + tables
        room = most - len(head)
        out.append(head + scan[at : at + room])
        at += room
    return out
