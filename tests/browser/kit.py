"""A server of its own process, that a test starts, stops and starts again."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from sqlalchemy import Connection, insert, update

from lenskeeper.accounts import rows_grants, rows_sessions
from lenskeeper.accounts.grants import Wanted
from lenskeeper.accounts.ids import AccountId
from lenskeeper.accounts.schema import account, account_session
from lenskeeper.accounts.verbs import Role
from lenskeeper.base.access import LOCAL_OPERATOR
from lenskeeper.house.home import Home

ROOT = Path(__file__).parents[2]
SCRIPT_S = 540
READY_S = 60

Script = Callable[..., str]


class Served:
    """The pages of one home at one port of loopback. The browser keeps our cookie on http for the name localhost only."""

    def __init__(self, port: int) -> None:
        self.port, self.url = port, f"http://localhost:{port}"
        self._program: subprocess.Popen[bytes] | None = None

    def __call__(self, folder: Path) -> str:
        """Serve a home; its address, once it answers."""
        self._program = subprocess.Popen(  # noqa: S603  ourselves
            [sys.executable, "-m", "tests.browser.serving", str(folder), str(self.port)],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
        )
        until = time.perf_counter() + READY_S
        while time.perf_counter() < until:
            try:
                with urlopen(f"http://127.0.0.1:{self.port}/api/start", timeout=2):
                    return self.url
            except (URLError, ConnectionError, TimeoutError):
                time.sleep(0.1)
        self.stop()
        raise AssertionError("the server did not answer in a minute")

    def stop(self) -> None:
        """End it."""
        if self._program is not None:
            self._program.terminate()
            self._program.wait(20)
            self._program = None


def session_of_everybody(home: Home, login: str = "ada") -> str:
    """The secret of a session, proved with a second factor, of somebody who may do everything everywhere."""

    def work(connection: Connection) -> str:
        now_s = home.now_s()
        values = {"name": login, "shown": login.title(), "kind": "staff", "language": "en", "made_s": now_s}
        made = connection.execute(
            insert(account).values(**values, made_by=LOCAL_OPERATOR).returning(account.c.id)
        )
        number = AccountId(made.scalar_one())
        for role in Role:
            wanted = Wanted(role, None, None, frozenset(), now_s, None, "test")
            rows_grants.give(connection, number, wanted, actor=LOCAL_OPERATOR, now_s=now_s)
        secret = rows_sessions.begin(
            connection, number, is_half=False, address="127.0.0.1", client="test", now_s=now_s
        )
        mine = account_session.c.account_id == number
        connection.execute(update(account_session).where(mine).values(has_factor=1))
        return secret

    return home.store.write(work)
