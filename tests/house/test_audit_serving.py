"""A running serve signs for the audit log by itself, and says so when it cannot."""

from pathlib import Path

from tests.house.test_serve_health import FastClock, home_in, serving, until

from lenskeeper.audit import rows_checkpoints
from lenskeeper.base.access import LOCAL_OPERATOR, Scope
from lenskeeper.house import audit
from lenskeeper.house.home import Home


def signed(home: Home) -> list[int]:
    with home.store.read() as connection:
        return [point.size for point in rows_checkpoints.listed(connection, Scope.ALL)]


async def test_what_is_entered_is_signed_for_by_itself_and_a_key_that_is_gone_is_told(tmp_path: Path) -> None:
    home = home_in(tmp_path / "home", FastClock())
    async with serving(home) as server:
        await until(lambda: len(signed(home)) == 1)
        number = audit.entered(home, LOCAL_OPERATOR, act="export.list", subject="list:1", detail={})
        await until(lambda: max(signed(home)) >= number)
        assert server.unwell() == ""
        aside = audit.key_file(home).rename(tmp_path / "aside.key")
        audit.entered(home, LOCAL_OPERATOR, act="export.list", subject="list:2", detail={})
        await until(lambda: "nobody signs for the audit log" in server.unwell())
        aside.rename(audit.key_file(home))
        await until(lambda: server.unwell() == "")
        assert len(signed(home)) == 3
