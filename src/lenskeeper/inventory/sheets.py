"""A sheet of cameras, read from CSV or XLSX: its header found, its rows as they stand, nothing judged yet."""

import codecs
import csv
import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from lenskeeper.base.errors import Invalid
from lenskeeper.inventory import workbooks
from lenskeeper.inventory.cells import Cell
from lenskeeper.inventory.columns import column_of
from lenskeeper.inventory.workbooks import CELLS_MAX, Inspected, Page, column_letters

FILE_BYTES_MAX: Final = 64 * 1024 * 1024  # 200,000 rows of 40 columns as CSV
ROWS_MAX: Final = 200_000  # ten times the largest fleet we know; a longer list is a wrong file
COLUMNS_MAX: Final = 256  # the city template has 73
HEADER_ROWS_MAX: Final = 30  # a title, who filled it in and how to fill it in stand above a header
HEADER_NAMES_MIN: Final = 2  # known names that make a row a header
DELIMITERS: Final = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class Sheet:
    """What stands in a file, without a judgement.

    header: one name per column, of two header rows the lower where both have one; "(F)" for a column with values
    and no name.
    header_row: the number of the (lower) header row. numbers: that of each row; both as a spreadsheet shows them.
    rows: those with a value, each as long as the header.
    failed_formulas: cells of the workbook that hold an error in place of a value; they read as empty.
    """

    source: str
    sha256: str
    header: tuple[str, ...]
    header_row: int
    rows: list[list[Cell]]
    numbers: list[int]
    page: str = ""
    failed_formulas: int = 0


def read_sheet(path: Path, *, page: str = "", mapping: Mapping[str, str] | None = None) -> Sheet:
    """The sheet in a file. Invalid: it is not there, too big, encrypted, empty, of another kind, without a header."""
    try:
        size = path.stat().st_size
        if size > FILE_BYTES_MAX:
            raise Invalid(
                f"{path.name} has {size >> 20} MiB, and {FILE_BYTES_MAX >> 20} are the limit; split it",
                field="file",
            )
        data = path.read_bytes()
    except OSError as wrong:
        raise Invalid(f"{path} cannot be read: {wrong.strerror or wrong}", field="file") from None
    return parse_sheet(data, path.name, page=page, mapping=mapping)


def parse_sheet(
    data: bytes, source: str, *, page: str = "", mapping: Mapping[str, str] | None = None
) -> Sheet:
    """The sheet in the bytes of a CSV or XLSX file, whatever its name says.

    page: the one of a workbook to read; empty: the one with the most known columns.
    mapping: headers that the operator has given a meaning (columns.column_of).
    """
    if not data.strip(b"\r\n\t \x00"):
        raise Invalid(f"{source} is empty: fill it in and send it again", field="file")
    if len(data) > FILE_BYTES_MAX:
        raise Invalid(f"{source} has more than {FILE_BYTES_MAX >> 20} MiB; split it", field="file")
    mapping = mapping or {}
    if workbooks.is_workbook(data):
        inspected = workbooks.inspect(data, source)
        failed, found = inspected.failed_formulas, _best_page(inspected, page, mapping)
    else:
        failed, found = 0, _csv_page(decoded(data, source), source, mapping)
    header_at, header = _header(found.rows, source, mapping)
    rows, numbers = _body(found, header_at + 1, len(header))
    if not rows:
        raise Invalid(f"{source}: no row beneath the header in row {header_at + 1}", field="file")
    header += [""] * (len(rows[0]) - len(header))
    names, width = _named(header, rows, found.first_column)
    return Sheet(
        source, hashlib.sha256(data).hexdigest(), names, header_at + 1, [r[:width] for r in rows], numbers, found.name,
        failed,
    )  # fmt: skip


# --- CSV ------------------------------------------------------------------------------------------------------------


