"""The other lists as plain tables: what is behind a figure, a comparison, changes, a scheme, a survey."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Final

from lenskeeper.base.languages import Language, Words
from lenskeeper.reporting.assemble import Behind, drill
from lenskeeper.reporting.assessment import Assessment, Line, points_text
from lenskeeper.reporting.definitions import DEFINITIONS, NO_DATA, Figure, Metric
from lenskeeper.reporting.report import Group, Report
from lenskeeper.reporting.schemes import PATROL_MEANING, PATROL_RATE, PATROL_WORDS
from lenskeeper.reporting.screens import Surveyed
from lenskeeper.reporting.snapshots import Changed, Snapshot
from lenskeeper.reporting.tables import Cell, Heading, Kind, Sheet, figure_text, group_name
from lenskeeper.reporting.takeover import CURES, NAMES, Bucket, by_unit
from lenskeeper.reporting.theirs import REASONS, Comparison
from lenskeeper.reporting.words import word
from lenskeeper.tickets.words import what_words
from lenskeeper.units.ids import UnitId

CHANGES_MAX: Final = (
    5_000  # of a screen or sheet; late data of a whole fleet change every figure of every camera
)

TITLES: Final = {
    "behind": Words("数字背后的摄像机", "Cameras behind the figure"),
    "compare": Words("与对方清单不一致", "Where their list differs"),
    "changes": Words("版次间的变化", "Changes between revisions"),
    "scheme": Words("考核结果", "Assessment"),
    "basis": Words("依据", "What it rests on"),
    "their_file": Words("对方清单", "their list"),
    "their_hash": Words("对方清单 SHA-256", "SHA-256 of their list"),
    "survey": Words("接管普查", "Survey"),
    "buckets": Words("各单位普查结果", "Survey by unit"),
    "ours": Words("我方在线率", "our rate"),
    "theirs": Words("对方在线率", "their rate"),
    "hours": Words("涉及时长（小时）", "hours concerned"),
    "row": Words("对方行号", "their row"),
    "before": Words("原数值", "before"),
    "after": Words("新数值", "after"),
    "group": Words("范围", "of"),
    "measure": Words("考核项", "measure"),
    "rate": Words("比率", "rate"),
    "unknown": Words("未知次数", "unknown"),
    "excluded": Words("剔除次数", "excluded"),
    "points": Words("得分", "points"),
    "weight": Words("满分", "of"),
    "total": Words("合计", "total"),
    "not_judged": Words("无数据，不计", "no data, not judged"),
    "bucket": Words("分类", "bucket"),
    "cure": Words("处理办法", "what to do"),
    "found": Words("探测结果", "found"),
    "agreed": Words("一致 {agreed} 台；{unread} 行没有可读的数字", "{agreed} agree; {unread} rows without a readable figure"),
    "passed": Words("达标", "passed"),
    "failed": Words("未达标", "not passed"),
}  # fmt: skip


def title(key: str, language: Language) -> str:
    """One text of this catalogue."""
    return TITLES[key].of(language)


def behind_sheet(report: Report, group: Group, metric: Metric, language: Language) -> Sheet:
    """The cameras that add up to a figure; those that gave the most to what is missing from it first."""
    rows: Sequence[Behind] = sorted(
        drill(report, group, metric), key=lambda one: (one.numerator - one.denominator, one.name)
    )
    headings = (
        Heading(word("camera", language)),
        Heading(word("code", language)),
        Heading(DEFINITIONS[metric].numerator_words.of(language), Kind.WHOLE),
        Heading(DEFINITIONS[metric].denominator_words.of(language), Kind.WHOLE),
        Heading(DEFINITIONS[metric].name.of(language), Kind.FIGURE),
    )
    cells = tuple(
        (one.name, one.code, one.numerator, one.denominator, Figure(metric, one.numerator, one.denominator))
        for one in rows
    )
    return Sheet(
        "behind", title("behind", language), headings, cells, DEFINITIONS[metric].meaning.of(language)
    )


def comparison_sheet(found: Comparison, language: Language) -> Sheet:
    """Each camera that differs, with the reason."""
    rows = tuple(
        (
            one.name,
            one.code,
            share_text(one.ours, language),
            share_text(one.theirs, language),
            REASONS[one.reason].of(language),
            one.seconds / 3600 if one.seconds else None,
            one.row,
        )
        for one in found.differences
    )
    headings = (
        Heading(word("camera", language)),
        Heading(word("code", language)),
        Heading(title("ours", language)),
        Heading(title("theirs", language)),
        Heading(word("reason", language), wide=True),
        Heading(title("hours", language), Kind.HOURS),
        Heading(title("row", language), Kind.WHOLE),
    )
    note = title("agreed", language).format(agreed=f"{found.agreed:,}", unread=f"{found.unread:,}")
    return Sheet("compare", title("compare", language), headings, rows, note)


def changes_sheet(changes: Sequence[Changed], language: Language) -> Sheet:
    """Each figure that is not what it was."""
    rows = tuple(
        (
            group_name(change.by, change.key, change.name, language),
            DEFINITIONS[change.metric].name.of(language),
            change.before,
            change.after,
            *_numbers(change.before, change.after),
        )
        for change in changes[:CHANGES_MAX]
    )
    sides = [title(key, language) for key in ("before", "after")]
    headings = (
        Heading(title("group", language)),
        Heading(word("figure", language)),
        *(Heading(side, Kind.FIGURE) for side in sides),
        *(Heading(f"{word('numerator', language)} {side}", Kind.WHOLE) for side in sides),
        *(Heading(f"{word('denominator', language)} {side}", Kind.WHOLE) for side in sides),
    )
    more = len(changes) - CHANGES_MAX
    note = word("left_out", language).format(n=f"{more:,}") if more > 0 else ""
    return Sheet("changes", title("changes", language), headings, rows, note)


def scheme_sheet(found: Assessment, language: Language) -> Sheet:
    """The lines of a scheme with their points, and the total."""
    rows: list[tuple[Cell, ...]] = []
    for line in found.lines:
        rate = Fraction(line.numerator, line.denominator) if line.denominator else None
        rows.append(
            (
                _measure(line, language),
                share_text(rate, language),
                line.numerator,
                line.denominator,
                line.unknown,
                line.excluded,
                title("not_judged", language) if line.points is None else points_text(line.points),
                line.weight,
            )
        )
    rows.append(
        (title("total", language), "", None, None, None, None, points_text(found.points), found.out_of)
    )
    headings = (
        Heading(title("measure", language), wide=True),
        Heading(title("rate", language)),
        Heading(word("numerator", language), Kind.WHOLE),
        Heading(word("denominator", language), Kind.WHOLE),
        Heading(title("unknown", language), Kind.WHOLE),
        Heading(title("excluded", language), Kind.WHOLE),
        Heading(title("points", language)),
        Heading(title("weight", language), Kind.WHOLE),
    )
    name = f"{title('scheme', language)}: {found.title}"
    note = f"{verdict_text(found, language)} {PATROL_MEANING.of(language)}".strip()
    return Sheet("scheme", name, headings, tuple(rows), note)


def verdict_text(found: Assessment, language: Language) -> str:
    """Passed or not; empty where the scheme knows no threshold or nothing was judged."""
    return "" if found.passed is None else title("passed" if found.passed else "failed", language)


def scheme_facts(snapshot: Snapshot, language: Language) -> list[tuple[str, str]]:
    """The lines about an assessment at the head of a report that is signed with it; none without one."""
    found = snapshot.assessment
    if found is None:
        return []
    points = f"{points_text(found.points)} / {found.out_of}  {verdict_text(found, language)}".strip()
    facts = [
        (word("scheme", language), f"{found.scheme}  {found.title}"),
        (word("scheme_hash", language), found.scheme_sha256),
        (word("points", language), points),
    ]
    return [*facts, (word("beside", language), "")] if snapshot.beside is not None else facts


def basis_sheet(facts: Sequence[tuple[str, str]], language: Language) -> Sheet:
    """What another list rests on: the report, its watermark, the hash of what it was compared with."""
    headings = (Heading(title("basis", language)), Heading("", wide=True))
    return Sheet("basis", title("basis", language), headings, tuple(facts))


def survey_sheet(found: Sequence[Surveyed], names: Mapping[UnitId, str], language: Language) -> Sheet:
    """Each camera of a survey that needs something, by bucket; those that answer well are counted only."""
    order = list(Bucket)
    told = sorted(
        (one for one in found if one.bucket is not Bucket.ANSWERS_WELL),
        key=lambda one: (order.index(one.bucket), one.name),
    )
    rows = tuple(
        (
            one.name,
            names.get(one.unit_id, word("no_unit", language)),
            one.url,
            NAMES[one.bucket].of(language),
            what_words(one.reason, language),
            CURES[one.bucket].of(language),
        )
        for one in told
    )
    headings = (
        Heading(word("camera", language)),
        Heading(word("unit", language)),
        Heading("URL"),
        Heading(title("bucket", language)),
        Heading(title("found", language)),
        Heading(title("cure", language), wide=True),
    )
    return Sheet("survey", title("survey", language), headings, rows)


def buckets_sheet(found: Sequence[Surveyed], names: Mapping[UnitId, str], language: Language) -> Sheet:
    """How many cameras of each unit fell where."""
    nobody = word("no_unit", language)
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (names.get(row.unit_id, nobody), row.cameras, *row.counts)
        for row in by_unit((one.unit_id, one.bucket) for one in found)
    )
    headings = (
        Heading(word("unit", language)),
        Heading(word("count", language), Kind.WHOLE),
        *(Heading(NAMES[bucket].of(language), Kind.WHOLE) for bucket in Bucket),
    )
    return Sheet("buckets", title("buckets", language), headings, rows)


def share_text(rate: Fraction | None, language: Language) -> str:
    """A rate in per cent, rounded down as everywhere."""
    if rate is None:
        return NO_DATA.of(language)
    return figure_text(Figure(Metric.ONLINE, rate.numerator, rate.denominator), language)


def _numbers(before: Figure | None, after: Figure | None) -> tuple[Cell, ...]:
    sides = (before, after)
    numerators = tuple(side.numerator if side else None for side in sides)
    return (*numerators, *(side.denominator if side else None for side in sides))


def _measure(line: Line, language: Language) -> str:
    if line.measure != PATROL_RATE:
        return DEFINITIONS[Metric(line.measure)].name.of(language)
    hours = ", ".join(f"{second // 3600:02d}:{second % 3600 // 60:02d}" for second in line.patrols)
    return f"{PATROL_WORDS.of(language)} {hours}"
