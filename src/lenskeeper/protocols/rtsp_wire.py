"""The bytes of one RTSP connection cut into messages and interleaved packets (RFC 2326 10.12).

    $ | channel | length (2) | RTP or RTCP packet      RTSP/1.0 200 OK <LF> headers <LF> <LF> body

What belongs to neither is junk: it is counted, and reading goes on at the next thing that makes sense.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeAlias

from lenskeeper.protocols.keyunits import KeyUnit
from lenskeeper.protocols.messages import (
    BLANK_LINE,
    BODY_BYTES_MAX,
    HEADER_BLOCK_BYTES_MAX,
    Garbled,
    Headers,
    Junk,
    content_length,
    excerpt,
    printable,
    read_headers,
)

JUNK_BYTES_MAX: Final = 256 * 1024  # in one run; a second of video. More is no accident
STRANGER_BYTES_MAX: Final = 1024  # junk before the first message: whoever talks so long speaks something else
CHANNELS_MAX: Final = 32  # more were never seen; a `$` before a higher one is chance

_DOLLAR: Final = 0x24
_TOKENS: Final = tuple(
    token.encode()
    for token in (
        "RTSP/1.",
        "OPTIONS ",
        "GET_PARAMETER ",
        "SET_PARAMETER ",
        "ANNOUNCE ",
        "REDIRECT ",
        "TEARDOWN ",
        "DESCRIBE ",
        "PLAY_NOTIFY ",
    )
)
_FOOTHOLD: Final = re.compile(rb"\$[\x00-\x1f]..[\x80-\xbf]|" + b"|".join(map(re.escape, _TOKENS)), re.DOTALL)
_FOOTHOLD_BYTES: Final = max(map(len, _TOKENS))
_REPLY: Final = re.compile(rb"RTSP/1\.\d +(\d{3})(?: ([^\r\n]*))?\r?$")
_REQUEST: Final = re.compile(rb"([A-Z_]+) +(\S+) +RTSP/1\.\d\r?$")


@dataclass(frozen=True, slots=True)
class Message:
    """One RTSP message as it stood: a reply (status above 0) or a request of the server (method not empty)."""

    status: int
    reason: str
    method: str
    uri: str
    headers: Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to one of our requests.

    method, uri:   of the request that it answers; empty if it answers none of ours.
    authenticated: whether that request carried a login.
    body:          bytes as received, at most 64 kB.
    """

    method: str
    uri: str
    cseq: int
    status: int
    reason: str
    headers: Headers
    body: bytes = field(default=b"", repr=False)
    authenticated: bool = False

    @property
    def is_ok(self) -> bool:
        """2xx."""
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class ServerRequest:
    """The server asks something of us; `answer` is what to send back. REDIRECT is acknowledged, never followed."""

    method: str
    uri: str
    headers: Headers
    answer: bytes = field(repr=False)


Event: TypeAlias = Reply | ServerRequest | Junk | Garbled | KeyUnit


class Sink(Protocol):
    """Takes the packets of one interleaved channel: data[start:end] is one. What it completes becomes an event."""

    def __call__(self, data: bytes, start: int, end: int, /) -> KeyUnit | None:
        """Take one packet."""
        ...


