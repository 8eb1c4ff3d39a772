"""Key pictures of H.264 (RFC 6184) and H.265 (RFC 7798) out of RTP packets."""

from typing import Final

from lenskeeper.base.codecs import Codec
from lenskeeper.protocols import bitstream
from lenskeeper.protocols.keyunits import KEY, OPEN, SKIP, START_CODE, KeyFrameCollector, KeyUnit
from lenskeeper.protocols.sdp import PARAMETER_SET_BYTES_MAX, PARAMETER_SETS_MAX

SEI_BYTES_MAX: Final = 64 * 1024  # per picture; some makers put their analytics there

# H.264 NAL unit types (table 7-1) and RTP packet types (RFC 6184 table 1)
_SLICE, _IDR, _SEI, _SPS, _PPS = 1, 5, 6, 7, 8
_STAP_A, _STAP_B, _FU_A, _FU_B = 24, 25, 28, 29
_CODED: Final = frozenset({_SLICE, _IDR})
_FRAGMENTS: Final = frozenset({_FU_A, _FU_B})
# H.265 NAL unit types (table 7-1) and RTP packet types (RFC 7798 4.4)
_IRAP_FIRST, _IRAP_LAST, _VCL_LAST = 16, 21, 31
_VPS_265, _SPS_265, _PPS_265, _SEI_265 = 32, 33, 34, 39
_AP, _FU = 48, 49


class _NalCollector(KeyFrameCollector):
    """What H.264 and H.265 share: parameter sets from two sources, SEI, slices, and a picture that waits for a PPS."""

    __slots__ = ("_announced", "_fragment", "_held", "_in_band", "_prefix", "_prefix_size")

    CODEC: Codec
    NEEDED: frozenset[int]  # the parameter sets without which no decoder shows anything

    def __init__(self, payload_type: int, announced: tuple[bytes, ...] = ()) -> None:
        super().__init__(payload_type)
        self._announced = announced
        self._in_band: dict[tuple[int, int], bytes] = {}
        self._prefix: list[bytes] = []
        self._prefix_size = 0
        self._fragment: list[bytes] | None = (
            None  # SEI or slices, while a fragmented unit of theirs is coming
        )
        self._held: tuple[list[bytes], list[bytes], int, int] | None = None

    def packet(self, data: bytes, start: int, end: int) -> KeyUnit | None:
        """See `KeyFrameCollector.packet`; hands out a picture also when its late parameter set has come."""
        found = super().packet(data, start, end)
        if self._held is not None and found is None and self._has_needed():
            prefix, slices, timestamp, n_packets = self._held
            self._held = None
            self.tally.key_units += 1
            return self._built(prefix, slices, timestamp, n_packets)
        return found

    def _parameter_set(self, nal: bytes) -> None:
        key = bitstream.set_key(self.CODEC, nal)
        if key is None or len(nal) > PARAMETER_SET_BYTES_MAX:
            self.tally.malformed += 1
        elif key in self._in_band or len(self._in_band) < 2 * PARAMETER_SETS_MAX:
            self._in_band[key] = nal

    def _sei(self, nal: bytes) -> None:
        if self._state == OPEN:
            self._prefix_size += len(nal)
            if self._prefix_size <= SEI_BYTES_MAX:
                self._prefix += (START_CODE, nal)

    def _sets(self) -> list[bytes]:
        """Those in band and, of each kind of which none came in band, those of the SDP; VPS, SPS, PPS."""
        chosen = dict(self._in_band)
        kinds = {kind for kind, _ in chosen}
        for nal in self._announced:
            key = bitstream.set_key(self.CODEC, nal)
            if key is not None and key[0] not in kinds:
                chosen[key] = nal
        return [chosen[key] for key in sorted(chosen)]

    def _has_needed(self) -> bool:
        kinds = {kind for kind, _ in self._in_band}
        if not kinds >= self.NEEDED:
            kinds |= {key[0] for nal in self._announced if (key := bitstream.set_key(self.CODEC, nal))}
        return kinds >= self.NEEDED

    def _finish(self) -> KeyUnit | None:
        if not self._has_needed():
            self._held = (self._prefix, self._slices, self._timestamp, self._n_packets)
            return None
        self._held = None
        return self._built(self._prefix, self._slices, self._timestamp, self._n_packets)

    def _built(self, prefix: list[bytes], slices: list[bytes], timestamp: int, n_packets: int) -> KeyUnit:
        sets = self._sets()
        head = b"".join([*(START_CODE + nal for nal in sets), *prefix])
        data = b"".join([head, *slices])
        return KeyUnit(self.CODEC, data, timestamp, len(head), n_packets, tuple(sets))

    def _clear(self) -> None:
        super()._clear()
        self._prefix = []
        self._prefix_size = 0
        self._fragment = None

    def _ends_at_marker(self) -> bool:
        return self._fragment is None

    def _go_on(self, data: bytes, body: int, end: int, *, last: bool) -> None:
        """A middle or last fragment."""
        if self._fragment is None:
            if self._state == OPEN:  # we joined amid a picture
                self._no_key()
        elif self._state == KEY:
            self._gather(data[body:end])
        elif self._prefix_size + end - body <= SEI_BYTES_MAX:
            self._prefix_size += end - body
            self._fragment.append(data[body:end])
        if last:
            self._fragment = None


