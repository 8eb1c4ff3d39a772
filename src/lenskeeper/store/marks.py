"""Read and set what a database says of itself."""

from typing import Final

from sqlalchemy import Connection, inspect, select

from lenskeeper.store.schema import mark
from lenskeeper.store.statements import insert_into

EPOCH: Final = "epoch"
EXERCISE: Final = "exercise"


def read_mark(connection: Connection, name: str) -> str | None:
    """The value of a mark; None where it was never set."""
    value = connection.execute(select(mark.c.value).where(mark.c.name == name)).scalar_one_or_none()
    return None if value is None else str(value)


def epoch_of(connection: Connection) -> str | None:
    """What makes a database one of ours; None where it is somebody else's, or empty."""
    return read_mark(connection, EPOCH) if inspect(connection).has_table(mark.name) else None


def set_mark(connection: Connection, name: str, value: str) -> None:
    """Set it, whether it was set before or not."""
    connection.execute(
        insert_into(connection, mark)
        .values(name=name, value=value)
        .on_conflict_do_update(index_elements=[mark.c.name], set_={"value": value})
    )
