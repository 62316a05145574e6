"""Heads of dense layers as plain arrays: standardised, run and folded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import nn

Dense = tuple[NDArray[np.float32], NDArray[np.float32]]  # weight (out, in), bias (out,)
_LEAST = 0.05  # of 1,280 features on photos, one or two vary less


def dense_logits(layers: Sequence[Dense], x_ND: NDArray[np.float32]) -> NDArray[np.float32]:
    """Run a folded head in NumPy: dense layers with ReLU between them.

    Args:
        layers: weights (out, in) and biases (out,), first to last.
        x_ND: raw features, float32 (N, D).

    Returns:
        Logits, float32 (N, K).
    """
    for index, (weight, bias) in enumerate(layers):
        x_ND = np.maximum(x_ND, 0) if index else x_ND
        x_ND = x_ND @ weight.T + bias
    return x_ND


@dataclass(frozen=True)
class Standardiser:
    """Makes every feature's mean 0 and deviation 1 over the training photos."""

    mean_D: NDArray[np.float32]
    """What is subtracted, float32 (D,)."""
    std_D: NDArray[np.float32]
    """What divides, float32 (D,)."""

    @classmethod
    def fit(cls, x_NVD: NDArray[np.float32]) -> Standardiser:
        """Measure the training features.

        Args:
            x_NVD: float32 (n, views, D).

        Returns:
            The standardiser. A feature that hardly varies is not blown up to the size of the
            others: its deviation counts as `_LEAST` of their root mean square at least, else a
            rounding error in it, or a photo of another kind, would outweigh all of them.
        """
        mean = x_NVD.mean(axis=(0, 1), dtype=np.float64)
        std = x_NVD.std(axis=(0, 1), dtype=np.float64)
        least = _LEAST * float(np.sqrt(np.mean(std**2)))
        std = np.maximum(std, least) if least > 0 else np.ones_like(std)
        return cls(mean.astype(np.float32), std.astype(np.float32))

    def apply(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """Standardise features.

        Args:
            x: float32 (..., D).

        Returns:
            The same shape.
        """
        return (x - self.mean_D) / self.std_D


def fold(head: nn.Sequential, scale: Standardiser, temperature: float) -> tuple[Dense, ...]:
    """Fold standardisation into the first layer and temperature into the last, in float64.

    Args:
        head: dense layers that take standardised features.
        scale: the standardiser.
        temperature: what divides the logits.

    Returns:
        Layers that take raw features and give calibrated logits; see `dense_logits`.
    """
    linear = [layer for layer in head if isinstance(layer, nn.Linear)]
    arrays = [
        (layer.weight.detach().double().numpy(), layer.bias.detach().double().numpy())
        for layer in linear
    ]
    weight, bias = arrays[0]
    weight = weight / scale.std_D
    arrays[0] = weight, bias - weight @ scale.mean_D
    weight, bias = arrays[-1]
    arrays[-1] = weight / temperature, bias / temperature
    return tuple((w.astype(np.float32), b.astype(np.float32)) for w, b in arrays)
