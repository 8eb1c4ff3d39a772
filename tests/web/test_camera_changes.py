"""A camera tells what changed of it: by hand, by an edit of many, by a sheet, by a declaration; and what was taken back."""

from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.register_kit import NOON, camera, city, commit
from tests.web_kit import ClientOf

from lenskeeper.accounts.verbs import Role
from lenskeeper.base.access import LOCAL_OPERATOR
from lenskeeper.house.home import Home
from lenskeeper.house.screens import refreshed
from lenskeeper.inventory import rows_declarations, rows_points, rows_undo
from lenskeeper.inventory.ids import BatchId, PointId
from lenskeeper.inventory.rows_declarations import Declared

FILE = camera(1, pole="12", purpose="traffic")


@pytest.fixture
def one(home: Home) -> PointId:
    """A camera of a sheet."""
    home.store.write(lambda c: city(c, "City/North", "City/South"))
    home.store.write(lambda c: commit(c, FILE))
    refreshed(home)
    return PointId(1)


def by_hand(home: Home, point_id: PointId, at: int, **values: object) -> None:
    now_s = NOON + at
    home.store.write(lambda c: rows_points.change(c, point_id, values, actor=LOCAL_OPERATOR, now_s=now_s))


def sheet(home: Home, at: int, **values: Any) -> BatchId:
    return home.store.write(lambda c: commit(c, replace(FILE, **values), now_s=NOON + at))[0]


def told(client: TestClient, point_id: PointId) -> list[dict[str, Any]]:
    answer = client.get(f"/api/cameras/{point_id}/changes")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


def pairs(change: dict[str, Any]) -> dict[str, list[Any]]:
    """Each value from what to what; "?" where no book tells it."""

    def said(value: dict[str, Any]) -> Any:
        return value["value"] if value["is_known"] else "?"

    return {each["name"]: [said(each["before"]), said(each["after"])] for each in change["fields"]}


def test_changed_twice_its_history_is_read_with_who_and_when(
    home: Home, one: PointId, client_of: ClientOf
) -> None:
    by_hand(home, one, 10, pole="13")
    by_hand(home, one, 20, pole="14", lease_until=None)
    first, second, entered = told(client_of(home, Role.VIEWER), one)
    assert (pairs(first)["pole"], first["at_s"], first["actor"]) == (["13", "14"], NOON + 20, "local")
    assert (pairs(second), second["act"], second["at_s"]) == (
        {"pole": ["12", "13"]},
        "point.change",
        NOON + 10,
    )
    assert (entered["act"], entered["why"], entered["fields"]) == ("point.add", "sheet.csv", [])


def test_what_a_sheet_wrote_is_what_the_next_change_replaced_or_what_stands(
    home: Home, one: PointId, client_of: ClientOf
) -> None:
    sheet(home, 10, pole="20", klass=3)
    sheet(home, 20, pole="21", klass=3)
    by_hand(home, one, 30, pole="22")
    hand, later, earlier, _ = told(client_of(home), one)
    assert pairs(hand) == {"pole": ["21", "22"]}
    assert (pairs(later), later["why"], later["act"]) == (
        {"pole": ["20", "21"]},
        "sheet.csv",
        "import.commit",
    )
    assert pairs(earlier) == {"pole": ["12", "20"], "klass": [FILE.klass, 3]}


def test_what_was_taken_back_is_told_by_whom_and_pretends_to_know_no_more_than_the_books(
    home: Home, one: PointId, client_of: ClientOf
) -> None:
    number = sheet(home, 10, pole="20")
    home.store.write(lambda c: rows_undo.undo(c, number, actor=LOCAL_OPERATOR, now_s=NOON + 20))
    back, written, _ = told(client_of(home), one)
    assert (back["act"], back["actor"], pairs(back)) == ("import.undo", "local", {"pole": ["?", "12"]})
    assert pairs(written) == {"pole": ["12", "?"]}


def test_an_edit_of_many_is_told_once_with_its_reason(home: Home, one: PointId, client_of: ClientOf) -> None:
    client = client_of(home, Role.REGISTRAR)
    revision = client.get(f"/api/cameras/{one}").json()["revision"]
    body = {
        "cameras": [{"point_id": one, "revision": revision}],
        "values": {"pole": "99"},
        "reason": "letter 7",
    }
    assert client.post("/api/register/edits", json=body).status_code == 201
    change = told(client, one)[0]
    assert (pairs(change), change["why"]) == ({"pole": ["12", "99"]}, "letter 7")
    assert client.login in change["actor"]  # type: ignore[attr-defined]
    assert len(told(client, one)) == 2


def test_a_declaration_of_the_same_second_is_told_after_the_entry_with_its_document(
    home: Home, one: PointId, client_of: ClientOf
) -> None:
    what = Declared("public_road", "traffic", "law 9", "police", "office")
    home.store.write(
        lambda c: rows_declarations.declare(
            c, what, document="no. 8", codes=[FILE.code], actor=LOCAL_OPERATOR, now_s=NOON
        )
    )
    change = told(client_of(home), one)[0]
    assert (change["act"], change["why"], pairs(change)["purpose"]) == (
        "declaration.add",
        "no. 8",
        ["?", "traffic"],
    )


def test_addresses_and_other_units_are_told_to_who_may_see_them(
    home: Home, one: PointId, client_of: ClientOf
) -> None:
    by_hand(home, one, 10, url="rtsp://10.9.9.9/live")
    units = home.store.write(lambda c: city(c, "City/North", "City/South"))
    north, south = units["City/North"], units["City/South"]
    move = {"from_day": (NOON + 86_400) // 86_400, "actor": LOCAL_OPERATOR, "now_s": NOON + 20}
    home.store.write(lambda c: rows_points.move(c, one, south, **move))  # type: ignore[arg-type]
    moved, changed, _ = told(client_of(home, Role.OPERATOR), one)
    assert pairs(changed) == {"url": [FILE.url, "rtsp://10.9.9.9/live"]}
    assert pairs(moved) == {"unit": ["City/North", "City/South"]}
    viewer = client_of(home, Role.VIEWER, unit=south)
    moved, changed, _ = told(viewer, one)
    assert pairs(changed) == {"url": ["?", "?"]}
    assert pairs(moved) == {"unit": ["?", "City/South"]}
    assert client_of(home, Role.VIEWER, unit=north).get(f"/api/cameras/{one}/changes").status_code == 404
