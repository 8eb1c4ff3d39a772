"""Declarations by batch, acceptance of units, and what they inherit."""

from typing import Any

import pytest
from sqlalchemy import Connection
from tests.register_kit import DAY, NOON, TZ, camera, city

from lenskeeper.base.access import LOCAL_OPERATOR, Scope
from lenskeeper.base.days import day_span
from lenskeeper.base.errors import Conflict, Invalid, NotAllowed, NotFound
from lenskeeper.inventory import rows_declarations, rows_points, rows_takeover
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_declarations import Declared
from lenskeeper.inventory.rows_takeover import Inherited
from lenskeeper.store.database import Store
from lenskeeper.units import rows as units

UNITS = ("City/North", "City/North/Town", "City/South")


def fleet(connection: Connection) -> list[PointId]:
    """Two cameras in the north, two in its town, two in the south."""
    city(connection, *UNITS)
    return [
        rows_points.add(connection, camera(n, UNITS[n // 2]), actor=LOCAL_OPERATOR, now_s=NOON)
        for n in range(6)
    ]


def declare(connection: Connection, what: Declared, **how: Any) -> rows_declarations.Outcome:
    how = {"document": "No. 12 (2024)", "actor": LOCAL_OPERATOR, "now_s": NOON, **how}
    return rows_declarations.declare(connection, what, **how)


def test_a_declaration_reaches_the_subtree_but_the_exceptions_and_a_later_one_wins(store: Store) -> None:
    def work(connection: Connection) -> None:
        points = fleet(connection)
        north = units.find(connection, Scope.ALL, "City/North")
        first = declare(
            connection,
            Declared(purpose="traffic", place_kind="road"),
            unit_id=north,
            exceptions=[camera(3).code],
        )
        second = declare(connection, Declared(purpose="flood"), codes=[camera(0).code, "9"])
        assert (first.points, second.points, second.unknown) == (3, 1, ("9",))
        seen = [rows_points.get(connection, Scope.ALL, p, NOON) for p in points]
        assert [p.file.purpose for p in seen] == ["flood", "traffic", "traffic", "", "", ""]
        assert [p.file.place_kind for p in seen] == ["road", "road", "road", "", "", ""]
        one, two = first.declaration_id, second.declaration_id
        assert [p.declaration_id for p in seen] == [two, one, one, None, None, None]
        assert rows_declarations.of_point(connection, Scope.ALL, points[0], NOON) == [one, two]
        kept = rows_declarations.get(connection, Scope.ALL, one)
        assert (kept.points_count, kept.exceptions, kept.unit_id) == (3, (camera(3).code,), north)
        assert [d.declaration_id for d in rows_declarations.listed(connection, Scope.ALL)] == [two, one]
        south = Scope(frozenset({units.find(connection, Scope.ALL, "City/South")}))
        with pytest.raises(NotFound):
            rows_declarations.get(connection, south, one)
        assert sum(rows_declarations.undeclared(connection, Scope.ALL, NOON).values()) == 6

    store.write(work)


@pytest.mark.parametrize(
    ("what", "how", "error", "names"),
    [(Declared(place_kind="changing room"), {"codes": [camera(0).code]}, NotAllowed, "clause 9"),
     (Declared(), {"codes": [camera(0).code]}, Invalid, "nothing is declared"),
     (Declared(purpose="p"), {}, Invalid, "not for both"),
     (Declared(purpose="p"), {"codes": [camera(0).code], "document": " "}, Invalid, "document"),
     (Declared(contact="13812345678"), {"codes": [camera(0).code]}, Invalid, "duty number"),
     (Declared(purpose="p"), {"codes": ["9"]}, NotFound, "no point is reached"),
     (Declared(purpose="p"), {"codes": [camera(0).code], "exceptions": ["8"]}, NotFound, "exceptions"),
     (Declared(purpose="p"), {"unit_id": 99}, NotFound, "no unit")],
)  # fmt: skip
def test_a_wrong_declaration_is_refused_and_names_the_cure(
    store: Store, what: Declared, how: dict[str, Any], error: type[Exception], names: str
) -> None:
    def work(connection: Connection) -> None:
        fleet(connection)
        declare(connection, what, **how)

    with pytest.raises(error, match=names):
        store.write(work)


def test_a_unit_is_accepted_with_all_below_from_its_midnight_and_its_faults_become_backlog(
    store: Store,
) -> None:
    def work(connection: Connection) -> None:
        points = fleet(connection)
        north = units.find(connection, Scope.ALL, "City/North")
        faulty = [Inherited(points[0], "long dead"), Inherited(points[2], "password refused", DAY + 30)]
        made = rows_takeover.accept(
            connection,
            north,
            from_day=DAY + 1,
            document="minutes 3",
            faulty=faulty,
            actor=LOCAL_OPERATOR,
            now_s=NOON,
        )
        begins = day_span(DAY + 1, TZ)[0]
        assert made.from_s == begins
        assert rows_takeover.accepted_at(connection, points, begins - 1) == set()
        assert rows_takeover.accepted_at(connection, points, begins) == set(points[:4])
        south = units.find(connection, Scope.ALL, "City/South")
        assert len(rows_takeover.acceptances(connection, Scope.ALL)) == 2
        open_now = rows_takeover.owed(connection, Scope.ALL)
        assert [(o.point_id, o.bucket, o.agreed_day) for o in open_now] == [
            (points[2], "password refused", DAY + 30), (points[0], "long dead", None),
        ]  # fmt: skip
        assert rows_takeover.owed(connection, Scope(frozenset({south}))) == []
        assert rows_takeover.agree(connection, points[:2], DAY + 9, actor=LOCAL_OPERATOR, now_s=NOON) == 1
        assert (
            rows_takeover.close(connection, [points[2]], "repaired", actor=LOCAL_OPERATOR, now_s=NOON + 9)
            == 1
        )
        assert [(o.point_id, o.agreed_day) for o in rows_takeover.owed(connection, Scope.ALL)] == [
            (points[0], DAY + 9)
        ]
        closed = [o for o in rows_takeover.owed(connection, Scope.ALL, still_open=False) if o.closed_s]
        assert [(o.closed_s, o.closed_because) for o in closed] == [(NOON + 9, "repaired")]

    store.write(work)


def test_a_unit_that_moves_keeps_its_acceptance_and_gains_none(store: Store) -> None:
    def work(connection: Connection) -> None:
        points = fleet(connection)
        north, town, south = (units.find(connection, Scope.ALL, path) for path in UNITS)
        rows_takeover.accept(connection, town, from_day=DAY, document="m", actor=LOCAL_OPERATOR, now_s=NOON)
        units.move(connection, town, south, actor=LOCAL_OPERATOR, now_s=NOON)
        units.move(connection, north, town, actor=LOCAL_OPERATOR, now_s=NOON)
        assert rows_takeover.accepted_at(connection, points, NOON) == set(points[2:4])
        with pytest.raises(Conflict, match="accepted already"):
            rows_takeover.accept(
                connection, town, from_day=DAY, document="m", actor=LOCAL_OPERATOR, now_s=NOON
            )
        with pytest.raises(Invalid, match="does not belong"):
            rows_takeover.accept(
                connection, north, from_day=DAY, document="m", faulty=[Inherited(points[5], "busy")],
                actor=LOCAL_OPERATOR, now_s=NOON,
            )  # fmt: skip

    store.write(work)
