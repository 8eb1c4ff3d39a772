"""Sheets as they come: encodings, separators, merged headers; and files that must be turned away with a cure."""

import io
import random
import zipfile
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter  # type: ignore[import-untyped]  # it ships no types
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sheet_maker import HEADER, city, csv_bytes, xlsx_bytes

from lenskeeper.base.errors import Invalid
from lenskeeper.inventory import sheets, workbooks
from lenskeeper.inventory.cells import Cell
from lenskeeper.inventory.sheets import parse_sheet, read_sheet
from lenskeeper.inventory.workbooks import column_letters

ROWS = city(5)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_csv_reads_the_same_in_every_dress(encoding: str, delimiter: str) -> None:
    sheet = parse_sheet(csv_bytes(ROWS, encoding=encoding, delimiter=delimiter), "x.csv")
    assert sheet.header == HEADER
    assert sheet.rows == ROWS
    assert sheet.numbers == [2, 3, 4, 5, 6]


@pytest.mark.parametrize("double_header", [False, True])
def test_a_workbook_reads_like_the_csv(double_header: bool) -> None:
    sheet = parse_sheet(xlsx_bytes(ROWS, double_header=double_header), "x.xlsx")
    assert sheet.header == HEADER
    assert sheet.header_row == (3 if double_header else 1)
    assert [row[1] for row in sheet.rows] == [row[1] for row in ROWS]
    assert sheet.numbers[0] == sheet.header_row + 1


def test_a_double_header_is_found_without_merges_too() -> None:
    text = "一机一档,,,\n设备编码,设备名称,位置信息,\n,,经度,纬度\n1,a,120.1,30.2\n"
    sheet = parse_sheet(text.encode(), "x.csv")
    assert (sheet.header, sheet.header_row) == (("设备编码", "设备名称", "经度", "纬度"), 3)
    assert sheet.numbers == [4]


def test_the_first_row_of_values_is_never_taken_for_a_header() -> None:
    sheet = parse_sheet("设备编码,设备名称,用途\n1,名称,依据\n".encode(), "x.csv")
    assert (sheet.header_row, len(sheet.rows)) == (1, 1)


def test_empty_rows_are_passed_over_and_numbers_stay_those_of_the_spreadsheet() -> None:
    sheet = parse_sheet("设备编码,设备名称\n\n1,a\n , \n2,b\n".encode(), "x.csv")
    assert sheet.numbers == [3, 5]


def test_a_column_with_values_and_no_name_is_named_by_its_letter() -> None:
    sheet = parse_sheet("设备编码,设备名称,,\n1,a,x,\n".encode(), "x.csv")
    assert sheet.header == ("设备编码", "设备名称", "(C)")


def test_a_row_longer_than_the_header_loses_nothing() -> None:
    sheet = parse_sheet("设备编码,设备名称\n1,a,b\n".encode(), "x.csv")
    assert sheet.header == ("设备编码", "设备名称", "(C)")
    assert sheet.rows == [["1", "a", "b"]]


def book(fill: Callable[[xlsxwriter.Workbook], None]) -> bytes:
    out = io.BytesIO()
    made = xlsxwriter.Workbook(out)
    fill(made)
    made.close()
    return out.getvalue()


def test_a_value_merged_downwards_belongs_to_each_row() -> None:
    def fill(made: xlsxwriter.Workbook) -> None:
        page = made.add_worksheet()
        page.write_row("B3", ["设备编码", "设备名称", "管理单位"])
        page.write_column("B4", ["1", "2", "3"])
        page.write_column("C4", ["a", "b", "c"])
        page.merge_range("D4:D6", "城管局")

    sheet = parse_sheet(book(fill), "x.xlsx")
    assert [row[2] for row in sheet.rows] == ["城管局"] * 3
    assert sheet.numbers == [4, 5, 6]


