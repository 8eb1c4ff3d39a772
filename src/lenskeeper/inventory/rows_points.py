"""Points of the register: registered, changed, moved to another unit, retired; and read in lists and pages.

A point keeps its rate, class and purpose whatever device hangs there. It belongs to one unit at a time, from local
midnight to local midnight, so that no day is torn between two.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, and_, insert, or_, select, update

from lenskeeper.audit import rows as audit
from lenskeeper.base.access import ActorId, Scope
from lenskeeper.base.days import day_span, local_day
from lenskeeper.base.errors import Conflict, Invalid, NotFound
from lenskeeper.inventory import filing, place_kinds
from lenskeeper.inventory.camera_file import CameraFile
from lenskeeper.inventory.ids import DeclarationId, DeviceId, PointId
from lenskeeper.inventory.rows_devices import bump, close_at, hang, new_devices
from lenskeeper.inventory.rows_present import point_row, slices, standing, visible, with_device
from lenskeeper.inventory.rows_sources import note
from lenskeeper.inventory.schema import (
    credential,
    device,
    installation,
    membership,
    point,
)
from lenskeeper.units.ids import UnitId
from lenskeeper.units.rows import Unit, below, tree
from lenskeeper.units.schema import unit

POINTS_MAX: Final = 1_000  # of one page
STATUS_REMOVED: Final = 3  # 设备状态: taken down before it ever came to us


@dataclass(frozen=True, slots=True)
class Point:
    """What the register knows of one camera: its point with the device that hangs there at the instant asked.

    file:              its values in the words of a sheet; in_service_from is the day, the seconds stand beside.
    in_service_to_s:   it counts in [from, to); None: until further notice.
    revision:          how often it was changed.
    """

    point_id: PointId
    unit_id: UnitId | None
    device_id: DeviceId | None
    declaration_id: DeclarationId | None
    tz: str
    in_service_from_s: int
    in_service_to_s: int | None
    revision: int
    file: CameraFile


@dataclass(frozen=True, slots=True)
class Filters:
    """Which points a list shows; what is left out does not narrow it.

    words:      part of the name, common name, code or address.
    unit_id:    this unit and all below it.
    in_service: True: counts at the instant asked; False: does not, yet or any more.
    declared:   whether place, purpose, legal basis, owner and contact are all there (charter clause 6).
    """

    words: str = ""
    unit_id: UnitId | None = None
    klass: int | None = None
    make: str = ""
    model: str = ""
    in_service: bool | None = None
    declared: bool | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Some points in order of name; `after` asks for the next page, None where this is the last."""

    points: tuple[Point, ...]
    after: tuple[str, int] | None


def add(
    connection: Connection, file: CameraFile, *, unit_id: UnitId | None = None, actor: ActorId, now_s: int
) -> PointId:
    """Register one camera: its point, and the device that hangs there where the file tells of one.

    unit_id: or the file's path. Errors as `add_many`. Conflict: the code is registered already.
    """
    if file.code:
        same = select(point.c.id).where(point.c.code == file.code, point.c.withdrawn_s.is_(None))
        if connection.execute(same).first() is not None:
            raise Conflict(f"a point with the code {file.code} is registered already: change that one")
    (made,) = add_many(connection, [file], [unit_id], now_s=now_s)
    detail: dict[str, object] = {"code": file.code, "name": file.name, "unit": file.unit}
    audit.append(connection, actor=actor, at_s=now_s, act="point.add", subject=f"point:{made}", detail=detail)
    return made


