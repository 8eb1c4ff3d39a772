"""The HTTP still: one GET, one login, one picture, whatever the camera's web server is like."""

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lenskeeper.base.errors import Invalid
from lenskeeper.base.limits import PICTURE_BYTES_MAX
from lenskeeper.base.secret import Secret
from lenskeeper.protocols.auth import Credential, read_challenges
from lenskeeper.protocols.http import HttpDialogue, HttpEvent, StillReply
from lenskeeper.protocols.messages import Garbled, Headers, date_ms

URL = "http://192.0.2.7:8080/snap.jpg?channel=1"
CAMERA = Credential("admin", Secret("pass"))
PICTURE = b"\xff\xd8\xff\xe0 not really -- a picture \r\n\r\n--x\xff\xd9" * 40
CHALLENGE = 'WWW-Authenticate: Digest realm="cam", nonce="n1", qop="auth", algorithm=MD5'


def dialogue(credential: Credential | None = None) -> HttpDialogue:
    return HttpDialogue(URL, user_agent="lenskeeper", credential=credential, cnonce="abc")


def response(status: str = "200 OK", *lines: str, body: bytes = b"", length: int | None = -1) -> bytes:
    head = [f"HTTP/1.1 {status}", *lines]
    if length is not None:
        head.append(f"Content-Length: {len(body) if length < 0 else length}")
    return "\r\n".join([*head, "", ""]).encode() + body


def heard(talk: HttpDialogue, wire: bytes, cuts: Sequence[int] = (), *, ends: bool = True) -> list[HttpEvent]:
    edges = sorted({0, len(wire), *(cut % (len(wire) + 1) for cut in cuts)})
    said = [event for begin, end in itertools.pairwise(edges) for event in talk.receive(wire[begin:end])]
    return said + (talk.settle() if ends else [])


def only(events: Sequence[HttpEvent]) -> StillReply:
    (event,) = events
    assert isinstance(event, StillReply)
    return event


def multipart(boundary_line: str = "--cut", *part_lines: str) -> bytes:
    head = "\r\n".join([boundary_line, "Content-Type: image/jpeg", *part_lines, "", ""]).encode()
    plain = PICTURE.replace(b"\n--x", b"\n==x")
    return head + plain + b"\r\n" + head + plain + b"\r\n"


CHUNKED = b"%x\r\n%s\r\n0\r\n\r\n" % (len(PICTURE), PICTURE)
WIRES = [
    response(body=PICTURE),
    response("200 OK", "Content-Type: image/jpeg", "Transfer-Encoding: chunked", body=CHUNKED, length=None),
    response("200 OK", "Connection: close", body=PICTURE, length=None),
    response(
        "200 OK", "Content-Type: multipart/x-mixed-replace; boundary=cut", body=multipart(), length=None
    ),
    response("401 Unauthorized", CHALLENGE, body=b"no"),
    response(body=PICTURE, length=99_999),
]


@given(st.sampled_from(WIRES), st.lists(st.integers(0, 10_000), max_size=40))
@settings(max_examples=150, deadline=None)
def test_the_cuts_of_tcp_do_not_change_what_was_said(wire: bytes, cuts: list[int]) -> None:
    whole, pieces = dialogue(), dialogue()
    whole.get()
    pieces.get()
    assert heard(pieces, wire, cuts) == heard(whole, wire)


def test_a_cut_at_any_one_byte_of_a_motion_jpeg_finds_the_same_part() -> None:
    for cut in range(len(WIRES[3])):
        talk = dialogue()
        talk.get()
        assert only(heard(talk, WIRES[3], [cut])).body == PICTURE.replace(b"\n--x", b"\n==x")


def test_the_request_names_the_host_and_the_whole_target() -> None:
    lines = dialogue().get().decode().split("\r\n")
    assert lines[0] == "GET /snap.jpg?channel=1 HTTP/1.1"
    assert "Host: 192.0.2.7:8080" in lines
    plain = HttpDialogue("http://192.0.2.7:80", user_agent="x").get().decode().split("\r\n")
    assert plain[0] == "GET / HTTP/1.1"
    assert "Host: 192.0.2.7" in plain


@pytest.mark.parametrize("wire", WIRES[:3])
def test_a_still_comes_whole_in_every_framing(wire: bytes) -> None:
    talk = dialogue()
    talk.get()
    got = only(heard(talk, wire))
    assert got.body == PICTURE
    assert got.is_ok
    assert got.is_whole
    assert talk.receive(wire) == []


