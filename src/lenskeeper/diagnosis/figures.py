"""What is measured of one picture: figures and coarse maps, and nothing from which it could be seen again."""

from dataclasses import dataclass, field, fields, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

MAP_COLUMNS: Final = 32
MAP_ROWS: Final = 18
MAP_CELLS: Final = MAP_COLUMNS * MAP_ROWS

COLUMN_BINS: Final = 192  # a shift of 25 px at 736 px is 6.5 bins
COLUMN_BANDS: Final = 3  # one above the other: a lorry upsets one of them, not all
ROW_BINS: Final = 108
ROW_BANDS: Final = 4

STEP_OF_NOISE: Final = (
    1.13  # mean step between neighbours, of noise with a standard deviation of 1: 2 / sqrt(pi)
)

PATTERN_SCALE: Final = 512  # levels: 64 fit, and the noise of a quiet sensor changes a tile by 0.02

INK_COLUMNS: Final = 64
INK_ROWS: Final = 7  # in each of the two bands where text is burned in
INK_CELLS: Final = 2 * INK_ROWS * INK_COLUMNS

FIGURE_MAX: Final = 1_000_000  # of any unit: squares and products of such figures are far from overflowing

WIDTH_PX_MIN: Final = 128  # below, a tile of the map has under 4 px and nothing can be said
HEIGHT_PX_MIN: Final = 72

Map = NDArray[np.floating[Any]]
"""(18, 32), row 0 at the top."""

Profiles = NDArray[np.floating[Any]]
"""(bands, bins): how much edge there is along one side of the picture."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one picture. Grey levels are 0 to 255, shares 0 to 1, tiles those of the 32 x 18 map.

    All but `seen_share` leave out what is burned into the picture and its outermost 2 %.

    tile_px:        pixels of a tile, as measured.
    seen_share:     how much of the map is left when text and rim are left out.
    mean, low, high: grey levels: mean, and those that 2 % and 98 % of the pixels do not exceed.
    ground_bright, ground_clipped: share of the lower 60 % of the picture above 180, and at the end of the scale.
    grey_share:     of the mid-tone pixels, those that have next to no colour; 1 for a monochrome picture.
    tint_u, tint_v: the commonest colour of the mid-tones, as its difference from grey.
    colour_share:   share of pixels with any colour; 0 in infra-red mode.
    crispness:      0 to 1: how much of an edge's height is taken in one pixel step, in the sharpest quarter of the
                    tiles that have an edge. 1 for a hard step, 0.38 behind a Gaussian of 1 px, 0.2 of 2 px, 0 where there
                    is no edge.
    edged_share:    share of tiles with an edge of at least 24 levels.
    veil_share:     share of tiles that are blank, unclipped and hang together from the top: sky or fog.
    noise:          standard deviation in grey levels, in the quietest fifth of the tiles; smooth_noise: the same of
                    the averaged plane, where the maps and profiles come from.
    flat_share:     share of tiles without even noise; levels_share: of pixels on the 8 commonest grey levels.
    broken_rows:    share of the height at the foot that is one grey, or one row drawn out.
    blockiness:     how much steeper the picture is at the borders of its macro-blocks than elsewhere; 1 for none.
    dark_blob:      share of tiles in the largest blank, dark patch that reaches the rim; blob_top: where it begins,
                    as a share of the height from above; blob_rest: mean level of the other tiles.
    stripe:         amplitude of one wave that runs across the whole picture, in grey levels.
    level_map, detail_map: uint8 per tile: mean grey level, and 16 x the mean step between neighbours.
    seen_map:       1 bit per tile: neither text nor rim.
    column_edges, row_edges: uint8, (3, 192) and (4, 108): mean step per bin, of 32 on average.
    tile_sums:      uint16 per tile: mean grey level x 256, to tell a still from a moving scene.
    pattern:        int16 per tile: mean of the pixels after half of them, by a fixed draw, changed sign, x 512. From
                    look to look it follows the noise, which only a living sensor renews.
    has_seconds:    whether a clock that shows seconds is written into the picture.
    ink:            uint16, (14, 64): mean step x 16 in the cells of the upper and lower band that hold text, else 0.
    """

    width_px: int
    height_px: int
    reduced_by: int
    decoder_errors: int
    tile_px: int
    seen_share: float
    mean: float
    low: float
    high: float
    ground_bright: float
    ground_clipped: float
    grey_share: float
    tint_u: float
    tint_v: float
    colour_share: float
    crispness: float
    edged_share: float
    veil_share: float
    noise: float
    smooth_noise: float
    flat_share: float
    levels_share: float
    broken_rows: float
    blockiness: float
    dark_blob: float
    blob_top: float
    blob_rest: float
    stripe: float
    level_map: bytes = field(repr=False)
    detail_map: bytes = field(repr=False)
    seen_map: bytes = field(repr=False)
    column_edges: bytes = field(repr=False)
    row_edges: bytes = field(repr=False)
    tile_sums: bytes = field(repr=False)
    pattern: bytes = field(repr=False)
    ink: bytes = field(repr=False)
    has_seconds: bool = False

    def __post_init__(self) -> None:
        """A worker that was taken over by a hostile picture may send anything: ValueError for what no picture gives."""
        for name, size in _BYTES.items():
            if len(getattr(self, name)) != size:
                raise ValueError(f"{name} has a wrong length")
        for name in SCALARS:
            if not abs(getattr(self, name)) <= FIGURE_MAX:  # also false for what is not a number
                raise ValueError(f"{name} is beyond all pictures")
        for name, least in _COUNTS.items():
            if not least <= getattr(self, name) <= FIGURE_MAX:
                raise ValueError(f"{name} is beyond all pictures")

    @property
    def is_large_enough(self) -> bool:
        """Whether the picture has pixels enough for a verdict."""
        return self.width_px >= WIDTH_PX_MIN and self.height_px >= HEIGHT_PX_MIN


