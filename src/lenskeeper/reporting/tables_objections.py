"""An assessment's objections, their rulings and why figures changed, as tables in one language."""

from collections.abc import Mapping, Sequence
from typing import Final

from lenskeeper.availability.lanes import Lane, State
from lenskeeper.base.days import date_of
from lenskeeper.base.languages import Language, Words
from lenskeeper.base.spans import Span
from lenskeeper.inventory.ids import PointId
from lenskeeper.reporting.annex import Annex
from lenskeeper.reporting.definitions import DEFINITIONS, Metric, figure
from lenskeeper.reporting.objections import (
    Cause,
    Effect,
    Explained,
    Near,
    Objection,
    Page,
    Proceeding,
    Stretch,
    Why,
)
from lenskeeper.reporting.report import Grouped, Report
from lenskeeper.reporting.tables import Cell, Heading, Kind, Sheet, group_name, instant_text
from lenskeeper.reporting.tables_beside import CHANGES_MAX
from lenskeeper.reporting.words import word
from lenskeeper.tickets.words import what_words

TITLES: Final = {
    "title": Words("运维考核表", "Assessment"),
    "draft": Words("考核初稿（异议期至 {day}）", "Assessment: draft, objections until {day}"),
    "stamp": Words("初稿：异议期至 {day}", "draft: objections until {day}"),
    "number": Words("考核编号", "assessment no."),
    "period": Words("异议期截止", "objections until"),
    "objections": Words("异议与裁定", "Objections and rulings"),
    "counts": Words("{n} 项异议：支持 {up}，驳回 {no}，待裁定 {open}", "{n}: {up} upheld, {no} rejected, {open} not ruled"),
    "objections_fact": Words("异议", "objections"),
    "seal": Words("裁定校验 SHA-256", "SHA-256 of the rulings"),
    "drafted": Words("初稿", "drafted"),
    "finished": Words("考核签发", "assessment issued"),
    "agreed": Words("对方同意提前签发", "agreed by the other side"),
    "first_hash": Words("初稿 SHA-256", "SHA-256 of the draft"),
    "no": Words("编号", "no."),
    "disputed": Words("异议时段", "disputed"),
    "objector": Words("提出人", "objector"),
    "ruling": Words("裁定", "ruling"),
    "ruled_span": Words("剔除时段", "excluded"),
    "ruler": Words("裁定人", "ruled by"),
    "words": Words("裁定理由", "words of the ruling"),
    "upheld": Words("支持", "upheld"),
    "rejected": Words("驳回", "rejected"),
    "waits": Words("待裁定", "not ruled"),
    "explained": Words("与初稿不同的数字及其原因", "What differs from the draft, and why"),
    "no_change": Words("与初稿相比无变化。", "Nothing differs from the draft."),
    "of": Words("范围", "of"),
    "before": Words("初稿", "draft"),
    "after": Words("现值", "now"),
    "because": Words("原因", "because of"),
    "cameras_elsewhere": Words("各摄像机的变化见工作簿。", "The changes of each camera stand in the workbook."),
    "rulings_rule": Words(
        "裁定本身不改数字：支持的异议成为一段有登记人和审批人的剔除时间，见“剔除时长明细”。",
        "A ruling changes no figure by itself: what is upheld becomes excluded time with an author and a second person, "
        "and stands among the excluded hours.",
    ),
    "lane": Words("项目", "of"),
    "state": Words("状态", "state"),
    "outcome": Words("探测结果", "outcome"),
    "prober": Words("探测端", "prober"),
    "remark": Words("设备原话", "the camera's own words"),
    "runs": Words("异议时段内的记录", "What was seen in the disputed stretch"),
    "up": Words("正常", "up"),
    "down": Words("异常", "down"),
    "unknown": Words("未知", "unknown"),
    "neighbours": Words("同一{near}的邻近摄像机：{thing}", "Neighbours on the same {near}: {thing}"),
    "no_neighbours": Words("登记中没有邻近摄像机", "The register knows no neighbours"),
    "together": Words("离线时的邻近摄像机", "The neighbours while it was down"),
    "says": Words("说明", "that is"),
    "around": Words("前后一天内的剔除与检修", "Excluded time and work, a day before to a day after"),
    "kind": Words("种类", "kind"),
    "tickets": Words("当时的工单", "Tickets of that time"),
    "effect": Words("裁定对数字的影响", "What the ruling does to the figures"),
    "point_before": Words("本摄像机：前", "camera before"),
    "point_after": Words("本摄像机：后", "camera after"),
    "whole_before": Words("整体：前", "whole before"),
    "whole_after": Words("整体：后", "whole after"),
    "up_h": Words("在线（小时）", "hours up"),
    "down_h": Words("离线（小时）", "hours down"),
    "unknown_h": Words("未知（小时）", "hours unknown"),
    "waiting": Words("待审批，不剔除", "waits, excludes nothing"),
    "stage": Words("状态", "stage"),
    "opened": Words("建单", "opened"),
    "ended": Words("结束", "ended"),
}  # fmt: skip

