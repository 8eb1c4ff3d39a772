"""A report that somebody disputes: issued, opened, changed by late data, assessed, compared; by its commands alone."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook
from tests.reporting.books_kit import NOW_S, SLOT, TZ, Town, late, town

from lenskeeper.availability.lanes import State
from lenskeeper.availability.rows_rollups import recompute
from lenskeeper.cli import main
from lenskeeper.house.home import NewHome, make_home, opened

Typed = Callable[[str], tuple[int, str]]
RANGE = "2026-11-02..2026-11-04 --unit 临江市"
SCHEME = """
[scheme.bridge]
title = "大桥标段"
pass = 1
[[scheme.bridge.item]]
measure = "patrol_rate"
at = ["08:00", "20:20"]
weight = 100
steps = [[1, 100]]
"""


@pytest.fixture
def told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[Town, Typed]:
    """A town in an installation, and a way to type `lenskeeper report ...` in its folder."""
    home = make_home(NewHome(tmp_path / "city", "province", TZ))
    made = town(home.store, 10)
    home.store.close()
    monkeypatch.chdir(tmp_path / "city")
    monkeypatch.setenv("COLUMNS", "220")
    Path("schemes.toml").write_text(SCHEME, encoding="utf-8")

    def typed(words: str) -> tuple[int, str]:
        code = main(["report", *words.split()])
        said = capsys.readouterr()
        return code, said.out + said.err

    return made, typed


def answered_after_all(made: Town) -> None:
    """One slot in which a camera was told as down was up: the news came late."""
    down = next(s for p, s in made.all_slots() if p == made.points[6] and s.counts and s.state is State.DOWN)
    with opened(None) as home:
        late(home.store, made, made.points[6], down.a)
        while not home.store.write(lambda c: recompute(c, now_s=NOW_S, limit=1_000)).is_done:
            pass


def test_late_data_make_a_second_revision_whose_changes_are_told(told: tuple[Town, Typed]) -> None:
    made, typed = told
    code, said = typed(f"issue {RANGE} --to one.json")
    assert (code, "figures changed" in said) == (0, False)
    whole = json.loads(Path("one.json").read_text())["figures"][0]["figures"][0]
    again, said = typed(f"issue {RANGE}")
    assert (again, "unchanged since it was issued" in said) == (0, True)
    answered_after_all(made)
    code, said = typed(f"issue {RANGE} --to two.json")
    assert code == 0
    assert "revision 2 against 1" in said
    after = json.loads(Path("two.json").read_text())["figures"][0]["figures"][0]
    assert after["numerator"] == whole["numerator"] + SLOT
    pair = [f"{one['numerator']:,}" for one in (whole, after)]
    assert any("online rate" in line and all(n in line for n in pair) for line in said.splitlines())
    code, said = typed("issued 2 --against 1 --to changes.xlsx --language zh-CN")
    assert (code, "在线率" in said) == (0, True)
    book = CalamineWorkbook.from_path("changes.xlsx")
    rows = book.get_sheet_by_index(0).to_python()
    assert [whole["numerator"], after["numerator"]] in [row[4:6] for row in rows]
    hashes = str(book.get_sheet_by_index(1).to_python())
    assert all(json.loads(Path(f).read_text())["sha256"] in hashes for f in ("one.json", "two.json"))
    assert typed("issued 2 --against 1 --to changes.xlsx")[0] == 2  # it overwrites nothing


def test_each_group_of_an_issued_report_opens_down_to_its_cameras(told: tuple[Town, Typed]) -> None:
    made, typed = told
    typed(f"issue {RANGE}")
    before = typed("issued 1 --behind online_rate --group unit:东区")
    assert before[0] == 0
    assert "cameras add up to" in before[1]
    answered_after_all(made)
    assert typed("issued 1 --behind online_rate --group unit:东区") == before  # from the frozen parts
    for group in ("unit:西区", "class:1", "model:few", "camera:code-3"):
        code, said = typed(f"show {RANGE} --behind coverage --group {group}")
        assert (code, "cameras add up to" in said) == (0, True), said
        if group == "camera:code-3":
            assert "code-3" in said
            assert "1 cameras add up to" in said
    code, said = typed(f"show {RANGE} --behind coverage --group unit:nowhere")
    assert (code, "there are:" in said) == (2, True)


def test_an_assessment_and_a_comparison_are_written_to_be_signed(told: tuple[Town, Typed]) -> None:
    _, typed = told
    digest = hashlib.sha256(Path("schemes.toml").read_bytes()).hexdigest()
    code, said = typed(f"assess {RANGE} --scheme schemes.toml:bridge --to draft.xlsx --to draft.json")
    assert code == 0, said
    assert "draft (not issued)" in said
    assert digest in said
    draft = json.loads(Path("draft.json").read_text())
    cover = str(CalamineWorkbook.from_path("draft.xlsx").get_sheet_by_index(0).to_python())
    assert all(text in cover for text in (digest, draft["sha256"], "draft", "大桥标段"))
    code, said = typed(f"issue {RANGE} --scheme schemes.toml:bridge --to one.json")
    one = json.loads(Path("one.json").read_text())
    assert one["issue"]["assessment"] == draft["assessment"] == one["assessment"]
    code, said = typed(f"assess {RANGE} --scheme schemes.toml:bridge")
    assert "revision 1" in said
    assert one["sha256"] in said
    Path("theirs.csv").write_text("设备编码,在线率\ncode-1,12.5%\n", encoding="utf-8")
    code, said = typed(f"compare theirs.csv {RANGE} --to differ.xlsx")
    assert code == 1
    book = CalamineWorkbook.from_path("differ.xlsx")
    assert "code-1" in str(book.get_sheet_by_index(0).to_python())
    assert hashlib.sha256(Path("theirs.csv").read_bytes()).hexdigest() in str(
        book.get_sheet_by_index(1).to_python()
    )


def test_the_plan_for_the_guardians_is_written_whole_by_one_command(told: tuple[Town, Typed]) -> None:
    assert (
        main(
            [
                "plan",
                "probes",
                "--source",
                "192.0.2.7",
                "--to",
                "plan.xlsx",
                "--to",
                "plan.csv",
                "--language",
                "zh-CN",
            ]
        )
        == 0
    )
    book = CalamineWorkbook.from_path("plan.xlsx")
    assert "停止开关" in book.sheet_names
    assert ["10.0.0.9", "554"] in book.get_sheet_by_name("主机与端口").to_python()
    assert "lenskeeper stop --everything" in Path("plan.csv").read_text(encoding="utf-8-sig")
    assert main(["plan", "probes", "--to", "plan.csv"]) == 2  # nothing is overwritten
    assert main(["plan", "probes", "--to", "plan.pdf"]) == 2
