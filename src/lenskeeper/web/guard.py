"""What every request passes before a route sees it: its number, its size, where it comes from, and the headers of the answer."""

import ipaddress
import secrets
from collections.abc import Sequence
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lenskeeper.web.errors import problem

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
BODY_BYTES_MAX: Final = 40 * 1024 * 1024  # a sheet of 200,000 cameras; routes that take none read none
REQUEST_ID_BYTES: Final = 9

# Nothing but our own origin, nothing inline; a style attribute is what the widgets place things with.
CSP: Final = (
    "default-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), display-capture=()",
}
HSTS: Final = "max-age=31536000"


class TooLarge(Exception):
    """The body is larger than any route takes."""


class Guard:
    """An ASGI app around another.

    names: host names under which the page may be asked for; addresses and localhost always may (a page elsewhere
    that names us by a name of its own, DNS rebinding, is refused).
    """

    def __init__(self, app: ASGIApp, *, names: Sequence[str] = ()) -> None:
        self.app, self.names = app, frozenset(name.lower() for name in names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope["request_id"] = secrets.token_urlsafe(REQUEST_ID_BYTES)
        answering = _Answer(scope, send)
        request = Request(scope)
        if refusal := self._refusal(request):
            status, code, detail = refusal
            await problem(request, status, code, detail)(scope, receive, answering.send)
            return
        try:
            await self.app(scope, _Sized(receive).receive, answering.send)
        except TooLarge:
            if not answering.begun:
                words = f"this is more than {BODY_BYTES_MAX // 1024**2} MiB: send it in parts"
                await problem(request, 413, "too_large", words)(scope, receive, answering.send)

    def _refusal(self, request: Request) -> tuple[int, str, str] | None:
        if not self._is_ours(request.headers.get("host", "")):
            return 421, "misdirected", "this name is not ours: add it to web.names in the settings"
        if request.method not in SAFE and not _is_of_our_page(request.headers, request.url.netloc):
            return 403, "foreign_page", "the request comes from another page: open lenskeeper's own"
        return None

    def _is_ours(self, host: str) -> bool:
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
        name = name.strip("[]").lower()
        if name == "localhost" or name in self.names:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True


def _is_of_our_page(headers: Headers, netloc: str) -> bool:
    """Whether a change was asked for by our own page, or by a program that is no browser (ASVS 3.5.1)."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None and site not in {"same-origin", "none"}:
        return False
    return origin is None or origin.partition("://")[2] == netloc


class _Answer:
    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope, self._send, self.begun = scope, send, False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun = True
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            if str(self._scope["path"]).startswith("/api/"):
                headers.setdefault("cache-control", "no-store")
            if self._scope.get("scheme") == "https":
                headers.setdefault("strict-transport-security", HSTS)
            headers["x-request-id"] = self._scope["request_id"]
        await self._send(message)


class _Sized:
    def __init__(self, receive: Receive) -> None:
        self._receive, self._bytes = receive, 0

    async def receive(self) -> Message:
        message = await self._receive()
        self._bytes += len(message.get("body", b""))
        if self._bytes > BODY_BYTES_MAX:
            raise TooLarge
        return message
