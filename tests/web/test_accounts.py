"""Through the door and out of it: set-up, two proofs, sessions, tokens, and the accounts of others."""

from collections.abc import Callable

import pyotp
import pytest
from sqlalchemy import Connection, update
from starlette.testclient import TestClient
from tests.register_kit import camera, commit
from tests.web_kit import ClientOf

from lenskeeper.accounts import rows_sessions
from lenskeeper.accounts.ids import AccountId
from lenskeeper.accounts.rows_sessions import signed
from lenskeeper.accounts.rows_tokens import borne
from lenskeeper.accounts.schema import account_session, account_token, sign_in_failure
from lenskeeper.accounts.verbs import IDLE_S, Role, Verb
from lenskeeper.audit.rows import entries
from lenskeeper.base.access import LOCAL_OPERATOR, Scope
from lenskeeper.base.errors import Conflict
from lenskeeper.house import accounts
from lenskeeper.house.home import Home
from lenskeeper.house.keys import rotate_key
from lenskeeper.units.rows import by_path
from lenskeeper.web.app import make_app
from lenskeeper.web.asking import COOKIE

ORIGIN = "https://localhost"
WORDS = "four blue herons by the weir"
OTHER = "seven swifts over the tannery"


@pytest.fixture
def browser(home: Home) -> Callable[..., TestClient]:
    def fresh(**headers: str) -> TestClient:
        return TestClient(make_app(home), base_url=ORIGIN, headers={"origin": ORIGIN, **headers})

    return fresh


Browser = Callable[..., TestClient]


def founded(home: Home, client: TestClient) -> tuple[pyotp.TOTP, int]:
    """The first administrator, with both proofs; gives the factor and the time step that was spent."""
    code = accounts.setup_code(home)
    said = {"code": code, "login": "anna", "name": "Anna Li", "password": WORDS, "language": "en"}
    assert client.post("/api/set-up", json=said).json() == {"stage": "enrol"}
    offered = client.post("/api/me/factor", json={"password": WORDS}).json()
    factor = pyotp.TOTP(offered["secret"])
    spent = step(home)
    proved = client.post("/api/me/factor/confirm", json={"code": factor.generate_otp(spent)})
    assert proved.status_code == 200
    return factor, spent


def step(home: Home, on: int = 0) -> int:
    return home.now_s() // 30 + on


def invited(client: TestClient, browser: Browser, login: str, **more: object) -> tuple[int, TestClient]:
    """Somebody who was added and has set a password."""
    added = client.post("/api/staff", json={"login": login, "name": login.title(), **more}).json()
    theirs = browser()
    answer = theirs.post("/api/set-up", json={"code": added["code"], "password": OTHER, "language": "en"})
    assert answer.json() == {"stage": "ready"}
    return added["account_id"], theirs


def acts(home: Home) -> list[str]:
    with home.store.read() as connection:
        return [entry.act for entry in entries(connection, Scope.ALL)]


# ---- set-up


def test_the_first_administrator_comes_by_the_code_of_the_console_and_there_is_no_second_first(
    home: Home, browser: Browser
) -> None:
    client = browser()
    assert client.get("/api/start").json()["stage"] == "set_up"
    assert client.get("/api/me").status_code == 401
    void, code = accounts.setup_code(home), accounts.setup_code(home)
    said = {"login": "anna", "name": "Anna Li", "password": WORDS}
    for wrong in (void, "AAAAA-AAAAA-AAAAA-AAAAA"):
        assert client.post("/api/set-up", json={**said, "code": wrong}).status_code == 403
    assert client.post("/api/set-up", json={**said, "code": code, "password": "password1234"}).json()["field"]
    assert client.post("/api/set-up", json={**said, "code": code, "login": "A B"}).status_code == 422
    answer = client.post("/api/set-up", json={**said, "code": code})
    assert answer.json() == {"stage": "enrol"}
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    me = client.get("/api/me").json()
    assert (me["verbs"], me["waiting"], me["units"]) == (["be_oneself"], ["administrator"], [])
    assert client.get("/api/staff").status_code == 403  # not before the second factor
    assert accounts.setup_code(home) is None
    assert client.post("/api/set-up", json={**said, "code": code, "login": "bo"}).status_code == 403


