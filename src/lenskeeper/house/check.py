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
from lenskeeper.house.files import hour_of, pictures_at, why_no_file
from lenskeeper.house.process import picture_workers, raise_file_limit
from lenskeeper.house.settings import Settings
from lenskeeper.house.worker import Reply, image_job, picture_job, read_reply, video_job
from lenskeeper.pictures.budget import Reservation
from lenskeeper.pictures.pool import JOB_DEADLINE_S, TimedOut, WorkerLost, WorkerPool
from lenskeeper.probing.connection import remark
from lenskeeper.probing.credentials import NO_CREDENTIALS, Credentials
from lenskeeper.probing.look import look_at
from lenskeeper.probing.probe import ONE_LOOK, KeyFrame, Looks, Probe, Prober, StreamFacts, VisitLimits
from lenskeeper.probing.refusals import Refusals
from lenskeeper.probing.sweep import Knock, knock, sweep
from lenskeeper.probing.targets import Route, Target, host_key

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()

FIRST_GUESS_BYTES: Final = (
    128 * 1024
)  # of a key frame, before any has been seen: a sub-stream's has 40, a main one's 300
VIDEO_LOOK_S: Final = 0.5  # more for each key frame of a file: 4K decodes in 0.05 s, and the disk may be slow
LEARN_SHARE: Final = 0.1  # how fast the guess follows what comes
GUESS_MARGIN: Final = 1.25


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


_Seen = tuple[Reply, list[Sighting]]  # what a worker answered for one key frame, and what it comes to


class _Room:
    """The bytes that one visit may hold: of the picture that is still coming, and of those that wait for a worker."""

    def __init__(self, reservation: Reservation) -> None:
        self._reservation = reservation
        self._coming = self._waiting = 0

    def hold(self, coming: int) -> bool:
        """Whether so much of the coming picture may be held."""
        if not self._reservation.resize(self._waiting + coming):
            return False
        self._coming = coming
        return True

    def take(self, size: int) -> bool:
        """A picture is whole and waits for a worker from now on."""
        if not self._reservation.resize(self._waiting + size):
            return False
        self._waiting, self._coming = self._waiting + size, 0
        return True

    def let_go(self, size: int) -> None:
        """A worker has measured it."""
        self._waiting -= size
        self._reservation.resize(self._waiting + self._coming)


class Checker:
    """Looks at targets with the rooms it was handed."""

    def __init__(
        self, prober: Prober, pool: WorkerPool, *, looks: Looks, past: Baseline | None = None
    ) -> None:
        self.past = past
        self._prober, self._pool, self._looks = prober, pool, looks
        self._usual_bytes = float(FIRST_GUESS_BYTES)

    def now_ms(self) -> int:
        """By our clock."""
        return self._prober.clock.now_ms()

    async def check(self, target: Target) -> Checked:
        """Look at one target. The world's failures are in the answer; nothing is raised for them."""
        return await (self._check_file(target) if target.route.is_file else self._check_camera(target))

    async def _check_camera(self, target: Target) -> Checked:
        """Room for a picture is reserved before the visit begins, so that what arrives can also be held."""
        async with self._pool.reserve(int(self._usual_bytes * GUESS_MARGIN)) as reservation:
            room = _Room(reservation)
            seen: list[asyncio.Task[_Seen]] = []

            def see(frame: KeyFrame) -> None:
                self._usual_bytes += LEARN_SHARE * (len(frame.encoded.data) - self._usual_bytes)
                seen.append(asyncio.create_task(self._measure_frame(frame, room)))

            try:
                probe = await look_at(target, self._prober, self._looks, see, room.hold)
                answers = await asyncio.gather(*seen)
            finally:  # called off: no measurement may outlive the room it is counted in
                for task in seen:
                    task.cancel()
        sightings = [sighting for _, found in answers for sighting in found]
        return self._judged(probe, sightings, [reply for reply, _ in answers], local_hour(probe.began_ms))

    async def _measure_frame(self, frame: KeyFrame, room: _Room) -> _Seen:
        size = len(frame.encoded.data)
        if not room.take(size):
            return Reply([], f"no room for a picture of {size / 1e6:.1f} MB: lower the stream's quality"), []
        reply = await self._measure(*picture_job(frame.encoded))
        room.let_go(size)
        return reply, [
            Sighting(m.figures, frame.at_ms, frame.media_ms, frame.fingerprint) for m in reply.measured[:1]
        ]

    async def _check_file(self, target: Target) -> Checked:
        """A picture or a video of this machine. A worker opens it: files are as hostile as cameras."""
        began_ms, path = self._prober.clock.now_ms(), Path(target.name)
        if why := await asyncio.to_thread(why_no_file, path):
            return self._judged(Probe(target, began_ms, Outcome.NOT_FOUND, remark=why), [], [])
        if target.route is Route.IMAGE:
            reply = await self._measure(image_job(path))
        else:
            deadline_s = JOB_DEADLINE_S + self._looks.count * VIDEO_LOOK_S
            reply = await self._measure(
                video_job(path, self._looks.count, self._looks.every_s), deadline_s=deadline_s
            )
        sightings = [
            Sighting(m.figures, began_ms + (m.media_ms or 0), m.media_ms, bytes.fromhex(m.fingerprint))
            for m in reply.measured
        ]
        return self._judged(self._file_probe(target, began_ms, reply), sightings, [reply], hour_of(path))

    @staticmethod
    def _file_probe(target: Target, began_ms: int, reply: Reply) -> Probe:
        if not reply.measured:
            return Probe(target, began_ms, Outcome.UNDECODABLE, remark=reply.failure)
        first = reply.measured[0]
        stream = StreamFacts(transport="file", width_px=first.width_px, height_px=first.height_px)
        return Probe(target, began_ms, Outcome.PLAYING, stream=stream)

    async def _measure(self, *job: bytes, deadline_s: float | None = None) -> Reply:
        answer = await self._pool.look(*job, deadline_s=deadline_s)
        match answer:
            case WorkerLost(reason):
                log.warning("picture_worker_lost", reason=reason, restarts=self._pool.restarts)
                return Reply([], reason)
            case TimedOut(after_s):
                log.warning("picture_worker_hung", after_s=after_s, restarts=self._pool.restarts)
                return Reply([], f"decoding it took longer than {after_s:g} s")
            case _:
                return read_reply(answer)

    def _judged(
        self, probe: Probe, sightings: list[Sighting], replies: Sequence[Reply], hour: int | None = None
    ) -> Checked:
        if probe.outcome is Outcome.PLAYING and not sightings:
            why = next((reply.failure for reply in replies if reply.failure), "no picture came through")
            probe = replace(probe, outcome=Outcome.UNDECODABLE, first_frame_ms=None, remark=why)
        if probe.outcome is not Outcome.PLAYING:
            return Checked(probe, Diagnosis(Verdict.NOT_CHECKABLE, reason=f"no picture: {probe.outcome}"))
        measured = [m for reply in replies for m in reply.measured]
        cost_ms = sum(m.decode_ms + m.score_ms for m in measured)
        return Checked(probe, diagnose(sightings, self.past, hour), len(measured), cost_ms)

    async def learn(self, place: Path) -> Baseline:
        """The baseline of the earlier pictures at `place`: one picture, or a folder of them.

        NotFound, Invalid: see files.pictures_at; Invalid also when not one of them can be decoded.
        """
        pictures = await asyncio.to_thread(pictures_at, place)
        earlier = []
        for picture in pictures:
            reply = await self._measure(image_job(picture))
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
