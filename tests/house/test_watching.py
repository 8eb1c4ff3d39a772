"""The rounds and diagnosis together, on a clock that stands: when the main stream is looked at, and what it is told."""

from dataclasses import replace

from tests.diagnosis.test_learning import DAY_KEY, healthy, spoilt
from tests.probing.rounds_kit import Desk, World, camera, host_of, pass_slots, rounds_of

from lenskeeper.base.outcomes import Outcome
from lenskeeper.diagnosis.baseline import Mode
from lenskeeper.diagnosis.changes import Change, What
from lenskeeper.diagnosis.evidence import evidence_of
from lenskeeper.diagnosis.figures import Figures
from lenskeeper.diagnosis.freeze import Sighting
from lenskeeper.diagnosis.kinds import Verdict
from lenskeeper.diagnosis.learning import LOOKS_MIN
from lenskeeper.diagnosis.parts import Key, Rung
from lenskeeper.diagnosis.rows import Saving
from lenskeeper.diagnosis.watch import Memory
from lenskeeper.house.eyes import Eyes, Seen
from lenskeeper.house.findings import Found
from lenskeeper.house.memories import Memories
from lenskeeper.house.watching import Watcher
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.schema import point
from lenskeeper.probing.errands import Errand, Looked, Stream
from lenskeeper.probing.manners import Manners
from lenskeeper.probing.probe import Looks, Probe, StreamFacts
from lenskeeper.probing.rounds import Rounds
from lenskeeper.probing.targets import Target
from lenskeeper.store.database import Store

SLOT_S = 1_800
DAY_SLOTS = 86_400 // SLOT_S
MAIN_KEY = Key(Mode.DAY, Rung.MAIN)
POINT = PointId(1)


class FakeEyes(Eyes):
    """Shows a road; the main stream is larger, and as faulty as it is told to be."""

    def __init__(self) -> None:
        self.now_s, self.count = 0, 0
        self.main_is_blurred = False

    async def look(self, target: Target, looks: Looks) -> Seen:
        self.count += 1
        is_main = target.name.endswith("01")
        how = spoilt("blur", self.count % 16) if is_main and self.main_is_blurred else None
        figures: Figures = how or healthy(self.count % 32)
        if is_main:
            figures = replace(figures, width_px=960, height_px=544)
        fingerprint = self.count.to_bytes(16, "big")
        sightings = tuple(
            Sighting(figures, self.now_s * 1000 + n * 2_000, 0.0, fingerprint + bytes([n]))
            for n in range(looks.count)
        )
        probe = Probe(target, self.now_s * 1000, Outcome.PLAYING, stream=StreamFacts())
        return Seen(probe, sightings)


class Days:
    """One camera with two streams, slot by slot."""

    def __init__(self, store: Store) -> None:
        row = {"id": POINT, "name": "c", "klass": 3, "tz": "UTC", "in_service_from_s": 0, "revision": 1}
        store.write(lambda c: c.execute(point.insert(), [row]))
        self.eyes, self.memories, self.desk = FakeEyes(), Memories(store), Desk()
        self.world = World()
        self.watcher = Watcher(self.eyes, self.memories)
        plan = [
            camera(
                POINT,
                url=f"rtsp://{host_of(1)}:554/Streaming/Channels/101",
                picture_period_s=SLOT_S,
                tz="UTC",
            )
        ]
        self.rounds: Rounds = rounds_of(plan, self.world, self.desk, Manners(slot_s=SLOT_S), look=self.look)
        self.at_s = 1_700_006_400

    async def look(self, errand: Errand) -> Looked:
        self.eyes.now_s = errand.slot_s + (35 if errand.after else 0)
        self.world.errands.append(errand)
        looked = await self.watcher.look(errand)
        return replace(looked, received_bytes=800_000 if errand.stream is Stream.MAIN else 90_000)

    async def pass_slots(self, count: int) -> list[Errand]:
        before = len(self.world.errands)
        self.at_s = await pass_slots(self.rounds, count, self.at_s, SLOT_S)
        assert self.desk.errors == []
        return self.world.errands[before:]

    async def memory(self) -> Memory:
        return await self.memories.of(POINT, self.at_s)

    def savings(self) -> list[Saving]:
        found = [looked.findings for _, looked in self.desk.looks]
        return [f.saving for f in found if isinstance(f, Found) and f.saving is not None]


async def test_the_main_stream_gathers_its_reference_once_the_cheap_one_stands_and_is_then_seen_once_a_week(
    store: Store,
) -> None:
    days = Days(store)
    await days.pass_slots(LOOKS_MIN + 5)
    assert DAY_KEY in (await days.memory()).learnt.known
    gathering = await days.pass_slots(3 * LOOKS_MIN)
    assert MAIN_KEY in (await days.memory()).learnt.known
    beside = [e for e in gathering if e.is_beside]
    assert LOOKS_MIN - 3 <= len(beside) <= LOOKS_MIN + 1
    assert len([e for e in gathering if e.stream is Stream.SUB]) > LOOKS_MIN, "the daily work goes on"
    week = await days.pass_slots(7 * DAY_SLOTS)
    assert 1 <= sum(e.is_beside for e in week) <= 2


async def test_a_fault_of_the_main_stream_is_confirmed_at_once_and_looked_at_each_day_until_it_is_gone(
    store: Store,
) -> None:
    days = Days(store)
    await days.pass_slots(LOOKS_MIN + 5 + 3 * LOOKS_MIN)
    days.eyes.main_is_blurred = True
    await days.pass_slots(8 * DAY_SLOTS)
    memory = await days.memory()
    assert [h.rung for h in memory.hold.held] == [Rung.MAIN]
    assert memory.hold.held[0].opened_s - memory.hold.held[0].since_s < 60, (
        "within one visit and its second look"
    )
    assert memory.learnt.known.keys() == {DAY_KEY, MAIN_KEY}, "the two streams are never mixed"
    daily = [e for e in await days.pass_slots(5 * DAY_SLOTS) if e.is_beside and e.after is None]
    assert 4 <= len(daily) <= 6
    days.eyes.main_is_blurred = False
    await days.pass_slots(6 * DAY_SLOTS)
    assert (await days.memory()).hold.held == ()
    assert days.savings()[-1].judgement is not None
    assert days.desk.looks[-1][1].verdict == Verdict.FIT


async def test_a_point_that_has_no_room_to_gather_is_not_asked_for_its_main_stream_in_vain(
    store: Store,
) -> None:
    days = Days(store)
    await days.pass_slots(LOOKS_MIN + 5)
    days.memories._gather_max = 0
    days.memories._gathering.clear()
    days.memories._renewing.clear()
    assert sum(e.is_beside for e in await days.pass_slots(3 * LOOKS_MIN)) <= 1


async def test_what_the_first_of_two_looks_changed_is_recorded_with_the_second(store: Store) -> None:
    days = Days(store)
    (errand, *_) = await days.pass_slots(2)
    record = evidence_of(Change(What.FLAPPING, days.at_s, days.at_s), None, None, None, None, {})
    first = Saving(POINT, await days.memory(), days.at_s, records=(record,))
    before = Looked(Outcome.PLAYING, findings=Found(Verdict.FIT, saving=first))
    looked = await days.watcher.look(replace(errand, after=before))
    assert isinstance(looked.findings, Found)
    assert looked.findings.saving is not None
    assert looked.findings.saving.records[:1] == (record,)
