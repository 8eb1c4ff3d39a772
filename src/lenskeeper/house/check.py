"""One good look: visit, decode in a worker, judge. What `lenskeeper check` does for each of its targets."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import structlog

from lenskeeper.base.errors import Invalid
from lenskeeper.base.instants import local_hour
from lenskeeper.base.outcomes import Outcome
from lenskeeper.diagnosis.baseline import Baseline
from lenskeeper.diagnosis.freeze import Sighting
from lenskeeper.diagnosis.kinds import Diagnosis, Verdict
from lenskeeper.diagnosis.sequence import diagnose
from lenskeeper.house.clock import SystemClock
from lenskeeper.house.eyes import Eyes, Seen, seen
from lenskeeper.house.files import hour_of, pictures_at, why_no_file
from lenskeeper.house.process import picture_workers, raise_file_limit
from lenskeeper.house.settings import Settings
from lenskeeper.house.worker import Reply, image_job, video_job
from lenskeeper.pictures.pool import JOB_DEADLINE_S, WorkerPool
from lenskeeper.probing.connection import remark
from lenskeeper.probing.credentials import NO_CREDENTIALS, Credentials
from lenskeeper.probing.probe import ONE_LOOK, Looks, Probe, Prober, StreamFacts, VisitLimits
from lenskeeper.probing.refusals import Refusals
from lenskeeper.probing.sweep import Knock, knock, sweep
from lenskeeper.probing.targets import Route, Target, host_key

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()

VIDEO_LOOK_S: Final = 0.5  # more for each key frame of a file: 4K decodes in 0.05 s, and the disk may be slow


@dataclass(frozen=True, slots=True)
class CheckOrder:
    """What a person asked for. None: as the settings say.

    reference: a picture, or a folder of pictures, that the same camera took earlier.
    """

    credentials: Credentials = NO_CREDENTIALS
    looks: Looks = ONE_LOOK
    reference: Path | None = None
    visit_s: float | None = None
    in_flight: int | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """What one check of one target came to.

    looks:    pictures that were measured.
    cost_ms:  processor time of the picture workers for them, decoding and measuring; the network side of a
              visit is under 2 ms more and is not told apart by target.
    """

    probe: Probe
    diagnosis: Diagnosis
    looks: int = 0
    cost_ms: float = 0.0


class Checker:
    """Looks at targets with the rooms it was handed."""

    def __init__(
        self, prober: Prober, pool: WorkerPool, *, looks: Looks, past: Baseline | None = None
    ) -> None:
        self.past = past
        self._clock, self._eyes, self._looks = prober.clock, Eyes(prober, pool), looks

    def now_ms(self) -> int:
        """By our clock."""
        return self._clock.now_ms()

    async def check(self, target: Target) -> Checked:
        """Look at one target. The world's failures are in the answer; nothing is raised for them."""
        if target.route.is_file:
            return await self._check_file(target)
        found = await self._eyes.look(target, self._looks)
        return self._judged(found, local_hour(found.probe.began_ms))

    async def _check_file(self, target: Target) -> Checked:
        """A picture or a video of this machine. A worker opens it: files are as hostile as cameras."""
        began_ms, path = self.now_ms(), Path(target.name)
        if why := await asyncio.to_thread(why_no_file, path):
            return self._judged(Seen(Probe(target, began_ms, Outcome.NOT_FOUND, remark=why)), None)
        if target.route is Route.IMAGE:
            reply = await self._eyes.measure(image_job(path))
        else:
            deadline_s = JOB_DEADLINE_S + self._looks.count * VIDEO_LOOK_S
            job = video_job(path, self._looks.count, self._looks.every_s)
            reply = await self._eyes.measure(job, deadline_s=deadline_s)
        sightings = [
            Sighting(m.figures, began_ms + (m.media_ms or 0), m.media_ms, bytes.fromhex(m.fingerprint))
            for m in reply.measured
        ]
        return self._judged(
            seen(self._file_probe(target, began_ms, reply), sightings, [reply]), hour_of(path)
        )

    @staticmethod
    def _file_probe(target: Target, began_ms: int, reply: Reply) -> Probe:
        if not reply.measured:
            return Probe(target, began_ms, Outcome.UNDECODABLE, remark=reply.failure)
        first = reply.measured[0]
        stream = StreamFacts(transport="file", width_px=first.width_px, height_px=first.height_px)
        return Probe(target, began_ms, Outcome.PLAYING, stream=stream)

    def _judged(self, found: Seen, hour: int | None) -> Checked:
        if found.probe.outcome is not Outcome.PLAYING:
            why = f"no picture: {found.probe.outcome}"
            return Checked(found.probe, Diagnosis(Verdict.NOT_CHECKABLE, reason=why))
        diagnosis = diagnose(found.sightings, self.past, hour)
        return Checked(found.probe, diagnosis, len(found.measured), found.cost_ms)

    async def learn(self, place: Path) -> Baseline:
        """The baseline of the earlier pictures at `place`: one picture, or a folder of them.

        NotFound, Invalid: see files.pictures_at; Invalid also when not one of them can be decoded.
        """
        pictures = await asyncio.to_thread(pictures_at, place)
        earlier = []
        for picture in pictures:
            reply = await self._eyes.measure(image_job(picture))
            earlier += [(m.figures, hour_of(picture)) for m in reply.measured]
        try:
            return Baseline.of(earlier)
        except ValueError as none_usable:
            raise Invalid(
                f"no picture at {place} can be a reference: {none_usable}", field="reference"
            ) from None


