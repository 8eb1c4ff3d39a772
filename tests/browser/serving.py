"""The pages of a home as a program of its own, with the keeper of screens beside it: python -m tests.browser.serving FOLDER PORT."""

import asyncio
import sys
from pathlib import Path

from lenskeeper.house.home import opened
from lenskeeper.house.screens import Keeper
from lenskeeper.web.app import make_app
from lenskeeper.web.listening import bind, serve_at

LENGTH_S = 900


async def main(folder: Path, port: str) -> None:
    """Serve until told to stop; a test that forgets it loses it after a quarter of an hour."""
    with opened(folder / "lenskeeper.toml") as home:
        place = bind(home, f"127.0.0.1:{port}")
        print(place.url, flush=True)
        keeper = Keeper(home)

        async def keep() -> None:
            while True:
                await asyncio.to_thread(keeper.turn)
                await asyncio.sleep(0.5)

        keeping = asyncio.create_task(keep())
        try:
            await asyncio.wait_for(serve_at(make_app(home), place), LENGTH_S)
        finally:
            keeping.cancel()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