def test_a_second_factor_opens_the_role_that_waited_for_it(home: Home, browser: Browser) -> None:
    client = browser()
    before = client.cookies.get(COOKIE)
    founded(home, client)
    assert client.cookies.get(COOKIE) != before
    me = client.get("/api/me").json()
    assert (me["has_factor"], me["waiting"], me["recovery_codes_left"]) == (True, [], 10)
    assert "grant" in me["verbs"]
    assert client.get("/api/start").json()["stage"] == "ready"
    assert [row["login"] for row in client.get("/api/staff").json()["rows"]] == ["anna"]


# ---- signing in


def test_signing_in_asks_for_both_proofs_and_each_changes_the_cookie(home: Home, browser: Browser) -> None:
    factor, spent = founded(home, browser())
    client = browser()
    assert client.post("/api/sign-in", json={"login": " Anna", "password": WORDS}).json() == {
        "stage": "factor"
    }
    half = client.cookies.get(COOKIE)
    assert client.get("/api/me").status_code == 401  # half a proof opens nothing
    assert client.get("/api/start").json()["stage"] == "factor"
    used = factor.generate_otp(spent)
    assert client.post("/api/sign-in/factor", json={"code": used}).status_code == 403  # spent at the set-up
    answer = client.post("/api/sign-in/factor", json={"code": factor.generate_otp(step(home, 1))})
    assert answer.json() == {"stage": "ready"}
    assert client.cookies.get(COOKIE) != half
    assert client.get("/api/me").json()["login"] == "anna"
    stale = browser()
    stale.cookies.set(COOKIE, half or "", domain="localhost.local")
    assert stale.get("/api/me").status_code == 401


def test_a_recovery_code_stands_in_for_a_lost_telephone_once(home: Home, browser: Browser) -> None:
    client = browser()
    founded(home, client)
    codes = client.post("/api/me/recovery-codes").json()["recovery_codes"]
    for expected in (200, 403):
        other = browser()
        other.post("/api/sign-in", json={"login": "anna", "password": WORDS})
        typed = codes[0].lower().replace("-", " ")
        assert other.post("/api/sign-in/factor", json={"code": typed}).status_code == expected
    assert client.get("/api/me").json()["recovery_codes_left"] == 9
    assert "session.recovery_code" in acts(home)


def test_a_wrong_password_and_nobody_sound_alike_and_soon_have_to_wait(home: Home, browser: Browser) -> None:
    founded(home, browser())
    client = browser()
    answers = [
        client.post("/api/sign-in", json={"login": login, "password": "x"}) for login in ("anna", "nobody")
    ]
    assert answers[0].status_code == 403
    assert answers[0].json()["detail"] == answers[1].json()["detail"]
    tries = [client.post("/api/sign-in", json={"login": "anna", "password": "x"}) for _ in range(8)]
    assert [each.status_code for each in tries[:4]] == [403] * 4
    assert tries[-1].status_code == 429
    soon_s = home.now_s() + 60
    home.store.write(lambda c: c.execute(update(sign_in_failure).values(until_s=soon_s)))
    late = client.post("/api/sign-in", json={"login": "anna", "password": WORDS})
    assert (late.status_code, late.json()["code"]) == (429, "too_many")
    assert 0 < late.json()["retry_s"] == int(late.headers["retry-after"]) <= 300


def test_a_code_of_the_app_cannot_be_tried_for_long_either(home: Home, browser: Browser) -> None:
    founded(home, browser())
    client = browser()
    client.post("/api/sign-in", json={"login": "anna", "password": WORDS})
    answers = [client.post("/api/sign-in/factor", json={"code": f"{n:06}"}).status_code for n in range(9)]
    assert (answers[:5], answers[-1]) == ([403] * 5, 429)


def test_a_session_ends_unused_at_its_age_and_when_one_signs_out(
    home: Home, browser: Browser, client_of: ClientOf
) -> None:
    client = client_of(home, Role.VIEWER)
    assert client.get("/api/me").json()["idle_s"] == IDLE_S[Role.VIEWER]

    def set_back(**values: int) -> None:
        home.store.write(lambda c: c.execute(update(account_session).values(**values)))

    now_s = home.now_s()
    set_back(used_s=now_s - IDLE_S[Role.VIEWER] - 5)
    assert client.get("/api/me").status_code == 401
    set_back(used_s=now_s - 100)
    assert client.get("/api/me").status_code == 200  # and the use was noted
    rows = client.get("/api/me/sessions").json()["rows"]
    assert rows[0]["last_s"] >= now_s
    set_back(began_s=now_s - 17 * 3600)
    assert client.get("/api/me").status_code == 401
    set_back(began_s=now_s)
    gone = client.post("/api/sign-out")
    assert (gone.status_code, gone.headers["clear-site-data"]) == (204, '"cache", "cookies", "storage"')
    assert client.get("/api/me").status_code == 401


