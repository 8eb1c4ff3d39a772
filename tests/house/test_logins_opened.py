"""The logins that visits use: opened in memory, one bad one among them told and passed over."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from lenskeeper.base.access import LOCAL_OPERATOR
from lenskeeper.base.secret import Secret
from lenskeeper.house.home import Home, NewHome, make_home
from lenskeeper.house.logins import Logins
from lenskeeper.inventory.ids import CredentialId, PointId
from lenskeeper.inventory.points import Watched
from lenskeeper.inventory.rows_credentials import add
from lenskeeper.inventory.vault import Vault
from lenskeeper.probing.memory import NOTHING_REMEMBERED
from lenskeeper.probing.targets import parse_target

CAMERA = Watched(PointId(1), None, "one", 1, "rtsp://127.0.0.1/", "UTC")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = make_home(NewHome(tmp_path / "home", "City", "UTC"))
    yield made
    made.store.close()


def stored(home: Home, name: str) -> CredentialId:
    vault = Vault.open(home.key_file)
    return home.store.write(
        lambda c: add(
            c, vault, name=name, account=name, password=Secret("lamp"), actor=LOCAL_OPERATOR, now_s=1
        )
    )


def user_of(logins: Logins, url: str) -> str | None:
    credential = logins.credentials.of(parse_target(url)).credential
    return credential.user if credential else None


def test_one_login_that_does_not_open_costs_the_others_nothing(home: Home) -> None:
    good, bad = stored(home, "good"), stored(home, "bad")
    home.store.write(lambda c: c.execute(text("UPDATE credential SET key_id = 'other' WHERE name = 'bad'")))
    fleet = [
        replace(CAMERA, credential_id=good),
        replace(CAMERA, point_id=PointId(2), url="rtsp://127.0.0.2/", credential_id=bad),
    ]
    logins = Logins(home, NOTHING_REMEMBERED)
    with home.store.read() as connection:
        logins.read(connection, fleet)
    assert user_of(logins, "rtsp://127.0.0.1/") == "good"
    assert user_of(logins, "rtsp://127.0.0.2/") is None


def test_a_camera_that_loses_its_login_is_asked_without(home: Home) -> None:
    good = stored(home, "good")
    logins = Logins(home, NOTHING_REMEMBERED)
    with home.store.read() as connection:
        logins.read(connection, [replace(CAMERA, credential_id=good)])
        assert user_of(logins, CAMERA.url) == "good"
        logins.read(connection, [CAMERA])
    assert user_of(logins, CAMERA.url) is None
