"""An upgrade of books with something in them: a copy before, nothing lost, and a step that fails changes nothing."""

import shutil
import sqlite3
import threading
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select, text
from tests import crash_child
from tests.engines import all_tables, bare_postgresql, postgresql_programs, postgresql_server
from tests.founded import ENGINES, founded

from lenskeeper.audit.rows import append
from lenskeeper.availability.exact import observe
from lenskeeper.availability.lanes import Lane, State
from lenskeeper.availability.observations import Observation
from lenskeeper.availability.rows_dirty import mark_dirty
from lenskeeper.base.access import ROUNDS
from lenskeeper.house import home as house
from lenskeeper.inventory.ids import PointId
from lenskeeper.store.backup import faults_of_file
from lenskeeper.store.database import Store, open_store
from lenskeeper.store.errors import UpgradeFailed
from lenskeeper.store.migrate import MIGRATIONS, bring_up, revision_of
from lenskeeper.store.restore import restore
from lenskeeper.store.tables import metadata
from lenskeeper.units.rows import add

both = pytest.mark.parametrize("engine", ENGINES)
SLOT_S = 300
NOW_S = 1_795_000_200

STEP = '''
"""A throwaway step."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table("shelf", sa.Column("id", sa.Integer(), primary_key=True), sqlite_strict=True)
    with op.batch_alter_table("unit", recreate="{recreate}") as units:
        units.add_column(sa.Column("motto", sa.Text(), nullable=False, server_default="none"))
    with op.batch_alter_table("point", recreate="{recreate}") as points:
        points.add_column(sa.Column("height_m", sa.Integer(), nullable=True))
    op.execute("INSERT INTO shelf (id) SELECT id FROM point")
    {more}
'''


@pytest.fixture(autouse=True)
def programs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's own tools, of the server of these tests."""
    if "postgresql" in request.node.name:
        postgresql_server()
        monkeypatch.setenv("PATH", str(postgresql_programs()), prepend=":")


def steps(folder: Path, engine: str, more: str = "") -> Path:
    """All steps there are, and one that makes anew two tables to which others point."""
    place = folder / "steps"
    shutil.copytree(MIGRATIONS, place, ignore=shutil.ignore_patterns("__pycache__"))
    text_of = STEP.format(recreate="always" if engine == "sqlite" else "never", more=more)
    (place / "versions" / "0002_a_throwaway_step.py").write_text(text_of)
    return place


def filled(store: Store) -> Store:
    """Units, points, runs, evidence, facts and acts."""
    all_tables()
    crash_child.register(store)

    def first(connection: Connection) -> None:
        city = add(connection, name="City", tz="UTC", actor=ROUNDS, now_s=NOW_S)
        add(connection, name="Office", tz="UTC", parent_id=city, actor=ROUNDS, now_s=NOW_S)
        for number in range(5):
            append(connection, actor=ROUNDS, at_s=NOW_S, act="test", subject=f"point:{number}", detail={})
        seen = [
            Observation(PointId(n), Lane.PICTURE_FIT, NOW_S - SLOT_S, NOW_S, State(1 + n % 2), "blur")
            for n in range(1, crash_child.POINTS)
        ]
        observe(connection, seen, now_s=NOW_S, mark=mark_dirty, actor=ROUNDS)

    store.write(first)
    return store


def rows(store: Store, names: list[str]) -> Mapping[str, list[tuple[Any, ...]]]:
    """Every row of every table of 0001, whatever columns a step has added behind."""
    again = open_store(store.url.render_as_string(hide_password=False))
    with again.read() as connection:
        found = {
            name: sorted(map(tuple, connection.execute(select(metadata.tables[name]))), key=repr)
            for name in names
        }
    again.close()
    return found


