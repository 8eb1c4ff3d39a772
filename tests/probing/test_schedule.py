"""When pictures are due: once in each period, at moments that are spread, and the same after every restart."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.probing.rounds_kit import BEGIN_S

from lenskeeper.probing.manners import Manners
from lenskeeper.probing.pacing import Nets, TokenBucket, net_of, spread
from lenskeeper.probing.round_results import Held
from lenskeeper.probing.schedule import (
    JITTER_PARTS,
    JITTER_S_MAX,
    NOT_DUE,
    Calendar,
    asked_on_day,
    due_moments,
    period_of,
    phases,
    ramp_day,
    turns,
)
from lenskeeper.probing.targets import parse_target

PERIODS = st.sampled_from([60, 61, 300, 600, 1_800, 86_400])


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.integers(1, 2**40), min_size=1, max_size=20, unique=True),
    PERIODS,
    st.integers(200_000, 2_000_000_000),
)
def test_every_period_has_exactly_one_moment_and_it_lies_within_five_percent_of_its_phase(
    ids: list[int], period_s: int, at_s: int
) -> None:
    points, periods = np.array(ids), np.full(len(ids), period_s)
    jitter = period_s // JITTER_PARTS
    turn = at_s // period_s
    moments = {point: set() for point in ids}  # type: dict[int, set[int]]
    step = max(period_s // 7, 1)
    for from_s in range((turn - 1) * period_s, (turn + 4) * period_s, step):
        for point, due in zip(ids, due_moments(points, periods, from_s, from_s + step), strict=True):
            if due != NOT_DUE:
                assert from_s <= due < from_s + step
                moments[point].add(int(due))
    for point, phase in zip(ids, phases(points, periods), strict=True):
        for k in (turn, turn + 1, turn + 2):
            near = [m for m in moments[point] if abs(m - k * period_s - int(phase)) <= jitter]
            assert len(near) == 1


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 2**40), PERIODS, st.integers(200_000, 2_000_000_000))
def test_a_look_speaks_of_the_period_that_its_moment_is_of_and_no_period_is_left_out(
    point: int, period_s: int, at_s: int
) -> None:
    ids, periods = np.array([point]), np.array([period_s])
    step = 60 if period_s > 61 else period_s  # a slot is never longer than a period
    dues = [
        int(due)
        for from_s in range(at_s, at_s + 6 * period_s, step)
        for due in due_moments(ids, periods, from_s, from_s + step, 0 if period_s <= step else None)
        if due != NOT_DUE
    ]
    spoken = [period_of(point, period_s, due) for due in dues]
    assert (
        all(one[1] == other[0] for one, other in pairwise(spoken)) or period_s == 61
    )  # no slot is of that length
    assert all(a - JITTER_S_MAX <= due < b + JITTER_S_MAX for due, (a, b) in zip(dues, spoken, strict=True))
    assert len(set(spoken)) == len(spoken)


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 2**40), st.integers(200_000, 2_000_000_000))
def test_a_period_as_long_as_the_slot_is_left_out_by_no_slot_that_its_moment_falls_in(
    point: int, at_s: int
) -> None:
    ids, period_s = np.array([point]), np.array([60])
    for from_s in range(at_s, at_s + 600, 60):
        fine = [due_moments(ids, period_s, s, s + 1)[0] for s in range(from_s, from_s + 60)]
        moments = [m for m in fine if m != NOT_DUE]
        assert due_moments(ids, period_s, from_s, from_s + 60)[0] == (moments[0] if moments else NOT_DUE)


def test_moments_move_a_little_from_period_to_period() -> None:
    ids, period_s = np.array([77]), np.array([600])
    offsets = {int(due_moments(ids, period_s, k * 600, (k + 1) * 600)[0]) % 600 for k in range(1_000, 1_100)}
    offsets.discard(NOT_DUE % 600)
    assert len(offsets) > 20
    assert max(offsets) - min(offsets) <= 60


def test_moments_are_spread_evenly_over_the_period() -> None:
    ids = np.arange(1, 20_001)
    counts = [
        int((due_moments(ids, np.full(20_000, 1_800), s, s + 60) != NOT_DUE).sum())
        for s in range(BEGIN_S, BEGIN_S + 1_800, 60)
    ]
    assert abs(sum(counts) - 20_000) < 400  # jitter carries some over the edge
    assert min(counts) > 550
    assert max(counts) < 790  # mean 667; five standard deviations of a fair draw


def test_a_moment_depends_on_the_point_alone() -> None:
    alone = due_moments(np.array([77]), np.array([600]), BEGIN_S, BEGIN_S + 600)
    among = due_moments(np.arange(1, 200), np.full(199, 600), BEGIN_S, BEGIN_S + 600)
    assert alone[0] == among[76]


@given(st.integers(1, 10**9), st.integers(0, 10**9), st.sampled_from([3_600, 604_800]))
def test_a_week_of_its_own_begins_once_a_week(point: int, at_s: int, week_s: int) -> None:
    ids = np.array([point])
    assert int(turns(ids, at_s + week_s, week_s)[0]) == int(turns(ids, at_s, week_s)[0]) + 1


def test_the_ramp_asks_more_each_day_and_never_lets_go_of_who_was_asked() -> None:
    ids, ramp = np.arange(1, 5_001), Manners().ramp
    asked = [asked_on_day(ids, ramp, day) for day in range(1, len(ramp) + 2)]
    for share, mask in zip((*ramp, 1.0), asked, strict=True):
        assert abs(mask.mean() - share) < 0.03
    assert all((later | ~earlier).all() for earlier, later in pairwise(asked))
    assert ramp_day(None, BEGIN_S) is None
    assert [ramp_day(BEGIN_S, BEGIN_S + s) for s in (-5, 0, 86_399, 86_400)] == [1, 1, 1, 2]


@pytest.mark.parametrize(
    ("hours", "dark", "local", "why"),
    [
        ((), (), "03:00", None),
        (((28_800, 64_800),), (), "07:59", Held.HOURS),
        (((28_800, 64_800),), (), "08:00", None),
        (((28_800, 64_800),), (), "18:00", Held.HOURS),
        ((), ((79_200, 86_400), (0, 18_000)), "23:00", Held.DARK),
        ((), ((79_200, 18_000),), "04:59", Held.DARK),
        ((), ((79_200, 18_000),), "05:00", None),
    ],
)
def test_hours_are_local(
    hours: tuple[tuple[int, int], ...], dark: tuple[tuple[int, int], ...], local: str, why: Held | None
) -> None:
    hour, minute = map(int, local.split(":"))
    at_s = BEGIN_S + (hour - 8) * 3_600 + minute * 60  # Shanghai is eight hours ahead
    assert Calendar("Asia/Shanghai", hours, dark).closed(at_s) is why


def test_a_zone_that_nobody_knows_ends_no_round_and_months_are_local() -> None:
    last_hour_of_november = 1_701_363_600  # 2023-11-30 17:00 UTC, 01:00 on 1 December in Shanghai
    assert Calendar("Asia/Shanghai").month(last_hour_of_november) == 202312
    assert Calendar("Mars/Olympus").month(last_hour_of_november) == 202311


@settings(max_examples=60)
@given(
    st.floats(10, 1e6),
    st.lists(st.tuples(st.floats(0, 100), st.floats(1, 2e6), st.floats(0, 4e6)), max_size=40),
)
def test_a_line_never_gives_more_than_its_rate_and_its_burst(
    rate: float, asks: list[tuple[float, float, float]]
) -> None:
    bucket, now_s, spent = TokenBucket(rate, burst=1e6), 0.0, 0.0
    for gap_s, expected, received in asks:
        now_s += gap_s
        if bucket.take(expected, now_s):
            bucket.settle(expected, received)
            spent += received
            # the one look that is over its guess is the only debt that can be made at a time
            assert spent <= 1e6 + rate * now_s + max(received, expected) + 1


def test_a_clock_set_back_fills_no_bucket() -> None:
    bucket = TokenBucket(10, burst=100)
    assert bucket.take(100, 50)
    assert not bucket.take(10, 0)
    assert not bucket.take(10, 50)
    assert bucket.take(10, 51)


def test_a_clock_set_back_by_an_hour_does_not_stop_a_line_for_an_hour() -> None:
    bucket = TokenBucket(10, burst=100)
    assert bucket.take(100, 100_000)
    assert not bucket.take(10, 96_400)
    assert bucket.take(10, 96_401)
    assert not bucket.take(10, 96_401)


def test_one_network_sees_only_so_many_new_connections_a_second() -> None:
    nets = Nets(10)
    opened = [n / 100 for n in range(1_000) if nets.enter("10.0.0.0/24", n / 100)]
    assert 100 <= len(opened) <= 121
    assert nets.enter("10.0.1.0/24", 0)


@pytest.mark.parametrize(
    ("host", "net"),
    [
        ("10.1.2.3", "10.1.2.0/24"),
        ("::ffff:10.1.2.9", "10.1.2.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("cam.city", "cam.city"),
    ],
)
def test_a_host_belongs_to_the_network_whose_routers_it_shares(host: str, net: str) -> None:
    assert net_of(host) == net


def test_the_doors_of_a_network_are_greeted_evenly_apart_and_the_same_after_a_restart() -> None:
    doors = [parse_target(f"rtsp://10.{n // 2_540}.{n // 254 % 10}.{n % 254 + 1}:554/") for n in range(5_080)]
    first = spread(doors, 30)
    assert [start for start, _ in first] == sorted(start for start, _ in first)
    assert {door for _, door in first} == set(doors)
    moments = sorted(start for start, door in first if net_of(door.host) == "10.0.3.0/24")
    gaps = np.diff(moments)
    assert gaps.min() > 0.9 * 30 / 254
    assert moments[0] >= 0
    assert moments[-1] < 30
    assert {door: start for start, door in spread(doors[::-1], 30)} == {door: start for start, door in first}
