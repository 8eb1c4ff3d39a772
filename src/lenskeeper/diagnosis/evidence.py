"""What is kept of a change of verdict, so that anybody can work it out again: figures only, no picture."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from lenskeeper.diagnosis.baseline import Past
from lenskeeper.diagnosis.changes import Change, What
from lenskeeper.diagnosis.figures import SCALARS, Figures
from lenskeeper.diagnosis.holding import CLOSE_S, OPENS, stepped
from lenskeeper.diagnosis.kinds import Kind
from lenskeeper.diagnosis.known import Known
from lenskeeper.diagnosis.parts import Key

RULES_VERSION: Final = 2  # counted up with each change of a threshold, a rule or the bucket
KEPT_DAYS: Final = 396  # 13 months: a disputed month of last year can still be shown

FALLING: Final = frozenset({Kind.BLUR, Kind.DARK, Kind.BLACK, Kind.LOW_CONTRAST})  # less is worse
BY_LIKENESS: Final = (
    "map of details"  # so `relative` names the one comparison of MOVED in which less is worse
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """The record behind one change.

    key:             the light and rung it was judged in; hour: of the local day, None where unknown.
    figures:         the scalar figures of the look that made the change; usual, spread: those of its baseline, by
                     name, as far as it has one.
    baseline_version, baseline_looks: 0 where it was judged by absolute floors.
    stream:          what the prober said of the stream: codec, sizes, gaps, clocks.
    """

    change: Change
    key: Key | None
    hour: int | None
    figures: Mapping[str, float]
    usual: Mapping[str, float]
    spread: Mapping[str, float]
    baseline_version: int
    baseline_looks: int
    stream: Mapping[str, str | int | float]
    rules_version: int = RULES_VERSION


def evidence_of(
    change: Change,
    key: Key | None,
    hour: int | None,
    figures: Figures | None,
    known: Known | None,
    stream: Mapping[str, str | int | float],
) -> Evidence:
    """Put together while the figures of the look are still at hand."""
    past: Past | None = known.past() if known else None
    return Evidence(
        change=change,
        key=change.key or key,
        hour=hour,
        figures={name: round(getattr(figures, name), 5) for name in SCALARS} if figures else {},
        usual={name: round(value, 5) for name, value in past.centre.items()} if past else {},
        spread={name: round(value, 5) for name, value in past.spread.items()} if past else {},
        baseline_version=known.version if known else 0,
        baseline_looks=known.looks if known else 0,
        stream=dict(stream),
    )


def why_not(record: Evidence) -> str:
    """Work the verdict out again; empty if it follows from the record, else what does not.

    Changes of a baseline, and faults that ended because the device or the view did, follow from a person's act and are
    not worked out.
    """
    rule = _RULES.get(record.change.what)
    return rule(record.change) if rule else ""


def _opened(change: Change) -> str:
    level = change.count
    for check in change.checks:
        if check.agrees and not _is_beyond(change.kind, check.figure, check.limit, check.compared_with):
            return f"the check at {check.at_s} is within its limit"
        if level >= OPENS:
            return f"it would have opened before {check.at_s}"
        level = stepped(level, agrees=check.agrees)
    if not change.checks or level < OPENS or change.checks[-1].at_s != change.at_s:
        return "the checks do not open it"
    return "" if change.since_s <= change.checks[0].at_s or change.count else "it began before its checks"


def _closed(change: Change) -> str:
    level = change.count
    for check in change.checks:
        level = stepped(level, agrees=check.agrees)
    ended = [check for check in change.checks if check.at_s == change.at_s and not check.agrees]
    if not ended:
        return ""  # a person's act
    if level or change.at_s - change.since_s < CLOSE_S:
        return "the checks do not close it"
    return ""


_RULES: Final[Mapping[What, Callable[[Change], str]]] = {What.OPENED: _opened, What.CLOSED: _closed}


def _is_beyond(kind: Kind | None, figure: float | None, limit: float | None, compared_with: str) -> bool:
    if figure is None or limit is None:
        return False
    falls = kind in FALLING or compared_with.startswith(BY_LIKENESS)
    return figure <= limit if falls else figure >= limit
