"""A list leaves only as far as its reader may see, with addresses only where those may be seen, and never unentered."""

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook
from sqlalchemy import Connection, insert, select, update
from starlette.testclient import TestClient
from tests.register_kit import camera
from tests.repair_kit import RepairCity, always, silent
from tests.web_kit import ClientOf

from lenskeeper.accounts.grants import Wanted
from lenskeeper.accounts.ids import AccountId
from lenskeeper.accounts.rows_grants import give
from lenskeeper.accounts.schema import account, account_grant
from lenskeeper.accounts.verbs import Role
from lenskeeper.audit import rows
from lenskeeper.base.access import LOCAL_OPERATOR, Scope
from lenskeeper.house import exports
from lenskeeper.house.exports import ExportDesk, file_of, forget_exports
from lenskeeper.house.home import Home
from lenskeeper.house.screens import refreshed
from lenskeeper.inventory.schema import device, installation, membership, point
from lenskeeper.reporting import rows_exports
from lenskeeper.reporting.rows_exports import HELD_MAX, KEPT_S
from lenskeeper.reporting.schema import export_job
from lenskeeper.units.ids import UnitId
from lenskeeper.units.rows import add, by_path

CAMERAS = 41


def planted(home: Home, count: int) -> tuple[int, int]:
    """Two districts, and cameras by turns in both."""

    def work(connection: Connection) -> tuple[int, int]:
        units = [
            int(add(connection, name=f"district {n}", parent_id=UnitId(1), actor=LOCAL_OPERATOR, now_s=0))
            for n in (1, 2)
        ]
        for number in range(1, count + 1):
            values = {
                "id": number, "name": f"=camera {number}", "klass": 1 + number % 3, "tz": "UTC", "in_service_from_s": 0,
                "revision": 1,
            }  # fmt: skip
            connection.execute(insert(point), [values])
            held = {"point_id": number, "from_s": 0, "unit_id": units[(number - 1) % 2]}
            connection.execute(insert(membership), [held])
            connection.execute(insert(device), [{"id": number}])
            hung = {"point_id": number, "from_s": 0, "device_id": number, "url": f"rtsp://10.0.0.{number}/"}
            connection.execute(insert(installation), [hung])
        return units[0], units[1]

    made = home.store.write(work)
    refreshed(home)
    return made


@pytest.fixture
def two(home: Home) -> tuple[int, int]:
    """Two districts with a camera each."""
    return planted(home, 2)


def desk_of(client: TestClient) -> ExportDesk:
    found = client.app.state.exports  # type: ignore[attr-defined]
    assert isinstance(found, ExportDesk)
    return found


def asked(client: TestClient, what: str = "cameras", kind: str = "csv", **params: Any) -> int:
    answer = client.post(f"/api/exports/{what}", params={"language": "en", "file": kind, **params})
    assert answer.status_code == 202, answer.text
    desk_of(client).wait()
    return int(answer.json()["export_id"])


def told(client: TestClient, what: str = "cameras", **params: Any) -> tuple[list[str], list[list[str]]]:
    answer = client.get(f"/api/exports/{asked(client, what, **params)}/file")
    assert answer.status_code == 200, answer.text
    head, *lines = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    return head, lines


def state_of(client: TestClient) -> dict[str, Any]:
    row: dict[str, Any] = client.get("/api/exports").json()[0]
    return row


def last(home: Home, ago: int = 0) -> tuple[str, str, dict[str, object]]:
    with home.store.read() as connection:
        entry = rows.entries(connection, Scope.ALL, latest=True, limit=ago + 1)[0]
    return entry.actor, entry.act, json.loads(entry.detail)


