"""`lenskeeper import`, `diff`, `declare`, `login`: what is written into the register, and by what right."""

import argparse
import getpass
import os
import shlex
import sys
import tomllib
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from rich.table import Table

from lenskeeper.base.days import zone_of
from lenskeeper.base.errors import Invalid, NotFound
from lenskeeper.base.secret import Secret
from lenskeeper.cli.table import console
from lenskeeper.house.home import Home, opened
from lenskeeper.house.keys import Rotated, logins, remove_login, rotate_key, store_login
from lenskeeper.house.register import (
    DeclareOrder,
    Imported,
    SheetOrder,
    check,
    commit,
    compare,
    declare,
    faulty_rows_of,
    imports,
    take_back,
    write_error_books,
)
from lenskeeper.inventory.checking import Checked, ParkedRow
from lenskeeper.inventory.faults import RowFault, said
from lenskeeper.inventory.rows_declarations import Declared

PASSWORD_VARIABLE: Final = "LENSKEEPER_PASSWORD"  # noqa: S105  its name, not a password
LISTED_MAX: Final = 30
IMPORTS_LISTED_MAX: Final = 100
FAULTY: Final = 1


def add_register(commands: Any) -> None:
    """Declare the commands and their options."""
    bring: argparse.ArgumentParser = commands.add_parser(
        "import",
        help="read a sheet of cameras: a dry run that lists every fault, then --commit",
        description="Read a sheet (CSV or XLSX). Without --commit nothing is written, and every faulty cell is listed.",
    )
    _add_sheet(bring, optional=True)
    bring.add_argument(
        "--commit", action="store_true", help="write the good rows; the faulty ones are parked"
    )
    bring.add_argument(
        "--on-duplicate",
        choices=["update", "skip", "create"],
        default="update",
        help="what a row about a registered camera does (update)",
    )
    units = bring.add_mutually_exclusive_group()
    units.add_argument(
        "--new-units", action="store_true", default=None, help="unknown organisation paths set up units"
    )
    units.add_argument(
        "--no-new-units", dest="new_units", action="store_false", help="unknown paths are faults"
    )
    bring.add_argument(
        "--errors", type=Path, metavar="FOLDER", help="write one error workbook per department there"
    )
    earlier = bring.add_mutually_exclusive_group()
    earlier.add_argument(
        "--undo",
        type=int,
        metavar="N",
        help="take import N back, as far as nobody changed it since and nothing of it has been counted",
    )
    earlier.add_argument("--list", action="store_true", help="the imports there were, newest first")
    earlier.add_argument(
        "--parked", type=int, metavar="N", help="with --errors: the faulty rows of import N, once more"
    )

    differ: argparse.ArgumentParser = commands.add_parser(
        "diff",
        help="a later sheet beside the register: new, gone, moved, contradicting",
        description="Compare a sheet with the register. Nothing is written; nothing is ever deleted by a sheet.",
    )
    _add_sheet(differ, optional=False)

    tell: argparse.ArgumentParser = commands.add_parser(
        "declare",
        help="declare place, purpose, legal basis, owner and contact of many cameras by one document",
        description="Without owner, purpose, legal basis and contact a camera cannot be viewed (charter, clause 6).",
    )
    tell.add_argument("--document", required=True, metavar="NO", help="the document that declares it")
    whom = tell.add_mutually_exclusive_group(required=True)
    whom.add_argument(
        "--unit", default="", metavar="PATH", help="all cameras of a unit and below: City/Office/Town"
    )
    whom.add_argument("--codes", type=Path, metavar="FILE", help="a list of camera codes, one a line")
    tell.add_argument(
        "--except", dest="exceptions", action="append", default=[], metavar="CODE", help="leave one out"
    )
    tell.add_argument("--place", default="", metavar="KIND", help="what place they look at")
    tell.add_argument("--purpose", default="", metavar="TEXT", help="what they are for")
    tell.add_argument("--legal-basis", default="", metavar="TEXT", help="by what law")
    tell.add_argument("--owner", default="", metavar="OFFICE", help="the department that owns them")
    tell.add_argument("--contact", default="", metavar="NUMBER", help="the office's duty number")

    login: argparse.ArgumentParser = commands.add_parser(
        "login",
        help="store a login of cameras, sealed; sheets name it in the column 凭据 or credential",
        description=f"The password is asked for, or read from {PASSWORD_VARIABLE}; it is never shown again.",
    )
    login.add_argument("name", nargs="?", metavar="NAME", help="what sheets call it")
    login.add_argument("--user", metavar="ACCOUNT", help="the account on the cameras")
    does = login.add_mutually_exclusive_group()
    does.add_argument(
        "--replace", action="store_true", help="give a stored login another account and password"
    )
    does.add_argument("--list", action="store_true", help="the stored logins, without their passwords")
    does.add_argument("--remove", action="store_true", help="forget a login that no camera names")
    does.add_argument(
        "--rotate",
        type=Path,
        metavar="NEWKEYFILE",
        help="make a new key there and seal every login by it (not while serve runs)",
    )


