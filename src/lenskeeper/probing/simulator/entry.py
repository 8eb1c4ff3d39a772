"""`lenskeeper simulate`: a fleet in a process of its own, until its time is over or nobody holds its input."""

import argparse
import asyncio
import contextlib
import csv
import json
import os
import re
import signal
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from lenskeeper.base.clock import Clock
from lenskeeper.base.errors import CallerError, Invalid
from lenskeeper.probing.simulator import clips
from lenskeeper.probing.simulator.cameras import Start, codec_of
from lenskeeper.probing.simulator.fleet import CODECS, FleetPlan, account, city, stills
from lenskeeper.probing.simulator.living import Living, clips_of
from lenskeeper.probing.simulator.river_city import RiverCity
from lenskeeper.probing.simulator.running import RunningFleet, running

try:
    from uvloop import new_event_loop
except ImportError:  # Windows has none; the loop of the standard library does the same work for more
    new_event_loop = asyncio.new_event_loop  # type: ignore[assignment]  # a loop all the same

FOR_S_DEFAULT = 600.0


def options() -> argparse.ArgumentParser:
    """The command line of `lenskeeper simulate`."""
    out = argparse.ArgumentParser(
        prog="lenskeeper simulate", description="A simulated fleet of cameras on 127.0.0.0/8."
    )
    out.add_argument("--cameras", type=int, default=200, help="how many")
    out.add_argument("--faulty", type=int, default=12, help="how many of them have something")
    out.add_argument("--seed", type=int, default=1, help="one seed, one fleet")
    out.add_argument(
        "--port",
        type=int,
        default=8554,
        help="of RTSP; the next four are used as well; 0: any",
    )
    out.add_argument("--for-s", type=float, default=FOR_S_DEFAULT, help="stop after so many seconds")
    out.add_argument("--size", default="640x360", help="of the pictures")
    out.add_argument("--codec", choices=["mixed", "h264", "h265", "jpeg"], default="mixed")
    out.add_argument("--fps", type=float, default=12.5, help="pictures a second")
    out.add_argument("--gop", type=int, default=12, help="pictures from key frame to key frame")
    out.add_argument("--gops", type=int, default=13, help="key frames in a round")
    out.add_argument("--kbps", type=int, help="bitrate of the stream; else by quality")
    out.add_argument("--preset", help="of x264 or x265")
    out.add_argument("--at-key", action="store_true", help="every viewer begins at a key frame")
    out.add_argument("--login", action="store_true", help="every second camera asks for one")
    out.add_argument("--stills", action="store_true", help="HTTP pictures instead of RTSP")
    out.add_argument(
        "--well-for-s", type=float, default=0.0, help="faults begin so many seconds after the start"
    )
    out.add_argument(
        "--targets-csv", type=Path, help="write the targets, and what is wrong with each, to this file"
    )
    out.add_argument(
        "--river", action="store_true", help="the cameras of the demonstration's city, all of them well"
    )
    out.add_argument(
        "--script", type=Path, help="troubles that come and go: a table of cameras, from, until, illness"
    )
    out.add_argument("--no-cache", action="store_true", help="keep no coded clips between runs")
    return out


def plan_of(args: argparse.Namespace) -> FleetPlan:
    """The plan that a command line asks for; Invalid where it cannot be."""
    if args.river:
        return RiverCity(args.cameras, args.seed).fleet
    size = re.fullmatch(r"(\d{3,4})x(\d{2,4})", args.size)
    if size is None or int(size[1]) % 16 or int(size[2]) % 8:
        raise Invalid("--size is WIDTHxHEIGHT, from 160x96 on, in multiples of 16 and 8", field="size")
    codecs = CODECS if args.codec == "mixed" else (codec_of(args.codec),)
    plan = city(
        args.cameras,
        faulty=args.faulty,
        seed=args.seed,
        size=(int(size[1]), int(size[2])),
        codecs=codecs,
        login=account() if args.login else None,
        well_for_s=args.well_for_s,
    )
    start = Start.AT_KEY if args.at_key else Start.LIVE
    coded = {
        "fps": args.fps,
        "gop": args.gop,
        "gops": args.gops,
        "bitrate_kbps": args.kbps,
        "preset": args.preset,
    }
    plan = FleetPlan(tuple(replace(c, start=start, clip=replace(c.clip, **coded)) for c in plan.cameras))
    return stills(plan) if args.stills else plan


