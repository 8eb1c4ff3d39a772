"""For developers: write the next step of the schema from what the rooms declare. ./run migration "what it is for".

Read what it wrote before you commit it: renames come out as a drop and an add, and data is never moved by it.
"""

import sys
import tempfile

from sqlalchemy import CheckConstraint
from tests.engines import all_tables

from lenskeeper.store.database import open_store
from lenskeeper.store.migrate import MIGRATIONS, bring_up, write_step
from lenskeeper.store.tables import metadata


def checks_of_columns_too() -> None:
    """Alembic writes a table's own checks only."""
    for table in metadata.tables.values():
        for column in table.columns:
            for check in [c for c in column.constraints if isinstance(c, CheckConstraint)]:
                table.append_constraint(CheckConstraint(check.sqltext, name=check.name))


def main() -> None:
    all_tables()
    checks_of_columns_too()
    number = len(list((MIGRATIONS / "versions").glob("[0-9]*.py"))) + 1
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{folder}/old.db")
        if number > 1:
            bring_up(store, backup_to=None)
        write_step(store, metadata, sys.argv[1], f"{number:04}")
        store.close()


if __name__ == "__main__":
    main()
