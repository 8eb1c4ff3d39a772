"""One transaction at a time, whole or not at all, on both engines."""

import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, insert, select, text
from tests.engines import empty_sqlite

from lenskeeper.base.errors import Invalid
from lenskeeper.journal.rows import announce, since
from lenskeeper.journal.schema import journal
from lenskeeper.store.database import Store, open_store
from lenskeeper.store.errors import StoreFull, StoreUnavailable
from lenskeeper.store.statements import greatest, least


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
    with pytest.raises(StoreFull, match="free space"):
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
    with files_no_larger_than(path.stat().st_size + 200_000), pytest.raises(StoreUnavailable):
        store.write(fill)
    store.write(lambda c: say(c, "again"))
    assert subjects(store) == ["kept", "again"]
    with store.read() as connection:
        assert connection.execute(text("PRAGMA quick_check")).scalar_one() == "ok"
    store.close()
