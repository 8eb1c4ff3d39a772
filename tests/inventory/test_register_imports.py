"""Sheets committed to the register and taken back."""

import dataclasses
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select
from tests.register_kit import DAY, NOON, TZ, TakeBack, camera, city, commit

from lenskeeper.audit import rows as audit
from lenskeeper.base.access import LOCAL_OPERATOR, Scope
from lenskeeper.base.days import day_span
from lenskeeper.base.errors import Conflict, Invalid, NotAllowed, NotFound
from lenskeeper.inventory import (
    rows_batches,
    rows_declarations,
    rows_devices,
    rows_points,
    rows_snapshot,
    rows_sources,
    rows_undo,
    rows_watched,
)
from lenskeeper.inventory.camera_file import CameraFile
from lenskeeper.inventory.checking import ParkedRow
from lenskeeper.inventory.faults import RowFault, Why
from lenskeeper.inventory.ids import BatchId, PointId
from lenskeeper.inventory.rows_devices import Equipment
from lenskeeper.inventory.schema import import_change, installation, membership, point
from lenskeeper.store.database import Store
from lenskeeper.units import rows as units

LATER = NOON + 3_600


def files_now(connection: Connection, now_s: int = NOON) -> dict[str, CameraFile]:
    found = rows_snapshot.files(connection, Scope.ALL, now_s)
    return {file.code: file for file in found.values()}


def undo(connection: Connection, batch: BatchId, now_s: int = LATER) -> rows_undo.Undone:
    return rows_undo.undo(connection, batch, actor=LOCAL_OPERATOR, now_s=now_s)


def state(connection: Connection, now_s: int) -> list[object]:
    """All that an undo must bring back: files, places of devices, memberships, counts of changes."""
    alive = select(point.c.id, point.c.revision).where(point.c.withdrawn_s.is_(None)).order_by(point.c.id)
    hung = select(installation).order_by(installation.c.point_id, installation.c.from_s)
    members = select(membership).order_by(membership.c.point_id, membership.c.from_s)
    tables = [[tuple(row) for row in connection.execute(query)] for query in (alive, hung, members)]
    return [rows_snapshot.files(connection, Scope.ALL, now_s), *tables]


FULL = camera(
    7,
    common_name="by the bridge",
    civil_code="330106",
    ipv4="10.0.0.8",
    mac="AA-BB-CC-00-11-22",
    camera_type="3",
    function_type="99",
    light="2",
    codec="H.265",
    address="1 Lake Road",
    lon=120.16,
    lat=30.25,
    src_crs="gcj02",
    src_x=120.164678,
    src_y=30.24766,
    position_type="0020101",
    direction=5,
    networked=True,
    police_unit="330106000000",
    install_date=date(2020, 2, 29),
    managing_unit="Roads Office",
    contact="0571-12345678",
    retention_days=30,
    status=1,
    owner_department="Roads",
    still_url="http://10.0.0.8/still.jpg",
    channel="D1",
    pole="P7",
    feeder="F1",
    switch="W1",
    mount_height_m=6.5,
    permit="lane",
    night_only=True,
    uplink="L1",
    site="S1",
    zone="Z1",
    warranty_until=date(2027, 1, 1),
    lease_until=date(2028, 1, 1),
    in_service_from=date(2024, 1, 1),
    in_service_to=date(2030, 1, 1),
    dark_by_design=((0, 19_800), (79_200, 86_400)),
    hours=((28_800, 64_800),),
    passive_only=True,
    budget_mb_month=500,
    picture_period_min=15,
    place_kind="road",
    purpose="traffic",
    legal_basis="Decree 799",
)


def test_every_value_of_a_file_comes_back_as_the_sheet_gave_it(store: Store) -> None:
    silent = {f.name for f in dataclasses.fields(CameraFile) if getattr(FULL, f.name) == f.default}
    assert silent == {"ipv6", "credential"}  # the test must know every other one
    store.write(lambda c: commit(c, FULL, camera(8)))
    with store.read() as connection:
        back = files_now(connection)
    assert back[FULL.code] == FULL
    plain = camera(8, in_service_from=date(2024, 10, 4))
    assert back[plain.code] == plain


def test_an_imported_camera_counts_from_its_day_and_belongs_to_its_unit_from_that_midnight(
    store: Store,
) -> None:
    def work(connection: Connection) -> None:
        commit(connection, FULL, camera(8), camera(9, status=3))
        begun = day_span(19_723, TZ)[0]  # 2024-01-01
        early = rows_watched.watched(connection, Scope.ALL, begun)
        assert [w.name for w in early] == ["crossing 7"]
        assert early[0].device_id is not None
        assert early[0].unit_id == units.find(connection, Scope.ALL, "City/North")
        assert (early[0].hours, early[0].passive_only, early[0].picture_period_s) == (
            ((28_800, 64_800),),
            True,
            900,
        )
        # 8 told no day: it counts from the import on. 9 was taken down before: it never counts.
        assert {w.name for w in rows_watched.watched(connection, Scope.ALL, NOON - 1)} == {"crossing 7"}
        assert {w.name for w in rows_watched.watched(connection, Scope.ALL, NOON)} == {
            "crossing 7",
            "crossing 8",
        }

    store.write(work)


