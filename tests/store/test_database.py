"""One transaction at a time, whole or not at all, on both engines."""

import resource
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, func, insert, select, text
from tests.engines import bare_postgresql, empty_postgresql, empty_sqlite

from lenskeeper.base.errors import Invalid
from lenskeeper.journal.rows import announce, since
from lenskeeper.journal.schema import journal
from lenskeeper.store.database import READERS_MAX, Store, open_store
from lenskeeper.store.errors import StoreFull, StoreUnavailable
from lenskeeper.store.statements import greatest, least

CURE = r"free space, or raise the limit on file sizes \(ulimit -f\)"


def say(connection: Connection, subject: str) -> None:
    announce(connection, at_s=0, room="test", fact="said", subject=subject)


def subjects(store: Store) -> list[str]:
    with store.read() as connection:
        return [fact.subject for fact in since(connection, 0)]


def test_what_is_written_can_be_read(store: Store) -> None:
    store.write(lambda c: say(c, "one"))
    store.write(lambda c: say(c, "two"), durable=True)
    assert subjects(store) == ["one", "two"]


def test_an_exception_takes_the_whole_transaction_back(store: Store) -> None:
    def half(connection: Connection) -> None:
        say(connection, "half")
        raise KeyError("no")

    with pytest.raises(KeyError):
        store.write(half)
    store.write(lambda c: say(c, "after"))
    assert subjects(store) == ["after"]


def test_a_reader_sees_one_moment(store: Store) -> None:
    store.write(lambda c: say(c, "before"))
    with store.read() as connection:
        assert len(since(connection, 0)) == 1
        store.write(lambda c: say(c, "meanwhile"))
        assert len(since(connection, 0)) == 1
    assert len(subjects(store)) == 2


def test_a_reader_cannot_write(store: Store) -> None:
    with pytest.raises(Exception, match=r"read.?only|cannot be written"), store.read() as connection:
        say(connection, "no")


