"""Stored logins: sealed at rest, bound to their row, opened by the right key file only."""

import stat
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, update
from tests.register_kit import NOON, camera, city

from lenskeeper.audit import rows as audit
from lenskeeper.base.access import LOCAL_OPERATOR, Scope
from lenskeeper.base.errors import Conflict, Invalid, NotFound
from lenskeeper.base.secret import Secret
from lenskeeper.inventory import rows_credentials, rows_divisions, rows_points
from lenskeeper.inventory.ids import CredentialId
from lenskeeper.inventory.rows_divisions import Division
from lenskeeper.inventory.schema import credential
from lenskeeper.inventory.vault import Vault, make_key
from lenskeeper.store.database import Store

PASSWORD = "密码 k9-never-in-a-log"


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    make_key(tmp_path / "key")
    return Vault.open(tmp_path / "key")


def add(connection: Connection, vault: Vault, name: str = "lot 3") -> CredentialId:
    return rows_credentials.add(
        connection,
        vault,
        name=name,
        account="admin",
        password=Secret(PASSWORD),
        actor=LOCAL_OPERATOR,
        now_s=NOON,
    )


def test_a_key_file_is_its_owners_alone_and_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "key"
    key_id = make_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    opened = Vault.open(path)
    assert opened.key_id == key_id
    assert repr(opened) == f"Vault(key_id='{key_id}')"
    with pytest.raises(Conflict, match="keep it"):
        make_key(path)


@pytest.mark.parametrize(
    ("text", "mode", "says"),
    [(None, 0, "bring it back"), ("", 0o600, "no key file"), ("lenskeeper-key-1 ab !!", 0o600, "no key file"),
     ("lenskeeper-key-1 ab QUJD", 0o600, "no key file"), ("é", 0o600, "cannot be read"), ("x", 0o640, "chmod 600")],
)  # fmt: skip
def test_a_missing_or_wrong_key_file_is_told_with_its_cure(
    tmp_path: Path, text: str | None, mode: int, says: str
) -> None:
    path = tmp_path / "key"
    if text is not None:
        path.write_text(text)
        path.chmod(mode)
    with pytest.raises(NotFound if text is None else Invalid, match=says):
        Vault.open(path)


def test_a_login_opens_again_and_its_password_stands_nowhere_in_clear(store: Store, vault: Vault) -> None:
    number = store.write(lambda c: add(c, vault))
    with store.read() as connection:
        login = rows_credentials.opened(connection, vault, [number, CredentialId(99)])
        assert login == {number: rows_credentials.Login("admin", Secret(PASSWORD))}
        assert PASSWORD not in repr(login)
        row = connection.execute(select(credential)).one()
        assert PASSWORD.encode() not in row.sealed
        told = audit.entries(connection, Scope.ALL)
        assert [entry.act for entry in told] == ["credential.add"]
        assert PASSWORD not in told[0].detail
        (shown,) = rows_credentials.stored(connection, Scope.ALL)
        assert (shown.name, shown.account, shown.used_by) == ("lot 3", "admin", 0)
        assert rows_credentials.stored(connection, Scope(frozenset({1}))) == []
        assert rows_credentials.find(connection, "lot 3") == number


def test_a_seal_copied_to_another_row_or_account_or_cut_does_not_open(store: Store, vault: Vault) -> None:
    def work(connection: Connection) -> None:
        one, other = add(connection, vault), add(connection, vault, "lot 4")
        sealed = connection.execute(select(credential.c.sealed).where(credential.c.id == one)).scalar_one()
        for wrong in ({"sealed": sealed}, {"account": "root"}, {"sealed": b""}, {"sealed": sealed[:20]}):
            savepoint = connection.begin_nested()
            connection.execute(update(credential).where(credential.c.id == other).values(**wrong))
            with pytest.raises(Conflict, match="changed outside lenskeeper"):
                rows_credentials.opened(connection, vault, [other])
            savepoint.rollback()
        assert rows_credentials.opened(connection, vault, [other])[other].password == Secret(PASSWORD)

    store.write(work)


