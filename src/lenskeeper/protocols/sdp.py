"""Session descriptions (RFC 8866) as cameras write them: which tracks there are, how coded, where to ask for them."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from lenskeeper.base.codecs import Codec
from lenskeeper.protocols.messages import BODY_BYTES_MAX, printable

TRACKS_MAX: Final = 64  # a recorder's aggregate of 32 cameras with sound
PARAMETER_SETS_MAX: Final = 16
PARAMETER_SET_BYTES_MAX: Final = 4096  # with every scaling list a set stays below 1.5 kB
FMTP_CHARS_MAX: Final = 16 * 1024
VIDEO_CLOCK_HZ: Final = 90_000  # fixed by RFC 6184, 7798 and 2435, whatever the rtpmap says

_ENCODINGS: Final = {
    "H264": Codec.H264,
    "H265": Codec.H265,
    "HEVC": Codec.H265,  # early Chinese encoders
    "JPEG": Codec.JPEG,
    "MJPEG": Codec.JPEG,
}
_SPROP_NAMES: Final = ("sprop-vps", "sprop-sps", "sprop-pps", "sprop-parameter-sets")
_DIRECTIONS: Final = frozenset({"sendonly", "recvonly", "sendrecv", "inactive"})
_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Track:
    """One `m=` section.

    media:            "video", "audio", "application" or whatever stands there, lower case.
    payload_type:     0 to 127 of the first format, -1 where it is no number.
    codec:            None where it is no picture that we can read.
    encoding:         the name in the rtpmap as written; empty without one.
    clock_rate_hz:    ticks of the RTP timestamp per second: 90,000 for every codec that we read, even where
                      the rtpmap says otherwise (`clock_rate_said_hz`, 0 if nothing was said).
    fmtp:             format parameters, names in lower case, without the sprop sets (see parameter_sets).
    control:          as written, not yet resolved; empty if absent.
    frame_rate:       frames a second as announced, None if not.
    bandwidth_kbps:   from `b=AS:` or `b=TIAS:`, None if not announced.
    width, height:    pixels as announced, 0 if not. The bitstream's word counts, not this one.
    direction:        "sendonly" and kin; ONVIF's back channel says sendonly, since the camera listens there.
    parameter_sets:   SPS, PPS (and VPS) from the sprop parameters, each one NAL unit without start code.
    """

    media: str
    payload_type: int = -1
    codec: Codec | None = None
    encoding: str = ""
    clock_rate_hz: int = VIDEO_CLOCK_HZ
    clock_rate_said_hz: int = 0
    fmtp: Mapping[str, str] = field(default_factory=dict)
    control: str = ""
    frame_rate: float | None = None
    bandwidth_kbps: int | None = None
    width: int = 0
    height: int = 0
    direction: str = ""
    parameter_sets: tuple[bytes, ...] = field(default=(), repr=False)

    @property
    def packetization_mode(self) -> int:
        """RFC 6184 5.4; 0 if not said. 2 means interleaved NAL units, which no camera is known to send."""
        return _whole(self.fmtp.get("packetization-mode", "")) or 0

    @property
    def max_don_diff(self) -> int:
        """RFC 7798 4.5; above 0 every payload carries decoding order numbers."""
        return _whole(self.fmtp.get("sprop-max-don-diff", "")) or 0


@dataclass(frozen=True, slots=True)
class Description:
    """What a camera says it sends. `control` is the session's own, as written; empty if absent."""

    tracks: tuple[Track, ...] = ()
    control: str = ""
    name: str = ""

    @property
    def has_video(self) -> bool:
        """Whether any video is announced, readable or not."""
        return any(track.media == "video" for track in self.tracks)

    @property
    def video(self) -> Track | None:
        """The first video track whose codec we read; None if there is none."""
        readable = (track for track in self.tracks if track.media == "video" and track.codec is not None)
        return next(readable, None)


def parse(body: bytes) -> Description:
    """Read an SDP body; never fails. Lines it does not know, junk and all beyond the limits are passed over."""
    text = body[:BODY_BYTES_MAX].decode("utf-8", "replace")
    session, *sections = _sections(text)
    return Description(
        tracks=tuple(_track(lines) for lines in sections[:TRACKS_MAX]),
        control=_attribute(session, "control"),
        name=next((value for letter, value in session if letter == "s"), ""),
    )


def _sections(text: str) -> list[list[tuple[str, str]]]:
    """The (letter, value) lines, split in front of each `m=`; the first section is the session's."""
    sections: list[list[tuple[str, str]]] = [[]]
    for raw in text.replace("\r", "\n").split("\n"):
        line = printable(raw).strip()
        if len(line) < 2 or line[1] != "=":
            continue
        if line[0] == "m":
            sections.append([])
        sections[-1].append((line[0], line[2:].strip()))
    return sections


def _attributes(lines: list[tuple[str, str]], name: str) -> list[str]:
    """Every value of `a=name:value`; the name is compared without regard to case."""
    found = []
    for letter, value in lines:
        if letter == "a":
            key, _, rest = value.partition(":")
            if key.strip().lower() == name:
                found.append(rest.strip())
    return found


def _attribute(lines: list[tuple[str, str]], name: str) -> str:
    return next(iter(_attributes(lines, name)), "")


