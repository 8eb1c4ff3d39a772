"""Issued reports over HTTP."""

import asyncio
from dataclasses import replace

from sqlalchemy import select
from tests.register_kit import camera
from tests.repair_kit import RepairCity
from tests.web_kit import ClientOf

from lenskeeper.accounts.verbs import Role
from lenskeeper.audit.schema import audit_entry
from lenskeeper.base.access import Scope
from lenskeeper.base.days import date_of, local_day
from lenskeeper.house.chores import add_up_days
from lenskeeper.house.clock import StandingClock
from lenskeeper.house.home import Home
from lenskeeper.house.report_schedule import GRACE_S, issue_due
from lenskeeper.reporting.periods import Period, period_of
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


def test_every_figure_opens_its_cameras_and_they_add_up_to_it_to_the_last_second(
    home: Home, client_of: ClientOf
) -> None:
    files = [
        camera(n, unit="Linjiang/North" if n < 4 else "Linjiang/South", klass=1 + n % 3) for n in range(1, 7)
    ]
    city = RepairCity(home.store, files)
    day = str(date_of(local_day(city.now_s, "Asia/Shanghai")))
    dead, lame = city.points[0], city.points[4]
    city.live(200, turn_every=60)
    city.live(61, lambda _: {dead: "timed_out", lame: "refused"}, turn_every=60)
    city.live(600, lambda at_s: {lame: "timed_out"} if at_s // 60 % 7 == 0 else {}, turn_every=60)
    then = replace(home, clock=StandingClock(city.now_s))
    asyncio.run(add_up_days(then))
    with home.store.read() as connection:
        top = next(int(each.unit_id) for each in tree(connection, Scope.ALL) if each.parent_id is None)
    ours = client_of(then, Role.OPERATOR)
    number = ours.post("/api/reports", json={"unit_id": top, "period": day}).json()["report_id"]
    issued = ours.get(f"/api/reports/{number}").json()
    of_now: dict[str, str | int] = {"unit_id": top, "period": day}
    assert ours.get("/api/reports/now", params=of_now).json()["tables"][0] == issued["tables"][0]
    opened = {}
    for table in issued["tables"]:
        for group, metrics, row in zip(table["groups"], table["metrics"], table["rows"], strict=True):
            for metric, cell in zip(metrics, row, strict=True):
                if not metric or group == "-":
                    continue
                asked = {"metric": metric, "group": group}
                found = ours.get(f"/api/reports/{number}/figure", params=asked).json()
                assert sum(each["numerator"] for each in found["cameras"]) == found["numerator"], asked
                assert sum(each["denominator"] for each in found["cameras"]) == found["denominator"], asked
                assert found["shown"].startswith(cell), asked
                opened[group, metric] = found
    assert len(opened) > 100
    online = opened["", "online_rate"]
    assert online == ours.get("/api/reports/now/figure", params=of_now | {"metric": "online_rate"}).json()
    assert 0 < online["numerator"] < online["denominator"]
    sums = online["sums"]
    assert sums["expected_s"] == sums["up_s"] + sums["down_s"] + sums["unknown_s"]
    assert sums["expected_s"] == sums["span_s"] - sums["excluded_s"]
    for each in online["cameras"]:
        counted = {True: 0, False: 0}
        for span in each["spans"]:
            books = ours.get(f"/api/reports/camera/{each['point_id']}", params=span).json()
            assert any(look["lane"] == "reachable" for look in books["looks"])
            for run in books["runs"]:
                if run["lane"] == "reachable":
                    counted[run["is_up"]] += run["counted_s"]
        assert counted[True] == each["numerator"]
        assert counted[True] + counted[False] == each["denominator"]


def test_the_rates_of_the_overview_are_those_of_the_report(home: Home, client_of: ClientOf) -> None:
    files = [camera(n, unit="Linjiang/North" if n < 4 else "Linjiang/South") for n in range(1, 7)]
    city = RepairCity(home.store, files)
    number = local_day(city.now_s, "Asia/Shanghai")
    city.live(100, turn_every=60)
    city.live(13 * 60, lambda at_s: {city.points[0]: "timed_out"} if at_s // 60 % 7 else {}, turn_every=60)
    then = replace(home, clock=StandingClock(city.now_s))
    asyncio.run(add_up_days(then))
    with home.store.read() as connection:
        north = next(
            int(unit.unit_id) for unit in tree(connection, Scope.ALL) if unit.path == "Linjiang/North"
        )
    ours = client_of(then, Role.OPERATOR, unit=north)
    of_now: dict[str, str | int] = {"unit_id": north, "period": str(date_of(number))}
    [day] = [each for each in ours.get("/api/overview").json()["days"] if each["day"] == number]
    for metric, above, below in (
        ("online_rate", day["up_s"], day["up_s"] + day["down_s"]),
        ("coverage", day["up_s"] + day["down_s"], day["expected_s"]),
        ("picture_integrity_rate", day["fit_s"], day["fit_s"] + day["fault_s"]),
    ):
        found = ours.get("/api/reports/now/figure", params=of_now | {"metric": metric}).json()
        assert (found["numerator"], found["denominator"]) == (above, below), metric
    assert 0 < day["down_s"] < day["up_s"]
    south = client_of(then, Role.OPERATOR, unit=north + 1)
    for path in ("now", "now/figure"):
        assert (
            south.get(
                f"/api/reports/{path}", params=of_now | ({"metric": "coverage"} if "/" in path else {})
            ).status_code
            == 404
        )
    stretch = {"a_s": 0, "b_s": 1}
    assert south.get(f"/api/reports/camera/{city.points[0]}", params=stretch).status_code == 404
    assert ours.get(f"/api/reports/camera/{city.points[0]}", params={"a_s": 2, "b_s": 1}).status_code == 422


def test_a_scheduled_report_issues_itself_once_for_each_period_that_ends(
    home: Home, client_of: ClientOf
) -> None:
    files = [camera(n, unit="Linjiang/North" if n < 4 else "Linjiang/South") for n in range(1, 7)]
    city = RepairCity(home.store, files)
    then = replace(home, clock=StandingClock(city.now_s))
    with home.store.read() as connection:
        units = {unit.path: int(unit.unit_id) for unit in tree(connection, Scope.ALL)}
    north, south = units["Linjiang/North"], units["Linjiang/South"]
    ours = client_of(then, Role.OPERATOR, unit=north)
    wanted = {"unit_id": north, "every": "week"}
    assert ours.post("/api/reports/schedule", json={"unit_id": south, "every": "week"}).status_code == 404
    assert client_of(then, Role.VIEWER).post("/api/reports/schedule", json=wanted).status_code == 403
    assert ours.post("/api/reports/schedule", json=wanted).status_code == 204
    assert ours.post("/api/reports/schedule", json=wanted).status_code == 409
    [line] = ours.get("/api/reports/schedule").json()
    assert (line["unit"], line["every"]) == ("Linjiang/North", "week")
    assert client_of(then, Role.OPERATOR, unit=south).get("/api/reports/schedule").json() == []
    week = period_of_week(city.now_s)
    for at_s, expected in ((city.now_s, 0), (week.b_s + GRACE_S - 1, 0), (week.b_s + GRACE_S, 1)):
        later = replace(home, clock=StandingClock(at_s))
        assert asyncio.run(issue_due(later)) == expected
    assert asyncio.run(issue_due(replace(home, clock=StandingClock(week.b_s + GRACE_S)))) == 0
    [report] = ours.get("/api/reports").json()
    assert (report["first"], report["kind"]) == (str(date_of(week.first_day)), "week")
    much_later = replace(home, clock=StandingClock(week.b_s + GRACE_S + 14 * 86_400))
    assert asyncio.run(issue_due(much_later)) == 2
    address = f"/api/reports/schedule/{north}/week"
    assert ours.delete(address).status_code == 204
    assert ours.delete(address).status_code == 404
    assert asyncio.run(issue_due(replace(home, clock=StandingClock(week.b_s + 90 * 86_400)))) == 0
    with home.store.read() as connection:
        acts = list(
            connection.execute(
                select(audit_entry.c.act).where(audit_entry.c.act.startswith("report."))
            ).scalars()
        )
    assert acts.count("report.schedule") == acts.count("report.unschedule") == 1
    assert acts.count("report.issue") == 3


def period_of_week(at_s: int) -> Period:
    """The week that an instant lies in."""
    year, week, _ = date_of(local_day(at_s, "Asia/Shanghai")).isocalendar()
    return period_of(f"{year}-W{week:02d}", "Asia/Shanghai")
