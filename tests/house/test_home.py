"""An installation is made once, found where it lies, and never mistaken for another."""

import stat
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, delete, inspect, make_url, text
from tests.engines import bare_postgresql, postgresql_programs
from tests.founded import ENGINES

from lenskeeper.audit.rows import entries
from lenskeeper.base.access import Scope
from lenskeeper.base.errors import Conflict, Invalid, NotFound
from lenskeeper.house.exercise import Exercise, make_exercise
from lenskeeper.house.home import EXERCISE_NOW, Home, NewHome, make_home, opened
from lenskeeper.house.settings import read_settings
from lenskeeper.house.upkeep import back_up_to, restore_from, verified
from lenskeeper.journal.rows import announce, since
from lenskeeper.leases.rows import take
from lenskeeper.store.database import open_store
from lenskeeper.store.errors import StoreUnavailable
from lenskeeper.store.marks import EPOCH, read_mark
from lenskeeper.store.migrate import bring_up
from lenskeeper.store.schema import mark
from lenskeeper.units.schema import unit, unit_closure, unit_parent

PAGE_BYTES = 4096


@pytest.fixture(params=ENGINES)
def url(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty database of either engine, with the programs of its server."""
    if request.param == "sqlite":
        return "sqlite:///lenskeeper.db"
    address = bare_postgresql()
    monkeypatch.setenv("PATH", str(postgresql_programs()), prepend=":")
    return address


def new(folder: Path, **more: str) -> Path:
    home = make_home(NewHome(folder, more.pop("organisation", "City"), more.pop("tz", "UTC"), **more))
    home.store.close()
    return folder / "lenskeeper.toml"


def test_an_installation_is_opened_from_anywhere_and_keeps_its_key_to_itself(tmp_path: Path) -> None:
    config = new(tmp_path / "a")
    with opened(config) as home:
        assert (home.exercise, home.tz(), home.folder) == ("", "UTC", tmp_path / "a")
        assert verified(home).faults == ()
    assert stat.S_IMODE((tmp_path / "a" / "lenskeeper.key").stat().st_mode) == 0o600


def test_a_second_one_in_the_same_folder_or_database_is_refused(tmp_path: Path) -> None:
    new(tmp_path / "a")
    with pytest.raises(Conflict, match="another folder"):
        new(tmp_path / "a")
    with pytest.raises(Conflict, match="another one"):
        new(tmp_path / "b", url=f"sqlite:///{tmp_path}/a/lenskeeper.db")


@pytest.mark.parametrize(("what", "value"), [("tz", "Peking"), ("organisation", " "), ("url", "mysql://x/y")])
def test_what_is_wrong_is_told_before_anything_is_made(tmp_path: Path, what: str, value: str) -> None:
    with pytest.raises(Invalid):
        new(tmp_path / "a", **{what: value})
    assert not (tmp_path / "a").exists()


def test_where_there_is_none_the_cure_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="lenskeeper init"), opened(tmp_path / "lenskeeper.toml"):
        pass
    config = new(tmp_path / "a")
    (tmp_path / "a" / "lenskeeper.db").unlink()
    with pytest.raises(NotFound, match="restore a backup"), opened(config):
        pass


def test_a_restore_brings_the_books_back_and_sets_the_present_ones_aside(tmp_path: Path, url: str) -> None:
    config = new(tmp_path / "a", url=url)
    with opened(config) as home:
        home.store.write(lambda c: announce(c, at_s=1, room="t", fact="before", subject=""))
        copy = back_up_to(home, None).path
        home.store.write(lambda c: announce(c, at_s=2, room="t", fact="after", subject=""))
        epoch = epoch_in(home)
    aside = restore_from(config, copy)
    assert aside is not None
    with opened(config) as home:
        with home.store.read() as connection:
            assert [fact.fact for fact in since(connection, 0)] == ["before"]
            acts = [entry.act for entry in entries(connection, Scope.ALL)]
        assert acts.count("database.restore") == 1
        assert epoch_in(home) != epoch
        assert verified(home).faults == ()
    assert restore_from(config, aside) is not None
    with opened(config) as home:
        with home.store.read() as connection:
            assert [fact.fact for fact in since(connection, 0)] == ["before", "after"]
        now_s = home.now_s()
        home.store.write(lambda c: take(c, "serve", "host:1", now_s=now_s, ttl_s=60))


def epoch_in(home: Home) -> str | None:
    with home.store.read() as connection:
        return read_mark(connection, EPOCH)


def test_a_restore_that_fails_lets_serve_begin_again(tmp_path: Path, url: str) -> None:
    config = new(tmp_path / "a", url=url)
    (tmp_path / "broken").write_text("no database")
    with pytest.raises(Invalid, match="nothing was changed"):
        restore_from(config, tmp_path / "broken")
    with opened(config) as home:
        now_s = home.now_s()
        home.store.write(lambda c: take(c, "serve", "host:1", now_s=now_s, ttl_s=60))


def test_a_damaged_database_can_be_replaced_by_a_backup(tmp_path: Path) -> None:
    config = new(tmp_path / "a")
    with opened(config) as home:
        copy = back_up_to(home, None).path
    (tmp_path / "a" / "lenskeeper.db").write_bytes(b"\xff" * PAGE_BYTES)
    assert restore_from(config, copy) is not None
    with opened(config) as home:
        assert verified(home).faults == ()


def test_no_schema_is_laid_over_a_database_that_is_not_lenskeepers(tmp_path: Path, url: str) -> None:
    theirs = open_store(url.replace("///", f"///{tmp_path}/") if "sqlite" in url else url)
    theirs.write(lambda c: c.execute(text("CREATE TABLE theirs (number INTEGER)")))
    place = theirs.url.render_as_string(hide_password=False)
    with pytest.raises(Conflict, match="database of its own"):
        new(tmp_path / "a", url=place)
    config = tmp_path / "b" / "lenskeeper.toml"
    config.parent.mkdir()
    config.write_text(f'[store]\nurl = "{place}"\n')
    with pytest.raises(Invalid, match="no database of lenskeeper"), opened(config):
        pass
    with theirs.read() as connection:
        assert inspect(connection).get_table_names() == ["theirs"]
    theirs.close()


def test_an_init_that_was_killed_half_way_can_be_typed_again(tmp_path: Path, url: str) -> None:
    place = url.replace("///", f"///{tmp_path}/") if "sqlite" in url else url
    half = open_store(place)
    bring_up(half, backup_to=None)
    half.close()
    with opened(new(tmp_path / "a", url=place)) as home:
        assert verified(home).faults == ()


def test_verify_tells_of_a_missing_epoch_and_a_missing_topmost_unit(tmp_path: Path, url: str) -> None:
    with opened(new(tmp_path / "a", url=url)) as home:
        home.store.write(lambda c: c.execute(delete(mark)))
        assert any("no epoch" in fault for fault in verified(home).faults)
        for table in (unit_closure, unit_parent, unit):
            home.store.write(partial(Connection.execute, statement=delete(table)))
        assert any("topmost unit" in fault for fault in verified(home).faults)


def test_a_password_in_the_address_is_kept_from_everybody_else(tmp_path: Path) -> None:
    address = make_url(bare_postgresql()).set(password="hush-hush")
    config = new(tmp_path / "a", url=address.render_as_string(hide_password=False))
    assert stat.S_IMODE(config.stat().st_mode) == 0o600
    with opened(config) as home:
        assert "hush-hush" not in repr(home)
        assert "hush-hush" not in repr(home.settings)
        assert "hush-hush" not in repr(home.store.url)
        assert "hush-hush" not in str(home.store.url)
    order = NewHome(tmp_path, "City", "UTC", address.render_as_string(hide_password=False))
    assert "hush-hush" not in repr(order)
    config.write_text('[store]\nuri = "postgresql://me:hush-hush@host/books"\n')
    with pytest.raises(Invalid) as told:
        read_settings(config)
    assert "store.uri" in str(told.value)
    assert "hush" not in str(told.value)


def test_nothing_is_restored_under_a_running_serve(tmp_path: Path, url: str) -> None:
    config = new(tmp_path / "a", url=url)
    with opened(config) as home:
        copy = back_up_to(home, tmp_path / "copy.db").path
        now_s = home.now_s()
        home.store.write(lambda c: take(c, "serve", "host:1", now_s=now_s, ttl_s=60))
    with pytest.raises(Conflict, match="host:1 does this already"):
        restore_from(config, copy)


def test_a_broken_file_is_told_by_verify(tmp_path: Path) -> None:
    config = new(tmp_path / "a")
    database = tmp_path / "a" / "lenskeeper.db"
    whole = bytearray(database.read_bytes())
    middle = len(whole) // 2 // PAGE_BYTES * PAGE_BYTES
    whole[middle : middle + PAGE_BYTES] = b"\xff" * PAGE_BYTES
    database.write_bytes(whole)
    try:
        with opened(config) as home:
            assert verified(home).faults
    except StoreUnavailable as told:
        assert "malformed" in str(told)  # noqa: PT017  either answer is right: which page was hit decides


def test_an_exercise_believes_the_time_it_is_told_and_a_real_fleet_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_exercise(tmp_path / "a", Exercise(cameras=13), tz="Asia/Shanghai", url="sqlite:///lenskeeper.db")
    monkeypatch.setenv(EXERCISE_NOW, "2026-10-05T08:00+08:00")
    with opened(tmp_path / "a" / "lenskeeper.toml") as home:
        assert home.now_s() == 1_791_158_400
    real = new(tmp_path / "b")
    with pytest.raises(Conflict, match="real"), opened(real):
        pass
    monkeypatch.setenv(EXERCISE_NOW, "2026-10-05T08:00")
    with pytest.raises(Invalid), opened(tmp_path / "a" / "lenskeeper.toml"):
        pass
