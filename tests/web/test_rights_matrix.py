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
from sqlalchemy import Connection
from starlette.testclient import TestClient
from tests.register_kit import camera
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
from lenskeeper.tickets.rows import Asked, children, tickets
from lenskeeper.units import rows as units
from lenskeeper.web.app import make_app

NORTH, SOUTH = "Linjiang/North", "Linjiang/South"
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
                "kind": "frozen",
            }

    home.store.write(work)
    screens.refreshed(home)
    assert all(all(ids.values()) for ids in made.ids.values())
    return made


def every_route(home: Home) -> Iterator[Route]:
    yield from routes_of(make_app(home))


def test_every_route_names_one_verb_and_they_are_counted(home: Home) -> None:
    found = list(every_route(home))
    assert len(found) == COUNTED, (
        "a route came or went: is its verb right? Then count it, and write the page anew"
    )


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
            names = set(re.findall(r"{(\w+)", route.path)) & set(town.ids[SOUTH]) - {"kind"}
            if route.verb is None or route.verb not in ROLES[role] or not names:
                continue
            body = BODIES.get(route.path) or example(spec, route)
            assert (role, route, asked(client, route, town.ids[SOUTH], body)) == (role, route, 404)
            if route.method == "GET":
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
    path = re.sub(r"{(\w+)(:\w+)?}", lambda m: str(ids.get(m[1], 1)), route.path)
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
