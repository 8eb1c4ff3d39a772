"""A backup is whole, taken while others write, and comes back; nothing is overwritten on the way."""

import shutil
import threading
from functools import partial
from pathlib import Path

import pytest
from tests.engines import empty_sqlite, postgresql_programs

from lenskeeper.base.errors import Conflict, Invalid, NotFound
from lenskeeper.journal.rows import announce, since
from lenskeeper.store.backup import backup, faults_of_file, restore
from lenskeeper.store.database import Store, open_store, parsed
from lenskeeper.store.errors import StoreUnavailable


def say(store: Store, word: str) -> None:
    store.write(partial(announce, at_s=0, room="test", fact="said", subject=word))


def said(url: str) -> list[str]:
    store = open_store(url)
    with store.read() as connection:
        words = [fact.subject for fact in since(connection, 0)]
    store.close()
    return words


def test_a_backup_taken_while_others_write_is_whole_and_comes_back(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if store.dialect == "postgresql":
        monkeypatch.setenv("PATH", str(postgresql_programs()), prepend=":")
    url = store.url.render_as_string(hide_password=False)
    say(store, "before")
    stop = threading.Event()

    def go_on() -> None:
        number = 0
        while not stop.wait(0.002):
            say(store, str(number := number + 1))

    writer = threading.Thread(target=go_on)
    writer.start()
    try:
        copy = backup(store.url, tmp_path / "copy")
    finally:
        stop.set()
        writer.join()
    say(store, "after")
    assert copy.size_bytes == copy.path.stat().st_size > 0
    store.close()
    aside = restore(copy.path, store.url)
    words = said(url)
    assert words[0] == "before"
    assert "after" not in words
    assert words[1:] == [str(n) for n in range(1, len(words))]
    if aside is not None:
        assert said(f"sqlite:///{aside}")[-1] == "after"


def test_a_backup_never_overwrites_a_file(tmp_path: Path) -> None:
    store = open_store(empty_sqlite(tmp_path / "a.db"))
    (tmp_path / "there").write_text("mine")
    with pytest.raises(Conflict, match="another file"):
        backup(store.url, tmp_path / "there")
    assert (tmp_path / "there").read_text() == "mine"
    with pytest.raises(NotFound, match="make it first"):
        backup(store.url, tmp_path / "nowhere" / "copy")
    store.close()


def test_half_a_backup_is_not_restored_and_nothing_changes(tmp_path: Path) -> None:
    url = empty_sqlite(tmp_path / "a.db")
    store = open_store(url)
    say(store, "kept")
    copy = backup(store.url, tmp_path / "copy.db").path
    whole = copy.read_bytes()
    copy.write_bytes(whole[: len(whole) // 2])
    store.close()
    assert faults_of_file(copy)
    with pytest.raises(Invalid, match="nothing was changed"):
        restore(copy, store.url)
    copy.write_text("not at all")
    with pytest.raises(Invalid, match="no SQLite file"):
        restore(copy, store.url)
    assert said(url) == ["kept"]


def test_without_the_servers_own_tools_the_cure_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    url = parsed("postgresql://nobody:word@127.0.0.1/none")
    with pytest.raises(StoreUnavailable, match="install the PostgreSQL client"):
        backup(url, tmp_path / "copy")
