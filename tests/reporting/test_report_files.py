"""What is handed over says the same in every form: read back from CSV, JSON, a workbook and a PDF."""

import csv
import hashlib
import io
import json
from dataclasses import replace
from pathlib import Path

import msgspec
import pypdf
import pytest
from python_calamine import CalamineWorkbook
from tests.reporting.reporting_kit import TZ, UNITS, report_of

from lenskeeper.base.access import ActorId
from lenskeeper.base.errors import Invalid, NotFound
from lenskeeper.base.languages import Language
from lenskeeper.diagnosis.kinds import Kind as Fault
from lenskeeper.diagnosis.watch import Word
from lenskeeper.inventory.ids import PointId
from lenskeeper.reporting.as_csv import FORMULA_STARTS, csv_bytes, harmless
from lenskeeper.reporting.as_json import json_bytes
from lenskeeper.reporting.as_pdf import CARDS, pdf_bytes
from lenskeeper.reporting.as_xlsx import sheet_name, sheets_xlsx, xlsx_bytes
from lenskeeper.reporting.assemble import group_named, point_groups
from lenskeeper.reporting.assessment import Assessment, assessment_of, points_text
from lenskeeper.reporting.definitions import BESIDE, DEFINITIONS, Figure, Metric
from lenskeeper.reporting.fonts import FAMILIES, covered, extra_folder, spelt, typeface
from lenskeeper.reporting.report import ExcludedHours, Grouped, PictureState, Report
from lenskeeper.reporting.schemes import assess, parse_schemes
from lenskeeper.reporting.screens import Surveyed
from lenskeeper.reporting.snapshots import (
    Issue,
    Snapshot,
    compare_revisions,
    frozen,
    same_figures,
    thawed,
)
from lenskeeper.reporting.tables import (
    PICTURE_STATES,
    Sheet,
    excluded_sheet,
    figure_text,
    figures_sheet,
    instant_text,
    pictures_sheet,
    plain_rows,
    sheets,
)
from lenskeeper.reporting.tables_beside import (
    behind_sheet,
    buckets_sheet,
    changes_sheet,
    comparison_sheet,
    scheme_sheet,
    survey_sheet,
)
from lenskeeper.reporting.takeover import Bucket
from lenskeeper.reporting.their_list import read_theirs
from lenskeeper.reporting.theirs import compare
from lenskeeper.reporting.words import DIAGNOSES, TEXT
from lenskeeper.tickets.words import OUTCOMES
from lenskeeper.units.ids import UnitId

BOTH = pytest.mark.parametrize("language", list(Language))


def issued(report: Report, revision: int = 2) -> Snapshot:
    return frozen(Issue(report, revision, report.made_at_s, ActorId("duty office")))


BRIDGE = b"""
[scheme.bridge]
title = "\xe5\xa4\xa7\xe6\xa1\xa5"
pass = 80
[[scheme.bridge.item]]
measure = "online_rate"
weight = 60
steps = [[98.5, 100], [1, 33.3]]
[[scheme.bridge.item]]
measure = "coverage"
weight = 40
steps = [[10, 100]]
"""


def assessed(report: Report) -> Assessment:
    return assessment_of(assess(parse_schemes(BRIDGE.decode())["bridge"], report, {}), BRIDGE)