@pytest.mark.parametrize(
    ("policy", "created", "updated", "skipped", "names"),
    [
        ("create", 2, 0, 0, ["new name", "old name"]),
        ("update", 1, 1, 0, ["new name"]),
        ("skip", 1, 0, 1, ["old name"]),
    ],
)
def test_a_duplicate_is_treated_as_the_operator_chose(
    store: Store, policy: str, created: int, updated: int, skipped: int, names: list[str]
) -> None:
    def work(connection: Connection) -> None:
        commit(connection, camera(1, name="old name"))
        _, done = commit(connection, camera(1, name="new name"), camera(2), now_s=LATER, policy=policy)
        assert (done.created, done.updated, done.skipped) == (created, updated, skipped)
        page = rows_points.listed(connection, Scope.ALL, rows_points.Filters(words="name"), LATER)
        assert sorted(p.file.name for p in page.points) == names

    store.write(work)


def test_a_later_sheet_never_overwrites_what_was_corrected_or_declared(store: Store) -> None:
    def work(connection: Connection) -> None:
        commit(connection, camera(1, contact="0571-1"), camera(2))
        (one,) = rows_points.find(connection, Scope.ALL, [camera(1).code], NOON)[camera(1).code]
        rows_points.change(
            connection,
            one,
            {"address": "the true one", "url": "rtsp://10.3.3.3/a"},
            actor=LOCAL_OPERATOR,
            now_s=NOON,
        )
        rows_declarations.declare(
            connection, rows_declarations.Declared(purpose="traffic"), document="No. 5",
            codes=[camera(1).code], actor=LOCAL_OPERATOR, now_s=NOON,
        )  # fmt: skip
        sheet = camera(1, name="another", address="the sheet's", contact="0571-2", purpose="other")
        _, done = commit(connection, sheet, camera(2), now_s=LATER)
        assert (done.updated, done.unchanged) == (1, 1)
        assert {(c.row, c.field, c.kept, c.sheet) for c in done.contradictions} == {
            (2, "address", "the true one", "the sheet's"),
            (2, "url", "rtsp://10.3.3.3/a", sheet.url),
            (2, "purpose", "traffic", "other"),
            (2, "contact", "0571-1", "0571-2"),
        }
        now = rows_points.get(connection, Scope.ALL, one, LATER).file
        assert (now.name, now.address, now.url, now.purpose) == (
            "another", "the true one", "rtsp://10.3.3.3/a", "traffic",
        )  # fmt: skip
        rows_sources.release(connection, one, ["address"], actor=LOCAL_OPERATOR, now_s=LATER)
        commit(connection, sheet, now_s=LATER + 1)
        assert rows_points.get(connection, Scope.ALL, one, LATER + 1).file.address == "the sheet's"

    store.write(work)


def test_another_serial_number_is_another_device_and_another_unit_begins_at_midnight(store: Store) -> None:
    def work(connection: Connection) -> None:
        homes = city(connection, "City/North", "City/South")
        commit(connection, camera(1))
        sheet = camera(1, unit="City/South", serial="T1", model="New")
        _, done = commit(connection, sheet, now_s=LATER)
        assert (done.swapped, done.moved) == (1, 1)
        (one,) = rows_points.find(connection, Scope.ALL, [sheet.code], LATER)[sheet.code]
        first, second = rows_devices.history(connection, Scope.ALL, one, LATER)
        assert (first.equipment.serial, first.to_s) == ("S1", LATER)
        assert (second.equipment.serial, second.equipment.model, second.mount.url) == ("T1", "New", sheet.url)
        midnight = day_span(DAY + 1, TZ)[0]
        assert [row[1:] for row in rows_points.units_of(connection, one)] == [
            (midnight, homes["City/North"]),
            (None, homes["City/South"]),
        ]

    store.write(work)


