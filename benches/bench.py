"""What every bench shares: the machine it ran on, a simulated fleet, a child that is measured, figures kept."""

import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from lenskeeper.cli.simulate import simulated
from lenskeeper.probing.targets import Target

RESULTS: Final = Path(__file__).parent / "results"
PACKAGES: Final = ("av", "numpy", "opencv-python-headless", "uvloop")


def machine() -> dict[str, Any]:
    """Where these figures come from. Only ratios carry over to another machine."""
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release().partition('-')[0]}",
        "python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
        "load_average": round(os.getloadavg()[0], 2),
        "date": time.strftime("%Y-%m-%d"),
    }


def cpu_ms() -> float:
    """Processor time of this process and its finished children, user and system, in milliseconds."""
    both = (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    return sum(u.ru_utime + u.ru_stime for u in both) * 1000


def measured(script: str, *arguments: str, timeout_s: float = 300) -> dict[str, Any]:
    """Run `python script arguments` as a child that prints one JSON object last; its figures."""
    run = subprocess.run(
        [sys.executable, script, *arguments], capture_output=True, text=True, timeout=timeout_s, check=False
    )
    if run.returncode != 0:
        raise SystemExit(f"{script} {' '.join(arguments)} failed:\n{run.stdout}{run.stderr}")
    figures: dict[str, Any] = json.loads(run.stdout.strip().splitlines()[-1])
    return figures


@contextmanager
def fleet(*options: str) -> Iterator[Path]:
    """A simulated fleet in a process of its own; the path of its table of targets."""
    with (
        tempfile.TemporaryDirectory() as folder,
        simulated(list(options), Path(folder) / "targets.csv") as table,
    ):
        yield table


def broken(target: Target, error: Exception) -> None:
    """A look that breaks ends the bench: its figures would be of something else."""
    raise AssertionError(f"{target.name}: {error!r}") from error


def keep(name: str, figures: dict[str, Any], table: Sequence[Sequence[str]]) -> None:
    """Print the figures as a table and as JSON, and keep both with the machine beside them."""
    shown = Table(*table[0], box=None, pad_edge=False)
    for row in table[1:]:
        shown.add_row(*row)
    console = Console(width=140, highlight=False)
    console.print(shown)
    whole = {"bench": name, "machine": machine(), **figures}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(whole, indent=1) + "\n")
    head, *rows = table
    lines = [
        f"# Last figures of `./run bench {name}`",
        "",
        ", ".join(f"{k} {v}" for k, v in whole["machine"].items()),
        "",
        "| " + " | ".join(head) + " |",
        "|" + "---|" * len(head),
        *("| " + " | ".join(row) + " |" for row in rows),
    ]
    (RESULTS / f"{name}.md").write_text("\n".join(lines) + "\n")
    print(json.dumps(whole))


def median_of(runs: int, once: Callable[[], dict[str, Any]], key: str) -> dict[str, Any]:
    """The run whose `key` is the median of `runs`: shared machines are noisy both ways."""
    found = sorted((once() for _ in range(runs)), key=lambda figures: float(figures[key]))
    return found[len(found) // 2]
