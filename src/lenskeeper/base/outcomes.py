"""How one look at a camera ended. A dead camera is data here, never an exception."""

from enum import StrEnum


class Outcome(StrEnum):
    """The one word a look ends with; the operator's next step differs for each.

    Only PLAYING brought a picture. ANSWERS is the end of a reachability look, which asks for none.
    """

    PLAYING = "playing"  # a whole key frame came
    ANSWERS = "answers"  # the peer spoke the protocol; no picture was asked for
    UNREACHABLE = "unreachable"  # no route, or the name does not resolve
    TIMED_OUT = "timed_out"  # silence where an answer was due
    REFUSED = "refused"  # the host is there and nothing listens on the port
    TLS_REFUSED = "tls_refused"  # the certificate or the handshake did not satisfy us
    AUTH_REFUSED = "auth_refused"  # a login is asked for and ours, or its absence, was refused
    HELD_BACK = (
        "held_back"  # not tried: this host refused this account before, or lies in no declared network
    )
    NOT_FOUND = "not_found"  # the host answers and knows no such path, or there is no such file
    REDIRECTED = "redirected"  # it sends us to a host that nobody named
    BUSY = "busy"  # 453, 503 and kin: alive, no slot for us
    NOT_SUPPORTED = "not_supported"  # it offers no transport or codec that we speak
    GARBLED = "garbled"  # the peer does not speak the protocol
    REJECTED = "rejected"  # it answered with an error of its own; the remark quotes it
    CLOSED = "closed"  # it hung up amid the visit
    NO_VIDEO = "no_video"  # it describes no video, or sends no packet of it
    NO_KEYFRAME = "no_keyframe"  # packets flow, and no whole key frame came in time
    OUR_FAULT = "our_fault"  # the look itself failed here; nothing is known of the camera
    UNDECODABLE = "undecodable"  # a key frame came, and no picture can be made of it
