"""`lenskeeper report`: rates that can be defended, shown, issued, assessed and compared."""

import argparse
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from rich.table import Table

from lenskeeper.base.days import date_of, zone_of
from lenskeeper.base.errors import Invalid
from lenskeeper.base.languages import Language
from lenskeeper.cli.sheets import ROWS_SHOWN, sheet_table
from lenskeeper.cli.table import console
from lenskeeper.house.home import opened
from lenskeeper.house.reports import (
    ReportOrder,
    Revised,
    SchemeOrder,
    assessed,
    compared,
    issue_report,
    issued_reports,
    kept,
    made,
    revised,
    revised_since,
    write_changes,
    write_comparison,
    write_files,
)
from lenskeeper.reporting.assemble import drill, group_named
from lenskeeper.reporting.assessment import Assessment, points_text
from lenskeeper.reporting.definitions import Metric
from lenskeeper.reporting.report import Report
from lenskeeper.reporting.rows_issues import IssuedLine
from lenskeeper.reporting.snapshots import Snapshot
from lenskeeper.reporting.tables import figure_text, instant_text, sheets, unit_title
from lenskeeper.reporting.tables_beside import behind_sheet, changes_sheet, comparison_sheet, scheme_sheet
from lenskeeper.reporting.words import word

BEHIND: Final = frozenset({"cameras", "definitions", "days"})  # whole in files; a terminal shows the rest


def add_reports(commands: Any) -> None:
    """Declare the command and its kinds."""
    report: argparse.ArgumentParser = commands.add_parser(
        "report",
        help="online rate, picture integrity and the rest for a day, week, month or range",
        description="Each figure with numerator, denominator and the cameras behind it. "
        "PERIOD is 2026-11-22, 2026-W47, 2026-11 or 2026-11-01..2026-11-15.",
    )
    kinds = report.add_subparsers(dest="kind", metavar="KIND", required=True)
    show = kinds.add_parser("show", help="as the books stand now; nothing is kept")
    _add_order(show)
    _add_behind(show)
    issue = kinds.add_parser("issue", help="freeze it with hash, revision and watermark, and write files")
    _add_order(issue)
    _add_to(issue, "report.pdf, report.xlsx, report.json, or a folder for CSV; may be given again")
    _add_scheme(issue, "freeze with it what it comes to by a contract's scheme")
    listed = kinds.add_parser(
        "issued",
        help="the issued reports; with a number, that one: write its files again, open a figure, see what changed",
    )
    listed.add_argument("number", type=int, nargs="?", metavar="N")
    listed.add_argument(
        "--against", type=int, metavar="M", help="list each figure that differs from revision M"
    )
    _add_behind(listed)
    _add_to(listed, "as for issue; with --against report.xlsx: the changes")
    _add_language(listed)
    measure = kinds.add_parser("assess", help="measure it by a named scheme of a contract")
    _add_order(measure)
    _add_scheme(measure, "a TOML file and the scheme in it", required=True)
    _add_to(measure, "write it to be signed, with hash, revision and the scheme: as for issue")
    other = kinds.add_parser("compare", help="somebody else's list: each camera that differs, and why")
    other.add_argument("theirs", type=Path, metavar="THEIRS", help="XLSX or CSV: code or name, rate or hours")
    _add_order(other)
    _add_to(other, "a workbook, FILE.xlsx; may be given again")


def _add_behind(kind: argparse.ArgumentParser) -> None:
    kind.add_argument(
        "--behind", choices=[m.value for m in Metric], help="list the cameras behind one figure"
    )
    kind.add_argument(
        "--group",
        default="",
        metavar="KIND:NAME",
        help="of one group instead of the whole: unit:NAME, class:2, model:NAME, camera:CODE",
    )


def _add_scheme(kind: argparse.ArgumentParser, text: str, *, required: bool = False) -> None:
    kind.add_argument("--scheme", type=_scheme, required=required, metavar="FILE:NAME", help=text)


def _scheme(text: str) -> SchemeOrder:
    file, colon, name = text.rpartition(":")
    if not colon or not file or not name:
        raise argparse.ArgumentTypeError(f"{text!r}: write FILE:NAME, as schemes.toml:bridge")
    return SchemeOrder(Path(file), name)


def _add_to(kind: argparse.ArgumentParser, text: str) -> None:
    kind.add_argument("--to", type=Path, action="append", default=[], metavar="FILE", help=text)


def _add_order(kind: argparse.ArgumentParser) -> None:
    kind.add_argument("period", metavar="PERIOD")
    kind.add_argument("--unit", default="", metavar="PATH", help="a unit with all below it (the topmost)")
    _add_language(kind)


def _add_language(kind: argparse.ArgumentParser) -> None:
    kind.add_argument("--language", choices=[one.value for one in Language], default="en", help="(en)")


def run_report(given: argparse.Namespace) -> int:
    """One of the kinds."""
    return {"show": _show, "issue": _issue, "issued": _issued, "assess": _assess, "compare": _compare}[
        given.kind
    ](given)


def _show(given: argparse.Namespace) -> int:
    language = Language(given.language)
    with opened(given.config) as home:
        report = made(home, _order(given))
    if given.behind is None:
        _print(report, language)
    else:
        _behind(report, given)
    return 0


