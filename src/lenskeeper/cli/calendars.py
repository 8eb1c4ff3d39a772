"""`lenskeeper calendars`: working hours, holidays and guarantee periods, by which the clocks of contracts run."""

import argparse
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from rich.table import Table

from lenskeeper.base.days import zone_of
from lenskeeper.base.errors import Invalid
from lenskeeper.cli.dates import duration, duration_in_words, instant
from lenskeeper.cli.table import console
from lenskeeper.cli.whose import actor_of, add_by
from lenskeeper.house.calendars import (
    add_guarantee,
    calendar_lines,
    guarantees,
    load_year,
    points_said,
    revoke_guarantee,
    set_calendar,
)
from lenskeeper.house.home import Home, opened
from lenskeeper.tickets.calendar_lists import hours_in_words
from lenskeeper.tickets.rows_calendars import NewGuarantee

USUAL_HOURS: Final = "Mon-Fri 08:30-12:00,13:30-17:30"


def add_calendars(commands: Any) -> None:
    """Declare the command and its options."""
    calendars: argparse.ArgumentParser = commands.add_parser(
        "calendars",
        help="working hours, holidays and guarantee periods, by which clocks of repair run",
        description="A contract without a calendar runs around the clock, and so does a guarantee period.",
    )
    does = calendars.add_subparsers(dest="act", metavar="ACT", required=True)
    does.add_parser("list", help="the calendars there are, and for which years their holidays are loaded")
    new = does.add_parser("set", help="set a calendar up, or change its hours; its holidays stay")
    new.add_argument("name", metavar="NAME")
    new.add_argument(
        "--hours", required=True, metavar="HOURS", help=f'"{USUAL_HOURS}"; several with ; between'
    )
    new.add_argument("--tz", default="", metavar="ZONE", help="whose wall clock (that of the topmost unit)")
    load = does.add_parser(
        "load",
        help="put a list of holidays and make-up working days in the place of a year's",
        description="CSV or XLSX with a header: date (日期), kind (安排: holiday 休 or work 班), and where told "
        "to (结束日期) and name (名称). A faulty row is told, and then nothing is changed.",
    )
    load.add_argument("name", metavar="NAME")
    load.add_argument("list", type=Path, metavar="FILE")
    load.add_argument("--year", type=int, required=True, metavar="YYYY")
    acts = [new, load, *_add_guarantee(does)]
    for one in acts:
        add_by(one)


def _add_guarantee(does: Any) -> list[argparse.ArgumentParser]:
    periods: argparse.ArgumentParser = does.add_parser(
        "guarantee",
        help="guarantee periods (重大活动保障): named cameras, tighter clocks, frozen works",
    )
    kinds = periods.add_subparsers(dest="kind", metavar="ACT", required=True)
    kinds.add_parser("list", help="the periods there are, newest first")
    add: argparse.ArgumentParser = kinds.add_parser("add", help="enter one")
    add.add_argument("name", metavar="NAME")
    add.add_argument("--from", dest="begin", required=True, metavar="TIME", help='local: "2026-11-23 08:00"')
    add.add_argument("--to", dest="end", required=True, metavar="TIME", help='local: "2026-11-27 20:00"')
    whom = add.add_mutually_exclusive_group(required=True)
    whom.add_argument(
        "--points", nargs="+", default=[], metavar="CODE", help="cameras, or a file with one code a line"
    )
    whom.add_argument(
        "--unit", default="", metavar="PATH", help="all cameras of a unit and below it, today's"
    )
    add.add_argument("--respond", type=duration, required=True, metavar="TIME", help="15m, 1h")
    add.add_argument(
        "--restore", type=duration, required=True, metavar="TIME", help="2h, 1d; around the clock"
    )
    add.add_argument("--freeze-works", action="store_true", help="no planned work may be entered for them")
    add.add_argument("--document", required=True, metavar="TEXT", help="what orders it")
    undo: argparse.ArgumentParser = kinds.add_parser("revoke", help="end one now; what went before stays")
    undo.add_argument("number", type=int, metavar="N")
    undo.add_argument("--reason", required=True, metavar="TEXT")
    undo.add_argument("--wholly", action="store_true", help="it was a mistake: as if it had never been")
    return [add, undo]


