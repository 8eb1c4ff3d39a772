"""The one filter by which every room shows only the cameras that may be seen: by unit, by contract lot, by purpose.

Lists, counts, clusters, exports, events and reports all pass here, so that a number never tells of a camera that its
list hides. What is told of a unit as a whole (a report, an acceptance) passes `units.rows.within` instead, which shows
it only to whoever sees all of the unit: a right for one purpose is no right to a total over all of them.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, false, or_, select, true

from lenskeeper.base.access import Part, Scope
from lenskeeper.base.spans import Span, union
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.schema import contract_point, membership, point
from lenskeeper.units.rows import within

BEGINNING_S: Final = 0
FOREVER_S: Final = 1 << 40

Instant = int | ColumnElement[Any]
Condition = ColumnElement[bool]


def seen(
    scope: Scope,
    point_id: ColumnElement[Any],
    unit_id: ColumnElement[Any],
    a: Instant,
    b: Instant | None = None,
) -> Condition:
    """The condition that a row that has its camera and its unit may be seen: at the instant a, or all through [a, b).

    Call it upon a row of membership that the caller has narrowed to that time, or upon a copy of one. A camera of a lot
    may be seen while it is in the lot: of a range that it was in only partly, nothing.
    """
    if scope.units is None:
        return true()
    c = contract_point.alias().c
    ends = c.to_s > a if b is None else c.to_s >= b
    in_time = and_(c.from_s <= a, or_(c.to_s.is_(None), ends))
    ways = [
        *((within(Scope(scope.units), unit_id),) if scope.units else ()),
        *(
            and_(within(Scope(units), unit_id), _declared_for(purposes, point_id))
            for purposes, units in _by_purpose((part, part.unit) for part in scope.parts)
        ),
        *_in_lots(scope, point_id, c, in_time),
    ]
    return or_(*ways) if ways else false()


def seen_at(scope: Scope, point_id: ColumnElement[Any], at_s: Instant | None) -> Condition:
    """The condition that a row that names a camera may be seen, by where the camera belonged at an instant.

    None: where it belongs until further notice.
    """
    if scope.units is None:
        return true()
    m, c = membership.alias().c, contract_point.alias().c
    of_units, of_lots = _stands(m, at_s), _stands(c, at_s)
    if isinstance(at_s, ColumnElement):  # another instant in each row: asked for row by row, by its key
        of_units, of_lots = and_(of_units, m.point_id == point_id), and_(of_lots, c.point_id == point_id)
    return _belonged(scope, point_id, (m, of_units), (c, of_lots))


def seen_in(scope: Scope, point_id: ColumnElement[Any], a: Instant | None, b: Instant | None) -> Condition:
    """The condition that a row names a camera that could be seen at some time of [a, b): who keeps it now, or kept it
    then, may ask. None: from the beginning, or until the end of time."""
    if scope.units is None:
        return true()
    m, c = membership.alias().c, contract_point.alias().c
    return _belonged(scope, point_id, (m, _met(m, a, b)), (c, _met(c, a, b)))


def times_seen(connection: Connection, scope: Scope, ids: Sequence[PointId]) -> dict[PointId, list[Span]]:
    """When each of these cameras could be seen, sorted and disjoint; those that never could are left out."""
    if scope.units is None:
        return {one: [(BEGINNING_S, FOREVER_S)] for one in ids}
    m, c = membership.alias().c, contract_point.alias().c
    by_unit = Scope(scope.units, parts=frozenset(part for part in scope.parts if part.unit is not None))
    queries = [
        select(m.point_id, m.from_s, m.to_s).where(
            seen(by_unit, m.point_id, m.unit_id, 0), m.point_id.in_(ids)
        )
    ]
    for lots, purposes in (
        (scope.lots, None),
        *((of, some) for some, of in _by_purpose((p, p.lot) for p in scope.parts)),
    ):
        own = true() if purposes is None else _declared_for(purposes, c.point_id)
        queries.append(
            select(c.point_id, c.from_s, c.to_s).where(
                c.point_id.in_(ids), c.contract_id.in_(sorted(lots)), own
            )
        )
    found: dict[PointId, list[Span]] = {}
    for query in queries:
        for point_id, from_s, to_s in connection.execute(query):
            found.setdefault(PointId(point_id), []).append((from_s, FOREVER_S if to_s is None else to_s))
    return {point_id: union(spans) for point_id, spans in found.items()}


def _stands(c: Any, at_s: Instant | None) -> Condition:
    return c.to_s.is_(None) if at_s is None else and_(c.from_s <= at_s, or_(c.to_s.is_(None), c.to_s > at_s))


def _met(c: Any, a: Instant | None, b: Instant | None) -> Condition:
    begins = true() if b is None else c.from_s < b
    return and_(begins, true() if a is None else or_(c.to_s.is_(None), c.to_s > a))


def _belonged(
    scope: Scope, point_id: ColumnElement[Any], units: tuple[Any, Condition], lots: tuple[Any, Condition]
) -> Condition:
    """units, lots: the columns of membership and of contract_point, each with its condition of time."""
    assert scope.units is not None
    m, in_time = units
    ways = [
        *(
            (point_id.in_(select(m.point_id).where(in_time, within(Scope(scope.units), m.unit_id))),)
            if scope.units
            else ()
        ),
        *(
            and_(
                point_id.in_(select(m.point_id).where(in_time, within(Scope(roots), m.unit_id))),
                _declared_for(purposes, point_id),
            )
            for purposes, roots in _by_purpose((part, part.unit) for part in scope.parts)
        ),
        *_in_lots(scope, point_id, *lots),
    ]
    return or_(*ways) if ways else false()


def _in_lots(scope: Scope, point_id: ColumnElement[Any], c: Any, in_time: Condition) -> list[Condition]:
    ways: list[Condition] = []
    if scope.lots:
        ways.append(point_id.in_(select(c.point_id).where(c.contract_id.in_(sorted(scope.lots)), in_time)))
    for purposes, lots in _by_purpose((part, part.lot) for part in scope.parts):
        of_lots = point_id.in_(select(c.point_id).where(c.contract_id.in_(sorted(lots)), in_time))
        ways.append(and_(of_lots, _declared_for(purposes, point_id)))
    return ways


def _declared_for(purposes: frozenset[str], point_id: ColumnElement[Any]) -> Condition:
    p = point.alias().c
    return point_id.in_(select(p.id).where(p.purpose.in_(sorted(purposes))))


def _by_purpose(
    parts: Iterable[tuple[Part, int | None]],
) -> list[tuple[frozenset[str], frozenset[int]]]:
    """Places with the same purposes together: few conditions, whatever the number of grants."""
    of_place: dict[int, set[str]] = {}
    for part, place in parts:
        if place is not None:
            of_place.setdefault(place, set()).add(part.purpose)
    together: dict[frozenset[str], set[int]] = {}
    for place, purposes in of_place.items():
        together.setdefault(frozenset(purposes), set()).add(place)
    return [(purposes, frozenset(places)) for purposes, places in together.items()]
