"""A list leaves as a file in a real browser: asked for in one tab, fetched in another."""

from pathlib import Path

from tests.browser.kit import Script, Served, session_of_everybody
from tests.register_kit import camera

from lenskeeper.base.access import LOCAL_OPERATOR, Scope
from lenskeeper.house.home import NewHome, make_home
from lenskeeper.house.screens import refreshed
from lenskeeper.inventory import rows_points
from lenskeeper.units import rows as units


def test_a_list_is_asked_for_in_one_tab_and_fetched_in_another(
    tmp_path: Path, served: Served, script: Script
) -> None:
    home = make_home(NewHome(tmp_path / "city", "Linjiang", "Asia/Shanghai"))
    now_s = home.now_s()
    top = home.store.write(lambda c: units.find(c, Scope.ALL, "Linjiang"))
    home.store.write(lambda c: units.add(c, name="North", parent_id=top, actor=LOCAL_OPERATOR, now_s=now_s))
    for number, name in enumerate(("gate 1", "gate 2", "elsewhere"), 1):
        file = camera(number, unit="Linjiang/North", name=name, pole=f"pole {number}")
        home.store.write(lambda c, file=file: rows_points.add(c, file, actor=LOCAL_OPERATOR, now_s=now_s))  # type: ignore[misc]
    refreshed(home)
    secret = session_of_everybody(home)
    home.store.close()
    said = script(
        "exports.mjs",
        LENSKEEPER_URL=served(tmp_path / "city"),
        LENSKEEPER_COOKIE=secret,
        LENSKEEPER_LIST="/cameras?q=gate",
    )
    assert said.count("yes ") == 5
    lines = [line for line in said.splitlines() if line.startswith("row ")]
    assert [line.split(",")[1] for line in lines] == ["gate 1", "gate 2"]
