"""The tables of diagnosis over time. No column can hold a picture or the map of a single look (charter 3)."""

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
    text,
)

from lenskeeper.inventory.schema import point
from lenskeeper.store.tables import table

picture_state: Final = table(
    "picture_state",
    Column("point_id", Integer, ForeignKey(point.c.id), primary_key=True),
    Column("judged_s", BigInteger, nullable=False),
    Column("word", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column(
        "is_provisional",
        Integer,
        CheckConstraint("is_provisional IN (0, 1)", name="provisional"),
        nullable=False,
    ),
    Column("flapping_since_s", BigInteger),
    Column("acts", Integer, nullable=False),
    Column("state", LargeBinary, nullable=False),
    comment="A row is how the picture of a point stood at its last look that was saved: word and reason for people; "
    "state, with a codec version, what the next look must know: buckets with their checks, the last 21 judgements, which "
    "lights the hours have shown, the hash of the last coded picture. Written when a verdict, a bucket or a baseline "
    "changed, else at leisure. acts counts what persons have said of it: a look that was judged without knowing of the "
    "last of them is not written over it. Half-learnt baselines are not in it: they would be maps of single looks.",
)

baseline: Final = table(
    "baseline",
    Column("point_id", Integer, ForeignKey(point.c.id), primary_key=True),
    Column("part", Text, primary_key=True),
    Column("rung", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("from_s", BigInteger, nullable=False),
    Column("looks", Integer, CheckConstraint("looks >= 15", name="looks_enough"), nullable=False),
    Column("doubts", Text, nullable=False),
    Column("confirmed_s", BigInteger),
    Column("renewed_s", BigInteger, nullable=False),
    Column("retired_s", BigInteger),
    Column("learnt", LargeBinary, CheckConstraint("length(learnt) <= 8192", name="small"), nullable=False),
    Index("baseline_in_doubt", "point_id", sqlite_where=text("doubts <> '' AND confirmed_s IS NULL"),
          postgresql_where=text("doubts <> '' AND confirmed_s IS NULL")),
    comment="A row is what is usual at a point in one light and on one rung: medians of figures, of a 32 x 18 map and of "
    "edge profiles over at least 15 looks and 2 hours, with a codec version in front. Written when the first "
    "reference stands and at most once a day after that; a repair, a swap, an accepted move or another size of picture "
    "retires it and begins the next version. doubts names the kinds for which the first reference looks odd against the "
    "fleet, and a person is asked. Not one row per hour of day: a spread that was learnt over the day serves as well, "
    "at an eighth of the bytes.",
)  # fmt: skip

held_fault: Final = table(
    "held_fault",
    Column("point_id", Integer, ForeignKey(point.c.id), primary_key=True),
    Column("rung", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("since_s", BigInteger, nullable=False),
    Column("opened_s", BigInteger, nullable=False),
    Column("severity", Text, nullable=False),
    Column("figure", Double, nullable=False),
    Column("limit_value", Double, nullable=False),
    Column("compared_with", Text, nullable=False),
    without_rowid=True,
    comment="A row is a fault of a picture that stands now: two checks agreed and not enough have disagreed since. Written "
    "when one opens or closes. It says again what picture_state holds, so that a list of what is broken is a query.",
)

verdict_change: Final = table(
    "verdict_change",
    Column("id", Integer, primary_key=True),
    Column("point_id", Integer, ForeignKey(point.c.id), nullable=False),
    Column("at_s", BigInteger, nullable=False),
    Column("what", Text, nullable=False),
    Column("kind", Text),
    Column("since_s", BigInteger, nullable=False),
    Column("severity", Text),
    Column("figure", Double),
    Column("limit_value", Double),
    Column("baseline_version", Integer, nullable=False),
    Column("rules_version", Integer, nullable=False),
    Column("software", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("record", Text, nullable=False),
    Index("verdict_change_of_point", "point_id", "at_s"),
    Index("verdict_change_at", "at_s"),
    ids_used_once=True,
    comment="A row is one change: a fault opened or closed, a camera began or ceased to flap, a baseline came to be or was "
    "begun anew. Written once, with the change; kept 13 months. record is JSON and holds all from which anybody can work "
    "the verdict out again: the checks, the figures of the look, median and spread, hour, light, rung, stream. figure "
    "and limit_value are those of the last check that agreed. No picture, no map, no tile of a single look.",
)
