"""A later sheet laid beside the register: what is new, gone, moved or told otherwise. It deletes and changes nothing.

A sheet is a claim of one day by one department. A camera that it leaves out may stand in another's sheet, and a value
that somebody corrected in the field is better than the sheet it came from: both are shown, and a person decides.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, Final

from lenskeeper.inventory.camera_file import CameraFile
from lenskeeper.inventory.checking import Checked, GoodRow
from lenskeeper.inventory.geodesy import distance_m
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.snapshot import Snapshot

MOVED_M: Final = 30.0  # sheets give poles to ten metres; a crossing is thirty wide
REMOVED: Final = 3  # CameraFile.status
POSITION: Final = frozenset({"lon", "lat", "src_crs", "src_x", "src_y"})
COMPARED: Final = tuple(f.name for f in fields(CameraFile) if f.name not in POSITION)


@dataclass(frozen=True, slots=True)
class Moved:
    """A point whose place in the sheet lies `metres` away from that in the register."""

    row: int
    point_id: PointId
    metres: float
    corrected: bool


@dataclass(frozen=True, slots=True)
class Told:
    """A value that the sheet tells otherwise, or that the register has not.

    corrected: somebody corrected the register's value in the field, so the sheet's is not taken over.
    """

    row: int
    point_id: PointId
    field: str
    register: Any
    sheet: Any
    corrected: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """A sheet beside the register.

    new:           rows about cameras that the register does not know.
    gone:          registered points in service that no row is about, not even a faulty one.
    moved:         places at least so many metres apart.
    contradicting: both tell a value, and not the same.
    filled:        values that the register has not.
    elsewhere:     rows about registered points that the caller may not see.
    same:          rows that tell nothing else than the register does.
    uncertain:     faulty rows: while there are any, a gone camera may be one of them.
    """

    new: list[GoodRow]
    gone: list[PointId]
    moved: list[Moved]
    contradicting: list[Told]
    filled: list[Told]
    elsewhere: list[GoodRow]
    same: int
    uncertain: int


def diff(checked: Checked, snapshot: Snapshot, *, moved_m: float = MOVED_M) -> Difference:
    """Compare the good rows of a checked sheet with the register's files (Snapshot.files must be filled).

    What a sheet is silent about contradicts nothing. moved_m: nearer places are the same.
    """
    new: list[GoodRow] = []
    elsewhere: list[GoodRow] = []
    moved: list[Moved] = []
    told: list[Told] = []
    same = 0
    for row in checked.good:
        if row.point_id is None:
            new.append(row)
        elif (file := snapshot.files.get(row.point_id)) is None:
            elsewhere.append(row)
        else:
            corrected = snapshot.corrections.get(row.point_id, frozenset())
            words = list(_told(row, file, corrected))
            way = _moved(row, file, moved_m, is_corrected=not corrected.isdisjoint(POSITION))
            told += words
            moved += way
            same += not words and not way
    return Difference(
        new=new,
        gone=_gone(checked, snapshot),
        moved=moved,
        contradicting=[t for t in told if not _silent(t.register)],
        filled=[t for t in told if _silent(t.register)],
        elsewhere=elsewhere,
        same=same,
        uncertain=len(checked.parked),
    )


def _gone(checked: Checked, snapshot: Snapshot) -> list[PointId]:
    return sorted(
        point_id
        for point_id, file in snapshot.files.items()
        if point_id not in checked.mentioned and file.status != REMOVED and file.in_service_to is None
    )


def _told(row: GoodRow, file: CameraFile, corrected: Iterable[str]) -> Iterable[Told]:
    assert row.point_id is not None
    for name in COMPARED:
        ours, theirs = getattr(file, name), getattr(row.file, name)
        if theirs != ours and not _silent(theirs):
            yield Told(row.row, row.point_id, name, ours, theirs, name in corrected)
    if file.lon is None and row.file.lon is not None:
        place = (row.file.lon, row.file.lat)
        yield Told(row.row, row.point_id, "lon", None, place, "lon" in corrected)


def _moved(row: GoodRow, file: CameraFile, moved_m: float, *, is_corrected: bool) -> list[Moved]:
    ours, theirs = _place(file), _place(row.file)
    if ours is None or theirs is None or row.point_id is None:
        return []
    metres = distance_m(ours, theirs)
    return [Moved(row.row, row.point_id, metres, is_corrected)] if metres >= moved_m else []


def _place(file: CameraFile) -> tuple[float, float] | None:
    return None if file.lon is None or file.lat is None else (file.lon, file.lat)


def _silent(value: object) -> bool:
    return value is None or value is False or value in ("", ())
