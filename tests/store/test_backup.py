"""A backup is whole, taken while others write, and comes back; nothing is overwritten on the way."""

import shutil
import threading
from functools import partial
from pathlib import Path

import pytest
from tests.engines import empty_sqlite, postgresql_programs
from tests.founded import founded

from lenskeeper.base.errors import Conflict, NotFound
from lenskeeper.journal.rows import announce, since
from lenskeeper.store.address import parsed
from lenskeeper.store.backup import backup
from lenskeeper.store.database import Store, open_store
from lenskeeper.store.errors import StoreUnavailable
from lenskeeper.store.restore import restore


def say(store: Store, word: str) -> None:
    store.write(partial(announce, at_s=0, room="test", fact="said", subject=word))


def said(url: str) -> list[str]:
    store = open_store(url)
    with store.read() as connection:
        words = [fact.subject for fact in since(connection, 0)]
    store.close()
    return words


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_backup_taken_while_others_write_is_whole_and_comes_back(
    engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = founded(engine, tmp_path)
    if engine == "postgresql":
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
    aside = restore(copy.path, store.url, settle=lambda _store: None, aside_in=tmp_path)
    words = said(url)
    assert words[0] == "before"
    assert "after" not in words
    assert words[1:] == [str(n) for n in range(1, len(words))]
    assert aside is not None
    if engine == "sqlite":
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


def test_without_the_servers_own_tools_the_cure_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    url = parsed("postgresql://nobody:word@127.0.0.1/none")
    with pytest.raises(StoreUnavailable, match="install the PostgreSQL client"):
        backup(url, tmp_path / "copy")
