"""The register on screen: sheets and edits of many cameras, taken back; a unit taken over; declarations by batch."""

import io
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Body, Depends, Query, Response
from pydantic import Field

from lenskeeper.accounts.verbs import Verb
from lenskeeper.base.access import Scope
from lenskeeper.base.errors import Invalid, NotAllowed
from lenskeeper.base.languages import Language
from lenskeeper.house import register as house
from lenskeeper.inventory.checking import Checked, ParkedRow
from lenskeeper.inventory.diff import Difference
from lenskeeper.inventory.faults import RowFault, said
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_batches import Batch
from lenskeeper.inventory.rows_declarations import Declared
from lenskeeper.inventory.rows_edits import EDITABLE, POINTS_MAX, Plan, WhyNot
from lenskeeper.inventory.rows_points import unit_paths
from lenskeeper.inventory.rows_takeover import acceptances, owed
from lenskeeper.inventory.rows_undo import CODES, Undone
from lenskeeper.inventory.sheets import FILE_BYTES_MAX
from lenskeeper.units import rows as units
from lenskeeper.units.ids import UnitId
from lenskeeper.web.asking import Asking, may
from lenskeeper.web.files import a_file, file_named
from lenskeeper.web.pages import ID_MAX, Id, Number, Shown

router = APIRouter(prefix="/api/register", tags=["register"])

FAULTS_SHOWN: Final = 2_000  # of one sheet: whoever has more gets them as workbooks
ROWS_SHOWN: Final = 500  # of each part of a comparison
IMPORTS_SHOWN: Final = 50
CODES_MAX: Final = 5_000
DAY_MAX: Final = 100_000  # in the year 2243

Keep = Annotated[Asking, may(Verb.KEEP_REGISTER)]
TakeOver = Annotated[Asking, may(Verb.TAKE_OVER)]
Declare = Annotated[Asking, may(Verb.DECLARE)]
Spoken = Annotated[Language, Query(description="of reasons, cures and workbooks")]
Bytes = Annotated[bytes, Body(media_type="application/octet-stream", max_length=FILE_BYTES_MAX)]
Name = Annotated[
    str, Query(min_length=5, max_length=200, pattern=r"\.(csv|CSV|xlsx|XLSX)$", description="of the file")
]
Crs = Annotated[str, Query(max_length=20, description="of its coordinates, as declared: wgs84, gcj02, bd09")]
Policy = Annotated[
    Literal["create", "update", "skip"], Query(description="what a row about a registered camera does")
]
UnitPath = Annotated[str, Query(max_length=400, description="the unit of new cameras whose rows name none")]
NewUnits = Annotated[
    bool, Query(description="set up units that are not known; a register without any does so anyway")
]


@dataclass(frozen=True, slots=True)
class SheetSaid:
    """How a sheet is meant, as its address says."""

    name: str
    crs: str
    unit: str
    new_units: bool


def sheet_said(name: Name, crs: Crs, unit: UnitPath = "", new_units: NewUnits = False) -> SheetSaid:  # noqa: FBT002  a query
    """What every question about a sheet says beside its bytes."""
    return SheetSaid(name, crs, unit, new_units)


Sheet = Annotated[SheetSaid, Depends(sheet_said)]
Words = Annotated[str, Field(max_length=400)]
Day = Annotated[int, Field(ge=0, le=DAY_MAX)]
EditValues = Annotated[
    dict[Annotated[str, Field(max_length=40)], Words], Field(min_length=1, max_length=len(EDITABLE))
]
Codes = Annotated[tuple[Annotated[str, Field(max_length=40)], ...], Field(max_length=CODES_MAX)]


class FaultShown(Shown):
    """What is wrong, or strange, at one place of a sheet: row from 1 as the spreadsheet numbers it."""

    row: int
    column: str
    value: str
    why: str
    reason: str
    cure: str


class SheetChecked(Shown):
    """A dry run. faults: the first of faults_count; by_department: faults of each. may_commit: no header is wrong."""

    source: str
    rows: int
    good: int
    parked: int
    new: int
    known: int
    duplicates: int
    faults_count: int
    faults: list[FaultShown]
    warnings_count: int
    warnings: list[FaultShown]
    notices: list[str]
    new_units: dict[str, int]
    by_department: dict[str, int]
    may_commit: bool


