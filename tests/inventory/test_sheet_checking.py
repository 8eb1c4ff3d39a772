"""Every fault of every row, located; what the charter keeps out; what is the same twice."""

from collections.abc import Sequence

import pytest
from tests.sheet_maker import HEADER, city, csv_bytes, plant, xlsx_bytes

from lenskeeper.base.errors import Invalid
from lenskeeper.inventory.checking import Checked, check_sheet
from lenskeeper.inventory.faults import Why
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.sheets import parse_sheet
from lenskeeper.inventory.snapshot import Snapshot
from lenskeeper.units.ids import UnitId

NOTHING = Snapshot()


def checked(text: str, snapshot: Snapshot = NOTHING, crs: str = "wgs84", **more: object) -> Checked:
    more = {"unit": "杭州市", "new_units": True, **more}
    return check_sheet(parse_sheet(text.encode(), "x.csv"), snapshot, crs, **more)  # type: ignore[arg-type]  # mapping, new_units


def located(found: Checked) -> set[tuple[int, str]]:
    return {(fault.row, fault.column) for fault in found.faults}


def whys(found: Checked) -> list[Why]:
    return [fault.why for fault in found.faults]


@pytest.mark.parametrize("kind", ["csv", "gb18030", "xlsx", "double"])
def test_exactly_the_planted_faults_are_found_where_they_were_planted(kind: str) -> None:
    rows = city(400)
    planted = plant(rows, 60)
    data = {
        "csv": lambda: csv_bytes(rows),
        "gb18030": lambda: csv_bytes(rows, encoding="gb18030"),
        "xlsx": lambda: xlsx_bytes(rows),
        "double": lambda: xlsx_bytes(rows, double_header=True),
    }[kind]()
    sheet = parse_sheet(data, kind)
    found = check_sheet(sheet, Snapshot(), "wgs84")
    assert len(found.faults) == 60
    assert located(found) == {(p.row + sheet.header_row + 1, p.column) for p in planted}
    assert all(fault.reason and fault.cure for fault in found.faults)
    assert sum(found.by_department.values()) == 60
    assert len(found.good) == 340
    assert [row.row for row in found.parked] == sorted(fault.row for fault in found.faults)


def test_a_row_tells_all_its_faults_and_not_only_the_first() -> None:
    found = checked("设备编码,设备名称,IPv4地址,MAC地址,安装时间\n1,,10.1.1.999,x,gestern\n")
    assert whys(found) == [Why.IPV4, Why.MAC, Why.DATE, Why.NO_NAME]


def test_an_unknown_header_is_an_error_that_names_the_nearest_and_nothing_may_be_committed() -> None:
    found = checked("设备编码,设备名秤,设备名称,Longtitude\n1,a,b,120\n")
    assert [(f.row, f.column, f.why) for f in found.header_faults] == [
        (1, "设备名秤", Why.COLUMN_UNKNOWN),
        (1, "Longtitude", Why.COLUMN_UNKNOWN),
    ]
    assert "设备名称" in found.header_faults[0].reason
    assert "经度" in found.header_faults[1].reason
    assert not found.may_commit


def test_a_mapping_gives_a_header_its_meaning_or_takes_it_away() -> None:
    text = "Kennung,Bezeichnung,Farbe\n1,a,rot\n"
    mapping = {"Kennung": "code", "Bezeichnung": "设备名称", "Farbe": ""}
    sheet = parse_sheet(text.encode(), "x.csv", mapping=mapping)
    found = check_sheet(sheet, Snapshot(), "wgs84", mapping, unit="杭州市")
    assert found.may_commit
    assert (found.good[0].file.code, found.good[0].file.name) == ("1", "a")


def test_two_columns_for_one_value_and_a_missing_one_are_errors() -> None:
    found = checked("设备编码,国标编码,IP地址\n1,2,10.1.1.1\n")
    assert [f.why for f in found.header_faults] == [Why.COLUMN_TWICE, Why.COLUMN_MISSING]


def test_columns_about_persons_pictures_and_passwords_are_dropped_and_kept_nowhere() -> None:
    found = checked(
        "设备编码,设备名称,管理员姓名,管理员电话,实景图片,密码,备注,IPv4地址\n1,a,张三,13812345678,x.jpg,s3cret,李四,bad\n"
    )
    assert {notice.code for notice in found.notices} == {
        "columns_person", "columns_picture", "columns_secret", "columns_not_kept",
    }  # fmt: skip
    assert whys(found) == [Why.IPV4]
    held = repr(found.parked) + repr(found.faults) + repr(found.good)
    assert not [word for word in ("张三", "13812345678", "x.jpg", "s3cret", "李四") if word in held]


