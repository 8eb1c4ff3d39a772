"""What may be looked at: addresses and files that somebody named, and nothing else."""

import csv
import io
import ipaddress
import re
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Final
from unicodedata import category
from urllib.parse import quote

from lenskeeper.base.errors import Invalid, NotAllowed
from lenskeeper.base.secret import DOTS

TARGETS_MAX: Final = 200_000  # ten times the largest fleet we know; a longer list is a wrong file
HOSTS_REMEMBERED: Final = 65_536  # three of the largest fleet we know; reading an address costs 5 us
TARGET_CHARS_MAX: Final = 2_000  # longer than any address a camera maker prints
IMAGE_SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"})
FILE_SUFFIXES: Final = IMAGE_SUFFIXES | frozenset(
    {".mp4", ".mkv", ".avi", ".mov", ".ts", ".m4v", ".mjpeg", ".h264", ".264", ".h265", ".265", ".hevc"}
)
TABLE_SUFFIXES: Final = frozenset({".csv", ".txt"})
TARGET_COLUMNS: Final = ("target", "url", "address", "地址")
DELIMITERS: Final = (
    ",",
    ";",
    "\t",
)  # a spreadsheet writes the semicolon where the comma is the decimal point
COLUMNS_SHOWN: Final = 8
COLUMN_CHARS_SHOWN: Final = 30

HOST_CHARS_MAX: Final = 253
LABEL_CHARS_MAX: Final = 63
PORT_MAX: Final = 65_535
PATH_BEGINS: Final = ("/", "./", "../", "~")
UNSENDABLE: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})  # controls, lone surrogates, line separators
NO_ACCOUNT: Final = (
    "take the account out of the address; pass --user NAME and give the password when asked, "
    "or name the host in a file for --credentials"
)

_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")
_HOST_ENDS: Final = re.compile(r"[/?#]")
_HOST_PORT: Final = re.compile(r"(\[[^\[\]]*\]|[^:\[\]]*)(?::([^:\[\]]*))?")
_HOST_NAME: Final = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")
_IP_CHARS: Final = re.compile(r"[0-9A-Fa-f.:]+(?:%[A-Za-z0-9._~-]+)?")
# XM, Foscam and their many heirs take a password in the address only.
_PASSWORD_KEY: Final = re.compile(
    r"(?i)(?<![a-z0-9])(?:[a-z0-9]*(?:password|passwd|pwd|psw|token|secret)|pass|passphrase|auth|key|apikey|pw|loginpas)="
)
_AMPERSAND: Final = re.compile(r"&")
_VALUE_ENDS: Final = {";": re.compile(r"[&;]"), "_": re.compile(r"&|_[A-Za-z0-9]+=")}

# Where a cloud keeps the secrets of the machine we run on; no camera lives there.
METADATA_ADDRESSES: Final = frozenset(
    ipaddress.ip_address(a) for a in ("169.254.169.254", "100.100.100.200", "fd00:ec2::254", "192.0.0.192")
)

LINK_LOCAL_V4: Final = 0xA9FE  # 169.254.0.0/16
MULTICAST_V4: Final = 0xE  # 224.0.0.0/4

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


TLS_ROUTES: Final = (Route.RTSPS, Route.HTTPS)
DEFAULT_PORTS: Final = {Route.RTSP: 554, Route.RTSPS: 322, Route.HTTP: 80, Route.HTTPS: 443}


@dataclass(frozen=True, slots=True)
class Target:
    """One thing to look at.

    name: what the operator typed, with dots for the value of a password-like parameter; to be shown and logged.
    host, port: for network routes; host is a lower-case name in ASCII or an address without brackets.
    url: for network routes, what requests carry. It may hold a password (see _PASSWORD_KEY): never show it.
    """

    name: str
    route: Route
    host: str = ""
    port: int = 0
    url: str = field(default="", repr=False)


