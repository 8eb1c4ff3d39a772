"""Which values were corrected by a hand or by the device itself, so that no later sheet overwrites them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from lenskeeper.audit import rows as audit
from lenskeeper.base.access import ActorId
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_present import slices
from lenskeeper.inventory.schema import field_source
from lenskeeper.store.statements import insert_into

SOURCES: Final = ("hand", "device")

Said = tuple[str, int, str] | None
"""Who corrected a value: source, instant, actor; None: nobody did."""


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


def sources(
    connection: Connection, point_ids: Sequence[PointId], names: Sequence[str]
) -> dict[PointId, dict[str, Said]]:
    """Who corrected which of these values; None where nobody did."""
    found: dict[PointId, dict[str, Said]] = {each: dict.fromkeys(names) for each in point_ids}
    for piece in slices(point_ids):
        query = select(field_source).where(
            field_source.c.point_id.in_(piece), field_source.c.field.in_(names)
        )
        for row in connection.execute(query):
            found[PointId(row.point_id)][row.field] = (row.source, row.at_s, row.actor)
    return found


def restore(connection: Connection, point_id: PointId, said: Mapping[str, Said]) -> None:
    """Who corrected these values becomes what `sources` gave."""
    mine = field_source.c.point_id == point_id
    for name, before in said.items():
        connection.execute(delete(field_source).where(mine, field_source.c.field == name))
        if before is not None:
            source, at_s, actor = before
            values = {"point_id": point_id, "field": name, "source": source, "at_s": at_s, "actor": actor}
            connection.execute(insert(field_source).values(**values))


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
