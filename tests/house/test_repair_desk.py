"""From rounds in the books to tickets with an end: the whole desk on both engines."""

from collections.abc import Mapping

import pytest
from sqlalchemy import Connection
from tests.register_kit import camera
from tests.repair_kit import BEGIN, CREW, RepairCity, always, silent

from lenskeeper.base.access import DESK, LOCAL_OPERATOR, ActorId, Scope
from lenskeeper.base.errors import Conflict
from lenskeeper.base.outcomes import Outcome
from lenskeeper.diagnosis.kinds import Verdict
from lenskeeper.inventory.ids import PointId
from lenskeeper.store.database import Store
from lenskeeper.tickets import rows, rows_clocks, rows_handings, rows_triage
from lenskeeper.tickets.causes import CauseKind
from lenskeeper.tickets.routing import Desk, Payer
from lenskeeper.tickets.shapes import Shape
from lenskeeper.tickets.states import Resolution, Stage, Step
from lenskeeper.units import rows as units


def pole_city(store: Store, **things: str) -> RepairCity:
    """Eight cameras; the first three share what is named."""
    return RepairCity(store, [camera(n, klass=2, **(things if n <= 3 else {})) for n in range(1, 9)])


def test_three_of_three_on_a_pole_are_one_ticket_and_one_of_three_is_one_for_that_camera(
    store: Store,
) -> None:
    city = pole_city(store, pole="P-1")
    city.live(5)
    city.live(40, always(silent(*city.points[:3])))
    assert [(t.kind, t.thing, t.cameras) for t in city.tickets()] == [(CauseKind.POLE, "P-1", 3)]
    city.live(30)
    city.live(40, always(silent(city.points[7])))
    assert [(t.kind, t.thing, t.cameras) for t in city.tickets()] == [
        (CauseKind.CAMERA, str(city.points[7]), 1)
    ]


def test_before_patience_is_over_there_is_no_ticket_and_what_came_back_left_none(store: Store) -> None:
    city = pole_city(store)
    city.live(5)
    city.live(29, always(silent(city.points[0])))
    assert city.tickets(live=None) == []
    city.live(60)
    assert city.tickets(live=None) == []


def test_a_camera_that_comes_back_by_itself_is_told_apart_from_one_that_was_repaired(store: Store) -> None:
    city = pole_city(store)
    city.live(5)
    city.live(40, always(silent(*city.points[4:6])))
    by_itself, repaired = sorted(city.tickets(), key=lambda t: t.ticket_id)
    city.step(repaired.ticket_id, Step.ACCEPT)
    city.step(repaired.ticket_id, Step.ARRIVE)
    city.live(20)
    ended = {t.ticket_id: t for t in city.tickets(live=False)}
    assert ended[by_itself.ticket_id].resolution is Resolution.BY_ITSELF
    assert [t.stage for t in city.tickets()] == [Stage.ON_SITE], "nobody closes it while somebody is there"
    city.step(repaired.ticket_id, Step.FINISH)
    city.live(1)
    assert {t.resolution for t in city.tickets(live=False)} == {Resolution.BY_ITSELF, Resolution.REPAIRED}


def test_what_fails_again_within_a_day_is_the_same_ticket_with_new_clocks(store: Store) -> None:
    city = pole_city(store)
    city.live(5)
    city.live(40, always(silent(city.points[0])))
    first = city.tickets()[0]
    city.live(60)
    city.live(20, always(silent(city.points[0])))
    again = city.tickets()
    assert [(t.ticket_id, t.stage, t.regressions) for t in again] == [(first.ticket_id, Stage.REGRESSED, 1)]
    assert again[0].restore_by_s > first.restore_by_s