async def check_all(
    targets: Sequence[Target], order: CheckOrder, settings: Settings, report: Callable[[Checked], None]
) -> None:
    """Check every target; `report` gets each answer as it comes."""
    in_flight = places(order, settings, len(targets))
    async with picture_workers(settings.pictures) as pool:
        checker = Checker(prober_of(order, settings), pool, looks=order.looks)
        if order.reference is not None:
            if sum(not target.route.is_file for target in targets) > 1:
                raise Invalid(
                    "--reference is the past of one camera: check one camera at a time with it",
                    field="reference",
                )
            checker.past = await checker.learn(order.reference)

        async def one(target: Target) -> None:
            report(await checker.check(target))

        def failed(target: Target, error: Exception) -> None:
            log.error("look_failed", target=target.name, error=repr(error))
            probe = Probe(target, checker.now_ms(), Outcome.OUR_FAULT, remark=remark(repr(error)))
            report(Checked(probe, Diagnosis(Verdict.NOT_CHECKABLE, reason="the look itself failed")))

        await sweep(targets, one, in_flight=in_flight, per_host=settings.probing.per_host, failed=failed)


async def knock_all(
    targets: Sequence[Target], order: CheckOrder, settings: Settings, report: Callable[[Knock], None]
) -> None:
    """Ask every network target whether anybody answers; a file has nobody to ask, and is Invalid."""
    if files := [target.name for target in targets if target.route.is_file]:
        raise Invalid(f"{files[0]} is a file: --reachability asks cameras only", field="target")
    in_flight = places(order, settings, len(targets))
    prober = prober_of(order, settings)
    doors: dict[tuple[str, int], list[Target]] = {}
    for target in targets:
        doors.setdefault((host_key(target.host), target.port), []).append(target)
    behind = {same[0].name: same for same in doors.values()}  # a recorder is asked once, for all its channels

    async def one(door: Target) -> None:
        found = await knock(door, prober)
        for target in behind[door.name]:
            report(found if target is door else replace(found, target=target))

    def failed(door: Target, error: Exception) -> None:
        log.error("look_failed", target=door.name, error=repr(error))
        for target in behind[door.name]:
            report(Knock(target, prober.clock.now_ms(), Outcome.OUR_FAULT, remark=remark(repr(error))))

    asked = [same[0] for same in doors.values()]
    await sweep(asked, one, in_flight=in_flight, per_host=prober.per_host, failed=failed)


def places(order: CheckOrder, settings: Settings, targets: int) -> int:
    """How many looks run at a time; fewer than were asked for where the system allows fewer descriptors."""
    wanted = min(order.in_flight or settings.probing.in_flight, targets)
    allowed = raise_file_limit(wanted)
    if allowed < wanted:
        log.warning("fewer_looks_at_a_time", wanted=wanted, allowed=allowed, cure="raise ulimit -Hn")
    return allowed


def prober_of(order: CheckOrder, settings: Settings) -> Prober:
    """What every visit shares, from what was ordered and what is set."""
    probing = settings.probing
    visit_s = order.visit_s or probing.visit_s
    limits = VisitLimits(
        connect_s=min(probing.connect_s, visit_s),
        reply_s=min(probing.reply_s, visit_s),
        first_packet_s=min(probing.first_packet_s, visit_s),
        # who names a longer visit means the longest wait in it, and that is the one for a key frame
        key_frame_s=order.visit_s or min(probing.key_frame_s, visit_s),
        visit_s=visit_s,
    )
    return Prober(
        SystemClock(),
        Refusals(),
        order.credentials,
        limits,
        networks=probing.networks,
        per_host=probing.per_host,
    )
