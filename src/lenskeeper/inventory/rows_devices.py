"""Devices and where they hang, since when: one device at a point, and one point for a device, at any second.

Hanging a device closes what hung there, and closes the device where it hung, in the same act. Neither point's
earlier history changes: what was true of a second stays true of it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, delete, insert, or_, select, update

from lenskeeper.audit import rows as audit
from lenskeeper.base.access import ActorId, Scope
from lenskeeper.base.errors import Conflict, Invalid, NotFound
from lenskeeper.inventory import filing
from lenskeeper.inventory.ids import CredentialId, DeviceId, PointId
from lenskeeper.inventory.rows_present import ids_in, point_row, seen_point, slices, visible, with_unit
from lenskeeper.inventory.rows_sources import note
from lenskeeper.inventory.schema import credential, device, installation, point


@dataclass(frozen=True, slots=True)
class Equipment:
    """What a piece of equipment is; each value as in CameraFile, empty where it is not known."""

    make: str = ""
    model: str = ""
    serial: str = ""
    mac: str = ""
    camera_type: str = ""
    function_type: str = ""
    light: str = ""
    codec: str = ""
    warranty_until: date | None = None


@dataclass(frozen=True, slots=True)
class Mount:
    """How what hangs at a point is reached; each value as in CameraFile."""

    url: str = ""
    still_url: str = ""
    channel: str = ""
    ipv4: str = ""
    ipv6: str = ""
    install_date: date | None = None
    credential_id: CredentialId | None = None


@dataclass(frozen=True, slots=True)
class Installed:
    """A device at a point over [from_s, to_s), UTC seconds; to_s None: until now."""

    point_id: PointId
    device_id: DeviceId
    from_s: int
    to_s: int | None
    equipment: Equipment
    mount: Mount


def install(
    connection: Connection,
    point_id: PointId,
    what: Equipment | DeviceId,
    mount: Mount | None = None,
    *,
    at_s: int,
    actor: ActorId,
    now_s: int,
) -> DeviceId:
    """Hang a new device, or one that is known, at a point, from at_s on; both places are closed in the same act.

    mount: None keeps the point's last address and login: a swap at the same pole.
    NotFound: no such point, device or login. Invalid: at_s lies ahead. Conflict: something was hung there, or the
    device elsewhere, at that second or later, or the point is retired by then.
    """
    row = point_row(connection, point_id)
    if at_s > now_s:
        raise Invalid("a device is entered when it hangs, not before", field="at_s")
    if row.in_service_to_s is not None and row.in_service_to_s <= at_s:
        raise Conflict(f"{row.name} is retired: register the place anew, or take its retirement back first")
    if not isinstance(what, Equipment):
        _device_row(connection, what)
    values = _last_mount(connection, point_id) if mount is None else mount_values(mount)
    _admit_credential(connection, values.get("credential_id"))
    takes = installation.c.point_id == point_id
    if not isinstance(what, Equipment):
        takes = or_(takes, installation.c.device_id == what)
    touched = _close(connection, takes, at_s)
    known = new_devices(connection, [what])[0] if isinstance(what, Equipment) else what
    hang(connection, [{"point_id": point_id, "device_id": known, "from_s": at_s, **values}])
    bump(connection, {point_id, *touched})
    said_of = [] if mount is None else _told_of(mount, filing.MOUNT_FIELDS)
    if isinstance(what, Equipment):
        said_of += _told_of(what, filing.DEVICE_FIELDS)
    else:
        said_of += ["serial", "mac"]
    note(connection, point_id, said_of, source="hand", actor=actor, now_s=now_s)
    said = _entry(point_id, known, at_s)
    audit.append(connection, actor=actor, at_s=now_s, act="device.install", **said)
    return known


def swap(
    connection: Connection,
    point_id: PointId,
    what: Equipment | DeviceId,
    *,
    at_s: int,
    actor: ActorId,
    now_s: int,
) -> DeviceId:
    """Hang another device at the same pole, with the same address and login. Errors as `install`."""
    return install(connection, point_id, what, at_s=at_s, actor=actor, now_s=now_s)


def remove(connection: Connection, point_id: PointId, *, at_s: int, actor: ActorId, now_s: int) -> None:
    """Take down what hangs at a point. NotFound: no such point. Conflict: nothing hangs there, or it was hung later."""
    point_row(connection, point_id)
    if at_s > now_s:
        raise Invalid("a device is taken down when it is down, not before", field="at_s")
    here = and_(installation.c.point_id == point_id, installation.c.to_s.is_(None))
    hung = connection.execute(select(installation.c.device_id).where(here)).scalar()
    if hung is None:
        raise Conflict(f"nothing hangs at point {point_id}")
    bump(connection, _close(connection, here, at_s))
    said = _entry(point_id, DeviceId(hung), at_s)
    audit.append(connection, actor=actor, at_s=now_s, act="device.remove", **said)


def history(connection: Connection, scope: Scope, point_id: PointId, at_s: int) -> list[Installed]:
    """All that ever hung at a point, oldest first. at_s: the instant whose unit decides who may see it."""
    seen_point(connection, scope, point_id, at_s)
    return _installed(connection, installation.c.point_id == point_id)


def device_history(connection: Connection, scope: Scope, device_id: DeviceId, at_s: int) -> list[Installed]:
    """All points where a device ever hung, oldest first, as far as they may be seen. NotFound: none may."""
    seen = select(point.c.id).select_from(with_unit(at_s)).where(visible(scope, at_s))
    here = and_(installation.c.device_id == device_id, installation.c.point_id.in_(seen))
    found = _installed(connection, here)
    if not found:
        raise NotFound(f"there is no device {device_id}")
    return found


def new_devices(connection: Connection, what: Sequence[Any]) -> list[DeviceId]:
    """Devices not known before, in the order given; Equipment or anything with its fields (a CameraFile)."""
    rows = [filing.stored(each, filing.DEVICE_FIELDS, "") for each in what]
    made: list[DeviceId] = []
    for piece in slices(rows):
        fresh = insert(device).returning(device.c.id, sort_by_parameter_order=True)
        made += [DeviceId(row.id) for row in connection.execute(fresh, piece)]
    return made


def hang(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Open installations: point_id, device_id, from_s and the values of a mount each. What stood must be closed."""
    for piece in slices(rows):
        connection.execute(insert(installation), piece)


