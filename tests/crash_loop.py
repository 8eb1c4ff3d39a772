"""Kill the keeper of books again and again, and see that nothing it acknowledged is gone and nothing is invented."""

import random
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, select
from tests.crash_child import BEGAN_S, POINTS, SLOT_S, register, truth

from lenskeeper.availability.lanes import Lane
from lenskeeper.availability.rows import runs_in
from lenskeeper.availability.rows_upkeep import check
from lenskeeper.store.database import open_store

GAP_SLOTS = 3  # between two lives: time in which nobody looked
LIFE_S = (0.02, 0.35)  # after its first slot


@dataclass
class Crashed:
    """kills; slots that were acknowledged; slots that were written and not acknowledged any more; faults found."""

    kills: int
    acknowledged: int
    unacknowledged: int
    faults: list[str]


def crash(url: str, kills: int, seed: int) -> Crashed:
    """Kill it so many times at random moments. The database has all tables and no row."""
    chance = random.Random(seed)
    store = open_store(url)
    register(store)
    told: set[int] = set()
    begun: list[tuple[int, int]] = []
    first = 0
    faults: list[str] = []
    for _ in range(kills):
        said = one_life(url, first, chance.uniform(*LIFE_S))
        told |= set(said)
        first_s, last_s = BEGAN_S + first * SLOT_S, said[-1]
        begun.append((first_s, last_s + 2 * SLOT_S))
        with store.read() as connection:
            faults += check(connection)
        first = (last_s - BEGAN_S) // SLOT_S + 1 + 1 + GAP_SLOTS
    with store.read() as connection:
        more, written = compared(connection, told, begun)
    store.close()
    return Crashed(kills, len(told), written - len(told), faults + more)


def one_life(url: str, first: int, life_s: float) -> list[int]:
    """The slots that one child acknowledged before it was killed."""
    command = [sys.executable, "-m", "tests.crash_child", url, str(first)]
    root = Path(__file__).parents[1]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as child:  # noqa: S603  ourselves
        assert child.stdout is not None
        begin = child.stdout.readline()
        assert begin, "the child wrote nothing; its own message stands above"
        time.sleep(life_s)
        child.kill()
        rest = child.stdout.read()
    whole = rest[: rest.rfind("\n") + 1]
    return [int(line) for line in (begin + whole).splitlines()]


def compared(connection: Connection, told: set[int], begun: list[tuple[int, int]]) -> tuple[list[str], int]:
    """Every slot of every point against the truth: what was acknowledged is there, the rest is whole or unknown."""
    end = begun[-1][1]
    runs = runs_in(BEGAN_S, end)
    rows = connection.execute(select(runs).where(runs.c.lane == Lane.REACHABLE)).all()
    known: dict[int, dict[int, int]] = {}
    for row in rows:
        for slot_s in range(row.a, row.b, SLOT_S):
            known.setdefault(slot_s, {})[row.point_id] = row.state
    faults = []
    for slot_s in sorted(set(known) | told):
        states = known.get(slot_s, {})
        if slot_s in told and len(states) != POINTS:
            faults.append(f"slot {slot_s}: acknowledged, and {POINTS - len(states)} of its states are lost")
        if slot_s not in told and not any(a <= slot_s < b for a, b in begun):
            faults.append(f"slot {slot_s}: known though nobody looked")
        wrong = [n for n, state in states.items() if state != truth(n, slot_s)]
        if wrong:
            faults.append(f"slot {slot_s}: {len(wrong)} states are not those that were found")
        if 0 < len(states) < POINTS:
            faults.append(f"slot {slot_s}: half a transaction")
    return faults, len(known)
