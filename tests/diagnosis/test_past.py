"""Against a camera's own past: weather, lens, covers, movement."""

from functools import lru_cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.diagnosis.scenery import SIZE, Bgr, a_road, blurred, figures_of, foggy, noisy, written

from lenskeeper.diagnosis.air import air_of
from lenskeeper.diagnosis.baseline import HOUR_LOOKS_MIN, Baseline, Mode, hours_apart, mode_of
from lenskeeper.diagnosis.figures import Figures, columns_of, rows_of, with_scalars
from lenskeeper.diagnosis.kinds import Diagnosis, Kind, Verdict
from lenskeeper.diagnosis.moved import CLEAR, shift_of
from lenskeeper.diagnosis.verdict import judge

SEEDS = (1, 2, 3, 4)
MARGIN = 60


def look(picture: Bgr, chance: int = 0) -> Figures:
    return figures_of(noisy(written(picture, clock=f"2026-06-15 12:04:{chance % 60:02}"), 2, seed=chance))


@lru_cache(maxsize=8)
def past_of(seed: int, looks: int = 6) -> Baseline:
    return Baseline.of([(look(a_road(seed), chance), None) for chance in range(looks)])


def seen(seed: int, picture: Bgr, looks: int = 6) -> Diagnosis:
    return judge(look(picture, 99), past_of(seed, looks))


def kinds(diagnosis: Diagnosis) -> set[Kind]:
    return {f.kind for f in diagnosis.findings}


def aside(seed: int, right: int, down: int, margin: int = MARGIN) -> tuple[Bgr, Bgr]:
    """The same place before and after the camera was knocked aside, without made-up borders."""
    wide = a_road(seed, SIZE, margin)
    views = []
    for dx, dy in ((0, 0), (right, down)):
        views.append(wide[margin + dy : margin + dy + SIZE[1], margin + dx : margin + dx + SIZE[0]])
    return np.ascontiguousarray(views[0]), np.ascontiguousarray(views[1])


@pytest.mark.parametrize("looks", [1, 6])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_same_road_stays_fit(seed: int, looks: int) -> None:
    diagnosis = seen(seed, a_road(seed), looks)
    assert diagnosis.verdict is Verdict.FIT, diagnosis
    assert Kind.MOVED not in dict(diagnosis.unchecked)


@pytest.mark.parametrize("visibility", [0.7, 1.5, 4.0])
@pytest.mark.parametrize("seed", SEEDS)
def test_fog_is_low_visibility_and_not_a_lens_fault(seed: int, visibility: float) -> None:
    diagnosis = seen(seed, foggy(a_road(seed), visibility))
    assert diagnosis.verdict is Verdict.LOW_VISIBILITY, diagnosis
    assert {Kind.BLUR, Kind.OCCLUDED} <= {kind for kind, _ in diagnosis.unchecked}


@settings(max_examples=10, deadline=None)
@given(st.sampled_from(SEEDS), st.floats(0.4, 20), st.floats(1.3, 3))
def test_thicker_fog_is_stronger(seed: int, visibility: float, thicker: float) -> None:
    past = past_of(seed).modes[Mode.DAY]
    strength = [
        air_of(look(foggy(a_road(seed), v)), past).strength for v in (visibility, visibility / thicker)
    ]
    assert strength[1] >= strength[0] - 0.01


@pytest.mark.parametrize("sigma", [1.5, 3.0, 5.0])
@pytest.mark.parametrize("seed", SEEDS)
def test_defocus_is_blur_and_not_weather(seed: int, sigma: float) -> None:
    diagnosis = seen(seed, blurred(a_road(seed), sigma))
    assert diagnosis.verdict is Verdict.FAULT
    assert Kind.BLUR in kinds(diagnosis)
    assert Kind.LOW_VISIBILITY not in kinds(diagnosis)


