"""The other side's list of cameras, read from its workbook: who, and what rate or hours it gives."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final

from lenskeeper.base.errors import Invalid
from lenskeeper.inventory import workbooks
from lenskeeper.inventory.cells import Cell

HEADER_ROWS_MAX: Final = 30  # a title and a signature may stand above
ROWS_MAX: Final = 200_000  # ten times the largest fleet we know
ODD_ROWS_SHOWN: Final = 20
FILE_BYTES_MAX: Final = 64 * 1024 * 1024
EXACT_MAX: Final = 2**53
PLAIN: Final = re.compile(r"[+-]?\d{1,15}(\.\d{1,15})?")


class Column(StrEnum):
    """What we look for in their header."""

    CODE = "code"
    NAME = "name"
    RATE = "rate"
    ONLINE = "online"
    TOTAL = "total"


NAMES: Final[Mapping[Column, tuple[str, ...]]] = {
    Column.CODE: ("设备编码", "设备编号", "国标编码", "摄像机编码", "点位编码", "编码", "code", "cameracode", "deviceid",
                  "cameraid", "id"),
    Column.NAME: ("设备名称", "摄像机名称", "点位名称", "监控点名称", "名称", "摄像机", "name", "camera", "cameraname",
                  "devicename", "pointname"),
    Column.RATE: ("在线率", "设备在线率", "可用率", "onlinerate", "rate", "uptime", "availability"),
    Column.ONLINE: ("在线时长", "在线时间", "在线小时数", "onlinehours", "hoursonline", "onlinetime"),
    Column.TOTAL: ("应在线时长", "考核时长", "应计时长", "总时长", "统计时长", "totalhours", "expectedhours", "hours"),
}  # fmt: skip
UNITS_S: Final = {
    "秒": 1,
    "分钟": 60,
    "分": 60,
    "小时": 3_600,
    "天": 86_400,
    "s": 1,
    "min": 60,
    "h": 3_600,
    "d": 86_400,
}
"""What their hours may be counted in, from the brackets of the header; hours where there are none."""
BRACKETS: Final = str.maketrans("（）[]【】％", "()()()%")


@dataclass(frozen=True, slots=True)
class Their:
    """One row of their list. number: of the row as a spreadsheet shows it.

    rate: 0 to 1, exactly as written. online_s, total_s: from their hours. Each None where their list gives none.
    """

    number: int
    code: str
    name: str
    rate: Fraction | None
    online_s: int | None
    total_s: int | None


@dataclass(frozen=True, slots=True)
class TheirList:
    """All rows that can be read. odd: numbers of rows whose figures cannot be, at most ODD_ROWS_SHOWN; odd_count."""

    rows: tuple[Their, ...]
    odd: tuple[int, ...]
    odd_count: int


@dataclass(frozen=True, slots=True)
class _Header:
    at: int
    columns: Mapping[Column, int]
    units_s: Mapping[Column, int]
    in_per_cent: bool


def read_theirs(data: bytes, source: str) -> TheirList:
    """Their list from the bytes of an XLSX or CSV file: of a workbook, the first sheet that names a camera and a
    figure. Invalid: no such sheet, or the file cannot be read."""
    if len(data) > FILE_BYTES_MAX:
        raise Invalid(
            f"{source} has more than {FILE_BYTES_MAX >> 20} MiB; send the list alone", field="theirs"
        )
    for rows in _tables(data, source):
        if (header := _header(rows)) is not None:
            return _read(rows, header)
    raise Invalid(
        f"{source}: no sheet names its columns; put a row above the values with 设备编码 (code) or 设备名称 (name), and "
        "在线率 (online rate) or 在线时长 (hours online)",
        field="theirs",
    )


def _tables(data: bytes, source: str) -> Iterator[Sequence[Sequence[Cell]]]:
    if workbooks.is_workbook(data):
        for page in workbooks.pages(workbooks.inspect(data, source)):
            yield page.rows
        return
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        try:
            yield [list(row) for row in csv.reader(io.StringIO(text, newline=""))]
        except csv.Error as error:
            raise Invalid(f"{source} is no CSV: {error}", field="theirs") from None
        return
    raise Invalid(f"{source} is neither UTF-8 nor GB18030 text; save it as XLSX", field="theirs")


def _header(rows: Sequence[Sequence[Cell]]) -> _Header | None:
    for at, row in enumerate(rows[:HEADER_ROWS_MAX]):
        columns: dict[Column, int] = {}
        units: dict[Column, int] = {}
        per_cent = False
        for place, cell in enumerate(row):
            name, unit = _name(cell)
            column = next((column for column, names in NAMES.items() if name in names), None)
            if column is not None and column not in columns:
                columns[column] = place
                units[column] = UNITS_S.get(unit, 3_600)
                per_cent = per_cent or (column is Column.RATE and unit == "%")
        named = Column.CODE in columns or Column.NAME in columns
        if named and (Column.RATE in columns or Column.ONLINE in columns):
            return _Header(at, columns, units, per_cent)
    return None


def _name(cell: Cell) -> tuple[str, str]:
    """A header without blanks and brackets, and what stood in the brackets."""
    if not isinstance(cell, str):
        return "", ""
    text = "".join(cell.translate(BRACKETS).split()).lower().replace("_", "")
    name, _, rest = text.partition("(")
    if name.endswith("%"):
        return name.removesuffix("%"), "%"
    return name, rest.rstrip(")")


def _read(rows: Sequence[Sequence[Cell]], header: _Header) -> TheirList:
    if len(rows) > ROWS_MAX:
        raise Invalid(f"more than {ROWS_MAX:,} rows; send the list alone", field="theirs")
    values = [
        (number, {column: _at(row, place) for column, place in header.columns.items()})
        for number, row in enumerate(rows[header.at + 1 :], start=header.at + 2)
    ]
    scale = _scale([held.get(Column.RATE) for _, held in values], in_per_cent=header.in_per_cent)
    found: list[Their] = []
    odd: list[int] = []
    for number, held in values:
        code, name = _text(held.get(Column.CODE)), _text(held.get(Column.NAME))
        if not code and not name:
            continue  # an empty row, a total or a signature below the list
        rate = _rate(held.get(Column.RATE), scale)
        online, total = (_seconds(held.get(c), header, c) for c in (Column.ONLINE, Column.TOTAL))
        if rate is None and online is not None and total:
            rate = Fraction(online, total)
        if (rate is None and online is None) or (rate is not None and not 0 <= rate <= 1):
            odd.append(number)
            continue
        found.append(Their(number, code, name, rate, online, total))
    return TheirList(tuple(found), tuple(odd[:ODD_ROWS_SHOWN]), len(odd))


def _at(row: Sequence[Cell], place: int) -> Cell:
    return row[place] if place < len(row) else None


def _text(cell: Cell) -> str:
    """A code or name; a code that a spreadsheet made a number of is written out again.

    One of more digits than a spreadsheet's number holds has lost its last: better none, and the name decides.
    """
    if isinstance(cell, bool) or cell is None:
        return ""
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < EXACT_MAX else ""
    return str(cell).strip().removeprefix("'").strip()


def _number(cell: Cell) -> Fraction | None:
    if isinstance(cell, bool) or cell is None:
        return None
    text = str(cell).replace(",", "").strip()
    if isinstance(cell, str) and not PLAIN.fullmatch(text):
        return None  # a text such as 1e999999999 would be written out, digit by digit
    try:
        return Fraction(text)
    except ValueError:
        return None


def _scale(cells: Sequence[Cell], *, in_per_cent: bool) -> int:
    """Whether plain numbers of the column are per cent (100) or shares (1): of the whole column, never row by row,
    because 1 may be all and may be one per cent."""
    numbers = [number for cell in cells if not _has_sign(cell) and (number := _number(cell)) is not None]
    if any(number > 1 for number in numbers):
        return 100
    # cells formatted as per cent are read as shares, also under a header that says %
    return 100 if in_per_cent and any(isinstance(cell, str) for cell in cells) else 1


def _has_sign(cell: Cell) -> bool:
    return isinstance(cell, str) and cell.strip().endswith(("%", "％"))


def _rate(cell: Cell, scale: int) -> Fraction | None:
    if isinstance(cell, str) and _has_sign(cell):
        number = _number(cell.strip()[:-1])
        return None if number is None else number / 100
    number = _number(cell)
    return None if number is None else number / scale


def _seconds(cell: Cell, header: _Header, column: Column) -> int | None:
    number = _number(cell)
    return None if number is None or number < 0 else round(number * header.units_s[column])
