"""Lists as files to be handed over: to the network's guardians, to a department, to whoever keeps the other list."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from lenskeeper.base.errors import Conflict, Invalid
from lenskeeper.base.languages import Language
from lenskeeper.reporting.as_csv import sheets_csv
from lenskeeper.reporting.as_xlsx import sheets_xlsx
from lenskeeper.reporting.tables import Sheet

SUFFIXES: Final = (".xlsx", ".csv")


def must_be_free(path: Path) -> None:
    """Conflict: the file is there already."""
    if path.exists():
        raise Conflict(f"{path} is there already and is not overwritten: choose another name")


def write_lists(tables: Sequence[Sheet], path: Path, language: Language, *, tz: str, exercise: bool) -> None:
    """All of them in one file. Conflict: it is there already. Invalid: neither .xlsx nor .csv."""
    if path.suffix not in SUFFIXES:
        raise Invalid(
            f"a list is written as {' or '.join(SUFFIXES)}, not as {path.suffix or 'a folder'}", field="to"
        )
    must_be_free(path)
    if path.suffix == ".csv":
        path.write_bytes(sheets_csv(tables, language, tz))
    else:
        path.write_bytes(sheets_xlsx(tables, language, tz, exercise=exercise))
