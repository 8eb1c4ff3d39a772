"""Windows that do not count, however they overlap, and plans written out on the wall clock."""

from datetime import UTC, datetime
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenskeeper.availability.exclusions import (
    Claim,
    Exclusion,
    Kind,
    covered,
    disjoint,
    moved,
    out_of_service,
)
from lenskeeper.availability.maintenance import (
    ALONE_S_MAX,
    DAY_S,
    HORIZON_DAYS_MAX,
    Recurrence,
    Target,
    began_before,
    by_month,
    expand,
    once,
    over_limit,
)
from lenskeeper.base.errors import Invalid
from lenskeeper.base.spans import Span, length
from lenskeeper.inventory.ids import PointId
from lenskeeper.units.ids import UnitId

spans = st.tuples(st.integers(0, 60), st.integers(1, 20)).map(lambda one: (one[0], one[0] + one[1]))
claims = st.builds(
    Claim,
    st.sampled_from([Kind.DECLARED_CORRECTION, Kind.PLANNED_WORK, Kind.POWER_CUT]),
    st.integers(1, 3),
    st.lists(spans, max_size=4).map(tuple),
)


def _whose(claimed: list[Claim], second: int) -> tuple[int, int] | None:
    """Who has a second, said plainly."""
    mine = [(c.kind, c.source_id) for c in claimed for a, b in c.spans if a <= second < b]
    return min(mine, default=None)


@given(st.lists(claims, max_size=6), st.integers(0, 40), st.integers(0, 60))
def test_each_second_is_excluded_once_and_by_the_greatest_reason(
    some: list[Claim], from_s: int, serves_s: int
) -> None:
    claimed = [*some, out_of_service(from_s, from_s + serves_s)]
    windows = disjoint(claimed)
    assert all(one.b <= other.a for one, other in pairwise(windows))
    for second in range(90):
        own = [(w.kind, w.source_id) for w in windows if w.a <= second < w.b]
        whose = _whose(claimed, second)
        assert own == ([] if whose is None else [whose])


@given(st.lists(claims, max_size=6), st.randoms())
def test_the_order_of_claims_does_not_matter(some: list[Claim], random: Random) -> None:
    shuffled = list(some)
    random.shuffle(shuffled)
    assert disjoint(shuffled) == disjoint(some)


@given(st.lists(claims, max_size=4), st.lists(claims, max_size=4))
def test_what_moved_is_what_counts_now_and_did_not_or_the_reverse(old: list[Claim], new: list[Claim]) -> None:
    before, after = disjoint(old), disjoint(new)
    changed = moved(before, after)
    for second in range(90):
        was, now = (_holds(covered(windows), second) for windows in (before, after))
        assert _holds(changed, second) == (was != now)


def _holds(some: list[Span], second: int) -> bool:
    return any(a <= second < b for a, b in some)


def test_work_at_two_stays_at_two_when_clocks_change() -> None:
    zone = ZoneInfo("Europe/Berlin")
    first = int(datetime(2026, 10, 23, 3, 30, tzinfo=zone).timestamp())
    windows = expand(Recurrence("FREQ=DAILY;COUNT=4", "Europe/Berlin", first, 600), first, first + 30 * DAY_S)
    assert [datetime.fromtimestamp(a, zone).hour for a, _ in windows] == [3, 3, 3, 3]
    steps = [later[0] - earlier[0] for earlier, later in pairwise(windows)]
    assert steps == [DAY_S, DAY_S + 3_600, DAY_S]
    assert length(windows) == 4 * 600


def test_a_horizon_moved_on_step_by_step_gives_what_one_step_gives() -> None:
    first = int(datetime(2026, 1, 5, 22, tzinfo=UTC).timestamp())
    plan = Recurrence("FREQ=WEEKLY;BYDAY=MO,TH", "Asia/Shanghai", first, 7_200)
    whole = expand(plan, first, first + 200 * DAY_S)
    steps = [
        window
        for begin in range(first, first + 200 * DAY_S, 40 * DAY_S)
        for window in expand(plan, begin, begin + 40 * DAY_S)
    ]
    assert steps == list(whole)
    assert 55 <= len(whole) <= 58


