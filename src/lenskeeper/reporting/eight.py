"""The eight-o'clock page: five figures, three sentences, the three worst. One page, made of facts alone.

The figures are those of the reports, with their definitions; the sentences are put together from numbers and names, so
two people who read the page on one morning have read the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from lenskeeper.base.days import date_of, local_day, zone_of
from lenskeeper.base.languages import Language, Words
from lenskeeper.reporting.definitions import DEFINITIONS, NO_DATA, Figure, Metric
from lenskeeper.reporting.handover import Work, cause_text, is_overdue
from lenskeeper.reporting.tables import Heading, Kind, Sheet, figure_text, instant_text, percent_hundredths
from lenskeeper.reporting.words import word
from lenskeeper.tickets.states import Stage
from lenskeeper.tickets.words import desk_words, what_words

WORST: Final = 3
DAY_S: Final = 86_400
NAME_CHARS_MAX: Final = 60  # longer ones are cut: the page is one page


@dataclass(frozen=True, slots=True)
class Standing:
    """A live ticket. ill: cameras that are not well. lost_s: camera-seconds that it cost in the last 24 h.

    until_s: when its pause was promised to end; None: none runs, or nobody promised.
    """

    work: Work
    unit: str
    onset_s: int
    ill: int
    lost_s: int
    is_paused: bool = False
    until_s: int | None = None


@dataclass(frozen=True, slots=True)
class DayFigures:
    """The figures of one local day."""

    online: Figure
    coverage: Figure
    integrity: Figure
    integrity_coverage: Figure


@dataclass(frozen=True, slots=True)
class Cameras:
    """How the cameras in service stand at this moment; what is neither up nor down is unknown."""

    in_service: int
    up: int
    down: int

    @property
    def unknown(self) -> int:
        """Nothing fresh is known of them."""
        return self.in_service - self.up - self.down


@dataclass(frozen=True, slots=True)
class EightBooks:
    """What the books say. live: every open ticket. opened, repaired, by_itself, cancelled: in the last 24 h.

    pauses_today, owed_today: pauses and inherited faults promised for today.
    """

    yesterday: DayFigures
    before: DayFigures
    cameras: Cameras
    live: Sequence[Standing]
    opened: int
    repaired: int
    by_itself: int
    cancelled: int
    pauses_today: int
    owed_today: int
    storm_since_s: int | None = None


@dataclass(frozen=True, slots=True)
class Eight:
    """The page. made_at_s: when the books were read. worst: by lost camera-hours of the last 24 h, the most first."""

    made_at_s: int
    tz: str
    unit: str
    exercise: bool
    yesterday: DayFigures
    before: DayFigures
    cameras: Cameras
    open_causes: int
    held: int
    overdue: int
    opened: int
    repaired: int
    by_itself: int
    cancelled: int
    biggest: Standing | None
    due_today: tuple[Work, ...]
    pauses_today: int
    owed_today: int
    worst: tuple[Standing, ...]
    storm_since_s: int | None


def eight_of(books: EightBooks, *, made_at_s: int, tz: str, unit: str, exercise: bool) -> Eight:
    """The page of this moment."""
    running = [each for each in books.live if not each.is_paused]
    today = local_day(made_at_s, tz)
    due = [
        each.work
        for each in running
        if each.work.stage != Stage.DONE
        and each.work.restore_by_s > made_at_s
        and local_day(each.work.restore_by_s, tz) == today
    ]
    biggest = max(
        (each for each in books.live if each.ill),
        key=lambda each: (each.ill, each.lost_s, -each.work.ticket_id),
        default=None,
    )
    worst = sorted(
        (each for each in books.live if each.lost_s), key=lambda each: (-each.lost_s, each.work.ticket_id)
    )
    return Eight(
        made_at_s=made_at_s,
        tz=tz,
        unit=unit,
        exercise=exercise,
        yesterday=books.yesterday,
        before=books.before,
        cameras=books.cameras,
        open_causes=len(books.live),
        held=sum(each.work.is_held for each in books.live),
        overdue=sum(is_overdue(each.work, made_at_s) for each in running),
        opened=books.opened,
        repaired=books.repaired,
        by_itself=books.by_itself,
        cancelled=books.cancelled,
        biggest=biggest,
        due_today=tuple(sorted(due, key=lambda work: (work.restore_by_s, work.ticket_id))),
        pauses_today=books.pauses_today,
        owed_today=books.owed_today,
        worst=tuple(worst[:WORST]),
        storm_since_s=books.storm_since_s,
    )


# ---- in words

TEXT: Final = {
    "title": Words("八点简报", "Eight o'clock"),
    "open": Words("在办原因", "open causes"),
    "open_beside": Words("其中暂缓派单 {n}", "{n} held back"),
    "overdue": Words("超时", "overdue"),
    "overdue_beside": Words("不含暂停计时的工单", "paused ones not counted"),
    "down": Words("当前离线", "cameras down now"),
    "down_beside": Words("在用 {all} 台，未知 {unknown} 台", "of {all} in service, {unknown} unknown"),
    "yesterday": Words("昨日", "yesterday"),
    "worst": Words("损失最多的三个原因（近 24 小时）", "The three worst of the last 24 h"),
    "cause": Words("原因", "cause"),
    "unit": Words("单位", "unit"),
    "what": Words("现象", "what it shows"),
    "cameras": Words("摄像机", "cameras"),
    "lost": Words("损失（摄像机·小时）", "camera-hours lost"),
    "desk": Words("责任方", "desk"),
    "promised": Words("承诺", "promised"),
    "promise": Words("承诺 {at}", "promised {at}"),
    "due": Words("应于 {at} 前恢复", "due {at}"),
    "late": Words("已超时，应于 {at} 前恢复", "overdue since {at}"),
    "no_promise": Words("暂停中，未承诺日期", "paused, no date promised"),
    "none": Words("没有在办原因造成损失。", "No open cause has cost anything."),
    "made": Words("编制", "made"),
    "all": Words("全部单位", "all units"),
    "definitions": Words("口径", "how it is counted"),
}  # fmt: skip


def text(key: str, language: Language) -> str:
    """One text of the page."""
    return TEXT[key].of(language)


def figures(page: Eight, language: Language) -> list[tuple[str, str, str]]:
    """The five: name, value, and what it must not be read without."""
    day = page.yesterday
    return [
        _day_figure(day.online, day.coverage, language),
        _day_figure(day.integrity, day.integrity_coverage, language),
        (
            text("open", language),
            f"{page.open_causes:,}",
            text("open_beside", language).format(n=f"{page.held:,}"),
        ),
        (text("overdue", language), f"{page.overdue:,}", text("overdue_beside", language)),
        (
            text("down", language),
            f"{page.cameras.down:,}",
            text("down_beside", language).format(
                all=f"{page.cameras.in_service:,}", unknown=f"{page.cameras.unknown:,}"
            ),
        ),
    ]


def _day_figure(one: Figure, beside: Figure, language: Language) -> tuple[str, str, str]:
    name = DEFINITIONS[one.metric].name.of(language)
    named = f"{text('yesterday', language)}{name}" if language is Language.ZH else f"{name}, yesterday"
    with_ = f"{DEFINITIONS[beside.metric].name.of(language)} {figure_text(beside, language)}"
    return named, figure_text(one, language), with_


def sentences(page: Eight, language: Language) -> tuple[str, str, str]:
    """What changed since yesterday; what is biggest; what falls due today."""
    zh = language is Language.ZH
    return (
        _changed_zh(page) if zh else _changed_en(page),
        _biggest_zh(page) if zh else _biggest_en(page),
        _due_zh(page) if zh else _due_en(page),
    )


def _step(page: Eight) -> int | None:
    """By how many hundredths of a per cent the online rate moved; None where one of the two days has none."""
    now, then = percent_hundredths(page.yesterday.online), percent_hundredths(page.before.online)
    return None if now is None or then is None else now - then


def _points(hundredths: int) -> str:
    return f"{abs(hundredths) // 100}.{abs(hundredths) % 100:02d}"


def _changed_zh(page: Eight) -> str:
    rate, step = figure_text(page.yesterday.online, Language.ZH), _step(page)
    if page.yesterday.online.value is None:
        head = "昨日在线率无数据"
    elif step is None:
        head = f"昨日在线率 {rate}（前一日无数据）"
    elif step == 0:
        head = f"昨日在线率 {rate}，与前一日持平"
    else:
        head = f"昨日在线率 {rate}，比前一日{'上升' if step > 0 else '下降'} {_points(step)} 个百分点"
    closed = page.repaired + page.by_itself
    tail = f"近 24 小时新建工单 {page.opened} 个，恢复 {closed} 个（其中自行恢复 {page.by_itself} 个）"
    return f"{head}；{tail}{f'，取消 {page.cancelled} 个' if page.cancelled else ''}。"


def _changed_en(page: Eight) -> str:
    rate, step = figure_text(page.yesterday.online, Language.EN), _step(page)
    if page.yesterday.online.value is None:
        head = f"The online rate of yesterday has {NO_DATA.en}"
    elif step is None:
        head = f"The online rate of yesterday was {rate}, and the day before has {NO_DATA.en}"
    elif step == 0:
        head = f"The online rate of yesterday was {rate}, as on the day before"
    else:
        way = "more" if step > 0 else "less"
        head = f"The online rate of yesterday was {rate}, {_points(step)} points {way} than the day before"
    closed = page.repaired + page.by_itself
    tail = f"in the last 24 h {_count(page.opened, 'ticket')} came and {closed} went, {page.by_itself} by themselves"
    return f"{head}; {tail}{f'; {page.cancelled} were cancelled' if page.cancelled else ''}."


def _count(n: int, thing: str) -> str:
    return f"{n:,} {thing}{'s' * (n != 1)}"


def _biggest_zh(page: Eight) -> str:
    storm = (
        ""
        if page.storm_since_s is None
        else f"自 {_short(page.storm_since_s, page)} 起暂停派单（大面积故障）；"
    )
    one = page.biggest
    if one is None:
        return f"{storm}没有使摄像机失效的在办原因。"
    what = what_words(one.work.what, Language.ZH)
    return (
        f"{storm}最大的原因是{_cut(cause_text(one.work.kind, one.work.name, Language.ZH))}"
        f"{f'（{_cut(one.unit)}）' if one.unit else ''}：自 {_short(one.onset_s, page)} 起 {one.ill:,} 台{what}，"
        f"责任方{desk_words(one.work.desk, Language.ZH)}，{promise(one, page, Language.ZH)}。"
    )


def _biggest_en(page: Eight) -> str:
    storm = (
        ""
        if page.storm_since_s is None
        else f"Dispatch is held since {_short(page.storm_since_s, page)} (storm); "
    )
    one = page.biggest
    if one is None:
        said = "no open cause keeps a camera from working."
        return storm + (said if storm else said[0].upper() + said[1:])
    head = "the biggest cause is" if storm else "The biggest cause is"
    what = what_words(one.work.what, Language.EN)
    return (
        f"{storm}{head} {_cut(cause_text(one.work.kind, one.work.name, Language.EN))}"
        f"{f' in {_cut(one.unit)}' if one.unit else ''}: {_count(one.ill, 'camera')} with {what} since "
        f"{_short(one.onset_s, page)}, with {desk_words(one.work.desk, Language.EN)}, {promise(one, page, Language.EN)}."
    )


def _due_zh(page: Eight) -> str:
    parts = []
    if page.due_today:
        first = page.due_today[0]
        at = _clock(first.restore_by_s, page)
        parts.append(f"{len(page.due_today)} 个工单到期，最早 {at}（#{first.ticket_id}）")
    if page.pauses_today:
        parts.append(f"{page.pauses_today} 个暂停承诺结束")
    if page.owed_today:
        parts.append(f"{page.owed_today} 台遗留故障承诺恢复")
    return f"今日：{'，'.join(parts)}。" if parts else "今日没有到期事项。"


def _due_en(page: Eight) -> str:
    parts = []
    if page.due_today:
        first = page.due_today[0]
        at = _clock(first.restore_by_s, page)
        parts.append(f"{_count(len(page.due_today), 'ticket')} due, the first at {at} (#{first.ticket_id})")
    if page.pauses_today:
        parts.append(f"{_count(page.pauses_today, 'pause')} promised to end")
    if page.owed_today:
        parts.append(f"{_count(page.owed_today, 'inherited fault')} promised to be gone")
    return f"Today: {', '.join(parts)}." if parts else "Nothing falls due today."


def promise(one: Standing, page: Eight, language: Language) -> str:
    """The date that stands: what was promised in a pause, else the contract's clock."""
    if one.is_paused:
        if one.until_s is None:
            return text("no_promise", language)
        return text("promise", language).format(at=_short(one.until_s, page))
    key = "late" if is_overdue(one.work, page.made_at_s) else "due"
    return text(key, language).format(at=_short(one.work.restore_by_s, page))


