"""The named kernels do what they say."""

from __future__ import annotations

import json

import numpy as np
import pytest

from foveal.errors import UnknownNameError
from foveal.ops import KERNELS, Kernel, convolve2d, get_kernel

RISING = np.tile(np.arange(8) * 10, (8, 1))


@pytest.mark.parametrize("kernel", KERNELS.values(), ids=list(KERNELS))
def test_every_kernel_is_3_by_3_with_words_and_a_scale(kernel: Kernel) -> None:
    assert kernel.values.shape == (3, 3)
    assert kernel.purpose.endswith(".")
    assert len(kernel.purpose) > 40
    assert kernel.scale == ("1" if kernel.divisor == 1 else f"1/{kernel.divisor}")
    assert json.loads(json.dumps(kernel.as_dict()))["weights"] == [list(r) for r in kernel.weights]


def test_all_ten_are_there() -> None:
    assert list(KERNELS) == [
        "vertical_edge",
        "horizontal_edge",
        "sobel_x",
        "sobel_y",
        "laplacian",
        "sharpen",
        "box_blur",
        "gaussian_blur",
        "emboss",
        "identity",
    ]


@pytest.mark.parametrize(
    "name", ["vertical_edge", "horizontal_edge", "sobel_x", "sobel_y", "laplacian"]
)
def test_flat_areas_vanish_under_kernels_that_find_edges(name: str) -> None:
    assert get_kernel(name).total == 0
    assert not convolve2d(np.full((5, 5), 77), get_kernel(name).values).any()


@pytest.mark.parametrize("name", ["sharpen", "box_blur", "gaussian_blur", "identity", "emboss"])
def test_flat_areas_stay_under_kernels_that_keep_the_brightness(name: str) -> None:
    kernel = get_kernel(name)
    assert kernel.total == kernel.divisor
    assert convolve2d(np.full((5, 5), 77.0), kernel.values) == pytest.approx(77)


def test_vertical_edges_show_where_it_gets_brighter_to_the_right() -> None:
    assert (convolve2d(RISING, get_kernel("vertical_edge").values) == 60).all()
    assert (convolve2d(RISING, get_kernel("sobel_x").values) == 80).all()
    assert not convolve2d(RISING, get_kernel("horizontal_edge").values).any()
    assert not convolve2d(RISING, get_kernel("sobel_y").values).any()


def test_horizontal_edges_show_where_it_gets_brighter_downwards() -> None:
    assert (convolve2d(RISING.T, get_kernel("horizontal_edge").values) == 60).all()
    assert (convolve2d(RISING.T, get_kernel("sobel_y").values) == 80).all()


def test_an_even_ramp_vanishes_under_the_laplacian_and_stays_under_sharpening() -> None:
    assert not convolve2d(RISING, get_kernel("laplacian").values).any()
    sharp = convolve2d(RISING, get_kernel("sharpen").values)
    assert (sharp == RISING[1:-1, 1:-1]).all()


def test_whole_weights_stay_whole_and_blurs_are_divided() -> None:
    assert get_kernel("sobel_x").values.dtype == np.int64
    assert get_kernel("gaussian_blur").values.sum() == 1


def test_an_unknown_kernel_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown kernel 'sobelx'; did you mean 'sobel_x'"):
        get_kernel("sobelx")
