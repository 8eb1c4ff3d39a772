"""`lenskeeper account`: who may sign in, for whoever runs the machine; what nobody else can do when a proof is lost."""

import argparse
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from rich.table import Table
from sqlalchemy import Connection

from lenskeeper.accounts import rows_accounts, rows_grants
from lenskeeper.accounts.grants import Grant, Wanted
from lenskeeper.accounts.ids import AccountId, GrantId
from lenskeeper.accounts.rows_accounts import NewPerson, Person
from lenskeeper.accounts.verbs import Role
from lenskeeper.base.access import Scope
from lenskeeper.base.days import zone_of
from lenskeeper.base.errors import Conflict
from lenskeeper.base.languages import Language
from lenskeeper.cli.dates import instant
from lenskeeper.cli.table import console
from lenskeeper.cli.whose import actor_of, add_by
from lenskeeper.house import accounts
from lenskeeper.house.home import Home, opened
from lenskeeper.tickets.rows_contracts import contracts, named
from lenskeeper.units import rows as units
from lenskeeper.units.ids import UnitId

Run = Callable[[Home, argparse.Namespace], None]


def add_accounts(commands: Any) -> None:
    """Declare the command and its options."""
    account: argparse.ArgumentParser = commands.add_parser(
        "account",
        help="who may sign in at the web application, and what each may do there",
        description="Accounts and grants are kept in the web application. From here an installation gets its first "
        "administrator, and somebody who lost a password or a second factor comes in again.",
    )
    does = account.add_subparsers(dest="act", metavar="ACT", required=True)
    does.add_parser("list", help="who may sign in, and with which grants")
    code = does.add_parser(
        "setup-code",
        help="a one-time code by which a password is set",
        description="Without a name: for the first administrator, as long as there is none. With one: for somebody who "
        "has forgotten the password; a second factor is asked all the same.",
    )
    code.add_argument("login", nargs="?", default="", metavar="NAME")
    acts = [code, _add_add(does), _add_grant(does)]
    end = does.add_parser("end-grant", help="end a grant at once")
    end.add_argument("number", type=int, metavar="N")
    acts.append(end)
    for word, words in (
        ("lock", "stop somebody for now: every session and token ends at once"),
        ("unlock", "let somebody sign in again"),
        ("leave", "somebody left: every right ends at once and for good"),
        ("reset-factor", "take away a lost second factor with its recovery codes"),
    ):
        one = does.add_parser(word, help=words)
        one.add_argument("login", metavar="NAME")
        acts.append(one)
    for one in acts[3:]:
        one.add_argument("--because", required=True, metavar="TEXT", help="why: it goes into the audit log")
    out = does.add_parser("end-sessions", help="end somebody's sessions at once")
    out.add_argument("login", metavar="NAME")
    for one in (*acts, out):
        add_by(one)


def _add_add(does: Any) -> argparse.ArgumentParser:
    add: argparse.ArgumentParser = does.add_parser(
        "add", help="add somebody, without a grant as yet; prints the code for the first password"
    )
    add.add_argument("login", metavar="NAME", help="what is typed: letters a-z, figures, dots, dashes")
    add.add_argument("--name", required=True, metavar="TEXT", help="what screens show")
    add.add_argument("--unit", default="", metavar="PATH", help="where the person belongs (everywhere)")
    add.add_argument("--contractor", action="store_true", help="of another firm: needs --until")
    add.add_argument("--until", default="", metavar="TIME", help='local: "2026-11-27 20:00"')
    add.add_argument("--language", choices=[each.value for each in Language], default=Language.ZH.value)
    return add


def _add_grant(does: Any) -> argparse.ArgumentParser:
    grant: argparse.ArgumentParser = does.add_parser("grant", help="give somebody a role")
    grant.add_argument("login", metavar="NAME")
    grant.add_argument("role", choices=[role.value for role in Role], metavar="ROLE", help=", ".join(Role))
    where = grant.add_mutually_exclusive_group()
    where.add_argument("--unit", default="", metavar="PATH", help="a unit with all below it (everything)")
    where.add_argument("--contract", default="", metavar="NAME", help="the lot of a contract")
    grant.add_argument(
        "--purpose", nargs="+", default=[], metavar="TEXT", help="only cameras declared for one of these"
    )
    grant.add_argument("--until", default="", metavar="TIME", help='local: "2026-11-27 20:00"')
    grant.add_argument("--because", required=True, metavar="TEXT", help="a letter, an order, a contract")
    return grant


def run_accounts(given: argparse.Namespace) -> int:
    """Do it."""
    with opened(given.config) as home:
        ACTS[given.act](home, given)
    return 0


