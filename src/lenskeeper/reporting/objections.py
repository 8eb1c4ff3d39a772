"""An assessment (考核) from its draft to its issue: who may object until when, who rules, and why a figure changed.

A ruling changes no figure by itself. It is an exclusion with an author and a second person, and every book follows it;
so each difference between the draft and what is issued has a cause that can be named.
"""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Final

import msgspec

from lenskeeper.availability.lanes import Lane, State
from lenskeeper.base.access import ActorId
from lenskeeper.base.days import date_of, local_day
from lenskeeper.base.errors import Conflict, Invalid, NotAllowed
from lenskeeper.base.spans import Span
from lenskeeper.inventory.ids import PointId
from lenskeeper.reporting.assemble import FEW, model_key
from lenskeeper.reporting.definitions import DEFINITIONS, Metric, Unit
from lenskeeper.reporting.report import Grouped, Part, Report
from lenskeeper.reporting.snapshots import Changed
from lenskeeper.reporting.sums import Sums, added
from lenskeeper.units.ids import UnitId

OBJECTIONS_MAX: Final = 1_000  # of one assessment: more are no objections but another month
REASON_CHARS_MAX: Final = 300  # with the number before and the ruling behind it, a plan's 500 hold it
WORDS_CHARS_MAX: Final = 150
DAYS_MAX: Final = 60  # of a period of objection, in working days
DAYS_USUAL: Final = 5


@dataclass(frozen=True, slots=True)
class Objection:
    """One objection, and what became of it.

    a, b:     the disputed stretch, UTC seconds.
    upheld:   None while nobody has ruled.
    ruled:    the stretch that was excluded; None unless upheld. plan_id: the plan that excludes it.
    """

    assessment_id: int
    number: int
    point_id: PointId
    a: int
    b: int
    reason: str
    entered_s: int
    author: ActorId
    upheld: bool | None = None
    ruled: Span | None = None
    ruled_s: int | None = None
    ruled_by: ActorId | None = None
    words: str = ""
    plan_id: int | None = None

    @property
    def name(self) -> str:
        """As people write it: 3.2 is the second objection to assessment 3."""
        return f"{self.assessment_id}.{self.number}"


@dataclass(frozen=True, slots=True)
class Proceeding:
    """An assessment on its way from draft to issue.

    contract_id, unit_id: whose; one of the two.
    first_day, end_day:   the month as local days [first, end) of tz.
    open_until_day:       the last local day on which somebody may object.
    draft_id, report_id:  the revisions of its report; report_id is None until it is issued.
    agreed_by:            who agreed, for the other side, that it be issued before the period was over.
    """

    assessment_id: int
    contract_id: int | None
    unit_id: UnitId | None
    first_day: int
    end_day: int
    tz: str
    scheme: str
    scheme_text: str
    scheme_sha256: str
    calendar: str
    open_until_day: int
    drafted_s: int
    drafted_by: ActorId
    draft_id: int
    issued_s: int | None = None
    issued_by: ActorId | None = None
    agreed_by: ActorId | None = None
    report_id: int | None = None
    rulings_sha256: str | None = None

    @property
    def month(self) -> str:
        """2026-10."""
        return f"{date_of(self.first_day):%Y-%m}"

    def is_open(self, now_s: int) -> bool:
        """Whether somebody may still object."""
        return self.report_id is None and local_day(now_s, self.tz) <= self.open_until_day


def admit_objection(
    of: Proceeding, wanted: Span, spans: Sequence[Span], reason: str, had: Sequence[Objection], now_s: int
) -> None:
    """Whether an objection may be made to a stretch. spans: when the point was in the assessment. had: those to the
    same point.

    Conflict: issued, the period is over, or another objection has that time. Invalid: no reason, a stretch that is not
    within the point's time in the month.
    """
    _admit_open(of)
    if not of.is_open(now_s):
        raise Conflict(
            f"objections to assessment {of.assessment_id} could be made until {date_of(of.open_until_day)}: "
            "the period is over"
        )
    if not reason.strip() or len(reason.strip()) > REASON_CHARS_MAX:
        raise Invalid(f"say why, in at most {REASON_CHARS_MAX} characters", field="reason")
    a, b = wanted
    if b <= a:
        raise Invalid("the disputed stretch ends before it begins: correct --from and --to", field="to")
    if not any(begin <= a and b <= end for begin, end in spans):
        raise Invalid(
            f"the disputed stretch is not within the camera's time in {of.month}: name a part of that",
            field="from",
        )
    for one in had:
        begin, end = one.ruled or (one.a, one.b)
        if one.upheld is not False and a < end and begin < b:
            raise Conflict(f"objection {one.name} has that time already: dispute what it leaves")


