"""Requests as they come from a socket: RTSP and HTTP alike, in any cut."""

from dataclasses import dataclass, field
from typing import Final

HEADER_BYTES_MAX: Final = 16 * 1024
BODY_BYTES_MAX: Final = 16 * 1024


class BadRequest(Exception):
    """What came is no request, or too long for one."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request. Names of headers are in lower case; of repeated ones the last counts."""

    method: str
    uri: str
    version: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class RequestReader:
    """Bytes in, requests out. Interleaved frames from the client (RTCP reports) are passed over."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> list[Request]:
        """The requests that are whole now; BadRequest when they cannot become any."""
        self._held += data
        out: list[Request] = []
        while True:
            while self._held.startswith((b"\r", b"\n")):
                del self._held[:1]
            if self._held[:1] == b"$":
                if not self._pass_frame():
                    return out
                continue
            request = self._next()
            if request is None:
                return out
            out.append(request)

    def _pass_frame(self) -> bool:
        if len(self._held) < 4:
            return False
        size = 4 + int.from_bytes(self._held[2:4], "big")
        if len(self._held) < size:
            return False
        del self._held[:size]
        return True

    def _next(self) -> Request | None:
        end = self._held.find(b"\r\n\r\n")
        if end < 0:
            if len(self._held) > HEADER_BYTES_MAX:
                raise BadRequest("a header without end")
            return None
        lines = self._held[:end].decode("utf-8", "replace").split("\r\n")
        words = lines[0].split(" ")
        if len(words) != 3:
            raise BadRequest(f"not a request line: {lines[0][:80]!r}")
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit() or int(length) > BODY_BYTES_MAX:
            raise BadRequest("a body of no fit length")
        size = end + 4 + int(length)
        if len(self._held) < size:
            return None
        body = bytes(self._held[end + 4 : size])
        del self._held[:size]
        return Request(words[0], words[1], words[2], headers, body)
