"""A day of a fleet in a minute: the real rounds, books and chores on a clock of their own, against scripted cameras.

For exercises only: the database says that it is one, and every report of it is stamped so. Nothing is sent to anybody.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final, Protocol

from lenskeeper.base.access import Scope
from lenskeeper.base.clock import Clock
from lenskeeper.base.days import day_span
from lenskeeper.base.outcomes import Outcome
from lenskeeper.base.spans import Span
from lenskeeper.diagnosis.kinds import Verdict
from lenskeeper.house import chores
from lenskeeper.house.books import Books
from lenskeeper.house.clock import StandingClock
from lenskeeper.house.desk import RepairDesk
from lenskeeper.house.exercise import exercise_of
from lenskeeper.house.findings import Found
from lenskeeper.house.home import Home
from lenskeeper.house.memories import Memories
from lenskeeper.house.serve import landmarks_of, manners_of
from lenskeeper.inventory.points import Watched
from lenskeeper.inventory.rows_watched import watched
from lenskeeper.probing.errands import Errand, Looked
from lenskeeper.probing.manners import Manners
from lenskeeper.probing.memory import NOTHING_REMEMBERED, Changes, Remembered
from lenskeeper.probing.round_results import CODE_OF, ZoneRound
from lenskeeper.probing.rounds import Rounds
from lenskeeper.probing.schedule import period_of
from lenskeeper.probing.simulator.script import Answer
from lenskeeper.probing.targets import Target
from lenskeeper.probing.witness import NO_LANDMARKS, Landmarks
from lenskeeper.store.database import Store

PICTURE_BYTES: Final = 40_000  # of a sub-stream's key frame, as it would be charged to its line
DESK_EVERY_S: Final = 300  # of the day that is lived through: patience is 10 minutes and more
SOME_AHEAD_S: Final = 900  # the day is over, and whatever comes late has come


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What a rehearsal came to."""

    slots: int
    looks: int
    changes: int
    point_days: int
    tickets: int


class Played(Protocol):
    """Cameras that answer without a socket. at_s: UTC seconds by the clock of whoever asks."""

    def greeting(self, url: str, at_s: int) -> Outcome:
        """How a reachability look ends."""
        ...

    def look(self, url: str, at_s: int) -> Answer:
        """How a look for a picture ends."""
        ...


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays. plan: read when the rounds begin, and whenever they are told that it changed."""

    store: Store
    clock: Clock
    plan: Callable[[], Sequence[Watched]]
    played: Played
    manners: Manners
    chance: Random
    landmarks: Landmarks = NO_LANDMARKS
    remembered: Remembered = NOTHING_REMEMBERED


def stage(cast: Cast, on_zone: Callable[[ZoneRound], None] | None = None) -> tuple[Rounds, Books]:
    """The real rounds and books on played cameras. on_zone: who takes the zones' slots instead of the books."""
    played, clock = cast.played, cast.clock

    async def greet(doors: Sequence[Target], starts_s: Sequence[float], found: bytearray) -> None:  # noqa: ARG001  no time passes here
        at_s = clock.now_ms() // 1000
        for n, door in enumerate(doors):
            found[n] = CODE_OF[played.greeting(door.url, at_s)]

    async def look(errand: Errand) -> Looked:
        answer = played.look(errand.url, clock.now_ms() // 1000)
        if answer.outcome is not Outcome.PLAYING:
            return Looked(answer.outcome, findings=Found(None))
        found = Found(Verdict(answer.verdict), " ".join(answer.kinds))
        return Looked(answer.outcome, PICTURE_BYTES, has_picture=True, verdict=answer.verdict, findings=found)

    def slot_of(errand: Errand) -> Span:
        period_s = int(rounds.fleet.period_s[rounds.fleet.place_of[errand.watched.point_id]])
        return period_of(errand.watched.point_id, period_s, errand.due_s or errand.slot_s)

    def visits() -> Changes:
        return rounds.changes()

    def failed(what: str, error: Exception) -> None:
        raise AssertionError(what) from error

    books = Books(cast.store, clock, Memories(cast.store), prober="rehearsal", slot_of=slot_of, visits=visits)
    rounds = Rounds(
        cast.plan,
        greet,
        look,
        on_zone=on_zone or books.take_zone,
        on_looked=books.take_look,
        on_fact=books.take_fact,
        failed=failed,
        clock=clock,
        chance=cast.chance,
        manners=cast.manners,
        landmarks=cast.landmarks,
        remembered=cast.remembered,
    )
    return rounds, books


async def rehearse(home: Home, day: int, *, survey: bool = False) -> Rehearsed:
    """Live through one local day. `home.clock` is a StandingClock. Conflict: the installation is no exercise."""
    exercise, clock = exercise_of(home), home.clock
    assert isinstance(clock, StandingClock)
    span = day_span(day, home.tz())
    clock.now = span[0]
    with home.store.read() as connection:
        fleet = watched(connection, Scope.ALL, span[0])
    settings = home.settings.rounds
    rounds, books = stage(
        Cast(
            home.store,
            clock,
            lambda: fleet,
            exercise.script(span),
            manners_of(settings, ramp_from_s=span[0] - 10 * 86_400 if survey else None),
            Random(day),  # noqa: S311  a day that can be lived again
            landmarks_of(settings),
        )
    )
    await chores.derive_exclusions(home)
    desk, tickets = RepairDesk(), 0
    for slot_s in range(span[0], span[1], settings.slot_s):
        clock.now = slot_s
        await rounds.slot(slot_s)
        clock.now = slot_s + settings.slot_s
        assert await books.flush(), "the database of an exercise can be written"
        if not survey and clock.now % DESK_EVERY_S == 0:
            tickets += home.store.write(lambda c: desk.turn(c, clock.now_ms() // 1000)).opened
    await rounds.stop()
    clock.now = span[1] + SOME_AHEAD_S
    days = await chores.add_up_days(home)
    return Rehearsed(rounds.tally.slots_done, rounds.tally.looks, books.tally.changes, days, tickets)
