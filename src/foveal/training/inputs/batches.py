"""The seam between what is trained and what it is trained on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

Slices = Sequence[NDArray[np.int64]]


class TrainingData(Protocol):
    """Samples that can be rendered for any epoch, in any order.

    What a sample looks like depends on the seed, the epoch and its row alone: not on the order, on
    what was rendered before, or on how many threads do it.
    """

    targets_N: NDArray[np.int64]
    """The class of every sample, int64 (n,)."""

    def batches(self, epoch: int, slices: Slices) -> Iterator[Tensor]:
        """Yield the inputs of each slice in turn, rendered ahead of whoever takes them.

        Args:
            epoch: the number of the epoch, from 1; 0 for plain samples, without augmentation.
            slices: the rows of each batch, int64, each 0 … n − 1.

        Yields:
            What the network takes: uint8 (m, S, S, C), or float activations (m, ...).
        """

    def name(self, row: int) -> str:
        """Return what people call a sample: its file.

        Args:
            row: 0 … n − 1.

        Returns:
            A path.
        """
