"""A fleet that is lived through minute by minute by the real rounds and books, and the same told plainly.

Time really passes in minutes, counted from 0; our clock may show something else. What a camera does, it does in minutes
that really pass; what the books hold, they hold by our clock.
"""

import asyncio
import functools
import selectors
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Final

from sqlalchemy import Connection
from tests.availability.planted_truth import Camera
from tests.probing.rounds_kit import VirtualClock

from lenskeeper.availability.lanes import Lane, State
from lenskeeper.availability.rows_exclusions import refresh
from lenskeeper.availability.rows_rollups import recompute
from lenskeeper.base.access import LOCAL_OPERATOR, Scope
from lenskeeper.base.outcomes import Outcome
from lenskeeper.house.books import Books
from lenskeeper.house.rehearse import Cast, stage
from lenskeeper.inventory.camera_file import CameraFile
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.points import Watched
from lenskeeper.inventory.rows_points import add, units_of
from lenskeeper.inventory.rows_watched import watched
from lenskeeper.probing.manners import Manners
from lenskeeper.probing.round_results import ZoneRound
from lenskeeper.probing.rounds import NAP_S, Rounds
from lenskeeper.probing.rows import remembered
from lenskeeper.probing.simulator.script import Answer
from lenskeeper.probing.targets import parse_target
from lenskeeper.probing.witness import Landmarks
from lenskeeper.store.database import Store
from lenskeeper.units.ids import UnitId

MINUTE: Final = 60
SLOT_ENDS_S: Final = 59.5  # of its minute: all that belongs to the slot has come
PLAN_EVERY: Final = 10  # minutes between two readings of the plan; it is read after each act, too
SUMS_EVERY: Final = 60  # minutes between two sums of the days that are over
TURNS: Final = 10  # of the loop, in which everybody who was woken comes to rest
FOREVER: Final = 1 << 40
MANNERS: Final = Manners(picture_period_s=(300, 1_800, 3_600))


class WeekClock(VirtualClock):
    """Our clock. It can be set, and on this busy machine a nap lasts until the next minute."""

    async def sleep(self, length_s: float) -> None:
        if length_s == NAP_S:
            length_s = MINUTE - self.since_s % MINUTE
        await super().sleep(length_s)

    def set_by(self, length_s: int) -> None:
        """Somebody sets it forward, or back."""
        self.wall_s += length_s

    @property
    def now_s(self) -> int:
        return self.now_ms() // 1000

    @property
    def minute(self) -> int:
        """Minutes that have really passed."""
        return int(self.since_s) // MINUTE


