"""An empty database of either engine for every test that asks for `store`."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from tests.engines import empty_postgresql, empty_sqlite

from lenskeeper.store.database import Store, open_store


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A database with the tables of all rooms and no row in them. Every test of rows runs on both engines."""
    url = empty_sqlite(tmp_path / "lenskeeper.db") if request.param == "sqlite" else empty_postgresql()
    opened = open_store(url)
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def usual_logs() -> Iterator[None]:
    """A test that set up logs wrote to a stream that is closed once it is over. Tracebacks are told without values."""
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[structlog.processors.add_log_level, plain])
    yield
    structlog.reset_defaults()
