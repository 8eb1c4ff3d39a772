"""`lenskeeper handover`: a shift shown and signed by two, and the eight-o'clock page."""

import argparse
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from rich.table import Table

from lenskeeper.base.days import zone_of
from lenskeeper.base.errors import Invalid
from lenskeeper.base.languages import Language
from lenskeeper.cli.dates import instant
from lenskeeper.cli.sheets import ROWS_SHOWN, sheet_table
from lenskeeper.cli.table import console
from lenskeeper.cli.whose import actor_named, actor_of, add_by
from lenskeeper.house.handover import (
    ShiftOrder,
    eight_json,
    eight_now,
    kept_shift,
    shift_now,
    sign,
    signed_shifts,
    tz_of,
    write_eight,
    write_shift,
)
from lenskeeper.house.home import Home, opened
from lenskeeper.reporting import eight
from lenskeeper.reporting.handover import Shift, Signed, facts_of, sheets_of

LISTED_MAX: Final = 50


def add_handover(commands: Any) -> None:
    """Declare the command and its acts."""
    shifts: argparse.ArgumentParser = commands.add_parser(
        "handover",
        help="the shift: what came, went, is late and was promised; signed by two. And the eight-o'clock page",
        description="A signed handover is frozen with its SHA-256; the next one begins where it ended.",
    )
    does = shifts.add_subparsers(dest="act", metavar="ACT", required=True)
    show = does.add_parser("show", help="the shift as the books stand; with a number, as it was signed")
    show.add_argument("number", type=int, nargs="?", metavar="N")
    _add_shift(show)
    _add_out(show, "handover.pdf, handover.xlsx or handover.json")
    put = does.add_parser("sign", help="freeze it with two names, which must differ")
    _add_shift(put)
    put.add_argument(
        "--giver", default="", metavar="NAME", help="who hands over (the account on this machine)"
    )
    put.add_argument("--taker", required=True, metavar="NAME", help="who takes over")
    put.add_argument("--note", action="append", default=[], metavar="TEXT", help="may be given again")
    put.add_argument("--sure", action="store_true", help="the notes hold no person's number or plate")
    _add_out(put, "handover.pdf, handover.xlsx or handover.json")
    add_by(put)
    does.add_parser("list", help="what was signed, the newest first")
    page = does.add_parser("eight", help="five figures, three sentences, the three worst")
    page.add_argument("--unit", default="", metavar="PATH", help="a unit with all below it (the topmost)")
    page.add_argument("--json", action="store_true", help="one line of JSON instead of the page")
    _add_out(page, "eight.pdf or eight.json")


def _add_shift(kind: argparse.ArgumentParser) -> None:
    kind.add_argument("--from", dest="begin", default="", metavar="TIME", help="(where the last one ended)")
    kind.add_argument("--until", default="", metavar="TIME", help="local time, as 2026-11-23 20:00 (now)")
    kind.add_argument("--unit", default="", metavar="PATH", help="a unit with all below it (all)")


def _add_out(kind: argparse.ArgumentParser, words: str) -> None:
    kind.add_argument("--to", type=Path, action="append", default=[], metavar="FILE", help=words)
    kind.add_argument("--language", choices=[one.value for one in Language], default="en", help="(en)")


def run_handover(given: argparse.Namespace) -> int:
    """One of the acts."""
    with opened(given.config) as home:
        match given.act:
            case "show":
                _show(home, given)
            case "sign":
                order = _order(home, given, given.note, is_sure=given.sure)
                done = sign(home, order, actor_named(given.giver), actor_named(given.taker), actor_of(given))
                _out(done.handover.shift, done, given)
            case "list":
                _list(home)
            case _:
                _eight(home, given)
    return 0


def _show(home: Home, given: argparse.Namespace) -> None:
    if given.number is None:
        _out(shift_now(home, _order(home, given)), None, given)
        return
    if given.begin or given.until or given.unit:
        raise Invalid("a signed handover is shown as it is: give its number alone", field="number")
    done = kept_shift(home, given.number)
    _out(done.handover.shift, done, given)


def _order(
    home: Home, given: argparse.Namespace, notes: Sequence[str] = (), *, is_sure: bool = False
) -> ShiftOrder:
    tz = tz_of(home, given.unit)
    return ShiftOrder(
        given.unit,
        instant(given.begin, tz, field="--from") if given.begin else None,
        instant(given.until, tz, field="--until") if given.until else None,
        notes,
        is_sure,
    )


def _out(shift: Shift, done: Signed | None, given: argparse.Namespace) -> None:
    out, language = console(), Language(given.language)
    for name, value in facts_of(shift, done, language):
        out.print(f"{name}: {value}")
    for sheet in sheets_of(shift, language):
        if sheet.rows:
            out.print(sheet_table(sheet, language, shift.tz))
            if len(sheet.rows) > ROWS_SHOWN:
                out.print(f"... and {len(sheet.rows) - ROWS_SHOWN} more; --to FILE.xlsx has them")
    for path in given.to:
        write_shift(shift, done, path, language)
        out.print(f"  {path}")


def _list(home: Home) -> None:
    zone = zone_of(home.tz())
    table = Table("no.", "unit", "from", "to", "handed over by", "taken over by", "signed", "sha256")
    for line in signed_shifts(home)[:LISTED_MAX]:
        a, b, at = (
            f"{datetime.fromtimestamp(at_s, zone):%Y-%m-%d %H:%M}"
            for at_s in (line.from_s, line.to_s, line.signed_s)
        )
        table.add_row(
            str(line.number), line.unit or "all", a, b, line.giver, line.taker, at, line.sha256[:16]
        )
    console().print(table)


def _eight(home: Home, given: argparse.Namespace) -> None:
    out, language = console(), Language(given.language)
    page = eight_now(home, given.unit)
    if given.json:
        sys.stdout.write(eight_json(page, language).decode())
    else:
        out.print(f"{eight.title_of(page, language)}  {page.unit}", style="bold")
        table = Table(show_header=False)
        for name, value, beside in eight.figures(page, language):
            table.add_row(name, value, beside)
        out.print(table)
        for number, sentence in enumerate(eight.sentences(page, language), start=1):
            out.print(f"{number}. {sentence}")
        worst = eight.worst_sheet(page, language)
        out.print(sheet_table(worst, language, page.tz) if worst.rows else eight.text("none", language))
    for path in given.to:
        write_eight(page, path, language)
        if not given.json:
            out.print(f"  {path}")
