"""The audit log: what somebody did is appended in the transaction of the act itself, and never changed.

The entries are the leaves of a Merkle tree (RFC 9162). Its root is signed every minute by a key outside the database
(checkpoints.py, rows_checkpoints.py): whoever holds an earlier checkpoint sees any later change, also one by us.
"""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, insert, select, update

from lenskeeper.audit import tree
from lenskeeper.audit.schema import audit_entry, audit_head
from lenskeeper.audit.verifier import EMPTY_ROOT, ERASE, HASH_BYTES, Growing, leaf_hash, node_hash
from lenskeeper.base.access import ActorId, Scope
from lenskeeper.base.errors import Invalid, NotAllowed, NotFound
from lenskeeper.base.spans import Span
from lenskeeper.store.statements import insert_into

ENTRIES_MAX: Final = 1_000  # of one answer; ask again from the last number
SUBJECTS_MAX: Final = 500  # of one question to the database
ROWS_AT_ONCE: Final = 5_000  # while the log is checked: some 3 MB
SALT_BYTES: Final = 16
KEPT: Final = frozenset(
    {ERASE, "audit.key"}
)  # acts whose words never go: without them nobody could check the log
SECRET_WORDS: Final = frozenset({"password", "passwd", "secret", "token", "key"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One act. number: from 1, without a gap. subject: kind:id, such as point:17. detail: JSON.

    leaf: the hash that the tree holds. An erased entry has an empty actor, act, subject and detail, and at_s 0.
    """

    number: int
    at_s: int
    actor: ActorId
    act: str
    subject: str
    detail: str
    salt: bytes
    leaf: bytes

    @property
    def is_erased(self) -> bool:
        """Whether it gave its words up at the end of their time."""
        return not self.salt

    @property
    def text(self) -> str:
        """What was hashed: canonical JSON, names in order, no blanks. Empty of an erased one."""
        if self.is_erased:
            return ""
        return canonical(
            self.number,
            self.at_s,
            self.actor,
            self.act,
            subject=self.subject,
            detail=self.detail,
            salt=self.salt,
        )


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries. Empty or None: all. subjects: any of them. The span is of the instants, [from_s, to_s)."""

    actor: str = ""
    act: str = ""
    subjects: tuple[str, ...] = ()
    from_s: int | None = None
    to_s: int | None = None


ANY: Final = Wanted()


@dataclass(frozen=True, slots=True)
class Checked:
    """What a look along the whole log found.

    entries:      how many hold, from the first.
    broken_at:    the number of the first that does not, or that is missing; None where all hold.
    root:         of the tree over those that hold: write it down elsewhere to compare later.
    erased:       how many of them gave their words up.
    """

    entries: int
    broken_at: int | None
    root: bytes
    erased: int = 0


def append(
    connection: Connection, *, actor: ActorId, at_s: int, act: str, subject: str, detail: Mapping[str, object]
) -> int:
    """Enter an act; gives its number. Call it in the transaction of the act, so that neither stands alone.

    detail: text, numbers, yes/no, None, and lists and mappings of them. TypeError: anything else, above all a Secret
    or bytes, or a key that is the name of one: a log that is read for years must hold none.
    """
    _admit(detail)
    said = msgspec.json.encode(detail, order="sorted").decode()
    size, peaks = _head(connection)
    number, salt = size + 1, secrets.token_bytes(SALT_BYTES)
    made = leaf_hash(canonical(number, at_s, actor, act, subject=subject, detail=said, salt=salt).encode())
    kept = made
    while size & 1:
        made = node_hash(peaks[-HASH_BYTES:], made)
        kept, peaks, size = kept + made, peaks[:-HASH_BYTES], size >> 1
    connection.execute(
        insert(audit_entry).values(
            number=number,
            at_s=at_s,
            actor=actor,
            act=act,
            subject=subject,
            detail=said,
            salt=salt,
            hashes=kept,
        )
    )
    connection.execute(update(audit_head).values(number=number, peaks=peaks + made))
    return number


def canonical(number: int, at_s: int, actor: str, act: str, *, subject: str, detail: str, salt: bytes) -> str:
    """The bytes of an entry, as text. detail: canonical JSON itself."""
    return msgspec.json.encode(
        {
            "act": act,
            "actor": actor,
            "at_s": at_s,
            "detail": msgspec.Raw(detail.encode()),
            "number": number,
            "salt": salt.hex(),
            "subject": subject,
        }
    ).decode()


def size_of(connection: Connection) -> int:
    """How many entries there are."""
    return int(connection.execute(select(audit_head.c.number)).scalar() or 0)


def root_at(connection: Connection, size: int) -> bytes:
    """The root of the tree over the first `size` entries. NotFound: there are not so many."""
    if not size:
        return EMPTY_ROOT
    return _roots(connection, [(0, size)])[0]


def inclusion(connection: Connection, number: int, size: int) -> list[bytes]:
    """The proof that an entry is in the tree of the first `size`. NotFound: it is not."""
    if not 1 <= number <= size:
        raise NotFound(f"entry {number} is not among the first {size}")
    return _roots(connection, tree.inclusion(number - 1, size))


def consistency(connection: Connection, old: int, size: int) -> list[bytes]:
    """The proof that the first `size` entries begin with the first `old`. Invalid: they cannot. NotFound: no such size."""
    if not 0 <= old <= size:
        raise Invalid(
            f"a log of {size} entries cannot begin with {old}: name the smaller one first", field="old"
        )
    return _roots(connection, tree.consistency(old, size))


def verify(connection: Connection) -> Checked:
    """Look along the whole log: 100,000 entries take some seconds."""
    grown, erased, named = Growing(), set[int](), set[int]()
    checked: int | None = None
    for row in _all(connection):
        number = grown.size + 1
        if row.number != number or not _holds(row, grown):
            checked = number
            break
        if row.salt is None:
            erased.add(number)
        elif row.act == ERASE:
            named |= erased_by(row.detail)
    if checked is None:
        head = connection.execute(select(audit_head)).one_or_none()
        kept = (0, b"") if head is None else (head.number, head.peaks)
        checked = None if kept == (grown.size, b"".join(grown.peaks)) else grown.size + 1
    if loose := erased - named:  # words that went without an entry that says so
        checked = min(loose)
    if checked is not None and checked <= grown.size:
        return Checked(checked - 1, checked, root_at(connection, checked - 1), len(erased))
    return Checked(grown.size, checked, grown.root(), len(erased))


def roots_at(connection: Connection, sizes: Sequence[int]) -> dict[int, bytes]:
    """The roots of the tree at some sizes, reckoned from the leaves alone, in one look along the log."""
    wanted, grown, out = set(sizes), Growing(), {}
    for number, hashes in _leaves(connection):
        if number != grown.size + 1:
            break
        grown.add(hashes[:HASH_BYTES])
        if grown.size in wanted:
            out[grown.size] = grown.root()
    return out


def erase(connection: Connection, numbers: Sequence[int], *, because: str, actor: ActorId, now_s: int) -> int:
    """Entries give up their words and their salt; their hashes stay. Gives the number of the entry that says so.

    What is erased already is left out, and so are the acts of KEPT. Invalid: none of them is left, or no reason.
    """
    if not because.strip():
        raise Invalid("say why the words go: the law or the rule that sets their time", field="because")
    rows = connection.execute(
        select(audit_entry.c.number)
        .where(audit_entry.c.number.in_(numbers), audit_entry.c.salt.is_not(None))
        .where(audit_entry.c.act.not_in(KEPT))
        .order_by(audit_entry.c.number)
    )
    gone = [int(row.number) for row in rows]
    if not gone:
        raise Invalid("no entry is left that has words to give up", field="numbers")
    connection.execute(
        update(audit_entry)
        .where(audit_entry.c.number.in_(gone))
        .values(at_s=None, actor=None, act=None, subject=None, detail=None, salt=None)
    )
    said = {"entries": [list(span) for span in ranges(gone)], "count": len(gone), "because": because}
    return append(connection, actor=actor, at_s=now_s, act=ERASE, subject="audit", detail=said)


def erased_by(detail: str) -> set[int]:
    """The entries that an entry of an erasure names."""
    said = msgspec.json.decode(detail)
    return {number for a, b in said["entries"] for number in range(int(a), int(b) + 1)}


def ranges(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Numbers in rising order as stretches, both ends in them."""
    out: list[tuple[int, int]] = []
    for number in numbers:
        if out and out[-1][1] == number - 1:
            out[-1] = (out[-1][0], number)
        else:
            out.append((number, number))
    return out


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

    latest: of those more than the limit, the last ones and not the first. NotAllowed: as `found`.
    """
    wanted = Wanted(subjects=() if subject is None else (subject,), from_s=since_s)
    rows = found(connection, scope, wanted, after=after, limit=limit, newest_first=latest)
    return rows[::-1] if latest else rows


def found(
    connection: Connection,
    scope: Scope,
    wanted: Wanted = ANY,
    *,
    after: int = 0,
    before: int | None = None,
    limit: int = ENTRIES_MAX,
    newest_first: bool = True,
) -> list[Entry]:
    """Entries that were asked for, with a number above `after` and below `before`; at most ENTRIES_MAX.

    NotAllowed: the scope is not all. The log is not cut by unit: an act upon a camera that moved, or upon a login
    of many units, belongs to no single one.
    """
    must_be_whole(scope)
    assert len(wanted.subjects) <= SUBJECTS_MAX, "ask for fewer subjects at once"
    query = select(audit_entry).where(audit_entry.c.number > after, *_fits(wanted))
    if before is not None:
        query = query.where(audit_entry.c.number < before)
    order = audit_entry.c.number.desc() if newest_first else audit_entry.c.number
    rows = connection.execute(query.order_by(order).limit(min(limit, ENTRIES_MAX)))
    return [_entry(row) for row in rows]


def every(connection: Connection, scope: Scope, size: int) -> Iterator[Entry]:
    """The first `size` entries, one after the other. NotAllowed: as `found`."""
    must_be_whole(scope)
    for row in _all(connection):
        if row.number > size:
            return
        yield _entry(row)


def entry(connection: Connection, scope: Scope, number: int) -> Entry:
    """One entry. NotFound: there is none of this number. NotAllowed: as `found`."""
    must_be_whole(scope)
    row = connection.execute(select(audit_entry).where(audit_entry.c.number == number)).one_or_none()
    if row is None:
        raise NotFound(f"the audit log has no entry {number}")
    return _entry(row)


def acts(connection: Connection) -> list[str]:
    """The names of the acts that stand in the log."""
    query = (
        select(audit_entry.c.act).where(audit_entry.c.act.is_not(None)).distinct().order_by(audit_entry.c.act)
    )
    return [str(row.act) for row in connection.execute(query)]


def must_be_whole(scope: Scope) -> None:
    """NotAllowed: the scope is not all."""
    if scope.units is not None:
        raise NotAllowed("the audit log is read as a whole: ask somebody who may see every unit")


def _fits(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    if wanted.actor:
        yield audit_entry.c.actor == wanted.actor
    if wanted.act.endswith("."):  # a kind of acts, such as "ticket."
        yield audit_entry.c.act.startswith(wanted.act, autoescape=True)
    elif wanted.act:
        yield audit_entry.c.act == wanted.act
    if wanted.subjects:
        yield audit_entry.c.subject.in_(wanted.subjects)
    if wanted.from_s is not None:
        yield audit_entry.c.at_s >= wanted.from_s
    if wanted.to_s is not None:
        yield audit_entry.c.at_s < wanted.to_s


def _head(connection: Connection) -> tuple[int, bytes]:
    """How many entries there are and the roots they make; held against other writers until the end of the transaction."""
    last = connection.execute(select(audit_head).with_for_update()).one_or_none()
    if last is None:
        connection.execute(
            insert_into(connection, audit_head).values(id=1, number=0, peaks=b"").on_conflict_do_nothing()
        )
        last = connection.execute(select(audit_head).with_for_update()).one()
    return int(last.number), bytes(last.peaks)


def _holds(row: Any, grown: Growing) -> bool:
    """Whether a row's words are those of its leaf, and its hashes those of the tree, which grows by it."""
    leaf = row.hashes[:HASH_BYTES]
    if len(leaf) != HASH_BYTES:
        return False
    if row.salt is not None:
        try:
            said = canonical(
                row.number,
                row.at_s,
                row.actor,
                row.act,
                subject=row.subject,
                detail=row.detail,
                salt=row.salt,
            )
        except (UnicodeError, TypeError, AttributeError):
            return False
        if leaf_hash(said.encode()) != leaf:
            return False
    before = grown.peaks[:]
    if grown.add(leaf) == row.hashes:
        return True
    grown.peaks, grown.size = before, grown.size - 1
    return False


def _roots(connection: Connection, spans: list[Span]) -> list[bytes]:
    rows = connection.execute(
        select(audit_entry.c.number, audit_entry.c.hashes).where(
            audit_entry.c.number.in_(tree.numbers(spans))
        )
    )
    try:
        return tree.roots(spans, {row.number: row.hashes for row in rows})
    except KeyError as missing:
        raise NotFound(f"the audit log has no entry {missing.args[0]}, or not its hashes") from None


def _entry(row: Any) -> Entry:
    return Entry(
        row.number,
        row.at_s or 0,
        ActorId(row.actor or ""),
        row.act or "",
        row.subject or "",
        row.detail or "",
        row.salt or b"",
        row.hashes[:HASH_BYTES],
    )


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


def _leaves(connection: Connection) -> Iterator[tuple[int, bytes]]:
    after = 0
    query = (
        select(audit_entry.c.number, audit_entry.c.hashes).order_by(audit_entry.c.number).limit(ROWS_AT_ONCE)
    )
    while rows := connection.execute(query.where(audit_entry.c.number > after)).all():
        yield from ((row.number, row.hashes) for row in rows)
        after = rows[-1].number


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
