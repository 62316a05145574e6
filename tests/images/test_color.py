from __future__ import annotations

import colorsys
import itertools

import numpy as np
import pytest

from foveal.errors import UnknownNameError, UsageError
from foveal.images import COLOR_SPACES, convert_color, gray_to_rgb

RNG = np.random.default_rng(3)
NOISE = RNG.integers(0, 256, (20, 30, 3), dtype=np.uint8)


def test_bgr_is_rgb_with_its_ends_exchanged() -> None:
    assert np.array_equal(convert_color(NOISE, "RGB", "BGR"), NOISE[:, :, ::-1])
    assert np.array_equal(convert_color(NOISE, "BGR", "RGB"), NOISE[:, :, ::-1])


def test_gray_is_the_weighted_sum_of_luma() -> None:
    luma = NOISE @ np.array([0.299, 0.587, 0.114])
    assert np.abs(convert_color(NOISE, "RGB", "GRAY") - luma).max() <= 1


def test_hsv_agrees_with_the_standard_library() -> None:
    converted = convert_color(NOISE, "RGB", "HSV").reshape(-1, 3).astype(int)
    for (r, g, b), (hue, saturation, value) in zip(
        NOISE.reshape(-1, 3) / 255, converted, strict=True
    ):
        h, s, v = colorsys.rgb_to_hsv(r, g, b)
        assert abs((hue - h * 180 + 90) % 180 - 90) <= 1
        assert abs(saturation - s * 255) <= 1
        assert value == round(v * 255)


def test_ycbcr_agrees_with_the_equations_of_jfif() -> None:
    r, g, b = np.moveaxis(NOISE.astype(float), 2, 0)
    expected = np.stack(
        [
            0.299 * r + 0.587 * g + 0.114 * b,
            -0.168736 * r - 0.331264 * g + 0.5 * b + 128,
            0.5 * r - 0.418688 * g - 0.081312 * b + 128,
        ],
        axis=2,
    )
    assert np.abs(convert_color(NOISE, "RGB", "YCbCr") - np.clip(expected, 0, 255)).max() <= 1


def test_lab_of_white_black_and_red_is_the_known_one() -> None:
    colours = np.array([[[255, 255, 255], [0, 0, 0], [255, 0, 0]]], np.uint8)
    converted = convert_color(colours, "RGB", "LAB").astype(int)
    # CIE: red in sRGB is L* 53.24, a* 80.09, b* 67.20
    expected = [[255, 128, 128], [0, 128, 128], [136, 208, 195]]
    assert np.abs(converted[0] - expected).max() <= 1


@pytest.mark.parametrize(("source", "target"), list(itertools.product(COLOR_SPACES, COLOR_SPACES)))
def test_every_pair_of_spaces_converts(source: str, target: str) -> None:
    image = convert_color(NOISE, "RGB", source)
    before = image.copy()
    converted = convert_color(image, source, target)
    assert converted.dtype == np.uint8
    assert converted.shape == ((20, 30) if target == "GRAY" else (20, 30, 3))
    assert not np.shares_memory(converted, image)
    assert np.array_equal(image, before)


@pytest.mark.parametrize(
    ("space", "tolerance"), [("BGR", 0), ("LAB", 16), ("YCbCr", 3), ("HSV", 8)]
)
def test_there_and_back_loses_little(space: str, tolerance: int) -> None:
    back = convert_color(convert_color(NOISE, "RGB", space), space, "RGB")
    assert np.abs(back.astype(int) - NOISE).max() <= tolerance


def test_gray_to_rgb_repeats_the_channel() -> None:
    grey = NOISE[:, :, 0]
    rgb = gray_to_rgb(grey)
    assert rgb.shape == (20, 30, 3)
    assert all(np.array_equal(rgb[:, :, channel], grey) for channel in range(3))
    assert np.array_equal(gray_to_rgb(grey[:, :, None]), rgb)


def test_an_unknown_space_is_named_with_what_is_near() -> None:
    with pytest.raises(
        UnknownNameError, match=r"unknown colour space 'YCrCb'; did you mean 'YCbCr'"
    ):
        convert_color(NOISE, "YCrCb", "RGB")


@pytest.mark.parametrize(
    ("image", "space", "message"),
    [
        (
            NOISE,
            "GRAY",
            r"a GRAY image must be uint8 of shape \(H, W\); got uint8 of shape \(20, 30, 3\)",
        ),
        (
            NOISE[:, :, 0],
            "RGB",
            r"a RGB image must be uint8 of shape \(H, W, 3\); got uint8 of shape",
        ),
        (NOISE / 255, "RGB", r"must be uint8 of shape \(H, W, 3\); got float64"),
        (NOISE[:0], "RGB", r"got uint8 of shape \(0, 30, 3\)"),
    ],
)
def test_other_arrays_are_refused(image: np.ndarray, space: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        convert_color(image, space, "BGR")


def test_gray_to_rgb_refuses_three_channels() -> None:
    with pytest.raises(UsageError, match=r"a GRAY image must be uint8 of shape \(H, W\)"):
        gray_to_rgb(NOISE)
