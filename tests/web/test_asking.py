"""Who asks, and what that person may see."""

from typing import Annotated

from fastapi import APIRouter, FastAPI
from starlette.testclient import TestClient
from tests.web_kit import ClientOf

from lenskeeper.accounts.verbs import Role, Verb
from lenskeeper.house.home import Home
from lenskeeper.web.asking import Asking, may
from lenskeeper.web.errors import answers_errors

router = APIRouter()


@router.get("/api/seen")
def seen(asking: Annotated[Asking, may(Verb.SEE)]) -> list[int] | None:
    return None if asking.scope.units is None else sorted(asking.scope.units)


@router.get("/api/log")
def log(asking: Annotated[Asking, may(Verb.READ_AUDIT)]) -> str:
    return asking.actor


def with_routes(client: TestClient) -> TestClient:
    app = client.app
    assert isinstance(app, FastAPI)
    app.router.routes.insert(0, router.routes[0])
    app.router.routes.insert(0, router.routes[1])
    answers_errors(app)
    return client


def test_nobody_is_told_to_sign_in(home: Home, client_of: ClientOf) -> None:
    client = with_routes(client_of(home))
    assert client.get("/api/seen").status_code == 200
    client.cookies.clear()
    answer = client.get("/api/seen")
    assert answer.status_code == 401
    assert answer.json()["code"] == "not_signed_in"


def test_a_grant_over_a_unit_shows_that_unit_and_one_over_everything_shows_all(
    home: Home, client_of: ClientOf
) -> None:
    assert with_routes(client_of(home, Role.VIEWER, unit=1)).get("/api/seen").json() == [1]
    assert with_routes(client_of(home, Role.VIEWER)).get("/api/seen").json() is None


def test_a_verb_that_no_grant_gives_is_refused_and_so_is_a_role_without_its_second_factor(
    home: Home, client_of: ClientOf
) -> None:
    assert with_routes(client_of(home, Role.VIEWER)).get("/api/log").status_code == 403
    assert with_routes(client_of(home, None)).get("/api/seen").status_code == 403
    assert with_routes(client_of(home, Role.AUDITOR)).get("/api/log").status_code == 200
    assert with_routes(client_of(home, Role.AUDITOR, has_factor=False)).get("/api/log").status_code == 403
