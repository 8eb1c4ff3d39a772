"""From a target to a connected transport, or to the one word that says why not."""

import asyncio
import hashlib
import ipaddress
import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from lenskeeper.base.errors import NotAllowed
from lenskeeper.base.outcomes import Outcome
from lenskeeper.probing.targets import IpNetwork, Route, Target, admit_address

RECEIVE_BUFFER_BYTES: Final = (
    128 * 1024
)  # the kernel's share of one probe; a fast sender waits (probing.md, 4)
REMARK_CHARS_MAX: Final = 200
TLS_ROUTES: Final = (Route.RTSPS, Route.HTTPS)

P = TypeVar("P", bound=asyncio.Protocol)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a visit, or one phase of it, ended without what it came for. Data, not an exception."""

    outcome: Outcome
    remark: str


def remark(text: str) -> str:
    """The peer's own words, short and printable, for the operator to read."""
    printable = "".join(c if c.isprintable() else " " for c in text[: 2 * REMARK_CHARS_MAX])
    return " ".join(printable.split())[:REMARK_CHARS_MAX]


def _tls_context() -> ssl.SSLContext:
    """TLS that takes any certificate: cameras sign their own. What it buys is judged by the pin, see below."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


TLS: Final = _tls_context()


async def connect(
    factory: Callable[[], P],
    target: Target,
    *,
    networks: Sequence[IpNetwork] = (),
    certificate_sha256: str | None = None,
    connect_s: float,
) -> P | Failure:
    """A connected protocol, or the failure that the operator should read.

    The name is resolved once, the address is admitted (targets.admit_address) and that very address is
    connected to, so a name that changes its mind between two questions leads nowhere new.
    """
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(connect_s):
            address = await _resolve(target)
            admit_address(address, networks)
            tls = TLS if target.route in TLS_ROUTES else None
            name = (target.host if not _is_address(target.host) else "") if tls else None
            transport, protocol = await loop.create_connection(
                factory, address, target.port, ssl=tls, server_hostname=name
            )
    except (NotAllowed, OSError) as wrong:
        return _failure(wrong, target, connect_s)
    if certificate_sha256 is not None and _fingerprint(transport) != certificate_sha256:
        transport.abort()
        return Failure(Outcome.TLS_REFUSED, "the certificate is not the pinned one; check who answers there")
    _bound_kernel_buffer(transport)
    return protocol


def _failure(wrong: NotAllowed | OSError, target: Target, connect_s: float) -> Failure:
    match wrong:
        case NotAllowed():
            return Failure(Outcome.UNREACHABLE, remark(str(wrong)))
        case TimeoutError():
            return Failure(Outcome.TIMED_OUT, f"no connection within {connect_s:g} s")
        case socket.gaierror():
            return Failure(Outcome.UNREACHABLE, remark(f"{target.host} does not resolve: {wrong.strerror}"))
        case ConnectionRefusedError():
            return Failure(Outcome.REFUSED, f"nothing listens on port {target.port}")
        case ssl.SSLError() | ConnectionResetError() if target.route in TLS_ROUTES:
            return Failure(Outcome.TLS_REFUSED, remark(str(wrong)))
        case ConnectionResetError():
            return Failure(Outcome.CLOSED, "it hung up while we connected")
    return Failure(Outcome.UNREACHABLE, remark(wrong.strerror or str(wrong)))


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


async def _resolve(target: Target) -> str:
    if _is_address(target.host):
        return target.host
    found = await asyncio.get_running_loop().getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    return str(found[0][4][0])


def _fingerprint(transport: asyncio.BaseTransport) -> str | None:
    tls: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
    certificate = tls.getpeercert(binary_form=True) if tls else None
    return hashlib.sha256(certificate).hexdigest() if certificate else None


def _bound_kernel_buffer(transport: asyncio.BaseTransport) -> None:
    sock = transport.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
