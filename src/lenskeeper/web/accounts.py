"""Signing in, one's own account, and the people and grants of whoever keeps the accounts."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Request, Response
from pydantic import Field
from sqlalchemy import Connection

from lenskeeper.accounts import rows_accounts, rows_codes, rows_grants, rows_sessions, rows_tokens
from lenskeeper.accounts.grants import Grant, Wanted, counting, scope_for, verbs_of
from lenskeeper.accounts.ids import AccountId, GrantId, SessionId, TokenId
from lenskeeper.accounts.rows_accounts import NewPerson, Person
from lenskeeper.accounts.rows_tokens import NewToken
from lenskeeper.accounts.signed import Signed
from lenskeeper.accounts.throttle import TooSoon
from lenskeeper.accounts.verbs import LOT_ROLES, ROLES, SECOND_FACTOR, SESSION_S, TOKEN_VERBS, Role, Verb
from lenskeeper.base.access import Scope
from lenskeeper.base.languages import Language
from lenskeeper.base.secret import Secret
from lenskeeper.house import accounts
from lenskeeper.house.accounts import Browser, Entered, SetUp
from lenskeeper.house.home import Home
from lenskeeper.inventory import rows_declarations
from lenskeeper.tickets.rows_contracts import contracts
from lenskeeper.units.ids import UnitId
from lenskeeper.units.rows import Unit, tree
from lenskeeper.web.asking import COOKIE, Asking, address_of, home_of, may
from lenskeeper.web.errors import NotSignedIn, TooMany
from lenskeeper.web.pages import Id, Number, Shown

router = APIRouter(prefix="/api", tags=["accounts"])

PUBLIC: Final = frozenset({"/api/start", "/api/set-up", "/api/sign-in", "/api/sign-in/factor"})
"""The routes of this module that ask for nobody: all that an outsider reaches."""

Words = Annotated[str, Field(max_length=300)]
Login = Annotated[str, Field(min_length=1, max_length=64)]
PasswordText = Annotated[str, Field(min_length=1, max_length=400)]
Code = Annotated[str, Field(min_length=1, max_length=64)]
Instant = Annotated[int, Field(ge=0, le=1 << 40)]
Stage = Literal["set_up", "sign_in", "factor", "enrol", "ready"]


class Start(Shown):
    """What a browser is told before anybody signs in. stage: what this browser does next."""

    stage: Stage
    organisation: str
    exercise: str
    version: str
    language: Language | None


class Next(Shown):
    """What comes next. enrol: signed in, and a role waits for a second factor that is not there yet."""

    stage: Stage


class SetUpWanted(Shown):
    """A one-time code, and the password that it is spent for. login, name: of the first administrator only."""

    code: Code
    password: PasswordText
    language: Language = Language.ZH
    login: Annotated[str, Field(max_length=64)] = ""
    name: Annotated[str, Field(max_length=60)] = ""


class SignInWanted(Shown):
    """The first proof."""

    login: Login
    password: PasswordText


class CodeWanted(Shown):
    """A code of the app, or a recovery code."""

    code: Code


class UnitTop(Shown):
    """A top of what a person may see."""

    unit_id: int
    name: str
    path: str


class Me(Shown):
    """Who is signed in. verbs: what may be done somewhere. waiting: roles that count only with a second factor.

    last_visit_s: when the person was here before this session. exercise: empty for a real fleet.
    """

    account_id: int
    login: str
    name: str
    language: Language
    verbs: list[Verb]
    roles: list[Role]
    waiting: list[Role]
    units: list[UnitTop]
    lots: list[int]
    sees_all: bool
    has_factor: bool
    recovery_codes_left: int
    last_visit_s: int | None
    idle_s: int
    ends_s: int | None
    organisation: str
    tz: str
    exercise: str
    now_s: int


class MeWanted(Shown):
    """What one changes of oneself."""

    language: Language


class PasswordWanted(Shown):
    """Another password."""

    old: PasswordText
    new: PasswordText


class FactorWanted(Shown):
    """The password once more, before anything of it is shown."""

    password: PasswordText


class FactorOffered(Shown):
    """A second factor to be read into an app. qr: the rows of its code, "1" is dark."""

    secret: str
    uri: str
    qr: list[str]


class RecoveryCodes(Shown):
    """Shown once."""

    recovery_codes: list[str]


class SessionRow(Shown):
    """A session of one's own. ends_s: by then it ends, however much it is used."""

    session_id: int
    began_s: int
    last_s: int
    ends_s: int
    address: str
    browser: str
    has_factor: bool
    is_this: bool
    is_open: bool


