"""The RTSP dialogue: what we ask, how odd servers may answer, and how little the cuts of TCP matter."""

import itertools
import time
from collections.abc import Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.protocols import clips
from tests.protocols.packetiser import Picture, h264_payloads, interleaved, nal_units, rtp, stream

from lenskeeper.base.codecs import Codec
from lenskeeper.base.errors import Invalid
from lenskeeper.base.secret import Secret
from lenskeeper.protocols import sdp
from lenskeeper.protocols.auth import Credential, read_challenges
from lenskeeper.protocols.keyunits import KeyUnit
from lenskeeper.protocols.messages import Garbled, Junk
from lenskeeper.protocols.nal_units import H264Collector
from lenskeeper.protocols.rtp import ReportReader
from lenskeeper.protocols.rtsp import Granted, Interleaved, RtspDialogue, Udp, read_transport
from lenskeeper.protocols.rtsp_wire import Event, Reply, ServerRequest

URL = "rtsp://192.0.2.7/live/main?channel=1"
TRACK = sdp.Track("video", 96, Codec.H264, control="trackID=1")


def dialogue(credential: Credential | None = None, url: str = URL) -> RtspDialogue:
    return RtspDialogue(url, user_agent="lenskeeper", credential=credential, cnonce="abc")


def reply(status: str, *lines: str, cseq: int | None = 1, body: str = "") -> bytes:
    head = [f"RTSP/1.0 {status}", *([f"CSeq: {cseq}"] if cseq else []), *lines]
    if body:
        head.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*head, "", body]).encode()


def line(request: bytes, name: str) -> str:
    for text in request.decode("latin-1").split("\r\n"):
        if text.lower().startswith(name.lower() + ":"):
            return text.partition(":")[2].strip()
    return ""


def first_line(request: bytes) -> str:
    return request.decode().split("\r\n", 1)[0]


def only(events: Sequence[Event]) -> Reply:
    (event,) = events
    assert isinstance(event, Reply)
    return event


def in_pieces(cuts: Sequence[int], wire: bytes, hears: RtspDialogue) -> list[Event]:
    edges = sorted({0, len(wire), *(cut % (len(wire) + 1) for cut in cuts)})
    return [event for begin, end in itertools.pairwise(edges) for event in hears.receive(wire[begin:end])]


# -- the cuts of TCP


def playing() -> tuple[RtspDialogue, H264Collector, ReportReader]:
    talk = dialogue()
    collector, reports = H264Collector(96), ReportReader()
    talk.describe()
    talk.setup(TRACK, Interleaved(0), on_rtp=collector.packet, on_rtcp=reports.packet)
    talk.play()
    return talk, collector, reports


def session_on_the_wire() -> bytes:
    packets = stream(
        [
            Picture(tuple(h264_payloads(nal_units(unit), 1400)), 3600 * i)
            for i, unit in enumerate(clips.h264()[:7])
        ]
    )
    report = b"\x80\xc8\x00\x06" + bytes(4) + b"\xe9\x3c\x80\x00" + bytes(16)
    return b"".join(
        (
            reply(
                "200 OK",
                "Content-Base: rtsp://192.0.2.7/live/",
                "Content-Type: application/sdp",
                body="v=0\r\nm=video 0 RTP/AVP 96\r\n",
            ),
            b"\r\n",
            reply(
                "200 OK",
                "Transport: RTP/AVP/TCP;unicast;interleaved=4-5;ssrc=00C0FFEE",
                "Session: 77;timeout=30",
                cseq=2,
            ),
            interleaved(packets[:3], 4),  # RTP in front of the PLAY reply
            b"junk $\x04 RTSP junk\n\n",
            reply("200 OK", "RTP-Info: url=rtsp://192.0.2.7/live/trackID=1;seq=1", cseq=3),
            interleaved(packets[3:90], 4),
            interleaved([report], 5),
            b"OPTIONS rtsp://192.0.2.7/ RTSP/1.0\nCSeq: 9\n\n",
            interleaved([rtp(1, 1, b"\x01")], 8),  # a track that we did not ask for
            interleaved(packets[90:], 4),
            b"\xff\xfe\xfd",
            reply("200 OK", cseq=4),
        )
    )