def test_ones_own_sessions_are_listed_and_ended_at_once_and_nobody_elses(
    home: Home, client_of: ClientOf
) -> None:
    mine, other = client_of(home, Role.VIEWER), client_of(home, Role.VIEWER)
    second = TestClient(make_app(home), base_url=ORIGIN, headers={"origin": ORIGIN})
    number = mine.get("/api/me").json()["account_id"]
    theirs = other.get("/api/me/sessions").json()["rows"][0]["session_id"]

    def begin(connection: Connection) -> str:
        return rows_sessions.begin(
            connection,
            AccountId(number),
            is_half=False,
            address="10.0.0.9",
            client="phone",
            now_s=home.now_s(),
        )

    second.cookies.set(COOKIE, home.store.write(begin), domain="localhost.local")
    rows = mine.get("/api/me/sessions").json()["rows"]
    assert [(row["address"], row["is_this"]) for row in rows] == [("10.0.0.9", False), ("testclient", True)]
    assert mine.delete(f"/api/me/sessions/{theirs}").status_code == 404
    assert second.get("/api/me").status_code == 200
    assert mine.delete(f"/api/me/sessions/{rows[0]['session_id']}").status_code == 204
    assert second.get("/api/me").status_code == 401
    assert other.get("/api/me").status_code == 200


def test_another_password_ends_the_other_sessions_and_every_token(home: Home, browser: Browser) -> None:
    admin = browser()
    founded(home, admin)
    number, client = invited(admin, browser, "bo")
    admin.post("/api/grants", json={"account_id": number, "role": "viewer", "because": "letter 1"})
    token = client.post("/api/me/tokens", json={"name": "wall", "verbs": ["see"], "days": 9}).json()["token"]
    elsewhere = browser()
    elsewhere.post("/api/sign-in", json={"login": "bo", "password": OTHER})
    assert elsewhere.get("/api/me").status_code == 200
    wrong = client.post("/api/me/password", json={"old": "x", "new": WORDS})
    assert wrong.status_code == 403
    before = client.cookies.get(COOKIE)
    assert client.post("/api/me/password", json={"old": OTHER, "new": "bo bo bo bo bo"}).status_code == 422
    assert client.post("/api/me/password", json={"old": OTHER, "new": WORDS}).status_code == 200
    assert client.cookies.get(COOKIE) != before
    assert client.get("/api/me").status_code == 200
    assert elsewhere.get("/api/me").status_code == 401
    assert browser(authorization=f"Bearer {token}").get("/api/me").status_code == 401


# ---- tokens


def test_a_token_is_its_owner_less_its_limits_and_ends_with_the_owner(home: Home, browser: Browser) -> None:
    home.store.write(lambda c: commit(c, camera(1, "Linjiang/North"), camera(2, "Linjiang/South")))
    with home.store.read() as connection:
        paths = by_path(connection, Scope.ALL)
    admin = browser()
    founded(home, admin)
    number, client = invited(admin, browser, "bo")
    north, south = paths["Linjiang/North"], paths["Linjiang/South"]
    grant = {"account_id": number, "role": "operator", "unit_id": north, "because": "letter 1"}
    admin.post("/api/grants", json=grant)

    def made(**more: object) -> tuple[int, str]:
        answer = client.post("/api/me/tokens", json={"name": "x", "verbs": ["see"], "days": 9, **more})
        return answer.status_code, answer.json().get("token", "")

    assert made(verbs=["set"])[0] == 403  # never more than its owner
    assert made(verbs=["grant"])[0] == 403
    assert made(verbs=["read_audit"])[0] == 403
    assert made(unit_id=south)[0] == 404
    assert made(days=367)[0] == 422
    assert made(networks=["10.0.0.300"])[0] == 422
    assert made(networks=["10.0.0.0/8"])[0] == 201
    status, text = made(unit_id=north)
    assert (status, text[:7]) == (201, "lk_pat_")
    program = browser(authorization=f"Bearer {text}")
    me = program.get("/api/me").json()
    assert (me["login"], me["verbs"]) == ("bo", ["be_oneself", "see"])
    assert [unit["path"] for unit in me["units"]] == ["Linjiang/North"]
    for method, path, body in (
        ("POST", "/api/me/tokens", {"name": "y", "verbs": ["see"], "days": 3}),
        ("POST", "/api/me/password", {"old": OTHER, "new": WORDS}),
        ("POST", "/api/me/factor", {"password": OTHER}),
        ("POST", "/api/sign-out", None),
        ("DELETE", "/api/me/tokens/1", None),
    ):
        assert program.request(method, path, json=body).status_code == 403  # a program is no person
    for wrong in (text[:-1], text.replace("lk_pat_2", "lk_pat_1"), "lk_pat_", "lk_pat_9999999999999_x", "x"):
        assert browser(authorization=f"Bearer {wrong}").get("/api/me").status_code == 401
    assert [row["last_s"] is not None for row in client.get("/api/me/tokens").json()["rows"]] == [True, False]
    admin.post("/api/grants/2/end", json={"because": "another post"})
    assert program.get("/api/me").json()["verbs"] == ["be_oneself"]
    admin.post(f"/api/staff/{number}/lock", json={"because": "lost laptop"})
    assert program.get("/api/me").status_code == 401
    admin.post(f"/api/staff/{number}/unlock", json={"because": "found"})
    assert program.get("/api/me").status_code == 401  # a token does not come back


