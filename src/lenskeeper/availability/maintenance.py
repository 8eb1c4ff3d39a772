"""Plans of excluded work: what they aim at, when they recur, and when a second person must agree."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from itertools import takewhile
from typing import Final

from dateutil.rrule import rrule, rrulestr

from lenskeeper.availability.exclusions import Kind
from lenskeeper.base.access import ActorId
from lenskeeper.base.days import zone_of
from lenskeeper.base.errors import Invalid
from lenskeeper.base.spans import Span, length, subtract, union
from lenskeeper.inventory.ids import PointId
from lenskeeper.units.ids import UnitId

DAY_S: Final = 86_400
HORIZON_DAYS: Final = (
    40  # a recurring plan is written out so far ahead: the next calendar month is always there
)
HORIZON_DAYS_MAX: Final = 400  # and never further at once: slots without end took a peer's whole processor
WINDOWS_MAX: Final = 1_000  # of one plan at once: twice a day for a year and a bit
WINDOW_DAYS_MAX: Final = 400  # longer is not work but the end of service: set that date in the register
FREQUENCIES: Final = frozenset({"YEARLY", "MONTHLY", "WEEKLY", "DAILY"})
RULE_CHARS_MAX: Final = 300
REASON_CHARS_MAX: Final = 500  # a paragraph of a report
ALONE_S_MAX: Final = (
    4 * 3_600
)  # of a camera and calendar month that one person may exclude (issue 3, point 5)


@dataclass(frozen=True, slots=True)
class Target:
    """What a plan aims at: some points, or a unit with all below it, or a site; exactly one of them."""

    points: tuple[PointId, ...] = ()
    unit_id: UnitId | None = None
    site: str | None = None

    def __post_init__(self) -> None:
        if (bool(self.points), self.unit_id is not None, bool(self.site)).count(True) != 1:
            raise Invalid("name points, or one unit, or one site", field="target")


@dataclass(frozen=True, slots=True)
class Recurrence:
    """Windows of one length, again and again on a wall clock: work at 02:00 stays at 02:00 when clocks change.

    rule:     RFC 5545, such as FREQ=WEEKLY;BYDAY=SU;UNTIL=20271231T000000. Daily is the shortest step.
    tz:       IANA name of the wall clock.
    first_s:  the first start, UTC seconds; length_s of each window, in seconds that really pass.
    """

    rule: str
    tz: str
    first_s: int
    length_s: int


class Standing(StrEnum):
    """Where a plan stands. A pending one excludes nothing until a second person agrees."""

    ACTIVE = "active"
    PENDING = "pending"
    PARTLY_PENDING = "partly_pending"  # it was active, and its next windows take a camera over the limit
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan as it was entered, and what became of it.

    windows:  its next and past windows [a, b), as far as they are written out; pending: those that wait.
    ends_s:   of a revoked plan: from when it excludes nothing; 0 where it never did.
    """

    plan_id: int
    kind: Kind
    target: Target
    reason: str
    author: ActorId
    entered_s: int
    standing: Standing
    windows: tuple[Span, ...]
    pending: tuple[Span, ...]
    recurrence: Recurrence | None = None
    approver: ActorId | None = None
    approved_s: int | None = None
    revoker: ActorId | None = None
    revoked_s: int | None = None
    ends_s: int | None = None


def once(windows: Iterable[Span]) -> tuple[Span, ...]:
    """Windows as they were typed, joined where they overlap. Invalid: none, backwards, too many or too long."""
    typed = tuple(windows)
    if not typed:
        raise Invalid("give at least one window", field="window")
    if any(not 0 <= a < b for a, b in typed):
        raise Invalid("a window begins before it ends", field="window")
    return _admitted(union(typed))


