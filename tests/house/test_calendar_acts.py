"""What a person types about calendars and guarantee periods holds: open tickets are due anew, and frozen works refused."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection
from tests.probing.rounds_kit import VirtualClock
from tests.register_kit import DAY, NOON, TZ, camera, city, commit

from lenskeeper.audit import rows as audit
from lenskeeper.availability.rows_exclusions import refresh
from lenskeeper.availability.rows_maintenance import plans
from lenskeeper.base.access import LOCAL_OPERATOR, Scope
from lenskeeper.cli import calendars as calendars_command
from lenskeeper.cli import main
from lenskeeper.cli import upkeep as upkeep_command
from lenskeeper.house.home import Home
from lenskeeper.house.settings import Settings
from lenskeeper.inventory import rows_points
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_points import find
from lenskeeper.store.database import Store
from lenskeeper.tickets import rows, rows_contracts
from lenskeeper.tickets.causes import Cause, CauseKind, Trouble
from lenskeeper.tickets.clocks import Due
from lenskeeper.tickets.contracts import Terms
from lenskeeper.tickets.desk import TicketId
from lenskeeper.tickets.routing import Desk, Payer
from lenskeeper.tickets.rows import Opening, open_ticket, ticket_of
from lenskeeper.tickets.rows_clocks import due_of
from lenskeeper.units import rows as units

HOUR = 3_600
CODES = [f"{n:020d}" for n in range(4)]
FRIDAY_NOON = NOON  # DAY is Friday, 4 October 2024
OFFICE = "Mon-Fri 08:00-12:00,14:00-18:00"


@dataclass(frozen=True, slots=True)
class Office:
    """A registered city and somebody who types."""

    home: Home
    points: dict[str, PointId]
    say: Callable[..., tuple[int, str]]

    def acts(self) -> list[str]:
        with self.home.store.read() as connection:
            return [entry.act for entry in audit.entries(connection, Scope.ALL)]

    def due(self, ticket_id: TicketId) -> tuple[str, str]:
        """Until when a ticket is to be answered and ended, on the city's clocks."""
        with self.home.store.read() as connection:
            now = ticket_of(connection, Scope.ALL, ticket_id, now_s=self.home.now_s())
        zone = ZoneInfo(TZ)
        answered, ended = (
            f"{datetime.fromtimestamp(s, zone):%a %H:%M}" for s in (now.respond_by_s, now.restore_by_s)
        )
        return answered, ended

    def plans(self) -> int:
        with self.home.store.read() as connection:
            return len(plans(connection, Scope.ALL))


