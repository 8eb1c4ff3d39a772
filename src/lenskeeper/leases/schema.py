"""The table of leases."""

from typing import Final

from sqlalchemy import BigInteger, Column, Integer, Text

from lenskeeper.store.tables import table

lease: Final = table(
    "lease",
    Column("job", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("until_s", BigInteger, nullable=False),
    without_rowid=True,
    comment="A row is a job that only one process may do, who does it, and until when. `fence` grows with each new "
    "owner, so that a process that slept past its lease and wakes up can be told from its successor. "
    "Not a lock of the engine: those end with a connection, and say nothing of who held them.",
)
