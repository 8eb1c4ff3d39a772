"""A browser of somebody, signed in, at the real application of an installation."""

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, update
from starlette.testclient import TestClient
from tests.web_kit import ClientOf

from lenskeeper.accounts import rows_grants, rows_sessions
from lenskeeper.accounts.grants import Wanted
from lenskeeper.accounts.ids import AccountId
from lenskeeper.accounts.schema import account, account_session
from lenskeeper.accounts.verbs import Role
from lenskeeper.base.access import LOCAL_OPERATOR
from lenskeeper.house.home import Home, NewHome, make_home
from lenskeeper.units.ids import UnitId
from lenskeeper.web.app import make_app
from lenskeeper.web.asking import COOKIE

ORIGIN = "https://localhost"  # a cookie of this kind is kept for TLS only; the application sees the scheme


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """An installation with an organisation and nothing else."""
    made = make_home(NewHome(tmp_path / "city", "Linjiang", "Asia/Shanghai"))
    yield made
    made.store.close()


@pytest.fixture
def client_of() -> ClientOf:
    """`client_of(home, Role.OPERATOR, unit=..., lot=..., purposes=...)`: a new person with that one grant, signed in.

    No unit and no lot: over the whole installation. has_factor: the session was proved with a second factor.
    `role=None`: a person without a grant. The client has `login` for what the audit log names.
    """
    numbers = count(1)

    def client(
        home: Home,
        role: Role | None = Role.OPERATOR,
        *,
        unit: int | None = None,
        lot: int | None = None,
        purposes: Sequence[str] = (),
        has_factor: bool = True,
    ) -> TestClient:
        now_s = home.now_s()
        login = f"{role.value if role else 'nobody'}{next(numbers)}"

        def work(connection: Connection) -> str:
            values = {
                "name": login,
                "shown": login.title(),
                "kind": "staff",
                "language": "en",
                "made_s": now_s,
            }
            made = connection.execute(
                insert(account).values(**values, made_by=LOCAL_OPERATOR).returning(account.c.id)
            )
            number = AccountId(made.scalar_one())
            if role is not None:
                place = None if unit is None else UnitId(unit)
                wanted = Wanted(role, place, lot, frozenset(purposes), now_s, None, "test")
                rows_grants.give(connection, number, wanted, actor=LOCAL_OPERATOR, now_s=now_s)
            secret = rows_sessions.begin(
                connection, number, is_half=False, address="testclient", client="test", now_s=now_s
            )
            if has_factor:
                connection.execute(
                    update(account_session).where(account_session.c.account_id == number).values(has_factor=1)
                )
            return secret

        secret = home.store.write(work)
        made = TestClient(make_app(home), base_url=ORIGIN, headers={"origin": ORIGIN})
        made.cookies.set(COOKIE, secret, domain="localhost.local")
        made.login = login  # type: ignore[attr-defined]
        return made

    return client
