"""The audit log: what somebody did is appended in the transaction of the act itself, and never changed.

Each entry is bound to the one before it by SHA-256, so whoever changes one must change all that follow, and the
last one is kept a second time. That tells of a careless or partial falsifier; one who rewrites the whole log is
seen only by whoever kept an old hash, which is what signed checkpoints are for.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, insert, select, update

from lenskeeper.audit.schema import audit_entry, audit_head
from lenskeeper.base.access import ActorId, Scope
from lenskeeper.base.errors import NotAllowed
from lenskeeper.store.statements import insert_into

NOTHING_BEFORE: Final = bytes(32)  # what the first entry is bound to
ENTRIES_MAX: Final = 1_000  # of one answer; ask again from the last number
ROWS_AT_ONCE: Final = 5_000  # while the chain is checked: some 2 MB
SECRET_WORDS: Final = frozenset({"password", "passwd", "secret", "token", "key"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One act. number: from 1, without a gap. subject: kind:id, such as point:17. detail: JSON."""

    number: int
    at_s: int
    actor: ActorId
    act: str
    subject: str
    detail: str
    sha256: bytes


@dataclass(frozen=True, slots=True)
class Checked:
    """What a look along the chain found.

    entries:      how many hold, from the first.
    broken_at:    the number of the first that does not, or that is missing; None where all hold.
    sha256:       of the last that holds: write it down elsewhere to compare later.
    """

    entries: int
    broken_at: int | None
    sha256: bytes


def append(
    connection: Connection, *, actor: ActorId, at_s: int, act: str, subject: str, detail: Mapping[str, object]
) -> int:
    """Enter an act; gives its number. Call it in the transaction of the act, so that neither stands alone.

    detail: text, numbers, yes/no, None, and lists and mappings of them. TypeError: anything else, above all a Secret
    or bytes, or a key that is the name of one: a log that is read for years must hold none.
    """
    _admit(detail)
    said = msgspec.json.encode(detail, order="sorted").decode()
    connection.execute(
        insert_into(connection, audit_head)
        .values(id=1, number=0, sha256=NOTHING_BEFORE)
        .on_conflict_do_nothing()
    )
    last = connection.execute(select(audit_head).with_for_update()).one()
    number = last.number + 1
    seal = _seal((number, at_s, actor, act, subject, said), last.sha256)
    connection.execute(
        insert(audit_entry).values(
            number=number,
            at_s=at_s,
            actor=actor,
            act=act,
            subject=subject,
            detail=said,
            before_sha256=last.sha256,
            sha256=seal,
        )
    )
    connection.execute(update(audit_head).values(number=number, sha256=seal))
    return int(number)


def verify(connection: Connection) -> Checked:
    """Look along the whole chain: 200,000 entries take some seconds."""
    before, number = NOTHING_BEFORE, 0
    for row in _all(connection):
        expected = _seal((number + 1, row.at_s, row.actor, row.act, row.subject, row.detail), before)
        if row.number != number + 1 or row.before_sha256 != before or row.sha256 != expected:
            return Checked(number, number + 1, before)
        number, before = row.number, row.sha256
    head = connection.execute(select(audit_head)).one_or_none()
    kept = (0, NOTHING_BEFORE) if head is None else (head.number, head.sha256)
    return Checked(number, None if kept == (number, before) else number + 1, before)


def entries(
    connection: Connection,
    scope: Scope,
    *,
    after: int = 0,
    since_s: int | None = None,
    subject: str | None = None,
    limit: int = ENTRIES_MAX,
    latest: bool = False,
) -> list[Entry]:
    """Entries in their order, after a number, from an instant, upon a subject; at most ENTRIES_MAX.

    latest: of those more than the limit, the last ones and not the first.

    NotAllowed: the scope is not all. The log is not cut by unit: an act upon a camera that moved, or upon a login
    of many units, belongs to no single one.
    """
    if scope.units is not None:
        raise NotAllowed("the audit log is read as a whole: ask somebody who may see every unit")
    query = select(audit_entry).where(audit_entry.c.number > after)
    if since_s is not None:
        query = query.where(audit_entry.c.at_s >= since_s)
    if subject is not None:
        query = query.where(audit_entry.c.subject == subject)
    order = audit_entry.c.number.desc() if latest else audit_entry.c.number
    rows = connection.execute(query.order_by(order).limit(min(limit, ENTRIES_MAX))).all()
    return [_entry(row) for row in (reversed(rows) if latest else rows)]


def _entry(row: Any) -> Entry:
    return Entry(row.number, row.at_s, ActorId(row.actor), row.act, row.subject, row.detail, row.sha256)


def _all(connection: Connection) -> Iterator[Any]:
    after = -1  # a number below 1 is a forgery too, and must be seen
    while rows := connection.execute(
        select(audit_entry)
        .where(audit_entry.c.number > after)
        .order_by(audit_entry.c.number)
        .limit(ROWS_AT_ONCE)
    ).all():
        yield from rows
        after = rows[-1].number


def _seal(said: tuple[int, int, str, str, str, str], before: bytes) -> bytes:
    """Number, instant, actor, act, subject, detail. JSON's quotes part them: no two entries read the same."""
    return hashlib.sha256(msgspec.json.encode([*said, before.hex()])).digest()


def _admit(value: object) -> None:
    match value:
        case None | bool() | int() | float() | str():
            return
        case Mapping():
            for key, held in value.items():
                if not isinstance(key, str) or key.lower() in SECRET_WORDS:
                    raise TypeError(f"{key!r} is no key for the audit log")
                _admit(held)
        case bytes() | bytearray():
            raise TypeError("bytes have no place in the audit log")
        case Sequence():
            for held in value:
                _admit(held)
        case _:
            raise TypeError(f"{type(value).__name__} has no place in the audit log")
