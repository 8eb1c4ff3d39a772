"""What a later sheet changes of a camera that is registered already: decided here, written by rows_imports.py.

A sheet changes what it tells and what nobody corrected by hand. Another serial number or MAC is another device: the
old one is taken down and its own values go with it.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from lenskeeper.inventory import filing
from lenskeeper.inventory.camera_file import CameraFile


@dataclass(frozen=True, slots=True)
class Merge:
    """What one row of a sheet does to one point; all are names of CameraFile fields.

    point, device, mount: the values that change. With `swapped` the device is another one, and device holds nothing.
    moved:                it belongs to another unit.
    contradicting:        the sheet says otherwise, but a hand or the device itself corrected it: nothing is changed.
    """

    point: tuple[str, ...]
    device: tuple[str, ...]
    mount: tuple[str, ...]
    swapped: bool
    moved: bool
    contradicting: tuple[str, ...]

    @property
    def changes(self) -> bool:
        """Whether anything is to be written."""
        return bool(self.point or self.device or self.mount or self.swapped or self.moved)


def merge(known: CameraFile, sheet: CameraFile, corrected: AbstractSet[str], *, has_device: bool) -> Merge:
    """Compare what is registered with what a sheet says. has_device: something hangs at the point."""
    differing = {
        name
        for name in (*filing.PLACES, *filing.NAMED_FIELDS)
        if filing.told(getattr(sheet, name)) and getattr(sheet, name) != getattr(known, name)
    }
    free = differing - corrected
    mount = tuple(n for n in (*filing.MOUNT_FIELDS, "credential") if n in free)
    device = tuple(n for n in filing.DEVICE_FIELDS if n in free)
    swapped = _is_another(known, sheet, free) if has_device else bool(device or mount)
    return Merge(
        point=tuple(n for n in filing.POINT_FIELDS if n in free),
        device=() if swapped else device,
        mount=mount,
        swapped=swapped,
        moved="unit" in free,
        contradicting=tuple(sorted(differing & corrected)),
    )


def _is_another(known: CameraFile, sheet: CameraFile, free: AbstractSet[str]) -> bool:
    """Serial numbers tell; the MAC only where one of the two has none: a repaired device may get a new board."""
    if known.serial and sheet.serial:
        return "serial" in free
    return "mac" in free and bool(known.mac)
