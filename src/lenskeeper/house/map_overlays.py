"""Areas over the map: loaded, shared and removed, each with its audit entry."""

from sqlalchemy import Connection

from lenskeeper.audit.rows import append
from lenskeeper.base.access import ActorId
from lenskeeper.base.errors import Invalid
from lenskeeper.house.home import Home
from lenskeeper.reporting import rows_overlays
from lenskeeper.reporting.overlays import NAME_CHARS_MAX, read_overlay


def load_overlay(home: Home, name: str, data: bytes, crs: str, *, actor: ActorId) -> int:
    """Keep the areas of a file for whoever loads it. Invalid, Conflict: as what it calls; Invalid: no name."""
    named = name.strip()
    if not 0 < len(named) <= NAME_CHARS_MAX:
        raise Invalid(f"give the areas a name of at most {NAME_CHARS_MAX} characters", field="name")
    shapes = read_overlay(data, crs).decode()
    now_s = home.now_s()

    def work(connection: Connection) -> int:
        made = rows_overlays.add_overlay(connection, named, shapes, actor=actor, now_s=now_s)
        _enter(connection, "map.load_areas", made, named, actor=actor, now_s=now_s)
        return made

    return home.store.write(work, durable=True)


def share_overlay(home: Home, overlay_id: int, *, actor: ActorId) -> None:
    """Show one's own to everybody. NotFound."""
    now_s = home.now_s()

    def work(connection: Connection) -> None:
        name = rows_overlays.share_overlay(connection, overlay_id, actor=actor)
        _enter(connection, "map.share_areas", overlay_id, name, actor=actor, now_s=now_s)

    home.store.write(work, durable=True)


def remove_overlay(home: Home, overlay_id: int, *, actor: ActorId) -> None:
    """Remove one's own. NotFound."""
    now_s = home.now_s()

    def work(connection: Connection) -> None:
        name = rows_overlays.remove_overlay(connection, overlay_id, actor=actor)
        _enter(connection, "map.remove_areas", overlay_id, name, actor=actor, now_s=now_s)

    home.store.write(work, durable=True)


def _enter(
    connection: Connection, act: str, overlay_id: int, name: str, *, actor: ActorId, now_s: int
) -> None:
    append(connection, actor=actor, at_s=now_s, act=act, subject=f"areas:{overlay_id}", detail={"name": name})
