"""The desk at work, one turn after the other: what the books say becomes tickets, and tickets move as the looks agree.

Composes the rooms in one transaction; what it decides is in tickets/desk.py, causes.py, triage.py and routing.py.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from lenskeeper.availability.lanes import Lane, State
from lenskeeper.availability.rows import runs_of
from lenskeeper.base.access import DESK, Scope
from lenskeeper.base.days import day_span, local_day
from lenskeeper.inventory.ids import PointId
from lenskeeper.tickets import rows, rows_clocks, rows_handings, rows_triage
from lenskeeper.tickets.causes import Cause, CauseKind, Topology, Trouble
from lenskeeper.tickets.contracts import ContractId
from lenskeeper.tickets.desk import Join, Leave, Live, Open, Seen, TicketId, Turn, Well, escalation_of, work
from lenskeeper.tickets.routing import Desk, first_desk, payer
from lenskeeper.tickets.rows_contracts import contract, contract_of
from lenskeeper.tickets.rows_troubles import Moment, moment, read_topology, zones_of
from lenskeeper.tickets.shapes import DAYS, Shape, shape
from lenskeeper.tickets.states import Stage, Step
from lenskeeper.tickets.triage import STORM_WINDOW_S, cases_of, is_storm, sort_faults

STORM, BUDGET = "storm", "budget"
PLANNED = "planned work"
SHAPED = frozenset({CauseKind.CAMERA, CauseKind.POLE, CauseKind.FEEDER, CauseKind.SITE, CauseKind.SWITCH})


@dataclass(slots=True)
class DeskTally:
    """What a turn did, by act."""

    acts: Counter[str] = field(default_factory=Counter)

    @property
    def opened(self) -> int:
        """How many tickets were opened."""
        return sum(n for act, n in self.acts.items() if act.startswith("open "))


@dataclass(slots=True)
class RepairDesk:
    """The desk of one installation. known: who hangs on what; None is read before the next turn."""

    known: Topology | None = None

    def forget(self) -> None:
        """The register has changed."""
        self.known = None

    def turn(self, connection: Connection, now_s: int) -> DeskTally:
        """One turn, in the caller's transaction."""
        if self.known is None:
            self.known = read_topology(connection, Scope.ALL, now_s=now_s)
        return _Turn(connection, self.known, now_s).go()


