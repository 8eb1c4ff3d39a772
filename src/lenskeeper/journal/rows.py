"""Announce a fact, and follow what was announced."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, bindparam, delete, func, insert, select

from lenskeeper.journal.schema import journal

KEPT_S: Final = 48 * 3600
READ_MAX: Final = 1_000  # facts in one bite: a follower who was away for long reads on


@dataclass(frozen=True, slots=True)
class Fact:
    """What a room announced. subject: what it is about, as the room writes it: "point:17", "unit:3"."""

    position: int
    at_s: int
    room: str
    fact: str
    subject: str
    body: Mapping[str, Any]


def announce(
    connection: Connection,
    *,
    at_s: int,
    room: str,
    fact: str,
    subject: str,
    body: Mapping[str, Any] | None = None,
) -> None:
    """Write a fact in the transaction that makes it true."""
    text = msgspec.json.encode(body or {}).decode()
    connection.execute(insert(journal).values(at_s=at_s, room=room, fact=fact, subject=subject, body=text))


def since(connection: Connection, position: int, limit: int = READ_MAX) -> list[Fact]:
    """The facts after a position, in order."""
    rows = connection.execute(
        select(journal).where(journal.c.position > position).order_by(journal.c.position).limit(limit)
    )
    return [_fact(row) for row in rows]


def announced(connection: Connection, room: str) -> list[Fact]:
    """All that one room announced and that is still here, in order."""
    rows = connection.execute(select(journal).where(journal.c.room == room).order_by(journal.c.position))
    return [_fact(row) for row in rows]


def _fact(row: Any) -> Fact:
    return Fact(row.position, row.at_s, row.room, row.fact, row.subject, msgspec.json.decode(row.body))


def last_position(connection: Connection) -> int:
    """The position of the newest fact; 0 where there is none."""
    return int(connection.execute(select(func.coalesce(func.max(journal.c.position), 0))).scalar_one())


def reaches_back_to(connection: Connection, position: int, now_s: int) -> bool:
    """Whether all that was announced after a position is still here: its own fact is, and is not about to be forgotten.

    A position of another database, or 0 where facts were announced since, is none of ours.
    """
    if position == last_position(connection):
        return True
    at_s = connection.execute(
        select(journal.c.at_s).where(journal.c.position == position)
    ).scalar_one_or_none()
    return at_s is not None and at_s > now_s - KEPT_S


def prune(connection: Connection, now_s: int, keep: Collection[int] = ()) -> int:
    """Forget what is older than KEPT_S; how many rows. keep: positions of what stands still, however old it is."""
    old = journal.c.at_s < now_s - KEPT_S
    if not keep:
        return connection.execute(delete(journal).where(old)).rowcount
    positions = connection.execute(select(journal.c.position).where(old)).scalars()
    going = [{"p": position} for position in set(positions) - set(keep)]
    if going:
        connection.execute(delete(journal).where(journal.c.position == bindparam("p")), going)
    return len(going)
