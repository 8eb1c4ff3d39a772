"""What every connection to a simulated camera has in common: its end, its troubles, its login."""

import asyncio
import hashlib
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Final, cast

import numpy as np

from lenskeeper.probing.simulator import logins
from lenskeeper.probing.simulator.cameras import Route, SimulatedCamera
from lenskeeper.probing.simulator.requests import BadRequest, Request, RequestReader
from lenskeeper.probing.simulator.site import Site
from lenskeeper.probing.simulator.troubles import Trouble

DRIBBLE_S: Final = 1.0
GARBAGE_BYTES: Final = 400
ENDLESS_BYTES_MAX: Final = 8_000_000  # even an endless header ends, should nobody hang up
ENDLESS_PIECE: Final = b"X-Padding: " + b"a" * 16_000
PHRASES: Final = {
    451: "Parameter Not Understood",
    453: "Not Enough Bandwidth",
    454: "Session Not Found",
    461: "Unsupported Transport",
}

Headers = Iterable[tuple[str, str]]


class Conversation(asyncio.Protocol):
    """One connection. Subclasses answer requests; troubles of the connection itself are played here."""

    protocol = "RTSP/1.0"

    def __init__(self, site: Site, route: Route) -> None:
        self.site = site
        self.route = route
        self.address = ""
        self.transport: asyncio.Transport
        self._reader = RequestReader()
        self._here: SimulatedCamera | None = None
        self._timers: list[asyncio.TimerHandle] = []
        self._nonce = ""
        self._stale_shown = False
        self._endless = 0
        self._slow_until = 0.0
        self._closed = False
        self._counted = False

    # ------------------------------------------------------------ the connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.address = self.transport.get_extra_info("sockname")[0]
        # The listener is bound to `lo`, yet whoever calls this machine by its other addresses comes by `lo` as well.
        self._here = self.site.first(self.address) if self.address.startswith("127.") else None
        if (
            self._here is None or self._here.trouble is Trouble.DOWN
        ):  # nobody lives there, or no longer: RST at once
            self.transport.abort()
            return
        self._counted = True
        self.site.open.add(self.transport)
        visits = self.site.ledger[self.address]
        visits.connections += 1
        visits.open_now += 1
        visits.open_most = max(visits.open_most, visits.open_now)
        self._later(self.site.limits.connection_s, self.transport.abort)

    def connection_lost(self, _exc: Exception | None) -> None:
        self._closed = True
        self.site.open.discard(self.transport)
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        if self._counted:
            self.site.ledger[self.address].open_now -= 1

    def _later(self, after_s: float, do: Callable[..., object], *args: object) -> None:
        self._timers.append(asyncio.get_running_loop().call_later(after_s, do, *args))

    def data_received(self, data: bytes) -> None:
        trouble = self._here.trouble if self._here else None
        if trouble is Trouble.HALF_OPEN or self._closed:
            return
        if trouble is Trouble.GARBAGE:
            self.transport.write(np.random.default_rng(len(data)).bytes(GARBAGE_BYTES))
            return
        try:
            requests = self._reader.feed(data)
        except BadRequest:
            self.site.ledger[self.address].malformed += 1
            self.reply(None, HTTPStatus.BAD_REQUEST)
            self.transport.close()
            return
        for request in requests:
            visits = self.site.ledger[self.address]
            visits.methods[request.method] += 1
            if "authorization" in request.headers:
                visits.logins += 1
            if trouble is Trouble.ENDLESS_HEADER:
                self._pad()
            elif trouble is Trouble.WANTS_USER_AGENT and "user-agent" not in request.headers:
                self.reply(request, HTTPStatus.FORBIDDEN)
            else:
                self.answer(request)

    def answer(self, request: Request) -> None:
        """Answer one request."""
        raise NotImplementedError

    # ------------------------------------------------------------ replies

    def reply(self, request: Request | None, status: int, headers: Headers = (), body: bytes = b"") -> None:
        """Write one reply, as the camera's trouble has it."""
        phrase = PHRASES.get(status) or HTTPStatus(status).phrase
        lines = [f"{self.protocol} {status} {phrase}"]
        if request is not None and "cseq" in request.headers:
            lines.append(f"CSeq: {request.headers['cseq']}")
        lines += [f"{name}: {value}" for name, value in headers]
        if body and not any(name == "Content-Length" for name, _ in headers):
            lines.append(f"Content-Length: {len(body)}")
        trouble = self._here.trouble if self._here else None
        end = "\n" if trouble is Trouble.BARE_LF else "\r\n"
        data = (end.join(lines) + end + end).encode() + body
        if trouble is Trouble.DRIBBLE:
            for i, byte in enumerate(data):
                self._later(DRIBBLE_S * (1 + i), self.transport.write, bytes([byte]))
        elif trouble is Trouble.SLOW and self._here is not None:
            self._later(self._here.delay_s, self.transport.write, data)
        else:
            self.transport.write(data)

    def _pad(self) -> None:
        """Another piece of a header that does not end; slow readers get it slowly."""
        if self._closed:
            return
        if self._endless == 0:
            self.transport.write(f"{self.protocol} 200 OK\r\n".encode())
        if self.transport.get_write_buffer_size() < len(ENDLESS_PIECE):
            self.transport.write(ENDLESS_PIECE + b"\r\n")
            self._endless += len(ENDLESS_PIECE)
        if self._endless < ENDLESS_BYTES_MAX:
            self._later(0.002, self._pad)
        else:
            self.transport.abort()

    # ------------------------------------------------------------ logins

    def let_in(self, request: Request, camera: SimulatedCamera) -> bool:
        """Whether the request may go on; if not, it has been answered with 401."""
        if camera.login is None and camera.trouble is not Trouble.WRONG_PASSWORD:
            return True
        scheme = camera.login.scheme if camera.login else logins.Scheme.MD5_PLAIN
        given = request.headers.get("authorization")
        if given and camera.trouble is Trouble.STALE_ONCE and not self._stale_shown:
            self._stale_shown = True
            self._refuse(request, scheme, "stale", stale=True)
            return False
        known = None if camera.trouble is Trouble.WRONG_PASSWORD else camera.login
        asked = {"method": request.method, "uri": request.uri, "nonce": self._nonce}
        if given and known and logins.accepted(known, given, **asked):
            return True
        if given:
            self.site.ledger[self.address].refused += 1
        self._refuse(request, scheme, "first")
        return False

    def _refuse(self, request: Request, scheme: logins.Scheme, salt: str, *, stale: bool = False) -> None:
        port = self.transport.get_extra_info("peername")[1]
        self._nonce = hashlib.sha256(f"{self.address}:{port}:{salt}".encode()).hexdigest()[:32]
        asked = [("WWW-Authenticate", line) for line in logins.challenges(scheme, self._nonce, stale=stale)]
        self.reply(request, HTTPStatus.UNAUTHORIZED, [*asked, *self.also()])

    def also(self) -> list[tuple[str, str]]:
        """Headers that go with every reply that has no body."""
        return []
