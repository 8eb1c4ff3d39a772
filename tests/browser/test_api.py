"""The pages of the interface for programs; what they let copy runs in a shell, with a token that may only see."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import Request, urlopen

from tests.browser.kit import Script, Served, session_of_everybody
from tests.register_kit import camera

from lenskeeper.accounts import rows_sessions, rows_tokens
from lenskeeper.accounts.rows_tokens import NewToken
from lenskeeper.accounts.verbs import Verb
from lenskeeper.base.access import LOCAL_OPERATOR, Scope
from lenskeeper.house.home import NewHome, make_home
from lenskeeper.house.screens import refreshed
from lenskeeper.inventory import rows_points
from lenskeeper.units import rows as units

NAMES = ("O'Neill & $HOME", "O'Neill & $HOME 堤", "elsewhere")


def test_what_a_list_lets_copy_asks_the_same_question_of_the_server(
    tmp_path: Path, served: Served, script: Script
) -> None:
    home = make_home(NewHome(tmp_path / "city", "Linjiang", "Asia/Shanghai"))
    now_s = home.now_s()
    top = home.store.write(lambda c: units.find(c, Scope.ALL, "Linjiang"))
    home.store.write(lambda c: units.add(c, name="North", parent_id=top, actor=LOCAL_OPERATOR, now_s=now_s))
    for number, name in enumerate(NAMES, 1):
        file = camera(number, unit="Linjiang/North", name=name, pole=f"pole {number}")
        home.store.write(lambda c, file=file: rows_points.add(c, file, actor=LOCAL_OPERATOR, now_s=now_s))  # type: ignore[misc]
    refreshed(home)
    secret = session_of_everybody(home)

    def token(connection: Any) -> str:
        person = rows_sessions.signed(connection, secret, now_s, "127.0.0.1")
        assert person is not None
        new = NewToken("test", frozenset({Verb.SEE}), days=1)
        return rows_tokens.make(connection, person, new, now_s=now_s)[1]

    now_s = home.now_s()
    borne = home.store.write(token)
    home.store.close()
    said = script(
        "api.mjs",
        LENSKEEPER_URL=served(tmp_path / "city"),
        LENSKEEPER_COOKIE=secret,
        LENSKEEPER_LIST=f"/cameras?q={quote(NAMES[0])}&order=-name",
    )
    assert said.count("yes ") == 7
    lines = dict(line[5:].split(" ", 1) for line in said.splitlines() if line.startswith("curl "))
    assert [row["name"] for row in asked(lines["list"], borne)["rows"]] == [NAMES[1], NAMES[0]]
    assert len(asked(lines["operation"], borne)["rows"]) == len(NAMES)


def asked(line: str, token: str) -> Any:
    """What the line of a shell answers; the shell takes its words apart, whether or not there is a curl here."""
    shell = shutil.which("sh")
    assert shell is not None
    apart = f"curl() {{ printf '%s\\0' \"$@\"; }}; {line}"
    env = {"LENSKEEPER_TOKEN": token}
    words = subprocess.run([shell, "-c", apart], env=env, capture_output=True, text=True, check=True)  # noqa: S603  the line is what is tested
    flag, header, bearer, address = words.stdout.split("\0")[:-1]
    assert (flag, header) == ("-sS", "-H")
    name, _, value = bearer.partition(": ")
    with urlopen(Request(address, headers={name: value}), timeout=10) as answer:  # noqa: S310  our own server
        return json.load(answer)
