"""Light and colour: how bright, how clipped, how far from grey."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from lenskeeper.diagnosis.display import Mask
from lenskeeper.pictures.planes import LumaPlane, Planes

GROUND_FROM: Final = 0.4  # of the height: what hangs together with the sky above is left to the weather
BRIGHT_LEVEL: Final = 180  # 2.5 times the light of the mid-grey that automatic exposure aims at
CLIPPED_LEVEL: Final = 250  # coding rings around white, so 255 alone would miss half of it

MID_TONES: Final = (48, 225)  # outside, chroma is noise or cut off
COLOUR_RADIUS: Final = 64  # chroma counted for the commonest colour; a strong red cast on grey gives 47
CHROMA_BIN: Final = 2
GREY_RADIUS: Final = 6.0
ANY_COLOUR: Final = 3  # a monochrome camera's chroma is 128 and 1 or 2 of coding

_BINS: Final = 2 * COLOUR_RADIUS // CHROMA_BIN + 1
_MID_CHROMA: Final = 128


@dataclass(frozen=True, slots=True)
class Light:
    """Fields as in `Figures`."""

    mean: float
    low: float
    high: float
    ground_bright: float
    ground_clipped: float
    levels_share: float


@dataclass(frozen=True, slots=True)
class Tint:
    """Fields as in `Figures`."""

    grey_share: float
    tint_u: float
    tint_v: float
    colour_share: float


def light_of(fine: LumaPlane, mask: Mask) -> Light:
    """Grey levels outside of text and rim."""
    ground_row = int(GROUND_FROM * fine.shape[0])
    free = cv2.bitwise_not(mask).astype(np.uint8, copy=False)
    above = _histogram(fine[:ground_row], free[:ground_row])
    ground = _histogram(fine[ground_row:], free[ground_row:])
    whole = above + ground
    count, ground_count = max(whole.sum(), 1.0), max(ground.sum(), 1.0)
    sums = np.cumsum(whole) / count
    return Light(
        mean=float(whole @ np.arange(256) / count),
        low=float(np.searchsorted(sums, 0.02)),
        high=float(np.searchsorted(sums, 0.98)),
        ground_bright=float(ground[BRIGHT_LEVEL:].sum() / ground_count),
        ground_clipped=float(ground[CLIPPED_LEVEL:].sum() / ground_count),
        levels_share=float(np.sort(whole)[-8:].sum() / count),
    )


def tint_of(planes: Planes) -> Tint:
    """The commonest colour among the mid-tones, and how much grey there is.

    Nearly every public place holds grey things: road, stone, cars, cloud. Under a cast none of them is grey
    any more, and the commonest colour is the cast itself. The mean would follow lawns and painted walls.
    """
    if planes.u is None or planes.v is None:
        return Tint(1.0, 0.0, 0.0, 0.0)
    u, v = _halved(planes.u), _halved(planes.v)
    size = (u.shape[1], u.shape[0])
    luma = cv2.resize(planes.smooth, size, interpolation=cv2.INTER_AREA)
    tone = cv2.inRange(luma, MID_TONES[0], MID_TONES[1])
    tone[: round(0.15 * size[1])] = 0  # text is often coloured, and so is a clear sky
    counts = cv2.calcHist([u, v], [0, 1], tone.astype(np.uint8, copy=False), [_BINS, _BINS], _RANGES).astype(
        np.float32, copy=False
    )
    pixels = max(int(cv2.countNonZero(tone)), 1)
    softened = cv2.GaussianBlur(counts, (0, 0), 1.5)
    _, _, _, (at_v, at_u) = cv2.minMaxLoc(softened)
    common = pixels >= tone.size // 20  # too dark or too bright all over: no mid-tones, no opinion
    return Tint(
        grey_share=float(counts[_IS_GREY].sum() / pixels) if common else 1.0,
        tint_u=float(at_u * CHROMA_BIN - COLOUR_RADIUS) if common else 0.0,
        tint_v=float(at_v * CHROMA_BIN - COLOUR_RADIUS) if common else 0.0,
        colour_share=_coloured(u, v),
    )


_EDGE: Final = COLOUR_RADIUS + CHROMA_BIN / 2
_RANGES: Final = [_MID_CHROMA - _EDGE, _MID_CHROMA + _EDGE, _MID_CHROMA - _EDGE, _MID_CHROMA + _EDGE]
_AXIS: Final = np.arange(_BINS, dtype=np.float32) * CHROMA_BIN - COLOUR_RADIUS
_IS_GREY: Final = np.hypot(_AXIS[:, None], _AXIS[None, :]) <= GREY_RADIUS


def _coloured(u: NDArray[np.uint8], v: NDArray[np.uint8]) -> float:
    grey_u = cv2.inRange(u, _MID_CHROMA - ANY_COLOUR, _MID_CHROMA + ANY_COLOUR)
    grey_v = cv2.inRange(v, _MID_CHROMA - ANY_COLOUR, _MID_CHROMA + ANY_COLOUR)
    return 1 - cv2.countNonZero(cv2.bitwise_and(grey_u, grey_v)) / u.size


def _halved(chroma: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Every second sample of a large plane: 15,000 are plenty for a histogram."""
    return np.ascontiguousarray(chroma[::2, ::2]) if chroma.size > 30_000 else chroma


def _histogram(plane: LumaPlane, free: Mask) -> NDArray[np.float64]:
    counts = cv2.calcHist([plane], [0], free, [256], [0, 256])
    return counts.ravel().astype(np.float64)
