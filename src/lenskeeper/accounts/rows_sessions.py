"""Sessions of browsers: begun, stepped up, used, listed and ended at once.

The cookie holds 256 random bits and the row their hash. A step up (password, then second factor) changes them, so that
whoever saw the cookie before holds nothing after.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, insert, or_, select, update

from lenskeeper.accounts.grants import counting
from lenskeeper.accounts.ids import AccountId, SessionId, actor_of
from lenskeeper.accounts.rows_grants import holding
from lenskeeper.accounts.schema import account, account_session
from lenskeeper.accounts.secrets import hashed, new_secret
from lenskeeper.accounts.signed import Signed
from lenskeeper.accounts.verbs import IDLE_S, IDLE_WITHOUT_ROLE_S, SESSION_S
from lenskeeper.base.access import ActorId
from lenskeeper.base.errors import NotFound
from lenskeeper.base.languages import Language

HALF_S: Final = 600  # between the password and the second factor
NOTED_EVERY_S: Final = 60  # the last use is written to the minute, and not with every request
KEPT_S: Final = 90 * 86_400  # ended sessions are shown that long to their owner
CLIENT_CHARS_MAX: Final = 200
LISTED_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class Session:
    """A session as its owner sees it. client: what the browser calls itself. is_open: neither ended nor run out."""

    session_id: SessionId
    began_s: int
    used_s: int
    address: str
    client: str
    has_factor: bool
    is_open: bool


def begin(
    connection: Connection, account_id: AccountId, *, is_half: bool, address: str, client: str, now_s: int
) -> str:
    """A new session; gives the secret for the cookie. is_half: the second factor is still asked.

    The acts of signing in are entered by whoever calls.
    """
    connection.execute(
        delete(account_session).where(
            account_session.c.account_id == account_id,
            or_(account_session.c.ended_s < now_s - KEPT_S, account_session.c.used_s < now_s - KEPT_S),
        )
    )
    secret = new_secret()
    before_s = connection.execute(select(account.c.seen_s).where(account.c.id == account_id)).scalar()
    values = {
        "account_id": account_id,
        "secret_sha256": hashed(secret),
        "stage": "password" if is_half else "open",
        "has_factor": 0,
        "began_s": now_s,
        "used_s": now_s,
        "before_s": before_s,
        "address": address,
        "client": client[:CLIENT_CHARS_MAX],
    }
    connection.execute(insert(account_session).values(values))
    if not is_half:
        _seen(connection, account_id, now_s)
    return secret


def half(connection: Connection, secret: str, now_s: int) -> tuple[SessionId, AccountId] | None:
    """The session whose password was right and whose second factor is still asked; None: there is none."""
    row = connection.execute(
        select(account_session).where(
            account_session.c.secret_sha256 == hashed(secret),
            account_session.c.stage == "password",
            account_session.c.ended_s.is_(None),
            account_session.c.began_s > now_s - HALF_S,
        )
    ).one_or_none()
    return None if row is None else (SessionId(row.id), AccountId(row.account_id))


def step_up(connection: Connection, session_id: SessionId, *, now_s: int) -> str:
    """The second factor was proved: the session is whole, and has a new secret, which is given."""
    secret = new_secret()
    values = {"secret_sha256": hashed(secret), "stage": "open", "has_factor": 1, "used_s": now_s}
    whose = connection.execute(
        update(account_session)
        .where(account_session.c.id == session_id)
        .values(values)
        .returning(account_session.c.account_id)
    ).scalar_one()
    _seen(connection, AccountId(whose), now_s)
    return secret


def renew(connection: Connection, session_id: SessionId, *, now_s: int) -> str:
    """A new secret for the same session: after a new password."""
    secret = new_secret()
    values = {"secret_sha256": hashed(secret), "used_s": now_s}
    connection.execute(update(account_session).where(account_session.c.id == session_id).values(values))
    return secret


def signed(connection: Connection, secret: str, now_s: int, address: str) -> Signed | None:  # noqa: ARG001
    """Who the cookie of a browser stands for. None: nobody, or no longer.

    A session is not bound to its address: a crew's phone changes it at every corner.
    """
    query = select(account, *_SESSION).join(account_session, account_session.c.account_id == account.c.id)
    row = connection.execute(
        query.where(
            account_session.c.secret_sha256 == hashed(secret),
            account_session.c.stage == "open",
            account_session.c.ended_s.is_(None),
            account_session.c.began_s > now_s - SESSION_S,
        )
    ).one_or_none()
    if row is None or not may_sign_in(row, now_s):
        return None
    who = Signed(
        account_id=AccountId(row.id),
        actor=actor_of(row.name),
        login=row.name,
        name=row.shown,
        language=Language(row.language),
        grants=holding(connection, AccountId(row.id), now_s),
        verbs=None,
        has_factor=bool(row.has_factor),
        session_id=SessionId(row.session_id),
        token_id=None,
        last_visit_s=row.before_s,
        is_stale=row.used_s <= now_s - NOTED_EVERY_S,
    )
    return who if row.used_s > now_s - idle_s(who, now_s) else None


def still(connection: Connection, who: Signed, now_s: int) -> Signed:
    """The same person later, with what is left of the grants; nothing that was granted meanwhile. Who may no longer be
    here has none."""
    row = connection.execute(select(account).where(account.c.id == who.account_id)).one()
    held = holding(connection, who.account_id, now_s) if may_sign_in(row, now_s) else ()
    left = {each.grant_id for each in held}
    return replace(who, grants=tuple(each for each in who.grants if each.grant_id in left))


def may_sign_in(row: Row[Any], now_s: int) -> bool:
    """Whether a row of `account` is of somebody who may be here: not locked, not gone, not at his end."""
    return row.locked_s is None and row.left_s is None and (row.ends_s is None or row.ends_s > now_s)


def idle_s(who: Signed, now_s: int) -> int:
    """How long the session of this person may lie unused: the shortest of his roles'."""
    return min((IDLE_S[each.role] for each in counting(who, now_s)), default=IDLE_WITHOUT_ROLE_S)


