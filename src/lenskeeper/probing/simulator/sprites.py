"""Things that move: vehicles and boats, drawn once and laid over a picture at any size."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Bgr = npt.NDArray[np.uint8]
Alpha = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Sprite:
    """A drawing with its coverage: bgr (h, w, 3), alpha (h, w) in 0..1, and how wide it is in the world."""

    bgr: Bgr
    alpha: Alpha
    wide_m: float


def _finish(bgr: Bgr, mask: Bgr, wide_m: float, rng: np.random.Generator) -> Sprite:
    grain = rng.normal(0, 5, bgr.shape[:2]).astype(np.float32)
    soft = np.asarray(cv2.GaussianBlur(grain, (0, 0), 1.2), np.float32) * 2
    h = bgr.shape[0]
    shade = np.linspace(1.12, 0.78, h, dtype=np.float32)[:, None, None]
    lit = np.clip(bgr.astype(np.float32) * shade + soft[..., None], 0, 255).astype(np.uint8)
    alpha = cv2.GaussianBlur(mask.astype(np.float32) / 255, (0, 0), 0.8)
    return Sprite(lit, np.asarray(alpha, np.float32), wide_m)


def car(rng: np.random.Generator) -> Sprite:
    """A car from behind or before, 120 x 104 px, with the shadow it stands in."""
    w, h = 120, 104
    paint = [
        (205, 205, 208),
        (60, 58, 56),
        (120, 118, 116),
        (70, 60, 150),
        (140, 92, 50),
        (36, 36, 40),
        (90, 110, 60),
    ]
    body = tuple(float(c) * float(rng.uniform(0.85, 1.1)) for c in paint[int(rng.integers(len(paint)))])
    bgr = np.full((h, w, 3), 28, np.uint8)
    mask = np.zeros((h, w), np.uint8)
    cv2.ellipse(mask, (60, 95), (57, 8), 0, 0, 360, 150.0, -1)
    hull = np.array(
        [(8, 88), (8, 52), (22, 46), (34, 14), (86, 14), (98, 46), (112, 52), (112, 88)], np.int32
    )
    cv2.fillPoly(bgr, [hull], body)
    cv2.fillPoly(mask, [hull], 255.0)
    pane = np.array([(29, 44), (38, 19), (82, 19), (91, 44)], np.int32)
    cv2.fillPoly(bgr, [pane], (64.0, 54.0, 46.0))
    cv2.line(bgr, (34, 40), (60, 22), (118.0, 108.0, 96.0), 3)
    lamp = (50.0, 50.0, 190.0) if rng.random() < 0.5 else (205.0, 222.0, 228.0)
    for x in (10, 92):
        cv2.rectangle(bgr, (x, 56), (x + 17, 64), lamp, -1)
    cv2.rectangle(bgr, (44, 66), (76, 74), (190.0, 190.0, 190.0), -1)  # nothing is written on it
    cv2.line(bgr, (8, 79), (112, 79), tuple(c * 0.6 for c in body), 2)
    for x in (12, 88):
        cv2.rectangle(bgr, (x, 84), (x + 20, 98), (24.0, 24.0, 24.0), -1)
        cv2.rectangle(mask, (x, 84), (x + 20, 98), 255.0, -1)
    return _finish(bgr, mask, 1.9, rng)


def train(rng: np.random.Generator) -> Sprite:
    """A regional train from the front, 130 x 170 px."""
    w, h = 130, 170
    bgr = np.full((h, w, 3), 70, np.uint8)
    mask = np.zeros((h, w), np.uint8)
    tint = (float(rng.integers(30, 170)), float(rng.integers(40, 120)), float(rng.integers(40, 190)))
    front = np.array([(10, 156), (8, 50), (26, 14), (104, 14), (122, 50), (120, 156)], np.int32)
    cv2.fillPoly(bgr, [front], tint)
    cv2.fillPoly(mask, [front], 255.0)
    cv2.fillPoly(
        bgr,
        [np.array([(20, 82), (20, 52), (34, 26), (96, 26), (110, 52), (110, 82)], np.int32)],
        (48.0, 42.0, 36.0),
    )
    cv2.line(bgr, (30, 76), (58, 32), (110.0, 102.0, 92.0), 4)
    cv2.rectangle(bgr, (9, 96), (121, 112), (214.0, 216.0, 216.0), -1)
    for x in (20, 96):
        cv2.rectangle(bgr, (x, 120), (x + 14, 130), (210.0, 236.0, 244.0), -1)
    cv2.rectangle(bgr, (16, 142), (114, 160), (36.0, 36.0, 38.0), -1)
    cv2.rectangle(mask, (16, 142), (114, 164), 255.0, -1)
    return _finish(bgr, mask, 3.0, rng)


def boat(rng: np.random.Generator) -> Sprite:
    """A cargo boat from the side, 220 x 70 px."""
    w, h = 220, 70
    bgr = np.full((h, w, 3), 60, np.uint8)
    mask = np.zeros((h, w), np.uint8)
    hull = np.array([(4, 40), (216, 36), (206, 60), (16, 62)], np.int32)
    tint = (float(rng.integers(40, 110)), float(rng.integers(40, 80)), float(rng.integers(40, 120)))
    for shape, colour in (
        (hull, tint),
        (np.array([(150, 38), (150, 12), (196, 12), (196, 37)], np.int32), (205.0, 208.0, 210.0)),
        (np.array([(20, 40), (20, 28), (138, 26), (138, 39)], np.int32), (70.0, 110.0, 150.0)),
    ):
        cv2.fillPoly(bgr, [shape], colour)
        cv2.fillPoly(mask, [shape], 255.0)
    for x in range(154, 192, 10):
        cv2.rectangle(bgr, (x, 17), (x + 6, 24), (50.0, 45.0, 40.0), -1)
    cv2.line(bgr, (6, 52), (210, 49), (210.0, 210.0, 210.0), 2)
    return _finish(bgr, mask, 26.0, rng)


def lay(
    picture: Bgr | npt.NDArray[np.float32],
    sprite: Sprite,
    *,
    centre_px: float,
    foot_px: float,
    wide_px: float,
    light: float = 1.0,
) -> None:
    """Lay a sprite over a picture of bytes or of floats in place, its foot at (centre_px, foot_px), at least 3 px wide."""
    w = round(wide_px)
    h = round(wide_px * sprite.bgr.shape[0] / sprite.bgr.shape[1])
    left, top = round(centre_px - w / 2), round(foot_px) - h
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = min(left + w, picture.shape[1]), min(top + h, picture.shape[0])
    if w < 3 or h < 2 or x0 >= x1 or y0 >= y1:
        return
    way = cv2.INTER_AREA if w < sprite.bgr.shape[1] else cv2.INTER_LINEAR
    bgr = cv2.resize(sprite.bgr, (w, h), interpolation=way)[y0 - top : y1 - top, x0 - left : x1 - left]
    alpha = cv2.resize(sprite.alpha, (w, h), interpolation=way)[
        y0 - top : y1 - top, x0 - left : x1 - left, None
    ]
    part = picture[y0:y1, x0:x1]
    part[:] = part * (1 - alpha) + bgr.astype(np.float32) * (alpha * light)
