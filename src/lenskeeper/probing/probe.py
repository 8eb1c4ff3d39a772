"""What one look at one camera found, and the coded pictures it hands on."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from lenskeeper.base.clock import Clock
from lenskeeper.base.outcomes import Outcome
from lenskeeper.pictures.encoded import Encoded
from lenskeeper.probing.credentials import NO_CREDENTIALS, Credentials
from lenskeeper.probing.gates import Gates
from lenskeeper.probing.refusals import Refusals
from lenskeeper.probing.targets import IpNetwork, Target

USER_AGENT: Final = "lenskeeper"
# Greeting is what costs: thousands at once are a burst of SYNs that routers drop, and memory for every reply.
HANDSHAKES_MAX: Final = 500
HOLD_OPEN_S_MAX: Final = (
    10.0  # looks at most this far apart share one stream; beyond, each is a visit of its own
)


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """What the stream tells of itself. None: it did not tell, or the look was too short to know.

    width_px, height_px:    as coded in the parameter sets.
    frame_rate_hz, bitrate_kbps, key_frame_interval_s: measured on the RTP timestamps of this look; the frame rate
                            and the bitrate as declared where the look was too short to measure.
    first_key_frame_ms:     from the first SYN to the first whole key frame.
    clock_offset_ms:        the camera's clock minus ours, uncorrected for the way (half a round trip), by
    clock_source:           rtcp (sender report) or date (a Date header, whole seconds).
    packets_lost:           sequence numbers that never came.
    """

    codec: str | None = None
    transport: str | None = None
    width_px: int | None = None
    height_px: int | None = None
    frame_rate_hz: float | None = None
    bitrate_kbps: float | None = None
    key_frame_interval_s: float | None = None
    first_key_frame_ms: float | None = None
    clock_offset_ms: float | None = None
    clock_source: str | None = None
    packets_lost: int | None = None
    server: str | None = None


@dataclass(frozen=True, slots=True)
class Probe:
    """What one look at one camera found. Written once, never changed.

    began_ms:       milliseconds since 1970-01-01 UTC, by our clock and not the camera's.
    first_frame_ms: from the first SYN to the first whole key frame; None unless PLAYING.
    phases_ms:      how long each phase took: connect, describe, setup, play, key_frame; of a still, picture.
    remark:         the peer's own words or our reason, at most 200 characters, for the operator to read.
    received_bytes: all that came from the peer, whatever became of it: what the look has cost its line.
    """

    target: Target
    began_ms: int
    outcome: Outcome
    first_frame_ms: float | None = None
    stream: StreamFacts = StreamFacts()
    phases_ms: Mapping[str, float] = field(default_factory=dict)
    remark: str = ""
    received_bytes: int = 0


@dataclass(frozen=True, slots=True)
class KeyFrame:
    """One coded key picture and what freezing is judged by. In memory only.

    at_ms:       when its last byte came, by our clock, UTC milliseconds.
    media_ms:    its RTP timestamp since the first of the look, in milliseconds; None where the route has none.
    fingerprint: a hash of the coded picture alone, without clock, parameter sets or headers; empty where it
                 is not compared with another.
    """

    encoded: Encoded
    at_ms: int
    media_ms: float | None
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class VisitLimits:
    """Each phase's own deadline, in seconds. Beyond it the look ends with that phase's outcome (probing.md, 5).

    key_frame_s must exceed the longest key-frame interval of the estate; `no_keyframe` is not "down".
    """

    connect_s: float = 3.0
    reply_s: float = 5.0
    first_packet_s: float = 5.0
    key_frame_s: float = 8.0
    visit_s: float = 25.0
    teardown_s: float = 0.5


@dataclass(frozen=True, slots=True)
class Looks:
    """How many key frames of one camera, and how far apart (at least, in seconds).

    is_part: of looks so far apart that each is a visit of its own.
    """

    count: int = 1
    every_s: float = 2.0
    is_part: bool = False

    @property
    def are_compared(self) -> bool:
        """Whether key frames are compared with one another; a fingerprint costs 0.1 ms per 100 kB."""
        return self.count > 1 or self.is_part

    @property
    def span_s(self) -> float:
        """From the first look to the last, at least."""
        return (self.count - 1) * self.every_s


ONE_LOOK: Final = Looks()
ONE_OF_SEVERAL: Final = Looks(is_part=True)


@dataclass(frozen=True, slots=True)
class Prober:
    """What every visit shares: the clock, the limits, where we may go, as whom, and who refused us.

    per_host:   visits at a time to one host and port; recorders and cameras serve 2 to 4 viewers.
    handshakes: places for visits between connecting and PLAY, however many wait for their key frame.
    """

    clock: Clock
    refusals: Refusals
    credentials: Credentials = NO_CREDENTIALS
    limits: VisitLimits = VisitLimits()
    networks: tuple[IpNetwork, ...] = ()
    per_host: int = 2
    gates: Gates = field(init=False, repr=False)
    handshakes: asyncio.Semaphore = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "gates", Gates(self.per_host))
        object.__setattr__(self, "handshakes", asyncio.Semaphore(HANDSHAKES_MAX))


See = Callable[[KeyFrame], None]  # takes a key frame at once and never waits; back-pressure is the caller's
Hold = Callable[[int], bool]  # whether a visit may hold so many bytes of a picture that is still coming


def hold_anything(_size: int) -> bool:
    """For whoever looks at few cameras, or hands on no picture."""
    return True
