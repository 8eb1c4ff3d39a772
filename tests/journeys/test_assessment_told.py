"""A month's assessment from draft to issue, by its commands alone."""

from collections.abc import Callable
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook
from tests.reporting.month_kit import AFTER_S, DRAFTED_S, HOUR, SCHEME, TZ, lot

from lenskeeper.base.clock import Clock
from lenskeeper.cli import main
from lenskeeper.house import home as homes
from lenskeeper.house.home import NewHome, make_home
from lenskeeper.store.tables import metadata

Typed = Callable[[str], tuple[int, str]]


class SetClock(Clock):
    """A clock that the test sets."""

    at_s = DRAFTED_S

    def now_ms(self) -> int:
        return SetClock.at_s * 1000

    def elapsed_s(self) -> float:
        return float(SetClock.at_s)

    async def sleep(self, length_s: float) -> None:
        raise AssertionError(length_s)


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Typed:
    """A month in an installation, and a way to type `lenskeeper assess ...` in its folder."""
    # the tables as the rooms declare them: what the steps of the schema make of them is tests/store's to say
    monkeypatch.setattr(homes, "bring_up", lambda store, **_: store.write(metadata.create_all))
    home = make_home(NewHome(tmp_path / "city", "province", TZ))
    lot(home.store)
    home.store.close()
    monkeypatch.chdir(tmp_path / "city")
    monkeypatch.setenv("COLUMNS", "260")
    monkeypatch.setattr(homes, "SystemClock", SetClock)
    SetClock.at_s = DRAFTED_S
    Path("schemes.toml").write_text(SCHEME, encoding="utf-8")

    def run(words: str) -> tuple[int, str]:
        code = main(["assess", *words.split()])
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


def test_a_month_from_its_draft_to_its_issue(typed: Typed) -> None:
    code, said = typed("draft 2026-10 --contract 大桥标段 --scheme schemes.toml:bridge --by office")
    assert (code, "objections until 2026-11-06" in said) == (0, True), said
    disputed = "--from 2026-10-13T00:00 --to 2026-10-14T00:00"
    code, said = typed(f"object 1 code-4 {disputed} --reason 停电 --by builder")
    assert (code, "objection 1.1 by local:builder" in said) == (0, True), said
    typed(f"object 1 code-1 {disputed} --reason 停电 --by builder")
    code, said = typed("objection 1.1")
    assert code == 0
    assert all(
        words in said
        for words in ("Neighbours on the same switch: SW-2", "with all its neighbours", "prober-1")
    )
    code, said = typed("rule 1.1 upheld --words 供电局证明 --by builder")
    assert (code, "somebody else must rule" in said) == (2, True)
    code, said = typed("rule 1.1 upheld --words 供电局证明 --by office --dry")
    assert (code, "nothing is written" in said) == (0, True)
    dry = said.splitlines()[:-1]
    assert "2 not ruled" in typed("show 1")[1]
    code, said = typed("rule 1.1 upheld --words 供电局证明 --by office")
    assert (code, "is upheld by local:office: plan 1" in said) == (0, True)
    assert dry == said.splitlines()[: len(dry)]
    code, said = typed("issue 1 --by boss")
    assert (code, "wait for a ruling: 1.2" in said) == (2, True)
    assert typed("rule 1.2 rejected --words 当时在线 --by office")[0] == 0
    code, said = typed("issue 1 --by boss")
    assert (code, "--early NAME" in said) == (2, True)
    SetClock.at_s = AFTER_S
    assert typed(f"object 1 code-0 {disputed} --reason 停电 --by builder")[0] == 2
    code, said = typed("issue 1 --by boss --to issued.pdf --to issued.xlsx --language zh-CN")
    assert (code, "异议 1.1 的裁定" in said) == (0, True), said
    assert Path("issued.pdf").read_bytes().startswith(b"%PDF")
    book = CalamineWorkbook.from_path("issued.xlsx")
    assert {"异议与裁定", "与初稿不同的数字及其原因"} <= set(book.sheet_names)
    rows = book.get_sheet_by_name("异议与裁定").to_python()
    assert [row[0] for row in rows[1:3]] == ["1.1", "1.2"]
    assert [row[5] for row in rows[1:3]] == ["支持", "驳回"]
    code, said = typed("show 1 --changes")
    assert (code, "issued by local:boss" in said, "ruling on objection 1.1" in said) == (0, True, True)
    assert "issued by local:boss" in typed("list")[1]


def test_before_the_time_it_is_issued_by_both_sides_only(typed: Typed) -> None:
    typed("draft 2026-10 --unit province --scheme schemes.toml bridge --days 3 --by office")
    SetClock.at_s = DRAFTED_S + HOUR
    assert typed("issue 1 --early boss --by boss")[0] == 2
    code, said = typed("issue 1 --early builder --by boss")
    assert (code, "0 figures are not as the draft has them" in said) == (0, True), said


def test_what_is_typed_wrongly_is_told(typed: Typed) -> None:
    for words, cure in (
        ("draft 2026-10 --contract 大桥标段 --scheme schemes.toml", "FILE:NAME"),
        ("draft 2026-W43 --contract 大桥标段 --scheme schemes.toml:bridge", "write 2026-10"),
        ("draft 2026-10 --contract 隧道 --scheme schemes.toml:bridge", "隧道"),
        ("draft 2026-10 --contract 大桥标段 --scheme schemes.toml:tunnel", "bridge"),
        ("draft 2026-10 --contract 大桥标段 --scheme schemes.toml:bridge --days 0", "working days"),
        ("draft 2026-10 --contract 大桥标段 --scheme schemes.toml:bridge --calendar none", "none"),
        ("show 9", "no assessment 9"),
    ):
        code, said = typed(words)
        assert (code, cure in said) == (2, True), said
