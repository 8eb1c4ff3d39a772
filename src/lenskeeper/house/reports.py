"""Reports as commands ask for them: shown as the books stand, issued and kept, compared with somebody else's list."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from lenskeeper.base.access import LOCAL_OPERATOR, ActorId, Scope
from lenskeeper.base.errors import Conflict, Invalid, NotFound
from lenskeeper.base.languages import Language
from lenskeeper.house.home import Home
from lenskeeper.house.lists import must_be_free, write_lists
from lenskeeper.reporting.as_csv import csv_bytes
from lenskeeper.reporting.as_json import json_bytes
from lenskeeper.reporting.as_pdf import pdf_bytes
from lenskeeper.reporting.as_xlsx import xlsx_bytes
from lenskeeper.reporting.assessment import Assessment, assessment_of
from lenskeeper.reporting.periods import Period, period_of
from lenskeeper.reporting.report import Report
from lenskeeper.reporting.rows import report
from lenskeeper.reporting.rows_issues import (
    IssuedLine,
    issue,
    issued,
    last_issued,
    revisions,
    snapshot,
)
from lenskeeper.reporting.rows_schemes import patrols
from lenskeeper.reporting.schemes import assess, parse_schemes, scheme_named
from lenskeeper.reporting.snapshots import (
    Changed,
    Issue,
    Snapshot,
    compare_revisions,
    frozen,
    same_figures,
)
from lenskeeper.reporting.tables import Sheet, instant_text, sheets, unit_title
from lenskeeper.reporting.tables_beside import (
    basis_sheet,
    changes_sheet,
    comparison_sheet,
    scheme_sheet,
    title,
)
from lenskeeper.reporting.their_list import read_theirs
from lenskeeper.reporting.theirs import Comparison, compare
from lenskeeper.reporting.words import word
from lenskeeper.units import rows as units
from lenskeeper.units.ids import UnitId

SUFFIXES: Final = (".pdf", ".xlsx", ".json")
DRAFT: Final = 0  # the revision of what nobody issued


@dataclass(frozen=True, slots=True)
class ReportOrder:
    """Which report: a period as periods.period_of reads it, and the path of a unit (empty: the topmost)."""

    period: str
    unit: str = ""


def made(home: Home, order: ReportOrder) -> Report:
    """The report as the books stand now; nothing is kept."""
    with home.store.read() as connection:
        return _report(home, connection, order)


@dataclass(frozen=True, slots=True)
class SchemeOrder:
    """Which scheme of a contract: a TOML file, and its name in it."""

    file: Path
    name: str


def issue_report(
    home: Home, order: ReportOrder, scheme: SchemeOrder | None = None, *, actor: ActorId = LOCAL_OPERATOR
) -> tuple[int, Snapshot, bool]:
    """Freeze it: its number, its snapshot, and whether anything was new since the last revision.

    scheme: what it comes to by this one is frozen with it.
    """

    def work(connection: Connection) -> tuple[int, Snapshot, bool]:
        found = _report(home, connection, order)
        points = None if scheme is None else _assessment(connection, found, scheme)
        return issue(connection, found, actor=actor, at_s=home.now_s(), assessment=points)

    return home.store.write(work, durable=True)


def issued_reports(home: Home) -> list[IssuedLine]:
    """All that were issued, the newest first."""
    with home.store.read() as connection:
        return issued(connection, Scope.ALL)


def kept(home: Home, report_id: int) -> Snapshot:
    """An issued report, byte for byte. NotFound: there is none of this number."""
    with home.store.read() as connection:
        return snapshot(connection, Scope.ALL, report_id)


@dataclass(frozen=True, slots=True)
class Revised:
    """Two revisions of one report, and each figure that is not the same in both."""

    before: Snapshot
    after: Snapshot
    changes: tuple[Changed, ...]


def revised(home: Home, number: int, against: int) -> Revised:
    """An issued report set against another revision of it. Conflict: the two are of different units or ranges."""
    with home.store.read() as connection:
        after, before = (snapshot(connection, Scope.ALL, one) for one in (number, against))
    if _series(after) != _series(before):
        raise Conflict(
            f"{number} and {against} are no revisions of one report; `lenskeeper report issued` lists them"
        )
    changes = compare_revisions(before.issue.report, after.issue.report)
    return Revised(before, after, changes)


def revised_since(home: Home, number: int) -> Revised | None:
    """An issued report set against the revision before it; None where it is the first."""
    with home.store.read() as connection:
        report_ = snapshot(connection, Scope.ALL, number).issue.report
        numbers = revisions(connection, Scope.ALL, report_.unit_id, report_.period, exercise=report_.exercise)
    place = numbers.index(number)
    return revised(home, number, numbers[place - 1]) if place else None


def write_changes(found: Revised, paths: Sequence[Path], language: Language) -> None:
    """The changes between two revisions as workbooks, with the hashes of both."""
    facts = [
        (f"{title(side, language)}: {word('revision', language)} {one.issue.revision}", one.sha256)
        for side, one in (("before", found.before), ("after", found.after))
    ]
    tables = (changes_sheet(found.changes, language), basis_sheet(facts, language))
    _write_lists(tables, paths, found.after.issue.report, language)


def write_files(snapshot_: Snapshot, paths: Sequence[Path], language: Language) -> None:
    """Write an issued report as its files' names say: .pdf, .xlsx or .json; a name without one is a folder of CSV.

    Conflict: a file is there already. Invalid: another kind of file; no font for the language.
    """
    for path in paths:
        must_be_free(path)
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


def assessed(home: Home, order: ReportOrder, scheme: SchemeOrder) -> Snapshot:
    """A report measured by a scheme: the last issued revision where it says the same as the books now, else a draft.

    The assessment is that of the snapshot; a draft's hash is over it too, and so is that of a revision issued with it.
    """
    with home.store.read() as connection:
        found = _report(home, connection, order)
        points = _assessment(connection, found, scheme)
        last = last_issued(connection, found)
    if last is None or not same_figures(last.issue.report, found):
        return frozen(Issue(found, DRAFT, home.now_s(), LOCAL_OPERATOR, points))
    return last if last.issue.assessment == points else replace(last, beside=points)


@dataclass(frozen=True, slots=True)
class Compared:
    """Their list beside our report. sha256: of the bytes of their file."""

    report: Report
    found: Comparison
    theirs: str
    sha256: str


def compared(home: Home, order: ReportOrder, theirs: Path) -> Compared:
    """Each camera whose figure in their list differs from ours, with the reason."""
    data = _bytes(theirs)
    ours = made(home, order)
    found = compare(read_theirs(data, theirs.name), ours)
    return Compared(ours, found, theirs.name, hashlib.sha256(data).hexdigest())


def write_comparison(found: Compared, paths: Sequence[Path], language: Language) -> None:
    """What differs, as workbooks that say what was compared with what."""
    report_ = found.report
    facts = [
        (word("unit", language), unit_title(report_, language)),
        (word("period", language), report_.period.name),
        (word("until", language), instant_text(report_.watermark_s, report_.period.tz)),
        (title("their_file", language), found.theirs),
        (title("their_hash", language), found.sha256),
    ]
    tables = (comparison_sheet(found.found, language), basis_sheet(facts, language))
    _write_lists(tables, paths, report_, language)


def scheme_text(scheme: SchemeOrder) -> str:
    """The whole text that a scheme stands in. NotFound, Invalid: no such file, or none in UTF-8; no such scheme in it."""
    text = _utf8(_bytes(scheme.file), scheme.file)
    scheme_named(parse_schemes(text), scheme.name)
    return text


def _assessment(connection: Connection, found: Report, scheme: SchemeOrder) -> Assessment:
    data = _bytes(scheme.file)
    named = scheme_named(parse_schemes(_utf8(data, scheme.file)), scheme.name)
    return assessment_of(assess(named, found, patrols(connection, named, found)), data)


def _series(snapshot_: Snapshot) -> tuple[object, ...]:
    """What two revisions of one report have in common."""
    report_ = snapshot_.issue.report
    period = report_.period
    return (report_.unit_id, period.kind, period.first_day, period.end_day, period.tz, report_.exercise)


def _write_lists(tables: Sequence[Sheet], paths: Sequence[Path], report_: Report, language: Language) -> None:
    for path in paths:
        write_lists(tables, path, language, tz=report_.period.tz, exercise=report_.exercise)


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
    points = [scheme_sheet(snapshot_.assessment, language)] if snapshot_.assessment else []
    for sheet in (*points, *sheets(snapshot_.issue.report, language)):
        (folder / f"{sheet.key}.csv").write_bytes(csv_bytes(sheet, language, tz))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise NotFound(f"there is no file {path}") from None


def _utf8(data: bytes, path: Path) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise Invalid(f"{path} is not written in UTF-8; save it so", field="scheme") from None