def parse_target(text: str) -> Target:
    """A target from what a person typed: an address with a known scheme, or the path of a file.

    Invalid: a credential in the address, an unknown scheme, a wrong host or port, control characters, a bare IP
    address. An `@` in the host part is a credential, and so is one further on that has a `:` anywhere before
    it: `rtsp://admin:12/34@host/x` and `https://host:8443/a@b` cannot be told apart. The latter is written %40.
    """
    text = text.strip()
    if not text or len(text) > TARGET_CHARS_MAX:
        raise Invalid(f"give an address or a file of 1 to {TARGET_CHARS_MAX} characters", field="target")
    shown = without_credential(text)
    if not text.isprintable() and any(category(c) in UNSENDABLE for c in text):
        # A line break in a request line would let one line of a list become two requests.
        raise Invalid(
            f"{shown!r} holds a control character or is no UTF-8: write the address on one line",
            field="target",
        )
    scheme, separator, rest = text.partition("://")
    if not separator or not _SCHEME.fullmatch(scheme):
        return _file_target(text, shown)
    if scheme.lower() not in {r.value for r in DEFAULT_PORTS}:
        raise Invalid(
            f"{shown}: use rtsp://, rtsps://, http://, https:// or the path of a file", field="target"
        )
    return _network_target(text, shown, Route(scheme.lower()), rest)


def _file_target(text: str, shown: str) -> Target:
    account, at, _ = text.rpartition("@")
    if at and ":" in account and ("://" in text or not text.startswith(PATH_BEGINS) or text.startswith("//")):
        raise Invalid(f"{shown}: {NO_ACCOUNT}; if it is a file, begin it with ./", field="target")
    authority = _authority(text)
    match = _HOST_PORT.fullmatch(authority)
    bare = authority if _ip(authority) else match[1].strip("[]") if match else ""
    suffix = Path(text).suffix.lower()
    in_folder = authority == bare and text[len(bare) :].startswith("/") and suffix in FILE_SUFFIXES
    if _ip(bare) and not in_folder:
        host = f"[{bare}]" if ":" in bare else bare
        raise Invalid(
            f"{host} is an address and not a file: write rtsp://{host}/PATH (a file: ./{host})",
            field="target",
        )
    return Target(text, Route.IMAGE if suffix in IMAGE_SUFFIXES else Route.VIDEO)


def _network_target(text: str, shown: str, route: Route, rest: str) -> Target:
    authority = _authority(rest)
    account, at, _ = rest.rpartition("@")
    if at and (":" in account or "@" in authority):
        # Whoever lists processes on this machine reads the command line.
        raise Invalid(f"{shown}: {NO_ACCOUNT}; an @ in a path is written %40", field="target")
    try:
        host, port = host_and_port(authority)
    except Invalid as wrong:
        # What stands where the port should be may be a password whose `@host` was forgotten: not quoted.
        begin = without_credential(authority) if authority.startswith("[") else authority.partition(":")[0]
        raise Invalid(f"{route}://{begin}: {wrong}; write {route}://HOST:PORT/PATH", field="target") from None
    place = f"[{host}]" if ":" in host else host
    url = f"{route}://{place}{'' if port is None else f':{port}'}{_sendable(rest[len(authority) :])}"
    if len(url) > TARGET_CHARS_MAX:
        raise Invalid(
            f"{route}://{place}: the address has more than {TARGET_CHARS_MAX} characters once percent-encoded",
            field="target",
        )
    return Target(_without_passwords(text), route, host, port or DEFAULT_PORTS[route], url)


def _authority(rest: str) -> str:
    """The host part: what stands before the first `/`, `?` or `#`."""
    return _HOST_ENDS.split(rest, maxsplit=1)[0]


def _sendable(tail: str) -> str:
    """Path and query with whatever cannot stand in a request line percent-encoded as UTF-8; the rest as typed."""
    if tail.isascii() and " " not in tail:
        return tail
    return "".join(c if "!" <= c <= "~" else quote(c, safe="") for c in tail)


def host_and_port(text: str) -> tuple[str, int | None]:
    """The host as Target.host has it, and the port where one is given. Invalid: the reason, quoting nothing."""
    match = _HOST_PORT.fullmatch(text)
    if match is None:
        raise Invalid("no HOST:PORT; an IPv6 address stands in brackets", field="target")
    host, port = _host(match[1]), match[2]
    if not port:
        return host, None
    if not (port.isascii() and port.isdecimal() and int(port) <= PORT_MAX):
        raise Invalid(f"the port is no number from 1 to {PORT_MAX}", field="target")
    if int(port) == 0:
        raise Invalid(f"port 0 cannot be looked at; leave it out or give 1 to {PORT_MAX}", field="target")
    return host, int(port)