class SheetCommitted(Shown):
    """What became of the good rows; parked: the faulty ones, that are kept for their departments."""

    number: int
    created: int
    updated: int
    unchanged: int
    skipped: int
    swapped: int
    moved: int
    kept: int
    parked: int


class ImportRow(Shown):
    """A sheet that was committed, or an edit of many cameras (its source is why). undone_s: when it was taken back."""

    number: int
    at_s: int
    actor: str
    kind: Literal["sheet", "edit"]
    source: str
    crs: str
    created: int
    updated: int
    parked: int
    undone_s: int | None


class LeftShown(Shown):
    """A camera that could not be taken back, and why, as a code. row: of its sheet."""

    row: int
    point_id: int
    name: str
    why: str


class SheetUndone(Shown):
    """An import that was taken back. left: what somebody changed since, or what figures rest on."""

    withdrawn: int
    restored: int
    left: list[LeftShown]


class EditAsked(Shown):
    """Which cameras get which values. values: by the names of the register, in the words of a sheet; empty: emptied."""

    cameras: Annotated[tuple[Id, ...], Field(min_length=1, max_length=POINTS_MAX)]
    values: EditValues


class PointSeen(Shown):
    """A camera as the preview told it. revision: how often it had been changed by then."""

    point_id: Id
    revision: Annotated[int, Field(ge=0, le=ID_MAX)]


class EditMade(Shown):
    """An edit as previewed, and why it is done."""

    cameras: Annotated[tuple[PointSeen, ...], Field(min_length=1, max_length=POINTS_MAX)]
    values: EditValues
    reason: Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]


class EditChange(Shown):
    """What an edit does to one camera: the values that differ, before and after."""

    point_id: int
    name: str
    revision: int
    before: dict[str, str]
    after: dict[str, str]


class RefusedShown(Shown):
    """A camera that an edit leaves alone, and why."""

    point_id: int
    name: str
    why: WhyNot


class EditChecked(Shown):
    """A preview. same: how many cameras have these values already."""

    changes: list[EditChange]
    same: int
    refused: list[RefusedShown]


class EditCommitted(Shown):
    """An edit that was written. number: to take it back by; empty: nothing was to be changed."""

    number: int | None
    changed: int
    refused: list[RefusedShown]


class EditRow(Shown):
    """An edit of one's own. undone_s: when it was taken back."""

    number: int
    at_s: int
    reason: str
    changed: int
    undone_s: int | None


class ToldShown(Shown):
    """A value that sheet and register tell differently. is_corrected: by hand, so the sheet's is not taken."""

    row: int
    point_id: int
    field: str
    register_says: str
    sheet_says: str
    is_corrected: bool


class SheetCompared(Shown):
    """A later sheet beside the register: counts, and the first of each. Nothing was written, and nothing is deleted."""

    new_count: int
    new: list[str]
    gone_count: int
    gone: list[int]
    moved_count: int
    moved: list[int]
    told_count: int
    told: list[ToldShown]
    filled_count: int
    same: int
    uncertain: int


class TakeoverRow(Shown):
    """A unit with the cameras that hang in it itself, by bucket. accepted_from_s: since when it is ours to keep."""

    unit_id: int
    unit: str
    cameras: int
    buckets: dict[str, int]
    accepted_from_s: int | None
    document: str
    owed: int


class UnitAccepted(Shown):
    """A unit that was accepted; backlog: what was faulty by then, by bucket."""

    from_s: int
    backlog: dict[str, int]


class AcceptAsked(Shown):
    """From which local day a unit is ours, when its backlog is to be done, by which document. Days since 1970."""

    unit_id: Id
    from_day: Day
    agreed_day: Day | None = None
    document: Annotated[str, Field(min_length=1, max_length=200)]


