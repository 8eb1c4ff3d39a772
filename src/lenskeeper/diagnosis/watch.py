"""One look at one point, judged over time: what rounds call, and all they need to know of this room.

    memory of the point + sightings  ->  judgement, memory, changes

Plain and without I/O. `Memory.chapters` must stay in memory: it holds what single looks showed, and no store takes it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from lenskeeper.diagnosis.baseline import Baseline, Mode, mode_of
from lenskeeper.diagnosis.changes import Change, Restart, What
from lenskeeper.diagnosis.evidence import Evidence, evidence_of
from lenskeeper.diagnosis.figures import Figures
from lenskeeper.diagnosis.floors import FLOOR
from lenskeeper.diagnosis.freeze import KEPT_MS, SAME_BYTES_MIN, Sighting
from lenskeeper.diagnosis.holding import Held, Hold, drop_all, dropped, hold, is_fault
from lenskeeper.diagnosis.kinds import Diagnosis, Finding, Kind, Severity, Verdict
from lenskeeper.diagnosis.known import Known, size_of
from lenskeeper.diagnosis.learning import SPACING_S as LEARN_SPACING_S
from lenskeeper.diagnosis.learning import Chapters, Learnt, confirm, learn, restart
from lenskeeper.diagnosis.parts import Key, Rung
from lenskeeper.diagnosis.sequence import LIFELESS, diagnose
from lenskeeper.diagnosis.verdict import conclude

MAIN_LOOK_S: Final = (
    7 * 86_400
)  # a contract speaks of the main stream; a look at it costs ten of the sub-stream
MAIN_FAULT_LOOK_S: Final = (
    86_400  # while the main stream is held faulty: nothing else can show that it is well again
)
BY_BYTES: Final = "byte for byte the same"
OVER_TIME: Final = frozenset({Kind.FROZEN, Kind.SHAKING})  # kinds that one picture cannot show


class Word(StrEnum):
    """What one look says in the books. FIT is up and FAULT is down; the others are presence and neither."""

    FIT = "fit"
    FAULT = "fault"
    LOW_VISIBILITY = "low_visibility"
    NOT_CHECKABLE = "not_checkable"
    NO_PICTURE = "no_picture"


@dataclass(frozen=True, slots=True)
class Prints:
    """Hash of the last coded picture of a rung, since when it came, and how often in a row."""

    fingerprint: bytes
    since_s: int
    count: int


@dataclass(frozen=True, slots=True)
class Memory:
    """All that is known of one point. `Memory()` is a point that nobody has looked at.

    last:          what the last look that brought a picture said; main_s: when the main stream was last seen.
    acts:          how many acts of persons are in it. What was judged with fewer is not written over one.
    chapters:      never stored; after a restart empty, and learnt anew.
    """

    learnt: Learnt = field(default_factory=Learnt)
    hold: Hold = field(default_factory=Hold)
    prints: Mapping[Rung, Prints] = field(default_factory=dict)
    last: Word | None = None
    main_s: int | None = None
    acts: int = 0
    chapters: Chapters = field(default_factory=dict)

    @property
    def weight_bytes(self) -> int:
        """In memory, about: for a cache that is bounded by bytes."""
        chapters = sum(chapter.weight_bytes for chapter in self.chapters.values())
        return 2_000 + 6_200 * len(self.learnt.known) + 1_200 * len(self.hold.buckets) + chapters


@dataclass(frozen=True, slots=True)
class Look:
    """One look at one point.

    sightings: pictures of one rung, in the order they came; none where the visit brought none.
    hour:      of the point's own local day, 0 to 23; None where nobody knows.
    stream:    what the prober learnt of the stream, for the evidence.
    """

    sightings: Sequence[Sighting]
    at_s: int
    hour: int | None
    rung: Rung = Rung.SUB
    stream: Mapping[str, str | int | float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a look came to.

    diagnosis:       of this look by itself.
    word, reason:    for the books, of the point as it stands. A fault that one look has found is NOT_CHECKABLE,
                     "unconfirmed", until a second one agrees; one that is held stays FAULT until it is closed.
    is_provisional:  of FIT: no reference that may be relied on in this light; counted apart.
    held:            the faults that stand.
    confirm:         kinds that one more look would open: look again soon, at least 30 s later. needs_several: with
                     several pictures, seconds apart, since one cannot show it.
    asks_for_person: the first reference looks odd against the fleet, and nobody has confirmed it.
    is_worth_saving: something that a restart must not lose has changed; else once an hour is often enough.
    """

    diagnosis: Diagnosis
    word: Word
    reason: str = ""
    is_provisional: bool = False
    held: tuple[Held, ...] = ()
    confirm: frozenset[Kind] = frozenset()
    needs_several: bool = False
    asks_for_person: bool = False
    is_worth_saving: bool = False


