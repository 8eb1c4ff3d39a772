"""`lenskeeper simulate`: a fleet of simulated cameras on loopback."""

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from lenskeeper.base.errors import Conflict
from lenskeeper.house.clock import SystemClock
from lenskeeper.probing.simulator import entry

STOP_WITHIN_S: Final = 10
LIVES_S: Final = 900  # the fleet stops by itself, whatever becomes of us


def add_simulate(commands: Any) -> None:
    """Declare the command; its options are the simulator's own."""
    commands.add_parser(
        "simulate",
        help="a fleet of simulated cameras on 127.0.0.0/8",
        description="Simulated cameras on loopback until the time is over or the standard input is closed.",
        parents=[entry.options()],
        add_help=False,
    )


def run_simulate(given: argparse.Namespace) -> int:
    """Run the fleet."""
    return entry.simulate(given, SystemClock())


@contextmanager
def simulated(options: Sequence[str], table: Path) -> Iterator[Path]:
    """A fleet in a process of its own, so that its work is not ours; it ends with the block, or with us.

    Yields `table` once the fleet can be visited: its targets, and what is wrong with each. Conflict if it does not start.
    """
    with begun(["--port", "0", "--for-s", str(LIVES_S), *options, "--targets-csv", str(table)]) as wait:
        wait()
        yield table


@contextmanager
def begun(options: Sequence[str]) -> Iterator[Callable[[], None]]:
    """The same, without waiting: yields what waits until the fleet can be visited. Conflict there if it does not start.

    It hears nothing of a Ctrl-C that is meant for us.
    """
    command = [sys.executable, "-m", "lenskeeper.cli", "simulate", *options]
    with subprocess.Popen(  # noqa: S603  ourselves
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    ) as fleet:
        assert fleet.stdin is not None
        assert fleet.stdout is not None

        def wait() -> None:
            assert fleet.stdout is not None
            line = fleet.stdout.readline()
            if not line:
                raise Conflict("the simulated fleet did not start; its own message stands above")
            assert json.loads(line)["ready"]

        try:
            yield wait
        finally:
            fleet.stdin.close()
            try:
                fleet.wait(STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                fleet.kill()
