"""What to do about what was found: which causes become tickets now, which are joined, which are over.

Plain: the troubles of this moment, the tickets that live, and the clock go in; a list of things to do comes out. A
self-recovery never closes a ticket while somebody is on site, and nobody is called for a reboot.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final, NewType

from lenskeeper.inventory.ids import PointId
from lenskeeper.tickets.causes import MAY_SHOW, SHARE, Cause, CauseKind, Topology, Trouble, causes, joins
from lenskeeper.tickets.states import Stage, Step

TicketId = NewType("TicketId", int)

PATIENCE_S: Final[Mapping[int, int]] = {1: 600, 2: 1_800, 3: 3_600}  # by class; a reboot takes 2 to 5 minutes
SETTLE_S: Final = 600  # so long a camera must be well before anybody believes it
DISAGREE_S: Final = (
    1_800  # after "done", so long may looks still find it faulty: a switch boots, a round comes by
)
REGRESS_S: Final = 24 * 3_600  # it fails again so soon: the same work, not a new one


@dataclass(frozen=True, slots=True)
class Child:
    """A camera under a ticket. well_s: since when it is well; None: it is not, or nothing is known."""

    point_id: PointId
    what: str
    well_s: int | None


@dataclass(frozen=True, slots=True)
class Live:
    """A ticket as the desk must know it: not ended, or ended less than REGRESS_S ago, or cancelled and still faulty."""

    ticket_id: TicketId
    kind: CauseKind
    thing: str
    onset_s: int
    stage: Stage
    finished_s: int | None
    ended_s: int | None
    children: tuple[Child, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known at one moment.

    troubles: one for each point that does not serve.
    well:     points that serve, with the second since when.
    aside:    points of which nothing is known, or whose trouble may open no ticket: they prove nothing of a group.
    """

    troubles: Sequence[Trouble]
    well: Mapping[PointId, int]
    aside: Collection[PointId] = frozenset()


@dataclass(frozen=True, slots=True)
class Open:
    """A new ticket."""

    cause: Cause


@dataclass(frozen=True, slots=True)
class Join:
    """A trouble more under a ticket that is there. is_again: its child, which had been well, is ill again."""

    ticket_id: TicketId
    trouble: Trouble
    is_again: bool = False


@dataclass(frozen=True, slots=True)
class Well:
    """A child works again, since at_s."""

    ticket_id: TicketId
    point_id: PointId
    at_s: int


@dataclass(frozen=True, slots=True)
class Leave:
    """The cause is gone and this child is still faulty: it leaves, and gets a ticket of its own."""

    ticket_id: TicketId
    point_id: PointId


@dataclass(frozen=True, slots=True)
class Turn:
    """A step that the looks take."""

    ticket_id: TicketId
    step: Step
    troubles: tuple[Trouble, ...] = field(default=())  # of FAIL after the end: what is faulty again


Act = Open | Join | Well | Leave | Turn


def work(seen: Seen, live: Sequence[Live], known: Topology, now_s: int) -> list[Act]:
    """Everything that is to be done now, in order."""
    by_point = {trouble.point_id: trouble for trouble in seen.troubles}
    acts: list[Act] = []
    taken: set[PointId] = set()
    for ticket in live:
        if ticket.stage is Stage.CANCELLED:
            acts += _let_be(ticket, by_point, seen.well, taken)
        elif ticket.ended_s is None:
            acts += _tend(ticket, by_point, seen.well, taken, now_s)
    free = {p: t for p, t in by_point.items() if p not in taken and p not in seen.aside}
    acts += _again(live, free, now_s)
    acts += _joined(live, free, known)
    for cause in causes(list(free.values()), known, taken.union(seen.aside)):
        if _is_time(cause, known, now_s):
            acts.append(Open(cause))
    return acts


def patience_s(cause: Cause, known: Topology) -> int:
    """How long to wait from its onset: that of the worst class among its points."""
    return PATIENCE_S[min((known.places[p].klass for p in cause.points if p in known.places), default=3)]


def _is_time(cause: Cause, known: Topology, now_s: int) -> bool:
    return now_s - cause.onset_s >= patience_s(cause, known)


def _is_its(kind: CauseKind, trouble: Trouble | None) -> bool:
    """Whether a trouble can be the work of this kind of thing; a camera's own ticket takes all that it shows."""
    return trouble is not None and (kind is CauseKind.CAMERA or trouble.what in MAY_SHOW[kind])


