"""What H.264 and H.265 parameter sets and JPEG headers say of the picture. Bounded: hostile input gives None."""

import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from lenskeeper.base.codecs import Codec

SPS_BYTES_READ: Final = 2048  # what matters stands in the first 200 bytes unless scaling lists come first
SIDE_PIXELS_MAX: Final = 16_384  # level 7.2 of H.265 ends here
_HIGH_PROFILES: Final = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
_CROP_UNITS: Final = {0: (1, 1), 1: (2, 2), 2: (2, 1), 3: (1, 1)}  # chroma format -> horizontal, vertical


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """What a stream says of itself before a single pixel is decoded.

    width, height:  pixels as shown (cropped), at least 1.
    frame_rate:     pictures a second from the timing in the VUI, None if not said.
    profile:        profile_idc; 0 for JPEG.   level: level_idc / 10 (H.264) or / 30 (H.265); 0 for JPEG.
    chroma_format:  0 grey, 1 4:2:0, 2 4:2:2, 3 4:4:4.   bit_depth: of luma, 8 to 16.
    """

    width: int
    height: int
    frame_rate: float | None = None
    profile: int = 0
    level: float = 0.0
    chroma_format: int = 1
    bit_depth: int = 8


class _Short(Exception):
    """The bits ended before the sentence did, or a value is out of its range."""


class _Bits:
    """Reads bits from the left; a read beyond the end, or a code longer than 32 bits, is `_Short`."""

    __slots__ = ("_left", "_value")

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._left = len(data) * 8

    def u(self, n_bits: int) -> int:
        """An unsigned number of `n_bits`."""
        self._left -= n_bits
        if self._left < 0:
            raise _Short
        return (self._value >> self._left) & ((1 << n_bits) - 1)

    def skip(self, n_bits: int) -> None:
        """Pass over `n_bits`."""
        self._left -= n_bits
        if self._left < 0:
            raise _Short

    def golomb(self) -> int:
        """An unsigned Exp-Golomb code."""
        zeros = 0
        while not self.u(1):
            zeros += 1
            if zeros > 31:
                raise _Short
        return (1 << zeros) - 1 + self.u(zeros)

    def signed_golomb(self) -> int:
        """A signed Exp-Golomb code."""
        code = self.golomb()
        return (code + 1) // 2 if code & 1 else -(code // 2)


def facts(codec: Codec, parameter_sets: Iterable[bytes]) -> PictureFacts | None:
    """The facts from the first readable SPS among the NAL units; None if there is none."""
    for nal in parameter_sets:
        found = None
        if codec is Codec.H264 and nal and nal[0] & 0x1F == 7:
            found = h264_sps(nal)
        elif codec is Codec.H265 and nal and nal[0] >> 1 & 0x3F == 33:
            found = h265_sps(nal)
        if found is not None:
            return found
    return None


def unescaped(nal: bytes) -> bytes:
    """The NAL unit without its emulation prevention bytes, of its first `SPS_BYTES_READ` bytes."""
    head = nal[:SPS_BYTES_READ]
    if b"\0\0\3" not in head:
        return head
    out = bytearray()
    zeros = 0
    for byte in head:
        if zeros >= 2 and byte == 3:
            zeros = 0
            continue
        zeros = zeros + 1 if byte == 0 else 0
        out.append(byte)
    return bytes(out)


def h264_sps(nal: bytes) -> PictureFacts | None:
    """Read an H.264 sequence parameter set, NAL header included; None if it makes no sense.

    Source: ITU-T H.264 7.3.2.1.1 and E.1.1.
    """
    try:
        return _h264_sps(_Bits(unescaped(nal)[1:]))
    except _Short:
        return None


def _h264_sps(bits: _Bits) -> PictureFacts | None:
    profile = bits.u(8)
    bits.skip(8)
    level = bits.u(8)
    bits.golomb()  # id
    chroma, depth = 1, 8
    separate = False
    if profile in _HIGH_PROFILES:
        chroma = bits.golomb()
        if chroma > 3:
            return None
        separate = bool(chroma == 3 and bits.u(1))
        depth = 8 + bits.golomb()
        bits.golomb()  # chroma depth
        bits.skip(1)
        if bits.u(1):
            _skip_h264_scaling(bits, 8 if chroma != 3 else 12)
    bits.golomb()  # log2_max_frame_num
    _skip_h264_order(bits)
    bits.golomb()  # max_num_ref_frames
    bits.skip(1)
    width = (bits.golomb() + 1) * 16
    map_units = bits.golomb() + 1
    frames_only = bits.u(1)
    height = map_units * 16 * (2 - frames_only)
    if not frames_only:
        bits.skip(1)
    bits.skip(1)
    if bits.u(1):
        across, down = _CROP_UNITS[0 if separate else chroma]
        width -= (bits.golomb() + bits.golomb()) * across
        height -= (bits.golomb() + bits.golomb()) * down * (2 - frames_only)
    rate = _or_none(_h264_rate, bits) if bits.u(1) else None
    return _checked(PictureFacts(width, height, rate, profile, level / 10, chroma, depth))


