"""All looks of one check at one camera, folded into one diagnosis: a verdict needs time."""

from collections.abc import Sequence
from typing import Final

from lenskeeper.diagnosis.baseline import Baseline
from lenskeeper.diagnosis.freeze import Life, Sighting, judge_sequence, shaking_of
from lenskeeper.diagnosis.kinds import SEVERITIES, Diagnosis, Finding, Kind, Verdict
from lenskeeper.diagnosis.verdict import conclude, judge

# Pictures of these can be the same for hours without anything being stuck.
LIFELESS: Final = frozenset({Kind.BLACK, Kind.SIGNAL_CARD})


def diagnose(looks: Sequence[Sighting], past: Baseline | None, hour: int | None = None) -> Diagnosis:
    """One diagnosis for one camera, from pictures in the order they came.

    A finding stands if more than half of the looks have it: a lorry before the lens or one broken picture is no
    fault. hour: as in `judge`. No looks: not checkable.
    """
    if not looks:
        return Diagnosis(Verdict.NOT_CHECKABLE, reason="no picture")
    each = [judge(look.figures, past, hour) for look in looks]
    too_poor = [d for d in each if d.verdict is Verdict.NOT_CHECKABLE]
    if len(too_poor) * 2 > len(each):
        return too_poor[-1]
    judged = [d for d in each if d.verdict is not Verdict.NOT_CHECKABLE]
    found = _persisting(judged)
    unchecked: list[tuple[Kind, str]] = [
        (kind, why) for kind, why in _unchecked(judged) if kind not in (Kind.FROZEN, Kind.SHAKING)
    ]
    life = judge_sequence(looks, past.at(looks[-1].figures, hour) if past else None)
    if {f.kind for f in found} & LIFELESS:
        life = Life(unchecked="there is no picture that could move")
    shaking, why_not = shaking_of([look.figures for look in looks])
    found += [finding for finding in (life.finding, shaking) if finding]
    if doubt := life.suspicion or life.unchecked:
        unchecked.append((Kind.FROZEN, doubt))
    if why_not:
        unchecked.append((Kind.SHAKING, why_not))
    diagnosis = conclude(found, unchecked)
    if life.suspicion and diagnosis.verdict in (Verdict.FIT, Verdict.LOW_VISIBILITY):
        return Diagnosis(
            Verdict.NOT_CHECKABLE, diagnosis.findings, diagnosis.unchecked, f"suspect: {life.suspicion}"
        )
    return diagnosis


def _persisting(each: Sequence[Diagnosis]) -> list[Finding]:
    """Of each kind that more than half of the looks found, the finding in the middle by severity and figure."""
    found = []
    for kind in Kind:
        mine = [f for d in each for f in d.findings if f.kind is kind]
        if len(mine) * 2 > len(each):
            mine.sort(key=lambda f: (SEVERITIES.index(f.severity), f.figure))
            found.append(mine[(len(mine) - 1) // 2])
    return found


def _unchecked(each: Sequence[Diagnosis]) -> list[tuple[Kind, str]]:
    """Kinds that at least half of the looks could not be checked for, with the last reason given."""
    out = []
    for kind in Kind:
        reasons = [why for d in each for k, why in d.unchecked if k is kind]
        if reasons and len(reasons) * 2 >= len(each):
            out.append((kind, reasons[-1]))
    return out
