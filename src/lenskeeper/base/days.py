"""Local days. They exist in reports and calendars only: what is stored is UTC seconds."""

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lenskeeper.base.errors import Invalid
from lenskeeper.base.spans import Span

EPOCH: Final = date(1970, 1, 1)
DAYS_REMEMBERED: Final = 4_096  # eleven years of one zone


@lru_cache(64)
def zone_of(name: str) -> ZoneInfo:
    """The time zone of an IANA name. Invalid: there is none of that name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid(f"{name!r} is no time zone; write one like Asia/Shanghai", field="tz") from None


def day_of(day: date) -> int:
    """A calendar date as days since 1970-01-01."""
    return (day - EPOCH).days


def date_of(day: int) -> date:
    """The calendar date of a day number."""
    return EPOCH + timedelta(days=day)


def local_day(at_s: int, zone: str) -> int:
    """The number of the local calendar day that an instant falls on."""
    return day_of(datetime.fromtimestamp(at_s, zone_of(zone)).date())


@lru_cache(DAYS_REMEMBERED)
def day_span(day: int, zone: str) -> Span:
    """A local day in UTC seconds: 24 h long, 23 or 25 where clocks are changed.

    Where midnight does not exist (Beirut, Santiago) the day begins at the first instant that does.
    """
    return _midnight(day, zone), _midnight(day + 1, zone)


def local_instant(day: int, second: int, zone: str) -> int:
    """The UTC second of a local wall-clock second of a day; the earlier where clocks go through it twice."""
    wall = datetime.combine(date_of(day), time()) + timedelta(seconds=second)
    return int(wall.replace(tzinfo=zone_of(zone)).timestamp())


def local_hour(at_s: int, zone: str) -> int:
    """The hour of the local day, 0 to 23."""
    return datetime.fromtimestamp(at_s, zone_of(zone)).hour


def _midnight(day: int, zone: str) -> int:
    return local_instant(day, 0, zone)
