"""Who may exclude what, who must agree, and what the audit log says of it."""

import pytest
from sqlalchemy import Connection, insert, select, update
from tests.availability.planted_truth import Fleet, plant

from lenskeeper.audit import rows as audit
from lenskeeper.audit.schema import audit_entry
from lenskeeper.availability import rows_figures as figures
from lenskeeper.availability import rows_maintenance as plans
from lenskeeper.availability.exclusions import Kind
from lenskeeper.availability.lanes import Lane
from lenskeeper.availability.maintenance import DAY_S, HORIZON_DAYS, Plan, Recurrence, Standing, Target
from lenskeeper.availability.rows_exclusions import excluded_by, refresh
from lenskeeper.base.access import ActorId, Scope
from lenskeeper.base.errors import Conflict, Invalid, NotAllowed, NotFound
from lenskeeper.base.spans import Span
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.schema import membership, point
from lenskeeper.store.database import Store
from lenskeeper.units.ids import UnitId

NOW_S = 1_777_600_000  # 2026-05-01 01:46 UTC
HOUR = 3_600
AUTHOR, SECOND = ActorId("first"), ActorId("second")


@pytest.fixture
def fleet(store: Store) -> Fleet:
    """Four cameras in two towns of one zone."""
    return store.write(_planted)


def _planted(connection: Connection) -> Fleet:
    made = plant(connection, ("Asia/Shanghai",), each=2)
    refresh(connection)
    return made


def _enter(
    store: Store,
    target: Target,
    when: list[Span] | Recurrence,
    *,
    kind: Kind = Kind.PLANNED_WORK,
    now_s: int = NOW_S,
) -> Plan:
    return store.write(
        lambda c: plans.propose(
            c, target=target, when=when, kind=kind, reason="lamps", actor=AUTHOR, now_s=now_s
        )
    )


def _excluded(store: Store, a: int, b: int) -> list[int]:
    """Excluded seconds of each camera."""
    with store.read() as connection:
        return [one.totals.excluded_s for one in figures.exact(connection, Scope.ALL, Lane.REACHABLE, a, b)]


def test_a_plan_entered_in_time_holds_at_once_and_revoked_it_never_did(store: Store, fleet: Fleet) -> None:
    a = NOW_S + HOUR
    made = _enter(store, Target(points=(fleet.cameras[0].point_id,)), [(a, a + HOUR)])
    assert made.standing is Standing.ACTIVE
    assert _excluded(store, NOW_S, NOW_S + DAY_S) == [HOUR, 0, 0, 0]
    gone = store.write(
        lambda c: plans.revoke(c, made.plan_id, reason="rain", actor=SECOND, now_s=NOW_S, ends_s=a + 600)
    )
    assert gone.standing is Standing.REVOKED
    assert _excluded(store, NOW_S, NOW_S + DAY_S) == [600, 0, 0, 0]
    with pytest.raises(Conflict):
        store.write(lambda c: plans.revoke(c, made.plan_id, reason="rain", actor=AUTHOR, now_s=NOW_S))
    other = _enter(store, Target(unit_id=fleet.top), [(a, a + HOUR)])
    assert _excluded(store, NOW_S, NOW_S + DAY_S) == [HOUR] * 4
    store.write(lambda c: plans.revoke(c, other.plan_id, reason="rain", actor=SECOND, now_s=NOW_S))
    assert _excluded(store, NOW_S, NOW_S + DAY_S) == [600, 0, 0, 0]


def test_what_is_entered_after_it_began_waits_for_a_second_person(store: Store, fleet: Fleet) -> None:
    target = Target(points=(fleet.cameras[1].point_id,))
    made = _enter(store, target, [(NOW_S - 1, NOW_S + HOUR)], kind=Kind.DECLARED_CORRECTION)
    assert made.standing is Standing.PENDING
    assert _excluded(store, NOW_S - DAY_S, NOW_S + DAY_S) == [0] * 4
    with store.read() as connection:
        (waits,) = plans.pending_seconds(connection, Scope.ALL, NOW_S, NOW_S + DAY_S)
        assert (waits.plan.plan_id, waits.excluded_s) == (made.plan_id, HOUR)
    with pytest.raises(NotAllowed):
        store.write(lambda c: plans.approve(c, made.plan_id, actor=AUTHOR, now_s=NOW_S))
    assert _excluded(store, NOW_S - DAY_S, NOW_S + DAY_S) == [0] * 4
    done = store.write(lambda c: plans.approve(c, made.plan_id, actor=SECOND, now_s=NOW_S + 5))
    assert (done.standing, done.approver, done.approved_s) == (Standing.ACTIVE, SECOND, NOW_S + 5)
    assert _excluded(store, NOW_S - DAY_S, NOW_S + DAY_S) == [0, HOUR + 1, 0, 0]
    with pytest.raises(Conflict):
        store.write(lambda c: plans.approve(c, made.plan_id, actor=ActorId("third"), now_s=NOW_S))
    with store.read() as connection:
        assert plans.pending_seconds(connection, Scope.ALL, 0, NOW_S + DAY_S) == []
        assert excluded_by(connection, Scope.ALL, NOW_S, NOW_S + DAY_S) == {made.plan_id: HOUR}


