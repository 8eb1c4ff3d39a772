"""Who was refused where: one refusal is enough, and nobody's account is locked by us.

Hikvision and Dahua lock an account after 5 to 7 refusals (CamioCam/rtsp#34), and behind one recorder
sixty-four channels share it. So refusals are counted by host and account, never by channel, and a
credential that has not worked anywhere yet is tried on three hosts before it meets the rest.
"""

import asyncio
from typing import Final

from lenskeeper.protocols.auth import Credential

UNPROVEN_HOSTS_MAX: Final = 3  # hosts that may refuse a new credential before it is held back everywhere


class Refusals:
    """The memory of one run. A credential that changes is another account, and starts afresh."""

    def __init__(self) -> None:
        self._refused: set[tuple[str, Credential]] = set()
        self._proven: set[Credential] = set()
        self._trying: dict[Credential, set[str]] = {}
        self._news = asyncio.Condition()

    def refused_before(self, host: str, credential: Credential) -> bool:
        """Whether this host has refused this account, so that nobody need even ask again."""
        return (host, credential) in self._refused

    async def may_try(self, host: str, credential: Credential) -> bool:
        """Wait until this account may be shown to this host, then say yes; or say no at once.

        A yes must be followed by `worked`, `was_refused` or `let_go`.
        """
        async with self._news:
            while True:
                if self.refused_before(host, credential):
                    return False
                if credential in self._proven:
                    return True
                if len(self._refusers(credential)) >= UNPROVEN_HOSTS_MAX:
                    return False
                trying = self._trying.setdefault(credential, set())
                if host not in trying and len(trying) + len(self._refusers(credential)) < UNPROVEN_HOSTS_MAX:
                    trying.add(host)
                    return True
                await self._news.wait()

    async def worked(self, host: str, credential: Credential) -> None:
        """The host let this account in."""
        await self._settle(host, credential, proven=True)

    async def was_refused(self, host: str, credential: Credential) -> None:
        """The host refused this account, with its own challenge answered."""
        self._refused.add((host, credential))
        await self._settle(host, credential)

    async def let_go(self, host: str, credential: Credential) -> None:
        """The visit ended before the host said yes or no; harmless after either."""
        if host in self._trying.get(credential, ()):
            await self._settle(host, credential)

    async def _settle(self, host: str, credential: Credential, *, proven: bool = False) -> None:
        async with self._news:
            self._trying.get(credential, set()).discard(host)
            if proven:
                self._proven.add(credential)
            self._news.notify_all()

    def _refusers(self, credential: Credential) -> list[str]:
        return [host for host, refused in self._refused if refused == credential]
