"""What goes wrong in the fictitious city, and when: drawn for each local day from the seed, so that tomorrow is drawn the same.

A usual city: a few cameras that come and go, some that stay away for hours, now and then a feeder or a line with all that
hangs on it, and pictures that are out of focus, covered or gone. One district has more of it than the others.
"""

import bisect
import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from lenskeeper.base.spans import Span, union
from lenskeeper.probing.simulator.faults import PictureFault
from lenskeeper.probing.simulator.fleet import Illness
from lenskeeper.probing.simulator.river_city import OFFICES, Hung, RiverCity
from lenskeeper.probing.simulator.troubles import Trouble

MINUTE, HOUR, DAY = 60, 3_600, 86_400
WORST: Final = "南渡区/渡口街道"
FRAIL_ONE_IN: Final = 33
FRAIL_A_DAY: Final = 0.8  # spells of some minutes, of a frail camera
LONE_A_DAY: Final = 0.007  # spells of hours, of any camera
LONE_HOURS: Final = 2.5  # median, log-normal
FEEDERS_A_DAY: Final = 0.4  # in a city of 2,000
LINES_A_DAY: Final = 0.2
PICTURES_A_DAY: Final = 0.004
MENDED: Final = 0.7  # of what lasts for hours, a crew mends so much; the rest comes back by itself
# How a picture goes wrong, and how often against the others: what dirt and age do comes before what fails.
PICTURES: Final[tuple[tuple[PictureFault, float], ...]] = (
    (PictureFault.BLUR, 4.0),
    (PictureFault.OCCLUDED, 3.0),
    (PictureFault.COLOUR_CAST, 3.0),
    (PictureFault.SIGNAL_CARD, 2.0),
    (PictureFault.BLACK, 2.0),
    (PictureFault.NOISE, 2.0),
)
STRENGTH: Final = 0.9


@dataclass(frozen=True, slots=True)
class Spell:
    """Something that is wrong with some cameras over [a, b), on whole minutes. is_mended: a crew ends it."""

    cameras: tuple[int, ...]
    a: int
    b: int
    illness: Illness
    is_mended: bool = False


