"""Memories, baselines and records in the database and back, on both engines."""

from dataclasses import replace
from functools import lru_cache, partial

import msgspec
import pytest
from sqlalchemy import Connection, event, insert, select, update
from tests.diagnosis.days import MONDAY_S, look_of
from tests.diagnosis.test_learning import DAY_KEY, healthy, lived, spoilt

from lenskeeper.base.access import LOCAL_OPERATOR, ROUNDS, Scope
from lenskeeper.base.errors import NotFound
from lenskeeper.diagnosis.changes import Restart, What
from lenskeeper.diagnosis.evidence import KEPT_DAYS, why_not
from lenskeeper.diagnosis.figures import SCALARS, with_scalars
from lenskeeper.diagnosis.kinds import Kind
from lenskeeper.diagnosis.known import pack
from lenskeeper.diagnosis.learning import LOOKS_MIN, SPACING_S, Chapters
from lenskeeper.diagnosis.rows import (
    Saving,
    change,
    changes,
    in_doubt,
    last_changes,
    load,
    pack_state,
    prune,
    save,
    standing,
    stands,
    tallies,
    unpack_state,
)
from lenskeeper.diagnosis.schema import baseline, picture_state, verdict_change
from lenskeeper.diagnosis.watch import Memory, Word, begin_anew, confirmed, excuse, watch
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.schema import membership, point
from lenskeeper.store.database import Store
from lenskeeper.units import rows as units
from lenskeeper.units.ids import UnitId

SOFTWARE = "0.2.0"
DAY = 86_400
MAPS = ("level_map", "detail_map", "column_edges", "row_edges", "tile_sums", "pattern", "ink")
LATER_S = MONDAY_S + DAY


def some_points(store: Store, count: int = 2) -> tuple[list[PointId], list[UnitId]]:
    """Points, each in a unit of its own."""

    def make(connection: Connection) -> tuple[list[PointId], list[UnitId]]:
        points, of_units = [], []
        for n in range(count):
            unit = units.add(connection, name=f"County {n}", tz="UTC", actor=LOCAL_OPERATOR, now_s=0)
            made = connection.execute(
                insert(point)
                .values(name=f"Gate {n}", klass=1, tz="UTC", in_service_from_s=0, revision=1)
                .returning(point.c.id)
            ).scalar_one()
            connection.execute(insert(membership).values(point_id=made, from_s=0, to_s=None, unit_id=unit))
            points.append(PointId(made))
            of_units.append(unit)
        return points, of_units

    return store.write(make)


@lru_cache(maxsize=2)
def blurred_life() -> tuple[Saving, ...]:
    """A camera that is learnt and then blurred: what there is to save after each look."""
    memory, savings = Memory(), []
    looks = [healthy(n) for n in range(LOOKS_MIN)] + [spoilt("blur", n) for n in range(3)]
    for n, figures in enumerate(looks):
        at_s = MONDAY_S + n * SPACING_S
        judgement, memory, records = watch(memory, look_of(figures, at_s))
        savings.append(Saving(PointId(1), memory, at_s, judgement, records))
    return tuple(savings)


def saved(store: Store, savings: list[Saving]) -> None:
    store.write(lambda c: save(c, savings, software=SOFTWARE, actor=ROUNDS))


def life_of(point_id: PointId) -> list[Saving]:
    return [Saving(point_id, s.memory, s.at_s, s.judgement, s.records) for s in blurred_life()]


def loaded(store: Store, points: list[PointId], scope: Scope = Scope.ALL) -> dict[PointId, Memory]:
    with store.read() as connection:
        return load(connection, scope, points, at_s=LATER_S)


def test_a_point_comes_back_as_it_was_but_for_the_open_chapter(store: Store) -> None:
    points, _ = some_points(store)
    for saving in life_of(points[0]):
        if saving.judgement and saving.judgement.is_worth_saving:
            saved(store, [saving])
    memory = blurred_life()[-1].memory
    found = loaded(store, points)
    assert set(found) == {points[0]}
    again = found[points[0]]
    assert pack_state(again) == pack_state(memory)
    assert {k: pack(v) for k, v in again.learnt.known.items()} == {
        k: pack(v) for k, v in memory.learnt.known.items()
    }
    assert again.hold == memory.hold
    assert not again.chapters


def test_between_looks_only_the_open_chapters_need_stay_in_memory(store: Store) -> None:
    """Loaded and saved at every look it comes to the same baseline, bit by bit."""
    points, _ = some_points(store, 1)
    kept: dict[PointId, Chapters] = {}
    for n in range(LOOKS_MIN + 3):
        with store.read() as connection:
            memory = load(connection, Scope.ALL, points, at_s=LATER_S, chapters=kept).get(points[0], Memory())
        at_s = MONDAY_S + n * SPACING_S
        judgement, memory, records = watch(memory, look_of(healthy(n), at_s))
        saved(store, [Saving(points[0], memory, at_s, judgement, records)])
        kept[points[0]] = memory.chapters
    whole, _ = lived([healthy(n) for n in range(LOOKS_MIN + 3)])
    found = loaded(store, points)[points[0]]
    assert pack(found.learnt.known[DAY_KEY]) == pack(whole.learnt.known[DAY_KEY])
    assert pack_state(found) == pack_state(whole)


