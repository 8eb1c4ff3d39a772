"""Witnesses: whether we can see into a zone at all. When they are silent, it is we who are blind."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from lenskeeper.probing.targets import Target


@dataclass(frozen=True, slots=True)
class Landmarks:
    """What the owner declared of the network. Nothing else is ever guessed or contacted.

    witnesses: per zone, its gateway and one or two devices that never rest; any answer of theirs counts.
    gateways:  per site, the device that its line ends at.
    """

    witnesses: Mapping[str, tuple[Target, ...]] = field(default_factory=dict)
    gateways: Mapping[str, Target] = field(default_factory=dict)


NO_LANDMARKS: Final = Landmarks()
