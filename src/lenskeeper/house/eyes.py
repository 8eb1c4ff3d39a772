"""One visit to one target, and its pictures measured by a worker: what comes back are figures."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import structlog

from lenskeeper.base.outcomes import Outcome
from lenskeeper.diagnosis.freeze import Sighting
from lenskeeper.house.worker import Measured, Reply, picture_job, read_reply
from lenskeeper.pictures.budget import Reservation
from lenskeeper.pictures.pool import TimedOut, WorkerLost, WorkerPool
from lenskeeper.probing.look import look_at
from lenskeeper.probing.probe import KeyFrame, Looks, Probe, Prober
from lenskeeper.probing.targets import Target

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()

FIRST_GUESS_BYTES: Final = (
    128 * 1024
)  # of a key frame, before any has been seen: a sub-stream's has 40, a main one's 300
LEARN_SHARE: Final = 0.1  # how fast the guess follows what comes
GUESS_MARGIN: Final = 1.25


class Unmeasured(Reply, frozen=True):
    """No figures, and the picture had nothing to do with it: no worker, or no room to hold it in."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a visit brought: how it ended, and the figures of its pictures in the order they came."""

    probe: Probe
    sightings: tuple[Sighting, ...] = ()
    measured: tuple[Measured, ...] = ()

    @property
    def cost_ms(self) -> float:
        """Processor time of the worker for the pictures."""
        return sum(m.decode_ms + m.score_ms for m in self.measured)


def seen(probe: Probe, sightings: Sequence[Sighting], replies: Sequence[Reply]) -> Seen:
    """A visit that played and of which no picture could be made is `undecodable`, with the worker's reason; or it is
    our fault, and says nothing of the camera."""
    if probe.outcome is Outcome.PLAYING and not sightings:
        why = next((reply.failure for reply in replies if reply.failure), "no picture came through")
        is_ours = any(isinstance(reply, Unmeasured) for reply in replies)
        outcome = Outcome.OUR_FAULT if is_ours else Outcome.UNDECODABLE
        probe = replace(probe, outcome=outcome, first_frame_ms=None, remark=why)
    if probe.outcome is not Outcome.PLAYING:
        return Seen(probe)
    return Seen(probe, tuple(sightings), tuple(m for reply in replies for m in reply.measured))


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


class Eyes:
    """Visits network targets and has their pictures measured, with the rooms it was handed."""

    def __init__(self, prober: Prober, pool: WorkerPool) -> None:
        self._prober, self._pool = prober, pool
        self._usual_bytes = float(FIRST_GUESS_BYTES)

    async def look(self, target: Target, looks: Looks) -> Seen:
        """Visit a network target. Room for a picture is reserved before, so that what arrives can also be held."""
        async with self._pool.reserve(int(self._usual_bytes * GUESS_MARGIN)) as reservation:
            room = _Room(reservation)
            coming: list[asyncio.Task[_Measured]] = []

            def see(frame: KeyFrame) -> None:
                self._usual_bytes += LEARN_SHARE * (len(frame.encoded.data) - self._usual_bytes)
                coming.append(asyncio.create_task(self._measure_frame(frame, room)))

            try:
                probe = await look_at(target, self._prober, looks, see, room.hold)
                answers = await asyncio.gather(*coming)
            finally:  # called off: no measurement may outlive the room it is counted in
                for task in coming:
                    task.cancel()
        return seen(probe, [s for _, found in answers for s in found], [reply for reply, _ in answers])

    async def _measure_frame(self, frame: KeyFrame, room: _Room) -> "_Measured":
        size = len(frame.encoded.data)
        if not room.take(size):
            return Unmeasured(
                [], f"no room for a picture of {size / 1e6:.1f} MB: lower the stream's quality"
            ), []
        reply = await self.measure(*picture_job(frame.encoded))
        room.let_go(size)
        return reply, [
            Sighting(m.figures, frame.at_ms, frame.media_ms, frame.fingerprint) for m in reply.measured[:1]
        ]

    async def measure(self, *job: bytes, deadline_s: float | None = None) -> Reply:
        """Have a worker do a job; one that dies of it or hangs is told in the reply."""
        answer = await self._pool.look(*job, deadline_s=deadline_s)
        match answer:
            case WorkerLost(reason, is_ours):
                log.warning("picture_worker_lost", reason=reason, restarts=self._pool.restarts)
                return Unmeasured([], reason) if is_ours else Reply([], reason)
            case TimedOut(after_s):
                log.warning("picture_worker_hung", after_s=after_s, restarts=self._pool.restarts)
                return Reply([], f"decoding it took longer than {after_s:g} s")
            case _:
                return read_reply(answer)


_Measured = tuple[Reply, list[Sighting]]  # what a worker answered for one key frame, and what it comes to