def _add_sheet(command: argparse.ArgumentParser, *, optional: bool) -> None:
    command.add_argument(
        "sheet",
        type=Path,
        metavar="SHEET",
        help="CSV (UTF-8 or GB18030) or XLSX",
        nargs="?" if optional else None,
    )
    command.add_argument(
        "--crs",
        default="wgs84",
        metavar="NAME",
        help="coordinates as delivered: wgs84, gcj02, bd09, cgcs2000, or gk120 for a Gauss-Krueger zone by its "
        "meridian (wgs84); never guessed",
    )
    command.add_argument("--page", default="", metavar="NAME", help="the page of a workbook (the best one)")
    command.add_argument(
        "--unit", default="", metavar="PATH", help="the unit of new cameras whose rows name none"
    )
    command.add_argument(
        "--map", type=Path, metavar="FILE", help='TOML: "header of the sheet" = "column of ours"'
    )
    command.add_argument(
        "--language", choices=["en", "zh-CN"], default="en", help="of faults and workbooks (en)"
    )


def run_import(given: argparse.Namespace) -> int:
    """Of a dry run 0 when no row is faulty; with --commit 0 when the good rows were written."""
    with opened(given.config) as home:
        if (done := _earlier(home, given)) is not None:
            return done
        if given.sheet is None:
            raise Invalid("name the sheet, or --list, --undo N, --parked N --errors FOLDER", field="sheet")
        order, imported = _order(given), None
        if not given.commit:
            checked = check(home, order)
        else:
            checked, imported = commit(home, order)
        if given.errors is not None and checked.parked:
            _write_books(checked.parked, given)
    _show(checked, given)
    if imported is None:
        return FAULTY if checked.faults or checked.header_faults else 0
    _show_imported(imported)
    return 0


def _earlier(home: Home, given: argparse.Namespace) -> int | None:
    """What concerns imports that were; None where a sheet is meant."""
    if given.list:
        return _list_imports(home)
    if given.undo is not None:
        return _undo(home, given.undo)
    if given.parked is None:
        return None
    if given.errors is None:
        raise Invalid("say where the workbooks go: --errors FOLDER", field="errors")
    rows = faulty_rows_of(home, given.parked)
    if rows:
        _write_books(rows, given)
    else:
        console().print(f"import {given.parked} left no row out, or was taken back")
    return 0


def _list_imports(home: Home) -> int:
    zone = zone_of(home.tz())
    table = Table("no.", "when", "who", "sheet", "registered", "updated", "faulty rows", "taken back")
    for one in imports(home, IMPORTS_LISTED_MAX):
        times = (
            "" if at is None else f"{datetime.fromtimestamp(at, zone):%Y-%m-%d %H:%M}"
            for at in (one.at_s, one.undone_s)
        )
        at, undone = times
        counts = (str(n) for n in (one.created_count, one.updated_count, one.parked_count))
        table.add_row(str(one.batch_id), at, one.actor, one.source, *counts, undone)
    console().print(table)
    return 0


