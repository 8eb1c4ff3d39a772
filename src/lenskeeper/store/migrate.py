"""From any released schema to this one, with a backup before; and never onto a newer one."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Column, Connection, MetaData, Text, inspect, select, table

from lenskeeper.store.backup import backup
from lenskeeper.store.database import Store
from lenskeeper.store.errors import StoreTooNew

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS: Final = Path(__file__).parent / "migrations"
STAMP: Final = table("alembic_version", Column("version_num", Text))  # where Alembic writes the revision


def revision_of(connection: Connection) -> str | None:
    """The schema's revision; None where there is no schema yet."""
    if not inspect(connection).has_table(STAMP.name):
        return None
    return connection.execute(select(STAMP.c.version_num)).scalar_one_or_none()


def newest_revision() -> str:
    """The revision that this program was written for."""
    return max(_known())


def bring_up(store: Store, *, backup_to: Path | None) -> bool:
    """Bring the schema up to date; whether anything was to be done.

    backup_to: where a copy goes before a schema with data in it is changed. StoreTooNew: made by a newer program.
    """
    with store.read() as connection:
        present = revision_of(connection)
    if present == newest_revision():
        return False
    if present is not None and present not in _known():
        raise StoreTooNew(
            f"this database has schema {present}, which this lenskeeper does not know: install the newer "
            "lenskeeper that made it, or restore a backup from before its upgrade"
        )
    if present is not None and backup_to is not None:
        backup(store.url, backup_to)
    store.write(_upgrade, durable=True)
    return True


def _known() -> set[str]:
    """The steps that this program has: a file each, the revision before the first underscore."""
    return {step.name.partition("_")[0] for step in (MIGRATIONS / "versions").glob("[0-9]*.py")}


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415  a quarter of a second that only an upgrade must spend

    command.upgrade(_config(connection), "head")


def write_step(store: Store, tables: MetaData, message: str, name: str) -> None:
    """For developers: write the step from the newest schema to `tables`. Read it before it is committed."""

    def write(connection: Connection) -> None:
        from alembic import command  # noqa: PLC0415  the same

        config = _config(connection)
        config.attributes["metadata"] = tables
        command.revision(config, message, autogenerate=True, rev_id=name)

    store.write(write)


def _config(connection: Connection) -> "Config":
    from alembic.config import Config  # noqa: PLC0415  the same

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
