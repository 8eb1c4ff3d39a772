"""From an empty folder to the signed day in both languages, by the commands of the guide; and the figures are true."""

import json
import re
import shlex
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from pypdf import PdfReader
from tests.engines import bare_postgresql

from lenskeeper.base.days import day_of, day_span
from lenskeeper.base.outcomes import Outcome
from lenskeeper.cli import main
from lenskeeper.house.exercise import Exercise

CAMERAS = {"sqlite": 36, "postgresql": 13}  # a statement costs a way to the server
GUIDE = Path(__file__).parents[2] / "docs/guide/fleet.md"
TODAY = date(2026, 11, 23)
SLOT_S = 60


def journey() -> list[list[str]]:
    """The commands of the guide, in order, as words."""
    block = GUIDE.read_text(encoding="utf-8").split("```")[1]
    lines = [re.sub(r"\s{2,}\d+(\s.*)?$", "", line) for line in block.strip().splitlines()]
    return [shlex.split(line) for line in lines if line]


@pytest.fixture
def typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[list[str]], tuple[int, str]]:
    """Type a command as a person would: its exit code and what it printed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def type_it(words: list[str]) -> tuple[int, str]:
        if words[0] == "cd":
            monkeypatch.chdir(tmp_path / words[1])
            return 0, ""
        code = main(words[1:])
        return code, capsys.readouterr().out

    return type_it


def up_and_down(day: int, cameras: int) -> tuple[int, int]:
    """Brute force: every slot of every registered camera, asked of the script one by one."""
    exercise = Exercise(cameras=cameras)
    span = day_span(day, "Asia/Shanghai")
    script = exercise.script(span)
    registered = Path("registered.txt").read_text(encoding="utf-8").split()
    ups = sum(
        script.greeting(url, at) is Outcome.ANSWERS for url in registered for at in range(*span, SLOT_S)
    )
    return ups * SLOT_S, len(registered) * (span[1] - span[0])


@pytest.mark.timeout(300)
@pytest.mark.parametrize("engine", CAMERAS)
def test_ten_commands_lead_from_nothing_to_the_signed_day(
    engine: str, typed: Callable[[list[str]], tuple[int, str]], tmp_path: Path
) -> None:
    commands, cameras = journey(), CAMERAS[engine]
    if engine == "postgresql":
        (init,) = (words for words in commands if words[1] == "init")
        init += ["--database", bare_postgresql()]
    assert len([words for words in commands if words[0] == "lenskeeper"]) == 10
    said: dict[str, str] = {}
    for guided in commands:
        words = [word.replace("120", str(cameras)) for word in guided]
        code, out = typed(words)
        said[" ".join(words[1:3])] = out
        dry_run = (
            words[1] == "import" and "--commit" not in words
        )  # some rows are wrong, and the exit code says so
        assert code == (1 if dry_run else 0), (words, out)
    assert (
        "Nothing was written" not in said["import cameras.csv"]
    )  # the second of the two has overwritten the first
    assert "交通局" in said["survey"]
    home = tmp_path / "city"
    urls = re.findall(r"rtsp://\S+", typed(["lenskeeper", "cameras", "--limit", "100"])[1])
    (home / "registered.txt").write_text(" ".join(urls), encoding="utf-8")
    assert cameras - len(urls) == cameras // 13
    day = day_of(TODAY - timedelta(days=1))
    typed(["lenskeeper", "report", "issued", "1", "--to", "again.json"])
    whole = json.loads((home / "again.json").read_text())["figures"][0]
    figures = {f["metric"]: f for f in whole["figures"]}
    ups, span = up_and_down(day, cameras)
    assert (figures["online_rate"]["numerator"], figures["online_rate"]["denominator"]) == (ups, span)
    assert figures["coverage"]["value"] == 1
    for file, words_in_it in (("day-en.pdf", "online rate"), ("day-zh.pdf", "在线率")):
        text = "".join(page.extract_text() for page in PdfReader(home / file).pages)
        assert words_in_it in text
        assert "EXERCISE" in text
        assert f"{ups * 10_000 // span / 100:.2f}%" in re.sub(r"\s", "", text)
    assert typed(["lenskeeper", "verify"])[0] == 0
    assert "临江市/交通局" in typed(["lenskeeper", "survey", "--language", "zh-CN"])[1]
