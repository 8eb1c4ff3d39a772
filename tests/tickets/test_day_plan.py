"""A crew's day: nothing is lost, every stop fits, and no shorter way was there to be seen."""

from collections.abc import Sequence
from itertools import pairwise, permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lenskeeper.base.outcomes import Outcome
from lenskeeper.diagnosis.kinds import Kind
from lenskeeper.inventory.geodesy import Pair, distance_m
from lenskeeper.inventory.ids import PointId
from lenskeeper.tickets.causes import CauseKind
from lenskeeper.tickets.day_plan import (
    CLEANING_MINUTES,
    SAME_PLACE_M,
    SAME_SPOT_M_MAX,
    CleaningKey,
    DayPlan,
    Job,
    Limits,
    Part,
    PartKind,
    Permit,
    Reason,
    best_order,
    minutes_for,
    nearest_neighbour,
    parts_for,
    plan,
)
from lenskeeper.tickets.desk import TicketId

DAY_S = 86_400
DAY_END_S = 20_000 * DAY_S
LON, LAT = 120.15, 30.25
STREET_M = 1_000 / 111_195  # degrees of latitude to a kilometre

PLACES = st.tuples(
    st.floats(LON - 0.2, LON + 0.2, allow_nan=False), st.floats(LAT - 0.2, LAT + 0.2, allow_nan=False)
)


def length_of(places: Sequence[Pair], start: Pair | None) -> float:
    """Metres from the start through all of them, in this order."""
    way = [start, *places] if start else list(places)
    return sum(distance_m(a, b) for a, b in pairwise(way))


def ticket(number: int, *, km: float = 0.0, due_s: int = DAY_END_S + DAY_S, **more: object) -> Job:
    """A ticket `km` kilometres up the street; what a test is about is given by name."""
    plain: dict[str, object] = {
        "of": TicketId(number),
        "point_id": PointId(number),
        "name": f"crossing {number}",
        "lon": LON,
        "lat": LAT + km * STREET_M,
        "klass": 2,
        "due_s": due_s,
        "minutes": 10,
        "cause": CauseKind.CAMERA,
    }
    return Job(**{**plain, **more})  # type: ignore[arg-type]  # a test gives what the field takes


def cleaning(number: int, *, km: float = 0.0, days: int = 10, **more: object) -> Job:
    """A cleaning that is due in so many days."""
    key = CleaningKey(PointId(1_000 + number), "lens_dirty", 5)
    return ticket(
        number,
        km=km,
        due_s=DAY_END_S + days * DAY_S,
        **{"of": key, "point_id": key.point_id, "cause": "", **more},
    )


def reasons(day: DayPlan) -> dict[object, Reason]:
    return {each.job.of: each.reason for each in day.left_out}


def order(day: DayPlan) -> list[list[Any]]:
    return [[job.of for job in stop.jobs] for stop in day.stops]


JOBS = st.lists(
    st.builds(
        lambda number, at, due_h, klass, minutes, height_m, permit, night, spot, district: ticket(
            number,
            due_s=DAY_END_S + due_h * 3_600,
            lon=at and at[0],
            lat=at and at[1],
            klass=klass,
            minutes=minutes,
            height_m=height_m,
            permit=permit,
            night_only=night,
            spot=spot,
            district=district,
        ),
        st.integers(1, 10**6),
        st.none() | PLACES,
        st.integers(-48, 72),
        st.sampled_from((1, 2, 3)),
        st.integers(5, 90),
        st.none() | st.sampled_from((4.0, 8.0, 25.0)),
        st.sampled_from(Permit),
        st.booleans(),
        st.sampled_from(("", "", "", "P1", "P2")),
        st.sampled_from(("330106", "330108")),
    ),
    max_size=40,
    unique_by=lambda job: job.of,
)
CLEANINGS = st.lists(
    st.builds(
        lambda number, at, days: cleaning(number, days=days, lon=at[0], lat=at[1], minutes=CLEANING_MINUTES),
        st.integers(1, 10**6),
        PLACES,
        st.integers(-5, 60),
    ),
    max_size=20,
    unique_by=lambda job: job.key,
)
LIMITS = st.builds(
    Limits,
    day_end_s=st.just(DAY_END_S),
    stops_min=st.integers(1, 6),
    stops_max=st.integers(6, 18),
    minutes=st.integers(60, 600),
    start=st.none() | PLACES,
    height_m_max=st.none() | st.sampled_from((6.0, 12.0)),
    permit=st.sampled_from((Permit.NONE, Permit.LANE, Permit.POSSESSION)),
    night=st.booleans(),
    district=st.sampled_from(("", "330106")),
)