class H264Collector(_NalCollector):
    """Key pictures of an H.264 track: IDR, or I slices behind a recovery point where an encoder never sends IDR."""

    __slots__ = ("_is_idr", "_recovers")

    CODEC = Codec.H264
    NEEDED = frozenset({_SPS, _PPS})

    def __init__(self, payload_type: int, announced: tuple[bytes, ...] = ()) -> None:
        super().__init__(payload_type, announced)
        self._recovers = False
        self._is_idr = False

    def _payload(self, data: bytes, body: int, end: int) -> None:
        kind = data[body] & 0x1F
        if kind in _FRAGMENTS:
            self._fragmented(data, body, end, skipped=2 if kind == _FU_A else 4)
        elif self._state == SKIP and self._held is None:
            return
        elif 0 < kind < _STAP_A:
            self._nal(data, body, end)
        elif kind == _STAP_A:
            self._aggregated(data, body + 1, end)
        elif kind == _STAP_B:
            self._aggregated(data, body + 3, end)
        else:
            self.tally.unusual += 1  # MTAP16, MTAP24: no camera known

    def _fragmented(self, data: bytes, body: int, end: int, *, skipped: int) -> None:
        """FU-A: | indicator | S E R type | ...; FU-B has two bytes of decoding order in its first fragment."""
        if end - body < 3:
            self.tally.malformed += 1
            return
        header = data[body + 1]
        if not header & 0x80:
            if self._state != SKIP:
                self._go_on(data, body + 2, end, last=bool(header & 0x40))
            return
        kind = header & 0x1F
        at = body + skipped
        if self._state != SKIP and at < end:
            first = bytes((data[body] & 0xE0 | kind,))
            if kind in _CODED:
                self._slice(kind, data, at, end, first)
            elif kind == _SEI and self._state == OPEN:
                self._sei(first + data[at:end])
                self._fragment = self._prefix

    def _aggregated(self, data: bytes, at: int, end: int) -> None:
        while at + 2 < end:
            size = data[at] << 8 | data[at + 1]
            at += 2
            if size == 0 or at + size > end:
                self.tally.malformed += 1
                return
            self._nal(data, at, at + size)
            at += size

    def _nal(self, data: bytes, at: int, end: int) -> None:
        """One whole NAL unit."""
        kind = data[at] & 0x1F
        if kind in _CODED:
            if self._state != SKIP:
                self._slice(kind, data, at + 1, end, data[at : at + 1])
            self._fragment = None
        elif kind in {_SPS, _PPS}:
            self._parameter_set(data[at:end])
        elif kind == _SEI:
            nal = data[at:end]
            self._recovers = self._recovers or bitstream.h264_sei_recovers(nal)
            self._sei(nal)
        elif 2 <= kind <= 4:  # data partitions, extended profile
            self.tally.unusual += 1

    def _slice(self, kind: int, data: bytes, at: int, end: int, first: bytes) -> None:
        """A slice begins; its header is at data[at], behind the NAL header `first`."""
        if at >= end:
            self.tally.malformed += 1
            return
        wanted = kind == _IDR or (self._recovers and bitstream.h264_slice_is_intra(data, at, end))
        if self._state == OPEN:
            if not wanted:
                self._no_key()
                return
            self._key_begins()
            self._is_idr = kind == _IDR
            if not data[at] & 0x80:  # first_mb_in_slice is not 0: the beginning is lost
                self._drop()
                return
        elif not (wanted or self._is_idr):  # behind an IDR it is the second field of an interlaced picture
            self._drop()
            return
        self._slices += (START_CODE, first)
        self._gather(data[at:end])
        self._fragment = self._slices

    def _resumes(self, data: bytes, body: int, end: int) -> bool:
        kind = data[body] & 0x1F
        if kind in _FRAGMENTS:
            if end - body < 3 or not data[body + 1] & 0x80:
                return True
            body, kind = body + (1 if kind == _FU_A else 3), data[body + 1] & 0x1F
        return kind in _CODED and body + 1 < end and not data[body + 1] & 0x80

    def _clear(self) -> None:
        super()._clear()
        self._recovers = False


