"""The SDP of a simulated camera, true or, by script, not."""

import base64

from lenskeeper.base.codecs import Codec
from lenskeeper.probing.simulator.cameras import SimulatedCamera
from lenskeeper.probing.simulator.streams import Stream
from lenskeeper.probing.simulator.troubles import Trouble

VIDEO_CONTROL = "trackID=1"
AUDIO_CONTROL = "trackID=2"
# The parameter sets of another camera: 1280 x 720, baseline profile, made by hand after ITU-T H.264 7.3.2.1.
OTHER_SETS = (bytes.fromhex("6742c01fda014016e8"), bytes.fromhex("68ce3c80"))


def _fmtp(stream: Stream, trouble: Trouble | None) -> str:
    """The `a=fmtp` value, with parameter sets unless they come in band only."""
    codec, sets = stream.clip.spec.codec, stream.clip.sets
    if trouble is Trouble.WRONG_SPROP and codec is Codec.H264:
        sets = OTHER_SETS
    coded = [base64.b64encode(s).decode() for s in sets]
    if codec is Codec.H264:
        out = f"packetization-mode=1;profile-level-id={stream.clip.sets[0][1:4].hex().upper()}"
        return (
            out if trouble is Trouble.SETS_IN_BAND_ONLY else f"{out};sprop-parameter-sets={','.join(coded)}"
        )
    if trouble is Trouble.SETS_IN_BAND_ONLY:
        return "profile-id=1"
    return f"sprop-vps={coded[0]};sprop-sps={coded[1]};sprop-pps={coded[2]}"


def _video(camera: SimulatedCamera, stream: Stream, base: str) -> list[str]:
    kind = stream.payload_type
    codec = camera.clip.codec
    clock = 8_000 if camera.trouble is Trouble.WRONG_RTPMAP else 90_000
    control = f"{base}{VIDEO_CONTROL}" if camera.trouble is Trouble.ABSOLUTE_CONTROL else VIDEO_CONTROL
    lines = [f"m=video 0 RTP/AVP {kind}", "c=IN IP4 0.0.0.0"]
    # 26 is static: most cameras spare the rtpmap
    if codec is not Codec.JPEG or camera.trouble is Trouble.WRONG_RTPMAP:
        name = {Codec.H264: "H264", Codec.H265: "H265", Codec.JPEG: "JPEG"}[codec]
        lines.append(f"a=rtpmap:{kind} {name}/{clock}")
    if codec is not Codec.JPEG:
        lines.append(f"a=fmtp:{kind} {_fmtp(stream, camera.trouble)}")
    lines.append(f"a=framerate:{stream.fps:g}")
    lines.append(
        "a=control:trackID=77" if camera.trouble is Trouble.WRONG_CONTROL else f"a=control:{control}"
    )
    return lines


def _audio() -> list[str]:
    return ["m=audio 0 RTP/AVP 0", "c=IN IP4 0.0.0.0", "a=rtpmap:0 PCMU/8000", f"a=control:{AUDIO_CONTROL}"]


def description(camera: SimulatedCamera, stream: Stream, base: str) -> bytes:
    """The session description; `base` is the Content-Base, with its final slash."""
    lines = [
        "v=0",
        f"o=- 1 1 IN IP4 {camera.address}",
        "s=Media Presentation",
        "t=0 0",
        "a=control:*",
        "a=range:npt=0-",
    ]
    if camera.trouble is Trouble.NO_VIDEO:
        lines += _audio()
    elif camera.trouble is Trouble.AUDIO_FIRST:
        lines += _audio() + _video(camera, stream, base)
    else:
        lines += _video(camera, stream, base)
    end = "\n" if camera.trouble is Trouble.BARE_LF else "\r\n"
    return (end.join(lines) + end).encode()
