"""Heads of dense layers."""

from __future__ import annotations

import itertools

from torch import nn

DROPOUT = 0.5


def dense_head(widths: list[int] | tuple[int, ...]) -> nn.Sequential:
    """Build a head of dense layers, with ReLU and dropout between them.

    Args:
        widths: features, hidden widths, classes.

    Returns:
        A module from (N, features) to (N, classes).
    """
    layers: list[nn.Module] = []
    for index, (inputs, outputs) in enumerate(itertools.pairwise(widths)):
        layers += [nn.ReLU(), nn.Dropout(DROPOUT)] if index else []
        layers.append(nn.Linear(inputs, outputs))
    return nn.Sequential(*layers)
