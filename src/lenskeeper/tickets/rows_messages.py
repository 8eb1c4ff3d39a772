"""Messages in the database: written with the change they tell of, spread to recipients, sent, and listed.

What a held ticket would tell waits for its release; a storm is told once, in place of all that it holds.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, and_, delete, func, insert, or_, select, true, update

from lenskeeper.base.access import ActorId, Scope
from lenskeeper.base.errors import NotAllowed, NotFound
from lenskeeper.inventory.schema import membership, point
from lenskeeper.store.statements import insert_into
from lenskeeper.tickets.messages import (
    BY_THE_CLOCK,
    HOUR_S,
    NAMED,
    RETRY_S_MAX,
    TRIES_MAX,
    ChangeKind,
    Facts,
    Recipient,
    Try,
    Waiting,
    admitted,
    is_for,
    stale,
)
from lenskeeper.tickets.schema import (
    contract,
    message,
    message_to,
    message_try,
    storm,
    ticket,
    ticket_pause,
    ticket_point,
)
from lenskeeper.tickets.states import Stage
from lenskeeper.units.schema import unit

SPREAD_AT_ONCE: Final = 200
SOON_S: Final = HOUR_S
WAITING_READ_MAX: Final = 500  # of one recipient at a time: a digest names ten of them
LISTED_MAX: Final = 200
KEPT_DAYS: Final = 400  # a year of a contract, and its settlement


@dataclass(frozen=True, slots=True)
class Spread:
    """What became of one round of spreading: how many messages were looked at, and how many go out."""

    messages: int
    letters: int


@dataclass(frozen=True, slots=True)
class TryLine:
    """One attempt, for people. outcome: sent, failed, or empty while it lasts or where it was cut off."""

    at_s: int
    recipient: str
    messages: int
    outcome: str
    remark: str


# ---- told


def tell(connection: Connection, ticket_id: int, change: ChangeKind, *, at_s: int, actor: ActorId) -> None:
    """Tell of a change, in the transaction of the change and after it. Said twice of one occasion, it is told once.

    A held ticket tells when it is released, and nothing where it ends before. NotFound: no such ticket.
    """
    row = connection.execute(select(ticket).where(ticket.c.id == ticket_id)).one_or_none()
    if row is None:
        raise NotFound(f"there is no ticket {ticket_id}")
    if row.held == "storm":
        _tell_storm(connection, at_s=at_s, actor=actor)
    _enter(
        connection,
        {"ticket_id": ticket_id, "change": change, "occasion": _occasion(connection, row, change, at_s)},
        at_s=at_s,
        actor=actor,
    )


def _tell_storm(connection: Connection, *, at_s: int, actor: ActorId) -> None:
    """That which runs now; of one that nobody has written there is nothing to tell."""
    runs = select(func.max(storm.c.id)).where(storm.c.to_s.is_(None))
    storm_id = connection.execute(runs).scalar_one()
    if storm_id is not None:
        said = {"storm_id": storm_id, "change": ChangeKind.STORM, "occasion": "once"}
        _enter(connection, said, at_s=at_s, actor=actor)


def _enter(connection: Connection, said: dict[str, Any], *, at_s: int, actor: ActorId) -> None:
    connection.execute(
        insert_into(connection, message).values(**said, at_s=at_s, actor=actor).on_conflict_do_nothing()
    )


def _occasion(connection: Connection, row: Row[Any], change: ChangeKind, at_s: int) -> str:
    """What makes two changes of one kind two: another life of the ticket, another deadline, another desk.

    A clock that stood in a pause may run out a second time; one that is only looked at again may not.
    """
    life = f"life {row.regressions}"
    if change is ChangeKind.ASSIGNED_ON:
        return f"at {at_s}"
    if change not in BY_THE_CLOCK:
        return life
    over = select(func.count()).where(ticket_pause.c.ticket_id == row.id, ticket_pause.c.to_s.is_not(None))
    level = row.escalation if change is ChangeKind.ESCALATED else 0
    return f"{life}, pause {connection.execute(over).scalar_one()}, level {level}"


def warn(connection: Connection, *, actor: ActorId, now_s: int) -> int:
    """Tell of tickets whose time to restore is nearly over; gives how many were looked at. Say it as often as you like.

    Not of those that are held, paused, or said to work: nobody could do more, or looks decide.
    """
    found = connection.execute(_soon_over(now_s)).scalars().all()
    for ticket_id in found:
        tell(connection, ticket_id, ChangeKind.OVERDUE_SOON, at_s=now_s, actor=actor)
    return len(found)


def _soon_over(now_s: int) -> Select[Any]:
    """By number: within SOON_S of the end, or within a quarter of the whole where that is less."""
    c = ticket.c
    paused = select(ticket_pause.c.ticket_id).where(ticket_pause.c.to_s.is_(None))
    told = select(message.c.ticket_id).where(
        message.c.change == ChangeKind.OVERDUE_SOON, message.c.at_s >= c.restore_by_s - SOON_S
    )
    return (
        select(c.id)
        .where(
            c.ended_s.is_(None),
            c.held == "",
            c.stage != Stage.DONE,
            c.restore_by_s > now_s,
            c.restore_by_s - now_s <= SOON_S,
            (c.restore_by_s - now_s) * 4 <= c.restore_by_s - c.opened_s,
            c.id.not_in(paused),
            c.id.not_in(told),
        )
        .order_by(c.id)
        .limit(SPREAD_AT_ONCE)
    )


# ---- spread


def has_new(connection: Connection, scope: Scope, *, now_s: int) -> bool:
    """Whether anything waits to be warned of or spread. NotAllowed: the scope is not all."""
    _whole(scope)
    return any(connection.execute(one.limit(1)).first() is not None for one in (_new(), _soon_over(now_s)))


def _new() -> Select[Any]:
    """Messages that nobody was picked for; what is held waits."""
    waits = or_(message.c.ticket_id.is_(None), ticket.c.held == "")
    return (
        select(message)
        .outerjoin(ticket, ticket.c.id == message.c.ticket_id)
        .where(message.c.spread_s.is_(None), waits)
        .order_by(message.c.id)
    )


def spread(
    connection: Connection,
    recipients: Sequence[Recipient],
    *,
    actor: ActorId,  # noqa: ARG001  the post's, always
    now_s: int,
) -> Spread:
    """Pick who is told of what is new. What is held waits; what was over before anybody was told is told to nobody."""
    new = connection.execute(_new().limit(SPREAD_AT_ONCE)).all()
    untold = _came_and_went(connection, new)
    facts = _facts(connection, [row for row in new if row.ticket_id not in untold])
    letters = [
        {"message_id": row.id, "recipient": each.name}
        for row in new
        if row.id in facts
        for each in recipients
        if is_for(each, facts[row.id])
    ]
    if letters:
        connection.execute(insert(message_to), letters)
    if new:
        ids = [row.id for row in new]
        connection.execute(update(message).where(message.c.id.in_(ids)).values(spread_s=now_s))
    return Spread(len(new), len(letters))


def _came_and_went(connection: Connection, new: Iterable[Row[Any]]) -> set[int]:
    """Tickets that are over and whose opening nobody has been told of: held all their life, or gone in a moment."""
    late = or_(message.c.spread_s.is_(None), message.c.spread_s > ticket.c.ended_s)
    over = (
        select(ticket.c.id)
        .join(message, message.c.ticket_id == ticket.c.id)
        .where(
            ticket.c.id.in_({row.ticket_id for row in new if row.ticket_id is not None}),
            ticket.c.ended_s.is_not(None),
            message.c.change == ChangeKind.OPENED,
            late,
        )
    )
    return set(connection.execute(over).scalars())


# ---- what a message is made of


def _facts(connection: Connection, rows: Sequence[Row[Any]]) -> dict[int, Facts]:
    """By message, as the tickets stand now."""
    of_tickets = {row.ticket_id for row in rows if row.ticket_id is not None}
    of_storms = {row.storm_id for row in rows if row.storm_id is not None}
    tickets = {row.id: row for row in connection.execute(_tickets().where(ticket.c.id.in_(of_tickets))).all()}
    units = unit_names(connection, of_tickets)
    unsaid = _unsaid(connection, of_tickets)
    storms = {one: _storm_facts(connection, one) for one in of_storms}
    found: dict[int, Facts] = {}
    for row in rows:
        if row.storm_id is not None:
            found[row.id] = storms[row.storm_id]
            continue
        of = tickets[row.ticket_id]
        hidden = unsaid.get(of.id, ())
        found[row.id] = Facts(
            change=ChangeKind(row.change),
            number=of.id,
            cause=of.cause,
            what=of.what,
            thing=admitted(of.thing, hidden) if of.cause in NAMED else "",
            cameras=of.cameras,
            klass=of.klass,
            unit=admitted(units.get(of.id, ""), hidden),
            desk=of.desk,
            contract=of.contract or "",
            restore_by_s=of.restore_by_s,
        )
    return found


def _tickets() -> Select[Any]:
    cameras = (
        select(func.count())
        .where(ticket_point.c.ticket_id == ticket.c.id, ticket_point.c.left_s.is_(None))
        .scalar_subquery()
    )
    return select(ticket, contract.c.name.label("contract"), cameras.label("cameras")).outerjoin(
        contract, contract.c.id == ticket.c.contract_id
    )


def unit_names(connection: Connection, ids: Iterable[int]) -> dict[int, str]:
    """The name of the unit that most of a ticket's cameras belong to; for whoever may see the tickets already."""
    found: dict[int, str] = {}
    for ticket_id, name, _ in connection.execute(
        select(ticket_point.c.ticket_id, unit.c.name, func.count().label("cameras"))
        .join(
            membership,
            and_(membership.c.point_id == ticket_point.c.point_id, membership.c.to_s.is_(None)),
        )
        .join(unit, unit.c.id == membership.c.unit_id)
        .where(ticket_point.c.ticket_id.in_(ids))
        .group_by(ticket_point.c.ticket_id, unit.c.id, unit.c.name)
        .order_by(func.count().desc(), unit.c.id)
    ):
        found.setdefault(ticket_id, name)
    return found


