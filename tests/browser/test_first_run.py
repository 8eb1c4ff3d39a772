"""A fresh installation: from the one-time code to the first cameras by clicks; and every empty list says what is next."""

import re
from pathlib import Path

import pytest
from tests.browser.kit import Script, Served, session_of_everybody
from tests.browser.test_routes import PAGES, routes
from tests.sheet_maker import city, csv_bytes

from lenskeeper.house.accounts import setup_code
from lenskeeper.house.home import NewHome, make_home

ROWS = 5
PARTS = re.compile(r"^  \['(\w+)', '\w+', \w+\],$", re.MULTILINE)


def settings() -> list[str]:
    """The pages of the settings, as their own code lists them."""
    code = (PAGES / "settings/index.tsx").read_text(encoding="utf-8")
    found = [f"/settings/{each}" for each in PARTS.findall(code)]
    assert found
    return found


@pytest.mark.timeout(120)
def test_a_fresh_installation_has_its_administrator_and_first_cameras_by_clicks(
    tmp_path: Path, served: Served, script: Script
) -> None:
    home = make_home(NewHome(tmp_path / "city", "杭州市", "Asia/Shanghai"))
    code = setup_code(home)
    home.store.close()
    assert code
    sheet = tmp_path / "first.csv"
    sheet.write_bytes(csv_bytes(city(ROWS)))
    said = script(
        "first.mjs",
        LENSKEEPER_URL=served(tmp_path / "city"),
        LENSKEEPER_CODE=code,
        LENSKEEPER_SHEET=str(sheet),
        LENSKEEPER_ROWS=str(ROWS),
    )
    assert said.count("yes ") == 4


def test_every_route_of_an_empty_installation_says_what_is_next(
    tmp_path: Path, served: Served, script: Script
) -> None:
    home = make_home(NewHome(tmp_path / "city", "杭州市", "Asia/Shanghai"))
    secret = session_of_everybody(home)
    home.store.close()
    every = [*routes(), "/map?as=list", *settings()]
    said = script(
        "empty.mjs",
        LENSKEEPER_URL=served(tmp_path / "city"),
        LENSKEEPER_COOKIE=secret,
        LENSKEEPER_ROUTES=",".join(every),
    )
    assert f"{len(every)} routes" in said
