"""A checked sheet written into the register, in sets, with all that is needed to take it back (rows_undo.py).

Of a camera that is registered already a sheet changes what it tells, and nothing that a hand corrected (merging.py).
Nothing is ever deleted because a sheet lacks it.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, Select, insert, select, update

from lenskeeper.audit import rows as audit
from lenskeeper.base.access import ActorId, Scope
from lenskeeper.base.days import day_span, local_day
from lenskeeper.base.errors import Conflict, Invalid, NotFound
from lenskeeper.inventory import filing, place_kinds
from lenskeeper.inventory.camera_file import CameraFile
from lenskeeper.inventory.checking import GoodRow
from lenskeeper.inventory.codes import is_factory_default
from lenskeeper.inventory.ids import BatchId, DeviceId, PointId
from lenskeeper.inventory.merging import Merge, merge
from lenskeeper.inventory.rows_batches import batch
from lenskeeper.inventory.rows_devices import bump, close_many, hang, new_devices
from lenskeeper.inventory.rows_points import (
    COLUMNS,
    add_many,
    credential_ids,
    told_point,
    unit_paths,
)
from lenskeeper.inventory.rows_present import slices, with_device, write_values
from lenskeeper.inventory.rows_snapshot import corrections
from lenskeeper.inventory.schema import (
    device,
    import_batch,
    import_change,
    installation,
    membership,
    point,
)
from lenskeeper.units import rows as units
from lenskeeper.units.ids import UnitId

POLICIES: Final = ("create", "update", "skip")


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A value that a sheet says otherwise and that was kept, because a hand or the device corrected it."""

    row: int
    point_id: PointId
    field: str
    kept: str
    sheet: str


@dataclass(frozen=True, slots=True)
class Committed:
    """What became of the good rows of a sheet; the counts add up to them.

    updated:        something of a registered point changed; unchanged: the sheet said nothing new.
    skipped:        registered already, and the policy was to skip.
    swapped, moved: of those updated: another device, another unit.
    repeated:       rows about a point that an earlier row of the sheet was about; not written.
    """

    created: int
    updated: int
    unchanged: int
    skipped: int
    swapped: int
    moved: int
    repeated: tuple[int, ...]
    contradictions: tuple[Contradiction, ...]


@dataclass(slots=True)
class Update:
    """A row that changes a registered point, in work. before and after: as import_change keeps them."""

    good: GoodRow
    row: Row[Any]
    merge: Merge
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)


def commit_files(
    connection: Connection,
    batch_id: BatchId,
    good: Sequence[GoodRow],
    *,
    on_duplicate: str = "update",
    tz: str = "",
    actor: ActorId,
    now_s: int,
) -> Committed:
    """Write the good rows of a sheet: points, devices, installations and memberships; 20,000 in some seconds.

    A row is about the point that the dry run found, or that has come to bear its code or address since. Units that
    are not there are set up; tz is for new ones at the top. A point that moves to another unit does so at its next
    local midnight.
    on_duplicate: create a second point, update the registered one, or skip the row.
    NotFound: no such batch or login. Conflict: the batch was committed or undone already. Invalid: an unknown policy,
    a row without a unit. NotAllowed: a place of intimacy; then nothing is written.
    """
    if on_duplicate not in POLICIES:
        raise Invalid(f"choose one of {', '.join(POLICIES)}", field="on_duplicate")
    if batch(connection, batch_id).on_duplicate:
        raise Conflict(f"import {batch_id} was committed already: begin another one")
    for each in good:
        place_kinds.admit(each.file.place_kind)
    homes = units.ensure(
        connection, (each.file.unit for each in good if each.file.unit), tz=tz, actor=actor, now_s=now_s
    )
    fresh, known, repeated = _sorted_out(connection, good, now_s)
    in_sheet = {point_id for _, point_id in known}
    if on_duplicate == "create":
        fresh, known = [*fresh, *(each for each, _ in known)], []
    updates, contradictions = _planned(connection, known, now_s) if on_duplicate == "update" else ([], [])
    changed = [each for each in updates if each.merge.changes]
    hands = _takeable(connection, fresh, changed, in_sheet)
    write_updates(connection, batch_id, changed, homes, hands, now_s)
    _create(connection, batch_id, fresh, homes, hands, now_s)
    done = Committed(
        created=len(fresh),
        updated=len(changed),
        unchanged=len(updates) - len(changed),
        skipped=len(known) if on_duplicate == "skip" else 0,
        swapped=sum(each.merge.swapped for each in changed),
        moved=sum(each.merge.moved for each in changed),
        repeated=tuple(repeated),
        contradictions=tuple(contradictions),
    )
    counts = {"created_count": done.created, "updated_count": done.updated}
    connection.execute(
        update(import_batch).where(import_batch.c.id == batch_id).values(on_duplicate=on_duplicate, **counts)
    )
    detail = {
        "created": done.created,
        "updated": done.updated,
        "skipped": done.skipped,
        "policy": on_duplicate,
    }
    audit.append(
        connection, actor=actor, at_s=now_s, act="import.commit", subject=f"import:{batch_id}", detail=detail
    )
    return done


