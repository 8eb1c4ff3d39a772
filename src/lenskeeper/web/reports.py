"""Reports: those that are issued, read on line or carried away, and one issued for a unit and a period."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from lenskeeper.accounts.verbs import Verb
from lenskeeper.base.days import date_of
from lenskeeper.base.languages import Language
from lenskeeper.house.reports import ReportOrder, issue_report
from lenskeeper.inventory.rows_points import unit_paths
from lenskeeper.reporting.as_csv import sheets_csv, texts
from lenskeeper.reporting.as_json import json_bytes
from lenskeeper.reporting.as_pdf import pdf_bytes
from lenskeeper.reporting.as_xlsx import xlsx_bytes
from lenskeeper.reporting.rows_issues import IssuedLine, issued, snapshot
from lenskeeper.reporting.tables import sheets
from lenskeeper.units import rows as units
from lenskeeper.units.ids import UnitId
from lenskeeper.web.asking import Asking, may
from lenskeeper.web.files import a_file, file_named
from lenskeeper.web.pages import Number, Shown

router = APIRouter(prefix="/api/reports", tags=["reports"])


See = Annotated[Asking, may(Verb.SEE)]
Spoken = Annotated[Language, Query(description="of the tables and of the file")]


class ReportLine(Shown):
    """An issued report. first, end: local dates, the end not in it; revision: later data made another one."""

    report_id: int
    unit_id: int
    unit: str
    kind: str
    first: str
    end: str
    revision: int
    watermark_s: int
    issued_at_s: int
    issued_by: str
    sha256: str
    exercise: bool


class ReportTable(Shown):
    """A table of a report as it stands in its files."""

    key: str
    title: str
    note: str
    headings: list[str]
    rows: list[list[str]]


class ReportPage(Shown):
    """An issued report, its tables in the asked language."""

    report: ReportLine
    tables: list[ReportTable]


class ReportWanted(Shown):
    """What to issue. period: 2026-11 (a month), 2026-W47, 2026-11-22, or 2026-11-01..2026-11-15."""

    unit_id: int
    period: str


class ReportIssued(Shown):
    """The number of the report, and whether anything was new since the last revision."""

    report_id: int
    is_new: bool


@router.get("")
def reports(asking: See) -> list[ReportLine]:
    """The issued reports of whole units that may be seen, the newest first."""
    with asking.home.store.read() as connection:
        paths = unit_paths(connection)
        return [_line(each, paths) for each in issued(connection, asking.scope)]


@router.post("", status_code=201)
def issue(asking: Annotated[Asking, may(Verb.ISSUE)], wanted: ReportWanted) -> ReportIssued:
    """Freeze a report of a unit with all below it, as the books stand now."""
    with asking.home.store.read() as connection:
        path = units.get(connection, asking.scope, UnitId(wanted.unit_id)).path
    number, _, is_new = issue_report(asking.home, ReportOrder(wanted.period, path), actor=asking.actor)
    return ReportIssued(report_id=number, is_new=is_new)


@router.get("/{report_id}")
def report_page(asking: See, report_id: Number, language: Spoken = Language.EN) -> ReportPage:
    """An issued report, read on line: the same tables as its files."""
    with asking.home.store.read() as connection:
        found = snapshot(connection, asking.scope, report_id)
        lines = [each for each in issued(connection, asking.scope) if each.report_id == report_id]
        paths = unit_paths(connection)
    tz = found.issue.report.period.tz
    return ReportPage(
        report=_line(lines[0], paths),
        tables=[
            ReportTable(
                key=each.key,
                title=each.title,
                note=each.note,
                headings=[heading.title for heading in each.headings],
                rows=texts(each, language, tz),
            )
            for each in sheets(found.issue.report, language)
        ],
    )


@router.get(
    "/{report_id}/file",
    **a_file("pdf", "xlsx", "csv", "json"),
)
def report_file(
    asking: See,
    report_id: Number,
    form: Annotated[Literal["pdf", "xlsx", "csv", "json"], Query()] = "pdf",
    language: Spoken = Language.EN,
) -> Response:
    """An issued report as a file, the same bytes each time."""
    with asking.home.store.read() as connection:
        found = snapshot(connection, asking.scope, report_id)
    report = found.issue.report
    match form:
        case "pdf":
            body = pdf_bytes(found, language)
        case "xlsx":
            body = xlsx_bytes(found, language)
        case "csv":
            body = sheets_csv(sheets(report, language), language, report.period.tz)
        case _:
            body = json_bytes(found)
    name = f"report-{report_id}-{report.period.name}-r{found.issue.revision}.{form}"
    return file_named(name, body)


def _line(each: IssuedLine, paths: dict[int, str]) -> ReportLine:
    return ReportLine(
        report_id=each.report_id,
        unit_id=each.unit_id,
        unit=paths.get(each.unit_id, ""),
        kind=each.kind.value,
        first=str(date_of(each.first_day)),
        end=str(date_of(each.end_day)),
        revision=each.revision,
        watermark_s=each.watermark_s,
        issued_at_s=each.issued_at_s,
        issued_by=each.issued_by,
        sha256=each.sha256,
        exercise=each.exercise,
    )
