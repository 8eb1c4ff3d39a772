"""A ticket's two clocks worked out from its contract, the calendar, its pauses and the guarantee periods of its cameras."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from sqlalchemy import Connection, select, update

from lenskeeper.base.access import ActorId, Scope
from lenskeeper.base.days import local_day
from lenskeeper.base.errors import Conflict, Invalid
from lenskeeper.base.spans import Span
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_present import with_device
from lenskeeper.inventory.schema import device, point
from lenskeeper.tickets.clocks import Due, due
from lenskeeper.tickets.contracts import Contract, ContractId, Terms
from lenskeeper.tickets.desk import TicketId
from lenskeeper.tickets.rows import enter, points_of, set_due, ticket_of
from lenskeeper.tickets.rows_calendars import calendar_named, guarantees_of
from lenskeeper.tickets.rows_contracts import contract
from lenskeeper.tickets.schema import ticket_event, ticket_pause
from lenskeeper.tickets.states import ENDED, Step

AHEAD_S = 400 * 86_400  # how far guarantee periods are looked for: no clock runs longer


@dataclass(frozen=True, slots=True)
class Pause:
    """A stretch in which the clocks stand; to_s None: it still does, and until_s is when it was promised to end."""

    from_s: int
    to_s: int | None
    until_s: int | None
    reason: str
    actor: ActorId


def due_of(
    connection: Connection,
    contract_id: ContractId | None,
    klass: int,
    points: Sequence[PointId],
    opened_s: int,
    pauses: Sequence[Span] = (),
) -> Due:
    """The clocks of a ticket that was opened, or failed again, at opened_s."""
    of = None if contract_id is None else contract(connection, Scope.ALL, contract_id)
    calendar = calendar_named(connection, Scope.ALL, of.calendar) if of and of.calendar else None
    periods = guarantees_of(connection, Scope.ALL, points, opened_s, opened_s + AHEAD_S)
    every = {one.guarantee_id: one for mine in periods.values() for one in mine}
    return due(opened_s, terms_of(of).clock(klass), calendar, pauses, list(every.values()))


def contract_name(connection: Connection, contract_id: ContractId | None) -> str:
    """The name of a contract; empty where there is none."""
    return "" if contract_id is None else contract(connection, Scope.ALL, contract_id).name


def terms_of(of: Contract | None) -> Terms:
    """The terms of a contract; the usual ones where there is none."""
    return of.terms if of else Terms()


def redo(connection: Connection, ticket_id: TicketId, *, actor: ActorId, now_s: int) -> Due:
    """Work the clocks of a ticket out anew: a pause, a calendar or a guarantee period has changed, or it failed again."""
    now = ticket_of(connection, Scope.ALL, ticket_id, now_s=now_s)
    since_s = _since(connection, ticket_id) or now.opened_s
    spans = [(p.from_s, _end(p, now_s)) for p in pauses(connection, ticket_id)]
    points = points_of(connection, [ticket_id]).get(ticket_id, [])
    new = due_of(connection, now.contract_id, now.klass, points, since_s, spans)
    set_due(connection, ticket_id, new, actor=actor)
    return new


def _since(connection: Connection, ticket_id: TicketId) -> int | None:
    """When it broke again for the last time: its clocks began anew then. A "done" that looks disagree with buys none."""
    c = ticket_event.c
    turns = (Step.FAIL, Step.VERIFY, Step.RECOVER)
    query = select(c.act, c.at_s).where(c.ticket_id == ticket_id, c.act.in_(turns)).order_by(c.id)
    found = connection.execute(query).all()
    again = [at_s for (before, _), (act, at_s) in pairwise(found) if act == Step.FAIL and before != Step.FAIL]
    return again[-1] if again else None


def _end(pause: Pause, now_s: int) -> int:
    """A pause that still runs is taken to run until its promised end, and at least until now."""
    return pause.to_s if pause.to_s is not None else max(now_s, pause.until_s or now_s)


def pauses(connection: Connection, ticket_id: TicketId) -> list[Pause]:
    """The pauses of a ticket, in order."""
    c = ticket_pause.c
    rows = connection.execute(select(ticket_pause).where(c.ticket_id == ticket_id).order_by(c.from_s))
    return [Pause(row.from_s, row.to_s, row.until_s, row.reason, ActorId(row.actor)) for row in rows]


def pause(
    connection: Connection,
    ticket_id: TicketId,
    reason: str,
    *,
    until_s: int | None = None,
    actor: ActorId,
    now_s: int,
) -> Due:
    """Stop a ticket's clocks; the looks go on. Conflict: it is over, or paused already. Invalid: no reason, or an end
    in the past."""
    if not reason.strip():
        raise Invalid("say why the clocks stand: --because TEXT", field="because")
    if until_s is not None and until_s <= now_s:
        raise Invalid("a pause ends in the future", field="until")
    now = ticket_of(connection, Scope.ALL, ticket_id, now_s=now_s)
    if now.stage in ENDED:
        raise Conflict(f"ticket {ticket_id} is over: there is nothing to pause")
    before = pauses(connection, ticket_id)
    if before and before[-1].to_s is None:
        raise Conflict(f"ticket {ticket_id} is paused already: {before[-1].reason}")
    if before and before[-1].from_s == now_s:
        raise Conflict("a pause began in this very second; try again")
    connection.execute(
        ticket_pause.insert().values(
            ticket_id=ticket_id, from_s=now_s, to_s=None, until_s=until_s, reason=reason, actor=actor
        )
    )
    detail = {"until_s": until_s}
    enter(connection, ticket_id, "pause", now.stage, remark=reason, detail=detail, actor=actor, now_s=now_s)
    return redo(connection, ticket_id, actor=actor, now_s=now_s)


def resume(connection: Connection, ticket_id: TicketId, *, actor: ActorId, now_s: int) -> Due:
    """Let the clocks run on. Conflict: they do."""
    before = pauses(connection, ticket_id)
    if not before or before[-1].to_s is not None:
        raise Conflict(f"ticket {ticket_id} is not paused")
    c = ticket_pause.c
    mine = (c.ticket_id == ticket_id) & c.to_s.is_(None)
    connection.execute(update(ticket_pause).where(mine).values(to_s=now_s))
    stage = ticket_of(connection, Scope.ALL, ticket_id, now_s=now_s).stage
    enter(connection, ticket_id, "resume", stage, actor=actor, now_s=now_s)
    return redo(connection, ticket_id, actor=actor, now_s=now_s)


def paused_now(connection: Connection) -> dict[TicketId, Pause]:
    """The tickets whose clocks stand."""
    rows = connection.execute(select(ticket_pause).where(ticket_pause.c.to_s.is_(None)))
    return {
        TicketId(row.ticket_id): Pause(row.from_s, None, row.until_s, row.reason, ActorId(row.actor))
        for row in rows
    }


def in_warranty(connection: Connection, point_id: PointId, at_s: int) -> bool:
    """Whether the device that hung there then was under its maker's warranty."""
    query = (
        select(device.c.warranty_until_day, point.c.tz)
        .select_from(with_device(at_s))
        .where(point.c.id == point_id, device.c.warranty_until_day.is_not(None))
    )
    row = connection.execute(query).first()
    return row is not None and local_day(at_s, row.tz) <= row.warranty_until_day
