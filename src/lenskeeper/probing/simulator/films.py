"""What one simulated camera sees, picture after picture: its scene, its faults, its sensor, its on-screen text."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np

from lenskeeper.probing.simulator import faults, scenes
from lenskeeper.probing.simulator.faults import PictureFault, Shot
from lenskeeper.probing.simulator.places import Place
from lenskeeper.probing.simulator.scenes import Light, Scene, View
from lenskeeper.probing.simulator.sprites import Bgr

SENSOR_SIGMA: Final = {Light.DAY: 2.0, Light.DUSK: 3.5, Light.NIGHT: 6.0}  # grey levels
MOVED_SHARE_MAX: Final = 0.14  # of the width; the board ends at scenes.MARGIN
MOVED_ROLL_DEG_MAX: Final = 3.0
SHAKE_SHARE_MAX: Final = 0.03
FILM_BEGINS_S: Final = 12 * 3600 + 4 * 60  # what the on-screen clock says at the first picture: 12:04:00
SCENES_KEPT: Final = 16  # painted boards in memory, 3 MB each at 640 x 360


@dataclass(frozen=True, slots=True)
class Film:
    """A camera's view as a script.

    seed:     the scene and its weather; two seeds, two scenes.
    size:     (width, height).
    strength: of the fault, 0..1, in the unit of the fault's function (faults.py).
              moved: shift of 0.14 * strength widths and a roll of 3 * strength degrees;
              shaking: up to 0.03 * strength widths from picture to picture.
    name:     the text at the lower right; empty for none.
    clock:    whether date and time are burned in at the upper left.
    """

    place: Place = Place.STREET
    seed: int = 0
    size: tuple[int, int] = (640, 360)
    light: Light = Light.DAY
    fault: PictureFault | None = None
    strength: float = 1.0
    name: str = ""
    clock: bool = True


@lru_cache(maxsize=SCENES_KEPT)
def scene(place: Place, seed: int, size: tuple[int, int], light: Light) -> Scene:
    """The painted scene, kept for the next film of it."""
    return scenes.paint(place, seed, size, light)


def _view(film: Film, t_s: float) -> View:
    if film.fault is PictureFault.MOVED:
        way = 1 if film.seed % 2 else -1
        share = MOVED_SHARE_MAX * film.strength * way
        return View(right=share, down=0.02 * film.strength, roll_deg=MOVED_ROLL_DEG_MAX * film.strength * way)
    if film.fault is PictureFault.SHAKING:
        chance = np.random.default_rng((film.seed, round(t_s * 1000)))
        reach = SHAKE_SHARE_MAX * film.strength
        return View(right=float(chance.uniform(-reach, reach)), down=float(chance.uniform(-reach, reach)))
    return View()


def _write(picture: Bgr, text: str, at: tuple[int, int], size: float) -> None:
    """White letters with a dark outline, as cameras burn them in."""
    thick = max(round(size * 1.5), 1)
    for dx, dy in ((-1, 0), (1, 0), (0, -1), (0, 1), (1, 1)):
        edge = (at[0] + dx * thick, at[1] + dy * thick)
        cv2.putText(picture, text, edge, cv2.FONT_HERSHEY_SIMPLEX, size, (16.0, 16.0, 16.0), thick)
    cv2.putText(picture, text, at, cv2.FONT_HERSHEY_SIMPLEX, size, (250.0, 250.0, 250.0), thick)


def burn_in(picture: Bgr, film: Film, t_s: float) -> None:
    """Clock and name, written into the picture in place."""
    width, height = film.size
    size = width / 640 * 0.6
    if film.clock:
        s = FILM_BEGINS_S + int(t_s)
        _write(
            picture,
            f"2026-06-15 {s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}",
            (round(width * 0.02), round(height * 0.07)),
            size,
        )
    if film.name:
        (wide, _), _ = cv2.getTextSize(film.name, cv2.FONT_HERSHEY_SIMPLEX, size, 1)
        _write(picture, film.name, (round(width * 0.98) - wide, round(height * 0.965)), size)


class _Sensor:
    """The noise of one sensor: a tile drawn once and read at a new place for each picture."""

    def __init__(self, film: Film) -> None:
        self._rng = np.random.default_rng(film.seed + 1)
        width, height = film.size
        channels = 1 if film.light is Light.NIGHT else 3
        tile = (
            self._rng.standard_normal((height + 64, width + 64, channels), dtype=np.float32)
            * SENSOR_SIGMA[film.light]
        )
        self._tile = (
            np.repeat(tile, 4 - channels, axis=2).round().astype(np.int16)[..., :3]
            if channels == 1
            else tile.round().astype(np.int16)
        )

    def expose(self, picture: Bgr) -> Bgr:
        y, x = (int(i) for i in self._rng.integers(0, 64, 2))
        h, w = picture.shape[:2]
        return np.asarray(cv2.add(picture, self._tile[y : y + h, x : x + w], dtype=cv2.CV_8U), np.uint8)


def _exposed(film: Film, scene: Scene, sensor: _Sensor, t_s: float) -> Bgr:
    """One picture as it leaves the sensor, before any text."""
    still = film.fault is PictureFault.STATIC_LOW_BITRATE
    picture, depth = scenes.look(scene, 0.0 if still else t_s, _view(film, t_s))
    shot = Shot(depth_m=depth, t_s=t_s, seed=film.seed)
    if film.fault in faults.LENS:
        picture = faults.LENS[film.fault](picture, film.strength, shot)
    picture = sensor.expose(picture)
    if film.fault in faults.SIGNAL:
        picture = faults.SIGNAL[film.fault](picture, film.strength, shot)
    if film.light is Light.NIGHT and film.fault is PictureFault.NOISE:
        picture = np.repeat(picture[..., :1], 3, axis=2)
    return picture


def _recode(picture: Bgr, index: int) -> None:
    """What a relay's encoder makes of one picture time and again: a few pixels differ by one grey level."""
    h, w = picture.shape[:2]
    rng = np.random.default_rng(index)
    rows, columns = rng.integers(0, h, h * w // 200), rng.integers(0, w, h * w // 200)
    picture[rows, columns] ^= 1


def pictures(film: Film, *, count: int, fps: float) -> Iterator[Bgr]:
    """The first `count` pictures of a film, (h, w, 3) each, `fps` a second; the same each time it is asked for."""
    painted = scene(film.place, film.seed, film.size, film.light)
    sensor = _Sensor(film)
    stuck: Bgr | None = None
    for i in range(count):
        t_s = i / fps
        if film.fault in (PictureFault.FROZEN, PictureFault.FROZEN_CLOCK, PictureFault.FROZEN_SENSOR):
            if stuck is None:
                stuck = _exposed(film, painted, sensor, 0.0)
            picture = stuck.copy()
            if film.fault is PictureFault.FROZEN_CLOCK:
                _recode(picture, i)
        else:
            picture = _exposed(film, painted, sensor, t_s)
        stands = film.fault in (PictureFault.FROZEN, PictureFault.FROZEN_CLOCK)
        burn_in(picture, film, 0.0 if stands else t_s)
        if film.fault in faults.STREAM:
            picture = faults.STREAM[film.fault](picture, film.strength, Shot(t_s=t_s, seed=film.seed))
        yield picture
