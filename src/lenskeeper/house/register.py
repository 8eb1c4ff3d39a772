"""What people do to the register: each act whole in one transaction, entered in the audit log, told to `serve`."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from lenskeeper.availability.rows_counted import counted
from lenskeeper.availability.rows_exclusions import refresh
from lenskeeper.base.access import LOCAL_OPERATOR, ActorId, Scope
from lenskeeper.house.home import Home
from lenskeeper.house.verdicts import devices, judge_swaps
from lenskeeper.inventory import rows_declarations, rows_edits, rows_takeover
from lenskeeper.inventory.checking import Checked, ParkedRow, check_sheet
from lenskeeper.inventory.diff import Difference, diff
from lenskeeper.inventory.ids import BatchId, PointId
from lenskeeper.inventory.rows_batches import (
    Batch,
    batch,
    batches,
    edits_by,
    open_batch,
    park,
    parked,
    points_of,
)
from lenskeeper.inventory.rows_edits import Plan
from lenskeeper.inventory.rows_imports import Committed, commit_files
from lenskeeper.inventory.rows_snapshot import snapshot
from lenskeeper.inventory.rows_undo import Undone, undo
from lenskeeper.inventory.rows_watched import watched
from lenskeeper.inventory.sheets import Sheet, read_sheet
from lenskeeper.journal.rows import announce
from lenskeeper.probing.targets import is_outside
from lenskeeper.reporting.screens import Surveyed, survey
from lenskeeper.reporting.takeover import Bucket
from lenskeeper.units import rows as units

REGISTER_CHANGED: Final = "register_changed"
TOLD_ALONE_MAX: Final = 100  # cameras of one edit; of more, whoever follows reads all anew
# Nothing that is known to be wrong by the day of acceptance; what is in the other buckets was inherited.
NO_FAULT: Final = frozenset({Bucket.ANSWERS_WELL, Bucket.NOT_LOOKED_AT, Bucket.BUSY})


@dataclass(frozen=True, slots=True)
class SheetOrder:
    """A sheet, and how it is meant.

    crs:          the system of its coordinates, declared by the operator and never guessed.
    page:         of a workbook; empty: the one with the most known columns.
    mapping:      headers that the operator has given a meaning.
    unit:         the path of the unit of new cameras whose rows name none.
    new_units:    whether unknown organisation paths set up units; None: only while there are none but the topmost.
    on_duplicate: create, update or skip.
    """

    path: Path
    crs: str
    page: str = ""
    mapping: Mapping[str, str] = field(default_factory=dict)
    unit: str = ""
    new_units: bool | None = None
    on_duplicate: str = "update"


@dataclass(frozen=True, slots=True)
class Imported:
    """A committed sheet."""

    batch_id: BatchId
    committed: Committed
    parked: int


def check(home: Home, order: SheetOrder) -> Checked:
    """The dry run: every fault of every row. Writes nothing."""
    return _checked(home, order)[1]


def commit(home: Home, order: SheetOrder, actor: ActorId = LOCAL_OPERATOR) -> tuple[Checked, Imported | None]:
    """Write the good rows and park the faulty ones, in one transaction. None: no row could be written."""
    sheet, checked = _checked(home, order)
    if checked.header_faults or not checked.good:
        return checked, None
    now_s = home.now_s()
    digest = hashlib.sha256(order.path.read_bytes()).hexdigest()

    def work(connection: Connection) -> Imported:
        before = devices(connection, now_s)
        batch_id = open_batch(
            connection, source=sheet.source, sha256=digest, crs=order.crs, actor=actor, now_s=now_s
        )
        park(connection, batch_id, checked.parked, actor=actor)
        committed = commit_files(
            connection,
            batch_id,
            checked.good,
            on_duplicate=order.on_duplicate,
            tz=_top_zone(connection),
            actor=actor,
            now_s=now_s,
        )
        judge_swaps(connection, before, actor=actor, now_s=now_s)
        refresh(connection)
        tell(connection, f"import:{batch_id}", now_s)
        return Imported(batch_id, committed, len(checked.parked))

    return checked, home.store.write(work, durable=True)


def take_back(home: Home, batch_id: int, actor: ActorId = LOCAL_OPERATOR) -> Undone:
    """Undo an import as far as nobody changed its points since, and no figure of the past rests on them."""
    now_s = home.now_s()

    def work(connection: Connection) -> Undone:
        before = devices(connection, now_s)
        keep = counted(connection, points_of(connection, BatchId(batch_id)))
        undone = undo(connection, BatchId(batch_id), keep=keep, actor=actor, now_s=now_s)
        judge_swaps(connection, before, actor=actor, now_s=now_s)
        refresh(connection)
        tell(connection, f"import:{batch_id}", now_s)
        return undone

    return home.store.write(work, durable=True)


def plan_edit(home: Home, scope: Scope, point_ids: Sequence[PointId], values: Mapping[str, str]) -> Plan:
    """What an edit of many cameras would do. Writes nothing. Invalid: as rows_edits.plan."""
    with home.store.read() as connection:
        return rows_edits.plan(connection, scope, point_ids, values, home.now_s())


def edit(
    home: Home,
    scope: Scope,
    revisions: Mapping[PointId, int],
    values: Mapping[str, str],
    *,
    reason: str,
    actor: ActorId,
) -> tuple[BatchId | None, Plan]:
    """Change many cameras at once, as previewed. None: nothing was to be changed. Invalid: as rows_edits.plan."""
    now_s = home.now_s()

    def work(connection: Connection) -> tuple[BatchId | None, Plan]:
        batch_id, done = rows_edits.commit(
            connection, scope, revisions, values, reason=reason, actor=actor, now_s=now_s
        )
        if batch_id is not None:
            changed = [each.point_id for each in done.changes]
            refresh(connection, changed)
            few = len(changed) <= TOLD_ALONE_MAX
            for subject in [f"point:{each}" for each in changed] if few else [f"import:{batch_id}"]:
                tell(connection, subject, now_s)
        return batch_id, done

    return home.store.write(work, durable=True)


def edits(home: Home, actor: ActorId, limit: int) -> list[Batch]:
    """The last edits that somebody made, newest first."""
    with home.store.read() as connection:
        return edits_by(connection, actor, limit=limit)


def take_back_edit(home: Home, scope: Scope, number: int, actor: ActorId) -> Undone:
    """Undo an edit as far as nobody changed its cameras since. NotFound: there is none within the scope."""
    with home.store.read() as connection:
        rows_edits.admit_undo(connection, scope, BatchId(number), home.now_s())
    return take_back(home, number, actor)


def compare(home: Home, order: SheetOrder) -> tuple[Checked, Difference]:
    """A later sheet beside the register. Writes nothing."""
    with home.store.read() as connection:
        known = snapshot(connection, Scope.ALL, home.now_s(), with_files=True)
    sheet = read_sheet(order.path, page=order.page, mapping=order.mapping)
    checked = check_sheet(sheet, known, order.crs, order.mapping, unit=order.unit, new_units=True)
    return checked, diff(checked, known)


def imports(home: Home, limit: int) -> list[Batch]:
    """The last imports, newest first."""
    with home.store.read() as connection:
        return batches(connection, Scope.ALL, limit=limit)


def faulty_rows_of(home: Home, batch_id: int) -> list[ParkedRow]:
    """The rows that an import left out. NotFound: no such import."""
    with home.store.read() as connection:
        return parked(connection, Scope.ALL, batch(connection, BatchId(batch_id)).batch_id)


def write_error_books(rows: Sequence[ParkedRow], folder: Path, language: str) -> list[Path]:
    """One workbook per department with its faulty rows, in a folder that is made where it is not there."""
    # imported where it is used: openpyxl behind it is a tenth of the start of every command
    from lenskeeper.inventory.error_book import error_books  # noqa: PLC0415  its libraries take a third of a second, and few commands write

    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, data in error_books(rows, language):
        (folder / name).write_bytes(data)
        written.append(folder / name)
    return written


@dataclass(frozen=True, slots=True)
class DeclareOrder:
    """What is declared, for a unit's subtree (its path) or a list of codes; the exceptions are codes."""

    what: rows_declarations.Declared
    document: str
    unit: str = ""
    codes: Sequence[str] = ()
    exceptions: Sequence[str] = ()


