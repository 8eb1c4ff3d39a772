"""Whole key pictures out of RTP packets: what every codec shares. Pictures that are no key are never copied."""

import hashlib
import struct
from dataclasses import dataclass, field
from typing import Final

from lenskeeper.base.codecs import Codec
from lenskeeper.base.limits import FINGERPRINT_BYTES, PICTURE_BYTES_MAX
from lenskeeper.protocols.rtp import DROPOUT_PACKETS_MAX, HEADER_BYTES, LATE_WITHIN_PACKETS, Tally, trimmed

START_CODE: Final = b"\0\0\0\1"
FOREIGN_BEFORE_ADOPTING: Final = 16  # packets of one unannounced type before we believe them and not the SDP

# What is known of the picture that the present timestamp stands for:
OPEN: Final = 0  # no coded slice seen yet
KEY: Final = 1  # it is a key picture, whole so far
SKIP: Final = 2  # no key picture, or no longer whole: its packets are only counted
DONE: Final = 3  # the marker has closed it

_HEADER: Final = struct.Struct(">xBHI").unpack_from


@dataclass(frozen=True, slots=True)
class KeyUnit:
    """One whole key picture.

    data:           H264, H265: one access unit in Annex B form with its parameter sets; JPEG: a whole JFIF file.
    rtp_timestamp:  0 to 2^32 - 1, in ticks of the track's clock.
    coded_at:       where the coded slices begin in `data`, behind parameter sets and SEI (JPEG: the scan).
    n_packets:      RTP packets it came in.
    parameter_sets: NAL units without start code, as in `data`; empty for JPEG.
    """

    codec: Codec
    data: bytes = field(repr=False)
    rtp_timestamp: int
    coded_at: int
    n_packets: int
    parameter_sets: tuple[bytes, ...] = field(default=(), repr=False)

    @property
    def size(self) -> int:
        """Bytes of `data`."""
        return len(self.data)

    @property
    def fingerprint(self) -> bytes:
        """BLAKE2b of the coded slices alone, 16 bytes; equal for equal pictures even when counters in SEI differ.

        Computed anew at each call, about 1 ms per MB: as much as all the rest of the way from the socket.
        """
        coded = memoryview(self.data)[self.coded_at :]
        return hashlib.blake2b(coded, digest_size=FINGERPRINT_BYTES).digest()