def test_four_hours_of_a_camera_and_month_are_one_persons_and_no_more(store: Store, fleet: Fleet) -> None:
    a = NOW_S + 5 * DAY_S
    first = _enter(store, Target(unit_id=_unit(fleet, 0)), [(a, a + 3 * HOUR)])
    elsewhere = _enter(store, Target(unit_id=_unit(fleet, 2)), [(a, a + 4 * HOUR)])
    assert {first.standing, elsewhere.standing} == {Standing.ACTIVE}
    more = _enter(store, Target(points=(fleet.cameras[0].point_id,)), [(a + DAY_S, a + DAY_S + HOUR + 1)])
    assert more.standing is Standing.PENDING
    next_month = _enter(
        store, Target(points=(fleet.cameras[0].point_id,)), [(a + 40 * DAY_S, a + 40 * DAY_S + 4 * HOUR)]
    )
    assert next_month.standing is Standing.ACTIVE
    store.write(lambda c: plans.revoke(c, first.plan_id, reason="rain", actor=AUTHOR, now_s=NOW_S))
    again = _enter(store, Target(points=(fleet.cameras[0].point_id,)), [(a + DAY_S, a + DAY_S + 4 * HOUR)])
    assert again.standing is Standing.ACTIVE


def test_a_recurring_plan_that_takes_much_in_any_month_ahead_waits(store: Store, fleet: Fleet) -> None:
    target = Target(points=(fleet.cameras[0].point_id,))
    a = NOW_S + DAY_S
    little = _enter(store, target, Recurrence("FREQ=WEEKLY", "Asia/Shanghai", a, 45 * 60))
    assert little.standing is Standing.ACTIVE
    assert max(b for _, b in little.windows) <= a + (HORIZON_DAYS + 1) * DAY_S
    much = _enter(store, target, Recurrence("FREQ=WEEKLY", "Asia/Shanghai", a + DAY_S, 45 * 60))
    assert much.standing is Standing.PENDING


def test_a_horizon_moves_on_and_asks_again_where_a_month_fills(store: Store, fleet: Fleet) -> None:
    target = Target(points=(fleet.cameras[0].point_id,))
    made = _enter(store, target, Recurrence("FREQ=WEEKLY", "Asia/Shanghai", NOW_S + DAY_S, 45 * 60))
    later = NOW_S + 70 * DAY_S
    _enter(store, target, [(later, later + 150 * 60)])  # alone it is little
    assert store.write(lambda c: plans.extend_horizon(c, now_s=NOW_S)) == 0
    added = store.write(lambda c: plans.extend_horizon(c, now_s=NOW_S + 60 * DAY_S))
    assert added == 9  # every week from the 43rd day to the 99th
    with store.read() as connection:
        found = plans.plan(connection, Scope.ALL, made.plan_id)
    assert found.standing is Standing.PARTLY_PENDING
    assert set(found.pending) < set(found.windows)
    assert store.write(lambda c: plans.extend_horizon(c, now_s=NOW_S + 60 * DAY_S)) == 0
    done = store.write(lambda c: plans.approve(c, made.plan_id, actor=SECOND, now_s=NOW_S))
    assert done.standing is Standing.ACTIVE


