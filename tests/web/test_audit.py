"""The pages of the log: reading it is entered first, every proof holds elsewhere, and only who may see all may read it."""

import base64
import json
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import insert
from starlette.testclient import TestClient
from tests.web_kit import ClientOf

from lenskeeper.accounts.verbs import Role
from lenskeeper.audit import rows, verifier
from lenskeeper.base.access import LOCAL_OPERATOR, Scope
from lenskeeper.house import audit
from lenskeeper.house.home import Home
from lenskeeper.inventory.schema import membership, point
from lenskeeper.store.errors import StoreUnavailable


@pytest.fixture
def auditor(home: Home, client_of: ClientOf) -> TestClient:
    """Somebody who may read the log, of an installation with one camera of which three things were done."""
    values = {"id": 7, "name": "桥头", "klass": 1, "tz": "UTC", "in_service_from_s": 0, "revision": 1}

    def work(connection: object) -> None:
        connection.execute(insert(point), [values])  # type: ignore[attr-defined]
        connection.execute(insert(membership), [{"point_id": 7, "from_s": 0, "unit_id": 1}])  # type: ignore[attr-defined]
        for number, act in enumerate(("point.add", "point.change", "picture.view")):
            rows.append(
                connection, actor=LOCAL_OPERATOR, at_s=1_000 + number * 86_400, act=act, subject="point:7",  # type: ignore[arg-type]
                detail={"because": f"because {number}"},
            )  # fmt: skip

    home.store.write(work)
    return client_of(home, Role.AUDITOR)


def last_acts(home: Home, count: int) -> list[tuple[str, str]]:
    with home.store.read() as connection:
        return [(e.actor, e.act) for e in rows.entries(connection, Scope.ALL, latest=True, limit=count)]


def test_reading_is_entered_before_it_is_answered_and_a_log_that_cannot_be_written_answers_nothing(
    home: Home, auditor: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = auditor.get("/api/audit/entries", params={"subject": "point:7"}).json()
    assert [row["act"] for row in said["rows"]] == ["picture.view", "point.change", "point.add"]
    assert said["rows"][0]["detail"] == {"because": "because 2"}
    days = auditor.get("/api/audit/entries", params={"from_day": 1, "to_day": 1}).json()
    assert [row["act"] for row in days["rows"]] == ["point.change"]
    login = auditor.login  # type: ignore[attr-defined]
    [(actor, act)] = last_acts(home, 1)
    assert login in actor
    assert act == "audit.read"

    def fails(*_: object, **__: object) -> None:
        raise StoreUnavailable("no room")

    monkeypatch.setattr(type(home.store), "write", fails)
    quiet = TestClient(
        auditor.app, base_url=str(auditor.base_url), cookies=auditor.cookies, raise_server_exceptions=False
    )
    for path in ("/api/audit/entries", "/api/audit/entries/3", "/api/audit/export"):
        answer = quiet.get(path)
        assert answer.status_code >= 500
        assert "because" not in answer.text


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.AUDITOR, Role.SECURITY)])
def test_who_may_not_read_the_log_reads_nothing_of_it(home: Home, client_of: ClientOf, role: Role) -> None:
    client = client_of(home, role)
    for path in ("entries", "entries/1", "acts", "checkpoints", "cases", "export"):
        assert client.get(f"/api/audit/{path}").status_code == 403
    assert client.get("/api/audit/keys").status_code == 200  # everybody may note the public key
    assert client.get("/api/audit/verifier").status_code == 200


def test_who_may_see_a_part_only_is_refused_the_log_as_a_whole(home: Home, client_of: ClientOf) -> None:
    client = client_of(home, Role.AUDITOR, unit=1)
    for path in ("entries", "entries/1", "acts", "checkpoints", "cases", "export"):
        answer = client.get(f"/api/audit/{path}")
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    assert client.post("/api/audit/verify").status_code == 403
    whom = {"point_id": 1, "from_day": 0, "to_day": 9, "because": "x"}
    assert client.post("/api/audit/cases", json=whom).status_code == 403


