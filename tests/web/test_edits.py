"""Many cameras changed at once: previewed, written, taken back, within what the asker keeps."""

from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient
from tests.sheet_maker import city, csv_bytes
from tests.web_kit import ClientOf

from lenskeeper.accounts.verbs import Role
from lenskeeper.audit.schema import audit_entry
from lenskeeper.base.access import Scope
from lenskeeper.house.home import Home
from lenskeeper.inventory.schema import device, field_source, installation, membership, point
from lenskeeper.units.rows import tree

MANY = 1_000
VALUES = {
    "klass": "1",
    "site": "North bank",
    "night_only": "yes",
    "make": "Haikang",
    "warranty_until": "2027-03-31",
}


def register(home: Home) -> dict[str, list[tuple[Any, ...]]]:
    """All that an edit may touch."""
    with home.store.read() as connection:
        tables = (point, device, installation, membership, field_source)
        return {
            each.name: sorted(tuple(row) for row in connection.execute(select(each)).all()) for each in tables
        }


def edited(client: TestClient, ids: list[int], values: dict[str, str]) -> tuple[Any, Any]:
    """The preview, and what became of it."""
    seen = client.post("/api/register/edits/check", json={"cameras": ids, "values": values})
    assert seen.status_code == 200, seen.text
    cameras = [{"point_id": e["point_id"], "revision": e["revision"]} for e in seen.json()["changes"]]
    done = client.post(
        "/api/register/edits", json={"cameras": cameras, "values": values, "reason": "letter 12"}
    )
    assert done.status_code == 201, done.text
    return seen.json(), done.json()


@pytest.fixture
def keeper(home: Home, client_of: ClientOf) -> TestClient:
    return client_of(home, Role.REGISTRAR)


def ids_of(client: TestClient) -> list[int]:
    found: list[int] = []
    cursor = None
    while True:
        asked = {"limit": "500"} | ({} if cursor is None else {"cursor": cursor})
        page = client.get("/api/cameras", params=asked).json()
        found += [each["point_id"] for each in page["rows"]]
        cursor = page["next"]
        if cursor is None:
            return found


def filled(home: Home, client: TestClient, rows: int = 40) -> list[int]:
    headers = {"content-type": "application/octet-stream"}
    query = {"name": "city.csv", "crs": "wgs84"}
    body = csv_bytes(city(rows))
    assert (
        client.post("/api/register/imports", params=query, content=body, headers=headers).status_code == 201
    )
    with home.store.read() as connection:
        return sorted(connection.execute(select(point.c.id)).scalars())


def test_a_thousand_cameras_are_changed_and_taken_back_to_the_letter(home: Home, keeper: TestClient) -> None:
    ids = filled(home, keeper, MANY)
    before = register(home)
    seen, done = edited(keeper, ids, VALUES)
    assert register(home) != before
    assert done["changed"] + seen["same"] == MANY
    assert all(each["after"].get("site", "North bank") == "North bank" for each in seen["changes"])
    with home.store.read() as connection:
        acts = list(connection.execute(select(audit_entry.c.act)).scalars())
        assert connection.execute(select(point.c.klass).distinct()).scalars().all() == [1]
    assert acts.count("point.change") == done["changed"]
    assert acts.count("edit.commit") == 1
    (mine,) = keeper.get("/api/register/edits").json()
    assert (mine["number"], mine["reason"], mine["changed"]) == (done["number"], "letter 12", done["changed"])
    back = keeper.post(f"/api/register/edits/{done['number']}/undo").json()
    assert (back["restored"], back["left"]) == (done["changed"], [])
    assert register(home) == before
    assert keeper.post(f"/api/register/edits/{done['number']}/undo").status_code == 409


def test_a_preview_writes_nothing_and_what_changed_since_is_left_alone(
    home: Home, keeper: TestClient
) -> None:
    ids = filled(home, keeper)
    before = register(home)
    seen = keeper.post("/api/register/edits/check", json={"cameras": ids, "values": {"site": "A"}}).json()
    assert register(home) == before
    edited(keeper, ids[:1], {"site": "B"})
    cameras = [{"point_id": e["point_id"], "revision": e["revision"]} for e in seen["changes"]]
    body = {"cameras": cameras, "values": {"site": "A"}, "reason": "x"}
    done = keeper.post("/api/register/edits", json=body).json()
    assert (done["changed"], [each["point_id"] for each in done["refused"]]) == (len(ids) - 1, ids[:1])
    edited(keeper, ids[1:2], {"site": "C"})
    back = keeper.post(f"/api/register/edits/{done['number']}/undo").json()
    assert (back["restored"], [each["point_id"] for each in back["left"]]) == (len(ids) - 2, ids[1:2])


def test_a_value_can_be_emptied_and_no_later_sheet_overwrites_what_a_hand_edited(
    home: Home, keeper: TestClient
) -> None:
    ids = filled(home, keeper)
    edited(keeper, ids, {"make": "Haikang"})
    seen, _ = edited(keeper, ids, {"make": ""})
    assert {each["after"]["make"] for each in seen["changes"]} == {""}
    filled(home, keeper)
    with home.store.read() as connection:
        assert set(connection.execute(select(device.c.make)).scalars()) == {""}


def test_cameras_move_to_another_unit_at_their_next_midnight_and_back(home: Home, keeper: TestClient) -> None:
    ids = filled(home, keeper)
    before = register(home)
    with home.store.read() as connection:
        paths = [each.path for each in tree(connection, Scope.ALL)]
    _, done = edited(keeper, ids, {"unit": paths[-1]})
    assert done["changed"] > 0
    assert len(register(home)["membership"]) == len(before["membership"]) + done["changed"]
    keeper.post(f"/api/register/edits/{done['number']}/undo")
    assert register(home) == before


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"klass": "9"}, "values.klass"),
        ({"klass": ""}, "values.klass"),
        ({"unit": "No/Such"}, "values.unit"),
        ({"warranty_until": "soon"}, "values.warranty_until"),
        ({"url": "rtsp://127.0.0.1/"}, "values"),
        ({"purpose": "all"}, "values"),
        ({"site": "卫生间"}, "values.site"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_its_place(
    home: Home, keeper: TestClient, values: dict[str, str], field: str
) -> None:
    ids = filled(home, keeper, 5)
    answer = keeper.post("/api/register/edits/check", json={"cameras": ids, "values": values})
    assert (answer.status_code, answer.json()["field"]) == (422, field), answer.text


def test_who_keeps_a_part_edits_that_part_only(home: Home, client_of: ClientOf, keeper: TestClient) -> None:
    ids = filled(home, keeper)
    with home.store.read() as connection:
        units = {
            row.point_id: row.unit_id
            for row in connection.execute(select(membership).order_by(membership.c.point_id))
        }
    other = client_of(home, Role.REGISTRAR, unit=units[ids[0]])
    mine = [each for each in ids if units[each] == units[ids[0]]]
    seen, done = edited(other, ids, {"site": "Mine"})
    assert {each["point_id"] for each in seen["changes"]} >= set(mine[:1])
    touched = {each["point_id"] for each in seen["changes"]}
    assert {each["point_id"] for each in done["refused"]} <= set(ids) - touched
    with home.store.read() as connection:
        hit = set(connection.execute(select(point.c.id).where(point.c.site == "Mine")).scalars())
    assert hit == touched
    assert 0 < len(hit) < len(ids)
    _, whole = edited(keeper, ids, {"site": "All"})
    assert other.post(f"/api/register/edits/{whole['number']}/undo").status_code == 404
    assert other.get("/api/register/edits").json()[0]["number"] == done["number"]
