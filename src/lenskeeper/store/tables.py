"""The one list of tables. Each room declares its own in its `schema.py`, and only that room writes them."""

from typing import Any, Final

from sqlalchemy import BigInteger, Double, MetaData, Table
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import SchemaItem

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def table(
    name: str, *items: SchemaItem, comment: str, without_rowid: bool = False, ids_used_once: bool = False
) -> Table:
    """A table on both engines. comment: what a row is, when it is written, and the road not taken.

    Types: Integer, BigInteger, Text, LargeBinary and Double only, which is what STRICT tables of SQLite admit.
    without_rowid: SQLite then keeps the rows in the order of their primary key, with no second copy of it; for
    narrow rows that are read by key.
    ids_used_once: SQLite would give the number of a deleted last row again; PostgreSQL never does.
    """
    kwargs: dict[str, Any] = {"sqlite_strict": True, "sqlite_autoincrement": ids_used_once}
    if without_rowid:
        kwargs["sqlite_with_rowid"] = False
    return Table(name, metadata, *items, comment=comment, **kwargs)


@compiles(BigInteger, "sqlite")
def _big(_type: BigInteger, _compiler: object, **_kw: object) -> str:
    return "INTEGER"  # of any length there, and BIGINT is no word that STRICT knows


@compiles(Double, "sqlite")
def _double(_type: Double[float], _compiler: object, **_kw: object) -> str:
    return "REAL"
