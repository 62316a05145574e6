"""Which samples an epoch visits, step by step, and how a step is shared out.

A batch is cut into slices: as many as there are groups × slices a group. With several processes
each takes a group; one process that takes all groups, in order, gets the same bits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from foveal.training.order import epoch_order

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Layout:
    """How a batch is cut."""

    groups: int
    """As many as there were processes when training started."""
    per_group: int
    """Slices that one process works through for a step."""

    @property
    def slices(self) -> int:
        """All slices of a batch."""
        return self.groups * self.per_group

    def halved(self) -> Self:
        """Return the layout with slices of half the size."""
        return replace(self, per_group=2 * self.per_group)

    def cut(self, rows: Rows) -> list[Rows]:
        """Cut the rows of a step.

        BatchNorm needs two samples to have a variance, so a short batch is cut into fewer slices
        and the last ones are empty.

        Args:
            rows: the samples of the step, at least one.

        Returns:
            `slices` arrays; sizes differ by one at most, or are 0.
        """
        filled = np.array_split(rows, min(self.slices, max(1, len(rows) // 2)))
        return filled + [rows[:0]] * (self.slices - len(filled))

    def share(self, rank: int, world: int) -> range:
        """Return which slices a process works on.

        Args:
            rank: the number of the process.
            world: how many there are; `groups` is a multiple of it.

        Returns:
            Positions in what `cut` returned, in order, without gaps.
        """
        mine = self.slices // world
        return range(rank * mine, (rank + 1) * mine)


def epoch_steps(order: Rows, batch: int) -> list[Rows]:
    """Cut an epoch into steps.

    Args:
        order: the samples in the order of the epoch.
        batch: samples a step.

    Returns:
        The samples of each step. A last batch of a single sample joins the one before.
    """
    edges = list(range(batch, len(order), batch))
    if edges and len(order) - edges[-1] == 1:
        edges.pop()
    return np.split(order, edges)


def balanced_order(targets_N: Rows, *, seed: int, epoch: int) -> Rows:
    """Return the order of an epoch that shows every class equally often.

    Args:
        targets_N: the class of every sample, int64 (n,).
        seed: the seed of the run.
        epoch: the number of the epoch, from 1.

    Returns:
        n rows. A small class is gone through again and again, a large one is a new draw each
        epoch; how often two samples of a class appear differs by one at most.
    """
    shuffled = epoch_order(len(targets_N), seed=seed, epoch=epoch)
    classes = np.unique(targets_N)
    lucky = epoch_order(len(classes), seed=seed, epoch=epoch)
    each, left = divmod(len(targets_N), len(classes))
    parts = []
    for place, label in zip(lucky, classes, strict=True):
        rows = shuffled[targets_N[shuffled] == label]
        parts.append(np.resize(rows, each + int(place < left)))
    drawn = np.concatenate(parts)
    mixed: Rows = drawn[epoch_order(len(drawn), seed=seed, epoch=epoch)]
    return mixed
