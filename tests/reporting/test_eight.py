"""Five figures, three sentences, three worst: one page, whatever the names, and every word from a fact."""

import io
import json
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from lenskeeper.base.days import day_span, local_instant
from lenskeeper.base.languages import Language
from lenskeeper.reporting.as_pdf import document_pdf
from lenskeeper.reporting.definitions import Figure, Metric
from lenskeeper.reporting.eight import (
    Cameras,
    DayFigures,
    Eight,
    EightBooks,
    Standing,
    data_of,
    document_of,
    eight_of,
    figures,
    sentences,
    worst_sheet,
)
from lenskeeper.reporting.handover import Work
from lenskeeper.tickets.states import Stage

TZ = "Asia/Shanghai"
DAY = 20_781  # 2026-11-24
AT = local_instant(DAY, 8 * 3_600, TZ)
END = day_span(DAY, TZ)[1]


def day(online: int, of: int = 10_000) -> DayFigures:
    return DayFigures(
        Figure(Metric.ONLINE, online, of), Figure(Metric.COVERAGE, 9_990, 10_000), Figure(Metric.INTEGRITY, 9_700, of),
        Figure(Metric.INTEGRITY_COVERAGE, 9_000, 10_000),
    )  # fmt: skip


def standing(number: int, ill: int = 1, lost_s: int = 3_600, **more: Any) -> Standing:
    work = Work(
        number,
        "switch",
        f"gate {number}",
        "timed_out",
        2,
        ill,
        "contractor",
        "assigned",
        AT - 9_000,
        AT + 9_000,
    )
    own = {k: more.pop(k) for k in list(more) if k in Standing.__dataclass_fields__}
    return Standing(replace(work, **more), "Harbour", AT - 17_280, ill, lost_s, **own)


NOTHING = EightBooks(day(9_912), day(9_947), Cameras(200, 190, 6), (), 12, 5, 4, 0, 0, 0)


def page(**more: Any) -> Eight:
    return eight_of(replace(NOTHING, **more), made_at_s=AT, tz=TZ, unit="临江市", exercise=False)


def test_the_five_figures_stand_beside_what_they_must_not_be_read_without() -> None:
    live = [
        standing(1), standing(2, is_held=True), standing(3, restore_by_s=AT), standing(4, restore_by_s=AT, is_paused=True),
    ]  # fmt: skip
    assert figures(page(live=live), Language.EN) == [
        ("online rate, yesterday", "99.12 %", "coverage 99.90 %"),
        ("picture integrity rate, yesterday", "97.00 %", "picture coverage 90.00 %"),
        ("open causes", "4", "1 held back"),
        ("overdue", "1", "paused ones not counted"),
        ("cameras down now", "6", "of 200 in service, 4 unknown"),
    ]


FIRST = [
    (
        day(9_912),
        day(9_947),
        "99.12 %, 0.35 points less than the day before",
        "99.12%，比前一日下降 0.35 个百分点",
    ),
    (
        day(9_947),
        day(9_912),
        "99.47 %, 0.35 points more than the day before",
        "99.47%，比前一日上升 0.35 个百分点",
    ),
    (day(9_912), day(9_912), "99.12 %, as on the day before", "99.12%，与前一日持平"),
    (day(9_912), day(0, 0), "99.12 %, and the day before has no data", "99.12%（前一日无数据）"),
    (day(0, 0), day(9_912), "The online rate of yesterday has no data", "昨日在线率无数据"),
]


@pytest.mark.parametrize(("yesterday", "before", "en", "zh"), FIRST)
def test_what_changed_since_yesterday(yesterday: DayFigures, before: DayFigures, en: str, zh: str) -> None:
    made = page(yesterday=yesterday, before=before)
    assert en in sentences(made, Language.EN)[0]
    assert zh in sentences(made, Language.ZH)[0]
    assert sentences(made, Language.EN)[0].endswith(
        "in the last 24 h 12 tickets came and 9 went, 4 by themselves."
    )
    assert sentences(made, Language.ZH)[0].endswith(
        "近 24 小时新建工单 12 个，恢复 9 个（其中自行恢复 4 个）。"
    )


def test_the_biggest_cause_is_the_one_with_most_cameras_ill_now() -> None:
    live = [
        standing(1, ill=3, lost_s=9_999_999),
        standing(2, ill=200),
        standing(3, ill=0, lost_s=9_999_999_999),
    ]
    made = page(live=live)
    assert sentences(made, Language.EN)[1] == (
        "The biggest cause is switch gate 2 in Harbour: 200 cameras with no answer since 11-24 03:12, with contractor, "
        "due 11-24 10:30."
    )
    assert sentences(made, Language.ZH)[1] == (
        "最大的原因是交换机 gate 2（Harbour）：自 11-24 03:12 起 200 台无应答，责任方维保单位，应于 11-24 10:30 前恢复。"
    )


