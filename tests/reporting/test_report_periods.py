"""Days, weeks and months are those of the unit's own calendar."""

from datetime import UTC, datetime

import pytest

from lenskeeper.base.errors import Invalid
from lenskeeper.reporting.periods import period_of, until


@pytest.mark.parametrize(
    ("text", "tz", "first", "last", "hours"),
    [
        ("2026-11-22", "Asia/Shanghai", "2026-11-21T16:00", "2026-11-22T16:00", 24),
        ("2026-W47", "Asia/Shanghai", "2026-11-15T16:00", "2026-11-22T16:00", 168),
        ("2026-11", "Asia/Shanghai", "2026-10-31T16:00", "2026-11-30T16:00", 720),
        ("2026-12", "Asia/Shanghai", "2026-11-30T16:00", "2026-12-31T16:00", 744),
        ("2026-11-01..2026-11-15", "UTC", "2026-11-01T00:00", "2026-11-16T00:00", 360),
        ("2026-03-29", "Europe/Berlin", "2026-03-28T23:00", "2026-03-29T22:00", 23),
        ("2026-10-25", "Europe/Berlin", "2026-10-24T22:00", "2026-10-25T23:00", 25),
        ("2026-W43", "Europe/Berlin", "2026-10-18T22:00", "2026-10-25T23:00", 169),
    ],
)
def test_a_name_gives_whole_local_days(text: str, tz: str, first: str, last: str, hours: int) -> None:
    period = period_of(text, tz)
    assert datetime.fromtimestamp(period.a_s, UTC).strftime("%Y-%m-%dT%H:%M") == first
    assert datetime.fromtimestamp(period.b_s, UTC).strftime("%Y-%m-%dT%H:%M") == last
    assert period.b_s - period.a_s == hours * 3_600
    assert period.name == text
    assert not period.cut


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "2026-13", "2026-02-30", "2026-W60", "2026-11-15..2026-11-01", "1000-01-01..2026-01-01",
     "2026-11-1", "9999-12", "0000-01"],
)  # fmt: skip
def test_a_text_that_names_no_range_is_told_with_the_way_to_write_one(text: str) -> None:
    with pytest.raises(Invalid) as told:
        period_of(text, "Asia/Shanghai")
    assert told.value.field == "period"


def test_a_zone_that_does_not_exist_is_told() -> None:
    with pytest.raises(Invalid, match="no time zone"):
        period_of("2026-11", "Asia/Pudong")


def test_a_range_that_is_not_over_ends_at_the_watermark_and_says_so() -> None:
    month = period_of("2026-11", "Asia/Shanghai")
    cut = until(month, month.a_s + 90_000)
    assert (cut.b_s, cut.cut, cut.name) == (month.a_s + 90_000, True, "2026-11")
    assert list(cut.days()) == [month.first_day, month.first_day + 1]
    assert until(month, month.b_s) == month
    with pytest.raises(Invalid, match="not begun"):
        until(month, month.a_s)