def test_two_cameras_that_changed_places_keep_their_devices_apart(store: Store) -> None:
    def work(connection: Connection) -> None:
        commit(connection, camera(1), camera(2), camera(3))
        before = {f.serial: p for p, f in rows_snapshot.files(connection, Scope.ALL, NOON).items()}
        devices = {s: rows_points.get(connection, Scope.ALL, p, NOON).device_id for s, p in before.items()}
        # 1 and 2 changed places; 4 is new and has the device of 3, of which the sheet does not speak.
        commit(
            connection, camera(1, serial="S2"), camera(2, serial="S1"), camera(4, serial="S3"), now_s=LATER
        )
        after = {p: rows_points.get(connection, Scope.ALL, p, LATER) for p in before.values()}
        assert after[before["S1"]].device_id == devices["S2"]
        assert after[before["S2"]].device_id == devices["S1"]
        assert after[before["S3"]].device_id is None
        (new,) = rows_points.find(connection, Scope.ALL, [camera(4).code], LATER)[camera(4).code]
        assert rows_points.get(connection, Scope.ALL, new, LATER).device_id == devices["S3"]

    store.write(work)


CHANGES = st.lists(
    st.tuples(
        st.integers(1, 5),
        st.fixed_dictionaries(
            {},
            optional={
                "name": st.sampled_from(["a", "b"]),
                "serial": st.sampled_from(["S1", "S2", "S3", "X"]),
                "mac": st.sampled_from(["AA-BB-CC-00-11-22", "AA-BB-CC-00-11-23"]),
                "url": st.sampled_from(["rtsp://10.8.0.1/", "rtsp://10.8.0.2/"]),
                "unit": st.sampled_from(["City/South", "City/New"]),
                "hours": st.just(((0, 3_600),)),
            },
        ),
    ),
    max_size=5,
    unique_by=lambda change: change[0],
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=CHANGES, second=CHANGES)
def test_undoing_sheets_in_turn_brings_back_what_was_before_each(
    store: Store, first: list[tuple[int, dict[str, Any]]], second: list[tuple[int, dict[str, Any]]]
) -> None:
    def check(connection: Connection) -> None:
        city(connection, "City/South")
        commit(connection, camera(1), camera(2), camera(3))
        states, batches, now_s = [state(connection, LATER + 20)], [], LATER
        for sheet in (first, second):
            now_s += 10
            batch, _ = commit(connection, *(camera(n, **more) for n, more in sheet), now_s=now_s)
            batches.append(batch)
            states.append(state(connection, LATER + 20))
        for batch in reversed(batches):
            states.pop()
            done = undo(connection, batch, LATER + 20)
            assert done.left == ()
            assert state(connection, LATER + 20) == states[-1]
            with pytest.raises(Conflict, match="undone already"):
                undo(connection, batch)
        assert audit.verify(connection).broken_at is None
        raise TakeBack

    with pytest.raises(TakeBack):
        store.write(check)


def test_an_undo_leaves_what_somebody_changed_since_and_names_it(store: Store) -> None:
    def work(connection: Connection) -> None:
        batch, _ = commit(connection, *(camera(n) for n in range(1, 6)))
        points = {f.code[-1]: p for p, f in rows_snapshot.files(connection, Scope.ALL, NOON).items()}
        rows_points.change(connection, points["1"], {"address": "x"}, actor=LOCAL_OPERATOR, now_s=LATER)
        rows_devices.swap(connection, points["2"], Equipment(), at_s=LATER, actor=LOCAL_OPERATOR, now_s=LATER)
        rows_declarations.declare(
            connection, rows_declarations.Declared(purpose="p"), document="d", codes=[camera(3).code],
            actor=LOCAL_OPERATOR, now_s=LATER,
        )  # fmt: skip
        done = undo(connection, batch)
        assert (done.withdrawn, done.restored) == (2, 0)
        assert [(left.row, left.point_id) for left in done.left] == [
            (2, points["1"]),
            (3, points["2"]),
            (4, points["3"]),
        ]
        assert all(left.why == "somebody changed it since" for left in done.left)
        assert rows_batches.batch(connection, batch).undone_s is None
        assert {w.point_id for w in rows_watched.watched(connection, Scope.ALL, LATER)} == {
            points[n] for n in "123"
        }
        with pytest.raises(NotFound):
            rows_points.get(connection, Scope.ALL, points["4"], LATER)
        # Its code is free again, and its id is not.
        _, again = commit(connection, camera(4), now_s=LATER)
        assert again.created == 1
        assert max(rows_snapshot.files(connection, Scope.ALL, LATER)) > points["5"]

    store.write(work)


def test_a_former_device_that_hangs_elsewhere_by_now_keeps_its_row_from_being_undone(store: Store) -> None:
    def work(connection: Connection) -> None:
        commit(connection, camera(1), camera(2))
        points = {f.code[-1]: p for p, f in rows_snapshot.files(connection, Scope.ALL, NOON).items()}
        old = rows_points.get(connection, Scope.ALL, points["1"], NOON).device_id
        assert old is not None
        batch, _ = commit(connection, camera(1, serial="T1"), now_s=LATER)
        rows_devices.install(
            connection, points["2"], old, at_s=LATER + 1, actor=LOCAL_OPERATOR, now_s=LATER + 1
        )
        done = undo(connection, batch, LATER + 2)
        assert [left.why for left in done.left] == ["its former device hangs elsewhere now"]

    store.write(work)


