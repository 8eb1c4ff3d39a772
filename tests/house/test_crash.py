"""Ten lives that end by kill -9 on each engine; `./run bench crash` takes a hundred."""

from pathlib import Path

import pytest
from tests.crash_loop import crash
from tests.engines import empty_postgresql, empty_sqlite

KILLS = 10


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
@pytest.mark.timeout(240)
def test_no_acknowledged_slot_is_lost_and_no_outage_is_invented(engine: str, tmp_path: Path) -> None:
    url = empty_sqlite(tmp_path / "books.db") if engine == "sqlite" else empty_postgresql()
    came = crash(url, KILLS, seed=1)
    assert came.faults == []
    assert came.kills == KILLS
    assert came.acknowledged > KILLS