@pytest.mark.parametrize(
    ("rule", "length_s"),
    [
        ("", 60),
        ("every Sunday", 60),
        ("FREQ=HOURLY", 60),
        ("FREQ=MINUTELY", 60),
        ("FREQ=DAILY;INTERVAL=0", 60),
        ("FREQ=DAILY;COUNT=3;UNTIL=20270101T000000", 60),
        ("FREQ=DAILY;UNTIL=20270101T000000Z", 60),
        ("FREQ=DAILY\nRDATE:20270101T000000", 60),
        ("FREQ=DAILY;BYSECOND=0,10,20,30,40,50", 5),
        ("FREQ=DAILY", 0),
        ("FREQ=YEARLY", 401 * DAY_S),
        ("FREQ=DAILY;BYHOUR=" + ",".join(["1"] * 200), 60),
    ],
)
def test_a_rule_that_is_none_or_has_no_end_is_refused(rule: str, length_s: int) -> None:
    with pytest.raises(Invalid):
        expand(
            Recurrence(rule, "Asia/Shanghai", 1_790_000_000, length_s),
            1_790_000_000,
            1_790_000_000 + 400 * DAY_S,
        )


def test_no_more_than_the_longest_horizon_is_written_out_at_once() -> None:
    daily = Recurrence("FREQ=DAILY", "UTC", 0, 60)
    assert len(expand(daily, 0, HORIZON_DAYS_MAX * DAY_S)) == HORIZON_DAYS_MAX
    with pytest.raises(Invalid):
        expand(daily, 0, HORIZON_DAYS_MAX * DAY_S + 1)


@given(st.lists(st.tuples(st.integers(0, 400 * DAY_S), st.integers(1, 90 * DAY_S)), max_size=5))
def test_months_hold_all_of_the_spans_and_no_month_more_than_its_own(typed: list[tuple[int, int]]) -> None:
    some = once([(a, a + size) for a, size in typed]) if typed else ()
    months = by_month(some, "America/Sao_Paulo")
    assert sum(length(own) for own in months.values()) == length(some)
    zone = ZoneInfo("America/Sao_Paulo")
    for month, own in months.items():
        for a, b in own:
            for at_s in (a, b - 1):
                assert datetime.fromtimestamp(at_s, zone).date().replace(day=1) == month


def test_four_hours_of_a_month_need_nobody_else_and_a_second_more_does() -> None:
    month = int(datetime(2026, 5, 1, tzinfo=UTC).timestamp())
    had = [(month, month + 3_600)]
    just = [(month + DAY_S, month + DAY_S + ALONE_S_MAX - 3_600)]
    assert over_limit(had, just, "UTC") == []
    more = [(just[0][0], just[0][1] + 1)]
    assert over_limit(had, more, "UTC") == more
    assert over_limit([], [*had, *more], "UTC") == [*had, *more]
    over_the_end = [(month - ALONE_S_MAX, month + ALONE_S_MAX)]
    assert over_limit([], over_the_end, "UTC") == []  # four hours in each of two months
    assert over_limit([], over_the_end, "Asia/Shanghai") == over_the_end  # and eight in one there


def test_what_is_excluded_already_is_not_counted_twice() -> None:
    had = [(0, ALONE_S_MAX)]
    assert over_limit(had, [(100, 200)], "UTC") == []


def test_an_event_that_began_before_it_was_entered_needs_a_second_person() -> None:
    assert began_before([(99, 200)], 100)
    assert not began_before([(100, 200)], 100)


@pytest.mark.parametrize("windows", [[], [(5, 5)], [(6, 5)], [(-1, 5)], [(0, 401 * DAY_S)]])
def test_windows_that_are_none_are_refused(windows: list[Span]) -> None:
    with pytest.raises(Invalid):
        once(windows)


@pytest.mark.parametrize(
    ("points", "unit_id", "site"), [((), None, None), ((1,), 2, None), ((), 2, "harbour"), ((), None, "")]
)
def test_a_plan_aims_at_one_thing(points: tuple[int, ...], unit_id: int | None, site: str | None) -> None:
    with pytest.raises(Invalid):
        Target(tuple(map(PointId, points)), None if unit_id is None else UnitId(unit_id), site)


def test_the_oldest_plan_has_what_two_of_a_kind_claim() -> None:
    both = [Claim(Kind.PLANNED_WORK, 2, ((0, 10),)), Claim(Kind.PLANNED_WORK, 1, ((5, 8),))]
    assert disjoint(both) == [
        Exclusion(0, 5, Kind.PLANNED_WORK, 2),
        Exclusion(5, 8, Kind.PLANNED_WORK, 1),
        Exclusion(8, 10, Kind.PLANNED_WORK, 2),
    ]
