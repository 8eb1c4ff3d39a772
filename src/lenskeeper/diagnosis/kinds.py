"""The words of a diagnosis: kinds of fault, how bad, and what the operator reads."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """What may be wrong with a picture. LOW_VISIBILITY is weather: it is told, and it is no fault."""

    BLACK = "black"
    DARK = "dark"
    OVEREXPOSED = "overexposed"
    BLUR = "blur"
    LOW_CONTRAST = "low_contrast"
    COLOUR_CAST = "colour_cast"
    NOISE = "noise"
    OCCLUDED = "occluded"
    MOVED = "moved"
    FROZEN = "frozen"
    SIGNAL_CARD = "signal_card"
    MOSAIC = "mosaic"
    LOW_VISIBILITY = "low_visibility"
    LENS_DIRTY = "lens_dirty"
    STRIPES = "stripes"
    SHAKING = "shaking"


class Verdict(StrEnum):
    """Silence is not health: only FIT counts as fit."""

    FIT = "fit"
    FAULT = "fault"
    LOW_VISIBILITY = "low_visibility"
    NOT_CHECKABLE = "not_checkable"


class Severity(StrEnum):
    """MINOR: worth telling, never a fault by itself. MODERATE: the picture serves badly. SEVERE: it does not serve."""

    MINOR = "minor"
    MODERATE = "moderate"
    SEVERE = "severe"


SEVERITIES: Final = tuple(Severity)
"""From the least to the worst."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, with its evidence.

    figure, limit: what was measured and what would have been borne, both in the unit of the kind.
    compared_with: where the limit came from, for people: "absolute floor", "median of 17 looks, 11-13 h".
    """

    kind: Kind
    severity: Severity
    figure: float
    limit: float
    compared_with: str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What the looks at one camera came to.

    verdict:   a moderate or severe finding other than LOW_VISIBILITY makes FAULT. A minor one is listed and makes
               none: dirt or a slight tint belongs to the cleaning list, and an alarm for it costs the next its reader.
    findings:  worst first.
    unchecked: kinds that could not be judged, each with the reason; never among the findings.
    reason:    one sentence for the operator; empty for a fit picture of which all was said.
    """

    verdict: Verdict
    findings: tuple[Finding, ...] = ()
    unchecked: tuple[tuple[Kind, str], ...] = ()
    reason: str = ""
