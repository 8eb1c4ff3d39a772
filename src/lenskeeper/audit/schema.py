"""The tables of the audit log. Written by audit/rows.py only, and there only appended to."""

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
    Column("at_s", BigInteger, nullable=False),
    Column("actor", Text, CheckConstraint("actor <> ''", name="has_actor"), nullable=False),
    Column("act", Text, CheckConstraint("act <> ''", name="has_act"), nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("before_sha256", LargeBinary, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Index("audit_entry_subject", "subject", "number"),
    comment="A row is one act: who, when, what, upon what. Written in the transaction of the act itself, never changed "
    "and never deleted. number runs from 1 without a gap; sha256 covers the entry and the sha256 of the entry before "
    "it, so that whoever changes one must change all after it. subject is written kind:id (point:17). detail is JSON "
    "without secrets. Not a Merkle tree yet: that needs signed checkpoints and comes with the view.",
)

audit_head = table(
    "audit_head",
    Column("id", Integer, CheckConstraint("id = 1", name="only_one"), primary_key=True, autoincrement=False),
    Column("number", Integer, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    comment="The one row holds number and hash of the last entry. Updated with each entry: it serialises writers on "
    "PostgreSQL, and an end cut off the log is seen. Not max(number): two writers may read the same one.",
)
