"""5,000 looks in flight: memory for each beyond the base while all wait for a key frame, and what the arrival costs.

    ./run bench inflight [--in-flight N]

No picture is decoded. Beyond the base means: resident size while all wait, less that of the same process with every
room loaded and nothing in flight. At most 500 greet their camera at a time (probing/probe.py), so the cameras of the
first part send a key frame every two minutes, and some hundred spare ones make up for those that are done early. Where the hard
limit of descriptors is lower, the bench says so; the product lets the rest wait (house/process.py).
"""

import argparse
import asyncio
import contextlib
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
from lenskeeper.probing.targets import Target, host_key, parse_target

PATIENT = VisitLimits(connect_s=30, reply_s=30, first_packet_s=30, key_frame_s=30, visit_s=120)


def resident_kb() -> int:
    fields = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in fields if line.startswith("VmRSS"))


async def wait_together(table: Path, wanted: int) -> dict[str, Any]:
    """Memory while all wait: their cameras send a key frame every two minutes, and the goodbye is said before most do."""
    targets = targets_of(table)
    prober = Prober(SystemClock(), Refusals(), limits=PATIENT)
    async with asyncio.timeout(5):  # every room is loaded by a visit that is called off
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(look_at(targets[-1], prober, ONE_LOOK, lambda _: None), 1)
    for target in targets:  # what is remembered of a host belongs to the fleet and not to a look in flight
        host_key(target.host)
    base_kb, done = resident_kb(), 0

    async def one(target: Target) -> None:
        nonlocal done
        await look_at(target, prober, ONE_LOOK, lambda _: None)
        done += 1

    flight = asyncio.create_task(sweep(targets, one, in_flight=len(targets), per_host=2, failed=broken))
    await asyncio.sleep(0.5)
    async with prober.handshakes:  # first come, first served: all others have had their turn
        pass
    await asyncio.sleep(1)  # the last of them have said PLAY
    at_once, most_kb = len(targets) - done, resident_kb()
    flight.cancel()
    await asyncio.gather(flight, return_exceptions=True)
    assert at_once >= wanted, f"only {at_once} were in flight at once: raise --spare"
    return {
        "at_once": at_once,
        "base_mb": base_kb / 1024,
        "most_mb": most_kb / 1024,
        "kb_each": (most_kb - base_kb) / at_once,
        "file_limits": resource.getrlimit(resource.RLIMIT_NOFILE),
    }


async def arrive(table: Path) -> dict[str, Any]:
    """All of them get their key frame, which comes within two seconds of PLAY."""
    targets = targets_of(table)
    prober = Prober(SystemClock(), Refusals(), limits=PATIENT)
    await look_at(targets[0], prober, ONE_LOOK, lambda _: None)
    began, before_ms = time.perf_counter(), cpu_ms()
    picture_bytes = 0
    probes: list[Probe] = []

    def see(frame: KeyFrame) -> None:
        nonlocal picture_bytes
        picture_bytes += len(frame.encoded.data)

    async def one(target: Target) -> None:
        probes.append(await look_at(target, prober, ONE_LOOK, see))

    await sweep(targets, one, in_flight=len(targets), per_host=2, failed=broken)
    first_ms = sorted(p.first_frame_ms for p in probes if p.first_frame_ms is not None)
    return {
        "cameras": len(targets),
        "playing": len(first_ms),
        "outcomes": {o: sum(p.outcome == o for p in probes) for o in {p.outcome.value for p in probes}},
        "picture_kb_mean": picture_bytes / max(1, len(first_ms)) / 1024,
        "first_frame_ms_median": first_ms[len(first_ms) // 2] if first_ms else None,
        "cpu_ms_each": (cpu_ms() - before_ms) / len(targets),
        "wall_s": time.perf_counter() - began,
    }


def targets_of(table: Path) -> list[Target]:
    with table.open(newline="") as file:
        return [parse_target(row["target"]) for row in csv.DictReader(file)]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--in-flight", type=int, default=5_000)
    options.add_argument(
        "--spare", type=int, default=800, help="cameras more, since some get their key frame early"
    )
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--stage", choices=["wait", "arrive"])
    options.add_argument("--table", type=Path)
    given = options.parse_args()
    if given.stage:
        wanted = given.in_flight + (given.spare if given.stage == "wait" else 0)
        allowed = raise_file_limit(wanted)
        if allowed < wanted:
            raise SystemExit(
                f"the hard limit of descriptors (ulimit -Hn) allows {allowed} at a time, {wanted} wanted"
            )
        run = wait_together(given.table, given.in_flight) if given.stage == "wait" else arrive(given.table)
        print(json.dumps(run_loop(run)))
        return
    plain = ["--faulty", "0", "--codec", "h264", "--fps", "12.5", "--port", "0"]
    held = str(given.in_flight + given.spare)
    with fleet("--cameras", held, "--gop", "1500", "--gops", "1", *plain) as table:
        arguments = ["--stage", "wait", "--in-flight", str(given.in_flight), "--spare", str(given.spare)]
        waits = [measured(sys.argv[0], *arguments, "--table", str(table)) for _ in range(given.rounds)]
    with fleet("--cameras", str(given.in_flight), "--gop", "25", "--gops", "3", *plain) as table:
        came = measured(
            sys.argv[0], "--stage", "arrive", "--in-flight", str(given.in_flight), "--table", str(table)
        )
    waited = sorted(waits, key=lambda run: float(run["kb_each"]))[len(waits) // 2]
    rows = [
        ["in flight at once", "kB each", "rounds", "base MB", "with all MB"],
        [
            str(waited["at_once"]), f"{waited['kb_each']:.1f}", " ".join(f"{run['kb_each']:.2f}" for run in waits),
            f"{waited['base_mb']:.0f}", f"{waited['most_mb']:.0f}",
        ],
        ["cameras that then send", "playing", "CPU ms each", "median first frame ms", "wall s"],
        [
            str(came["cameras"]), str(came["playing"]), f"{came['cpu_ms_each']:.2f}",
            f"{came['first_frame_ms_median']:.0f}", f"{came['wall_s']:.1f}",
        ],
    ]  # fmt: skip
    keep("inflight", {"waiting": waited, "arriving": came}, rows)


if __name__ == "__main__":
    main()