def _skip_h264_scaling(bits: _Bits, n_lists: int) -> None:
    for index in range(n_lists):
        if bits.u(1):
            last = following = 8
            for _ in range(16 if index < 6 else 64):
                if following:
                    following = (last + bits.signed_golomb()) & 0xFF
                last = following or last


def _skip_h264_order(bits: _Bits) -> None:
    kind = bits.golomb()
    if kind == 0:
        bits.golomb()
    elif kind == 1:
        bits.skip(1)
        bits.signed_golomb()
        bits.signed_golomb()
        n_offsets = bits.golomb()
        if n_offsets > 255:
            raise _Short
        for _ in range(n_offsets):
            bits.signed_golomb()


def _skip_vui_head(bits: _Bits) -> None:
    """Aspect ratio, overscan, video signal and chroma location: the same in both standards."""
    if bits.u(1) and bits.u(8) == 255:
        bits.skip(32)
    if bits.u(1):
        bits.skip(1)
    if bits.u(1):
        bits.skip(4)
        if bits.u(1):
            bits.skip(24)
    if bits.u(1):
        bits.golomb()
        bits.golomb()


def _h264_rate(bits: _Bits) -> float | None:
    _skip_vui_head(bits)
    if not bits.u(1):
        return None
    units, scale = bits.u(32), bits.u(32)
    return _rate(scale, 2 * units)  # a tick is a field


def h265_sps(nal: bytes) -> PictureFacts | None:
    """Read an H.265 sequence parameter set, NAL header included; None if it makes no sense.

    Source: ITU-T H.265 7.3.2.2 and E.2.1.
    """
    try:
        return _h265_sps(_Bits(unescaped(nal)[2:]))
    except _Short:
        return None


def _h265_sps(bits: _Bits) -> PictureFacts | None:
    bits.skip(4)
    n_layers = bits.u(3)
    bits.skip(1)
    profile, level = _h265_profile(bits, n_layers)
    bits.golomb()  # id
    chroma = bits.golomb()
    if chroma > 3:
        return None
    separate = bool(chroma == 3 and bits.u(1))
    width, height = bits.golomb(), bits.golomb()
    if bits.u(1):
        across, down = _CROP_UNITS[0 if separate else chroma]
        width -= (bits.golomb() + bits.golomb()) * across
        height -= (bits.golomb() + bits.golomb()) * down
    depth = 8 + bits.golomb()
    bits.golomb()
    order_bits = bits.golomb() + 4
    known = _checked(PictureFacts(width, height, None, profile, level / 30, chroma, depth))
    rate = _or_none(lambda rest: _h265_rate(rest, n_layers, order_bits), bits)
    if known is None or rate is None:
        return known
    return PictureFacts(width, height, rate, profile, level / 30, chroma, depth)


def _h265_profile(bits: _Bits, n_layers: int) -> tuple[int, int]:
    bits.skip(3)
    profile = bits.u(5)
    bits.skip(80)
    level = bits.u(8)
    present = [(bits.u(1), bits.u(1)) for _ in range(n_layers)]
    if n_layers:
        bits.skip(2 * (8 - n_layers))
    for has_profile, has_level in present:
        bits.skip(88 * has_profile + 8 * has_level)
    return profile, level


def _h265_rate(bits: _Bits, n_layers: int, order_bits: int) -> float | None:
    """Everything between the bit depths and the timing in the VUI, passed over."""
    for _ in range(n_layers + 1 if bits.u(1) else 1):
        bits.golomb()
        bits.golomb()
        bits.golomb()
    for _ in range(6):
        bits.golomb()
    if bits.u(1) and bits.u(1):
        _skip_h265_scaling(bits)
    bits.skip(2)
    if bits.u(1):  # pcm
        bits.skip(8)
        bits.golomb()
        bits.golomb()
        bits.skip(1)
    _skip_h265_reference_sets(bits)
    if bits.u(1):  # long-term references
        n_long = bits.golomb()
        if n_long > 32:
            raise _Short
        bits.skip(n_long * (order_bits + 1))
    bits.skip(2)
    if not bits.u(1):
        return None
    _skip_vui_head(bits)
    bits.skip(3)
    if bits.u(1):  # default display window
        for _ in range(4):
            bits.golomb()
    if not bits.u(1):
        return None
    units, scale = bits.u(32), bits.u(32)
    return _rate(scale, units)


