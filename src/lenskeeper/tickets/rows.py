"""Tickets in the database: opened, joined, moved through their stages, and read.

Who may see one: whoever sees one of its cameras' units, or the contract it was given to. Of a ticket across several
owners each sees the ticket, and of its cameras his own.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    func,
    insert,
    or_,
    select,
    true,
    update,
)

from lenskeeper.base.access import ActorId, Scope
from lenskeeper.base.errors import NotFound
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_seen import seen_at
from lenskeeper.inventory.schema import point
from lenskeeper.store.statements import insert_into
from lenskeeper.tickets.causes import Cause, CauseKind, Trouble
from lenskeeper.tickets.clocks import Due
from lenskeeper.tickets.contracts import ContractId
from lenskeeper.tickets.desk import REGRESS_S, Child, Live, TicketId
from lenskeeper.tickets.messages import ChangeKind
from lenskeeper.tickets.routing import Desk, Payer
from lenskeeper.tickets.rows_contracts import in_lots
from lenskeeper.tickets.rows_messages import tell
from lenskeeper.tickets.schema import ticket, ticket_event, ticket_point
from lenskeeper.tickets.shapes import Shape
from lenskeeper.tickets.states import Resolution, Stage, Step, after

LISTED_MAX: Final = 1_000
COUNTS: Final = frozenset({"cameras", "members"})  # of an event's detail: over all cameras, whosever they are

TOLD: Final[Mapping[Step, ChangeKind]] = {
    Step.RECOVER: ChangeKind.RECOVERED,
    Step.VERIFY: ChangeKind.VERIFIED,
    Step.FAIL: ChangeKind.REGRESSED,
    Step.CANCEL: ChangeKind.CANCELLED,
}


@dataclass(frozen=True, slots=True)
class Opening:
    """What a new ticket is made of. held: why nobody is sent yet ("storm", "budget"), or empty."""

    cause: Cause
    klass: int
    desk: Desk
    payer: Payer
    contract_id: ContractId | None
    due: Due
    shape: Shape = Shape.NONE
    held: str = ""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket as it stands; the columns are explained in schema.py.

    cameras: how many are put down to it. name: of its camera, where it is of one; else the thing's.
    """

    ticket_id: TicketId
    kind: CauseKind
    thing: str
    what: str
    klass: int
    onset_s: int
    opened_s: int
    stage: Stage
    held: str
    desk: Desk
    contract_id: ContractId | None
    payer: Payer
    respond_by_s: int
    restore_by_s: int
    assigned_s: int | None
    responded_s: int | None
    recovered_s: int | None
    finished_s: int | None
    ended_s: int | None
    resolution: Resolution
    shape: Shape
    regressions: int
    escalation: int
    revision: int
    cameras: int
    name: str

    def is_late(self, now_s: int) -> bool:
        """Whether it is not over, and did not recover before the clock for its repair ran out."""
        return self.ended_s is None and (self.recovered_s or now_s) > self.restore_by_s


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a ticket."""

    at_s: int
    actor: ActorId
    act: str
    stage: Stage
    remark: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which tickets. live: those that are not over, those that are, or (None) both. since_s: opened since."""

    live: bool | None = True
    desk: Desk | None = None
    contract_id: ContractId | None = None
    kind: CauseKind | None = None
    since_s: int | None = None
    limit: int = LISTED_MAX


def sees(scope: Scope, now_s: int) -> ColumnElement[bool]:
    """The condition that a row of `ticket` may be seen."""
    if scope.units is None:
        return true()
    theirs = select(ticket_point.c.ticket_id).where(seen_at(scope, ticket_point.c.point_id, now_s))
    return or_(in_lots(scope, ticket.c.contract_id), ticket.c.id.in_(theirs))


def late(now_s: int) -> ColumnElement[bool]:
    """The condition that a row of `ticket` is late, as Ticket.is_late."""
    return and_(
        ticket.c.ended_s.is_(None), func.coalesce(ticket.c.recovered_s, now_s) > ticket.c.restore_by_s
    )


def sees_child(scope: Scope, now_s: int) -> ColumnElement[bool]:
    """The condition that a row of `ticket_point` may be seen beside its ticket: a contractor sees all of his work."""
    return or_(in_lots(scope, ticket.c.contract_id), seen_at(scope, ticket_point.c.point_id, now_s))


