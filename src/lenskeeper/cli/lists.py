"""`lenskeeper cameras` and `runs`: what the register and the books know."""

import argparse
from datetime import datetime
from typing import Any, Final

from rich.table import Table

from lenskeeper.availability.lanes import Lane, State
from lenskeeper.availability.rows import current, evidence_of, runs_of
from lenskeeper.base.access import Scope
from lenskeeper.base.days import day_span, local_day, zone_of
from lenskeeper.cli.dates import local_date
from lenskeeper.cli.table import console
from lenskeeper.house.cameras import find_camera
from lenskeeper.house.home import opened
from lenskeeper.inventory.rows_points import Filters, listed
from lenskeeper.units import rows as units

LISTED: Final = 50
LANES: Final = {lane.name.lower(): lane for lane in Lane}
LONG_AGO_S: Final = 600  # a state that was last confirmed longer ago is told as such


def add_lists(commands: Any) -> None:
    """Declare the commands and their options."""
    cameras: argparse.ArgumentParser = commands.add_parser(
        "cameras", help="the registered cameras and how each stands", description="Cameras in order of name."
    )
    cameras.add_argument(
        "words", nargs="?", default="", metavar="WORDS", help="part of a name, code or address"
    )
    cameras.add_argument("--unit", default="", metavar="PATH", help="a unit with all below it")
    cameras.add_argument("--class", dest="klass", type=int, choices=[1, 2, 3], help="class of point")
    cameras.add_argument("--undeclared", action="store_true", help="only those that cannot be viewed yet")
    cameras.add_argument("--limit", type=int, default=LISTED, metavar="N", help=f"rows ({LISTED})")

    runs: argparse.ArgumentParser = commands.add_parser(
        "runs",
        help="when a camera was up, down or unknown on a day, and who saw it",
        description="The runs of one camera on one local day, with the looks that they began with.",
    )
    runs.add_argument("camera", metavar="CAMERA", help="its code or its whole name")
    runs.add_argument("--day", type=local_date, metavar="DATE", help="(today)")
    runs.add_argument("--lane", choices=list(LANES), default="reachable", help="(reachable)")


def run_cameras(given: argparse.Namespace) -> int:
    """List them."""
    with opened(given.config) as home, home.store.read() as connection:
        now_s = home.now_s()
        unit_id = units.find(connection, Scope.ALL, given.unit) if given.unit else None
        filters = Filters(given.words, unit_id, given.klass, declared=False if given.undeclared else None)
        page = listed(connection, Scope.ALL, filters, now_s, limit=given.limit)
        reach = {c.point_id: c for c in current(connection, Scope.ALL, Lane.REACHABLE)}
        fit = {c.point_id: c for c in current(connection, Scope.ALL, Lane.PICTURE_FIT)}
    out = console()
    table = Table("id", "camera", "code", "class", "unit", "address", "reachable", "picture")
    for point in page.points:
        states = [_word(held.get(point.point_id), now_s) for held in (reach, fit)]
        file = point.file
        table.add_row(
            str(point.point_id), file.name, file.code, str(file.klass), file.unit, file.url, *states
        )
    out.print(table)
    if page.after is not None:
        out.print(f"the first {len(page.points)}; name more, or --limit")
    return 0


def run_runs(given: argparse.Namespace) -> int:
    """Print the runs of a day, unknown stretches included."""
    with opened(given.config) as home, home.store.read() as connection:
        point = find_camera(connection, given.camera, home.now_s())
        lane, zone = LANES[given.lane], zone_of(point.tz)
        day = local_day(home.now_s(), point.tz) if given.day is None else given.day
        a, b = day_span(day, point.tz)
        b = min(b, max(home.now_s(), a))
        runs = runs_of(connection, Scope.ALL, point.point_id, lane, a, b)
        seen = evidence_of(connection, Scope.ALL, point.point_id, lane, a, b)
    table = Table("from", "to", "state", "seen by", "why", title=point.file.name, title_justify="left")
    at = a
    for run in runs:
        if run.a > at:
            table.add_row(_clock(at, zone), _clock(run.a, zone), "unknown", "", "")
        looks = [e for e in seen if run.a <= e.at_s < run.b]
        word = "up" if run.state == State.UP else "down"
        who = ", ".join(dict.fromkeys(e.prober for e in looks if e.prober))
        why = "; ".join(dict.fromkeys(f"{e.reason} {e.remark}".strip() for e in looks))
        table.add_row(_clock(run.a, zone), _clock(run.b, zone), word, who, why)
        at = run.b
    if at < b:
        table.add_row(_clock(at, zone), _clock(b, zone), "unknown", "", "")
    console().print(table)
    return 0


def _word(now: Any, now_s: int) -> str:
    if now is None:
        return "unknown"
    word = "up" if now.state == State.UP else f"down {now.reason}".strip()
    return word if now_s - now.until_s <= LONG_AGO_S else f"({word})"


def _clock(at_s: int, zone: Any) -> str:
    return f"{datetime.fromtimestamp(at_s, zone):%Y-%m-%d %H:%M:%S}"