def _host(text: str) -> str:
    """A host, lower case and in ASCII. Sources: RFC 1035 2.3.4 for the lengths, RFC 3490 for other scripts."""
    if text.startswith("["):
        if not isinstance(_ip(text[1:-1]), ipaddress.IPv6Address):
            raise Invalid("what stands in brackets is no IPv6 address", field="target")
        return text[1:-1].lower()
    name = text.removesuffix(".")
    if not name:
        raise Invalid("no host", field="target")
    if len(name) > HOST_CHARS_MAX:
        raise Invalid(f"the host name has more than {HOST_CHARS_MAX} characters", field="target")
    if ".." in name or name.startswith("."):
        raise Invalid("the host name has an empty part: take out one dot", field="target")
    try:
        name = name.lower() if name.isascii() else name.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise Invalid(
            "the host name cannot be written in ASCII: give its xn-- form or its address", field="target"
        ) from None
    if len(name) > HOST_CHARS_MAX or any(len(label) > LABEL_CHARS_MAX for label in name.split(".")):
        raise Invalid(
            f"the host name is longer than {HOST_CHARS_MAX} characters, or a part of it than {LABEL_CHARS_MAX}",
            field="target",
        )
    if not _HOST_NAME.fullmatch(name):
        raise Invalid("a host name is letters, digits, - and dots", field="target")
    return name


@lru_cache(HOSTS_REMEMBERED)
def host_key(host: str) -> str:
    """One text for all spellings of a host: 127.9 and ::ffff:127.0.0.9 are 127.0.0.9, Cam.City. is cam.city.

    Names are not resolved: where it matters that a name and an address are one device, ask with the address.
    """
    host = host.strip("[]").lower().removesuffix(".")
    try:
        # the short forms that getaddrinfo takes too: 127.9, 0x7f.9
        return socket.inet_ntoa(socket.inet_aton(host))
    except (OSError, ValueError):  # ValueError: not even ASCII
        pass
    if (ip := _ip(host)) is not None:
        return str(getattr(ip, "ipv4_mapped", None) or ip)
    try:
        return host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        return host


def is_ip(text: str) -> bool:
    """Whether this is an address, without brackets, and no name."""
    return _ip(text) is not None


def _ip(text: str) -> IpAddress | None:
    try:
        return ipaddress.ip_address(text) if _IP_CHARS.fullmatch(text) else None
    except ValueError:
        return None


def without_credential(text: str) -> str:
    """An address, or a peer's words, as they may be shown.

    Dots stand for all between `://` and the last `@`, without a scheme for all before an `@` that has a `:`
    before it, and for the values of password-like parameters. It hides too much rather than too little.
    """
    scheme, separator, rest = text.partition("://")
    begin = f"{scheme}://" if separator and _SCHEME.fullmatch(scheme) else ""
    account, at, place = (rest if begin else text).rpartition("@")
    if at and (begin or ":" in account):
        text = f"{begin}{DOTS}@{place}"
    return _without_passwords(text)


def _without_passwords(text: str) -> str:
    """Dots for the value of each parameter whose key says password.

    A value ends at `&` only, since passwords hold any other character; where parameters are joined by `;`, or by
    `_` as XM's recorders have them (`user=admin_password=x_channel=1`), it ends there too.
    """
    shown, at = [], 0
    while (key := _PASSWORD_KEY.search(text, at)) is not None:
        joint = text[key.start() - 1] if key.start() else ""
        stop = _VALUE_ENDS.get(joint, _AMPERSAND).search(text, key.end())
        shown += [text[at : key.end()], DOTS]
        at = stop.start() if stop else len(text)
    return "".join([*shown, text[at:]])