def admit_ruling(
    of: Proceeding, one: Objection, span: Span, words: str, *, upheld: bool, actor: ActorId
) -> None:
    """Whether somebody may rule so.

    NotAllowed: the objector himself. Conflict: issued, or ruled already. Invalid: no words; wider than the objection.
    """
    _admit_open(of)
    if one.upheld is not None:
        raise Conflict(f"objection {one.name} was ruled already, by {one.ruled_by}")
    if not actor or actor == one.author:
        raise NotAllowed(f"objection {one.name} was made by {one.author}: somebody else must rule on it")
    if not words.strip() or len(words.strip()) > WORDS_CHARS_MAX:
        raise Invalid(f"give the ruling's words, at most {WORDS_CHARS_MAX} characters", field="words")
    if not upheld and span != (one.a, one.b):
        raise Invalid("a stretch is named only for what is upheld", field="from")
    if not one.a <= span[0] < span[1] <= one.b:
        raise Invalid("a ruling may be narrower than the objection, not wider", field="from")


def admit_issue(
    of: Proceeding, found: Sequence[Objection], actor: ActorId, agreed_by: ActorId | None, now_s: int
) -> None:
    """Whether it may be issued. agreed_by: who agrees for the other side that it be before the period is over.

    Conflict: issued already, an objection waits, or the period is not over and nobody agreed. NotAllowed: both sides
    are one person.
    """
    _admit_open(of)
    if waiting := [one.name for one in found if one.upheld is None]:
        raise Conflict(f"{len(waiting)} objections wait for a ruling: {', '.join(waiting[:10])}")
    if agreed_by is not None and agreed_by == actor:
        raise NotAllowed(f"{actor} issues it: somebody of the other side must agree to that before the time")
    if of.is_open(now_s) and agreed_by is None:
        raise Conflict(
            f"objections may be made until {date_of(of.open_until_day)}: wait, or issue it with the other "
            "side's word (--early NAME)"
        )


def reason_of_plan(one: Objection, words: str) -> str:
    """What stands in the report behind the excluded hours."""
    return f"objection {one.name}: {one.reason}; upheld: {words.strip()}"


def seal_of(found: Sequence[Objection]) -> str:
    """SHA-256, in hexadecimal, of all objections with their rulings: canonical JSON, keys sorted."""
    return hashlib.sha256(msgspec.json.encode(list(found), order="sorted")).hexdigest()


def _admit_open(of: Proceeding) -> None:
    if of.report_id is not None:
        raise Conflict(
            f"assessment {of.assessment_id} was issued by {of.issued_by}: nothing is added to it any more"
        )


# -- what stands beside a disputed stretch


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the disputed stretch in which one lane said one thing.

    state:   None where nothing is known.
    reasons: outcomes or kinds of fault that its looks gave, in their order; probers: who looked; remarks: the peer's
             own words.
    """

    lane: Lane
    a: int
    b: int
    state: State | None
    reasons: tuple[str, ...] = ()
    probers: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


class Near(StrEnum):
    """What the neighbours have in common with the camera."""

    SWITCH = "switch"
    SITE = "site"
    SUBNET = "subnet"
    NONE = ""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A neighbour in the disputed stretch: seconds up, down and unknown."""

    point_id: PointId
    name: str
    code: str
    up_s: int
    down_s: int
    unknown_s: int


@dataclass(frozen=True, slots=True)
class Together:
    """How the neighbours were in one stretch in which the camera was down: more up than down, or the reverse."""

    a: int
    b: int
    up: int
    down: int
    unknown: int

    @property
    def says(self) -> str:
        """A camera that is dead alone is dead by itself; where all are, it is what they hang on."""
        if not self.up + self.down:
            return "nothing is known of the neighbours"
        if not self.down:
            return "alone: the neighbours were up"
        return "with all its neighbours" if not self.up else "with some of its neighbours"


