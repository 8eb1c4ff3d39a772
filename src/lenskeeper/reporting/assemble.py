"""A report put together from parts, and each of its figures opened again down to the cameras behind it."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from lenskeeper.base.errors import Invalid, NotFound
from lenskeeper.inventory.ids import PointId
from lenskeeper.reporting.definitions import CLASS_WEIGHTS, Metric, figure
from lenskeeper.reporting.periods import Period
from lenskeeper.reporting.report import (
    DayLine,
    ExcludedHours,
    Gap,
    Group,
    Grouped,
    LongDead,
    Part,
    PictureState,
    Report,
)
from lenskeeper.reporting.sums import added
from lenskeeper.units.ids import UnitId

RANKED_CAMERAS_MIN: Final = 20  # of fewer cameras one bad pole decides, not the make or the crew
WORST_MAX: Final = 50  # a list to act on; the rest stands in the workbook
GAPS_MAX: Final = 30
KNOWN_CHARS_MAX: Final = 300  # of a list in a message
LONG_DEAD_MAX: Final = 200
FEW: Final = "few"  # the key of the group that holds every model with too few cameras
KINDS: Final = {
    "unit": Grouped.UNIT,
    "class": Grouped.CLASS,
    "model": Grouped.MODEL,
    "camera": Grouped.POINT,
}
"""What people call the kinds of groups."""


K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Books:
    """What the lower rooms know of a unit and range: all that a report is made of.

    parts: disjoint per point; together they are the range of each point that belonged to the unit.
    gaps, long_dead, excluded: all of them; the report keeps the greatest.
    """

    parts: Sequence[Part]
    days: Sequence[DayLine] = ()
    excluded: Sequence[ExcludedHours] = ()
    gaps: Sequence[Gap] = ()
    long_dead: Sequence[LongDead] = ()
    unit_names: Mapping[UnitId, str] | None = None
    pictures: Sequence[PictureState] = ()


def assemble(
    books: Books,
    *,
    unit_id: UnitId,
    unit_name: str,
    period: Period,
    watermark_s: int,
    made_at_s: int,
    exercise: bool,
) -> Report:
    """The report of one unit and what lies beneath it."""
    parts = tuple(sorted(books.parts, key=lambda part: (part.point_id, part.a_s)))
    names = books.unit_names or {}
    lost = [point for point in point_groups(parts) if point.sums.down_s > 0]
    lost.sort(key=lambda group: (-group.weighted_lost_s, -group.sums.down_s, group.name))
    gaps = sorted(books.gaps, key=lambda gap: (-(gap.b_s - gap.a_s) * gap.cameras, gap.a_s))
    dead = sorted(books.long_dead, key=lambda one: (one.since_s, one.point_id))
    return Report(
        unit_id=unit_id,
        unit_name=unit_name,
        period=period,
        watermark_s=watermark_s,
        made_at_s=made_at_s,
        exercise=exercise,
        whole=_group(Grouped.WHOLE, str(unit_id), unit_name, parts),
        by_unit=_by_unit(parts, names, unit_name),
        by_class=_by_class(parts),
        by_model=_by_model(parts),
        worst=tuple(lost[:WORST_MAX]),
        worst_left_out=max(0, len(lost) - WORST_MAX),
        days=tuple(sorted(books.days, key=lambda line: line.day)),
        excluded=tuple(sorted(books.excluded, key=_excluded_order)),
        gaps=tuple(gaps[:GAPS_MAX]),
        gaps_left_out=max(0, len(gaps) - GAPS_MAX),
        long_dead=tuple(dead[:LONG_DEAD_MAX]),
        long_dead_left_out=max(0, len(dead) - LONG_DEAD_MAX),
        parts=parts,
        pictures=tuple(books.pictures),
    )


@dataclass(frozen=True, slots=True)
class Behind:
    """What one camera gave to a figure. unit_id: where it belonged at the end of the range."""

    point_id: PointId
    name: str
    code: str
    unit_id: UnitId
    numerator: int
    denominator: int


def drill(report: Report, group: Group, metric: Metric) -> tuple[Behind, ...]:
    """The cameras behind one figure of one group; they add up to its numerator and denominator exactly.

    Those that gave nothing to either number are left out.
    """
    by_point: dict[PointId, list[Part]] = defaultdict(list)
    for part in report.parts:
        if belongs(part, group, report):
            by_point[part.point_id].append(part)
    rows = []
    for point_id, parts in by_point.items():
        given = figure(metric, added(part.sums for part in parts))
        if given.numerator or given.denominator:
            last = parts[-1]
            rows.append(
                Behind(point_id, last.name, last.code, last.unit_id, given.numerator, given.denominator)
            )
    return tuple(rows)


def _groups_by(report: Report, by: Grouped) -> Sequence[Group]:
    match by:
        case Grouped.WHOLE:
            return (report.whole,)
        case Grouped.UNIT:
            return report.by_unit
        case Grouped.CLASS:
            return report.by_class
        case Grouped.MODEL:
            return report.by_model
        case Grouped.POINT:
            return point_groups(report.parts)


def group_named(report: Report, text: str) -> Group:
    """One group by what people call it: unit:NAME, class:2, model:NAME, camera:CODE or name; empty is the whole.

    A key as JSON gives it serves as well. Invalid: no kind stands before the colon, or several bear the name.
    NotFound: the report has none of that name.
    """
    if not text:
        return report.whole
    kind, _, name = text.partition(":")
    by = KINDS.get(kind.strip())
    if by is None:
        raise Invalid(f"{text!r}: write one of {', '.join(f'{k}:NAME' for k in KINDS)}", field="group")
    name, groups = name.strip(), _groups_by(report, by)
    codes = {str(part.point_id): part.code for part in report.parts} if by is Grouped.POINT else {}
    found = [group for group in groups if name and name in (group.key, group.name, codes.get(group.key))]
    if len(found) > 1:
        keys = ", ".join(f"{kind}:{group.key}" for group in found)
        raise Invalid(f"{name!r} are several; say which: {keys[:KNOWN_CHARS_MAX]}", field="group")
    if not found:
        known = ", ".join(codes.get(group.key) or group.name for group in groups) or "none"
        raise NotFound(f"the report has no {kind} {name!r}; there are: {known[:KNOWN_CHARS_MAX]}")
    return found[0]


def belongs(part: Part, group: Group, report: Report) -> bool:
    """Whether a part is one of those that a group of this report adds up."""
    match group.by:
        case Grouped.WHOLE:
            return True
        case Grouped.UNIT:
            return str(part.branch) == group.key
        case Grouped.CLASS:
            return str(part.klass) == group.key
        case Grouped.POINT:
            return str(part.point_id) == group.key
        case Grouped.MODEL:
            own = model_key(part)
            if group.key != FEW:
                return own == group.key
            return own not in {model.key for model in report.by_model}


def model_key(part: Part) -> str:
    """Make and model as one name; empty where the register gives neither."""
    return f"{part.make} {part.model}".strip()


def weighted_lost(parts: Iterable[Part]) -> int:
    """Offline camera-seconds, each times the weight of its class."""
    return sum(CLASS_WEIGHTS.get(part.klass, 1) * part.sums.down_s for part in parts)


def _group(by: Grouped, key: str, name: str, parts: Sequence[Part]) -> Group:
    cameras = len({part.point_id for part in parts})
    return Group(by, key, name, cameras, added(part.sums for part in parts), weighted_lost(parts))


def _grouped(parts: Iterable[Part], key: Callable[[Part], K]) -> dict[K, list[Part]]:
    found: dict[K, list[Part]] = defaultdict(list)
    for part in parts:
        found[key(part)].append(part)
    return found


def _by_unit(parts: Sequence[Part], names: Mapping[UnitId, str], own_name: str) -> tuple[Group, ...]:
    found = _grouped(parts, lambda part: part.branch)
    return _ranked(
        _group(Grouped.UNIT, str(unit), names.get(unit, own_name), held) for unit, held in found.items()
    )


def _by_class(parts: Sequence[Part]) -> tuple[Group, ...]:
    found = _grouped(parts, lambda part: part.klass)
    return tuple(_group(Grouped.CLASS, str(klass), str(klass), found[klass]) for klass in sorted(found))


def _by_model(parts: Sequence[Part]) -> tuple[Group, ...]:
    """Models with enough cameras, ranked; the others together in one group at the end, so that nothing is lost.

    A device counts for the seconds in which it hung there, as the cut of the parts has it.
    """
    groups, few = [], []
    for key, held in _grouped(parts, model_key).items():
        group = _group(Grouped.MODEL, key, key, held)
        if key and group.cameras >= RANKED_CAMERAS_MIN:
            groups.append(group)
        else:
            few.extend(held)
    rest = [_group(Grouped.MODEL, FEW, FEW, few)] if few else []
    return (*_ranked(groups), *rest)


def point_groups(parts: Sequence[Part]) -> list[Group]:
    """One group a camera, in the order of the parts."""
    return [
        _group(Grouped.POINT, str(point_id), held[-1].name, held)
        for point_id, held in _grouped(parts, lambda part: part.point_id).items()
    ]


def _ranked(groups: Iterable[Group]) -> tuple[Group, ...]:
    """Where most weighted hours were lost comes first; with too few cameras there is no rank, and they come last."""
    order = sorted(
        groups,
        key=lambda group: (
            group.cameras < RANKED_CAMERAS_MIN,
            -group.weighted_lost_s,
            -group.sums.down_s,
            group.key,
        ),
    )
    return tuple(
        replace(group, rank=place) if group.cameras >= RANKED_CAMERAS_MIN else group
        for place, group in enumerate(order, start=1)
    )


def _excluded_order(one: ExcludedHours) -> tuple[bool, int, str, str]:
    return (not one.pending, -one.excluded_s, one.author, one.reason)
