"""The list of cameras and one camera, each within what may be seen."""

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
from lenskeeper.units.rows import tree

UNITS = ("City/North", "City/South", "Rail")


@pytest.fixture
def town(home: Home) -> tuple[RepairCity, dict[str, int]]:
    """Twelve cameras of three units, a third of them silent; the last one lacks its purpose."""
    files = [camera(n, unit=UNITS[n % 3], purpose="" if n == 11 else "traffic") for n in range(12)]
    city = RepairCity(home.store, files)
    city.live(2, always(silent(*city.points[::3])))
    home.store.write(lambda c: refresh(c, every_camera(c), actor=ROUNDS, now_s=city.now_s))
    with home.store.read() as connection:
        return city, {unit.path: int(unit.unit_id) for unit in tree(connection, Scope.ALL)}


def asked(client: TestClient, **query: Any) -> dict[str, Any]:
    said = client.get("/api/cameras", params=query)
    assert said.status_code == 200, said.text
    found = said.json()
    assert isinstance(found, dict)
    return found


def walked(client: TestClient, **query: Any) -> list[int]:
    """All rows, three a page."""
    out: list[int] = []
    cursor: str | None = None
    while True:
        page = asked(client, limit=3, **query, **({"cursor": cursor} if cursor else {}))
        out += [row["point_id"] for row in page["rows"]]
        cursor = page["next"]
        if cursor is None:
            return out


@pytest.mark.parametrize("order", ["name", "-name", "since", "-since", "state", "-state"])
def test_pages_of_every_order_tell_each_camera_once(
    home: Home, client_of: ClientOf, town: tuple[RepairCity, dict[str, int]], order: str
) -> None:
    found = walked(client_of(home), order=order)
    assert sorted(found) == sorted(town[0].points)
    assert found == [row["point_id"] for row in asked(client_of(home), order=order)["rows"]]


def test_filters_narrow_rows_and_count_alike(
    home: Home, client_of: ClientOf, town: tuple[RepairCity, dict[str, int]]
) -> None:
    city, units = town
    client = client_of(home)
    down = asked(client, state="down")
    assert {row["point_id"] for row in down["rows"]} == set(city.points[::3])
    assert down["total"] == 4
    part = asked(client, unit=units[next(path for path in units if path.endswith("Rail"))])
    assert part["total"] == len(part["rows"]) == 4
    lacking = asked(client, undeclared="true")["rows"]
    assert city.points[11] in {row["point_id"] for row in lacking}
    name = asked(client)["rows"][0]["name"]
    assert name in {row["name"] for row in asked(client, q=name)["rows"]}
    assert client.get("/api/cameras", params={"state": "asleep"}).status_code == 422


def test_what_is_out_of_the_scope_is_not_listed_not_counted_and_not_found(
    home: Home, client_of: ClientOf, town: tuple[RepairCity, dict[str, int]]
) -> None:
    city, units = town
    rail = units[next(path for path in units if path.endswith("Rail"))]
    client = client_of(home, Role.VIEWER, unit=rail)
    mine = asked(client)
    assert (mine["total"], len(mine["rows"])) == (4, 4)
    assert {row["unit_id"] for row in mine["rows"]} == {rail}
    theirs = next(p for p in city.points if p not in {row["point_id"] for row in mine["rows"]})
    for path in (f"/api/cameras/{theirs}", f"/api/cameras/{theirs}/past"):
        assert client.get(path).status_code == 404
    assert client.get(f"/api/cameras/{mine['rows'][0]['point_id']}").status_code == 200


def test_an_address_is_told_to_whom_it_is_granted_only(
    home: Home, client_of: ClientOf, town: tuple[RepairCity, dict[str, int]]
) -> None:
    path = f"/api/cameras/{town[0].points[0]}"
    viewer, operator = (
        client_of(home, Role.VIEWER).get(path).json(),
        client_of(home, Role.OPERATOR).get(path).json(),
    )
    assert operator["devices"][0]["url"].startswith("rtsp://")
    assert viewer["devices"][0]["url"] == ""
    assert "rtsp://" not in client_of(home, Role.VIEWER).get(path).text
    assert (viewer["may_see_addresses"], operator["may_see_addresses"]) == (False, True)


def test_the_past_is_told_in_bands(
    home: Home, client_of: ClientOf, town: tuple[RepairCity, dict[str, int]]
) -> None:
    said = client_of(home).get(f"/api/cameras/{town[0].points[0]}/past", params={"days": 62}).json()
    assert said["to_s"] - said["from_s"] == 62 * 86_400
    assert all(said["from_s"] <= b["from_s"] < b["to_s"] <= said["to_s"] for b in said["bands"])
