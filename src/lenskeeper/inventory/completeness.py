"""How much of what the standard asks of a camera's file is there: metadata completeness, per class of point."""

from dataclasses import dataclass
from typing import Final

from lenskeeper.inventory.camera_file import CameraFile

CLASSES: Final = (1, 2, 3)
KLASS_UNTOLD: Final = 3  # what every class needs, a file without a class needs too


@dataclass(frozen=True, slots=True)
class Rule:
    """A field that files of some classes must have. source: where that is written."""

    field: str
    classes: tuple[int, ...]
    source: str


_DEVICE: Final = "GB/T 28181-2022 annex A, catalog item of a device"
_CAMERA: Final = "GB/T 28181-2022 annex A, catalog item of a camera"

RULES: Final = (
    Rule("code", CLASSES, _DEVICE + ": DeviceID"),
    Rule("name", CLASSES, _DEVICE + ": Name"),
    Rule("make", CLASSES, _DEVICE + ": Manufacturer"),
    Rule("model", CLASSES, _DEVICE + ": Model"),
    Rule("civil_code", CLASSES, _DEVICE + ": CivilCode"),
    Rule("address", CLASSES, _DEVICE + ": Address"),
    Rule("status", CLASSES, _DEVICE + ": Status"),
    Rule("klass", CLASSES, _CAMERA + ": PointType"),
    Rule("lon", (1, 2), _CAMERA + ": Longitude"),
    Rule("lat", (1, 2), _CAMERA + ": Latitude"),
    Rule("install_date", (1,), _CAMERA + ": InstallTime"),
    Rule("contact", (1,), _CAMERA + ": ContactInfo"),
    Rule("retention_days", (1,), _CAMERA + ": RecordSaveDays"),
)
"""Of the 27 columns, those that GB/T 28181-2022 makes mandatory (protocols.md section 4, read through OCR).

Left out, because no sheet has them: Parental, ParentID, RegisterWay, Secrecy, and GrassrootsCode, which 2022 asks of
every device. Not asked of anybody by the standard, so far as it was read: the other fourteen columns. Unverified: the
classes behind Longitude to RecordSaveDays, and whether ManagementUnit is asked of class I beside ContactInfo; the
table of GB 37300-2018, which may ask for more, was not seen. Status of a sheet (in use, repair, removed) stands for
the catalog's Status (ON, OFF), which is a state and no fact of a file.
"""


@dataclass(frozen=True, slots=True)
class Completeness:
    """How complete one file is. missing: fields that its class must have and that it has not, in the order of RULES."""

    required: int
    missing: tuple[str, ...]

    @property
    def filled(self) -> int:
        """How many of the required fields are there."""
        return self.required - len(self.missing)

    @property
    def is_complete(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing


def completeness(file: CameraFile) -> Completeness:
    """What the file of one camera lacks by the rules of its class; a file without a class lacks that as well."""
    required = required_fields(file.klass)
    return Completeness(len(required), tuple(name for name in required if getattr(file, name) in (None, "")))


def required_fields(klass: int | None) -> tuple[str, ...]:
    """The fields that a file of this class must have."""
    return _REQUIRED[klass if klass in CLASSES else KLASS_UNTOLD]


_REQUIRED: Final = {klass: tuple(r.field for r in RULES if klass in r.classes) for klass in CLASSES}
