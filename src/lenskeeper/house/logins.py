"""As whom cameras are visited: the sealed logins of the register opened in memory, and who was refused where."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy import Connection

from lenskeeper.base.errors import Invalid
from lenskeeper.house.home import Home
from lenskeeper.inventory.points import Watched
from lenskeeper.inventory.rows_credentials import opened
from lenskeeper.inventory.vault import Vault
from lenskeeper.probing.credentials import Credentials, KnownHost, credential, host_entry
from lenskeeper.probing.memory import Changes, Remembered
from lenskeeper.probing.refusals import Refusals, fingerprints
from lenskeeper.probing.targets import Target, host_key, parse_target

FINGERPRINTS: Final = "fingerprints of logins"


class Logins:
    """Shared by every visit; read anew whenever the register changes, without forgetting a refusal."""

    def __init__(self, home: Home, remembered: Remembered) -> None:
        self._vault = Vault.open(home.key_file)
        self._by_host: dict[str, KnownHost] = {}
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
        """Open the logins that this fleet needs. Conflict: the key file is another one, or a row was tampered with."""
        logins = opened(
            connection, self._vault, {w.credential_id for w in fleet if w.credential_id is not None}
        )
        by_host: dict[str, KnownHost] = {}
        for watched in fleet:
            if watched.credential_id is None or (login := logins.get(watched.credential_id)) is None:
                continue
            known = KnownHost(credential(login.account, login.password.reveal()), may_use_basic=True)
            for url in (watched.url, watched.still_url):
                if (target := _target(url)) is not None:
                    by_host[host_entry(host_key(target.host), target.port)] = known
        self._by_host.clear()
        self._by_host.update(by_host)


def _target(url: str) -> Target | None:
    try:
        return parse_target(url) if url else None
    except Invalid:
        return None  # the rounds tell of it; no login is needed for what cannot be visited
