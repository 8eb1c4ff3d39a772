"""A sheet judged against itself and the register: every fault of every row, and nothing written.

The register is asked beforehand, in sets (snapshot.py): no row asks a question of its own.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Final

from lenskeeper.base.errors import Invalid
from lenskeeper.inventory import codes
from lenskeeper.inventory.camera_file import CameraFile
from lenskeeper.inventory.cells import Cell, bare, forbidden_place, is_silent
from lenskeeper.inventory.columns import (
    BY_FIELD,
    LEFT_OUT,
    NEAR,
    Column,
    Left,
    column_of,
    nearest,
)
from lenskeeper.inventory.faults import Fault, RowFault, Why, shown
from lenskeeper.inventory.geodesy import CRS_SAID, crs_of, place
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.sheets import Sheet
from lenskeeper.inventory.snapshot import Snapshot

ADMITTED: Final = frozenset({Why.AS_WRITTEN, Why.KLASS_OTHER})  # strange, but the row comes in
DECLARED: Final = ("owner_department", "purpose", "legal_basis", "contact", "place_kind")  # charter 6 and 9
NAMING_PLACES: Final = ("name", "common_name", "address", "site", "position_type")
UNITS_COMPARED_MAX: Final = 5_000  # a nearest name is looked for among so many


@dataclass(frozen=True, slots=True)
class GoodRow:
    """A row that may be committed. point_id: the registered point it is about; None: it is new."""

    row: int
    file: CameraFile
    point_id: PointId | None


@dataclass(frozen=True, slots=True)
class ParkedRow:
    """A faulty row, whole, for the error workbook of its department.

    cells: header -> the cell as it stood, of the columns that are read; an account in an address, and a private
    number, are dots.
    """

    row: int
    department: str
    cells: dict[str, Cell]
    faults: tuple[RowFault, ...]


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A value that another row or a registered point has too. by: "code", "url", "mac" or "serial".

    other_row: the first row of the file with it; point_id: the registered point with it; one of the two is None.
    """

    row: int
    by: str
    value: str
    other_row: int | None = None
    point_id: PointId | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """Something about the sheet as a whole. code: for the screen; columns: the headers it is about."""

    code: str
    text: str
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Checked:
    """What a dry run shows. Nothing was written.

    good:          rows without a fault, in the order of the sheet; they may have warnings.
    faults:        each located in a row and a column; header_faults in the header row: while there are any, nothing
                   may be committed (`may_commit`), for a column would be lost without a word.
    parked:        the faulty rows, whole.
    mentioned:     registered points that some row is about, faulty rows too.
    new_units:     paths that the import would set up -> how many rows name them.
    by_department: faults per department: the unit of the row, else its managing unit.
    """

    source: str
    rows: int
    good: list[GoodRow]
    faults: list[RowFault]
    header_faults: list[RowFault]
    warnings: list[RowFault]
    notices: list[Notice]
    duplicates: list[Duplicate]
    parked: list[ParkedRow]
    mentioned: frozenset[PointId]
    new_units: dict[str, int]
    by_department: dict[str, int]

    @property
    def may_commit(self) -> bool:
        """Whether the good rows may be written."""
        return not self.header_faults


@dataclass(slots=True)
class _Row:
    """A row in work. values: by field of CameraFile; wrong: fields that had a fault, and are not judged twice."""

    number: int
    values: dict[str, Any] = field(default_factory=dict)
    raw: dict[str, Cell] = field(default_factory=dict)
    faults: list[RowFault] = field(default_factory=list)
    wrong: set[str] = field(default_factory=set)
    point_id: PointId | None = None


def check_sheet(
    sheet: Sheet,
    snapshot: Snapshot,
    crs: str,
    mapping: Mapping[str, str] | None = None,
    *,
    unit: str = "",
    new_units: bool | None = None,
) -> Checked:
    """Judge every row of a sheet.

    crs: the system of its coordinates, declared and never guessed; a column 坐标系 wins for its row.
    mapping: headers that the operator has given a meaning (columns.column_of).
    unit: the path of the unit that new cameras belong to whose rows name none.
    new_units: whether a path that is not known sets up a unit (True) or is a fault (False); None: only while the
    register has no units at all.
    Invalid: crs is no system we know.
    """
    if new_units is None:
        new_units = not snapshot.units
    return _Check(sheet, snapshot, crs_of(crs), dict(mapping or {}), unit=unit, new_units=new_units).run()


