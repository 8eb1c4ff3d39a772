"""What may be looked at: addresses and files that somebody named, and nothing else."""

import csv
import io
import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from lenskeeper.base.errors import Invalid, NotAllowed

TARGETS_MAX: Final = 200_000  # ten times the largest fleet we know; a longer list is a wrong file
TARGET_CHARS_MAX: Final = 2_000  # longer than any address a camera maker prints
IMAGE_SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"})
TABLE_SUFFIXES: Final = frozenset({".csv", ".txt"})
TARGET_COLUMNS: Final = ("target", "url", "address", "地址")

# Where a cloud keeps the secrets of the machine we run on; no camera lives there.
METADATA_ADDRESSES: Final = frozenset(
    ipaddress.ip_address(a) for a in ("169.254.169.254", "100.100.100.200", "fd00:ec2::254", "192.0.0.192")
)

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IpNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network


class Route(StrEnum):
    """How a target is reached."""

    RTSP = "rtsp"
    RTSPS = "rtsps"
    HTTP = "http"
    HTTPS = "https"
    IMAGE = "image"
    VIDEO = "video"

    @property
    def is_file(self) -> bool:
        """Whether the target lies on this machine and no network is touched."""
        return self in (Route.IMAGE, Route.VIDEO)


DEFAULT_PORTS: Final = {Route.RTSP: 554, Route.RTSPS: 322, Route.HTTP: 80, Route.HTTPS: 443}


@dataclass(frozen=True, slots=True)
class Target:
    """One thing to look at. `name` is what the operator typed; it never holds a credential.

    host, port: for network routes; host is a name or an address without brackets.
    """

    name: str
    route: Route
    host: str = ""
    port: int = 0


def parse_target(text: str) -> Target:
    """A target from what a person typed: an address with a known scheme, or the path of a file.

    Invalid: a credential in the address, an unknown scheme, no host, a port out of range, control characters.
    """
    text = text.strip()
    shown = without_credential(text)
    if not text or len(text) > TARGET_CHARS_MAX:
        raise Invalid(f"give an address or a file of 1 to {TARGET_CHARS_MAX} characters", field="target")
    if any(ord(c) < 32 or ord(c) == 127 for c in text):
        # A line break in a request line would let one line of a list become two requests.
        raise Invalid(f"{shown!r} holds a control character: write the address on one line", field="target")
    scheme, separator, _rest = text.partition("://")
    if not separator:
        return Target(text, Route.IMAGE if Path(text).suffix.lower() in IMAGE_SUFFIXES else Route.VIDEO)
    if scheme.lower() not in {r.value for r in DEFAULT_PORTS}:
        raise Invalid(
            f"{shown}: use rtsp://, rtsps://, http://, https:// or the path of a file", field="target"
        )
    return _network_target(text, shown, Route(scheme.lower()))


def _network_target(text: str, shown: str, route: Route) -> Target:
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError as wrong:
        raise Invalid(f"{shown}: {wrong}; write {route}://HOST:PORT/PATH", field="target") from None
    if "@" in parts.netloc:
        # Whoever lists processes on this machine reads the command line.
        raise Invalid(
            f"{shown}: take the account out of the address; pass --user NAME and give the password when asked, "
            "or name the host in a file for --credentials",
            field="target",
        )
    if not host:
        raise Invalid(f"{shown}: no host; write {route}://HOST:PORT/PATH", field="target")
    if port == 0:
        raise Invalid(
            f"{shown}: port 0 cannot be looked at; leave the port out or give 1 to 65535", field="target"
        )
    return Target(text, route, host, port or DEFAULT_PORTS[route])


def without_credential(text: str) -> str:
    """The address as it may be shown: whatever stands before `@` in the host part becomes dots."""
    scheme, separator, rest = text.partition("://")
    authority, slash, path = rest.partition("/")
    if not separator or "@" not in authority:
        return text
    return f"{scheme}://••••••@{authority.rpartition('@')[2]}{slash}{path}"


def read_targets(lines: Iterable[str], *, source: str) -> list[Target]:
    """Targets from a list: one a line, or a CSV with a column named target, url, address or 地址.

    Empty lines and lines that start with # are passed over. Invalid names the line that is wrong.
    """
    rows = [
        (n, line) for n, line in enumerate(lines, 1) if line.strip() and not line.lstrip().startswith("#")
    ]
    if len(rows) > TARGETS_MAX:
        raise Invalid(f"{source}: more than {TARGETS_MAX} lines; split the list", field="target")
    if not rows:
        raise Invalid(f"{source}: no target in it; write one address a line", field="target")
    column = _target_column(_cells(rows[0][1]))
    targets = []
    for number, line in rows if column is None else rows[1:]:
        cells = _cells(line)
        if len(cells) <= (column or 0):
            raise Invalid(f"{source}, line {number}: no column {(column or 0) + 1}", field="target")
        try:
            targets.append(parse_target(cells[column or 0]))
        except Invalid as wrong:
            raise Invalid(f"{source}, line {number}: {wrong}", field="target") from None
    return targets


def _cells(line: str) -> list[str]:
    return next(csv.reader(io.StringIO(line.lstrip("\ufeff"))), [""])


def _target_column(header: Sequence[str]) -> int | None:
    names = [cell.strip().lower() for cell in header]
    return next((names.index(name) for name in TARGET_COLUMNS if name in names), None)


def admit_address(address: str, networks: Sequence[IpNetwork] = ()) -> None:
    """Let an address pass, after its name was resolved, or raise NotAllowed with the reason.

    networks: when any are declared, an address outside all of them is refused.
    Link-local, multicast, unspecified and cloud metadata addresses are refused always.
    """
    ip: IpAddress = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    if (
        ip in METADATA_ADDRESSES
        or ip.is_link_local
        or ip.is_multicast
        or ip.is_unspecified
        or ip == BROADCAST
    ):
        raise NotAllowed(f"{ip} is a link-local, multicast or metadata address: no camera is looked at there")
    if networks and not any(ip in network for network in networks):
        raise NotAllowed(
            f"{ip} lies in no declared network: add its network to probing.networks in the settings"
        )


BROADCAST: Final = ipaddress.IPv4Address("255.255.255.255")
