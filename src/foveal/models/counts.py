"""How many numbers a network holds."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn


@dataclass(frozen=True)
class ParameterCount:
    """The numbers in a network."""

    trainable: int
    """Weights and biases that take a gradient."""
    frozen: int
    """Weights and biases that take none."""
    statistics: int
    """Moving means and variances of batch normalisation; training moves them without gradient."""

    @property
    def parameters(self) -> int:
        """Weights and biases, which is what PyTorch counts."""
        return self.trainable + self.frozen

    @property
    def total(self) -> int:
        """Parameters and statistics, which is what Keras counts."""
        return self.parameters + self.statistics


def count_parameters(network: nn.Module) -> ParameterCount:
    """Count what a network holds.

    Args:
        network: any module.

    Returns:
        The counts.

    Example:
        >>> count_parameters(nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8))).total
        256
    """
    sizes = [(parameter.numel(), parameter.requires_grad) for parameter in network.parameters()]
    return ParameterCount(
        trainable=sum(size for size, takes_gradient in sizes if takes_gradient),
        frozen=sum(size for size, takes_gradient in sizes if not takes_gradient),
        statistics=sum(
            buffer.numel()
            for module in network.modules()
            if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d)
            for buffer in (module.running_mean, module.running_var)
            if buffer is not None
        ),
    )
