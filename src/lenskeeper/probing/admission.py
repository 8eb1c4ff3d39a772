"""How one visit shows its credential, and what a peer's refusal comes to; for RTSP and HTTP alike."""

from typing import Final

from lenskeeper.base.outcomes import Outcome
from lenskeeper.probing.connection import Failure, remark
from lenskeeper.probing.refusals import Refusals
from lenskeeper.protocols.auth import Credential

STATUS_OUTCOMES: Final = {
    401: Outcome.AUTH_REFUSED,
    403: Outcome.AUTH_REFUSED,
    404: Outcome.NOT_FOUND,
    405: Outcome.NOT_SUPPORTED,
    410: Outcome.NOT_FOUND,
    415: Outcome.NOT_SUPPORTED,
    429: Outcome.BUSY,
    453: Outcome.BUSY,
    461: Outcome.NOT_SUPPORTED,
    486: Outcome.BUSY,
    501: Outcome.NOT_SUPPORTED,
    503: Outcome.BUSY,
    505: Outcome.NOT_SUPPORTED,
}


class Admission:
    """One visit's credential for one host, and the place it takes among those who try."""

    __slots__ = ("_host", "_refusals", "_trying", "credential")

    def __init__(self, host: str, credential: Credential | None, refusals: Refusals) -> None:
        self.credential = credential
        self._host = host
        self._refusals = refusals
        self._trying = False

    async def ask(self) -> Failure | None:
        """Wait until the credential may be shown; a Failure when it was refused before."""
        assert self.credential is not None
        if not self._trying and not await self._refusals.may_try(self._host, self.credential):
            user = self.credential.user
            return Failure(
                Outcome.HELD_BACK, f"{user} was refused before; not tried again until the password changes"
            )
        self._trying = True
        return None

    async def judge(self, status: int, *, authenticated: bool) -> None:
        """Remember what the peer made of the credential, if it was shown."""
        if not authenticated:
            return
        assert self.credential is not None
        settle = self._refusals.was_refused if status == 401 else self._refusals.worked
        await settle(self._host, self.credential)

    async def let_go(self) -> None:
        """The visit is over, whatever came of it."""
        if self._trying and self.credential is not None:
            await self._refusals.let_go(self._host, self.credential)

    def rejection(self, status: int, said: str, *, location: str, authenticated: bool) -> Failure:
        """What a status other than 2xx comes to. said: the peer's own words."""
        if 300 <= status < 400:
            place = remark(location) or "nowhere"
            return Failure(
                Outcome.REDIRECTED, remark(f"it sends us to {place}: name that address if it is yours")
            )
        if status == 401 and self.credential is None:
            return Failure(Outcome.AUTH_REFUSED, "it asks for a login: give one with --user or --credentials")
        if status == 401 and not authenticated:
            return Failure(
                Outcome.AUTH_REFUSED, "it offers no way to log in that we speak (Digest, or Basic)"
            )
        return Failure(STATUS_OUTCOMES.get(status, Outcome.REJECTED), remark(said))
