"""One picture, no reference: only what is certain is a fault."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.diagnosis.scenery import Bgr, a_road, blurred, figures_of, foggy, noisy, written

from lenskeeper.diagnosis import floors
from lenskeeper.diagnosis.baseline import Baseline
from lenskeeper.diagnosis.figures import SCALARS, with_scalars
from lenskeeper.diagnosis.kinds import Diagnosis, Kind, Severity, Verdict
from lenskeeper.diagnosis.verdict import judge

SEEDS = (1, 2, 3, 4)


def seen(picture: Bgr, *, errors: int = 0) -> Diagnosis:
    return judge(figures_of(noisy(written(picture), 1.5), errors=errors), None)


def kinds(diagnosis: Diagnosis) -> set[Kind]:
    return {f.kind for f in diagnosis.findings}


def covered(road: Bgr, share: float) -> Bgr:
    out = road.copy()
    out[:, : round(share * road.shape[1])] = (24, 28, 30)
    return cv2.addWeighted(out, 1, blurred(out, 3), 0, 0).astype(np.uint8)


def card(colour: tuple[int, int, int], text: str = "NO SIGNAL") -> Bgr:
    out = np.full((270, 480, 3), colour, np.uint8)
    cv2.putText(out, text, (150, 140), cv2.FONT_HERSHEY_SIMPLEX, 1.1, (235.0, 235.0, 235.0), 3)
    return out


def bars() -> Bgr:
    colours = [
        (190, 190, 190),
        (0, 190, 190),
        (190, 190, 0),
        (0, 190, 0),
        (190, 0, 190),
        (0, 0, 190),
        (190, 0, 0),
        (8, 8, 8),
    ]
    return np.repeat(np.array([colours], np.uint8), 270, axis=0).repeat(60, axis=1)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_healthy_road_is_fit_and_what_was_not_looked_at_is_told(seed: int) -> None:
    diagnosis = seen(a_road(seed))
    assert diagnosis.verdict is Verdict.FIT
    assert diagnosis.findings == ()
    assert {Kind.MOVED, Kind.FROZEN, Kind.SHAKING} <= {kind for kind, _ in diagnosis.unchecked}


FAULTS = [
    ("black", Kind.BLACK, lambda road: (road * 0.02).astype(np.uint8)),
    ("dark", Kind.DARK, lambda road: (road * 0.2).astype(np.uint8)),
    ("overexposed", Kind.OVEREXPOSED, lambda road: np.clip(road * 2.4 + 40.0, 0, 255).astype(np.uint8)),
    ("defocused", Kind.BLUR, lambda road: blurred(road, 2.5)),
    ("filmed over", Kind.LOW_CONTRAST, lambda road: (road * 0.08 + 110).astype(np.uint8)),
    ("blue", Kind.COLOUR_CAST, lambda road: np.clip(road * np.array([1.45, 0.75, 0.9]), 0, 255).astype(np.uint8)),
    ("red", Kind.COLOUR_CAST, lambda road: np.clip(road * np.array([0.7, 0.75, 1.45]), 0, 255).astype(np.uint8)),
    ("snow", Kind.NOISE, lambda road: noisy(road, 32)),
    ("covered", Kind.OCCLUDED, lambda road: covered(road, 0.7)),
    ("hum", Kind.STRIPES, lambda road: np.clip(road + 40 * np.sin(np.arange(270) * 0.25)[:, None, None], 0, 255).astype(np.uint8)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "kind", "spoil"), FAULTS, ids=[name for name, *_ in FAULTS])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_fault_beyond_doubt_is_found_by_its_name(seed: int, name: str, kind: Kind, spoil: object) -> None:
    assert callable(spoil)
    diagnosis = seen(spoil(a_road(seed)))
    assert diagnosis.verdict is Verdict.FAULT, diagnosis
    assert diagnosis.findings[0].kind is kind


@pytest.mark.parametrize(
    "picture",
    [
        card((168, 40, 18)),
        card((128, 128, 128)),
        card((14, 14, 14)),
        bars(),
        np.full((270, 480, 3), 90, np.uint8),
    ],
    ids=["blue", "grey", "black with letters", "bars", "plain"],
)
def test_a_card_is_no_picture(picture: Bgr) -> None:
    diagnosis = judge(figures_of(picture), None)
    assert kinds(diagnosis) == {Kind.SIGNAL_CARD}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("share", [0.08, 0.3])
def test_grey_rows_at_the_foot_are_broken_decoding(seed: int, share: float) -> None:
    spoilt = noisy(a_road(seed), 1.5)
    spoilt[round(270 * (1 - share)) :] = 128
    assert Kind.MOSAIC in kinds(judge(figures_of(spoilt), None))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_row_drawn_out_is_broken_decoding(seed: int) -> None:
    spoilt = noisy(a_road(seed), 1.5)
    spoilt[200:] = spoilt[199]
    assert Kind.MOSAIC in kinds(judge(figures_of(spoilt), None))


def test_the_decoders_own_word_counts() -> None:
    assert Kind.MOSAIC in kinds(seen(a_road(1), errors=2))


@pytest.mark.parametrize("seed", SEEDS)
def test_fog_is_weather_and_no_fault(seed: int) -> None:
    diagnosis = seen(foggy(a_road(seed), 1.5))
    assert diagnosis.verdict is Verdict.LOW_VISIBILITY, diagnosis


@pytest.mark.parametrize("seed", SEEDS)
def test_a_white_sky_is_not_overexposed(seed: int) -> None:
    road = a_road(seed).copy()
    road[:80][road[:80].min(axis=2) > 190] = 255
    assert seen(road).verdict is Verdict.FIT


@pytest.mark.parametrize("seed", SEEDS)
def test_a_meadow_is_no_colour_cast(seed: int) -> None:
    road = a_road(seed).astype(np.int16)
    green = np.clip(road + np.array([-35, 10, -12]), 0, 255)
    green[:90] = road[:90]
    green[150:, 140:330] = road[150:, 140:330]
    assert Kind.COLOUR_CAST not in kinds(seen(green.astype(np.uint8)))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_slanting_pattern_is_a_thing_and_no_stripe(seed: int) -> None:
    """A roof or a fence in perspective is not in step from left to right."""
    y, x = np.mgrid[0:270, 0:480]
    roof = np.clip(a_road(seed) + 40 * np.sin(y * 0.25 + x * 0.02)[..., None], 0, 255).astype(np.uint8)
    assert Kind.STRIPES not in kinds(seen(roof))


def test_a_defocused_camera_with_text_is_still_found() -> None:
    """The text alone takes the variance of the Laplacian above that of a healthy picture."""
    assert Kind.BLUR in kinds(seen(blurred(a_road(1), 3)))


def test_a_little_haze_hides_no_fault() -> None:
    soft = with_scalars(figures_of(a_road(1)), {"crispness": 0.45, "edged_share": 0.35, "veil_share": 0.14})
    assert floors.VEIL.minor <= floors.veil_of(soft) < floors.VEIL.moderate
    diagnosis = judge(soft, None)
    assert diagnosis.verdict is Verdict.FAULT, diagnosis
    assert kinds(diagnosis) == {Kind.BLUR, Kind.LOW_VISIBILITY}


def test_what_fog_hides_is_told_as_unchecked() -> None:
    soft = with_scalars(figures_of(a_road(1)), {"crispness": 0.45, "edged_share": 0.35, "veil_share": 0.25})
    diagnosis = judge(soft, None)
    assert diagnosis.verdict is Verdict.LOW_VISIBILITY
    assert dict(diagnosis.unchecked)[Kind.BLUR] == "low visibility"


def test_a_tiny_picture_is_not_checkable() -> None:
    tiny = cv2.resize(a_road(1), (96, 54)).astype(np.uint8)
    small = replace(figures_of(tiny), width_px=96, height_px=54)
    diagnosis = judge(small, None)
    assert diagnosis.verdict is Verdict.NOT_CHECKABLE
    assert "too small" in diagnosis.reason


wild = st.fixed_dictionaries({name: st.floats(-1e4, 1e4) | st.floats(0, 1) for name in SCALARS})


@settings(max_examples=150, deadline=None)
@given(wild, st.booleans())
def test_whatever_the_figures_a_kind_is_found_or_unchecked_but_never_both(
    values: dict[str, float], with_past: bool
) -> None:
    healthy = figures_of(a_road(1))
    past = Baseline.of([(healthy, 12)]) if with_past else None
    diagnosis = judge(replace(healthy, **values), past, 12)  # type: ignore[arg-type] # scalars by name
    unchecked = {kind for kind, _ in diagnosis.unchecked}
    assert not kinds(diagnosis) & unchecked
    serious = [
        f
        for f in diagnosis.findings
        if f.severity is not Severity.MINOR and f.kind is not Kind.LOW_VISIBILITY
    ]
    assert (diagnosis.verdict is Verdict.FAULT) == bool(serious)
    assert all(f.compared_with for f in diagnosis.findings)