def _unsaid(connection: Connection, ids: Iterable[int]) -> dict[int, set[str]]:
    """What tells which cameras they are and where they stand."""
    found: dict[int, set[str]] = {}
    for ticket_id, *words in connection.execute(
        select(ticket_point.c.ticket_id, point.c.code, point.c.name, point.c.common_name, point.c.address)
        .join(point, point.c.id == ticket_point.c.point_id)
        .where(ticket_point.c.ticket_id.in_(ids))
    ):
        found.setdefault(ticket_id, set()).update(word for word in words if word)
    return found


def _storm_facts(connection: Connection, storm_id: int) -> Facts:
    """What the storm holds at this moment."""
    row = connection.execute(select(storm).where(storm.c.id == storm_id)).one()
    held = ticket.c.held == "storm"
    tickets, worst = connection.execute(select(func.count(), func.min(ticket.c.klass)).where(held)).one()
    cameras = connection.execute(
        select(func.count(ticket_point.c.point_id.distinct()))
        .join(ticket, ticket.c.id == ticket_point.c.ticket_id)
        .where(held, ticket_point.c.left_s.is_(None))
    ).scalar_one()
    return Facts(
        ChangeKind.STORM, storm_id, klass=worst or 1, tickets=tickets, cameras=cameras, since_s=row.from_s
    )


