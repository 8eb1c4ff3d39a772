"""As whom cameras are visited: the sealed logins of the register opened in memory, and who was refused where."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import structlog
from sqlalchemy import Connection

from lenskeeper.base.errors import Conflict, Invalid
from lenskeeper.house.home import Home
from lenskeeper.inventory.ids import CredentialId
from lenskeeper.inventory.points import Watched
from lenskeeper.inventory.rows_credentials import Login, opened
from lenskeeper.inventory.vault import Vault
from lenskeeper.probing.credentials import Credentials, KnownHost, credential, host_entry
from lenskeeper.probing.memory import Changes, Remembered
from lenskeeper.probing.refusals import Refusals, fingerprints
from lenskeeper.probing.targets import Target, host_key, parse_target

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()

FINGERPRINTS: Final = "fingerprints of logins"


class Logins:
    """Shared by every visit; read anew whenever the register changes, without forgetting a refusal."""

    def __init__(self, home: Home, remembered: Remembered) -> None:
        self._vault = Vault.open(home.key_file)
        self._by_host: dict[str, KnownHost] = {}
        self._sealed_otherwise: set[CredentialId] = set()
        self.credentials = Credentials(self._by_host)
        self.refusals = Refusals(
            clock=home.clock,
            account=fingerprints(self._vault.derived(FINGERPRINTS)),
            remembered=remembered.logins,
        )

    def with_changes(self, changes: Changes) -> Changes:
        """What must survive a restart, logins included."""
        return replace(changes, logins=self.refusals.take_changes())

    def read(self, connection: Connection, fleet: Sequence[Watched]) -> None:
        """Open the logins that this fleet needs. One that does not open is told once; its cameras are asked without.

        Visits go on meanwhile: entries change one by one, and the book of hosts is never empty.
        """
        logins = self._opened(connection, {w.credential_id for w in fleet if w.credential_id is not None})
        by_host: dict[str, KnownHost] = {}
        for watched in fleet:
            if watched.credential_id is None or (login := logins.get(watched.credential_id)) is None:
                continue
            known = KnownHost(credential(login.account, login.password.reveal()), may_use_basic=True)
            for url in (watched.url, watched.still_url):
                if (target := _target(url)) is not None:
                    by_host[host_entry(host_key(target.host), target.port)] = known
        self._by_host.update(by_host)
        for entry in self._by_host.keys() - by_host.keys():
            del self._by_host[entry]

    def _opened(self, connection: Connection, wanted: set[CredentialId]) -> dict[CredentialId, Login]:
        found: dict[CredentialId, Login] = {}
        for number in sorted(wanted):
            try:
                found |= opened(connection, self._vault, [number])
                self._sealed_otherwise.discard(number)
            except Conflict as told:
                if number not in self._sealed_otherwise:
                    log.warning("login_does_not_open", login=number, cure=str(told))
                self._sealed_otherwise.add(number)
        return found


def _target(url: str) -> Target | None:
    try:
        return parse_target(url) if url else None
    except Invalid:
        return None  # the rounds tell of it; no login is needed for what cannot be visited
