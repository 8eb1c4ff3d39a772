"""What the register knew when a sheet was checked: whole sets, so that no row asks a question of its own."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from lenskeeper.inventory.camera_file import CameraFile
from lenskeeper.inventory.ids import PointId
from lenskeeper.units.ids import UnitId


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The register in sets, filled by one query each (rows_*.py) and read by checking.py and diff.py.

    codes:       GB/T 28181 identifier -> the point that bears it.
    urls:        (url, channel) of the present installations, both as CameraFile has them.
    macs:        (mac, channel): the channels of a recorder or of a camera with several lenses share one address.
    serials:     (serial, channel), for the same reason.
    units:       path "City/County/Town" -> unit.
    credentials: names of the stored credentials.
    divisions:   the known division codes as the table has them (6, 9 or 12 digits); empty: nothing is known of
                 divisions, and no code is called unknown.
    corrections: point -> names of CameraFile fields that somebody corrected in the field: no sheet overwrites them.
    files:       point -> the register's values as a CameraFile. Needed by diff.py only; empty otherwise.
    """

    codes: Mapping[str, PointId] = field(default_factory=dict)
    urls: Mapping[tuple[str, str], PointId] = field(default_factory=dict)
    macs: Mapping[tuple[str, str], PointId] = field(default_factory=dict)
    serials: Mapping[tuple[str, str], PointId] = field(default_factory=dict)
    units: Mapping[str, UnitId] = field(default_factory=dict)
    credentials: frozenset[str] = frozenset()
    divisions: frozenset[str] = frozenset()
    corrections: Mapping[PointId, AbstractSet[str]] = field(default_factory=dict)
    files: Mapping[PointId, CameraFile] = field(default_factory=dict)
