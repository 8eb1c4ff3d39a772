"""A crew's day from the command to the sheet that comes back: printed, phoned in, filled in, and never half read."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from pypdf import PdfReader
from sqlalchemy import Connection, select
from tests.register_kit import DAY, NOON
from tests.tickets.test_day_plan_rows import _lot, dirty, fleet, opened

from lenskeeper.audit import rows as audit
from lenskeeper.base.access import ActorId, Scope
from lenskeeper.base.days import date_of
from lenskeeper.base.errors import Conflict, Invalid, NotFound
from lenskeeper.base.languages import Language
from lenskeeper.cli import day_plans as command
from lenskeeper.cli.commands import main
from lenskeeper.house.day_plans import (
    DayOrder,
    Made,
    day_of_number,
    drop_day,
    finish_stop,
    make_day,
    read_sheet_back,
    write_sheet,
)
from lenskeeper.house.home import Home
from lenskeeper.house.settings import Settings
from lenskeeper.reporting.work_sheet import FILL_COLUMNS, TEXT, document_of, work_sheets
from lenskeeper.store.database import Store
from lenskeeper.tickets.day_codes import qr_text, spelt_out
from lenskeeper.tickets.day_plan import Permit, Reason
from lenskeeper.tickets.schema import cleaning, day_stop, ticket

BY = ActorId("local:desk")
ALL = Scope.ALL


class NoonClock:
    """It is always noon of the register's day."""

    def now_ms(self) -> int:
        return NOON * 1000

    def elapsed_s(self) -> float:
        return 0.0

    async def sleep(self, length_s: float) -> None:
        return


@pytest.fixture
def home(store: Store, tmp_path: Path) -> Home:
    """Four tickets and a cleaning of a lot along a street."""

    def work(c: Connection) -> None:
        points = fleet(c)
        lot = _lot(c, "东城标段", points)
        for point_id in points:
            opened(c, point_id, contract_id=lot)
        dirty(c, points[0])

    store.write(work)
    return Home(tmp_path, Settings(), store, NoonClock(), "")


def planned(home: Home, **more: Any) -> Made:
    return make_day(
        home, ALL, DayOrder(**{"day": DAY, "contract": "东城标段", "permit": Permit.LANE, **more}), BY
    )


def stages(home: Home) -> list[str]:
    with home.store.read() as c:
        return list(c.execute(select(ticket.c.stage).order_by(ticket.c.id)).scalars())


def acts(home: Home) -> list[str]:
    with home.store.read() as c:
        return [entry.act for entry in audit.entries(c, ALL) if entry.act.startswith("day.")]


def filled(
    home: Home, plan_id: int, fill: dict[int, dict[str, str]], language: Language = Language.ZH
) -> Path:
    """The workbook as a crew sends it back: by the stop's number, what stands in which column."""
    path = home.folder / f"back-{len(list(home.folder.iterdir()))}.xlsx"
    write_sheet(home, ALL, plan_id, path, language)
    book = openpyxl.load_workbook(path)
    page = book.worksheets[0]
    titles = [str(cell.value) for cell in page[1]]
    for number, cells in fill.items():
        for key, text in cells.items():
            page.cell(number + 1, titles.index(TEXT[key].of(language)) + 1, text)
    book.save(path)
    return path


def test_a_day_is_planned_shown_and_entered_in_the_log(home: Home) -> None:
    made = planned(home)
    assert [len(halt.tasks) for halt in made.plan.halts if halt.name == "crossing 0"] == [2]
    assert (len(made.plan.halts), made.left_out, made.plan.contract) == (4, (), "东城标段")
    assert day_of_number(home, ALL, made.plan.plan_id) == made.plan
    assert acts(home) == ["day.make"]
    with pytest.raises(Conflict):
        planned(home)  # all of it is planned already
    drop_day(home, ALL, made.plan.plan_id, BY)
    none = planned(home, permit=Permit.LANE, height_m_max=6.0)
    assert len(none.plan.halts) == 4
    assert acts(home) == ["day.make", "day.drop", "day.make"]


def test_what_does_not_fit_is_told_with_the_reason(home: Home) -> None:
    made = planned(home, minutes=100)
    assert made.left_out
    assert {each.reason for each in made.left_out} <= {Reason.TIME}
    with pytest.raises(Conflict):
        planned(home, permit=Permit.NONE)


