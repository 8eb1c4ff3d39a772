"""`lenskeeper camera` and `plan probes`: one camera's file and what a person says of it; what the rounds will send."""

import argparse
import csv
import sys
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from lenskeeper.base.days import day_span, zone_of
from lenskeeper.base.errors import Invalid
from lenskeeper.base.languages import Language
from lenskeeper.cli.dates import local_date
from lenskeeper.cli.table import console
from lenskeeper.cli.whose import actor_of, add_by
from lenskeeper.diagnosis.kinds import Kind
from lenskeeper.house.cameras import (
    PictureFile,
    accept_view,
    confirm_reference,
    correct,
    excuse_kind,
    hung,
    move,
    picture_of,
    retire,
    swap,
)
from lenskeeper.house.home import Home, opened
from lenskeeper.house.lists import write_lists
from lenskeeper.house.plan import plan_of
from lenskeeper.inventory.columns import BY_FIELD
from lenskeeper.inventory.faults import Fault, said
from lenskeeper.inventory.filing import PLACES, told
from lenskeeper.inventory.rows_devices import Equipment
from lenskeeper.probing.probe_plan import as_rows
from lenskeeper.reporting.tables_plan import plan_sheets

ACTS: Final = ("set", "swap", "move", "retire", "view", "confirm", "excuse")


def add_camera(commands: Any) -> None:
    """Declare the commands and their options."""
    camera: argparse.ArgumentParser = commands.add_parser(
        "camera",
        help="one camera: its file, and what a person corrects or says of it",
        description="Without an act its file, its devices and what is known of its picture are shown. "
        "What a hand corrects, no later sheet overwrites.",
    )
    camera.add_argument("camera", metavar="CAMERA", help="its code or its whole name")
    add_by(camera, "who says so")
    acts = camera.add_subparsers(dest="act", metavar="ACT")
    change = acts.add_parser("set", help="correct values: set model=DS-2CD3T25 klass=1")
    change.add_argument(
        "values", nargs="+", metavar="FIELD=VALUE", help="fields as columns of the sheet have them"
    )
    other = acts.add_parser("swap", help="another device hangs there from now on; place and history stay")
    for name in ("make", "model", "serial", "mac"):
        other.add_argument(f"--{name}", default="", metavar=name.upper())
    to = acts.add_parser("move", help="give it to another unit from a local midnight on")
    to.add_argument("unit", metavar="PATH")
    to.add_argument("--from", dest="from_day", type=local_date, metavar="DATE", help="(tomorrow)")
    end = acts.add_parser("retire", help="end its service; what it counted before stays")
    end.add_argument(
        "--on", type=local_date, required=True, metavar="DATE", help="the first day it counts no more"
    )
    acts.add_parser("view", help="it was turned on purpose: learn its picture anew")
    acts.add_parser("confirm", help="its first reference looks odd, and is right")
    fine = acts.add_parser(
        "excuse", help="a kind of fault is how the place looks: dark water, a striped front"
    )
    fine.add_argument("kind", choices=[kind.value for kind in Kind])


def add_probe_plan(kinds: Any) -> None:
    """Declare `plan probes` and its options."""
    plan: argparse.ArgumentParser = kinds.add_parser(
        "probes",
        help="what the rounds will send, for the network's guardians: ports, rates, hours, bytes, stop switch",
        description="Nothing is sent by asking. --csv writes the destinations to standard output.",
    )
    plan.add_argument("--source", action="append", default=[], metavar="ADDRESS", help="where we look from")
    plan.add_argument("--csv", action="store_true", help="the destinations as CSV")
    plan.add_argument(
        "--to", type=Path, action="append", default=[], metavar="FILE",
        help="everything in one file, .xlsx or .csv: each host and port, witnesses, ramp days, stop switch",
    )  # fmt: skip
    plan.add_argument(
        "--language", choices=[one.value for one in Language], default="en", help="of the file (en)"
    )


def run_camera(given: argparse.Namespace) -> int:
    """Show it, or act upon it."""
    actor = actor_of(given)
    with opened(given.config) as home:
        match given.act:
            case "set":
                correct(home, given.camera, dict(_value(text) for text in given.values), actor)
            case "swap":
                swap(home, given.camera, Equipment(given.make, given.model, given.serial, given.mac), actor)
            case "move":
                move(home, given.camera, given.unit, given.from_day, actor)
            case "retire":
                retire(home, given.camera, day_span(given.on, home.tz())[0], actor)
            case "view":
                accept_view(home, given.camera, actor)
            case "confirm":
                confirm_reference(home, given.camera, actor)
            case "excuse":
                excuse_kind(home, given.camera, Kind(given.kind), actor)
        _show(home, given.camera)
    return 0


