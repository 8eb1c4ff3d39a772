"""One desk says that a fault is another's. The ticket's clocks run on; the question has a clock of its own."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from lenskeeper.base.access import ActorId, Scope
from lenskeeper.base.errors import Conflict, Invalid, NotFound
from lenskeeper.tickets.causes import CauseKind
from lenskeeper.tickets.desk import TicketId
from lenskeeper.tickets.routing import Desk, Payer, payer
from lenskeeper.tickets.rows import enter, set_desk, take_step, ticket_of
from lenskeeper.tickets.rows_clocks import terms_of
from lenskeeper.tickets.rows_contracts import contract
from lenskeeper.tickets.schema import handing
from lenskeeper.tickets.states import Step, after


@dataclass(frozen=True, slots=True)
class Handing:
    """A question between two desks. answer: taken, refused, lapsed, or None while it is open."""

    handing_id: int
    ticket_id: TicketId
    from_desk: Desk
    to_desk: Desk
    reason: str
    asked_s: int
    asked_by: ActorId
    answer_by_s: int
    answered_s: int | None
    answered_by: ActorId | None
    answer: str | None


def ask(
    connection: Connection, ticket_id: TicketId, to_desk: Desk, reason: str, *, actor: ActorId, now_s: int
) -> Handing:
    """Say that a ticket is another desk's. Conflict: it is over, theirs already, or asked already. Invalid: no reason."""
    if not reason.strip():
        raise Invalid("say why it is theirs: --because TEXT", field="because")
    now = ticket_of(connection, Scope.ALL, ticket_id, now_s=now_s)
    after(now.stage, Step.ASSIGN)  # somebody who is there, or says that it works, is not sent away
    if now.desk is to_desk:
        raise Conflict(f"ticket {ticket_id} is with {to_desk.value} already")
    if (open_one := _open(connection, ticket_id)) is not None:
        raise Conflict(f"{open_one.to_desk} was asked already and has not answered")
    of = None if now.contract_id is None else contract(connection, Scope.ALL, now.contract_id)
    values = {
        "ticket_id": ticket_id,
        "from_desk": now.desk,
        "to_desk": to_desk,
        "reason": reason,
        "asked_s": now_s,
        "asked_by": actor,
        "answer_by_s": now_s + terms_of(of).answer_s,
    }
    row = connection.execute(insert(handing).values(values).returning(handing)).one()
    detail = {"to": to_desk}
    enter(connection, ticket_id, "ask", now.stage, remark=reason, detail=detail, actor=actor, now_s=now_s)
    return _handing(row)


def answer(
    connection: Connection, ticket_id: TicketId, *, is_taken: bool, remark: str, actor: ActorId, now_s: int
) -> Handing:
    """The other desk's word. Taken, the ticket is assigned there, and the cost with it. NotFound: nobody asked.

    NotAllowed is not known here: who may answer for a desk is a matter of grants.
    """
    row = _open(connection, ticket_id)
    if row is None:
        raise NotFound(f"nobody asked whose ticket {ticket_id} is")
    said = "taken" if is_taken else "refused"
    done = _close(connection, row, said, actor, now_s)
    now = ticket_of(connection, Scope.ALL, ticket_id, now_s=now_s)
    enter(connection, ticket_id, said, now.stage, remark=remark, actor=actor, now_s=now_s)
    if is_taken:
        _hand_over(connection, done, now.kind, now.payer, actor=actor, now_s=now_s)
    return done


def lapse(connection: Connection, *, actor: ActorId, now_s: int) -> list[Handing]:
    """Questions that nobody answered in time: the tickets stay where they are."""
    late = select(handing).where(handing.c.answered_s.is_(None), handing.c.answer_by_s <= now_s)
    out = []
    for row in connection.execute(late).all():
        out.append(_close(connection, row, "lapsed", actor, now_s))
        stage = ticket_of(connection, Scope.ALL, TicketId(row.ticket_id), now_s=now_s).stage
        enter(connection, TicketId(row.ticket_id), "lapsed", stage, actor=actor, now_s=now_s)
    return out


def handings(connection: Connection, ticket_id: TicketId) -> list[Handing]:
    """What the desks said of a ticket, in order."""
    rows = connection.execute(select(handing).where(handing.c.ticket_id == ticket_id).order_by(handing.c.id))
    return [_handing(row) for row in rows]


def _hand_over(
    connection: Connection, done: Handing, kind: CauseKind, before: Payer, *, actor: ActorId, now_s: int
) -> None:
    pays = before if before is Payer.THIRD_PARTY else payer(done.to_desk, kind, in_warranty=False)
    set_desk(connection, done.ticket_id, done.to_desk, pays, actor=actor, now_s=now_s)
    take_step(connection, done.ticket_id, Step.ASSIGN, actor=actor, now_s=now_s)


def _open(connection: Connection, ticket_id: TicketId) -> Row[Any] | None:
    query = select(handing).where(handing.c.ticket_id == ticket_id, handing.c.answered_s.is_(None))
    return connection.execute(query).one_or_none()


def _close(connection: Connection, row: Row[Any], said: str, actor: ActorId, now_s: int) -> Handing:
    values = {"answered_s": now_s, "answered_by": actor, "answer": said}
    return _handing(
        connection.execute(
            update(handing).where(handing.c.id == row.id).values(values).returning(handing)
        ).one()
    )


def _handing(row: Row[Any]) -> Handing:
    return Handing(
        row.id, TicketId(row.ticket_id), Desk(row.from_desk), Desk(row.to_desk), row.reason, row.asked_s,
        ActorId(row.asked_by), row.answer_by_s, row.answered_s,
        None if row.answered_by is None else ActorId(row.answered_by), row.answer,
    )  # fmt: skip
