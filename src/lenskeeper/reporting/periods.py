"""The stretches of time that reports are made for: days, weeks and months of a unit's own calendar."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from lenskeeper.base.days import date_of, day_of, day_span, local_day, zone_of
from lenskeeper.base.errors import Invalid

DAYS_MAX: Final = 3_660  # ten years: a range in a hurry may be long, a mistyped year must not be


class PeriodKind(StrEnum):
    """What the range is called."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    RANGE = "range"


@dataclass(frozen=True, slots=True)
class Period:
    """Whole local days [first_day, end_day) of a zone, and the seconds [a_s, b_s) that a report of it may use.

    cut: the range was not over at the watermark, and b_s lies there instead of at the end of the last day.
    """

    kind: PeriodKind
    first_day: int
    end_day: int
    tz: str
    a_s: int
    b_s: int
    cut: bool = False

    @property
    def name(self) -> str:
        """As it was asked for: 2026-11-22, 2026-W47, 2026-11 or 2026-11-01..2026-11-15."""
        first = date_of(self.first_day)
        match self.kind:
            case PeriodKind.DAY:
                return first.isoformat()
            case PeriodKind.WEEK:
                year, week, _ = first.isocalendar()
                return f"{year}-W{week:02d}"
            case PeriodKind.MONTH:
                return f"{first:%Y-%m}"
            case PeriodKind.RANGE:
                return f"{first.isoformat()}..{date_of(self.end_day - 1).isoformat()}"

    def days(self) -> range:
        """The numbers of the local days that it touches."""
        return range(self.first_day, min(self.end_day, local_day(self.b_s - 1, self.tz) + 1))


def period_of(text: str, tz: str) -> Period:
    """The range that a text names. Invalid: it names none, or the zone does not exist.

    2026-11-22 is a day, 2026-W47 a week from Monday (ISO 8601), 2026-11 a month, 2026-11-01..2026-11-15 both days
    and all between.
    """
    text = text.strip()
    try:
        if found := re.fullmatch(r"(\d{4})-W(\d{2})", text):
            monday = date.fromisocalendar(int(found[1]), int(found[2]), 1)
            return _whole(PeriodKind.WEEK, monday, monday + timedelta(days=7), tz)
        if found := re.fullmatch(r"(\d{4})-(\d{2})", text):
            first = date(int(found[1]), int(found[2]), 1)
            return _whole(PeriodKind.MONTH, first, _next_month(first), tz)
        if found := re.fullmatch(r"(\d{4}-\d{2}-\d{2})(?:\.\.(\d{4}-\d{2}-\d{2}))?", text):
            first = date.fromisoformat(found[1])
            if found[2] is None:
                return _whole(PeriodKind.DAY, first, first + timedelta(days=1), tz)
            return _whole(PeriodKind.RANGE, first, date.fromisoformat(found[2]) + timedelta(days=1), tz)
    except (ValueError, OverflowError):
        pass  # a month 13 or a day 32 is told like any other text that names no range
    raise Invalid(
        f"{text!r} names no range; write 2026-11-22, 2026-W47, 2026-11 or 2026-11-01..2026-11-15",
        field="period",
    )


def until(period: Period, watermark_s: int) -> Period:
    """What of the range can be reported at a watermark: all of it, or as far as the watermark, and then it says so.

    Invalid: nothing of it is over.
    """
    if watermark_s <= period.a_s:
        raise Invalid(f"{period.name} has not begun in the books; choose an earlier one", field="period")
    if watermark_s >= period.b_s:
        return period
    return Period(period.kind, period.first_day, period.end_day, period.tz, period.a_s, watermark_s, cut=True)


def _whole(kind: PeriodKind, first: date, end: date, tz: str) -> Period:
    zone_of(tz)
    if not first < end:
        raise Invalid(
            f"the range ends before it begins: {first} .. {end - timedelta(days=1)}", field="period"
        )
    if (end - first).days > DAYS_MAX:
        raise Invalid(f"the range is longer than {DAYS_MAX} days; ask for less", field="period")
    a_day, b_day = day_of(first), day_of(end)
    return Period(kind, a_day, b_day, tz, day_span(a_day, tz)[0], day_span(b_day - 1, tz)[1])


def _next_month(first: date) -> date:
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)
