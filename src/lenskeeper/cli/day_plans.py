"""`lenskeeper plan`: what the rounds will send, and a crew's day with its work sheet."""

import argparse
import re
from collections import Counter
from pathlib import Path
from typing import Any, Final

from rich.table import Table

from lenskeeper.base.access import Scope
from lenskeeper.base.days import date_of
from lenskeeper.base.languages import Language
from lenskeeper.cli.camera import add_probe_plan, run_probe_plan
from lenskeeper.cli.dates import local_date
from lenskeeper.cli.table import console
from lenskeeper.cli.whose import actor_of, add_by
from lenskeeper.house.day_plans import (
    DayOrder,
    day_lines,
    day_of_number,
    drop_day,
    finish_stop,
    make_day,
    read_sheet_back,
    write_sheet,
)
from lenskeeper.house.home import Home, opened
from lenskeeper.inventory.geodesy import Pair
from lenskeeper.reporting.work_sheet import (
    crew_of,
    day_text,
    height_text,
    loads,
    needs_text,
    part_text,
    task_text,
    task_title,
)
from lenskeeper.tickets.day_codes import spelt_out
from lenskeeper.tickets.day_plan import STOPS_MAX, STOPS_MIN, WORK_MINUTES, LeftOut, Permit
from lenskeeper.tickets.routing import Desk
from lenskeeper.tickets.rows_day_plans import Finished, Planned

LEFT_OUT_SHOWN: Final = 30  # the rest is counted, by reason
HELD: Final = (Permit.NONE, Permit.LANE, Permit.POSSESSION)


def add_plan(commands: Any) -> None:
    """Declare the commands and their options."""
    plan: argparse.ArgumentParser = commands.add_parser(
        "plan",
        help="what the rounds will send into a network; a crew's day, its work sheet, and what comes back",
    )
    kinds = plan.add_subparsers(dest="of", metavar="KIND", required=True)
    add_probe_plan(kinds)
    day: argparse.ArgumentParser = kinds.add_parser(
        "day",
        help="a crew's day: the urgent work first, what lies near, and cleanings on the way",
        description="Several tickets at one pole or site are one stop. Cleanings due within 30 days come along where they "
        "lie on the way. What cannot be done is left out with the reason.",
    )
    does = day.add_subparsers(dest="act", metavar="ACT", required=True)
    _add_make(does)
    does.add_parser("list", help="the last plans, the newest first")
    _of_plan(does, "show", "one plan: its stops in order, their codes, what to load")
    sheet = _of_plan(does, "sheet", "the work sheet as .pdf to be printed, or as .xlsx to be filled in")
    sheet.add_argument("--to", type=Path, required=True, metavar="FILE", help=".pdf or .xlsx")
    sheet.add_argument(
        "--language", choices=[one.value for one in Language], default="en", help="of the file (en)"
    )
    back = does.add_parser(
        "read", help="an .xlsx that the crew filled in: all of it, or with any fault nothing"
    )
    back.add_argument("file", type=Path, metavar="FILE")
    done = does.add_parser("done", help="a completion code was read out: its stop is done")
    done.add_argument(
        "code", metavar="CODE", help="six signs, as printed beside the square, or what was scanned"
    )
    done.add_argument("--words", default="", metavar="TEXT", help="what the crew says")
    done.add_argument("--part", action="append", default=[], metavar="TEXT", help="a part that was used")
    for each in (back, done):
        each.add_argument("--sure", action="store_true", help="the words hold no person's number or plate")
        add_by(each)
    add_by(_of_plan(does, "drop", "give a plan up: its work is free again, its codes end"))


def _of_plan(does: Any, name: str, told: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = does.add_parser(name, help=told)
    parser.add_argument("number", type=int, metavar="N")
    return parser


def _add_make(does: Any) -> None:
    make: argparse.ArgumentParser = does.add_parser(
        "make", help="choose the work of a day and keep it as a plan"
    )
    make.add_argument("day", type=local_date, metavar="DATE")
    whose = make.add_mutually_exclusive_group(required=True)
    whose.add_argument("--contract", default="", metavar="NAME", help="the crew of this contract")
    whose.add_argument(
        "--desk", type=Desk, choices=list(Desk), metavar="DESK", help=", ".join(each.value for each in Desk)
    )
    make.add_argument("--district", default="", metavar="CODE", help="divisions whose code begins so")
    make.add_argument("--street", default="", metavar="WORD", help="addresses with this word")
    make.add_argument("--height-max", type=float, metavar="M", help="how far the bucket reaches, in metres")
    make.add_argument(
        "--permit", type=Permit, choices=list(HELD), default=Permit.NONE, metavar="PERMIT",
        help="what the crew holds that day: none, lane (occupying a lane), possession (of a railway line)",
    )  # fmt: skip
    make.add_argument("--night", action="store_true", help="the night that begins on that day, 20 h to 6 h")
    make.add_argument(
        "--start", type=_place, metavar="LON,LAT", help="where it sets out, WGS-84 (west: --start=-3.7,40.4)"
    )
    make.add_argument(
        "--stops", type=_stops, default=(STOPS_MIN, STOPS_MAX), metavar="FEWEST..MOST",
        help=f"beyond the fewest only what is on the way ({STOPS_MIN}..{STOPS_MAX})",
    )  # fmt: skip
    make.add_argument(
        "--hours",
        type=float,
        default=WORK_MINUTES / 60,
        metavar="H",
        help=f"of work and driving ({WORK_MINUTES / 60:g})",
    )
    add_by(make)


def _place(text: str) -> Pair:
    try:
        lon, lat = (float(part) for part in text.split(","))
    except ValueError:
        lon, lat = 999.0, 999.0
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no place: write LON,LAT in degrees, such as 120.155,30.274"
        )
    return lon, lat


