"""A work sheet that comes back: its rows by their codes, every fault with the row and the column where it stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lenskeeper.base.errors import Invalid
from lenskeeper.base.languages import Language
from lenskeeper.inventory import workbooks
from lenskeeper.inventory.cells import YES_NO, Cell, bare, choice, is_silent, words
from lenskeeper.inventory.columns import plain_header
from lenskeeper.inventory.faults import Fault, said
from lenskeeper.reporting.work_sheet import FILL_COLUMNS, TEXT
from lenskeeper.tickets.day_codes import regular
from lenskeeper.tickets.remarks import doubts

FILE_BYTES_MAX: Final = 4 * 1024 * 1024  # eighteen rows; the rest is what spreadsheets put around them
HEADER_ROWS_MAX: Final = 30
ROWS_MAX: Final = 500
FAULTS_SHOWN_MAX: Final = 20
DONE_WORDS: Final = {"完成": True, "已完成": True, "done": True, "x": True, "未完成": False, "notdone": False}


@dataclass(frozen=True, slots=True)
class Result:
    """What a crew wrote of one stop. row: as the spreadsheet numbers it."""

    row: int
    code: str
    is_done: bool
    words: str
    parts_used: tuple[str, ...]


def read_results(path: Path, *, is_sure: bool = False) -> list[Result]:
    """The rows that somebody filled in, in their order.

    is_sure: the words were looked at, and what seems to be a person's number is none.
    Invalid: no workbook of ours, or any row is wrong; the text names each with its row and column.
    """
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            raise Invalid(
                f"{path.name} has more than {FILE_BYTES_MAX >> 20} MiB: no work sheet", field="file"
            )
        data = path.read_bytes()
    except OSError as wrong:
        raise Invalid(f"{path} cannot be read: {wrong.strerror or wrong}", field="file") from None
    if not workbooks.is_workbook(data):
        raise Invalid(
            f"{path.name} is no workbook: send the .xlsx back in which the crew wrote", field="file"
        )
    for page in workbooks.pages(workbooks.inspect(data, path.name)):
        found = _header(page.rows)
        if found is not None:
            return _Reader(path.name, found[1], is_sure).results(page.rows[found[0] + 1 :], found[0] + 2)
    raise Invalid(
        f"{path.name} has no columns {', '.join(TEXT[key].en for key in FILL_COLUMNS)}: it is no work sheet of ours",
        field="file",
    )


def _header(rows: Sequence[Sequence[Cell]]) -> tuple[int, dict[str, int]] | None:
    """The row with all four names, in either language, and where each stands."""
    names = {plain_header(TEXT[key].of(language)): key for key in FILL_COLUMNS for language in Language}
    for n, row in enumerate(rows[:HEADER_ROWS_MAX]):
        here = {
            names[plain]: column
            for column, cell in enumerate(row)
            if isinstance(cell, str) and (plain := plain_header(cell)) in names
        }
        if len(here) == len(FILL_COLUMNS):
            return n, here
    return None


@dataclass(frozen=True, slots=True)
class _Reader:
    source: str
    columns: dict[str, int]
    is_sure: bool

    def results(self, rows: Sequence[Sequence[Cell]], first: int) -> list[Result]:
        if len(rows) > ROWS_MAX:
            raise Invalid(f"{self.source} has more than {ROWS_MAX} rows: no work sheet", field="file")
        found: list[Result] = []
        wrong: list[str] = []
        seen: dict[str, int] = {}
        for number, row in enumerate(rows, start=first):
            result = self._result(number, row, wrong)
            if result is None:
                continue
            if result.code in seen:
                wrong.append(self._at(number, "code", f"the same code as in row {seen[result.code]}"))
            seen[result.code] = number
            found.append(result)
        refuse(self.source, wrong)
        if not found:
            raise Invalid(f"{self.source}: nobody wrote yes or no under “{TEXT['done'].en}”", field="file")
        return found

    def _result(self, number: int, row: Sequence[Cell], wrong: list[str]) -> Result | None:
        """The row's result; None where nothing is filled in, or where something is wrong and was noted."""
        cells = {key: bare(row[column]) for key, column in self.columns.items()}
        filled = {key for key in ("done", "words", "used") if not is_silent(cells[key])}
        if not filled:
            return None
        before = len(wrong)
        code, done = self._code(number, cells["code"], wrong), self._done(number, cells["done"], wrong)
        said_words = self._words(number, "words", cells["words"], wrong)
        used = self._words(number, "used", cells["used"], wrong)
        if len(wrong) > before:
            return None
        parts = tuple(part.strip() for part in used.replace("；", ";").split(";") if part.strip())
        return Result(number, code, done, said_words, parts)

    def _code(self, number: int, cell: Cell, wrong: list[str]) -> str:
        try:
            return regular("" if cell is None else str(cell))
        except Invalid as fault:
            wrong.append(self._at(number, "code", str(fault)))
            return ""

    def _done(self, number: int, cell: Cell, wrong: list[str]) -> bool:
        if isinstance(cell, str) and (known := DONE_WORDS.get(cell.lower().replace(" ", ""))) is not None:
            return known
        if is_silent(cell):
            wrong.append(self._at(number, "done", "something is written beside it: say yes or no here"))
            return False
        found = choice(cell, YES_NO)
        if isinstance(found, Fault):
            wrong.append(self._at(number, "done", ": ".join(said(found.why, found.detail))))
            return False
        return found == "yes"

    def _words(self, number: int, key: str, cell: Cell, wrong: list[str]) -> str:
        if is_silent(cell):
            return ""
        found = words(cell)
        if isinstance(found, Fault):
            wrong.append(self._at(number, key, ": ".join(said(found.why, found.detail))))
            return ""
        if not self.is_sure and (doubt := doubts(found)):
            wrong.append(
                self._at(number, key, f"seems to hold {' and '.join(doubt)}; take it out, or say --sure")
            )
        return found

    def _at(self, number: int, key: str, what: str) -> str:
        column = workbooks.column_letters(self.columns[key])
        return f"row {number}, column {column} ({TEXT[key].en}): {what}"


def refuse(source: str, wrong: Sequence[str]) -> None:
    """Invalid, with every fault on a line of its own; nothing where there is none."""
    if not wrong:
        return
    more = [f"and {len(wrong) - FAULTS_SHOWN_MAX} more"] if len(wrong) > FAULTS_SHOWN_MAX else []
    lines = [f"{source}: nothing was written, because", *wrong[:FAULTS_SHOWN_MAX], *more]
    raise Invalid("\n  ".join(lines), field="file")
