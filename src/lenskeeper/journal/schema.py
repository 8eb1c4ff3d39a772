"""The table of announced facts."""

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, Text

from lenskeeper.store.tables import table

journal: Final = table(
    "journal",
    Column("position", Integer, primary_key=True, autoincrement=True),
    Column("at_s", BigInteger, nullable=False),
    Column("room", Text, nullable=False),
    Column("fact", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    Index(None, "at_s"),
    ids_used_once=True,
    comment="A row is one fact that a room announced, in its own words, in the transaction that made it true: "
    "changes only, never a look. Whoever stands above follows by position. Kept for 48 hours, and a state that "
    "began for as long as it stands; history is "
    "in the rooms' own tables. Not a queue: nobody takes rows away, and each follower keeps his own place.",
)
