"""How much of the view the air has taken, against a clear past: weather told apart from the lens.

Fog thins contrast by distance (Koschmieder 1924): what is near survives, what is far goes, and in its place comes the
brightness of the sky. A defocused or dirty lens knows nothing of distance, and covers keep their own brightness.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from lenskeeper.diagnosis.baseline import Past
from lenskeeper.diagnosis.figures import (
    MAP_COLUMNS,
    MAP_ROWS,
    Figures,
    Map,
    detail_of,
    levels_of,
    seen_of,
    texture_of,
)
from lenskeeper.diagnosis.tiles import TileBits

TEXTURE: Final = 0.25  # mean step in grey levels: what a tile must have had to be able to lose it
SKY_OFFSET: Final = 16.0  # levels: keeps the contrast of dark tiles from being all noise
RATIO_MIN: Final = 0.05
STRONG_TEXTURE: Final = 1.5  # of these tiles even a fiftieth can still be measured
STRONG_RATIO_MIN: Final = 0.02
TILES_MIN: Final = 40  # of 576: with fewer textured tiles nothing is said
DEPTH_FULL: Final = 2.0  # mean optical depth that counts as everything gone: 0.86 of the contrast
NEAR_SLACK: Final = 0.08  # in fog so dense that all is lost, near and far are lost alike
BRIGHTENED_MIN: Final = 12.0  # levels; defocus gives 5, the fog of a healthy camera 20 to 90


@dataclass(frozen=True, slots=True)
class Air:
    """Contrast lost since the past.

    strength:  0 for none, 1 for nearly all; the mean optical depth in front of the textured tiles, over 2.
    far, near: share of contrast lost in the upper and in the lower half of those tiles (0 to 1, medians).
    brightened: mean rise in grey levels of the tiles that lost more than half, against those that did not.
    unevenness: logarithm of the ratio between tiles that kept much (90 %) and little (10 %) of their contrast.
    is_known:  False where the past has too few textured tiles.
    """

    strength: float
    far: float
    near: float
    brightened: float
    unevenness: float
    is_known: bool = True

    @property
    def is_weather(self) -> bool:
        """Distance decides what is lost, and brightness comes in its place."""
        return self.is_known and self.far >= self.near - NEAR_SLACK and self.brightened >= BRIGHTENED_MIN


def air_of(figures: Figures, past: Past) -> Air:
    """Compare the contrast of each tile with what it was."""
    textured = textured_of(figures, past)
    if textured.sum() < TILES_MIN:
        return Air(0.0, 0.0, 0.0, 0.0, 0.0, is_known=False)
    kept = kept_of(figures, past)
    depth = -np.log(np.clip(kept, RATIO_MIN, 1))
    rows = np.repeat(np.arange(MAP_ROWS)[:, None], MAP_COLUMNS, axis=1)
    middle = np.median(rows[textured])
    far, near = textured & (rows <= middle), textured & (rows > middle)
    lost = textured & (kept < 0.5)
    rise = levels_of(figures) - past.level
    rest = float(rise[textured & ~lost].mean()) if (textured & ~lost).any() else 0.0
    return Air(
        strength=float(min(depth[textured].mean() / DEPTH_FULL, 1.0)),
        far=float(1 - np.median(np.minimum(kept[far], 1))),
        near=float(1 - np.median(np.minimum(kept[near], 1))) if near.any() else 0.0,
        brightened=float(rise[lost].mean()) - min(rest, 0.0) if lost.any() else 0.0,
        unevenness=_unevenness(kept[textured & (past.texture >= STRONG_TEXTURE)]),
    )


def _unevenness(kept: Map) -> float:
    """Large (9) where there are too few tiles to say, so that weather has the benefit of the doubt."""
    if kept.size < TILES_MIN:
        return 9.0
    little, much = np.quantile(np.log(np.clip(kept, STRONG_RATIO_MIN, 2)), [0.1, 0.9])
    return float(much - little)


def textured_of(figures: Figures, past: Past) -> TileBits:
    """Tiles that had texture and are not written on, then or now."""
    textured: TileBits = (past.texture >= TEXTURE) & past.seen & seen_of(figures)
    return textured


def kept_of(figures: Figures, past: Past) -> Map:
    """Contrast of each tile as a share of what it was; above 1 for more."""
    now = texture_of(detail_of(figures), figures.smooth_noise) / (levels_of(figures) + SKY_OFFSET)
    was = past.texture / (past.level + SKY_OFFSET)
    share: Map = now / np.maximum(was, 1e-3)
    return share