class Sessions(Shown):
    """One's own, the latest first."""

    rows: list[SessionRow]


class Ended(Shown):
    """How many ended."""

    ended: int


class TokenRow(Shown):
    """A token of one's own; its text was shown once."""

    token_id: int
    name: str
    verbs: list[Verb]
    unit_id: int | None
    purposes: list[str]
    networks: list[str]
    made_s: int
    ends_s: int
    last_s: int | None
    last_from: str
    ended_s: int | None


class Tokens(Shown):
    """One's own, the newest first. verbs: those that one may give to a token."""

    rows: list[TokenRow]
    verbs: list[Verb]


class TokenWanted(Shown):
    """A token for a program: at most what oneself may do."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    verbs: Annotated[list[Verb], Field(min_length=1, max_length=len(Verb))]
    days: Annotated[int, Field(ge=1, le=366)]
    unit_id: Id | None = None
    purposes: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=200)]], Field(max_length=50, default_factory=list)
    ]
    networks: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=60)]], Field(max_length=50, default_factory=list)
    ]


class TokenMade(Shown):
    """Shown once."""

    token_id: int
    token: str


class GrantRow(Shown):
    """A role over a part. unit_id and contract_id both empty: over everything. state: where it stands now."""

    grant_id: int
    account_id: int
    login: str
    name: str
    role: Role
    unit_id: int | None
    unit: str
    contract_id: int | None
    contract: str
    purposes: list[str]
    from_s: int
    to_s: int | None
    approver: str
    because: str
    at_s: int
    ended_s: int | None
    state: Literal["to_come", "in_force", "over"]


class PersonRow(Shown):
    """Somebody who may sign in, or once might. state: where the account stands."""

    account_id: int
    login: str
    name: str
    kind: Literal["staff", "contractor"]
    unit_id: int | None
    unit: str
    has_password: bool
    has_factor: bool
    state: Literal["invited", "open", "locked", "ended", "left"]
    made_s: int
    ends_s: int | None
    seen_s: int | None
    roles: list[Role]


class Staff(Shown):
    """Everybody of one's scope."""

    rows: list[PersonRow]


class PersonFile(Shown):
    """One person with all grants that may be seen, ended ones too."""

    person: PersonRow
    grants: list[GrantRow]


class PersonWanted(Shown):
    """Somebody to be added. unit_id empty: of the whole installation. ends_s: a contractor needs it."""

    login: Login
    name: Annotated[str, Field(min_length=1, max_length=60)]
    kind: Literal["staff", "contractor"] = "staff"
    unit_id: Id | None = None
    language: Language = Language.ZH
    ends_s: Instant | None = None


class PersonAdded(Shown):
    """code: by which the person sets the first password; shown once, for three days."""

    account_id: int
    code: str


class PersonChanged(Shown):
    """What is changed of a person."""

    name: Annotated[str, Field(min_length=1, max_length=60)]
    unit_id: Id | None = None
    ends_s: Instant | None = None


class Because(Shown):
    """Why it is done: it goes into the audit log."""

    because: Annotated[str, Field(min_length=1, max_length=300)]


class CodeMade(Shown):
    """Shown once."""

    code: str


class Choice(Shown):
    """Something to choose: a unit by its path, or a contract by its name."""

    number: int
    name: str


class Choices(Shown):
    """Over what one may grant. everything: also over all units, and over lots of contracts."""

    units: list[Choice]
    contracts: list[Choice]
    purposes: list[str]
    everything: bool


class Grants(Shown):
    """The grants of one's scope, the newest first."""

    rows: list[GrantRow]