def test_going_on_after_a_restart_says_what_going_on_says(store: Store) -> None:
    points, _ = some_points(store, 1)
    for cut, saving in enumerate(life_of(points[0])[LOOKS_MIN:], LOOKS_MIN):
        saved(store, [saving])
        rest = [spoilt("blur", 3), healthy(20), healthy(21), healthy(22), healthy(23)]
        memories = (saving.memory, loaded(store, points)[points[0]])
        told = [lived(rest, memory, MONDAY_S + (cut + 1) * SPACING_S) for memory in memories]
        assert told[0][1] == told[1][1]
        assert told[0][0].hold == told[1][0].hold


def test_a_point_with_all_its_baselines_is_one_query(store: Store) -> None:
    points, _ = some_points(store)
    saved(store, [life_of(p)[-1] for p in points])
    statements: list[str] = []
    with store.read() as connection:
        event.listen(connection, "before_cursor_execute", lambda *a: statements.append(a[2]))
        assert len(load(connection, Scope.ALL, points, at_s=LATER_S)) == 2
    assert len(statements) == 1


def test_what_stands_is_listed_and_gone_when_it_closes(store: Store) -> None:
    points, _ = some_points(store)
    saved(store, life_of(points[0])[-2:-1])
    last = life_of(points[0])[-1]
    saved(store, [last])
    with store.read() as connection:
        ((where, held),) = standing(connection, Scope.ALL, at_s=LATER_S)
        assert (where, held.kind) == (points[0], Kind.BLUR)
        assert not standing(connection, Scope.ALL, at_s=LATER_S, after=points[0])
        assert tallies(connection, Scope.ALL, at_s=LATER_S) == {(Word.FAULT, False): 1}
    memory, records = begin_anew(last.memory, Restart.SWAPPED, LATER_S)
    saved(store, [Saving(points[0], memory, LATER_S, None, records)])
    with store.read() as connection:
        assert not standing(connection, Scope.ALL, at_s=LATER_S)
        retired = connection.execute(select(baseline.c.version, baseline.c.retired_s)).all()
    assert [tuple(row) for row in retired] == [(1, LATER_S)]
    assert loaded(store, points)[points[0]].learnt.version == 2
    assert not loaded(store, points)[points[0]].learnt.known


def test_every_record_proves_its_verdict_and_holds_no_map(store: Store) -> None:
    points, _ = some_points(store, 1)
    for saving in life_of(points[0]):
        saved(store, [saving])
    with store.read() as connection:
        recorded = changes(connection, Scope.ALL, 0, LATER_S)
        texts = connection.execute(select(verdict_change.c.record)).scalars().all()
        assert change(connection, Scope.ALL, recorded[0].id) == recorded[0]
    assert [r.evidence.change.what for r in recorded] == [What.LEARNT, What.OPENED]
    opened = recorded[1].evidence
    assert why_not(opened) == ""
    assert (opened.baseline_version, opened.baseline_looks, opened.hour) == (
        1,
        LOOKS_MIN,
        recorded[1].evidence.hour,
    )
    assert opened.usual["crispness"] > opened.figures["crispness"]
    assert opened.stream == {"codec": "h264"}
    assert (recorded[1].software, recorded[1].actor) == (SOFTWARE, ROUNDS)
    for text in texts:
        read = msgspec.json.decode(text)
        assert set(read["figures"]) == set(SCALARS)
        assert len(text) < 6_000
        assert not [v for v in read.values() if isinstance(v, list)], "no array of any look"


def test_what_is_stored_before_a_reference_stands_depends_on_no_map_or_profile() -> None:
    """Charter 3: other tiles, other edges, the same bytes; the open chapter itself is never handed to the store."""
    stored = []
    for turn in range(2):
        memory = Memory()
        for n in range(LOOKS_MIN - 1):
            figures = healthy(n)
            mirrored = {name: getattr(figures, name)[::-1] for name in MAPS}
            look = look_of(replace(figures, **mirrored) if turn else figures, MONDAY_S + n * SPACING_S)
            _, memory, _ = watch(memory, look)
        assert memory.chapters
        stored.append(pack_state(memory))
        assert not memory.learnt.known
    assert stored[0] == stored[1]


