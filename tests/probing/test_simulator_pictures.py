"""Scenes and faults: natural enough to measure on, different where they must be, graded where they claim to be."""

from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from lenskeeper.base.codecs import Codec
from lenskeeper.probing.simulator import faults, films, scenes
from lenskeeper.probing.simulator.clips import ClipSpec, encode
from lenskeeper.probing.simulator.faults import OF_ONE_PICTURE, PictureFault, Shot, spoil
from lenskeeper.probing.simulator.films import Film, pictures
from lenskeeper.probing.simulator.places import Place
from lenskeeper.probing.simulator.scenes import Light, View

SIZE = (320, 192)
Bgr = npt.NDArray[np.uint8]


def first(film: Film) -> Bgr:
    return next(iter(pictures(film, count=1, fps=12.5)))


def luma(picture: Bgr) -> npt.NDArray[np.float64]:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.float64)


def difference(a: Bgr, b: Bgr) -> float:
    return float(np.abs(a.astype(float) - b.astype(float)).mean())


def spectral_slope(picture: Bgr) -> float:
    """The slope of log amplitude over log frequency, radially averaged; natural pictures have about -1."""
    grey = luma(picture)
    grey = grey[:, (grey.shape[1] - grey.shape[0]) // 2 :][:, : grey.shape[0]]
    n = grey.shape[0]
    window = np.hanning(n)[:, None] * np.hanning(n)[None, :]
    amplitude = np.abs(np.fft.fft2((grey - grey.mean()) * window))
    radius = np.hypot(np.fft.fftfreq(n)[:, None], np.fft.fftfreq(n)[None, :])
    edges = np.geomspace(4 / n, 0.3, 12)
    means = [amplitude[(radius >= a) & (radius < b)].mean() for a, b in pairwise(edges)]
    return float(np.polyfit(np.log(np.sqrt(edges[:-1] * edges[1:])), np.log(means), 1)[0])


@pytest.mark.parametrize("place", list(Place))
def test_a_scene_has_the_spectrum_and_the_histogram_of_a_natural_picture(place: Place) -> None:
    picture = first(Film(place=place, seed=4, size=(640, 360), clock=False))
    assert -1.7 < spectral_slope(picture) < -0.6
    grey = luma(picture)
    assert grey.std() > 25
    assert np.count_nonzero(np.bincount(grey.astype(int).ravel(), minlength=256) > 20) > 130
    assert (grey <= 1).mean() < 0.02
    assert (grey >= 254).mean() < 0.1


def test_one_seed_gives_one_film_and_two_seeds_two() -> None:
    film = Film(size=SIZE, seed=8)
    again = [p.copy() for p in pictures(film, count=3, fps=12.5)]
    assert all(np.array_equal(a, b) for a, b in zip(pictures(film, count=3, fps=12.5), again, strict=True))
    assert difference(first(film), first(replace(film, seed=9))) > 8


def test_a_healthy_camera_never_shows_the_same_picture_twice() -> None:
    seen = {p.tobytes() for p in pictures(Film(size=SIZE), count=40, fps=12.5)}
    assert len(seen) == 40


def test_the_night_has_no_colour() -> None:
    for fault in (None, PictureFault.NOISE):
        picture = first(Film(size=SIZE, light=Light.NIGHT, fault=fault, strength=0.4))
        assert np.array_equal(picture[..., 0], picture[..., 1])
        assert np.array_equal(picture[..., 1], picture[..., 2])


def test_fog_takes_the_far_and_leaves_the_near() -> None:
    scene = films.scene(Place.STREET, 2, (640, 360), Light.DAY)
    clear, depth = scenes.look(scene, 0.0)
    foggy = faults.fog(clear, 0.6, Shot(depth_m=depth))

    def kept(where: npt.NDArray[np.bool_]) -> float:
        return float(luma(foggy)[where].std() / luma(clear)[where].std())

    near, far = (depth < 25), (depth > 120) & (depth < 1_000)
    assert near.mean() > 0.1
    assert far.mean() > 0.01
    assert kept(near) > 0.6
    assert kept(far) < 0.25
    assert faults.visibility_m(0) == pytest.approx(3_000)
    assert faults.visibility_m(1) == pytest.approx(30)


def test_a_moved_camera_sees_what_truly_stands_beside() -> None:
    scene = films.scene(Place.JUNCTION, 2, (640, 360), Light.DAY)
    before, _ = scenes.look(scene, 0.0)
    after, _ = scenes.look(scene, 0.0, View(right=0.1))
    assert np.array_equal(after[:, :-64], before[:, 64:])
    assert luma(after[:, -64:]).std() > 10


@pytest.mark.parametrize("fault", list(OF_ONE_PICTURE))
def test_a_fault_grows_with_its_strength_and_at_zero_is_none(fault: PictureFault) -> None:
    picture = first(Film(size=(640, 360), seed=3))
    shot = Shot(t_s=0.3, seed=5)
    away = [difference(spoil(picture, fault, s, shot), picture) for s in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert away[0] < (2.5 if fault is PictureFault.BLACK else 0.01)
    if fault is PictureFault.SIGNAL_CARD:
        assert min(away[1:]) > 20
    else:
        assert all(b > a * 1.02 for a, b in pairwise(away)), away


@pytest.mark.parametrize("strength", [-0.1, 1.1, float("nan")])
def test_a_strength_has_its_range(strength: float) -> None:
    with pytest.raises(ValueError, match=r"0\.\.1"):
        spoil(first(Film(size=SIZE)), PictureFault.BLUR, strength)


def test_what_needs_time_is_not_made_from_one_picture() -> None:
    with pytest.raises(ValueError, match="over time"):
        spoil(first(Film(size=SIZE)), PictureFault.FROZEN, 1.0)


def test_blur_is_as_wide_as_it_says() -> None:
    dot = np.zeros((360, 640, 3), np.uint8)
    dot[179:182, 319:322] = 255
    for strength in (0.3, 1.0):  # one beneath and one above the radius that is done at half the size
        spread = luma(spoil(dot, PictureFault.BLUR, strength)) > 0
        assert np.sqrt(spread.sum() / np.pi) == pytest.approx(14 * strength, abs=2.5)


def test_text_stays_sharp_on_a_defocused_camera() -> None:
    film = Film(size=(640, 360), name="CAM 1", fault=PictureFault.BLUR)
    corner = luma(first(film))[8:32, 8:200]
    assert cv2.Laplacian(corner, cv2.CV_64F).var() > 500
    assert cv2.Laplacian(luma(first(replace(film, clock=False)))[8:32, 8:200], cv2.CV_64F).var() < 150


def key_frames(fault: PictureFault, codec: Codec) -> list[tuple[bytes, ...]]:
    spec = ClipSpec(film=Film(size=SIZE, fault=fault), codec=codec, gop=12, gops=3)
    return [u.parts for i, u in enumerate(encode(spec).units) if i % 12 == 0]


@pytest.mark.parametrize("codec", [Codec.H264, Codec.H265, Codec.JPEG])
def test_a_frozen_source_repeats_its_key_frame_to_the_byte_and_others_do_not(codec: Codec) -> None:
    assert len(key_frames(PictureFault.FROZEN, codec)) == 1
    for fault in (PictureFault.FROZEN_CLOCK, PictureFault.FROZEN_SENSOR, PictureFault.STATIC_LOW_BITRATE):
        if (fault, codec) == (PictureFault.FROZEN_SENSOR, Codec.JPEG):
            continue  # within one second of its clock a frozen sensor gives one JPEG, and rightly so
        frames = key_frames(fault, codec)
        assert len(set(frames)) == len(frames) == 3


def test_the_clock_stands_or_ticks_as_the_fault_has_it() -> None:
    clock = (slice(4, 40), slice(4, 160))
    for fault, stands in ((PictureFault.FROZEN_CLOCK, True), (PictureFault.FROZEN_SENSOR, False)):
        a, *_, b = pictures(Film(size=SIZE, fault=fault), count=30, fps=12.5)
        assert (difference(a[clock], b[clock]) < 0.05) is stands
        assert difference(a[60:], b[60:]) < 0.02


def test_a_still_scene_at_low_bitrate_is_alive_and_cheap() -> None:
    film = Film(size=SIZE, fault=PictureFault.STATIC_LOW_BITRATE)
    a, *_, b = pictures(film, count=30, fps=12.5)
    assert 0.3 < difference(a[60:], b[60:]) < 6  # sensor noise and nothing else
    quiet = encode(ClipSpec(film=film, gop=12, gops=3)).mean_kbps
    assert quiet < encode(ClipSpec(film=replace(film, fault=None), gop=12, gops=3)).mean_kbps / 3
