"""A sheet of a report on a terminal."""

from typing import Final

from rich.table import Table

from lenskeeper.base.languages import Language
from lenskeeper.reporting.tables import Sheet, written

ROWS_SHOWN: Final = 20


def sheet_table(sheet: Sheet, language: Language, tz: str, rows: int = ROWS_SHOWN) -> Table:
    """Its first rows, as the files write them, and its note."""
    table = Table(
        *[heading.title for heading in sheet.headings],
        title=sheet.title,
        title_justify="left",
        caption=sheet.note or None,
        caption_justify="left",
    )
    for row in sheet.rows[:rows]:
        table.add_row(
            *[written(cell, h.kind, language, tz) for cell, h in zip(row, sheet.headings, strict=True)]
        )
    return table
