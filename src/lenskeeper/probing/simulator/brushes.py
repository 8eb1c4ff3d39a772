"""Brushes that paint sky, ground, walls, trees and vehicles as a camera on a mast would see them.

One flat-earth view: the camera stands `height_m` above the ground at X = 0, Z = 0 and looks along Z.

    u = cx + f * X / Z          v = horizon + f * (height_m - Y) / Z          (pixels; Y is up, metres)

Everything is painted far to near. Colours are BGR, 0..255, as float32 until the board is finished.
"""

from dataclasses import dataclass, field, replace
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Colour = tuple[float, float, float]

SKY_DEPTH_M: Final = 20_000.0
GROUND_DEPTH_MAX_M: Final = 3_000.0
TILE: Final = 512  # texels on a side of the noise tiles; they wrap round


@dataclass(slots=True)
class Canvas:
    """A board while it is being painted: picture (h, w, 3), depth in metres (h, w), and the view.

    sway: 0..1, how much of each pixel is leaves or water, which never stand still.
    """

    picture: Floats
    depth_m: Floats
    focal_px: float
    centre_px: float
    horizon_px: float
    height_m: float
    rng: np.random.Generator
    tiles: tuple[Floats, Floats] = field(repr=False)
    sway: Floats = field(repr=False)

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self.depth_m.shape[0], self.depth_m.shape[1]

    def grid(self) -> tuple[Floats, Floats]:
        """Column and row of every pixel, as floats."""
        h, w = self.size
        return pixel_grid(h, w)

    def part(self, top: float, bottom: float, left: float = 0, right: float = 1e9) -> "Canvas":
        """A window of this canvas: painting there paints here. Edges in pixels, cut to the canvas; never empty."""
        h, w = self.size
        y0, x0 = min(max(int(top), 0), h - 1), min(max(int(left), 0), w - 1)
        y1, x1 = max(min(int(bottom) + 1, h), y0 + 1), max(min(int(right) + 1, w), x0 + 1)
        return replace(
            self,
            picture=self.picture[y0:y1, x0:x1],
            depth_m=self.depth_m[y0:y1, x0:x1],
            sway=self.sway[y0:y1, x0:x1],
            centre_px=self.centre_px - x0,
            horizon_px=self.horizon_px - y0,
        )

    def where(self, x_m: float, y_m: float, z_m: float) -> tuple[float, float]:
        """The pixel (u, v) at which a point of the world appears."""
        k = self.focal_px / z_m
        return self.centre_px + k * x_m, self.horizon_px + k * (self.height_m - y_m)


def pixel_grid(h: int, w: int) -> tuple[Floats, Floats]:
    """Column and row of every pixel of an (h, w) picture, as floats."""
    u, v = np.meshgrid(np.arange(w, dtype=np.float32), np.arange(h, dtype=np.float32))
    return u, v


def fractal(rng: np.random.Generator, size: int = TILE, slope: float = 1.0) -> Floats:
    """Noise of zero mean and unit spread whose amplitude falls as 1/frequency^slope; wraps round.

    Natural pictures have slopes near 1. Source: Field, J. Opt. Soc. Am. A 4 (1987) 2379.
    """
    fy = np.fft.fftfreq(size)[:, None]
    fx = np.fft.rfftfreq(size)[None, :]
    radius = np.hypot(fx, fy)
    radius[0, 0] = np.inf
    spectrum = np.exp(2j * np.pi * rng.random(radius.shape)) / radius**slope
    noise = np.fft.irfft2(spectrum, s=(size, size))
    return np.asarray(noise / noise.std(), dtype=np.float32)


def new_canvas(
    size: tuple[int, int], seed: int, *, focal_px: float, horizon_px: float, height_m: float
) -> Canvas:
    """An empty canvas of (height, width); the seed decides every texture painted on it."""
    h, w = size
    rng = np.random.default_rng(seed)
    return Canvas(
        picture=np.zeros((h, w, 3), np.float32),
        depth_m=np.full((h, w), SKY_DEPTH_M, np.float32),
        focal_px=focal_px,
        centre_px=w / 2,
        horizon_px=horizon_px,
        height_m=height_m,
        rng=rng,
        tiles=(fractal(rng, slope=1.0), fractal(rng, slope=1.6)),
        sway=np.zeros((h, w), np.float32),
    )


