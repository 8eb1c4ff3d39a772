"""The tables of the books. Runs, rounds and evidence first, then exclusions and day figures; written by this room only."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Integer, Text, UniqueConstraint

from lenskeeper.inventory.schema import point
from lenskeeper.store.tables import table
from lenskeeper.units.schema import unit

# ---- runs: written by rows_exact.py and rows_rounds.py

run = table(
    "run",
    Column("point_id", Integer, primary_key=True),
    Column("lane", Integer, primary_key=True),
    Column("a", BigInteger, primary_key=True),
    Column("b", BigInteger, CheckConstraint("b > a", name="lasts"), nullable=False),
    Column("state", Integer, CheckConstraint("state IN (1, 2)", name="state_known"), nullable=False),
    Column("look", Integer, nullable=False),
    without_rowid=True,
    comment="A row is a closed run: the lane of this point was down (1) or up (2) in [a, b), UTC seconds. Written when "
    "the state changes, when nothing more is known, or when a late result mends the past. Unknown is no row. The "
    "runs of one point and lane never overlap; two that touch have different states, except at the end of a UTC "
    "month, where all are cut: so a >= start of the month of A and a < B finds all that meets [A, B). "
    "look names the look it began with: a row of evidence for each would be 21 to 84 MB a month "
    "beside 60. Not a row per sample: that is 291 times as many (availability.md section 2). No foreign "
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
    Column("look", Integer, nullable=False),
    Column("last_look", Integer, nullable=False),
    CheckConstraint("(shard IS NULL) = (confirmed_s IS NOT NULL)", name="confirmed_by_one"),
    CheckConstraint("held_s <= since_s", name="held_before_since"),
    without_rowid=True,
    comment="A row is the open run of a point and lane, later than all its rows in run. With a shard, what is known is "
    "[since_s, for ever) as far as the shard's round_cover goes; without one it is [since_s, confirmed_s). Written "
    "when the state or its reason changes, and without a shard at each look. held_s is since when no look said "
    "otherwise, over gaps and over parts already moved to run; it is earlier than since_s only where the run before "
    "may touch. look is the look it began with, last_look the latest one that gave another reason, told at told_s. No "
    "row: nothing is known since the last run. Not a "
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

look = table(
    "look",
    Column("id", Integer, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("prober", Text, nullable=False),
    UniqueConstraint("reason", "prober", name="uq_look"),
    comment="A row is one way a look may end: the outcome or kind of fault, and who looked. Written when it happens for "
    "the first time; a few hundred in all. Runs name it by its id, which is one byte or two instead of twenty.",
)

evidence = table(
    "evidence",
    Column("point_id", Integer, primary_key=True),
    Column("lane", Integer, primary_key=True),
    Column("at_s", BigInteger, primary_key=True),
    Column("state", Integer, CheckConstraint("state IN (1, 2)", name="state_known"), nullable=False),
    Column("look", Integer, nullable=False),
    Column("remark", Text, nullable=False),
    without_rowid=True,
    comment="A row is a look that says more than its run does: the state held and the reason became another one, or the "
    "peer had words of its own. Kept for 13 months, so that a disputed hour can be shown. A reason that only "
    "alternates is told once an hour, because routers limit what they send and 600 dead cameras would write 864,000 "
    "rows a day. No picture and no figure of one.",
)

# ---- exclusions, maintenance and day figures: written by rows_exclusions.py and rows_days.py

maintenance = table(
    "maintenance",
    Column("id", Integer, primary_key=True),
    Column("kind", Integer, CheckConstraint("kind BETWEEN 2 AND 9", name="kind_known"), nullable=False),
    Column("unit_id", Integer, ForeignKey(unit.c.id)),
    Column("site", Text),
    Column("reason", Text, CheckConstraint("reason <> ''", name="has_reason"), nullable=False),
    Column("author", Text, CheckConstraint("author <> ''", name="has_author"), nullable=False),
    Column("entered_s", BigInteger, nullable=False),
    Column("tz", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("first_s", BigInteger, nullable=False),
    Column("length_s", BigInteger, nullable=False),
    Column("horizon_s", BigInteger),
    Column("approver", Text),
    Column("approved_s", BigInteger),
    Column("revoker", Text),
    Column("revoked_s", BigInteger),
    Column("ends_s", BigInteger),
    CheckConstraint("approver IS NULL OR approver <> author", name="second_hand"),
    ids_used_once=True,
    comment="A row is a plan of excluded time: who says that these points do not count in these windows, and why. "
    "Written when it is proposed, approved and revoked; never deleted. The target is a unit's subtree, a site, or "
    "the points of maintenance_point. rule is empty, or a recurrence (RFC 5545) on the wall clock of tz, expanded "
    "as far as horizon_s only. ends_s is from when a revoked plan excludes nothing any more.",
)

maintenance_point = table(
    "maintenance_point",
    Column("plan_id", Integer, ForeignKey("maintenance.id"), primary_key=True),
    Column("point_id", Integer, ForeignKey(point.c.id), primary_key=True),
    without_rowid=True,
    comment="A row names one point of a plan that was made for a list of points.",
)

maintenance_window = table(
    "maintenance_window",
    Column("plan_id", Integer, ForeignKey("maintenance.id"), primary_key=True),
    Column("a", BigInteger, primary_key=True),
    Column("b", BigInteger, CheckConstraint("b > a", name="lasts"), nullable=False),
    Column("pending", Integer, CheckConstraint("pending IN (0, 1)", name="pending_yes_no"), nullable=False),
    without_rowid=True,
    comment="A row is one window [a, b) of a plan, UTC seconds, disjoint within the plan. A pending one waits for a "
    "second person and excludes nothing. Written when the plan is made and when its horizon moves on. Not expanded "
    "on reading: a change of the time zone tables must not move the windows of last year.",
)

exclusion = table(
    "exclusion",
    Column("point_id", Integer, primary_key=True),
    Column("a", BigInteger, primary_key=True),
    Column("b", BigInteger, CheckConstraint("b > a", name="lasts"), nullable=False),
    Column("kind", Integer, CheckConstraint("kind BETWEEN 1 AND 9", name="kind_known"), nullable=False),
    Column("source_id", Integer, nullable=False),
    without_rowid=True,
    comment="A row says that the point does not count in [a, b), UTC seconds: out of service (kind 1, source 0), or by "
    "the plan source_id. The rows of a point never overlap, so that two plain joins add up a rate. Derived from "
    "service life and plans, and derived again whenever one of them changes; never edited by hand. Not the plans "
    "themselves at each read: they overlap, and every engine would subtract intervals its own way.",
)

day_rollup = table(
    "day_rollup",
    Column("day", Integer, primary_key=True),
    Column("point_id", Integer, primary_key=True),
    Column("rev", Integer, nullable=False),
    Column("excluded_s", Integer, nullable=False),
    Column("light_excluded_s", Integer, nullable=False),
    Column("gap_s", Integer, nullable=False),
    Column("down_s", Integer, nullable=False),
    Column("outages", Integer, nullable=False),
    Column("repaired", Integer, nullable=False),
    Column("repair_s", Integer, nullable=False),
    without_rowid=True,
    comment="A row adds up one point over one local day (days since 1970-01-01, in the point's time zone), over that "
    "part of the day in which it was in service. Written once the day is over and settled, and whole again when "
    "something changed it; never incremented, because a repeated batch would count twice. down, gap and outages are "
    "of reachability; gap is what is neither excluded, up nor down, and what is left is up: a healthy day is all "
    "zeros, for which SQLite keeps no byte but the type. light is the part by daylight. An outage counts on the day "
    "it began, its repair on the day it was seen up again, with the down seconds of all its days. rev counts how "
    "often a later result changed the day, here or in day_looks.",
)

day_looks = table(
    "day_looks",
    Column("day", Integer, primary_key=True),
    Column("point_id", Integer, primary_key=True),
    Column("fit_up_s", Integer, nullable=False),
    Column("fit_down_s", Integer, nullable=False),
    Column("fit_outages", Integer, nullable=False),
    Column("fit_repaired", Integer, nullable=False),
    Column("fit_repair_s", Integer, nullable=False),
    Column("fit_light_up_s", Integer, nullable=False),
    Column("fit_light_down_s", Integer, nullable=False),
    Column("delivery_up_s", Integer, nullable=False),
    Column("delivery_down_s", Integer, nullable=False),
    Column("clock_up_s", Integer, nullable=False),
    Column("clock_down_s", Integer, nullable=False),
    Column("low_visibility_s", Integer, nullable=False),
    Column("not_checkable_s", Integer, nullable=False),
    Column("no_picture_s", Integer, nullable=False),
    Column("held_s", Integer, nullable=False),
    without_rowid=True,
    comment="A row adds up what looks at pictures said of one point and local day, excluded time left out; no row: "
    "nothing was said. Written and rewritten with the row of day_rollup. fit_light_* is the part by daylight. One "
    "wide row, because a row per lane would repeat the key eight times; not in day_rollup, because most points are "
    "asked for a picture far more rarely than whether they answer, and passive ones never.",
)

day_closed = table(
    "day_closed",
    Column("tz", Text, primary_key=True),
    Column("first_day", Integer, nullable=False),
    Column("last_day", Integer, nullable=False),
    without_rowid=True,
    comment="A row says for which local days of a time zone day_rollup holds each point in service; what lies outside "
    "is read from the runs. Written when a day is complete, in the transaction that completes it.",
)

dirty_day = table(
    "dirty_day",
    Column("day", Integer, primary_key=True),
    Column("point_id", Integer, primary_key=True),
    without_rowid=True,
    comment="A row says that a day already added up has changed since: read it from the runs until it is added up "
    "again. Written with the change itself, deleted by the recount.",
)
# ---- end of exclusions, maintenance and day figures
