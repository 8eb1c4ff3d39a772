"""A small registered fleet for tests of the register."""

from typing import Any

from sqlalchemy import Connection

from lenskeeper.base.access import LOCAL_OPERATOR
from lenskeeper.base.days import day_span
from lenskeeper.inventory import rows_batches, rows_imports
from lenskeeper.inventory.camera_file import CameraFile
from lenskeeper.inventory.checking import GoodRow
from lenskeeper.inventory.ids import BatchId
from lenskeeper.inventory.rows_imports import Committed
from lenskeeper.units import rows as units
from lenskeeper.units.ids import UnitId

TZ = "Asia/Shanghai"
DAY = 20_000  # 2024-10-04
NOON = day_span(DAY, TZ)[0] + 43_200


class TakeBack(Exception):
    """A test's way out of a transaction."""


def city(connection: Connection, *paths: str) -> dict[str, UnitId]:
    """Units by path, set up long before."""
    return units.ensure(connection, paths, tz=TZ, actor=LOCAL_OPERATOR, now_s=0)


def camera(number: int, unit: str = "City/North", **more: Any) -> CameraFile:
    """A plain camera; what a test is about is given by name."""
    plain: dict[str, Any] = {
        "name": f"crossing {number}",
        "code": f"{number:020d}",
        "klass": 1 + number % 3,
        "unit": unit,
        "url": f"rtsp://10.0.{number // 250}.{number % 250 + 1}/live",
        "serial": f"S{number}",
        "make": "Acme",
        "model": f"M{number % 4}",
    }
    return CameraFile(**{**plain, **more})


def commit(
    connection: Connection, *files: CameraFile, now_s: int = NOON, policy: str = "update"
) -> tuple[BatchId, Committed]:
    """The files as the good rows of a sheet."""
    batch = rows_batches.open_batch(connection, source="sheet.csv", actor=LOCAL_OPERATOR, now_s=now_s)
    good = [GoodRow(row, file, None) for row, file in enumerate(files, start=2)]
    done = rows_imports.commit_files(
        connection, batch, good, on_duplicate=policy, tz=TZ, actor=LOCAL_OPERATOR, now_s=now_s
    )
    return batch, done
