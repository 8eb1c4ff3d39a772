"""The organisation tree: its closure against a slow plain walk, and the filter that every query takes."""

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from lenskeeper.base.access import LOCAL_OPERATOR, Scope
from lenskeeper.base.errors import Conflict, Invalid, NotFound
from lenskeeper.store.database import Store
from lenskeeper.units import rows as units
from lenskeeper.units.ids import UnitId
from lenskeeper.units.schema import unit_closure, unit_parent

ROUNDS = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
ACTS = st.lists(st.tuples(st.booleans(), st.integers(0, 30), st.integers(0, 30)), max_size=25)


class TakeBack(Exception):
    """A test's way out of a transaction."""


def add(connection: Connection, name: str, parent: UnitId | None = None, now_s: int = 0) -> UnitId:
    tz = "" if parent else "Asia/Shanghai"
    return units.add(connection, name=name, parent_id=parent, tz=tz, actor=LOCAL_OPERATOR, now_s=now_s)


def line(parent_of: dict[UnitId, UnitId | None], unit_id: UnitId) -> list[UnitId]:
    """A unit and all above it, by walking."""
    out = [unit_id]
    while (above := parent_of[out[-1]]) is not None:
        out.append(above)
    return out


def play(connection: Connection, acts: list[tuple[bool, int, int]]) -> dict[UnitId, UnitId | None]:
    parent_of: dict[UnitId, UnitId | None] = {add(connection, "top"): None}
    for now_s, (moves, which, where) in enumerate(acts, start=1):
        ids = list(parent_of)
        parent = None if where % 7 == 6 else ids[where % len(ids)]
        if not moves:
            parent_of[add(connection, f"u{now_s}", parent, now_s)] = parent
            continue
        moved = ids[which % len(ids)]
        if parent is not None and moved in line(parent_of, parent):
            with pytest.raises(Conflict, match="below itself"):
                units.move(connection, moved, parent, actor=LOCAL_OPERATOR, now_s=now_s)
            continue
        units.move(connection, moved, parent, actor=LOCAL_OPERATOR, now_s=now_s)
        parent_of[moved] = parent
    return parent_of


@ROUNDS
@given(acts=ACTS, roots=st.sets(st.integers(0, 25), max_size=3))
def test_the_closure_is_what_a_walk_up_the_tree_finds(
    store: Store, acts: list[tuple[bool, int, int]], roots: set[int]
) -> None:
    def check(connection: Connection) -> None:
        parent_of = play(connection, acts)
        ids = list(parent_of)
        plain = {
            (above, unit_id, depth) for unit_id in ids for depth, above in enumerate(line(parent_of, unit_id))
        }
        kept = connection.execute(
            select(unit_closure.c.ancestor_id, unit_closure.c.descendant_id, unit_closure.c.depth)
        ).all()
        assert {tuple(row) for row in kept} == plain
        scope = Scope(frozenset(ids[r % len(ids)] for r in roots))
        seen = {u.unit_id for u in units.tree(connection, scope)}
        assert scope.units is not None
        assert seen == {u for u in ids if scope.units & set(line(parent_of, u))}
        for u in units.tree(connection, Scope.ALL):
            assert u.depth == len(line(parent_of, u.unit_id)) - 1
            assert units.find(connection, Scope.ALL, u.path) == u.unit_id
            told = units.parents(connection, Scope.ALL, u.unit_id)
            assert told[-1][1:] == (None, parent_of[u.unit_id])
            assert all(one[1] == other[0] for one, other in itertools.pairwise(told))
        raise TakeBack

    with pytest.raises(TakeBack):
        store.write(check)


def test_a_moved_subtree_takes_everything_below_along_and_its_history_is_dated(store: Store) -> None:
    def work(connection: Connection) -> None:
        city, other = add(connection, "City"), add(connection, "Other")
        county = add(connection, "County", city)
        town = add(connection, "Town", county)
        units.move(connection, county, other, actor=LOCAL_OPERATOR, now_s=500)
        assert units.find(connection, Scope.ALL, "Other/County/Town") == town
        assert {u.name for u in units.tree(connection, Scope(frozenset({city})))} == {"City"}
        assert units.parents(connection, Scope.ALL, county) == [(0, 500, city), (500, None, other)]

    store.write(work)