CAUSES: Final = {
    Why.RULING: Words("异议 {n} 的裁定", "ruling on objection {n}"),
    Why.PLAN: Words("剔除计划 {n}", "excluded by plan {n}"),
    Why.LATE_DATA: Words("迟到数据", "late data"),
    Why.REGISTER: Words("档案变更", "the register changed"),
}
NEAR: Final = {
    Near.SWITCH: Words("交换机", "switch"),
    Near.SITE: Words("站点", "site"),
    Near.SUBNET: Words("网段", "subnet"),
}
LANES: Final = {
    Lane.REACHABLE: Words("在线", "reachable"),
    Lane.PICTURE_FIT: Words("图像", "picture"),
    Lane.DELIVERY: Words("出图", "delivery"),
}
EFFECT: Final = (
    Metric.ONLINE,
    Metric.STRICT_ONLINE,
    Metric.COVERAGE,
    Metric.INTEGRITY,
    Metric.DELIVERY,
    Metric.LOST,
)


def text_of(key: str, language: Language) -> str:
    """One text of this catalogue."""
    return TITLES[key].of(language)


def annex(
    of: Proceeding,
    had: Sequence[Objection],
    changes: Sequence[Explained],
    draft: tuple[Report, str],
    language: Language,
    *,
    cameras: bool,
) -> Annex:
    """What stands beside the report of an assessment. draft: its report and hash; cameras: with each one's changes."""
    day = date_of(of.open_until_day).isoformat()
    is_draft = of.report_id is None
    facts = [
        (text_of("number", language), str(of.assessment_id)),
        (text_of("period", language), day),
        (text_of("objections_fact", language), counts(had, language)),
    ]
    sheets: list[Sheet] = [objections_sheet(had, draft[0], language)]
    if not is_draft:
        assert of.issued_s is not None
        facts.append((text_of("first_hash", language), draft[1]))
        facts.append((text_of("seal", language), of.rulings_sha256 or ""))
        facts.append((text_of("finished", language), f"{instant_text(of.issued_s, of.tz)}  {of.issued_by}"))
        if of.agreed_by is not None:
            facts.append((text_of("agreed", language), of.agreed_by))
        sheets.append(explained_sheet(of, changes, language, cameras=cameras))
    return Annex(
        title=text_of("title", language),
        stamp=text_of("stamp", language).format(day=day) if is_draft else "",
        facts=tuple(facts),
        sheets=tuple(sheets),
    )


def counts(had: Sequence[Objection], language: Language) -> str:
    """How many objections, and what became of them."""
    return text_of("counts", language).format(
        n=len(had),
        up=sum(one.upheld is True for one in had),
        no=sum(one.upheld is False for one in had),
        open=sum(one.upheld is None for one in had),
    )


def objections_sheet(had: Sequence[Objection], report: Report, language: Language) -> Sheet:
    """Each objection with its ruling, in the order they were made."""
    names: Mapping[PointId, str] = {
        part.point_id: f"{part.name} {part.code}".strip() for part in report.parts
    }
    tz = report.period.tz
    rows = tuple(
        (
            one.name,
            names.get(one.point_id, str(one.point_id)),
            span_text((one.a, one.b), tz),
            one.reason,
            one.author,
            ruling_text(one, language),
            "" if one.ruled is None else span_text(one.ruled, tz),
            one.ruled_by or "",
            one.words,
        )
        for one in had
    )
    keys = ("disputed", "reason", "objector", "ruling", "ruled_span", "ruler", "words")
    headings = (
        Heading(text_of("no", language)),
        Heading(word("camera", language)),
        *(
            Heading(
                word(key, language) if key == "reason" else text_of(key, language),
                wide=key in ("reason", "words"),
            )
            for key in keys
        ),
    )
    note = text_of("rulings_rule", language)
    return Sheet("objections", text_of("objections", language), headings, rows, note)