def _tend(
    ticket: Live,
    troubles: Mapping[PointId, Trouble],
    well: Mapping[PointId, int],
    taken: set[PointId],
    now_s: int,
) -> list[Act]:
    """The children of a live ticket, one by one, and what follows for it."""
    acts: list[Act] = []
    well_since: dict[PointId, int] = {}
    ill: list[PointId] = []
    for child in ticket.children:
        p, trouble = child.point_id, troubles.get(child.point_id)
        if _is_its(ticket.kind, trouble):
            assert trouble is not None
            ill.append(p)
            taken.add(p)
            if child.well_s is not None:
                acts.append(Join(ticket.ticket_id, trouble, is_again=True))
            continue
        since_s = child.well_s if child.well_s is not None else well.get(p)
        if since_s is None and trouble is not None:
            since_s = trouble.onset_s  # it answers, and something else is wrong with it
        if since_s is None:
            ill.append(p)  # nothing is known: not well yet
            taken.add(p)
            continue
        well_since[p] = since_s
        if child.well_s is None:
            acts.append(Well(ticket.ticket_id, p, since_s))
    return acts + _turned(ticket, well_since, ill, taken, now_s)


def _let_be(
    ticket: Live, troubles: Mapping[PointId, Trouble], well: Mapping[PointId, int], taken: set[PointId]
) -> list[Act]:
    """No work, somebody said: what is still faulty opens no other ticket until it has been well."""
    ill = {c.point_id for c in ticket.children if c.well_s is None}
    taken.update(p for p in ill if _is_its(ticket.kind, troubles.get(p)))
    return [Well(ticket.ticket_id, p, well[p]) for p in sorted(ill) if p in well and p not in troubles]


def _turned(
    ticket: Live, well_since: Mapping[PointId, int], ill: Sequence[PointId], taken: set[PointId], now_s: int
) -> list[Act]:
    settled = [p for p, since_s in well_since.items() if now_s - since_s >= SETTLE_S]
    of_all = len(well_since) + len(ill)
    if of_all and len(settled) == of_all:
        return _over(ticket)
    if ticket.stage is Stage.ON_SITE:
        return []
    is_gone = ticket.kind is not CauseKind.CAMERA and len(settled) > Fraction(of_all) * (1 - SHARE)
    if is_gone and len(settled) + len(ill) == of_all:
        over = _over(ticket)
        if over:
            taken.difference_update(ill)
            return [*(Leave(ticket.ticket_id, p) for p in ill), *over]
    if ticket.stage is Stage.DONE and ill and now_s - (ticket.finished_s or now_s) >= DISAGREE_S:
        return [Turn(ticket.ticket_id, Step.FAIL)]
    return []


def _over(ticket: Live) -> list[Act]:
    """What is well is verified, or came back by itself; not while somebody is on site."""
    if ticket.stage is Stage.ON_SITE:
        return []
    return [Turn(ticket.ticket_id, Step.VERIFY if ticket.stage is Stage.DONE else Step.RECOVER)]


def _again(live: Sequence[Live], free: dict[PointId, Trouble], now_s: int) -> list[Act]:
    """What fails again soon after its ticket ended is the same work. Of a group: when most of it does."""
    acts: list[Act] = []
    for ticket in live:
        if ticket.stage is not Stage.VERIFIED or now_s - (ticket.ended_s or 0) > REGRESS_S:
            continue
        back = [
            free[child.point_id]
            for child in ticket.children
            if child.point_id in free and _is_its(ticket.kind, free[child.point_id])
        ]
        if not back or len(back) < Fraction(len(ticket.children)) * SHARE:
            continue
        if ticket.kind is not CauseKind.CAMERA and len(back) == 1:
            continue
        if now_s - min(each.onset_s for each in back) < PATIENCE_S[1]:
            for each in back:
                del free[each.point_id]  # a reboot is no relapse; wait
            continue
        for each in back:
            del free[each.point_id]
        acts.append(Turn(ticket.ticket_id, Step.FAIL, tuple(back)))
    return acts


def _joined(live: Sequence[Live], free: dict[PointId, Trouble], known: Topology) -> list[Act]:
    """Stragglers of a group that has its ticket."""
    acts: list[Act] = []
    for ticket in live:
        if ticket.ended_s is not None or ticket.kind is CauseKind.CAMERA or ticket.stage is Stage.DONE:
            continue
        mine = [p for p in free if joins(free[p], ticket.kind, ticket.thing, ticket.onset_s, known)]
        acts += [Join(ticket.ticket_id, free.pop(p)) for p in mine]
    return acts


def escalation_of(
    *, opened_s: int, respond_by_s: int, restore_by_s: int, responded_s: int | None, now_s: int
) -> int:
    """How far up a ticket that is not restored must be told: 0 nobody, 1 the desk's head (nobody answered in time),
    2 the owner (not restored in time), 3 the top (as much time again has gone by)."""
    if now_s > restore_by_s + (restore_by_s - opened_s):
        return 3
    if now_s > restore_by_s:
        return 2
    return 1 if responded_s is None and now_s > respond_by_s else 0
