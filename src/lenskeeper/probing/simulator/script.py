"""What a simulated fleet would answer at any second, without a socket: for rehearsals on a clock of their own.

No pixels are made: a look ends with the verdict that its camera's trouble or fault was planted for. How well pictures
are judged is measured by looks at the real simulator; what is rehearsed here are the rounds and the books.
"""

import bisect
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from lenskeeper.base.outcomes import Outcome
from lenskeeper.base.spans import Span, union
from lenskeeper.probing.simulator.cameras import SimulatedCamera, Truth
from lenskeeper.probing.simulator.fleet import FleetPlan, Ports

# Shares of a fleet, how often a day one of them fails, and for how long it does (minutes, log-normal median):
# availability.md section 8, the generated fleet that all sizes there were measured on.
TEMPERS: Final[tuple[tuple[float, float, float], ...]] = (
    (0.6, 0.1, 90.0),
    (0.3, 2.0, 20.0),
    (0.1, 20.0, 2.0),
)
SPREAD: Final = 1.0  # of the log-normal

# A look that ends so was answered all the same: somebody is there.
SILENT: Final = frozenset(
    {
        Outcome.UNREACHABLE,
        Outcome.TIMED_OUT,
        Outcome.REFUSED,
        Outcome.GARBLED,
        Outcome.CLOSED,
        Outcome.TLS_REFUSED,
    }
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a look at one camera comes to at one second."""

    outcome: Outcome
    verdict: str
    kinds: tuple[str, ...] = ()


class Script:
    """A fleet's answers over [a, b), drawn once from a seed.

    outages: for each target that has any, when nobody answers there: sorted and disjoint.
    """

    def __init__(self, plan: FleetPlan, ports: Ports, span: Span, *, seed: int) -> None:
        cameras = dict(zip(plan.targets(ports), plan.cameras, strict=True))
        self.outages: Mapping[str, list[Span]] = {
            url: _outages(camera, span, seed) for url, camera in cameras.items()
        }
        self._usual = {url: _usual(camera.truth()) for url, camera in cameras.items()}

    def greeting(self, url: str, at_s: int) -> Outcome:
        """How a reachability look ends."""
        outcome = self.look(url, at_s).outcome
        return outcome if outcome in SILENT else Outcome.ANSWERS

    def look(self, url: str, at_s: int) -> Answer:
        """How a look for a picture ends. An address that the fleet does not have is silent."""
        usual = self._usual.get(url)
        if usual is None or self._is_out(url, at_s):
            return Answer(Outcome.TIMED_OUT, "not_checkable")
        return usual

    def _is_out(self, url: str, at_s: int) -> bool:
        spans = self.outages[url]
        index = bisect.bisect_right(spans, (at_s, 1 << 62)) - 1
        return index >= 0 and at_s < spans[index][1]


def _usual(truth: Truth) -> Answer:
    outcome = Outcome.PLAYING if Outcome.PLAYING in truth.outcomes else min(truth.outcomes)
    return Answer(outcome, truth.verdict, tuple(sorted(truth.kinds)))


def _outages(camera: SimulatedCamera, span: Span, seed: int) -> list[Span]:
    chance = random.Random(f"{seed} {camera.address} {camera.path}")  # noqa: S311  a fleet that can be drawn again
    _, a_day, minutes = chance.choices(TEMPERS, [share for share, *_ in TEMPERS])[0]
    out, at = [], float(span[0])
    while (at := at + chance.expovariate(a_day / 86_400)) < span[1]:
        length = 60 * minutes * chance.lognormvariate(0, SPREAD)
        out.append((int(at), min(int(at + length) + 1, span[1])))
        at += length
    return union(out)
