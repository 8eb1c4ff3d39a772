"""Checkpoints: signed statements of how long the log is and what its root is; and the keys that the log names."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
from sqlalchemy import Connection, func, insert, select

from lenskeeper.audit import rows
from lenskeeper.audit.keys import Signer
from lenskeeper.audit.schema import audit_checkpoint, audit_entry
from lenskeeper.audit.verifier import Checkpoint, PublicKey, Wrong
from lenskeeper.base.access import ActorId, Scope
from lenskeeper.base.errors import NotFound

EVERY_S: Final = 60
EVERY_ENTRIES: Final = 1_000
LISTED_MAX: Final = 500
KEY: Final = "audit.key"  # the act that names a key of the log


@dataclass(frozen=True, slots=True)
class Fault:
    """What does not hold about a checkpoint. size: which one."""

    size: int
    why: str


def is_due(connection: Connection, now_s: int) -> bool:
    """Whether entries wait that nobody signed for: a thousand, or any for a minute."""
    size, last = rows.size_of(connection), latest(connection)
    signed_size, at_s = (0, None) if last is None else (last.size, last.time_s)
    return size > signed_size and (
        size - signed_size >= EVERY_ENTRIES or at_s is None or now_s - at_s >= EVERY_S
    )


def keep(connection: Connection, signer: Signer, *, now_s: int) -> Checkpoint:
    """Sign for the log as it stands, and keep it; what is signed already is not signed again. NotFound: it is empty."""
    size, last = rows.size_of(connection), latest(connection)
    if not size:
        raise NotFound("the audit log is empty: there is nothing to sign")
    if last is not None and last.size == size:
        return last
    made = signer.sign(size, rows.root_at(connection, size), now_s)
    connection.execute(insert(audit_checkpoint).values(size=size, at_s=now_s, note=made.text))
    return made


def name_key(connection: Connection, key: PublicKey, *, actor: ActorId, now_s: int) -> int:
    """Enter the public half of a key in the log itself, so that a key of somebody else is seen to be one."""
    return rows.append(
        connection, actor=actor, at_s=now_s, act=KEY, subject="audit", detail={"public": key.text}
    )


def keys(connection: Connection) -> list[PublicKey]:
    """The keys that the log names, the oldest first."""
    query = select(audit_entry.c.detail).where(audit_entry.c.act == KEY).order_by(audit_entry.c.number)
    return [PublicKey.read(msgspec.json.decode(row.detail)["public"]) for row in connection.execute(query)]


def latest(connection: Connection) -> Checkpoint | None:
    """The last checkpoint; None: there is none yet."""
    query = select(audit_checkpoint.c.note).order_by(audit_checkpoint.c.size.desc()).limit(1)
    note = connection.execute(query).scalar()
    return None if note is None else Checkpoint.read(note)


def of_size(connection: Connection, size: int) -> Checkpoint:
    """The checkpoint of exactly so many entries. NotFound: there is none."""
    note = connection.execute(select(audit_checkpoint.c.note).where(audit_checkpoint.c.size == size)).scalar()
    if note is None:
        raise NotFound(f"no checkpoint was signed at {size} entries")
    return Checkpoint.read(note)


def covering(connection: Connection, number: int) -> Checkpoint | None:
    """The earliest checkpoint that an entry is in; None: it is not signed for yet."""
    query = select(audit_checkpoint.c.note).where(audit_checkpoint.c.size >= number)
    note = connection.execute(query.order_by(audit_checkpoint.c.size).limit(1)).scalar()
    return None if note is None else Checkpoint.read(note)


def listed(
    connection: Connection, scope: Scope, *, before: int | None = None, limit: int = LISTED_MAX
) -> list[Checkpoint]:
    """Checkpoints, the newest first; `before`: of fewer entries only. NotAllowed: the scope is not all."""
    rows.must_be_whole(scope)
    query = select(audit_checkpoint.c.note).order_by(audit_checkpoint.c.size.desc())
    if before is not None:
        query = query.where(audit_checkpoint.c.size < before)
    return [Checkpoint.read(row.note) for row in connection.execute(query.limit(min(limit, LISTED_MAX)))]


def all_notes(connection: Connection, size: int) -> list[str]:
    """Every checkpoint of at most so many entries, in order: one a minute at most, some 250 bytes each."""
    query = select(audit_checkpoint.c.note).where(audit_checkpoint.c.size <= size)
    return [str(row.note) for row in connection.execute(query.order_by(audit_checkpoint.c.size))]


def latest_size(connection: Connection) -> int | None:
    """How many entries the last checkpoint has, whatever its note says; None: there is none."""
    found = connection.execute(select(func.max(audit_checkpoint.c.size))).scalar()
    return None if found is None else int(found)


def count(connection: Connection) -> int:
    """How many checkpoints there are."""
    return int(connection.execute(select(func.count()).select_from(audit_checkpoint)).scalar_one())


def check(connection: Connection, known: Sequence[PublicKey]) -> list[Fault]:
    """Hold every checkpoint against the log and against the keys; what does not hold, the earliest first.

    known: the keys that may have signed. One look along the leaves of the log.
    """
    found = connection.execute(select(audit_checkpoint).order_by(audit_checkpoint.c.size)).all()
    roots = rows.roots_at(connection, [row.size for row in found])
    faults = []
    for row in found:
        try:
            point = Checkpoint.read(row.note)
            if (point.size, point.time_s) != (row.size, row.at_s):
                faults.append(Fault(row.size, "changed"))
            elif not any(point.is_signed_by(key) for key in known):
                faults.append(Fault(row.size, "not_signed"))
            elif roots.get(row.size) != point.root:
                faults.append(Fault(row.size, "other_log"))
        except Wrong:
            faults.append(Fault(row.size, "changed"))
    return faults