def _short(at_s: int, page: Eight) -> str:
    return f"{datetime.fromtimestamp(at_s, zone_of(page.tz)):%m-%d %H:%M}"


def _clock(at_s: int, page: Eight) -> str:
    return f"{datetime.fromtimestamp(at_s, zone_of(page.tz)):%H:%M}"


def _cut(name: str) -> str:
    return name if len(name) <= NAME_CHARS_MAX else name[: NAME_CHARS_MAX - 1] + "…"


def worst_sheet(page: Eight, language: Language) -> Sheet:
    """The three worst, with cause and date."""
    rows = tuple(
        (
            f"#{one.work.ticket_id} {_cut(cause_text(one.work.kind, one.work.name, language))}",
            _cut(one.unit),
            what_words(one.work.what, language),
            one.ill,
            one.lost_s / 3600,
            desk_words(one.work.desk, language),
            promise(one, page, language),
        )
        for one in page.worst
    )
    headings = (
        Heading(text("cause", language), wide=True),
        Heading(text("unit", language)),
        Heading(text("what", language)),
        Heading(text("cameras", language), Kind.WHOLE),
        Heading(text("lost", language), Kind.HOURS),
        Heading(text("desk", language)),
        Heading(text("promised", language), wide=True),
    )
    return Sheet("worst_three", text("worst", language), headings, rows)


