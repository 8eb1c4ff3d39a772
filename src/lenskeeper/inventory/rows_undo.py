"""An import taken back: what nobody changed since is as it was before, and the rest is named and left alone.

Past figures stay what they were: a point that was counted, or whose unit is accepted, is not withdrawn.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, and_, bindparam, delete, select, update

from lenskeeper.audit import rows as audit
from lenskeeper.base.access import ActorId
from lenskeeper.base.errors import Conflict
from lenskeeper.inventory.ids import BatchId, PointId
from lenskeeper.inventory.rows_batches import batch
from lenskeeper.inventory.rows_devices import drop_many
from lenskeeper.inventory.rows_present import slices, write_values
from lenskeeper.inventory.rows_sources import restore
from lenskeeper.inventory.schema import (
    acceptance,
    device,
    import_batch,
    import_change,
    import_parked,
    installation,
    membership,
    point,
)

CHANGED: Final = "somebody changed it since"
COUNTED: Final = "it has been counted: retire it instead"
ACCEPTED: Final = "its unit is accepted: retire it instead"
COUNTED_THERE: Final = "it has been counted in its new unit: move it by hand"
HANGS_ELSEWHERE: Final = "its former device hangs elsewhere now"
CODES: Final = {
    CHANGED: "changed",
    COUNTED: "counted",
    ACCEPTED: "accepted",
    COUNTED_THERE: "counted_there",
    HANGS_ELSEWHERE: "hangs_elsewhere",
}
"""What programs are told, which have their own words."""


@dataclass(frozen=True, slots=True)
class Left:
    """A row of an import that could not be taken back, and why, for the operator."""

    row: int
    point_id: PointId
    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Undone:
    """What became of an import that was taken back.

    withdrawn: points that it had made, and that are gone from the register; their ids are never used again.
    restored:  points that have the values, the unit and the device again that they had before.
    left:      rows that somebody changed since, or that past figures rest on; undo them by hand.
    """

    withdrawn: int
    restored: int
    left: tuple[Left, ...]


@dataclass(frozen=True, slots=True)
class _Step:
    """One change to take back. before and after: as rows_imports wrote them."""

    row_number: int
    point_id: PointId
    name: str
    act: str
    before: dict[str, Any]
    after: dict[str, Any]


def undo(
    connection: Connection,
    batch_id: BatchId,
    *,
    keep: Collection[PointId] = frozenset(),
    actor: ActorId,
    now_s: int,
) -> Undone:
    """Take back an import as far as nobody changed its points since: corrected, moved, swapped, declared, retired.

    Later imports that changed the same points are undone first. Faulty rows that were kept go, once all is undone.
    keep: points of which anything is booked; they are not withdrawn, nor torn from a unit they were counted in.
    NotFound: no such import. Conflict: it is undone already.
    """
    if batch(connection, batch_id).undone_s is not None:
        raise Conflict(f"import {batch_id} is undone already")
    steps, left = _steps(connection, batch_id)
    steps, told = _without_counted(connection, steps, keep, now_s)
    left += told
    steps, held = _without_held(connection, steps)
    left += held
    created = [step for step in steps if step.act == "create"]
    updated = [step for step in steps if step.act == "update"]
    _take_down(connection, steps)
    _give_back(connection, updated)
    _withdraw(connection, [step.point_id for step in created], now_s)
    _mark(connection, batch_id, steps, now_s, whole=not left)
    done = Undone(len(created), len(updated), tuple(sorted(left, key=lambda each: each.row)))
    detail = {"withdrawn": done.withdrawn, "restored": done.restored, "left": len(done.left)}
    audit.append(
        connection, actor=actor, at_s=now_s, act="import.undo", subject=f"import:{batch_id}", detail=detail
    )
    return done


def _steps(connection: Connection, batch_id: BatchId) -> tuple[list[_Step], list[Left]]:
    rows = connection.execute(
        select(import_change, point.c.name, point.c.revision.label("revision_now"))
        .join(point, point.c.id == import_change.c.point_id)
        .where(import_change.c.batch_id == batch_id, import_change.c.undone_s.is_(None))
        .order_by(import_change.c.row_number)
    )
    steps: list[_Step] = []
    left: list[Left] = []
    for row in rows:
        if row.revision_now != row.revision:
            left.append(Left(row.row_number, PointId(row.point_id), row.name, CHANGED))
            continue
        before = msgspec.json.decode(row.before, type=dict[str, Any])
        after = msgspec.json.decode(row.after, type=dict[str, Any])
        steps.append(_Step(row.row_number, PointId(row.point_id), row.name, row.act, before, after))
    return steps, left


def _without_counted(
    connection: Connection, steps: list[_Step], keep: Collection[PointId], now_s: int
) -> tuple[list[_Step], list[Left]]:
    """Part those on which past figures rest."""
    accepted = _in_accepted_units(connection, [step.point_id for step in steps if step.act == "create"])

    def why(step: _Step) -> str:
        if step.act == "create":
            if step.point_id in keep:
                return COUNTED
            return ACCEPTED if step.point_id in accepted else ""
        has_moved = "unit_id" in step.before and step.after["membership_from_s"] <= now_s
        return COUNTED_THERE if has_moved and step.point_id in keep else ""

    return _parted(steps, why)


def _parted(steps: list[_Step], why: Callable[[_Step], str]) -> tuple[list[_Step], list[Left]]:
    """Those with nothing against them, and those with a reason."""
    left = [Left(s.row_number, s.point_id, s.name, reason) for s in steps if (reason := why(s))]
    rows = {each.row for each in left}
    return [step for step in steps if step.row_number not in rows], left


def _in_accepted_units(connection: Connection, ids: Sequence[PointId]) -> set[int]:
    """Those that belong, did or will, to a unit that was accepted: the document was signed with them in it."""
    found: set[int] = set()
    for piece in slices(ids):
        query = (
            select(membership.c.point_id)
            .join(acceptance, acceptance.c.unit_id == membership.c.unit_id)
            .where(membership.c.point_id.in_(piece))
        )
        found |= set(connection.execute(query).scalars())
    return found


def _without_held(connection: Connection, steps: list[_Step]) -> tuple[list[_Step], list[Left]]:
    """Part those whose former device has been hung elsewhere since: two places cannot have it.

    A device that this import itself hung elsewhere comes back only with the step that hung it there, so this is
    asked again until no step falls out.
    """
    fine = list(steps)
    held: list[Left] = []
    while True:
        dropped = {step.point_id for step in fine if step.act == "create" or "installed_s" in step.after}
        wanted = {step.before["closed"][1] for step in fine if "closed" in step.before}
        places = _hanging(connection, wanted)
        out = [
            step
            for step in fine
            if "closed" in step.before and places.get(step.before["closed"][1], step.point_id) not in dropped
        ]
        if not out:
            return fine, held
        held += [Left(s.row_number, s.point_id, s.name, HANGS_ELSEWHERE) for s in out]
        fine = [step for step in fine if step not in out]


def _hanging(connection: Connection, device_ids: set[int]) -> dict[int, int]:
    """Where these devices hang until further notice: device to point."""
    found: dict[int, int] = {}
    for piece in slices(sorted(device_ids)):
        query = select(installation.c.device_id, installation.c.point_id).where(
            installation.c.device_id.in_(piece), installation.c.to_s.is_(None)
        )
        found |= {row.device_id: row.point_id for row in connection.execute(query)}
    return found


def _take_down(connection: Connection, steps: Sequence[_Step]) -> None:
    """Take out what the import hung, and hang again what it took down."""
    created = [step.point_id for step in steps if step.act == "create"]
    drop_many(connection, [(s.point_id, s.after["installed_s"]) for s in steps if "installed_s" in s.after])
    for piece in slices(created):
        connection.execute(delete(installation).where(installation.c.point_id.in_(piece)))
    closed = [(s.point_id, s.before["closed"][0]) for s in steps if "closed" in s.before]
    _reopen(connection, closed)
    taken = [s.before["taken"] for s in steps if "taken" in s.before]
    _reopen_holders(connection, taken)


def _reopen(connection: Connection, keys: Sequence[tuple[int, int]]) -> None:
    write_values(
        connection, installation, [({"point_id": p, "from_s": from_s}, {"to_s": None}) for p, from_s in keys]
    )


def _reopen_holders(connection: Connection, taken: Sequence[Sequence[int]]) -> None:
    """Hang devices again where a row took them from, if nothing else hangs there by now."""
    busy: set[int] = set()
    for piece in slices(sorted({holder for holder, _, _ in taken})):
        query = select(installation.c.point_id).where(
            installation.c.point_id.in_(piece), installation.c.to_s.is_(None)
        )
        busy |= set(connection.execute(query).scalars())
    free = [(holder, from_s) for holder, from_s, _ in taken if holder not in busy]
    _reopen(connection, free)
    _one_change_less(connection, [holder for holder, _ in free])


def _give_back(connection: Connection, updated: Sequence[_Step]) -> None:
    """Former values, addresses and units. The point's count of changes goes back: it is what it was then."""
    of_points = [({"id": s.point_id}, s.before["point"]) for s in updated if "point" in s.before]
    write_values(connection, point, of_points)
    hung = _devices_at(connection, [s.point_id for s in updated if {"device", "mount"} & set(s.before)])
    write_values(
        connection,
        device,
        [({"id": hung[s.point_id][0]}, s.before["device"]) for s in updated if "device" in s.before],
    )
    write_values(
        connection,
        installation,
        [
            ({"point_id": s.point_id, "from_s": hung[s.point_id][1]}, s.before["mount"])
            for s in updated
            if "mount" in s.before
        ],
    )
    _move_back(connection, [s for s in updated if "unit_id" in s.before])
    for step in updated:
        restore(connection, step.point_id, step.before.get("sources", {}))
    _one_change_less(connection, [s.point_id for s in updated])


