"""The tables of the audit log. Written by audit/rows*.py only, and there only appended to."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, LargeBinary, Text

from lenskeeper.store.tables import table

audit_entry = table(
    "audit_entry",
    Column(
        "number",
        Integer,
        CheckConstraint("number >= 1", name="from_one"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("at_s", BigInteger),
    Column("actor", Text, CheckConstraint("actor <> ''", name="has_actor")),
    Column("act", Text, CheckConstraint("act <> ''", name="has_act")),
    Column("subject", Text),
    Column("detail", Text),
    Column("salt", LargeBinary),
    Column("hashes", LargeBinary, nullable=False),
    CheckConstraint(
        "(salt IS NULL) = (at_s IS NULL) AND (salt IS NULL) = (actor IS NULL) AND (salt IS NULL) = (act IS NULL) "
        "AND (salt IS NULL) = (subject IS NULL) AND (salt IS NULL) = (detail IS NULL)",
        name="whole_or_erased",
    ),
    Index("audit_entry_at", "at_s", "number"),
    Index("audit_entry_actor", "actor", "number"),
    Index("audit_entry_act", "act", "number"),
    Index("audit_entry_subject", "subject", "number"),
    comment="A row is one act: who, when, what, upon what. Written in the transaction of the act itself, never changed "
    "and never deleted. number runs from 1 without a gap. subject is written kind:id (point:17). detail is JSON without "
    "secrets. hashes holds SHA-256 of the entry's leaf and then the roots of the perfect subtrees of the Merkle tree "
    "(RFC 9162) that the entry completes, so that no node is stored in a table of its own. salt, 16 random bytes, is "
    "part of the leaf: at the end of its time an entry gives up its words and its salt together, the hash stays, and a "
    "later entry (audit.erase) says so. Not a chain of hashes: that has no short proof for one entry.",
)

audit_head = table(
    "audit_head",
    Column("id", Integer, CheckConstraint("id = 1", name="only_one"), primary_key=True, autoincrement=False),
    Column("number", Integer, nullable=False),
    Column("peaks", LargeBinary, nullable=False),
    comment="The one row holds the number of the last entry and the roots of the perfect subtrees that the tree is made "
    "of, the largest first. Updated with each entry: it serialises writers on PostgreSQL, an entry is appended without "
    "reading another, and an end cut off the log is seen. Not max(number): two writers may read the same one.",
)

audit_checkpoint = table(
    "audit_checkpoint",
    Column(
        "size",
        Integer,
        CheckConstraint("size >= 1", name="from_one"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("at_s", BigInteger, nullable=False),
    Column("note", Text, nullable=False),
    comment="A row is a signed statement that the log had so many entries with this root: a note in the form that C2SP "
    "calls tlog-checkpoint, signed with Ed25519 by a key that is not in the database. Written every 60 s or 1,000 "
    "entries while the log grows; never changed. at_s stands in the note too, and is here to be searched for.",
)