@pytest.mark.parametrize(
    "wrong",
    [{"day": DAY - 1}, {"day": DAY + 15}, {"stops_min": 5, "stops_max": 4}, {"stops_max": 61}, {"minutes": 5},
     {"height_m_max": 0.0}],
)  # fmt: skip
def test_limits_that_make_no_sense_are_refused(home: Home, wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        planned(home, **wrong)
    assert acts(home) == []


def test_a_code_over_the_telephone_finishes_its_stop(home: Home) -> None:
    made = planned(home)
    halt = next(halt for halt in made.plan.halts if halt.name == "crossing 0")
    done = finish_stop(home, ALL, spelt_out(halt.code).lower(), BY, words="new supply", parts_used=["supply"])
    assert (len(done.tickets), done.cleanings) == (1, 1)
    assert stages(home) == ["done", "assigned", "assigned", "assigned"]
    with home.store.read() as c:
        assert c.execute(select(cleaning.c.done_by)).scalar_one() == BY
    assert acts(home)[-1] == "day.done"
    with pytest.raises(Conflict):
        finish_stop(home, ALL, halt.code, BY)
    with pytest.raises(Invalid, match="telephone"):
        finish_stop(home, ALL, made.plan.halts[1].code, BY, words="call 13800138000")
    assert stages(home).count("done") == 1


@pytest.mark.parametrize("language", list(Language))
def test_the_printed_sheet_has_every_stop_with_its_code(home: Home, language: Language) -> None:
    made = planned(home)
    path = home.folder / "day.pdf"
    write_sheet(home, ALL, made.plan.plan_id, path, language)
    reader = PdfReader(path)
    text = re.sub(r"\s+", " ", " ".join(page.extract_text() for page in reader.pages))
    for halt in made.plan.halts:
        for word in (spelt_out(halt.code), halt.name, halt.address, "6 m"):
            assert word in text
    assert TEXT["title"].of(language) in text
    assert "Acme M0" in text
    with pytest.raises(Conflict):
        write_sheet(home, ALL, made.plan.plan_id, path, language)
    with pytest.raises(Invalid):
        write_sheet(home, ALL, made.plan.plan_id, home.folder / "day.txt", language)
    drop_day(home, ALL, made.plan.plan_id, BY)
    with pytest.raises(Conflict, match="dropped"):
        write_sheet(home, ALL, made.plan.plan_id, home.folder / "late.pdf", language)


def test_a_square_holds_the_number_and_the_code_and_nothing_else(home: Home) -> None:
    made = planned(home)
    cards = document_of(made.plan, Language.EN)["stops"]
    for halt, card in zip(made.plan.halts, cards, strict=True):
        text = qr_text(made.plan.plan_id, halt.code)
        assert re.fullmatch(r"LK:\d+:[A-Z0-9]{6}", text)
        assert len(card["qr"]) == 21  # version 1: there is no room for more
    assert len({tuple(card["qr"]) for card in cards}) == len(cards)


@pytest.mark.parametrize("language", list(Language))
def test_a_sheet_that_comes_back_is_written_whole(home: Home, language: Language) -> None:
    made = planned(home)
    finish_stop(home, ALL, made.plan.halts[0].code, BY)
    path = filled(
        home,
        made.plan.plan_id,
        {
            2: {"done": "是", "words": "换电源", "used": "电源；网线"},
            3: {"done": "no", "words": "gate locked"},
        },
        language,
    )
    back = read_sheet_back(home, ALL, path, BY)
    assert ([done.number for done in back.finished], back.before, back.undone) == ([2], 1, 1)
    halts = day_of_number(home, ALL, made.plan.plan_id).halts
    assert (halts[1].words, halts[1].parts_used) == ("换电源", ("电源", "网线"))
    assert (halts[2].words, halts[2].done_s) == ("gate locked", None)
    again = read_sheet_back(home, ALL, path, BY)
    assert (again.finished, again.before, again.undone) == ((), 2, 1)


@pytest.mark.parametrize(
    ("fill", "said"),
    [
        ({2: {"code": "AAA AAA", "done": "yes"}}, r"row 3 \(completion code AAAAAA\): no stop has the code"),
        (
            {2: {"code": "OOO", "done": "yes"}},
            r"row 3, column B \(completion code\): 'OOO' is no completion code",
        ),
        ({2: {"done": "perhaps"}}, r"row 3, column K \(done\): none of the values"),
        ({2: {"words": "no power"}}, r"row 3, column K \(done\): something is written beside it"),
        (
            {2: {"done": "yes", "words": "13800138000"}},
            r"row 3, column L \(words\): seems to hold a telephone",
        ),
        ({2: {"code": "", "done": "yes"}}, r"row 3, column B \(completion code\)"),
    ],
)
def test_one_wrong_row_and_nothing_of_the_sheet_is_written(
    home: Home, fill: dict[int, dict[str, str]], said: str
) -> None:
    made = planned(home)
    path = filled(home, made.plan.plan_id, {1: {"done": "yes"}, **fill}, Language.EN)
    with pytest.raises(Invalid, match=said):
        read_sheet_back(home, ALL, path, BY)
    assert set(stages(home)) == {"assigned"}
    assert acts(home) == ["day.make"]


def test_two_rows_with_one_code_are_refused_and_so_is_what_is_no_sheet(home: Home) -> None:
    made = planned(home)
    code = spelt_out(made.plan.halts[0].code)
    path = filled(home, made.plan.plan_id, {1: {"done": "yes"}, 2: {"code": code, "done": "yes"}})
    with pytest.raises(Invalid, match=r"row 3, column B \(completion code\): the same code as in row 2"):
        read_sheet_back(home, ALL, path, BY)
    with pytest.raises(Invalid, match="nobody wrote"):
        read_sheet_back(home, ALL, filled(home, made.plan.plan_id, {}), BY)
    text = home.folder / "day.xlsx.txt"
    text.write_text("完工码,完成\n")
    with pytest.raises(Invalid, match="no workbook"):
        read_sheet_back(home, ALL, text, BY)
    other = openpyxl.Workbook()
    other.save(home.folder / "other.xlsx")
    with pytest.raises(Invalid, match="no work sheet of ours"):
        read_sheet_back(home, ALL, home.folder / "other.xlsx", BY)


def test_a_sheet_of_a_dropped_plan_writes_nothing(home: Home) -> None:
    made = planned(home)
    path = filled(home, made.plan.plan_id, {1: {"done": "yes"}})
    drop_day(home, ALL, made.plan.plan_id, BY)
    with pytest.raises(Invalid, match="was dropped"):
        read_sheet_back(home, ALL, path, BY)
    assert set(stages(home)) == {"assigned"}


def test_each_language_has_its_own_names_for_the_columns_that_are_read() -> None:
    for key in FILL_COLUMNS:
        assert TEXT[key].zh != TEXT[key].en


def test_the_workbook_has_a_row_for_each_stop_and_what_to_load(home: Home) -> None:
    made = planned(home)
    work, load = work_sheets(made.plan, Language.EN)
    assert [row[0] for row in work.rows] == [1, 2, 3, 4]
    assert ("spare camera Acme M0", 1) in load.rows
    assert ("lens cleaning kit", 1) in load.rows


@pytest.fixture
def typed(home: Home, monkeypatch: pytest.MonkeyPatch) -> Home:
    """The command in this installation."""

    @contextmanager
    def here(_config: Path | None) -> Iterator[Home]:
        yield home

    monkeypatch.setattr(command, "opened", here)
    monkeypatch.chdir(home.folder)
    return home


def test_the_whole_way_is_typed(typed: Home, capsys: pytest.CaptureFixture[str]) -> None:
    day = str(date_of(DAY))
    assert main(["plan", "day", "make", day, "--contract", "东城标段", "--permit", "lane", "--start", "120.0,30.0",
                 "--stops", "1..3", "--district", "3301"]) == 0  # fmt: skip
    said = capsys.readouterr().out
    assert "plan 1: 东城标段" in said
    assert "left out: 1 full" in said
    assert "to load: spare camera" in said
    with typed.store.read() as c:
        codes = list(c.execute(select(day_stop.c.code).order_by(day_stop.c.number)).scalars())
    assert len(codes) == 3
    assert main(["plan", "day", "show", "1"]) == 0
    assert all(spelt_out(code) in capsys.readouterr().out for code in codes[:1])
    assert main(["plan", "day", "sheet", "1", "--to", "day.pdf", "--language", "zh-CN"]) == 0
    assert main(["plan", "day", "done", codes[0], "--words", "fine", "--part", "SFP"]) == 0
    assert "is done" in capsys.readouterr().out
    assert main(["plan", "day", "done", codes[0]]) == 2
    assert "used already" in capsys.readouterr().err
    path = filled(typed, 1, {2: {"done": "yes"}, 3: {"done": "no", "words": "dog"}})
    assert main(["plan", "day", "read", str(path)]) == 1  # something is not done
    assert "1 stops are done, 1 were before, 1 are not done" in capsys.readouterr().out
    assert main(["plan", "day", "list"]) == 0
    assert "东城标段" in capsys.readouterr().out
    assert main(["plan", "day", "drop", "1"]) == 0
    assert main(["plan", "day", "show", "9"]) == 2
    assert main(["plan", "day", "make", day, "--contract", "nobody"]) == 2
    with pytest.raises(NotFound):
        day_of_number(typed, ALL, 9)


@pytest.mark.parametrize(
    "words",
    ["plan", "plan day", "plan day make 2024-10-04", "plan day make 2024-10-04 --desk us --stops 12-18",
     "plan day make 2024-10-04 --desk us --start 200,0", "plan day make 2024-10-04 --desk us --contract x"],
)  # fmt: skip
def test_a_wrong_word_is_told_before_anything_is_opened(words: str) -> None:
    with pytest.raises(SystemExit) as told:
        main(words.split())
    assert told.value.code == 2
