"""Nothing takes the place of the books that is not a whole backup of lenskeeper; and what fails, changes nothing."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import partial
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import Connection, delete, text
from tests.engines import postgresql_programs, postgresql_server
from tests.founded import ENGINES, bare, founded

from lenskeeper.base.errors import Conflict, Invalid
from lenskeeper.journal.rows import announce, since
from lenskeeper.journal.schema import journal
from lenskeeper.store import programs as programs_of_server
from lenskeeper.store import restore as restoring
from lenskeeper.store.backup import backup
from lenskeeper.store.database import Store, open_store
from lenskeeper.store.errors import StoreTooNew, StoreUnavailable
from lenskeeper.store.marks import EPOCH, read_mark, set_mark
from lenskeeper.store.restore import DROP_ALL, restore

both = pytest.mark.parametrize("engine", ENGINES)


@pytest.fixture(autouse=True)
def programs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's own tools, of the server of these tests."""
    if "postgresql" in request.node.name:
        postgresql_server()
        monkeypatch.setenv("PATH", str(postgresql_programs()), prepend=":")


def say(store: Store, word: str) -> None:
    store.write(partial(announce, at_s=0, room="test", fact="said", subject=word))


def said(store: Store) -> list[str]:
    again = open_store(store.url.render_as_string(hide_password=False))
    with again.read() as connection:
        words = [fact.subject for fact in since(connection, 0)]
    again.close()
    return words


def nothing(_store: Store) -> None:
    """Settle nothing."""


def put_back(file: Path, store: Store, settle: Callable[[Store], None] = nothing) -> Path | None:
    store.close()
    return restore(file, store.url, settle=settle, aside_in=Path(file).parent)


def without(statement: str, store: Store, to: Path) -> Path:
    """A whole backup that lacks one thing."""
    store.write(lambda c: c.execute(text(statement)))
    return backup(store.url, to).path


@both
@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM mark", "DROP TABLE mark", "DELETE FROM alembic_version", "DROP TABLE alembic_version"],
)
def test_a_whole_database_that_is_not_lenskeepers_changes_nothing(
    engine: str, statement: str, tmp_path: Path
) -> None:
    strange = without(statement, founded(engine, tmp_path, "strange.db"), tmp_path / "strange")
    store = founded(engine, tmp_path)
    say(store, "kept")
    with pytest.raises(Invalid, match="no backup of lenskeeper, and nothing was changed"):
        put_back(strange, store)
    assert said(store) == ["kept"]


def test_an_sqlite_file_of_somebody_else_changes_nothing(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "theirs.db")) as theirs:
        theirs.execute("CREATE TABLE mark (colour)")
    store = founded("sqlite", tmp_path)
    say(store, "kept")
    with pytest.raises(Invalid, match="no backup of lenskeeper"):
        put_back(tmp_path / "theirs.db", store)
    assert said(store) == ["kept"]
    assert not list(tmp_path.glob("bare.db.*"))


