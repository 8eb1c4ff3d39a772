"""What the rounds themselves cost: planning a slot of 20,000 cameras, memory for each camera, and a live sweep.

    ./run bench rounds [--cameras N] [--live-slots N]

Planned: greetings are answered from memory by one copy of bytes and looks at once, so that what is left is the rounds'
own work. `still`: no picture is due to be asked for. `pictures`: 30-minute pictures, 3 % of the doors silent. Live: the same rounds by
the clock over real sockets against the simulator in another process, with pictures stopped, so that the figure is
the reachability of a whole city each minute; skipped with --live-slots 0.
"""

import argparse
import asyncio
import csv
import gc
import json
import sys
import time
import tracemalloc
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any, Final

from bench import cpu_ms, fleet, keep, measured
from lenskeeper.base.outcomes import Outcome
from lenskeeper.house.clock import SystemClock
from lenskeeper.house.process import raise_file_limit, run_loop
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.points import Watched
from lenskeeper.probing.errands import Errand, Looked
from lenskeeper.probing.greeting import greeter
from lenskeeper.probing.manners import Manners
from lenskeeper.probing.probe import Prober
from lenskeeper.probing.refusals import Refusals
from lenskeeper.probing.round_results import CODE_OF, ZoneRound
from lenskeeper.probing.rounds import Rounds
from lenskeeper.probing.targets import Target

SLOTS: Final = 60
BEGIN_S: Final = 1_700_006_400
GOOD: Final = Looked(
    Outcome.PLAYING, 90_000, has_picture=True, verdict="fit", cost_ms=4.0, first_frame_ms=900.0
)


def city(cameras: int, addresses: Sequence[str] = ()) -> list[Watched]:
    return [
        Watched(
            PointId(n + 1),
            None,
            f"camera {n}",
            3,
            addresses[n]
            if addresses
            else f"rtsp://10.{n // 62_500}.{n // 250 % 250}.{n % 250 + 1}:554/stream",
            "Asia/Shanghai",
            site=f"site {n // 20}",
            uplink=f"uplink {n // 2_000}",
            zone=f"zone {n // 5_000}",
        )
        for n in range(cameras)
    ]


class Counting:
    """Takes the zones and counts."""

    def __init__(self) -> None:
        self.zones = self.up = self.down = 0
        self.slots: asyncio.Queue[int] = asyncio.Queue()

    def take(self, batch: ZoneRound) -> None:
        self.zones += 1
        if batch.zone == "zone 0":
            self.slots.put_nowait(batch.slot_s)
        self.up += batch.codes.count(2)
        self.down += batch.codes.count(1)


def failed(what: str, error: Exception) -> None:
    raise AssertionError(what) from error


async def planned(cameras: int) -> dict[str, Any]:
    """Milliseconds of processor time per slot, and bytes per camera."""
    plan, count = city(cameras), Counting()
    up, down = CODE_OF[Outcome.ANSWERS], CODE_OF[Outcome.TIMED_OUT]
    answers = bytes(down if n % 33 == 0 else up for n in range(cameras))

    async def greet(doors: Sequence[Target], starts_s: Sequence[float], found: bytearray) -> None:
        del starts_s
        found[:] = answers[: len(doors)]

    async def look(_errand: Errand) -> Looked:
        return GOOD

    gc.collect()
    tracemalloc.start()
    rounds = Rounds(
        lambda: plan,
        greet,
        look,
        on_zone=count.take,
        on_looked=lambda _errand, _looked: None,
        on_fact=lambda _fact: None,
        failed=failed,
        clock=SystemClock(),
        chance=Random(1),
        manners=Manners(uplink_bps=10**9, site_bps=10**9),
    )
    bytes_each = tracemalloc.get_traced_memory()[0] / cameras
    tracemalloc.stop()
    figures: dict[str, Any] = {"bytes_each": bytes_each}
    at_s = BEGIN_S
    for name in ("still", "pictures"):
        rounds.switch.pictures = name == "still"
        looks, before = rounds.tally.looks, cpu_ms()
        for _ in range(SLOTS):
            await rounds.slot(at_s)
            at_s += 60
        spent = cpu_ms() - before
        figures[f"{name}_ms"] = spent / SLOTS
        figures[f"{name}_looks"] = (rounds.tally.looks - looks) / SLOTS
    figures["us_per_look"] = (
        (figures["pictures_ms"] - figures["still_ms"]) * 1000 / max(figures["pictures_looks"], 1)
    )
    began = time.perf_counter()
    rounds.replan()
    await rounds.slot(at_s)
    figures["replan_ms"] = (time.perf_counter() - began) * 1000
    return figures


