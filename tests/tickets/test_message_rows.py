"""Messages in the database: one for each cause and change, to whom they are due, and none of a held ticket."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, func, insert, select, update
from tests.register_kit import NOON, TakeBack, camera, city, commit

from lenskeeper.base.access import LOCAL_OPERATOR, Scope
from lenskeeper.base.errors import NotAllowed, NotFound
from lenskeeper.inventory.schema import point
from lenskeeper.store.database import Store
from lenskeeper.tickets import rows_messages as rows
from lenskeeper.tickets.messages import ChangeKind, Recipient, said
from lenskeeper.tickets.schema import message, message_to, storm, ticket, ticket_pause, ticket_point

ALL = [Recipient("duty", tz="Asia/Shanghai"), Recipient("power", desks=frozenset({"power"}))]


def make_ticket(connection: Connection, cameras: int = 1, **more: Any) -> int:
    """A ticket over the first so many points."""
    row = {
        "cause": "switch", "thing": "North gate", "what": "timed_out", "klass": 2, "onset_s": NOON, "opened_s": NOON,
        "stage": "assigned", "desk": "contractor", "payer": "maintenance", "respond_by_s": NOON + 60,
        "restore_by_s": NOON + 3_600,
    }  # fmt: skip
    made: int = connection.execute(insert(ticket).values({**row, **more}).returning(ticket.c.id)).scalar_one()
    ids = connection.execute(select(point.c.id).order_by(point.c.id).limit(cameras)).scalars()
    connection.execute(
        insert(ticket_point),
        [
            {"ticket_id": made, "point_id": one, "what": "timed_out", "onset_s": NOON, "joined_s": NOON}
            for one in ids
        ],
    )
    return made


def fleet(connection: Connection, cameras: int = 4) -> None:
    city(connection, "City/North")
    commit(connection, *(camera(n) for n in range(1, cameras + 1)))


def tell(connection: Connection, number: int, change: ChangeKind, at_s: int = NOON) -> None:
    rows.tell(connection, number, change, at_s=at_s, actor=LOCAL_OPERATOR)


def spread(connection: Connection, at_s: int = NOON) -> rows.Spread:
    return rows.spread(connection, ALL, actor=LOCAL_OPERATOR, now_s=at_s)


def told(connection: Connection) -> list[str]:
    return [w.facts.change.value for w in rows.waiting(connection, "duty")]


def test_two_hundred_cameras_behind_one_switch_are_one_message(store: Store) -> None:
    def work(connection: Connection) -> None:
        fleet(connection, 200)
        number = make_ticket(connection, 200)
        for _ in range(3):
            tell(connection, number, ChangeKind.OPENED)
        assert spread(connection) == rows.Spread(1, 1)
        [one] = rows.waiting(connection, "duty")
        assert '"North gate"' in said([one], ALL[0]).text
        assert "200 cameras" in said([one], ALL[0]).text
        assert ", North," in said([one], ALL[0]).text
        assert rows.waiting(connection, "power") == []

    store.write(work)


def test_each_change_and_occasion_is_told_once_however_often_it_is_said(store: Store) -> None:
    def work(connection: Connection) -> None:
        fleet(connection)
        number = make_ticket(connection)

        def twice(change: ChangeKind, at_s: int) -> None:
            tell(connection, number, change, at_s)
            tell(connection, number, change, at_s)

        twice(ChangeKind.OPENED, NOON)
        twice(ChangeKind.OVERDUE_SOON, NOON + 10)
        tell(connection, number, ChangeKind.OVERDUE_SOON, NOON + 310)  # looked at again
        twice(ChangeKind.VERIFIED, NOON + 400)
        for life in (1, 2):
            connection.execute(update(ticket).values(regressions=life))
            twice(ChangeKind.REGRESSED, NOON + 500 * life)
        twice(ChangeKind.ASSIGNED_ON, NOON + 2_000)
        twice(ChangeKind.ASSIGNED_ON, NOON + 2_001)
        counted = select(message.c.change, func.count()).group_by(message.c.change)
        assert {row[0]: row[1] for row in connection.execute(counted)} == {
            "opened": 1, "overdue_soon": 1, "verified": 1, "regressed": 2, "assigned_on": 2,
        }  # fmt: skip

    store.write(work)


def test_a_deadline_that_a_pause_moved_is_told_again_and_each_step_of_escalation_once(store: Store) -> None:
    def work(connection: Connection) -> None:
        fleet(connection)
        number = make_ticket(connection)
        tell(connection, number, ChangeKind.OVERDUE_SOON)
        connection.execute(
            insert(ticket_pause).values(
                ticket_id=number, from_s=NOON, to_s=NOON + 60, reason="no permit", actor="local"
            )
        )
        tell(connection, number, ChangeKind.OVERDUE_SOON, NOON + 600)
        for level in (2, 2, 3):
            connection.execute(update(ticket).values(escalation=level))
            tell(connection, number, ChangeKind.ESCALATED, NOON + 700)
        spread(connection)
        assert told(connection) == ["overdue_soon", "overdue_soon", "escalated", "escalated"]

    store.write(work)


def test_a_storm_is_told_once_and_what_it_holds_when_it_is_released(store: Store) -> None:
    def work(connection: Connection) -> None:
        fleet(connection)
        connection.execute(insert(storm).values(from_s=NOON, why="counted", actor="rounds"))
        numbers = [make_ticket(connection, held="storm") for _ in range(3)]
        for number in numbers:
            tell(connection, number, ChangeKind.OPENED)
        assert spread(connection) == rows.Spread(1, 2)  # the desk of power is told of the storm too
        [one] = rows.waiting(connection, "duty")
        assert said([one], ALL[0]).text == (
            "storm since 2024-10-04 12:00: 3 tickets, 1 cameras; nobody is sent until it is over"
        )
        connection.execute(
            update(ticket)
            .where(ticket.c.id == numbers[0])
            .values(held="", ended_s=NOON + 60, stage="verified")
        )
        tell(connection, numbers[0], ChangeKind.RECOVERED, NOON + 60)
        connection.execute(update(ticket).where(ticket.c.id == numbers[1]).values(held=""))
        assert spread(connection, NOON + 120) == rows.Spread(3, 1)
        assert told(connection) == ["storm", "opened"]
        assert rows.waiting(connection, "duty")[1].facts.number == numbers[1]

    store.write(work)


def test_a_recovery_that_is_read_later_than_its_untold_opening_is_not_told_either(store: Store) -> None:
    def work(connection: Connection) -> None:
        fleet(connection)
        number = make_ticket(connection, ended_s=NOON + 5, stage="verified")
        tell(connection, number, ChangeKind.OPENED)
        spread(connection, NOON + 10)
        tell(connection, number, ChangeKind.RECOVERED, NOON + 5)
        spread(connection, NOON + 11)
        assert told(connection) == []

    store.write(work)


def test_a_ticket_that_was_told_of_is_told_of_when_it_recovers(store: Store) -> None:
    def work(connection: Connection) -> None:
        fleet(connection)
        number = make_ticket(connection)
        tell(connection, number, ChangeKind.OPENED)
        spread(connection, NOON + 10)
        connection.execute(update(ticket).values(ended_s=NOON + 50, stage="verified"))
        tell(connection, number, ChangeKind.RECOVERED, NOON + 50)
        spread(connection, NOON + 55)
        assert told(connection) == ["opened", "recovered"]

    store.write(work)


def test_an_hour_before_its_time_is_over_a_ticket_is_told_of_once_and_after_a_pause_again(
    store: Store,
) -> None:
    def warn(connection: Connection, at_s: int) -> None:
        rows.warn(connection, actor=LOCAL_OPERATOR, now_s=at_s)

    def count(connection: Connection) -> int:
        return connection.execute(select(func.count()).select_from(message)).scalar_one()

    def work(connection: Connection) -> None:
        fleet(connection)
        end = NOON + 8 * 3_600
        number = make_ticket(connection, restore_by_s=end)
        others: tuple[dict[str, Any], ...] = (
            {"held": "budget"}, {"stage": "done"}, {"ended_s": NOON + 1, "stage": "verified"}, {"opened_s": end - 3_600},
        )  # fmt: skip
        for more in others:
            make_ticket(connection, **{"restore_by_s": end, **more})
        paused = make_ticket(connection, restore_by_s=end)
        connection.execute(
            insert(ticket_pause).values(ticket_id=paused, from_s=NOON, reason="no permit", actor="local")
        )
        warn(connection, end - 3_601)
        assert count(connection) == 0
        for at_s in (end - 3_600, end - 3_000, end - 901):
            warn(connection, at_s)
            assert count(connection) == 1
        assert connection.execute(select(message.c.ticket_id)).scalar_one() == number
        warn(connection, end - 900)
        assert count(connection) == 2  # the short one, in its last quarter
        connection.execute(update(ticket).where(ticket.c.id == number).values(restore_by_s=end + 90_000))
        connection.execute(
            insert(ticket_pause).values(
                ticket_id=number, from_s=end - 60, to_s=end + 60, reason="no permit", actor="local"
            )
        )
        warn(connection, end + 90_000 - 3_600)
        assert count(connection) == 3
        warn(connection, end + 90_000)
        assert count(connection) == 3

    store.write(work)


def test_an_attempt_is_entered_before_it_is_made_and_what_fails_waits_on(store: Store) -> None:
    def work(connection: Connection) -> None:
        fleet(connection)
        tell(connection, make_ticket(connection), ChangeKind.OPENED)
        spread(connection)
        going = rows.waiting(connection, "duty")
        for n in (1, 2):
            first = rows.begin_try(connection, "duty", going, actor=LOCAL_OPERATOR, now_s=NOON + n)
            assert [t.is_sent for t in rows.tries(connection, "duty", NOON + n)] == [False] * n
            rows.end_try(connection, first, failure="it slept", actor=LOCAL_OPERATOR, now_s=NOON + n)
            assert [w.tries for w in rows.waiting(connection, "duty")] == [n]
        last = rows.begin_try(connection, "duty", going, actor=LOCAL_OPERATOR, now_s=NOON + 3)
        rows.end_try(connection, last, actor=LOCAL_OPERATOR, now_s=NOON + 4)
        assert rows.waiting(connection, "duty") == []
        assert [t.is_sent for t in rows.tries(connection, "duty", NOON + 9)] == [False, False, True]
        assert rows.standing(connection, Scope.ALL) == {}
        assert [line.outcome for line in rows.attempts(connection, Scope.ALL)] == ["sent", "failed", "failed"]

    store.write(work)


def test_what_is_refused_for_good_or_too_old_is_given_up_and_counted(store: Store) -> None:
    def work(connection: Connection) -> None:
        fleet(connection)
        for _ in range(2):
            tell(connection, make_ticket(connection), ChangeKind.OPENED)
        spread(connection)
        going = rows.waiting(connection, "duty")
        number = rows.begin_try(connection, "duty", going[:1], actor=LOCAL_OPERATOR, now_s=NOON)
        rows.end_try(connection, number, failure="no", may_retry=False, actor=LOCAL_OPERATOR, now_s=NOON)
        assert rows.standing(connection, Scope.ALL) == {"duty": (1, 1)}
        gone = rows.give_up(connection, "duty", going[1:], actor=LOCAL_OPERATOR, now_s=NOON + 90_000)
        assert gone == 1
        assert rows.standing(connection, Scope.ALL) == {"duty": (0, 2)}

    store.write(work)


def test_messages_are_forgotten_after_their_time(store: Store) -> None:
    def work(connection: Connection) -> None:
        fleet(connection)
        tell(connection, make_ticket(connection), ChangeKind.OPENED)
        spread(connection)
        going = rows.waiting(connection, "duty")
        rows.end_try(
            connection,
            rows.begin_try(connection, "duty", going, actor=LOCAL_OPERATOR, now_s=NOON),
            actor=LOCAL_OPERATOR,
            now_s=NOON,
        )
        later = NOON + rows.KEPT_DAYS * 86_400
        assert rows.forget(connection, actor=LOCAL_OPERATOR, now_s=later) == 0
        assert rows.forget(connection, actor=LOCAL_OPERATOR, now_s=later + 1) == 1
        assert connection.execute(select(func.count()).select_from(message_to)).scalar_one() == 0
        assert rows.attempts(connection, Scope.ALL) == []

    store.write(work)


def test_a_ticket_that_is_not_there_and_a_scope_that_is_not_all_are_refused(store: Store) -> None:
    def work(connection: Connection) -> None:
        with pytest.raises(NotFound, match="there is no ticket 7"):
            tell(connection, 7, ChangeKind.OPENED)
        with pytest.raises(NotAllowed):
            rows.standing(connection, Scope(frozenset({1})))

    store.write(work)


@pytest.mark.parametrize("cause", ["camera", "account", "recorder", "pole", "subnet"])
def test_whose_name_is_a_login_or_a_place_is_not_named_however_plain_it_looks(
    store: Store, cause: str
) -> None:
    def work(connection: Connection) -> None:
        fleet(connection)
        tell(connection, make_ticket(connection, cause=cause, thing="operator"), ChangeKind.OPENED)
        spread(connection)
        assert "operator" not in str(said(rows.waiting(connection, "duty"), ALL[0]))

    store.write(work)


ADDRESSES = st.one_of(
    st.ip_addresses(v=4).map(str),
    st.from_regex(r"rtsp://[a-z]{4,8}:[a-z]{4,8}@10\.\d\.\d\.\d/ch\d", fullmatch=True),
    st.from_regex(r"\d{20}", fullmatch=True),
    st.from_regex(r"[A-Z]{2}-\d{5}", fullmatch=True),
    st.from_regex(r"1\d\d\.\d{5},\d\d\.\d{5}", fullmatch=True),
)


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.sampled_from(
        ["camera", "account", "recorder", "pole", "switch", "site", "feeder", "uplink", "subnet", "else"]
    ),
    ADDRESSES,
    ADDRESSES,
    ADDRESSES,
    st.sampled_from(["", "by ", "K"]),
)
def test_over_random_hostile_tickets_no_address_code_account_or_place_is_said(
    store: Store, cause: str, thing: str, what: str, code: str, before: str
) -> None:
    """Things and words of tickets are planted with addresses, and the cameras' codes stand in the thing's name."""

    def work(connection: Connection) -> None:
        fleet(connection, 2)
        connection.execute(update(point).values(code=code, name="Wang's " + code, address="Lane " + code))
        for name in (thing, before + thing, before + code, "Lane " + code):
            tell(
                connection, make_ticket(connection, 2, cause=cause, thing=name, what=what), ChangeKind.OPENED
            )
        spread(connection)
        going = rows.waiting(connection, "duty")
        assert len(going) == 4
        for one in ([each] for each in going):
            whole = said(one, ALL[0])
            text = whole.title + whole.text + str(whole.data)
            for secret in (thing, what, code, "10.0.", "Wang", "Lane"):
                assert secret not in text
        raise TakeBack

    with pytest.raises(TakeBack):
        store.write(work)
