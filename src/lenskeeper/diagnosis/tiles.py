"""A picture laid out in 32 x 18 tiles, and what can be said of each tile cheaply."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from lenskeeper.diagnosis.display import Mask
from lenskeeper.diagnosis.figures import MAP_COLUMNS, MAP_ROWS, Map
from lenskeeper.pictures.planes import LumaPlane

MASKED_SHARE_MAX: Final = 0.15  # of a tile: a letter's corner in it is enough to spoil a maximum
SHARPNESS_WIDTH_PX: Final = 576  # wider planes are halved: defocus matters as a share of the picture's width

TileBits = NDArray[np.bool_]
"""(18, 32)"""


@dataclass(frozen=True, slots=True, eq=False)
class Tiles:
    """The planes cut to whole tiles, from the middle, and the steps between neighbouring pixels.

    fine, smooth, mask: (18 * tall, 32 * wide).
    steps:  the larger of the steps to the right and downward, of the plane for sharpness (`fine`, halved if wide).
    edge_height, edge_step: per tile: from its darkest to its brightest pixel, and its steepest step.
    seen:   tiles with next to nothing burned in.
    """

    fine: LumaPlane
    smooth: LumaPlane
    mask: Mask
    steps: NDArray[np.uint8]
    edge_height: Map
    edge_step: Map
    seen: TileBits


def lay_out(fine: LumaPlane, smooth: LumaPlane, mask: Mask) -> Tiles:
    """Cut the planes into tiles. Needs at least 128 x 72 pixels."""
    fine, smooth, mask = _cut(fine), _cut(smooth), _cut(mask)
    sharp = fine
    if fine.shape[1] >= SHARPNESS_WIDTH_PX:
        sharp = _cut(np.ascontiguousarray(fine[::2, ::2]))
    across, down = steps_of(sharp)
    steps = cv2.max(across, down).astype(np.uint8, copy=False)
    return Tiles(
        fine=fine,
        smooth=smooth,
        mask=mask,
        steps=steps,
        edge_height=_extreme(sharp, np.maximum) - _extreme(sharp, np.minimum),
        edge_step=_extreme(steps, np.maximum),
        seen=averaged(mask) <= 255 * MASKED_SHARE_MAX,
    )


def averaged(plane: NDArray[np.uint8] | NDArray[np.float32]) -> Map:
    """The mean of each tile."""
    size = (MAP_COLUMNS, MAP_ROWS)
    # uint8 would be rounded to whole levels
    whole = plane if plane.dtype == np.float32 else plane.astype(np.float32)
    return cv2.resize(whole, size, interpolation=cv2.INTER_AREA).astype(np.float32, copy=False)


def steps_of(plane: LumaPlane) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """How far each pixel is from its right and from its lower neighbour; 0 in the last column and row."""
    across, down = np.zeros_like(plane), np.zeros_like(plane)
    cv2.absdiff(plane[:, 1:], plane[:, :-1], dst=across[:, :-1])
    cv2.absdiff(plane[1:], plane[:-1], dst=down[:-1])
    return across, down


def _cut(plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = plane.shape
    tall, wide = height // MAP_ROWS * MAP_ROWS, width // MAP_COLUMNS * MAP_COLUMNS
    top, left = (height - tall) // 2, (width - wide) // 2
    return np.ascontiguousarray(plane[top : top + tall, left : left + wide])


def _extreme(plane: NDArray[np.uint8], of: np.ufunc) -> Map:
    """Per tile; first down the columns, which numpy does 16 pixels at a time, then along what is left."""
    height, width = plane.shape
    rows = of.reduce(plane.reshape(MAP_ROWS, height // MAP_ROWS, width), axis=1)
    cells: Map = of.reduce(rows.reshape(MAP_ROWS, MAP_COLUMNS, width // MAP_COLUMNS), axis=2).astype(
        np.float32
    )
    return cells