def add_many(
    connection: Connection,
    files: Sequence[CameraFile],
    unit_ids: Sequence[UnitId | None],
    *,
    now_s: int,
    devices: Sequence[DeviceId | None] | None = None,
) -> list[PointId]:
    """Register many cameras by few statements, in the order given; the caller enters the act in the audit log.

    A camera counts from the day its file says, else from now_s; one that the file calls removed never counts. It
    takes the time zone of its unit. devices: those that are known already and hang nowhere now; None where it is new.
    NotAllowed: a place of intimacy. NotFound: no such unit or login. Invalid: no unit, or a service that ends before
    it begins.
    """
    homes = _homes(connection, files, unit_ids)
    rows = [new_point(file, home.tz, now_s) for file, home in zip(files, homes, strict=True)]
    made: list[PointId] = []
    for piece in slices(rows):
        fresh = insert(point).returning(point.c.id, sort_by_parameter_order=True)
        made += [PointId(row.id) for row in connection.execute(fresh, piece)]
    begun = [min(row["in_service_from_s"], now_s) for row in rows]
    members = [
        {"point_id": p, "unit_id": home.unit_id, "from_s": midnight_before(from_s, home.tz)}
        for p, home, from_s in zip(made, homes, begun, strict=True)
    ]
    for slice_ in slices(members):
        connection.execute(insert(membership), slice_)
    known = devices or [None] * len(files)
    _hang_new(connection, made, files, begun, known, now_s)
    return made


def _hang_new(
    connection: Connection,
    made: Sequence[PointId],
    files: Sequence[CameraFile],
    begun: Sequence[int],
    known: Sequence[DeviceId | None],
    now_s: int,
) -> None:
    """The first device of each new point, where its file tells of one; it hung since the point began."""
    logins = credential_ids(connection, {file.credential for file in files})
    fresh = [i for i, file in enumerate(files) if known[i] is None and tells_of_device(file)]
    numbers = dict(zip(fresh, new_devices(connection, [files[i] for i in fresh]), strict=True))
    rows = []
    for i, file in enumerate(files):
        here = numbers.get(i, known[i])
        if here is not None:
            from_s = begun[i] if known[i] is None else now_s
            rows.append({"point_id": made[i], "device_id": here, "from_s": from_s, **mount_row(file, logins)})
    hang(connection, rows)


def new_point(file: CameraFile, tz: str, now_s: int) -> dict[str, Any]:
    """The row of a point that is registered now. NotAllowed, Invalid as `add_many`."""
    place_kinds.admit(file.place_kind)
    row = filing.stored(file, filing.POINT_FIELDS, tz)
    if row["in_service_from_s"] is None:
        row["in_service_from_s"] = (
            now_s if row["in_service_to_s"] is None else min(now_s, row["in_service_to_s"])
        )
    if file.status == STATUS_REMOVED and row["in_service_to_s"] is None:
        row["in_service_to_s"] = row["in_service_from_s"]
    _admit_service(row["in_service_from_s"], row["in_service_to_s"])
    return {**row, "klass": file.klass or filing.KLASS_UNTOLD, "tz": tz, "revision": 0}


def mount_row(file: CameraFile, logins: Mapping[str, int]) -> dict[str, Any]:
    """The columns of an installation that a file tells. NotFound: no login of that name."""
    if file.credential and file.credential not in logins:
        raise NotFound(
            f"there is no stored login {file.credential!r}: store it first, or leave the cell empty"
        )
    values = filing.stored(file, filing.MOUNT_FIELDS, "")
    return {**values, "credential_id": logins.get(file.credential)}


def tells_of_device(file: CameraFile) -> bool:
    """Whether a file says what hangs there or how it is reached."""
    names = (*filing.DEVICE_FIELDS, *filing.MOUNT_FIELDS)
    return any(filing.told(getattr(file, name)) for name in names)


def credential_ids(connection: Connection, names: set[str]) -> dict[str, int]:
    """Stored logins by name."""
    if not names - {""}:
        return {}
    return {row.name: row.id for row in connection.execute(select(credential.c.name, credential.c.id))}


def midnight_before(at_s: int, tz: str) -> int:
    """The local midnight at or before an instant."""
    return day_span(local_day(at_s, tz), tz)[0]


