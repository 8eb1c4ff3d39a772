"""`lenskeeper units`, `divisions`, `backlog`: whose the cameras are, and what was inherited."""

import argparse
from pathlib import Path
from typing import Any, Final

from rich.table import Table

from lenskeeper.base.days import date_of, local_day
from lenskeeper.base.errors import Invalid
from lenskeeper.cli.dates import local_date
from lenskeeper.cli.table import console
from lenskeeper.cli.whose import actor_of, add_by
from lenskeeper.house.home import Home, opened
from lenskeeper.house.organisation import (
    NewUnit,
    add_unit,
    agree_backlog,
    backlog,
    close_backlog,
    load_divisions,
    move_unit,
    rename_unit,
    supersede_division,
    unit_lines,
)
from lenskeeper.reporting.takeover import NAMES, Bucket
from lenskeeper.units.rows import KINDS

BACKLOG_LISTED_MAX: Final = 200  # the rest is counted; --unit narrows


def add_organisation(commands: Any) -> None:
    """Declare the commands and their options."""
    _add_units(commands)
    _add_divisions(commands)
    owed: argparse.ArgumentParser = commands.add_parser(
        "backlog",
        help="what was faulty when a unit was accepted: list it, agree on a day, close what is done",
        description="Inherited faults that are still open, the earliest agreed day first. They are no tickets.",
    )
    owed.add_argument("--unit", default="", metavar="PATH", help="a unit and all below it")
    does = owed.add_mutually_exclusive_group()
    does.add_argument(
        "--agree", type=local_date, metavar="DATE", help="the day by which all that is listed shall be gone"
    )
    does.add_argument("--close", action="append", default=[], metavar="CODE", help="take a camera out of it")
    owed.add_argument("--because", default="", metavar="TEXT", help="why: repaired, retired, not ours")
    add_by(owed)


def _add_units(commands: Any) -> None:
    tree: argparse.ArgumentParser = commands.add_parser(
        "units",
        help="the organisation tree: list, add, rename, move",
        description="A unit is named by its path from the top, City/Office/Town. Reports group by the tree of today, "
        "past days too.",
    )
    does = tree.add_subparsers(dest="act", metavar="ACT", required=True)
    does.add_parser("list", help="all units, with their cameras and from when they are accepted")
    new = does.add_parser("add", help="set a unit up below one that is there")
    new.add_argument("unit", metavar="PATH", help="the new unit's whole path")
    new.add_argument("--kind", choices=KINDS, default="region", help="(region)")
    new.add_argument("--code", default="", metavar="CODE", help="of its division or department")
    new.add_argument("--level", default="", metavar="WORD", help="province, city, county, town, grid ...")
    new.add_argument("--tz", default="", metavar="ZONE", help="its time zone (its parent's)")
    other = does.add_parser("rename", help="give it another name; cameras, past and acceptance stay")
    other.add_argument("unit", metavar="PATH")
    other.add_argument("name", metavar="NAME", help="the last name of its path only")
    to = does.add_parser("move", help="hang it, with all below it, under another unit")
    to.add_argument("unit", metavar="PATH")
    where = to.add_mutually_exclusive_group(required=True)
    where.add_argument("to", nargs="?", default="", metavar="PARENT", help="the path of the new parent")
    where.add_argument("--top", action="store_true", help="at the top of the tree")
    for one in (new, other, to):
        add_by(one)


def _add_divisions(commands: Any) -> None:
    lists: argparse.ArgumentParser = commands.add_parser(
        "divisions",
        help="administrative divisions (行政区划): load a list, say which code took another's place",
        description="Once divisions are loaded, an import tells of codes whose county is not among them.",
    )
    does = lists.add_subparsers(dest="act", metavar="ACT", required=True)
    load = does.add_parser("load", help="enter the divisions of a list; nothing is ever taken out by one")
    load.add_argument(
        "list",
        type=Path,
        metavar="LIST.csv",
        help="columns code (代码), name (名称), and where told level (级别), parent (上级代码)",
    )
    gone = does.add_parser("supersede", help="a division is in force no more, and another took its place")
    gone.add_argument("code", metavar="CODE")
    gone.add_argument("new", metavar="NEW")
    gone.add_argument(
        "--on", type=local_date, required=True, metavar="DATE", help="the first day of the new one"
    )
    for one in (load, gone):
        add_by(one)


