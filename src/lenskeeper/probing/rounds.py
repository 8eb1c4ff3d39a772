"""The rounds: who is looked at when, day and night."""

from collections.abc import Callable, Sequence
from random import Random

from lenskeeper.base.clock import Clock
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.points import Watched
from lenskeeper.probing.errands import Errand, Look, Looked
from lenskeeper.probing.greeting import Greet
from lenskeeper.probing.manners import DEFAULT_MANNERS, Manners
from lenskeeper.probing.memory import NOTHING_REMEMBERED, Changes, Remembered
from lenskeeper.probing.pacing import StopSwitch
from lenskeeper.probing.round_results import Fact, RoundsTally, ZoneRound
from lenskeeper.probing.witness import NO_LANDMARKS, Landmarks


class Rounds:
    """All looks at a fleet, slot by slot. `run` lives by the clock; `slot` is one step without waiting."""

    def __init__(
        self,
        plan: Callable[[], Sequence[Watched]],
        greet: Greet,
        look: Look,
        *,
        on_zone: Callable[[ZoneRound], None],
        on_looked: Callable[[Errand, Looked], None],
        on_fact: Callable[[Fact], None],
        clock: Clock,
        chance: Random,
        manners: Manners = DEFAULT_MANNERS,
        landmarks: Landmarks = NO_LANDMARKS,
        remembered: Remembered = NOTHING_REMEMBERED,
        switch: StopSwitch | None = None,
    ) -> None:
        raise NotImplementedError

    tally: RoundsTally

    def replan(self) -> None:
        """Read the plan again before the next slot; what is known of points that stay is kept."""

    def request(self, point_id: PointId) -> None:
        """A person wants a picture of this point: in the next slot, whatever its period."""

    async def slot(self, slot_s: int) -> None:
        """One slot, at once: greetings, retry, pictures and their confirmation, zones handed on. For rehearsals."""

    async def run(self) -> None:
        """Slot after slot by the clock until `stop`."""

    async def stop(self) -> None:
        """End: at most 5 s for what is under way."""

    def changes(self) -> Changes:
        """What must survive a restart and has changed since this was last asked."""
        raise NotImplementedError
