"""Who is signed in, as the rest of the house sees that person: a name, what was granted, and how it was proved."""

from dataclasses import dataclass

from lenskeeper.accounts.grants import Grant
from lenskeeper.accounts.ids import AccountId, SessionId, TokenId
from lenskeeper.accounts.verbs import Verb
from lenskeeper.base.access import ActorId
from lenskeeper.base.languages import Language


@dataclass(frozen=True, slots=True)
class Signed:
    """A person at one request, by the cookie of a session or by a token.

    name:       what screens show.
    grants:     those that hold now; of a token, cut down to what the token leaves.
    verbs:      all that a token may do; None: a session, which has no such limit.
    has_factor: proved with a second factor.
    last_visit_s: when the person was here before this session; None: never.
    is_stale:   the last use that is written down is a minute old: note this one (house/accounts.note_use).
    """

    account_id: AccountId
    actor: ActorId
    login: str
    name: str
    language: Language
    grants: tuple[Grant, ...]
    verbs: frozenset[Verb] | None
    has_factor: bool
    session_id: SessionId | None
    token_id: TokenId | None
    last_visit_s: int | None
    is_stale: bool
