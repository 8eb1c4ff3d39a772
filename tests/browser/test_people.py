"""Accounts and grants in a real browser."""

from pathlib import Path

import pytest
from sqlalchemy import Connection, update
from tests.browser.kit import Script, Served

from lenskeeper.accounts import rows_accounts, rows_grants, rows_sessions
from lenskeeper.accounts.grants import Wanted
from lenskeeper.accounts.rows_accounts import NewPerson
from lenskeeper.accounts.schema import account_session
from lenskeeper.accounts.verbs import Role
from lenskeeper.base.access import LOCAL_OPERATOR
from lenskeeper.house.home import NewHome, make_home


@pytest.mark.timeout(300)
def test_somebody_is_added_comes_in_by_the_code_and_has_a_role_as_long_as_it_is_given(
    tmp_path: Path, served: Served, script: Script
) -> None:
    home = make_home(NewHome(tmp_path / "city", "临江市", "Asia/Shanghai", exercise="test"))
    now_s = home.now_s()

    def administrator(connection: Connection) -> str:
        number = rows_accounts.add(connection, NewPerson("anna", "Anna"), actor=LOCAL_OPERATOR, now_s=now_s)
        wanted = Wanted(Role.ADMINISTRATOR, because="test")
        rows_grants.give(connection, number, wanted, actor=LOCAL_OPERATOR, now_s=now_s)
        secret = rows_sessions.begin(
            connection, number, is_half=False, address="127.0.0.1", client="test", now_s=now_s
        )
        connection.execute(update(account_session).values(has_factor=1))
        return secret

    secret = home.store.write(administrator)
    home.store.close()
    said = script("people.mjs", LENSKEEPER_URL=served(tmp_path / "city"), LENSKEEPER_COOKIE=secret)
    assert said.count("yes ") == 2