def test_a_token_from_elsewhere_or_past_its_end_is_nobody(home: Home, client_of: ClientOf) -> None:
    client = client_of(home, Role.VIEWER)
    wanted = {"name": "x", "verbs": ["see"], "days": 1, "networks": ["10.1.0.0/16", "2001:db8::/32"]}
    text = client.post("/api/me/tokens", json=wanted).json()["token"]

    def is_borne(address: str, later_s: int = 0) -> bool:
        with home.store.read() as connection:
            return borne(connection, text, home.now_s() + later_s, address) is not None

    assert [is_borne(a) for a in ("10.1.2.3", "::ffff:10.1.2.3", "2001:db8::7")] == [True] * 3
    assert [is_borne(a) for a in ("10.2.0.1", "testclient", "")] == [False] * 3
    assert not is_borne("10.1.2.3", 86_401)
    home.store.write(lambda c: c.execute(update(account_token).values(ended_s=1)))
    assert not is_borne("10.1.2.3")


# ---- others


def test_somebody_is_added_granted_a_role_and_leaves(home: Home, browser: Browser) -> None:
    admin = browser()
    founded(home, admin)
    number, client = invited(admin, browser, "bo")
    assert client.get("/api/me").json()["verbs"] == ["be_oneself"]
    given = {"account_id": number, "role": "operator", "because": "letter 12"}
    made = admin.post("/api/grants", json=given).json()
    assert (made["approver"], made["state"], made["login"]) == ("account:anna", "in_force", "bo")
    assert "dispatch" in client.get("/api/me").json()["verbs"]
    assert admin.post("/api/staff", json={"login": "BO", "name": "B"}).status_code == 409
    assert admin.post(f"/api/staff/{number}/leave", json={"because": "moved"}).status_code == 204
    assert client.get("/api/me").status_code == 401
    assert client.post("/api/sign-in", json={"login": "bo", "password": OTHER}).status_code == 403
    file = admin.get(f"/api/staff/{number}").json()
    assert (file["person"]["state"], file["grants"][0]["state"]) == ("left", "over")
    assert admin.post(f"/api/staff/{number}/unlock", json={"because": "back"}).status_code == 409
    assert admin.post(f"/api/staff/{number}/code").status_code == 409
    expected = {
        "account.add",
        "account.password",
        "grant.give",
        "account.leave",
        "session.begin",
        "account.factor",
    }
    assert expected <= set(acts(home))


def test_nobody_grants_to_himself_nor_takes_the_last_keeper_away(home: Home, browser: Browser) -> None:
    admin = browser()
    founded(home, admin)
    mine = admin.get("/api/me").json()["account_id"]
    own = {"account_id": mine, "role": "auditor", "because": "me"}
    assert admin.post("/api/grants", json=own).status_code == 403
    assert admin.post("/api/grants/1/end", json={"because": "me"}).status_code == 403
    for act in ("lock", "leave", "reset-factor"):
        assert admin.post(f"/api/staff/{mine}/{act}", json={"because": "me"}).status_code == 403
    number, _ = invited(admin, browser, "bo")
    with pytest.raises(Conflict, match="nobody would keep the accounts"):
        accounts.leave(home, Scope.ALL, AccountId(mine), "test", LOCAL_OPERATOR)
    admin.post("/api/grants", json={"account_id": number, "role": "administrator", "because": "deputy"})
    accounts.leave(home, Scope.ALL, AccountId(mine), "test", LOCAL_OPERATOR)


