"""What has become of a camera: one look against its own past."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from lenskeeper.diagnosis import floors
from lenskeeper.diagnosis.air import TILES_MIN, Air, air_of, kept_of, textured_of
from lenskeeper.diagnosis.baseline import Past
from lenskeeper.diagnosis.figures import (
    MAP_ROWS,
    Figures,
    columns_of,
    detail_of,
    levels_of,
    rows_of,
    seen_of,
    texture_of,
    with_scalars,
)
from lenskeeper.diagnosis.floors import Steps, graded
from lenskeeper.diagnosis.kinds import SEVERITIES, Finding, Kind, Severity
from lenskeeper.diagnosis.moved import CLEAR, GAIN, ground_likeness_of, likeness_of, shift_of

SIGMAS: Final = 5.0  # of its own spread must a figure leave the median, beside the step for its kind

# Optical depth in front of the textured tiles, over 2. A clear day varies by 0.15.
AIR: Final = Steps(0.20, 0.30, 0.60)
# Crispness as a share of what it was.
SOFTER: Final = Steps(0.75, 0.62, 0.45)
SOFT_EDGES_MIN: Final = 0.03
# Share of the textured tiles that died together. A lorry close by takes 0.1.
COVERED: Final = Steps(0.10, 0.20, 0.40)
DEAD: Final = 0.3  # of the contrast is left at most
VEILED_LEVELS: Final = 12.0  # what died in the upper half and grew brighter by so much may be cloud
VEILED_SHARE: Final = 0.9  # of the brightest: a far ridge in thin haze becomes sky, which is little brighter
OTHER_TONE: Final = 15.0  # levels by which an empty tile must have changed to belong to a cover
# Share of the textured tiles that lost half their contrast here and there, while the others kept theirs.
DIRTY: Final = Steps(0.12, 0.28, 0.45)
REST_KEPT: Final = 0.75
# Shift as a share of the side; 0.034 is 25 px at 736. The most that 130 looks at a standing camera gave was 0.005.
MOVED: Final = Steps(0.012, 0.016, 0.08)
# Correlation with no shift on the worse axis, below which edges are not where they were; 53 crisp looks at the same view
# kept 0.46. And likeness of the maps of texture: the same view kept 0.72, and 528 pairs of other places had up to 0.46.
ELSEWHERE: Final = 0.20
UNLIKE: Final = 0.40
# Likeness of light and shade on the near ground from which it is the same place after all. Fog and a wet dome take the
# edges and leave it: 0.52 to 0.98 in 40 such looks, in one 0.26. Of 980 looks at another place of the same light 14 had
# 0.5 and more; of those that pass for weather one in six has 0.25, turned views up to 0.21.
SAME_GROUND: Final = 0.5
SAME_GROUND_IN_WEATHER: Final = 0.25
ELSEWHERE_EDGES: Final = 0.8  # of the edges there were: without them nothing can be recognised
# Tint away from the usual one, in levels of chroma.
TINTED: Final = Steps(8, 12, 20)
# As multiples of what was usual.
NOISIER: Final = Steps(2.5, 4, 8)
NOISE_RISE: Final = 3.0  # levels, beside
DARKER: Final = Steps(0.5, 0.4, 0.2)
NARROWER: Final = Steps(0.65, 0.45, 0.3)
FILM_NEAR: Final = 0.3  # share of contrast that near things lost
FILM_UNEVENNESS: Final = 1.4  # a film gave up to 1.1, fog 1.8 to 3.9; the logarithm of a ratio
BURNT: Final = Steps(0.25, 0.35, 0.5)  # share of the ground that has become bright
BURNT_CLIPPED: Final = 0.03
STRIPED: Final = Steps(3, 5, 12)

OF_LIGHT: Final = (Kind.DARK, Kind.OVEREXPOSED, Kind.COLOUR_CAST, Kind.NOISE)

Doubts = list[tuple[Kind, str]]


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """One look, its past, and the air between."""

    now: Figures
    past: Past
    air: Air

    @property
    def is_weather(self) -> bool:
        """Whether the air takes enough of the view to spoil other comparisons."""
        return self.air.is_weather and self.air.strength >= AIR.minor and not self.is_film

    @property
    def is_film(self) -> bool:
        """Whether the ends of the scale came together and all things faded alike, near and far."""
        air = self.air
        alike = air.is_known and air.near >= FILM_NEAR and air.unevenness <= FILM_UNEVENNESS
        alike = alike and self.now.mean < floors.FOG_MEAN
        return alike and self.contrast <= NARROWER.minor * self.usual_contrast

    @property
    def contrast(self) -> float:
        """Michelson's, 0 to 1: light and shade scale both ends and leave it as it is."""
        return (self.now.high - self.now.low) / max(self.now.high + self.now.low, 1.0)

    @property
    def usual_contrast(self) -> float:
        """The same of the past."""
        high, low = self.usual("high"), self.usual("low")
        return (high - low) / max(high + low, 1.0)

    def usual(self, name: str) -> float:
        """The median of a figure."""
        return self.past.centre[name]

    def is_unusual(self, name: str) -> bool:
        """Whether a figure is further from its median than its own spread explains."""
        now: float = getattr(self.now, name)
        return abs(now - self.usual(name)) > SIGMAS * self.past.spread[name]


