"""A crew's day and a shift on screen."""

from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import Connection
from tests.probing.rounds_kit import VirtualClock
from tests.register_kit import DAY, NOON
from tests.tickets.test_day_plan_rows import _lot, dirty, fleet, opened
from tests.web_kit import ClientOf

from lenskeeper.accounts import passwords, rows_accounts
from lenskeeper.accounts.ids import AccountId
from lenskeeper.accounts.schema import account
from lenskeeper.accounts.verbs import Role
from lenskeeper.base.access import LOCAL_OPERATOR
from lenskeeper.base.secret import Secret
from lenskeeper.house.home import Home
from lenskeeper.house.settings import Settings
from lenskeeper.reporting.work_sheet import TEXT
from lenskeeper.store.database import Store

BYTES = {"content-type": "application/octet-stream"}
PASSWORD = "a horse, a lamp and 7 rivers"


@pytest.fixture
def home(store: Store, tmp_path: Path) -> Home:
    """Four tickets and a cleaning of one lot along a street, and a ticket of another lot."""

    def work(c: Connection) -> None:
        points = fleet(c, 5)
        lot, other = _lot(c, "Lot 1", points[:4]), _lot(c, "Lot 2", points[4:])
        for point_id in points[:4]:
            opened(c, point_id, contract_id=lot)
        opened(c, points[4], contract_id=other)
        dirty(c, points[0])

    store.write(work)
    return Home(tmp_path, Settings(), store, VirtualClock(NOON), "")


ORDER = {"day": DAY, "contract": "Lot 1", "permit": "lane"}


def test_a_day_is_planned_walked_and_finished_by_its_codes(home: Home, client_of: ClientOf) -> None:
    operator, crew = client_of(home), client_of(home, Role.CREW, lot=1)
    made = operator.post("/api/plans", json=ORDER)
    assert made.status_code == 200, made.text
    plan = made.json()["plan"]
    assert len(plan["stops"]) == 4
    (mine,) = crew.get("/api/plans/today").json()
    assert mine["plan_id"] == plan["plan_id"]
    stop = mine["stops"][0]
    assert len(stop["square"]) >= 21
    tasks = [task["ticket_id"] for task in stop["tasks"] if task["ticket_id"]]
    done = crew.post("/api/stops/done", json={"code": stop["code"], "parts_used": ["camera"]})
    assert done.json()["tickets"] == tasks
    assert crew.get(f"/api/tickets/{tasks[0]}").json()["ticket"]["stage"] == "done"
    assert crew.post("/api/stops/done", json={"code": stop["code"]}).status_code == 409
    again = crew.get(f"/api/plans/{plan['plan_id']}").json()["stops"][0]
    assert again["done_s"] == NOON
    assert (again["code"], again["square"]) == ("", [])
    assert crew.get("/api/plans").json()[0]["done"] == 1


def test_the_crew_of_another_lot_sees_neither_plan_nor_code_nor_sheet(
    home: Home, client_of: ClientOf
) -> None:
    plan = client_of(home).post("/api/plans", json=ORDER).json()["plan"]
    other = client_of(home, Role.CREW, lot=2)
    assert other.get("/api/plans").json() == other.get("/api/plans/today").json() == []
    number = plan["plan_id"]
    assert other.get(f"/api/plans/{number}").status_code == 404
    assert other.get(f"/api/plans/{number}/sheet.pdf").status_code == 404
    assert other.post("/api/stops/done", json={"code": plan["stops"][0]["code"]}).status_code == 404
    assert client_of(home, Role.OPERATOR, lot=2).delete(f"/api/plans/{number}").status_code == 404
    assert client_of(home, Role.CREW, lot=1).post("/api/plans", json=ORDER).status_code == 403


