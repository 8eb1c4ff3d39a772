"""Who asks, what for, and what of the organisation that person may see: the one door of every route.

A route names its verb: `asking: Annotated[Asking, may(Verb.SEE)]`. What is out of the asker's scope is not found; a verb
that no grant gives is refused.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant

from lenskeeper.accounts.grants import scope_for
from lenskeeper.accounts.rows_sessions import signed
from lenskeeper.accounts.rows_tokens import borne
from lenskeeper.accounts.signed import Signed
from lenskeeper.accounts.verbs import Verb
from lenskeeper.base.access import ActorId, Scope
from lenskeeper.base.errors import NotAllowed
from lenskeeper.house.accounts import note_use
from lenskeeper.house.home import Home
from lenskeeper.web.errors import NotSignedIn

COOKIE: Final = "__Host-lenskeeper"
BEARER: Final = "bearer "


@dataclass(frozen=True, slots=True)
class Asking:
    """One request of a person. scope: what that person may see or act upon with the verb of the route."""

    home: Home
    person: Signed
    scope: Scope
    now_s: int

    @property
    def actor(self) -> ActorId:
        """Under whose name it is written down."""
        return self.person.actor


def home_of(request: Request) -> Home:
    """The installation that is shown."""
    home = request.app.state.home
    assert isinstance(home, Home)
    return home


def address_of(request: Request) -> str:
    """The address of the browser, as the connection has it: no header can pretend another."""
    return request.client.host if request.client is not None else ""


def person_of(request: Request) -> Signed:
    """Who is signed in, by cookie or token. NotSignedIn: nobody, or no longer."""
    found = person_still(request)
    if found.is_stale:
        note_use(home_of(request), found, address_of(request))
    return found


def person_still(request: Request) -> Signed:
    """The same, without counting as a use: a page that lies open must not keep a session alive."""
    home, address = home_of(request), address_of(request)
    now_s = home.now_s()
    said = request.headers.get("authorization", "")
    cookie = request.cookies.get(COOKIE)
    with home.store.read() as connection:
        if said.lower().startswith(BEARER):
            found = borne(connection, said[len(BEARER) :].strip(), now_s, address)
        else:
            found = signed(connection, cookie, now_s, address) if cookie else None
    if found is None:
        raise NotSignedIn("sign in first: nobody is signed in here, or the session has ended")
    return found


def may(verb: Verb) -> Any:
    """The dependency of a route that needs this verb. NotAllowed: the person has it nowhere."""

    def asking(request: Request) -> Asking:
        home, person = home_of(request), person_of(request)
        now_s = home.now_s()
        scope = scope_for(person, verb, now_s)
        if verb is not Verb.BE_ONESELF and scope == Scope(frozenset()):
            raise NotAllowed(f"your grants do not hold {verb.value}: ask whoever keeps the accounts")
        return Asking(home, person, scope, now_s)

    asking.verb = verb  # type: ignore[attr-defined]  # read by verbs_of: for the matrix of rights, for the description
    return Depends(asking)


def verbs_of(dependant: Dependant | None) -> Iterator[Verb]:
    """The verbs that a route asks for, by what it depends upon: one, or none where it is a door."""
    for each in () if dependant is None else dependant.dependencies:
        yield from _named(each.call)
        yield from verbs_of(each)


def _named(call: Callable[..., Any] | None) -> Iterator[Verb]:
    if isinstance(verb := getattr(call, "verb", None), Verb):
        yield verb
