"""One-time codes: for a first password, and in place of a lost second factor. Each works once, then it is gone."""

from typing import Final

from sqlalchemy import Connection, delete, insert, select, update

from lenskeeper.accounts.ids import AccountId
from lenskeeper.accounts.schema import account_code, account_recovery
from lenskeeper.accounts.secrets import RECOVERY_CHARS, SETUP_CHARS, hashed_code, new_code
from lenskeeper.base.access import ActorId

RECOVERY_CODES: Final = 10
HOUR_S: Final = 3_600
SETUP_S: Final = 72 * HOUR_S  # a new colleague may have the weekend off
FIRST_S: Final = 24 * HOUR_S  # for the first administrator; the next start of `serve` makes another


def make_setup(connection: Connection, account_id: AccountId | None, *, actor: ActorId, now_s: int) -> str:
    """A code by which this account (None: the first administrator) gets a password; the one before is void.

    Whoever calls enters it in the audit log, without the code.
    """
    same = (
        account_code.c.account_id.is_(None) if account_id is None else account_code.c.account_id == account_id
    )
    connection.execute(delete(account_code).where(same | (account_code.c.to_s <= now_s)))
    code = new_code(SETUP_CHARS)
    lasts_s = FIRST_S if account_id is None else SETUP_S
    connection.execute(
        insert(account_code).values(
            code_sha256=hashed_code(code),
            account_id=account_id,
            made_s=now_s,
            to_s=now_s + lasts_s,
            made_by=actor,
        )
    )
    return code


def setup_of(connection: Connection, code: str, now_s: int) -> tuple[AccountId | None] | None:
    """Whose code this is, in a tuple: (None,) is the first administrator's. None: nobody's, used, or too old."""
    row = connection.execute(
        select(account_code.c.account_id).where(
            account_code.c.code_sha256 == hashed_code(code), account_code.c.to_s > now_s
        )
    ).one_or_none()
    if row is None:
        return None
    return (None if row.account_id is None else AccountId(row.account_id),)


def spend_setup(
    connection: Connection,
    code: str,
    *,
    actor: ActorId,  # noqa: ARG001  whoever calls enters it
) -> bool:
    """Use it up; False where somebody was quicker."""
    gone = delete(account_code).where(account_code.c.code_sha256 == hashed_code(code))
    return connection.execute(gone).rowcount == 1


def make_recovery(
    connection: Connection,
    account_id: AccountId,
    *,
    actor: ActorId,  # noqa: ARG001  the same
    now_s: int,
) -> list[str]:
    """Ten codes that stand in for a lost second factor; those before are void."""
    connection.execute(delete(account_recovery).where(account_recovery.c.account_id == account_id))
    codes = [new_code(RECOVERY_CHARS) for _ in range(RECOVERY_CODES)]
    connection.execute(
        insert(account_recovery),
        [{"account_id": account_id, "code_sha256": hashed_code(code), "made_s": now_s} for code in codes],
    )
    return codes


def spend_recovery(
    connection: Connection,
    account_id: AccountId,
    code: str,
    *,
    actor: ActorId,  # noqa: ARG001  the same
    now_s: int,
) -> bool:
    """Use one up; False: it is none of this person's, or was used."""
    here = (
        account_recovery.c.account_id == account_id,
        account_recovery.c.code_sha256 == hashed_code(code),
        account_recovery.c.used_s.is_(None),
    )
    return connection.execute(update(account_recovery).where(*here).values(used_s=now_s)).rowcount == 1


def recovery_left(connection: Connection, account_id: AccountId) -> int:
    """How many a person still has."""
    query = select(account_recovery.c.code_sha256).where(
        account_recovery.c.account_id == account_id, account_recovery.c.used_s.is_(None)
    )
    return len(connection.execute(query).all())


def drop_recovery(
    connection: Connection,
    account_id: AccountId,
    *,
    actor: ActorId,  # noqa: ARG001  the same
) -> None:
    """They go with the factor."""
    connection.execute(delete(account_recovery).where(account_recovery.c.account_id == account_id))
