"""What the tests of the rounds share: a city in memory, a clock that waits for nobody, and whoever takes the results."""

import asyncio
import heapq
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from lenskeeper.base.outcomes import Outcome
from lenskeeper.inventory.ids import CredentialId, PointId
from lenskeeper.inventory.points import Watched
from lenskeeper.probing.errands import Errand, Looked, Why
from lenskeeper.probing.manners import Manners
from lenskeeper.probing.round_results import CODE_OF, Fact, FactKind, ZoneRound
from lenskeeper.probing.rounds import Rounds
from lenskeeper.probing.targets import Target, host_key, parse_target

BEGIN_S = 1_700_006_400  # a full hour: 2023-11-15 00:00 UTC
SLOT_S = 60
GOOD = Looked(Outcome.PLAYING, 90_000, has_picture=True, verdict="fit", cost_ms=4.0, first_frame_ms=900.0)


class VirtualClock:
    """Moves when nobody has anything to do: the earliest sleeper wakes, and it is that time."""

    def __init__(self, now_s: float = BEGIN_S) -> None:
        self.wall_s, self.since_s = now_s, 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = 0

    def now_ms(self) -> int:
        return int((self.wall_s + self.since_s) * 1000)

    def elapsed_s(self) -> float:
        return self.since_s

    async def sleep(self, length_s: float) -> None:
        self._count += 1
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.since_s + length_s, self._count, woken))
        await woken

    async def live(self, until_s: float, turns: int = 30) -> None:
        """Let everybody run until then; `until_s` on the clock that never steps back."""
        while True:
            for _ in range(turns):
                await asyncio.sleep(0)
            while self._sleepers and self._sleepers[0][2].done():
                heapq.heappop(self._sleepers)
            if not self._sleepers or self._sleepers[0][0] > until_s:
                break
            at_s, _, woken = heapq.heappop(self._sleepers)
            self.since_s = max(self.since_s, at_s)
            if not woken.done():
                woken.set_result(None)
        self.since_s = until_s


def host_of(n: int) -> str:
    return f"10.{n // 60_000}.{n // 250 % 240}.{n % 250 + 1}"


def camera(n: int, **changes: Any) -> Watched:
    """A point with a camera of its own. zone, site and so on by keyword."""
    facts: dict[str, Any] = {"klass": 3, "url": f"rtsp://{host_of(n)}:554/stream", "tz": "Asia/Shanghai"}
    return Watched(PointId(n), None, f"camera {n}", **(facts | changes))


def channel(n: int, recorder: int, **changes: Any) -> Watched:
    """A point behind a recorder."""
    return camera(n, **({"url": f"rtsp://{host_of(recorder)}:554/ch{n}", "channel": f"ch{n}"} | changes))


@dataclass
class World:
    """A city in memory. What is not said otherwise answers and shows a good picture.

    dead: hosts that are silent. said: what a point's look comes to. reply: asked for each greeting, where given.
    """

    dead: set[str] = field(default_factory=set)
    said: dict[int, Looked] = field(default_factory=dict)
    reply: Callable[[Target], Outcome | None] = lambda _: None
    on_look: Callable[[Errand], Looked | None] = lambda _: None
    greeted: Counter[str] = field(default_factory=Counter)
    errands: list[Errand] = field(default_factory=list)

    async def greet(self, doors: Sequence[Target], starts_s: Sequence[float], found: bytearray) -> None:
        assert list(starts_s) == sorted(starts_s)
        for n, door in enumerate(doors):
            self.greeted[door.host] += 1
            said = self.reply(door)
            usual = Outcome.TIMED_OUT if door.host in self.dead else Outcome.ANSWERS
            found[n] = CODE_OF[usual if said is None else said]

    async def look(self, errand: Errand) -> Looked:
        self.errands.append(errand)
        odd = self.on_look(errand)
        if odd is not None:
            return odd
        return self.said.get(errand.watched.point_id, GOOD)


@dataclass
class Desk:
    """Takes what the rounds hand on, in the order it comes."""

    zones: list[ZoneRound] = field(default_factory=list)
    looks: list[tuple[Errand, Looked]] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)

    def look(self, errand: Errand, looked: Looked) -> None:
        self.looks.append((errand, looked))

    def failed(self, what: str, error: Exception) -> None:
        assert what
        self.errors.append(error)

    def codes(self, point: int) -> list[int]:
        """A point's codes, slot by slot."""
        return [z.codes[z.roster.index(PointId(point))] for z in self.zones if PointId(point) in z.roster]

    def told(self, kind: FactKind) -> list[tuple[str, bool]]:
        return [(fact.subject, fact.began) for fact in self.facts if fact.kind is kind]


def rounds_of(
    plan: Sequence[Watched], world: World, desk: Desk, manners: Manners | None = None, **more: Any
) -> Rounds:
    return Rounds(
        lambda: plan,
        more.pop("greet", world.greet),
        more.pop("look", world.look),
        on_zone=desk.zones.append,
        on_looked=desk.look,
        on_fact=desk.facts.append,
        failed=desk.failed,
        clock=more.pop("clock", VirtualClock()),
        chance=Random(7),
        manners=manners or Manners(slot_s=SLOT_S),
        **more,
    )


async def pass_slots(rounds: Rounds, count: int, from_s: int = BEGIN_S, length_s: int = SLOT_S) -> int:
    """Step through slots; where the next begins."""
    for n in range(count):
        await rounds.slot(from_s + n * length_s)
    return from_s + count * length_s


__all__ = [
    "BEGIN_S", "GOOD", "SLOT_S", "CredentialId", "Desk", "VirtualClock", "Why", "World", "camera", "channel",
    "host_key", "host_of", "parse_target", "pass_slots", "replace", "rounds_of",
]  # fmt: skip
