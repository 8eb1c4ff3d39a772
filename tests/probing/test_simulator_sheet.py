"""The sheet of the simulated city is read without a fault, but for those that were planted."""

from collections import Counter
from pathlib import Path

from lenskeeper.inventory.checking import check_sheet
from lenskeeper.inventory.sheets import read_sheet
from lenskeeper.inventory.snapshot import Snapshot
from lenskeeper.probing.simulator.fleet import Ports, city
from lenskeeper.probing.simulator.sheet import WRONG, write_sheet

PLAN = city(120, faulty=12, seed=1)


def test_a_right_sheet_has_no_fault(tmp_path: Path) -> None:
    write_sheet(tmp_path / "city.csv", PLAN, Ports())
    checked = check_sheet(read_sheet(tmp_path / "city.csv"), Snapshot(), "wgs84", new_units=True)
    assert (checked.faults, checked.header_faults, len(checked.good)) == ([], [], 120)
    assert sum(checked.new_units.values()) == 120


def test_each_planted_fault_is_found_in_its_column(tmp_path: Path) -> None:
    planted = write_sheet(tmp_path / "city.csv", PLAN, Ports(), wrong=18)
    checked = check_sheet(read_sheet(tmp_path / "city.csv"), Snapshot(), "wgs84", new_units=True)
    assert planted == 18
    assert len(checked.good) == 120 - 18
    assert Counter(f.column for f in checked.faults) == Counter(column for column, _ in WRONG * 2)
