"""Which device and which unit a point has at any second: the register against a slow plain book."""

from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection
from tests.register_kit import DAY, NOON, TZ, TakeBack, camera, city

from lenskeeper.base.access import LOCAL_OPERATOR, Scope
from lenskeeper.base.days import day_span
from lenskeeper.base.errors import Conflict, Invalid, NotFound
from lenskeeper.inventory import rows_devices, rows_points, rows_watched
from lenskeeper.inventory.ids import DeviceId, PointId
from lenskeeper.inventory.rows_devices import Equipment, Mount
from lenskeeper.store.database import Store
from lenskeeper.units import rows as unit_rows
from lenskeeper.units.ids import UnitId

UNITS = ("City/North", "City/South", "City/Park")
HOUR = 3_600
ACTS = st.lists(
    st.tuples(
        st.sampled_from(["new", "rehang", "remove", "move", "retire"]),
        st.integers(0, 3),  # which point
        st.integers(0, 9),  # which device or unit
        st.integers(0, 30),  # hours later
    ),
    max_size=14,
)


@dataclass
class Book:
    """What was done, kept plainly: each act with its instant. Answers by reading all of it anew."""

    hung: list[tuple[int, PointId, DeviceId | None]] = field(default_factory=list)
    belongs: list[tuple[int, PointId, UnitId]] = field(default_factory=list)
    retired: dict[PointId, int] = field(default_factory=dict)

    def device(self, point: PointId, second: int) -> DeviceId | None:
        here: dict[PointId, DeviceId | None] = {}
        for at_s, place, what in self.hung:
            if at_s <= second:
                for other in [p for p, d in here.items() if what is not None and d == what]:
                    here[other] = None
                here[place] = what
        return here.get(point)

    def unit(self, point: PointId, second: int) -> UnitId | None:
        return next((u for at_s, p, u in reversed(self.belongs) if p == point and at_s <= second), None)


