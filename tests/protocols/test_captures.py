"""Each strange camera, replayed: what we ask is what it expects, and its picture is found."""

import pytest
from tests.protocols import capture

from lenskeeper.base.secret import Secret
from lenskeeper.protocols import sdp
from lenskeeper.protocols.auth import Credential
from lenskeeper.protocols.collectors import collector
from lenskeeper.protocols.keyunits import KeyFrameCollector, KeyUnit
from lenskeeper.protocols.messages import Junk
from lenskeeper.protocols.rtsp import Interleaved, RtspDialogue
from lenskeeper.protocols.rtsp_wire import Event, Reply


class Visitor:
    """Asks as a session does: what the capture's next line begins with, or the same again with a login."""

    def __init__(self, url: str) -> None:
        credential = Credential("admin", Secret("pass"))
        self.talk = RtspDialogue(url, user_agent="lenskeeper", credential=credential, cnonce="0a4f113b")
        self.description = sdp.Description()
        self.collector: KeyFrameCollector | None = None
        self.last: Reply | None = None

    def ask(self, method: str) -> bytes:
        if self.last is not None and self.talk.may_answer(self.last):
            return self.talk.answer(self.last)
        if method == "SETUP":
            track = self.description.video
            assert track is not None
            self.collector = collector(track)
            assert self.collector is not None
            return self.talk.setup(track, Interleaved(), on_rtp=self.collector.packet)
        if method == "PLAY":
            return self.talk.play(self.description)
        if method == "TEARDOWN":
            return self.talk.teardown(self.description)
        return self.talk.options() if method == "OPTIONS" else self.talk.describe()

    def hear(self, answer: bytes) -> list[Event]:
        events = self.talk.receive(answer)
        for event in events:
            if isinstance(event, Reply):
                self.last = event
                if event.method == "DESCRIBE" and event.is_ok:
                    self.description = sdp.parse(event.body)
        return events


@pytest.mark.parametrize("name", capture.names())
def test_a_strange_camera_is_asked_as_it_expects_and_gives_its_picture(name: str) -> None:
    session = capture.read(name)
    visitor = Visitor(session.turns[0].asks[0].split()[1])
    heard: list[Event] = []
    for turn in session.turns:
        method = turn.asks[0].split()[0]
        lines = visitor.ask(method).decode().split("\r\n")
        assert lines[0] == turn.asks[0]
        assert set(turn.asks) <= set(lines)
        heard += visitor.hear(turn.answer)
        assert visitor.last is not None
        assert visitor.last.method == method
    assert visitor.last is not None
    assert visitor.last.is_ok
    assert visitor.description.video is not None
    assert visitor.description.video.codec is session.codec
    assert visitor.talk.session_timeout_s == int(session.expect["timeout_s"])
    assert sum(isinstance(event, Junk) for event in heard) == int(session.expect["junk"])
    (unit,) = (event for event in heard if isinstance(event, KeyUnit))
    assert unit.codec is session.codec


def test_every_capture_says_whether_it_was_recorded() -> None:
    for name in capture.names():
        header = "".join(
            line
            for line in (capture.FOLDER / name).read_text(encoding="utf-8").splitlines()
            if line.startswith("#")
        )
        assert ("RECORDED" in header) != ("WRITTEN" in header and "not recorded" in header)
