"""A shift is sorted into lists that add up, signed by two, frozen, and legible on paper."""

import io
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from lenskeeper.base.errors import Invalid
from lenskeeper.base.languages import Language
from lenskeeper.reporting.as_pdf import document_pdf
from lenskeeper.reporting.as_xlsx import sheets_xlsx
from lenskeeper.reporting.handover import (
    LINES_MAX,
    LISTS,
    Halted,
    OwedDay,
    Question,
    Shift,
    ShiftBooks,
    Turned,
    Work,
    document_of,
    owed_days,
    sheets_of,
    shift_of,
    signed,
    thawed,
)
from lenskeeper.tickets.states import Stage, Step

A, B = 1_790_000_000, 1_790_028_800  # eight hours
TZ = "Asia/Shanghai"


def work(number: int, **more: Any) -> Work:
    plain = Work(
        number, "switch", "North gate", "timed_out", 2, 8, "contractor", "assigned", A + 60, B + 3_600
    )
    return replace(plain, **more)


NOTHING = ShiftBooks((), (), (), (), (), ())


def shift(books: ShiftBooks = NOTHING, **more: Any) -> Shift:
    plain = {"from_s": A, "to_s": B, "tz": TZ, "unit": "", "exercise": False}
    return shift_of(books, **{**plain, **more})


def numbers(works: Any) -> list[int]:
    return [each.ticket_id for each in works]


def test_what_was_closed_is_told_apart_by_how() -> None:
    turned = [
        Turned(work(1), Step.VERIFY, B - 5), Turned(work(2), Step.RECOVER, B - 4), Turned(work(3), Step.CANCEL, B - 3),
        Turned(work(4), Step.FAIL, B - 2),
    ]  # fmt: skip
    found = shift(replace(NOTHING, turned=turned))
    assert [numbers(getattr(found, name)) for name in ("repaired", "by_itself", "cancelled", "failed_again")] == [
        [1], [2], [3], [4],
    ]  # fmt: skip


def test_overdue_is_what_should_work_by_now_and_is_neither_paused_nor_done_in_time() -> None:
    late = B - 60
    going = [
        work(1, restore_by_s=late),
        work(2, restore_by_s=B),
        work(3, restore_by_s=B + 1),
        work(4, restore_by_s=late, stage=Stage.DONE, finished_s=late),
        work(5, restore_by_s=late, stage=Stage.DONE, finished_s=late + 1),
        work(6, restore_by_s=late),
    ]
    halted = [Halted(going[5], A, None, "no permit")]
    found = shift(replace(NOTHING, open=going, halted=halted))
    assert numbers(found.overdue) == [1, 5, 2]
    assert found.still_open == 6


def test_pauses_are_the_next_shifts_or_promised_for_later_or_nobodys() -> None:
    ends = {1: B + 28_799, 2: B + 28_800, 3: None, 4: B - 100}
    halted = [Halted(work(number), A, until_s, "no permit") for number, until_s in ends.items()]
    found = shift(replace(NOTHING, halted=halted))
    assert [[each.work.ticket_id for each in part] for part in (found.ending, found.promised, found.unpromised)] == [
        [4, 1], [2], [3],
    ]  # fmt: skip


works = st.builds(
    work,
    number=st.integers(1, 10_000),
    restore_by_s=st.integers(A, B + 9_000),
    stage=st.sampled_from([s.value for s in Stage]),
    finished_s=st.one_of(st.none(), st.integers(A, B)),
)
halts = st.builds(
    Halted, works, st.integers(A, B), st.one_of(st.none(), st.integers(A, B + 90_000)), st.just("x")
)
books = st.builds(
    ShiftBooks,
    opened=st.lists(works, max_size=8, unique_by=lambda w: w.ticket_id),
    turned=st.lists(
        st.builds(
            Turned, works, st.sampled_from([Step.VERIFY, Step.RECOVER, Step.CANCEL, Step.FAIL]), st.just(A)
        ),
        max_size=8,
    ),
    open=st.lists(works, max_size=8, unique_by=lambda w: w.ticket_id),
    halted=st.lists(halts, max_size=8),
    questions=st.lists(
        st.builds(
            Question, works, st.just("us"), st.just("power"), st.just("why"), st.just(A), st.integers(A, B)
        ),
        max_size=4,
    ),
    owed=st.lists(
        st.builds(OwedDay, st.integers(20_000, 20_009), st.sampled_from("ab"), st.integers(1, 9)), max_size=4
    ),
    storm_since_s=st.one_of(st.none(), st.just(A)),
)