def test_nobody_sees_the_points_of_another_unit(store: Store) -> None:
    points, of_units = some_points(store)
    for p in points:
        for saving in life_of(p)[-3:]:
            saved(store, [saving])
    mine = Scope(frozenset({of_units[0]}))
    assert set(loaded(store, points, mine)) == {points[0]}
    with store.read() as connection:
        assert {p for p, _ in standing(connection, mine, at_s=LATER_S)} == {points[0]}
        assert {r.point_id for r in changes(connection, mine, 0, LATER_S)} == {points[0]}
        assert sum(tallies(connection, mine, at_s=LATER_S).values()) == 1
        theirs = next(r for r in changes(connection, Scope.ALL, 0, LATER_S) if r.point_id == points[1])
        with pytest.raises(NotFound, match="no change of verdict"):
            change(connection, mine, theirs.id)
        assert not standing(connection, Scope(frozenset()), at_s=LATER_S)


def test_a_first_reference_in_doubt_waits_for_a_person(store: Store) -> None:
    points, _ = some_points(store, 1)
    memory = Memory()
    for n in range(LOOKS_MIN):
        figures = with_scalars(healthy(n), {"crispness": 0.55})
        at_s = MONDAY_S + n * SPACING_S
        judgement, memory, records = watch(memory, look_of(figures, at_s))
        saved(store, [Saving(points[0], memory, at_s, judgement, records)])
    with store.read() as connection:
        assert in_doubt(connection, Scope.ALL, at_s=LATER_S) == [(points[0], DAY_KEY, (Kind.BLUR,))]
    settled, records = confirmed(loaded(store, points)[points[0]], DAY_KEY, LATER_S)
    assert [r.change.what for r in records] == [What.CONFIRMED]
    saved(store, [Saving(points[0], settled, LATER_S, None, records)])
    with store.read() as connection:
        assert not in_doubt(connection, Scope.ALL, at_s=LATER_S)
    assert loaded(store, points)[points[0]].learnt.known[DAY_KEY].confirmed_s == LATER_S


def test_records_are_kept_for_thirteen_months_and_then_gone(store: Store) -> None:
    points, _ = some_points(store, 1)
    for saving in life_of(points[0]):
        saved(store, [saving])
    for days, left in ((KEPT_DAYS - 1, 2), (KEPT_DAYS + 1, 0)):
        store.write(partial(prune, now_s=MONDAY_S + days * DAY, actor=ROUNDS))
        with store.read() as connection:
            assert len(changes(connection, Scope.ALL, 0, LATER_S)) == left
    assert loaded(store, points)[points[0]].learnt.known, "what is in use is never pruned"


def test_a_state_of_a_release_that_nobody_knows_is_learnt_anew(store: Store) -> None:
    points, _ = some_points(store, 1)
    saved(store, life_of(points[0])[-1:])
    store.write(lambda c: c.execute(update(picture_state).values(state=b"\x63what")))
    store.write(lambda c: c.execute(update(baseline).values(learnt=b"\x63what")))
    again = loaded(store, points)[points[0]]
    assert not again.learnt.known
    saved(store, [Saving(points[0], again, LATER_S)])
    saved(store, [Saving(points[0], blurred_life()[LOOKS_MIN - 1].memory, LATER_S)])
    assert loaded(store, points)[points[0]].learnt.known
    assert unpack_state(b"") == Memory()


def test_a_look_that_does_not_know_of_a_persons_act_is_not_written(store: Store) -> None:
    points, _ = some_points(store, 2)
    *_, last = life_of(points[0])
    saved(store, [last])
    memory = loaded(store, points)[points[0]]
    swapped, records = begin_anew(memory, Restart.SWAPPED, LATER_S)
    saved(store, [Saving(points[0], swapped, LATER_S, records=records)])
    other = life_of(points[1])[-1]
    late = [replace(last, at_s=LATER_S + 5), other]
    assert store.write(lambda c: save(c, late, software=SOFTWARE, actor=ROUNDS)) == {points[0]}
    found = loaded(store, points)
    assert not found[points[0]].hold.held
    assert not found[points[0]].learnt.known
    assert found[points[1]].hold.held, "the others of the call are written"
    with store.read() as connection:
        now = stands(connection, Scope.ALL, points[0], at_s=LATER_S)
        assert now is not None
        assert now.judged_s == LATER_S
        kinds = [r.evidence.change.what for r in last_changes(connection, Scope.ALL, points[0], 2)]
    assert kinds == [What.RESTARTED, What.CLOSED]
    knowing = Saving(points[0], replace(swapped, last=Word.FIT), LATER_S + 9)
    assert store.write(lambda c: save(c, [knowing], software=SOFTWARE, actor=ROUNDS)) == set()


@pytest.mark.parametrize("act", ["swapped", "repaired", "confirmed", "excused"])
def test_every_act_of_a_person_is_counted(act: str) -> None:
    memory = blurred_life()[-1].memory
    done = {
        "swapped": lambda: begin_anew(memory, Restart.SWAPPED, LATER_S),
        "repaired": lambda: begin_anew(memory, Restart.REPAIRED, LATER_S),
        "confirmed": lambda: confirmed(memory, DAY_KEY, LATER_S),
        "excused": lambda: excuse(memory, Kind.BLUR, LATER_S),
    }[act]()
    assert done[0].acts == memory.acts + 1