# ---- written


def open_ticket(connection: Connection, new: Opening, *, actor: ActorId, now_s: int) -> TicketId:
    """Open a ticket with its cameras. It is assigned at once where nothing holds it."""
    cause = new.cause
    row = {
        "cause": cause.kind,
        "thing": cause.thing,
        "what": cause.what,
        "klass": new.klass,
        "onset_s": cause.onset_s,
        "opened_s": now_s,
        "stage": Stage.OPEN,
        "held": new.held,
        "desk": new.desk,
        "contract_id": new.contract_id,
        "payer": new.payer,
        "respond_by_s": new.due.respond_by_s,
        "restore_by_s": new.due.restore_by_s,
        "shape": new.shape,
    }
    ticket_id = TicketId(connection.execute(insert(ticket).values(row).returning(ticket.c.id)).scalar_one())
    connection.execute(
        insert(ticket_point),
        [
            {
                "ticket_id": ticket_id, "point_id": each.point_id, "what": each.what, "onset_s": each.onset_s,
                "joined_s": now_s,
            }
            for each in cause.troubles
        ],
    )  # fmt: skip
    detail = {"cameras": len(cause.troubles), "members": cause.members, "guarantee": new.due.guarantee}
    enter(connection, ticket_id, "open", Stage.OPEN, detail=detail, actor=actor, now_s=now_s)
    tell(connection, ticket_id, ChangeKind.OPENED, at_s=now_s, actor=actor)
    if not new.held:
        take_step(connection, ticket_id, Step.ASSIGN, actor=actor, now_s=now_s)
    return ticket_id


def join(
    connection: Connection, ticket_id: TicketId, trouble: Trouble, *, actor: ActorId, now_s: int
) -> None:
    """Put a camera's trouble down to a ticket; one that was well, or had left, is ill again."""
    statement = insert_into(connection, ticket_point).values(
        ticket_id=ticket_id,
        point_id=trouble.point_id,
        what=trouble.what,
        onset_s=trouble.onset_s,
        joined_s=now_s,
    )
    again = {"what": trouble.what, "well_s": None, "left_s": None}
    connection.execute(statement.on_conflict_do_update(index_elements=["ticket_id", "point_id"], set_=again))
    _change(connection, ticket_id, {"recovered_s": None})
    detail = {"point": trouble.point_id, "what": trouble.what}
    enter(
        connection, ticket_id, "join", _stage(connection, ticket_id), detail=detail, actor=actor, now_s=now_s
    )


def set_well(
    connection: Connection,
    ticket_id: TicketId,
    point_id: PointId,
    well_s: int,
    *,
    actor: ActorId,  # noqa: ARG001  the looks', always
) -> None:
    """A camera under the ticket is well since well_s; with the last of them the whole is."""
    mine = and_(ticket_point.c.ticket_id == ticket_id, ticket_point.c.point_id == point_id)
    connection.execute(update(ticket_point).where(mine).values(well_s=well_s))
    _see_if_recovered(connection, ticket_id)


def leave(
    connection: Connection, ticket_id: TicketId, point_id: PointId, *, actor: ActorId, now_s: int
) -> None:
    """A camera that is still faulty although the cause is gone leaves the ticket."""
    mine = and_(ticket_point.c.ticket_id == ticket_id, ticket_point.c.point_id == point_id)
    connection.execute(update(ticket_point).where(mine).values(left_s=now_s))
    detail = {"point": point_id}
    enter(
        connection, ticket_id, "left", _stage(connection, ticket_id), detail=detail, actor=actor, now_s=now_s
    )
    _see_if_recovered(connection, ticket_id)


