"""A shift handed over: what came, what went, what is late, what was promised; frozen, with two names under it.

The sums are counted from the lines themselves, so that nobody is told of five overdue tickets and shown four.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from lenskeeper.base.days import date_of
from lenskeeper.base.errors import Invalid
from lenskeeper.base.languages import Language, Words
from lenskeeper.reporting.snapshots import HASH_SHOWN_CHARS
from lenskeeper.reporting.tables import Cell, Heading, Kind, Sheet, instant_text, plain_rows
from lenskeeper.reporting.words import word
from lenskeeper.tickets.states import Resolution, Stage, Step
from lenskeeper.tickets.words import cause_words, desk_words, what_words

EDITION: Final = 1  # of the frozen form
LINES_MAX: Final = 500  # of one list; a shift with more is a storm, and the count says so
SHIFT_S_MAX: Final = 7 * 86_400
NAME_CHARS_MAX: Final = 60
PROMISES_DAYS: Final = 7  # how far ahead agreed days of the backlog are told
CLOSING: Final = {
    Step.VERIFY: Resolution.REPAIRED,
    Step.RECOVER: Resolution.BY_ITSELF,
    Step.CANCEL: Resolution.CANCELLED,
}


@dataclass(frozen=True, slots=True)
class Work:
    """A ticket as a line. name: of the thing, or of the camera. cameras: that have not left it."""

    ticket_id: int
    kind: str
    name: str
    what: str
    klass: int
    cameras: int
    desk: str
    stage: str
    opened_s: int
    restore_by_s: int
    ended_s: int | None = None
    finished_s: int | None = None
    is_held: bool = False


@dataclass(frozen=True, slots=True)
class Halted:
    """A ticket whose clocks stand. until_s: when the pause was promised to end; None: nobody promised."""

    work: Work
    from_s: int
    until_s: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Question:
    """A ticket that one desk says is another's, unanswered."""

    work: Work
    from_desk: str
    to_desk: str
    reason: str
    asked_s: int
    answer_by_s: int


@dataclass(frozen=True, slots=True)
class OwedDay:
    """So many inherited faults of a unit that shall be gone by a local day."""

    day: int
    unit: str
    cameras: int


@dataclass(frozen=True, slots=True)
class Turned:
    """The last step within the shift that closed a ticket or broke it again."""

    work: Work
    step: Step
    at_s: int


@dataclass(frozen=True, slots=True)
class ShiftBooks:
    """What the books say, before it is sorted.

    opened: in the shift. turned: closed, or failed again, in the shift. open: all that are not over at its end.
    halted: those whose clocks stand then. owed: agreed days from the shift's last day on.
    """

    opened: Sequence[Work]
    turned: Sequence[Turned]
    open: Sequence[Work]
    halted: Sequence[Halted]
    questions: Sequence[Question]
    owed: Sequence[OwedDay]
    storm_since_s: int | None = None


@dataclass(frozen=True, slots=True)
class Shift:
    """What is handed over, of [from_s, to_s) UTC seconds, of a unit (empty: all). Lists are cut at LINES_MAX, counts are not.

    still_open: how many tickets go on. next_to_s: when the next shift ends; a pause that ends before is theirs to see.
    ending:     pauses that are promised to end in the next shift. promised: those promised for later.
    counts:     by the name of the list, before it was cut.
    """

    from_s: int
    to_s: int
    next_to_s: int
    tz: str
    unit: str
    exercise: bool
    still_open: int
    storm_since_s: int | None
    opened: tuple[Work, ...]
    repaired: tuple[Work, ...]
    by_itself: tuple[Work, ...]
    cancelled: tuple[Work, ...]
    failed_again: tuple[Work, ...]
    overdue: tuple[Work, ...]
    ending: tuple[Halted, ...]
    promised: tuple[Halted, ...]
    unpromised: tuple[Halted, ...]
    owed: tuple[OwedDay, ...]
    questions: tuple[Question, ...]
    counts: dict[str, int]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Handover:
    """A shift with the two names under it. signed_s: by our clock, as the second was given."""

    shift: Shift
    giver: str
    taker: str
    signed_s: int
    edition: int = EDITION


@dataclass(frozen=True, slots=True)
class Signed:
    """A handover as its bytes. number: None where it is not in the books yet. sha256: of the body, 64 digits."""

    handover: Handover
    body: bytes
    sha256: str
    number: int | None = None


