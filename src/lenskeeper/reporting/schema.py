"""The tables of issued reports, and of the assessments that are made with them. Written by reporting/rows*.py only."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)

from lenskeeper.availability.schema import maintenance
from lenskeeper.inventory.schema import point
from lenskeeper.store.tables import table
from lenskeeper.tickets.schema import contract
from lenskeeper.units.schema import unit

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

# ---- assessments: written by rows_objections.py

assessment: Final = table(
    "assessment",
    Column("id", Integer, primary_key=True),
    Column("contract_id", Integer, ForeignKey(contract.c.id)),
    Column("unit_id", Integer, ForeignKey(unit.c.id)),
    Column("first_day", Integer, nullable=False),
    Column("end_day", Integer, CheckConstraint("end_day > first_day", name="lasts"), nullable=False),
    Column("tz", Text, nullable=False),
    Column("scheme", Text, CheckConstraint("scheme <> ''", name="has_scheme"), nullable=False),
    Column("scheme_text", Text, nullable=False),
    Column("scheme_sha256", Text, nullable=False),
    Column("calendar", Text, nullable=False, server_default=text("''")),
    Column("open_until_day", Integer, nullable=False),
    Column("drafted_s", BigInteger, nullable=False),
    Column("drafted_by", Text, nullable=False),
    Column("draft_id", Integer, ForeignKey(report.c.id), nullable=False),
    Column("issued_s", BigInteger),
    Column("issued_by", Text),
    Column("agreed_by", Text),
    Column("report_id", Integer, ForeignKey(report.c.id)),
    Column("causes", Text),
    Column("rulings_sha256", Text),
    CheckConstraint("(contract_id IS NULL) <> (unit_id IS NULL)", name="of_one"),
    CheckConstraint("(issued_s IS NULL) = (report_id IS NULL)", name="issued_whole"),
    CheckConstraint("agreed_by IS NULL OR agreed_by <> issued_by", name="two_sides"),
    Index("assessment_of", "first_day", "contract_id", "unit_id"),
    ids_used_once=True,
    comment="A row is the assessment (考核) of a contract's lot or a unit for a month: a draft until report_id is set, and "
    "issued from then on. Written when it is drafted and once more when it is issued; never deleted. draft_id and "
    "report_id are revisions of one report, which for a lot stands in `report` under minus the contract's number. The "
    "scheme is kept as its whole text, so that the second counting is by the rules of the first. Objections may be "
    "made to the end of the local day open_until_day. agreed_by is who agreed, for the other side, to an issue before "
    "that. causes is JSON: why each camera's figures changed between the two revisions, worked out when it was issued, "
    "because the runs will be gone one day; rulings_sha256 is the hash of all objections as they were ruled then.",
)

objection: Final = table(
    "objection",
    Column("assessment_id", Integer, ForeignKey(assessment.c.id), primary_key=True),
    Column("number", Integer, CheckConstraint("number >= 1", name="from_one"), primary_key=True),
    Column("point_id", Integer, ForeignKey(point.c.id), nullable=False),
    Column("a", BigInteger, nullable=False),
    Column("b", BigInteger, CheckConstraint("b > a", name="lasts"), nullable=False),
    Column("reason", Text, CheckConstraint("reason <> ''", name="has_reason"), nullable=False),
    Column("entered_s", BigInteger, nullable=False),
    Column("author", Text, CheckConstraint("author <> ''", name="has_author"), nullable=False),
    Column("ruled_s", BigInteger),
    Column("ruled_by", Text),
    Column("is_upheld", Integer, CheckConstraint("is_upheld IN (0, 1)", name="upheld_yes_no")),
    Column("words", Text, nullable=False, server_default=text("''")),
    Column("ruled_a", BigInteger),
    Column("ruled_b", BigInteger, CheckConstraint("ruled_b > ruled_a", name="ruled_lasts")),
    Column("plan_id", Integer, ForeignKey(maintenance.c.id)),
    CheckConstraint("ruled_by IS NULL OR ruled_by <> author", name="second_hand"),
    CheckConstraint("(ruled_s IS NULL) = (is_upheld IS NULL)", name="ruled_whole"),
    without_rowid=True,
    comment="A row is one objection to an assessment: this point, this stretch [a, b), for this reason. Written when it is "
    "made and once more when it is ruled. Upheld, it became the plan plan_id of excluded time over [ruled_a, ruled_b), "
    "with the objector as its author and the ruler as its second person: a ruling changes no figure by itself. "
    "Not a correction written into a figure: nobody could say later what it was made of.",
)

# ---- shift handovers: written by rows_handover.py

shift_handover: Final = table(
    "shift_handover",
    Column("id", Integer, primary_key=True),
    Column("unit", Text, nullable=False),
    Column("from_s", BigInteger, nullable=False),
    Column("to_s", BigInteger, CheckConstraint("to_s > from_s", name="lasts"), nullable=False),
    Column("giver", Text, CheckConstraint("giver <> ''", name="has_giver"), nullable=False),
    Column("taker", Text, CheckConstraint("taker <> ''", name="has_taker"), nullable=False),
    Column("signed_s", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    CheckConstraint("giver <> taker", name="two_people"),
    Index("shift_handover_of", "unit", "to_s"),
    ids_used_once=True,
    comment="A row is a shift as it was handed over: body is canonical JSON of handover.Handover and sha256 its hash. "
    "Written once, when both have put their names under it, and never changed. giver and taker are operators' accounts. "
    "unit is the path of the tree then, empty for all: a handover outlives the unit. Not worked out again from tickets: "
    "what nobody knew at eight o'clock was not handed over.",
)
