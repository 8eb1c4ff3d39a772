"""Pieces of statements that several files of the register share: what stands at an instant, and much at once."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, Connection, FromClause, Row, Table, and_, bindparam, or_, select, update

from lenskeeper.base.access import Scope
from lenskeeper.base.errors import NotFound
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_seen import seen
from lenskeeper.inventory.schema import credential, device, installation, membership, point

ROWS_AT_ONCE: Final = (
    200  # of one statement: a point has some fifty values, and PostgreSQL plans 500 x 50 no quicker
)

T = TypeVar("T")


def slices(items: Sequence[T], length: int = ROWS_AT_ONCE) -> Iterator[Sequence[T]]:
    """A long list in pieces that one statement can take."""
    for begin in range(0, len(items), length):
        yield items[begin : begin + length]


def standing(from_s: ColumnElement[Any], to_s: ColumnElement[Any], at_s: int) -> ColumnElement[bool]:
    """The condition that [from_s, to_s) covers an instant; an empty to_s is for ever."""
    return and_(from_s <= at_s, or_(to_s.is_(None), to_s > at_s))


def with_unit(at_s: int) -> FromClause:
    """Points with the unit they belong to at an instant, or without one."""
    here = standing(membership.c.from_s, membership.c.to_s, at_s)
    return point.outerjoin(membership, and_(membership.c.point_id == point.c.id, here))


def with_device(at_s: int) -> FromClause:
    """Points with their unit, the device that hangs there at an instant, and its login's name."""
    here = standing(installation.c.from_s, installation.c.to_s, at_s)
    return (
        with_unit(at_s)
        .outerjoin(installation, and_(installation.c.point_id == point.c.id, here))
        .outerjoin(device, device.c.id == installation.c.device_id)
        .outerjoin(credential, credential.c.id == installation.c.credential_id)
    )


def visible(scope: Scope, at_s: int) -> ColumnElement[bool]:
    """The condition that a point of `with_unit` at that instant may be seen and was not withdrawn."""
    return and_(point.c.withdrawn_s.is_(None), seen(scope, point.c.id, membership.c.unit_id, at_s))


def point_row(connection: Connection, point_id: PointId) -> Row[Any]:
    """The bare row, for whoever changes it. NotFound: there is none, or its import was undone."""
    row = connection.execute(
        select(point).where(point.c.id == point_id, point.c.withdrawn_s.is_(None))
    ).one_or_none()
    if row is None:
        raise NotFound(f"there is no point {point_id}")
    return row


def seen_point(connection: Connection, scope: Scope, point_id: PointId, at_s: int) -> None:
    """NotFound: there is no such point, or it may not be seen."""
    query = (
        select(point.c.id).select_from(with_unit(at_s)).where(point.c.id == point_id, visible(scope, at_s))
    )
    if connection.execute(query).one_or_none() is None:
        raise NotFound(f"there is no point {point_id}")


def ids_in(items: Iterable[int]) -> list[int]:
    """Ids once each, in order: what a slice of a query is cut from."""
    return sorted(set(items))


def write_values(
    connection: Connection, table: Table, pairs: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]
) -> None:
    """Change rows by key, (key, values) each: one statement for all rows that change the same columns."""
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for key, values in pairs:
        if values:
            bound = {f"k_{name}": value for name, value in key.items()}
            groups.setdefault(tuple(values), []).append(bound | {f"v_{n}": v for n, v in values.items()})
    keys = list(pairs[0][0]) if pairs else []
    for names, rows in groups.items():
        here = and_(*(table.c[name] == bindparam(f"k_{name}") for name in keys))
        statement = update(table).where(here).values({name: bindparam(f"v_{name}") for name in names})
        connection.execute(statement, rows)