def test_the_sheet_with_the_cameras_is_found_among_others_and_hidden_ones_are_left() -> None:
    def fill(made: xlsxwriter.Workbook) -> None:
        made.add_worksheet("说明").write("A1", "请填写")
        made.add_worksheet("表").write_row("A1", ["设备编码", "设备名称"])
        made.get_worksheet_by_name("表").write_row("A2", ["1", "a"])
        hidden = made.add_worksheet("旧")
        hidden.write_row("A1", ["设备编码", "设备名称", "用途"])
        hidden.write_row("A2", ["9", "z", "z"])
        hidden.hide()

    assert parse_sheet(book(fill), "x.xlsx").page == "表"
    with pytest.raises(Invalid, match="说明, 表"):
        parse_sheet(book(fill), "x.xlsx", page="新")


def test_dates_and_failed_formulas_come_as_they_are() -> None:
    made = openpyxl.Workbook()
    page = made.active
    assert page is not None
    page.append(["设备编码", "设备名称", "安装时间", "用途"])
    page.append(["1", "a", date(2026, 4, 3), "x"])
    page["D2"].value, page["D2"].data_type = "#N/A", "e"
    out = io.BytesIO()
    made.save(out)
    sheet = parse_sheet(out.getvalue(), "x.xlsx")
    assert sheet.rows == [["1", "a", date(2026, 4, 3), ""]]
    assert sheet.failed_formulas == 1


def test_a_mapping_makes_a_header_of_words_we_do_not_know() -> None:
    text = b"Kennung,Bezeichnung\n1,a\n"
    with pytest.raises(Invalid, match="names the columns"):
        parse_sheet(text, "x.csv")
    assert parse_sheet(text, "x.csv", mapping={"Kennung": "code", "Bezeichnung": "name"}).header_row == 1


# --- what is turned away --------------------------------------------------------------------------------------------


def zipped(entries: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return out.getvalue()


def added(name: str, data: bytes = b"x") -> bytes:
    with zipfile.ZipFile(io.BytesIO(xlsx_bytes(ROWS))) as archive:
        entries = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    return zipped({**entries, name: data})


def far_cell() -> bytes:
    made = openpyxl.Workbook()
    page = made.active
    assert page is not None
    page.append(["设备编码", "设备名称"])
    page.append(["1", "a"])
    page["XFD1048576"].value = 1
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def lying() -> bytes:
    """A zip whose list says that a part is small."""
    data = bytearray(added("xl/media/huge.bin", b"\0" * 900_000))
    at = data.rfind(b"xl/media/huge.bin") - 46  # in the central directory, the last of them
    assert data[at : at + 4] == b"PK\x01\x02"
    data[at + 24 : at + 28] = (10).to_bytes(4, "little")
    return bytes(data)


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
TURNED_AWAY = {
    "empty": (b"", "is empty"),
    "blank": (b"\r\n \r\n", "is empty"),
    "xls": (OLE, r"old \.xls"),
    "encrypted": (OLE + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
    "macros": (added("xl/vbaProject.bin"), "macros"),
    "links": (added("xl/externalLinks/externalLink1.xml"), "other files"),
    "bomb": (added("xl/media/bomb.bin", b"\0" * 3_000_000), "unpacks"),
    "many": (zipped({f"xl/{i}.xml": b"" for i in range(1_001)}), "parts"),
    "zip": (zipped({"a.txt": b"x"}), r"no \.xlsx"),
    "xlsb": (zipped({"xl/workbook.bin": b"x"}), r"\.xlsb"),
    "cut": (xlsx_bytes(ROWS)[:2_000], "not whole"),
    "lying": (lying(), "not whole"),
    "far": (far_cell(), "1048576 rows"),
    "binary": (b"\xff\xff\x00\x81" * 50, "neither UTF-8 nor GB18030"),
    "no header": (b"a,b\n1,2\n", "names the columns"),
    "no rows": ("设备编码,设备名称\n".encode(), "no row beneath"),
    "open quote": ('设备编码,设备名称\n1,"'.encode() + b"x" * 200_000, "quote"),
}


@pytest.mark.parametrize("what", TURNED_AWAY)
def test_a_file_that_cannot_be_read_says_why_and_what_to_do(what: str) -> None:
    data, message = TURNED_AWAY[what]
    with pytest.raises(Invalid, match=message) as told:
        parse_sheet(data, "cameras")
    assert told.value.field == "file"


def test_a_file_that_is_too_big_is_not_even_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(csv_bytes(ROWS))
    monkeypatch.setattr(sheets, "FILE_BYTES_MAX", 100)
    with pytest.raises(Invalid, match="split"):
        read_sheet(path)
    with pytest.raises(Invalid, match="cannot be read"):
        read_sheet(tmp_path / "nowhere.csv")


def test_more_rows_than_the_limit_are_turned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "ROWS_MAX", 4)
    with pytest.raises(Invalid, match="more than 4 rows"):
        parse_sheet(csv_bytes(ROWS), "x.csv")


def test_formats_without_values_far_below_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "CELLS_MAX", 1_000)

    def fill(made: xlsxwriter.Workbook) -> None:
        page = made.add_worksheet()
        page.write_row("A1", ["设备编码", "设备名称"])
        page.write_row("A2", ["1", "a"])
        page.write_blank("A5000", None, made.add_format({"bold": True}))

    assert len(parse_sheet(book(fill), "x.xlsx").rows) == 1


