"""What one look for a picture says of each lane: the table that turns an outcome and a verdict into observations.

Silence is not health, and neither is our own fault: what did not speak of the camera is in no lane.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from lenskeeper.availability.lanes import Lane, State
from lenskeeper.availability.observations import Observation
from lenskeeper.base.outcomes import Outcome
from lenskeeper.base.spans import Span
from lenskeeper.diagnosis.kinds import Verdict
from lenskeeper.inventory.ids import PointId

CLOCK_OFF_MS: Final = 10_000  # evidence that is ten seconds off misleads; a Date header alone errs by one

# Ours, or the owner's of a password: it stands in the way of a look and says nothing of the camera's picture.
HELD: Final = frozenset(
    {Outcome.BUSY, Outcome.AUTH_REFUSED, Outcome.HELD_BACK, Outcome.NOT_SUPPORTED, Outcome.TLS_REFUSED}
)
SAYS_NOTHING: Final = frozenset({Outcome.OUR_FAULT, Outcome.ANSWERS})
BY_VERDICT: Final[Mapping[Verdict, tuple[Lane, State]]] = MappingProxyType(
    {
        Verdict.FIT: (Lane.PICTURE_FIT, State.UP),
        Verdict.FAULT: (Lane.PICTURE_FIT, State.DOWN),
        Verdict.LOW_VISIBILITY: (Lane.LOW_VISIBILITY, State.UP),
        Verdict.NOT_CHECKABLE: (Lane.NOT_CHECKABLE, State.UP),
    }
)


def said_by_look(
    point_id: PointId,
    slot: Span,
    outcome: Outcome,
    verdict: Verdict | None,
    *,
    kinds: str = "",
    clock_offset_ms: float | None = None,
    prober: str = "",
    remark: str = "",
) -> list[Observation]:
    """The observations of one look over its slot, confirming looks already joined.

    verdict: None where no picture was measured. kinds: of the faults, worst first, joined by a space.
    """

    def says(lane: Lane, state: State, reason: str = "") -> Observation:
        return Observation(point_id, lane, *slot, state, reason, prober, remark)

    if outcome in SAYS_NOTHING:
        return []
    if outcome in HELD:
        return [says(Lane.HELD, State.UP, outcome.value)]
    out = []
    if clock_offset_ms is not None:
        is_right = abs(clock_offset_ms) <= CLOCK_OFF_MS
        out.append(
            says(
                Lane.CLOCK,
                State.UP if is_right else State.DOWN,
                "" if is_right else f"{clock_offset_ms / 1000:+.0f} s",
            )
        )
    if verdict is None:
        return [
            *out,
            says(Lane.DELIVERY, State.DOWN, outcome.value),
            says(Lane.NO_PICTURE, State.UP, outcome.value),
        ]
    lane, state = BY_VERDICT[verdict]
    return [*out, says(Lane.DELIVERY, State.UP), says(lane, state, kinds)]
