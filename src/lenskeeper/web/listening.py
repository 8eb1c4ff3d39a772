"""Where the web application listens, and the task that serves it beside the rounds."""

import asyncio
import contextlib
import ipaddress
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import uvicorn
from fastapi import FastAPI

from lenskeeper.base.errors import Conflict, Invalid
from lenskeeper.house.certificates import Pair, own_pair
from lenskeeper.house.exports import ExportDesk
from lenskeeper.house.home import Home
from lenskeeper.web.live import end_streams

BACKLOG: Final = 512
CLOSE_WITHIN_S: Final = 3  # then open lists and event streams are cut
CONCURRENCY_MAX: Final = 2_000  # connections at once, event streams among them


@dataclass(frozen=True, slots=True)
class Place:
    """A bound socket. url: what to type into a browser. pair: certificate and key; None: plain HTTP, loopback only."""

    bound: socket.socket
    url: str
    pair: Pair | None


def bind(home: Home, listen: str) -> Place:
    """Bind host:port (port 0: a free one).

    Invalid: no such place, or one that others reach without a certificate. Conflict: the port is taken.
    """
    host, _, port = listen.rpartition(":")
    host = host.strip("[]")
    if not host or not port.isdigit() or int(port) > 65535:
        raise Invalid(
            f"{listen!r} is no place to listen: write HOST:PORT, such as 127.0.0.1:9480", field="web.listen"
        )
    pair = own_pair(home)
    if pair is None and not is_loopback(host):
        raise Invalid(
            f"{listen} can be reached by others, and there is no certificate: give web.tls_cert and web.tls_key, or "
            "let `lenskeeper certificate make` make an own CA and one, or listen on 127.0.0.1",
            field="web.listen",
        )
    if is_loopback(host):
        pair = None  # nobody listens in on a machine's own wire, and a browser trusts http://localhost
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, int(port)))
    except OSError as error:
        bound.close()
        raise Conflict(f"nothing can listen on {listen}: {error.strerror}. Choose another port") from None
    bound.listen(BACKLOG)
    bound.setblocking(False)  # noqa: FBT003  the socket's own signature
    shown = "localhost" if is_loopback(host) else f"[{host}]" if ":" in host else host
    return Place(bound, f"{'http' if pair is None else 'https'}://{shown}:{bound.getsockname()[1]}/", pair)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach it."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def serve_at(app: FastAPI, place: Place) -> None:
    """Answer until cancelled; then open connections are given CLOSE_WITHIN_S."""
    config = uvicorn.Config(
        app,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=False,  # the address of the browser is that of its connection
        limit_concurrency=CONCURRENCY_MAX,
        timeout_graceful_shutdown=CLOSE_WITHIN_S,
        ssl_certfile=None if place.pair is None else str(place.pair.certificate),
        ssl_keyfile=None if place.pair is None else str(place.pair.key),
    )
    desk: ExportDesk = app.state.exports
    await asyncio.to_thread(desk.begin)
    server = _Beside(config)
    task = asyncio.create_task(server.serve(sockets=[place.bound]))
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        server.should_exit = True
        end_streams(app)
        await asyncio.wait({task}, timeout=CLOSE_WITHIN_S + 2)
        task.cancel()
        await asyncio.to_thread(desk.close)
        raise


class _Beside(uvicorn.Server):
    """A server that leaves signals to whoever runs it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