def test_a_contractor_needs_an_end_and_is_gone_at_it(home: Home, browser: Browser) -> None:
    admin = browser()
    founded(home, admin)
    wanted = {"login": "li", "name": "Li", "kind": "contractor"}
    assert admin.post("/api/staff", json=wanted).json()["field"] == "ends_s"
    end_s = home.now_s() + 1_000
    number, client = invited(admin, browser, "li", kind="contractor", ends_s=end_s)
    given = {"account_id": number, "role": "crew", "because": "contract 4"}
    assert admin.post("/api/grants", json=given).json()["field"] == "to_s"
    assert admin.post("/api/grants", json={**given, "to_s": end_s}).status_code == 201

    secret = client.cookies.get(COOKIE) or ""
    with home.store.read() as connection:
        assert signed(connection, secret, end_s - 1, "") is not None
        assert signed(connection, secret, end_s, "") is None


def test_whoever_keeps_a_part_keeps_nothing_beyond_it(
    home: Home, browser: Browser, client_of: ClientOf
) -> None:
    home.store.write(lambda c: commit(c, camera(1, "Linjiang/North"), camera(2, "Linjiang/South")))
    with home.store.read() as connection:
        paths = by_path(connection, Scope.ALL)
    north, south = paths["Linjiang/North"], paths["Linjiang/South"]
    city, keeper = client_of(home, Role.ADMINISTRATOR), client_of(home, Role.ADMINISTRATOR, unit=north)
    assert keeper.get("/api/staff").json()["rows"] == []
    assert keeper.post("/api/staff", json={"login": "x1", "name": "X"}).json()["field"] == "unit_id"
    assert keeper.post("/api/staff", json={"login": "x1", "name": "X", "unit_id": south}).status_code == 404
    mine = keeper.post("/api/staff", json={"login": "x1", "name": "X", "unit_id": north}).json()["account_id"]
    given = {"account_id": mine, "role": "viewer", "because": "letter"}
    assert keeper.post("/api/grants", json=given).status_code == 403  # over everything
    assert keeper.post("/api/grants", json={**given, "unit_id": south}).status_code == 404
    assert keeper.post("/api/grants", json={**given, "unit_id": north}).status_code == 201
    # whose rights go beyond is not his to open: a new password would be a way up
    assert city.post("/api/grants", json={**given, "role": "security"}).status_code == 201
    for act in ("lock", "leave", "reset-factor"):
        assert keeper.post(f"/api/staff/{mine}/{act}", json={"because": "x"}).status_code == 403
    assert keeper.post(f"/api/staff/{mine}/code").status_code == 403
    shown = keeper.get("/api/grants").json()["rows"]
    assert {row["unit_id"] for row in shown} == {north}


def test_a_reset_by_code_still_asks_for_the_second_factor(
    home: Home, browser: Browser, client_of: ClientOf
) -> None:
    first = browser()
    founded(home, first)
    other = client_of(home, Role.ADMINISTRATOR)
    number = first.get("/api/me").json()["account_id"]
    code = other.post(f"/api/staff/{number}/code").json()["code"]
    client = browser()
    answer = client.post("/api/set-up", json={"code": code, "password": OTHER})
    assert answer.json() == {"stage": "factor"}
    assert client.get("/api/me").status_code == 401
    assert first.get("/api/me").status_code == 401  # whoever had the old password is out


def test_the_second_factor_lives_through_another_key_file(home: Home, browser: Browser) -> None:
    factor, _ = founded(home, browser())
    new = home.folder / "new.key"
    rotate_key(home, new)
    new.replace(home.key_file)
    client = browser()
    client.post("/api/sign-in", json={"login": "anna", "password": WORDS})
    answer = client.post("/api/sign-in/factor", json={"code": factor.generate_otp(step(home, 1))})
    assert answer.status_code == 200


def test_the_matrix_is_told_to_whoever_is_signed_in(home: Home, client_of: ClientOf) -> None:
    told = client_of(home, None).get("/api/rights").json()
    assert told["verbs"] == [verb.value for verb in Verb]
    by_role = {row["role"]: row for row in told["roles"]}
    assert "read_audit" not in by_role["administrator"]["verbs"]
    assert by_role["auditor"]["second_factor"]
    assert not by_role["registrar"]["over_lots"]