@pytest.mark.parametrize(
    "content_type", ["boundary=cut", "boundary=--cut", 'boundary="cut"', "", "boundary=other"]
)
@pytest.mark.parametrize("part_lines", [[], [f"Content-Length: {len(PICTURE)}"]])
@pytest.mark.parametrize("before", [b"", b"\r\n"])
def test_the_first_part_of_a_motion_jpeg_is_the_still(
    content_type: str, part_lines: list[str], before: bytes
) -> None:
    talk = dialogue()
    talk.get()
    head = response("200 OK", f"Content-Type: multipart/x-mixed-replace;{content_type}", length=None)
    got = only(heard(talk, head + before + multipart("--cut", *part_lines), ends=False))
    assert got.body == PICTURE.replace(b"\n--x", b"\n==x")
    assert got.content_type == "image/jpeg"
    assert talk.needs_new_connection


def test_a_body_cut_short_is_handed_out_and_said_to_be_so() -> None:
    talk = dialogue()
    talk.get()
    got = only(heard(talk, WIRES[5]))
    assert got.body == PICTURE
    assert not got.is_whole


def test_a_challenge_is_answered_on_the_same_connection_or_a_new_one_and_once() -> None:
    for lines, needs_new in (([], False), (["Connection: close"], True)):
        talk = dialogue(CAMERA)
        assert b"Authorization" not in talk.get()
        refused = only(heard(talk, response("401 Unauthorized", CHALLENGE, *lines, body=b"no"), ends=False))
        assert talk.may_answer(refused)
        assert talk.needs_new_connection == needs_new
        again = talk.answer(refused).decode()
        (line,) = (text for text in again.split("\r\n") if text.startswith("Authorization:"))
        (answer,) = read_challenges([line.removeprefix("Authorization:")])
        assert answer.get("uri") == "/snap.jpg?channel=1"
        second = only(heard(talk, response("401 Unauthorized", CHALLENGE), ends=False))
        assert second.authenticated
        assert not talk.may_answer(second)


def test_a_redirect_is_reported_and_no_more() -> None:
    talk = dialogue()
    talk.get()
    got = only(heard(talk, response("302 Found", "Location: http://198.51.100.1/")))
    assert got.location == "http://198.51.100.1/"


@pytest.mark.parametrize(
    "wire",
    [
        b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.0 200 OK\nContent-Length: 2\n\nok",
        b"HTTP/1.0 200 OK\n\nok",
    ],
)
def test_replies_may_be_written_badly(wire: bytes) -> None:
    talk = dialogue()
    talk.get()
    assert only(heard(talk, wire)).body == b"ok"


@pytest.mark.parametrize(
    "wire",
    [
        b"RTSP/1.0 400 Bad\r\n\r\n",
        b"\x00\x01\x02\r\n\r\n",
        b"",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000,
        response(length=PICTURE_BYTES_MAX + 1),
        response("200 OK", body=bytes(PICTURE_BYTES_MAX + 1), length=None),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_who_does_not_speak_http_or_too_much_is_garbled(wire: bytes) -> None:
    talk = dialogue()
    talk.get()
    (event,) = heard(talk, wire)
    assert isinstance(event, Garbled)
    assert talk.receive(b"x") == []


@pytest.mark.parametrize(
    "url", ["http://a:b@192.0.2.7/", "ftp://192.0.2.7/", "http:///x", "http://192.0.2.7/ x"]
)
def test_an_address_that_cannot_be_asked_is_refused(url: str) -> None:
    with pytest.raises(Invalid):
        HttpDialogue(url, user_agent="x")


@pytest.mark.parametrize(
    ("said", "ms"),
    [
        ("Sun, 06 Nov 1994 08:49:37 GMT", 784111777000),
        ("Sun, Nov 06 1994 08:49:37 GMT", 784111777000),  # live555
        ("Sun, 06 Nov 1994 16:49:37 +0800", 784111777000),
        ("Sun, 06 Nov 1994 03:19:37 -0530", 784111777000),
        ("Sunday, 06-Nov-1994 08:49:37 GMT", 784111777000),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Sun, 31 Feb 2024 08:49:37 GMT", None),
        ("Sun, 06 Nov 0000 08:49:37 +9999", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_the_cameras_clock_is_read_from_its_date(said: str, ms: int | None) -> None:
    assert date_ms(Headers((("date", said),))) == ms


@given(
    st.lists(
        st.one_of(
            st.binary(max_size=60),
            st.sampled_from(
                [
                    b"HTTP/1.1 200 OK\r\n",
                    b"\r\n",
                    b"Content-Type: multipart/x\r\n",
                    b"--a\r\n",
                    b"Content-Length: 5\r\n",
                    b"Transfer-Encoding: chunked\r\n",
                ]
            ),
        ),
        max_size=15,
    )
)
@settings(deadline=None)
def test_no_server_is_too_odd(pieces: list[bytes]) -> None:
    talk = dialogue()
    talk.get()
    said = [event for piece in pieces for event in talk.receive(piece)] + talk.settle()
    assert len(said) <= 1