def take_step(
    connection: Connection,
    ticket_id: TicketId,
    step: Step,
    *,
    remark: str = "",
    actor: ActorId,
    now_s: int,
) -> Stage:
    """Move a ticket on; gives the new stage. NotFound. Conflict: its stage admits no such step."""
    row = _locked(connection, ticket_id)
    stage = after(Stage(row.stage), step)
    values: dict[str, Any] = {"stage": stage}
    match step:
        case Step.ASSIGN:
            values |= {"held": "", "assigned_s": row.assigned_s or now_s}
        case Step.ACCEPT | Step.ARRIVE:
            values |= {"held": "", "responded_s": row.responded_s or now_s}
        case Step.FINISH:
            values |= {"finished_s": now_s, "responded_s": row.responded_s or now_s}
        case Step.VERIFY:
            values |= {"ended_s": now_s, "resolution": Resolution.REPAIRED}
        case Step.RECOVER:
            values |= {"ended_s": now_s, "resolution": Resolution.BY_ITSELF, "held": ""}
        case Step.CANCEL:
            values |= {"ended_s": now_s, "resolution": Resolution.CANCELLED, "held": ""}
        case Step.FAIL:
            values |= {
                "finished_s": None,
                "ended_s": None,
                "resolution": Resolution.NONE,
                "recovered_s": None,
            }
            values["regressions"] = row.regressions + 1
            if (
                row.stage == Stage.VERIFIED
            ):  # it broke again; a "done" that looks disagree with buys no new clock
                values |= {"responded_s": None, "escalation": 0}
        case Step.LEAVE:
            pass
    _change(connection, ticket_id, values)
    detail = {"recovered_s": row.recovered_s} if step is Step.FAIL else {}
    enter(connection, ticket_id, step.value, stage, remark=remark, detail=detail, actor=actor, now_s=now_s)
    if step in TOLD:
        tell(connection, ticket_id, TOLD[step], at_s=now_s, actor=actor)
    return stage


def set_due(
    connection: Connection,
    ticket_id: TicketId,
    due: Due,
    *,
    actor: ActorId,  # noqa: ARG001  whoever pauses or changes a calendar enters that
) -> None:
    """The clocks as they were worked out anew."""
    values = {"respond_by_s": due.respond_by_s, "restore_by_s": due.restore_by_s}
    _change(connection, ticket_id, values)


def set_shape(
    connection: Connection, ticket_id: TicketId, shape: Shape, *, actor: ActorId, now_s: int
) -> None:
    """What comes back has shown its shape."""
    _change(connection, ticket_id, {"shape": shape})
    stage = _stage(connection, ticket_id)
    enter(connection, ticket_id, "shape", stage, detail={"shape": shape}, actor=actor, now_s=now_s)


def set_held(
    connection: Connection,
    ticket_id: TicketId,
    held: str,
    *,
    actor: ActorId,  # noqa: ARG001  the desk's, always
) -> None:
    """Why nobody is sent: storm or budget."""
    _change(connection, ticket_id, {"held": held})


def set_desk(
    connection: Connection, ticket_id: TicketId, desk: Desk, payer: Payer, *, actor: ActorId, now_s: int
) -> None:
    """Another desk has it from now on."""
    before = _locked(connection, ticket_id)
    _change(connection, ticket_id, {"desk": desk, "payer": payer})
    detail = {"from": before.desk, "to": desk, "payer": payer}
    enter(connection, ticket_id, "handed", Stage(before.stage), detail=detail, actor=actor, now_s=now_s)
    tell(connection, ticket_id, ChangeKind.ASSIGNED_ON, at_s=now_s, actor=actor)


def set_payer(
    connection: Connection, ticket_id: TicketId, payer: Payer, *, remark: str, actor: ActorId, now_s: int
) -> None:
    """Who pays, by a person's word: a third party, or not the warranty after all."""
    before = _locked(connection, ticket_id)
    _change(connection, ticket_id, {"payer": payer})
    detail = {"from": before.payer, "to": payer}
    enter(
        connection, ticket_id, "payer", Stage(before.stage), remark=remark, detail=detail, actor=actor, now_s=now_s
    )  # fmt: skip


def escalate(connection: Connection, ticket_id: TicketId, level: int, *, actor: ActorId, now_s: int) -> None:
    """It was not answered, or not mended, in time: told once for each level."""
    _change(connection, ticket_id, {"escalation": level})
    stage = _stage(connection, ticket_id)
    enter(connection, ticket_id, "escalate", stage, detail={"level": level}, actor=actor, now_s=now_s)
    kind = ChangeKind.OVERDUE if level == 1 else ChangeKind.ESCALATED
    tell(connection, ticket_id, kind, at_s=now_s, actor=actor)


def enter(
    connection: Connection,
    ticket_id: TicketId,
    act: str,
    stage: Stage,
    *,
    remark: str = "",
    detail: Mapping[str, Any] | None = None,
    actor: ActorId,
    now_s: int,
) -> None:
    """Write an event."""
    connection.execute(
        insert(ticket_event).values(
            ticket_id=ticket_id,
            at_s=now_s,
            actor=actor,
            act=act,
            stage=stage,
            remark=remark,
            detail=msgspec.json.encode(detail or {}).decode(),
        )
    )


