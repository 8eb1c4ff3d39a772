"""Each camera on which the other side's list differs is found, with the reason that was planted."""

import io
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
import xlsxwriter  # type: ignore[import-untyped]  # it ships no types
from tests.reporting.reporting_kit import report_of

from lenskeeper.base.errors import Invalid
from lenskeeper.inventory.ids import PointId
from lenskeeper.reporting.assemble import Books, assemble
from lenskeeper.reporting.report import Part, Report
from lenskeeper.reporting.sums import Sums
from lenskeeper.reporting.their_list import read_theirs
from lenskeeper.reporting.theirs import REASONS, Reason, compare

DAY = 86_400
MONTH = 30 * DAY
PLAIN = Sums(span_s=MONTH, up_s=MONTH - 6 * 3_600, down_s=6 * 3_600)
EXCLUDED = Sums(span_s=MONTH, excluded_s=2 * DAY, up_s=28 * DAY - 43_200, down_s=43_200)
GAPPY = Sums(span_s=MONTH, up_s=27 * DAY, down_s=43_200)
LATER = Sums(
    span_s=MONTH, excluded_s=10 * DAY, out_of_service_s=10 * DAY, up_s=20 * DAY - 43_200, down_s=43_200
)
DARK = Sums(span_s=MONTH)


def report_with(sums: dict[str, Sums], codes: dict[str, str] | None = None) -> Report:
    base = report_of(1, cameras=1)
    like = base.parts[0]
    parts: list[Part] = [
        replace(like, point_id=PointId(n), name=name, code=(codes or {}).get(name, f"code-{name}"), sums=held)
        for n, (name, held) in enumerate(sums.items(), start=1)
    ]
    return assemble(
        Books(parts), unit_id=base.unit_id, unit_name="", period=base.period, watermark_s=base.watermark_s,
        made_at_s=base.made_at_s, exercise=False,
    )  # fmt: skip


def workbook(*rows: Sequence[Any], title: bool = True) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        book.add_worksheet("说明").write_string(0, 0, "本表由运维单位填报")
        page = book.add_worksheet("明细")
        offset = 2 if title else 0
        if title:
            page.write_string(0, 0, "2026年11月在线率统计表")
        for at, row in enumerate(rows):
            for column, cell in enumerate(row):
                if cell is not None:
                    page.write(at + offset, column, cell)
    return out.getvalue()


def reasons(report: Report, *rows: Sequence[Any]) -> dict[str, Reason]:
    found = compare(read_theirs(workbook(*rows), "theirs.xlsx"), report)
    return {difference.name: difference.reason for difference in found.differences}


def per_cent(up: int, total: int) -> float:
    return round(100 * up / total, 2)


def test_each_planted_difference_is_found_with_its_reason_and_the_rest_agrees() -> None:
    report = report_with(
        {"same": PLAIN, "excluded": EXCLUDED, "excluded_up": EXCLUDED, "gap_down": GAPPY, "gap_up": GAPPY, "later": LATER,
         "later_up": LATER, "dark": DARK, "wrong": PLAIN, "missing": PLAIN, "twice": PLAIN, "total": PLAIN}
    )  # fmt: skip
    rows: list[list[Any]] = [
        ["序号", "设备编码", "设备名称", "在线率（%）", "总时长（小时）"],
        [1, "code-same", "same", per_cent(PLAIN.up_s, MONTH), None],
        [2, "code-excluded", "excluded", per_cent(EXCLUDED.up_s, MONTH), None],
        [3, "code-excluded_up", "excluded_up", per_cent(EXCLUDED.up_s + 2 * DAY, MONTH), None],
        [4, "code-gap_down", "gap_down", per_cent(GAPPY.up_s, MONTH), None],
        [5, "code-gap_up", "gap_up", per_cent(MONTH - 43_200, MONTH), None],
        [6, "code-later", "later", per_cent(LATER.up_s, MONTH), None],
        [7, "code-later_up", "later_up", per_cent(MONTH - 43_200, MONTH), None],
        [8, "code-dark", "dark", 55.0, None],
        [9, "code-wrong", "wrong", 71.3, None],
        [10, "code-twice", "twice", per_cent(PLAIN.up_s, MONTH), None],
        [11, "code-twice", "twice", per_cent(PLAIN.up_s, MONTH), None],
        [12, "code-stranger", "stranger", 100, None],
        [13, "code-total", "total", 97.0, 600],
        [None, None, "", None, None],
    ]
    assert reasons(report, *rows) == {
        "excluded": Reason.EXCLUDED,
        "excluded_up": Reason.EXCLUDED,
        "gap_down": Reason.COVERAGE,
        "gap_up": Reason.COVERAGE,
        "later": Reason.SERVICE,
        "later_up": Reason.SERVICE,
        "dark": Reason.NO_DATA,
        "wrong": Reason.UNEXPLAINED,
        "twice": Reason.TWICE,
        "stranger": Reason.UNKNOWN_TO_US,
        "total": Reason.DENOMINATOR,
        "missing": Reason.MISSING,
    }
    assert compare(read_theirs(workbook(*rows), ""), report).agreed == 2