# ---- sent


def waiting(connection: Connection, recipient: str) -> list[Waiting]:
    """What waits for a recipient, the oldest first, at most WAITING_READ_MAX, with its facts as they are now."""
    c = message_to.c
    rows = connection.execute(
        select(message, c.tries)
        .join(message_to, message_to.c.message_id == message.c.id)
        .where(c.recipient == recipient, c.sent_s.is_(None), c.given_up_s.is_(None))
        .order_by(message.c.id)
        .limit(WAITING_READ_MAX)
    ).all()
    facts = _facts(connection, rows)
    return [Waiting(row.id, row.at_s, row.tries, facts[row.id]) for row in rows]


def tries(connection: Connection, recipient: str, now_s: int) -> list[Try]:
    """The last attempts, oldest first: those of the last hours, as `messages.due` wants them."""
    rows = connection.execute(
        select(message_try.c.at_s, message_try.c.outcome)
        .where(
            message_try.c.recipient == recipient,
            message_try.c.at_s > now_s - (TRIES_MAX + 1) * max(HOUR_S, RETRY_S_MAX),
        )
        .order_by(message_try.c.id)
    ).all()
    return [Try(row.at_s, row.outcome == "sent") for row in rows]


def begin_try(
    connection: Connection,
    recipient: str,
    going: Sequence[Waiting],
    *,
    actor: ActorId,  # noqa: ARG001  the post's, always
    now_s: int,
) -> int:
    """Enter an attempt before it is made; gives its number."""
    number: int = connection.execute(
        insert(message_try)
        .values(recipient=recipient, at_s=now_s, messages=len(going), outcome="")
        .returning(message_try.c.id)
    ).scalar_one()
    mine = and_(
        message_to.c.recipient == recipient, message_to.c.message_id.in_([each.message_id for each in going])
    )
    connection.execute(update(message_to).where(mine).values(try_id=number, tries=message_to.c.tries + 1))
    return number


