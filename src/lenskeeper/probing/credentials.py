"""Which account goes to which host: one each, named in full, never guessed."""

import re
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from lenskeeper.base.errors import Invalid, NotFound
from lenskeeper.base.secret import Secret
from lenskeeper.probing.targets import (
    TLS_ROUTES,
    Target,
    host_and_port,
    host_key,
    is_ip,
    without_credential,
)
from lenskeeper.protocols.auth import Credential

TABLE_KEYS: Final = {"user", "password", "certificate_sha256"}
OTHERS_MAY_READ: Final = stat.S_IRGRP | stat.S_IROTH


@dataclass(frozen=True, slots=True)
class KnownHost:
    """What the owner told us of one host.

    certificate_sha256: 64 hexadecimal digits; the host's TLS certificate must be this very one. Cameras sign
    their own, so a pin is the only certificate check that means anything among them.
    may_use_basic: whether the password may be sent in clear. Yes where the owner gave this account for this very
    host; an account given for all goes in clear to nobody but a host whose certificate is pinned.
    """

    credential: Credential | None = None
    certificate_sha256: str | None = None
    may_use_basic: bool = False


@dataclass(frozen=True, slots=True)
class Credentials:
    """Hosts, or host:port where one address hides several devices; `everywhere` is the account for the rest.

    by_host: by `host_entry`, as read_credentials returns it.
    """

    by_host: Mapping[str, KnownHost] = field(default_factory=dict)
    everywhere: Credential | None = None

    def of(self, target: Target) -> KnownHost:
        """What is known of this target's host; without an account it is looked at without a login.

        A host that was named without an account, for its certificate, takes the account for the rest.
        """
        if not self.by_host:
            return KnownHost(self.everywhere)
        key = host_key(target.host)
        known = self.by_host.get(host_entry(key, target.port)) or self.by_host.get(key) or KnownHost()
        if known.credential is not None:
            return known
        pin = known.certificate_sha256
        return KnownHost(self.everywhere, pin, may_use_basic=pin is not None and target.route in TLS_ROUTES)


def host_entry(key: str, port: int | None) -> str:
    """The name of a host, by targets.host_key, or of one port of it, in a file of credentials."""
    if port is None:
        return key
    return f"[{key}]:{port}" if ":" in key else f"{key}:{port}"


NO_CREDENTIALS: Final = Credentials()


def read_credentials(path: Path) -> dict[str, KnownHost]:
    """Hosts from a TOML file, one table each: ["10.1.2.3"], user, password, certificate_sha256.

    ["10.1.2.3:8554"] and ["[fd00::1]:554"] name one port of a host. The result is by `host_entry`.
    NotFound: no such file. Invalid: others may read it, it is no TOML, a host is a wildcard or a network or
    named twice, or a table holds something else. No message quotes a value of the file.
    """
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise NotFound(f"no credentials file at {path}") from None
    except (OSError, UnicodeDecodeError) as wrong:
        raise Invalid(f"{path} cannot be read as text: {type(wrong).__name__}", field="credentials") from None
    if mode & OTHERS_MAY_READ:
        raise Invalid(f"others may read {path}: chmod 600 {path}", field="credentials")
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        raise Invalid(f"{path} is no TOML: {wrong}", field="credentials") from None
    found: dict[str, KnownHost] = {}
    written: dict[str, str] = {}
    for host, table in tables.items():
        entry = _entry(path, host)  # first: once it is known to be a host, it may be quoted
        known = _known_host(path, host, table)
        if entry in found:
            raise Invalid(
                f"{path}: [{written[entry]!r}] and [{host!r}] are the same host: keep one",
                field="credentials",
            )
        found[entry], written[entry] = known, host
    return found


def _entry(path: Path, host: str) -> str:
    """The entry that a key of the file stands for: a host, host:port, an IPv6 address, or [IPv6]:port."""
    try:
        if is_ip(host):
            return host_key(host)
        name, port = host_and_port(host)
    except Invalid as wrong:
        shown = without_credential(host) if "@" in host else host.partition(":")[0]  # after it, a password?
        raise Invalid(
            f"{path}: {shown!r} must be one host, host:port or [IPv6]:port, without scheme and path "
            f"({wrong}); wildcards are refused",
            field="credentials",
        ) from None
    return host_entry(host_key(name), port)


def _known_host(path: Path, host: str, table: object) -> KnownHost:
    if not isinstance(table, dict) or set(table) - TABLE_KEYS:
        raise Invalid(
            f"{path}: [{host!r}] may hold user, password and certificate_sha256 only", field="credentials"
        )
    pin = table.get("certificate_sha256")
    if pin is not None and not (isinstance(pin, str) and re.fullmatch("[0-9a-f]{64}", pin)):
        raise Invalid(
            f"{path}: [{host!r}] certificate_sha256 is 64 digits 0-9a-f, no colons", field="credentials"
        )
    match table.get("user"), table.get("password"):
        case None, None:
            return KnownHost(None, pin)
        case str() as user, str() as password if user:
            return KnownHost(Credential(user, Secret(password)), pin, may_use_basic=True)
    raise Invalid(f"{path}: [{host!r}] needs user and password, each in quotes", field="credentials")


def credential(user: str, password: str) -> Credential:
    """One account, from what a person typed. Invalid: a colon in the user, a line break in the password."""
    return Credential(user, Secret(password))