@pytest.fixture
def office(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Office:
    store.write(lambda c: city(c, "City/North", "City/South"))
    files = [camera(n, "City/North" if n < 2 else "City/South", klass=2) for n in range(4)]
    store.write(lambda c: commit(c, *files, now_s=NOON - 10 * 86_400))
    store.write(refresh)
    home = Home(tmp_path, Settings(), store, VirtualClock(FRIDAY_NOON), "")

    @contextmanager
    def opened(_config: Path | None) -> Iterator[Home]:
        yield home

    monkeypatch.setattr(calendars_command, "opened", opened)
    monkeypatch.setattr(upkeep_command, "opened", opened)
    monkeypatch.setenv("COLUMNS", "250")

    def say(*words: str | Path | int) -> tuple[int, str]:
        code = main([str(word) for word in words])
        told = capsys.readouterr()
        return code, told.out + told.err

    with store.read() as connection:
        found = find(connection, Scope.ALL, CODES, NOON)
    return Office(home, {code: ids[0] for code, ids in found.items()}, say)


def _contract(office: Office, calendar: str, name: str = "Lot 1", codes: Sequence[str] = CODES) -> None:
    def work(connection: Connection) -> None:
        made = rows_contracts.set_up(
            connection, name=name, contractor="Lamps Ltd", document="no. 5", from_day=DAY - 30, to_day=DAY + 365,
            tz=TZ, terms=Terms(), calendar=calendar, actor=LOCAL_OPERATOR, now_s=NOON,
        )  # fmt: skip
        every = [office.points[code] for code in codes]
        rows_contracts.take_in(
            connection, made.contract_id, every, NOON - 86_400, actor=LOCAL_OPERATOR, now_s=NOON
        )

    office.home.store.write(work)


def _ticket(office: Office, code: str, lot: str = "Lot 1") -> TicketId:
    point_id = office.points[code]

    def work(connection: Connection) -> TicketId:
        of = rows_contracts.named(connection, Scope.ALL, lot)
        cause = Cause(
            CauseKind.CAMERA, str(point_id), "timed_out", NOON - 600, (Trouble(point_id, "timed_out", NOON - 600),), 1
        )  # fmt: skip
        due: Due = due_of(connection, of.contract_id, 2, [point_id], NOON)
        new = Opening(cause, 2, Desk.CONTRACTOR, Payer.MAINTENANCE, of.contract_id, due)
        return open_ticket(connection, new, actor=LOCAL_OPERATOR, now_s=NOON)

    return office.home.store.write(work)


def test_a_calendar_its_holidays_and_a_period_each_make_an_open_ticket_due_anew(
    office: Office, tmp_path: Path
) -> None:
    assert office.say("calendars", "set", "office", "--hours", OFFICE)[0] == 0
    _contract(office, "office")
    ticket, other = _ticket(office, CODES[0]), _ticket(office, CODES[3])
    # From Friday noon 2 h and 24 h of working time: 4 h on Friday, 8 h on each of Monday and Tuesday, 4 h on Wednesday.
    assert office.due(ticket) == ("Fri 16:00", "Wed 12:00")

    days = tmp_path / "2024.csv"
    days.write_text("日期,安排,名称\n2024-10-05,班,国庆调休\n2024-10-07,休,国庆节\n", encoding="utf-8")
    code, out = office.say("calendars", "load", "office", days, "--year", 2024)
    assert (code, "2 days of 2024" in out, "2 open tickets were worked out anew" in out) == (0, True, True)
    assert office.due(ticket) == ("Fri 16:00", "Wed 12:00")  # Saturday is worked, and Monday is not

    days.write_text("日期,安排\n2024-10-04,休\n2024-10-07,休\n2024-10-08,休\n", encoding="utf-8")
    assert office.say("calendars", "load", "office", days, "--year", 2024)[0] == 0
    assert office.due(ticket) == ("Wed 10:00", "Fri 18:00")

    code, out = office.say(
        "calendars", "guarantee", "add", "summit", "--from", "2024-10-05 00:00", "--to", "2024-10-06 00:00",
        "--points", CODES[0], "--respond", "15m", "--restore", "2h", "--document", "order 7",
    )  # fmt: skip
    assert code == 0
    assert "holds for 1 cameras; the clocks of 1 open tickets" in out
    assert office.due(ticket) == ("Sat 00:15", "Sat 02:00")
    assert office.due(other) == ("Wed 10:00", "Fri 18:00")

    code, out = office.say("calendars", "guarantee", "revoke", 1, "--reason", "put off", "--wholly")
    assert (code, "worked out anew" in out) == (0, True)
    assert office.due(ticket) == ("Wed 10:00", "Fri 18:00")

    assert office.say("calendars", "set", "office", "--hours", "daily 00:00-24:00")[0] == 0
    assert office.due(ticket) == ("Sat 02:00", "Sun 00:00")
    for act in ("calendar.set", "calendar.load", "guarantee.add", "guarantee.revoke"):
        assert act in office.acts()


def test_only_the_tickets_that_a_change_is_about_are_due_anew(office: Office) -> None:
    for calendar in ("office", "depot"):
        assert office.say("calendars", "set", calendar, "--hours", OFFICE)[0] == 0
    _contract(office, "office", "Lot 1", CODES[:2])
    _contract(office, "depot", "Lot 2", CODES[2:])
    ticket, other = _ticket(office, CODES[0], "Lot 1"), _ticket(office, CODES[2], "Lot 2")
    code, out = office.say("calendars", "set", "depot", "--hours", "daily 00:00-24:00")
    assert (code, "the clocks of 1 open tickets" in out) == (0, True)
    assert (office.due(ticket), office.due(other)) == (("Fri 16:00", "Wed 12:00"), ("Fri 14:00", "Sat 12:00"))

    def leave(connection: Connection) -> None:
        rows.leave(connection, ticket, office.points[CODES[0]], actor=LOCAL_OPERATOR, now_s=NOON)

    office.home.store.write(leave)
    assert "worked out anew" not in _guarantee(office, "--points", CODES[0])[1]


def test_a_bad_list_changes_nothing_and_says_which_rows(office: Office, tmp_path: Path) -> None:
    office.say("calendars", "set", "office", "--hours", OFFICE)
    days = tmp_path / "2024.csv"
    days.write_text("date,kind\n2024-10-01,holiday\n", encoding="utf-8")
    assert office.say("calendars", "load", "office", days, "--year", 2024)[0] == 0
    days.write_text("date,kind\n2024-10-02,holiday\n2024-10-03,maybe\n", encoding="utf-8")
    code, out = office.say("calendars", "load", "office", days, "--year", 2024)
    assert (code, "row 3: 'maybe' is neither holiday" in out) == (2, True)
    code, out = office.say("calendars", "list")
    assert (code, "2024 (1)" in out, OFFICE in out) == (0, True, True)


def test_the_list_says_when_this_years_holidays_are_missing(office: Office, tmp_path: Path) -> None:
    office.say("calendars", "set", "office", "--hours", OFFICE)
    assert "no holidays of 2024 are loaded into office" in office.say("calendars", "list")[1]
    days = tmp_path / "2024.csv"
    days.write_text("date,kind\n2024-10-01,holiday\n", encoding="utf-8")
    office.say("calendars", "load", "office", days, "--year", 2024)
    assert "no holidays" not in office.say("calendars", "list")[1]


def _guarantee(office: Office, *words: str) -> tuple[int, str]:
    return office.say(
        "calendars", "guarantee", "add", "summit", "--from", "2024-10-10 08:00", "--to", "2024-10-12 20:00",
        "--respond", "15m", "--restore", "2h", "--document", "order 7", *words,
    )  # fmt: skip


def _work(office: Office, begin: str, end: str, *words: str) -> tuple[int, str]:
    return office.say("maintenance", "add", "--from", begin, "--to", end, "--reason", "lamps", *words)


SOUTH = ("--unit", "City/South")


@pytest.mark.parametrize(
    ("begin", "end", "words", "is_refused"),
    [
        ("2024-10-11 01:00", "2024-10-11 02:00", ("--camera", CODES[0]), True),
        ("2024-10-11 01:00", "2024-10-11 02:00", ("--unit", "City/North"), True),
        ("2024-10-11 01:00", "2024-10-11 02:00", ("--unit", "City"), True),
        ("2024-10-11 01:00", "2024-10-11 02:00", SOUTH, False),
        ("2024-10-11 01:00", "2024-10-11 02:00", ("--camera", CODES[1]), False),
        ("2024-10-10 07:00", "2024-10-10 08:00", ("--camera", CODES[0]), False),
        ("2024-10-10 07:00", "2024-10-10 08:01", ("--camera", CODES[0]), True),
        ("2024-10-12 20:00", "2024-10-12 21:00", ("--camera", CODES[0]), False),
        ("2024-10-05 01:00", "2024-10-05 02:00", ("--every", "FREQ=WEEKLY;BYDAY=SA", "--camera", CODES[0]), True),
        ("2024-10-06 01:00", "2024-10-06 02:00", ("--every", "FREQ=WEEKLY;BYDAY=SU", "--camera", CODES[0]), False),
        ("2024-10-11 01:00", "2024-10-11 02:00", ("--what", "network_work", "--camera", CODES[0]), True),
        ("2024-10-11 01:00", "2024-10-11 02:00", ("--what", "power_cut", "--camera", CODES[0]), False),
    ],
)  # fmt: skip
def test_work_that_falls_into_frozen_works_is_refused_and_the_period_named(
    office: Office, begin: str, end: str, words: tuple[str, ...], is_refused: bool
) -> None:
    assert _guarantee(office, "--points", CODES[0], "--freeze-works")[0] == 0
    code, out = _work(office, begin, end, *words)
    assert code == (2 if is_refused else 0)
    assert office.plans() == (0 if is_refused else 1)
    if is_refused:
        assert "guarantee period 1 (summit) from 2024-10-10 08:00 to 2024-10-12 20:00" in out


def test_a_period_without_frozen_works_or_that_is_revoked_lets_work_be_done(office: Office) -> None:
    assert _guarantee(office, "--points", CODES[0])[0] == 0
    assert _guarantee(office, "--points", CODES[0], "--freeze-works")[0] == 0
    assert _work(office, "2024-10-11 01:00", "2024-10-11 02:00", "--camera", CODES[0])[0] == 2
    assert office.say("calendars", "guarantee", "revoke", 2, "--reason", "put off")[0] == 0
    assert _work(office, "2024-10-11 01:00", "2024-10-11 02:00", "--camera", CODES[0])[0] == 0


def test_plans_made_before_a_period_are_told_when_it_is_entered(office: Office) -> None:
    for begin, end, words in (
        ("2024-10-11 01:00", "2024-10-11 02:00", ("--camera", CODES[0])),
        ("2024-10-11 01:00", "2024-10-11 02:00", ("--camera", CODES[3])),
        ("2024-09-01 01:00", "2024-09-01 02:00", ("--every", "FREQ=DAILY", "--camera", CODES[1])),
        ("2024-10-14 01:00", "2024-10-14 02:00", ("--camera", CODES[0])),
    ):
        assert _work(office, begin, end, *words)[0] == 0
    code, out = _guarantee(office, "--unit", "City/North", "--freeze-works")
    assert code == 0
    assert [n for n in (1, 2, 3, 4) if f"plan {n} falls into it" in out] == [1, 3]
    assert _guarantee(office, "--unit", "City/North")[1].count("falls into it") == 0


def test_work_that_recurs_is_told_of_a_period_months_ahead(office: Office) -> None:
    far = ("--from", "2025-03-01 00:00", "--to", "2025-03-15 00:00", "--freeze-works", "--points", CODES[0])
    weekly = ("--every", "FREQ=WEEKLY;BYDAY=SU", "--camera", CODES[0])
    assert _guarantee(office, *far)[0] == 0
    code, out = _work(office, "2024-10-06 01:00", "2024-10-06 01:30", *weekly)
    assert (code, "window of 2025-03-02 01:00 to 2025-03-02 01:30" in out) == (2, True)
    assert office.say("calendars", "guarantee", "revoke", 1, "--reason", "put off")[0] == 0
    assert _work(office, "2024-10-06 01:00", "2024-10-06 01:30", *weekly)[0] == 0
    assert "falls into it (lamps)" in _guarantee(office, *far)[1]


def test_a_camera_that_left_a_unit_before_its_work_does_not_forbid_it(office: Office) -> None:
    assert _guarantee(office, "--points", CODES[0], "--freeze-works")[0] == 0

    def move(connection: Connection) -> None:
        south = units.find(connection, Scope.ALL, "City/South")
        rows_points.move(
            connection, office.points[CODES[0]], south, from_day=None, actor=LOCAL_OPERATOR, now_s=NOON
        )

    office.home.store.write(move)
    assert _work(office, "2024-10-11 01:00", "2024-10-11 02:00", "--unit", "City/South")[0] == 2
    assert _work(office, "2024-10-11 01:00", "2024-10-11 02:00", "--unit", "City/North")[0] == 0


def test_a_second_person_cannot_agree_to_work_that_is_frozen_meanwhile(office: Office) -> None:
    waits = (
        "--from",
        "2024-10-11 01:00",
        "--to",
        "2024-10-11 07:00",
        "--reason",
        "poles",
        "--camera",
        CODES[0],
    )
    assert "1 waiting" in office.say("maintenance", "add", *waits, "--by", "first")[1]
    assert _guarantee(office, "--points", CODES[0], "--freeze-works")[0] == 0
    code, out = office.say("maintenance", "approve", 1, "--by", "second")
    assert (code, "guarantee period 1 (summit)" in out) == (2, True)
    assert office.say("calendars", "guarantee", "revoke", 1, "--reason", "put off")[0] == 0
    assert office.say("maintenance", "approve", 1, "--by", "second")[0] == 0


def test_points_are_named_by_code_by_a_file_or_by_a_unit(office: Office, tmp_path: Path) -> None:
    codes = tmp_path / "codes.csv"
    codes.write_text(f"code,name\n{CODES[1]},x\n{CODES[2]},y\n", encoding="utf-8")
    for words, count in ((("--points", *CODES[:2]), 2), (("--points", str(codes), CODES[3]), 3), (SOUTH, 2)):
        assert f"holds for {count} cameras" in _guarantee(office, *words)[1]
    assert "no camera has the code nowhere" in _guarantee(office, "--points", "nowhere")[1]
    code, out = office.say("calendars", "guarantee", "list")
    assert code == 0
    assert out.count("2024-10-10 08:00") == 3
    assert ("15m" in out, "2h" in out, "order 7" in out, "to come" in out) == (True,) * 4


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--from", "2024-10-10", "--to", "2024-10-09"), "ends before it begins"),
        (("--from", "tomorrow", "--to", "2024-10-09"), "'tomorrow' is no time"),
    ],
)
def test_a_period_that_is_typed_wrong_says_what_to_correct(
    office: Office, words: tuple[str, ...], says: str
) -> None:
    code, out = _guarantee(office, "--points", CODES[0], *words)
    assert (code, says in out) == (2, True)


@pytest.mark.parametrize("length", ["", "soon", "0m", "2", "1h1d"])
def test_a_clock_that_is_no_length_of_time_is_refused(office: Office, length: str) -> None:
    with pytest.raises(SystemExit):
        _guarantee(office, "--points", CODES[0], "--respond", length)
