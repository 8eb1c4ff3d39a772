"""XLSX files opened with care: what is in the zip is measured before anything parses it."""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, XmlError, ZipError
from python_calamine import SheetVisibleEnum as Visible

from lenskeeper.base.errors import Invalid
from lenskeeper.inventory.cells import Cell

ENTRIES_MAX: Final = 1_000  # a workbook of fifty sheets with comments has 200
UNPACKED_BYTES_MAX: Final = 512 * 1024 * 1024  # 200,000 rows of 40 cells have 400 MB of XML
RATIO_MAX: Final = 200  # XML of a regular sheet packs 10 to 60 times; bombs begin at 1,000
RATIO_BYTES_MIN: Final = 1024 * 1024  # a small entry harms nobody, however well it packs
CELLS_MAX: Final = 10_000_000  # the reader keeps 32 bytes for each cell of the rectangle, empty ones too
SHEETS_MAX: Final = 50  # a workbook with more is no list of cameras
CHUNK_BYTES: Final = 1024 * 1024
TAG_CHARS_MAX: Final = 300  # of a cell's opening tag, kept from one chunk to the next

PACKINGS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # what every spreadsheet writes
ENCRYPTED_BIT: Final = 0x1  # of a part's flags (APPNOTE 4.4.4)
# What zipfile raises when a byte of its lists is another.
_DAMAGE: Final = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, OverflowError, NotImplementedError,
)  # fmt: skip
OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP: Final = b"PK\x03\x04"
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
# An opening tag of a cell with content; a tag closed in itself is a format without a value.
_CELL: Final = re.compile(rb"<(?:\w+:)?c\s[^>]*?\br\s*=\s*[\"']([A-Za-z]{1,3})(\d{1,7})[\"'](?:[^>]*[^/>])?>")
_FAILED: Final = re.compile(rb"<(?:\w+:)?c\s[^>]*?\bt\s*=\s*[\"']e[\"']")
_SHEET: Final = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)

Position = tuple[int, int]  # row, column, both from 0


@dataclass(frozen=True, slots=True)
class Page:
    """One sheet of a workbook, as it stands: rows from the first, columns from `first_column`, merges absolute."""

    name: str
    rows: list[list[Cell]]
    first_column: int
    merged: list[tuple[Position, Position]]


def is_workbook(data: bytes) -> bool:
    """Whether these bytes are a workbook, of whatever kind, and no text."""
    return data.startswith((OLE, ZIP))


@dataclass(frozen=True, slots=True)
class Inspected:
    """A workbook that was measured and may be parsed. failed_formulas: cells that hold an error in place of a value."""

    data: bytes
    source: str
    failed_formulas: int


def pages(book_file: Inspected) -> Iterator[Page]:
    """The visible sheets of an XLSX file, one in memory at a time. Invalid: encrypted, or not whole."""
    source = book_file.source
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(book_file.data))
        names = [m.name for m in book.sheets_metadata if m.visible == Visible.Visible]
        if len(names) > SHEETS_MAX:
            raise Invalid(
                f"{source}: more than {SHEETS_MAX} sheets; send the one with the cameras", field="file"
            )
        for name in names:
            yield _page(book.get_sheet_by_name(name))
    except PasswordError:
        raise _encrypted(source) from None
    except (CalamineError, ZipError, XmlError) as wrong:
        raise Invalid(
            f"{source}: the workbook cannot be read ({wrong}); open it and save it again as .xlsx",
            field="file",
        ) from None


def _page(sheet: CalamineSheet) -> Page:
    rows: list[list[Cell]] = [list(row) for row in sheet.iter_rows()]
    return Page(sheet.name, rows, sheet.start[1] if sheet.start else 0, sheet.merged_cell_ranges or [])


