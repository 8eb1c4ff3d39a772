"""A clip as an endless live stream: RTP packets by the number of the picture, the same for every viewer.

A camera is an encoder that runs whether or not somebody looks. Picture number f of a stream is therefore one fixed
run of bytes, with its sequence numbers and timestamps, and all viewers who stand at f get the same object.
"""

import struct
from dataclasses import dataclass
from typing import Final

import numpy as np

from lenskeeper.base.codecs import Codec
from lenskeeper.probing.simulator import packets
from lenskeeper.probing.simulator.clips import Clip, is_set
from lenskeeper.probing.simulator.troubles import Trouble

RTP_CLOCK_HZ: Final = 90_000
PAYLOAD_TYPE: Final = {Codec.H264: 96, Codec.H265: 98, Codec.JPEG: 26}
LONG_GOP_S: Final = 60.0
GIANT_FRAGMENTS: Final = 180  # of 1,400 bytes, sent for each picture of a unit that never ends
GAP_EVERY: Final = 3  # key frames


@dataclass(frozen=True, slots=True)
class _Packet:
    payload: bytes
    marker: bool


def _cut(clip: Clip, trouble: Trouble | None) -> list[tuple[_Packet | None, ...]]:
    """Each unit's packets; None is a packet that is lost, whose number is used up."""
    cut = {Codec.H264: packets.h264_payloads, Codec.H265: packets.h265_payloads}
    out = []
    keys = 0
    for i, unit in enumerate(clip.units):
        if clip.spec.codec is Codec.JPEG:
            payloads = packets.jpeg_payloads(unit.parts[0])
        else:
            payloads = cut[clip.spec.codec](_parts(clip, i, trouble))
        run: list[_Packet | None] = [
            _Packet(p, marker=n == len(payloads) - 1) for n, p in enumerate(payloads)
        ]
        if unit.key:
            keys += 1
            if trouble is Trouble.GAPS and keys % GAP_EVERY == 1:
                run[len(run) // 2] = None
        if trouble is Trouble.NO_KEYFRAME and unit.key:
            run = [None] * len(run)
        if trouble in (Trouble.NO_MARKER, Trouble.ALL_MARKERS):
            run = [p and _Packet(p.payload, marker=trouble is Trouble.ALL_MARKERS) for p in run]
        out.append(tuple(run))
    return out


def _parts(clip: Clip, index: int, trouble: Trouble | None) -> list[bytes]:
    """The NAL units of a unit, as the trouble leaves them."""
    parts = list(clip.units[index].parts)
    codec = clip.spec.codec
    if trouble is Trouble.SETS_IN_SDP_ONLY:
        parts = [p for p in parts if not is_set(p, codec)]
    if trouble is Trouble.UNDECODABLE:
        rng = np.random.default_rng(index)
        parts = [p if is_set(p, codec) else _ruined(p, codec, rng) for p in parts]
    if trouble is Trouble.GIANT_UNIT:
        parts = parts[:-1] if len(parts) > 1 else parts
    return parts


def _ruined(nal: bytes, codec: Codec, rng: np.random.Generator) -> bytes:
    """A slice of the same length that names a parameter set nobody sent, with noise behind it.

    Noise alone would not do: decoders conceal it and hand out a picture. H.264 7.3.3: first_mb 0, I, pps 200;
    H.265 7.3.6.1: first slice, (of a key picture: no_output_of_prior_pics 0), pps 40.
    """
    if codec is Codec.H264:
        head = nal[:1] + bytes.fromhex("880193")
    else:
        head = nal[:2] + bytes.fromhex("80a7" if 16 <= nal[0] >> 1 & 0x3F <= 23 else "829f")
    noise = rng.integers(1, 256, max(len(nal) - len(head), 0), np.uint8).tobytes()
    return (head + noise)[: len(nal)]


class Stream:
    """The live bytes of one clip under one trouble.

    wire(f):           the RTP packets of picture f, each a whole datagram; empty where nothing is sent.
    interleaved(f, c): the same, framed for channel c of an RTSP connection.
    """

    def __init__(self, clip: Clip, trouble: Trouble | None, ssrc: int) -> None:
        self.clip = clip
        self.trouble = trouble
        self.ssrc = ssrc
        self.payload_type = PAYLOAD_TYPE[clip.spec.codec]
        self._units = _cut(clip, trouble)
        self._before = [0]
        for unit in self._units:
            self._before.append(self._before[-1] + len(unit))
        self._first_seq = ssrc * 7919 & 0xFFFF
        self._first_time = ssrc * 104_729 & 0xFFFF_FFFF
        self._framed: dict[tuple[int, int], bytes] = {}
        self._junk = np.random.default_rng(ssrc)

    @property
    def frames(self) -> int:
        """Pictures in one round."""
        return len(self._units)

    @property
    def fps(self) -> float:
        """Pictures a second."""
        return self.clip.spec.fps

    def seq(self, f: int) -> int:
        """The sequence number of the first packet of picture f."""
        if self.trouble is Trouble.GIANT_UNIT:
            return f * GIANT_FRAGMENTS & 0xFFFF
        loop, at = divmod(f, self.frames)
        return self._first_seq + loop * self._before[-1] + self._before[at] & 0xFFFF

    def rtp_time(self, f: int) -> int:
        """The RTP timestamp of picture f."""
        if self.trouble is Trouble.GIANT_UNIT:
            return self._first_time
        return self._first_time + round(f * RTP_CLOCK_HZ / self.fps) & 0xFFFF_FFFF

    def wire(self, f: int) -> list[bytes]:
        """Picture f as RTP packets."""
        if self.trouble is Trouble.NO_PACKETS:
            return []
        unit = self._giant(f) if self.trouble is Trouble.GIANT_UNIT else self._units[f % self.frames]
        if self.trouble is Trouble.LONG_GOP and self.clip.units[f % self.frames].key and not self._minute(f):
            return []
        seq, stamp = self.seq(f), self.rtp_time(f)
        out = []
        for n, packet in enumerate(unit):
            if packet is not None:
                kind = self.payload_type | (0x80 if packet.marker else 0)
                out.append(
                    struct.pack(">BBHII", 0x80, kind, seq + n & 0xFFFF, stamp, self.ssrc) + packet.payload
                )
        return out

    def interleaved(self, f: int, channel: int) -> bytes:
        """Picture f as one run of bytes for an RTSP connection."""
        key = (f, channel)
        framed = self._framed.get(key)
        if framed is None:
            framed = b"".join(
                self._junk_bytes() + struct.pack(">cBH", b"$", channel, len(p)) + p for p in self.wire(f)
            )
            self._framed[key] = framed
            if len(self._framed) > self.frames + 64:  # viewers stand at most one round apart
                del self._framed[next(iter(self._framed))]
        return framed

    def _minute(self, f: int) -> bool:
        return f % (round(LONG_GOP_S / self.clip.spec.gop * self.fps) * self.clip.spec.gop) == 0

    def _giant(self, f: int) -> tuple[_Packet, ...]:
        """Fragments of one picture: the first has the start bit, none has the end bit."""
        first = self._units[0][0]
        assert first is not None
        h265 = self.clip.spec.codec is Codec.H265
        out = []
        for n in range(GIANT_FRAGMENTS):
            start = 0x80 if f % self.frames == 0 and n == 0 else 0
            head = bytes([49 << 1, 1, start | 19]) if h265 else bytes([0x7C, start | 5])
            out.append(_Packet(head + b"\x55" * 1_390, marker=False))
        return tuple(out)

    def _junk_bytes(self) -> bytes:
        """Stray bytes, none of them the `$` that begins a frame."""
        if self.trouble is not Trouble.JUNK:
            return b""
        return self._junk.integers(0x25, 0x7F, int(self._junk.integers(0, 40)), np.uint8).tobytes()
