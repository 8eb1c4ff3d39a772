"""Witnesses: whether we can see into a zone at all. When they are silent, it is we who are blind.

A cut line of ours looks like ten thousand dead cameras. So a zone's slot is unknown while its witnesses are silent,
unless so many of its cameras answer that the witnesses themselves must be at fault.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from lenskeeper.probing.targets import Target

AUTO_WITNESSES: Final = 3
ZONE_DOORS_MIN: Final = 3  # of a smaller zone without declared witnesses we believe what we see
CONTRADICTED_SHARE: Final = 0.5  # so many of those that answered still do: declared witnesses are wrong
NOBODY_SHARE: Final = 0.02  # at most so many still answer: without declared witnesses, that is nobody


@dataclass(frozen=True, slots=True)
class Landmarks:
    """What the owner declared of the network. Nothing else is ever guessed or contacted.

    witnesses: per zone, its gateway and one or two devices that never rest; any answer of theirs counts.
    gateways:  per site, the device that its line ends at.
    """

    witnesses: Mapping[str, tuple[Target, ...]] = field(default_factory=dict)
    gateways: Mapping[str, Target] = field(default_factory=dict)


NO_LANDMARKS: Final = Landmarks()


class Sight(StrEnum):
    """What can be said of a zone in a slot."""

    CLEAR = "clear"
    BLIND = "blind"
    DOUBT = "doubt"  # clear, and its declared witnesses are silent all the same


@dataclass(frozen=True, slots=True)
class Seen:
    """What one slot showed of one zone.

    doors:        hosts and ports greeted there.       answering: of these, now.
    before:       that answered in the last clear slot; None: there was none since we began.
    still:        of those before, that answer now.
    declared:     for each declared witness, whether it reacted at all when last asked in this slot.
    declared_first: the same at the slot's begin.
    stable:       for each witness we chose ourselves, whether it answered when last asked in this slot.
    went_silent:  chosen witnesses that answered early in this slot and no longer at its end.
    retried:      doors that fell silent and were asked again.   returned: of these, that then answered.
    """

    doors: int
    answering: int
    before: int | None
    still: int
    declared: tuple[bool, ...] = ()
    declared_first: tuple[bool, ...] = ()
    stable: tuple[bool, ...] = ()
    went_silent: int = 0
    retried: int = 0
    returned: int = 0


def judge(seen: Seen) -> Sight:
    """Whether a zone's slot may be believed."""
    if seen.declared:
        if any(seen.declared):
            return Sight.CLEAR
        if any(seen.declared_first):
            return Sight.BLIND  # the line was cut in the midst of the slot
        reference, still = (seen.before, seen.still) if seen.before else (seen.doors, seen.answering)
        return Sight.DOUBT if still > CONTRADICTED_SHARE * reference else Sight.BLIND
    if seen.doors < ZONE_DOORS_MIN:
        return Sight.CLEAR
    if seen.before is None:
        return Sight.CLEAR if seen.answering else Sight.BLIND
    if seen.before < ZONE_DOORS_MIN or any(seen.stable):
        return Sight.CLEAR
    all_went = seen.went_silent > 1 and seen.went_silent == len(seen.stable)
    if all_went and seen.retried >= ZONE_DOORS_MIN and not seen.returned:
        return Sight.BLIND  # the line was cut in the midst of the slot
    return Sight.BLIND if seen.still <= NOBODY_SHARE * seen.before else Sight.CLEAR


def choose(doors: Sequence[int], streaks: Sequence[int], sites: Sequence[int]) -> tuple[int, ...]:
    """The steadiest doors of a zone, of different sites where there are: our own witnesses.

    streaks: slots that each has answered without a break; one that does not answer is never chosen.
    """
    order = sorted(range(len(doors)), key=lambda n: (-streaks[n], doors[n]))
    chosen: list[int] = []
    taken: set[int] = set()
    for may_share in (False, True):
        for n in order:
            if len(chosen) == AUTO_WITNESSES or not streaks[n]:
                break
            if doors[n] not in chosen and (may_share or sites[n] not in taken):
                chosen.append(doors[n])
                taken.add(sites[n])
    return tuple(chosen)
