"""A published list of holidays becomes days, each wrong row is told where it stands, and hours are read and written."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter  # type: ignore[import-untyped]  # it ships no types
from hypothesis import given
from hypothesis import strategies as st

from lenskeeper.base.days import day_of
from lenskeeper.base.errors import Invalid
from lenskeeper.tickets.calendar_lists import (
    FAULTS_TOLD_MAX,
    hours_in_words,
    hours_said,
    read_codes,
    read_year,
)
from lenskeeper.tickets.rows_calendars import OddDay

SPRING = "日期,安排,名称\n2026-02-14,班,春节调休\n2026-2-15,休,春节\n20260216,放假,春节\n2026年2月28日,上班,春节调休\n"


def _day(month: int, day: int) -> int:
    return day_of(date(2026, month, day))


SPRING_DAYS = [
    OddDay(_day(2, 14), is_work=True, name="春节调休"),
    OddDay(_day(2, 15), is_work=False, name="春节"),
    OddDay(_day(2, 16), is_work=False, name="春节"),
    OddDay(_day(2, 28), is_work=True, name="春节调休"),
]


def _file(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "days.csv"
    path.write_bytes(text.encode(encoding))
    return path


def _workbook(path: Path, rows: Sequence[Sequence[object]]) -> Path:
    book = xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet()
    for at, row in enumerate(rows):
        sheet.write_row(at, 0, row)
    book.close()
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_list_is_read_however_it_was_saved(tmp_path: Path, encoding: str) -> None:
    assert read_year(_file(tmp_path, SPRING, encoding), 2026) == SPRING_DAYS


def test_a_workbook_with_a_title_above_its_header_says_the_same(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["2026年节假日安排"],
        ["节日", "日期", "休/班"],
        ["春节调休", date(2026, 2, 28), "班"],
        [],
        ["春节", date(2026, 2, 15), "休"],
        ["春节", "2026/2/16", "休"],
        ["春节调休", "2026-02-14", "work"],
    ]
    assert read_year(_workbook(tmp_path / "days.xlsx", rows), 2026) == SPRING_DAYS


def test_a_row_may_name_several_days(tmp_path: Path) -> None:
    text = "from,to,kind,name\n2026-10-01,2026-10-07,holiday,National Day\n2026-10-10,,WORK,\n"
    found = read_year(_file(tmp_path, text), 2026)
    assert [(each.day, each.is_work) for each in found] == [
        *((_day(10, d), False) for d in range(1, 8)),
        (_day(10, 10), True),
    ]


def test_every_faulty_row_is_told_with_its_number_and_its_cure(tmp_path: Path) -> None:
    rows = [
        "date,to,kind,name",
        "2026-02-30,,holiday,no such day",
        "2026-05-01,,holiday,right",
        "2026-05,,holiday,no day",
        "2025-12-31,,holiday,of another year",
        "2026-05-02,,调休,off or worked?",
        "2026-05-03,,,says nothing",
        "2026-05-01,,work,twice",
        "2026-06-05,2026-06-03,holiday,backwards",
        "2026-12-30,2027-01-02,holiday,beyond",
        f"2026-07-01,,holiday,{'long' * 30}",
    ]
    with pytest.raises(Invalid) as refused:
        read_year(_file(tmp_path, "\n".join(rows)), 2026)
    said = str(refused.value)
    for words in (
        "row 2: '2026-02-30' is no date between 1980 and 2100: write it as 2026-04-30",
        "row 4: '2026-05' is a date without its day",
        "row 5: 2025-12-31 is no day of 2026: it belongs into the list of 2025",
        "row 6: '调休' is neither holiday (休) nor work (班)",
        "row 7: '' is neither",
        "row 8: 2026-05-01 stands in row 3 already",
        "row 9: it ends on 2026-06-03, before it begins on 2026-06-05",
        "row 10: 2027-01-02 is no day of 2026",
        "row 11: a name has at most 100 characters",
        "Nothing was loaded",
    ):
        assert words in said
    assert "row 3:" not in said
    assert refused.value.field == "list"


def test_a_wrong_file_is_not_told_a_thousand_times(tmp_path: Path) -> None:
    text = "date,kind\n" + "x,holiday\n" * 100
    with pytest.raises(
        Invalid, match=f"row {FAULTS_TOLD_MAX + 1}: .*; and {100 - FAULTS_TOLD_MAX} more"
    ) as refused:
        read_year(_file(tmp_path, text), 2026)
    assert f"row {FAULTS_TOLD_MAX + 2}:" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("2026-02-15,休\n", "no row names the columns"),
        ("date,name\n2026-02-15,x\n", "it needs date"),
        ("date,kind\n", "0 rows beneath its header"),
        ("", "no row names the columns"),
        ("date,kind\n" + "2026-02-15,off\n" * 401, "401 rows"),
    ],
)
def test_what_is_no_list_says_what_a_list_has(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        read_year(_file(tmp_path, text), 2026)


def test_a_list_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="cannot be read"):
        read_year(tmp_path / "none.csv", 2026)


def test_codes_are_read_from_a_file_once_each(tmp_path: Path) -> None:
    text = "设备编码,名称\n33010600081326000001,x\n\n33010600081326000002,y\n33010600081326000001,x\n"
    assert read_codes(_file(tmp_path, text)) == ["33010600081326000001", "33010600081326000002"]
    with pytest.raises(Invalid, match="no code"):
        read_codes(_file(tmp_path, "设备编码\n"))


OFFICE = ((30_600, 43_200), (48_600, 63_000))


@pytest.mark.parametrize(
    ("text", "week"),
    [
        ("Mon-Fri 08:30-12:00,13:30-17:30", (OFFICE,) * 5 + ((), ())),
        ("mon-fri 13:30-17:30, 8:30-12:00; SAT 09:00-12:00", (OFFICE,) * 5 + (((32_400, 43_200),), ())),
        ("daily 00:00-24:00", (((0, 86_400),),) * 7),
        ("Mon,Wed,Fri-Sun 09:00-10:00", tuple(((32_400, 36_000),) if d in {0, 2, 4, 5, 6} else () for d in range(7))),
    ],
)  # fmt: skip
def test_hours_are_read_as_people_write_them(
    text: str, week: tuple[tuple[tuple[int, int], ...], ...]
) -> None:
    assert hours_said(text) == week


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "write hours like"),
        ("Mon-Fri", "no hours"),
        ("weekdays 08:00-12:00", "names no weekdays"),
        ("Fri-Mon 08:00-12:00", "ends before it begins"),
        ("Mon 08:00-25:00", "between 00:00 and 24:00"),
        ("Mon 08:60-12:00", "between 00:00 and 24:00"),
        ("Mon 22:00-06:00", "begin before it ends"),
        ("Mon-Fri 08:00-12:00; Wed 08:00-10:00", "Wed is named twice"),
    ],
)
def test_hours_that_cannot_be_read_say_how_to_write_them(text: str, says: str) -> None:
    with pytest.raises(Invalid, match=says) as refused:
        hours_said(text)
    assert refused.value.field == "hours"


quarters = st.lists(st.integers(0, 96).map(lambda q: q * 900), max_size=6, unique=True).map(sorted)
hours_of_a_day = quarters.map(lambda c: tuple(zip(c[::2], c[1::2], strict=False)))


@given(st.tuples(*[hours_of_a_day] * 7).filter(any))
def test_hours_in_words_are_read_back_the_same(week: tuple[tuple[tuple[int, int], ...], ...]) -> None:
    assert hours_said(hours_in_words(week)) == week
