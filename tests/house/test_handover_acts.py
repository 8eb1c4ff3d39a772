"""A shift is shown, signed by two and kept; the eight-o'clock page is read from the books; both as a person types them."""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader
from sqlalchemy import insert, update
from tests.house.test_message_loop import Clock
from tests.register_kit import DAY, NOON
from tests.reporting import books_kit
from tests.tickets.test_message_rows import fleet, make_ticket

from lenskeeper.availability.lanes import State
from lenskeeper.base.access import ActorId
from lenskeeper.base.errors import Conflict, Invalid, NotFound
from lenskeeper.base.languages import Language
from lenskeeper.cli import handover as command
from lenskeeper.cli.commands import main
from lenskeeper.house.handover import (
    ShiftOrder,
    eight_now,
    kept_shift,
    shift_now,
    sign,
    signed_shifts,
    write_eight,
    write_shift,
)
from lenskeeper.house.home import Home
from lenskeeper.house.reports import ReportOrder
from lenskeeper.house.reports import made as reported
from lenskeeper.house.settings import Settings
from lenskeeper.inventory.schema import backlog
from lenskeeper.reporting.definitions import Metric
from lenskeeper.store.database import Store
from lenskeeper.tickets.schema import ticket_event, ticket_pause, ticket_point

WANG, LI = ActorId("local:wang"), ActorId("local:li")


@pytest.fixture
def home(store: Store, tmp_path: Path) -> Home:
    """Four cameras; a switch with three of them, and a camera alone whose clock stands."""

    def work(connection: Any) -> None:
        fleet(connection)
        make_ticket(connection, 3, opened_s=NOON - 7_200, onset_s=NOON - 7_200, restore_by_s=NOON + 3_600)
        lone = make_ticket(
            connection, 1, cause="camera", thing="1", opened_s=NOON - 600, restore_by_s=NOON - 60
        )
        connection.execute(
            insert(ticket_pause).values(
                ticket_id=lone, from_s=NOON - 300, until_s=NOON + 7_200, reason="no permit", actor="local"
            )
        )

    store.write(work)
    clock = Clock()
    clock.now_s = NOON + 1
    return Home(tmp_path, Settings(), store, clock, "")


def test_the_next_shift_begins_where_the_last_one_was_signed(home: Home) -> None:
    first = shift_now(home, ShiftOrder())
    assert (first.from_s, first.to_s) == (NOON + 1 - 12 * 3_600, NOON + 1)
    assert (len(first.opened), [h.work.ticket_id for h in first.ending], first.overdue) == (2, [2], ())
    done = sign(home, ShiftOrder(notes=("carrier promised by noon",)), WANG, LI, WANG)
    assert done.number == 1
    home.clock.now_s += 8 * 3_600  # type: ignore[attr-defined]
    second = shift_now(home, ShiftOrder())
    assert (second.from_s, second.opened) == (first.to_s, ())
    assert kept_shift(home, 1) == done
    assert [line.number for line in signed_shifts(home)] == [1]


def test_a_shift_that_is_not_over_one_name_twice_a_unit_that_is_not_there_and_a_number_of_a_person_are_refused(
    home: Home,
) -> None:
    with pytest.raises(Invalid, match="not over"):
        shift_now(home, ShiftOrder(to_s=NOON + 2))
    with pytest.raises(Invalid, match="two people sign"):
        sign(home, ShiftOrder(), WANG, WANG, WANG)
    with pytest.raises(NotFound):
        shift_now(home, ShiftOrder(unit="City/South"))
    with pytest.raises(Invalid, match="keeps nothing of persons"):
        sign(home, ShiftOrder(notes=("call 13812345678",)), WANG, LI, WANG)
    assert signed_shifts(home) == []
    sign(home, ShiftOrder(), WANG, LI, WANG)
    with pytest.raises(Conflict):
        sign(home, ShiftOrder(from_s=NOON - 60), WANG, LI, WANG)


def test_files_are_written_by_their_names_and_nothing_is_overwritten(home: Home, tmp_path: Path) -> None:
    done = sign(home, ShiftOrder(), WANG, LI, WANG)
    shift = done.handover.shift
    for name in ("a.pdf", "a.xlsx", "a.json"):
        write_shift(shift, done, tmp_path / name, Language.ZH)
        with pytest.raises(Conflict):
            write_shift(shift, done, tmp_path / name, Language.ZH)
    assert (tmp_path / "a.json").read_bytes() == done.body
    with pytest.raises(Invalid, match=r"not as \.doc"):
        write_shift(shift, done, tmp_path / "a.doc", Language.ZH)
    page = eight_now(home, "")
    for name in ("e.pdf", "e.json"):
        write_eight(page, tmp_path / name, Language.EN)
        with pytest.raises(Conflict):
            write_eight(page, tmp_path / name, Language.EN)
    with pytest.raises(Invalid, match="not as a folder"):
        write_eight(page, tmp_path / "folder", Language.EN)
    assert len(PdfReader(tmp_path / "e.pdf").pages) == 1


