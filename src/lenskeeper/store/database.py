"""One database: a writer thread, and readers beside it. SQLite where nothing is said, PostgreSQL by URL.

One transaction is written at a time, whoever writes: on SQLite by BEGIN IMMEDIATE (a transaction that reads and
then writes would fail at once with SQLITE_BUSY_SNAPSHOT, whatever the timeout), on PostgreSQL by an advisory lock.
So a command may write beside a running `serve`, and whoever merges may read what he is about to change.
"""

import queue
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool, StaticPool

from lenskeeper.store.address import parsed
from lenskeeper.store.errors import StoreUnavailable
from lenskeeper.store.faults import in_our_words

T = TypeVar("T")

READERS_MAX: Final = 8  # reports, lists and commands at once; each holds a file handle and a page cache
BUSY_MS: Final = 5_000  # how long a command waits for the transaction of another process
# Small, and no memory map: the system's own page cache holds the file, and what a process that runs for months maps or
# caches of it is counted as its own (./run bench soak).
READER_CACHE_KB: Final = 4_096
WRITER_CACHE_KB: Final = 8_192
WAL_BYTES_KEPT: Final = 67_108_864
ONE_WRITER: Final = (
    0x6C656E73  # "lens": the advisory lock that makes PostgreSQL's writers wait for each other
)
CHECKPOINT_BUSY_MS: Final = 500  # the writer waits no longer for a long reader; the next night is soon enough
ANALYSED_ROWS_MAX: Final = (
    400  # of each index: what SQLite advises; a whole look would hold the writer for minutes
)
# A server that is gone without a word is noticed within half a minute, and not after the two hours of the system.
SERVER_PATIENCE: Final = {
    "connect_timeout": 10,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,  # ms
}


@dataclass(slots=True)
class _Job:
    """rebuilds: tables are made anew, so that foreign keys hold at its end only. alone: in no transaction."""

    work: Callable[[Connection], Any]
    durable: bool
    answer: "Future[Any]"
    rebuilds: bool = False
    alone: bool = False


class Store:
    """Open it with `open_store`; close it when done. Threads may share it."""

    def __init__(self, url: URL, writer: Engine, reader: Engine) -> None:
        self.url = url
        self.dialect: str = writer.dialect.name
        self._writer, self._reader = writer, reader
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._closing = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._write_on, name="store-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[Connection], T], *, durable: bool = False) -> "Future[T]":
        """Have `work` done in one transaction, after those that were submitted before.

        durable: on SQLite, fsync before it is acknowledged: for what is told to others (audit, outbox). Without it
        a killed process loses nothing and a power cut may lose the last second, but no consistency.
        """
        answer: Future[T] = Future()
        self._hand_over(_Job(work, durable, answer))
        return answer

    def write(self, work: Callable[[Connection], T], *, durable: bool = False) -> T:
        """The same, waited for. What `work` raises takes the transaction back and is raised here."""
        assert threading.current_thread() is not self._thread, "a transaction cannot wait for the next one"
        return self.submit(work, durable=durable).result()

    def rebuild(self, work: Callable[[Connection], T]) -> T:
        """A durable transaction that may make tables anew; foreign keys are checked once, before its end.

        SQLite changes a table by copying it and dropping the old one, and with foreign keys on, a drop deletes what
        points to it. They can be switched off outside a transaction only.
        """
        answer: Future[T] = Future()
        self._hand_over(_Job(work, durable=True, answer=answer, rebuilds=True))
        return answer.result()

    def tidy(self) -> "Future[bool]":
        """Bring SQLite's log home and its statistics up to date; False where a long reader was in the way.

        PostgreSQL does both by itself.
        """
        answer: Future[bool] = Future()
        self._hand_over(_Job(_tidied, durable=False, answer=answer, alone=True))
        return answer

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One snapshot to read from. Be short: while it is open, SQLite's log cannot shrink."""
        with in_our_words(self.url), self._reader.connect() as connection, connection.begin():
            yield connection

    def close(self) -> None:
        """Do what was submitted, then close. Twice is once."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
            self._jobs.put(None)
        self._thread.join()
        self._reader.dispose()
        self._writer.dispose()

    def _write_on(self) -> None:
        while (job := self._jobs.get()) is not None:
            if not job.answer.set_running_or_notify_cancel():
                continue
            try:
                job.answer.set_result(self._transact(job))
            except BaseException as error:  # noqa: BLE001  it is the caller's: handed over, not swallowed
                job.answer.set_exception(error)

    def _hand_over(self, job: _Job) -> None:
        with self._closing:
            if self._closed:
                raise StoreUnavailable("the database is closed")
            self._jobs.put(job)

    def _transact(self, job: _Job) -> Any:
        with in_our_words(self.url), self._writer.connect() as connection:
            if job.alone:
                return job.work(connection)
            with _settings_of(job, connection), connection.begin():
                if self.dialect == "postgresql":
                    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ONE_WRITER})")
                done = job.work(connection)
                if job.rebuilds and self.dialect == "sqlite":
                    _must_hold_together(connection)
                return done


@contextmanager
def _settings_of(job: _Job, connection: Connection) -> Iterator[None]:
    """What SQLite can be told before a transaction only, and as it was afterwards."""
    if connection.dialect.name != "sqlite":
        yield
        return
    if job.durable:
        _pragma(connection, "synchronous=FULL")
    if job.rebuilds:
        _pragma(connection, "foreign_keys=OFF")
    try:
        yield
    finally:
        if job.rebuilds:
            _pragma(connection, "foreign_keys=ON")
        if job.durable:
            _pragma(connection, "synchronous=NORMAL")


def _must_hold_together(connection: Connection) -> None:
    loose = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    assert loose is None, f"a row of {loose[0]} would point to nothing in {loose[2]}"


def _tidied(connection: Connection) -> bool:
    if connection.dialect.name != "sqlite":
        return True
    _pragma(connection, f"busy_timeout={CHECKPOINT_BUSY_MS}")
    try:
        _pragma(connection, f"analysis_limit={ANALYSED_ROWS_MAX}")
        _pragma(connection, "optimize=0x10002")  # all tables, where SQLite knows of that
        busy, *_ = _pragma(connection, "wal_checkpoint(TRUNCATE)")
    finally:
        _pragma(connection, f"busy_timeout={BUSY_MS}")
    return not busy


def open_store(url: str) -> Store:
    """The database at `url`: sqlite:///FILE, or postgresql://USER@HOST/NAME. Makes no tables: see migrate.py.

    Invalid: no such kind of URL. StoreUnavailable: it cannot be opened.
    """
    address = parsed(url)
    if address.get_backend_name() == "sqlite":
        return _open_sqlite(address)
    return _open_postgresql(address)


def size_bytes(connection: Connection) -> int:
    """What the database takes on its disk, SQLite's log aside."""
    if connection.dialect.name == "sqlite":
        pages, page = (
            connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in ("page_count", "page_size")
        )
        return int(pages) * int(page)
    return int(connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one())


