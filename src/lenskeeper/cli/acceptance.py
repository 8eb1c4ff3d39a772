"""`lenskeeper accept`: a unit of an inherited fleet taken over, and a batch of new cameras accepted by a signed sheet."""

import argparse
import shlex
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from rich.table import Table

from lenskeeper.base.days import date_of
from lenskeeper.base.languages import Language
from lenskeeper.cli.dates import local_date
from lenskeeper.cli.table import console
from lenskeeper.cli.whose import actor_named, actor_of, add_by
from lenskeeper.house import acceptance
from lenskeeper.house.acceptance import BatchOrder, Shown, write_sheet
from lenskeeper.house.home import Home, opened
from lenskeeper.house.process import run_loop
from lenskeeper.house.register import accept
from lenskeeper.reporting.tables import instant_text, plain_rows
from lenskeeper.reporting.tables_acceptance import (
    WORDS,
    acceptance_facts,
    points_table,
    remarks_table,
    summary_table,
    text,
)
from lenskeeper.reporting.takeover import NAMES, Bucket
from lenskeeper.tickets.acceptance import AcceptanceSheet, Check, Word, counted

LISTED_MAX: Final = 60  # rows; the files have all
NOT_WELL: Final = 1


def add_acceptance(commands: Any) -> None:
    """Declare the commands and their options."""
    take: argparse.ArgumentParser = commands.add_parser(
        "accept",
        help="accept a unit of an inherited fleet, or a batch of new cameras by a signed sheet",
        description="From when cameras are ours to keep: a unit as it is, with its faults as backlog; or a batch of new "
        "ones, once all that the tender demands has passed.",
    )
    does = take.add_subparsers(dest="what", metavar="WHAT", required=True)
    _add_unit(does)
    batch: argparse.ArgumentParser = does.add_parser(
        "batch",
        help="a batch of new cameras: watched for 72 hours, then signed by two people",
        description="Until it is signed its cameras are looked at, count in no figure and open no ticket. What was not "
        "tested is untested and never passed.",
    )
    acts = batch.add_subparsers(dest="act", metavar="ACT", required=True)
    acts.add_parser("list", help="all batches, the last first")
    _add_begin(acts)
    _add_small(acts)
    _add_sign(acts)


def _add_unit(does: Any) -> None:
    unit: argparse.ArgumentParser = does.add_parser(
        "unit",
        help="accept a unit from a date on; what is faulty now becomes backlog with an agreed date",
        description="Until a unit is accepted, its faults open no ticket. Old faults never become new ones.",
    )
    unit.add_argument("unit", metavar="PATH", help="the unit, with all below it")
    unit.add_argument(
        "--from", dest="from_day", type=local_date, required=True, metavar="DATE", help="from when"
    )
    unit.add_argument(
        "--backlog-by", type=local_date, metavar="DATE", help="by when the old faults shall be gone"
    )
    unit.add_argument("--document", required=True, metavar="NO", help="by which document")


def _add_begin(acts: Any) -> None:
    new: argparse.ArgumentParser = acts.add_parser(
        "begin",
        help="begin a batch: from now on it is watched",
        description="Its points are on trial from now on: looked at like any other, counted nowhere.",
    )
    new.add_argument("name", metavar="NAME", help="of the batch")
    new.add_argument(
        "--points", nargs="+", default=[], metavar="CODE", help="codes, or files with a code in each line"
    )
    new.add_argument("--import", dest="import_id", type=int, metavar="N", help="all that this import brought")
    new.add_argument("--unit", default="", metavar="PATH", help="all of a unit and below it")
    new.add_argument(
        "--tender", type=Path, required=True, metavar="FILE.toml", help="what the tender demands"
    )
    new.add_argument("--document", required=True, metavar="NO", help="the contract or delivery note")
    new.add_argument(
        "--districts",
        type=Path,
        metavar="FILE.geojson",
        help="boundaries: WGS-84 polygons with a property code",
    )
    add_by(new)


def _add_small(acts: Any) -> None:
    look: argparse.ArgumentParser = acts.add_parser(
        "measure",
        help="visit each main stream once: resolution, codec, bitrate, time between key frames",
        description="One visit of three key frames to the main stream of each point; no picture is decoded or kept.",
    )
    look.add_argument("name", metavar="NAME")
    add_by(look)
    show: argparse.ArgumentParser = acts.add_parser(
        "show",
        help="how a batch stands, or the sheet as it was signed",
        description="Exit code 1: not all of it has passed.",
    )
    show.add_argument("name", metavar="NAME")
    _add_files(show)
    said: argparse.ArgumentParser = acts.add_parser(
        "answer",
        help="what a person saw: the sign is there; or what we could not test",
        description="A person may fail any check, and pass only what we could not test and he can see. The last answer "
        "holds. No photograph is kept.",
    )
    said.add_argument("name", metavar="NAME")
    said.add_argument("code", metavar="CODE", help="of the point")
    said.add_argument("check", choices=[each.value for each in Check], metavar="CHECK", help=", ".join(Check))
    said.add_argument("word", choices=["passed", "failed"])
    said.add_argument("--words", required=True, metavar="TEXT", help="what was seen, where and when")
    add_by(said)
    gone: argparse.ArgumentParser = acts.add_parser(
        "drop", help="end a batch that nobody will sign; its points count as their dates of service say"
    )
    gone.add_argument("name", metavar="NAME")
    gone.add_argument("--because", required=True, metavar="TEXT", help="why")
    add_by(gone)


