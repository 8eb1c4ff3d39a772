"""The map: points, rings, the list beside it and a camera's card, each within what may be seen."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.register_kit import camera
from tests.repair_kit import RepairCity, always, silent
from tests.web_kit import ClientOf

from lenskeeper.accounts.verbs import Role
from lenskeeper.base.access import ROUNDS, Part, Scope
from lenskeeper.house.home import Home
from lenskeeper.house.screens import refreshed
from lenskeeper.reporting import screens_map
from lenskeeper.reporting.rows_screens import every_camera, refresh
from lenskeeper.reporting.screen_states import Seen
from lenskeeper.reporting.screens_map import MapFilter, Window
from lenskeeper.store.database import Store
from lenskeeper.units.rows import tree

WORLD = Window(-179, -80, 179, 80)
UNITS = ("City/North", "City/South", "Rail")
PURPOSES = ("flood", "traffic")


def planted(store: Store) -> tuple[RepairCity, dict[str, int]]:
    """Twelve cameras of three units and two purposes, a third of them silent."""
    files = [
        camera(n, unit=UNITS[n % 3], lon=120 + n / 50, lat=30 + n / 70, purpose=PURPOSES[n % 2])
        for n in range(12)
    ]
    city = RepairCity(store, files)
    city.live(2, always(silent(*city.points[::3])))
    store.write(lambda c: refresh(c, every_camera(c), actor=ROUNDS, now_s=city.now_s))
    with store.read() as connection:
        units = {unit.path: int(unit.unit_id) for unit in tree(connection, Scope.ALL)}
    return city, units


def test_rings_counts_points_and_the_list_tell_of_the_same_cameras_whatever_the_scope(store: Store) -> None:
    """Against a plain oracle: a camera is seen by its unit, or by its unit and its purpose."""
    city, units = planted(store)
    down = {p for n, p in enumerate(city.points) if n % 3 == 0}
    unit_of = {p: UNITS[n % 3] for n, p in enumerate(city.points)}
    purpose_of = {p: PURPOSES[n % 2] for n, p in enumerate(city.points)}

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        st.one_of(st.none(), st.frozensets(st.sampled_from(sorted(units)))),
        st.frozensets(st.tuples(st.sampled_from(PURPOSES), st.sampled_from(sorted(units)))),
        st.frozensets(st.sampled_from([Seen.DOWN, Seen.SERVES])),
        st.booleans(),
    )
    def agrees(
        roots: frozenset[str] | None,
        parts: frozenset[tuple[str, str]],
        states: frozenset[Seen],
        is_part: bool,
    ) -> None:
        def below(unit: str, root: str) -> bool:
            return unit == root or unit.startswith(root + "/")

        scope = Scope(
            None if roots is None else frozenset(units[path] for path in roots),
            parts=frozenset(Part(purpose, unit=units[path]) for purpose, path in parts),
        )
        window = Window(120.05, 29.9, 120.15, 31) if is_part else WORLD
        plain = Counter(
            Seen.DOWN if p in down else Seen.SERVES
            for p in city.points
            if roots is None
            or any(below(unit_of[p], root) for root in roots)
            or any(below(unit_of[p], root) and purpose_of[p] == purpose for purpose, root in parts)
        )
        if states:
            plain = Counter({state: n for state, n in plain.items() if state in states})
        only, now_s = MapFilter(states), city.now_s
        with store.read() as connection:
            totals = screens_map.totals(connection, scope, only, now_s=now_s)
            rings = screens_map.rings(connection, scope, only, window, now_s=now_s)
            dots = screens_map.dots(connection, scope, only, now_s=now_s, window=window)
            rows = screens_map.listed(connection, scope, only, now_s=now_s, window=window)
        assert totals.states == tuple(plain[state] for state in Seen)
        assert [row.point_id for row in sorted(rows, key=lambda row: row.point_id)] == dots.point_id
        assert Counter(dots.state) <= plain
        ringed = Counter({state: sum(ring.states[state] for ring in rings) for state in Seen})
        assert +ringed <= plain
        if not is_part:
            assert +ringed == plain == Counter(dots.state)

    agrees()


def test_the_map_by_its_routes(home: Home, client_of: ClientOf) -> None:
    city, units = planted(home.store)
    everybody = client_of(home, Role.VIEWER)
    said = everybody.get("/api/map").json()
    assert said["states"] == {"not_watched": 0, "unknown": 0, "down": 4, "fault": 0, "up": 8}
    assert said["mode"] == "points"
    assert said["window"]["west"] == pytest.approx(120, abs=0.1)
    points = everybody.get("/api/map/points?state=down").json()
    assert sorted(points["point_id"]) == sorted(city.points[::3])
    assert {points["states"][n] for n in points["state"]} == {"down"}
    part = everybody.get("/api/map/rings?west=119&south=29&east=121&north=31&state=down,up").json()
    assert len(part["dots"]["point_id"]) == 12
    assert part["rings"] == []
    assert everybody.get("/api/map/rings?west=2&south=1&east=1&north=2").status_code == 422
    assert everybody.get("/api/map?state=gone").status_code == 422
    page = everybody.get("/api/map/cameras?limit=5").json()
    more = everybody.get("/api/map/cameras", params={"limit": 100, "cursor": page["next"]}).json()
    assert len(page["rows"]) + len(more["rows"]) == 12
    north = client_of(home, Role.VIEWER, unit=units["City/North"])
    assert sum(north.get("/api/map").json()["states"].values()) == 4
    assert [row["point_id"] for row in north.get("/api/map/cameras").json()["rows"]] == city.points[::3]


def test_a_card_tells_state_reason_evidence_and_purpose_and_a_foreign_one_is_not_found(
    home: Home, client_of: ClientOf
) -> None:
    city, units = planted(home.store)
    one = city.points[0]
    said: Mapping[str, Any] = client_of(home, Role.VIEWER).get(f"/api/map/cameras/{one}").json()
    assert said["camera"]["state"] == "down"
    assert said["camera"]["reason"] == "timed_out"
    assert said["unit"] == "City/North"
    assert said["purpose"] == "flood"
    south = client_of(home, Role.VIEWER, unit=units["City/South"])
    assert south.get(f"/api/map/cameras/{one}").status_code == 404
    assert south.get(f"/api/map/cameras/{city.points[1]}").status_code == 200


def test_an_installation_without_cameras_has_an_empty_map(home: Home, client_of: ClientOf) -> None:
    refreshed(home)
    said = client_of(home, Role.VIEWER).get("/api/map").json()
    assert said["window"] is None
    assert sum(said["states"].values()) == 0


SQUARE = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"name": "North", "mayor": "somebody"},
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[120.164678, 30.24766], [121, 30], [121, 31], [120.164678, 30.24766]]],
            },
        }
    ],
}


def test_areas_are_made_wgs84_keep_a_name_and_nothing_else_and_are_private_until_shared(
    home: Home, client_of: ClientOf
) -> None:
    keeper, other = client_of(home, Role.ADMINISTRATOR), client_of(home, Role.VIEWER)
    made = keeper.post("/api/map/areas?name=districts&crs=gcj02", json=SQUARE)
    assert made.status_code == 201
    number = made.json()["overlay_id"]
    assert other.get("/api/map/areas").json() == []
    assert other.get(f"/api/map/areas/{number}").status_code == 404
    assert other.delete(f"/api/map/areas/{number}").status_code == 404
    assert other.post(f"/api/map/areas/{number}/share").status_code == 403
    assert keeper.post(f"/api/map/areas/{number}/share").status_code == 204
    assert [each["is_own"] for each in other.get("/api/map/areas").json()] == [False]
    [area] = other.get(f"/api/map/areas/{number}").json()["features"]
    assert area["properties"] == {"name": "North"}
    assert area["geometry"]["coordinates"][0][0][0] == pytest.approx([120.16, 30.25], abs=1e-5)
    assert keeper.delete(f"/api/map/areas/{number}").status_code == 204
    assert other.get("/api/map/areas").json() == []


@pytest.mark.parametrize(
    ("body", "crs"),
    [
        (b"no", "wgs84"),
        (b"{}", "wgs84"),
        (b'{"type":"FeatureCollection","features":[]}', "wgs84"),
        (b'{"type":"Feature","geometry":{"type":"Point","coordinates":[1,2]}}', "wgs84"),
        (
            b'{"type":"Feature","geometry":{"type":"Polygon","coordinates":[[[500000,3000000],[1,2],[3,4]]]}}',
            "wgs84",
        ),
        (b'{"type":"Feature","geometry":{"type":"Polygon","coordinates":[[[1,2],[3,4],[5,6]]]}}', "mars"),
        (b'{"type":"Feature","geometry":{"type":"Polygon","coordinates":[[[1,2],[3,4],[5,6]]]}}', "gk120"),
    ],
)
def test_what_is_no_area_is_refused_with_its_cure(
    home: Home, client_of: ClientOf, body: bytes, crs: str
) -> None:
    answer = client_of(home, Role.VIEWER).post(f"/api/map/areas?name=x&crs={crs}", content=body)
    assert answer.status_code == 422
    assert answer.json()["field"] in {"file", "crs"}
