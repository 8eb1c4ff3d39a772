"""Only one process does a job, and a late one is told."""

import pytest

from lenskeeper.base.errors import Conflict
from lenskeeper.leases.rows import hold, must_hold, release, renew, take
from lenskeeper.store.database import Store


def test_a_job_that_is_held_cannot_be_taken_and_says_by_whom(store: Store) -> None:
    store.write(lambda c: take(c, "serve", "one", now_s=100, ttl_s=15))
    with pytest.raises(Conflict, match="one does this already"):
        store.write(lambda c: take(c, "serve", "two", now_s=110, ttl_s=15))


def test_after_its_end_it_goes_to_the_next_with_a_greater_fence_and_the_sleeper_is_told(store: Store) -> None:
    first = store.write(lambda c: take(c, "serve", "one", now_s=100, ttl_s=15))
    second = store.write(lambda c: take(c, "serve", "two", now_s=115, ttl_s=15))
    assert second.fence > first.fence
    with pytest.raises(Conflict, match="must stop"):
        store.write(lambda c: renew(c, first, now_s=116, ttl_s=15))
    store.write(lambda c: release(c, first))  # no right to give away what is another's
    with pytest.raises(Conflict):
        store.write(lambda c: take(c, "serve", "three", now_s=117, ttl_s=15))


def test_a_job_given_back_is_free_at_once(store: Store) -> None:
    mine = store.write(lambda c: take(c, "serve", "one", now_s=100, ttl_s=15))
    mine = store.write(lambda c: renew(c, mine, now_s=110, ttl_s=15))
    store.write(lambda c: release(c, mine))
    assert store.write(lambda c: take(c, "serve", "two", now_s=111, ttl_s=15)).owner == "two"


def test_a_second_process_of_the_same_name_is_a_second_one(store: Store) -> None:
    store.write(lambda c: take(c, "serve", "host:1", now_s=100, ttl_s=15))
    with pytest.raises(Conflict):
        store.write(lambda c: take(c, "serve", "host:1", now_s=101, ttl_s=15))


def test_a_lease_from_the_future_is_of_a_clock_that_was_set_back(store: Store) -> None:
    store.write(lambda c: take(c, "serve", "one", now_s=100_000, ttl_s=15))
    assert store.write(lambda c: take(c, "serve", "two", now_s=100, ttl_s=15)).fence == 2


def test_a_transaction_of_the_owner_is_refused_as_soon_as_the_job_is_another_s(store: Store) -> None:
    mine = store.write(lambda c: take(c, "serve", "one", now_s=100, ttl_s=15))
    store.write(lambda c: must_hold(c, mine))
    store.write(lambda c: take(c, "serve", "two", now_s=115, ttl_s=15))
    with pytest.raises(Conflict, match="must stop"):
        store.write(lambda c: must_hold(c, mine))


def test_who_holds_a_job_can_be_read_and_nobody_holds_one_that_was_never_taken(store: Store) -> None:
    mine = store.write(lambda c: take(c, "serve", "one", now_s=100, ttl_s=15))
    with store.read() as connection:
        assert hold(connection, "serve") == mine
        assert hold(connection, "other") is None