def shift_of(
    books: ShiftBooks,
    *,
    from_s: int,
    to_s: int,
    tz: str,
    unit: str,
    exercise: bool,
    notes: Sequence[str] = (),
) -> Shift:
    """The shift sorted into its lists. Invalid: it ends before it begins, or is longer than a week."""
    if not 0 < to_s - from_s <= SHIFT_S_MAX:
        raise Invalid("a shift lasts from a second to seven days: give --from and --until", field="from")
    next_to_s = to_s + (to_s - from_s)
    standing = {halted.work.ticket_id for halted in books.halted}
    closed = {
        resolution: sorted(
            (each.work for each in books.turned if CLOSING.get(each.step) is resolution), key=_number
        )
        for resolution in CLOSING.values()
    }
    soon = [each for each in books.halted if each.until_s is not None and each.until_s < next_to_s]
    later = [each for each in books.halted if each.until_s is not None and each.until_s >= next_to_s]
    lists: dict[str, Sequence[Any]] = {
        "opened": sorted(books.opened, key=_number),
        "repaired": closed[Resolution.REPAIRED],
        "by_itself": closed[Resolution.BY_ITSELF],
        "cancelled": closed[Resolution.CANCELLED],
        "failed_again": sorted((e.work for e in books.turned if e.step is Step.FAIL), key=_number),
        "overdue": sorted(
            (each for each in books.open if is_overdue(each, to_s) and each.ticket_id not in standing), key=_clock
        ),
        "ending": sorted(soon, key=_until),
        "promised": sorted(later, key=_until),
        "unpromised": sorted((e for e in books.halted if e.until_s is None), key=lambda e: e.from_s),
        "owed": sorted(books.owed, key=lambda e: (e.day, e.unit)),
        "questions": sorted(books.questions, key=lambda e: (e.answer_by_s, e.work.ticket_id)),
    }  # fmt: skip
    return Shift(
        from_s=from_s,
        to_s=to_s,
        next_to_s=next_to_s,
        tz=tz,
        unit=unit,
        exercise=exercise,
        still_open=len(books.open),
        storm_since_s=books.storm_since_s,
        **{name: tuple(found[:LINES_MAX]) for name, found in lists.items()},
        counts={name: len(found) for name, found in lists.items()},
        notes=tuple(notes),
    )


def is_overdue(work: Work, at_s: int) -> bool:
    """Whether it should have worked by then. What somebody finished in time waits for looks, and is not late."""
    if work.stage == Stage.DONE and work.finished_s is not None:
        return work.finished_s > work.restore_by_s
    return work.restore_by_s <= at_s


def _number(work: Work) -> int:
    return work.ticket_id


def _clock(work: Work) -> tuple[int, int]:
    return work.restore_by_s, work.ticket_id


def _until(halted: Halted) -> tuple[int, int]:
    assert halted.until_s is not None
    return halted.until_s, halted.work.ticket_id


def signed(shift: Shift, *, giver: str, taker: str, signed_s: int) -> Signed:
    """The shift with two names, frozen: UTF-8 JSON, keys sorted, no float. Invalid: a name is missing, or both are one."""
    names = [" ".join(name.split()) for name in (giver, taker)]
    for name, field in zip(names, ("giver", "taker"), strict=True):
        if not name or len(name) > NAME_CHARS_MAX:
            raise Invalid(f"give the account of the {field}: --{field} NAME", field=field)
    if names[0].casefold() == names[1].casefold():
        raise Invalid(
            f"{names[0]} cannot hand over to {names[1]}: two people sign, giver and taker", field="taker"
        )
    handover = Handover(shift, names[0], names[1], signed_s)
    body = msgspec.json.encode(handover, order="sorted")
    return Signed(handover, body, hashlib.sha256(body).hexdigest())


def thawed(body: bytes, number: int | None = None) -> Signed:
    """A handover read back from its bytes. msgspec.ValidationError: they are none of this edition."""
    return Signed(msgspec.json.decode(body, type=Handover), body, hashlib.sha256(body).hexdigest(), number)


# ---- in words

