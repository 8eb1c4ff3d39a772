"""Hostile peers: mutants against every parser; no crash, no hang, no growth.

    ./run bench fuzz [--inputs 200000] [--seed 1] [--json FILE]

Prints a table and JSON. Exit 1 if there is a finding; the first of each kind is printed in full, to become a test.
"""

import argparse
import json
import os
import resource
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1]))  # the seeds are the captures and packetisers of the tests

from fuzz_inputs import Input, inputs

HANG_S: Final = 1.0  # no honest input of 200 kB takes a tenth of it
GROWTH_MB_MAX: Final = (
    64  # resident memory after warm-up against the end; caches and fragmentation stay far below
)
WARM_UP: Final = 2_000


@dataclass(slots=True)
class Row:
    """What happened to one target."""

    inputs: int = 0
    bytes: int = 0
    crashes: int = 0
    hangs: int = 0
    cpu_s: float = 0.0
    slowest_ms: float = 0.0


def thrown(one: Input, row: Row) -> str:
    """Throw one mutant; return a finding in words, or nothing."""
    began = time.process_time()
    finding = ""
    try:
        one.run()
    except Exception as error:  # noqa: BLE001 - to catch whatever falls is the purpose here
        row.crashes += 1
        finding = f"{one.target.name}: {type(error).__name__}: {error}: {one.data[:400]!r}"
    took = time.process_time() - began
    row.inputs += 1
    row.bytes += len(one.data)
    row.cpu_s += took
    row.slowest_ms = max(row.slowest_ms, took * 1000)
    if took > HANG_S:
        row.hangs += 1
        finding = f"{one.target.name}: {took:.1f} s: {one.data[:400]!r}"
    return finding


def resident_mb() -> float:
    """Resident memory of this process now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


def fired(n: int, seed: int) -> tuple[dict[str, Row], list[str], float]:
    """Throw `n` mutants; return the rows, the first findings and the growth in MB after the warm-up."""
    rows: dict[str, Row] = {}
    findings: list[str] = []
    before = resident_mb()
    for index, one in enumerate(inputs(n, seed)):
        if index == WARM_UP:
            before = resident_mb()
        finding = thrown(one, rows.setdefault(one.target.name, Row()))
        if finding and len(findings) < 10:
            findings.append(finding)
    return rows, findings, resident_mb() - before


def main() -> int:
    """Run and print."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--inputs", type=int, default=200_000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--json", type=Path)
    chosen = options.parse_args()
    rows, findings, growth_mb = fired(chosen.inputs, chosen.seed)
    print(
        f"{'target':8} {'inputs':>9} {'MB':>8} {'crashes':>8} {'hangs':>6} {'us each':>8} {'slowest ms':>11}"
    )
    for name, row in rows.items():
        each = row.cpu_s * 1e6 / row.inputs
        print(
            f"{name:8} {row.inputs:9} {row.bytes / 1e6:8.1f} {row.crashes:8} {row.hangs:6} {each:8.0f} {row.slowest_ms:11.1f}"
        )
    print(
        f"resident memory grew by {growth_mb:.1f} MB after the first {WARM_UP} inputs (limit {GROWTH_MB_MAX})"
    )
    for finding in findings:
        print(finding)
    record = {
        "bench": "fuzz",
        "seed": chosen.seed,
        "targets": {name: asdict(row) for name, row in rows.items()},
        "growth_mb": round(growth_mb, 1),
        "load_average": os.getloadavg()[0],
        "findings": findings,
    }
    text = json.dumps(record)
    if chosen.json:
        chosen.json.write_text(text + "\n", encoding="utf-8")
    print(text)
    return 1 if findings or growth_mb > GROWTH_MB_MAX else 0


if __name__ == "__main__":
    raise SystemExit(main())
