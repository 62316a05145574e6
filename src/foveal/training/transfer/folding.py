"""Frozen batch normalisation costs nothing: it is part of the convolution before it.

With fixed statistics a normalisation is one factor and one offset a channel. Both go into the
weights that the convolution runs with, a product of small tensors in each step, and the maps are
read and written once less forwards and once less backwards. What is trained stays what it was, the
convolution's own weights and the normalisation's scale and shift: their gradients, and so the
optimiser's path, are those of the layers apart, and there is nothing to unfold afterwards.
"""

from __future__ import annotations

import copy
import itertools
from typing import TypeGuard

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from foveal.models.layers import SameConv2d, same_conv2d


class FixedNorm(nn.Module):
    """A batch normalisation whose statistics do not move, already done by the convolution.

    Args:
        norm: its parameters and statistics are taken over, under the same names.
    """

    def __init__(self, norm: nn.BatchNorm2d) -> None:
        super().__init__()
        self.weight, self.bias, self.eps = norm.weight, norm.bias, norm.eps
        for name, value in norm.named_buffers(recurse=False):
            self.register_buffer(name, value)
        self.running_mean: Tensor
        self.running_var: Tensor

    def forward(self, x_NCHW: Tensor) -> Tensor:
        """Return the input.

        Args:
            x_NCHW: what a `FoldedConv` gave, float (N, C, H, W).

        Returns:
            The same tensor.
        """
        return x_NCHW

    def factor_and_offset(self) -> tuple[Tensor, Tensor]:
        """Return what each channel is multiplied by, and what is then added.

        Returns:
            Two vectors, float (C,).
        """
        factor = self.weight * torch.rsqrt(self.running_var + self.eps)
        return factor, self.bias - self.running_mean * factor


class FoldedConv(nn.Module):
    """A convolution that does the work of the fixed normalisation behind it.

    Args:
        conv: its parameters are taken over, under the same names.
        norm: the normalisation; it stays where it is and keeps its parameters.
    """

    def __init__(self, conv: nn.Conv2d, norm: FixedNorm) -> None:
        super().__init__()
        self.weight, self.bias = conv.weight, conv.bias
        self.padding = None if isinstance(conv, SameConv2d) else conv.padding
        self.stride, self.dilation, self.groups = conv.stride, conv.dilation, conv.groups
        self._norm = (norm,)  # in a tuple, so that its parameters are registered once

    def forward(self, x_NCHW: Tensor) -> Tensor:
        """Return the normalised convolution of a batch.

        Args:
            x_NCHW: maps, float (N, C, H, W).

        Returns:
            Maps, float (N, C', H', W').
        """
        factor, offset = self._norm[0].factor_and_offset()
        weight = self.weight * factor.view(-1, 1, 1, 1)
        bias = offset if self.bias is None else offset + self.bias * factor
        if self.padding is None:
            return same_conv2d(x_NCHW, weight, bias, self.stride, self.dilation, self.groups)
        return F.conv2d(x_NCHW, weight, bias, self.stride, self.padding, self.dilation, self.groups)


def folded(module: nn.Module) -> nn.Module:
    """Return a copy in which convolutions do the work of the normalisation right behind them.

    Args:
        module: blocks whose normalisation is to stay fixed.

    Returns:
        A copy with tensors of its own, under the same names. A normalisation that stands behind
        anything but a convolution of its own sequence stays as it is.
    """
    copied = copy.deepcopy(module)
    for sequence in [part for part in copied.modules() if isinstance(part, nn.Sequential)]:
        for (first, conv), (second, norm) in itertools.pairwise(list(sequence.named_children())):
            if _is_plain_conv(conv) and _is_plain_norm(norm):
                fixed = FixedNorm(norm)
                setattr(sequence, first, FoldedConv(conv, fixed))
                setattr(sequence, second, fixed)
    return copied


def _is_plain_conv(module: nn.Module) -> TypeGuard[nn.Conv2d]:
    if type(module) not in (nn.Conv2d, SameConv2d) or not isinstance(module, nn.Conv2d):
        return False
    return module.padding_mode == "zeros" and not isinstance(module.padding, str)


def _is_plain_norm(module: nn.Module) -> TypeGuard[nn.BatchNorm2d]:
    if type(module) is not nn.BatchNorm2d:
        return False
    return bool(module.affine and module.track_running_stats)
