"""Saved views of lists: the filters of an address under a name, one's own or shared."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from lenskeeper.accounts import rows_views
from lenskeeper.accounts.grants import scope_for
from lenskeeper.accounts.ids import ViewId
from lenskeeper.accounts.rows_views import AREA_CHARS_MAX, NAME_CHARS_MAX, QUERY_CHARS_MAX, NewView, View
from lenskeeper.accounts.verbs import Verb
from lenskeeper.base.access import Scope
from lenskeeper.units.ids import UnitId
from lenskeeper.web.asking import Asking, may
from lenskeeper.web.pages import Id, Number, Shown

router = APIRouter(prefix="/api/views", tags=["views"])

Area = Annotated[str, Field(min_length=1, max_length=AREA_CHARS_MAX, pattern=r"^[a-z][a-z_/]*$")]


class ViewRow(Shown):
    """A view of a list. query: of the list's address. is_default: one's own list begins with it."""

    view_id: int
    name: str
    query: str
    is_shared: bool
    unit_id: int | None
    owner: str
    is_mine: bool
    is_default: bool


class Views(Shown):
    """Those that one may read: one's own first."""

    rows: list[ViewRow]


class ViewWanted(Shown):
    """Filters to be kept. unit_id: with whom it is shared; empty and shared: with all who are signed in."""

    area: Area
    name: Annotated[str, Field(min_length=1, max_length=NAME_CHARS_MAX)]
    query: Annotated[str, Field(max_length=QUERY_CHARS_MAX)]
    is_shared: bool = False
    unit_id: Id | None = None


class ViewKept(Shown):
    """Its number."""

    view_id: int


class DefaultWanted(Shown):
    """With which view one's list begins; empty: with none."""

    area: Area
    view_id: Id | None = None


@router.get("")
def views(
    asking: Annotated[Asking, may(Verb.BE_ONESELF)],
    area: Annotated[
        str, Query(min_length=1, max_length=AREA_CHARS_MAX, description="the list: cameras, work ...")
    ],
) -> Views:
    """The views of a list: one's own, and those shared with a part of the organisation that one sees."""
    with asking.home.store.read() as connection:
        found = rows_views.views(connection, _scope(asking), asking.person.account_id, area)
    return Views(rows=[_row(each) for each in found])


@router.post("", status_code=201)
def keep(asking: Annotated[Asking, may(Verb.BE_ONESELF)], wanted: ViewWanted) -> ViewKept:
    """Keep the filters of a list under a name; what the name stood for before is replaced."""
    new = NewView(
        wanted.area,
        wanted.name,
        wanted.query,
        wanted.is_shared,
        None if wanted.unit_id is None else UnitId(wanted.unit_id),
    )
    scope, owner = _scope(asking), asking.person.account_id
    number = asking.home.store.write(
        lambda c: rows_views.keep(c, scope, owner, new, actor=asking.actor, now_s=asking.now_s)
    )
    return ViewKept(view_id=number)


@router.put("/default", status_code=204)
def set_default(asking: Annotated[Asking, may(Verb.BE_ONESELF)], wanted: DefaultWanted) -> None:
    """Begin one's own list with a view, or with none."""
    scope, reader = _scope(asking), asking.person.account_id
    view_id = None if wanted.view_id is None else ViewId(wanted.view_id)
    asking.home.store.write(
        lambda c: rows_views.set_default(c, scope, reader, wanted.area, view_id, actor=asking.actor)
    )


@router.delete("/{view_id}", status_code=204)
def drop(asking: Annotated[Asking, may(Verb.BE_ONESELF)], view_id: Number) -> None:
    """Forget one of one's own."""
    owner = asking.person.account_id
    asking.home.store.write(lambda c: rows_views.drop(c, owner, ViewId(view_id), actor=asking.actor))


def _scope(asking: Asking) -> Scope:
    """What the person sees: with whose lists views are shared."""
    return scope_for(asking.person, Verb.SEE, asking.now_s)


def _row(view: View) -> ViewRow:
    return ViewRow(
        view_id=view.view_id,
        name=view.name,
        query=view.query,
        is_shared=view.is_shared,
        unit_id=view.unit_id,
        owner=view.owner,
        is_mine=view.is_mine,
        is_default=view.is_default,
    )
