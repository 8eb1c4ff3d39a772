"""`lenskeeper demo`: a fictitious river city on this machine, with a month behind it and its cameras alive; or a look at 200 of them."""

import argparse
import csv
import gc
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from lenskeeper.base.errors import Invalid
from lenskeeper.cli.check import show_checks
from lenskeeper.cli.serving import pages, said
from lenskeeper.cli.simulate import begun, simulated
from lenskeeper.cli.table import console
from lenskeeper.house.check import Checked, CheckOrder
from lenskeeper.house.clock import SystemClock
from lenskeeper.house.demo import Demo, DemoOrder, ports_from, ready_demo, script_of
from lenskeeper.house.home import opened
from lenskeeper.house.logs import set_up_logs
from lenskeeper.house.process import run_loop
from lenskeeper.house.serve import ServeOrder, serve
from lenskeeper.house.settings import SETTINGS_FILE, Settings, read_settings
from lenskeeper.probing.simulator.clips import cache_folder
from lenskeeper.probing.simulator.living import write_script
from lenskeeper.probing.targets import parse_target

LOOKED_AT: Final = 200
CAMERAS, CAMERAS_MAX = 2_000, 5_000
DAYS, DAYS_MAX = 30, 62
PORT: Final = 28554  # of the simulated cameras' RTSP; the next four are used as well
LIVE_HOURS: Final = 72  # so long the script goes on; then all are well but for what the days bring
LISTEN: Final = "127.0.0.1:9480"


def add_demo(commands: Any) -> None:
    """Declare the command and its options."""
    demo: argparse.ArgumentParser = commands.add_parser(
        "demo",
        help="a fictitious city on this machine: its pages, its month behind it, its cameras alive",
        description="Serve the pages of a fictitious river city with a month of history, whose simulated cameras fail "
        "and come back while you watch. --look instead looks at 200 cameras once and compares with what was planted.",
    )
    demo.add_argument(
        "--cameras", type=int, metavar="N", help=f"how many ({CAMERAS}; {LOOKED_AT} with --look)"
    )
    demo.add_argument(
        "--days", type=int, default=DAYS, metavar="N", help=f"of history, before today ({DAYS})"
    )
    demo.add_argument("--seed", type=int, default=1, metavar="N", help="another seed, another city (1)")
    demo.add_argument(
        "--home",
        type=Path,
        metavar="FOLDER",
        help="make the installation there and leave it; else it goes with the demo",
    )
    demo.add_argument("--no-serve", action="store_true", help="make the installation in --home, and end")
    demo.add_argument(
        "--listen", default=LISTEN, metavar="HOST:PORT", help=f"where the pages are served ({LISTEN})"
    )
    demo.add_argument(
        "--port",
        type=int,
        default=PORT,
        metavar="N",
        help=f"of the cameras on 127.0.0.0/8, and the four after it ({PORT})",
    )
    demo.add_argument(
        "--look", action="store_true", help="look at every camera once, and compare with what was planted"
    )
    demo.add_argument(
        "--faulty", type=int, default=12, metavar="N", help="with --look: how many have something wrong (12)"
    )


def run_demo(given: argparse.Namespace) -> int:
    """0 when it was ended by Ctrl-C or SIGTERM; of a look, when every planted fault was found and nothing else was."""
    if given.look:
        return _look(given)
    cameras = CAMERAS if given.cameras is None else given.cameras
    if not 1 <= cameras <= CAMERAS_MAX:
        raise Invalid(f"the demonstration has 1 to {CAMERAS_MAX} cameras", field="cameras")
    if not 1 <= given.days <= DAYS_MAX:
        raise Invalid(f"the demonstration has 1 to {DAYS_MAX} days behind it", field="days")
    if given.no_serve and given.home is None:
        raise Invalid("--no-serve needs a --home FOLDER to leave it in", field="home")
    settings = read_settings(given.config)
    set_up_logs(settings.log)
    signal.signal(signal.SIGTERM, _end)  # while it is being made; `serve` has its own
    with _folder(given.home) as folder:
        order = DemoOrder(folder, Demo(cameras, given.seed), given.days, ports_from(given.port))
        if given.no_serve:
            _make(order)
            said(f"{folder} holds the installation")
            return 0
        return _serve(order, given.listen)