def spells_of(city: RiverCity, day: Span) -> list[Spell]:
    """What begins on one local day; a spell may outlast it."""
    chance = random.Random(f"{city.seed} {city.cameras} {day[0]}")  # noqa: S311  a day that can be drawn again
    share = city.cameras / 2_000
    out = [*_frail(city, day, chance), *_lone(city, day, chance)]
    feeders, lines = _groups(city.hung, "feeder"), _groups(city.hung, "line")
    for groups, a_day, hours in ((feeders, FEEDERS_A_DAY, 2.0), (lines, LINES_A_DAY, 1.0)):
        if chance.random() < a_day * share:
            a = day[0] + chance.randrange(DAY // MINUTE) * MINUTE
            out.append(Spell(chance.choice(groups), a, a + _long(chance, hours, 8.0), Trouble.DOWN))
    out += _worst(city, day, lines)
    return [*out, *_pictures(city, day, chance)]


def live_spells(city: RiverCity, from_s: int, hours: float) -> list[Spell]:
    """For whoever watches: some minutes after from_s a camera goes, soon another, and now and then a whole pole or feeder."""
    chance = random.Random(f"{city.seed} live {from_s}")  # noqa: S311  nobody's secret
    out: list[Spell] = []
    at, end = from_s // MINUTE * MINUTE + MINUTE, from_s + int(hours * HOUR)
    feeders = _groups(city.hung, "feeder")
    while at < end:
        length = chance.randrange(4, 25) * MINUTE
        out.append(Spell((chance.randrange(city.cameras),), at, at + length, Trouble.DOWN))
        at += chance.randrange(2, 6) * MINUTE
    for at in range(from_s // MINUTE * MINUTE + 4 * MINUTE, end, 40 * MINUTE):
        length = chance.randrange(12, 30) * MINUTE
        out += [Spell(chance.choice(feeders), at, at + length, Trouble.HALF_OPEN)]
    return out


def _frail(city: RiverCity, day: Span, chance: random.Random) -> Iterable[Spell]:
    """The few that come and go every day."""
    for one in (one for one in city.hung if one.number % FRAIL_ONE_IN == FRAIL_ONE_IN - 1):
        at = day[0] + chance.expovariate(FRAIL_A_DAY) * DAY
        while at < day[1]:
            a = int(at) // MINUTE * MINUTE
            length = max(2, int(chance.lognormvariate(1.6, 0.8))) * MINUTE
            yield Spell((one.number,), a, a + length, Trouble.DOWN)
            at += length + chance.expovariate(FRAIL_A_DAY) * DAY


def _lone(city: RiverCity, day: Span, chance: random.Random) -> Iterable[Spell]:
    for one in city.hung:
        if chance.random() < LONE_A_DAY * (2.0 if _is_worst(one) else 1.0):
            a = day[0] + chance.randrange(DAY // MINUTE) * MINUTE
            length = _long(chance, LONE_HOURS, 60.0)
            trouble = Trouble.WRONG_PASSWORD if chance.random() < 0.02 else Trouble.DOWN
            yield Spell((one.number,), a, a + length, trouble, chance.random() < MENDED)


def _worst(city: RiverCity, day: Span, lines: Sequence[tuple[int, ...]]) -> Iterable[Spell]:
    """A line of one street office that dies every evening and is back the next night: there is always something to find."""
    mine = [line for line in lines if _is_worst(city.hung[line[0]])]
    if mine:
        a = day[0] + 19 * HOUR + 20 * MINUTE
        yield Spell(mine[day[0] // DAY % len(mine)], a, a + 26 * HOUR, Trouble.DOWN)


def _pictures(city: RiverCity, day: Span, chance: random.Random) -> Iterable[Spell]:
    """Among cameras of one film: each fault of each film would have to be drawn and coded."""
    film = city.fleet.cameras[0].clip
    able = [one.number for one in city.hung if city.fleet.cameras[one.number].clip == film]
    kinds, weights = [kind for kind, _ in PICTURES], [weight for _, weight in PICTURES]
    expected = PICTURES_A_DAY * city.cameras
    for _ in range(int(expected) + (chance.random() < expected % 1)):
        a = day[0] + chance.randrange(6 * 60, 19 * 60) * MINUTE
        length = _long(chance, 26.0, 200.0)
        fault = chance.choices(kinds, weights)[0]
        yield Spell((chance.choice(able),), a, a + length, fault, chance.random() < MENDED)


def _long(chance: random.Random, median_h: float, most_h: float) -> int:
    hours = min(median_h * chance.lognormvariate(0, 0.9), most_h)
    return max(int(hours * 60), 12) * MINUTE


def _is_worst(one: Hung) -> bool:
    return OFFICES[one.office].path == WORST


def _groups(hung: Sequence[Hung], by: str) -> list[tuple[int, ...]]:
    """The cameras of each feeder, or of each line."""
    found: dict[str, list[int]] = defaultdict(list)
    for one in hung:
        found[getattr(one, by)].append(one.number)
    return [tuple(numbers) for numbers in found.values()]


class Course:
    """Some days of the city: what each camera has at any second. What is down has no picture to be wrong."""

    def __init__(self, spells: Iterable[Spell]) -> None:
        self.spells = sorted(spells, key=lambda spell: (spell.a, spell.b, spell.cameras))
        down: dict[int, list[Span]] = defaultdict(list)
        self._other: dict[int, list[Spell]] = defaultdict(list)
        self._of: dict[int, list[Spell]] = defaultdict(list)
        for spell in self.spells:
            for number in spell.cameras:
                self._of[number].append(spell)
                if is_silence(spell.illness):
                    down[number].append((spell.a, spell.b))
                else:
                    self._other[number].append(spell)
        self.down: dict[int, list[Span]] = {number: union(spans) for number, spans in down.items()}

    def is_down(self, number: int, at_s: int) -> bool:
        """Whether nobody answers there."""
        return _covers(self.down.get(number, ()), at_s)

    def down_at(self, at_s: int) -> set[int]:
        """All at which nobody answers."""
        return {number for number, spans in self.down.items() if _covers(spans, at_s)}

    def illness(self, number: int, at_s: int) -> Illness | None:
        """What a camera has; None: it is well."""
        if self.is_down(number, at_s):
            return Trouble.DOWN
        mine = [spell for spell in self._other.get(number, ()) if spell.a <= at_s < spell.b]
        return mine[-1].illness if mine else None

    def of(self, number: int) -> Sequence[Spell]:
        """All that befalls a camera in these days."""
        return self._of.get(number, ())

    def numbers(self) -> Iterable[int]:
        """Cameras that have something at some time."""
        return self._of.keys()

    def others(self) -> dict[int, list[Spell]]:
        """By camera, the spells in which it answers."""
        return self._other


def is_silence(illness: Illness) -> bool:
    """Whether nobody answers while it lasts."""
    return illness in (Trouble.DOWN, Trouble.HALF_OPEN)


def _covers(spans: Sequence[Span], at_s: int) -> bool:
    index = bisect.bisect_right(spans, (at_s, 1 << 62)) - 1
    return index >= 0 and at_s < spans[index][1]
