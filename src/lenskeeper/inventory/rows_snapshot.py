"""What a sheet is compared with: the register in whole sets, by one query each and none per row."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, select

from lenskeeper.base.access import Scope
from lenskeeper.base.days import local_day
from lenskeeper.inventory import filing
from lenskeeper.inventory.camera_file import CameraFile
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_divisions import codes
from lenskeeper.inventory.rows_points import COLUMNS, unit_paths
from lenskeeper.inventory.rows_present import visible, with_device, with_unit
from lenskeeper.inventory.schema import credential, device, field_source, installation, point
from lenskeeper.inventory.snapshot import Snapshot
from lenskeeper.units.rows import by_path


def snapshot(connection: Connection, scope: Scope, at_s: int, *, with_files: bool = False) -> Snapshot:
    """The register as a sheet is checked against it at an instant: 20,000 points take a second, with files three.

    codes, urls, macs, serials: of every point, whether or not it may be seen: a camera registered by the neighbours
    is registered. units, corrections and files: what may be seen.
    """
    rows = connection.execute(_identity(at_s)).all()
    return Snapshot(
        codes={row.code: PointId(row.id) for row in rows if row.code},
        urls=_keyed(rows, "url"),
        macs=_keyed(rows, "mac"),
        serials=_keyed(rows, "serial"),
        units=by_path(connection, scope),
        credentials=frozenset(connection.execute(select(credential.c.name)).scalars()),
        divisions=codes(connection, local_day(at_s, "UTC")),
        corrections=corrections(connection, scope, at_s),
        files=files(connection, scope, at_s) if with_files else {},
    )


def files(connection: Connection, scope: Scope, at_s: int) -> dict[PointId, CameraFile]:
    """Every point that may be seen as the file that a sheet would give of it."""
    paths = unit_paths(connection)
    rows = connection.execute(select(*COLUMNS).select_from(with_device(at_s)).where(visible(scope, at_s)))
    return {
        PointId(row.id): filing.file_of(
            row, unit=paths.get(row.unit_id, ""), credential=row.credential_name or ""
        )
        for row in rows
    }


def corrections(connection: Connection, scope: Scope, at_s: int) -> dict[PointId, frozenset[str]]:
    """Which values of which points no sheet overwrites: corrected by a hand or by the device, or declared."""
    noted = (
        select(field_source.c.point_id, field_source.c.field)
        .join(with_unit(at_s), point.c.id == field_source.c.point_id)
        .where(visible(scope, at_s))
    )
    found: dict[PointId, set[str]] = {}
    for row in connection.execute(noted):
        found.setdefault(PointId(row.point_id), set()).add(row.field)
    declared = (
        select(point.c.id, *(point.c[name] for name in filing.DECLARED_FIELDS))
        .select_from(with_unit(at_s))
        .where(visible(scope, at_s), point.c.declaration_id.is_not(None))
    )
    for point_id, *values in connection.execute(declared):
        names = {name for name, value in zip(filing.DECLARED_FIELDS, values, strict=True) if value}
        found.setdefault(PointId(point_id), set()).update(names)
    return {point_id: frozenset(names) for point_id, names in found.items()}


def _identity(at_s: int) -> Any:
    return (
        select(
            point.c.id,
            point.c.code,
            installation.c.url,
            installation.c.channel,
            device.c.mac,
            device.c.serial,
        )
        .select_from(with_device(at_s))
        .where(point.c.withdrawn_s.is_(None))
        .order_by(point.c.id.desc())  # of several with one code, the first registered stands
    )


def _keyed(rows: list[Row[Any]] | Any, name: str) -> Mapping[tuple[str, str], PointId]:
    return {(getattr(row, name), row.channel): PointId(row.id) for row in rows if getattr(row, name)}
