"""The moving average of a network's weights."""

from __future__ import annotations

import copy
from collections.abc import Mapping

import torch
from torch import Tensor, nn


class MovingAverage:
    """A copy of a network whose weights follow slowly.

    Early steps count more: after t steps the average keeps at most (1 + t) / (10 + t) of itself,
    or it would remember the random start for thousands of steps. What does not move in the network
    does not move here, not by a bit.

    Args:
        network: what is averaged.
        moving: the tensors that training changes, by their names in the state dict.
        keep: the share that stays each step, 0 … 1.

    Source:
        Polyak & Juditsky 1992, "Acceleration of stochastic approximation by averaging"; the early
        steps as TensorFlow's ``ExponentialMovingAverage`` with ``num_updates``.
    """

    def __init__(self, network: nn.Module, moving: Mapping[str, Tensor], keep: float) -> None:
        self.network = copy.deepcopy(network).eval()
        self.keep = keep
        own = self.network.state_dict()
        self.tensors = {name: own[name] for name in moving}
        self._pairs = [(own[name], tensor) for name, tensor in moving.items()]

    @torch.no_grad()
    def update(self, steps: int) -> None:
        """Follow the network.

        Args:
            steps: optimiser steps done, this one included.
        """
        weight = 1 - min(self.keep, (1 + steps) / (10 + steps))
        floats = [pair for pair in self._pairs if pair[0].is_floating_point()]
        torch._foreach_lerp_([own for own, _ in floats], [new for _, new in floats], weight)
        for own, new in self._pairs:
            if not own.is_floating_point():
                own.copy_(new)