class GrantWanted(Shown):
    """A role for somebody else."""

    account_id: Id
    role: Role
    unit_id: Id | None = None
    contract_id: Id | None = None
    purposes: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=200)]], Field(max_length=50, default_factory=list)
    ]
    from_s: Instant = 0
    to_s: Instant | None = None
    because: Annotated[str, Field(min_length=1, max_length=300)]


class RoleRights(Shown):
    """A role: what it may do, whether it needs a second factor, whether it may be given over a contract's lot."""

    role: Role
    verbs: list[Verb]
    second_factor: bool
    over_lots: bool


class Rights(Shown):
    """What each role may do, as the code has it; the same table is docs/reference/rights.md."""

    verbs: list[Verb]
    token_verbs: list[Verb]
    roles: list[RoleRights]


# ---- in and out


@router.get("/start")
def start(request: Request) -> Start:
    """What this browser does next, and whose installation it is."""
    home, now_s = home_of(request), home_of(request).now_s()
    cookie = request.cookies.get(COOKIE)
    with home.store.read() as connection:
        who = rows_sessions.signed(connection, cookie, now_s, address_of(request)) if cookie else None
        organisation = _top(tree(connection, Scope.ALL)).name
    return Start(
        stage=_stage(home, who, cookie),
        organisation=organisation,
        exercise=home.exercise,
        version=version("lenskeeper"),
        language=None if who is None else who.language,
    )


@router.post("/set-up")
def set_up(request: Request, response: Response, wanted: SetUpWanted) -> Next:
    """Spend a one-time code for a password: the first administrator's, a new person's, a forgotten one's."""
    what = SetUp(wanted.code, Secret(wanted.password), wanted.language, wanted.login, wanted.name)
    with _waiting():
        entered = accounts.set_up(home_of(request), what, _browser(request))
    return _entered(request, response, entered)


@router.post("/sign-in")
def sign_in(request: Request, response: Response, wanted: SignInWanted) -> Next:
    """The first proof: the password."""
    with _waiting():
        entered = accounts.sign_in(home_of(request), wanted.login, Secret(wanted.password), _browser(request))
    return _entered(request, response, entered)


@router.post("/sign-in/factor")
def prove(request: Request, response: Response, wanted: CodeWanted) -> Next:
    """The second proof: a code of the app, or a recovery code."""
    half = request.cookies.get(COOKIE)
    if half is None:
        raise NotSignedIn("give the password first")
    with _waiting():
        entered = accounts.prove(home_of(request), half, wanted.code, _browser(request))
    return _entered(request, response, entered)


@router.post("/sign-out", status_code=204)
def sign_out(asking: Annotated[Asking, may(Verb.BE_ONESELF)]) -> Response:
    """The session ends, and the browser forgets what it kept of it."""
    accounts.sign_out(asking.home, asking.person)
    gone = Response(status_code=204, headers={"Clear-Site-Data": '"cache", "cookies", "storage"'})
    gone.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="lax")
    return gone


# ---- oneself


@router.get("/me")
def me(asking: Annotated[Asking, may(Verb.BE_ONESELF)]) -> Me:
    """Who is signed in, and what that person may do where."""
    who, now_s = asking.person, asking.now_s
    scope = scope_for(who, Verb.SEE, now_s)
    with asking.home.store.read() as connection:
        units = tree(connection, scope)
        top = _top(tree(connection, Scope.ALL))
        left = rows_codes.recovery_left(connection, who.account_id)
        proofs = rows_accounts.proofs_of(connection, account_id=who.account_id)
    shown = {unit.unit_id for unit in units}
    roles = {each.role for each in counting(who, now_s)}
    held = {each.role for each in who.grants if each.holds(now_s)}
    assert proofs is not None
    return Me(
        account_id=who.account_id,
        login=who.login,
        name=who.name,
        language=who.language,
        verbs=sorted(verbs_of(who, now_s) | {Verb.BE_ONESELF}),
        roles=sorted(roles),
        waiting=sorted(held - roles),
        units=[
            UnitTop(unit_id=unit.unit_id, name=unit.name, path=unit.path)
            for unit in units
            if unit.parent_id not in shown
        ],
        lots=sorted(scope.lots | {part.lot for part in scope.parts if part.lot is not None}),
        sees_all=scope.units is None,
        has_factor=proofs.factor_sealed is not None,
        recovery_codes_left=left,
        last_visit_s=who.last_visit_s,
        idle_s=rows_sessions.idle_s(who, now_s),
        ends_s=proofs.person.ends_s,
        organisation=top.name,
        tz=top.tz,
        exercise=asking.home.exercise,
        now_s=now_s,
    )


