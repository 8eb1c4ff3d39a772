"""A password goes out in clear only where the owner named the host for it."""

import pytest

from lenskeeper.base.secret import Secret
from lenskeeper.protocols.auth import Credential, Login, read_challenges
from lenskeeper.protocols.http import HttpDialogue, StillReply
from lenskeeper.protocols.rtsp import RtspDialogue
from lenskeeper.protocols.rtsp_wire import Reply

CAMERA = Credential("admin", Secret("hunter2"))
BASIC = 'Basic realm="a"'
DIGEST = 'Digest realm="a", nonce="n"'


@pytest.mark.parametrize(
    ("offered", "basic", "answered", "wanted"),
    [
        ([BASIC], True, True, False),
        ([BASIC], False, False, True),
        ([BASIC, DIGEST], False, True, False),
        ([DIGEST], False, True, False),
        ([], False, False, False),
    ],
)
def test_basic_is_answered_only_where_it_is_allowed(
    offered: list[str], basic: bool, answered: bool, wanted: bool
) -> None:
    challenges = read_challenges(offered)
    login = Login(CAMERA, "c", basic=basic)
    assert login.wants_basic(challenges) is wanted
    assert login.may_answer(challenges, authenticated=False) is answered
    assert login.accept(challenges, authenticated=False) is answered
    assert bool(login.line("GET", "/")) is answered


def test_a_digest_that_grows_stale_is_not_followed_by_a_password_in_clear() -> None:
    login = Login(CAMERA, "c", basic=False)
    assert login.accept(read_challenges([DIGEST]), authenticated=False)
    assert not login.accept(read_challenges([BASIC + ", stale=true"]), authenticated=True)


@pytest.mark.parametrize("basic", [True, False])
def test_an_rtsp_dialogue_keeps_to_it(basic: bool) -> None:
    talk = RtspDialogue("rtsp://c/1", user_agent="x", credential=CAMERA, cnonce="c", basic=basic)
    talk.describe()
    (reply,) = talk.receive(
        f"RTSP/1.0 401 Unauthorized\r\nCSeq: 1\r\nWWW-Authenticate: {BASIC}\r\n\r\n".encode()
    )
    assert isinstance(reply, Reply)
    assert (talk.may_answer(reply), talk.wants_basic(reply)) == (basic, not basic)


@pytest.mark.parametrize("basic", [True, False])
def test_an_http_dialogue_keeps_to_it(basic: bool) -> None:
    talk = HttpDialogue("http://c/1", user_agent="x", credential=CAMERA, cnonce="c", basic=basic)
    talk.get()
    (reply,) = talk.receive(
        f"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nWWW-Authenticate: {BASIC}\r\n\r\n".encode()
    )
    assert isinstance(reply, StillReply)
    assert (talk.may_answer(reply), talk.wants_basic(reply)) == (basic, not basic)


def test_a_picture_on_its_way_is_told_from_silence_after_a_login() -> None:
    talk = HttpDialogue("http://c/1", user_agent="x", credential=CAMERA, cnonce="c")
    talk.get()
    (reply,) = talk.receive(
        f"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nWWW-Authenticate: {DIGEST}\r\n\r\n".encode()
    )
    assert isinstance(reply, StillReply)
    talk.answer(reply)
    assert not talk.is_answering
    assert talk.receive(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab") == []
    assert talk.is_answering
