"""The planted truth over a simulated week: every rate equals what is counted second by second."""

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, select
from tests.availability.planted_truth import BEGIN_S, END_S, Camera, Fleet, move, plant, serve

from lenskeeper.availability import rows_figures as figures
from lenskeeper.availability import rows_maintenance as plans
from lenskeeper.availability.exact import observe
from lenskeeper.availability.exclusions import Kind
from lenskeeper.availability.figures import (
    REPORTED,
    LanePart,
    Part,
    PointSums,
    Totals,
    UnitDay,
    Window,
    added,
)
from lenskeeper.availability.lanes import Lane, State
from lenskeeper.availability.maintenance import Plan, Recurrence, Target
from lenskeeper.availability.observations import Observation, Round
from lenskeeper.availability.rounds import RoundFolder
from lenskeeper.availability.rows_dirty import mark_dirty
from lenskeeper.availability.rows_exclusions import refresh
from lenskeeper.availability.rows_rollups import recompute
from lenskeeper.availability.schema import dirty_day
from lenskeeper.base.access import ROUNDS, ActorId, Scope
from lenskeeper.base.days import day_span, local_day
from lenskeeper.base.spans import Span
from lenskeeper.store.database import Store
from lenskeeper.units.ids import UnitId

SLOT_S = 1_800
LOOK_S = 3_600
HOUR = 3_600
BERLIN, SYDNEY = "Europe/Berlin", "Australia/Sydney"
AUTHOR, SECOND = ActorId("first"), ActorId("second")
FIRST_DAY = local_day(BEGIN_S, BERLIN) + 1  # 29 March: 23 hours in Berlin; 5 April has 25 in Sydney
END_DAY = FIRST_DAY + 8
ODD: LanePart = (Lane.DELIVERY, Part.NIGHT)  # in no rollup


@dataclass
class Week:
    """The fleet, its books, and what was held back to come late."""

    store: Store
    fleet: Fleet
    late: list[Observation] = field(default_factory=list)

    def book(self, connection: Connection, seen: list[Observation], now_s: int) -> None:
        """Into the books, and into the truth."""
        observe(connection, seen, now_s=now_s, mark=mark_dirty, actor=ROUNDS)
        for one in seen:
            self.fleet.of(one.point_id).say(one.lane, one.a, one.b, one.state)

    def settle(self) -> None:
        """Add up all days that are over, a few at a time."""
        while not self.store.write(lambda c: recompute(c, now_s=END_S, limit=37)).is_done:
            pass

    def propose(self, target: Target, when: list[Span] | Recurrence, now_s: int = BEGIN_S - HOUR) -> Plan:
        """Enter a plan."""
        return self.store.write(
            lambda c: plans.propose(
                c, target=target, when=when, kind=Kind.PLANNED_WORK, reason="lamps", actor=AUTHOR, now_s=now_s
            )
        )


@pytest.fixture
def week(store: Store) -> Week:
    """A week that went by: with crash, blindness, a clock set back, and results held back."""
    made = Week(store, store.write(lambda c: plant(c, (BERLIN, SYDNEY), each=3)))
    _register(made)
    _live(made, random.Random(11))
    return made


@pytest.mark.timeout(300)  # on a busy machine PostgreSQL answers each of 10,000 statements late
def test_every_rate_equals_the_planted_truth_before_and_after_what_comes_late(week: Week) -> None:
    week.settle()
    _agrees(week)
    chance = random.Random(3)
    chance.shuffle(week.late)
    revision = _revision(week)
    week.store.write(lambda c: week.book(c, week.late, END_S))
    _correct(week)
    with week.store.read() as connection:
        assert connection.execute(select(dirty_day)).first() is not None
    _agrees(week)  # what is dirty is read from the runs
    week.settle()
    with week.store.read() as connection:
        assert connection.execute(select(dirty_day)).first() is None
    _agrees(week)
    assert _revision(week) > revision
    revision = _revision(week)
    week.store.write(lambda c: week.book(c, week.late, END_S))  # all of it a second time
    week.settle()
    assert _revision(week) == revision


