"""Healthy cameras in all weathers, painted: what the bench of a healthy month looks at. None of it is a fault."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from random import Random
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from lenskeeper.base.codecs import Codec
from lenskeeper.diagnosis.checks import measure
from lenskeeper.diagnosis.freeze import Sighting
from lenskeeper.pictures.decode import decode
from lenskeeper.pictures.encoded import Encoded
from lenskeeper.pictures.undecodable import Undecodable
from lenskeeper.probing.simulator import faults, scenes
from lenskeeper.probing.simulator.brushes import Floats
from lenskeeper.probing.simulator.faults import Bgr, Shot
from lenskeeper.probing.simulator.films import FILM_BEGINS_S, SENSOR_SIGMA, Film, burn_in
from lenskeeper.probing.simulator.places import Place
from lenskeeper.probing.simulator.scenes import Light, Scene, View

SIZE: Final = (640, 360)
HOUR_S: Final = 3_600
DAY_S: Final = 24 * HOUR_S
DRIES_S: Final = 5_400  # drops on the dome after the rain
SUNRISE_S, SUNSET_S = (
    5 * HOUR_S + 2_700,
    18 * HOUR_S + 900,
)  # the camera changes to infra-red and back about then
DUSK_S: Final = 4_500
NOISE_PX: Final = 97
# Grey level of the lit air: the sky by day; by night what the lamps of the camera throw back.
VEIL: Final = {Light.DAY: 205.0, Light.DUSK: 110.0, Light.NIGHT: 85.0}


class Sky(StrEnum):
    """What the air does. GLARE: the low sun shines into the lens."""

    CLEAR = "clear"
    FOG = "fog"
    RAIN = "rain"
    WIND = "wind"
    GLARE = "glare"
    SNOW = "snow"


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time of one weather: it comes and goes over a quarter of its length each. peak: 0 to 1."""

    from_s: int
    to_s: int
    sky: Sky
    peak: float

    def strength(self, at_s: int) -> float:
        """At an instant; 0 outside."""
        if not self.from_s <= at_s < self.to_s:
            return 0.0
        edge = (self.to_s - self.from_s) / 4
        return self.peak * min((at_s - self.from_s) / edge, (self.to_s - at_s) / edge, 1.0)


# How often in three days, for how many hours, and how strong, lowest and highest.
PLANTED: Final = (
    (Sky.FOG, 2, (3, 6), (0.35, 1.0)),
    (Sky.RAIN, 2, (2, 6), (0.3, 1.0)),
    (Sky.WIND, 2, (3, 8), (0.3, 1.0)),
    (Sky.SNOW, 1, (2, 4), (0.3, 1.0)),
)


def weather(seed: int, days: int) -> list[Stretch]:
    """What passes over one camera, more of it than any month has; no two at once, but for rain that dries."""
    chance = Random(seed)
    out: list[Stretch] = []
    for sky, often, hours, peaks in PLANTED:
        for n in range(max(round(often * days / 3), 1)):
            for _ in range(50):
                # the first fog of each camera comes before dawn, as most fogs do
                begins = (chance.uniform(2, 6) + 24 * chance.randrange(days)) if sky is Sky.FOG and n == 0 else (
                    chance.uniform(0, 24 * days - hours[1])
                )  # fmt: skip
                a = int(begins * HOUR_S)
                b = a + int(chance.uniform(*hours) * HOUR_S)
                if all(b + DRIES_S <= s.from_s or a >= s.to_s + DRIES_S for s in out):
                    out.append(Stretch(a, b, sky, chance.uniform(*peaks)))
                    break
    looks_west = chance.random() < 0.5
    for day in range(days):
        a = day * DAY_S + (SUNSET_S - DUSK_S if looks_west else SUNRISE_S + 1_200)
        b = a + HOUR_S
        if all(b + DRIES_S <= s.from_s or a >= s.to_s + DRIES_S for s in out):
            out.append(Stretch(a, b, Sky.GLARE, chance.uniform(0.4, 1.0)))
    return sorted(out, key=lambda s: s.from_s)