def run_calendars(given: argparse.Namespace) -> int:
    """One of the acts."""
    out = console()
    with opened(given.config) as home:
        match given.act:
            case "list":
                _list(home)
            case "set":
                anew = set_calendar(home, given.name, given.tz, given.hours, actor_of(given))
                out.print(f"calendar {given.name} is set{_anew(anew)}")
                out.print(f"Next:  lenskeeper calendars load {given.name} FILE --year YYYY")
            case "load":
                days, anew = load_year(home, given.name, given.list, given.year, actor_of(given))
                out.print(f"{days} days of {given.year} are loaded into {given.name}{_anew(anew)}")
            case "guarantee":
                _guarantee(home, given)
    return 0


def _list(home: Home) -> None:
    table = Table("calendar", "time zone", "hours", "years loaded (days)")
    lines = calendar_lines(home)
    for line in lines:
        years = ", ".join(f"{year} ({count})" for year, count in line.years.items())
        table.add_row(line.calendar.name, line.calendar.tz, hours_in_words(line.calendar.hours), years)
    out = console()
    out.print(table)
    for line in lines:
        if line.lacks_year is not None:
            out.print(
                f"no holidays of {line.lacks_year} are loaded into {line.calendar.name}: its clocks run on all weekdays"
            )


def _guarantee(home: Home, given: argparse.Namespace) -> None:
    match given.kind:
        case "list":
            _list_guarantees(home)
        case "add":
            _enter(home, given)
        case "revoke":
            gone, anew = revoke_guarantee(
                home, given.number, given.reason, actor_of(given), wholly=given.wholly
            )
            console().print(f"guarantee period {given.number} ({gone.period.name}) is revoked{_anew(anew)}")


def _enter(home: Home, given: argparse.Namespace) -> None:
    tz = home.tz()
    begin, end = instant(given.begin, tz, field="from"), instant(given.end, tz, field="to")
    if end <= begin:
        raise Invalid("the period ends before it begins: correct --from and --to", field="to")
    points = tuple(points_said(home, given.points, given.unit))
    new = NewGuarantee(
        name=given.name, from_s=begin, to_s=end, respond_s=given.respond, restore_s=given.restore,
        document=given.document, points=points, freezes_works=given.freeze_works,
    )  # fmt: skip
    made = add_guarantee(home, new, actor_of(given))
    out = console()
    out.print(
        f"guarantee period {made.period.guarantee_id} ({made.period.name}) holds for {made.points} cameras"
        + _anew(made.tickets)
    )
    for plan in made.clashing:
        out.print(
            f"plan {plan.plan_id} falls into it ({plan.reason}):  "
            f"lenskeeper maintenance revoke {plan.plan_id} --reason TEXT"
        )


def _list_guarantees(home: Home) -> None:
    zone = zone_of(home.tz())
    table = Table(
        "no.", "name", "from", "to", "cameras", "respond", "restore", "works", "document", "standing"
    )
    now_s = home.now_s()
    for one in guarantees(home):
        said = one.period
        begin, end = (f"{datetime.fromtimestamp(s, zone):%Y-%m-%d %H:%M}" for s in (said.from_s, said.to_s))
        if one.revoked_s is not None:
            standing = f"revoked {datetime.fromtimestamp(one.revoked_s, zone):%Y-%m-%d %H:%M}"
        else:
            standing = "to come" if now_s < said.from_s else "over" if said.to_s <= now_s else "holds"
        table.add_row(
            str(said.guarantee_id), said.name, begin, end, str(one.points), duration_in_words(said.respond_s),
            duration_in_words(said.restore_s), "frozen" if said.freezes_works else "", one.document, standing,
        )  # fmt: skip
    console().print(table)


def _anew(tickets: int) -> str:
    return f"; the clocks of {tickets} open tickets were worked out anew" if tickets else ""
