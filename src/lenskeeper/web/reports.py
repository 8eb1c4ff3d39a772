"""Reports: those that are issued, read on line or carried away, and one issued for a unit and a period."""

from collections import defaultdict
from typing import Annotated, Final, Literal

import msgspec
from fastapi import APIRouter, Query, Response

from lenskeeper.accounts.verbs import Verb
from lenskeeper.base.days import date_of
from lenskeeper.base.errors import Invalid
from lenskeeper.base.languages import Language
from lenskeeper.house.report_schedule import Every, schedule, scheduled, unschedule
from lenskeeper.house.reports import ReportOrder, issue_report, made
from lenskeeper.inventory import rows_points
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_points import unit_paths
from lenskeeper.reporting.as_csv import sheets_csv, texts
from lenskeeper.reporting.as_json import json_bytes
from lenskeeper.reporting.as_pdf import pdf_bytes
from lenskeeper.reporting.as_xlsx import xlsx_bytes
from lenskeeper.reporting.assemble import belongs, drill, group_named, point_groups
from lenskeeper.reporting.definitions import BESIDE, DEFINITIONS, Figure, Metric
from lenskeeper.reporting.report import Report
from lenskeeper.reporting.rows_issues import IssuedLine, issued, snapshot
from lenskeeper.reporting.screens_reports import camera_books
from lenskeeper.reporting.tables import Sheet, figure_text, group_name, sheets
from lenskeeper.units import rows as units
from lenskeeper.units.ids import UnitId
from lenskeeper.web.asking import Asking, may
from lenskeeper.web.files import a_file, file_named
from lenskeeper.web.pages import ID_MAX, Id, Number, Shown

router = APIRouter(prefix="/api/reports", tags=["reports"])

INSTANT_MAX: Final = 2**40
DAY_S: Final = 86_400
STRETCH_S_MAX: Final = 3_660 * DAY_S


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
    """A table of a report as it stands in its files.

    groups:  of each row, what `figure` opens: empty is the whole, "-" is nothing that can be opened.
    metrics: of each row, the figure in each cell; empty: the cell holds none.
    """

    key: str
    title: str
    note: str
    headings: list[str]
    rows: list[list[str]]
    groups: list[str]
    metrics: list[list[str]]


class ReportPage(Shown):
    """An issued report, its tables in the asked language."""

    report: ReportLine
    tables: list[ReportTable]


class ReportNow(Shown):
    """A report as the books stand, kept nowhere. cut: its period is not over."""

    unit_id: int
    unit: str
    period: str
    first: str
    end: str
    watermark_s: int
    cut: bool
    exercise: bool
    tables: list[ReportTable]


class SpanBehind(Shown):
    """A stretch in which a camera counted for the figure."""

    a_s: int
    b_s: int


class CameraBehind(Shown):
    """What one camera gave to both numbers of a figure."""

    point_id: int
    name: str
    code: str
    numerator: int
    denominator: int
    shown: str
    spans: list[SpanBehind]


class ExcludedBehind(Shown):
    """What one author took out for one reason, of the whole report. pending: it waits, and is not out yet."""

    author: str
    reason: str
    pending: bool
    cameras: int
    excluded_s: int


class FigureSums(Shown):
    """What the time of a group is made of, in camera-seconds; unknown is expected and neither up nor down."""

    span_s: int
    excluded_s: int
    out_of_service_s: int
    expected_s: int
    up_s: int
    down_s: int
    unknown_s: int
    fit_s: int
    fault_s: int


class FigureShown(Shown):
    """One figure opened: how it was computed, with its very numbers, and the cameras that add up to it.

    edition:     of the rules that define it. unit: share, camera_hours or count.
    numerator_fields, denominator_fields: what of the sums is added up.
    """

    metric: str
    group: str
    group_name: str
    edition: int
    unit: str
    name: str
    meaning: str
    numerator_words: str
    denominator_words: str
    numerator_fields: list[str]
    denominator_fields: list[str]
    numerator: int
    denominator: int
    shown: str
    coverage: str
    sums: FigureSums
    excluded: list[ExcludedBehind]
    cameras: list[CameraBehind]
    a_s: int
    b_s: int
    watermark_s: int


class RunBehind(Shown):
    """A run [a_s, b_s) of one lane. counted_s: what is left of it without what is excluded."""

    lane: str
    a_s: int
    b_s: int
    is_up: bool
    counted_s: int


