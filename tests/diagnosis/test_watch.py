"""One look over time: what it says in the books, what it asks for, and what visits far apart say together."""

from dataclasses import replace

import pytest
from tests.diagnosis.days import HOUR_S, MONDAY_S, look_of
from tests.diagnosis.test_days import Life
from tests.diagnosis.test_days import healthy as healthy_life
from tests.diagnosis.test_learning import DAY_KEY, healthy, lived, spoilt

from lenskeeper.diagnosis.changes import Restart, What
from lenskeeper.diagnosis.evidence import why_not
from lenskeeper.diagnosis.figures import with_scalars
from lenskeeper.diagnosis.kinds import Kind, Verdict
from lenskeeper.diagnosis.learning import LOOKS_MIN, SPACING_S
from lenskeeper.diagnosis.parts import Rung
from lenskeeper.diagnosis.rows import pack_state, unpack_state
from lenskeeper.diagnosis.watch import Look, Memory, Word, begin_anew, confirmed, excuse, main_look_due, watch
from lenskeeper.probing.simulator.places import Place

DAY = 86_400
SAME = b"the same picture"


def a_memory() -> Memory:
    return lived([healthy(n) for n in range(LOOKS_MIN)])[0]


def test_a_visit_without_a_picture_says_so_and_changes_nothing() -> None:
    faulty, _ = lived([spoilt("blur", 0), spoilt("blur", 1)])
    judgement, after, records = watch(faulty, Look((), MONDAY_S + DAY, 12))
    assert (judgement.word, judgement.diagnosis.verdict) == (Word.NO_PICTURE, Verdict.NOT_CHECKABLE)
    assert (after, records) == (faulty, ())
    assert [h.kind for h in judgement.held] == [Kind.BLUR]
    assert not judgement.is_worth_saving


def test_a_picture_too_small_to_judge_leaves_a_fault_where_it_is() -> None:
    faulty, _ = lived([spoilt("blur", 0), spoilt("blur", 1)])
    small = replace(healthy(0), width_px=64, height_px=36)
    judgement, after, _ = watch(faulty, look_of(small, MONDAY_S + DAY))
    assert judgement.word is Word.NOT_CHECKABLE
    assert "too small" in judgement.reason
    assert after.hold.buckets == faulty.hold.buckets


def test_one_faulty_look_is_unconfirmed_and_asks_for_another() -> None:
    judgement, memory, records = watch(a_memory(), look_of(spoilt("blur", 0), MONDAY_S + DAY))
    assert judgement.word is Word.NOT_CHECKABLE
    assert judgement.confirm == {Kind.BLUR}
    assert judgement.reason.startswith("unconfirmed: blur")
    assert judgement.is_worth_saving
    assert not records
    judgement, memory, (opened,) = watch(memory, look_of(spoilt("blur", 1), MONDAY_S + DAY + 60))
    assert (judgement.word, judgement.reason) == (Word.FAULT, "blur (severe)")
    assert not judgement.confirm
    assert opened.change.since_s == MONDAY_S + DAY
    judgement, _, _ = watch(memory, look_of(healthy(1), MONDAY_S + DAY + 120))
    assert judgement.word is Word.FAULT, "one good look closes nothing"


def test_a_lorry_passes_and_leaves_nothing_behind() -> None:
    memory, words = lived([spoilt("blur", 0), healthy(1), healthy(2)], a_memory(), MONDAY_S + DAY)
    assert words == [Word.NOT_CHECKABLE, Word.FIT, Word.FIT]
    assert not memory.hold.buckets


def test_a_fault_under_fog_is_neither_confirmed_nor_gone() -> None:
    faulty, _ = lived([spoilt("blur", 0), spoilt("blur", 1)], a_memory(), MONDAY_S + DAY)
    memory, words = lived([spoilt("fog", n) for n in range(3)], faulty, MONDAY_S + 2 * DAY)
    assert set(words) == {Word.LOW_VISIBILITY}
    assert memory.hold.held == faulty.hold.held


def test_fit_is_provisional_until_a_reference_stands_and_is_settled() -> None:
    judgement, _, _ = watch(Memory(), look_of(healthy(0), MONDAY_S))
    assert (judgement.word, judgement.is_provisional) == (Word.FIT, True)
    judgement, _, _ = watch(a_memory(), look_of(healthy(0), MONDAY_S + DAY))
    assert (judgement.word, judgement.is_provisional) == (Word.FIT, False)


