"""What people do about accounts: set up, sign in, prove, leave; and what whoever keeps the accounts does for others.

Each act is whole in one durable transaction with its audit entry. A password is hashed outside it, since the one writer
must not wait for a slow hash, and at most four at a time, since each takes 46 MiB.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar

import structlog
from sqlalchemy import Connection

from lenskeeper.accounts import (
    factors,
    passwords,
    rows_accounts,
    rows_codes,
    rows_grants,
    rows_sessions,
    rows_tokens,
    rows_tries,
)
from lenskeeper.accounts.factors import SealingKey
from lenskeeper.accounts.grants import Grant, Wanted
from lenskeeper.accounts.ids import AccountId, GrantId, SessionId, TokenId, actor_of
from lenskeeper.accounts.rows_accounts import NewPerson, Person, Proofs
from lenskeeper.accounts.rows_tokens import NewToken
from lenskeeper.accounts.signed import Signed
from lenskeeper.accounts.throttle import Counted
from lenskeeper.accounts.verbs import Role
from lenskeeper.audit import rows as audit
from lenskeeper.base.access import LOCAL_OPERATOR, ActorId, Scope
from lenskeeper.base.errors import Conflict, Invalid, NotAllowed, NotFound
from lenskeeper.base.languages import Language
from lenskeeper.base.secret import Secret
from lenskeeper.house.home import Home
from lenskeeper.inventory.vault import Vault
from lenskeeper.units.rows import get, tree

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()

T = TypeVar("T")

_HASHING: Final = threading.BoundedSemaphore(passwords.HASHES_AT_ONCE)
WRONG: Final = "the login name or the password is wrong, or the account is not open"
WRONG_CODE: Final = "the code is wrong, or was used: wait for the next one"


@dataclass(frozen=True, slots=True)
class Entered:
    """A session that begins. secret: for the cookie. needs_factor: the second factor is still asked."""

    secret: Secret
    needs_factor: bool


@dataclass(frozen=True, slots=True)
class Browser:
    """From where somebody asks: the address of the connection, and what the browser calls itself."""

    address: str
    client: str = ""


@dataclass(frozen=True, slots=True)
class SetUp:
    """What a one-time code is spent for. login, name: of the first administrator; others have theirs."""

    code: str
    password: Secret
    language: Language
    login: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Offered:
    """A second factor to be read into an app and proved. squares: its QR code, a row each, "1" is dark."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)
    squares: tuple[str, ...] = field(repr=False)


# ---- the first administrator, and everybody's first password


def needs_setup(home: Home) -> bool:
    """Whether nobody keeps the accounts of this installation yet."""
    with home.store.read() as connection:
        return not rows_grants.has_administrator(connection, home.now_s())


def setup_code(home: Home) -> str | None:
    """A one-time code for the first administrator; the one before is void. None: there is an administrator."""
    now_s = home.now_s()

    def work(connection: Connection) -> str | None:
        if rows_grants.has_administrator(connection, now_s):
            return None
        return rows_codes.make_setup(connection, None, actor=LOCAL_OPERATOR, now_s=now_s)

    return home.store.write(work, durable=True)


def set_up(home: Home, what: SetUp, browser: Browser) -> Entered:
    """Spend a one-time code for a password, and sign in. A second factor that is in force is asked all the same.

    NotAllowed: the code is nobody's, used or too old. TooSoon. Invalid: the password, or the first one's name.
    """
    counted = {Counted.ADDRESS: browser.address}
    now_s = _count(home, counted)
    with home.store.read() as connection:
        whose = rows_codes.setup_of(connection, what.code, now_s)
        if whose is None:
            log.warning("setup_code_refused", address=browser.address)
            raise NotAllowed(
                "this code is not in force: codes work once and for some days; ask for a new one"
            )
        proofs = None if whose[0] is None else rows_accounts.proofs_of(connection, account_id=whose[0])
    if proofs is not None and not proofs.person.is_here(now_s):
        raise NotAllowed("this account is locked or over: ask whoever keeps the accounts")
    login, name = (what.login, what.name) if proofs is None else (proofs.person.login, proofs.person.name)
    passwords.admit(what.password, known=(login, name))
    kept = _hash(what.password)

    def work(connection: Connection) -> Entered:
        if not rows_codes.spend_setup(connection, what.code, actor=LOCAL_OPERATOR):
            raise Conflict("somebody has just used this code")
        number = _first(connection, what, now_s) if proofs is None else proofs.person.account_id
        actor = actor_of(login.strip().lower())
        rows_accounts.set_password(connection, number, kept, actor=actor, now_s=now_s)
        rows_accounts.set_language(connection, number, what.language, actor=actor)
        rows_sessions.end_all(connection, number, actor=actor, now_s=now_s)
        rows_tries.forgive(connection, {**counted, Counted.ACCOUNT: login}, actor=actor)
        is_half = proofs is not None and proofs.factor_sealed is not None
        return _begin(connection, number, actor, browser, now_s, is_half=is_half)

    return home.store.write(work, durable=True)