def change(
    connection: Connection,
    point_id: PointId,
    changes: Mapping[str, object],
    *,
    actor: ActorId,
    now_s: int,
    source: str = "hand",
) -> None:
    """Correct values of a camera by their names in CameraFile; no later sheet overwrites them.

    Values of the device and of its address change at what hangs there now; to hang another device, swap.
    source: hand, or device where the camera itself said so.
    NotFound: no such point or login. Invalid: no such value, or a unit (move it instead). NotAllowed: a place of
    intimacy. Conflict: nothing hangs there.
    """
    row = point_row(connection, point_id)
    before = get(connection, Scope.ALL, point_id, now_s)
    for name in changes:
        if name not in filing.PLACES and name != "credential":
            cure = "move the point instead" if name == "unit" else "see the columns of the sheet"
            raise Invalid(f"{name} cannot be changed by hand: {cure}", field=name)
    written = {name: _column(connection, name, value, str(row.tz)) for name, value in changes.items()}
    _write_point(connection, row, _among(written, filing.POINT_FIELDS))
    _write_device(connection, before.device_id, _among(written, filing.DEVICE_FIELDS))
    _write_mount(connection, before, now_s, _among(written, (*filing.MOUNT_FIELDS, "credential")))
    bump(connection, [point_id])
    note(connection, point_id, changes, source=source, actor=actor, now_s=now_s)
    detail = {name: [_plain(getattr(before.file, name)), _plain(value)] for name, value in changes.items()}
    audit.append(
        connection, actor=actor, at_s=now_s, act="point.change", subject=f"point:{point_id}", detail=detail
    )


def _column(connection: Connection, name: str, value: Any, tz: str) -> tuple[str, Any]:
    if name == "credential":
        logins = credential_ids(connection, {value})
        if value and value not in logins:
            raise NotFound(f"there is no stored login {value!r}: store it first")
        return "credential_id", logins.get(value)
    if name == "place_kind":
        place_kinds.admit(str(value))
    if name == "name" and not str(value).strip():
        raise Invalid("a point needs a name", field="name")
    if name == "klass" and value not in (1, 2, 3):
        raise Invalid("a point is of class 1, 2 or 3", field="klass")
    place = filing.PLACES[name]
    return place.column, place.store(value, tz)


def _among(written: Mapping[str, tuple[str, Any]], names: tuple[str, ...]) -> dict[str, Any]:
    return dict(written[name] for name in names if name in written)


def _write_point(connection: Connection, row: Row[Any], values: dict[str, Any]) -> None:
    if not values:
        return
    merged = {**row._mapping, **values}
    if merged["in_service_from_s"] is None:
        raise Invalid("a point counts from some day on", field="in_service_from")
    _admit_service(merged["in_service_from_s"], merged["in_service_to_s"])
    if (merged["lon"] is None) != (merged["lat"] is None):
        raise Invalid("change lon and lat together", field="lon")
    connection.execute(update(point).where(point.c.id == row.id).values(**values))


def _write_device(connection: Connection, device_id: DeviceId | None, values: dict[str, Any]) -> None:
    if not values:
        return
    if device_id is None:
        raise Conflict("nothing hangs there: install the device first")
    connection.execute(update(device).where(device.c.id == device_id).values(**values))


def _write_mount(connection: Connection, before: Point, now_s: int, values: dict[str, Any]) -> None:
    if not values:
        return
    if before.device_id is None:
        raise Conflict("nothing hangs there: install the device first")
    here = standing(installation.c.from_s, installation.c.to_s, now_s)
    connection.execute(
        update(installation).where(installation.c.point_id == before.point_id, here).values(**values)
    )


