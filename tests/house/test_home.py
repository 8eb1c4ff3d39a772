"""An installation is made once, found where it lies, and never mistaken for another."""

import stat
from pathlib import Path

import pytest

from lenskeeper.base.errors import Conflict, Invalid, NotFound
from lenskeeper.house.home import NewHome, make_home, opened
from lenskeeper.house.upkeep import back_up_to, restore_from, verified
from lenskeeper.journal.rows import announce, since
from lenskeeper.leases.rows import take
from lenskeeper.store.errors import StoreUnavailable

PAGE_BYTES = 4096


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


def test_a_restore_brings_the_books_back_and_sets_the_present_ones_aside(tmp_path: Path) -> None:
    config = new(tmp_path / "a")
    with opened(config) as home:
        home.store.write(lambda c: announce(c, at_s=1, room="t", fact="before", subject=""))
        copy = back_up_to(home, None).path
        home.store.write(lambda c: announce(c, at_s=2, room="t", fact="after", subject=""))
    aside = restore_from(config, copy)
    assert aside is not None
    with opened(config) as home, home.store.read() as connection:
        assert [fact.fact for fact in since(connection, 0)] == ["before"]


def test_nothing_is_restored_under_a_running_serve(tmp_path: Path) -> None:
    config = new(tmp_path / "a")
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