def _skip_h265_scaling(bits: _Bits) -> None:
    for size in range(4):
        for _ in range(2 if size == 3 else 6):
            if not bits.u(1):
                bits.golomb()
                continue
            if size > 1:
                bits.signed_golomb()
            for _ in range(min(64, 1 << (4 + 2 * size))):
                bits.signed_golomb()


def _skip_h265_reference_sets(bits: _Bits) -> None:
    n_sets = bits.golomb()
    if n_sets > 64:
        raise _Short
    n_before = 0
    for index in range(n_sets):
        if index and bits.u(1):  # predicted from the set before
            bits.skip(1)
            bits.golomb()
            n_now = 0
            for _ in range(n_before + 1):
                n_now += bits.u(1) or bits.u(1)
        else:
            n_negative, n_positive = bits.golomb(), bits.golomb()
            n_now = n_negative + n_positive
            if n_now > 32:
                raise _Short
            for _ in range(n_now):
                bits.golomb()
                bits.skip(1)
        n_before = n_now


def _rate(scale: int, units: int) -> float | None:
    """Pictures a second; None where the figures are plainly no frame rate (many encoders leave nonsense)."""
    if units == 0 or scale == 0:
        return None
    rate = scale / units
    return rate if 0.01 <= rate <= 1000 else None


def _or_none(read: Callable[[_Bits], float | None], bits: _Bits) -> float | None:
    """A frame rate is a bonus: a VUI that breaks off does not cost us the size."""
    try:
        return read(bits)
    except _Short:
        return None


def _checked(found: PictureFacts) -> PictureFacts | None:
    sides = (found.width, found.height)
    return found if all(1 <= side <= SIDE_PIXELS_MAX for side in sides) and found.bit_depth <= 16 else None


def set_key(codec: Codec, nal: bytes) -> tuple[int, int] | None:
    """Which parameter set this is: (NAL unit type, id); None if it is none or its id cannot be read.

    H.264: 7 SPS, 8 PPS. H.265: 32 VPS, 33 SPS, 34 PPS.
    """
    try:
        if codec is Codec.H264:
            kind = nal[0] & 0x1F
            skipped = {7: 4, 8: 1}.get(kind)
            if skipped is None:
                return None
            number = _Bits(nal[skipped : skipped + 8]).golomb()
        else:
            kind = nal[0] >> 1 & 0x3F
            if kind not in {32, 33, 34} or len(nal) < 4:
                return None
            number = _h265_set_id(kind, nal)
    except (_Short, IndexError):
        return None
    return (kind, number) if number < 256 else None


def _h265_set_id(kind: int, nal: bytes) -> int:
    if kind == 32:
        return nal[2] >> 4
    if kind == 34:
        return _Bits(nal[2:10]).golomb()
    bits = _Bits(unescaped(nal)[2:])
    bits.skip(4)
    n_layers = bits.u(3)
    bits.skip(1)
    _h265_profile(bits, n_layers)
    return bits.golomb()


def h264_slice_is_intra(data: bytes, header_at: int, end: int) -> bool:
    """Whether the H.264 slice whose header begins at data[header_at] is an I or SI slice. Source: 7.4.3, table 7-6."""
    bits = _Bits(data[header_at : min(end, header_at + 12)])
    try:
        bits.golomb()
        return bits.golomb() % 5 in {2, 4}
    except _Short:
        return False


def h264_sei_recovers(nal: bytes) -> bool:
    """Whether an H.264 SEI NAL unit holds a recovery point (payload type 6). Source: D.1.8."""
    data = unescaped(nal)
    at = 1
    while at + 2 <= len(data) and data[at] != 0x80:
        kind = size = 0
        while at < len(data) and data[at] == 0xFF:
            kind += 255
            at += 1
        kind += data[at] if at < len(data) else 0
        at += 1
        while at < len(data) and data[at] == 0xFF:
            size += 255
            at += 1
        size += data[at] if at < len(data) else 0
        at += 1
        if kind == 6:
            return at < len(data)
        at += size
    return False


def jpeg_facts(data: bytes) -> PictureFacts | None:
    """Size and form of a JPEG from its first frame header; None if none is found among 64 segments."""
    at = 2
    for _ in range(64):
        at = data.find(b"\xff", at)
        if at < 0 or at + 10 > len(data):
            return None
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            depth, height, width, n_parts = struct.unpack_from(">BHHB", data, at + 4)
            return _checked(
                PictureFacts(width, height, chroma_format=_jpeg_chroma(data, at, n_parts), bit_depth=depth)
            )
        at += 2 + struct.unpack_from(">H", data, at + 2)[0]
    return None


def _jpeg_chroma(data: bytes, at: int, n_parts: int) -> int:
    if n_parts < 3 or at + 11 >= len(data):
        return 0 if n_parts == 1 else 1
    return {0x22: 1, 0x21: 2, 0x11: 3}.get(data[at + 11], 1)
