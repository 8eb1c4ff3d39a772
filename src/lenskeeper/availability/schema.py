"""The tables of the books. Runs, rounds and evidence first, then exclusions and day figures; written by this room only."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Integer, Text

from lenskeeper.store.tables import table

# ---- runs: written by rows_exact.py and rows_rounds.py

run = table(
    "run",
    Column("point_id", Integer, primary_key=True),
    Column("lane", Integer, primary_key=True),
    Column("a", BigInteger, primary_key=True),
    Column("b", BigInteger, CheckConstraint("b > a", name="lasts"), nullable=False),
    Column("state", Integer, CheckConstraint("state IN (1, 2)", name="state_known"), nullable=False),
    without_rowid=True,
    comment="A row is a closed run: the lane of this point was down (1) or up (2) in [a, b), UTC seconds. Written when "
    "the state changes, when nothing more is known, or when a late result mends the past. Unknown is no row. The "
    "runs of one point and lane never overlap; two that touch have different states, except at the end of a UTC "
    "month, where all are cut: so a >= start of the month of A and a < B finds all that meets [A, B), and retention "
    "drops whole months. Not a row per sample: that is 291 times as many (availability.md section 2). No foreign "
    "key to point: points are never deleted, and each row would cost a look-up.",
)

standing = table(
    "standing",
    Column("point_id", Integer, primary_key=True),
    Column("lane", Integer, primary_key=True),
    Column("shard", Text),
    Column("state", Integer, CheckConstraint("state IN (1, 2)", name="state_known"), nullable=False),
    Column("since_s", BigInteger, nullable=False),
    Column("confirmed_s", BigInteger),
    Column("held_s", BigInteger, nullable=False),
    Column("told_s", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    CheckConstraint("(shard IS NULL) = (confirmed_s IS NOT NULL)", name="confirmed_by_one"),
    CheckConstraint("held_s <= since_s", name="held_before_since"),
    without_rowid=True,
    comment="A row is the open run of a point and lane, later than all its rows in run. With a shard, what is known is "
    "[since_s, for ever) as far as the shard's round_cover goes; without one it is [since_s, confirmed_s). Written "
    "when the state or its reason changes, and without a shard at each look. held_s is since when no look said "
    "otherwise, over gaps and over parts already moved to run; it is earlier than since_s only where the run before "
    "may touch. told_s is when evidence was last written. No row: nothing is known since the last run. Not a "
    "confirmation per point and minute: that is 20 times the work (scale-out.md section 2).",
)

round_cover = table(
    "round_cover",
    Column("shard", Text, primary_key=True),
    Column("lane", Integer, primary_key=True),
    Column("a", BigInteger, primary_key=True),
    Column("b", BigInteger, CheckConstraint("b > a", name="lasts"), nullable=False),
    without_rowid=True,
    comment="A row says: every standing run of this shard and lane is confirmed in [a, b), from its own since_s on. "
    "A usual minute moves b of the last row; after a minute without a round there is a new row. A dead prober, a "
    "crash or a zone that is blind writes nothing, and its minutes are unknown by that.",
)

book_edition = table(
    "book_edition",
    Column("lane", Integer, primary_key=True),
    Column("edition", BigInteger, nullable=False),
    without_rowid=True,
    comment="A row counts how often the standing runs of a lane were changed by anybody but its rounds: a late batch, "
    "another process. Who keeps a copy of them in memory compares it each minute and reads them again. Not a "
    "comparison of all rows: that is the work which the copy saves.",
)

evidence = table(
    "evidence",
    Column("point_id", Integer, primary_key=True),
    Column("lane", Integer, primary_key=True),
    Column("at_s", BigInteger, primary_key=True),
    Column("state", Integer, CheckConstraint("state IN (1, 2)", name="state_known"), nullable=False),
    Column("reason", Text, nullable=False),
    Column("prober", Text, nullable=False),
    Column("remark", Text, nullable=False),
    without_rowid=True,
    comment="A row is the look with which a state began, or with which its reason became another one: outcome, who "
    "looked, and the peer's own words. Kept for 13 months, so that a disputed hour can be shown. A reason that only "
    "alternates is told once an hour, because routers limit what they send and 600 dead cameras would write 864,000 "
    "rows a day. No picture and no figure of one.",
)

# ---- exclusions, maintenance and day figures: written by rows_exclusions.py and rows_days.py