TEXT: Final = {
    "title": Words("值班交接单", "Shift handover"),
    "shift": Words("班次", "shift"),
    "unit": Words("单位", "unit"),
    "all": Words("全部单位", "all units"),
    "still_open": Words("在办工单", "tickets that go on"),
    "storm": Words("暂停派单（大面积故障）自", "dispatch is held (storm) since"),
    "opened": Words("新建", "Opened"),
    "repaired": Words("已修复并核实", "Repaired and verified"),
    "by_itself": Words("自行恢复", "Recovered by itself"),
    "cancelled": Words("已取消", "Cancelled"),
    "failed_again": Words("修复后再次故障", "Failed again"),
    "overdue": Words("超时", "Overdue"),
    "ending": Words("下一班内到期的暂停", "Pauses that end in the next shift"),
    "promised": Words("承诺更晚恢复的暂停", "Pauses promised for later"),
    "unpromised": Words("未承诺结束时间的暂停", "Pauses without a promised end"),
    "owed": Words("约定日期的遗留故障（七日内）", "Inherited faults with an agreed day (seven days ahead)"),
    "questions": Words("等待答复的转交", "Handings that wait for an answer"),
    "notes": Words("交班说明", "Notes of who hands over"),
    "note": Words("说明", "note"),
    "ticket": Words("工单", "ticket"),
    "cause": Words("原因", "cause"),
    "what": Words("现象", "what it shows"),
    "class": Words("类别", "class"),
    "cameras": Words("摄像机", "cameras"),
    "desk": Words("责任方", "desk"),
    "restore_by": Words("应恢复", "restore by"),
    "closed_at": Words("结束", "ended"),
    "until": Words("承诺结束", "promised end"),
    "since": Words("自", "since"),
    "reason": Words("原因说明", "reason"),
    "from_desk": Words("转出方", "from"),
    "to_desk": Words("转入方", "to"),
    "answer_by": Words("应答复", "answer by"),
    "day": Words("日期", "day"),
    "giver": Words("交班人", "handed over by"),
    "taker": Words("接班人", "taken over by"),
    "signed": Words("签署", "signed"),
    "unsigned": Words("未签署", "not signed"),
    "summary": Words("汇总", "In short"),
    "item": Words("项目", "item"),
    "count": Words("数量", "count"),
    "more": Words("另有 {n} 项未列出。", "{n} more are not listed."),
    "number": Words("编号", "number"),
}  # fmt: skip
LISTS: Final = (
    "overdue", "ending", "promised", "unpromised", "questions", "owed", "opened", "repaired", "by_itself", "cancelled",
    "failed_again",
)  # fmt: skip
"""In the order of the page: what the next shift must do, then what this one did."""


def text(key: str, language: Language) -> str:
    """One text of the handover."""
    return TEXT[key].of(language)


def cause_text(kind: str, name: str, language: Language) -> str:
    """switch North gate"""
    return f"{cause_words(kind, language)} {name}".strip()


def sheets_of(shift: Shift, language: Language) -> tuple[Sheet, ...]:
    """The sums, the notes, and each list, in the order of LISTS."""
    notes = Sheet(
        "notes",
        text("notes", language),
        (Heading(text("note", language), wide=True),),
        tuple((note,) for note in shift.notes),
    )
    lists = [_list(name, shift, language) for name in LISTS]
    return (summary_sheet(shift, language), *((notes,) if shift.notes else ()), *lists)


def summary_sheet(shift: Shift, language: Language) -> Sheet:
    """How many of each, and how many go on."""
    rows = [(text(name, language), shift.counts[name]) for name in LISTS]
    rows.append((text("still_open", language), shift.still_open))
    headings = (Heading(text("item", language)), Heading(text("count", language), Kind.WHOLE))
    return Sheet("summary", text("summary", language), headings, tuple(rows))


def _list(name: str, shift: Shift, language: Language) -> Sheet:
    found: Sequence[Any] = getattr(shift, name)
    left = shift.counts[name] - len(found)
    note = text("more", language).format(n=left) if left else ""
    extra: tuple[tuple[str, Kind], ...]
    rows: list[tuple[Cell, ...]]
    match name:
        case "ending" | "promised" | "unpromised":
            extra = (("until", Kind.INSTANT), ("since", Kind.INSTANT), ("reason", Kind.TEXT))
            rows = [(*_cells(one.work, language), one.until_s, one.from_s, one.reason) for one in found]
        case "questions":
            extra = (
                ("from_desk", Kind.TEXT),
                ("to_desk", Kind.TEXT),
                ("answer_by", Kind.INSTANT),
                ("reason", Kind.TEXT),
            )
            rows = [
                (
                    *_cells(one.work, language),
                    desk_words(one.from_desk, language),
                    desk_words(one.to_desk, language),
                    one.answer_by_s,
                    one.reason,
                )
                for one in found
            ]
        case "owed":
            of_days = (
                Heading(text("day", language)),
                Heading(text("unit", language)),
                Heading(text("cameras", language), Kind.WHOLE),
            )
            days = tuple((date_of(one.day).isoformat(), one.unit, one.cameras) for one in found)
            return Sheet(name, text(name, language), of_days, days, note)
        case "repaired" | "by_itself" | "cancelled":
            extra = (("desk", Kind.TEXT), ("closed_at", Kind.INSTANT))
            rows = [(*_cells(one, language), desk_words(one.desk, language), one.ended_s) for one in found]
        case _:
            extra = (("desk", Kind.TEXT), ("restore_by", Kind.INSTANT))
            rows = [
                (*_cells(one, language), desk_words(one.desk, language), one.restore_by_s) for one in found
            ]
    headings = (
        Heading(text("ticket", language)),
        Heading(text("cause", language), wide=True),
        Heading(text("what", language)),
        Heading(text("class", language)),
        Heading(text("cameras", language), Kind.WHOLE),
        *(Heading(text(key, language), kind, wide=key == "reason") for key, kind in extra),
    )
    return Sheet(name, text(name, language), headings, tuple(rows), note)  # fmt: skip


