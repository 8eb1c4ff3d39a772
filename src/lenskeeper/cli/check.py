"""`lenskeeper check`: look at cameras and files, and say what is wrong."""

import argparse
import getpass
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from lenskeeper.base.errors import Invalid, NotFound
from lenskeeper.base.outcomes import Outcome
from lenskeeper.cli.lines import LineWriter, check_line, knock_line
from lenskeeper.cli.table import console, knock_table, knock_tally, tally, verdict_table
from lenskeeper.diagnosis.kinds import Verdict
from lenskeeper.house.check import Checked, CheckOrder, check_all, knock_all
from lenskeeper.house.logs import set_up_logs
from lenskeeper.house.process import run_loop
from lenskeeper.house.settings import Settings, read_settings
from lenskeeper.probing.credentials import Credentials, credential, read_credentials
from lenskeeper.probing.probe import Looks
from lenskeeper.probing.sweep import Knock
from lenskeeper.probing.targets import TABLE_SUFFIXES, Target, parse_target, read_targets

PASSWORD_VARIABLE: Final = "LENSKEEPER_PASSWORD"  # noqa: S105  its name, not a password
PROGRESS_FROM: Final = 10  # targets; fewer are done before a bar is read
ALL_WELL: Final = 0
NOT_ALL_WELL: Final = 1

EPILOG: Final = """\
targets:
  rtsp://HOST/PATH  rtsps://HOST/PATH    a camera's stream
  http://HOST/PATH  https://HOST/PATH    a camera's JPEG still
  picture.jpg  clip.mp4                  a file
  fleet.csv                              a list: one target a line, or a column named target, url, address or 地址
  -                                      the same, from standard input

accounts:
  never in the address, where whoever lists processes reads them. --user NAME asks for the password or reads
  LENSKEEPER_PASSWORD; --credentials FILE (chmod 600) holds one account per host:
    ["10.1.2.3"]
    user = "operator"
    password = "..."

exit code: 0 every target is fit (with --reachability: answers), 1 at least one is not, 2 the command was wrong"""


def add_check(commands: Any) -> None:
    """Declare the command and its options."""
    check: argparse.ArgumentParser = commands.add_parser(
        "check",
        help="look at cameras and files, and say what is wrong",
        description="Look at each target once, politely, and say what is wrong with its picture.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    check.add_argument(
        "targets", nargs="+", metavar="TARGET", help="an address, a file, a list of them, or -"
    )
    check.add_argument(
        "--reference", type=Path, metavar="FILE_OR_DIR", help="earlier pictures of the same camera"
    )
    check.add_argument(
        "--looks", type=_whole(1, 1000), default=1, metavar="N", help="pictures per target (1)"
    )
    check.add_argument(
        "--every", type=seconds, default=2.0, metavar="S", help="seconds between them, at least (2)"
    )
    check.add_argument("--json", action="store_true", help="one line of JSON per target, as it is found")
    check.add_argument("--all", action="store_true", help="list the fit ones too, however many there are")
    check.add_argument(
        "--reachability", action="store_true", help="ask only whether anybody answers; no picture"
    )
    check.add_argument("--credentials", type=Path, metavar="FILE", help="accounts by host (TOML, mode 0600)")
    check.add_argument(
        "--user", metavar="NAME", help=f"one account for all; asks, or reads {PASSWORD_VARIABLE}"
    )
    check.add_argument(
        "--timeout",
        type=seconds,
        metavar="S",
        help="seconds for one visit, and for its key frame (25, and 8)",
    )
    check.add_argument("--concurrency", type=_whole(1, 20_000), metavar="N", help="visits at a time (100)")


def run_check(given: argparse.Namespace) -> int:
    """Do it; the exit code says whether all is well."""
    settings = read_settings(given.config)
    set_up_logs(settings.log)
    targets = list(_targets(given.targets))
    order = CheckOrder(
        credentials=_credentials(given),
        looks=Looks(given.looks, given.every),
        reference=given.reference,
        visit_s=given.timeout,
        in_flight=given.concurrency,
    )
    if given.reachability:
        knocks = _show_knocks(given, targets, order, settings)
        well = sum(k.outcome is Outcome.ANSWERS for k in knocks)
        return ALL_WELL if well == len(targets) else NOT_ALL_WELL
    found = show_checks(targets, order, settings, as_json=given.json, list_all=given.all)
    fit = sum(c.diagnosis.verdict is Verdict.FIT for c in found)
    return ALL_WELL if fit == len(targets) else NOT_ALL_WELL