def declare(home: Home, order: DeclareOrder, actor: ActorId = LOCAL_OPERATOR) -> rows_declarations.Outcome:
    """Declare what many cameras are for."""
    now_s = home.now_s()

    def work(connection: Connection) -> rows_declarations.Outcome:
        done = rows_declarations.declare(
            connection,
            order.what,
            document=order.document,
            unit_id=units.find(connection, Scope.ALL, order.unit) if order.unit else None,
            codes=order.codes,
            exceptions=order.exceptions,
            actor=actor,
            now_s=now_s,
        )
        tell(connection, f"declaration:{done.declaration_id}", now_s)
        return done

    return home.store.write(work, durable=True)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A unit that was accepted. backlog: how many of its cameras were faulty by then, by bucket."""

    unit: str
    from_s: int
    backlog: Mapping[str, int]


def accept(
    home: Home,
    path: str,
    *,
    from_day: int,
    agreed_day: int | None,
    document: str,
    actor: ActorId = LOCAL_OPERATOR,
) -> Accepted:
    """Accept a unit and all below it; what is faulty now becomes backlog, with the agreed day."""
    now_s = home.now_s()

    def work(connection: Connection) -> Accepted:
        unit_id = units.find(connection, Scope.ALL, path)
        faulty = [
            rows_takeover.Inherited(one.point_id, one.bucket.value, agreed_day)
            for one in _surveyed(home, connection, Scope(frozenset({unit_id})))
            if one.bucket not in NO_FAULT
        ]
        made = rows_takeover.accept(
            connection,
            unit_id,
            from_day=from_day,
            document=document,
            faulty=faulty,
            actor=actor,
            now_s=now_s,
        )
        tell(connection, f"unit:{unit_id}", now_s)
        counts: dict[str, int] = {}
        for each in faulty:
            counts[each.bucket] = counts.get(each.bucket, 0) + 1
        return Accepted(path, made.from_s, counts)

    return home.store.write(work, durable=True)


def surveyed(home: Home, scope: Scope) -> list[Surveyed]:
    """Every camera in service that may be seen, with its bucket."""
    with home.store.read() as connection:
        return _surveyed(home, connection, scope)


def _surveyed(home: Home, connection: Connection, scope: Scope) -> list[Surveyed]:
    now_s, networks = home.now_s(), home.settings.probing.networks
    outside = (
        {w.point_id for w in watched(connection, scope, now_s) if is_outside(w.url, networks)}
        if networks
        else set()
    )
    return survey(connection, scope, now_s, outside)


def _checked(home: Home, order: SheetOrder) -> tuple[Sheet, Checked]:
    sheet = read_sheet(order.path, page=order.page, mapping=order.mapping)
    with home.store.read() as connection:
        known = snapshot(connection, Scope.ALL, home.now_s())
    new_units = len(known.units) <= 1 if order.new_units is None else order.new_units
    return sheet, check_sheet(sheet, known, order.crs, order.mapping, unit=order.unit, new_units=new_units)


def _top_zone(connection: Connection) -> str:
    return next(unit.tz for unit in units.tree(connection, Scope.ALL) if unit.parent_id is None)


def tell(connection: Connection, subject: str, now_s: int) -> None:
    """Announce that the register changed: a running `serve` reads its plan again within two seconds."""
    announce(connection, at_s=now_s, room="inventory", fact=REGISTER_CHANGED, subject=subject)
