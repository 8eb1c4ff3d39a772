"""A report as a workbook: one sheet a table, numbers as numbers, formulas made harmless."""

import io
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from lenskeeper.base.days import zone_of
from lenskeeper.base.languages import Language
from lenskeeper.reporting.annex import Annex
from lenskeeper.reporting.as_csv import harmless
from lenskeeper.reporting.definitions import DEFINITIONS, NO_DATA, Figure, Unit
from lenskeeper.reporting.snapshots import Snapshot
from lenskeeper.reporting.tables import (
    Cell,
    Heading,
    Kind,
    Sheet,
    instant_text,
    percent_hundredths,
    sheets,
    unit_title,
)
from lenskeeper.reporting.tables_beside import scheme_facts, scheme_sheet
from lenskeeper.reporting.words import TITLES, word

CELL_CHARS_MAX: Final = 32_767  # what a cell of a workbook can hold
ROWS_MAX: Final = 1_048_000  # below the 1,048,576 of the format
SHEET_NAME_CHARS: Final = 31
NARROW_CHARS: Final = 12
NAME_CHARS: Final = 28
WIDE_CHARS: Final = 60
OPTIONS: Final = {
    "constant_memory": True,
    "in_memory": False,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "default_date_format": "yyyy-mm-dd hh:mm",
}
EPOCH: Final = datetime(2000, 1, 1)  # noqa: DTZ001  the format keeps no zone; a workbook has no time but its tables'


def xlsx_bytes(snapshot: Snapshot, language: Language, annex: Annex | None = None) -> bytes:
    """The workbook. Text is never read as a formula, a link or a number; nothing is fetched when it is opened."""
    report = snapshot.issue.report
    out = io.BytesIO()
    with _workbook(out) as book:
        # the same issue gives the same workbook, whenever it is written
        issued = datetime.fromtimestamp(snapshot.issue.issued_at_s, zone_of("UTC")).replace(tzinfo=None)
        book.set_properties({"title": TITLES[report.period.kind].of(language), "created": issued})
        forms = _forms(book)
        _cover(book, forms, snapshot, language, annex)
        assessed = [scheme_sheet(snapshot.assessment, language)] if snapshot.assessment else []
        for sheet in (*assessed, *(annex.sheets if annex else ()), *sheets(report, language)):
            _write(book, forms, sheet, language, report.period.tz, exercise=report.exercise)
    return out.getvalue()


def sheets_xlsx(tables: Sequence[Sheet], language: Language, tz: str, *, exercise: bool = False) -> bytes:
    """A workbook of any tables: a comparison, a survey, the changes between two revisions."""
    out = io.BytesIO()
    with _workbook(out) as book:
        book.set_properties({"created": EPOCH})
        forms = _forms(book)
        for sheet in tables:
            _write(book, forms, sheet, language, tz, exercise=exercise)
    return out.getvalue()


@contextmanager
def xlsx_file(
    path: Path, head: Sheet, language: Language, tz: str, *, exercise: bool = False
) -> Iterator[Callable[[Sequence[Cell]], None]]:
    """A workbook of one table, into a file and row by row: nothing but the row at hand is held. head: without rows."""
    with _workbook(path) as book:
        book.set_properties({"created": EPOCH})
        forms = _forms(book)
        page = _page(book, forms, head, language, exercise=exercise)
        places = iter(range(1, ROWS_MAX))
        yield lambda row: _row(page, next(places), row, head, (forms, language, tz))
        if head.note:
            page.write_string(next(places) + 1, 0, head.note, forms["note"])


def sheet_name(title: str) -> str:
    """A title as the format admits it: 31 characters, none of []:*?/\\, no apostrophe at an end."""
    return re.sub(r"[][:*?/\\]", " ", title)[:SHEET_NAME_CHARS].strip("' ")


def _workbook(out: io.BytesIO | Path) -> Any:
    # imported where a workbook is written: every command begins with this file, and few write one
    import xlsxwriter  # type: ignore[import-untyped]  # noqa: PLC0415  it ships no types

    return xlsxwriter.Workbook(out, OPTIONS)


def _forms(book: Any) -> dict[str, Any]:
    return {
        "head": book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
        "title": book.add_format({"bold": True, "font_size": 14}),
        "stamp": book.add_format({"bold": True, "font_size": 14, "font_color": "#B00020"}),
        "text": book.add_format({"num_format": "@", "valign": "top"}),
        "wide": book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"}),
        "whole": book.add_format({"num_format": "#,##0", "valign": "top"}),
        "hours": book.add_format({"num_format": "#,##0.0", "valign": "top"}),
        "money": book.add_format({"num_format": "#,##0.00", "valign": "top"}),
        "share": book.add_format({"num_format": "0.00%", "valign": "top"}),
        "instant": book.add_format({"num_format": "yyyy-mm-dd hh:mm", "valign": "top"}),
        "note": book.add_format({"italic": True, "font_color": "#555555"}),
    }