def wrapped(values: Floats, period: float) -> Floats:
    """What np.mod gives, at a tenth of its time."""
    return np.asarray(values - period * np.floor(values * (1 / period)), np.float32)


def sample(tile: Floats, x: Floats, y: Floats) -> Floats:
    """The tile read at texel coordinates (x, y), bilinear, wrapping round."""
    out = cv2.remap(tile, wrapped(x, TILE), wrapped(y, TILE), cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    return np.asarray(out, dtype=np.float32)


def smoothstep(values: Floats, low: float, high: float) -> Floats:
    """0 below `low`, 1 above `high`, smooth between."""
    t = np.clip((values - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), dtype=np.float32)


def cell_hash(a: Floats, b: Floats, salt: float) -> Floats:
    """A value in 0..1 that looks random, one per pair of whole numbers."""
    s = np.sin(a * 12.9898 + b * 78.233 + salt) * 4375.85453
    return np.asarray(s - np.floor(s), dtype=np.float32)


def blend(
    canvas: Canvas, alpha: Floats, colour: Floats | Colour, depth_m: Floats | float | None = None
) -> None:
    """Lay a colour over the picture; where it covers more than half, the depth is its own."""
    a = alpha[..., None]
    canvas.picture *= 1 - a
    canvas.picture += a * np.asarray(colour, np.float32)
    if depth_m is not None:
        np.copyto(
            canvas.depth_m, np.float32(depth_m) if isinstance(depth_m, float) else depth_m, where=alpha > 0.5
        )


def paint_sky(canvas: Canvas, *, zenith: Colour, low: Colour, cloud: float) -> None:
    """A gradient with clouds on a plane overhead; `cloud` is the share covered, about."""
    u, v = canvas.grid()
    up = np.maximum(canvas.horizon_px - v, 0) / max(canvas.horizon_px, 1)
    canvas.picture[:] = np.asarray(low, np.float32) + (up[..., None] ** 0.7) * (
        np.asarray(zenith, np.float32) - np.asarray(low, np.float32)
    )
    reach = up + 0.12
    x = (u - canvas.centre_px) / canvas.size[1] / reach * 160
    shape = sample(canvas.tiles[1], x + 40, 55 / reach)
    fine = sample(canvas.tiles[0], x * 3, 160 / reach)
    cover = smoothstep(shape + 0.22 * fine, 1.1 - 2.2 * cloud, 2.0 - 2.0 * cloud) * np.clip(up * 4, 0, 1)
    shade = np.clip(238 - 22 * fine - 26 * shape, 120, 255)[..., None] * np.asarray(
        (1.0, 0.99, 0.98), np.float32
    )
    canvas.picture[:] += cover[..., None] * 0.85 * (shade - canvas.picture)


def paint_ridge(
    canvas: Canvas, *, depth_m: float, rise: tuple[float, float], colour: Colour, rough: float = 0.2
) -> None:
    """A far hill, wood or skyline from edge to edge; `rise` is its least and greatest share of the height."""
    h, w = canvas.size
    line = canvas.tiles[1][int(canvas.rng.integers(TILE))]
    fine = canvas.tiles[0][int(canvas.rng.integers(TILE))]
    at = np.linspace(0, TILE * 0.6, w) % TILE
    profile = np.interp(at, np.arange(TILE), line) + rough * np.interp(at * 3 % TILE, np.arange(TILE), fine)
    profile = (profile - profile.min()) / (np.ptp(profile) + 1e-6)
    top = canvas.horizon_px - h * (rise[0] + (rise[1] - rise[0]) * profile)
    u, v = canvas.grid()
    alpha = np.clip(v - top[None, :].astype(np.float32), 0, 1) * (v < canvas.horizon_px + 2)
    k = 640 / w
    grain = sample(canvas.tiles[0], u * k * 1.7, v * k * 1.7)
    lit = np.asarray(colour, np.float32) * (1 + 0.16 * grain[..., None])
    blend(canvas, np.asarray(alpha, np.float32), lit, depth_m)


@dataclass(slots=True)
class Ground:
    """The part of a canvas below the horizon, and where each of its pixels lies: X and Z in metres.

    on: where there is ground at all; detail: metres of ground that one row of pixels covers (finer cannot be seen).
    """

    canvas: Canvas
    x_m: Floats
    z_m: Floats
    on: npt.NDArray[np.bool_]
    detail: Floats


def ground_of(whole: Canvas) -> Ground:
    """The ground plane as this camera sees it."""
    canvas = whole.part(whole.horizon_px, whole.size[0])
    u, v = canvas.grid()
    below = np.maximum(v - canvas.horizon_px, 0.05)
    z = canvas.focal_px * canvas.height_m / below
    on = (v > canvas.horizon_px) & (z < GROUND_DEPTH_MAX_M)
    x = (u - canvas.centre_px) * z / canvas.focal_px
    detail = z * z / (canvas.focal_px * canvas.height_m)
    return Ground(canvas, x.astype(np.float32), z.astype(np.float32), on, detail.astype(np.float32))


def texture(ground: Ground, *, texel_m: float, stretch: float = 1.0) -> Floats:
    """Fractal texture lying on the ground, about unit spread, faded where texels are finer than pixels."""
    tile = ground.canvas.tiles[0]
    out = np.zeros(ground.canvas.size, np.float32)
    for scale in (1.0, 7.0, 43.0):
        texel = texel_m * scale
        seen = np.clip(texel * 3 / ground.detail, 0, 1)
        out += 0.6 * seen * sample(tile, ground.x_m / texel + 31 * scale, ground.z_m / (texel * stretch))
    return out


def paint_ground(
    ground: Ground,
    where: npt.NDArray[np.bool_] | Floats,
    colour: Colour,
    *,
    rough: float,
    texel_m: float = 0.03,
) -> None:
    """Cover part of the ground with a material; `rough` is the spread of its brightness, as a share."""
    tex = texture(ground, texel_m=texel_m)
    alpha = np.asarray(where, np.float32) * ground.on
    warm = sample(ground.canvas.tiles[1], ground.x_m * 1.3 + 99, ground.z_m * 0.6)
    lit = np.asarray(colour, np.float32) * (1 + rough * tex + 0.05 * warm)[..., None]
    blend(ground.canvas, alpha, lit, ground.z_m)


def paint_lines(ground: Ground, where: Floats, *, worn: float = 0.35) -> None:
    """White road paint, worn in patches; `where` is 0..1 coverage."""
    wear = smoothstep(texture(ground, texel_m=0.02), -1.6, 0.4)
    alpha = np.asarray(where * ground.on * (1 - worn * (1 - wear)) * 0.85, np.float32)
    blend(ground.canvas, alpha, (214.0, 222.0, 224.0))


def stripe(ground: Ground, along: Floats, *, centre_m: float, width_m: float) -> Floats:
    """Coverage of a line of `width_m` at `centre_m` of the coordinate `along`, with soft edges."""
    soft = np.maximum(ground.z_m / 900, 0.015)
    return np.asarray(np.clip((width_m / 2 - np.abs(along - centre_m)) / soft + 0.5, 0, 1), np.float32)


def dashes(along: Floats, *, period_m: float, drawn_m: float) -> Floats:
    """1 on the drawn part of every period."""
    return (wrapped(along, period_m) < drawn_m).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Facade:
    """How the walls of a row of houses look."""

    colours: tuple[Colour, ...]
    lot_m: float = 14.0  # width of one house
    floor_m: float = 3.2
    bay_m: float = 2.6  # from window to window
    low_m: float = 8.0
    high_m: float = 19.0
    light: float = 1.0  # how much sun falls on this side


def _wall_pixels(
    canvas: Canvas, look: Facade, along: Floats, up: Floats, *, salt: float, pixel_m: Floats
) -> tuple[Floats, Floats]:
    """Colour (h, w, 3) and coverage of a row of houses, by metres along the row and up."""
    lot = np.floor(along / look.lot_m)
    pick = cell_hash(lot, lot * 0 + 3, salt)
    height = look.low_m + (look.high_m - look.low_m) * np.round(cell_hash(lot, lot * 0, salt) * 4) / 4
    table = np.asarray(look.colours, np.float32)
    base = table[np.minimum((pick * len(table)).astype(int), len(table) - 1)]
    bay, floor = np.floor(along / look.bay_m), np.floor(up / look.floor_m)
    a, b = along / look.bay_m - bay, up / look.floor_m - floor
    chance = cell_hash(bay, floor, salt + 1)
    window = (np.abs(a - 0.5) < 0.22) & (np.abs(b - 0.52) < 0.27) & (up < height - 0.8)
    frame = (np.abs(a - 0.5) < 0.27) & (np.abs(b - 0.52) < 0.32) & (up < height - 0.8)
    shop = (up < look.floor_m) & (np.abs(a - 0.5) < 0.42) & (up > 0.4) & (up < 2.6)
    grime = sample(canvas.tiles[0], along * 11, up * 11) * np.clip(0.25 / pixel_m, 0, 1)
    patch = sample(canvas.tiles[1], along * 2.3, up * 1.7 + salt)
    shade = look.light * (1 + 0.07 * grime + 0.07 * patch) * (0.86 + 0.14 * np.clip(up / 6, 0, 1))
    colour = base * shade[..., None]
    colour = np.where(frame[..., None], colour * 1.18, colour)
    glass = (38 + 105 * chance**3 + 22 * np.clip(up / 20, 0, 1))[..., None] * np.asarray(
        (1.12, 1.0, 0.9), np.float32
    )
    bar = np.abs(a - 0.5) < 0.02
    colour = np.where((window & ~bar)[..., None], glass * look.light, colour)
    colour = np.where(
        shop[..., None], (30 + 120 * chance)[..., None] * np.asarray((0.8, 0.95, 1.05), np.float32), colour
    )
    ledge = (b < 0.07) | (np.abs(up - height) < 0.35)
    colour = np.where(ledge[..., None], colour * 0.72, colour)
    seam = np.abs(along / look.lot_m - lot) < 0.012
    colour = np.where(seam[..., None], colour * 0.6, colour)
    cover = ((up >= 0) & (up <= height)).astype(np.float32)
    return np.asarray(colour, np.float32), cover


def paint_side(whole: Canvas, look: Facade, *, x_m: float, from_m: float, to_m: float) -> None:
    """A row of houses along the street at X = x_m, from `from_m` to `to_m` away."""
    near, far = (whole.focal_px * abs(x_m) / d for d in (from_m, to_m))
    above = whole.height_m - look.high_m
    top = whole.horizon_px + whole.focal_px * min(above / from_m, above / to_m)
    bottom = whole.horizon_px + whole.focal_px * whole.height_m / from_m
    ends = sorted(whole.centre_px + np.sign(x_m) * e for e in (near, far))
    canvas = whole.part(top, bottom, *ends)
    u, v = canvas.grid()
    across = (u - canvas.centre_px) * np.sign(x_m)
    z = canvas.focal_px * abs(x_m) / np.maximum(across, 0.5)
    up = canvas.height_m - (v - canvas.horizon_px) * z / canvas.focal_px
    pixel_m = z * z / (canvas.focal_px * abs(x_m))
    colour, cover = _wall_pixels(
        canvas,
        look,
        z.astype(np.float32),
        up.astype(np.float32),
        salt=x_m * 0.37,
        pixel_m=pixel_m.astype(np.float32),
    )
    seen = (across > 0.5) & (z >= from_m) & (z <= to_m)
    blend(canvas, cover * seen.astype(np.float32), colour, z.astype(np.float32))


def paint_front(whole: Canvas, look: Facade, *, z_m: float, from_m: float, to_m: float) -> None:
    """A row of houses that faces the camera at Z = z_m, from X = from_m to X = to_m."""
    left, top = whole.where(from_m, look.high_m, z_m)
    right, bottom = whole.where(to_m, 0, z_m)
    canvas = whole.part(top, bottom, left, right)
    u, v = canvas.grid()
    x = (u - canvas.centre_px) * z_m / canvas.focal_px
    up = canvas.height_m - (v - canvas.horizon_px) * z_m / canvas.focal_px
    pixel_m = np.full(canvas.size, z_m / canvas.focal_px, np.float32)
    colour, cover = _wall_pixels(
        canvas, look, x.astype(np.float32), up.astype(np.float32), salt=z_m * 0.11, pixel_m=pixel_m
    )
    blend(canvas, cover * ((x >= from_m) & (x <= to_m)).astype(np.float32), colour, float(z_m))


def paint_box(
    canvas: Canvas, *, x_m: float, z_m: float, wide_m: float, from_up_m: float, to_up_m: float, colour: Colour
) -> None:
    """A flat upright rectangle: a post, a sign, a rail, a column; shaded like a cylinder."""
    u0, v0 = canvas.where(x_m - wide_m / 2, to_up_m, z_m)
    u1, v1 = canvas.where(x_m + wide_m / 2, from_up_m, z_m)
    h, w = canvas.size
    left, right = max(int(np.floor(u0)), 0), min(int(np.ceil(u1)), w)
    top, bottom = max(int(np.floor(v0)), 0), min(int(np.ceil(v1)), h)
    if left >= right or top >= bottom:
        return
    u = np.arange(left, right, dtype=np.float32) + 0.5
    v = np.arange(top, bottom, dtype=np.float32) + 0.5
    ax = np.clip(np.minimum(u - u0, u1 - u) + 0.5, 0, 1)
    ay = np.clip(np.minimum(v - v0, v1 - v) + 0.5, 0, 1)
    alpha = (ay[:, None] * ax[None, :])[..., None]
    round_ = 0.75 + 0.35 * np.sin(np.clip((u - u0) / max(u1 - u0, 1), 0, 1) * np.pi * 0.8)
    lit = np.asarray(colour, np.float32) * round_[None, :, None]
    part = canvas.picture[top:bottom, left:right]
    part *= 1 - alpha
    part += alpha * lit
    near = canvas.depth_m[top:bottom, left:right]
    near[alpha[..., 0] > 0.5] = z_m


def paint_tree(canvas: Canvas, *, x_m: float, z_m: float, tall_m: float, hue: float = 0.0) -> None:
    """A broad-leaved tree; `hue` 0 green to 1 autumn."""
    paint_box(
        canvas,
        x_m=x_m,
        z_m=z_m,
        wide_m=tall_m * 0.045,
        from_up_m=0,
        to_up_m=tall_m * 0.5,
        colour=(44.0, 54.0, 62.0),
    )
    u0, v0 = canvas.where(x_m, tall_m * 0.62, z_m)
    k = canvas.focal_px / z_m
    rx, ry = tall_m * 0.34 * k, tall_m * 0.4 * k
    h, w = canvas.size
    left, right = max(int(u0 - rx * 1.4), 0), min(int(u0 + rx * 1.4) + 1, w)
    top, bottom = max(int(v0 - ry * 1.4), 0), min(int(v0 + ry * 1.4) + 1, h)
    if left >= right or top >= bottom:
        return
    u, v = np.meshgrid(np.arange(left, right, dtype=np.float32), np.arange(top, bottom, dtype=np.float32))
    du, dv = (u - u0) / rx, (v - v0) / ry
    salt = float(canvas.rng.integers(TILE))
    clump = sample(canvas.tiles[0], du * 18 + salt, dv * 18 + salt)
    leaf = sample(canvas.tiles[0], du * 90 + salt, dv * 90)
    alpha = smoothstep(1.0 - np.hypot(du, dv) + 0.17 * clump + 0.08 * leaf, 0.0, 0.16)
    light = np.clip(0.75 - 0.3 * du - 0.42 * dv + 0.22 * clump + 0.24 * leaf, 0.12, 1.7)
    green = (
        np.asarray((38.0, 88.0, 66.0), np.float32) * (1 - hue)
        + np.asarray((34.0, 92.0, 138.0), np.float32) * hue
    )
    part = canvas.picture[top:bottom, left:right]
    part *= 1 - alpha[..., None]
    part += alpha[..., None] * light[..., None] * green
    canvas.depth_m[top:bottom, left:right][alpha > 0.5] = z_m
    canvas.sway[top:bottom, left:right] = np.maximum(canvas.sway[top:bottom, left:right], alpha)


def paint_shadow(
    ground: Ground, *, x_m: float, z_m: float, wide_m: float, deep_m: float, dark: float = 0.5
) -> None:
    """A soft shadow on the ground."""
    canvas = ground.canvas
    h, w = canvas.size
    u0, v0 = canvas.where(x_m - wide_m, 0, z_m + deep_m)
    u1, v1 = canvas.where(x_m + wide_m, 0, max(z_m - deep_m, 1.0))
    spread = abs(u1 - u0)
    rows, columns = (
        slice(max(int(v0), 0), max(min(int(v1) + 1, h), 0)),
        slice(max(int(u0 - spread), 0), max(min(int(u1 + spread) + 1, w), 0)),
    )
    near = np.hypot((ground.x_m[rows, columns] - x_m) / wide_m, (ground.z_m[rows, columns] - z_m) / deep_m)
    canvas.picture[rows, columns] *= 1 - (dark * (1 - smoothstep(near, 0.35, 1.0)))[..., None]
