"""RTP and RTCP packets (RFC 3550): the header, the counts, and the sender's clock."""

import struct
from dataclasses import dataclass
from typing import Final

HEADER_BYTES: Final = 12
LATE_WITHIN_PACKETS: Final = (
    256  # a number so little behind is late or doubled; further behind is a new start
)
DROPOUT_PACKETS_MAX: Final = 3000  # RFC 3550 A.1: a longer leap is a new start, not a loss

_EPOCH_1900_S: Final = 2_208_988_800  # seconds from 1900-01-01 (NTP) to 1970-01-01
_SENDER_REPORT: Final = struct.Struct(">BBHIIII").unpack_from
_WORD: Final = struct.Struct(">H").unpack_from


class Tally:
    """Counts of one track since its first packet. Mutable: the collector counts, the caller reads.

    packets, bytes:          RTP packets of the track's payload type, with their headers.
    frames:                  pictures begun, of any kind.
    key_units, key_drops:    whole key pictures handed out; key pictures lost to a gap, a cap or a missing part.
    lost, late:              sequence numbers that never came (in time); packets that came too late or twice.
    malformed, foreign:      no RTP version 2 or a shape no codec allows; RTP of another payload type.
    unusual:                 packet types that exist on paper only (MTAP, PACI ...), passed over.
    marker_lies:             the marker bit was seen to say "end of picture" where it was not.
    span_ticks:              from the first timestamp to the last, wrap-around undone; ticks of the track's clock.
    first_timestamp, last_timestamp: as in the packets, None before the first.
    key_interval_ticks, key_interval_frames: between the last two key pictures begun, whole or not; None before.
    """

    __slots__ = (
        "_key_at_frames",
        "_key_at_ticks",
        "bytes",
        "first_timestamp",
        "foreign",
        "frames",
        "key_drops",
        "key_interval_frames",
        "key_interval_ticks",
        "key_units",
        "last_timestamp",
        "late",
        "lost",
        "malformed",
        "marker_lies",
        "packets",
        "span_ticks",
        "unusual",
    )

    def __init__(self) -> None:
        self.packets = self.bytes = self.frames = self.key_units = self.key_drops = 0
        self.lost = self.late = self.malformed = self.foreign = self.unusual = self.span_ticks = 0
        self.marker_lies = False
        self.first_timestamp: int | None = None
        self.last_timestamp: int | None = None
        self.key_interval_ticks: int | None = None
        self.key_interval_frames: int | None = None
        self._key_at_ticks: int | None = None
        self._key_at_frames = 0

    def turn(self, timestamp: int) -> None:
        """A packet with a new timestamp has come."""
        if self.last_timestamp is None:
            self.first_timestamp = timestamp
        else:
            step = (timestamp - self.last_timestamp) & 0xFFFFFFFF
            self.span_ticks += step if step < 0x80000000 else step - 0x100000000
        self.last_timestamp = timestamp

    def key_begun(self) -> None:
        """A key picture begins with the present timestamp."""
        if self._key_at_ticks is not None:
            self.key_interval_ticks = self.span_ticks - self._key_at_ticks
            self.key_interval_frames = self.frames - self._key_at_frames
        self._key_at_ticks = self.span_ticks
        self._key_at_frames = self.frames

    def frame_rate(self, clock_rate_hz: int) -> float | None:
        """Frames a second by the camera's own timestamps; None below 5 frames or without a moving clock."""
        if self.frames < 5 or self.span_ticks <= 0 or clock_rate_hz <= 0:
            return None
        return (self.frames - 1) * clock_rate_hz / self.span_ticks

    def bitrate_bps(self, clock_rate_hz: int) -> float | None:
        """Bits a second, RTP headers included, by the camera's own timestamps; None below 5 frames.

        Biased upwards by a key picture while the look is shorter than a group of pictures: quote it with its span.
        """
        rate = self.frame_rate(clock_rate_hz)
        return None if rate is None else self.bytes * 8 * rate / self.frames

    def key_interval_s(self, clock_rate_hz: int) -> float | None:
        """Seconds between the last two key pictures; None before the second."""
        if self.key_interval_ticks is None or self.key_interval_ticks <= 0 or clock_rate_hz <= 0:
            return None
        return self.key_interval_ticks / clock_rate_hz


def trimmed(data: bytes, start: int, end: int) -> tuple[int, int] | None:
    """Where the payload of the RTP packet data[start:end] begins and ends, CSRC, extension and padding undone.

    None if its own figures do not fit into it. Source: RFC 3550 5.1 and 5.3.1.
    """
    first = data[start]
    body = start + HEADER_BYTES + 4 * (first & 0x0F)
    if first & 0x10:  # extension: ONVIF replay (0xABAC) is 3 words, others are longer
        if body + 4 > end:
            return None
        body += 4 + 4 * _WORD(data, body + 2)[0]
    if first & 0x20 and body < end:
        end -= data[end - 1]
    return (body, end) if body <= end else None


@dataclass(frozen=True, slots=True)
class SenderReport:
    """The sender's own clock against its RTP clock.

    ntp_ms: milliseconds since 1970-01-01 UTC by the camera's clock (a camera that was never set says so).
    """

    ssrc: int
    ntp_ms: int
    rtp_timestamp: int


def sender_report(data: bytes, start: int = 0, end: int | None = None) -> SenderReport | None:
    """The first sender report of a compound RTCP packet, or None. A zero NTP time counts as none (RFC 3550 6.4.1)."""
    end = len(data) if end is None else end
    while end - start >= 8:
        first, kind, words = data[start], data[start + 1], _WORD(data, start + 2)[0]
        if first & 0xC0 != 0x80:
            return None
        if kind == 200 and end - start >= 28:
            *_, ssrc, seconds, fraction, timestamp = _SENDER_REPORT(data, start)
            # RFC 5905: a first bit of 0 means the era from 2036 on
            seconds = seconds if seconds & 0x80000000 else seconds + 0x100000000
            if seconds == 0x100000000 and not fraction:
                return None
            return SenderReport(ssrc, (seconds - _EPOCH_1900_S) * 1000 + (fraction * 1000 >> 32), timestamp)
        start += 4 + 4 * words
    return None


class ReportReader:
    """Keeps the latest sender report of a track; its `packet` is a sink for the RTCP channel."""

    __slots__ = ("latest", "n_reports")

    def __init__(self) -> None:
        self.latest: SenderReport | None = None
        self.n_reports = 0

    def packet(self, data: bytes, start: int, end: int) -> None:
        """Take the RTCP packet data[start:end]."""
        report = sender_report(data, start, end)
        if report is not None:
            self.latest = report
            self.n_reports += 1