@router.patch("/me", status_code=204)
def change_me(asking: Annotated[Asking, may(Verb.BE_ONESELF)], wanted: MeWanted) -> None:
    """The language of one's screens."""
    accounts.set_language(asking.home, asking.person, wanted.language)


@router.post("/me/password")
def change_password(
    response: Response, asking: Annotated[Asking, may(Verb.BE_ONESELF)], wanted: PasswordWanted
) -> Next:
    """Another password: every other session and every token ends."""
    with _waiting():
        secret = accounts.change_password(asking.home, asking.person, Secret(wanted.old), Secret(wanted.new))
    _give(response, secret)
    return Next(stage="ready")


@router.post("/me/factor")
def offer_factor(asking: Annotated[Asking, may(Verb.BE_ONESELF)], wanted: FactorWanted) -> FactorOffered:
    """A second factor to be read into an app; it is in force once a code of it was given."""
    with _waiting():
        offered = accounts.offer_factor(asking.home, asking.person, Secret(wanted.password))
    return FactorOffered(secret=offered.secret, uri=offered.uri, qr=list(offered.squares))


@router.post("/me/factor/confirm")
def take_factor(
    request: Request,
    response: Response,
    asking: Annotated[Asking, may(Verb.BE_ONESELF)],
    wanted: CodeWanted,
) -> RecoveryCodes:
    """The code of the app proves it: it is in force, this session has it, every other session ends."""
    with _waiting():
        secret, codes = accounts.take_factor(asking.home, asking.person, wanted.code, _browser(request))
    _give(response, secret)
    return RecoveryCodes(recovery_codes=codes)


@router.post("/me/recovery-codes")
def new_recovery_codes(asking: Annotated[Asking, may(Verb.BE_ONESELF)]) -> RecoveryCodes:
    """Ten anew; those before are void."""
    return RecoveryCodes(recovery_codes=accounts.new_recovery_codes(asking.home, asking.person))


@router.get("/me/sessions")
def my_sessions(asking: Annotated[Asking, may(Verb.BE_ONESELF)]) -> Sessions:
    """Where one is signed in, and was."""
    who = asking.person
    with asking.home.store.read() as connection:
        found = rows_sessions.sessions(connection, who.account_id, asking.now_s)
    return Sessions(
        rows=[
            SessionRow(
                session_id=each.session_id,
                began_s=each.began_s,
                last_s=each.used_s,
                ends_s=each.began_s + SESSION_S,
                address=each.address,
                browser=each.client,
                has_factor=each.has_factor,
                is_this=each.session_id == who.session_id,
                is_open=each.is_open,
            )
            for each in found
        ]
    )


@router.delete("/me/sessions/{session_id}", status_code=204)
def end_session(asking: Annotated[Asking, may(Verb.BE_ONESELF)], session_id: Number) -> None:
    """End one of one's own at once."""
    accounts.end_session(asking.home, asking.person, SessionId(session_id))


@router.post("/me/sessions/end-others")
def end_other_sessions(asking: Annotated[Asking, may(Verb.BE_ONESELF)]) -> Ended:
    """End all of one's own but this one."""
    return Ended(ended=accounts.end_other_sessions(asking.home, asking.person))


