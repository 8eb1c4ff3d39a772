"""Settings: units within one's part, the rest for whoever keeps all of it; nothing shown that opens a door."""

import json
from pathlib import Path

import pytest
from sqlalchemy import Connection
from tests.register_kit import commit
from tests.web_kit import ClientOf

from lenskeeper.accounts.verbs import Role
from lenskeeper.audit import rows as audit
from lenskeeper.base.access import LOCAL_OPERATOR, ROUNDS, Scope
from lenskeeper.base.days import date_of, day_span, local_day
from lenskeeper.house.home import Home, opened
from lenskeeper.house.organisation import NewUnit, add_unit
from lenskeeper.house.switches import read_stopped
from lenskeeper.inventory.camera_file import CameraFile
from lenskeeper.inventory.rows_watched import watched
from lenskeeper.probing.memory import Changes, Payer, UsedRecord
from lenskeeper.probing.rows import save
from lenskeeper.units.rows import by_path

TOP = "Linjiang"
EAST, WEST = f"{TOP}/East", f"{TOP}/West"
SECRET = "a-key-that-nobody-shall-read"
MESSAGES = f"""
[rounds]
uplink_kbps = 4000
[[messages.to]]
name = "duty"
kind = "webhook"
url = "http://127.0.0.1:9/hook"
key = "{SECRET}"
quiet = "22:00-07:00"
desks = ["carrier"]
"""


@pytest.fixture
def ids(home: Home) -> dict[str, int]:
    """The units East and West below the topmost."""
    for path in (EAST, WEST):
        add_unit(home, NewUnit(path), LOCAL_OPERATOR)
    with home.store.read() as connection:
        return dict(by_path(connection, Scope.ALL))


def acts(home: Home) -> list[tuple[str, str]]:
    """Acts of the audit log with who did them."""
    with home.store.read() as connection:
        return [(e.act, e.actor) for e in audit.entries(connection, Scope.ALL, limit=50)]


def test_a_unit_is_hung_renamed_and_moved_under_the_name_of_who_did_it(
    home: Home, ids: dict[str, int], client_of: ClientOf
) -> None:
    client = client_of(home, Role.ADMINISTRATOR)
    made = client.post(
        "/api/settings/units", json={"parent_id": ids[EAST], "name": "码头街道", "code": "990101"}
    )
    assert (made.status_code, made.json()["path"]) == (201, f"{EAST}/码头街道")
    number = made.json()["unit_id"]
    renamed = client.post(f"/api/settings/units/{number}/name", json={"name": "Quay"})
    assert renamed.json()["path"] == f"{EAST}/Quay"
    moved = client.post(f"/api/settings/units/{number}/parent", json={"parent_id": ids[WEST]})
    assert moved.json()["path"] == f"{WEST}/Quay"
    assert [row["path"] for row in client.get("/api/settings/units").json()] == [
        TOP, EAST, WEST, f"{WEST}/Quay",
    ]  # fmt: skip
    who = f"staff:{client.login}"  # type: ignore[attr-defined]
    done = [act for act, actor in acts(home) if actor.endswith(client.login)]  # type: ignore[attr-defined]
    assert {"unit.add", "unit.rename", "unit.move"} <= set(done), who


def test_who_keeps_a_part_neither_sees_nor_moves_what_lies_beside_it(
    home: Home, ids: dict[str, int], client_of: ClientOf
) -> None:
    client = client_of(home, Role.ADMINISTRATOR, unit=ids[EAST])
    assert client.post("/api/settings/units", json={"parent_id": ids[EAST], "name": "a"}).status_code == 201
    for number in (ids[WEST], ids[TOP]):
        assert client.post("/api/settings/units", json={"parent_id": number, "name": "b"}).status_code == 404
        assert client.post(f"/api/settings/units/{number}/name", json={"name": "c"}).status_code == 404
    over = client.post(f"/api/settings/units/{ids[EAST]}/parent", json={"parent_id": ids[WEST]})
    assert over.status_code == 404
    assert WEST not in {row["path"] for row in client.get("/api/settings/units").json()}
    for page in (
        "limits",
        "switch",
        "lines",
        "calendars",
        "guarantees",
        "messages",
        "routes",
        "backups",
    ):
        assert client.get(f"/api/settings/{page}").status_code == 403, page


def test_who_may_not_set_sees_no_settings(home: Home, client_of: ClientOf) -> None:
    client = client_of(home, Role.OPERATOR)
    assert client.get("/api/settings/units").status_code == 403
    assert client.post("/api/settings/backups").status_code == 403


