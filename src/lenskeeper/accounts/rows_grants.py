"""Grants in the database: written by one person for another, ended early, and read for whoever signs in."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, insert, or_, select, update

from lenskeeper.accounts.grants import Grant, Wanted, admitted, may_give
from lenskeeper.accounts.ids import AccountId, GrantId, actor_of
from lenskeeper.accounts.schema import account, account_grant
from lenskeeper.accounts.verbs import Role
from lenskeeper.audit import rows as audit
from lenskeeper.base.access import ActorId, Scope
from lenskeeper.base.errors import Conflict, Invalid, NotFound
from lenskeeper.units.ids import UnitId
from lenskeeper.units.rows import within

GRANTS_MAX: Final = 50  # of one person at a time: each is a part of the condition of every query


def give(
    connection: Connection, account_id: AccountId, wanted: Wanted, *, actor: ActorId, now_s: int
) -> Grant:
    """Give somebody a role. NotAllowed: to oneself. NotFound: no such account. Invalid: as `admitted`, or a
    contractor's grant without an end. Conflict: too many."""
    wanted = admitted(wanted)
    row = connection.execute(select(account).where(account.c.id == account_id)).one_or_none()
    if row is None or row.left_s is not None:
        raise NotFound(f"there is no account {account_id}")
    may_give(actor, actor_of(row.name))
    if row.kind == "contractor" and wanted.to_s is None:
        raise Invalid("a contractor's grant needs an end: that of the contract at the latest", field="to_s")
    if len([each for each in of_account(connection, account_id) if each.ended_s is None]) >= GRANTS_MAX:
        raise Conflict(f"{row.name} has {GRANTS_MAX} grants already: end some, or grant a unit further up")
    values = {
        "account_id": account_id,
        "role": wanted.role,
        "unit_id": wanted.unit_id,
        "contract_id": wanted.contract_id,
        "purposes": _list(wanted.purposes),
        "from_s": wanted.from_s or now_s,
        "to_s": wanted.to_s,
        "approver": actor,
        "because": wanted.because,
        "at_s": now_s,
    }
    made = connection.execute(insert(account_grant).values(values).returning(account_grant)).one()
    detail = {
        "account": row.name,
        "role": wanted.role.value,
        "unit": wanted.unit_id,
        "contract": wanted.contract_id,
        "purposes": sorted(wanted.purposes),
        "from_s": made.from_s,
        "to_s": made.to_s,
        "because": wanted.because,
    }
    _enter(connection, "grant.give", made.id, detail, actor=actor, now_s=now_s)
    return _grant(made)


def end(connection: Connection, grant_id: GrantId, because: str, *, actor: ActorId, now_s: int) -> None:
    """End a grant at once. NotFound. Conflict: it is over. NotAllowed: one's own. Invalid: no reason."""
    if not because.strip():
        raise Invalid("say why it is taken away", field="because")
    query = select(account_grant, account.c.name.label("login")).join(account)
    row = connection.execute(query.where(account_grant.c.id == grant_id)).one_or_none()
    if row is None:
        raise NotFound(f"there is no grant {grant_id}")
    may_give(actor, actor_of(row.login))
    if row.ended_s is not None or (row.to_s is not None and row.to_s <= now_s):
        raise Conflict(f"grant {grant_id} is over already")
    values = {"ended_s": now_s, "ended_by": actor}
    connection.execute(update(account_grant).where(account_grant.c.id == grant_id).values(values))
    detail = {"account": row.login, "role": row.role, "because": because}
    _enter(connection, "grant.end", grant_id, detail, actor=actor, now_s=now_s)


def of_account(connection: Connection, account_id: AccountId) -> list[Grant]:
    """All that somebody was ever granted, the newest first."""
    query = select(account_grant).where(account_grant.c.account_id == account_id)
    return [_grant(row) for row in connection.execute(query.order_by(account_grant.c.id.desc()))]


def holding(connection: Connection, account_id: AccountId, now_s: int) -> tuple[Grant, ...]:
    """The grants of an account that are in force."""
    query = select(account_grant).where(
        account_grant.c.account_id == account_id,
        account_grant.c.from_s <= now_s,
        or_(account_grant.c.to_s.is_(None), account_grant.c.to_s > now_s),
        or_(account_grant.c.ended_s.is_(None), account_grant.c.ended_s > now_s),
    )
    return tuple(_grant(row) for row in connection.execute(query.order_by(account_grant.c.id)))


def grants(connection: Connection, scope: Scope, *, account_id: AccountId | None = None) -> list[Grant]:
    """The grants that may be seen, ended ones too, the newest first. Those over a lot or over everything are seen by
    who may see everything."""
    query = select(account_grant).where(within(scope, account_grant.c.unit_id))
    if account_id is not None:
        query = query.where(account_grant.c.account_id == account_id)
    return [_grant(row) for row in connection.execute(query.order_by(account_grant.c.id.desc()))]


def grant_of(connection: Connection, scope: Scope, grant_id: GrantId) -> Grant:
    """One grant. NotFound: there is none, or it may not be seen."""
    query = select(account_grant).where(
        account_grant.c.id == grant_id, within(scope, account_grant.c.unit_id)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"there is no grant {grant_id}")
    return _grant(row)


def has_administrator(connection: Connection, now_s: int) -> bool:
    """Whether somebody may sign in who keeps the accounts of the whole installation."""
    query = (
        select(account_grant)
        .join(account)
        .where(
            account_grant.c.role == Role.ADMINISTRATOR,
            account_grant.c.unit_id.is_(None),
            account_grant.c.contract_id.is_(None),
            account.c.left_s.is_(None),
            account.c.locked_s.is_(None),
            or_(account.c.ends_s.is_(None), account.c.ends_s > now_s),
        )
    )
    return any(_grant(row).holds(now_s) for row in connection.execute(query))


def _grant(row: Row[Any]) -> Grant:
    return Grant(
        grant_id=GrantId(row.id),
        account_id=AccountId(row.account_id),
        role=Role(row.role),
        unit_id=None if row.unit_id is None else UnitId(row.unit_id),
        contract_id=row.contract_id,
        purposes=frozenset(msgspec.json.decode(row.purposes, type=list[str])),
        from_s=row.from_s,
        to_s=row.to_s,
        approver=ActorId(row.approver),
        because=row.because,
        at_s=row.at_s,
        ended_s=row.ended_s,
    )


def _list(words: frozenset[str]) -> str:
    return msgspec.json.encode(sorted(words)).decode()


def _enter(
    connection: Connection,
    act: str,
    grant_id: int,
    detail: Mapping[str, object],
    *,
    actor: ActorId,
    now_s: int,
) -> None:
    audit.append(connection, actor=actor, at_s=now_s, act=act, subject=f"grant:{grant_id}", detail=detail)