class Wire:
    """Cuts what arrives. Messages go to `on_message` at once, before anything behind them is looked at.

    n_strays: interleaved packets on channels that nobody bound.
    """

    __slots__ = (
        "_excerpt",
        "_in_junk",
        "_is_deaf",
        "_junk",
        "_need",
        "_on_message",
        "_rest",
        "_scanned",
        "_spoke",
        "n_strays",
        "sinks",
    )

    def __init__(self, on_message: Callable[[Message], Event]) -> None:
        self._on_message = on_message
        self.sinks: dict[int, Sink] = {}
        self.n_strays = 0
        self._rest: bytearray | None = None  # the beginning of something that is not whole yet
        self._need = 0  # bytes that it must have before it is worth another look
        self._scanned = -1  # bytes of a header block already searched for its end; -1: not within one
        self._junk = 0
        self._in_junk = False
        self._excerpt = b""  # of the first junk, for the remark
        self._spoke = False  # a message was understood
        self._is_deaf = False

    def receive(self, data: bytes) -> list[Event]:
        """Take what arrived; return what it says, in order."""
        events: list[Event] = []
        if self._is_deaf or not data:
            return events
        if self._rest is not None:
            rest = self._rest
            rest += data
            if len(rest) < self._need or self._in_headers(rest):
                return events
            data = bytes(rest)
            self._rest = None
        self._cut(data, events)
        return events

    def settle(self) -> list[Event]:
        """The peer has fallen silent amid a message (or has hung up): make the best of what came.

        A header block without its blank line, or a body shorter than announced, is taken as it stands; so is an
        SDP without Content-Length. Junk with no message before it is Garbled. The beginning of a packet is kept:
        the rest may still come.
        """
        events: list[Event] = []
        rest = bytes(self._rest or b"")
        if self._is_deaf or (self._spoke and not rest):
            return events
        if rest.startswith(_TOKENS) and not self._in_junk:
            split = BLANK_LINE.search(rest)
            head_end, body_at = (
                (split.start() + 1, split.end()) if split is not None else (len(rest), len(rest))
            )
            message = _read_message(rest[:head_end], rest[body_at:])
            if message is not None:
                self._rest, self._scanned = None, -1
                self._spoke = True
                events.append(self._on_message(message))
        elif not self._spoke and self._junk:
            self._remember(rest)
            self._garble(f"what answers is not RTSP: {excerpt(self._excerpt)!r}", events)
        return events

    def end(self) -> None:
        """Hear nothing more, and let go of whoever listened."""
        self._is_deaf = True
        self._rest = None
        self.sinks = {}
        self._on_message = _nobody_listens

    def _in_headers(self, rest: bytearray) -> bool:
        """Whether `rest` is still a header block without its end; searches every byte once."""
        if self._scanned < 0:
            return False
        if BLANK_LINE.search(rest, max(0, self._scanned - 2)) is None and len(rest) <= HEADER_BLOCK_BYTES_MAX:
            self._scanned = len(rest)
            return True
        return False

    def _cut(self, data: bytes, events: list[Event]) -> None:
        at, end = 0, len(data)
        self._need, self._scanned = 0, -1
        while at < end and not self._need:
            if self._in_junk:
                at = self._resynchronised(data, at, events)
            elif data[at] == _DOLLAR:
                at = self._packets(data, at, events)
            else:
                at = self._message(data, at, events)
            if self._is_deaf:
                return
        if at < end:
            self._rest = bytearray(data[at:])

    def _packets(self, data: bytes, at: int, events: list[Event]) -> int:
        """A run of interleaved packets: the hot path, one call per packet and no objects."""
        end = len(data)
        sinks = self.sinks
        while end - at >= 4:
            if data[at] != _DOLLAR:
                return at
            start = at + 4
            stop = start + (data[at + 2] << 8 | data[at + 3])
            sink = sinks.get(data[at + 1])
            if sink is None and not self._is_stray(data, at, start, end):
                return at if self._need else self._stumble(data, at)
            if stop > end:
                self._need = stop - at
                return at
            if sink is not None:
                found = sink(data, start, stop)
                if found is not None:
                    events.append(found)
            else:
                self.n_strays += 1
            at = stop
        if at < end:
            if data[at] != _DOLLAR:
                return at
            self._need = 4
        return at

    def _is_stray(self, data: bytes, at: int, start: int, end: int) -> bool:
        """Whether the `$` before an unbound channel begins a packet all the same: other tracks, or chance."""
        if data[at + 1] >= CHANNELS_MAX:
            return False
        if data[at + 2] | data[at + 3]:
            if start >= end:
                self._need = 5
                return False
            if data[start] & 0xC0 != 0x80:
                return False
        return True

    def _message(self, data: bytes, at: int, events: list[Event]) -> int:
        if data[at] in b"\r\n":  # blank lines between messages, RFC 2326 4.1
            return at + 1
        begins = data[at : at + _FOOTHOLD_BYTES]
        if not begins.startswith(_TOKENS):
            if any(token.startswith(begins) for token in _TOKENS):
                self._need = len(begins) + 1
                return at
            return self._stumble(data, at)
        return self._whole_message(data, at, events)

    def _whole_message(self, data: bytes, at: int, events: list[Event]) -> int:
        """A message begins at `at`; take it if it is all there."""
        end = len(data)
        split = BLANK_LINE.search(data, at, at + HEADER_BLOCK_BYTES_MAX)
        if split is None:
            if end - at >= HEADER_BLOCK_BYTES_MAX:
                self._garble(f"a header block of more than {HEADER_BLOCK_BYTES_MAX // 1024} kB", events)
                return at
            self._need, self._scanned = end - at + 1, end - at
            return at
        headers = read_headers(data[at : split.start() + 1].partition(b"\n")[2])
        length = content_length(headers)
        if length > BODY_BYTES_MAX or (length == 0 and _says_sdp(headers)):
            if length:
                self._garble(
                    f"a body of {length} bytes is announced; {BODY_BYTES_MAX // 1024} kB is the limit", events
                )
                return at
            length = BODY_BYTES_MAX  # an SDP of unsaid length: it ends when the peer falls silent
        stop = split.end() + length
        if stop > end:
            self._need = stop - at
            return at
        message = _read_message(data[at : split.start() + 1], data[split.end() : stop])
        if message is None:
            return self._stumble(data, at)
        self._spoke = True
        # a Content-Length too long has swallowed the next message: give it back
        stop = split.end() + len(message.body)
        events.append(self._on_message(message))
        return stop

    # -- junk

    def _stumble(self, data: bytes, at: int) -> int:
        """The byte at `at` begins nothing that we know."""
        self._in_junk = True
        self._junk = 1
        self._remember(data[at : at + 1])
        return at + 1

    def _resynchronised(self, data: bytes, at: int, events: list[Event]) -> int:
        """Look for the next `$` that begins a bound packet, or the next message."""
        begin, end = at, len(data)
        while (match := _FOOTHOLD.search(data, at)) is not None:
            at = match.start()
            if data[at] != _DOLLAR or data[at + 1] in self.sinks:
                self._skip(data, begin, at)
                self._in_junk = False
                events.append(Junk(self._junk))
                return at
            at += 1
        at = max(at, end - _FOOTHOLD_BYTES + 1)
        self._skip(data, begin, at)
        self._need = end - at + 1
        if not self._spoke and self._junk > STRANGER_BYTES_MAX:
            self._garble(f"what answers is not RTSP: {excerpt(self._excerpt)!r}", events)
        elif self._junk > JUNK_BYTES_MAX:
            self._garble(f"more than {JUNK_BYTES_MAX // 1024} kB of bytes that belong to nothing", events)
        return at

    def _skip(self, data: bytes, begin: int, at: int) -> None:
        self._junk += at - begin
        self._remember(data[begin:at])

    def _remember(self, data: bytes) -> None:
        if not self._spoke and len(self._excerpt) < 64:
            self._excerpt = (self._excerpt + data[:64])[:64]

    def _garble(self, text: str, events: list[Event]) -> None:
        self._is_deaf = True
        self._rest = None
        events.append(Garbled(text))


def _nobody_listens(message: Message) -> Event:
    raise AssertionError(f"a message after the end: {message.status} {message.method}")


def _says_sdp(headers: Headers) -> bool:
    """Whether an SDP follows whose length is not said, or said in no plain number."""
    said = headers.get("content-length")
    return not (said.isascii() and said.isdigit()) and "sdp" in headers.get("content-type").lower()


def _read_message(head: bytes, body: bytes) -> Message | None:
    """A message from its header block and body; None if its first line is none.

    A body that holds the beginning of a reply was announced too long: it is cut there.
    """
    first, _, lines = head.partition(b"\n")
    swallowed = body.find(b"RTSP/1.0 ")
    body = body if swallowed < 0 else body[:swallowed]
    reply = _REPLY.match(first)
    if reply is not None:
        reason = (reply[2] or b"").decode("latin-1")
        return Message(int(reply[1]), printable(reason).strip(), "", "", read_headers(lines), body)
    request = _REQUEST.match(first)
    if request is not None:
        method, uri = request[1].decode("ascii"), request[2].decode("latin-1")
        return Message(0, "", method, uri, read_headers(lines), body)
    return None
