"""What changed of one camera in the register: who changed which value from what to what, when, and on what ground.

Three books tell of it: the audit log of what was done by hand, the sheets and edits with what they replaced, and the
declarations. A sheet keeps only what it replaced; what it wrote is what the next change replaced, or what stands.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, select

from lenskeeper.audit import rows as audit
from lenskeeper.audit.rows import Wanted
from lenskeeper.base.access import Scope
from lenskeeper.inventory import filing, rows_points
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_points import Point, unit_paths
from lenskeeper.inventory.schema import declaration, declaration_point, import_batch, import_change
from lenskeeper.units.rows import tree

CHANGES_MAX: Final = 200
ACTS: Final = ("point.", "device.")
ADDRESSES: Final = frozenset({"url", "still_url", "ipv4", "ipv6", "credential"})
_FIELD_OF: Final = {place.column: name for name, place in filing.PLACES.items()}
Plain = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Value:
    """What was, or came to be. is_known False: no book tells it, or it is not for this reader."""

    is_known: bool
    value: Plain = None


UNKNOWN: Final = Value(is_known=False)


@dataclass(frozen=True, slots=True)
class Field:
    """One value that changed, by its name in CameraFile."""

    name: str
    before: Value
    after: Value


@dataclass(frozen=True, slots=True)
class Change:
    """One act. why: the reason of an edit, the file of a sheet, the document of a declaration; empty: none was given."""

    at_s: int
    actor: str
    act: str
    why: str
    fields: tuple[Field, ...] = ()


def changes(
    connection: Connection, scope: Scope, point_id: PointId, now_s: int, *, sees_addresses: bool
) -> list[Change]:
    """The last CHANGES_MAX changes of a camera, the newest first. NotFound: there is none, or it may not be seen."""
    stands = rows_points.get(connection, scope, point_id, now_s)
    paths = unit_paths(connection)
    mine = {int(each.unit_id) for each in tree(connection, scope)}
    units = {unit_id: path for unit_id, path in paths.items() if unit_id in mine}
    edits = list(_edits(connection, point_id))
    found = [
        *_by_hand(connection, point_id, units, {(row.at_s, row.actor): row.source for row in edits if row.kind == "edit"}),
        *_sheets(connection, edits, stands, units),
        *_declared(connection, point_id),
    ]  # fmt: skip
    found.sort(
        key=lambda each: (each.at_s, each.act != "point.add"), reverse=True
    )  # it begins with its entry
    told = list(_joined(found, stands))[:CHANGES_MAX]
    return told if sees_addresses else [_without_addresses(each) for each in told]


def _by_hand(
    connection: Connection, point_id: PointId, units: dict[int, str], reasons: dict[tuple[int, str], str]
) -> Iterator[Change]:
    """What the audit log has upon the camera itself. reasons: of edits of many, by when and who."""
    for act in ACTS:
        wanted = Wanted(act=act, subjects=(f"point:{point_id}",))
        for entry in audit.found(connection, Scope.ALL, wanted, limit=CHANGES_MAX):
            said: dict[str, Any] = msgspec.json.decode(entry.detail)
            fields: tuple[Field, ...] = ()
            why = ""
            if entry.act == "point.change":
                fields = tuple(Field(name, Value(True, a), Value(True, b)) for name, (a, b) in said.items())  # noqa: FBT003
                why = reasons.get((entry.at_s, entry.actor), "")
            elif entry.act == "point.move":
                fields = (Field("unit", _unit(units, said["from_unit"]), _unit(units, said["to_unit"])),)
            yield Change(entry.at_s, entry.actor, entry.act, why, fields)


def _edits(connection: Connection, point_id: PointId) -> Sequence[Any]:
    """What sheets and edits did to the camera, the newest first."""
    columns = (
        import_change,
        import_batch.c.at_s,
        import_batch.c.actor,
        import_batch.c.source,
        import_batch.c.kind,
    )
    query = select(*columns).join(import_batch, import_batch.c.id == import_change.c.batch_id)
    query = query.where(import_change.c.point_id == point_id).order_by(import_change.c.batch_id.desc())
    return connection.execute(query.limit(CHANGES_MAX)).all()


def _sheets(
    connection: Connection, rows: Sequence[Any], stands: Point, units: dict[int, str]
) -> Iterator[Change]:
    """Sheets with what they replaced, and what was taken back. An edit itself stands in the audit log, value by value."""
    for row in rows:
        fields = tuple(_replaced(msgspec.json.decode(row.before), stands.tz, units))
        if row.undone_s is not None:
            wanted = Wanted(act="import.undo", subjects=(f"import:{row.batch_id}",))
            by = audit.found(connection, Scope.ALL, wanted, limit=1)
            back = tuple(Field(each.name, UNKNOWN, each.before) for each in fields)
            yield Change(row.undone_s, by[0].actor if by else "", "import.undo", row.source, back)
        if row.kind == "sheet":
            act = "import.commit" if row.act == "update" else "point.add"
            yield Change(row.at_s, row.actor, act, row.source, fields)


def _replaced(before: dict[str, Any], tz: str, units: dict[int, str]) -> Iterator[Field]:
    for part in ("point", "device", "mount"):
        for column, value in before.get(part, {}).items():
            if (name := _FIELD_OF.get(column)) is not None:
                yield Field(name, Value(True, plain(filing.PLACES[name].tell(value, tz))), UNKNOWN)  # noqa: FBT003
    if "unit_id" in before:
        yield Field("unit", _unit(units, before["unit_id"]), UNKNOWN)


def _declared(connection: Connection, point_id: PointId) -> Iterator[Change]:
    query = select(declaration).join(
        declaration_point, declaration_point.c.declaration_id == declaration.c.id
    )
    query = query.where(declaration_point.c.point_id == point_id).order_by(declaration.c.id.desc())
    for row in connection.execute(query.limit(CHANGES_MAX)):
        values = [(name, getattr(row, name)) for name in filing.DECLARED_FIELDS]
        fields = tuple(Field(name, UNKNOWN, Value(True, value)) for name, value in values if value)  # noqa: FBT003
        yield Change(row.at_s, row.actor, "declaration.add", row.document, fields)


def _joined(found: Sequence[Change], stands: Point) -> Iterator[Change]:
    """With each value that a change wrote and did not keep: it is what the change after it found. The newest first."""
    later = {name: Value(True, plain(getattr(stands.file, name))) for name in filing.EMPTY}  # noqa: FBT003
    for each in found:
        told = tuple(
            field if field.after.is_known else replace(field, after=later.get(field.name, UNKNOWN))
            for field in each.fields
        )
        for field in each.fields:
            later[field.name] = field.before
        yield replace(each, fields=told)


def _unit(units: dict[int, str], unit_id: int | None) -> Value:
    return Value(True, units[unit_id]) if unit_id in units else UNKNOWN  # noqa: FBT003


def _without_addresses(each: Change) -> Change:
    fields = tuple(
        Field(field.name, UNKNOWN, UNKNOWN) if field.name in ADDRESSES else field for field in each.fields
    )
    return replace(each, fields=fields)


def plain(value: object) -> Plain:
    """A value of a CameraFile as JSON has it."""
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)