def test_past_figures_keep_their_points_and_units_when_an_import_is_undone(store: Store) -> None:
    def work(connection: Connection) -> None:
        city(connection, "City/South")
        commit(connection, camera(1), camera(2))
        points = {f.code[-1]: p for p, f in rows_snapshot.files(connection, Scope.ALL, NOON).items()}
        batch, _ = commit(
            connection, camera(1, unit="City/South"), camera(2, model="M9"), camera(3), camera(4), now_s=LATER
        )
        points = {f.code[-1]: p for p, f in rows_snapshot.files(connection, Scope.ALL, LATER).items()}
        assert set(rows_batches.points_of(connection, batch)) == set(points.values())
        two_days_on = LATER + 2 * 86_400
        done = rows_undo.undo(
            connection,
            batch,
            keep={points["1"], points["2"], points["3"]},
            actor=LOCAL_OPERATOR,
            now_s=two_days_on,
        )
        assert (done.withdrawn, done.restored) == (1, 1)
        assert [(left.point_id, left.why) for left in done.left] == [
            (points["1"], "it has been counted in its new unit: move it by hand"),
            (points["3"], "it has been counted: retire it instead"),
        ]
        files = rows_snapshot.files(connection, Scope.ALL, two_days_on)
        assert {f.code[-1]: (f.unit, f.model) for f in files.values()} == {
            "1": ("City/South", "M1"), "2": ("City/North", "M2"), "3": ("City/North", "M3"),
        }  # fmt: skip
        assert rows_batches.points_of(connection, batch) == [points["1"], points["3"]]

    store.write(work)


def test_a_move_that_has_not_taken_effect_is_undone_though_its_point_is_counted(store: Store) -> None:
    def work(connection: Connection) -> None:
        city(connection, "City/South")
        commit(connection, camera(1))
        batch, _ = commit(connection, camera(1, unit="City/South"), now_s=LATER)
        (point_id,) = rows_batches.points_of(connection, batch)
        done = rows_undo.undo(connection, batch, keep={point_id}, actor=LOCAL_OPERATOR, now_s=LATER + 1)
        assert (done.restored, done.left) == (1, ())

    store.write(work)


def test_faulty_rows_are_kept_until_the_import_is_undone(store: Store) -> None:
    row = ParkedRow(
        9, "Roads", {"设备编码": "1", "高度": 2.5}, (RowFault(9, "设备编码", "1", Why.CODE_LENGTH),)
    )

    def work(connection: Connection) -> None:
        batch, _ = commit(connection, camera(1))
        rows_batches.park(connection, batch, [row], actor=LOCAL_OPERATOR)
        assert rows_batches.parked(connection, Scope.ALL, batch) == [row]
        assert rows_batches.parked(connection, Scope(frozenset({1})), batch) == []
        assert rows_batches.batches(connection, Scope.ALL)[0].parked_count == 1
        undo(connection, batch)
        assert rows_batches.parked(connection, Scope.ALL, batch) == []

    store.write(work)


def test_a_wrong_commit_writes_nothing(store: Store) -> None:
    wrong: list[tuple[CameraFile, str, type[Exception]]] = [
        (camera(2, place_kind="女更衣室"), "update", NotAllowed),
        (camera(2, credential="nobody"), "update", NotFound),
        (camera(2, unit=""), "update", Invalid),
        (camera(2), "merge", Invalid),
    ]
    for file, policy, error in wrong:
        with pytest.raises(error):
            store.write(lambda c, f=file, p=policy: commit(c, camera(1), f, policy=p))  # type: ignore[misc]
    with store.read() as connection:
        assert connection.execute(select(point)).all() == []
        assert connection.execute(select(import_change)).all() == []


def test_rows_about_one_camera_twice_and_rows_registered_meanwhile_make_no_second_point(store: Store) -> None:
    def work(connection: Connection) -> None:
        commit(connection, camera(1, code=""))
        _, done = commit(connection, camera(1, code=""), camera(2), camera(2), now_s=LATER)
        assert (done.created, done.unchanged, done.repeated) == (1, 1, (4,))
        batch = rows_batches.open_batch(connection, source="x", actor=LOCAL_OPERATOR, now_s=LATER)
        assert rows_batches.batch(connection, batch).created_count == 0
        assert PointId(1) in rows_snapshot.files(connection, Scope.ALL, LATER)

    store.write(work)
