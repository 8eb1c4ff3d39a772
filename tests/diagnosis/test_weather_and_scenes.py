"""What a healthy camera shows in dense fog, in haze, or of a zebra crossing, and what was taken for a fault once."""

from collections.abc import Callable
from functools import lru_cache

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.diagnosis.scenery import Bgr, a_road, figures_of, noisy, planes_of

from lenskeeper.diagnosis.baseline import Baseline
from lenskeeper.diagnosis.checks import measure
from lenskeeper.diagnosis.kinds import Diagnosis, Kind
from lenskeeper.diagnosis.verdict import judge
from lenskeeper.probing.simulator.places import Place
from skies import HOUR_S, HealthyCamera, Sky, Stretch

NIGHT, NOON = 2 * HOUR_S, 12 * HOUR_S


@lru_cache
def healthy(place: Place, seed: int, quality: int = 80) -> HealthyCamera:
    return HealthyCamera(place, seed, [], quality=quality)


def in_weather(
    camera: HealthyCamera, at_s: int, sky: Sky, strength: float, hours: tuple[float, ...]
) -> Diagnosis:
    """Against clear looks of some hours."""
    camera.stretches = []
    past = Baseline.of([(camera.sighting(int(hour * HOUR_S)).figures, None) for hour in hours])
    camera.stretches = [Stretch(at_s - 4 * HOUR_S, at_s + 4 * HOUR_S, sky, strength)]
    return judge(camera.sighting(at_s).figures, past)


def kinds(diagnosis: Diagnosis) -> set[Kind]:
    return {finding.kind for finding in diagnosis.findings}


@pytest.mark.parametrize("strength", [0.85, 0.9, 0.97])
@pytest.mark.parametrize("seed", [10, 22])
def test_a_camera_in_dense_fog_at_night_has_not_moved(seed: int, strength: float) -> None:
    camera = healthy(Place.JUNCTION, seed, 94)
    found = in_weather(camera, 5 * HOUR_S, Sky.FOG, strength, (1, 1.5, 2, 2.5, 3))
    assert Kind.MOVED not in kinds(found)


@pytest.mark.parametrize("strength", [0.75, 0.85, 0.95])
def test_a_camera_in_rain_at_dusk_has_not_moved(strength: float) -> None:
    camera = healthy(Place.MOTORWAY, 989, 78)
    found = in_weather(camera, int(17.4 * HOUR_S), Sky.RAIN, strength, tuple(range(8, 17)))
    assert Kind.MOVED not in kinds(found)


def test_another_place_at_night_has_moved_all_the_same() -> None:
    here, there = healthy(Place.JUNCTION, 10), healthy(Place.CAR_PARK, 53)
    here.stretches = there.stretches = []
    past = Baseline.of([(here.sighting(NIGHT + 60 * n).figures, None) for n in range(5)])
    assert Kind.MOVED in kinds(judge(there.sighting(NIGHT).figures, past))


@pytest.mark.parametrize("is_hazy", [True, False])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_ridge_that_becomes_sky_is_not_covered_and_one_behind_a_board_is(seed: int, is_hazy: bool) -> None:
    """In thin haze a far ridge is as bright as the sky, which is little brighter than the ridge was."""
    before = a_road(seed).copy()
    before[20:100] = 220
    before[20:100:2, ::2], before[21:100:2, 1::2] = 200, 228
    after = before.copy()
    after[20:100] = 222 if is_hazy else 190
    past = Baseline.of([(figures_of(noisy(before, seed=n)), None) for n in range(3)])
    assert (Kind.OCCLUDED in kinds(judge(figures_of(noisy(after, seed=9)), past))) is not is_hazy


def rows_of(wave: Callable[[NDArray[np.float64]], NDArray[np.float64]], seed: int = 1) -> Bgr:
    """A road with something across it; wave: of the height, 0 to 1, in grey levels."""
    road = a_road(seed).astype(np.float64) * 0.8 + 20  # room for the wave above and below
    height = np.linspace(0, 1, road.shape[0], endpoint=False)
    return noisy(np.clip(road + wave(height)[:, None, None], 0, 255).astype(np.uint8))


@pytest.mark.parametrize("periods", [6.3, 8.5, 9.0, 14.6])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_hum_is_found_though_its_period_does_not_go_into_the_height(seed: int, periods: float) -> None:
    picture = rows_of(lambda y: 30 * np.sin(2 * np.pi * (periods * y + 0.3)), seed)
    assert figures_of(picture).stripe >= 10


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_bars_that_fall_out_of_phase_between_top_and_foot_are_of_the_scene(seed: int) -> None:
    """A zebra crossing between kerbs: one period and one height, and no wave that goes through."""

    def bars(y: NDArray[np.float64]) -> NDArray[np.float64]:
        phase = np.where(abs(y - 0.5) < 1 / 6, 0.4, 0.0)
        return 22 * np.sin(2 * np.pi * (5 * y + phase))

    assert figures_of(rows_of(bars, seed)).stripe < 2


def test_a_junction_that_was_called_striped_is_not() -> None:
    """In snow its zebra crossing and kerbs swing in step from left to right, five times in the height."""
    camera = healthy(Place.JUNCTION, 4)
    camera.stretches = [Stretch(NOON - HOUR_S, NOON + HOUR_S, Sky.SNOW, 0.25)]
    for minute in range(0, 30, 3):
        assert camera.sighting(NOON + 60 * minute).figures.stripe < 2


def test_a_wave_too_small_to_matter_among_the_rest_is_none() -> None:
    size = (480, 270)
    loud = cv2.resize(
        np.random.default_rng(3).integers(0, 256, (27, 1), np.uint8), size, interpolation=cv2.INTER_NEAREST
    )
    y = np.linspace(0, 1, size[1], endpoint=False)[:, None]
    shown = np.clip(loud * 0.5 + 60 + 4 * np.sin(2 * np.pi * 9 * y), 0, 255).astype(np.uint8)
    assert measure(planes_of(np.repeat(shown[..., None], 3, axis=2))).stripe == 0
