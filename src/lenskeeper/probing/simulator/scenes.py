"""Scenes of a city as its cameras see them: painted by us from a seed, nobody in them.

A scene is painted once, on a plate larger than the picture, so that a camera that was knocked aside sees
what truly stands beside its old view. Every look at it then costs a copy, the things that move, and a crop.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from lenskeeper.probing.simulator import sprites
from lenskeeper.probing.simulator.brushes import (
    Canvas,
    Facade,
    Floats,
    Ground,
    dashes,
    ground_of,
    new_canvas,
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
)
from lenskeeper.probing.simulator.sprites import Bgr, Sprite

MARGIN: Final = 0.15  # of the picture's width and height, on every side of the plate
SUPERSAMPLE_BELOW_PX: Final = (
    1_300  # plates narrower than this are painted at twice the size: edges as a lens gives them
)


class Place(StrEnum):
    """What the camera looks at."""

    STREET = "street"
    JUNCTION = "junction"
    RIVER_BANK = "river_bank"
    PLATFORM = "platform"
    CAR_PARK = "car_park"
    MOTORWAY = "motorway"


class Light(StrEnum):
    """The hour: colour by day and at dusk, monochrome by the camera's own infra-red lamps at night."""

    DAY = "day"
    DUSK = "dusk"
    NIGHT = "night"


@dataclass(frozen=True, slots=True)
class View:
    """Where the camera points, against where it was mounted: shifts in shares of width and height, roll in degrees."""

    right: float = 0.0
    down: float = 0.0
    roll_deg: float = 0.0


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


@dataclass(frozen=True, slots=True)
class Scene:
    """A painted place. `size` is (width, height) of the picture; plate and depth reach MARGIN further."""

    place: Place
    light: Light
    size: tuple[int, int]
    plate: Bgr = field(repr=False)
    depth_m: Floats = field(repr=False)
    ripple: tuple[Floats, Floats] = field(repr=False)  # what leaves and water add, drifting across each other
    movers: tuple[Mover, ...] = field(repr=False)
    eye: tuple[float, float, float, float]  # focal_px, centre_px, horizon_px of the plate, height_m


