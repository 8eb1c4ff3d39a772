"""An independent client, libavformat, must see pictures in what our cameras send."""

import asyncio
from dataclasses import replace

import av
import numpy as np
import pytest
from tests.probing.simulator_kit import REAL_CLOCK, SMALL

from lenskeeper.base.codecs import Codec
from lenskeeper.probing.simulator.cameras import Route, SimulatedCamera
from lenskeeper.probing.simulator.clips import ClipSpec
from lenskeeper.probing.simulator.films import Film
from lenskeeper.probing.simulator.fleet import FleetPlan, account
from lenskeeper.probing.simulator.logins import Scheme
from lenskeeper.probing.simulator.running import running
from lenskeeper.probing.simulator.troubles import Trouble

SIZE = (160, 96)


def seen(url: str, transport: str, pictures: int = 4) -> list[tuple[int, int, float]]:
    """(width, height, spread of the luma) of the first pictures that libavformat decodes."""
    options = {"rtsp_transport": transport, "analyzeduration": "300000", "probesize": "60000"}
    out = []
    with av.open(url, options=options, timeout=(6.0, 6.0)) as source:
        for frame in source.decode(video=0):
            luma = frame.to_ndarray(format="gray")
            out.append((frame.width, frame.height, float(np.std(luma))))
            if len(out) == pictures:
                return out
    return out


@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize("codec", [Codec.H264, Codec.H265, Codec.JPEG])
async def test_an_independent_client_decodes_what_we_send(codec: Codec, transport: str) -> None:
    camera = SimulatedCamera("127.16.0.1", clip=replace(SMALL, codec=codec))
    async with running(FleetPlan((camera,)), REAL_CLOCK) as fleet:
        pictures = await asyncio.to_thread(seen, fleet.targets()[0], transport)
    assert len(pictures) == 4
    assert all(p[:2] == SIZE and p[2] > 15 for p in pictures)


@pytest.mark.parametrize("scheme", [Scheme.BASIC, Scheme.MD5, Scheme.MD5_PLAIN])
async def test_an_independent_client_can_log_in(scheme: Scheme) -> None:
    login = account(scheme)
    camera = SimulatedCamera("127.16.0.1", clip=SMALL, login=login)
    async with running(FleetPlan((camera,)), REAL_CLOCK) as fleet:
        url = fleet.targets()[0].replace("://", f"://{login.user}:{login.password.reveal()}@")
        pictures = await asyncio.to_thread(seen, url, "tcp", 1)
        assert fleet.ledger["127.16.0.1"].refused == 0
    assert len(pictures) == 1


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble.BARE_LF,
        Trouble.AUDIO_FIRST,
        Trouble.ABSOLUTE_CONTROL,
        Trouble.NO_MARKER,
        Trouble.SETS_IN_SDP_ONLY,
        Trouble.SETS_IN_BAND_ONLY,
        Trouble.SEVERAL_SLICES,
        Trouble.RTP_BEFORE_REPLY,
    ],
)
async def test_a_lenient_client_overcomes_what_lenient_clients_overcome(trouble: Trouble) -> None:
    clip = replace(SMALL, slices=4 if trouble is Trouble.SEVERAL_SLICES else 1)
    camera = SimulatedCamera("127.16.0.1", clip=clip, trouble=trouble)
    async with running(FleetPlan((camera,)), REAL_CLOCK) as fleet:
        pictures = await asyncio.to_thread(seen, fleet.targets()[0], "tcp", 2)
    assert [p[:2] for p in pictures] == [SIZE] * 2


async def test_a_row_of_http_pictures_is_one_that_others_read_too() -> None:
    spec = ClipSpec(film=Film(size=SIZE), codec=Codec.JPEG, fps=25, gop=5, gops=2)
    camera = SimulatedCamera("127.16.0.1", path="/video.mjpg", route=Route.HTTP, clip=spec)
    async with running(FleetPlan((camera,)), REAL_CLOCK) as fleet:
        pictures = await asyncio.to_thread(seen, fleet.targets()[0], "tcp", 3)
    assert len(pictures) == 3
