"""The description of the API."""

from fastapi.routing import APIRoute, iter_route_contexts
from tests.openapi_page import PAGE, page

from lenskeeper.house.home import Home
from lenskeeper.web.app import make_app
from lenskeeper.web.asking import verbs_of

# Reached by somebody who is not signed in: what signs in, and nothing else.
OPEN = {
    "/api/openapi.json",
}


def test_the_committed_description_is_that_of_the_application() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "write it anew: ./run docs --write"


def test_every_route_names_one_verb_a_tag_and_what_it_does(home: Home) -> None:
    app = make_app(home)
    for context in iter_route_contexts(app.routes):
        route, path = context.route, context.path
        if not isinstance(route, APIRoute) or path is None:
            continue
        assert route.tags, f"{path} has no tag"
        assert route.description, f"{path}: its function has no docstring"
        if path not in OPEN and not path.startswith(("/api/start", "/api/set-up", "/api/sign-")):
            assert len(list(verbs_of(route.dependant))) == 1, f"{path} names no verb, or several"


def test_it_is_openapi_3_1_and_every_problem_has_its_type(home: Home) -> None:
    said = make_app(home).openapi()
    assert said["openapi"].startswith("3.1")
    for path, methods in said["paths"].items():
        for method, operation in methods.items():
            assert "application/problem+json" in operation["responses"]["404"]["content"], (method, path)
            assert "HTTPValidationError" not in str(operation), (method, path)


def test_it_says_which_verb_each_operation_needs(home: Home) -> None:
    paths = make_app(home).openapi()["paths"]
    assert paths["/api/cameras"]["get"]["x-verb"] == "see"
    assert paths["/api/exports/cameras"]["post"]["x-verb"] == "export"
    assert paths["/api/cameras"]["get"]["x-token"]
    assert not paths["/api/audit/entries"]["get"]["x-token"]
    assert "x-verb" not in paths["/api/sign-in"]["post"]
    assert {method["x-verb"] for method in paths["/api/me"].values()} == {"be_oneself"}
