"""`lenskeeper audit`: what it prints, what it writes, and how it ends."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lenskeeper.audit import rows, verifier
from lenskeeper.base.access import LOCAL_OPERATOR
from lenskeeper.cli import main
from lenskeeper.house.home import Home, NewHome, make_home

Say = Callable[..., tuple[int, str]]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = make_home(NewHome(tmp_path / "city", "Linjiang", "UTC"))

    def work(connection: object) -> None:
        for number in range(3):
            rows.append(
                connection, actor=LOCAL_OPERATOR, at_s=1_000 + number, act="report.issue", subject=f"report:{number}",  # type: ignore[arg-type]
                detail={"because": f"month {number}"},
            )  # fmt: skip

    made.store.write(work)
    made.store.close()
    return made


@pytest.fixture
def say(home: Home, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Say:
    """Run a command in the installation's folder: its code, and all it said."""
    monkeypatch.chdir(home.folder)
    monkeypatch.setenv("COLUMNS", "200")

    def say(*words: str) -> tuple[int, str]:
        code = main(["audit", *words])
        told = capsys.readouterr()
        return code, told.out + told.err

    return say


def test_the_log_is_shown_by_act_and_actor_and_each_reading_is_in_it(say: Say) -> None:
    assert say("--kind", "report.")[1].count("report.issue") == 3
    assert "month 2" in say("--subject", "report:2")[1]
    assert "report.issue" not in say("--actor", "nobody")[1]
    assert (
        say("--kind", "audit.", "--by", "Li")[1].count("audit.read") == 3
    )  # those before it, and not itself
    assert "local:Li" in say("--kind", "audit.read", "--limit", "1")[1]
    assert say("--limit", "0")[0] == 2


def test_all_that_is_handed_out_holds_in_the_verifier_that_is_handed_out_too(say: Say, home: Home) -> None:
    assert say("checkpoint", "--to", "old.txt")[0] == 0
    key = say("key")[1].strip()
    assert say("proof", "--entry", "2", "--to", "entry.json")[0] == 0
    note = say("checkpoint")[1]
    sizes = [verifier.Checkpoint.read(text).size for text in ((home.folder / "old.txt").read_text(), note)]
    assert say("proof", "--between", *map(str, sizes), "--to", "on.json")[0] == 0
    assert say("export", "--to", "log.jsonl")[0] == 0
    assert say("verifier", "--to", "v.py")[0] == 0
    for words in (("entry.json",), ("on.json",), ("old.txt",), ("log.jsonl", "--kept", "old.txt")):
        run = subprocess.run(  # noqa: S603  ourselves
            [sys.executable, "-I", "v.py", *words, "--key", key],
            cwd=home.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stderr
    assert say("verifier", "--to", "v.py")[0] == 2  # nothing is overwritten
    assert json.loads((home.folder / "entry.json").read_text())["entries"][0]["number"] == 2


def test_verify_ends_with_one_where_an_entry_was_changed(say: Say, home: Home) -> None:
    assert say("verify")[0] == 0
    with sqlite3.connect(home.folder / "lenskeeper.db") as raw:
        raw.execute("UPDATE audit_entry SET detail = '{}' WHERE number = 3")
    raw.close()
    code, told = say("verify")
    assert code == 1
    assert "entry 3 was changed" in told


def test_a_new_key_is_told_beside_the_old_one_and_words_go_only_at_the_end_of_their_time(
    say: Say, home: Home
) -> None:
    old = say("key")[1].split()
    assert len(old) == 1
    told = say("key", "--new")[1].split()
    assert told[0] == old[0]
    assert len(told) == 2
    assert say("erase", "local", "--older-than", "30", "--because", "x")[0] == 2
    code, said = say("erase", "local", "--older-than", "200", "--because", "retention")
    assert (code, "3 entries gave their words up" in said) == (0, True)
    assert "erased at the end of its time" in say("--limit", "50")[1]
    assert say("verify")[0] == 0


def test_a_case_of_a_camera_that_is_not_there_is_none(say: Say) -> None:
    words = (
        "case",
        "nowhere",
        "--from",
        "2026-01-01",
        "--until",
        "2026-01-02",
        "--because",
        "x",
        "--to",
        "c.json",
    )
    code, told = say(*words)
    assert (code, "nowhere" in told) == (2, True)
