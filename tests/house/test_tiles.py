"""Tiles of a base map, fetched by us."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from pydantic import ValidationError

from lenskeeper.base.errors import Conflict, NotFound
from lenskeeper.house.settings import MapSettings
from lenskeeper.house.tiles import TILE_BYTES_MAX, Tiles, may_be_asked, refused

PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


@contextmanager
def a_map(status: int = 200, body: bytes = PNG) -> Iterator[tuple[str, list[str]]]:
    """A tile server on loopback: its address, and what it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            self.send_header("Location", "http://127.0.0.1:1/other")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_tile_is_asked_for_once_with_the_key_and_kept() -> None:
    with a_map() as (address, asked):
        tiles = Tiles(MapSettings(tiles=address + "/{z}/{x}/{y}.png?tk={key}", key="s&cret"))  # type: ignore[arg-type]
        assert tiles.tile(3, 6, 3).body == PNG
        assert tiles.tile(3, 6, 3).kind == "image/png"
        assert asked == ["/3/6/3.png?tk=s%26cret"]
        for number in ((3, 8, 0), (19, 0, 0), (-1, 0, 0)):
            with pytest.raises(NotFound):
                tiles.tile(*number)
        assert len(asked) == 1


@pytest.mark.parametrize(
    ("status", "body"),
    [(302, PNG), (200, b"<html>"), (200, PNG + bytes(TILE_BYTES_MAX)), (403, PNG)],
)
def test_what_is_no_tile_is_not_handed_on_and_nobody_is_sent_elsewhere(status: int, body: bytes) -> None:
    with a_map(status, body) as (address, asked):
        tiles = Tiles(MapSettings(tiles=address + "/{z}/{x}/{y}"))
        with pytest.raises(Conflict):
            tiles.tile(0, 0, 0)
        assert len(asked) == 1


@pytest.mark.parametrize(
    ("address", "is_name", "may"),
    [
        ("169.254.169.254", False, False),
        ("::ffff:169.254.169.254", False, False),
        ("fe80::1%eth0", False, False),
        ("100.100.100.200", True, False),
        ("fd00:ec2::254", False, False),
        ("0.0.0.0", False, False),
        ("224.0.0.1", False, False),
        ("127.0.0.1", True, False),
        ("127.0.0.1", False, True),
        ("10.1.2.3", True, True),
        ("203.0.113.7", True, True),
    ],
)
def test_addresses_that_are_never_asked(address: str, is_name: bool, may: bool) -> None:
    assert (refused(address, is_name=is_name) == "") is may


def test_a_name_for_this_machine_is_refused_once_it_is_looked_up() -> None:
    with pytest.raises(Conflict, match="a name for this machine"):
        may_be_asked("localhost", 80)


@pytest.mark.parametrize(
    "tiles",
    [
        "ftp://h/{z}/{x}/{y}",
        "https://h/{z}/{x}",
        "https://u:p@h/{z}/{x}/{y}",
        "https://{z}.h/{x}/{y}",
        "https://h/{q}/{z}/{x}/{y}",
        "h/{z}/{x}/{y}",
    ],
)
def test_a_template_that_cannot_be_asked_is_refused_when_settings_are_read(tiles: str) -> None:
    with pytest.raises(ValidationError):
        MapSettings(tiles=tiles)


def test_tiles_in_bd09_cannot_be_said() -> None:
    with pytest.raises(ValidationError):
        MapSettings(crs="bd09")  # type: ignore[arg-type]
