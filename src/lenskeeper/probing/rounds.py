"""The rounds: every door greeted in every slot, pictures at their own moments, and what came of it handed on.

Reachability is never put off. A camera that is dead for eight hours is looked at 480 times in them, or the books
would know it down for one minute in ten. What is put off, held back and rationed is pictures and logins.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from random import Random
from typing import Final, Protocol

import numpy as np

from lenskeeper.base.clock import Clock
from lenskeeper.base.errors import NotFound
from lenskeeper.base.outcomes import Outcome
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.points import Watched
from lenskeeper.probing.door_round import DoorRound
from lenskeeper.probing.errands import Errand, Look, Looked, Why
from lenskeeper.probing.fleet import NOWHERE, Fleet, fleet_of
from lenskeeper.probing.greeting import Greet
from lenskeeper.probing.manners import DEFAULT_MANNERS, Manners
from lenskeeper.probing.memory import NOTHING_REMEMBERED, Changes, Remembered
from lenskeeper.probing.pacing import StopSwitch
from lenskeeper.probing.picture_desk import Candidate, Order, PictureDesk
from lenskeeper.probing.round_results import (
    DOWN,
    NOT_LOOKED,
    OUTCOMES,
    UNKNOWN,
    UP,
    Fact,
    FactKind,
    Held,
    RoundsTally,
    ZoneRound,
)
from lenskeeper.probing.telling import Telling
from lenskeeper.probing.witness import NO_LANDMARKS, Landmarks
from lenskeeper.probing.zone_watch import STATE_OF_CODE, Codes, ZoneWatch

STOP_WITHIN_S: Final = 3.5  # for visits under way to end politely; the rest of 5 s is for saying goodbye
HAND_ON_SHARE: Final = (
    0.95  # of a slot; the rest is for handing on, so that a usual slot ends in its own minute
)
NAP_S: Final = 1.0  # how long we wait at most without looking whether we shall stop
LATE_SHARE: Final = (
    0.15  # of a slot, for pictures whose doors had to be heard first; after a restart, all of them
)
LATE_GAP_S_MAX: Final = 0.5
WAYS_NOT_THERE: Final = frozenset(
    {Outcome.NOT_FOUND, Outcome.NO_VIDEO, Outcome.NOT_SUPPORTED, Outcome.REJECTED}
)
# Of a visit amid which the line may have been cut: in a zone we were blind in they tell nothing of the camera.
SILENCES: Final = frozenset({Outcome.TIMED_OUT, Outcome.UNREACHABLE, Outcome.CLOSED})
BLIND: Final = Looked(Outcome.OUR_FAULT)


class Failed(Protocol):
    """Told when our own code fell over something; the rounds go on."""

    def __call__(self, what: str, error: Exception) -> None:
        """Write it down."""
        ...


class Rounds:
    """All looks at a fleet, slot by slot. `run` lives by the clock; `slot` is one step without waiting.

    Use one of the two. Sinks are called in the loop's own thread and must not wait. A zone's batch is handed on
    after the looks of its slot, so that both can go into one transaction.
    """

    def __init__(
        self,
        plan: Callable[[], Sequence[Watched]],
        greet: Greet,
        look: Look,
        *,
        on_zone: Callable[[ZoneRound], None],
        on_looked: Callable[[Errand, Looked], None],
        on_fact: Callable[[Fact], None],
        failed: Failed,
        clock: Clock,
        chance: Random,
        manners: Manners = DEFAULT_MANNERS,
        landmarks: Landmarks = NO_LANDMARKS,
        remembered: Remembered = NOTHING_REMEMBERED,
        standing: Iterable[tuple[FactKind, str]] = (),
        switch: StopSwitch | None = None,
    ) -> None:
        """standing: facts that had begun before a restart, so that they are not told again."""
        self.tally = RoundsTally()
        self.switch = switch or StopSwitch()
        self._plan, self._look, self._failed = plan, look, failed
        self._on_zone, self._on_looked = on_zone, on_looked
        self._clock, self._chance, self._manners = clock, chance, manners
        self._landmarks = landmarks
        self._telling = Telling(on_fact, standing)
        fleet = fleet_of(plan(), manners)
        self._desk = PictureDesk(fleet, manners, self.tally, chance, self._telling.tell)
        self._desk.recall(remembered)
        self._watch = ZoneWatch(fleet, landmarks, self._telling.tell)
        self._watch.recall(self._telling.subjects(FactKind.SITE_FAULT))
        self._doors = DoorRound(
            greet, self._watch, landmarks, self.switch, self.tally, self._pause_before_retry
        )
        self._is_stale = self._is_laid = False
        self._slot_s = 0
        self._paced_from_s: float | None = None
        self._finished_s: float | None = None
        self._visits: set[asyncio.Task[None]] = set()
        self._came: list[tuple[Order, Looked]] = []
        self._stopping = asyncio.Event()
        self._round: asyncio.Task[None] | None = None

    @property
    def silent_s(self) -> float | None:
        """Seconds since the last slot was finished, or since the first was due; None before that."""
        return None if self._finished_s is None else self._clock.elapsed_s() - self._finished_s

    @property
    def fleet(self) -> Fleet:
        """The plan as it is laid out now."""
        return self._desk.fleet

    def replan(self) -> None:
        """Read the plan again before the next slot; what is known of points that stay is kept."""
        self._is_stale = True

    def request(self, point_id: PointId) -> None:
        """A person wants a picture of this point: in the next slot, whatever its period. NotFound: not in service."""
        place = self.fleet.place_of.get(point_id)
        if place is None:
            raise NotFound(f"point {point_id} is not in service: correct its dates or choose another")
        self._desk.points.is_requested[place] = True

    def changes(self) -> Changes:
        """What must survive a restart and has changed since this was last asked; logins are the Refusals' to tell."""
        return Changes(routes=tuple(self._desk.take_routes()), used=tuple(self._desk.take_used()))

    async def slot(self, slot_s: int) -> None:
        """One slot, at once: greetings, retry, pictures and their confirmation, zones handed on. For rehearsals."""
        self._paced_from_s = None
        self.tally.slots_due += 1
        await self._go_round(slot_s)
        self.tally.slots_done += 1

    async def run(self) -> None:
        """Slot after slot by the clock until `stop`. The first begins with the next slot of the grid."""
        length_s = self._manners.slot_s
        slot_s = self._next_slot()
        try:
            while await self._is_time_of(slot_s):
                now_s = self._now_s()
                if slot_s - now_s > length_s:
                    self.tally.clock_steps += 1  # it was set back
                    slot_s = self._next_slot()
                    continue
                if late := int((now_s - slot_s) // length_s):
                    self.tally.slots_due += late
                    self.tally.slots_missed += late
                    slot_s += late * length_s
                await self._timed_round(slot_s)
                slot_s += length_s
        finally:
            if self._round is not None:  # we are called off ourselves
                self._round.cancel()
                await asyncio.gather(self._round, return_exceptions=True)
            await self._end_visits()

    async def stop(self) -> None:
        """End: at most 5 s for what is under way. What has been heard of a slot that is not over is let go."""
        self._stopping.set()
        if self._round is not None:
            self._round.cancel()
            await asyncio.wait({self._round}, timeout=1)
        await self._end_visits()

    # -- the clock

    def _now_s(self) -> float:
        return self._clock.now_ms() / 1000

    def _next_slot(self) -> int:
        length_s = self._manners.slot_s
        return (int(self._now_s()) // length_s + 1) * length_s

    async def _is_time_of(self, slot_s: int) -> bool:
        """Wait for the slot; False when we shall stop. Naps, so that a clock that is set is noticed."""
        while not self._stopping.is_set():
            ahead_s = slot_s - self._now_s()
            if ahead_s <= 0 or ahead_s > 2 * self._manners.slot_s:
                return True
            await self._clock.sleep(min(ahead_s, NAP_S))
        return False

    async def _timed_round(self, slot_s: int) -> None:
        """One slot that must be over by the end of the next, or its points stay unknown."""
        self.tally.slots_due += 1
        ends_s = slot_s + self._manners.slot_s
        self._paced_from_s = self._clock.elapsed_s()
        self._finished_s = self._finished_s if self._finished_s is not None else self._paced_from_s
        self._round = asyncio.create_task(self._go_round(slot_s))
        await self._within(ends_s + self._manners.slot_s - self._now_s(), {self._round})
        if not self._round.done():
            self._round.cancel()
            await asyncio.wait({self._round})
            self.tally.slots_missed += 1
        elif self._round.cancelled():
            self.tally.slots_cut += 1
        elif (error := self._round.exception()) is not None:
            if not isinstance(error, Exception):
                raise error
            self.tally.slots_missed += 1
            self._failed("slot", error)
        else:
            self._finished_s = self._clock.elapsed_s()
            if self._now_s() <= ends_s:
                self.tally.slots_done += 1
            else:
                self.tally.slots_late += 1
        self._round = None

    async def _within(self, length_s: float, tasks: "set[asyncio.Task[None]]") -> None:
        """Wait until all have ended, for so long at most by our clock."""
        if length_s <= 0:
            return
        all_ended = asyncio.ensure_future(asyncio.wait(tasks))
        limit = asyncio.ensure_future(self._clock.sleep(length_s))
        try:
            await asyncio.wait({all_ended, limit}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            all_ended.cancel()
            limit.cancel()

    async def _wait_until(self, start_s: float) -> None:
        """Wait for a moment of the slot, where we live by the clock."""
        if self._paced_from_s is not None:
            ahead_s = start_s - (self._clock.elapsed_s() - self._paced_from_s)
            if ahead_s > 0:
                await self._clock.sleep(ahead_s)

    async def _pause(self, between_s: tuple[float, float]) -> None:
        """Before somebody is asked again."""
        if self._paced_from_s is not None:
            await self._clock.sleep(self._chance.uniform(*between_s))

    async def _pause_before_retry(self) -> None:
        await self._pause(self._manners.retry_after_s)

    # -- one slot

    async def _go_round(self, slot_s: int) -> None:
        self._slot_s = slot_s
        self._lay_plan()
        self._desk.begin(slot_s)
        candidates = self._desk.candidates(slot_s, self.switch, self._watch.held_sites())
        codes = bytearray(len(self.fleet.targets))
        if self._paced_from_s is None:
            heard = await self._doors.greet_all(codes)
            later = candidates
        else:
            greeting = asyncio.create_task(self._doors.greet_all(codes))
            try:
                later = await self._send_early(candidates, codes)
                heard = await greeting
            finally:
                greeting.cancel()
        states, blind = self._watch.settle(heard, slot_s)
        self.tally.blind_zone_slots += len(blind)
        self._desk.charge_greetings(heard.codes != NOT_LOOKED, slot_s)
        await self._tend_sites(states)
        await self._send_late(later, states, heard.codes)
        await self._wait_for_visits(slot_s)
        self._hand_on_looks(blind)
        self._hand_on_zones(states, heard.codes)

    def _lay_plan(self) -> None:
        if self._is_stale:
            self._is_stale = False
            fleet = fleet_of(self._plan(), self._manners, self.fleet)
            self._desk.replan(fleet)
            self._watch.replan(fleet)
            self._is_laid = False
        if not self._is_laid:
            self._is_laid = True
            self._telling.end_what_is_gone(self.fleet, self._landmarks, self._slot_s)

    async def _tend_sites(self, states: Codes) -> None:
        """Open and close breakers; while one is open, its gateway is asked first."""
        for site in self._watch.newly_failed(states, self._slot_s):
            self._watch.open_site(site, self._slot_s, gateway=await self._doors.gateway(site))
        for site, open_site in list(self._watch.open_sites.items()):
            if open_site.since_s != self._slot_s:
                answers = await self._doors.gateway(site)
                if answers is not None:
                    self._watch.gateway_answers(site, answers=answers)

    # -- pictures

    async def _send_early(self, candidates: list[Candidate], codes: bytearray) -> list[Candidate]:
        """Send out at their moments; those whose door is silent wait for the end of the greetings."""
        later: list[Candidate] = []
        for candidate in candidates:
            await self._wait_until(candidate.start_s)
            door = self.fleet.door_of[candidate.place]
            code = codes[door]
            state = self._watch.doors.known[door] if code == NOT_LOOKED else STATE_OF_CODE[code]
            if state == UP:
                await self._send(candidate)
            else:
                later.append(candidate)
        return later

    async def _send_late(self, candidates: list[Candidate], states: Codes, codes: Codes) -> None:
        """Those whose door had not been heard at their moment. Sent out one after the other, not all at once."""
        held = set(self._watch.held_sites())
        answering: list[Candidate] = []
        for candidate in candidates:
            i = candidate.place
            state = states[self.fleet.door_of[i]]
            if state != UP:
                self._note_silent(i, codes, is_known=state == DOWN)
            elif int(self.fleet.site_of[i]) in held:
                self.tally.held[Held.SITE] += 1
                self._desk.let_go(i)
            else:
                answering.append(candidate)
        gap_s = LATE_SHARE * self._manners.slot_s / max(len(answering), 1)
        for candidate in answering:
            await self._send(candidate)
            if self._paced_from_s is not None:
                await self._clock.sleep(min(gap_s, LATE_GAP_S_MAX))

    def _note_silent(self, i: int, codes: Codes, *, is_known: bool) -> None:
        """A picture was due, and the camera failed to bring one: nobody need ask twice. Or we know nothing of it."""
        self.tally.held[Held.DOWN if is_known else Held.BLIND] += 1
        errand = self._desk.errand(i, self._slot_s) if is_known else None
        self._desk.let_go(i)
        if errand is not None:
            code = int(codes[self.fleet.door_of[i]])
            self._on_looked(errand, Looked(OUTCOMES[code - 1], was_visited=False))

    async def _send(self, candidate: Candidate) -> None:
        if len(self._visits) >= self._manners.pictures_in_flight:
            self.tally.held[Held.IN_FLIGHT] += (
                1  # asked in a later slot: greetings must not wait for pictures
            )
            return
        order = self._desk.order(candidate, self._slot_s)
        if order is None:
            return
        if self._paced_from_s is None:
            await self._visit(order)
            return
        task = asyncio.create_task(self._visit(order))
        self._visits.add(task)
        task.add_done_callback(self._visits.discard)

    async def _visit(self, order: Order) -> None:
        """One picture, looked at once more where it must be confirmed or where a way we thought of is not there."""
        looked = BLIND
        try:
            order, looked = await self._look_well(order)
        except Exception as error:  # noqa: BLE001  the loop that keeps a round alive; it tells what it caught
            self._failed("look", error)
        finally:
            self._desk.came(order, looked, self._slot_s)
            self._count(looked)
            self._came.append((order, looked))

    async def _look_well(self, order: Order) -> tuple[Order, Looked]:
        errand = order.errand
        looked = await self._ask(errand)
        watched = errand.watched
        if looked.outcome in WAYS_NOT_THERE and errand.url not in (watched.url, watched.still_url):
            # the make's habit was not this device's: no fault of the camera, and never tried again
            usual = self._desk.without_way(order, self._slot_s)
            if usual is None:
                return order, looked
            order = replace(order, errand=replace(usual, why=Why.ROUTINE))
            errand, first = order.errand, looked
            looked = await self._ask(errand)
            looked = replace(looked, received_bytes=looked.received_bytes + first.received_bytes)
        if looked.needs_confirmation and not self._stopping.is_set():
            await self._pause(self._manners.confirm_after_s)
            self.tally.confirmations += 1
            looked = looked.joined(await self._ask(replace(errand, why=Why.CONFIRM, after=looked)))
        return order, looked

    async def _ask(self, errand: Errand) -> Looked:
        self.tally.looks += 1
        return await self._look(errand)

    def _count(self, looked: Looked) -> None:
        self.tally.outcomes[looked.outcome] += 1
        self.tally.pictures += looked.has_picture
        self.tally.received_bytes += looked.received_bytes
        self.tally.our_faults += looked.outcome is Outcome.OUR_FAULT

    async def _wait_for_visits(self, slot_s: int) -> None:
        """Until shortly before the slot's end; what takes longer is handed on with the next slot."""
        if self._visits and self._paced_from_s is not None:
            length_s = self._manners.slot_s
            await self._within(slot_s + length_s * HAND_ON_SHARE - self._now_s(), set(self._visits))

    async def _end_visits(self) -> None:
        """Let visits end, or call them off: each then says goodbye to its camera."""
        visits = set(self._visits)
        if visits:
            await self._within(STOP_WITHIN_S, visits)
            for task in visits:
                task.cancel()
            await asyncio.gather(*visits, return_exceptions=True)
        self._hand_on_looks(set())

    # -- handing on

    def _hand_on_looks(self, blind: set[str]) -> None:
        came, self._came = self._came, []
        for order, looked in came:
            self._telling.note_account(order.errand, looked, self._slot_s)
            is_ours = looked.outcome in SILENCES and order.errand.watched.zone in blind
            self._on_looked(order.errand, replace(looked, outcome=Outcome.OUR_FAULT) if is_ours else looked)

    def _hand_on_zones(self, states: Codes, codes: Codes) -> None:
        fleet, points = self.fleet, self._desk.points
        states = np.append(states, np.uint8(UNKNOWN))  # where an address that cannot be used looks it up
        codes = np.append(codes, np.uint8(NOT_LOOKED))
        seen, why = states[fleet.door_of], codes[fleet.door_of]
        holds = points.evidence_until_s > self._slot_s
        own = np.where(holds, points.evidence, UNKNOWN)
        speaks = fleet.has_evidence & (seen == UP)
        why = np.where(speaks, points.evidence_code, why)
        seen = np.where(speaks, own, seen)
        # nobody ever asks this channel, so that its recorder's silences would be all that is known of it
        seen[fleet.has_evidence & fleet.is_passive] = UNKNOWN
        assert NOWHERE == -1
        for zone in fleet.zones:
            here = seen[zone.members]
            reasons = {
                int(n): OUTCOMES[int(why[zone.members[n]]) - 1].value for n in np.flatnonzero(here == DOWN)
            }
            batch = ZoneRound(
                zone.name,
                self._slot_s,
                zone.roster,
                here.astype(np.uint8).tobytes(),
                reasons,
                self._manners.slot_s,
            )
            self._on_zone(batch)
