"""What commands do to the register is whole, told to `serve`, and entered in the audit log."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lenskeeper.audit import rows as audit
from lenskeeper.base.access import ActorId, Scope
from lenskeeper.base.days import day_span
from lenskeeper.base.errors import Conflict, NotFound
from lenskeeper.base.secret import Secret
from lenskeeper.diagnosis.changes import Restart
from lenskeeper.diagnosis.kinds import Kind
from lenskeeper.house import cameras
from lenskeeper.house.home import Home, NewHome, make_home
from lenskeeper.house.keys import store_login
from lenskeeper.house.register import (
    REGISTER_CHANGED,
    SheetOrder,
    accept,
    check,
    commit,
    compare,
    surveyed,
    take_back,
    write_error_books,
)
from lenskeeper.house.switches import Stopped, lift, move, read_stopped, stop
from lenskeeper.inventory.rows_devices import Equipment
from lenskeeper.inventory.rows_takeover import owed
from lenskeeper.inventory.rows_watched import watched
from lenskeeper.journal.rows import since
from lenskeeper.probing.pacing import StopSwitch
from lenskeeper.probing.simulator.fleet import Ports, city
from lenskeeper.probing.simulator.sheet import CITY, write_sheet

BY = ActorId("local:tester")
CODE = "99010000001320000003"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = make_home(NewHome(tmp_path / "home", CITY, "Asia/Shanghai"))
    write_sheet(tmp_path / "city.csv", city(24, seed=2), Ports(), wrong=2)
    yield made
    made.store.close()


def order(home: Home) -> SheetOrder:
    return SheetOrder(home.folder.parent / "city.csv", "wgs84")


def acts(home: Home) -> list[str]:
    with home.store.read() as connection:
        return [entry.act for entry in audit.entries(connection, Scope.ALL)]


def told(home: Home) -> list[str]:
    with home.store.read() as connection:
        return [fact.subject for fact in since(connection, 0) if fact.fact == REGISTER_CHANGED]


def test_a_dry_run_writes_nothing_and_a_commit_parks_what_is_faulty(home: Home, tmp_path: Path) -> None:
    checked = check(home, order(home))
    assert (len(checked.good), len(checked.parked)) == (22, 2)
    assert told(home) == []
    _, imported = commit(home, order(home))
    assert imported is not None
    assert (imported.committed.created, imported.parked) == (22, 2)
    assert told(home) == ["import:1"]
    assert write_error_books(checked.parked, tmp_path / "wrong", "zh")
    with home.store.read() as connection:
        assert len(watched(connection, Scope.ALL, home.now_s())) == 22
    take_back(home, 1)
    with home.store.read() as connection:
        assert watched(connection, Scope.ALL, home.now_s()) == []


def test_the_same_sheet_again_differs_by_what_a_hand_corrected(home: Home) -> None:
    commit(home, order(home))
    cameras.correct(home, CODE, {"model": "MINE-1"}, BY)
    _, found = compare(home, order(home))
    (told_otherwise,) = [one for one in found.contradicting if one.field == "model"]
    assert (told_otherwise.register, told_otherwise.corrected) == ("MINE-1", True)
    commit(home, order(home))
    point, _ = cameras.hung(home, CODE)
    assert point.file.model == "MINE-1"


def test_a_swap_keeps_the_place_and_begins_its_picture_anew(home: Home) -> None:
    commit(home, order(home))
    before, _ = cameras.hung(home, CODE)
    cameras.swap(home, CODE, Equipment(make="New", serial="S-9"), BY)
    after, devices = cameras.hung(home, CODE)
    assert (after.point_id, after.file.url) == (before.point_id, before.file.url)
    assert [one.equipment.serial for one in devices][-1] == "S-9"
    assert "device.install" in acts(home)


def test_a_device_that_a_later_sheet_names_or_that_comes_back_begins_its_picture_anew(home: Home) -> None:
    commit(home, order(home))
    point, hanging = cameras.hung(home, CODE)
    table = home.folder.parent / "city.csv"
    table.write_text(table.read_text().replace(hanging[-1].equipment.serial, "S-9"))

    def begun_anew() -> list[str]:
        return [one.evidence.change.reason for one in cameras.picture_of(home, point.point_id).changes]

    assert begun_anew() == []
    _, swapped = commit(home, order(home))
    assert begun_anew() == [Restart.SWAPPED]
    commit(home, order(home))
    assert begun_anew() == [Restart.SWAPPED], "the same sheet once more says nothing new"
    assert swapped is not None
    undone = take_back(home, swapped.batch_id)
    assert undone.restored == 1, undone
    assert begun_anew() == [Restart.SWAPPED, Restart.SWAPPED]


def test_what_a_person_says_of_a_picture_is_recorded_and_nonsense_refused(home: Home) -> None:
    commit(home, order(home))
    cameras.excuse_kind(home, CODE, Kind.STRIPES, BY)
    cameras.accept_view(home, CODE, BY)
    with pytest.raises(Conflict, match="nothing about"):
        cameras.confirm_reference(home, CODE, BY)
    with pytest.raises(NotFound, match="whole code"):
        cameras.excuse_kind(home, "no such camera", Kind.STRIPES, BY)


def test_a_camera_moves_at_midnight_and_retires(home: Home) -> None:
    commit(home, order(home))
    cameras.move(home, CODE, f"{CITY}/水务局/滨江段", None, BY)
    cameras.retire(home, CODE, home.now_s(), BY)
    with home.store.read() as connection:
        ids = [w.point_id for w in watched(connection, Scope.ALL, home.now_s())]
    assert cameras.hung(home, CODE)[0].point_id not in ids


def test_a_unit_is_accepted_with_its_silent_cameras_as_backlog(home: Home) -> None:
    commit(home, order(home))
    assert {one.bucket.value for one in surveyed(home, Scope.ALL)} == {"not_looked_at"}
    day = 20_780
    done = accept(home, f"{CITY}/交通局", from_day=day, agreed_day=day + 60, document="7")
    assert done.from_s == day_span(day, "Asia/Shanghai")[0]
    assert done.backlog == {}  # nobody has looked yet, so nothing is known to be wrong
    with home.store.read() as connection:
        assert owed(connection, Scope.ALL) == []


def test_a_login_is_stored_sealed_and_changed_only_on_purpose(home: Home) -> None:
    store_login(home, "one", "operator", Secret("lamp-7"), replace=False)
    with pytest.raises(Conflict, match="change that one"):
        store_login(home, "one", "operator", Secret("lamp-8"), replace=False)
    store_login(home, "one", "operator", Secret("lamp-8"), replace=True)
    assert b"lamp" not in (home.folder / "lenskeeper.db").read_bytes()
    assert acts(home)[-2:] == ["credential.add", "credential.change"]


def test_the_stop_switch_is_kept_and_a_second_stop_lifts_nothing(home: Home) -> None:
    commit(home, order(home))
    zone = "视频专网"
    home.store.write(
        lambda c: stop(c, Stopped(pictures=True), "work on the core", actor=BY, now_s=home.now_s())
    )
    both = home.store.write(lambda c: stop(c, Stopped(zones=(zone,)), "", actor=BY, now_s=home.now_s()))
    assert both == Stopped(pictures=True, zones=(zone,))
    switch = StopSwitch(everything=True, sites={"old"})
    move(switch, both)
    assert (switch.everything, switch.pictures, switch.zones, switch.sites) == (False, True, {zone}, set())
    assert acts(home)[-1] == "stop_switch_moved"
    left = home.store.write(lambda c: lift(c, Stopped(zones=(zone,)), "", actor=BY, now_s=home.now_s()))
    assert left == Stopped(pictures=True)
    assert home.store.write(lambda c: lift(c, None, "", actor=BY, now_s=home.now_s())) == Stopped()


def test_a_misspelt_zone_is_not_taken_for_a_stopped_one(home: Home) -> None:
    commit(home, order(home))
    with pytest.raises(NotFound, match="nothing was stopped; there are: 视频专网"):
        home.store.write(lambda c: stop(c, Stopped(zones=("视频专往",)), "", actor=BY, now_s=home.now_s()))
    with home.store.read() as connection:
        assert read_stopped(connection) == Stopped()


def test_a_plan_that_is_read_again_takes_what_has_not_changed_from_the_plan_before(home: Home) -> None:
    commit(home, order(home))
    with home.store.read() as connection:
        before = watched(connection, Scope.ALL, home.now_s())
    cameras.correct(home, CODE, {"name": "another"}, BY)
    with home.store.read() as connection:
        after = watched(connection, Scope.ALL, home.now_s(), before=before)
    assert [new.name for old, new in zip(before, after, strict=True) if new is not old] == ["another"]
