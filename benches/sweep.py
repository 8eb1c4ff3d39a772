"""Is anybody there, 20,000 times: our sweep, a bare protocol that only connects and asks, and blackbox_exporter.

    ./run bench sweep [--cameras N] [--in-flight N]

The bare protocol is the least that asyncio can do: connect, send OPTIONS, take the first bytes, close. It reads no
line, keeps no outcome, has no deadline of its own and admits every address. It runs on the same loop as ours. Both sweep
twice in a process, and the second time is measured; rounds take turns, and the median counts.
"""

import argparse
import asyncio
import csv
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any, Final, cast

from bench import cpu_ms, fleet, keep, measured
from lenskeeper.house.check import CheckOrder, knock_all
from lenskeeper.house.process import raise_file_limit, run_loop
from lenskeeper.house.settings import Settings
from lenskeeper.probing.sweep import Knock
from lenskeeper.probing.targets import Target, parse_target

BLACKBOX: Final = "prometheus-blackbox-exporter"
BLACKBOX_PORT: Final = 19115
BLACKBOX_TARGETS: Final = 1_000  # enough for a figure per look; it is not built for more at a time
BLACKBOX_MODULE: Final = """\
modules:
  rtsp_options:
    prober: tcp
    timeout: 5s
    tcp:
      query_response:
        - send: "OPTIONS rtsp://camera/ RTSP/1.0\\r\\nCSeq: 1\\r\\n\\r\\n"
        - expect: "^RTSP/1.0 200"
"""


def targets_of(table: Path) -> list[Target]:
    with table.open(newline="") as file:
        return [parse_target(row["target"]) for row in csv.DictReader(file)]


def ours(targets: list[Target], in_flight: int) -> int:
    found: list[Knock] = []
    run_loop(knock_all(targets, CheckOrder(in_flight=in_flight), Settings(), found.append))
    return sum(k.outcome == "answers" for k in found)


class Bare(asyncio.Protocol):
    def __init__(self, request: bytes, heard: "asyncio.Future[None]") -> None:
        self.request, self.heard = request, heard

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport = cast("asyncio.Transport", transport)  # uvloop has its own class for it
        self.transport = transport
        transport.write(self.request)

    def data_received(self, _data: bytes) -> None:
        if not self.heard.done():
            self.heard.set_result(None)

    def connection_lost(self, _exc: Exception | None) -> None:
        if not self.heard.done():
            self.heard.set_result(None)


def bare(targets: list[Target], in_flight: int) -> int:
    answered = 0

    async def ask_all() -> None:
        loop, waiting = asyncio.get_running_loop(), iter(targets)

        async def one_after_another() -> None:
            nonlocal answered
            for target in waiting:
                request = f"OPTIONS {target.name} RTSP/1.0\r\nCSeq: 1\r\n\r\n".encode()
                heard: asyncio.Future[None] = loop.create_future()
                transport, _ = await loop.create_connection(
                    lambda r=request, h=heard: Bare(r, h),  # type: ignore[misc]
                    target.host,
                    target.port,
                )
                await heard
                transport.abort()
                answered += 1

        await asyncio.gather(*(one_after_another() for _ in range(in_flight)))

    raise_file_limit(in_flight)
    run_loop(ask_all())
    return answered


def blackbox(targets: list[Target]) -> dict[str, Any]:
    """Processor time of the exporter alone; whoever asks it is not counted."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "blackbox.yml"
        config.write_text(BLACKBOX_MODULE)
        exporter = subprocess.Popen(
            [BLACKBOX, f"--config.file={config}", f"--web.listen-address=127.0.0.1:{BLACKBOX_PORT}"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            time.sleep(1)
            before = process_cpu_ms(exporter.pid)
            began, answered = time.perf_counter(), 0
            for target in targets[:BLACKBOX_TARGETS]:
                url = f"http://127.0.0.1:{BLACKBOX_PORT}/probe?module=rtsp_options&target={target.host}:{target.port}"
                with urllib.request.urlopen(url, timeout=10) as answer:
                    answered += bool(re.search(rb"^probe_success 1", answer.read(), re.MULTILINE))
            spent = process_cpu_ms(exporter.pid) - before
            return {
                "cpu_us_each": spent * 1000 / len(targets[:BLACKBOX_TARGETS]),
                "wall_s": time.perf_counter() - began,
                "answered": answered,
                "asked": len(targets[:BLACKBOX_TARGETS]),
            }
        finally:
            exporter.terminate()
            exporter.wait(10)


def process_cpu_ms(pid: int) -> float:
    """User and system time of a process, from the kernel's count of clock ticks of 10 ms."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) * 10.0


def child(method: str, table: Path, in_flight: int) -> None:
    targets = targets_of(table)
    run = {"ours": ours, "bare": bare}[method]
    run(targets, in_flight)  # a fleet is swept every minute: the first round is not the usual one
    before, began = cpu_ms(), time.perf_counter()
    answered = run(targets, in_flight)
    spent = cpu_ms() - before
    print(
        json.dumps(
            {
                "cpu_us_each": spent * 1000 / len(targets),
                "wall_s": time.perf_counter() - began,
                "answered": answered,
                "asked": len(targets),
            }
        )
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cameras", type=int, default=20_000)
    options.add_argument("--in-flight", type=int, default=1_000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--method", choices=["ours", "bare"])
    options.add_argument("--table", type=Path)
    given = options.parse_args()
    if given.method:
        child(given.method, given.table, given.in_flight)
        return
    with fleet(
        "--cameras", str(given.cameras), "--faulty", "0", "--size", "160x96", "--gops", "1", "--port", "0"
    ) as table:
        runs: dict[str, list[dict[str, Any]]] = {"ours": [], "bare": []}
        for _ in range(given.rounds):  # turn and turn about, so that a busy spell of the machine hits both
            for method, found in runs.items():
                arguments = ["--method", method, "--table", str(table), "--in-flight", str(given.in_flight)]
                found.append(measured(sys.argv[0], *arguments))
        figures = {m: sorted(f, key=lambda r: float(r["cpu_us_each"]))[len(f) // 2] for m, f in runs.items()}
        if shutil.which(BLACKBOX):
            figures["blackbox_exporter"] = blackbox(targets_of(table))
    base = figures["ours"]["cpu_us_each"]
    rows = [["way", "asked", "answered", "CPU us each", "CPU against ours", "wall s"]]
    rows += [
        [
            m,
            str(f["asked"]),
            str(f["answered"]),
            f"{f['cpu_us_each']:.0f}",
            f"{f['cpu_us_each'] / base:.2f} x",
            f"{f['wall_s']:.1f}",
        ]
        for m, f in figures.items()
    ]
    if "blackbox_exporter" not in figures:
        rows.append(["blackbox_exporter", "-", "-", "not installed", "-", "-"])
    ratio = base / figures["bare"]["cpu_us_each"]
    spread = {m: [round(run["cpu_us_each"], 1) for run in found] for m, found in runs.items()}
    keep("sweep", {"methods": figures, "ours_to_bare": round(ratio, 3), "cpu_us_rounds": spread}, rows)


if __name__ == "__main__":
    main()