def test_a_done_that_looks_disagree_with_buys_no_new_clock(store: Store) -> None:
    city = pole_city(store)
    city.live(5)
    down = always(silent(city.points[0]))
    city.live(40, down)
    first = city.tickets()[0]
    city.step(first.ticket_id, Step.ACCEPT)
    city.step(first.ticket_id, Step.FINISH)
    city.live(45, down)
    now = city.tickets()[0]
    assert (now.stage, now.regressions) == (Stage.REGRESSED, 1)
    assert (now.restore_by_s, now.responded_s is None) == (first.restore_by_s, False)


def test_a_unit_that_is_not_accepted_opens_no_ticket(store: Store) -> None:
    city = RepairCity(store, [camera(n) for n in range(1, 4)], is_accepted=False)
    city.live(5)
    city.live(90, always(silent(*city.points)))
    assert city.tickets(live=None) == []


def test_a_refused_account_is_one_ticket_for_the_owners_it(store: Store) -> None:
    city = pole_city(store)
    city.live(5)
    for p in city.points:
        city.look(p, Outcome.AUTH_REFUSED)
    city.live(90)
    assert {(t.desk, t.what) for t in city.tickets()} == {(Desk.OWNER_IT, Outcome.AUTH_REFUSED)}


def test_a_camera_that_answers_and_shows_nothing_has_a_ticket(store: Store) -> None:
    city = pole_city(store)
    city.live(5)
    city.look(city.points[0], Outcome.NO_VIDEO)
    city.live(45)
    assert [(t.thing, t.what) for t in city.tickets()] == [(str(city.points[0]), Outcome.NO_VIDEO)]
    city.live(15)
    city.look(city.points[0], Outcome.PLAYING, Verdict.FIT)
    city.live(15)
    assert city.tickets() == []


def test_storm_holds_dispatch_and_keeps_observing(store: Store) -> None:
    city = pole_city(store)
    city.live(5)
    store.write(lambda c: rows_triage.begin_storm(c, "typhoon", actor=LOCAL_OPERATOR, now_s=city.now_s))
    city.live(40, always(silent(city.points[0])))
    assert [(t.stage, t.held) for t in city.tickets()] == [(Stage.OPEN, "storm")]
    with pytest.raises(Conflict):
        store.write(lambda c: rows_triage.begin_storm(c, "more", actor=LOCAL_OPERATOR, now_s=city.now_s))
    store.write(lambda c: rows_triage.end_storm(c, actor=LOCAL_OPERATOR, now_s=city.now_s))
    city.live(1, always(silent(city.points[0])))
    assert [(t.stage, t.held) for t in city.tickets()] == [(Stage.ASSIGNED, "")]


def test_too_much_at_once_is_a_storm_by_itself_and_it_ends_by_itself(store: Store) -> None:
    city = RepairCity(store, [camera(n, klass=2, site=f"s{n}") for n in range(1, 131)])
    city.live(2)
    # each at a minute of its own, so that they are no group
    begins = {p: BEGIN + 300 + 240 * n for n, p in enumerate(city.points[:60])}
    city.live(
        380, lambda at_s: silent(*(p for p, b in begins.items() if b <= at_s < b + 60_000)), turn_every=10
    )
    with store.read() as connection:
        assert rows_triage.storm_of(connection) is None, "fifteen an hour are no storm"
    some = city.points[60:125]
    city.live(40, always(silent(*some)), turn_every=40)
    with store.read() as connection:
        on = rows_triage.storm_of(connection)
    assert on is not None
    assert on.actor == DESK
    city.live(90, always(silent(*some)), turn_every=10)
    with store.read() as connection:
        assert rows_triage.storm_of(connection) is None


