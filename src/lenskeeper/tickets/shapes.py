"""A fault that comes back has a shape: at the same hours each day, after rain, at noon. It names the repair.

Plain arithmetic over the outages of the last two weeks; a shape is told only where it explains most of them.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from lenskeeper.base.days import day_span, local_day
from lenskeeper.base.spans import Span, clip, length

DAYS: Final = 14  # that are looked back upon
DAYS_MIN: Final = 4  # on which it must have come back
SHARE_MIN: Final = 0.8  # of the days, or of the outages, that fit
EDGE_S: Final = 45 * 60  # how far the daily begin and end may wander: lamps follow the sun
RAIN_AFTER_S: Final = 12 * 3_600  # water finds its way for half a day
NOON: Final = (11 * 3_600, 17 * 3_600)
HOUR_S: Final = 3_600
DAY_S: Final = 24 * HOUR_S
SUNRISE_HOURS: Final = range(4, 9)  # of the local day, in which the sun comes up all year
SUNSET: Final = (15 * 3_600, 22 * 3_600)


class Shape(StrEnum):
    """What comes back. NONE: nothing that we know."""

    NONE = ""
    STREET_LIGHTING = "street_lighting"  # away by day, there by night: it hangs on the lamps' feed
    TIMER = "timer"  # away at the same hours each day, not those of daylight: a clock switches it off
    HEAT = "heat"  # around and after noon
    RAIN = "rain"  # water gets in
    FLAPPING = "flapping"  # many short outages without any pattern: a loose contact, a bad line


FLAPS_A_DAY: Final = 4


def shape(outages: Sequence[Span], now_s: int, tz: str, rain: Sequence[Span] = ()) -> Shape:
    """The shape of a point's outages, UTC seconds, sorted and disjoint; one that lasts ends at now_s.

    rain: stretches of rain near there, where anybody tells of them.
    """
    began = now_s - DAYS * DAY_S
    recent = [span for span in outages if span[1] > began]
    if len(recent) < DAYS_MIN:
        return Shape.NONE
    if (daily := _daily(recent, now_s, tz, 0)) is not None:
        begin, end = daily
        if begin >= NOON[0] - EDGE_S and end <= NOON[1] + EDGE_S:
            return Shape.HEAT
        is_daylight = begin // HOUR_S in SUNRISE_HOURS and SUNSET[0] <= end <= SUNSET[1]
        return Shape.STREET_LIGHTING if is_daylight else Shape.TIMER
    if _daily(recent, now_s, tz, DAY_S // 2) is not None:
        return Shape.TIMER  # by night, over midnight
    if rain and _after(recent, rain) >= SHARE_MIN * len(recent):
        return Shape.RAIN
    if len(recent) >= FLAPS_A_DAY * DAYS_MIN and length(recent) / len(recent) < 3_600:
        return Shape.FLAPPING
    return Shape.NONE


def _daily(recent: Sequence[Span], now_s: int, tz: str, from_s: int) -> Span | None:
    """The hours at which it is away on most days, in seconds of a day that begins from_s after midnight; None: no such."""
    today = local_day(now_s, tz)
    hours: list[Span] = []
    days = 0
    for day in range(today - DAYS, today):
        begin, end = (edge + from_s for edge in day_span(day, tz))
        if end <= recent[0][0]:
            continue
        days += 1
        mine = clip(recent, begin, end)
        if not mine:
            continue
        longest = max(mine, key=lambda span: span[1] - span[0])
        if length(mine) - (longest[1] - longest[0]) > EDGE_S:
            return None  # it is away at other hours too
        hours.append((longest[0] - begin, longest[1] - begin))
    if len(hours) < max(DAYS_MIN, SHARE_MIN * days):
        return None
    begins, ends = sorted(a for a, _ in hours), sorted(b for _, b in hours)
    middle = len(hours) // 2
    usual = begins[middle], ends[middle]
    fit = sum(abs(a - usual[0]) <= EDGE_S and abs(b - usual[1]) <= EDGE_S for a, b in hours)
    if fit < SHARE_MIN * len(hours) or usual[1] - usual[0] >= DAY_S - EDGE_S:
        return None
    return usual


def _after(recent: Sequence[Span], rain: Sequence[Span]) -> int:
    """How many outages began while it rained or soon after."""
    return sum(any(a <= span[0] < b + RAIN_AFTER_S for a, b in rain) for span in recent)
