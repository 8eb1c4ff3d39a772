"""The places of a city, painted: what a camera on a mast looks at, and what moves there. Nobody walks in them."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import cv2
import numpy as np

from lenskeeper.probing.simulator import sprites
from lenskeeper.probing.simulator.brushes import (
    Canvas,
    Facade,
    Ground,
    blend,
    dashes,
    ground_of,
    paint_box,
    paint_front,
    paint_ground,
    paint_lines,
    paint_ridge,
    paint_shadow,
    paint_side,
    paint_sky,
    paint_tree,
    sample,
    stripe,
    wrapped,
)
from lenskeeper.probing.simulator.sprites import Sprite


class Place(StrEnum):
    """What the camera looks at."""

    STREET = "street"
    JUNCTION = "junction"
    RIVER_BANK = "river_bank"
    PLATFORM = "platform"
    CAR_PARK = "car_park"
    MOTORWAY = "motorway"


@dataclass(frozen=True, slots=True)
class Mover:
    """A sprite that goes to and fro for ever between two points of the world, X and Z in metres, at metres a second."""

    sprite: Sprite
    start: tuple[float, float]
    end: tuple[float, float]
    speed_m_s: float
    offset_m: float

    def at(self, t_s: float) -> tuple[float, float]:
        """(X, Z) at `t_s`; from the end it begins anew at the start."""
        span = float(np.hypot(self.end[0] - self.start[0], self.end[1] - self.start[1]))
        k = ((self.offset_m + self.speed_m_s * t_s) % span) / span
        return self.start[0] + k * (self.end[0] - self.start[0]), self.start[1] + k * (
            self.end[1] - self.start[1]
        )


def _mast(canvas: Canvas, x_m: float, z_m: float, tall_m: float, arm_m: float = 1.8) -> None:
    """A lamp post with its arm reaching over the road."""
    paint_box(
        canvas, x_m=x_m, z_m=z_m, wide_m=0.16, from_up_m=0, to_up_m=tall_m, colour=(112.0, 112.0, 108.0)
    )
    inward = -np.sign(x_m) * arm_m
    paint_box(
        canvas,
        x_m=x_m + inward / 2,
        z_m=z_m,
        wide_m=arm_m,
        from_up_m=tall_m - 0.12,
        to_up_m=tall_m,
        colour=(112.0, 112.0, 108.0),
    )
    paint_box(
        canvas,
        x_m=x_m + inward,
        z_m=z_m,
        wide_m=0.7,
        from_up_m=tall_m - 0.3,
        to_up_m=tall_m - 0.08,
        colour=(196.0, 200.0, 200.0),
    )


def _fence(canvas: Canvas, *, from_x_m: float, to_x_m: float, z_m: float, tall_m: float = 1.1) -> None:
    """Posts and two rails across the view: a near edge, which fog leaves standing."""
    for x in np.arange(from_x_m, to_x_m, 1.5):
        paint_box(
            canvas, x_m=float(x), z_m=z_m, wide_m=0.07, from_up_m=0, to_up_m=tall_m, colour=(74.0, 76.0, 78.0)
        )
    middle, wide = (from_x_m + to_x_m) / 2, to_x_m - from_x_m
    for up in (0.45, 1.0):
        paint_box(
            canvas,
            x_m=middle,
            z_m=z_m,
            wide_m=wide,
            from_up_m=up,
            to_up_m=up + 0.07,
            colour=(88.0, 90.0, 92.0),
        )


def _sky(canvas: Canvas) -> None:
    cloud = float(canvas.rng.uniform(0.25, 0.75))
    deep = float(canvas.rng.uniform(0.75, 1.05))
    paint_sky(canvas, zenith=(196 * deep, 146 * deep, 96 * deep), low=(226.0, 216.0, 204.0), cloud=cloud)


def _parked(canvas: Canvas, ground: Ground, x_m: float, z_m: float) -> None:
    shape = sprites.car(canvas.rng)
    paint_shadow(ground, x_m=x_m, z_m=z_m, wide_m=1.6, deep_m=2.6)
    u, v = canvas.where(x_m, 0, z_m)
    wide = shape.wide_m * canvas.focal_px / z_m
    sprites.lay(canvas.picture, shape, centre_px=u, foot_px=v, wide_px=wide)
    tall = wide * shape.bgr.shape[0] / shape.bgr.shape[1]
    h, w = canvas.size
    rows = slice(max(int(v - tall), 0), max(min(int(v), h), 0))
    canvas.depth_m[rows, max(int(u - wide / 2), 0) : max(min(int(u + wide / 2), w), 0)] = z_m


def _lanes(
    canvas: Canvas, *, lanes: tuple[float, ...], far_m: float, speed_m_s: float, each: int = 2
) -> list[Mover]:
    """Traffic: on lanes with X > 0 it goes away, on the others it comes."""
    out = []
    for x in lanes:
        for i in range(each):
            ends = ((x, 9.0), (x, far_m)) if x > 0 else ((x, far_m), (x, 9.0))
            span = far_m - 9.0
            offset = span * (i + float(canvas.rng.uniform(0.1, 0.9))) / each
            out.append(
                Mover(
                    sprites.car(canvas.rng), *ends, speed_m_s * float(canvas.rng.uniform(0.85, 1.15)), offset
                )
            )
    return out


def _brick(canvas: Canvas, light: float) -> Facade:
    colours = [
        (118.0, 142.0, 168.0),
        (150.0, 164.0, 172.0),
        (92.0, 110.0, 150.0),
        (176.0, 184.0, 186.0),
        (128.0, 132.0, 134.0),
    ]
    canvas.rng.shuffle(colours)
    return Facade(
        tuple(colours),
        low_m=float(canvas.rng.uniform(7, 10)),
        high_m=float(canvas.rng.uniform(14, 22)),
        light=light,
    )


def _street(canvas: Canvas) -> list[Mover]:
    _sky(canvas)
    paint_ridge(canvas, depth_m=1_500, rise=(0.03, 0.11), colour=(150.0, 142.0, 132.0))
    ground = ground_of(canvas)
    half = float(canvas.rng.uniform(5.5, 7.0))
    wall = half + 4.5
    paint_ground(ground, np.abs(ground.x_m) < 400, (116.0, 122.0, 126.0), rough=0.13, texel_m=0.06)
    paint_ground(ground, np.abs(ground.x_m) < half, (84.0, 84.0, 82.0), rough=0.12)
    paint_ground(
        ground,
        stripe(ground, np.abs(ground.x_m), centre_m=half + 0.15, width_m=0.3),
        (150.0, 154.0, 156.0),
        rough=0.1,
    )
    paint_lines(
        ground,
        stripe(ground, ground.x_m, centre_m=0, width_m=0.15) * dashes(ground.z_m, period_m=6, drawn_m=3),
    )
    paint_lines(ground, stripe(ground, np.abs(ground.x_m), centre_m=half - 0.5, width_m=0.12))
    zebra = (np.abs(ground.z_m - 24) < 1.8) & (np.abs(ground.x_m) < half - 0.6)
    paint_lines(ground, zebra * dashes(ground.x_m, period_m=1.0, drawn_m=0.5))
    paint_front(canvas, _brick(canvas, 0.9), z_m=190, from_m=-60, to_m=60)
    paint_side(canvas, _brick(canvas, 0.62), x_m=-wall, from_m=8, to_m=185)
    paint_side(canvas, _brick(canvas, 1.08), x_m=wall, from_m=8, to_m=185)
    shade = np.clip((wall * 0.35 - (ground.x_m + wall)) / 1.5, 0, 1) * ground.on * (np.abs(ground.x_m) < wall)
    ground.canvas.picture *= 1 - 0.45 * (shade * (ground.canvas.depth_m >= ground.z_m - 1))[..., None]
    for z in (120.0, 88.0, 60.0, 40.0, 27.0):
        side = half + 1.2
        paint_tree(
            canvas,
            x_m=side + 1.3,
            z_m=z,
            tall_m=float(canvas.rng.uniform(5.5, 8)),
            hue=float(canvas.rng.uniform(0, 0.35)),
        )
        _mast(canvas, -side, z * 0.93, 7.5)
        if canvas.rng.random() < 0.8:
            _parked(canvas, ground, half - 1.3, z * 0.86)
    return _lanes(canvas, lanes=(-half * 0.45, half * 0.32), far_m=150, speed_m_s=9)


def _junction(canvas: Canvas) -> list[Mover]:
    _sky(canvas)
    ground = ground_of(canvas)
    paint_ground(ground, np.abs(ground.x_m) < 400, (118.0, 122.0, 126.0), rough=0.12, texel_m=0.05)
    road = (np.abs(ground.x_m) < 7) | (np.abs(ground.z_m - 34) < 8)
    paint_ground(ground, road, (82.0, 80.0, 78.0), rough=0.12)
    for z in (23.5, 45.0):
        zebra = (np.abs(ground.z_m - z) < 1.6) & (np.abs(ground.x_m) < 6.6)
        paint_lines(ground, zebra * dashes(ground.x_m, period_m=1.1, drawn_m=0.55))
    for x in (-9.0, 9.0):
        cross = (np.abs(ground.x_m - x) < 1.5) & (np.abs(ground.z_m - 34) < 7.4)
        paint_lines(ground, cross * dashes(ground.z_m, period_m=1.1, drawn_m=0.55))
    ahead = (ground.z_m < 21) | (ground.z_m > 47)
    paint_lines(ground, stripe(ground, ground.x_m, centre_m=0, width_m=0.18) * ahead)
    paint_lines(
        ground,
        stripe(ground, np.abs(ground.x_m), centre_m=3.5, width_m=0.12)
        * dashes(ground.z_m, period_m=4, drawn_m=2)
        * ahead,
    )
    paint_front(canvas, _brick(canvas, 0.85), z_m=160, from_m=-90, to_m=90)
    paint_side(canvas, _brick(canvas, 1.05), x_m=14.5, from_m=52, to_m=158)
    paint_side(canvas, _brick(canvas, 0.65), x_m=-14.5, from_m=52, to_m=158)
    paint_front(canvas, _brick(canvas, 0.95), z_m=52, from_m=-70, to_m=-14.5)
    paint_front(canvas, _brick(canvas, 1.0), z_m=52, from_m=14.5, to_m=70)
    for x, z in ((-11.5, 47.0), (11.5, 46.0), (-16.0, 48.0), (18.0, 49.0), (10.5, 22.0), (-10.5, 22.0)):
        if z > 40:
            paint_tree(canvas, x_m=x * 1.6, z_m=z, tall_m=float(canvas.rng.uniform(5, 7.5)))
        paint_box(
            canvas, x_m=x * 0.78, z_m=z, wide_m=0.14, from_up_m=0, to_up_m=4.2, colour=(92.0, 94.0, 94.0)
        )
        paint_box(
            canvas, x_m=x * 0.78, z_m=z, wide_m=0.42, from_up_m=3.1, to_up_m=4.3, colour=(34.0, 36.0, 36.0)
        )
        paint_box(
            canvas, x_m=x * 0.78, z_m=z, wide_m=0.24, from_up_m=3.95, to_up_m=4.18, colour=(60.0, 60.0, 215.0)
        )
    movers = _lanes(canvas, lanes=(-5.0, -1.9, 1.9, 5.0), far_m=140, speed_m_s=8, each=1)
    for z, ends in ((30.0, (-45.0, 45.0)), (38.0, (52.0, -52.0))):
        movers.append(
            Mover(sprites.car(canvas.rng), (ends[0], z), (ends[1], z), 8.5, float(canvas.rng.uniform(0, 90)))
        )
    return movers


def _river_bank(canvas: Canvas) -> list[Mover]:
    _sky(canvas)
    far = 170.0
    paint_ridge(canvas, depth_m=4_000, rise=(0.03, 0.10), colour=(176.0, 160.0, 142.0), rough=0.05)
    ground = ground_of(canvas)
    paint_ground(ground, ground.z_m > far, (92.0, 116.0, 104.0), rough=0.15, texel_m=0.2)
    paint_front(canvas, _brick(canvas, 0.95), z_m=far + 40, from_m=-260, to_m=260)
    for x in np.arange(-130, 130, 8.5):
        paint_tree(
            canvas,
            x_m=float(x + canvas.rng.uniform(-3, 3)),
            z_m=far + 12,
            tall_m=float(canvas.rng.uniform(6, 12)),
        )
    paint_front(
        canvas,
        Facade(((128.0, 134.0, 136.0),), low_m=2.4, high_m=2.4, floor_m=30, bay_m=9),
        z_m=far,
        from_m=-300,
        to_m=300,
    )
    bank = 19.0 + 1.5 * np.sin(ground.x_m / 14)
    wet = ((ground.z_m < far) & (ground.z_m > bank)).astype(np.float32) * ground.on
    rows = np.arange(ground.canvas.size[0]) + int(canvas.horizon_px)
    above = canvas.picture[np.clip((2 * canvas.horizon_px - rows).astype(int), 0, canvas.size[0] - 1)]
    mirrored = cv2.GaussianBlur(above, (0, 0), sigmaX=canvas.size[1] / 500, sigmaY=canvas.size[0] / 60)
    wave = sample(canvas.tiles[0], ground.x_m * 2.6, ground.z_m * 6) * np.clip(1.2 / ground.detail, 0.12, 1)
    wave += 0.7 * sample(canvas.tiles[1], ground.x_m * 0.5, ground.z_m * 1.7)
    tone = 0.3 + 0.4 * np.clip(ground.z_m / far, 0, 1)[..., None]
    water = tone * mirrored + (1 - tone) * np.asarray((88.0, 98.0, 84.0), np.float32)
    blend(ground.canvas, wet, np.asarray(water * (1 + 0.09 * wave[..., None]), np.float32), ground.z_m)
    np.maximum(ground.canvas.sway, wet * np.clip(3 / ground.detail, 0.2, 1), out=ground.canvas.sway)
    shore = ((ground.z_m <= bank) & ground.on).astype(np.float32)
    paint_ground(ground, shore, (128.0, 136.0, 140.0), rough=0.16, texel_m=0.05)
    slabs = shore * np.maximum(
        stripe(ground, wrapped(ground.x_m, 1.2), centre_m=0.6, width_m=0.05),
        stripe(ground, wrapped(ground.z_m, 1.2), centre_m=0.6, width_m=0.05),
    )
    ground.canvas.picture *= 1 - 0.3 * slabs[..., None]
    _fence(canvas, from_x_m=-16, to_x_m=16, z_m=17.0)
    gauge_x = float(canvas.rng.uniform(2.5, 4.5))
    for i in range(8):  # a water gauge: black and white marks
        tone_ = 228.0 if i % 2 else 24.0
        paint_box(
            canvas,
            x_m=gauge_x,
            z_m=20.5,
            wide_m=0.35,
            from_up_m=i * 0.3,
            to_up_m=(i + 1) * 0.3,
            colour=(tone_, tone_, tone_),
        )
    _mast(canvas, -6.5, 15.5, 5.2, 0.9)
    return [
        Mover(sprites.boat(canvas.rng), (-95.0, 84.0), (95.0, 84.0), 3.4, float(canvas.rng.uniform(50, 120))),
        Mover(
            sprites.boat(canvas.rng), (110.0, 128.0), (-110.0, 128.0), 2.6, float(canvas.rng.uniform(50, 150))
        ),
    ]


def _platform(canvas: Canvas) -> list[Mover]:
    _sky(canvas)
    paint_ridge(canvas, depth_m=900, rise=(0.02, 0.09), colour=(110.0, 122.0, 112.0), rough=0.5)
    ground = ground_of(canvas)
    paint_ground(ground, np.abs(ground.x_m) < 400, (96.0, 110.0, 108.0), rough=0.16, texel_m=0.2)
    ballast = np.abs(ground.x_m - 0.6) < 7
    paint_ground(ground, ballast, (92.0, 98.0, 106.0), rough=0.26, texel_m=0.035)
    for track in (-2.2, 2.8):
        near = np.abs(ground.x_m - track)
        sleepers = (
            (near < 1.25)
            * dashes(ground.z_m, period_m=0.65, drawn_m=0.27)
            * np.clip(0.4 / ground.detail, 0, 1)
        )
        paint_ground(ground, sleepers * 0.8, (112.0, 118.0, 120.0), rough=0.12)
        paint_ground(
            ground,
            stripe(ground, near, centre_m=0.72, width_m=0.09),
            (176.0, 180.0, 184.0),
            rough=0.06,
        )
    slab = (ground.x_m < -4.6) & (ground.x_m > -13)
    paint_ground(ground, slab, (148.0, 152.0, 154.0), rough=0.08, texel_m=0.04)
    paint_lines(ground, stripe(ground, ground.x_m, centre_m=-5.4, width_m=0.18), worn=0.15)
    paint_ground(
        ground, stripe(ground, ground.x_m, centre_m=-4.6, width_m=0.3), (60.0, 62.0, 64.0), rough=0.1
    )
    tiles = (
        slab
        * stripe(ground, wrapped(ground.z_m, 0.9), centre_m=0.45, width_m=0.04)
        * np.clip(0.5 / ground.detail, 0, 1)
    )
    ground.canvas.picture *= 1 - 0.25 * tiles[..., None]
    paint_side(canvas, _brick(canvas, 0.75), x_m=-13.2, from_m=9, to_m=160)
    paint_side(
        canvas,
        Facade(((120.0, 132.0, 138.0),), low_m=2.6, high_m=2.6, bay_m=40, floor_m=30),
        x_m=8.4,
        from_m=9,
        to_m=400,
    )
    for z in (110.0, 80.0, 58.0, 42.0, 30.0, 22.0):
        paint_tree(canvas, x_m=12.5, z_m=z * 1.05, tall_m=float(canvas.rng.uniform(4, 8)))
        paint_box(canvas, x_m=-9.0, z_m=z, wide_m=0.28, from_up_m=0, to_up_m=4.6, colour=(120.0, 104.0, 84.0))
        paint_box(canvas, x_m=-9.2, z_m=z, wide_m=7.6, from_up_m=4.5, to_up_m=4.8, colour=(92.0, 96.0, 100.0))
        paint_box(
            canvas, x_m=7.4, z_m=z * 0.97, wide_m=0.2, from_up_m=0, to_up_m=7.2, colour=(98.0, 100.0, 100.0)
        )
        paint_box(
            canvas,
            x_m=2.9,
            z_m=z * 0.97,
            wide_m=9.2,
            from_up_m=6.7,
            to_up_m=6.84,
            colour=(98.0, 100.0, 100.0),
        )
    paint_box(canvas, x_m=-7.6, z_m=26, wide_m=2.4, from_up_m=2.6, to_up_m=3.4, colour=(150.0, 70.0, 30.0))
    return [
        Mover(sprites.train(canvas.rng), (2.8, 420.0), (2.8, 10.0), 14.0, float(canvas.rng.uniform(180, 330)))
    ]


def _car_park(canvas: Canvas) -> list[Mover]:
    _sky(canvas)
    paint_ridge(canvas, depth_m=1_200, rise=(0.05, 0.14), colour=(126.0, 130.0, 118.0), rough=0.3)
    ground = ground_of(canvas)
    paint_ground(ground, np.abs(ground.x_m) < 400, (70.0, 104.0, 88.0), rough=0.24, texel_m=0.05)
    paved = (np.abs(ground.x_m) < 34) & (ground.z_m < 96)
    paint_ground(ground, paved, (104.0, 102.0, 100.0), rough=0.13)
    paint_front(canvas, _brick(canvas, 1.0), z_m=130, from_m=-20, to_m=90)
    for x in np.arange(-70, 75, 9.0):
        paint_tree(
            canvas,
            x_m=float(x + canvas.rng.uniform(-2, 2)),
            z_m=101,
            tall_m=float(canvas.rng.uniform(5, 10)),
            hue=float(canvas.rng.uniform(0, 0.5)),
        )
    rows = (84.0, 66.0, 49.0, 34.0, 22.0)
    for z in rows:
        bay = (np.abs(ground.z_m - z) < 2.5) & (np.abs(ground.x_m) < 32) & (np.abs(ground.x_m) > 3.6)
        paint_lines(ground, bay * stripe(ground, wrapped(ground.x_m, 2.6), centre_m=1.3, width_m=0.12))
        for x in np.arange(-31.2, 32, 2.6):
            if (
                abs(x) > 4.5
                and abs(x) * canvas.focal_px / z < canvas.size[1] * 0.55
                and canvas.rng.random() < 0.55
            ):
                _parked(canvas, ground, float(x), z - 1.8)
        _mast(canvas, 3.8 if z in rows[::2] else -3.8, z, 6.5, 1.2)
    _fence(canvas, from_x_m=-12, to_x_m=-4, z_m=16.0)
    return _lanes(canvas, lanes=(-1.7, 1.9), far_m=95, speed_m_s=4, each=1)


def _motorway(canvas: Canvas) -> list[Mover]:
    _sky(canvas)
    paint_ridge(canvas, depth_m=3_000, rise=(0.02, 0.12), colour=(166.0, 154.0, 138.0), rough=0.05)
    paint_ridge(canvas, depth_m=900, rise=(0.01, 0.05), colour=(96.0, 112.0, 98.0), rough=0.5)
    ground = ground_of(canvas)
    paint_ground(ground, np.abs(ground.x_m) < 2_000, (74.0, 112.0, 98.0), rough=0.26, texel_m=0.08)
    for side in (-1.0, 1.0):
        own = ground.x_m * side
        paint_ground(ground, (own > 2) & (own < 16.5), (104.0, 104.0, 102.0), rough=0.1)
        for lane, drawn in ((2.6, 9.0), (6.3, 4.0), (10.0, 4.0), (13.7, 9.0)):
            line = stripe(ground, own, centre_m=lane, width_m=0.16) * dashes(
                ground.z_m, period_m=9, drawn_m=drawn
            )
            paint_lines(ground, line)
    for x in np.arange(-90, 95, 6.0):
        if abs(x) > 20:
            paint_tree(
                canvas,
                x_m=float(x),
                z_m=float(canvas.rng.uniform(80, 200)),
                tall_m=float(canvas.rng.uniform(5, 11)),
            )
    for z in np.geomspace(260, 14, 44):
        for x in (-17.4, -0.9, 0.9, 17.4):
            paint_box(
                canvas,
                x_m=x,
                z_m=float(z),
                wide_m=0.18,
                from_up_m=0,
                to_up_m=0.8,
                colour=(138.0, 140.0, 142.0),
            )
    for x in (-17.4, -0.9, 0.9, 17.4):
        rail = stripe(ground, ground.x_m, centre_m=x, width_m=0.55)
        paint_ground(ground, rail, (158.0, 162.0, 164.0), rough=0.06)
    for z in (150.0, 55.0):
        paint_box(
            canvas, x_m=-18.5, z_m=z, wide_m=0.5, from_up_m=0, to_up_m=8.4, colour=(120.0, 122.0, 122.0)
        )
        paint_box(canvas, x_m=0.0, z_m=z, wide_m=0.5, from_up_m=0, to_up_m=8.4, colour=(120.0, 122.0, 122.0))
        paint_box(
            canvas, x_m=-9.2, z_m=z, wide_m=18.6, from_up_m=7.6, to_up_m=8.3, colour=(132.0, 134.0, 134.0)
        )
        paint_box(canvas, x_m=-8.0, z_m=z, wide_m=6.4, from_up_m=5.4, to_up_m=8.0, colour=(140.0, 84.0, 28.0))
    return _lanes(canvas, lanes=(-12.0, -8.2, -4.4, 4.4, 8.2, 12.0), far_m=280, speed_m_s=24, each=1)


PAINTERS: Final[dict[Place, Callable[[Canvas], list[Mover]]]] = {
    Place.STREET: _street,
    Place.JUNCTION: _junction,
    Place.RIVER_BANK: _river_bank,
    Place.PLATFORM: _platform,
    Place.CAR_PARK: _car_park,
    Place.MOTORWAY: _motorway,
}
HEIGHTS_M: Final = {
    Place.STREET: 6.5,
    Place.JUNCTION: 8.0,
    Place.RIVER_BANK: 6.0,
    Place.PLATFORM: 5.5,
    Place.CAR_PARK: 9.0,
    Place.MOTORWAY: 9.5,
}