def move(
    connection: Connection,
    point_id: PointId,
    unit_id: UnitId,
    *,
    from_day: int | None = None,
    actor: ActorId,
    now_s: int,
) -> int:
    """Give a point to another unit from a local midnight on, and until further notice; gives that instant.

    from_day: the first local day of the new unit; None: tomorrow. Its time zone stays.
    NotFound: no such point or unit. Conflict: it belongs to somebody else from a later day on, or did not exist then.
    """
    row = point_row(connection, point_id)
    if connection.execute(select(unit.c.id).where(unit.c.id == unit_id)).first() is None:
        raise NotFound(f"there is no unit {unit_id}")
    from_s = day_span(local_day(now_s, row.tz) + 1 if from_day is None else from_day, row.tz)[0]
    stands = and_(membership.c.point_id == point_id, membership.c.to_s.is_(None))
    last = connection.execute(select(membership).where(stands)).one()
    if from_s < last.from_s:
        raise Conflict(
            f"{row.name} belongs to its present unit from a later day on: choose that day or a later one"
        )
    if from_s == last.from_s:
        connection.execute(update(membership).where(stands).values(unit_id=unit_id))
    elif last.unit_id != unit_id:
        connection.execute(update(membership).where(stands).values(to_s=from_s))
        connection.execute(insert(membership).values(point_id=point_id, unit_id=unit_id, from_s=from_s))
    bump(connection, [point_id])
    note(connection, point_id, ["unit"], source="hand", actor=actor, now_s=now_s)
    detail = {"from_unit": last.unit_id, "to_unit": unit_id, "from_s": from_s}
    audit.append(
        connection, actor=actor, at_s=now_s, act="point.move", subject=f"point:{point_id}", detail=detail
    )
    return from_s


def retire(connection: Connection, point_id: PointId, *, to_s: int, actor: ActorId, now_s: int) -> None:
    """End a point's service: from to_s on it counts no more; what it counted before stays.

    What hangs there is taken down with it, unless to_s lies ahead: then it stays until somebody takes it down.
    NotFound: no such point. Conflict: the service ends before it begins, or its device was hung there later.
    """
    row = point_row(connection, point_id)
    if to_s < row.in_service_from_s:
        raise Conflict(f"{row.name} serves from a later instant on: retire it after that")
    if to_s <= now_s:
        close_at(connection, point_id, to_s)
    connection.execute(update(point).where(point.c.id == point_id).values(in_service_to_s=to_s))
    bump(connection, [point_id])
    audit.append(
        connection, actor=actor, at_s=now_s, act="point.retire", subject=f"point:{point_id}",
        detail={"to_s": to_s},
    )  # fmt: skip


def units_of(connection: Connection, point_id: PointId) -> list[tuple[int, int | None, UnitId]]:
    """Which units a point belonged to: (from_s, to_s or None, unit), oldest first."""
    rows = connection.execute(
        select(membership).where(membership.c.point_id == point_id).order_by(membership.c.from_s)
    )
    return [(row.from_s, row.to_s, UnitId(row.unit_id)) for row in rows]


def get(connection: Connection, scope: Scope, point_id: PointId, at_s: int) -> Point:
    """One point with what hangs there at an instant. NotFound: there is none, or it may not be seen."""
    row = connection.execute(
        select(*COLUMNS).select_from(with_device(at_s)).where(point.c.id == point_id, visible(scope, at_s))
    ).one_or_none()
    if row is None:
        raise NotFound(f"there is no point {point_id}")
    return told_point(row, unit_paths(connection))


def find(
    connection: Connection, scope: Scope, codes: Sequence[str], at_s: int
) -> dict[str, tuple[PointId, ...]]:
    """The points that bear each of these codes, as far as they may be seen; a code may stand twice (schema.py)."""
    found: dict[str, tuple[PointId, ...]] = {}
    for piece in slices(sorted(set(codes))):
        query = (
            select(point.c.code, point.c.id)
            .select_from(with_device(at_s))
            .where(point.c.code.in_(piece), visible(scope, at_s))
        )
        for row in connection.execute(query.order_by(point.c.id)):
            found[row.code] = (*found.get(row.code, ()), PointId(row.id))
    return found