def _undo(home: Home, number: int) -> int:
    """0 when all of it is taken back."""
    done, out = take_back(home, number), console()
    out.print(
        f"import {number} is taken back: {done.withdrawn} cameras are out of the register again, "
        f"{done.restored} are as they were before; {len(done.left)} rows are left as they are"
    )
    for one in done.left[:LISTED_MAX]:
        out.print(f"  row {one.row}: {one.name}: {one.why}")
    if len(done.left) > LISTED_MAX:
        out.print(f"  ... and {len(done.left) - LISTED_MAX} more")
    return FAULTY if done.left else 0


def _write_books(rows: Sequence[ParkedRow], given: argparse.Namespace) -> None:
    books = write_error_books(rows, given.errors, given.language[:2])
    console().print(
        f"{len(books)} error workbooks in {given.errors}: correct the marked cells and import them"
    )


def run_diff(given: argparse.Namespace) -> int:
    """0 when sheet and register say the same."""
    with opened(given.config) as home:
        checked, found = compare(home, _order(given))
    out = console()
    out.print(
        f"{found.same} the same, {len(found.new)} new, {len(found.gone)} gone from the sheet, {len(found.moved)} moved, "
        f"{len(found.contradicting)} values contradict, {len(found.filled)} values the register lacks, "
        f"{found.uncertain} faulty rows"
    )
    table = Table("row", "point", "what", "register", "sheet", "")
    for told in (*found.contradicting, *found.filled)[:LISTED_MAX]:
        kept = "corrected by hand: kept" if told.corrected else ""
        table.add_row(
            str(told.row), str(told.point_id), told.field, str(told.register), str(told.sheet), kept
        )
    for moved in found.moved[:LISTED_MAX]:
        table.add_row(str(moved.row), str(moved.point_id), "place", "", f"{moved.metres:.0f} m away", "")
    for row in found.new[:LISTED_MAX]:
        table.add_row(str(row.row), "", "new", "", row.file.name, "")
    for point_id in found.gone[:LISTED_MAX]:
        table.add_row("", str(point_id), "gone", "", "", "nothing is deleted")
    if table.row_count:
        out.print(table)
    differs = found.new or found.gone or found.moved or found.contradicting or found.filled or checked.faults
    return FAULTY if differs else 0


def run_declare(given: argparse.Namespace) -> int:
    """Declare, and say how many cameras it reached."""
    what = Declared(given.place, given.purpose, given.legal_basis, given.owner, given.contact)
    codes = [line.strip() for line in _read(given.codes).splitlines() if line.strip()] if given.codes else []
    with opened(given.config) as home:
        done = declare(home, DeclareOrder(what, given.document, given.unit, codes, given.exceptions))
    out = console()
    out.print(
        f"declaration {done.declaration_id}: {done.points} cameras declared by document {given.document}"
    )
    if done.unknown:
        out.print(f"no camera bears: {', '.join(done.unknown[:LISTED_MAX])}")
    return 0


def run_login(given: argparse.Namespace) -> int:
    """Store one, or what else is asked for."""
    if given.list:
        return _list_logins(given)
    if given.rotate is not None:
        with opened(given.config) as home:
            _say_rotated(rotate_key(home, given.rotate))
        return 0
    if given.name is None:
        raise Invalid("name the login, or --list, --rotate NEWKEYFILE", field="name")
    if given.remove:
        with opened(given.config) as home:
            remove_login(home, given.name)
        console().print(f"login {given.name} is forgotten")
        return 0
    if given.user is None:
        raise Invalid("name the account on the cameras: --user ACCOUNT", field="user")
    password = os.environ.get(PASSWORD_VARIABLE)
    if password is None:
        if not sys.stdin.isatty():
            raise Invalid(f"set {PASSWORD_VARIABLE}, or run on a terminal", field="password")
        password = getpass.getpass(f"password of {given.user}: ")
    with opened(given.config) as home:
        store_login(home, given.name, given.user, Secret(password), replace=given.replace)
    console().print(f"login {given.name} is stored, sealed by {home.key_file.name}")
    return 0


def _list_logins(given: argparse.Namespace) -> int:
    with opened(given.config) as home:
        zone, found = zone_of(home.tz()), logins(home)
    table = Table("login", "account", "cameras", "sealed by", "changed")
    for one in found:
        changed = f"{datetime.fromtimestamp(one.changed_s, zone):%Y-%m-%d %H:%M}"
        table.add_row(one.name, one.account, str(one.used_by), f"key {one.key_id}", changed)
    console().print(table)
    return 0


