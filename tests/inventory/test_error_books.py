"""What a department gets back: its own rows, marked, harmless in a spreadsheet, and good to be loaded again."""

import io

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sheet_maker import HEADER, city, csv_bytes, plant, xlsx_bytes

from lenskeeper.inventory.cells import FORMULA_BEGINS, Cell, bare
from lenskeeper.inventory.checking import ParkedRow, check_sheet
from lenskeeper.inventory.error_book import error_book, error_books, neutral
from lenskeeper.inventory.faults import RowFault, Why
from lenskeeper.inventory.sheets import parse_sheet
from lenskeeper.inventory.snapshot import Snapshot


@pytest.mark.parametrize("made", [csv_bytes, xlsx_bytes])
def test_each_department_gets_its_rows_and_loading_them_again_finds_the_same_faults(made) -> None:  # type: ignore[no-untyped-def]  # either maker
    rows = city(300)
    plant(rows, 60)
    first = check_sheet(parse_sheet(made(rows), "x"), Snapshot(), "wgs84")
    again = [
        check_sheet(parse_sheet(data, name), Snapshot(), "wgs84") for name, data in error_books(first.parked)
    ]
    assert len(again) == len(first.by_department) > 1
    assert all(found.may_commit and not found.good and not found.notices for found in again)
    told = sorted((f.column, f.value, f.why) for found in again for f in found.faults)
    assert told == sorted((f.column, f.value, f.why) for f in first.faults)
    assert len({found.parked[0].department for found in again}) == len(again)


def test_a_corrected_book_comes_in() -> None:
    rows = city(40)
    plant(rows, 1)
    first = check_sheet(parse_sheet(csv_bytes(rows), "x"), Snapshot(), "wgs84")
    ((_, data),) = error_books(first.parked)
    book = openpyxl.load_workbook(io.BytesIO(data))
    page = book.active
    assert page is not None
    page.cell(2, HEADER.index("监控点位类型") + 1).value = "二类"
    out = io.BytesIO()
    book.save(out)
    found = check_sheet(parse_sheet(out.getvalue(), "y"), Snapshot(), "wgs84")
    assert not found.faults
    assert found.good[0].file.klass == 2


@pytest.mark.parametrize(("language", "word"), [("zh", "请填写 1、2 或 3"), ("en", "write 1, 2 or 3")])
def test_a_faulty_cell_is_marked_and_says_the_cure(language: str, word: str) -> None:
    rows = city(10)
    rows[3][HEADER.index("监控点位类型")] = "四类"
    first = check_sheet(parse_sheet(csv_bytes(rows), "x"), Snapshot(), "wgs84")
    page = openpyxl.load_workbook(io.BytesIO(error_book(first.parked, language))).active
    assert page is not None
    marked = [cell for row in page.iter_rows(min_row=2) for cell in row if cell.comment]
    assert [cell.value for cell in marked] == ["四类"]
    assert marked[0].comment is not None
    assert word in marked[0].comment.text
    assert word in str(page.cell(2, page.max_column).value)
    assert page.cell(2, page.max_column - 1).value == 5


NASTY = st.one_of(
    st.builds(str.__add__, st.sampled_from(FORMULA_BEGINS), st.text(max_size=20)),
    st.text(max_size=20),
    st.sampled_from(["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3", "\t=1", "\r=1", "#N/A", "\x00\x1f", "=\"x\""]),
    st.integers(-5, 5), st.floats(allow_nan=False, allow_infinity=False), st.dates(), st.none(), st.booleans(),
)  # fmt: skip


@settings(max_examples=60)
@given(NASTY)
def test_nothing_in_a_book_is_a_formula(value: Cell) -> None:
    fault = RowFault(2, "设备名称", str(value), Why.NO_NAME)
    row = ParkedRow(2, "=1+1", {"设备名称": value, "=2+2": value}, (fault,))
    page = openpyxl.load_workbook(io.BytesIO(error_book([row]))).active
    assert page is not None
    for cell in (cell for line in page.iter_rows() for cell in line):
        assert cell.data_type not in {"f", "e"}
        assert not (isinstance(cell.value, str) and cell.value.startswith(FORMULA_BEGINS))


@given(st.text(max_size=30))
def test_the_apostrophe_is_taken_off_again(text: str) -> None:
    assert not neutral(text).startswith(FORMULA_BEGINS)
    if not text.startswith("'"):
        assert bare(neutral(text)) == bare(text)


def test_departments_with_like_names_get_files_of_their_own() -> None:
    fault = RowFault(2, "设备名称", "", Why.NO_NAME)
    rows = [
        ParkedRow(i, name, {"设备名称": "x"}, (fault,))
        for i, name in enumerate(("a/b", "a\\b", "A:b", "", "../.."))
    ]
    names = [name for name, _ in error_books(rows)]
    assert names == ["a_b.xlsx", "a_b_2.xlsx", "A_b_3.xlsx", "未注明部门.xlsx", "未注明部门_2.xlsx"]