def inspect(data: bytes, source: str) -> Inspected:
    """Measure a workbook before it is parsed.

    Invalid: .xls, encryption, macros, links to other files, another kind of zip, or more than the limits above.
    """
    if data.startswith(OLE):
        if _ENCRYPTED in data:
            raise _encrypted(source)
        raise Invalid(f"{source} is an old .xls workbook: open it and save it as .xlsx", field="file")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _admit(archive, source)
            failed = sum(_measure(archive, entry, source) for entry in archive.infolist())
    except _DAMAGE:
        raise Invalid(
            f"{source}: the file is not whole or no workbook; send it again", field="file"
        ) from None
    return Inspected(data, source, failed)


def _encrypted(source: str) -> Invalid:
    return Invalid(f"{source} is encrypted: save it without a password", field="file")


def _admit(archive: zipfile.ZipFile, source: str) -> None:
    """By the zip's own list, before a byte is unpacked."""
    entries = archive.infolist()
    names = [entry.filename.replace("\\", "/").lower() for entry in entries]
    if len(entries) > ENTRIES_MAX or len(set(names)) != len(names):
        raise Invalid(f"{source}: more than {ENTRIES_MAX} parts, or one twice; save it again", field="file")
    if "xl/workbook.bin" in names:
        raise Invalid(f"{source} is an .xlsb workbook: save it as .xlsx", field="file")
    if "xl/workbook.xml" not in names:
        raise Invalid(f"{source} is no .xlsx workbook: save it as .xlsx or .csv", field="file")
    if any(name.endswith(("vbaproject.bin", "/macrosheets")) or "/macrosheets/" in name for name in names):
        raise Invalid(f"{source} has macros: save it as .xlsx, which has none", field="file")
    if any("/externallinks/" in name for name in names):
        raise Invalid(
            f"{source} takes values from other files: copy its sheet and paste the values only", field="file"
        )
    if any(entry.flag_bits & ENCRYPTED_BIT for entry in entries):
        raise _encrypted(source)
    if any(entry.compress_type not in PACKINGS for entry in entries):
        raise Invalid(
            f"{source} is packed in an unusual way; open it and save it again as .xlsx", field="file"
        )
    too_big = sum(entry.file_size for entry in entries) > UNPACKED_BYTES_MAX
    if too_big or any(_is_bomb(entry) for entry in entries):
        raise Invalid(
            f"{source} unpacks to more than {UNPACKED_BYTES_MAX >> 20} MiB, or {RATIO_MAX} times its size: "
            "send only the sheet with the cameras, or split it",
            field="file",
        )


def _is_bomb(entry: zipfile.ZipInfo) -> bool:
    return entry.file_size > RATIO_BYTES_MIN and entry.file_size > RATIO_MAX * max(1, entry.compress_size)


def _measure(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, source: str) -> int:
    """Unpack an entry in chunks: its sum proves that the list did not lie about its size. Failed formulas in it.

    The reader lays out the whole rectangle up to the last cell, and one cell at XFD1048576 makes that 400 GB: so
    the last row and column with a value are found here.
    """
    is_sheet = _SHEET.fullmatch(entry.filename.replace("\\", "/")) is not None
    last_row = last_column = failed = 0
    columns: dict[bytes, int] = {}
    with archive.open(entry) as stream:
        kept = b""
        while chunk := stream.read(CHUNK_BYTES):
            if not is_sheet:
                continue
            text = kept + chunk
            end = max(text.rfind(b">") + 1, len(text) - TAG_CHARS_MAX)
            text, kept = text[:end], text[end:]
            for letters, row in _CELL.findall(text):
                column = columns.get(letters) or columns.setdefault(letters, _column_number(letters))
                last_row, last_column = max(last_row, int(row)), max(last_column, column)
            failed += len(_FAILED.findall(text))
    if last_row * last_column > CELLS_MAX:
        raise Invalid(
            f"{source}: a sheet spans {last_row} rows by {last_column} columns, and {CELLS_MAX} cells are the limit; "
            "delete what stands far outside the table, or split it",
            field="file",
        )
    return failed


def _column_number(letters: bytes) -> int:
    """1 for A, 27 for AA."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def column_letters(index: int) -> str:
    """A for 0, AA for 26: how a spreadsheet names its columns."""
    letters, number = "", index + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