def _first(connection: Connection, what: SetUp, now_s: int) -> AccountId:
    if rows_grants.has_administrator(connection, now_s):
        raise Conflict("there is an administrator by now: ask that person for an account")
    new = NewPerson(what.login, what.name or what.login, language=what.language)
    number = rows_accounts.add(connection, new, actor=LOCAL_OPERATOR, now_s=now_s)
    wanted = Wanted(Role.ADMINISTRATOR, because="set-up code")
    rows_grants.give(connection, number, wanted, actor=LOCAL_OPERATOR, now_s=now_s)
    return number


# ---- signing in and out


def sign_in(home: Home, login: str, password: Secret, browser: Browser) -> Entered:
    """The first proof: something one knows. NotAllowed: it is wrong, whatever of it. TooSoon: wait."""
    counted = {Counted.ADDRESS: browser.address, Counted.ACCOUNT: login.strip().lower()[:64]}
    now_s = _count(home, counted)
    with home.store.read() as connection:
        proofs = rows_accounts.proofs_of(connection, login=login)
    with _HASHING:
        is_right = passwords.fits(None if proofs is None else proofs.password, password)
    if proofs is None or not is_right or not proofs.person.is_here(now_s):
        log.warning("sign_in_refused", login=counted[Counted.ACCOUNT], address=browser.address)
        raise NotAllowed(WRONG)
    assert proofs.password is not None
    again = _hash(password) if passwords.is_old(proofs.password) else None
    person = proofs.person

    def work(connection: Connection) -> Entered:
        if again is not None:
            rows_accounts.set_password(
                connection, person.account_id, again, is_rehash=True, actor=person.actor, now_s=now_s
            )
        rows_tries.forgive(connection, counted, actor=person.actor)
        is_half = proofs.factor_sealed is not None
        return _begin(connection, person.account_id, person.actor, browser, now_s, is_half=is_half)

    return home.store.write(work, durable=True)


def prove(home: Home, half_secret: str, code: str, browser: Browser) -> Entered:
    """The second proof: a code of the app, or one of the recovery codes. NotAllowed: it is wrong. TooSoon: wait.

    NotFound: the password was not given before, or too long ago.
    """
    with home.store.read() as connection:
        found = rows_sessions.half(connection, half_secret, home.now_s())
        proofs = None if found is None else rows_accounts.proofs_of(connection, account_id=found[1])
    if found is None or proofs is None or not proofs.person.is_here(home.now_s()):
        raise NotFound("sign in anew: the password was given too long ago")
    session_id, account_id = found
    counted = {Counted.ADDRESS: browser.address, Counted.ACCOUNT: f"{proofs.person.login} code"}
    now_s = _count(home, counted)
    step = _step(home, proofs, code, now_s)
    actor = proofs.person.actor

    def work(connection: Connection) -> Entered:
        if step is not None:
            is_right = rows_accounts.use_step(connection, account_id, step, actor=actor)
        else:
            is_right = rows_codes.spend_recovery(connection, account_id, code, actor=actor, now_s=now_s)
            if is_right:
                left = rows_codes.recovery_left(connection, account_id)
                _enter(connection, "session.recovery_code", account_id, {"left": left}, actor, now_s)
        if not is_right:
            raise NotAllowed(WRONG_CODE)
        rows_tries.forgive(connection, counted, actor=actor)
        secret = rows_sessions.step_up(connection, session_id, now_s=now_s)
        _enter(
            connection,
            "session.begin",
            account_id,
            {"address": browser.address, "factor": True},
            actor,
            now_s,
        )
        return Entered(Secret(secret), needs_factor=False)

    try:
        return home.store.write(work, durable=True)
    except NotAllowed:
        log.warning("factor_refused", login=proofs.person.login, address=browser.address)
        raise