def expand(recurrence: Recurrence, from_s: int, to_s: int) -> tuple[Span, ...]:
    """The windows of a recurrence that start in [from_s, to_s), joined where they overlap.

    Invalid: no rule, a step shorter than a day, more than WINDOWS_MAX windows, or more than HORIZON_DAYS_MAX asked.
    """
    if to_s - from_s > HORIZON_DAYS_MAX * DAY_S:
        raise Invalid(f"plans are written out for at most {HORIZON_DAYS_MAX} days at once", field="horizon")
    if not 0 < recurrence.length_s <= WINDOW_DAYS_MAX * DAY_S:
        raise Invalid(f"a window lasts from one second to {WINDOW_DAYS_MAX} days", field="length")
    zone = zone_of(recurrence.tz)
    last = datetime.fromtimestamp(to_s, zone).replace(tzinfo=None)
    spans: list[Span] = []
    for wall in _starts(recurrence, last):
        start_s = int(wall.replace(tzinfo=zone).timestamp())
        if from_s <= start_s < to_s:
            spans.append((start_s, start_s + recurrence.length_s))
        if len(spans) > WINDOWS_MAX:
            raise Invalid(f"more than {WINDOWS_MAX} windows in a year: make the rule rarer", field="rule")
    return _admitted(union(spans))


def by_month(spans: Iterable[Span], tz: str) -> dict[date, list[Span]]:
    """Spans cut at the ends of local calendar months; keyed by the first day of each."""
    zone = zone_of(tz)
    out: dict[date, list[Span]] = defaultdict(list)
    for a, b in spans:
        begin = a
        while begin < b:
            local = datetime.fromtimestamp(begin, zone)
            month = date(local.year, local.month, 1)
            after = datetime(local.year + local.month // 12, local.month % 12 + 1, 1, tzinfo=zone)
            end = min(b, int(after.timestamp()))
            out[month].append((begin, end))
            begin = end
    return out


def over_limit(already: Sequence[Span], more: Sequence[Span], tz: str) -> list[Span]:
    """Which of the windows `more`, cut by month, take a camera above what one person may exclude in a month.

    already: what is excluded of this camera by plans, disjoint; tz: whose months count.
    """
    had = by_month(already, tz)
    over: list[Span] = []
    for month, spans in by_month(more, tz).items():
        new = subtract(spans, had.get(month, []))
        if new and length(had.get(month, [])) + length(new) > ALONE_S_MAX:
            over.extend(spans)
    return union(over)


def began_before(windows: Sequence[Span], entered_s: int) -> bool:
    """Whether a plan was entered after its event had begun: then the author alone cannot exclude it."""
    return any(a < entered_s for a, _ in windows)


def _admitted(windows: Sequence[Span]) -> tuple[Span, ...]:
    if len(windows) > WINDOWS_MAX:
        raise Invalid(f"more than {WINDOWS_MAX} windows in one plan: make several", field="window")
    if any(b - a > WINDOW_DAYS_MAX * DAY_S for a, b in windows):
        raise Invalid(
            f"a window of more than {WINDOW_DAYS_MAX} days is no work: end the point's service instead",
            field="window",
        )
    return tuple(windows)


def _starts(recurrence: Recurrence, last: datetime) -> Iterator[datetime]:
    """When windows begin on the wall clock, to `last`: a rule without an end would go on to the year 9999."""
    wall = datetime.fromtimestamp(recurrence.first_s, UTC).astimezone(zone_of(recurrence.tz))
    text = recurrence.rule.strip()
    if not text or len(text) > RULE_CHARS_MAX or any(mark in text for mark in "\r\n:"):
        raise Invalid("write one rule such as FREQ=WEEKLY;BYDAY=SU", field="rule")
    said = dict(part.partition("=")[::2] for part in text.upper().split(";"))
    if "COUNT" in said and "UNTIL" in said:
        raise Invalid("give COUNT or UNTIL, not both", field="rule")
    if said.get("UNTIL", "").endswith("Z"):
        raise Invalid("write UNTIL on the wall clock of the plan's time zone, without a Z", field="rule")
    try:
        rule = rrulestr(text, dtstart=wall.replace(tzinfo=None))
    except (ValueError, TypeError, AttributeError) as error:
        raise Invalid(f"{text!r} is no recurrence rule: {error}", field="rule") from None
    assert isinstance(rule, rrule)  # sets need RDATE or EXDATE lines, which are refused above
    if said["FREQ"] not in FREQUENCIES:
        raise Invalid("a plan recurs daily or more rarely; for shorter steps name the windows", field="rule")
    if int(said.get("INTERVAL", "1")) < 1:
        raise Invalid("INTERVAL is at least 1", field="rule")
    has_end = "UNTIL" in said or "COUNT" in said
    return takewhile(lambda wall: wall <= last, rule if has_end else rule.replace(until=last))