def _cover(
    book: Any, forms: dict[str, Any], snapshot: Snapshot, language: Language, annex: Annex | None
) -> None:
    report, issue = snapshot.issue.report, snapshot.issue
    tz = report.period.tz
    page = book.add_worksheet(sheet_name(TITLES[report.period.kind].of(language)))
    page.set_column(0, 0, NAME_CHARS)
    page.set_column(1, 1, WIDE_CHARS + NARROW_CHARS)
    lines = [
        (word("unit", language), unit_title(report, language)),
        (word("period", language), report.period.name),
        (word("from", language), instant_text(report.period.a_s, tz)),
        (word("to", language), instant_text(report.period.b_s, tz)),
        (word("zone", language), tz),
        (word("until", language), instant_text(report.watermark_s, tz)),
        (
            word("revision", language),
            str(issue.revision) if issue.revision else word("draft", language),
        ),
        (word("issued", language), instant_text(issue.issued_at_s, tz)),
        (word("by", language), issue.issued_by),
        (word("edition", language), str(report.edition)),
        (word("hash", language), snapshot.sha256),
        *scheme_facts(snapshot, language),
        *(((annex.stamp, ""),) if annex and annex.stamp else ()),
        *(annex.facts if annex else ()),
    ]
    if report.period.cut:
        lines.append((word("cut", language), ""))
    row = 0
    if report.exercise:
        page.write_string(row, 0, word("exercise", language), forms["stamp"])
        page.write_string(row, 1, word("exercise_note", language), forms["note"])
        row += 1
    title = annex.title if annex else TITLES[report.period.kind].of(language)
    page.write_string(row, 0, title, forms["title"])
    for place, (name, value) in enumerate(lines, start=row + 2):
        page.write_string(place, 0, name, forms["text"])
        page.write_string(place, 1, harmless(value), forms["text"])


def _write(
    book: Any, forms: dict[str, Any], sheet: Sheet, language: Language, tz: str, *, exercise: bool
) -> None:
    page = _page(book, forms, sheet, language, exercise=exercise)
    for place, row in enumerate(sheet.rows[:ROWS_MAX], start=1):
        _row(page, place, row, sheet, (forms, language, tz))
    if sheet.note:
        page.write_string(len(sheet.rows) + 2, 0, sheet.note, forms["note"])


def _page(book: Any, forms: dict[str, Any], sheet: Sheet, language: Language, *, exercise: bool) -> Any:
    """An empty page with its headings."""
    page = book.add_worksheet(sheet_name(sheet.title))
    if exercise:
        page.set_header(f"&C&B{word('exercise', language)}")
    page.freeze_panes(1, 0)
    for column, heading in enumerate(sheet.headings):
        page.set_column(column, column, _width(heading))
        page.write_string(0, column, heading.title, forms["head"])
    return page


def _row(
    page: Any, place: int, row: Sequence[Cell], sheet: Sheet, setting: tuple[dict[str, Any], Language, str]
) -> None:
    for column, (cell, heading) in enumerate(zip(row, sheet.headings, strict=True)):
        _cell(page, (place, column), cell, heading.kind, (*setting, heading.wide))


def _cell(
    page: Any,
    at: tuple[int, int],
    cell: Cell,
    kind: Kind,
    setting: tuple[dict[str, Any], Language, str, bool],
) -> None:
    forms, language, tz, wide = setting
    match cell:
        case Figure() if cell.value is None:
            page.write_string(*at, NO_DATA.of(language), forms["text"])
        case Figure() if DEFINITIONS[cell.metric].unit is Unit.SHARE:
            # rounded down as everywhere: the format alone would show 99.996 % as 100.00 %
            page.write_number(*at, (percent_hundredths(cell) or 0) / 10_000, forms["share"])
        case Figure():
            form = {Unit.HOURS: "hours", Unit.COUNT: "whole"}
            page.write_number(*at, cell.value, forms[form[DEFINITIONS[cell.metric].unit]])
        case None:
            pass
        case str():
            text = harmless(cell)[:CELL_CHARS_MAX]
            page.write_string(*at, text, forms["wide" if wide else "text"])
        case int() if kind is Kind.INSTANT:
            local = datetime.fromtimestamp(cell, zone_of(tz)).replace(tzinfo=None)
            page.write_datetime(*at, local, forms["instant"])
        case int() if kind is Kind.MONEY:
            page.write_number(
                *at, cell / 100, forms["money"]
            )  # the format has no other number; it shows cents exactly
        case int():
            page.write_number(*at, cell, forms["whole"])
        case _:
            page.write_number(*at, cell, forms["hours"])


def _width(heading: Heading) -> int:
    if heading.wide:
        return WIDE_CHARS
    return NAME_CHARS if heading.kind is Kind.TEXT else NARROW_CHARS
