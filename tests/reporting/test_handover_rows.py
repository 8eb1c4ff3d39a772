"""A shift read from the tickets of both engines, and handovers that are kept as they were signed."""

from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, update
from tests.register_kit import DAY, NOON, TZ
from tests.tickets.test_message_rows import fleet, make_ticket

from lenskeeper.audit import rows as audit
from lenskeeper.base.access import LOCAL_OPERATOR, Scope
from lenskeeper.base.errors import Conflict, NotAllowed, NotFound
from lenskeeper.inventory.schema import backlog, membership, point
from lenskeeper.reporting.handover import Shift, shift_of, signed
from lenskeeper.reporting.rows_handover import handover, handovers, keep, last_end_s, shift_books
from lenskeeper.reporting.schema import shift_handover
from lenskeeper.store.database import Store
from lenskeeper.tickets.schema import handing, storm, ticket, ticket_event, ticket_pause
from lenskeeper.units.rows import add as add_unit

A, B = NOON, NOON + 28_800


def event(connection: Connection, number: int, act: str, at_s: int) -> None:
    connection.execute(
        insert(ticket_event).values(ticket_id=number, at_s=at_s, actor="rounds", act=act, stage="verified")
    )


def read(connection: Connection, scope: Scope = Scope.ALL, now_s: int = B) -> Shift:
    books = shift_books(connection, scope, A, B, tz=TZ, now_s=now_s)
    return shift_of(books, from_s=A, to_s=B, tz=TZ, unit="", exercise=False)


def numbers(found: Any) -> list[int]:
    return [getattr(each, "work", each).ticket_id for each in found]


def test_a_shift_is_half_open_and_tells_how_the_last_turn_of_each_ticket_ended(store: Store) -> None:
    def work(connection: Connection) -> None:
        fleet(connection)
        before = make_ticket(connection, opened_s=A - 1, restore_by_s=B + 9)
        first = make_ticket(connection, opened_s=A, restore_by_s=B + 9)
        last = make_ticket(connection, opened_s=B - 1, restore_by_s=B + 9)
        after = make_ticket(connection, opened_s=B, restore_by_s=B + 9)
        closed = make_ticket(connection, opened_s=A - 50, ended_s=B - 1, stage="verified")
        later = make_ticket(connection, opened_s=A - 50, ended_s=B, stage="verified", restore_by_s=B + 9)
        event(connection, closed, "recover", A)
        event(connection, closed, "fail", A + 5)
        event(connection, closed, "verify", B - 1)
        event(connection, later, "verify", B)
        event(connection, before, "fail", A - 1)
        event(connection, first, "remark", A + 1)
        found = read(connection)
        assert numbers(found.opened) == [first, last]
        assert (numbers(found.repaired), found.by_itself, found.failed_again) == ([closed], (), ())
        assert found.still_open == 4
        assert after not in numbers(found.opened)
        assert found.overdue == ()

    store.write(work)


def test_pauses_questions_promises_and_storms_stand_as_they_stood_at_its_end(store: Store) -> None:
    def work(connection: Connection) -> None:
        fleet(connection)
        number = make_ticket(connection, restore_by_s=B - 1)
        over = make_ticket(connection, ended_s=B - 9, stage="verified")
        for one, from_s, to_s, until_s in (
            (number, A, A + 9, A + 9), (number, A + 20, None, B + 60), (over, A, None, B + 60),
        ):  # fmt: skip
            connection.execute(
                insert(ticket_pause).values(
                    ticket_id=one,
                    from_s=from_s,
                    to_s=to_s,
                    until_s=until_s,
                    reason="no permit",
                    actor="local",
                )
            )
        for asked_s, answered_s in ((A, A + 5), (A + 9, None), (B, None)):
            connection.execute(
                insert(handing).values(
                    ticket_id=number, from_desk="us", to_desk="power", reason="lamp feed", asked_s=asked_s,
                    asked_by="local", answer_by_s=asked_s + 900, answered_s=answered_s,
                )
            )  # fmt: skip
        connection.execute(insert(storm).values(from_s=A - 9, to_s=A, why="wind", actor="rounds"))
        connection.execute(insert(storm).values(from_s=A + 9, why="wind", actor="rounds"))
        unit_id, ids = connection.execute(select(membership.c.unit_id)).first()[0], (1, 2, 3)  # type: ignore[index]
        for point_id, day in zip(ids, (DAY, DAY, None), strict=True):
            connection.execute(
                insert(backlog).values(
                    point_id=point_id, unit_id=unit_id, bucket="silent", found_s=0, agreed_day=day
                )
            )
        found = read(connection)
        assert (numbers(found.ending), found.overdue) == ([number], ())
        assert [one.asked_s for one in found.questions] == [A + 9]
        assert found.storm_since_s == A + 9
        assert [(one.day, one.unit, one.cameras) for one in found.owed] == [(DAY, "City/North", 2)]

    store.write(work)