def _list(home: Home, given: argparse.Namespace) -> None:  # noqa: ARG001  it has no options
    now_s, zone = home.now_s(), zone_of(home.tz())
    with home.store.read() as connection:
        found = rows_accounts.staff(connection, Scope.ALL)
        given_ = rows_grants.grants(connection, Scope.ALL)
        paths: dict[int, str] = {unit.unit_id: unit.path for unit in units.tree(connection, Scope.ALL)}
        lots: dict[int, str] = {each.contract_id: each.name for each in contracts(connection, Scope.ALL)}
    table = Table("login", "name", "state", "second factor", "until", "last here", "grants")
    for person in found:
        held = [g for g in given_ if g.account_id == person.account_id and g.holds(now_s)]
        table.add_row(
            person.login,
            person.name,
            _state(person, now_s),
            "yes" if person.has_factor else "",
            _clock(person.ends_s, zone),
            _clock(person.seen_s, zone),
            "\n".join(_grant_in_words(each, paths, lots, zone) for each in reversed(held)),
        )
    console().print(table)


def _state(person: Person, now_s: int) -> str:
    if person.is_here(now_s):
        return "open" if person.has_password else "invited"
    return "left" if person.left_s is not None else "locked" if person.locked_s is not None else "ended"


def _grant_in_words(given: Grant, paths: Mapping[int, str], lots: Mapping[int, str], zone: Any) -> str:
    place = "everything"
    if given.unit_id is not None:
        place = paths.get(given.unit_id, f"unit {given.unit_id}")
    elif given.contract_id is not None:
        place = f"lot {lots.get(given.contract_id, given.contract_id)}"
    purposes = f" for {', '.join(sorted(given.purposes))}" if given.purposes else ""
    until = f" until {_clock(given.to_s, zone)}" if given.to_s is not None else ""
    return f"{given.grant_id}: {given.role} of {place}{purposes}{until}"


def _clock(at_s: int | None, zone: Any) -> str:
    return "" if at_s is None else f"{datetime.fromtimestamp(at_s, zone):%Y-%m-%d %H:%M}"


def _code(home: Home, given: argparse.Namespace) -> None:
    if given.login:
        code = accounts.new_code(home, Scope.ALL, _number(home, given.login), actor_of(given))
        console().print(f"{given.login} sets a password with {code} within three days")
        return
    first = accounts.setup_code(home)
    if first is None:
        raise Conflict("there is an administrator already: name somebody, for a code to set a password anew")
    console().print(f"the first administrator comes in with {first} within a day")


def _add(home: Home, given: argparse.Namespace) -> None:
    new = NewPerson(
        given.login,
        given.name,
        "contractor" if given.contractor else "staff",
        _unit(home, given.unit),
        Language(given.language),
        _until(home, given.until),
    )
    _, code = accounts.add_person(home, Scope.ALL, new, actor_of(given))
    console().print(f"{given.login} sets a password with {code} within three days")


def _give(home: Home, given: argparse.Namespace) -> None:
    def lot(connection: Connection) -> int:
        return named(connection, Scope.ALL, given.contract).contract_id

    with home.store.read() as connection:
        contract_id = lot(connection) if given.contract else None
    wanted = Wanted(
        Role(given.role),
        _unit(home, given.unit),
        contract_id,
        frozenset(given.purpose),
        to_s=_until(home, given.until),
        because=given.because,
    )
    made = accounts.give(home, Scope.ALL, _number(home, given.login), wanted, actor_of(given))
    console().print(f"grant {made.grant_id}")


def _end_grant(home: Home, given: argparse.Namespace) -> None:
    accounts.end_grant(home, Scope.ALL, GrantId(given.number), given.because, actor_of(given))


def _lock(home: Home, given: argparse.Namespace) -> None:
    number, is_locked = _number(home, given.login), given.act == "lock"
    accounts.set_locked(home, Scope.ALL, number, given.because, actor_of(given), is_locked=is_locked)


def _leave(home: Home, given: argparse.Namespace) -> None:
    accounts.leave(home, Scope.ALL, _number(home, given.login), given.because, actor_of(given))


def _reset(home: Home, given: argparse.Namespace) -> None:
    accounts.reset_factor(home, Scope.ALL, _number(home, given.login), given.because, actor_of(given))


def _end_sessions(home: Home, given: argparse.Namespace) -> None:
    ended = accounts.end_sessions(home, Scope.ALL, _number(home, given.login), actor_of(given))
    console().print(f"{ended} ended")


def _number(home: Home, login: str) -> AccountId:
    with home.store.read() as connection:
        return rows_accounts.named(connection, Scope.ALL, login).account_id


def _unit(home: Home, path: str) -> UnitId | None:
    with home.store.read() as connection:
        return units.find(connection, Scope.ALL, path) if path else None


def _until(home: Home, text: str) -> int | None:
    return instant(text, home.tz(), field="--until") if text else None


ACTS: Final[Mapping[str, Run]] = {
    "list": _list,
    "setup-code": _code,
    "add": _add,
    "grant": _give,
    "end-grant": _end_grant,
    "lock": _lock,
    "unlock": _lock,
    "leave": _leave,
    "reset-factor": _reset,
    "end-sessions": _end_sessions,
}
