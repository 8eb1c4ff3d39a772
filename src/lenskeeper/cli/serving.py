"""`lenskeeper serve`, `stop`, `survey`: the rounds, their switch, and what a fleet that is taken over looks like."""

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

from rich.table import Table

from lenskeeper.base.access import LOCAL_OPERATOR
from lenskeeper.base.days import date_of, local_day
from lenskeeper.base.languages import Language
from lenskeeper.cli.check import seconds
from lenskeeper.cli.dates import local_date
from lenskeeper.cli.table import console
from lenskeeper.cli.whose import unit_scope
from lenskeeper.house.accounts import setup_code
from lenskeeper.house.clock import StandingClock, SystemClock
from lenskeeper.house.home import Home, opened
from lenskeeper.house.lists import write_lists
from lenskeeper.house.logs import set_up_logs
from lenskeeper.house.organisation import UnitLine, left_behind, unit_lines
from lenskeeper.house.process import run_loop
from lenskeeper.house.register import surveyed
from lenskeeper.house.rehearse import rehearse
from lenskeeper.house.serve import ServeOrder, serve
from lenskeeper.house.switches import Stopped, lift, read_stopped, stop
from lenskeeper.reporting.screens import Surveyed
from lenskeeper.reporting.tables_beside import buckets_sheet, survey_sheet
from lenskeeper.reporting.takeover import CURES, NAMES, Bucket
from lenskeeper.units import rows as units
from lenskeeper.web.app import make_app
from lenskeeper.web.listening import bind, serve_at

NOWHERE: Final = "-"
LISTED_MAX: Final = 50
DEPARTMENT_NAMES: Final = 2  # the city and its bureau


def add_serving(commands: Any) -> None:
    """Declare the commands and their options."""
    run: argparse.ArgumentParser = commands.add_parser(
        "serve",
        help="go the rounds day and night and keep the books, until told to stop",
        description="Look at every camera in service, and book what is known of each. SIGTERM ends it cleanly.",
    )
    run.add_argument(
        "--survey", action="store_true", help="a takeover: gently at first, and nobody is told of any fault"
    )
    run.add_argument(
        "--listen",
        metavar="HOST:PORT",
        help="where the pages are served (web.listen of the settings); - for nowhere",
    )
    run.add_argument("--for", dest="for_s", type=seconds, metavar="S", help="stop after so many seconds")
    run.add_argument(
        "--rehearse",
        type=local_date,
        metavar="DATE",
        help="an exercise lives through that whole day in a minute, on a clock of its own",
    )

    halt: argparse.ArgumentParser = commands.add_parser(
        "stop",
        help="the stop switch of the network's guardians: no pictures, or nothing at all, until it is lifted",
        description="A running `serve` obeys within two seconds. What is not looked at is unknown in the books.",
    )
    halt.add_argument("--everything", action="store_true", help="send nothing to any camera")
    halt.add_argument("--pictures", action="store_true", help="ask for no picture; reachability goes on")
    halt.add_argument(
        "--zone", action="append", default=[], metavar="ZONE", help="send nothing into this network"
    )
    halt.add_argument("--site", action="append", default=[], metavar="SITE", help="send nothing to this site")
    halt.add_argument("--lift", action="store_true", help="go on: with what is named beside it, or with all")
    halt.add_argument("--reason", default="", metavar="TEXT", help="for the audit log")

    buckets: argparse.ArgumentParser = commands.add_parser(
        "survey",
        help="what the looks found so far, in buckets by unit: what works, and who must act on the rest",
        description="Buckets of a takeover, by department and unit. --bucket lists the cameras of one.",
    )
    buckets.add_argument("--unit", default="", metavar="PATH", help="a unit and all below it")
    buckets.add_argument("--bucket", choices=[b.value for b in Bucket], help="list its cameras")
    buckets.add_argument(
        "--to", type=Path, action="append", default=[], metavar="FILE",
        help="what is wrong where, one sheet for all cameras that need somebody, as .xlsx or .csv",
    )  # fmt: skip
    buckets.add_argument("--language", choices=["en", "zh-CN"], default="en", help="of the buckets (en)")


def run_serve(given: argparse.Namespace) -> int:
    """Run until told to stop; or rehearse one day."""
    if given.rehearse is not None:
        return _rehearse(given)
    with opened(given.config) as home:
        set_up_logs(home.settings.log)
        say = said if home.settings.log.form == "text" else _unsaid
        with pages(home, given.listen, say) as beside:
            run_loop(serve(home, ServeOrder(survey=given.survey, for_s=given.for_s, say=say, beside=beside)))
    return 0


@contextmanager
def pages(
    home: Home, listen: str | None, say: Callable[[str], None]
) -> Iterator[tuple[Callable[[], Coroutine[Any, Any, None]], ...]]:
    """The pages beside the rounds. The place is bound first: a port that is taken is told before anything begins."""
    where = home.settings.web.listen if listen is None else listen
    if where in {"", NOWHERE}:
        yield ()
        return
    place = bind(home, where)
    with closing(place.bound):
        app = make_app(home)
        say(f"the pages are at {place.url}")
        if code := setup_code(home):
            say(f"nobody can sign in yet: open {place.url}set-up and give this code, once: {code}")
        yield (partial(serve_at, app, place),)


def said(words: str) -> None:
    print(f"lenskeeper: {words}", file=sys.stderr, flush=True)