def test_their_hours_are_compared_where_they_give_no_rate() -> None:
    report = report_with({"a": PLAIN, "b": EXCLUDED, "c": PLAIN})
    rows: list[list[Any]] = [
        ["camera name", "hours online"],
        ["a", PLAIN.up_s / 3_600],
        ["b", (EXCLUDED.up_s + 2 * DAY) / 3_600],
        ["c", 12],
    ]
    assert reasons(report, *rows) == {"b": Reason.EXCLUDED, "c": Reason.UNEXPLAINED}


def test_with_their_total_the_extra_hours_are_named_however_they_counted_them() -> None:
    report = report_with({"a": EXCLUDED})
    up_min, total_min = (EXCLUDED.up_s + DAY) / 60, MONTH / 60
    rows: list[list[Any]] = [["名称", "在线时长（分钟）", "应在线时长（分钟）"], ["a", up_min, total_min]]
    (found,) = compare(read_theirs(workbook(*rows), ""), report).differences
    assert found.reason is Reason.EXCLUDED
    assert found.seconds == 2 * DAY
    assert found.theirs == Fraction(EXCLUDED.up_s + DAY, MONTH)
    assert found.row == 4


def test_a_code_that_two_cameras_bear_is_told_apart_by_the_name() -> None:
    report = report_with({"东门": PLAIN, "西门": GAPPY}, codes={"东门": "default", "西门": "default"})
    header = ["编码", "名称", "在线率"]
    assert (
        reasons(
            report,
            header,
            ["default", "东 门", PLAIN.up_s / MONTH],
            ["default", "西门", GAPPY.up_s / GAPPY.known_s],
        )
        == {}
    )
    assert reasons(report, header, ["default", "", 0.5]) == {"": Reason.AMBIGUOUS}


@pytest.mark.parametrize(
    ("cells", "rate"),
    [
        (["98.5%"], Fraction(985, 1000)),
        ([98.5, 1], Fraction(985, 1000)),
        ([0.985, 1], Fraction(985, 1000)),
        (["98.5", "100"], Fraction(985, 1000)),
        (["９８.5％"], Fraction(985, 1000)),
    ],
)
def test_per_cent_and_shares_are_told_apart_by_the_whole_column(cells: list[Any], rate: Fraction) -> None:
    rows: list[list[Any]] = [
        ["name", "online rate"],
        *([f"camera {n}", cell] for n, cell in enumerate(cells)),
    ]
    found = read_theirs(workbook(*rows), "")
    assert found.rows[0].rate == rate
    assert all(row.rate is not None and 0 <= row.rate <= 1 for row in found.rows)


def test_rows_whose_figure_cannot_be_read_are_counted_and_named() -> None:
    found = read_theirs(
        workbook(
            ["name", "online rate"], ["a", "good"], ["b", 250], ["c", "1e999999"], ["d", 97], title=False
        ),
        "",
    )
    assert [row.name for row in found.rows] == ["d"]
    assert (found.odd, found.odd_count) == ((2, 3, 4), 3)


def test_a_list_as_csv_is_read_in_the_encodings_of_chinese_spreadsheets() -> None:
    text = "设备名称,在线率\n人民路,97.5%\n"
    for encoding in ("utf-8", "utf-8-sig", "gb18030"):
        (row,) = read_theirs(text.encode(encoding), "").rows
        assert (row.name, row.rate) == ("人民路", Fraction(975, 1000))


def test_a_file_without_a_header_is_told_with_the_names_that_are_known() -> None:
    with pytest.raises(Invalid, match="在线率"):
        read_theirs(workbook(["a", "b"], [1, 2]), "theirs.xlsx")


def test_every_reason_has_words() -> None:
    assert set(REASONS) == set(Reason)
