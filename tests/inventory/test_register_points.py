"""Points registered, corrected and listed, as far as they may be seen."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection
from tests.register_kit import DAY, NOON, TZ, TakeBack, camera, city, commit

from lenskeeper.audit import rows as audit
from lenskeeper.base.access import LOCAL_OPERATOR, Scope
from lenskeeper.base.days import day_span
from lenskeeper.base.errors import Conflict, Invalid, NotAllowed, NotFound
from lenskeeper.inventory import rows_devices, rows_points, rows_snapshot, rows_watched
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_points import Filters
from lenskeeper.inventory.schema import credential, device, installation, point
from lenskeeper.store.database import Store
from lenskeeper.units.rows import tree

UNITS = ("City", "City/North", "City/North/Town", "City/South", "Railway")


def add(connection: Connection, number: int, unit: str = "City/North", **more: Any) -> PointId:
    return rows_points.add(connection, camera(number, unit, **more), actor=LOCAL_OPERATOR, now_s=NOON)


def change(connection: Connection, point_id: PointId, **values: Any) -> None:
    rows_points.change(connection, point_id, values, actor=LOCAL_OPERATOR, now_s=NOON)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    homes=st.lists(st.sampled_from(UNITS), min_size=5, max_size=9),
    roots=st.sampled_from(
        [{"City"}, {"City", "Railway"}, {"City/North"}, {"City/North/Town", "City"}, set()]
    ),
    limit=st.integers(1, 3),
    klass=st.sampled_from([None, None, 1, 2]),
    below=st.sampled_from([None, None, "City", "City/North"]),
)
def test_lists_pages_and_the_plan_show_what_a_slow_plain_filter_shows(
    store: Store, homes: list[str], roots: set[str], limit: int, klass: int | None, below: str | None
) -> None:
    def under(path: str, root: str) -> bool:
        return path == root or path.startswith(f"{root}/")

    def check(connection: Connection) -> None:
        ids = city(connection, *UNITS)
        for n, home in enumerate(homes):
            add(connection, n, home, name=f"same {n % 2}")
        plain = sorted(
            (f"same {n % 2}", f"{n:020d}")
            for n, home in enumerate(homes)
            if any(under(home, root) for root in roots)
            and klass in (None, 1 + n % 3)
            and (below is None or under(home, below))
        )
        scope = Scope(frozenset(ids[root] for root in roots))
        filters = Filters(klass=klass, unit_id=None if below is None else ids[below])
        seen: list[tuple[str, str]] = []
        after = None
        while True:
            page = rows_points.listed(connection, scope, filters, NOON, after=after, limit=limit)
            assert len(page.points) <= limit
            assert len(seen) <= len(homes)
            seen += [(p.file.name, p.file.code) for p in page.points]
            if (after := page.after) is None:
                break
        assert sorted(seen) == plain
        assert len(seen) == len(set(seen))
        if klass is None and below is None:
            assert len(rows_watched.watched(connection, scope, NOON)) == len(plain)
            assert len(rows_snapshot.files(connection, scope, NOON)) == len(plain)
            found = rows_points.find(connection, scope, [f"{n:020d}" for n in range(len(homes))], NOON)
            assert set(found) == {code for _, code in plain}
        raise TakeBack

    with pytest.raises(TakeBack):
        store.write(check)


def test_a_point_that_may_not_be_seen_is_not_found_whatever_is_asked_of_it(store: Store) -> None:
    def work(connection: Connection) -> None:
        ids = city(connection, *UNITS)
        point_id = add(connection, 1)
        scope = Scope(frozenset({ids["City/South"]}))
        held = rows_points.get(connection, Scope.ALL, point_id, NOON).device_id
        assert held is not None
        with pytest.raises(NotFound):
            rows_points.get(connection, scope, point_id, NOON)
        with pytest.raises(NotFound):
            rows_devices.history(connection, scope, point_id, NOON)
        with pytest.raises(NotFound):
            rows_devices.device_history(connection, scope, held, NOON)

    store.write(work)


def test_a_list_is_narrowed_by_words_equipment_service_and_what_is_declared(store: Store) -> None:
    def work(connection: Connection) -> None:
        city(connection, *UNITS)
        whole = {
            "place_kind": "road", "purpose": "p", "legal_basis": "l", "owner_department": "o", "contact": "0571-1",
        }  # fmt: skip
        add(connection, 1, name="100% bridge", **whole)
        add(connection, 2, address="bridge road", make="Bolt")
        three = add(connection, 3)
        rows_points.retire(connection, three, to_s=NOON + 1, actor=LOCAL_OPERATOR, now_s=NOON + 2)

        def numbers(**filters: Any) -> set[str]:
            page = rows_points.listed(connection, Scope.ALL, Filters(**filters), NOON + 2)
            return {p.file.code[-1] for p in page.points}

        assert numbers(words="bridge") == {"1", "2"}
        assert numbers(words="0% b") == {"1"}
        assert numbers(make="Bolt") == {"2"}
        assert numbers(model="M1") == {"1"}
        assert numbers(in_service=True) == {"1", "2"}
        assert numbers(in_service=False) == {"3"}
        assert numbers(declared=True) == {"1"}
        assert numbers(declared=False) == {"2", "3"}

    store.write(work)


def test_a_correction_reaches_point_device_and_address_and_is_entered_in_the_log(store: Store) -> None:
    def work(connection: Connection) -> None:
        city(connection, *UNITS)
        one, other = add(connection, 1), add(connection, 2)
        before = rows_points.get(connection, Scope.ALL, other, NOON)
        change(
            connection,
            one,
            klass=3,
            model="M9",
            url="rtsp://10.9.9.9/",
            hours=((0, 60),),
            picture_period_min=5,
        )
        now = rows_points.get(connection, Scope.ALL, one, NOON)
        assert (now.file.klass, now.file.model, now.file.url) == (3, "M9", "rtsp://10.9.9.9/")
        assert (now.file.hours, now.file.picture_period_min, now.revision) == (((0, 60),), 5, 1)
        assert rows_points.get(connection, Scope.ALL, other, NOON) == before
        corrected = rows_snapshot.corrections(connection, Scope.ALL, NOON)
        assert corrected == {one: {"klass", "model", "url", "hours", "picture_period_min"}}
        last = audit.entries(connection, Scope.ALL, subject=f"point:{one}")[-1]
        assert (last.act, last.actor) == ("point.change", LOCAL_OPERATOR)
        assert '"model":["M1","M9"]' in last.detail

    store.write(work)


@pytest.mark.parametrize(
    ("values", "error", "field"),
    [({"unit": "City"}, Invalid, "unit"), ({"colour": "red"}, Invalid, "colour"), ({"name": " "}, Invalid, "name"),
     ({"klass": 9}, Invalid, "klass"), ({"lon": 1.0}, Invalid, "lon"), ({"in_service_from": None}, Invalid, "in_service_from"),
     ({"credential": "nobody"}, NotFound, ""), ({"place_kind": "changing_room"}, NotAllowed, "")],
)  # fmt: skip
def test_a_wrong_correction_is_refused(
    store: Store, values: dict[str, Any], error: type[Exception], field: str
) -> None:
    def work(connection: Connection) -> None:
        city(connection, *UNITS)
        change(connection, add(connection, 1), **values)

    with pytest.raises(error) as refused:
        store.write(work)
    assert getattr(refused.value, "field", "") == field


@pytest.mark.parametrize(
    "kind", ["bedroom", "Changing Room", "locker-room", "ward", "女厕所", "学生宿舍", "病房", "浴室"]
)
def test_a_place_of_intimacy_cannot_be_registered(store: Store, kind: str) -> None:
    def work(connection: Connection) -> None:
        city(connection, *UNITS)
        add(connection, 1, place_kind=kind)

    with pytest.raises(NotAllowed, match="clause 9"):
        store.write(work)


def test_a_code_is_registered_once_by_hand_and_a_point_without_a_device_is_still_in_the_plan(
    store: Store,
) -> None:
    def work(connection: Connection) -> None:
        city(connection, *UNITS)
        point_id = add(connection, 1)
        with pytest.raises(Conflict, match="already"):
            add(connection, 1)
        rows_devices.remove(connection, point_id, at_s=NOON + 1, actor=LOCAL_OPERATOR, now_s=NOON + 1)
        (seen,) = rows_watched.watched(connection, Scope.ALL, NOON + 1)
        assert (seen.url, seen.device_id) == ("", None)
        with pytest.raises(Conflict, match="install the device first"):
            rows_points.change(
                connection, point_id, {"url": "rtsp://a/"}, actor=LOCAL_OPERATOR, now_s=NOON + 2
            )

    store.write(work)


def test_a_snapshot_knows_every_identity_and_only_the_units_that_may_be_seen(store: Store) -> None:
    def work(connection: Connection) -> None:
        ids = city(connection, *UNITS)
        one = add(connection, 1, channel="D1", mac="AA-BB-CC-00-11-22")
        two = add(connection, 2, "Railway")
        scope = Scope(frozenset({ids["Railway"]}))
        taken = rows_snapshot.snapshot(connection, scope, NOON, with_files=True)
        assert taken.codes == {camera(1).code: one, camera(2).code: two}
        assert taken.urls[(camera(1).url, "D1")] == one
        assert taken.macs == {("AA-BB-CC-00-11-22", "D1"): one}
        assert taken.serials == {("S1", "D1"): one, ("S2", ""): two}
        assert set(taken.units) == {"Railway"}
        assert set(taken.files) == {two}
        assert taken.files[two].unit == "Railway"

    store.write(work)


def test_the_register_has_no_column_for_a_person_or_a_picture() -> None:
    for table in (point, device, installation, credential):
        for column in table.columns:
            words = set(column.name.split("_"))
            assert not words & {
                "person",
                "holder",
                "administrator",
                "mobile",
                "picture",
                "image",
                "photo",
            } or (
                column.name == "picture_period_s"  # how often one is looked at, and none is kept
            )


def test_a_point_takes_the_zone_of_its_unit_and_its_unit_from_that_zones_midnight(store: Store) -> None:
    def work(connection: Connection) -> None:
        city(connection, *UNITS)
        point_id = add(connection, 1)
        assert rows_points.get(connection, Scope.ALL, point_id, NOON).tz == TZ
        assert rows_points.units_of(connection, point_id)[0][0] == day_span(DAY, TZ)[0]
        assert {u.tz for u in tree(connection, Scope.ALL)} == {TZ}
        assert commit(connection, camera(1))[1].unchanged == 1

    store.write(work)
