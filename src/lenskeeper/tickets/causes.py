"""One cause, one ticket: many troubles of one minute put down to the switch, feeder or recorder they share.

The rule of the house: up to 5 members, all of them; more, at least 4 and at least 30 %, with the same onset. Members
are the points that were well before: one that has been dead for a month neither proves nor disproves that the switch
failed now. Where several things are possible, the cheapest story wins: a story costs for each cause it needs, and for
each member that ought to be down and is not. So a dead switch is not called a dead district, nor the other way round.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Final

from lenskeeper.base.outcomes import Outcome
from lenskeeper.inventory.ids import PointId

ALL_OF: Final = 5  # a group of so many or fewer must fail as a whole
FEWEST: Final = 4
SHARE: Final = Fraction(3, 10)
ONSET_S: Final = (
    180  # "the same onset": three slots, since a sweep and a switch's last gasp are spread over one or two
)
LOOKED_AT_S: Final = (
    1_800  # longer for what only looks for pictures show: channels have theirs one after the other
)
GROUP_COSTS: Final = 3
LONE_COSTS: Final = Fraction(8, 5)  # so that a pole of two is one story as well
STILL_UP_COSTS: Final = Fraction(1, 10)


class CauseKind(StrEnum):
    """What may be broken, from the narrowest to the widest: of two stories at one price, the narrower is told."""

    CAMERA = "camera"
    ACCOUNT = "account"
    RECORDER = "recorder"
    POLE = "pole"
    SWITCH = "switch"
    SITE = "site"
    FEEDER = "feeder"
    UPLINK = "uplink"
    SUBNET = "subnet"  # no topology told: same network, same minute, same outcome


SILENT: Final = frozenset(
    {Outcome.UNREACHABLE, Outcome.TIMED_OUT, Outcome.REFUSED, Outcome.CLOSED, Outcome.GARBLED}
)
NO_STREAM: Final = frozenset(
    {Outcome.NO_VIDEO, Outcome.NO_KEYFRAME, Outcome.NOT_FOUND, Outcome.REJECTED, Outcome.UNDECODABLE}
)
RECORDERS: Final = frozenset({*SILENT, *NO_STREAM, "signal_card", "frozen", "black"})

# What a thing of this kind can make of the cameras behind it.
MAY_SHOW: Final[Mapping[CauseKind, frozenset[str]]] = {
    CauseKind.ACCOUNT: frozenset({Outcome.AUTH_REFUSED}),
    CauseKind.RECORDER: RECORDERS,
    CauseKind.POLE: SILENT,
    CauseKind.SWITCH: SILENT,
    CauseKind.SITE: SILENT,
    CauseKind.FEEDER: SILENT,
    CauseKind.UPLINK: SILENT,
    CauseKind.SUBNET: SILENT,
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """A point that does not serve. what: an Outcome, or a kind of picture fault. onset_s: since when, UTC seconds."""

    point_id: PointId
    what: str
    onset_s: int


@dataclass(frozen=True, slots=True)
class Place:
    """What a point hangs on. things: the names of what it shares, by kind; a kind that is not told is absent."""

    point_id: PointId
    klass: int
    things: Mapping[CauseKind, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cause:
    """A story: this thing failed, and these troubles come of it.

    thing:   its name; of CAMERA, the point's id as text.
    what:    the word of most of its troubles.
    onset_s: of the first of them.
    members: how many points hang on it that were well before.
    """

    kind: CauseKind
    thing: str
    what: str
    onset_s: int
    troubles: tuple[Trouble, ...]
    members: int

    @property
    def points(self) -> frozenset[PointId]:
        """The points it has taken along."""
        return frozenset(each.point_id for each in self.troubles)


@dataclass(frozen=True, slots=True)
class Topology:
    """Who hangs on what."""

    places: Mapping[PointId, Place]
    members: Mapping[tuple[CauseKind, str], frozenset[PointId]]


def topology(places: Iterable[Place]) -> Topology:
    """Read once from the register, used until it changes."""
    by_id: dict[PointId, Place] = {}
    members: dict[tuple[CauseKind, str], set[PointId]] = defaultdict(set)
    for place in places:
        by_id[place.point_id] = place
        for kind, name in place.things.items():
            if name:
                members[kind, name].add(place.point_id)
    return Topology(by_id, {key: frozenset(ids) for key, ids in members.items()})


def causes(
    troubles: Sequence[Trouble], known: Topology, aside: Collection[PointId] = frozenset()
) -> list[Cause]:
    """Each trouble under exactly one cause; groups first, then cameras alone. One point has one trouble at most.

    Of a point with several, the caller hands in the one that explains the others: who is silent has no picture.
    aside: points that say nothing of a group: in trouble for long, under a ticket already, or unknown to us.
    """
    left = {each.point_id: each for each in troubles}
    assert len(left) == len(troubles), "a point has one trouble"
    found: list[Cause] = []
    while (best := _cheapest(left, known, aside)) is not None:
        found.append(best)
        for each in best.troubles:
            del left[each.point_id]
    lone = [
        Cause(CauseKind.CAMERA, str(each.point_id), each.what, each.onset_s, (each,), 1)
        for each in left.values()
    ]
    return found + sorted(lone, key=lambda cause: (cause.onset_s, cause.thing))


def joins(trouble: Trouble, kind: CauseKind, thing: str, onset_s: int, known: Topology) -> bool:
    """Whether a trouble that is seen later belongs to a cause that is known already: it hangs there, and fits it."""
    place = known.places.get(trouble.point_id)
    if place is None or place.things.get(kind) != thing:
        return False
    return trouble.what in MAY_SHOW.get(kind, frozenset()) and trouble.onset_s >= onset_s - ONSET_S


def _cheapest(left: Mapping[PointId, Trouble], known: Topology, aside: Collection[PointId]) -> Cause | None:
    """The group that explains its troubles at the lowest price for each; None: every camera for itself."""
    groups: dict[tuple[CauseKind, str], list[Trouble]] = defaultdict(list)
    for each in left.values():
        place = known.places.get(each.point_id)
        for kind, name in place.things.items() if place else ():
            if name and each.what in MAY_SHOW[kind]:
                groups[kind, name].append(each)
    best: tuple[Fraction, int, str] | None = None
    story: Cause | None = None
    for (kind, name), mine in groups.items():
        for together in _by_onset(kind, mine):
            cause = _cause(kind, name, together, _others(left, known, aside, kind, name, together))
            if cause is None:
                continue
            price = _price(cause)
            if price >= LONE_COSTS:
                continue
            rank = price, list(CauseKind).index(kind), name
            if best is None or rank < best:
                best, story = rank, cause
    return story


def _by_onset(kind: CauseKind, mine: list[Trouble]) -> list[list[Trouble]]:
    """Troubles that began together. Of an account all do: cameras are asked at different minutes."""
    mine = sorted(mine, key=lambda each: (each.onset_s, each.point_id))
    if kind is CauseKind.ACCOUNT:
        return [mine]
    out: list[list[Trouble]] = []
    for each in mine:
        if out and each.onset_s - out[-1][0].onset_s <= _spread_s(each):
            out[-1].append(each)
        else:
            out.append([each])
    return out


def _spread_s(trouble: Trouble) -> int:
    """How much later than the first of its group it may be seen."""
    return ONSET_S if trouble.what in SILENT else ONSET_S + LOOKED_AT_S


def _others(
    left: Mapping[PointId, Trouble],
    known: Topology,
    aside: Collection[PointId],
    kind: CauseKind,
    name: str,
    together: Sequence[Trouble],
) -> int:
    """How many that hang there were well then, and still were a little later."""
    mine = {each.point_id for each in together}
    until_s = together[0].onset_s + max(_spread_s(each) for each in together)
    return sum(
        p not in mine and p not in aside and (p not in left or left[p].onset_s > until_s)
        for p in known.members[kind, name]
    )


def _cause(kind: CauseKind, name: str, together: Sequence[Trouble], others: int) -> Cause | None:
    most = _most(together)
    if kind is CauseKind.SUBNET:
        others, together = others + len(together) - len(most), most
    members = len(together) + others
    if not _is_group(len(together), members):
        return None
    return Cause(kind, name, most[0].what, together[0].onset_s, tuple(together), members)


def _is_group(failed: int, members: int) -> bool:
    if members <= ALL_OF:
        return failed == members and failed > 1
    return failed >= FEWEST and failed >= SHARE * members


def _price(cause: Cause) -> Fraction:
    """Of the story, for each trouble that it explains."""
    failed = len(cause.troubles)
    return (GROUP_COSTS + STILL_UP_COSTS * (cause.members - failed)) / Fraction(failed)


def _most(troubles: Sequence[Trouble]) -> list[Trouble]:
    """Those that show what most of them show."""
    by_what: dict[str, list[Trouble]] = defaultdict(list)
    for each in troubles:
        by_what[each.what].append(each)
    return max(by_what.values(), key=len)
