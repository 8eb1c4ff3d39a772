"""Which values were corrected by a hand or by the device itself, so that no later sheet overwrites them."""

from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection, delete

from lenskeeper.audit import rows as audit
from lenskeeper.base.access import ActorId
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.schema import field_source
from lenskeeper.store.statements import insert_into

SOURCES: Final = ("hand", "device")


def note(
    connection: Connection,
    point_id: PointId,
    names: Iterable[str],
    *,
    source: str,
    actor: ActorId,
    now_s: int,
) -> None:
    """Say that these values of a point, by their names in CameraFile, were corrected."""
    assert source in SOURCES, source
    said = {"source": source, "at_s": now_s, "actor": actor}
    for name in names:
        connection.execute(
            insert_into(connection, field_source)
            .values(point_id=point_id, field=name, **said)
            .on_conflict_do_update(index_elements=["point_id", "field"], set_=said)
        )


def release(
    connection: Connection, point_id: PointId, names: Iterable[str], *, actor: ActorId, now_s: int
) -> None:
    """Let sheets have their say again on these values of a point."""
    chosen = sorted(names)
    connection.execute(
        delete(field_source).where(field_source.c.point_id == point_id, field_source.c.field.in_(chosen))
    )
    audit.append(
        connection, actor=actor, at_s=now_s, act="point.release", subject=f"point:{point_id}",
        detail={"fields": chosen},
    )  # fmt: skip
