"""The tables of the work of repair. Written by tickets/rows*.py only.

Instants are UTC seconds (`_s`), days are local days since 1970-01-01 (`_day`). Empty text means: none.
No column names a person but the operators' own accounts (charter 2): a crew is an office, a remark is warned of.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    text,
)

from lenskeeper.inventory.schema import point
from lenskeeper.store.tables import table


def _words(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default=text("''"))


def _yes_no(name: str) -> Column[int]:
    return Column(name, Integer, CheckConstraint(f"{name} IN (0, 1)", name=f"{name}_yes_no"), nullable=False)


# ---- calendars and guarantee periods: written by rows_calendars.py

work_calendar = table(
    "work_calendar",
    Column("name", Text, CheckConstraint("name <> ''", name="named"), primary_key=True),
    Column("tz", Text, nullable=False),
    Column("hours", Text, nullable=False),
    Column("changed_s", BigInteger, nullable=False),
    Column("changed_by", Text, nullable=False),
    comment="A row is a calendar by which clocks of contracts run. hours is JSON: seven lists, Monday first, of [from, "
    "to) in seconds of the local day of tz. A contract without a calendar runs around the clock.",
)

calendar_day = table(
    "calendar_day",
    Column("calendar", Text, ForeignKey("work_calendar.name"), primary_key=True),
    Column("day", Integer, primary_key=True),
    _yes_no("is_work"),
    _words("name"),
    without_rowid=True,
    comment="A row is a day that differs from its weekday: a holiday, or a Saturday or Sunday that is worked to make up "
    "for one (调休), which has Monday's hours. Imported each year from the published list; a year is replaced whole.",
)

guarantee = table(
    "guarantee",
    Column("id", Integer, primary_key=True),
    Column("name", Text, CheckConstraint("name <> ''", name="named"), nullable=False),
    Column("from_s", BigInteger, nullable=False),
    Column("to_s", BigInteger, CheckConstraint("to_s > from_s", name="lasts"), nullable=False),
    Column("respond_s", Integer, CheckConstraint("respond_s > 0", name="respond_positive"), nullable=False),
    Column("restore_s", Integer, CheckConstraint("restore_s > 0", name="restore_positive"), nullable=False),
    _yes_no("freezes_works"),
    Column("document", Text, CheckConstraint("document <> ''", name="has_document"), nullable=False),
    Column("entered_s", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("revoked_s", BigInteger),
    ids_used_once=True,
    comment="A row is a guarantee period (重大活动保障): for its named points clocks are tighter and run around the clock "
    "in [from_s, to_s); with freezes_works no planned work may be begun on them. Written on the ground of a document; "
    "revoked, never deleted, because deductions of its time stay explained.",
)

guarantee_point = table(
    "guarantee_point",
    Column("guarantee_id", Integer, ForeignKey("guarantee.id"), primary_key=True),
    Column("point_id", Integer, ForeignKey(point.c.id), primary_key=True),
    Index("guarantee_of_point", "point_id"),
    without_rowid=True,
    comment="A row names one point of a guarantee period.",
)

# ---- contracts: written by rows_contracts.py

contract = table(
    "contract",
    Column("id", Integer, primary_key=True),
    Column("name", Text, CheckConstraint("name <> ''", name="named"), nullable=False),
    Column("contractor", Text, CheckConstraint("contractor <> ''", name="has_contractor"), nullable=False),
    Column("document", Text, CheckConstraint("document <> ''", name="has_document"), nullable=False),
    Column("from_day", Integer, nullable=False),
    Column("to_day", Integer, CheckConstraint("to_day > from_day", name="lasts"), nullable=False),
    Column("calendar", Text, ForeignKey("work_calendar.name")),
    Column("tz", Text, nullable=False),
    Column("terms", Text, nullable=False),
    Column("changed_s", BigInteger, nullable=False),
    Column("changed_by", Text, nullable=False),
    UniqueConstraint("name", name="uq_contract_name"),
    ids_used_once=True,
    comment="A row is a contract of maintenance: a lot, who keeps it, from a day to a day [from_day, to_day), and its "
    "terms (JSON of contracts.Terms: clocks by class, penalties, daily budget of tickets, warranty and lease). "
    "Written when it is signed or amended, each time with an audit entry that holds the terms before.",
)

# ---- tickets: written by rows.py, rows_pauses.py, rows_handings.py

ticket = table(
    "ticket",
    Column("id", Integer, primary_key=True),
    Column("cause", Text, nullable=False),
    Column("thing", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("klass", Integer, CheckConstraint("klass IN (1, 2, 3)", name="klass_known"), nullable=False),
    Column("onset_s", BigInteger, nullable=False),
    Column("opened_s", BigInteger, nullable=False),
    Column("stage", Text, nullable=False),
    _words("held"),
    Column("desk", Text, nullable=False),
    Column("contract_id", Integer, ForeignKey("contract.id")),
    Column("payer", Text, nullable=False),
    Column("respond_by_s", BigInteger, nullable=False),
    Column("restore_by_s", BigInteger, nullable=False),
    Column("assigned_s", BigInteger),
    Column("responded_s", BigInteger),
    Column("recovered_s", BigInteger),
    Column("finished_s", BigInteger),
    Column("ended_s", BigInteger),
    _words("resolution"),
    _words("shape"),
    Column("regressions", Integer, nullable=False, server_default=text("0")),
    Column("escalation", Integer, nullable=False, server_default=text("0")),
    Column("revision", Integer, nullable=False, server_default=text("1")),
    Index(
        "ticket_live", "desk", sqlite_where=text("ended_s IS NULL"), postgresql_where=text("ended_s IS NULL")
    ),
    Index("ticket_thing", "cause", "thing"),
    Index("ticket_ended", "ended_s"),
    Index("ticket_of_contract", "contract_id", "opened_s"),
    ids_used_once=True,
    comment="A row is the work of repair for one cause: cause is a word of causes.CauseKind, thing names the switch, "
    "feeder, recorder, account or point (its id). what is the outcome or kind of fault it showed. held says why nobody "
    "was sent: storm, budget, review. The two clocks stand as instants, worked out anew whenever a pause, a calendar "
    "or a guarantee period changes them. recovered_s is since when all its cameras are well, empty while one is not. "
    "escalation is the highest step of "
    "desk.escalation_of that was told. revision counts the changes. Not a row per camera: its children are in ticket_point.",
)

ticket_point = table(
    "ticket_point",
    Column("ticket_id", Integer, ForeignKey("ticket.id"), primary_key=True),
    Column("point_id", Integer, ForeignKey(point.c.id), primary_key=True),
    Column("what", Text, nullable=False),
    Column("onset_s", BigInteger, nullable=False),
    Column("joined_s", BigInteger, nullable=False),
    Column("well_s", BigInteger),
    Column("left_s", BigInteger),
    Index("ticket_of_point", "point_id"),
    without_rowid=True,
    comment="A row says that a camera's fault is put down to a ticket's cause. well_s: since when it is well again. "
    "left_s: it was still faulty when the cause was gone, and got a ticket of its own. A camera keeps its runs in any "
    "case; this is who answers for them.",
)

ticket_event = table(
    "ticket_event",
    Column("id", Integer, primary_key=True),
    Column("ticket_id", Integer, ForeignKey("ticket.id"), nullable=False),
    Column("at_s", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("stage", Text, nullable=False),
    _words("remark"),
    Column("detail", Text, nullable=False, server_default=text("'{}'")),
    Index("ticket_event_of", "ticket_id", "id"),
    Index("ticket_event_at", "at_s"),
    ids_used_once=True,
    comment="A row is one thing that happened to a ticket: a step of states.Step, or joined, paused, resumed, handed, "
    "remarked, told, escalated. Written once, in the transaction of the act. remark is a person's own words.",
)

ticket_pause = table(
    "ticket_pause",
    Column("ticket_id", Integer, ForeignKey("ticket.id"), primary_key=True),
    Column("from_s", BigInteger, primary_key=True),
    Column("to_s", BigInteger, CheckConstraint("to_s >= from_s", name="lasts")),
    Column("until_s", BigInteger),
    Column("reason", Text, CheckConstraint("reason <> ''", name="has_reason"), nullable=False),
    Column("actor", Text, nullable=False),
    without_rowid=True,
    comment="A row is a stretch [from_s, to_s) in which a ticket's clocks stand, with the reason: no permit, no power by "
    "a third party, a planned window. An empty to_s still runs; until_s is when it was promised to end. The looks go on.",
)

handing = table(
    "handing",
    Column("id", Integer, primary_key=True),
    Column("ticket_id", Integer, ForeignKey("ticket.id"), nullable=False),
    Column("from_desk", Text, nullable=False),
    Column("to_desk", Text, nullable=False),
    Column("reason", Text, CheckConstraint("reason <> ''", name="has_reason"), nullable=False),
    Column("asked_s", BigInteger, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("answer_by_s", BigInteger, nullable=False),
    Column("answered_s", BigInteger),
    Column("answered_by", Text),
    Column("answer", Text, CheckConstraint("answer IN ('taken', 'refused', 'lapsed')", name="answer_known")),
    Index("handing_of", "ticket_id", "asked_s"),
    ids_used_once=True,
    comment="A row is one desk saying that a fault is another's, with a clock of its own: unanswered by answer_by_s it "
    "lapses and the ticket stays. The ticket's clocks run on meanwhile; who lost the time is read from here.",
)

# ---- from fault to ticket: written by rows_triage.py

route = table(
    "route",
    Column("cause", Text, primary_key=True),
    Column("what", Text, primary_key=True),
    Column("desk", Text, nullable=False),
    Column("changed_s", BigInteger, nullable=False),
    Column("changed_by", Text, nullable=False),
    without_rowid=True,
    comment="A row overrides the table of routing.py here: faults of this cause, and where `what` is not empty of this "
    "outcome or kind, go to this desk first.",
)

review_case = table(
    "review_case",
    Column("point_id", Integer, ForeignKey(point.c.id), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("since_s", BigInteger, primary_key=True),
    Column("found_s", BigInteger, nullable=False),
    Column("judged_s", BigInteger),
    Column("is_right", Integer, CheckConstraint("is_right IN (0, 1)", name="right_yes_no")),
    Column("actor", Text),
    Index(
        "review_waiting",
        "kind",
        sqlite_where=text("judged_s IS NULL"),
        postgresql_where=text("judged_s IS NULL"),
    ),
    without_rowid=True,
    comment="A row is a fault of a kind that has not earned its trust here yet: a person says whether it is right. "
    "90 of the last 100 right, and the kind opens tickets by itself.",
)

kind_trust = table(
    "kind_trust",
    Column("kind", Text, primary_key=True),
    _yes_no("is_trusted"),
    Column("changed_s", BigInteger, nullable=False),
    Column("changed_by", Text, nullable=False),
    Column("because", Text, nullable=False),
    without_rowid=True,
    comment="A row says that a person gave a kind of fault its trust, or took it away, whatever the reviews came to.",
)

cleaning = table(
    "cleaning",
    Column("point_id", Integer, ForeignKey(point.c.id), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("since_s", BigInteger, primary_key=True),
    Column("found_s", BigInteger, nullable=False),
    Column("due_day", Integer, nullable=False),
    Column("done_s", BigInteger),
    Column("done_by", Text),
    Index(
        "cleaning_due",
        "due_day",
        sqlite_where=text("done_s IS NULL"),
        postgresql_where=text("done_s IS NULL"),
    ),
    without_rowid=True,
    comment="A row is a picture that grows worse without being lost: dirt, cast, noise, low contrast, drift. It waits for "
    "whoever passes by within its days, and never calls anybody at night.",
)

rain = table(
    "rain",
    Column("from_s", BigInteger, primary_key=True),
    Column("to_s", BigInteger, CheckConstraint("to_s > from_s", name="lasts"), nullable=False),
    without_rowid=True,
    comment="A row is a stretch of rain, as somebody's gauge has it: told by hand or from a list. It names the shape of "
    "what fails after rain, and nothing else rests on it.",
)

storm = table(
    "storm",
    Column("id", Integer, primary_key=True),
    Column("from_s", BigInteger, nullable=False),
    Column("to_s", BigInteger),
    Column("why", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("ended_by", Text),
    ids_used_once=True,
    comment="A row is a time in which nobody is sent: too much broke at once, by our own count or by a person's word. "
    "Tickets are opened and held; the looks go on.",
)

# ---- acceptance of batches: written by rows_acceptance.py

accept_batch = table(
    "accept_batch",
    Column("id", Integer, primary_key=True),
    Column("name", Text, CheckConstraint("name <> ''", name="named"), nullable=False),
    Column("document", Text, CheckConstraint("document <> ''", name="has_document"), nullable=False),
    Column("tender", Text, nullable=False),
    _words("districts"),
    Column("tz", Text, nullable=False),
    Column("began_s", BigInteger, nullable=False),
    Column("began_by", Text, nullable=False),
    Column("ended_s", BigInteger),
    Column("ended_as", Text, CheckConstraint("ended_as IN ('signed', 'dropped')", name="end_known")),
    Column("sheet", Text),
    _words("sha256"),
    CheckConstraint("(ended_s IS NULL) = (ended_as IS NULL)", name="ended_somehow"),
    UniqueConstraint("name", name="uq_accept_batch_name"),
    ids_used_once=True,
    comment="A row is a batch of new cameras that is to be accepted: what the tender demands (JSON of acceptance.Tender), "
    "the boundaries of districts as GeoJSON where the operator gave some, and, once two people have signed, the sheet as "
    "they signed it (canonical JSON of acceptance.AcceptanceSheet) with its hash. Never changed after that, nor deleted.",
)

accept_point = table(
    "accept_point",
    Column("batch_id", Integer, ForeignKey("accept_batch.id"), primary_key=True),
    Column("point_id", Integer, ForeignKey(point.c.id), primary_key=True),
    _yes_no("is_left_out"),
    Index("accept_of_point", "point_id"),
    without_rowid=True,
    comment="A row names a point of a batch. is_left_out: it stands on the signed sheet and was not accepted; it stays on "
    "trial and may come with a later batch.",
)

accept_answer = table(
    "accept_answer",
    Column("id", Integer, primary_key=True),
    Column("batch_id", Integer, ForeignKey("accept_batch.id"), nullable=False),
    Column("point_id", Integer, ForeignKey(point.c.id), nullable=False),
    Column("what", Text, nullable=False),
    _yes_no("is_passed"),
    Column("words", Text, CheckConstraint("words <> ''", name="has_words"), nullable=False),
    Column("at_s", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Index("accept_answer_of", "batch_id", "point_id"),
    ids_used_once=True,
    comment="A row is what a person answered to a check (what: a word of acceptance.Check) of a point of a batch. The last "
    "one holds; those before stay. A photograph is shown to whoever signs and is never stored (charter 3).",
)

accept_stream = table(
    "accept_stream",
    Column("batch_id", Integer, ForeignKey("accept_batch.id"), primary_key=True),
    Column("point_id", Integer, ForeignKey(point.c.id), primary_key=True),
    Column("at_s", BigInteger, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("width_px", Integer),
    Column("height_px", Integer),
    Column("codec", Text),
    Column("kbps", Integer),
    Column("gop_ms", Integer),
    without_rowid=True,
    comment="A row is what the main stream of a point told when its batch was measured: one visit of several key frames, "
    "asked for by a person; the last one is kept. Not taken from the rounds: they look at the sub-stream, and at one key "
    "frame of it, from which neither bitrate nor the time between key frames can be told.",
)

# ---- messages: written by rows_messages.py

message = table(
    "message",
    Column("id", Integer, primary_key=True),
    Column("ticket_id", Integer, ForeignKey("ticket.id")),
    Column("storm_id", Integer, ForeignKey("storm.id")),
    Column("change", Text, nullable=False),
    Column("occasion", Text, nullable=False),
    Column("at_s", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("spread_s", BigInteger),
    CheckConstraint("(ticket_id IS NULL) <> (storm_id IS NULL)", name="of_one"),
    UniqueConstraint("ticket_id", "change", "occasion", name="uq_message_ticket_change"),
    UniqueConstraint("storm_id", "change", "occasion", name="uq_message_storm_change"),
    Index(
        "message_unspread",
        "id",
        sqlite_where=text("spread_s IS NULL"),
        postgresql_where=text("spread_s IS NULL"),
    ),
    Index("message_at", "at_s"),
    ids_used_once=True,
    comment="A row is one thing to tell of a ticket, or of a storm in place of all that it holds: one for each change and "
    "occasion, whatever the number of cameras. Written in the transaction of the change; spread_s is when the recipients "
    "of that moment were picked. It has no text: that is made from the ticket when it is sent.",
)

message_try = table(
    "message_try",
    Column("id", Integer, primary_key=True),
    Column("recipient", Text, nullable=False),
    Column("at_s", BigInteger, nullable=False),
    Column("messages", Integer, nullable=False),
    Column(
        "outcome",
        Text,
        CheckConstraint("outcome IN ('', 'sent', 'failed')", name="outcome_known"),
        nullable=False,
    ),
    _words("remark"),
    Index("message_try_of", "recipient", "at_s"),
    ids_used_once=True,
    comment="A row is one attempt to send to one recipient of the settings. Written before it is made, with an empty "
    "outcome, so that the limit of an hour holds across a crash; then with how it ended. remark holds no secret and no "
    "address.",
)

message_to = table(
    "message_to",
    Column("message_id", Integer, ForeignKey("message.id"), primary_key=True),
    Column("recipient", Text, primary_key=True),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("sent_s", BigInteger),
    Column("given_up_s", BigInteger),
    Column("try_id", Integer, ForeignKey("message_try.id")),
    Index(
        "message_waiting",
        "recipient",
        sqlite_where=text("sent_s IS NULL AND given_up_s IS NULL"),
        postgresql_where=text("sent_s IS NULL AND given_up_s IS NULL"),
    ),
    without_rowid=True,
    comment="A row says that a recipient of the settings, by its name there, is told a message: sent_s when it went, "
    "given_up_s when it was too old or had failed too often. try_id is the attempt that took it, alone or in a digest.",
)

# ---- plans of a day: written by rows_day_plans.py

day_plan = table(
    "day_plan",
    Column("id", Integer, primary_key=True),
    Column("day", Integer, nullable=False),
    Column("tz", Text, nullable=False),
    Column("contract_id", Integer, ForeignKey("contract.id")),
    Column("desk", Text, nullable=False),
    _yes_no("is_night"),
    _words("permit"),
    Column("start_lon", Double),
    Column("start_lat", Double),
    Column("length_m", Double, nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("made_s", BigInteger, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("dropped_s", BigInteger),
    Column("dropped_by", Text),
    Index("day_plan_day", "day"),
    ids_used_once=True,
    comment="A row is the day of one crew of a contract or a desk: a local day of tz, or the night that begins on it. "
    "Written once; dropped, its work is free for another plan and its codes end. length_m and minutes are what was "
    "reckoned, not what was driven: nobody is followed.",
)

day_stop = table(
    "day_stop",
    Column("plan_id", Integer, ForeignKey("day_plan.id"), primary_key=True),
    Column("number", Integer, CheckConstraint("number > 0", name="number_positive"), primary_key=True),
    Column("code", Text, nullable=False),
    Column("point_id", Integer, ForeignKey(point.c.id), nullable=False),
    Column("lon", Double, nullable=False),
    Column("lat", Double, nullable=False),
    Column("leg_m", Double, nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("height_m", Double),
    _words("permit"),
    _yes_no("night_only"),
    Column("parts", Text, nullable=False),
    Column("done_s", BigInteger),
    Column("done_by", Text),
    _words("words"),
    Column("parts_used", Text, nullable=False, server_default=text("'[]'")),
    UniqueConstraint("code", name="uq_day_stop_code"),
    without_rowid=True,
    comment="A row is one halt of a plan. code is what the crew reads out when it is done, drawn at random, good once "
    "and never given again, so that an old sheet can finish nothing. parts is JSON: kind, model, how many to load; "
    "parts_used is a JSON list of what the crew wrote. words is what it said, also where the work was not done.",
)

day_job = table(
    "day_job",
    Column("plan_id", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("ticket_id", Integer, ForeignKey("ticket.id")),
    Column("point_id", Integer, ForeignKey(point.c.id), nullable=False),
    _words("kind"),
    Column("since_s", BigInteger),
    ForeignKeyConstraint(
        ["plan_id", "number"], ["day_stop.plan_id", "day_stop.number"], name="fk_day_job_stop"
    ),
    CheckConstraint("(ticket_id IS NULL) = (since_s IS NOT NULL)", name="ticket_or_cleaning"),
    Index("day_job_ticket", "ticket_id"),
    Index("day_job_point", "point_id"),
    without_rowid=True,
    comment="A row is a ticket to be worked on at a halt, or a cleaning: then kind and since_s are those of its row of "
    "cleaning. Written with the plan, the most urgent at place 1.",
)
