"""Time that does not count, as windows of one point that never overlap.

Service life, declared corrections and plans may overlap as people entered them; two plain joins add up a rate only
if the windows of a point are disjoint, so they are cut here, and where two meet the greater reason has the second.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from lenskeeper.base.spans import Span, subtract, union

BEGINNING_S: Final = 0  # nothing is booked before 1970
FOREVER_S: Final = 253_402_300_800  # the year 10000; an open end as a number, so that SQL compares it plainly


class Kind(IntEnum):
    """Why time does not count. The lower number has a second that two of them claim. The numbers are stored."""

    OUT_OF_SERVICE = 1  # not yet, or no longer, in service
    DECLARED_CORRECTION = 2  # the figures were wrong and somebody answers for saying so
    PLANNED_WORK = 3
    POWER_CUT = 4
    NETWORK_WORK = 5
    RULING = 6  # an objection to an assessment was upheld; made by a ruling, never entered by hand
    OTHER = 9


@dataclass(frozen=True, slots=True, order=True)
class Exclusion:
    """One window [a, b) of a point. source_id: the plan; 0 for its service life."""

    a: int
    b: int
    kind: Kind
    source_id: int


@dataclass(frozen=True, slots=True)
class Claim:
    """What one source would exclude of a point, overlapping as it comes."""

    kind: Kind
    source_id: int
    spans: tuple[Span, ...]


def out_of_service(from_s: int, to_s: int | None) -> Claim:
    """The time before and after a service life [from_s, to_s); an empty to_s is until further notice."""
    end_s = FOREVER_S if to_s is None else to_s
    return Claim(Kind.OUT_OF_SERVICE, 0, ((BEGINNING_S, from_s), (end_s, FOREVER_S)))


def disjoint(claims: Iterable[Claim]) -> list[Exclusion]:
    """Windows that cover what the claims cover, each second once: by kind, then by the older source."""
    wanted: dict[tuple[Kind, int], list[Span]] = defaultdict(list)
    for claim in claims:
        wanted[claim.kind, claim.source_id].extend(claim.spans)
    out: list[Exclusion] = []
    covered: list[Span] = []
    for (kind, source_id), spans in sorted(wanted.items()):
        own = union(spans)
        out.extend(Exclusion(a, b, kind, source_id) for a, b in subtract(own, covered))
        covered = union([*covered, *own])
    return sorted(out)


def covered(windows: Iterable[Exclusion]) -> list[Span]:
    """The time that windows cover, whatever the reason."""
    return union((window.a, window.b) for window in windows)


def moved(before: Iterable[Exclusion], after: Iterable[Exclusion]) -> list[Span]:
    """The time that counts now and did not, or the reverse: the time whose figures change."""
    old, new = covered(before), covered(after)
    return union([*subtract(old, new), *subtract(new, old)])