@given(st.lists(st.integers(0, 200_000), max_size=60))
@example(list(range(0, 200_000, 7)))
@settings(max_examples=60, deadline=None)
def test_the_cuts_of_tcp_do_not_change_what_was_said(cuts: list[int]) -> None:
    wire = session_on_the_wire()
    whole, pieces = playing(), playing()
    whole[0].teardown()
    pieces[0].teardown()
    said = whole[0].receive(wire)
    assert in_pieces(cuts, wire, pieces[0]) == said
    kinds = [type(event) for event in said]
    assert kinds == [Reply, Reply, Junk, Reply, KeyUnit, ServerRequest, KeyUnit, Junk, Reply]
    for talk, collector, reports in (whole, pieces):
        assert collector.tally.lost == 0
        assert reports.n_reports == 1
        assert (talk.n_strays, talk.session, talk.session_timeout_s) == (1, "77", 30)


def test_a_cut_at_any_one_byte_delays_nothing_beyond_the_last_byte() -> None:
    wire = session_on_the_wire()
    first_reply = wire[: wire.index(b"\r\nRTSP")]
    wire = wire[: wire.index(b"junk")] + b"junk $\x04 RTSP junk\n\n" + reply("200 OK", cseq=3)
    for cut in range(len(wire)):
        talk, *_ = playing()
        said = talk.receive(wire[:cut])
        assert (cut >= len(first_reply)) == bool(said)
        said += talk.receive(wire[cut:])
        assert [type(event) for event in said] == [Reply, Reply, Junk, Reply], cut


def test_a_dollar_by_chance_amid_junk_is_no_packet() -> None:
    talk, *_ = playing()
    talk.receive(reply("200 OK", cseq=1) + reply("200 OK", cseq=2))
    events = talk.receive(b"junk $\x09\xff\xff\x80 junk" + reply("200 OK", cseq=3))
    assert [type(event) for event in events] == [Junk, Reply]


def test_twice_as_long_a_message_byte_by_byte_costs_no_four_times_as_much() -> None:
    """Processor time of one process, in turn and the least of three: 60 kB cut into bytes, and 120 kB."""

    def spent_s(half: int) -> float:
        long = b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nX: %s\r\nContent-Length: %d\r\n\r\n%s"
        wire = long % (b"x" * half, half, b"y" * half)
        talk = dialogue()
        talk.options()
        began = time.process_time()
        events = [event for index in range(len(wire)) for event in talk.receive(wire[index : index + 1])]
        spent = time.process_time() - began
        assert len(only(events).body) == half
        return spent

    rounds = [(spent_s(30_000), spent_s(60_000)) for _ in range(3)]
    assert min(long for _, long in rounds) < 3 * min(short for short, _ in rounds)


# -- what we ask


def test_requests_count_up_and_carry_the_session() -> None:
    talk, *_ = playing()
    talk.receive(
        reply("200 OK", "Session: abc ; timeout = 90", "Transport: RTP/AVP/TCP;interleaved=0-1", cseq=2)
    )
    request = talk.teardown()
    assert first_line(request) == f"TEARDOWN {URL} RTSP/1.0"
    assert (line(request, "CSeq"), line(request, "Session"), line(request, "User-Agent")) == (
        "4",
        "abc",
        "lenskeeper",
    )
    assert talk.session_timeout_s == 90
    assert "Session" not in dialogue().options().decode()


def test_udp_asks_for_its_ports_and_the_server_names_its_own() -> None:
    talk = dialogue()
    assert line(talk.setup(TRACK, Udp(50_000)), "Transport") == "RTP/AVP;unicast;client_port=50000-50001"
    talk.receive(
        reply(
            "200 OK",
            "Transport: RTP/AVP;unicast;client_port=50000-50001;server_port=6970-6971;source=192.0.2.7",
        )
    )
    assert talk.granted == Granted(
        is_interleaved=False, is_multicast=False, server_ports=(6970, 6971), source="192.0.2.7"
    )


@pytest.mark.parametrize(
    ("value", "granted"),
    [
        ("RTP/AVP/TCP;interleaved=2-3;ssrc=1A", Granted(True, False, (2, 3), ssrc=26)),
        ("RTP/AVP/TCP;unicast;interleaved=2", Granted(True, False, (2, 3))),
        ("RTP/AVP;multicast;destination=239.0.0.1;port=5000-5001", Granted(False, True)),
        ("RTP/AVP/TCP;interleaved=x-y;ssrc=zz", Granted(True, False)),
        ("rtp/avp/tcp;Interleaved=300-301", Granted(True, False)),
        ("", Granted(False, False)),
    ],
)
def test_transports_are_read_tolerantly(value: str, granted: Granted) -> None:
    assert read_transport(value) == granted


