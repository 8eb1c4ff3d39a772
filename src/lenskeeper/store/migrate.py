"""From any released schema to this one, with a backup before; and never onto a newer one or a stranger's."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Column, Connection, MetaData, Text, inspect, select, table

from lenskeeper.store.address import shown
from lenskeeper.store.backup import backup
from lenskeeper.store.database import Store
from lenskeeper.store.errors import StoreTooNew, UpgradeFailed
from lenskeeper.store.schema import mark

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS: Final = Path(__file__).parent / "migrations"
STAMP: Final = table("alembic_version", Column("version_num", Text))  # where Alembic writes the revision


def revision_of(connection: Connection) -> str | None:
    """The schema's revision; None where there is no schema yet."""
    if not inspect(connection).has_table(STAMP.name):
        return None
    return connection.execute(select(STAMP.c.version_num)).scalar_one_or_none()


def is_of_others(connection: Connection) -> bool:
    """Whether it holds tables of another program. What an `init` has left that was killed before its end is ours."""
    tables = inspect(connection).get_table_names()
    return bool(tables) and (revision_of(connection) is None or mark.name not in tables)


def newest_revision(steps: Path = MIGRATIONS) -> str:
    """The revision that this program was written for."""
    return max(_known(steps))


def must_be_known(revision: str, steps: Path = MIGRATIONS) -> None:
    """StoreTooNew: a newer program made this schema."""
    if revision not in _known(steps):
        raise StoreTooNew(
            f"this database has schema {revision}, which this lenskeeper does not know: install the newer "
            "lenskeeper that made it, or restore a backup from before its upgrade"
        )


def bring_up(store: Store, *, backup_to: Path | None, steps: Path = MIGRATIONS) -> bool:
    """Bring the schema up to date; whether anything was to be done.

    backup_to: where a copy goes before a schema with data in it is changed. steps: another folder of them, for tests.
    Nobody writes between the copy and the last step, and of two commands that start at once the second finds it done.
    StoreTooNew: made by a newer program. UpgradeFailed: nothing was changed.
    """
    with store.read() as connection:
        present = revision_of(connection)
    if present == newest_revision(steps):
        return False
    if present is not None:
        must_be_known(present, steps)
    copied: list[Path] = []
    try:
        return store.rebuild(lambda connection: _upgrade(connection, store, backup_to, steps, copied))
    except Exception as error:  # a step may fail by anything, and of each it must be said where the copy is
        if not copied:
            raise
        said = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise UpgradeFailed(
            f"{shown(store.url)}: the upgrade from schema {present} failed and was taken back whole: {said}. The "
            f"database is as it was, and a copy from before is {copied[0]}: go on with the lenskeeper from before, and "
            "report this"
        ) from error


def _upgrade(
    connection: Connection, store: Store, backup_to: Path | None, steps: Path, copied: list[Path]
) -> bool:
    present = revision_of(connection)
    if present == newest_revision(steps):
        return False  # another command was faster
    if present is not None and backup_to is not None:
        copied.append(backup(store.url, backup_to).path)
    from alembic import command  # noqa: PLC0415  a quarter of a second that only an upgrade must spend

    command.upgrade(_config(connection, steps), "head")
    return True


def _known(steps: Path) -> set[str]:
    """The steps that there are: a file each, the revision before the first underscore."""
    return {step.name.partition("_")[0] for step in (steps / "versions").glob("[0-9]*.py")}


def write_step(store: Store, tables: MetaData, message: str, name: str) -> None:
    """For developers: write the step from the newest schema to `tables`. Read it before it is committed."""

    def write(connection: Connection) -> None:
        from alembic import command  # noqa: PLC0415  the same

        config = _config(connection, MIGRATIONS)
        config.attributes["metadata"] = tables
        command.revision(config, message, autogenerate=True, rev_id=name)

    store.write(write)


def _config(connection: Connection, steps: Path) -> "Config":
    from alembic.config import Config  # noqa: PLC0415  the same

    config = Config()
    config.set_main_option("script_location", str(steps))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
