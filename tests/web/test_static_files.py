"""The built front end."""

import gzip
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from lenskeeper.web.static_files import FOR_EVER, FrontEnd


@pytest.fixture
def built(tmp_path: Path) -> Path:
    folder = tmp_path / "static"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<title>page</title>")
    (folder / "assets" / "app-1a2b.js").write_text("1")
    (folder / "assets" / "app-1a2b.js.gz").write_bytes(gzip.compress(b"1"))
    (tmp_path / "secret.txt").write_text("not ours")
    return folder


def client(folder: Path) -> TestClient:
    return TestClient(FrontEnd(folder), base_url="http://localhost", headers={"accept-encoding": "identity"})


def test_every_address_of_a_page_is_the_one_page_and_is_asked_for_again(built: Path) -> None:
    for path in ("/", "/cameras", "/cameras/17", "/reports/2026-11"):
        answer = client(built).get(path)
        assert answer.text == "<title>page</title>"
        assert answer.headers["cache-control"] == "no-cache"


def test_hashed_files_stay_for_ever_and_come_packed_where_the_browser_takes_it(built: Path) -> None:
    answer = client(built).get("/assets/app-1a2b.js", headers={"accept-encoding": "gzip, deflate"})
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.text == "1"
    assert answer.headers["cache-control"] == FOR_EVER
    assert answer.headers["content-type"].startswith(("text/javascript", "application/javascript"))
    assert "content-encoding" not in client(built).get("/assets/app-1a2b.js").headers


def test_nothing_outside_the_folder_is_given(built: Path) -> None:
    for path in ("/../secret.txt", "/%2e%2e/secret.txt", "/assets/../../secret.txt", "//etc/passwd.txt"):
        assert "not ours" not in client(built).get(path).text
    assert client(built).get("/missing.js").status_code == 404
    assert client(built).get("/api/nothing").json()["code"] == "not_found"


def test_without_a_build_it_says_what_to_type(tmp_path: Path) -> None:
    answer = client(tmp_path).get("/")
    assert answer.status_code == 503
    assert "./run web build" in answer.text
