"""A verdict needs time: one bucket for each kind, filled by checks that agree and drained by those that do not.

Two agreeing checks open a fault; four that disagree, over ten minutes at least, close it, and three where others had
disagreed before the last that agreed. A check that could not see a kind leaves its bucket alone: neither weather nor a card closes a fault.
A camera whose verdicts change again and again is *flapping*, and that is said once, with since when.
"""

from dataclasses import dataclass, replace
from typing import Final

from lenskeeper.diagnosis.changes import Change, Check, What
from lenskeeper.diagnosis.kinds import Diagnosis, Finding, Kind, Severity, Verdict
from lenskeeper.diagnosis.parts import Rung
from lenskeeper.diagnosis.verdict import EXPLAINS

AGREES: Final = 2  # in half checks
DISAGREES: Final = 1  # slower out than in: a fault that shows in every second check opens too
OPENS: Final = 4
FULL: Final = 4
CLOSE_S: Final = 600  # a cloth blown off the lens for one confirming look is no repair
SPACING_S: Final = 30  # checks of one opinion nearer than that saw the same lorry
CHECKS_KEPT: Final = 8
BESIDE_S: Final = (
    240  # a look at the main stream follows so soon; the next of its own comes after 300 at the earliest
)

JUDGEMENTS: Final = 21
FLAPPING_FROM: Final = 0.25  # weighted share of changes: 5 of 20
STEADY_BELOW: Final = 0.125  # one fault that came and went is 2 of 20
NEWEST, OLDEST = (
    1.2,
    0.8,
)  # weights of changes; source: Nagios Core, "Detection and handling of state flapping"


@dataclass(frozen=True, slots=True)
class Held:
    """A fault that stands: opened and not yet closed.

    since_s: the first of the checks that filled the bucket; opened_s: when it was sure.
    severity, figure, limit, compared_with: of the last check that agreed.
    """

    kind: Kind
    rung: Rung
    since_s: int
    opened_s: int
    severity: Severity
    figure: float
    limit: float
    compared_with: str


@dataclass(frozen=True, slots=True)
class Bucket:
    """One kind on one rung, suspected or held.

    level:        in half checks, 0 to FULL.
    opened_s:     None while it is only suspected.
    well_since_s: the first check that disagreed after the last that agreed.
    checks:       the last 8 that counted; base: the level before the first of them.
    """

    kind: Kind
    rung: Rung
    level: int
    since_s: int
    severity: Severity
    opened_s: int | None = None
    well_since_s: int | None = None
    base: int = 0
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True, slots=True)
class Hold:
    """All buckets of one point, and its last 21 judgements.

    history:  one bit each, the newest lowest, 1 for a fault; judged: how many there are.
    last_s:   of the last check. An earlier one that comes late is not counted: the rounds are in order.
    """

    buckets: tuple[Bucket, ...] = ()
    history: int = 0
    judged: int = 0
    flapping_since_s: int | None = None
    last_s: int = 0

    @property
    def held(self) -> tuple[Held, ...]:
        """The faults that stand, the oldest first."""
        found = []
        for b in self.buckets:
            if b.opened_s is not None:
                last = next(c for c in reversed(b.checks) if c.agrees)
                assert last.figure is not None
                assert last.limit is not None
                found.append(
                    Held(
                        b.kind,
                        b.rung,
                        b.since_s,
                        b.opened_s,
                        b.severity,
                        last.figure,
                        last.limit,
                        last.compared_with,
                    )
                )
        return tuple(sorted(found, key=lambda h: (h.since_s, h.kind, h.rung)))

    @property
    def doubted(self) -> frozenset[tuple[Kind, Rung]]:
        """Faults that stand and that the last look did not find, be it that it could not see: fog, or another light.

        Of the main stream, which is looked at once a day, those that a look did not find any more.
        """
        return frozenset((b.kind, b.rung) for b in self.buckets if b.opened_s is not None and self._doubts(b))

    def _doubts(self, bucket: Bucket) -> bool:
        if bucket.rung is Rung.MAIN or bucket.well_since_s is not None:
            return bucket.well_since_s is not None
        found_s = max(check.at_s for check in bucket.checks if check.agrees)
        return self.last_s - found_s > BESIDE_S

    def suspected(self, rung: Rung) -> frozenset[Kind]:
        """Kinds that one more agreeing check may open."""
        is_main = rung is Rung.MAIN
        return frozenset(
            b.kind for b in self.buckets if b.opened_s is None and (b.rung is Rung.MAIN) is is_main
        )


