"""What a look of the rounds hands to the books, beside what the rounds themselves need of it."""

from dataclasses import dataclass

from lenskeeper.diagnosis.kinds import Verdict
from lenskeeper.diagnosis.rows import Saving


@dataclass(frozen=True, slots=True)
class Found:
    """The findings of one look.

    verdict:         of the point as it stands; None where there was no picture.
    kinds:           of the faults that stand, worst first, joined by a space.
    clock_offset_ms: the camera's clock minus ours; None where it did not tell.
    remark:          the peer's own words, or our reason.
    saving:          what diagnosis wants kept; None in a rehearsal, which makes no pixels.
    """

    verdict: Verdict | None
    kinds: str = ""
    clock_offset_ms: float | None = None
    remark: str = ""
    saving: Saving | None = None
