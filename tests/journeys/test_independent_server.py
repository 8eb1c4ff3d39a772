"""A camera that we did not write: the RTSP server of aio-rtsp-toolkit, serving a file that PyAV made."""

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.journeys.clip_files import SIZE, film, write

from lenskeeper.base.outcomes import Outcome
from lenskeeper.house.clock import SystemClock
from lenskeeper.pictures.decode import decode
from lenskeeper.pictures.planes import Planes
from lenskeeper.probing.look import look_at
from lenskeeper.probing.probe import KeyFrame, Looks, Prober
from lenskeeper.probing.refusals import Refusals
from lenskeeper.probing.simulator.faults import PictureFault
from lenskeeper.probing.simulator.films import Film, pictures
from lenskeeper.probing.simulator.places import Place
from lenskeeper.probing.targets import parse_target

STARTS_WITHIN_S = 20.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the server, which ends with the module."""
    media = tmp_path_factory.mktemp("media")
    film(media / "h264.mp4", "libx264")
    film(media / "h265.mp4", "libx265")
    for name, fault in (
        ("healthy", None),
        ("black", PictureFault.BLACK),
        ("card", PictureFault.SIGNAL_CARD),
        ("fog", PictureFault.FOG),
    ):
        street = Film(place=Place.STREET, seed=5, size=SIZE, fault=fault, strength=0.8)
        write(media / f"{name}.mp4", "libx264", pictures(street, count=30, fps=10))
    port, control = free_port(), free_port()
    program = Path(sys.executable).with_name("rtsp-server")
    process = subprocess.Popen(  # noqa: S603  a development dependency of ours
        [program, "--dir", media, "--host", "127.0.0.1", "--port", str(port), "--control-port", str(control)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(port)
        yield f"rtsp://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def free_port() -> int:
    """A port of loopback that nobody has just now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_for(port: int) -> None:
    async def knocked() -> None:
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.1)
            else:
                writer.close()
                return

    asyncio.run(asyncio.wait_for(knocked(), STARTS_WITHIN_S))


@pytest.mark.parametrize("codec", ["h264", "h265"])
async def test_a_key_frame_of_a_strange_server_comes_and_decodes(server: str, codec: str) -> None:
    frames: list[KeyFrame] = []
    prober = Prober(SystemClock(), Refusals())
    probe = await look_at(parse_target(f"{server}/{codec}.mp4"), prober, Looks(2, 0.5), frames.append)
    assert (probe.outcome, probe.remark) == (Outcome.PLAYING, "")
    assert (probe.stream.codec, probe.stream.width_px, probe.stream.height_px) == (codec, *SIZE)
    for frame in frames:
        planes = decode(frame.encoded)
        assert isinstance(planes, Planes)
        assert planes.decoder_errors == 0
    assert len({frame.fingerprint for frame in frames}) == 2


def test_verdicts_on_what_a_strange_server_sends_are_right(server: str) -> None:
    streams = {"healthy": "fit", "black": "fault", "card": "fault", "fog": "low_visibility"}
    ran = subprocess.run(  # noqa: S603  ourselves
        [
            sys.executable,
            "-m",
            "lenskeeper.cli",
            "check",
            "--json",
            *(f"{server}/{name}.mp4" for name in streams),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    found = {
        line["target"].rpartition("/")[2][:-4]: line for line in map(json.loads, ran.stdout.splitlines())
    }
    assert {name: line["verdict"] for name, line in found.items()} == streams
    assert [k["kind"] for k in found["black"]["kinds"]] == ["black"]
    assert [k["kind"] for k in found["card"]["kinds"]] == ["signal_card"]


async def test_a_path_that_a_strange_server_does_not_know(server: str) -> None:
    prober = Prober(SystemClock(), Refusals())
    probe = await look_at(parse_target(f"{server}/none.mp4"), prober, Looks(), lambda _: None)
    assert probe.outcome is Outcome.NOT_FOUND, probe.remark
