"""Filters and biases, checked against the image they are for."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from foveal.errors import UsageError
from foveal.ops.arrays import Array, numeric, with_ndim
from foveal.ops.counts import check_groups


def checked_filters(w_OIHW: npt.ArrayLike, channels: int, groups: int) -> Array:
    """Return the filters if they fit the channels.

    Args:
        w_OIHW: (O, C / groups, kh, kw).
        channels: C, the channels of the image.
        groups: groups of channels that do not see each other.

    Returns:
        The filters as an array.

    Raises:
        UsageError: they do not fit.
    """
    weights = with_ndim(w_OIHW, "w_OIHW", "(O, I, kh, kw)")
    groups = check_groups(channels, weights.shape[0], groups)
    if weights.shape[1] != channels // groups:
        raise UsageError(
            f"`w_OIHW` must have {channels // groups} input channels "
            f"({channels} of `x` / {groups} groups); got shape {weights.shape}."
        )
    return weights


def checked_bias(bias: npt.ArrayLike | None, outputs: int) -> Array:
    """Return the biases, one per output channel.

    Args:
        bias: (O,), or None for none.
        outputs: O.

    Returns:
        (O,); integer zeros for None.

    Raises:
        UsageError: they are not one per output channel.
    """
    if bias is None:
        return np.zeros(outputs, np.int64)
    biases = numeric(bias, "bias")
    if biases.shape != (outputs,):
        raise UsageError(
            f"`bias` must be one number per output channel, shape ({outputs},); "
            f"got shape {biases.shape}."
        )
    return biases