def write_targets(fleet: RunningFleet, path: Path) -> None:
    """A table of the targets: `target`, and for whoever compares `expected_outcomes`, `expected_verdict`, `expected_kinds`, `evidence`."""
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["target", "expected_outcomes", "expected_verdict", "expected_kinds", "evidence"])
        for target, truth in zip(fleet.targets(), (c.truth() for c in fleet.plan.cameras), strict=True):
            outcomes = " ".join(sorted(o.value for o in truth.outcomes))
            table.writerow(
                [target, outcomes, truth.verdict, " ".join(sorted(truth.kinds)), truth.evidence.value]
            )


def _until_told(loop: asyncio.AbstractEventLoop) -> asyncio.Event:
    """An event that is set by SIGTERM, SIGINT or the end of the standard input."""
    told = asyncio.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(one, told.set)

    def look() -> None:
        with contextlib.suppress(BlockingIOError):
            if not os.read(fd, 4096):
                loop.remove_reader(fd)
                told.set()

    try:
        fd = sys.stdin.fileno()
        loop.add_reader(fd, look)
    except (OSError, ValueError, AttributeError):  # a file, /dev/null or no input at all cannot be waited for
        pass
    return told


async def _begin_living(fleet: RunningFleet, script: Path, clock: Clock) -> asyncio.Task[None]:
    await fleet.site.make(clips_of(fleet.plan))
    living = Living(fleet, script, clock)
    living.step(clock.now_ms() // 1000)
    return asyncio.create_task(living.run())


async def _simulate(args: argparse.Namespace, clock: Clock) -> None:
    plan = plan_of(args)
    began_s = clock.elapsed_s()
    told = _until_told(asyncio.get_running_loop())
    async with running(
        plan, clock, port=args.port, cache=None if args.no_cache else clips.cache_folder()
    ) as fleet:
        if args.targets_csv:
            write_targets(fleet, args.targets_csv)
        living = await _begin_living(fleet, args.script, clock) if args.script else None
        ready = {
            "ready": True,
            "cameras": len(plan.cameras),
            "ports": asdict(fleet.ports),
            "listening": fleet.listening,
            "clips": len(fleet.site.every_clip()),
            "key_bytes": fleet.site.key_bytes(),
            "prepared_s": round(clock.elapsed_s() - began_s, 2),
        }
        print(json.dumps(ready), flush=True)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(told.wait(), args.for_s)
        if living is not None:
            living.cancel()
            await asyncio.gather(living, return_exceptions=True)
        visits = fleet.ledger.total()
        total = asdict(replace(visits, methods=Counter())) | {"methods": dict(visits.methods)}
    with contextlib.suppress(BrokenPipeError):  # whoever started us may be gone by now
        print(json.dumps({"ready": False, "visits": total}), flush=True)


def simulate(args: argparse.Namespace, clock: Clock) -> int:
    """Run the fleet that `options()` describe. One line of JSON when it can be visited, one with its visits at the end.

    Returns 0 when its time was over or it was told to stop; raises Invalid for a fleet that cannot be.
    """
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(_simulate(args, clock))
    return 0


def main(argv: Sequence[str], clock: Clock) -> int:
    """The same from a command line; 2 for a wrong one."""
    try:
        return simulate(options().parse_args(argv), clock)
    except CallerError as error:
        print(f"lenskeeper simulate: {error}", file=sys.stderr)
        return 2
