"""What a person types to have things repaired, on a day that was rehearsed."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from lenskeeper.audit import rows as audit
from lenskeeper.base.access import Scope
from lenskeeper.cli import main
from lenskeeper.house.exercise import SHEET, Exercise, make_exercise
from lenskeeper.house.home import EXERCISE_NOW, opened
from lenskeeper.probing.simulator.sheet import CITY

TZ = "Asia/Shanghai"
MIDNIGHT = "2026-11-22T23:59:30+08:00"
Say = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An exercise after one whole day."""
    folder = tmp_path_factory.mktemp("city") / "city"
    make_exercise(folder, Exercise(cameras=60), tz=TZ, url="sqlite:///lenskeeper.db")
    config = ["--config", str(folder / "lenskeeper.toml")]
    assert main([*config, "import", str(folder / SHEET), "--commit"]) == 0
    assert main([*config, "accept", "unit", CITY, "--from", "2026-11-20", "--document", "1"]) == 0
    assert main([*config, "serve", "--rehearse", "2026-11-22"]) == 0
    return folder


@pytest.fixture
def city(lived: Path, tmp_path: Path) -> Path:
    """A copy of it for each test."""
    return shutil.copytree(lived, tmp_path / "city")


@pytest.fixture
def say(city: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    """Type a command at the end of that day: its exit code and all it printed."""
    monkeypatch.setenv(EXERCISE_NOW, MIDNIGHT)
    monkeypatch.setenv("COLUMNS", "200")
    capsys.readouterr()

    def type_it(*words: str) -> tuple[int, str]:
        code = main(["--config", str(city / "lenskeeper.toml"), *words])
        told = capsys.readouterr()
        return code, told.out + told.err

    return type_it


def live_ticket(say: Say) -> str:
    """The number of a ticket that is not over."""
    found = re.search(r"^│ (\d+)", say("tickets", "list")[1], re.MULTILINE)
    assert found
    return found[1]


def test_a_ticket_is_listed_opened_and_taken_through_its_life(say: Say) -> None:
    number = live_ticket(say)
    shown = say("tickets", "show", number)[1]
    assert "possible now: accept, arrive, finish, cancel" in shown
    assert "restore by 2026-11-2" in shown
    for step, stage in (
        ("accept", "accepted"),
        ("arrive", "on site"),
        ("leave", "accepted"),
        ("finish", "done"),
    ):
        code, told = say("tickets", step, number, "--by", "crew")
        assert (code, told.split(", with")[0]) == (0, f"ticket {number} is {stage}")
    code, told = say("tickets", "accept", number)
    assert code == 2
    assert "a ticket that is done admits no 'accept'" in told
    assert re.search(r"│ crew\s+│ finish", say("tickets", "show", number)[1].replace("local:", ""))


def test_a_remark_that_seems_to_hold_a_persons_number_is_refused_unless_somebody_stands_by_it(
    say: Say,
) -> None:
    number = live_ticket(say)
    for remark in ("call 13812345678", "浙A·12345 hit the pole"):
        code, told = say("tickets", "say", number, remark)
        assert code == 2
        assert "keeps nothing of persons" in told
    assert say("tickets", "say", number, "serial 13812345678", "--sure")[0] == 0
    assert say("tickets", "say", number, "the pole is bent")[0] == 0
    assert "the pole is bent" in say("tickets", "show", number)[1]


def test_clocks_stand_in_a_pause_and_a_cancellation_needs_a_reason(say: Say) -> None:
    number = live_ticket(say)
    assert say("tickets", "pause", number, "--because", "no permit", "--until", "2026-12-01")[0] == 0
    assert "already" in say("tickets", "pause", number, "--because", "again")[1]
    assert say("tickets", "resume", number)[0] == 0
    code, told = say("tickets", "cancel", number)
    assert code == 2
    assert "--remark" in told


def test_a_ticket_goes_to_another_desk_only_when_they_take_it(say: Say) -> None:
    number = live_ticket(say)
    assert "with us" in say("tickets", "ask", number, "carrier", "--because", "the line")[1]
    assert "with carrier" in say("tickets", "answer", number, "taken", "--by", "carrier")[1]
    assert "paid by carrier" in say("tickets", "show", number)[1]
    assert say("tickets", "payer", number, "third_party", "--remark", "a digger")[0] == 0
    assert "paid by third_party" in say("tickets", "show", number)[1]


def test_a_swap_and_a_new_view_reach_the_register_and_need_their_second_hand(say: Say, city: Path) -> None:
    number = live_ticket(say)
    assert say("tickets", "swap", number, "--make", "Acme", "--model", "X2", "--serial", "4711")[0] == 0
    assert say("tickets", "view", number, "--remark", "turned to the crossing", "--by", "wang")[0] == 0
    code, told = say("tickets", "view", number, "--approve", "--by", "wang")
    assert code == 2
    assert "second person" in told
    assert say("tickets", "view", number, "--approve", "--by", "li")[0] == 0
    assert say("tickets", "view", number, "--approve", "--by", "li")[0] == 2
    assert "4711" in say("tickets", "show", number)[1]
    with opened(city / "lenskeeper.toml") as home, home.store.read() as connection:
        acts = [entry.act for entry in audit.entries(connection, Scope.ALL, latest=True, limit=50)]
    assert "picture.view" in acts


def test_the_rules_of_dispatch_are_shown_and_changed(say: Say, tmp_path: Path) -> None:
    assert "open causes" in say("causes", "list")[1]
    assert "wait for a person's word" in say("causes", "review")[1]
    assert say("causes", "trust", "blur", "yes")[0] == 2, "not without a reason"
    assert "opens tickets" in say("causes", "trust", "blur", "yes", "--because", "seen enough")[1]
    assert re.search(r"blur\s+│ 0\s+│ 0\s+│ yes", say("causes", "trust")[1])
    assert "to be cleaned" in say("causes", "cleaning")[1]
    assert re.search(
        r"switch\s+│ anything\s+│ owner_it\s+│ set here", say("causes", "routes", "switch", "owner_it")[1]
    )
    assert say("causes", "storm", "begin")[0] == 2
    assert "nobody is sent" in say("causes", "storm", "begin", "--because", "typhoon")[1]
    assert "no storm is on" in say("causes", "storm", "end")[1]
    rain = tmp_path / "rain.csv"
    rain.write_text("from,to\n2026-11-20 10:00,2026-11-20 14:00\n2026-11-20 13:00,2026-11-20 15:00\n")
    assert "1 stretches" in say("causes", "rain", str(rain))[1]
    rain.write_text("from,to\nyesterday,today\n")
    assert "row 2" in say("causes", "rain", str(rain))[1]
