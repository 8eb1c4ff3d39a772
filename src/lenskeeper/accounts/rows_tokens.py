"""Tokens by which programs act for a person: never more than the person may do at that moment.

NetBox once let a constrained user mint tokens for any account, because a check without its object said yes
(netbox-community/netbox#22429). Here a token is made by its owner alone, and at each use it is cut out of what the
owner holds then: who leaves, takes his tokens along.
"""

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, insert, select, update

from lenskeeper.accounts.grants import PURPOSE_CHARS_MAX, PURPOSES_MAX, cut, verbs_of
from lenskeeper.accounts.ids import AccountId, TokenId, actor_of
from lenskeeper.accounts.rows_grants import holding
from lenskeeper.accounts.rows_sessions import NOTED_EVERY_S, may_sign_in
from lenskeeper.accounts.schema import account, account_token
from lenskeeper.accounts.secrets import hashed, new_secret
from lenskeeper.accounts.signed import Signed
from lenskeeper.accounts.verbs import TOKEN_VERBS, Verb
from lenskeeper.audit import rows as audit
from lenskeeper.base.access import ActorId, Scope
from lenskeeper.base.errors import Conflict, Invalid, NotAllowed, NotFound
from lenskeeper.base.languages import Language
from lenskeeper.units.ids import UnitId
from lenskeeper.units.rows import get
from lenskeeper.units.schema import unit_closure

MARK: Final = "lk_pat_"
DAY_S: Final = 86_400
TOKEN_DAYS_MAX: Final = 366  # a year, and the day of a leap year
TOKENS_MAX: Final = 50  # of one person
NETWORKS_MAX: Final = 50
NAME_CHARS_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class Token:
    """A token as its owner sees it; the secret was shown once. networks empty: from anywhere."""

    token_id: TokenId
    name: str
    verbs: frozenset[Verb]
    unit_id: UnitId | None
    purposes: frozenset[str]
    networks: tuple[str, ...]
    made_s: int
    to_s: int
    used_s: int | None
    used_from: str
    ended_s: int | None


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that is asked for. days: how long it lasts, at most a year."""

    name: str
    verbs: frozenset[Verb]
    days: int
    unit_id: UnitId | None = None
    purposes: frozenset[str] = frozenset()
    networks: tuple[str, ...] = ()


def make(connection: Connection, owner: Signed, new: NewToken, *, now_s: int) -> tuple[TokenId, str]:
    """Make a token for its owner; gives its text, which nobody sees again. It is entered in the audit log.

    NotAllowed: asked for by a token, or for a verb that the owner has nowhere or that no program may have.
    NotFound: a unit that the owner may not see. Invalid: days, networks, purposes or name. Conflict: too many.
    """
    if owner.session_id is None:
        raise NotAllowed("a token makes no tokens: sign in")
    if not new.verbs <= TOKEN_VERBS & verbs_of(owner, now_s):
        raise NotAllowed(
            "a token may do what its owner may, less what only a person does: choose fewer verbs"
        )
    _admit(connection, owner, new)
    open_ones = [
        each for each in tokens(connection, owner.account_id) if each.ended_s is None and each.to_s > now_s
    ]
    if len(open_ones) >= TOKENS_MAX:
        raise Conflict(f"you have {TOKENS_MAX} tokens: end some first")
    secret = new_secret()
    values = {
        "account_id": owner.account_id,
        "name": new.name.strip(),
        "secret_sha256": hashed(secret),
        "verbs": _list(new.verbs),
        "unit_id": new.unit_id,
        "purposes": _list(new.purposes),
        "networks": _list(str(ipaddress.ip_network(each, strict=False)) for each in new.networks),
        "has_factor": int(owner.has_factor),
        "made_s": now_s,
        "to_s": now_s + new.days * DAY_S,
    }
    made = connection.execute(insert(account_token).values(values).returning(account_token.c.id)).scalar_one()
    detail = {
        "name": new.name, "verbs": sorted(new.verbs), "unit": new.unit_id, "purposes": sorted(new.purposes),
        "networks": list(new.networks), "days": new.days,
    }  # fmt: skip
    _enter(connection, "token.make", made, detail, actor=owner.actor, now_s=now_s)
    return TokenId(made), f"{MARK}{made}_{secret}"


def borne(connection: Connection, text: str, now_s: int, address: str) -> Signed | None:
    """Whom a token stands for, with what it leaves of the owner's grants. None: nobody, no longer, or not from there."""
    number, parted, secret = text.removeprefix(MARK).partition("_")
    if not (text.startswith(MARK) and parted and number.isascii() and number.isdigit() and len(number) < 10):
        return None
    query = select(account, *_TOKEN).join(account_token, account_token.c.account_id == account.c.id)
    row = connection.execute(
        query.where(
            account_token.c.id == int(number),
            account_token.c.secret_sha256 == hashed(secret),
            account_token.c.ended_s.is_(None),
            account_token.c.to_s > now_s,
        )
    ).one_or_none()
    if row is None or not may_sign_in(row, now_s) or not _is_from(address, _read(row.networks)):
        return None
    limit = None if row.token_unit_id is None else UnitId(row.token_unit_id)
    grants = cut(
        holding(connection, AccountId(row.id), now_s),
        unit_id=limit,
        below=_line(connection, limit, downward=True),
        above=_line(connection, limit, downward=False),
        purposes=frozenset(_read(row.purposes)),
    )
    return Signed(
        account_id=AccountId(row.id),
        actor=actor_of(row.name),
        login=row.name,
        name=row.shown,
        language=Language(row.language),
        grants=grants,
        verbs=frozenset(Verb(each) for each in _read(row.verbs)) & TOKEN_VERBS,
        has_factor=bool(row.has_factor),
        session_id=None,
        token_id=TokenId(row.token_id),
        last_visit_s=None,
        is_stale=row.used_s is None or row.used_s <= now_s - NOTED_EVERY_S,
    )


