"""The layers between convolutions: activations, batch normalisation, fully connected layers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from foveal.errors import UsageError
from foveal.ops.arrays import Array, choose_dtypes, floating, numeric, with_ndim
from foveal.ops.filters import checked_bias


def relu(x: npt.ArrayLike) -> Array:
    """Return `x` with every negative value replaced by 0.

    Args:
        x: any shape.

    Returns:
        The same shape and dtype.

    Raises:
        UsageError: `x` holds no numbers.

    Example:
        >>> relu([-2, 0, 3])
        array([0, 0, 3])
    """
    array = numeric(x, "x")
    return np.asarray(np.maximum(array, array.dtype.type(0)))


def softmax(x: npt.ArrayLike, axis: int = -1) -> Array:
    """Turn logits into probabilities.

    Args:
        x: logits, any shape of at least one dimension.
        axis: the axis of the classes; its probabilities sum to 1.

    Returns:
        exp(x) / Σ exp(x), computed without overflow; the floating dtype of `x` (float64 for
        integers).

    Raises:
        UsageError: `x` holds no numbers, or has no such axis.

    Example:
        >>> softmax([1000.0, 1000.0])
        array([0.5, 0.5])
    """
    array = numeric(x, "x")
    if not -array.ndim <= axis < array.ndim:
        raise UsageError(f"`axis` must be an axis of `x`, shape {array.shape}; got {axis}.")
    logits = array.astype(floating(array), copy=False)
    powers = np.exp(logits - logits.max(axis=axis, keepdims=True))
    return np.asarray(powers / powers.sum(axis=axis, keepdims=True))


def batch_norm(
    x: npt.ArrayLike,
    mean: npt.ArrayLike,
    variance: npt.ArrayLike,
    scale: npt.ArrayLike | None = None,
    shift: npt.ArrayLike | None = None,
    epsilon: float = 1e-5,
) -> Array:
    """Normalise every channel by statistics that are given: batch normalisation at inference.

    Args:
        x: (C,), (N, C), (C, H, W) or (N, C, H, W).
        mean: moving mean of each channel, (C,).
        variance: moving variance of each channel, (C,), at least 0.
        scale: γ of each channel, (C,); None for 1.
        shift: β of each channel, (C,); None for 0.
        epsilon: added to the variance; above 0. PyTorch takes 1e-5, Keras 1e-3.

    Returns:
        (x − mean) / √(variance + epsilon) · scale + shift; the shape of `x` and its floating
        dtype (float64 for integers).

    Raises:
        UsageError: an argument is out of range, or the shapes do not fit each other.

    Source:
        Ioffe and Szegedy, "Batch normalization", 2015, algorithm 2.

    Example:
        >>> batch_norm([[1.0, 10.0]], mean=[1, 4], variance=[1, 9], epsilon=1e-12)
        array([[0., 2.]])
    """
    array = numeric(x, "x")
    if array.ndim not in (1, 2, 3, 4):
        raise UsageError(
            f"`x` must be (C,), (N, C), (C, H, W) or (N, C, H, W); got shape {array.shape}."
        )
    if not epsilon > 0:
        raise UsageError(f"`epsilon` must be above 0; got {epsilon!r}.")
    work, result = choose_dtypes(array.astype(floating(array), copy=False))
    values = array.astype(work, copy=False)
    spread = _per_channel(variance, "variance", 1, values)
    if (spread < 0).any():
        raise UsageError(f"`variance` must be at least 0; got {spread.min()}.")
    factor = _per_channel(scale, "scale", 1, values) / np.sqrt(spread + work.type(epsilon))
    out: Array = (values - _per_channel(mean, "mean", 0, values)) * factor
    out += _per_channel(shift, "shift", 0, values)
    return out.astype(result, copy=False)


def _per_channel(value: npt.ArrayLike | None, name: str, default: int, x: Array) -> Array:
    """Return one number per channel of `x`, shaped to broadcast over it."""
    shape = (x.shape[-3], 1, 1) if x.ndim >= 3 else (x.shape[-1],)
    numbers = numeric(np.full(shape[0], default) if value is None else value, name)
    if numbers.shape != shape[:1]:
        raise UsageError(
            f"`{name}` must be one number per channel, shape ({shape[0]},); "
            f"got shape {numbers.shape}."
        )
    per_channel: Array = numbers.astype(x.dtype).reshape(shape)
    return per_channel


def dense(x: npt.ArrayLike, w_OI: npt.ArrayLike, bias: npt.ArrayLike | None = None) -> Array:
    """Return what a fully connected layer makes of its inputs.

    Args:
        x: (I,) or (N, I).
        w_OI: weights, one row per neuron, (O, I).
        bias: one number per neuron, (O,), or None.

    Returns:
        x·wᵀ + bias, (O,) or (N, O); dtypes as `conv2d`.

    Raises:
        UsageError: the shapes do not fit each other.

    Example:
        >>> dense([1, 2], [[1, 0], [0, 1], [1, 1]], bias=[0, 0, 10])
        array([ 1,  2, 13])
    """
    array, weights = numeric(x, "x"), with_ndim(w_OI, "w_OI", "(O, I)")
    if array.ndim not in (1, 2) or array.shape[-1] != weights.shape[1]:
        raise UsageError(
            f"`x` must be (I,) or (N, I) with I = {weights.shape[1]}, the columns of `w_OI`; "
            f"got shape {array.shape}."
        )
    biases = checked_bias(bias, weights.shape[0])
    work, result = choose_dtypes(array, weights, biases)
    out = array.astype(work, copy=False) @ weights.astype(work, copy=False).T + biases.astype(work)
    return np.asarray(out.astype(result, copy=False))