def run_units(given: argparse.Namespace) -> int:
    """List the tree, or change it."""
    out = console()
    with opened(given.config) as home:
        match given.act:
            case "list":
                out.print(_unit_table(home))
            case "add":
                add_unit(
                    home, NewUnit(given.unit, given.kind, given.code, given.level, given.tz), actor_of(given)
                )
                out.print(
                    f"{given.unit} is set up; it is accepted by itself:  lenskeeper accept unit {given.unit}"
                )
            case "rename":
                rename_unit(home, given.unit, given.name, actor_of(given))
                out.print(f"{given.unit} is called {given.name} now; sheets must say so too")
            case "move":
                move_unit(home, given.unit, given.to, actor_of(given))
                where = f"under {given.to}" if given.to else "at the top"
                out.print(f"{given.unit} hangs {where}; reports follow, those of past days too")
    return 0


def _unit_table(home: Home) -> Table:
    table = Table("id", "unit", "kind", "level", "code", "time zone", "cameras", "accepted from")
    for line in unit_lines(home):
        unit = line.unit
        table.add_row(
            str(unit.unit_id), unit.path, unit.kind, unit.level, unit.code, unit.tz, str(line.cameras or ""),
            "" if line.accepted_from_s is None else str(date_of(local_day(line.accepted_from_s, unit.tz))),
        )  # fmt: skip
    return table


def run_divisions(given: argparse.Namespace) -> int:
    """Load, or supersede."""
    with opened(given.config) as home:
        if given.act == "load":
            count = load_divisions(home, given.list, actor_of(given))
            said = f"{count} divisions are entered; the next import is checked against them"
        else:
            supersede_division(home, given.code, given.new, date_of(given.on), actor_of(given))
            said = f"{given.code} is in force no more from {date_of(given.on)} on; {given.new} took its place"
    console().print(said)
    return 0


def run_backlog(given: argparse.Namespace) -> int:
    """List it, agree on a day for it, or close some of it."""
    if given.close and not given.because.strip():
        raise Invalid("say why it is closed: --because TEXT", field="because")
    if given.because and not given.close:
        raise Invalid("--because goes with --close CODE", field="because")
    out = console()
    with opened(given.config) as home:
        if given.agree is not None:
            count = agree_backlog(home, given.unit, given.agree, actor_of(given))
            out.print(f"{count} inherited faults shall be gone by {date_of(given.agree)}")
            return 0
        if given.close:
            count = close_backlog(home, given.close, given.because, actor_of(given))
            out.print(f"{count} inherited faults are closed: {given.because}")
            return 0
        lines, today = backlog(home, given.unit), local_day(home.now_s(), home.tz())
    table = Table("camera", "unit", "when accepted", "now", "agreed", "")
    for line in lines[:BACKLOG_LISTED_MAX]:
        owed = line.owed
        agreed = "" if owed.agreed_day is None else str(date_of(owed.agreed_day))
        late = "overdue" if owed.agreed_day is not None and owed.agreed_day < today else ""
        now = NAMES[Bucket(line.now)].en if line.now else "not in service"
        table.add_row(owed.name, line.path, NAMES[Bucket(owed.bucket)].en, now, agreed, late)
    out.print(table)
    overdue = sum(line.owed.agreed_day is not None and line.owed.agreed_day < today for line in lines)
    out.print(f"{len(lines)} inherited faults are open, {overdue} of them overdue")
    return 0