@dataclass(slots=True)
class _Turn:
    connection: Connection
    known: Topology
    now_s: int
    tally: DeskTally = field(default_factory=DeskTally)

    def go(self) -> DeskTally:
        now = moment(self.connection, Scope.ALL, self.known, now_s=self.now_s)
        seen = self._seen(now)
        live = rows.live(self.connection, Scope.ALL, now_s=self.now_s)
        acts = work(seen, live, self.known, self.now_s)
        self._weather(sum(isinstance(act, Open) for act in acts))
        for act in acts:
            self._apply(act)
        self._pauses(live, now)
        for handing in rows_handings.lapse(self.connection, actor=DESK, now_s=self.now_s):
            self.tally.acts[f"handing {handing.answer}"] += 1
        self._release()
        self._escalate()
        return self.tally

    # -- what was found

    def _seen(self, now: Moment) -> Seen:
        """Sort the faults of pictures, file what waits for a person, and give each point its one trouble."""
        cases = cases_of(now.faults)
        trusted = {one.kind for one in rows_triage.trust(self.connection) if one.is_trusted}
        right = rows_triage.right_cases(self.connection, cases)
        found = sort_faults(now.faults, trusted, right)
        rows_triage.file_cases(self.connection, found.to_review, actor=DESK, now_s=self.now_s)
        zones = zones_of(self.connection, [case.point_id for case in found.to_clean])
        rows_triage.keep_cleaning_list(self.connection, found.to_clean, zones, actor=DESK, now_s=self.now_s)
        # what one look found and the next did not stands for hours, and calls nobody: a shower at dusk is over by then
        sure = sort_faults(
            {
                p: [h for h in each if (p, h.kind, h.rung) not in now.doubted]
                for p, each in now.faults.items()
            },
            trusted,
            right,
        ).troubles
        told = {**now.without, **now.refused, **now.silent}
        troubles: dict[PointId, Trouble] = {
            p: t for p, t in {**found.troubles, **sure, **told}.items() if p in self.known.places
        }
        doubtful = found.troubles.keys() - sure.keys() - told.keys()
        unknown = {p for p in self.known.places if p not in now.well and p not in now.silent}
        well = {p: since_s for p, since_s in now.well.items() if p not in troubles}
        return Seen(list(troubles.values()), well, unknown | now.muted | now.planned | doubtful)

    def _weather(self, opening: int) -> None:
        """Begin a storm where too much breaks at once; one that began by itself ends by itself."""
        on = rows_triage.storm_of(self.connection)
        lately = opening + rows_triage.opened_since(self.connection, self.now_s - STORM_WINDOW_S)
        fleet = len(self.known.places)
        if on is None and is_storm(lately, fleet):
            why = f"{lately} causes within an hour"
            rows_triage.begin_storm(self.connection, why, actor=DESK, now_s=self.now_s)
        elif on is not None and on.actor == DESK and not is_storm(2 * lately, fleet):
            rows_triage.end_storm(self.connection, actor=DESK, now_s=self.now_s)

    # -- what follows

    def _apply(self, act: Open | Join | Well | Leave | Turn) -> None:
        c, now_s = self.connection, self.now_s
        match act:
            case Open(cause):
                self._open(cause)
                self.tally.acts[f"open {cause.kind.value}"] += 1
            case Join(ticket_id, trouble):
                rows.join(c, ticket_id, trouble, actor=DESK, now_s=now_s)
            case Well(ticket_id, point_id, at_s):
                rows.set_well(c, ticket_id, point_id, at_s, actor=DESK)
            case Leave(ticket_id, point_id):
                rows.leave(c, ticket_id, point_id, actor=DESK, now_s=now_s)
            case Turn(ticket_id, step, troubles):
                self.tally.acts[step.value] += 1
                self._turn(ticket_id, step, troubles)

    def _open(self, cause: Cause) -> None:
        c, now_s = self.connection, self.now_s
        points = sorted(cause.points)
        lots = Counter(contract_of(c, Scope.ALL, points, now_s).values())
        lot = lots.most_common(1)[0][0] if lots else None
        klass = min(self.known.places[p].klass for p in points)
        outline = self._shape(cause.kind, points)
        desk = self._desk(cause.kind, cause.what, outline, lot)
        rows.open_ticket(
            c,
            rows.Opening(
                cause=cause,
                klass=klass,
                desk=desk,
                payer=payer(desk, cause.kind, in_warranty=self._in_warranty(points, cause.onset_s)),
                contract_id=lot,
                due=rows_clocks.due_of(c, lot, klass, points, now_s),
                shape=outline,
                held=self._held(desk, lot),
            ),
            actor=DESK,
            now_s=now_s,
        )

    def _turn(self, ticket_id: TicketId, step: Step, troubles: Sequence[Trouble]) -> None:
        c, now_s = self.connection, self.now_s
        rows.take_step(c, ticket_id, step, actor=DESK, now_s=now_s)
        if step is not Step.FAIL:
            self._end_pause(ticket_id)
            return
        for trouble in troubles:
            rows.join(c, ticket_id, trouble, actor=DESK, now_s=now_s)
        now = rows.ticket_of(c, Scope.ALL, ticket_id, now_s=now_s)
        outline = self._shape(now.kind, rows.points_of(c, [ticket_id])[ticket_id])
        if outline not in (Shape.NONE, now.shape):
            rows.set_shape(c, ticket_id, outline, actor=DESK, now_s=now_s)
            desk = self._desk(now.kind, now.what, outline, now.contract_id)
            if desk is not now.desk:
                rows.set_desk(
                    c, ticket_id, desk, payer(desk, now.kind, in_warranty=False), actor=DESK, now_s=now_s
                )
        rows_clocks.redo(c, ticket_id, actor=DESK, now_s=now_s)

    def _desk(self, kind: CauseKind, what: str, outline: Shape, lot: ContractId | None) -> Desk:
        here = rows_triage.routes(self.connection)
        return first_desk(kind, what, outline, has_contract=lot is not None, here=here)

    def _shape(self, kind: CauseKind, points: Sequence[PointId]) -> Shape:
        """Of one of its cameras: those of a group went and came together."""
        if kind not in SHAPED:
            return Shape.NONE
        from_s = self.now_s - (DAYS + 1) * 86_400
        runs = runs_of(self.connection, Scope.ALL, points[0], Lane.REACHABLE, from_s, self.now_s)
        outages = [(run.a, run.b) for run in runs if run.state is State.DOWN]
        zone = zones_of(self.connection, points[:1])[points[0]]
        return shape(outages, self.now_s, zone, rows_triage.rained(self.connection, from_s))

    def _in_warranty(self, points: Sequence[PointId], at_s: int) -> bool:
        return len(points) == 1 and rows_clocks.in_warranty(self.connection, points[0], at_s)

    # -- who is sent

    def _held(self, desk: Desk, lot: ContractId | None) -> str:
        """Why nobody is sent now; empty: somebody is."""
        if rows_triage.storm_of(self.connection) is not None:
            return STORM
        return BUDGET if desk is Desk.CONTRACTOR and lot is not None and not self._room(lot) else ""

    def _room(self, lot: ContractId) -> bool:
        """Whether the contractor's day has room for one more."""
        of = contract(self.connection, Scope.ALL, lot)
        today_s, _ = day_span(local_day(self.now_s, of.tz), of.tz)
        return rows.assigned_since(self.connection, lot, today_s) < of.terms.tickets_per_day_max

    def _release(self) -> None:
        """Held tickets go out as soon as they may: the worst class first, then the oldest."""
        held = [t for t in rows.tickets(self.connection, Scope.ALL, rows.Asked(), now_s=self.now_s) if t.held]
        for ticket in sorted(held, key=lambda t: (t.klass, t.onset_s, t.ticket_id)):
            why = self._held(ticket.desk, ticket.contract_id)
            if why == "":
                rows.take_step(self.connection, ticket.ticket_id, Step.ASSIGN, actor=DESK, now_s=self.now_s)
            elif why != ticket.held:
                rows.set_held(self.connection, ticket.ticket_id, why, actor=DESK)

    def _pauses(self, live: Sequence[Live], now: Moment) -> None:
        """Planned work stops the clocks by itself; a pause whose promised end has come is over."""
        paused = rows_clocks.paused_now(self.connection)
        for ticket in live:
            before = paused.get(ticket.ticket_id)
            ill = [child.point_id for child in ticket.children if child.well_s is None]
            is_planned = bool(ill) and all(p in now.planned for p in ill)
            if before is None and is_planned and ticket.ended_s is None and ticket.stage is not Stage.DONE:
                rows_clocks.pause(self.connection, ticket.ticket_id, PLANNED, actor=DESK, now_s=self.now_s)
            elif before is not None and before.reason == PLANNED and before.actor == DESK and not is_planned:
                self._end_pause(ticket.ticket_id)
        for ticket_id, before in paused.items():
            if before.until_s is not None and before.until_s <= self.now_s:
                self._end_pause(ticket_id)

    def _end_pause(self, ticket_id: TicketId) -> None:
        pauses = rows_clocks.pauses(self.connection, ticket_id)
        if pauses and pauses[-1].to_s is None:
            rows_clocks.resume(self.connection, ticket_id, actor=DESK, now_s=self.now_s)

    def _escalate(self) -> None:
        paused = rows_clocks.paused_now(self.connection)
        every = rows.tickets(self.connection, Scope.ALL, rows.Asked(), now_s=self.now_s)
        for ticket in every:
            if ticket.ticket_id in paused or ticket.recovered_s is not None or ticket.stage is Stage.DONE:
                continue
            level = escalation_of(
                opened_s=ticket.opened_s,
                respond_by_s=ticket.respond_by_s,
                restore_by_s=ticket.restore_by_s,
                responded_s=ticket.responded_s,
                now_s=self.now_s,
            )
            if level > ticket.escalation:
                rows.escalate(self.connection, ticket.ticket_id, level, actor=DESK, now_s=self.now_s)
                self.tally.acts[f"escalate {level}"] += 1