# --- which rows are about which points ------------------------------------------------------------------------------


def _sorted_out(
    connection: Connection, good: Sequence[GoodRow], now_s: int
) -> tuple[list[GoodRow], list[tuple[GoodRow, PointId]], list[int]]:
    """New rows, rows about a registered point, and numbers of rows that repeat an earlier one."""
    by_code, by_url, alive = _registered(connection, now_s)
    fresh: list[GoodRow] = []
    known: list[tuple[GoodRow, PointId]] = []
    repeated: list[int] = []
    seen: set[object] = set()
    for each in good:
        file = each.file
        found = each.point_id if each.point_id in alive else None
        code = (
            "" if is_factory_default(file.code) else file.code
        )  # many devices bear it, so it names none of them
        if found is None and code:
            found = by_code.get(code)
        if found is None and not code and file.url:
            found = by_url.get((file.url, file.channel))
        key = found if found is not None else (code or (file.url, file.channel))
        if key in seen and key != ("", ""):
            repeated.append(each.row)
            continue
        seen.add(key)
        if found is None:
            fresh.append(each)
        else:
            known.append((each, found))
    return fresh, known, repeated


def _registered(
    connection: Connection, now_s: int
) -> tuple[dict[str, PointId], dict[tuple[str, str], PointId], set[PointId]]:
    query = (
        select(point.c.id, point.c.code, installation.c.url, installation.c.channel)
        .select_from(with_device(now_s))
        .where(point.c.withdrawn_s.is_(None))
        .order_by(point.c.id.desc())  # of several with one code, the first registered stands
    )
    rows = connection.execute(query).all()
    return (
        {row.code: PointId(row.id) for row in rows if row.code},
        {(row.url, row.channel): PointId(row.id) for row in rows if row.url},
        {PointId(row.id) for row in rows},
    )


# --- new points -----------------------------------------------------------------------------------------------------


def _create(
    connection: Connection,
    batch_id: BatchId,
    fresh: Sequence[GoodRow],
    homes: Mapping[str, UnitId],
    hands: "Hands",
    now_s: int,
) -> None:
    files = [each.file for each in fresh]
    taken = [hands.take(file) for file in files]
    _close_taken(connection, taken, now_s)
    made = add_many(
        connection,
        files,
        [homes.get(file.unit) for file in files],
        now_s=now_s,
        devices=[None if each is None else each.device_id for each in taken],
    )
    _keep(
        connection,
        [
            _change(batch_id, each.row, point_id, "create", revision=0, before=_noted(came))
            for each, point_id, came in zip(fresh, made, taken, strict=True)
        ],
    )


