"""`lenskeeper contracts`: who keeps which cameras by what terms, and what a month of it costs the contractor."""

import argparse
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from rich.table import Table
from rich.text import Text

from lenskeeper.base.days import date_of, zone_of
from lenskeeper.base.errors import Invalid
from lenskeeper.base.languages import Language
from lenskeeper.cli.dates import duration_in_words, local_date
from lenskeeper.cli.table import console
from lenskeeper.cli.whose import actor_of, add_by
from lenskeeper.house.calendars import points_said
from lenskeeper.house.contracts import (
    Changes,
    NewContract,
    add_contract,
    add_points,
    amend_contract,
    contract_lines,
    month_of,
    remove_points,
    shown_contract,
    write_month,
)
from lenskeeper.house.home import Home, opened
from lenskeeper.reporting.tables import money_text, plain_rows
from lenskeeper.reporting.tables_contract import Month, facts_sheet, lines_sheet
from lenskeeper.tickets.contracts import Contract, Terms

POINTS_LISTED_MAX: Final = 40
NO_CALENDAR: Final = "none"


def add_contracts(commands: Any) -> None:
    """Declare the command and its options."""
    top: argparse.ArgumentParser = commands.add_parser(
        "contracts",
        help="contracts of maintenance: their lots, their terms, and the deductions of a month line by line",
        description="A lot runs across departments; a camera is in one lot at a time.",
    )
    does = top.add_subparsers(dest="act", metavar="ACT", required=True)
    does.add_parser("list", help="the contracts there are, and how many cameras each keeps")
    acts = [_add_new(does), _add_amend(does), _add_points(does)]
    show = does.add_parser("show", help="its terms and its cameras")
    show.add_argument("name", metavar="NAME")
    month = does.add_parser("month", help="the deductions of a month, each with its arithmetic or its reason")
    month.add_argument("name", metavar="NAME")
    month.add_argument("month", metavar="YYYY-MM")
    month.add_argument("--to", type=Path, metavar="FILE", help="write it as .pdf, .xlsx or .csv")
    month.add_argument("--language", choices=[one.value for one in Language], default="en", help="(en)")
    for one in acts:
        add_by(one)


def _add_new(does: Any) -> argparse.ArgumentParser:
    new: argparse.ArgumentParser = does.add_parser("add", help="enter a contract that was signed")
    new.add_argument("name", metavar="NAME", help="of the contract, or of its lot")
    new.add_argument("--contractor", required=True, metavar="FIRM")
    new.add_argument("--document", required=True, metavar="TEXT", help="its number")
    new.add_argument(
        "--from", dest="begin", type=local_date, required=True, metavar="DATE", help="its first day"
    )
    new.add_argument("--to", dest="end", type=local_date, required=True, metavar="DATE", help="its last day")
    new.add_argument(
        "--terms",
        type=Path,
        required=True,
        metavar="FILE.toml",
        help="clocks, fee, penalties, warranty, lease",
    )
    new.add_argument(
        "--calendar", default="", metavar="NAME", help="by whose hours its clocks run (around the clock)"
    )
    return new


def _add_amend(does: Any) -> argparse.ArgumentParser:
    change: argparse.ArgumentParser = does.add_parser(
        "amend",
        help="change what a supplement to it changes",
        description="Months that are over stay settled by the terms that stood when they ended; the audit log keeps them.",
    )
    change.add_argument("name", metavar="NAME")
    change.add_argument("--document", required=True, metavar="TEXT", help="the number of the supplement")
    change.add_argument("--contractor", metavar="FIRM")
    change.add_argument("--to", dest="end", type=local_date, metavar="DATE", help="its last day")
    change.add_argument("--terms", type=Path, metavar="FILE.toml", help="in the place of all its terms")
    change.add_argument("--calendar", metavar="NAME", help=f"{NO_CALENDAR}: around the clock")
    change.add_argument(
        "--correction",
        action="store_true",
        help="what was entered was wrong from the beginning: months that are over change, too",
    )
    return change


def _add_points(does: Any) -> argparse.ArgumentParser:
    lot: argparse.ArgumentParser = does.add_parser(
        "points", help="put cameras into its lot, or take them out"
    )
    lot.add_argument("name", metavar="NAME")
    way = lot.add_mutually_exclusive_group(required=True)
    way.add_argument("--add", nargs="*", metavar="CODE", help="put these cameras in")
    way.add_argument("--remove", nargs="*", metavar="CODE", help="take these cameras out")
    lot.add_argument("--file", type=Path, metavar="LIST", help="codes from a file, one a line")
    lot.add_argument("--unit", default="", metavar="PATH", help="all cameras of a unit and below it, today's")
    lot.add_argument(
        "--on", type=local_date, metavar="DATE", help="from this day on (today, or the contract's first day)"
    )
    return lot


def run_contracts(given: argparse.Namespace) -> int:
    """List, enter, amend, fill, show, or settle a month."""
    with opened(given.config) as home:
        match given.act:
            case "list":
                console().print(_list(home))
            case "add":
                _run_add(home, given)
            case "amend":
                _run_amend(home, given)
            case "points":
                _run_points(home, given)
            case "show":
                _run_show(home, given)
            case "month":
                _run_month(home, given)
    return 0


def _run_add(home: Home, given: argparse.Namespace) -> None:
    new = NewContract(
        given.name, given.contractor, given.document, given.begin, given.end, given.terms, given.calendar
    )
    made = add_contract(home, new, actor_of(given))
    out = console()
    out.print(f"{made.name} is entered; its lot is empty")
    out.print(f"next:  lenskeeper contracts points {made.name!r} --add CODE ...")


