"""The register on screen: a sheet with its faults, written and taken back; a unit taken over; declarations by batch."""

import io
import zipfile
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.register_kit import camera
from tests.repair_kit import RepairCity, always, silent
from tests.sheet_maker import city, csv_bytes, plant
from tests.web_kit import ClientOf

from lenskeeper.accounts.verbs import Role
from lenskeeper.audit import rows as audit
from lenskeeper.base.access import Scope
from lenskeeper.house.home import Home
from lenskeeper.units.rows import tree

ROWS, FAULTY = 1_200, 500
SHEET = {"name": "city.csv", "crs": "wgs84"}


def sent(client: TestClient, path: str, body: bytes, **query: str) -> Any:
    headers = {"content-type": "application/octet-stream"}
    answer = client.post(f"/api/register/{path}", params=SHEET | query, content=body, headers=headers)
    assert answer.status_code < 300, answer.text
    return answer.json()


def sheet(*, faulty: int = 0, rows: int = ROWS) -> bytes:
    table = city(rows)
    plant(table, faulty)
    return csv_bytes(table)


def cameras(client: TestClient) -> int:
    return int(client.get("/api/cameras").json()["total"] or 0)


@pytest.fixture
def keeper(home: Home, client_of: ClientOf) -> TestClient:
    return client_of(home, Role.REGISTRAR)


def test_500_faulty_rows_are_500_faults_with_place_reason_and_cure_and_a_dry_run_writes_nothing(
    keeper: TestClient,
) -> None:
    found = sent(keeper, "sheets/check", sheet(faulty=FAULTY))
    assert (found["rows"], found["parked"], found["good"]) == (ROWS, FAULTY, ROWS - FAULTY)
    assert len({(each["row"], each["column"]) for each in found["faults"]}) >= FAULTY
    assert {each["row"] for each in found["faults"]} == {
        each["row"] for each in found["faults"] if each["cure"]
    }
    assert sum(found["by_department"].values()) == found["faults_count"]
    assert cameras(keeper) == 0
    assert keeper.get("/api/register/imports").json() == []
    said = sent(keeper, "sheets/check", sheet(faulty=FAULTY), language="zh-CN")
    assert said["faults"][0]["reason"] != found["faults"][0]["reason"]


def test_good_rows_are_written_faulty_ones_kept_and_all_of_it_is_taken_back(
    home: Home, keeper: TestClient
) -> None:
    done = sent(keeper, "imports", sheet(faulty=10, rows=60))
    assert (done["created"], done["parked"]) == (50, 10)
    (line,) = keeper.get("/api/register/imports").json()
    assert (line["number"], line["source"], line["undone_s"]) == (done["number"], "city.csv", None)
    login = keeper.login  # type: ignore[attr-defined]
    assert login in line["actor"]
    packed = keeper.get(f"/api/register/imports/{done['number']}/faulty")
    assert packed.headers["content-type"] == "application/zip"
    names = zipfile.ZipFile(io.BytesIO(packed.content)).namelist()
    assert names
    assert all(name.endswith(".xlsx") for name in names)
    taken = keeper.post(f"/api/register/imports/{done['number']}/undo").json()
    assert (taken["withdrawn"], taken["left"]) == (50, [])
    assert keeper.get("/api/register/imports").json()[0]["undone_s"] is not None
    with home.store.read() as connection:
        acts = {entry.act: entry.actor for entry in audit.entries(connection, Scope.ALL)}
    assert all(login in acts[act] for act in ("import.commit", "import.undo"))


def test_faulty_rows_go_to_their_departments_before_anything_is_written(keeper: TestClient) -> None:
    headers = {"content-type": "application/octet-stream"}
    answer = keeper.post(
        "/api/register/sheets/faulty", params=SHEET, content=sheet(faulty=9, rows=40), headers=headers
    )
    assert zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert cameras(keeper) == 0


def test_a_later_sheet_is_laid_beside_the_register(keeper: TestClient) -> None:
    table = city(30)
    sent(keeper, "imports", csv_bytes(table))
    assert sent(keeper, "sheets/compare", csv_bytes(table))["same"] == 30
    found = sent(keeper, "sheets/compare", csv_bytes(table[:20]))
    assert (found["gone_count"], found["new_count"], found["same"]) == (10, 0, 20)


