"""Scenes of a city as its cameras see them: painted by us from a seed, nobody in them.

A scene is painted once, on a board larger than the picture, so that a camera that was knocked aside sees
what truly stands beside its old view. Every look at it then costs a copy, the things that move, and a crop.
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final, TypeVar, cast

import cv2
import numpy as np

from lenskeeper.probing.simulator import sprites
from lenskeeper.probing.simulator.brushes import Canvas, Floats, new_canvas, pixel_grid, sample
from lenskeeper.probing.simulator.places import HEIGHTS_M, PAINTERS, Mover, Place
from lenskeeper.probing.simulator.sprites import Bgr

Board = TypeVar("Board", Bgr, Floats)

MARGIN: Final = 0.15  # of the picture's width and height, on every side of the board
# Boards narrower than this are painted larger and drawn together: edges as a lens gives them.
SUPERSAMPLE_BELOW_PX: Final = 1_300
SUPERSAMPLE: Final = 1.5


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
class Scene:
    """A painted place. `size` is (width, height) of the picture; board and depth reach MARGIN further."""

    place: Place
    light: Light
    size: tuple[int, int]
    board: Bgr = field(repr=False)
    depth_m: Floats = field(repr=False)
    ripple: tuple[Floats, Floats] = field(repr=False)  # what leaves and water add, drifting across each other
    movers: tuple[Mover, ...] = field(repr=False)
    eye: tuple[float, float, float, float]  # focal_px, centre_px, horizon_px of the board, height_m


# ---------------------------------------------------------------- light and lens


def _lit(canvas: Canvas, light: Light) -> Bgr:
    """The finished board: light of the hour, vignette, the lens's own softness."""
    h, w = canvas.size
    picture = np.clip(canvas.picture, 0, 300)
    u, v = canvas.grid()
    mottled = sample(
        canvas.tiles[1], np.asarray(u * 480 / w, np.float32), np.asarray(v * 480 / w, np.float32)
    )
    picture *= (1 + 0.035 * mottled)[..., None]
    if light is Light.DUSK:
        warm = np.asarray((0.50, 0.44, 0.46), np.float32)
        picture = np.asarray(255 * (picture / 255) ** 1.25 * warm + (14.0, 9.0, 8.0), np.float32)
    if light is Light.NIGHT:
        grey: Floats = picture @ np.asarray((0.114, 0.587, 0.299), np.float32)
        # The lamps reach some dozen metres.
        near = np.clip((26.0 / np.minimum(canvas.depth_m, 500)) ** 1.1, 0.05, 1.25)
        picture = np.repeat((12 + 0.88 * grey * near)[..., None], 3, axis=2)
    away = np.hypot((u - w / 2) / w, (v - h / 2) / h)
    picture *= (1 - 0.35 * away**2)[..., None]
    soft = cv2.GaussianBlur(picture, (0, 0), 0.55 * max(w / 1000, 1))
    return np.clip(soft, 0, 255).astype(np.uint8)


def paint(place: Place, seed: int, size: tuple[int, int], light: Light = Light.DAY) -> Scene:
    """Paint a scene for pictures of `size` (width, height), at least 160 x 90; one seed, one scene.

    Takes about half a second at 640 x 360 and two at 1920 x 1080.
    """
    width, height = size
    board_w, board_h = round(width * (1 + 2 * MARGIN) / 2) * 2, round(height * (1 + 2 * MARGIN) / 2) * 2
    k = SUPERSAMPLE if board_w < SUPERSAMPLE_BELOW_PX else 1.0
    big_w, big_h = round(board_w * k), round(board_h * k)
    horizon = big_h * (MARGIN + 0.30) / (1 + 2 * MARGIN)
    tall = HEIGHTS_M[place] * (0.85 + 0.3 * (seed % 7) / 6)
    canvas = new_canvas(
        (big_h, big_w),
        seed * 6 + list(Place).index(place),
        focal_px=width * k * 0.9,
        horizon_px=horizon,
        height_m=tall,
    )
    movers = PAINTERS[place](canvas)
    board = cv2.resize(_lit(canvas, light), (board_w, board_h), interpolation=cv2.INTER_AREA)
    depth = cv2.resize(canvas.depth_m, (board_w, board_h), interpolation=cv2.INTER_NEAREST)
    sway = cv2.resize(canvas.sway, (board_w, board_h), interpolation=cv2.INTER_AREA)
    columns, rows = pixel_grid(board_h, board_w)
    drift = sample(canvas.tiles[0], columns * 3, rows * 3)
    return Scene(
        place=place,
        light=light,
        size=size,
        board=np.asarray(board, np.uint8),
        depth_m=np.asarray(depth, np.float32),
        ripple=(np.asarray(sway, np.float32), drift),
        movers=tuple(_grey(m) if light is Light.NIGHT else m for m in movers),
        eye=(width * 0.9, board_w / 2, horizon / k, tall),
    )


# ---------------------------------------------------------------- looking

MOVER_LIGHT: Final = {Light.DAY: 1.0, Light.DUSK: 0.45, Light.NIGHT: 0.5}


def look(scene: Scene, t_s: float, view: View | None = None) -> tuple[Bgr, Floats]:
    """What the lens sees at `t_s`: picture (h, w, 3) without noise or text, and the depth of every pixel in metres."""
    picture = scene.board.copy()
    _stir(scene, picture, t_s)
    focal, centre, horizon, tall = scene.eye
    depth = scene.depth_m
    placed = sorted(((m.at(t_s), m) for m in scene.movers), key=lambda p: -p[0][1])
    for (x, z), mover in placed:
        sprite = mover.sprite
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


def _grey(mover: Mover) -> Mover:
    """A mover as the infra-red lamps show it."""
    grey = cv2.cvtColor(cv2.cvtColor(mover.sprite.bgr, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    return replace(mover, sprite=replace(mover.sprite, bgr=np.asarray(grey, np.uint8)))


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


def _crop(scene: Scene, board: Board, view: View) -> Board:
    """The part of the board that lies within the view, which is kept within the board."""
    width, height = scene.size
    board_h, board_w = board.shape[:2]
    x = (board_w - width) / 2 + view.right * width
    y = (board_h - height) / 2 + view.down * height
    x, y = float(np.clip(x, 0, board_w - width)), float(np.clip(y, 0, board_h - height))
    if view.roll_deg == 0 and x == round(x) and y == round(y):
        return board[round(y) : round(y) + height, round(x) : round(x) + width]
    turn = cv2.getRotationMatrix2D((x + width / 2, y + height / 2), view.roll_deg, 1.0)
    turn[:, 2] -= np.array((x, y))
    seen = cv2.warpAffine(board, turn, (width, height), borderMode=cv2.BORDER_REFLECT_101)
    return cast("Board", seen)
