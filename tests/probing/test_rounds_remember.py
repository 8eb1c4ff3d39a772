"""What survives a restart: above all, where we were refused. On both engines."""

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.probing.rounds_kit import VirtualClock

from lenskeeper.base.access import ROUNDS, Scope
from lenskeeper.base.errors import NotAllowed
from lenskeeper.base.outcomes import Outcome
from lenskeeper.base.secret import Secret
from lenskeeper.inventory.ids import PointId
from lenskeeper.probing import rows
from lenskeeper.probing.admission import Admission
from lenskeeper.probing.errands import Stream
from lenskeeper.probing.memory import Changes, LoginRecord, Payer, Remembered, RouteRecord, UsedRecord
from lenskeeper.probing.refusals import (
    DOUBTS_MAX,
    RECHECK_S,
    REFUSALS_MAX,
    UNPROVEN_HOSTS_MAX,
    Refusals,
    fingerprints,
)
from lenskeeper.protocols.auth import Credential
from lenskeeper.store.database import Store

CREDENTIAL = Credential("admin", Secret("harbour"))
NAMES = fingerprints(b"k" * 32)


def written_and_read(store: Store, changes: Changes) -> Remembered:
    store.write(lambda c: rows.save(c, changes, actor=ROUNDS))
    with store.read() as connection:
        return rows.remembered(connection, Scope.ALL)


def refusals(clock: VirtualClock, remembered: Remembered | None = None) -> Refusals:
    return Refusals(clock=clock, account=NAMES, remembered=remembered.logins if remembered else ())


async def refused(one: Refusals, host: str = "10.0.0.9") -> bool:
    """One login that is answered with 401; False: it was held back."""
    visit = Admission(host, CREDENTIAL, one)
    if await visit.ask() is not None:
        return False
    await visit.judge(401, authenticated=True)
    return True


async def test_a_restart_never_logs_in_again_where_we_were_refused(store: Store) -> None:
    before, clock = refusals(VirtualClock()), VirtualClock()
    assert await refused(before)
    known = written_and_read(store, Changes(logins=before.take_changes()))
    clock.wall_s += 365 * 86_400
    after = before
    for _ in range(3):
        after = refusals(clock, known)
        assert not await refused(after)
        held = await Admission("10.0.0.9", CREDENTIAL, after).ask()
        assert held is not None
        assert held.outcome is Outcome.HELD_BACK
        known = written_and_read(store, Changes(logins=after.take_changes()))
    changed = Credential("admin", Secret("another"))
    assert await Admission("10.0.0.9", changed, after).ask() is None  # another account


async def test_doubts_and_hosts_that_saw_a_new_account_are_remembered_too(store: Store) -> None:
    before = refusals(VirtualClock())
    for _ in range(DOUBTS_MAX):
        visit = Admission("10.0.0.1", CREDENTIAL, before)
        assert await visit.ask() is None
        await visit.doubt()
    for n in range(2, UNPROVEN_HOSTS_MAX + 1):
        assert await Admission(f"10.0.0.{n}", CREDENTIAL, before).ask() is None
    after = refusals(VirtualClock(), written_and_read(store, Changes(logins=before.take_changes())))
    assert await Admission("10.0.0.1", CREDENTIAL, after).ask() is not None
    assert await Admission("10.0.0.7", CREDENTIAL, after).ask() is not None  # a fourth host
    again = Admission("10.0.0.2", CREDENTIAL, after)
    assert await again.ask() is None
    await again.judge(200, authenticated=True)
    assert await Admission("10.0.0.7", CREDENTIAL, after).ask() is None


async def test_where_it_had_worked_it_is_tried_again_after_ten_minutes_and_five_times_in_all(
    store: Store,
) -> None:
    clock = VirtualClock()
    one = refusals(clock)
    visit = Admission("10.0.0.9", CREDENTIAL, one)
    assert await visit.ask() is None
    await visit.judge(200, authenticated=True)
    logins = 0
    for _ in range(200):
        clock.since_s += 61
        logins += await refused(one)
        if clock.since_s // 61 % 3 == 0:  # restarted every three minutes
            known = written_and_read(store, Changes(logins=one.take_changes()))
            clock.wall_s, clock.since_s = clock.wall_s + clock.since_s, 0.0
            one = refusals(clock, known)
    assert logins == REFUSALS_MAX


async def test_a_login_that_works_again_clears_the_count() -> None:
    clock = VirtualClock()
    one = refusals(clock)
    for status, wait_s in ((200, 0), (401, 0), (200, RECHECK_S), (401, 1), (401, RECHECK_S)):
        clock.since_s += wait_s
        visit = Admission("h", CREDENTIAL, one)
        assert await visit.ask() is None
        await visit.judge(status, authenticated=True)
    (record,) = one.take_changes()
    assert (record.refusals, record.has_worked) == (2, True)
    clock.since_s += RECHECK_S - 1
    assert await Admission("h", CREDENTIAL, one).ask() is not None
    clock.since_s += 1
    first, second = (Admission("h", CREDENTIAL, one) for _ in range(2))
    assert await first.ask() is None
    waits = asyncio.create_task(second.ask())
    await asyncio.sleep(0)
    assert not waits.done()  # a recheck goes alone
    await first.doubt()  # no answer is no yes
    assert await waits is not None
    assert one.take_changes()[0].refusals == 3