def test_cameras_lost_for_eight_hours_lose_exactly_eight_hours_each(store: Store) -> None:
    week = Week(store, store.write(lambda c: plant(c, (BERLIN, SYDNEY), each=3)))
    lost = [camera.point_id for camera in week.fleet.cameras[::2]]
    a, b = BEGIN_S + 24 * HOUR, BEGIN_S + 32 * HOUR  # over a midnight in Berlin, and over two days added up
    seen = [
        Observation(
            camera.point_id,
            Lane.REACHABLE,
            at,
            at + HOUR,
            State.DOWN if a <= at < b and camera.point_id in lost else State.UP,
        )
        for at in range(BEGIN_S, END_S, HOUR)
        for camera in week.fleet.cameras
    ]
    week.store.write(lambda c: week.book(c, seen, END_S))
    week.settle()
    with week.store.read() as connection:
        for one in figures.from_rollups(connection, Scope.ALL, Lane.REACHABLE, BEGIN_S, END_S):
            down_s = 8 * HOUR if one.point_id in lost else 0
            assert (one.totals.down_s, one.totals.repair_s) == (down_s, down_s)
            assert one.totals.up_s == END_S - BEGIN_S - down_s
            assert one.totals.outages == one.totals.repaired == (one.point_id in lost)


def _register(week: Week) -> None:
    """A camera not yet born, one retired, one moved; plans that overlap, recur, wait and are revoked."""
    unborn, retired, moved, *others = week.fleet.cameras

    def dates(connection: Connection) -> None:
        serve(connection, unborn, BEGIN_S + 4 * 86_400 + 1_234, None)
        serve(connection, retired, 0, BEGIN_S + 5 * 86_400 + 77)
        move(connection, moved, _unit(others[0]), day_span(FIRST_DAY + 3, moved.tz)[0])
        refresh(connection)

    week.store.write(dates)
    for camera in others[1:4]:
        for begin in (30 * HOUR, 31 * HOUR + 300):
            spans = [(BEGIN_S + begin, BEGIN_S + begin + 5_000)]
            made = week.propose(Target((camera.point_id,)), spans)
            assert not made.pending
            camera.plans[made.plan_id] = spans
    start = datetime(2026, 3, 29, 1, 30, tzinfo=ZoneInfo(BERLIN))
    made = week.propose(
        Target(unit_id=_unit(others[0])),
        Recurrence("FREQ=DAILY;COUNT=5", BERLIN, int(start.timestamp()), 1_700),
    )
    assert not made.pending
    nights = [int(start.replace(day=day).timestamp()) for day in (29, 30, 31)]
    nights += [int(start.replace(month=4, day=day).timestamp()) for day in (1, 2)]
    for camera in week.fleet.cameras:
        for unit_id, from_s, to_s in camera.stays:
            if unit_id == _unit(others[0]):
                camera.plans[made.plan_id] += [
                    (max(a, from_s), min(a + 1_700, to_s))
                    for a in nights
                    if max(a, from_s) < min(a + 1_700, to_s)
                ]
    revoked = week.propose(Target(unit_id=week.fleet.top), [(BEGIN_S + 9 * HOUR, BEGIN_S + 10 * HOUR)])
    week.store.write(
        lambda c: plans.revoke(c, revoked.plan_id, reason="rain", actor=AUTHOR, now_s=BEGIN_S + HOUR)
    )


def _correct(week: Week) -> None:
    """After the fact: a plan that waits, one approved, one revoked, other dates of service."""
    *_, last, other = week.fleet.cameras
    spans = [(BEGIN_S + 40 * HOUR, BEGIN_S + 70 * HOUR + 5)]
    waits = week.propose(Target((last.point_id,)), spans, END_S)
    approved = week.propose(
        Target((other.point_id, last.point_id)), [(BEGIN_S + 60 * HOUR, BEGIN_S + 62 * HOUR)], END_S
    )
    assert waits.pending
    assert approved.pending
    week.store.write(lambda c: plans.approve(c, approved.plan_id, actor=SECOND, now_s=END_S))
    for camera in (other, last):
        camera.plans[approved.plan_id] = list(approved.windows)
    camera = next(camera for camera in week.fleet.cameras if camera.plans)
    gone = min(camera.plans)
    week.store.write(lambda c: plans.revoke(c, gone, reason="not done", actor=SECOND, now_s=END_S))
    for one in week.fleet.cameras:
        one.plans.pop(gone, None)

    def dates(connection: Connection) -> None:
        serve(connection, other, BEGIN_S + 20 * HOUR, None)
        serve(connection, week.fleet.cameras[0], BEGIN_S + 30 * HOUR, BEGIN_S + 8 * 86_400)
        refresh(connection)

    week.store.write(dates)