def test_a_plan_for_a_unit_or_site_follows_who_belongs_there(store: Store, fleet: Fleet) -> None:
    a = NOW_S + HOUR
    moved = fleet.cameras[0]
    _enter(store, Target(unit_id=_unit(fleet, 2)), [(a, a + HOUR)])
    store.write(
        lambda c: c.execute(
            update(point).where(point.c.id == fleet.cameras[1].point_id).values(site="harbour")
        )
    )
    _enter(store, Target(site="harbour"), [(a, a + 600)])
    assert _excluded(store, NOW_S, NOW_S + DAY_S) == [0, 600, HOUR, HOUR]

    def move(connection: Connection) -> None:
        half = a + HOUR // 2
        connection.execute(
            update(membership).where(membership.c.point_id == moved.point_id).values(to_s=half)
        )
        connection.execute(
            insert(membership).values(point_id=moved.point_id, from_s=half, unit_id=_unit(fleet, 2))
        )
        assert refresh(connection) == 1
        assert refresh(connection) == 0

    store.write(move)
    with store.read() as connection:
        assert excluded_by(connection, Scope.ALL, NOW_S, NOW_S + DAY_S) == {1: 2 * HOUR + HOUR // 2, 2: 600}


def test_who_sees_a_unit_sees_the_plans_that_aim_at_it(store: Store, fleet: Fleet) -> None:
    a = NOW_S + HOUR
    for target in (
        Target(unit_id=fleet.top),
        Target(unit_id=_unit(fleet, 0)),
        Target(points=(fleet.cameras[3].point_id,)),
    ):
        _enter(store, target, [(a, a + 60)])
    with store.read() as connection:
        east, west = Scope(frozenset({_unit(fleet, 0)})), Scope(frozenset({_unit(fleet, 2)}))
        assert [one.plan_id for one in plans.plans(connection, Scope.ALL)] == [3, 2, 1]
        assert [one.plan_id for one in plans.plans(connection, east)] == [2, 1]
        assert [one.plan_id for one in plans.plans(connection, west)] == [3, 1]
        assert plans.plans(connection, Scope(frozenset())) == []
        with pytest.raises(NotFound):
            plans.plan(connection, west, 2)
        assert excluded_by(connection, west, NOW_S, NOW_S + DAY_S) == {1: 120}


def test_each_act_stands_in_the_audit_log_and_what_fails_does_not(store: Store, fleet: Fleet) -> None:
    target = Target(points=(fleet.cameras[0].point_id,))
    made = _enter(store, target, [(NOW_S - 5, NOW_S)])
    store.write(lambda c: plans.approve(c, made.plan_id, actor=SECOND, now_s=NOW_S))
    store.write(lambda c: plans.revoke(c, made.plan_id, reason="wrong pole", actor=SECOND, now_s=NOW_S))
    with pytest.raises(Conflict):
        store.write(lambda c: plans.approve(c, made.plan_id, actor=SECOND, now_s=NOW_S))
    with store.read() as connection:
        acts = connection.execute(
            select(audit_entry.c.act, audit_entry.c.actor)
            .where(audit_entry.c.subject == f"maintenance:{made.plan_id}")
            .order_by(audit_entry.c.number)
        ).all()
        assert audit.verify(connection).broken_at is None
    assert [tuple(act) for act in acts] == [
        ("maintenance.propose", AUTHOR),
        ("maintenance.approve", SECOND),
        ("maintenance.revoke", SECOND),
    ]


def test_a_plan_without_reason_author_or_target_is_refused(store: Store, fleet: Fleet) -> None:
    window = [(NOW_S, NOW_S + 60)]
    here = Target(points=(fleet.cameras[0].point_id,))

    def enter(target: Target, reason: str, actor: str, kind: Kind) -> None:
        store.write(
            lambda c: plans.propose(
                c, target=target, when=window, kind=kind, reason=reason, actor=ActorId(actor), now_s=NOW_S
            )
        )

    for reason, actor, kind in (
        (" ", "first", Kind.PLANNED_WORK),
        ("lamps", "", Kind.PLANNED_WORK),
        ("x" * 501, "first", Kind.PLANNED_WORK),
        ("lamps", "first", Kind.OUT_OF_SERVICE),
    ):
        with pytest.raises(Invalid):
            enter(here, reason, actor, kind)
    for target in (Target(points=(PointId(999),)), Target(unit_id=UnitId(999)), Target(site="nowhere")):
        with pytest.raises(NotFound):
            enter(target, "lamps", "first", Kind.PLANNED_WORK)
    with store.read() as connection:
        assert plans.plans(connection, Scope.ALL) == []


def _unit(fleet: Fleet, number: int) -> UnitId:
    unit_id = fleet.cameras[number].stays[0][0]
    assert unit_id is not None
    return unit_id