def stage_of(home: Home, secret: str | None) -> bool:
    """Whether a browser has given the password and not yet the second factor."""
    with home.store.read() as connection:
        return secret is not None and rows_sessions.half(connection, secret, home.now_s()) is not None


def sign_out(home: Home, who: Signed) -> None:
    """The session of this browser ends at once."""
    session_id = _session(who)
    _write(home, lambda c, s: rows_sessions.end(c, who.account_id, session_id, actor=who.actor, now_s=s))


def note_use(home: Home, who: Signed, address: str) -> None:
    """The person is here now; to be called where `who.is_stale`, so that the writer is asked once a minute at most."""
    now_s = home.now_s()

    def work(connection: Connection) -> None:
        if who.session_id is not None:
            rows_sessions.note_use(connection, who.account_id, who.session_id, now_s=now_s)
        elif who.token_id is not None:
            rows_tokens.note_use(connection, who.token_id, address, now_s=now_s)

    home.store.write(work)


def _begin(
    connection: Connection,
    account_id: AccountId,
    actor: ActorId,
    browser: Browser,
    now_s: int,
    *,
    is_half: bool,
) -> Entered:
    secret = rows_sessions.begin(
        connection, account_id, is_half=is_half, address=browser.address, client=browser.client, now_s=now_s
    )
    if not is_half:
        _enter(
            connection,
            "session.begin",
            account_id,
            {"address": browser.address, "factor": False},
            actor,
            now_s,
        )
    return Entered(Secret(secret), needs_factor=is_half)


# ---- one's own account


def change_password(home: Home, who: Signed, old: Secret, new: Secret) -> Secret:
    """Another password; every other session and token ends. Gives this session's new secret.

    NotAllowed: the old one is wrong. TooSoon. Invalid: the new one.
    """
    session_id = _session(who)
    _must_know(home, who, old)
    passwords.admit(new, known=(who.login, who.name))
    kept = _hash(new)

    def work(connection: Connection, now_s: int) -> Secret:
        rows_accounts.set_password(connection, who.account_id, kept, actor=who.actor, now_s=now_s)
        rows_sessions.end_all(connection, who.account_id, but=session_id, actor=who.actor, now_s=now_s)
        rows_tokens.end_all(connection, who.account_id, actor=who.actor, now_s=now_s)
        return Secret(rows_sessions.renew(connection, session_id, now_s=now_s))

    return _write(home, work)


def offer_factor(home: Home, who: Signed, password: Secret) -> Offered:
    """A second factor to be proved by `take_factor`; the one in force stays until then. NotAllowed: the password."""
    _session(who)
    _must_know(home, who, password)
    secret, key = factors.new_factor(), _sealing_key(home)
    sealed = key.seal(who.account_id, secret)
    _write(home, lambda c, _s: rows_accounts.offer_factor(c, who.account_id, sealed, actor=who.actor))
    with home.store.read() as connection:
        issuer = next(unit.name for unit in tree(connection, Scope.ALL) if unit.parent_id is None)
    uri = factors.uri_of(secret, login=who.login, issuer=f"lenskeeper {issuer}")
    return Offered(secret.reveal(), uri, tuple(factors.squares_of(uri)))


