"""A batch from its beginning to its signed sheet, as a person types it."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from lenskeeper.base.access import LOCAL_OPERATOR
from lenskeeper.cli import main
from lenskeeper.house.clock import StandingClock, SystemClock
from lenskeeper.house.home import NewHome, make_home
from lenskeeper.inventory.camera_file import CameraFile
from lenskeeper.inventory.rows_points import add
from lenskeeper.tickets.acceptance import Check

CODES = ("33010600001320000001", "33010600001320000002")
REST = ", ".join(f'"{check}"' for check in Check if check is not Check.SIGN)
Say = Callable[..., tuple[int, str, str]]


@pytest.fixture
def say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    home = make_home(NewHome(tmp_path / "home", "City", "Asia/Shanghai"))

    for number, code in enumerate(CODES, start=1):
        file = CameraFile(f"crossing {number}", code=code, unit="City", url=f"rtsp://10.0.0.{number}/")
        home.store.write(partial(add, file=file, actor=LOCAL_OPERATOR, now_s=home.now_s()))
    home.store.close()
    monkeypatch.chdir(tmp_path / "home")
    Path("tender.toml").write_text(f"hours = 1\nwithout = [{REST}]\n", encoding="utf-8")

    def typed(*words: str) -> tuple[int, str, str]:
        code = main(["accept", "batch", *words])
        told = capsys.readouterr()
        return code, told.out, told.err

    return typed


def test_a_batch_is_begun_answered_signed_and_listed(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    code, out, _ = say("begin", "lot 3", "--points", *CODES, "--tender", "tender.toml", "--document", "HT-12")
    assert (code, "2 points are on trial" in out) == (0, True)
    assert "accept batch measure 'lot 3'" in out
    for word in ("passed", "failed"):  # the second camera's sign is missing
        which = CODES[word == "failed"]
        assert say("answer", "lot 3", which, "sign", word, "--words", "seen", "--by", "wang")[0] == 0
    code, out, _ = say("show", "lot 3")
    assert (code, "1 passed, 1 FAILED, 0 UNTESTED; draft" in out) == (1, True)
    names = ("--by", "wang", "--with", "li")
    assert "1 h are left" in say("sign", "lot 3", "--leave-out", CODES[1], *names)[2]
    later_s = SystemClock().now_ms() // 1000 + 3_700
    monkeypatch.setattr("lenskeeper.house.home.SystemClock", lambda: StandingClock(later_s))
    code, _, wrong = say("sign", "lot 3", *names)
    assert (code, f"{CODES[1]} (failed)" in wrong) == (2, True)
    assert say("sign", "lot 3", "--leave-out", CODES[1], "--by", "li", "--with", "li")[0] == 2
    files = ("--to", "lot3.pdf", "--to", "lot3.xlsx", "--to", "lot3.json", "--language", "zh-CN")
    code, out, _ = say("sign", "lot 3", "--leave-out", CODES[1], *names, *files)
    assert code == 0
    assert "signed by local:wang with local:li, SHA-256" in out
    assert all(Path(name).stat().st_size for name in files[1:6:2])
    assert "signed" in say("list")[1]
    assert "was signed" in say("drop", "lot 3", "--because", "a mistake")[2]


def test_what_is_no_batch_or_no_tender_is_told_with_its_cure(say: Say) -> None:
    assert "accept batch list" in say("show", "lot 9")[2]
    Path("wrong.toml").write_text("onlin = 3\n", encoding="utf-8")
    assert "onlin" in say("begin", "b", "--unit", "City", "--tender", "wrong.toml", "--document", "1")[2]
    assert say("begin", "b", "--unit", "City", "--tender", "tender.toml", "--document", "1")[0] == 0
    assert say("drop", "b", "--because", "a mistake")[0] == 0
    assert "was dropped" in say("show", "b")[1]