def text_of(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


def squeezed(text: str) -> str:
    """Without blanks: a PDF breaks lines where it likes."""
    return "".join(text.split())


@BOTH
def test_a_pdf_holds_every_figure_definition_and_name_and_stamps_each_page(language: Language) -> None:
    snapshot = issued(report_of(2, cameras=45))
    report = snapshot.issue.report
    pages = text_of(pdf_bytes(snapshot, language))
    whole = squeezed("".join(pages))
    for metric, definition in DEFINITIONS.items():
        assert squeezed(definition.name.of(language)) in whole
        assert squeezed(definition.meaning.of(language)) in whole
        assert squeezed(figure_text(report.whole.figure(metric), language)) in whole
        assert f"{report.whole.figure(metric).numerator:,}" in whole
    for camera in report.worst:
        assert squeezed(camera.name) in whole
    assert snapshot.sha256 in whole
    for number, page in enumerate(pages, start=1):
        flat = squeezed(page)
        assert snapshot.sha256[:16] in flat
        assert squeezed(TEXT["page"].of(language).format(n=number, all=len(pages))) in flat
        assert squeezed(f"{TEXT['revision'].of(language)} 2") in flat
        assert squeezed(report.unit_name) in flat
        assert "演练" not in flat


@BOTH
def test_an_exercise_is_stamped_on_every_page_and_a_draft_too(language: Language) -> None:
    exercise = text_of(pdf_bytes(issued(report_of(2, cameras=45, exercise=True)), language))
    assert len(exercise) > 1
    assert all(squeezed(page).count("EXERCISE演练") >= 2 for page in exercise)  # at the head, and across
    draft = text_of(pdf_bytes(issued(report_of(2, cameras=2), revision=0), language))
    word = squeezed(TEXT["draft"].of(language))
    assert all(squeezed(page).count(word) >= 2 for page in draft)  # at the head, and for the revision


@BOTH
def test_a_report_without_a_camera_says_no_data_and_is_whole(language: Language) -> None:
    text = squeezed("".join(text_of(pdf_bytes(issued(report_of(1, cameras=0)), language))))
    assert squeezed(TEXT["definitions"].of(language)) in text
    assert ("无数据" if language is Language.ZH else "nodata") in text
    assert "100.00" not in text


def test_the_same_issue_gives_the_same_bytes() -> None:
    snapshot = issued(report_of(3, cameras=5))
    assert pdf_bytes(snapshot, Language.ZH) == pdf_bytes(snapshot, Language.ZH)
    assert xlsx_bytes(snapshot, Language.ZH) == xlsx_bytes(snapshot, Language.ZH)


def test_what_users_wrote_is_shown_and_never_run() -> None:
    report = report_of(2, cameras=3)
    evil = '#read("/etc/passwd") *bold* $x$ #panic("x") \\u{41} <label> @ref'
    worst = tuple(replace(group, name=evil) for group in (report.worst or (report.whole,)))
    excluded = (ExcludedHours(evil, evil, pending=True, cameras=1, excluded_s=60),)
    planted = replace(report, unit_name=evil, worst=worst, excluded=excluded)
    text = squeezed("".join(text_of(pdf_bytes(issued(planted), Language.EN))))
    assert text.count(squeezed(evil)) >= 4


def test_without_a_chinese_font_a_pdf_fails_and_names_the_cure(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"lenskeeper\[fonts-cjk\]") as told:
        pdf_bytes(issued(report_of(2, cameras=2)), Language.ZH, folders=[tmp_path])
    assert "boxes" in str(told.value)


def test_the_font_of_the_extra_has_what_we_write_and_a_rare_sign_is_spelt_out() -> None:
    extra = extra_folder()
    assert extra is not None
    words = [words.zh + words.en for words in TEXT.values()]
    letters = typeface(words, [extra])
    assert letters.families == (FAMILIES[0],)
    assert spelt("路口😀1号", letters) == "路口[U+1F600]1号"
    assert covered(str(extra / "__init__.py"), 0) == frozenset()


@BOTH
def test_a_workbook_holds_every_table_with_numbers_as_numbers(language: Language) -> None:
    snapshot = issued(report_of(2, cameras=45, exercise=True))
    report = snapshot.issue.report
    book = CalamineWorkbook.from_filelike(io.BytesIO(xlsx_bytes(snapshot, language)))
    tables = sheets(report, language)
    assert book.sheet_names[1:] == [sheet_name(sheet.title) for sheet in tables]
    cover = squeezed(str(book.get_sheet_by_index(0).to_python()))
    assert snapshot.sha256 in cover
    assert "EXERCISE演练" in cover
    figures = book.get_sheet_by_name(TEXT["figures"].of(language)).to_python()
    online = report.whole.figure(Metric.ONLINE)
    assert figures[1][1] == online.numerator * 10_000 // online.denominator / 10_000
    assert figures[1][2:4] == [online.numerator, online.denominator]
    cameras = book.get_sheet_by_name(TEXT["cameras"].of(language)).to_python()
    assert len([row for row in cameras[1:] if row[0]]) == report.whole.cameras
    hours = cameras[0].index(TEXT["online_h"].of(language))
    total = sum(float(str(row[hours])) for row in cameras[1:] if row[0])
    assert round(total * 3_600) == report.whole.sums.up_s


def test_no_cell_that_somebody_wrote_is_taken_for_a_formula() -> None:
    for start in FORMULA_STARTS:
        assert harmless(f"{start}HYPERLINK(1)").startswith("'")
    assert harmless("人民路 1 号") == "人民路 1 号"
    report = report_of(2, cameras=3)
    rows = list(
        csv.reader(
            io.StringIO(csv_bytes(excluded_sheet(report, Language.ZH), Language.ZH, TZ).decode("utf-8-sig"))
        )
    )
    assert "'=HYPERLINK(1) storm damage" in {cell for row in rows for cell in row}
    book = CalamineWorkbook.from_filelike(io.BytesIO(xlsx_bytes(issued(report), Language.ZH)))
    told = book.get_sheet_by_name(TEXT["excluded"].of(Language.ZH)).to_python()
    assert "'=HYPERLINK(1) storm damage" in {cell for row in told for cell in row}


@BOTH
def test_every_table_is_written_as_csv_with_a_cell_for_each_heading(language: Language) -> None:
    for sheet in sheets(report_of(2, cameras=30), language):
        rows = list(csv.reader(io.StringIO(csv_bytes(sheet, language, TZ).decode("utf-8-sig"))))
        assert len(rows) == len(sheet.rows) + 1
        assert {len(row) for row in rows} == {len(sheet.headings)}


def test_json_gives_each_value_beside_its_two_numbers_and_can_be_hashed_again() -> None:
    snapshot = issued(report_of(2, cameras=30))
    told = json.loads(json_bytes(snapshot))
    whole = told["figures"][0]
    assert {one["metric"] for one in whole["figures"]} == {metric.value for metric in Metric}
    for one in whole["figures"]:
        assert one["value"] == Figure(Metric(one["metric"]), one["numerator"], one["denominator"]).value
    again = msgspec.json.encode(msgspec.convert(told["issue"], Issue), order="sorted")
    assert hashlib.sha256(again).hexdigest() == told["sha256"]
    assert json.loads(json_bytes(snapshot, cameras=False))["issue"]["report"]["parts"] == []
    empty = json.loads(json_bytes(issued(report_of(1, cameras=0))))
    assert {one["value"] for one in empty["figures"][0]["figures"]} == {None}


@pytest.mark.parametrize(
    ("numerator", "denominator", "text"),
    [(99_999, 100_000, "99.99%"), (1, 1, "100.00%"), (0, 1, "0.00%"), (1, 1_000_000, "<0.01%"), (0, 0, "无数据"),
     (2, 3, "66.66%")],
)  # fmt: skip
def test_a_share_is_rounded_down_and_never_told_as_all_or_nothing(
    numerator: int, denominator: int, text: str
) -> None:
    assert figure_text(Figure(Metric.ONLINE, numerator, denominator), Language.ZH) == text


def test_every_kind_of_fault_stands_in_one_column_of_the_sheet_of_cameras() -> None:
    kinds = [kind for _, held in DIAGNOSES.values() for kind in held]
    assert sorted(kinds) == sorted(set(Fault) - {Fault.LOW_VISIBILITY})


def test_every_outcome_has_words() -> None:
    assert all(words.zh and words.en for words in OUTCOMES.values())


def test_the_sheet_of_figures_holds_all_of_them() -> None:
    sheet: Sheet = figures_sheet(report_of(2, cameras=3), Language.EN)
    assert len(sheet.rows) == len(Metric)


@BOTH
def test_no_rate_stands_in_a_table_of_groups_without_its_coverage(language: Language) -> None:
    names = {metric: DEFINITIONS[metric].name.of(language) for metric in Metric}
    for sheet in sheets(report_of(2, cameras=30), language):
        headings = [heading.title for heading in sheet.headings]
        for metric, beside in BESIDE.items():
            if names[metric] in headings and sheet.key.startswith(("by_", "cameras")):
                assert names[beside] in headings, sheet.key
    assert {metric for pair in CARDS for metric in pair} >= {*BESIDE, *BESIDE.values()}


@BOTH
def test_an_assessed_report_is_signed_with_its_scheme_and_the_hash_of_the_schemes_text(
    language: Language,
) -> None:
    report = report_of(2, cameras=30)
    points = assessed(report)
    issue = Issue(report, 3, report.made_at_s, ActorId("duty office"), points)
    snapshot = frozen(issue)
    assert thawed(snapshot.body) == snapshot
    told = (points.title, points.scheme_sha256, snapshot.sha256, points_text(points.points))
    pdf = squeezed("".join(text_of(pdf_bytes(snapshot, language))))
    book = CalamineWorkbook.from_filelike(io.BytesIO(xlsx_bytes(snapshot, language)))
    cover = squeezed(str(book.get_sheet_by_index(0).to_python()))
    document = json.loads(json_bytes(snapshot))
    for text in told:
        assert squeezed(text) in pdf
        assert squeezed(text) in cover
    assert document["assessment"]["scheme_sha256"] == hashlib.sha256(BRIDGE).hexdigest()
    again = msgspec.json.encode(msgspec.convert(document["issue"], Issue), order="sorted")
    assert hashlib.sha256(again).hexdigest() == snapshot.sha256
    later = squeezed(TEXT["beside"].of(language))
    assert later not in pdf
    beside = replace(issued(report), beside=points)
    assert later in squeezed("".join(text_of(pdf_bytes(beside, language))))


def test_points_are_rounded_down_so_that_a_threshold_is_never_told_as_reached() -> None:
    assert points_text("79999/1000") == "79.99"
    assert points_text("57") == "57.00"


def test_a_group_is_opened_by_what_people_call_it() -> None:
    report = report_of(2, cameras=60)
    part = report.parts[0]
    assert group_named(report, "") == report.whole
    assert group_named(report, "unit:城关镇").key == "2"
    assert group_named(report, "unit:2") == group_named(report, "unit: 城关镇")
    assert group_named(report, "class:3").by is Grouped.CLASS
    assert group_named(report, f"camera:{part.code}").key == str(part.point_id)
    last = point_groups(report.parts)[0]
    assert group_named(report, f"camera:{last.name}") == last
    assert group_named(report, "model:few").name == "few"
    with pytest.raises(NotFound, match="Dahua IPC-HFW4443, few"):
        group_named(report, "model:nobody's")
    with pytest.raises(Invalid, match="camera:NAME"):
        group_named(report, "城关镇")
    twins = replace(report, parts=tuple(replace(one, name="1号杆") for one in report.parts))
    with pytest.raises(Invalid, match="camera:1, camera:2"):
        group_named(twins, "camera:1号杆")


@BOTH
def test_the_pictures_as_of_now_add_up_to_the_cameras_and_flapping_is_of_them(language: Language) -> None:
    states = (
        PictureState("", provisional=False, flapping=False, cameras=2),
        PictureState("fault", provisional=False, flapping=True, cameras=3),
        PictureState("fit", provisional=False, flapping=False, cameras=20),
        PictureState("fit", provisional=True, flapping=True, cameras=5),
    )
    report = replace(report_of(2, cameras=30), pictures=states)
    sheet = pictures_sheet(report, language)
    counts = {str(row[0]): row[1] for row in sheet.rows}
    assert counts[TEXT["picture_provisional"].of(language)] == 5
    assert counts[TEXT["picture_fit"].of(language)] == 20
    assert counts[TEXT["picture_flapping"].of(language)] == 8
    assert sum(int(str(row[1])) for row in sheet.rows[:-1]) == 30
    assert instant_text(report.made_at_s, TZ) in sheet.note
    assert set(PICTURE_STATES) - {"provisional", "not_judged"} == {word.value for word in Word}
    assert same_figures(report, replace(report, pictures=()))


@BOTH
def test_every_other_list_is_written_too(language: Language) -> None:
    report = report_of(2, cameras=30)
    later = replace(report, whole=replace(report.whole, sums=replace(report.whole.sums, up_s=0)))
    scheme = parse_schemes(
        '[scheme.a]\n[[scheme.a.item]]\nmeasure = "coverage"\nweight = 9\nsteps = [[10, 100]]'
    )["a"]
    theirs = read_theirs("名称,在线率\n不存在,97%\n".encode(), "")
    surveyed = [Surveyed(PointId(1), UnitId(2), "1号杆", "rtsp://10.0.0.1/", Bucket.BUSY, "busy")]
    told = [
        behind_sheet(report, report.whole, Metric.ONLINE, language),
        comparison_sheet(compare(theirs, report), language),
        changes_sheet(compare_revisions(report, later), language),
        scheme_sheet(assessment_of(assess(scheme, report, {}), b""), language),
        survey_sheet(surveyed, UNITS, language),
        buckets_sheet(surveyed, UNITS, language),
    ]
    assert len(told[0].rows) == len({part.point_id for part in report.parts if part.sums.known_s})
    assert len(told[1].rows) == 1 + sum(point.sums.expected_s > 0 for point in point_groups(report.parts))
    assert told[2].rows
    assert told[3].rows[-1][-2:] == ("9.00", 9)
    book = CalamineWorkbook.from_filelike(io.BytesIO(sheets_xlsx(told, language, TZ)))
    for sheet in told:
        assert {len(row) for row in plain_rows(sheet, language, TZ)} == {len(sheet.headings)}
        read_back = book.get_sheet_by_name(sheet_name(sheet.title)).to_python()
        assert [cell for cell in read_back[0] if cell] == [heading.title for heading in sheet.headings]
