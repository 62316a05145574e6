"""Training on what the frozen part of a network gave: computed once, in a few views a photo."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from foveal.arguments import require_whole
from foveal.errors import UsageError
from foveal.features.cache import Rows
from foveal.training.inputs.batches import Slices
from foveal.training.order import epoch_views


class ActivationData:
    """Cached activations as `TrainingData`: each epoch sees one view of every sample.

    Over as many epochs as there are views, every view of a sample is used once. Epoch 0 gives the
    first view, which is the plain photo. Nothing is copied but the rows that a batch takes.

    Args:
        rows: what the frozen blocks gave: maps, float16 or float32 (n, views, H, W, C), or
            vectors (n, views, D); see ``foveal.features.Encoded``.
        targets_N: the class of each sample, int64 (n,).
        names: the file of each sample.
        seed: decides which view an epoch sees.

    Raises:
        UsageError: the lengths differ, or the rows have another shape.
    """

    def __init__(
        self, rows: Rows, targets_N: NDArray[np.int64], names: Sequence[str], *, seed: int
    ) -> None:
        require_whole("seed", seed, 0, 2**64 - 1)
        if rows.ndim not in (3, 5):
            raise UsageError(
                "`rows` must be maps (n, views, H, W, C) or vectors (n, views, D); "
                f"got {rows.shape}."
            )
        if not len(rows) == len(targets_N) == len(names):
            raise UsageError(
                "`rows`, `targets_N` and `names` must have the same length; "
                f"got {len(rows)}, {len(targets_N)} and {len(names)}."
            )
        self.targets_N = np.asarray(targets_N, np.int64)
        self.views, self.seed = rows.shape[1], seed
        self._names = tuple(names)
        self._rows = torch.from_numpy(rows).flatten(0, 1)

    def batches(self, epoch: int, slices: Slices) -> Iterator[Tensor]:
        """Yield the activations of each slice in turn.

        Args:
            epoch: the number of the epoch, from 1; 0 for the plain photos.
            slices: the rows of each batch, int64, each 0 … n − 1.

        Yields:
            float32 (m, C, H, W) in channels-last order, or (m, D).
        """
        first = np.arange(len(self.targets_N)) * self.views
        if epoch > 0:
            first += epoch_views(len(first), self.views, seed=self.seed, epoch=epoch)
        for rows in slices:
            yield as_input(self._rows.index_select(0, torch.from_numpy(first[rows])))

    def name(self, row: int) -> str:
        """Return the file of a sample.

        Args:
            row: 0 … n − 1.

        Returns:
            Its path.
        """
        return self._names[row]


def as_input(kept: Tensor) -> Tensor:
    """Turn kept activations into what a network's rest takes.

    Args:
        kept: float16 or float32 (m, H, W, C), or (m, D).

    Returns:
        float32 (m, C, H, W) in channels-last order, or (m, D).
    """
    values = kept.float()
    return values.permute(0, 3, 1, 2) if values.ndim == 4 else values
