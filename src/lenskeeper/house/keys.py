"""The logins of cameras and the key that seals them: stored, told, forgotten, and sealed anew by another key."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from lenskeeper.accounts.rows_accounts import reseal
from lenskeeper.base.access import LOCAL_OPERATOR, Scope
from lenskeeper.base.errors import CallerError
from lenskeeper.base.secret import Secret
from lenskeeper.house.accounts import sealing_key
from lenskeeper.house.home import Home
from lenskeeper.house.logins import FINGERPRINTS
from lenskeeper.house.register import tell
from lenskeeper.house.serve import JOB
from lenskeeper.inventory import rows_credentials
from lenskeeper.inventory.ids import CredentialId
from lenskeeper.inventory.rows_credentials import Login, Stored
from lenskeeper.inventory.vault import Vault, make_key
from lenskeeper.leases.rows import release, take
from lenskeeper.probing.credentials import credential
from lenskeeper.probing.memory import Changes
from lenskeeper.probing.refusals import fingerprints
from lenskeeper.probing.rows import remembered
from lenskeeper.probing.rows import save as save_visits

ROTATE_TTL_S: Final = 600  # never lived through: the lease goes back in the transaction that takes it


@dataclass(frozen=True, slots=True)
class Rotated:
    """What a rotation did. logins: how many are sealed by the new key."""

    logins: int
    old: Path
    old_id: str
    new: Path
    new_id: str


def store_login(home: Home, name: str, account: str, password: Secret, *, replace: bool) -> None:
    """Store a login of cameras, sealed; or give a stored one another account and password."""
    vault, now_s = Vault.open(home.key_file), home.now_s()

    def work(connection: Connection) -> None:
        if replace:
            number = rows_credentials.find(connection, name)
            rows_credentials.change(
                connection,
                vault,
                number,
                account=account,
                password=password,
                actor=LOCAL_OPERATOR,
                now_s=now_s,
            )
        else:
            rows_credentials.add(
                connection,
                vault,
                name=name,
                account=account,
                password=password,
                actor=LOCAL_OPERATOR,
                now_s=now_s,
            )
        tell(connection, f"credential:{name}", now_s)

    home.store.write(work, durable=True)


def logins(home: Home) -> list[Stored]:
    """The stored logins by name, without their passwords."""
    with home.store.read() as connection:
        return rows_credentials.stored(connection, Scope.ALL)


def remove_login(home: Home, name: str) -> None:
    """Forget a login. NotFound: there is none. Conflict: cameras use it, or did."""
    now_s = home.now_s()

    def work(connection: Connection) -> None:
        number = rows_credentials.find(connection, name)
        rows_credentials.remove(connection, number, actor=LOCAL_OPERATOR, now_s=now_s)

    home.store.write(work, durable=True)


def rotate_key(home: Home, path: Path) -> Rotated:
    """Make a new key at `path` and seal every login and every second factor by it, all or none. The settings still name the old key.

    Not while `serve` runs, which holds the old key open. What is remembered of refusals is kept: its names of
    accounts are keyed, and under another key each refused password would be shown to its camera once more.
    Conflict: `serve` runs, the file is there already, or a login does not open by the present key.
    """
    old = Vault.open(home.key_file)
    make_key(path)
    try:
        new, now_s = Vault.open(path), home.now_s()

        def work(connection: Connection) -> int:
            held = take(connection, JOB, "login --rotate", now_s=now_s, ttl_s=ROTATE_TTL_S)
            numbers = [each.credential_id for each in rows_credentials.stored(connection, Scope.ALL)]
            opened = rows_credentials.opened(connection, old, numbers)
            _keep_refusals(connection, old, new, opened)
            count = rows_credentials.rotate(connection, old, new, actor=LOCAL_OPERATOR, now_s=now_s)
            reseal(connection, sealing_key(old), sealing_key(new), actor=LOCAL_OPERATOR)
            release(connection, held)
            return count

        count = home.store.write(work, durable=True)
    except CallerError:
        path.unlink()  # nothing was sealed by it
        raise
    return Rotated(count, home.key_file, old.key_id, path, new.key_id)


def _keep_refusals(
    connection: Connection, old: Vault, new: Vault, opened: Mapping[CredentialId, Login]
) -> None:
    """Enter under the new names what is remembered under the old ones; those stay, and nobody asks for them."""
    before, after = (fingerprints(vault.derived(FINGERPRINTS)) for vault in (old, new))
    accounts = [credential(each.account, each.password.reveal()) for each in opened.values()]
    renamed = {before(each): after(each) for each in accounts}
    kept = [
        replace(record, account=renamed[record.account])
        for record in remembered(connection, Scope.ALL).logins
        if record.account in renamed
    ]
    save_visits(connection, Changes(logins=tuple(kept)), actor=LOCAL_OPERATOR)
