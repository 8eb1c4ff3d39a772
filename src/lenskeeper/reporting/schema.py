"""The tables of issued reports, and of the assessments that are made with them. Written by reporting/rows*.py only."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)

from lenskeeper.accounts.schema import account
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

# ---- what screens list, count and find: written by rows_screens.py

screen_camera: Final = table(
    "screen_camera",
    Column("point_id", Integer, ForeignKey(point.c.id), primary_key=True, autoincrement=False),
    Column("unit_id", Integer, ForeignKey(unit.c.id)),
    Column("name", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("klass", Integer, nullable=False),
    Column("state", Integer, CheckConstraint("state BETWEEN 0 AND 4", name="state_known"), nullable=False),
    Column("reason", Text, nullable=False),
    Column("since_s", BigInteger),
    Column("ticket_id", Integer),
    Column("is_planned", Integer, CheckConstraint("is_planned IN (0, 1)", name="planned_yes_no"), nullable=False),
    Column("lon", Double),
    Column("lat", Double),
    Column("cell", BigInteger),
    Column("sought", Text, nullable=False),
    Index("screen_camera_unit", "unit_id", "state", "klass"),
    Index("screen_camera_state", "state", "since_s", "point_id"),
    Index("screen_camera_name", "name", "point_id"),
    Index("screen_camera_cell", "cell", "unit_id", "state", "klass", "point_id"),
    comment="A row is how a camera stands at this moment, for screens: state is a number of screen_states.Seen, reason "
    "the outcome or the worst kind of fault behind it, since_s since when (empty: never known), ticket_id the work that "
    "is under way. cell is its square of the map at the finest level, in the order of a Morton curve, so that a square of "
    "any coarser level is one range; empty without a place. sought is what it can be found by. Derived from the register, "
    "the books, the faults that stand and the tickets within a second or two of a change, and all of it again every ten "
    "minutes; nothing is decided by it. Not worked out at each question: a count over 200,000 cameras would read 800,000 rows.",
)  # fmt: skip

screen_cell: Final = table(
    "screen_cell",
    Column("level", Integer, primary_key=True),
    Column("cell", BigInteger, primary_key=True),
    Column("unit_id", Integer, primary_key=True),
    Column("state", Integer, primary_key=True),
    Column("klass", Integer, primary_key=True),
    Column("cameras", Integer, CheckConstraint("cameras >= 0", name="cameras_positive"), nullable=False),
    Column("sum_lon", Double, nullable=False),
    Column("sum_lat", Double, nullable=False),
    without_rowid=True,
    comment="A row adds up the cameras of one unit, state and class in one square of a level of the map: how many, and "
    "the sums of their places. unit_id is 0 for those of no unit. Changed by the difference with each row of "
    "screen_camera, and all of it made again with the whole of that; a row of zero cameras may stand until then. It "
    "answers maps of whole units; what depends on lots or purposes is counted from screen_camera.",
)

screen_word: Final = table(
    "screen_word",
    Column("word", Text().with_variant(Text(collation="C"), "postgresql"), primary_key=True),
    Column("point_id", Integer, ForeignKey(point.c.id), primary_key=True),
    Column("kind", Integer, CheckConstraint("kind BETWEEN 1 AND 6", name="kind_known"), primary_key=True),
    Column("unit_id", Integer),
    Index("screen_word_point", "point_id"),
    without_rowid=True,
    comment="A row is one beginning by which a camera is found: a part of its name and what follows it, the pinyin "
    "initials of that, its code, serial, road or address, in small letters (kind: screen_words.WordKind). A search is "
    "one range of this key. Written with the row of screen_camera. Not a full text index of the engine: SQLite's and "
    "PostgreSQL's agree neither on Chinese nor on beginnings of words.",
)

# ---- areas that operators draw over the map: written by rows_overlays.py

map_overlay: Final = table(
    "map_overlay",
    Column("id", Integer, primary_key=True),
    Column("name", Text, CheckConstraint("name <> ''", name="named"), nullable=False),
    Column("actor", Text, nullable=False),
    Column(
        "is_shared", Integer, CheckConstraint("is_shared IN (0, 1)", name="shared_yes_no"), nullable=False
    ),
    Column("at_s", BigInteger, nullable=False),
    Column("shapes", Text, nullable=False),
    Index("map_overlay_of", "actor"),
    ids_used_once=True,
    comment="A row is a set of areas (districts, basins) that an operator loaded: GeoJSON in WGS-84, polygons with a name "
    "and nothing else of the file's properties. Seen by whoever loaded it, and by all once it is shared. Written when it "
    "is loaded and when it is shared, each time with an audit entry. We ship no boundaries.",
)

# ---- lists that leave as files: written by rows_exports.py

export_job: Final = table(
    "export_job",
    Column("id", Integer, primary_key=True),
    Column("account_id", Integer, ForeignKey(account.c.id), nullable=False),
    Column(
        "what", Text, CheckConstraint("what IN ('cameras', 'tickets')", name="what_known"), nullable=False
    ),
    Column("kind", Text, CheckConstraint("kind IN ('csv', 'xlsx')", name="kind_known"), nullable=False),
    Column("asked", Text, nullable=False),
    Column(
        "with_addresses", Integer, CheckConstraint("with_addresses IN (0, 1)", name="yes_no"), nullable=False
    ),
    Column("may", Text, nullable=False),
    Column("made_s", BigInteger, nullable=False),
    Column("total", Integer),
    Column("done", Integer, nullable=False, server_default=text("0")),
    Column(
        "state",
        Text,
        CheckConstraint(
            "state IN ('waiting', 'running', 'done', 'failed', 'interrupted')", name="state_known"
        ),
        nullable=False,
    ),
    Column("fault", Text, nullable=False, server_default=text("''")),
    Column("ended_s", BigInteger),
    Column("until_s", BigInteger, nullable=False),
    Index("export_job_of", "account_id"),
    ids_used_once=True,
    comment="A row is a list that somebody wants as a file: what was asked (JSON), of how many rows (empty: not counted) so "
    "many are written. The file lies in the folder of exports under this number and not here. may is what the asker might "
    "see of it when it was begun: the file is handed out for as long as that holds, and both go at until_s.",
)
