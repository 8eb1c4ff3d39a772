"""One HTTP/1.1 connection for one still picture, our side of it: bytes in, events out, framing by h11.

    dialogue = HttpDialogue("http://camera/snap.jpg", credential=..., user_agent="lenskeeper", cnonce=...)
    send(dialogue.get())
    for event in dialogue.receive(bytes_from_the_socket): ...

Redirects are reported and never followed. Of a motion JPEG (multipart/x-mixed-replace) the first whole part is taken.
"""

import re
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import h11

from lenskeeper.base.limits import PICTURE_BYTES_MAX
from lenskeeper.protocols.addresses import request_address
from lenskeeper.protocols.auth import Credential, Login, read_challenges
from lenskeeper.protocols.messages import (
    BLANK_LINE,
    HEADER_BLOCK_BYTES_MAX,
    Garbled,
    Headers,
    content_length,
    printable,
    read_headers,
)

PART_HEADER_BYTES_MAX: Final = 8 * 1024
ACCEPT: Final = "image/jpeg, image/*;q=0.9, multipart/x-mixed-replace;q=0.5, */*;q=0.1"
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class StillReply:
    """The whole answer to our GET.

    content_type:  lower case, without parameters; of the part, if the body was a motion JPEG.
    body:          at most 8 MB.
    is_whole:      False: the connection ended before the announced length.
    location:      where a 3xx points to, as said; reported, never followed.
    authenticated: whether the request carried a login.
    """

    status: int
    reason: str
    headers: Headers
    content_type: str
    body: bytes = field(default=b"", repr=False)
    is_whole: bool = True
    authenticated: bool = False

    @property
    def is_ok(self) -> bool:
        """2xx."""
        return 200 <= self.status < 300

    @property
    def location(self) -> str:
        """Where a 3xx points to, as said; empty if nowhere."""
        return self.headers.get("location") if 300 <= self.status < 400 else ""


HttpEvent: TypeAlias = StillReply | Garbled


class HttpDialogue:
    """The client's side of one HTTP connection: a GET, and once more with a login where one is asked for."""

    __slots__ = (
        "_agent",
        "_authenticated",
        "_body",
        "_conn",
        "_head",
        "_host",
        "_is_over",
        "_login",
        "_parts",
        "_target",
        "needs_new_connection",
    )

    def __init__(
        self,
        url: str,
        *,
        user_agent: str,
        credential: Credential | None = None,
        cnonce: str = "",
        basic: bool = True,
    ) -> None:
        """Open a dialogue about `url`, which is http:// or https:// without user and password, else Invalid.

        cnonce: unguessable letters and digits, needed with a credential.
        basic: whether the password may be sent in clear to a peer that offers nothing better.
        """
        parts = request_address(url, tuple(_DEFAULT_PORTS))
        scheme = parts.scheme.lower()
        self._host = parts.netloc.lower().removesuffix(f":{_DEFAULT_PORTS[scheme]}")
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._agent = printable(user_agent)
        self._login = Login(credential, cnonce, basic=basic)
        self._conn = _connection()
        self._head: h11.Response | None = None
        self._body = bytearray()
        self._parts: _FirstPart | None = None
        self._authenticated = False
        self._is_over = False
        self.needs_new_connection = False  # before `answer`: the peer closes this one

    def get(self) -> bytes:
        """Ask for the picture."""
        login = self._login.line("GET", self._target)
        self._authenticated = bool(login)
        headers = [("Host", self._host), ("User-Agent", self._agent), ("Accept", ACCEPT)]
        if login:
            headers.append(("Authorization", login))
        request = h11.Request(
            method="GET",
            target=self._target,
            headers=[(k.encode("ascii"), v.encode("latin-1", "replace")) for k, v in headers],
        )
        said = self._conn.send(request) or b""
        return said + (self._conn.send(h11.EndOfMessage()) or b"")

    def receive(self, data: bytes) -> list[HttpEvent]:
        """Take what arrived; return the reply once it is whole. After a reply or a Garbled it says nothing more."""
        return self._fed(data) if data else []

    def settle(self) -> list[HttpEvent]:
        """The connection has ended: make the best of what came."""
        return self._fed(b"")

    def may_answer(self, reply: StillReply) -> bool:
        """Whether this 401 is a challenge that we may answer (once; `stale` once more). Otherwise it is a refusal."""
        challenges = read_challenges(reply.headers.all("www-authenticate"))
        return reply.status == 401 and self._login.may_answer(challenges, authenticated=reply.authenticated)

    @property
    def is_answering(self) -> bool:
        """Whether the head of the answer to the last GET has come: a slow picture is no silence."""
        return self._head is not None

    def wants_basic(self, reply: StillReply) -> bool:
        """Whether this 401 could be answered by a password in clear only, and we were told not to."""
        return reply.status == 401 and self._login.wants_basic(
            read_challenges(reply.headers.all("www-authenticate"))
        )

    def answer(self, reply: StillReply) -> bytes:
        """The GET once more, with a login. Only where `may_answer`; on a new connection where one is needed."""
        challenges = read_challenges(reply.headers.all("www-authenticate"))
        if not self._login.accept(challenges, authenticated=reply.authenticated):
            raise AssertionError("answer() without may_answer(): this would be a second refused login")
        if self.needs_new_connection:
            self._conn = _connection()
        else:
            self._conn.start_next_cycle()
        self.needs_new_connection = False
        self._head, self._parts, self._is_over = None, None, False
        self._body = bytearray()
        return self.get()

    # -- within

    def _fed(self, data: bytes) -> list[HttpEvent]:
        if self._is_over:
            return []
        try:
            self._conn.receive_data(data)
            found = self._next(ended=not data)
        except h11.RemoteProtocolError as odd:
            found = self._cut_short(odd) if not data else Garbled(f"no HTTP: {odd}")
        if found is None:
            return []
        self._is_over = True
        self._body = bytearray()
        return [found]

    def _next(self, *, ended: bool) -> HttpEvent | None:
        while True:
            event = self._conn.next_event()
            if event is h11.NEED_DATA or event is h11.PAUSED:
                return None
            if isinstance(event, h11.Response):
                self._head = event
                self._parts = _FirstPart() if "multipart/" in self._said("content-type").lower() else None
                if content_length(self._headers()) > PICTURE_BYTES_MAX:
                    return _too_large()
            elif isinstance(event, h11.Data):
                self._body += event.data
                if len(self._body) > PICTURE_BYTES_MAX:
                    return _too_large()
                if (
                    self._parts is not None
                    and (part := self._parts.find(self._body, ended=False)) is not None
                ):
                    self.needs_new_connection = True
                    return self._reply(*part)
            elif isinstance(event, h11.EndOfMessage):
                states = (self._conn.our_state, self._conn.their_state)
                self.needs_new_connection = states != (h11.DONE, h11.DONE)
                return self._whole(is_whole=True)
            elif isinstance(event, h11.ConnectionClosed):
                return Garbled("it hung up without an answer") if ended else None

    def _cut_short(self, odd: h11.RemoteProtocolError) -> HttpEvent | None:
        self.needs_new_connection = True
        return Garbled(f"no HTTP: {odd}") if self._head is None else self._whole(is_whole=False)

    def _whole(self, *, is_whole: bool) -> StillReply:
        if self._parts is not None and (part := self._parts.find(self._body, ended=True)) is not None:
            return self._reply(*part)
        return self._reply(self._said("content-type"), bytes(self._body), is_whole=is_whole)

    def _headers(self) -> Headers:
        raw = self._head.headers.raw_items() if self._head is not None else []
        return read_headers(b"".join(name + b": " + value + b"\n" for name, value in raw))

    def _said(self, name: str) -> str:
        return self._headers().get(name)

    def _reply(self, content_type: str, body: bytes, *, is_whole: bool = True) -> StillReply:
        assert self._head is not None, "a reply has a head"
        return StillReply(
            status=self._head.status_code,
            reason=printable(bytes(self._head.reason).decode("latin-1")).strip(),
            headers=self._headers(),
            content_type=content_type.partition(";")[0].strip().lower(),
            body=body,
            is_whole=is_whole,
            authenticated=self._authenticated,
        )


