"""The page of metrics says what the code does: no row more, none less, and the same words."""

import re
from pathlib import Path

from lenskeeper.reporting.assemble import RANKED_CAMERAS_MIN
from lenskeeper.reporting.definitions import CLASS_WEIGHTS, DEFINITIONS, EDITION
from lenskeeper.reporting.schemes import parse_schemes
from lenskeeper.reporting.takeover import CURES, NAMES, Bucket
from lenskeeper.reporting.theirs import REASONS
from lenskeeper.reporting.words import DIAGNOSES

PAGE = (Path(__file__).parents[2] / "docs/reference/metrics.md").read_text(encoding="utf-8")


def rows(part: str) -> list[list[str]]:
    """The cells of the tables in a part of the page, whose first cell is a word in backquotes."""
    lines = re.findall(r"^\| `.*\|$", part, re.MULTILINE)
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def part(title: str) -> str:
    return PAGE.split(f"## {title}\n")[1].split("\n## ")[0]


def test_the_page_lists_every_metric_with_the_words_of_its_definition() -> None:
    assert rows(PAGE.split("\n## ")[0]) == [
        [
            f"`{one.metric.value}`",
            f"{one.name.en}, {one.name.zh}",
            f"{one.meaning.en} {one.meaning.zh}",
            one.numerator_words.en,
            one.denominator_words.en,
        ]
        for one in DEFINITIONS.values()
    ]
    assert f"Edition of these definitions: {EDITION};" in PAGE


def test_the_page_tells_how_rankings_weigh() -> None:
    told = part("Rankings")
    assert f"fewer than {RANKED_CAMERAS_MIN} cameras" in told
    for klass, weight in CLASS_WEIGHTS.items():
        assert re.search(rf"class {'I' * klass} \([^)]*\) {weight}\b", told)


def test_the_page_lists_the_columns_buckets_and_reasons() -> None:
    assert rows(part("The columns of the sheet of cameras")) == [
        [f"`{column.value}`", words.zh, ", ".join(f"`{kind.value}`" for kind in kinds)]
        for column, (words, kinds) in DIAGNOSES.items()
    ]
    assert rows(part("Buckets of a takeover")) == [
        [f"`{bucket.value}`", f"{NAMES[bucket].en}, {NAMES[bucket].zh}", CURES[bucket].en]
        for bucket in Bucket
    ]
    assert rows(part("Comparing with the other side's list")) == [
        [f"`{reason.value}`", f"{words.en} {words.zh}"] for reason, words in REASONS.items()
    ]


def test_the_scheme_on_the_page_is_one() -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", part("Assessment schemes"), re.DOTALL)
    scheme = parse_schemes(text)["bridge"]
    assert [item.measure for item in scheme.items] == ["patrol_rate", "picture_integrity_rate"]
