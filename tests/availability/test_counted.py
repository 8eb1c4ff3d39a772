"""Whoever was ever booked is counted, by a closed run or an open one."""

import pytest
from sqlalchemy import Connection, Table, insert
from tests.register_kit import NOON, camera, city

from lenskeeper.availability.rows_counted import counted
from lenskeeper.availability.schema import run, standing
from lenskeeper.base.access import LOCAL_OPERATOR
from lenskeeper.inventory import rows_points
from lenskeeper.store.database import Store

RUN = {"lane": 2, "a": NOON - 60, "b": NOON, "state": 1, "look": 1}
STANDING = {
    "lane": 1, "state": 2, "since_s": NOON, "confirmed_s": NOON + 60, "held_s": NOON, "told_s": NOON, "look": 1,
    "last_look": 1,
}  # fmt: skip


@pytest.mark.parametrize(("table", "row"), [(run, RUN), (standing, STANDING)])
def test_a_point_is_counted_by_one_row_of_any_lane(store: Store, table: Table, row: dict[str, int]) -> None:
    def work(connection: Connection) -> None:
        city(connection, "City/North")
        points = [
            rows_points.add(connection, camera(n), actor=LOCAL_OPERATOR, now_s=NOON) for n in range(1, 4)
        ]
        connection.execute(insert(table).values(point_id=points[1], **row))
        assert counted(connection, points) == {points[1]}
        assert counted(connection, points[2:]) == frozenset()
        assert counted(connection, []) == frozenset()

    store.write(work)