def _stops(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{1,3})(?:\.\.(\d{1,3}))?", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no range of stops: write 12..18, or one number")
    return int(match[1]), int(match[2] or match[1])


def run_plan(given: argparse.Namespace) -> int:
    """The plan of probes, or a day's."""
    if given.of == "probes":
        return run_probe_plan(given)
    out = console()
    with opened(given.config) as home:
        match given.act:
            case "make":
                _make(home, given)
            case "list":
                out.print(_list(home))
            case "show":
                _show(day_of_number(home, Scope.ALL, given.number))
            case "sheet":
                write_sheet(home, Scope.ALL, given.number, given.to, Language(given.language))
                out.print(f"  {given.to}")
            case "read":
                return _read(home, given)
            case "done":
                done = finish_stop(
                    home, Scope.ALL, given.code, actor_of(given), words=given.words, parts_used=given.part,
                    is_sure=given.sure,
                )  # fmt: skip
                out.print(_finished(done))
            case "drop":
                drop_day(home, Scope.ALL, given.number, actor_of(given))
                out.print(f"plan {given.number} is dropped; its work can be planned again")
    return 0


def _make(home: Home, given: argparse.Namespace) -> None:
    fewest, most = given.stops
    order = DayOrder(
        day=given.day, contract=given.contract, desk=given.desk or Desk.CONTRACTOR, district=given.district,
        street=given.street, height_m_max=given.height_max, permit=given.permit, night=given.night, start=given.start,
        stops_min=fewest, stops_max=most, minutes=round(given.hours * 60),
    )  # fmt: skip
    made = make_day(home, Scope.ALL, order, actor_of(given))
    _show(made.plan)
    _show_left_out(made.left_out)
    console().print(f"the sheet:  lenskeeper plan day sheet {made.plan.plan_id} --to day.pdf")


def _list(home: Home) -> Table:
    table = Table("plan", "day", "crew", "stops", "done", "")
    for line in day_lines(home, Scope.ALL):
        dropped = "dropped" if line.dropped_s is not None else ""
        table.add_row(
            str(line.plan_id), str(date_of(line.day)), line.contract or line.desk.value, str(line.stops), str(line.done),
            dropped,
        )  # fmt: skip
    return table


def _show(plan: Planned) -> None:
    out, en = console(), Language.EN
    dropped = "; dropped" if plan.dropped_s is not None else ""
    table = Table(
        "stop", "code", "where", "km", "min", "height", "permit", "work", "",
        title=f"plan {plan.plan_id}: {crew_of(plan, en)}, {day_text(plan, en)}{dropped}", title_justify="left",
    )  # fmt: skip
    for halt in plan.halts:
        work = "\n".join(f"{task_title(task, en)}: {task_text(task, en)}" for task in halt.tasks)
        table.add_row(
            str(halt.number), spelt_out(halt.code), "\n".join(filter(None, (halt.name, halt.address))),
            f"{halt.leg_m / 1000:.1f}", str(halt.minutes), height_text(halt, en), needs_text(halt, en), work,
            "" if halt.done_s is None else "done",
        )  # fmt: skip
    out.print(table)
    load = ", ".join(part_text(part, n, en) for part, n in loads(plan)) or "nothing"
    out.print(f"to load: {load}")
    hours, minutes = divmod(plan.minutes, 60)
    out.print(
        f"{len(plan.halts)} stops, {plan.length_m / 1000:.1f} km in straight lines, {hours} h {minutes} min"
    )


def _show_left_out(left: tuple[LeftOut, ...]) -> None:
    if not left:
        return
    out = console()
    counts = Counter(each.reason.value for each in left)
    out.print(f"left out: {', '.join(f'{n} {reason}' for reason, n in counts.most_common())}")
    for each in left[:LEFT_OUT_SHOWN]:
        what = f"ticket {each.job.of}" if each.job.cause else f"cleaning ({each.job.what})"
        out.print(f"  {what} at {each.job.name}: {each.reason.value}")
    if len(left) > LEFT_OUT_SHOWN:
        out.print(f"  and {len(left) - LEFT_OUT_SHOWN} more")


def _finished(done: Finished) -> str:
    parts = [f"ticket {ticket_id} is done" for ticket_id in done.tickets]
    if done.cleanings:
        parts.append(f"{done.cleanings} cleaned")
    parts += [
        f"ticket {ticket_id} is {stage} already and was left as it is" for ticket_id, stage in done.passed
    ]
    return f"stop {done.number} of plan {done.plan_id} ({done.name}): {'; '.join(parts) or 'nothing was open any more'}"


def _read(home: Home, given: argparse.Namespace) -> int:
    back = read_sheet_back(home, Scope.ALL, given.file, actor_of(given), is_sure=given.sure)
    out = console()
    for done in back.finished:
        out.print(_finished(done))
    out.print(f"{len(back.finished)} stops are done, {back.before} were before, {back.undone} are not done")
    return 1 if back.undone else 0
