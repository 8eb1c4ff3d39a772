"""One simulated camera: where it is, what it shows, what is wrong with it, and what a truthful look must find."""

import zlib
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from lenskeeper.base.codecs import Codec
from lenskeeper.base.outcomes import Outcome
from lenskeeper.probing.simulator.clips import ClipSpec
from lenskeeper.probing.simulator.faults import PictureFault
from lenskeeper.probing.simulator.films import Film
from lenskeeper.probing.simulator.logins import Login
from lenskeeper.probing.simulator.troubles import Trouble, ends


class Route(StrEnum):
    """How a camera is spoken to; the value is the scheme of its URL."""

    RTSP = "rtsp"
    RTSPS = "rtsps"
    HTTP = "http"
    HTTPS = "https"


class Start(StrEnum):
    """Which picture a new viewer gets first."""

    AT_KEY = "at_key"  # the camera makes a key frame for each viewer
    LIVE = "live"  # whatever comes next; the phase in the GOP is a hash of the address


class Evidence(StrEnum):
    """What it takes to see a fault of the picture."""

    ONE_LOOK = "one_look"
    LOOKS = "looks"  # several, some seconds apart
    REFERENCE = "reference"  # the camera's own past


@dataclass(frozen=True, slots=True)
class Truth:
    """What is really the case, for tests, demo and benches to compare with.

    outcomes: those that are truthful, of a look that waits long enough.
    verdict:  fit, fault, low_visibility or not_checkable (as `lenskeeper check --json` names them).
    kinds:    names of the faults, empty where there is none.
    evidence: what it takes to find them.
    """

    outcomes: frozenset[Outcome]
    verdict: str
    kinds: frozenset[str] = frozenset()
    evidence: Evidence = Evidence.ONE_LOOK


# A fault that is missing here is found as the kind of its own name, from one look.
_NOT_BY_ITS_NAME: Final[dict[PictureFault, tuple[str, frozenset[str], Evidence]]] = {
    PictureFault.MOVED: ("fault", frozenset({"moved"}), Evidence.REFERENCE),
    PictureFault.FROZEN: ("fault", frozenset({"frozen"}), Evidence.LOOKS),
    PictureFault.FROZEN_CLOCK: ("fault", frozenset({"frozen"}), Evidence.LOOKS),
    PictureFault.FROZEN_SENSOR: ("not_checkable", frozenset(), Evidence.LOOKS),
    PictureFault.SHAKING: ("fault", frozenset({"shaking"}), Evidence.LOOKS),
    PictureFault.FOG: ("low_visibility", frozenset(), Evidence.ONE_LOOK),
    PictureFault.STATIC_LOW_BITRATE: ("fit", frozenset(), Evidence.ONE_LOOK),
}


@dataclass(frozen=True, slots=True)
class SimulatedCamera:
    """A camera as a script.

    address:         127.a.b.c, its own or shared with other paths (a recorder's channels).
    path:            of its URL, with the leading slash.
    trouble:         of connection, replies, description or stream; `film.fault` is that of the picture.
    well_for_s:      trouble and fault begin so long after the fleet did; 0: from the start.
    delay_s:         of every reply, where the trouble is SLOW.
    clock_offset_ms: by how much its clock runs ahead of ours (sender reports, `Date`).
    """

    address: str
    path: str = "/live/main"
    route: Route = Route.RTSP
    clip: ClipSpec = field(default_factory=ClipSpec)
    trouble: Trouble | None = None
    login: Login | None = None
    start: Start = Start.LIVE
    well_for_s: float = 0.0
    delay_s: float = 2.0
    clock_offset_ms: int = 0

    @property
    def phase(self) -> int:
        """A number that is this camera's own: where in the clip it stands, when its reports go out."""
        return zlib.crc32(f"{self.address}{self.path}".encode())

    @property
    def always_down(self) -> bool:
        """Whether it refuses from the start: its URL then names the port on which nothing listens."""
        return self.trouble is Trouble.DOWN and self.well_for_s == 0

    def well(self) -> "SimulatedCamera":
        """The same camera with nothing wrong."""
        film: Film = replace(self.clip.film, fault=None)
        return replace(self, trouble=None, well_for_s=0.0, clip=replace(self.clip, film=film, slices=1))

    def at(self, elapsed_s: float) -> "SimulatedCamera":
        """The camera as it is so long after the fleet began."""
        return self.well() if elapsed_s < self.well_for_s else self

    def truth(self) -> Truth:
        """What a look that can wait, with the right password, should say once trouble and fault have begun."""
        outcomes = ends(self.trouble)
        if Outcome.PLAYING not in outcomes:
            return Truth(outcomes, "not_checkable")
        fault = self.clip.film.fault
        if fault is None or self.clip.film.strength == 0:
            return Truth(outcomes, "fit")
        verdict, kinds, evidence = _NOT_BY_ITS_NAME.get(
            fault, ("fault", frozenset({fault.value}), Evidence.ONE_LOOK)
        )
        return Truth(outcomes, verdict, kinds, evidence)


def codec_of(name: str) -> Codec:
    """The codec that an option or a table names: h264, h265 or jpeg. ValueError for others."""
    codec = Codec(name)
    if codec is Codec.STILL:
        raise ValueError("a simulated camera sends h264, h265 or jpeg")
    return codec
