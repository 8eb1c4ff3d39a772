"""How one visit shows its credential, and what a peer's refusal comes to; for RTSP and HTTP alike."""

from typing import Final

from lenskeeper.base.outcomes import Outcome
from lenskeeper.probing.connection import Failure, remark
from lenskeeper.probing.refusals import UNPROVEN_HOSTS_MAX, Refusals
from lenskeeper.probing.targets import host_key, without_credential
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

REFUSED_STATUSES: Final = (401, 403)
SILENCES: Final = (Outcome.CLOSED, Outcome.TIMED_OUT)  # where the reply to a login was due, each is a doubt
ONLY_BASIC: Final = (
    "it offers only Basic, which sends the password in clear: name this host in --credentials to allow it"
)


OTHERS_TRY: Final = Failure(Outcome.HELD_BACK, "others were still trying the same new account; look again")


class Admission:
    """One visit's credential for one host, and the place it takes among those who try."""

    __slots__ = ("_key", "_refusals", "_trying", "credential")

    def __init__(self, host: str, credential: Credential | None, refusals: Refusals) -> None:
        self.credential = credential
        self._key = host_key(host) if credential is not None else host
        self._refusals = refusals
        self._trying = False

    def reached(self, address: str) -> None:
        """This address answers: whatever name was typed, refusals are counted by it from now on. Empty: unknown."""
        if address and self.credential is not None and not self._trying:
            self._key = host_key(address)

    async def ask(self) -> Failure | None:
        """Wait until the credential may be shown; a Failure where it is held back."""
        assert self.credential is not None
        if not self._trying and not await self._refusals.may_try(self._key, self.credential):
            user = self.credential.user
            if self._refusals.refused_before(self._key, self.credential):
                why = f"{user} was refused before; not tried again until the password changes"
            else:
                why = f"{user} was shown to {UNPROVEN_HOSTS_MAX} hosts and none has let it in; look at those first"
            return Failure(Outcome.HELD_BACK, remark(why))
        self._trying = True
        return None

    async def judge(self, status: int, *, authenticated: bool) -> None:
        """Remember what the peer made of the credential, if it was shown.

        Only 2xx proves it. 401 and 403 are refusals; 404, 453, 5xx and kin tell nothing.
        """
        if not authenticated:
            return
        assert self.credential is not None
        if 200 <= status < 300:
            await self._refusals.worked(self._key, self.credential)
            self._trying = False
        elif status in REFUSED_STATUSES:
            await self._refusals.was_refused(self._key, self.credential)
            self._trying = False
        else:
            await self.let_go()

    async def doubt(self) -> None:
        """The peer hung up or fell silent where the reply to a login was due; harmless where none was."""
        if self._trying and self.credential is not None:
            self._trying = False
            await self._refusals.doubted(self._key, self.credential)

    async def let_go(self) -> None:
        """The visit is over, whatever came of it."""
        if self._trying and self.credential is not None:
            self._trying = False  # the place may be another's by the next call
            await self._refusals.let_go(self._key, self.credential)

    def rejection(
        self, status: int, said: str, *, location: str, authenticated: bool, wants_basic: bool = False
    ) -> Failure:
        """What a status other than 2xx comes to. said: the peer's own words.

        wants_basic: the peer would take the password in clear only, and we would not send it so.
        """
        if 300 <= status < 400:
            place = remark(without_credential(location)) or "nowhere"
            return Failure(
                Outcome.REDIRECTED, remark(f"it sends us to {place}: name that address if it is yours")
            )
        if status == 401 and self.credential is None:
            return Failure(Outcome.AUTH_REFUSED, "it asks for a login: give one with --user or --credentials")
        if status == 401 and not authenticated:
            unknown = "it offers no way to log in that we speak (Digest, or Basic)"
            return Failure(Outcome.AUTH_REFUSED, ONLY_BASIC if wants_basic else unknown)
        return Failure(STATUS_OUTCOMES.get(status, Outcome.REJECTED), remark(without_credential(said)))