def test_whoever_sees_another_unit_sees_nothing_of_it(store: Store) -> None:
    def work(connection: Connection) -> None:
        fleet(connection)
        make_ticket(connection, opened_s=A)
        elsewhere = add_unit(connection, name="Elsewhere", tz=TZ, actor=LOCAL_OPERATOR, now_s=0)
        found = read(connection, Scope(frozenset({elsewhere})))
        assert (found.opened, found.still_open) == ((), 0)
        assert len(read(connection).opened) == 1

    store.write(work)


def test_a_lone_camera_is_named_by_its_name(store: Store) -> None:
    def work(connection: Connection) -> None:
        fleet(connection)
        make_ticket(connection, cause="camera", thing="1", opened_s=A)
        name = connection.execute(select(point.c.name).order_by(point.c.id)).scalars().first()
        assert [each.name for each in read(connection).opened] == [name]

    store.write(work)


def test_a_handover_is_kept_as_it_was_signed_whatever_becomes_of_its_tickets(store: Store) -> None:
    def work(connection: Connection) -> None:
        fleet(connection)
        make_ticket(connection, opened_s=A)
        assert last_end_s(connection, Scope.ALL, "") is None
        done = signed(read(connection), giver="local:wang", taker="local:li", signed_s=B)
        number = keep(connection, done, actor=LOCAL_OPERATOR, now_s=B)
        connection.execute(update(ticket).values(stage="cancelled", klass=1))
        again = handover(connection, Scope.ALL, number)
        assert (again.body, again.sha256, again.number) == (done.body, done.sha256, number)
        assert [(one.number, one.giver, one.taker) for one in handovers(connection, Scope.ALL)] == [
            (number, "local:wang", "local:li")
        ]
        assert last_end_s(connection, Scope.ALL, "") == B
        assert last_end_s(connection, Scope.ALL, "City") is None
        [entry] = audit.entries(connection, Scope.ALL, subject=f"handover:{number}")
        assert done.sha256 in entry.detail

    store.write(work)


@pytest.mark.parametrize(("from_s", "to_s", "meets"), [(A - 9, A, False), (A - 9, A + 1, True), (B - 1, B + 9, True), (B, B + 9, False)])  # fmt: skip
def test_no_second_is_handed_over_twice(store: Store, from_s: int, to_s: int, *, meets: bool) -> None:
    def sign(connection: Connection, a: int, b: int) -> None:
        books = shift_books(connection, Scope.ALL, a, b, tz=TZ, now_s=b)
        shift = shift_of(books, from_s=a, to_s=b, tz=TZ, unit="", exercise=False)
        keep(connection, signed(shift, giver="a", taker="b", signed_s=b), actor=LOCAL_OPERATOR, now_s=b)

    def work(connection: Connection) -> None:
        sign(connection, A, B)
        if meets:
            with pytest.raises(Conflict, match="signed by a and b"):
                sign(connection, from_s, to_s)
        else:
            sign(connection, from_s, to_s)
        count = len(connection.execute(select(shift_handover.c.id)).all())
        assert count == (1 if meets else 2)

    store.write(work)


def test_a_handover_that_is_not_there_and_a_scope_that_is_not_all_are_refused(store: Store) -> None:
    def work(connection: Connection) -> None:
        with pytest.raises(NotFound, match="there is no handover 7"):
            handover(connection, Scope.ALL, 7)
        with pytest.raises(NotAllowed):
            handovers(connection, Scope(frozenset({1})))

    store.write(work)
