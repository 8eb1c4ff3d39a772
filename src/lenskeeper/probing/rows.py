"""Reading and writing what the rounds remember. One transaction of the caller's; nothing is committed here."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

from sqlalchemy import Connection, Table, delete, select

from lenskeeper.base.access import ActorId, Scope
from lenskeeper.base.errors import NotAllowed
from lenskeeper.inventory.ids import PointId
from lenskeeper.probing.errands import Stream
from lenskeeper.probing.memory import Changes, LoginRecord, Payer, Remembered, RouteRecord, UsedRecord
from lenskeeper.probing.schema import learnt_route, login, used_bytes
from lenskeeper.store.statements import insert_into

ROWS_AT_ONCE: Final = 500


def remembered(connection: Connection, scope: Scope, *, month: int = 0) -> Remembered:
    """All that was written down. month: only bytes of that month and later. NotAllowed: it is no unit's to read in part."""
    if scope.units is not None:
        raise NotAllowed("what the rounds remember spans all units: ask with the right to all of them")
    return Remembered(
        logins=tuple(
            LoginRecord(
                row.host, row.account, bool(row.has_worked), row.refused_since_s, row.refusals, row.last_try_s
            )
            for row in connection.execute(select(login))
        ),
        routes=tuple(
            RouteRecord(
                PointId(row.point_id),
                Stream(row.stream),
                row.received_bytes,
                row.cost_ms,
                row.first_frame_ms,
                row.failures,
                row.last_s,
            )
            for row in connection.execute(select(learnt_route))
        ),
        used=tuple(
            UsedRecord(Payer(row.payer), row.subject, row.month, row.used_bytes)
            for row in connection.execute(select(used_bytes).where(used_bytes.c.month >= month))
        ),
    )


def save(connection: Connection, changes: Changes, *, actor: ActorId) -> None:  # noqa: ARG001  the rounds', always
    """Write down what has changed; a row that is there already is overwritten."""
    _upsert(connection, login, [asdict(r) | {"has_worked": int(r.has_worked)} for r in changes.logins])
    _upsert(connection, learnt_route, [asdict(r) | {"stream": int(r.stream)} for r in changes.routes])
    _upsert(connection, used_bytes, [asdict(r) | {"payer": r.payer.value} for r in changes.used])


def forget(connection: Connection, *, before_month: int, actor: ActorId) -> None:  # noqa: ARG001
    """Drop the bytes of months before `before_month`."""
    connection.execute(delete(used_bytes).where(used_bytes.c.month < before_month))


def _upsert(connection: Connection, into: Table, rows: Sequence[dict[str, Any]]) -> None:
    if not rows:
        return
    key = [column.name for column in into.primary_key]
    statement = insert_into(connection, into)
    values = {
        column.name: statement.excluded[column.name] for column in into.columns if column.name not in key
    }
    statement = statement.on_conflict_do_update(index_elements=key, set_=values)
    for at in range(0, len(rows), ROWS_AT_ONCE):
        connection.execute(statement, rows[at : at + ROWS_AT_ONCE])
