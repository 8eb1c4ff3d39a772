"""The register in a real browser: a sheet is read in by keyboard alone and taken back, a unit is taken over on a phone."""

from pathlib import Path

from tests.browser.kit import Script, Served, session_of_everybody
from tests.register_kit import camera
from tests.sheet_maker import city, csv_bytes, plant

from lenskeeper.base.access import LOCAL_OPERATOR, Scope
from lenskeeper.house.home import NewHome, make_home
from lenskeeper.inventory import rows_points
from lenskeeper.units import rows as units

ROWS, FAULTY = 60, 12


def test_a_sheet_is_read_in_by_keyboard_and_taken_back_and_a_unit_is_taken_over_on_a_phone(
    tmp_path: Path, served: Served, script: Script
) -> None:
    home = make_home(NewHome(tmp_path / "city", "Linjiang", "Asia/Shanghai"))
    now_s = home.now_s()
    top = home.store.write(lambda c: units.find(c, Scope.ALL, "Linjiang"))
    home.store.write(lambda c: units.add(c, name="North", parent_id=top, actor=LOCAL_OPERATOR, now_s=now_s))
    home.store.write(
        lambda c: rows_points.add(c, camera(1, unit="Linjiang/North"), actor=LOCAL_OPERATOR, now_s=now_s)
    )
    secret = session_of_everybody(home)
    home.store.close()
    table = city(ROWS)
    plant(table, FAULTY)
    sheet = tmp_path / "city.csv"
    sheet.write_bytes(csv_bytes(table))
    said = script(
        "register.mjs",
        LENSKEEPER_URL=served(tmp_path / "city"),
        LENSKEEPER_COOKIE=secret,
        LENSKEEPER_SHEET=str(sheet),
        LENSKEEPER_FAULTY=str(FAULTY),
    )
    assert said.count("yes ") == 10
