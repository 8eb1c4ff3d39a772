"""What a camera gave before: medians and spreads per light and hour, to judge the next look against.

Limits are relative to a camera's own past, since healthy cameras differ more from each other than from their own
faults. Medians and absolute deviations, so that one foggy morning among the looks changes little.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from lenskeeper.diagnosis.figures import (
    SCALARS,
    Figures,
    Map,
    Profiles,
    columns_of,
    detail_of,
    ink_of,
    levels_of,
    rows_of,
    seen_of,
    texture_of,
)

HOUR_LOOKS_MIN: Final = 5  # around an hour, before that hour is a group of its own
HOUR_REACH: Final = 1
MANY_LOOKS: Final = 15  # fewer, and the spread is widened: a median of one look is that look
MAD_TO_SIGMA: Final = 1.4826
COLOURLESS: Final = 0.004  # share of pixels with colour: infra-red mode. Fog leaves more
DUSK_MEAN: Final = 55.0

SPREAD_MIN: Final[dict[str, float]] = {
    # what a healthy camera differs by from look to look, however alike the looks at hand are
    "crispness": 0.04,
    "edged_share": 0.05,
    "mean": 8.0,
    "low": 5.0,
    "high": 8.0,
    "noise": 0.4,
    "tint_u": 1.5,
    "tint_v": 1.5,
    "ground_bright": 0.05,
    "ground_clipped": 0.01,
    "stripe": 1.0,
}


class Mode(StrEnum):
    """The light a picture was taken in, learned from the picture."""

    DAY = "colour day"
    DUSK = "dusk"
    NIGHT = "infra-red night"


@dataclass(frozen=True, slots=True, eq=False)
class Past:
    """What is usual in one light, and around one hour if there are looks enough.

    told_as:   for people: "median of 17 looks, 11-13 h".
    centre, spread: of each scalar figure: median, and robust standard deviation, never under its floor.
    level, seen, columns, rows: medians of the maps and profiles, as in `Figures`.
    texture:   median of the detail without the noise.
    ticks:     (14, 64): cells of text that changed from look to look.
    same_light: False where the looks are of another light, so that brightness and colour cannot be compared.
    """

    told_as: str
    looks: int
    centre: dict[str, float]
    spread: dict[str, float]
    level: Map = field(repr=False)
    texture: Map = field(repr=False)
    seen: NDArray[np.bool_] = field(repr=False)
    columns: Profiles = field(repr=False)
    rows: Profiles = field(repr=False)
    ticks: NDArray[np.bool_] = field(repr=False)
    same_light: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Baseline:
    """The past of one camera. `hours`: (mode, hour) where that hour had looks enough."""

    modes: dict[Mode, Past]
    hours: dict[tuple[Mode, int], Past]

    @classmethod
    def of(cls, looks: Sequence[tuple[Figures, int | None]]) -> Self:
        """Learn from earlier looks at one camera, each with its hour of the day (0 to 23, or None).

        One look is enough for a wide baseline. ValueError for none, or when none is large enough to judge.
        """
        usable = [(f, hour) for f, hour in looks if f.is_large_enough]
        if not usable:
            raise ValueError("a baseline needs at least one look of 128 x 72 pixels or more")
        modes, hours = {}, {}
        for mode in Mode:
            mine = [(f, hour) for f, hour in usable if mode_of(f) is mode]
            if mine:
                modes[mode] = _past([f for f, _ in mine], "")
            for hour in range(24):
                near = [f for f, at in mine if at is not None and hours_apart(at, hour) <= HOUR_REACH]
                if len(near) >= HOUR_LOOKS_MIN:
                    reach = f", {(hour - HOUR_REACH) % 24}-{(hour + HOUR_REACH + 1) % 24} h"
                    hours[mode, hour] = _past(near, reach)
        return cls(modes, hours)

    def at(self, figures: Figures, hour: int | None) -> Past:
        """What is usual in the light of this picture, at this hour as far as known; else the nearest light there is."""
        mode = mode_of(figures)
        if hour is not None and (mode, hour) in self.hours:
            return self.hours[mode, hour]
        if mode in self.modes:
            return self.modes[mode]
        order = (Mode.DAY, Mode.DUSK, Mode.NIGHT)
        nearest = min(self.modes, key=lambda m: (abs(order.index(m) - order.index(mode)), order.index(m)))
        past = self.modes[nearest]
        return replace(past, told_as=f"{past.told_as}, of another light ({nearest})", same_light=False)


def mode_of(figures: Figures) -> Mode:
    """Chroma gone means infra-red, by day too (a stuck filter is not told apart yet)."""
    if figures.colour_share < COLOURLESS and figures.mean < 100:
        return Mode.NIGHT
    return Mode.DUSK if figures.mean < DUSK_MEAN else Mode.DAY


def hours_apart(a: int, b: int) -> int:
    """Around midnight too."""
    return min((a - b) % 24, (b - a) % 24)


def _past(looks: list[Figures], reach: str) -> Past:
    scalars = np.array([[getattr(f, name) for name in SCALARS] for f in looks])
    centre = np.median(scalars, axis=0)
    spread = np.median(np.abs(scalars - centre), axis=0) * MAD_TO_SIGMA
    floor = np.array([SPREAD_MIN.get(name, 0.0) for name in SCALARS])
    floor *= 1 + max(0, MANY_LOOKS - len(looks)) / MANY_LOOKS
    spread = np.maximum(spread, floor)
    ink = np.array([ink_of(f) for f in looks])
    return Past(
        told_as=f"median of {len(looks)} looks{reach}" if len(looks) > 1 else "one earlier look",
        looks=len(looks),
        centre=dict(zip(SCALARS, centre.tolist(), strict=True)),
        spread=dict(zip(SCALARS, spread.tolist(), strict=True)),
        level=np.median([levels_of(f) for f in looks], axis=0).astype(np.float32),
        texture=np.median([texture_of(detail_of(f), f.smooth_noise) for f in looks], axis=0).astype(
            np.float32
        ),
        seen=np.mean([seen_of(f) for f in looks], axis=0) >= 0.5,
        columns=np.median([columns_of(f) for f in looks], axis=0).astype(np.float32),
        rows=np.median([rows_of(f) for f in looks], axis=0).astype(np.float32),
        ticks=(ink > 0).all(axis=0) & (np.ptp(ink, axis=0) > 0.25 * ink.max(axis=0)),
    )
