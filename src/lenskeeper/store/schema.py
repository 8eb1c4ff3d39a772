"""What a database says of itself."""

from typing import Final

from sqlalchemy import Column, Text

from lenskeeper.store.tables import table

mark: Final = table(
    "mark",
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    without_rowid=True,
    comment="A row is one thing this database says of itself: `epoch`, drawn when it was made and again by a restore, "
    "so that nobody takes numbers given after it for those given before; `exercise`, where its fleet is not real.",
)
