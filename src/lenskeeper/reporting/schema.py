"""The table of issued reports."""

from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Column, Integer, LargeBinary, Text, UniqueConstraint

from lenskeeper.store.tables import table

report: Final = table(
    "report",
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("unit_id", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("first_day", Integer, nullable=False),
    Column("end_day", Integer, nullable=False),
    Column("tz", Text, nullable=False),
    Column("exercise", Integer, CheckConstraint("exercise IN (0, 1)"), nullable=False),
    Column("revision", Integer, CheckConstraint("revision >= 1"), nullable=False),
    Column("watermark_s", BigInteger, nullable=False),
    Column("issued_at_s", BigInteger, nullable=False),
    Column("issued_by", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("sha256", Text, nullable=False),
    UniqueConstraint("unit_id", "kind", "first_day", "end_day", "tz", "exercise", "revision"),
    ids_used_once=True,
    comment="A row is one report as it was issued: its body is canonical JSON, packed by zlib, and sha256 is the hash "
    "of that JSON unpacked. Written once, never changed; late data make the next revision beside it. "
    "unit_id is no foreign key: a report outlives the unit it was made for. "
    "Not the figures alone: the sums of every camera are in the body, so that an old figure can still be "
    "opened when its runs are long gone.",
)