def _run_amend(home: Home, given: argparse.Namespace) -> None:
    calendar = "" if given.calendar == NO_CALENDAR else given.calendar
    changes = Changes(given.document, given.contractor, given.end, calendar, given.terms, given.correction)
    after, tickets = amend_contract(home, given.name, changes, actor_of(given))
    console().print(f"{after.name} is amended by {after.document}; {tickets} open tickets have new clocks")


def _run_points(home: Home, given: argparse.Namespace) -> None:
    codes = given.remove if given.add is None else given.add
    if bool(given.unit) == bool(codes or given.file):
        raise Invalid("name cameras by CODE or --file, or a --unit", field="codes")
    named = [*codes, *([str(given.file)] if given.file else [])]
    if given.file and not given.file.is_file():
        raise Invalid(f"there is no file {given.file}", field="file")
    points = points_said(home, named, given.unit)
    if given.add is not None:
        count = add_points(home, given.name, points, given.on, actor_of(given))
        said = f"{count} cameras are in the lot of {given.name} now; {len(points) - count} were already"
    else:
        count = remove_points(home, given.name, points, given.on, actor_of(given))
        said = f"{count} cameras are out of the lot of {given.name}"
    console().print(said)


def _run_show(home: Home, given: argparse.Namespace) -> None:
    one, points = shown_contract(home, given.name)
    out = console()
    table = Table(box=None, pad_edge=False, show_header=False)
    for name, value in _said(one).items():
        table.add_row(name, Text(value))
    out.print(table)
    listed = Table("camera", "code", "class", "in the lot from", "to")
    zone = zone_of(one.tz)
    for each in points[:POINTS_LISTED_MAX]:
        begins, ends = (datetime.fromtimestamp(s, zone) for s in (each.from_s, each.to_s))
        listed.add_row(
            Text(each.name), each.code, str(each.klass), f"{begins:%Y-%m-%d %H:%M}", f"{ends:%Y-%m-%d %H:%M}"
        )
    out.print(listed)
    more = f"; the first {POINTS_LISTED_MAX} are shown" if len(points) > POINTS_LISTED_MAX else ""
    out.print(f"{len(points)} cameras are in its lot{more}")


def _run_month(home: Home, given: argparse.Namespace) -> None:
    language, month = Language(given.language), month_of(home, given.name, given.month)
    out = console()
    if given.to:
        write_month(month, given.to, language)
        total = month.settlement.total_cents
        out.print(f"{given.to}: {len(month.settlement.lines)} lines, {money_text(total)} deducted")
        return
    _print_month(month, language)


def _print_month(month: Month, language: Language) -> None:
    out = console()
    for sheet in (
        facts_sheet(month, language),
        lines_sheet(month.settlement, month.terms, language),
    ):
        table = Table(*(heading.title for heading in sheet.headings), title=sheet.title, title_justify="left")
        for row in plain_rows(sheet, language, month.period.tz):
            table.add_row(*(Text(cell) for cell in row))
        out.print(table)
        if sheet.note:
            out.print(sheet.note)


def _list(home: Home) -> Table:
    table = Table("contract", "contractor", "document", "from", "to", "calendar", "cameras", "state")
    for line in contract_lines(home):
        one = line.contract
        table.add_row(
            Text(one.name), Text(one.contractor), Text(one.document), str(date_of(one.from_day)),
            str(date_of(one.to_day - 1)), one.calendar or "around the clock", str(line.points), line.state,
        )  # fmt: skip
    return table


def _said(one: Contract) -> Mapping[str, str]:
    terms = one.terms
    clocks = {
        f"class {klass}": f"answer within {duration_in_words(clock.respond_s)}, restore within "
        f"{duration_in_words(clock.restore_s)}"
        for klass in (1, 2, 3)
        for clock in (terms.clock(klass),)
    }
    facts = {
        "contract": one.name,
        "contractor": one.contractor,
        "document": one.document,
        "in force": f"{date_of(one.from_day)} to {date_of(one.to_day - 1)}",
        "calendar": one.calendar or "around the clock",
        **clocks,
        "tickets a day": str(terms.tickets_per_day_max),
        "to answer whose it is": duration_in_words(terms.answer_s),
    }
    if terms.warranty_months:
        facts["warranty"] = f"{terms.warranty_months} months"
    if terms.lease_end_day is not None:
        facts["leased until"] = str(date_of(terms.lease_end_day))
    return facts | _money(terms)


def _money(terms: Terms) -> dict[str, str]:
    said = terms.penalties
    hours = f", at most {said.late_restore_hours_max} of one failure" if said.late_restore_hours_max else ""
    target = said.online_target_hundredths
    amounts = {
        "monthly fee": (terms.monthly_fee_cents, ""),
        "late response": (said.late_response_cents, " each"),
        "late restore": (said.late_restore_hour_cents, f" a started hour{hours}"),
        "repeated fault": (said.repeated_fault_cents, " each"),
        "online rate": (
            said.online_tenth_cents,
            f" a started 0.1 point below {target // 100}.{target % 100:02d} %",
        ),
        "dirty picture": (said.dirty_picture_cents, " each"),
    }
    told = {name: money_text(cents) + words for name, (cents, words) in amounts.items() if cents}
    if terms.cap_cents is not None:
        told["at most a month"] = f"{money_text(terms.cap_cents)} ({said.cap_percent} % of the fee)"
    return told
