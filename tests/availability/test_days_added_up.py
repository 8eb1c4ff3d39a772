"""Days added up again where, and only where, something about them changed."""

import pytest
from sqlalchemy import Connection, delete, select, update
from tests.availability.planted_truth import Fleet, plant

from lenskeeper.availability import rows_figures as figures
from lenskeeper.availability.exact import observe
from lenskeeper.availability.figures import REPORTED
from lenskeeper.availability.lanes import Lane, State
from lenskeeper.availability.observations import Observation
from lenskeeper.availability.rows_dirty import mark_dirty
from lenskeeper.availability.rows_exclusions import refresh
from lenskeeper.availability.rows_rollups import recompute
from lenskeeper.availability.schema import day_closed, day_rollup, dirty_day
from lenskeeper.base.access import ROUNDS, Scope
from lenskeeper.base.days import day_span
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.schema import point
from lenskeeper.store.database import Store

TZ = "Asia/Shanghai"
HOUR = 3_600
DAY_S = 86_400
FIRST = 20_560
A = day_span(FIRST, TZ)[0]
END = A + 5 * DAY_S
AFTER = END + 700  # the last day is settled


@pytest.fixture
def fleet(store: Store) -> Fleet:
    """Cameras seen each hour of five days; the first was down from 22:00 of the first day to 04:00 of the third."""

    def work(connection: Connection) -> Fleet:
        made = plant(connection, (TZ,), each=1)
        refresh(connection)
        for number, camera in enumerate(made.cameras):
            down = range(A + 22 * HOUR, A + 52 * HOUR, HOUR) if number == 0 else range(0)
            _say(connection, camera.point_id, range(A, END, HOUR), down)
        while not recompute(connection, now_s=AFTER, limit=3).is_done:
            pass
        return made

    return store.write(work)


def _say(connection: Connection, point_id: PointId, hours: range, down: range) -> None:
    seen = [
        Observation(point_id, Lane.REACHABLE, at, at + HOUR, State.DOWN if at in down else State.UP)
        for at in hours
    ]
    observe(connection, seen, now_s=AFTER, mark=mark_dirty, actor=ROUNDS)


def _dirty(store: Store) -> list[tuple[int, int]]:
    with store.read() as connection:
        rows = connection.execute(select(dirty_day.c.day, dirty_day.c.point_id).order_by(dirty_day.c.day))
        return [(day - FIRST, point_id) for day, point_id in rows]


def _days(store: Store) -> list[tuple[int, int, int]]:
    """Outages, repairs and seconds of repair of each day of the first camera, by the rollups, checked by the runs."""
    with store.read() as connection:
        out = []
        for day in range(FIRST, FIRST + 5):
            span = day_span(day, TZ)
            quick = figures.from_rollups(connection, Scope.ALL, Lane.REACHABLE, *span)
            assert quick == figures.exact(connection, Scope.ALL, Lane.REACHABLE, *span)
            totals = quick[0].totals
            out.append((totals.outages, totals.repaired, totals.repair_s))
        return out


def test_a_late_up_splits_an_outage_on_every_day_that_it_touched(store: Store, fleet: Fleet) -> None:
    assert _days(store) == [(1, 0, 0), (0, 0, 0), (0, 1, 30 * HOUR), (0, 0, 0), (0, 0, 0)]
    camera = fleet.cameras[0].point_id
    noon = A + 36 * HOUR
    store.write(lambda c: _say(c, camera, range(noon, noon + HOUR, HOUR), range(0)))
    assert _dirty(store) == [
        (1, camera),
        (2, camera),
    ]  # its repair on the third day was shorter, and no other day
    assert _days(store) == [(1, 0, 0), (1, 1, 14 * HOUR), (0, 1, 15 * HOUR), (0, 0, 0), (0, 0, 0)]
    told = store.write(lambda c: recompute(c, now_s=AFTER, limit=100))
    assert (told.days, told.changed, told.is_done) == (2, 2, True)
    assert _dirty(store) == []
    assert _days(store) == [(1, 0, 0), (1, 1, 14 * HOUR), (0, 1, 15 * HOUR), (0, 0, 0), (0, 0, 0)]
    with store.read() as connection:
        assert figures.revision(connection, Scope.ALL, FIRST, FIRST + 5) == 2