def run_probe_plan(given: argparse.Namespace) -> int:
    """Print it."""
    language = Language(given.language)
    with opened(given.config) as home:
        plan = plan_of(home, given.source)
        for path in given.to:
            write_lists(
                plan_sheets(plan, language), path, language, tz=home.tz(), exercise=bool(home.exercise)
            )
    rows = as_rows(plan)
    if given.csv:
        out = csv.DictWriter(sys.stdout, list(rows[0]) if rows else [])
        out.writeheader()
        out.writerows(rows)
        return 0
    screen = console()
    screen.print(
        f"from {', '.join(plan.sources)}; witnesses {', '.join(plan.witnesses) or 'chosen among the cameras'}"
    )
    table = Table(
        "network", "ports", "cameras", "hosts", "greetings/min", "most/s", "pictures/min", "MB a day", "hours"
    )
    for row in plan.destinations:
        table.add_row(
            row.network, row.ports, str(row.points), str(row.doors), f"{row.greetings_minute:g}",
            f"{row.peak_connects_s:.1f}", f"{row.pictures_minute:g}", f"{row.bytes_day / 1e6:.0f}", row.hours,
        )  # fmt: skip
    screen.print(table)
    ramp = ", ".join(f"day {day.day}: {day.share:.0%}" for day in plan.ramp)
    screen.print(f"pictures in a survey: {ramp}")
    screen.print(f"stop: lenskeeper stop --everything (or --pictures, --zone, --site); {plan.stop}")
    if plan.without_address:
        screen.print(f"{len(plan.without_address)} cameras have no address to look at")
    for path in given.to:
        screen.print(f"  {path}")
    return 0


def _value(text: str) -> tuple[str, object]:
    """One FIELD=VALUE, read as the sheet's cell would be."""
    name, equals, value = text.partition("=")
    if not equals or name not in PLACES or name not in BY_FIELD:
        raise Invalid(
            f"{text!r}: write FIELD=VALUE; fields are {', '.join(sorted(BY_FIELD))}", field="values"
        )
    read = BY_FIELD[name].read(value)
    if isinstance(read, Fault):
        reason, cure = said(read.why, read.detail)
        raise Invalid(f"{name}: {reason}; {cure}", field=name)
    return name, read


def _show(home: Home, words: str) -> None:
    point, devices = hung(home, words)
    zone, out = zone_of(point.tz), console()
    table = Table("field", "value", title=f"{point.file.name} (point {point.point_id})", title_justify="left")
    for name in BY_FIELD:
        value = getattr(point.file, name, None)
        if value is not None and told(value):
            table.add_row(name, str(value))
    out.print(table)
    history = Table(
        "from", "to", "make", "model", "serial", "address", title="what hung there", title_justify="left"
    )
    for one in devices:
        ends = (
            "now" if at is None else f"{datetime.fromtimestamp(at, zone):%Y-%m-%d %H:%M}"
            for at in (one.from_s, one.to_s)
        )
        what = one.equipment
        history.add_row(*ends, what.make, what.model, what.serial, one.mount.url)
    out.print(history)
    _show_picture(out, picture_of(home, point.point_id), zone)


def _show_picture(out: Console, known: PictureFile, zone: ZoneInfo) -> None:
    def at(second: int) -> str:
        return f"{datetime.fromtimestamp(second, zone):%Y-%m-%d %H:%M}"

    now, memory = known.standing, known.memory
    if now is None:
        out.print("its picture: nobody has looked at it yet")
        return
    provisional = ", provisionally: no reference stands in this light yet" if now.is_provisional else ""
    reason = f" ({now.reason})" if now.reason else ""
    out.print(
        f"its picture: {now.word.value.replace('_', ' ')}{reason}{provisional}; last kept {at(now.judged_s)}"
    )
    if (since_s := memory.hold.flapping_since_s) is not None:
        out.print(f"flapping since {at(since_s)}: its verdict changes again and again")
    if held := memory.hold.held:
        table = Table(
            "fault", "stream", "since", "severity", "figure", "limit", "compared with",
            title="faults that stand", title_justify="left",
        )  # fmt: skip
        for one in held:
            table.add_row(
                one.kind.value, one.rung.value, at(one.since_s), one.severity.value,
                f"{one.figure:.3g}", f"{one.limit:.3g}", one.compared_with,
            )  # fmt: skip
        out.print(table)
    if references := sorted(memory.learnt.known.items()):
        table = Table(
            "light", "stream", "looks", "since", "renewed", "", title="references", title_justify="left"
        )
        for key, one_known in references:
            word = "" if one_known.is_confirmed else f"asks for a person: {', '.join(one_known.doubts)}"
            looks, since = str(one_known.looks), at(one_known.from_s)
            table.add_row(key.part.value, key.rung.value, looks, since, at(one_known.renewed_s), word)
        out.print(table)
    else:
        out.print("no reference yet: fit is provisional until one stands on 15 looks over 2 hours")
    if known.asks_for_person:
        out.print("say `confirm` if its first reference is right, `view` if it shall be learnt anew")
    if known.changes:
        table = Table("at", "what", "stream", "who", "why", title="last changes", title_justify="left")
        for record in known.changes:
            change = record.evidence.change
            words = " ".join(
                word for word in (change.what.value, change.kind.value if change.kind else "") if word
            )
            table.add_row(at(change.at_s), words, change.rung.value, record.actor, change.reason)
        out.print(table)
