"""Untested never reads as passed; a tender decides what is demanded; two people sign, and only what has passed."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenskeeper.base.errors import Conflict, Invalid
from lenskeeper.inventory.codes import Oddity
from lenskeeper.tickets.acceptance import (
    BY_PERSON,
    AcceptanceSheet,
    Answer,
    Check,
    Facts,
    Lived,
    Said,
    SheetPoint,
    Stream,
    Tender,
    Why,
    Word,
    batch_word,
    codec_key,
    counted,
    judge,
    point_word,
    read_tender,
    signed,
)

HOURS = 72 * 3600
WELL = Lived(HOURS, HOURS, HOURS)
TENDER = Tender(
    width_px=2560,
    height_px=1440,
    codecs=("H.265",),
    kbps_min=2000,
    kbps_max=4000,
    gop_s_max=4,
    recording_days=7,
)
SEEN = Said(is_passed=True, words="on the pole, 21 November", actor="local:wang", at_s=1)
GOOD = Facts(
    online=WELL,
    day=WELL,
    night=WELL,
    clock=WELL,
    stream=Stream(1, "playing", 2560, 1440, "h265", 3000, 2000),
    code="33010600001320000001",
    same_code=1,
    district="330106",
    place="120.130000, 30.260000",
    inside=True,
    said={Check.SIGN: SEEN, Check.RECORDING: SEEN},
)
RANK = {Word.FAILED: 0, Word.UNTESTED: 1, Word.PASSED: 2}
words = st.sampled_from(Word)
tenders = st.builds(
    lambda without: msgspec.structs.replace(TENDER, without=tuple(without)),
    st.sets(st.sampled_from(Check), max_size=len(Check) - 1),
)
seconds = st.integers(0, HOURS)
lives = st.builds(lambda a, b, c: Lived(*sorted((a, b, c))), seconds, seconds, seconds)
saids = st.dictionaries(
    st.sampled_from(Check), st.builds(Said, st.booleans(), st.just("words"), st.just("local:a"), st.just(1))
)
facts = st.builds(
    Facts,
    online=lives,
    day=lives,
    night=lives,
    clock=lives,
    stream=st.none()
    | st.builds(
        Stream,
        st.just(1),
        st.sampled_from(["playing", "timed_out"]),
        st.none() | st.integers(0, 4000),
        st.none() | st.integers(0, 4000),
        st.sampled_from([None, "h264", "h265"]),
        st.none() | st.integers(0, 8000),
        st.none() | st.integers(0, 10_000),
    ),
    code=st.sampled_from(["", "33010600001320000001"]),
    oddities=st.sampled_from([(), (Oddity.LENGTH,)]),
    same_code=st.integers(0, 2),
    inside=st.sampled_from([None, False, True]),
    missing=st.sampled_from([(), ("contact",)]),
    said=saids,
)


def by_check(of: Facts, tender: Tender = TENDER) -> dict[Check, Answer]:
    return {one.check: one for one in judge(of, tender)}


def changed(**more: Any) -> Facts:
    names = (
        "online",
        "day",
        "night",
        "clock",
        "stream",
        "code",
        "oddities",
        "same_code",
        "inside",
        "missing",
        "said",
    )
    return Facts(**{**{name: getattr(GOOD, name) for name in names}, **more})


def answers_of(spoken: list[Word]) -> list[Answer]:
    return [Answer(check, word) for check, word in zip(Check, spoken, strict=True)]


@given(st.lists(words, min_size=len(Check), max_size=len(Check)), st.sampled_from(range(len(Check))), tenders)
def test_no_answer_replaced_by_untested_makes_a_point_or_a_batch_pass(
    spoken: list[Word], place: int, tender: Tender
) -> None:
    before = point_word(answers_of(spoken), tender)
    less = [Word.UNTESTED if n == place else word for n, word in enumerate(spoken)]
    after = point_word(answers_of(less), tender)
    assert not (after is Word.PASSED and before is not Word.PASSED)
    assert not (batch_word([after]) is Word.PASSED and batch_word([before]) is not Word.PASSED)
    missing = [one for n, one in enumerate(answers_of(spoken)) if n != place]
    assert not (point_word(missing, tender) is Word.PASSED and before is not Word.PASSED)


@given(st.lists(st.tuples(words, words), min_size=len(Check), max_size=len(Check)), tenders)
def test_a_point_that_passes_still_does_when_its_answers_grow_better(
    pairs: list[tuple[Word, Word]], tender: Tender
) -> None:
    worse = [min(pair, key=RANK.__getitem__) for pair in pairs]
    better = [max(pair, key=RANK.__getitem__) for pair in pairs]
    assert RANK[point_word(answers_of(worse), tender)] <= RANK[point_word(answers_of(better), tender)]
    assert RANK[batch_word(worse)] <= RANK[batch_word(better)]


@given(facts, tenders)
def test_a_point_passes_exactly_where_each_demanded_check_has(of: Facts, tender: Tender) -> None:
    answers = judge(of, tender)
    assert [one.check for one in answers] == list(Check)
    demanded = [one for one in answers if one.is_demanded]
    assert {one.check for one in demanded} == set(tender.demanded)
    passes = all(one.word is Word.PASSED for one in demanded)
    assert (point_word(answers, tender) is Word.PASSED) == passes


@given(facts, tenders)
def test_whatever_is_untested_says_why_and_a_person_passes_only_what_he_can_see(
    of: Facts, tender: Tender
) -> None:
    silent = by_check(Facts(**{n: getattr(of, n) for n in Facts.__slots__ if n != "said"}), tender)
    for check, one in by_check(of, tender).items():
        own, said = silent[check], of.said.get(check)
        if one.word is Word.UNTESTED:
            assert one.why is not Why.NONE
        if said is None:
            assert one == own
        elif not said.is_passed:
            assert one.word is Word.FAILED
        elif one.word is Word.PASSED and own.word is not Word.PASSED:
            assert own.word is Word.UNTESTED
            assert check in BY_PERSON
            assert (one.words, one.by) == ("words", "local:a")
    for check in (Check.ONLINE, Check.PICTURE_DAY, Check.PICTURE_NIGHT, Check.CODE, Check.LEGAL_BASIS):
        assert RANK[by_check(of, tender)[check].word] <= RANK[silent[check].word]


@given(lives)
def test_a_rate_by_integers_is_the_rate_by_plain_arithmetic(lived: Lived) -> None:
    word = by_check(changed(online=lived))[Check.ONLINE].word
    if lived.known_s == 0 or lived.known_s / lived.expected_s < 0.95 - 1e-12:
        assert word is Word.UNTESTED
    else:
        assert word is (Word.PASSED if lived.up_s / lived.known_s >= 0.95 - 1e-12 else Word.FAILED)


def test_a_good_camera_passes_all_and_what_no_protocol_tells_is_a_persons_word() -> None:
    assert {one.word for one in judge(GOOD, TENDER)} == {Word.PASSED}
    alone = by_check(changed(said={}))
    assert (alone[Check.RECORDING].word, alone[Check.RECORDING].why) == (Word.UNTESTED, Why.NO_PROTOCOL)
    assert (alone[Check.SIGN].word, alone[Check.SIGN].why) == (Word.UNTESTED, Why.NO_PERSON)


@pytest.mark.parametrize(
    ("more", "check", "word", "why"),
    [
        ({"online": Lived(HOURS * 94 // 100, HOURS, HOURS)}, Check.ONLINE, Word.FAILED, Why.NONE),
        (
            {"online": Lived(HOURS * 94 // 100, HOURS * 94 // 100, HOURS)},
            Check.ONLINE,
            Word.UNTESTED,
            Why.COVERAGE,
        ),
        ({"online": Lived(0, 0, HOURS)}, Check.ONLINE, Word.UNTESTED, Why.NOTHING_KNOWN),
        ({"night": Lived(0, 100, 150)}, Check.PICTURE_NIGHT, Word.FAILED, Why.NONE),
        ({"day": Lived(49, 49, 100)}, Check.PICTURE_DAY, Word.UNTESTED, Why.COVERAGE),
        ({"clock": Lived()}, Check.CLOCK, Word.UNTESTED, Why.NOTHING_KNOWN),
        ({"stream": None}, Check.RESOLUTION, Word.UNTESTED, Why.NOT_MEASURED),
        ({"stream": Stream(1, "timed_out")}, Check.GOP, Word.UNTESTED, Why.NO_STREAM),
        ({"stream": Stream(1, "playing", 2560, 1440, "h265")}, Check.BITRATE, Word.UNTESTED, Why.NOT_TOLD),
        ({"stream": Stream(1, "playing", 2560, 1439)}, Check.RESOLUTION, Word.FAILED, Why.NONE),
        ({"stream": Stream(1, "playing", codec="h264")}, Check.CODEC, Word.FAILED, Why.NONE),
        ({"stream": Stream(1, kbps=1799)}, Check.BITRATE, Word.FAILED, Why.NONE),
        ({"stream": Stream(1, kbps=1800)}, Check.BITRATE, Word.PASSED, Why.NONE),
        ({"stream": Stream(1, kbps=4401)}, Check.BITRATE, Word.FAILED, Why.NONE),
        ({"stream": Stream(1, gop_ms=4400)}, Check.GOP, Word.PASSED, Why.NONE),
        ({"stream": Stream(1, gop_ms=4401)}, Check.GOP, Word.FAILED, Why.NONE),
        ({"code": ""}, Check.CODE, Word.FAILED, Why.NO_CODE),
        ({"oddities": (Oddity.FACTORY_DEFAULT,)}, Check.CODE, Word.FAILED, Why.ODD_CODE),
        ({"same_code": 2}, Check.CODE, Word.FAILED, Why.SAME_CODE),
        ({"inside": False}, Check.DISTRICT, Word.FAILED, Why.OUTSIDE),
        ({"inside": None}, Check.DISTRICT, Word.UNTESTED, Why.NO_DISTRICTS),
        ({"missing": ("contact",)}, Check.LEGAL_BASIS, Word.FAILED, Why.NOT_DECLARED),
    ],
)
def test_each_check_has_its_limit_and_its_reason(more: Any, check: Check, word: Word, why: Why) -> None:
    found = by_check(changed(**more))[check]
    assert (found.word, found.why) == (word, why)
    others = {one.word for one in by_check(changed(**more)).values() if one.check is not check}
    if "stream" not in more:
        assert others == {Word.PASSED}


def test_what_the_tender_does_not_name_is_untested_and_not_demanded() -> None:
    plain = by_check(GOOD, Tender())
    for check in (Check.RESOLUTION, Check.CODEC, Check.BITRATE, Check.GOP):
        assert (plain[check].word, plain[check].why, plain[check].is_demanded) == (
            Word.UNTESTED,
            Why.NOT_TENDERED,
            False,
        )
    assert not by_check(changed(said={}), Tender())[Check.RECORDING].is_demanded


def test_one_codec_has_many_names() -> None:
    assert codec_key("H.265") == codec_key("HEVC") == codec_key("h265") != codec_key("H.264")


def test_a_tender_is_read_from_its_file_and_each_wrong_value_is_told() -> None:
    tender = read_tender('online = 98\ncodecs = ["H.265"]\nwithout = ["sign", "district"]\n')
    assert (tender.online, tender.hours, tender.codecs) == (98, 72, ("H.265",))
    assert not {Check.SIGN, Check.DISTRICT} & set(tender.demanded)
    every = ", ".join(f'"{check}"' for check in Check)
    for text, told in (
        ("onlin = 98", "onlin"),
        ("online = 101", "online is 1 to 100"),
        ("online = 98.5", "int"),
        ("hours = 0", "hours is 1"),
        ('without = ["colour"]', "colour"),
        ("kbps_min = 9\nkbps_max = 8", "above"),
        (f"without = [{every}]", "demands nothing"),
        ("= 1", "tender"),
    ):
        with pytest.raises(Invalid, match=told):
            read_tender(text)


def sheet_of(*spoken: Word) -> AcceptanceSheet:
    points = tuple(
        SheetPoint(n, f"crossing {n}", f"{n:020d}", "City", word, ()) for n, word in enumerate(spoken)
    )
    return AcceptanceSheet("lot 3", "12", Tender(), "Asia/Shanghai", 0, 0, HOURS, points)


@given(st.lists(words, min_size=1, max_size=5), st.sets(st.integers(0, 4)))
def test_a_sheet_is_signed_exactly_where_all_that_is_left_has_passed(
    spoken: list[Word], out: set[int]
) -> None:
    left = [word for n, word in enumerate(spoken) if n not in out]
    sheet = sheet_of(*spoken)
    if left and set(left) == {Word.PASSED}:
        done = signed(sheet, leave_out=frozenset(out), by="a", beside="b", now_s=HOURS)
        assert done.word is Word.PASSED
        assert [one.left_out for one in done.points] == [n in out for n in range(len(spoken))]
        assert counted(done) == {word: spoken.count(word) for word in Word}
        return
    with pytest.raises(Conflict, match=r"have not passed|nothing is left"):
        signed(sheet, leave_out=frozenset(out), by="a", beside="b", now_s=HOURS)


def test_nobody_signs_early_or_alone() -> None:
    sheet = sheet_of(Word.PASSED)
    with pytest.raises(Conflict, match="72 h: 1 h are left"):
        signed(sheet, leave_out=frozenset(), by="a", beside="b", now_s=HOURS - 1)
    for by, beside in (("a", "a"), ("a", " a "), ("", "b"), ("a", " ")):
        with pytest.raises(Invalid, match="two different people"):
            signed(sheet, leave_out=frozenset(), by=by, beside=beside, now_s=HOURS)
