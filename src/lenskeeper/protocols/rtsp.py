"""One RTSP/1.0 connection, our side of it (RFC 2326): requests as bytes out, bytes in, events out.

    dialogue = RtspDialogue("rtsp://camera/stream", credential=..., user_agent="lenskeeper", cnonce=...)
    send(dialogue.describe())
    for event in dialogue.receive(bytes_from_the_socket): ...

Replies, server requests, junk and whole key pictures come out of `receive` in the order of the wire. Redirects are
reported and never followed; whatever address a peer names, requests go over the connection that is open.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from lenskeeper.protocols.addresses import is_plain, request_address
from lenskeeper.protocols.auth import Credential, Login, read_challenges
from lenskeeper.protocols.messages import Headers, printable
from lenskeeper.protocols.rtsp_wire import Event, Message, Reply, ServerRequest, Sink, Wire
from lenskeeper.protocols.sdp import Description, Track

SESSION_CHARS_MAX: Final = 256
SESSION_TIMEOUT_S: Final = 60  # RFC 2326 12.37, where the server says nothing
_KNOWN_REQUESTS: Final = frozenset(
    {"OPTIONS", "GET_PARAMETER", "SET_PARAMETER", "ANNOUNCE", "REDIRECT", "TEARDOWN"}
)


@dataclass(frozen=True, slots=True)
class Interleaved:
    """RTP within the RTSP connection, on `channel` (even), and RTCP on the next."""

    channel: int = 0

    def __str__(self) -> str:
        return f"RTP/AVP/TCP;unicast;interleaved={self.channel}-{self.channel + 1}"


@dataclass(frozen=True, slots=True)
class Udp:
    """RTP by datagrams to our `port` (even), and RTCP to the next."""

    port: int

    def __str__(self) -> str:
        return f"RTP/AVP;unicast;client_port={self.port}-{self.port + 1}"


@dataclass(frozen=True, slots=True)
class Granted:
    """The transport that a server granted; parts it does not name are None.

    channels: RTP and RTCP channel. server_ports: where its RTP and RTCP come from. source: a host name or address,
    as said: not to be trusted, nor contacted.
    """

    is_interleaved: bool
    is_multicast: bool
    channels: tuple[int, int] | None = None
    server_ports: tuple[int, int] | None = None
    source: str = ""
    ssrc: int | None = None


@dataclass(slots=True)
class _Asked:
    """A request in flight."""

    cseq: int
    method: str
    uri: str
    lines: tuple[str, ...]
    authenticated: bool = False
    channel: int = 0
    sinks: tuple[Sink | None, Sink | None] = (None, None)


class RtspDialogue:
    """The client's side of one RTSP connection."""

    __slots__ = (
        "_agent",
        "_asked",
        "_cseq",
        "_last_refused",
        "_login",
        "_url",
        "_wire",
        "base",
        "granted",
        "public",
        "session",
        "session_timeout_s",
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
        """Open a dialogue about `url`, which is rtsp:// or rtsps:// without user and password, else Invalid.

        cnonce: unguessable letters and digits, needed with a credential.
        basic: whether the password may be sent in clear to a peer that offers nothing better.
        """
        request_address(url, ("rtsp", "rtsps"))
        self._url = url
        self._agent = printable(user_agent)
        self._login = Login(credential, cnonce, basic=basic)
        self._wire = Wire(self._heard)
        self._cseq = 0
        self._asked: list[_Asked] = []
        self._last_refused: _Asked | None = None
        self.base = url  # what relative control addresses are relative to
        self.public = ""  # the methods that OPTIONS named, upper case; one string: a set costs a probe 1 kB
        self.session = ""
        self.session_timeout_s = SESSION_TIMEOUT_S
        self.granted: Granted | None = None

    # -- what we say

    def options(self) -> bytes:
        """Is anybody there, and what can it do."""
        return self._ask("OPTIONS", self._url)

    def describe(self) -> bytes:
        """What is there to see; an SDP comes back."""
        return self._ask("DESCRIBE", self._url, "Accept: application/sdp")

    def setup(
        self,
        track: Track,
        transport: Interleaved | Udp,
        *,
        on_rtp: Sink | None = None,
        on_rtcp: Sink | None = None,
    ) -> bytes:
        """Ask for a track. With Interleaved, the sinks are bound to the channels that the server grants."""
        channel = transport.channel if isinstance(transport, Interleaved) else -1
        return self._ask(
            "SETUP",
            self.resolve(track.control),
            f"Transport: {transport}",
            channel=channel,
            sinks=(on_rtp, on_rtcp),
        )

    def play(self, description: Description | None = None) -> bytes:
        """Let it flow. `description` gives the address for the whole session where it differs from the base."""
        return self._ask("PLAY", self._aggregate(description), "Range: npt=0.000-")

    def keep_alive(self) -> bytes:
        """A sign of life for a stream held open, due at half of `session_timeout_s`."""
        return self._ask("GET_PARAMETER" if "GET_PARAMETER" in self.public else "OPTIONS", self.base)

    def teardown(self, description: Description | None = None) -> bytes:
        """Give the slot back: many cameras hold it for 60 s otherwise, and the next viewer gets 453."""
        return self._ask("TEARDOWN", self._aggregate(description))

    # -- what we hear

    def receive(self, data: bytes) -> list[Event]:
        """Take what arrived on the connection; return what it says. After a Garbled it says nothing more."""
        return self._wire.receive(data)

    def settle(self) -> list[Event]:
        """The peer has been silent for a while, or has hung up, amid a message: make the best of what came.

        Call it when the connection ends, and once after about half a second of silence where a reply is due.
        """
        return self._wire.settle()

    def end(self) -> None:
        """The connection is over: nothing more is heard, and sinks are let go.

        Breaks the ring between dialogue and wire, so that thousands of them do not wait for the cycle collector.
        """
        self._wire.end()

    @property
    def n_strays(self) -> int:
        """Interleaved packets on channels that nobody asked for."""
        return self._wire.n_strays

    @property
    def is_logged_in(self) -> bool:
        """Whether requests carry an answer to a challenge by now."""
        return self._login.is_logged_in

    def may_answer(self, reply: Reply) -> bool:
        """Whether this 401 is a challenge that we may answer (once; `stale` once more). Otherwise it is a refusal."""
        challenges = read_challenges(reply.headers.all("www-authenticate"))
        return (
            reply.status == 401
            and self._last_refused is not None
            and self._login.may_answer(challenges, authenticated=reply.authenticated)
        )

    def wants_basic(self, reply: Reply) -> bool:
        """Whether this 401 could be answered by a password in clear only, and we were told not to."""
        return reply.status == 401 and self._login.wants_basic(
            read_challenges(reply.headers.all("www-authenticate"))
        )

    def answer(self, reply: Reply) -> bytes:
        """The same request once more, with the answer to the challenge. Only where `may_answer`."""
        asked = self._last_refused
        if asked is None or not self._login.accept(
            read_challenges(reply.headers.all("www-authenticate")), authenticated=reply.authenticated
        ):
            raise AssertionError("answer() without may_answer(): this would be a second refused login")
        self._last_refused = None
        return self._ask(asked.method, asked.uri, *asked.lines, channel=asked.channel, sinks=asked.sinks)

    def resolve(self, control: str) -> str:
        """The request address for a control attribute: absolute, `*` or empty, with a query, or relative.

        Relative ones are put behind the base and not merged by RFC 3986: bases end in queries
        (Dahua: `realmonitor?channel=1&subtype=0/trackID=0`), and servers expect just that.
        """
        control = without_userinfo(control)
        if control in {"", "*"} or not is_plain(control):
            return self.base
        if control.lower().startswith(("rtsp://", "rtsps://", "rtspu://")):
            return control
        base = self.base
        parts = urlsplit(base)
        if control.startswith("/") and parts.path.strip("/") and control.startswith(parts.path.rstrip("/")):
            return f"{parts.scheme}://{parts.netloc}{control}"
        if control.startswith("?"):
            return base.rstrip("/") + control
        return base.rstrip("/") + "/" + control.lstrip("/")

    # -- within

    def _aggregate(self, description: Description | None) -> str:
        return self.base if description is None else self.resolve(description.control)

    def _ask(
        self,
        method: str,
        uri: str,
        *lines: str,
        channel: int = -1,
        sinks: tuple[Sink | None, Sink | None] = (None, None),
    ) -> bytes:
        self._cseq += 1
        login = self._login.line(method, uri)
        self._asked.append(_Asked(self._cseq, method, uri, lines, bool(login), channel, sinks))
        head = [f"{method} {uri} RTSP/1.0", f"CSeq: {self._cseq}", f"User-Agent: {self._agent}"]
        if self.session:
            head.append(f"Session: {self.session}")
        if login:
            head.append(f"Authorization: {login}")
        return "\r\n".join([*head, *lines, "", ""]).encode("latin-1", "replace")

    def _heard(self, message: Message) -> Event:
        if message.status == 0:
            return _server_request(message)
        asked = self._matched(message.headers)
        reply = Reply(
            method=asked.method if asked else "",
            uri=asked.uri if asked else "",
            cseq=asked.cseq if asked else -1,
            status=message.status,
            reason=message.reason,
            headers=message.headers,
            body=message.body,
            authenticated=asked is not None and asked.authenticated,
        )
        if asked is not None:
            self._learn(asked, reply)
        return reply

    def _matched(self, headers: Headers) -> _Asked | None:
        """The request that a reply answers: by its CSeq; else the oldest one, since some forget or mangle it."""
        said = headers.get("cseq").split()
        for index, asked in enumerate(self._asked):
            if said and said[0] == str(asked.cseq):
                return self._asked.pop(index)
        return self._asked.pop(0) if self._asked else None

    def _learn(self, asked: _Asked, reply: Reply) -> None:
        self._last_refused = asked if reply.status == 401 else None
        if not reply.is_ok:
            return
        if asked.method == "OPTIONS":
            self.public = ",".join(reply.headers.all("public")).upper()
        elif asked.method == "DESCRIBE":
            self.base = self._new_base(reply.headers)
        elif asked.method == "SETUP":
            self.granted = read_transport(reply.headers.get("transport"))
            if asked.channel >= 0:
                rtp, rtcp = self.granted.channels or (asked.channel, asked.channel + 1)
                self._bind(rtp, asked.sinks[0])
                self._bind(rtcp, asked.sinks[1])
        if reply.headers.get("session") and asked.method in {"SETUP", "PLAY"}:
            self._take_session(reply.headers.get("session"))

    def _bind(self, channel: int, sink: Sink | None) -> None:
        if sink is not None:
            self._wire.sinks[channel] = sink

    def _new_base(self, headers: Headers) -> str:
        for name in ("content-base", "content-location"):
            said = without_userinfo(headers.get(name))
            if said.lower().startswith(("rtsp://", "rtsps://")) and is_plain(said):
                return said
        return self._url

    def _take_session(self, said: str) -> None:
        name, *params = (part.strip() for part in said.split(";"))
        if 0 < len(name) <= SESSION_CHARS_MAX and is_plain(name):
            self.session = name
        for param in params:
            key, _, value = param.partition("=")
            if key.strip().lower() == "timeout" and value.strip().isdecimal() and len(value) < 9:
                self.session_timeout_s = max(1, int(value))


def without_userinfo(address: str) -> str:
    """`address` without `user:password@`, which some cameras put into what they send back."""
    scheme, separator, rest = address.strip().partition("://")
    if not separator:
        return scheme
    authority, slash, path = rest.partition("/")
    return f"{scheme}://{authority.rpartition('@')[2]}{slash}{path}"


def read_transport(value: str) -> Granted:
    """Read the `Transport` line of a SETUP reply, tolerant; only the first of several alternatives."""
    first = value.split(",", 1)[0]
    words = [word.strip() for word in first.split(";")]
    params = {key.lower(): text for key, _, text in (word.partition("=") for word in words)}
    ssrc = params.get("ssrc", "").strip()
    return Granted(
        is_interleaved="interleaved" in params or words[0].upper().endswith("/TCP"),
        is_multicast="multicast" in params,
        channels=_pair(params.get("interleaved", ""), 255),
        server_ports=_pair(params.get("server_port", ""), 65535),
        source=params.get("source", "")[:256],
        ssrc=int(ssrc, 16)
        if 0 < len(ssrc) <= 8 and all(c in "0123456789abcdefABCDEF" for c in ssrc)
        else None,
    )


def _pair(text: str, greatest: int) -> tuple[int, int] | None:
    first, _, second = text.partition("-")
    first, second = first.strip(), second.strip()
    if not (first.isascii() and first.isdecimal() and len(first) < 6) or int(first) > greatest:
        return None
    one = int(first)
    two = int(second) if second.isascii() and second.isdecimal() and len(second) < 6 else one + 1
    return (one, two) if two <= greatest else (one, one)


def _server_request(message: Message) -> ServerRequest:
    known = message.method in _KNOWN_REQUESTS
    lines: Iterable[str] = (
        "RTSP/1.0 200 OK" if known else "RTSP/1.0 501 Not Implemented",
        f"CSeq: {message.headers.get('cseq')[:32]}",
        *(("Public: OPTIONS, GET_PARAMETER, SET_PARAMETER",) if message.method == "OPTIONS" else ()),
    )
    answer = "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")
    return ServerRequest(message.method, message.uri, message.headers, answer)
