"""An inherited fleet taken over, unit by unit: from when its cameras are ours to keep, and which were dead by then.

Until a unit is accepted its cameras are looked at and nobody is told. What was faulty at acceptance becomes backlog
with an agreed day, and not 2,000 tickets.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, and_, exists, select, update

from lenskeeper.audit import rows as audit
from lenskeeper.base.access import ActorId, Scope
from lenskeeper.base.days import day_span
from lenskeeper.base.errors import Conflict, Invalid, NotFound
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_present import slices, with_unit
from lenskeeper.inventory.schema import acceptance, backlog, membership, point, trial
from lenskeeper.store.statements import insert_into
from lenskeeper.units.ids import UnitId
from lenskeeper.units.rows import below, within
from lenskeeper.units.schema import unit

NAMED_MAX: Final = 1_000  # points that one entry of the audit log names


@dataclass(frozen=True, slots=True)
class Inherited:
    """A point that was faulty when its unit was accepted. bucket: the survey's word for how (long dead, busy).

    agreed_day: local day, since 1970-01-01, by which it shall work; None: not agreed yet.
    """

    point_id: PointId
    bucket: str
    agreed_day: int | None = None


@dataclass(frozen=True, slots=True)
class Acceptance:
    """From when the cameras of a unit are ours to keep, who said so, and by which document."""

    unit_id: UnitId
    from_s: int
    at_s: int
    actor: ActorId
    document: str


@dataclass(frozen=True, slots=True)
class Owed:
    """A row of the backlog. name: of the point. closed_s None: still to be done."""

    point_id: PointId
    name: str
    unit_id: UnitId
    bucket: str
    found_s: int
    agreed_day: int | None
    closed_s: int | None
    closed_because: str


def accept(
    connection: Connection,
    unit_id: UnitId,
    *,
    from_day: int,
    document: str,
    faulty: Sequence[Inherited] = (),
    actor: ActorId,
    now_s: int,
) -> Acceptance:
    """Accept a unit and all below it from a local day on (days since 1970-01-01); faulty points become backlog.

    Units below that were accepted before keep their date; a unit set up later is accepted by itself (schema.py).
    NotFound: no such unit. Conflict: it is accepted already. Invalid: no document, or a point of another unit.
    """
    row = connection.execute(select(unit).where(unit.c.id == unit_id)).one_or_none()
    if row is None:
        raise NotFound(f"there is no unit {unit_id}")
    if not document.strip():
        raise Invalid("name the document that it is accepted by", field="document")
    if connection.execute(select(acceptance).where(acceptance.c.unit_id == unit_id)).first() is not None:
        raise Conflict(f"{row.name} is accepted already")
    made = Acceptance(unit_id, day_span(from_day, row.tz)[0], now_s, actor, document)
    values = {"from_s": made.from_s, "at_s": now_s, "actor": actor, "document": document}
    for piece in slices(
        list(connection.execute(select(unit.c.id).where(below(unit_id, unit.c.id))).scalars())
    ):
        entered = insert_into(connection, acceptance).values([{"unit_id": each, **values} for each in piece])
        connection.execute(entered.on_conflict_do_nothing())
    _enter_backlog(connection, unit_id, faulty, now_s)
    detail = {"from_s": made.from_s, "document": document, "backlog": len(faulty)}
    audit.append(
        connection, actor=actor, at_s=now_s, act="unit.accept", subject=f"unit:{unit_id}", detail=detail
    )
    return made


def accepted_at(connection: Connection, point_ids: Sequence[PointId], at_s: int) -> frozenset[PointId]:
    """Those of the points whose unit, at that instant, was accepted by then, and that are not on trial now."""
    found: set[PointId] = set()
    for piece in slices(point_ids):
        query = (
            select(point.c.id)
            .select_from(with_unit(at_s).join(acceptance, acceptance.c.unit_id == membership.c.unit_id))
            .where(point.c.id.in_(piece), acceptance.c.from_s <= at_s)
            .where(~exists().where(trial.c.point_id == point.c.id))
        )
        found |= {PointId(each) for each in connection.execute(query).scalars()}
    return frozenset(found)


def acceptances(connection: Connection, scope: Scope) -> list[Acceptance]:
    """Every acceptance that may be seen, by unit."""
    query = select(acceptance).where(within(scope, acceptance.c.unit_id)).order_by(acceptance.c.unit_id)
    return [
        Acceptance(UnitId(row.unit_id), row.from_s, row.at_s, ActorId(row.actor), row.document)
        for row in connection.execute(query)
    ]


def owed(connection: Connection, scope: Scope, *, still_open: bool = True) -> list[Owed]:
    """The backlog as far as it may be seen, the earliest agreed day first, what has none last."""
    query = select(backlog, point.c.name).join(point, point.c.id == backlog.c.point_id)
    query = query.where(within(scope, backlog.c.unit_id))
    if still_open:
        query = query.where(backlog.c.closed_s.is_(None))
    rows = connection.execute(
        query.order_by(backlog.c.agreed_day.is_(None), backlog.c.agreed_day, backlog.c.point_id)
    )
    return [_owed(row) for row in rows]


def agree(
    connection: Connection, point_ids: Sequence[PointId], agreed_day: int, *, actor: ActorId, now_s: int
) -> int:
    """Agree on the local day by which inherited faults shall be gone. Gives how many of them are open."""
    changed = 0
    for piece in slices(point_ids):
        here = and_(backlog.c.point_id.in_(piece), backlog.c.closed_s.is_(None))
        changed += connection.execute(update(backlog).where(here).values(agreed_day=agreed_day)).rowcount
    detail = {"points": changed, "agreed_day": agreed_day}
    audit.append(connection, actor=actor, at_s=now_s, act="backlog.agree", subject="backlog", detail=detail)
    return changed


def close(
    connection: Connection, point_ids: Sequence[PointId], because: str, *, actor: ActorId, now_s: int
) -> int:
    """Close inherited faults: repaired, retired, not ours. Gives how many were open."""
    if not because.strip():
        raise Invalid("say why it is closed", field="because")
    closed = 0
    for piece in slices(point_ids):
        here = and_(backlog.c.point_id.in_(piece), backlog.c.closed_s.is_(None))
        values = {"closed_s": now_s, "closed_because": because}
        closed += connection.execute(update(backlog).where(here).values(**values)).rowcount
    if closed:
        detail = {"points": closed, "ids": sorted(point_ids)[:NAMED_MAX], "because": because}
        audit.append(
            connection, actor=actor, at_s=now_s, act="backlog.close", subject="backlog", detail=detail
        )
    return closed


def _enter_backlog(connection: Connection, unit_id: UnitId, faulty: Sequence[Inherited], now_s: int) -> None:
    """A point that is in the backlog of an earlier acceptance stays as it is there."""
    homes: dict[int, int] = {}
    for piece in slices([each.point_id for each in faulty]):
        query = select(point.c.id, membership.c.unit_id).select_from(with_unit(now_s))
        for row in connection.execute(
            query.where(point.c.id.in_(piece), below(unit_id, membership.c.unit_id))
        ):
            homes[row.id] = row.unit_id
    if strange := [each.point_id for each in faulty if each.point_id not in homes]:
        raise Invalid(
            f"point {strange[0]} does not belong to this unit: take it out of the list", field="faulty"
        )
    rows = [
        {
            "point_id": each.point_id,
            "unit_id": homes[each.point_id],
            "bucket": each.bucket,
            "found_s": now_s,
            "agreed_day": each.agreed_day,
        }
        for each in faulty
    ]
    for slice_ in slices(rows):
        connection.execute(insert_into(connection, backlog).values(list(slice_)).on_conflict_do_nothing())


def _owed(row: Row[Any]) -> Owed:
    return Owed(
        PointId(row.point_id),
        row.name,
        UnitId(row.unit_id),
        row.bucket,
        row.found_s,
        row.agreed_day,
        row.closed_s,
        row.closed_because,
    )
