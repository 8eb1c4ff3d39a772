"""Who was refused where: one refusal is enough, and nobody's account is locked by us.

Hikvision and Dahua lock an account after 5 to 7 refusals (CamioCam/rtsp#34), and behind one recorder
sixty-four channels share it. So refusals are counted by host and account, never by channel; the first login
at a host goes alone; and a credential that has worked nowhere yet is shown to three hosts before the rest.
A restart forgets none of it: what must be written down is given out by `take_changes` and taken back as `remembered`.
"""

import asyncio
import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from lenskeeper.base.clock import Clock
from lenskeeper.probing.memory import LoginRecord
from lenskeeper.protocols.auth import Credential

UNPROVEN_HOSTS_MAX: Final = 3  # hosts that may see a new credential before one of them has let it in
DOUBTS_MAX: Final = 2  # silences after a login that count as a refusal: one may be the network's fault
RECHECK_S: Final = (
    600  # after a refusal by a host that had let the account in; most locks last 5 to 30 minutes
)
REFUSALS_MAX: Final = 5  # in a row, and nobody knocks again until the password changes

Fingerprint = Callable[[Credential], str]


def fingerprints(key: bytes) -> Fingerprint:
    """A name for each account that may be written down: keyed, so that nobody can try passwords against it."""

    def of(credential: Credential) -> str:
        words = (credential.user, credential.password.reveal())
        text = b"".join(len(word).to_bytes(4, "big") + word for word in map(str.encode, words))
        return hmac.digest(key, text, "sha256").hex()

    return of


@dataclass(slots=True)
class _Refusal:
    """One host's no. last_elapsed_s: on the clock that never steps back; tries are apart by it."""

    since_s: int
    count: int
    last_s: int
    last_elapsed_s: float


@dataclass(slots=True)
class _Standing:
    """How one credential fares. Hosts are in one of let_in and refused, or in both where a yes was followed by a no.

    shown: hosts that have seen it while it had worked nowhere. trying: hosts whose answer is awaited.
    """

    shown: set[str] = field(default_factory=set)
    trying: set[str] = field(default_factory=set)
    let_in: set[str] = field(default_factory=set)
    refused: dict[str, _Refusal] = field(default_factory=dict)
    doubts: dict[str, int] = field(default_factory=dict)
    waiting: dict["asyncio.Future[None]", None] = field(default_factory=dict)  # in the order they came

    def may_show(self, host: str, elapsed_s: float | None) -> bool | None:
        """Yes, no, or None: it depends on an answer that is awaited."""
        if host in self.refused:
            if not self._may_recheck(host, elapsed_s):
                return False
            return None if host in self.trying else True
        if host in self.let_in:
            return True
        if host in self.trying:
            return None
        if self.let_in or host in self.shown or len(self.shown) < UNPROVEN_HOSTS_MAX:
            return True
        return None if self.trying else False

    def _may_recheck(self, host: str, elapsed_s: float | None) -> bool:
        """A host that let the account in before may be asked again after a while, a few times: it may have been
        restarted, or have locked the account because of somebody else."""
        refusal = self.refused[host]
        return (
            elapsed_s is not None
            and host in self.let_in
            and refusal.count < REFUSALS_MAX
            and elapsed_s - refusal.last_elapsed_s >= RECHECK_S
        )


