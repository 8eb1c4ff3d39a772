"""What changed about one point in one look: the only news the room has for others."""

from dataclasses import dataclass
from enum import StrEnum

from lenskeeper.diagnosis.kinds import Kind, Severity
from lenskeeper.diagnosis.parts import Key, Rung


class What(StrEnum):
    """A fault came or went, the verdicts became restless or quiet, a baseline came to be or was begun anew."""

    OPENED = "opened"
    CLOSED = "closed"
    FLAPPING = "flapping"
    STEADY = "steady"
    LEARNT = "learnt"  # the first reference of a light and rung stands
    DOUBTFUL = "doubtful"  # it stands, and looks odd against the fleet: a person is asked
    CONFIRMED = "confirmed"  # a person has looked and says that the first reference is right
    EXCUSED = "excused"  # a person says that an absolute floor is wrong about this place
    RESTARTED = "restarted"  # all that was known is set aside: repair, swap, accepted move, other size


class Restart(StrEnum):
    """Why a baseline is begun anew."""

    REPAIRED = "repaired"
    SWAPPED = "device swapped"
    MOVE_ACCEPTED = "move accepted"
    RESIZED = "picture has another size"
    REFUSED = "first reference refused"


@dataclass(frozen=True, slots=True)
class Check:
    """What one check said of one kind; kept with the verdict it led to, figures only.

    figure, limit, compared_with: of the finding; None and empty where the check did not find it.
    """

    at_s: int
    agrees: bool
    figure: float | None = None
    limit: float | None = None
    compared_with: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One change.

    at_s:    of the look it came with.
    since_s: since when it was so: the first check that agreed, or, of a fault that went, the first that did not.
    count:   of OPENED and CLOSED the level of the bucket before `checks`; of FLAPPING and STEADY the changes of verdict
             among the last 21; of the others the version of the baseline.
    checks:  that filled or drained the bucket, oldest first.
    reason:  for the operator.
    """

    what: What
    at_s: int
    since_s: int
    kind: Kind | None = None
    severity: Severity | None = None
    rung: Rung = Rung.SUB
    key: Key | None = None
    count: int = 0
    checks: tuple[Check, ...] = ()
    reason: str = ""
