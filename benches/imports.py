"""A sheet of 20,000 cameras with 500 planted faults: read, checked against the register, committed, and taken back.

    ./run bench imports [--rows N] [--faults N] [--engine sqlite|postgresql]

Every planted fault must be told in its row and column, and no other; the dry run must write nothing. The register
is empty for the first import and holds all cameras for the second, which brings the corrected sheet, and for the diff.
"""

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, func, select

from bench import keep
from lenskeeper.base.access import LOCAL_OPERATOR, Scope
from lenskeeper.inventory.checking import Checked, check_sheet
from lenskeeper.inventory.diff import diff
from lenskeeper.inventory.error_book import error_books
from lenskeeper.inventory.rows_batches import open_batch, park
from lenskeeper.inventory.rows_imports import Committed, commit_files
from lenskeeper.inventory.rows_snapshot import snapshot
from lenskeeper.inventory.rows_undo import Undone, undo
from lenskeeper.inventory.sheets import read_sheet
from lenskeeper.store.database import Store, open_store
from lenskeeper.store.tables import metadata

sys.path.insert(0, str(Path(__file__).parents[1]))  # the city and the faults are those of the tests

from tests.engines import empty_postgresql, empty_sqlite
from tests.sheet_maker import city, csv_bytes, plant, xlsx_bytes

NOW_S = 1_790_000_000
LIMIT_S = 60  # issue 3: read, checked and committed
T = TypeVar("T")


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """What the work gives, and how many seconds it took."""
    began = time.perf_counter()
    given = work()
    return given, time.perf_counter() - began


def rows_held(store: Store) -> int:
    """Rows of all tables."""
    with store.read() as connection:
        return sum(
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
        )


def checked(store: Store, path: Path, *, with_files: bool = False) -> tuple[Checked, dict[str, float], Any]:
    """A dry run, with the seconds of each step."""
    sheet, read_s = timed(lambda: read_sheet(path))
    with store.read() as connection:
        known, snapshot_s = timed(lambda: snapshot(connection, Scope.ALL, NOW_S, with_files=with_files))
    found, check_s = timed(lambda: check_sheet(sheet, known, "wgs84", new_units=True))
    return found, {"read_s": read_s, "snapshot_s": snapshot_s, "check_s": check_s}, known


def commit(store: Store, found: Checked) -> tuple[Any, Committed]:
    """Write the good rows and keep the faulty ones, in one transaction."""

    def work(connection: Connection) -> tuple[Any, Committed]:
        batch_id = open_batch(connection, source=found.source, actor=LOCAL_OPERATOR, now_s=NOW_S)
        park(connection, batch_id, found.parked, actor=LOCAL_OPERATOR)
        done = commit_files(
            connection, batch_id, found.good, tz="Asia/Shanghai", actor=LOCAL_OPERATOR, now_s=NOW_S
        )
        return batch_id, done

    return store.write(work, durable=True)


def journey(url: str, path: Path, corrected: Path, planted: set[tuple[int, str]]) -> dict[str, Any]:
    """One file through an empty register: dry run, commit, error workbooks, the corrected sheet, a diff, undo."""
    store = open_store(url)
    before = rows_held(store)
    found, seconds, _ = checked(store, path)
    located = {(fault.row, fault.column) for fault in found.faults}
    assert located == planted, f"{len(located ^ planted)} faults are told wrongly"
    assert len(found.faults) == len(planted)
    written = rows_held(store) - before
    assert written == 0, f"the dry run wrote {written} rows"
    books, seconds["books_s"] = timed(lambda: list(error_books(found.parked)))
    (batch_id, done), seconds["commit_s"] = timed(lambda: commit(store, found))
    assert done.created == len(found.good)
    later, again, known = checked(store, corrected, with_files=True)
    difference, seconds["diff_s"] = timed(lambda: diff(later, known))
    assert (len(difference.new), difference.same) == (len(planted), done.created)
    (later_id, more), seconds["second_commit_s"] = timed(lambda: commit(store, later))
    assert more.created == len(planted)

    def take_back(number: Any) -> Undone:
        return store.write(lambda c: undo(c, number, actor=LOCAL_OPERATOR, now_s=NOW_S), durable=True)

    _, seconds["undo_s"] = timed(lambda: [take_back(number) for number in (later_id, batch_id)])
    store.close()
    return {
        "faults_told": len(located),
        "dry_run_rows": written,
        "good": done.created,
        "books": len(books),
        "warnings": len(found.warnings),
        "import_s": sum(seconds[key] for key in ("read_s", "snapshot_s", "check_s", "commit_s")),
        "second_import_s": sum(again.values()) + seconds["second_commit_s"],
        **seconds,
        "second_snapshot_s": again["snapshot_s"],
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=20_000)
    options.add_argument("--faults", type=int, default=500)
    options.add_argument("--engine", choices=["sqlite", "postgresql"], default="sqlite")
    given = options.parse_args()
    whole = city(given.rows)
    spoilt = [list(row) for row in whole]
    planted = plant(spoilt, given.faults)
    files = {
        "csv utf-8": (".csv", csv_bytes(spoilt, encoding="utf-8-sig"), 1),
        "csv gb18030": (".csv", csv_bytes(spoilt, encoding="gb18030"), 1),
        "xlsx": (".xlsx", xlsx_bytes(spoilt), 1),
        "xlsx, two header rows": (".xlsx", xlsx_bytes(spoilt, double_header=True), 3),
    }
    found: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as folder:
        corrected = Path(folder) / "corrected.csv"
        corrected.write_bytes(csv_bytes(whole))
        for name, (suffix, data, header_row) in files.items():
            path = Path(folder) / f"city{suffix}"
            path.write_bytes(data)
            where = {(p.row + header_row + 1, p.column) for p in planted}
            url = (
                empty_postgresql()
                if given.engine == "postgresql"
                else empty_sqlite(Path(folder) / f"{len(found)}.db")
            )
            found[name] = {"file_mb": len(data) / 1e6, **journey(url, path, corrected, where)}
    show(given.rows, given.faults, given.engine, found)
    slowest = max(figures["import_s"] for figures in found.values())
    assert slowest <= LIMIT_S, f"an import took {slowest:.0f} s, and {LIMIT_S} s are the limit"


def show(rows: int, faults: int, engine: str, found: dict[str, dict[str, Any]]) -> None:
    """Print and keep the figures."""
    steps = ("read_s", "check_s", "commit_s", "import_s", "second_import_s", "diff_s", "undo_s", "peak_mb")
    head = ["sheet", "MB", "faults told", "rows of the dry run", *(s.replace("_", " ") for s in steps)]
    table = [head]
    for name, figures in found.items():
        told = f"{figures['faults_told']} of {faults}"
        line = [name, f"{figures['file_mb']:.1f}", told, str(figures["dry_run_rows"])]
        table.append(line + [f"{figures[step]:.1f}" for step in steps])
    rounded = {
        name: {key: round(value, 3) if isinstance(value, float) else value for key, value in figures.items()}
        for name, figures in found.items()
    }
    keep(
        "imports" if engine == "sqlite" else f"imports_{engine}",
        {"rows": rows, "engine": engine, "sheets": rounded},
        table,
    )


if __name__ == "__main__":
    main()