def test_a_rotated_key_opens_everything_and_the_old_one_nothing(
    store: Store, vault: Vault, tmp_path: Path
) -> None:
    make_key(tmp_path / "new")
    new = Vault.open(tmp_path / "new")

    def work(connection: Connection) -> None:
        numbers = [add(connection, vault), add(connection, vault, "lot 4")]
        with pytest.raises(Conflict, match="bring the right key file"):
            rows_credentials.opened(connection, new, numbers)
        assert rows_credentials.rotate(connection, vault, new, actor=LOCAL_OPERATOR, now_s=NOON) == 2
        login = rows_credentials.opened(connection, new, numbers)
        assert {each.password for each in login.values()} == {Secret(PASSWORD)}
        with pytest.raises(Conflict, match="bring the right key file"):
            rows_credentials.opened(connection, vault, numbers)
        assert rows_credentials.rotate(connection, vault, new, actor=LOCAL_OPERATOR, now_s=NOON) == 0

    store.write(work)


def test_a_login_is_changed_for_all_and_forgotten_only_when_no_camera_names_it(
    store: Store, vault: Vault
) -> None:
    def work(connection: Connection) -> None:
        number = add(connection, vault)
        city(connection, "City/North")
        rows_points.add(connection, camera(1, credential="lot 3"), actor=LOCAL_OPERATOR, now_s=NOON)
        with pytest.raises(Conflict, match="already"):
            add(connection, vault)
        with pytest.raises(Invalid):
            add(connection, vault, " ")
        with pytest.raises(Conflict, match="give those another one"):
            rows_credentials.remove(connection, number, actor=LOCAL_OPERATOR, now_s=NOON)
        rows_credentials.change(
            connection,
            vault,
            number,
            account="ops",
            password=Secret("b"),
            actor=LOCAL_OPERATOR,
            now_s=NOON + 1,
        )
        assert rows_credentials.opened(connection, vault, [number])[number] == rows_credentials.Login(
            "ops", Secret("b")
        )
        assert rows_credentials.stored(connection, Scope.ALL)[0].used_by == 1
        spare = add(connection, vault, "spare")
        rows_credentials.remove(connection, spare, actor=LOCAL_OPERATOR, now_s=NOON)
        with pytest.raises(NotFound):
            rows_credentials.remove(connection, spare, actor=LOCAL_OPERATOR, now_s=NOON)
        assert [e.act for e in audit.entries(connection, Scope.ALL) if "credential" in e.act] == [
            "credential.add", "credential.change", "credential.add", "credential.remove",
        ]  # fmt: skip

    store.write(work)


def test_an_abolished_division_names_its_heir_and_no_list_brings_it_back(store: Store) -> None:

    def work(connection: Connection) -> None:
        rows = [
            Division("330103", "下城区", "county", "3301"),
            Division("330105", "拱墅区", "county", "3301"),
        ]
        rows_divisions.load(connection, rows, source="list 2020", actor=LOCAL_OPERATOR, now_s=NOON)
        cut = date(2021, 4, 9)
        rows_divisions.supersede(connection, "330103", "330105", on=cut, actor=LOCAL_OPERATOR, now_s=NOON)
        again = [*rows, Division("330103", "下城", "county", "3301")]
        assert (
            rows_divisions.load(connection, again, source="list 2019", actor=LOCAL_OPERATOR, now_s=NOON) == 2
        )
        day = (cut - date(1970, 1, 1)).days
        assert rows_divisions.codes(connection, day - 1) == {"330103", "330105"}
        assert rows_divisions.codes(connection, day) == {"330105"}
        assert rows_divisions.find(connection, "330103", day - 1).name == "下城"
        with pytest.raises(NotFound, match="it is now 330105"):
            rows_divisions.find(connection, "330103", day)
        with pytest.raises(NotFound):
            rows_divisions.supersede(connection, "330103", "", on=cut, actor=LOCAL_OPERATOR, now_s=NOON)
        with pytest.raises(Conflict):
            rows_divisions.supersede(
                connection, "330105", "", on=date(1970, 1, 1), actor=LOCAL_OPERATOR, now_s=NOON
            )
        with pytest.raises(Invalid, match="digits"):
            rows_divisions.load(
                connection, [Division("33A", "x")], source="x", actor=LOCAL_OPERATOR, now_s=NOON
            )

    store.write(work)
