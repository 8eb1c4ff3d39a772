"""docs/reference/openapi.json, written from the application. `./run docs --write` writes it; a test holds it equal."""

import json
import tempfile
from pathlib import Path

from lenskeeper.house.home import NewHome, make_home
from lenskeeper.web.app import make_app

PAGE = Path(__file__).parents[1] / "docs/reference/openapi.json"


def page() -> str:
    with tempfile.TemporaryDirectory() as folder:
        home = make_home(NewHome(Path(folder) / "home", "City", "UTC"))
        try:
            said = make_app(home).openapi()
        finally:
            home.store.close()
    return json.dumps(said, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
