"""The clocks of contracts, against a count of every single second on the wall clock of the zone."""

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lenskeeper.base.days import day_of, local_instant
from lenskeeper.base.errors import Invalid
from lenskeeper.base.spans import Span, intersect, length, subtract, union
from lenskeeper.tickets.clocks import (
    DAY_S,
    SEARCH_DAYS_MAX,
    Due,
    Guarantee,
    WorkCalendar,
    deadline,
    due,
    working,
    working_day_after,
)
from lenskeeper.tickets.contracts import Clock


def elapsed(from_s: int, to_s: int, calendar: WorkCalendar | None, pauses: Sequence[Span] = ()) -> int:
    """Seconds of working time outside pauses."""
    return length(subtract(working(calendar, from_s, to_s), union(pauses)))


RANGE_S = 8 * DAY_S  # what the oracle counts, second by second
ZONES = [
    "Asia/Shanghai",
    "Europe/Berlin",
    "America/Santiago",
    "Australia/Lord_Howe",
    "America/St_Johns",
    "UTC",
]
CHANGES = [  # around these days the zones above change their clocks
    date(2026, 3, 29),
    date(2026, 10, 25),
    date(2026, 4, 5),
    date(2026, 9, 6),
    date(2026, 10, 4),
    date(2026, 3, 8),
    date(2010, 11, 7),  # St John's went from 00:01 back to 23:01 of the day before
    date(2024, 2, 29),
    date(2025, 12, 31),
]
HOURS = 3_600
OFFICE = ((8 * HOURS + 1800, 12 * HOURS), (13 * HOURS + 1800, 17 * HOURS + 1800))
WEEK = (OFFICE,) * 5 + ((), ())

cuts = st.lists(
    st.one_of(st.integers(0, DAY_S), st.integers(0, 96).map(lambda q: q * 900)), max_size=6, unique=True
)
hours_of_a_day = cuts.map(sorted).map(lambda c: tuple(zip(c[::2], c[1::2], strict=False)))
starts = st.builds(
    lambda day, off: (day_of(day) - 4) * DAY_S + off, st.sampled_from(CHANGES), st.integers(0, 5 * DAY_S)
)


