"""A simulated fleet whose troubles come and go while it runs, as a script in a file says; the file may be replaced."""

import contextlib
import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from lenskeeper.base.clock import Clock
from lenskeeper.base.errors import Invalid
from lenskeeper.probing.simulator.clips import ClipSpec
from lenskeeper.probing.simulator.faults import PictureFault
from lenskeeper.probing.simulator.fleet import FleetPlan, Illness, ill
from lenskeeper.probing.simulator.running import RunningFleet
from lenskeeper.probing.simulator.spells import PICTURES, STRENGTH, Course, Spell
from lenskeeper.probing.simulator.troubles import Trouble

STEP_S: Final = 1.0
COLUMNS: Final = ("cameras", "from", "until", "illness")


def write_script(path: Path, spells: Iterable[Spell]) -> None:
    """A table of who has what from when to when, in UTC seconds; it takes the place of the one before at once."""
    beside = path.with_suffix(".new")
    with beside.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(COLUMNS)
        out.writerows((" ".join(map(str, s.cameras)), s.a, s.b, s.illness.value) for s in spells)
    beside.replace(path)


def read_script(path: Path) -> list[Spell]:
    """The same again. Invalid: a row is none."""
    with path.open(encoding="utf-8", newline="") as file:
        try:
            return [
                Spell(
                    tuple(int(n) for n in row["cameras"].split()),
                    int(row["from"]),
                    int(row["until"]),
                    illness_named(row["illness"]),
                )
                for row in csv.DictReader(file)
            ]
        except (KeyError, ValueError, AttributeError) as wrong:
            raise Invalid(
                f"{path} is no script of a fleet ({wrong}): its columns are {', '.join(COLUMNS)}",
                field="script",
            ) from None


def illness_named(name: str) -> Illness:
    """A trouble or a fault of the picture by its name. ValueError: there is none."""
    with contextlib.suppress(ValueError):
        return Trouble(name)
    return PictureFault(name)


def clips_of(plan: FleetPlan) -> list[ClipSpec]:
    """What the cameras of the first film may come to show."""
    first = plan.cameras[0]
    return [ill(first, fault, STRENGTH).clip for fault, _ in PICTURES]


class Living:
    """Puts the cameras of a running fleet as the script has them now."""

    def __init__(self, fleet: RunningFleet, script: Path, clock: Clock) -> None:
        self._fleet, self._script, self._clock = fleet, script, clock
        self._course = Course(())
        self._read_ns = 0
        self._now: dict[int, Illness] = {}

    def step(self, now_s: int) -> int:
        """Change those that have changed; how many."""
        self._follow()
        cameras: Sequence[int] = range(len(self._fleet.plan.cameras))
        found = {n: illness for n in self._course.numbers() if (illness := self._course.illness(n, now_s)) is not None}  # fmt: skip
        changed = [
            n for n in found.keys() | self._now.keys() if found.get(n) != self._now.get(n) and n in cameras
        ]
        for n in changed:
            camera, illness = self._fleet.plan.cameras[n], found.get(n)
            self._fleet.put(camera if illness is None else ill(camera, illness, STRENGTH))
        self._now = found
        return len(changed)

    async def run(self) -> None:
        """Step by step until cancelled."""
        while True:
            self.step(self._clock.now_ms() // 1000)
            await self._clock.sleep(STEP_S)

    def _follow(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            written_ns = self._script.stat().st_mtime_ns
            if written_ns != self._read_ns:
                self._course, self._read_ns = Course(read_script(self._script)), written_ns