def ruling_text(one: Objection, language: Language) -> str:
    """Upheld, rejected or neither yet."""
    key = {None: "waits", True: "upheld", False: "rejected"}[one.upheld]
    return text_of(key, language)


def explained_sheet(
    of: Proceeding, found: Sequence[Explained], language: Language, *, cameras: bool
) -> Sheet:
    """Each figure that is not as the draft has it, with its causes; cameras: those of each camera too."""
    told = [one for one in found if cameras or one.changed.by is not Grouped.POINT]
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            group_name(one.changed.by, one.changed.key, one.changed.name, language),
            DEFINITIONS[one.changed.metric].name.of(language),
            one.changed.before,
            one.changed.after,
            causes_text(of, one.causes, language),
        )
        for one in told[:CHANGES_MAX]
    )
    headings = (
        Heading(text_of("of", language)),
        Heading(word("figure", language)),
        Heading(text_of("before", language), Kind.FIGURE),
        Heading(text_of("after", language), Kind.FIGURE),
        Heading(text_of("because", language), wide=True),
    )
    notes = [text_of("cameras_elsewhere", language)] if len(told) < len(found) else []
    if len(told) > CHANGES_MAX:
        notes.append(word("left_out", language).format(n=f"{len(told) - CHANGES_MAX:,}"))
    if not found:
        notes.append(text_of("no_change", language))
    return Sheet("explained", text_of("explained", language), headings, rows, " ".join(notes))


def causes_text(of: Proceeding, causes: Sequence[Cause], language: Language) -> str:
    """The causes of one figure, rulings first; forty in a row are told as one: 3.1–3.40."""
    told = []
    for why in Why:
        numbers = sorted(cause.number for cause in causes if cause.why == why)
        if numbers:
            prefix = f"{of.assessment_id}." if why is Why.RULING else ""
            told.append(CAUSES[why].of(language).format(n=_ranges(numbers, prefix)))
    return ", ".join(told)


def _ranges(numbers: Sequence[int], prefix: str) -> str:
    """Sorted numbers, three and more in a row as the first and the last."""
    rows: list[list[int]] = []
    for number in numbers:
        if rows and rows[-1][-1] == number - 1:
            rows[-1].append(number)
        else:
            rows.append([number])
    told = []
    for row in rows:
        names = [f"{prefix}{number}" for number in row]
        told.append(", ".join(names) if len(row) < 3 else f"{names[0]}–{names[-1]}")
    return ", ".join(told)


def span_text(span: Span, tz: str) -> str:
    """A stretch on the wall clock of a zone, shortly: 2026-10-13 08:00 – 09:30, or – 10-14 06:00.

    How far the clock is from UTC stands in it only where that changes in between; whatever holds it names the zone.
    """
    (day, begin, offset), (last, end, other) = (instant_text(at_s, tz).split(" ") for at_s in span)
    if offset != other:
        return f"{day} {begin} {offset} – {last} {end} {other}"
    if day == last:
        return f"{day} {begin} – {end}"
    return f"{day} {begin} – {last if last[:4] != day[:4] else last[5:]} {end}"


def page_sheets(page: Page, language: Language) -> tuple[Sheet, ...]:
    """The page of an objection: what was seen, the neighbours, what was excluded or planned, the tickets."""
    return (
        _runs_sheet(page, language),
        _together_sheet(page, language),
        _neighbours_sheet(page, language),
        _around_sheet(page, language),
        _tickets_sheet(page, language),
    )


def effect_sheet(found: Effect, language: Language) -> Sheet:
    """The rates of the camera and of the whole, before and after."""
    sides = ("point_before", "point_after", "whole_before", "whole_after")
    four = (found.point_before, found.point_after, found.whole_before, found.whole_after)
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (DEFINITIONS[metric].name.of(language), *(figure(metric, sums) for sums in four)) for metric in EFFECT
    )
    headings = (
        Heading(word("figure", language)),
        *(Heading(text_of(side, language), Kind.FIGURE) for side in sides),
    )
    return Sheet("effect", text_of("effect", language), headings, rows)