@st.composite
def calendars(draw: st.DrawFn, from_s: int) -> WorkCalendar | None:
    """Any calendar whose odd days lie about the range that is counted; sometimes none."""
    if draw(st.integers(0, 9)) == 0:
        return None
    odd = st.integers(from_s // DAY_S - 2, from_s // DAY_S + RANGE_S // DAY_S + 2)
    return WorkCalendar(
        "any",
        draw(st.sampled_from(ZONES)),
        tuple(draw(hours_of_a_day) for _ in range(7)),
        draw(st.dictionaries(odd, st.booleans(), max_size=6)),
    )


def spans_about(from_s: int) -> st.SearchStrategy[list[Span]]:
    one = st.builds(
        lambda a, n: (from_s + a, from_s + a + n), st.integers(-DAY_S, RANGE_S), st.integers(0, 2 * DAY_S)
    )
    return st.lists(one, max_size=4)


def counted(calendar: WorkCalendar | None, from_s: int, pauses: list[Span]) -> np.ndarray:
    """For each second of the range, whether it counts: the rule said plainly, read off the wall clock."""
    at = np.arange(from_s, from_s + RANGE_S)
    counts = np.ones(RANGE_S, dtype=bool)
    if calendar is not None:
        minutes, zone = at // 60, ZoneInfo(calendar.tz)  # clocks are changed on whole minutes
        ahead = [datetime.fromtimestamp(m * 60, zone).utcoffset() for m in range(minutes[0], minutes[-1] + 1)]
        local = (
            at
            + np.array([d.total_seconds() for d in ahead if d is not None], dtype=np.int64)[
                minutes - minutes[0]
            ]
        )
        counts[:] = False
        for day in np.unique(local // DAY_S):
            weekday = date.fromordinal(date(1970, 1, 1).toordinal() + int(day)).weekday()
            hours = calendar.hours[weekday]
            match calendar.days.get(int(day)):
                case True if weekday >= 5 or not hours:
                    hours = calendar.hours[0]
                case False:
                    hours = ()
            for a, b in hours:
                counts |= (local // DAY_S == day) & (a <= local % DAY_S) & (local % DAY_S < b)
    for a, b in pauses:
        counts[(at >= a) & (at < b)] = False
    return counts


slow = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@slow
@given(st.data(), starts)
def test_a_deadline_and_a_count_equal_those_of_every_second_by_itself(
    data: st.DataObject, from_s: int
) -> None:
    calendar, pauses = data.draw(calendars(from_s)), data.draw(spans_about(from_s))
    counts = counted(calendar, from_s, pauses)
    worked = np.flatnonzero(counts)
    to = data.draw(st.integers(0, RANGE_S))
    assert elapsed(from_s, from_s + to, calendar, pauses) == int(counts[:to].sum())
    if len(worked):
        ends = [
            *(np.flatnonzero(np.diff(worked) > 1) + 1),
            len(worked),
        ]  # of a day's hours, or before a pause
        length_s = int(data.draw(st.one_of(st.integers(1, len(worked)), st.sampled_from(ends))))
        end_s = deadline(from_s, length_s, calendar, pauses)
        assert end_s == from_s + int(worked[length_s - 1]) + 1
        assert elapsed(from_s, end_s, calendar, pauses) == length_s


@slow
@given(st.data(), starts)
def test_working_time_is_the_same_however_it_is_cut(data: st.DataObject, from_s: int) -> None:
    calendar = data.draw(calendars(from_s))
    cut, end = sorted(data.draw(st.tuples(st.integers(0, RANGE_S), st.integers(0, RANGE_S))))
    whole = working(calendar, from_s, from_s + end)
    halves = working(calendar, from_s, from_s + cut) + working(calendar, from_s + cut, from_s + end)
    assert union(halves) == whole == union(whole)


@slow
@given(st.data(), starts)
def test_the_earliest_of_all_clocks_wins_to_the_second(data: st.DataObject, from_s: int) -> None:
    calendar, pauses = data.draw(calendars(from_s)), data.draw(spans_about(from_s))
    lengths = st.integers(1, DAY_S)
    about = st.integers(-2 * DAY_S, 4 * DAY_S)
    periods = [
        Guarantee(n, f"period {n}", from_s + a, from_s + a + lasts, respond, restore, freezes_works=False)
        for n, (a, lasts, respond, restore) in enumerate(
            data.draw(st.lists(st.tuples(about, st.integers(1, 3 * DAY_S), lengths, lengths), max_size=3))
        )
    ]
    clock = Clock(data.draw(lengths), data.draw(lengths))
    usual = np.flatnonzero(counted(calendar, from_s, pauses))
    pressed = counted(None, from_s, pauses)
    if len(usual) < max(clock.respond_s, clock.restore_s):
        return
    ends = []
    for which in ("respond_s", "restore_s"):
        found = [from_s + int(usual[getattr(clock, which) - 1]) + 1]
        for period in periods:
            begins = max(from_s, period.from_s)
            seconds = np.flatnonzero(pressed[begins - from_s :])
            if begins < period.to_s and len(seconds) >= getattr(period, which):
                found.append(begins + int(seconds[getattr(period, which) - 1]) + 1)
        ends.append(min(found))
    came = due(from_s, clock, calendar, pauses, periods)
    assert [came.respond_by_s, came.restore_by_s] == ends
    plain = due(from_s, clock, calendar, pauses)
    assert bool(came.guarantee) == (ends != [plain.respond_by_s, plain.restore_by_s])


@pytest.mark.parametrize(
    ("tz", "day", "hours", "long_s"),
    [
        ("Europe/Berlin", date(2026, 3, 29), (0, DAY_S), 23 * HOURS),
        ("Europe/Berlin", date(2026, 10, 25), (0, DAY_S), 25 * HOURS),
        ("Europe/Berlin", date(2026, 3, 29), (HOURS, 5 * HOURS), 3 * HOURS),  # 02:00 to 03:00 is left out
        ("Europe/Berlin", date(2026, 3, 29), (2 * HOURS + 1800, 5 * HOURS), 2 * HOURS),  # 02:30 is no time
        ("Europe/Berlin", date(2026, 3, 29), (2 * HOURS, 3 * HOURS), 0),
        ("Europe/Berlin", date(2026, 10, 25), (HOURS, 5 * HOURS), 5 * HOURS),  # 02:00 to 03:00 comes twice
        ("America/Santiago", date(2026, 9, 6), (0, 8 * HOURS), 7 * HOURS),  # the day begins at 01:00
        ("Australia/Lord_Howe", date(2026, 10, 4), (0, DAY_S), 23 * HOURS + 1800),  # by half an hour
        ("Europe/Berlin", date(2026, 6, 1), (9 * HOURS, 17 * HOURS), 8 * HOURS),
    ],
)
def test_hours_are_those_of_the_wall_clock_when_clocks_are_changed(
    tz: str, day: date, hours: Span, long_s: int
) -> None:
    calendar = WorkCalendar("all days", tz, ((hours,),) * 7, {})
    begins = local_instant(day_of(day), 0, tz)
    assert elapsed(begins, local_instant(day_of(day) + 1, 0, tz), calendar) == long_s


def test_the_days_around_spring_festival_are_worked_as_published() -> None:
    # State Council, 2026: 15 to 23 February off; Saturdays 14 and 28 February are worked.
    off = {day_of(date(2026, 2, d)): False for d in range(15, 24)}
    calendar = WorkCalendar(
        "机关",
        "Asia/Shanghai",
        WEEK,
        off | {day_of(date(2026, 2, 14)): True, day_of(date(2026, 2, 28)): True},
    )
    friday_at_five = local_instant(day_of(date(2026, 2, 13)), 17 * HOURS, "Asia/Shanghai")
    # Half an hour on Friday, 7.5 h on Saturday the 14th, and the rest on Tuesday the 24th.
    ends = deadline(friday_at_five, 10 * HOURS, calendar)
    assert ends == local_instant(day_of(date(2026, 2, 24)), 10 * HOURS + 1800, "Asia/Shanghai")
    fifth = working_day_after(day_of(date(2026, 2, 13)), 5, calendar)
    assert fifth == day_of(date(2026, 2, 27))  # 14, 24, 25, 26, 27
    assert working_day_after(fifth, 1, calendar) == day_of(date(2026, 2, 28))


def test_work_that_fills_the_day_is_due_at_its_end_and_not_next_morning() -> None:
    calendar = WorkCalendar("office", "Asia/Shanghai", WEEK, {})
    friday = day_of(date(2026, 11, 20))
    morning = local_instant(friday, 8 * HOURS + 1800, "Asia/Shanghai")
    evening = local_instant(friday, 17 * HOURS + 1800, "Asia/Shanghai")
    assert deadline(morning, 7 * HOURS + 1800, calendar) == evening
    monday = local_instant(friday + 3, 8 * HOURS + 1800, "Asia/Shanghai")
    assert deadline(morning, 7 * HOURS + 1801, calendar) == monday + 1


def test_without_a_calendar_an_objection_has_monday_to_friday() -> None:
    friday = day_of(date(2026, 11, 20))
    assert working_day_after(friday, 0, None) == friday
    assert working_day_after(friday, 1, None) == friday + 3
    assert working_day_after(friday, 5, None) == friday + 7
    assert working_day_after(friday + 1, 10, None) == friday + 14


@given(st.data(), starts, st.integers(0, 8))
def test_working_days_are_counted_one_by_one(data: st.DataObject, from_s: int, count: int) -> None:
    calendar = data.draw(calendars(from_s))
    day = from_s // DAY_S
    worked, at = 0, day
    while worked < count and at < day + 400:
        at += 1
        weekday = (at + 3) % 7
        usual = bool(calendar.hours[weekday]) if calendar else weekday < 5
        said = calendar.days.get(at) if calendar else None
        has_hours = bool(calendar.hours[0] or (weekday < 5 and usual)) if calendar else True
        worked += (said is None and usual) or (said is True and has_hours)
    if worked == count:
        assert working_day_after(day, count, calendar) == at


def test_a_calendar_without_hours_is_said_instead_of_searched_for_ever() -> None:
    empty = WorkCalendar("nobody works", "Asia/Shanghai", ((),) * 7, {})
    with pytest.raises(Invalid, match=f"'nobody works' has not 60 s .* {SEARCH_DAYS_MAX} days") as refused:
        deadline(1_770_000_000, 60, empty)
    assert refused.value.field == "calendar"
    with pytest.raises(Invalid, match="nobody works"):
        working_day_after(20_000, 1, empty)
    assert working_day_after(20_000, 0, empty) == 20_000


def test_a_long_pause_does_not_use_up_the_search() -> None:
    opened_s, years = 1_770_000_000, 3 * 366 * DAY_S
    assert deadline(opened_s, 60, None, [(opened_s, opened_s + years)]) == opened_s + years + 60


@pytest.mark.parametrize(
    ("hours", "says"),
    [
        ((OFFICE,) * 5, "seven days"),
        ((((5, 5),),) + ((),) * 6, "begin before they end"),
        ((((0, DAY_S + 1),),) + ((),) * 6, "between 00:00 and 24:00"),
        ((((10, 20), (15, 30)),) + ((),) * 6, "overlap"),
        ((((10, 20), (5, 8)),) + ((),) * 6, "follow each other"),
    ],
)
def test_hours_that_make_no_week_are_refused(hours: tuple[tuple[Span, ...], ...], says: str) -> None:
    with pytest.raises(Invalid, match=says) as refused:
        WorkCalendar("wrong", "Asia/Shanghai", hours, {})
    assert refused.value.field == "hours"


def test_a_calendar_of_no_zone_is_refused() -> None:
    with pytest.raises(Invalid, match="no time zone"):
        WorkCalendar("wrong", "Asia/Hangzhou", WEEK, {})


OPENED_S = local_instant(day_of(date(2026, 11, 20)), 17 * HOURS, "Asia/Shanghai")  # a Friday
TWO_AND_24 = Clock(2 * HOURS, 24 * HOURS)


@pytest.mark.parametrize(
    ("from_h", "to_h", "respond_h", "restore_h", "name"),
    [
        (None, None, None, None, ""),
        (-10, 10, 0.5, 4, "summit"),  # opened inside it
        (3, 10, 3.5, 7, "summit"),  # it begins while the ticket waits for Monday
        (-10, 0, None, None, ""),  # it ends as the ticket is opened
        (400, 500, None, None, ""),  # it begins after the ticket should have ended
    ],
)
def test_a_guarantee_period_presses_around_the_clock(
    from_h: int | None, to_h: int | None, respond_h: float | None, restore_h: float | None, name: str
) -> None:
    calendar = WorkCalendar("office", "Asia/Shanghai", WEEK, {})
    usual = due(OPENED_S, TWO_AND_24, calendar)
    periods = []
    if from_h is not None and to_h is not None:
        span = (OPENED_S + from_h * HOURS, OPENED_S + to_h * HOURS)
        periods = [Guarantee(1, "summit", *span, HOURS // 2, 4 * HOURS, freezes_works=True)]
    came = due(OPENED_S, TWO_AND_24, calendar, (), periods)
    respond_by_s = usual.respond_by_s if respond_h is None else OPENED_S + int(respond_h * HOURS)
    restore_by_s = usual.restore_by_s if restore_h is None else OPENED_S + int(restore_h * HOURS)
    assert came == Due(respond_by_s, restore_by_s, name)


def test_a_pause_stops_the_clock_of_a_guarantee_too() -> None:
    summit = Guarantee(1, "summit", OPENED_S, OPENED_S + DAY_S, HOURS, 2 * HOURS, freezes_works=False)
    came = due(OPENED_S, TWO_AND_24, None, [(OPENED_S + 60, OPENED_S + 660)], [summit])
    assert came == Due(OPENED_S + HOURS + 600, OPENED_S + 2 * HOURS + 600, "summit")


@slow
@given(st.data(), starts)
def test_worked_and_not_worked_are_all_the_time_there_is(data: st.DataObject, from_s: int) -> None:
    calendar = data.draw(calendars(from_s))
    all_of_it = [(from_s, from_s + RANGE_S)]
    worked = working(calendar, *all_of_it[0])
    rest = subtract(all_of_it, worked)
    assert intersect(worked, rest) == []
    assert length(worked) + length(rest) == RANGE_S
