"""A crew's day: which work, at which stops, in which order, with what to load.

The most urgent work comes first, then what lies near it; cleanings come along where they lie on the way. Nothing is
lost: each job that was handed in is at a stop, or is left out with the reason. Plain: no clock, no chance; the same
jobs give the same day.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import pairwise
from math import floor
from typing import Final

from lenskeeper.base.outcomes import Outcome
from lenskeeper.diagnosis.kinds import Kind
from lenskeeper.inventory.geodesy import Pair, distance_m
from lenskeeper.inventory.ids import PointId
from lenskeeper.tickets.causes import SILENT, CauseKind
from lenskeeper.tickets.desk import TicketId

STOPS_MIN: Final = 12
STOPS_MAX: Final = 18
WORK_MINUTES: Final = 480
CLEANING_DAYS: Final = 30  # a cleaning that is due later than this can wait for another crew
DETOUR_M_MAX: Final = 1_500.0  # what "on the way" means
SAME_PLACE_M: Final = 20.0  # two poles so near are one halt of the bucket
SAME_SPOT_M_MAX: Final = (
    250.0  # a pole's or a site's name holds no further: names are given twice, and sites are parks
)
STRIP_DEG: Final = 0.0025  # 278 m of latitude, which is more than SAME_SPOT_M_MAX
METRES_A_MINUTE: Final = 300.0  # 25 km/h along streets that are 1.4 times the straight line
EXACT_MAX: Final = (
    12  # stops that are ordered exactly: 2^12 sets of stops are a tenth of a second, 2^18 a minute
)


class Permit(StrEnum):
    """What the work at a place needs, and what a crew has for a day. UNTOLD: the register does not say."""

    UNTOLD = ""
    NONE = "none"
    LANE = "lane"
    POSSESSION = "possession"


class Reason(StrEnum):
    """Why a job is not in the day."""

    ELSEWHERE = "elsewhere"  # another district or street than was asked for
    NO_PLACE = "no place"  # the register has no coordinates of it
    HEIGHT = "height"  # beyond the bucket
    PERMIT = "permit"
    NIGHT = "night"  # it may be worked on at night only
    PLANNED = "planned"  # it is in another plan that is still open
    PAUSED = "paused"  # its clocks stand: no permit, no power by a third party
    FROZEN = "frozen"  # a guarantee period forbids planned work there
    LATER = "later"  # a cleaning that is not due within CLEANING_DAYS
    OFF_THE_WAY = "off the way"
    TIME = "time"  # the working time is used up
    FULL = "full"  # the stops are


class PartKind(StrEnum):
    """What a crew loads."""

    CAMERA = "camera"
    POWER_SUPPLY = "power_supply"
    BREAKER = "breaker"
    SWITCH = "switch"
    SFP = "sfp"
    CABLE = "cable"
    DISK = "disk"
    BRACKET = "bracket"
    PRUNER = "pruner"
    CLEANING_KIT = "cleaning_kit"


TOOLS: Final = frozenset({PartKind.CLEANING_KIT, PartKind.PRUNER})  # loaded once, whatever uses them


@dataclass(frozen=True, slots=True)
class Part:
    """One thing to load. model: make and model, where it must fit one."""

    kind: PartKind
    model: str = ""

    @property
    def rank(self) -> tuple[int, str]:
        """Its place in a list: as PartKind has them, tools last."""
        return list(PartKind).index(self.kind), self.model


@dataclass(frozen=True, slots=True)
class CleaningKey:
    """A row of the cleaning list."""

    point_id: PointId
    kind: str
    since_s: int


@dataclass(frozen=True, slots=True)
class Job:
    """One ticket, or one cleaning, at the point where it is worked on.

    of:       what it is. cause: a word of CauseKind; of a cleaning empty. what: the outcome or kind of fault it showed.
    lon, lat: degrees, WGS-84, both or neither.
    due_s:    when its clock ends, UTC seconds; of a cleaning the end of its last day.
    minutes:  of work at the place. height_m: None where the register does not say.
    district: the code of its division. street: its address. spot: its pole, or else its site, or empty.
    """

    of: TicketId | CleaningKey
    point_id: PointId
    name: str
    lon: float | None
    lat: float | None
    klass: int
    due_s: int
    minutes: int
    what: str = ""
    cause: str = ""
    height_m: float | None = None
    permit: Permit = Permit.UNTOLD
    night_only: bool = False
    district: str = ""
    street: str = ""
    spot: str = ""
    parts: tuple[Part, ...] = ()

    @property
    def key(self) -> tuple[int, int, str, int]:
        """The order of jobs that are alike in all else: tickets first."""
        match self.of:
            case CleaningKey(point_id, kind, since_s):
                return 1, point_id, kind, since_s
            case ticket_id:
                return 0, ticket_id, "", 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a crew can do on its day.

    day_end_s:    when it ends, UTC seconds: clocks that end before it are the urgent ones.
    start:        where it sets out, longitude and latitude in degrees; None: at its first stop.
    height_m_max: how far its bucket reaches; None: as far as any camera hangs.
    permit:       what it holds that day. night: it works at night.
    district:     the beginning of a division's code; street: a word of an address. Empty: any.
    """

    day_end_s: int
    stops_min: int = STOPS_MIN
    stops_max: int = STOPS_MAX
    minutes: int = WORK_MINUTES
    start: Pair | None = None
    height_m_max: float | None = None
    permit: Permit = Permit.NONE
    night: bool = False
    district: str = ""
    street: str = ""
    cleaning_days: int = CLEANING_DAYS
    detour_m_max: float = DETOUR_M_MAX
    metres_a_minute: float = METRES_A_MINUTE


