"""What one picture alone proves: absolute floors, far outside of what healthy cameras were seen to give.

A floor is wide on purpose. A camera that is merely worse than it was is a matter for its own past (`relative`).
"""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np

from lenskeeper.diagnosis.baseline import Mode, mode_of
from lenskeeper.diagnosis.figures import Figures
from lenskeeper.diagnosis.kinds import Finding, Kind, Severity

FLOOR: Final = "absolute floor"


class Steps(NamedTuple):
    """Where minor, moderate and severe begin; falling when less is worse."""

    minor: float
    moderate: float
    severe: float


# Nothing is brighter than this: the black of a sensor is 0 to 16, with a few levels of noise.
BLACK_HIGH: Final = 22.0
# What 98 % of the pixels do not exceed. One lamp or one headlight in view is above all three.
DARK_HIGH: Final = Steps(80, 64, 36)
# Share of the ground brighter than 180. Exposure aims at a mean of 110 to 150, so half the ground above means that
# the control has failed; snow is as bright, yet keeps under the end of the scale.
BRIGHT_GROUND: Final = Steps(0.47, 0.47, 0.60)
BRIGHT_CLIPPED: Final = 0.02
CLIPPED_GROUND: Final = Steps(0.12, 0.15, 0.22)
# Edge steepness of the sharpest quarter: 0.58 behind a Gaussian of 0.6 px at about 400 px width, 0.48 of 0.8, 0.33 of 1.2.
CRISPNESS: Final = Steps(0.58, 0.48, 0.36)
EDGES_MIN: Final = 0.12  # share of tiles: fewer edges are no basis for a word about sharpness
# Grey levels between the darkest and the brightest 2 %. 20 is a tenth of what a scene has by day.
SPAN: Final = Steps(40, 30, 20)
FOG_MEAN: Final = (
    160.0  # fog by day is sky, and exposure puts the sky at 170 to 210; a film lies between light and shade
)
# Distance of the commonest colour from grey. A hazy blue noon was seen at 12; the eye objects from about 15.
TINT: Final = Steps(13.5, 18, 24)
TINT_GREY_SHARE: Final = 0.16  # with more grey in the picture the light is neutral and the colour is paint
# Yellow, orange and green are what lawns, soil, autumn and sodium lamps are; there only a very strong tint counts.
NATURAL_TINT: Final = Steps(40, 40, 50)
NATURAL_GREY_SHARE: Final = 0.02
# Grey levels. A good sensor at full gain has 4 to 8.
NOISE: Final = Steps(7, 11, 20)
STRIPE: Final = Steps(6, 10, 20)
# Drawn pictures have neither noise nor shades: nearly all tiles are one level, and 8 levels are most of it.
CARD_FLAT: Final = 0.85
CARD_LEVELS: Final = 0.8
CARD_SPAN: Final = 4.0  # grey levels; the densest fog still shades by 8 from top to bottom
# Colour bars: less is flat, as the borders take tiles, but the bars are far apart.
BARS_FLAT: Final = 0.5
BARS_EDGED: Final = 0.12
BARS_SPAN: Final = 60.0
# Letters in the middle of a black card; a covered lens has none.
LETTERS_EDGED: Final = 0.02
LETTERS_CRISP: Final = 0.75
BROKEN_ROWS: Final = Steps(0.02, 0.04, 0.15)
BLOCKINESS: Final = Steps(3, 4, 8)
# Dark and blank, and it reaches into the upper third while the rest is in daylight: no road does that. A wooded hill
# and its road may (0.49 was seen), so the smaller steps hold only where all the rest is rich in edges.
COVER: Final = Steps(0.12, 0.25, 0.45)
COVER_ANYWHERE: Final = Steps(0.60, 0.60, 0.75)
COVER_REST_EDGED: Final = 0.8
COVER_TOP: Final = 0.34
COVER_DAYLIGHT: Final = 70.0
# Thinned air, 0 to 1, see `veil_of`.
VEIL: Final = Steps(0.30, 0.36, 0.70)


def graded(
    kind: Kind, figure: float, steps: Steps, compared_with: str = FLOOR, *, falling: bool = False
) -> Finding | None:
    """The finding for a figure beyond the first step, with the step it went beyond as its limit, else None."""
    sign = -1 if falling else 1
    found = None
    for severity, limit in zip(Severity, steps, strict=True):
        if sign * figure >= sign * limit:
            found = Finding(kind, severity, figure, limit, compared_with)
    return found


def veil_of(f: Figures) -> float:
    """How much of the view the air has taken, 0 to 1, from one picture.

    Fog and cloud leave a bright blank veil that hangs down from the top and takes the edges of what stands behind.
    A clear sky leaves the veil too, but then the ground has edges nearly everywhere. So both must be there.
    """
    return float(np.clip(f.veil_share / 0.4, 0, 1) * np.clip((0.8 - f.edged_share) / 0.5, 0, 1))


