"""The pages of an installation without its rounds, to look at: python -m tests.web_server FOLDER PORT [SECONDS]."""

import asyncio
import sys
from pathlib import Path

from lenskeeper.house.home import opened
from lenskeeper.web.app import make_app
from lenskeeper.web.listening import bind, serve_at


async def main(folder: Path, port: str, length_s: float) -> None:
    with opened(folder / "lenskeeper.toml") as home:
        place = bind(home, f"127.0.0.1:{port}")
        print(place.url, flush=True)
        try:
            await asyncio.wait_for(serve_at(make_app(home), place), length_s)
        except TimeoutError:
            place.bound.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], float((*sys.argv, "3600")[3])))