def _say_rotated(done: Rotated) -> None:
    old, new = shlex.quote(str(done.old)), shlex.quote(str(done.new))
    aside = shlex.quote(f"{done.old}.{done.old_id}")
    out = console()
    out.print(
        f"{done.logins} logins are sealed by the new key {done.new_id}; the settings still name the old one"
    )
    out.print(f"Next:  mv {old} {aside} && mv {new} {old}")
    out.print(
        f"Then copy {done.old.name} to where you keep keys. Keep the old key {done.old_id} there too, as long as "
        "a backup from before today is kept: no other opens its passwords. If the old one may be known to "
        "somebody, change the cameras' passwords too."
    )


def _order(given: argparse.Namespace) -> SheetOrder:
    return SheetOrder(
        given.sheet,
        given.crs,
        given.page,
        _mapping(given.map),
        given.unit,
        getattr(given, "new_units", None),
        getattr(given, "on_duplicate", "update"),
    )


def _mapping(path: Path | None) -> dict[str, str]:
    if path is None:
        return {}
    try:
        found = tomllib.loads(_read(path))
    except tomllib.TOMLDecodeError as wrong:
        raise Invalid(f"{path} is no TOML: {wrong}", field="map") from None
    if not all(isinstance(value, str) for value in found.values()):
        raise Invalid(f'{path}: write "header of the sheet" = "column of ours"', field="map")
    return found


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise NotFound(f"there is no file {path}") from None
    except (OSError, UnicodeDecodeError) as wrong:
        raise Invalid(f"{path} cannot be read as UTF-8: {type(wrong).__name__}", field="file") from None


def _show(checked: Checked, given: argparse.Namespace) -> None:
    out = console()
    for notice in checked.notices:
        out.print(notice.text, style="yellow")
    faults = [*checked.header_faults, *checked.faults]
    if faults:
        out.print(_fault_table(faults[:LISTED_MAX], given.language[:2]))
    if len(faults) > LISTED_MAX:
        out.print(f"... and {len(faults) - LISTED_MAX} more; --errors FOLDER writes them all")
    for department, count in sorted(checked.by_department.items(), key=lambda held: -held[1]):
        out.print(f"  {count:5} faults  {department}")
    out.print(
        f"{checked.rows} rows: {len(checked.good)} good, {len(checked.parked)} faulty ({len(faults)} faults), "
        f"{len(checked.warnings)} warnings, {len(checked.duplicates)} duplicates"
    )
    kinds = Counter((one.column, *said(one.why, one.detail, given.language[:2])) for one in checked.warnings)
    for (column, reason, cure), count in kinds.most_common(LISTED_MAX):
        out.print(f"  {count:5} warnings  {column}: {reason}; {cure}")
    if checked.new_units:
        out.print(f"units that the import sets up: {', '.join(list(checked.new_units)[:LISTED_MAX])}")
    if not given.commit:
        out.print(
            "Nothing was written. --commit writes the good rows and parks the faulty ones.", style="bold"
        )


def _show_imported(imported: Imported) -> None:
    out, made = console(), imported.committed
    for c in made.contradictions[:LISTED_MAX]:
        out.print(f"row {c.row}: {c.field} stays {c.kept!r}; the sheet says {c.sheet!r} (corrected by hand)")
    out.print(
        f"import {imported.batch_id}: {made.created} cameras registered, {made.updated} updated, "
        f"{made.unchanged} unchanged, {made.skipped} skipped; {imported.parked} faulty rows parked"
    )


def _fault_table(faults: list[RowFault], language: str) -> Table:
    heads = (
        ("行", "列", "值", "原因", "处理") if language == "zh" else ("row", "column", "value", "why", "cure")
    )
    table = Table(*heads)
    for fault in faults:
        reason, cure = said(fault.why, fault.detail, language)
        table.add_row(str(fault.row), fault.column, str(fault.value), reason, cure)
    return table
