"""A report as plain tables in one language: what the terminal, CSV, XLSX and PDF all write from."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from lenskeeper.base.days import date_of, zone_of
from lenskeeper.base.languages import Language
from lenskeeper.reporting.assemble import FEW, point_groups
from lenskeeper.reporting.definitions import (
    DEFINITIONS,
    NO_DATA,
    Figure,
    Metric,
    Unit,
    figure,
)
from lenskeeper.reporting.report import NOBODY, Group, Grouped, Part, Report
from lenskeeper.reporting.sums import Sums
from lenskeeper.reporting.words import CLASSES, DIAGNOSES, word
from lenskeeper.tickets.words import what_words

Cell = str | int | float | Figure | None


class Kind(StrEnum):
    """What a column holds, so that each writer can set it its own way."""

    TEXT = "text"
    WHOLE = "whole"
    HOURS = "hours"  # a float
    FIGURE = "figure"  # told with its unit
    MEASURE = "measure"  # a figure whose unit stands in the heading
    MONEY = "money"  # whole cents
    INSTANT = "instant"  # UTC seconds, written in the zone of the report


@dataclass(frozen=True, slots=True)
class Heading:
    """A column. wide: it holds a sentence."""

    title: str
    kind: Kind = Kind.TEXT
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table with its title. note: what a reader must know of it, empty or a sentence."""

    key: str
    title: str
    headings: tuple[Heading, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""


GROUP_METRICS: Final = (
    Metric.ONLINE,
    Metric.COVERAGE,
    Metric.STRICT_ONLINE,
    Metric.INTEGRITY,
    Metric.INTEGRITY_COVERAGE,
    Metric.DELIVERY,
    Metric.METADATA,
    Metric.LOST,
    Metric.EXCLUDED,
)
"""The columns of a table of groups."""

CAMERA_METRICS: Final = (
    Metric.ONLINE,
    Metric.COVERAGE,
    Metric.STRICT_ONLINE,
    Metric.INTEGRITY,
    Metric.INTEGRITY_DAY,
    Metric.INTEGRITY_NIGHT,
    Metric.INTEGRITY_COVERAGE,
    Metric.DELIVERY,
    Metric.METADATA,
    Metric.OUTAGES,
    Metric.EXCLUDED,
    Metric.LOW_VISIBILITY,
    Metric.NOT_CHECKABLE,
    Metric.NO_PICTURE,
    Metric.HELD,
)


PICTURE_STATES: Final = (
    "fit",
    "provisional",
    "fault",
    "low_visibility",
    "not_checkable",
    "no_picture",
    "not_judged",
)
"""The words of diagnosis in the order of the sheet, fit without a reference of its own apart, and no word at all."""


def sheets(report: Report, language: Language) -> tuple[Sheet, ...]:
    """All tables of a report, the figures first, each camera and the definitions last."""
    return (
        figures_sheet(report, language),
        units_sheet(report, language),
        classes_sheet(report, language),
        models_sheet(report, language),
        worst_sheet(report, language),
        excluded_sheet(report, language),
        gaps_sheet(report, language),
        long_dead_sheet(report, language),
        pictures_sheet(report, language),
        days_sheet(report, language),
        cameras_sheet(report, language),
        definitions_sheet(language),
    )


def figures_sheet(report: Report, language: Language) -> Sheet:
    """Each figure of the whole with its two numbers."""
    rows = tuple(
        (
            DEFINITIONS[one.metric].name.of(language),
            one,
            one.numerator,
            one.denominator,
        )
        for one in report.headline()
    )
    headings = (
        Heading(word("figure", language)),
        Heading(word("value", language), Kind.FIGURE),
        Heading(word("numerator", language), Kind.WHOLE),
        Heading(word("denominator", language), Kind.WHOLE),
    )
    return Sheet("figures", word("figures", language), headings, rows)


def units_sheet(report: Report, language: Language) -> Sheet:
    """One row for each unit directly beneath."""
    named = [(group, branch_name(group, report, language)) for group in report.by_unit]
    return _groups("by_unit", "unit", named, language, word("rank_rule", language))


def classes_sheet(report: Report, language: Language) -> Sheet:
    """One row for each class of point."""
    named = [(group, class_name(group.key, language)) for group in report.by_class]
    return _groups("by_class", "class", named, language, "")


def models_sheet(report: Report, language: Language) -> Sheet:
    """One row for each make and model with enough cameras, and one for all others."""
    named = [(group, word("few", language) if group.key == FEW else group.name) for group in report.by_model]
    return _groups("by_model", "model", named, language, word("rank_rule", language))


def worst_sheet(report: Report, language: Language) -> Sheet:
    """The cameras that lost the most hours."""
    last = {str(part.point_id): part for part in report.parts}
    metrics = (Metric.ONLINE, Metric.COVERAGE, Metric.LOST, Metric.OUTAGES, Metric.INTEGRITY)
    rows = tuple(
        (
            group.name,
            last[group.key].code,
            class_name(str(last[group.key].klass), language),
            *_cells(group, metrics),
        )
        for group in report.worst
    )
    headings = (
        Heading(word("camera", language)),
        Heading(word("code", language)),
        Heading(word("class", language)),
        *(_metric_heading(metric, language) for metric in metrics),
    )
    note = " ".join((word("worst_rule", language), _left_out(report.worst_left_out, language))).strip()
    return Sheet("worst", word("worst", language), headings, rows, note)


def excluded_sheet(report: Report, language: Language) -> Sheet:
    """Who excluded what and why; what waits for approval first."""
    rows = tuple(
        (
            one.author or word("register", language),
            one.reason or word("out_of_service", language),
            word("pending" if one.pending else "approved", language),
            one.cameras,
            one.excluded_s / 3600,
        )
        for one in report.excluded
    )
    headings = (
        Heading(word("author", language)),
        Heading(word("reason", language), wide=True),
        Heading(word("state", language)),
        Heading(word("count", language), Kind.WHOLE),
        Heading(word("hours", language), Kind.HOURS),
    )
    return Sheet("excluded", word("excluded", language), headings, rows)


def gaps_sheet(report: Report, language: Language) -> Sheet:
    """When nothing was known of how many cameras; the greatest first."""
    rows = tuple((gap.a_s, gap.b_s, (gap.b_s - gap.a_s) / 3600, gap.cameras) for gap in report.gaps)
    headings = (
        Heading(word("from", language), Kind.INSTANT),
        Heading(word("to", language), Kind.INSTANT),
        Heading(word("length", language), Kind.HOURS),
        Heading(word("count", language), Kind.WHOLE),
    )
    return Sheet("gaps", word("gaps", language), headings, rows, _left_out(report.gaps_left_out, language))


def long_dead_sheet(report: Report, language: Language) -> Sheet:
    """What is down still and has been for long; the longest first."""
    rows = tuple(
        (one.name, one.code, one.unit_name, one.since_s, what_words(one.reason, language))
        for one in report.long_dead
    )
    headings = (
        Heading(word("camera", language)),
        Heading(word("code", language)),
        Heading(word("unit", language)),
        Heading(word("since", language), Kind.INSTANT),
        Heading(word("last_outcome", language)),
    )
    note = _left_out(report.long_dead_left_out, language)
    return Sheet("long_dead", word("long_dead", language), headings, rows, note)


def pictures_sheet(report: Report, language: Language) -> Sheet:
    """How the pictures stood when the report was made; the first rows add up to its cameras, flapping is of them."""
    counts: dict[str, int] = dict.fromkeys(PICTURE_STATES, 0)
    for one in report.pictures:
        counts["provisional" if one.provisional else one.word or "not_judged"] += one.cameras
    counts["flapping"] = sum(one.cameras for one in report.pictures if one.flapping)
    rows = tuple((word(f"picture_{key}", language), count) for key, count in counts.items() if count)
    headings = (
        Heading(word("pictures_state", language), wide=True),
        Heading(word("count", language), Kind.WHOLE),
    )
    at = instant_text(report.made_at_s, report.period.tz)
    note = word("pictures_rule", language).format(at=at)
    return Sheet("pictures", word("pictures", language), headings, rows, note)


def days_sheet(report: Report, language: Language) -> Sheet:
    """One row for each local day."""
    metrics = (Metric.ONLINE, Metric.COVERAGE, Metric.INTEGRITY, Metric.LOST, Metric.OUTAGES, Metric.EXCLUDED)
    rows = tuple((date_of(line.day).isoformat(), *_of_sums(line.sums, metrics)) for line in report.days)
    headings = (
        Heading(word("day", language)),
        *(_metric_heading(metric, language) for metric in metrics),
    )
    return Sheet("days", word("days", language), headings, rows)


def cameras_sheet(report: Report, language: Language) -> Sheet:
    """One row for each camera: the list behind every figure, with the diagnosis columns of a city's sheet."""
    last = {str(part.point_id): part for part in report.parts}
    faults = _faults(report.parts)
    rows = tuple(
        (
            group.name,
            last[group.key].code,
            class_name(str(last[group.key].klass), language),
            f"{last[group.key].make} {last[group.key].model}".strip(),
            word(inspection(group), language),
            group.sums.up_s / 3600,
            group.sums.down_s / 3600,
            group.sums.unknown_s / 3600,
            *_cells(group, CAMERA_METRICS),
            *(
                sum(faults.get((group.key, kind.value), 0) for kind in kinds) / 3600
                for _, kinds in DIAGNOSES.values()
            ),
        )
        for group in point_groups(report.parts)
    )
    headings = (
        *(Heading(word(key, language)) for key in ("camera", "code", "class", "model", "inspection")),
        *(Heading(word(key, language), Kind.HOURS) for key in ("online_h", "offline_h", "unknown_h")),
        *(_metric_heading(metric, language) for metric in CAMERA_METRICS),
        *(Heading(f"{words.of(language)} (h)", Kind.HOURS) for words, _ in DIAGNOSES.values()),
    )
    return Sheet("cameras", word("cameras", language), headings, rows)


def definitions_sheet(language: Language) -> Sheet:
    """What each figure means."""
    rows = tuple(
        (
            one.name.of(language),
            one.meaning.of(language),
            one.numerator_words.of(language),
            one.denominator_words.of(language),
        )
        for one in DEFINITIONS.values()
    )
    headings = (
        Heading(word("figure", language)),
        Heading(word("meaning", language), wide=True),
        Heading(word("numerator", language)),
        Heading(word("denominator", language)),
    )
    return Sheet("definitions", word("definitions", language), headings, rows, word("unknown_rule", language))


def unit_title(report: Report, language: Language) -> str:
    """The unit that a report is of."""
    return report.unit_name or word("all_units", language)


def plain_rows(sheet: Sheet, language: Language, tz: str) -> list[list[str]]:
    """The rows of a table as text, for a terminal."""
    kinds = [heading.kind for heading in sheet.headings]
    return [
        [written(cell, kind, language, tz) for cell, kind in zip(row, kinds, strict=True)]
        for row in sheet.rows
    ]


def inspection(group: Group) -> str:
    """The word for a camera's state over the range: the key of a text."""
    if group.sums.known_s == 0:
        return "seen_nothing"
    if group.sums.down_s:
        return "seen_down"
    return "seen_fault" if group.sums.fault_s else "seen_well"


def group_name(group_by: Grouped, key: str, name: str, language: Language) -> str:
    """What a group is called where groups of all kinds stand in one list."""
    match group_by:
        case Grouped.CLASS:
            return class_name(key, language)
        case Grouped.MODEL if key == FEW:
            return word("few", language)
        case _:
            return name


def class_name(key: str, language: Language) -> str:
    """A class of point in words; another key as it is."""
    return CLASSES[key].of(language) if key in CLASSES else key


def written(cell: Cell, kind: Kind, language: Language, tz: str) -> str:
    """A cell as text, for people."""
    match cell:
        case Figure():
            return figure_text(cell, language, unit=kind is not Kind.MEASURE)
        case None:
            return "–"
        case str():
            return cell
        case int() if kind is Kind.INSTANT:
            return instant_text(cell, tz)
        case int() if kind is Kind.WHOLE:
            return f"{cell:,}"
        case int() if kind is Kind.MONEY:
            return money_text(cell)
        case _:
            return f"{cell:,.1f}"


def figure_text(one: Figure, language: Language, *, unit: bool = True) -> str:
    """The value of a figure; a share in per cent, rounded down so that 99.996 % is never told as all."""
    value = one.value
    if value is None:
        return NO_DATA.of(language)
    match DEFINITIONS[one.metric].unit:
        case Unit.SHARE:
            hundredths = percent_hundredths(one) or 0
            space = "" if language is Language.ZH else " "
            if hundredths == 0 and one.numerator > 0:
                return f"<0.01{space}%"
            return f"{hundredths // 100}.{hundredths % 100:02d}{space}%"
        case Unit.HOURS:
            return f"{value:,.1f}" + (word("h", language) if unit else "")
        case Unit.COUNT:
            return f"{int(value):,}"


def instant_text(at_s: int, tz: str) -> str:
    """An instant on the wall clock of the zone, to the minute, with its distance from UTC."""
    local = datetime.fromtimestamp(at_s, zone_of(tz))
    offset = local.strftime("%z")
    return f"{local:%Y-%m-%d %H:%M} {offset[:3]}:{offset[3:]}"


def money_text(cents: int) -> str:
    """Whole cents as an amount with two digits, exactly."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100:,}.{abs(cents) % 100:02d}"


def branch_name(group: Group, report: Report, language: Language) -> str:
    """A sub-unit; the report's own name is told as such, for what hangs at no sub-unit."""
    if group.key == str(NOBODY):
        return word("no_unit", language)
    return group.name + (word("direct", language) if group.key == str(report.unit_id) else "")


def percent_hundredths(one: Figure) -> int | None:
    """A share in hundredths of a per cent, rounded down; None without data."""
    return None if one.denominator <= 0 else one.numerator * 10_000 // one.denominator


def _cells(group: Group, metrics: Sequence[Metric]) -> tuple[Cell, ...]:
    return _of_sums(group.sums, metrics)


def _of_sums(sums: Sums, metrics: Sequence[Metric]) -> tuple[Cell, ...]:
    return tuple(figure(metric, sums) for metric in metrics)


def _metric_heading(metric: Metric, language: Language) -> Heading:
    definition = DEFINITIONS[metric]
    unit = word("in_h", language) if definition.unit is Unit.HOURS else ""
    return Heading(definition.name.of(language) + unit, Kind.MEASURE)


def _groups(key: str, first: str, named: Iterable[tuple[Group, str]], language: Language, note: str) -> Sheet:
    ranked = key != "by_class"
    rows = tuple(
        (
            *((group.rank,) if ranked else ()),
            name,
            group.cameras,
            *_cells(group, GROUP_METRICS),
            group.weighted_lost_s / 3600,
        )
        for group, name in named
    )
    headings: tuple[Heading, ...] = (
        *((Heading(word("rank", language), Kind.WHOLE),) if ranked else ()),
        Heading(word(first, language)),
        Heading(word("count", language), Kind.WHOLE),
        *(_metric_heading(metric, language) for metric in GROUP_METRICS),
        Heading(word("weighted", language), Kind.HOURS),
    )
    return Sheet(key, word(key, language), headings, rows, note)


def _faults(parts: Sequence[Part]) -> dict[tuple[str, str], int]:
    """Seconds of picture fault by camera and kind."""
    found: dict[tuple[str, str], int] = defaultdict(int)
    for part in parts:
        for kind, fault_s in part.faults:
            found[str(part.point_id), kind] += fault_s
    return found


def _left_out(more: int, language: Language) -> str:
    return word("left_out", language).format(n=f"{more:,}") if more else ""
