"""Whether a camera still lives: frozen, suspect, or alive. Pixels alone never give "frozen".

In order of proof: byte-identical key frames under advancing timestamps; a clock in the picture that is known to
tick and stands for longer than it can, with all the rest and the noise of the sensor. A picture in which nothing changes, and no clock to ask, is *suspect*: a still that
is coded anew and a quiet street at a low bitrate look the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from lenskeeper.diagnosis.baseline import Past
from lenskeeper.diagnosis.figures import Figures, columns_of, ink_of, pattern_of, rows_of, seen_of, sums_of
from lenskeeper.diagnosis.floors import Steps, graded
from lenskeeper.diagnosis.kinds import Finding, Kind, Severity
from lenskeeper.diagnosis.moved import shift_of

SAME_BYTES_MIN: Final = 3  # key frames; sensor noise alone makes two of them differ
SAME_BYTES_MS: Final = 2_000
SAME_BYTES_TWO_MS: Final = 4_000  # two are enough when so far apart
KEPT_MS: Final = (
    60_000  # of our clock, where the route has no timestamps: recorders keep a still for some seconds
)
CLOCK_STANDS_MS: Final = 3_000  # of a clock that shows seconds
MINUTES_STAND_MS: Final = 90_000  # of any other: a live one stands for a minute
SUSPECT_MS: Final = 3_000

CODING_LEVELS: Final = 1.0  # a tile's mean may change by as much when one picture is coded twice
CODING_MEDIAN: Final = 0.3
STILL_SHARE: Final = 0.99  # of the tiles; one with a leaf in it is life enough
RENEWED_MAX: Final = (
    0.7  # of the noise; a living sensor renews 0.9 to 1.1, coded 11 and more; a still coded anew 0 to 0.6
)
NOISE_MIN: Final = 0.3  # levels: where coding has taken the noise, its own rounding stands in
CHI_SQUARE_MEDIAN: Final = 0.455  # of the square of a normal variable: the middle heeds no passing car
INK_CHANGED: Final = 0.33  # of the ink in a cell: another digit changes 0.4 to 1, coding 0.05, seldom 0.3
INK_LEVELS_MIN: Final = 2.0

SHAKE_LOOKS_MIN: Final = 3
SHAKING: Final = Steps(
    0.004, 0.007, 0.015
)  # standard deviation as a share of the side; a standing camera gave 0.001


@dataclass(frozen=True, slots=True)
class Sighting:
    """One picture of a sequence.

    at_ms:       when it came, by our clock.
    media_ms:    its own time, by the stream; None where the route has none.
    fingerprint: hash of the coded picture; None or empty where unknown.
    """

    figures: Figures
    at_ms: int
    media_ms: float | None
    fingerprint: bytes | None


@dataclass(frozen=True, slots=True)
class Life:
    """What a sequence says: a finding, or why nothing can be said, or neither, when the camera was seen to live."""

    finding: Finding | None = None
    suspicion: str = ""
    unchecked: str = ""


def judge_sequence(sightings: Sequence[Sighting], past: Past | None = None) -> Life:
    """Whether the camera is frozen, from pictures in the order they came. `past` may know a clock that ticks."""
    if len(sightings) < 2:
        return Life(unchecked="needs several looks")
    if not any(s.figures.is_large_enough and s.figures.edged_share > 0 for s in sightings):
        return Life(unchecked="nothing in the picture could move")
    runs = _runs(sightings)
    by_bytes = _same_bytes(runs)
    if by_bytes.finding:
        return by_bytes
    # A still that the server kept is one look, however often it was fetched: its clock cannot but stand.
    looks = [s for run in runs for s in (run[:1] if run[-1].media_ms is None else run)]
    standing = _standing(looks, past)
    return by_bytes if by_bytes.suspicion and not standing.finding else standing


def _same_bytes(runs: list[list[Sighting]]) -> Life:
    """What runs of identical coded pictures that differ in time say. A camera that moved on is at most suspect."""
    *ended, run = runs
    says = _run_says(run)
    if says.finding:
        return says
    for earlier in ended:
        if stood := _run_says(earlier).finding:
            return Life(suspicion=f"it stood still for {stood.figure:.0f} s, and then moved on")
    return says


def _runs(sightings: Sequence[Sighting]) -> list[list[Sighting]]:
    """Split where the coded picture changes or is unknown; of those at the same time the first."""
    runs = [[sightings[0]]]
    for sighting in sightings[1:]:
        run = runs[-1]
        if not sighting.fingerprint or sighting.fingerprint != run[0].fingerprint:
            runs.append([sighting])
        elif _time_of(sighting) > _time_of(run[-1]):
            run.append(sighting)
    return runs


def _run_says(run: list[Sighting]) -> Life:
    """Frozen, suspect, or nothing for a run of identical pictures."""
    if len(run) < 2:
        return Life()
    span_ms = _time_of(run[-1]) - _time_of(run[0])
    if run[-1].media_ms is None:  # stills, and key frames of visits far apart
        same = f"{len(run)} pictures are byte for byte the same"
        if span_ms < KEPT_MS or len(run) < SAME_BYTES_MIN:
            return Life(suspicion=f"{same}: perhaps frozen, perhaps kept by the server")
        return _frozen(span_ms, KEPT_MS, same)
    if span_ms >= SAME_BYTES_TWO_MS or (len(run) >= SAME_BYTES_MIN and span_ms >= SAME_BYTES_MS):
        limit = SAME_BYTES_MS if len(run) >= SAME_BYTES_MIN else SAME_BYTES_TWO_MS
        return _frozen(
            span_ms, limit, f"{len(run)} key frames, byte for byte the same, under advancing timestamps"
        )
    return Life()


def _standing(sightings: Sequence[Sighting], past: Past | None) -> Life:
    """The end of the sequence in which nothing has changed, and what the clock did in it and before."""
    pairs = [(_is_still(a, b), _ticks(a, b)) for a, b in pairwise(sightings)]
    quiet = 0
    while quiet < len(pairs) and pairs[-1 - quiet][0] and not pairs[-1 - quiet][1].any():
        quiet += 1
    last, stood = sightings[-1], sightings[-1 - quiet :]
    stood_ms = _time_of(last) - _time_of(stood[0])
    if quiet and _is_lifeless(stood) and not _ticks(stood[0], last).any():
        ticked = any(ticks.any() and still for still, ticks in pairs[: len(pairs) - quiet])
        known = past is not None and bool((past.ticks & (ink_of(last.figures) > 0)).any())
        shows = sum(s.figures.has_seconds for s in sightings) * 3 >= len(sightings) * 2
        limit_ms = CLOCK_STANDS_MS if shows else MINUTES_STAND_MS
        if (ticked or known or shows) and stood_ms >= limit_ms:
            how = "ticked before" if ticked else "is known to tick" if known else "shows seconds"
            return _frozen(stood_ms, limit_ms, f"the clock in the picture, which {how}")
        if quiet == len(pairs) and stood_ms >= SUSPECT_MS:
            return Life(
                suspicion=f"nothing has changed for {stood_ms / 1000:.0f} s, and no clock is known to ask"
            )
    # An encoder finds its quality with its first key frames: what counts is how the sequence ends.
    still = next((n for n, (is_still, _) in enumerate(reversed(pairs)) if not is_still), len(pairs))
    steady = sightings[-1 - still :]
    span_ms = _time_of(last) - _time_of(steady[0])
    if span_ms >= SUSPECT_MS and _is_lifeless(steady):
        return Life(
            suspicion=f"only the text has changed for {span_ms / 1000:.0f} s: perhaps a frozen sensor"
        )
    return Life()


def _frozen(span_ms: float, limit_ms: float, compared_with: str) -> Life:
    return Life(Finding(Kind.FROZEN, Severity.SEVERE, span_ms / 1000, limit_ms / 1000, compared_with))


def _time_of(sighting: Sighting) -> float:
    return sighting.at_ms if sighting.media_ms is None else sighting.media_ms


def _change(a: Sighting, b: Sighting) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    seen = seen_of(a.figures) & seen_of(b.figures)
    change: np.ndarray[tuple[int, ...], np.dtype[np.float32]] = np.abs(
        sums_of(a.figures)[seen] - sums_of(b.figures)[seen]
    )
    return change


def _is_still(a: Sighting, b: Sighting) -> bool:
    """Nothing changed beyond what coding changes."""
    change = _change(a, b)
    return bool(
        change.size and np.mean(change <= CODING_LEVELS) >= STILL_SHARE and np.median(change) <= CODING_MEDIAN
    )


def _is_lifeless(sightings: Sequence[Sighting]) -> bool:
    """Whether not even the noise of the sensor is renewed from look to look."""
    shares = [share for a, b in pairwise(sightings) if (share := _renewed(a.figures, b.figures)) is not None]
    return bool(shares) and float(np.quantile(shares, 0.25)) <= RENEWED_MAX


def _renewed(a: Figures, b: Figures) -> float | None:
    """How much of its noise a sensor renewed between two looks: 1 for all, above where something moved or was coded.

    The pattern of a tile of n pixels is a sum of n independent signs: fresh noise of variance v changes it by
    2 v / n in the mean of its square. None for looks of different sizes.
    """
    seen = seen_of(a) & seen_of(b)
    if a.tile_px != b.tile_px or not seen.any():
        return None
    change = float(np.median(np.square(pattern_of(a)[seen] - pattern_of(b)[seen]))) / CHI_SQUARE_MEDIAN
    noise = max((a.noise + b.noise) / 2, NOISE_MIN)
    return change * a.tile_px / (2 * noise**2)


def _ticks(a: Sighting, b: Sighting) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Cells of text that hold other ink in the later picture."""
    before, after = ink_of(a.figures), ink_of(b.figures)
    most = np.maximum(before, after)
    both = (before > 0) & (after > 0) & (most >= INK_LEVELS_MIN)
    changed: np.ndarray[tuple[int, ...], np.dtype[np.bool_]] = both & (
        np.abs(before - after) > INK_CHANGED * most
    )
    return changed


def shaking_of(looks: Sequence[Figures]) -> tuple[Finding | None, str]:
    """Whether the view trembles from look to look: the finding, or why that cannot be said."""
    if len(looks) < SHAKE_LOOKS_MIN:
        return None, f"needs {SHAKE_LOOKS_MIN} looks"
    figures = []
    for profiles in ([columns_of(f) for f in looks], [rows_of(f) for f in looks]):
        shifts = [shift_of(profile, profiles[0]).share for profile in profiles[1:]]
        found = [share for share in shifts if share is not None]
        if len(found) * 3 >= len(shifts) * 2:
            figures.append(float(np.std([0.0, *found])))
    if not figures:
        return None, "too few edges agree from look to look"
    return graded(Kind.SHAKING, max(figures), SHAKING, f"first of {len(looks)} looks"), ""
