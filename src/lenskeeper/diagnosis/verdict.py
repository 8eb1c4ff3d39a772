"""Figures in, diagnosis out.

Silence is not health: a kind that could not be judged is named as unchecked, and a picture too poor to judge is
*not checkable*. Where two kinds would explain one thing, the one nearer to the cause is said.
"""

from typing import Final

from lenskeeper.diagnosis import floors, relative
from lenskeeper.diagnosis.baseline import Baseline, Past
from lenskeeper.diagnosis.figures import HEIGHT_PX_MIN, WIDTH_PX_MIN, Figures
from lenskeeper.diagnosis.kinds import SEVERITIES, Diagnosis, Finding, Kind, Severity, Verdict

# A kind on the left explains those on the right away: a card has no sharpness, fog takes contrast and sharpness.
EXPLAINS: Final[tuple[tuple[Kind, frozenset[Kind]], ...]] = (
    (Kind.SIGNAL_CARD, frozenset(Kind) - {Kind.SIGNAL_CARD, Kind.FROZEN}),
    (Kind.BLACK, frozenset(Kind) - {Kind.BLACK, Kind.FROZEN, Kind.MOSAIC}),
    (
        Kind.MOSAIC,
        frozenset({Kind.STRIPES, Kind.OCCLUDED, Kind.MOVED, Kind.LOW_VISIBILITY, Kind.BLUR, Kind.LENS_DIRTY}),
    ),
    (Kind.NOISE, frozenset({Kind.STRIPES, Kind.MOVED, Kind.BLUR, Kind.LENS_DIRTY})),
    (Kind.BLUR, frozenset({Kind.MOVED, Kind.LENS_DIRTY})),
    (
        Kind.OCCLUDED,
        frozenset(
            {Kind.LOW_VISIBILITY, Kind.DARK, Kind.MOVED, Kind.LOW_CONTRAST, Kind.LENS_DIRTY, Kind.COLOUR_CAST}
        ),
    ),
    (Kind.DARK, frozenset({Kind.LOW_CONTRAST, Kind.LOW_VISIBILITY, Kind.BLUR})),
    (
        Kind.OVEREXPOSED,
        frozenset({Kind.LOW_VISIBILITY, Kind.LOW_CONTRAST, Kind.BLUR, Kind.LENS_DIRTY, Kind.MOVED}),
    ),
    (Kind.LOW_CONTRAST, frozenset({Kind.LOW_VISIBILITY})),  # fog leaves the nearest ground dark
)

ALWAYS_OVER_TIME: Final = (
    (Kind.FROZEN, "needs several looks"),
    (Kind.SHAKING, "needs several looks"),
)
NO_REFERENCE: Final = (
    (Kind.MOVED, "no reference"),
    (Kind.OCCLUDED, "no reference: only a dark cover is certain without"),
    (Kind.LENS_DIRTY, "no reference"),
)


def judge(figures: Figures, past: Baseline | None, hour: int | None = None) -> Diagnosis:
    """The diagnosis of one look.

    past: what the camera gave before; None: only what one picture proves is said.
    hour: of the day, in the time the baseline was learned in; None where unknown.
    """
    if not figures.is_large_enough:
        why = f"the picture is too small: {figures.width_px} x {figures.height_px}, we need {WIDTH_PX_MIN} x {HEIGHT_PX_MIN}"
        return Diagnosis(Verdict.NOT_CHECKABLE, unchecked=tuple((kind, why) for kind in Kind), reason=why)
    known = past.at(figures, hour) if past else None
    found = [finding for floor in floors.FLOORS if (finding := floor(figures))]
    unchecked = list(ALWAYS_OVER_TIME)
    if known is None:
        unchecked += NO_REFERENCE
    else:
        found, doubts = relative.compare(figures, known, found)
        unchecked += doubts
    hidden = _hidden_by_air(found, known)
    unchecked += [(kind, "low visibility") for kind in hidden]
    return conclude(_untangled([f for f in found if f.kind not in hidden], known), unchecked)


def _hidden_by_air(found: list[Finding], known: Past | None) -> frozenset[Kind]:
    """Kinds that fog may be taken for. A little haze explains nothing away, nor does fog what softens near edges."""
    kinds = {f.kind: f for f in found}
    air, soft = kinds.get(Kind.LOW_VISIBILITY), kinds.get(Kind.BLUR)
    if air is None or air.severity is Severity.MINOR or _is_defocus(soft, known):
        return frozenset()
    hidden = {Kind.LENS_DIRTY, Kind.BLUR}
    if known:  # the comparison has told fog from a film already
        hidden.add(Kind.LOW_CONTRAST)
    return frozenset(hidden & kinds.keys())


def _is_defocus(soft: Finding | None, known: Past | None) -> bool:
    """Whether softness and a veil are the lens: near edges stay crisp in fog. A past tells the two apart by itself."""
    return known is None and soft is not None and soft.severity is Severity.SEVERE


def _untangled(found: list[Finding], known: Past | None) -> list[Finding]:
    """Without what another finding explains."""
    kinds = {f.kind: f for f in found}
    gone: set[Kind] = set()
    if _is_defocus(kinds.get(Kind.BLUR), known):
        gone.add(Kind.LOW_VISIBILITY)
    for kind, explained in EXPLAINS:
        if kind in kinds and kind not in gone and kinds[kind].severity is not Severity.MINOR:
            gone |= explained & kinds.keys()
    return [f for f in found if f.kind not in gone]


def conclude(found: list[Finding], unchecked: list[tuple[Kind, str]]) -> Diagnosis:
    """The verdict that findings make. A kind that was found is not unchecked."""
    found = sorted(found, key=lambda f: (-SEVERITIES.index(f.severity), f.kind))
    kinds = {f.kind for f in found}
    faults = [f for f in found if f.severity is not Severity.MINOR and f.kind is not Kind.LOW_VISIBILITY]
    if faults:
        verdict, reason = Verdict.FAULT, ", ".join(f"{f.kind.value} ({f.severity.value})" for f in faults)
    elif any(f.kind is Kind.LOW_VISIBILITY and f.severity is not Severity.MINOR for f in found):
        verdict, reason = Verdict.LOW_VISIBILITY, "fog, rain or haze: weather, not a fault"
    else:
        verdict, reason = Verdict.FIT, ""
    left = tuple({kind: why for kind, why in unchecked if kind not in kinds}.items())
    return Diagnosis(verdict, tuple(found), left, reason)
