"""Areas over the map in the database: one's own and those that are shared."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Connection, delete, func, insert, or_, select, update

from lenskeeper.base.access import ActorId
from lenskeeper.base.errors import Conflict, NotFound
from lenskeeper.reporting.schema import map_overlay

OWN_MAX: Final = 20  # of one person: each is drawn at once


@dataclass(frozen=True, slots=True)
class Overlay:
    """A set of areas without their shapes. is_own: the asker loaded it."""

    overlay_id: int
    name: str
    is_shared: bool
    is_own: bool
    at_s: int


def overlays(connection: Connection, actor: ActorId) -> list[Overlay]:
    """What somebody may draw over his map, by name."""
    c = map_overlay.c
    query = select(c.id, c.name, c.is_shared, c.actor, c.at_s).where(_seen(actor)).order_by(c.name, c.id)
    return [
        Overlay(r.id, r.name, bool(r.is_shared), r.actor == actor, r.at_s) for r in connection.execute(query)
    ]


def shapes_of(connection: Connection, overlay_id: int, actor: ActorId) -> str:
    """The GeoJSON of one. NotFound: there is none, or it is another's own."""
    c = map_overlay.c
    found = connection.execute(select(c.shapes).where(c.id == overlay_id, _seen(actor))).scalar_one_or_none()
    if found is None:
        raise NotFound(f"there are no areas {overlay_id}")
    return str(found)


def add_overlay(connection: Connection, name: str, shapes: str, *, actor: ActorId, now_s: int) -> int:
    """Keep one, for its loader alone. Conflict: he has OWN_MAX."""
    c = map_overlay.c
    have = connection.execute(select(func.count()).where(c.actor == actor)).scalar_one()
    if have >= OWN_MAX:
        raise Conflict(f"you have {OWN_MAX} sets of areas: remove one first")
    values = {"name": name, "actor": actor, "is_shared": 0, "at_s": now_s, "shapes": shapes}
    return int(connection.execute(insert(map_overlay).values(values).returning(c.id)).scalar_one())


def share_overlay(connection: Connection, overlay_id: int, *, actor: ActorId) -> str:
    """Show one's own to everybody; its name. NotFound: it is not the actor's."""
    c = map_overlay.c
    own = update(map_overlay).where(c.id == overlay_id, c.actor == actor).values(is_shared=1)
    name = connection.execute(own.returning(c.name)).scalar_one_or_none()
    if name is None:
        raise NotFound(f"you have no areas {overlay_id}")
    return str(name)


def remove_overlay(connection: Connection, overlay_id: int, *, actor: ActorId) -> str:
    """Remove one's own; its name. NotFound: it is not the actor's."""
    c = map_overlay.c
    own = delete(map_overlay).where(c.id == overlay_id, c.actor == actor)
    name = connection.execute(own.returning(c.name)).scalar_one_or_none()
    if name is None:
        raise NotFound(f"you have no areas {overlay_id}")
    return str(name)


def _seen(actor: ActorId) -> ColumnElement[bool]:
    return or_(map_overlay.c.actor == actor, map_overlay.c.is_shared == 1)
