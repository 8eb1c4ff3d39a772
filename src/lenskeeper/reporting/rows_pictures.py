"""How the pictures of a report's cameras stand when it is made."""

from collections import Counter
from collections.abc import Collection

from sqlalchemy import Connection, func, select

from lenskeeper.diagnosis.schema import picture_state
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_present import slices
from lenskeeper.reporting.report import PictureState


def pictures_now(connection: Connection, points: Collection[PointId]) -> list[PictureState]:
    """The cameras by word, the provisional and the flapping ones apart; together they are as many as points.

    Not diagnosis.rows.tallies: that counts what belongs to a scope at an instant, and a report's own cameras are those
    of its range. The points came from a query with a scope.
    """
    c = picture_state.c
    flapping = c.flapping_since_s.is_not(None).label("flapping")
    found: Counter[tuple[str, bool, bool]] = Counter()
    for ids in slices(sorted(points)):
        rows = connection.execute(
            select(c.word, c.is_provisional, flapping, func.count())
            .where(c.point_id.in_(ids))
            .group_by(c.word, c.is_provisional, flapping)
        )
        for word, provisional, flaps, count in rows:
            found[word, bool(provisional), bool(flaps)] += count
    if silent := len(points) - found.total():
        found["", False, False] = silent
    return [PictureState(*key, count) for key, count in sorted(found.items())]
