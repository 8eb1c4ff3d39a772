"""`lenskeeper demo`: a simulated city fleet on this machine, looked at and diagnosed, and the truth beside it."""

import argparse
import csv
import tempfile
from pathlib import Path
from typing import Any

from lenskeeper.base.errors import Invalid
from lenskeeper.cli.check import show_checks
from lenskeeper.cli.simulate import simulated
from lenskeeper.cli.table import console
from lenskeeper.house.check import Checked, CheckOrder
from lenskeeper.house.logs import set_up_logs
from lenskeeper.house.settings import read_settings
from lenskeeper.probing.targets import parse_target


def add_demo(commands: Any) -> None:
    """Declare the command and its options."""
    demo: argparse.ArgumentParser = commands.add_parser(
        "demo",
        help="a simulated city fleet on this machine, looked at and diagnosed",
        description="Start a simulated fleet on loopback, look at every camera, and compare with what was planted.",
    )
    demo.add_argument("--cameras", type=int, default=200, metavar="N", help="how many (200)")
    demo.add_argument(
        "--faulty", type=int, default=12, metavar="N", help="how many have something wrong (12)"
    )
    demo.add_argument("--seed", type=int, default=1, metavar="N", help="another seed, another city (1)")


def run_demo(given: argparse.Namespace) -> int:
    """0 when every planted fault was found and nothing else was."""
    if not 0 <= given.faulty <= given.cameras or not given.cameras:
        raise Invalid(f"{given.faulty} faulty of {given.cameras} cameras cannot be", field="faulty")
    settings = read_settings(given.config)
    set_up_logs(settings.log)
    out = console()
    out.print(
        f"A simulated city: {given.cameras} cameras on 127.0.0.0/8, {given.faulty} of them with something wrong. "
        "Drawing and coding its pictures takes some seconds the first time."
    )
    options = ["--cameras", str(given.cameras), "--faulty", str(given.faulty), "--seed", str(given.seed)]
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