def read_targets(lines: Iterable[str], *, source: str) -> list[Target]:
    """Targets from a list: one a line, or a CSV with a column named target, url, address or 地址.

    Columns stand between commas, semicolons or tabs. Without such a column the first of several is the target
    where it is one. Empty lines and lines that start with # are passed over. Lines are read one by one, and no
    more than TARGETS_MAX and a header. Invalid names the line that is wrong.
    """
    targets: list[Target] = []
    layout: _Layout | None = None
    for number, raw in enumerate(lines, 1):
        if number > TARGETS_MAX + 1:
            raise Invalid(f"{source}: more than {TARGETS_MAX} lines; split the list", field="target")
        line = raw.removeprefix("\ufeff") if number == 1 else raw
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            if layout is None:
                layout = _layout(line)
                if layout.is_table:
                    continue
            targets.append(parse_target(layout.cell(line)))
        except Invalid as wrong:
            raise Invalid(f"{source}, line {number}: {wrong}", field="target") from None
    if not targets:
        raise Invalid(f"{source}: no target in it; write one address a line", field="target")
    return targets


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the target stands in a line. is_table: the first line names the columns."""

    delimiter: str = ","
    column: int = 0
    is_table: bool = False

    def cell(self, line: str) -> str:
        """The target's cell. Invalid: the line is too short, or no CSV."""
        cells = _cells(line, self.delimiter)
        if len(cells) <= self.column:
            raise Invalid(f"no column {self.column + 1}", field="target")
        return cells[self.column]


def _layout(line: str) -> _Layout:
    """How a list is laid out, from its first line. Invalid: several columns, and none that holds targets."""
    rows = {delimiter: _cells(line, delimiter) for delimiter in DELIMITERS}
    for delimiter, cells in rows.items():
        names = [cell.strip().lower() for cell in cells]
        for name in TARGET_COLUMNS:
            if name in names:
                return _Layout(delimiter, names.index(name), is_table=True)
    cells = max(rows.values(), key=len)
    first = rows[","][0].strip()
    if len(cells) > 1 and not _is_target(first):
        columns = ", ".join(TARGET_COLUMNS[:-1]) + f" or {TARGET_COLUMNS[-1]}"
        raise Invalid(f"no column named {columns}{_found(cells)}", field="target")
    return _Layout()


def _is_target(cell: str) -> bool:
    """Whether a first cell is meant as a target, and no name of a column. Invalid: it is, and a wrong one."""
    if not cell:
        return False
    target = parse_target(cell)
    return not target.route.is_file or Path(cell).suffix.lower() in FILE_SUFFIXES


def _found(cells: Sequence[str]) -> str:
    """The names of the columns, unless it looks as if they were no names: one might be a password."""
    if any("://" in cell or "@" in cell or is_ip(cell.strip()) for cell in cells):
        return ": the first line names the columns"
    names = [cell.strip()[:COLUMN_CHARS_SHOWN] for cell in cells[:COLUMNS_SHOWN]]
    return f"; found: {', '.join(names)}"


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(line), delimiter=delimiter), []) or [
            ""
        ]  # a line may begin with its end
    except csv.Error as wrong:
        raise Invalid(f"no CSV: {wrong}", field="target") from None


def admit_address(address: str, networks: Sequence[IpNetwork] = ()) -> None:
    """Let an address pass, after its name was resolved, or raise NotAllowed with the reason.

    networks: when any are declared, an address outside all of them is refused.
    Link-local, multicast, unspecified and cloud metadata addresses are refused always.
    """
    ip = _read_ip(address)
    if _no_camera_lives_at(ip):
        raise NotAllowed(f"{ip} is a link-local, multicast or metadata address: no camera is looked at there")
    if networks and not any(ip in network for network in networks):
        raise NotAllowed(
            f"{ip} lies in no declared network: add its network to probing.networks in the settings"
        )


def is_outside(url: str, networks: Sequence[IpNetwork]) -> bool:
    """Whether a camera's address lies in none of the declared networks. A name is resolved when it is visited only."""
    if not networks or not url:
        return False
    try:
        host = parse_target(url).host
    except Invalid:
        return False
    ip = _ip(host)
    return ip is not None and not any(
        (getattr(ip, "ipv4_mapped", None) or ip) in network for network in networks
    )


def _read_ip(address: str) -> IpAddress:
    if ":" not in address:
        return ipaddress.IPv4Address(socket.inet_aton(address))  # four times quicker than from the text
    ip = ipaddress.IPv6Address(address.partition("%")[0])
    return ip.ipv4_mapped or ip


def _no_camera_lives_at(ip: IpAddress) -> bool:
    if isinstance(ip, ipaddress.IPv4Address):  # by number: a sweep asks this of every camera of a city
        number = int(ip)
        special = number in (0, 0xFFFF_FFFF) or number >> 16 == LINK_LOCAL_V4 or number >> 28 == MULTICAST_V4
        return special or ip in METADATA_ADDRESSES
    return ip.is_link_local or ip.is_multicast or ip.is_unspecified or ip in METADATA_ADDRESSES
