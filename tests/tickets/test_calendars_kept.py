"""Calendars and guarantee periods as they are kept, on both engines: a year is replaced whole, a period names its points."""

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import Connection
from tests.register_kit import NOON, TZ, camera, city, commit

from lenskeeper.audit import rows as audit
from lenskeeper.base.access import ActorId, Scope
from lenskeeper.base.days import day_of
from lenskeeper.base.errors import Conflict, Invalid, NotFound
from lenskeeper.base.spans import Span
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_points import find
from lenskeeper.store.database import Store
from lenskeeper.tickets import rows_calendars as kept
from lenskeeper.tickets.clocks import Guarantee, WorkCalendar
from lenskeeper.tickets.rows_calendars import NewGuarantee, OddDay

ACTOR = ActorId("local:desk")
HOUR = 3_600
OFFICE: tuple[Span, ...] = ((30_600, 43_200), (48_600, 63_000))
WEEK = (OFFICE,) * 5 + ((), ())
SPRING = [
    OddDay(day_of(date(2026, 2, 14)), is_work=True, name="春节调休"),
    OddDay(day_of(date(2026, 2, 17)), is_work=False, name="春节"),
]
MAY = [OddDay(day_of(date(2027, 5, 1)), is_work=False, name="劳动节")]


def _set(store: Store, name: str = "office", hours: tuple[tuple[Span, ...], ...] = WEEK) -> WorkCalendar:
    return store.write(lambda c: kept.set_calendar(c, name, tz=TZ, hours=hours, actor=ACTOR, now_s=NOON))


def _load(store: Store, year: int, days: list[OddDay], name: str = "office") -> int:
    return store.write(
        lambda c: kept.load_year(c, name, year, days, source="days.csv", actor=ACTOR, now_s=NOON)
    )


def _named(store: Store, name: str = "office") -> WorkCalendar:
    with store.read() as connection:
        return kept.calendar_named(connection, Scope.ALL, name)


def _acts(store: Store) -> list[str]:
    with store.read() as connection:
        return [entry.act for entry in audit.entries(connection, Scope.ALL)]


def test_a_calendar_is_read_back_as_it_was_set_with_its_odd_days(store: Store) -> None:
    made = _set(store)
    assert made == _named(store) == WorkCalendar("office", TZ, WEEK, {})
    assert _load(store, 2026, SPRING) == 2
    assert _load(store, 2027, MAY) == 1
    days = {each.day: each.is_work for each in SPRING + MAY}
    assert _named(store) == WorkCalendar("office", TZ, WEEK, days)
    with store.read() as connection:
        assert kept.calendars(connection, Scope.ALL) == [_named(store)]
    assert _acts(store)[-3:] == ["calendar.set", "calendar.load", "calendar.load"]


def test_a_year_is_replaced_whole_and_other_years_and_calendars_stay(store: Store) -> None:
    _set(store)
    _set(store, "depot", ((OFFICE),) * 7)
    _load(store, 2026, SPRING)
    _load(store, 2027, MAY)
    _load(store, 2026, SPRING, "depot")
    assert _load(store, 2026, SPRING[1:]) == 1
    assert _named(store).days == {each.day: each.is_work for each in SPRING[1:] + MAY}
    assert _named(store, "depot").days == {each.day: each.is_work for each in SPRING}
    assert _load(store, 2026, []) == 0
    assert _named(store).days == {each.day: each.is_work for each in MAY}


def test_new_hours_leave_the_holidays_as_they_are(store: Store) -> None:
    _set(store)
    _load(store, 2026, SPRING)
    shorter = (((32_400, 61_200),),) * 5 + ((), ())
    made = _set(store, hours=shorter)
    assert made == _named(store)
    assert made.hours == shorter
    assert made.days == {each.day: each.is_work for each in SPRING}


