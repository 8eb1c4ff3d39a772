"""Which points the books know anything of: past figures rest on them."""

from collections.abc import Iterable
from itertools import islice
from typing import Final

from sqlalchemy import Connection, or_, select

from lenskeeper.availability.schema import run, standing
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.schema import point

POINTS_AT_ONCE: Final = 500  # of one statement; both engines take it


def counted(connection: Connection, point_ids: Iterable[PointId]) -> frozenset[PointId]:
    """Those of the points that were ever booked as up or down, by any lane."""
    ids = iter(sorted(set(point_ids)))
    found: set[PointId] = set()
    while piece := list(islice(ids, POINTS_AT_ONCE)):
        booked = or_(  # EXISTS and no join: a point has thousands of runs, and the first one is enough
            select(run.c.point_id).where(run.c.point_id == point.c.id).exists(),
            select(standing.c.point_id).where(standing.c.point_id == point.c.id).exists(),
        )
        query = select(point.c.id).where(point.c.id.in_(piece), booked)
        found |= {PointId(each) for each in connection.execute(query).scalars()}
    return frozenset(found)
