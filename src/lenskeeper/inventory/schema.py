"""The tables of the register. Written by inventory/rows_*.py only, but for the lots of contracts (contract_point).

Columns bear the names of `camera_file.CameraFile`, with the unit behind where it differs: a date is a day number
(`_day`, days since 1970-01-01), an instant UTC seconds (`_s`). Empty text means: not told.
There is no column for a person's name and none for a picture (charter 2 and 3): a contact is an office.
"""

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

from lenskeeper.store.tables import table
from lenskeeper.units.schema import unit


def _words(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default=text("''"))


def _yes_no(name: str, *, nullable: bool = False) -> Column[int]:
    default = None if nullable else text("0")
    return Column(
        name,
        Integer,
        CheckConstraint(f"{name} IN (0, 1)", name=f"{name}_yes_no"),
        nullable=nullable,
        server_default=default,
    )


declaration = table(
    "declaration",
    Column("id", Integer, primary_key=True),
    Column("at_s", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("document", Text, CheckConstraint("document <> ''", name="has_document"), nullable=False),
    Column("unit_id", Integer, ForeignKey(unit.c.id)),
    _words("place_kind"),
    _words("purpose"),
    _words("legal_basis"),
    _words("owner_department"),
    _words("contact"),
    Column("exceptions", Text, nullable=False),
    Column("points_count", Integer, nullable=False),
    ids_used_once=True,
    comment="A row is one act of declaring what many points are for, on the ground of a numbered document. Written "
    "once. unit_id is the subtree it was made for, empty where a list of codes was given; exceptions is the JSON "
    "list of the codes left out. What was declared also stands on each point, so that a point explains itself and "
    "a later declaration for a part of the subtree simply overwrites it there.",
)

point = table(
    "point",
    Column("id", Integer, primary_key=True),
    _words("code"),
    Column("name", Text, CheckConstraint("name <> ''", name="named"), nullable=False),
    _words("common_name"),
    Column("klass", Integer, CheckConstraint("klass IN (1, 2, 3)", name="klass_known"), nullable=False),
    _words("civil_code"),
    _words("address"),
    Column("lon", Double),
    Column("lat", Double),
    _words("src_crs"),
    Column("src_x", Double),
    Column("src_y", Double),
    _words("position_type"),
    Column("direction", Integer),
    _yes_no("networked", nullable=True),
    _words("police_unit"),
    _words("managing_unit"),
    _words("owner_department"),
    _words("contact"),
    Column("retention_days", Integer),
    Column("status", Integer),
    _words("pole"),
    _words("feeder"),
    _words("switch"),
    Column("mount_height_m", Double, CheckConstraint("mount_height_m >= 0", name="height_positive")),
    Column(
        "permit",
        Text,
        CheckConstraint("permit IN ('', 'none', 'lane', 'possession')", name="permit_known"),
        nullable=False,
        server_default=text("''"),
    ),
    _yes_no("night_only"),
    _words("uplink"),
    _words("site"),
    _words("zone"),
    Column("lease_until_day", Integer),
    Column("tz", Text, nullable=False),
    Column("in_service_from_s", BigInteger, nullable=False),
    Column("in_service_to_s", BigInteger),
    _words("dark_by_design"),
    _words("hours"),
    _yes_no("passive_only"),
    Column("budget_mb_month", Integer),
    Column("picture_period_s", Integer, CheckConstraint("picture_period_s > 0", name="period_positive")),
    _words("place_kind"),
    _words("purpose"),
    _words("legal_basis"),
    Column("declaration_id", Integer, ForeignKey("declaration.id")),
    Column("revision", Integer, nullable=False),
    Column("withdrawn_s", BigInteger),
    CheckConstraint("in_service_to_s >= in_service_from_s", name="serves_forward"),
    CheckConstraint("(lon IS NULL) = (lat IS NULL)", name="lon_and_lat"),
    Index("point_code", "code"),
    Index("point_name", "name", "id"),
    Index("point_purpose", "purpose"),
    ids_used_once=True,
    comment="A row is a registered place that is looked at from. It keeps its rate, purpose, class and history whatever "
    "device hangs there. Written when it is registered and when one of its values changes; revision counts the "
    "changes, so that an import can be undone only where nobody changed anything since. A point counts in "
    "[in_service_from_s, in_service_to_s). withdrawn_s is set when the import that made it is undone: it leaves every "
    "list but keeps its id, because other rooms may have written of it; deleting it would give its id, and their "
    "rows, to the next point. code is not unique: factory defaults are in use many times over (protocols.md "
    "section 5). dark_by_design and hours are JSON lists of [from, to) in seconds of the local day.",
)

membership = table(
    "membership",
    Column("point_id", Integer, ForeignKey("point.id"), primary_key=True),
    Column("from_s", BigInteger, primary_key=True),
    Column("to_s", BigInteger, CheckConstraint("to_s > from_s", name="lasts")),
    Column("unit_id", Integer, ForeignKey(unit.c.id), nullable=False),
    Index("membership_unit", "unit_id", "point_id"),
    Index("membership_now", "point_id", unique=True, sqlite_where=text("to_s IS NULL"),
          postgresql_where=text("to_s IS NULL")),
    without_rowid=True,
    comment="A row says which unit a point belonged to in [from_s, to_s); an empty to_s is until further notice. Both "
    "are midnights of the point's own time zone, so that no day is torn between two units and a day's figures add "
    "up to the week's. The rows of one point never overlap. Not a column of the point: last month's report must "
    "still say whose camera it was then.",
)  # fmt: skip

contract_point = table(
    "contract_point",
    Column("contract_id", Integer, ForeignKey("contract.id"), primary_key=True),
    Column("point_id", Integer, ForeignKey("point.id"), primary_key=True),
    Column("from_s", BigInteger, primary_key=True),
    Column("to_s", BigInteger, CheckConstraint("to_s > from_s", name="lasts")),
    Index("contract_of_point", "point_id", "from_s"),
    without_rowid=True,
    comment="A row says that a point was in the lot of a contract in [from_s, to_s), across all departments; an empty "
    "to_s is until the contract ends. The rows of one point never overlap: a fault has one contractor. Written by "
    "tickets/rows_contracts.py, which knows what a contract is; declared here beside membership, because the filter of "
    "what a person may see (rows_seen.py) asks on every floor for both.",
)

device = table(
    "device",
    Column("id", Integer, primary_key=True),
    _words("make"),
    _words("model"),
    _words("serial"),
    _words("mac"),
    _words("camera_type"),
    _words("function_type"),
    _words("light"),
    _words("codec"),
    Column("warranty_until_day", Integer),
    Index("device_serial", "serial"),
    Index("device_mac", "mac"),
    ids_used_once=True,
    comment="A row is a piece of equipment: what is bought, breaks, is repaired and hangs elsewhere next year. Written "
    "when it is first hung, changed when the sheet or a hand corrects it. serial and mac are not unique: the lenses "
    "of one camera and the channels of one recorder share them.",
)

credential = table(
    "credential",
    Column("id", Integer, primary_key=True),
    Column("name", Text, CheckConstraint("name <> ''", name="named"), nullable=False),
    Column("account", Text, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("changed_s", BigInteger, nullable=False),
    UniqueConstraint("name", name="uq_credential_name"),
    ids_used_once=True,
    comment="A row is the login of one or many cameras. Written by rows_credentials.py, each time with an audit entry. "
    "sealed holds the password by AES-256-GCM under the key key_id, which lives in a file outside the database: "
    "a stolen copy of the database opens no camera, and a restore without the key file loses the passwords and "
    "nothing else. The seal is bound to the row's id and account, so it cannot be copied to another row.",
)

installation = table(
    "installation",
    Column("point_id", Integer, ForeignKey("point.id"), primary_key=True),
    Column("from_s", BigInteger, primary_key=True),
    Column("to_s", BigInteger, CheckConstraint("to_s > from_s", name="lasts")),
    Column("device_id", Integer, ForeignKey("device.id"), nullable=False),
    _words("url"),
    _words("still_url"),
    _words("channel"),
    _words("ipv4"),
    _words("ipv6"),
    Column("install_day", Integer),
    Column("credential_id", Integer, ForeignKey("credential.id")),
    Index("installation_now", "point_id", unique=True, sqlite_where=text("to_s IS NULL"),
          postgresql_where=text("to_s IS NULL")),
    Index("installation_device_now", "device_id", unique=True, sqlite_where=text("to_s IS NULL"),
          postgresql_where=text("to_s IS NULL")),
    Index("installation_device", "device_id", "from_s"),
    Index("installation_url", "url"),
    without_rowid=True,
    comment="A row says that a device hung at a point in [from_s, to_s) and by which address it was reached there; an "
    "empty to_s is until now. Written by a hand, an import or a swap, which closes the old row and opens the new "
    "one in one act. Neither a point nor a device is ever in two rows at one second. The address stands here and "
    "not at the device: what hangs at the crossing gets the crossing's address. An address that is only corrected "
    "is changed in place; the audit entry keeps the old one.",
)  # fmt: skip

division = table(
    "division",
    Column("code", Text, primary_key=True),
    Column("valid_from_day", Integer, primary_key=True),
    Column("valid_to_day", Integer),
    Column("name", Text, nullable=False),
    _words("level"),
    _words("parent_code"),
    _words("superseded_by"),
    CheckConstraint("valid_to_day > valid_from_day", name="lasts"),
    without_rowid=True,
    comment="A row is an administrative division (GB/T 2260) in force over [valid_from_day, valid_to_day), local days "
    "since 1970-01-01; an empty end is until further notice. Loaded from a dated list and editable, because lists "
    "mix abolished and new codes. superseded_by is the code that took its place. Not the unit tree: a railway bureau "
    "or a scenic area follows no division.",
)

import_batch = table(
    "import_batch",
    Column("id", Integer, primary_key=True),
    Column("at_s", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column(
        "kind",
        Text,
        CheckConstraint("kind IN ('sheet', 'edit')", name="kind_known"),
        nullable=False,
        server_default=text("'sheet'"),
    ),
    _words("sha256"),
    _words("crs"),
    _words("on_duplicate"),
    Column("created_count", Integer, nullable=False, server_default=text("0")),
    Column("updated_count", Integer, nullable=False, server_default=text("0")),
    Column("parked_count", Integer, nullable=False, server_default=text("0")),
    Column("undone_s", BigInteger),
    ids_used_once=True,
    comment="A row is one sheet that was committed, or one edit of many points by hand: what is taken back as a whole. "
    "Written with the first of its points. source is the file's name (of an edit: why it was made), "
    "sha256 that of its bytes, crs what the operator declared its coordinates to be: it is never guessed.",
)

import_change = table(
    "import_change",
    Column("batch_id", Integer, ForeignKey("import_batch.id"), primary_key=True),
    Column("row_number", Integer, primary_key=True),
    Column("point_id", Integer, ForeignKey("point.id"), nullable=False),
    Column("act", Text, CheckConstraint("act IN ('create', 'update')", name="act_known"), nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("undone_s", BigInteger),
    Index("import_change_point", "point_id"),
    without_rowid=True,
    comment="A row says what one row of a sheet did to one point, so that it can be undone. Written with the change "
    "itself. before and after are JSON of the values that differ; revision is the point's after the change: where "
    "the point has another one now, somebody changed it since and the undo leaves it alone and says so.",
)

import_parked = table(
    "import_parked",
    Column("batch_id", Integer, ForeignKey("import_batch.id"), primary_key=True),
    Column("row_number", Integer, primary_key=True),
    _words("department"),
    Column("cells", Text, nullable=False),
    Column("faults", Text, nullable=False),
    without_rowid=True,
    comment="A row is a faulty row of a sheet that was left out while the good ones were committed. cells and faults "
    "are JSON; columns about persons and passwords were dropped before it came here. Kept so that each department "
    "gets its own error workbook, and gone when the batch is undone.",
)

field_source = table(
    "field_source",
    Column("point_id", Integer, ForeignKey("point.id"), primary_key=True),
    Column("field", Text, primary_key=True),
    Column(
        "source", Text, CheckConstraint("source IN ('hand', 'device')", name="source_known"), nullable=False
    ),
    Column("at_s", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    without_rowid=True,
    comment="A row says that a value was corrected by a hand, or by the device itself; no later sheet overwrites it. "
    "Written by such a correction. A value without a row came with a sheet: a row for each of the forty values of "
    "20,000 points would be 800,000 rows that say nothing.",
)

declaration_point = table(
    "declaration_point",
    Column("declaration_id", Integer, ForeignKey("declaration.id"), primary_key=True),
    Column("point_id", Integer, ForeignKey("point.id"), primary_key=True),
    without_rowid=True,
    comment="A row says that a declaration reached a point. Written with the declaration; a later one does not take "
    "it away, so the list behind a document stays what it was.",
)

acceptance = table(
    "acceptance",
    Column("unit_id", Integer, ForeignKey(unit.c.id), primary_key=True),
    Column("from_s", BigInteger, nullable=False),
    Column("at_s", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("document", Text, CheckConstraint("document <> ''", name="has_document"), nullable=False),
    without_rowid=True,
    comment="A row says from when a unit's cameras are ours to keep: before it nothing opens a ticket. Written for "
    "every unit of the subtree that was accepted, so that a unit that moves elsewhere neither loses its acceptance "
    "nor gains one with 2,000 old faults. A unit set up later is accepted by itself.",
)

backlog = table(
    "backlog",
    Column("point_id", Integer, ForeignKey("point.id"), primary_key=True),
    Column("unit_id", Integer, ForeignKey(unit.c.id), nullable=False),
    Column("bucket", Text, CheckConstraint("bucket <> ''", name="has_bucket"), nullable=False),
    Column("found_s", BigInteger, nullable=False),
    Column("agreed_day", Integer),
    Column("closed_s", BigInteger),
    _words("closed_because"),
    Index("backlog_unit", "unit_id", "closed_s"),
    without_rowid=True,
    comment="A row is a point that was faulty when its unit was accepted: an inherited fault with a date that was "
    "agreed on, not a new ticket. Written with the acceptance, closed when the fault is gone or is taken out. "
    "agreed_day is the local day by which it shall work.",
)

trial = table(
    "trial",
    Column("point_id", Integer, ForeignKey("point.id"), primary_key=True),
    Column("since_s", BigInteger, nullable=False),
    without_rowid=True,
    comment="A row says that a point is on trial: a batch was handed over and nobody has accepted it yet. It is looked at "
    "like any other and counts in no figure, and its faults open no ticket. Written when its batch is begun; gone when "
    "the batch is accepted, from which instant on the point serves, or dropped. Not a later in_service_from_s: what is "
    "not in service is not looked at.",
)
