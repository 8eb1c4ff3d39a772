"""Tiles of an operator's base map, fetched by us: its key never reaches a browser, and a page asks nobody but us.

Only the one host of the settings is asked, at addresses that are looked up and held against what may never be asked;
no redirection is followed, and only pictures of a tile's kind and size come back.
"""

import ipaddress
import socket
import ssl
import threading
from collections import OrderedDict
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Final
from urllib.parse import quote, urlsplit

from lenskeeper.base.errors import Conflict, NotFound
from lenskeeper.house.settings import MapSettings

FETCH_S: Final = 6.0
TILE_BYTES_MAX: Final = 1024 * 1024
TILES_KEPT: Final = 400  # some 10 MB: a morning's part of town
AT_ONCE: Final = 6
METADATA: Final = frozenset(
    {"100.100.100.200", "192.0.0.192", "fd00:ec2::254"}
)  # of clouds, besides link-local
KINDS: Final = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"RIFF": "image/webp"}


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile's bytes and what they are."""

    body: bytes
    kind: str


class Tiles:
    """The base map of one installation. Threads may share it."""

    def __init__(self, settings: MapSettings) -> None:
        self._settings = settings
        self._kept: OrderedDict[tuple[int, int, int], Tile] = OrderedDict()
        self._lock = threading.Lock()
        self._room = threading.Semaphore(AT_ONCE)

    def tile(self, z: int, x: int, y: int) -> Tile:
        """One tile. NotFound: there is no base map, or none of that number. Conflict: it cannot be had now."""
        if not self._settings.tiles:
            raise NotFound("no base map is set up")
        if not (0 <= z <= self._settings.zoom_max and 0 <= x < 1 << z and 0 <= y < 1 << z):
            raise NotFound("there is no such tile")
        with self._lock:
            if (kept := self._kept.get((z, x, y))) is not None:
                self._kept.move_to_end((z, x, y))
                return kept
        with self._room:
            made = self._fetch(z, x, y)
        with self._lock:
            self._kept[z, x, y] = made
            while len(self._kept) > TILES_KEPT:
                self._kept.popitem(last=False)
        return made

    def _fetch(self, z: int, x: int, y: int) -> Tile:
        key = quote(self._settings.key.reveal(), safe="")
        assert self._settings.tiles is not None
        address = self._settings.tiles.format(z=z, x=x, y=y, key=key)
        parts = urlsplit(address)
        assert parts.hostname is not None
        port = parts.port or (443 if parts.scheme == "https" else 80)
        connection = _connection(parts.scheme, parts.hostname, port)
        try:
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("GET", path, headers={"User-Agent": "lenskeeper", "Accept": "image/*"})
            answer = connection.getresponse()
            body = answer.read(TILE_BYTES_MAX + 1)
        except (OSError, HTTPException):
            raise Conflict("the base map does not answer: see map.tiles in the settings") from None
        finally:
            connection.close()
        kind = next((kind for begin, kind in KINDS.items() if body.startswith(begin)), None)
        if answer.status != 200 or kind is None or len(body) > TILE_BYTES_MAX:
            raise Conflict("the base map does not send tiles: see map.tiles in the settings")
        return Tile(body, kind)


def _connection(scheme: str, host: str, port: int) -> HTTPConnection:
    """To an address that was looked up once and may be asked: a name cannot become another place in between."""
    at = may_be_asked(host, port)
    if scheme == "https":
        return _Fixed(host, port, at)
    return HTTPConnection(at, port, timeout=FETCH_S) if at == host else _FixedPlain(host, port, at)


def may_be_asked(host: str, port: int) -> str:
    """An address of this host. Conflict: it has none, or one of them is this machine's, link-local or a cloud's own."""
    try:
        found = {str(each[4][0]) for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except OSError:
        raise Conflict("the base map's host has no address: see map.tiles in the settings") from None
    is_name = found != {host}
    for each in found:
        if why := refused(each, is_name=is_name):
            raise Conflict(f"the base map's host is {why}: it is not asked")
    return min(found)


def refused(address: str, *, is_name: bool) -> str:
    """Why an address is never asked; empty: it may be. is_name: it stands for a name and not for itself."""
    at = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(at, ipaddress.IPv6Address) and at.ipv4_mapped is not None:
        at = at.ipv4_mapped
    if at.is_link_local or str(at) in METADATA:
        return "link-local, or a cloud's own"
    if at.is_multicast or at.is_unspecified or at.is_reserved:
        return "no place of one machine"
    if at.is_loopback and is_name:
        return "a name for this machine"
    return ""


class _Fixed(HTTPSConnection):
    """TLS for a name, at one address."""

    def __init__(self, host: str, port: int, at: str) -> None:
        super().__init__(host, port, timeout=FETCH_S)
        self._at = at

    def connect(self) -> None:
        """To the address; the certificate is held against the name."""
        plain = socket.create_connection((self._at, self.port), FETCH_S)
        self.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=self.host)


class _FixedPlain(HTTPConnection):
    """A name, at one address."""

    def __init__(self, host: str, port: int, at: str) -> None:
        super().__init__(host, port, timeout=FETCH_S)
        self._at = at

    def connect(self) -> None:
        """To the address."""
        self.sock = socket.create_connection((self._at, self.port), FETCH_S)
