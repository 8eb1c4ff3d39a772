"""JPEG pictures out of RTP packets (RFC 2435): the headers that the packets leave out are put back."""

import struct
from typing import Final

from lenskeeper.base.codecs import Codec
from lenskeeper.protocols.keyunits import KEY, OPEN, SKIP, KeyFrameCollector, KeyUnit

TABLE_BYTES_MAX: Final = 512  # four tables of 16 bits; two of 8 bits are what is sent

# RFC 2435 appendix A, which is ITU-T T.81 tables K.1 and K.2 in zigzag order
_LUMA: Final = bytes.fromhex(
    "100b0c0e0c0a100e0d0e1211101318281a181616183123251d283a333d3c3933"
    "383740485c4e404457453738506d51575f626768673e4d71797064785c656763"
)
_CHROMA: Final = bytes.fromhex("1112121815182f1a1a2f63423842" + "63" * 50)
# ITU-T T.81 tables K.3 to K.6, as DHT contents (class and id, 16 counts, values)
_HUFFMAN: Final = tuple(
    bytes.fromhex(text)
    for text in (
        "0000010501010101010100000000000000000102030405060708090a0b",
        (
            "100002010303020403050504040000017d01020300041105122131410613516107227114328191a1082342b1c11552d1f0"
            "2433627282090a161718191a25262728292a3435363738393a434445464748494a535455565758595a636465666768696a"
            "737475767778797a838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7"
            "c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa"
        ),
        "0100030101010101010101010000000000000102030405060708090a0b",
        (
            "1100020102040403040705040400010277000102031104052131061241510761711322328108144291a1b1c109233352f0"
            "156272d10a162434e125f11718191a262728292a35363738393a434445464748494a535455565758595a63646566676869"
            "6a737475767778797a82838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5"
            "c6c7c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8f9fa"
        ),
    )
)
_JFIF: Final = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
_END: Final = b"\xff\xd9"
_MAIN: Final = struct.Struct(">IBBBB").unpack_from  # type-specific and offset, type, Q, width / 8, height / 8
_WORD: Final = struct.Struct(">H").unpack_from


class JpegCollector(KeyFrameCollector):
    """Whole pictures of a motion JPEG track; each is a key picture."""

    __slots__ = ("_announced_size", "_form", "_is_file", "_tables", "_tables_by_q")

    def __init__(self, payload_type: int, width: int = 0, height: int = 0) -> None:
        """width, height: pixels as the SDP says, used where a side is too long for the packet (above 2040)."""
        super().__init__(payload_type)
        self._announced_size = (width, height)
        self._form = (0, 0, 0, 0)  # type, width, height, restart interval
        self._tables: tuple[bytes, ...] = ()
        self._tables_by_q: dict[int, tuple[bytes, ...]] = {}
        self._is_file = False

    def _payload(self, data: bytes, body: int, end: int) -> None:
        if self._state == SKIP:
            return
        if end - body < 8:
            self.tally.malformed += 1
            return
        place, kind, quality, across, down = _MAIN(data, body)
        offset = place & 0xFFFFFF
        at = body + 8
        interval = 0
        if 64 <= kind <= 127:
            if end - at < 4:
                self.tally.malformed += 1
                return
            interval = _WORD(data, at)[0]
            at += 4
        if self._state == OPEN:
            if offset != 0:
                self._no_key()  # we joined amid a picture
                return
            self._key_begins()
            begun = self._opened(data, at, end, (kind, quality, across * 8, down * 8, interval))
            if begun < 0:
                self.tally.malformed += 1
                self._drop()
                return
            at = begun
        elif offset != self._size:
            self._drop()
            return
        self._gather(data[at:end])

    def _opened(self, data: bytes, at: int, end: int, head: tuple[int, int, int, int, int]) -> int:
        """Read what only the first fragment has; return where its scan data begin, or -1."""
        kind, quality, width, height, interval = head
        width, height = width or self._announced_size[0], height or self._announced_size[1]
        if kind & 0x3F > 1 or kind > 127 or quality == 0 or not 0 < width < 65536 or not 0 < height < 65536:
            return -1
        self._form = (kind & 1, width, height, interval)
        if quality >= 128:
            at = self._read_tables(data, at, end, quality)
        else:
            self._tables = _scaled(quality)
        if at >= 0:
            self._is_file = (
                data[at : at + 3] == b"\xff\xd8\xff"
            )  # whole files in the packets, against the RFC
        return at

    def _read_tables(self, data: bytes, at: int, end: int, quality: int) -> int:
        """RFC 2435 3.1.8: | 0 | precision | length (2) | tables |; no tables means those of before."""
        if end - at < 4:
            return -1
        precision, length = data[at + 1], data[at + 2] << 8 | data[at + 3]
        at += 4
        if length == 0:
            self._tables = self._tables_by_q.get(quality, ())
            return at if self._tables else -1
        if length > TABLE_BYTES_MAX or at + length > end:
            return -1
        tables = []
        begin = at
        for index in range(4):
            size = 128 if precision >> index & 1 else 64
            if begin + size > at + length:
                break
            tables.append(data[begin : begin + size])
            begin += size
        if not tables:
            return -1
        self._tables = tuple(tables[:2])
        if quality != 255:  # 255 means: they may change with every picture
            self._tables_by_q[quality] = self._tables
        return at + length

    def _resumes(self, data: bytes, body: int, end: int) -> bool:
        return end - body >= 8 and data[body + 1 : body + 4] != b"\0\0\0"

    def _finish(self) -> KeyUnit | None:
        scan = b"".join(self._slices)
        head = b"" if self._is_file else _headers(*self._form, self._tables)
        tail = b"" if scan.endswith(_END) else _END
        return KeyUnit(Codec.JPEG, head + scan + tail, self._timestamp, len(head), self._n_packets)

    def _ends_at_marker(self) -> bool:
        return self._state == KEY


def _scaled(quality: int) -> tuple[bytes, ...]:
    """The tables of a quality from 1 to 99 (RFC 2435 4.2, appendix A); 100 to 127 are reserved and taken as 99."""
    factor = min(quality, 99)
    scale = 5000 // factor if factor < 50 else 200 - 2 * factor
    return tuple(
        bytes(min(max((step * scale + 50) // 100, 1), 255) for step in table) for table in (_LUMA, _CHROMA)
    )


def _segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def _headers(kind: int, width: int, height: int, interval: int, tables: tuple[bytes, ...]) -> bytes:
    """Everything in front of the scan data. Type 0 is 4:2:2, type 1 is 4:2:0 (RFC 2435 4.1)."""
    parts = [_JFIF]
    for index, table in enumerate(tables):
        parts.append(_segment(0xDB, bytes((index | (0x10 if len(table) == 128 else 0),)) + table))
    if interval:
        parts.append(_segment(0xDD, struct.pack(">H", interval)))
    chroma = len(tables) - 1
    components = bytes((1, 0x22 if kind else 0x21, 0, 2, 0x11, chroma, 3, 0x11, chroma))
    parts.append(_segment(0xC0, struct.pack(">BHHB", 8, height, width, 3) + components))
    parts += [_segment(0xC4, table) for table in _HUFFMAN]
    parts.append(_segment(0xDA, bytes((3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0))))
    return b"".join(parts)
