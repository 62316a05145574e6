"""Pooling on hand-made examples, its gradients, and its error sentences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from foveal import ops
from foveal.errors import UsageError

COURSE = [[1, 3, 2, 4], [5, 6, 1, 2], [3, 2, 8, 1], [4, 7, 3, 9]]


def test_max_pooling_of_the_course() -> None:
    assert ops.max_pool2d(COURSE).tolist() == [[6, 4], [7, 9]]


def test_average_pooling_of_the_course() -> None:
    assert ops.average_pool2d(COURSE).tolist() == [[3.75, 2.25], [4.0, 5.25]]


def test_global_average_of_28_by_28_by_64_gives_64_values() -> None:
    assert ops.global_average_pool2d(np.ones((64, 28, 28))).shape == (64,)


def test_indices_count_the_cells_of_the_plane() -> None:
    pooled = ops.max_pool2d_with_indices(COURSE)
    assert pooled.indices.tolist() == [[5, 3], [13, 15]]
    assert [divmod(int(index), 4) for index in pooled.indices.ravel()] == [
        (1, 1),
        (0, 3),
        (3, 1),
        (3, 3),
    ]


def test_of_equal_cells_the_first_counts() -> None:
    assert ops.max_pool2d_with_indices(np.zeros((4, 4), int)).indices.tolist() == [[0, 2], [8, 10]]


def test_indices_are_real_cells_even_where_all_values_are_the_least_there_are() -> None:
    for least in (np.full((2, 2), -np.inf), np.zeros((2, 2), np.uint8)):
        pooled = ops.max_pool2d_with_indices(least, 2, 1, padding=1)
        assert pooled.indices.tolist() == [[0, 0, 1], [0, 0, 1], [2, 2, 3]]
        assert (pooled.values == least[0, 0]).all()


def test_padding_never_wins_a_maximum_nor_lowers_an_average() -> None:
    x = np.full((3, 3), -5)
    assert (ops.max_pool2d(x, 3, 1, "same") == -5).all()
    assert (ops.average_pool2d(x, 3, 1, "same") == -5).all()
    assert ops.average_pool2d(x, 3, 1, "same", count_padding=True)[0, 0] == -20 / 9


def test_not_a_number_wins() -> None:
    x = np.array([[1.0, np.nan], [7.0, 2.0]])
    pooled = ops.max_pool2d_with_indices(x)
    assert np.isnan(pooled.values).all()
    assert np.isnan(ops.max_pool2d(x)).all()
    assert pooled.indices.tolist() == [[1]]


@pytest.mark.parametrize("shape", [(6, 8), (3, 6, 8), (2, 3, 6, 8)])
def test_the_layout_that_comes_is_the_layout_that_goes(shape: tuple[int, ...]) -> None:
    x = np.random.default_rng(0).standard_normal(shape, dtype=np.float32)
    pooled = (*shape[:-2], 3, 4)
    assert ops.max_pool2d(x).shape == ops.average_pool2d(x).shape == pooled
    assert ops.max_pool2d_gradient(x, np.ones(pooled)).shape == shape
    assert ops.average_pool2d_gradient(x, np.ones(pooled)).shape == shape
    for pool in (ops.global_average_pool2d, ops.global_max_pool2d):
        assert pool(x).shape == shape[:-2]
        assert pool(x).dtype == np.float32
    for back in (ops.global_average_pool2d_gradient, ops.global_max_pool2d_gradient):
        assert back(x, np.ones(shape[:-2])).shape == shape
        assert back(x, np.ones(shape[:-2])).dtype == np.float32


@pytest.mark.parametrize(
    ("dtype", "mean"),
    [("uint8", "float64"), ("float32", "float32"), ("float16", "float16"), ("bool", "float64")],
)
def test_a_maximum_keeps_the_dtype_and_a_mean_floats(dtype: str, mean: str) -> None:
    x = np.ones((4, 4), dtype)
    assert ops.max_pool2d(x).dtype == dtype
    assert ops.average_pool2d(x).dtype == mean
    assert ops.global_average_pool2d(x).dtype == mean


def test_gradient_of_max_pooling_goes_to_the_winners_and_adds_up_where_windows_overlap() -> None:
    back = ops.max_pool2d_gradient([[1, 9, 2]], [[1.0, 10.0]], (1, 2), 1)
    assert back.tolist() == [[0, 11, 0]]


def test_gradient_of_the_global_pools() -> None:
    x = np.array([[[1, 2], [3, 9]], [[8, 1], [1, 1]]])
    assert ops.global_max_pool2d_gradient(x, [5, 7]).tolist() == [
        [[0, 0], [0, 5]],
        [[7, 0], [0, 0]],
    ]
    assert ops.global_average_pool2d_gradient(x, [4, 8])[1].tolist() == [[2, 2], [2, 2]]


def test_a_global_gradient_is_a_fresh_array() -> None:
    back = ops.global_average_pool2d_gradient(np.ones((2, 2)), 4.0)
    back[0, 0] = 7
    assert back.tolist() == [[7, 1], [1, 1]]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ops.max_pool2d(COURSE, 0), r"`pool_size` must be a positive int or a pair.*got 0"),
        (lambda: ops.max_pool2d(COURSE, 2, (1, 0)), r"`stride` must be .*; got \(1, 0\)"),
        (lambda: ops.max_pool2d(COURSE, 5), r"the window must fit .* span 5; got 4"),
        (lambda: ops.average_pool2d(COURSE, 2, padding=2), r"below its window; got 2 for .* of 2"),
        (lambda: ops.global_max_pool2d([1]), r"`x` must be \(H, W\), .*; got shape \(1,\)"),
        (
            lambda: ops.max_pool2d_gradient(COURSE, [[1.0]]),
            r"`gradient` must have the shape of the output, \(1, 1, 2, 2\) .*; got shape \(1, 1\)",
        ),
        (lambda: ops.average_pool2d_gradient(COURSE, np.ones((1, 1, 1, 2, 2))), r"`gradient` must"),
        (lambda: ops.global_average_pool2d_gradient(COURSE, [1, 2]), r"\(1, 1\) .* shape \(2,\)"),
        (
            lambda: ops.conv2d_gradients(COURSE, np.ones((1, 1, 2, 2)), np.ones((2, 3, 3))),
            r"`gradient` must have the shape of the output, \(1, 1, 3, 3\) .*\(2, 3, 3\)",
        ),
    ],
)
def test_unusable_arguments_are_named_with_their_value(
    call: Callable[[], Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        call()
