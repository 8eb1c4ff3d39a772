"""The organisation tree in the database, and the filter by which every room tells of whole units only what may be seen.

A unit is named by its path, "City/County/Town", from the top; names are unique among siblings. Whoever sees a unit
sees the names above it, since otherwise one sheet would mean different units to different operators; of what hangs
above or beside, nothing else is shown.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    delete,
    false,
    insert,
    literal,
    select,
    true,
    update,
)

from lenskeeper.base.access import ActorId, Scope
from lenskeeper.base.days import zone_of
from lenskeeper.base.errors import Conflict, Invalid, NotFound
from lenskeeper.units.ids import UnitId
from lenskeeper.units.schema import unit, unit_closure, unit_parent

KINDS: Final = ("region", "department", "lot")
SEPARATOR: Final = "/"
NAME_CHARS_MAX: Final = 100  # a line of a report


@dataclass(frozen=True, slots=True)
class Unit:
    """A node of the organisation tree.

    kind:  region, department or lot (a contract's part of the fleet).
    code:  of the division or of the department; empty where it has none.
    tz:    IANA name; what hangs below takes it where it gives none of its own.
    level: a free word: province, city, county, town, village, grid.
    depth: 0 at the top of the tree.
    path:  the names from the top, joined by "/".
    """

    unit_id: UnitId
    parent_id: UnitId | None
    kind: str
    name: str
    code: str
    tz: str
    level: str
    depth: int
    path: str


def within(scope: Scope, unit_column: ColumnElement[Any]) -> ColumnElement[bool]:
    """The condition that what is told of a unit as a whole may be seen in this scope. Rows without a unit are seen by
    Scope.ALL only, and whoever may see some cameras of a unit only (lots, purposes) sees nothing of it here: cameras
    pass `inventory.rows_seen`.
    """
    if scope.units is None:
        return true()
    if not scope.units:
        return false()
    c = unit_closure.alias().c
    return unit_column.in_(select(c.descendant_id).where(c.ancestor_id.in_(sorted(scope.units))))


def below(unit_id: UnitId, unit_column: ColumnElement[Any]) -> ColumnElement[bool]:
    """The condition that a row's unit is this one or hangs below it."""
    return within(Scope(frozenset({unit_id})), unit_column)


def add(
    connection: Connection,
    *,
    name: str,
    parent_id: UnitId | None = None,
    kind: str = "region",
    code: str = "",
    tz: str = "",
    level: str = "",
    actor: ActorId,
    now_s: int,
) -> UnitId:
    """Set a unit up. Without a tz it takes its parent's.

    Invalid: a name that is empty, too long or has a "/", an unknown kind or zone, a top unit without a zone.
    NotFound: no such parent. Conflict: the parent has a unit of this name.
    """
    if kind not in KINDS:
        raise Invalid(f"a unit is one of {', '.join(KINDS)}, and not {kind!r}", field="kind")
    _admit_name(connection, name, parent_id)
    zone = tz or _inherited_tz(connection, parent_id)
    zone_of(zone)
    made = connection.execute(
        insert(unit)
        .values(
            parent_id=parent_id,
            kind=kind,
            name=name,
            code=code,
            tz=zone,
            level=level,
            changed_s=now_s,
            changed_by=actor,
        )
        .returning(unit.c.id)
    ).scalar_one()
    connection.execute(insert(unit_closure).values(ancestor_id=made, descendant_id=made, depth=0))
    if parent_id is not None:
        _hang(connection, made, parent_id)
    connection.execute(insert(unit_parent).values(unit_id=made, from_s=now_s, parent_id=parent_id))
    return UnitId(made)


def ensure(
    connection: Connection, paths: Iterable[str], *, tz: str = "", actor: ActorId, now_s: int
) -> dict[str, UnitId]:
    """The units of these paths; those that are not there yet are set up as regions, parents first.

    tz is for new units at the top. Invalid: as `add`, for a path with an empty name too.
    """
    known: dict[str, UnitId] = by_path(connection, Scope.ALL)
    wanted = dict.fromkeys(paths)
    for path in wanted:
        names = path.split(SEPARATOR)
        for length in range(1, len(names) + 1):
            part = SEPARATOR.join(names[:length])
            if part not in known:
                parent = known.get(SEPARATOR.join(names[: length - 1]))
                known[part] = add(
                    connection, name=names[length - 1], parent_id=parent, tz=tz if parent is None else "",
                    actor=actor, now_s=now_s,
                )  # fmt: skip
    return {path: known[path] for path in wanted}


def rename(connection: Connection, unit_id: UnitId, name: str, *, actor: ActorId, now_s: int) -> None:
    """Give a unit another name; what belongs to it stays. NotFound, Invalid, Conflict as `add`."""
    row = _row(connection, unit_id)
    _admit_name(connection, name, row.parent_id, itself=unit_id)
    connection.execute(
        update(unit).where(unit.c.id == unit_id).values(name=name, changed_s=now_s, changed_by=actor)
    )


def move(
    connection: Connection, unit_id: UnitId, parent_id: UnitId | None, *, actor: ActorId, now_s: int
) -> None:
    """Hang a unit with all below it under another parent, or at the top. Its time zone stays.

    NotFound: no such unit or parent. Conflict: the parent hangs below the unit, or has one of this name.
    """
    row = _row(connection, unit_id)
    if parent_id is not None and unit_id in _line(connection, parent_id):
        raise Conflict(f"{row.name} cannot hang below itself: choose a parent outside it")
    _admit_name(connection, row.name, parent_id, itself=unit_id)
    subtree = select(unit_closure.c.descendant_id).where(unit_closure.c.ancestor_id == unit_id)
    inside = list(connection.execute(subtree).scalars())
    connection.execute(
        delete(unit_closure).where(
            unit_closure.c.descendant_id.in_(inside), unit_closure.c.ancestor_id.not_in(inside)
        )
    )
    if parent_id is not None:
        _hang(connection, unit_id, parent_id)
    connection.execute(
        update(unit)
        .where(unit.c.id == unit_id)
        .values(parent_id=parent_id, changed_s=now_s, changed_by=actor)
    )
    _note_parent(connection, unit_id, parent_id, now_s)


def get(connection: Connection, scope: Scope, unit_id: UnitId) -> Unit:
    """One unit. NotFound: there is none, or it may not be seen."""
    for seen in tree(connection, scope):
        if seen.unit_id == unit_id:
            return seen
    raise NotFound(f"there is no unit {unit_id}")


def find(connection: Connection, scope: Scope, path: str) -> UnitId:
    """The unit of a path "City/County/Town". NotFound: there is none, or it may not be seen."""
    found = by_path(connection, scope).get(path.strip(SEPARATOR))
    if found is None:
        raise NotFound(f"there is no unit {path!r}: write the names from the top, joined by {SEPARATOR}")
    return found


def by_path(connection: Connection, scope: Scope) -> dict[str, UnitId]:
    """Every unit that may be seen, by its path."""
    return {seen.path: seen.unit_id for seen in tree(connection, scope)}


def tree(connection: Connection, scope: Scope) -> list[Unit]:
    """Every unit that may be seen: a parent before its children, siblings by name.

    At the top the oldest is first: whose installation it is does not change when a lot is hung beside it.
    """
    rows = {row.id: row for row in connection.execute(select(unit))}
    seen = set(connection.execute(select(unit.c.id).where(within(scope, unit.c.id))).scalars())
    children: dict[int | None, list[Row[Any]]] = {}
    for row in rows.values():
        children.setdefault(row.parent_id, []).append(row)
    out: list[Unit] = []
    tops = sorted(children.get(None, []), key=lambda row: row.id, reverse=True)
    waiting = [(row, 0, row.name) for row in tops]
    while waiting:  # no recursion: a tree may be deeper than Python's stack
        row, depth, path = waiting.pop()
        if row.id in seen:
            out.append(_unit(row, depth, path))
        waiting += [(c, depth + 1, f"{path}{SEPARATOR}{c.name}") for c in _by_name(children.get(row.id, []))]
    return out


def parents(
    connection: Connection, scope: Scope, unit_id: UnitId
) -> list[tuple[int, int | None, UnitId | None]]:
    """Under whom a unit hung: (from_s, to_s or None for now, parent or None for the top), oldest first."""
    rows = connection.execute(
        select(unit_parent.c.from_s, unit_parent.c.to_s, unit_parent.c.parent_id)
        .where(unit_parent.c.unit_id == unit_id, within(scope, unit_parent.c.unit_id))
        .order_by(unit_parent.c.from_s)
    ).all()
    if not rows:
        raise NotFound(f"there is no unit {unit_id}")
    return [(row.from_s, row.to_s, None if row.parent_id is None else UnitId(row.parent_id)) for row in rows]


def _by_name(rows: Iterable[Row[Any]]) -> list[Row[Any]]:
    """Backwards, for a stack."""
    return sorted(rows, key=lambda row: (row.name, row.id), reverse=True)


def _unit(row: Row[Any], depth: int, path: str) -> Unit:
    parent = None if row.parent_id is None else UnitId(row.parent_id)
    return Unit(UnitId(row.id), parent, row.kind, row.name, row.code, row.tz, row.level, depth, path)


def _row(connection: Connection, unit_id: UnitId) -> Row[Any]:
    row = connection.execute(select(unit).where(unit.c.id == unit_id)).one_or_none()
    if row is None:
        raise NotFound(f"there is no unit {unit_id}")
    return row


def _line(connection: Connection, unit_id: UnitId) -> set[int]:
    """A unit and all above it."""
    query = select(unit_closure.c.ancestor_id).where(unit_closure.c.descendant_id == unit_id)
    found = set(connection.execute(query).scalars())
    if not found:
        raise NotFound(f"there is no unit {unit_id}")
    return found


def _inherited_tz(connection: Connection, parent_id: UnitId | None) -> str:
    if parent_id is None:
        raise Invalid("a unit at the top needs a time zone, such as Asia/Shanghai", field="tz")
    return str(_row(connection, parent_id).tz)


def _admit_name(
    connection: Connection, name: str, parent_id: UnitId | None, *, itself: UnitId | None = None
) -> None:
    if not name.strip() or name != name.strip() or SEPARATOR in name or len(name) > NAME_CHARS_MAX:
        raise Invalid(
            f"{name!r} cannot name a unit: 1 to {NAME_CHARS_MAX} characters, no {SEPARATOR} and no spaces around it",
            field="name",
        )
    if parent_id is not None:
        _row(connection, parent_id)
    same_place = unit.c.parent_id.is_(None) if parent_id is None else unit.c.parent_id == parent_id
    other = connection.execute(select(unit.c.id).where(same_place, unit.c.name == name)).scalar()
    if other is not None and other != itself:
        raise Conflict(f"there is a unit {name} there already: choose another name, or use that one")


def _hang(connection: Connection, unit_id: int, parent_id: UnitId) -> None:
    """Put the parent and all above it over the unit and all below it."""
    over, under = unit_closure.alias("over"), unit_closure.alias("under")
    pairs = (
        select(over.c.ancestor_id, under.c.descendant_id, over.c.depth + under.c.depth + literal(1))
        .select_from(over)
        .join(under, true())
        .where(and_(over.c.descendant_id == parent_id, under.c.ancestor_id == unit_id))
    )
    connection.execute(insert(unit_closure).from_select(["ancestor_id", "descendant_id", "depth"], pairs))


def _note_parent(connection: Connection, unit_id: UnitId, parent_id: UnitId | None, now_s: int) -> None:
    """Close the row that stands and open the next; within one second, the last word counts."""
    stands = and_(unit_parent.c.unit_id == unit_id, unit_parent.c.to_s.is_(None))
    began_s = connection.execute(select(unit_parent.c.from_s).where(stands)).scalar_one()
    if now_s <= began_s:
        connection.execute(update(unit_parent).where(stands).values(parent_id=parent_id))
        return
    connection.execute(update(unit_parent).where(stands).values(to_s=now_s))
    connection.execute(insert(unit_parent).values(unit_id=unit_id, from_s=now_s, parent_id=parent_id))