def test_what_is_no_sheet_of_ours_is_refused_with_its_cure_and_nothing_is_lost(keeper: TestClient) -> None:
    headers = {"content-type": "application/octet-stream"}
    for body, query in (
        (b"\x89PNG\r\n", SHEET),
        (sheet(rows=3), SHEET | {"crs": "mercator"}),
        (b"a,b\n1,2\n", SHEET),
        (sheet(rows=3), SHEET | {"name": "photo.png"}),
    ):
        answer = keeper.post("/api/register/imports", params=query, content=body, headers=headers)
        assert answer.status_code == 422, answer.text
        assert answer.json()["detail"]
    assert cameras(keeper) == 0


@pytest.fixture
def town(home: Home) -> dict[str, int]:
    """Six cameras in each of two units; those of the north that are even do not answer."""
    files = [camera(n, unit=("City/North", "City/South")[n % 2], purpose="") for n in range(12)]
    made = RepairCity(home.store, files)
    made.live(10, always(silent(*made.points[::4])))
    with home.store.read() as connection:
        return {unit.path: int(unit.unit_id) for unit in tree(connection, Scope.ALL)}


def test_who_keeps_a_part_reads_in_no_sheet_and_takes_over_that_part_only(
    home: Home, client_of: ClientOf, town: dict[str, int]
) -> None:
    north = client_of(home, Role.REGISTRAR, unit=town["City/North"])
    headers = {"content-type": "application/octet-stream"}
    for path in ("sheets/check", "sheets/compare", "sheets/faulty", "imports"):
        answer = north.post(f"/api/register/{path}", params=SHEET, content=sheet(rows=3), headers=headers)
        assert answer.status_code == 403
    assert [row["unit"] for row in north.get("/api/register/takeover").json()] == ["City/North"]
    wanted = {"unit_id": town["City/South"], "from_day": 20_000, "document": "12"}
    assert north.post("/api/register/takeover", json=wanted).status_code == 404
    declared = {"unit_id": town["City/South"], "document": "12", "purpose": "traffic"}
    assert north.post("/api/register/declarations", json=declared).status_code == 404
    by_codes = {"codes": ["1"], "document": "12", "purpose": "traffic"}
    assert north.post("/api/register/declarations", json=by_codes).status_code == 403


def test_a_unit_is_taken_over_with_what_it_owes(
    home: Home, client_of: ClientOf, town: dict[str, int]
) -> None:
    keeper = client_of(home, Role.REGISTRAR)
    before = {row["unit"]: row for row in keeper.get("/api/register/takeover").json()}
    assert {unit: row["cameras"] for unit, row in before.items()} == {"City/North": 6, "City/South": 6}
    assert all(sum(row["buckets"].values()) == row["cameras"] for row in before.values())
    wanted = {"unit_id": town["City/North"], "from_day": 20_000, "agreed_day": 30_000, "document": "No. 12"}
    done = keeper.post("/api/register/takeover", json=wanted).json()
    after = {row["unit"]: row for row in keeper.get("/api/register/takeover").json()}
    assert after["City/North"]["owed"] == sum(done["backlog"].values()) > 0
    assert (after["City/North"]["accepted_from_s"], after["City/North"]["document"]) == (
        done["from_s"],
        "No. 12",
    )
    assert after["City/South"]["accepted_from_s"] is None
    assert keeper.post("/api/register/takeover", json=wanted).status_code == 409


def test_many_are_declared_at_once_but_for_the_exceptions(
    home: Home, client_of: ClientOf, town: dict[str, int]
) -> None:
    keeper = client_of(home, Role.REGISTRAR)
    lacking = {"undeclared": "true"}
    assert keeper.get("/api/cameras", params=lacking).json()["total"] in {0, 12}  # screens are kept by serve
    one = keeper.get("/api/cameras/1").json()
    wanted = {
        "unit_id": town["City/North"],
        "document": "Notice 3",
        "purpose": "traffic",
        "exceptions": [one["code"]],
    }
    done = keeper.post("/api/register/declarations", json=wanted).json()
    assert done["cameras"] == 5
    assert keeper.get("/api/cameras/1").json()["purpose"] == ""
    assert keeper.get("/api/cameras/3").json()["purpose"] == "traffic"
    assert keeper.get("/api/cameras/2").json()["purpose"] == ""
    both = wanted | {"codes": [one["code"]]}
    assert keeper.post("/api/register/declarations", json=both).status_code == 422
