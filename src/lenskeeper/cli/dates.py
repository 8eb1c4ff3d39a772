"""Dates as people type them on a command line."""

import argparse
from datetime import date

from lenskeeper.base.days import day_of


def local_date(text: str) -> int:
    """A day number from YYYY-MM-DD."""
    try:
        return day_of(date.fromisoformat(text))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date; write it as 2026-11-23") from None