class _Check:
    """One run over one sheet: what was seen so far, for the rows that follow."""

    def __init__(
        self,
        sheet: Sheet,
        snapshot: Snapshot,
        crs: str,
        mapping: dict[str, str],
        *,
        unit: str,
        new_units: bool,
    ) -> None:
        self.sheet, self.snapshot, self.crs = sheet, snapshot, crs
        self.unit, self.units_may_grow = unit, new_units
        self.found = [column_of(header, mapping) if header else Left.NUMBERING for header in sheet.header]
        self.header_of: dict[str, str] = {}
        self.header_faults = self._judge_header()
        self.warnings: list[RowFault] = []
        self.duplicates: list[Duplicate] = []
        self.new_units: Counter[str] = Counter()
        self.seen: dict[str, dict[Any, int]] = {key: {} for key in ("code", "url", "mac", "serial", "point")}
        self.near: dict[str, str] = {}
        self.mentioned: set[PointId] = set()

    def run(self) -> Checked:
        good: list[GoodRow] = []
        faults: list[RowFault] = []
        parked: list[ParkedRow] = []
        by_department: Counter[str] = Counter()
        for number, cells in zip(self.sheet.numbers, self.sheet.rows, strict=True):
            row = self._read(number, cells)
            self._judge(row)
            if not row.faults:
                good.append(GoodRow(number, CameraFile(**row.values), row.point_id))
                continue
            faults += row.faults
            department = self._department(row)
            by_department[department] += len(row.faults)
            parked.append(ParkedRow(number, department, self._whole(cells, row), tuple(row.faults)))
        return Checked(
            self.sheet.source, len(self.sheet.rows), good, faults, self.header_faults, self.warnings, self._notices(),
            self.duplicates, parked, frozenset(self.mentioned), dict(self.new_units), dict(by_department),
        )  # fmt: skip

    # --- the header -------------------------------------------------------------------------------------------------

    def _judge_header(self) -> list[RowFault]:
        row, faults = self.sheet.header_row, []
        for at, (header, found) in enumerate(zip(self.sheet.header, self.found, strict=True)):
            if found is None:
                near = nearest(header)
                detail = f"; nearest: {near}" if near else ""
                faults.append(RowFault(row, header, header, Why.COLUMN_UNKNOWN, detail))
            elif isinstance(found, Column):
                first = self.header_of.setdefault(found.field, header)
                if first != header or any(earlier is found for earlier in self.found[:at]):
                    faults.append(RowFault(row, header, header, Why.COLUMN_TWICE, first))
                    self.found[at] = None
        if "name" not in self.header_of:
            faults.append(RowFault(row, "设备名称", "", Why.COLUMN_MISSING, "设备名称 (name)"))
        if not {"code", "url"} & set(self.header_of):
            faults.append(
                RowFault(row, "设备编码", "", Why.COLUMN_MISSING, "设备编码 (code) / 视频地址 (url)")
            )
        return faults

    def _column(self, name: str) -> str:
        """The header of a field as the sheet has it, else our name for it."""
        return self.header_of.get(name) or BY_FIELD[name].names[0]

    # --- one row, by itself -----------------------------------------------------------------------------------------

    def _read(self, number: int, cells: list[Cell]) -> _Row:
        row = _Row(number)
        for header, found, cell in zip(self.sheet.header, self.found, cells, strict=True):
            if not isinstance(found, Column):
                continue
            inner = bare(cell)
            if is_silent(inner) and not (found.says_none and inner):
                continue
            row.raw[found.field] = inner
            value = found.read(inner)
            if not isinstance(value, Fault):
                row.values[found.field] = value
                continue
            told = shown(inner if value.shown is None else value.shown)
            fault = RowFault(number, header, told, value.why, value.detail)
            if value.why in ADMITTED:
                self.warnings.append(fault)
                if value.why is Why.AS_WRITTEN:
                    row.values[found.field] = value.shown
            else:
                row.faults.append(fault)
                row.wrong.add(found.field)
        return row

    def _fault(self, row: _Row, name: str, why: Why, detail: str = "") -> None:
        told = shown(row.values.get(name, row.raw.get(name, "")))
        row.faults.append(RowFault(row.number, self._column(name), told, why, detail))
        row.wrong.add(name)

    def _warn(self, row: _Row, name: str, why: Why, detail: str = "") -> None:
        told = shown(row.values.get(name, ""))
        self.warnings.append(RowFault(row.number, self._column(name), told, why, detail))

    def _judge(self, row: _Row) -> None:
        self._judge_keys(row)
        self._judge_place_on_earth(row)
        self._judge_service(row)
        self._judge_code(row)
        self._judge_charter(row)
        self._judge_credential(row)
        self._judge_duplicates(row)
        self._judge_unit(row)

    def _judge_keys(self, row: _Row) -> None:
        if not row.values.get("name") and "name" not in row.wrong:
            self._fault(row, "name", Why.NO_NAME)
        keys = {"code", "url"}
        if not keys & set(row.values) and not keys & row.wrong:
            self._fault(row, "code" if "code" in self.header_of else "url", Why.NO_KEY)

    def _judge_place_on_earth(self, row: _Row) -> None:
        values, crs = row.values, self.crs
        x, y, own = values.get("src_x"), values.get("src_y"), values.pop("src_crs", "")
        if own:
            try:
                crs = crs_of(own)
            except Invalid:
                row.values["src_crs"] = own
                self._fault(row, "src_crs", Why.CRS, CRS_SAID)
                return
        if (x is None or y is None) or {"src_x", "src_y"} & row.wrong:
            if (x is None) != (y is None) and not {"src_x", "src_y"} & row.wrong:
                self._fault(row, "src_x" if x is None else "src_y", Why.COORDINATE_ALONE)
            return
        found = place(x, y, crs)
        if not found.wrong:
            values |= {"lon": found.lon, "lat": found.lat, "src_crs": crs}
            return
        # the column at fault is shown: of two exchanged figures the one that can be no longitude, or no latitude
        at = (
            "src_y"
            if found.wrong in {"range", "swapped"} and abs(x) <= 180 and not crs.startswith("gk")
            else "src_x"
        )
        detail = crs if found.wrong in {"range", "zone"} else ""
        self._fault(row, at, Why(f"coordinate_{found.wrong}"), detail)

    def _judge_service(self, row: _Row) -> None:
        begins, ends = row.values.get("in_service_from"), row.values.get("in_service_to")
        if begins is not None and ends is not None and ends < begins:
            self._fault(row, "in_service_to", Why.SERVICE_ORDER)

    def _judge_code(self, row: _Row) -> None:
        code, civil = row.values.get("code", ""), row.values.get("civil_code", "")
        divisions = self.snapshot.divisions
        if code:
            for oddity in codes.oddities(code, civil_code=civil, divisions=divisions):
                self._warn(row, "code", Why(f"code_{oddity}"))
        if civil and divisions and not codes.division_known(civil, divisions):
            self._warn(row, "civil_code", Why.CIVIL_UNKNOWN)

    def _judge_charter(self, row: _Row) -> None:
        """A place of intimacy is no place for a camera (clause 9); what is not declared cannot be viewed (clause 6)."""
        values = row.values
        for name in NAMING_PLACES:
            word = forbidden_place(values.get(name, ""))
            if not word or "place_kind" in row.wrong:
                continue
            if values.get("place_kind"):
                self._warn(row, name, Why.PLACE_NAMED, word)
            else:
                self._fault(row, name, Why.PLACE_UNCLEAR, word)
            break
        missing = [name for name in DECLARED if not values.get(name) and name not in row.wrong]
        if missing:
            detail = ", ".join(self._column(name) for name in missing)
            self.warnings.append(RowFault(row.number, self._column(missing[0]), "", Why.UNDECLARED, detail))

    def _judge_unit(self, row: _Row) -> None:
        """A new camera needs a unit. A registered one keeps its own where the row names none."""
        values = row.values
        if not values.get("unit") and row.point_id is None and "unit" not in row.wrong:
            if not self.unit:
                self._fault(row, "unit", Why.NO_UNIT)
            else:
                values["unit"] = self.unit
        if (path := values.get("unit")) and path not in self.snapshot.units:
            if self.units_may_grow:
                self.new_units[path] += 1
            else:
                self._fault(row, "unit", Why.UNIT_UNKNOWN, self._near(path, self.snapshot.units))

    def _judge_credential(self, row: _Row) -> None:
        credential = row.values.get("credential")
        if credential and credential not in self.snapshot.credentials:
            near = self._near(credential, dict.fromkeys(self.snapshot.credentials))
            self._fault(row, "credential", Why.CREDENTIAL_UNKNOWN, near)

    def _near(self, text: str, names: Mapping[str, object]) -> str:
        """The nearest known name, as the fault's detail; each slip is looked up once, however many rows have it."""
        if text not in self.near:
            few = list(names)[:UNITS_COMPARED_MAX]
            found = get_close_matches(text, few, n=1, cutoff=NEAR)
            self.near[text] = f"; nearest: {found[0]}" if found else ""
        return self.near[text]

    # --- beside other rows, and the register ------------------------------------------------------------------------

    def _judge_duplicates(self, row: _Row) -> None:
        """In the file, a code or an address is one camera's; a MAC or a serial may be shared by lenses.

        A code that makers ship names no camera: it is never taken for a key.
        """
        values, register = row.values, self.snapshot
        channel = values.get("channel", "")
        keys: list[tuple[str, Any, Mapping[Any, PointId]]] = []
        if (code := values.get("code")) and not codes.is_factory_default(code):
            keys.append(("code", code, register.codes))
        keys += [
            (name, (values[name], channel), known)
            for name, known in (("url", register.urls), ("mac", register.macs), ("serial", register.serials))
            if values.get(name)
        ]
        for name, key, known in keys:
            self._judge_twice(row, name, key)
            self._match(row, name, known.get(key))
        if row.point_id is not None:
            first = self.seen["point"].setdefault(row.point_id, row.number)
            if first != row.number and not row.faults:
                self._fault(row, "code" if values.get("code") else "url", Why.TWICE_POINT, str(first))

    def _judge_twice(self, row: _Row, name: str, key: Any) -> None:
        first = self.seen[name].setdefault(key, row.number)
        if first == row.number:
            return
        self.duplicates.append(Duplicate(row.number, name, str(row.values[name]), other_row=first))
        if name in {"mac", "serial"}:
            self._warn(row, name, Why.SHARED, str(first))
        elif not any(fault.why is Why.TWICE for fault in row.faults):  # one row twice is one fault
            self._fault(row, name, Why.TWICE, str(first))

    def _match(self, row: _Row, name: str, point_id: PointId | None) -> None:
        """Which registered point a row is about: its code says so first, then its address, its MAC, its serial."""
        if point_id is None:
            return
        self.duplicates.append(Duplicate(row.number, name, str(row.values[name]), point_id=point_id))
        self.mentioned.add(point_id)
        if row.point_id is None:
            row.point_id = point_id
        elif row.point_id != point_id:
            self._warn(row, name, Why.TWO_POINTS, self._column("code" if row.values.get("code") else "url"))

    # --- what is handed back ----------------------------------------------------------------------------------------

    def _department(self, row: _Row) -> str:
        values, raw = row.values, row.raw
        return str(
            values.get("unit")
            or values.get("managing_unit")
            or raw.get("unit")
            or values.get("owner_department")
            or ""
        )

    def _whole(self, cells: list[Cell], row: _Row) -> dict[str, Cell]:
        """The row as it stood in the columns that are read: remarks and columns we do not know may name persons."""
        hidden = {f.column: f.value for f in row.faults if f.why in {Why.URL_ACCOUNT, Why.CONTACT_PRIVATE}}
        return {
            header: hidden.get(header, cell)
            for header, found, cell in zip(self.sheet.header, self.found, cells, strict=True)
            if isinstance(found, Column)
        }

    def _notices(self) -> list[Notice]:
        texts = {
            Left.PERSON: "columns about persons were dropped: a contact is an office, and only accounts name people",
            Left.PICTURE: "columns with pictures were dropped: originals stay with their owner",
            Left.SECRET: "columns with accounts and passwords were dropped: store them as credentials",
            Left.MEASURED: "columns with results of others' checks are not read: we look for ourselves",
            Left.NOT_KEPT: "columns the register has no place for are not read",
        }
        notices = []
        for left, text in texts.items():
            columns = tuple(
                h for h, found in zip(self.sheet.header, self.found, strict=True) if found is left
            )
            if columns:
                notices.append(Notice(f"columns_{left}", text, columns))
        if self.sheet.failed_formulas:
            text = f"{self.sheet.failed_formulas} cells hold an error of a formula (#N/A) and read as empty"
            notices.append(Notice("failed_formulas", text))
        return notices


assert set(LEFT_OUT) | {Left.PERSON, Left.PICTURE, Left.SECRET} == set(Left)
