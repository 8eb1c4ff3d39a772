"""One reader per kind of column: every writing that sheets have, and every slip."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenskeeper.base.spans import length
from lenskeeper.inventory import cells, columns
from lenskeeper.inventory.cells import Cell, bare, is_silent
from lenskeeper.inventory.columns import COLUMNS, Column
from lenskeeper.inventory.faults import LANGUAGES, WORDS, Fault, Why, said

ANYTHING: st.SearchStrategy[Cell] = st.one_of(
    st.text(max_size=40), st.floats(), st.integers(), st.booleans(), st.dates(), st.datetimes(), st.times(),
    st.timedeltas(), st.none(),
    st.from_regex(r"[0-9:./°'\" \-年月日]{0,20}", fullmatch=True),
)  # fmt: skip


@given(st.sampled_from(COLUMNS), ANYTHING)
def test_a_cell_gives_a_value_or_a_fault_and_never_breaks(column: Column, cell: Cell) -> None:
    value = column.read(bare(cell))
    if isinstance(value, Fault):
        for language in LANGUAGES:
            assert all(said(value.why, value.detail, language))


@given(st.sampled_from(COLUMNS), ANYTHING)
def test_a_value_that_was_read_reads_as_itself(column: Column, cell: Cell) -> None:
    value = column.read(bare(cell))
    if isinstance(value, str) and column.field != "light":
        assert column.read(bare(value)) == value


def test_every_fault_has_its_words_in_both_languages() -> None:
    assert set(WORDS) == set(Why)
    assert all(all(words) for words in WORDS.values())


@pytest.mark.parametrize(
    "text", ["1", "I", "Ⅰ", "一类", "一类点", "I类", "class I", "１", "01", 1, 1.0, "一类视频监控点"]
)
def test_class_one_is_read_in_any_writing(text: Cell) -> None:
    assert cells.klass(text) == 1


@pytest.mark.parametrize(
    ("text", "why"), [("四类", Why.KLASS), (9, Why.KLASS_OTHER), ("其他", Why.KLASS_OTHER)]
)
def test_what_is_no_class_says_so(text: Cell, why: Why) -> None:
    found = cells.klass(text)
    assert isinstance(found, Fault)
    assert found.why is why


@pytest.mark.parametrize(
    "text",
    ["2026-04-03", "2026/4/3", "2026.4.3", "20260403", "2026年4月3日", "2026年04月03日 08:30:00", 46115, 46115.5, "46115",
     "2026-04-03T08:30:00", "3 Apr 2026", "April 3, 2026", "2026-04-03 08:30", date(2026, 4, 3),
     datetime(2026, 4, 3, 8, 30)],  # noqa: DTZ001 - a cell of a spreadsheet knows no zone
)  # fmt: skip
def test_a_date_is_read_in_any_writing(text: Cell) -> None:
    assert cells.calendar_date(text) == date(2026, 4, 3)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("03/04/2026", Why.DATE_AMBIGUOUS),
        ("2026-02-30", Why.DATE),
        ("2026年4月", Why.DATE_PARTIAL),
        ("2026", Why.DATE_PARTIAL),
        ("1900-01-01", Why.DATE),
        ("去年", Why.DATE),
        (1.5, Why.DATE),
    ],
)
def test_a_date_that_could_be_another_is_not_guessed(text: Cell, why: Why) -> None:
    found = cells.calendar_date(text)
    assert isinstance(found, Fault)
    assert found.why is why


def test_a_day_beyond_the_twelfth_cannot_be_a_month() -> None:
    assert cells.calendar_date("25/04/2026") == cells.calendar_date("04/25/2026") == date(2026, 4, 25)


@given(st.dates(date(1980, 1, 1), date(2100, 12, 31)))
def test_excel_serials_and_texts_agree(day: date) -> None:
    assert cells.calendar_date((day - date(1899, 12, 30)).days) == day
    assert cells.calendar_date(day.isoformat()) == day
    assert cells.calendar_date(f"{day.year}年{day.month}月{day.day}日") == day


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("22:00-05:30", ((0, 19_800), (79_200, 86_400))),
        ("08:00-18:00", ((28_800, 64_800),)),
        ("8时至18时", ((28_800, 64_800),)),
        ("06:00~09:00; 17:00~20:00", ((21_600, 32_400), (61_200, 72_000))),
        ("06：00－09：00", ((21_600, 32_400),)),
        ("全天", ((0, 86_400),)),
        ("00:00-24:00", ((0, 86_400),)),
    ],
)
def test_hours_are_seconds_of_the_day(text: str, spans: object) -> None:
    assert cells.hours(text) == spans


@given(st.integers(0, 1439), st.integers(0, 1439))
def test_hours_last_as_long_as_the_clock_goes(a: int, b: int) -> None:
    found = cells.hours(f"{a // 60:02d}:{a % 60:02d}-{b // 60:02d}:{b % 60:02d}")
    if a == b:
        assert isinstance(found, Fault)
    else:
        assert not isinstance(found, Fault)
        assert length(found) == (b - a) % 1440 * 60


@pytest.mark.parametrize(
    "text", ["25:00-26:00", "morning", "08:70-09:00", "8", time(8, 0), timedelta(hours=8)]
)
def test_what_is_no_hours_says_so(text: Cell) -> None:
    assert isinstance(cells.hours(text), Fault)


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        ("120.164678", 120.164678),
        ("120.164678°", 120.164678),
        ("E120.164678", 120.164678),
        ("东经120.164678", 120.164678),
        ("120°09′36″", 120.16),
        ("120°9'36\"", 120.16),
        ("30°15′N", 30.25),
        ("１２０.5", 120.5),
        (120, 120.0),
        ("40515398.973", 40515398.973),
    ],
)
def test_coordinates_are_read_as_people_write_them(text: Cell, degrees: float) -> None:
    assert cells.coordinate(text) == pytest.approx(degrees)


@pytest.mark.parametrize("text", ["30.25x", "120,16", "nan", "inf", "120°70′", True])
def test_what_is_no_coordinate_says_so(text: Cell) -> None:
    assert isinstance(cells.coordinate(text), Fault)


@pytest.mark.parametrize(
    ("text", "code"),
    [("东", 1), ("朝南", 3), ("西北向", 8), ("3", 3), ("NE", 6), ("135°", 5), ("360度", 4), (4.0, 4)],
)
def test_directions_are_those_of_the_standard(text: Cell, code: int) -> None:
    assert cells.direction(text) == code


def test_zero_means_networked_and_one_means_not() -> None:
    assert cells.networked("0") is True
    assert cells.networked(1.0) is False
    assert cells.yes_no("1") is True


@pytest.mark.parametrize("text", ["a4:14:37:00:aa:0b", "A414.3700.AA0B", "a4-14-37-00-aa-0b", "A4143700AA0B"])
def test_a_mac_has_one_form(text: str) -> None:
    assert cells.mac(text) == "A4-14-37-00-AA-0B"


@pytest.mark.parametrize(
    "text", ["10.1.1.1:554", "10.300.1.1", "127.0.0.1", "0.0.0.0", "255.255.255.255", "224.0.0.1"]
)
def test_an_address_of_no_camera_is_a_fault(text: str) -> None:
    assert isinstance(cells.ip_address(text, 4), Fault)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("RTSP://Cam.City.CN:554/Ch/1?sub=2", "rtsp://cam.city.cn/Ch/1?sub=2"),
        ("rtsp://10.1.1.1:8554/x", "rtsp://10.1.1.1:8554/x"),
        ("http://10.1.1.1:80/still.jpg", "http://10.1.1.1/still.jpg"),
        ("rtsp://[FD00::0:1]:554/x", "rtsp://[fd00::1]/x"),
        ("https://10.1.1.1", "https://10.1.1.1"),
    ],
)
def test_an_address_to_look_at_has_one_form(text: str, url: str) -> None:
    assert cells.camera_address(text) == url


@pytest.mark.parametrize(
    "text",
    [
        "rtsp://admin:s3cret@10.1.1.1/x",
        "rtsp://admin@10.1.1.1/x",
        "rtsp://admin:s3/cret@10.1.1.1/x",
        "rtsp://10.1.1.1/user=admin&password=s3cret&channel=1",
        "http://10.1.1.1/still?pwd=s3cret",
        "admin:s3cret@10.1.1.1",
        "ftp://admin:s3cret@10.1.1.1/x",
    ],
)
def test_an_address_with_an_account_is_a_fault_that_does_not_repeat_it(text: str) -> None:
    found = cells.camera_address(text)
    assert isinstance(found, Fault)
    assert found.why is Why.URL_ACCOUNT
    assert "cret" not in (found.shown or "")


@pytest.mark.parametrize(
    "text",
    [
        "10.1.1.1",
        "ftp://10.1.1.1/",
        "rtsp://",
        "rtsp://10.1.1.999/",
        "rtsp://h:99999/",
        "rtsp://a b/",
        "rtsp://h:0/",
    ],
)
def test_what_cannot_be_looked_at_is_a_fault(text: str) -> None:
    assert isinstance(cells.camera_address(text), Fault)


@pytest.mark.parametrize(
    "text",
    [
        "13812345678",
        "+86 138-1234-5678",
        "王工 138 1234 5678",
        "值班19912345678",
        "008613812345678",
        13812345678,
    ],
)
def test_somebodys_own_number_is_no_contact_and_is_not_repeated(text: Cell) -> None:
    found = cells.contact(text)
    assert isinstance(found, Fault)
    assert found.why is Why.CONTACT_PRIVATE
    assert "5678" not in (found.shown or "")


@pytest.mark.parametrize(
    "text", ["0571-87654321", "(0571) 8765 4321", "400-800-1234", "12345", "057113812345", "110"]
)
def test_a_duty_number_is_a_contact(text: str) -> None:
    assert cells.contact(text) == text


@pytest.mark.parametrize(
    "text", ["女更衣室", "宿舍", "Changing Room", "toilets", "病房", "ward", "locker_room"]
)
def test_a_place_of_intimacy_is_refused(text: str) -> None:
    assert isinstance(cells.place_kind(text), Fault)


@pytest.mark.parametrize("text", ["道路", "广场", "公园入口", "warden's office", "showroom", "河道"])
def test_a_public_place_is_not(text: str) -> None:
    assert cells.place_kind(text) == text


def test_a_code_that_the_spreadsheet_rounded_is_not_taken() -> None:
    for cell in (34020000001320000001.0, "3.402E+19", 34020000001320000001):
        found = cells.plain(cell)
        assert isinstance(found, Fault)
        assert found.why is Why.ROUNDED
    assert cells.plain(bare('="34020000001320000001"')) == "34020000001320000001"


def test_silence_is_written_in_many_ways() -> None:
    assert all(is_silent(bare(cell)) for cell in (None, "", " ", "-", "/", "无", "N/A", "暂无", "\t"))
    assert not is_silent(0)
    assert not is_silent("0")


def test_paths_of_units_have_one_form() -> None:
    assert cells.unit_path(" 杭州市 ／西湖区> 北山街道/") == "杭州市/西湖区/北山街道"


@pytest.mark.parametrize(
    ("text", "metres"),
    [
        ("6.5", 6.5),
        (6, 6.0),
        ("6米", 6.0),
        ("６.5 m", 6.5),
        ("约8米", 8.0),
        ("6-8米", 8.0),
        ("6米至8米", 8.0),
        ("0", 0.0),
    ],
)
def test_a_height_is_metres_and_of_a_range_the_bucket_must_reach_the_upper_end(
    text: Cell, metres: float
) -> None:
    assert cells.metres(text) == metres


@pytest.mark.parametrize("text", ["高", "-3", "1200", "6 ft", True, "6x8"])
def test_what_is_no_height_says_so(text: Cell) -> None:
    found = cells.metres(text)
    assert isinstance(found, Fault)
    assert found.why is Why.METRES


@pytest.mark.parametrize(
    ("text", "permit"),
    [("无", "none"), ("none", "none"), ("占道", "lane"), ("占道作业", "lane"), ("Lane", "lane"), ("天窗", "possession"),
     ("要点", "possession"), ("天窗/要点", "possession"), ("天窗／要点", "possession"), ("possession", "possession")],
)  # fmt: skip
def test_a_permit_is_one_of_three_words(text: Cell, permit: str) -> None:
    assert cells.permit(text) == permit


def test_another_permit_is_a_fault_that_names_the_three() -> None:
    found = cells.permit("交警批条")
    assert isinstance(found, Fault)
    assert (found.why, "占道" in found.detail) == (Why.CHOICE, True)


def test_a_sheet_that_says_no_permit_is_needed_has_said_something() -> None:
    (column,) = (each for each in COLUMNS if each.field == "permit")
    assert column.says_none
    assert columns.column_of("作业许可") is columns.column_of("permit") is column
    heights = {
        columns.column_of(name) for name in ("安装高度", "安装高度（米）", "Mounting height", "height")
    }
    assert [each.field for each in heights if isinstance(each, Column)] == ["mount_height_m"]
