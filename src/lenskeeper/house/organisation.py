"""What commands do to the organisation: its units, its divisions, the backlog it inherited; and the log of all acts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import Connection

from lenskeeper.audit import rows as audit
from lenskeeper.availability.rows_exclusions import refresh
from lenskeeper.base.access import ActorId, Scope
from lenskeeper.house.cameras import find_camera
from lenskeeper.house.home import Home
from lenskeeper.house.register import surveyed, tell
from lenskeeper.inventory import rows_divisions, rows_takeover
from lenskeeper.inventory.division_lists import read_divisions, regular
from lenskeeper.inventory.ids import PointId
from lenskeeper.reporting.screens import Surveyed
from lenskeeper.units import rows as units
from lenskeeper.units.ids import UnitId
from lenskeeper.units.rows import SEPARATOR, Unit


@dataclass(frozen=True, slots=True)
class NewUnit:
    """A unit to be set up. path: with the names above it, which are there already. tz: empty for its parent's."""

    path: str
    kind: str = "region"
    code: str = ""
    level: str = ""
    tz: str = ""


@dataclass(frozen=True, slots=True)
class UnitLine:
    """A unit, how many cameras in service it has itself, and since when they are accepted; None: not yet."""

    unit: Unit
    cameras: int
    accepted_from_s: int | None


@dataclass(frozen=True, slots=True)
class BacklogLine:
    """An inherited fault. now: the bucket its camera is in today; empty where it is in service no more."""

    owed: rows_takeover.Owed
    path: str
    now: str


def unit_lines(home: Home, found: Sequence[Surveyed] | None = None) -> list[UnitLine]:
    """Every unit, a parent before its children. found: what `surveyed` gave, where the caller has it already."""
    cameras: dict[UnitId, int] = {}
    for one in surveyed(home, Scope.ALL) if found is None else found:
        cameras[one.unit_id] = cameras.get(one.unit_id, 0) + 1
    with home.store.read() as connection:
        accepted = {each.unit_id: each.from_s for each in rows_takeover.acceptances(connection, Scope.ALL)}
        tree = units.tree(connection, Scope.ALL)
    return [UnitLine(unit, cameras.get(unit.unit_id, 0), accepted.get(unit.unit_id)) for unit in tree]


def left_behind(lines: Sequence[UnitLine]) -> list[UnitLine]:
    """Units with cameras that are not accepted although the unit above is: they were set up after its acceptance."""
    accepted = {line.unit.unit_id for line in lines if line.accepted_from_s is not None}
    return [
        line
        for line in lines
        if line.cameras and line.accepted_from_s is None and line.unit.parent_id in accepted
    ]


def add_unit(home: Home, new: NewUnit, actor: ActorId) -> UnitId:
    """Set a unit up. NotFound: the unit above it is not there. Invalid, Conflict: as units.rows.add."""
    above, _, name = new.path.strip(SEPARATOR).rpartition(SEPARATOR)
    tz = new.tz or ("" if above else home.tz())
    now_s = home.now_s()

    def work(connection: Connection) -> UnitId:
        parent_id = units.find(connection, Scope.ALL, above) if above else None
        made = units.add(
            connection,
            name=name,
            parent_id=parent_id,
            kind=new.kind,
            code=new.code,
            tz=tz,
            level=new.level,
            actor=actor,
            now_s=now_s,
        )
        detail = {"path": new.path, "kind": new.kind, "code": new.code, "level": new.level, "tz": tz}
        _enter_unit(connection, "unit.add", made, detail, actor, now_s)
        return made

    return home.store.write(work, durable=True)


def rename_unit(home: Home, path: str, name: str, actor: ActorId) -> None:
    """Give a unit another name; its cameras, its past and its acceptance stay. Errors as units.rows.rename."""
    now_s = home.now_s()

    def work(connection: Connection) -> None:
        unit_id = units.find(connection, Scope.ALL, path)
        units.rename(connection, unit_id, name, actor=actor, now_s=now_s)
        _enter_unit(connection, "unit.rename", unit_id, {"path": path, "name": name}, actor, now_s)

    home.store.write(work, durable=True)


def move_unit(home: Home, path: str, to: str, actor: ActorId) -> None:
    """Hang a unit with all below it under another one (empty: at the top); every report follows, past days too.

    Maintenance that was planned for a unit follows the tree as well. Errors as units.rows.move.
    """
    now_s = home.now_s()

    def work(connection: Connection) -> None:
        unit_id = units.find(connection, Scope.ALL, path)
        parent_id = units.find(connection, Scope.ALL, to) if to else None
        units.move(connection, unit_id, parent_id, actor=actor, now_s=now_s)
        refresh(connection)
        _enter_unit(connection, "unit.move", unit_id, {"path": path, "to": to}, actor, now_s)

    home.store.write(work, durable=True)


def _enter_unit(
    connection: Connection, act: str, unit_id: UnitId, detail: dict[str, str], actor: ActorId, now_s: int
) -> None:
    audit.append(connection, actor=actor, at_s=now_s, act=act, subject=f"unit:{unit_id}", detail=detail)
    tell(connection, f"unit:{unit_id}", now_s)


def load_divisions(home: Home, path: Path, actor: ActorId) -> int:
    """Enter the divisions of a list; gives how many. Invalid: any row of it is wrong, and then none is entered."""
    rows, now_s = read_divisions(path), home.now_s()
    return home.store.write(
        lambda c: rows_divisions.load(c, rows, source=path.name, actor=actor, now_s=now_s), durable=True
    )


def supersede_division(home: Home, code: str, by: str, on: date, actor: ActorId) -> None:
    """Say that a division is in force no more, and which took its place. Errors as rows_divisions.supersede."""
    now_s = home.now_s()
    home.store.write(
        lambda c: rows_divisions.supersede(c, regular(code), regular(by), on=on, actor=actor, now_s=now_s),
        durable=True,
    )


def backlog(home: Home, path: str = "") -> list[BacklogLine]:
    """What is still owed by a unit with all below it (empty: by all), the earliest agreed day first."""
    now = {one.point_id: one.bucket.value for one in surveyed(home, Scope.ALL)}
    with home.store.read() as connection:
        owed = rows_takeover.owed(connection, scope_of(connection, path))
        paths = {unit.unit_id: unit.path for unit in units.tree(connection, Scope.ALL)}
    return [BacklogLine(each, paths.get(each.unit_id, ""), now.get(each.point_id, "")) for each in owed]


def agree_backlog(home: Home, path: str, day: int, actor: ActorId) -> int:
    """Agree on the day by which a unit's open backlog shall be gone; gives how many cameras that is."""
    now_s = home.now_s()

    def work(connection: Connection) -> int:
        mine = [each.point_id for each in rows_takeover.owed(connection, scope_of(connection, path))]
        return rows_takeover.agree(connection, mine, day, actor=actor, now_s=now_s) if mine else 0

    return home.store.write(work, durable=True)


def close_backlog(home: Home, cameras: Sequence[str], because: str, actor: ActorId) -> int:
    """Close inherited faults by the cameras' codes or whole names; gives how many were open.

    NotFound: one answers to none or to several. Invalid: no reason.
    """
    now_s = home.now_s()

    def work(connection: Connection) -> int:
        ids: list[PointId] = [find_camera(connection, words, now_s).point_id for words in cameras]
        return rows_takeover.close(connection, ids, because, actor=actor, now_s=now_s)

    return home.store.write(work, durable=True)


def scope_of(connection: Connection, path: str) -> Scope:
    """A unit with all below it; all, where none is named."""
    return Scope(frozenset({units.find(connection, Scope.ALL, path)})) if path else Scope.ALL
