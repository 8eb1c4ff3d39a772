"""What figures cost: a month of a fleet added up by district and day, from the runs and from the days added up.

    ./run bench figures [--cameras N] [--days D]

The fleet is that of books.py, with 20 districts; 10 % of the cameras have two windows of four hours of planned work.
Both ways must give the same figures. Sizes are of whole files: runs, register, exclusions and days; once with
reachability alone, once with the pictures of each half hour beside it, of which 3 in 100 are faulty for days, some
turn from hour to hour, and some looks bring no key frame.
"""

import argparse
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, pairwise
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
from sqlalchemy import Connection, insert, text

from bench import keep
from books import DISTRICTS, SLOT_S, Fleet, bytes_of, count_of, generated, judged, with_tables
from lenskeeper.availability import rows_figures as figures
from lenskeeper.availability import rows_maintenance as plans
from lenskeeper.availability.exclusions import Kind
from lenskeeper.availability.figures import Totals
from lenskeeper.availability.lanes import Lane, State
from lenskeeper.availability.maintenance import Target
from lenskeeper.availability.rows_dirty import mark_dirty
from lenskeeper.availability.rows_exclusions import refresh
from lenskeeper.availability.rows_rollups import recompute
from lenskeeper.availability.runs import Run, cut
from lenskeeper.availability.schema import run
from lenskeeper.base.access import LOCAL_OPERATOR, ActorId, Scope
from lenskeeper.base.days import day_span, local_day
from lenskeeper.base.spans import Span, subtract, union
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.schema import membership, point
from lenskeeper.store.database import Store
from lenskeeper.units import rows as units

TZ: Final = "Asia/Shanghai"
START_S: Final = day_span(20_513, TZ)[0]  # 2026-03-01, local midnight
DAY_S: Final = 86_400
FASTER_MIN: Final = 5  # the bounds of issue 3
FILE_MB_MAX: Final = 80  # of reachability; pictures have no bound, and their size is told
PICTURE_SLOTS: Final = 30  # minutes from look to look
FAULTY_SHARE: Final = 0.03  # of the pictures at any time
FAULT_DAYS: Final = 5  # dirt and leaves wait for somebody to come
FLAPPING_SHARE: Final = 0.01  # of the cameras: their verdict turns every few hours
FLAP_LOOKS: Final = 8
NO_FRAME_SHARE: Final = 0.005  # of the looks at cameras that answer
Row = tuple[int, int, int, int, int, int]
T = TypeVar("T")


def timed(work: Callable[[], T]) -> tuple[T, float]:
    began = time.perf_counter()
    given = work()
    return given, time.perf_counter() - began


def registered(connection: Connection, cameras: int) -> None:
    """20 districts under a city, and the cameras in turn in each."""
    city = units.add(connection, name="city", tz=TZ, actor=LOCAL_OPERATOR, now_s=0)
    districts = [
        units.add(connection, name=f"district {n}", parent_id=city, actor=LOCAL_OPERATOR, now_s=0)
        for n in range(DISTRICTS)
    ]
    ids = range(1, cameras + 1)
    values = {"name": "camera", "klass": 2, "tz": TZ, "in_service_from_s": START_S, "revision": 0}
    connection.execute(insert(point), [{"id": one, "lat": 31.2, "lon": 121.5, **values} for one in ids])
    connection.execute(
        insert(membership),
        [{"point_id": one, "from_s": START_S, "unit_id": districts[(one - 1) % DISTRICTS]} for one in ids],
    )
    refresh(connection)