def _runs_sheet(page: Page, language: Language) -> Sheet:
    rows = tuple(
        (
            LANES[one.lane].of(language),
            one.a,
            one.b,
            _state(one, language),
            ", ".join(what_words(reason, language) for reason in one.reasons),
            ", ".join(one.probers),
            "; ".join(one.remarks),
        )
        for one in page.stretches
    )
    headings = (
        Heading(text_of("lane", language)),
        Heading(word("from", language), Kind.INSTANT),
        Heading(word("to", language), Kind.INSTANT),
        *(Heading(text_of(key, language)) for key in ("state", "outcome", "prober")),
        Heading(text_of("remark", language), wide=True),
    )
    return Sheet("runs", text_of("runs", language), headings, rows)


def _state(one: Stretch, language: Language) -> str:
    return text_of({None: "unknown", State.UP: "up", State.DOWN: "down"}[one.state], language)


SAYS: Final = {
    "nothing is known of the neighbours": "邻近摄像机状态未知",
    "alone: the neighbours were up": "仅本机离线，邻近摄像机均在线",
    "with all its neighbours": "与邻近摄像机全部同时离线",
    "with some of its neighbours": "与部分邻近摄像机同时离线",
}
"""What Together.says, in Chinese; a test holds the two equal."""


def _together_sheet(page: Page, language: Language) -> Sheet:
    rows = tuple(
        (one.a, one.b, one.up, one.down, one.unknown, SAYS[one.says] if language is Language.ZH else one.says)
        for one in page.together
    )
    headings = (
        Heading(word("from", language), Kind.INSTANT),
        Heading(word("to", language), Kind.INSTANT),
        *(Heading(text_of(key, language), Kind.WHOLE) for key in ("up", "down", "unknown")),
        Heading(text_of("says", language), wide=True),
    )
    return Sheet("together", text_of("together", language), headings, rows)


def _neighbours_sheet(page: Page, language: Language) -> Sheet:
    rows = tuple(
        (one.name, one.code, one.up_s / 3600, one.down_s / 3600, one.unknown_s / 3600)
        for one in page.neighbours
    )
    headings = (
        Heading(word("camera", language)),
        Heading(word("code", language)),
        *(Heading(text_of(key, language), Kind.HOURS) for key in ("up_h", "down_h", "unknown_h")),
    )
    title = text_of("no_neighbours", language)
    if page.near is not Near.NONE:
        title = text_of("neighbours", language).format(near=NEAR[page.near].of(language), thing=page.thing)
    return Sheet("neighbours", title, headings, rows)


def _around_sheet(page: Page, language: Language) -> Sheet:
    rows = tuple(
        (
            str(one.plan_id or ""),
            one.kind,
            one.a,
            one.b,
            one.author,
            f"{one.reason} ({text_of('waiting', language)})" if one.waits else one.reason,
        )
        for one in page.around
    )
    headings = (
        Heading(text_of("no", language)),
        Heading(text_of("kind", language)),
        Heading(word("from", language), Kind.INSTANT),
        Heading(word("to", language), Kind.INSTANT),
        Heading(word("author", language)),
        Heading(word("reason", language), wide=True),
    )
    return Sheet("around", text_of("around", language), headings, rows)


def _tickets_sheet(page: Page, language: Language) -> Sheet:
    rows = tuple(
        (
            str(one.ticket_id),
            one.cause,
            what_words(one.what, language),
            one.stage,
            one.onset_s,
            one.opened_s,
            one.ended_s,
        )
        for one in page.tickets
    )
    headings = (
        Heading(text_of("no", language)),
        Heading(text_of("because", language)),
        Heading(text_of("outcome", language)),
        Heading(text_of("stage", language)),
        Heading(word("from", language), Kind.INSTANT),
        Heading(text_of("opened", language), Kind.INSTANT),
        Heading(text_of("ended", language), Kind.INSTANT),
    )
    return Sheet("tickets", text_of("tickets", language), headings, rows)
