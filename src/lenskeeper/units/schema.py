"""The tables of the organisation tree. Written by units/rows.py only."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, Text, UniqueConstraint

from lenskeeper.store.tables import table

unit = table(
    "unit",
    Column("id", Integer, primary_key=True),
    Column("parent_id", Integer, ForeignKey("unit.id")),
    Column(
        "kind",
        Text,
        CheckConstraint("kind IN ('region', 'department', 'lot')", name="kind_known"),
        nullable=False,
    ),
    Column("name", Text, CheckConstraint("name <> ''", name="named"), nullable=False),
    Column("code", Text, nullable=False),
    Column("tz", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("changed_s", BigInteger, nullable=False),
    Column("changed_by", Text, nullable=False),
    UniqueConstraint("parent_id", "name", name="uq_unit_siblings"),
    ids_used_once=True,
    comment="A row is a node of the organisation tree: a province, a town, a department, a contract lot. Written "
    "when somebody sets it up; parent_id is where it hangs now and unit_parent where it hung before. Names are "
    "unique among siblings, because a sheet names a unit by its path; roots are held apart in rows.py, because "
    "no engine counts two empty parents as equal. level is a free word (province, city, grid): a railway bureau or "
    "a scenic area follows no fixed ladder, so there is no column per level. A lot is a tree of its own, not a "
    "parent of towns. A unit is never deleted: history points at it.",
)

unit_closure = table(
    "unit_closure",
    Column("ancestor_id", Integer, ForeignKey("unit.id"), primary_key=True),
    Column("descendant_id", Integer, ForeignKey("unit.id"), primary_key=True),
    Column("depth", Integer, CheckConstraint("depth >= 0", name="depth_down"), nullable=False),
    Index("unit_closure_descendant", "descendant_id", "ancestor_id"),
    without_rowid=True,
    comment="A row says that the descendant hangs below the ancestor at that depth, or is it (depth 0). Written with "
    "every unit and rewritten when a subtree moves. Not a path of names in the unit: a prefix is as quick "
    "(0.64 ms against 0.74 ms for 2,211 units), but a move or a rename then rewrites every path below, and the two "
    "engines disagree on how a prefix meets an index.",
)

unit_parent = table(
    "unit_parent",
    Column("unit_id", Integer, ForeignKey("unit.id"), primary_key=True),
    Column("from_s", BigInteger, primary_key=True),
    Column("to_s", BigInteger, CheckConstraint("to_s > from_s", name="lasts")),
    Column("parent_id", Integer, ForeignKey("unit.id")),
    without_rowid=True,
    comment="A row says under whom a unit hung in [from_s, to_s), UTC seconds; an empty to_s is until now, an empty "
    "parent is the top. Written when a unit is set up or moved, so that an old report can be explained. The rows of "
    "one unit never overlap. Reports follow the tree of today (unit_closure), not this one: a figure by a tree that "
    "no longer exists could not be compared with the next month's.",
)