class LookSeen(Shown):
    """A look behind a run. reason: an outcome or a kind of fault."""

    lane: str
    at_s: int
    is_up: bool
    reason: str
    prober: str


class CameraBehindBooks(Shown):
    """The books of one camera over [a_s, b_s): what counts of its runs adds up to its share of a figure."""

    point_id: int
    name: str
    a_s: int
    b_s: int
    excluded_s: int
    runs: list[RunBehind]
    looks: list[LookSeen]


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


OfUnit = Annotated[int, Query(ge=1, le=ID_MAX)]
OfPeriod = Annotated[
    str, Query(max_length=40, description="2026-11, 2026-W47, 2026-11-22, or two days with ..")
]
OfGroup = Annotated[
    str, Query(max_length=200, description="unit:ID, class:1, model:NAME, camera:ID; empty is the whole")
]
Of = Annotated[Metric, Query(description="which figure")]
Instant = Annotated[int, Query(ge=0, le=INSTANT_MAX, description="UTC seconds")]


class ReportScheduled(Shown):
    """A unit whose report is issued by itself some hours after each week or month."""

    unit_id: int
    unit: str
    every: Every
    since_s: int
    by: str


class ScheduleWanted(Shown):
    """Which unit, and how often."""

    unit_id: Id
    every: Every


@router.get("/schedule")
def schedules(asking: See) -> list[ReportScheduled]:
    """The units whose reports are issued by themselves."""
    with asking.home.store.read() as connection:
        paths = unit_paths(connection)
        return [
            ReportScheduled(unit=paths.get(each.unit_id, ""), **msgspec.to_builtins(each))
            for each in scheduled(connection, asking.scope)
        ]


@router.post("/schedule", status_code=204)
def set_schedule(asking: Annotated[Asking, may(Verb.ISSUE)], wanted: ScheduleWanted) -> None:
    """Let a unit's report be issued by itself from the period on that is going now."""
    schedule(asking.home, _of_scope(asking, wanted.unit_id), wanted.every, actor=asking.actor)


@router.delete("/schedule/{unit_id}/{every}", status_code=204)
def end_schedule(asking: Annotated[Asking, may(Verb.ISSUE)], unit_id: Number, every: Every) -> None:
    """Issue it by itself no more; what was issued stays."""
    unschedule(asking.home, _of_scope(asking, unit_id), every, actor=asking.actor)


@router.get("/now")
def report_now(asking: See, unit_id: OfUnit, period: OfPeriod, language: Spoken = Language.EN) -> ReportNow:
    """The report of a unit and period as the books stand; nothing is kept."""
    path, found = _now(asking, unit_id, period)
    return ReportNow(
        unit_id=unit_id,
        unit=path,
        period=found.period.name,
        first=str(date_of(found.period.first_day)),
        end=str(date_of(found.period.end_day)),
        watermark_s=found.watermark_s,
        cut=found.period.cut,
        exercise=found.exercise,
        tables=_tables(found, language),
    )


@router.get("/now/figure")
def figure_now(
    asking: See,
    unit_id: OfUnit,
    period: OfPeriod,
    metric: Of,
    group: OfGroup = "",
    language: Spoken = Language.EN,
) -> FigureShown:
    """One figure of a unit and period as the books stand, with the cameras behind it."""
    return _opened(_now(asking, unit_id, period)[1], group, metric, language)


@router.get("/camera/{point_id}")
def camera_behind(
    asking: See, point_id: Number, a_s: Instant | None = None, b_s: Instant | None = None
) -> CameraBehindBooks:
    """The runs and looks of one camera in a stretch of a report, as the books stand; without bounds the last day."""
    b_s = asking.now_s if b_s is None else b_s
    a_s = b_s - DAY_S if a_s is None else a_s
    number = PointId(point_id)
    with asking.home.store.read() as connection:
        name = rows_points.get(connection, asking.scope, number, asking.now_s).file.name
        if not a_s < b_s <= a_s + STRETCH_S_MAX:
            raise Invalid("b_s is after a_s, by ten years at most", field="b_s")
        found = camera_books(connection, asking.scope, number, a_s, b_s)
    return CameraBehindBooks(
        point_id=point_id,
        name=name,
        a_s=a_s,
        b_s=b_s,
        excluded_s=found.excluded_s,
        runs=[RunBehind(**msgspec.to_builtins(each)) for each in found.runs],
        looks=[LookSeen(**msgspec.to_builtins(each)) for each in found.looks],
    )


