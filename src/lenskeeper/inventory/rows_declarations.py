"""What many points are for, declared at once on the ground of a numbered document (charter clauses 6 and 9)."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, and_, func, insert, select, update

from lenskeeper.audit import rows as audit
from lenskeeper.base.access import ActorId, Scope
from lenskeeper.base.errors import Invalid, NotFound
from lenskeeper.inventory import cells, filing, place_kinds
from lenskeeper.inventory.faults import Fault
from lenskeeper.inventory.ids import DeclarationId, PointId
from lenskeeper.inventory.rows_present import seen_point, slices, visible, with_unit
from lenskeeper.inventory.schema import declaration, declaration_point, membership, point
from lenskeeper.units.ids import UnitId
from lenskeeper.units.rows import below, within
from lenskeeper.units.schema import unit


@dataclass(frozen=True, slots=True)
class Declared:
    """What is declared; an empty value leaves on each point what stands there.

    owner_department: the office that owns the cameras. contact: its duty number, never a private one.
    """

    place_kind: str = ""
    purpose: str = ""
    legal_basis: str = ""
    owner_department: str = ""
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Declaration:
    """One act of declaring. unit_id: the subtree; None: a list of codes. exceptions: codes that were left out."""

    declaration_id: DeclarationId
    at_s: int
    actor: ActorId
    document: str
    unit_id: UnitId | None
    what: Declared
    exceptions: tuple[str, ...]
    points_count: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many points a declaration reached, and which codes of a list no point bears."""

    declaration_id: DeclarationId
    points: int
    unknown: tuple[str, ...]


def declare(
    connection: Connection,
    what: Declared,
    *,
    document: str,
    unit_id: UnitId | None = None,
    codes: Sequence[str] = (),
    exceptions: Sequence[str] = (),
    actor: ActorId,
    now_s: int,
) -> Outcome:
    """Declare what the points of a unit and all below it, or of a list of codes, are for.

    What is declared stands on each point with the declaration's id, over what a sheet or an earlier one said, and no
    later sheet overwrites it. Points that come later are not reached.
    Invalid: nothing declared, no document, both or neither of unit and codes, a private number as contact.
    NotAllowed: a place of intimacy. NotFound: no such unit, no point at all, or an exception that is none of them: a
    slip there would declare what was to be left out.
    """
    values = _admitted(what, document)
    if (unit_id is None) == (not codes):
        raise Invalid("declare for a unit or for a list of codes, and not for both", field="unit")
    if unit_id is not None and not connection.execute(select(unit.c.id).where(unit.c.id == unit_id)).all():
        raise NotFound(f"there is no unit {unit_id}")
    reached = _reached(connection, unit_id, codes, now_s)
    borne = {row.code for row in reached}
    if strange := sorted(set(exceptions) - borne):
        raise NotFound(f"no point of these bears {', '.join(strange)}: correct the exceptions")
    ids = [row.id for row in reached if not row.code or row.code not in set(exceptions)]
    if not ids:
        raise NotFound("no point is reached: import the cameras first, or correct unit and codes")
    made = connection.execute(
        insert(declaration)
        .values(
            at_s=now_s,
            actor=actor,
            document=document,
            unit_id=unit_id,
            exceptions=msgspec.json.encode(sorted(set(exceptions))).decode(),
            points_count=len(ids),
            **values,
        )
        .returning(declaration.c.id)
    ).scalar_one()
    _write(connection, made, ids, values)
    detail = {
        **values,
        "document": document,
        "unit": unit_id,
        "points": len(ids),
        "exceptions": len(set(exceptions)),
    }
    audit.append(
        connection,
        actor=actor,
        at_s=now_s,
        act="declaration.add",
        subject=f"declaration:{made}",
        detail=detail,
    )
    return Outcome(DeclarationId(made), len(ids), tuple(sorted(set(codes) - borne)))


def get(connection: Connection, scope: Scope, declaration_id: DeclarationId) -> Declaration:
    """One declaration. NotFound: there is none, or its unit may not be seen."""
    for each in _told(connection, scope, declaration.c.id == declaration_id):
        return each
    raise NotFound(f"there is no declaration {declaration_id}")