def test_no_mapping_gives_a_column_about_persons_a_target() -> None:
    found = checked("设备编码,设备名称,管理员姓名\n1,a,张三\n", mapping={"管理员姓名": "common_name"})
    assert "张三" not in repr(found)


def test_an_account_in_an_address_and_a_private_number_are_repeated_nowhere() -> None:
    found = checked("设备编码,设备名称,视频地址,联系电话\n1,a,rtsp://u:s3cret@10.1.1.1/x,13812345678\n")
    assert whys(found) == [Why.URL_ACCOUNT, Why.CONTACT_PRIVATE]
    assert "s3cret" not in repr(found)
    assert "12345678" not in repr(found)


def test_a_place_of_intimacy_is_an_error_and_a_name_that_sounds_like_one_must_be_declared() -> None:
    found = checked(
        "设备编码,设备名称,场所类型\n1,a,女更衣室\n2,泳池更衣室,\n3,公厕东侧路口,道路\n4,路口,道路\n"
    )
    assert [(f.row, f.why) for f in found.faults] == [(2, Why.FORBIDDEN_PLACE), (3, Why.PLACE_UNCLEAR)]
    assert [w.row for w in found.warnings if w.why is Why.PLACE_NAMED] == [4]
    assert [row.row for row in found.good] == [4, 5]


def test_what_is_not_declared_comes_in_and_the_result_says_that_it_cannot_be_viewed() -> None:
    found = checked("设备编码,设备名称,场所类型,用途\n1,a,道路,\n")
    (warning,) = [w for w in found.warnings if w.why is Why.UNDECLARED]
    assert "用途" in warning.detail
    assert "场所类型" not in warning.detail
    assert "cannot be viewed" in warning.reason
    assert len(found.good) == 1


def test_swapped_coordinates_are_told_and_one_alone_too() -> None:
    found = checked("设备编码,设备名称,经度,纬度\n1,a,30.25,120.16\n2,b,120.16,\n3,c,0,0\n4,d,120.16,30.25\n")
    assert whys(found) == [Why.COORDINATE_SWAPPED, Why.COORDINATE_ALONE, Why.COORDINATE_ZERO]
    assert found.good[0].file.lon == 120.16


def test_a_declared_system_is_undone_and_what_was_delivered_is_kept() -> None:
    found = checked(
        "设备编码,设备名称,经度,纬度,坐标系\n1,a,120.164678,30.247660,\n2,b,120.16,30.25,WGS-84\n3,c,1,2,火星\n",
        crs="GCJ-02",
    )
    one, two = (row.file for row in found.good)
    assert one.lon == pytest.approx(120.16, abs=1e-6)
    assert one.lat == pytest.approx(30.25, abs=1e-6)
    assert (one.src_crs, one.src_x) == ("gcj02", 120.164678)
    assert (two.src_crs, two.lon) == ("wgs84", 120.16)
    assert whys(found) == [Why.CRS]


def test_a_system_without_a_place_is_not_kept() -> None:
    found = checked("设备编码,设备名称,经度,纬度,坐标系\n1,a,,,GCJ-02\n")
    assert (found.good[0].file.src_crs, found.good[0].file.src_x) == ("", None)


def test_a_system_must_be_declared() -> None:
    with pytest.raises(Invalid, match="declare"):
        checked("设备编码,设备名称\n1,a\n", crs="")


HEAD = "设备编码,设备名称,视频地址,通道号,MAC地址,序列号\n"


def test_the_same_code_or_address_twice_in_a_file_is_one_error_in_the_later_row() -> None:
    found = checked(
        HEAD
        + "33010600081326000001,a,rtsp://10.1.1.1/1,,,\n33010600081326000001,b,rtsp://10.1.1.2/1,,,\n"
        + "33010600081326000003,c,RTSP://10.1.1.1:554/1,,,\n"
        + "33010600081326000001,d,rtsp://10.1.1.1/1,,,\n"
    )
    assert [(f.row, f.why, f.detail) for f in found.faults] == [
        (3, Why.TWICE, "2"), (4, Why.TWICE, "2"), (5, Why.TWICE, "2"),
    ]  # fmt: skip
    assert {(d.row, d.by, d.other_row) for d in found.duplicates} == {
        (3, "code", 2), (4, "url", 2), (5, "code", 2), (5, "url", 2),
    }  # fmt: skip


def test_channels_of_one_recorder_and_codes_that_makers_ship_are_no_duplicates() -> None:
    found = checked(
        HEAD
        + "34020000001320000001,a,rtsp://10.1.1.1/,1,A4-14-37-00-00-01,S1\n"
        + "34020000001320000001,b,rtsp://10.1.1.1/,2,A4-14-37-00-00-01,S1\n"
        + "33010600081326000001,c,rtsp://10.1.1.3/,1,A4-14-37-00-00-01,\n"
    )
    assert not found.faults
    assert [(d.row, d.by, d.other_row) for d in found.duplicates] == [(4, "mac", 2)]
    assert [w.why for w in found.warnings if w.row == 4 and w.column == "MAC地址"] == [Why.SHARED]


