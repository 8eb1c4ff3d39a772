"""One point's runs added up: seconds of up and down that count, and outages as people count them. Plain lists."""

from collections.abc import Sequence
from dataclasses import dataclass

from lenskeeper.availability.lanes import State
from lenskeeper.availability.runs import Run
from lenskeeper.base.spans import Span, clip, intersect, length, subtract, union


@dataclass(frozen=True, slots=True)
class Spell:
    """An outage without the time that does not count.

    begun_s:    its first second that is not excluded; the day of this second has the outage.
    repaired_s: when it was seen up again, whose day has the repair; None while nobody has.
    repair_s:   seconds down, without what is unknown or excluded.
    """

    begun_s: int
    repaired_s: int | None
    repair_s: int


@dataclass(frozen=True, slots=True)
class Seconds:
    """Of one lane in some spans: known up, known down."""

    up_s: int
    down_s: int


NOTHING = Seconds(0, 0)


def seconds(runs: Sequence[Run], counted: Sequence[Span]) -> Seconds:
    """How long it was up and down in the spans that count: sorted, disjoint; the runs as well."""
    up = down = 0
    for a, b in counted:
        for run in runs:
            if run.b <= a:
                continue
            if run.a >= b:
                break
            held = min(run.b, b) - max(run.a, a)
            if run.state == State.UP:
                up += held
            else:
                down += held
    return Seconds(up, down)


def spells(runs: Sequence[Run], excluded: Sequence[Span], out_of_service: Sequence[Span] = ()) -> list[Spell]:
    """The outages among sorted, disjoint runs, which begin early enough to hold each outage from its beginning.

    Down, unknown, down is one when no up lies between. One that is excluded wholly is none; one that ended only
    after the point had gone out of service was never repaired.
    """
    out: list[Spell] = []
    down: list[Span] = []
    for a, b, state, _ in runs:
        if state == State.DOWN:
            down.append((a, b))
        elif down:
            served = all(not begin <= a < end for begin, end in out_of_service)
            out += _spell(down, excluded, a if served else None)
            down = []
    return out + _spell(down, excluded, None)


def light_of(light: Sequence[Span], a: int, b: int) -> list[Span]:
    """The part of [a, b) that is day."""
    return clip(light, a, b)


def dark_of(light: Sequence[Span], a: int, b: int) -> list[Span]:
    """The part of [a, b) that is night."""
    return subtract([(a, b)], light) if a < b else []


def _spell(down: list[Span], excluded: Sequence[Span], repaired_s: int | None) -> list[Spell]:
    counts = subtract(union(down), excluded) if down else []
    return [Spell(counts[0][0], repaired_s, length(counts))] if counts else []


def counted(spans: Sequence[Span], excluded: Sequence[Span]) -> list[Span]:
    """What of the spans is not excluded."""
    return subtract(spans, excluded) if excluded else list(spans)


def excluded_in(spans: Sequence[Span], excluded: Sequence[Span]) -> int:
    """Seconds of the spans that are excluded."""
    return length(intersect(spans, excluded)) if excluded else 0
