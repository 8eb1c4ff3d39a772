"""What a browser fetches before anything is seen."""

import json
import subprocess

from tests.browser.conftest import NODE
from tests.browser.kit import ROOT

from lenskeeper.web.app import STATIC

LICENCES = frozenset(
    {"MIT", "ISC", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "0BSD", "Unlicense", "(MIT OR Apache-2.0)"}
)


def test_the_first_load_is_at_most_250_kilobytes_of_packed_script_before_the_map() -> None:
    done = subprocess.run(  # noqa: S603  ourselves
        [NODE, "scripts/size.mjs"], cwd=ROOT / "frontend", capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert "maplibre" not in done.stdout


def test_what_is_shipped_may_be_shipped_and_says_by_whom_it_was_made() -> None:
    packages = json.loads((STATIC / "licences.json").read_text(encoding="utf-8"))
    assert {"react", "@mantine/core", "maplibre-gl", "uplot"} <= {each["name"] for each in packages}
    assert {each["licence"] for each in packages} <= LICENCES
    assert [each["name"] for each in packages if not each["text"]] == []


def test_nothing_of_the_pages_stands_inline() -> None:
    page = (STATIC / "index.html").read_text(encoding="utf-8")
    assert "<style" not in page
    assert "style=" not in page
    assert all(" src=" in each for each in page.split("<script")[1:])
    assert "://" not in page