@pytest.mark.parametrize(
    ("public", "method"),
    [
        ("OPTIONS, DESCRIBE, GET_PARAMETER", "GET_PARAMETER"),
        ("OPTIONS,DESCRIBE,PLAY", "OPTIONS"),
        ("", "OPTIONS"),
    ],
)
def test_a_sign_of_life_is_one_that_the_server_knows(public: str, method: str) -> None:
    talk = dialogue()
    talk.options()
    talk.receive(reply("200 OK", *([f"Public: {public}"] if public else [])))
    assert first_line(talk.keep_alive()).split()[0] == method


@pytest.mark.parametrize(
    ("base_lines", "control", "address"),
    [
        ([], "trackID=1", "rtsp://192.0.2.7/live/main?channel=1/trackID=1"),
        (["Content-Base: rtsp://192.0.2.7/live/"], "trackID=1", "rtsp://192.0.2.7/live/trackID=1"),
        (
            ["Content-Base: rtsp://10.0.0.1:554/live/"],
            "t1",
            "rtsp://10.0.0.1:554/live/t1",
        ),  # behind NAT: its own name
        (["Content-Location: rtsp://192.0.2.7/x"], "t1", "rtsp://192.0.2.7/x/t1"),
        (["Content-Base: /live/"], "t1", "rtsp://192.0.2.7/live/main?channel=1/t1"),
        (["Content-Base: rtsp://u:p@192.0.2.7/live/"], "t1", "rtsp://192.0.2.7/live/t1"),
        (["Content-Base: rtsp://192.0.2.7/l ive/"], "t1", "rtsp://192.0.2.7/live/main?channel=1/t1"),
        ([], "*", URL),
        ([], "", URL),
        ([], "rtsp://192.0.2.7/live/main/trackID=1?x=2", "rtsp://192.0.2.7/live/main/trackID=1?x=2"),
        ([], "RTSP://admin:secret@192.0.2.7/t1", "RTSP://192.0.2.7/t1"),
        (["Content-Base: rtsp://192.0.2.7/live/"], "/live/trackID=1", "rtsp://192.0.2.7/live/trackID=1"),
        (["Content-Base: rtsp://192.0.2.7/live/"], "/trackID=1", "rtsp://192.0.2.7/live/trackID=1"),
        (["Content-Base: rtsp://192.0.2.7/live/"], "?ctype=video", "rtsp://192.0.2.7/live?ctype=video"),
        ([], "track 1\r\nX: y", URL),
    ],
)
def test_a_track_is_asked_for_where_the_server_expects_it(
    base_lines: list[str], control: str, address: str
) -> None:
    talk = dialogue()
    talk.describe()
    talk.receive(reply("200 OK", *base_lines))
    request = talk.setup(sdp.Track("video", control=control), Interleaved())
    assert first_line(request) == f"SETUP {address} RTSP/1.0"


@pytest.mark.parametrize(
    ("url", "cure"),
    [
        ("rtsp://admin:pass@192.0.2.7/", "--credentials"),
        ("rtsp://admin@192.0.2.7/", "--credentials"),
        ("http://192.0.2.7/", "rtsp://"),
        ("rtsp:///x", "names a host"),
        ("rtsp://192.0.2.7/a b", "%20"),
        ("rtsp://192.0.2.7/a\r\nX: y", "%20"),
    ],
)
def test_an_address_that_cannot_be_asked_is_refused_with_its_cure(url: str, cure: str) -> None:
    with pytest.raises(Invalid, match=cure):
        dialogue(url=url)


# -- logging in

CAMERA = Credential("admin", Secret("pass"))
CHALLENGE = 'WWW-Authenticate: Digest realm="cam", nonce="n1", qop="auth", algorithm=SHA-256'
STALE = 'WWW-Authenticate: Digest realm="cam", nonce="n2", stale=true'


def test_a_challenge_is_answered_once_and_the_login_stays() -> None:
    talk = dialogue(CAMERA)
    assert "Authorization" not in talk.describe().decode()
    refused = only(talk.receive(reply("401 Unauthorized", CHALLENGE, "WWW-Authenticate: Basic realm=x")))
    assert talk.may_answer(refused)
    again = talk.answer(refused)
    (answer,) = read_challenges([line(again, "Authorization")])
    assert first_line(again) == f"DESCRIBE {URL} RTSP/1.0"
    assert line(again, "Accept") == "application/sdp"
    assert answer.get("uri") == URL  # exactly as in the request line
    assert answer.get("nc") == "00000001"
    assert only(talk.receive(reply("200 OK", cseq=2))).authenticated
    (setup,) = read_challenges([line(talk.setup(TRACK, Interleaved()), "Authorization")])
    assert setup.get("uri") == URL + "/trackID=1"
    assert setup.get("nc") == "00000002"


