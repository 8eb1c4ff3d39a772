"""A later sheet beside the register."""

from dataclasses import replace

from tests.sheet_maker import HEADER, city, csv_bytes

from lenskeeper.inventory.camera_file import CameraFile
from lenskeeper.inventory.checking import Checked, check_sheet
from lenskeeper.inventory.diff import diff
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.sheets import parse_sheet
from lenskeeper.inventory.snapshot import Snapshot


def check(rows: list[list[str]], register: Snapshot) -> Checked:
    return check_sheet(parse_sheet(csv_bytes(rows), "x"), register, "wgs84", new_units=True)


def register_of(rows: list[list[str]], **more: object) -> Snapshot:
    files = {PointId(n): good.file for n, good in enumerate(check(rows, Snapshot()).good)}
    codes = {file.code: point_id for point_id, file in files.items()}
    return Snapshot(codes=codes, files=files, **more)  # type: ignore[arg-type]  # corrections


def column(row: list[str], name: str, value: str) -> None:
    row[HEADER.index(name)] = value


def test_the_same_sheet_again_differs_in_nothing() -> None:
    rows = city(50)
    register = register_of(rows)
    found = diff(check(rows, register), register)
    assert found.same == 50
    others = (found.new, found.gone, found.moved, found.contradicting, found.filled, found.elsewhere)
    assert not any(others)


def test_new_gone_moved_and_contradicting_are_told_apart() -> None:
    rows = city(12)
    register = register_of(
        rows[:10], corrections={PointId(3): frozenset({"model"}), PointId(4): frozenset({"lon"})}
    )
    later = [list(row) for row in rows[1:]]  # the first is gone, the last two are new
    column(later[1], "设备型号", "DS-9")  # point 2
    column(later[2], "设备型号", "DS-9")  # point 3, corrected in the field
    column(later[3], "纬度", "30.9")  # point 4
    column(later[4], "纬度", f"{float(later[4][HEADER.index('纬度')]) + 0.0001:.6f}")  # point 5: 11 m
    column(later[5], "设备型号", "")  # silence contradicts nothing
    column(later[6], "通道号", "2")  # point 7: the register has none
    found = diff(check(later, register), register)
    assert [row.row for row in found.new] == [11, 12]
    assert found.gone == [0]
    assert [(m.point_id, m.corrected) for m in found.moved] == [(4, True)]
    assert [(t.point_id, t.field, t.sheet, t.corrected) for t in found.contradicting] == [
        (2, "model", "DS-9", False), (3, "model", "DS-9", True),
    ]  # fmt: skip
    assert [(t.point_id, t.field) for t in found.filled] == [(7, "channel")]
    assert found.same == 5


def test_a_camera_in_a_faulty_row_is_not_gone() -> None:
    rows = city(3)
    register = register_of(rows)
    column(rows[1], "IPv4地址", "bad")
    found = diff(check(rows, register), register)
    assert (found.gone, found.uncertain, found.same) == ([], 1, 2)


def test_a_camera_that_serves_no_more_is_not_gone() -> None:
    rows = city(3)
    register = register_of(rows)
    files = dict(register.files)
    files[PointId(2)] = replace(files[PointId(2)], status=3)
    assert diff(check(rows[:1], register), replace(register, files=files)).gone == [1]


def test_a_camera_of_the_neighbours_is_neither_new_nor_compared() -> None:
    rows = city(2)
    register = replace(register_of(rows), files={PointId(0): CameraFile(name="x")})
    found = diff(check(rows, register), register)
    assert [row.point_id for row in found.elsewhere] == [1]
    assert not found.new


def test_a_place_that_the_register_lacks_is_filled_and_not_moved() -> None:
    rows = city(1)
    register = register_of(rows)
    bare = replace(register.files[PointId(0)], lon=None, lat=None)
    found = diff(check(rows, register), replace(register, files={PointId(0): bare}))
    assert [(t.field, t.register) for t in found.filled] == [("lon", None)]
    assert not found.moved
