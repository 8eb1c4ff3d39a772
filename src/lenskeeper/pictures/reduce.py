"""Big planes made small: how far to reduce, and how to bring what is left to full range."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from lenskeeper.pictures.planes import ChromaPlane, LumaPlane, Planes

ANALYSIS_SIDE_PX: Final = 768  # PAL's 720 x 576 and smaller stay whole; 1080p becomes 480 x 270
ANALYSIS_SHORT_SIDE_PX: Final = 16  # what the smallest measure, a map of tiles, still needs

LIMITED_BLACK: Final = 16  # ITU-R BT.601: luma 16 to 235, chroma 16 to 240 in limited range
LIMITED_LUMA_SPAN: Final = 235 - 16
LIMITED_CHROMA_SPAN: Final = 240 - 16

Samples = NDArray[np.uint8] | NDArray[np.uint16]

_LEVELS: Final = np.arange(256, dtype=np.float64)
_LUMA_TO_FULL: Final = np.clip(np.rint((_LEVELS - LIMITED_BLACK) * 255 / LIMITED_LUMA_SPAN), 0, 255).astype(
    np.uint8
)
_CHROMA_TO_FULL: Final = np.clip(np.rint((_LEVELS - 128) * 255 / LIMITED_CHROMA_SPAN + 128), 0, 255).astype(
    np.uint8
)


def reduction(width_px: int, height_px: int) -> int:
    """By how much a picture is reduced each way: a power of two, 1 for a small picture.

    The long side comes to at most `ANALYSIS_SIDE_PX`, unless the short one would fall under
    `ANALYSIS_SHORT_SIDE_PX`. 704 x 576 gives 1, 1280 x 720 gives 2, 1080p 4, 4K 8.
    """
    by = 1
    while (
        max(width_px, height_px) > ANALYSIS_SIDE_PX * by
        and min(width_px, height_px) >= ANALYSIS_SHORT_SIDE_PX * by * 2
    ):
        by *= 2
    return by


def from_yuv(
    luma: Samples,
    chroma: tuple[Samples, Samples] | None,
    *,
    bits: int,
    full_range: bool,
    decoder_errors: int,
) -> Planes:
    """Planes of a decoded video picture. Copies all it keeps: the frame may go.

    luma, chroma: (height, width) as decoded, of `bits` bits a sample.
    """
    height_px, width_px = luma.shape
    by = reduction(width_px, height_px)
    whole = luma[: height_px // by * by, : width_px // by * by]
    fine = _to_8_bits(whole[::by, ::by].copy(), bits)
    smooth = fine if by == 1 else _to_8_bits(averaged(whole, by), bits)
    u = None if chroma is None else _thinned(chroma[0], luma, by, bits)
    v = None if chroma is None else _thinned(chroma[1], luma, by, bits)
    if not full_range:
        same = smooth is fine
        fine = _looked_up(fine, _LUMA_TO_FULL)
        smooth = fine if same else _looked_up(smooth, _LUMA_TO_FULL)
        u = None if u is None else _looked_up(u, _CHROMA_TO_FULL)
        v = None if v is None else _looked_up(v, _CHROMA_TO_FULL)
    return Planes(
        fine=fine,
        smooth=smooth,
        u=u,
        v=v,
        width_px=width_px,
        height_px=height_px,
        reduced_by=by,
        decoder_errors=decoder_errors,
    )


def averaged(plane: Samples, by: int) -> Samples:
    """The means of `by` x `by` squares, of the plane's own type; `by` is a power of two.

    Halved again and again: OpenCV has fast code for 2 x 2 only (0.12 ms against 1.0 ms for 1080p
    by 4). Each halving rounds, so a mean may be off by one level.
    """
    while by > 1:
        height, width = plane.shape
        # the stubs call the result an array of any number; resize keeps the type of its input
        plane = cv2.resize(plane, (width // 2, height // 2), interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
        by //= 2
    return plane


def _thinned(chroma: Samples, luma: Samples, by: int, bits: int) -> ChromaPlane:
    """Every n-th sample of a chroma plane: half as many each way as the reduced luma."""
    rows = max(1, 2 * by * chroma.shape[0] // luma.shape[0])
    columns = max(1, 2 * by * chroma.shape[1] // luma.shape[1])
    return _to_8_bits(chroma[::rows, ::columns].copy(), bits)


def _to_8_bits(plane: Samples, bits: int) -> LumaPlane:
    if plane.dtype == np.uint8:
        return plane.astype(np.uint8, copy=False)
    return cv2.convertScaleAbs(plane, alpha=1 / (1 << (bits - 8))).astype(
        np.uint8, copy=False
    )  # rounds, saturates


def _looked_up(plane: LumaPlane, table: NDArray[np.uint8]) -> LumaPlane:
    return cv2.LUT(plane, table).astype(np.uint8, copy=False)
