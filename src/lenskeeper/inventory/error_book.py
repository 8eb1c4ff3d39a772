"""One workbook of faulty rows for each department: marked, explained, and to be loaded again once corrected."""

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Final

from openpyxl import Workbook
from openpyxl.cell import Cell as BookCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.writer.excel import save_workbook

from lenskeeper.inventory.cells import FORMULA_BEGINS, Cell
from lenskeeper.inventory.checking import ParkedRow
from lenskeeper.inventory.faults import RowFault, said

CELL_CHARS_MAX: Final = 32_000  # a spreadsheet holds 32,767
FILE_NAME_CHARS_MAX: Final = 80  # with a folder and a suffix below every system's 255 bytes, in Chinese too
NUMBER_HEADER: Final = {"en": "#row", "zh": "#行号"}  # columns.py knows both and passes over them
FAULT_HEADER: Final = {"en": "#fault", "zh": "#错误"}
NO_DEPARTMENT: Final = {"en": "no department", "zh": "未注明部门"}
COLUMN_WIDTH: Final = 18
FAULTS_WIDTH: Final = 80
_MARK: Final = PatternFill("solid", start_color="FFFFC7CE")
_BOLD: Final = Font(bold=True)


def by_department(parked: Iterable[ParkedRow]) -> dict[str, list[ParkedRow]]:
    """The faulty rows of each department, in the order of the sheet."""
    found: dict[str, list[ParkedRow]] = {}
    for row in parked:
        found.setdefault(row.department, []).append(row)
    return found


def error_books(parked: Iterable[ParkedRow], language: str = "zh") -> Iterator[tuple[str, bytes]]:
    """A file name and a workbook for each department. language: one of faults.LANGUAGES."""
    taken: set[str] = set()
    for department, rows in by_department(parked).items():
        yield _file_name(department, language, taken), error_book(rows, language)


def error_book(rows: Sequence[ParkedRow], language: str = "zh") -> bytes:
    """An XLSX with these rows whole under their headers; faulty cells are marked and say why in a comment.

    Corrected, it is a sheet like any other: headers in the first row, and two columns at the end that are not read.
    No text in it can be taken for a formula (ASVS 1.2.10).
    """
    book = Workbook()
    page = book.active
    assert isinstance(page, Worksheet)
    headers = list(dict.fromkeys(header for row in rows for header in row.cells))
    _write_header(page, [*headers, NUMBER_HEADER[language], FAULT_HEADER[language]])
    for at, row in enumerate(rows, 2):
        for column, header in enumerate(headers, 1):
            _write(_at(page, at, column), row.cells.get(header))
        _write(_at(page, at, len(headers) + 1), row.row)
        _write(_at(page, at, len(headers) + 2), "\n".join(_line(fault, language) for fault in row.faults))
        for header in dict.fromkeys(fault.column for fault in row.faults):
            if header in row.cells:
                _mark(
                    _at(page, at, headers.index(header) + 1),
                    [fault for fault in row.faults if fault.column == header],
                    language,
                )
    out = io.BytesIO()
    save_workbook(book, out)
    return out.getvalue()


def _write_header(page: Worksheet, headers: Sequence[str]) -> None:
    page.freeze_panes = "A2"
    for column, header in enumerate(headers, 1):
        cell = _at(page, 1, column)
        _write(cell, header)
        cell.font = _BOLD
        dimension = page.column_dimensions[get_column_letter(column)]
        dimension.width = FAULTS_WIDTH if column == len(headers) else COLUMN_WIDTH
        dimension.number_format = "@"  # so that a code of 20 digits that is typed in is not rounded


def _at(page: Worksheet, row: int, column: int) -> BookCell:
    cell = page.cell(row, column)
    assert isinstance(cell, BookCell)  # nothing is merged in a page of ours
    return cell


def _write(cell: BookCell, value: Cell) -> None:
    if isinstance(value, str):
        cell.value = neutral(ILLEGAL_CHARACTERS_RE.sub("", value))[:CELL_CHARS_MAX]
        cell.data_type = "s"  # openpyxl takes what begins with = for a formula, and #N/A for an error
        cell.number_format = "@"
        return
    cell.value = value
    if isinstance(value, date):
        cell.number_format = "yyyy-mm-dd"


def neutral(text: str) -> str:
    """A text that no spreadsheet takes for a formula: an apostrophe stands before it, which cells.bare takes off."""
    return f"'{text}" if text.startswith(FORMULA_BEGINS) else text


def _mark(cell: BookCell, faults: Sequence[RowFault], language: str) -> None:
    text = "\n".join("\n".join(said(fault.why, fault.detail, language)) for fault in faults)
    cell.fill = _MARK
    cell.comment = Comment(text, "lenskeeper", height=120, width=320)


def _line(fault: RowFault, language: str) -> str:
    reason, cure = said(fault.why, fault.detail, language)
    colon, stop = ("：", "。") if language == "zh" else (": ", ". ")
    return f"{fault.column}{colon}{reason}{stop}{cure}"


def _file_name(department: str, language: str, taken: set[str]) -> str:
    """A name for a file that every system takes, and that no other department has. taken: grows by it."""
    plain = re.sub(r"[\x00-\x1f<>:\"/\\|?*\s.]+", "_", department).strip("_") or NO_DEPARTMENT[language]
    plain = plain[-FILE_NAME_CHARS_MAX:]  # the end of a path of units tells more than its beginning
    name, number = plain, 1
    while name.lower() in taken:
        number += 1
        name = f"{plain}_{number}"
    taken.add(name.lower())
    return f"{name}.xlsx"