def _cells(work: Work, language: Language) -> tuple[str, str, str, str, int]:
    roman = "I" * work.klass
    klass = "一二三"[work.klass - 1] + "类" if language is Language.ZH else roman
    what = what_words(work.what, language)
    return f"#{work.ticket_id}", cause_text(work.kind, work.name, language), what, klass, work.cameras


def facts_of(shift: Shift, done: Signed | None, language: Language) -> list[tuple[str, str]]:
    """What stands above the lists."""
    facts = [
        (text("unit", language), shift.unit or text("all", language)),
        (text("shift", language), f"{instant_text(shift.from_s, shift.tz)}  –  {instant_text(shift.to_s, shift.tz)}"),
    ]  # fmt: skip
    if shift.storm_since_s is not None:
        facts.append((text("storm", language), instant_text(shift.storm_since_s, shift.tz)))
    if done is None:
        return [*facts, (text("signed", language), text("unsigned", language))]
    of = done.handover
    number = [] if done.number is None else [(text("number", language), str(done.number))]
    return [
        *number,
        *facts,
        (text("giver", language), of.giver),
        (text("taker", language), of.taker),
        (text("signed", language), instant_text(of.signed_s, shift.tz)),
        ("SHA-256", done.sha256),
    ]


def document_of(shift: Shift, done: Signed | None, language: Language) -> dict[str, Any]:
    """All that the layout handover.typ shows, as text."""
    filled = [sheet for sheet in sheets_of(shift, language)[1:] if sheet.rows]
    empty = [text(name, language) for name in LISTS if not shift.counts[name]]
    joint = "、" if language is Language.ZH else "; "
    return {
        "lang": "zh" if language is Language.ZH else "en",
        "title": text("title", language),
        "unit": shift.unit or text("all", language),
        "exercise": word("exercise", language) if shift.exercise else "",
        "exercise_note": word("exercise_note", language),
        "draft": "" if done else text("unsigned", language),
        "facts": [[*fact] for fact in facts_of(shift, done, language)],
        "cards": [
            [text(name, language), f"{count:,}"]
            for name, count in (
                ("opened", shift.counts["opened"]),
                ("repaired", shift.counts["repaired"]),
                ("by_itself", shift.counts["by_itself"]),
                ("overdue", shift.counts["overdue"]),
                ("still_open", shift.still_open),
            )
        ],
        "tables": [
            {
                "title": sheet.title,
                "note": sheet.note,
                "headings": [heading.title for heading in sheet.headings],
                "wide": [heading.wide for heading in sheet.headings],
                "right": [heading.kind is Kind.WHOLE for heading in sheet.headings],
                "rows": plain_rows(sheet, language, shift.tz),
            }
            for sheet in filled
        ],
        "none": [word("none", language), joint.join(empty)] if empty else [],
        "signatures": [
            [text("giver", language), done.handover.giver if done else ""],
            [text("taker", language), done.handover.taker if done else ""],
        ],
        "date": word("date", language),
        "footer": f"SHA-256 {done.sha256[:HASH_SHOWN_CHARS]}" if done else text("unsigned", language),
        "page": word("page", language),
    }


def owed_days(rows: Iterable[tuple[int | None, str]], from_day: int) -> list[OwedDay]:
    """The backlog by agreed day and unit, those that are late and those of PROMISES_DAYS ahead."""
    found: dict[tuple[int, str], int] = {}
    for day, unit in rows:
        if day is not None and day < from_day + PROMISES_DAYS:
            found[day, unit] = found.get((day, unit), 0) + 1
    return [OwedDay(day, unit, cameras) for (day, unit), cameras in sorted(found.items())]
