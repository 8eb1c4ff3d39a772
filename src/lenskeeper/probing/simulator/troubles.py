"""What can go wrong between a camera and its viewer, one name per trouble, and how a good look at it must end."""

from enum import StrEnum
from typing import Final

from lenskeeper.base.outcomes import Outcome


class Trouble(StrEnum):
    """A script for one camera's connection, replies, description or stream. NONE in the field means it is well."""

    # the connection
    DOWN = "down"  # nothing listens: the kernel answers with RST; if it begins later: accepted, then RST
    HALF_OPEN = "half_open"  # accepts, never answers
    SLOW = "slow"  # every reply comes after `delay_s`
    DRIBBLE = "dribble"  # one byte a second
    GARBAGE = "garbage"  # random bytes instead of a reply
    ENDLESS_HEADER = "endless_header"  # a reply whose header never ends
    # the replies
    WRONG_PASSWORD = "wrong_password"  # noqa: S105 - a trouble, no secret: every login is refused
    STALE_ONCE = "stale_once"  # the first nonce has grown stale
    NOT_FOUND = "not_found"
    REDIRECT = "redirect"  # 302 to a host that nobody named
    BUSY = "busy"  # 453 to SETUP: no slot left
    OVERLOADED = "overloaded"  # 503 to DESCRIBE
    UDP_ONLY = "udp_only"  # 461 to TCP
    HANGS_UP = "hangs_up"  # closes after DESCRIBE
    WANTS_USER_AGENT = "wants_user_agent"  # 403 to requests that name no program
    BARE_LF = "bare_lf"  # lines end with LF alone
    SHORT_SESSION = "short_session"  # drops a session after 5 s without keep-alive
    # the description
    NO_VIDEO = "no_video"  # sound only
    AUDIO_FIRST = "audio_first"
    WRONG_LENGTH = "wrong_length"  # Content-Length too small by 20 bytes
    WRONG_CONTROL = "wrong_control"  # a control that SETUP then does not know
    ABSOLUTE_CONTROL = "absolute_control"
    WRONG_RTPMAP = "wrong_rtpmap"  # clock rate 8000 in the description, 90000 on the wire
    WRONG_SPROP = "wrong_sprop"  # parameter sets of another size in the description, right ones in band
    # the stream
    NO_PACKETS = "no_packets"
    NO_KEYFRAME = "no_keyframe"
    LONG_GOP = "long_gop"  # a key frame a minute, as smart codecs do
    RTP_BEFORE_REPLY = "rtp_before_reply"
    JUNK = "junk"  # stray bytes between interleaved frames
    GAPS = "gaps"  # lost packets, in every third key frame
    NO_MARKER = "no_marker"
    ALL_MARKERS = "all_markers"
    SETS_IN_SDP_ONLY = "sets_in_sdp_only"
    SETS_IN_BAND_ONLY = "sets_in_band_only"
    SEVERAL_SLICES = "several_slices"
    UNDECODABLE = "undecodable"  # slices name a parameter set that nobody sent, and noise follows
    GIANT_UNIT = "giant_unit"  # one picture that never ends


_WELL: Final = frozenset({Outcome.PLAYING})

ENDS: Final[dict[Trouble, frozenset[Outcome]]] = {
    Trouble.DOWN: frozenset({Outcome.REFUSED}),
    Trouble.HALF_OPEN: frozenset({Outcome.TIMED_OUT}),
    Trouble.SLOW: _WELL | {Outcome.TIMED_OUT},
    Trouble.DRIBBLE: frozenset({Outcome.TIMED_OUT}),
    Trouble.GARBAGE: frozenset({Outcome.GARBLED}),
    Trouble.ENDLESS_HEADER: frozenset({Outcome.GARBLED}),
    Trouble.WRONG_PASSWORD: frozenset({Outcome.AUTH_REFUSED}),
    Trouble.NOT_FOUND: frozenset({Outcome.NOT_FOUND}),
    Trouble.REDIRECT: frozenset({Outcome.REDIRECTED}),
    Trouble.BUSY: frozenset({Outcome.BUSY}),
    Trouble.OVERLOADED: frozenset({Outcome.BUSY}),
    Trouble.HANGS_UP: frozenset({Outcome.CLOSED}),
    Trouble.NO_VIDEO: frozenset({Outcome.NO_VIDEO}),
    Trouble.WRONG_CONTROL: frozenset({Outcome.NOT_FOUND, Outcome.PLAYING}),
    Trouble.NO_PACKETS: frozenset({Outcome.NO_VIDEO}),
    Trouble.NO_KEYFRAME: frozenset({Outcome.NO_KEYFRAME}),
    Trouble.LONG_GOP: frozenset({Outcome.NO_KEYFRAME, Outcome.PLAYING}),
    Trouble.UNDECODABLE: frozenset({Outcome.UNDECODABLE}),
    Trouble.GIANT_UNIT: frozenset({Outcome.NO_KEYFRAME, Outcome.UNDECODABLE, Outcome.GARBLED}),
}


def ends(trouble: Trouble | None) -> frozenset[Outcome]:
    """The outcomes that a truthful look may have; a trouble that is not listed must be overcome."""
    return _WELL if trouble is None else ENDS.get(trouble, _WELL)