@settings(max_examples=60)
@given(
    st.binary(max_size=300), st.sampled_from([b"", b"PK\x03\x04", OLE[:8], "设备编码,设备名称\n".encode()])
)
def test_no_bytes_break_the_reader(data: bytes, begin: bytes) -> None:
    with suppress(Invalid):
        sheet = parse_sheet(begin + data, "x")
        assert all(len(row) == len(sheet.header) for row in sheet.rows)


def packed(method: int) -> bytes:
    with zipfile.ZipFile(io.BytesIO(xlsx_bytes(ROWS))) as archive:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", method) as other:
            for entry in archive.infolist():
                other.writestr(entry.filename, archive.read(entry))
    return out.getvalue()


def test_a_packing_that_no_spreadsheet_writes_is_turned_away() -> None:
    with pytest.raises(Invalid, match="packed"):
        parse_sheet(packed(zipfile.ZIP_LZMA), "x.xlsx")
    assert parse_sheet(packed(zipfile.ZIP_STORED), "x.xlsx").header == HEADER


@pytest.mark.parametrize("seed", range(5))
def test_no_damage_to_a_workbook_breaks_the_reader(seed: int) -> None:
    chance, whole = random.Random(seed), xlsx_bytes(ROWS)
    end = whole.rfind(b"PK\x01\x02")
    for n in range(
        60
    ):  # every other time in the lists at the end of a zip, where a byte sends the reader astray
        data = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            data[chance.randrange(end - 600 if n % 2 else 0, len(data))] = chance.randrange(256)
        with suppress(Invalid):
            parse_sheet(bytes(data), "x.xlsx")


CELL = st.one_of(st.text('ab,;"\n东', max_size=5), st.just(""))


@given(
    st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=6),
    st.sampled_from([",", ";", "\t"]),
)
def test_what_a_csv_holds_is_what_is_read(rows: list[list[Cell]], delimiter: str) -> None:
    header = ("设备编码", "设备名称", "用途")
    kept = [row for row in rows if any(str(cell).strip() for cell in row)]
    data = csv_bytes([[str(cell) for cell in row] for row in rows], header, delimiter=delimiter)
    if not kept:
        with pytest.raises(Invalid):
            parse_sheet(data, "x.csv")
    else:
        assert parse_sheet(data, "x.csv").rows == kept


def test_columns_are_lettered_as_in_a_spreadsheet() -> None:
    assert [column_letters(i) for i in (0, 25, 26, 701, 702, 16_383)] == ["A", "Z", "AA", "ZZ", "AAA", "XFD"]
