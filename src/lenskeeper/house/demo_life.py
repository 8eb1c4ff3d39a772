"""Days of the fictitious city, lived through fast: scripted spans go into the real books, and the real desk takes its turns.

Where nothing changes, many minutes are told as one round of that length: the script says that each of them was looked
at and found the same, so the books hold what sixty rounds an hour would have left there, and a test holds the two equal.
No pixels are made; looks for pictures end as the script says, and are held, filed and booked by the real code.
"""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from random import Random
from typing import Final

from sqlalchemy import Connection

from lenskeeper.availability.exact import observe
from lenskeeper.availability.lanes import Lane, State
from lenskeeper.availability.looks import said_by_look
from lenskeeper.availability.observations import Observation, Round
from lenskeeper.availability.rounds import RoundFolder
from lenskeeper.availability.rows_dirty import mark_dirty
from lenskeeper.base.access import ROUNDS, ActorId, Scope
from lenskeeper.base.days import date_of, day_of, day_span, local_day
from lenskeeper.base.outcomes import Outcome
from lenskeeper.base.spans import Span
from lenskeeper.diagnosis.evidence import evidence_of
from lenskeeper.diagnosis.floors import FLOOR
from lenskeeper.diagnosis.holding import Held, hold
from lenskeeper.diagnosis.kinds import Finding, Kind, Severity, Verdict
from lenskeeper.diagnosis.parts import Rung
from lenskeeper.diagnosis.rows import Saving, load, save
from lenskeeper.diagnosis.verdict import conclude
from lenskeeper.diagnosis.watch import Judgement, Memory, Word
from lenskeeper.house.books import SOFTWARE
from lenskeeper.house.clock import StandingClock
from lenskeeper.house.desk import RepairDesk
from lenskeeper.house.home import Home
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.points import Watched
from lenskeeper.inventory.rows_watched import watched
from lenskeeper.probing.memory import Changes, Payer, UsedRecord
from lenskeeper.probing.rows import remembered
from lenskeeper.probing.rows import save as save_visits
from lenskeeper.probing.simulator.faults import PictureFault
from lenskeeper.probing.simulator.fleet import Illness
from lenskeeper.probing.simulator.spells import Course, Spell
from lenskeeper.probing.simulator.troubles import Trouble
from lenskeeper.tickets import rows as ticket_rows
from lenskeeper.tickets.desk import PATIENCE_S, SETTLE_S, TicketId
from lenskeeper.tickets.routing import Desk
from lenskeeper.tickets.rows import Asked, Ticket
from lenskeeper.tickets.states import NEXT, Stage, Step

MINUTE, HOUR, DAY = 60, 3_600, 86_400
TURN_S: Final = 1_200  # turns of the desk lie on this grid; patience is 10 minutes and more
# The same of days that are past: it is the desk's turns that take the time here.
LATE_TURN_S, OLD_TURN_S = 3_600, 7_200
ACT_S: Final = 1_800  # crews act on this grid
TICK_S: Final = 1_800  # looks for pictures are judged half hour by half hour
SPAN_S_MAX: Final = 6 * HOUR  # of one round, however quiet it is
PICTURE_S: Final = 3_600  # as the settings of the demonstration have it for every class
PICTURE_BYTES: Final = 60_000
AFTER_S: Final = (
    4 * HOUR
)  # so long a picture is looked at one by one after it was mended: four looks close a fault
CREW: Final = ActorId("local:crew")
PROBER: Final = "demo"
# Who acts upon a ticket by the script: whoever is not ours to move (power, carrier) says nothing.
ACTING: Final = frozenset({Desk.CONTRACTOR, Desk.PARKS, Desk.OWNER_IT, Desk.US})
# What looks measure of each fault: the figure, and the limit that it is beyond (diagnosis/floors.py).
FOUND: Final = {
    PictureFault.BLUR: Finding(Kind.BLUR, Severity.SEVERE, 0.29, 0.36, FLOOR),
    PictureFault.OCCLUDED: Finding(Kind.OCCLUDED, Severity.SEVERE, 0.63, 0.5, FLOOR),
    PictureFault.COLOUR_CAST: Finding(Kind.COLOUR_CAST, Severity.MODERATE, 20.5, 18.0, FLOOR),
    PictureFault.SIGNAL_CARD: Finding(Kind.SIGNAL_CARD, Severity.SEVERE, 0.97, 0.85, FLOOR),
    PictureFault.BLACK: Finding(Kind.BLACK, Severity.SEVERE, 17.0, 22.0, FLOOR),
    PictureFault.NOISE: Finding(Kind.NOISE, Severity.MODERATE, 14.0, 11.0, FLOOR),
}