def watch(memory: Memory, look: Look) -> tuple[Judgement, Memory, tuple[Evidence, ...]]:
    """Judge a look, hold it against the checks before, and learn from it if it is healthy."""
    usable = [s.figures for s in look.sightings if s.figures.is_large_enough]
    if not look.sightings:
        return Judgement(diagnose((), None), Word.NO_PICTURE, held=memory.hold.held), memory, ()
    figures = usable[-1] if usable else None
    key, known = _known(memory.learnt, figures, look)
    prints = _printed(memory.prints.get(look.rung), look)
    diagnosis = diagnose(look.sightings, _baseline(memory.learnt, look, usable), look.hour)
    diagnosis = _excused(_with_prints(diagnosis, memory.hold, look, prints), memory.learnt)
    held, changes = hold(memory.hold, diagnosis, at_s=look.at_s, rung=look.rung)
    word, reason = _word(diagnosis, held)
    after = replace(
        memory,
        hold=held,
        last=word,
        prints={**memory.prints, look.rung: prints} if prints else memory.prints,
        main_s=look.at_s if look.rung is Rung.MAIN else memory.main_s,
    )
    is_young = figures is None or memory.learnt.is_young(key or Key(Mode.DAY, look.rung), size_of(figures))
    grown = False
    if figures is not None and _is_healthy(memory, after, diagnosis, look.rung):
        lesson = learn(
            after.learnt,
            after.chapters,
            figures,
            at_s=look.at_s,
            hour=look.hour,
            rung=look.rung,
            is_spotless=not diagnosis.findings,
        )
        after, grown = replace(after, learnt=lesson.learnt, chapters=lesson.chapters), lesson.grown
        changes += lesson.changes
    elif is_faulty(held):
        after = replace(after, chapters={})  # what came before the fault may have had some of it
    after, restarted = _restarted_when_well(after, look.at_s)
    changes += restarted
    records = tuple(evidence_of(c, key, look.hour, figures, known, look.stream) for c in changes)
    is_same = held.buckets == memory.hold.buckets and after.main_s == memory.main_s
    suspected = held.suspected(look.rung) & {f.kind for f in diagnosis.findings if is_fault(f)}
    judgement = Judgement(
        diagnosis,
        word,
        reason,
        is_provisional=word is Word.FIT and is_young,
        held=held.held,
        confirm=suspected,
        needs_several=_needs_several(diagnosis, held),
        asks_for_person=any(not k.is_confirmed for k in after.learnt.known.values()),
        is_worth_saving=bool(changes) or grown or not is_same,
    )
    return judgement, after, records


def is_by_day(look: Look) -> bool:
    """Whether the last picture of a look that can be judged shows daylight."""
    usable = [s.figures for s in look.sightings if s.figures.is_large_enough]
    return bool(usable) and mode_of(usable[-1]) is Mode.DAY


def is_faulty(held: Hold) -> bool:
    """Whether any fault stands."""
    return any(b.opened_s is not None for b in held.buckets)


# ---------------------------------------------------------------- judging


def _known(learnt: Learnt, figures: Figures | None, look: Look) -> tuple[Key | None, Known | None]:
    if figures is None:
        return None, None
    key = Key(learnt.lights.part_of(mode_of(figures), look.hour, look.at_s), look.rung)
    return key, learnt.at(key, size_of(figures))