def _add_sign(acts: Any) -> None:
    put: argparse.ArgumentParser = acts.add_parser(
        "sign",
        help="accept a batch: the sheet is frozen, service and warranty begin",
        description="Refused before the time is over, and while a point has failed or is untested that is not left out.",
    )
    put.add_argument("name", metavar="NAME")
    put.add_argument(
        "--leave-out", nargs="+", action="extend", default=[], metavar="CODE",
        help="points that are not accepted; the sheet says so, and they stay on trial",
    )  # fmt: skip
    put.add_argument("--by", required=True, metavar="NAME", help="who signs")
    put.add_argument("--with", dest="beside", required=True, metavar="NAME", help="who signs with him")
    _add_files(put)


def _add_files(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--to", type=Path, action="append", default=[], metavar="FILE",
        help="the sheet as .pdf, .xlsx, or .json (the very bytes that were signed)",
    )  # fmt: skip
    command.add_argument("--language", choices=["en", "zh-CN"], default="en", help="of the sheet (en)")


def run_accept(given: argparse.Namespace) -> int:
    """A unit, or an act upon a batch."""
    with opened(given.config) as home:
        return _accept_unit(home, given) if given.what == "unit" else ACTS[given.act](home, given)


def _accept_unit(home: Home, given: argparse.Namespace) -> int:
    """Accept, and say what became backlog."""
    done = accept(
        home, given.unit, from_day=given.from_day, agreed_day=given.backlog_by, document=given.document
    )
    out = console()
    out.print(f"{done.unit} is accepted from {date_of(given.from_day)} on")
    for bucket, count in done.backlog.items():
        out.print(f"  backlog: {count} {NAMES[Bucket(bucket)].en}")
    return 0


def _begin(home: Home, given: argparse.Namespace) -> int:
    order = BatchOrder(
        given.name,
        given.tender,
        given.document,
        acceptance.codes_in(given.points),
        given.import_id,
        given.unit,
        given.districts,
    )
    made, count = acceptance.begin(home, order, actor_of(given))
    over = instant_text(made.began_s + made.tender.watched_s, made.tz)
    out = console()
    out.print(f"{made.name}: {count} points are on trial; they are watched until {over} at least")
    out.print(f"  lenskeeper accept batch measure {shlex.quote(made.name)}")
    return 0


def _list(home: Home, _given: argparse.Namespace) -> int:
    table = Table("batch", "document", "points", "left out", "watched since", "ended", "")
    for line in acceptance.listed(home):
        one = line.batch
        ended = "" if one.ended_s is None else instant_text(one.ended_s, one.tz)
        table.add_row(
            one.name, one.document, str(line.points), str(line.left_out or ""), instant_text(one.began_s, one.tz),
            ended, one.end or "open",
        )  # fmt: skip
    console().print(table)
    return 0


def _measure(home: Home, given: argparse.Namespace) -> int:
    done = run_loop(acceptance.measure(home, given.name, actor_of(given)))
    out = console()
    counts = Counter(stream.outcome for stream in done.streams.values())
    told = ", ".join(f"{count} {outcome}" for outcome, count in counts.most_common()) or "none"
    out.print(f"{len(done.streams)} main streams asked: {told}")
    for name, why in sorted(done.skipped.items())[:LISTED_MAX]:
        out.print(f"  not asked: {name}: {why}")
    return 0


def _show(home: Home, given: argparse.Namespace) -> int:
    return _told(acceptance.shown(home, given.name), given)


def _answer(home: Home, given: argparse.Namespace) -> int:
    acceptance.answer(
        home, given.name, given.code, Check(given.check), actor_of(given), is_passed=given.word == "passed",
        words=given.words,
    )  # fmt: skip
    console().print(f"{given.code}: {given.check} {given.word}, says {actor_of(given)}")
    return 0


def _sign(home: Home, given: argparse.Namespace) -> int:
    done = acceptance.sign(
        home, given.name, leave_out=given.leave_out, by=actor_of(given), beside=actor_named(given.beside)
    )
    return _told(done, given)


def _drop(home: Home, given: argparse.Namespace) -> int:
    acceptance.drop(home, given.name, given.because, actor_of(given))
    console().print(f"{given.name} is dropped: its points count as their dates of service say")
    return 0


def _told(found: Shown, given: argparse.Namespace) -> int:
    """Print a sheet and write it; 1 where something of it that is not left out has not passed."""
    language = Language(given.language)
    out = console()
    if found.sheet is None:
        out.print(f"{found.batch.name} was dropped")
    for path in given.to:
        write_sheet(found, path, language)
    if found.sheet is None:
        return 0
    sheet = found.sheet
    for name, value in acceptance_facts(sheet, language):
        out.print(f"{name}: {value}")
    for table in (
        points_table(sheet, language),
        summary_table(sheet, language),
        remarks_table(sheet, language),
    ):
        shown = Table(*(heading.title for heading in table.headings), title=table.title, title_justify="left")
        for row in plain_rows(table, language, sheet.tz)[:LISTED_MAX]:
            shown.add_row(*row)
        out.print(shown)
        if len(table.rows) > LISTED_MAX:
            out.print(f"... {len(table.rows) - LISTED_MAX} more; --to FILE writes all")
    out.print(_verdict(sheet, found.batch.sha256, language))
    return 0 if sheet.word is Word.PASSED else NOT_WELL


def _verdict(sheet: AcceptanceSheet, sha256: str, language: Language) -> str:
    counts = counted(sheet)
    told = ", ".join(f"{counts[each]} {WORDS[each].of(language)}" for each in Word)
    if sheet.signed_s is None:
        return f"{sheet.batch}: {told}; {text('draft', language)}"
    return f"{sheet.batch}: {told}; signed by {sheet.signed_by} with {sheet.signed_with}, SHA-256 {sha256}"


ACTS: Final[dict[str, Callable[[Home, argparse.Namespace], int]]] = {
    "begin": _begin,
    "list": _list,
    "measure": _measure,
    "show": _show,
    "answer": _answer,
    "sign": _sign,
    "drop": _drop,
}