def test_a_list_holds_what_may_be_seen_and_says_in_the_log_who_took_it(
    home: Home, two: tuple[int, int], client_of: ClientOf
) -> None:
    client = client_of(home, Role.OPERATOR, unit=two[0])
    number = asked(client)
    actor, act, detail = last(home)
    assert client.login in actor  # type: ignore[attr-defined]
    assert (act, detail["count"], detail["kind"], detail["export"]) == ("export.list", 1, "csv", number)
    head, lines = told(client)
    assert "address" not in head
    assert [line[1] for line in lines] == ["'=camera 1"]  # no formula
    assert last(home)[1] == "export.fetch"

    _, lines = told(client_of(home, Role.OPERATOR), addresses="true")
    assert [line[-1] for line in lines] == ["rtsp://10.0.0.1/", "rtsp://10.0.0.2/"]
    assert last(home, ago=1)[1] == "export.addresses"


def test_addresses_stay_with_who_may_see_them(home: Home, two: tuple[int, int], client_of: ClientOf) -> None:
    manager = client_of(home, Role.CONTRACT_MANAGER)  # may export, and sees no address
    assert len(told(manager)[1]) == 2
    refused = manager.post("/api/exports/cameras", params={"file": "csv", "addresses": "true"})
    assert (refused.status_code, "10.0.0" in refused.text) == (403, False)
    assert (
        client_of(home, Role.VIEWER).post("/api/exports/cameras", params={"file": "csv"}).status_code == 403
    )


def test_a_filter_narrows_the_file_and_a_workbook_is_one(
    home: Home, two: tuple[int, int], client_of: ClientOf
) -> None:
    client = client_of(home, Role.OPERATOR)
    assert len(told(client, q="camera 2")[1]) == 1
    assert state_of(client)["asked"] == {"words": "camera 2"}
    answer = client.get(f"/api/exports/{asked(client, kind='xlsx')}/file")
    assert answer.headers["content-disposition"] == 'attachment; filename="cameras.xlsx"'
    [head, *lines] = (
        CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    )
    assert [line[1] for line in lines] == ["'=camera 1", "'=camera 2"]
    assert head[1] == "name"
    assert client.post("/api/exports/cameras", params={"file": "doc"}).status_code == 422


def test_nobody_sees_or_fetches_anothers(home: Home, two: tuple[int, int], client_of: ClientOf) -> None:
    number = asked(client_of(home, Role.OPERATOR))
    other = client_of(home, Role.OPERATOR)
    assert other.get("/api/exports").json() == []
    assert other.get(f"/api/exports/{number}/file").status_code == 404
    assert other.delete(f"/api/exports/{number}").status_code == 404


def test_who_may_see_less_since_fetches_nothing(
    home: Home, two: tuple[int, int], client_of: ClientOf
) -> None:
    client = client_of(home, Role.OPERATOR)
    number = asked(client)
    home.store.write(lambda c: c.execute(update(account_grant).values(unit_id=two[0])))
    answer = client.get(f"/api/exports/{number}/file")
    assert answer.status_code == 403
    assert "ask for it again" in answer.json()["detail"]
    assert last(home)[1] != "export.fetch"