def _baseline(learnt: Learnt, look: Look, usable: Sequence[Figures]) -> Baseline | None:
    """The pasts that these pictures may be compared with: of their rung and size, in the light that belongs to the hour."""
    if not usable:
        return None
    size = size_of(usable[-1])
    pasts: dict[Mode, Known] = {}
    for mode in {mode_of(figures) for figures in usable}:
        known = learnt.at(Key(learnt.lights.part_of(mode, look.hour, look.at_s), look.rung), size)
        if known is None:  # this light is not known: `Baseline.at` takes the nearest
            others = {m: k for m in Mode if (k := learnt.at(Key(m, look.rung), size))}
            pasts = {m: k for m, k in others.items() if m not in pasts} | pasts
        else:
            pasts[mode] = known
    if not pasts or any(size_of(figures) != size for figures in usable):
        return None
    return Baseline({mode: known.past() for mode, known in pasts.items()}, {})


def _printed(before: Prints | None, look: Look) -> Prints | None:
    fingerprint = look.sightings[-1].fingerprint
    if not fingerprint:
        return None
    if before and before.fingerprint == fingerprint:
        return replace(before, count=before.count + 1)
    return Prints(fingerprint, look.at_s, 1)


def _with_prints(diagnosis: Diagnosis, held: Hold, look: Look, prints: Prints | None) -> Diagnosis:
    """Visits far apart that brought the same bytes: no living sensor does that. Other bytes are life again."""
    if prints is None or Kind.FROZEN not in dict(diagnosis.unchecked):
        return diagnosis
    same = f"{prints.count} looks are {BY_BYTES}"
    span_ms = (look.at_s - prints.since_s) * 1000
    unchecked: list[tuple[Kind, str]] = [u for u in diagnosis.unchecked if u[0] is not Kind.FROZEN]
    if {f.kind for f in diagnosis.findings} & LIFELESS:
        return diagnosis
    if prints.count >= SAME_BYTES_MIN and span_ms >= KEPT_MS:
        frozen = Finding(Kind.FROZEN, Severity.SEVERE, span_ms / 1000, KEPT_MS / 1000, same)
        return conclude([*diagnosis.findings, frozen], unchecked)
    by_bytes = any(h.kind is Kind.FROZEN and BY_BYTES in h.compared_with for h in held.held)
    if prints.count == 1 and by_bytes:
        return replace(diagnosis, unchecked=tuple(unchecked))
    return diagnosis


def _excused(diagnosis: Diagnosis, learnt: Learnt) -> Diagnosis:
    """What the absolute floors say of an excused kind is a note. What the camera's own past says is not excused."""
    findings = [
        replace(f, severity=Severity.MINOR) if f.kind in learnt.excused and f.compared_with == FLOOR else f
        for f in diagnosis.findings
    ]
    if tuple(findings) == diagnosis.findings or diagnosis.verdict is Verdict.NOT_CHECKABLE:
        return diagnosis
    return conclude(findings, list(diagnosis.unchecked))


def _word(diagnosis: Diagnosis, held: Hold) -> tuple[Word, str]:
    """What the look says in the books. A fault stands only while a look that could see says nothing else."""
    if diagnosis.verdict in (Verdict.NOT_CHECKABLE, Verdict.LOW_VISIBILITY):
        return Word(diagnosis.verdict.value), diagnosis.reason
    if standing := held.held:
        return Word.FAULT, ", ".join(f"{h.kind.value} ({h.severity.value})" for h in standing)
    if diagnosis.verdict is Verdict.FAULT:
        return Word.NOT_CHECKABLE, f"unconfirmed: {diagnosis.reason}"
    return Word.FIT, ""


def _needs_several(diagnosis: Diagnosis, held: Hold) -> bool:
    """Whether only pictures seconds apart can settle it: what is frozen or shakes, or a suspicion of it."""
    over_time = any(b.kind in OVER_TIME for b in held.buckets)
    return over_time or (
        diagnosis.verdict is Verdict.NOT_CHECKABLE and diagnosis.reason.startswith("suspect")
    )