def _devices_at(connection: Connection, ids: Sequence[PointId]) -> dict[int, tuple[int, int]]:
    """What hangs at these points until further notice: device and from_s."""
    found: dict[int, tuple[int, int]] = {}
    for piece in slices(ids):
        query = select(installation.c.point_id, installation.c.device_id, installation.c.from_s).where(
            installation.c.point_id.in_(piece), installation.c.to_s.is_(None)
        )
        found |= {row.point_id: (row.device_id, row.from_s) for row in connection.execute(query)}
    return found


def _move_back(connection: Connection, moved: Sequence[_Step]) -> None:
    replaced = [s for s in moved if s.after["replaced"]]
    write_values(
        connection,
        membership,
        [
            (
                {"point_id": s.point_id, "from_s": s.after["membership_from_s"]},
                {"unit_id": s.before["unit_id"]},
            )
            for s in replaced
        ],
    )
    opened = [(s.point_id, s.after["membership_from_s"]) for s in moved if not s.after["replaced"]]
    if not opened:
        return
    rows = [{"p": p, "f": from_s} for p, from_s in opened]
    mine = membership.c.point_id == bindparam("p")
    connection.execute(delete(membership).where(mine, membership.c.from_s == bindparam("f")), rows)
    connection.execute(
        update(membership).where(mine, membership.c.to_s == bindparam("f")).values(to_s=None), rows
    )


def _withdraw(connection: Connection, ids: Sequence[PointId], now_s: int) -> None:
    for piece in slices(ids):
        connection.execute(delete(membership).where(membership.c.point_id.in_(piece)))
        connection.execute(
            update(point)
            .where(point.c.id.in_(piece))
            .values(withdrawn_s=now_s, revision=point.c.revision + 1)
        )


def _one_change_less(connection: Connection, ids: Sequence[int]) -> None:
    for piece in slices(ids):
        connection.execute(update(point).where(point.c.id.in_(piece)).values(revision=point.c.revision - 1))


def _mark(
    connection: Connection, batch_id: BatchId, steps: Sequence[_Step], now_s: int, *, whole: bool
) -> None:
    here = import_change.c.batch_id == batch_id
    for piece in slices([step.row_number for step in steps]):
        connection.execute(
            update(import_change)
            .where(and_(here, import_change.c.row_number.in_(piece)))
            .values(undone_s=now_s)
        )
    if whole:
        connection.execute(delete(import_parked).where(import_parked.c.batch_id == batch_id))
        connection.execute(update(import_batch).where(import_batch.c.id == batch_id).values(undone_s=now_s))
