"""Values of many points changed at once by hand, with what is needed to take it back (rows_undo.py).

An edit is kept as a sheet is: a batch whose rows say the same of every point. Unlike a sheet it overrules what a hand
corrected before, and it can empty a value. What is declared (charter clauses 6 and 9) is declared by document instead.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Row, select, update

from lenskeeper.audit import rows as audit
from lenskeeper.base.access import ActorId, Scope
from lenskeeper.base.errors import Invalid, NotFound
from lenskeeper.inventory import cells, filing
from lenskeeper.inventory.camera_file import CameraFile
from lenskeeper.inventory.checking import GoodRow
from lenskeeper.inventory.columns import BY_FIELD
from lenskeeper.inventory.faults import Fault, Why, said
from lenskeeper.inventory.ids import BatchId, PointId
from lenskeeper.inventory.merging import Merge
from lenskeeper.inventory.rows_batches import batch, open_batch, points_of
from lenskeeper.inventory.rows_imports import Hands, Update, rows_of, write_updates
from lenskeeper.inventory.rows_points import told_point, unit_paths
from lenskeeper.inventory.rows_present import slices, visible, with_unit
from lenskeeper.inventory.rows_sources import note, sources
from lenskeeper.inventory.schema import import_batch, point
from lenskeeper.units.ids import UnitId
from lenskeeper.units.rows import tree

EDITABLE: Final = (
    "unit", "klass", "managing_unit", "site", "zone", "uplink", "switch", "feeder", "pole", "permit", "night_only",
    "passive_only", "picture_period_min", "budget_mb_month", "retention_days", "lease_until", "make", "model",
    "warranty_until", "install_date",
)  # fmt: skip
NEVER_EMPTY: Final = ("unit", "klass")
POINTS_MAX: Final = 2_000


class WhyNot(StrEnum):
    """Why an edit leaves a point alone."""

    NOT_YOURS = "not_yours"  # it is not among those whose register the asker keeps, or is not there at all
    SINCE = "since"  # somebody changed it since the preview
    NO_DEVICE = "no_device"  # the value is one of a device, and none hangs there


@dataclass(frozen=True, slots=True)
class Change:
    """What an edit does to one point. before and after: the values that differ, by their names in CameraFile."""

    point_id: PointId
    name: str
    revision: int
    before: Mapping[str, object]
    after: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Refused:
    """A point that an edit leaves alone. name: empty where it may not be seen."""

    point_id: PointId
    name: str
    why: WhyNot


@dataclass(frozen=True, slots=True)
class Plan:
    """What an edit does to each point. same: how many have these values already."""

    changes: tuple[Change, ...]
    same: int
    refused: tuple[Refused, ...]


def plan(
    connection: Connection, scope: Scope, point_ids: Sequence[PointId], values: Mapping[str, str], now_s: int
) -> Plan:
    """The preview: what these values, in the words of a sheet, would change. Empty text empties. Writes nothing.

    Invalid: too many points, a value that cannot be edited or read, a unit or class that would be emptied, a unit
    that is not there within the scope.
    """
    return _planned(connection, scope, point_ids, _read(connection, scope, values), now_s)[0]


def commit(
    connection: Connection,
    scope: Scope,
    revisions: Mapping[PointId, int],
    values: Mapping[str, str],
    *,
    reason: str,
    actor: ActorId,
    now_s: int,
) -> tuple[BatchId | None, Plan]:
    """Write an edit, but leave points alone that somebody changed since the preview. None: nothing was to be changed.

    revisions: of each point as the preview told it. reason: why it is done, for the log. A point that moves to another
    unit does so at its next local midnight. Invalid: as `plan`.
    """
    read = _read(connection, scope, values)
    found, rows = _planned(connection, scope, list(revisions), read, now_s)
    late = [each for each in found.changes if each.revision != revisions[each.point_id]]
    fit = [each for each in found.changes if each.revision == revisions[each.point_id]]
    done = Plan(
        tuple(fit), found.same, (*found.refused, *(Refused(e.point_id, e.name, WhyNot.SINCE) for e in late))
    )
    if not fit:
        return None, done
    batch_id = open_batch(connection, source=reason, kind="edit", actor=actor, now_s=now_s)
    paths = unit_paths(connection)
    homes = {path: UnitId(unit_id) for unit_id, path in paths.items()}
    corrected = sources(connection, [each.point_id for each in fit], sorted(read))
    updates = []
    for number, each in enumerate(fit, start=1):
        row = rows[each.point_id]
        file = replace(told_point(row, paths).file, **each.after)
        one = Update(GoodRow(number, file, each.point_id), row, _merge(each.after))
        one.before["sources"] = {name: corrected[each.point_id][name] for name in each.after}
        updates.append(one)
    write_updates(connection, batch_id, updates, homes, Hands({}), now_s)
    for each in fit:
        note(connection, each.point_id, each.after, source="hand", actor=actor, now_s=now_s)
        pairs = {name: [_plain(each.before[name]), _plain(value)] for name, value in each.after.items()}
        subject = f"point:{each.point_id}"
        audit.append(connection, actor=actor, at_s=now_s, act="point.change", subject=subject, detail=pairs)
    connection.execute(
        update(import_batch).where(import_batch.c.id == batch_id).values(updated_count=len(fit))
    )
    detail = {"reason": reason, "fields": sorted(read), "changed": len(fit)}
    audit.append(
        connection, actor=actor, at_s=now_s, act="edit.commit", subject=f"import:{batch_id}", detail=detail
    )
    return batch_id, done


def admit_undo(connection: Connection, scope: Scope, batch_id: BatchId, now_s: int) -> None:
    """NotFound: there is no such edit, or one of its points is not in the scope."""
    ids = points_of(connection, batch_id)
    is_mine = batch(connection, batch_id).kind == "edit" and len(_seen(connection, scope, ids, now_s)) == len(
        ids
    )
    if not is_mine:
        raise NotFound(f"there is no edit {batch_id} among the cameras whose register you keep")


def _read(connection: Connection, scope: Scope, values: Mapping[str, str]) -> dict[str, Any]:
    """The values as CameraFile has them."""
    return {name: _value(connection, scope, name, text.strip()) for name, text in values.items()}


def _value(connection: Connection, scope: Scope, name: str, text: str) -> Any:
    if name not in EDITABLE:
        raise Invalid(
            f"{name} cannot be changed for many at once: it can be {', '.join(EDITABLE)}", field="values"
        )
    if not text:
        if name in NEVER_EMPTY:
            raise Invalid(f"a camera needs its {name}: choose one", field=f"values.{name}")
        return filing.EMPTY[name]
    value: Any = BY_FIELD[name].read(text)
    if isinstance(value, str) and cells.forbidden_place(value):
        value = Fault(Why.FORBIDDEN_PLACE, cells.forbidden_place(value))
    if isinstance(value, Fault):
        if value.why is Why.AS_WRITTEN:
            return text
        why, cure = said(value.why, value.detail)
        raise Invalid(f"{text!r} is no {name}: {why}; {cure}", field=f"values.{name}")
    if name == "unit" and value not in {each.path for each in tree(connection, scope)}:
        raise Invalid(f"there is no unit {value!r} that you keep: write its whole path", field="values.unit")
    return value


def _planned(
    connection: Connection, scope: Scope, point_ids: Sequence[PointId], read: Mapping[str, Any], now_s: int
) -> tuple[Plan, dict[PointId, Row[Any]]]:
    if len(point_ids) > POINTS_MAX:
        raise Invalid(f"at most {POINTS_MAX} cameras at once: narrow the list", field="cameras")
    mine = _seen(connection, scope, point_ids, now_s)
    rows = rows_of(connection, sorted(mine), now_s)
    paths = unit_paths(connection)
    changes: list[Change] = []
    refused: list[Refused] = []
    of_device = {name for name in read if name in filing.DEVICE_FIELDS or name in filing.MOUNT_FIELDS}
    for point_id in dict.fromkeys(point_ids):
        if point_id not in mine:
            refused.append(Refused(point_id, "", WhyNot.NOT_YOURS))
            continue
        row = rows[point_id]
        file: CameraFile = told_point(row, paths).file
        after = {name: value for name, value in read.items() if getattr(file, name) != value}
        if row.device_id is None and of_device & set(after):
            refused.append(Refused(point_id, file.name, WhyNot.NO_DEVICE))
        elif after:
            before = {name: getattr(file, name) for name in after}
            changes.append(Change(point_id, file.name, row.revision, before, after))
    same = len(mine) - len(changes) - sum(each.why is WhyNot.NO_DEVICE for each in refused)
    return Plan(tuple(changes), same, tuple(refused)), rows


def _seen(connection: Connection, scope: Scope, point_ids: Sequence[PointId], now_s: int) -> set[PointId]:
    found: set[PointId] = set()
    for piece in slices(point_ids):
        query = (
            select(point.c.id)
            .select_from(with_unit(now_s))
            .where(point.c.id.in_(piece), visible(scope, now_s))
        )
        found |= {PointId(each) for each in connection.execute(query).scalars()}
    return found


def _merge(after: Mapping[str, object]) -> Merge:
    """Where each of these values stands."""
    return Merge(
        point=tuple(n for n in filing.POINT_FIELDS if n in after),
        device=tuple(n for n in filing.DEVICE_FIELDS if n in after),
        mount=tuple(n for n in filing.MOUNT_FIELDS if n in after),
        swapped=False,
        moved="unit" in after,
        contradicting=(),
    )


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
