"""5,000 looks in flight, each waiting for its key frame: memory for each beyond the base, and what the kernel adds.

    ./run bench inflight [--cameras N]

No picture is decoded. The resident size is taken at its highest while all are playing, less that of the same process
with every room loaded and nothing in flight. The key frames themselves are counted apart: they are the pictures'
budget (128 MB in all, pictures/budget.py), not the price of a visit.
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

from bench import cpu_ms, fleet, keep, measured
from lenskeeper.house.clock import SystemClock
from lenskeeper.house.process import raise_file_limit, run_loop
from lenskeeper.probing.look import look_at
from lenskeeper.probing.probe import ONE_LOOK, KeyFrame, Prober, VisitLimits
from lenskeeper.probing.refusals import Refusals
from lenskeeper.probing.targets import parse_target

PATIENT = VisitLimits(connect_s=30, reply_s=30, first_packet_s=30, key_frame_s=30, visit_s=120)


def resident_kb() -> int:
    fields = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in fields if line.startswith("VmRSS"))


async def fly(table: Path) -> dict[str, Any]:
    with table.open(newline="") as file:
        targets = [parse_target(row["target"]) for row in csv.DictReader(file)]
    prober = Prober(SystemClock(), Refusals(), limits=PATIENT)
    await look_at(targets[0], prober, ONE_LOOK, lambda _: None)  # every room is loaded now
    base_kb = most_kb = resident_kb()
    began, before_ms = time.perf_counter(), cpu_ms()
    picture_bytes = 0

    def see(frame: KeyFrame) -> None:
        nonlocal picture_bytes
        picture_bytes += len(frame.encoded.data)

    looks = [asyncio.create_task(look_at(t, prober, ONE_LOOK, see)) for t in targets]
    while not all(look.done() for look in looks):
        most_kb = max(most_kb, resident_kb())
        await asyncio.sleep(0.02)
    probes = [look.result() for look in looks]
    first_ms = sorted(p.first_frame_ms for p in probes if p.first_frame_ms is not None)
    return {
        "in_flight": len(targets),
        "playing": len(first_ms),
        "outcomes": {o: sum(p.outcome == o for p in probes) for o in {p.outcome.value for p in probes}},
        "base_mb": base_kb / 1024,
        "most_mb": most_kb / 1024,
        "kb_each": (most_kb - base_kb) / len(targets),
        "picture_kb_mean": picture_bytes / max(1, len(first_ms)) / 1024,
        "first_frame_ms_median": first_ms[len(first_ms) // 2] if first_ms else None,
        "cpu_ms_each": (cpu_ms() - before_ms) / len(targets),
        "wall_s": time.perf_counter() - began,
        "file_limits": resource.getrlimit(resource.RLIMIT_NOFILE),
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cameras", type=int, default=5_000)
    options.add_argument("--table", type=Path)
    given = options.parse_args()
    if given.table:
        places = raise_file_limit(given.cameras)
        if places < given.cameras:
            raise SystemExit(f"the hard limit of descriptors allows {places} at a time here: ulimit -Hn")
        print(json.dumps(run_loop(fly(given.table))))
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
        found = measured(sys.argv[0], "--cameras", str(given.cameras), "--table", str(table))
    rows = [
        ["in flight", "playing", "kB each", "base MB", "most MB", "CPU ms each", "median first frame ms", "wall s"],
        [
            str(found["in_flight"]), str(found["playing"]), f"{found['kb_each']:.1f}", f"{found['base_mb']:.0f}",
            f"{found['most_mb']:.0f}", f"{found['cpu_ms_each']:.2f}", f"{found['first_frame_ms_median']:.0f}",
            f"{found['wall_s']:.1f}",
        ],
    ]  # fmt: skip
    keep("inflight", found, rows)


if __name__ == "__main__":
    main()