def end_try(
    connection: Connection,
    number: int,
    *,
    failure: str = "",
    may_retry: bool = True,
    actor: ActorId,  # noqa: ARG001  the post's, always
    now_s: int,
) -> None:
    """How it ended. failure: empty where it went; else one line without secret or address."""
    outcome = "failed" if failure else "sent"
    connection.execute(
        update(message_try).where(message_try.c.id == number).values(outcome=outcome, remark=failure)
    )
    mine = update(message_to).where(message_to.c.try_id == number)
    if not failure:
        connection.execute(mine.values(sent_s=now_s))
    elif not may_retry:
        connection.execute(mine.values(given_up_s=now_s))


def give_up(
    connection: Connection,
    recipient: str,
    some: Sequence[Waiting],
    *,
    actor: ActorId,  # noqa: ARG001  the post's, always
    now_s: int,
) -> int:
    """Let go of what is too old or has failed too often; gives how many."""
    gone = [each.message_id for each in stale(some, now_s)]
    if gone:
        mine = and_(message_to.c.recipient == recipient, message_to.c.message_id.in_(gone))
        connection.execute(update(message_to).where(mine).values(given_up_s=now_s))
    return len(gone)


def forget(
    connection: Connection,
    *,
    actor: ActorId,  # noqa: ARG001  the post's, always
    now_s: int,
) -> int:
    """Drop what is older than KEPT_DAYS and told; gives how many messages."""
    old = select(message.c.id).where(
        message.c.at_s < now_s - KEPT_DAYS * 86_400, message.c.spread_s.is_not(None)
    )
    connection.execute(delete(message_to).where(message_to.c.message_id.in_(old)))
    gone = connection.execute(delete(message).where(message.c.id.in_(old))).rowcount
    used = select(message_to.c.try_id).where(message_to.c.try_id.is_not(None))
    tried = and_(message_try.c.at_s < now_s - KEPT_DAYS * 86_400, message_try.c.id.not_in(used))
    connection.execute(delete(message_try).where(tried))
    return gone


# ---- read


def attempts(connection: Connection, scope: Scope, *, limit: int = LISTED_MAX) -> list[TryLine]:
    """The last attempts, newest first. NotAllowed: the scope is not all, since a digest goes across units."""
    _whole(scope)
    rows = connection.execute(
        select(message_try).order_by(message_try.c.id.desc()).limit(min(limit, LISTED_MAX))
    )
    return [TryLine(row.at_s, row.recipient, row.messages, row.outcome, row.remark) for row in rows]


def standing(connection: Connection, scope: Scope) -> dict[str, tuple[int, int]]:
    """By recipient: how many messages wait, and how many were given up. NotAllowed: the scope is not all."""
    _whole(scope)
    c = message_to.c
    rows = connection.execute(
        select(c.recipient, func.count(), func.count(c.given_up_s))
        .where(c.sent_s.is_(None), true())
        .group_by(c.recipient)
        .order_by(c.recipient)
    )
    return {name: (both - given_up, given_up) for name, both, given_up in rows}


def _whole(scope: Scope) -> None:
    if scope.units is not None:
        raise NotAllowed("messages are read as a whole: ask somebody who may see every unit")
