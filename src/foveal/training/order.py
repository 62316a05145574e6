"""Randomness as a function: of seed, epoch and position, never of history."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def epoch_order(count: int, *, seed: int, epoch: int) -> NDArray[np.int64]:
    """Return the order in which an epoch visits the samples.

    Args:
        count: number of samples.
        seed: the seed of the run.
        epoch: the number of the epoch, from 1.

    Returns:
        A permutation of 0 … count − 1.
    """
    return _generator(seed, epoch, "order").permutation(count)


def epoch_views(count: int, views: int, *, seed: int, epoch: int) -> NDArray[np.int64]:
    """Return which view of every sample an epoch trains on.

    Args:
        count: number of samples.
        views: views there are of each.
        seed: the seed of the run.
        epoch: the number of the epoch, from 1.

    Returns:
        int64 (count,), each from 0 to views − 1. Over `views` epochs every view of a sample is
        used once, in an order of the sample's own.
    """
    first = _generator(seed, (epoch - 1) // views, "views").random((count, views)).argsort(axis=1)
    chosen: NDArray[np.int64] = first[:, (epoch - 1) % views]
    return chosen


def _generator(seed: int, number: int, purpose: str) -> np.random.Generator:
    words = int.from_bytes(purpose.encode(), "little")
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, number, words])))
