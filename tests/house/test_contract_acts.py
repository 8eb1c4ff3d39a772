"""A contract from its file of terms to the sheet that is signed at the end of a month, as somebody types it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Connection
from tests.probing.rounds_kit import VirtualClock
from tests.register_kit import DAY, NOON, TZ, camera, city, commit

from lenskeeper.audit import rows as audit
from lenskeeper.base.access import LOCAL_OPERATOR, Scope
from lenskeeper.base.days import day_span
from lenskeeper.cli import contracts as contracts_command
from lenskeeper.cli import main
from lenskeeper.house.home import Home
from lenskeeper.house.settings import Settings
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_points import find
from lenskeeper.store.database import Store
from lenskeeper.tickets import rows, rows_contracts
from lenskeeper.tickets.causes import Cause, CauseKind, Trouble
from lenskeeper.tickets.desk import TicketId
from lenskeeper.tickets.routing import Desk, Payer
from lenskeeper.tickets.rows import Opening
from lenskeeper.tickets.rows_clocks import due_of
from lenskeeper.tickets.states import Step

HOUR = 3_600
CODES = [f"{n:020d}" for n in range(4)]
NEXT_MONTH = day_span(DAY + 30, TZ)[0]
TERMS = """
monthly_fee = "1000.00"
lease_end = 2025-12-31
[clocks.2]
respond = "2 h"
restore = "8 h"
[penalties]
late_restore_hour = "20.00"
cap_percent = 5
"""
LOT = (
    "contracts",
    "add",
    "Lot 1",
    "--contractor",
    "Bright Eyes",
    "--document",
    "No. 7",
    "--from",
    "2024-10-01",
)


@dataclass(frozen=True, slots=True)
class Office:
    """A registered city and somebody who types; its clock may be set."""

    home: Home
    clock: VirtualClock
    points: dict[str, PointId]
    folder: Path
    say: Callable[..., tuple[int, str]]

    def signed(self) -> None:
        """A contract with all four cameras from the first of October on."""
        (self.folder / "terms.toml").write_text(TERMS, encoding="utf-8")
        assert self.say(*LOT, "--to", "2025-09-30", "--terms", self.folder / "terms.toml")[0] == 0
        assert (
            self.say("contracts", "points", "Lot 1", "--add", "--unit", "City", "--on", "2024-10-01")[0] == 0
        )

    def broken(self, code: str, late_hours: int) -> TicketId:
        """A ticket opened at noon and mended so many hours beyond its clock."""
        point_id = self.points[code]

        def work(connection: Connection) -> TicketId:
            of = rows_contracts.named(connection, Scope.ALL, "Lot 1").contract_id
            trouble = Trouble(point_id, "timed_out", NOON - 600)
            cause = Cause(CauseKind.CAMERA, str(point_id), "timed_out", NOON - 600, (trouble,), 1)
            due = due_of(connection, of, 2, [point_id], NOON)
            new = Opening(cause, 2, Desk.CONTRACTOR, Payer.MAINTENANCE, of, due)
            made = rows.open_ticket(connection, new, actor=LOCAL_OPERATOR, now_s=NOON)
            end_s = NOON + (8 + late_hours) * HOUR
            for step, at_s in ((Step.ACCEPT, NOON + HOUR), (Step.FINISH, end_s), (Step.VERIFY, end_s + 700)):
                rows.take_step(connection, made, step, actor=LOCAL_OPERATOR, now_s=at_s)
            rows.set_well(connection, made, point_id, end_s, actor=LOCAL_OPERATOR)
            return made

        return self.home.store.write(work)


@pytest.fixture
def desk(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Office:
    store.write(lambda c: city(c, "City/North", "City/South"))
    files = [camera(n, "City/North" if n < 2 else "City/South", klass=2) for n in range(4)]
    store.write(lambda c: commit(c, *files, now_s=NOON - 20 * 86_400))
    clock = VirtualClock(NOON)
    home = Home(tmp_path, Settings(), store, clock, "")

    @contextmanager
    def opened(_config: Path | None) -> Iterator[Home]:
        yield home

    monkeypatch.setattr(contracts_command, "opened", opened)
    monkeypatch.setenv("COLUMNS", "250")

    def say(*words: str | Path) -> tuple[int, str]:
        code = main([str(word) for word in words])
        told = capsys.readouterr()
        return code, told.out + told.err

    with store.read() as connection:
        found = find(connection, Scope.ALL, CODES, NOON)
    return Office(home, clock, {code: ids[0] for code, ids in found.items()}, tmp_path, say)


def test_from_a_file_of_terms_to_the_sheet_of_a_month(desk: Office) -> None:
    desk.signed()
    desk.broken(CODES[0], 2)
    desk.broken(CODES[1], 0)
    desk.clock.wall_s = NEXT_MONTH
    code, out = desk.say("contracts", "month", "Lot 1", "2024-10")
    assert code == 0
    assert "2 started hours late x 20.00" in out
    assert "in time" in out
    assert all(words in out for words in ("40.00", "50.00", "Bright Eyes", "leased until"))

    for suffix, language in ((".pdf", "zh-CN"), (".xlsx", "en"), (".csv", "zh-CN")):
        file = desk.folder / f"october{suffix}"
        code, out = desk.say("contracts", "month", "Lot 1", "2024-10", "--to", file, "--language", language)
        assert (code, "2 lines, 40.00 deducted" in out, file.stat().st_size > 500) == (0, True, True)
    assert "超时 2 小时" in (desk.folder / "october.csv").read_text(encoding="utf-8-sig")
    assert desk.say("contracts", "month", "Lot 1", "2024-10", "--to", desk.folder / "october.pdf")[0] == 2


def test_the_cap_is_told_and_an_amendment_leaves_a_month_that_is_over_as_it_was(desk: Office) -> None:
    desk.signed()
    ticket = desk.broken(CODES[0], 9)
    desk.clock.wall_s = NOON + 40 * HOUR
    assert "deducted (the cap)" in desk.say("contracts", "month", "Lot 1", "2024-10")[1]
    desk.clock.wall_s = NEXT_MONTH + HOUR
    terms = desk.folder / "terms.toml"
    terms.write_text(TERMS.replace("20.00", "1.00"), encoding="utf-8")
    words = ("contracts", "amend", "Lot 1", "--document", "No. 9", "--terms", terms)
    assert desk.say(*words)[0] == 0
    assert "9 started hours late x 20.00" in desk.say("contracts", "month", "Lot 1", "2024-10")[1]
    assert desk.say(*words, "--correction")[0] == 0
    assert "9 started hours late x 20.00" in desk.say("contracts", "month", "Lot 1", "2024-10")[1], (
        "before both"
    )
    with desk.home.store.read() as connection:
        acts = [entry.act for entry in audit.entries(connection, Scope.ALL, subject="contract:1")]
        assert acts == ["contract.set_up", "contract.take_in", "contract.amend", "contract.correct"]
        assert rows.ticket_of(connection, Scope.ALL, ticket, now_s=NOON).ended_s is not None


def test_new_terms_give_open_tickets_new_clocks(desk: Office) -> None:
    desk.signed()
    ticket = desk.broken(CODES[0], 0)
    desk.home.store.write(
        lambda c: rows.take_step(c, ticket, Step.FAIL, actor=LOCAL_OPERATOR, now_s=NOON + 20 * HOUR)
    )
    desk.clock.wall_s = NOON + 21 * HOUR
    terms = desk.folder / "terms.toml"
    terms.write_text(TERMS.replace("8 h", "3 h"), encoding="utf-8")
    out = desk.say("contracts", "amend", "Lot 1", "--document", "No. 9", "--terms", terms)[1]
    assert "1 open tickets have new clocks" in out
    with desk.home.store.read() as connection:
        now = rows.ticket_of(connection, Scope.ALL, ticket, now_s=NOON)
    assert now.restore_by_s == NOON + 23 * HOUR


def test_points_go_in_and_out_and_are_shown(desk: Office) -> None:
    desk.signed()
    assert "4 cameras are in its lot" in desk.say("contracts", "show", "Lot 1")[1]
    codes = desk.folder / "codes.txt"
    codes.write_text("\n".join(CODES[:2]), encoding="utf-8")
    assert "2 cameras are out" in desk.say("contracts", "points", "Lot 1", "--remove", "--file", codes)[1]
    code, out = desk.say("contracts", "show", "Lot 1")
    assert (code, "2 cameras are in its lot" in out, "20.00 a started hour" in out) == (0, True, True)
    assert "2024-10-01 to 2025-09-30" in out, "both are days of it"
    assert "in force" in desk.say("contracts", "list")[1]
    assert "1 cameras are in the lot" in desk.say("contracts", "points", "Lot 1", "--add", CODES[0])[1]
    clash = (*LOT[:2], "Lot 2", *LOT[3:], "--to", "2025-09-30", "--terms", desk.folder / "terms.toml")
    assert desk.say(*clash)[0] == 0
    code, out = desk.say("contracts", "points", "Lot 2", "--add", CODES[0])
    assert (code, "crossing 0 cannot be in the lot of Lot 2: it is in that of Lot 1" in out) == (2, True)


@pytest.mark.parametrize(
    ("words", "told"),
    [(("contracts", "month", "Lot 9", "2024-10"), "no contract 'Lot 9'"),
     (("contracts", "month", "Lot 1", "2024-W40"), "is no month"),
     (("contracts", "month", "Lot 1", "2024-09"), "not in force in 2024-09"),
     (("contracts", "month", "Lot 1", "2024-11"), "has not begun"),
     (("contracts", "month", "Lot 1", "2024-10", "--to", "x.doc"), ".pdf, .xlsx, .csv"),
     (("contracts", "points", "Lot 1", "--add"), "name cameras"),
     (("contracts", "points", "Lot 1", "--add", "999"), "no camera has the code 999"),
     (("contracts", "points", "Lot 1", "--add", "--file", "nothing.txt"), "no file"),
     (("contracts", "amend", "Lot 1", "--document", "9", "--terms", "nothing.toml"), "no file"),
     (("contracts", "amend", "Lot 1", "--document", "9", "--calendar", "moon"), "no calendar 'moon'")],
)  # fmt: skip
def test_what_cannot_be_done_is_told_with_its_cure(desk: Office, words: tuple[str, ...], told: str) -> None:
    desk.signed()
    code, out = desk.say(*words)
    assert (code, told in out) == (2, True), out