def _open_sqlite(url: URL) -> Store:
    path = Path(str(url.database)).absolute()
    if not path.parent.is_dir():
        raise StoreUnavailable(f"there is no folder {path.parent}: make it, or run `lenskeeper init` there")
    writer = create_engine(
        "sqlite://",
        creator=lambda: _connect_sqlite(f"{path.as_uri()}?mode=rwc", WRITER_CACHE_KB, writes=True),
        poolclass=StaticPool,
    )
    reader = create_engine(
        "sqlite://",
        creator=lambda: _connect_sqlite(f"{path.as_uri()}?mode=ro", READER_CACHE_KB, writes=False),
        poolclass=QueuePool,
        pool_size=READERS_MAX,
        max_overflow=0,
        pool_use_lifo=True,  # so that one connection does the usual work, and one cache is filled
    )
    event.listen(writer, "begin", lambda connection: _pragma_free(connection, "BEGIN IMMEDIATE"))
    event.listen(reader, "begin", lambda connection: _pragma_free(connection, "BEGIN"))
    with in_our_words(url), writer.connect():
        pass  # now, and not in the middle of the first round
    return Store(url, writer, reader)


def _connect_sqlite(uri: str, cache_kb: int, *, writes: bool) -> sqlite3.Connection:
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
    connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")
    if writes:
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL")  # only from birth of the file
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA journal_size_limit={WAL_BYTES_KEPT}")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA trusted_schema=OFF")
    connection.execute("PRAGMA temp_store=MEMORY")
    connection.execute(f"PRAGMA cache_size=-{cache_kb}")
    connection.execute("PRAGMA mmap_size=0")
    return connection


def _open_postgresql(url: URL) -> Store:
    address = url.set(drivername="postgresql+psycopg")
    patience = {name: value for name, value in SERVER_PATIENCE.items() if name not in url.query}
    try:
        writer = create_engine(
            address, connect_args=patience, pool_size=1, max_overflow=0, pool_pre_ping=True
        )
        reader = create_engine(
            address,
            connect_args=patience,
            pool_size=READERS_MAX,
            max_overflow=0,
            pool_pre_ping=True,
            isolation_level="REPEATABLE READ",
            execution_options={"postgresql_readonly": True},
        )
    except ModuleNotFoundError:
        raise StoreUnavailable("PostgreSQL needs its driver: pip install 'lenskeeper[postgres]'") from None
    with in_our_words(url), writer.connect():
        pass
    return Store(url, writer, reader)


def _pragma_free(connection: Connection, statement: str) -> None:
    connection.exec_driver_sql(statement)


def _pragma(connection: Connection, setting: str) -> tuple[Any, ...]:
    """SQLite takes some settings outside a transaction only, and SQLAlchemy would begin one. What it answers."""
    raw = connection.connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)
    return raw.execute(f"PRAGMA {setting}").fetchone() or ()
