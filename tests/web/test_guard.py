"""What every request passes before a route sees it."""

from collections.abc import Iterator

from fastapi import FastAPI, Request
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from lenskeeper.base.errors import Conflict, Invalid, NotAllowed, NotFound
from lenskeeper.web.errors import STATUS, NotSignedIn, TooMany, answers_errors
from lenskeeper.web.guard import BODY_BYTES_MAX, Guard

ERRORS = {
    "notfound": NotFound("there is no such camera"),
    "notallowed": NotAllowed("ask another"),
    "conflict": Conflict("somebody was quicker"),
    "invalid": Invalid("write a number", field="port"),
    "notsignedin": NotSignedIn("sign in"),
    "toomany": TooMany("wait", retry_s=30),
}


def app() -> FastAPI:
    made = FastAPI(middleware=[Middleware(Guard, names=["cameras.example"])])
    answers_errors(made)

    @made.get("/api/fails/{kind}")
    def fails(kind: str) -> None:
        raise ERRORS[kind]

    @made.get("/api/breaks")
    def breaks() -> None:
        raise RuntimeError("the password was abc")

    @made.get("/api/number")
    def number(at: int) -> int:
        return at

    @made.post("/api/takes")
    async def takes(request: Request) -> int:
        return len(await request.body())

    return made


def client(host: str = "localhost") -> TestClient:
    return TestClient(app(), base_url=f"http://{host}", raise_server_exceptions=False)


def test_every_kind_of_error_is_in_the_table_and_becomes_a_problem_with_its_code() -> None:
    assert {type(error) for error in ERRORS.values()} == set(STATUS)
    for name, error in ERRORS.items():
        answer = client().get(f"/api/fails/{name}")
        status, code = STATUS[type(error)]
        body = answer.json()
        assert answer.status_code == status == body["status"]
        assert answer.headers["content-type"] == "application/problem+json"
        assert body["code"] == code
        assert body["detail"] == str(error)
        assert body["request_id"] == answer.headers["x-request-id"] != ""
    assert client().get("/api/fails/invalid").json()["field"] == "port"
    late = client().get("/api/fails/toomany")
    assert late.headers["retry-after"] == "30"
    assert late.json()["retry_s"] == 30


def test_a_fault_of_ours_tells_a_number_and_nothing_of_what_it_was() -> None:
    answer = client().get("/api/breaks")
    assert answer.status_code == 500
    assert answer.json()["code"] == "our_fault"
    assert "abc" not in answer.text


def test_a_wrong_value_is_named_and_never_repeated() -> None:
    answer = client().get("/api/number", params={"at": "secret-word"})
    assert answer.status_code == 422
    assert answer.json()["wrong"][0]["field"] == "at"
    assert "secret-word" not in answer.text


def test_every_answer_forbids_foreign_origins_frames_and_guesses() -> None:
    headers = client().get("/api/number?at=1").headers
    assert headers["content-security-policy"].startswith("default-src 'self'")
    assert "unsafe-inline" not in headers["content-security-policy"].split("style-src-attr")[0]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert "strict-transport-security" not in headers
    secure = TestClient(app(), base_url="https://localhost").get("/api/number?at=1").headers
    assert secure["strict-transport-security"]


def test_a_name_that_is_not_ours_is_refused_and_addresses_and_given_names_are_not() -> None:
    for host in ("localhost", "127.0.0.1:9480", "[::1]:9480", "cameras.example", "10.1.2.3"):
        assert client(host).get("/api/number?at=1").status_code == 200, host
    for host in ("evil.example", "cameras.example.evil.example"):
        assert client(host).get("/api/number?at=1").status_code == 421, host


def test_another_page_can_change_nothing() -> None:
    def post(**headers: str) -> int:
        return client().post("/api/takes", content=b"x", headers=headers).status_code

    assert post() == 200  # a program
    assert post(**{"sec-fetch-site": "same-origin", "origin": "http://localhost"}) == 200
    assert post(**{"sec-fetch-site": "cross-site"}) == 403
    assert post(**{"sec-fetch-site": "same-site"}) == 403
    assert post(origin="http://evil.example") == 403
    assert post(origin="null") == 403


def test_a_body_without_end_is_cut() -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(BODY_BYTES_MAX // 2**20 + 2):
            yield bytes(2**20)

    answer = client().post("/api/takes", content=endless())
    assert answer.status_code == 413
    assert answer.json()["code"] == "too_large"
