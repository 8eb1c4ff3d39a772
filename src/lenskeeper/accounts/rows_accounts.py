"""Accounts in the database: people who may sign in, added, locked and gone; their passwords and second factors."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, or_, select, update

from lenskeeper.accounts.factors import SealingKey
from lenskeeper.accounts.ids import AccountId, actor_of
from lenskeeper.accounts.schema import account, account_grant
from lenskeeper.audit import rows as audit
from lenskeeper.base.access import ActorId, Scope
from lenskeeper.base.errors import Conflict, Invalid, NotFound
from lenskeeper.base.languages import Language
from lenskeeper.base.secret import Secret
from lenskeeper.units.ids import UnitId
from lenskeeper.units.rows import within

LOGIN: Final = re.compile(r"[a-z0-9][a-z0-9._-]{1,31}")
SHOWN_CHARS_MAX: Final = 60
RESERVED: Final = frozenset({"local", "rounds", "desk", "account", "lenskeeper", "nobody"})


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may sign in, or once might.

    login: what is typed, and what the audit log names; name: what screens show. unit_id None: of the whole installation.
    ends_s: from then on nothing opens; a contractor always has it.
    """

    account_id: AccountId
    login: str
    name: str
    kind: str
    unit_id: UnitId | None
    language: Language
    has_password: bool
    has_factor: bool
    made_s: int
    ends_s: int | None
    locked_s: int | None
    left_s: int | None
    seen_s: int | None

    @property
    def actor(self) -> ActorId:
        """Under whose name his acts are entered."""
        return actor_of(self.login)

    def is_here(self, now_s: int) -> bool:
        """Whether he may sign in."""
        return self.locked_s is None and self.left_s is None and (self.ends_s is None or self.ends_s > now_s)


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Somebody who is added. Fields as in Person."""

    login: str
    name: str
    kind: str = "staff"
    unit_id: UnitId | None = None
    language: Language = Language.ZH
    ends_s: int | None = None


@dataclass(frozen=True, slots=True)
class Proofs:
    """How a person proves who he is, for whoever checks it. Prints nothing of it."""

    person: Person
    password: str | None
    factor_key_id: str | None
    factor_sealed: bytes | None
    factor_step: int | None
    factor_next: bytes | None

    def __repr__(self) -> str:
        return f"Proofs({self.person.login})"


def add(connection: Connection, new: NewPerson, *, actor: ActorId, now_s: int) -> AccountId:
    """Add somebody; he has no password yet, and no grant. Invalid: a name, or a contractor without an end.
    Conflict: there is or was one of this login name."""
    login = new.login.strip().lower()
    if LOGIN.fullmatch(login) is None or login in RESERVED:
        raise Invalid("a login name has 2 to 32 letters a-z, figures, dots and dashes", field="login")
    _admit(new.name, new.kind, new.ends_s, now_s)
    if connection.execute(select(account.c.id).where(account.c.name == login)).first() is not None:
        raise Conflict(f"there is or was a {login}: a login name is never given to another person")
    values = {
        "name": login,
        "shown": new.name.strip(),
        "kind": new.kind,
        "unit_id": new.unit_id,
        "language": new.language,
        "made_s": now_s,
        "made_by": actor,
        "ends_s": new.ends_s,
    }
    made = AccountId(connection.execute(insert(account).values(values).returning(account.c.id)).scalar_one())
    detail = {"login": login, "kind": new.kind, "unit": new.unit_id, "ends_s": new.ends_s}
    _enter(connection, "account.add", made, detail, actor=actor, now_s=now_s)
    return made


def change(
    connection: Connection,
    person: Person,
    *,
    name: str,
    unit_id: UnitId | None,
    ends_s: int | None,
    actor: ActorId,
    now_s: int,
) -> None:
    """Another name on screens, another place, another end. Invalid: as `add`."""
    _admit(name, person.kind, ends_s, now_s)
    values = {"shown": name.strip(), "unit_id": unit_id, "ends_s": ends_s}
    connection.execute(update(account).where(account.c.id == person.account_id).values(values))
    detail = {"login": person.login, "unit": unit_id, "ends_s": ends_s, "before_ends_s": person.ends_s}
    _enter(connection, "account.change", person.account_id, detail, actor=actor, now_s=now_s)


def set_language(
    connection: Connection,
    account_id: AccountId,
    language: Language,
    *,
    actor: ActorId,  # noqa: ARG001  one's own, and no act upon anybody
) -> None:
    """The language of a person's screens."""
    connection.execute(update(account).where(account.c.id == account_id).values(language=language))


