"""What a decoded picture is to the rest of the house: small planes of grey levels and colour."""

from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

LumaPlane: TypeAlias = NDArray[np.uint8]
"""(height, width), row 0 at the top, uint8, 0 black to 255 white, full range."""

ChromaPlane: TypeAlias = NDArray[np.uint8]
"""(height, width), row 0 at the top, uint8, 128 neutral, full range; its size is its own."""


@dataclass(frozen=True, slots=True, eq=False)
class Planes:
    """One picture, reduced for measuring. Lives in the memory of a picture worker only.

    fine:           every `reduced_by`-th pixel of the luma: keeps noise and sharpness. A reduced
                    JPEG is the exception: its decoder averages, so there `fine` equals `smooth`.
    smooth:         the luma averaged over areas, of the same shape as `fine`.
    u, v:           blue and red difference, no larger than half of `fine` each way; None when the
                    coding itself is monochrome. Not None for a night picture in a colour format, nor for
                    H.264's own 4:0:0, which libavcodec hands on with neutral chroma.
    width_px, height_px: of the picture as it was coded, before reduction.
    reduced_by:     pixels of the coded picture to one of ours, each way.
    decoder_errors: how many signs of damage the decoder or the file gave; 0 for a whole picture.
    """

    fine: LumaPlane = field(repr=False)
    smooth: LumaPlane = field(repr=False)
    u: ChromaPlane | None = field(repr=False)
    v: ChromaPlane | None = field(repr=False)
    width_px: int
    height_px: int
    reduced_by: int
    decoder_errors: int
