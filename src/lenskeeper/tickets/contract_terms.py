"""The terms of a contract as somebody writes them in a file; docs/guide/contracts.md explains each key.

Money is written as text with two digits, "50.00", and never as a number with a point: a float is no money.
"""

import re
import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from lenskeeper.base.days import day_of
from lenskeeper.base.errors import Invalid
from lenskeeper.tickets.contracts import HOUR_S, Clock, Penalties, Terms

FIELD: Final = "terms"
UNITS_S: Final = {"s": 1, "min": 60, "h": HOUR_S, "d": 24 * HOUR_S}
CLOCK_S_MAX: Final = 90 * 24 * HOUR_S  # a slower clock is none
MONEY_CENTS_MAX: Final = 10**12  # ten thousand million: more is a slip of the finger, and fits every column
TICKETS_MAX: Final = 100_000
MONTHS_MAX: Final = 240
HOURS_MAX: Final = 10_000

TOP: Final = (
    "tickets_per_day_max",
    "answer",
    "monthly_fee",
    "warranty_months",
    "lease_end",
    "clocks",
    "penalties",
)
OF_PENALTIES: Final = (
    "late_response", "late_restore_hour", "late_restore_hours_max", "repeated_fault", "online_target", "online_tenth",
    "dirty_picture", "cap_percent", "refused_time_counts",
)  # fmt: skip
OF_CLOCK: Final = ("respond", "restore")


def parse_terms(text: str) -> Terms:
    """The terms of a TOML text. Invalid: what is wrong, with the key it stands at; a key that is not known is wrong.

    What is left out is as in Terms: the usual clocks, and no penalty.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Invalid(f"the file of terms is no TOML: {error}", field=FIELD) from None
    _known(table, "", TOP)
    usual, said = Terms(), _table(table, "penalties")
    _known(said, "penalties.", OF_PENALTIES)
    terms = Terms(
        clocks=_clocks(_table(table, "clocks")),
        tickets_per_day_max=_whole(
            table, "tickets_per_day_max", "", (1, TICKETS_MAX), usual.tickets_per_day_max
        ),
        answer_s=_seconds(table, "answer", "", usual.answer_s),
        monthly_fee_cents=_cents(table, "monthly_fee", ""),
        warranty_months=_whole(table, "warranty_months", "", (0, MONTHS_MAX), 0),
        lease_end_day=_day(table, "lease_end"),
        penalties=_penalties(said),
    )
    _belongs_together(terms)
    return terms


def _penalties(said: Mapping[str, Any]) -> Penalties:
    at, none = "penalties.", Penalties()
    cap = _whole(said, "cap_percent", at, (0, 100), -1)
    counts = said.get("refused_time_counts", none.refused_time_counts)
    if not isinstance(counts, bool):
        raise _wrong(at + "refused_time_counts", "write true or false")
    return Penalties(
        late_response_cents=_cents(said, "late_response", at),
        late_restore_hour_cents=_cents(said, "late_restore_hour", at),
        late_restore_hours_max=_whole(said, "late_restore_hours_max", at, (0, HOURS_MAX), 0),
        repeated_fault_cents=_cents(said, "repeated_fault", at),
        online_target_hundredths=_percent(said, "online_target", at),
        online_tenth_cents=_cents(said, "online_tenth", at),
        dirty_picture_cents=_cents(said, "dirty_picture", at),
        cap_percent=None if cap < 0 else cap,
        refused_time_counts=counts,
    )


def _belongs_together(terms: Terms) -> None:
    """What is only half said would silently deduct nothing."""
    said = terms.penalties
    if bool(said.online_target_hundredths) != bool(said.online_tenth_cents):
        missing = "online_tenth" if said.online_target_hundredths else "online_target"
        raise _wrong(f"penalties.{missing}", "a target and the price of 0.1 point below it go together")
    if said.late_restore_hours_max and not said.late_restore_hour_cents:
        raise _wrong("penalties.late_restore_hour", "late_restore_hours_max limits hours that cost nothing")
    if said.cap_percent is not None and not terms.monthly_fee_cents:
        raise _wrong("monthly_fee", "cap_percent is a share of it: write it")


def _clocks(said: Mapping[str, Any]) -> dict[int, Clock]:
    _known(said, "clocks.", ("1", "2", "3"))
    clocks = dict(Terms().clocks)
    for klass, usual in Terms().clocks.items():
        own = _table(said, str(klass), "clocks.")
        at = f"clocks.{klass}."
        _known(own, at, OF_CLOCK)
        clock = Clock(
            _seconds(own, "respond", at, usual.respond_s), _seconds(own, "restore", at, usual.restore_s)
        )
        if clock.restore_s < clock.respond_s:
            raise _wrong(f"{at}restore", "it is restored no earlier than somebody answers")
        clocks[klass] = clock
    return clocks


def _known(table: Mapping[str, Any], at: str, names: tuple[str, ...]) -> None:
    for name in table:
        if name not in names:
            raise _wrong(f"{at}{name}", f"there is no such key; here may stand: {', '.join(names)}")


def _table(table: Mapping[str, Any], name: str, at: str = "") -> Mapping[str, Any]:
    found = table.get(name, {})
    if not isinstance(found, dict):
        raise _wrong(f"{at}{name}", f"it is a table: [{at}{name}]")
    return found


def _whole(table: Mapping[str, Any], name: str, at: str, limits: tuple[int, int], usual: int) -> int:
    found = table.get(name, usual)
    if name in table and (type(found) is not int or not limits[0] <= found <= limits[1]):
        raise _wrong(f"{at}{name}", f"write a whole number, {limits[0]} to {limits[1]}")
    return int(found)


def _seconds(table: Mapping[str, Any], name: str, at: str, usual_s: int) -> int:
    if name not in table:
        return usual_s
    match = re.fullmatch(r"(\d{1,7})\s*(s|min|h|d)", str(table[name]), re.ASCII)
    length_s = int(match[1]) * UNITS_S[match[2]] if match else 0
    if not isinstance(table[name], str) or not 0 < length_s <= CLOCK_S_MAX:
        raise _wrong(f"{at}{name}", 'write a length such as "90 min", "2 h" or "1 d", at most 90 d')
    return length_s


def _cents(table: Mapping[str, Any], name: str, at: str) -> int:
    if name not in table:
        return 0
    match = re.fullmatch(r"(\d{1,11})\.(\d\d)", str(table[name]), re.ASCII)
    cents = int(match[1]) * 100 + int(match[2]) if match else -1
    if not isinstance(table[name], str) or not 0 <= cents <= MONEY_CENTS_MAX:
        raise _wrong(
            f"{at}{name}", 'write an amount as text with two digits after the point, such as "50.00"'
        )
    return cents


def _percent(table: Mapping[str, Any], name: str, at: str) -> int:
    if name not in table:
        return 0
    match = re.fullmatch(r"(\d{1,3})(?:\.(\d{1,2}))?", str(table[name]), re.ASCII)
    hundredths = int(match[1]) * 100 + int((match[2] or "0").ljust(2, "0")) if match else 0
    if not isinstance(table[name], str) or not 0 < hundredths <= 10_000:
        raise _wrong(f"{at}{name}", 'write per cent as text, such as "98.5" or "99.95"')
    return hundredths


def _day(table: Mapping[str, Any], name: str) -> int | None:
    if name not in table:
        return None
    found = table[name]
    if not isinstance(found, date) or isinstance(found, datetime):
        raise _wrong(name, "write a date without quotes, such as 2027-12-31")
    return day_of(found)


def _wrong(key: str, cure: str) -> Invalid:
    return Invalid(f"{key}: {cure}", field=key)
