"""The description of the API."""

from collections.abc import Iterator
from typing import Any

from fastapi.routing import APIRoute, iter_route_contexts
from tests.openapi_page import PAGE, page

from lenskeeper.accounts.verbs import Verb
from lenskeeper.house.home import Home
from lenskeeper.web.app import make_app
from lenskeeper.web.asking import verb_of

# Reached by somebody who is not signed in: what signs in, and nothing else.
OPEN = {
    "/api/openapi.json",
}


def test_the_committed_description_is_that_of_the_application() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "write it anew: ./run docs --write"


def _verbs(dependant: Any) -> Iterator[Verb]:
    if dependant.call is not None and (verb := verb_of(dependant.call)) is not None:
        yield verb
    for each in dependant.dependencies:
        yield from _verbs(each)


def test_every_route_names_one_verb_a_tag_and_what_it_does(home: Home) -> None:
    app = make_app(home)
    for context in iter_route_contexts(app.routes):
        route, path = context.route, context.path
        if not isinstance(route, APIRoute) or path is None:
            continue
        assert route.tags, f"{path} has no tag"
        assert route.description, f"{path}: its function has no docstring"
        if path not in OPEN and not path.startswith(("/api/start", "/api/set-up", "/api/sign-")):
            assert len(list(_verbs(route.dependant))) == 1, f"{path} names no verb, or several"


def test_it_is_openapi_3_1_and_every_problem_has_its_type(home: Home) -> None:
    said = make_app(home).openapi()
    assert said["openapi"].startswith("3.1")
    for path, methods in said["paths"].items():
        for method, operation in methods.items():
            assert "application/problem+json" in operation["responses"]["404"]["content"], (method, path)
            assert "HTTPValidationError" not in str(operation), (method, path)