@settings(deadline=None, max_examples=60)
@given(JOBS, CLEANINGS, LIMITS)
def test_nothing_is_lost_and_every_stop_fits_the_crew(
    jobs: list[Job], cleanings: list[Job], limits: Limits
) -> None:
    day = plan(jobs, cleanings, limits)
    done = [job.of for stop in day.stops for job in stop.jobs]
    assert sorted([*done, *(each.job.of for each in day.left_out)], key=repr) == sorted(
        (job.of for job in [*jobs, *cleanings]), key=repr
    )
    assert len(day.stops) <= limits.stops_max
    work = sum(stop.minutes for stop in day.stops)
    assert work + day.length_m / limits.metres_a_minute <= limits.minutes + 1e-6
    assert day.length_m == pytest.approx(length_of([stop.place for stop in day.stops], limits.start))
    for stop in day.stops:
        for job in stop.jobs:
            assert job.district.startswith(limits.district)
            assert limits.night or not job.night_only
            assert job.permit in (Permit.UNTOLD, Permit.NONE, limits.permit)
            assert limits.height_m_max is None or (job.height_m or 0) <= limits.height_m_max
            assert distance_m(stop.place, (job.lon or 0, job.lat or 0)) <= SAME_SPOT_M_MAX
            if isinstance(job.of, CleaningKey):
                assert job.due_s <= DAY_END_S + 30 * DAY_S


@settings(deadline=None, max_examples=30)
@given(JOBS, CLEANINGS, LIMITS, st.randoms(use_true_random=False))
def test_the_same_jobs_in_another_order_are_the_same_day(
    jobs: list[Job], cleanings: list[Job], limits: Limits, chance: object
) -> None:
    before = plan(jobs, cleanings, limits)
    chance.shuffle(jobs)  # type: ignore[attr-defined]  # hypothesis's Random
    chance.shuffle(cleanings)  # type: ignore[attr-defined]
    assert plan(jobs, cleanings, limits) == before


@settings(deadline=None, max_examples=60)
@given(st.lists(PLACES, min_size=1, max_size=7), st.none() | PLACES)
def test_a_short_day_has_the_shortest_way_there_is(places: list[Pair], start: Pair | None) -> None:
    found = best_order(places, start)
    assert sorted(found) == list(range(len(places)))
    best = min(length_of(each, start) for each in permutations(places))
    assert length_of([places[n] for n in found], start) == pytest.approx(best, abs=1e-3)


def test_eight_stops_are_ordered_as_well_as_all_their_forty_thousand_orders() -> None:
    places = [(LON + n * n * 7 % 11 / 50, LAT + n * 5 % 8 / 50) for n in range(8)]
    best = min(length_of(each, (LON, LAT)) for each in permutations(places))
    found = [places[n] for n in best_order(places, (LON, LAT))]
    assert length_of(found, (LON, LAT)) == pytest.approx(best, abs=1e-3)


@settings(deadline=None, max_examples=25)
@given(st.lists(PLACES, min_size=13, max_size=18), st.none() | PLACES)
def test_a_long_day_is_never_longer_than_going_to_the_nearest_each_time(
    places: list[Pair], start: Pair | None
) -> None:
    found = best_order(places, start)
    assert sorted(found) == list(range(len(places)))
    table = [[distance_m(a, b) for b in places] for a in places]
    first = [distance_m(start, each) if start else 0.0 for each in places]
    greedy = [places[n] for n in nearest_neighbour(table, first)]
    ours = length_of([places[n] for n in found], start)
    assert ours <= length_of(greedy, start) + 1e-3
    assert ours <= length_of(places, start) + 1e-3


def test_the_most_urgent_come_first_and_the_rest_is_what_lies_near_them() -> None:
    urgent = ticket(1, km=10, due_s=DAY_END_S - 60)
    near, far = ticket(2, km=10.5), ticket(3, km=-10, due_s=DAY_END_S + 60)
    day = plan([far, near, urgent], [], Limits(day_end_s=DAY_END_S, stops_min=1, stops_max=2))
    assert {job.of for stop in day.stops for job in stop.jobs} == {1, 2}
    assert reasons(day) == {3: Reason.FULL}


def test_where_not_all_that_is_overdue_fits_the_worst_class_goes_first() -> None:
    jobs = [ticket(n, km=n, due_s=DAY_END_S - 10_000 + n, klass=3) for n in range(1, 4)]
    jobs.append(ticket(9, km=9, due_s=DAY_END_S - 1, klass=1))
    day = plan(jobs, [], Limits(day_end_s=DAY_END_S, stops_min=1, stops_max=2))
    assert sorted(order(day)) == [[1], [9]]