def test_two_moves_within_one_second_leave_the_last_word(store: Store) -> None:
    def work(connection: Connection) -> None:
        one, other = add(connection, "One"), add(connection, "Other")
        moved = add(connection, "Moved", one, 5)
        units.move(connection, moved, other, actor=LOCAL_OPERATOR, now_s=5)
        units.move(connection, moved, None, actor=LOCAL_OPERATOR, now_s=3)
        assert units.parents(connection, Scope.ALL, moved) == [(5, None, None)]
        assert len(connection.execute(select(unit_parent)).all()) == 3

    store.write(work)


def test_a_unit_takes_its_parents_time_zone_unless_it_has_its_own(store: Store) -> None:
    def work(connection: Connection) -> None:
        city = add(connection, "City")
        units.add(connection, name="West", parent_id=city, tz="Asia/Urumqi", actor=LOCAL_OPERATOR, now_s=0)
        add(connection, "Town", city)
        assert {u.path: u.tz for u in units.tree(connection, Scope.ALL)} == {
            "City": "Asia/Shanghai",
            "City/Town": "Asia/Shanghai",
            "City/West": "Asia/Urumqi",
        }

    store.write(work)


def test_names_are_unique_among_siblings_and_at_the_top_too(store: Store) -> None:
    def work(connection: Connection) -> None:
        city = add(connection, "City")
        add(connection, "Town", city)
        for parent in (None, city):
            name = "City" if parent is None else "Town"
            with pytest.raises(Conflict, match="choose another name"):
                add(connection, name, parent)
        other = add(connection, "Town")  # elsewhere it may stand
        with pytest.raises(Conflict):
            units.move(connection, other, city, actor=LOCAL_OPERATOR, now_s=1)
        with pytest.raises(Conflict):
            units.rename(connection, other, "City", actor=LOCAL_OPERATOR, now_s=1)
        units.rename(connection, other, "Village", actor=LOCAL_OPERATOR, now_s=1)
        assert units.find(connection, Scope.ALL, "Village") == other

    store.write(work)


@pytest.mark.parametrize(
    ("name", "kind", "tz", "field"),
    [("", "region", "UTC", "name"), ("a/b", "region", "UTC", "name"), (" a", "region", "UTC", "name"),
     ("x" * 101, "region", "UTC", "name"), ("a", "street", "UTC", "kind"), ("a", "lot", "", "tz"),
     ("a", "lot", "Asia/Nowhere", "tz")],
)  # fmt: skip
def test_a_wrong_unit_is_refused_by_the_name_of_its_field(
    store: Store, name: str, kind: str, tz: str, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        store.write(lambda c: units.add(c, name=name, kind=kind, tz=tz, actor=LOCAL_OPERATOR, now_s=0))
    assert refused.value.field == field


def test_a_unit_that_may_not_be_seen_is_not_found(store: Store) -> None:
    def work(connection: Connection) -> tuple[UnitId, UnitId]:
        return add(connection, "Mine"), add(connection, "Theirs")

    mine, theirs = store.write(work)
    scope = Scope(frozenset({mine}))
    with store.read() as connection:
        assert units.get(connection, scope, mine).name == "Mine"
        assert units.by_path(connection, Scope(frozenset())) == {}
        for ask in (units.get, units.parents):
            with pytest.raises(NotFound):
                ask(connection, scope, theirs)
        with pytest.raises(NotFound, match="from the top"):
            units.find(connection, scope, "Theirs")


def test_paths_of_a_sheet_become_units_parents_first(store: Store) -> None:
    def work(connection: Connection) -> None:
        add(connection, "City")
        made = units.ensure(
            connection, ["City/A/a", "City/A", "New/b"], tz="UTC", actor=LOCAL_OPERATOR, now_s=1
        )
        assert made == {p: units.find(connection, Scope.ALL, p) for p in ("City/A/a", "City/A", "New/b")}
        assert units.get(connection, Scope.ALL, made["New/b"]).tz == "UTC"

    store.write(work)
