"""A bitstream that kills its worker is one camera's `undecodable`; the next camera is judged by a new worker."""

import asyncio
import os
import signal
from pathlib import Path

import cv2
import numpy as np
import structlog

from lenskeeper.base.outcomes import Outcome
from lenskeeper.house.check import Checker, CheckOrder, prober_of
from lenskeeper.house.process import picture_workers
from lenskeeper.house.settings import PictureSettings, Settings
from lenskeeper.pictures.pool import WorkerPool
from lenskeeper.probing.probe import ONE_LOOK
from lenskeeper.probing.targets import parse_target


def checker(pool: WorkerPool) -> Checker:
    return Checker(prober_of(CheckOrder(), Settings()), pool, looks=ONE_LOOK)


async def test_a_worker_that_dies_is_told_once_and_replaced(tmp_path: Path) -> None:
    picture = tmp_path / "large.png"
    chance = np.random.default_rng(1)
    cv2.imwrite(
        str(picture), chance.integers(0, 255, (1000, 1300, 3), np.uint8), [cv2.IMWRITE_PNG_COMPRESSION, 1]
    )
    target = parse_target(str(picture))
    with structlog.testing.capture_logs() as told:
        async with picture_workers(PictureSettings(workers=1)) as pool:
            well = await checker(pool).check(target)
            (child,) = pool.pids()
            os.kill(child, signal.SIGSTOP)  # it takes the job and never ends it ...
            looking = asyncio.create_task(checker(pool).check(target))
            await asyncio.sleep(0.3)
            os.kill(child, signal.SIGKILL)  # ... since a bitstream has just killed it
            killed = await looking
            again = await checker(pool).check(target)
    assert [c.probe.outcome for c in (well, killed, again)] == [
        Outcome.PLAYING,
        Outcome.UNDECODABLE,
        Outcome.PLAYING,
    ]
    assert again.diagnosis == well.diagnosis
    assert "worker" in killed.probe.remark
    assert [line["event"] for line in told] == ["picture_worker_lost"]


async def test_a_codec_byte_of_nonsense_is_no_crash_of_ours(tmp_path: Path) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"\xff\xd8\xff" + os.urandom(4000))
    async with picture_workers(PictureSettings(workers=1)) as pool:
        found = await checker(pool).check(parse_target(str(broken)))
        assert found.probe.outcome is Outcome.UNDECODABLE
        assert pool.restarts == 0
