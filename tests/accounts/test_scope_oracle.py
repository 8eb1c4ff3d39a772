"""Whatever was granted to whom: rows, counts, states, tickets and sums are those of a slow plain rule, on both engines."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, insert, select
from sqlalchemy.sql.schema import Table

from lenskeeper.accounts.grants import Grant, cut, scope_for, scope_of
from lenskeeper.accounts.ids import AccountId, GrantId
from lenskeeper.accounts.verbs import ROLES, SECOND_FACTOR, Role, Verb
from lenskeeper.availability import rows as runs
from lenskeeper.availability import rows_stays, rows_sums
from lenskeeper.availability.lanes import Lane, State
from lenskeeper.availability.schema import day_rollup, look, run, standing
from lenskeeper.base.access import ROUNDS, ActorId, Scope
from lenskeeper.base.errors import NotFound
from lenskeeper.diagnosis.kinds import Kind
from lenskeeper.inventory import rows_declarations, rows_points
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_points import Filters
from lenskeeper.inventory.rows_seen import seen, seen_in, times_seen
from lenskeeper.inventory.rows_watched import watched
from lenskeeper.inventory.schema import contract_point, membership, point
from lenskeeper.reporting import rows_screens, screens_cameras, screens_live, screens_map, screens_search
from lenskeeper.store.database import Store
from lenskeeper.tickets import rows as tickets
from lenskeeper.tickets import rows_triage
from lenskeeper.tickets.causes import CauseKind
from lenskeeper.tickets.desk import TicketId
from lenskeeper.tickets.routing import Desk, Payer
from lenskeeper.tickets.schema import contract, review_case, ticket, ticket_event, ticket_point
from lenskeeper.tickets.states import Stage
from lenskeeper.units.ids import UnitId
from lenskeeper.units.rows import tree
from lenskeeper.units.schema import unit, unit_closure

DAY_S = 86_400
FIRST = 20_000  # local day; all of it in UTC, so that a day is a day
DAYS = 4
PURPOSES = ("traffic", "flood", "fence")
UNITS, POINTS, LOTS = 6, 7, 2
NOW_DAY = st.integers(0, DAYS - 1)


@dataclass(frozen=True)
class World:
    """parents: of units 1.., by index; None is the top. stays: (point, unit or None, from_day, to_day or None). lots: the same with
    a contract. groups: the points of each ticket, with its contract or None."""

    parents: tuple[int | None, ...]
    purposes: tuple[str, ...]
    stays: tuple[tuple[int, int, int, int | None], ...]
    lots: tuple[tuple[int, int, int, int | None], ...]
    groups: tuple[tuple[frozenset[int], int | None], ...]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    parents = [None, *(draw(st.none() | st.integers(1, n)) for n in range(1, UNITS))]
    purposes = draw(st.lists(st.sampled_from(("", *PURPOSES)), min_size=POINTS, max_size=POINTS))
    stays, lots = [], []
    for p in range(1, POINTS + 1):
        stays += [(p, *each) for each in draw(pieces(UNITS))]
        lots += [(p, *each) for each in draw(pieces(LOTS))]
    group = st.tuples(
        st.frozensets(st.integers(1, POINTS), min_size=1, max_size=4), st.none() | st.integers(1, LOTS)
    )
    groups = draw(st.lists(group, max_size=3))
    return World(tuple(parents), tuple(purposes), tuple(stays), tuple(lots), tuple(groups))


@st.composite
def pieces(draw: st.DrawFn, things: int) -> list[tuple[int, int, int | None]]:
    """Up to three pieces one after the other, in days; gaps may be between them."""
    cuts = sorted(draw(st.sets(st.integers(0, DAYS), min_size=1, max_size=4)))
    out: list[tuple[int, int, int | None]] = []
    for a, b in zip(cuts, [*cuts[1:], None], strict=False):
        if draw(st.booleans()):
            out.append((draw(st.integers(1, things)), a, b))
    return out


@st.composite
def grants(draw: st.DrawFn) -> tuple[Grant, ...]:
    return tuple(draw(one_grant(number)) for number in range(1, draw(st.integers(0, 4)) + 1))


@st.composite
def one_grant(draw: st.DrawFn, number: int) -> Grant:
    place = draw(st.sampled_from(("unit", "unit", "lot", "all") if number > 2 else ("unit", "lot")))
    purposes = draw(st.frozensets(st.sampled_from(PURPOSES), max_size=2))
    from_day = draw(st.integers(-1, DAYS - 1))
    return Grant(
        GrantId(number),
        AccountId(1),
        draw(st.sampled_from(list(Role))),
        UnitId(draw(st.integers(1, UNITS))) if place == "unit" else None,
        draw(st.integers(1, LOTS)) if place == "lot" else None,
        frozenset() if place == "all" else purposes,
        (FIRST + from_day) * DAY_S,
        draw(st.none() | st.integers(from_day + 1, DAYS).map(lambda d: (FIRST + d) * DAY_S)),
        ActorId("account:other"),
        "because",
        0,
    )


@dataclass(frozen=True)
class Holder:
    grants: tuple[Grant, ...]
    verbs: frozenset[Verb] | None
    has_factor: bool


# ---- the plain rule


def above(world: World, unit_id: int) -> set[int]:
    found: set[int] = set()
    here: int | None = unit_id
    while here is not None:
        found.add(here)
        here = world.parents[here - 1]
    return found


def rightful(who: Holder, verb: Verb, at_s: int) -> list[Grant]:
    if who.verbs is not None and verb not in who.verbs:
        return []
    return [
        each
        for each in who.grants
        if verb in ROLES[each.role]
        and each.from_s <= at_s
        and (each.to_s is None or at_s < each.to_s)
        and (who.has_factor or each.role not in SECOND_FACTOR)
    ]


def covers(day: int, from_day: int, to_day: int | None) -> bool:
    return from_day <= day and (to_day is None or day < to_day)


def may_see(world: World, held: Sequence[Grant], p: int, day: int) -> bool:
    """Said plainly: one grant is enough, by the unit or the lot of that day, and the purpose of the camera."""
    for each in held:
        if each.purposes and world.purposes[p - 1] not in each.purposes:
            continue
        if each.unit_id is None and each.contract_id is None:
            return True
        for q, u, a, b in world.stays:
            if q == p and each.unit_id in above(world, u) and covers(day, a, b):
                return True
        for q, c, a, b in world.lots:
            if q == p and each.contract_id == c and covers(day, a, b):
                return True
    return False


def unit_of(world: World, p: int, day: int) -> int | None:
    return next((u for q, u, a, b in world.stays if q == p and covers(day, a, b)), None)


# ---- the world, written down


class Undone(Exception):
    pass


@contextmanager
def written(connection: Connection, world: World) -> Iterator[None]:
    """In a savepoint that is taken back."""
    savepoint = connection.begin_nested()
    try:
        _write(connection, world)
        yield
    finally:
        savepoint.rollback()


def _write(connection: Connection, world: World) -> None:
    rows: list[tuple[Table, list[dict[str, object]]]] = []
    named = {"code": "", "tz": "UTC", "level": "", "changed_s": 0, "changed_by": "t"}
    rows.append(
        (
            unit,
            [
                {"id": n, "parent_id": parent, "kind": "region", "name": f"u{n}", **named}
                for n, parent in enumerate(world.parents, 1)
            ],
        )
    )
    rows.append(
        (
            unit_closure,
            [
                {"ancestor_id": over, "descendant_id": n, "depth": int(over != n)}
                for n in range(1, UNITS + 1)
                for over in above(world, n)
            ],
        )
    )
    rows.append(
        (
            point,
            [
                {
                    "id": n, "name": f"p{n}", "code": f"c{n}", "klass": 1, "tz": "UTC", "in_service_from_s": 0,
                    "revision": 1, "purpose": purpose, "lon": 120 + n / 100, "lat": 30 + n / 100,
                }
                for n, purpose in enumerate(world.purposes, 1)
            ],
        )
    )  # fmt: skip
    for table, pieces_, key in (
        (membership, world.stays, "unit_id"),
        (contract_point, world.lots, "contract_id"),
    ):
        if table is contract_point:
            terms = {"contractor": "c", "document": "d", "from_day": FIRST, "to_day": FIRST + 99, "tz": "UTC"}
            rows.append(
                (
                    contract,
                    [
                        {"id": n, "name": f"l{n}", "terms": "{}", "changed_s": 0, "changed_by": "t", **terms}
                        for n in range(1, LOTS + 1)
                    ],
                )
            )
        rows.append(
            (
                table,
                [
                    {"point_id": p, key: n, "from_s": at(a), "to_s": None if b is None else at(b)}
                    for p, n, a, b in pieces_
                ],
            )
        )
    rows.append((look, [{"id": 1, "reason": "", "prober": "t"}]))
    known = {"lane": int(Lane.REACHABLE), "state": int(State.UP), "look": 1}
    rows.append(
        (
            standing,
            [
                {
                    "point_id": p, "since_s": at(DAYS), "confirmed_s": at(DAYS) + 1, "held_s": at(DAYS), "told_s": 0,
                    "last_look": 1, **known,
                }
                for p in range(1, POINTS + 1)
            ],
        )
    )  # fmt: skip
    rows.append((run, [{"point_id": p, "a": at(0), "b": at(DAYS), **known} for p in range(1, POINTS + 1)]))
    nothing = dict.fromkeys([c.name for c in day_rollup.c if c.name not in {"day", "point_id"}], 0)
    rows.append(
        (
            day_rollup,
            [
                {**nothing, "day": FIRST + d, "point_id": p, "down_s": p}
                for d in range(DAYS)
                for p in range(1, POINTS + 1)
            ],
        )
    )
    rows.append(
        (
            ticket,
            [
                {
                    "id": n, "cause": CauseKind.SWITCH, "thing": "s", "what": "w", "klass": 1, "onset_s": 0, "opened_s": 0,
                    "stage": Stage.OPEN, "desk": Desk.US, "payer": Payer.MAINTENANCE, "respond_by_s": 1, "restore_by_s": 1,
                    "contract_id": lot,
                }
                for n, (_, lot) in enumerate(world.groups, 1)
            ],
        )
    )  # fmt: skip
    rows.append(
        (
            ticket_point,
            [
                {"ticket_id": n, "point_id": p, "what": "w", "onset_s": 0, "joined_s": 0}
                for n, (group, _) in enumerate(world.groups, 1)
                for p in group
            ],
        )
    )
    event = {"at_s": 0, "actor": "desk", "stage": Stage.OPEN, "remark": ""}
    rows.append(
        (
            ticket_event,
            [
                {"ticket_id": n, "act": act, "detail": msgspec.json.encode(detail).decode(), **event}
                for n, (group, _) in enumerate(world.groups, 1)
                for act, detail in (
                    ("open", {"cameras": len(group)}),
                    *(("join", {"point": p}) for p in sorted(group)),
                )
            ],
        )
    )
    rows.append(
        (
            review_case,
            [
                {"point_id": p, "kind": Kind.FROZEN.value, "since_s": 0, "found_s": 0}
                for p in range(1, POINTS + 1)
            ],
        )
    )
    for table, values in rows:
        if values:
            connection.execute(insert(table), values)


def at(day: int) -> int:
    return (FIRST + day) * DAY_S


# ---- held against each other

slow = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@slow
@given(
    worlds(), grants(), st.booleans(), NOW_DAY, st.sampled_from([Verb.SEE, Verb.DISPATCH, Verb.KEEP_REGISTER])
)
def test_rows_counts_and_sums_are_those_of_the_plain_rule(
    store: Store, world: World, given_: tuple[Grant, ...], has_factor: bool, day: int, verb: Verb
) -> None:
    who, now_s = Holder(given_, None, has_factor), at(day) + 5
    held, scope = rightful(who, verb, now_s), scope_for(who, verb, now_s)
    mine = {p for p in range(1, POINTS + 1) if may_see(world, held, p, day)}

    def work(connection: Connection) -> None:
        with written(connection, world):
            listed = rows_points.listed(connection, scope, Filters(), now_s).points
            assert {p.point_id for p in listed} == mine
            assert {w.point_id for w in watched(connection, scope, now_s)} == mine
            codes = [f"c{p}" for p in range(1, POINTS + 1)]
            assert {int(c[1:]) for c in rows_points.find(connection, scope, codes, now_s)} == mine
            states = runs.current(connection, scope, Lane.REACHABLE, now_s=now_s)
            assert {s.point_id for s in states} == mine
            assert {w.case.point_id for w in rows_triage.waiting(connection, scope, now_s=now_s)} == mine

            counted = rows_declarations.undeclared(connection, scope, now_s)
            expected = Counter(unit_of(world, p, day) for p in mine)
            del expected[None]
            assert counted == expected

            _tickets(connection, world, scope, held, mine, now_s)
            _sums(connection, world, scope, held)
            _screens(connection, scope, mine, now_s)
            _times(connection, world, scope, held)

    store.write(work)


def _tickets(
    connection: Connection, world: World, scope: Scope, held: list[Grant], mine: set[int], now_s: int
) -> None:
    """A ticket with one of my cameras, or of my whole lot; its number of cameras is that of its list."""
    lots = {each.contract_id for each in held if each.contract_id is not None and not each.purposes}
    found = {t.ticket_id: t.cameras for t in tickets.tickets(connection, scope, tickets.Asked(), now_s=now_s)}
    expected = {}
    for number, (group, lot) in enumerate(world.groups, 1):
        shown = group if scope == Scope.ALL or lot in lots else group & mine
        if shown:
            expected[number] = len(shown)
    assert found == expected
    for number in range(1, len(world.groups) + 1):
        children = tickets.children(connection, scope, TicketId(number), now_s=now_s)
        assert len(children) == expected.get(number, 0)
        told = tickets.events(connection, scope, TicketId(number), now_s=now_s)
        joined = {event.detail["point"] for event in told if "point" in event.detail}
        assert joined == {child.point_id for child in children}
        assert scope == Scope.ALL or not any("cameras" in event.detail for event in told)


def _sums(connection: Connection, world: World, scope: Scope, held: list[Grant]) -> None:
    """A unit's day is the sum over its cameras that may be seen that day; a number tells of no other."""
    cuts = [rows_sums.Cut("UTC", FIRST + d, at(d), at(d + 1)) for d in range(DAYS)]
    expected: Counter[tuple[int, int]] = Counter()
    for d in range(DAYS):
        for p in range(1, POINTS + 1):
            if (u := unit_of(world, p, d)) is not None and may_see(world, held, p, d):
                expected[u, FIRST + d] += p
    rolled = rows_sums.rolled_by_unit(connection, scope, cuts, looks=False)
    assert {key: sums.values["down_s"] for key, sums in rolled.items()} == expected
    counted = rows_sums.by_unit(connection, scope, Lane.REACHABLE, cuts)
    assert {key for key, sums in counted.items() if sums.up_s} == set(expected)
    for d in range(DAYS):
        found = rows_stays.stays(connection, scope, at(d), at(d + 1))
        belonged = {p for p in range(1, POINTS + 1) if scope == Scope.ALL or unit_of(world, p, d) is not None}
        assert {s.point_id for s in found} == {p for p in belonged if may_see(world, held, p, d)}

    for stay in rows_stays.stays(
        connection, scope, at(0), at(DAYS)
    ):  # no second of a longer range that was not ours
        days = range(stay.a // DAY_S - FIRST, stay.b // DAY_S - FIRST)
        assert scope == Scope.ALL or all(may_see(world, held, stay.point_id, d) for d in days)


def _screens(connection: Connection, scope: Scope, mine: set[int], now_s: int) -> None:
    """The list, its count, the map's dots, rings and totals, the search, the live figures, and the card of each."""
    every = [PointId(p) for p in range(1, POINTS + 1)]
    rows_screens.refresh(connection, every, actor=ROUNDS, now_s=now_s)
    wanted, all_of_them = screens_map.MapFilter(), screens_cameras.CameraFilter()
    lines = screens_cameras.listed(connection, scope, all_of_them, "name", now_s=now_s, limit=99)
    assert {line.point_id for line in lines} == mine
    assert screens_cameras.counted(connection, scope, all_of_them, now_s=now_s) == len(mine)
    assert set(screens_map.dots(connection, scope, wanted, now_s=now_s).point_id) == mine
    assert {row.point_id for row in screens_map.listed(connection, scope, wanted, now_s=now_s)} == mine
    totals = screens_map.totals(connection, scope, wanted, now_s=now_s)
    assert (sum(totals.states), totals.without_place) == (len(mine), 0)
    for size in (40.0, 1.0, 0.1):  # clusters of a country, of a town, of a street
        window = screens_map.Window(120.0, 30.0, 120.0 + size, 30.0 + size)
        rings = screens_map.rings(connection, scope, wanted, window, now_s=now_s)
        assert sum(sum(ring.states) for ring in rings) == len(mine)
    assert (screens_map.extent(connection, scope, now_s=now_s) is not None) is bool(mine)
    hits = screens_search.found(connection, scope, scope, "p", now_s=now_s, limit=50)
    assert {hit.number for hit in hits if hit.kind == "camera"} == mine
    live = screens_live.live_figures(connection, scope, now_s=now_s)
    assert sum(live.states.values()) == len(mine)
    for p in every:
        try:
            screens_map.card(connection, scope, p, now_s=now_s)
        except NotFound:
            assert p not in mine
        else:
            assert p in mine


def _times(connection: Connection, world: World, scope: Scope, held: list[Grant]) -> None:
    """When a camera may be seen, by the day; and whether somebody who could see it on some of these days may ask."""
    every = [PointId(p) for p in range(1, POINTS + 1)]
    times = times_seen(connection, scope, every)
    for d in range(DAYS):
        inside = {p for p in every if any(a <= at(d) < b for a, b in times.get(p, []))}
        assert inside == {p for p in every if may_see(world, held, p, d)}
    for a in range(DAYS - 1):
        query = select(point.c.id).where(seen_in(scope, point.c.id, at(a), at(a + 2)))
        found = set(connection.execute(query).scalars())
        assert found == {p for p in every if may_see(world, held, p, a) or may_see(world, held, p, a + 1)}
    here = select(membership.c.point_id).where(
        seen(scope, membership.c.point_id, membership.c.unit_id, membership.c.from_s)
    )
    stays = sorted(p for p, _, a, _ in world.stays if may_see(world, held, p, a))
    assert sorted(connection.execute(here).scalars()) == stays


@settings(max_examples=600, deadline=None)
@given(
    worlds(), grants(), st.integers(1, UNITS), st.frozensets(st.sampled_from(PURPOSES), max_size=2), NOW_DAY
)
def test_a_token_shows_what_its_owner_sees_and_its_limits_leave(
    world: World, given_: tuple[Grant, ...], unit_id: int, purposes: frozenset[str], day: int
) -> None:
    below = frozenset(n for n in range(1, UNITS + 1) if unit_id in above(world, n))
    left = cut(
        given_,
        unit_id=UnitId(unit_id),
        below=below,
        above=frozenset(above(world, unit_id)),
        purposes=purposes,
    )
    for p in range(1, POINTS + 1):
        in_place = unit_of(world, p, day) in below
        for_it = not purposes or world.purposes[p - 1] in purposes
        by_unit = [each for each in given_ if each.contract_id is None]
        assert may_see(world, left, p, day) is (may_see(world, by_unit, p, day) and in_place and for_it)


def test_no_grant_sees_nothing() -> None:
    assert scope_of(()) == Scope(frozenset())
    assert scope_for(Holder((), None, has_factor=True), Verb.SEE, 0) == Scope(frozenset())


def test_what_is_told_of_a_whole_unit_is_not_told_for_one_purpose(store: Store) -> None:

    world = World((None, 1, 1, 1, 1, 1), ("flood",) * POINTS, ((1, 2, 0, None),), (), ())
    only = scope_of(
        (
            Grant(
                GrantId(1),
                AccountId(1),
                Role.VIEWER,
                UnitId(2),
                None,
                frozenset({"flood"}),
                0,
                None,
                ActorId("x"),
                "",
                0,
            ),
        )
    )

    def work(connection: Connection) -> None:
        with written(connection, world):
            assert [p.point_id for p in rows_points.listed(connection, only, Filters(), at(1)).points] == [1]
            assert tree(connection, only) == []

    store.write(work)
