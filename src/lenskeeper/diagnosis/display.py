"""What is burned into the picture: found so that it does not pass for sharpness, contrast or movement."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from lenskeeper.diagnosis.figures import INK_COLUMNS, INK_ROWS
from lenskeeper.pictures.planes import LumaPlane

BAND_SHARE: Final = 0.2  # of the height, above and below: where cameras and recorders write
RIM_SHARE: Final = 0.02  # of each side: black bars, half-dead rows of analogue cameras
STROKE_LEVELS: Final = 56  # a step between neighbours that optics seldom make and a letter always does
STROKES_SHARE: Final = (
    0.16  # of the pixels of a patch are steps: a letter has two or more in each of its rows
)
WORD_LETTERS: Final = (
    6  # a patch is at least so wide, of which 3 come from averaging: lane markings lie aslant
)

Mask = NDArray[np.uint8]
"""(h, w), 255 where something is burned in, else 0."""


@dataclass(frozen=True, slots=True, eq=False)
class Display:
    """Where text may be. lines: the text without the rim. ink: as in `Figures.ink`."""

    mask: Mask
    lines: Mask
    ink: bytes


def band_rows(height: int) -> int:
    """How many rows, above and below, are searched for text."""
    return max(1, round(BAND_SHARE * height))


def find_display(fine: LumaPlane) -> Display:
    """The text of one picture, by its strokes; on the safe side, so some twigs against the sky go with it.

    A letter is a patch of many hard steps; a lens never makes so many in so little room unless the scene is
    full of them, and then nothing is lost by leaving some out. Logos are found by their letters only.
    """
    height, width = fine.shape
    mask = np.zeros(fine.shape, np.uint8)
    rows = band_rows(height)
    inks = []
    for band in (slice(0, rows), slice(height - rows, height)):
        text, ink = _strokes(fine[band], max(4, height // 40))
        mask[band] = text
        inks.append(ink)
    lines = mask.copy()
    rim_x, rim_y = max(2, round(RIM_SHARE * width)), max(2, round(RIM_SHARE * height))
    mask[:rim_y] = mask[-rim_y:] = 255
    mask[:, :rim_x] = mask[:, -rim_x:] = 255
    return Display(mask, lines, np.concatenate(inks).astype("<u2").tobytes())


def _strokes(band: LumaPlane, letter_px: int) -> tuple[Mask, NDArray[np.float32]]:
    """The patches of text in a band, grown by about half a letter, and their ink."""
    step = np.zeros_like(band)
    cv2.absdiff(band[:, 1:], band[:, :-1], dst=step[:, 1:])
    _, hard = cv2.threshold(step, STROKE_LEVELS - 1, 255, cv2.THRESH_BINARY)
    density = cv2.blur(hard, (3 * letter_px, letter_px))
    _, core = cv2.threshold(density, int(255 * STROKES_SHARE), 255, cv2.THRESH_BINARY)
    if not cv2.countNonZero(core):
        return np.zeros_like(band), np.zeros((INK_ROWS, INK_COLUMNS), np.float32)
    lines = cv2.morphologyEx(core, cv2.MORPH_OPEN, np.ones((1, WORD_LETTERS * letter_px), np.uint8))
    text = cv2.dilate(lines, np.ones((letter_px | 1, (2 * letter_px) | 1), np.uint8))
    written = cv2.resize(
        cv2.bitwise_and(step, text).astype(np.float32), (INK_COLUMNS, INK_ROWS), interpolation=cv2.INTER_AREA
    )
    return text.astype(np.uint8, copy=False), np.rint(written * 16).astype(np.float32)