@router.get("/me/tokens")
def my_tokens(asking: Annotated[Asking, may(Verb.BE_ONESELF)]) -> Tokens:
    """The tokens by which programs act for oneself."""
    with asking.home.store.read() as connection:
        found = rows_tokens.tokens(connection, asking.person.account_id)
    return Tokens(
        rows=[
            TokenRow(
                token_id=each.token_id,
                name=each.name,
                verbs=sorted(each.verbs),
                unit_id=each.unit_id,
                purposes=sorted(each.purposes),
                networks=list(each.networks),
                made_s=each.made_s,
                ends_s=each.to_s,
                last_s=each.used_s,
                last_from=each.used_from,
                ended_s=each.ended_s,
            )
            for each in found
        ],
        verbs=sorted(verbs_of(asking.person, asking.now_s) & TOKEN_VERBS),
    )


@router.post("/me/tokens", status_code=201)
def make_token(asking: Annotated[Asking, may(Verb.BE_ONESELF)], wanted: TokenWanted) -> TokenMade:
    """A token for a program: it never may more than oneself."""
    new = NewToken(
        wanted.name,
        frozenset(wanted.verbs),
        wanted.days,
        None if wanted.unit_id is None else UnitId(wanted.unit_id),
        frozenset(wanted.purposes),
        tuple(wanted.networks),
    )
    number, text = accounts.make_token(asking.home, asking.person, new)
    return TokenMade(token_id=number, token=text.reveal())


@router.delete("/me/tokens/{token_id}", status_code=204)
def end_token(asking: Annotated[Asking, may(Verb.BE_ONESELF)], token_id: Number) -> None:
    """End one of one's own at once."""
    accounts.end_token(asking.home, asking.person, TokenId(token_id))


@router.get("/rights")
def rights(asking: Annotated[Asking, may(Verb.BE_ONESELF)]) -> Rights:  # noqa: ARG001  it is no secret, and for the signed in
    """What each role may do, as the code has it."""
    return Rights(
        verbs=list(Verb),
        token_verbs=sorted(TOKEN_VERBS),
        roles=[
            RoleRights(
                role=role,
                verbs=sorted(verbs),
                second_factor=role in SECOND_FACTOR,
                over_lots=role in LOT_ROLES,
            )
            for role, verbs in ROLES.items()
        ],
    )


# ---- other people


@router.get("/staff")
def staff(asking: Annotated[Asking, may(Verb.GRANT)]) -> Staff:
    """Everybody of one's scope, those who left too."""
    with asking.home.store.read() as connection:
        paths: dict[int, str] = {unit.unit_id: unit.path for unit in tree(connection, asking.scope)}
        found = rows_accounts.staff(connection, asking.scope)
        given = rows_grants.grants(connection, asking.scope)
    return Staff(rows=[_person(each, given, paths, asking.now_s) for each in found])


@router.get("/staff/{account_id}")
def person(asking: Annotated[Asking, may(Verb.GRANT)], account_id: Number) -> PersonFile:
    """One person with the grants."""
    with asking.home.store.read() as connection:
        found = rows_accounts.person_of(connection, asking.scope, AccountId(account_id))
        given = rows_grants.grants(connection, asking.scope, account_id=found.account_id)
        names = _Names(connection, asking.scope, [found])
    return PersonFile(
        person=_person(found, given, names.units, asking.now_s),
        grants=[names.grant(each, asking.now_s) for each in given],
    )


@router.post("/staff", status_code=201)
def add_person(asking: Annotated[Asking, may(Verb.GRANT)], wanted: PersonWanted) -> PersonAdded:
    """Add somebody: without a grant as yet, with a code for the first password."""
    unit_id = None if wanted.unit_id is None else UnitId(wanted.unit_id)
    new = NewPerson(wanted.login, wanted.name, wanted.kind, unit_id, wanted.language, wanted.ends_s)
    number, code = accounts.add_person(asking.home, asking.scope, new, asking.actor)
    return PersonAdded(account_id=number, code=code)


@router.patch("/staff/{account_id}", status_code=204)
def change_person(
    asking: Annotated[Asking, may(Verb.GRANT)], account_id: Number, wanted: PersonChanged
) -> None:
    """Another name on screens, another unit, another end."""
    unit_id = None if wanted.unit_id is None else UnitId(wanted.unit_id)
    new = NewPerson("", wanted.name, unit_id=unit_id, ends_s=wanted.ends_s)
    accounts.change_person(asking.home, asking.scope, AccountId(account_id), new, asking.actor)


