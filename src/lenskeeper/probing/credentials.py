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
from lenskeeper.probing.targets import Target
from lenskeeper.protocols.auth import Credential

TABLE_KEYS: Final = {"user", "password", "certificate_sha256"}
OTHERS_MAY_READ: Final = stat.S_IRGRP | stat.S_IROTH


@dataclass(frozen=True, slots=True)
class KnownHost:
    """What the owner told us of one host.

    certificate_sha256: 64 hexadecimal digits; the host's TLS certificate must be this very one. Cameras sign
    their own, so a pin is the only certificate check that means anything among them.
    """

    credential: Credential | None = None
    certificate_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Credentials:
    """Hosts, or host:port where one address hides several devices; `everywhere` is the account for the rest."""

    by_host: Mapping[str, KnownHost] = field(default_factory=dict)
    everywhere: Credential | None = None

    def of(self, target: Target) -> KnownHost:
        """What is known of this target's host; without an account it is looked at without a login."""
        known = self.by_host.get(f"{target.host}:{target.port}") or self.by_host.get(target.host)
        return known or KnownHost(self.everywhere)


NO_CREDENTIALS: Final = Credentials()


def read_credentials(path: Path) -> dict[str, KnownHost]:
    """Hosts from a TOML file, one table each: ["10.1.2.3"], user, password, certificate_sha256.

    NotFound: no such file. Invalid: others may read it, it is no TOML, a host is a wildcard or a network,
    or a table holds something else. No message quotes a value of the file.
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
    return {host: _known_host(path, host, table) for host, table in tables.items()}


def _known_host(path: Path, host: str, table: object) -> KnownHost:
    if any(c in host for c in "*?/, "):
        raise Invalid(
            f"{path}: {host!r} must be one host or host:port; wildcards are refused", field="credentials"
        )
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
            return KnownHost(Credential(user, Secret(password)), pin)
    raise Invalid(f"{path}: [{host!r}] needs user and password, each in quotes", field="credentials")


def credential(user: str, password: str) -> Credential:
    """One account, from what a person typed. Invalid: a colon in the user, a line break in the password."""
    return Credential(user, Secret(password))