def compare(figures: Figures, past: Past, by_floor: Sequence[Finding]) -> tuple[list[Finding], Doubts]:
    """Findings against the past, and the kinds that could not be compared, each with the reason.

    by_floor: what the absolute floors found. It stays where it is worse than what the comparison says, unless the
    camera always was so.
    """
    seen = Comparison(figures, past, air_of(figures, past))
    found = {finding.kind: finding for rule in _RULES if (finding := rule(seen))}
    moved, doubts = _moved(seen)
    if moved:
        found[Kind.MOVED] = moved
    for finding in by_floor:
        own = found.get(finding.kind)
        if (own is None or _is_worse(finding, own)) and not _was_so(finding, seen):
            found[finding.kind] = finding
    if seen.is_weather:
        why = "low visibility"
        doubts += [(kind, why) for kind in (Kind.BLUR, Kind.OCCLUDED, Kind.LENS_DIRTY, Kind.LOW_CONTRAST)]
    if not past.same_light:
        doubts += [(kind, "no reference in this light") for kind in OF_LIGHT]
    return list(found.values()), doubts


def _was_so(finding: Finding, seen: Comparison) -> bool:
    """Whether a floor's finding is nothing new: the past had it, and no less of it.

    What is severe stays: a camera blurred from its first day would else never be found.
    Weather is a matter of the past alone, where there is one with texture enough.
    """
    if seen.air.is_known and finding.kind is Kind.LOW_VISIBILITY:
        return True
    if finding.severity is Severity.SEVERE or (finding.kind is Kind.MOSAIC and seen.now.decoder_errors):
        return False
    if finding.kind in OF_LIGHT and not seen.past.same_light:
        return False
    before = with_scalars(seen.now, seen.past.centre)
    usual = [f for floor in floors.FLOORS if (f := floor(before))]
    return any(f.kind is finding.kind and not _is_worse(finding, f) for f in usual)


def _is_worse(one: Finding, other: Finding) -> bool:
    return SEVERITIES.index(one.severity) > SEVERITIES.index(other.severity)


def _low_visibility(seen: Comparison) -> Finding | None:
    if not seen.is_weather:
        return None
    return graded(Kind.LOW_VISIBILITY, seen.air.strength, AIR, seen.past.told_as)


def _blur(seen: Comparison) -> Finding | None:
    if seen.is_weather or seen.now.edged_share < SOFT_EDGES_MIN or not seen.is_unusual("crispness"):
        return None
    usual = seen.usual("crispness")
    return _share_of(Kind.BLUR, seen.now.crispness, usual, SOFTER, seen.past.told_as)


def _occluded(seen: Comparison) -> Finding | None:
    """Tiles that had texture and died together, of another brightness than before."""
    if seen.is_weather or seen.is_film or not seen.air.is_known:
        return None
    textured, kept = textured_of(seen.now, seen.past), kept_of(seen.now, seen.past)
    rise = levels_of(seen.now) - seen.past.level
    dead = textured & (kept < DEAD)
    gone = dead | (~textured & (np.abs(rise) > OTHER_TONE) & (kept < 1))
    _, labels = cv2.connectedComponents(gone.astype(np.uint8), connectivity=8)
    sizes = np.bincount(labels[dead].ravel(), minlength=2)
    sizes[0] = 0
    blob = dead & (labels == int(np.argmax(sizes)))
    alive = kept[textured & ~dead]
    if not blob.any() or (alive.size >= TILES_MIN and float(np.median(alive)) < REST_KEPT):
        return None
    is_high = float(np.mean(np.nonzero(blob)[0])) < MAP_ROWS / 2
    if is_high and _is_veiled(
        float(rise[blob].mean()), float(levels_of(seen.now)[blob].mean()), seen.now.high
    ):
        return None
    return graded(Kind.OCCLUDED, float(blob.sum() / textured.sum()), COVERED, seen.past.told_as)


def _is_veiled(rise: float, level: float, high: float) -> bool:
    """Whether what died in the upper half may be cloud or haze: it grew brighter, much, or to all that there is."""
    return rise > VEILED_LEVELS or (rise > 0 and level >= VEILED_SHARE * high)


def _lens_dirty(seen: Comparison) -> Finding | None:
    """Contrast lost in patches, near and far, while the rest kept its own."""
    if seen.is_weather or seen.is_film or not seen.air.is_known or seen.air.far > seen.air.near + 0.3:
        return None
    textured, kept = textured_of(seen.now, seen.past), kept_of(seen.now, seen.past)
    hurt = textured & (kept < 0.5)
    well = kept[textured & ~hurt]
    if well.size < hurt.sum() or float(np.median(well)) < REST_KEPT:
        return None
    return graded(Kind.LENS_DIRTY, float(hurt.sum() / textured.sum()), DIRTY, seen.past.told_as)


