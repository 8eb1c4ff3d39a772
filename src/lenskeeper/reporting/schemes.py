"""A named assessment scheme of a contract, counted from the same runs as every other figure.

Contracts count in their own ways: three patrols a day, a factor for important points, points for thresholds. A scheme
changes none of the house's figures: it has a name of its own and stands beside them. Unknown is not counted, and shown.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any, Final

from lenskeeper.availability.lanes import State
from lenskeeper.availability.runs import Run
from lenskeeper.base.days import local_instant
from lenskeeper.base.errors import Invalid, NotFound
from lenskeeper.base.languages import Words
from lenskeeper.base.spans import Span
from lenskeeper.inventory.ids import PointId
from lenskeeper.reporting.definitions import DEFINITIONS, Metric, Unit
from lenskeeper.reporting.periods import Period
from lenskeeper.reporting.report import Report

PATROL_RATE: Final = "patrol_rate"
PATROLS_MAX: Final = 96  # a day: every quarter of an hour; whoever wants more wants the online rate
ITEMS_MAX: Final = 50
WEIGHT_MAX: Final = 1_000
PATROL_WORDS: Final = Words("巡检在线率", "patrol rate")
PATROL_MEANING: Final = Words(
    "在规定时刻在线的摄像机次数除以状态已知的次数；未知和剔除的次数不计入，另行列出。",
    "Cameras that were up at the hours of patrol, over those whose state was known then; unknown and excluded ones "
    "are not counted, and shown.",
)


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a scheme.

    measure: `patrol_rate` or the name of a metric that is a share.
    patrols: seconds of the local day; of patrol_rate only.
    weight:  points that this line can give.
    steps:   (rate, share of the points), both 0 to 1, from the highest rate down: the first rate that is reached
             counts; below the last there are no points.
    """

    measure: str
    weight: int
    steps: tuple[tuple[Fraction, Fraction], ...]
    patrols: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Scheme:
    """What a contract says. class_factors: whole numbers that counts are multiplied by; pass_points: of those judged,
    scaled to 100."""

    name: str
    title: str
    items: tuple[Item, ...]
    class_factors: Mapping[int, int]
    pass_points: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Patrolled:
    """How often a camera was found how at the hours of patrol."""

    up: int = 0
    down: int = 0
    unknown: int = 0
    excluded: int = 0


@dataclass(frozen=True, slots=True)
class ItemResult:
    """One line counted. numerator, denominator: with class factors. unknown, excluded: plain counts of patrols.

    points: None where nothing was known: the line is not judged, and its weight leaves the total.
    """

    item: Item
    numerator: int
    denominator: int
    unknown: int
    excluded: int
    points: Fraction | None


@dataclass(frozen=True, slots=True)
class Assessed:
    """A scheme's result. out_of: the weight of the lines that could be judged; passed: None without a threshold."""

    scheme: Scheme
    items: tuple[ItemResult, ...]
    points: Fraction
    out_of: int
    passed: bool | None


def parse_schemes(text: str) -> dict[str, Scheme]:
    """The schemes of a TOML text, [scheme.NAME] each. Invalid: what is wrong, with the key it stands at."""
    try:
        tables = tomllib.loads(text).get("scheme", {})
    except tomllib.TOMLDecodeError as error:
        raise Invalid(f"the scheme file is no TOML: {error}", field="scheme") from None
    if not isinstance(tables, dict) or not tables:
        raise Invalid(
            "no [scheme.NAME] stands in the file; docs/reference/metrics.md shows one", field="scheme"
        )
    return {name: _scheme(name, table) for name, table in tables.items()}


def scheme_named(schemes: Mapping[str, Scheme], name: str) -> Scheme:
    """One scheme. NotFound: it is not there; the text lists those that are."""
    if name not in schemes:
        raise NotFound(f"no scheme {name!r}; there are: {', '.join(sorted(schemes)) or 'none'}")
    return schemes[name]


def instants(scheme_item: Item, period: Period) -> tuple[int, ...]:
    """The instants of patrol that lie in a range, on the wall clock of its zone, sorted."""
    found = (local_instant(day, second, period.tz) for day in period.days() for second in scheme_item.patrols)
    return tuple(sorted({at_s for at_s in found if period.a_s <= at_s < period.b_s}))


def patrolled(runs: Sequence[Run], excluded: Sequence[Span], at: Sequence[int]) -> Patrolled:
    """How one camera was found at sorted instants. runs, excluded: sorted and disjoint."""
    up = down = unknown = out = 0
    i = j = 0
    for at_s in at:
        while i < len(runs) and runs[i].b <= at_s:
            i += 1
        while j < len(excluded) and excluded[j][1] <= at_s:
            j += 1
        if j < len(excluded) and excluded[j][0] <= at_s:
            out += 1
        elif i < len(runs) and runs[i].a <= at_s:
            up += runs[i].state is State.UP
            down += runs[i].state is State.DOWN
        else:
            unknown += 1
    return Patrolled(up, down, unknown, out)


def assess(
    scheme: Scheme, report: Report, patrols: Mapping[tuple[int, ...], Mapping[PointId, Patrolled]]
) -> Assessed:
    """What a report comes to by a scheme. patrols: for each item's hours, every camera's counts."""
    klass = {part.point_id: part.klass for part in report.parts}
    results = []
    for item in scheme.items:
        counted = patrols[item.patrols] if item.measure == PATROL_RATE else None
        numbers = _patrols(scheme, klass, counted) if counted is not None else _shares(scheme, report, item)
        numerator, denominator, unknown, excluded = numbers
        points = _points(item, numerator, denominator)
        results.append(ItemResult(item, numerator, denominator, unknown, excluded, points))
    judged = [result for result in results if result.points is not None]
    out_of = sum(result.item.weight for result in judged)
    total = sum((result.points for result in judged if result.points is not None), Fraction(0))
    passed = None
    if scheme.pass_points is not None and out_of:
        passed = total * 100 >= scheme.pass_points * out_of
    return Assessed(scheme, tuple(results), total, out_of, passed)


