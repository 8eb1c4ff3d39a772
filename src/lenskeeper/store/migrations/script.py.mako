"""${message}"""

import sqlalchemy as sa
from alembic import op

from lenskeeper.store.tables import metadata as _types  # noqa: F401  SQLite's words for our types

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}
