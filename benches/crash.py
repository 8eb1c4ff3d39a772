"""A hundred lives of the keeper of books, each ended by kill -9 under load, on each engine.

    ./run bench crash [--kills 100] [--seed 1]

No acknowledged slot may be lost, no state invented, no half of a transaction left, no rule of the books broken. kill -9
ends the process that writes, not the machine: what an fsync is worth needs a power cut, which is not tried here.
Exit 1 if anything was found.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(
    0, str(Path(__file__).parents[1] / "tests")
)  # the loop is the tests' own, and so are the engines

from tests.crash_loop import crash
from tests.engines import empty_postgresql, empty_sqlite

from bench import keep


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--kills", type=int, default=100)
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    found: dict[str, Any] = {}
    table = [["engine", "kills", "slots acknowledged", "written, not acknowledged", "faults", "s"]]
    for engine in ("sqlite", "postgresql"):
        with tempfile.TemporaryDirectory() as folder:
            url = empty_sqlite(Path(folder) / "books.db") if engine == "sqlite" else empty_postgresql()
            began = time.perf_counter()
            came = crash(url, given.kills, given.seed)
        spent = time.perf_counter() - began
        for fault in came.faults[:10]:
            print(f"{engine}: {fault}")
        found[engine] = {
            "kills": came.kills,
            "acknowledged": came.acknowledged,
            "unacknowledged": came.unacknowledged,
            "faults": len(came.faults),
            "s": round(spent, 1),
        }
        table.append([engine, *(str(value) for value in found[engine].values())])
    keep("crash", {"engines": found}, table)
    if any(figures["faults"] for figures in found.values()):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
