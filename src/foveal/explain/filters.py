"""The filters of a network's first layer, which are small enough to be looked at."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from torch import nn

from foveal.errors import ModelError
from foveal.models.convnet import ConvNet


def first_filters(network: ConvNet) -> NDArray[np.float32]:
    """Return the weights of the first convolution.

    Args:
        network: any network.

    Returns:
        float32 (O, I, kH, kW): O filters over the I channels of the image.

    Raises:
        ModelError: the network has no convolution.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            weights: NDArray[np.float32] = module.weight.detach().float().cpu().numpy()
            return weights
    raise ModelError(f"{network.name!r} has no convolution, so it has no filters to look at.")


def filter_images(w_OIHW: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Show filters as small images: grey is 0, brighter counts for, darker counts against.

    Args:
        w_OIHW: filters; those over three channels become coloured.

    Returns:
        uint8 (O, kH, kW, 3). Each filter is stretched by its own largest weight, unless that is
        below a hundredth of the largest of all: such a filter is dead and stays grey.
    """
    w_OHWI = np.moveaxis(w_OIHW, 1, -1).astype(np.float64)
    if w_OHWI.shape[-1] != 3:
        w_OHWI = np.repeat(w_OHWI.mean(axis=-1, keepdims=True), 3, axis=-1)
    largest_O = np.abs(w_OHWI).max(axis=(1, 2, 3))
    least = 0.01 * largest_O.max(initial=0.0)
    scale_O = np.where(largest_O > least, largest_O, np.inf)
    return np.round(127.5 + 127.5 * w_OHWI / scale_O[:, None, None, None]).astype(np.uint8)