class DeclareAsked(Shown):
    """What is declared, for a unit with all below it or for a list of codes; exceptions: codes that are left out."""

    document: Annotated[str, Field(min_length=1, max_length=200)]
    unit_id: Id | None = None
    codes: Codes = ()
    exceptions: Codes = ()
    place_kind: Words = ""
    purpose: Words = ""
    legal_basis: Words = ""
    owner_department: Words = ""
    contact: Words = ""


class DeclarationMade(Shown):
    """How many cameras a declaration reached; unknown: codes that no camera bears."""

    number: int
    cameras: int
    unknown: list[str]


# ---- sheets


@router.post("/sheets/check")
def check_sheet(asking: Keep, body: Bytes, sheet: Sheet, language: Spoken = Language.EN) -> SheetChecked:
    """The dry run: every fault of every row with its place, reason and cure. Writes nothing."""
    with _order(asking, body, sheet) as order:
        return _checked(house.check(asking.home, order), language)


@router.post("/sheets/compare")
def compare_sheet(asking: Keep, body: Bytes, sheet: Sheet) -> SheetCompared:
    """A later sheet beside the register: new, gone, moved, told otherwise. Writes nothing."""
    with _order(asking, body, sheet) as order:
        _, found = house.compare(asking.home, order)
    return _compared(found)


@router.post("/sheets/faulty", **a_file("zip"))
def faulty_rows(asking: Keep, body: Bytes, sheet: Sheet, language: Spoken = Language.ZH) -> Response:
    """The faulty rows of a sheet that was not written yet: a workbook for each department, packed."""
    with _order(asking, body, sheet) as order:
        parked = house.check(asking.home, order).parked
    return _books(parked, language, "faulty-rows")


@router.get("/imports")
def imports(asking: Keep) -> list[ImportRow]:
    """The sheets that were committed, the newest first."""
    _whole(asking)
    return [_import(each) for each in house.imports(asking.home, IMPORTS_SHOWN)]


@router.post("/imports", status_code=201)
def commit_sheet(asking: Keep, body: Bytes, sheet: Sheet, policy: Policy = "update") -> SheetCommitted:
    """Write the good rows and keep the faulty ones for their departments. Invalid: a header is wrong, or no row is good."""
    with _order(asking, body, sheet, policy) as order:
        checked, made = house.commit(asking.home, order, asking.actor)
    if made is None:
        why = (
            "its headers are wrong: see the dry run" if checked.header_faults else "none of its rows is good"
        )
        raise Invalid(f"nothing of {sheet.name} was written: {why}", field="body")
    done = made.committed
    return SheetCommitted(
        number=made.batch_id,
        created=done.created,
        updated=done.updated,
        unchanged=done.unchanged,
        skipped=done.skipped,
        swapped=done.swapped,
        moved=done.moved,
        kept=len(done.contradictions),
        parked=made.parked,
    )


@router.get("/imports/{number}/faulty", **a_file("zip"))
def faulty_rows_of_import(asking: Keep, number: Number, language: Spoken = Language.ZH) -> Response:
    """The rows that an import left out: a workbook for each department, packed."""
    _whole(asking)
    return _books(house.faulty_rows_of(asking.home, number), language, f"faulty-rows-{number}")


@router.post("/imports/{number}/undo")
def undo_import(asking: Keep, number: Number) -> SheetUndone:
    """Take an import back, as far as nobody changed its cameras since and no figure rests on them."""
    _whole(asking)
    return _undone(house.take_back(asking.home, number, asking.actor))


# ---- many cameras at once


@router.post("/edits/check")
def check_edit(asking: Keep, body: EditAsked) -> EditChecked:
    """The preview: what these values, in the words of a sheet, would change on each camera. Writes nothing."""
    ids = [PointId(each) for each in body.cameras]
    return _planned(house.plan_edit(asking.home, asking.scope, ids, body.values))


@router.post("/edits", status_code=201)
def commit_edit(asking: Keep, body: EditMade) -> EditCommitted:
    """Change many cameras as previewed; one that somebody changed since is left alone and named."""
    revisions = {PointId(each.point_id): each.revision for each in body.cameras}
    number, done = house.edit(
        asking.home, asking.scope, revisions, body.values, reason=body.reason.strip(), actor=asking.actor
    )
    return EditCommitted(
        number=number, changed=0 if number is None else len(done.changes), refused=_refused(done)
    )