def test_a_401_to_a_login_is_a_refusal_and_stale_earns_exactly_one_more() -> None:
    talk = dialogue(CAMERA)
    talk.describe()
    talk.answer(only(talk.receive(reply("401 No", CHALLENGE))))
    assert not talk.may_answer(only(talk.receive(reply("401 No", CHALLENGE, cseq=2))))

    talk = dialogue(CAMERA)
    talk.describe()
    talk.answer(only(talk.receive(reply("401 No", CHALLENGE))))
    talk.answer(only(talk.receive(reply("401 No", STALE, cseq=2))))
    assert not talk.may_answer(only(talk.receive(reply("401 No", STALE, cseq=3))))


def test_a_second_answer_to_one_challenge_cannot_be_made() -> None:
    talk = dialogue(CAMERA)
    talk.describe()
    refused = only(talk.receive(reply("401 No", CHALLENGE)))
    talk.answer(refused)
    with pytest.raises(AssertionError):
        talk.answer(refused)


@pytest.mark.parametrize(
    "lines", [[], ["WWW-Authenticate: Negotiate"], ["WWW-Authenticate: Digest algorithm=X,nonce=1"]]
)
def test_a_challenge_that_we_cannot_answer_is_a_refusal(lines: list[str]) -> None:
    talk = dialogue(CAMERA)
    talk.describe()
    assert not talk.may_answer(only(talk.receive(reply("401 No", *lines))))
    assert not dialogue().may_answer(only(talk.receive(reply("401 No", CHALLENGE, cseq=0))))


# -- odd servers


@pytest.mark.parametrize("status", [301, 302, 404, 453, 454, 455, 459, 461, 503, 551])
def test_every_refusal_is_a_reply_with_its_headers(status: int) -> None:
    talk = dialogue()
    talk.describe()
    got = only(talk.receive(reply(f"{status} Whatever it says", "Location: rtsp://198.51.100.1/")))
    assert (got.status, got.method, got.is_ok) == (status, "DESCRIBE", False)
    assert got.headers.get("location") == "rtsp://198.51.100.1/"
    assert talk.base == URL


@pytest.mark.parametrize(
    "text",
    [
        b"RTSP/1.0 200 OK\nCSeq: 1\nContent-Length: 3\n\nv=0",
        b"RTSP/1.0 200\r\nCSeq: 1\r\nContent-length:3\r\n\r\nv=0",
        b"RTSP/1.0  200  OK \r\ncseq:1\r\nno colon here\r\nCONTENT-LENGTH : 3\r\n\r\nv=0",
        b"\r\n\r\nRTSP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nv=0",
        b"RTSP/1.0 200 OK\r\nCSeq: 99\r\nContent-Length: 3\r\n\r\nv=0",
        b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nX-Folded: a\r\n b\r\nContent-Length: 3\r\n\r\nv=0",
    ],
)
def test_replies_may_be_written_badly(text: bytes) -> None:
    talk = dialogue()
    talk.describe()
    got = only(talk.receive(text))
    assert (got.status, got.method, got.body) == (200, "DESCRIBE", b"v=0")


def test_a_content_length_too_long_is_cut_at_the_next_reply_or_when_the_peer_falls_silent() -> None:
    talk = dialogue()
    talk.describe()
    talk.options()
    first = b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 30\r\n\r\nv=0\r\n"
    events = talk.receive(first + reply("200 OK", cseq=2))
    assert [event.body for event in events if isinstance(event, Reply)] == [b"v=0\r\n", b""]

    talk = dialogue()
    talk.describe()
    assert talk.receive(first) == []
    assert only(talk.settle()).body == b"v=0\r\n"


def test_a_content_length_too_short_leaves_junk_and_the_next_reply_is_heard() -> None:
    talk = dialogue()
    talk.describe()
    talk.options()
    events = talk.receive(
        b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 5\r\n\r\nv=0\r\nm=video\r\n" + reply("200 OK", cseq=2)
    )
    assert [type(event) for event in events] == [Reply, Junk, Reply]


def test_a_silence_amid_a_packet_or_a_first_word_loses_nothing() -> None:
    talk, collector, _ = playing()
    opening = reply("200 OK", cseq=1) + reply("200 OK", cseq=2)
    packet = interleaved([rtp(1, 1, b"\x41\x9a\x00")], 0)
    for wire in (opening[:9], opening[9:] + packet[:7], packet[7:]):
        talk.receive(wire)
        assert talk.settle() == []
    assert collector.tally.packets == 1


