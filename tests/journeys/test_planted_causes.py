"""Faults of many kinds and causes reach the right first desk: the bench, lived through once on each run."""

import sys
from pathlib import Path

import pytest
from tests.engines import empty_sqlite

from lenskeeper.store.database import open_store

sys.path.insert(0, str(Path(__file__).parents[2] / "benches"))

from planted import Planted, judged


@pytest.mark.timeout(180)
def test_every_planted_fault_is_one_ticket_at_the_right_desk_within_two_looks(tmp_path: Path) -> None:
    store = open_store(empty_sqlite(tmp_path / "planted.db"))
    planted = Planted(store)
    planted.live()
    wrong, worst = judged(planted)
    store.close()
    assert wrong == []
    assert worst[0] <= 2