class H265Collector(_NalCollector):
    """Key pictures of an H.265 track: every picture at which decoding may begin (IDR, CRA, BLA)."""

    __slots__ = ("_has_order",)

    CODEC = Codec.H265
    NEEDED = frozenset({_VPS_265, _SPS_265, _PPS_265})

    def __init__(self, payload_type: int, announced: tuple[bytes, ...] = (), max_don_diff: int = 0) -> None:
        super().__init__(payload_type, announced)
        self._has_order = max_don_diff > 0

    def _payload(self, data: bytes, body: int, end: int) -> None:
        if end - body < 3:
            self.tally.malformed += 1
            return
        kind = data[body] >> 1 & 0x3F
        if kind == _FU:
            self._fragmented(data, body, end)
        elif self._state == SKIP and self._held is None:
            return
        elif kind < _AP:
            order = 2 if self._has_order else 0
            self._nal(data[body : body + 2], data, body + 2 + order, end)
        elif kind == _AP:
            self._aggregated(data, body + 2, end)
        else:
            self.tally.unusual += 1  # PACI: no camera known

    def _fragmented(self, data: bytes, body: int, end: int) -> None:
        """FU: | two bytes of NAL header | S E type | order number in the first, if any | ..."""
        header = data[body + 2]
        if self._state == SKIP or end - body < 4:
            return
        at = body + 3 + (2 if self._has_order else 0)  # RFC 7798 4.4.3: in every fragment that begins a unit
        if not header & 0x80:
            self._go_on(data, body + 3, end, last=bool(header & 0x40))
        elif at < end:
            kind = header & 0x3F
            first = bytes((data[body] & 0x81 | kind << 1, data[body + 1]))
            if kind <= _VCL_LAST:
                self._slice(kind, data, at, end, first)
            elif kind == _SEI_265 and self._state == OPEN:
                self._sei(first + data[at:end])
                self._fragment = self._prefix

    def _aggregated(self, data: bytes, at: int, end: int) -> None:
        order = 2 if self._has_order else 0
        while at + order + 2 < end:
            at += order
            size = data[at] << 8 | data[at + 1]
            at += 2
            if size < 3 or at + size > end:
                self.tally.malformed += 1
                return
            self._nal(data[at : at + 2], data, at + 2, at + size)
            at += size
            order = 1 if self._has_order else 0

    def _nal(self, first: bytes, data: bytes, at: int, end: int) -> None:
        """One whole NAL unit: its header `first`, then data[at:end]."""
        kind = first[0] >> 1 & 0x3F
        if kind <= _VCL_LAST:
            if self._state != SKIP:
                self._slice(kind, data, at, end, first)
            self._fragment = None
        elif _VPS_265 <= kind <= _PPS_265:
            self._parameter_set(first + data[at:end])
        elif kind == _SEI_265:
            self._sei(first + data[at:end])

    def _slice(self, kind: int, data: bytes, at: int, end: int, first: bytes) -> None:
        """A slice segment begins; its header is at data[at]."""
        if at >= end:
            self.tally.malformed += 1
            return
        wanted = _IRAP_FIRST <= kind <= _IRAP_LAST
        if self._state == OPEN:
            if not wanted:
                self._no_key()
                return
            self._key_begins()
            if not data[at] & 0x80:  # first_slice_segment_in_pic_flag is 0: the beginning is lost
                self._drop()
                return
        elif not wanted:
            self._drop()
            return
        self._slices += (START_CODE, first)
        self._gather(data[at:end])
        self._fragment = self._slices

    def _resumes(self, data: bytes, body: int, end: int) -> bool:
        if end - body < 4:
            return False
        kind = data[body] >> 1 & 0x3F
        order = 2 if self._has_order else 0
        at = body + 2 + order
        if kind == _FU:
            if not data[body + 2] & 0x80:
                return True
            kind = data[body + 2] & 0x3F
            at += 1
        return kind <= _VCL_LAST and at < end and not data[at] & 0x80