def listed(connection: Connection, scope: Scope, *, limit: int = 100) -> list[Declaration]:
    """The last declarations, newest first; those for lists of codes are seen by Scope.ALL only."""
    return _told(connection, scope, declaration.c.id > 0)[:limit]


def of_point(connection: Connection, scope: Scope, point_id: PointId, at_s: int) -> list[DeclarationId]:
    """The declarations that reached a point, oldest first. NotFound: it may not be seen."""
    seen_point(connection, scope, point_id, at_s)
    query = (
        select(declaration_point.c.declaration_id)
        .where(declaration_point.c.point_id == point_id)
        .order_by(declaration_point.c.declaration_id)
    )
    return [DeclarationId(number) for number in connection.execute(query).scalars()]


def undeclared(connection: Connection, scope: Scope, at_s: int) -> dict[UnitId, int]:
    """How many points of each unit lack place, purpose, legal basis, owner or contact: they cannot be viewed."""
    whole = and_(*(point.c[name] != "" for name in filing.DECLARED_FIELDS))
    query = (
        select(membership.c.unit_id, func.count())
        .select_from(with_unit(at_s))
        .where(visible(scope, at_s), ~whole, membership.c.unit_id.is_not(None))
        .group_by(membership.c.unit_id)
    )
    return {UnitId(unit_id): count for unit_id, count in connection.execute(query)}


def purposes(connection: Connection, scope: Scope, at_s: int) -> list[str]:
    """What the cameras that may be seen are declared for, in order."""
    query = (
        select(point.c.purpose)
        .distinct()
        .select_from(with_unit(at_s))
        .where(visible(scope, at_s), point.c.purpose != "")
    )
    return sorted(connection.execute(query).scalars())


def _admitted(what: Declared, document: str) -> dict[str, str]:
    """The values to write."""
    if not document.strip():
        raise Invalid("name the document that this is declared by", field="document")
    values = {name: value for name, value in asdict(what).items() if value}
    if not values:
        raise Invalid(
            "nothing is declared: give a place, a purpose, a legal basis, an owner or a contact", field="what"
        )
    place_kinds.admit(what.place_kind)
    if isinstance(cells.contact(what.contact), Fault):
        raise Invalid("a contact is an office's duty number, not a private one", field="contact")
    return values


def _reached(
    connection: Connection, unit_id: UnitId | None, codes: Sequence[str], now_s: int
) -> list[Row[Any]]:
    base = select(point.c.id, point.c.code).select_from(with_unit(now_s)).where(point.c.withdrawn_s.is_(None))
    if unit_id is not None:
        return list(connection.execute(base.where(below(unit_id, membership.c.unit_id))))
    found: list[Row[Any]] = []
    for piece in slices(sorted(set(codes) - {""})):
        found.extend(connection.execute(base.where(point.c.code.in_(piece))))
    return found


def _write(connection: Connection, made: int, ids: Sequence[int], values: dict[str, str]) -> None:
    for piece in slices(ids):
        connection.execute(
            update(point)
            .where(point.c.id.in_(piece))
            .values(**values, declaration_id=made, revision=point.c.revision + 1)
        )
        connection.execute(
            insert(declaration_point), [{"declaration_id": made, "point_id": each} for each in piece]
        )


def _told(connection: Connection, scope: Scope, which: ColumnElement[bool]) -> list[Declaration]:
    query = select(declaration).where(which, within(scope, declaration.c.unit_id))
    return [_declaration(row) for row in connection.execute(query.order_by(declaration.c.id.desc()))]


def _declaration(row: Row[Any]) -> Declaration:
    return Declaration(
        declaration_id=DeclarationId(row.id),
        at_s=row.at_s,
        actor=ActorId(row.actor),
        document=row.document,
        unit_id=None if row.unit_id is None else UnitId(row.unit_id),
        what=Declared(**{name: getattr(row, name) for name in filing.DECLARED_FIELDS}),
        exceptions=msgspec.json.decode(row.exceptions, type=tuple[str, ...]),
        points_count=row.points_count,
    )
