"""The demonstration's past is lived through fast and honestly: by whole spans as by single minutes, and kept by its code."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lenskeeper.availability.lanes import Lane, State
from lenskeeper.availability.rows import current
from lenskeeper.base.access import Scope
from lenskeeper.base.clock import Clock
from lenskeeper.base.days import day_span, local_day
from lenskeeper.base.errors import Conflict
from lenskeeper.house import demo, demo_life
from lenskeeper.house.clock import StandingClock
from lenskeeper.house.demo import TZ, Demo, DemoOrder, Story, live_today, make_demo, ready_demo, script_of
from lenskeeper.house.exercise import exercise_of
from lenskeeper.house.home import Home, opened
from lenskeeper.house.upkeep import verified
from lenskeeper.probing.simulator.spells import Course, spells_of

NOW_S = 1_793_500_000  # some morning of a week in November 2026
COMPARED = (
    "run", "standing", "round_cover", "ticket", "ticket_event", "ticket_point", "held_fault", "verdict_change",
    "day_rollup", "day_closed", "message", "used_bytes", "cleaning", "review_case", "evidence",
)  # fmt: skip


def order_in(folder: Path, *, cameras: int = 48, days: int = 2) -> DemoOrder:
    return DemoOrder(folder / "home", Demo(cameras, 3), days)


def held(folder: Path, table: str) -> Sequence[Any]:
    with opened(folder / "home" / "lenskeeper.toml") as home, home.store.read() as connection:
        rows = connection.exec_driver_sql(f"SELECT * FROM {table}").all()  # noqa: S608  one of ours
        names = list(connection.exec_driver_sql(f"SELECT * FROM {table} LIMIT 0").keys())  # noqa: S608
    without = [n for n, name in enumerate(names) if name in {"id", "changed_s"}]
    return sorted(tuple(v for n, v in enumerate(row) if n not in without) for row in map(tuple, rows))


def test_whole_spans_leave_in_the_books_what_single_minutes_would(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fast, slow = tmp_path / "fast", tmp_path / "slow"
    make_demo(order_in(fast, cameras=200), NOW_S)
    of = demo_life.Life

    def by_minutes(home: Home, course: Course, by_url: dict[str, int]) -> demo_life.Life:
        return of(home, course, by_url, round_s_max=60)

    monkeypatch.setattr("lenskeeper.house.demo.Life", by_minutes)
    make_demo(order_in(slow, cameras=200), NOW_S)
    for table in COMPARED:
        assert held(fast, table) == held(slow, table), table
    assert len(held(fast, "ticket")) > 0
    assert len(held(fast, "run")) > 60


def test_the_books_of_it_hold_together_and_say_what_the_script_says(tmp_path: Path) -> None:
    order = order_in(tmp_path)
    day = make_demo(order, NOW_S)
    live_today(order, day, NOW_S)
    city = order.demo.city()
    course = Course(
        spell
        for each in range(day - demo.BACK_DAYS, day + 1)
        for spell in spells_of(city, day_span(each, TZ))
    )
    down = course.down_at(NOW_S - NOW_S % 60 - 60)
    with opened(order.folder / "lenskeeper.toml", StandingClock(NOW_S)) as home:
        assert not verified(home).faults
        with home.store.read() as connection:
            states = current(connection, Scope.ALL, Lane.REACHABLE, now_s=NOW_S)
        assert len(states) == 48
        assert sum(one.state is State.DOWN for one in states) == len(down)
        assert {one.until_s for one in states} == {NOW_S - NOW_S % 60}
        with pytest.raises(Conflict):
            exercise_of(home)  # a rehearsal plays another city


def test_a_month_of_it_has_its_papers(tmp_path: Path) -> None:
    order = order_in(tmp_path, cameras=60, days=14)
    make_demo(order, NOW_S)
    for table in (
        "report",
        "accept_batch",
        "day_plan",
        "shift_handover",
        "guarantee",
        "maintenance",
        "contract",
    ):
        assert held(tmp_path, table), table


class Today(Clock):
    """A clock that stands on some day."""

    def __init__(self, now_s: int) -> None:
        self.now_s = now_s

    def now_ms(self) -> int:
        return self.now_s * 1000

    def elapsed_s(self) -> float:
        return 0.0

    async def sleep(self, length_s: float) -> None:
        raise AssertionError(length_s)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The days on which a past was made anew."""
    days: list[int] = []
    of = demo.make_demo

    def counted(order: DemoOrder, now_s: int) -> int:
        days.append(local_day(now_s, TZ))
        return of(order, now_s)

    monkeypatch.setattr(demo, "make_demo", counted)
    return days


def test_a_kept_past_is_lived_on_to_this_minute_and_made_anew_when_it_is_old(
    tmp_path: Path, made: list[int]
) -> None:
    cache, said = tmp_path / "cache", list[str]()
    for n, now_s in enumerate((NOW_S, NOW_S + 600, NOW_S + 2 * 86_400, NOW_S + 30 * 86_400)):
        order = order_in(tmp_path / str(n), cameras=12, days=1)
        ready_demo(order, cache, Today(now_s), said.append)
        with opened(order.folder / "lenskeeper.toml", StandingClock(now_s)) as home:
            with home.store.read() as connection:
                ends = {one.until_s for one in current(connection, Scope.ALL, Lane.REACHABLE, now_s=now_s)}
            assert ends == {now_s - now_s % 60}
            assert not verified(home).faults
    today = local_day(NOW_S, TZ)
    assert made == [today, today + 30]
    assert [words for words in said if "2 days more" in words]


def test_a_past_of_another_city_or_length_is_another(tmp_path: Path) -> None:
    order = order_in(tmp_path)
    names = {
        demo._name_of(each)
        for each in (order, replace(order, days=3), replace(order, demo=Demo(49, 3)), replace(order, demo=Demo(48, 4)))
    }  # fmt: skip
    assert len(names) == 4


def test_the_script_of_the_live_fleet_goes_on_with_what_lasts(tmp_path: Path) -> None:
    order = order_in(tmp_path, cameras=2_000)
    script = script_of(order, NOW_S, 24)
    lasting = [spell for spell in script if spell.a < NOW_S]
    assert lasting
    assert all(spell.b > NOW_S for spell in script)
    soon = [spell for spell in script if NOW_S <= spell.a < NOW_S + 600]
    assert len(soon) >= 2, "whoever watches sees something happen within minutes"


def test_a_story_begins_where_it_was_left(tmp_path: Path) -> None:
    order = order_in(tmp_path, cameras=12, days=1)
    day = make_demo(order, NOW_S)
    with opened(order.folder / "lenskeeper.toml", StandingClock(day_span(day, TZ)[0])) as home:
        story = Story(home, order)
        story.live_to(home.now_s() - 60)  # the past stays as it is
        assert home.now_s() == day_span(day, TZ)[0]
