"""Hostile peers: mutants against every parser and into the picture workers; no crash, no hang, no growth.

    ./run bench fuzz [--inputs 200000] [--seed 1]

Exit 1 if there is a finding; the first of each kind is printed in full, to become a test.
"""

import argparse
import asyncio
import random
import resource
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))  # the seeds are the captures and packetisers of the tests

from tests.protocols import clips

from bench import keep
from fuzz_inputs import Input, inputs, mutated
from lenskeeper.base.codecs import Codec
from lenskeeper.house.process import picture_workers, run_loop
from lenskeeper.house.settings import PictureSettings
from lenskeeper.house.worker import NONSENSE, picture_job, read_reply
from lenskeeper.pictures.encoded import Encoded
from lenskeeper.pictures.pool import TimedOut, WorkerLost

HANG_S: Final = 1.0  # no honest input of 200 kB takes a tenth of it
GROWTH_MB_MAX: Final = (
    64  # resident memory after warm-up against the end; caches and fragmentation stay far below
)
WARM_UP: Final = 2_000
FED_AT_ONCE: Final = 50  # pictures at a time: both workers stay busy, little waits


@dataclass(slots=True)
class Row:
    """What happened to one target."""

    inputs: int = 0
    bytes: int = 0
    crashes: int = 0
    hangs: int = 0
    lost: int = 0
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


# -- bitstreams, into the picture workers as the product has them


def pictures() -> list[Encoded]:
    """Small pictures of every codec, so that mutations hit syntax and not only coefficients."""
    chance = np.random.default_rng(1)
    still = cv2.GaussianBlur(chance.integers(0, 255, (96, 128, 3), np.uint8), (0, 0), 2)
    found = [Encoded(Codec.H264, unit) for unit in clips.clip("libx264", clips.X264, 128, 96, 2)]
    found += [Encoded(Codec.H265, unit) for unit in clips.clip("libx265", clips.X265, 128, 96, 2)]
    for codec, ending in (
        (Codec.JPEG, ".jpg"),
        (Codec.STILL, ".png"),
        (Codec.STILL, ".bmp"),
        (Codec.STILL, ".webp"),
    ):
        found.append(Encoded(codec, cv2.imencode(ending, still)[1].tobytes()))
    return found


async def fed(n: int, seed: int, rows: dict[str, Row]) -> tuple[list[str], int]:
    """Feed `n` mutated pictures to two workers; return what must not be, and how many workers were lost on the way.

    A worker that dies or hangs is what workers are for: it is counted. A finding is an answer that is none.
    """
    chance, seeds, findings = random.Random(seed), pictures(), list[str]()
    others = {codec: tuple(s.data for s in seeds if s.codec is codec) for codec in Codec}
    async with picture_workers(PictureSettings(workers=2)) as pool:

        async def one(encoded: Encoded) -> None:
            row = rows.setdefault(f"picture {encoded.codec}", Row())
            answer = await pool.look(*picture_job(encoded))
            row.inputs += 1
            row.bytes += len(encoded.data)
            if isinstance(answer, WorkerLost):
                row.lost += 1
            elif isinstance(answer, TimedOut):
                row.hangs += 1
                findings.append(
                    f"{row}: a picture held its worker for {answer.after_s} s: {encoded.data[:400]!r}"
                )
            elif read_reply(answer).failure == NONSENSE:
                findings.append(f"a worker answered nonsense to {encoded.data[:400]!r}")

        for _ in range(0, n, FED_AT_ONCE):
            batch = [chance.choice(seeds) for _ in range(FED_AT_ONCE)]
            await asyncio.gather(
                *(one(Encoded(s.codec, mutated(s.data, chance, others[s.codec]))) for s in batch)
            )
        return findings, pool.restarts


def main() -> int:
    """Run and print."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--inputs", type=int, default=200_000, help="in all; a tenth of them are pictures")
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    began = time.perf_counter()
    rows, findings, growth_mb = fired(given.inputs - given.inputs // 10, given.seed)
    before_mb = resident_mb()
    strange, restarts = run_loop(fed(given.inputs // 10, given.seed, rows))
    findings += strange
    growth_mb = max(growth_mb, resident_mb() - before_mb)
    table = [["target", "inputs", "MB", "crashes", "hangs", "workers lost", "us each", "slowest ms"]]
    table += [
        [
            name, str(row.inputs), f"{row.bytes / 1e6:.1f}", str(row.crashes), str(row.hangs), str(row.lost),
            f"{row.cpu_s * 1e6 / row.inputs:.0f}" if row.cpu_s else "", f"{row.slowest_ms:.1f}" if row.cpu_s else "",
        ]
        for name, row in rows.items()
    ]  # fmt: skip
    figures = {
        "inputs": sum(row.inputs for row in rows.values()),
        "seed": given.seed,
        "targets": {name: asdict(row) for name, row in rows.items()},
        "growth_mb": round(growth_mb, 1),
        "growth_mb_limit": GROWTH_MB_MAX,
        "workers_restarted": restarts,
        "wall_s": round(time.perf_counter() - began, 1),
        "findings": findings,
    }
    keep("fuzz", figures, table)
    return 1 if findings or growth_mb > GROWTH_MB_MAX else 0


if __name__ == "__main__":
    raise SystemExit(main())
