"""Every page with data in it, on a wide screen and on a phone: in English by day, in Chinese by night.

Names differ by language and contrast by theme, so two of the four say what all four would; on a phone axe looks by day. All four, and
their pictures: `./run web shots URL LOGIN PASSWORD PATHS --axe`.
"""

import re
import time
from pathlib import Path
from typing import Final

import pytest
from tests.browser.kit import ROOT, Script, Served, session_of_everybody

from lenskeeper.house.demo import Demo, DemoOrder, make_demo
from lenskeeper.house.home import opened

CAMERAS, DAYS = 60, 5
PAGES: Final = ROOT / "frontend/src/pages"
NO_ROUTE: Final = frozenset({"door"})  # shown in place of every other page, to whoever is not signed in
WITHIN: Final = re.compile(r"<Route\s+path=\"(/[^\":*?]+)\"")


def routes() -> list[str]:
    """The addresses that the pages' own code names: each area, and what of it needs no number."""
    found = set()
    for area in sorted(each.name for each in PAGES.iterdir() if _is_built(each)):
        found.add(f"/{area}")
        for file in (PAGES / area).rglob("*.tsx"):
            found |= {
                said
                for said in WITHIN.findall(file.read_text(encoding="utf-8"))
                if said.startswith(f"/{area}")
            }
    return sorted(found)


def _is_built(area: Path) -> bool:
    return area.name not in NO_ROUTE and (area / "index.tsx").is_file()


@pytest.mark.timeout(300)
def test_every_route_is_free_of_axe_faults_and_asks_nobody_else_on_a_wide_screen_and_on_a_phone(
    tmp_path: Path, served: Served, script: Script
) -> None:
    folder = tmp_path / "city"
    make_demo(DemoOrder(folder, Demo(CAMERAS), DAYS), int(time.time()))  # noqa: TID251  the browser's clock is the real one
    with opened(folder / "lenskeeper.toml") as home:
        secret = session_of_everybody(home)
    every = [*routes(), "/cameras/1"]
    said = script(
        "routes.mjs",
        LENSKEEPER_URL=served(folder),
        LENSKEEPER_COOKIE=secret,
        LENSKEEPER_ROUTES=",".join(every),
        LENSKEEPER_LOOKS="en light,zh-CN dark",
    )
    assert f"{len(every)} routes" in said