def _unsaid(_words: str) -> None:
    """Each line of standard error is a JSON object there; the log has it at level info."""


def _rehearse(given: argparse.Namespace) -> int:
    clock = StandingClock(SystemClock().now_ms() // 1000)
    with opened(given.config, clock) as home:
        set_up_logs(home.settings.log)
        done = run_loop(rehearse(home, given.rehearse, survey=given.survey))
    console().print(
        f"rehearsed {date_of(given.rehearse)}: {done.slots} slots, {done.looks} looks, {done.changes} changes of state, "
        f"{done.point_days} camera-days added up, {done.tickets} tickets opened"
    )
    return 0


def run_stop(given: argparse.Namespace) -> int:
    """Move the switch; without a word, say how it stands."""
    named = Stopped(given.everything, given.pictures, tuple(given.zone), tuple(given.site))
    with opened(given.config) as home:
        now_s = home.now_s()
        if given.lift:
            part = named if named != Stopped() else None
            home.store.write(
                lambda c: lift(c, part, given.reason, actor=LOCAL_OPERATOR, now_s=now_s), durable=True
            )
        elif named != Stopped():
            home.store.write(
                lambda c: stop(c, named, given.reason, actor=LOCAL_OPERATOR, now_s=now_s), durable=True
            )
        with home.store.read() as connection:
            now = read_stopped(connection)
    words = [word for word in ("everything", "pictures") if getattr(now, word)]
    words += [f"zone {name}" for name in now.zones] + [f"site {name}" for name in now.sites]
    console().print(f"stopped: {', '.join(words)}" if words else "nothing is stopped")
    return 0


def run_survey(given: argparse.Namespace) -> int:
    """Print the buckets."""
    language = Language(given.language)
    with opened(given.config) as home:
        found = surveyed(home, unit_scope(home, given.unit))
        lines = unit_lines(home, found)
        paths = {line.unit.unit_id: line.unit.path for line in lines}
        for path in given.to:
            tables = survey_sheet(found, paths, language), buckets_sheet(found, paths, language)
            write_lists(tables, path, language, tz=home.tz(), exercise=bool(home.exercise))
    seen = {one.unit_id for one in found}
    out = console()
    zh = language is Language.ZH
    if given.bucket is not None:
        table = Table("camera", "unit", "address", "reason")
        mine = [one for one in found if one.bucket.value == given.bucket]
        for one in mine[:LISTED_MAX]:
            table.add_row(one.name, paths.get(one.unit_id, ""), one.url, one.reason)
        out.print(table)
        out.print(f"{len(mine)} cameras")
        return 0
    shown = [b for b in Bucket if any(one.bucket is b for one in found)]
    out.print(_bucket_table(found, lines, shown, language))
    for bucket in shown:
        out.print(f"  {NAMES[bucket].of(language)}: {CURES[bucket].of(language)}")
    if behind := [line.unit.path for line in left_behind(lines) if line.unit.unit_id in seen]:
        words = "以下单位有摄像机但尚未接收，其上级已接收" if zh else "not accepted, though the unit above is"
        colon = "：" if zh else ": "
        out.print(f"{words}{colon}{', '.join(behind[:LISTED_MAX])}", style="yellow")
        out.print(f"  lenskeeper accept unit {behind[0]} --from DATE --document NO")
    return 0


def _bucket_table(
    found: Sequence[Surveyed], lines: Sequence[UnitLine], shown: Sequence[Bucket], language: Language
) -> Table:
    """A row for each department with all below it, and beneath it one for each of its units."""
    zh = language is Language.ZH
    table = Table(
        "单位" if zh else "unit",
        *[NAMES[bucket].of(language) for bucket in shown],
        "合计" if zh else "all",
        "接收起始日" if zh else "accepted from",
    )
    by_id = {line.unit.unit_id: line for line in lines}
    own: dict[str, Counter[Bucket]] = {}
    departments: dict[str, Counter[Bucket]] = {}
    for one in found:
        path = by_id[one.unit_id].unit.path if one.unit_id in by_id else ""
        own.setdefault(path, Counter())[one.bucket] += 1
        departments.setdefault(_department(path), Counter())[one.bucket] += 1
    dates = {line.unit.path: _accepted_from(line) for line in lines}

    def row(words: str, counts: Counter[Bucket], accepted: str = "", style: str = "") -> None:
        cells = (str(counts[bucket] or "") for bucket in shown)
        table.add_row(words, *cells, str(counts.total()), accepted, style=style)

    for department, counts in sorted(departments.items()):
        mine = sorted(path for path in own if _department(path) == department)
        if mine != [department]:
            row(department, counts, dates.get(department, ""), style="bold")
        for path in mine:
            # what a department has itself, beside its units, is told apart from its sum
            words = f"  {path}" if path != department else f"  {path}（本级）" if zh else f"  {path} (itself)"
            row(words if mine != [department] else path, own[path], dates.get(path, ""))
    row("合计" if zh else "all", Counter(one.bucket for one in found), style="bold")
    return table


def _department(path: str) -> str:
    """The first two names of a path: the organisation and its department."""
    return units.SEPARATOR.join(path.split(units.SEPARATOR)[:DEPARTMENT_NAMES])


def _accepted_from(line: UnitLine) -> str:
    if line.accepted_from_s is None:
        return ""
    return str(date_of(local_day(line.accepted_from_s, line.unit.tz)))
