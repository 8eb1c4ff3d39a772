"""What all connections of one fleet share: the cameras, their streams, the wheels, the ledger."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lenskeeper.base.clock import Clock
from lenskeeper.probing.simulator import clips
from lenskeeper.probing.simulator.cameras import SimulatedCamera
from lenskeeper.probing.simulator.clips import Clip, ClipSpec
from lenskeeper.probing.simulator.ledger import Ledger
from lenskeeper.probing.simulator.pacing import Wheel
from lenskeeper.probing.simulator.streams import Stream
from lenskeeper.probing.simulator.troubles import Trouble


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much a visitor may take.

    connection_s: the life of a connection, playing or not; it bounds a forgotten viewer.
    unsent_bytes: what may wait for a slow reader before pictures are skipped.
    """

    connection_s: float = 120.0
    unsent_bytes: int = 1_000_000


class Site:
    """The state of a running fleet. Belongs to one event loop."""

    def __init__(
        self, cameras: tuple[SimulatedCamera, ...], clock: Clock, *, limits: Limits, folder: Path | None
    ) -> None:
        self.clock = clock
        self.limits = limits
        self.ledger = Ledger()
        self._loop = asyncio.get_running_loop()
        self._began_s = clock.elapsed_s()
        self._folder = folder
        self._clips: dict[ClipSpec, Clip] = {}
        self._streams: dict[tuple[ClipSpec, Trouble | None], Stream] = {}
        self._wheels: dict[float, Wheel] = {}
        self._at: dict[str, dict[str, SimulatedCamera]] = {}
        self.open: set[asyncio.Transport] = set()
        for camera in cameras:
            self.put(camera)

    def put(self, camera: SimulatedCamera) -> None:
        """Add a camera, or change the one with this address and path: new visits see it, old ones go on."""
        self._at.setdefault(camera.address, {})[camera.path] = camera

    def first(self, address: str) -> SimulatedCamera | None:
        """The camera that decides how an address behaves before a path is named; None: nobody lives there."""
        here = self._at.get(address)
        return next(iter(here.values())).at(self._elapsed_s()) if here else None

    def camera(self, address: str, path: str) -> SimulatedCamera | None:
        """The camera behind a path of an address."""
        camera = self._at.get(address, {}).get(path)
        return camera and camera.at(self._elapsed_s())

    def _elapsed_s(self) -> float:
        return self.clock.elapsed_s() - self._began_s

    def every_clip(self) -> list[ClipSpec]:
        """The clips that this fleet needs, each once."""
        out: dict[ClipSpec, None] = {}
        for here in self._at.values():
            for camera in here.values():
                out[camera.clip] = None
                if camera.well_for_s:
                    out[camera.well().clip] = None
        return list(out)

    async def prepare(self) -> None:
        """Make every clip before the first visitor comes."""
        self._clips.update(await asyncio.to_thread(clips.clips, self.every_clip(), self._folder))

    async def make(self, specs: Sequence[ClipSpec]) -> None:
        """Make more clips: of what cameras may come to show while the fleet runs."""
        self._clips.update(await asyncio.to_thread(clips.clips, list(specs), self._folder))

    def key_bytes(self) -> dict[str, int]:
        """The mean size of a key frame by codec, over the clips that were made."""
        sizes: dict[str, list[float]] = {}
        for clip in self._clips.values():
            sizes.setdefault(clip.spec.codec.value, []).append(clip.key_bytes)
        return {codec: round(sum(of) / len(of)) for codec, of in sizes.items()}

    def stream(self, camera: SimulatedCamera) -> Stream:
        """The live stream of a camera; cameras with one film and one trouble share it."""
        key = (camera.clip, camera.trouble)
        stream = self._streams.get(key)
        if stream is None:
            clip = self._clips.get(camera.clip)
            if clip is None:  # a camera that was put in later; a test can bear the wait
                clip = self._clips[camera.clip] = clips.clip(camera.clip, self._folder)
            stream = self._streams[key] = Stream(clip, camera.trouble, ssrc=0x1E45_0000 + len(self._streams))
        return stream

    def wheel(self, fps: float) -> Wheel:
        """The wheel that turns at this rate."""
        wheel = self._wheels.get(fps)
        if wheel is None:
            wheel = self._wheels[fps] = Wheel(self._loop, fps)
        return wheel

    def now(self, fps: float) -> int:
        """The number of the picture that is on at this rate."""
        return self.wheel(fps).now()

    async def hang_up(self) -> None:
        """Cut every connection and wait until the loop knows."""
        for transport in tuple(self.open):
            transport.abort()
        for _ in range(3):  # abort is heard of in the loop's next rounds
            await asyncio.sleep(0)

    def close(self) -> None:
        """Stop all wheels."""
        for wheel in self._wheels.values():
            wheel.stop()