@pytest.mark.parametrize(
    ("work", "says", "error"),
    [
        (lambda c: kept.calendar_named(c, Scope.ALL, "none"), "no calendar 'none'", NotFound),
        (
            lambda c: kept.load_year(c, "none", 2026, SPRING, source="x", actor=ACTOR, now_s=NOON),
            "no calendar 'none'",
            NotFound,
        ),
        (
            lambda c: kept.load_year(c, "office", 2027, SPRING, source="x", actor=ACTOR, now_s=NOON),
            "only days of 2027",
            Invalid,
        ),
        (
            lambda c: kept.load_year(c, "office", 2026, SPRING * 2, source="x", actor=ACTOR, now_s=NOON),
            "twice",
            Invalid,
        ),
        (
            lambda c: kept.load_year(c, "office", 1, [], source="x", actor=ACTOR, now_s=NOON),
            "1980 to 2100",
            Invalid,
        ),
        (
            lambda c: kept.set_calendar(c, " ", tz=TZ, hours=WEEK, actor=ACTOR, now_s=NOON),
            "has a name",
            Invalid,
        ),
        (
            lambda c: kept.set_calendar(c, "x", tz=TZ, hours=((),) * 7, actor=ACTOR, now_s=NOON),
            "at least 8 working hours",
            Invalid,
        ),
        (
            lambda c: kept.set_calendar(c, "x", tz=TZ, hours=((),) + (OFFICE,) * 6, actor=ACTOR, now_s=NOON),
            "Monday has no hours",
            Invalid,
        ),
        (
            lambda c: kept.set_calendar(c, "x", tz="Asia/Hangzhou", hours=WEEK, actor=ACTOR, now_s=NOON),
            "no time zone",
            Invalid,
        ),
    ],
)
def test_what_makes_no_calendar_is_refused(
    store: Store, work: Callable[[Connection], object], says: str, error: type[Exception]
) -> None:
    _set(store)
    _load(store, 2026, SPRING)
    with pytest.raises(error, match=says):
        store.write(work)
    assert _named(store).days == {each.day: each.is_work for each in SPRING}


# ---- guarantee periods


@pytest.fixture
def points(store: Store) -> list[PointId]:
    """Four cameras, two in the north and two in the south."""

    def work(connection: Connection) -> list[PointId]:
        city(connection, "City/North", "City/South")
        commit(connection, *(camera(n, "City/North" if n < 2 else "City/South") for n in range(4)))
        found = find(connection, Scope.ALL, [f"{n:020d}" for n in range(4)], NOON)
        return [ids[0] for _, ids in sorted(found.items())]

    return store.write(work)


def _scope(store: Store, path: str) -> Scope:
    with store.read() as connection:
        return Scope(frozenset({city(connection, path)[path]}))


def _add(
    store: Store,
    points: list[PointId],
    begin_h: int,
    end_h: int,
    *,
    name: str = "summit",
    frozen: bool = False,
) -> Guarantee:
    new = NewGuarantee(
        name, NOON + begin_h * HOUR, NOON + end_h * HOUR, HOUR // 4, 2 * HOUR, "order 7", points, frozen
    )
    return store.write(lambda c: kept.add_guarantee(c, new, actor=ACTOR, now_s=NOON))


def _of(
    store: Store, points: list[PointId], a_h: int, b_h: int, scope: Scope = Scope.ALL
) -> dict[PointId, list[int]]:
    with store.read() as connection:
        found = kept.guarantees_of(connection, scope, points, NOON + a_h * HOUR, NOON + b_h * HOUR)
    return {point: [one.guarantee_id for one in each] for point, each in found.items()}


def test_a_period_holds_for_its_named_points_while_it_lasts(store: Store, points: list[PointId]) -> None:
    later = _add(store, points[1:3], 10, 20, name="later")
    first = _add(store, points[:2], 5, 12)
    both = [first.guarantee_id, later.guarantee_id]
    assert _of(store, points, 0, 100) == {points[0]: both[:1], points[1]: both, points[2]: both[1:]}
    assert _of(store, points, 0, 5) == {}
    assert _of(store, points, 0, 6) == {points[0]: both[:1], points[1]: both[:1]}
    assert _of(store, points, 12, 13) == {points[1]: both[1:], points[2]: both[1:]}
    assert _of(store, points, 20, 30) == {}
    assert _of(store, points[3:], 0, 100) == {}
    with store.read() as connection:
        period = kept.guarantees_of(connection, Scope.ALL, points, NOON, NOON + 100 * HOUR)[points[0]][0]
        assert kept.points_guaranteed(connection, Scope.ALL, first.guarantee_id) == points[:2]
    assert period == first
    assert period == Guarantee(
        first.guarantee_id,
        "summit",
        NOON + 5 * HOUR,
        NOON + 12 * HOUR,
        HOUR // 4,
        2 * HOUR,
        freezes_works=False,
    )