def test_a_grant_that_ends_while_it_is_written_ends_it(
    home: Home, two: tuple[int, int], client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of(home, Role.OPERATOR)
    monkeypatch.setattr(exports, "ROWS_AT_ONCE", 1)
    page, now_s = exports._page, home.now_s()

    def then_revoked(*given: Any) -> Any:
        answer = page(*given)
        home.store.write(lambda c: c.execute(update(account_grant).values(ended_s=now_s)))
        return answer

    monkeypatch.setattr(exports, "_page", then_revoked)
    answer = client.post("/api/exports/cameras", params={"file": "csv"})
    desk_of(client).wait()
    home.store.write(lambda c: c.execute(update(account_grant).values(ended_s=None)))
    row = state_of(client)
    assert (row["state"], row["fault"]) == ("failed", "rights_changed")
    assert not file_of(home, answer.json()["export_id"], "csv").exists()
    assert client.get(f"/api/exports/{row['export_id']}/file").status_code == 409


def test_no_file_holds_rows_of_before_and_after_a_narrowed_right(
    home: Home, two: tuple[int, int], client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of(home, Role.OPERATOR, unit=two[0])
    now_s = home.now_s()

    def more(connection: Connection) -> int:
        name = client.login  # type: ignore[attr-defined]
        number = connection.execute(select(account.c.id).where(account.c.name == name)).scalar_one()
        wanted = Wanted(Role.OPERATOR, UnitId(two[1]), because="test")
        return int(give(connection, AccountId(number), wanted, actor=LOCAL_OPERATOR, now_s=now_s).grant_id)

    second = home.store.write(more)
    monkeypatch.setattr(exports, "ROWS_AT_ONCE", 1)
    page = exports._page

    def then_narrowed(*given: Any) -> Any:
        answer = page(*given)
        mine = account_grant.c.id == second
        home.store.write(lambda c: c.execute(update(account_grant).where(mine).values(ended_s=now_s)))
        return answer

    monkeypatch.setattr(exports, "_page", then_narrowed)
    client.post("/api/exports/cameras", params={"file": "csv"})
    desk_of(client).wait()
    row = state_of(client)
    assert (row["state"], row["fault"], row["total"]) == ("failed", "rights_changed", 2)


def test_whoever_is_locked_while_it_is_written_gets_none(
    home: Home, two: tuple[int, int], client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of(home, Role.OPERATOR)
    monkeypatch.setattr(exports, "ROWS_AT_ONCE", 1)
    page = exports._page

    def then_locked(*given: Any) -> Any:
        answer = page(*given)
        home.store.write(lambda c: c.execute(update(account).values(locked_s=1)))
        return answer

    monkeypatch.setattr(exports, "_page", then_locked)
    client.post("/api/exports/cameras", params={"file": "csv"})
    desk_of(client).wait()
    home.store.write(lambda c: c.execute(update(account).values(locked_s=None)))
    assert state_of(client)["fault"] == "rights_changed"


def test_a_restart_is_told_and_the_cure_with_it(
    home: Home, two: tuple[int, int], client_of: ClientOf
) -> None:
    client = client_of(home, Role.OPERATOR)
    number = asked(client)
    home.store.write(lambda c: c.execute(update(export_job).values(state="running", done=1)))
    file_of(home, number, "csv").rename(file_of(home, number, "csv").with_suffix(".part"))
    ExportDesk(home).begin()
    assert state_of(client)["state"] == "interrupted"
    answer = client.get(f"/api/exports/{number}/file")
    assert (answer.status_code, "ask for it again" in answer.json()["detail"]) == (409, True)


def test_one_that_is_being_written_ends_with_the_desk(
    home: Home, two: tuple[int, int], client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of(home, Role.OPERATOR)
    monkeypatch.setattr(exports, "ROWS_AT_ONCE", 1)
    page, desk = exports._page, desk_of(client)

    def then_stopped(*given: Any) -> Any:
        desk._stops.set()
        return page(*given)

    monkeypatch.setattr(exports, "_page", then_stopped)
    client.post("/api/exports/cameras", params={"file": "csv"})
    desk.close()
    assert state_of(client)["state"] == "interrupted"
    assert list((home.folder / exports.FOLDER).iterdir()) == []


def test_it_is_kept_for_a_day_and_then_gone(home: Home, two: tuple[int, int], client_of: ClientOf) -> None:
    client = client_of(home, Role.OPERATOR)
    number = asked(client)
    assert state_of(client)["until_s"] - state_of(client)["ended_s"] == KEPT_S == 86_400
    home.store.write(lambda c: c.execute(update(export_job).values(until_s=home.now_s())))
    assert client.get(f"/api/exports/{number}/file").status_code == 404
    forget_exports(home)
    assert not file_of(home, number, "csv").exists()
    with home.store.read() as connection:
        assert rows_exports.kept(connection) == []


def test_a_person_keeps_some_and_deletes_one_to_ask_for_another(
    home: Home, two: tuple[int, int], client_of: ClientOf
) -> None:
    client = client_of(home, Role.OPERATOR)
    numbers = [asked(client) for _ in range(HELD_MAX)]
    refused = client.post("/api/exports/cameras", params={"file": "csv"})
    assert (refused.status_code, "delete one" in refused.json()["detail"]) == (409, True)
    assert client.delete(f"/api/exports/{numbers[0]}").status_code == 204
    assert not file_of(home, numbers[0], "csv").exists()
    asked(client)


def test_more_rows_than_a_file_holds_are_refused_with_the_cure(
    home: Home, two: tuple[int, int], client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "ROWS_MAX", 1)
    client = client_of(home, Role.OPERATOR)
    refused = client.post("/api/exports/cameras", params={"file": "csv"})
    assert (refused.status_code, "filter them" in refused.json()["detail"]) == (422, True)
    assert len(told(client, q="camera 2")[1]) == 1


@pytest.fixture
def many(home: Home, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """Cameras of two districts, exported in many small pages."""
    monkeypatch.setattr(exports, "ROWS_AT_ONCE", 5)
    return planted(home, CAMERAS)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    q=st.sampled_from(["", "camera", "1", "camera 2", "nothing"]),
    klass=st.sampled_from(["", "1", "2,3"]),
    mine=st.booleans(),
    narrowed=st.booleans(),
    kind=st.sampled_from(["csv", "xlsx"]),
)
def test_the_rows_of_the_file_are_those_of_the_list(  # noqa: PLR0917  what is drawn
    home: Home,
    many: tuple[int, int],
    client_of: ClientOf,
    q: str,
    klass: str,
    mine: bool,
    narrowed: bool,
    kind: str,
) -> None:
    client = client_of(home, Role.OPERATOR, unit=many[0] if mine else None)
    filters: dict[str, Any] = {"q": q, "klass": klass, **({"unit": many[1]} if narrowed else {})}
    said = client.get("/api/cameras", params={**filters, "limit": 500}).json()
    content = client.get(f"/api/exports/{asked(client, kind=kind, **filters)}/file").content
    if kind == "csv":
        lines = [line[:5] for line in csv.reader(io.StringIO(content.decode("utf-8-sig")))][1:]
    else:
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
        lines = [
            [str(int(cell)) if isinstance(cell, float) else str(cell) for cell in row[:5]]
            for row in sheet[1:]
        ]
    shown = [
        [str(row["point_id"]), f"'{row['name']}", row["code"], str(row["klass"]), row["unit"]]
        for row in said["rows"]
    ]
    assert lines == shown
    assert state_of(client)["done"] == state_of(client)["total"] == said["total"] == len(shown)


def test_the_tickets_of_the_file_are_those_of_the_list(
    home: Home, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "ROWS_AT_ONCE", 2)
    of = ("Linjiang/North", "Linjiang/South")
    files = [camera(n, of[n % 2], name=f"={of[n % 2]} {n}", pole=f"pole {n}") for n in range(12)]
    city = RepairCity(home.store, files)
    city.live(30, always(silent(*city.points[:2])))
    refreshed(home)
    with home.store.read() as connection:
        north = by_path(connection, Scope.ALL)[of[0]]
    for unit, params in (
        (None, {}),
        (north, {}),
        (None, {"live": "true"}),
        (None, {"text": "South"}),
        (None, {"live": "false"}),
    ):
        client = client_of(home, Role.OPERATOR, unit=unit)
        said = client.get("/api/tickets", params={**params, "order": "newest"}).json()["rows"]
        _, lines = told(client, "tickets", **params)
        assert [(line[0], line[2], line[8]) for line in lines] == [
            (str(row["ticket_id"]), f"'{row['name']}", str(row["cameras"])) for row in said
        ]
        assert bool(lines) == (params != {"live": "false"})
