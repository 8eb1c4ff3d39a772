"""Sheets that were committed, and their faulty rows, kept until each department has corrected its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, insert, select, update

from lenskeeper.base.access import ActorId, Scope
from lenskeeper.base.errors import Invalid, NotFound
from lenskeeper.inventory.checking import ParkedRow
from lenskeeper.inventory.faults import RowFault
from lenskeeper.inventory.ids import BatchId, PointId
from lenskeeper.inventory.rows_present import slices
from lenskeeper.inventory.schema import import_batch, import_change, import_parked

PARKED_MAX: Final = 200_000  # ten of the largest sheets we know


@dataclass(frozen=True, slots=True)
class Batch:
    """One sheet that was committed, or one edit of many points by hand (kind). undone_s: when it was taken back whole; None while any of it stands."""

    batch_id: BatchId
    at_s: int
    actor: ActorId
    source: str
    kind: str
    sha256: str
    crs: str
    on_duplicate: str
    created_count: int
    updated_count: int
    parked_count: int
    undone_s: int | None


def open_batch(
    connection: Connection,
    *,
    source: str,
    kind: str = "sheet",
    sha256: str = "",
    crs: str = "",
    actor: ActorId,
    now_s: int,
) -> BatchId:
    """Begin an import. source: the file's name; sha256: of its bytes; crs: as the operator declared it.

    kind: sheet, or edit; the source of an edit is why it is made.
    """
    made = connection.execute(
        insert(import_batch)
        .values(at_s=now_s, actor=actor, source=source, kind=kind, sha256=sha256, crs=crs)
        .returning(import_batch.c.id)
    ).scalar_one()
    return BatchId(made)


def park(connection: Connection, batch_id: BatchId, rows: Sequence[ParkedRow], *, actor: ActorId) -> None:
    """Keep the faulty rows of a sheet, so that each department gets its own error workbook."""
    assert actor, "every write has an actor"
    batch(connection, batch_id)
    if len(rows) > PARKED_MAX:
        raise Invalid(f"more than {PARKED_MAX} faulty rows: the sheet is read wrongly", field="rows")
    values = [
        {
            "batch_id": batch_id,
            "row_number": row.row,
            "department": row.department,
            "cells": msgspec.json.encode(row.cells).decode(),
            "faults": msgspec.json.encode(row.faults).decode(),
        }
        for row in rows
    ]
    for piece in slices(values):
        connection.execute(insert(import_parked), piece)
    connection.execute(
        update(import_batch).where(import_batch.c.id == batch_id).values(parked_count=len(rows))
    )


def parked(connection: Connection, scope: Scope, batch_id: BatchId) -> list[ParkedRow]:
    """The faulty rows of an import, in their order; dates among the cells come as text.

    A row that could not be read belongs to no unit for certain: only Scope.ALL sees any.
    """
    if scope.units is not None:
        return []
    rows = connection.execute(
        select(import_parked).where(import_parked.c.batch_id == batch_id).order_by(import_parked.c.row_number)
    )
    return [
        ParkedRow(
            row=row.row_number,
            department=row.department,
            cells=msgspec.json.decode(row.cells, type=dict[str, Any]),
            faults=msgspec.json.decode(row.faults, type=tuple[RowFault, ...]),
        )
        for row in rows
    ]


def points_of(connection: Connection, batch_id: BatchId) -> list[PointId]:
    """The points that an import made or changed, as far as it was not taken back."""
    query = select(import_change.c.point_id).where(
        import_change.c.batch_id == batch_id, import_change.c.undone_s.is_(None)
    )
    return [PointId(each) for each in connection.execute(query).scalars()]


def batch(connection: Connection, batch_id: BatchId) -> Batch:
    """One import. NotFound: there is none."""
    row = connection.execute(select(import_batch).where(import_batch.c.id == batch_id)).one_or_none()
    if row is None:
        raise NotFound(f"there is no import {batch_id}")
    return _batch(row)


def batches(connection: Connection, scope: Scope, *, limit: int = 100) -> list[Batch]:
    """The last imports, newest first. A sheet is of many units: only Scope.ALL sees any."""
    if scope.units is not None:
        return []
    rows = connection.execute(select(import_batch).order_by(import_batch.c.id.desc()).limit(limit))
    return [_batch(row) for row in rows]


def edits_by(connection: Connection, actor: ActorId, *, limit: int = 100) -> list[Batch]:
    """The last edits that somebody made, newest first."""
    mine = (import_batch.c.kind == "edit", import_batch.c.actor == actor)
    rows = connection.execute(
        select(import_batch).where(*mine).order_by(import_batch.c.id.desc()).limit(limit)
    )
    return [_batch(row) for row in rows]


def _batch(row: Row[Any]) -> Batch:
    kept = {**row._mapping, "batch_id": BatchId(row.id)}
    del kept["id"]
    return Batch(**kept)