def act(
    connection: Connection, book: Book, step: tuple[str, int, int, int], points: list[PointId], now_s: int
) -> None:
    kind, which, other, _ = step
    point = points[which]
    devices = sorted({d for _, _, d in book.hung if d is not None})
    units = sorted({u for _, _, u in book.belongs})
    try:
        if kind == "new":
            made = rows_devices.swap(
                connection,
                point,
                Equipment(serial=f"N{now_s}"),
                at_s=now_s,
                actor=LOCAL_OPERATOR,
                now_s=now_s,
            )
            book.hung.append((now_s, point, made))
        elif kind == "rehang":
            moved = devices[other % len(devices)]
            rows_devices.install(connection, point, moved, at_s=now_s, actor=LOCAL_OPERATOR, now_s=now_s)
            book.hung.append((now_s, point, moved))
        elif kind == "remove":
            rows_devices.remove(connection, point, at_s=now_s, actor=LOCAL_OPERATOR, now_s=now_s)
            book.hung.append((now_s, point, None))
        elif kind == "move":
            unit = units[other % len(units)]
            from_s = rows_points.move(connection, point, unit, actor=LOCAL_OPERATOR, now_s=now_s)
            book.belongs.append((from_s, point, unit))
        elif point not in book.retired:
            rows_points.retire(connection, point, to_s=now_s, actor=LOCAL_OPERATOR, now_s=now_s)
            book.retired[point] = now_s
            book.hung.append((now_s, point, None))
    except Conflict:  # refused whole: the book has nothing of it either
        return


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=ACTS)
def test_at_any_second_a_point_has_the_device_and_the_unit_that_the_plain_book_says(
    store: Store, steps: list[tuple[str, int, int, int]]
) -> None:
    def check(connection: Connection) -> None:
        homes = city(connection, *UNITS)
        files = [camera(n, UNITS[n % 3]) for n in range(4)]
        points = [rows_points.add(connection, f, actor=LOCAL_OPERATOR, now_s=NOON) for f in files]
        book = Book()
        for n, point in enumerate(points):
            device = rows_points.get(connection, Scope.ALL, point, NOON).device_id
            book.hung.append((NOON, point, device))
            book.belongs.append((day_span(DAY, TZ)[0], point, homes[UNITS[n % 3]]))
        now_s, instants = NOON, [NOON - 1, NOON]
        for step in steps:
            now_s += step[3] * HOUR
            act(connection, book, step, points, now_s)
            instants += [now_s - 1, now_s, day_span(DAY + (now_s - NOON) // 86_400 + 1, TZ)[0]]
        for second in instants:
            seen = {w.point_id: w for w in rows_watched.watched(connection, Scope.ALL, second)}
            for point in points:
                serves = NOON <= second < book.retired.get(point, second + 1)
                assert (point in seen) == serves
                if serves:
                    assert seen[point].device_id == book.device(point, second)
                    assert seen[point].unit_id == book.unit(point, second)
        for point in points:
            told = rows_devices.history(connection, Scope.ALL, point, now_s)
            for one in told:
                end = one.to_s if one.to_s is not None else now_s + 1
                for second in (one.from_s, end - 1):
                    assert book.device(point, second) == one.device_id
        raise TakeBack

    with pytest.raises(TakeBack):
        store.write(check)


def test_a_swap_keeps_the_address_and_leaves_the_other_points_history_alone(store: Store) -> None:
    def work(connection: Connection) -> None:
        city(connection, *UNITS)
        one, other = (
            rows_points.add(connection, camera(n), actor=LOCAL_OPERATOR, now_s=NOON) for n in (1, 2)
        )
        before = rows_devices.history(connection, Scope.ALL, other, NOON)
        later = NOON + 10 * HOUR
        new = rows_devices.swap(
            connection,
            one,
            Equipment(make="Bolt", serial="B1"),
            at_s=later,
            actor=LOCAL_OPERATOR,
            now_s=later,
        )
        first, second = rows_devices.history(connection, Scope.ALL, one, later)
        assert (first.from_s, first.to_s, second.from_s, second.to_s) == (NOON, later, later, None)
        assert second.device_id == new
        assert second.mount.url == first.mount.url
        assert first.equipment.make == "Acme"
        assert rows_devices.history(connection, Scope.ALL, other, later) == before

    store.write(work)


def test_a_device_hung_elsewhere_is_closed_where_it_hung_and_takes_neither_class_nor_purpose_along(
    store: Store,
) -> None:
    def work(connection: Connection) -> None:
        city(connection, *UNITS)
        one, other = (
            rows_points.add(connection, camera(n, purpose=f"purpose {n}"), actor=LOCAL_OPERATOR, now_s=NOON)
            for n in (1, 2)
        )
        moved = rows_points.get(connection, Scope.ALL, one, NOON).device_id
        assert moved is not None
        later = NOON + HOUR
        mount = Mount(url="rtsp://10.9.9.9/live")
        rows_devices.install(connection, other, moved, mount, at_s=later, actor=LOCAL_OPERATOR, now_s=later)
        here = rows_points.get(connection, Scope.ALL, other, later)
        left = rows_points.get(connection, Scope.ALL, one, later)
        assert (here.device_id, here.file.purpose, here.file.klass, here.file.serial) == (
            moved,
            "purpose 2",
            3,
            "S1",
        )
        assert (left.device_id, left.file.purpose, left.file.url) == (None, "purpose 1", "")
        places = rows_devices.device_history(connection, Scope.ALL, moved, later)
        assert [(p.point_id, p.from_s, p.to_s) for p in places] == [(one, NOON, later), (other, later, None)]

    store.write(work)


def test_acts_that_would_change_the_past_are_refused_whole(store: Store) -> None:
    def work(connection: Connection) -> None:
        homes = city(connection, *UNITS)
        point = rows_points.add(connection, camera(1), actor=LOCAL_OPERATOR, now_s=NOON)
        new = Equipment(serial="X")
        for at_s, wrong in ((NOON, Conflict), (NOON - 1, Conflict), (NOON + HOUR + 1, Invalid)):
            with pytest.raises(wrong):
                rows_devices.swap(connection, point, new, at_s=at_s, actor=LOCAL_OPERATOR, now_s=NOON + HOUR)
        with pytest.raises(NotFound):
            rows_devices.install(
                connection, point, DeviceId(999), at_s=NOON + 1, actor=LOCAL_OPERATOR, now_s=NOON + 1
            )
        assert len(rows_devices.history(connection, Scope.ALL, point, NOON)) == 1
        with pytest.raises(Conflict, match="later day"):
            rows_points.move(
                connection, point, homes["City/Park"], from_day=DAY - 1, actor=LOCAL_OPERATOR, now_s=NOON
            )
        with pytest.raises(Conflict, match="retire it after"):
            rows_points.retire(connection, point, to_s=NOON - 1, actor=LOCAL_OPERATOR, now_s=NOON)
        rows_points.retire(connection, point, to_s=NOON + 5, actor=LOCAL_OPERATOR, now_s=NOON + 9)
        with pytest.raises(Conflict, match="retired"):
            rows_devices.swap(connection, point, new, at_s=NOON + 8, actor=LOCAL_OPERATOR, now_s=NOON + 9)

    store.write(work)


def test_a_point_changes_units_at_a_local_midnight_also_where_days_have_23_hours(store: Store) -> None:
    def work(connection: Connection) -> None:
        homes = city(connection, "City/North")
        berlin = unit_rows.add(connection, name="Berlin", tz="Europe/Berlin", actor=LOCAL_OPERATOR, now_s=0)
        now_s = 1_711_800_000  # 2024-03-30 13:00 in Berlin; the night after has 23 hours
        point = rows_points.add(
            connection, camera(1, unit=""), unit_id=berlin, actor=LOCAL_OPERATOR, now_s=now_s
        )
        first = rows_points.move(connection, point, homes["City/North"], actor=LOCAL_OPERATOR, now_s=now_s)
        assert first == 1_711_839_600  # 2024-03-31 00:00 +01:00
        second = rows_points.move(connection, point, berlin, actor=LOCAL_OPERATOR, now_s=first + HOUR)
        assert second - first == 23 * HOUR
        assert rows_points.units_of(connection, point) == [
            (1_711_753_200, first, berlin),
            (first, second, homes["City/North"]),
            (second, None, berlin),
        ]

    store.write(work)