@dataclass(frozen=True, slots=True)
class Around:
    """Excluded time or work near the disputed stretch. waits: it is not approved, and excludes nothing."""

    plan_id: int
    kind: str
    a: int
    b: int
    author: str
    reason: str
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Work:
    """A ticket of the camera that was open in the disputed stretch. ended_s: None while it is."""

    ticket_id: int
    cause: str
    what: str
    stage: str
    onset_s: int
    opened_s: int
    ended_s: int | None


@dataclass(frozen=True, slots=True)
class Page:
    """All that is known of a disputed stretch, for whoever rules.

    near:       what the neighbours have in common; thing: its name, such as the switch's.
    neighbours: at most NEIGHBOURS_MAX of them; together counts all of those.
    """

    objection: Objection
    name: str
    code: str
    tz: str
    stretches: tuple[Stretch, ...]
    near: Near
    thing: str
    neighbours: tuple[Neighbour, ...]
    together: tuple[Together, ...]
    around: tuple[Around, ...]
    tickets: tuple[Work, ...]


@dataclass(frozen=True, slots=True)
class Effect:
    """What a ruling does to the sums of its camera and of the whole assessment.

    The whole is the draft with the rulings so far: late data of other cameras come in when it is issued.
    """

    point_before: Sums
    point_after: Sums
    whole_before: Sums
    whole_after: Sums


def less(one: Sums, other: Sums) -> Sums:
    """The one without the other; both add up over disjoint parts."""
    return Sums(*(getattr(one, f.name) - getattr(other, f.name) for f in fields(Sums)))


# -- why a figure changed


class Why(StrEnum):
    """What may change a figure between two revisions. There is nothing else."""

    RULING = "ruling"  # number: of the objection
    PLAN = "plan"  # other excluded time that was entered, approved or revoked since; number: of the plan
    LATE_DATA = "late_data"  # the runs themselves are others: results that came after the draft
    REGISTER = "register"  # the camera's unit, class, device, service life or required fields


class Cause(msgspec.Struct, frozen=True, order=True):
    """One reason. number: 0 where it has none."""

    why: str
    number: int = 0


Causes = Mapping[PointId, Mapping[Metric, tuple[Cause, ...]]]
"""Of each camera, why each of its figures changed."""

REGISTER: Final = Cause(Why.REGISTER)
LATE: Final = Cause(Why.LATE_DATA)
OF_REGISTER: Final = frozenset({"span_s", "excluded_s", "out_of_service_s"})  # no run can change these
FILED: Final = frozenset({"fields_filled", "fields_required"})
FIELDS: Final = {metric: frozenset((*one.numerator, *one.denominator)) for metric, one in DEFINITIONS.items()}
DERIVED: Final = {
    "expected_s": frozenset({"span_s", "excluded_s"}),
}
"""Sums that are made of others: what moves one of those moves them."""


@dataclass(frozen=True, slots=True)
class Explained:
    """A figure that is not what it was, and each reason for it; never none."""

    changed: Changed
    causes: tuple[Cause, ...]


def differing(one: Sums, other: Sums) -> frozenset[str]:
    """The names of the sums that are not equal."""
    return frozenset(f.name for f in fields(Sums) if getattr(one, f.name) != getattr(other, f.name))


def metrics_of(names: frozenset[str]) -> frozenset[Metric]:
    """The figures that are made of any of these sums."""
    wider = names | {derived for derived, made_of in DERIVED.items() if made_of & names}
    return frozenset(metric for metric, own in FIELDS.items() if own & wider)


def by_point(report: Report) -> dict[PointId, tuple[Part, ...]]:
    """The parts of each camera."""
    found: dict[PointId, list[Part]] = defaultdict(list)
    for part in report.parts:
        found[part.point_id].append(part)
    return {point_id: tuple(parts) for point_id, parts in found.items()}


def places(parts: Sequence[Part]) -> tuple[object, ...]:
    """In which groups a camera is counted, and when."""
    return tuple((p.branch, p.klass, p.make, p.model, p.a_s, p.b_s) for p in parts)