def title_of(page: Eight, language: Language) -> str:
    """八点简报 2026-11-24"""
    return f"{text('title', language)}  {date_of(local_day(page.made_at_s, page.tz)).isoformat()}"


def data_of(page: Eight, language: Language) -> dict[str, Any]:
    """The page for programs: whole numbers, instants as UTC seconds, and the sentences as people read them."""
    day = page.yesterday
    return {
        "made_at_s": page.made_at_s,
        "day": date_of(local_day(page.made_at_s, page.tz)).isoformat(),
        "tz": page.tz,
        "unit": page.unit,
        "exercise": page.exercise,
        "figures": {
            **{
                one.metric.value: {"numerator": one.numerator, "denominator": one.denominator}
                for one in (day.online, day.coverage, day.integrity, day.integrity_coverage)
            },
            "open_causes": page.open_causes,
            "held": page.held,
            "overdue": page.overdue,
            "cameras_down": page.cameras.down,
            "cameras_unknown": page.cameras.unknown,
            "cameras_in_service": page.cameras.in_service,
        },
        "sentences": list(sentences(page, language)),
        "worst": [
            {
                "ticket": one.work.ticket_id,
                "cause": one.work.kind,
                "name": one.work.name,
                "unit": one.unit,
                "what": one.work.what,
                "cameras": one.ill,
                "lost_s": one.lost_s,
                "desk": one.work.desk,
                "restore_by_s": one.work.restore_by_s,
                "promised_s": one.until_s if one.is_paused else None,
                "paused": one.is_paused,
            }
            for one in page.worst
        ],
    }