class _FirstPart:
    """Finds the first whole part of a growing multipart body, searching each byte once.

    The first line that begins with `--` is the delimiter, whatever `boundary=` says: cameras put their own
    dashes into the parameter, quote it, or forget it.
    """

    __slots__ = ("_at", "_content_type", "_delimiter", "_length", "_scanned")

    _FIRST: Final = re.compile(rb"(?:\A|\n)[ \t]*(--[^\r\n]{1,200}?)[ \t]*\r?\n")

    def __init__(self) -> None:
        self._delimiter = b""
        self._at = -1  # where the part's content begins; -1 before its headers are whole
        self._length = 0
        self._content_type = ""
        self._scanned = 0

    def find(self, body: bytearray, *, ended: bool) -> tuple[str, bytes] | None:
        """(content type, content) of the first part, once it is whole; at the end, what there is of it."""
        if self._at < 0 and not self._open(body):
            return None
        if self._length:
            stop = self._at + self._length
            return (self._content_type, bytes(body[self._at : stop])) if len(body) >= stop or ended else None
        stop = body.find(b"\n" + self._delimiter, max(self._at, self._scanned - len(self._delimiter) - 1))
        self._scanned = len(body)
        if stop < 0 and not ended:
            return None
        content = body[self._at : stop] if stop >= 0 else body[self._at :]
        return self._content_type, bytes(content.removesuffix(b"\r"))

    def _open(self, body: bytearray) -> bool:
        begin = self._FIRST.search(body, 0, PART_HEADER_BYTES_MAX)
        if begin is None:
            return False
        # the blank line may be the very next one: search from the end of the delimiter's own line
        split = BLANK_LINE.search(body, begin.end() - 1, begin.end() + PART_HEADER_BYTES_MAX)
        if split is None:
            return False
        headers = read_headers(bytes(body[begin.end() : split.end()]))
        self._delimiter = bytes(begin[1])
        self._at = split.end()
        self._length = min(content_length(headers), PICTURE_BYTES_MAX)
        self._content_type = headers.get("content-type")
        return True


def _connection() -> h11.Connection:
    return h11.Connection(h11.CLIENT, max_incomplete_event_size=HEADER_BLOCK_BYTES_MAX)


def _too_large() -> Garbled:
    return Garbled(f"a still of more than {PICTURE_BYTES_MAX // 1024 // 1024} MB")