_BYTES: Final = {
    "level_map": MAP_CELLS,
    "detail_map": MAP_CELLS,
    "seen_map": MAP_CELLS // 8,
    "column_edges": COLUMN_BANDS * COLUMN_BINS,
    "row_edges": ROW_BANDS * ROW_BINS,
    "tile_sums": 2 * MAP_CELLS,
    "pattern": 2 * MAP_CELLS,
    "ink": 2 * INK_CELLS,
}
_COUNTS: Final = {
    "width_px": 0,
    "height_px": 0,
    "reduced_by": 1,
    "decoder_errors": 0,
    "tile_px": 1,
}  # and the least
SCALARS: Final = tuple(f.name for f in fields(Figures) if f.type is float)


def with_scalars(figures: Figures, values: dict[str, float]) -> Figures:
    """The same picture with other scalar figures; the names are those of `SCALARS`."""
    assert values.keys() <= set(SCALARS)
    return replace(figures, **values)  # type: ignore[arg-type] # the names were looked at just above


def levels_of(figures: Figures) -> Map:
    """Mean grey level per tile."""
    return _map(figures.level_map)


def detail_of(figures: Figures) -> Map:
    """Mean step between neighbouring pixels per tile, in grey levels."""
    return _map(figures.detail_map) / 16


def texture_of(detail: Map, noise: float) -> Map:
    """A map of detail without what noise of that standard deviation adds to it."""
    of_noise = STEP_OF_NOISE * noise
    left: Map = np.sqrt(np.maximum(detail**2 - of_noise**2, 0))
    return left


def seen_of(figures: Figures) -> NDArray[np.bool_]:
    """(18, 32): which tiles count."""
    bits = np.unpackbits(np.frombuffer(figures.seen_map, np.uint8), count=MAP_CELLS)
    return bits.reshape(MAP_ROWS, MAP_COLUMNS).astype(bool)


def columns_of(figures: Figures) -> Profiles:
    """(3, 192)"""
    return np.frombuffer(figures.column_edges, np.uint8).reshape(COLUMN_BANDS, COLUMN_BINS).astype(np.float32)


def rows_of(figures: Figures) -> Profiles:
    """(4, 108)"""
    return np.frombuffer(figures.row_edges, np.uint8).reshape(ROW_BANDS, ROW_BINS).astype(np.float32)


def sums_of(figures: Figures) -> Map:
    """Mean grey level per tile, to 1/256 of a level."""
    sums = np.frombuffer(figures.tile_sums, np.dtype("<u2")).reshape(MAP_ROWS, MAP_COLUMNS)
    return sums.astype(np.float32) / 256


def pattern_of(figures: Figures) -> Map:
    """Mean of the pixels of each tile, half of them with the other sign, in grey levels."""
    pattern = np.frombuffer(figures.pattern, np.dtype("<i2")).reshape(MAP_ROWS, MAP_COLUMNS)
    return pattern.astype(np.float32) / PATTERN_SCALE


def ink_of(figures: Figures) -> Map:
    """(14, 64): mean step in the cells that hold text, in grey levels; 0 elsewhere."""
    ink = np.frombuffer(figures.ink, np.dtype("<u2")).reshape(2 * INK_ROWS, INK_COLUMNS)
    return ink.astype(np.float32) / 16


def _map(cells: bytes) -> Map:
    return np.frombuffer(cells, np.uint8).reshape(MAP_ROWS, MAP_COLUMNS).astype(np.float32)
