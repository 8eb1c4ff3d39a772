"""How sharp edges are, and how noisy flat places: figures that do not change with contrast."""

from typing import Final

import cv2
import numpy as np

from lenskeeper.diagnosis.figures import Map
from lenskeeper.diagnosis.tiles import Tiles, averaged

EDGE_LEVELS: Final = 24.0  # lower edges are lost in coding, and their steepness with them
CRISP_QUANTILE: Final = 0.75  # the sharpest quarter: most tiles hold something that is soft by nature
QUIET_QUANTILE: Final = 0.2
CLIPPED: Final = (8.0, 245.0)  # no noise is seen where the scale ends

_SECOND_DIFFERENCE: Final = np.array([1, -2, 1], np.float32)


def crispness_of(tiles: Tiles) -> tuple[float, float]:
    """How much of an edge's height falls into one pixel step, tile by tile; and the share of tiles with an edge.

    The largest step over the whole height of the tile: 1 for a hard edge, 1 / (2.5 sigma) behind a Gaussian
    blur. Contrast cancels out, so fog that thins an edge does not soften it, while a defocused lens softens near
    and far alike. Letters that escaped the mask fill few tiles and leave a quantile over tiles as it was.
    """
    edged = tiles.seen & (tiles.edge_height >= EDGE_LEVELS)
    crisp = tiles.edge_step / np.maximum(tiles.edge_height, 1)
    return _quantile(crisp[edged], CRISP_QUANTILE), float(edged.sum() / max(int(tiles.seen.sum()), 1))


def noise_of(tiles: Tiles, level: Map) -> float:
    """Standard deviation of the noise in grey levels, where the picture is quietest.

    A fifth of the tiles is flat in nearly every scene, so texture does not count as noise, while snow covers them too.

    Source: Immerkaer, "Fast noise variance estimation", CVIU 1996, per tile instead of over the whole.
    """
    curved = cv2.sepFilter2D(tiles.fine, cv2.CV_16S, _SECOND_DIFFERENCE, _SECOND_DIFFERENCE)
    rough = averaged(cv2.convertScaleAbs(curved, alpha=0.25).astype(np.uint8, copy=False)) * 4
    fair = tiles.seen & (level > CLIPPED[0]) & (level < CLIPPED[1])
    return _quantile(rough[fair], QUIET_QUANTILE) * float(np.sqrt(np.pi / 2)) / 6


def _quantile(values: Map, share: float) -> float:
    """0 where there are no values. Sorting beats numpy's general quantile tenfold at this size."""
    if values.size == 0:
        return 0.0
    return float(np.sort(values)[int(share * (values.size - 1))])
