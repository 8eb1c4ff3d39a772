"""Shifts read from the tickets, and handovers kept as they were signed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, and_, func, insert, or_, select

from lenskeeper.audit import rows as audit
from lenskeeper.base.access import ActorId, Scope
from lenskeeper.base.days import local_day
from lenskeeper.base.errors import Conflict, NotAllowed, NotFound
from lenskeeper.inventory.rows_takeover import owed
from lenskeeper.inventory.schema import point
from lenskeeper.reporting.handover import (
    CLOSING,
    Halted,
    Question,
    ShiftBooks,
    Signed,
    Turned,
    Work,
    owed_days,
    thawed,
)
from lenskeeper.reporting.schema import shift_handover
from lenskeeper.tickets.causes import CauseKind
from lenskeeper.tickets.rows import sees
from lenskeeper.tickets.schema import handing, storm, ticket, ticket_event, ticket_pause, ticket_point
from lenskeeper.tickets.states import Step
from lenskeeper.units.rows import tree

LISTED_MAX: Final = 1_000
TURNS: Final = frozenset({*CLOSING, Step.FAIL})


@dataclass(frozen=True, slots=True)
class SignedLine:
    """A handover in the list."""

    number: int
    unit: str
    from_s: int
    to_s: int
    giver: str
    taker: str
    signed_s: int
    sha256: str


# ---- read from the tickets


def shift_books(
    connection: Connection, scope: Scope, from_s: int, to_s: int, *, tz: str, now_s: int
) -> ShiftBooks:
    """What happened in [from_s, to_s), and what stood at its end as far as the books still tell it."""
    seen = sees(scope, now_s)
    turned = _turned(connection, seen, from_s, to_s)
    going = and_(ticket.c.opened_s < to_s, or_(ticket.c.ended_s.is_(None), ticket.c.ended_s >= to_s))
    halted, asked = _halted(connection, seen, to_s), _asked(connection, seen, to_s)
    wanted = {row.ticket_id for row in (*turned.values(), *halted, *asked)}
    works = works_of(connection, and_(seen, ticket.c.id.in_(wanted)))
    return ShiftBooks(
        opened=list(
            works_of(connection, and_(seen, ticket.c.opened_s >= from_s, ticket.c.opened_s < to_s)).values()
        ),
        turned=[
            Turned(works[row.ticket_id], Step(row.act), row.at_s)
            for row in turned.values()
            if row.ticket_id in works
        ],
        open=list(works_of(connection, and_(seen, going)).values()),
        halted=[
            Halted(works[row.ticket_id], row.from_s, row.until_s, row.reason)
            for row in halted
            if row.ticket_id in works
        ],
        questions=[
            Question(works[row.ticket_id], row.from_desk, row.to_desk, row.reason, row.asked_s, row.answer_by_s)
            for row in asked
            if row.ticket_id in works
        ],
        owed=_owed(connection, scope, local_day(to_s, tz)),
        storm_since_s=connection.execute(
            select(func.max(storm.c.from_s)).where(
                storm.c.from_s < to_s, or_(storm.c.to_s.is_(None), storm.c.to_s >= to_s)
            )
        ).scalar_one(),
    )  # fmt: skip


def works_of(connection: Connection, condition: ColumnElement[bool]) -> dict[int, Work]:
    """Tickets as lines, by number; the condition says which, and that they may be seen."""
    cameras = (
        select(func.count())
        .where(ticket_point.c.ticket_id == ticket.c.id, ticket_point.c.left_s.is_(None))
        .scalar_subquery()
    )
    name = (
        select(func.max(point.c.name))
        .join(ticket_point, ticket_point.c.point_id == point.c.id)
        .where(ticket.c.cause == CauseKind.CAMERA, ticket_point.c.ticket_id == ticket.c.id)
        .scalar_subquery()
    )
    rows = connection.execute(
        select(ticket, cameras.label("cameras"), name.label("name")).where(condition).order_by(ticket.c.id)
    )
    return {
        row.id: Work(
            ticket_id=row.id,
            kind=row.cause,
            name=row.name or row.thing,
            what=row.what,
            klass=row.klass,
            cameras=row.cameras,
            desk=row.desk,
            stage=row.stage,
            opened_s=row.opened_s,
            restore_by_s=row.restore_by_s,
            ended_s=row.ended_s,
            finished_s=row.finished_s,
            is_held=row.held != "",
        )
        for row in rows
    }


def _turned(connection: Connection, seen: ColumnElement[bool], from_s: int, to_s: int) -> dict[int, Any]:
    """The last closing or breaking of each ticket within the shift."""
    c = ticket_event.c
    rows = connection.execute(
        select(c.ticket_id, c.act, c.at_s)
        .join(ticket, ticket.c.id == c.ticket_id)
        .where(seen, c.at_s >= from_s, c.at_s < to_s, c.act.in_(sorted(TURNS)))
        .order_by(c.id)
    )
    return {row.ticket_id: row for row in rows}


def _halted(connection: Connection, seen: ColumnElement[bool], at_s: int) -> Sequence[Row[Any]]:
    """Pauses that stood then, of tickets that went on."""
    c = ticket_pause.c
    stood = and_(c.from_s < at_s, or_(c.to_s.is_(None), c.to_s >= at_s))
    return connection.execute(
        select(ticket_pause)
        .join(ticket, ticket.c.id == c.ticket_id)
        .where(seen, stood, or_(ticket.c.ended_s.is_(None), ticket.c.ended_s >= at_s))
    ).all()


def _asked(connection: Connection, seen: ColumnElement[bool], at_s: int) -> Sequence[Row[Any]]:
    """Questions between desks that were open then."""
    c = handing.c
    waited = and_(c.asked_s < at_s, or_(c.answered_s.is_(None), c.answered_s >= at_s))
    return connection.execute(
        select(handing).join(ticket, ticket.c.id == c.ticket_id).where(seen, waited)
    ).all()


def _owed(connection: Connection, scope: Scope, from_day: int) -> Any:
    """By agreed day and unit; late ones too."""
    paths = {unit.unit_id: unit.path for unit in tree(connection, scope)}
    return owed_days(
        ((each.agreed_day, paths.get(each.unit_id, "")) for each in owed(connection, scope)), from_day
    )


# ---- kept


def keep(connection: Connection, done: Signed, *, actor: ActorId, now_s: int) -> int:
    """Enter a handover with both names; gives its number. Conflict: a stretch of it was handed over before."""
    shift, c = done.handover.shift, shift_handover.c
    met = connection.execute(
        select(shift_handover).where(
            c.unit == shift.unit, c.from_s < shift.to_s, c.to_s > shift.from_s
        )
    ).first()  # fmt: skip
    if met is not None:
        raise Conflict(
            f"handover {met.id} has some of this time already, signed by {met.giver} and {met.taker}: begin where it ends"
        )
    number: int = connection.execute(
        insert(shift_handover)
        .values(
            unit=shift.unit, from_s=shift.from_s, to_s=shift.to_s, giver=done.handover.giver,
            taker=done.handover.taker, signed_s=done.handover.signed_s, actor=actor, body=done.body.decode(),
            sha256=done.sha256,
        )
        .returning(c.id)
    ).scalar_one()  # fmt: skip
    audit.append(
        connection, actor=actor, at_s=now_s, act="handover.signed", subject=f"handover:{number}",
        detail={"giver": done.handover.giver, "taker": done.handover.taker, "sha256": done.sha256},
    )  # fmt: skip
    return number


def handover(connection: Connection, scope: Scope, number: int) -> Signed:
    """One that was signed, byte for byte. NotFound: there is none of this number. NotAllowed: the scope is not all."""
    _whole(scope)
    row = connection.execute(select(shift_handover).where(shift_handover.c.id == number)).one_or_none()
    if row is None:
        raise NotFound(f"there is no handover {number}; `lenskeeper handover list` shows those there are")
    return thawed(row.body.encode(), number)


def handovers(connection: Connection, scope: Scope, *, limit: int = LISTED_MAX) -> list[SignedLine]:
    """All that were signed, the newest first. NotAllowed: the scope is not all."""
    _whole(scope)
    rows = connection.execute(
        select(shift_handover).order_by(shift_handover.c.id.desc()).limit(min(limit, LISTED_MAX))
    )
    return [
        SignedLine(row.id, row.unit, row.from_s, row.to_s, row.giver, row.taker, row.signed_s, row.sha256)
        for row in rows
    ]


def last_end_s(connection: Connection, scope: Scope, unit: str) -> int | None:
    """When the last signed shift of a unit ended; None: none was signed. NotAllowed: the scope is not all."""
    _whole(scope)
    c = shift_handover.c
    found: int | None = connection.execute(select(func.max(c.to_s)).where(c.unit == unit)).scalar_one()
    return found


def _whole(scope: Scope) -> None:
    """A handover tells of whatever its unit saw; grants by unit come with accounts."""
    if scope.units is not None:
        raise NotAllowed("handovers are read as a whole: ask somebody who may see every unit")
