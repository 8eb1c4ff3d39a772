"""What is no picture of a place: cards, broken decoding, stripes, covers; and the veil of sky or fog."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from lenskeeper.diagnosis.figures import MAP_ROWS, Map
from lenskeeper.diagnosis.tiles import TileBits, Tiles

FLAT_LEVELS: Final = 3.0  # from darkest to brightest pixel of a tile: no sensor is so quiet, a drawn card is
BLANK_LEVELS: Final = 24.0  # a tile with less has no edge worth the name
VEIL_LEVELS: Final = (60.0, 246.0)  # darker is no air, brighter is clipped and may be anything
DARK_LEVEL: Final = 80.0  # a thing close before the lens gets little light
STRIPE_PERIODS: Final = (
    4,
    40,
)  # over the height; fewer are light and shade, more are lines of an interlaced picture
STRIPE_BANDS: Final = 4
THIRDS: Final = 3
IN_STEP: Final = 0.9
# A wave over the whole picture has one phase in all parts, is a good part of all that varies there, and is as high below
# as above. 17 scenes with a zebra crossing, kerbs or ripples gave up to 0.97, 0.36 and 0.60, none of them high in all
# three; hum of 20 levels gave 0.95, 0.40 and 0.60 at least. From the first figure to the second it counts by and by: a
# scene that is near the edge must not be striped in one look and plain in the next.
IN_PHASE: Final = (0.85, 0.95)
SHARE_OF_ALL: Final = (0.2, 0.4)
EVENLY: Final = (0.35, 0.65)
BINS_OFF: Final = np.linspace(-0.6, 0.6, 13)  # its period need not go into the height
MACRO_BLOCK_PX: Final = 16
ONE_GREY: Final = 3.0  # mean step and spread of a row that was filled in


@dataclass(frozen=True, slots=True)
class Structure:
    """Fields as in `Figures`."""

    veil_share: float
    flat_share: float
    dark_blob: float
    blob_top: float
    blob_rest: float


def structure_of(tiles: Tiles, level: Map) -> Structure:
    """What the tiles say together."""
    seen_count = max(int(tiles.seen.sum()), 1)
    flat = tiles.seen & (tiles.edge_height <= FLAT_LEVELS)
    blob = _dark_blob(tiles, level)
    rest = level[tiles.seen & ~blob]
    return Structure(
        veil_share=float((_veil(tiles, level) & tiles.seen).sum() / seen_count),
        flat_share=float(flat.sum() / seen_count),
        dark_blob=float((blob & tiles.seen).sum() / seen_count),
        blob_top=float(np.argmax(blob.any(axis=1)) / MAP_ROWS) if blob.any() else 1.0,
        blob_rest=float(rest.mean()) if rest.size else 0.0,
    )


def _veil(tiles: Tiles, level: Map) -> TileBits:
    """Blank tiles from the top down in each column, as far as they go unbroken. Masked ones are passed over."""
    blank = (tiles.edge_height < BLANK_LEVELS) & (level > VEIL_LEVELS[0]) & (level < VEIL_LEVELS[1])
    return np.logical_and.accumulate(blank | ~tiles.seen, axis=0) & blank


def _dark_blob(tiles: Tiles, level: Map) -> TileBits:
    """The largest patch of blank dark tiles that hangs together and reaches the rim."""
    dark = tiles.seen & (tiles.edge_height < BLANK_LEVELS) & (level < DARK_LEVEL)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(dark.astype(np.uint8), connectivity=4)
    if count < 2:
        return np.zeros_like(dark)
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    blob: TileBits = labels == largest
    # the outermost tiles are never seen, so the next ones are where the picture ends
    rim = blob[:2].any() or blob[-2:].any() or blob[:, :2].any() or blob[:, -2:].any()
    return blob if rim else np.zeros_like(dark)


def broken_rows_of(tiles: Tiles) -> float:
    """Share of the height, at the foot, that a decoder filled in: with one grey, or with its last good row drawn out.

    A row drawn out differs from its neighbours to the side and not from those below; in nature both go together.
    """
    plane = tiles.fine
    inner = plane[:, plane.shape[1] // 16 : -(plane.shape[1] // 16)]
    down = _row_means(cv2.absdiff(inner[1:], inner[:-1]))
    across = _row_means(cv2.absdiff(inner[1:, 1:], inner[1:, :-1]))
    mean = _row_means(inner[1:])
    drawn_out = (down < 0.1 * across) & (across > 1.0)
    filled = (down < 0.3) & (across < 0.3) & (np.abs(mean - 128) <= ONE_GREY)
    broken = (drawn_out | filled)[::-1]
    # the last row is often spoilt by coding: up to 2 % of good rows may stand beneath
    first = int(np.argmax(broken[: max(2, len(broken) // 50)]))
    if not broken[first]:
        return 0.0
    good = np.flatnonzero(~broken[first:])
    return float((good[0] if good.size else len(broken) - first) / len(broken))


def blockiness_of(tiles: Tiles, reduced_by: int) -> float:
    """Steps across the borders of 16 px macro-blocks over the steps elsewhere; 1 where the blocks cannot be seen."""
    period = MACRO_BLOCK_PX // reduced_by
    if period < 4:
        return 1.0
    profile = cv2.reduce(
        cv2.absdiff(tiles.fine[:, 1:], tiles.fine[:, :-1]), 0, cv2.REDUCE_AVG, dtype=cv2.CV_32F
    )
    whole = profile.ravel()[: profile.size // period * period].reshape(-1, period)
    phases = np.median(whole, axis=0)
    border = int(np.argmax(phases))
    others = np.delete(phases, border)
    return float(phases[border] / max(float(np.median(others)), 0.5))


def stripe_of(plane: NDArray[np.uint8]) -> float:
    """Amplitude in grey levels of the strongest wave down the picture that is the same from left to right.

    A fence or a kerb does not cross the whole picture level and in step; mains hum and a failing sensor do. The
    weakest of four bands side by side counts, and only a peak that towers over its neighbours in frequency. A zebra
    crossing and the ripples of a river have such peaks too, and fall out of phase between top and foot.
    """
    bands = cv2.resize(plane, (STRIPE_BANDS, plane.shape[0]), interpolation=cv2.INTER_AREA).astype(np.float32)
    bands -= cv2.blur(bands, (1, max(3, plane.shape[0] // STRIPE_PERIODS[0]) | 1))
    wave = np.fft.rfft(bands * np.hanning(len(bands))[:, None], axis=0)
    low, high = STRIPE_PERIODS
    high = min(high, len(wave) - 4)
    strength = np.abs(wave)
    in_step = np.abs(wave.sum(axis=1)) >= IN_STEP * strength.sum(axis=1)
    weakest = strength.min(axis=1)
    best = low + int(np.argmax(np.where(in_step, weakest, 0)[low:high]))
    around = np.r_[weakest[max(best - 5, 1) : best - 2], weakest[best + 3 : best + 6]]
    if not in_step[best] or weakest[best] < 4 * float(np.median(around)):
        return 0.0
    return _amplitude(bands, best + BINS_OFF)


def _amplitude(bands: NDArray[np.float32], waves: NDArray[np.float64]) -> float:
    """Of the best of some waves: in the third of the height where it is weakest; 0 where it is none of the whole."""
    height = len(bands)
    turns = np.exp(-2j * np.pi / height * np.outer(waves, np.arange(height)))
    edges = [height * n // THIRDS for n in range(THIRDS + 1)]
    parts = np.stack(
        [turns[:, a:b] @ bands[a:b] / (b - a) for a, b in pairwise(edges)], axis=1
    )  # (waves, thirds, bands)
    in_phase = np.abs(parts.sum(axis=(1, 2))) / np.maximum(np.abs(parts).sum(axis=(1, 2)), 1e-6)
    best = int(np.argmax(in_phase))
    share = 2 * np.abs(parts[best].mean()) ** 2 / max(float(np.mean(bands**2)), 1e-6)
    heights = 2 * np.abs(parts[best].mean(axis=1))  # a horizon rings at its own place only
    whole = _ramp(float(in_phase[best]), IN_PHASE) * _ramp(float(share), SHARE_OF_ALL)
    return float(heights.min()) * whole * _ramp(float(heights.min() / max(heights.max(), 1e-6)), EVENLY)


def _ramp(figure: float, steps: tuple[float, float]) -> float:
    """0 up to the first step, 1 from the second."""
    return min(max((figure - steps[0]) / (steps[1] - steps[0]), 0.0), 1.0)


def _row_means(plane: cv2.typing.MatLike) -> NDArray[np.float32]:
    return cv2.reduce(plane, 1, cv2.REDUCE_AVG, dtype=cv2.CV_32F).ravel().astype(np.float32, copy=False)
