"""Faults of a picture, as plain functions picture -> picture, graded by a strength from 0 (none) to 1 (gross).

They come in at three places of a camera, and the order matters: what happens before the sensor is followed by
sensor noise and by sharp on-screen text, which is what makes a defocused camera look sharp to a naive measure.

    world -> LENS faults (fog, blur, cover, light) -> sensor noise -> SIGNAL faults -> on-screen text -> STREAM faults

Lengths in pixels hold for a picture 640 wide and grow with its width.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

HALF_SIZE_FROM_PX: Final = (
    6.0  # a disc of this radius leaves nothing that half the size would lose, at a quarter of the time
)
MASKS_KEPT: Final = 32
NOISE_SHIFT_PX: Final = 97

Bgr = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]


class PictureFault(StrEnum):
    """What is wrong with the picture. Values equal to a kind of diagnosis are meant to be found as that kind."""

    BLACK = "black"
    DARK = "dark"
    OVEREXPOSED = "overexposed"
    BLUR = "blur"
    LOW_CONTRAST = "low_contrast"
    COLOUR_CAST = "colour_cast"
    NOISE = "noise"
    OCCLUDED = "occluded"
    MOVED = "moved"
    FROZEN = "frozen"
    FROZEN_CLOCK = "frozen_clock"
    FROZEN_SENSOR = "frozen_sensor"
    SIGNAL_CARD = "signal_card"
    MOSAIC = "mosaic"
    STRIPES = "stripes"
    SHAKING = "shaking"
    LENS_DIRTY = "lens_dirty"
    FOG = "fog"
    STATIC_LOW_BITRATE = "static_low_bitrate"


@dataclass(frozen=True, slots=True)
class Shot:
    """What a fault may need to know of the picture: how far its pixels are, when it was taken, and a seed.

    depth_m: (h, w), metres; None where nobody knows, then a plain guess is made.
    """

    depth_m: Floats | None = None
    t_s: float = 0.0
    seed: int = 0

    def fresh_rng(self) -> np.random.Generator:
        """Chance that is new in each picture."""
        return np.random.default_rng((self.seed, round(self.t_s * 1000)))


def _scale(picture: Bgr) -> float:
    return float(picture.shape[1]) / 640


def _bytes(values: Floats) -> Bgr:
    return np.clip(values, 0, 255).astype(np.uint8)


# ---------------------------------------------------------------- lens: before the sensor


def dark(picture: Bgr, strength: float, _shot: Shot) -> Bgr:
    """Too little light: 4.5 * strength stops in the linear domain (gamma 2.2); 1 leaves a quarter of the grey levels."""
    gain = 2.0 ** (-4.5 * strength / 2.2)
    return cv2.convertScaleAbs(picture, alpha=gain).astype(np.uint8)


def overexposed(picture: Bgr, strength: float, _shot: Shot) -> Bgr:
    """Too much light: a gain of 3 * strength stops after gamma and a veil of 60 * strength grey levels; then it clips."""
    return cv2.convertScaleAbs(picture, alpha=2.0 ** (1.5 * strength), beta=60 * strength).astype(np.uint8)


def blur(picture: Bgr, strength: float, _shot: Shot) -> Bgr:
    """Out of focus: a disc of radius 14 * strength px at 640 wide, the form that a round aperture gives."""
    radius = 14 * strength * _scale(picture)
    if radius < 0.5:
        return picture
    if radius < HALF_SIZE_FROM_PX:
        return _through_disc(picture, radius)
    h, w = picture.shape[:2]
    small = np.asarray(cv2.resize(picture, (w // 2, h // 2), interpolation=cv2.INTER_AREA), np.uint8)
    return np.asarray(cv2.resize(_through_disc(small, radius / 2), (w, h)), np.uint8)


def _through_disc(picture: Bgr, radius: float) -> Bgr:
    half = int(np.ceil(radius))
    y, x = np.mgrid[-half : half + 1, -half : half + 1]
    disc = np.clip(radius + 0.5 - np.hypot(x, y), 0, 1).astype(np.float32)
    return np.asarray(cv2.filter2D(picture, -1, disc / disc.sum()), np.uint8)


def low_contrast(picture: Bgr, strength: float, _shot: Shot) -> Bgr:
    """A film on the dome: everything is drawn towards grey 132 by 0.9 * strength, near and far alike."""
    keep = 1 - 0.9 * strength
    return cv2.convertScaleAbs(picture, alpha=keep, beta=132 * (1 - keep)).astype(np.uint8)


def occluded(picture: Bgr, strength: float, shot: Shot) -> Bgr:
    """Something near and out of focus before the lens; it covers 0.1 + 0.8 * strength of the picture from one side."""
    if strength <= 0:
        return picture
    keep, shade = _cover(picture.shape[:2], strength, shot.seed)
    return _bytes(picture * keep + shade)


@lru_cache(maxsize=MASKS_KEPT)
def _cover(size: tuple[int, int], strength: float, seed: int) -> tuple[Floats, Floats]:
    """Of a near object: what share of each pixel it leaves, and what it adds."""
    h, w = size
    rng = np.random.default_rng(seed)
    angle = float(rng.uniform(-0.5, 0.5)) + (np.pi if rng.random() < 0.5 else 0)
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    along = (x / w - 0.5) * np.cos(angle) + (y / h - 0.5) * np.sin(angle)
    along += 0.05 * np.sin(y / h * 7 + float(rng.uniform(0, 6)))
    edge = float(np.quantile(along, 0.1 + 0.8 * strength))
    cover = np.clip((edge - along) / 0.05 + 0.5, 0, 1).astype(np.float32)[..., None]
    tone = np.asarray(rng.uniform((20, 26, 30), (58, 66, 74)), np.float32)
    return 1 - cover, np.asarray((0.85 + 0.3 * y / h)[..., None] * tone * cover, np.float32)


def fog(picture: Bgr, strength: float, shot: Shot) -> Bgr:
    """Fog by distance (Koschmieder 1924): I = J * exp(-b d) + A * (1 - exp(-b d)), with A grey 205.

    The meteorological visibility 3.912 / b falls from 3,000 m at 0 to 30 m at 1, evenly on a logarithmic scale.
    """
    if strength <= 0:
        return picture
    seen = np.exp(-3.912 / visibility_m(strength) * _depth(picture, shot))[..., None]
    return _bytes(picture * seen + np.asarray((208.0, 205.0, 202.0), np.float32) * (1 - seen))


def visibility_m(strength: float) -> float:
    """The visibility that a strength of `fog` stands for, in metres."""
    return float(3_000 * (30 / 3_000) ** strength)


def _depth(picture: Bgr, shot: Shot) -> Floats:
    """The depth as given, else as over flat ground: horizon at 0.35 of the height, 8 m beneath a lens of 60 degrees."""
    if shot.depth_m is not None:
        return shot.depth_m
    h, w = picture.shape[:2]
    below = np.maximum(np.arange(h, dtype=np.float32) / h - 0.35, 0.001) * h
    return np.repeat((0.87 * w * 8 / below)[:, None], w, axis=1).astype(np.float32)


def lens_dirty(picture: Bgr, strength: float, shot: Shot) -> Bgr:
    """Drops and smears on the glass: 4 + 36 * strength blots of 8 to 40 px, each a blurred, brighter or darker patch."""
    if strength <= 0:
        return picture
    keep, add = _drops(picture.shape[:2], strength, shot.seed)
    soft = cv2.GaussianBlur(picture, (0, 0), 9 * _scale(picture))
    return _bytes(picture * keep + (soft * 0.9 + add) * (1 - keep))


@lru_cache(maxsize=MASKS_KEPT)
def _drops(size: tuple[int, int], strength: float, seed: int) -> tuple[Floats, Floats]:
    """Of dirt on the glass: what share of each pixel stays sharp, and how much brighter the rest is."""
    h, w = size
    k = w / 640
    rng = np.random.default_rng(seed)
    mask, tone = np.zeros((h, w), np.float32), np.zeros((h, w), np.float32)
    for _ in range(round(4 + 36 * strength)):
        at = (int(rng.integers(w)), int(rng.integers(h)))
        wide = int(rng.uniform(8, 40) * k)
        shape = (wide, max(int(wide * rng.uniform(0.4, 1)), 2))
        turn = float(rng.uniform(0, 180))
        cv2.ellipse(mask, at, shape, turn, 0, 360, 1.0, -1)
        cv2.ellipse(tone, at, shape, turn, 0, 360, float(rng.uniform(-26, 34)), -1)
    soft = np.asarray(cv2.GaussianBlur(mask, (0, 0), 4 * k), np.float32)[..., None]
    shade = np.asarray(cv2.GaussianBlur(tone, (0, 0), 6 * k), np.float32)[..., None]
    return 1 - soft, shade + 8


# ---------------------------------------------------------------- signal: after the sensor, before the text


def colour_cast(picture: Bgr, strength: float, shot: Shot) -> Bgr:
    """One colour too strong: its channel gains 1 + 0.5 * strength and the others lose 0.4 * strength. Red or blue, by seed."""
    red = shot.seed % 2 == 0
    high, low = 1 + 0.5 * strength, 1 - 0.4 * strength
    gains = (low, low, high) if red else (high, low, low)
    return np.asarray(cv2.transform(picture, np.diag(gains)), np.uint8)


def noise(picture: Bgr, strength: float, shot: Shot) -> Bgr:
    """Electronic noise: Gaussian of sigma 60 * strength grey levels, each channel its own."""
    h, w = picture.shape[:2]
    y, x = (int(i) for i in shot.fresh_rng().integers(0, NOISE_SHIFT_PX, 2))
    tile = _noise_tile((h, w))[y : y + h, x : x + w]
    return np.asarray(cv2.add(picture, tile * np.float32(60 * strength), dtype=cv2.CV_8U), np.uint8)


@lru_cache(maxsize=4)
def _noise_tile(size: tuple[int, int]) -> Floats:
    """Unit noise, drawn once and read from a new place for each picture."""
    shape = (size[0] + NOISE_SHIFT_PX, size[1] + NOISE_SHIFT_PX, 3)
    return np.random.default_rng(0).standard_normal(shape, dtype=np.float32)


def stripes(picture: Bgr, strength: float, shot: Shot) -> Bgr:
    """Mains hum: dark and bright bands across, 70 * strength grey levels high, drifting, 9 periods in the height."""
    rows = np.arange(picture.shape[0], dtype=np.float32) / picture.shape[0]
    wave = 70 * strength * np.sin(2 * np.pi * (9 * rows + 0.37 * shot.t_s)) ** 3
    field = np.repeat(wave[:, None], picture.shape[1], axis=1).astype(np.float32)
    return np.asarray(cv2.add(picture, cv2.merge([field, field, field]), dtype=cv2.CV_8U), np.uint8)


def black(picture: Bgr, strength: float, shot: Shot) -> Bgr:
    """No light reaches the sensor: (1 - strength)^2 of each grey level is left, and 3 levels of black noise."""
    left = cv2.convertScaleAbs(picture, alpha=(1 - strength) ** 2)
    grain = shot.fresh_rng().integers(0, 4, picture.shape, np.uint8)
    return np.asarray(cv2.add(left, grain), np.uint8)


# ---------------------------------------------------------------- stream: instead of the picture, text and all


def signal_card(picture: Bgr, strength: float, shot: Shot) -> Bgr:
    """A recorder's card in place of a lost camera; blue, grey or black by seed. Any strength above 0 shows it whole."""
    if strength <= 0:
        return picture
    h, w = picture.shape[:2]
    ground = ((168, 40, 18), (128, 128, 128), (14, 14, 14))[shot.seed % 3]
    out = np.full((h, w, 3), ground, np.uint8)
    size = w / 640 * 1.6
    text = ("NO VIDEO", "NO SIGNAL", "VIDEO LOSS")[shot.seed // 3 % 3]
    (tw, th), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, size, 3)
    cv2.putText(
        out,
        text,
        ((w - tw) // 2, (h + th) // 2),
        cv2.FONT_HERSHEY_SIMPLEX,
        size,
        (235.0, 235.0, 235.0),
        3,
        cv2.LINE_AA,
    )
    return out


def mosaic(picture: Bgr, strength: float, shot: Shot) -> Bgr:
    """Broken decoding: 0.1 + 0.5 * strength of the rows at the foot are grey or smeared, and macro-blocks stray above."""
    if strength <= 0:
        return picture
    h, w = picture.shape[:2]
    rng = shot.fresh_rng()
    out = picture.copy()
    cut = int(h * (0.9 - 0.5 * strength)) // 16 * 16
    out[cut:] = 128 if shot.seed % 2 == 0 else out[max(cut - 1, 0)]
    for _ in range(round(20 + 160 * strength)):
        size = 16 * int(rng.integers(1, 4))
        y = int(rng.integers(0, max(cut - size, 1))) // 16 * 16
        x = int(rng.integers(0, max(w - size, 1))) // 16 * 16
        fy, fx = int(rng.integers(0, max(h - size, 1))), int(rng.integers(0, max(w - size, 1)))
        stray = picture[fy : fy + size, fx : fx + size].astype(np.int16) + rng.integers(-50, 50, 3)
        out[y : y + size, x : x + size] = np.clip(stray, 0, 255)
    return out


Change = Callable[[Bgr, float, Shot], Bgr]

LENS: Final[dict[PictureFault, Change]] = {
    PictureFault.DARK: dark,
    PictureFault.OVEREXPOSED: overexposed,
    PictureFault.BLUR: blur,
    PictureFault.LOW_CONTRAST: low_contrast,
    PictureFault.OCCLUDED: occluded,
    PictureFault.FOG: fog,
    PictureFault.LENS_DIRTY: lens_dirty,
}
SIGNAL: Final[dict[PictureFault, Change]] = {
    PictureFault.COLOUR_CAST: colour_cast,
    PictureFault.NOISE: noise,
    PictureFault.STRIPES: stripes,
    PictureFault.BLACK: black,
}
STREAM: Final[dict[PictureFault, Change]] = {
    PictureFault.SIGNAL_CARD: signal_card,
    PictureFault.MOSAIC: mosaic,
}
OF_ONE_PICTURE: Final[dict[PictureFault, Change]] = {**LENS, **SIGNAL, **STREAM}


def spoil(picture: Bgr, fault: PictureFault, strength: float, shot: Shot | None = None) -> Bgr:
    """Any picture (h, w, 3) with a fault that one picture can show; the others need a scene or a clip: ValueError.

    strength: 0 to 1, its unit in the docstring of the fault's function.
    """
    if fault not in OF_ONE_PICTURE:
        raise ValueError(f"{fault.value} is seen in a scene or over time, not made from one picture")
    if not 0 <= strength <= 1:
        raise ValueError(f"strength {strength} is not in 0..1")
    return OF_ONE_PICTURE[fault](picture, strength, shot or Shot())
