"""The second of two persons, at the same desk: what two must sign, the other proves with name, password and code."""

from typing import Annotated, Final

from fastapi import Request
from pydantic import Field

from lenskeeper.accounts.grants import scope_for
from lenskeeper.accounts.rows_sessions import signed
from lenskeeper.accounts.throttle import TooSoon
from lenskeeper.accounts.verbs import Verb
from lenskeeper.base.access import ActorId, Scope
from lenskeeper.base.errors import Invalid, NotAllowed
from lenskeeper.base.secret import Secret
from lenskeeper.house import accounts
from lenskeeper.house.accounts import Browser
from lenskeeper.web.asking import Asking, address_of
from lenskeeper.web.errors import TooMany
from lenskeeper.web.pages import Shown

CHARS_MAX: Final = 300


class Second(Shown):
    """The other person's proofs. code: of the app, where that account has one."""

    login: Annotated[str, Field(max_length=CHARS_MAX)]
    password: Annotated[str, Field(max_length=CHARS_MAX, repr=False)]
    code: Annotated[str, Field(max_length=40, repr=False)] = ""


def second_hand(asking: Asking, request: Request, given: Second, verb: Verb) -> tuple[ActorId, Scope]:
    """Who the other person is, and what that person may do with the verb. The session that proves it ends at once.

    NotAllowed: wrong proofs, the same person, or one who may not. Invalid: the code of the app is wanted. TooMany: wait.
    """
    home, browser = asking.home, Browser(address_of(request))
    try:
        entered = accounts.sign_in(home, given.login, Secret(given.password), browser)
        if entered.needs_factor:
            if not given.code:
                raise Invalid("this account has a second factor: give the code of the app", field="code")
            entered = accounts.prove(home, entered.secret.reveal(), given.code, browser)
    except TooSoon as wait:
        raise TooMany(str(wait), retry_s=wait.retry_s) from None
    with home.store.read() as connection:
        who = signed(connection, entered.secret.reveal(), asking.now_s, browser.address)
    if who is None:
        raise NotAllowed("the second person's session ended at once: try again")
    accounts.sign_out(home, who)
    if who.actor == asking.actor:
        raise NotAllowed("two different persons sign: this is the same one")
    scope = scope_for(who, verb, asking.now_s)
    if scope == Scope(frozenset()):
        raise NotAllowed(f"the second person's grants do not hold {verb.value}")
    return who.actor, scope