@router.post("/staff/{account_id}/lock", status_code=204)
def lock(asking: Annotated[Asking, may(Verb.GRANT)], account_id: Number, why: Because) -> None:
    """Stop somebody for now: every session and token ends at once."""
    number = AccountId(account_id)
    accounts.set_locked(asking.home, asking.scope, number, why.because, asking.actor, is_locked=True)


@router.post("/staff/{account_id}/unlock", status_code=204)
def unlock(asking: Annotated[Asking, may(Verb.GRANT)], account_id: Number, why: Because) -> None:
    """Let somebody sign in again."""
    number = AccountId(account_id)
    accounts.set_locked(asking.home, asking.scope, number, why.because, asking.actor, is_locked=False)


@router.post("/staff/{account_id}/leave", status_code=204)
def leave(asking: Annotated[Asking, may(Verb.GRANT)], account_id: Number, why: Because) -> None:
    """Somebody left: every right ends at once and for good."""
    accounts.leave(asking.home, asking.scope, AccountId(account_id), why.because, asking.actor)


@router.post("/staff/{account_id}/code", status_code=201)
def new_code(asking: Annotated[Asking, may(Verb.GRANT)], account_id: Number) -> CodeMade:
    """A code by which somebody sets a password anew; a second factor is asked all the same."""
    code = accounts.new_code(asking.home, asking.scope, AccountId(account_id), asking.actor)
    return CodeMade(code=code)


@router.post("/staff/{account_id}/reset-factor", status_code=204)
def reset_factor(asking: Annotated[Asking, may(Verb.GRANT)], account_id: Number, why: Because) -> None:
    """Take away a lost second factor."""
    accounts.reset_factor(asking.home, asking.scope, AccountId(account_id), why.because, asking.actor)


@router.post("/staff/{account_id}/end-sessions")
def end_sessions(asking: Annotated[Asking, may(Verb.GRANT)], account_id: Number) -> Ended:
    """End somebody's sessions at once."""
    return Ended(ended=accounts.end_sessions(asking.home, asking.scope, AccountId(account_id), asking.actor))


@router.get("/grants")
def grants(asking: Annotated[Asking, may(Verb.GRANT)]) -> Grants:
    """Who may do what, for whom, until when, and who approved it."""
    with asking.home.store.read() as connection:
        found = rows_grants.grants(connection, asking.scope)
        names = _Names(connection, asking.scope, rows_accounts.staff(connection, Scope.ALL))
    return Grants(rows=[names.grant(each, asking.now_s) for each in found])


@router.get("/grants/choices")
def choices(asking: Annotated[Asking, may(Verb.GRANT)]) -> Choices:
    """Over what one may grant, and for which purposes."""
    everything = asking.scope.units is None
    with asking.home.store.read() as connection:
        found = tree(connection, asking.scope)
        lots = contracts(connection, asking.scope) if everything else []
        purposes = rows_declarations.purposes(connection, asking.scope, asking.now_s)
    return Choices(
        units=[Choice(number=unit.unit_id, name=unit.path) for unit in found],
        contracts=[Choice(number=each.contract_id, name=each.name) for each in lots],
        purposes=purposes,
        everything=everything,
    )


@router.post("/grants", status_code=201)
def give(asking: Annotated[Asking, may(Verb.GRANT)], wanted: GrantWanted) -> GrantRow:
    """Give somebody else a role."""
    new = Wanted(
        wanted.role,
        None if wanted.unit_id is None else UnitId(wanted.unit_id),
        wanted.contract_id,
        frozenset(wanted.purposes),
        wanted.from_s,
        wanted.to_s,
        wanted.because,
    )
    made = accounts.give(asking.home, asking.scope, AccountId(wanted.account_id), new, asking.actor)
    with asking.home.store.read() as connection:
        who = rows_accounts.person_of(connection, asking.scope, made.account_id)
        return _Names(connection, asking.scope, [who]).grant(made, asking.now_s)


