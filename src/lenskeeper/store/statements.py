"""The few places where the two engines speak differently."""

from typing import Any, Protocol

from sqlalchemy import ColumnElement, Connection, Integer, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

Insert = sqlite.Insert | postgresql.Insert


def insert_into(connection: Connection, into: Table) -> Any:
    """An INSERT of the connection's engine: it has `on_conflict_do_nothing` and `on_conflict_do_update`."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(into)
    return sqlite.insert(into)


class least(FunctionElement[int]):  # noqa: N801  it reads as the SQL function it is
    """The smaller of two values."""

    name, type, inherit_cache = "least", Integer(), True


class greatest(FunctionElement[int]):  # noqa: N801  the same
    """The greater of two values."""

    name, type, inherit_cache = "greatest", Integer(), True


class _Clauses(Protocol):
    clauses: ColumnElement[Any]


@compiles(least, "sqlite")
def _least(element: _Clauses, compiler: SQLCompiler, **kw: Any) -> str:
    return f"min({compiler.process(element.clauses, **kw)})"


@compiles(greatest, "sqlite")
def _greatest(element: _Clauses, compiler: SQLCompiler, **kw: Any) -> str:
    return f"max({compiler.process(element.clauses, **kw)})"


@compiles(least)
@compiles(greatest)
def _by_name(element: FunctionElement[int], compiler: SQLCompiler, **kw: Any) -> str:
    return f"{element.name}({compiler.process(element.clauses, **kw)})"
