"""Activations, batch normalisation and the fully connected layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from foveal.errors import UsageError
from foveal.ops import batch_norm, dense, relu, softmax


@pytest.mark.parametrize("dtype", ["float32", "int8", "uint8", "float16"])
def test_relu_keeps_the_dtype(dtype: str) -> None:
    out = relu(np.array([-2, 0, 3]).astype(dtype))
    assert out.dtype == dtype
    assert relu(np.array([-2.5, 0.0, 3.0], np.float32)).tolist() == [0, 0, 3]


def test_softmax_sums_to_1_however_large_the_logits() -> None:
    out = softmax([[1e4, 0, -1e4], [1, 1, 1]])
    assert out.sum(axis=1) == pytest.approx([1, 1])
    assert out[0].tolist() == [1, 0, 0]
    assert softmax(np.ones((2, 3), np.float32)).dtype == np.float32
    assert softmax([0, 1], axis=0)[1] == pytest.approx(np.e / (1 + np.e))


@pytest.mark.parametrize("shape", [(3,), (2, 3), (3, 4, 5), (2, 3, 4, 5)])
def test_batch_norm_finds_the_channels_in_every_layout(shape: tuple[int, ...]) -> None:
    x = np.ones(shape, np.float32)
    out = batch_norm(x, mean=[1, 0, 1], variance=[1, 1, 4], shift=[0, 0, 8], epsilon=1e-9)
    channels = np.moveaxis(out, -3 if len(shape) > 2 else -1, 0)
    assert [float(channel.max()) for channel in channels] == pytest.approx([0, 1, 8])
    assert out.dtype == np.float32
    assert out.shape == shape


def test_batch_norm_adds_epsilon_to_the_variance() -> None:
    assert batch_norm([1.0], [0], [0], epsilon=0.25).tolist() == [2.0]
    assert batch_norm([1.0], [0], [0], scale=[3], epsilon=0.25).tolist() == [6.0]


def test_dense_of_integers_is_exact() -> None:
    out = dense([[1, 2], [3, 4]], [[1, 10], [100, 1000]], bias=[0, 1])
    assert out.tolist() == [[21, 2101], [43, 4301]]
    assert out.dtype == np.int64


def test_dense_keeps_float32() -> None:
    assert dense(np.ones(2, np.float32), np.ones((3, 2))).dtype == np.float32


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: relu(["a"]), r"`x` must hold real numbers; got dtype <U1"),
        (lambda: softmax([1, 2], axis=1), r"`axis` must be an axis of `x`, shape \(2,\); got 1"),
        (lambda: softmax(3.0), r"`axis` must be an axis of `x`, shape \(\); got -1"),
        (lambda: batch_norm(1.0, [1], [1]), r"`x` must be \(C,\), .*; got shape \(\)"),
        (lambda: batch_norm([1], [1, 2], [1]), r"`mean` must be .*\(1,\); got shape \(2,\)"),
        (lambda: batch_norm([1], [1], [-1]), r"`variance` must be at least 0; got -1"),
        (lambda: batch_norm([1], [1], [1], scale=1), r"`scale` must be .*; got shape \(\)"),
        (lambda: batch_norm([1], [1], [1], epsilon=0), r"`epsilon` must be above 0; got 0"),
        (lambda: dense([1, 2, 3], [[1, 2]]), r"with I = 2, .*; got shape \(3,\)"),
        (lambda: dense([1], [1]), r"`w_OI` must be \(O, I\), .*; got shape \(1,\)"),
        (lambda: dense([1], [[1]], [1, 2]), r"`bias` must be .*\(1,\); got shape \(2,\)"),
    ],
)
def test_unusable_arguments_are_named_with_their_value(
    call: Callable[[], Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        call()
