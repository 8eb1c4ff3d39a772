"""A fleet brought to life on loopback: its sockets, its limits, its end."""

import asyncio
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from lenskeeper.base.clock import Clock
from lenskeeper.base.errors import Invalid
from lenskeeper.probing.simulator.cameras import Route, SimulatedCamera, Truth
from lenskeeper.probing.simulator.conversations import Conversation
from lenskeeper.probing.simulator.fleet import FleetPlan, Ports
from lenskeeper.probing.simulator.ledger import Ledger
from lenskeeper.probing.simulator.rtsp_server import RtspConversation
from lenskeeper.probing.simulator.site import Limits, Site
from lenskeeper.probing.simulator.still_server import StillConversation

BACKLOG: Final = 8_192
ADDRESSES_WITHOUT_BINDING_MAX: Final = (
    1_000  # one listening socket each, where the kernel will not bind to `lo`
)
BIND_TO_DEVICE: Final = getattr(socket, "SO_BINDTODEVICE", 25)  # 25 on Linux; Python 3.11 may lack the name
SERVERS: Final[dict[Route, Callable[[Site, Route], Conversation]]] = {
    Route.RTSP: RtspConversation,
    Route.RTSPS: RtspConversation,
    Route.HTTP: StillConversation,
    Route.HTTPS: StillConversation,
}


@dataclass(frozen=True, slots=True)
class RunningFleet:
    """A fleet that can be visited.

    listening: "lo" where one socket per port hears all of 127.0.0.0/8, "addresses" where each camera has its own.
    """

    plan: FleetPlan
    ports: Ports
    listening: str
    site: Site = field(repr=False)

    @property
    def ledger(self) -> Ledger:
        """What the cameras saw of their visitors."""
        return self.site.ledger

    def targets(self) -> list[str]:
        """The URL of each camera, in the order of the plan."""
        return self.plan.targets(self.ports)

    def truths(self) -> dict[str, Truth]:
        """What each target really is."""
        return self.plan.truths(self.ports)

    def put(self, camera: SimulatedCamera) -> None:
        """Change a camera while the fleet runs; new visits see it as it is now."""
        self.site.put(camera)


def raise_file_limit() -> int:
    """Let this process open as many files as the system allows it; the limit that now holds."""
    if sys.platform == "win32":
        return 512
    import resource  # noqa: PLC0415 - not there on Windows

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def _bound_to_lo(port: int) -> socket.socket | None:
    """A socket that hears every loopback address on a port and nothing else; None where the kernel does not permit it."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, BIND_TO_DEVICE, b"lo\0")
    except OSError:
        sock.close()
        return None
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    _bind(sock, "0.0.0.0", port)  # noqa: S104 - the socket is bound to the device `lo` one line above
    return sock


def _bind(sock: socket.socket, address: str, port: int) -> None:
    try:
        sock.bind((address, port))
    except OSError as error:
        sock.close()
        raise Invalid(
            f"port {port} cannot be had on {address} ({error.strerror}); name another --port", field="port"
        ) from error


def _sockets(port: int, addresses: list[str]) -> tuple[list[socket.socket], int, str]:
    """The sockets for one port (0: any), the port they got, and how they listen."""
    wide = _bound_to_lo(port)
    if wide is not None:
        return [wide], int(wide.getsockname()[1]), "lo"
    if len(addresses) > ADDRESSES_WITHOUT_BINDING_MAX:
        raise Invalid(
            f"{len(addresses)} cameras need a socket bound to the device lo, which this system does not permit; "
            f"simulate at most {ADDRESSES_WITHOUT_BINDING_MAX}",
            field="cameras",
        )
    out: list[socket.socket] = []
    for address in addresses:
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        _bind(sock, address, port)
        port = int(sock.getsockname()[1])  # the first address chooses for all
        out.append(sock)
    return out, port, "addresses"


async def _listen(
    site: Site, plan: FleetPlan, route: Route, port: int, tls: ssl.SSLContext | None
) -> tuple[list[asyncio.Server], int, str]:
    """Serve one route on one port, if any camera uses it."""
    own = sorted({c.address for c in plan.cameras if c.route is route and not c.always_down})
    if not own:
        return [], port, ""
    sockets, port, how = _sockets(port, own)
    loop = asyncio.get_running_loop()
    serve = SERVERS[route]
    servers = [
        await loop.create_server(lambda: serve(site, route), sock=s, backlog=BACKLOG, ssl=tls)
        for s in sockets
    ]
    return servers, port, how


def _hold_down(plan: FleetPlan, port: int) -> tuple[list[socket.socket], int]:
    """Hold a port on which nothing listens, so that the kernel refuses and nobody else moves in."""
    down = sorted({c.address for c in plan.cameras if c.always_down})
    if not down:
        return [], port
    sockets, port, _ = _sockets(port, down)
    return sockets, port


@asynccontextmanager
async def running(
    plan: FleetPlan,
    clock: Clock,
    *,
    port: int = 0,
    tls: ssl.SSLContext | None = None,
    limits: Limits | None = None,
    cache: Path | None = None,
) -> AsyncIterator[RunningFleet]:
    """The fleet, listening on loopback only, until the block ends; every clip is made before the first visitor.

    port:  of RTSP; the next four are for what is down, RTSPS, HTTP and HTTPS (`Ports`). 0: any free ones.
    tls:   the server's side, needed where a camera's route is rtsps or https, else Invalid.
    cache: a folder for coded clips (clips.cache_folder()); None keeps them in memory only.
    """
    if tls is None and any(c.route in (Route.RTSPS, Route.HTTPS) for c in plan.cameras):
        raise Invalid("cameras by rtsps or https need a certificate", field="tls")
    raise_file_limit()
    site = Site(plan.cameras, clock, limits=limits or Limits(), folder=cache)
    servers: list[asyncio.Server] = []
    held: list[socket.socket] = []
    try:
        await site.prepare()
        how = ""
        got: dict[str, int] = {}
        for offset, route in ((0, Route.RTSP), (2, Route.RTSPS), (3, Route.HTTP), (4, Route.HTTPS)):
            secure = tls if route in (Route.RTSPS, Route.HTTPS) else None
            more, at, one = await _listen(site, plan, route, port and port + offset, secure)
            servers += more
            how = how or one
            got[route.value] = at
        held, got["down"] = _hold_down(plan, port and port + 1)
        yield RunningFleet(plan, Ports(**got), how, site)
    finally:
        for sock in held:
            sock.close()
        site.close()
        for server in servers:
            server.close()
        await site.hang_up()