def test_limits_tell_where_each_is_set_and_no_secret(
    home: Home, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = home.folder / "lenskeeper.toml"
    place.write_text(place.read_text() + MESSAGES)
    monkeypatch.setenv("LENSKEEPER_ROUNDS__SLOT_S", "30")
    with opened(place) as again:
        client = client_of(again, Role.ADMINISTRATOR)
        answer = client.get("/api/settings/limits")
        rows = {(row["table"], row["name"]): row for row in answer.json()["settings"]}
        assert (rows["rounds", "slot_s"]["value"], rows["rounds", "slot_s"]["origin"]) == (30, "environment")
        assert (rows["rounds", "uplink_kbps"]["value"], rows["rounds", "uplink_kbps"]["origin"]) == (
            4000,
            "file",
        )
        assert rows["rounds", "picture_minutes_1"]["origin"] == "default"
        assert rows["rounds", "slot_s"]["variable"] == "LENSKEEPER_ROUNDS__SLOT_S"
        page = client.get("/api/settings/messages")
        (duty,) = page.json()["recipients"]
        assert (duty["quiet"], duty["desks"], duty["waiting"]) == ("22:00-07:00", ["carrier"], 0)
        for text in (answer.text, page.text):
            assert SECRET not in text
            assert "/hook" not in text


def test_a_trial_that_does_not_go_says_why(home: Home, client_of: ClientOf) -> None:
    place = home.folder / "lenskeeper.toml"
    place.write_text(place.read_text() + MESSAGES)
    with opened(place) as again:
        client = client_of(again, Role.ADMINISTRATOR)
        assert client.post("/api/settings/messages/duty/trial").json()["failure"]
        assert client.post("/api/settings/messages/nobody/trial").status_code == 404


def test_the_stop_switch_is_moved_with_a_reason_by_who_may(
    home: Home, ids: dict[str, int], client_of: ClientOf
) -> None:
    keeper, guard = client_of(home, Role.ADMINISTRATOR), client_of(home, Role.SECURITY)
    stopped = guard.post(
        "/api/settings/switch/stop", json={"pictures": True, "reason": "works in the data centre"}
    )
    assert stopped.json()["pictures"] is True
    assert keeper.get("/api/settings/switch").json()["stopped"]["pictures"] is True
    assert guard.post("/api/settings/switch/stop", json={"reason": "nothing"}).status_code == 422
    assert guard.post("/api/settings/switch/stop", json={"pictures": True, "reason": ""}).status_code == 422
    assert guard.post("/api/settings/switch/lift", json={"all": True, "reason": "done"}).status_code == 200
    with home.store.read() as connection:
        assert not read_stopped(connection).pictures
    assert sum(act == "stop_switch_moved" for act, _ in acts(home)) == 2
    unknown = guard.post("/api/settings/switch/stop", json={"zones": ["moon"], "reason": "x"})
    assert unknown.status_code == 404


def test_lines_tell_what_was_used_and_the_day_on_which_it_is_spent(home: Home, client_of: ClientOf) -> None:
    now_s = home.now_s()
    files = [
        CameraFile(name="a", code="99010000001320000001", url="rtsp://127.16.0.1/a", unit=TOP, uplink="4G-1", budget_mb_month=300),
        CameraFile(name="b", code="99010000001320000002", url="rtsp://127.16.0.2/a", unit=TOP, uplink="fibre"),
    ]  # fmt: skip
    home.store.write(lambda c: commit(c, *files, now_s=now_s - 86_400))
    tz = home.tz()
    today = local_day(now_s, tz)
    first = today - date_of(today).day + 1
    share = (now_s - day_span(first, tz)[0]) / 86_400
    month = date_of(today).year * 100 + date_of(today).month
    with home.store.read() as connection:
        point = watched(connection, Scope.ALL, now_s)[0].point_id
    spent = int(300_000_000 * share / 10)  # at this pace it is spent after ten days
    used = (
        UsedRecord(Payer.POINT, str(point), month, spent),
        UsedRecord(Payer.UPLINK, "4G-1", month, spent),
        UsedRecord(Payer.UPLINK, "fibre", month, 5),
    )

    def work(connection: Connection) -> None:
        save(connection, Changes(used=used), actor=ROUNDS)

    home.store.write(work)
    rows = client_of(home, Role.ADMINISTRATOR).get("/api/settings/lines").json()
    assert [row["name"] for row in rows] == ["4G-1", "fibre"]
    spent_on = date_of(first + (10 if share < 10 else min(10, int(share)))).isoformat()
    assert (rows[0]["metered"], rows[0]["used_bytes"], rows[0]["budget_bytes"]) == (1, spent, 300_000_000)
    assert rows[0]["out_day"] == spent_on
    assert (rows[1]["out_day"], rows[1]["used_bytes"], rows[1]["cap_kbps"]) == (None, 5, 20_000)


def test_a_calendar_is_set_and_its_year_is_loaded_from_a_file(home: Home, client_of: ClientOf) -> None:
    client = client_of(home, Role.ADMINISTRATOR)
    new = {"name": "office", "hours": "Mon-Fri 08:30-17:30"}
    assert client.post("/api/settings/calendars", json=new).status_code == 200
    year = date_of(local_day(home.now_s(), "Asia/Shanghai")).year
    (line,) = client.get("/api/settings/calendars").json()
    assert (line["lacks_year"], line["hours"][0], line["hours"][6]) == (
        year,
        [{"from_s": 30_600, "to_s": 63_000}],
        [],
    )
    table = f"date,kind\n{year}-10-01,holiday\n{year}-10-10,work\n".encode()
    kind = {"content-type": "application/octet-stream"}
    loaded = client.post(f"/api/settings/calendars/office/{year}?file=days.csv", content=table, headers=kind)
    assert loaded.json() == {"days": 2, "tickets": 0}
    assert client.get(f"/api/settings/calendars/office/{year}").json() == [
        {"day": f"{year}-10-01", "is_work": False},
        {"day": f"{year}-10-10", "is_work": True},
    ]
    bad = client.post(f"/api/settings/calendars/office/{year}", content=b"date,kind\nx,y\n", headers=kind)
    assert bad.status_code == 422
    assert client.get("/api/settings/calendars/none/2026").status_code == 404


def test_a_guarantee_period_is_entered_for_a_unit_and_ended(home: Home, client_of: ClientOf) -> None:
    now_s = home.now_s()
    file = CameraFile(name="a", code="99010000001320000001", url="rtsp://127.16.0.1/a", unit=TOP)
    home.store.write(lambda c: commit(c, file, now_s=now_s - 86_400))
    with home.store.read() as connection:
        top = by_path(connection, Scope.ALL)[TOP]
    client = client_of(home, Role.ADMINISTRATOR)
    begin = now_s // 3600 * 3600 + 3600
    new = {
        "name": "festival", "from_s": begin, "to_s": begin + 86_400, "respond_s": 1800, "restore_s": 7200,
        "document": "no. 7",
    }  # fmt: skip
    assert client.post("/api/settings/guarantees", json=new).status_code == 422
    made = client.post("/api/settings/guarantees", json={**new, "unit_id": top})
    assert (made.status_code, made.json()["points"]) == (201, 1)
    assert client.post("/api/settings/guarantees", json={**new, "codes": ["/etc/passwd"]}).status_code == 422
    number = made.json()["guarantee_id"]
    ended = client.post(
        f"/api/settings/guarantees/{number}/end", json={"reason": "called off", "wholly": True}
    )
    assert ended.status_code == 200
    (row,) = client.get("/api/settings/guarantees").json()
    assert row["revoked_s"] is not None


def test_a_route_that_is_set_is_this_installations_own(home: Home, client_of: ClientOf) -> None:
    client = client_of(home, Role.ADMINISTRATOR)
    assert (
        client.post("/api/settings/routes", json={"cause": "feeder", "desk": "contractor"}).status_code == 200
    )
    rows = {(row["cause"], row["what"]): row for row in client.get("/api/settings/routes").json()}
    assert (rows["feeder", ""]["desk"], rows["feeder", ""]["is_own"]) == ("contractor", True)
    assert rows["uplink", ""]["is_own"] is False


def test_a_copy_of_the_books_is_made_at_once(home: Home, client_of: ClientOf) -> None:
    client = client_of(home, Role.ADMINISTRATOR)
    before = client.get("/api/settings/backups").json()
    assert (before["last_s"], before["every_h"]) == (None, 24)
    after = client.post("/api/settings/backups").json()
    assert len(after["copies"]) == 1
    assert after["copies"][0]["bytes"] == (Path(after["folder"]) / after["copies"][0]["name"]).stat().st_size
    assert after["next_s"] == after["last_s"] + 24 * 3600
    assert json.dumps(after)