def test_a_revoked_period_ends_when_it_was_and_a_mistake_never_was(
    store: Store, points: list[PointId]
) -> None:
    ended, mistaken, coming = (_add(store, points, a, 10) for a in (-5, -5, 5))

    def revoke(one: Guarantee, *, wholly: bool) -> None:
        store.write(
            lambda c: kept.revoke_guarantee(
                c, one.guarantee_id, reason="postponed", wholly=wholly, actor=ACTOR, now_s=NOON
            )
        )

    revoke(ended, wholly=False)
    revoke(mistaken, wholly=True)
    revoke(coming, wholly=False)
    assert _of(store, points[:1], -10, 20) == {points[0]: [ended.guarantee_id]}
    assert _of(store, points[:1], 0, 20) == {}
    with store.read() as connection:
        left = kept.guarantees_of(connection, Scope.ALL, points[:1], 0, NOON + HOUR)[points[0]]
        assert [(one.from_s, one.to_s) for one in left] == [(NOON - 5 * HOUR, NOON)]
        said = kept.guarantee_of(connection, Scope.ALL, ended.guarantee_id)
    assert (said.period, said.revoked_s, said.points, said.document) == (ended, NOON, 4, "order 7")
    with pytest.raises(Conflict, match="revoked already"):
        revoke(ended, wholly=True)
    assert _acts(store)[-3:] == ["guarantee.revoke"] * 3


def test_a_period_that_is_over_is_revoked_wholly_or_not_at_all(store: Store, points: list[PointId]) -> None:
    over = _add(store, points, -10, -5)

    def revoke(*, wholly: bool, reason: str = "a mistake") -> None:
        store.write(
            lambda c: kept.revoke_guarantee(
                c, over.guarantee_id, reason=reason, wholly=wholly, actor=ACTOR, now_s=NOON
            )
        )

    with pytest.raises(Conflict, match="is over: only wholly"):
        revoke(wholly=False)
    with pytest.raises(Invalid, match="say why"):
        revoke(wholly=True, reason=" ")
    revoke(wholly=True)
    assert _of(store, points, -20, 20) == {}


def test_a_period_keeps_whether_it_freezes_works(store: Store, points: list[PointId]) -> None:
    _add(store, points[:2], 0, 10)
    frozen = _add(store, points[1:], 5, 10, frozen=True)

    def found(of: list[PointId], a_h: int, b_h: int) -> list[Guarantee]:
        with store.read() as connection:
            named = kept.guarantees_of(connection, Scope.ALL, of, NOON + a_h * HOUR, NOON + b_h * HOUR)
        each = {one.guarantee_id: one for periods in named.values() for one in periods}
        return [one for one in each.values() if one.freezes_works]

    assert found(points, 0, 6) == [frozen]
    assert found(points[:1], 0, 6) == []
    assert found(points, 0, 5) == []
    assert found(points, 10, 11) == []


def test_whoever_sees_a_unit_sees_the_periods_of_its_points_only(store: Store, points: list[PointId]) -> None:
    both = _add(store, points[1:3], 0, 10)
    south = _add(store, points[3:], 0, 10)
    north = _scope(store, "City/North")
    assert _of(store, points, 0, 10, north) == {points[1]: [both.guarantee_id]}
    with store.read() as connection:
        assert [one.period for one in kept.guarantees(connection, north)] == [both]
        assert [one.period for one in kept.guarantees(connection, Scope.ALL)] == [south, both]
        assert kept.points_guaranteed(connection, north, both.guarantee_id) == points[1:2]
        with pytest.raises(NotFound, match="no guarantee period"):
            kept.guarantee_of(connection, north, south.guarantee_id)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"name": " "}, "has a name"),
        ({"document": ""}, "document that orders it"),
        ({"points": ()}, "name the points"),
        ({"to_s": NOON}, "begins before it ends"),
        ({"to_s": NOON + 401 * 86_400}, "at most 400 days"),
        ({"respond_s": 0}, "answer is due"),
        ({"respond_s": 3 * HOUR}, "answer is due"),
        ({"restore_s": 31 * 86_400}, "within 30 days"),
    ],
)
def test_what_makes_no_guarantee_period_is_refused(
    store: Store, points: list[PointId], changed: dict[str, object], says: str
) -> None:
    right: dict[str, object] = {
        "name": "summit", "from_s": NOON, "to_s": NOON + HOUR, "respond_s": 600, "restore_s": HOUR,
        "document": "order 7", "points": tuple(points),
    }  # fmt: skip
    new = NewGuarantee(**{**right, **changed})  # type: ignore[arg-type]  # wrong ones are what it is about
    with pytest.raises(Invalid, match=says):
        store.write(lambda c: kept.add_guarantee(c, new, actor=ACTOR, now_s=NOON))
    with store.read() as connection:
        assert kept.guarantees(connection, Scope.ALL) == []


def test_a_point_that_is_not_registered_is_told(store: Store, points: list[PointId]) -> None:
    with pytest.raises(NotFound, match="no point 99999"):
        _add(store, [*points, PointId(99_999)], 0, 1)