def _moved(seen: Comparison) -> tuple[Finding | None, Doubts]:
    """A shift both axes can live with; doubts where the response is too weak to say."""
    columns = shift_of(columns_of(seen.now), seen.past.columns)
    rows = shift_of(rows_of(seen.now), seen.past.rows)
    far = [
        abs(shift.share)
        for shift in (columns, rows)
        if shift.share is not None and shift.response >= shift.stays + GAIN
    ]
    if found := graded(Kind.MOVED, max(far, default=0.0), MOVED, seen.past.told_as):
        return found, []
    likeness = _likeness(seen)
    is_unlike = min(columns.stays, rows.stays) < ELSEWHERE and likeness is not None and likeness < UNLIKE
    if is_unlike and not _is_same_ground(seen):
        assert likeness is not None
        return Finding(
            Kind.MOVED, Severity.SEVERE, likeness, UNLIKE, f"map of details, {seen.past.told_as}"
        ), []
    # each axis by itself: a pan leaves the rows much as they were, and the columns say nothing
    if any(shift.share is None and shift.stays < CLEAR for shift in (columns, rows)):
        why = "low visibility" if seen.is_weather else "too few edges agree with the reference"
        return None, [(Kind.MOVED, why)]
    return None, []


def _likeness(seen: Comparison) -> float | None:
    """How alike the places of texture are; None where light, fog or defocus may have changed them.

    Another view passes for weather by its tones; but fog takes edges, and there must be as many as ever. The noise that
    it lifts out of the black, and streaks of rain, are edges too: see `_is_same_ground`.
    """
    now = seen.now
    rich = now.edged_share >= ELSEWHERE_EDGES * seen.usual("edged_share")
    crisp = now.crispness >= SOFTER.minor * seen.usual("crispness")
    if not (seen.past.same_light and rich and crisp):
        return None
    texture = texture_of(detail_of(now), now.smooth_noise)
    return likeness_of(texture, seen.past.texture, seen_of(now) & seen.past.seen)


def _is_same_ground(seen: Comparison) -> bool:
    """Whether light and dark lie on the near ground where they lay, whatever became of the edges."""
    like = ground_likeness_of(levels_of(seen.now), seen.past.level, seen_of(seen.now) & seen.past.seen)
    return like is not None and like >= (SAME_GROUND_IN_WEATHER if seen.is_weather else SAME_GROUND)


def _dark(seen: Comparison) -> Finding | None:
    if not seen.past.same_light or not seen.is_unusual("mean"):
        return None
    if seen.now.high > 0.7 * seen.usual("high"):
        return None
    return _share_of(Kind.DARK, seen.now.mean, seen.usual("mean"), DARKER, seen.past.told_as)


def _overexposed(seen: Comparison) -> Finding | None:
    rise = seen.now.ground_bright - seen.usual("ground_bright")
    clipped = seen.now.ground_clipped - seen.usual("ground_clipped")
    if not seen.past.same_light or clipped < BURNT_CLIPPED or not seen.is_unusual("ground_bright"):
        return None
    return graded(Kind.OVEREXPOSED, rise, BURNT, seen.past.told_as)


def _low_contrast(seen: Comparison) -> Finding | None:
    """A film on the glass: all contrast shrinks, near and far alike."""
    if not seen.is_film or seen.now.high < floors.DARK_HIGH.minor:
        return None
    return _share_of(Kind.LOW_CONTRAST, seen.contrast, seen.usual_contrast, NARROWER, seen.past.told_as)


def _colour_cast(seen: Comparison) -> Finding | None:
    if not seen.past.same_light or not (seen.is_unusual("tint_u") or seen.is_unusual("tint_v")):
        return None
    off = float(np.hypot(seen.now.tint_u - seen.usual("tint_u"), seen.now.tint_v - seen.usual("tint_v")))
    if seen.now.grey_share > 0.5 * seen.usual("grey_share"):
        return None
    return graded(Kind.COLOUR_CAST, off, TINTED, seen.past.told_as)


def _noise(seen: Comparison) -> Finding | None:
    usual = seen.usual("noise")
    if not seen.past.same_light or seen.now.noise < usual + NOISE_RISE or not seen.is_unusual("noise"):
        return None
    return graded(Kind.NOISE, seen.now.noise / max(usual, 0.5), NOISIER, f"times the {seen.past.told_as}")


def _stripes(seen: Comparison) -> Finding | None:
    if not seen.is_unusual("stripe"):
        return None
    return graded(Kind.STRIPES, seen.now.stripe - seen.usual("stripe"), STRIPED, seen.past.told_as)


def _share_of(kind: Kind, figure: float, usual: float, steps: Steps, told_as: str) -> Finding | None:
    """A figure that fell below a share of its median; the limit is told in the figure's own unit."""
    limits = Steps(*(step * usual for step in steps))
    return graded(kind, figure, limits, told_as, falling=True)


_RULES: Final[tuple[Callable[[Comparison], Finding | None], ...]] = (
    _low_visibility,
    _blur,
    _occluded,
    _lens_dirty,
    _dark,
    _overexposed,
    _low_contrast,
    _colour_cast,
    _noise,
    _stripes,
)
