"""What the rounds must still know after a restart. No camera is worse off because we were restarted."""

from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Column, Double, Integer, Text

from lenskeeper.store.tables import table

login: Final = table(
    "login",
    Column("host", Text, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("has_worked", Integer, nullable=False),
    Column("refused_since_s", BigInteger),
    Column("refusals", Integer, nullable=False),
    Column("last_try_s", BigInteger, nullable=False),
    CheckConstraint("has_worked IN (0, 1)", name="login_has_worked"),
    CheckConstraint("refusals >= 0", name="login_refusals"),
    without_rowid=True,
    comment=(
        "How one account stands with one host: whether it was ever let in, and since when and how often in a row it "
        "was refused. Written when that changes. The account is a fingerprint of user and password keyed by this "
        "installation, so that a changed password is another account; a credential's number would not tell. Hosts "
        "and not points, since sixty-four channels of a recorder share one lock."
    ),
)

learnt_route: Final = table(
    "learnt_route",
    Column("point_id", BigInteger, primary_key=True),
    Column("stream", Integer, primary_key=True),
    Column("received_bytes", BigInteger, nullable=False),
    Column("cost_ms", Double, nullable=False),
    Column("first_frame_ms", Double, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("last_s", BigInteger, nullable=False),
    CheckConstraint("stream IN (0, 1, 2)", name="learnt_route_stream"),
    CheckConstraint("failures BETWEEN 0 AND 255", name="learnt_route_failures"),
    without_rowid=True,
    comment=(
        "What one way to a point's picture (0 still, 1 sub-stream, 2 main stream) costs, as lately seen. Written when "
        "it has changed by a quarter, or failed. 255 failures: the device knows no such path. No foreign key: a row "
        "whose point has gone does no harm, and the register need not wait for the rounds to delete a point."
    ),
)

used_bytes: Final = table(
    "used_bytes",
    Column("payer", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("month", Integer, primary_key=True),
    Column("used_bytes", BigInteger, nullable=False),
    CheckConstraint("payer IN ('point', 'uplink')", name="used_bytes_payer"),
    without_rowid=True,
    comment=(
        "Bytes that looks have cost a metered point, or an uplink, in one local calendar month (year * 100 + month). "
        "The sum so far, overwritten every minute or so; the bytes of each look are not kept."
    ),
)
