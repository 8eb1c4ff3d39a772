"""The battery: one decoded picture in, its figures out. Runs in the picture worker."""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from lenskeeper.diagnosis.clock import shows_seconds
from lenskeeper.diagnosis.display import Mask, find_display
from lenskeeper.diagnosis.exposure import light_of, tint_of
from lenskeeper.diagnosis.figures import (
    COLUMN_BANDS,
    COLUMN_BINS,
    HEIGHT_PX_MIN,
    MAP_CELLS,
    PATTERN_SCALE,
    ROW_BANDS,
    ROW_BINS,
    WIDTH_PX_MIN,
    Figures,
    Map,
)
from lenskeeper.diagnosis.sharpness import crispness_of, noise_of
from lenskeeper.diagnosis.structure import blockiness_of, broken_rows_of, stripe_of, structure_of
from lenskeeper.diagnosis.tiles import Tiles, averaged, lay_out, steps_of
from lenskeeper.pictures.planes import LumaPlane, Planes

STEP_MAX = 40  # of what counts as an edge: a white lorry shall not outweigh the kerb
SIZES_MAX = 16  # sizes of planes met in one process; 0.3 MB of signs each
SIGNS_SEED = 20_260_615
PROFILE_ROWS = (0.12, 0.92)  # share of the height that profiles look at: text lives outside


def measure(planes: Planes) -> Figures:
    """The figures of one picture; at 480 x 270 about 2.5 ms of one core. Never raises for what the picture shows."""
    fine, smooth = _large_enough(planes.fine), _large_enough(planes.smooth)
    display = find_display(fine)
    tiles = lay_out(fine, smooth, display.mask)
    sums = averaged(tiles.fine)
    light, tint = light_of(tiles.fine, tiles.mask), tint_of(planes)
    (crispness, edged_share), shape = crispness_of(tiles), structure_of(tiles, sums)
    detail, columns, rows = _edges(tiles)
    noise = noise_of(tiles, sums)
    return Figures(
        width_px=planes.width_px,
        height_px=planes.height_px,
        reduced_by=planes.reduced_by,
        decoder_errors=planes.decoder_errors,
        tile_px=tiles.fine.size // MAP_CELLS,
        seen_share=float(tiles.seen.mean()),
        mean=light.mean,
        low=light.low,
        high=light.high,
        ground_bright=light.ground_bright,
        ground_clipped=light.ground_clipped,
        grey_share=tint.grey_share,
        tint_u=tint.tint_u,
        tint_v=tint.tint_v,
        colour_share=tint.colour_share,
        crispness=crispness,
        edged_share=edged_share,
        veil_share=shape.veil_share,
        noise=noise,
        # averaging d x d pixels leaves a d-th of their noise
        smooth_noise=noise if planes.smooth is planes.fine else noise / planes.reduced_by,
        flat_share=shape.flat_share,
        levels_share=light.levels_share,
        broken_rows=broken_rows_of(tiles),
        blockiness=blockiness_of(tiles, planes.reduced_by),
        dark_blob=shape.dark_blob,
        blob_top=shape.blob_top,
        blob_rest=shape.blob_rest,
        stripe=stripe_of(tiles.smooth),
        level_map=_bytes(sums),
        detail_map=_bytes(detail * 16),
        seen_map=np.packbits(tiles.seen).tobytes(),
        column_edges=columns,
        row_edges=rows,
        pattern=_pattern(tiles.fine),
        tile_sums=np.rint(sums * 256).astype("<u2").tobytes(),
        ink=display.ink,
        has_seconds=shows_seconds(smooth, display.lines),
    )


@lru_cache(maxsize=SIZES_MAX)
def _signs(height: int, width: int) -> NDArray[np.int16]:
    """The same draw in each process and for all time: patterns are compared across both."""
    return np.random.default_rng(SIGNS_SEED).choice(np.array([-1, 1], np.int16), size=(height, width))


def _pattern(fine: LumaPlane) -> bytes:
    signed = cv2.multiply(fine, _signs(*fine.shape), dtype=cv2.CV_32F).astype(np.float32, copy=False)
    scaled = np.rint(averaged(signed) * PATTERN_SCALE)
    return np.clip(scaled, -32_768, 32_767).astype("<i2").tobytes()


def _edges(tiles: Tiles) -> tuple[Map, bytes, bytes]:
    """Detail per tile; and how much edge each column and each row holds, in bands, for `moved`."""
    across, down = steps_of(tiles.smooth)
    across, down = _without(across, tiles.mask), _without(down, tiles.mask)
    detail = averaged(cv2.add(across, down).astype(np.uint8, copy=False)) / 2
    middle = slice(round(PROFILE_ROWS[0] * across.shape[0]), round(PROFILE_ROWS[1] * across.shape[0]))
    columns = [_mean_along(band, 0) for band in np.array_split(across[middle], COLUMN_BANDS)]
    rows = [_mean_along(band, 1) for band in np.array_split(down, ROW_BANDS, axis=1)]
    return detail, _normalised(columns, COLUMN_BINS), _normalised(rows, ROW_BINS)


def _without(steps: NDArray[np.uint8], mask: Mask) -> NDArray[np.uint8]:
    _, capped = cv2.threshold(steps, STEP_MAX, STEP_MAX, cv2.THRESH_TRUNC)
    return cv2.subtract(capped, mask).astype(np.uint8, copy=False)


def _mean_along(band: NDArray[np.uint8], axis: int) -> NDArray[np.float32]:
    return cv2.reduce(band, axis, cv2.REDUCE_AVG, dtype=cv2.CV_32F).ravel().astype(np.float32, copy=False)


def _normalised(profiles: list[NDArray[np.float32]], bins: int) -> bytes:
    """Each band to a mean of 32, so that light and contrast drop out and a byte holds what matters."""
    binned = cv2.resize(np.array(profiles), (bins, len(profiles)), interpolation=cv2.INTER_AREA)
    means = np.maximum(binned.mean(axis=1, keepdims=True), 0.05)
    return _bytes(binned / means * 32)


def _bytes(values: Map) -> bytes:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8).tobytes()


def _large_enough(plane: LumaPlane) -> LumaPlane:
    """A tiny picture is blown up so that it can be laid out; `Figures.is_large_enough` says not to judge it."""
    height, width = plane.shape
    if height >= HEIGHT_PX_MIN and width >= WIDTH_PX_MIN:
        return plane
    size = (max(width, WIDTH_PX_MIN), max(height, HEIGHT_PX_MIN))
    return cv2.resize(plane, size, interpolation=cv2.INTER_NEAREST).astype(np.uint8, copy=False)
