"""A road of our own making, and what can happen to a picture of it."""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from lenskeeper.diagnosis.checks import measure
from lenskeeper.diagnosis.figures import Figures
from lenskeeper.pictures.planes import Planes

Bgr = NDArray[np.uint8]
SIZE = (480, 270)


def fractal(rng: np.random.Generator, height: int, width: int, slope: float = 1.1) -> NDArray[np.float32]:
    """Texture with a 1/f spectrum, as nature has it; mean 0, standard deviation 1."""
    fy, fx = np.meshgrid(np.fft.fftfreq(height), np.fft.rfftfreq(width), indexing="ij")
    weight = 1 / np.maximum(np.hypot(fx, fy), 1 / max(height, width)) ** slope
    wave = np.fft.irfft2(weight * np.exp(2j * np.pi * rng.random(weight.shape)), s=(height, width))
    texture: NDArray[np.float32] = ((wave - wave.mean()) / wave.std()).astype(np.float32)
    return texture


@lru_cache(maxsize=32)
def a_road(seed: int = 1, size: tuple[int, int] = SIZE, margin: int = 0) -> Bgr:
    """Sky, a hill, fields, a grey road with markings, masts and boxes; `margin` more pixels on each side."""
    width, height = size[0] + 2 * margin, size[1] + 2 * margin
    rng = np.random.default_rng(seed)
    horizon = int(height * rng.uniform(0.28, 0.36))
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    grain = fractal(rng, height, width, 0.9)
    out = np.empty((height, width, 3), np.float32)
    out[:] = (225, 218, 210)
    out[horizon:] = np.array([70, 110, 95], np.float32) + 26 * grain[horizon:, :, None]
    depth = np.clip((y - horizon) / (height - horizon), 0, 1)
    road = np.abs(x - width * 0.5 - 30 * depth) < (0.03 + 0.42 * depth) * width
    road &= y > horizon
    out[road] = 105 + 7 * grain[road][:, None]
    lane = (x - width * 0.5 - 30 * depth) / ((0.03 + 0.42 * depth) * width)
    marks = road & ((np.abs(np.abs(lane) - 0.9) < 0.03) | ((np.abs(lane) < 0.02) & ((y // 9) % 2 > 0)))
    out[marks] = 210
    for _ in range(60):
        w, h = int(rng.integers(4, 26)), int(rng.integers(5, 40))
        left = int(rng.integers(0, width - w))
        foot = int(rng.integers(horizon + 2, height))
        tone = float(rng.uniform(20, 190))
        out[max(foot - h, 0) : foot, left : left + w] = tone + rng.uniform(-25, 25, 3)
    return np.clip(out, 0, 255).astype(np.uint8)


def written(picture: Bgr, clock: str = "2026-06-15 12:04:07", name: str = "Gate 3") -> Bgr:
    """Clock and name burned in, white with a dark outline."""
    out = picture.copy()
    size = out.shape[1] / 640 * 0.58
    dark, light = max(round(size * 6), 3), max(round(size * 2), 1)
    spots = (
        (clock, (round(out.shape[1] * 0.02), round(out.shape[0] * 0.07))),
        (name, (out.shape[1] * 3 // 4, round(out.shape[0] * 0.96))),
    )
    for text, at in spots:
        if text:
            cv2.putText(out, text, at, cv2.FONT_HERSHEY_SIMPLEX, size, (16.0, 16.0, 16.0), dark, cv2.LINE_8)
            cv2.putText(
                out, text, at, cv2.FONT_HERSHEY_SIMPLEX, size, (250.0, 250.0, 250.0), light, cv2.LINE_8
            )
    return out


def noisy(picture: Bgr, sigma: float = 2.0, seed: int = 0) -> Bgr:
    """With the noise of a sensor, new for each seed."""
    grain = np.random.default_rng(seed).normal(0, sigma, picture.shape)
    return np.clip(picture + grain, 0, 255).astype(np.uint8)


def blurred(picture: Bgr, sigma: float) -> Bgr:
    """Out of focus."""
    if sigma <= 0:
        return picture
    soft: Bgr = cv2.GaussianBlur(picture, (0, 0), sigma).astype(np.uint8)
    return soft


def foggy(picture: Bgr, visibility: float) -> Bgr:
    """Koschmieder over flat ground; visibility in units of the distance at the foot of the picture."""
    height = picture.shape[0]
    below = np.maximum(np.arange(height) / height - 0.3, 0.01) / 0.7
    seen = np.exp(-3.9 / visibility / below)[:, None, None]
    thin: Bgr = np.clip(picture * seen + 200 * (1 - seen), 0, 255).astype(np.uint8)
    return thin


def planes_of(picture: Bgr, *, reduced_by: int = 4, errors: int = 0, colour: bool = True) -> Planes:
    """As the room of pictures hands it on."""
    yuv = cv2.cvtColor(picture, cv2.COLOR_BGR2YCrCb).astype(np.uint8)
    luma = np.ascontiguousarray(yuv[..., 0])
    return Planes(
        fine=luma,
        smooth=luma,
        u=np.ascontiguousarray(yuv[::2, ::2, 2]) if colour else None,
        v=np.ascontiguousarray(yuv[::2, ::2, 1]) if colour else None,
        width_px=picture.shape[1] * reduced_by,
        height_px=picture.shape[0] * reduced_by,
        reduced_by=reduced_by,
        decoder_errors=errors,
    )


def figures_of(picture: Bgr, *, errors: int = 0) -> Figures:
    """Measured, as seen by a sensor with a little noise."""
    return measure(planes_of(picture, errors=errors))