async def live(table: Path, slots: int) -> dict[str, Any]:
    """Processor time per slot of a whole city by the clock, and what was missed."""
    with table.open(newline="") as file:
        addresses = [row["target"] for row in csv.DictReader(file)]
    plan, count = city(len(addresses), addresses), Counting()
    prober = Prober(SystemClock(), Refusals())
    rounds = Rounds(
        lambda: plan,
        greeter(prober, in_flight=1_000, failed=lambda target, error: failed(target.name, error)),
        lambda _errand: asyncio.sleep(0, GOOD),
        on_zone=count.take,
        on_looked=lambda _errand, _looked: None,
        on_fact=lambda fact: print(fact, file=sys.stderr),
        failed=failed,
        clock=SystemClock(),
        chance=Random(1),
    )
    rounds.switch.pictures = True
    life = asyncio.create_task(rounds.run())
    spent: list[float] = []
    await count.slots.get()  # the first slot loads what is loaded once
    for _ in range(slots):
        before = cpu_ms()
        await count.slots.get()
        spent.append(cpu_ms() - before)
    tally = rounds.tally
    done = {"done": tally.slots_done, "late": tally.slots_late, "missed": tally.slots_missed}
    await rounds.stop()
    await life
    return {
        "cpu_ms_slot": sorted(spent)[len(spent) // 2],
        "cpu_ms_slots": [round(ms) for ms in spent],
        "cpu_us_each": sorted(spent)[len(spent) // 2] * 1000 / len(plan),
        "core_share": sorted(spent)[len(spent) // 2] / 60_000,
        "up": count.up,
        "down": count.down,
        **done,
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cameras", type=int, default=20_000)
    options.add_argument("--live-slots", type=int, default=3)
    options.add_argument("--table", type=Path)
    options.add_argument("--only", choices=["planned", "live"])
    given = options.parse_args()
    if given.only == "planned":
        print(json.dumps(asyncio.run(planned(given.cameras))))
        return
    if given.only == "live":
        raise_file_limit(1_500)
        print(json.dumps(run_loop(live(given.table, given.live_slots))))
        return
    runs = [measured(sys.argv[0], "--only", "planned", "--cameras", str(given.cameras)) for _ in range(3)]
    figures = {name: sorted(run[name] for run in runs)[1] for name in runs[0]}
    rows = [["what", "figure"]]
    rows += [
        ["planning a slot without pictures, CPU ms", f"{figures['still_ms']:.1f}"],
        [f"a slot with {figures['pictures_looks']:.0f} pictures, CPU ms", f"{figures['pictures_ms']:.1f}"],
        ["for each picture beyond it, CPU us", f"{figures['us_per_look']:.0f}"],
        ["a new plan, wall ms", f"{figures['replan_ms']:.0f}"],
        ["memory for each camera, bytes", f"{figures['bytes_each']:.0f}"],
    ]
    result: dict[str, Any] = {"cameras": given.cameras, "planned": figures}
    if given.live_slots:
        with fleet(
            "--cameras", str(given.cameras), "--faulty", "0", "--size", "160x96", "--gops", "1", "--port", "0"
        ) as table:
            arguments = ["--only", "live", "--table", str(table), "--live-slots", str(given.live_slots)]
            result["live"] = measured(sys.argv[0], *arguments, timeout_s=120 + 70 * given.live_slots)
        rows += [
            ["live: reachability of all in a slot of 60 s, CPU ms", f"{result['live']['cpu_ms_slot']:.0f}"],
            ["live: share of a core", f"{100 * result['live']['core_share']:.1f} %"],
            [
                "live: slots done, late, missed",
                " ".join(str(result["live"][k]) for k in ("done", "late", "missed")),
            ],
        ]
    keep("rounds", result, rows)


if __name__ == "__main__":
    main()