class KeyFrameCollector:
    """Takes the packets of one video track in order and hands out each whole key picture.

    A gap in the sequence drops the picture, not the check. A picture ends at the marker or, where the marker is
    missing or lies, at the next timestamp. Codecs fill in `_payload`, `_resumes` and `_finish`.
    """

    __slots__ = (
        "_early_mark",
        "_foreign_run",
        "_foreign_type",
        "_late_at",
        "_late_run",
        "_n_packets",
        "_next",
        "_payload_type",
        "_size",
        "_slices",
        "_state",
        "_timestamp",
        "tally",
    )

    def __init__(self, payload_type: int) -> None:
        self.tally = Tally()
        self._payload_type = payload_type
        self._next = -1
        self._timestamp = -1
        self._state = SKIP
        self._size = 0
        self._n_packets = 0
        self._slices: list[bytes] = []
        self._late_run = 0
        self._late_at = -1
        self._foreign_type = -1
        self._foreign_run = 0
        self._early_mark = False

    @property
    def expects(self) -> int:
        """The sequence number that comes next, 0 to 65535; -1 before the first packet."""
        return self._next

    def packet(self, data: bytes, start: int, end: int) -> KeyUnit | None:
        """Take the RTP packet data[start:end]; return the key picture that it completes, if any."""
        tally = self.tally
        if end - start < HEADER_BYTES or (first := data[start]) & 0xC0 != 0x80:
            tally.malformed += 1
            return None
        kind, sequence, timestamp = _HEADER(data, start)
        body = start + HEADER_BYTES
        size = end - start
        if first != 0x80:
            inner = trimmed(data, start, end)
            if inner is None:
                tally.malformed += 1
                return None
            body, end = inner
        if kind & 0x7F != self._payload_type and not self._adopts(kind & 0x7F):
            return None
        if sequence != self._next and not self._leaps(sequence):
            return None
        self._next = (sequence + 1) & 0xFFFF
        tally.packets += 1
        tally.bytes += size

        found = None
        if timestamp != self._timestamp:
            found = self._turn(timestamp)
        elif self._state == DONE and body < end:
            self._continue(data, body, end)
        self._n_packets += 1
        if body < end:
            self._payload(data, body, end)
        if kind & 0x80:
            found = self._marked() or found
        return found

    @property
    def pending_bytes(self) -> int:
        """What is held of a picture that is not whole yet."""
        return self._size

    # -- what codecs fill in

    def _payload(self, data: bytes, body: int, end: int) -> None:
        """Take one payload, at least 1 byte; moves the state from OPEN to KEY or SKIP."""
        raise NotImplementedError

    def _resumes(self, data: bytes, body: int, end: int) -> bool:
        """Whether this payload goes on with a picture already begun (and does not begin one)."""
        raise NotImplementedError

    def _finish(self) -> KeyUnit | None:
        """Build the picture from what was gathered; None while a part of it is still awaited."""
        raise NotImplementedError

    def _clear(self) -> None:
        """Let go of what was gathered of the present picture."""
        self._slices = []
        self._size = 0

    def _ends_at_marker(self) -> bool:
        """Whether what was gathered can be the end of a picture at all."""
        return True

    # -- the life of a picture

    def _turn(self, timestamp: int) -> KeyUnit | None:
        """A new timestamp: close what is open, begin anew."""
        found = self._close() if self._state == KEY else None
        self._timestamp = timestamp
        self.tally.turn(timestamp)
        self._begin()
        return found

    def _begin(self) -> None:
        self._state = OPEN
        self._n_packets = 0
        self._early_mark = False
        self._clear()

    def _continue(self, data: bytes, body: int, end: int) -> None:
        """Something follows under the timestamp of a picture that the marker had closed."""
        if self._resumes(data, body, end):
            self.tally.marker_lies = True
            self._state = SKIP
        else:
            self._begin()  # a camera whose timestamps stand still

    def _marked(self) -> KeyUnit | None:
        if self._state == KEY:
            if self.tally.marker_lies:
                return None
            if not self._ends_at_marker():
                self.tally.marker_lies = True
                return None
            found = self._close()
            self._state = DONE
            return found
        if self._state == SKIP:
            self._state = DONE
        elif self._state == OPEN:
            self._early_mark = True
        return None

    def _close(self) -> KeyUnit | None:
        found = self._finish()
        self._clear()
        if found is not None:
            self.tally.key_units += 1
        return found

    def _key_begins(self) -> None:
        self.tally.frames += 1
        self.tally.key_begun()
        self._state = KEY
        if self._early_mark:  # it marked the parameter sets in front as well: some mark every packet
            self.tally.marker_lies = True

    def _no_key(self) -> None:
        """The present picture is none we want."""
        self.tally.frames += 1
        self._state = SKIP
        self._clear()

    def _drop(self) -> None:
        """The present key picture cannot become whole."""
        if self._state == KEY:
            self.tally.key_drops += 1
        self._state = SKIP
        self._clear()

    def _gap(self) -> None:
        """Packets are missing in front of the one that is to be read next."""
        if self._state == KEY:
            self._drop()
        elif self._state == DONE:
            self._state = SKIP  # until the next timestamp or marker
        elif self._state == OPEN:
            self._clear()  # what came before the first slice can be done without

    def _gather(self, piece: bytes) -> None:
        """Add a piece to the slices, within the cap."""
        self._size += len(piece)
        if self._size > PICTURE_BYTES_MAX:
            self._drop()
        else:
            self._slices.append(piece)

    # -- strange numbers

    def _leaps(self, sequence: int) -> bool:
        """The number is not the next one. Whether to take the packet at all."""
        if self._next < 0:
            return True
        ahead = (sequence - self._next) & 0xFFFF
        if ahead >= 0x10000 - LATE_WITHIN_PACKETS:
            self._late_run = self._late_run + 1 if self._late_at == self._next else 1
            self._late_at = self._next
            if self._late_run < LATE_WITHIN_PACKETS:  # beyond, nothing newer has come: the sender began anew
                self.tally.late += 1
                return False
            ahead = 0
        if ahead < DROPOUT_PACKETS_MAX:
            self.tally.lost += ahead
        self._gap()
        return True

    def _adopts(self, payload_type: int) -> bool:
        """An unannounced payload type: counted, and believed when nothing else comes."""
        self.tally.foreign += 1
        if self.tally.packets or 72 <= payload_type <= 76:  # RTCP in the wrong lane, RFC 5761
            return False
        if payload_type != self._foreign_type:
            self._foreign_type, self._foreign_run = payload_type, 0
        self._foreign_run += 1
        if self._foreign_run < FOREIGN_BEFORE_ADOPTING:
            return False
        self._payload_type = payload_type
        return True