@both
def test_filled_books_are_upgraded_with_a_copy_before_and_nothing_lost(engine: str, tmp_path: Path) -> None:
    store = filled(founded(engine, tmp_path))
    names = sorted(metadata.tables)
    before = rows(store, names)
    assert len(before["unit"]) == 2
    assert len(before["unit_closure"]) == 3
    assert len(before["standing"]) == crash_child.POINTS - 1
    assert len(before["audit_entry"]) >= 5
    copy, way = tmp_path / "copy", steps(tmp_path, engine)
    assert bring_up(store, backup_to=copy, steps=way)
    assert rows(store, names) == before
    with store.read() as connection:
        assert revision_of(connection) == "0002"
        assert set(connection.execute(text("SELECT motto FROM unit")).scalars()) == {"none"}
        points = connection.execute(text("SELECT count(*) FROM shelf")).scalar_one()
    assert points == crash_child.POINTS
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        store.write(lambda c: c.execute(text("DELETE FROM unit")))
    assert not bring_up(store, backup_to=tmp_path / "no other", steps=way)
    store.close()
    restore(copy, store.url, settle=lambda _s: None, aside_in=tmp_path)
    assert rows(store, names) == before


@both
@pytest.mark.parametrize(
    "fault",
    [
        'op.execute("INSERT INTO no_such_table VALUES (1)")',
        "raise KeyError('a step that was never tried')",
        'op.execute("INSERT INTO shelf (id) VALUES (1)")',
        'op.execute("DELETE FROM unit WHERE parent_id IS NULL")',
    ],
)
def test_a_step_that_fails_leaves_schema_and_books_and_says_where_the_copy_is(
    engine: str, fault: str, tmp_path: Path
) -> None:
    store = filled(founded(engine, tmp_path))
    names = sorted(metadata.tables)
    before, copy = rows(store, names), tmp_path / "copy"
    with pytest.raises(UpgradeFailed) as told:
        bring_up(store, backup_to=copy, steps=steps(tmp_path, engine, fault))
    assert str(copy) in str(told.value)
    assert "the database is as it was" in str(told.value).lower()
    assert copy.stat().st_size > 0
    with store.read() as connection:
        assert revision_of(connection) == "0001"
    assert rows(store, names) == before
    with pytest.raises(Exception, match="shelf"), store.read() as connection:
        connection.execute(text("SELECT * FROM shelf"))
    if engine == "sqlite":
        assert faults_of_file(tmp_path / "bare.db") == []
    store.close()


@both
def test_of_two_commands_at_once_one_upgrades_and_both_go_on(engine: str, tmp_path: Path) -> None:
    store = filled(founded(engine, tmp_path))
    other = open_store(store.url.render_as_string(hide_password=False))
    way, done, meet = steps(tmp_path, engine), [], threading.Barrier(2)

    def start(one: Store) -> None:
        meet.wait()
        done.append(bring_up(one, backup_to=tmp_path / "copy", steps=way))

    threads = [threading.Thread(target=start, args=(one,)) for one in (store, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [False, True]
    other.close()
    store.close()
    if engine == "sqlite":
        with closing(sqlite3.connect(tmp_path / "copy")) as copy:
            assert copy.execute("SELECT version_num FROM alembic_version").fetchall() == [("0001",)]


@both
def test_an_installation_is_upgraded_when_it_is_opened_and_its_copy_is_named_by_its_kind(
    engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = bare_postgresql() if engine == "postgresql" else f"sqlite:///{tmp_path}/books.db"
    home = house.make_home(house.NewHome(tmp_path / "a", "City", "UTC", url=url))
    home.store.close()
    way = steps(tmp_path, engine)
    monkeypatch.setattr(
        house, "bring_up", lambda s, *, backup_to: bring_up(s, backup_to=backup_to, steps=way)
    )
    for _ in range(2):
        with house.opened(tmp_path / "a" / "lenskeeper.toml") as again, again.store.read() as connection:
            assert revision_of(connection) == "0002"
    (copy,) = (tmp_path / "a" / "backups").iterdir()
    assert copy.name.startswith("before-upgrade-")
    assert copy.suffix == {"sqlite": ".db", "postgresql": ".dump"}[engine]
