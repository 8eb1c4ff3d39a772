"""A keeper of books that is made to be killed: it writes slot after slot and says of each when it was acknowledged.

Run as a program by tests/house/test_crash.py and benches/crash.py; what a slot should hold is `truth`.
"""

import asyncio
import sys
from collections.abc import Iterable

from sqlalchemy import insert

from lenskeeper.base.outcomes import Outcome
from lenskeeper.base.spans import Span
from lenskeeper.diagnosis.kinds import Verdict
from lenskeeper.house.books import Books
from lenskeeper.house.clock import StandingClock
from lenskeeper.house.findings import Found
from lenskeeper.house.memories import Memories
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.points import Watched
from lenskeeper.inventory.schema import point
from lenskeeper.probing.errands import Errand, Looked, Stream, Why
from lenskeeper.probing.memory import NOTHING_REMEMBERED
from lenskeeper.probing.round_results import ZoneRound
from lenskeeper.store.database import Store, open_store

POINTS = 200
SLOT_S = 60
BEGAN_S = 1_795_000_020 - 1_795_000_020 % SLOT_S
PERIOD_S = 300
DOWN, UP = 1, 2


def truth(point_id: int, slot_s: int) -> int:
    """Whether a camera answers in a slot: one in twenty is out for some slots at a time."""
    mixed = (point_id * 2_654_435_761 + (slot_s // 420) * 40_503) & 0xFFFF
    return DOWN if mixed % 20 == 0 else UP


def is_looked_at(point_id: int, slot_s: int) -> bool:
    """Whether a picture of it comes in this slot: each once in five."""
    return (slot_s // SLOT_S) % (PERIOD_S // SLOT_S) == point_id % (PERIOD_S // SLOT_S)


def register(store: Store) -> None:
    """The points that the books are about."""
    rows = [
        {"id": n, "name": f"camera {n}", "klass": 1, "tz": "UTC", "in_service_from_s": 0, "revision": 1}
        for n in range(1, POINTS + 1)
    ]
    store.write(lambda c: c.execute(insert(point), rows))


def slots(number: int) -> Iterable[int]:
    """Slots from the n-th on."""
    while True:
        yield BEGAN_S + number * SLOT_S
        number += 1


async def keep(url: str, first: int) -> None:
    store, clock = open_store(url), StandingClock(0)

    def slot_of(errand: Errand) -> Span:
        return errand.slot_s - errand.slot_s % PERIOD_S, errand.slot_s - errand.slot_s % PERIOD_S + PERIOD_S

    books = Books(
        store, clock, Memories(store), prober="child", slot_of=slot_of, visits=lambda: NOTHING_REMEMBERED
    )
    roster = tuple(PointId(n) for n in range(1, POINTS + 1))
    for slot_s in slots(first):
        clock.now = slot_s + SLOT_S
        codes = bytes(truth(n, slot_s) for n in roster)
        reasons = {i: "timed_out" for i, code in enumerate(codes) if code == DOWN}
        books.take_zone(ZoneRound("zone", slot_s, roster, codes, reasons, SLOT_S))
        for n in roster:
            if is_looked_at(n, slot_s):
                watched = Watched(n, None, f"camera {n}", 1, f"rtsp://127.0.0.{n}/", "UTC")
                errand = Errand(watched, Stream.SUB, watched.url, Why.ROUTINE, slot_s)
                books.take_look(errand, Looked(Outcome.PLAYING, findings=Found(Verdict.FIT)))
        assert await books.flush()
        print(slot_s, flush=True)


if __name__ == "__main__":
    asyncio.run(keep(sys.argv[1], int(sys.argv[2])))