@given(books)
def test_nothing_is_lost_and_nothing_stands_in_two_lists_of_one_kind(found: ShiftBooks) -> None:
    made = shift(found)
    closed = [*made.repaired, *made.by_itself, *made.cancelled, *made.failed_again]
    assert sorted(numbers(closed)) == sorted(numbers(each.work for each in found.turned))
    paused = [*made.ending, *made.promised, *made.unpromised]
    assert sorted(numbers(each.work for each in paused)) == sorted(
        numbers(each.work for each in found.halted)
    )
    assert numbers(made.opened) == sorted(numbers(found.opened))
    assert not set(numbers(made.overdue)) & set(numbers(each.work for each in found.halted))
    assert set(numbers(made.overdue)) <= set(numbers(found.open))
    assert made.counts == {name: len(getattr(made, name)) for name in LISTS}


@given(books, st.sampled_from(list(Language)))
def test_a_signed_shift_comes_back_byte_for_byte_and_its_tables_are_made_in_both_languages(
    found: ShiftBooks, language: Language
) -> None:
    done = signed(
        shift(found, notes=("carrier promised by noon",)),
        giver="local:wang",
        taker="local:li",
        signed_s=B + 5,
    )
    again = thawed(done.body, 7)
    assert (again.handover, again.sha256, again.number) == (done.handover, done.sha256, 7)
    assert msgspec.json.encode(again.handover, order="sorted") == done.body
    assert all(
        len(sheet.headings) == len(row)
        for sheet in sheets_of(done.handover.shift, language)
        for row in sheet.rows
    )


@pytest.mark.parametrize(
    ("giver", "taker", "field"),
    [("wang", "wang", "taker"), ("wang", " WANG ", "taker"), ("", "li", "giver"), ("wang", " ", "taker"), ("w" * 61, "l", "giver")],
)  # fmt: skip
def test_two_different_people_sign(giver: str, taker: str, field: str) -> None:
    with pytest.raises(Invalid) as told:
        signed(shift(), giver=giver, taker=taker, signed_s=B)
    assert told.value.field == field


@pytest.mark.parametrize("span", [(A, A), (B, A), (A, A + 7 * 86_400 + 1)])
def test_a_shift_lasts_from_a_second_to_a_week(span: tuple[int, int]) -> None:
    with pytest.raises(Invalid, match="a shift lasts"):
        shift(from_s=span[0], to_s=span[1])


def test_a_storm_of_tickets_is_cut_and_counted() -> None:
    many = [work(number, restore_by_s=A) for number in range(1, LINES_MAX + 101)]
    made = shift(replace(NOTHING, open=many, opened=many))
    assert (len(made.opened), made.counts["opened"], made.counts["overdue"]) == (
        LINES_MAX,
        LINES_MAX + 100,
        LINES_MAX + 100,
    )
    sheet = next(sheet for sheet in sheets_of(made, Language.EN) if sheet.key == "opened")
    assert sheet.note == "100 more are not listed."


def test_agreed_days_are_told_late_ones_too_and_no_further_than_a_week() -> None:
    rows = [(19_990, "a"), (20_000, "a"), (20_000, "a"), (20_006, "b"), (20_007, "b"), (None, "b")]
    assert owed_days(rows, 20_000) == [
        OwedDay(19_990, "a", 1),
        OwedDay(20_000, "a", 2),
        OwedDay(20_006, "b", 1),
    ]


FULL = ShiftBooks(
    opened=[work(n, kind="camera", name="人民路与解放路交叉口 🎥 <b>") for n in range(1, 30)],
    turned=[Turned(work(40, ended_s=B - 60), Step.VERIFY, B - 60)],
    open=[work(n, restore_by_s=A) for n in range(50, 60)],
    halted=[Halted(work(70), A, B + 60, "占道许可未批 " * 10), Halted(work(71), A, None, "#let x = 1")],
    questions=[Question(work(80), "us", "power", "lamp feed", A, B + 900)],
    owed=[OwedDay(20_700, "City/North", 12)],
    storm_since_s=A,
)


@pytest.mark.parametrize("language", list(Language))
def test_the_sheet_to_be_signed_holds_its_lists_and_both_names_and_is_the_same_twice(
    language: Language,
) -> None:
    done = signed(
        shift(FULL, notes=("运营商承诺十二点前恢复",)), giver="local:wang", taker="local:li", signed_s=B
    )
    document = document_of(done.handover.shift, done, language)
    first = document_pdf(document, "handover.typ", at_s=B)
    assert first == document_pdf(document, "handover.typ", at_s=B)
    told = "".join(page.extract_text() for page in PdfReader(io.BytesIO(first)).pages)
    for words in ("local:wang", "local:li", "#70", "City/North", done.sha256[:16], "#let x = 1"):
        assert words in told, words
    assert "运营商承诺" in told.replace("\n", "")
    assert sheets_xlsx(sheets_of(done.handover.shift, language), language, TZ)


def test_an_unsigned_sheet_says_so() -> None:
    document = document_of(shift(FULL), None, Language.EN)
    assert document["draft"] == "not signed"
    assert [name for _, name in document["signatures"]] == ["", ""]