@dataclass
class HealthyCamera:
    """A camera that works. Time is in seconds of its life, which begins at a midnight."""

    place: Place
    seed: int
    stretches: Sequence[Stretch]
    name: str = "Gate 3"
    quality: int = 80
    boards: dict[Light, Scene] = field(default_factory=dict)

    def light(self, at_s: int) -> Light:
        """By the hour; each camera changes over at a minute of its own."""
        second = at_s % DAY_S + (self.seed * 397 % 1_800) - 900
        if SUNRISE_S + DUSK_S <= second < SUNSET_S - DUSK_S:
            return Light.DAY
        return Light.DUSK if SUNRISE_S <= second < SUNSET_S else Light.NIGHT

    def sky(self, at_s: int) -> tuple[Sky, float]:
        """The weather and how strong it is. Drops that have not dried yet count as rain."""
        for stretch in self.stretches:
            if (strength := stretch.strength(at_s)) > 0:
                return stretch.sky, strength
            if stretch.sky is Sky.RAIN and 0 <= at_s - stretch.to_s < DRIES_S:
                return Sky.RAIN, 0.0
        return Sky.CLEAR, 0.0

    def sighting(self, at_s: int, later_s: float = 0.0, *, begins_s: int = 0) -> Sighting:
        """What it sends at an instant, coded, decoded and measured. later_s: into the visit; begins_s: of its life."""
        coded = self._coded(at_s, later_s)
        planes = decode(Encoded(Codec.JPEG, coded))
        assert not isinstance(planes, Undecodable)
        at_ms = round((begins_s + at_s + later_s) * 1000)
        return Sighting(measure(planes), at_ms, later_s * 1000, hash(coded).to_bytes(9, "big", signed=True))

    def _coded(self, at_s: int, later_s: float) -> bytes:
        light = self.light(at_s)
        sky, strength = self.sky(at_s)
        rng = np.random.default_rng((self.seed, at_s, round(later_s * 10)))
        scene = self._scene(light)
        if sky is Sky.WIND:
            scene = replace(scene, ripple=(scene.ripple[0] * np.float32(1 + 2 * strength), scene.ripple[1]))
        picture, depth_m = scenes.look(scene, at_s % 100_000 + later_s, _view(sky, strength, rng))
        shot = Shot(depth_m=depth_m, t_s=at_s + later_s, seed=self.seed)
        picture = _exposed(
            self._through_air(picture, sky, strength, shot, light, rng), self._gain(at_s, light)
        )
        picture = self._through_glass(picture, at_s)
        picture = self._noisy(picture, light, rng)
        burn_in(picture, Film(size=SIZE, name=self.name), at_s % DAY_S + later_s - FILM_BEGINS_S)
        done, coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, self.quality])
        assert done
        return coded.tobytes()

    def _scene(self, light: Light) -> Scene:
        if light not in self.boards:
            self.boards[light] = scenes.paint(self.place, self.seed, SIZE, light)
        return self.boards[light]

    def _gain(self, at_s: int, light: Light) -> float:
        """Clouds and the control of exposure: no two hours are alike. At dusk it falls towards the night."""
        hour = np.random.default_rng((self.seed, at_s // HOUR_S)).uniform(0.88, 1.08)
        if light is not Light.DUSK:
            return float(hour)
        second = at_s % DAY_S + (self.seed * 397 % 1_800) - 900
        to_night_s = min(second - SUNRISE_S, SUNSET_S - second)
        return float(hour) * (0.85 + 0.4 * to_night_s / DUSK_S)

    def _through_air(
        self, picture: Bgr, sky: Sky, strength: float, shot: Shot, light: Light, rng: np.random.Generator
    ) -> Bgr:
        veil = VEIL[light]
        if sky is Sky.FOG:
            return _fog(picture, strength, shot, veil)
        if sky is Sky.GLARE:
            return _glare(picture, strength, across=(self.seed * 37 % 100) / 100)
        if sky in (Sky.RAIN, Sky.SNOW) and strength:
            far = _fog(picture, (0.4 if sky is Sky.RAIN else 0.5) * strength, shot, veil)
            return _streaks(far, strength, rng) if sky is Sky.RAIN else _flakes(far, strength, rng)
        return picture

    def _through_glass(self, picture: Bgr, at_s: int) -> Bgr:
        """Drops on the dome: they come with the rain, move with the hours, and dry afterwards where they are."""
        for stretch in self.stretches:
            if stretch.sky is not Sky.RAIN or not stretch.from_s <= at_s < stretch.to_s + DRIES_S:
                continue
            wet = max(stretch.strength(at_s), 0.25 * stretch.peak)
            hour = min(at_s, stretch.to_s) // 1_800
            if at_s >= stretch.to_s:
                wet = 0.6 * stretch.peak * (1 - (at_s - stretch.to_s) / DRIES_S)
            return faults.lens_dirty(picture, round(wet, 1), Shot(seed=self.seed * 1_000 + hour))
        return picture

    def _noisy(self, picture: Bgr, light: Light, rng: np.random.Generator) -> Bgr:
        tile = self._grain
        y, x = (int(i) for i in rng.integers(0, NOISE_PX, 2))
        part = tile[y : y + SIZE[1], x : x + SIZE[0]]
        if light is Light.NIGHT:
            part = np.repeat(part[..., :1], 3, axis=2)
        return np.asarray(cv2.add(picture, part * np.float32(SENSOR_SIGMA[light]), dtype=cv2.CV_8U), np.uint8)

    @cached_property
    def _grain(self) -> NDArray[np.float32]:
        shape = (SIZE[1] + NOISE_PX, SIZE[0] + NOISE_PX, 3)
        return np.random.default_rng(self.seed + 1).standard_normal(shape, dtype=np.float32)


def _view(sky: Sky, strength: float, rng: np.random.Generator) -> View:
    """A mast in the wind moves the view by a pixel or two."""
    if sky is not Sky.WIND:
        return View()
    right, down = rng.normal(0, 1.0 * strength, 2)
    return View(right=float(np.clip(right, -2, 2)) / SIZE[0], down=float(np.clip(down, -2, 2)) / SIZE[1])


def _exposed(picture: Bgr, gain: float) -> Bgr:
    return cv2.convertScaleAbs(picture, alpha=gain).astype(np.uint8)


def _added(picture: Bgr, light: Floats) -> Bgr:
    return np.asarray(cv2.add(picture, cv2.merge([light, light, light]), dtype=cv2.CV_8U), np.uint8)


def _fog(picture: Bgr, strength: float, shot: Shot, veil: float) -> Bgr:
    """As faults.fog, of the light of the hour: at night it is grey and not white."""
    if strength <= 0:
        return picture
    assert shot.depth_m is not None
    seen = np.exp(-3.912 / faults.visibility_m(strength) * shot.depth_m)[..., None]
    veiled: Bgr = np.clip(picture * seen + np.float32(veil) * (1 - seen), 0, 255).astype(np.uint8)
    return veiled


def _streaks(picture: Bgr, strength: float, rng: np.random.Generator) -> Bgr:
    """Falling drops: thin, a little brighter than what is behind, all nearly of one slope."""
    h, w = picture.shape[:2]
    field_: Floats = np.zeros((h, w), np.float32)
    slope = rng.uniform(-0.15, 0.15)
    for _ in range(int(100 + 900 * strength)):
        x, y = int(rng.integers(w)), int(rng.integers(-20, h))
        long = int(rng.uniform(6, 26))
        cv2.line(field_, (x, y), (x + round(slope * long), y + long), float(rng.uniform(15, 55)), 1)
    return _added(picture, np.asarray(cv2.GaussianBlur(field_, (0, 0), 0.6), np.float32))


def _flakes(picture: Bgr, strength: float, rng: np.random.Generator) -> Bgr:
    """Snow: many small flakes far away, a few large and soft ones near the lens."""
    h, w = picture.shape[:2]
    far: Floats = np.zeros((h, w), np.float32)
    near: Floats = np.zeros((h, w), np.float32)
    for _ in range(int(150 + 1_000 * strength)):
        at = int(rng.integers(w)), int(rng.integers(h))
        cv2.circle(far, at, int(rng.integers(1, 3)), float(rng.uniform(40, 120)), -1)
    for _ in range(int(4 + 20 * strength)):
        at = int(rng.integers(w)), int(rng.integers(h))
        cv2.circle(near, at, int(rng.integers(4, 11)), float(rng.uniform(30, 110)), -1)
    soft = cv2.GaussianBlur(far, (0, 0), 0.7) + cv2.GaussianBlur(near, (0, 0), 2.5)
    return _added(picture, np.asarray(soft, np.float32))


def _glare(picture: Bgr, strength: float, across: float) -> Bgr:
    """The low sun in view: a burnt disc by the horizon, a halo, and a veil over all."""
    h, w = picture.shape[:2]
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    away = np.hypot(x / w - across, (y / h - 0.28) * h / w)
    light = strength * (260 * np.exp(-((away / 0.07) ** 2)) + 110 * np.exp(-away / 0.18) + 25)
    return _added(picture, np.asarray(light, np.float32))