def hold(before: Hold, diagnosis: Diagnosis, *, at_s: int, rung: Rung) -> tuple[Hold, tuple[Change, ...]]:
    """Take in one check of one rung.

    The cheap rungs share their buckets, since the route may change; those of the main stream are filled and drained by
    looks at the main stream only, which sees finer.
    """
    if at_s < before.last_s:
        return before, ()
    rung = Rung.MAIN if rung is Rung.MAIN else Rung.SUB
    found = {f.kind: f for f in diagnosis.findings if is_fault(f)}
    unseen = _unseen(diagnosis, found)
    buckets, changes = [], []
    for bucket in before.buckets:
        after: Bucket | None = bucket
        if bucket.rung is not rung:
            pass
        elif bucket.kind in found:
            after, change = _filled(bucket, found.pop(bucket.kind), at_s)
            changes += change
        elif bucket.kind not in unseen:
            after, change = _drained(bucket, at_s)
            changes += change
        if after:
            buckets.append(after)
    for kind, finding in found.items():
        check = _agreeing(finding, at_s)
        buckets.append(Bucket(kind, rung, AGREES, at_s, finding.severity, checks=(check,)))
    held = replace(before, buckets=tuple(buckets), last_s=at_s)
    if rung is Rung.MAIN or diagnosis.verdict not in (Verdict.FIT, Verdict.FAULT):
        return held, tuple(changes)  # a weekly look of another sharpness is no restlessness
    held, restless = _remembered(held, is_faulty=diagnosis.verdict is Verdict.FAULT, at_s=at_s)
    return held, (*changes, *restless)


def is_fault(finding: Finding) -> bool:
    """What opens a fault: minor findings are notes, and weather is none."""
    return finding.severity is not Severity.MINOR and finding.kind is not Kind.LOW_VISIBILITY


def _unseen(diagnosis: Diagnosis, found: dict[Kind, Finding]) -> frozenset[Kind]:
    """Kinds of which the check says nothing: unchecked, or hidden behind what it found."""
    if diagnosis.verdict is Verdict.NOT_CHECKABLE:
        return frozenset(Kind)
    hidden = {k for cause, explained in EXPLAINS if cause in found for k in explained}
    return frozenset(hidden | {kind for kind, _ in diagnosis.unchecked}) - found.keys()


def _agreeing(finding: Finding, at_s: int) -> Check:
    return Check(
        at_s, agrees=True, figure=finding.figure, limit=finding.limit, compared_with=finding.compared_with
    )


def _is_same_moment(bucket: Bucket, at_s: int, *, agrees: bool) -> bool:
    last = bucket.checks[-1]
    return last.agrees is agrees and at_s - last.at_s < SPACING_S


def stepped(level: int, *, agrees: bool) -> int:
    """The level after one check."""
    return min(level + AGREES, FULL) if agrees else max(level - DISAGREES, 0)


def _noted(bucket: Bucket, check: Check) -> Bucket:
    """With a check more, and the oldest let go where there are too many."""
    checks, base = (*bucket.checks, check), bucket.base
    if len(checks) > CHECKS_KEPT:
        base, checks = stepped(base, agrees=checks[0].agrees), checks[1:]
    return replace(bucket, level=stepped(bucket.level, agrees=check.agrees), base=base, checks=checks)