def show_checks(
    targets: list[Target],
    order: CheckOrder,
    settings: Settings,
    *,
    as_json: bool = False,
    list_all: bool = False,
) -> list[Checked]:
    """Check, and print what was found: lines of JSON as they come, or a table at the end, after Ctrl-C too."""
    found: list[Checked] = []
    try:
        with _progress(len(targets), quiet=as_json) as step, LineWriter() as lines:

            def report(checked: Checked) -> None:
                found.append(checked)
                step()
                if as_json:
                    lines.put(check_line(checked))

            run_loop(check_all(targets, order, settings, report))
    finally:
        if not as_json:
            out = console()
            out.print(verdict_table(found, list_all=list_all, width=out.width))
            out.print(tally(found))
    return found


def _show_knocks(
    given: argparse.Namespace, targets: list[Target], order: CheckOrder, settings: Settings
) -> list[Knock]:
    found: list[Knock] = []
    try:
        with _progress(len(targets), quiet=given.json) as step, LineWriter() as lines:

            def report(knock: Knock) -> None:
                found.append(knock)
                step()
                if given.json:
                    lines.put(knock_line(knock))

            run_loop(knock_all(targets, order, settings, report))
    finally:
        if not given.json:
            out = console()
            out.print(knock_table(found, list_all=given.all))
            out.print(knock_tally(found))
    return found


@contextmanager
def _progress(total: int, *, quiet: bool) -> Iterator[Callable[[], None]]:
    """A bar on standard error for long work on a terminal; nothing where output is read by a program."""
    screen = Console(stderr=True)
    columns = (TextColumn("looking"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(
        *columns,
        console=screen,
        transient=True,
        disable=quiet or total < PROGRESS_FROM or not screen.is_terminal,
    ) as progress:
        task = progress.add_task("look", total=total)
        yield lambda: progress.advance(task)


def _targets(words: list[str]) -> Iterator[Target]:
    for word in words:
        if word == "-":
            yield from read_targets(_input_lines(), source="standard input")
        elif "://" not in word and Path(word).suffix.lower() in TABLE_SUFFIXES:
            yield from read_targets(_lines(Path(word)), source=word)
        else:
            yield parse_target(word)


def _input_lines() -> Iterator[str]:
    try:
        yield from sys.stdin
    except UnicodeDecodeError:
        raise Invalid("standard input is not UTF-8: convert the list first", field="target") from None


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        raise NotFound(f"no list at {path}") from None
    except UnicodeDecodeError:
        raise Invalid(f"{path} is not UTF-8: save it as CSV UTF-8", field="target") from None
    except OSError as wrong:
        raise Invalid(f"{path} cannot be read: {wrong.strerror}", field="target") from None


def _credentials(given: argparse.Namespace) -> Credentials:
    by_host = read_credentials(given.credentials) if given.credentials else {}
    if given.user is None:
        return Credentials(by_host)
    password = os.environ.get(PASSWORD_VARIABLE)
    if password is None:
        if not sys.stdin.isatty():
            raise Invalid(
                f"--user needs a password: set {PASSWORD_VARIABLE}, or run on a terminal", field="user"
            )
        password = getpass.getpass(f"password of {given.user}: ")
    return Credentials(by_host, credential(given.user, password))


def _whole(least: int, most: int) -> Callable[[str], int]:
    def whole(text: str) -> int:
        if not (text.isascii() and text.isdecimal() and least <= int(text) <= most):
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {least} to {most}")
        return int(text)

    return whole


def seconds(text: str) -> float:
    """A length of time, as argparse wants to read it."""
    try:
        length_s = float(text)
    except ValueError:
        length_s = -1.0
    if not 0 < length_s <= 86_400:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds from just above 0 to 86400")
    return length_s
