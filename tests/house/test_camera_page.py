"""`lenskeeper camera CAMERA` shows what is known of its picture, and what a person is asked."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection
from tests.diagnosis.test_learning import DAY_KEY, healthy, lived, spoilt

from lenskeeper.base.access import LOCAL_OPERATOR, ROUNDS
from lenskeeper.cli.commands import main
from lenskeeper.diagnosis.changes import Change, What
from lenskeeper.diagnosis.evidence import evidence_of
from lenskeeper.diagnosis.kinds import Diagnosis, Kind, Verdict
from lenskeeper.diagnosis.learning import LOOKS_MIN
from lenskeeper.diagnosis.rows import Saving, save
from lenskeeper.diagnosis.watch import Judgement, Memory, Word
from lenskeeper.house.home import Home, NewHome, make_home
from lenskeeper.inventory.camera_file import CameraFile
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_points import add_many
from lenskeeper.units.rows import add

CODE = "99010000001320000001"
AT_S = 1_795_000_200


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    monkeypatch.setenv("COLUMNS", "200")
    made = make_home(NewHome(tmp_path / "home", "City", "UTC"))

    def work(connection: Connection) -> None:
        unit = add(connection, name="all", tz="UTC", actor=LOCAL_OPERATOR, now_s=made.now_s())
        camera = CameraFile("Gate 3", code=CODE, klass=1, url="rtsp://127.0.0.1/1")
        add_many(connection, [camera], [unit], now_s=made.now_s())

    made.store.write(work)
    yield made
    made.store.close()


def shown(home: Home, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["--config", str(home.folder / "lenskeeper.toml"), "camera", CODE]) == 0
    return " ".join(capsys.readouterr().out.split())


def known(home: Home, memory: Memory, word: Word, *records: Change, provisional: bool = False) -> None:
    judgement = Judgement(Diagnosis(Verdict.FIT), word, is_provisional=provisional)
    written = tuple(evidence_of(record, None, None, None, None, {}) for record in records)
    saving = Saving(PointId(1), replace(memory, chapters={}), AT_S, judgement, written)
    home.store.write(lambda c: save(c, [saving], software="test", actor=ROUNDS))


def test_a_camera_that_nobody_looked_at_and_one_that_is_still_learnt_say_so(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "nobody has looked at it yet" in shown(home, capsys)
    known(home, lived([healthy(0)])[0], Word.FIT, provisional=True)
    out = shown(home, capsys)
    assert "its picture: fit, provisionally: no reference stands in this light yet" in out
    assert "no reference yet" in out


def test_faults_that_stand_their_figures_references_flapping_and_the_last_ten_changes_are_shown(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    memory, _ = lived([*(healthy(n) for n in range(LOOKS_MIN)), spoilt("blur", 0), spoilt("blur", 1)])
    memory = replace(memory, hold=replace(memory.hold, flapping_since_s=AT_S - 3_600))
    (held,) = memory.hold.held
    changes = [Change(What.OPENED, AT_S + n, AT_S, Kind.BLUR, reason=f"reason {n}.") for n in range(12)]
    known(home, memory, Word.FAULT, *changes)
    out = shown(home, capsys)
    assert "its picture: fault" in out
    assert "flapping since" in out
    assert f"{held.figure:.3g}" in out
    assert f"{held.limit:.3g}" in out
    assert "day │ sub │ 15" in out
    assert "reason 11." in out
    assert "reason 2." in out
    assert "reason 1." not in out
    assert "asks for a person" not in out


def test_a_reference_that_looks_odd_asks_for_a_person(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    memory, _ = lived([healthy(n) for n in range(LOOKS_MIN)])
    odd = replace(memory.learnt.known[DAY_KEY], doubts=(Kind.DARK,))
    known(home, replace(memory, learnt=replace(memory.learnt, known={DAY_KEY: odd})), Word.FIT)
    out = shown(home, capsys)
    assert "asks for a person: dark" in out
    assert "say `confirm`" in out