def test_more_overdue_work_than_stops_is_left_out_and_named() -> None:
    jobs = [ticket(n, km=n, due_s=DAY_END_S - n) for n in range(1, 6)]
    day = plan(jobs, [], Limits(day_end_s=DAY_END_S, stops_min=1, stops_max=3))
    assert sorted(order(day)) == [[3], [4], [5]]
    assert reasons(day) == {1: Reason.FULL, 2: Reason.FULL}


def test_up_to_the_fewest_stops_the_nearest_is_taken_and_beyond_them_only_what_is_on_the_way() -> None:
    jobs = [ticket(n, km=3 * n, due_s=DAY_END_S + DAY_S + n) for n in range(1, 6)]
    day = plan(jobs, [], Limits(day_end_s=DAY_END_S, stops_min=3, stops_max=5))
    assert sorted(order(day)) == [[1], [2], [3]]
    assert set(reasons(day).values()) == {Reason.OFF_THE_WAY}
    between = ticket(7, km=4.5)
    day = plan([*jobs, between], [], Limits(day_end_s=DAY_END_S, stops_min=3, stops_max=5))
    assert [7] in order(day)


def test_several_tickets_at_one_pole_are_one_stop_and_a_pole_of_the_same_name_elsewhere_is_another() -> None:
    jobs = [
        ticket(1, spot="P7"),
        ticket(2, km=0.1, spot="P7"),
        ticket(3, km=5, spot="P7"),
        ticket(4, km=0.01),
        ticket(5, lon=None, lat=None, spot="P7"),
        ticket(6, km=5, spot="P8"),
        ticket(7, lon=None, lat=None, spot="P8"),
    ]
    day = plan(jobs, [], Limits(day_end_s=DAY_END_S))
    assert sorted(map(sorted, order(day))) == [[1, 2, 4], [3, 6, 7]]
    assert reasons(day) == {5: Reason.NO_PLACE}  # two poles bear its name


@pytest.mark.parametrize(
    ("more", "limits", "reason"),
    [
        ({"night_only": True}, {}, Reason.NIGHT),
        ({"night_only": True}, {"night": True}, None),
        ({"height_m": 9.0}, {"height_m_max": 8.0}, Reason.HEIGHT),
        ({"height_m": 8.0}, {"height_m_max": 8.0}, None),
        ({"height_m": None}, {"height_m_max": 8.0}, None),
        ({"permit": Permit.LANE}, {}, Reason.PERMIT),
        ({"permit": Permit.LANE}, {"permit": Permit.LANE}, None),
        ({"permit": Permit.LANE}, {"permit": Permit.POSSESSION}, Reason.PERMIT),
        ({"permit": Permit.POSSESSION}, {"permit": Permit.POSSESSION}, None),
        ({"permit": Permit.UNTOLD}, {}, None),
        ({"district": "330106"}, {"district": "330108"}, Reason.ELSEWHERE),
        ({"district": "330106005"}, {"district": "330106"}, None),
        ({"street": "1 Lake Road"}, {"street": "lake"}, None),
        ({"street": "1 Lake Road"}, {"street": "Hill"}, Reason.ELSEWHERE),
        ({"lon": None, "lat": None}, {}, Reason.NO_PLACE),
        ({"minutes": 481}, {}, Reason.TIME),
    ],
)
def test_what_the_crew_cannot_do_is_left_out_with_the_reason(
    more: dict[str, object], limits: dict[str, object], reason: Reason | None
) -> None:
    day = plan([ticket(1, **more)], [], Limits(day_end_s=DAY_END_S, **limits))  # type: ignore[arg-type]
    assert reasons(day) == ({} if reason is None else {1: reason})
    assert len(day.stops) == (reason is None)


def test_by_night_what_can_be_done_at_no_other_time_comes_first() -> None:
    jobs = [ticket(1, km=1, due_s=DAY_END_S - 5), ticket(2, km=30, night_only=True)]
    day = plan(jobs, [], Limits(day_end_s=DAY_END_S, stops_min=1, stops_max=1, night=True))
    assert order(day) == [[2]]