def _end(_number: int, _frame: object) -> None:
    raise SystemExit(0)


@contextmanager
def _folder(home: Path | None) -> Iterator[Path]:
    """The folder that was named, or one that is gone afterwards."""
    if home is not None:
        if (home / SETTINGS_FILE).exists():
            raise Invalid(f"{home} holds an installation already: choose another folder", field="home")
        home.mkdir(parents=True, exist_ok=True)
        yield home
        return
    with tempfile.TemporaryDirectory(prefix="lenskeeper-demo-", ignore_cleanup_errors=True) as folder:
        yield Path(folder) / "home"


def _make(order: DemoOrder) -> None:
    """The past, with the collector of garbage at rest: nothing that is made here goes in circles, and it is a third of the time."""
    gc.disable()
    try:
        order.folder.mkdir(parents=True, exist_ok=True)
        ready_demo(order, cache_folder().parent / "demo", SystemClock(), said)
    finally:
        gc.enable()
        gc.collect()


def _serve(order: DemoOrder, listen: str) -> int:
    """The fleet draws its pictures on one core while the past is lived on another."""
    clock, script = SystemClock(), order.folder.parent / f"{order.folder.name}-script.csv"
    write_script(script, script_of(order, clock.now_ms() // 1000, LIVE_HOURS))
    options = ["--river", "--cameras", str(order.demo.demo_cameras), "--seed", str(order.demo.seed)]
    options += ["--port", str(order.ports.rtsp), "--script", str(script), "--for-s", str(LIVE_HOURS * 3_600)]
    try:
        with begun(options) as wait:
            _make(order)
            wait()
            with opened(order.folder / SETTINGS_FILE, clock) as home, pages(home, listen, said) as beside:
                run_loop(serve(home, ServeOrder(say=said, beside=beside)))
    finally:
        script.unlink(missing_ok=True)
    return 0


# ---------------------------------------------------------------- one look at all


def _look(given: argparse.Namespace) -> int:
    cameras = LOOKED_AT if given.cameras is None else given.cameras
    if not 0 <= given.faulty <= cameras or not cameras:
        raise Invalid(f"{given.faulty} faulty of {cameras} cameras cannot be", field="faulty")
    settings: Settings = read_settings(given.config)
    set_up_logs(settings.log)
    out = console()
    out.print(
        f"A simulated city: {cameras} cameras on 127.0.0.0/8, {given.faulty} of them with something wrong. "
        "Drawing and coding its pictures takes some seconds the first time."
    )
    options = ["--cameras", str(cameras), "--faulty", str(given.faulty), "--seed", str(given.seed)]
    with tempfile.TemporaryDirectory() as folder, simulated(options, Path(folder) / "targets.csv") as table:
        with table.open(encoding="utf-8", newline="") as file:
            truth = {row["target"]: row for row in csv.DictReader(file)}
        targets = [parse_target(name) for name in truth]
        found = show_checks(targets, CheckOrder(), settings)
    right, missed, false = compared(found, truth)
    out.print(f"planted {given.faulty}: found {right}, missed {missed}; false alarms {false}", style="bold")
    out.print("Next: ./run check rtsp://CAMERA/PATH   (or a file, or a CSV of addresses; ./run check --help)")
    return 0 if missed == false == 0 else 1


def compared(found: list[Checked], truth: dict[str, dict[str, str]]) -> tuple[int, int, int]:
    """Planted troubles and faults that were found as what they are, those that were not, and false alarms."""
    right = missed = false = 0
    for checked in found:
        planted = truth[checked.probe.target.name]
        verdict, kinds = checked.diagnosis.verdict, {f.kind for f in checked.diagnosis.findings}
        if planted["expected_verdict"] == "fit":
            false += verdict != "fit"
            continue
        as_planted = (
            checked.probe.outcome in planted["expected_outcomes"].split()
            and verdict == planted["expected_verdict"]
            and set(planted["expected_kinds"].split()) <= kinds
        )
        right, missed = (right + 1, missed) if as_planted else (right, missed + 1)
    return right, missed, false
