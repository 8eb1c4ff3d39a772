"""Issued reports over HTTP."""

import asyncio
from dataclasses import replace

from tests.register_kit import camera
from tests.repair_kit import RepairCity
from tests.web_kit import ClientOf

from lenskeeper.accounts.verbs import Role
from lenskeeper.base.access import Scope
from lenskeeper.base.days import date_of, local_day
from lenskeeper.house.chores import add_up_days
from lenskeeper.house.clock import StandingClock
from lenskeeper.house.home import Home
from lenskeeper.units.rows import tree


def test_a_report_is_issued_read_and_carried_away_by_who_sees_its_unit(
    home: Home, client_of: ClientOf
) -> None:
    files = [camera(n, unit="Linjiang/North" if n < 4 else "Linjiang/South") for n in range(1, 7)]
    city = RepairCity(home.store, files)
    day = str(date_of(local_day(city.now_s, "Asia/Shanghai")))
    city.live(60 * 14, turn_every=60)
    then = replace(home, clock=StandingClock(city.now_s))
    asyncio.run(add_up_days(then))
    with home.store.read() as connection:
        units = {unit.path: int(unit.unit_id) for unit in tree(connection, Scope.ALL)}
    north, south = units["Linjiang/North"], units["Linjiang/South"]
    ours = client_of(then, Role.OPERATOR, unit=north)
    assert ours.post("/api/reports", json={"unit_id": south, "period": day}).status_code == 404
    assert ours.post("/api/reports", json={"unit_id": north, "period": "soon"}).status_code == 422
    made = ours.post("/api/reports", json={"unit_id": north, "period": day})
    assert made.status_code == 201, made.text
    number = made.json()["report_id"]
    [line] = ours.get("/api/reports").json()
    assert (line["unit"], line["first"]) == ("Linjiang/North", day)
    assert line["issued_by"].startswith("account:operator")
    page = ours.get(f"/api/reports/{number}?language=zh-CN").json()
    assert page["tables"][0]["rows"]
    for form, begins in (("xlsx", b"PK"), ("json", b"{"), ("csv", "\ufeff".encode())):
        file = ours.get(f"/api/reports/{number}/file?form={form}")
        assert file.content.startswith(begins)
        assert "attachment" in file.headers["content-disposition"]
    theirs = client_of(then, Role.OPERATOR, unit=south)
    assert theirs.get("/api/reports").json() == []
    assert theirs.get(f"/api/reports/{number}").status_code == 404
    assert theirs.get(f"/api/reports/{number}/file").status_code == 404
    assert (
        client_of(then, Role.VIEWER).post("/api/reports", json={"unit_id": north, "period": day}).status_code
        == 403
    )
