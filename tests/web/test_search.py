"""One line to find things by."""

from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.register_kit import camera
from tests.repair_kit import RepairCity, always, silent
from tests.web_kit import ClientOf

from lenskeeper.accounts.verbs import Role
from lenskeeper.base.access import ROUNDS, Scope
from lenskeeper.house.home import Home
from lenskeeper.reporting.rows_screens import every_camera, refresh
from lenskeeper.reporting.screens_search import found
from lenskeeper.store.database import Store
from lenskeeper.units.rows import tree


def planted(store: Store, top: str = "Linjiang") -> RepairCity:
    named = [
        ("滨江区人民路与重庆路口3号枪机", f"{top}/North"),
        ("人民公园南门", f"{top}/North"),
        ("Elm Road bridge", f"{top}/South"),
    ]
    files = [
        camera(n, unit=unit, name=name, ipv4=f"10.7.0.{n}", address="解放东路12号" if n == 2 else "")
        for n, (name, unit) in enumerate(named, start=1)
    ]
    city = RepairCity(store, files)
    city.live(45, always(silent(city.points[2])))
    store.write(lambda c: refresh(c, every_camera(c), actor=ROUNDS, now_s=city.now_s))
    return city


def hits(client: TestClient, q: str) -> list[tuple[str, str]]:
    return [(row["kind"], row["title"]) for row in client.get("/api/search", params={"q": q}).json()["rows"]]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("滨江", "滨江区人民路与重庆路口3号枪机"),
        ("重庆路", "滨江区人民路与重庆路口3号枪机"),
        ("rmgy", "人民公园南门"),
        ("RMLYCQ", "滨江区人民路与重庆路口3号枪机"),
        ("园南", "人民公园南门"),
        ("解放东", "人民公园南门"),
        ("jfdl", "人民公园南门"),
        ("bridge", "Elm Road bridge"),
        ("elm bri", "Elm Road bridge"),
        ("S3", "Elm Road bridge"),
        (f"{3:020d}", "Elm Road bridge"),
        ("10.7.0.3", "Elm Road bridge"),
    ],
)
def test_a_camera_is_found_by(store: Store, typed: str, first: str) -> None:
    city = planted(store)
    with store.read() as connection:
        said = found(connection, Scope.ALL, Scope.ALL, typed, now_s=city.now_s, limit=12)
    assert [hit.title for hit in said if hit.kind == "camera"][:1] == [first]


def test_tickets_and_units_are_found_and_nothing_of_others(home: Home, client_of: ClientOf) -> None:
    city = planted(home.store)
    with home.store.read() as connection:
        units = {unit.path: int(unit.unit_id) for unit in tree(connection, Scope.ALL)}
    number = city.tickets()[0].ticket_id
    south, north = (
        client_of(home, Role.OPERATOR, unit=units[f"Linjiang/{name}"]) for name in ("South", "North")
    )
    assert ("ticket", f"#{number}") in hits(south, f"#{number}")
    assert hits(north, f"#{number}") == []
    assert ("unit", "South") in hits(south, "sou")
    assert hits(north, "sou") == []
    assert hits(north, "elm") == []
    assert hits(south, "elm") == [("camera", "Elm Road bridge")]


def test_an_address_is_found_only_by_who_may_see_addresses(home: Home, client_of: ClientOf) -> None:
    planted(home.store)
    assert hits(client_of(home, Role.OPERATOR), "10.7.0.3") == [("camera", "Elm Road bridge")]
    viewer: Any = client_of(home, Role.VIEWER)
    assert hits(viewer, "10.7.0.3") == []
    assert hits(viewer, "10.7") == []