def _live(week: Week, chance: random.Random) -> None:
    zones = {tz: [c for c in week.fleet.cameras if c.tz == tz] for tz in (BERLIN, SYDNEY)}
    folders = {
        tz: RoundFolder(tz, Lane.REACHABLE, [c.point_id for c in cameras], mark=mark_dirty)
        for tz, cameras in zones.items()
    }
    lives = {camera.point_id: _life(chance) for camera in week.fleet.cameras}

    def turn(connection: Connection, slot_s: int) -> None:
        hour = (slot_s - BEGIN_S) // HOUR
        if 50 <= hour < 53:
            return  # the prober has crashed
        at_s = slot_s - 2 * HOUR if 80 <= hour < 84 else slot_s  # the clock is set back: two hours come twice
        for tz, cameras in zones.items():
            codes = bytearray()
            for camera in cameras:
                state = next(lives[camera.point_id])
                if chance.random() < 0.01:
                    week.late.append(Observation(camera.point_id, Lane.REACHABLE, at_s, at_s + SLOT_S, state))
                    codes.append(0)
                elif tz == SYDNEY and 100 <= hour < 104:
                    codes.append(0)  # the line to this zone is cut: its witnesses are gone too
                else:
                    camera.say(Lane.REACHABLE, at_s, at_s + SLOT_S, state)
                    codes.append(state)
            seen = Round(at_s, SLOT_S, bytes(codes))
            folders[tz].fold(connection, seen, now_s=at_s + SLOT_S, actor=ROUNDS)
            folders[tz].applied()  # nothing here takes the transaction back
        if at_s % LOOK_S == 0:
            _look(week, connection, at_s, chance)
        if at_s % (6 * HOUR) == 0:
            recompute(connection, now_s=at_s + SLOT_S, limit=20)

    def hours(connection: Connection, begin_s: int) -> None:
        for slot_s in range(begin_s, min(begin_s + 4 * HOUR, END_S), SLOT_S):
            turn(connection, slot_s)

    for begin_s in range(BEGIN_S, END_S, 4 * HOUR):
        week.store.write(partial(hours, begin_s=begin_s))


def _look(week: Week, connection: Connection, at_s: int, chance: random.Random) -> None:
    """Pictures of all cameras: fit, faulty, or fog that hides them; some come twice, some only late."""
    seen: list[Observation] = []
    for camera in week.fleet.cameras:
        state = State.DOWN if chance.random() < 0.2 else State.UP
        lane = Lane.PICTURE_FIT
        if chance.random() < 0.1:
            lane, state = Lane.LOW_VISIBILITY, State.UP
        seen += [
            Observation(camera.point_id, one, at_s, at_s + LOOK_S, state) for one in (lane, Lane.DELIVERY)
        ]
    chance.shuffle(seen)
    week.book(connection, seen[1:], at_s + LOOK_S)
    week.late += [seen[0], seen[-1]]


def _life(chance: random.Random) -> Iterator[State]:
    """Good, ordinary, flapping and often long dead cameras."""
    fails, comes_back = chance.choice([(0.002, 0.05), (0.01, 0.1), (0.3, 0.4), (0.01, 0.004)])
    state = State.UP
    while True:
        if chance.random() < (fails if state is State.UP else comes_back):
            state = State.DOWN if state is State.UP else State.UP
        yield state


def _unit(camera: Camera) -> UnitId:
    unit_id = camera.stays[-1][0]
    assert unit_id is not None
    return unit_id


def _revision(week: Week) -> int:
    with week.store.read() as connection:
        return figures.revision(connection, Scope.ALL, FIRST_DAY, END_DAY)