@router.get("/{report_id}")
def report_page(asking: See, report_id: Number, language: Spoken = Language.EN) -> ReportPage:
    """An issued report, read on line: the same tables as its files."""
    with asking.home.store.read() as connection:
        found = snapshot(connection, asking.scope, report_id)
        lines = [each for each in issued(connection, asking.scope) if each.report_id == report_id]
        paths = unit_paths(connection)
    return ReportPage(report=_line(lines[0], paths), tables=_tables(found.issue.report, language))


@router.get("/{report_id}/figure")
def report_figure(
    asking: See,
    report_id: Number,
    metric: Of = Metric.ONLINE,
    group: OfGroup = "",
    language: Spoken = Language.EN,
) -> FigureShown:
    """One figure of an issued report opened: how it was computed, and the cameras that add up to it."""
    with asking.home.store.read() as connection:
        found = snapshot(connection, asking.scope, report_id)
    return _opened(found.issue.report, group, metric, language)


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


def _of_scope(asking: Asking, unit_id: int) -> UnitId:
    with asking.home.store.read() as connection:
        return units.get(connection, asking.scope, UnitId(unit_id)).unit_id


def _now(asking: Asking, unit_id: int, period: str) -> tuple[str, Report]:
    with asking.home.store.read() as connection:
        path = units.get(connection, asking.scope, UnitId(unit_id)).path
    return path, made(asking.home, ReportOrder(period, path))


def _tables(found: Report, language: Language) -> list[ReportTable]:
    return [
        ReportTable(
            key=each.key,
            title=each.title,
            note=each.note,
            headings=[heading.title for heading in each.headings],
            rows=texts(each, language, found.period.tz),
            groups=_groups(found, each),
            metrics=[
                [cell.metric.value if isinstance(cell, Figure) else "" for cell in row] for row in each.rows
            ],
        )
        for each in sheets(found, language)
    ]


def _groups(found: Report, sheet: Sheet) -> list[str]:
    """What each row is a group of, in the order of the rows."""
    match sheet.key:
        case "figures":
            return [""] * len(sheet.rows)
        case "by_unit":
            return [f"unit:{each.key}" for each in found.by_unit]
        case "by_class":
            return [f"class:{each.key}" for each in found.by_class]
        case "by_model":
            return [f"model:{each.key}" for each in found.by_model]
        case "worst":
            return [f"camera:{each.key}" for each in found.worst]
        case "cameras":
            return [f"camera:{each.key}" for each in point_groups(found.parts)]
        case _:
            return ["-"] * len(sheet.rows)


def _opened(found: Report, group: str, metric: Metric, language: Language) -> FigureShown:
    named = group_named(found, group)
    one, rule, sums = named.figure(metric), DEFINITIONS[metric], named.sums
    spans: dict[PointId, list[SpanBehind]] = defaultdict(list)
    for part in found.parts:
        if belongs(part, named, found):
            spans[part.point_id].append(SpanBehind(a_s=part.a_s, b_s=part.b_s))
    coverage = BESIDE.get(metric, Metric.COVERAGE)
    return FigureShown(
        metric=metric.value,
        group=group,
        group_name=group_name(named.by, named.key, named.name, language),
        edition=found.edition,
        unit=rule.unit.value,
        name=rule.name.of(language),
        meaning=rule.meaning.of(language),
        numerator_words=rule.numerator_words.of(language),
        denominator_words=rule.denominator_words.of(language),
        numerator_fields=list(rule.numerator),
        denominator_fields=list(rule.denominator),
        numerator=one.numerator,
        denominator=one.denominator,
        shown=figure_text(one, language),
        coverage=figure_text(named.figure(coverage), language),
        sums=FigureSums(**{name: getattr(sums, name) for name in FigureSums.model_fields}),
        excluded=[ExcludedBehind(**msgspec.to_builtins(each)) for each in found.excluded],
        cameras=[
            CameraBehind(
                point_id=each.point_id,
                name=each.name,
                code=each.code,
                numerator=each.numerator,
                denominator=each.denominator,
                shown=figure_text(Figure(metric, each.numerator, each.denominator), language),
                spans=spans[each.point_id],
            )
            for each in drill(found, named, metric)
        ],
        a_s=found.period.a_s,
        b_s=found.period.b_s,
        watermark_s=found.watermark_s,
    )


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
