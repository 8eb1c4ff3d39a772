"""Three days of simulated cameras: fog, night, a blur that comes and is repaired, a moved camera, flapping, a swap."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from tests.diagnosis.days import HOUR_S, MONDAY_S, Trouble, Weather, look_of, picture_figures

from lenskeeper.diagnosis.baseline import Mode
from lenskeeper.diagnosis.changes import Restart, What
from lenskeeper.diagnosis.evidence import Evidence, why_not
from lenskeeper.diagnosis.kinds import Kind
from lenskeeper.diagnosis.parts import Key, Rung
from lenskeeper.diagnosis.watch import Judgement, Memory, Word, begin_anew, watch
from lenskeeper.probing.simulator.faults import PictureFault
from lenskeeper.probing.simulator.places import Place
from lenskeeper.probing.simulator.scenes import View

EVERY_S = 1_800
DAY = 24 * HOUR_S
FOG: Trouble = (PictureFault.FOG, 0.75)
BLUR: Trouble = (PictureFault.BLUR, 0.3)


@dataclass
class Life:
    """A camera and what was said of it. Acts happen before the first look at or after their time."""

    place: Place
    seed: int
    happens: Weather
    acts: dict[int, Restart] = field(default_factory=dict)
    memory: Memory = field(default_factory=Memory)
    judged: dict[int, Judgement] = field(default_factory=dict)
    records: list[Evidence] = field(default_factory=list)

    def live(self, from_s: int, to_s: int) -> "Life":
        for at_s in range(from_s, to_s, EVERY_S):
            for when in [w for w in self.acts if w <= at_s]:
                self.memory, records = begin_anew(self.memory, self.acts.pop(when), MONDAY_S + at_s)
                self.records += records
            trouble, view = self.happens(at_s)
            figures = picture_figures(MONDAY_S + at_s, self.place, self.seed, trouble, view)
            self.judged[at_s], self.memory, records = watch(self.memory, look_of(figures, MONDAY_S + at_s))
            self.records += records
        return self

    def told(self, what: What) -> Iterator[tuple[Kind | None, int]]:
        for record in self.records:
            if record.change.what is what:
                yield record.change.kind, record.change.at_s - MONDAY_S

    def words(self, from_s: int, to_s: int) -> set[Word]:
        return {j.word for at_s, j in self.judged.items() if from_s <= at_s < to_s}


def in_fog(at_s: int) -> bool:
    """On the second morning, over the whole city."""
    return DAY + 6 * HOUR_S <= at_s < DAY + 9 * HOUR_S


def healthy(at_s: int) -> tuple[Trouble | None, View | None]:
    return (FOG if in_fog(at_s) else None), None


@pytest.mark.parametrize("place", [Place.STREET, Place.JUNCTION])
def test_a_healthy_camera_stays_without_fault_through_fog_dusk_and_night(place: Place) -> None:
    life = Life(place, 3, healthy).live(0, 3 * DAY)
    assert not list(life.told(What.OPENED))
    assert not list(life.told(What.FLAPPING))
    assert life.words(DAY + 7 * HOUR_S, DAY + 9 * HOUR_S) == {Word.LOW_VISIBILITY}
    assert life.words(0, DAY + 6 * HOUR_S) == {Word.FIT}
    assert life.words(DAY + 9 * HOUR_S, 3 * DAY) == {Word.FIT}
    assert {k.part for k in life.memory.learnt.known} >= {Mode.DAY, Mode.NIGHT}
    assert {k.version for k in life.memory.learnt.known.values()} == {1}
    assert life.judged[0].is_provisional
    assert not life.judged[2 * DAY + 12 * HOUR_S].is_provisional


def test_a_blur_is_opened_in_two_checks_and_its_repair_begins_a_new_baseline() -> None:
    blurred_s, well_s = DAY + 12 * HOUR_S, 2 * DAY + 7 * HOUR_S

    def happens(at_s: int) -> tuple[Trouble | None, View | None]:
        return (BLUR, None) if blurred_s <= at_s < well_s else healthy(at_s)

    life = Life(Place.STREET, 3, happens).live(0, blurred_s)
    learnt = life.memory.learnt.known
    life.live(blurred_s, well_s)
    assert list(life.told(What.OPENED)) == [(Kind.BLUR, blurred_s + EVERY_S)]
    assert life.records[-1].change.since_s == MONDAY_S + blurred_s
    assert all(life.memory.learnt.known[key] is learnt[key] for key in learnt), (
        "nothing was learnt while it was blurred"
    )
    assert life.judged[blurred_s].word is Word.NOT_CHECKABLE
    assert life.judged[blurred_s].confirm == {Kind.BLUR}
    life.acts[well_s] = Restart.REPAIRED
    life.live(well_s, 3 * DAY)
    assert len(list(life.told(What.OPENED))) == 1
    ((kind, closed_s),) = life.told(What.CLOSED)
    assert kind is Kind.BLUR
    assert well_s + 3 * EVERY_S <= closed_s <= well_s + 4 * EVERY_S
    assert life.memory.learnt.version == 2
    assert life.memory.learnt.why is Restart.REPAIRED
    assert {k.version for k in life.memory.learnt.known.values()} == {2}
    assert [why_not(record) for record in life.records] == [""] * len(life.records)


def test_a_moved_camera_is_found_and_learnt_anew_only_when_a_person_accepts_it() -> None:
    knocked_s, accepted_s = DAY + 13 * HOUR_S, 2 * DAY + 8 * HOUR_S

    def happens(at_s: int) -> tuple[Trouble | None, View | None]:
        return healthy(at_s)[0], (View(right=0.09) if at_s >= knocked_s else None)

    life = Life(Place.JUNCTION, 5, happens, {accepted_s: Restart.MOVE_ACCEPTED}).live(0, 3 * DAY)
    assert (Kind.MOVED, knocked_s + EVERY_S) in list(life.told(What.OPENED))
    assert {kind for kind, _ in life.told(What.OPENED)} <= {Kind.MOVED, Kind.OCCLUDED}
    assert all(at_s >= knocked_s for _, at_s in life.told(What.OPENED))
    assert life.words(knocked_s + EVERY_S, DAY + 17 * HOUR_S) == {Word.FAULT}
    assert (Kind.MOVED, accepted_s) in list(life.told(What.CLOSED))
    assert life.words(accepted_s, 3 * DAY) == {Word.FIT}
    assert life.judged[accepted_s].is_provisional
    assert life.memory.learnt.version == 2


def test_a_camera_that_comes_and_goes_is_named_flapping_since_when() -> None:
    restless_s = DAY + 10 * HOUR_S

    def happens(at_s: int) -> tuple[Trouble | None, View | None]:
        loose = at_s >= restless_s and at_s // EVERY_S % 2 == 0 and at_s < DAY + 17 * HOUR_S
        return (BLUR if loose else healthy(at_s)[0]), None

    life = Life(Place.STREET, 3, happens).live(0, 2 * DAY + 6 * HOUR_S)
    ((_, began_s),) = life.told(What.FLAPPING)
    assert restless_s < began_s <= restless_s + 6 * EVERY_S
    ((_, quiet_s),) = life.told(What.STEADY)
    assert quiet_s > DAY + 17 * HOUR_S
    assert {kind for kind, _ in life.told(What.OPENED)} == {Kind.BLUR}
    assert life.memory.hold.flapping_since_s is None


def test_another_device_begins_a_new_version_in_every_light() -> None:
    life = Life(Place.STREET, 3, healthy).live(0, DAY)
    assert life.memory.learnt.known
    life.memory, records = begin_anew(life.memory, Restart.SWAPPED, MONDAY_S + DAY)
    assert [r.change.what for r in records] == [What.RESTARTED]
    assert not life.memory.learnt.known
    assert not life.memory.chapters
    life.live(DAY + 9 * HOUR_S, 2 * DAY)
    assert life.memory.learnt.known[Key(Mode.DAY, Rung.SUB)].version == 2


def test_a_camera_gone_dark_at_noon_is_not_taken_for_dusk() -> None:
    dark_s = 3 * DAY + 12 * HOUR_S

    def happens(at_s: int) -> tuple[Trouble | None, View | None]:
        return ((PictureFault.DARK, 0.75) if at_s >= dark_s else None), None

    life = Life(Place.STREET, 3, happens).live(0, 3 * DAY + 15 * HOUR_S)
    assert list(life.told(What.OPENED)) == [(Kind.DARK, dark_s + EVERY_S)]
