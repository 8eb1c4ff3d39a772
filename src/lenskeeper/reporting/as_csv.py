"""One table as CSV, for a spreadsheet: UTF-8 with a byte-order mark, formulas made harmless."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TextIO

from lenskeeper.base.languages import Language
from lenskeeper.reporting.definitions import Figure
from lenskeeper.reporting.tables import Cell, Kind, Sheet, figure_text, instant_text, money_text

FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""A cell that begins so is taken for a formula by one spreadsheet or another (ASVS 5.0, 1.2.10); the wide ones of
Chinese keyboards are, too."""


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula: such a one gets an apostrophe before it."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def csv_bytes(sheet: Sheet, language: Language, tz: str) -> bytes:
    """The table. Figures stand as people read them; their two numbers are in the sheet of figures and in JSON."""
    out = io.StringIO(newline="")
    _write(out, sheet, language, tz)
    return out.getvalue().encode("utf-8-sig")  # a spreadsheet takes a file without the mark for GBK


@contextmanager
def csv_file(
    path: Path, head: Sheet, language: Language, tz: str
) -> Iterator[Callable[[Sequence[Cell]], None]]:
    """A table as `csv_bytes` writes it, into a file and row by row: nothing but the row at hand is held. head: without rows."""
    kinds = [heading.kind for heading in head.headings]
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out, lineterminator="\r\n")
        _write(out, head, language, tz)
        yield lambda row: writer.writerow(_line(row, kinds, language, tz))


def sheets_csv(tables: Sequence[Sheet], language: Language, tz: str) -> bytes:
    """Several tables in one file, one below the other: a title, the table, its note, an empty line."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    for sheet in tables:
        writer.writerow([harmless(sheet.title)])
        _write(out, sheet, language, tz)
        if sheet.note:
            writer.writerow([harmless(sheet.note)])
        writer.writerow([])
    return out.getvalue().encode("utf-8-sig")


def texts(sheet: Sheet, language: Language, tz: str) -> list[list[str]]:
    """The rows as people read them, for a page: words are not guarded against spreadsheets there."""
    kinds = [heading.kind for heading in sheet.headings]
    return [
        [
            cell if isinstance(cell, str) else _cell(cell, kind, language, tz)
            for cell, kind in zip(row, kinds, strict=True)
        ]
        for row in sheet.rows
    ]


def _write(out: TextIO, sheet: Sheet, language: Language, tz: str) -> None:
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([harmless(heading.title) for heading in sheet.headings])
    kinds = [heading.kind for heading in sheet.headings]
    for row in sheet.rows:
        writer.writerow(_line(row, kinds, language, tz))


def _line(row: Sequence[Cell], kinds: Sequence[Kind], language: Language, tz: str) -> list[str]:
    return [_cell(cell, kind, language, tz) for cell, kind in zip(row, kinds, strict=True)]


def _cell(cell: Cell, kind: Kind, language: Language, tz: str) -> str:
    match cell:
        case Figure():
            return figure_text(cell, language, unit=kind is not Kind.MEASURE)
        case None:
            return ""
        case str():
            return harmless(cell)
        case int() if kind is Kind.INSTANT:
            return instant_text(cell, tz)
        case int() if kind is Kind.MONEY:
            return money_text(cell).replace(",", "")
        case float():
            return f"{cell:.3f}"
        case _:
            return str(cell)
