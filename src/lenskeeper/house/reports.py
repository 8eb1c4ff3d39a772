"""Reports as commands ask for them: shown as the books stand, issued and kept, compared with somebody else's list."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from lenskeeper.base.access import LOCAL_OPERATOR, Scope
from lenskeeper.base.errors import Conflict, Invalid, NotFound
from lenskeeper.house.home import Home
from lenskeeper.reporting.as_csv import csv_bytes
from lenskeeper.reporting.as_json import json_bytes
from lenskeeper.reporting.as_pdf import pdf_bytes
from lenskeeper.reporting.as_xlsx import xlsx_bytes
from lenskeeper.reporting.languages import Language
from lenskeeper.reporting.periods import Period, period_of
from lenskeeper.reporting.report import Report
from lenskeeper.reporting.rows import report
from lenskeeper.reporting.rows_issues import IssuedLine, issue, issued, snapshot
from lenskeeper.reporting.rows_schemes import patrols
from lenskeeper.reporting.schemes import Assessed, assess, parse_schemes, scheme_named
from lenskeeper.reporting.snapshots import Snapshot
from lenskeeper.reporting.tables import sheets
from lenskeeper.reporting.their_list import read_theirs
from lenskeeper.reporting.theirs import Comparison, compare
from lenskeeper.units import rows as units
from lenskeeper.units.ids import UnitId

SUFFIXES: Final = (".pdf", ".xlsx", ".json")


@dataclass(frozen=True, slots=True)
class ReportOrder:
    """Which report: a period as periods.period_of reads it, and the path of a unit (empty: the topmost)."""

    period: str
    unit: str = ""


def made(home: Home, order: ReportOrder) -> Report:
    """The report as the books stand now; nothing is kept."""
    with home.store.read() as connection:
        return _report(home, connection, order)


def issue_report(home: Home, order: ReportOrder) -> tuple[int, Snapshot, bool]:
    """Freeze it: its number, its snapshot, and whether anything was new since the last revision."""

    def work(connection: Connection) -> tuple[int, Snapshot, bool]:
        return issue(connection, _report(home, connection, order), actor=LOCAL_OPERATOR, at_s=home.now_s())

    return home.store.write(work, durable=True)


def issued_reports(home: Home) -> list[IssuedLine]:
    """All that were issued, the newest first."""
    with home.store.read() as connection:
        return issued(connection, Scope.ALL)


def kept(home: Home, report_id: int) -> Snapshot:
    """An issued report, byte for byte. NotFound: there is none of this number."""
    with home.store.read() as connection:
        return snapshot(connection, Scope.ALL, report_id)


def write_files(snapshot_: Snapshot, paths: Sequence[Path], language: Language) -> None:
    """Write an issued report as its files' names say: .pdf, .xlsx or .json; a name without one is a folder of CSV.

    Conflict: a file is there already. Invalid: another kind of file; no font for the language.
    """
    for path in paths:
        if path.exists():
            raise Conflict(f"{path} is there already: an issued report overwrites nothing")
        match path.suffix:
            case ".pdf":
                path.write_bytes(pdf_bytes(snapshot_, language))
            case ".xlsx":
                path.write_bytes(xlsx_bytes(snapshot_, language))
            case ".json":
                path.write_bytes(json_bytes(snapshot_))
            case "":
                _write_tables(snapshot_, path, language)
            case other:
                raise Invalid(
                    f"a report is written as {', '.join(SUFFIXES)} or into a folder, not as {other}",
                    field="to",
                )


def assessed(home: Home, order: ReportOrder, file: Path, name: str) -> tuple[Report, Assessed]:
    """A report measured by a named scheme of a contract."""
    scheme = scheme_named(parse_schemes(_text(file)), name)
    with home.store.read() as connection:
        found = _report(home, connection, order)
        return found, assess(scheme, found, patrols(connection, scheme, found))


def compared(home: Home, order: ReportOrder, theirs: Path) -> Comparison:
    """Each camera whose figure in their list differs from ours, with the reason."""
    try:
        data = theirs.read_bytes()
    except FileNotFoundError:
        raise NotFound(f"there is no list {theirs}") from None
    return compare(read_theirs(data, theirs.name), made(home, order))


def _report(home: Home, connection: Connection, order: ReportOrder) -> Report:
    tree = units.tree(connection, Scope.ALL)
    unit_id: UnitId = next(unit.unit_id for unit in tree if unit.parent_id is None)
    if order.unit:
        unit_id = units.find(connection, Scope.ALL, order.unit)
    tz = next(unit.tz for unit in tree if unit.unit_id == unit_id)
    period: Period = period_of(order.period, tz)
    return report(connection, Scope.ALL, unit_id, period, now_s=home.now_s(), exercise=bool(home.exercise))


def _write_tables(snapshot_: Snapshot, folder: Path, language: Language) -> None:
    folder.mkdir(parents=True)
    tz = snapshot_.issue.report.period.tz
    for sheet in sheets(snapshot_.issue.report, language):
        (folder / f"{sheet.key}.csv").write_bytes(csv_bytes(sheet, language, tz))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise NotFound(f"there is no file {path}") from None
