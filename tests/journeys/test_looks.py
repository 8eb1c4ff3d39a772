"""Several looks at one camera, and looks with a past: what one picture cannot tell. Sockets, workers and verdicts."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import cv2
import pytest

from lenskeeper.base.codecs import Codec
from lenskeeper.diagnosis.floors import FLOOR
from lenskeeper.diagnosis.kinds import Kind, Verdict
from lenskeeper.house.check import Checked, Checker, CheckOrder, prober_of
from lenskeeper.house.clock import SystemClock
from lenskeeper.house.process import picture_workers
from lenskeeper.house.settings import PictureSettings, Settings
from lenskeeper.probing.probe import ONE_LOOK, Looks
from lenskeeper.probing.simulator.cameras import SimulatedCamera, Start
from lenskeeper.probing.simulator.clips import ClipSpec
from lenskeeper.probing.simulator.faults import PictureFault
from lenskeeper.probing.simulator.films import Film, pictures
from lenskeeper.probing.simulator.fleet import FleetPlan, address_of
from lenskeeper.probing.simulator.running import running
from lenskeeper.probing.targets import parse_target

WATCH = Looks(6, 1.0)  # the last of them within 10 s, key frames coming each second


def camera(
    index: int, fault: PictureFault | None, codec: Codec = Codec.H264, strength: float = 1.0
) -> SimulatedCamera:
    film = Film(size=(480, 272), seed=4, fault=fault, strength=strength)
    spec = ClipSpec(film=film, codec=codec, fps=10, gop=10, gops=13)
    return SimulatedCamera(address=address_of(index), clip=spec, start=Start.AT_KEY)


async def checked(
    cameras: Sequence[SimulatedCamera], looks: Looks, reference: Path | None = None
) -> list[Checked]:
    settings = Settings()
    async with (
        running(FleetPlan(tuple(cameras)), SystemClock()) as fleet,
        picture_workers(PictureSettings(workers=2)) as pool,
    ):
        checker = Checker(prober_of(CheckOrder(), settings), pool, looks=looks)
        if reference is not None:
            checker.past = await checker.learn(reference)
        return list(await asyncio.gather(*(checker.check(parse_target(t)) for t in fleet.targets())))


async def test_ten_seconds_tell_a_frozen_camera_from_a_still_scene() -> None:
    cases = [
        (
            PictureFault.FROZEN,
            Codec.H264,
            Verdict.FAULT,
        ),  # byte-identical key frames under advancing timestamps
        (PictureFault.FROZEN, Codec.H265, Verdict.FAULT),
        (PictureFault.FROZEN_CLOCK, Codec.H264, Verdict.FAULT),  # coded anew, and the clock stands
        (
            PictureFault.FROZEN_SENSOR,
            Codec.H264,
            Verdict.NOT_CHECKABLE,
        ),  # the clock ticks over a still: suspect
        (PictureFault.STATIC_LOW_BITRATE, Codec.H264, Verdict.FIT),  # nothing moves, and it lives
        (PictureFault.STATIC_LOW_BITRATE, Codec.H265, Verdict.FIT),
        (None, Codec.H264, Verdict.FIT),
        (None, Codec.JPEG, Verdict.FIT),
    ]
    found = await checked([camera(n, fault, codec) for n, (fault, codec, _) in enumerate(cases)], WATCH)
    told = [(f, c, one.diagnosis.verdict) for (f, c, _), one in zip(cases, found, strict=True)]
    assert told == cases
    frozen = [one for one in found if Kind.FROZEN in {f.kind for f in one.diagnosis.findings}]
    assert len(frozen) == 3
    assert all(one.looks == WATCH.count for one in found)


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fifteen earlier pictures of the same view."""
    folder = tmp_path_factory.mktemp("earlier")
    film = Film(size=(480, 272), seed=4)
    for n, picture in enumerate(pictures(film, count=15, fps=0.2)):
        cv2.imwrite(str(folder / f"2026-11-22-{8 + n // 4:02}-{n % 4 * 15:02}.png"), picture)
    return folder


async def test_a_camera_with_a_past_is_judged_by_it(earlier: Path) -> None:
    healthy, moved, covered = (
        camera(n, fault, strength=s)
        for n, (fault, s) in enumerate([(None, 1), (PictureFault.MOVED, 0.6), (PictureFault.OCCLUDED, 0.6)])
    )
    one, two, three = await checked([healthy, moved, covered], ONE_LOOK, earlier)
    assert one.diagnosis.verdict is Verdict.FIT, one.diagnosis
    assert Kind.MOVED not in {kind for kind, _ in one.diagnosis.unchecked}
    assert Kind.MOVED in {f.kind for f in two.diagnosis.findings}, two.diagnosis
    assert Kind.OCCLUDED in {f.kind for f in three.diagnosis.findings}, three.diagnosis
    assert all(f.compared_with != FLOOR for f in two.diagnosis.findings if f.kind is Kind.MOVED)
