"""Who was refused where: one refusal is enough, and nobody's account is locked by us.

Hikvision and Dahua lock an account after 5 to 7 refusals (CamioCam/rtsp#34), and behind one recorder
sixty-four channels share it. So refusals are counted by host and account, never by channel, and a
credential that has not worked anywhere yet is tried on three hosts before it meets the rest.
"""

import asyncio
from dataclasses import dataclass
from typing import Final

from lenskeeper.base.secret import Secret

UNPROVEN_HOSTS_MAX: Final = 3  # hosts that may refuse a new credential before it is held back everywhere


@dataclass(frozen=True, slots=True)
class Account:
    """A name and a password, held for one host or for many."""

    user: str
    password: Secret


class Refusals:
    """The memory of one run. A credential that changes is another account, and starts afresh."""

    def __init__(self) -> None:
        self._refused: set[tuple[str, Account]] = set()
        self._proven: set[Account] = set()
        self._trying: dict[Account, set[str]] = {}
        self._news = asyncio.Condition()

    def refused_before(self, host: str, account: Account) -> bool:
        """Whether this host has refused this account, so that nobody need even ask again."""
        return (host, account) in self._refused

    async def may_try(self, host: str, account: Account) -> bool:
        """Wait until this account may be shown to this host, then say yes; or say no at once.

        A yes must be followed by `worked`, `was_refused` or `let_go`.
        """
        async with self._news:
            while True:
                if self.refused_before(host, account):
                    return False
                if account in self._proven:
                    return True
                if len(self._refusers(account)) >= UNPROVEN_HOSTS_MAX:
                    return False
                trying = self._trying.setdefault(account, set())
                if host not in trying and len(trying) + len(self._refusers(account)) < UNPROVEN_HOSTS_MAX:
                    trying.add(host)
                    return True
                await self._news.wait()

    async def worked(self, host: str, account: Account) -> None:
        """The host let this account in."""
        await self._settle(host, account, proven=True)

    async def was_refused(self, host: str, account: Account) -> None:
        """The host refused this account, with its own challenge answered."""
        self._refused.add((host, account))
        await self._settle(host, account)

    async def let_go(self, host: str, account: Account) -> None:
        """The visit ended before the host said yes or no; harmless after either."""
        if host in self._trying.get(account, ()):
            await self._settle(host, account)

    async def _settle(self, host: str, account: Account, *, proven: bool = False) -> None:
        async with self._news:
            self._trying.get(account, set()).discard(host)
            if proven:
                self._proven.add(account)
            self._news.notify_all()

    def _refusers(self, account: Account) -> list[str]:
        return [host for host, refused in self._refused if refused == account]