def test_writers_of_two_processes_wait_for_each_other(store: Store) -> None:
    """A second Store is what a command beside `serve` is. Each adds up what it has read."""
    other = open_store(store.url.render_as_string(hide_password=False))

    def count_on(connection: Connection) -> None:
        seen = connection.execute(select(func.count()).select_from(journal)).scalar_one()
        say(connection, str(seen))

    def many(at: Store) -> None:
        for _ in range(20):
            at.write(count_on)

    threads = [threading.Thread(target=many, args=(at,)) for at in (store, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    assert subjects(store) == [str(n) for n in range(40)]


def test_a_closed_store_says_so_and_has_done_what_it_took(store: Store) -> None:
    answers = [store.submit(partial(say, subject=str(n))) for n in range(5)]
    store.close()
    assert all(answer.done() for answer in answers)
    with pytest.raises(StoreUnavailable, match="closed"):
        store.write(lambda c: say(c, "late"))


def test_the_smaller_and_the_greater_are_the_same_on_both_engines(store: Store) -> None:
    with store.read() as connection:
        row = connection.execute(select(least(3, 5), greatest(3, 5))).one()
    assert tuple(row) == (3, 5)


@pytest.mark.parametrize("url", ["", "mysql://here/db", "sqlite://", "just words"])
def test_a_wrong_address_names_the_right_ones(url: str) -> None:
    with pytest.raises(Invalid, match=r"sqlite:///FILE|name the file"):
        open_store(url)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="lenskeeper init"):
        open_store(f"sqlite:///{tmp_path}/nowhere/at/all.db")


@contextmanager
def files_no_larger_than(size: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def fill(connection: Connection) -> None:
    connection.execute(
        insert(journal), [{"at_s": 0, "room": "t", "fact": "f", "subject": "x" * 1000, "body": "{}"}] * 3_000
    )


def test_a_full_database_says_so_loses_nothing_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    store = open_store(empty_sqlite(tmp_path / "small.db"))
    store.write(lambda c: say(c, "kept"))
    store.write(lambda c: c.exec_driver_sql("PRAGMA max_page_count=300"))
    with pytest.raises(StoreFull, match=CURE):
        store.write(fill)
    assert subjects(store) == ["kept"]
    store.write(lambda c: c.exec_driver_sql("PRAGMA max_page_count=1000000"))
    store.write(lambda c: say(c, "again"))
    assert subjects(store) == ["kept", "again"]
    store.close()


def test_a_file_that_may_not_grow_loses_nothing_either(tmp_path: Path) -> None:
    path = tmp_path / "small.db"
    store = open_store(empty_sqlite(path))
    store.write(lambda c: say(c, "kept"))
    with files_no_larger_than(path.stat().st_size + 200_000), pytest.raises(StoreFull, match=CURE):
        store.write(fill)
    store.write(lambda c: say(c, "again"))
    assert subjects(store) == ["kept", "again"]
    with store.read() as connection:
        assert connection.execute(text("PRAGMA quick_check")).scalar_one() == "ok"
    store.close()


def test_a_reader_of_postgresql_has_one_snapshot_and_may_not_write(postgresql: Store) -> None:
    with postgresql.read() as connection:
        assert connection.execute(text("SHOW transaction_isolation")).scalar_one() == "repeatable read"
        assert connection.execute(text("SHOW transaction_read_only")).scalar_one() == "on"


@pytest.fixture
def postgresql() -> Iterator[Store]:
    store = open_store(empty_postgresql())
    yield store
    store.close()


def end_all_backends(store: Store) -> None:
    """What a restarted server does to whoever is connected."""
    address = store.url.set(drivername="postgresql+psycopg", database="postgres")
    admin = create_engine(address, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"),
            {"name": store.url.database},
        )
    admin.dispose()


@pytest.fixture
def alone() -> Iterator[Store]:
    """A database of its own: to end all who are connected to it disturbs no other test."""
    store = open_store(bare_postgresql())
    store.write(lambda c: c.execute(text("CREATE TABLE word (said TEXT)")))
    yield store
    store.close()


def speak(connection: Connection, word: str) -> None:
    connection.execute(text("INSERT INTO word VALUES (:word)"), {"word": word})


def read_on(store: Store) -> None:
    with store.read() as connection:
        connection.execute(text("SELECT 1"))
        end_all_backends(store)
        connection.execute(text("SELECT 1"))


def test_a_lost_server_that_is_back_is_used_again_by_writer_and_readers(alone: Store) -> None:
    with alone.read() as connection:
        connection.execute(text("SELECT 1"))
    alone.write(lambda c: speak(c, "before"))
    end_all_backends(alone)
    alone.write(lambda c: speak(c, "after"))
    with alone.read() as connection:
        assert set(connection.execute(text("SELECT said FROM word")).scalars()) == {"before", "after"}


def test_a_server_lost_within_a_transaction_takes_it_back_and_the_next_is_written(alone: Store) -> None:
    def lost(connection: Connection) -> None:
        speak(connection, "half")
        end_all_backends(alone)
        speak(connection, "never")

    with pytest.raises(StoreUnavailable):
        alone.write(lost)
    with pytest.raises(StoreUnavailable):
        read_on(alone)
    alone.write(lambda c: speak(c, "after"))
    with alone.read() as connection:
        assert connection.execute(text("SELECT said FROM word")).scalars().all() == ["after"]


def test_more_readers_than_there_is_room_for_are_told_to_try_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store._reader.pool, "_timeout", 0.01)
    with ExitStack() as many:
        for _ in range(READERS_MAX):
            many.enter_context(store.read())
        with pytest.raises(StoreUnavailable, match="try again"), store.read():
            pass


def test_the_log_is_brought_home_and_a_long_reader_does_not_hold_the_writer_up(tmp_path: Path) -> None:
    store = open_store(empty_sqlite(tmp_path / "a.db"))
    log = tmp_path / "a.db-wal"
    store.write(fill)
    with store.read() as connection:
        assert len(since(connection, 0)) > 0
        store.write(lambda c: say(c, "meanwhile"))
        began_s = time.perf_counter()
        assert not store.tidy().result()
        assert time.perf_counter() - began_s < 3
    assert log.stat().st_size > 0
    assert store.tidy().result()
    assert log.stat().st_size == 0
    store.write(lambda c: say(c, "goes on"))
    store.close()


def test_postgresql_tidies_itself(postgresql: Store) -> None:
    assert postgresql.tidy().result()
