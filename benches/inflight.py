"""5,000 looks in flight, each waiting for its key frame: memory for each beyond the base, and what the kernel adds.

    ./run bench inflight [--cameras N]

No picture is decoded. The resident size is taken at its highest while all are playing, less that of the same process
with every room loaded and nothing in flight. The key frames themselves are counted apart: they are the pictures'
budget (128 MB in all, pictures/budget.py), not the price of a visit. Where the hard limit of descriptors is below what
is asked, fewer look at a time and the rest wait; the table says how many.
"""

import argparse
import asyncio
import csv
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

from bench import broken, cpu_ms, fleet, keep, measured
from lenskeeper.house.clock import SystemClock
from lenskeeper.house.process import raise_file_limit, run_loop
from lenskeeper.probing.look import look_at
from lenskeeper.probing.probe import ONE_LOOK, KeyFrame, Probe, Prober, VisitLimits
from lenskeeper.probing.refusals import Refusals
from lenskeeper.probing.sweep import sweep
from lenskeeper.probing.targets import Target, parse_target

PATIENT = VisitLimits(connect_s=30, reply_s=30, first_packet_s=30, key_frame_s=30, visit_s=120)


def resident_kb() -> int:
    fields = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in fields if line.startswith("VmRSS"))


async def fly(table: Path, places: int) -> dict[str, Any]:
    with table.open(newline="") as file:
        targets = [parse_target(row["target"]) for row in csv.DictReader(file)]
    prober = Prober(SystemClock(), Refusals(), limits=PATIENT)
    await look_at(targets[0], prober, ONE_LOOK, lambda _: None)  # every room is loaded now
    base_kb = most_kb = resident_kb()
    began, before_ms = time.perf_counter(), cpu_ms()
    picture_bytes = 0
    probes: list[Probe] = []

    def see(frame: KeyFrame) -> None:
        nonlocal picture_bytes
        picture_bytes += len(frame.encoded.data)

    async def one(target: Target) -> None:
        probes.append(await look_at(target, prober, ONE_LOOK, see))

    flight = asyncio.create_task(sweep(targets, one, in_flight=places, per_host=2, failed=broken))
    while not flight.done():
        most_kb = max(most_kb, resident_kb())
        await asyncio.sleep(0.02)
    await flight
    first_ms = sorted(p.first_frame_ms for p in probes if p.first_frame_ms is not None)
    return {
        "cameras": len(targets),
        "in_flight": places,
        "playing": len(first_ms),
        "outcomes": {o: sum(p.outcome == o for p in probes) for o in {p.outcome.value for p in probes}},
        "base_mb": base_kb / 1024,
        "most_mb": most_kb / 1024,
        "kb_each": (most_kb - base_kb) / places,
        "picture_kb_mean": picture_bytes / max(1, len(first_ms)) / 1024,
        "first_frame_ms_median": first_ms[len(first_ms) // 2] if first_ms else None,
        "cpu_ms_each": (cpu_ms() - before_ms) / len(targets),
        "wall_s": time.perf_counter() - began,
        "file_limits": resource.getrlimit(resource.RLIMIT_NOFILE),
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cameras", type=int, default=5_000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--table", type=Path)
    given = options.parse_args()
    if given.table:
        print(json.dumps(run_loop(fly(given.table, raise_file_limit(given.cameras)))))
        return
    simulated = [
        "--cameras",
        str(given.cameras),
        "--faulty",
        "0",
        "--codec",
        "h264",
        "--gop",
        "25",
        "--gops",
        "3",
    ]
    with fleet(*simulated, "--fps", "12.5", "--port", "0") as table:
        runs = [
            measured(sys.argv[0], "--cameras", str(given.cameras), "--table", str(table))
            for _ in range(given.rounds)
        ]
    found = sorted(runs, key=lambda run: float(run["kb_each"]))[len(runs) // 2]
    found["kb_each_rounds"] = [round(run["kb_each"], 2) for run in runs]
    if found["in_flight"] < given.cameras:
        print(
            f"the hard limit of descriptors (ulimit -Hn) allows {found['in_flight']} at a time; the rest waited"
        )
    rows = [
        ["cameras", "in flight", "playing", "kB each", "rounds", "base MB", "most MB", "CPU ms each", "median first frame ms", "wall s"],
        [
            str(found["cameras"]), str(found["in_flight"]), str(found["playing"]), f"{found['kb_each']:.1f}",
            " ".join(map(str, found["kb_each_rounds"])), f"{found['base_mb']:.0f}",
            f"{found['most_mb']:.0f}", f"{found['cpu_ms_each']:.2f}", f"{found['first_frame_ms_median']:.0f}",
            f"{found['wall_s']:.1f}",
        ],
    ]  # fmt: skip
    keep("inflight", found, rows)


if __name__ == "__main__":
    main()
