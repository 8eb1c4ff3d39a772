"""Saved views: kept under a name, shared with a part of the organisation, and one click from the list."""

from typing import Any

from sqlalchemy import Connection
from starlette.testclient import TestClient
from tests.web_kit import ClientOf

from lenskeeper.accounts.rows_views import VIEWS_MAX
from lenskeeper.accounts.verbs import Role
from lenskeeper.base.access import LOCAL_OPERATOR, Scope
from lenskeeper.house.home import Home
from lenskeeper.units.rows import add, tree


def district(home: Home, name: str) -> int:
    """A unit beneath the organisation."""

    def work(connection: Connection) -> int:
        top = next(unit for unit in tree(connection, Scope.ALL) if unit.parent_id is None)
        return add(connection, name=name, parent_id=top.unit_id, actor=LOCAL_OPERATOR, now_s=home.now_s())

    return home.store.write(work)


def kept(client: TestClient, **more: Any) -> int:
    said = client.post(
        "/api/views", json={"area": "cameras", "name": "at night", "query": "state=down", **more}
    )
    assert said.status_code == 201, said.text
    return int(said.json()["view_id"])


def seen(client: TestClient, area: str = "cameras") -> list[dict[str, Any]]:
    rows = client.get("/api/views", params={"area": area}).json()["rows"]
    assert isinstance(rows, list)
    return rows


def test_a_view_is_ones_own_until_it_is_shared(home: Home, client_of: ClientOf) -> None:
    north = district(home, "North")
    anna, bo = client_of(home, Role.VIEWER, unit=north), client_of(home, Role.VIEWER, unit=north)
    kept(anna)
    assert [(v["name"], v["query"], v["is_mine"]) for v in seen(anna)] == [("at night", "state=down", True)]
    assert seen(bo) == []
    assert seen(anna, "work") == []
    kept(anna, is_shared=True, unit_id=north)
    assert [(v["name"], v["is_mine"], v["owner"]) for v in seen(bo)] == [("at night", False, "Viewer1")]


def test_a_shared_view_is_read_by_who_sees_the_part_or_is_of_it_and_by_nobody_else(
    home: Home, client_of: ClientOf
) -> None:
    north, south = district(home, "North"), district(home, "South")
    north_side, south_side = (
        client_of(home, Role.VIEWER, unit=north),
        client_of(home, Role.VIEWER, unit=south),
    )
    city = client_of(home, Role.VIEWER)
    kept(north_side, is_shared=True, unit_id=north)
    assert (len(seen(city)), len(seen(south_side))) == (1, 0)
    with home.store.read() as connection:
        top = next(unit.unit_id for unit in tree(connection, Scope.ALL) if unit.parent_id is None)
    kept(city, name="of the city", is_shared=True, unit_id=top)
    kept(city, name="of all", is_shared=True)
    assert [v["name"] for v in seen(south_side)] == ["of all", "of the city"]
    refused = north_side.post(
        "/api/views", json={"area": "cameras", "name": "x", "query": "", "is_shared": True}
    )
    assert refused.status_code == 403
    foreign = {"area": "cameras", "name": "x", "query": "", "is_shared": True, "unit_id": south}
    assert north_side.post("/api/views", json=foreign).status_code == 404


def test_the_same_name_is_replaced_and_stays_the_beginning_of_the_list(
    home: Home, client_of: ClientOf
) -> None:
    anna = client_of(home)
    first = kept(anna)
    assert anna.put("/api/views/default", json={"area": "cameras", "view_id": first}).status_code == 204
    second = kept(anna, query="state=unknown")
    assert [(v["view_id"], v["query"], v["is_default"]) for v in seen(anna)] == [
        (second, "state=unknown", True)
    ]
    assert anna.put("/api/views/default", json={"area": "cameras", "view_id": None}).status_code == 204
    assert not seen(anna)[0]["is_default"]


def test_nobody_drops_or_begins_with_what_is_not_his_to_read(home: Home, client_of: ClientOf) -> None:
    anna, bo = client_of(home), client_of(home)
    mine = kept(anna)
    assert bo.delete(f"/api/views/{mine}").status_code == 404
    assert bo.put("/api/views/default", json={"area": "cameras", "view_id": mine}).status_code == 404
    assert anna.delete(f"/api/views/{mine}").status_code == 204
    assert seen(anna) == []


def test_views_have_an_end(home: Home, client_of: ClientOf) -> None:
    anna = client_of(home)
    for n in range(VIEWS_MAX):
        kept(anna, name=f"view {n}")
    one_more = {"area": "cameras", "name": "one more", "query": ""}
    assert anna.post("/api/views", json=one_more).status_code == 409
    assert anna.post("/api/views", json={**one_more, "query": "x" * 3_000}).status_code == 422
