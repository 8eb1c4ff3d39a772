"""A log line holds no secret and no picture."""

import json
from typing import Literal

import numpy as np
import pytest
import structlog

from lenskeeper.base.secret import Secret
from lenskeeper.house.logs import set_up_logs
from lenskeeper.house.settings import LogSettings


def test_secrets_are_dots_and_pictures_are_sizes(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs(LogSettings(level="info", form="json"))
    structlog.get_logger().info(
        "camera_answered",
        password=Secret("hunter2"),
        nested={"p": [Secret("hunter2")]},
        data=b"pixels",
        luma=np.ones(9),
    )
    out, line = capsys.readouterr()
    told = json.loads(line)
    assert "hunter2" not in line
    assert (told["password"], told["nested"], told["data"], told["luma"]) == (
        "••••••",
        {"p": ["••••••"]},
        "<6 bytes>",
        "<array>",
    )
    assert out == ""  # standard output is for results


@pytest.mark.parametrize("form", ["json", "text"])
def test_a_traceback_shows_lines_of_ours_and_none_of_the_values_in_them(
    form: Literal["json", "text"], capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logs(LogSettings(level="info", form=form))

    def opened(password: str) -> None:
        if password:
            raise PermissionError("the door stays shut")

    try:
        opened("hunter" + "2")
    except PermissionError:
        structlog.get_logger().exception("our_fault")
    said = capsys.readouterr().err
    assert "the door stays shut" in said
    assert "in opened" in said
    assert "hunter2" not in said
