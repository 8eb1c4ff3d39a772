"""`lenskeeper serve` with a whole city for a quarter of an hour: no slot missed, no memory gained, cost per camera.

    ./run bench soak [--cameras 20000] [--minutes 15]

The simulator runs beside it on the same cores, so processor time is that of serve and its picture workers alone.
Sub-stream pictures every 30 minutes, reachability every minute, 3 in 100 cameras have something.
"""

import argparse
import csv
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final
from urllib.request import urlopen

from bench import fleet, keep
from lenskeeper.base.access import LOCAL_OPERATOR
from lenskeeper.house.home import NewHome, make_home
from lenskeeper.inventory.camera_file import CameraFile
from lenskeeper.inventory.rows_points import add_many
from lenskeeper.units.rows import add

PLACE: Final = "127.0.0.1:9479"
SAMPLE_S: Final = 5.0
READY_S: Final = 120
CLOCK_TICKS: Final = os.sysconf("SC_CLK_TCK")
GROWTH_MAX: Final = 1.05
ZONES: Final = 20

SETTINGS: Final = f"""
[rounds]
picture_minutes_1 = 30
picture_minutes_2 = 30
picture_minutes_3 = 30
in_flight = 1000
[serve]
metrics = "{PLACE}"
[web]
listen = ""
"""


def register(folder: Path, targets: Path) -> int:
    """An installation with one point for each target; how many."""
    home = make_home(NewHome(folder, "Soak", "Asia/Shanghai"))
    with targets.open(encoding="utf-8", newline="") as file:
        urls = [row["target"] for row in csv.DictReader(file)]
    files = [
        CameraFile(f"camera {n}", code=f"{n:020}", klass=3, url=url, zone=f"zone {n % ZONES}")
        for n, url in enumerate(urls)
    ]
    now_s = home.now_s()

    def work(connection: Any) -> None:  # a Connection; the bench names no more of the house than it must
        unit = add(
            connection, name="all", parent_id=None, tz="Asia/Shanghai", actor=LOCAL_OPERATOR, now_s=now_s
        )
        add_many(connection, files, [unit] * len(files), now_s=now_s)

    home.store.write(work)
    home.store.close()
    with (folder / "lenskeeper.toml").open("a") as file:
        file.write(SETTINGS)
    return len(files)


def family(pid: int) -> list[int]:
    """The process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(int(child) for child in children)]


def resident_kb(pid: int) -> int:
    return next(
        int(line.split()[1])
        for line in Path(f"/proc/{pid}/status").read_text().splitlines()
        if line.startswith("VmRSS")
    )


def cpu_s(pids: list[int]) -> float:
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / CLOCK_TICKS


def figures() -> dict[str, float]:
    with urlopen(f"http://{PLACE}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return {
        line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if not line.startswith("#")
    }


def soak(folder: Path, minutes: float) -> dict[str, Any]:
    """Run serve for so long, and sample it."""
    command = [sys.executable, "-m", "lenskeeper.cli", "serve", "--for", str(minutes * 60 + 30)]
    with subprocess.Popen(command, cwd=folder) as serve:
        try:
            began = time.perf_counter()
            while True:
                time.sleep(1)
                try:
                    figures()
                    break
                except OSError:
                    assert serve.poll() is None, "serve ended; its own message stands above"
                    assert time.perf_counter() - began < READY_S, "serve did not become ready"
            began, first_cpu = time.perf_counter(), cpu_s(family(serve.pid))
            samples: list[tuple[float, int, int]] = []
            while (at := time.perf_counter() - began) < minutes * 60:
                pids = family(serve.pid)
                samples.append((at, resident_kb(pids[0]), sum(resident_kb(p) for p in pids)))
                time.sleep(SAMPLE_S)
            spent = cpu_s(family(serve.pid)) - first_cpu
            last = figures()
        finally:
            serve.send_signal(signal.SIGTERM)
            ended = serve.wait(30)
    return {"samples": samples, "cpu_s": spent, "last": last, "ended": ended, "s": minutes * 60}


def around(samples: list[tuple[float, int, int]], minute: float, place: int) -> float:
    """Resident MB in the minute that ends then: the mean, since the collector breathes."""
    found = [s[place] for s in samples if (minute - 1) * 60 <= s[0] < minute * 60]
    return sum(found) / len(found) / 1024


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--cameras", type=int, default=20_000)
    options.add_argument("--minutes", type=float, default=15)
    given = options.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    faulty = given.cameras * 3 // 100
    with (
        tempfile.TemporaryDirectory() as folder,
        fleet(
            "--cameras", str(given.cameras), "--faulty", str(faulty), "--for-s", str(given.minutes * 60 + 900)
        ) as table,
    ):
        cameras = register(Path(folder) / "home", table)
        came = soak(Path(folder) / "home", given.minutes)
        size_mb = sum(f.stat().st_size for f in (Path(folder) / "home").glob("lenskeeper.db*")) / 1e6
    last, samples = came.pop("last"), came.pop("samples")
    early = min(5.0, given.minutes / 3)
    ratios = {
        name: around(samples, given.minutes, place) / around(samples, early, place)
        for name, place in (("main", 1), ("all", 2))
    }
    slots = {
        end: int(last[f'lenskeeper_slots_total{{end="{end}"}}']) for end in ("done", "late", "missed", "cut")
    }
    looks = int(last.get("lenskeeper_looks_total", 0))
    table_ = [
        ["what", "figure", "bound"],
        ["cameras", str(cameras), ""],
        ["slots done, late, missed, cut", ", ".join(str(n) for n in slots.values()), "0 missed"],
        ["reachability looks", str(int(last["lenskeeper_greetings_total"])), ""],
        ["looks for a picture, pictures", f"{looks}, {int(last['lenskeeper_pictures_total'])}", ""],
        [f"resident at minute {given.minutes:g} against minute {early:g}, all processes", f"{ratios['all']:.3f} x", f"<= {GROWTH_MAX}"],
        ["the same, main process", f"{ratios['main']:.3f} x", f"<= {GROWTH_MAX}"],
        ["resident, all processes", f"{around(samples, given.minutes, 2):.0f} MB", ""],
        ["processor", f"{came['cpu_s'] / came['s']:.1%} of a core", ""],
        ["of it for each camera", f"{came['cpu_s'] / came['s'] / cameras * 86_400:.1f} s a day", ""],
        ["database after it", f"{size_mb:.1f} MB", ""],
        ["transactions taken back", str(int(last["lenskeeper_book_failures_total"])), "0"],
        ["ended by SIGTERM with", str(came["ended"]), "0"],
    ]  # fmt: skip
    keep("soak", {**came, "cameras": cameras, "slots": slots, "looks": looks, "ratios": ratios}, table_)
    if slots["missed"] or ratios["all"] > GROWTH_MAX or came["ended"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