def _change(connection: Connection, ticket_id: TicketId, values: Mapping[str, Any]) -> None:
    more = {"revision": ticket.c.revision + 1}
    connection.execute(update(ticket).where(ticket.c.id == ticket_id).values(**values, **more))


def _see_if_recovered(connection: Connection, ticket_id: TicketId) -> None:
    """recovered_s is that of the last child to be well, as soon as none is ill."""
    c = ticket_point.c
    ill = select(func.count()).where(c.ticket_id == ticket_id, c.left_s.is_(None), c.well_s.is_(None))
    last = select(func.max(c.well_s)).where(c.ticket_id == ticket_id, c.left_s.is_(None))
    if connection.execute(ill).scalar_one() == 0:
        _change(connection, ticket_id, {"recovered_s": connection.execute(last).scalar_one()})


def _locked(connection: Connection, ticket_id: TicketId) -> Row[Any]:
    row = connection.execute(select(ticket).where(ticket.c.id == ticket_id).with_for_update()).one_or_none()
    if row is None:
        raise NotFound(f"there is no ticket {ticket_id}")
    return row


def _stage(connection: Connection, ticket_id: TicketId) -> Stage:
    return Stage(_locked(connection, ticket_id).stage)


# ---- read


def live(connection: Connection, scope: Scope, *, now_s: int) -> list[Live]:
    """The tickets that the desk must know, oldest first, with their children that have not left."""
    ill = select(ticket_point.c.ticket_id).where(ticket_point.c.well_s.is_(None))
    known = or_(
        ticket.c.ended_s.is_(None),
        and_(ticket.c.stage == Stage.VERIFIED, ticket.c.ended_s > now_s - REGRESS_S),
        and_(ticket.c.stage == Stage.CANCELLED, ticket.c.id.in_(ill)),
    )
    rows = connection.execute(select(ticket).where(known, sees(scope, now_s)).order_by(ticket.c.id)).all()
    ids = select(ticket.c.id).where(known)
    children: dict[int, list[Child]] = defaultdict(list)
    query = select(ticket_point).where(ticket_point.c.ticket_id.in_(ids), ticket_point.c.left_s.is_(None))
    for row in connection.execute(query.order_by(ticket_point.c.ticket_id, ticket_point.c.point_id)):
        children[row.ticket_id].append(Child(PointId(row.point_id), row.what, row.well_s))
    return [
        Live(
            TicketId(row.id), CauseKind(row.cause), row.thing, row.onset_s, Stage(row.stage),
            row.finished_s, row.ended_s, tuple(children[row.id]),
        )
        for row in rows
    ]  # fmt: skip


def tickets(connection: Connection, scope: Scope, asked: Asked, *, now_s: int) -> list[Ticket]:
    """The tickets that were asked for: live ones by their clock, the rest by their end, the last first."""
    statement = with_count(scope, now_s).where(sees(scope, now_s))
    if asked.live is not None:
        statement = statement.where(
            ticket.c.ended_s.is_(None) if asked.live else ticket.c.ended_s.is_not(None)
        )
    for column, wanted in (
        (ticket.c.desk, asked.desk),
        (ticket.c.contract_id, asked.contract_id),
        (ticket.c.cause, asked.kind),
    ):
        if wanted is not None:
            statement = statement.where(column == wanted)
    if asked.since_s is not None:
        statement = statement.where(ticket.c.opened_s >= asked.since_s)
    order = (ticket.c.restore_by_s, ticket.c.id) if asked.live else (ticket.c.id.desc(),)
    limit = min(asked.limit, LISTED_MAX)
    return [ticket_in(row) for row in connection.execute(statement.order_by(*order).limit(limit))]


def ticket_of(connection: Connection, scope: Scope, ticket_id: TicketId, *, now_s: int) -> Ticket:
    """One ticket. NotFound: there is none, or it may not be seen."""
    row = connection.execute(
        with_count(scope, now_s).where(ticket.c.id == ticket_id, sees(scope, now_s))
    ).one_or_none()
    if row is None:
        raise NotFound(f"there is no ticket {ticket_id}")
    return ticket_in(row)