@pytest.mark.parametrize("rung", [Rung.SUB, Rung.STILL])
def test_visits_far_apart_that_bring_the_same_bytes_are_frozen_in_two_more(rung: Rung) -> None:
    memory, told, wants = a_memory(), [], []
    for n in range(6):
        look = look_of(healthy(3), MONDAY_S + DAY + n * 1_800, rung, SAME)
        judgement, memory, records = watch(memory, look)
        told += [(r.change.what, r.change.kind, n) for r in records if r.change.kind]
        wants.append(judgement.needs_several)
    assert told == [(What.OPENED, Kind.FROZEN, 3)], "seen at the third, sure at the fourth"
    assert wants == [False, False, True, True, True, True]
    assert memory.learnt.healthy == LOOKS_MIN + 1, "only the first of them was a look"
    for n in range(6, 12):
        judgement, memory, records = watch(memory, look_of(healthy(n), MONDAY_S + DAY + n * 1_800, rung))
        told += [(r.change.what, r.change.kind, n) for r in records if r.change.kind]
    assert told[1:] == [(What.CLOSED, Kind.FROZEN, 9)], "bytes that differ are life again"


def test_a_kept_still_within_a_minute_is_not_frozen() -> None:
    memory = a_memory()
    for n in range(5):
        judgement, memory, _ = watch(memory, look_of(healthy(3), MONDAY_S + DAY + n * 12, Rung.STILL, SAME))
        assert judgement.word is Word.FIT


def test_a_repair_that_is_only_reported_closes_nothing() -> None:
    faulty, _ = lived([spoilt("blur", 0), spoilt("blur", 1)], a_memory(), MONDAY_S + DAY)
    told, records = begin_anew(faulty, Restart.REPAIRED, MONDAY_S + 2 * DAY)
    assert not records
    still, words = lived([spoilt("blur", 2)] * 3, told, MONDAY_S + 2 * DAY)
    assert set(words) == {Word.FAULT}
    assert still.learnt.known == told.learnt.known
    well, words = lived([healthy(n) for n in range(6)], still, MONDAY_S + 3 * DAY)
    assert words[-1] is Word.FIT
    assert (well.learnt.version, well.learnt.why) == (2, Restart.REPAIRED)


def test_a_repair_of_a_camera_without_a_fault_begins_anew_at_once() -> None:
    after, (record,) = begin_anew(a_memory(), Restart.REPAIRED, MONDAY_S + DAY)
    assert (record.change.what, record.change.reason) == (What.RESTARTED, "repaired")
    assert not after.learnt.known


def test_a_place_that_a_floor_is_wrong_about_is_learnt_once_a_person_excuses_it() -> None:
    striped = [with_scalars(healthy(n), {"stripe": 13.0}) for n in range(LOOKS_MIN)]
    faulty, words = lived(striped)
    assert words[1:] == [Word.FAULT] * (LOOKS_MIN - 1)
    assert not faulty.chapters
    excused, records = excuse(faulty, Kind.STRIPES, MONDAY_S + DAY)
    assert [r.change.what for r in records] == [What.CLOSED, What.EXCUSED]
    assert [why_not(r) for r in records] == ["", ""]
    well, words = lived(striped, unpack_state(pack_state(excused)), MONDAY_S + DAY)
    assert set(words) == {Word.FIT}
    assert not well.learnt.known[DAY_KEY].doubts
    worse = [with_scalars(healthy(n), {"stripe": 30.0}) for n in range(2)]
    _, words = lived(worse, well, MONDAY_S + 2 * DAY)
    assert words == [Word.NOT_CHECKABLE, Word.FAULT], "worse than it was is a fault all the same"
    anew, _ = begin_anew(well, Restart.SWAPPED, MONDAY_S + 3 * DAY)
    assert not anew.learnt.excused


def test_a_healthy_river_bank_at_night_is_no_covered_camera() -> None:
    """Its lamps do not reach the water, and it has no past yet."""
    life = Life(Place.RIVER_BANK, 1, healthy_life).live(0, 5 * HOUR_S)
    assert {j.word for j in life.judged.values()} == {Word.FIT}


def test_nothing_is_confirmed_where_nothing_stands() -> None:
    assert confirmed(Memory(), DAY_KEY, MONDAY_S) == (Memory(), ())


def test_a_main_stream_held_faulty_is_looked_at_each_day() -> None:
    assert not main_look_due(Memory(), MONDAY_S), "first the cheap one"
    _, memory, _ = watch(a_memory(), look_of(spoilt("blur", 0), MONDAY_S + DAY, Rung.MAIN))
    judgement, memory, _ = watch(memory, look_of(spoilt("blur", 1), MONDAY_S + DAY + SPACING_S, Rung.MAIN))
    assert judgement.word is Word.FAULT
    judgement, memory, _ = watch(memory, look_of(healthy(2), MONDAY_S + DAY + 2 * SPACING_S))
    assert judgement.word is Word.FAULT, "the sub-stream cannot say that the main one is well"
    assert not main_look_due(memory, MONDAY_S + DAY + 3_600)
    assert main_look_due(memory, MONDAY_S + 2 * DAY + SPACING_S)
