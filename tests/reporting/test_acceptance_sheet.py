"""The sheet of a batch in both languages: each point and check stands on it, and untested is counted as itself."""

import pytest

from lenskeeper.base.languages import Language
from lenskeeper.reporting.tables_acceptance import (
    CHECKS,
    MARKS,
    MEANINGS,
    TEXT,
    WHYS,
    WORDS,
    acceptance_document,
    acceptance_sheets,
)
from lenskeeper.tickets.acceptance import (
    AcceptanceSheet,
    Check,
    Facts,
    Lived,
    Said,
    SheetPoint,
    Tender,
    Why,
    Word,
    judge,
    point_word,
)

BOTH = pytest.mark.parametrize("language", list(Language))
WELL = Lived(9, 9, 9)
TENDER = Tender(without=(Check.CLOCK, Check.DISTRICT))


def point(number: int, **more: object) -> SheetPoint:
    said = {Check.SIGN: Said(is_passed=True, words="seen", actor="local:wang", at_s=1)}
    given = {
        "online": WELL,
        "day": WELL,
        "night": WELL,
        "code": "3" * 20,
        "same_code": 1,
        "said": said,
        **more,
    }
    answers = judge(Facts(**given), TENDER)  # type: ignore[arg-type]
    return SheetPoint(number, f"crossing {number}", "3" * 20, "City", point_word(answers, TENDER), answers)


def sheet() -> AcceptanceSheet:
    points = (point(1), point(2, night=Lived(0, 9, 9)), point(3, online=Lived()), point(4, said={}))
    return AcceptanceSheet("lot 3", "12", TENDER, "Asia/Shanghai", 0, 0, 72 * 3600, points)


@BOTH
def test_each_point_and_each_check_stands_on_the_sheet(language: Language) -> None:
    points, summary, answers, meanings = acceptance_sheets(sheet(), language)
    assert len(points.rows) == 4
    assert len(answers.rows) == 4 * len(Check)
    assert len(meanings.rows) == len(Check)
    for row in summary.rows:
        assert sum(int(str(cell)) for cell in row[2:]) == 4
    counts = {str(row[0]): [int(str(cell)) for cell in row[2:]] for row in summary.rows}
    assert counts[CHECKS[Check.SIGN].of(language)] == [3, 0, 1]
    assert counts[CHECKS[Check.PICTURE_NIGHT].of(language)] == [3, 1, 0]
    assert counts[CHECKS[Check.ONLINE].of(language)] == [3, 0, 1]


@BOTH
def test_untested_is_counted_as_itself_on_the_first_page(language: Language) -> None:
    document = acceptance_document(sheet(), "", language)
    assert [value for _, value in document["cards"]] == ["1", "1", "2", "0"]
    assert document["draft"] == TEXT["draft"].of(language)
    marks = {one["name"]: one["marks"] for one in document["points"]}
    place = list(Check).index
    assert marks["crossing 2"][place(Check.PICTURE_NIGHT)] == MARKS[Word.FAILED]
    assert marks["crossing 4"][place(Check.SIGN)] == MARKS[Word.UNTESTED]
    assert marks["crossing 1"][place(Check.CLOCK)] == f"({MARKS[Word.UNTESTED]})"
    assert len(set(MARKS.values())) == len(Word)


def test_every_word_has_both_languages_and_no_two_words_of_a_result_are_alike() -> None:
    assert set(CHECKS) == set(MEANINGS) == set(Check)
    assert set(WHYS) == set(Why)
    for words in (*CHECKS.values(), *MEANINGS.values(), *TEXT.values(), *WORDS.values()):
        assert words.zh
        assert words.en
        assert words.zh != words.en
    for language in Language:
        said = [WORDS[word].of(language) for word in Word]
        assert len({*said}) == len(Word)
    assert "passed" not in WORDS[Word.UNTESTED].en.lower()
    assert "合格" not in WORDS[Word.UNTESTED].zh