async def test_without_a_clock_one_refusal_is_for_good() -> None:
    one = Refusals()
    for status in (200, 401):
        visit = Admission("h", CREDENTIAL, one)
        assert await visit.ask() is None
        await visit.judge(status, authenticated=True)
    await one.worked("h", CREDENTIAL)
    assert not await one.may_try("h", CREDENTIAL)
    assert one.take_changes() == ()


async def test_a_wall_clock_set_back_over_a_restart_makes_us_wait_longer_and_never_shorter() -> None:
    record = LoginRecord("h", NAMES(CREDENTIAL), True, 1_000, 1, 2_000_000_000)
    clock = VirtualClock(1_700_000_000)
    one = Refusals(clock=clock, account=NAMES, remembered=[record])
    assert not await one.may_try("h", CREDENTIAL)
    clock.since_s += RECHECK_S
    assert await one.may_try("h", CREDENTIAL)


@given(st.text(min_size=1, max_size=8), st.text(max_size=8), st.binary(min_size=16, max_size=16))
def test_a_fingerprint_names_one_account_and_shows_nothing_of_it(
    user: str, password: str, key: bytes
) -> None:
    if not user.isprintable() or ":" in user or any(c in password for c in "\r\n\0"):
        return
    if not user.encode("utf-8", "ignore") or not (user + password).isprintable():
        return
    account = Credential(user, Secret(password))
    name = fingerprints(key)(account)
    assert name == fingerprints(key)(Credential(user, Secret(password)))
    assert name != fingerprints(key + b"x")(account)
    assert name != fingerprints(key)(Credential(user, Secret(password + "x")))
    assert len(name) == 64


RECORDS = st.builds(
    Changes,
    logins=st.lists(
        st.builds(
            LoginRecord,
            st.sampled_from(["10.0.0.1", "10.0.0.2", "fd00::1"]),
            st.sampled_from(["a" * 64, "b" * 64]),
            st.booleans(),
            st.none() | st.integers(0, 2**40),
            st.integers(0, 9),
            st.integers(0, 2**40),
        ),
        unique_by=lambda r: (r.host, r.account),
    ).map(tuple),
    routes=st.lists(
        st.builds(
            RouteRecord,
            st.integers(1, 4).map(PointId),
            st.sampled_from(Stream),
            st.integers(0, 2**33),
            st.floats(0, 1e4),
            st.floats(0, 1e5),
            st.integers(0, 255),
            st.integers(0, 2**40),
        ),
        unique_by=lambda r: (r.point_id, r.stream),
    ).map(tuple),
    used=st.lists(
        st.builds(
            UsedRecord,
            st.sampled_from(Payer),
            st.sampled_from(["1", "2"]),
            st.sampled_from([202_310, 202_311]),
            st.integers(0, 2**50),
        ),
        unique_by=lambda r: (r.payer, r.subject, r.month),
    ).map(tuple),
)


def by_key(changes: Changes) -> tuple[dict[object, object], dict[object, object], dict[object, object]]:
    return (
        {(r.host, r.account): r for r in changes.logins},
        {(r.point_id, r.stream): r for r in changes.routes},
        {(r.payer, r.subject, r.month): r for r in changes.used},
    )


def test_what_is_read_is_what_was_written_last(store: Store) -> None:
    @settings(max_examples=15, deadline=None)
    @given(st.lists(RECORDS, min_size=1, max_size=3))
    def check(batches: list[Changes]) -> None:
        with store.read() as connection:
            expected = by_key(rows.remembered(connection, Scope.ALL))
        found = Changes()
        for batch in batches:
            found = written_and_read(store, batch)
            for mine, theirs in zip(expected, by_key(batch), strict=True):
                mine.update(theirs)
        assert by_key(found) == expected

    check()


def test_old_months_are_dropped_and_memory_is_no_units_to_read_in_part(store: Store) -> None:
    used = [UsedRecord(Payer.UPLINK, "4G", month, 1) for month in (202_209, 202_310, 202_311)]
    written_and_read(store, Changes(used=tuple(used)))
    store.write(lambda c: rows.forget(c, before_month=202_310, actor=ROUNDS))
    with store.read() as connection:
        assert {u.month for u in rows.remembered(connection, Scope.ALL).used} == {202_310, 202_311}
        assert [u.month for u in rows.remembered(connection, Scope.ALL, month=202_311).used] == [202_311]
        with pytest.raises(NotAllowed):
            rows.remembered(connection, Scope(frozenset({1})))


def test_twelve_hundred_rows_go_in_at_once(store: Store) -> None:
    route = RouteRecord(PointId(1), Stream.SUB, 9, 1.0, 2.0, 0, 5)
    routes = tuple(replace(route, point_id=PointId(n)) for n in range(1_200))
    assert set(written_and_read(store, Changes(routes=routes)).routes) == set(routes)