def _change(
    batch_id: BatchId,
    row_number: int,
    point_id: PointId,
    act: str,
    *,
    revision: int,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    return {
        "batch_id": batch_id,
        "row_number": row_number,
        "point_id": point_id,
        "act": act,
        "before": msgspec.json.encode(before or {}).decode(),
        "after": msgspec.json.encode(after or {}).decode(),
        "revision": revision,
    }


def _keep(connection: Connection, changes: Sequence[dict[str, Any]]) -> None:
    for piece in slices(changes):
        connection.execute(insert(import_change), piece)


# --- registered points ----------------------------------------------------------------------------------------------


def _planned(
    connection: Connection, known: Sequence[tuple[GoodRow, PointId]], now_s: int
) -> tuple[list[Update], list[Contradiction]]:
    """What each row does to its point, and what it says against a correction."""
    corrected = corrections(connection, Scope.ALL, now_s)
    paths = unit_paths(connection)
    rows = rows_of(connection, [point_id for _, point_id in known], now_s)
    updates: list[Update] = []
    contradictions: list[Contradiction] = []
    for each, point_id in known:
        row = rows[point_id]
        now = told_point(row, paths).file
        result = merge(
            now, each.file, corrected.get(point_id, frozenset()), has_device=row.device_id is not None
        )
        updates.append(Update(each, row, result))
        contradictions += [
            Contradiction(each.row, point_id, name, str(getattr(now, name)), str(getattr(each.file, name)))
            for name in result.contradicting
        ]
    return updates, contradictions


def rows_of(connection: Connection, ids: Sequence[PointId], now_s: int) -> dict[PointId, Row[Any]]:
    """COLUMNS of these points, with when what hangs there was hung, and its login."""
    found: dict[PointId, Row[Any]] = {}
    for piece in slices(ids):
        chosen: Select[Any] = select(*COLUMNS, installation.c.from_s, installation.c.credential_id)
        query = chosen.select_from(with_device(now_s)).where(point.c.id.in_(piece))
        for row in connection.execute(query):
            found[PointId(row.id)] = row
    return found


def write_updates(
    connection: Connection,
    batch_id: BatchId,
    changed: Sequence[Update],
    homes: Mapping[str, UnitId],
    hands: "Hands",
    now_s: int,
) -> None:
    """Write what these rows change, and what is needed to take it back. homes: units by path, of those that move."""
    logins = credential_ids(connection, {each.good.file.credential for each in changed})
    _write_values(connection, changed, logins)
    _write_moves(connection, [each for each in changed if each.merge.moved], homes, now_s)
    _write_swaps(connection, [each for each in changed if each.merge.swapped], logins, hands, now_s)
    bump(connection, (each.row.id for each in changed))
    _keep(
        connection,
        [
            _change(
                batch_id, each.good.row, PointId(each.row.id), "update",
                revision=each.row.revision + 1, before=each.before, after=each.after,
            )
            for each in changed
        ],
    )  # fmt: skip


def _write_values(connection: Connection, changed: Sequence[Update], logins: Mapping[str, int]) -> None:
    of_points, of_devices, of_mounts = [], [], []
    for each in changed:
        file, row, result = each.good.file, each.row, each.merge
        if result.point:
            values = filing.stored(file, result.point, row.tz)
            each.before["point"] = _kept(row, values)
            of_points.append(({"id": row.id}, values))
        if result.device:
            values = filing.stored(file, result.device, row.tz)
            each.before["device"] = _kept(row, values)
            of_devices.append(({"id": row.device_id}, values))
        if result.mount and not result.swapped:
            values = _mount_columns(file, result.mount, logins)
            each.before["mount"] = _kept(row, values)
            of_mounts.append(({"point_id": row.id, "from_s": row.from_s}, values))
    for table, pairs in ((point, of_points), (device, of_devices), (installation, of_mounts)):
        write_values(connection, table, pairs)


def _kept(row: Row[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in values}


def _mount_columns(file: CameraFile, names: Iterable[str], logins: Mapping[str, int]) -> dict[str, Any]:
    """The columns of an installation for these fields of a file. NotFound: no login of that name."""
    chosen = tuple(names)
    values = filing.stored(file, tuple(name for name in chosen if name != "credential"), "")
    if "credential" in chosen:
        if file.credential not in logins:
            raise NotFound(f"there is no stored login {file.credential!r}: store it first")
        values["credential_id"] = logins[file.credential]
    return values


def _write_moves(
    connection: Connection, moved: Sequence[Update], homes: Mapping[str, UnitId], now_s: int
) -> None:
    """Close the membership that stands at the next local midnight; one that is to begin then is renamed."""
    stands = _standing_memberships(connection, [each.row.id for each in moved])
    replaced, closed, opened = [], [], []
    for each in moved:
        unit_id = homes[each.good.file.unit]
        last = stands[each.row.id]
        from_s = day_span(local_day(now_s, each.row.tz) + 1, each.row.tz)[0]
        each.before["unit_id"] = last.unit_id
        if last.from_s >= from_s:  # it is to move already: then to this unit
            each.after["membership_from_s"], each.after["replaced"] = last.from_s, True
            replaced.append(({"point_id": each.row.id, "from_s": last.from_s}, {"unit_id": unit_id}))
            continue
        each.after["membership_from_s"], each.after["replaced"] = from_s, False
        closed.append(({"point_id": each.row.id, "from_s": last.from_s}, {"to_s": from_s}))
        opened.append({"point_id": each.row.id, "unit_id": unit_id, "from_s": from_s})
    write_values(connection, membership, [*replaced])
    write_values(connection, membership, [*closed])
    for piece in slices(opened):
        connection.execute(insert(membership), piece)


def _standing_memberships(connection: Connection, ids: Sequence[int]) -> dict[int, Row[Any]]:
    found: dict[int, Row[Any]] = {}
    for piece in slices(ids):
        query = select(membership).where(membership.c.point_id.in_(piece), membership.c.to_s.is_(None))
        found |= {row.point_id: row for row in connection.execute(query)}
    return found


# --- other devices --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Taken:
    """A known device that a sheet names at another point. point_id: where it hangs now; None: nowhere, or the sheet
    itself takes it down there."""

    device_id: DeviceId
    point_id: PointId | None = None
    from_s: int = 0


@dataclass(slots=True)
class Hands:
    """Known devices that rows of a sheet may hang elsewhere, each once, by serial number and channel."""

    free: dict[tuple[str, str], _Taken]

    def take(self, file: CameraFile) -> _Taken | None:
        return self.free.pop((file.serial, file.channel), None) if file.serial else None


def _noted(taken: _Taken | None) -> dict[str, Any]:
    if taken is None or taken.point_id is None:
        return {}
    return {"taken": [taken.point_id, taken.from_s, taken.device_id]}


def _takeable(
    connection: Connection,
    fresh: Sequence[GoodRow],
    changed: Sequence[Update],
    in_sheet: AbstractSet[PointId],
) -> Hands:
    """Known devices with the serial numbers of rows that hang one, as far as the sheet leaves them no other place."""
    swapped = [each for each in changed if each.merge.swapped]
    serials = {each.file.serial for each in fresh} | {each.good.file.serial for each in swapped}
    going = {PointId(each.row.id) for each in swapped}
    free: dict[tuple[str, str], _Taken] = {}
    for piece in slices(sorted(serials - {""})):
        query = (
            select(device.c.id, device.c.serial, installation)
            .join(installation, installation.c.device_id == device.c.id)
            .where(device.c.serial.in_(piece))
            .order_by(installation.c.from_s)  # the last word is where it hung last
        )
        for row in connection.execute(query):
            key, holder = (row.serial, row.channel), PointId(row.point_id)
            if row.to_s is not None or holder in going:
                free[key] = _Taken(DeviceId(row.id))
            elif holder not in in_sheet:
                free[key] = _Taken(DeviceId(row.id), holder, row.from_s)
            else:
                free.pop(key, None)
    return Hands(free)


def _close_taken(connection: Connection, taken: Iterable[_Taken | None], now_s: int) -> None:
    """Take devices down where they hang until now."""
    keys = [(each.point_id, each.from_s) for each in taken if each is not None and each.point_id is not None]
    close_many(connection, keys, now_s)
    bump(connection, (holder for holder, _ in keys))


def _write_swaps(
    connection: Connection,
    swapped: Sequence[Update],
    logins: Mapping[str, int],
    hands: Hands,
    now_s: int,
) -> None:
    """Take down what hung there; hang the device that the sheet names, taken from where it hung, or a new one."""
    came = [hands.take(each.good.file) for each in swapped]
    closing = [(each.row.id, each.row.from_s) for each in swapped if each.row.from_s is not None]
    close_many(connection, closing, now_s)
    _close_taken(connection, came, now_s)
    unknown = [each for each, taken in zip(swapped, came, strict=True) if taken is None]
    made = iter(new_devices(connection, [each.good.file for each in unknown]))
    rows = []
    for each, taken in zip(swapped, came, strict=True):
        row = each.row
        each.after["installed_s"] = now_s
        each.before |= _noted(taken)
        if row.from_s is not None and row.from_s < now_s:
            each.before["closed"] = [row.from_s, row.device_id]
        dated = () if "install_date" in each.merge.contradicting else ("install_date",)
        values = {
            **_mount_of(row),
            **_mount_columns(each.good.file, (*each.merge.mount, *dated), logins),
        }
        number = next(made) if taken is None else taken.device_id
        rows.append({"point_id": row.id, "device_id": number, "from_s": now_s, **values})
    hang(connection, rows)


def _mount_of(row: Row[Any]) -> dict[str, Any]:
    """The address and login that a point has now; the date of hanging is the old device's and goes with it."""
    names = [
        filing.PLACES[n].column for n in filing.MOUNT_FIELDS if filing.PLACES[n].store is filing.as_it_is
    ]
    words = {name: getattr(row, name) or "" for name in names}
    return {**words, "install_day": None, "credential_id": row.credential_id}