@both
def test_a_backup_of_a_newer_lenskeeper_changes_nothing(engine: str, tmp_path: Path) -> None:
    newer = founded(engine, tmp_path, "newer.db")
    newer.write(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    copy = backup(newer.url, tmp_path / "copy").path
    store = founded(engine, tmp_path)
    say(store, "kept")
    with pytest.raises(StoreTooNew, match="install the newer"):
        put_back(copy, store)
    assert said(store) == ["kept"]


@both
def test_half_a_backup_is_not_restored_and_nothing_changes(engine: str, tmp_path: Path) -> None:
    store = founded(engine, tmp_path)
    say(store, "kept")
    copy = backup(store.url, tmp_path / "copy").path
    whole = copy.read_bytes()
    for part in (whole[: len(whole) // 2], whole[: len(whole) * 19 // 20], b"not at all", b""):
        copy.write_bytes(part)
        with pytest.raises(Invalid, match="nothing was changed"):
            put_back(copy, store)
    assert said(store) == ["kept"]


@both
def test_what_fails_after_the_backup_is_in_place_brings_the_present_database_back(
    engine: str, tmp_path: Path
) -> None:
    store = founded(engine, tmp_path)
    say(store, "before")
    copy = backup(store.url, tmp_path / "copy").path
    say(store, "after")

    def fails(restored: Store) -> None:
        say(restored, "half")
        raise StoreUnavailable("the lamp went out")

    with pytest.raises(StoreUnavailable, match="lamp"):
        put_back(copy, store, fails)
    assert said(store) == ["before", "after"]
    assert not list(tmp_path.glob("*.restoring*"))


@both
def test_a_table_of_a_newer_schema_does_not_survive_the_way_back(engine: str, tmp_path: Path) -> None:
    """The backup from before an upgrade goes over the upgraded database, whatever points to what."""
    store = founded(engine, tmp_path)
    say(store, "before")
    copy = backup(store.url, tmp_path / "before-upgrade").path

    def upgraded(connection: Connection) -> None:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.execute(text("CREATE TABLE newer (of_unit INTEGER REFERENCES unit (id))"))

    store.write(upgraded)
    aside = put_back(copy, store)
    assert aside is not None
    assert said(store) == ["before"]
    again = open_store(store.url.render_as_string(hide_password=False))
    with pytest.raises(Exception, match="newer"), again.read() as connection:
        connection.execute(text("SELECT * FROM newer"))
    again.close()


@both
def test_what_was_set_aside_can_itself_be_restored(engine: str, tmp_path: Path) -> None:
    store = founded(engine, tmp_path)
    copy = backup(store.url, tmp_path / "copy").path
    say(store, "after")
    first = put_back(copy, store, lambda s: s.write(lambda c: set_mark(c, EPOCH, "second")))
    assert first is not None
    assert said(store) == []
    second = put_back(first, store)
    assert second is not None
    assert second != first
    assert said(store) == ["after"]
    again = open_store(store.url.render_as_string(hide_password=False))
    with again.read() as connection:
        assert read_mark(connection, EPOCH) == "first"
    again.close()


def test_a_database_that_another_command_has_open_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restoring, "IN_USE_MS", 10)
    store = founded("sqlite", tmp_path)
    copy = backup(store.url, tmp_path / "copy").path
    say(store, "kept")
    other = open_store(store.url.render_as_string(hide_password=False))
    with pytest.raises(Conflict, match="in use by another"):
        put_back(copy, store)
    say(other, "and more")
    other.close()
    assert said(store) == ["kept", "and more"]


def test_a_damaged_database_is_replaced_and_lies_aside_as_it_was(tmp_path: Path) -> None:
    store = founded("sqlite", tmp_path)
    copy = backup(store.url, tmp_path / "copy").path
    store.close()
    place = tmp_path / "bare.db"
    place.write_bytes(b"\xff" * 10_000)
    aside = put_back(copy, store)
    assert aside is not None
    assert aside.read_bytes() == b"\xff" * 10_000
    assert said(store) == []


def test_a_disk_that_refuses_the_last_step_keeps_the_present_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = founded("sqlite", tmp_path)
    copy = backup(store.url, tmp_path / "copy").path
    say(store, "kept")
    rename = Path.replace

    def refused(self: Path, target: Path) -> Path:
        if self.name.endswith(".restoring"):
            raise OSError(5, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", refused)
    for links in (True, False):
        if not links:
            monkeypatch.setattr(Path, "hardlink_to", lambda *_: (_ for _ in ()).throw(OSError(1, "no links")))
        with pytest.raises(StoreUnavailable, match="nothing was changed"):
            put_back(copy, store)
        assert said(store) == ["kept"]
        assert not list(tmp_path.glob("*before-restore*"))


def test_a_copy_of_a_database_in_use_is_restored_with_what_its_log_holds(tmp_path: Path) -> None:
    store = founded("sqlite", tmp_path)
    say(store, "in the log")
    for name in ("bare.db", "bare.db-wal"):
        shutil.copyfile(tmp_path / name, tmp_path / name.replace("bare", "copy"))
    say(store, "later")
    put_back(tmp_path / "copy.db", store)
    assert said(store) == ["in the log"]


def test_tables_of_somebody_else_in_postgresql_are_not_dropped(tmp_path: Path) -> None:
    store = founded("postgresql", tmp_path)
    copy = backup(store.url, tmp_path / "copy").path
    store.close()
    store = bare("postgresql", tmp_path)
    store.write(lambda c: c.execute(text("CREATE TABLE theirs (number INTEGER)")))
    with pytest.raises(Conflict, match="not lenskeeper's"):
        put_back(copy, store)
    again = open_store(store.url.render_as_string(hide_password=False))
    with again.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM theirs")).scalar_one() == 0
    again.close()


def test_a_dump_of_postgresql_that_is_damaged_in_its_middle_is_not_begun_and_would_not_be_kept(
    tmp_path: Path,
) -> None:
    store = founded("postgresql", tmp_path)
    for number in range(300):
        say(store, "".join(sha256(f"{number} {part}".encode()).hexdigest() for part in range(80)))
    copy = backup(store.url, tmp_path / "copy").path
    store.write(lambda c: c.execute(delete(journal)))
    say(store, "kept")
    whole = bytearray(copy.read_bytes())
    middle = len(whole) // 2
    whole[middle : middle + 2_000] = bytes(2_000)
    copy.write_bytes(whole)
    assert origin_rows(copy, store) == [["0001"]]
    with pytest.raises(Invalid, match="nothing was changed"):
        put_back(copy, store)
    assert said(store) == ["kept"]
    with pytest.raises(StoreUnavailable):
        programs_of_server.replace_all(store.url, DROP_ALL, copy)
    assert said(store) == ["kept"]


def origin_rows(copy: Path, store: Store) -> list[list[str]]:
    return programs_of_server.rows_in(store.url, copy, ["alembic_version"])["alembic_version"]


def test_a_pg_restore_that_ends_badly_between_two_statements_of_postgresql_is_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = founded("postgresql", tmp_path)
    say(store, "kept")
    killed = tmp_path / "pg_restore"
    killed.write_text("#!/bin/sh\necho 'CREATE TABLE half (number INTEGER);'\nexit 1\n")
    killed.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(StoreUnavailable, match="pg_restore"):
        programs_of_server.replace_all(store.url, DROP_ALL, tmp_path / "copy")
    assert said(store) == ["kept"]
