"""A list leaves only as far as its reader may see, with addresses only where those may be seen, and never unentered."""

import csv
import io
import json

import pytest
from sqlalchemy import insert
from starlette.testclient import TestClient
from tests.web_kit import ClientOf

from lenskeeper.accounts.verbs import Role
from lenskeeper.audit import rows
from lenskeeper.base.access import LOCAL_OPERATOR, Scope
from lenskeeper.house.home import Home
from lenskeeper.house.screens import refreshed
from lenskeeper.inventory.schema import device, installation, membership, point
from lenskeeper.units.rows import add


@pytest.fixture
def two(home: Home) -> tuple[int, int]:
    """Two districts with a camera each."""

    def work(connection: object) -> tuple[int, int]:
        units = []
        for number in (1, 2):
            unit = add(connection, name=f"district {number}", parent_id=1, actor=LOCAL_OPERATOR, now_s=0)  # type: ignore[arg-type]
            values = {
                "id": number,
                "name": f"=camera {number}",
                "klass": 1,
                "tz": "UTC",
                "in_service_from_s": 0,
                "revision": 1,
            }
            connection.execute(insert(point), [values])  # type: ignore[attr-defined]
            connection.execute(insert(membership), [{"point_id": number, "from_s": 0, "unit_id": unit}])  # type: ignore[attr-defined]
            connection.execute(insert(device), [{"id": number}])  # type: ignore[attr-defined]
            hung = {"point_id": number, "from_s": 0, "device_id": number, "url": f"rtsp://10.0.0.{number}/"}
            connection.execute(insert(installation), [hung])  # type: ignore[attr-defined]
            units.append(int(unit))
        return units[0], units[1]

    made = home.store.write(work)
    refreshed(home)
    return made


def told(client: TestClient, **params: str) -> tuple[list[str], list[list[str]]]:
    answer = client.get("/api/exports/cameras/csv", params={"language": "en", **params})
    assert answer.status_code == 200, answer.text
    head, *lines = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    return head, lines


def last(home: Home) -> tuple[str, str, dict[str, object]]:
    with home.store.read() as connection:
        [entry] = rows.entries(connection, Scope.ALL, latest=True, limit=1)
    return entry.actor, entry.act, json.loads(entry.detail)


def test_a_list_holds_what_may_be_seen_and_says_in_the_log_who_took_it(
    home: Home, two: tuple[int, int], client_of: ClientOf
) -> None:
    client = client_of(home, Role.OPERATOR, unit=two[0])
    head, lines = told(client)
    assert "address" not in head
    assert [line[1] for line in lines] == ["'=camera 1"]  # no formula
    actor, act, detail = last(home)
    assert client.login in actor  # type: ignore[attr-defined]
    assert (act, detail["count"], detail["kind"]) == ("export.list", 1, "csv")

    _, lines = told(client_of(home, Role.OPERATOR), addresses="true")
    assert [line[-1] for line in lines] == ["rtsp://10.0.0.1/", "rtsp://10.0.0.2/"]
    assert last(home)[1] == "export.addresses"


def test_addresses_stay_with_who_may_see_them(home: Home, two: tuple[int, int], client_of: ClientOf) -> None:
    manager = client_of(home, Role.CONTRACT_MANAGER)  # may export, and sees no address
    assert len(told(manager)[1]) == 2
    refused = manager.get("/api/exports/cameras/csv", params={"addresses": "true"})
    assert (refused.status_code, "10.0.0" in refused.text) == (403, False)
    assert client_of(home, Role.VIEWER).get("/api/exports/cameras/csv").status_code == 403


def test_a_filter_narrows_the_file_and_a_workbook_is_one(
    home: Home, two: tuple[int, int], client_of: ClientOf
) -> None:
    client = client_of(home, Role.OPERATOR)
    assert len(told(client, q="camera 2")[1]) == 1
    assert last(home)[2]["filter"] == {"words": "camera 2"}
    answer = client.get("/api/exports/cameras/xlsx")
    assert answer.content[:2] == b"PK"
    assert "attachment" in answer.headers["content-disposition"]
    assert client.get("/api/exports/cameras/doc").status_code == 422