def set_locked(
    connection: Connection, person: Person, because: str, *, is_locked: bool, actor: ActorId, now_s: int
) -> None:
    """Stop an account for now, or let it go on. Conflict: it is so already, or the person left. Invalid: no reason."""
    if not because.strip():
        raise Invalid("say why", field="because")
    if person.left_s is not None:
        raise Conflict(f"{person.login} has left: add the person anew under another login name")
    if (person.locked_s is not None) is is_locked:
        raise Conflict(f"{person.login} is {'locked' if is_locked else 'not locked'} already")
    locked_s = now_s if is_locked else None
    connection.execute(update(account).where(account.c.id == person.account_id).values(locked_s=locked_s))
    act = "account.lock" if is_locked else "account.unlock"
    detail = {"login": person.login, "because": because}
    _enter(connection, act, person.account_id, detail, actor=actor, now_s=now_s)


def leave(connection: Connection, person: Person, because: str, *, actor: ActorId, now_s: int) -> None:
    """Somebody left: his grants, proofs and name's rights end for good. Conflict: he left already. Invalid: no reason."""
    if not because.strip():
        raise Invalid("say why", field="because")
    if person.left_s is not None:
        raise Conflict(f"{person.login} has left already")
    gone = {
        "left_s": now_s,
        "password": None,
        "factor_key_id": None,
        "factor_sealed": None,
        "factor_next": None,
        "factor_s": None,
    }
    connection.execute(update(account).where(account.c.id == person.account_id).values(gone))
    connection.execute(
        update(account_grant)
        .where(account_grant.c.account_id == person.account_id, account_grant.c.ended_s.is_(None))
        .values(ended_s=now_s, ended_by=actor)
    )
    detail = {"login": person.login, "because": because}
    _enter(connection, "account.leave", person.account_id, detail, actor=actor, now_s=now_s)


def set_password(
    connection: Connection,
    account_id: AccountId,
    kept: str,
    *,
    is_rehash: bool = False,
    actor: ActorId,
    now_s: int,
) -> None:
    """The hash of a new password, or of the same at other costs (is_rehash: not entered)."""
    values: dict[str, Any] = {"password": kept}
    if not is_rehash:
        values["password_s"] = now_s
        _enter(connection, "account.password", account_id, {}, actor=actor, now_s=now_s)
    connection.execute(update(account).where(account.c.id == account_id).values(values))


def offer_factor(
    connection: Connection,
    account_id: AccountId,
    sealed: bytes,
    *,
    actor: ActorId,  # noqa: ARG001  nothing holds before it is proved
) -> None:
    """A second factor that waits to be proved; the one in force stays until then."""
    connection.execute(update(account).where(account.c.id == account_id).values(factor_next=sealed))


def take_factor(
    connection: Connection,
    account_id: AccountId,
    key_id: str,
    sealed: bytes,
    step: int,
    *,
    actor: ActorId,
    now_s: int,
) -> None:
    """It was proved by the code of that step, and is in force."""
    values = {
        "factor_key_id": key_id,
        "factor_sealed": sealed,
        "factor_s": now_s,
        "factor_step": step,
        "factor_next": None,
    }
    connection.execute(update(account).where(account.c.id == account_id).values(values))
    _enter(connection, "account.factor", account_id, {}, actor=actor, now_s=now_s)


def use_step(
    connection: Connection,
    account_id: AccountId,
    step: int,
    *,
    actor: ActorId,  # noqa: ARG001  whoever signs in
) -> bool:
    """Spend a code; False: somebody used it, or a later one, meanwhile."""
    here = (account.c.id == account_id, or_(account.c.factor_step.is_(None), account.c.factor_step < step))
    return connection.execute(update(account).where(*here).values(factor_step=step)).rowcount == 1