def take_factor(home: Home, who: Signed, code: str, browser: Browser) -> tuple[Secret, list[str]]:
    """Prove the factor that was offered: it is in force from now on. Gives the session's new secret and ten recovery codes.

    NotAllowed: the code is wrong. Conflict: none was offered. Every other session ends.
    """
    session_id = _session(who)
    counted = {Counted.ADDRESS: browser.address, Counted.ACCOUNT: f"{who.login} code"}
    now_s = _count(home, counted)
    with home.store.read() as connection:
        proofs = rows_accounts.proofs_of(connection, account_id=who.account_id)
    if proofs is None or proofs.factor_next is None:
        raise Conflict("no second factor waits to be proved: begin anew")
    key, sealed = _sealing_key(home), proofs.factor_next
    step = factors.step_of(key.unseal(who.account_id, sealed), code, now_s, after=None)
    if step is None:
        raise NotAllowed(WRONG_CODE)
    proved_step = step

    def work(connection: Connection) -> tuple[Secret, list[str]]:
        rows_accounts.take_factor(
            connection, who.account_id, key.key_id, sealed, proved_step, actor=who.actor, now_s=now_s
        )
        codes = rows_codes.make_recovery(connection, who.account_id, actor=who.actor, now_s=now_s)
        rows_sessions.end_all(connection, who.account_id, but=session_id, actor=who.actor, now_s=now_s)
        rows_tries.forgive(connection, counted, actor=who.actor)
        return Secret(rows_sessions.step_up(connection, session_id, now_s=now_s)), codes

    return home.store.write(work, durable=True)


def new_recovery_codes(home: Home, who: Signed) -> list[str]:
    """Ten anew; those before are void. NotAllowed: the session was not proved by the factor."""
    _session(who)
    if not who.has_factor:
        raise NotAllowed("sign in with the second factor first")

    def work(connection: Connection, now_s: int) -> list[str]:
        _enter(connection, "account.recovery_codes", who.account_id, {}, who.actor, now_s)
        return rows_codes.make_recovery(connection, who.account_id, actor=who.actor, now_s=now_s)

    return _write(home, work)


def set_language(home: Home, who: Signed, language: Language) -> None:
    """The language of one's screens."""
    _session(who)
    _write(home, lambda c, _s: rows_accounts.set_language(c, who.account_id, language, actor=who.actor))


def end_session(home: Home, who: Signed, session_id: SessionId) -> None:
    """End one of one's own sessions at once. NotFound."""
    _session(who)

    def work(connection: Connection, now_s: int) -> None:
        rows_sessions.end(connection, who.account_id, session_id, actor=who.actor, now_s=now_s)
        _enter(connection, "session.end", who.account_id, {"session": session_id}, who.actor, now_s)

    _write(home, work)


def end_other_sessions(home: Home, who: Signed) -> int:
    """All of one's own but this one; gives how many."""
    here = _session(who)

    def work(connection: Connection, now_s: int) -> int:
        ended = rows_sessions.end_all(connection, who.account_id, but=here, actor=who.actor, now_s=now_s)
        _enter(connection, "session.end", who.account_id, {"sessions": ended}, who.actor, now_s)
        return ended

    return _write(home, work)


def make_token(home: Home, who: Signed, new: NewToken) -> tuple[TokenId, Secret]:
    """Errors as rows_tokens.make."""

    def work(connection: Connection, now_s: int) -> tuple[TokenId, Secret]:
        number, text = rows_tokens.make(connection, who, new, now_s=now_s)
        return number, Secret(text)

    return _write(home, work)


def end_token(home: Home, who: Signed, token_id: TokenId) -> None:
    """End one of one's own. NotFound."""
    _session(who)
    _write(home, lambda c, s: rows_tokens.end(c, who.account_id, token_id, actor=who.actor, now_s=s))


# ---- other people's


def add_person(home: Home, scope: Scope, new: NewPerson, actor: ActorId) -> tuple[AccountId, str]:
    """Add somebody; gives the one-time code for the first password. NotFound: a unit out of the scope. Errors as `add`."""

    def work(connection: Connection, now_s: int) -> tuple[AccountId, str]:
        _must_reach(connection, scope, new)
        number = rows_accounts.add(connection, new, actor=actor, now_s=now_s)
        return number, rows_codes.make_setup(connection, number, actor=actor, now_s=now_s)

    return _write(home, work)


def change_person(home: Home, scope: Scope, account_id: AccountId, wanted: NewPerson, actor: ActorId) -> None:
    """Another name on screens, place or end. NotAllowed, NotFound: out of the scope. Errors as `change`."""

    def work(connection: Connection, now_s: int) -> None:
        person = _whole_of(connection, scope, account_id, actor, now_s)
        _must_reach(connection, scope, wanted)
        rows_accounts.change(
            connection,
            person,
            name=wanted.name,
            unit_id=wanted.unit_id,
            ends_s=wanted.ends_s,
            actor=actor,
            now_s=now_s,
        )

    _write(home, work)


