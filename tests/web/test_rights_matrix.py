"""Every route, counted, of every role, upon what is one's own and what is not. Worth more than any scanner.

No session: 401. A verb that the role lacks: 403, whatever is asked. An object of a foreign unit: 404, as if there were
none. One's own: not 404. A new route names its verb and, where its path holds an id, an object of each unit in `Town`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import Connection, LargeBinary, Text, insert
from starlette.testclient import TestClient
from tests.register_kit import TZ, camera
from tests.repair_kit import BEGIN, RepairCity, always, silent
from tests.rights_page import COUNTED, Route, page, routes_of
from tests.web_kit import ClientOf

from lenskeeper.accounts import rows_accounts, rows_grants
from lenskeeper.accounts.grants import Wanted
from lenskeeper.accounts.rows_accounts import NewPerson
from lenskeeper.accounts.verbs import ROLES, SECOND_FACTOR, Role, Verb
from lenskeeper.base.access import LOCAL_OPERATOR, Scope
from lenskeeper.house import screens
from lenskeeper.house.home import Home
from lenskeeper.inventory import rows_points
from lenskeeper.inventory.ids import PointId
from lenskeeper.reporting.schema import report
from lenskeeper.tickets import rows_acceptance, rows_calendars, rows_contracts
from lenskeeper.tickets.acceptance import Tender
from lenskeeper.tickets.contracts import Terms
from lenskeeper.tickets.rows import Asked, children, tickets
from lenskeeper.tickets.rows_calendars import NewGuarantee
from lenskeeper.units import rows as units
from lenskeeper.web.app import make_app

NORTH, SOUTH = "Linjiang/North", "Linjiang/South"
NAMED = ("/api/contracts/", "/api/acceptance/")  # {name} of other routes belongs to no unit
NOT_PLANTED = frozenset(
    {
        "assessment_id",
        "plan_id",
        "overlay_id",
        "number",
        "view_id",
        "size",
        "session_id",
        "token_id",
        "export_id",
    }
)
"""Names of paths whose objects this town has none of: their own tests ask for foreign ones."""
FOR_THE_WHOLE = frozenset({"/api/settings/guarantees/{guarantee_id}/end"})
WITHOUT_END = frozenset({"/api/live"})  # events go on for as long as somebody listens
BODIES = {
    "/api/tickets/{ticket_id}/steps": {"step": "accept"}
}  # where the plainest body asks for what nobody may


@dataclass
class Town:
    """Two units with the same in both. ids: what stands for each name of a path, by unit."""

    home: Home
    unit: dict[str, int] = field(default_factory=dict)
    ids: dict[str, dict[str, Any]] = field(default_factory=dict)


@pytest.fixture
def town(home: Home) -> Town:
    """A camera in each unit that does not answer, its ticket, somebody with a grant."""
    of = (NORTH, SOUTH)
    files = [camera(n, of[n % 2], name=f"{of[n % 2]} {n}", pole=f"pole {n}") for n in range(12)]
    city = RepairCity(home.store, files)
    city.live(30, always(silent(*city.points[:2])))
    made = Town(home)

    def work(connection: Connection) -> None:
        paths = units.by_path(connection, Scope.ALL)
        every = tickets(connection, Scope.ALL, Asked(), now_s=city.now_s)
        for path in (NORTH, SOUTH):
            scope = Scope(frozenset({paths[path]}))
            mine = [
                (t.ticket_id, rows[0].point_id)
                for t in every
                if (rows := children(connection, scope, t.ticket_id, now_s=city.now_s))
            ]
            number = rows_accounts.add(
                connection,
                NewPerson(f"of.{path[-5:].lower()}", "X", unit_id=paths[path]),
                actor=LOCAL_OPERATOR,
                now_s=BEGIN,
            )
            given = rows_grants.give(
                connection,
                number,
                Wanted(Role.VIEWER, paths[path], because="test"),
                actor=LOCAL_OPERATOR,
                now_s=BEGIN,
            )
            made.unit[path] = paths[path]
            made.ids[path] = {
                "unit_id": paths[path],
                "account_id": number,
                "grant_id": given.grant_id,
                "point_id": mine[0][1] if mine else 0,
                "ticket_id": mine[0][0] if mine else 0,
                **_planted(connection, path, PointId(mine[0][1] if mine else 0)),
                "kind": "frozen",
                "month": "2024-10",
                "every": "week",
            }

    home.store.write(work)
    screens.refreshed(home)
    assert all(all(ids.values()) for ids in made.ids.values())
    return made


def _planted(connection: Connection, path: str, point_id: PointId) -> dict[str, Any]:
    """A contract of one camera, a guarantee period and a batch to be accepted, named after the unit."""
    name = f"{path[9:]} {point_id}"
    day, terms = BEGIN // 86_400, Terms()
    by: dict[str, Any] = {"actor": LOCAL_OPERATOR, "now_s": BEGIN}
    one = rows_contracts.set_up(
        connection, name=name, contractor="Bright Eyes", document="7", from_day=day, to_day=day + 999, tz=TZ, terms=terms, **by
    )  # fmt: skip
    rows_contracts.take_in(connection, one.contract_id, [point_id], BEGIN, **by)
    new = NewGuarantee(name, BEGIN, BEGIN + 9_999, 60, 600, "no. 8", (point_id,))
    guarantee = rows_calendars.add_guarantee(connection, new, **by)
    fresh = rows_points.add(connection, camera(90 + point_id, path, name=f"{path} new"), **by)
    rows_acceptance.begin(connection, name, [fresh], tender=Tender(), document="9", districts="", tz=TZ, **by)
    return {"name": name, "guarantee_id": guarantee.guarantee_id, "report_id": _report(connection, path)}


def _report(connection: Connection, path: str) -> int:
    """A row of an issued report; its bytes are none, so that it is only asked whether it is there."""
    unit_id = units.find(connection, Scope.ALL, path)
    values: dict[str, Any] = {}
    for column in report.c:
        if column.primary_key or column.nullable or column.server_default is not None:
            continue
        values[column.name] = b"x" if isinstance(column.type, LargeBinary) else 1
        if isinstance(column.type, Text):
            values[column.name] = path
    made = insert(report).values(values | {"unit_id": unit_id, "kind": "day"}).returning(report.c.id)
    return int(connection.execute(made).scalar_one())


def every_route(home: Home) -> Iterator[Route]:
    yield from routes_of(make_app(home))


def test_every_route_names_one_verb_and_they_are_counted(home: Home) -> None:
    found = list(every_route(home))
    assert len(found) == COUNTED, (
        "a route came or went: is its verb right? Then count it, and write the page anew"
    )


def test_every_name_of_a_path_is_known_here(town: Town) -> None:
    said = {name for route in every_route(town.home) for name in re.findall(r"{(\w+)", route.path)}
    assert said <= {*town.ids[NORTH], *NOT_PLANTED, "year", "x", "y", "z"}, "plant one in each unit"


def test_nobody_comes_further_than_the_door(town: Town, client_of: ClientOf) -> None:
    client = client_of(town.home)
    client.cookies.clear()
    for route in every_route(town.home):
        if route.verb is not None:
            answer = asked(client, route, town.ids[NORTH])
            assert (route, answer) == (route, 401)


def test_a_role_does_what_its_verbs_say_and_nothing_else(town: Town, client_of: ClientOf) -> None:
    for role in Role:
        client = client_of(town.home, role, unit=town.unit[NORTH])
        for route in every_route(town.home):
            if route.verb not in {None, Verb.BE_ONESELF, *ROLES[role]}:
                assert (role, route, asked(client, route, town.ids[NORTH])) == (role, route, 403)


def test_what_is_of_a_foreign_unit_is_not_there(town: Town, client_of: ClientOf) -> None:
    for role in Role:
        client = client_of(town.home, role, unit=town.unit[NORTH])
        spec = _app(client).openapi()
        for route in every_route(town.home):
            names = set(re.findall(r"{(\w+)", route.path)) & set(town.ids[SOUTH]) - {"kind", "month", "every"}
            names -= set() if route.path.startswith(NAMED) else {"name"}
            if route.verb is None or route.verb not in ROLES[role] or not names:
                continue
            body = BODIES.get(route.path) or example(spec, route)
            answer = asked(client, route, town.ids[SOUTH], body)
            if route.path in FOR_THE_WHOLE:  # refused alike, be it there or not
                assert answer == asked(client, route, town.ids[NORTH], body) == 403
                continue
            assert answer == 404, f"{role} {route.method} {route.path}: {answer}"
            if route.method == "GET" and not names & {
                "name",
                "report_id",
            }:  # of these some ask for more than a name
                assert (role, route, asked(client, route, town.ids[NORTH])) == (role, route, 200)


def test_without_a_grant_or_without_its_second_factor_nothing_opens(town: Town, client_of: ClientOf) -> None:
    for role in (None, *sorted(SECOND_FACTOR)):
        client = client_of(town.home, role, has_factor=False)
        for route in every_route(town.home):
            if route.verb not in {None, Verb.BE_ONESELF}:
                assert (role, route, asked(client, route, town.ids[NORTH])) == (role, route, 403)


def test_the_lists_of_a_unit_name_nothing_of_another(town: Town, client_of: ClientOf) -> None:
    """Whatever a list or a count says to somebody of the north, nothing of the south stands in it."""
    for role in Role:
        client = client_of(town.home, role, unit=town.unit[NORTH])
        for route in every_route(town.home):
            if route.method != "GET" or "{" in route.path or route.path in WITHOUT_END or route.verb is None:
                continue
            if route.verb in ROLES[role] and route.path.startswith("/api/"):
                answer = client.get(route.path)
                assert "South" not in answer.text, (role, route)


def test_the_page_of_rights_is_as_the_code_says(home: Home) -> None:
    written, drawn = page(make_app(home))
    assert written == drawn, "write it anew: python -m tests.rights_page"


def asked(client: TestClient, route: Route, ids: dict[str, Any], body: Any = None) -> int:
    path = re.sub(
        r"{(\w+)(:\w+)?}", lambda m: str(ids.get(m[1], 1)), route.path.replace("sheet.{kind}", "sheet.pdf")
    )
    if route.path in WITHOUT_END:
        with client.stream("GET", path) as answer:
            return answer.status_code
    return client.request(route.method, path, json=body).status_code


def _app(client: TestClient) -> FastAPI:
    assert isinstance(client.app, FastAPI)
    return client.app


def example(spec: dict[str, Any], route: Route) -> Any:
    """The plainest body that the description of the API admits; None where none is asked."""
    said = spec["paths"][route.path][route.method.lower()].get("requestBody")
    if said is None or "application/json" not in said["content"]:
        return None
    return _value(spec, said["content"]["application/json"]["schema"])


def _value(spec: dict[str, Any], schema: dict[str, Any]) -> Any:
    if "$ref" in schema:
        return _value(spec, spec["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return _value(spec, schema[key][0])
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    match schema.get("type"):
        case "object":
            wanted = schema.get("required", [])
            return {n: _value(spec, s) for n, s in schema.get("properties", {}).items() if n in wanted}
        case "array":
            return [_value(spec, schema["items"])] * max(1, schema.get("minItems", 0))
        case "string":
            return "x" * max(3, schema.get("minLength", 0))
        case "integer" | "number":
            return max(1, schema.get("minimum", 1))
        case "boolean":
            return True
        case _:
            return None
