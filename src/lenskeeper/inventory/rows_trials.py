"""Points on trial: handed over with a batch and accepted by nobody yet. They are looked at and count in no figure."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select, update

from lenskeeper.audit import rows as audit
from lenskeeper.base.access import ActorId
from lenskeeper.base.errors import Conflict
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_present import ids_in, slices
from lenskeeper.inventory.rows_sources import note
from lenskeeper.inventory.schema import point, trial


def on_trial(connection: Connection, point_ids: Sequence[PointId]) -> frozenset[PointId]:
    """Those of the points that are on trial now."""
    found: set[PointId] = set()
    for piece in slices(ids_in(point_ids)):
        query = select(trial.c.point_id).where(trial.c.point_id.in_(piece))
        found |= {PointId(each) for each in connection.execute(query).scalars()}
    return frozenset(found)


def begin_trial(
    connection: Connection,
    point_ids: Sequence[PointId],
    *,
    actor: ActorId,  # noqa: ARG001  whoever begins the batch enters the act
    now_s: int,
) -> None:
    """Put points on trial; those that are on trial stay so. The caller derives their exclusions again."""
    already = on_trial(connection, point_ids)
    rows = [{"point_id": each, "since_s": now_s} for each in ids_in(point_ids) if each not in already]
    if rows:
        connection.execute(insert(trial), rows)


def end_trial(
    connection: Connection,
    point_ids: Sequence[PointId],
    *,
    actor: ActorId,  # noqa: ARG001  whoever drops the batch enters the act
) -> None:
    """Let points count again as their dates of service say. The caller derives their exclusions again."""
    for piece in slices(ids_in(point_ids)):
        connection.execute(delete(trial).where(trial.c.point_id.in_(piece)))


def start_service(
    connection: Connection, point_ids: Sequence[PointId], *, from_s: int, actor: ActorId, now_s: int
) -> None:
    """Let points serve from an instant on: their trial is over, and no later sheet dates their service otherwise.

    Conflict: one was retired meanwhile. The caller derives their exclusions again.
    """
    for piece in slices(ids_in(point_ids)):
        retired = select(point.c.name).where(point.c.id.in_(piece), point.c.in_service_to_s <= from_s)
        if (name := connection.execute(retired).scalars().first()) is not None:
            raise Conflict(f"{name} was retired meanwhile: leave it out")
        connection.execute(
            update(point)
            .where(point.c.id.in_(piece))
            .values(in_service_from_s=from_s, revision=point.c.revision + 1)
        )
    end_trial(connection, point_ids, actor=actor)
    for each in ids_in(point_ids):
        note(connection, PointId(each), ["in_service_from"], source="hand", actor=actor, now_s=now_s)
        audit.append(
            connection, actor=actor, at_s=now_s, act="point.serve", subject=f"point:{each}",
            detail={"from_s": from_s},
        )  # fmt: skip
