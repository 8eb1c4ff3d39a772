"""Saved views: the query of a list's address under a name, one's own or shared with a part of the organisation."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, or_, select
from sqlalchemy.exc import IntegrityError

from lenskeeper.accounts.ids import AccountId, ViewId
from lenskeeper.accounts.schema import account, saved_view, saved_view_default
from lenskeeper.base.access import ActorId, Scope
from lenskeeper.base.errors import Conflict, Invalid, NotAllowed, NotFound
from lenskeeper.units.ids import UnitId
from lenskeeper.units.rows import within
from lenskeeper.units.schema import unit_closure

VIEWS_MAX: Final = 100  # of one person
NAME_CHARS_MAX: Final = 60
QUERY_CHARS_MAX: Final = 2_000
AREA_CHARS_MAX: Final = 40


@dataclass(frozen=True, slots=True)
class NewView:
    """A view to be kept. unit_id: with whom it is shared; None, if shared: with all who are signed in."""

    area: str
    name: str
    query: str
    is_shared: bool = False
    unit_id: UnitId | None = None


@dataclass(frozen=True, slots=True)
class View:
    """A view as a reader sees it. owner: the name on screens; is_default: this reader's list begins with it."""

    view_id: ViewId
    area: str
    name: str
    query: str
    is_shared: bool
    unit_id: UnitId | None
    owner: str
    is_mine: bool
    is_default: bool


def views(connection: Connection, scope: Scope, reader: AccountId, area: str) -> list[View]:
    """The views of an area that somebody may read: one's own first, by name."""
    v, d = saved_view.c, saved_view_default.c
    default = and_(d.account_id == reader, d.area == area, d.view_id == v.id)
    found = connection.execute(
        select(saved_view, account.c.shown, d.view_id.label("default_id"))
        .join(account, account.c.id == v.account_id)
        .outerjoin(saved_view_default, default)
        .where(v.area == area, _readable(scope, reader))
        .order_by(v.account_id != reader, v.name, v.id)
    )
    return [
        View(
            ViewId(row.id),
            row.area,
            row.name,
            row.query,
            bool(row.is_shared),
            None if row.unit_id is None else UnitId(row.unit_id),
            row.shown,
            row.account_id == reader,
            row.default_id is not None,
        )
        for row in found
    ]


def keep(
    connection: Connection, scope: Scope, owner: AccountId, new: NewView, *, actor: ActorId, now_s: int
) -> ViewId:
    """Keep a view under a name; what the name stood for before is replaced.

    Invalid: a name, an area or a query that is empty or too long. NotAllowed: to share with a part that the owner does
    not see as a whole. Conflict: too many.
    """
    _check(new)
    if new.is_shared:
        _may_share(connection, scope, new.unit_id)
    v = saved_view.c
    mine = and_(v.account_id == owner, v.area == new.area, v.name == new.name.strip())
    is_default = select(saved_view_default.c.view_id).join(saved_view, v.id == saved_view_default.c.view_id)
    was_default = connection.execute(is_default.where(mine, saved_view_default.c.account_id == owner)).first()
    connection.execute(
        delete(saved_view_default).where(saved_view_default.c.view_id.in_(select(v.id).where(mine)))
    )
    connection.execute(delete(saved_view).where(mine))
    held = connection.execute(
        select(func.count()).select_from(saved_view).where(v.account_id == owner)
    ).scalar_one()
    if held >= VIEWS_MAX:
        raise Conflict(f"you keep {VIEWS_MAX} views: drop one first")
    values = {
        "account_id": owner,
        "area": new.area,
        "name": new.name.strip(),
        "query": new.query,
        "is_shared": int(new.is_shared),
        "unit_id": new.unit_id if new.is_shared else None,
        "made_s": now_s,
    }
    made = ViewId(connection.execute(insert(saved_view).values(**values).returning(v.id)).scalar_one())
    if was_default is not None:
        set_default(connection, scope, owner, new.area, made, actor=actor)
    return made


def drop(
    connection: Connection,
    owner: AccountId,
    view_id: ViewId,
    *,
    actor: ActorId,  # noqa: ARG001  one's own, and no act upon anybody
) -> None:
    """Forget one of one's own. NotFound."""
    v = saved_view.c
    mine = select(v.id).where(v.id == view_id, v.account_id == owner)
    if connection.execute(mine).first() is None:
        raise NotFound("you keep no such view")
    connection.execute(delete(saved_view_default).where(saved_view_default.c.view_id == view_id))
    connection.execute(delete(saved_view).where(v.id == view_id, v.account_id == owner))


def set_default(
    connection: Connection,
    scope: Scope,
    reader: AccountId,
    area: str,
    view_id: ViewId | None,
    *,
    actor: ActorId,  # noqa: ARG001  one's own, and no act upon anybody
) -> None:
    """Begin a list with a view that one may read; None: with no view. NotFound."""
    d = saved_view_default.c
    connection.execute(delete(saved_view_default).where(d.account_id == reader, d.area == area))
    if view_id is None:
        return
    v = saved_view.c
    known = select(v.id).where(v.id == view_id, v.area == area, _readable(scope, reader))
    if connection.execute(known).first() is None:
        raise NotFound("there is no such view of this list")
    try:
        connection.execute(insert(saved_view_default).values(account_id=reader, area=area, view_id=view_id))
    except IntegrityError:
        raise Conflict("it was set at this moment elsewhere: look again") from None


def _readable(scope: Scope, reader: AccountId) -> ColumnElement[bool]:
    """One's own; and what is shared with all, with a part that one sees, or with a whole that one sees a part of."""
    v = saved_view.c
    shared: list[ColumnElement[bool]] = [v.unit_id.is_(None), within(scope, v.unit_id)]
    if scope.units:
        c = unit_closure.alias().c
        shared.append(v.unit_id.in_(select(c.ancestor_id).where(c.descendant_id.in_(sorted(scope.units)))))
    return or_(v.account_id == reader, and_(v.is_shared == 1, or_(*shared)))


def _may_share(connection: Connection, scope: Scope, unit_id: UnitId | None) -> None:
    if scope.units is None:
        return
    if unit_id is None:
        raise NotAllowed("share it with a unit that you see: with everybody only whoever sees everything may")
    c: Any = unit_closure.c
    if (
        connection.execute(
            select(c.ancestor_id).where(c.descendant_id == unit_id, within(scope, c.descendant_id))
        ).first()
        is None
    ):
        raise NotFound("there is no such unit")


def _check(new: NewView) -> None:
    if not new.name.strip() or len(new.name) > NAME_CHARS_MAX:
        raise Invalid(f"give the view a name of at most {NAME_CHARS_MAX} characters", field="name")
    if not new.area or len(new.area) > AREA_CHARS_MAX:
        raise Invalid("name the list that it is a view of", field="area")
    if len(new.query) > QUERY_CHARS_MAX:
        raise Invalid(
            f"these filters are longer than {QUERY_CHARS_MAX} characters: choose fewer", field="query"
        )