@router.get("/edits")
def edits(asking: Keep) -> list[EditRow]:
    """The asker's own edits, the newest first."""
    found = house.edits(asking.home, asking.actor, IMPORTS_SHOWN)
    return [
        EditRow(
            number=each.batch_id, at_s=each.at_s, reason=each.source, changed=each.updated_count,
            undone_s=each.undone_s,
        )
        for each in found
    ]  # fmt: skip


@router.post("/edits/{number}/undo")
def undo_edit(asking: Keep, number: Number) -> SheetUndone:
    """Take an edit back, as far as nobody changed its cameras since."""
    return _undone(house.take_back_edit(asking.home, asking.scope, number, asking.actor))


# ---- taking over


@router.get("/takeover")
def takeover(asking: TakeOver) -> list[TakeoverRow]:
    """Each unit with its cameras by bucket: what answers well, and who must act on the rest."""
    counts: dict[int, dict[str, int]] = {}
    for each in house.surveyed(asking.home, asking.scope):
        of = counts.setdefault(each.unit_id, {})
        of[each.bucket.value] = of.get(each.bucket.value, 0) + 1
    with asking.home.store.read() as connection:
        paths = unit_paths(connection)
        taken = {each.unit_id: each for each in acceptances(connection, asking.scope)}
        backlog: dict[int, int] = {}
        for one in owed(connection, asking.scope):
            backlog[one.unit_id] = backlog.get(one.unit_id, 0) + 1
    rows = []
    for number in sorted(counts, key=lambda each: paths.get(UnitId(each), "")):
        accepted = taken.get(UnitId(number))
        rows.append(
            TakeoverRow(
                unit_id=number,
                unit=paths.get(UnitId(number), ""),
                cameras=sum(counts[number].values()),
                buckets=counts[number],
                accepted_from_s=None if accepted is None else accepted.from_s,
                document="" if accepted is None else accepted.document,
                owed=backlog.get(number, 0),
            )
        )
    return rows


@router.post("/takeover")
def accept_unit(asking: TakeOver, body: AcceptAsked) -> UnitAccepted:
    """Accept a unit and all below it from a day on; what is faulty now is owed by the agreed day."""
    with asking.home.store.read() as connection:
        path = units.get(connection, asking.scope, UnitId(body.unit_id)).path
    done = house.accept(
        asking.home,
        path,
        from_day=body.from_day,
        agreed_day=body.agreed_day,
        document=body.document,
        actor=asking.actor,
    )
    return UnitAccepted(from_s=done.from_s, backlog=dict(done.backlog))


@router.post("/declarations", status_code=201)
def declare(asking: Declare, body: DeclareAsked) -> DeclarationMade:
    """Declare what many cameras are for, by whom and on which basis. An empty value leaves what stands there."""
    if (body.unit_id is None) == (not body.codes):
        raise Invalid("name a unit or a list of codes, one of the two", field="unit_id")
    path = ""
    if body.unit_id is None:
        _whole(asking)
    else:
        with asking.home.store.read() as connection:
            path = units.get(connection, asking.scope, UnitId(body.unit_id)).path
    what = Declared(body.place_kind, body.purpose, body.legal_basis, body.owner_department, body.contact)
    order = house.DeclareOrder(what, body.document, path, body.codes, body.exceptions)
    done = house.declare(asking.home, order, asking.actor)
    return DeclarationMade(number=done.declaration_id, cameras=done.points, unknown=list(done.unknown))


def _whole(asking: Asking) -> None:
    """A sheet may name any unit, and its dry run tells of any camera: NotAllowed for who keeps a part of it."""
    if asking.scope != Scope.ALL:
        raise NotAllowed(
            "a sheet may name every unit: it is read in by who keeps the register of the whole installation"
        )


