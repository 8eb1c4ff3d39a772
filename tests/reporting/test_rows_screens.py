"""How each camera stands now, kept beside the books."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from tests.register_kit import camera
from tests.repair_kit import RepairCity, always, silent

from lenskeeper.availability.lanes import State
from lenskeeper.base.access import ROUNDS
from lenskeeper.base.outcomes import Outcome
from lenskeeper.reporting import rows_screens
from lenskeeper.reporting.map_cells import FINEST, cell_of, ranges_of
from lenskeeper.reporting.schema import screen_camera, screen_cell, screen_word
from lenskeeper.reporting.screen_states import LOOKED_S, Known, Said, Seen, standing_of
from lenskeeper.reporting.screen_words import WordKind, beginnings, initials_of, words_of
from lenskeeper.store.database import Store

NOW = 1_000_000


def rows(store: Store) -> dict[int, Any]:
    with store.read() as connection:
        return {row.point_id: row for row in connection.execute(select(screen_camera))}


def refresh(city: RepairCity) -> rows_screens.Refreshed:
    def work(connection: Any) -> rows_screens.Refreshed:
        every = rows_screens.every_camera(connection)
        return rows_screens.refresh(connection, every, actor=ROUNDS, now_s=city.now_s)

    return city.store.write(work)


@pytest.mark.parametrize(
    ("known", "state", "reason"),
    [
        (Known(is_watched=False), Seen.NOT_WATCHED, ""),
        (Known(is_watched=True), Seen.UNKNOWN, ""),
        (Known(True, Said(State.UP, 0, NOW - 301, "")), Seen.UNKNOWN, ""),
        (Known(True, Said(State.DOWN, 0, NOW, "timed_out")), Seen.DOWN, "timed_out"),
        (Known(True, Said(State.DOWN, 0, NOW, "timed_out"), faults=(("black", 5),)), Seen.DOWN, "timed_out"),
        (Known(True, Said(State.UP, 0, NOW, ""), faults=(("black", 5),)), Seen.FAULTY, "black"),
        (
            Known(True, Said(State.UP, 0, NOW, ""), Said(State.DOWN, 3, NOW, "no_keyframe")),
            Seen.FAULTY,
            "no_keyframe",
        ),
        (
            Known(True, Said(State.UP, 0, NOW, ""), Said(State.DOWN, 3, NOW - LOOKED_S - 1, "no_keyframe")),
            Seen.SERVES,
            "",
        ),
        (
            Known(True, Said(State.UP, 0, NOW, ""), held=Said(State.UP, 3, NOW, "auth_refused")),
            Seen.FAULTY,
            "auth_refused",
        ),
        (Known(True, Said(State.UP, 0, NOW, ""), held=Said(State.UP, 3, NOW, "busy")), Seen.SERVES, ""),
    ],
)
def test_silence_is_not_health_and_a_picture_counts_only_of_a_camera_that_answers(
    known: Known, state: Seen, reason: str
) -> None:
    found = standing_of(known, NOW)
    assert (found.state, found.reason) == (state, reason)


def test_a_row_follows_the_books_the_tickets_and_the_register(store: Store) -> None:
    city = RepairCity(store, [camera(n, lon=120.1 + n / 100, lat=30.2) for n in range(1, 5)])
    one, two = city.points[:2]
    first = refresh(city)
    assert first.has_moved
    assert set(first.changed) == set(city.points)
    assert {row.state for row in rows(store).values()} == {Seen.UNKNOWN}
    city.live(45, always(silent(one)))
    refresh(city)
    now = rows(store)
    assert (now[one].state, now[one].reason) == (Seen.DOWN, "timed_out")
    assert now[one].ticket_id == city.tickets()[0].ticket_id
    assert now[two].state == Seen.SERVES
    assert now[two].ticket_id is None
    city.look(two, Outcome.NO_KEYFRAME)
    assert refresh(city).changed == (two,)
    assert rows(store)[two].state == Seen.FAULTY
    city.now_s += 3_600
    refresh(city)
    assert {row.state for row in rows(store).values()} == {Seen.UNKNOWN}, "nobody has looked for an hour"


def test_sums_of_squares_are_those_of_the_rows_after_every_change(store: Store) -> None:
    city = RepairCity(store, [camera(n, lon=120 + n / 7, lat=30 + n / 9) for n in range(1, 12)])
    refresh(city)
    for n in range(1, 5):
        city.live(2, always(silent(*city.points[n : n * 2])))
        refresh(city)
        with store.read() as connection:
            kept = connection.execute(
                select(screen_cell.c.level, screen_cell.c.state, func.sum(screen_cell.c.cameras)).group_by(
                    screen_cell.c.level, screen_cell.c.state
                )
            )
            found: dict[int, Counter[int]] = {}
            for level, state, cameras in kept:
                found.setdefault(level, Counter())[state] += int(cameras)
        want = Counter(row.state for row in rows(store).values())
        assert all(+each == want for each in found.values())


def test_a_withdrawn_camera_leaves_its_row_and_its_words(store: Store) -> None:
    city = RepairCity(store, [camera(1), camera(2)])
    refresh(city)
    from lenskeeper.inventory.schema import point  # noqa: PLC0415

    store.write(lambda c: c.execute(point.update().where(point.c.id == city.points[0]).values(withdrawn_s=1)))
    refresh(city)
    assert list(rows(store)) == [city.points[1]]
    with store.read() as connection:
        assert set(connection.execute(select(screen_word.c.point_id)).scalars()) == {city.points[1]}


@given(
    st.floats(-179.9, 179.9), st.floats(-84, 84), st.floats(0.001, 5), st.floats(0.001, 5), st.integers(0, 9)
)
def test_the_squares_of_a_rectangle_hold_every_place_in_it(
    lon: float, lat: float, wide: float, high: float, level: int
) -> None:
    east, north = min(180, lon + wide), min(85, lat + high)
    ranges = ranges_of(lon, lat, east, north, level)
    for x, y in ((lon, lat), (east, north), ((lon + east) / 2, (lat + north) / 2)):
        number = cell_of(x, y, level)
        assert any(a <= number < b for a, b in ranges)
        assert number == cell_of(x, y) >> 2 * (FINEST - level)


def test_a_camera_is_found_by_parts_of_its_name_their_initials_and_its_numbers() -> None:
    assert {"滨江区人民路3", "人民路3", "3"} <= set(beginnings("滨江区人民路3"))
    assert initials_of("重庆路12") == "cql12"
    assert initials_of("crossing 1") == ""
    words = words_of(
        name="滨江区人民路3", common_name="", code="3301", serial="SN-7", road="Elm Road", ipv4="10.0.0.9"
    )
    assert {("人民路3", WordKind.NAME), ("rml3", WordKind.INITIALS), ("3301", WordKind.CODE)} <= words
    assert {("sn-7", WordKind.SERIAL), ("road", WordKind.ROAD), ("10.0.0.9", WordKind.ADDRESS)} <= words
