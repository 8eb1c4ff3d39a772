"""A report as a PDF to be signed. The layout is typst/report.typ, which is ours; every word reaches it as data.

What users wrote is never read as typst: it is a string in a JSON document that the layout shows. The layout reads no
file and fetches nothing.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import typst

from lenskeeper.base.days import date_of
from lenskeeper.base.languages import Language
from lenskeeper.reporting.annex import Annex
from lenskeeper.reporting.definitions import BESIDE, DEFINITIONS, Metric
from lenskeeper.reporting.fonts import Typeface, spelt, typeface
from lenskeeper.reporting.report import Report
from lenskeeper.reporting.snapshots import HASH_SHOWN_CHARS, Snapshot
from lenskeeper.reporting.tables import (
    Kind,
    Sheet,
    branch_name,
    classes_sheet,
    definitions_sheet,
    excluded_sheet,
    figure_text,
    figures_sheet,
    gaps_sheet,
    instant_text,
    long_dead_sheet,
    models_sheet,
    pictures_sheet,
    plain_rows,
    unit_title,
    units_sheet,
    worst_sheet,
)
from lenskeeper.reporting.tables_beside import scheme_facts, scheme_sheet
from lenskeeper.reporting.words import DIAGNOSES, TITLES, word

LAYOUTS: Final = Path(__file__).parent / "typst"
STANDARD: Final = "a-2u"  # PDF/A: an archive can open it in twenty years, and its text can be searched
BARS_MAX: Final = 12  # units in the chart; the table has all
ROWS_MAX: Final = 500  # of one table; nobody reads the page after the tenth
TEXT_CHARS_MAX: Final = 400  # of one cell: a note of pages belongs in the workbook
CARDS: Final = (
    (Metric.ONLINE, BESIDE[Metric.ONLINE]),
    (Metric.INTEGRITY, BESIDE[Metric.INTEGRITY]),
    (Metric.DELIVERY, Metric.HELD),
    (Metric.METADATA, None),
)
"""The four figures that a reader sees first, each with the one that it must not be read without."""


def pdf_bytes(
    snapshot: Snapshot,
    language: Language,
    folders: Sequence[Path] | None = None,
    annex: Annex | None = None,
) -> bytes:
    """The document. The same issue gives the same bytes.

    folders: where to look for fonts instead of the system and the extra. Invalid: no font has the characters.
    annex:   what stands beside the report in it.
    """
    compiler = _compiler(document_of(snapshot, language, annex), folders)
    out = compiler.compile(format="pdf", pdf_standards=STANDARD, timestamp=max(0, snapshot.issue.issued_at_s))
    assert isinstance(out, bytes)
    return out


def document_pdf(
    document: dict[str, Any], layout: str, *, at_s: int, folders: Sequence[Path] | None = None
) -> bytes:
    """Any document by a layout of ours. The same document of the same instant gives the same bytes. Errors as above."""
    out = _compiler(document, folders, layout).compile(
        format="pdf", pdf_standards=STANDARD, timestamp=max(0, at_s)
    )
    assert isinstance(out, bytes)
    return out


def _compiler(
    document: dict[str, Any], folders: Sequence[Path] | None, layout: str = "report.typ"
) -> typst.Compiler:
    letters = typeface(_required(document), folders)
    inputs = {
        "data": msgspec.json.encode(_spelt(document, letters)).decode(),
        "families": msgspec.json.encode(list(letters.families)).decode(),
    }
    # the root shuts all other files out, and no layout of ours reads any
    return typst.Compiler(LAYOUTS / layout, root=LAYOUTS, font_paths=letters.fonts, sys_inputs=inputs)


def document_of(snapshot: Snapshot, language: Language, annex: Annex | None = None) -> dict[str, Any]:
    """All that the layout shows, as text and as numbers between 0 and 1 for its bars."""
    report, issue = snapshot.issue.report, snapshot.issue
    tz = report.period.tz
    return {
        "lang": "zh" if language is Language.ZH else "en",
        "title": annex.title if annex else TITLES[report.period.kind].of(language),
        "unit": unit_title(report, language),
        "period": report.period.name,
        "exercise": word("exercise", language) if report.exercise else "",
        "exercise_note": word("exercise_note", language),
        "draft": annex.stamp if annex else "" if issue.revision else word("draft", language),
        "facts": [*_facts(snapshot, language), *([*fact] for fact in (annex.facts if annex else ()))],
        "cards": _cards(report, language),
        "charts": _charts(report, language),
        "sheets": [_sheet(sheet, language, tz) for sheet in _sheets(snapshot, language, annex)],
        "definitions": _sheet(definitions_sheet(language), language, tz),
        "footer": _footer(snapshot, language),
        "page": word("page", language),
        "signatures": [word(key, language) for key in ("prepared", "checked", "approved_by")],
        "date": word("date", language),
        "open_rule": word("open_rule", language),
        "none": word("none", language),
        "hash": [word("hash", language), snapshot.sha256],
    }


def _sheets(snapshot: Snapshot, language: Language, annex: Annex | None) -> tuple[Sheet, ...]:
    report = snapshot.issue.report
    return (
        *((scheme_sheet(snapshot.assessment, language),) if snapshot.assessment else ()),
        *(annex.sheets if annex else ()),
        figures_sheet(report, language),
        units_sheet(report, language),
        classes_sheet(report, language),
        models_sheet(report, language),
        worst_sheet(report, language),
        excluded_sheet(report, language),
        gaps_sheet(report, language),
        long_dead_sheet(report, language),
        pictures_sheet(report, language),
    )


def _facts(snapshot: Snapshot, language: Language) -> list[list[str]]:
    report, issue = snapshot.issue.report, snapshot.issue
    tz = report.period.tz
    span = f"{instant_text(report.period.a_s, tz)}  –  {instant_text(report.period.b_s, tz)}"
    facts = [
        [word("period", language), f"{report.period.name}   {span}"],
        [word("until", language), instant_text(report.watermark_s, tz)],
        [word("cameras_n", language), f"{report.whole.cameras:,}"],
        [word("revision", language), _revision(snapshot, language)],
        [
            word("issued" if issue.revision else "made", language),
            f"{instant_text(issue.issued_at_s, tz)}  {issue.issued_by}",
        ],
        *([name, value] for name, value in scheme_facts(snapshot, language)),
    ]
    if report.period.cut:
        facts.insert(1, ["", word("cut", language)])
    return facts


def _revision(snapshot: Snapshot, language: Language) -> str:
    return str(snapshot.issue.revision) if snapshot.issue.revision else word("draft", language)


def _footer(snapshot: Snapshot, language: Language) -> str:
    report = snapshot.issue.report
    return "  |  ".join(
        (
            f"{word('revision', language)} {_revision(snapshot, language)}",
            f"{word('until', language)} {instant_text(report.watermark_s, report.period.tz)}",
            f"SHA-256 {snapshot.sha256[:HASH_SHOWN_CHARS]}",
        )
    )


def _cards(report: Report, language: Language) -> list[dict[str, str]]:
    cards = []
    for metric, beside in CARDS:
        card = {
            "name": DEFINITIONS[metric].name.of(language),
            "value": figure_text(report.whole.figure(metric), language),
            "beside": "",
        }
        if beside is not None:
            value = figure_text(report.whole.figure(beside), language)
            card["beside"] = f"{DEFINITIONS[beside].name.of(language)} {value}"
        cards.append(card)
    return cards


def _charts(report: Report, language: Language) -> dict[str, Any]:
    """Bars from zero: what is missing from the whole, which is seen, and not the whole, in which it is not."""
    days = [
        {
            "label": str(date_of(line.day).day),
            "down": _share(line.sums.down_s, line.sums.expected_s),
            "unknown": _share(line.sums.unknown_s, line.sums.expected_s),
        }
        for line in report.days
    ]
    units = sorted(report.by_unit, key=lambda group: -group.weighted_lost_s)[:BARS_MAX]
    faults = _fault_hours(report)
    return {
        "days_title": word("chart_days", language),
        "days": days if len(days) > 1 else [],
        "down": word("down", language),
        "unknown": word("unknown", language),
        "units_title": word("chart_units", language),
        "units": [_bar(branch_name(group, report, language), group.weighted_lost_s) for group in units]
        if len(units) > 1
        else [],
        "faults_title": word("chart_faults", language),
        "faults": [
            _bar(words.of(language), sum(faults.get(kind.value, 0) for kind in kinds))
            for words, kinds in DIAGNOSES.values()
        ]
        if faults
        else [],
    }


def _bar(label: str, length_s: int) -> dict[str, Any]:
    hours = length_s / 3600
    return {"label": label, "hours": hours, "text": f"{hours:,.1f}"}


def _fault_hours(report: Report) -> dict[str, int]:
    found: dict[str, int] = {}
    for part in report.parts:
        for kind, fault_s in part.faults:
            found[kind] = found.get(kind, 0) + fault_s
    return found


def _share(part: int, whole: int) -> float:
    return part / whole if whole > 0 else 0.0


def _sheet(sheet: Sheet, language: Language, tz: str) -> dict[str, Any]:
    left_out = len(sheet.rows) - ROWS_MAX
    more = word("left_out", language).format(n=f"{left_out:,}") if left_out > 0 else ""
    return {
        "key": sheet.key,
        "title": sheet.title,
        "note": " ".join((sheet.note if sheet.rows else "", more)).strip(),
        "headings": [heading.title for heading in sheet.headings],
        "left": [heading.kind in (Kind.TEXT, Kind.INSTANT) for heading in sheet.headings],
        "rows": [[cell[:TEXT_CHARS_MAX] for cell in row] for row in plain_rows(sheet, language, tz)],
    }


def _texts(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for held in value.values():
                yield from _texts(held)
        case list():
            for held in value:
                yield from _texts(held)


def _required(document: dict[str, Any]) -> Iterator[str]:
    """The characters without which there is no report: ASCII, and Chinese, Japanese and Korean of the first plane.

    An emoji in a camera's name is spelt out instead, and stops nobody from signing.
    """
    for text in _texts(document):
        yield "".join(char for char in text if 0x20 < ord(char) < 0x7F or 0x3000 < ord(char) < 0xE000)


def _spelt(value: Any, letters: Typeface) -> Any:
    match value:
        case str():
            return spelt(_plain(value), letters)
        case dict():
            return {key: _spelt(held, letters) for key, held in value.items()}
        case list():
            return [_spelt(held, letters) for held in value]
        case _:
            return value


def _plain(text: str) -> str:
    """Without control and direction marks, which could reorder a signed line."""
    return "".join(" " if unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp") else char for char in text)
