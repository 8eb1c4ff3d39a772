"""Dates, times and lengths of time as people type them on a command line."""

import argparse
import re
from datetime import date, datetime
from typing import Final

from lenskeeper.base.days import day_of, zone_of
from lenskeeper.base.errors import Invalid

UNITS_S: Final = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_LENGTH: Final = re.compile(r"(?:(\d{1,3})d)?(?:(\d{1,4})h)?(?:(\d{1,5})m)?(?:(\d{1,7})s)?")


def local_date(text: str) -> int:
    """A day number from YYYY-MM-DD."""
    try:
        return day_of(date.fromisoformat(text))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date; write it as 2026-11-23") from None


def instant(text: str, tz: str, *, field: str) -> int:
    """UTC seconds of a local time such as 2026-11-23 22:00. Invalid: it is none; field names the option."""
    try:
        return int(datetime.fromisoformat(text).replace(tzinfo=zone_of(tz)).timestamp())
    except ValueError:
        raise Invalid(f"{text!r} is no time: write it as 2026-11-23 22:00", field=field) from None


def duration(text: str) -> int:
    """Seconds, above 0, from 15m, 2h, 1d12h."""
    match = _LENGTH.fullmatch(text.strip().lower())
    length_s = (
        sum(int(n or 0) * s for n, s in zip(match.groups(), UNITS_S.values(), strict=True)) if match else 0
    )
    if not length_s:
        raise argparse.ArgumentTypeError(f"{text!r} is no length of time; write it as 30m, 2h or 1d12h")
    return length_s


def duration_in_words(length_s: int) -> str:
    """Seconds as `duration` reads them."""
    parts = []
    for unit, unit_s in UNITS_S.items():
        count, length_s = divmod(length_s, unit_s)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"
