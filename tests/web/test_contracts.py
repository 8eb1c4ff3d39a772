"""Contracts, acceptance and assessments on screen: who objects does not rule, and untested never reads as passed."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Connection
from starlette.testclient import TestClient
from tests.probing.rounds_kit import VirtualClock
from tests.register_kit import NOON, camera, city, commit
from tests.reporting.month_kit import ALONE, DRAFTED_S, MONTH, SCHEME, Lot, lot
from tests.web.test_plans import PASSWORD, give_password
from tests.web_kit import ClientOf

from lenskeeper.accounts.verbs import Role
from lenskeeper.availability.rows_exclusions import refresh
from lenskeeper.base.access import Scope
from lenskeeper.house.home import Home
from lenskeeper.house.settings import Settings
from lenskeeper.store.database import Store
from lenskeeper.tickets.rows_contracts import contract
from lenskeeper.units.rows import by_path

MANAGER = Role.CONTRACT_MANAGER


@dataclass
class Month:
    home: Home
    made: Lot
    name: str
    month: str

    def draft(self) -> dict[str, object]:
        return {"month": self.month, "scheme_text": SCHEME, "scheme": "bridge", "contract": self.name}


@pytest.fixture
def month(store: Store, tmp_path: Path) -> Month:
    """A month of a lot that is over, with its runs in the books."""
    made = lot(store)
    with store.read() as c:
        name = contract(c, Scope.ALL, made.contract).name
    home = Home(tmp_path, Settings(), store, VirtualClock(DRAFTED_S), "")
    return Month(home, made, name, MONTH.name)


def objected(client: TestClient, of: Month, number: int = 1) -> int:
    body = {"point_id": of.made.points[1], "a": ALONE[0], "b": ALONE[1], "reason": "no power"}
    return client.post(f"/api/assessments/{number}/objections", json=body).status_code


def test_a_contract_and_its_month_are_shown_to_whoever_sees_the_whole_lot(
    month: Month, client_of: ClientOf
) -> None:
    owner, contractor = (
        client_of(month.home, MANAGER),
        client_of(month.home, MANAGER, lot=month.made.contract),
    )
    for client in (owner, contractor):
        assert [row["name"] for row in client.get("/api/contracts").json()] == [month.name]
        found = client.get(f"/api/contracts/{month.name}/months/{month.month}")
        assert found.status_code == 200, found.text
        assert sum(line["amount_cents"] for line in found.json()["lines"]) == found.json()["sum_cents"]
        pdf = client.get(f"/api/contracts/{month.name}/months/{month.month}/sheet.pdf?language=en")
        assert pdf.content.startswith(b"%PDF")
    other = client_of(month.home, MANAGER, lot=month.made.contract + 7)
    assert other.get("/api/contracts").json() == []
    assert other.get(f"/api/contracts/{month.name}").status_code == 404
    assert other.get(f"/api/contracts/{month.name}/months/{month.month}").status_code == 404
    assert (
        client_of(month.home, Role.CREW, lot=month.made.contract).get("/api/assessments").status_code == 403
    )


def test_the_contractor_objects_and_the_owner_rules_and_issues(month: Month, client_of: ClientOf) -> None:
    owner, contractor = (
        client_of(month.home, MANAGER),
        client_of(month.home, MANAGER, lot=month.made.contract),
    )
    assert contractor.post("/api/assessments", json=month.draft()).status_code == 403
    made = owner.post("/api/assessments", json=month.draft())
    assert made.status_code == 201, made.text
    assert made.json()["may_rule"]
    seen = contractor.get("/api/assessments/1").json()
    assert seen["may_rule"] is False
    assert objected(contractor, month) == 201
    ruling = {"upheld": True, "words": "the power company says so"}
    path = "/api/assessments/1/objections/1"
    assert contractor.post(f"{path}/ruling", json=ruling).status_code == 403
    page = owner.get(path).json()
    assert page["would"]["point_after"][1] < page["would"]["point_before"][1]
    tried = owner.post(f"{path}/ruling", json={**ruling, "is_trial": True}).json()
    assert tried["objection"]["upheld"] is None
    assert tried["effect"] == page["would"]
    assert owner.post("/api/assessments/1/issue", json={}).status_code == 409
    assert owner.post(f"{path}/ruling", json=ruling).json()["objection"]["upheld"] is True
    assert contractor.post("/api/assessments/1/issue", json={}).status_code == 403
    month.home.clock.wall_s = DRAFTED_S + 40 * 86_400  # type: ignore[attr-defined]
    owner, contractor = (
        client_of(month.home, MANAGER),
        client_of(month.home, MANAGER, lot=month.made.contract),
    )
    issued = owner.post("/api/assessments/1/issue", json={})
    assert issued.status_code == 200, issued.text
    body = issued.json()
    assert body["issued"]["denominator"] < body["draft"]["denominator"]
    changed = owner.get("/api/assessments/1/changes").json()
    assert all(row["causes"] for row in changed)
    assert ["ruling", 1] in changed[0]["causes"]
    assert contractor.get("/api/assessments/1/sheet.pdf?language=en").content.startswith(b"%PDF")
    assert objected(contractor, month) == 409


def test_an_issue_before_the_time_needs_the_proof_of_the_other_side(
    month: Month, client_of: ClientOf
) -> None:
    owner, contractor = (
        client_of(month.home, MANAGER),
        client_of(month.home, MANAGER, lot=month.made.contract),
    )
    give_password(month.home, contractor.login)  # type: ignore[attr-defined]
    owner.post("/api/assessments", json=month.draft())
    wrong = {"agreed": {"login": contractor.login, "password": "not this one at all"}}  # type: ignore[attr-defined]
    assert owner.post("/api/assessments/1/issue", json=wrong).status_code == 403
    right = {"agreed": {"login": contractor.login, "password": PASSWORD}}  # type: ignore[attr-defined]
    assert owner.post("/api/assessments/1/issue", json=right).json()["issued"]["revision"] >= 1


def test_an_assessment_of_another_lot_is_not_found(month: Month, client_of: ClientOf) -> None:
    client_of(month.home, MANAGER).post("/api/assessments", json=month.draft())
    other = client_of(month.home, MANAGER, lot=month.made.contract + 7)
    assert other.get("/api/assessments").json() == []
    for path in ("", "/changes", "/sheet.pdf", "/objections/1"):
        assert other.get(f"/api/assessments/1{path}").status_code == 404
    assert objected(other, month) == 404


@pytest.fixture
def new(store: Store, tmp_path: Path) -> Home:
    """Five cameras that have just come, of two units."""

    def register(c: Connection) -> None:
        city(c, "City/North", "City/South")
        files = [camera(n, "City/North" if n < 5 else "City/South") for n in range(1, 6)]
        commit(c, *files, now_s=NOON - 60)
        refresh(c)

    store.write(register)
    return Home(tmp_path, Settings(), store, VirtualClock(NOON), "")


def test_a_batch_is_begun_answered_and_not_signed_while_anything_is_untested(
    new: Home, client_of: ClientOf
) -> None:
    owner, beside = client_of(new, MANAGER), client_of(new, MANAGER)
    give_password(new, beside.login)  # type: ignore[attr-defined]
    order = {
        "name": "lot 3",
        "document": "HT-12",
        "tender": 'hours = 1\nwithout = ["legal_basis", "code"]\n',
        "codes": [f"{n:020d}" for n in (1, 2)],
    }
    assert owner.post("/api/acceptance", json={**order, "tender": "ours = 1"}).status_code == 422
    made = owner.post("/api/acceptance", json=order)
    assert made.status_code == 201, made.text
    body = made.json()
    assert body["word"] == "untested"
    assert body["counts"] == {"passed": 0, "failed": 0, "untested": 2}
    said = {
        "point_id": body["points"][0]["point_id"],
        "check": "sign",
        "is_passed": True,
        "words": "sign hangs",
    }
    answered = owner.post("/api/acceptance/lot 3/answers", json=said).json()
    sign = next(one for one in answered["points"][0]["answers"] if one["check"] == "sign")
    assert (sign["word"], sign["words"]) == ("passed", "sign hangs")
    assert answered["points"][0]["word"] == "untested", "one check is not all of them"
    new.clock.wall_s = NOON + 3_700  # type: ignore[attr-defined]
    proof = {"beside": {"login": beside.login, "password": PASSWORD}}  # type: ignore[attr-defined]
    assert owner.post("/api/acceptance/lot 3/signature", json=proof).status_code == 409
    assert owner.get("/api/acceptance/lot 3/sheet.pdf?language=en").content.startswith(b"%PDF")
    assert owner.get("/api/acceptance/lot 3/sheet.json").status_code == 409
    assert owner.post("/api/acceptance/lot 3/drop", json={"because": "delivered anew"}).status_code == 204
    assert owner.get("/api/acceptance").json()[0]["end"] == "dropped"


def test_a_batch_is_for_whoever_sees_all_of_its_cameras(new: Home, client_of: ClientOf) -> None:
    with new.store.read() as c:
        places = by_path(c, Scope.ALL)
    north = client_of(new, MANAGER, unit=places["City/North"])
    order = {"name": "north", "document": "HT-1", "tender": "", "codes": [f"{1:020d}"]}
    assert north.post("/api/acceptance", json={**order, "codes": [f"{5:020d}"]}).status_code == 404
    assert north.post("/api/acceptance", json=order).status_code == 201
    assert [row["name"] for row in north.get("/api/acceptance").json()] == ["north"]
    south = client_of(new, MANAGER, unit=places["City/South"])
    assert south.get("/api/acceptance").json() == []
    assert south.get("/api/acceptance/north").status_code == 404
    assert south.post("/api/acceptance/north/drop", json={"because": "x"}).status_code == 404
