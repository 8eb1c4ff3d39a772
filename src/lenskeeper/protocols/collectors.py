"""Which collector reads which track, and order for packets that came by UDP."""

from typing import Final

from lenskeeper.base.codecs import Codec
from lenskeeper.protocols.keyunits import KeyFrameCollector, KeyUnit
from lenskeeper.protocols.mjpeg import JpegCollector
from lenskeeper.protocols.nal_units import H264Collector, H265Collector
from lenskeeper.protocols.rtp import HEADER_BYTES
from lenskeeper.protocols.sdp import Track

REORDER_WINDOW_PACKETS: Final = 32  # at 1.4 kB each 45 kB; a LAN reorders by a few packets, if at all


def collector(track: Track) -> KeyFrameCollector | None:
    """A collector for the key pictures of `track`; None if its codec is none of ours."""
    if track.codec is Codec.H264:
        return H264Collector(track.payload_type, track.parameter_sets)
    if track.codec is Codec.H265:
        return H265Collector(track.payload_type, track.parameter_sets, track.max_don_diff)
    if track.codec is Codec.JPEG:
        return JpegCollector(track.payload_type, track.width, track.height)
    return None


class Reordering:
    """Stands before a collector on UDP and hands it packets in the order of their numbers.

    Holds back at most 32 packets for one that is missing; then the missing one counts as lost (in the
    collector's tally). In order, a packet passes straight through.
    """

    __slots__ = ("_held", "_next", "collector")

    def __init__(self, behind: KeyFrameCollector) -> None:
        self.collector = behind
        self._next = -1
        self._held: dict[int, bytes] = {}

    def packet(self, data: bytes, start: int, end: int) -> list[KeyUnit]:
        """Take the RTP packet data[start:end]; return every key picture that is whole now, in order."""
        if end - start < HEADER_BYTES:
            self.collector.packet(data, start, end)  # counted there
            return []
        sequence = data[start + 2] << 8 | data[start + 3]
        if self._next < 0 or sequence == self._next:
            found = [self.collector.packet(data, start, end)]
            self._next = (sequence + 1) & 0xFFFF
            found += self._drained()
        elif (sequence - self._next) & 0xFFFF >= 0x8000 and not self._held:
            found = [self.collector.packet(data, start, end)]  # late or a new start: the collector judges
            if self.collector.expects != self._next:
                self._next = self.collector.expects
        else:
            self._held[sequence] = data[start:end]
            found = self._given_up() if len(self._held) > REORDER_WINDOW_PACKETS else []
        return [unit for unit in found if unit is not None]

    def flush(self) -> list[KeyUnit]:
        """No more will come: hand over what was held back."""
        found: list[KeyUnit | None] = []
        while self._held:
            found += self._given_up()
        return [unit for unit in found if unit is not None]

    def _given_up(self) -> list[KeyUnit | None]:
        """The oldest held packet becomes the next: what was missing before it is lost."""
        self._next = min(self._held, key=lambda sequence: (sequence - self._next) & 0xFFFF)
        return self._drained()

    def _drained(self) -> list[KeyUnit | None]:
        found: list[KeyUnit | None] = []
        while (packet := self._held.pop(self._next, None)) is not None:
            found.append(self.collector.packet(packet, 0, len(packet)))
            self._next = (self._next + 1) & 0xFFFF
        return found