def _filled(bucket: Bucket, finding: Finding, at_s: int) -> tuple[Bucket, list[Change]]:
    if _is_same_moment(bucket, at_s, agrees=True):
        return bucket, []
    after = replace(_noted(bucket, _agreeing(finding, at_s)), severity=finding.severity, well_since_s=None)
    if after.level < OPENS or bucket.opened_s is not None:
        return after, []
    reason = f"{bucket.kind.value} ({finding.severity.value})"
    return replace(after, opened_s=at_s), [_change(What.OPENED, after, at_s, bucket.since_s, reason)]


def _drained(bucket: Bucket, at_s: int) -> tuple[Bucket | None, list[Change]]:
    """A bucket that is empty already takes no more checks, so that one that agreed is always among those kept."""
    if _is_same_moment(bucket, at_s, agrees=False):
        return bucket, []
    since_s = at_s if bucket.well_since_s is None else bucket.well_since_s
    after = replace(_noted(bucket, Check(at_s, agrees=False)), well_since_s=since_s)
    if after.level:
        return after, []
    if bucket.opened_s is None:
        return None, []
    if at_s - since_s < CLOSE_S:
        return after if bucket.level else bucket, []
    return None, [_change(What.CLOSED, after, at_s, since_s, f"{bucket.kind.value} is gone")]


def _change(what: What, bucket: Bucket, at_s: int, since_s: int, reason: str) -> Change:
    return Change(
        what,
        at_s,
        since_s,
        bucket.kind,
        bucket.severity,
        bucket.rung,
        count=bucket.base,
        checks=bucket.checks,
        reason=reason,
    )


def dropped(before: Hold, kind: Kind, at_s: int, reason: str) -> tuple[Hold, tuple[Change, ...]]:
    """A person says that a kind is none here: its buckets are emptied."""
    gone = [b for b in before.buckets if b.kind is kind]
    changes = tuple(_change(What.CLOSED, b, at_s, at_s, reason) for b in gone if b.opened_s is not None)
    return replace(before, buckets=tuple(b for b in before.buckets if b.kind is not kind)), changes


def drop_all(before: Hold, at_s: int, reason: str) -> tuple[Hold, tuple[Change, ...]]:
    """Another device hangs there, or its view was accepted: what was held was of the one before."""
    changes = tuple(
        _change(What.CLOSED, b, at_s, at_s, reason) for b in before.buckets if b.opened_s is not None
    )
    if before.flapping_since_s is not None:
        changes += (Change(What.STEADY, at_s, before.flapping_since_s, reason=reason),)
    return Hold(last_s=before.last_s), changes


# ---------------------------------------------------------------- flapping


def _remembered(before: Hold, *, is_faulty: bool, at_s: int) -> tuple[Hold, tuple[Change, ...]]:
    history = (before.history << 1 | is_faulty) & (1 << JUDGEMENTS) - 1
    after = replace(before, history=history, judged=min(before.judged + 1, JUDGEMENTS))
    share, count = restlessness(after)
    since_s = before.flapping_since_s
    if since_s is None and share >= FLAPPING_FROM:
        reason = f"the verdict changed {count} times in the last {after.judged} looks"
        return replace(after, flapping_since_s=at_s), (
            Change(What.FLAPPING, at_s, at_s, count=count, reason=reason),
        )
    if since_s is not None and share < STEADY_BELOW:
        return replace(after, flapping_since_s=None), (Change(What.STEADY, at_s, since_s, count=count),)
    return after, ()


def restlessness(held: Hold) -> tuple[float, int]:
    """Weighted share of changes among the last 21 judgements (0 to 1), and how many changes there were."""
    changed = (held.history ^ held.history >> 1) & (1 << max(held.judged - 1, 0)) - 1
    steps = JUDGEMENTS - 1
    weights = [NEWEST - (NEWEST - OLDEST) * n / (steps - 1) for n in range(steps)]
    share = sum(w for n, w in enumerate(weights) if changed >> n & 1) / steps
    return share, changed.bit_count()