@router.post("/grants/{grant_id}/end", status_code=204)
def end_grant(asking: Annotated[Asking, may(Verb.GRANT)], grant_id: Number, why: Because) -> None:
    """End a grant at once."""
    accounts.end_grant(asking.home, asking.scope, GrantId(grant_id), why.because, asking.actor)


# ---- pieces


class _Names:
    """Grants as rows, with the names of whom and of what."""

    def __init__(self, connection: Connection, scope: Scope, known: Sequence[Person]) -> None:
        self.units: dict[int, str] = {unit.unit_id: unit.path for unit in tree(connection, scope)}
        self._known = {each.account_id: each for each in known}
        self._contracts: dict[int, str] = {
            each.contract_id: each.name for each in contracts(connection, scope)
        }

    def grant(self, given: Grant, now_s: int) -> GrantRow:
        """One as a row. A person out of the scope is named by nothing but the number."""
        who = self._known.get(given.account_id)
        return GrantRow(
            grant_id=given.grant_id,
            account_id=given.account_id,
            login="" if who is None else who.login,
            name="" if who is None else who.name,
            role=given.role,
            unit_id=given.unit_id,
            unit="" if given.unit_id is None else self.units.get(given.unit_id, ""),
            contract_id=given.contract_id,
            contract="" if given.contract_id is None else self._contracts.get(given.contract_id, ""),
            purposes=sorted(given.purposes),
            from_s=given.from_s,
            to_s=given.to_s,
            approver=given.approver,
            because=given.because,
            at_s=given.at_s,
            ended_s=given.ended_s,
            state="in_force" if given.holds(now_s) else "to_come" if given.from_s > now_s else "over",
        )


def _person(who: Person, given: Sequence[Grant], units: Mapping[int, str], now_s: int) -> PersonRow:
    return PersonRow(
        account_id=who.account_id,
        login=who.login,
        name=who.name,
        kind="contractor" if who.kind == "contractor" else "staff",
        unit_id=who.unit_id,
        unit="" if who.unit_id is None else units.get(who.unit_id, ""),
        has_password=who.has_password,
        has_factor=who.has_factor,
        state=_state(who, now_s),
        made_s=who.made_s,
        ends_s=who.ends_s,
        seen_s=who.seen_s,
        roles=sorted({g.role for g in given if g.account_id == who.account_id and g.holds(now_s)}),
    )


def _state(who: Person, now_s: int) -> Literal["invited", "open", "locked", "ended", "left"]:
    if who.left_s is not None:
        return "left"
    if who.locked_s is not None:
        return "locked"
    if who.ends_s is not None and who.ends_s <= now_s:
        return "ended"
    return "open" if who.has_password else "invited"


def _stage(home: Home, who: Signed | None, cookie: str | None) -> Stage:
    if who is not None:
        waits = len(counting(who, home.now_s())) < sum(each.holds(home.now_s()) for each in who.grants)
        return "enrol" if waits else "ready"
    if accounts.stage_of(home, cookie):
        return "factor"
    return "set_up" if accounts.needs_setup(home) else "sign_in"


def _entered(request: Request, response: Response, entered: Entered) -> Next:
    """The cookie of a session that begins or steps up, and what comes next."""
    _give(response, entered.secret)
    if entered.needs_factor:
        return Next(stage="factor")
    home, secret = home_of(request), entered.secret.reveal()
    with home.store.read() as connection:
        who = rows_sessions.signed(connection, secret, home.now_s(), address_of(request))
    return Next(stage=_stage(home, who, secret))


def _give(response: Response, secret: Secret) -> None:
    """`__Host-`: TLS only, this host only, every path; browsers keep it on http://localhost as well, which they trust."""
    response.set_cookie(COOKIE, secret.reveal(), path="/", secure=True, httponly=True, samesite="lax")


def _browser(request: Request) -> Browser:
    return Browser(address_of(request), request.headers.get("user-agent", ""))


@contextmanager
def _waiting() -> Iterator[None]:
    try:
        yield
    except TooSoon as told:
        raise TooMany(str(told), retry_s=told.retry_s) from None


def _top(units: Sequence[Unit]) -> Unit:
    return next(unit for unit in units if unit.parent_id is None)