def test_the_pages_figures_are_those_of_yesterdays_report_and_of_the_last_slots(
    store: Store, tmp_path: Path
) -> None:
    """A town whose every slot is known: a camera that nobody has seen of late is neither up nor down."""
    made = books_kit.town(store, 3)
    clock = Clock()
    clock.now_s = books_kit.PERIOD.b_s + 60
    home = Home(tmp_path, Settings(), store, clock, "demo")
    page = eight_now(home, "")
    for name, figure_of in (("2026-11-04", page.yesterday), ("2026-11-03", page.before)):
        whole = reported(home, ReportOrder(name)).whole
        assert figure_of.online == whole.figure(Metric.ONLINE)
        assert figure_of.coverage == whole.figure(Metric.COVERAGE)
        assert figure_of.integrity == whole.figure(Metric.INTEGRITY)
        assert figure_of.integrity_coverage == whole.figure(Metric.INTEGRITY_COVERAGE)
    last = [slots[-1].state for slots in made.slots.values()]
    assert (page.cameras.in_service, page.cameras.up, page.cameras.down) == (
        books_kit.CAMERAS, last.count(State.UP), last.count(State.DOWN),
    )  # fmt: skip
    assert page.exercise
    clock.now_s += 3_600
    later = eight_now(home, "").cameras
    assert (later.up, later.down, later.unknown) == (0, 0, books_kit.CAMERAS)
    part = eight_now(home, "临江市/东区")
    assert part.unit == "东区"
    assert part.cameras.in_service < books_kit.CAMERAS


def test_what_a_cause_cost_is_counted_camera_by_camera_within_the_last_day(home: Home) -> None:
    now_s = home.now_s()

    def work(connection: Any) -> None:
        number = make_ticket(connection, 4, opened_s=now_s - 90_000, thing="Nordtor", restore_by_s=now_s - 5)
        c = ticket_point.c
        for point_id, more in {
            1: {"onset_s": now_s - 100_000},  # a whole day of it counts
            2: {"onset_s": now_s - 3_600, "well_s": now_s - 1_800},
            3: {"onset_s": now_s - 200_000, "well_s": now_s - 100_000},  # before
            4: {"onset_s": now_s - 7_200, "left_s": now_s - 3_600},
        }.items():
            connection.execute(
                update(ticket_point).where(c.ticket_id == number, c.point_id == point_id).values(more)
            )
        connection.execute(
            insert(backlog),
            [
                {"point_id": n, "unit_id": 2, "bucket": "silent", "found_s": 0, "agreed_day": DAY + n - 1}
                for n in (1, 2)
            ],
        )
        for act, at_s in (
            ("verify", now_s - 90_000),
            ("verify", now_s - 80_000),
            ("fail", now_s - 70_000),
            ("recover", now_s - 9),
        ):
            connection.execute(
                insert(ticket_event).values(
                    ticket_id=number, at_s=at_s, actor="rounds", act=act, stage="verified"
                )
            )

    home.store.write(work)
    page = eight_now(home, "")
    assert [(one.work.ticket_id, one.lost_s, one.ill) for one in page.worst] == [
        (3, 86_400 + 1_800 + 3_600, 1), (1, 3, 3), (2, 1, 1),
    ]  # fmt: skip
    assert (page.opened, page.repaired, page.by_itself, page.cancelled) == (2, 0, 1, 0)
    assert (page.open_causes, page.overdue, page.pauses_today, page.owed_today) == (3, 1, 1, 1)
    assert page.biggest is not None
    assert (page.biggest.work.ticket_id, page.biggest.unit) == (1, "North")
    assert [work.ticket_id for work in page.due_today] == [1]


def test_a_person_types_it(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @contextmanager
    def opened(_config: object) -> Iterator[Home]:
        yield home

    monkeypatch.setattr(command, "opened", opened)
    pdf = str(tmp_path / "shift.pdf")
    assert main(["handover", "show", "--from", "2024-10-04 00:00", "--until", "2024-10-04 12:00"]) == 0
    assert "Pauses that end in the next shift" in capsys.readouterr().out
    assert (
        main(["handover", "sign", "--giver", "wang", "--taker", "li", "--note", "all quiet", "--to", pdf])
        == 0
    )
    told = capsys.readouterr().out
    assert "handed over by: local:wang" in told
    assert "taken over by: local:li" in told
    assert main(["handover", "list"]) == 0
    assert "local:li" in capsys.readouterr().out
    assert main(["handover", "show", "1", "--language", "zh-CN"]) == 0
    assert "接班人: local:li" in capsys.readouterr().out
    assert main(["handover", "show", "1", "--unit", "City"]) == 2
    home.clock.now_s += 60  # type: ignore[attr-defined]
    assert main(["handover", "sign", "--giver", "wang", "--taker", "wang"]) == 2
    assert "two people sign" in capsys.readouterr().err
    assert main(["handover", "eight"]) == 0
    assert "The biggest cause is switch North gate in North" in capsys.readouterr().out
    assert main(["handover", "eight", "--json", "--language", "zh-CN", "--to", str(tmp_path / "e.pdf")]) == 0
    assert json.loads(capsys.readouterr().out)["figures"]["open_causes"] == 2
    text = "".join(
        page.extract_text() for page in PdfReader(io.BytesIO((tmp_path / "e.pdf").read_bytes())).pages
    )
    assert "八点简报" in text
