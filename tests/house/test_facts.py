"""What the rounds told is read back from the journal: what stands stays there however old it is, and is listed."""

from pathlib import Path

import pytest
from sqlalchemy import Connection
from tests.house.test_books import BEGIN_S, books_of

from lenskeeper.cli.commands import main
from lenskeeper.house import chores
from lenskeeper.house.clock import StandingClock, SystemClock
from lenskeeper.house.facts import standing, told
from lenskeeper.house.home import NewHome, make_home
from lenskeeper.journal.rows import KEPT_S, announce, since
from lenskeeper.probing.round_results import Fact, FactKind
from lenskeeper.store.database import Store

SITE, ZONE = FactKind.SITE_FAULT, FactKind.BLIND_ZONE


async def test_what_began_and_has_not_ended_stands(store: Store) -> None:
    books = books_of(store, StandingClock(BEGIN_S + 600))
    for at_s, (kind, subject, began) in enumerate(
        [
            (SITE, "mall", True),
            (ZONE, "north", True),
            (SITE, "mall", False),
            (SITE, "park", True),
            (SITE, "mall", True),
        ],
        BEGIN_S,
    ):
        books.take_fact(Fact(kind, subject, at_s, began, {"cure": "look there"}))
    assert await books.flush()
    with store.read() as connection:
        assert [(one.kind, one.subject, one.began_s) for one in standing(connection)] == [
            (ZONE, "north", BEGIN_S + 1), (SITE, "park", BEGIN_S + 3), (SITE, "mall", BEGIN_S + 4)
        ]  # fmt: skip
        over = [one for one in told(connection) if one.ended_s is not None]
        assert [(o.subject, o.began_s, o.ended_s) for o in over] == [("mall", BEGIN_S, BEGIN_S + 2)]
        assert len(told(connection, BEGIN_S + 3)) == 3


def test_words_of_another_release_and_of_other_rooms_are_passed_over(store: Store) -> None:
    def work(connection: Connection) -> None:
        for room, fact in (
            ("probing", "flood_began"),
            ("probing", "site_fault"),
            ("other", "site_fault_began"),
        ):
            announce(connection, at_s=BEGIN_S, room=room, fact=fact, subject="x")

    store.write(work)
    with store.read() as connection:
        assert told(connection) == []


async def test_what_stands_is_still_known_after_the_journal_forgot_the_rest(tmp_path: Path) -> None:
    clock = StandingClock(BEGIN_S)
    home = make_home(NewHome(tmp_path / "home", "City", "UTC"), clock)
    books = books_of(home.store, clock)
    for kind, subject, began in ((SITE, "mall", True), (ZONE, "north", True), (ZONE, "north", False)):
        books.take_fact(Fact(kind, subject, BEGIN_S, began, {"cure": "look there"}))
    assert await books.flush()
    clock.now += KEPT_S + 60
    await chores.forget_old(home)
    with home.store.read() as connection:
        assert [fact.fact for fact in since(connection, 0)] == ["site_fault_began"]
        assert [(one.kind, one.subject) for one in standing(connection)] == [(SITE, "mall")]
    books.take_fact(Fact(SITE, "mall", clock.now, began=False))
    assert await books.flush()
    await chores.forget_old(home)
    with home.store.read() as connection:
        assert standing(connection) == []
        assert [(o.began_s, o.ended_s) for o in told(connection)] == [(None, clock.now)]
    home.store.close()


async def test_facts_are_listed_with_those_that_stand(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = make_home(NewHome(tmp_path / "home", "City", "UTC"))
    now_s = SystemClock().now_ms() // 1000
    books = books_of(home.store, StandingClock(now_s))
    for at_s, kind, subject, began in (
        (now_s - 30 * 3600, ZONE, "north", True),
        (now_s - 29 * 3600, ZONE, "north", False),
        (now_s - 28 * 3600, SITE, "mall", True),
        (now_s - 3600, ZONE, "south", True),
        (now_s - 1800, ZONE, "south", False),
    ):
        books.take_fact(Fact(kind, subject, at_s, began, {"silent": 12, "cure": "look at its line"}))
    assert await books.flush()
    home.store.close()
    capsys.readouterr()
    assert main(["--config", str(tmp_path / "home" / "lenskeeper.toml"), "facts", "--since", "24"]) == 0
    out = capsys.readouterr().out
    assert "mall" in out
    assert "stands" in out
    assert "silent 12" in out
    assert "south" in out
    assert "north" not in out
    assert "1 stand, 1 ended in the last 24 hours" in out