class Refusals:
    """The memory of one command, or with `remembered` of a whole installation. A changed credential starts afresh.

    host: by targets.host_key, so that one device has one name. The methods that settle never pause: they hold
    even where a visit that is called off calls them.
    clock:      without one nothing is asked again after a refusal, as befits a command that is over soon.
    account:    names accounts in what is remembered; without it nothing can be remembered.
    remembered: what `take_changes` gave before a restart.
    """

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        account: Fingerprint | None = None,
        remembered: Iterable[LoginRecord] = (),
    ) -> None:
        self._standings: dict[Credential, _Standing] = {}
        self._clock, self._account = clock, account
        self._remembered: dict[str, list[LoginRecord]] = {}
        for record in remembered:
            self._remembered.setdefault(record.account, []).append(record)
        self._changed: set[tuple[Credential, str]] = set()

    def refused_before(self, host: str, credential: Credential) -> bool:
        """Whether this host has refused this account, so that nobody need even ask again."""
        return host in self._standing(credential).refused

    async def may_try(self, host: str, credential: Credential) -> bool:
        """Wait until this account may be shown to this host, then say yes; or say no.

        A yes must be followed by `worked`, `was_refused`, `doubted` or `let_go`.
        """
        standing = self._standing(credential)
        while (verdict := standing.may_show(host, self._elapsed_s())) is None:
            news = asyncio.get_running_loop().create_future()
            standing.waiting[news] = None
            try:
                await news
            finally:
                standing.waiting.pop(news, None)  # still there where the visit was called off
        if verdict and (host not in standing.let_in or host in standing.refused):
            standing.trying.add(host)
            if not standing.let_in and host not in standing.shown:
                standing.shown.add(host)
                self._changed.add((credential, host))
        return verdict

    async def worked(self, host: str, credential: Credential) -> None:
        """The host let this account in."""
        standing = self._standing(credential)
        if host in standing.refused:
            if self._clock is None or host not in standing.trying:
                self._settle(standing, host)
                return  # a channel that was let in beside one that was refused takes nothing back
            del standing.refused[host]
            self._changed.add((credential, host))
        if host not in standing.let_in:
            standing.let_in.add(host)
            self._changed.add((credential, host))
        standing.doubts.pop(host, None)
        self._settle(standing, host)

    async def was_refused(self, host: str, credential: Credential) -> None:
        """The host refused this account, with its own challenge answered."""
        self._refuse(self._standing(credential), host, credential)

    async def doubted(self, host: str, credential: Credential) -> None:
        """The host hung up or fell silent over the login. Where it has let the account in before, that tells nothing."""
        standing = self._standing(credential)
        if host not in standing.let_in:
            standing.doubts[host] = standing.doubts.get(host, 0) + 1
            if standing.doubts[host] >= DOUBTS_MAX:
                self._refuse(standing, host, credential)
        elif host in standing.refused:  # a recheck: no answer is no yes, and the next one waits as long
            self._refuse(standing, host, credential)
        self._settle(standing, host)

    async def let_go(self, host: str, credential: Credential) -> None:
        """The visit ended before the host said yes or no. The host has seen the account all the same."""
        standing = self._standings.get(credential)
        if standing is not None:
            self._settle(standing, host)

    def take_changes(self) -> tuple[LoginRecord, ...]:
        """What must be written down and has changed since this was last asked. Nothing without `account`."""
        changed, self._changed = self._changed, set()
        if self._account is None:
            return ()
        names = {credential: self._account(credential) for credential, _ in changed}
        return tuple(
            sorted(
                (self._record(names[credential], credential, host) for credential, host in changed),
                key=lambda record: (record.account, record.host),
            )
        )

    def _record(self, account: str, credential: Credential, host: str) -> LoginRecord:
        standing = self._standings[credential]
        has_worked, refusal = host in standing.let_in, standing.refused.get(host)
        if refusal is None:
            return LoginRecord(host, account, has_worked)
        return LoginRecord(host, account, has_worked, refusal.since_s, refusal.count, refusal.last_s)

    def _refuse(self, standing: _Standing, host: str, credential: Credential) -> None:
        now_s, elapsed_s = self._now_s(), self._elapsed_s() or 0.0
        before = standing.refused.get(host)
        if before is None:
            standing.refused[host] = _Refusal(now_s, 1, now_s, elapsed_s)
        elif host in standing.trying or host not in standing.let_in:
            before.count, before.last_s, before.last_elapsed_s = before.count + 1, now_s, elapsed_s
        self._changed.add((credential, host))
        self._settle(standing, host)

    def _standing(self, credential: Credential) -> _Standing:
        """How this account fares, from memory where it was known before a restart."""
        found = self._standings.get(credential)
        if found is None:
            found = self._standings[credential] = _Standing()
            if self._account is not None and self._remembered:
                self._recall(found, self._remembered.pop(self._account(credential), []))
        return found

    def _recall(self, standing: _Standing, records: Iterable[LoginRecord]) -> None:
        now_s, elapsed_s = self._now_s(), self._elapsed_s() or 0.0
        for record in records:
            standing.shown.add(record.host)
            if record.has_worked:
                standing.let_in.add(record.host)
            if record.refused_since_s is not None:
                past_s = max(now_s - record.last_try_s, 0)  # a clock set back makes it wait from the begin
                standing.refused[record.host] = _Refusal(
                    record.refused_since_s, record.refusals, record.last_try_s, elapsed_s - past_s
                )

    def _now_s(self) -> int:
        return self._clock.now_ms() // 1000 if self._clock is not None else 0

    def _elapsed_s(self) -> float | None:
        return self._clock.elapsed_s() if self._clock is not None else None

    @staticmethod
    def _settle(standing: _Standing, host: str) -> None:
        standing.trying.discard(host)
        waiting, standing.waiting = standing.waiting, {}
        for news in waiting:
            if not news.done():
                news.set_result(None)
