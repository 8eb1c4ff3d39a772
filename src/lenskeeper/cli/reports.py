"""`lenskeeper report`: rates that can be defended, shown, issued, assessed and compared."""

import argparse
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from rich.table import Table

from lenskeeper.base.days import date_of, zone_of
from lenskeeper.cli.table import console
from lenskeeper.house.home import opened
from lenskeeper.house.reports import (
    ReportOrder,
    assessed,
    compared,
    issue_report,
    issued_reports,
    kept,
    made,
    write_files,
)
from lenskeeper.reporting.assemble import drill
from lenskeeper.reporting.definitions import Metric
from lenskeeper.reporting.languages import Language
from lenskeeper.reporting.report import Report
from lenskeeper.reporting.tables import Sheet, figure_text, sheets, unit_title, written

ROWS_SHOWN: Final = 20
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
    show.add_argument(
        "--behind", choices=[m.value for m in Metric], help="list the cameras behind one figure"
    )
    issue = kinds.add_parser("issue", help="freeze it with hash, revision and watermark, and write files")
    _add_order(issue)
    issue.add_argument("--to", type=Path, action="append", default=[], metavar="FILE",
                       help="report.pdf, report.xlsx, report.json, or a folder for CSV; may be given again")  # fmt: skip
    listed = kinds.add_parser(
        "issued", help="the issued reports; with a number, write that one's files again"
    )
    listed.add_argument("number", type=int, nargs="?", metavar="N")
    listed.add_argument("--to", type=Path, action="append", default=[], metavar="FILE", help="as for issue")
    _add_language(listed)
    measure = kinds.add_parser("assess", help="measure it by a named scheme of a contract")
    _add_order(measure)
    measure.add_argument(
        "--scheme", required=True, metavar="FILE:NAME", help="a TOML file and the scheme in it"
    )
    other = kinds.add_parser("compare", help="somebody else's list: each camera that differs, and why")
    other.add_argument("theirs", type=Path, metavar="THEIRS", help="XLSX or CSV: code or name, rate or hours")
    _add_order(other)


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
        return 0
    metric, out = Metric(given.behind), console()
    rows = drill(report, report.whole, metric)
    table = Table("camera", "code", "numerator", "denominator")
    for row in rows:
        table.add_row(row.name, row.code, str(row.numerator), str(row.denominator))
    out.print(table)
    whole = report.whole.figure(metric)
    total = f"{sum(r.numerator for r in rows)} / {sum(r.denominator for r in rows)}"
    out.print(f"{len(rows)} cameras add up to {total}: {figure_text(whole, language)}")
    return 0


def _issue(given: argparse.Namespace) -> int:
    language = Language(given.language)
    with opened(given.config) as home:
        number, frozen, is_new = issue_report(home, _order(given))
    _print(frozen.issue.report, language)
    write_files(frozen, given.to, language)
    word = "issued" if is_new else "unchanged since it was issued"
    out = console()
    out.print(f"report {number}, revision {frozen.issue.revision}, {word}; sha256 {frozen.sha256}")
    for path in given.to:
        out.print(f"  {path}")
    return 0


def _issued(given: argparse.Namespace) -> int:
    out = console()
    with opened(given.config) as home:
        if given.number is not None:
            write_files(kept(home, given.number), given.to, Language(given.language))
            for path in given.to:
                out.print(f"  {path}")
            return 0
        lines, tz = issued_reports(home), home.tz()
    table = Table("no.", "period", "revision", "issued", "by", "sha256")
    for line in lines[:ROWS_SHOWN]:
        period = f"{line.kind.value} from {date_of(line.first_day)}"
        at = f"{datetime.fromtimestamp(line.issued_at_s, zone_of(tz)):%Y-%m-%d %H:%M}"
        table.add_row(str(line.report_id), period, str(line.revision), at, line.issued_by, line.sha256[:16])
    out.print(table)
    return 0


def _assess(given: argparse.Namespace) -> int:
    file, _, name = given.scheme.rpartition(":")
    with opened(given.config) as home:
        _, found = assessed(home, _order(given), Path(file), name)
    out = console()
    table = Table("line", "numerator", "denominator", "unknown", "excluded", "points", "of")
    for line in found.items:
        points = "not judged" if line.points is None else f"{float(line.points):.2f}"
        table.add_row(
            line.item.measure, str(line.numerator), str(line.denominator), str(line.unknown), str(line.excluded), points,
            str(line.item.weight),
        )  # fmt: skip
    out.print(table)
    verdict = {None: "", True: "passed", False: "not passed"}[found.passed]
    out.print(f"{found.scheme.title}: {float(found.points):.2f} of {found.out_of} points {verdict}")
    return 0


def _compare(given: argparse.Namespace) -> int:
    """0 when both lists say the same."""
    with opened(given.config) as home:
        found = compared(home, _order(given), given.theirs)
    out = console()
    table = Table("row", "camera", "code", "ours", "theirs", "hours", "why")
    for one in found.differences:
        ours, theirs = (f"{float(rate):.4%}" if rate is not None else "" for rate in (one.ours, one.theirs))
        hours = f"{one.seconds / 3600:.1f}" if one.seconds else ""
        table.add_row(str(one.row or ""), one.name, one.code, ours, theirs, hours, one.reason.value)
    if found.differences:
        out.print(table)
    out.print(
        f"{found.agreed} cameras agree, {len(found.differences)} differ, {found.unread} rows without a figure"
    )
    return 1 if found.differences else 0


def _order(given: argparse.Namespace) -> ReportOrder:
    return ReportOrder(given.period, given.unit)


def _print(report: Report, language: Language) -> None:
    out = console()
    out.print(f"{unit_title(report, language)}  {report.period.name}", style="bold")
    for sheet in sheets(report, language):
        if sheet.key not in BEHIND and sheet.rows:
            out.print(_table(sheet, language, report.period.tz))
            if len(sheet.rows) > ROWS_SHOWN:
                out.print(f"... and {len(sheet.rows) - ROWS_SHOWN} more rows in the files")


def _table(sheet: Sheet, language: Language, tz: str) -> Table:
    table = Table(*[heading.title for heading in sheet.headings], title=sheet.title, title_justify="left")
    for row in sheet.rows[:ROWS_SHOWN]:
        table.add_row(
            *[written(cell, h.kind, language, tz) for cell, h in zip(row, sheet.headings, strict=True)]
        )
    return table
