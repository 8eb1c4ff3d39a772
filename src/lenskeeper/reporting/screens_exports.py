"""What leaves as a file beside what the screens show: the addresses of cameras, for whoever may see them."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from lenskeeper.base.access import Scope
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_present import slices
from lenskeeper.inventory.rows_seen import seen_at
from lenskeeper.inventory.schema import installation


def addresses(
    connection: Connection, scope: Scope, points: Sequence[PointId], now_s: int
) -> dict[PointId, str]:
    """The addresses of what hangs at these cameras now, of those that may be seen; no password is in any."""
    out: dict[PointId, str] = {}
    for some in slices(points):
        rows = connection.execute(
            select(installation.c.point_id, installation.c.url)
            .where(installation.c.point_id.in_(some), installation.c.to_s.is_(None))
            .where(seen_at(scope, installation.c.point_id, now_s))
        )
        out |= {PointId(row.point_id): row.url for row in rows}
    return out