def _track(lines: list[tuple[str, str]]) -> Track:
    words = lines[0][1].split()
    media = words[0].lower() if words else ""
    payload_type = _whole(words[3]) if len(words) > 3 else None
    payload_type = payload_type if payload_type is not None and payload_type < 128 else -1
    encoding, clock_said = _rtpmap(lines, payload_type)
    fmtp = _fmtp(lines, payload_type)
    codec = _codec(media, payload_type, encoding, fmtp)
    width, height = _dimensions(lines, payload_type)
    directions = [value for letter, value in lines if letter == "a" and value in _DIRECTIONS]
    return Track(
        media=media,
        payload_type=payload_type,
        codec=codec,
        encoding=encoding,
        clock_rate_hz=VIDEO_CLOCK_HZ if codec is not None else clock_said or VIDEO_CLOCK_HZ,
        clock_rate_said_hz=clock_said,
        fmtp={name: value for name, value in fmtp.items() if name not in _SPROP_NAMES},
        control=_attribute(lines, "control"),
        frame_rate=_frame_rate(lines),
        bandwidth_kbps=_bandwidth(lines),
        width=width,
        height=height,
        direction=directions[0] if directions else "",
        parameter_sets=_parameter_sets(fmtp),
    )


def _for_format(lines: list[tuple[str, str]], name: str, payload_type: int) -> str:
    """The rest of `a=name:PT rest`; of the first such line if none names our payload type (some get it wrong)."""
    values = [value.partition(" ") for value in _attributes(lines, name)]
    for number, _, rest in values:
        if _whole(number) == payload_type:
            return rest.strip()
    return values[0][2].strip() if len(values) == 1 else ""


def _rtpmap(lines: list[tuple[str, str]], payload_type: int) -> tuple[str, int]:
    encoding, _, rest = _for_format(lines, "rtpmap", payload_type).partition("/")
    return encoding.strip(), _whole(rest.partition("/")[0].strip()) or 0


def _fmtp(lines: list[tuple[str, str]], payload_type: int) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for part in _for_format(lines, "fmtp", payload_type)[:FMTP_CHARS_MAX].split(";"):
        name, equals, value = part.partition("=")
        if equals and name.strip():
            found.setdefault(name.strip().lower(), value.strip())
    return found


def _codec(media: str, payload_type: int, encoding: str, fmtp: Mapping[str, str]) -> Codec | None:
    if media != "video":
        return None
    if encoding:
        return _ENCODINGS.get(encoding.upper())
    if payload_type == 26:  # static, RFC 3551 table 5
        return Codec.JPEG
    if "sprop-vps" in fmtp or "sprop-sps" in fmtp:
        return Codec.H265
    if "sprop-parameter-sets" in fmtp or "packetization-mode" in fmtp:
        return Codec.H264
    return None


def _frame_rate(lines: list[tuple[str, str]]) -> float | None:
    for name in ("framerate", "x-framerate"):
        if (match := _NUMBER.match(_attribute(lines, name))) is not None:
            rate = float(match[0][:12])
            return rate if 0 < rate <= 1000 else None
    return None


def _bandwidth(lines: list[tuple[str, str]]) -> int | None:
    for letter, value in lines:
        kind, _, number = value.partition(":")
        if letter == "b" and (amount := _whole(number.strip())) is not None:
            return amount // 1000 if kind.upper() == "TIAS" else amount
    return None


def _dimensions(lines: list[tuple[str, str]], payload_type: int) -> tuple[int, int]:
    """From `a=x-dimensions:W,H`, `a=cliprect:0,0,H,W` (QuickTime) or `a=framesize:PT W-H` (3GPP)."""
    spoken = re.findall(r"\d{1,5}", _attribute(lines, "x-dimensions"))
    if len(spoken) == 2:
        return int(spoken[0]), int(spoken[1])
    spoken = re.findall(r"\d{1,5}", _for_format(lines, "framesize", payload_type))
    if len(spoken) == 2:
        return int(spoken[0]), int(spoken[1])
    spoken = re.findall(r"\d{1,5}", _attribute(lines, "cliprect"))
    if len(spoken) == 4:
        return int(spoken[3]), int(spoken[2])
    return 0, 0


def _parameter_sets(fmtp: Mapping[str, str]) -> tuple[bytes, ...]:
    texts = [text for name in _SPROP_NAMES for text in fmtp.get(name, "").split(",") if text.strip()]
    decoded = (_nal_unit(text) for text in texts[:PARAMETER_SETS_MAX])
    return tuple(nal for nal in decoded if nal)


def _nal_unit(text: str) -> bytes:
    """One base64 NAL unit; empty if it is none. Padding may be missing, a start code may be within."""
    plain = text.strip().strip('"').rstrip("=")
    if len(plain) > PARAMETER_SET_BYTES_MAX * 4 // 3:
        return b""
    try:
        nal = base64.b64decode(plain + "=" * (-len(plain) % 4))
    except (binascii.Error, ValueError):
        return b""
    nal = nal.removeprefix(b"\0\0\0\1").removeprefix(b"\0\0\1")
    return nal if len(nal) >= 3 else b""


def _whole(text: str) -> int | None:
    """A plain whole number of at most nine digits, or None."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None
