"""What stands around every page, in a real browser."""

from pathlib import Path

import pytest
from tests.browser.kit import Script, Served

from lenskeeper.house.accounts import setup_code
from lenskeeper.house.home import NewHome, make_home


@pytest.mark.timeout(300)
def test_the_frame_is_used_by_keyboard_alone_from_the_one_time_code_to_signing_in_again(
    tmp_path: Path, served: Served, script: Script
) -> None:
    home = make_home(NewHome(tmp_path / "city", "临江市", "Asia/Shanghai", exercise="test"))
    code = setup_code(home)
    home.store.close()
    assert code
    said = script("shell.mjs", LENSKEEPER_URL=served(tmp_path / "city"), LENSKEEPER_CODE=code)
    assert said.count("yes ") >= 15
