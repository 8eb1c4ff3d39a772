"""Session descriptions as cameras write them, good and bad."""

import base64

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lenskeeper.base.codecs import Codec
from lenskeeper.protocols.messages import BODY_BYTES_MAX
from lenskeeper.protocols.sdp import PARAMETER_SET_BYTES_MAX, Track, parse

SPS = bytes.fromhex("6764001facd9405005bb0110000003001000000303 20f1831960".replace(" ", ""))
PPS = bytes.fromhex("68ebe3cb22c0")
SPROP = f"{base64.b64encode(SPS).decode()},{base64.b64encode(PPS).decode()}"

AXIS_LIKE = f"""v=0
o=- 1 1 IN IP4 192.0.2.1
s=Session streamed
a=control:rtsp://192.0.2.1/axis-media/media.amp
m=application 0 RTP/AVP 107
a=rtpmap:107 vnd.onvif.metadata/90000
a=control:stream=2
m=audio 0 RTP/AVP 0
a=control:stream=1
m=video 0 RTP/AVP 96
b=AS:50000
a=framerate:25.000
a=x-dimensions:1920,1080
a=rtpmap:96 H264/90000
a=fmtp:96 packetization-mode=1; profile-level-id=64001F; sprop-parameter-sets={SPROP}
a=control:stream=0
m=video 0 RTP/AVP 97
a=rtpmap:97 H265/90000
a=control:stream=3
"""


def video(text: str) -> Track:
    track = parse(text.encode()).video
    assert track is not None
    return track


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r", " \r\n", "\0\r\n"])
def test_the_first_readable_video_is_found_whatever_stands_before_it_and_however_lines_end(
    ending: str,
) -> None:
    described = parse(AXIS_LIKE.replace("\n", ending).encode())
    assert described.control == "rtsp://192.0.2.1/axis-media/media.amp"
    assert [track.media for track in described.tracks] == ["application", "audio", "video", "video"]
    track = described.video
    assert track is not None
    assert track.codec is Codec.H264
    assert (track.payload_type, track.control, track.packetization_mode) == (96, "stream=0", 1)
    assert (track.width, track.height, track.frame_rate, track.bandwidth_kbps) == (1920, 1080, 25.0, 50000)
    assert track.parameter_sets == (SPS, PPS)


@pytest.mark.parametrize(
    ("lines", "codec", "payload_type"),
    [
        ("m=video 0 RTP/AVP 26", Codec.JPEG, 26),
        ("m=video 0 RTP/AVP 26\na=rtpmap:26 JPEG/90000", Codec.JPEG, 26),
        ("m=VIDEO 0 RTP/AVP 98\na=rtpmap:98 h265/90000", Codec.H265, 98),
        ("m=video 0 RTP/AVP 98\na=rtpmap:98 HEVC/90000", Codec.H265, 98),
        ("m=video 0 RTP/AVP 96\na=RTPMAP: 96 H264/90000", Codec.H264, 96),
        (
            "m=video 0 RTP/AVP 96\na=rtpmap:97 H264/90000",
            Codec.H264,
            96,
        ),  # the number is wrong, the name is not
        (f"m=video 0 RTP/AVP 96\na=fmtp:96 sprop-parameter-sets={SPROP}", Codec.H264, 96),
        ("m=video 0 RTP/AVP 96\na=fmtp:96 sprop-vps=QAEMAf//", Codec.H265, 96),
        ("m=video 0 RTP/AVP 96 97\na=rtpmap:97 rtx/90000\na=rtpmap:96 H264/90000", Codec.H264, 96),
    ],
)
def test_the_codec_is_told_by_any_sign_of_it(lines: str, codec: Codec, payload_type: int) -> None:
    track = video(lines)
    assert (track.codec, track.payload_type) == (codec, payload_type)


@pytest.mark.parametrize(
    "lines",
    [
        "m=video 0 RTP/AVP 96\na=rtpmap:96 VP8/90000",
        "m=audio 0 RTP/AVP 96\na=rtpmap:96 H264/90000",
        "m=video",
        "m=",
    ],
)
def test_what_we_cannot_read_is_no_video_of_ours(lines: str) -> None:
    described = parse(lines.encode())
    assert described.video is None
    assert described.has_video == lines.startswith("m=video")


@pytest.mark.parametrize("clock", ["10000", "0", "", "x", "999999999999"])
def test_a_wrong_clock_in_the_rtpmap_is_noted_and_not_believed(clock: str) -> None:
    track = video(f"m=video 0 RTP/AVP 96\na=rtpmap:96 H264/{clock}")
    assert track.clock_rate_hz == 90_000
    assert track.clock_rate_said_hz == (10_000 if clock == "10000" else 0)


def test_h265_sets_stand_apart_and_may_lack_padding_or_carry_start_codes() -> None:
    vps, sps, pps = (b"\x40\x01\x0c\x01", b"\0\0\0\1\x42\x01\x01", b"\x44\x01\xc0")
    texts = [base64.b64encode(nal).decode().rstrip("=") for nal in (vps, sps, pps)]
    track = video(
        "m=video 0 RTP/AVP 98\na=rtpmap:98 H265/90000\n"
        f"a=fmtp:98 sprop-vps={texts[0]}; sprop-sps={texts[1]};sprop-pps={texts[2]}; sprop-max-don-diff=2"
    )
    assert track.parameter_sets == (vps, sps[4:], pps)
    assert track.max_don_diff == 2


def test_sets_that_are_no_sets_are_left_out() -> None:
    huge = base64.b64encode(bytes(PARAMETER_SET_BYTES_MAX * 2)).decode()
    track = video(
        f"m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\na=fmtp:96 sprop-parameter-sets=!!!,{huge},Zw==,,{SPROP}"
    )
    assert track.parameter_sets == (SPS, PPS)


@pytest.mark.parametrize(
    ("line", "size"),
    [
        ("a=cliprect:0,0,576,704", (704, 576)),
        ("a=framesize:96 640-360", (640, 360)),
        ("a=x-dimensions:x,y", (0, 0)),
    ],
)
def test_announced_sizes_come_in_three_dialects(line: str, size: tuple[int, int]) -> None:
    track = video(f"m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\n{line}")
    assert (track.width, track.height) == size


@given(
    st.one_of(
        st.binary(max_size=400),
        st.text(alphabet="vmabs=: /;,0926HJrtpmapcontrol\r\n*", max_size=400).map(str.encode),
    )
)
@example(b"m=video 0 RTP/AVP \xc2\xb2\xc2\xb2\na=framerate:\xc2\xb2")
def test_no_description_is_too_odd_to_be_read(body: bytes) -> None:
    parse(body)
    parse(b"m=video 0 RTP/AVP 96\na=" + body)


def test_a_description_beyond_the_cap_is_read_up_to_it() -> None:
    assert len(parse(b"m=video 0 RTP/AVP 26\n" * BODY_BYTES_MAX).tracks) == 64
