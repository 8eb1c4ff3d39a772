"""A log line holds no secret and no picture."""

import json

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