@pytest.mark.parametrize("length", ["", "Content-Length: -5\r\n", "Content-Length: x\r\n"])
def test_an_sdp_of_unsaid_length_ends_with_the_silence(length: str) -> None:
    talk = dialogue()
    talk.describe()
    text = f"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Type: application/sdp\r\n{length}\r\nv=0\r\n".encode()
    assert talk.receive(text) == []
    assert only(talk.settle()).body == b"v=0\r\n"


def test_a_reply_without_its_blank_line_is_taken_when_the_peer_falls_silent() -> None:
    talk = dialogue()
    talk.options()
    assert talk.receive(b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nPublic: DESCRIBE\r\n") == []
    assert only(talk.settle()).status == 200
    assert talk.public == "DESCRIBE"
    assert talk.settle() == []


@pytest.mark.parametrize(
    "text",
    [b"HTTP/1.0 400 Bad Request\r\n\r\n<html>", b"SSH-2.0-OpenSSH_9.2\r\n", b"\xff\xfb\x01login: "],
)
def test_who_does_not_speak_rtsp_is_told_by_its_own_words(text: bytes) -> None:
    talk = dialogue()
    talk.options()
    (event,) = talk.receive(text) + talk.settle()
    assert isinstance(event, Garbled)
    assert "not RTSP" in event.text
    assert text[:4].decode("latin-1").strip("\xff\xfb\x01") in event.text
    assert event.text.isascii()
    assert event.text.isprintable()
    assert talk.receive(reply("200 OK")) == []


@pytest.mark.parametrize(
    "text",
    [
        b"x" * 3000,
        b"RTSP/1.0 200 OK\r\nX: " + b"x" * 70_000,
        b"RTSP/1.0 200 OK\r\nContent-Length: 70000\r\n\r\n",
        b"RTSP/1.0 200 OK\r\n\r\n" + b"x" * 300_000,
    ],
)
@pytest.mark.parametrize("step", [1000, 1_000_000])
def test_beyond_the_limits_the_dialogue_ends(text: bytes, step: int) -> None:
    talk = dialogue()
    events = [event for at in range(0, len(text), step) for event in talk.receive(text[at : at + step])]
    assert isinstance(events[-1], Garbled)
    assert sum(isinstance(event, Garbled) for event in events) == 1


def test_a_server_may_ask_us_and_gets_an_answer_but_no_obedience() -> None:
    talk = dialogue()
    (event,) = talk.receive(
        b"REDIRECT rtsp://192.0.2.7/ RTSP/1.0\r\nCSeq: 5\r\nLocation: rtsp://198.51.100.1/\r\n\r\n"
    )
    assert isinstance(event, ServerRequest)
    assert event.answer.startswith(b"RTSP/1.0 200 OK\r\nCSeq: 5\r\n")
    assert talk.base == URL
    (event,) = talk.receive(b"DESCRIBE * RTSP/1.0\r\nCSeq: 6\r\n\r\n")
    assert isinstance(event, ServerRequest)
    assert event.answer.startswith(b"RTSP/1.0 501 ")


def test_a_server_that_closes_after_describe_has_still_said_it() -> None:
    talk = dialogue()
    talk.describe()
    assert only(talk.receive(reply("200 OK", "Connection: close", body="v=0\r\n"))).body == b"v=0\r\n"
    assert talk.settle() == []


def test_channels_that_the_server_did_not_name_are_those_we_asked_for() -> None:
    talk, collector, _ = playing()
    talk.receive(reply("200 OK", cseq=1) + reply("200 OK", cseq=2))
    talk.receive(interleaved([rtp(1, 1, b"\x41\x9a\x00")], 0))
    assert collector.tally.packets == 1


@given(
    st.lists(
        st.one_of(
            st.binary(max_size=50),
            st.sampled_from(
                [
                    b"RTSP/1.0 ",
                    b"$\0\0\x0c",
                    b"\r\n\r\n",
                    b"200 OK\r\n",
                    b"Content-Length: 9\r\n",
                    b"OPTIONS * RTSP/1.0\r\n",
                ]
            ),
        ),
        max_size=30,
    )
)
@settings(deadline=None)
def test_no_server_is_too_odd(pieces: list[bytes]) -> None:
    talk, *_ = playing()
    one = playing()[0]
    said = [event for piece in pieces for event in talk.receive(piece)] + talk.settle()
    assert said == one.receive(b"".join(pieces)) + one.settle()
    n_junk = sum(event.n_bytes for event in said if isinstance(event, Junk))
    assert n_junk <= sum(map(len, pieces))