def bump(connection: Connection, point_ids: Iterable[int]) -> None:
    """Count one more change of these points."""
    for piece in slices(ids_in(point_ids)):
        connection.execute(update(point).where(point.c.id.in_(piece)).values(revision=point.c.revision + 1))


def mount_values(mount: Mount) -> dict[str, Any]:
    """The columns of a mount, as they are written."""
    return {**filing.stored(mount, filing.MOUNT_FIELDS, ""), "credential_id": mount.credential_id}


def close_at(connection: Connection, point_id: PointId, at_s: int) -> None:
    """End what hangs at a point, if anything does. Conflict: it was hung later."""
    _close(connection, and_(installation.c.point_id == point_id, installation.c.to_s.is_(None)), at_s)


def _close(connection: Connection, which: ColumnElement[bool], at_s: int) -> set[int]:
    """End the installations that stand; gives the points they were at. Conflict: one lies after at_s."""
    rows = connection.execute(
        select(installation.c.point_id, installation.c.from_s, installation.c.to_s)
        .where(which, or_(installation.c.to_s.is_(None), installation.c.to_s > at_s))
    ).all()  # fmt: skip
    for row in rows:
        if row.to_s is not None or row.from_s >= at_s:
            raise Conflict(
                f"point {row.point_id} had a device hung or taken down at that second or later: "
                "enter swaps in the order in which they were made"
            )
    for row in rows:
        key = and_(installation.c.point_id == row.point_id, installation.c.from_s == row.from_s)
        connection.execute(update(installation).where(key).values(to_s=at_s))
    return {row.point_id for row in rows}


def close_many(connection: Connection, keys: Sequence[tuple[int, int]], at_s: int) -> None:
    """End many installations that stand, by point and from_s. One that lasted no second is taken out."""
    lasting = [{"p": p, "f": from_s, "t": at_s} for p, from_s in keys if from_s < at_s]
    if lasting:
        connection.execute(
            update(installation)
            .where(installation.c.point_id == bindparam("p"), installation.c.from_s == bindparam("f"))
            .values(to_s=bindparam("t")),
            lasting,
        )
    drop_many(connection, [key for key in keys if key[1] >= at_s])


def drop_many(connection: Connection, keys: Sequence[tuple[int, int]]) -> None:
    """Take installations out as if they had never been, by point and from_s."""
    if keys:
        connection.execute(
            delete(installation).where(
                installation.c.point_id == bindparam("p"), installation.c.from_s == bindparam("f")
            ),
            [{"p": p, "f": from_s} for p, from_s in keys],
        )


def _told_of(what: object, names: Iterable[str]) -> list[str]:
    return [name for name in names if filing.told(getattr(what, name))]


def _device_row(connection: Connection, device_id: DeviceId) -> None:
    if connection.execute(select(device.c.id).where(device.c.id == device_id)).one_or_none() is None:
        raise NotFound(f"there is no device {device_id}")


def _admit_credential(connection: Connection, credential_id: int | None) -> None:
    if credential_id is None:
        return
    if connection.execute(select(credential.c.id).where(credential.c.id == credential_id)).scalar() is None:
        raise NotFound(f"there is no stored login {credential_id}")


def _last_mount(connection: Connection, point_id: PointId) -> dict[str, Any]:
    """The address and login of what hung at a point last; empty where nothing did. The date is the old device's."""
    names = [filing.PLACES[name].column for name in filing.MOUNT_FIELDS if name != "install_date"]
    row = connection.execute(
        select(*(installation.c[name] for name in (*names, "credential_id")))
        .where(installation.c.point_id == point_id)
        .order_by(installation.c.from_s.desc())
        .limit(1)
    ).one_or_none()
    return mount_values(Mount()) if row is None else {**row._mapping, "install_day": None}


def _installed(connection: Connection, which: ColumnElement[bool]) -> list[Installed]:
    rows = connection.execute(
        select(installation, device)
        .join(device, device.c.id == installation.c.device_id)
        .where(which)
        .order_by(installation.c.from_s)
    )
    return [_told(row) for row in rows]


def _told(row: Row[Any]) -> Installed:
    what = {n: filing.PLACES[n].tell(getattr(row, filing.PLACES[n].column), "") for n in filing.DEVICE_FIELDS}
    how = {n: filing.PLACES[n].tell(getattr(row, filing.PLACES[n].column), "") for n in filing.MOUNT_FIELDS}
    login = None if row.credential_id is None else CredentialId(row.credential_id)
    return Installed(
        PointId(row.point_id),
        DeviceId(row.device_id),
        row.from_s,
        row.to_s,
        Equipment(**what),
        Mount(**how, credential_id=login),
    )


def _entry(point_id: PointId, known: DeviceId, at_s: int) -> dict[str, Any]:
    return {"subject": f"point:{point_id}", "detail": {"device": known, "since_s": at_s}}
