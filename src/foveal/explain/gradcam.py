"""Where in an image the evidence for a class lies: Grad-CAM and Grad-CAM++."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from foveal.explain.activations import maps_and_gradients, target_block
from foveal.models.convnet import ConvNet

Maps = NDArray[np.float32]
Weigh = Callable[[Tensor, Tensor], Tensor]  # maps and gradients (N, C, H, W) → weights (N, C)


def grad_cam(
    network: ConvNet, x_NCHW: Tensor, classes: Sequence[int], block: str | None = None
) -> Maps:
    """Weigh a block's maps by the mean gradient of a class score, add them, keep what is above 0.

    Args:
        network: any network.
        x_NCHW: normalised images, float (N, C, H, W).
        classes: one class index for each image.
        block: whose maps; None for the last one that still has places.

    Returns:
        float32 (N, H', W') of the block's own size, 0 or more, not scaled.

    Raises:
        UnknownNameError: there is no such block.
        UsageError: the classes do not fit, or no block gives maps.

    Source:
        R. R. Selvaraju et al., "Grad-CAM: visual explanations from deep networks via
        gradient-based localization", ICCV 2017, equations 1 and 2.
    """
    return _explained(network, x_NCHW, classes, block, _mean_gradient)


def grad_cam_plus_plus(
    network: ConvNet, x_NCHW: Tensor, classes: Sequence[int], block: str | None = None
) -> Maps:
    """Weigh a block's maps by their rising gradients, so that several objects all count.

    The class score goes through an exponential in the paper. Its value is one positive factor for
    the whole map and is left out here: the picture is the same, and no large score overflows.

    Only rising gradients count. Just before an average pool and a linear head the map therefore
    shows where anything at all answers rather than what speaks for this class: with a random head
    it correlates by 0.99 with that of the trained one (Lite0). Prefer `grad_cam` to compare
    classes.

    Args:
        network: any network.
        x_NCHW: normalised images, float (N, C, H, W).
        classes: one class index for each image.
        block: whose maps; None for the last one that still has places.

    Returns:
        float32 (N, H', W') of the block's own size, 0 or more, not scaled.

    Raises:
        UnknownNameError: there is no such block.
        UsageError: the classes do not fit, or no block gives maps.

    Source:
        A. Chattopadhay et al., "Grad-CAM++: generalized gradient-based visual explanations for
        deep convolutional networks", WACV 2018, equations 5, 15 and 19.
    """
    return _explained(network, x_NCHW, classes, block, _rising_gradient)


def _explained(
    network: ConvNet, x_NCHW: Tensor, classes: Sequence[int], block: str | None, weigh: Weigh
) -> Maps:
    name = target_block(network, x_NCHW) if block is None else block
    maps, gradients = maps_and_gradients(network, x_NCHW, classes, name)
    weights_NC11 = weigh(maps, gradients)[:, :, None, None]
    evidence: Maps = torch.relu((weights_NC11 * maps).sum(dim=1)).float().cpu().numpy()
    return evidence


def _mean_gradient(maps: Tensor, gradients: Tensor) -> Tensor:
    return gradients.mean(dim=(2, 3))


def _rising_gradient(maps: Tensor, gradients: Tensor) -> Tensor:
    sums = maps.sum(dim=(2, 3), keepdim=True)
    below = 2 * gradients**2 + sums * gradients**3
    # Where the gradient is 0 the quotient is 0/0 and what it would weigh is 0.
    alpha = torch.where(below == 0, 0, gradients**2 / torch.where(below == 0, 1, below))
    return (alpha * torch.relu(gradients)).sum(dim=(2, 3))