def _patrols(
    scheme: Scheme, klass: Mapping[PointId, int], counted: Mapping[PointId, Patrolled]
) -> tuple[int, int, int, int]:
    numerator = denominator = unknown = excluded = 0
    for point_id, seen in counted.items():
        factor = scheme.class_factors.get(klass.get(point_id, 0), 1)
        numerator += factor * seen.up
        denominator += factor * (seen.up + seen.down)
        unknown += seen.unknown
        excluded += seen.excluded
    return numerator, denominator, unknown, excluded


def _shares(scheme: Scheme, report: Report, item: Item) -> tuple[int, int, int, int]:
    numerator = denominator = 0
    for group in report.by_class:
        factor = scheme.class_factors.get(int(group.key), 1)
        one = group.figure(Metric(item.measure))
        numerator += factor * one.numerator
        denominator += factor * one.denominator
    return numerator, denominator, 0, 0


def _points(item: Item, numerator: int, denominator: int) -> Fraction | None:
    if denominator <= 0:
        return None
    rate = Fraction(numerator, denominator)
    return next((item.weight * share for reached, share in item.steps if rate >= reached), Fraction(0))


def _scheme(name: str, table: Any) -> Scheme:
    field = f"scheme.{name}"
    if not isinstance(table, dict):
        raise Invalid(f"write [{field}] as a table", field=field)
    _only(table, {"title", "pass", "class_factors", "item"}, field)
    items = table.get("item", [])
    if not isinstance(items, list) or not 0 < len(items) <= ITEMS_MAX:
        raise Invalid(f"give 1 to {ITEMS_MAX} [[{field}.item]]", field=field)
    title = table.get("title", name)
    if not isinstance(title, str):
        raise Invalid("title is a text", field=f"{field}.title")
    threshold = table.get("pass")
    return Scheme(
        name=name,
        title=title,
        items=tuple(_item(item, f"{field}.item") for item in items),
        class_factors=_factors(table.get("class_factors", {}), f"{field}.class_factors"),
        pass_points=None if threshold is None else _share(threshold, f"{field}.pass") * 100,
    )


def _item(table: Any, field: str) -> Item:
    if not isinstance(table, dict):
        raise Invalid(f"write [[{field}]] as a table", field=field)
    _only(table, {"measure", "weight", "steps", "at"}, field)
    measure, weight = table.get("measure"), table.get("weight")
    if measure != PATROL_RATE and measure not in _shares_named():
        raise Invalid(
            f"measure is {PATROL_RATE} or one of {', '.join(sorted(_shares_named()))}",
            field=f"{field}.measure",
        )
    if type(weight) is not int or not 0 < weight <= WEIGHT_MAX:
        raise Invalid(f"weight is a whole number from 1 to {WEIGHT_MAX}", field=f"{field}.weight")
    at = table.get("at", [])
    if (measure == PATROL_RATE) != bool(at) or not isinstance(at, list) or len(at) > PATROLS_MAX:
        raise Invalid(
            f'{PATROL_RATE}, and only it, has at = ["08:00", ...], at most {PATROLS_MAX} of them',
            field=f"{field}.at",
        )
    return Item(
        measure=measure,
        weight=weight,
        steps=_steps(table.get("steps"), f"{field}.steps"),
        patrols=tuple(sorted({_second(text, f"{field}.at") for text in at})),
    )


def _steps(value: Any, field: str) -> tuple[tuple[Fraction, Fraction], ...]:
    pairs = value if isinstance(value, list) else []
    if not pairs or any(not isinstance(pair, list) or len(pair) != 2 for pair in pairs):
        raise Invalid("steps are pairs of per cents: [[98, 100], [95, 80]]", field=field)
    steps = [(_share(reached, field), _share(given, field)) for reached, given in pairs]
    if any(high[0] <= low[0] or high[1] < low[1] for high, low in pairwise(steps)):
        raise Invalid("steps go from the highest rate down, and so do their points", field=field)
    return tuple(steps)


def _factors(value: Any, field: str) -> dict[int, int]:
    if not isinstance(value, dict):
        raise Invalid("class_factors is a table: { 1 = 3, 2 = 2, 3 = 1 }", field=field)
    for key, factor in value.items():
        if key not in ("1", "2", "3") or type(factor) is not int or not 0 < factor <= WEIGHT_MAX:
            raise Invalid("class_factors gives classes 1, 2, 3 a whole number from 1", field=field)
    return {int(key): factor for key, factor in value.items()}


def _share(value: Any, field: str) -> Fraction:
    """Per cent as a share, exactly as it is written: 98.5 is 197/200."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 100:
        raise Invalid(f"{value!r} is no per cent from 0 to 100", field=field)
    return Fraction(str(value)) / 100


def _second(text: Any, field: str) -> int:
    hour, _, minute = str(text).partition(":")
    if not (
        hour.isdecimal() and minute.isdecimal() and len(minute) == 2 and int(hour) < 24 and int(minute) < 60
    ):
        raise Invalid(f"{text!r} is no time of day; write 08:00", field=field)
    return int(hour) * 3_600 + int(minute) * 60


def _only(table: Mapping[str, Any], known: set[str], field: str) -> None:
    if strange := sorted(set(table) - known):
        raise Invalid(
            f"{strange[0]!r} is no key of a scheme; there are: {', '.join(sorted(known))}", field=field
        )


def _shares_named() -> set[str]:
    return {metric.value for metric, one in DEFINITIONS.items() if one.unit is Unit.SHARE}