# ---------------------------------------------------------------- the places


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
    paint_shadow(canvas, ground, x_m=x_m, z_m=z_m, wide_m=1.6, deep_m=2.6)
    u, v = canvas.where(x_m, 0, z_m)
    wide = shape.wide_m * canvas.focal_px / z_m
    small = np.clip(canvas.picture, 0, 255).astype(np.uint8)
    sprites.lay(small, shape, centre_px=u, foot_px=v, wide_px=wide)
    canvas.picture[:] = small
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
    paint_ground(canvas, ground, np.abs(ground.x_m) < 400, (116.0, 122.0, 126.0), rough=0.13, texel_m=0.06)
    paint_ground(canvas, ground, np.abs(ground.x_m) < half, (84.0, 84.0, 82.0), rough=0.12)
    paint_ground(
        canvas,
        ground,
        stripe(ground, np.abs(ground.x_m), centre_m=half + 0.15, width_m=0.3),
        (150.0, 154.0, 156.0),
        rough=0.1,
    )
    paint_lines(
        canvas,
        ground,
        stripe(ground, ground.x_m, centre_m=0, width_m=0.15) * dashes(ground.z_m, period_m=6, drawn_m=3),
    )
    paint_lines(canvas, ground, stripe(ground, np.abs(ground.x_m), centre_m=half - 0.5, width_m=0.12))
    zebra = (np.abs(ground.z_m - 24) < 1.8) & (np.abs(ground.x_m) < half - 0.6)
    paint_lines(canvas, ground, zebra * dashes(ground.x_m, period_m=1.0, drawn_m=0.5))
    paint_front(canvas, _brick(canvas, 0.9), z_m=190, from_m=-60, to_m=60)
    paint_side(canvas, _brick(canvas, 0.62), x_m=-wall, from_m=8, to_m=185)
    paint_side(canvas, _brick(canvas, 1.08), x_m=wall, from_m=8, to_m=185)
    shade = np.clip((wall * 0.35 - (ground.x_m + wall)) / 1.5, 0, 1) * ground.on * (np.abs(ground.x_m) < wall)
    canvas.picture *= 1 - 0.45 * (shade * (canvas.depth_m >= ground.z_m - 1))[..., None]
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
    paint_ground(canvas, ground, np.abs(ground.x_m) < 400, (118.0, 122.0, 126.0), rough=0.12, texel_m=0.05)
    road = (np.abs(ground.x_m) < 7) | (np.abs(ground.z_m - 34) < 8)
    paint_ground(canvas, ground, road, (82.0, 80.0, 78.0), rough=0.12)
    for z in (23.5, 45.0):
        zebra = (np.abs(ground.z_m - z) < 1.6) & (np.abs(ground.x_m) < 6.6)
        paint_lines(canvas, ground, zebra * dashes(ground.x_m, period_m=1.1, drawn_m=0.55))
    for x in (-9.0, 9.0):
        cross = (np.abs(ground.x_m - x) < 1.5) & (np.abs(ground.z_m - 34) < 7.4)
        paint_lines(canvas, ground, cross * dashes(ground.z_m, period_m=1.1, drawn_m=0.55))
    ahead = (ground.z_m < 21) | (ground.z_m > 47)
    paint_lines(canvas, ground, stripe(ground, ground.x_m, centre_m=0, width_m=0.18) * ahead)
    paint_lines(
        canvas,
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
    paint_ground(canvas, ground, ground.z_m > far, (92.0, 116.0, 104.0), rough=0.15, texel_m=0.2)
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
    mirrored = canvas.picture[
        np.clip((2 * canvas.horizon_px - np.arange(canvas.size[0])).astype(int), 0, canvas.size[0] - 1)
    ]
    wave = sample(canvas.tiles[0], ground.x_m * 6, ground.z_m * 2.2) * np.clip(1.6 / ground.detail, 0.15, 1)
    tone = np.clip(ground.z_m / far, 0, 1)[..., None]
    water = (0.35 + 0.35 * tone) * mirrored + (1 - 0.35 - 0.35 * tone) * np.asarray(
        (106.0, 104.0, 84.0), np.float32
    )
    canvas.picture += wet[..., None] * (water * (1 + 0.14 * wave[..., None]) - canvas.picture)
    canvas.depth_m = np.where(wet > 0.5, ground.z_m, canvas.depth_m)
    canvas.sway = np.maximum(canvas.sway, wet * np.clip(3 / ground.detail, 0.2, 1))
    shore = ((ground.z_m <= bank) & ground.on).astype(np.float32)
    paint_ground(canvas, ground, shore, (128.0, 136.0, 140.0), rough=0.16, texel_m=0.05)
    slabs = shore * np.maximum(
        stripe(ground, np.mod(ground.x_m, 1.2), centre_m=0.6, width_m=0.05),
        stripe(ground, np.mod(ground.z_m, 1.2), centre_m=0.6, width_m=0.05),
    )
    canvas.picture *= 1 - 0.3 * slabs[..., None]
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
    paint_ground(canvas, ground, np.abs(ground.x_m) < 400, (96.0, 110.0, 108.0), rough=0.16, texel_m=0.2)
    paint_ground(
        canvas, ground, np.abs(ground.x_m - 0.6) < 7, (92.0, 98.0, 106.0), rough=0.26, texel_m=0.035
    )  # ballast
    for track in (-2.2, 2.8):
        near = np.abs(ground.x_m - track)
        sleepers = (
            (near < 1.25)
            * dashes(ground.z_m, period_m=0.65, drawn_m=0.27)
            * np.clip(0.4 / ground.detail, 0, 1)
        )
        paint_ground(canvas, ground, sleepers * 0.8, (112.0, 118.0, 120.0), rough=0.12)
        paint_ground(
            canvas,
            ground,
            stripe(ground, near, centre_m=0.72, width_m=0.09),
            (176.0, 180.0, 184.0),
            rough=0.06,
        )
    slab = (ground.x_m < -4.6) & (ground.x_m > -13)
    paint_ground(canvas, ground, slab, (148.0, 152.0, 154.0), rough=0.08, texel_m=0.04)
    paint_lines(canvas, ground, stripe(ground, ground.x_m, centre_m=-5.4, width_m=0.18), worn=0.15)
    paint_ground(
        canvas, ground, stripe(ground, ground.x_m, centre_m=-4.6, width_m=0.3), (60.0, 62.0, 64.0), rough=0.1
    )
    tiles = (
        slab
        * stripe(ground, np.mod(ground.z_m, 0.9), centre_m=0.45, width_m=0.04)
        * np.clip(0.5 / ground.detail, 0, 1)
    )
    canvas.picture *= 1 - 0.25 * tiles[..., None]
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
    trolley = sprites.car(canvas.rng)  # a service trolley between the columns
    return [Mover(trolley, (-10.8, 70.0), (-10.8, 14.0), 2.2, float(canvas.rng.uniform(5, 50)))]


def _car_park(canvas: Canvas) -> list[Mover]:
    _sky(canvas)
    paint_ridge(canvas, depth_m=1_200, rise=(0.05, 0.14), colour=(126.0, 130.0, 118.0), rough=0.3)
    ground = ground_of(canvas)
    paint_ground(canvas, ground, np.abs(ground.x_m) < 400, (70.0, 104.0, 88.0), rough=0.24, texel_m=0.05)
    paved = (np.abs(ground.x_m) < 34) & (ground.z_m < 96)
    paint_ground(canvas, ground, paved, (104.0, 102.0, 100.0), rough=0.13)
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
        paint_lines(canvas, ground, bay * stripe(ground, np.mod(ground.x_m, 2.6), centre_m=1.3, width_m=0.12))
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
    paint_ground(canvas, ground, np.abs(ground.x_m) < 2_000, (74.0, 112.0, 98.0), rough=0.26, texel_m=0.08)
    for side in (-1.0, 1.0):
        own = ground.x_m * side
        paint_ground(canvas, ground, (own > 2) & (own < 16.5), (104.0, 104.0, 102.0), rough=0.1)
        for lane, drawn in ((2.6, 9.0), (6.3, 4.0), (10.0, 4.0), (13.7, 9.0)):
            line = stripe(ground, own, centre_m=lane, width_m=0.16) * dashes(
                ground.z_m, period_m=9, drawn_m=drawn
            )
            paint_lines(canvas, ground, line)
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
        paint_ground(canvas, ground, rail, (158.0, 162.0, 164.0), rough=0.06)
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


# ---------------------------------------------------------------- light and lens


def _lit(canvas: Canvas, light: Light) -> Bgr:
    """The finished plate: light of the hour, vignette, the lens's own softness."""
    h, w = canvas.size
    picture = np.clip(canvas.picture, 0, 300)
    picture *= (1 + 0.035 * sample(canvas.tiles[1], *(g * 480 / w for g in canvas.grid())))[..., None]
    if light is Light.DUSK:
        warm = np.asarray((0.50, 0.44, 0.46), np.float32)
        picture = 255 * (picture / 255) ** 1.25 * warm + np.asarray((14.0, 9.0, 8.0), np.float32)
    if light is Light.NIGHT:
        grey = picture @ np.asarray((0.114, 0.587, 0.299), np.float32)
        near = np.clip(
            (26.0 / np.minimum(canvas.depth_m, 500)) ** 1.1, 0.05, 1.25
        )  # the lamps reach a few dozen metres
        grey = 12 + 0.88 * grey * near
        picture = np.repeat(grey[..., None], 3, axis=2)
    u, v = canvas.grid()
    away = np.hypot((u - w / 2) / w, (v - h / 2) / h)
    picture *= (1 - 0.35 * away**2)[..., None]
    soft = cv2.GaussianBlur(picture, (0, 0), 0.55 * max(w / 1000, 1))
    return np.clip(soft, 0, 255).astype(np.uint8)


def paint(place: Place, seed: int, size: tuple[int, int], light: Light = Light.DAY) -> Scene:
    """Paint a scene for pictures of `size` (width, height), at least 160 x 90; one seed, one scene.

    Takes about half a second at 640 x 360 and two at 1920 x 1080.
    """
    width, height = size
    plate_w, plate_h = round(width * (1 + 2 * MARGIN) / 2) * 2, round(height * (1 + 2 * MARGIN) / 2) * 2
    k = 2 if plate_w < SUPERSAMPLE_BELOW_PX else 1
    horizon = plate_h * k * (MARGIN + 0.30) / (1 + 2 * MARGIN)
    tall = HEIGHTS_M[place] * (0.85 + 0.3 * (seed % 7) / 6)
    canvas = new_canvas(
        (plate_h * k, plate_w * k),
        seed * 6 + list(Place).index(place),
        focal_px=width * k * 0.9,
        horizon_px=horizon,
        height_m=tall,
    )
    movers = PAINTERS[place](canvas)
    plate = cv2.resize(_lit(canvas, light), (plate_w, plate_h), interpolation=cv2.INTER_AREA)
    depth = cv2.resize(canvas.depth_m, (plate_w, plate_h), interpolation=cv2.INTER_NEAREST)
    sway = cv2.resize(canvas.sway, (plate_w, plate_h), interpolation=cv2.INTER_AREA)
    drift = sample(canvas.tiles[0], *(g * 3.0 for g in new_grid(plate_h, plate_w)))
    return Scene(
        place=place,
        light=light,
        size=size,
        plate=np.asarray(plate, np.uint8),
        depth_m=np.asarray(depth, np.float32),
        ripple=(np.asarray(sway, np.float32), drift),
        movers=tuple(movers),
        eye=(width * 0.9, plate_w / 2, horizon / k, tall),
    )


def new_grid(h: int, w: int) -> tuple[Floats, Floats]:
    """Column and row of every pixel of an (h, w) picture, as floats."""
    u, v = np.meshgrid(np.arange(w, dtype=np.float32), np.arange(h, dtype=np.float32))
    return u, v


# ---------------------------------------------------------------- looking

MOVER_LIGHT: Final = {Light.DAY: 1.0, Light.DUSK: 0.45, Light.NIGHT: 0.5}


def look(scene: Scene, t_s: float, view: View | None = None) -> tuple[Bgr, Floats]:
    """What the lens sees at `t_s`: picture (h, w, 3) without noise or text, and the depth of every pixel in metres."""
    picture = scene.plate.copy()
    _stir(scene, picture, t_s)
    focal, centre, horizon, tall = scene.eye
    depth = scene.depth_m
    placed = sorted(((m.at(t_s), m) for m in scene.movers), key=lambda p: -p[0][1])
    for (x, z), mover in placed:
        sprite = mover.sprite
        if scene.light is Light.NIGHT:
            sprite = _grey(sprite)
        k = focal / z
        sprites.lay(
            picture,
            sprite,
            centre_px=centre + k * x,
            foot_px=horizon + k * tall,
            wide_px=k * sprite.wide_m,
            light=MOVER_LIGHT[scene.light],
        )
    return _crop(scene, picture, view or View()), _crop(scene, depth, view or View())


def _grey(sprite: Sprite) -> Sprite:
    return Sprite(
        cv2.cvtColor(cv2.cvtColor(sprite.bgr, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR),
        sprite.alpha,
        sprite.wide_m,
    )  # type: ignore[arg-type]  # cv2 says Mat, it is uint8


def _stir(scene: Scene, picture: Bgr, t_s: float) -> None:
    """Leaves flutter and water ripples: two drifting textures, only where there are any."""
    sway, drift = scene.ripple
    rows = np.flatnonzero(sway.max(axis=1) > 0.05)
    if len(rows) == 0:
        return
    part = slice(int(rows[0]), int(rows[-1]) + 1)
    one = np.roll(drift[part], round(t_s * 9), axis=1)
    two = np.roll(drift[part], -round(t_s * 7) + 37, axis=1)
    gain = 9.0 * MOVER_LIGHT[scene.light] * sway[part] * (one + two)
    np.copyto(picture[part], cv2.add(picture[part], cv2.merge([gain, gain, gain]), dtype=cv2.CV_8U))


def _crop(scene: Scene, plate: npt.NDArray[np.generic], view: View) -> npt.NDArray[np.generic]:
    """The part of the plate that lies within the view, which is kept within the plate."""
    width, height = scene.size
    plate_h, plate_w = plate.shape[:2]
    x = (plate_w - width) / 2 + view.right * width
    y = (plate_h - height) / 2 + view.down * height
    x, y = float(np.clip(x, 0, plate_w - width)), float(np.clip(y, 0, plate_h - height))
    if view.roll_deg == 0 and x == round(x) and y == round(y):
        return plate[round(y) : round(y) + height, round(x) : round(x) + width]
    turn = cv2.getRotationMatrix2D((x + width / 2, y + height / 2), view.roll_deg, 1.0)
    turn[:, 2] -= (x, y)
    out: npt.NDArray[np.generic] = cv2.warpAffine(
        plate, turn, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
    )
    return out
