"""How hard the fleet is looked at: bytes per line, new connections, the days of a takeover, and the stop switch."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class StopSwitch:
    """What must not be touched at all until it is lifted. The house sets it; the rounds read it each slot.

    everything: nothing is sent. zones, sites: nothing is sent there. pictures: only reachability goes on.
    What is stopped is unknown in the books.
    """

    everything: bool = False
    pictures: bool = False
    zones: set[str] = field(default_factory=set)
    sites: set[str] = field(default_factory=set)