def decoded(data: bytes, source: str) -> str:
    """UTF-8 with or without its mark, UTF-16 with it, else GB18030, which holds GBK and GB2312."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Invalid(f"{source} is neither UTF-8 nor GB18030 text; save it as “CSV UTF-8”", field="file")


def _csv_page(text: str, source: str, mapping: Mapping[str, str]) -> Page:
    scores = {
        d: _best_header(list(_records(text, d, source, HEADER_ROWS_MAX)), mapping)[0] for d in DELIMITERS
    }
    delimiter = max(DELIMITERS, key=scores.__getitem__)  # the first of equals: the comma
    rows = list(_records(text, delimiter, source, ROWS_MAX + HEADER_ROWS_MAX + 1))
    return Page("", rows, 0, [])


def _records(text: str, delimiter: str, source: str, limit: int) -> Iterator[list[Cell]]:
    try:
        for record in islice(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), limit):
            yield list(record)
    except csv.Error as wrong:
        raise Invalid(
            f"{source}: no CSV ({wrong}); look for a quote that is not closed", field="file"
        ) from None


# --- XLSX -----------------------------------------------------------------------------------------------------------


def _best_page(inspected: Inspected, page: str, mapping: Mapping[str, str]) -> Page:
    best: tuple[int, Page] | None = None
    names = []
    for candidate in workbooks.pages(inspected):
        names.append(candidate.name)
        if page and candidate.name != page:
            continue
        score = _best_header(candidate.rows[:HEADER_ROWS_MAX], mapping)[0]
        if best is None or score > best[0]:
            best = (score, candidate)
    if best is None:
        there = ", ".join(names) or "none"
        raise Invalid(f"{inspected.source} has no sheet {page!r}; it has: {there}", field="page")
    return best[1]


# --- the header -----------------------------------------------------------------------------------------------------


def _best_header(rows: Sequence[Sequence[Cell]], mapping: Mapping[str, str]) -> tuple[int, int, list[str]]:
    """Known names, index of the lower row, and the names, of the likeliest header among the first rows.

    A header is one row or two: of two, as merged cells leave them, the lower name is the column's own and the upper
    that of a group, or of a cell merged downwards.
    """
    best: tuple[int, int, list[str]] = (0, 0, [])
    above: list[str] = []
    for at, row in enumerate(rows[:HEADER_ROWS_MAX]):
        own = [_name(cell) for cell in row]
        both = [
            lower or upper
            for lower, upper in zip(
                own + [""] * (len(above) - len(own)), above + [""] * (len(own) - len(above)), strict=True
            )
        ]
        alone_known, both_known = _known(own, mapping), _known(both, mapping)
        # both rows only where both add to it: else a title, or the first row of values, would be taken in
        pair = both_known > alone_known and both_known > _known(above, mapping)
        known, names = (both_known, both) if pair else (alone_known, own)
        if known > best[0]:
            best = (known, at, names)
        above = own
    return best


def _name(cell: Cell) -> str:
    return " ".join(cell.split()) if isinstance(cell, str) else ""


def _known(names: Sequence[str], mapping: Mapping[str, str]) -> int:
    found = {column_of(name, mapping) for name in names if name}
    return len(found - {None})


def _header(rows: Sequence[Sequence[Cell]], source: str, mapping: Mapping[str, str]) -> tuple[int, list[str]]:
    known, at, names = _best_header(rows, mapping)
    if known < HEADER_NAMES_MIN:
        raise Invalid(
            f"{source}: none of the first {HEADER_ROWS_MAX} rows names the columns; put a row above the values with "
            "names such as 设备名称 (name) and 设备编码 (code)",
            field="file",
        )
    if len(names) > COLUMNS_MAX:
        raise Invalid(f"{source} has more than {COLUMNS_MAX} columns; take the empty ones out", field="file")
    return at, names


def _named(header: list[str], rows: list[list[Cell]], first_column: int) -> tuple[tuple[str, ...], int]:
    """The header without empty columns at its end; a column with values and no name is named by its letter."""
    used = [bool(name) for name in header]
    for row in rows:
        for i, cell in enumerate(row):
            if not used[i] and cell not in (None, ""):
                used[i] = True
    width = max((i + 1 for i, is_used in enumerate(used) if is_used), default=0)
    names = (n or (f"({column_letters(i + first_column)})" if used[i] else "") for i, n in enumerate(header))
    return tuple(names)[:width], width


def _body(page: Page, begin: int, header_width: int) -> tuple[list[list[Cell]], list[int]]:
    """The rows with a value beneath the header, with the values of cells merged downwards in each of their rows."""
    width = min(COLUMNS_MAX, max(header_width, max(map(len, page.rows[begin:]), default=0)))
    _fill_down(page, begin)
    rows, numbers = [], []
    for at in range(begin, len(page.rows)):
        row = page.rows[at]
        if any(cell not in (None, "") and (not isinstance(cell, str) or cell.strip()) for cell in row):
            rows.append(row[:width] + [""] * (width - len(row)))
            numbers.append(at + 1)
    if len(rows) > ROWS_MAX:
        raise Invalid(f"more than {ROWS_MAX} rows; split the sheet", field="file")
    return rows, numbers


def _fill_down(page: Page, begin: int) -> None:
    """The value of a cell merged over several rows belongs to each of them."""
    end, filled = len(page.rows), 0
    for (top, left), (bottom, _) in page.merged:
        column = left - page.first_column
        if top < begin or top >= end or not 0 <= column < len(page.rows[top]):
            continue
        filled += min(bottom + 1, end) - top
        if filled > CELLS_MAX:
            raise Invalid("merged cells lie over one another; unmerge them", field="file")
        for at in range(top + 1, min(bottom + 1, end)):
            page.rows[at][column] = page.rows[top][column]