def card(f: Figures) -> Finding | None:
    """A drawn card instead of a picture. A black one without letters is BLACK, a white one OVEREXPOSED: they may be the sensor's."""
    if f.levels_share < CARD_LEVELS or f.ground_clipped >= CLIPPED_GROUND.moderate:
        return None
    written = f.edged_share >= LETTERS_EDGED and f.crispness >= LETTERS_CRISP
    span = f.high - f.low
    plain = span <= CARD_SPAN and f.high > BLACK_HIGH
    if f.flat_share >= CARD_FLAT and (plain or written or span >= BARS_SPAN):
        return Finding(Kind.SIGNAL_CARD, Severity.SEVERE, f.flat_share, CARD_FLAT, FLOOR)
    bars = f.edged_share >= BARS_EDGED and span >= BARS_SPAN and f.broken_rows < BROKEN_ROWS.moderate
    if f.flat_share >= BARS_FLAT and bars:
        return Finding(Kind.SIGNAL_CARD, Severity.SEVERE, f.flat_share, BARS_FLAT, FLOOR)
    return None


def mosaic(f: Figures) -> Finding | None:
    """What a decoder leaves of damaged data."""
    if rows := graded(Kind.MOSAIC, f.broken_rows, BROKEN_ROWS):
        return rows
    if f.decoder_errors:
        return Finding(Kind.MOSAIC, Severity.MODERATE, float(f.decoder_errors), 0.0, "decoder's own word")
    return graded(Kind.MOSAIC, f.blockiness, BLOCKINESS)


def black(f: Figures) -> Finding | None:
    """Nothing but the sensor's black."""
    return Finding(Kind.BLACK, Severity.SEVERE, f.high, BLACK_HIGH, FLOOR) if f.high <= BLACK_HIGH else None


def dark(f: Figures) -> Finding | None:
    """Too little light to see by; BLACK is told apart."""
    return None if black(f) else graded(Kind.DARK, f.high, DARK_HIGH, falling=True)


def overexposed(f: Figures) -> Finding | None:
    """The ground is burnt out. A white sky is none of it: only the lower 60 % of the picture count."""
    if clipped := graded(Kind.OVEREXPOSED, f.ground_clipped, CLIPPED_GROUND):
        return clipped
    return (
        graded(Kind.OVEREXPOSED, f.ground_bright, BRIGHT_GROUND)
        if f.ground_clipped >= BRIGHT_CLIPPED
        else None
    )


def blur(f: Figures) -> Finding | None:
    """Soft near and far. Needs edges to judge by."""
    return graded(Kind.BLUR, f.crispness, CRISPNESS, falling=True) if f.edged_share >= EDGES_MIN else None


def low_contrast(f: Figures) -> Finding | None:
    """All grey levels close together, in a picture that has light. As bright as daylight fog, it is taken for fog."""
    if dark(f) or black(f) or (low_visibility(f) and f.mean >= FOG_MEAN):
        return None
    return graded(Kind.LOW_CONTRAST, f.high - f.low, SPAN, falling=True)


def colour_cast(f: Figures) -> Finding | None:
    """Grey is missing and a colour that no meadow has stands in its place."""
    tint = float(np.hypot(f.tint_u, f.tint_v))
    natural = f.tint_u < 0 and f.tint_v < 0.7 * abs(f.tint_u)
    if f.grey_share > (NATURAL_GREY_SHARE if natural else TINT_GREY_SHARE):
        return None
    return graded(Kind.COLOUR_CAST, tint, NATURAL_TINT if natural else TINT)


def noise(f: Figures) -> Finding | None:
    """Snow, or gain beyond reason."""
    return graded(Kind.NOISE, f.noise, NOISE)


def stripes(f: Figures) -> Finding | None:
    """Waves across the picture."""
    return graded(Kind.STRIPES, f.stripe, STRIPE)


def occluded(f: Figures) -> Finding | None:
    """Something dark stands close before the lens. A bright or textured cover needs the camera's past.

    So does any cover at night: where the lamps do not reach, a healthy view is as dark and blank.
    """
    if mode_of(f) is Mode.NIGHT:
        return None
    if f.blob_top > COVER_TOP or f.blob_rest < COVER_DAYLIGHT:
        return None
    rest_edged = f.edged_share / max(1 - f.dark_blob, 0.01)
    return graded(Kind.OCCLUDED, f.dark_blob, COVER if rest_edged >= COVER_REST_EDGED else COVER_ANYWHERE)


def low_visibility(f: Figures) -> Finding | None:
    """Weather."""
    return graded(Kind.LOW_VISIBILITY, veil_of(f), VEIL)


FLOORS: Final[tuple[Callable[[Figures], Finding | None], ...]] = (
    card,
    mosaic,
    black,
    dark,
    overexposed,
    blur,
    low_contrast,
    colour_cast,
    noise,
    stripes,
    occluded,
    low_visibility,
)