@dataclass(slots=True)
class _Place:
    """A camera of the script in the register. booked_s: to here its pictures are in the books."""

    number: int
    watched: Watched
    period_s: int
    booked_s: int
    memory: Memory = field(default_factory=Memory)

    def slot(self, at_s: int) -> Span:
        """The period that an instant lies in: the looks' periods lie on the grid of their own length."""
        begin = at_s - at_s % self.period_s
        return begin, begin + self.period_s


class Life:
    """A home on a clock that stands until it is told to go on. by_url: the number of the camera at an address.

    round_s_max: of one round, however quiet it is.
    """

    def __init__(
        self, home: Home, course: Course, by_url: dict[str, int], *, round_s_max: int = SPAN_S_MAX
    ) -> None:
        assert isinstance(home.clock, StandingClock)
        self.home, self.course, self._by_url = home, course, by_url
        self._round_s_max = round_s_max
        self.clock: StandingClock = home.clock
        self._tz, self._turn_s = home.tz(), TURN_S
        self.desk = RepairDesk()
        self.turns = 0
        self._agenda: list[int] = []  # instants at which something is due besides rounds and ticks
        self._places: dict[int, _Place] = {}
        self._crews: list[tuple[int, TicketId]] = []  # who does something next, and when
        self._going: set[TicketId] = set()
        self._idle: dict[TicketId, Stage] = {}  # nothing more is done there, unless it leaves this stage
        self._has_asked = False
        self._numbers: dict[PointId, int] = {}
        self._folders: list[tuple[RoundFolder, list[int]]] = []
        self.reread()

    def reread(self) -> None:
        """The register has changed."""
        self.desk.forget()
        now_s = self.clock.now
        with self.home.store.read() as connection:
            fleet = watched(connection, Scope.ALL, now_s)
            strange = [one.point_id for one in fleet if self._by_url[one.url] not in self._places]
            memories = load(connection, Scope.ALL, strange, at_s=now_s)
        zones: dict[str, list[Watched]] = {}
        for one in fleet:
            number = self._by_url[one.url]
            period_s = one.picture_period_s or PICTURE_S
            memory = memories.get(one.point_id, Memory())
            place = self._places.get(number) or _Place(number, one, period_s, now_s, memory)
            place.watched = one
            self._places[number], self._numbers[one.point_id] = place, number
            zones.setdefault(one.zone, []).append(one)
        self._folders = [
            (
                RoundFolder(name, Lane.REACHABLE, [one.point_id for one in here], mark=mark_dirty),
                [self._by_url[one.url] for one in here],
            )
            for name, here in sorted(zones.items())
        ]

    def live(self, to_s: int, course: Course, *, turn_s: int = TURN_S) -> None:
        """From now to an instant on a whole minute, as the course of these days says. turn_s: the grid of the desk's turns."""
        self.course, from_s, self._turn_s = course, self.clock.now, turn_s
        edges = self._edges(from_s, to_s)
        for at_s in self._due(from_s, to_s):
            heapq.heappush(self._agenda, at_s)
        while self.clock.now < to_s:
            begin = self.clock.now
            while self._agenda and self._agenda[0] <= begin:
                heapq.heappop(self._agenda)
            tick = begin - begin % TICK_S + TICK_S
            ahead = [*self._agenda[:1], *(at_s for at_s, _ in self._crews[:1])]
            end = min(to_s, tick, begin + self._round_s_max, *ahead)
            is_due = bool(self._agenda) and self._agenda[0] == end
            rounds = [(a, b) for a, b in _pieces(begin, end, edges)]
            self.clock.now = end
            self._write(partial(self._book, rounds, is_tick=end == tick))
            if is_due:
                self._turn()
            self._act()

    # -- what is due

    def _edges(self, from_s: int, to_s: int) -> list[int]:
        """Instants at which somebody goes or comes back."""
        spans = (span for spans in self.course.down.values() for span in spans)
        return sorted({edge for span in spans for edge in span if from_s < edge < to_s})

    def _due(self, from_s: int, to_s: int) -> set[int]:
        """Instants at which the desk must look: patience is over, or what came back has settled; and each third hour."""
        due = set(range(from_s - from_s % (3 * HOUR), to_s, 3 * HOUR))
        for number, spans in self.course.down.items():
            place = self._places.get(number)
            patience_s = PATIENCE_S[place.watched.klass] if place else PATIENCE_S[3]
            for a, b in spans:
                if b - a >= patience_s:
                    due |= {a + patience_s, b + SETTLE_S}
        return {self._on_grid(at_s) for at_s in due if from_s < self._on_grid(at_s) <= to_s}

    def _on_grid(self, at_s: int) -> int:
        return -(-at_s // self._turn_s) * self._turn_s

    # -- the books

    def _write(self, work: partial[None]) -> None:
        self.home.store.write(work)

    def _book(self, rounds: Sequence[Span], connection: Connection, *, is_tick: bool) -> None:
        for a, b in rounds:
            down = self.course.down_at(a)
            for folder, numbers in self._folders:
                codes = bytes(State.DOWN if n in down else State.UP for n in numbers)
                reasons = {i: Outcome.TIMED_OUT.value for i, n in enumerate(numbers) if n in down}
                seen = Round(a, b - a, codes, reasons, prober=PROBER)
                folder.fold(connection, seen, now_s=a + MINUTE, actor=ROUNDS)
                folder.applied()
        if is_tick:
            self._look(connection)

    def _look(self, connection: Connection) -> None:
        """Looks of the half hour that is over at cameras whose pictures are not well, or were not of late."""
        now_s = self.clock.now
        said: list[Observation] = []
        savings: list[Saving] = []
        for number, spells in self.course.others().items():
            place = self._places.get(number)
            if place is None or not any(s.a < now_s <= s.b + AFTER_S for s in spells):
                continue
            a, b = place.slot(now_s - TICK_S)
            if not now_s - TICK_S < b <= now_s:
                continue
            self._book_place(place, a, said)
            outcome, verdict, kinds, saving = self._looked(place, b)
            said += said_by_look(place.watched.point_id, (a, b), outcome, verdict, kinds=kinds, prober=PROBER)
            place.booked_s = max(place.booked_s, b)
            if saving is not None and saving.records:  # as it stands at the end is written by settle
                savings.append(saving)
                if any(r.change.what.value in ("opened", "closed") for r in saving.records):
                    heapq.heappush(self._agenda, self._on_grid(now_s + 1))
        if said:
            observe(connection, said, now_s=now_s, mark=mark_dirty, actor=ROUNDS)
        if savings:
            save(connection, savings, software=SOFTWARE, actor=ROUNDS)

    def _looked(self, place: _Place, at_s: int) -> tuple[Outcome, Verdict | None, str, Saving | None]:
        """One look, confirmed where it has to be."""
        illness = self.course.illness(place.number, at_s - MINUTE)
        if illness is not None and illness not in FOUND:
            return _outcome_of(illness), None, "", None
        found = [FOUND[illness]] if isinstance(illness, PictureFault) else []
        diagnosis = conclude(found, [])
        memory, records = place.memory, []
        for look_s in (at_s - 90, at_s - 45):
            held, changes = hold(memory.hold, diagnosis, at_s=look_s, rung=Rung.SUB)
            is_new = bool(held.suspected(Rung.SUB))
            memory = Memory(memory.learnt, held, last=Word.FAULT if held.held else Word.FIT)
            records += [evidence_of(change, None, None, None, None, {}) for change in changes]
            if not is_new:
                break
        place.memory = memory
        faults = memory.hold.held
        word = Word.FAULT if faults else Word.FIT
        judgement = Judgement(diagnosis, word, _reason(faults), held=faults)
        saving = Saving(place.watched.point_id, memory, at_s - 45, judgement, tuple(records))
        kinds = " ".join(h.kind.value for h in faults)
        return Outcome.PLAYING, Verdict(word.value), kinds, saving

    def book_pictures(self) -> None:
        """Looks at all others, to here: fit, unless nobody answered."""
        places, to_s = list(self._places.values()), self.clock.now
        used: list[UsedRecord] = []

        def work(connection: Connection) -> None:
            said: list[Observation] = []
            for place in places:
                self._book_place(place, place.slot(to_s)[0], said)
            for start in range(0, len(said), 10_000):
                observe(connection, said[start : start + 10_000], now_s=to_s, mark=mark_dirty, actor=ROUNDS)
            save_visits(connection, Changes(used=tuple(used)), actor=ROUNDS)

        used += self._used(to_s)
        self.home.store.write(work)

    def _book_place(self, place: _Place, to_s: int, said: list[Observation]) -> None:
        """A camera's looks from where they are booked to the beginning of a slot."""
        for a, b, is_down in self._stretches(place, to_s):
            outcome, verdict = (Outcome.TIMED_OUT, None) if is_down else (Outcome.PLAYING, Verdict.FIT)
            for begin in range(a, b, DAY):
                span = (begin, min(begin + DAY, b))
                said += said_by_look(place.watched.point_id, span, outcome, verdict, prober=PROBER)
        place.booked_s = max(place.booked_s, to_s)

    def _stretches(self, place: _Place, to_s: int) -> Iterator[tuple[int, int, bool]]:
        """Slots with one end after the other, as stretches; the look is in the last minute of its slot."""
        begin = place.slot(place.booked_s)[0]
        if begin < place.booked_s:
            begin += place.period_s
        spans = self.course.down.get(place.number, ())
        if not any(a < to_s and begin < b for a, b in spans):
            if begin < to_s:
                yield begin, to_s, False
            return
        was: bool | None = None
        since = begin
        for slot_s in range(begin, to_s, place.period_s):
            is_down = _is_in(spans, slot_s + place.period_s - MINUTE)
            if was is not None and is_down is not was:
                yield since, slot_s, was
                since = slot_s
            was = is_down
        if was is not None:
            yield since, to_s, was

    def _used(self, to_s: int) -> Iterable[UsedRecord]:
        """What looks at metered cameras have cost this month."""
        month, month_s = _month_of(to_s - MINUTE, self._tz)
        with self.home.store.read() as connection:
            known = {(u.payer, u.subject): u.used_bytes for u in remembered(connection, Scope.ALL).used if u.month == month}  # fmt: skip
        lines: dict[str, int] = {}
        for place in self._places.values():
            one = place.watched
            looks = max(0, (to_s - max(place.booked_s, month_s)) // place.period_s)
            cost = looks * PICTURE_BYTES
            lines[one.uplink] = lines.get(one.uplink, 0) + cost
            if one.budget_mb_month is not None and cost:
                key = (Payer.POINT, str(one.point_id))
                yield UsedRecord(Payer.POINT, str(one.point_id), month, known.get(key, 0) + cost)
        for name, cost in lines.items():
            if name and cost:
                yield UsedRecord(Payer.UPLINK, name, month, known.get((Payer.UPLINK, name), 0) + cost)

    def settle(self) -> None:
        """How each picture stood at its last look: it is written when something changes, and at the end."""
        savings = []
        for place in self._places.values():
            looked_s = place.slot(self.clock.now)[0] - MINUTE
            if self.course.is_down(place.number, looked_s):
                continue  # its last look is longer ago
            faults = place.memory.hold.held
            word = Word.FAULT if faults else Word.FIT
            judgement = Judgement(conclude([], []), word, _reason(faults), held=faults)
            savings.append(
                Saving(place.watched.point_id, replace(place.memory, last=word), looked_s, judgement)
            )
        self.home.store.write(lambda c: save(c, savings, software=SOFTWARE, actor=ROUNDS))

    # -- the desk and the crews

    def _turn(self) -> None:
        now_s = self.clock.now
        done = self.home.store.write(lambda c: self.desk.turn(c, now_s))
        self.turns += 1
        if not done.acts and self._has_asked:
            return
        self._has_asked = True
        with self.home.store.read() as connection:
            live = ticket_rows.tickets(connection, Scope.ALL, Asked(), now_s=now_s)
        for ticket in live:
            if ticket.desk not in ACTING or ticket.held or ticket.ticket_id in self._going:
                continue
            if self._idle.get(ticket.ticket_id) is not ticket.stage:
                self._going.add(ticket.ticket_id)
                heapq.heappush(self._crews, (now_s, ticket.ticket_id))

    def _act(self) -> None:
        """What crews do at this moment, and when they will do the next thing."""
        now_s, mine, steps = self.clock.now, list[TicketId](), list[tuple[TicketId, Step]]()
        while self._crews and self._crews[0][0] <= now_s:
            mine.append(heapq.heappop(self._crews)[1])
        if not mine:
            return
        with self.home.store.read() as connection:
            points = ticket_rows.points_of(connection, mine)
            every = [ticket_rows.ticket_of(connection, Scope.ALL, each, now_s=now_s) for each in mine]
        for ticket in every:
            numbers, stage = [self._numbers[p] for p in points[ticket.ticket_id]], ticket.stage
            due = self._next(ticket, stage, numbers)
            if due is not None and due[0] <= now_s:
                steps.append((ticket.ticket_id, due[1]))
                stage = NEXT[stage, due[1]]
                due = self._next(ticket, stage, numbers)
            if due is None:
                self._going.discard(ticket.ticket_id)
                self._idle[ticket.ticket_id] = stage
            else:
                at_s = max(due[0], now_s + 1)
                heapq.heappush(self._crews, (-(-at_s // ACT_S) * ACT_S, ticket.ticket_id))

        def work(connection: Connection) -> None:
            for ticket_id, step in steps:
                ticket_rows.take_step(connection, ticket_id, step, actor=CREW, now_s=now_s)

        if steps:
            self.home.store.write(work)

    def _next(self, ticket: Ticket, stage: Stage, numbers: Sequence[int]) -> tuple[int, Step] | None:
        """The crew's next step from a stage, and when; None: it has none."""
        work = self._work_of(numbers)
        if work is None or not work.is_mended:
            return None
        chance = Random(f"{ticket.ticket_id}")  # noqa: S311  the script again
        accept_s = ticket.opened_s + chance.randrange(12, 110) * MINUTE
        arrive_s = max(accept_s + 25 * MINUTE, work.b - 40 * MINUTE)
        return {
            Stage.ASSIGNED: (accept_s, Step.ACCEPT),
            Stage.REGRESSED: (accept_s, Step.ACCEPT),
            Stage.ACCEPTED: (arrive_s, Step.ARRIVE),
            Stage.ON_SITE: (max(work.b, arrive_s + 10 * MINUTE), Step.FINISH),
        }.get(stage)

    def _work_of(self, numbers: Sequence[int]) -> Spell | None:
        """The spell behind a ticket, now or last."""
        mine = [s for n in numbers for s in self.course.of(n) if s.a <= self.clock.now]
        return max(mine, key=lambda s: (s.b, s.a), default=None)


def _pieces(begin: int, end: int, edges: Sequence[int]) -> Iterator[Span]:
    at = begin
    for edge in edges:
        if at < edge < end:
            yield at, edge
            at = edge
    if at < end:
        yield at, end


def _is_in(spans: Sequence[Span], at_s: int) -> bool:
    return any(a <= at_s < b for a, b in spans)


def _reason(faults: Sequence[Held]) -> str:
    return ", ".join(f"{h.kind.value} ({h.severity.value})" for h in faults)


def _outcome_of(illness: Illness) -> Outcome:
    match illness:
        case Trouble.WRONG_PASSWORD:
            return Outcome.AUTH_REFUSED
        case _:
            return Outcome.TIMED_OUT


def _month_of(at_s: int, tz: str) -> tuple[int, int]:
    """The local month of an instant, as year * 100 + month, and the instant at which it began."""
    day = date_of(local_day(at_s, tz))
    return day.year * 100 + day.month, day_span(day_of(day.replace(day=1)), tz)[0]
