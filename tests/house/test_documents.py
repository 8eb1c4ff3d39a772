"""The documents are true: what they list is what the code has, no more and no less."""

import re
from pathlib import Path

import pytest
from tests.command_page import PAGE, commands, page
from tests.life_page import drawing, shown

from lenskeeper.base.outcomes import Outcome
from lenskeeper.cli.commands import parser
from lenskeeper.cli.lines import CheckLine
from lenskeeper.diagnosis.kinds import Kind, Verdict
from lenskeeper.house.settings import Settings
from lenskeeper.probing.probe import StreamFacts

ROOT = Path(__file__).parents[2]
JSON = (ROOT / "docs/reference/check-json.md").read_text()


def first_column(text: str) -> set[str]:
    """The words in backquotes that begin the rows of a table."""
    return set(re.findall(r"^\| `([\w.]+)` \|", text, re.MULTILINE))


def test_every_field_of_the_json_line_is_documented() -> None:
    fields, outcomes = JSON.split("## Outcomes")
    assert first_column(fields) == set(CheckLine.__struct_fields__)
    assert first_column(outcomes) == {o.value for o in Outcome}


def test_every_fact_of_the_stream_is_documented() -> None:
    row = next(line for line in JSON.splitlines() if line.startswith("| `stream`"))
    assert set(re.findall(r"`(\w+)`", row)) - {"stream"} == set(StreamFacts.__dataclass_fields__)


def test_the_life_of_a_ticket_is_drawn_as_its_table_says() -> None:
    assert shown() == drawing(), "write it:  python -m tests.life_page"


def test_every_setting_is_documented_with_its_default() -> None:
    rows = re.findall(
        r"^\| `([\w.]+)` \| (\S+) \|", (ROOT / "docs/reference/settings.md").read_text(), re.MULTILINE
    )
    defaults = {
        f"{table}.{name}": value
        for table, held in Settings().model_dump().items()
        for name, value in held.items()
    }
    assert dict(rows) == {name: _written(value) for name, value in defaults.items()}


def _written(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{','.join(map(str, value))}]"
    return str(value)


def test_every_kind_and_verdict_stands_in_the_glossary() -> None:
    glossary = (ROOT / "docs/glossary.md").read_text()
    assert {k.value for k in Kind} == first_column(glossary.split("## Kinds")[1])
    assert all(f"`{v}`" in glossary for v in Verdict)


def options() -> set[str]:
    """Every long option of every command."""
    parsers = [parser(), *(command for _, command in commands(parser()))]
    return {o for p in parsers for a in p._actions for o in a.option_strings if o.startswith("--")}


@pytest.mark.parametrize("guide", ["README.md", "docs/guide/check.md", "docs/guide/fleet.md"])
def test_every_option_that_a_page_names_exists(guide: str) -> None:
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", (ROOT / guide).read_text()))
    assert named <= options()


def test_the_page_of_commands_is_drawn_from_the_parser() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: ./run docs --write"


def test_every_link_between_our_pages_leads_somewhere() -> None:
    for one in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
        for link in re.findall(r"\]\((?!https?:)([^)#]+)", one.read_text()):
            assert (one.parent / link).exists(), f"{one.relative_to(ROOT)}: {link}"


def test_every_fragment_of_the_changelog_has_a_known_kind() -> None:
    kinds = {"camera", "new", "better", "mended"}
    for fragment in (ROOT / "changes").glob("*.md"):
        assert fragment.name == "README.md" or fragment.name.split(".")[-2] in kinds, fragment.name