@dataclass(frozen=True, slots=True)
class Stop:
    """One halt: the jobs at one pole or site, the most urgent first. leg_m: along the sphere, from the stop before."""

    jobs: tuple[Job, ...]
    lon: float
    lat: float
    leg_m: float = 0.0

    @property
    def place(self) -> Pair:
        """Longitude and latitude."""
        return self.lon, self.lat

    @property
    def minutes(self) -> int:
        """Of work."""
        return sum(job.minutes for job in self.jobs)

    @property
    def height_m(self) -> float | None:
        """The highest of its cameras, of those that are known."""
        return max((job.height_m for job in self.jobs if job.height_m is not None), default=None)

    @property
    def permit(self) -> Permit:
        """What is needed for all of its jobs."""
        needed = {job.permit for job in self.jobs}
        return next(
            each for each in (Permit.POSSESSION, Permit.LANE, Permit.UNTOLD, Permit.NONE) if each in needed
        )

    @property
    def night_only(self) -> bool:
        """Whether any of it may be done at night only."""
        return any(job.night_only for job in self.jobs)

    @property
    def parts(self) -> tuple[tuple[Part, int], ...]:
        """What is needed here, each with how many."""
        return loaded(self.jobs)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A job that is not in the day."""

    job: Job
    reason: Reason


@dataclass(frozen=True, slots=True)
class DayPlan:
    """A day. minutes: of work and of driving. length_m: along the sphere, from the start to the last stop."""

    stops: tuple[Stop, ...]
    left_out: tuple[LeftOut, ...]
    parts: tuple[tuple[Part, int], ...]
    length_m: float
    minutes: int


# ---- what a job takes


_PICTURE_PARTS: Final[Mapping[str, PartKind]] = {
    Kind.OCCLUDED: PartKind.PRUNER,
    Kind.LENS_DIRTY: PartKind.CLEANING_KIT,
    Kind.MOVED: PartKind.BRACKET,
    Kind.SHAKING: PartKind.BRACKET,
}
_THING_PARTS: Final[Mapping[str, tuple[PartKind, ...]]] = {
    CauseKind.RECORDER: (PartKind.DISK, PartKind.POWER_SUPPLY),
    CauseKind.POLE: (PartKind.POWER_SUPPLY, PartKind.BREAKER, PartKind.CABLE),
    CauseKind.SWITCH: (PartKind.SWITCH, PartKind.POWER_SUPPLY, PartKind.SFP, PartKind.CABLE),
    CauseKind.SITE: (PartKind.POWER_SUPPLY, PartKind.BREAKER, PartKind.SFP),
    CauseKind.FEEDER: (PartKind.BREAKER, PartKind.POWER_SUPPLY),
    CauseKind.UPLINK: (PartKind.SFP, PartKind.CABLE),
    CauseKind.SUBNET: (PartKind.SFP, PartKind.CABLE),
    CauseKind.ACCOUNT: (),
}
# A keyboard mends these: nothing is carried up a pole.
_NO_PART: Final = frozenset(
    {Outcome.AUTH_REFUSED, Outcome.HELD_BACK, Outcome.TLS_REFUSED, Outcome.NOT_FOUND, Outcome.REDIRECTED}
)
_MINUTES: Final[Mapping[str, int]] = {
    CauseKind.CAMERA: 30,
    CauseKind.ACCOUNT: 15,
    CauseKind.RECORDER: 45,
    CauseKind.POLE: 40,
    CauseKind.SWITCH: 45,
    CauseKind.SITE: 45,
    CauseKind.FEEDER: 45,
    CauseKind.UPLINK: 45,
    CauseKind.SUBNET: 45,
}
CLEANING_MINUTES: Final = 15


def parts_for(cause: str, what: str, model: str = "") -> tuple[Part, ...]:
    """What mends it, most likely. cause: a word of CauseKind, or empty for a cleaning. model: of the camera."""
    if not cause:
        return (Part(PartKind.CLEANING_KIT),)
    if cause != CauseKind.CAMERA:
        return tuple(Part(kind) for kind in _THING_PARTS[cause])
    if what in _NO_PART:
        return ()
    if what in _PICTURE_PARTS:
        return (Part(_PICTURE_PARTS[what]),)
    camera = Part(PartKind.CAMERA, model)
    return (camera, Part(PartKind.POWER_SUPPLY), Part(PartKind.CABLE)) if what in SILENT else (camera,)


def minutes_for(cause: str) -> int:
    """How long it takes at the place, as crews reckon."""
    return _MINUTES[cause] if cause else CLEANING_MINUTES


def loaded(jobs: Iterable[Job]) -> tuple[tuple[Part, int], ...]:
    """The parts of some jobs, each with how many; a tool once."""
    counts = Counter(part for job in jobs for part in job.parts)
    return tuple(
        (part, 1 if part.kind in TOOLS else n)
        for part, n in sorted(counts.items(), key=lambda each: each[0].rank)
    )


# ---- the day


def plan(
    jobs: Sequence[Job],
    cleanings: Sequence[Job],
    limits: Limits,
    *,
    aside: Mapping[TicketId | CleaningKey, Reason] | None = None,
) -> DayPlan:
    """The day of a crew.

    aside: jobs that may not be in it, with the reason: in another plan, frozen.
    """
    aside = aside or {}
    day = _Day(limits)
    tickets = day.admitted(jobs, aside)
    spots = _spots(sorted(tickets, key=lambda job: _urgency(job, limits)), day.left)
    for spot in spots:
        if _is_urgent(spot[0], limits):
            day.take(spot)
    day.fill([spot for spot in spots if not _is_urgent(spot[0], limits)])
    horizon_s = limits.day_end_s + limits.cleaning_days * 86_400
    soon: list[Job] = []
    for job in day.admitted(cleanings, aside):
        if job.due_s <= horizon_s:
            soon.append(job)
        else:
            day.left.append(LeftOut(job, Reason.LATER))
    day.clean(_spots(sorted(soon, key=lambda job: (job.due_s, job.key)), day.left, day.stops))
    return day.done()


def _urgency(job: Job, limits: Limits) -> tuple[bool, bool, int, int, int, tuple[int, int, str, int]]:
    """Clocks that end by the end of the day first, of these the worst class; then clock by clock.

    By night what can be done at no other time comes before both.
    """
    late = job.due_s <= limits.day_end_s
    by_day = not (limits.night and job.night_only)
    return by_day, not late, job.klass if late else 0, job.due_s, job.klass, job.key


def _is_urgent(job: Job, limits: Limits) -> bool:
    """Whether it is taken however far away it is."""
    return job.due_s <= limits.day_end_s or (limits.night and job.night_only)


def _why_not(job: Job, limits: Limits) -> Reason | None:
    if not job.district.startswith(limits.district) or limits.street.lower() not in job.street.lower():
        return Reason.ELSEWHERE
    if job.night_only and not limits.night:
        return Reason.NIGHT
    if job.permit not in (Permit.UNTOLD, Permit.NONE, limits.permit):
        return Reason.PERMIT
    if limits.height_m_max is not None and job.height_m is not None and job.height_m > limits.height_m_max:
        return Reason.HEIGHT
    return None


_Spot = tuple[Job, ...]


def _spots(jobs: Sequence[Job], left: list[LeftOut], stops: Sequence[Stop] = ()) -> list[_Spot]:
    """Jobs that are one halt, together, in the order of the first of each.

    stops: halts that are there already; what is at one of them stands alone, to be joined to it.
    A job without coordinates is left out, unless its pole or site has some, and one place only.
    """
    known = _places_of_spots([job for stop in stops for job in stop.jobs] + list(jobs))
    spots: list[list[Job]] = []
    strips: dict[int, list[int]] = {}  # by latitude: of thousands of cleanings few lie within a halt's reach
    for job in jobs:
        if job.lon is None and job.spot not in known:
            left.append(LeftOut(job, Reason.NO_PLACE))
            continue
        placed = job if job.lon is not None else _placed(job, known[job.spot])
        strip = floor(_at(placed)[1] / STRIP_DEG)
        near = sorted(n for each in (strip - 1, strip, strip + 1) for n in strips.get(each, ()))
        mine = next((n for n in near if _is_one_halt(spots[n][0], placed)), None)
        if mine is None:
            strips.setdefault(strip, []).append(len(spots))
            spots.append([placed])
        else:
            spots[mine].append(placed)
    return [tuple(spot) for spot in spots]


def _places_of_spots(jobs: Iterable[Job]) -> dict[str, Pair]:
    """Where each pole or site is, by those of its jobs that have coordinates; without names that two places bear."""
    known: dict[str, Pair] = {}
    twice: set[str] = set()
    for job in jobs:
        if job.spot and job.lon is not None:
            place = known.setdefault(job.spot, _at(job))
            if distance_m(place, _at(job)) > SAME_SPOT_M_MAX:
                twice.add(job.spot)
    return {spot: place for spot, place in known.items() if spot not in twice}


def _placed(job: Job, place: Pair) -> Job:
    return replace(job, lon=place[0], lat=place[1])


def _at(job: Job) -> Pair:
    assert job.lon is not None
    assert job.lat is not None
    return job.lon, job.lat


def _is_one_halt(one: Job, other: Job) -> bool:
    if one.point_id == other.point_id:
        return True
    away_m = distance_m(_at(one), _at(other))
    return away_m <= (SAME_SPOT_M_MAX if one.spot and one.spot == other.spot else SAME_PLACE_M)


@dataclass(slots=True)
class _Day:
    """A day that is being filled. stops: in the order of a tour that is short already."""

    limits: Limits
    stops: list[Stop] = field(default_factory=list)
    left: list[LeftOut] = field(default_factory=list)
    work: int = 0
    length_m: float = 0.0

    def admitted(self, jobs: Sequence[Job], aside: Mapping[TicketId | CleaningKey, Reason]) -> list[Job]:
        """Those that the crew may and can do."""
        out: list[Job] = []
        for job in jobs:
            reason = aside.get(job.of) or _why_not(job, self.limits)
            if reason is None:
                out.append(job)
            else:
                self.left.append(LeftOut(job, reason))
        return out

    def detour(self, place: Pair) -> tuple[float, int]:
        """The fewest metres that a halt there adds to the tour, and where in it."""
        places = [stop.place for stop in self.stops]
        start = self.limits.start
        best = (distance_m(places[-1], place), len(places)) if places else (0.0, 0)
        if not places:
            return (distance_m(start, place) if start else 0.0), 0
        to = [distance_m(each, place) for each in places]
        first = to[0] if start is None else distance_m(start, place) + to[0] - self.stops[0].leg_m
        best = min(best, (first, 0))
        for n in range(1, len(places)):
            best = min(best, (to[n - 1] + to[n] - self.stops[n].leg_m, n))
        return best

    def has_time(self, minutes: int, more_m: float) -> bool:
        """Whether so much work and driving more still fits."""
        drive = (self.length_m + more_m) / self.limits.metres_a_minute
        return self.work + minutes + drive <= self.limits.minutes

    def take(self, spot: _Spot) -> Reason | None:
        """Make a stop of it; where it does not fit, leave it out and say why. Work that is too long loses its last."""
        if len(self.stops) >= self.limits.stops_max:
            return self.leave(spot, Reason.FULL)
        more_m, at = self.detour(_at(spot[0]))
        fitting: list[Job] = []
        for job in spot:
            if self.has_time(sum(each.minutes for each in fitting) + job.minutes, more_m):
                fitting.append(job)
            else:
                self.left.append(LeftOut(job, Reason.TIME))
        if not fitting:
            return Reason.TIME
        self.work += sum(job.minutes for job in fitting)
        self._set([*self.stops[:at], Stop(tuple(fitting), *_at(spot[0])), *self.stops[at:]])
        return None

    def leave(self, spot: _Spot, reason: Reason) -> Reason:
        """Leave it out."""
        self.left.extend(LeftOut(job, reason) for job in spot)
        return reason

    def fill(self, spots: list[_Spot]) -> None:
        """Up to stops_min with whatever lies nearest to the tour; from there to stops_max with what is on the way."""
        if spots and not self.stops:
            self.take(spots.pop(0))  # the most urgent, though it can wait: the rest gathers around it
        self._gather(spots, self._why_no_more)

    def _why_no_more(self, detour_m: float) -> Reason | None:
        if len(self.stops) >= self.limits.stops_max:
            return Reason.FULL
        is_far = len(self.stops) >= self.limits.stops_min and detour_m > self.limits.detour_m_max
        return Reason.OFF_THE_WAY if is_far else None

    def _gather(self, spots: Sequence[_Spot], why_no_more: Callable[[float], Reason | None]) -> None:
        """The nearest to the tour first, until there is a reason for no more. Detours change only with the tour."""
        left = list(enumerate(spots))
        while left:
            before = len(self.stops)
            tried: set[int] = set()
            ranked = sorted((round(self.detour(_at(spot[0]))[0]), n) for n, spot in left)
            for metres, n in ranked:
                if (reason := why_no_more(metres)) is not None:
                    for _, rest in (each for each in left if each[0] not in tried):
                        self.leave(rest, reason)
                    return
                tried.add(n)
                self.take(spots[n])
                if len(self.stops) != before:
                    break
            left = [each for each in left if each[0] not in tried]

    def clean(self, spots: list[_Spot]) -> None:
        """Cleanings at a stop that is there, then those that lie on the way, the nearest first."""
        away: list[_Spot] = []
        for spot in spots:
            n = next((n for n, stop in enumerate(self.stops) if self._is_at(stop, spot)), None)
            if n is None:
                away.append(spot)
            else:
                self._add(n, spot)
        self._gather(away, self._why_no_cleaning)

    def _why_no_cleaning(self, detour_m: float) -> Reason | None:
        is_on_way = bool(self.stops) and detour_m <= self.limits.detour_m_max
        return None if is_on_way else Reason.OFF_THE_WAY

    def _is_at(self, stop: Stop, spot: _Spot) -> bool:
        return any(_is_one_halt(job, spot[0]) for job in stop.jobs)

    def _add(self, n: int, spot: _Spot) -> None:
        stop = self.stops[n]
        for job in spot:
            if self.has_time(job.minutes, 0):
                self.work += job.minutes
                stop = Stop((*stop.jobs, job), stop.lon, stop.lat, stop.leg_m)
            else:
                self.left.append(LeftOut(job, Reason.TIME))
        self.stops[n] = stop

    def _set(self, stops: Sequence[Stop]) -> None:
        """The tour in this order, its legs measured."""
        places = [stop.place for stop in stops]
        legs = _legs(places, self.limits.start)
        self.stops = [Stop(s.jobs, s.lon, s.lat, leg) for s, leg in zip(stops, legs, strict=True)]
        self.length_m = sum(legs)

    def done(self) -> DayPlan:
        """The whole, in its best order."""
        order = best_order([stop.place for stop in self.stops], self.limits.start)
        self._set([self.stops[n] for n in order])
        minutes = self.work + round(self.length_m / self.limits.metres_a_minute)
        parts = loaded(job for stop in self.stops for job in stop.jobs)
        left = tuple(sorted(self.left, key=lambda each: each.job.key))
        return DayPlan(tuple(self.stops), left, parts, self.length_m, minutes)


# ---- the order


def _legs(places: Sequence[Pair], start: Pair | None) -> list[float]:
    if not places:
        return []
    first = distance_m(start, places[0]) if start else 0.0
    return [first, *(distance_m(a, b) for a, b in pairwise(places))]


def best_order(places: Sequence[Pair], start: Pair | None) -> list[int]:
    """A short way through all of them; it ends at the last and need not come back.

    The shortest for EXACT_MAX places or fewer (Held and Karp, 1962); for more, never longer than the order they came
    in, nor than going to the nearest each time. Without a start it sets out at whichever place is best.
    """
    n = len(places)
    if n < 2:
        return list(range(n))
    table = [[distance_m(a, b) for b in places] for a in places]
    first = [distance_m(start, each) if start else 0.0 for each in places]
    if n <= EXACT_MAX:
        return _shortest(table, first)
    tours = [list(range(n)), nearest_neighbour(table, first)]
    return min((_improved(tour, table, first) for tour in tours), key=lambda t: _tour_m(t, table, first))


def nearest_neighbour(table: Sequence[Sequence[float]], first: Sequence[float]) -> list[int]:
    """Always to the nearest that is left. first: from the start to each."""
    tour = [min(range(len(first)), key=lambda n: (first[n], n))]
    left = set(range(len(first))) - set(tour)
    while left:
        here = table[tour[-1]]
        tour.append(min(left, key=lambda n: (here[n], n)))
        left.remove(tour[-1])
    return tour


def _tour_m(tour: Sequence[int], table: Sequence[Sequence[float]], first: Sequence[float]) -> float:
    return first[tour[0]] + sum(table[a][b] for a, b in pairwise(tour))


def _shortest(table: Sequence[Sequence[float]], first: Sequence[float]) -> list[int]:
    """Over sets of places that were visited, by the place visited last."""
    n = len(first)
    best = [[float("inf")] * n for _ in range(1 << n)]
    came = [[-1] * n for _ in range(1 << n)]
    for j in range(n):
        best[1 << j][j] = first[j]
    for visited in range(1, 1 << n):
        row = best[visited]
        for j in range(n):
            if not visited >> j & 1 or row[j] == float("inf"):
                continue
            for k in range(n):
                if visited >> k & 1:
                    continue
                to, metres = visited | 1 << k, row[j] + table[j][k]
                if metres < best[to][k]:
                    best[to][k], came[to][k] = metres, j
    visited = (1 << n) - 1
    last = min(range(n), key=lambda j: (best[visited][j], j))
    tour: list[int] = []
    while last >= 0:
        tour.append(last)
        visited, last = visited & ~(1 << last), came[visited][last]
    return tour[::-1]


def _improved(tour: list[int], table: Sequence[Sequence[float]], first: Sequence[float]) -> list[int]:
    """A piece turned round (2-opt) or put elsewhere (or-opt, Or 1976), as long as that makes it shorter."""
    length_m = _tour_m(tour, table, first)
    while True:
        better = min(_neighbours(tour), key=lambda t: _tour_m(t, table, first))
        better_m = _tour_m(better, table, first)
        if better_m >= length_m - 1e-6:
            return tour
        tour, length_m = better, better_m


def _neighbours(tour: list[int]) -> Iterable[list[int]]:
    n = len(tour)
    for a in range(n):
        for b in range(a + 2, n + 1):
            yield [*tour[:a], *reversed(tour[a:b]), *tour[b:]]
    for size in (1, 2, 3):
        for a in range(n - size + 1):
            piece, rest = tour[a : a + size], tour[:a] + tour[a + size :]
            for b in range(len(rest) + 1):
                if b != a:
                    yield [*rest[:b], *piece, *rest[b:]]