def test_what_says_nothing_new_marks_nothing(store: Store, fleet: Fleet) -> None:
    store.write(lambda c: _say(c, fleet.cameras[1].point_id, range(A, END, HOUR), range(0)))
    assert _dirty(store) == []


def test_a_clock_that_was_ahead_adds_no_day_up_for_good(store: Store, fleet: Fleet) -> None:
    camera = fleet.cameras[1].point_id
    store.write(lambda c: recompute(c, now_s=AFTER + 3 * DAY_S, limit=100))
    with store.read() as connection:
        assert connection.execute(select(day_closed.c.last_day)).scalar_one() == FIRST + 7
    store.write(lambda c: recompute(c, now_s=AFTER, limit=100))
    with store.read() as connection:
        assert connection.execute(select(day_closed.c.last_day)).scalar_one() == FIRST + 4

    def goes_on(connection: Connection) -> None:
        seen = [Observation(camera, Lane.REACHABLE, END, END + HOUR, State.DOWN)]
        observe(connection, seen, now_s=END + HOUR, mark=mark_dirty, actor=ROUNDS)
        recompute(connection, now_s=END + 2 * DAY_S, limit=100)

    store.write(goes_on)
    with store.read() as connection:
        a, b = END, END + DAY_S
        got = figures.from_rollups(connection, Scope.ALL, Lane.REACHABLE, a, b)
        assert [one.totals.down_s for one in got] == [0, HOUR]


def test_service_that_ends_earlier_than_was_thought_changes_the_days_after_it(
    store: Store, fleet: Fleet
) -> None:
    camera = fleet.cameras[1].point_id

    def retire(connection: Connection) -> None:
        connection.execute(
            update(point).where(point.c.id == camera).values(in_service_to_s=A + 2 * DAY_S + HOUR)
        )
        refresh(connection, [camera])

    store.write(retire)
    assert _dirty(store) == [
        (day, camera) for day in (2, 3, 4, 5)
    ]  # the last is not over: its mark is dropped
    store.write(lambda c: recompute(c, now_s=AFTER, limit=100))
    with store.read() as connection:
        rows = connection.execute(select(day_rollup.c.day).where(day_rollup.c.point_id == camera)).scalars()
        assert sorted(rows) == [FIRST, FIRST + 1, FIRST + 2]  # none where it does not serve at all
        (_, got) = figures.from_rollups(connection, Scope.ALL, Lane.REACHABLE, A, END)
        assert got.totals.out_of_service_s == got.totals.excluded_s == 3 * DAY_S - HOUR
        assert got.totals.up_s == 2 * DAY_S + HOUR


def test_a_day_that_lost_its_rows_is_read_from_the_runs(store: Store, fleet: Fleet) -> None:
    with store.read() as connection:
        before = figures.all_from_rollups(connection, Scope.ALL, A, END)
        grid = figures.by_unit_and_day(connection, Scope.ALL, Lane.REACHABLE, FIRST, FIRST + 5)
    store.write(lambda c: c.execute(delete(day_rollup).where(day_rollup.c.day == FIRST + 1)))
    with store.read() as connection:
        assert figures.all_from_rollups(connection, Scope.ALL, A, END) == before
        assert figures.by_unit_and_day(connection, Scope.ALL, Lane.REACHABLE, FIRST, FIRST + 5) == grid
        assert set(before) == set(REPORTED)


def test_without_one_known_second_there_is_no_rate(store: Store, fleet: Fleet) -> None:
    with store.read() as connection:
        got = figures.from_rollups(connection, Scope.ALL, Lane.CLOCK, A, END)
        (none, _) = [one.totals for one in got]
        assert (none.online, none.coverage, none.strict) == (None, 0.0, 0.0)
        before_service = figures.exact(connection, Scope(frozenset()), Lane.CLOCK, A, END)
        assert before_service == []
