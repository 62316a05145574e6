"""The arrays that operators take: their layouts, and the numbers they are computed in."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from foveal.errors import UsageError

Array = npt.NDArray[Any]

_EXACT_IN_FLOAT64 = 2**53
_LARGEST_INT64 = 2**63 - 1


def numeric(value: npt.ArrayLike, name: str) -> Array:
    """Return `value` as an array of real numbers.

    Args:
        value: an array, or nested lists.
        name: the argument's name, for the message.

    Returns:
        An array of booleans, integers or floats; not copied where it already is one.

    Raises:
        UsageError: it holds something else, or rows of different lengths.
    """
    try:
        array = np.asarray(value)
    except ValueError:
        raise UsageError(f"`{name}` must be a full array of numbers; got ragged rows.") from None
    if array.dtype.kind not in "biuf":
        raise UsageError(f"`{name}` must hold real numbers; got dtype {array.dtype}.")
    return array


def with_ndim(value: npt.ArrayLike, name: str, layout: str) -> Array:
    """Return `value` as an array of as many dimensions as `layout` names, none of them empty.

    Args:
        value: an array, or nested lists.
        name: the argument's name, for the message.
        layout: its axes: ``"(H, W)"``.

    Returns:
        The array.

    Raises:
        UsageError: it has another number of dimensions, or is empty.
    """
    array = numeric(value, name)
    if array.ndim != layout.count(",") + 1 or 0 in array.shape:
        raise UsageError(f"`{name}` must be {layout}, no side empty; got shape {array.shape}.")
    return array


def as_batch(value: npt.ArrayLike, name: str = "x") -> Array:
    """Return an image, or a batch of them, as a batch.

    Args:
        value: (H, W), (C, H, W) or (N, C, H, W); only N may be 0.
        name: the argument's name, for the message.

    Returns:
        A view, (N, C, H, W).

    Raises:
        UsageError: it has another number of dimensions, or a side of 0.
    """
    array = numeric(value, name)
    if array.ndim not in (2, 3, 4) or 0 in array.shape[-3:]:
        raise UsageError(
            f"`{name}` must be (H, W), (C, H, W) or (N, C, H, W), no side empty; "
            f"got shape {array.shape}."
        )
    return array.reshape((1,) * (4 - array.ndim) + array.shape)


class Dtypes(NamedTuple):
    """The numbers an operator computes in, and those it returns."""

    work: np.dtype[Any]
    result: np.dtype[Any]


def choose_dtypes(x: Array, *weights: Array) -> Dtypes:
    """Return the dtypes of a sum of products.

    A floating image decides: float32 in, float32 out. Integers with integer weights give exact
    int64; integers with floating weights give the weights' dtype. float16 is summed in float32.

    Args:
        x: the image.
        *weights: what it is multiplied with first, then what is added, such as biases.

    Returns:
        The dtype to compute in, the dtype to return.

    Raises:
        UsageError: integers so large that their sum might not fit in int64.
    """
    if x.dtype.kind == "f":
        return _floating(x.dtype)
    floats = [array.dtype for array in weights if array.dtype.kind == "f"]
    if floats:
        return _floating(np.result_type(*floats))
    bound = _largest(x) * _largest(weights[0]) * weights[0].size + sum(map(_largest, weights[1:]))
    if bound > _LARGEST_INT64:
        raise UsageError(
            f"integer sums must fit in 64 bits; got values that may reach {bound:.1e}; "
            "convert `x` to float64."
        )
    # Below 2**53 float64 holds every integer, and its matrix product is many times faster.
    exact = bound < _EXACT_IN_FLOAT64
    return Dtypes(np.dtype(np.float64 if exact else np.int64), np.dtype(np.int64))


def floating(x: Array) -> np.dtype[Any]:
    """Return the floating dtype an array is averaged or differentiated in.

    Args:
        x: any array of numbers.

    Returns:
        Its own dtype, or float64 for integers.
    """
    return x.dtype if x.dtype.kind == "f" else np.dtype(np.float64)


def _floating(dtype: np.dtype[Any]) -> Dtypes:
    return Dtypes(np.dtype(np.float32) if dtype == np.float16 else dtype, dtype)


def _largest(array: Array) -> int:
    return max(abs(int(array.min())), abs(int(array.max()))) if array.size else 0
