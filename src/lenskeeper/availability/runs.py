"""Runs: the algebra of what is known of one point and lane. Plain lists in, plain lists out.

Silence is not health. A slot is down or up only because some look said so; all else is in no run at all.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NamedTuple

from lenskeeper.availability.lanes import State
from lenskeeper.base.spans import Span, subtract, union

_MONTHS: Final = tuple(
    int(datetime(1970 + n // 12, n % 12 + 1, 1, tzinfo=UTC).timestamp()) for n in range(12 * 230)
)  # to the year 2199: a lookup is a fifth of the time of a calendar


class Run(NamedTuple):
    """A state that held over [a, b), UTC seconds. A tuple: a replay makes millions.

    look: the look it began with, by its number in the table of looks; 0 where that is not asked for.
    """

    a: int
    b: int
    state: State
    look: int = 0


@dataclass(frozen=True, slots=True)
class Outage:
    """Down, as people count it: from the first look that failed until one that succeeded.

    a, b:   from the first to the last second that is known to be down.
    down_s: the known part of it: what is unknown in between is no down time.
    ended:  a later look found it up; without one the end is not known, and repair times leave it out.
    """

    a: int
    b: int
    down_s: int
    ended: bool


def month_start(at_s: int) -> int:
    """The first second of the UTC month that an instant of 1970 to 2199 lies in."""
    return _MONTHS[bisect_right(_MONTHS, at_s) - 1]


def months_between(a: int, b: int) -> list[int]:
    """The first seconds of UTC months that lie in (a, b)."""
    return list(_MONTHS[bisect_right(_MONTHS, a) : bisect_right(_MONTHS, b - 1)])


def cut(runs: Iterable[Run]) -> list[Run]:
    """The same runs, none of them across a month's end: as they are stored."""
    out: list[Run] = []
    for run in runs:
        a = run.a
        for month in months_between(a, run.b):
            out.append(Run(a, month, run.state, run.look))
            a = month
        out.append(run if a == run.a else Run(a, run.b, run.state, run.look))
    return out


def merged(runs: Iterable[Run]) -> list[Run]:
    """Each slot the highest rank that any of the runs gives it; what touches and is equal is joined.

    In any order, any number of times: the result is the same. Sorted, disjoint, not cut at months, and without
    looks: see `witnessed`.
    """
    ups: list[Span] = []
    downs: list[Span] = []
    for a, b, state, _ in runs:
        (ups if state == State.UP else downs).append((a, b))
    up = union(ups)
    down = subtract(union(downs), up)
    out = [Run(a, b, State.UP) for a, b in up]
    if down:
        out += [Run(a, b, State.DOWN) for a, b in down]
        out.sort()
    return out


def witnessed(runs: Iterable[Run], sources: Sequence[Run]) -> list[Run]:
    """Merged runs, each with the look of that source which it begins with; of two, the first.

    What is left of a run that was split, or was hidden by a higher rank, begins with the look of the run it is of.
    """
    begins: dict[tuple[int, State], int] = {}
    for source in sources:
        begins.setdefault((source.a, source.state), source.look)
    out: list[Run] = []
    for run in runs:
        look = begins.get((run.a, run.state))
        if look is None:
            look = next(s.look for s in sources if s.state == run.state and s.a <= run.a < s.b)
        out.append(Run(run.a, run.b, run.state, look))
    return out


def within(stretches: Sequence[Span], since_s: int, state: State, look: int = 0) -> list[Run]:
    """What a standing run says: its state, from its beginning on, as far as the rounds go.

    stretches: sorted and disjoint; the last few are what matters, so they are looked through from the end.
    """
    out: list[Run] = []
    for a, b in reversed(stretches):
        if b <= since_s:
            break
        out.append(Run(max(a, since_s), b, state, look))
    out.reverse()
    return out


def held_since(runs: Sequence[Run]) -> int:
    """Since when the state of the last run was contradicted by none; gaps are no contradiction."""
    since_s = runs[-1].a
    for run in reversed(runs):
        if run.state != runs[-1].state:
            break
        since_s = run.a
    return since_s


def outages(runs: Iterable[Run], *, already_down: bool = False) -> list[Outage]:
    """The outages that begin among these runs, which are sorted and disjoint; cuts at months do not matter.

    Down, unknown, down is one outage when no up lies between.
    already_down: the last thing known before these runs was down, so what goes on here has begun before and is
    counted there.
    """
    out: list[Outage] = []
    down: list[Run] = []
    earlier = already_down
    for run in runs:
        if run.state == State.DOWN:
            down.append(run)
            continue
        if down and not earlier:
            out.append(_outage(down, ended=True))
        down, earlier = [], False
    if down and not earlier:
        out.append(_outage(down, ended=False))
    return out


def _outage(down: Sequence[Run], *, ended: bool) -> Outage:
    return Outage(down[0].a, down[-1].b, sum(run.b - run.a for run in down), ended)
