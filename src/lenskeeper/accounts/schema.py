"""The tables of accounts. Written by accounts/rows_*.py only. The only tables that name a person: an operator (charter 2)."""

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

from lenskeeper.store.tables import table
from lenskeeper.units.schema import unit

account = table(
    "account",
    Column("id", Integer, primary_key=True),
    Column("name", Text, CheckConstraint("name <> ''", name="named"), nullable=False),
    Column("shown", Text, CheckConstraint("shown <> ''", name="is_shown"), nullable=False),
    Column(
        "kind",
        Text,
        CheckConstraint("kind IN ('staff', 'contractor')", name="kind_known"),
        nullable=False,
    ),
    Column("unit_id", Integer, ForeignKey(unit.c.id)),
    Column("language", Text, nullable=False),
    Column("password", Text),
    Column("password_s", BigInteger),
    Column("factor_key_id", Text),
    Column("factor_sealed", LargeBinary),
    Column("factor_s", BigInteger),
    Column("factor_step", BigInteger),
    Column("factor_next", LargeBinary),
    Column("made_s", BigInteger, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("ends_s", BigInteger),
    Column("locked_s", BigInteger),
    Column("left_s", BigInteger),
    Column("seen_s", BigInteger),
    UniqueConstraint("name", name="uq_account_name"),
    CheckConstraint("kind <> 'contractor' OR ends_s IS NOT NULL", name="contractors_end"),
    CheckConstraint("(factor_key_id IS NULL) = (factor_sealed IS NULL)", name="factor_whole"),
    ids_used_once=True,
    comment="A row is somebody who may sign in: staff of the operator, or a contractor, who needs an end (ends_s). name "
    "is what is typed and what the audit log names, in small letters; shown is what screens show. unit_id is where the "
    "person belongs, empty for the whole installation. password is an Argon2id hash in its own text form, empty until "
    "a set-up code was used. factor_sealed is the TOTP secret by AES-256-GCM under a key derived from the key file, "
    "since a code cannot be checked against a hash; factor_s is since when, factor_step the last time step used, so that "
    "a code works once, and factor_next another secret that was not proved yet. locked_s stops it for now, left_s for good; seen_s "
    "is the last use, to the minute. Never deleted: the audit log points at it.",
)

account_grant = table(
    "account_grant",
    Column("id", Integer, primary_key=True),
    Column("account_id", Integer, ForeignKey("account.id"), nullable=False),
    Column("role", Text, nullable=False),
    Column("unit_id", Integer, ForeignKey(unit.c.id)),
    Column("contract_id", Integer),
    Column("purposes", Text, nullable=False),
    Column("from_s", BigInteger, nullable=False),
    Column("to_s", BigInteger),
    Column("approver", Text, CheckConstraint("approver <> ''", name="has_approver"), nullable=False),
    Column("because", Text, nullable=False),
    Column("at_s", BigInteger, nullable=False),
    Column("ended_s", BigInteger),
    Column("ended_by", Text),
    CheckConstraint("unit_id IS NULL OR contract_id IS NULL", name="one_place"),
    CheckConstraint("to_s > from_s", name="lasts"),
    Index("account_grant_account", "account_id"),
    ids_used_once=True,
    comment="A row gives an account a role in [from_s, to_s) over a unit with all below it (unit_id), over the lot of a "
    "contract (contract_id), or over the whole installation (neither). purposes is a JSON list: only cameras declared "
    "for one of them, empty for all. Written by one person (approver) for another; ended early by ended_s. Never "
    "changed otherwise: another scope is another grant. contract_id is no foreign key, since contracts are of a higher "
    "floor. Roles are not rows: what a role may do is code, held by tests and printed as a matrix.",
)

account_session = table(
    "account_session",
    Column("id", Integer, primary_key=True),
    Column("account_id", Integer, ForeignKey("account.id"), nullable=False),
    Column("secret_sha256", LargeBinary, nullable=False),
    Column(
        "stage",
        Text,
        CheckConstraint("stage IN ('password', 'open')", name="stage_known"),
        nullable=False,
    ),
    Column(
        "has_factor", Integer, CheckConstraint("has_factor IN (0, 1)", name="factor_yes_no"), nullable=False
    ),
    Column("began_s", BigInteger, nullable=False),
    Column("used_s", BigInteger, nullable=False),
    Column("before_s", BigInteger),
    Column("address", Text, nullable=False),
    Column("client", Text, nullable=False),
    Column("ended_s", BigInteger),
    UniqueConstraint("secret_sha256", name="uq_account_session_secret"),
    Index("account_session_account", "account_id", "ended_s"),
    ids_used_once=True,
    comment="A row is a session of a browser. Written at sign-in; at stage 'password' the password was right and the "
    "second factor is still asked, so that it opens nothing. secret_sha256 is the hash of the 256 bits in the cookie; "
    "the row gets another one at every step up. used_s is the last use, to the minute; before_s when the person was last "
    "here before it. ended_s ends it at once. Not a signed token: what is signed cannot be taken back.",
)

account_token = table(
    "account_token",
    Column("id", Integer, primary_key=True),
    Column("account_id", Integer, ForeignKey("account.id"), nullable=False),
    Column("name", Text, CheckConstraint("name <> ''", name="named"), nullable=False),
    Column("secret_sha256", LargeBinary, nullable=False),
    Column("verbs", Text, nullable=False),
    Column("unit_id", Integer, ForeignKey(unit.c.id)),
    Column("purposes", Text, nullable=False),
    Column("networks", Text, nullable=False),
    Column(
        "has_factor", Integer, CheckConstraint("has_factor IN (0, 1)", name="factor_yes_no"), nullable=False
    ),
    Column("made_s", BigInteger, nullable=False),
    Column("to_s", BigInteger, CheckConstraint("to_s > made_s", name="lasts"), nullable=False),
    Column("used_s", BigInteger),
    Column("used_from", Text),
    Column("ended_s", BigInteger),
    Index("account_token_account", "account_id", "ended_s"),
    ids_used_once=True,
    comment="A row is a token by which a program acts for a person: at most what its owner may do at that moment, less "
    "what verbs, unit_id and purposes (JSON lists, empty purposes for all) leave out, and from the networks (JSON list, "
    "empty for all) only. has_factor: it was made in a session with a second factor. Written by its owner; secret_sha256 "
    "is of 256 random bits, so that a slow hash would protect nothing more.",
)

account_code = table(
    "account_code",
    Column("code_sha256", LargeBinary, primary_key=True),
    Column("account_id", Integer, ForeignKey("account.id")),
    Column("made_s", BigInteger, nullable=False),
    Column("to_s", BigInteger, CheckConstraint("to_s > made_s", name="lasts"), nullable=False),
    Column("made_by", Text, nullable=False),
    Index("account_code_account", "account_id"),
    comment="A row is a one-time code by which somebody sets a password: a new person, one who forgot it, or (account_id "
    "empty) the first administrator. Written by whoever adds the person or by the command line, gone when it is used or "
    "replaced. 100 random bits, so SHA-256 without salt keeps it.",
)

account_recovery = table(
    "account_recovery",
    Column("account_id", Integer, ForeignKey("account.id"), primary_key=True),
    Column("code_sha256", LargeBinary, primary_key=True),
    Column("made_s", BigInteger, nullable=False),
    Column("used_s", BigInteger),
    comment="A row is a code that stands in once for a lost second factor. Written ten at a time with the factor, all "
    "replaced with the next ten; used_s spends it. 80 random bits each.",
)

sign_in_failure = table(
    "sign_in_failure",
    Column(
        "kind", Text, CheckConstraint("kind IN ('account', 'address')", name="kind_known"), primary_key=True
    ),
    Column("thing", Text, primary_key=True),
    Column("failures", Integer, nullable=False, server_default=text("0")),
    Column("last_s", BigInteger, nullable=False),
    Column("until_s", BigInteger, nullable=False),
    comment="A row counts the sign-ins that failed for one login name, whether it exists or not, or from one address; until "
    "until_s no other is tried. Written at each failure, gone with a success (account) or an hour after the last. In the "
    "database and not in memory: a restart forgives nobody.",
)

saved_view = table(
    "saved_view",
    Column("id", Integer, primary_key=True),
    Column("account_id", Integer, ForeignKey("account.id"), nullable=False),
    Column("area", Text, nullable=False),
    Column("name", Text, CheckConstraint("name <> ''", name="named"), nullable=False),
    Column("query", Text, nullable=False),
    Column(
        "is_shared", Integer, CheckConstraint("is_shared IN (0, 1)", name="shared_yes_no"), nullable=False
    ),
    Column("unit_id", Integer, ForeignKey(unit.c.id)),
    Column("made_s", BigInteger, nullable=False),
    UniqueConstraint("account_id", "area", "name"),
    Index("saved_view_area", "area", "is_shared"),
    ids_used_once=True,
    comment="A row is the query of a list's address, kept under a name by whoever set the filters. Shared, it is shown to "
    "everybody who sees something of unit_id (empty: to all who are signed in): what it finds is cut to the reader's own "
    "scope all the same. Written and dropped by its owner.",
)

saved_view_default = table(
    "saved_view_default",
    Column("account_id", Integer, ForeignKey("account.id"), primary_key=True),
    Column("area", Text, primary_key=True),
    Column("view_id", Integer, ForeignKey("saved_view.id", ondelete="CASCADE"), nullable=False),
    comment="A row says with which view a person's list of an area begins. Written by that person.",
)