def test_a_pause_stops_the_clocks_and_its_promised_end_starts_them(store: Store) -> None:
    city = pole_city(store)
    city.live(5)
    down = always(silent(city.points[0]))
    city.live(40, down)
    ticket = city.tickets()[0]
    until_s = city.now_s + 7_200

    def stop(connection: Connection) -> None:
        rows_clocks.pause(
            connection, ticket.ticket_id, "no permit", until_s=until_s, actor=CREW, now_s=city.now_s
        )

    store.write(stop)
    assert city.tickets()[0].restore_by_s == ticket.restore_by_s + 7_200
    with pytest.raises(Conflict):
        store.write(stop)
    city.live(125, down, turn_every=5)
    with store.read() as connection:
        assert rows_clocks.paused_now(connection) == {}
    assert city.tickets()[0].restore_by_s == pytest.approx(ticket.restore_by_s + 7_200, abs=300)


def test_a_ticket_that_is_another_desks_is_asked_for_and_its_question_lapses(store: Store) -> None:
    city = pole_city(store)
    city.live(5)
    down = always(silent(city.points[0]))
    city.live(40, down)
    ticket = city.tickets()[0]
    assert ticket.desk is Desk.US, "no contract"

    def ask() -> None:
        store.write(
            lambda c: rows_handings.ask(
                c, ticket.ticket_id, Desk.CARRIER, "the line", actor=CREW, now_s=city.now_s
            )
        )

    ask()
    city.live(245, down, turn_every=5)
    with store.read() as connection:
        assert [h.answer for h in rows_handings.handings(connection, ticket.ticket_id)] == ["lapsed"]
    assert city.tickets()[0].desk is Desk.US
    ask()
    store.write(
        lambda c: rows_handings.answer(
            c, ticket.ticket_id, is_taken=True, remark="yes", actor=ActorId("local:carrier"), now_s=city.now_s
        )
    )
    now = city.tickets()[0]
    assert (now.desk, now.payer, now.stage) == (Desk.CARRIER, Payer.CARRIER, Stage.ASSIGNED)


def test_who_does_not_answer_in_time_is_told_of_higher_up_once_for_each_level(store: Store) -> None:
    city = pole_city(store)
    city.live(5)
    city.live(60 * 52, always(silent(city.points[0])), turn_every=30)
    ticket = city.tickets()[0]
    with store.read() as connection:
        events = rows.events(connection, Scope.ALL, ticket.ticket_id, now_s=city.now_s)
    assert [e.detail["level"] for e in events if e.act == "escalate"] == [1, 2, 3]


def test_a_street_lighting_feed_shows_its_shape_and_goes_to_the_power_company(store: Store) -> None:
    city = pole_city(store, pole="P-9")

    def by_day(at_s: int) -> Mapping[PointId, str]:
        return silent(*city.points[:3]) if 6 <= (at_s + 8 * 3_600) // 3_600 % 24 < 18 else {}

    city.live(60 * 24 * 6, by_day, turn_every=30)
    found = [t for t in city.tickets(live=None) if t.kind is CauseKind.POLE]
    assert [(t.shape, t.desk) for t in found] == [(Shape.STREET_LIGHTING, Desk.POWER)]


def test_each_owner_sees_the_ticket_and_of_its_cameras_his_own(store: Store) -> None:
    files = [
        camera(n, f"City/{side}", klass=2, feeder="F-1") for n, side in enumerate(["North", "South"] * 4, 1)
    ]
    city = RepairCity(store, files)
    city.live(5)
    city.live(40, always(silent(*city.points)))
    (ticket,) = city.tickets()
    assert (ticket.kind, ticket.desk, ticket.cameras) == (CauseKind.FEEDER, Desk.POWER, 8)
    with store.read() as connection:
        north = Scope(frozenset({units.find(connection, Scope.ALL, "City/North")}))
        assert len(rows.children(connection, north, ticket.ticket_id, now_s=city.now_s)) == 4
        assert len(rows.tickets(connection, north, rows.Asked(), now_s=city.now_s)) == 1
        nobody = Scope(frozenset())
        assert rows.tickets(connection, nobody, rows.Asked(), now_s=city.now_s) == []
        assert rows.children(connection, nobody, ticket.ticket_id, now_s=city.now_s) == []
