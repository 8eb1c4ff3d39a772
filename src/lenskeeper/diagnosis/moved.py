"""Whether the camera looks where it looked: edge profiles of now against those of its past.

A pan shifts the profile along the columns, a tilt the one along the rows, in all bands alike. Fog, night and lorries
weaken the agreement instead of shifting it, and then nothing is said: a weak response is never "moved".
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from lenskeeper.diagnosis.figures import Map, Profiles
from lenskeeper.diagnosis.tiles import TileBits

REACH_SHARE: Final = 0.3  # of the profile: the largest shift looked for
RIM_SHARE: Final = 0.04  # of each end: masked there, in every picture alike, and would pin the shift to zero
SMOOTH_BINS: Final = 12.0  # slower changes are light and shade
CLEAR: Final = 0.5  # correlation from which a band has an opinion
AGREE_BINS: Final = 2.0  # bands that say the same differ by no more: a pan is no exact shift
TEXTURE_OFFSET: Final = 0.25  # grey levels: keeps the logarithm of a blank tile from outweighing all others
LIKENESS_TILES_MIN: Final = 144  # a quarter of the map
GROUND_TILES_MIN: Final = 64  # a third of the lowest third
GAIN: Final = 0.15  # by how much the shifted place must fit better than the old one


@dataclass(frozen=True, slots=True)
class Shift:
    """How far profiles have moved along one axis.

    share:    of the picture's side, positive to the right or downward; None where the bands do not agree.
    response: mean correlation of the agreeing bands at that place, else of the best band.
    stays:    mean correlation of all bands with no shift.
    """

    share: float | None
    response: float
    stays: float


def shift_of(now: Profiles, past: Profiles) -> Shift:
    """The shift on which more than half of the bands agree. (bands, bins) each."""
    rim = round(RIM_SHARE * past.shape[1])
    before, after = _flattened(past[:, rim:-rim]), _flattened(now[:, rim:-rim])
    count, bins = before.shape
    reach = int(REACH_SHARE * bins)
    scores = np.array([_correlations(a, b, reach) for a, b in zip(before, after, strict=True)])
    stays = float(scores[:, reach].mean())
    best = scores.max(axis=1)
    places = np.array([_peak(row) for row in scores]) - reach
    clear = best >= CLEAR
    for band in np.argsort(-best):
        with_it = clear & (np.abs(places - places[band]) <= AGREE_BINS)
        if clear[band] and with_it.sum() * 2 > count:
            share = float(np.median(places[with_it])) / past.shape[1]
            return Shift(share, float(best[with_it].mean()), stays)
    return Shift(None, float(best.max()), stays)


def likeness_of(now: Map, past: Map, seen: TileBits) -> float | None:
    """How alike two maps of texture are from left to right, -1 to 1; None for too few tiles, or without any texture.

    Each row against its own mean, since nearly all cameras have sky above and a road below.
    """
    if seen.sum() < LIKENESS_TILES_MIN:
        return None
    return _alike(np.log(now + TEXTURE_OFFSET), np.log(past + TEXTURE_OFFSET), seen)


def ground_likeness_of(now: Map, past: Map, seen: TileBits) -> float | None:
    """How alike light and dark lie on the lowest third of the view, -1 to 1; None for too few tiles, or no shades.

    now, past: grey levels of the tiles. What is near is the last that fog takes.
    """
    near = seen.copy()
    near[: -(len(seen) // 3)] = False
    return _alike(now, past, near) if near.sum() >= GROUND_TILES_MIN else None


def _alike(now: Map, past: Map, seen: TileBits) -> float | None:
    """Correlation of two maps from left to right: each row against its own mean."""
    a, b = (_without_row_means(each, seen) for each in (now, past))
    scale = float(np.sqrt((a**2).sum() * (b**2).sum()))
    return float((a * b).sum()) / scale if scale > 0 else None


def _without_row_means(each: Map, seen: TileBits) -> Map:
    means = (each * seen).sum(axis=1) / np.maximum(seen.sum(axis=1), 1)
    left: Map = (each - means[:, None])[seen]
    return left


def _flattened(profiles: Profiles) -> Profiles:
    """Each band without its slow changes."""
    half = int(2 * SMOOTH_BINS)
    kernel = np.exp(-0.5 * (np.arange(-half, half + 1) / SMOOTH_BINS) ** 2).astype(np.float32)
    kernel /= kernel.sum()
    padded = np.pad(profiles, ((0, 0), (half, half)), mode="reflect")
    slow = np.array([np.convolve(row, kernel, mode="valid") for row in padded], np.float32)
    return profiles - slow


def _correlations(before: Profiles, after: Profiles, reach: int) -> Profiles:
    """Correlation of the overlapping parts, for each shift from -reach to reach."""
    bins = len(before)
    window = np.zeros((2 * reach + 1, bins), np.float32)
    inside = np.zeros_like(window)
    for row, shift in enumerate(range(-reach, reach + 1)):
        here = slice(max(0, -shift), min(bins, bins - shift))
        there = slice(max(0, shift), min(bins, bins + shift))
        window[row, here] = after[there]
        inside[row, here] = 1
    n = inside.sum(axis=1)
    old = inside * before
    new_mean, old_mean = window.sum(axis=1) / n, old.sum(axis=1) / n
    covariance = (window @ before) / n - new_mean * old_mean
    variances = ((window**2).sum(axis=1) / n - new_mean**2) * ((old**2).sum(axis=1) / n - old_mean**2)
    scores: Profiles = covariance / np.sqrt(np.maximum(variances, 1e-3))
    return scores


def _peak(scores: Profiles) -> float:
    """Where the largest score is, to a fraction of a bin."""
    at = int(np.argmax(scores))
    if 0 < at < len(scores) - 1:
        left, top, right = scores[at - 1 : at + 2]
        bend = left - 2 * top + right
        if bend < 0:
            return float(at + 0.5 * (left - right) / bend)
    return float(at)
