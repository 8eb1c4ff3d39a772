"""What an open screen is told when something changes: cameras and tickets, each only to whoever may see it."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from lenskeeper.base.access import Scope
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_present import slices
from lenskeeper.inventory.rows_seen import seen
from lenskeeper.reporting.rows_screens import AT_ONCE
from lenskeeper.reporting.schema import screen_camera
from lenskeeper.reporting.screen_states import STATE_WORDS, Seen
from lenskeeper.tickets.desk import TicketId
from lenskeeper.tickets.rows import sees
from lenskeeper.tickets.schema import ticket


@dataclass(frozen=True, slots=True)
class LiveCamera:
    """How a camera stands. state: a word of STATE_WORDS; since_s None: never known."""

    point_id: int
    state: str
    reason: str
    since_s: int | None
    ticket_id: int | None


@dataclass(frozen=True, slots=True)
class LiveFigures:
    """How many cameras stand in each state, and how much work is under way."""

    states: dict[str, int]
    tickets_open: int


def live_cameras(
    connection: Connection, scope: Scope, points: Collection[PointId], *, now_s: int
) -> list[LiveCamera]:
    """Those of some cameras that may be seen, by id."""
    c = screen_camera.c
    query = select(c.point_id, c.state, c.reason, c.since_s, c.ticket_id).where(
        seen(scope, c.point_id, c.unit_id, now_s)
    )
    return [
        LiveCamera(row[0], STATE_WORDS[Seen(row[1])], *row[2:])
        for some in slices(sorted(points), AT_ONCE)
        for row in connection.execute(query.where(c.point_id.in_(some)).order_by(c.point_id))
    ]


def live_tickets(
    connection: Connection, scope: Scope, tickets: Collection[TicketId], *, now_s: int
) -> list[int]:
    """Those of some tickets that may be seen, by number."""
    query = select(ticket.c.id).where(sees(scope, now_s)).order_by(ticket.c.id)
    return [
        int(number)
        for some in slices(sorted(tickets), AT_ONCE)
        for number in connection.execute(query.where(ticket.c.id.in_(some))).scalars()
    ]


def live_figures(connection: Connection, scope: Scope, *, now_s: int) -> LiveFigures:
    """The figures of a page that shows all that its reader may see."""
    c = screen_camera.c
    counted = select(c.state, func.count()).where(seen(scope, c.point_id, c.unit_id, now_s)).group_by(c.state)
    found = {int(state): int(n) for state, n in connection.execute(counted)}
    under_way = select(func.count()).where(ticket.c.ended_s.is_(None), sees(scope, now_s))
    return LiveFigures(
        {word: found.get(state, 0) for state, word in STATE_WORDS.items()},
        int(connection.execute(under_way).scalar_one()),
    )