def planned(connection: Connection, cameras: int, days: int) -> None:
    """Two windows for each tenth camera, approved by a second person: together they last eight hours."""
    for group in range(10):
        chosen = tuple(PointId(one) for one in range(10 + group * 10, cameras + 1, 100))
        begin = START_S + (group % days) * DAY_S + 9 * 3600
        spans = [(begin, begin + 14_400), (begin + days // 2 * DAY_S, begin + days // 2 * DAY_S + 14_400)]
        made = plans.propose(
            connection,
            target=Target(points=chosen),
            when=spans,
            kind=Kind.PLANNED_WORK,
            reason="poles are painted",
            actor=LOCAL_OPERATOR,
            now_s=START_S - 1,
        )
        if made.pending:
            plans.approve(connection, made.plan_id, actor=ActorId("second"), now_s=START_S)


def closed_runs(fleet: Fleet) -> Iterator[Row]:
    """All that is known of whether they answer, as rows of run."""
    for number, outages in enumerate(fleet.outages):
        down = union(outages)
        silent = union(fleet.silences[number % DISTRICTS])
        up: list[Span] = subtract([(0, fleet.slots)], down)
        pieces = [(a, b, State.UP) for a, b in subtract(up, silent)]
        pieces += [(a, b, State.DOWN) for a, b in subtract(down, silent)]
        for a, b, state, _ in cut(
            Run(START_S + a * SLOT_S, START_S + b * SLOT_S, state) for a, b, state in sorted(pieces)
        ):
            yield number + 1, Lane.REACHABLE, a, b, state, 1


def picture_runs(fleet: Fleet, seed: int) -> Iterator[Row]:
    """What the looks for pictures found, as rows of run: fit, delivered, and where no picture came.

    Each camera is looked at at a minute of its own in each half hour. A look at a camera that is down brings nothing;
    none is made while the prober is silent.
    """
    random = np.random.default_rng(seed)
    for number, outages in enumerate(fleet.outages):
        looks = np.arange(number * 7 % PICTURE_SLOTS, fleet.slots - PICTURE_SLOTS, PICTURE_SLOTS)
        down, silent = (
            marked(fleet.slots, spans)[looks] for spans in (outages, fleet.silences[number % DISTRICTS])
        )
        came = ~down & (random.random(len(looks)) >= NO_FRAME_SHARE)
        lanes = (
            (Lane.PICTURE_FIT, np.where(came, np.where(faulty(random, len(looks)), State.DOWN, State.UP), 0)),
            (Lane.DELIVERY, np.where(came, State.UP, State.DOWN)),
            (Lane.NO_PICTURE, np.where(came, 0, State.UP)),
        )
        for lane, states in lanes:
            known = np.where(silent, 0, states)
            edges = [0, *(np.flatnonzero(np.diff(known)) + 1).tolist(), len(known)]
            runs = (
                Run(at_s(looks[a]), at_s(looks[b - 1] + PICTURE_SLOTS), State(int(known[a])))
                for a, b in pairwise(edges)
                if known[a]
            )
            for a_s, b_s, state, _ in cut(runs):
                yield number + 1, lane, a_s, b_s, state, 1


def faulty(random: np.random.Generator, looks: int) -> Any:
    """Which looks at one camera find a fault; shape (looks,), bool."""
    if random.random() < FLAPPING_SHARE:
        return (np.arange(looks) // FLAP_LOOKS) % 2 == 1
    a_day = DAY_S // SLOT_S // PICTURE_SLOTS
    before = 3 * FAULT_DAYS * a_day  # some stood already when the month began
    count = random.poisson(FAULTY_SHARE * (before + looks) / (FAULT_DAYS * a_day))
    begins = random.integers(-before, looks, count)
    lengths = np.maximum(2, random.exponential(FAULT_DAYS * a_day, len(begins)).astype(int))
    return marked(
        looks, [(max(0, a), max(0, a + n)) for a, n in zip(begins.tolist(), lengths.tolist(), strict=True)]
    )


def marked(length: int, spans: Iterable[Span]) -> Any:
    """Shape (length,), bool: whether a place lies in one of the spans."""
    found = np.zeros(length, bool)
    for a, b in spans:
        found[a : max(a, b)] = True
    return found


def at_s(slot: int) -> int:
    return START_S + int(slot) * SLOT_S


def fill(connection: Connection, rows: Iterable[Row]) -> None:
    """The rows as they lie after a month, without the rounds that made them."""
    names = [column.name for column in run.c]
    raw = connection.connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)
    raw.executemany(
        f"INSERT INTO run ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})",  # noqa: S608  our own names
        rows,
    )


def add_up(store: Store, now_s: int) -> tuple[int, float]:
    """Days added up until all are."""
    days, began = 0, time.perf_counter()
    while True:
        step = store.write(lambda c: recompute(c, now_s=now_s, limit=20_000))
        days += step.days
        if step.is_done:
            return days, time.perf_counter() - began


def measured(store: Store, cameras: int, days: int) -> dict[str, Any]:
    fleet = generated(cameras, days, seed=1)
    store.write(lambda c: registered(c, cameras))
    store.write(lambda c: planned(c, cameras, days))
    store.write(lambda c: fill(c, closed_runs(fleet)))
    now_s = START_S + (days + 1) * DAY_S
    point_days, add_s = add_up(store, now_s)
    first = local_day(START_S, TZ)
    last = first + days
    with store.read() as connection:
        groups = [
            row[0] for row in connection.execute(text("SELECT id FROM unit WHERE parent_id IS NOT NULL"))
        ]

        def rolled() -> list[Any]:
            return figures.by_unit_and_day(connection, Scope.ALL, Lane.REACHABLE, first, last, groups=groups)

        def exact(*, outages: bool) -> list[Any]:
            return figures.exact_by_unit_and_day(
                connection, Scope.ALL, Lane.REACHABLE, first, last, groups=groups, outages=outages
            )

        quick, quick_s = min((timed(rolled) for _ in range(3)), key=lambda one: one[1])
        slow, slow_s = timed(lambda: exact(outages=False))
        whole, whole_s = timed(lambda: exact(outages=True))
        a, b = day_span(first, TZ)[0], day_span(last - 1, TZ)[1]
        month, month_s = timed(lambda: figures.all_from_rollups(connection, Scope.ALL, a, b))
    equal = quick == whole and [seconds(o.totals) for o in quick] == [seconds(o.totals) for o in slow]
    late = [PointId(one) for one in range(1, cameras + 1, 20)]
    store.write(lambda c: mark_dirty(c, late, START_S + 3 * DAY_S, START_S + 3 * DAY_S + 60))
    again, again_s = add_up(store, now_s)
    return {
        "cells": len(quick),
        "equal": equal,
        "quick_s": round(quick_s, 2),
        "slow_s": round(slow_s, 2),
        "whole_s": round(whole_s, 2),
        "times_faster": round(whole_s / quick_s, 1),
        "times_faster_than_joins": round(slow_s / quick_s, 1),
        "point_days": point_days,
        "add_up_s": round(add_s, 1),
        "ms_per_1000_point_days": round(add_s / point_days * 1e6, 1),
        "month_of_all_lanes_s": round(month_s, 2),
        "points": len(next(iter(month.values()))),
        "mended_point_days": again,
        "mend_s": round(again_s, 2),
        "run_mb": round(bytes_of(store, "run") / 1e6, 1),
        "rollup_mb": round(bytes_of(store, "day_rollup") / 1e6, 1),
        "exclusion_mb": round(bytes_of(store, "exclusion") / 1e6, 1),
        "runs": count_of(store, "run"),
    }


def with_pictures(store: Store, cameras: int, days: int) -> dict[str, Any]:
    """The same month with the pictures of each half hour: what it weighs, and that its days are its runs."""
    fleet = generated(cameras, days, seed=1)
    store.write(lambda c: registered(c, cameras))
    store.write(lambda c: planned(c, cameras, days))
    store.write(lambda c: fill(c, chain(closed_runs(fleet), picture_runs(fleet, seed=3))))
    point_days, add_s = add_up(store, START_S + (days + 1) * DAY_S)
    first = local_day(START_S, TZ)
    with store.read() as connection:
        rolled, exact = (
            ask(connection, Scope.ALL, Lane.PICTURE_FIT, first, first + days)
            for ask in (figures.by_unit_and_day, figures.exact_by_unit_and_day)
        )
        a, b = day_span(first, TZ)[0], day_span(first + days - 1, TZ)[1]
        _, month_s = timed(lambda: figures.all_from_rollups(connection, Scope.ALL, a, b))
    fit, fault = (sum(getattr(one.totals, name) for one in rolled) for name in ("up_s", "down_s"))
    return {
        "equal": rolled == exact,
        "faulty_share": round(fault / (fit + fault), 4),
        "add_up_s": round(add_s, 1),
        "ms_per_1000_point_days": round(add_s / point_days * 1e6, 1),
        "month_of_all_lanes_s": round(month_s, 2),
        "runs": count_of(store, "run"),
        "run_mb": round(bytes_of(store, "run") / 1e6, 1),
        "rollup_mb": round(bytes_of(store, "day_rollup") / 1e6, 1),
    }


def seconds(totals: Totals) -> tuple[int, ...]:
    return totals.span_s, totals.excluded_s, totals.up_s, totals.down_s


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, default=20_000)
    parser.add_argument("--days", type=int, default=30)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lk-figures-") as name:
        got, pictured = (
            filed(Path(name) / f"{work.__name__}.db", work, asked.cameras, asked.days)
            for work in (measured, with_pictures)
        )
    month = f"{asked.days} days x {asked.cameras} cameras"
    table = [
        ["what", "figure", "bound"],
        ["district x day from the days added up", f"{got['quick_s']} s, {got['cells']} cells", ""],
        ["the same from the runs, outages and repairs too", f"{got['whole_s']} s", ""],
        ["of it the seconds alone, by two joins", f"{got['slow_s']} s", ""],
        ["all three give the same", str(got["equal"]), "True"],
        ["the days are faster by", f"{got['times_faster']} x", f">= {FASTER_MIN}"],
        ["than the two joins alone, which know no outages", f"{got['times_faster_than_joins']} x", ""],
        [f"{month}, whole file, reachability", f"{got['file_mb']} MB", f"<= {FILE_MB_MAX}"],
        [
            "of it runs, days, exclusions",
            f"{got['run_mb']}, {got['rollup_mb']}, {got['exclusion_mb']} MB",
            "",
        ],
        ["all days added up from nothing", f"{got['add_up_s']} s", ""],
        ["sums of every point and lane, the whole range", f"{got['month_of_all_lanes_s']} s", ""],
        [f"{got['mended_point_days']} dirty days added up again", f"{got['mend_s']} s", ""],
        [f"{month}, whole file, with pictures each half hour", f"{pictured['file_mb']} MB", "none"],
        ["of it runs, days", f"{pictured['run_mb']}, {pictured['rollup_mb']} MB", ""],
        ["of the judged time, faulty", f"{pictured['faulty_share']:.2%}", ""],
        ["picture integrity from days and from runs, the same", str(pictured["equal"]), "True"],
        ["all days added up from nothing, with pictures", f"{pictured['add_up_s']} s", ""],
    ]
    keep("figures", {**got, "with_pictures": pictured}, table)
    judged(
        {
            "days and runs give the same": got["equal"],
            "with pictures, days and runs give the same": pictured["equal"],
            "days faster than runs": got["times_faster"] >= FASTER_MIN,
            "size of the file, reachability": got["file_mb"] <= FILE_MB_MAX,
        }
    )


def filed(
    path: Path, work: Callable[[Store, int, int], dict[str, Any]], cameras: int, days: int
) -> dict[str, Any]:
    """What the work finds in a database of its own, and how big its file is."""
    store = with_tables(f"sqlite:///{path}")
    found = work(store, cameras, days)
    store.close()
    return {**found, "file_mb": round(path.stat().st_size / 1e6, 1)}


if __name__ == "__main__":
    main()
