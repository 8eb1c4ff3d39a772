"""Whether a clock with seconds is written into the picture: by its shape, without reading what it says.

Two digits between two colons, all in one line, are the minutes of hours:minutes:seconds. No text is read, here or
anywhere else: signs and number plates are none of our business (charter, clause 1).
"""

from typing import Final

import cv2
import numpy as np

from lenskeeper.diagnosis.display import Mask, band_rows
from lenskeeper.diagnosis.figures import Map
from lenskeeper.pictures.planes import LumaPlane

STROKE_PX: Final = 7  # wider things are no strokes at analysis scale
CONTRAST_MIN: Final = 50  # of a stroke against what is around it
CUTS: Final = (
    (0.5, 8),
    (0.7, 8),
    (0.6, 4),
)  # share of the strongest stroke; glyphs that touch part at the 2nd or 3rd
LETTER_PX: Final = (5, 40)  # height of a digit
DOT_SHARE: Final = 0.45  # of a digit's height: a colon's dot is no larger
LINE_ASPECT: Final = 2.0
LINES_MAX: Final = 3  # in a band; a camera writes one or two, and each costs 0.1 ms
DIGITS_MIN: Final = 5  # of six: one may touch its neighbour
GLYPHS_MIN: Final = 9  # as many digits and four dots
GLYPHS_MAX: Final = 200  # in a line; more is foliage


def shows_seconds(smooth: LumaPlane, lines: Mask) -> bool:
    """Whether one of the lines of text has the shape ..:dd:.. The mask says where the text is."""
    height = smooth.shape[0]
    rows = band_rows(height)
    for first in (0, height - rows):
        # a quarter of the size each way: whole lines are looked for, and the search is half of the cost
        small = np.ascontiguousarray(lines[first : first + rows : 4, ::4])
        count, _, stats, _ = cv2.connectedComponentsWithStats(small, connectivity=4)
        for x, y, w, h, _ in (4 * stats[1 : min(count, LINES_MAX + 1)]).tolist():
            top = max(first + y - 4, 0)
            if w > LINE_ASPECT * h and _has_clock(smooth[top : first + y + h, max(x - 4, 0) : x + w]):
                return True
    return False


def _has_clock(patch: LumaPlane) -> bool:
    kernel = np.ones((STROKE_PX, STROKE_PX), np.uint8)
    for how in (cv2.MORPH_TOPHAT, cv2.MORPH_BLACKHAT):  # bright letters, dark letters
        hat = cv2.morphologyEx(patch, how, kernel)
        some = hat[::2, ::2].ravel()
        top = float(np.partition(some, -max(some.size // 50, 1))[-max(some.size // 50, 1)])
        for cut, neighbours in CUTS if top >= CONTRAST_MIN else ():
            _, strokes = cv2.threshold(hat, top * cut, 255, cv2.THRESH_BINARY)
            count, _, stats, _ = cv2.connectedComponentsWithStats(strokes, connectivity=neighbours)
            if GLYPHS_MIN <= count <= GLYPHS_MAX and _is_clock(stats[1:count, :4].astype(np.float32)):
                return True
    return False


def _is_clock(glyphs: Map) -> bool:
    """Whether boxes (n, 4) of left, top, width, height have two digits between two colons in a line."""
    w, h = glyphs[:, 2], glyphs[:, 3]
    letters = (h >= LETTER_PX[0]) & (h <= LETTER_PX[1]) & (w <= 1.2 * h)
    heights = np.sort(h[letters])
    if heights.size < DIGITS_MIN:
        return False
    tall = float(heights[heights.size // 2])
    digits = glyphs[letters & (np.abs(h - tall) <= max(1.0, 0.2 * tall))]
    dots = glyphs[(h <= DOT_SHARE * tall) & (w <= DOT_SHARE * tall)]
    if len(digits) < DIGITS_MIN or len(dots) < 4:
        return False
    colons = _colons(dots, digits, tall)
    if len(colons) < 2:
        return False
    middle = digits[:, 0] + digits[:, 2] / 2
    left, right = colons[:, None], colons[None, :]
    apart = right[..., 0] - left[..., 0]
    level = np.abs(right[..., 1] - left[..., 1]) <= 0.25 * tall
    between = ((middle > left[..., :1]) & (middle < right[..., :1])).sum(axis=-1)
    return bool((level & (apart >= 1.2 * tall) & (apart <= 3.5 * tall) & (between == 2)).any())


def _colons(dots: Map, digits: Map, tall: float) -> Map:
    """Middles (n, 2) of pairs of dots, one above the other, with two digits of the same line on either side."""
    x, y = dots[:, 0] + dots[:, 2] / 2, dots[:, 1] + dots[:, 3] / 2
    drop = y[None, :] - y[:, None]
    upper, lower = np.nonzero(
        (np.abs(x[None, :] - x[:, None]) <= 1.5) & (drop >= 0.25 * tall) & (drop <= 0.8 * tall)
    )
    if upper.size == 0:
        return np.empty((0, 2), np.float32)
    to_digit = digits[:, 0] + digits[:, 2] / 2 - x[upper][:, None]
    in_line = (digits[:, 1] <= y[upper][:, None]) & (digits[:, 1] + digits[:, 3] >= y[lower][:, None])
    near = in_line & (np.abs(to_digit) <= 2.2 * tall)
    flanked = ((near & (to_digit < 0)).sum(axis=1) >= 2) & ((near & (to_digit > 0)).sum(axis=1) >= 2)
    colons: Map = np.stack([x[upper], (y[upper] + y[lower]) / 2], axis=1)[flanked]
    return colons