@contextmanager
def _order(
    asking: Asking, body: bytes, sheet: SheetSaid, policy: str = "update"
) -> Iterator[house.SheetOrder]:
    """A sheet that came as bytes, as long as it is read; it lies on no disk afterwards."""
    _whole(asking)
    with TemporaryDirectory() as folder:
        path = Path(folder) / Path(sheet.name.replace("\\", "/")).name
        path.write_bytes(body)
        yield house.SheetOrder(
            path, sheet.crs, unit=sheet.unit, new_units=sheet.new_units or None, on_duplicate=policy
        )


def _faults(found: Sequence[RowFault], language: Language) -> list[FaultShown]:
    shown = []
    for each in found[:FAULTS_SHOWN]:
        reason, cure = said(each.why, each.detail, language.value[:2])
        one = FaultShown(
            row=each.row, column=each.column, value=each.value, why=each.why.value, reason=reason, cure=cure
        )
        shown.append(one)
    return shown


def _checked(found: Checked, language: Language) -> SheetChecked:
    faults = [*found.header_faults, *found.faults]
    new = sum(each.point_id is None for each in found.good)
    return SheetChecked(
        source=found.source,
        rows=found.rows,
        good=len(found.good),
        parked=len(found.parked),
        new=new,
        known=len(found.good) - new,
        duplicates=len(found.duplicates),
        faults_count=len(faults),
        faults=_faults(faults, language),
        warnings_count=len(found.warnings),
        warnings=_faults(found.warnings, language),
        notices=[each.text for each in found.notices],
        new_units=dict(found.new_units),
        by_department=dict(found.by_department),
        may_commit=found.may_commit and bool(found.good),
    )


def _compared(found: Difference) -> SheetCompared:
    return SheetCompared(
        new_count=len(found.new),
        new=[each.file.name for each in found.new[:ROWS_SHOWN]],
        gone_count=len(found.gone),
        gone=list(found.gone[:ROWS_SHOWN]),
        moved_count=len(found.moved),
        moved=[each.point_id for each in found.moved[:ROWS_SHOWN]],
        told_count=len(found.contradicting),
        told=[
            ToldShown(
                row=each.row,
                point_id=each.point_id,
                field=each.field,
                register_says=str(each.register),
                sheet_says=str(each.sheet),
                is_corrected=each.corrected,
            )
            for each in found.contradicting[:ROWS_SHOWN]
        ],
        filled_count=len(found.filled),
        same=found.same,
        uncertain=found.uncertain,
    )


def _undone(done: Undone) -> SheetUndone:
    left = [LeftShown(row=e.row, point_id=e.point_id, name=e.name, why=CODES[e.why]) for e in done.left]
    return SheetUndone(withdrawn=done.withdrawn, restored=done.restored, left=left)


def _planned(found: Plan) -> EditChecked:
    return EditChecked(
        changes=[
            EditChange(
                point_id=each.point_id,
                name=each.name,
                revision=each.revision,
                before={name: _said(value) for name, value in each.before.items()},
                after={name: _said(value) for name, value in each.after.items()},
            )
            for each in found.changes
        ],
        same=found.same,
        refused=_refused(found),
    )


def _refused(found: Plan) -> list[RefusedShown]:
    return [RefusedShown(point_id=e.point_id, name=e.name, why=e.why) for e in found.refused]


def _said(value: object) -> str:
    """A value as its sheet would say it."""
    if value is None:
        return ""
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _import(each: Batch) -> ImportRow:
    return ImportRow(
        number=each.batch_id,
        at_s=each.at_s,
        actor=each.actor,
        kind="edit" if each.kind == "edit" else "sheet",
        source=each.source,
        crs=each.crs,
        created=each.created_count,
        updated=each.updated_count,
        parked=each.parked_count,
        undone_s=each.undone_s,
    )


def _books(parked: Sequence[ParkedRow], language: Language, name: str) -> Response:
    """The workbooks in one archive."""
    packed = io.BytesIO()
    with TemporaryDirectory() as folder, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in house.write_error_books(parked, Path(folder), language.value[:2]):
            archive.write(path, path.name)
    return file_named(f"{name}.zip", packed.getvalue())
