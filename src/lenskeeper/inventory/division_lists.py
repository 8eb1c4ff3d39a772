"""A list of administrative divisions read from CSV: every row right, or the whole list refused with its faults."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lenskeeper.base.errors import Invalid
from lenskeeper.inventory.rows_divisions import Division
from lenskeeper.inventory.sheets import FILE_BYTES_MAX, decoded

ROWS_MAX: Final = 1_000_000  # the country has some 700,000 villages
FAULTS_TOLD_MAX: Final = 5
COUNTY_DIGITS: Final = 6
LENGTHS: Final = frozenset({2, 4, 6, 9, 12})  # province, city, county, town, village
NAME_CHARS_MAX: Final = 100
HEADERS: Final[Mapping[str, str]] = {
    "code": "code", "代码": "code", "区划代码": "code", "行政区划代码": "code", "统计用区划代码": "code",
    "name": "name", "名称": "name", "区划名称": "name", "行政区划名称": "name", "单位名称": "name",
    "level": "level", "级别": "level", "层级": "level", "行政级别": "level",
    "parent": "parent", "parent_code": "parent", "上级": "parent", "上级代码": "parent", "父级代码": "parent",
    "上级区划代码": "parent",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    code: str
    name: str
    level: str
    parent: str


def read_divisions(path: Path) -> list[Division]:
    """The divisions of a CSV file (UTF-8 or GB18030) with a header: code, name, and where told level and parent.

    Invalid: it cannot be read, lacks a column, or any row is wrong; the first faults are told with their rows.
    """
    rows = list(_rows(path))
    faults = [f"row {row.number}: {why}" for row in rows if (why := _fault(row))]
    faults += _contradictions(rows)
    if faults:
        more = f"; and {len(faults) - FAULTS_TOLD_MAX} more" if len(faults) > FAULTS_TOLD_MAX else ""
        raise Invalid(
            f"{path.name}: {'; '.join(faults[:FAULTS_TOLD_MAX])}{more}. Nothing was loaded: correct them",
            field="list",
        )
    return [Division(regular(row.code), row.name, row.level, regular(row.parent)) for row in rows]


def regular(code: str) -> str:
    """A division's code as the register keeps it: 6 digits down to the county, 9 for a town, 12 for a village.

    Lists write a county as 330106, or with zeros to 12 digits; a province as 33 or 330000.
    """
    if 0 < len(code) < COUNTY_DIGITS:
        return code.ljust(COUNTY_DIGITS, "0")
    while len(code) > COUNTY_DIGITS and code.endswith("000"):
        code = code[:-3]
    return code


def _rows(path: Path) -> list[_Row]:
    try:
        data = path.read_bytes()
    except OSError as wrong:
        raise Invalid(f"{path} cannot be read: {wrong.strerror or wrong}", field="list") from None
    if len(data) > FILE_BYTES_MAX:
        raise Invalid(f"{path.name} has more than {FILE_BYTES_MAX >> 20} MiB: split it", field="list")
    records = csv.reader(io.StringIO(decoded(data, path.name), newline=""))
    try:
        header = [HEADERS.get(cell.strip().lower(), "") for cell in next(records, [])]
        if missing := {"code", "name"} - set(header):
            raise Invalid(
                f"{path.name}: the first row names no column {' and no column '.join(sorted(missing))}; it needs "
                "code (代码) and name (名称), and may have level (级别) and parent (上级代码)",
                field="list",
            )
        rows = [_row(records.line_num, header, cells) for cells in records if any(map(str.strip, cells))]
    except csv.Error as wrong:
        raise Invalid(
            f"{path.name}: no CSV ({wrong}); look for a quote that is not closed", field="list"
        ) from None
    if not rows or len(rows) > ROWS_MAX:
        raise Invalid(
            f"{path.name} has {len(rows)} rows beneath its header: 1 to {ROWS_MAX} can be read", field="list"
        )
    return rows


def _row(number: int, header: list[str], cells: list[str]) -> _Row:
    told = {name: cell.strip() for name, cell in zip(header, cells, strict=False) if name}
    words = (told.get(name, "") for name in ("code", "name", "level", "parent"))
    return _Row(number, *words)


def _fault(row: _Row) -> str:
    """What is wrong with a row; empty where nothing is."""
    if not _is_code(row.code):
        return f"{row.code!r} is no code of 2, 4, 6, 9 or 12 digits"
    if not row.name or len(row.name) > NAME_CHARS_MAX:
        return f"{row.code} needs a name of 1 to {NAME_CHARS_MAX} characters"
    if row.parent and not _is_code(row.parent):
        return f"{row.parent!r} is no code of a division above {row.code}"
    return ""


def _contradictions(rows: list[_Row]) -> list[str]:
    """Codes that stand twice, with two names."""
    names: dict[str, str] = {}
    for row in rows:
        names.setdefault(regular(row.code), row.name)
    return [
        f"row {row.number}: {row.code} is {names[regular(row.code)]} above and {row.name} here"
        for row in rows
        if names[regular(row.code)] != row.name
    ]


def _is_code(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) in LENGTHS