def _is_healthy(before: Memory, after: Memory, diagnosis: Diagnosis, rung: Rung) -> bool:
    """Fit by this look and by the one before, and nothing held or suspected on any rung."""
    calm = before.last in (None, Word.FIT) and not after.hold.buckets
    prints = after.prints.get(rung)
    return calm and diagnosis.verdict is Verdict.FIT and (prints is None or prints.count == 1)


# ---------------------------------------------------------------- acts


def main_look_due(memory: Memory, at_s: int, *, may_gather: bool = True) -> bool:
    """Whether the main stream should be looked at now, when the sub-stream is being looked at anyway.

    Once a week, once a day while a fault of it stands; and, where it can be gathered (may_gather: this look was by day,
    and there is room for what is gathered), again and again until it has a reference of its own, once that of the
    sub-stream stands. Without one it is judged by the absolute floors.
    """
    is_held = any(h.rung is Rung.MAIN for h in memory.hold.held)
    period_s = MAIN_FAULT_LOOK_S if is_held else MAIN_LOOK_S
    if memory.main_s is None or at_s - memory.main_s >= period_s:
        return is_held or bool(memory.learnt.known)
    known = memory.learnt.known
    day, own = Key(Mode.DAY, Rung.SUB), Key(Mode.DAY, Rung.MAIN)
    gathers = may_gather and memory.last is Word.FIT and day in known and own not in known
    return gathers and at_s - memory.main_s >= LEARN_SPACING_S


def begin_anew(memory: Memory, why: Restart, at_s: int) -> tuple[Memory, tuple[Evidence, ...]]:
    """A repair was reported, another device hangs there, a move was accepted, a first reference was refused.

    A repair while faults stand waits: the old baseline judges whether the fault is gone, and is set aside then. Else a
    contractor's word would close it. After a swap or an accepted move the old baseline has nothing to say any more.
    """
    if why is Restart.REPAIRED and is_faulty(memory.hold):
        learnt = replace(memory.learnt, restart_when_well=True)
        return replace(memory, learnt=learnt, acts=memory.acts + 1), ()
    learnt, restarted = restart(memory.learnt, why, at_s)
    held, closed = drop_all(memory.hold, at_s, why.value)
    after = Memory(learnt, held, acts=memory.acts + 1)
    return after, tuple(evidence_of(c, None, None, None, None, {}) for c in (*closed, restarted))


def confirmed(memory: Memory, key: Key, at_s: int) -> tuple[Memory, tuple[Evidence, ...]]:
    """A person says that the first reference of a light and rung is right. There is none: nothing changes."""
    known = memory.learnt.known.get(key)
    if known is None:
        return memory, ()
    change = Change(What.CONFIRMED, at_s, known.from_s, rung=key.rung, key=key, count=known.version)
    after = replace(memory, learnt=confirm(memory.learnt, key, at_s), acts=memory.acts + 1)
    return after, (evidence_of(change, key, None, None, known, {}),)


def excuse(memory: Memory, kind: Kind, at_s: int) -> tuple[Memory, tuple[Evidence, ...]]:
    """A person has looked: the place looks so, and an absolute floor is wrong about it (dark water, a striped facade).

    Without this way out a healthy camera that a floor takes for faulty would never be learnt, and stay faulty for ever.
    It holds until the baseline is begun anew.
    """
    reason = f"excused: {kind.value} is how the place looks"
    held, closed = dropped(memory.hold, kind, at_s, reason)
    change = Change(What.EXCUSED, at_s, at_s, kind, count=memory.learnt.version, reason=reason)
    kinds = tuple(sorted({*memory.learnt.excused, kind}))
    learnt = replace(memory.learnt, excused=kinds)
    after = replace(memory, learnt=learnt, hold=held, last=None, acts=memory.acts + 1)
    return after, tuple(evidence_of(c, None, None, None, None, {}) for c in (*closed, change))


def _restarted_when_well(memory: Memory, at_s: int) -> tuple[Memory, tuple[Change, ...]]:
    if not memory.learnt.restart_when_well or is_faulty(memory.hold):
        return memory, ()
    learnt, change = restart(memory.learnt, Restart.REPAIRED, at_s)
    return replace(memory, learnt=learnt, chapters={}), (change,)
