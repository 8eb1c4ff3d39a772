"""From a target to a connected transport, or to the one word that says why not."""

import asyncio
import errno
import hashlib
import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeVar

from lenskeeper.base.errors import NotAllowed
from lenskeeper.base.limits import REMARK_CHARS_MAX
from lenskeeper.base.outcomes import Outcome
from lenskeeper.probing.alarms import alarms
from lenskeeper.probing.targets import TLS_ROUTES, IpNetwork, Target, admit_address
from lenskeeper.protocols.messages import printable

RECEIVE_BUFFER_BYTES: Final = (
    128 * 1024
)  # the kernel's share of one probe; a fast sender waits (probing.md, 4)
ADMISSIONS_KEPT: Final = 32_768  # above the largest fleet of one prober; 5 MB

P = TypeVar("P", bound=asyncio.Protocol)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a visit, or one phase of it, ended without what it came for. Data, not an exception."""

    outcome: Outcome
    remark: str


NO_ROOM: Final = Failure(
    Outcome.OUR_FAULT, "no room here for its picture: look at fewer at a time (--concurrency)"
)


def remark(text: str) -> str:
    """The peer's own words, short and printable, for the operator to read."""
    return " ".join(printable(text[: 2 * REMARK_CHARS_MAX]).split())[:REMARK_CHARS_MAX]


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
    streams: bool = True,
) -> P | Failure:
    """A connected protocol, or the failure that the operator should read.

    streams: more than a line or two will come, so the kernel's share of it is bounded.

    The name is resolved once, the address is admitted (targets.admit_address) and that very address is
    connected to, so a name that changes its mind between two questions leads nowhere new.
    """
    loop, clock = asyncio.get_running_loop(), alarms()
    tls = TLS if target.route in TLS_ROUTES else None
    is_address = _is_address(target.host)
    name = ("" if is_address else target.host) if tls else None
    task = asyncio.current_task()
    assert task is not None
    is_late, called_off_before = False, task.cancelling()

    def give_up() -> None:  # what asyncio.timeout does, without a timer of its own: see alarms.py
        nonlocal is_late
        is_late = True
        task.cancel()

    alarm = clock.set(give_up, loop.time() + connect_s)
    try:
        address = target.host if is_address else await _resolved(target)
        _admit(address, tuple(networks))
        transport, protocol = await loop.create_connection(
            factory, address, target.port, ssl=tls, server_hostname=name
        )
    except (NotAllowed, OSError, UnicodeError) as wrong:  # UnicodeError: a name that cannot be one
        if is_late:  # the alarm rang over another failure: its call must not end the next wait
            task.uncancel()
        return _failure(wrong, target)
    except asyncio.CancelledError:
        if not is_late or task.uncancel() > called_off_before:  # somebody else called us off
            raise
        return Failure(Outcome.TIMED_OUT, f"no connection within {connect_s:g} s")
    finally:
        clock.clear(give_up, alarm)
    if certificate_sha256 is not None and _fingerprint(transport) != certificate_sha256:
        transport.abort()
        return Failure(Outcome.TLS_REFUSED, "the certificate is not the pinned one; check who answers there")
    if streams:
        _bound_kernel_buffer(transport)
    return protocol


def _failure(wrong: NotAllowed | OSError | UnicodeError, target: Target) -> Failure:
    match wrong:
        case NotAllowed():  # nothing was sent, so nothing is known of it
            return Failure(Outcome.HELD_BACK, remark(str(wrong)))
        case TimeoutError():
            return Failure(Outcome.TIMED_OUT, "the network gave up connecting")
        case socket.gaierror():
            return Failure(Outcome.UNREACHABLE, remark(f"{target.host} does not resolve: {wrong.strerror}"))
        case ConnectionRefusedError():
            return Failure(Outcome.REFUSED, f"nothing listens on port {target.port}")
        case ssl.SSLError() | ConnectionResetError() if target.route in TLS_ROUTES:
            return Failure(Outcome.TLS_REFUSED, remark(str(wrong)))
        case ConnectionResetError():
            return Failure(Outcome.CLOSED, "it hung up while we connected")
        case OSError(errno=errno.EMFILE | errno.ENFILE):
            return Failure(Outcome.OUR_FAULT, "no file descriptor is left here: raise ulimit -n")
        case UnicodeError():
            return Failure(Outcome.UNREACHABLE, remark(f"{target.host} is no name that can be looked up"))
    return Failure(Outcome.UNREACHABLE, remark(wrong.strerror or str(wrong)))


def _is_address(host: str) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.inet_pton(family, host.partition("%")[0])
    except (OSError, ValueError):  # ValueError: not even ASCII
        return False
    return True


# The same fleet is looked at again and again, and reading an address takes as long as asking it for a connection.
_admit: Final = lru_cache(ADMISSIONS_KEPT)(admit_address)


async def _resolved(target: Target) -> str:
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