def causes_of_point(
    before: Sums,
    as_was: Sums,
    undone: Sums,
    after: Sums,
    without: Mapping[Cause, Sums],
) -> dict[Metric, tuple[Cause, ...]]:
    """Why the figures of one camera changed, one step after the other.

    before, after: its sums in the two revisions.
    as_was:  what the books give now for the parts it had then, with what plans excluded then: the rest is late data,
             or its service life.
    undone:  the same for the parts it has now: the rest is its unit, its lot, its device.
    without: for each plan that came or went, what they would be without that alone.
    """
    why: dict[Metric, set[Cause]] = defaultdict(set)
    rest = differing(before, as_was)
    is_register = (rest & OF_REGISTER) | (rest & FILED) | differing(as_was, undone)
    for metric in metrics_of(is_register):
        why[metric].add(REGISTER)
    for metric in metrics_of(rest - OF_REGISTER - FILED):
        # with another service life other seconds are counted, and which of the two it was cannot be told
        why[metric] |= {REGISTER, LATE} if rest & OF_REGISTER else {LATE}
    by_plans = metrics_of(differing(undone, after))
    for cause, sums in without.items():
        for metric in metrics_of(differing(sums, after)) & by_plans:
            why[metric].add(cause)
    for metric in by_plans:
        if not why[metric]:  # several plans over the same time: none of them alone
            why[metric] |= set(without)
    return {metric: tuple(sorted(causes)) for metric, causes in why.items() if causes}


def explained(
    changes: Sequence[Changed], before: Report, after: Report, causes: Causes
) -> tuple[Explained, ...]:
    """Each figure that reads otherwise, with every reason of the cameras it adds up."""
    old, new = by_point(before), by_point(after)
    groups: dict[tuple[Grouped, str, Metric], set[Cause]] = defaultdict(set)
    models = [{g.key for g in report.by_model} for report in (before, after)]
    for point_id in {*old, *new}:
        own = causes.get(point_id, {})
        reshaped = places(old.get(point_id, ())) != places(new.get(point_id, ()))
        if not own and not reshaped:
            continue
        keys = {
            key
            for parts, known in ((old.get(point_id, ()), models[0]), (new.get(point_id, ()), models[1]))
            for part in parts
            for key in _keys(part, known)
        }
        for metric in Metric:
            found = {*own.get(metric, ()), *((REGISTER,) if reshaped else ())}
            for by, key in keys if found else ():
                groups[by, key, metric] |= found
    return tuple(
        Explained(one, tuple(sorted(groups.get((one.by, _key(one), one.metric)) or {REGISTER})))
        for one in changes
        if _reads_otherwise(one)
    )


def _reads_otherwise(one: Changed) -> bool:
    """Hours and counts are told by their numerator alone: 0 h stay 0 h, of however many that might have been."""
    if one.before is None or one.after is None or DEFINITIONS[one.metric].unit is Unit.SHARE:
        return True
    return one.before.numerator != one.after.numerator


def _key(one: Changed) -> str:
    return "" if one.by is Grouped.WHOLE else one.key


def _keys(part: Part, models: set[str]) -> set[tuple[Grouped, str]]:
    """The groups that a part is added up in; a model with too few cameras is among the few."""
    model = model_key(part)
    return {
        (Grouped.WHOLE, ""),
        (Grouped.UNIT, str(part.branch)),
        (Grouped.CLASS, str(part.klass)),
        (Grouped.MODEL, model if model in models else FEW),
        (Grouped.POINT, str(part.point_id)),
    }


def sums_of_point(parts: Sequence[Part]) -> Sums:
    """A camera's sums over its parts."""
    return added(part.sums for part in parts)


def packed(causes: Causes) -> str:
    """As they are kept: JSON, keys sorted."""
    plain = {
        str(point_id): {m.value: [[c.why, c.number] for c in found] for m, found in own.items()}
        for point_id, own in causes.items()
    }
    return msgspec.json.encode(plain, order="sorted").decode()


def unpacked(text: str) -> Causes:
    """As they were kept."""
    plain = msgspec.json.decode(text, type=dict[str, dict[str, list[tuple[str, int]]]])
    return {
        PointId(int(point_id)): {
            Metric(m): tuple(Cause(why, number) for why, number in found) for m, found in own.items()
        }
        for point_id, own in plain.items()
    }