def _behind(report: Report, given: argparse.Namespace) -> None:
    """The cameras behind one figure of one group, and that they add up to it."""
    language, metric, out = Language(given.language), Metric(given.behind), console()
    group = group_named(report, given.group)
    sheet = behind_sheet(report, group, metric, language)
    out.print(sheet_table(sheet, language, report.period.tz, rows=len(sheet.rows)))
    rows, whole = drill(report, group, metric), group.figure(metric)
    total = f"{sum(r.numerator for r in rows)} / {sum(r.denominator for r in rows)}"
    out.print(f"{len(rows)} cameras add up to {total}: {figure_text(whole, language)}")


def _issue(given: argparse.Namespace) -> int:
    language = Language(given.language)
    with opened(given.config) as home:
        number, frozen, is_new = issue_report(home, _order(given), given.scheme)
        changes = revised_since(home, number)
    _print(frozen.issue.report, language)
    if frozen.assessment is not None:
        _print_assessment(frozen.assessment, frozen, language)
    if changes is not None:
        _print_changes(changes, language)
    write_files(frozen, given.to, language)
    word = "issued" if is_new else "unchanged since it was issued"
    out = console()
    out.print(f"report {number}, revision {frozen.issue.revision}, {word}; sha256 {frozen.sha256}")
    _told(given.to)
    return 0


def _issued(given: argparse.Namespace) -> int:
    language = Language(given.language)
    with opened(given.config) as home:
        if given.number is None:
            if given.against is not None or given.behind is not None or given.to:
                raise Invalid("say which issued report: its number stands in the list", field="number")
            _print_issued(issued_reports(home), home.tz())
        elif given.against is not None:
            changes = revised(home, given.number, given.against)
            _print_changes(changes, language)
            write_changes(changes, given.to, language)
        else:
            frozen = kept(home, given.number)
            if given.behind is not None:
                _behind(frozen.issue.report, given)
            write_files(frozen, given.to, language)
    _told(given.to)
    return 0


def _print_issued(lines: Sequence[IssuedLine], tz: str) -> None:
    table = Table("no.", "period", "revision", "issued", "by", "sha256")
    for line in lines[:ROWS_SHOWN]:
        period = f"{line.kind.value} from {date_of(line.first_day)}"
        at = f"{datetime.fromtimestamp(line.issued_at_s, zone_of(tz)):%Y-%m-%d %H:%M}"
        table.add_row(str(line.report_id), period, str(line.revision), at, line.issued_by, line.sha256[:16])
    console().print(table)


def _print_changes(found: Revised, language: Language) -> None:
    out = console()
    before, after = found.before.issue, found.after.issue
    if found.changes:
        sheet = changes_sheet(found.changes, language)
        out.print(sheet_table(sheet, language, after.report.period.tz))
        if len(sheet.rows) > ROWS_SHOWN:
            out.print(
                f"... and {len(sheet.rows) - ROWS_SHOWN} more; report issued N --against M --to FILE.xlsx has them"
            )
    out.print(
        f"revision {after.revision} against {before.revision}: {len(found.changes)} figures changed; "
        f"sha256 {found.before.sha256[:16]} -> {found.after.sha256[:16]}"
    )


def _assess(given: argparse.Namespace) -> int:
    language = Language(given.language)
    with opened(given.config) as home:
        found = assessed(home, _order(given), given.scheme)
    assert found.assessment is not None
    _print_assessment(found.assessment, found, language)
    write_files(found, given.to, language)
    _told(given.to)
    return 0


def _print_assessment(found: Assessment, frozen: Snapshot, language: Language) -> None:
    out, report = console(), frozen.issue.report
    out.print(sheet_table(scheme_sheet(found, language), language, report.period.tz))
    verdict = {None: "", True: "passed", False: "not passed"}[found.passed]
    out.print(f"{found.title}: {points_text(found.points)} of {found.out_of} points {verdict}".rstrip())
    revision = f"revision {frozen.issue.revision}" if frozen.issue.revision else "draft (not issued)"
    until = instant_text(report.watermark_s, report.period.tz)
    out.print(f"{report.period.name}, {revision}, data as of {until}; sha256 {frozen.sha256}")
    out.print(f"scheme {found.scheme}; sha256 of its file {found.scheme_sha256}")


def _compare(given: argparse.Namespace) -> int:
    """0 when both lists say the same."""
    language = Language(given.language)
    with opened(given.config) as home:
        whole = compared(home, _order(given), given.theirs)
    out, found = console(), whole.found
    if found.differences:
        sheet = comparison_sheet(found, language)
        out.print(sheet_table(sheet, language, whole.report.period.tz, rows=len(sheet.rows)))
    out.print(
        f"{found.agreed} cameras agree, {len(found.differences)} differ, {found.unread} rows without a figure"
    )
    write_comparison(whole, given.to, language)
    _told(given.to)
    return 1 if found.differences else 0


def _told(paths: Sequence[Path]) -> None:
    out = console()
    for path in paths:
        out.print(f"  {path}")


def _order(given: argparse.Namespace) -> ReportOrder:
    return ReportOrder(given.period, given.unit)


def _print(report: Report, language: Language) -> None:
    out = console()
    out.print(f"{unit_title(report, language)}  {report.period.name}", style="bold")
    for sheet in sheets(report, language):
        if sheet.key not in BEHIND and sheet.rows:
            out.print(sheet_table(sheet, language, report.period.tz))
            if len(sheet.rows) > ROWS_SHOWN:
                out.print(word("more_rows", language).format(count=len(sheet.rows) - ROWS_SHOWN))
