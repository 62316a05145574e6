"""AdamW for small heads, without the seconds that PyTorch's optimiser classes take to start.

The first use of any ``torch.optim.Optimizer`` imports PyTorch's compiler, which took 2.6 s here:
longer than training a head. The arithmetic is PyTorch's own functional AdamW; a test compares the
two step by step.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor
from torch.optim.adamw import adamw


class AdamW:
    """Adam with decoupled weight decay, at PyTorch's usual betas and epsilon.

    Args:
        parameters: what is trained.
        lr: the learning rate; may be changed between steps.
        weight_decay: how much of each weight is taken away a step, times `lr`.

    Source:
        Loshchilov & Hutter 2019, "Decoupled Weight Decay Regularization", algorithm 2.
    """

    def __init__(self, parameters: Iterable[Tensor], *, lr: float, weight_decay: float) -> None:
        self.parameters = list(parameters)
        self.lr, self.weight_decay = lr, weight_decay
        self._means = [torch.zeros_like(tensor) for tensor in self.parameters]
        self._squares = [torch.zeros_like(tensor) for tensor in self.parameters]
        self._steps = [torch.zeros(()) for _ in self.parameters]

    @torch.no_grad()
    def step(self, loss: Tensor) -> None:
        """Move the parameters down the gradient of a loss.

        Args:
            loss: a scalar that depends on every parameter.
        """
        adamw(
            self.parameters,
            list(torch.autograd.grad(loss, self.parameters)),
            self._means,
            self._squares,
            [],
            self._steps,
            fused=True,
            amsgrad=False,
            beta1=0.9,
            beta2=0.999,
            lr=self.lr,
            weight_decay=self.weight_decay,
            eps=1e-8,
            maximize=False,
        )
