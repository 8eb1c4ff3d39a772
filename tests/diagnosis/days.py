"""Days in the life of a simulated camera: its pictures by the hour, and what happens to them."""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from tests.diagnosis.scenery import noisy, planes_of

from lenskeeper.diagnosis.checks import measure
from lenskeeper.diagnosis.figures import Figures
from lenskeeper.diagnosis.freeze import Sighting
from lenskeeper.diagnosis.parts import Rung
from lenskeeper.diagnosis.watch import Look
from lenskeeper.probing.simulator.brushes import Floats
from lenskeeper.probing.simulator.faults import Bgr, PictureFault, Shot, spoil
from lenskeeper.probing.simulator.films import Film, burn_in
from lenskeeper.probing.simulator.places import Place
from lenskeeper.probing.simulator.scenes import Light, Scene, View, look, paint

SIZE = (480, 270)
MONDAY_S = 20_416 * 86_400  # a midnight
HOUR_S = 3_600
Trouble = tuple[PictureFault, float]


@lru_cache(maxsize=16)
def scene(place: Place, seed: int, light: Light) -> Scene:
    return paint(place, seed, SIZE, light)


def light_at(second: int) -> Light:
    hour = second / HOUR_S
    if 7 <= hour < 17:
        return Light.DAY
    return Light.DUSK if 6 <= hour < 7 or 17 <= hour < 18 else Light.NIGHT


@lru_cache(maxsize=4_096)
def picture_figures(
    at_s: int, place: Place, seed: int, trouble: Trouble | None = None, view: View | None = None
) -> Figures:
    """The picture of one second, through the lens, the sensor and the text."""
    here = scene(place, seed, light_at(at_s % 86_400))
    shot: tuple[Bgr, Floats] = look(here, float(at_s % 100_000), view)
    picture = shot[0]
    if trouble:
        picture = spoil(picture, *trouble, Shot(depth_m=shot[1], t_s=float(at_s % 100_000), seed=4))
    picture = noisy(picture, 2.0, seed=at_s)
    burn_in(picture, Film(size=SIZE, clock=True, name="Gate 3"), float(at_s % 100_000))
    is_night = here.light is Light.NIGHT
    if is_night:
        picture = np.repeat(picture.mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)
    return measure(planes_of(picture))


def look_of(figures: Figures, at_s: int, rung: Rung = Rung.SUB, fingerprint: bytes | None = None) -> Look:
    print_ = fingerprint or at_s.to_bytes(16, "big")
    return Look(
        [Sighting(figures, at_s * 1000, 0.0, print_)], at_s, at_s % 86_400 // HOUR_S, rung, {"codec": "h264"}
    )


Weather = Callable[[int], tuple[Trouble | None, View | None]]