@pytest.mark.parametrize("tone", [25, 140])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_cover_of_any_brightness_from_below_is_found(seed: int, tone: int) -> None:
    covered = a_road(seed).copy()
    covered[110:, 100:420] = tone
    assert Kind.OCCLUDED in kinds(seen(seed, covered))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_lorry_close_by_is_no_fault(seed: int) -> None:
    passing = a_road(seed).copy()
    passing[150:235, 200:290] = (200, 190, 185)
    assert seen(seed, passing).verdict is Verdict.FIT


@pytest.mark.parametrize(("right", "down"), [(17, 0), (-17, 0), (40, 0), (0, 14), (25, -12)])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_camera_knocked_aside_has_moved(seed: int, right: int, down: int) -> None:
    """17 px at 480 are 25 px at 736."""
    before, after = aside(seed, right, down)
    past = Baseline.of([(look(before, chance), None) for chance in range(3)])
    diagnosis = judge(look(after, 50), past)
    assert Kind.MOVED in kinds(diagnosis), diagnosis


@pytest.mark.parametrize(("right", "down"), [(170, 0), (240, 0), (0, 110), (200, 60)])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_camera_turned_further_than_we_can_follow_has_moved(seed: int, right: int, down: int) -> None:
    """What is new in the view may pass for a cover too."""
    before, after = aside(seed, right, down, margin=250)
    past = Baseline.of([(look(before, chance), None) for chance in range(3)])
    diagnosis = judge(look(after, 50), past)
    assert kinds(diagnosis) & {Kind.MOVED, Kind.OCCLUDED}, diagnosis
    assert diagnosis.verdict is Verdict.FAULT


def test_a_view_whose_columns_agree_no_more_is_at_least_unchecked() -> None:
    """Softer by then, so that nobody can say whether it is another place."""
    before, after = aside(4, 240, 0, margin=250)
    past = Baseline.of([(look(before, chance), None) for chance in range(3)])
    now = look(blurred(after, 0.8), 50)
    columns = shift_of(columns_of(now), past.modes[Mode.DAY].columns)
    assert columns.share is None
    assert columns.stays < CLEAR
    diagnosis = judge(now, past)
    assert Kind.MOVED in kinds(diagnosis) | {kind for kind, _ in diagnosis.unchecked}, diagnosis


@pytest.mark.parametrize("visibility", [0.3, 0.6, 1.0])
@pytest.mark.parametrize("seed", SEEDS)
def test_fog_never_moves_a_camera(seed: int, visibility: float) -> None:
    assert Kind.MOVED not in kinds(seen(seed, foggy(a_road(seed), visibility)))


def test_another_place_is_not_the_same_view() -> None:
    found = [
        Kind.MOVED in kinds(judge(look(a_road(other)), past_of(seed)))
        for seed in SEEDS
        for other in SEEDS
        if other != seed
    ]
    assert sum(found) >= 11  # roads resemble each other


@settings(max_examples=15, deadline=None)
@given(st.sampled_from(SEEDS), st.integers(-40, 40), st.integers(-20, 20))
def test_a_shift_is_measured_to_a_hundredth_of_the_side(seed: int, right: int, down: int) -> None:
    before, after = aside(seed, right, down)
    a, b = look(before), look(after, 1)
    shift = shift_of(columns_of(b), columns_of(a))
    if shift.share is not None and abs(down) < 8:
        assert shift.share == pytest.approx(-right / SIZE[0], abs=0.01)
    tilt = shift_of(rows_of(b), rows_of(a))
    if tilt.share is not None and abs(right) < 8:
        assert tilt.share == pytest.approx(-down / SIZE[1], abs=0.015)


@pytest.mark.parametrize("seed", SEEDS)
def test_dusk_is_no_fault_where_dusk_is_known(seed: int) -> None:
    dim = (a_road(seed) * 0.3).astype(np.uint8)
    past = Baseline.of(
        [(look(a_road(seed), c), 12) for c in range(5)] + [(look(dim, c), 20) for c in range(5)]
    )
    assert judge(look(dim, 9), past, 20).verdict is Verdict.FIT


