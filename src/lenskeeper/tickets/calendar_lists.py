"""The yearly list of holidays and make-up working days, and working hours as people write them.

A list is CSV or XLSX with a header: a date (日期), whether it is worked (安排: 休 or 班), and a name (名称). Every row
right, or the whole list refused with the faults of each bad row.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Final

from lenskeeper.base.days import date_of, day_of
from lenskeeper.base.errors import Invalid
from lenskeeper.base.spans import Span
from lenskeeper.inventory import workbooks
from lenskeeper.inventory.cells import Cell, bare, calendar_date, words
from lenskeeper.inventory.faults import Fault, said, shown
from lenskeeper.inventory.sheets import FILE_BYTES_MAX, decoded
from lenskeeper.tickets.clocks import DAY_S
from lenskeeper.tickets.rows_calendars import OddDay

ROWS_MAX: Final = 400  # a year has 366 days
HEADER_ROWS_MAX: Final = 10  # a title and a remark stand above a header
FAULTS_TOLD_MAX: Final = 30
NAME_CHARS_MAX: Final = 100
COLUMNS: Final[Mapping[str, str]] = {
    "date": "date", "day": "date", "日期": "date", "from": "date", "开始日期": "date", "起始日期": "date",
    "to": "to", "until": "to", "结束日期": "to", "截止日期": "to",
    "kind": "kind", "type": "kind", "类型": "kind", "类别": "kind", "安排": "kind", "性质": "kind", "休/班": "kind",
    "休班": "kind", "放假/上班": "kind",
    "name": "name", "holiday name": "name", "名称": "name", "节日": "name", "节日名称": "name", "节假日": "name",
    "节假日名称": "name", "备注": "name", "说明": "name",
}  # fmt: skip
KINDS: Final[Mapping[str, bool]] = {  # 调休 alone is not among them: it may mean the day off or the day worked for it
    "holiday": False, "off": False, "rest": False, "休": False, "休息": False, "休息日": False, "放假": False, "假": False,
    "假日": False, "假期": False, "节假日": False, "法定节假日": False,
    "work": True, "working": True, "workday": True, "working day": True, "班": True, "上班": True, "工作": True,
    "工作日": True, "补班": True, "调休上班": True, "调休工作日": True,
}  # fmt: skip
CODE_HEADERS: Final = frozenset({"code", "camera", "设备编码", "国标编码", "编码"})
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOURS_SHAPE: Final = 'write hours like "Mon-Fri 08:30-12:00,13:30-17:30; Sat 09:00-12:00"'
_TIMES: Final = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})")


@dataclass(frozen=True, slots=True)
class _Record:
    """A row beneath the header. number: as a spreadsheet shows it."""

    number: int
    cells: dict[str, Cell]


def read_year(path: Path, year: int) -> list[OddDay]:
    """The days of a year that differ from their weekday, in order.

    A row may name several days in a column `to` (结束日期).
    Invalid: it cannot be read, lacks a column, or any row is wrong; each faulty row is told, FAULTS_TOLD_MAX at most.
    """
    found: dict[int, tuple[int, OddDay]] = {}
    faults: list[str] = []
    for record in _records(path):
        days, fault = _days_of(record, year)
        for day in days:
            if not fault and day.day in found:
                fault = f"{date_of(day.day)} stands in row {found[day.day][0]} already"
            found.setdefault(day.day, (record.number, day))
        if fault:
            faults.append(f"row {record.number}: {fault}")
    if faults:
        told = "; ".join(faults[:FAULTS_TOLD_MAX])
        more = f"; and {len(faults) - FAULTS_TOLD_MAX} more" if len(faults) > FAULTS_TOLD_MAX else ""
        raise Invalid(f"{path.name}: {told}{more}. Nothing was loaded: correct them", field="list")
    return [found[day][1] for day in sorted(found)]


def _days_of(record: _Record, year: int) -> tuple[list[OddDay], str]:
    """The days of a row, or what is wrong with it."""
    first, fault = _date_of(record, "date", year)
    if first is None:
        return [], fault
    last, fault = _date_of(record, "to", year) if record.cells.get("to") not in (None, "") else (first, "")
    if last is None:
        return [], fault
    if last < first:
        return [], f"it ends on {last}, before it begins on {first}"
    kind = words(record.cells.get("kind"))
    is_work = KINDS.get(kind.lower()) if isinstance(kind, str) else None
    if is_work is None:
        return [], f"{shown(record.cells.get('kind'))!r} is neither holiday (休) nor work (班)"
    name = words(record.cells.get("name"))
    if not isinstance(name, str) or len(name) > NAME_CHARS_MAX:
        return [], f"a name has at most {NAME_CHARS_MAX} characters, on one line"
    return [OddDay(day, is_work, name) for day in range(day_of(first), day_of(last) + 1)], ""


def _date_of(record: _Record, column: str, year: int) -> tuple[date | None, str]:
    cell = record.cells.get(column)
    found = calendar_date(cell)
    if isinstance(found, Fault):
        reason, cure = said(found.why, found.detail)
        return None, f"{shown(cell)!r} is {reason}: {cure}"
    if found.year != year:
        return None, f"{found} is no day of {year}: it belongs into the list of {found.year}"
    return found, ""


def read_codes(path: Path) -> list[str]:
    """The codes of cameras in a text file, one a line or the first column of a CSV file; a header is left out.

    Invalid: it cannot be read, or holds no code.
    """
    lines = decoded(_bytes_of(path), path.name).splitlines()
    found = [
        code for line in lines if (code := line.split(",")[0].strip().strip('"')) and not _is_header(code)
    ]
    if not found:
        raise Invalid(f"{path.name} holds no code of a camera: write one a line", field="points")
    return list(dict.fromkeys(found))


def _is_header(word: str) -> bool:
    return word.lower() in CODE_HEADERS


# ---- the file


def _records(path: Path) -> list[_Record]:
    rows = _rows(path)
    headers = [
        [COLUMNS.get(cell.strip().lower(), "") if isinstance(cell, str) else "" for cell in row]
        for row in rows[:HEADER_ROWS_MAX]
    ]
    at = next((at for at, header in enumerate(headers) if {"date", "kind"} <= set(header)), None)
    if at is None:
        raise Invalid(
            f"{path.name}: no row names the columns; it needs date (日期) and kind (安排: 休 or 班), and may have "
            "to (结束日期) and name (名称)",
            field="list",
        )
    found = [
        _Record(number, {name: bare(cell) for name, cell in zip(headers[at], cells, strict=False) if name})
        for number, cells in enumerate(rows[at + 1 :], start=at + 2)
        if any(cell is not None and str(cell).strip() for cell in cells)
    ]
    if not 1 <= len(found) <= ROWS_MAX:
        raise Invalid(
            f"{path.name} has {len(found)} rows beneath its header: 1 to {ROWS_MAX} make a year", field="list"
        )
    return found


def _rows(path: Path) -> list[list[Cell]]:
    """All rows of a CSV file, or of the first sheet of a workbook, as they stand."""
    data = _bytes_of(path)
    if workbooks.is_workbook(data):
        page = next(workbooks.pages(workbooks.inspect(data, path.name)), None)
        return page.rows if page else []
    records = csv.reader(io.StringIO(decoded(data, path.name), newline=""))
    try:
        return [list(record) for record in islice(records, ROWS_MAX + HEADER_ROWS_MAX + 1)]
    except csv.Error as wrong:
        raise Invalid(
            f"{path.name}: no CSV ({wrong}); look for a quote that is not closed", field="list"
        ) from None


def _bytes_of(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > FILE_BYTES_MAX:
            raise Invalid(f"{path.name} has {size >> 20} MiB: that is no such list", field="list")
        return path.read_bytes()
    except OSError as wrong:
        raise Invalid(f"{path} cannot be read: {wrong.strerror or wrong}", field="list") from None


# ---- hours


def hours_said(text: str) -> tuple[tuple[Span, ...], ...]:
    """Seven lists of [from, to), Monday first, from "Mon-Fri 08:30-12:00,13:30-17:30; Sat 09:00-12:00".

    A weekday that is not named has none; "daily" names all seven.
    Invalid: another shape, a weekday twice, or hours that overlap or run past midnight.
    """
    week: list[tuple[Span, ...]] = [()] * 7
    named: set[int] = set()
    for part in filter(None, (each.strip() for each in text.split(";"))):
        days, _, times = part.partition(" ")
        spans = tuple(sorted(_spans(times)))
        for weekday in _weekdays(days):
            if weekday in named:
                raise Invalid(f"{WEEKDAYS[weekday].title()} is named twice", field="hours")
            named.add(weekday)
            week[weekday] = spans
    if not named:
        raise Invalid(HOURS_SHAPE, field="hours")
    return tuple(week)


def hours_in_words(hours: Sequence[Sequence[Span]]) -> str:
    """Hours as hours_said reads them, weekdays with the same ones together."""
    parts: list[str] = []
    at = 0
    while at < len(hours):
        end = at
        while end + 1 < len(hours) and hours[end + 1] == hours[at]:
            end += 1
        if hours[at]:
            days = WEEKDAYS[at].title() + (f"-{WEEKDAYS[end].title()}" if end > at else "")
            parts.append(f"{days} {','.join(f'{_clock(a)}-{_clock(b)}' for a, b in hours[at])}")
        at = end + 1
    return "; ".join(parts)


def _weekdays(text: str) -> Iterator[int]:
    if text.lower() == "daily":
        yield from range(7)
        return
    for part in text.lower().split(","):
        first, _, last = part.partition("-")
        if first not in WEEKDAYS or (last or first) not in WEEKDAYS:
            raise Invalid(f"{text!r} names no weekdays: {HOURS_SHAPE}", field="hours")
        a, b = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
        if b < a:
            raise Invalid(f"{part!r} ends before it begins: name the weekdays from Monday on", field="hours")
        yield from range(a, b + 1)


def _spans(text: str) -> Iterator[Span]:
    for part in text.replace(" ", "").split(","):
        match = _TIMES.fullmatch(part)
        if match is None:
            raise Invalid(f"{part!r} are no hours: {HOURS_SHAPE}", field="hours")
        a_h, a_m, b_h, b_m = map(int, match.groups())
        a, b = a_h * 3600 + a_m * 60, b_h * 3600 + b_m * 60
        if a_m > 59 or b_m > 59 or not 0 <= a < b <= DAY_S:
            raise Invalid(f"{part!r} does not begin before it ends, between 00:00 and 24:00", field="hours")
        yield a, b


def _clock(second: int) -> str:
    return f"{second // 3600:02d}:{second % 3600 // 60:02d}" + (f":{second % 60:02d}" if second % 60 else "")