def note_use(connection: Connection, account_id: AccountId, session_id: SessionId, *, now_s: int) -> None:
    """The person is here now."""
    connection.execute(
        update(account_session)
        .where(account_session.c.id == session_id, account_session.c.used_s < now_s)
        .values(used_s=now_s)
    )
    _seen(connection, account_id, now_s)


def _seen(connection: Connection, account_id: AccountId, now_s: int) -> None:
    connection.execute(
        update(account)
        .where(account.c.id == account_id, or_(account.c.seen_s.is_(None), account.c.seen_s < now_s))
        .values(seen_s=now_s)
    )


def sessions(connection: Connection, account_id: AccountId, now_s: int) -> list[Session]:
    """The sessions of a person, the latest first."""
    query = (
        select(account_session)
        .where(account_session.c.account_id == account_id, account_session.c.stage == "open")
        .order_by(account_session.c.id.desc())
        .limit(LISTED_MAX)
    )
    return [
        Session(
            SessionId(row.id), row.began_s, row.used_s, row.address, row.client, bool(row.has_factor),
            row.ended_s is None and row.began_s > now_s - SESSION_S,
        )
        for row in connection.execute(query)
    ]  # fmt: skip


def end(
    connection: Connection,
    account_id: AccountId,
    session_id: SessionId,
    *,
    actor: ActorId,  # noqa: ARG001  whoever calls enters it
    now_s: int,
) -> None:
    """End a session of this person at once; whoever calls enters it. NotFound: there is none that is open."""
    here = (
        account_session.c.id == session_id,
        account_session.c.account_id == account_id,
        account_session.c.ended_s.is_(None),
    )
    if connection.execute(update(account_session).where(*here).values(ended_s=now_s)).rowcount == 0:
        raise NotFound(f"there is no open session {session_id}")


def end_all(
    connection: Connection,
    account_id: AccountId,
    *,
    but: SessionId | None = None,
    actor: ActorId,  # noqa: ARG001  whoever calls enters why
    now_s: int,
) -> int:
    """End every session of a person, but one; gives how many."""
    here = [account_session.c.account_id == account_id, account_session.c.ended_s.is_(None)]
    if but is not None:
        here.append(account_session.c.id != but)
    return int(connection.execute(update(account_session).where(*here).values(ended_s=now_s)).rowcount)


_SESSION: Final = (
    account_session.c.id.label("session_id"),
    account_session.c.has_factor,
    account_session.c.used_s,
    account_session.c.before_s,
)