def _agrees(week: Week) -> None:
    with week.store.read() as connection:
        for lane, part in (*REPORTED, ODD):
            _points_agree(connection, week.fleet, lane, part, BEGIN_S, END_S)
        for lane, part in ((Lane.REACHABLE, Part.WHOLE), (Lane.PICTURE_FIT, Part.NIGHT)):
            _points_agree(connection, week.fleet, lane, part, BEGIN_S + 4_321, END_S - 100_000)
        whole = figures.all_from_rollups(connection, Scope.ALL, BEGIN_S, END_S)
        assert whole == {
            one: figures.from_rollups(connection, Scope.ALL, one[0], BEGIN_S, END_S, one[1])
            for one in REPORTED
        }
        for lane, part in (
            (Lane.REACHABLE, Part.WHOLE),
            (Lane.PICTURE_FIT, Part.DAY),
            (Lane.LOW_VISIBILITY, Part.WHOLE),
        ):
            _days_agree(connection, week.fleet, lane, part)
        _windows_agree(connection, week.fleet)


def _points_agree(connection: Connection, fleet: Fleet, lane: Lane, part: Part, a: int, b: int) -> None:
    plain = [
        PointSums(camera.point_id, unit_id, 1, begin, end, camera.totals(lane, begin, end, part))
        for camera in fleet.cameras
        for unit_id, begin, end in camera.pieces(a, b)
    ]
    assert figures.exact(connection, Scope.ALL, lane, a, b, part) == plain
    assert figures.from_rollups(connection, Scope.ALL, lane, a, b, part) == plain
    joined = figures.exact(connection, Scope.ALL, lane, a, b, part, outages=False)
    assert [_seconds(one.totals) for one in joined] == [_seconds(one.totals) for one in plain]
    scope = Scope(frozenset({fleet.districts[0]}))
    theirs = [one for one in plain if fleet.of(one.point_id).tz == BERLIN]
    assert figures.from_rollups(connection, scope, lane, a, b, part) == theirs


def _seconds(totals: Totals) -> tuple[int, ...]:
    return totals.span_s, totals.excluded_s, totals.out_of_service_s, totals.up_s, totals.down_s


def _days_agree(connection: Connection, fleet: Fleet, lane: Lane, part: Part) -> None:
    cells: dict[tuple[UnitId, int], list[Totals]] = defaultdict(list)
    for camera in fleet.cameras:
        for day in range(FIRST_DAY, END_DAY):
            for unit_id, begin, end in camera.pieces(*day_span(day, camera.tz)):
                assert unit_id is not None
                cells[unit_id, day].append(camera.totals(lane, begin, end, part))
    plain = [UnitDay(unit_id, day, added(cells[unit_id, day])) for unit_id, day in sorted(cells)]
    by_day = figures.by_unit_and_day(connection, Scope.ALL, lane, FIRST_DAY, END_DAY, part=part)
    assert by_day == plain
    assert figures.exact_by_unit_and_day(connection, Scope.ALL, lane, FIRST_DAY, END_DAY, part=part) == plain
    joined = figures.exact_by_unit_and_day(
        connection, Scope.ALL, lane, FIRST_DAY, END_DAY, part=part, outages=False
    )
    assert [_seconds(one.totals) for one in joined] == [_seconds(one.totals) for one in plain]
    grouped = figures.by_unit_and_day(
        connection, Scope.ALL, lane, FIRST_DAY, END_DAY, part=part, groups=fleet.districts
    )
    for district, tz in zip(fleet.districts, (BERLIN, SYDNEY), strict=True):
        a, b = day_span(FIRST_DAY, tz)[0], day_span(END_DAY - 1, tz)[1]
        scope = Scope(frozenset({district}))
        week = added(one.totals for one in figures.from_rollups(connection, scope, lane, a, b, part))
        assert added(one.totals for one in grouped if one.unit_id == district) == week


def _windows_agree(connection: Connection, fleet: Fleet) -> None:
    swapped_s = BEGIN_S + 100 * HOUR + 17  # another device hung there from then on; the point goes on
    windows = [
        Window(c.point_id, *s) for c in fleet.cameras for s in ((BEGIN_S, swapped_s), (swapped_s, END_S))
    ]
    found = figures.of_windows(connection, windows, Lane.REACHABLE)
    assert found == [fleet.of(w.point_id).totals(Lane.REACHABLE, w.a, w.b) for w in windows]