def set_locked(
    home: Home, scope: Scope, account_id: AccountId, because: str, actor: ActorId, *, is_locked: bool
) -> None:
    """Stop somebody for now, with all sessions and tokens at once; or let him come back (tokens do not)."""

    def work(connection: Connection, now_s: int) -> None:
        person = _whole_of(connection, scope, account_id, actor, now_s)
        _keeping_one(
            connection,
            now_s,
            lambda: rows_accounts.set_locked(
                connection, person, because, is_locked=is_locked, actor=actor, now_s=now_s
            ),
        )
        if is_locked:
            _end_all(connection, account_id, actor, now_s)

    _write(home, work)


def leave(home: Home, scope: Scope, account_id: AccountId, because: str, actor: ActorId) -> None:
    """Somebody left: every right, session, token and proof ends at once and for good."""

    def work(connection: Connection, now_s: int) -> None:
        person = _whole_of(connection, scope, account_id, actor, now_s)
        _keeping_one(
            connection,
            now_s,
            lambda: rows_accounts.leave(connection, person, because, actor=actor, now_s=now_s),
        )
        rows_codes.drop_recovery(connection, account_id, actor=actor)
        _end_all(connection, account_id, actor, now_s)

    _write(home, work)


def new_code(home: Home, scope: Scope, account_id: AccountId, actor: ActorId) -> str:
    """A one-time code by which somebody sets a password anew; the old password holds until then."""

    def work(connection: Connection, now_s: int) -> str:
        person = _whole_of(connection, scope, account_id, actor, now_s)
        if person.left_s is not None:
            raise Conflict(f"{person.login} has left: add the person anew under another login name")
        _enter(connection, "account.code", account_id, {"login": person.login}, actor, now_s)
        return rows_codes.make_setup(connection, account_id, actor=actor, now_s=now_s)

    return _write(home, work)


def reset_factor(home: Home, scope: Scope, account_id: AccountId, because: str, actor: ActorId) -> None:
    """Take away a lost second factor with its recovery codes; what needs one waits until another is proved."""

    def work(connection: Connection, now_s: int) -> None:
        person = _whole_of(connection, scope, account_id, actor, now_s)
        rows_accounts.drop_factor(connection, person, because, actor=actor, now_s=now_s)
        rows_codes.drop_recovery(connection, account_id, actor=actor)
        _end_all(connection, account_id, actor, now_s)

    _write(home, work)


def end_sessions(home: Home, scope: Scope, account_id: AccountId, actor: ActorId) -> int:
    """End somebody's sessions at once; gives how many."""

    def work(connection: Connection, now_s: int) -> int:
        _whole_of(connection, scope, account_id, actor, now_s)
        ended = rows_sessions.end_all(connection, account_id, actor=actor, now_s=now_s)
        _enter(connection, "session.end", account_id, {"sessions": ended}, actor, now_s)
        return ended

    return _write(home, work)


def give(home: Home, scope: Scope, account_id: AccountId, wanted: Wanted, actor: ActorId) -> Grant:
    """Give somebody a role over a part of one's own scope. NotFound: a unit or a person out of it.

    NotAllowed: to oneself, or over a lot or everything without the right to everything. Errors as rows_grants.give.
    """

    def work(connection: Connection, now_s: int) -> Grant:
        rows_accounts.person_of(connection, scope, account_id)
        if wanted.unit_id is not None:
            get(connection, scope, wanted.unit_id)
        elif scope.units is not None:
            raise NotAllowed("over a lot, or over everything, grants whoever keeps all accounts: name a unit")
        return rows_grants.give(connection, account_id, wanted, actor=actor, now_s=now_s)

    return _write(home, work)


def end_grant(home: Home, scope: Scope, grant_id: GrantId, because: str, actor: ActorId) -> None:
    """End a grant at once. NotFound: out of the scope. Conflict: it would leave nobody who keeps the accounts.
    Errors as rows_grants.end."""

    def work(connection: Connection, now_s: int) -> None:
        rows_grants.grant_of(connection, scope, grant_id)
        _keeping_one(
            connection,
            now_s,
            lambda: rows_grants.end(connection, grant_id, because, actor=actor, now_s=now_s),
        )

    _write(home, work)


