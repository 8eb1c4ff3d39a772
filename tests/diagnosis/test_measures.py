"""What is measured, and what it must not depend on."""

from dataclasses import fields
from typing import Any

import cv2
import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.diagnosis.scenery import a_road, blurred, figures_of, noisy, planes_of, written

from lenskeeper.diagnosis.checks import measure
from lenskeeper.diagnosis.figures import SCALARS, Figures, ink_of
from lenskeeper.diagnosis.verdict import judge
from lenskeeper.pictures.planes import LumaPlane
from lenskeeper.probing.simulator.films import Film, burn_in

few = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
seeds = st.integers(1, 8)
pack = msgspec.msgpack.encode


def unpack(packed: bytes) -> Figures:
    """As the house reads what a worker sent."""
    return msgspec.msgpack.decode(packed, type=Figures)


def laplacian_variance(luma: LumaPlane) -> float:
    """Sharpness the way textbooks measure it (Pech-Pacheco et al., ICPR 2000), in squared grey levels."""
    return float(cv2.meanStdDev(cv2.Laplacian(luma, cv2.CV_16S))[1][0, 0]) ** 2


@few
@given(seeds, st.floats(0, 5), st.floats(0.3, 3))
def test_more_blur_never_raises_crispness(seed: int, sigma: float, more: float) -> None:
    road = a_road(seed)
    a, b = figures_of(blurred(road, sigma)), figures_of(blurred(road, sigma + more))
    assert b.crispness <= a.crispness + 0.02


@few
@given(seeds, st.floats(0.4, 1.0), st.floats(0, 60))
def test_less_contrast_leaves_crispness_as_it_is(seed: int, keep: float, lift: float) -> None:
    road = blurred(a_road(seed), 1.0)
    thin = np.clip(road * keep + lift, 0, 255).astype(np.uint8)
    assert figures_of(thin).crispness == pytest.approx(figures_of(road).crispness, abs=0.06)


@few
@given(seeds, st.floats(0, 20), st.floats(4, 20))
def test_more_noise_is_measured_as_more_noise(seed: int, sigma: float, more: float) -> None:
    road = blurred(a_road(seed), 1.0)
    assert figures_of(noisy(road, sigma + more)).noise > figures_of(noisy(road, sigma)).noise


@few
@given(seeds)
def test_a_mirrored_picture_has_the_same_figures(seed: int) -> None:
    road = noisy(a_road(seed), 2)
    straight, mirrored = figures_of(road), figures_of(np.ascontiguousarray(road[:, ::-1]))
    for name in ("mean", "high", "low", "ground_bright", "ground_clipped", "grey_share"):
        assert getattr(mirrored, name) == pytest.approx(getattr(straight, name), abs=0.5), name
    assert mirrored.crispness == pytest.approx(straight.crispness, abs=0.04)


@few
@given(seeds)
def test_text_does_not_pass_for_sharpness(seed: int) -> None:
    soft = blurred(a_road(seed), 4)
    lettered = written(soft)
    assert laplacian_variance(planes_of(lettered).fine) > 4 * laplacian_variance(planes_of(soft).fine)
    assert figures_of(lettered).crispness == pytest.approx(figures_of(soft).crispness, abs=0.05)


@few
@given(seeds)
def test_text_is_masked_and_its_ink_kept(seed: int) -> None:
    plain, lettered = figures_of(blurred(a_road(seed), 2)), figures_of(written(blurred(a_road(seed), 2)))
    assert lettered.seen_share < plain.seen_share
    assert not ink_of(plain).any()
    assert (ink_of(lettered) > 0).sum() > 10


@few
@given(seeds, st.integers(40, 900), st.integers(20, 700), st.booleans())
def test_a_picture_of_any_size_can_be_measured_and_sent(
    seed: int, width: int, height: int, colour: bool
) -> None:
    picture = cv2.resize(a_road(seed), (width, height), interpolation=cv2.INTER_AREA).astype(np.uint8)
    figures = measure(planes_of(picture, reduced_by=1, colour=colour))
    assert unpack(pack(figures)) == figures
    assert judge(figures, None).verdict


@few
@given(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255))
def test_a_picture_of_one_colour_can_be_measured(blue: int, green: int, red: int) -> None:
    flat = np.full((270, 480, 3), (blue, green, red), np.uint8)
    figures = figures_of(flat)
    assert all(np.isfinite(getattr(figures, name)) for name in SCALARS)


def test_figures_are_small_and_hold_no_plane_finer_than_the_map() -> None:
    figures = figures_of(noisy(written(a_road(1)), 2))
    assert len(pack(figures)) < 8_000
    sizes = {f.name: len(getattr(figures, f.name)) for f in fields(Figures) if f.type is bytes}
    assert sizes["level_map"] == sizes["detail_map"] == 32 * 18
    # the only finer grid holds nothing but text
    assert not ink_of(figures_of(blurred(a_road(1), 2))).any()


def test_figures_of_a_wrong_shape_are_refused() -> None:
    packed = msgspec.msgpack.decode(pack(figures_of(a_road(1))))
    packed["level_map"] = b"short"
    with pytest.raises(msgspec.ValidationError, match="level_map"):
        unpack(msgspec.msgpack.encode(packed))


def test_a_figure_that_is_not_a_number_is_refused() -> None:
    packed = msgspec.msgpack.decode(pack(figures_of(a_road(1))))
    packed["mean"] = float("nan")
    with pytest.raises(msgspec.ValidationError, match="mean"):
        unpack(msgspec.msgpack.encode(packed))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("noise", 1e200),
        ("mean", -1e7),
        ("crispness", float("inf")),
        ("width_px", 2**60),
        ("height_px", -1),
        ("decoder_errors", -1),
        ("tile_px", 0),
        ("reduced_by", 0),
    ],
)
def test_figures_that_no_picture_has_are_refused(name: str, value: Any) -> None:
    packed = msgspec.msgpack.decode(pack(figures_of(a_road(1))))
    packed[name] = value
    with pytest.raises(msgspec.ValidationError, match=name):
        unpack(msgspec.msgpack.encode(packed))


@pytest.mark.parametrize("size", [(640, 360), (704, 396)])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_clock_with_seconds_is_known_by_its_shape(size: tuple[int, int], seed: int) -> None:
    road = cv2.resize(a_road(seed), size, interpolation=cv2.INTER_LINEAR).astype(np.uint8)
    ticking = road.copy()
    burn_in(ticking, Film(size=size, name="Gate 3"), 7.0)
    assert figures_of(ticking).has_seconds
    assert not figures_of(written(road, clock="2026-06-15 12:04")).has_seconds
    assert not figures_of(written(road, clock="", name="Gate 3: north")).has_seconds
    assert not figures_of(road).has_seconds