def listed(
    connection: Connection,
    scope: Scope,
    filters: Filters,
    at_s: int,
    *,
    after: tuple[str, int] | None = None,
    limit: int = 100,
) -> Page:
    """Points in order of name, at most POINTS_MAX; ask again with the page's `after`."""
    limit = min(limit, POINTS_MAX)
    query = (
        select(*COLUMNS).select_from(with_device(at_s)).where(visible(scope, at_s), *_narrowed(filters, at_s))
    )
    if after is not None:
        name, point_id = after
        query = query.where(or_(point.c.name > name, and_(point.c.name == name, point.c.id > point_id)))
    rows = connection.execute(query.order_by(point.c.name, point.c.id).limit(limit + 1)).all()
    paths = unit_paths(connection)
    found = tuple(told_point(row, paths) for row in rows[:limit])
    last = (found[-1].file.name, int(found[-1].point_id)) if len(rows) > limit else None
    return Page(found, last)


def unit_paths(connection: Connection) -> dict[int, str]:
    """Paths of all units by id."""
    return {u.unit_id: u.path for u in tree(connection, Scope.ALL)}


def told_point(row: Row[Any], paths: Mapping[int, str]) -> Point:
    """A row of COLUMNS as a Point."""
    file = filing.file_of(row, unit=paths.get(row.unit_id, ""), credential=row.credential_name or "")
    return Point(
        point_id=PointId(row.id),
        unit_id=None if row.unit_id is None else UnitId(row.unit_id),
        device_id=None if row.device_id is None else DeviceId(row.device_id),
        declaration_id=None if row.declaration_id is None else DeclarationId(row.declaration_id),
        tz=row.tz,
        in_service_from_s=row.in_service_from_s,
        in_service_to_s=row.in_service_to_s,
        revision=row.revision,
        file=file,
    )


def _file_columns() -> list[ColumnElement[Any]]:
    parts = (
        (point, filing.POINT_FIELDS),
        (device, filing.DEVICE_FIELDS),
        (installation, filing.MOUNT_FIELDS),
    )
    return [table.c[filing.PLACES[name].column] for table, names in parts for name in names]


COLUMNS: Final[list[ColumnElement[Any]]] = [
    *(point.c.id, point.c.tz, point.c.revision, point.c.declaration_id, membership.c.unit_id),
    *(installation.c.device_id, credential.c.name.label("credential_name")),
    *_file_columns(),
]


def _narrowed(filters: Filters, at_s: int) -> list[ColumnElement[bool]]:
    serving = standing(point.c.in_service_from_s, point.c.in_service_to_s, at_s)
    whole = and_(*(point.c[name] != "" for name in filing.DECLARED_FIELDS))
    narrow: list[ColumnElement[bool]] = []
    if filters.words:
        looked_in = (point.c.name, point.c.common_name, point.c.code, point.c.address)
        narrow.append(or_(*(column.contains(filters.words, autoescape=True) for column in looked_in)))
    if filters.unit_id is not None:
        narrow.append(below(filters.unit_id, membership.c.unit_id))
    if filters.klass is not None:
        narrow.append(point.c.klass == filters.klass)
    if filters.make:
        narrow.append(device.c.make == filters.make)
    if filters.model:
        narrow.append(device.c.model == filters.model)
    if filters.in_service is not None:
        narrow.append(serving if filters.in_service else ~serving)
    if filters.declared is not None:
        narrow.append(whole if filters.declared else ~whole)
    return narrow


def _homes(
    connection: Connection, files: Sequence[CameraFile], unit_ids: Sequence[UnitId | None]
) -> list[Unit]:
    """The unit of each file: the one given, else the one of its path."""
    units = tree(connection, Scope.ALL)
    by_id = {u.unit_id: u for u in units}
    by_path = {u.path: u for u in units}
    out: list[Unit] = []
    for file, unit_id in zip(files, unit_ids, strict=True):
        home = by_path.get(file.unit) if unit_id is None else by_id.get(unit_id)
        if home is None:
            if unit_id is None and not file.unit:
                raise Invalid(f"{file.name} names no unit: say to whom it belongs", field="unit")
            raise NotFound(f"there is no unit {file.unit or unit_id}: set it up first, or correct the path")
        out.append(home)
    return out


def _admit_service(from_s: int, to_s: int | None) -> None:
    if to_s is not None and to_s < from_s:
        raise Invalid("its service ends before it begins", field="in_service_to")


def _plain(value: Any) -> object:
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
