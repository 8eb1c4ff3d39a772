"""How a contract's time goes by: a calendar's working hours, pauses left out, and guarantee periods that press.

A second is worked when the wall clock of the calendar's zone reads one of the day's hours at it. So a shift through
the hour that spring leaves out is an hour shorter, and what autumn repeats is worked twice.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from lenskeeper.base.days import zone_of
from lenskeeper.base.errors import Invalid
from lenskeeper.base.spans import Span, clip, subtract, union
from lenskeeper.tickets.contracts import Clock

DAY_S: Final = 86_400
WEEK_S: Final = 7 * DAY_S
SEARCH_DAYS_MAX: Final = 732  # two years: a deadline further away says that the calendar is wrong
THURSDAY: Final = 3  # the weekday of day 0, 1970-01-01, where Monday is 0


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """Working hours of a week on the wall clock of tz, and the days that differ.

    hours: seven lists, Monday first, of [from, to) in seconds of the local day, sorted and disjoint.
    days:  day number -> whether it is worked. A holiday has no hours. A Saturday or Sunday that is worked (调休) has
           Monday's hours, and so has another weekday that usually has none.
    """

    name: str
    tz: str
    hours: tuple[tuple[Span, ...], ...]
    days: Mapping[int, bool]

    def __post_init__(self) -> None:
        zone_of(self.tz)
        if len(self.hours) != 7:
            raise Invalid("a calendar has the hours of seven days, Monday first", field="hours")
        for spans in self.hours:
            if any(not 0 <= a < b <= DAY_S for a, b in spans):
                raise Invalid(
                    "working hours lie between 00:00 and 24:00 and begin before they end", field="hours"
                )
            if list(spans) != union(spans):
                raise Invalid(
                    "working hours of a day follow each other and do not overlap or touch", field="hours"
                )

    def hours_of(self, day: int) -> tuple[Span, ...]:
        """The working hours of a local day, in seconds of its wall clock."""
        weekday = (day + THURSDAY) % 7
        said = self.days.get(day)
        if said is None:
            return self.hours[weekday]
        if not said:
            return ()
        return (weekday < 5 and self.hours[weekday]) or self.hours[0]


@dataclass(frozen=True, slots=True)
class Guarantee:
    """A period [from_s, to_s) in which a point's clocks are tighter and run around the clock (重大活动保障)."""

    guarantee_id: int
    name: str
    from_s: int
    to_s: int
    respond_s: int
    restore_s: int
    freezes_works: bool


@dataclass(frozen=True, slots=True)
class Due:
    """Until when a ticket must be answered and ended. guarantee: names the period that made it tighter, or is empty."""

    respond_by_s: int
    restore_by_s: int
    guarantee: str


def working(calendar: WorkCalendar | None, a: int, b: int) -> list[Span]:
    """The working time in [a, b), UTC; without a calendar, all of it."""
    if a >= b:
        return []
    if calendar is None:
        return [(a, b)]
    spans: list[Span] = []
    for begin, end, offset in _of_one_offset(calendar.tz, a, b):
        for day in range((begin + offset) // DAY_S, (end - 1 + offset) // DAY_S + 1):
            midnight = day * DAY_S - offset  # where it would be, had this offset held all day
            spans += clip([(midnight + x, midnight + y) for x, y in calendar.hours_of(day)], begin, end)
    return union(spans)


def deadline(from_s: int, length_s: int, calendar: WorkCalendar | None, pauses: Sequence[Span] = ()) -> int:
    """The first instant at which length_s seconds of working time outside pauses have gone by since from_s.

    pauses: in any order; whoever has one that still runs says until when it is taken to run.
    Invalid: the calendar has not so much working time within two years after from_s and the last pause.
    """
    if length_s <= 0:
        return from_s
    stopped = union(pauses)
    last = max([from_s, *(b for _, b in stopped)]) + SEARCH_DAYS_MAX * DAY_S
    left = length_s
    for begin in range(from_s, last, WEEK_S):
        for a, b in subtract(working(calendar, begin, min(begin + WEEK_S, last)), stopped):
            if b - a >= left:
                return a + left
            left -= b - a
    name = f"calendar {calendar.name!r}" if calendar else "clock"
    raise Invalid(
        f"the {name} has not {length_s} s of working time within {SEARCH_DAYS_MAX} days: give it hours",
        field="calendar",
    )


def working_day_after(day: int, count: int, calendar: WorkCalendar | None) -> int:
    """The local day that is `count` working days after `day`; `day` itself for 0. Without a calendar: Monday to Friday.

    Invalid: the calendar has not so many working days within two years.
    """
    left = count
    for later in range(day + 1, day + 1 + SEARCH_DAYS_MAX):
        if left <= 0:
            return later - 1
        left -= _is_worked(later, calendar)
    name = calendar.name if calendar else "Monday to Friday"
    raise Invalid(f"{name!r} has not {count} working days within {SEARCH_DAYS_MAX} days", field="calendar")


def due(
    opened_s: int,
    clock: Clock,
    calendar: WorkCalendar | None,
    pauses: Sequence[Span] = (),
    guarantees: Sequence[Guarantee] = (),
) -> Due:
    """Until when a ticket opened at opened_s must be answered and ended.

    The contract's clock runs by its calendar. A guarantee period of its points that has not ended when the ticket is
    opened has a clock of its own: around the clock, pauses left out, from the later of opening and beginning. The
    earliest of all wins, for the answer and for the end each. Errors: as deadline.
    """
    respond_by_s = deadline(opened_s, clock.respond_s, calendar, pauses)
    restore_by_s = deadline(opened_s, clock.restore_s, calendar, pauses)
    by = {"respond": "", "restore": ""}
    for period in sorted(guarantees, key=lambda g: (g.from_s, g.guarantee_id)):
        begins = max(opened_s, period.from_s)
        if begins >= period.to_s:
            continue
        respond = deadline(begins, period.respond_s, None, pauses)
        restore = deadline(begins, period.restore_s, None, pauses)
        if respond < respond_by_s:
            respond_by_s, by["respond"] = respond, period.name
        if restore < restore_by_s:
            restore_by_s, by["restore"] = restore, period.name
    return Due(respond_by_s, restore_by_s, by["restore"] or by["respond"])


def _is_worked(day: int, calendar: WorkCalendar | None) -> bool:
    return bool(calendar.hours_of(day)) if calendar else (day + THURSDAY) % 7 < 5


def _of_one_offset(tz: str, a: int, b: int) -> Iterator[tuple[int, int, int]]:
    """[a, b) cut where the zone's clocks are changed: (from, to, seconds ahead of UTC).

    Read a day at a time: no zone changes its clocks and takes it back within 24 hours.
    """
    begin, offset, seen = a, _offset(tz, a), a
    while seen < b:
        ahead = min(seen + DAY_S, b)
        if _offset(tz, ahead) != offset:
            low = seen  # the old offset holds at low, another at ahead
            while ahead - low > 1:
                middle = (low + ahead) // 2
                low, ahead = (middle, ahead) if _offset(tz, middle) == offset else (low, middle)
            yield begin, ahead, offset
            begin, offset = ahead, _offset(tz, ahead)
        seen = ahead
    if begin < b:
        yield begin, b, offset


def _offset(tz: str, at_s: int) -> int:
    ahead = datetime.fromtimestamp(at_s, zone_of(tz)).utcoffset()
    assert ahead is not None  # a ZoneInfo always knows
    return int(ahead.total_seconds())