class NoSockets(selectors.SelectSelector):
    """While anybody can go on, nobody is asked for: a week has half a million turns of the loop."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return [] if timeout == 0 else super().select(timeout)


@dataclass
class Planted:
    """A camera: what is true of it, and what it does.

    silent: minutes in which nobody answers at its door.
    gone:   of a channel, minutes in which its recorder knows none of that name.
    hung:   make, and since when by our clock.
    """

    truth: Camera
    zone: str
    urls: list[str]
    is_channel: bool = False
    silent: set[int] = field(default_factory=set)
    gone: set[int] = field(default_factory=set)
    hung: list[tuple[str, int]] = field(default_factory=list)

    @property
    def point_id(self) -> PointId:
        return self.truth.point_id


class Town:
    """The fleet, its prober, and whoever keeps the register. Acts are done at the end of a minute."""

    def __init__(self, store: Store, begin_s: int, minutes: int, witnesses: dict[str, str]) -> None:
        """witnesses: a zone's address that is there whenever the zone can be seen."""
        assert begin_s % MINUTE == 0
        self.store, self.minutes = store, minutes
        self.clock = WeekClock(begin_s)
        self.span = (begin_s - 2 * 86_400, begin_s + minutes * MINUTE + 2 * 86_400)
        self.cameras: list[Planted] = []
        self.acts: dict[int, list[Callable[[], object]]] = defaultdict(list)
        self.cut: dict[str, set[int]] = defaultdict(set)  # minutes in which nothing of a zone is heard
        self.crash: tuple[int, int] | None = (
            None  # its last minute, and the one that a new prober begins after
        )
        self.kept_back: tuple[str, range] | None = None  # a zone's rounds
        self.kept: list[ZoneRound] = []
        self.waits = {0}  # minutes in which the prober waits for the next whole one
        self._witnesses = witnesses
        self._witness_of = {host_in(url): zone for zone, url in witnesses.items()}
        self._doors: dict[str, list[Planted]] = {}
        self._prober: tuple[Rounds, Books, asyncio.Task[None]] | None = None
        self._plan: list[Watched] = []
        # what happened, minute by minute
        self.shown: list[int] = []  # by our clock, as the minute began
        self.read: list[int] = []  # when the plan was read that its slot followed
        self.began: list[int] = []  # the first minute of the prober that lived then
        self.looks: dict[str, list[int]] = defaultdict(list)  # minutes of the looks at each address

    # -- planting

    def plant(self, file: CameraFile, *, unit_id: UnitId, tz: str) -> Planted:
        """Register a camera that answers always; the caller plants what is wrong with it."""
        begin_s = self.clock.now_s

        def work(connection: Connection) -> tuple[PointId, list[tuple[UnitId | None, int, int]]]:
            made = add(connection, file, unit_id=unit_id, actor=LOCAL_OPERATOR, now_s=begin_s)
            stays = units_of(connection, made)
            return made, [(unit, a, FOREVER if b is None else b) for a, b, unit in stays]

        point_id, stays = self.store.write(work)
        truth = Camera(
            point_id, tz, file.lat, file.lon, stays, (0, FOREVER), klass=file.klass or 3, span=self.span
        )
        made = Planted(truth, file.zone, [file.url], bool(file.channel), hung=[(file.make, 0)])
        self.cameras.append(made)
        return made

    def after(self, minute: int, act: Callable[[], object]) -> None:
        """Do something at the end of a minute."""
        self.acts[minute].append(act)

    def set_clock(self, minute: int, by_min: int) -> None:
        """Somebody sets our clock at the end of a minute."""
        self.after(minute, lambda: self.clock.set_by(by_min * MINUTE))
        if by_min < 0:
            self.waits.add(minute + 1)  # its slot is past by our clock

    def settle(self) -> None:
        """Add up the days that are over, as the chores do."""
        now_s = self.clock.now_s
        while not self.store.write(lambda c: recompute(c, now_s=now_s, limit=500)).is_done:
            pass

    # -- the cameras' side

    def greeting(self, url: str, at_s: int) -> Outcome:
        """Whether anybody answers."""
        return Outcome.ANSWERS if self._answers(url) else Outcome.TIMED_OUT

    def look(self, url: str, at_s: int) -> Answer:
        """A fit picture, unless nobody answers or there is no such channel."""
        self.looks[url].append(self.clock.minute)
        if not self._answers(url):
            return Answer(Outcome.TIMED_OUT, "not_checkable")
        if any(self.clock.minute in one.gone for one in self._at(url) if url in one.urls):
            return Answer(Outcome.NOT_FOUND, "not_checkable")
        return Answer(Outcome.PLAYING, "fit")

    def _answers(self, url: str) -> bool:
        minute = self.clock.minute
        for zone, address in self._witnesses.items():
            if url == address:
                return minute not in self.cut[zone]
        return any(minute not in one.silent and minute not in self.cut[one.zone] for one in self._at(url))

    def _at(self, url: str) -> list[Planted]:
        """Who stands behind a door."""
        if url not in self._doors:
            host = host_in(url)
            self._doors[url] = [one for one in self.cameras if host in map(host_in, one.urls)]
        return self._doors[url]

    # -- living

    def run(self) -> None:
        """Live through all of it."""
        with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(NoSockets())) as runner:
            runner.run(self.live())

    async def live(self) -> None:
        """All minutes, one after the other, and then what came late is added up."""
        self._begin()
        for minute in range(self.minutes):
            self.shown.append(self.clock.now_s)
            self.read.append(self._read_s)
            self.began.append(self._began)
            await self.clock.live(minute * MINUTE + SLOT_ENDS_S, TURNS)
            assert self._prober is None or not self._prober[2].done(), "the rounds go on"
            await self._end_minute(minute)
            self.clock.since_s = float((minute + 1) * MINUTE)
        if self._prober is not None:
            await self._prober[0].stop()
            await self.clock.live(self.clock.since_s + MINUTE)
            await self._prober[2]
            await self._prober[1].flush()
        self.clock.since_s += 3_600
        self.settle()

    async def _end_minute(self, minute: int) -> None:
        if self.crash is not None and minute == self.crash[0]:
            await self._drop()
        if self._prober is not None:
            assert await self._prober[1].flush()
        for act in self.acts[minute]:
            act()
            self.store.write(refresh)
        if self.crash is not None and minute == self.crash[1]:
            self._begin()
            await asyncio.sleep(0)  # it sees our clock as it is now
        elif self._prober is not None and (self.acts[minute] or minute % PLAN_EVERY == PLAN_EVERY - 1):
            self._read()
            self._prober[0].replan()
        if minute % SUMS_EVERY == SUMS_EVERY - 1:
            self.settle()

    def hand_over(self) -> None:
        """What was kept back goes into the books; the caller may do it twice."""
        assert self._prober is not None
        for seen in self.kept:
            self._prober[1].take_zone(seen)

    def _read(self) -> None:
        self._read_s = self.clock.now_s
        with self.store.read() as connection:
            self._plan = watched(connection, Scope.ALL, self._read_s)

    def _begin(self) -> None:
        """A new process: it knows what the database knows, and no more."""
        self._read()
        self._began = self.clock.minute
        with self.store.read() as connection:
            known = remembered(connection, Scope.ALL)
        rounds, books = stage(
            Cast(
                self.store,
                self.clock,
                lambda: self._plan,
                self,
                MANNERS,
                Random(7),
                Landmarks({zone: (parse_target(url),) for zone, url in self._witnesses.items()}),
                known,
            ),
            self._take_zone,
        )
        self._prober = rounds, books, asyncio.create_task(rounds.run())

    async def _drop(self) -> None:
        """Killed: nobody says goodbye, and what waited to be written is lost."""
        assert self._prober is not None
        task = self._prober[2]
        self._prober = None
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    def _take_zone(self, seen: ZoneRound) -> None:
        if self._prober is None:
            return
        if self.kept_back is not None:
            zone, minutes = self.kept_back
            if seen.zone == zone and self.clock.minute in minutes:
                self.kept.append(seen)
                return
        self._prober[1].take_zone(seen)

    # -- the truth

    def tell_truth(self) -> None:
        """What the books must hold of every camera and slot, from what happened and by no rule of the code's."""
        for one in self.cameras:
            for minute in self.slots():
                if one.truth.life[0] <= self.read[minute] < one.truth.life[1]:
                    state = self._seen(one, minute)
                    if state is not None:
                        slot_s = self.shown[minute]
                        one.truth.say(Lane.REACHABLE, slot_s, slot_s + MINUTE, state)

    def slots(self) -> Iterable[int]:
        """Minutes of which the books were told: the prober lived to their end and to the writing."""
        lost = range(0) if self.crash is None else range(self.crash[0], self.crash[1] + 1)
        return (minute for minute in range(self.minutes) if minute not in self.waits and minute not in lost)

    def _seen(self, one: Planted, minute: int) -> State | None:
        if minute in self.cut[one.zone]:
            return None  # we are blind: it is not the camera
        if minute in one.silent:
            return State.DOWN
        if not one.is_channel:
            return State.UP
        url = one.urls[0]
        looks = [at for at in self.looks[url] if self.began[minute] <= at <= minute]
        if not looks or self.shown[looks[-1]] + MANNERS.picture_period_s[0] + MINUTE <= self.shown[minute]:
            return None  # the recorder answers, and nobody has looked at the channel of late
        return State.DOWN if looks[-1] in one.gone else State.UP


@functools.cache
def host_in(url: str) -> str:
    """Whose address it is."""
    return parse_target(url).host