def note_use(connection: Connection, token_id: TokenId, address: str, *, now_s: int) -> None:
    """The token was used from there now."""
    connection.execute(
        update(account_token).where(account_token.c.id == token_id).values(used_s=now_s, used_from=address)
    )


def tokens(connection: Connection, account_id: AccountId) -> list[Token]:
    """The tokens of a person, the newest first."""
    query = select(account_token).where(account_token.c.account_id == account_id)
    return [_token(row) for row in connection.execute(query.order_by(account_token.c.id.desc()))]


def end(
    connection: Connection, account_id: AccountId, token_id: TokenId, *, actor: ActorId, now_s: int
) -> None:
    """End a token of this person at once. NotFound: there is none that is open."""
    here = (
        account_token.c.id == token_id,
        account_token.c.account_id == account_id,
        account_token.c.ended_s.is_(None),
    )
    if connection.execute(update(account_token).where(*here).values(ended_s=now_s)).rowcount == 0:
        raise NotFound(f"there is no open token {token_id}")
    _enter(connection, "token.end", token_id, {}, actor=actor, now_s=now_s)


def end_all(
    connection: Connection,
    account_id: AccountId,
    *,
    actor: ActorId,  # noqa: ARG001  whoever calls enters why
    now_s: int,
) -> int:
    """End every token of a person; gives how many."""
    here = (account_token.c.account_id == account_id, account_token.c.ended_s.is_(None))
    return int(connection.execute(update(account_token).where(*here).values(ended_s=now_s)).rowcount)


def _admit(connection: Connection, owner: Signed, new: NewToken) -> None:
    if not new.verbs:
        raise Invalid("say what it may do", field="verbs")
    if not 0 < len(new.name.strip()) <= NAME_CHARS_MAX:
        raise Invalid(f"name what it is for, in at most {NAME_CHARS_MAX} characters", field="name")
    if not 0 < new.days <= TOKEN_DAYS_MAX:
        raise Invalid(f"a token lasts from 1 to {TOKEN_DAYS_MAX} days", field="days")
    if len(new.purposes) > PURPOSES_MAX or not all(
        0 < len(each) <= PURPOSE_CHARS_MAX for each in new.purposes
    ):
        raise Invalid(f"at most {PURPOSES_MAX} purposes, each in words", field="purposes")
    if new.purposes and new.unit_id is None:
        raise Invalid("a token for some purposes names a unit: take the topmost for all", field="unit_id")
    if len(new.networks) > NETWORKS_MAX:
        raise Invalid(f"at most {NETWORKS_MAX} networks", field="networks")
    for each in new.networks:
        try:
            ipaddress.ip_network(each, strict=False)
        except ValueError:
            raise Invalid(
                f"{each!r} is no address and no network such as 10.1.0.0/16", field="networks"
            ) from None
    if new.unit_id is not None:
        get(connection, Scope.ALL, new.unit_id)
        held = cut(
            owner.grants,
            unit_id=new.unit_id,
            below=_line(connection, new.unit_id, downward=True),
            above=_line(connection, new.unit_id, downward=False),
            purposes=frozenset(),
        )
        if not held:
            raise NotFound(f"there is no unit {new.unit_id}")


def _line(connection: Connection, unit_id: UnitId | None, *, downward: bool) -> frozenset[int]:
    """A unit and all below it, or all above it."""
    if unit_id is None:
        return frozenset()
    one, other = unit_closure.c.ancestor_id, unit_closure.c.descendant_id
    query = select(other).where(one == unit_id) if downward else select(one).where(other == unit_id)
    return frozenset(connection.execute(query).scalars())


def _is_from(address: str, networks: list[str]) -> bool:
    if not networks:
        return True
    try:
        at = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(at, ipaddress.IPv6Address) and at.ipv4_mapped is not None:
        at = at.ipv4_mapped
    return any(at in ipaddress.ip_network(each) for each in networks)


def _token(row: Row[Any]) -> Token:
    return Token(
        token_id=TokenId(row.id),
        name=row.name,
        verbs=frozenset(Verb(each) for each in _read(row.verbs)),
        unit_id=None if row.unit_id is None else UnitId(row.unit_id),
        purposes=frozenset(_read(row.purposes)),
        networks=tuple(_read(row.networks)),
        made_s=row.made_s,
        to_s=row.to_s,
        used_s=row.used_s,
        used_from=row.used_from or "",
        ended_s=row.ended_s,
    )


def _list(words: Iterable[str]) -> str:
    return msgspec.json.encode(sorted(words)).decode()


def _read(words: str) -> list[str]:
    return msgspec.json.decode(words, type=list[str])


def _enter(
    connection: Connection,
    act: str,
    token_id: int,
    detail: Mapping[str, object],
    *,
    actor: ActorId,
    now_s: int,
) -> None:
    audit.append(connection, actor=actor, at_s=now_s, act=act, subject=f"api_token:{token_id}", detail=detail)


_TOKEN: Final = (
    account_token.c.id.label("token_id"),
    account_token.c.unit_id.label("token_unit_id"),
    account_token.c.verbs,
    account_token.c.purposes,
    account_token.c.networks,
    account_token.c.has_factor,
    account_token.c.used_s,
)