def test_night_in_infra_red_is_told_from_day_by_its_missing_colour() -> None:
    grey = np.repeat((a_road(1) * 0.4).astype(np.uint8).mean(axis=2, keepdims=True), 3, axis=2).astype(
        np.uint8
    )
    assert mode_of(figures_of(grey)) is Mode.NIGHT
    assert mode_of(look(a_road(1))) is Mode.DAY


def test_light_that_the_past_does_not_know_leaves_brightness_unchecked() -> None:
    grey = np.repeat((a_road(1) * 0.4).astype(np.uint8).mean(axis=2, keepdims=True), 3, axis=2).astype(
        np.uint8
    )
    diagnosis = judge(figures_of(noisy(grey, 0)), past_of(1))
    assert {Kind.DARK, Kind.COLOUR_CAST} <= {kind for kind, _ in diagnosis.unchecked}


def test_an_hour_with_looks_enough_is_a_group_of_its_own() -> None:
    looks = [(look(a_road(1), c), 11) for c in range(HOUR_LOOKS_MIN)] + [(look(a_road(1), 70), 23)]
    past = Baseline.of(looks)
    figures = looks[0][0]
    assert past.at(figures, 12).told_as == f"median of {HOUR_LOOKS_MIN} looks, 11-14 h"
    assert past.at(figures, 3).looks == past.at(figures, None).looks == HOUR_LOOKS_MIN + 1


def test_one_foggy_look_does_not_become_normal() -> None:
    looks = [(look(a_road(1), c), None) for c in range(5)] + [(look(foggy(a_road(1), 0.6), 7), None)]
    assert judge(look(foggy(a_road(1), 0.6), 8), Baseline.of(looks)).verdict is Verdict.LOW_VISIBILITY


def test_a_camera_blurred_from_the_start_is_still_found() -> None:
    soft = blurred(a_road(1), 3)
    past = Baseline.of([(look(soft, chance), None) for chance in range(4)])
    assert Kind.BLUR in kinds(judge(look(soft, 50), past))


@pytest.mark.parametrize(
    ("name", "before", "now", "kind"),
    [
        ("crispness", 0.57, 0.40, Kind.BLUR),
        ("noise", 7.5, 12.0, Kind.NOISE),
        ("noise", 4.4, 11.5, Kind.NOISE),
    ],
)
def test_a_small_fault_of_the_past_excuses_no_greater_one(
    name: str, before: float, now: float, kind: Kind
) -> None:
    healthy = look(a_road(1))
    past = Baseline.of([(with_scalars(healthy, {name: before}), None) for _ in range(20)])
    assert judge(with_scalars(healthy, {name: before}), past).verdict is Verdict.FIT
    diagnosis = judge(with_scalars(healthy, {name: now}), past)
    assert diagnosis.verdict is Verdict.FAULT, diagnosis
    assert kinds(diagnosis) == {kind}


def test_a_past_in_another_light_excuses_nothing_about_light() -> None:
    """A night known as dark says nothing about a day that is as dark."""
    day = with_scalars(look(a_road(1)), {"noise": 12.0})
    night = with_scalars(day, {"mean": 50.0, "colour_share": 0.0})
    assert mode_of(night) is Mode.NIGHT
    diagnosis = judge(day, Baseline.of([(night, None)] * 6))
    assert Kind.NOISE in kinds(diagnosis), diagnosis


def test_a_past_of_the_same_noise_excuses_it() -> None:
    loud = with_scalars(look(a_road(1)), {"noise": 12.0})
    assert judge(loud, Baseline.of([(loud, None)] * 6)).verdict is Verdict.FIT


def test_a_baseline_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one look"):
        Baseline.of([])


@given(st.integers(0, 23), st.integers(0, 23))
def test_hours_are_near_each_other_around_midnight_too(a: int, b: int) -> None:
    assert hours_apart(a, b) == hours_apart(b, a) <= 12
    assert hours_apart(a, (a + 1) % 24) == 1