def _must_reach(connection: Connection, scope: Scope, new: NewPerson) -> None:
    """Whoever keeps the accounts of a part adds people to that part."""
    if new.unit_id is not None:
        get(connection, scope, new.unit_id)
    elif scope.units is not None:
        raise Invalid(
            "name the unit that the person belongs to: you keep the accounts of a part", field="unit_id"
        )


def _whole_of(
    connection: Connection, scope: Scope, account_id: AccountId, actor: ActorId, now_s: int
) -> Person:
    """Somebody of the scope whose every right is within it: else a district could open the account of the city's.

    NotFound: not of the scope. NotAllowed: rights beyond it, or it is oneself.
    """
    person = rows_accounts.person_of(connection, scope, account_id)
    if person.actor == actor:
        raise NotAllowed("this is your own account: another person who keeps the accounts does it")
    seen = {each.grant_id for each in rows_grants.grants(connection, scope, account_id=account_id)}
    if any(each.grant_id not in seen for each in rows_grants.holding(connection, account_id, now_s)):
        raise NotAllowed(
            f"{person.login} has rights beyond those that you keep: ask whoever keeps all accounts"
        )
    return person


def _keeping_one(connection: Connection, now_s: int, act: Callable[[], None]) -> None:
    """Conflict: the act would leave nobody who keeps the accounts."""
    had = rows_grants.has_administrator(connection, now_s)
    act()
    if had and not rows_grants.has_administrator(connection, now_s):
        raise Conflict("then nobody would keep the accounts: give the role to another person first")


def _end_all(connection: Connection, account_id: AccountId, actor: ActorId, now_s: int) -> None:
    rows_sessions.end_all(connection, account_id, actor=actor, now_s=now_s)
    rows_tokens.end_all(connection, account_id, actor=actor, now_s=now_s)


# ---- proofs


def _session(who: Signed) -> SessionId:
    """One's own account is changed by the person, and by no program that bears a token."""
    if who.session_id is None:
        raise NotAllowed("a token may not change the account it stands for: sign in")
    return who.session_id


def _must_know(home: Home, who: Signed, password: Secret) -> None:
    counted = {Counted.ACCOUNT: who.login}
    _count(home, counted)
    with home.store.read() as connection:
        proofs = rows_accounts.proofs_of(connection, account_id=who.account_id)
    with _HASHING:
        is_right = proofs is not None and passwords.fits(proofs.password, password)
    if not is_right:
        raise NotAllowed("the password is wrong")
    home.store.write(lambda c: rows_tries.forgive(c, counted, actor=who.actor))


def _hash(password: Secret) -> str:
    with _HASHING:
        return passwords.hash_of(password)


def _step(home: Home, proofs: Proofs, code: str, now_s: int) -> int | None:
    if proofs.factor_sealed is None:
        return None
    key = _sealing_key(home)
    if proofs.factor_key_id != key.key_id:
        raise Conflict(
            "the second factor was sealed by another key file: bring it back, or use a recovery code"
        )
    secret = key.unseal(proofs.person.account_id, proofs.factor_sealed)
    return factors.step_of(secret, code, now_s, after=proofs.factor_step)


def _sealing_key(home: Home) -> SealingKey:
    return sealing_key(Vault.open(home.key_file))


def sealing_key(vault: Vault) -> SealingKey:
    """The key of second factors, drawn from the key file: from one the other cannot be told."""
    return SealingKey(vault.key_id, vault.derived(factors.PURPOSE))


def _count(home: Home, counted: dict[Counted, str]) -> int:
    """One try more; gives the instant. TooSoon: it is not judged."""
    now_s = home.now_s()
    home.store.write(lambda c: rows_tries.count(c, counted, actor=LOCAL_OPERATOR, now_s=now_s))
    return now_s


def _enter(
    connection: Connection,
    act: str,
    account_id: AccountId,
    detail: Mapping[str, object],
    actor: ActorId,
    now_s: int,
) -> None:
    audit.append(connection, actor=actor, at_s=now_s, act=act, subject=f"account:{account_id}", detail=detail)


def _write(home: Home, work: Callable[[Connection, int], T]) -> T:
    now_s = home.now_s()
    return home.store.write(lambda connection: work(connection, now_s), durable=True)