def test_the_sheet_is_printed_and_comes_back(home: Home, client_of: ClientOf) -> None:
    operator = client_of(home)
    number = operator.post("/api/plans", json=ORDER).json()["plan"]["plan_id"]
    pdf = operator.get(f"/api/plans/{number}/sheet.pdf?language=en")
    assert pdf.content.startswith(b"%PDF")
    assert "attachment" in pdf.headers["content-disposition"]
    book = openpyxl.load_workbook(
        BytesIO(operator.get(f"/api/plans/{number}/sheet.xlsx?language=en").content)
    )
    sheet = book.worksheets[0]
    head = next(row for row in sheet.iter_rows() if TEXT["code"].en in [cell.value for cell in row])
    done = next(cell for cell in head if cell.value == TEXT["done"].en)
    sheet.cell((head[0].row or 0) + 1, done.column).value = "yes"
    filled = BytesIO()
    book.save(filled)
    back = operator.post("/api/plans/results", content=filled.getvalue(), headers=BYTES)
    assert back.status_code == 200, back.text
    assert back.json() == {"finished": 1, "before": 0, "undone": 0}
    empty = operator.post("/api/plans/results", content=b"", headers=BYTES)
    assert empty.status_code == 422
    wrong = operator.post("/api/plans/results", content=b"no book", headers=BYTES)
    assert wrong.status_code == 422
    assert operator.delete(f"/api/plans/{number}").status_code == 204
    assert operator.get(f"/api/plans/{number}/sheet.pdf").status_code == 409


def test_words_that_seem_to_hold_a_telephone_number_are_asked_about(home: Home, client_of: ClientOf) -> None:
    client = client_of(home)
    code = client.post("/api/plans", json=ORDER).json()["plan"]["stops"][0]["code"]
    body = {"code": code, "words": "call 13812345678"}
    assert client.post("/api/stops/done", json=body).json()["field"] == "words"
    assert client.post("/api/stops/done", json={**body, "is_sure": True}).status_code == 200


def give_password(home: Home, login: str) -> None:
    def work(c: Connection) -> None:
        number = AccountId(c.execute(account.select().where(account.c.name == login)).one().id)
        hashed = passwords.hash_of(Secret(PASSWORD))
        rows_accounts.set_password(
            c, number, hashed, is_rehash=False, actor=LOCAL_OPERATOR, now_s=home.now_s()
        )

    home.store.write(work)


def test_a_shift_is_handed_over_by_two_persons_who_both_prove_it(home: Home, client_of: ClientOf) -> None:
    giver, taker = client_of(home), client_of(home)
    viewer = client_of(home, Role.VIEWER)
    for one in (giver, taker, viewer):
        give_password(home, one.login)  # type: ignore[attr-defined]
    now = giver.post("/api/handovers/now", json={}).json()
    assert now["shift"]["still_open"] == 5

    def sign(login: str, password: str = PASSWORD) -> tuple[int, dict[str, object]]:
        body = {"notes": ["gate 4 is locked"], "taker": {"login": login, "password": password}}
        answer = giver.post("/api/handovers", json=body)
        return answer.status_code, answer.json()

    assert sign(taker.login, "something else entirely")[0] == 403  # type: ignore[attr-defined]
    assert sign(giver.login)[0] == 403  # type: ignore[attr-defined]
    assert sign(viewer.login)[0] == 403  # type: ignore[attr-defined]
    assert giver.get("/api/handovers").json() == []
    code, done = sign(taker.login)  # type: ignore[attr-defined]
    assert code == 200, done
    assert str(done["taker"]).endswith(taker.login)  # type: ignore[attr-defined]
    assert [line["number"] for line in taker.get("/api/handovers").json()] == [done["number"]]
    pdf = taker.get(f"/api/handovers/{done['number']}/sheet.pdf")
    assert pdf.content.startswith(b"%PDF")
    lot = client_of(home, Role.OPERATOR, lot=1)
    assert lot.get("/api/handovers").json() == []
    assert lot.get(f"/api/handovers/{done['number']}").status_code == 404
    assert lot.post("/api/handovers/now", json={}).status_code == 403