def test_pages_of_the_log_go_on_where_they_ended_though_each_reading_is_an_entry(auditor: TestClient) -> None:
    seen: list[int] = []
    cursor = None
    for _ in range(10):
        params = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = auditor.get("/api/audit/entries", params=params).json()
        seen += [row["number"] for row in page["rows"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == list(range(seen[0], 0, -1))


def test_an_entry_comes_with_a_proof_that_holds_elsewhere(
    home: Home, auditor: TestClient, tmp_path: Path
) -> None:
    shown = auditor.get("/api/audit/entries/3").json()
    assert shown["holds"]
    note = verifier.Checkpoint.read(shown["checkpoint"]["note"])
    path = [base64.b64decode(step) for step in shown["path"]]
    leaf = verifier.leaf_hash(shown["text"].encode())
    assert base64.b64encode(leaf).decode() == shown["leaf"]
    assert verifier.includes(note.root, note.size, 2, leaf, path)
    keys = auditor.get("/api/audit/keys").json()
    assert keys["keys"] == [shown["public"]]

    program, file = tmp_path / "v.py", tmp_path / "proof.json"
    program.write_bytes(auditor.get("/api/audit/verifier").content)
    file.write_bytes(auditor.get("/api/audit/entries/3/proof").content)
    assert _verified(program, file, "--key", keys["keys"][0])
    assert auditor.get("/api/audit/entries/99999").status_code == 404


def test_a_log_that_was_changed_behind_our_back_says_so(home: Home, auditor: TestClient) -> None:
    assert auditor.post("/api/audit/verify").json()["holds"]
    home.store.write(lambda c: c.exec_driver_sql("UPDATE audit_entry SET actor = 'nobody' WHERE number = 2"))
    said = auditor.post("/api/audit/verify").json()
    assert (said["holds"], said["broken_at"]) == (False, 2)
    assert not auditor.get("/api/audit/entries/2").json()["holds"]


def test_checkpoints_prove_that_the_log_only_grew(auditor: TestClient, home: Home, tmp_path: Path) -> None:
    old = audit.checkpoint(home).size
    auditor.get("/api/audit/entries")
    new = audit.checkpoint(home).size
    assert new == old + 1
    listed = auditor.get("/api/audit/checkpoints").json()["rows"]
    assert [row["size"] for row in listed][:2] == [new, old]
    said = auditor.get("/api/audit/consistency", params={"old": old, "new": new}).json()
    assert said["holds"]
    file, program = tmp_path / "goes-on.json", tmp_path / "v.py"
    file.write_bytes(auditor.get("/api/audit/consistency/proof", params={"old": old, "new": new}).content)
    program.write_bytes(audit.verifier_text())
    assert _verified(program, file)
    assert auditor.get("/api/audit/consistency", params={"old": new, "new": old}).status_code == 422
    assert auditor.get("/api/audit/consistency", params={"old": old, "new": new + 7}).status_code == 404
    note = auditor.get(f"/api/audit/checkpoints/{old}/note")
    assert verifier.Checkpoint.read(note.text).size == old


def test_a_case_holds_every_act_upon_a_camera_with_its_proof_as_a_file_and_a_document(
    auditor: TestClient, home: Home, tmp_path: Path
) -> None:
    whom = {"point_id": 7, "from_day": 0, "to_day": 1, "because": "complaint 12"}
    number = auditor.post("/api/audit/cases", json=whom).json()["number"]
    assert last_acts(home, 1)[0][1] == "audit.case"
    [line] = auditor.get("/api/audit/cases").json()["rows"]
    assert (line["number"], line["camera"], line["acts"], line["because"]) == (
        number,
        "桥头",
        2,
        "complaint 12",
    )

    held = auditor.get(f"/api/audit/cases/{number}/json")
    assert last_acts(home, 1)[0][1] == "audit.case_read"
    said = json.loads(held.content)
    acts = [json.loads(each["entry"])["act"] for each in said["entries"]]
    assert acts == ["point.add", "point.change", "audit.case"]
    assert held.content == auditor.get(f"/api/audit/cases/{number}/json").content
    program, file = tmp_path / "v.py", tmp_path / "case.json"
    program.write_bytes(audit.verifier_text())
    file.write_bytes(held.content)
    assert _verified(program, file)
    for language in ("zh-CN", "en"):
        paper = auditor.get(f"/api/audit/cases/{number}/pdf", params={"language": language})
        assert paper.content.startswith(b"%PDF")

    assert auditor.get("/api/audit/cases/1/json").status_code == 404
    for wrong in ({"from_day": 2}, {"because": " "}, {"point_id": 8}):
        assert auditor.post("/api/audit/cases", json=whom | wrong).status_code in (404, 422)


def test_the_whole_log_leaves_as_lines_that_hold_elsewhere(
    auditor: TestClient, home: Home, tmp_path: Path
) -> None:
    kept = tmp_path / "kept.txt"
    kept.write_text(audit.checkpoint(home).text)
    file, program = tmp_path / "log.jsonl", tmp_path / "v.py"
    file.write_bytes(auditor.get("/api/audit/export").content)
    assert last_acts(home, 1)[0][1] == "audit.export"
    program.write_bytes(audit.verifier_text())
    key = auditor.get("/api/audit/keys").json()["keys"][0]
    assert _verified(program, file, "--key", key, "--kept", str(kept))
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines[:2] + lines[3:]))
    assert not _verified(program, file, "--key", key)


def test_everybody_signed_in_sees_what_this_installation_is(home: Home, client_of: ClientOf) -> None:
    said = client_of(home, None).get("/api/about").json()
    assert (said["organisation"], said["exercise"], said["database"]) == ("Linjiang", False, "sqlite")
    licences = {each["name"].lower(): each["licence"] for each in said["parts"]}
    assert "MIT" in licences["fastapi"]
    assert all(licences.values()), [name for name, licence in licences.items() if not licence]


def _verified(program: Path, file: Path, *more: str) -> bool:
    run = subprocess.run(  # noqa: S603  ourselves
        [sys.executable, "-I", str(program), str(file), *more], capture_output=True, check=False
    )
    assert run.returncode in (0, 1), run.stderr
    return run.returncode == 0