def test_a_row_about_a_registered_point_says_which_and_a_contradiction_is_told() -> None:
    register = Snapshot(
        codes={"33010600081326000001": PointId(7)},
        urls={("rtsp://10.1.1.2/1", ""): PointId(8)},
        serials={("S9", ""): PointId(9)},
    )
    found = checked(
        HEAD
        + "33010600081326000001,a,rtsp://10.1.1.2/1,,,\n"
        + "33010600081326000002,b,,,,S9\n"
        + "33010600081326000003,c,rtsp://10.1.1.9/1,,,\n"
        + "33010600081326000004,d,rtsp://10.1.1.7/1,,,S9\n",
        register,
    )
    assert [(row.row, row.point_id) for row in found.good] == [(2, 7), (3, 9), (4, None)]
    assert [w.why for w in found.warnings if w.why is Why.TWO_POINTS] == [Why.TWO_POINTS]
    assert [(f.row, f.why) for f in found.faults] == [(5, Why.TWICE_POINT)]
    assert found.mentioned == {7, 8, 9}


def test_a_unit_that_is_not_known_is_an_error_once_there_are_units() -> None:
    text = "设备编码,设备名称,组织路径\n1,a,杭州市/西湖区\n2,b,杭州市/西胡区\n"
    register = Snapshot(units={"杭州市/西湖区": UnitId(3)})
    assert checked(text, new_units=None).new_units == {"杭州市/西湖区": 1, "杭州市/西胡区": 1}
    found = checked(text, register, new_units=None)
    assert [(f.row, f.why) for f in found.faults] == [(3, Why.UNIT_UNKNOWN)]
    assert "西湖区" in found.faults[0].reason
    assert checked(text, register, new_units=True).new_units == {"杭州市/西胡区": 1}


def test_a_credential_is_named_and_must_be_stored() -> None:
    register = Snapshot(credentials=frozenset({"城管"}))
    found = checked("设备编码,设备名称,凭据\n1,a,城管\n2,b,s3cret\n", register)
    assert whys(found) == [Why.CREDENTIAL_UNKNOWN]


def test_a_code_is_remarked_on_and_never_refused() -> None:
    register = Snapshot(divisions=frozenset({"330106"}))
    found = checked("设备编码,设备名称,行政区域\nK-1,a,330106\n33010600081326000001,b,999999\n", register)
    assert not found.faults
    assert {w.why for w in found.warnings} == {
        Why.CODE_NOT_DIGITS, Why.CODE_OTHER_DIVISION, Why.CIVIL_UNKNOWN, Why.UNDECLARED,
    }  # fmt: skip


def test_words_beyond_the_standard_are_kept_and_class_nine_is_let_in() -> None:
    found = checked("设备编码,设备名称,摄像机类型,监控点位类型\n1,a,鱼眼,9\n")
    assert (found.good[0].file.camera_type, found.good[0].file.klass) == ("鱼眼", None)
    assert {w.why for w in found.warnings} > {Why.AS_WRITTEN, Why.KLASS_OTHER}


def test_light_has_a_word_for_none_where_other_columns_are_silent() -> None:
    found = checked("设备编码,设备名称,补光属性,用途\n1,a,无,无\n")
    assert (found.good[0].file.light, found.good[0].file.purpose) == ("1", "")


def test_out_of_service_before_in_service_is_an_error() -> None:
    found = checked("设备编码,设备名称,启用时间,报废时间\n1,a,2022-03-01,2021-01-01\n")
    assert whys(found) == [Why.SERVICE_ORDER]


def test_neither_code_nor_address_is_an_error() -> None:
    assert whys(checked("设备编码,设备名称,视频地址\n,a,\n,b,rtsp://10.1.1.1/\n")) == [Why.NO_KEY]


@pytest.mark.parametrize("header", [HEADER])
def test_every_column_of_the_city_is_read(header: Sequence[str]) -> None:
    found = check_sheet(parse_sheet(csv_bytes(city(3), header), "x.csv"), Snapshot(), "wgs84")
    assert found.may_commit
    assert not found.notices
    assert not found.faults


def test_a_new_camera_must_belong_to_a_unit_and_a_registered_one_does_already() -> None:
    register = Snapshot(codes={"33010600081326000001": PointId(7)})
    text = "设备编码,设备名称\n33010600081326000001,a\n33010600081326000002,b\n"
    assert [(f.row, f.why) for f in checked(text, register, unit="").faults] == [(3, Why.NO_UNIT)]
    assert [row.file.unit for row in checked(text, register, unit="杭州市").good] == ["", "杭州市"]