def children(connection: Connection, scope: Scope, ticket_id: TicketId, *, now_s: int) -> list[Row[Any]]:
    """The rows of ticket_point that may be seen, by point."""
    query = (
        select(ticket_point)
        .join(ticket, ticket.c.id == ticket_point.c.ticket_id)
        .where(ticket.c.id == ticket_id, sees_child(scope, now_s))
    )
    return list(connection.execute(query.order_by(ticket_point.c.point_id)))


def events(connection: Connection, scope: Scope, ticket_id: TicketId, *, now_s: int) -> list[Event]:
    """What happened to a ticket, in order; nothing where it may not be seen.

    Whoever sees only some of its cameras is told neither of the others' coming and going nor how many they are.
    """
    mine = select(ticket.c.id).where(ticket.c.id == ticket_id, sees(scope, now_s))
    query = select(ticket_event).where(ticket_event.c.ticket_id.in_(mine)).order_by(ticket_event.c.id)
    shown = (
        None
        if scope.units is None
        else {r.point_id for r in children(connection, scope, ticket_id, now_s=now_s)}
    )
    found: list[Event] = []
    for row in connection.execute(query):
        detail: dict[str, Any] = msgspec.json.decode(row.detail)
        if shown is not None:
            if detail.get("point") is not None and detail["point"] not in shown:
                continue
            detail = {key: value for key, value in detail.items() if key not in COUNTS}
        found.append(Event(row.at_s, ActorId(row.actor), row.act, Stage(row.stage), row.remark, detail))
    return found


def assigned_since(connection: Connection, contract_id: ContractId, since_s: int) -> int:
    """How many tickets of a contract were sent out since."""
    query = select(func.count()).where(ticket.c.contract_id == contract_id, ticket.c.assigned_s >= since_s)
    return int(connection.execute(query).scalar_one())


def points_of(connection: Connection, ticket_ids: Sequence[TicketId]) -> dict[TicketId, list[PointId]]:
    """The cameras under some tickets that have not left; for whoever may see the tickets already."""
    found: dict[TicketId, list[PointId]] = defaultdict(list)
    query = select(ticket_point.c.ticket_id, ticket_point.c.point_id).where(
        ticket_point.c.ticket_id.in_(ticket_ids), ticket_point.c.left_s.is_(None)
    )
    for ticket_id, point_id in connection.execute(query.order_by(ticket_point.c.point_id)):
        found[TicketId(ticket_id)].append(PointId(point_id))
    return found


def with_count(scope: Scope, now_s: int) -> Select[Any]:
    """Tickets with how many of their cameras may be seen, and the name of the one where it is of one."""
    cameras = (
        select(func.count())
        .where(
            ticket_point.c.ticket_id == ticket.c.id,
            ticket_point.c.left_s.is_(None),
            sees_child(scope, now_s),
        )
        .scalar_subquery()
    )
    own = and_(ticket.c.cause == CauseKind.CAMERA, ticket_point.c.ticket_id == ticket.c.id)
    name = select(func.max(point.c.name)).join(ticket_point, ticket_point.c.point_id == point.c.id).where(own)
    return select(ticket, cameras.label("cameras"), name.scalar_subquery().label("name"))


def ticket_in(row: Row[Any]) -> Ticket:
    """A ticket from a row of `with_count`."""
    return Ticket(
        ticket_id=TicketId(row.id),
        kind=CauseKind(row.cause),
        thing=row.thing,
        what=row.what,
        klass=row.klass,
        onset_s=row.onset_s,
        opened_s=row.opened_s,
        stage=Stage(row.stage),
        held=row.held,
        desk=Desk(row.desk),
        contract_id=None if row.contract_id is None else ContractId(row.contract_id),
        payer=Payer(row.payer),
        respond_by_s=row.respond_by_s,
        restore_by_s=row.restore_by_s,
        assigned_s=row.assigned_s,
        responded_s=row.responded_s,
        recovered_s=row.recovered_s,
        finished_s=row.finished_s,
        ended_s=row.ended_s,
        resolution=Resolution(row.resolution),
        shape=Shape(row.shape),
        regressions=row.regressions,
        escalation=row.escalation,
        revision=row.revision,
        cameras=row.cameras,
        name=row.name or row.thing,
    )