def test_a_cleaning_comes_along_only_on_the_way_and_only_within_thirty_days() -> None:
    jobs = [ticket(1), ticket(2, km=4)]
    cleanings = [
        cleaning(1, km=2),
        cleaning(2, km=2, days=31),
        cleaning(3, lon=LON + 0.1),
        cleaning(4, days=30),
    ]
    day = plan(jobs, cleanings, Limits(day_end_s=DAY_END_S))
    of = [each.of for each in cleanings]
    assert order(day) in ([[1, of[3]], [of[0]], [2]], [[2], [of[0]], [1, of[3]]])
    assert reasons(day) == {of[1]: Reason.LATER, of[2]: Reason.OFF_THE_WAY}


def test_cleanings_alone_make_no_day() -> None:
    day = plan([], [cleaning(1)], Limits(day_end_s=DAY_END_S))
    assert (day.stops, set(reasons(day).values())) == ((), {Reason.OFF_THE_WAY})


def test_what_another_plan_has_is_not_planned_twice() -> None:
    day = plan([ticket(1)], [], Limits(day_end_s=DAY_END_S), aside={TicketId(1): Reason.PLANNED})
    assert reasons(day) == {1: Reason.PLANNED}


def test_what_to_load_is_counted_and_a_tool_is_loaded_once() -> None:
    camera = parts_for(CauseKind.CAMERA, Kind.BLUR, "Acme M1")
    jobs = [ticket(1, km=1, parts=camera), ticket(2, km=2, parts=camera)]
    kit = parts_for("", Kind.LENS_DIRTY)
    day = plan(jobs, [cleaning(1, parts=kit), cleaning(2, km=1, parts=kit)], Limits(day_end_s=DAY_END_S))
    assert day.parts == ((Part(PartKind.CAMERA, "Acme M1"), 2), (Part(PartKind.CLEANING_KIT), 1))


@pytest.mark.parametrize(
    ("cause", "what", "kinds"),
    [
        (CauseKind.CAMERA, Outcome.TIMED_OUT, {PartKind.CAMERA, PartKind.POWER_SUPPLY, PartKind.CABLE}),
        (CauseKind.CAMERA, Kind.NOISE, {PartKind.CAMERA}),
        (CauseKind.CAMERA, Kind.MOVED, {PartKind.BRACKET}),
        (CauseKind.CAMERA, Kind.OCCLUDED, {PartKind.PRUNER}),
        (CauseKind.CAMERA, Outcome.AUTH_REFUSED, set()),
        (CauseKind.FEEDER, Outcome.TIMED_OUT, {PartKind.POWER_SUPPLY, PartKind.BREAKER}),
        (CauseKind.UPLINK, Outcome.TIMED_OUT, {PartKind.SFP, PartKind.CABLE}),
        ("", Kind.LENS_DIRTY, {PartKind.CLEANING_KIT}),
    ],
)
def test_parts_follow_the_cause_and_what_was_found(cause: str, what: str, kinds: set[PartKind]) -> None:
    assert {part.kind for part in parts_for(cause, what)} == kinds


def test_every_cause_has_its_parts_and_its_minutes() -> None:
    for cause in CauseKind:
        assert minutes_for(cause) > 0
        for what in (*Outcome, *Kind):
            parts_for(cause, what)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.floats(-0.006, 0.006), st.sampled_from(("", "P1", "P2"))), max_size=12))
def test_no_two_stops_are_one_halt(places: list[tuple[float, str]]) -> None:
    jobs = [ticket(n, lat=LAT + up, spot=spot, minutes=5) for n, (up, spot) in enumerate(places, start=1)]
    day = plan(jobs, [], Limits(day_end_s=DAY_END_S, stops_min=18))
    firsts = sorted((stop.jobs[0] for stop in day.stops), key=lambda job: job.key)
    for n, one in enumerate(firsts):
        for other in firsts[n + 1 :]:
            away_m = distance_m((one.lon or 0, one.lat or 0), (other.lon or 0, other.lat or 0))
            assert away_m > (SAME_SPOT_M_MAX if one.spot and one.spot == other.spot else SAME_PLACE_M)


def test_a_large_city_is_planned_while_one_waits() -> None:
    """2,000 tickets and 5,000 cleanings: the reckoning is bounded, whatever the fleet."""
    jobs = [ticket(n, lon=LON + n * 37 % 211 / 700, lat=LAT + n * 91 % 307 / 1_000) for n in range(1, 2_001)]
    cleanings = [
        cleaning(n, lon=LON + n * 53 % 199 / 700, lat=LAT + n * 29 % 307 / 1_000) for n in range(1, 5_001)
    ]
    day = plan(jobs, cleanings, Limits(day_end_s=DAY_END_S))
    assert sum(len(stop.jobs) for stop in day.stops) + len(day.left_out) == 7_000
