"""The other side's figures beside ours: every camera that differs, with what would explain it.

A reason is no guess: it is told only where their figure comes out of our own sums once the named seconds are counted
their way.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final

from lenskeeper.base.languages import Words
from lenskeeper.inventory.ids import PointId
from lenskeeper.reporting.assemble import point_groups
from lenskeeper.reporting.report import Report
from lenskeeper.reporting.sums import Sums
from lenskeeper.reporting.their_list import Their, TheirList

SAME_RATE: Final = Fraction(5, 10_000)  # theirs is usually rounded to a tenth of a per cent
SAME_S: Final = 360  # and hours to a tenth


class Reason(StrEnum):
    """Why a camera differs."""

    EXCLUDED = "excluded"
    COVERAGE = "coverage"
    SERVICE = "in_service_later"
    DENOMINATOR = "their_denominator"
    NO_DATA = "no_data"
    UNKNOWN_TO_US = "unknown_to_us"
    MISSING = "missing_in_theirs"
    TWICE = "twice_in_theirs"
    AMBIGUOUS = "ambiguous"
    UNEXPLAINED = "unexplained"


REASONS: Final = {
    Reason.EXCLUDED: Words(
        "我方剔除的时间（检修或更正），对方计入了",
        "They count hours that we exclude (maintenance, corrections).",
    ),
    Reason.COVERAGE: Words(
        "我方未知的时间，对方计为在线或离线", "They count hours of which we know nothing."
    ),
    Reason.SERVICE: Words(
        "未投用或已停用的时间，对方计入了", "They count hours in which it was not in service."
    ),
    Reason.DENOMINATOR: Words("对方的总时长与我方不同", "Their total of hours is another one."),
    Reason.NO_DATA: Words("我方在区间内没有已知时间", "We know nothing of it in the range."),
    Reason.UNKNOWN_TO_US: Words("我方档案中没有这台摄像机", "It is not in our register."),
    Reason.MISSING: Words("对方清单中没有这台摄像机", "It is not in their list."),
    Reason.TWICE: Words("对方清单中出现多次", "It is in their list more than once."),
    Reason.AMBIGUOUS: Words("按编码和名称对应到我方多台摄像机", "Its code and name fit several of ours."),
    Reason.UNEXPLAINED: Words(
        "用我方的任何口径都得不到对方的数字，请逐段核对状态记录",
        "No way of counting our own hours gives their figure: compare the runs.",
    ),
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One camera that differs. seconds: how many of ours the reason is about; ours, theirs: rates, 0 to 1."""

    reason: Reason
    point_id: PointId | None
    name: str
    code: str
    ours: Fraction | None
    theirs: Fraction | None
    seconds: int = 0
    row: int | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of it. agreed: cameras whose figures are the same within rounding; unread: rows without a figure."""

    differences: tuple[Difference, ...]
    agreed: int
    unread: int


@dataclass(frozen=True, slots=True)
class _Ours:
    point_id: PointId
    name: str
    code: str
    sums: Sums


def compare(theirs: TheirList, report: Report) -> Comparison:
    """Their list against a report, camera by camera; in their order, and those missing in theirs last."""
    last = {part.point_id: part for part in report.parts}
    ours = [
        _Ours(point_id, last[point_id].name, last[point_id].code, group.sums)
        for group in point_groups(report.parts)
        if (point_id := PointId(int(group.key))) in last
    ]
    by_code, by_name = _indexes(ours)
    met: dict[PointId, int] = {}
    found: list[Difference] = []
    agreed = 0
    for row in theirs.rows:
        fitting = _fitting(row, by_code, by_name)
        if len(fitting) != 1:
            reason = Reason.AMBIGUOUS if fitting else Reason.UNKNOWN_TO_US
            found.append(Difference(reason, None, row.name, row.code, None, row.rate, row=row.number))
            met.update({one.point_id: row.number for one in fitting})
            continue
        mine = fitting[0]
        if mine.point_id in met:
            found.append(_difference(Reason.TWICE, mine, row, met[mine.point_id]))
            continue
        met[mine.point_id] = row.number
        difference = _judged(mine, row)
        if difference is None:
            agreed += 1
        else:
            found.append(difference)
    found.extend(
        Difference(Reason.MISSING, one.point_id, one.name, one.code, _rate(one.sums), None)
        for one in ours
        if one.point_id not in met and one.sums.expected_s > 0
    )
    return Comparison(tuple(found), agreed, theirs.odd_count)


def _indexes(ours: Sequence[_Ours]) -> tuple[dict[str, list[_Ours]], dict[str, list[_Ours]]]:
    by_code: dict[str, list[_Ours]] = defaultdict(list)
    by_name: dict[str, list[_Ours]] = defaultdict(list)
    for one in ours:
        if one.code:
            by_code[one.code].append(one)
        by_name[_plain(one.name)].append(one)
    return by_code, by_name


def _fitting(row: Their, by_code: dict[str, list[_Ours]], by_name: dict[str, list[_Ours]]) -> list[_Ours]:
    """By code; by name where there is none of that code, or several."""
    named = by_name.get(_plain(row.name), []) if row.name else []
    coded = by_code.get(row.code, []) if row.code else []
    if len(coded) > 1 and named:
        both = [one for one in coded if one in named]
        return both or coded
    return coded or named


def _plain(name: str) -> str:
    return "".join(name.split()).casefold()


def _judged(mine: _Ours, row: Their) -> Difference | None:
    """None where both say the same."""
    sums, ours = mine.sums, _rate(mine.sums)
    if ours is not None:
        if row.rate is not None and abs(row.rate - ours) <= SAME_RATE:
            return None
        if row.rate is None and row.online_s is not None and abs(row.online_s - sums.up_s) <= SAME_S:
            return None
    for reason, extra_s in _causes(sums):
        if extra_s and (_explained(sums, extra_s, row)):
            return _difference(reason, mine, row, extra_s)
    if ours is None:
        return _difference(Reason.NO_DATA, mine, row, sums.expected_s)
    if row.total_s is not None and abs(row.total_s - sums.known_s) > SAME_S:
        return _difference(Reason.DENOMINATOR, mine, row, abs(row.total_s - sums.known_s))
    return _difference(Reason.UNEXPLAINED, mine, row, 0)


def _causes(sums: Sums) -> tuple[tuple[Reason, int], ...]:
    """What they may count and we do not, in seconds: one cause alone, then all of them as "their denominator"."""
    planned_s = sums.excluded_s - sums.out_of_service_s
    return (
        (Reason.SERVICE, sums.out_of_service_s),
        (Reason.EXCLUDED, planned_s),
        (Reason.COVERAGE, sums.unknown_s),
        (Reason.DENOMINATOR, sums.unknown_s + planned_s),
        (Reason.DENOMINATOR, sums.unknown_s + sums.excluded_s),
    )


def _explained(sums: Sums, extra_s: int, row: Their) -> bool:
    """Whether their figure comes out when these seconds are counted too: all as online, or all as offline."""
    total = sums.known_s + extra_s
    if row.total_s is not None and abs(row.total_s - total) > SAME_S:
        return False
    ups = (sums.up_s, sums.up_s + extra_s)
    if row.rate is not None:
        if row.total_s is not None:  # how they counted those seconds need not be all or nothing then
            return Fraction(ups[0], total) - SAME_RATE <= row.rate <= Fraction(ups[1], total) + SAME_RATE
        return any(abs(row.rate - Fraction(up, total)) <= SAME_RATE for up in ups)
    return row.online_s is not None and abs(row.online_s - ups[1]) <= SAME_S


def _rate(sums: Sums) -> Fraction | None:
    return Fraction(sums.up_s, sums.known_s) if sums.known_s else None


def _difference(reason: Reason, mine: _Ours, row: Their, seconds: int) -> Difference:
    return Difference(
        reason, mine.point_id, mine.name, mine.code, _rate(mine.sums), row.rate, seconds, row.number
    )