DATES: list[tuple[dict[str, Any], str]] = [
    ({}, "due 11-24 10:30"),
    ({"restore_by_s": AT - 60}, "overdue since 11-24 07:59"),
    ({"is_paused": True, "until_s": AT + 86_400, "restore_by_s": AT - 60}, "promised 11-25 08:00"),
    ({"is_paused": True}, "paused, no date promised"),
]


@pytest.mark.parametrize(("more", "says"), DATES)
def test_the_date_is_what_was_promised_else_the_contracts(more: dict[str, Any], says: str) -> None:
    made = page(live=[standing(1, **more)])
    assert sentences(made, Language.EN)[1].endswith(f"with contractor, {says}.")
    assert worst_sheet(made, Language.EN).rows[0][-1] == says


def test_what_falls_due_today_ends_with_the_local_day() -> None:
    live = [
        standing(1, restore_by_s=END - 1),
        standing(2, restore_by_s=AT + 9_000),
        standing(3, restore_by_s=END),
        standing(4, restore_by_s=AT),
        standing(5, stage=Stage.DONE),
        standing(6, is_paused=True),
    ]
    made = page(live=live, pauses_today=1, owed_today=30)
    assert [work.ticket_id for work in made.due_today] == [2, 1]
    assert sentences(made, Language.EN)[2] == (
        "Today: 2 tickets due, the first at 10:30 (#2), 1 pause promised to end, 30 inherited faults promised to be gone."
    )
    assert sentences(made, Language.ZH)[2] == (
        "今日：2 个工单到期，最早 10:30（#2），1 个暂停承诺结束，30 台遗留故障承诺恢复。"
    )


def test_a_quiet_morning_says_so() -> None:
    made = page()
    assert sentences(made, Language.EN)[1:] == (
        "No open cause keeps a camera from working.",
        "Nothing falls due today.",
    )
    assert sentences(made, Language.ZH)[1:] == ("没有使摄像机失效的在办原因。", "今日没有到期事项。")
    storm = page(storm_since_s=AT - 600)
    assert sentences(storm, Language.EN)[1] == (
        "Dispatch is held since 11-24 07:50 (storm); no open cause keeps a camera from working."
    )


def test_the_three_worst_are_those_that_cost_most_hours() -> None:
    live = [standing(n, lost_s=lost) for n, lost in enumerate([7_200, 36_000, 0, 3_600, 36_000], start=1)]
    made = page(live=live)
    assert [one.work.ticket_id for one in made.worst] == [2, 5, 1]
    assert [row[4] for row in worst_sheet(made, Language.EN).rows] == [10.0, 10.0, 2.0]


NAMES = st.text(
    st.one_of(
        st.characters(min_codepoint=32, max_codepoint=0x2FF), st.sampled_from("东区人民路高杆。🎥ا\u202e")
    ),
    max_size=300,
)
standings = st.builds(
    standing,
    number=st.integers(1, 9_999),
    ill=st.integers(0, 20_000),
    lost_s=st.integers(0, 10**9),
    name=NAMES,
    kind=st.sampled_from(["switch", "camera", "feeder"]),
    is_paused=st.booleans(),
    until_s=st.one_of(st.none(), st.integers(AT, AT + 10**7)),
    restore_by_s=st.integers(AT - 10**6, AT + 10**6),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(standings, max_size=6), st.sampled_from(list(Language)))
@example([standing(n, name="ا" * 300, is_paused=True) for n in range(1, 4)], Language.EN)
@example([standing(n, name="W" * 300) for n in range(1, 4)], Language.ZH)
def test_the_page_is_one_page_whatever_the_names(live: list[Standing], language: Language) -> None:
    made = page(live=live, opened=99_999)
    out = document_pdf(document_of(made, language), "eight.typ", at_s=AT)
    assert len(PdfReader(io.BytesIO(out)).pages) == 1


@given(st.lists(standings, max_size=6), st.sampled_from(list(Language)))
def test_programs_read_the_same_as_people(live: list[Standing], language: Language) -> None:
    made = page(live=live)
    told = json.loads(msgspec.json.encode(data_of(made, language)))
    assert told["sentences"] == list(sentences(made, language))
    assert told["figures"]["open_causes"] == len(live)
    assert [one["lost_s"] for one in told["worst"]] == sorted(
        (s.lost_s for s in live if s.lost_s), reverse=True
    )[:3]
