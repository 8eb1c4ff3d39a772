"""Whether it is they who are silent or we who are blind, and whether one thing has failed or forty."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenskeeper.probing.breaker import OpenSite, is_over, trips
from lenskeeper.probing.witness import Seen, Sight, choose, judge


@pytest.mark.parametrize(
    ("seen", "sight"),
    [
        # the owner declared witnesses
        (Seen(100, 0, 95, 0, declared=(False, False)), Sight.BLIND),
        (Seen(100, 0, 95, 0, declared=(False, True)), Sight.CLEAR),  # all dead, and we can see it
        (Seen(100, 90, 95, 90, declared=(False, False)), Sight.DOUBT),
        (Seen(100, 40, 95, 40, declared=(False,)), Sight.BLIND),
        (Seen(100, 70, 95, 70, declared=(False,), declared_first=(True,)), Sight.BLIND),  # cut amid the slot
        (Seen(100, 0, None, 0, declared=(False,)), Sight.BLIND),
        (Seen(1, 0, 1, 0, declared=(True,)), Sight.CLEAR),
        # nobody declared anything
        (Seen(100, 0, 95, 0, stable=(False, False, False)), Sight.BLIND),
        (Seen(100, 30, 95, 30, stable=(False, False, False)), Sight.CLEAR),  # two thirds died: so they did
        (Seen(100, 1, 95, 1, stable=(False, False, False)), Sight.BLIND),
        (Seen(100, 1, 95, 1, stable=(True, False, False)), Sight.CLEAR),
        (Seen(100, 50, 95, 50, stable=(False, False), went_silent=2, retried=45), Sight.BLIND),
        (Seen(100, 50, 95, 50, stable=(False, False), went_silent=2, retried=45, returned=1), Sight.CLEAR),
        (Seen(100, 0, None, 0), Sight.BLIND),  # nobody ever answered: we cannot tell
        (Seen(100, 1, None, 0), Sight.CLEAR),
        (Seen(2, 0, 2, 0, stable=(False, False)), Sight.CLEAR),  # too small to be told by itself
        (Seen(50, 0, 1, 0, stable=(False,)), Sight.CLEAR),  # they had died one by one
    ],
)
def test_a_zone_is_believed_or_not(seen: Seen, sight: Sight) -> None:
    assert judge(seen) is sight


@given(st.integers(0, 300), st.integers(0, 300), st.lists(st.booleans(), max_size=3))
def test_whoever_lost_less_than_half_a_zone_is_not_blind(
    before: int, answering: int, stable: list[bool]
) -> None:
    doors = max(before, answering)
    still = min(before, answering)
    if 2 * still >= before and (before or answering):
        assert judge(Seen(doors, answering, before, still, stable=tuple(stable))) is Sight.CLEAR


def test_our_own_witnesses_are_the_steadiest_and_of_different_sites() -> None:
    assert choose([10, 11, 12, 13, 14], [50, 99, 98, 97, 0], [1, 2, 2, 2, 3]) == (11, 10, 12)
    assert choose([1, 2], [0, 0], [-1, -1]) == ()
    assert choose([4, 5, 6], [9, 9, 9], [1, 1, 1]) == (4, 5, 6)


@pytest.mark.parametrize(
    ("alive", "fallen", "is_one_fault"),
    [(1, 1, False), (2, 2, True), (5, 4, False), (5, 5, True), (6, 3, False), (6, 4, True), (13, 4, True),
     (14, 4, False), (100, 29, False), (100, 30, True)],
)  # fmt: skip
def test_many_at_once_are_one_fault(alive: int, fallen: int, is_one_fault: bool) -> None:
    assert trips(alive, fallen) is is_one_fault


def test_a_sites_fault_is_over_when_half_of_the_fallen_answer() -> None:
    site = OpenSite(0, frozenset({("a", 1), ("b", 1), ("c", 1), ("d", 1)}))
    assert not is_over(site, {("a", 1), ("b", 1), ("c", 1)})
    assert is_over(site, {("a", 1), ("b", 1), ("x", 1)})
