"""Rates from the books: exactly from the runs, or quickly from the day rollups; both are equal to the second.

A day is the local day of each point's own time zone. A point that moved counts for each unit while it belonged
there; who belongs to no unit is seen by Scope.ALL alone. Withdrawn points are in no sum.
"""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection

from lenskeeper.availability.figures import LanePart, Part, PointSums, Totals, UnitDay, Window
from lenskeeper.availability.lanes import Lane
from lenskeeper.base.access import Scope
from lenskeeper.units.ids import UnitId


def exact(
    connection: Connection, scope: Scope, lane: Lane, a: int, b: int, part: Part = Part.WHOLE
) -> list[PointSums]:
    """The sums of each point over any [a, b), from the runs; ordered by point and time.

    A point registered but not in service has all its seconds excluded.
    """
    raise NotImplementedError


def from_rollups(
    connection: Connection, scope: Scope, lane: Lane, a: int, b: int, part: Part = Part.WHOLE
) -> list[PointSums]:
    """The same sums, whole local days from the rollups and the rest from the runs."""
    raise NotImplementedError


def all_from_rollups(connection: Connection, scope: Scope, a: int, b: int) -> dict[LanePart, list[PointSums]]:
    """The same for all of figures.REPORTED at once, in one pass over the rollups; the lists have one order."""
    raise NotImplementedError


def of_windows(
    connection: Connection, windows: Sequence[Window], lane: Lane, part: Part = Part.WHOLE
) -> list[Totals]:
    """The exact sums of each window, in their order: for parts of a range, such as one device's time at a point.

    Takes windows of points that the caller may see: they came from a query with a scope.
    """
    raise NotImplementedError


def by_unit_and_day(
    connection: Connection,
    scope: Scope,
    lane: Lane,
    first_day: int,
    end_day: int,
    *,
    groups: Collection[UnitId] | None = None,
    part: Part = Part.WHOLE,
) -> list[UnitDay]:
    """Sums of units over the local days [first_day, end_day), from the rollups where there are any.

    groups: the units to add up to, each with all that hangs below it (a point is in two groups if they nest);
    None: each point's own unit. Ordered by unit and day; a unit without a point on a day has no row.
    """
    raise NotImplementedError


def exact_by_unit_and_day(
    connection: Connection,
    scope: Scope,
    lane: Lane,
    first_day: int,
    end_day: int,
    *,
    groups: Collection[UnitId] | None = None,
    part: Part = Part.WHOLE,
) -> list[UnitDay]:
    """The same from the runs alone: slow, and what the rollups are checked against."""
    raise NotImplementedError


def revision(connection: Connection, scope: Scope, first_day: int, end_day: int) -> int:
    """How often later results changed days of this range that were already added up.

    Grows with each such change: a report that stored it can tell whether a new revision is due.
    """
    raise NotImplementedError
