"""The logins of cameras: stored sealed, opened for looking only, and every other act entered in the audit log."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from lenskeeper.audit import rows as audit
from lenskeeper.base.access import ActorId, Scope
from lenskeeper.base.errors import Conflict, Invalid, NotFound
from lenskeeper.base.secret import Secret
from lenskeeper.inventory.ids import CredentialId
from lenskeeper.inventory.rows_present import ids_in, slices
from lenskeeper.inventory.schema import credential, installation
from lenskeeper.inventory.vault import Vault


@dataclass(frozen=True, slots=True)
class Login:
    """An account and its password, for the look that is about to be made."""

    account: str
    password: Secret


@dataclass(frozen=True, slots=True)
class Stored:
    """What may be told of a stored login. used_by: how many installations use it now."""

    credential_id: CredentialId
    name: str
    account: str
    key_id: str
    changed_s: int
    used_by: int


def add(
    connection: Connection,
    vault: Vault,
    *,
    name: str,
    account: str,
    password: Secret,
    actor: ActorId,
    now_s: int,
) -> CredentialId:
    """Store a login. Invalid: an empty name or account, a colon in the account. Conflict: the name is taken."""
    _admit(name, account)
    if connection.execute(select(credential.c.id).where(credential.c.name == name)).first() is not None:
        raise Conflict(f"there is a login {name!r} already: change that one, or choose another name")
    values = {"name": name, "account": account, "key_id": vault.key_id, "sealed": b"", "changed_s": now_s}
    made = connection.execute(insert(credential).values(**values).returning(credential.c.id)).scalar_one()
    _seal(connection, vault, CredentialId(made), account, password)  # the seal is bound to the id
    _enter(connection, "credential.add", made, {"name": name, "account": account}, actor, now_s)
    return CredentialId(made)


def change(
    connection: Connection,
    vault: Vault,
    credential_id: CredentialId,
    *,
    account: str,
    password: Secret,
    actor: ActorId,
    now_s: int,
) -> None:
    """Give a login another account and password; all who use it use the new ones. NotFound, Invalid as `add`."""
    row = _row(connection, credential_id)
    _admit(row.name, account)
    connection.execute(
        update(credential)
        .where(credential.c.id == credential_id)
        .values(account=account, key_id=vault.key_id, changed_s=now_s)
    )
    _seal(connection, vault, credential_id, account, password)
    detail = {"name": row.name, "account": [row.account, account]}
    _enter(connection, "credential.change", credential_id, detail, actor, now_s)


def remove(connection: Connection, credential_id: CredentialId, *, actor: ActorId, now_s: int) -> None:
    """Forget a login. NotFound: there is none. Conflict: an installation names it, be it a former one."""
    row = _row(connection, credential_id)
    users = select(func.count()).where(installation.c.credential_id == credential_id)
    if connection.execute(users).scalar_one():
        raise Conflict(f"{row.name} is the login of cameras: give those another one first")
    connection.execute(delete(credential).where(credential.c.id == credential_id))
    _enter(connection, "credential.remove", credential_id, {"name": row.name}, actor, now_s)


def rotate(connection: Connection, old: Vault, new: Vault, *, actor: ActorId, now_s: int) -> int:
    """Seal every login that the old key sealed by the new one; gives how many. All or none, by the transaction.

    Keep the old key file as long as backups from before are kept. Conflict: a row does not open by the old key.
    """
    rows = connection.execute(select(credential).where(credential.c.key_id != new.key_id)).all()
    for row in rows:
        password = old.unseal(CredentialId(row.id), row.account, row.key_id, row.sealed)
        connection.execute(update(credential).where(credential.c.id == row.id).values(key_id=new.key_id))
        _seal(connection, new, CredentialId(row.id), row.account, password)
    detail = {"logins": len(rows), "old": old.key_id, "new": new.key_id}
    audit.append(
        connection, actor=actor, at_s=now_s, act="credential.rotate", subject="credential", detail=detail
    )
    return len(rows)


def opened(
    connection: Connection, vault: Vault, credential_ids: Iterable[CredentialId]
) -> dict[CredentialId, Login]:
    """The logins with their passwords, to look at cameras with; not entered in the log, for it happens all day.

    Conflict: one was sealed by another key, or tampered with. What is not there is left out.
    """
    found: dict[CredentialId, Login] = {}
    for piece in slices(ids_in(credential_ids)):
        for row in connection.execute(select(credential).where(credential.c.id.in_(piece))):
            number = CredentialId(row.id)
            found[number] = Login(row.account, vault.unseal(number, row.account, row.key_id, row.sealed))
    return found


def stored(connection: Connection, scope: Scope) -> list[Stored]:
    """The stored logins by name, without their passwords, which are never shown again to anybody.

    A login is of many units: only Scope.ALL sees any.
    """
    if scope.units is not None:
        return []
    uses = (
        select(installation.c.credential_id, func.count().label("used_by"))
        .where(installation.c.to_s.is_(None))
        .group_by(installation.c.credential_id)
        .subquery()
    )
    rows = connection.execute(
        select(credential, func.coalesce(uses.c.used_by, 0).label("used_by"))
        .outerjoin(uses, uses.c.credential_id == credential.c.id)
        .order_by(credential.c.name)
    )
    return [
        Stored(CredentialId(row.id), row.name, row.account, row.key_id, row.changed_s, row.used_by)
        for row in rows
    ]


def find(connection: Connection, name: str) -> CredentialId:
    """The login of a name. NotFound: there is none."""
    number = connection.execute(select(credential.c.id).where(credential.c.name == name)).scalar()
    if number is None:
        raise NotFound(f"there is no stored login {name!r}")
    return CredentialId(number)


def _row(connection: Connection, credential_id: CredentialId) -> Row[Any]:
    row = connection.execute(select(credential).where(credential.c.id == credential_id)).one_or_none()
    if row is None:
        raise NotFound(f"there is no stored login {credential_id}")
    return row


def _seal(
    connection: Connection, vault: Vault, credential_id: CredentialId, account: str, password: Secret
) -> None:
    sealed = vault.seal(credential_id, account, password)
    connection.execute(update(credential).where(credential.c.id == credential_id).values(sealed=sealed))


def _admit(name: str, account: str) -> None:
    if not name.strip():
        raise Invalid("a login needs a name to be called by", field="name")
    if not account or ":" in account:
        raise Invalid("an account is not empty and has no colon", field="account")


def _enter(
    connection: Connection, act: str, number: int, detail: dict[str, object], actor: ActorId, now_s: int
) -> None:
    audit.append(connection, actor=actor, at_s=now_s, act=act, subject=f"credential:{number}", detail=detail)
