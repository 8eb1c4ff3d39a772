"""How far pictures are reduced, and what the averages are worth."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenskeeper.pictures.reduce import (
    ANALYSIS_SHORT_SIDE_PX,
    ANALYSIS_SIDE_PX,
    averaged,
    from_yuv,
    reduction,
)

sides = st.integers(16, 8192)


@pytest.mark.parametrize(
    ("width_px", "height_px", "by"),
    [
        (352, 288, 1),
        (640, 360, 1),
        (704, 576, 1),
        (736, 480, 1),
        (1280, 720, 2),
        (1920, 1080, 4),
        (1080, 1920, 4),
        (2560, 1440, 4),
        (3840, 2160, 8),
        (8192, 4320, 16),
    ],
)
def test_the_sizes_of_the_field_come_to_a_few_hundred_pixels(width_px: int, height_px: int, by: int) -> None:
    assert reduction(width_px, height_px) == by


@given(sides, sides)
def test_no_side_gets_too_small_and_no_reduction_is_left_out(width_px: int, height_px: int) -> None:
    by = reduction(width_px, height_px)
    assert min(width_px, height_px) // by >= ANALYSIS_SHORT_SIDE_PX
    assert (
        max(width_px, height_px) <= ANALYSIS_SIDE_PX * by
        or min(width_px, height_px) < ANALYSIS_SHORT_SIDE_PX * by * 2
    )


@given(st.sampled_from([1, 2, 4, 8]), st.integers(1, 9), st.integers(1, 9), st.integers(0, 99))
def test_halving_again_and_again_gives_the_mean_of_the_square(
    by: int, rows: int, columns: int, seed: int
) -> None:
    plane = np.random.default_rng(seed).integers(0, 256, (rows * by, columns * by)).astype(np.uint8)
    plainly = plane.reshape(rows, by, columns, by).mean(axis=(1, 3))
    assert np.abs(averaged(plane, by) - plainly).max() <= 0.5 * max(1, by.bit_length() - 1) + 1e-9


@given(st.integers(16, 2000), st.integers(16, 400), st.sampled_from([1, 2]), st.sampled_from([1, 2]))
def test_planes_of_any_size_agree_and_own_their_memory(
    width_px: int, height_px: int, across: int, down: int
) -> None:
    luma = np.full((height_px, width_px), 126, np.uint8)
    chroma = np.full((-(-height_px // down), -(-width_px // across)), 128, np.uint8)
    planes = from_yuv(luma, (chroma, chroma), bits=8, full_range=True, decoder_errors=0)
    luma.fill(0)
    chroma.fill(0)
    assert (
        planes.fine.shape
        == planes.smooth.shape
        == (height_px // planes.reduced_by, width_px // planes.reduced_by)
    )
    assert planes.u is not None
    assert planes.v is not None
    assert planes.u.shape == planes.v.shape
    assert abs(planes.u.shape[0] - planes.fine.shape[0] / 2) <= 2
    assert abs(planes.u.shape[1] - planes.fine.shape[1] / 2) <= 2
    assert (planes.fine == 126).all()
    assert (planes.smooth == 126).all()
    assert (planes.u == 128).all()


def test_limited_range_becomes_full_range() -> None:
    luma = np.tile(np.array([[0, 16, 126, 235, 255]], np.uint8), (16, 4))
    chroma = np.tile(np.array([[16, 128, 240]], np.uint8), (8, 4))
    planes = from_yuv(luma, (chroma, chroma), bits=8, full_range=False, decoder_errors=0)
    assert planes.fine[0, :5].tolist() == [0, 0, 128, 255, 255]
    assert planes.u is not None
    assert planes.u[0, :3].tolist() == [0, 128, 255]


def test_more_than_8_bits_become_8() -> None:
    luma = np.full((32, 32), 1023, np.uint16)
    luma[:16] = 512
    planes = from_yuv(luma, None, bits=10, full_range=True, decoder_errors=0)
    assert planes.fine.dtype == planes.smooth.dtype == np.uint8
    assert (planes.fine[0, 0], planes.fine[-1, 0]) == (128, 255)


def test_every_nth_pixel_keeps_the_noise_that_averages_remove() -> None:
    noisy = np.random.default_rng(1).normal(128, 20, (1080, 1920)).clip(0, 255).astype(np.uint8)
    planes = from_yuv(noisy, None, bits=8, full_range=True, decoder_errors=0)
    assert planes.fine.shape == (270, 480)
    assert planes.fine.std() == pytest.approx(20, abs=0.5)
    assert planes.smooth.std() == pytest.approx(20 / 4, abs=0.5)
