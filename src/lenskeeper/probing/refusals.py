"""Who was refused where: one refusal is enough, and nobody's account is locked by us.

Hikvision and Dahua lock an account after 5 to 7 refusals (CamioCam/rtsp#34), and behind one recorder
sixty-four channels share it. So refusals are counted by host and account, never by channel; the first login
at a host goes alone; and a credential that has worked nowhere yet is shown to three hosts before the rest.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Final

from lenskeeper.protocols.auth import Credential

UNPROVEN_HOSTS_MAX: Final = 3  # hosts that may see a new credential before one of them has let it in
DOUBTS_MAX: Final = 2  # silences after a login that count as a refusal: one may be the network's fault


@dataclass(slots=True)
class _Standing:
    """How one credential fares. Hosts are in one of let_in and refused, or in both where a yes was followed by a no.

    shown: hosts that have seen it while it had worked nowhere. trying: hosts whose answer is awaited.
    """

    shown: set[str] = field(default_factory=set)
    trying: set[str] = field(default_factory=set)
    let_in: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    doubts: dict[str, int] = field(default_factory=dict)
    waiting: dict["asyncio.Future[None]", None] = field(default_factory=dict)  # in the order they came

    def may_show(self, host: str) -> bool | None:
        """Yes, no, or None: it depends on an answer that is awaited."""
        if host in self.refused:
            return False
        if host in self.let_in:
            return True
        if host in self.trying:
            return None
        if self.let_in or host in self.shown or len(self.shown) < UNPROVEN_HOSTS_MAX:
            return True
        return None if self.trying else False


class Refusals:
    """The memory of one command. A credential that changes is another account, and starts afresh.

    host: by targets.host_key, so that one device has one name. The methods that settle never pause: they hold
    even where a visit that is called off calls them.
    """

    def __init__(self) -> None:
        self._standings: dict[Credential, _Standing] = {}

    def refused_before(self, host: str, credential: Credential) -> bool:
        """Whether this host has refused this account, so that nobody need even ask again."""
        standing = self._standings.get(credential)
        return standing is not None and host in standing.refused

    async def may_try(self, host: str, credential: Credential) -> bool:
        """Wait until this account may be shown to this host, then say yes; or say no.

        A yes must be followed by `worked`, `was_refused`, `doubted` or `let_go`.
        """
        standing = self._standings.setdefault(credential, _Standing())
        while (verdict := standing.may_show(host)) is None:
            news = asyncio.get_running_loop().create_future()
            standing.waiting[news] = None
            try:
                await news
            finally:
                standing.waiting.pop(news, None)  # still there where the visit was called off
        if verdict and host not in standing.let_in:
            standing.trying.add(host)
            if not standing.let_in:
                standing.shown.add(host)
        return verdict

    async def worked(self, host: str, credential: Credential) -> None:
        """The host let this account in."""
        standing = self._standings.setdefault(credential, _Standing())
        if host not in standing.let_in:
            standing.let_in.add(host)
            standing.doubts.pop(host, None)
            self._settle(standing, host)

    async def was_refused(self, host: str, credential: Credential) -> None:
        """The host refused this account, with its own challenge answered."""
        standing = self._standings.setdefault(credential, _Standing())
        standing.refused.add(host)
        self._settle(standing, host)

    async def doubted(self, host: str, credential: Credential) -> None:
        """The host hung up or fell silent over the login. Where it has let the account in before, that tells nothing."""
        standing = self._standings.setdefault(credential, _Standing())
        if host not in standing.let_in:
            standing.doubts[host] = standing.doubts.get(host, 0) + 1
            if standing.doubts[host] >= DOUBTS_MAX:
                standing.refused.add(host)
        self._settle(standing, host)

    async def let_go(self, host: str, credential: Credential) -> None:
        """The visit ended before the host said yes or no. The host has seen the account all the same."""
        standing = self._standings.get(credential)
        if standing is not None:
            self._settle(standing, host)

    @staticmethod
    def _settle(standing: _Standing, host: str) -> None:
        standing.trying.discard(host)
        waiting, standing.waiting = standing.waiting, {}
        for news in waiting:
            if not news.done():
                news.set_result(None)