def drop_factor(connection: Connection, person: Person, because: str, *, actor: ActorId, now_s: int) -> None:
    """Take a second factor away: a lost telephone. Conflict: there is none. Invalid: no reason."""
    if not because.strip():
        raise Invalid("say why", field="because")
    if not person.has_factor:
        raise Conflict(f"{person.login} has no second factor")
    values = dict.fromkeys(("factor_key_id", "factor_sealed", "factor_s", "factor_step", "factor_next"))
    connection.execute(update(account).where(account.c.id == person.account_id).values(values))
    detail = {"login": person.login, "because": because}
    _enter(connection, "account.factor_reset", person.account_id, detail, actor=actor, now_s=now_s)


def reseal(
    connection: Connection,
    old: SealingKey,
    new: SealingKey,
    *,
    actor: ActorId,  # noqa: ARG001  the rotation of the key is entered as a whole
) -> int:
    """Seal every second factor by another key; gives how many. Conflict: one does not open."""
    rows = connection.execute(select(account).where(account.c.factor_sealed.is_not(None))).all()
    for row in rows:
        number = AccountId(row.id)
        again = new.seal(number, Secret(old.unseal(number, row.factor_sealed).reveal()))
        values = {"factor_key_id": new.key_id, "factor_sealed": again}
        connection.execute(update(account).where(account.c.id == row.id).values(values))
    connection.execute(update(account).where(account.c.factor_next.is_not(None)).values(factor_next=None))
    return len(rows)


def staff(connection: Connection, scope: Scope) -> list[Person]:
    """Everybody who may be seen, those who left too, by name. Who belongs to no unit is seen by Scope.ALL only."""
    query = select(account).where(within(scope, account.c.unit_id)).order_by(account.c.shown, account.c.id)
    return [_person(row) for row in connection.execute(query)]


def person_of(connection: Connection, scope: Scope, account_id: AccountId) -> Person:
    """One of them. NotFound: there is none, or he may not be seen."""
    row = connection.execute(
        select(account).where(account.c.id == account_id, within(scope, account.c.unit_id))
    ).one_or_none()
    if row is None:
        raise NotFound(f"there is no account {account_id}")
    return _person(row)


def named(connection: Connection, scope: Scope, login: str) -> Person:
    """The person of a login name. NotFound: there is none, or he may not be seen."""
    row = connection.execute(
        select(account).where(account.c.name == login.strip().lower(), within(scope, account.c.unit_id))
    ).one_or_none()
    if row is None:
        raise NotFound(f"there is no account {login!r}: `lenskeeper account list` names them")
    return _person(row)


def proofs_of(
    connection: Connection, *, login: str = "", account_id: AccountId | None = None
) -> Proofs | None:
    """How somebody proves who he is, by login name or by number; None: there is nobody."""
    which = account.c.name == login.strip().lower() if account_id is None else account.c.id == account_id
    row = connection.execute(select(account).where(which)).one_or_none()
    if row is None:
        return None
    return Proofs(
        _person(row), row.password, row.factor_key_id, row.factor_sealed, row.factor_step, row.factor_next
    )


def _person(row: Row[Any]) -> Person:
    return Person(
        account_id=AccountId(row.id),
        login=row.name,
        name=row.shown,
        kind=row.kind,
        unit_id=None if row.unit_id is None else UnitId(row.unit_id),
        language=Language(row.language),
        has_password=row.password is not None,
        has_factor=row.factor_sealed is not None,
        made_s=row.made_s,
        ends_s=row.ends_s,
        locked_s=row.locked_s,
        left_s=row.left_s,
        seen_s=row.seen_s,
    )


def _admit(name: str, kind: str, ends_s: int | None, now_s: int) -> None:
    if not 0 < len(name.strip()) <= SHOWN_CHARS_MAX:
        raise Invalid(f"give the name that screens show, in at most {SHOWN_CHARS_MAX} signs", field="name")
    if kind not in {"staff", "contractor"}:
        raise Invalid("somebody is staff or contractor", field="kind")
    if kind == "contractor" and ends_s is None:
        raise Invalid("a contractor needs an end: that of the contract at the latest", field="ends_s")
    if ends_s is not None and ends_s <= now_s:
        raise Invalid("the end has passed already: say that the person left", field="ends_s")


def _enter(
    connection: Connection,
    act: str,
    account_id: AccountId,
    detail: Mapping[str, object],
    *,
    actor: ActorId,
    now_s: int,
) -> None:
    audit.append(connection, actor=actor, at_s=now_s, act=act, subject=f"account:{account_id}", detail=detail)