def document_of(page: Eight, language: Language) -> dict[str, Any]:
    """All that the layout eight.typ shows, as text."""
    sheet = worst_sheet(page, language)
    rows = [[cell if isinstance(cell, str) else _number(cell) for cell in row] for row in sheet.rows]
    metrics = (Metric.ONLINE, Metric.INTEGRITY)
    joint = "：" if language is Language.ZH else ": "
    return {
        "lang": "zh" if language is Language.ZH else "en",
        "title": text("title", language),
        "day": date_of(local_day(page.made_at_s, page.tz)).isoformat(),
        "unit": _cut(page.unit) or text("all", language),
        "exercise": word("exercise", language) if page.exercise else "",
        "cards": [
            [name, _unbroken(value), _unbroken(beside)] for name, value, beside in figures(page, language)
        ],
        "sentences": list(sentences(page, language)),
        "worst_title": sheet.title,
        "headings": [heading.title for heading in sheet.headings],
        "rows": rows,
        "none": text("none", language),
        "made": f"{text('made', language)} {instant_text(page.made_at_s, page.tz)}",
        "definitions": [
            f"{DEFINITIONS[metric].name.of(language)}{joint}{DEFINITIONS[metric].meaning.of(language)}"
            for metric in metrics
        ],
    }


def _unbroken(figure: str) -> str:
    """A figure and its per cent on one line."""
    return figure.replace(" %", "\u00a0%")


def _number(cell: object) -> str:
    return f"{cell:,}" if isinstance(cell, int) else f"{cell:,.1f}"
