"""A picture that cannot be made of what came: a fact about the world, so a value."""

from dataclasses import dataclass
from typing import Final

SIDE_PX_MAX: Final = 8192  # H.265 level 6.2 ends at 8192 x 4320; nothing in the field is wider
PIXELS_MAX: Final = 40_000_000  # 60 MB as 4:2:0 of 8 bits, 240 MB at worst: fits a worker's memory
SIDE_PX_MIN: Final = 16  # one macroblock; there is nothing to measure on less


@dataclass(frozen=True, slots=True)
class Undecodable:
    """No picture, and why: a short phrase for the operator, with no byte of the picture in it."""

    reason: str


def refused_size(width_px: int, height_px: int) -> Undecodable | None:
    """Why a picture of this size is not decoded at all; None when it may be."""
    if min(width_px, height_px) < SIDE_PX_MIN:
        return Undecodable(f"a picture of {width_px} x {height_px} is too small to measure")
    if max(width_px, height_px) > SIDE_PX_MAX or width_px * height_px > PIXELS_MAX:
        return Undecodable(f"a picture of {width_px} x {height_px} is larger than we decode")
    return None
